// SPDX-License-Identifier: GPL-3.0-or-later
/* Conditions are read once per file; per row they look at the values in place. What the rows say
 * instead is remembered only as long as none has passed. */
#include "traffic/row_filter.h"

#include "base/memory.h"
#include "traffic/field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum PatternKind { PATTERN_TEXT, PATTERN_STARS, PATTERN_RANGE } PatternKind;

struct RowPattern {
    PatternKind kind;
    TextSpan text;    /* within the condition's */
    double low, high; /* of a range, inclusive */
};

enum { TALLY_VALUES = 32, TALLY_TEXT = 60, TALLY_TOLD = 6 };

typedef struct TallyValue {
    char text[TALLY_TEXT]; /* cut */
    size_t length;
    uint64_t rows;
} TallyValue;

/* The first distinct values that were seen. */
struct RowTally {
    TallyValue values[TALLY_VALUES];
    size_t count;
    bool any_more;
};

static bool is_same(TextSpan a, const char *text, size_t length) {
    return (size_t)(a.end - a.start) == length && memcmp(a.start, text, length) == 0;
}

/* Reading ---------------------------------------------------------------------------------------
 */

/* "200..299", "..299", "500..", "2xx" as limits. *is_wrong: half of a range is a number, the other
 * is none. */
static bool read_range(RowPattern *pattern, bool *is_wrong) {
    const char *const start = pattern->text.start, *const end = pattern->text.end;
    const char *dots = start;
    while (end - dots >= 2 && memcmp(dots, "..", 2) != 0) {
        dots++;
    }
    *is_wrong = false;
    if (end - start == 3 && *start >= '1' && *start <= '9' &&
        field_says((TextSpan){start + 1, end}, "xx")) {
        pattern->low = 100 * (*start - '0');
        pattern->high = pattern->low + 99;
        return true;
    }
    if (end - dots < 2) {
        return false;
    }
    const TextSpan low = {start, dots}, high = {dots + 2, end};
    const bool any_low = low.start < low.end, any_high = high.start < high.end;
    pattern->low = -INFINITY;
    pattern->high = INFINITY;
    const bool is_low = any_low && field_number(low, &pattern->low);
    const bool is_high = any_high && field_number(high, &pattern->high);
    const bool is_range = (is_low || is_high) && is_low == any_low && is_high == any_high;
    *is_wrong = (is_low && any_high && !is_high) || (is_range && pattern->low > pattern->high);
    return is_range;
}

static bool add_pattern(RowCondition *condition, TextSpan value, const char **expected) {
    RowPattern *pattern = &condition->patterns[condition->pattern_count++];
    bool is_wrong = false;
    *pattern = (RowPattern){.text = field_trimmed(value)};
    if (pattern->text.start > value.start && pattern->text.start[-1] == '"') {
        return true;
    }
    if (read_range(pattern, &is_wrong)) {
        pattern->kind = PATTERN_RANGE;
    } else if (memchr(pattern->text.start, '*',
                      (size_t)(pattern->text.end - pattern->text.start)) != NULL) {
        pattern->kind = PATTERN_STARS;
    }
    *expected = "a range of numbers that rises, such as 200..299 (or the text in double quotes)";
    return !is_wrong;
}

/* The values between commas that are not within quotes. */
static bool read_values(RowCondition *condition, const char *values, const char **expected) {
    size_t most = 1;
    for (const char *p = values; *p != '\0'; p++) {
        most += *p == ',';
    }
    condition->patterns = memory_new(most, sizeof condition->patterns[0]);
    bool is_quoted = false, is_right = true;
    const char *start = values;
    for (const char *p = values; is_right; p++) {
        is_quoted = is_quoted != (*p == '"');
        if (*p == '\0' || (*p == ',' && !is_quoted)) {
            is_right = add_pattern(condition, (TextSpan){start, p}, expected);
            start = p + 1;
        }
        if (*p == '\0') {
            break;
        }
    }
    return is_right;
}

/* False with what was expected. */
static bool read_condition(RowCondition *condition, const char *text, const char **expected) {
    *condition = (RowCondition){.text = memory_text(text)};
    const char *equals = strchr(condition->text, '=');
    *expected = "NAME=VALUE, such as status=2xx, model=a,b or path!=/healthz";
    if (equals == NULL) {
        return false;
    }
    condition->excludes = equals > condition->text && equals[-1] == '!';
    const TextSpan name =
        field_trimmed((TextSpan){condition->text, equals - (condition->excludes ? 1 : 0)});
    if (name.start == name.end || equals[1] == '=') {
        return false;
    }
    if (name.end[-1] == '<' || name.end[-1] == '>') {
        *expected = "a range, such as status=500.. or status=..299";
        return false;
    }
    condition->name = memory_text_n(name.start, (size_t)(name.end - name.start));
    return read_values(condition, equals + 1, expected);
}

static void clear_condition(RowCondition *condition) {
    free(condition->text);
    free(condition->name);
    free(condition->patterns);
    free(condition->tally);
}

bool row_filter_read(RowFilter *filter, const TextList *conditions, const Error *where,
                     ErrorList *errors) {
    const size_t before = errors->count;
    *filter = (RowFilter){0};
    for (size_t i = 0; i < conditions->count; i++) {
        const char *expected = "at most 16 conditions";
        RowCondition condition = {0};
        if (filter->count < ROW_FILTER_MOST &&
            read_condition(&condition, conditions->items[i], &expected)) {
            filter->conditions[filter->count++] = condition;
        } else {
            error_add_at(where, "filter", conditions->items[i], expected, errors);
            clear_condition(&condition);
        }
    }
    return errors->count == before;
}

void row_filter_clear(RowFilter *filter) {
    for (size_t i = 0; i < filter->count; i++) {
        clear_condition(&filter->conditions[i]);
    }
    filter->count = 0;
}

bool row_filter_names(const RowFilter *filter, const char *name) {
    for (size_t i = 0; i < filter->count; i++) {
        const char *own = filter->conditions[i].name;
        if (field_says((TextSpan){own, own + strlen(own)}, name)) {
            return true;
        }
    }
    return false;
}

void row_filter_add_default(RowFilter *filter, const char *text) {
    const char *expected;
    RowCondition condition;
    if (filter->count < ROW_FILTER_MOST && read_condition(&condition, text, &expected)) {
        if (row_filter_names(filter, condition.name)) {
            clear_condition(&condition);
        } else {
            filter->conditions[filter->count++] = condition;
        }
    }
}

/* Rows ------------------------------------------------------------------------------------------
 */

/* Where the pattern's text up to the next star fits, on goes what follows the star; where not, the
 * last star takes one character more. */
static bool fits_stars(TextSpan pattern, TextSpan value) {
    const char *p = pattern.start, *v = value.start, *star = NULL, *taken = NULL;
    while (v < value.end) {
        if (p < pattern.end && *p == '*') {
            star = p++;
            taken = v;
        } else if (p < pattern.end && *p == *v) {
            p++;
            v++;
        } else if (star != NULL) {
            p = star + 1;
            v = ++taken;
        } else {
            return false;
        }
    }
    while (p < pattern.end && *p == '*') {
        p++;
    }
    return p == pattern.end;
}

static bool fits(const RowPattern *pattern, TextSpan value) {
    double number;
    switch (pattern->kind) {
    case PATTERN_STARS: return fits_stars(pattern->text, value);
    case PATTERN_RANGE:
        if (field_number(value, &number)) {
            return number >= pattern->low && number <= pattern->high;
        }
        break; /* a label may say 2xx itself */
    case PATTERN_TEXT: break;
    }
    return is_same(value, pattern->text.start, (size_t)(pattern->text.end - pattern->text.start));
}

static bool holds(const RowCondition *condition, TextSpan value) {
    for (size_t i = 0; i < condition->pattern_count; i++) {
        if (fits(&condition->patterns[i], value)) {
            return !condition->excludes;
        }
    }
    return condition->excludes;
}

static void tally_value(RowCondition *condition, TextSpan value) {
    if (condition->tally == NULL) {
        condition->tally = memory_new(1, sizeof *condition->tally);
    }
    RowTally *tally = condition->tally;
    const size_t whole = (size_t)(value.end - value.start);
    const size_t length = whole < TALLY_TEXT ? whole : TALLY_TEXT;
    size_t i = 0;
    while (i < tally->count && !is_same((TextSpan){value.start, value.start + length},
                                        tally->values[i].text, tally->values[i].length)) {
        i++;
    }
    if (i == TALLY_VALUES) {
        tally->any_more = true;
        return;
    }
    if (i == tally->count) {
        memcpy(tally->values[i].text, value.start, length);
        tally->values[i].length = length;
        tally->count++;
    }
    tally->values[i].rows++;
}

bool row_filter_passes(RowFilter *filter, const TextSpan values[]) {
    filter->asked++;
    for (size_t i = 0; i < filter->count; i++) {
        RowCondition *condition = &filter->conditions[i];
        const TextSpan raw = values[condition->column];
        const TextSpan value = raw.start != NULL ? field_trimmed(raw) : (TextSpan){"", ""};
        if (!holds(condition, value)) {
            if (filter->passed == 0) {
                tally_value(condition, value);
            }
            return false;
        }
        condition->met++;
    }
    filter->passed++;
    return true;
}

void row_filter_forget(RowFilter *filter) {
    filter->asked = filter->passed = 0;
    for (size_t i = 0; i < filter->count; i++) {
        filter->conditions[i].met = 0;
    }
}

/* None ------------------------------------------------------------------------------------------
 */

static int compare_values(const void *a, const void *b) {
    const TallyValue *left = a, *right = b;
    return (left->rows < right->rows) - (left->rows > right->rows);
}

/* "a condition on kind, which is chat (2), image (1)"; *nearest becomes the value most like the
 * first one that was asked for. */
static char *told_values(const RowCondition *condition, char **nearest) {
    const RowTally *tally = condition->tally;
    RowTally sorted = *tally;
    Text text = {0};
    qsort(sorted.values, sorted.count, sizeof sorted.values[0], compare_values);
    text_addf(&text, "a condition on %s, which is ", condition->name);
    const TextSpan asked = condition->patterns[0].text;
    char *word = memory_text_n(asked.start, (size_t)(asked.end - asked.start));
    NearestName near = {.word = word};
    char *names[TALLY_VALUES];
    for (size_t i = 0; i < sorted.count; i++) {
        names[i] = memory_text_n(sorted.values[i].text, sorted.values[i].length);
        nearest_try(&near, names[i]);
        if (i < TALLY_TOLD) {
            text_addf(&text, "%s%s (%llu)", i > 0 ? ", " : "",
                      *names[i] == '\0' ? "empty" : names[i],
                      (unsigned long long)sorted.values[i].rows);
        }
    }
    text_add(&text, sorted.any_more || sorted.count > TALLY_TOLD ? ", ..." : "");
    *nearest = near.name != NULL && *near.name != '\0' && !condition->excludes
                   ? memory_format("%s=%s", condition->name, near.name)
                   : NULL;
    for (size_t i = 0; i < sorted.count; i++) {
        free(names[i]);
    }
    free(word);
    return text_take(&text);
}

bool row_filter_check(const RowFilter *filter, const char *things, const char *file,
                      ErrorList *errors) {
    if (filter->asked == 0 || filter->passed > 0) {
        return true;
    }
    size_t blamed = 0; /* the first that no row meets, else the last that some did not */
    while (blamed + 1 < filter->count && filter->conditions[blamed].met > 0 &&
           filter->conditions[blamed + 1].tally != NULL) {
        blamed++;
    }
    const RowCondition *condition = &filter->conditions[blamed];
    char *nearest, *expected = told_values(condition, &nearest);
    const Error where = {.file = file, .place = "filter"};
    error_found(
        errors, &where, expected, nearest, "none of %llu %s with %s",
        (unsigned long long)(blamed == 0 ? filter->asked : filter->conditions[blamed - 1].met),
        things, condition->text);
    free(nearest);
    free(expected);
    return false;
}

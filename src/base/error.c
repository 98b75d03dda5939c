// SPDX-License-Identifier: GPL-3.0-or-later
/* Mistakes and failures: collected with texts of their own, made safe to print, told in one line
 * each. Nearness of spellings is the optimal string alignment distance (Damerau 1964, Levenshtein
 * 1966: insertions, deletions, substitutions and swaps of neighbours). */
#include "base/error.h"

#include "base/memory.h"
#include "base/terminal.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    FOUND_MOST = 200, /* bytes of a user's text that are shown */
    TEXT_MOST = 1000, /* of our own, which may list what there is */
    ALIKE_KEPT = 1000,
    SORTS_KEPT = 100,
    ALIKE_TOLD = 20
};

/* The list ----------------------------------------------------------------------------------- */

static void error_free_texts(const Error *error) {
    free((void *)error->file);
    free((void *)error->place);
    free((void *)error->found);
    free((void *)error->expected);
    free((void *)error->suggestion);
}

void error_list_clear(ErrorList *errors) {
    for (size_t i = 0; i < errors->kept; i++) {
        error_free_texts(&errors->items[i]);
    }
    for (size_t i = 0; i < errors->sort_count; i++) {
        free(errors->sorts[i].text);
    }
    free(errors->items);
    free(errors->sorts);
    *errors = (ErrorList){0};
}

void error_list_drop(ErrorList *errors, size_t from, const bool dropped[]) {
    size_t kept = from;
    for (size_t i = from; i < errors->kept; i++) {
        if (dropped[i - from]) {
            error_free_texts(&errors->items[i]);
        } else {
            errors->items[kept++] = errors->items[i];
        }
    }
    errors->count -= errors->kept - kept;
    errors->kept = kept;
}

static const char *sort_text(const Error *error) {
    const char *text = error->expected ? error->expected : error->found;
    return text ? text : "";
}

static bool is_of_number(char c) {
    return (c >= '0' && c <= '9') || c == '.';
}

/* But for their numbers. */
static bool alike(const char *one, const char *other) {
    for (;; one++, other++) {
        while (is_of_number(*one)) {
            one++;
        }
        while (is_of_number(*other)) {
            other++;
        }
        if (*one != *other || *one == '\0') {
            return *one == *other;
        }
    }
}

/* NULL if there are too many others. */
static ErrorSort *find_sort(ErrorList *errors, const char *text) {
    for (size_t i = 0; i < errors->sort_count; i++) {
        if (alike(errors->sorts[i].text, text)) {
            return &errors->sorts[i];
        }
    }
    if (errors->sort_count == SORTS_KEPT) {
        return NULL;
    }
    errors->sorts = memory_grow(errors->sorts, errors->sort_count, &errors->sort_capacity,
                                sizeof errors->sorts[0]);
    errors->sorts[errors->sort_count] = (ErrorSort){.text = memory_text(text)};
    return &errors->sorts[errors->sort_count++];
}

bool error_add(ErrorList *errors, const Error *error) {
    errors->count++;
    errors->system = errors->system || error->kind == ERROR_SYSTEM;
    ErrorSort *sort = find_sort(errors, sort_text(error));
    if (sort == NULL || sort->count++ >= ALIKE_KEPT) {
        return false;
    }
    errors->items =
        memory_grow(errors->items, errors->kept, &errors->capacity, sizeof errors->items[0]);
    errors->items[errors->kept++] = (Error){
        .file = text_line_cut(error->file, TEXT_MOST),
        .line = error->line,
        .column = error->column,
        .place = text_line_cut(error->place, TEXT_MOST),
        .found = text_line_cut(error->found, FOUND_MOST),
        .expected = text_line_cut(error->expected, TEXT_MOST),
        .suggestion = text_line_cut(error->suggestion, TEXT_MOST),
        .kind = error->kind,
    };
    return false;
}

bool error_at(ErrorList *errors, const Error *where, const char *found, const char *expected,
              const char *suggestion) {
    Error error = where != NULL ? *where : (Error){0};
    error.found = found;
    error.expected = expected;
    error.suggestion = suggestion;
    return error_add(errors, &error);
}

bool error_in_file(ErrorList *errors, const char *file, const char *found, const char *expected,
                   const char *suggestion) {
    return error_at(errors, &(Error){.file = file}, found, expected, suggestion);
}

bool error_in_option(ErrorList *errors, const char *place, const char *found, const char *expected,
                     const char *suggestion) {
    const Error where = {.file = "command line", .place = place};
    return error_at(errors, &where, found, expected, suggestion);
}

static bool add_found(ErrorList *errors, const Error *where, const char *expected,
                      const char *suggestion, const char *format, va_list arguments) {
    Text found = {0};
    text_add_arguments(&found, format, arguments);
    error_at(errors, where, found.text, expected, suggestion);
    text_clear(&found);
    return false;
}

bool error_found(ErrorList *errors, const Error *where, const char *expected,
                 const char *suggestion, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add_found(errors, where, expected, suggestion, format, arguments);
    va_end(arguments);
    return false;
}

bool error_found_in_option(ErrorList *errors, const char *name, const char *expected,
                           const char *format, ...) {
    char *place = memory_format("--%s", name);
    va_list arguments;
    va_start(arguments, format);
    add_found(errors, &(Error){.file = "command line", .place = place}, expected, NULL, format,
              arguments);
    va_end(arguments);
    free(place);
    return false;
}

void error_move(Error *error, const char *file, long line, const char *place) {
    char *moved_file = text_line_cut(file, TEXT_MOST);
    char *moved_place = text_line_cut(place, TEXT_MOST);
    free((void *)error->file);
    free((void *)error->place);
    error->file = moved_file;
    error->line = line;
    error->place = moved_place;
}

void error_add_all(ErrorList *errors, const ErrorList *others) {
    for (size_t i = 0; i < others->kept; i++) {
        error_add(errors, &others->items[i]);
    }
    errors->count += others->count - others->kept;
    errors->system = errors->system || others->system;
}

static ErrorKind kind_of_writing(int reason) {
    static const int of_the_name[] = {ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG};
    for (size_t i = 0; i < sizeof of_the_name / sizeof of_the_name[0]; i++) {
        if (reason == of_the_name[i]) {
            return ERROR_MISTAKE;
        }
    }
    return ERROR_SYSTEM;
}

ErrorKind error_kind_of_reading(int reason) {
    const bool out_of_reach = reason == ENOENT || reason == EACCES || reason == EPERM;
    return out_of_reach ? ERROR_MISTAKE : kind_of_writing(reason);
}

bool error_unreadable(ErrorList *errors, const char *file, int reason, const char *expected) {
    const Error where = {.file = file, .kind = error_kind_of_reading(reason)};
    return error_at(errors, &where, strerror(reason), expected, NULL);
}

bool error_unwritable(ErrorList *errors, const char *file, int reason, const char *expected) {
    const Error where = {.file = file, .kind = kind_of_writing(reason)};
    return error_at(errors, &where, strerror(reason), expected, NULL);
}

void error_add_at(const Error *where, const char *name, const char *found, const char *expected,
                  ErrorList *errors) {
    char *place = where->place ? memory_format("%s.%s", where->place, name) : memory_text(name);
    Error error = *where;
    error.place = place;
    error_at(errors, &error, found, expected, NULL);
    free(place);
}

void error_add_rules(const Error *where, const ErrorRule rules[], size_t count, ErrorList *errors) {
    for (size_t i = 0; i < count; i++) {
        if (rules[i].broken) {
            error_add_at(where, rules[i].name, rules[i].found, rules[i].expected, errors);
        }
    }
}

/* "file:line:column: place: ", each part if it is there. */
static void add_where(Text *text, const Error *error) {
    if (error->file != NULL) {
        text_add(text, error->file);
        if (error->line > 0) {
            text_addf(text, ":%ld", error->line);
        }
        if (error->line > 0 && error->column > 0) {
            text_addf(text, ":%ld", error->column);
        }
        text_add(text, ": ");
    }
    if (error->place != NULL) {
        text_addf(text, "%s: ", error->place);
    }
}

/* A word is asked about, a sentence said. */
static void add_advice(Text *text, const char *suggestion) {
    text_addf(text, strchr(suggestion, ' ') != NULL ? "%s" : "did you mean \"%s\"?", suggestion);
}

char *error_text(const Error *error) {
    Text text = {0};
    add_where(&text, error);
    if (error->found != NULL) {
        text_addf(&text, "found %s", error->found);
    }
    if (error->expected != NULL) {
        text_addf(&text, "%sexpected %s", error->found ? ", " : "", error->expected);
    }
    if (error->suggestion != NULL) {
        text_add(&text, error->found || error->expected ? "; " : "");
        add_advice(&text, error->suggestion);
    }
    return text_take(&text);
}

static bool same_file(const Error *one, const Error *other) {
    return (one->file == NULL || other->file == NULL) ? one->file == other->file
                                                      : strcmp(one->file, other->file) == 0;
}

/* How many of its file and sort are before the i-th, ALIKE_TOLD at most. */
static size_t told_before(const ErrorList *errors, size_t i) {
    const Error *error = &errors->items[i];
    size_t told = 0;
    for (size_t k = 0; k < i && told < ALIKE_TOLD; k++) {
        const Error *before = &errors->items[k];
        told += same_file(before, error) && alike(sort_text(before), sort_text(error));
    }
    return told;
}

/* In the order in which they were added. Returns how many have a line. */
static size_t print_lines(const ErrorList *errors, FILE *stream) {
    size_t told = 0;
    for (size_t i = 0; i < errors->kept; i++) {
        if (told_before(errors, i) < ALIKE_TOLD) {
            char *text = error_text(&errors->items[i]);
            terminal_say(stream, "%s\n", text);
            free(text);
            told++;
        }
    }
    if (told < errors->count) {
        fprintf(stream, "and %zu more\n", errors->count - told);
    }
    return told;
}

char *error_list_text(const ErrorList *errors) {
    if (errors->count == 0) {
        return NULL;
    }
    char *text = NULL;
    size_t length;
    FILE *stream = memory_checked(open_memstream(&text, &length));
    print_lines(errors, stream);
    memory_close(stream, &text);
    return text;
}

void error_list_print(const ErrorList *errors, FILE *stream) {
    print_lines(errors, stream);
    if (errors->count > 1) {
        fprintf(stream, "%zu errors\n", errors->count);
    }
}

/* Nearest spelling --------------------------------------------------------------------------- */

/* ASCII only, whatever the locale. */
static char folded(char c) {
    if (c >= 'A' && c <= 'Z') {
        return (char)(c - 'A' + 'a');
    }
    return c == '_' ? '-' : c;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* How far a word is from a name: from all of it, and from the beginning of it that is nearest. */
typedef struct Spelling {
    size_t whole;
    size_t beginning;
} Spelling;

/* The last three rows of the alignment table suffice: a swap reaches two rows back. */
static Spelling spelling_distance(const char *a, size_t a_length, const char *b, size_t b_length) {
    const size_t width = b_length + 1;
    size_t *rows = memory_new(3 * width, sizeof rows[0]);
    size_t *before = rows, *above = rows + width, *row = rows + 2 * width;
    for (size_t j = 0; j <= b_length; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        size_t *const oldest = before;
        before = above;
        above = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            const bool differ = folded(a[i - 1]) != folded(b[j - 1]);
            row[j] = least(least(above[j] + 1, row[j - 1] + 1), above[j - 1] + differ);
            if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
                folded(a[i - 2]) == folded(b[j - 1])) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
        }
    }
    Spelling distance = {.whole = row[b_length], .beginning = row[0]};
    for (size_t j = 1; j <= b_length; j++) {
        distance.beginning = least(distance.beginning, row[j]);
    }
    free(rows);
    return distance;
}

/* Distance for ranking, SIZE_MAX when not near. A name cut short ranks as one slip more, and may
 * hold one slip in six letters ("max_replicas" for max_replica_count). */
static size_t nearness(const char *word, size_t word_length, const char *name) {
    const size_t name_length = strlen(name);
    const size_t longer = word_length > name_length ? word_length : name_length;
    const size_t allowed = longer / 3 > 1 ? longer / 3 : 1;
    if (word_length > name_length + allowed) {
        return SIZE_MAX; /* neither near; and it may be a megabyte of garbage */
    }
    const Spelling distance = spelling_distance(word, word_length, name, name_length);
    size_t rank = SIZE_MAX;
    if (distance.whole <= allowed && distance.whole < longer) { /* something in common */
        rank = distance.whole;
    }
    if (distance.beginning <= word_length / 6) {
        rank = least(rank, distance.beginning + 1);
    }
    return rank;
}

void nearest_try(NearestName *nearest, const char *name) {
    const size_t length = strlen(nearest->word);
    const size_t distance = length > 0 ? nearness(nearest->word, length, name) : SIZE_MAX;
    if (distance == SIZE_MAX) {
        return;
    }
    const char *best = nearest->name;
    if (best == NULL || distance < nearest->distance ||
        (distance == nearest->distance && strlen(name) < strlen(best))) {
        nearest->distance = distance;
        nearest->name = name;
    }
}

const char *error_nearest_of(const char *word, const void *first, size_t count, size_t stride) {
    NearestName nearest = {.word = word};
    for (size_t i = 0; i < count; i++) {
        nearest_try(&nearest, *(const char *const *)((const char *)first + i * stride));
    }
    return nearest.name;
}

const char *error_nearest(const char *word, const char *const names[], size_t count) {
    return error_nearest_of(word, names, count, sizeof names[0]);
}

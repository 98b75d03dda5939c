// SPDX-License-Identifier: GPL-3.0-or-later
/* A scanner that goes through JSON token by token, and stops at each record. It holds nothing but
 * the open brackets, so that what is not asked for may be of any size. */
#include "traffic/json_records.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE, FIRST_ELEMENT, KEY, FIRST_KEY, COMMA };
enum { PEEK_LEAST = 8 };

/* Scanning -------------------------------------------------------------------------------------
 */

typedef enum Scan { SCAN_ON, SCAN_RECORD, SCAN_SHORT, SCAN_BAD } Scan;

/* What is behind a value: the end of the file's first level is another document. */
static void after_value(JsonRecords *self) {
    self->expects = self->depth > 0 ? COMMA : VALUE;
}

/* matched: of what is in the brackets. */
static Scan open_bracket(JsonRecords *self, JsonWalk *walk, int matched) {
    const bool is_list = *walk->p == '[';
    if (self->depth == JSON_DEPTH_MOST) {
        json_walk_fail(walk, "at most 64 levels of brackets");
        return SCAN_BAD;
    }
    self->depth++;
    self->levels[self->depth].is_list = is_list;
    self->levels[self->depth].matched = matched;
    self->expects = is_list ? FIRST_ELEMENT : FIRST_KEY;
    walk->p++;
    return SCAN_ON;
}

static Scan close_bracket(JsonRecords *self, JsonWalk *walk) {
    self->depth--;
    walk->p++;
    after_value(self);
    return SCAN_ON;
}

static Scan short_or_bad(const JsonWalk *walk) {
    return walk->p == walk->end ? SCAN_SHORT : SCAN_BAD;
}

/* A value that is read as one. A number at the end of the text may go on. */
static Scan whole_value(JsonRecords *self, JsonWalk *walk, InputText *value) {
    const char *const start = walk->p;
    if (!json_walk_value(walk, value)) {
        return short_or_bad(walk);
    }
    if (walk->p == walk->end && strchr("\"[{", *start) == NULL) {
        return SCAN_SHORT;
    }
    *value = (InputText){start, walk->p};
    after_value(self);
    return SCAN_RECORD;
}

/* At a value, to which so many keys of the path lead: a record, brackets on the way to it or
 * elsewhere, or nothing of interest. */
static Scan scan_value(JsonRecords *self, JsonWalk *walk, int matched, bool in_list,
                       InputText *record) {
    const bool is_here = matched == (int)self->path.count;
    const char c = *walk->p;
    if (c == '[' || (c == '{' && !is_here)) {
        return open_bracket(self, walk, matched);
    }
    if (self->depth == 0 && c != '{') {
        json_walk_fail(walk, "a JSON object {...} or list [...]");
        return SCAN_BAD;
    }
    const Scan scan = whole_value(self, walk, record);
    return scan == SCAN_RECORD && c != '{' && !(is_here && in_list) ? SCAN_ON : scan;
}

/* At a key: what it leads to is a step further on the path, or off it. */
static Scan scan_member(JsonRecords *self, JsonWalk *walk, InputText *record) {
    InputText key;
    if (!json_walk_key(walk, &key)) {
        return short_or_bad(walk);
    }
    json_walk_blanks(walk);
    if (walk->p == walk->end) {
        return SCAN_SHORT;
    }
    const int matched = self->levels[self->depth].matched;
    const char *step =
        matched >= 0 && matched < (int)self->path.count ? self->path.items[matched] : NULL;
    const bool is_step = step != NULL && text_span_is(key, step);
    return scan_value(self, walk, is_step ? matched + 1 : -1, false, record);
}

/* One token, or a key with what follows it; walk->p moves past it, but not when it is short. */
static Scan scan_token(JsonRecords *self, JsonWalk *walk, InputText *record) {
    const bool is_list = self->levels[self->depth].is_list;
    const bool may_end = self->expects != VALUE && self->expects != KEY;
    if (may_end && *walk->p == (is_list ? ']' : '}')) {
        return close_bracket(self, walk);
    }
    switch (self->expects) {
    case COMMA:
        if (!json_walk_char(walk, ',', is_list ? "\",\" or \"]\"" : "\",\" or \"}\"")) {
            return SCAN_BAD;
        }
        self->expects = is_list ? VALUE : KEY;
        return SCAN_ON;
    case KEY:
    case FIRST_KEY: return scan_member(self, walk, record);
    default: return scan_value(self, walk, self->levels[self->depth].matched, is_list, record);
    }
}

/* On to the next record in the text, which is a stretch of the file; *from moves past what is done
 * with. */
static Scan scan(JsonRecords *self, const char **from, JsonWalk *walk, InputText *record) {
    for (;;) {
        json_walk_blanks(walk);
        *from = walk->p;
        if (walk->p == walk->end) {
            return SCAN_SHORT;
        }
        const Scan result = scan_token(self, walk, record);
        if (result != SCAN_ON) {
            return result;
        }
    }
}

/* Reading --------------------------------------------------------------------------------------
 */

/* What was before `to` is done with. */
static void move_to(JsonRecords *self, TrafficInput *input, const char *to) {
    const char *from = input_ahead(input).start, *end;
    while ((end = memchr(from, '\n', (size_t)(to - from))) != NULL) {
        self->line++;
        self->column = 0;
        from = end + 1;
    }
    self->column += (size_t)(to - from);
    input_take(input, to);
}

/* Half as much again as there is, so that what is long is not looked through too often. */
static bool read_on(TrafficInput *input) {
    const InputText ahead = input_ahead(input);
    const size_t enough = (size_t)(ahead.end - ahead.start) * 3 / 2;
    bool any = false;
    do {
        if (!input_more(input)) {
            return any;
        }
        any = true;
    } while ((size_t)(input_ahead(input).end - input_ahead(input).start) < enough);
    return true;
}

/* Reading ends `offset` bytes behind the last good token; *record is what there is from it on. */
static JsonRecordResult stop(JsonRecords *self, TrafficInput *input, Scan result, size_t offset,
                             InputText *record, const char **at) {
    self->ended = true;
    *record = input_ahead(input);
    *at = record->start + offset;
    if (result == SCAN_SHORT && !input->failed && !input->ended) {
        input_refuse(input, "a record of 64 MiB without an end", "shorter records");
    }
    return input->failed || (result == SCAN_SHORT && self->depth == 0 && offset == 0)
               ? JSON_RECORD_NONE
           : result == SCAN_BAD ? JSON_RECORD_BAD
                                : JSON_RECORD_CUT;
}

JsonRecordResult json_records_next(JsonRecords *self, TrafficInput *input, InputText *record,
                                   const char **at, const char **expected) {
    move_to(self, input, input_ahead(input).start + self->taken);
    self->taken = 0;
    while (!self->ended) {
        const InputText ahead = input_ahead(input);
        JsonWalk walk = {ahead.start, ahead.end, "closing brackets"};
        const char *from;
        const Scan result = scan(self, &from, &walk, record);
        const size_t offset = (size_t)(walk.p - from);
        move_to(self, input, from);
        input->line = self->line + 1;
        *expected = walk.expected;
        if (result == SCAN_RECORD) {
            self->taken = offset;
            return JSON_RECORD;
        }
        if (result == SCAN_BAD || !read_on(input)) {
            return stop(self, input, result, offset, record, at);
        }
    }
    return JSON_RECORD_NONE;
}

size_t json_records_peek(const JsonRecords *self, TrafficInput *input, InputText records[],
                         size_t most, bool *is_all) {
    for (bool any_more = true;; any_more = read_on(input)) {
        JsonRecords ahead = *self;
        const InputText text = input_ahead(input);
        JsonWalk walk = {text.start, text.end, NULL};
        const char *from = text.start;
        Scan result = SCAN_RECORD;
        size_t count = 0;
        while (count < most &&
               (result = scan(&ahead, &from, &walk, &records[count])) == SCAN_RECORD) {
            count++;
        }
        *is_all = result == SCAN_BAD || (result == SCAN_SHORT && input->ended);
        if (result != SCAN_SHORT || count >= PEEK_LEAST || !any_more) {
            return count;
        }
    }
}

/* Finding --------------------------------------------------------------------------------------
 */

size_t json_records_count_lines(const InputText lines[], size_t count) {
    size_t objects = 0;
    for (size_t i = 0; i < count; i++) {
        const char *expected;
        objects +=
            json_object_find(lines[i], NULL, NULL, 0, &expected) == NULL && *lines[i].start == '{';
    }
    return objects;
}

typedef struct Finder {
    JsonRecordFits *fits;
    void *context;
    TextList path;   /* of what is looked at */
    TextList *found; /* of what fits, or of the first object of a list */
    bool any, is_found;
    int depth;
} Finder;

static void pop(TextList *path) {
    free(path->items[--path->count]);
}

static void copy_path(const TextList *path, TextList *to) {
    text_list_clear(to);
    for (size_t i = 0; i < path->count; i++) {
        text_list_add(to, memory_text(path->items[i]));
    }
}

static void try_object(Finder *finder, const JsonWalk *walk, bool in_list) {
    JsonWalk ahead = *walk;
    InputText object = {walk->p, walk->end};
    json_walk_value(&ahead, &object);
    finder->is_found = finder->fits(finder->context, object);
    if (finder->is_found || (in_list && !finder->any)) {
        copy_path(&finder->path, finder->found);
        finder->any = finder->any || in_list;
    }
}

static bool find_in_value(Finder *finder, JsonWalk *walk, bool is_first, bool in_list);

static bool find_in_object(Finder *finder, JsonWalk *walk) {
    walk->p++;
    do {
        InputText key;
        if (!json_walk_key(walk, &key)) {
            return json_walk_char(walk, '}', "");
        }
        text_list_add(&finder->path, memory_text_n(key.start, (size_t)(key.end - key.start)));
        const bool on = find_in_value(finder, walk, false, false);
        pop(&finder->path);
        if (!on) {
            return false;
        }
    } while (json_walk_char(walk, ',', ""));
    return json_walk_char(walk, '}', "");
}

/* Of a list, only the first element is looked into. */
static bool find_in_list(Finder *finder, JsonWalk *walk) {
    InputText value;
    walk->p++;
    if (json_walk_char(walk, ']', "")) {
        return true;
    }
    if (!find_in_value(finder, walk, true, true)) {
        return false;
    }
    while (json_walk_char(walk, ',', "")) {
        if (!json_walk_value(walk, &value)) {
            return false;
        }
    }
    return json_walk_char(walk, ']', "");
}

/* False once it is found, or where the text is cut short or no JSON. is_first: of the file or a
 * list. */
static bool find_in_value(Finder *finder, JsonWalk *walk, bool is_first, bool in_list) {
    InputText value;
    json_walk_blanks(walk);
    if (walk->p == walk->end || finder->depth == JSON_DEPTH_MOST) {
        return false;
    }
    if (*walk->p == '{' && is_first) {
        try_object(finder, walk, in_list);
        if (finder->is_found) {
            return false;
        }
    }
    finder->depth++;
    const bool on = *walk->p == '{'   ? find_in_object(finder, walk)
                    : *walk->p == '[' ? find_in_list(finder, walk)
                                      : json_walk_value(walk, &value);
    finder->depth--;
    return on;
}

bool json_records_find(JsonRecords *self, InputText head, JsonRecordFits *fits, void *context) {
    *self = (JsonRecords){.expects = VALUE};
    Finder finder = {.fits = fits, .context = context, .found = &self->path};
    JsonWalk walk = {head.start, head.end, NULL};
    find_in_value(&finder, &walk, true, false);
    text_list_clear(&finder.path);
    return finder.is_found;
}

void json_records_clear(JsonRecords *self) {
    text_list_clear(&self->path);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* A walk over one JSON object. Inner lists and objects are skipped with a stack of bits (list or
 * object), so that deep nesting costs no recursion. */
#include "traffic/json_line.h"

#include <stdint.h>
#include <string.h>

enum { DEPTH_MOST = 64 };

typedef struct Walk {
    const char *p;
    const char *end;
    const char *expected; /* set on failure; p is the place */
} Walk;

static bool walk_fail(Walk *walk, const char *expected) {
    walk->expected = expected;
    return false;
}

static void skip_blanks(Walk *walk) {
    while (walk->p < walk->end &&
           (*walk->p == ' ' || *walk->p == '\t' || *walk->p == '\r' || *walk->p == '\n')) {
        walk->p++;
    }
}

static bool skip_char(Walk *walk, char c, const char *expected) {
    skip_blanks(walk);
    if (walk->p >= walk->end || *walk->p != c) {
        return walk_fail(walk, expected);
    }
    walk->p++;
    return true;
}

/* At an opening quote; gives the text between the quotes. */
static bool read_string(Walk *walk, InputText *text) {
    const char *p = walk->p + 1;
    for (; p < walk->end && *p != '"'; p++) {
        p += *p == '\\' && p + 1 < walk->end;
    }
    if (p >= walk->end) {
        walk->p = walk->end;
        return walk_fail(walk, "a quote that ends the text");
    }
    *text = (InputText){walk->p + 1, p};
    walk->p = p + 1;
    return true;
}

/* At '[' or '{'; moves past the bracket that closes it. */
static bool skip_nested(Walk *walk) {
    uint64_t lists = 0; /* bit d: level d is a list */
    int depth = 0;
    while (walk->p < walk->end) {
        const char c = *walk->p;
        InputText text;
        if (c == '"') {
            if (!read_string(walk, &text)) {
                return false;
            }
            continue;
        }
        if (c == '[' || c == '{') {
            if (depth == DEPTH_MOST) {
                return walk_fail(walk, "at most 64 levels of brackets");
            }
            lists = (lists & ~(UINT64_C(1) << depth)) | ((uint64_t)(c == '[') << depth);
            depth++;
        } else if (c == ']' || c == '}') {
            if (((lists >> (depth - 1)) & 1) != (c == ']')) {
                return walk_fail(walk, c == ']' ? "\"}\"" : "\"]\"");
            }
            depth--;
        }
        walk->p++;
        if (depth == 0) {
            return true;
        }
    }
    return walk_fail(walk, "closing brackets");
}

static bool is_plain(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '+' || c == '.';
}

static bool read_value(Walk *walk, InputText *value) {
    skip_blanks(walk);
    const char *const start = walk->p;
    if (start >= walk->end) {
        return walk_fail(walk, "a value");
    }
    if (*start == '"') {
        return read_string(walk, value);
    }
    if (*start == '[' || *start == '{') {
        if (!skip_nested(walk)) {
            return false;
        }
    } else {
        while (walk->p < walk->end && is_plain(*walk->p)) {
            walk->p++;
        }
    }
    *value = (InputText){start, walk->p};
    return walk->p > start ? true : walk_fail(walk, "a value");
}

static bool same_text(InputText text, const char *name) {
    const size_t length = (size_t)(text.end - text.start);
    return strlen(name) == length && memcmp(name, text.start, length) == 0;
}

/* One `"key": value` of the object. */
static bool read_member(Walk *walk, const char *const keys[], InputText values[], size_t count) {
    InputText key, value;
    skip_blanks(walk);
    if (walk->p >= walk->end || *walk->p != '"') {
        return walk_fail(walk, "a key in double quotes");
    }
    if (!read_string(walk, &key) || !skip_char(walk, ':', "\":\" after the key") ||
        !read_value(walk, &value)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (keys[i] != NULL && same_text(key, keys[i])) {
            values[i] = value;
        }
    }
    return true;
}

static bool read_object(Walk *walk, const char *const keys[], InputText values[], size_t count) {
    if (!skip_char(walk, '{', "a JSON object {...}")) {
        return false;
    }
    for (bool first = true;; first = false) {
        skip_blanks(walk);
        if (walk->p < walk->end && *walk->p == '}') {
            walk->p++;
            return true;
        }
        if ((!first && !skip_char(walk, ',', "\",\" or \"}\"")) ||
            !read_member(walk, keys, values, count)) {
            return false;
        }
    }
}

const char *json_line_find(InputText line, const char *const keys[], InputText values[],
                           size_t count, const char **expected) {
    Walk walk = {line.start, line.end, NULL};
    for (size_t i = 0; i < count; i++) {
        values[i] = (InputText){NULL, NULL};
    }
    if (read_object(&walk, keys, values, count)) {
        skip_blanks(&walk);
        if (walk.p == walk.end) {
            return NULL;
        }
        walk.expected = "nothing after the object";
    }
    *expected = walk.expected;
    return walk.p;
}

bool json_line_has(InputText line, const char *key) {
    const char *const keys[] = {key};
    InputText value = {NULL, NULL};
    Walk walk = {line.start, line.end, NULL};
    read_object(&walk, keys, &value, 1);
    return value.start != NULL;
}

bool json_line_element(InputText list, size_t n, InputText *element) {
    Walk walk = {list.start, list.end, NULL};
    if (!skip_char(&walk, '[', "a JSON list [...]")) {
        return false;
    }
    for (size_t i = 0;; i++) {
        skip_blanks(&walk);
        const char *const start = walk.p;
        if (!read_value(&walk, element)) {
            return false;
        }
        if (i == n) {
            *element = (InputText){start, walk.p};
            return true;
        }
        if (!skip_char(&walk, ',', "\",\" or \"]\"")) {
            return false;
        }
    }
}

const char *json_line_first(InputText line, const char *key) {
    Walk walk = {line.start, line.end, NULL};
    InputText name;
    if (!skip_char(&walk, '{', "a JSON object {...}") || !skip_char(&walk, '"', "a key")) {
        return NULL;
    }
    walk.p--;
    if (!read_string(&walk, &name) || !same_text(name, key) || !skip_char(&walk, ':', "\":\"")) {
        return NULL;
    }
    skip_blanks(&walk);
    return walk.p;
}

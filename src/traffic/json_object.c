// SPDX-License-Identifier: GPL-3.0-or-later
/* A walk over one object. What nobody asks for is skipped with a stack of bits (list or object), so
 * that deep nesting costs no recursion; recursion goes as deep as a path that is asked for. */
#include "traffic/json_object.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Tokens --------------------------------------------------------------------------------------- */

bool json_walk_fail(JsonWalk *walk, const char *expected) {
    walk->expected = expected;
    return false;
}

void json_walk_blanks(JsonWalk *walk) {
    while (walk->p < walk->end &&
           (*walk->p == ' ' || *walk->p == '\t' || *walk->p == '\r' || *walk->p == '\n')) {
        walk->p++;
    }
}

bool json_walk_char(JsonWalk *walk, char c, const char *expected) {
    json_walk_blanks(walk);
    if (walk->p >= walk->end || *walk->p != c) {
        return json_walk_fail(walk, expected);
    }
    walk->p++;
    return true;
}

/* At an opening quote; gives the text between the quotes. */
static bool read_string(JsonWalk *walk, InputText *text) {
    const char *p = walk->p + 1;
    for (; p < walk->end && *p != '"'; p++) {
        p += *p == '\\' && p + 1 < walk->end;
    }
    if (p >= walk->end) {
        walk->p = walk->end;
        return json_walk_fail(walk, "a quote that ends the text");
    }
    *text = (InputText){walk->p + 1, p};
    walk->p = p + 1;
    return true;
}

/* At '[' or '{'; moves past the bracket that closes it. */
static bool skip_nested(JsonWalk *walk) {
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
            if (depth == JSON_DEPTH_MOST) {
                return json_walk_fail(walk, "at most 64 levels of brackets");
            }
            lists = (lists & ~(UINT64_C(1) << depth)) | ((uint64_t)(c == '[') << depth);
            depth++;
        } else if (c == ']' || c == '}') {
            if (((lists >> (depth - 1)) & 1) != (c == ']')) {
                return json_walk_fail(walk, c == ']' ? "\"}\"" : "\"]\"");
            }
            depth--;
        }
        walk->p++;
        if (depth == 0) {
            return true;
        }
    }
    return json_walk_fail(walk, "closing brackets");
}

static bool is_plain(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '+' || c == '.';
}

bool json_walk_value(JsonWalk *walk, InputText *value) {
    json_walk_blanks(walk);
    const char *const start = walk->p;
    if (start >= walk->end) {
        return json_walk_fail(walk, "a value");
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
    return walk->p > start ? true : json_walk_fail(walk, "a value");
}

bool json_walk_key(JsonWalk *walk, InputText *key) {
    json_walk_blanks(walk);
    if (walk->p >= walk->end || *walk->p != '"') {
        return json_walk_fail(walk, "a key in double quotes");
    }
    return read_string(walk, key) && json_walk_char(walk, ':', "\":\" after the key");
}

/* Keys ----------------------------------------------------------------------------------------- */

typedef struct Wanted {
    const char *const *paths; /* from this level on; NULL: not wanted */
    InputText *values;
    size_t count;
} Wanted;

/* What is left of the path behind its first step, when that is the key: its end or a dot; NULL: it
 * is another. */
static inline const char *path_after(const char *path, InputText key) {
    for (const char *p = key.start; p < key.end; p++, path++) {
        if (*p != *path || *path == '\0') {
            return NULL;
        }
    }
    return *path == '\0' || *path == '.' ? path : NULL;
}

static bool read_object(JsonWalk *walk, const Wanted *wanted);
static bool read_list(JsonWalk *walk, const Wanted *wanted);

/* A value in which some paths go on (those of the bits). */
static bool read_below(JsonWalk *walk, InputText key, const Wanted *wanted, uint64_t bits,
                       InputText *value) {
    json_walk_blanks(walk);
    const char *const start = walk->p;
    const bool is_list = start < walk->end && *start == '[';
    if (!is_list && (start >= walk->end || *start != '{')) {
        return json_walk_value(walk, value);
    }
    const char *paths[JSON_KEYS_MOST];
    for (size_t i = 0; i < wanted->count; i++) {
        paths[i] = ((bits >> i) & 1) != 0 ? path_after(wanted->paths[i], key) + 1 : NULL;
    }
    const Wanted below = {paths, wanted->values, wanted->count};
    const bool read = is_list ? read_list(walk, &below) : read_object(walk, &below);
    *value = (InputText){start, walk->p};
    return read;
}

/* The value of a key; *whole: the paths that are a key of this object as they are written. */
static bool read_wanted(JsonWalk *walk, InputText key, const Wanted *wanted, uint64_t *whole) {
    uint64_t here = 0, below = 0;
    InputText value;
    for (size_t i = 0; i < wanted->count; i++) {
        const char *after = wanted->paths[i] ? path_after(wanted->paths[i], key) : NULL;
        if (after != NULL) {
            *(*after == '\0' ? &here : &below) |= UINT64_C(1) << i;
        }
    }
    *whole |= here;
    below &= ~*whole;
    if (!(below != 0 ? read_below(walk, key, wanted, below, &value)
                     : json_walk_value(walk, &value))) {
        return false;
    }
    for (size_t i = 0; here != 0; i++, here >>= 1) {
        if ((here & 1) != 0) {
            wanted->values[i] = value;
        }
    }
    return true;
}

static bool read_object(JsonWalk *walk, const Wanted *wanted) {
    uint64_t whole = 0;
    if (!json_walk_char(walk, '{', "a JSON object {...}")) {
        return false;
    }
    for (bool first = true;; first = false) {
        InputText key;
        json_walk_blanks(walk);
        if (walk->p < walk->end && *walk->p == '}') {
            walk->p++;
            return true;
        }
        if ((!first && !json_walk_char(walk, ',', "\",\" or \"}\"")) ||
            !json_walk_key(walk, &key) || !read_wanted(walk, key, wanted, &whole)) {
            return false;
        }
    }
}

/* Its elements have their numbers for keys. */
static bool read_list(JsonWalk *walk, const Wanted *wanted) {
    uint64_t whole = 0;
    if (!json_walk_char(walk, '[', "a JSON list [...]")) {
        return false;
    }
    for (uint64_t n = 0;; n++) {
        char number[20];
        json_walk_blanks(walk);
        if (walk->p < walk->end && *walk->p == ']') {
            walk->p++;
            return true;
        }
        const InputText key = {number, text_put_whole(number, n)};
        if ((n > 0 && !json_walk_char(walk, ',', "\",\" or \"]\"")) ||
            !read_wanted(walk, key, wanted, &whole)) {
            return false;
        }
    }
}

const char *json_object_find(InputText text, const char *const keys[], InputText values[],
                             size_t count, const char **expected) {
    JsonWalk walk = {text.start, text.end, NULL};
    const Wanted wanted = {keys, values, count};
    asim_assert(count <= JSON_KEYS_MOST);
    for (size_t i = 0; i < count; i++) {
        values[i] = (InputText){NULL, NULL};
    }
    if (read_object(&walk, &wanted)) {
        json_walk_blanks(&walk);
        if (walk.p == walk.end) {
            return NULL;
        }
        walk.expected = "nothing after the object";
    }
    *expected = walk.expected;
    return walk.p;
}

bool json_object_has(InputText text, const char *key) {
    const char *const keys[] = {key};
    InputText value = {NULL, NULL};
    JsonWalk walk = {text.start, text.end, NULL};
    read_object(&walk, &(Wanted){keys, &value, 1});
    return value.start != NULL;
}

const char *json_object_first(InputText text, const char *key) {
    JsonWalk walk = {text.start, text.end, NULL};
    InputText name;
    if (!json_walk_char(&walk, '{', "a JSON object {...}") || !json_walk_key(&walk, &name)) {
        return NULL;
    }
    const char *after = path_after(key, name);
    json_walk_blanks(&walk);
    return after != NULL && *after == '\0' ? walk.p : NULL;
}

bool json_list_element(InputText list, size_t n, InputText *element) {
    JsonWalk walk = {list.start, list.end, NULL};
    if (!json_walk_char(&walk, '[', "a JSON list [...]")) {
        return false;
    }
    for (size_t i = 0;; i++) {
        json_walk_blanks(&walk);
        const char *const start = walk.p;
        if (!json_walk_value(&walk, element)) {
            return false;
        }
        if (i == n) {
            *element = (InputText){start, walk.p};
            return true;
        }
        if (!json_walk_char(&walk, ',', "\",\" or \"]\"")) {
            return false;
        }
    }
}

/* Names ---------------------------------------------------------------------------------------- */

enum { NEAREST_DEPTH = 5 };

typedef struct NearestPath {
    NearestName nearest;
    char *best; /* owned */
} NearestPath;

/* Does the path end with the word, after a dot? */
static bool ends_with(const char *path, const char *word) {
    const size_t length = strlen(path), tail = strlen(word);
    return length > tail && path[length - tail - 1] == '.' &&
           strcmp(path + length - tail, word) == 0;
}

/* Takes the path over. */
static void try_path(NearestPath *self, char *path) {
    NearestName *nearest = &self->nearest;
    if (ends_with(path, nearest->word) && (nearest->name == NULL || nearest->distance > 0)) {
        nearest->distance = 0; /* the key itself, but for where it lies */
        nearest->name = path;
    } else {
        nearest_try(nearest, path);
    }
    const bool is_nearer = nearest->name == path;
    free(is_nearer ? self->best : path);
    self->best = is_nearer ? path : self->best;
}

/* All paths of the object, first elements of lists included. */
static void try_paths(NearestPath *self, InputText text, const char *prefix, int depth) {
    JsonWalk walk = {text.start, text.end, NULL};
    InputText key = {NULL, NULL}, value;
    const bool is_list = text.start < text.end && *text.start == '[';
    if (depth > NEAREST_DEPTH || !json_walk_char(&walk, is_list ? '[' : '{', "")) {
        return;
    }
    do {
        if ((!is_list && !json_walk_key(&walk, &key)) || !json_walk_value(&walk, &value)) {
            return;
        }
        char *path = is_list
                         ? memory_format("%s0", prefix)
                         : memory_format("%s%.*s", prefix, (int)(key.end - key.start), key.start);
        char *below = memory_format("%s.", path);
        try_path(self, path);
        try_paths(self, value, below, depth + 1);
        free(below);
    } while (!is_list && json_walk_char(&walk, ',', ""));
}

char *json_object_nearest(InputText text, const char *key) {
    NearestPath self = {.nearest = {.word = key}};
    try_paths(&self, text, "", 1);
    return self.best;
}

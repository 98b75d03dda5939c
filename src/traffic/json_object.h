// SPDX-License-Identifier: GPL-3.0-or-later
/* One JSON value in a stretch of text, looked through for a few keys without building it: traces
 * have millions of objects, most of them token lists that nobody asks for. Strict about structure
 * and end, so that a row cut short is noticed; what nobody asks for is only matched bracket by
 * bracket.
 *
 * Keys are dotted paths: "usage.prompt_tokens", elements of lists by number from 0 ("choices.0.x").
 * A key that is written just so, dots and all, wins over the path. */
#ifndef TRAFFIC_JSON_OBJECT_H
#define TRAFFIC_JSON_OBJECT_H

#include "traffic/input.h"

/* Keys that can be looked up at a time. */
#define JSON_KEYS_MOST 64

/* Looks up `count` keys (NULL: not wanted) of the object that the text is; values[i] is the raw
 * value (a string without its quotes), start NULL when the key is not there; of equal keys the last
 * counts. Returns NULL, or where the text stops being one JSON object, with *expected set to a
 * static text. */
const char *json_object_find(InputText text, const char *const keys[], InputText values[],
                             size_t count, const char **expected);

/* Does the text begin an object that has the key? The object may be cut short. */
bool json_object_has(InputText text, const char *key);

/* Where the value of the object's first key begins, when that is the key's name; else NULL. The
 * object may be cut short. */
const char *json_object_first(InputText text, const char *key);

/* The object's path that is nearest to the one that is missing, or NULL; owned by the caller. */
char *json_object_nearest(InputText text, const char *key);

/* The n-th element (from 0) of a list, a string with its quotes. False when there is none. */
bool json_list_element(InputText list, size_t n, InputText *element);

/* Steps through a text, token by token. All return false at what is no JSON, with `expected` and
 * the place in p; where the text is cut short, p is its end. */
#define JSON_DEPTH_MOST 64

typedef struct JsonWalk {
    const char *p;
    const char *end;
    const char *expected; /* static */
} JsonWalk;

bool json_walk_fail(JsonWalk *walk, const char *expected);
void json_walk_blanks(JsonWalk *walk);
/* Past blanks and the character. */
bool json_walk_char(JsonWalk *walk, char c, const char *expected);
/* `"key":`; the key without its quotes. */
bool json_walk_key(JsonWalk *walk, InputText *key);
/* A value of any kind, a string without its quotes. */
bool json_walk_value(JsonWalk *walk, InputText *value);

#endif

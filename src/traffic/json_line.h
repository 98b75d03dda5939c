// SPDX-License-Identifier: GPL-3.0-or-later
/* One JSON object in a stretch of text, looked through for a few of its keys without building it:
 * traces have one object a line, most of it token lists that nobody asks for. Strict about the
 * object's own structure and its end, so that a row cut short is noticed; lists and objects inside
 * it are only matched bracket by bracket. */
#ifndef TRAFFIC_JSON_LINE_H
#define TRAFFIC_JSON_LINE_H

#include "traffic/input.h"

/* Looks up `count` keys (NULL: not wanted) of the object; values[i] is the raw value (a string
 * without its quotes), start NULL when the key is not there; of equal keys the last counts. Returns
 * NULL, or where the text stops being one JSON object, with *expected set to a static text. */
const char *json_line_find(InputText line, const char *const keys[], InputText values[],
                           size_t count, const char **expected);

/* The n-th element (from 0) of a list, a string with its quotes. False when there is none. */
bool json_line_element(InputText list, size_t n, InputText *element);

/* Does the text begin an object that has the key at its top level? The object may be cut short. */
bool json_line_has(InputText line, const char *key);

/* Where the value of the object's first key begins, when that is the key's name; else NULL. The
 * object may be cut short. */
const char *json_line_first(InputText line, const char *key);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* JSON's grammar, checked strictly (RFC 8259) so that a mistake is told with its line, column and
 * JSON path; cJSON, which then builds the tree, says only that there is one. */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/error.h"

/* Arrays and objects within one another; deeper is an error. */
#define JSON_DEPTH_MOST 64

/* Lines of all values in the order of the text: a member's is its key's. */
typedef struct JsonLines {
    int *items;
    size_t count;
    size_t capacity;
} JsonLines;

/* False after adding an error at the first mistake of grammar. A number beyond a double's range is
 * an error too, but the scan goes on. text[length] must be readable and NUL; lines->items is the
 * caller's to free. */
bool json_scan(const char *text, size_t length, const char *file, JsonLines *lines,
               ErrorList *errors);

/* Is the text well-formed UTF-8? */
bool json_is_utf8(const char *text);

/* "parent.key", or "key" when parent is NULL or empty; a key that is no plain word is written in
 * quotes. Owned by the caller. */
char *json_path(const char *parent, const char *key);
char *json_path_index(const char *parent, size_t index);

#endif

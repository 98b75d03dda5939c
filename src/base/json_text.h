// SPDX-License-Identifier: GPL-3.0-or-later
/* JSON with comments, as a cJSON tree that knows where it comes from. Comments, // to the end of
 * the line and between slash-star and star-slash, become blanks before parsing, so lines stay. A
 * tree's `valueint`, cJSON's rounded view of numbers that nobody here reads, holds each node's
 * place: its line, or, if negative, the number of the override that made it (scenario/overrides.h).
 */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include "base/error.h"

#include <cJSON.h>

#define JSON_FILE_MOST (64 * 1024 * 1024)

/* The whole file ("-": standard input), with a NUL after it; NULL after adding an error. Owned by
 * the caller. */
char *json_file_read(const char *path, size_t *length, ErrorList *errors);

/* NULL after adding the first mistake of grammar. Duplicate keys and numbers beyond a double's
 * range are added too, but the tree comes (such numbers as type cJSON_Invalid), so that a reader
 * can tell its own. file is what errors name. Owned by the caller (cJSON_Delete). */
cJSON *json_parse(const char *text, size_t length, const char *file, ErrorList *errors);

/* The node as a user would recognise it: "\"30 sec\"", "12", "an object". Owned by the caller. */
char *json_found(const cJSON *node);

#endif

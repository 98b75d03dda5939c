// SPDX-License-Identifier: GPL-3.0-or-later
/* JSON in and out. A text is scanned once, strictly (RFC 8259, but comments, // to the end of the
 * line and between slash-star and star-slash, count as blanks), so that a mistake is told with its
 * line, column and path; cJSON holds the tree, and a table beside it where each node is from.
 *
 * Out: a tree as text that reads well and is always the same: two blanks of indentation, plain
 * values and pairs on one line, numbers at their shortest (cJSON's own printer pads numbers to 15
 * or 17 digits and puts a whole array on one line). */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/error.h"
#include "base/text.h"

#include <cJSON.h>

#define JSON_FILE_MOST (64 * 1024 * 1024)
/* Arrays and objects within one another; deeper is an error. */
#define JSON_DEPTH_MOST 64

/* Where a node is from. */
typedef struct JsonPlace {
    const cJSON *node;
    long line;          /* of the text; a member's is its key's; 0: of no text */
    const void *origin; /* who made the node later, or NULL: the text (scenario/overrides.h); lent
                         */
    bool whole;         /* it is all that the origin made, not a part of it */
} JsonPlace;

/* A tree with the places of its nodes: a hash table, filled by json_parse, json_copy and
 * json_place_set. {0} is empty. Not changed by looking up, so it serves any number of threads. */
typedef struct JsonTree {
    cJSON *root; /* NULL: nothing could be read */
    JsonPlace *places;
    size_t place_count, place_room; /* room: a power of two, or 0 */
} JsonTree;

/* From a text / a file ("-": standard input). False after adding the first mistake of grammar, or
 * why the file cannot be read. Duplicate keys and numbers beyond a double's range are told too, but
 * the tree comes (such numbers as type cJSON_Invalid), so that a reader can tell its own. file is
 * what errors name; text[length] must be NUL. The tree is to be cleared either way. */
bool json_parse(JsonTree *tree, const char *text, size_t length, const char *file,
                ErrorList *errors);
bool json_read(JsonTree *tree, const char *path, ErrorList *errors);
/* The whole file with a NUL after it; NULL after adding an error. Owned by the caller. */
char *json_file_read(const char *path, size_t *length, ErrorList *errors);
/* The node and all below it as a tree of its own, with their places. */
JsonTree json_copy(const JsonTree *tree, const cJSON *node);
/* The root alone of a file, owned by the caller (cJSON_Delete); NULL after adding an error. */
cJSON *json_load(const char *path, ErrorList *errors);
void json_clear(JsonTree *tree);

/* All zero if nothing is known of the node. */
JsonPlace json_place(const JsonTree *tree, const cJSON *node);
/* Of place.node, over what was known of it. */
void json_place_set(JsonTree *tree, JsonPlace place);

/* The way down to a value, a step in the stack frame of whoever takes it: read only when there is a
 * mistake to place. NULL is the root. */
typedef struct JsonPath {
    const struct JsonPath *above;
    const char *key; /* NULL in an array */
    size_t index;    /* in an array */
} JsonPath;

/* "deployments.chat.traffic.0"; a key that is no plain word stands in quotes; "" for the root.
 * Owned by the caller. */
char *json_path_text(const JsonPath *path);

/* Is the text well-formed UTF-8? */
bool json_is_utf8(const char *text);

/* Adds what the escape at p, a backslash, stands for. Its bytes, 0 if it is none: \u0000 would end
 * the text, half a pair is no character. Some byte that is part of no escape, such as a quote, must
 * follow. */
size_t json_add_escape(Text *text, const char *p);

/* The node as a user would recognise it: "\"30 sec\"", "12", "an object"; NULL: "nothing". Owned by
 * the caller. */
char *json_found(const cJSON *node);
/* Adds an error that tells what was found. Returns false. */
bool json_refuse(ErrorList *errors, const Error *where, const cJSON *node, const char *expected,
                 const char *suggestion);

/* Ends with a line feed / on one line, without. Owned by the caller. */
char *json_print(const cJSON *tree);
char *json_print_line(const cJSON *tree);

/* cJSON's makers, which return NULL only when there is no memory, made to end the program then. */
cJSON *json_object(void);
cJSON *json_array(void);
cJSON *json_text(const char *text); /* NULL: null */
cJSON *json_number(double number);  /* not finite: null */
cJSON *json_boolean(int yes);
cJSON *json_null(void);
/* The object or array owns item from then on. */
void json_add(cJSON *object, const char *key, cJSON *item);
void json_append(cJSON *array, cJSON *item);

#endif

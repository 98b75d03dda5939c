// SPDX-License-Identifier: GPL-3.0-or-later
/* A cJSON tree as text that reads well and is always the same: two blanks of indentation, plain
 * values and pairs on one line, numbers at their shortest (cJSON's own printer pads numbers to 15
 * or 17 digits and puts a whole array on one line). */
#ifndef BASE_JSON_PRINT_H
#define BASE_JSON_PRINT_H

#include <cJSON.h>

/* Ends with a line feed. Owned by the caller. */
char *json_print(const cJSON *tree);

/* A value on one line, without a line feed. Owned by the caller. */
char *json_print_line(const cJSON *tree);

/* The value of json_text.h's trees with each part on the line that it was read from, so that a
 * scenario within another file can be read as if it were alone. Owned by the caller. */
char *json_print_in_place(const cJSON *tree);

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

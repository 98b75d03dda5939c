// SPDX-License-Identifier: GPL-3.0-or-later
/* Trees built and printed. */
#include "base/json_print.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Building ----------------------------------------------------------------------------------- */

cJSON *json_object(void) {
    return memory_checked(cJSON_CreateObject());
}

cJSON *json_array(void) {
    return memory_checked(cJSON_CreateArray());
}

cJSON *json_text(const char *text) {
    return text ? memory_checked(cJSON_CreateString(text)) : json_null();
}

cJSON *json_number(double number) {
    return isfinite(number) ? memory_checked(cJSON_CreateNumber(number)) : json_null();
}

cJSON *json_boolean(int yes) {
    return memory_checked(cJSON_CreateBool(yes));
}

cJSON *json_null(void) {
    return memory_checked(cJSON_CreateNull());
}

void json_add(cJSON *object, const char *key, cJSON *item) {
    memory_checked(cJSON_AddItemToObject(object, key, item) ? item : NULL);
}

void json_append(cJSON *array, cJSON *item) {
    memory_checked(cJSON_AddItemToArray(array, item) ? item : NULL);
}

/* Printing ----------------------------------------------------------------------------------- */

/* What is hidden lies below U+3000; a byte that is no UTF-8 becomes U+FFFD. */
static unsigned code_of(const unsigned char *p, size_t length) {
    return length == 0   ? 0xfffd
           : length == 1 ? p[0]
           : length == 2 ? (p[0] & 0x1fU) << 6 | (p[1] & 0x3fU)
                         : (p[0] & 0x0fU) << 12 | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU);
}

static void put_escaped(Text *text, unsigned c) {
    static const char letters[] = "\"\\\b\f\n\r\t", shown[] = "\"\\bfnrt";
    const char *letter = c < 0x80 ? strchr(letters, (int)c) : NULL;
    char escape[8];
    if (letter != NULL) {
        snprintf(escape, sizeof escape, "\\%c", shown[letter - letters]);
    } else {
        snprintf(escape, sizeof escape, "\\u%04x", c & 0xffffU);
    }
    text_add(text, escape);
}

static void put_string(Text *text, const char *string) {
    text_add(text, "\"");
    const unsigned char *p = (const unsigned char *)string;
    while (*p != '\0') {
        const size_t length = text_utf8_length(p);
        if (*p == '"' || *p == '\\' || text_shown_length(p) == 0) {
            put_escaped(text, code_of(p, length));
        } else {
            text_add_bytes(text, (const char *)p, length);
        }
        p += length ? length : 1;
    }
    text_add(text, "\"");
}

static void put_break(Text *text, int depth) {
    text_add(text, "\n");
    for (int i = 0; i < depth; i++) {
        text_add(text, "  ");
    }
}

/* An array goes on one line if nothing in it has parts of its own. */
static int is_flat(const cJSON *node) {
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        if (child->child != NULL) {
            return 0;
        }
    }
    return cJSON_IsArray(node);
}

static void put_value(Text *text, const cJSON *node, int depth);

/* depth < 0: all on one line */
static void put_container(Text *text, const cJSON *node, int depth) {
    const int object = cJSON_IsObject(node);
    const int broken = depth >= 0 && node->child != NULL && !is_flat(node);
    const int inner = broken ? depth + 1 : -1;
    text_add(text, object ? "{" : "[");
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        if (broken) {
            put_break(text, inner);
        }
        if (object) {
            put_string(text, child->string);
            text_add(text, ": ");
        }
        put_value(text, child, inner);
        if (child->next != NULL) {
            text_add(text, broken ? "," : ", ");
        }
    }
    if (broken) {
        put_break(text, depth);
    }
    text_add(text, object ? "}" : "]");
}

static void put_value(Text *text, const cJSON *node, int depth) {
    char number[32];
    switch (node->type & 0xff) {
    case cJSON_False: text_add(text, "false"); break;
    case cJSON_True: text_add(text, "true"); break;
    case cJSON_Number: text_add(text, text_number(node->valuedouble, number)); break;
    case cJSON_String: put_string(text, node->valuestring); break;
    case cJSON_Array:
    case cJSON_Object: put_container(text, node, depth); break;
    default: text_add(text, "null"); break;
    }
}

char *json_print(const cJSON *tree) {
    Text text = {0};
    put_value(&text, tree, 0);
    text_add(&text, "\n");
    return text_take(&text);
}

char *json_print_line(const cJSON *tree) {
    Text text = {0};
    put_value(&text, tree, -1);
    return text_take(&text);
}

/* Where they were ---------------------------------------------------------------------------- */

static void put_in_place(Text *text, const cJSON *node, long *line) {
    for (; *line < node->valueint; (*line)++) {
        text_add(text, "\n");
    }
    if (node->string != NULL) {
        put_string(text, node->string);
        text_add(text, ":");
    }
    if (!cJSON_IsObject(node) && !cJSON_IsArray(node)) {
        put_value(text, node, -1);
        return;
    }
    text_add(text, cJSON_IsObject(node) ? "{" : "[");
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        put_in_place(text, child, line);
        text_add(text, child->next != NULL ? "," : "");
    }
    text_add(text, cJSON_IsObject(node) ? "}" : "]");
}

char *json_print_in_place(const cJSON *tree) {
    Text text = {0};
    long line = 1;
    cJSON whole = *tree;
    whole.string = NULL; /* of the whole, the key is not part */
    put_in_place(&text, &whole, &line);
    return text_take(&text);
}

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
    return memory_checked(cJSON_CreateString(text));
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

typedef struct Page {
    char *text;
    size_t length;
    size_t capacity;
} Page;

static void put_bytes(Page *page, const char *bytes, size_t count) {
    if (page->length + count + 1 > page->capacity) {
        page->capacity = 2 * (page->length + count) + 256;
        page->text = memory_resize(page->text, page->capacity, 1);
    }
    memcpy(page->text + page->length, bytes, count);
    page->length += count;
    page->text[page->length] = '\0';
}

static void put(Page *page, const char *text) {
    put_bytes(page, text, strlen(text));
}

/* What is hidden lies below U+3000; a byte that is no UTF-8 becomes U+FFFD. */
static unsigned code_of(const unsigned char *p, size_t length) {
    return length == 0   ? 0xfffd
           : length == 1 ? p[0]
           : length == 2 ? (p[0] & 0x1fU) << 6 | (p[1] & 0x3fU)
                         : (p[0] & 0x0fU) << 12 | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU);
}

static void put_escaped(Page *page, unsigned c) {
    static const char letters[] = "\"\\\b\f\n\r\t", shown[] = "\"\\bfnrt";
    const char *letter = c < 0x80 ? strchr(letters, (int)c) : NULL;
    char escape[8];
    if (letter != NULL) {
        snprintf(escape, sizeof escape, "\\%c", shown[letter - letters]);
    } else {
        snprintf(escape, sizeof escape, "\\u%04x", c & 0xffffU);
    }
    put(page, escape);
}

static void put_string(Page *page, const char *text) {
    put(page, "\"");
    const unsigned char *p = (const unsigned char *)text;
    while (*p != '\0') {
        const size_t length = text_utf8_length(p);
        if (*p == '"' || *p == '\\' || text_shown_length(p) == 0) {
            put_escaped(page, code_of(p, length));
        } else {
            put_bytes(page, (const char *)p, length);
        }
        p += length ? length : 1;
    }
    put(page, "\"");
}

static void put_break(Page *page, int depth) {
    put(page, "\n");
    for (int i = 0; i < depth; i++) {
        put(page, "  ");
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

static void put_value(Page *page, const cJSON *node, int depth);

/* depth < 0: all on one line */
static void put_container(Page *page, const cJSON *node, int depth) {
    const int object = cJSON_IsObject(node);
    const int broken = depth >= 0 && node->child != NULL && !is_flat(node);
    const int inner = broken ? depth + 1 : -1;
    put(page, object ? "{" : "[");
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        if (broken) {
            put_break(page, inner);
        }
        if (object) {
            put_string(page, child->string);
            put(page, ": ");
        }
        put_value(page, child, inner);
        if (child->next != NULL) {
            put(page, broken ? "," : ", ");
        }
    }
    if (broken) {
        put_break(page, depth);
    }
    put(page, object ? "}" : "]");
}

static void put_value(Page *page, const cJSON *node, int depth) {
    char text[32];
    switch (node->type & 0xff) {
    case cJSON_False: put(page, "false"); break;
    case cJSON_True: put(page, "true"); break;
    case cJSON_Number: put(page, text_number(node->valuedouble, text)); break;
    case cJSON_String: put_string(page, node->valuestring); break;
    case cJSON_Array:
    case cJSON_Object: put_container(page, node, depth); break;
    default: put(page, "null"); break;
    }
}

char *json_print(const cJSON *tree) {
    Page page = {0};
    put_value(&page, tree, 0);
    put(&page, "\n");
    return page.text;
}

char *json_print_line(const cJSON *tree) {
    Page page = {0};
    put_value(&page, tree, -1);
    return page.text;
}

/* Where they were ---------------------------------------------------------------------------- */

static void put_in_place(Page *page, const cJSON *node, long *line) {
    for (; *line < node->valueint; (*line)++) {
        put(page, "\n");
    }
    if (node->string != NULL) {
        put_string(page, node->string);
        put(page, ":");
    }
    if (!cJSON_IsObject(node) && !cJSON_IsArray(node)) {
        put_value(page, node, -1);
        return;
    }
    put(page, cJSON_IsObject(node) ? "{" : "[");
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        put_in_place(page, child, line);
        put(page, child->next != NULL ? "," : "");
    }
    put(page, cJSON_IsObject(node) ? "}" : "]");
}

char *json_print_in_place(const cJSON *tree) {
    Page page = {0};
    long line = 1;
    cJSON whole = *tree;
    whole.string = NULL; /* of the whole, the key is not part */
    put_in_place(&page, &whole, &line);
    return page.text;
}

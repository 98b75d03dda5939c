// SPDX-License-Identifier: GPL-3.0-or-later
/* From a file's bytes to a tree with lines. */
#include "base/json_text.h"

#include "base/assertion.h"
#include "base/json_scan.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Files -------------------------------------------------------------------------------------- */

static const char readable[] = "a file that can be read";

static char *stream_read(FILE *stream, const char *path, size_t *length, ErrorList *errors) {
    size_t capacity = 64 * 1024;
    char *text = memory_new(capacity, 1);
    *length = 0;
    for (;;) {
        const size_t got = fread(text + *length, 1, capacity - *length - 1, stream);
        *length += got;
        if (got == 0) {
            break;
        }
        if (*length > JSON_FILE_MOST) {
            free(text);
            error_add(errors,
                      &(Error){.file = path, .found = "more than 64 MiB", .expected = readable});
            return NULL;
        }
        if (*length + 1 == capacity) {
            capacity *= 2;
            text = memory_resize(text, capacity, 1);
        }
    }
    if (ferror(stream)) { /* a directory opens, but cannot be read */
        free(text);
        error_unreadable(errors, path, errno, readable);
        return NULL;
    }
    text[*length] = '\0';
    return text;
}

char *json_file_read(const char *path, size_t *length, ErrorList *errors) {
    if (strcmp(path, "-") == 0) {
        return stream_read(stdin, path, length, errors);
    }
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        error_unreadable(errors, path, errno, readable);
        return NULL;
    }
    char *text = stream_read(stream, path, length, errors);
    fclose(stream);
    return text;
}

/* Comments ----------------------------------------------------------------------------------- */

static void blank(char *from, const char *end) {
    for (char *p = from; p < end; p++) {
        if (*p != '\n') {
            *p = ' ';
        }
    }
}

/* Past the string whose opening quote is at p. */
static char *string_end(char *p, const char *end) {
    for (p++; p < end && *p != '"' && *p != '\n'; p++) {
        p += *p == '\\' && p + 1 < end;
    }
    return p < end ? p + 1 : p;
}

/* Past the comment at p, or NULL if it never ends. */
static char *comment_end(char *p, char *end) {
    if (p[1] == '/') {
        char *feed = memchr(p, '\n', (size_t)(end - p));
        return feed != NULL ? feed : end;
    }
    for (char *star = p + 2; star + 1 < end; star++) {
        if (star[0] == '*' && star[1] == '/') {
            return star + 2;
        }
    }
    return NULL;
}

static void add_endless_comment(const char *text, const char *at, const char *file,
                                ErrorList *errors) {
    Error error = {.file = file, .line = 1, .column = 1};
    for (const char *p = text; p < at; p++) {
        error.line += *p == '\n';
        error.column = *p == '\n' ? 1 : error.column + 1;
    }
    error.found = "a comment without end";
    error.expected = "*/ to end it";
    error_add(errors, &error);
}

static bool blank_comments(char *text, size_t length, const char *file, ErrorList *errors) {
    char *end = text + length;
    char *p = text;
    while (p < end) {
        if (*p == '"') {
            p = string_end(p, end);
        } else if (*p == '/' && (p[1] == '/' || p[1] == '*')) {
            char *after = comment_end(p, end);
            if (after == NULL) {
                add_endless_comment(text, p, file, errors);
                return false;
            }
            blank(p, after);
            p = after;
        } else {
            p++;
        }
    }
    return true;
}

/* The tree's places -------------------------------------------------------------------------- */

/* In the order of the text, as json_scan kept them. */
static void place_nodes(cJSON *node, const JsonLines *lines, size_t *next) {
    asim_assert(*next < lines->count);
    node->valueint = lines->items[(*next)++];
    if (cJSON_IsNumber(node) && !isfinite(node->valuedouble)) {
        node->type = cJSON_Invalid; /* json_scan has told it */
    }
    cJSON *child;
    cJSON_ArrayForEach (child, node) {
        place_nodes(child, lines, next);
    }
}

typedef struct Member {
    const cJSON *node;
    size_t order;
} Member;

static int by_key(const void *left, const void *right) {
    const Member *a = left, *b = right;
    const int difference = strcmp(a->node->string, b->node->string);
    return difference != 0 ? difference : (a->order > b->order) - (a->order < b->order);
}

static void add_duplicate(const cJSON *first, const cJSON *second, const char *path,
                          const char *file, ErrorList *errors) {
    char *place = json_path(path, second->string);
    char *expected = memory_format("each key once: the first is on line %d", first->valueint);
    error_add(errors, &(Error){.file = file,
                               .line = second->valueint,
                               .place = place,
                               .found = "the same key again",
                               .expected = expected});
    free(place);
    free(expected);
}

static void find_duplicates(const cJSON *node, const char *path, const char *file,
                            ErrorList *errors);

static void find_duplicate_members(const cJSON *object, const char *path, const char *file,
                                   ErrorList *errors) {
    const size_t count = (size_t)cJSON_GetArraySize(object);
    Member *members = memory_new(count, sizeof members[0]);
    size_t order = 0;
    const cJSON *child;
    cJSON_ArrayForEach (child, object) {
        members[order] = (Member){child, order};
        order++;
    }
    qsort(members, count, sizeof members[0], by_key);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(members[i - 1].node->string, members[i].node->string) == 0) {
            add_duplicate(members[i - 1].node, members[i].node, path, file, errors);
        }
    }
    free(members);
}

static void find_duplicates(const cJSON *node, const char *path, const char *file,
                            ErrorList *errors) {
    if (cJSON_IsObject(node) && node->child != NULL) {
        find_duplicate_members(node, path, file, errors);
    }
    size_t index = 0;
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        if (child->child != NULL) {
            char *inner = cJSON_IsObject(node) ? json_path(path, child->string)
                                               : json_path_index(path, index);
            find_duplicates(child, inner, file, errors);
            free(inner);
        }
        index++;
    }
}

/* Parsing ------------------------------------------------------------------------------------ */

static cJSON *parse_blanked(const char *text, size_t length, const char *file, ErrorList *errors) {
    JsonLines lines = {0};
    cJSON *tree = NULL;
    if (json_scan(text, length, file, &lines, errors)) {
        /* What json_scan passes, cJSON takes, unless there is no memory. */
        tree = memory_checked(cJSON_ParseWithLength(text, length));
        size_t next = 0;
        place_nodes(tree, &lines, &next);
        find_duplicates(tree, NULL, file, errors);
    }
    free(lines.items);
    return tree;
}

cJSON *json_parse(const char *text, size_t length, const char *file, ErrorList *errors) {
    char *copy = memory_new(length + 1, 1);
    memcpy(copy, text, length);
    if (length >= 3 && memcmp(copy, "\xef\xbb\xbf", 3) == 0) {
        memset(copy, ' ', 3); /* a byte order mark */
    }
    cJSON *tree = blank_comments(copy, length, file, errors)
                      ? parse_blanked(copy, length, file, errors)
                      : NULL;
    free(copy);
    return tree;
}

char *json_found(const cJSON *node) {
    char text[32];
    switch (node->type & 0xff) {
    case cJSON_False: return memory_text("false");
    case cJSON_True: return memory_text("true");
    case cJSON_NULL: return memory_text("null");
    case cJSON_Number: return memory_text(text_number(node->valuedouble, text));
    case cJSON_String: return memory_format("\"%s\"", node->valuestring);
    case cJSON_Array: return memory_text("an array");
    default: return memory_text("an object");
    }
}

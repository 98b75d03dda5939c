// SPDX-License-Identifier: GPL-3.0-or-later
/* Where a mistake was made, from its JSON path: the node's line, or the flag that wrote it; for a
 * path that leads to nothing, those of the nearest node above. */
#include "scenario/reader.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Overrides are numbered from 0; a line is positive, 0 is nowhere. */
int reader_override_mark(size_t override, bool whole) {
    return -(int)(2 * override + (whole ? 1 : 2));
}

long reader_override(const cJSON *node, bool *whole) {
    if (node->valueint >= 0) {
        *whole = false;
        return -1;
    }
    const long mark = -(long)node->valueint - 1;
    *whole = mark % 2 == 0;
    return mark / 2;
}

/* Past the segment "key" or "\"key\"" if path begins with it, or NULL. */
static const char *after_key(const char *path, const char *key) {
    const size_t quote = *path == '"';
    const size_t length = strlen(key);
    if (strncmp(path + quote, key, length) != 0) {
        return NULL;
    }
    path += quote + length;
    if (quote && *path++ != '"') {
        return NULL;
    }
    return *path == '.' ? path + 1 : *path == '\0' ? path : NULL;
}

static const char *after_index(const char *path, size_t index) {
    char *end;
    if (*path < '0' || *path > '9' || strtoul(path, &end, 10) != index) {
        return NULL;
    }
    return *end == '.' ? end + 1 : *end == '\0' ? end : NULL;
}

/* The child that the path goes through, and the rest of the path. */
static const cJSON *child_on_path(const cJSON *node, const char *path, const char **rest) {
    size_t index = 0;
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        *rest = child->string != NULL ? after_key(path, child->string) : after_index(path, index);
        index++;
        if (*rest != NULL) {
            return child;
        }
    }
    return NULL;
}

typedef struct Nearest {
    const cJSON *node;
    const char *below; /* the part of the path within the value of the node's override, or "" */
} Nearest;

/* The nearest node to path that knows its place. */
static Nearest nearest_node(const cJSON *root, const char *path) {
    Nearest nearest = {.node = root, .below = ""};
    const cJSON *node = root;
    while (*path != '\0') {
        node = child_on_path(node, path, &path);
        if (node == NULL) {
            break;
        }
        bool whole;
        if (node->valueint != 0) {
            nearest.node = node;
        }
        if (reader_override(node, &whole) < 0) {
            nearest.below = "";
        } else if (whole) {
            nearest.below = path;
        }
    }
    return nearest;
}

/* "--set a.b" or "--load-targets requests": the flag, and where in its value. */
static char *flag_place(const ScenarioOverride *override, const char *below) {
    const bool set = strcmp(override->flag, "--set") == 0;
    return memory_format("%s%s%s%s%s", override->flag, set ? " " : "", set ? override->path : "",
                         *below != '\0' ? (set ? "." : " ") : "", below);
}

static void replace(const char **text, char *by) {
    free((void *)*text);
    *text = by;
}

static void locate(const Reader *reader, const cJSON *root, Error *error) {
    const Nearest nearest = nearest_node(root, error->place);
    bool whole;
    const long override = reader_override(nearest.node, &whole);
    if (override >= 0) {
        const ScenarioOverride *change = &reader->overrides[override];
        char *place = flag_place(change, nearest.below);
        error_move(error, change->file != NULL ? change->file : "command line", change->line,
                   place);
        free(place);
    } else {
        error_move(error, reader->file, nearest.node->valueint,
                   *error->place != '\0' ? error->place : NULL);
    }
}

/* Too much of the same ----------------------------------------------------------------------- */

static int compare_texts(const char *a, const char *b) {
    if (a == NULL || b == NULL) {
        return (a != NULL) - (b != NULL);
    }
    return strcmp(a, b);
}

static int by_place(const void *left, const void *right) {
    const Error *a = *(Error *const *)left, *b = *(Error *const *)right;
    const int difference = compare_texts(a->place, b->place);
    return difference != 0 ? difference : (a > b) - (a < b);
}

static int by_texts(const void *left, const void *right) {
    const Error *a = *(Error *const *)left, *b = *(Error *const *)right;
    int difference = compare_texts(a->file, b->file);
    difference = difference != 0 ? difference : compare_texts(a->place, b->place);
    difference = difference != 0 ? difference : compare_texts(a->found, b->found);
    difference = difference != 0 ? difference : compare_texts(a->expected, b->expected);
    return difference != 0 ? difference : (a > b) - (a < b);
}

/* A value that was refused left its option absent, which must not be told as well. */
static bool is_echo(const Error *before, const Error *error) {
    return error->found != NULL && strcmp(error->found, "nothing") == 0 &&
           compare_texts(before->place, error->place) == 0;
}

/* One change may have gone to several deployments. */
static bool is_again(const Error *before, const Error *error) {
    return error->file != NULL && before->line == error->line &&
           compare_texts(before->file, error->file) == 0 &&
           compare_texts(before->place, error->place) == 0 &&
           compare_texts(before->found, error->found) == 0 &&
           compare_texts(before->expected, error->expected) == 0;
}

static void free_texts(Error *error) {
    replace(&error->file, NULL);
    replace(&error->place, NULL);
    replace(&error->found, NULL);
    replace(&error->expected, NULL);
    replace(&error->suggestion, NULL);
}

/* Drops the errors kept since `from` that the test finds superfluous after one before them in the
 * order.
 */
static void drop(ErrorList *errors, size_t from, int (*order)(const void *, const void *),
                 bool (*superfluous)(const Error *, const Error *)) {
    const size_t count = errors->kept - from;
    Error **sorted = memory_new(count, sizeof sorted[0]);
    bool *dropped = memory_new(count, sizeof dropped[0]);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &errors->items[from + i];
    }
    qsort(sorted, count, sizeof sorted[0], order);
    for (size_t i = 1; i < count; i++) {
        dropped[sorted[i] - &errors->items[from]] = superfluous(sorted[i - 1], sorted[i]);
    }
    size_t kept = from;
    for (size_t i = 0; i < count; i++) {
        if (dropped[i]) {
            free_texts(&errors->items[from + i]);
        } else {
            errors->items[kept++] = errors->items[from + i];
        }
    }
    errors->count -= errors->kept - kept;
    errors->kept = kept;
    free(sorted);
    free(dropped);
}

typedef struct Placed {
    Error error;
    size_t order;
} Placed;

/* The command line's mistakes first, then those of the file from its top. */
static int by_line(const void *left, const void *right) {
    const Placed *a = left, *b = right;
    if (a->error.line != b->error.line) {
        return a->error.line < b->error.line ? -1 : 1;
    }
    return (a->order > b->order) - (a->order < b->order);
}

static void sort_by_line(ErrorList *errors, size_t from) {
    const size_t count = errors->kept - from;
    Placed *placed = memory_new(count, sizeof placed[0]);
    for (size_t i = 0; i < count; i++) {
        placed[i] = (Placed){errors->items[from + i], i};
    }
    qsort(placed, count, sizeof placed[0], by_line);
    for (size_t i = 0; i < count; i++) {
        errors->items[from + i] = placed[i].error;
    }
    free(placed);
}

void reader_locate(const Reader *reader, const cJSON *root, size_t from) {
    ErrorList *errors = reader->errors;
    drop(errors, from, by_place, is_echo);
    for (size_t i = from; i < errors->kept; i++) {
        if (errors->items[i].file == NULL && errors->items[i].place != NULL) {
            locate(reader, root, &errors->items[i]);
        }
    }
    drop(errors, from, by_texts, is_again);
    sort_by_line(errors, from);
}

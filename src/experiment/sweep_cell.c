// SPDX-License-Identifier: GPL-3.0-or-later
/* Cells on the disk. */
#include "experiment/sweep_cell.h"

#include "base/digest.h"
#include "base/memory.h"
#include "base/whole_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *sweep_cell_name(size_t cell) {
    return memory_format("cells/%06zu.csv", cell);
}

/* The first line of a file with that body. */
static char *head(const char *plan, size_t cell, const char *body) {
    char sum[DIGEST_TEXT];
    digest_of(body, strlen(body), sum);
    return memory_format("# autoscale-sim sweep, plan %s, cell %zu, sha256 %s\n", plan, cell, sum);
}

bool sweep_cell_write(const char *directory, const char *plan, size_t cell, const char *body,
                      ErrorList *errors) {
    char *name = sweep_cell_name(cell), *path = memory_format("%s/%s", directory, name);
    char *first = head(plan, cell, body), *text = memory_format("%s%s", first, body);
    /* Not durable: a cell that was lost is told by its digest, and computed again. */
    const bool written = whole_file_write(path, text, strlen(text), false, errors);
    free(name);
    free(path);
    free(first);
    free(text);
    return written;
}

static char *unreadable(const char *path, ErrorList *errors) {
    if (errno != ENOENT) {
        error_unreadable(errors, path, errno, "a cell that can be read");
    }
    return NULL;
}

/* All bytes with a NUL after them; NULL if there are none to be had. */
static char *read_bytes(const char *path, ErrorList *errors) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return unreadable(path, errors);
    }
    size_t length = 0, room = 1 << 14;
    char *bytes = memory_new(room, 1);
    for (size_t got; (got = fread(bytes + length, 1, room - length - 1, stream)) > 0;) {
        length += got;
        if (length + 1 == room) {
            room *= 2;
            bytes = memory_resize(bytes, room, 1);
        }
    }
    bytes[length] = '\0';
    const int reason = ferror(stream) ? errno : ENOENT;
    const bool sound = !ferror(stream) && strlen(bytes) == length;
    fclose(stream);
    if (!sound) {
        free(bytes);
        errno = reason;
        return unreadable(path, errors);
    }
    return bytes;
}

char *sweep_cell_read(const char *directory, const char *plan, size_t cell, ErrorList *errors) {
    char *name = sweep_cell_name(cell), *path = memory_format("%s/%s", directory, name);
    char *text = read_bytes(path, errors), *body = NULL;
    const char *end = text != NULL ? strchr(text, '\n') : NULL;
    if (end != NULL) {
        char *expected = head(plan, cell, end + 1);
        if (strncmp(text, expected, strlen(expected)) == 0) {
            body = memory_text(end + 1);
        }
        free(expected);
    }
    free(text);
    free(name);
    free(path);
    return body;
}

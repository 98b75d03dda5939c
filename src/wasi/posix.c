// SPDX-License-Identifier: GPL-3.0-or-later
/* One process, on files in memory without links: what it locks nobody else has. */
#include "wasi/posix.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

__attribute__((import_module("autoscale_sim"), import_name("dup"))) int wasi_dup(int descriptor);

int dup(int descriptor) {
    const int copy = wasi_dup(descriptor);
    errno = copy < 0 ? EBADF : errno;
    return copy;
}

int flock(int descriptor, int operation) {
    (void)descriptor;
    (void)operation;
    return 0;
}

int gethostname(char *name, size_t room) {
    (void)name;
    (void)room;
    errno = ENOSYS;
    return -1;
}

/* Takes the last part away. */
static void go_up(Text *path) {
    while (path->length > 0 && path->text[--path->length] != '/') {
    }
}

char *realpath(const char *path, char *resolved) {
    (void)resolved; /* NULL: it is the caller's own */
    if (access(path, F_OK) != 0) {
        return NULL;
    }
    Text whole = {0};
    char *here = *path != '/' ? getcwd(NULL, 0) : NULL;
    text_add(&whole, here != NULL && strcmp(here, "/") != 0 ? here : "");
    free(here);
    for (const char *part = path; *part != '\0';) {
        const size_t length = strcspn(part, "/");
        if (length == 2 && memcmp(part, "..", 2) == 0) {
            go_up(&whole);
        } else if (length > 0 && !(length == 1 && *part == '.')) {
            text_add(&whole, "/");
            text_add_bytes(&whole, part, length);
        }
        part += length + (part[length] == '/');
    }
    if (whole.length == 0) {
        text_add(&whole, "/");
    }
    return text_take(&whole);
}

/* WASI begins at the root: the place that a shell would have set stands in the environment. */
__attribute__((constructor)) static void go_there(void) {
    const char *place = getenv("PWD");
    if (place != NULL && chdir(place) != 0) {
        abort(); /* who started it made the directory */
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* realpath belongs to the X/Open part of POSIX. */
#define _XOPEN_SOURCE 700

#include "base/file_name.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *joined(const char *directory, const char *name) {
    if (*name == '/') {
        return memory_text(name);
    }
    if (directory == NULL || *directory == '\0') {
        return memory_text(name);
    }
    return memory_format("%s/%s", directory, name);
}

char *file_name_real(const char *path) {
    char *real = realpath(path, NULL);
    if (real == NULL && errno == ENOMEM) {
        memory_checked(real);
    }
    return real;
}

/* A file that is not there is left to who opens it, but by a name that means the same everywhere.
 */
static char *from_root(char *name) {
    char *here = *name == '/' ? NULL : file_name_real(".");
    if (here == NULL) {
        return name;
    }
    char *whole = memory_format("%s/%s", here, name);
    free(here);
    free(name);
    return whole;
}

char *file_name_absolute(const char *directory, const char *name) {
    if (*name == '\0' || strcmp(name, "-") == 0) {
        return memory_text(name);
    }
    char *path = joined(directory, name);
    char *real = file_name_real(path);
    if (real == NULL) {
        return from_root(path);
    }
    free(path);
    return real;
}

char *file_name_from(const char *directory, const char *name) {
    return directory != NULL && name[0] != '/' ? memory_format("%s/%s", directory, name)
                                               : memory_text(name);
}

char *file_name_relative(const char *directory, const char *name) {
    char *from = file_name_absolute(NULL, directory);
    const size_t length = strlen(from);
    size_t shared = 0; /* of both, up to and with a slash, or all of `from` */
    for (size_t i = 0; i <= length && (i == length ? name[i] == '/' : from[i] == name[i]); i++) {
        shared = i == length || from[i] == '/' ? i + 1 : shared;
    }
    if (shared <= 1) {
        free(from);
        return memory_text(name);
    }
    Text text = {0};
    for (const char *up = shared > length ? NULL : from + shared; up != NULL;) {
        text_add(&text, "../");
        up = strchr(up, '/');
        up = up != NULL ? up + 1 : NULL;
    }
    text_add(&text, name + shared);
    free(from);
    return text_take(&text);
}

const char file_name_expand_expected[] = "a pattern that the name of some file matches";

bool file_name_expand(const char *name, TextList *files) {
    if (strpbrk(name, "*?[") == NULL || access(name, F_OK) == 0) {
        text_list_add(files, memory_text(name));
        return true;
    }
    glob_t found;
    const int status = glob(name, 0, NULL, &found);
    if (status == GLOB_NOSPACE) {
        memory_checked(NULL);
    }
    for (size_t i = 0; status == 0 && i < found.gl_pathc; i++) {
        text_list_add(files, memory_text(found.gl_pathv[i]));
    }
    globfree(&found);
    return status == 0;
}

char *file_name_directory(const char *path) {
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return memory_text(".");
    }
    return slash == path ? memory_text("/") : memory_text_n(path, (size_t)(slash - path));
}

char *file_name_stem(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return dot != NULL && dot != name ? memory_text_n(name, (size_t)(dot - name))
                                      : memory_text(name);
}

char *file_name_near_program(const char *const places[], size_t count,
                             bool (*suits)(const char *folder)) {
    char program[4096];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(program, '/');
    for (size_t i = 0; slash != NULL && i < count; i++) {
        char *folder = memory_format("%.*s/%s", (int)(slash - program), program, places[i]);
        if (suits(folder)) {
            return folder;
        }
        free(folder);
    }
    return NULL;
}

bool file_name_is_there(const char *folder, const char *name, int mode) {
    char *path = memory_format("%s/%s", folder, name);
    const bool there = access(path, mode) == 0;
    free(path);
    return there;
}

const char *file_name_next(DIR **stream) {
    while (*stream != NULL) {
        /* cppcheck-suppress readdirCalled ; the stream is the caller's alone */
        const struct dirent *entry = readdir(*stream);
        if (entry == NULL) {
            closedir(*stream);
            *stream = NULL;
        } else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            return entry->d_name;
        }
    }
    return NULL;
}

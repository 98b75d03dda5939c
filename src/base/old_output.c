// SPDX-License-Identifier: GPL-3.0-or-later
/* Names are taken from manifests, which anyone may have written: only plain files count, below
 * folders that are no links, and none by a way up. */
#include "base/old_output.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/whole_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMED_MOST = 5 };

/* What is ours ------------------------------------------------------------------------------- */

/* Others have such files too; ours name the program in their first lines. */
static bool names_us(const char *path, const char *file, ErrorList *errors) {
    char *name = memory_format("%s/%s", path, file);
    const int descriptor = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    char head[512] = "";
    const ssize_t got = descriptor >= 0 ? read(descriptor, head, sizeof head - 1) : -1;
    if (got < 0 && error_kind_of_reading(errno) == ERROR_SYSTEM) {
        error_unreadable(errors, name, errno, "a file that can be read");
    }
    free(name);
    if (descriptor >= 0) {
        close(descriptor);
    }
    return got > 0 && strstr(head, "\"autoscale-sim\"") != NULL;
}

static bool is_ours(const char *path, ErrorList *errors) {
    return names_us(path, "manifest.json", errors) || names_us(path, "sweep.json", errors);
}

static bool is_of_type(const char *directory, const char *name, size_t length, mode_t type) {
    struct stat status;
    char *path = memory_format("%s/%.*s", directory, (int)length, name);
    const bool is = lstat(path, &status) == 0 && (status.st_mode & S_IFMT) == type;
    free(path);
    return is;
}

static bool is_plain(const char *directory, const char *name) {
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        const char *begin = slash;
        while (begin > name && begin[-1] != '/') {
            begin--;
        }
        if (slash == begin || strncmp(begin, "..", 2) == 0 ||
            !is_of_type(directory, name, (size_t)(slash - name), S_IFDIR)) {
            return false;
        }
    }
    return is_of_type(directory, name, strlen(name), S_IFREG);
}

/* The name becomes the list's. */
static void add(OldOutput *old, const char *directory, char *name) {
    if (!is_plain(directory, name)) {
        free(name);
        return;
    }
    old->names = memory_grow(old->names, old->count, &old->room, sizeof old->names[0]);
    old->names[old->count++] = name;
}

cJSON *old_output_manifest(const char *directory, ErrorList *errors) {
    ErrorList unheard = {0};
    size_t length;
    char *path = memory_format("%s/manifest.json", directory);
    char *text = access(path, F_OK) == 0 ? json_file_read(path, &length, &unheard) : NULL;
    cJSON *tree = text != NULL ? json_parse(text, length, path, &unheard) : NULL;
    const cJSON *program = cJSON_GetObjectItemCaseSensitive(tree, "program");
    if (!cJSON_IsString(program) || strcmp(program->valuestring, "autoscale-sim") != 0) {
        cJSON_Delete(tree);
        tree = NULL;
    }
    if (unheard.system) { /* it may be ours, and cannot be read */
        error_add_all(errors, &unheard);
    }
    error_list_clear(&unheard);
    free(text);
    free(path);
    return tree;
}

/* The manifest of a folder, "" or "performance/", and those of the folders that it names. */
static bool add_manifest(OldOutput *old, const char *directory, const char *folder,
                         ErrorList *errors) {
    char *path = memory_format("%s/%s", directory, folder);
    cJSON *tree = old_output_manifest(path, errors);
    const cJSON *files = cJSON_GetObjectItemCaseSensitive(tree, "files"), *file;
    cJSON_ArrayForEach (file, files) {
        const char *name = cJSON_IsString(file) ? file->valuestring : "";
        const size_t length = strlen(name);
        add(old, directory, memory_format("%s%s", folder, name));
        if (length > 14 && strcmp(name + length - 14, "/manifest.json") == 0) {
            char *inner = memory_format("%s%.*s", folder, (int)(length - 13), name);
            add_manifest(old, directory, inner, errors);
            free(inner);
        }
    }
    const bool lists = cJSON_IsArray(files);
    cJSON_Delete(tree);
    free(path);
    return lists;
}

/* Files of a sweep's folder: "000012.csv" in cells/, "all" and "1-of-8" in shards/, and those that
 * a killed process has left unfinished. */
static void add_folder(OldOutput *old, const char *directory, const char *folder) {
    char *path = memory_format("%s/%s", directory, folder);
    DIR *stream = opendir(path);
    const struct dirent *entry;
    /* cppcheck-suppress readdirCalled ; the stream is ours alone */
    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        const char *name = entry->d_name;
        const size_t digits = strspn(name, "0123456789");
        const bool ours = (digits > 0 && strcmp(name + digits, ".csv") == 0) ||
                          (digits > 0 && strncmp(name + digits, "-of-", 4) == 0) ||
                          strcmp(name, "all") == 0 ||
                          (name[0] == '.' && strstr(name, WHOLE_FILE_TEMPORARY) != NULL);
        if (ours) {
            add(old, directory, memory_format("%s/%s", folder, name));
        }
    }
    if (stream != NULL) {
        closedir(stream);
    }
    free(path);
}

static int by_name(const void *one, const void *other) {
    return strcmp(*(char *const *)one, *(char *const *)other);
}

static bool read_names(OldOutput *old, const char *path, ErrorList *errors) {
    const size_t mistakes = errors->count;
    static const char *const of_sweep[] = {"results.csv", "aggregate.csv", "axes.csv",
                                           "manifest.json", "sweep.json"};
    bool known = add_manifest(old, path, "", errors);
    if (names_us(path, "sweep.json", errors)) {
        for (size_t i = 0; i < sizeof of_sweep / sizeof of_sweep[0]; i++) {
            add(old, path, memory_text(of_sweep[i]));
        }
        add_folder(old, path, "cells");
        add_folder(old, path, "shards");
        known = true;
    }
    if (old->count > 0) {
        qsort(old->names, old->count, sizeof old->names[0], by_name);
    }
    return known && errors->count == mistakes;
}

bool old_output_read(OldOutput *old, const char *path, ErrorList *errors) {
    const size_t mistakes = errors->count;
    *old = (OldOutput){0};
    if (!is_ours(path, errors)) {
        return errors->count == mistakes &&
               error_in_file(errors, path,
                             "a directory that is not an earlier output of autoscale-sim",
                             "one with its manifest.json, or an empty one",
                             "--force does not remove other people's files");
    }
    if (!read_names(old, path, errors)) {
        return errors->count == mistakes &&
               error_in_file(errors, path,
                             "an earlier output whose manifest.json does not list its files",
                             "one that does, for --force removes nothing else",
                             "remove it by hand, or give another name");
    }
    return true;
}

void old_output_clear(OldOutput *old) {
    for (size_t i = 0; i < old->count; i++) {
        free(old->names[i]);
    }
    free(old->names);
    *old = (OldOutput){0};
}

static bool has_file(const OldOutput *old, const char *name) {
    return old->count > 0 &&
           bsearch(&name, old->names, old->count, sizeof old->names[0], by_name) != NULL;
}

static bool has_folder(const OldOutput *old, const char *name) {
    const size_t length = strlen(name);
    for (size_t i = 0; i < old->count; i++) {
        if (strncmp(old->names[i], name, length) == 0 && old->names[i][length] == '/') {
            return true;
        }
    }
    return false;
}

/* What is not -------------------------------------------------------------------------------- */

/* Both directories, and what is done with each entry that is not ours. */
typedef struct Walk {
    const OldOutput *old;
    const char *from, *to;
    bool (*each)(struct Walk *walk, const char *name);
    char *names; /* "a, b" */
    size_t count;
} Walk;

static bool walk(Walk *self, const char *folder) {
    char *path = memory_format("%s/%s", self->from, folder);
    DIR *stream = opendir(path);
    bool well = stream != NULL;
    const struct dirent *entry;
    /* cppcheck-suppress readdirCalled */
    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        char *name = memory_format("%s%s%s", folder, *folder ? "/" : "", entry->d_name);
        if (has_folder(self->old, name) && is_of_type(self->from, name, strlen(name), S_IFDIR)) {
            well = walk(self, name) && well;
        } else if (!has_file(self->old, name)) {
            well = self->each(self, name) && well;
        }
        free(name);
    }
    if (stream != NULL) {
        closedir(stream);
    }
    free(path);
    return well;
}

static bool name_that_is_there(Walk *self, const char *name) {
    struct stat status;
    bool free_place = true;
    char *to = memory_format("%s/%s", self->to, name);
    if (lstat(to, &status) == 0) {
        free_place = false;
    }
    for (char *slash = strchr(to + strlen(self->to) + 1, '/'); slash != NULL && free_place;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        free_place = lstat(to, &status) != 0 || S_ISDIR(status.st_mode);
        *slash = '/';
    }
    free(to);
    if (!free_place && self->count++ < NAMED_MOST) {
        char *longer =
            memory_format("%s%s%s", self->names ? self->names : "", self->names ? ", " : "", name);
        free(self->names);
        self->names = longer;
    }
    return free_place;
}

bool old_output_fits(const OldOutput *old, const char *path, const char *new, ErrorList *errors) {
    Walk self = {.old = old, .from = path, .to = new, .each = name_that_is_there};
    if (walk(&self, "")) {
        return true;
    }
    if (self.count == 0) {
        return error_unreadable(errors, path, errno, "a directory that can be read");
    }
    char *found =
        self.count > NAMED_MOST
            ? memory_format("%s and %zu more that autoscale-sim did not write, and now would",
                            self.names, self.count - NAMED_MOST)
            : memory_format("%s that autoscale-sim did not write, and now would", self.names);
    error_in_file(errors, path, found, "only files of its own by such names", "move yours away");
    free(found);
    free(self.names);
    return false;
}

static bool move(Walk *self, const char *name) {
    char *from = memory_format("%s/%s", self->from, name);
    char *to = memory_format("%s/%s", self->to, name);
    for (char *slash = strchr(to + strlen(self->to) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(to, 0777); /* if it cannot be made the move fails */
        *slash = '/';
    }
    struct stat status;
    bool moved = lstat(to, &status) != 0;
    errno = EEXIST;
    moved = moved && rename(from, to) == 0;
    free(from);
    free(to);
    return moved;
}

bool old_output_move(const OldOutput *old, const char *path, const char *new) {
    Walk self = {.old = old, .from = path, .to = new, .each = move};
    return walk(&self, "");
}

/* Removal ------------------------------------------------------------------------------------ */

static void remove_folders(const char *path, char *name) {
    for (char *slash = strrchr(name, '/'); slash != NULL; slash = strrchr(name, '/')) {
        *slash = '\0';
        char *folder = memory_format("%s/%s", path, name);
        (void)rmdir(folder); /* of which others may have something left in it */
        free(folder);
    }
}

/* What tells that the directory is ours goes last: it may be asked again. */
bool old_output_remove(const OldOutput *old, const char *path, const char *spared) {
    const size_t length = spared != NULL ? strlen(spared) : 0;
    bool well = true;
    for (int last = 0; last < 2; last++) {
        for (size_t i = 0; i < old->count && well; i++) {
            const bool tells = strcmp(old->names[i], "manifest.json") == 0 ||
                               strcmp(old->names[i], "sweep.json") == 0;
            if (tells != (last == 1) ||
                (spared != NULL && strncmp(old->names[i], spared, length) == 0)) {
                continue;
            }
            char *file = memory_format("%s/%s", path, old->names[i]);
            char *name = memory_text(old->names[i]);
            well = unlink(file) == 0 || errno == ENOENT;
            remove_folders(path, name);
            free(file);
            free(name);
        }
    }
    return well;
}

void old_output_recover(const char *path, const char *final) {
    struct stat status;
    if (lstat(final, &status) != 0) {
        (void)rename(path, final);
        return;
    }
    OldOutput old = {0};
    ErrorList unheard = {0};
    const bool known =
        (!is_ours(path, &unheard) && unheard.count == 0) || read_names(&old, path, &unheard);
    error_list_clear(&unheard);
    if (known && S_ISDIR(status.st_mode) && old_output_move(&old, path, final) &&
        old_output_remove(&old, path, NULL)) {
        (void)rmdir(path);
    }
    old_output_clear(&old);
}

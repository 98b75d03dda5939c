// SPDX-License-Identifier: GPL-3.0-or-later
/* The output directory. Everything is removed through open directories (openat, unlinkat, no
 * symbolic link is followed), so a path that someone swaps meanwhile leads nowhere else. */
#include "report/output_directory.h"

#include "engine/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_TRIED = 100 }; /* temporary directories that killed runs of the same PID have left */

static bool refuse(const char *path, const char *found, const char *expected,
                   const char *suggestion, ErrorList *errors) {
    error_add(
        errors,
        &(Error){.file = path, .found = found, .expected = expected, .suggestion = suggestion});
    return false;
}

static bool refuse_errno(const char *path, const char *expected, ErrorList *errors) {
    return error_unwritable(errors, path, errno, expected);
}

/* Removal ------------------------------------------------------------------------------------ */

static bool remove_tree(int parent, const char *name);

static bool remove_entries(DIR *stream) {
    bool all = true;
    const struct dirent *entry;
    /* cppcheck-suppress readdirCalled ; the stream is ours alone */
    while ((entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            all = remove_tree(dirfd(stream), entry->d_name) && all;
        }
    }
    return all;
}

/* A file, or a directory with all it holds; errno says what failed. */
static bool remove_tree(int parent, const char *name) {
    if (unlinkat(parent, name, 0) == 0) {
        return true;
    }
    const int reason = errno;
    const int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) {
        errno = reason; /* no directory: why it could not be unlinked */
        return false;
    }
    DIR *stream = fdopendir(descriptor);
    if (stream == NULL) {
        close(descriptor);
        return false;
    }
    const bool emptied = remove_entries(stream);
    closedir(stream);
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 && emptied;
}

/* What is there already ---------------------------------------------------------------------- */

static bool directory_is_empty(const char *path) {
    DIR *stream = opendir(path);
    if (stream == NULL) {
        return false;
    }
    const struct dirent *entry;
    do {
        /* cppcheck-suppress readdirCalled */
        entry = readdir(stream);
    } while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    closedir(stream);
    return entry == NULL;
}

/* Others have such files too; ours name the program in their first lines. */
static bool names_us(const char *path, const char *file) {
    char *name = memory_format("%s/%s", path, file);
    const int descriptor = open(name, O_RDONLY | O_CLOEXEC);
    free(name);
    if (descriptor < 0) {
        return false;
    }
    char head[512] = "";
    const ssize_t got = read(descriptor, head, sizeof head - 1);
    close(descriptor);
    return got > 0 && strstr(head, "\"autoscale-sim\"") != NULL;
}

/* A sweep that is not whole has no manifest yet. */
static bool directory_is_ours(const char *path) {
    return names_us(path, "manifest.json") || names_us(path, "sweep.json");
}

/* Adds an error when `path` is taken and may not be replaced. */
static bool may_take(const char *path, bool force, ErrorList *errors) {
    struct stat status;
    if (lstat(path, &status) != 0) {
        return errno == ENOENT || refuse_errno(path, "a place for the output directory", errors);
    }
    if (!S_ISDIR(status.st_mode)) {
        return refuse(path, "a file that is no directory", "a new directory", NULL, errors);
    }
    if (!force) {
        return refuse(path, "a directory that exists", "a new one",
                      "give --force to replace it, or another name", errors);
    }
    return directory_is_empty(path) || directory_is_ours(path) ||
           refuse(path, "a directory that is not an earlier output of autoscale-sim",
                  "one with its manifest.json, or an empty one",
                  "--force does not remove other people's files", errors);
}

/* Beginning ---------------------------------------------------------------------------------- */

/* Where the last name of a path begins: "out/demo" -> "demo". */
static size_t name_offset(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash + 1 - path) : 0;
}

static char *without_last_slashes(const char *path) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    return memory_text_n(path, length);
}

static bool make_directory(const char *path, ErrorList *errors) {
    struct stat status;
    if (mkdir(path, 0777) == 0 ||
        (errno == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode))) {
        return true;
    }
    return refuse_errno(path, "a directory that can be made", errors);
}

/* Every directory on the way to the last name, from byte `from` on. */
static bool make_parents(const char *path, size_t from, ErrorList *errors) {
    char *part = memory_text(path);
    bool made = true;
    for (char *slash = strchr(part + from, '/'); slash && made; slash = strchr(slash + 1, '/')) {
        if (slash != part && slash[-1] != '/') {
            *slash = '\0';
            made = make_directory(part, errors);
            *slash = '/';
        }
    }
    free(part);
    return made;
}

/* ".demo.tmp-4711" beside "demo"; a number behind it when a killed run has left that one. */
static char *hidden_name(const char *path, const char *kind, int attempt) {
    const size_t offset = name_offset(path);
    char suffix[16] = "";
    if (attempt > 0) {
        snprintf(suffix, sizeof suffix, "-%d", attempt);
    }
    return memory_format("%.*s.%s.%s-%ld%s", (int)offset, path, path + offset, kind, (long)getpid(),
                         suffix);
}

static bool make_temporary(OutputDirectory *directory, ErrorList *errors) {
    for (int attempt = 0; attempt < NAMES_TRIED; attempt++) {
        char *name = hidden_name(directory->path, "tmp", attempt);
        if (mkdir(name, 0777) == 0) {
            directory->temporary = name;
            return true;
        }
        if (errno != EEXIST || attempt == NAMES_TRIED - 1) {
            refuse_errno(directory->path, "a directory that can be made", errors);
            free(name);
            return false;
        }
        free(name);
    }
    return false;
}

static void directory_clear(OutputDirectory *directory) {
    free(directory->path);
    free(directory->temporary);
    *directory = (OutputDirectory){0};
}

/* "", ".", ".." and "/" cannot be renamed into place. */
static bool has_name(const char *path) {
    const char *name = path + name_offset(path);
    return *name != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

bool output_directory_begin(OutputDirectory *directory, const char *path, bool force,
                            ErrorList *errors) {
    *directory = (OutputDirectory){.path = without_last_slashes(path), .force = force};
    const bool begun = (has_name(directory->path) ||
                        refuse(path, "no name", "the name of a new directory", NULL, errors)) &&
                       may_take(directory->path, force, errors) &&
                       make_parents(directory->path, 0, errors) &&
                       make_temporary(directory, errors);
    if (!begun) {
        directory_clear(directory);
    }
    return begun;
}

/* Directories that are filled bit by bit ----------------------------------------------------- */

bool output_directory_make(const char *path, ErrorList *errors) {
    char *name = without_last_slashes(path);
    const bool made = make_parents(name, 0, errors) && make_directory(name, errors);
    free(name);
    return made;
}

bool output_directory_remove(const char *path, ErrorList *errors) {
    char *name = without_last_slashes(path);
    struct stat status;
    bool removed = lstat(name, &status) != 0 && errno == ENOENT;
    if (!removed && has_name(name) && may_take(name, true, errors)) {
        char *aside = hidden_name(name, "old", 0);
        removed = rename(name, aside) == 0 && remove_tree(AT_FDCWD, aside);
        if (!removed) {
            refuse_errno(name, "a directory that can be removed", errors);
        }
        free(aside);
    }
    free(name);
    return removed;
}

/* In between --------------------------------------------------------------------------------- */

char *output_directory_file(const OutputDirectory *directory, const char *name) {
    return memory_format("%s/%s", directory->temporary, name);
}

char *output_directory_final_file(const OutputDirectory *directory, const char *name) {
    return memory_format("%s/%s", directory->path, name);
}

bool output_directory_make_folder(const OutputDirectory *directory, const char *folder,
                                  ErrorList *errors) {
    char *path = output_directory_file(directory, folder);
    const bool made = make_parents(path, strlen(directory->temporary) + 1, errors) &&
                      make_directory(path, errors);
    free(path);
    return made;
}

bool output_directory_write(const OutputDirectory *directory, const char *name, const char *text,
                            ErrorList *errors) {
    char *path = output_directory_file(directory, name);
    char *final = output_directory_final_file(directory, name);
    FILE *stream = fopen(path, "wb");
    bool written = stream != NULL && fputs(text, stream) >= 0;
    int failure = errno;
    if (stream != NULL && fclose(stream) != 0 && written) {
        written = false;
        failure = errno;
    }
    if (!written) {
        error_unwritable(errors, final, failure, "a file that can be written");
    }
    free(path);
    free(final);
    return written;
}

/* The end ------------------------------------------------------------------------------------ */

/* Moves what has the name aside; *aside stays NULL when there is nothing (to be) moved. */
static bool move_aside(const OutputDirectory *directory, char **aside, ErrorList *errors) {
    struct stat status;
    if (lstat(directory->path, &status) != 0 && errno == ENOENT) {
        return true;
    }
    if (!may_take(directory->path, directory->force, errors)) {
        return false; /* it has come into being, or has changed, during the run */
    }
    char *name = hidden_name(directory->path, "old", 0);
    if (rename(directory->path, name) != 0) {
        refuse_errno(directory->path, "a directory that can be moved aside", errors);
        free(name);
        return false;
    }
    *aside = name;
    return true;
}

static bool take_name(OutputDirectory *directory, const char *aside, ErrorList *errors) {
    if (rename(directory->temporary, directory->path) == 0) {
        free(directory->temporary);
        directory->temporary = NULL;
        return true;
    }
    refuse_errno(directory->path, "a name that the output directory can take", errors);
    if (aside != NULL) {
        (void)rename(aside, directory->path); /* as it was; if even that fails, nothing is lost */
    }
    return false;
}

bool output_directory_commit(OutputDirectory *directory, ErrorList *errors) {
    char *aside = NULL;
    bool done = move_aside(directory, &aside, errors) && take_name(directory, aside, errors);
    if (done && aside != NULL && !remove_tree(AT_FDCWD, aside)) {
        done = refuse_errno(aside, "the old output, which can be removed", errors);
    }
    free(aside);
    output_directory_abandon(directory);
    return done;
}

void output_directory_abandon(OutputDirectory *directory) {
    if (directory->temporary != NULL) {
        (void)remove_tree(AT_FDCWD, directory->temporary); /* there is no one left to tell */
    }
    directory_clear(directory);
}

bool output_directory_remove_tree(const char *path) {
    return remove_tree(AT_FDCWD, path);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The output directory: where it may be, and how it changes places with what was there. */
#include "base/output_directory.h"

#include "base/csv_writer.h"
#include "base/file_name.h"
#include "base/memory.h"
#include "base/whole_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 1 << 18 }; /* of a file: rows come by the million */

/* What is there already ---------------------------------------------------------------------- */

/* But for the folder `spared` ("shards/"), unless NULL. */
static bool directory_is_empty(const char *path, const char *spared) {
    DIR *stream = opendir(path);
    const size_t most = spared != NULL ? strlen(spared) - 1 : 0;
    bool empty = stream != NULL;
    for (const char *name; (name = file_name_next(&stream)) != NULL;) {
        empty = empty && strlen(name) == most && strncmp(name, spared, most) == 0;
    }
    return empty;
}

/* Adds an error when `path` is taken and may not be replaced; *old is what of it is ours, to be
 * cleared by the caller. */
static bool may_take(const char *path, bool force, const char *spared, OldOutput *old,
                     ErrorList *errors) {
    *old = (OldOutput){0};
    struct stat status;
    if (lstat(path, &status) != 0) {
        return errno == ENOENT ||
               error_unwritable(errors, path, errno, "a place for the output directory");
    }
    if (!S_ISDIR(status.st_mode)) {
        return error_in_file(errors, path, "a file that is no directory", "a new directory", NULL);
    }
    if (!force) {
        return error_in_file(errors, path, "a directory that exists", "a new one",
                             "give --force to replace it, or another name");
    }
    return directory_is_empty(path, spared) || old_output_read(old, path, errors);
}

/* Beginning ---------------------------------------------------------------------------------- */

static char *without_last_slashes(const char *path) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    return memory_text_n(path, length);
}

static bool make_directory(const char *path, ErrorList *errors) {
    struct stat status;
    if (mkdir(path, 0777) == 0) {
        return true;
    }
    if (errno == EEXIST && stat(path, &status) == 0) {
        if (S_ISDIR(status.st_mode)) {
            return true;
        }
        errno = ENOTDIR;
    }
    return error_unwritable(errors, path, errno, "a directory that can be made");
}

/* Every directory on the way to the last name. */
static bool make_parents(const char *path, ErrorList *errors) {
    char *part = memory_text(path);
    bool made = true;
    for (char *slash = strchr(part, '/'); slash && made; slash = strchr(slash + 1, '/')) {
        if (slash != part && slash[-1] != '/') {
            *slash = '\0';
            made = make_directory(part, errors);
            *slash = '/';
        }
    }
    free(part);
    return made;
}

void output_directory_abandon(OutputDirectory *directory) {
    workplace_end(directory->work);
    free(directory->path);
    *directory = (OutputDirectory){0};
}

/* "", ".", ".." and "/" cannot be renamed into place. */
static bool has_name(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    return *name != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static bool make_workplace(OutputDirectory *directory, ErrorList *errors) {
    directory->work = workplace_begin(directory->path, "a directory that can be made", errors);
    return directory->work != NULL &&
           (workplace_folder(directory->work, "new") != NULL ||
            error_unwritable(errors, directory->path, errno, "a directory that can be made"));
}

bool output_directory_begin(OutputDirectory *directory, const char *path, bool force,
                            ErrorList *errors) {
    *directory = (OutputDirectory){.path = without_last_slashes(path), .force = force};
    OldOutput old = {0};
    const bool begun =
        (has_name(directory->path) ||
         error_in_file(errors, path, "no name", "the name of a new directory", NULL)) &&
        make_parents(directory->path, errors) && make_workplace(directory, errors) &&
        may_take(directory->path, force, NULL, &old, errors);
    old_output_clear(&old);
    if (!begun) {
        output_directory_abandon(directory);
    }
    return begun;
}

/* Directories that are filled bit by bit ----------------------------------------------------- */

bool output_directory_make(const char *path, ErrorList *errors) {
    char *name = without_last_slashes(path);
    const bool made = make_parents(name, errors) && make_directory(name, errors);
    free(name);
    return made;
}

bool output_directory_empty(const char *path, const char *spared, ErrorList *errors) {
    OldOutput old;
    const bool emptied = may_take(path, true, spared, &old, errors) &&
                         (old_output_remove(&old, path, spared) ||
                          error_unwritable(errors, path, errno,
                                           "a directory of which the old output can be removed"));
    old_output_clear(&old);
    return emptied;
}

bool output_directory_may_replace(const char *path, ErrorList *errors) {
    OldOutput old;
    const bool may = may_take(path, true, NULL, &old, errors);
    old_output_clear(&old);
    return may;
}

/* In between --------------------------------------------------------------------------------- */

char *output_directory_file(const OutputDirectory *directory, const char *name) {
    char *below = memory_format("new/%s", name);
    char *path = memory_text(workplace_path(directory->work, below));
    free(below);
    return path;
}

/* What to call it in messages: where it will be. Owned by the caller. */
static char *final_file(const OutputDirectory *directory, const char *name) {
    return memory_format("%s/%s", directory->path, name);
}

bool output_directory_make_folder(const OutputDirectory *directory, const char *folder,
                                  ErrorList *errors) {
    char *below = memory_format("new/%s", folder);
    bool made = true;
    for (char *slash = strchr(below + 4, '/'); slash != NULL && made;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        made = workplace_folder(directory->work, below) != NULL;
        *slash = '/';
    }
    made = made && workplace_folder(directory->work, below) != NULL;
    if (!made) {
        const int reason = errno;
        char *final = final_file(directory, folder);
        error_unwritable(errors, final, reason, "a directory that can be made");
        free(final);
    }
    free(below);
    return made;
}

bool output_directory_csv(const OutputDirectory *directory, const char *name, CsvWriter *writer,
                          ErrorList *errors) {
    char *path = output_directory_file(directory, name);
    char *final = final_file(directory, name);
    const bool opened = csv_writer_open(writer, path, final, errors);
    free(path);
    free(final);
    return opened;
}

bool output_directory_write(const OutputDirectory *directory, const char *name, const char *text,
                            ErrorList *errors) {
    CsvWriter writer;
    const bool opened = output_directory_csv(directory, name, &writer, errors);
    csv_writer_raw(&writer, text, strlen(text));
    return csv_writer_close(&writer, errors) && opened;
}

/* The end ------------------------------------------------------------------------------------ */

/* The paths that the old files will have, so that they go with the workplace: folders first. */
static void hand_over(const OutputDirectory *directory, const OldOutput *old) {
    for (size_t i = 0; i < old->count; i++) {
        char *name = memory_format("old/%s", old->names[i]);
        for (char *slash = strchr(name + 4, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
            *slash = '\0';
            workplace_path(directory->work, name);
            *slash = '/';
        }
        free(name);
    }
    for (size_t i = 0; i < old->count; i++) {
        char *name = memory_format("old/%s", old->names[i]);
        workplace_path(directory->work, name);
        free(name);
    }
}

static bool take_name(const OutputDirectory *directory, ErrorList *errors) {
    const char *new = workplace_new(directory->work);
    return rename(new, directory->path) == 0 ||
           error_unwritable(errors, directory->path, errno,
                            "a name that the output directory can take");
}

/* Both renames or none; then what others have put there follows. */
static bool change_places(const OutputDirectory *directory, const OldOutput *old,
                          ErrorList *errors) {
    const char *aside = workplace_old(directory->work);
    hand_over(directory, old);
    if (rename(directory->path, aside) != 0) {
        return error_unwritable(errors, directory->path, errno,
                                "a directory that can be moved aside");
    }
    if (!take_name(directory, errors)) {
        (void)rename(aside, directory->path);
        return false;
    }
    return old_output_move(old, aside, directory->path) ||
           error_unwritable(errors, aside, errno,
                            "files that can be moved back into the directory; they are safe there");
}

static bool replace(const OutputDirectory *directory, ErrorList *errors) {
    OldOutput old;
    const char *new = workplace_new(directory->work);
    const bool replaced = may_take(directory->path, directory->force, NULL, &old, errors) &&
                          old_output_fits(&old, directory->path, new, errors) &&
                          change_places(directory, &old, errors);
    old_output_clear(&old);
    return replaced;
}

bool output_directory_commit(OutputDirectory *directory, ErrorList *errors) {
    struct stat status;
    bool done = workplace_sync(directory->work, errors);
    if (done) {
        done = lstat(directory->path, &status) == 0 ? replace(directory, errors)
                                                    : take_name(directory, errors);
    }
    if (done) {
        whole_file_sync_parent(directory->path);
    }
    output_directory_abandon(directory);
    return done;
}

/* One file ----------------------------------------------------------------------------------- */

/* Says what is at the path: *direct when it is a device or a pipe. */
static bool may_write(const char *path, bool force, bool *direct, ErrorList *errors) {
    struct stat status;
    *direct = false;
    if (stat(path, &status) != 0) {
        return errno == ENOENT || error_unwritable(errors, path, errno, "a place for the output");
    }
    if (S_ISDIR(status.st_mode)) {
        return error_in_file(errors, path, "a directory", "a file", NULL);
    }
    *direct = !S_ISREG(status.st_mode);
    return *direct || force ||
           error_in_file(errors, path, "a file that exists", "a new one",
                         "give --force to replace it, or another name");
}

bool output_file_begin(OutputFile *file, const char *path, bool force, ErrorList *errors) {
    *file = (OutputFile){.path = path};
    bool direct;
    if (strcmp(path, "-") == 0) {
        file->stream = stdout;
    } else if (!may_write(path, force, &direct, errors)) {
        return false;
    } else {
        file->work = direct ? NULL : workplace_begin(path, "a place for the output", errors);
        if (!direct && file->work == NULL) {
            return false;
        }
        file->stream = fopen(direct ? path : workplace_new(file->work), "wb");
        if (file->stream == NULL) {
            error_unwritable(errors, path, errno, "a place for the output");
            output_file_abandon(file);
            return false;
        }
    }
    setvbuf(file->stream, NULL, _IOFBF, BUFFER);
    return true;
}

static bool finish(OutputFile *file) {
    FILE *stream = file->stream;
    file->stream = NULL;
    const bool written = fflush(stream) == 0 && !ferror(stream);
    const int reason = errno;
    if (stream != stdout && fclose(stream) != 0 && written) {
        return false;
    }
    errno = reason;
    return written;
}

bool output_file_commit(OutputFile *file, ErrorList *errors) {
    bool ok = finish(file);
    if (!ok && strcmp(file->path, "-") != 0) { /* standard output: main tells */
        error_unwritable(errors, file->path, errno, "a place to write to");
    } else if (ok && file->work != NULL) {
        ok = workplace_sync(file->work, errors) &&
             (rename(workplace_new(file->work), file->path) == 0 ||
              error_unwritable(errors, file->path, errno, "a place to write to"));
        if (ok) {
            whole_file_sync_parent(file->path);
        }
    }
    output_file_abandon(file);
    return ok;
}

void output_file_abandon(OutputFile *file) {
    if (file->stream != NULL && file->stream != stdout) {
        fclose(file->stream);
    }
    workplace_end(file->work);
    *file = (OutputFile){0};
}

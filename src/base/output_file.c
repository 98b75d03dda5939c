// SPDX-License-Identifier: GPL-3.0-or-later
/* The stream has a large buffer: rows come by the million. */
#include "base/output_file.h"

#include "base/whole_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { BUFFER = 1 << 18 };

static bool refuse(const char *path, const char *found, const char *expected,
                   const char *suggestion, ErrorList *errors) {
    const Error error = {
        .file = path, .found = found, .expected = expected, .suggestion = suggestion};
    error_add(errors, &error);
    return false;
}

/* Says what is at the path: *direct when it is a device or a pipe. */
static bool may_take(const char *path, bool force, bool *direct, ErrorList *errors) {
    struct stat status;
    *direct = false;
    if (stat(path, &status) != 0) {
        return errno == ENOENT || error_unwritable(errors, path, errno, "a place for the output");
    }
    if (S_ISDIR(status.st_mode)) {
        return refuse(path, "a directory", "a file", NULL, errors);
    }
    *direct = !S_ISREG(status.st_mode);
    return *direct || force ||
           refuse(path, "a file that exists", "a new one",
                  "give --force to replace it, or another name", errors);
}

bool output_file_begin(OutputFile *file, const char *path, bool force, ErrorList *errors) {
    *file = (OutputFile){.path = path};
    bool direct;
    if (strcmp(path, "-") == 0) {
        file->stream = stdout;
    } else if (!may_take(path, force, &direct, errors)) {
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

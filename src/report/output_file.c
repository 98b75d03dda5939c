// SPDX-License-Identifier: GPL-3.0-or-later
/* The stream has a large buffer: rows come by the million. */
#include "report/output_file.h"

#include "engine/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static char *temporary_name(const char *path) {
    const char *slash = strrchr(path, '/');
    const size_t folder = slash ? (size_t)(slash + 1 - path) : 0;
    return memory_format("%.*s.%s.tmp-%ld", (int)folder, path, path + folder, (long)getpid());
}

bool output_file_begin(OutputFile *file, const char *path, bool force, ErrorList *errors) {
    *file = (OutputFile){.path = path};
    bool direct;
    if (strcmp(path, "-") == 0) {
        file->stream = stdout;
    } else if (!may_take(path, force, &direct, errors)) {
        return false;
    } else {
        file->temporary = direct ? NULL : temporary_name(path);
        file->stream = fopen(direct ? path : file->temporary, "wb");
        if (file->stream == NULL) {
            free(file->temporary);
            file->temporary = NULL;
            return error_unwritable(errors, path, errno, "a place for the output");
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
    if (ok && file->temporary != NULL) {
        ok = rename(file->temporary, file->path) == 0;
    }
    if (!ok && strcmp(file->path, "-") != 0) { /* standard output: main tells */
        error_unwritable(errors, file->path, errno, "a place to write to");
        if (file->temporary != NULL) {
            unlink(file->temporary);
        }
    }
    free(file->temporary);
    file->temporary = NULL;
    return ok;
}

void output_file_abandon(void *self) {
    OutputFile *file = self;
    if (file->stream != NULL && file->stream != stdout) {
        fclose(file->stream);
    }
    file->stream = NULL;
    if (file->temporary != NULL) {
        unlink(file->temporary);
        free(file->temporary);
        file->temporary = NULL;
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Files by rename. */
#include "report/whole_file.h"

#include "engine/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool refuse(const char *path, int reason, ErrorList *errors) {
    return error_unwritable(errors, path, reason, "a file that can be written");
}

/* Containers on several machines may have one process number; the clock tells them apart. */
char *whole_file_temporary(const char *path) {
    const char *slash = strrchr(path, '/');
    const int folder = slash != NULL ? (int)(slash + 1 - path) : 0;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return memory_format(
        "%.*s.%s" WHOLE_FILE_TEMPORARY "%ld-%llx", folder, path, path + folder, (long)getpid(),
        (unsigned long long)now.tv_sec * 1000000000ULL + (unsigned long long)now.tv_nsec);
}

static bool write_all(int descriptor, const char *bytes, size_t length) {
    while (length > 0) {
        const ssize_t written = write(descriptor, bytes, length);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return true;
}

/* The unfinished file's name, or NULL after adding an error. */
static char *write_beside(const char *path, const char *bytes, size_t length, ErrorList *errors) {
    char *temporary = whole_file_temporary(path);
    const int descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool written = descriptor >= 0 && write_all(descriptor, bytes, length);
    int reason = errno;
    if (descriptor >= 0 && close(descriptor) != 0 && written) {
        written = false;
        reason = errno;
    }
    if (!written) {
        refuse(path, reason, errors);
        if (descriptor >= 0) {
            unlink(temporary);
        }
        free(temporary);
        return NULL;
    }
    return temporary;
}

bool whole_file_take_name(const char *temporary, const char *path, ErrorList *errors) {
    if (rename(temporary, path) == 0) {
        return true;
    }
    const int reason = errno;
    unlink(temporary);
    return refuse(path, reason, errors);
}

bool whole_file_write(const char *path, const char *bytes, size_t length, ErrorList *errors) {
    char *temporary = write_beside(path, bytes, length, errors);
    const bool written = temporary != NULL && whole_file_take_name(temporary, path, errors);
    free(temporary);
    return written;
}

bool whole_file_create(const char *path, const char *bytes, size_t length, bool *existed,
                       ErrorList *errors) {
    *existed = false;
    char *temporary = write_beside(path, bytes, length, errors);
    if (temporary == NULL) {
        return false;
    }
    bool created = link(temporary, path) == 0;
    if (created) {
        unlink(temporary);
    } else if (errno == EEXIST) {
        *existed = created = true;
        unlink(temporary);
    } else { /* a file system without links */
        created = whole_file_take_name(temporary, path, errors);
    }
    free(temporary);
    return created;
}

void whole_file_clean(const char *directory, const char *prefix) {
    DIR *stream = opendir(directory);
    if (stream == NULL) {
        return;
    }
    const struct dirent *entry;
    /* cppcheck-suppress readdirCalled ; the stream is ours alone */
    while ((entry = readdir(stream)) != NULL) {
        const char *name = entry->d_name;
        if (*name == '.' && strncmp(name + 1, prefix, strlen(prefix)) == 0 &&
            strstr(name, WHOLE_FILE_TEMPORARY) != NULL) {
            (void)unlinkat(dirfd(stream), name, 0); /* of no harm where it stays */
        }
    }
    closedir(stream);
}

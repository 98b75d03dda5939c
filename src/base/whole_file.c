// SPDX-License-Identifier: GPL-3.0-or-later
/* Files by rename. */
#include "base/whole_file.h"

#include "base/memory.h"

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

/* Syncing -------------------------------------------------------------------------------------- */

/* A file that cannot be synced at all (EINVAL) has no disk behind it. */
bool whole_file_sync(const char *path) {
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return errno == ENOENT; /* named, but not made */
    }
    int done;
    do {
        done = fsync(descriptor);
    } while (done != 0 && errno == EINTR);
    const int reason = errno;
    close(descriptor);
    errno = reason;
    return done == 0 || reason == EINVAL || reason == ENOTSUP;
}

void whole_file_sync_parent(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL   ? memory_text(".")
                   : slash == path ? memory_text("/")
                                   : memory_text_n(path, (size_t)(slash - path));
    (void)whole_file_sync(folder);
    free(folder);
}

/* Writing -------------------------------------------------------------------------------------- */

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

static bool take_name(const char *temporary, const char *path, bool durable, ErrorList *errors) {
    if ((!durable || whole_file_sync(temporary)) && rename(temporary, path) == 0) {
        if (durable) {
            whole_file_sync_parent(path);
        }
        return true;
    }
    const int reason = errno;
    unlink(temporary);
    return refuse(path, reason, errors);
}

bool whole_file_take_name(const char *temporary, const char *path, ErrorList *errors) {
    return take_name(temporary, path, true, errors);
}

bool whole_file_write(const char *path, const char *bytes, size_t length, bool durable,
                      ErrorList *errors) {
    char *temporary = write_beside(path, bytes, length, errors);
    const bool written = temporary != NULL && take_name(temporary, path, durable, errors);
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
    bool created = whole_file_sync(temporary) && link(temporary, path) == 0;
    if (created) {
        unlink(temporary);
        whole_file_sync_parent(path);
    } else if (errno == EEXIST) {
        *existed = created = true;
        unlink(temporary);
    } else { /* a file system without links */
        created = take_name(temporary, path, true, errors);
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

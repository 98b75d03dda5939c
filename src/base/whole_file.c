// SPDX-License-Identifier: GPL-3.0-or-later
/* Files by rename; locks with lines such as "autoscale-sim: process 4711 on HOST, boot ID". */
#include "base/whole_file.h"

#include "base/file_name.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char writable[] = "a file that can be written";

/* Containers on several machines may have one process number; the clock tells them apart. */
static char *whole_file_temporary(const char *path) {
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
    char *folder = file_name_directory(path);
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
        error_unwritable(errors, path, reason, writable);
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
    return error_unwritable(errors, path, reason, writable);
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
    for (const char *name; (name = file_name_next(&stream)) != NULL;) {
        if (*name == '.' && strncmp(name + 1, prefix, strlen(prefix)) == 0 &&
            strstr(name, WHOLE_FILE_TEMPORARY) != NULL) {
            (void)unlinkat(dirfd(stream), name, 0); /* of no harm where it stays */
        }
    }
}

/* Owners --------------------------------------------------------------------------------------- */

enum { LINE_MOST = 512, NAME_MOST = 256, TRIES = 10, TRY_MS = 20 };

static const char beginning[] = "autoscale-sim: ";

/* This machine's name, and the number of its kernel's life, which containers on it share; "" where
 * there is none. */
static void read_machine(char host[NAME_MOST], char boot[NAME_MOST]) {
    host[0] = boot[0] = '\0';
    if (gethostname(host, NAME_MOST) != 0) {
        host[0] = '\0';
    }
    host[NAME_MOST - 1] = '\0';
    host[strcspn(host, ",\n")] = '\0';
    const int descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    const ssize_t got = descriptor >= 0 ? read(descriptor, boot, NAME_MOST - 1) : 0;
    boot[got > 0 ? got : 0] = '\0';
    boot[strcspn(boot, ",\n")] = '\0';
    if (descriptor >= 0) {
        close(descriptor);
    }
}

static bool sign(int descriptor) {
    char host[NAME_MOST], boot[NAME_MOST], line[LINE_MOST + 2 * NAME_MOST];
    read_machine(host, boot);
    const int length = snprintf(line, sizeof line, "%sprocess %ld on %s, boot %s\n", beginning,
                                (long)getpid(), host, boot);
    return ftruncate(descriptor, 0) == 0 && pwrite(descriptor, line, (size_t)length, 0) == length;
}

static void read_line(int descriptor, char line[LINE_MOST]) {
    const ssize_t got = pread(descriptor, line, LINE_MOST - 1, 0);
    line[got > 0 ? got : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
}

static char *whose_text(int descriptor) {
    char line[LINE_MOST];
    read_line(descriptor, line);
    char *boot = strstr(line, ", boot ");
    if (strncmp(line, beginning, strlen(beginning)) != 0 || boot == NULL) {
        return memory_text("another process");
    }
    *boot = '\0';
    return memory_text(line + strlen(beginning));
}

static bool is_linked(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink > 0;
}

/* Waits a little for those who only look. */
static bool lock(int descriptor) {
    for (int i = 0; flock(descriptor, LOCK_EX | LOCK_NB) != 0; i++) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return true; /* no locks here */
        }
        if (i == TRIES) {
            return false;
        }
        nanosleep(&(struct timespec){.tv_nsec = TRY_MS * 1000000L}, NULL);
    }
    return true;
}

OwnerAnswer owner_take(const char *path, int *descriptor, char **whose) {
    *whose = NULL;
    for (;;) {
        *descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (*descriptor < 0) {
            return OWNER_FAILED;
        }
        if (!lock(*descriptor)) {
            *whose = whose_text(*descriptor);
            close(*descriptor);
            return OWNER_OTHER;
        }
        if (is_linked(*descriptor)) {
            break;
        }
        close(*descriptor); /* removed meanwhile by its last owner */
    }
    if (!sign(*descriptor)) {
        const int reason = errno;
        close(*descriptor);
        errno = reason;
        return OWNER_FAILED;
    }
    return OWNER_TAKEN;
}

char *owner_living(const char *path) {
    const int descriptor = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    char *whose = NULL;
    if (descriptor >= 0 && !lock(descriptor)) {
        whose = whose_text(descriptor);
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    return whose;
}

/* Of this life of this machine, or of an earlier one. */
static bool is_of_here(const char *line) {
    char host[NAME_MOST], boot[NAME_MOST];
    read_machine(host, boot);
    char *here = memory_format(" on %s, boot ", host), *now = memory_format(", boot %s", boot);
    const char *other = strstr(line, ", boot ");
    const bool is = strncmp(line, beginning, strlen(beginning)) == 0 && other != NULL &&
                    (strstr(line, here) != NULL || (boot[0] != '\0' && strcmp(other, now) == 0));
    free(here);
    free(now);
    return is;
}

int owner_inherit(int directory, const char *name, bool unsigned_too) {
    char line[LINE_MOST];
    const int descriptor = openat(directory, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) {
        return -1;
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0 && is_linked(descriptor)) {
        read_line(descriptor, line);
        if (is_of_here(line) || (unsigned_too && line[0] == '\0')) {
            return descriptor;
        }
    }
    close(descriptor);
    return -1;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Locks and lines: "autoscale-sim: process 4711 on HOST, boot ID". */
#include "base/owner.h"

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

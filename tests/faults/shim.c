// SPDX-License-Identifier: GPL-3.0-or-later
/* Preloaded into the program (LD_PRELOAD), fails the n-th call of one sort: ASIM_FAULT=write:17.
 * ASIM_FAULT_COUNTS names a file for how many there were of each sort. Only of this process: what
 * it starts is not preloaded. The C library's own streams write past our write(), so fopen gives
 * streams of ours (fopencookie), and so is standard output. Needs glibc. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* POSIX has functions among what dlsym finds, ISO C has not. */
#define NEXT(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

enum { MEMORY, OPEN, READ, WRITE, SHORT, CLOSE, RENAME, MKDIR, UNLINK, SYNC, SPAWN, THREAD, SORTS };

static const struct {
    const char *name;
    int error;
} sorts[SORTS] = {{"memory", ENOMEM}, {"open", EMFILE}, {"read", EIO},     {"write", ENOSPC},
                  {"short", 0},       {"close", EIO},   {"rename", EIO},   {"mkdir", ENOSPC},
                  {"unlink", EIO},    {"sync", EIO},    {"spawn", EAGAIN}, {"thread", EAGAIN}};

static atomic_long counts[SORTS];
static int failing = -1;
static long at;
static bool ready; /* what is before main is not the program's */

static bool fails(int sort) {
    if (!ready || atomic_fetch_add(&counts[sort], 1) + 1 != at || sort != failing) {
        return false;
    }
    errno = sorts[sort].error;
    return true;
}

/* Memory --------------------------------------------------------------------------------------- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size) {
    return fails(MEMORY) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return fails(MEMORY) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
    return fails(MEMORY) ? NULL : __libc_realloc(memory, size);
}

/* Descriptors ---------------------------------------------------------------------------------- */

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fails(OPEN) ? -1 : NEXT(open)(path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fails(OPEN) ? -1 : NEXT(openat)(directory, path, flags, mode);
}

int pipe(int ends[2]) {
    return fails(OPEN) ? -1 : NEXT(pipe)(ends);
}

DIR *opendir(const char *path) {
    return fails(OPEN) ? NULL : NEXT(opendir)(path);
}

int scandir(const char *path, struct dirent ***entries, int (*filter)(const struct dirent *),
            int (*compare)(const struct dirent **, const struct dirent **)) {
    return fails(OPEN) ? -1 : NEXT(scandir)(path, entries, filter, compare);
}

ssize_t read(int descriptor, void *bytes, size_t count) {
    return fails(READ) ? -1 : NEXT(read)(descriptor, bytes, count);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    if (descriptor == STDERR_FILENO) {
        return NEXT(write)(descriptor, bytes, count);
    }
    if (fails(WRITE)) {
        return -1;
    }
    const size_t most = fails(SHORT) && count > 1 ? count / 2 : count;
    return NEXT(write)(descriptor, bytes, most);
}

int close(int descriptor) {
    const int result = NEXT(close)(descriptor); /* which is gone, whatever close() says */
    return fails(CLOSE) ? -1 : result;
}

int fsync(int descriptor) {
    return fails(SYNC) ? -1 : NEXT(fsync)(descriptor);
}

int fdatasync(int descriptor) {
    return fails(SYNC) ? -1 : NEXT(fdatasync)(descriptor);
}

/* Names ---------------------------------------------------------------------------------------- */

int rename(const char *from, const char *to) {
    return fails(RENAME) ? -1 : NEXT(rename)(from, to);
}

int link(const char *from, const char *to) {
    return fails(RENAME) ? -1 : NEXT(link)(from, to);
}

int mkdir(const char *path, mode_t mode) {
    return fails(MKDIR) ? -1 : NEXT(mkdir)(path, mode);
}

char *mkdtemp(char *pattern) {
    return fails(MKDIR) ? NULL : NEXT(mkdtemp)(pattern);
}

int unlink(const char *path) {
    return fails(UNLINK) ? -1 : NEXT(unlink)(path);
}

int unlinkat(int directory, const char *path, int flags) {
    return fails(UNLINK) ? -1 : NEXT(unlinkat)(directory, path, flags);
}

int rmdir(const char *path) {
    return fails(UNLINK) ? -1 : NEXT(rmdir)(path);
}

/* Processes ------------------------------------------------------------------------------------ */

int posix_spawnp(pid_t *process, const char *file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const words[],
                 char *const environment[]) {
    return fails(SPAWN)
               ? errno
               : NEXT(posix_spawnp)(process, file, actions, attributes, words, environment);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*begin)(void *),
                   void *self) {
    return fails(THREAD) ? errno : NEXT(pthread_create)(thread, attributes, begin, self);
}

/* Streams -------------------------------------------------------------------------------------- */

enum { STREAMS = 256 };
static FILE *streams[STREAMS]; /* by descriptor */

static ssize_t stream_read(void *self, char *bytes, size_t count) {
    return read((int)(intptr_t)self, bytes, count);
}

/* fopencookie takes 0, not -1, for a failure. */
static ssize_t stream_write(void *self, const char *bytes, size_t count) {
    size_t done = 0;
    while (done < count) {
        const ssize_t some = write((int)(intptr_t)self, bytes + done, count - done);
        if (some < 0) {
            return 0;
        }
        done += (size_t)some;
    }
    return (ssize_t)done;
}

static int stream_seek(void *self, off64_t *offset, int whence) {
    const off_t to = lseek((int)(intptr_t)self, *offset, whence);
    *offset = to;
    return to < 0 ? -1 : 0;
}

static int stream_close(void *self) {
    streams[(intptr_t)self] = NULL;
    return close((int)(intptr_t)self);
}

static FILE *stream_of(int descriptor, const char *mode) {
    const cookie_io_functions_t functions = {stream_read, stream_write, stream_seek, stream_close};
    FILE *stream = descriptor >= 0 && descriptor < STREAMS
                       ? fopencookie((void *)(intptr_t)descriptor, mode, functions)
                       : NULL;
    if (stream != NULL) {
        streams[descriptor] = stream;
    }
    return stream;
}

FILE *fdopen(int descriptor, const char *mode) {
    return stream_of(descriptor, mode);
}

FILE *fopen(const char *path, const char *mode) {
    const int way = strchr(mode, '+') ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY;
    const int making = *mode == 'r' ? 0 : O_CREAT | (*mode == 'a' ? O_APPEND : O_TRUNC);
    const int descriptor = open(path, way | making | (strchr(mode, 'x') ? O_EXCL : 0), 0666);
    if (descriptor < 0) {
        return NULL;
    }
    FILE *stream = stream_of(descriptor, mode);
    if (stream == NULL) {
        NEXT(close)(descriptor);
        errno = ENOMEM;
    }
    return stream;
}

int fileno(FILE *stream) {
    for (int i = 0; i < STREAMS; i++) {
        if (streams[i] == stream) {
            return i;
        }
    }
    return NEXT(fileno)(stream);
}

/* Beginning and end ---------------------------------------------------------------------------- */

static void __attribute__((constructor)) begin(void) {
    const char *fault = getenv("ASIM_FAULT");
    unsetenv("LD_PRELOAD");
    stdout = stream_of(STDOUT_FILENO, "w");
    for (int i = 0; fault != NULL && i < SORTS; i++) {
        const size_t length = strlen(sorts[i].name);
        if (strncmp(fault, sorts[i].name, length) == 0 && fault[length] == ':') {
            failing = i;
            at = atol(fault + length + 1);
        }
    }
    ready = true;
}

static void __attribute__((destructor)) end(void) {
    const char *path = getenv("ASIM_FAULT_COUNTS");
    ready = false;
    FILE *stream = path != NULL ? fopen(path, "w") : NULL;
    for (int i = 0; stream != NULL && i < SORTS; i++) {
        fprintf(stream, "%s %ld\n", sorts[i].name, atomic_load(&counts[i]));
    }
    if (stream != NULL) {
        fclose(stream);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The program in a process of its own. Its output goes to files that have no name, so that nothing
 * can block and nothing is left when a test fails. */
#define _XOPEN_SOURCE 700 /* mkdtemp, nftw */
#include "support/program.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS_MOST = 512, SECONDS_MOST = 60, CANNOT_START = 126 };

static void *or_fail(void *pointer) {
    cr_assert_not_null(pointer, "out of memory");
    return pointer;
}

/* Bytes of files ------------------------------------------------------------------------------- */

static char *read_all(FILE *stream, size_t *length) {
    size_t room = 1 << 16, used = 0, got;
    char *bytes = or_fail(malloc(room));
    while ((got = fread(bytes + used, 1, room - used - 1, stream)) > 0) {
        used += got;
        if (used == room - 1) {
            room *= 2;
            bytes = or_fail(realloc(bytes, room));
        }
    }
    bytes[used] = '\0';
    if (length != NULL) {
        *length = used;
    }
    return bytes;
}

char *file_bytes(const char *path, size_t *length) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return NULL;
    }
    char *bytes = read_all(stream, length);
    fclose(stream);
    return bytes;
}

char *folder_file_bytes(const char *folder, const char *name, size_t *length) {
    char *path = scratch_path(folder, name);
    char *bytes = file_bytes(path, length);
    free(path);
    return bytes;
}

bool file_exists(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0;
}

size_t folder_count(const char *folder) {
    DIR *stream = opendir(folder);
    cr_assert_not_null(stream, "%s: %s", folder, strerror(errno));
    size_t count = 0;
    while (readdir(stream) != NULL) {
        count++;
    }
    closedir(stream);
    return count - 2;
}

/* Scratch -------------------------------------------------------------------------------------- */

char *scratch_path(const char *scratch, const char *name) {
    const size_t room = strlen(scratch) + strlen(name) + 2;
    char *path = or_fail(malloc(room));
    snprintf(path, room, "%s/%s", scratch, name);
    return path;
}

char *scratch_make(void) {
    const char *parent = getenv("TMPDIR");
    char *template = scratch_path(parent != NULL ? parent : "/tmp", "asim-cli-XXXXXX");
    cr_assert_not_null(mkdtemp(template), "%s: %s", template, strerror(errno));
    return template;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void scratch_remove(char *scratch) {
    if (scratch != NULL) {
        nftw(scratch, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    }
    free(scratch);
}

char *scratch_write(const char *scratch, const char *name, const void *bytes, size_t length) {
    char *path = scratch_path(scratch, name);
    FILE *stream = fopen(path, "wb");
    cr_assert_not_null(stream, "%s: %s", path, strerror(errno));
    const size_t written = fwrite(bytes, 1, length, stream);
    cr_assert(fclose(stream) == 0 && written == length, "%s cannot be written", path);
    return path;
}

char *scratch_text(const char *scratch, const char *name, const char *text) {
    return scratch_write(scratch, name, text, strlen(text));
}

/* Processes ------------------------------------------------------------------------------------ */

static int nameless_file(void) {
    FILE *stream = tmpfile();
    cr_assert_not_null(stream, "no temporary file: %s", strerror(errno));
    const int descriptor = fcntl(fileno(stream), F_DUPFD_CLOEXEC, 3);
    cr_assert_geq(descriptor, 0);
    fclose(stream);
    return descriptor;
}

static int input_file(const char *text) {
    if (text == NULL) {
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    const int descriptor = nameless_file();
    cr_assert_eq(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    lseek(descriptor, 0, SEEK_SET);
    return descriptor;
}

/* In the new process. Criterion's limits and signals are not the program's. */
static void become(const ProgramPlace *place, const char *program, char *words[],
                   const int streams[3]) {
    for (int i = 0; i < 3; i++) {
        if (dup2(streams[i], i) < 0) {
            _exit(CANNOT_START);
        }
    }
    if (place != NULL && place->file_bytes > 0) {
        const struct rlimit most = {.rlim_cur = (rlim_t)place->file_bytes,
                                    .rlim_max = (rlim_t)place->file_bytes};
        setrlimit(RLIMIT_FSIZE, &most);
    }
    if (place != NULL && place->folder != NULL && chdir(place->folder) != 0) {
        _exit(CANNOT_START);
    }
    static const int usual[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        signal(usual[i], SIG_DFL);
    }
    execv(program, words);
    _exit(CANNOT_START);
}

/* The program may be named from the directory that the tests run in, and run in another. */
static char *program_path(const ProgramPlace *place) {
    const char *name = getenv("ASIM_BINARY");
    const bool script = place != NULL && place->program != NULL;
    char *path = realpath(script         ? place->program
                          : name != NULL ? name
                                         : "build/autoscale-sim",
                          NULL);
    cr_assert_not_null(path, "there is no program to test; ASIM_BINARY is %s",
                       name != NULL ? name : "not set");
    return path;
}

static int output_file(const ProgramPlace *place) {
    if (place != NULL && place->closed_pipe) {
        int ends[2];
        cr_assert_eq(pipe(ends), 0);
        close(ends[0]);
        fcntl(ends[1], F_SETFD, FD_CLOEXEC);
        return ends[1];
    }
    return place != NULL && place->output != NULL
               ? open(place->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)
               : nameless_file();
}

RunningProgram program_start(const ProgramPlace *place, const char *const arguments[]) {
    char *program = program_path(place);
    char *words[WORDS_MOST] = {program};
    for (size_t i = 0; arguments[i] != NULL; i++) {
        cr_assert_lt(i + 2, WORDS_MOST);
        words[i + 1] = (char *)arguments[i];
    }
    RunningProgram running = {
        .output = output_file(place),
        .errors = nameless_file(),
        .seconds = place != NULL && place->seconds > 0 ? place->seconds : SECONDS_MOST,
    };
    const int input = input_file(place != NULL ? place->input : NULL);
    cr_assert(input >= 0 && running.output >= 0);
    running.process = fork();
    cr_assert_geq(running.process, 0);
    if (running.process == 0) {
        become(place, program, words, (const int[]){input, running.output, running.errors});
    }
    close(input);
    free(program);
    return running;
}

static char *printed(int descriptor, size_t *length) {
    if ((fcntl(descriptor, F_GETFL) & O_ACCMODE) == O_WRONLY) { /* the place's own file */
        close(descriptor);
        *length = 0;
        return or_fail(calloc(1, 1));
    }
    lseek(descriptor, 0, SEEK_SET);
    FILE *stream = fdopen(descriptor, "rb");
    cr_assert_not_null(stream);
    char *text = read_all(stream, length);
    fclose(stream);
    return text;
}

/* A program that hangs must not hang the tests. */
static int wait_for(pid_t process, int seconds) {
    int status = 0;
    const struct timespec pause = {.tv_nsec = 2000000};
    const time_t begin = time(NULL);
    pid_t ended;
    while ((ended = waitpid(process, &status, WNOHANG)) == 0) {
        if (time(NULL) - begin > seconds) {
            kill(process, SIGKILL);
            waitpid(process, &status, 0);
            cr_assert_fail("the program did not end within %d s", seconds);
        }
        nanosleep(&pause, NULL);
    }
    cr_assert_eq(ended, process);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

ProgramResult program_finish(RunningProgram *program) {
    ProgramResult result = {.status = wait_for(program->process, program->seconds)};
    result.output = printed(program->output, &result.output_length);
    result.errors = printed(program->errors, &result.errors_length);
    cr_assert_neq(result.status, CANNOT_START, "the program cannot be started");
    return result;
}

ProgramResult program_run(const ProgramPlace *place, const char *const arguments[]) {
    RunningProgram running = program_start(place, arguments);
    return program_finish(&running);
}

void program_clear(ProgramResult *result) {
    free(result->output);
    free(result->errors);
    *result = (ProgramResult){0};
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* One process, its messages through a pipe. */
#include "output/gnuplot.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { COMPLAINT_MOST = 64 * 1024 }; /* bytes of gnuplot's messages that are kept */

static bool fail(ErrorList *errors, const char *file, const char *found, const char *suggestion) {
    const Error where = {.file = file, .kind = ERROR_SYSTEM};
    return error_at(errors, &where, found, NULL, suggestion);
}

/* The environment with LC_ALL=C: what is drawn is the same everywhere. Owned by the caller (free);
 * the texts are lent. */
static char **plain_environment(void) {
    static char locale[] = "LC_ALL=C";
    size_t count = 0;
    while (environ[count] != NULL) {
        count++;
    }
    char **plain = memory_new(count + 2, sizeof plain[0]);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environ[i], "LC_ALL=", 7) != 0) {
            plain[used++] = environ[i];
        }
    }
    plain[used] = locale;
    return plain;
}

/* Starts gnuplot with its messages going into the pipe. Returns an errno value, 0 if it runs. */
static int start(char *const arguments[], const int messages[2], pid_t *process) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    char **environment = plain_environment();
    error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0) {
        error = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    }
    if (error == 0) {
        error = posix_spawn_file_actions_adddup2(&actions, messages[1], STDERR_FILENO);
    }
    if (error == 0) {
        error = posix_spawnp(process, arguments[0], &actions, NULL, arguments, environment);
    }
    posix_spawn_file_actions_destroy(&actions);
    free(environment);
    return error;
}

/* All that comes out of the pipe, of which the first COMPLAINT_MOST bytes are kept. */
static char *read_messages(int from, pid_t process) {
    char *kept = memory_new(COMPLAINT_MOST + 1, 1);
    size_t used = 0;
    for (;;) {
        char block[4096];
        const ssize_t got = read(from, block, sizeof block);
        if (got < 0 && errno == EINTR) { /* a signal to end, which gnuplot may not have got */
            kill(process, SIGTERM);
            continue;
        }
        if (got <= 0) {
            return kept;
        }
        const size_t room = COMPLAINT_MOST - used;
        const size_t more = (size_t)got < room ? (size_t)got : room;
        memcpy(kept + used, block, more);
        used += more;
    }
}

/* gnuplot's messages one error each, but for warnings, and lines of the script that it repeats. */
static void tell_messages(ErrorList *errors, const char *script, char *messages) {
    const size_t before = errors->count;
    char *rest;
    for (char *line = strtok_r(messages, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        const bool told = *line == '"' && strstr(line, "warning:") == NULL;
        if (told || strncmp(line, "gnuplot: ", 9) == 0) {
            fail(errors, "gnuplot", NULL, line);
        }
    }
    if (errors->count == before) {
        fail(errors, script, "gnuplot failed and did not say why", NULL);
    }
}

static int wait_for(pid_t process) {
    int status;
    while (waitpid(process, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return status;
}

bool gnuplot_run(const char *script, const char *const arguments[], ErrorList *errors) {
    int messages[2];
    if (pipe(messages) != 0) {
        return fail(errors, "gnuplot", strerror(errno), NULL);
    }
    fcntl(messages[0], F_SETFD, FD_CLOEXEC);
    fcntl(messages[1], F_SETFD, FD_CLOEXEC);
    char *words[5 + GNUPLOT_ARGUMENTS] = {(char *)"gnuplot", (char *)"-d", (char *)"-c",
                                          (char *)script};
    for (size_t i = 0; arguments[i] != NULL; i++) {
        asim_assert(i < GNUPLOT_ARGUMENTS);
        words[4 + i] = (char *)arguments[i];
    }
    pid_t process;
    const int error = start(words, messages, &process);
    close(messages[1]);
    bool ok = error == 0;
    if (ok) {
        char *text = read_messages(messages[0], process);
        const int status = wait_for(process);
        ok = status == 0;
        if (!ok && status > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127) {
            fail(errors, "gnuplot", "no such program", "install gnuplot-nox");
        } else if (!ok) {
            tell_messages(errors, script, text);
        }
        free(text);
    } else if (error == ENOENT) {
        fail(errors, "gnuplot", "no such program", "install gnuplot-nox");
    } else {
        fail(errors, "gnuplot", strerror(error), NULL);
    }
    close(messages[0]);
    return ok;
}

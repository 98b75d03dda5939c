// SPDX-License-Identifier: GPL-3.0-or-later
/* Sockets, not pipes: they are closed on exec from birth, so that no other thread's child inherits
 * them, and writing to one whose other end is gone raises no signal. */
#include "base/child.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Starting ------------------------------------------------------------------------------------- */

/* Descriptors that others would inherit: files of ours that were opened without a thought. */
#define DESCRIPTORS_MOST 1024

static int close_others(posix_spawn_file_actions_t *actions) {
    int error = 0;
    for (int i = STDERR_FILENO + 1; i < DESCRIPTORS_MOST && error == 0; i++) {
        const int flags = fcntl(i, F_GETFD);
        if (flags >= 0 && !(flags & FD_CLOEXEC)) {
            error = posix_spawn_file_actions_addclose(actions, i);
        }
    }
    return error;
}

static int set_actions(posix_spawn_file_actions_t *actions, int stream, int messages) {
    const int ends[] = {stream, stream, messages};
    int error = 0;
    for (int i = 0; i < 3 && error == 0; i++) {
        error = posix_spawn_file_actions_adddup2(actions, ends[i], i);
    }
    return error != 0 ? error : close_others(actions);
}

/* No signal is blocked or ignored in it, whatever is in the thread that starts it. */
static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setpgroup(attributes, 0);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                    POSIX_SPAWN_SETPGROUP);
}

static int spawn(Child *self, char *const words[], int stream, int messages) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = set_actions(&actions, stream, messages);
        error = error != 0 ? error : set_attributes(&attributes);
        error = error != 0
                    ? error
                    : posix_spawnp(&self->process, words[0], &actions, &attributes, words, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static int open_pair(int ends[2]) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : errno;
}

int child_start(Child *self, char *const words[]) {
    int stream[2], messages[2];
    *self = (Child){0};
    int error = open_pair(stream);
    if (error != 0) {
        return error;
    }
    error = open_pair(messages);
    if (error == 0) {
        error = spawn(self, words, stream[1], messages[1]);
        close(messages[1]);
        if (error != 0) {
            close(messages[0]);
        }
    }
    close(stream[1]);
    if (error != 0) {
        close(stream[0]);
        self->process = 0;
        return error;
    }
    self->stream = stream[0];
    self->messages = messages[0];
    return 0;
}

/* Talking -------------------------------------------------------------------------------------- */

static int64_t real_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void keep_said(Child *self, const char *bytes, size_t count) {
    if (count > CHILD_SAID_MOST) {
        bytes += count - CHILD_SAID_MOST;
        count = CHILD_SAID_MOST;
    }
    if (self->said_length + count > CHILD_SAID_MOST) {
        const size_t gone = self->said_length + count - CHILD_SAID_MOST;
        memmove(self->said, self->said + gone, self->said_length - gone);
        self->said_length -= gone;
    }
    memcpy(self->said + self->said_length, bytes, count);
    self->said_length += count;
    self->said[self->said_length] = '\0';
}

/* What is there of its messages. */
static void hear(Child *self) {
    char block[4096];
    for (;;) {
        const ssize_t got = recv(self->messages, block, sizeof block, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return;
        }
        keep_said(self, block, (size_t)got);
    }
}

/* What is there of its output; false at its end. */
static bool listen_to(Child *self) {
    if (self->used == self->room) {
        self->room = self->room > 0 ? 2 * self->room : MEMORY_FIRST_ROOM((size_t)4096);
        self->buffer = memory_resize(self->buffer, self->room, 1);
    }
    const ssize_t got =
        recv(self->stream, self->buffer + self->used, self->room - self->used, MSG_DONTWAIT);
    if (got > 0) {
        self->used += (size_t)got;
        return true;
    }
    return got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK);
}

/* False: it does not listen any more. */
static bool tell(Child *self, const char *line, size_t length, size_t *told) {
    const ssize_t put =
        send(self->stream, line + *told, length - *told, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put >= 0) {
        *told += (size_t)put;
        return true;
    }
    return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

/* A whole line, if there is one after `seen`; it is taken. */
static bool take_line(Child *self, size_t seen, TextSpan *line) {
    char *from = self->buffer + self->taken;
    char *end = self->used > seen ? memchr(self->buffer + seen, '\n', self->used - seen) : NULL;
    if (end == NULL) {
        return false;
    }
    *end = '\0';
    *line = (TextSpan){from, end > from && end[-1] == '\r' ? end - 1 : end};
    self->taken = (size_t)(end - self->buffer) + 1;
    return true;
}

/* What was taken goes. */
static void make_room(Child *self) {
    self->used -= self->taken;
    if (self->used > 0) {
        memmove(self->buffer, self->buffer + self->taken, self->used);
    }
    self->taken = 0;
}

/* How often a look at *stop is taken. */
#define LOOK_MS 100

/* Until something can be read, or written if that is wanted. False: not within the time. */
static bool wait_for_it(const Child *self, bool writes, int64_t until) {
    struct pollfd files[] = {{.fd = self->stream, .events = POLLIN},
                             {.fd = self->messages, .events = POLLIN}};
    files[0].events = (short)(POLLIN | (writes ? POLLOUT : 0));
    const int64_t left_ms = (until - real_time()) / 1000000 + 1;
    if (left_ms <= 0) {
        return false;
    }
    poll(files, 2, left_ms < LOOK_MS ? (int)left_ms : LOOK_MS);
    return true;
}

ChildAnswer child_ask(Child *self, const char *line, size_t length, int64_t patience,
                      const volatile sig_atomic_t *stop, TextSpan *answer) {
    const int64_t until = real_time() + patience;
    size_t told = 0, seen = 0;
    make_room(self);
    for (bool goes_on = true;;) {
        if (told < length && !tell(self, line, length, &told)) {
            return CHILD_ENDED;
        }
        if (told == length && take_line(self, seen, answer)) {
            return CHILD_ANSWERED;
        }
        seen = told == length ? self->used : 0;
        if (!goes_on || self->used > CHILD_LINE_MOST) {
            return goes_on ? CHILD_TOO_LONG : CHILD_ENDED;
        }
        if (!wait_for_it(self, told < length, until)) {
            return CHILD_SILENT;
        }
        if (stop != NULL && *stop) {
            return CHILD_STOPPED;
        }
        hear(self);
        goes_on = listen_to(self);
    }
}

/* Ending --------------------------------------------------------------------------------------- */

/* Reads away what it still writes, until it is gone or for as long as that. */
static void let_it_end(Child *self, int64_t patience) {
    const int64_t until = real_time() + patience;
    bool goes_on = true;
    while (goes_on && wait_for_it(self, false, until)) {
        hear(self);
        self->used = self->taken = 0;
        goes_on = listen_to(self);
    }
}

void child_end(Child *self, int64_t patience) {
    if (self->process == 0) {
        return;
    }
    shutdown(self->stream, SHUT_WR);
    let_it_end(self, patience);
    kill(-self->process, SIGKILL); /* the group; it is there until its leader is waited for */
    while (waitpid(self->process, &self->status, 0) < 0 && errno == EINTR) {
    }
    hear(self);
    close(self->stream);
    close(self->messages);
    self->process = 0;
}

void child_clear(Child *self) {
    child_end(self, 0);
    free(self->buffer);
    *self = (Child){0};
}

#define WORDS_LINES 3
#define WORDS_MOST 150

/* The beginning of the last few lines, at most so many bytes before the end. */
static const char *last_lines(const char *text, size_t length) {
    const char *at = text + length;
    for (int lines = 0; at > text && length - (size_t)(at - text) < WORDS_MOST; at--) {
        if (at[-1] == '\n' && at < text + length && ++lines == WORDS_LINES) {
            break;
        }
    }
    return at;
}

char *child_last_words(const Child *self) {
    Text text = {0};
    if (WIFEXITED(self->status)) {
        text_addf(&text, "it ended with status %d", WEXITSTATUS(self->status));
    } else if (WTERMSIG(self->status) == SIGKILL) {
        text_add(&text, "it closed its output");
    } else {
        text_addf(&text, "it ended with signal %d", WTERMSIG(self->status));
    }
    size_t length = self->said_length;
    while (length > 0 && strchr(" \r\n", self->said[length - 1]) != NULL) {
        length--;
    }
    const char *end = self->said + length, *separator = ": ";
    for (const char *at = last_lines(self->said, length); at < end;) {
        at += strspn(at, " \t\r\n");
        const size_t line = strcspn(at, "\r\n");
        const size_t count = line < (size_t)(end - at) ? line : (size_t)(end - at);
        text_add(&text, separator);
        text_add_bytes(&text, at, count);
        separator = "; ";
        at += count;
    }
    return text_take(&text);
}

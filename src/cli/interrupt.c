// SPDX-License-Identifier: GPL-3.0-or-later
/* Signals. A modifiable static, for a signal handler can reach nothing else. */
#define _XOPEN_SOURCE 700
#include "base/terminal.h"
#include "base/workplace.h"
#include "cli/commands.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

enum { TICK_US = 500000, TICKS = 6 };

static volatile sig_atomic_t mark, ends_in_order;

static void end_now(int number) {
    workplace_remove_all();
    _exit(128 + number);
}

static void on_signal(int number) {
    if (mark && number != SIGPIPE) {
        end_now(number);
    }
    mark = number;
    if (number != SIGPIPE && !ends_in_order) {
        setitimer(ITIMER_REAL, &(struct itimerval){{0, TICK_US}, {0, TICK_US}}, NULL);
    }
}

/* It is at something that does not look at the mark: a page, or the pictures, of a long run. The
 * first ticks break off waits that began after the signal, the last one ends the program: after
 * three seconds, for a loaded machine may take its time to end in order. */
static void on_tick(int number) {
    static const char text[] = "autoscale-sim: interrupted\n";
    static volatile sig_atomic_t ticks;
    (void)number;
    if (++ticks < TICKS) {
        return;
    }
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    end_now((int)mark);
}

void interrupt_watch(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = 0};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct sigaction before; /* nohup's wish is kept */
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
        sigaction(SIGHUP, &action, NULL);
    }
    action.sa_flags = 0; /* each write to the pipe is another */
    sigaction(SIGPIPE, &action, NULL);
    action.sa_handler = on_tick;
    sigaction(SIGALRM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGXFSZ, &action, NULL);
}

const volatile sig_atomic_t *interrupt_mark(void) {
    return &mark;
}

int interrupt_tell(const char *consequence) {
    if (mark != SIGPIPE) {
        terminal_say(stderr, "autoscale-sim: interrupted%s%s\n", consequence ? "; " : "",
                     consequence ? consequence : "");
    }
    return 128 + (int)mark;
}

void interrupt_heeded(void) {
    ends_in_order = 1;
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
}

void interrupt_end_by_pipe(void) {
    if (mark == SIGPIPE) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Signals; see interrupt.h. */
#define _XOPEN_SOURCE 700
#include "cli/interrupt.h"

#include "report/workplace.h"

#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t mark;

static void on_signal(int number) {
    (void)number;
    if (mark) {
        workplace_remove_all();
        _exit(INTERRUPT_STATUS);
    }
    mark = 1;
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
    action.sa_handler = SIG_IGN;
    action.sa_flags = 0;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL);
}

const volatile sig_atomic_t *interrupt_mark(void) {
    return &mark;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Ctrl-C and its kin: the run stops at the next look, says so, and leaves nothing half-written. A
 * modifiable static, for a signal handler can reach nothing else. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <signal.h>

#define INTERRUPT_STATUS 130 /* 128 + SIGINT, as shells report it */

/* SIGINT, SIGTERM and SIGHUP set a mark from now on; a second one ends the program at
 * once, and removes what is unfinished. SIGPIPE
 * and SIGXFSZ are ignored, so that a closed pipe and a file that may not grow are write errors like
 * any other. */
void interrupt_watch(void);
const volatile sig_atomic_t *interrupt_mark(void);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* Ctrl-C and its kin: the run stops at the next look, says so, and leaves nothing half-written. A
 * modifiable static, for a signal handler can reach nothing else. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <signal.h>

/* SIGINT, SIGTERM and SIGHUP set a mark from now on, the number of the signal; a second one, or
 * three seconds in which the program has not ended, end it at once and remove what is unfinished.
 * SIGPIPE sets it too, whose reader has seen enough: the program ends as by the others, but
 * quietly. SIGXFSZ is ignored, so that a file that may not grow is a write error like any other. */
void interrupt_watch(void);
const volatile sig_atomic_t *interrupt_mark(void);

/* Says on stderr that the program was interrupted, and what of it ("nothing was written"; NULL:
 * nothing), unless SIGPIPE did it. Returns the exit status: 128 + the signal, as shells report it
 * (130 for SIGINT). */
int interrupt_tell(const char *consequence);
/* After SIGPIPE: ends the program by it, as those end that do not watch it. */
void interrupt_end_by_pipe(void);

#endif

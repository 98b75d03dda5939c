// SPDX-License-Identifier: GPL-3.0-or-later
/* Functions that end in abort(), run in a process of their own. */
#ifndef SUPPORT_ABORTION_H
#define SUPPORT_ABORTION_H

#define ABORTION_TEXT 512

/* Fails the test if `fail` does not abort; what it printed on standard error. */
void printed_by_abort(void (*fail)(void), char text[ABORTION_TEXT]);

#endif

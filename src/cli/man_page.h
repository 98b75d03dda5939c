// SPDX-License-Identifier: GPL-3.0-or-later
/* The manual page autoscale-sim(1), from the tables of commands, options and keys. */
#ifndef CLI_MAN_PAGE_H
#define CLI_MAN_PAGE_H

#include <stdio.h>

/* In roff, with the macros of man(7) that groff and mandoc both know. */
void man_page_print(FILE *stream);

#endif

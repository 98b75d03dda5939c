// SPDX-License-Identifier: GPL-3.0-or-later
/* The script that completes the program's command lines, from the tables of commands, options and
 * keys. */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include <stdio.h>

/* For bash 4 or later; needs nothing of the package bash-completion. */
void completion_print_bash(FILE *stream);

#endif

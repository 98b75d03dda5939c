// SPDX-License-Identifier: GPL-3.0-or-later
/* Which options a command and its sub-commands know, from the tables: what help, the manual page
 * and the completion list. */
#ifndef CLI_COMMAND_OPTIONS_H
#define CLI_COMMAND_OPTIONS_H

#include "cli/commands.h"

/* The sub-commands of a command, the last with a NULL name; NULL if it has none. */
const SubCommand *command_sub_commands(const Command *command);
/* NULL if there is none of that name. */
const SubCommand *sub_command_find(const Command *command, const char *name);
/* Adds an error that suggests the nearest sub-command. */
void sub_command_unknown(const Command *command, const char *name, ErrorList *errors);
bool sub_command_knows(const SubCommand *sub_command, const char *option);

/* The option after `option` (NULL: the first) that the command knows, and of it the sub-command if
 * that is not NULL; NULL after the last. */
const CliOption *command_next_option(const Command *command, const SubCommand *sub_command,
                                     const CliOption *option);

#endif

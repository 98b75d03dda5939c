// SPDX-License-Identifier: GPL-3.0-or-later
/* Filters of the tables in arguments.c, main.c and trace.c. */
#include "cli/command_options.h"

#include "base/text.h"
#include "cli/trace.h"

#include <stdlib.h>
#include <string.h>

const SubCommand *command_sub_commands(const Command *command) {
    return command->bit == CLI_TRACE ? trace_commands : NULL;
}

const SubCommand *sub_command_find(const Command *command, const char *name) {
    const SubCommand *sub_command = command_sub_commands(command);
    while (sub_command && sub_command->name && strcmp(sub_command->name, name) != 0) {
        sub_command++;
    }
    return sub_command && sub_command->name ? sub_command : NULL;
}

void sub_command_unknown(const Command *command, const char *name, ErrorList *errors) {
    const SubCommand *first = command_sub_commands(command);
    size_t count = 0;
    while (first && first[count].name) {
        count++;
    }
    Text expected = {0};
    for (size_t i = 0; i < count; i++) {
        text_add_listed(&expected, first[i].name, i, count, " or ");
    }
    error_in_option(errors, command->name, name, count ? expected.text : "no command of its own",
                    count ? error_nearest_row(name, first, count, name) : NULL);
    text_clear(&expected);
}

bool sub_command_knows(const SubCommand *sub_command, const char *option) {
    for (const char *const *name = sub_command->options; *name != NULL; name++) {
        if (strcmp(*name, option) == 0) {
            return true;
        }
    }
    return false;
}

const CliOption *command_next_option(const Command *command, const SubCommand *sub_command,
                                     const CliOption *option) {
    for (option = option ? option + 1 : cli_options; option->name; option++) {
        if ((option->commands & command->bit) &&
            (!sub_command || sub_command_knows(sub_command, option->name))) {
            return option;
        }
    }
    return NULL;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Filters of the tables in arguments.c, main.c and trace.c. */
#include "cli/command_options.h"

#include "base/assertion.h"
#include "base/memory.h"
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
    enum { MOST = 16 };
    const char *names[MOST];
    size_t count = 0;
    char *expected = memory_text("");
    for (const SubCommand *sub = command_sub_commands(command); sub && sub->name; sub++) {
        asim_assert(count < MOST);
        char *longer = memory_format("%s%s%s", expected,
                                     count == 0    ? ""
                                     : sub[1].name ? ", "
                                                   : " or ",
                                     sub->name);
        free(expected);
        expected = longer;
        names[count++] = sub->name;
    }
    error_add(errors, &(Error){.file = "command line",
                               .place = command->name,
                               .found = name,
                               .expected = count ? expected : "no command of its own",
                               .suggestion = error_nearest(name, names, count)});
    free(expected);
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

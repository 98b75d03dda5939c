// SPDX-License-Identifier: GPL-3.0-or-later
/* `help`: the commands, or one of them with its options, from the tables. */
#include "cli/commands.h"
#include "engine/memory.h"
#include "scenario/flags.h"
#include "scenario/scenario_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_option(const CliOption *option) {
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", option->name, option->value ? " " : "",
             option->value ? option->value : "");
    printf("  %-26s %s\n", left, option->help);
}

static void help_on(const Command *command) {
    bool titled = false;
    printf("autoscale-sim %s %s\n  %s\n\nExample\n  %s\n", command->name, command->operands,
           command->help, command->example);
    for (const CliOption *option = cli_options; option->name; option++) {
        if (!(option->commands & command->bit)) {
            continue;
        }
        if (!titled) {
            printf("\nOptions\n");
            titled = true;
        }
        print_option(option);
    }
    if (command->bit & (CLI_RUN | CLI_COMPARE | CLI_VALIDATE | CLI_EXPLAIN)) {
        printf("\nfirectl's own flags (of every deployment of the scenario)\n");
        ScenarioFlag flag;
        for (size_t i = 0; scenario_flag(i, &flag); i++) {
            printf("  --%-30s %s%s%s%s\n", flag.name, flag.option->help,
                   flag.option->default_text ? " (default " : "",
                   flag.option->default_text ? flag.option->default_text : "",
                   flag.option->default_text ? ")" : "");
        }
    }
}

static void print_section_option(const Option *option) {
    char *expected = option_expected(option);
    printf("  %-34s %s\n", option->name, option->help ? option->help : "");
    printf("  %-34s   %s%s%s\n", "", expected ? expected : "",
           option->default_text ? "; default " : "",
           option->default_text ? option->default_text : "");
    free(expected);
}

/* `help scenario`: every key there is; `help traffic`: those of the traffic sources; `help
 * poisson`. */
static bool help_on_keys(const char *topic) {
    bool found = false;
    ScenarioSection section;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        const bool is_traffic = section.kind && traffic_kind_find(section.kind);
        const bool wanted = strcmp(topic, "scenario") == 0 ||
                            (strcmp(topic, "traffic") == 0 && is_traffic) ||
                            (section.kind && strcmp(topic, section.kind) == 0);
        if (!wanted) {
            continue;
        }
        found = true;
        printf("%s%s%s%s\n", section.path, section.kind ? " (" : "",
               section.kind ? section.kind : "", section.kind ? ")" : "");
        for (const Option *option = section.options; option->name; option++) {
            print_section_option(option);
        }
        printf("\n");
    }
    return found;
}

static void help_on_all(void) {
    printf("autoscale-sim: what would this autoscaling policy have cost, and how would it have "
           "felt?\n\nCommands\n");
    for (const Command *command = commands; command->name; command++) {
        printf("  %-12s %-12s %s\n", command->name, command->operands, command->help);
    }
    printf("\n`autoscale-sim help COMMAND` explains one, `help scenario` lists every key of a "
           "scenario, `help traffic` those\n"
           "of the traffic sources; `autoscale-sim --version` prints the "
           "version.\n"
           "A first experiment:\n  autoscale-sim run scenarios/flash-crowd.json --scale-up-window "
           "5s\n");
}

int command_help(const Invocation *invocation, ErrorList *errors) {
    if (invocation->arguments->positional_count == 0) {
        help_on_all();
        return STATUS_DONE;
    }
    const char *name = invocation->arguments->positional[0];
    const Command *command = command_find(name);
    if (!command && help_on_keys(name)) {
        return STATUS_DONE;
    }
    if (!command) {
        command_unknown(name, errors);
        return STATUS_MISTAKE;
    }
    help_on(command);
    return STATUS_DONE;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* `help`: the commands, or one of them with its options, from the tables. */
#include "base/memory.h"
#include "base/text.h"
#include "cli/commands.h"
#include "experiment/sweep_file.h"
#include "scenario/firectl.h"
#include "scenario/scenario_options.h"
#include "traffic/published.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEFT_COLUMN = 24 }; /* of the list of commands */

static void print_option(const CliOption *option) {
    char *left = memory_format("--%s%s%s", option->name, option->value ? " " : "",
                               option->value ? option->value : "");
    printf("  %-26s %s\n", left, option->help);
    free(left);
}

static void print_flags(void) {
    printf("\nfirectl's own flags (of every deployment of the scenario)\n");
    ScenarioFlag flag;
    for (size_t i = 0; scenario_flag(i, &flag); i++) {
        printf("  --%-30s %s%s%s%s\n", flag.name, flag.option->help,
               flag.option->default_text ? " (default " : "",
               flag.option->default_text ? flag.option->default_text : "",
               flag.option->default_text ? ")" : "");
    }
}

static void print_options(const Command *command) {
    const CliOption *option = command_next_option(command, NULL);
    if (option) {
        printf("\nOptions\n");
    }
    for (; option; option = command_next_option(command, option)) {
        print_option(option);
    }
    if (command_takes_flags(command)) {
        print_flags();
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

/* The keys of the files that commands read, other than scenarios. */
static const struct {
    CliCommand command;
    const char *title;
    const Option *options;
} file_sections[] = {{CLI_SWEEP, "Keys of FILE", sweep_options},
                     {CLI_SWEEP, "Keys of an axis", axis_options},
                     {CLI_SWEEP, "Keys of a sample", sweep_sample_options}};

static void print_file_sections(const Command *command) {
    for (size_t i = 0; i < sizeof file_sections / sizeof file_sections[0]; i++) {
        if (file_sections[i].command != command->bits) {
            continue;
        }
        printf("\n%s\n", file_sections[i].title);
        for (const Option *option = file_sections[i].options; option->name != NULL; option++) {
            print_section_option(option);
        }
    }
}

static void help_on(const Command *command) {
    printf("autoscale-sim %s%s%s%s%s\n  %s\n\nExample\n  %s\n", command->of ? command->of : "",
           command->of ? " " : "", command->name, *command->operands ? " " : "", command->operands,
           command->help, command->example);
    const Command *own = command_next(command, NULL);
    if (own) {
        printf("\nIts commands (`autoscale-sim %s %s --help` explains one)\n", command->name,
               own->name);
    }
    for (; own; own = command_next(command, own)) {
        char *left = memory_format("%s %s", own->name, own->operands);
        printf("  %-26s %s\n", left, own->help);
        free(left);
    }
    print_file_sections(command);
    print_options(command);
}

static void print_length(const char *what, const Distribution *distribution, double mean) {
    const double ours = distribution_mean(distribution);
    printf("    %s: mean %.1f", what, ours);
    if (isnan(mean)) {
        printf("\n");
    } else {
        printf(" (%+.1f %% of the trace's %.1f)\n", 100 * (ours / mean - 1), mean);
    }
}

/* What published traffic is and how near it comes to what was published: no figure without it. */
static void print_published(void) {
    printf("Published traffic (preset)\n");
    for (const TrafficPreset *preset = traffic_presets; preset->name; preset++) {
        printf("  %s: %s; lengths of %s\n    %s\n", preset->name, preset->help, preset->lengths,
               preset->source);
    }
    printf("\nPublished token lengths (lengths); deciles are within 5 %% of their traces', except "
           "as noted\n");
    for (const LengthTable *table = length_tables; table->name; table++) {
        printf("  %s: %s\n", table->name, table->source);
        print_length("prompt", &table->prompt, table->prompt_mean);
        print_length("output", &table->output, table->output_mean);
    }
    printf("\n");
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
        if (section.kind && strcmp(section.kind, "preset") == 0) {
            print_published();
        }
    }
    return found;
}

static void help_on_all(void) {
    printf("autoscale-sim: what would this autoscaling policy have cost, and how would it have "
           "felt?\n\nCommands\n");
    for (const Command *command = NULL; (command = command_next(NULL, command)) != NULL;) {
        char *left = memory_format("%s %s", command->name, command->operands);
        const int width = strlen(left) <= LEFT_COLUMN ? LEFT_COLUMN : 0;
        printf("  %-*s%s", width, left, width ? " " : "\n");
        printf("%*s%s\n", width ? 0 : LEFT_COLUMN + 3, "", command->help);
        free(left);
    }
    printf(
        "\n`autoscale-sim help COMMAND` explains one, `help scenario` lists every key of a "
        "scenario, `help traffic` those\n"
        "of the traffic sources; `autoscale-sim --version` prints the "
        "version.\n"
        "A first experiment:\n  autoscale-sim run scenarios/flash-crowd.json --scale-up-window "
        "5s\n"
        "Exit status: 0 done, 2 your mistake, 1 a failure of the system (no memory, a full disk), "
        "128 + the signal\nif one ended it (130: Ctrl-C).\n");
}

/* --man and --completion: each by itself. */
static int print_script(const Arguments *arguments, ErrorList *errors) {
    const char *shell = arguments_value(arguments, "completion");
    const char *beside = arguments->positional_count                ? arguments->positional[0]
                         : shell && arguments_has(arguments, "man") ? "--man"
                                                                    : NULL;
    const char *option = shell ? "--completion" : "--man";
    if (beside) {
        Text found = {0};
        text_addf(&found, "%s beside it", beside);
        error_in_option(errors, option, found.text, "nothing else", NULL);
        text_clear(&found);
    } else if (!shell) {
        manual_print_page();
    } else if (strcmp(shell, "bash") == 0) {
        manual_print_completion();
    } else {
        error_in_option(errors, option, shell, "bash, the only shell that there is a script for",
                        NULL);
    }
    return errors->count ? STATUS_MISTAKE : STATUS_DONE;
}

int command_help(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    if (arguments->given_count > 0) {
        return print_script(arguments, errors);
    }
    if (arguments->positional_count == 0) {
        help_on_all();
        return STATUS_DONE;
    }
    const Command *command = NULL;
    for (size_t i = 0; i < arguments->positional_count; i++) {
        const char *name = arguments->positional[i];
        const Command *found = command_find(command, name);
        if (!found && arguments->positional_count == 1 && help_on_keys(name)) {
            return STATUS_DONE;
        }
        if (!found) {
            command_unknown(command, name, errors);
            return STATUS_MISTAKE;
        }
        command = found;
    }
    help_on(command);
    return STATUS_DONE;
}

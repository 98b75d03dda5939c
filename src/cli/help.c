// SPDX-License-Identifier: GPL-3.0-or-later
/* `help`: the commands, or one of them with its options, from the tables. */
#include "base/terminal.h"
#include "cli/commands.h"
#include "experiment/optimization.h"
#include "experiment/sweep_file.h"
#include "scenario/firectl.h"
#include "scenario/scenario_options.h"
#include "traffic/synthetic.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_option(Table *table, const CliOption *option) {
    const char letter[] = {',', ' ', '-', command_option_letter(option), '\0'};
    table_row(table, "--%s%s%s%s\t%s", option->name, letter[3] ? letter : "",
              option->value ? " " : "", option->value ? option->value : "", option->help);
}

/* Below a flag: the keys of its value, such as those of load_targets. */
static void add_keys(Table *table, const Option *option) {
    if (option->type != OPTION_GROUP) {
        return;
    }
    Text keys = {0};
    for (const Option *key = option->group; key->name != NULL; key++) {
        text_addf(&keys, "%s%s", key == option->group ? "" : ", ", key->name);
    }
    table_row(table, "\t  KEY=VALUE[,KEY=VALUE...], of %s (`help scenario` explains them)",
              keys.text);
    text_clear(&keys);
}

static void print_flags(void) {
    printf("\nfirectl's own flags (of every deployment of the scenario)\n");
    ScenarioFlag flag;
    Table table = {.is_prose = true};
    table_columns(&table, "  %-32s %-s");
    for (size_t i = 0; scenario_flag(i, &flag); i++) {
        const char *value = flag.option->default_text;
        table_row(&table, "--%s\t%s%s%s%s", flag.name, flag.option->help, value ? " (default " : "",
                  value ? value : "", value ? ")" : "");
        add_keys(&table, flag.option);
    }
    table_print(&table, stdout);
}

static void print_options(const Command *command) {
    const CliOption *option = command_next_option(command, NULL);
    Table table = {.is_prose = true};
    if (option) {
        printf("\nOptions\n");
    }
    table_columns(&table, "  %-26s %-s");
    for (; option; option = command_next_option(command, option)) {
        add_option(&table, option);
    }
    table_print(&table, stdout);
    if (command_takes_flags(command)) {
        print_flags();
    }
}

static void print_section_options(const Option options[]) {
    Table table = {.is_prose = true};
    table_columns(&table, "  %-34s %-s");
    for (const Option *option = options; option->name != NULL; option++) {
        char *expected = option_expected(option);
        table_row(&table, "%s\t%s", option->name, option->help ? option->help : "");
        table_row(&table, "\t  %s%s%s", expected ? expected : "",
                  option->default_text ? "; default " : "",
                  option->default_text ? option->default_text : "");
        free(expected);
    }
    table_print(&table, stdout);
}

/* The keys of the files that commands read, other than scenarios. */
static const struct {
    CliCommand command;
    const char *title;
    const Option *options;
} file_sections[] = {{CLI_SWEEP, "Keys of FILE", sweep_options},
                     {CLI_SWEEP, "Keys of an axis", axis_options},
                     {CLI_SWEEP, "Keys of a sample", sweep_sample_options},
                     {CLI_OPTIMIZE, "Keys of FILE", optimization_options},
                     {CLI_OPTIMIZE, "Keys of an axis", axis_options}};

static void print_file_sections(const Command *command) {
    for (size_t i = 0; i < sizeof file_sections / sizeof file_sections[0]; i++) {
        if (file_sections[i].command != command->bits) {
            continue;
        }
        printf("\n%s\n", file_sections[i].title);
        print_section_options(file_sections[i].options);
    }
}

/* As printf, wrapped. */
static void say(int indent, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(int indent, const char *format, ...) {
    Text text = {0};
    va_list arguments;
    va_start(arguments, format);
    text_add_arguments(&text, format, arguments);
    va_end(arguments);
    terminal_wrap(stdout, text.text, terminal_prose_width(stdout), indent, indent);
    text_clear(&text);
}

static void help_on(const Command *command) {
    const int width = terminal_prose_width(stdout);
    printf("autoscale-sim %s%s%s%s%s\n", command->of ? command->of : "", command->of ? " " : "",
           command->name, *command->operands ? " " : "", command->operands);
    terminal_wrap(stdout, command->help, width, 2, 2);
    printf("\nExample\n");
    terminal_script(stdout, command->example, width, 2);
    const Command *own = command_next(command, NULL);
    if (own) {
        printf("\n");
        say(0, "Its commands (`autoscale-sim %s %s --help` explains one)", command->name,
            own->name);
    }
    Table table = {.is_prose = true};
    table_columns(&table, "  %-26s %-s");
    for (; own; own = command_next(command, own)) {
        table_row(&table, "%s %s\t%s", own->name, own->operands, own->help);
    }
    table_print(&table, stdout);
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
        say(2, "%s: %s; lengths of %s", preset->name, preset->help, preset->lengths);
        say(4, "%s", preset->source);
    }
    printf("\n");
    say(0, "Published token lengths (lengths); deciles are within 5 %% of their traces', except as "
           "noted");
    for (const LengthTable *table = length_tables; table->name; table++) {
        say(2, "%s: %s", table->name, table->source);
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
        print_section_options(section.options);
        printf("\n");
        if (section.kind && strcmp(section.kind, "preset") == 0) {
            print_published();
        }
    }
    return found;
}

static void help_on_all(void) {
    say(0, "autoscale-sim: what would this autoscaling policy have cost, and how would it have "
           "felt?");
    printf("\nCommands\n");
    Table table = {.is_prose = true};
    table_columns(&table, "  %-24s %-s");
    for (const Command *command = NULL; (command = command_next(NULL, command)) != NULL;) {
        table_row(&table, "%s %s\t%s", command->name, command->operands, command->help);
    }
    table_print(&table, stdout);
    printf("\n");
    say(0, "`autoscale-sim help COMMAND` explains one, `help scenario` lists every key of a "
           "scenario, `help traffic` those of the traffic sources; `autoscale-sim --version` "
           "(-V) prints the version.");
    printf("A first experiment:\n");
    terminal_script(stdout, "autoscale-sim run scenarios/flash-crowd.json --scale-up-window 5s",
                    terminal_prose_width(stdout), 2);
    say(0, "Exit status: 0 done, 2 your mistake, 1 a failure of the system (no memory, a full "
           "disk), 128 + the signal if one ended it (130: Ctrl-C).");
}

/* --man and --completion: each by itself. */
static int print_script(const Arguments *arguments, ErrorList *errors) {
    const char *shell = arguments_value(arguments, "completion");
    const char *beside = arguments->positional_count                ? arguments->positional[0]
                         : shell && arguments_has(arguments, "man") ? "--man"
                                                                    : NULL;
    const char *option = shell ? "--completion" : "--man";
    if (beside) {
        error_found_in_option(errors, option + 2, "nothing else", "%s beside it", beside);
    } else if (!shell) {
        manual_print_page();
    } else if (!manual_print_completion(shell)) {
        error_in_option(errors, option, shell, "one of bash, zsh, fish", NULL);
    }
    return errors->count ? STATUS_MISTAKE : STATUS_DONE;
}

int command_help(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    if (arguments->given_count > 0) {
        return print_script(arguments, errors);
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
    if (command) {
        help_on(command);
    } else {
        help_on_all();
    }
    return STATUS_DONE;
}

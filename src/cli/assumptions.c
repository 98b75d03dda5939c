// SPDX-License-Identifier: GPL-3.0-or-later
/* `assumptions`: what the platform's documentation does not say, what is assumed instead, which
 * results hang on it, and the option that overrides it. Options come from their tables; rules that
 * are not an option from output/assumptions. */
#include "output/assumptions.h"
#include "base/terminal.h"
#include "cli/commands.h"
#include "scenario/scenario_options.h"

#include <stdio.h>

static void print_options(const char *title, const Option options[]) {
    Table table = {0};
    table_columns(&table, "  %-34s %-12s %-s");
    for (const Option *option = options; option->name; option++) {
        if (option->basis != OPTION_ASSUMED) {
            continue;
        }
        if (table.row_count == 0) {
            printf("\n%s\n", title);
        }
        table_row(&table, "%s\t%s\t%s", option->name,
                  option->default_text ? option->default_text : "-", option->help);
    }
    table_print(&table, stdout);
}

int command_assumptions(const Invocation *invocation, ErrorList *errors) {
    (void)invocation;
    (void)errors;
    printf("What the documentation leaves open, and what is assumed instead.\n");
    for (size_t i = 0; i < assumed_rule_count; i++) {
        const AssumedRule *rule = &assumed_rules[i];
        printf("\n%s\n  assumed:  %s\n  decides:  %s\n", rule->topic, rule->assumed, rule->decides);
    }
    printf("\nAssumed defaults that a scenario may override (option, default, meaning)\n");
    ScenarioSection section;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        print_options(section.path, section.options);
    }
    return STATUS_DONE;
}

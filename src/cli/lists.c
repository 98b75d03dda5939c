// SPDX-License-Identifier: GPL-3.0-or-later
/* What the program knows, as lists: `presets`, the published autoscaling patterns, with what they
 * set and where they come from; `models`, the catalogue, with the source of each measured profile;
 * `assumptions`, what the platform's documentation does not say, what is assumed instead, which
 * results hang on it, and the option that overrides it: options come from their tables, rules that
 * are not an option from output/assumptions. */
#include "base/terminal.h"
#include "cli/commands.h"
#include "output/assumptions.h"
#include "scenario/catalogue.h"
#include "scenario/presets.h"
#include "scenario/scenario_options.h"

#include <stdio.h>

int command_presets(const Invocation *invocation, ErrorList *errors) {
    (void)invocation;
    (void)errors;
    size_t count;
    const ScenarioPreset *presets = scenario_presets(&count);
    for (size_t i = 0; i < count; i++) {
        terminal_say(stdout, "%s%s: %s\n", i ? "\n" : "", presets[i].name, presets[i].title);
        Table table = {0};
        table_columns(&table, "  %-24s %-s");
        for (const PresetValue *value = presets[i].values; value->key; value++) {
            table_row(&table, "%s\t%s", value->key, value->value);
        }
        table_print(&table, stdout);
        terminal_say(stdout, "  source: %s\n", presets[i].source);
    }
    return STATUS_DONE;
}

int command_models(const Invocation *invocation, ErrorList *errors) {
    (void)invocation;
    (void)errors;
    Table table = {0};
    table_columns(&table, "%-28s %-6s %5s %-5s %8s %8s %7s  %-s");
    table_head(&table, "model\tgpu\tcount\tprec\tc0 ms\tTPOT err\tpoints\tengine; source");
    for (size_t i = 0; i < catalogue.profile_count; i++) {
        const CatalogueProfile *profile = &catalogue.profiles[i];
        char error[16] = "-"; /* kernels were measured, not whole iterations */
        if (profile->points > 0) {
            snprintf(error, sizeof error, "%.1f %%", profile->tpot_error_percent);
        }
        table_row(&table, "%s\t%s\t%lld\t%s\t%.2f\t%s\t%lld\t%s; %s", profile->model->name,
                  profile->accelerator->name, (long long)profile->accelerator_count,
                  catalogue_precision_name(profile->precision), profile->c0_ms, error,
                  (long long)profile->points, profile->engine, profile->source);
    }
    table_print(&table, stdout);
    terminal_say(
        stdout,
        "\nTPOT err: mean |fit - measured| / measured of the time per output token. Of rows "
        "that are alike "
        "the first is used.\nOther combinations, and models described by parameters_b, follow a "
        "physics rule (not "
        "measured).\n");
    return STATUS_DONE;
}

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
    terminal_say(stdout, "What the documentation leaves open, and what is assumed instead.\n");
    for (size_t i = 0; i < assumed_rule_count; i++) {
        const AssumedRule *rule = &assumed_rules[i];
        terminal_say(stdout, "\n%s\n  assumed:  %s\n  decides:  %s\n", rule->topic, rule->assumed,
                     rule->decides);
    }
    terminal_say(stdout,
                 "\nAssumed defaults that a scenario may override (option, default, meaning)\n");
    ScenarioSection section;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        print_options(section.path, section.options);
    }
    return STATUS_DONE;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* What the program knows, as lists: `presets`, the published autoscaling patterns, with what they
 * set and where they come from; `models`, the catalogue, with the source of each measured profile;
 * `assumptions`, what the platform's documentation does not say, what is assumed instead, which
 * results hang on it, and the option that overrides it: options come from their tables, rules that
 * are not an option from output/assumptions. */
#include "base/json.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/commands.h"
#include "output/assumptions.h"
#include "scenario/catalogue.h"
#include "scenario/presets.h"
#include "scenario/scenario_options.h"

#include <stdio.h>
#include <stdlib.h>

/* Under its name, alone in the document. */
static int print_list(const char *name, cJSON *list) {
    cJSON *tree = json_object();
    json_add(tree, name, list);
    command_print_json(tree);
    return STATUS_DONE;
}

static cJSON *presets_json(const ScenarioPreset *presets, size_t count) {
    cJSON *list = json_array();
    for (size_t i = 0; i < count; i++) {
        cJSON *preset = json_object(), *values = json_object();
        json_add(preset, "name", json_text(presets[i].name));
        json_add(preset, "title", json_text(presets[i].title));
        json_add(preset, "source", json_text(presets[i].source));
        for (const PresetValue *value = presets[i].values; value->key; value++) {
            json_add(values, value->key, json_text(value->value));
        }
        json_add(preset, "policy",
                 json_text(presets[i].policy != NULL ? presets[i].policy : "fireworks"));
        json_add(preset, "autoscaling", values);
        json_append(list, preset);
    }
    return list;
}

int command_presets(const Invocation *invocation, ErrorList *errors) {
    (void)errors;
    size_t count;
    const ScenarioPreset *presets = scenario_presets(&count);
    if (arguments_has(invocation->arguments, "json")) {
        return print_list("presets", presets_json(presets, count));
    }
    for (size_t i = 0; i < count; i++) {
        terminal_say(stdout, "%s%s: %s\n", i ? "\n" : "", presets[i].name, presets[i].title);
        Table table = {0};
        table_columns(&table, "  %-24s %-s");
        if (presets[i].policy != NULL) {
            table_row(&table, "policy\t%s", presets[i].policy);
        }
        for (const PresetValue *value = presets[i].values; value->key; value++) {
            table_row(&table, "%s\t%s", value->key, value->value);
        }
        table_print(&table, stdout);
        terminal_say(stdout, "  source: %s\n", presets[i].source);
    }
    return STATUS_DONE;
}

static cJSON *models_json(void) {
    cJSON *list = json_array();
    for (size_t i = 0; i < catalogue.profile_count; i++) {
        const CatalogueProfile *profile = &catalogue.profiles[i];
        cJSON *row = json_object();
        json_add(row, "model", json_text(profile->model->name));
        json_add(row, "accelerator", json_text(profile->accelerator->name));
        json_add(row, "accelerator_count", json_number((double)profile->accelerator_count));
        json_add(row, "precision", json_text(catalogue_precision_name(profile->precision)));
        json_add(row, "c0_ms", json_number(profile->c0_ms));
        json_add(row, "tpot_error_percent",
                 profile->points > 0 ? json_number(profile->tpot_error_percent) : json_null());
        json_add(row, "points", json_number((double)profile->points));
        json_add(row, "engine", json_text(profile->engine));
        json_add(row, "source", json_text(profile->source));
        json_append(list, row);
    }
    return list;
}

static void say_names(const char *title, size_t count, const char *(*name)(size_t)) {
    Text text = {0};
    for (size_t i = 0; i < count; i++) {
        text_addf(&text, "%s%s", i > 0 ? ", " : "", name(i));
    }
    terminal_say(stdout, "\n%s %s.\n", title, text.text);
    free(text.text);
}

static const char *model_name(size_t i) {
    return catalogue.models[i].name;
}

static const char *accelerator_name(size_t i) {
    return catalogue.accelerators[i].name;
}

int command_models(const Invocation *invocation, ErrorList *errors) {
    (void)errors;
    if (arguments_has(invocation->arguments, "json")) {
        return print_list("models", models_json());
    }
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
        stdout, "\nTPOT err: mean |fit - measured| / measured of the time per output token, at the "
                "concurrency that was measured; of Llama-3.1-8B on one H100 under vLLM, of replays "
                "of whole "
                "runs. Of rows that are alike the first is used.\nOther combinations, and models "
                "described by parameters_b, follow a "
                "physics rule (not "
                "measured).\n");
    say_names("Models whose shape is known:", catalogue.model_count, model_name);
    say_names("Accelerators:", catalogue.accelerator_count, accelerator_name);
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

static void append_assumed(cJSON *list, const ScenarioSection *section) {
    for (const Option *option = section->options; option->name; option++) {
        if (option->basis != OPTION_ASSUMED) {
            continue;
        }
        cJSON *row = json_object();
        json_add(row, "section", json_text(section->path));
        json_add(row, "option", json_text(option->name));
        json_add(row, "default", json_text(option->default_text));
        json_add(row, "meaning", json_text(option->help));
        json_append(list, row);
    }
}

static cJSON *assumptions_json(void) {
    cJSON *tree = json_object(), *rules = json_array(), *options = json_array();
    for (size_t i = 0; i < assumed_rule_count; i++) {
        cJSON *rule = json_object();
        json_add(rule, "topic", json_text(assumed_rules[i].topic));
        json_add(rule, "assumed", json_text(assumed_rules[i].assumed));
        json_add(rule, "decides", json_text(assumed_rules[i].decides));
        json_append(rules, rule);
    }
    ScenarioSection section;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        append_assumed(options, &section);
    }
    json_add(tree, "rules", rules);
    json_add(tree, "options", options);
    return tree;
}

int command_assumptions(const Invocation *invocation, ErrorList *errors) {
    (void)errors;
    if (arguments_has(invocation->arguments, "json")) {
        command_print_json(assumptions_json());
        return STATUS_DONE;
    }
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

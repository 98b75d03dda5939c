// SPDX-License-Identifier: GPL-3.0-or-later
/* What the controls of a playground are made of. */
#include "base/json.h"
#include "base/memory.h"
#include "client/client.h"
#include "output/play.h"
#include "policy/own.h"
#include "policy/policies.h"
#include "scenario/catalogue.h"
#include "scenario/presets.h"
#include "scenario/scenario_options.h"

#include <stdlib.h>

static const char *const kind_names[] = {
    [OPTION_BOOLEAN] = "boolean",   [OPTION_INTEGER] = "integer", [OPTION_NUMBER] = "number",
    [OPTION_DURATION] = "duration", [OPTION_TEXT] = "text",       [OPTION_TEXTS] = "texts",
    [OPTION_CHOICE] = "choice",     [OPTION_INSTANT] = "instant", [OPTION_SPAN] = "span",
    [OPTION_LENGTH] = "length",     [OPTION_NUMBERS] = "numbers", [OPTION_POINTS] = "points",
    [OPTION_LIST] = "list",         [OPTION_GROUP] = "group",     [OPTION_CUSTOM] = "custom",
};

static const char *const basis_names[] = {
    [OPTION_OURS] = "ours", [OPTION_DOCUMENTED] = "documented", [OPTION_ASSUMED] = "assumed"};

static void put_limits(cJSON *row, const Option *option) {
    if (option->minimum == 0 && option->maximum == 0) {
        return;
    }
    json_add(row, "minimum", json_number(option->minimum));
    if (option->maximum < OPTION_NO_LIMIT) {
        json_add(row, "maximum", json_number(option->maximum));
    }
    if (option->above_minimum) {
        json_add(row, "above_minimum", json_boolean(true));
    }
}

static void put_choices(cJSON *row, const Option *option) {
    cJSON *choices = json_array();
    for (size_t i = 0; option_choice(option, i) != NULL; i++) {
        json_append(choices, json_text(option_choice(option, i)));
    }
    json_add(row, "choices", choices);
}

static cJSON *option_row(const Option *option) {
    cJSON *row = json_object();
    char *expected = option_expected(option);
    json_add(row, "name", json_text(option->name));
    json_add(row, "kind", json_text(kind_names[option->type]));
    json_add(row, "basis", json_text(basis_names[option->basis]));
    put_limits(row, option);
    if (option->default_text != NULL) {
        json_add(row, "default", json_text(option->default_text));
    }
    if (option->type == OPTION_CHOICE) {
        put_choices(row, option);
    }
    if (option->flag != NULL) {
        json_add(row, "flag", json_text(option->flag));
    }
    if (option->is_file) {
        json_add(row, "is_file", json_boolean(true));
    }
    json_add(row, "expected", json_text(expected));
    json_add(row, "help", json_text(option->help));
    free(expected);
    return row;
}

/* Groups have their own rows below their name, "load_targets.default". */
static void add_rows(cJSON *rows, const Option table[], const char *prefix) {
    for (const Option *option = table; option->name != NULL; option++) {
        char *name = memory_format("%s%s", prefix, option->name);
        if (option->type == OPTION_GROUP) {
            char *below = memory_format("%s.", name);
            add_rows(rows, option->group, below);
            free(below);
        } else {
            cJSON *row = option_row(option);
            json_append(rows, row);
            cJSON_ReplaceItemInObjectCaseSensitive(row, "name", json_text(name));
        }
        free(name);
    }
}

/* Options that another model makes untrue. */
static cJSON *of_model_json(const Option table[]) {
    cJSON *names = json_array();
    for (const Option *option = table; option->name != NULL; option++) {
        if (option->of_model) {
            json_append(names, json_text(option->name));
        }
    }
    return names;
}

static cJSON *sections_json(void) {
    cJSON *sections = json_array();
    ScenarioSection section;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        cJSON *row = json_object(), *options = json_array();
        json_add(row, "path", json_text(section.path));
        json_add(row, "of", json_text(section.kind));
        json_add(row, "is_traffic", json_boolean(section.is_traffic));
        add_rows(options, section.options, "");
        json_add(row, "options", options);
        json_add(row, "of_model", of_model_json(section.options));
        json_append(sections, row);
    }
    return sections;
}

/* Those that a scenario names by a word. */
static cJSON *policies_json(void) {
    cJSON *list = json_array();
    for (size_t i = 0; i < policies_count; i++) {
        if (policies[i]->measurement != NULL && !policies[i]->is_own) {
            cJSON *row = json_object();
            json_add(row, "name", json_text(policies[i]->policy->name));
            json_add(row, "source", json_text(policies[i]->source));
            json_append(list, row);
        }
    }
    return list;
}

static cJSON *presets_json(void) {
    cJSON *list = json_array();
    size_t count;
    const ScenarioPreset *presets = scenario_presets(&count);
    for (size_t i = 0; i < count; i++) {
        cJSON *row = json_object(), *values = json_object();
        json_add(row, "name", json_text(presets[i].name));
        json_add(row, "title", json_text(presets[i].title));
        json_add(
            row, "policy",
            json_text(presets[i].policy != NULL ? presets[i].policy : policies[0]->policy->name));
        for (const PresetValue *value = presets[i].values; value->key != NULL; value++) {
            json_add(values, value->key, json_text(value->value));
        }
        json_add(row, "autoscaling", values);
        json_append(list, row);
    }
    return list;
}

static cJSON *models_json(void) {
    cJSON *list = json_array();
    for (size_t i = 0; i < catalogue.model_count; i++) {
        json_append(list, json_text(catalogue.models[i].name));
    }
    return list;
}

static cJSON *accelerators_json(void) {
    cJSON *list = json_array();
    for (size_t i = 0; i < catalogue.accelerator_count; i++) {
        json_append(list, json_text(catalogue.accelerators[i].name));
    }
    return list;
}

static cJSON *clients_json(void) {
    cJSON *list = json_array();
    for (size_t i = 0; client_preset_names[i] != NULL; i++) {
        json_append(list, json_text(client_preset_names[i]));
    }
    return list;
}

/* What a policy of one's own is told, as decide and scripts name it. */
static cJSON *observation_json(void) {
    static const char *const beside[][2] = {{"time_s", "since the run's beginning"},
                                            {"current", "the target in force"},
                                            {"running", "replicas that serve"}};
    cJSON *rows = json_array();
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        cJSON *row = json_object();
        json_add(row, "name", json_text(beside[i][0]));
        json_add(row, "help", json_text(beside[i][1]));
        json_append(rows, row);
    }
    add_rows(rows, own_inputs, "");
    add_rows(rows, own_input_replica_options, "replicas[i].");
    return rows;
}

/* Scripts to begin from; compiled in, by the Makefile. */
extern const char rule_fireworks_data[], rule_hpa_data[], rule_stabilize_data[],
    rule_headroom_data[], rule_growth_data[];

static cJSON *rules_json(void) {
    const struct {
        const char *name, *text;
    } rules[] = {{"fireworks", rule_fireworks_data},
                 {"hpa", rule_hpa_data},
                 {"stabilize", rule_stabilize_data},
                 {"headroom", rule_headroom_data},
                 {"growth", rule_growth_data}};
    cJSON *texts = json_object();
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        json_add(texts, rules[i].name, json_text(rules[i].text));
    }
    return texts;
}

cJSON *play_options_json(void) {
    cJSON *tables = json_object();
    json_add(tables, "sections", sections_json());
    json_add(tables, "policies", policies_json());
    json_add(tables, "presets", presets_json());
    json_add(tables, "models", models_json());
    json_add(tables, "accelerators", accelerators_json());
    json_add(tables, "clients", clients_json());
    json_add(tables, "observation", observation_json());
    json_add(tables, "rules", rules_json());
    return tables;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Turns options into overrides; see scenario/overrides.h. Later ones win. */
#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/commands.h"
#include "scenario/deployment.h"
#include "scenario/firectl.h"
#include "scenario/overrides.h"
#include "scenario/presets.h"
#include "scenario/scenario.h"
#include "scenario/starter.h"
#include "traffic/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --trace ------------------------------------------------------------------------------------ */

/* The length of NAME in NAME=FILE, where that can be a deployment's; 0: it is all of a file's name.
 */
static size_t name_length(const char *value) {
    const size_t length =
        strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
    return value[length] == '=' ? length : 0;
}

static bool is_trace(const CliGiven *given) {
    return !given->is_flag && strcmp(given->name, "trace") == 0;
}

/* All files that are given to the same deployment as this one. File names on the command line start
 * from the working directory, not from the scenario's. */
static char *files_of(const Arguments *arguments, const char *name, size_t length) {
    cJSON *files = json_array();
    for (size_t i = 0; i < arguments->given_count; i++) {
        const CliGiven *given = &arguments->given[i];
        if (is_trace(given) && name_length(given->value) == length &&
            strncmp(given->value, name, length) == 0) {
            char *file = file_name_absolute(NULL, given->value + length + (length > 0 ? 1 : 0));
            json_append(files, json_text(file));
            free(file);
        }
    }
    char *text = json_print(files);
    cJSON_Delete(files);
    return text;
}

/* Those of all deployments first, then those of one, be they given before. */
static void add_traces(OverrideList *list, const Arguments *arguments) {
    TextList done = {0};
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < arguments->given_count; i++) {
            const char *value = arguments->given[i].value;
            const size_t length = is_trace(&arguments->given[i]) ? name_length(value) : 0;
            if (!is_trace(&arguments->given[i]) || (length > 0) != (pass == 1)) {
                continue;
            }
            char *name = length > 0 ? memory_text_n(value, length) : memory_text("*");
            const size_t before = done.count;
            if (text_list_place(&done, name) == before) {
                char *files = files_of(arguments, value, length);
                char *path = memory_format("deployments.%s.traffic.*.file", name);
                overrides_add_as(list, OVERRIDE_TRACE, path, files);
                free(path);
                free(files);
            }
            free(name);
        }
    }
    text_list_clear(&done);
}

/* The others --------------------------------------------------------------------------------- */

/* All of them are one option's value. */
static void add_filters(OverrideList *list, const Arguments *arguments) {
    cJSON *conditions = json_array();
    for (size_t i = 0; i < arguments->given_count; i++) {
        const CliGiven *given = &arguments->given[i];
        if (!given->is_flag && strcmp(given->name, "filter") == 0) {
            json_append(conditions, json_text(given->value));
        }
    }
    if (cJSON_GetArraySize(conditions) > 0) {
        char *value = json_print(conditions);
        overrides_add(list, "deployments.*.traffic.*.filter", value, "--filter");
        free(value);
    }
    cJSON_Delete(conditions);
}

static bool add_firectl(OverrideList *list, const char *command, ErrorList *errors) {
    TextList notes = {0};
    const bool understood = firectl_parse(command, NULL, list, &notes, errors);
    for (size_t i = 0; i < notes.count; i++) {
        terminal_say(stderr, "note: %s\n", notes.items[i]);
    }
    text_list_clear(&notes);
    return understood;
}

static bool add_preset(OverrideList *list, const char *name, ErrorList *errors) {
    const ScenarioPreset *preset = scenario_preset_find(name);
    if (!preset) {
        error_in_option(errors, "--preset", name, "a preset that `autoscale-sim presets` lists",
                        scenario_preset_nearest(name));
        return false;
    }
    overrides_add_preset(list, NULL, preset);
    return true;
}

/* INPUT,OUTPUT; whether they are prices is the options' business. */
static bool add_serverless(OverrideList *list, const char *text, ErrorList *errors) {
    static const char path[] = "deployments.*.serverless_price";
    const char *comma = strchr(text, ',');
    if (comma == NULL) {
        return error_in_option(errors, "--serverless-price", text,
                               "two prices per million tokens, INPUT,OUTPUT, such as 0.2,0.8",
                               NULL);
    }
    char *value = memory_format("{\"input_usd_per_million_tokens\": %.*s, "
                                "\"output_usd_per_million_tokens\": %s}",
                                (int)(comma - text), text, comma + 1);
    overrides_add(list, path, value, "--serverless-price");
    free(value);
    return true;
}

static bool add_given(OverrideList *list, const CliGiven *given, ErrorList *errors) {
    if (given->is_flag) {
        return overrides_add_flag(list, NULL, given->name, given->value);
    }
    if (strcmp(given->name, "set") == 0) {
        return overrides_add_set(list, given->value, errors);
    }
    if (strcmp(given->name, "firectl") == 0) {
        return add_firectl(list, given->value, errors);
    }
    /* firectl's own --precision FP8, where compare has METRIC=WIDTH under that name. */
    if (strcmp(given->name, "precision") == 0) {
        return strchr(given->value, '=') ||
               overrides_add_flag(list, NULL, given->name, given->value);
    }
    if (strcmp(given->name, "model") == 0) {
        overrides_add_model(list, "deployments.*.model", given->value, "--model");
    } else if (strcmp(given->name, "serverless-price") == 0) {
        return add_serverless(list, given->value, errors);
    } else if (strcmp(given->name, "requests") == 0) {
        overrides_add(list, "write_requests", "true", "--requests");
    } else if (strcmp(given->name, "seed") == 0 || strcmp(given->name, "replication") == 0) {
        overrides_add(list, given->name, given->value,
                      strcmp(given->name, "seed") == 0 ? "--seed" : "--replication");
    }
    return true;
}

bool scenario_one_preset(const Arguments *arguments, ErrorList *errors) {
    size_t presets = 0;
    for (size_t i = 0; i < arguments->given_count; i++) {
        presets += !arguments->given[i].is_flag && strcmp(arguments->given[i].name, "preset") == 0;
    }
    if (presets > 1) {
        error_in_option(errors, "--preset", "several presets",
                        "one, or the command compare, which runs each", NULL);
    }
    return presets <= 1;
}

bool scenario_changes(OverrideList *list, const char *preset, const Arguments *arguments,
                      ErrorList *errors) {
    bool sound = !preset || add_preset(list, preset, errors);
    for (size_t i = 0; i < arguments->given_count; i++) {
        sound = add_given(list, &arguments->given[i], errors) && sound;
    }
    add_traces(list, arguments);
    add_filters(list, arguments);
    return sound;
}

/* The scenario -------------------------------------------------------------------------- */

char *scenario_default_name(const Arguments *arguments) {
    const char *log = arguments_value(arguments, "trace");
    const size_t length = log ? name_length(log) : 0;
    log = length > 0 ? log + length + 1 : log;
    char *stem =
        memory_text(log && !strpbrk(log, "*?[") && strcmp(log, "-") != 0 ? log : "scenario");
    bool is_shorter;
    do {
        char *shorter = file_name_stem(stem);
        is_shorter = strcmp(shorter, stem) != 0;
        free(stem);
        stem = shorter;
    } while (is_shorter);
    return stem;
}

const char *scenario_operand(const Arguments *arguments) {
    return arguments->positional_count > 0 ? arguments->positional[0] : NULL;
}

/* What it is, in one sentence, and where it can be changed. */
static void tell_default(const Scenario *scenario, const char *lengths,
                         const Arguments *arguments) {
    const DeploymentConfig *deployment = &scenario->deployments[0];
    const char *log = arguments_value(arguments, "trace");
    Text text = {0};
    text_addf(&text,
              "no scenario: %s on %lld x %s (--model NAME) and, where nothing else is said, at "
              "most 4 replicas, the Python client and documented defaults are assumed",
              deployment->model, (long long)deployment->accelerator_count, deployment->accelerator);
    if (lengths != NULL) {
        text_addf(&text,
                  "; the log tells no tokens: lengths are those of %s (--set "
                  "'deployments.*.traffic.*.lengths=NAME')",
                  lengths);
    }
    if (strcmp(log, "-") != 0) {
        char *word = text_shell_word(log);
        text_addf(&text, "; as a file to change: autoscale-sim init --trace %s", word);
        free(word);
    }
    terminal_say(stderr, "note: %s\n", text.text);
    text_clear(&text);
}

static Scenario *read_default(const OverrideList *changes, const Arguments *arguments, bool tells,
                              ErrorList *errors) {
    const char *lengths;
    char *stem = scenario_default_name(arguments), *name = text_file_name(stem);
    Scenario *scenario = starter_scenario(name, changes, &lengths, errors);
    if (scenario != NULL && tells && !arguments_has(arguments, "quiet")) {
        tell_default(scenario, lengths, arguments);
    }
    free(name);
    free(stem);
    return scenario;
}

/* Is it no JSON object, but a recording? */
static bool is_log(const char *file) {
    TraceConfig config = {.files = {0}};
    TraceTold told;
    ErrorList unused = {0};
    const TrafficContext context = {.stream = "log", .until = SIM_TIME_NEVER, .errors = &unused};
    struct stat status; /* a pipe can be read but once */
    FILE *stream = stat(file, &status) == 0 && S_ISREG(status.st_mode) ? fopen(file, "r") : NULL;
    char first = '{';
    const bool is_other = stream && fscanf(stream, " %c", &first) == 1 && first != '{';
    if (stream) {
        fclose(stream);
    }
    options_set_defaults(trace_options, &config);
    text_list_add(&config.files, memory_text(file));
    const bool found = is_other && trace_tells(&config, &context, &told);
    options_clear(trace_options, &config);
    error_list_clear(&unused);
    return found;
}

static Scenario *read_file(const char *file, const OverrideList *changes, ErrorList *errors) {
    ErrorList own = {0};
    Scenario *scenario = scenario_read_file(file, changes->items, changes->count, &own);
    if (scenario == NULL && is_log(file)) {
        char *word = text_shell_word(file), *suggestion = memory_format("--trace %s", word);
        error_at(errors, &(Error){.file = file}, "a recording", "a scenario", suggestion);
        free(suggestion);
        free(word);
    } else {
        error_add_all(errors, &own);
    }
    error_list_clear(&own);
    return scenario;
}

Scenario *scenario_from_arguments_and(const char *file, const char *preset,
                                      const Arguments *arguments, const OverrideList *more,
                                      bool tells, ErrorList *errors) {
    OverrideList list = {0};
    Scenario *scenario = NULL;
    if (scenario_changes(&list, preset, arguments, errors)) {
        if (more != NULL) {
            overrides_add_all(&list, more);
        }
        scenario =
            file ? read_file(file, &list, errors) : read_default(&list, arguments, tells, errors);
    }
    overrides_clear(&list);
    return scenario;
}

Scenario *scenario_from_arguments(const char *file, const char *preset, const Arguments *arguments,
                                  bool tells, ErrorList *errors) {
    return scenario_from_arguments_and(file, preset, arguments, NULL, tells, errors);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Flags from options, by the same tables that read them (scenario/flags.h). */
#include "scenario/firectl_command.h"

#include "base/memory.h"
#include "base/text.h"
#include "policy/policies.h"
#include "scenario/flags.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MOST = 100, INDENT = 4 };
#define DEPLOYMENTS "deployments."

/* firectl's names (docs.fireworks.ai, accelerator types of the API); others are spelt as the
 * scenario spells them. */
static const struct {
    const char *name, *firectl;
} accelerators[] = {
    {"A100", "NVIDIA_A100_80GB"},  {"H100", "NVIDIA_H100_80GB"},  {"H200", "NVIDIA_H200_141GB"},
    {"B200", "NVIDIA_B200_180GB"}, {"B300", "NVIDIA_B300_288GB"},
};

typedef struct Line {
    char *text;
    size_t column; /* of the last line */
} Line;

/* Words ---------------------------------------------------------------------------------------- */

/* Goes on in another line rather than past its end. */
static void put(Line *line, char *words) {
    const size_t length = strlen(words);
    const bool wrap = line->column + 1 + length + 2 > LINE_MOST;
    char *longer = wrap ? memory_format("%s \\\n%*s%s", line->text, INDENT, "", words)
                        : memory_format("%s %s", line->text, words);
    line->column = wrap ? INDENT + length : line->column + 1 + length;
    free(line->text);
    free(words);
    line->text = longer;
}

static void put_flag(Line *line, const char *name, const char *value) {
    char *word = text_shell_word(value);
    put(line, memory_format("--%s %s", name, word));
    free(word);
}

/* Paths ---------------------------------------------------------------------------------------- */

/* What is below the deployment: "autoscaling.load_targets.default"; NULL: it is elsewhere. */
static const char *below_deployment(const char *path) {
    if (strncmp(path, DEPLOYMENTS, strlen(DEPLOYMENTS)) != 0) {
        return NULL;
    }
    const char *dot = strchr(path + strlen(DEPLOYMENTS), '.');
    return dot != NULL ? dot + 1 : NULL;
}

/* Is the path the option's own, or one of its keys'? */
static bool leads_to(const char *path, const char *option) {
    const size_t length = strlen(option);
    return strncmp(path, option, length) == 0 && (path[length] == '\0' || path[length] == '.');
}

/* Does a change set the flag's option, for this deployment or for every one? */
static bool is_changed(const OverrideList *changes, const ScenarioFlag *flag,
                       const char *deployment) {
    char *option = memory_format("%s%s%s", flag->section, *flag->section != '\0' ? "." : "",
                                 flag->option->name);
    bool changed = false;
    for (size_t i = 0; changes != NULL && i < changes->count && !changed; i++) {
        const char *path = changes->items[i].path, *below = below_deployment(path);
        if (below != NULL && leads_to(below, option)) {
            char *name = memory_text_n(path + strlen(DEPLOYMENTS),
                                       (size_t)(below - path) - strlen(DEPLOYMENTS) - 1);
            changed = strcmp(name, "*") == 0 || strcmp(name, deployment) == 0;
            free(name);
        }
    }
    free(option);
    return changed;
}

/* Values --------------------------------------------------------------------------------------- */

static char *upper(const char *text) {
    char *copy = memory_text(text);
    for (char *at = copy; *at != '\0'; at++) {
        *at = (char)toupper((unsigned char)*at);
    }
    return copy;
}

static char *accelerator_name(const char *name) {
    for (size_t i = 0; i < sizeof accelerators / sizeof accelerators[0]; i++) {
        if (strcmp(accelerators[i].name, name) == 0) {
            return memory_text(accelerators[i].firectl);
        }
    }
    return memory_text(name);
}

/* "default=0.8,requests_per_second=2": the keys that are there. */
static char *group_text(const Option *option, const void *config) {
    char *text = memory_text("");
    for (const Option *key = option->group; key->name != NULL; key++) {
        char *value = option_value_text(key, (const char *)config + option->offset);
        char *longer = *value == '\0' ? memory_text(text)
                                      : memory_format("%s%s%s=%s", text, *text == '\0' ? "" : ",",
                                                      key->name, value);
        free(value);
        free(text);
        text = longer;
    }
    return text;
}

/* As firectl spells it; "" when absent. Owned by the caller. */
static char *flag_value(const ScenarioFlag *flag, const void *config) {
    const Option *option = flag->option;
    char *text = option->type == OPTION_GROUP ? group_text(option, config)
                                              : option_value_text(option, config);
    char *value = strcmp(flag->name, "precision") == 0          ? upper(text)
                  : strcmp(flag->name, "accelerator-type") == 0 ? accelerator_name(text)
                                                                : memory_text(text);
    free(text);
    return value;
}

/* The policy's config as it is when nothing is said. Owned by the caller. */
static void *default_autoscaling(const PolicyKind *kind) {
    void *config = memory_new(1, kind->config_size);
    options_set_defaults(kind->options, config);
    kind->resolve(config);
    return config;
}

/* shown: even at its default. */
static void put_autoscaling(Line *line, const ScenarioFlag *flag, const PolicyKind *kind,
                            const void *config, bool shown) {
    if (option_find(kind->options, flag->option->name) != flag->option) {
        return; /* another policy's */
    }
    void *defaults = default_autoscaling(kind);
    char *value = flag_value(flag, config), *usual = flag_value(flag, defaults);
    const bool always = shown || strstr(flag->name, "replica-count") != NULL;
    if (*value != '\0' && (always || strcmp(value, usual) != 0)) {
        put_flag(line, flag->name, value);
    }
    options_clear(kind->options, defaults);
    free(defaults);
    free(value);
    free(usual);
}

static void add_note(FirectlNotes *notes, const char *text) {
    notes->items =
        memory_grow(notes->items, notes->count, &notes->capacity, sizeof notes->items[0]);
    notes->items[notes->count++] = memory_text(text);
}

static void put_deployment_flag(Line *line, const ScenarioFlag *flag,
                                const DeploymentConfig *deployment, bool shown,
                                FirectlNotes *notes) {
    const bool region = strcmp(flag->name, "region") == 0;
    char *value = flag_value(flag, deployment);
    const char *usual = flag->option->default_text;
    const bool is_default = usual != NULL && strcmp(value, usual) == 0;
    if (region && !is_default) {
        add_note(notes, "--region: name yours; the scenario says only that it is one region");
    } else if (!region && (shown || !is_default) && *value != '\0') {
        put_flag(line, flag->name, value);
    }
    free(value);
}

static char *model_name(const char *model) {
    return strchr(model, '/') != NULL ? memory_text(model)
                                      : memory_format("accounts/fireworks/models/%s", model);
}

char *firectl_command(const DeploymentConfig *deployment, const OverrideList *changes,
                      FirectlNotes *notes) {
    Line line = {.text = memory_text("firectl deployment create")};
    line.column = strlen(line.text);
    char *model = model_name(deployment->model);
    put(&line, text_shell_word(model));
    free(model);
    ScenarioFlag flag;
    for (size_t i = 0; scenario_flag(i, &flag); i++) {
        const bool shown = is_changed(changes, &flag, deployment->name);
        if (*flag.section != '\0') {
            put_autoscaling(&line, &flag, &policies[deployment->policy], deployment->autoscaling,
                            shown);
        } else {
            put_deployment_flag(&line, &flag, deployment, shown, notes);
        }
    }
    return line.text;
}

bool firectl_can_set(const char *path) {
    const char *below = below_deployment(path);
    if (below == NULL) {
        return false;
    }
    static const char section[] = "autoscaling.";
    const bool autoscaling = strncmp(below, section, strlen(section)) == 0;
    const char *name = autoscaling ? below + strlen(section) : below;
    ScenarioFlag flag;
    for (size_t i = 0; scenario_flag(i, &flag); i++) {
        if ((*flag.section != '\0') == autoscaling && leads_to(name, flag.option->name)) {
            return true;
        }
    }
    return !autoscaling && (strcmp(name, "model") == 0 || strcmp(name, "policy") == 0);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Flags from the tables' `flag` members, and the few whose values firectl spells in its own way. */
#include "scenario/flags.h"

#include "base/memory.h"
#include "policy/policies.h"

#include <stdlib.h>
#include <string.h>

/* The index-th flag of one table. */
static const Option *flag_of(const Option table[], size_t *index) {
    for (const Option *option = table; option->name != NULL; option++) {
        if (option->flag != NULL && (*index)-- == 0) {
            return option;
        }
    }
    return NULL;
}

bool scenario_flag(size_t index, ScenarioFlag *flag) {
    const char *section = "autoscaling";
    const Option *option = NULL;
    for (size_t i = 0; i < policies_count && option == NULL; i++) {
        option = flag_of(policies[i].options, &index);
    }
    if (option == NULL) {
        section = "";
        option = flag_of(deployment_options, &index);
    }
    if (option == NULL) {
        return false;
    }
    *flag = (ScenarioFlag){.name = option->flag, .section = section, .option = option};
    return true;
}

bool scenario_flag_find(const char *name, ScenarioFlag *flag) {
    for (size_t i = 0; scenario_flag(i, flag); i++) {
        if (strcmp(flag->name, name) == 0) {
            return true;
        }
    }
    return false;
}

const char *scenario_flag_nearest(const char *name) {
    ScenarioFlag flag;
    size_t count = 0;
    while (scenario_flag(count, &flag)) {
        count++;
    }
    const char **names = memory_new(count, sizeof names[0]);
    for (size_t i = 0; i < count && scenario_flag(i, &flag); i++) {
        names[i] = flag.name;
    }
    const char *nearest = error_nearest(name, names, count);
    free(names);
    return nearest;
}

/* FP8_MM_KV_ATTN -> fp8: how the arithmetic is done in detail is not simulated. */
static char *precision_value(const char *value) {
    char *text = memory_text_n(value, strcspn(value, "_"));
    for (char *p = text; *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z') {
            *p = (char)(*p - 'A' + 'a');
        }
    }
    return text;
}

static bool is_global(const char *value) {
    return strcmp(value, "global") == 0 || strcmp(value, "GLOBAL") == 0;
}

static char *scenario_value(const ScenarioFlag *flag, const char *value) {
    if (strcmp(flag->name, "region") == 0) {
        return memory_text(is_global(value) ? "false" : "true");
    }
    return strcmp(flag->name, "precision") == 0 ? precision_value(value) : memory_text(value);
}

static char *flag_path(const char *deployment, const ScenarioFlag *flag) {
    return memory_format("deployments.%s.%s%s%s", deployment != NULL ? deployment : "*",
                         flag->section, *flag->section != '\0' ? "." : "", flag->option->name);
}

/* The earlier value of the same flag, to be joined; NULL if there is none. */
static ScenarioOverride *earlier(const OverrideList *list, const char *path, const char *flag) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].path, path) == 0 && strcmp(list->items[i].flag, flag) == 0) {
            return &list->items[i];
        }
    }
    return NULL;
}

bool overrides_add_flag(OverrideList *list, const char *deployment, const char *name,
                        const char *value) {
    ScenarioFlag flag;
    if (!scenario_flag_find(name, &flag)) {
        return false;
    }
    char *path = flag_path(deployment, &flag);
    char *written = memory_format("--%s", name);
    char *text = scenario_value(&flag, value);
    ScenarioOverride *before =
        flag.option->type == OPTION_GROUP ? earlier(list, path, written) : NULL;
    if (before != NULL) {
        char *joined = memory_format("%s,%s", before->value, text);
        free((void *)before->value);
        before->value = joined;
    } else {
        overrides_add(list, path, text, written);
    }
    free(path);
    free(written);
    free(text);
    return true;
}

void overrides_add_flag_default(OverrideList *list, const char *deployment,
                                const ScenarioFlag *flag, const char *from) {
    char *path = flag_path(deployment, flag);
    overrides_add(list, path, "null", from);
    free(path);
}

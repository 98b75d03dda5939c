// SPDX-License-Identifier: GPL-3.0-or-later
/* Scenarios as other programs see them: opaque, with mistakes as one text. */
#include "autoscale_sim/scenario.h"

#include "base/memory.h"
#include "scenario/overrides.h"
#include "scenario/scenario.h"

#include <stdlib.h>
#include <string.h>

/* One mistake per line, without the end of the last. */
static char *errors_text(const ErrorList *errors) {
    char *text = error_list_text(errors);
    text[strlen(text) - 1] = '\0';
    return text;
}

/* NULL and a message if there were mistakes anywhere. */
static asim_scenario *settle(Scenario *scenario, OverrideList *list, ErrorList *errors,
                             char **message) {
    const bool sound = errors->count == 0;
    if (message != NULL) {
        *message = sound ? NULL : errors_text(errors);
    }
    if (!sound) {
        scenario_destroy(scenario);
    }
    overrides_clear(list);
    error_list_clear(errors);
    return sound ? scenario : NULL;
}

static void take_overrides(const char *const texts[], OverrideList *list, ErrorList *errors) {
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++) {
        overrides_add_set(list, texts[i], errors);
    }
}

asim_scenario *asim_scenario_read_file(const char *path, const char *const overrides[],
                                       char **message) {
    ErrorList errors = {0};
    OverrideList list = {0};
    take_overrides(overrides, &list, &errors);
    Scenario *scenario = scenario_read_file(path, list.items, list.count, &errors);
    return settle(scenario, &list, &errors, message);
}

asim_scenario *asim_scenario_read_text(const char *json, const char *const overrides[],
                                       char **message) {
    ErrorList errors = {0};
    OverrideList list = {0};
    take_overrides(overrides, &list, &errors);
    Scenario *scenario =
        scenario_read_text(json, "scenario", NULL, list.items, list.count, &errors);
    return settle(scenario, &list, &errors, message);
}

void asim_scenario_destroy(asim_scenario *scenario) {
    scenario_destroy(scenario);
}

size_t asim_scenario_deployment_count(const asim_scenario *scenario) {
    return scenario->deployment_count;
}

const char *asim_scenario_deployment_name(const asim_scenario *scenario, size_t deployment) {
    return deployment < scenario->deployment_count ? scenario->deployments[deployment].name : NULL;
}

const char *asim_scenario_json(const asim_scenario *scenario) {
    return scenario->as_run;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Whatever bytes a scenario has: it is read or refused, and what is read reads the same again. */
#include "scenario/json_text.h"
#include "scenario/scenario.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "fuzz_scenario: %s\n", what);
        abort();
    }
}

static void read_again(const Scenario *scenario) {
    ErrorList errors = {0};
    Scenario *again = scenario_read_text(scenario->as_run, "again.json", NULL, NULL, 0, &errors);
    error_list_print(&errors, stderr);
    require(again != NULL, "the scenario as run cannot be read");
    require(strcmp(again->as_run, scenario->as_run) == 0, "the scenario as run has changed");
    scenario_destroy(again);
    error_list_clear(&errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ErrorList errors = {0};
    char *text = malloc(size + 1);
    require(text != NULL, "out of memory");
    memcpy(text, data, size);
    text[size] = '\0';
    cJSON_Delete(json_parse(text, size, "fuzz.json", &errors));
    error_list_clear(&errors);

    const ScenarioOverride overrides[] = {
        {.path = "deployments.*.autoscaling.scale_up_window",
         .value = "15s",
         .flag = "--scale-up-window"},
        {.path = "slo.ttft", .value = "3s", .flag = "--set"},
    };
    Scenario *scenario =
        scenario_read_text(text, "fuzz.json", "/tmp", overrides, size % 3, &errors);
    require((scenario == NULL) == (errors.count > 0), "refused without a reason");
    if (scenario != NULL) {
        read_again(scenario);
    }
    scenario_destroy(scenario);
    error_list_clear(&errors);
    free(text);
    return 0;
}

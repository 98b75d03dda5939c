// SPDX-License-Identifier: GPL-3.0-or-later
/* Whatever bytes a scenario has: it is read or refused, and what is read reads the same again. */
#include "base/json.h"
#include "fuzzing.h"
#include "scenario/overrides.h"
#include "scenario/scenario.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ErrorList errors = {0};
    char *text = fuzz_text(data, size);
    JsonTree tree;
    fuzz_require(json_parse(&tree, text, size, "fuzz.json", &errors) || errors.count > 0,
                 "refused with a reason");
    json_clear(&tree);
    error_list_clear(&errors);

    const ScenarioOverride overrides[] = {
        {.path = "deployments.*.autoscaling.scale_up_window",
         .value = "15s",
         .flag = "--scale-up-window"},
        {.form = OVERRIDE_SET, .path = "slo.ttft", .value = "3s", .flag = "--set"},
    };
    Scenario *scenario =
        scenario_read_text(text, "fuzz.json", "/tmp", overrides, size % 3, &errors);
    fuzz_errors(&errors, scenario == NULL);
    fuzz_scenario_again(scenario);
    scenario_destroy(scenario);
    free(text);
    return 0;
}

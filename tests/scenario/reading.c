// SPDX-License-Identifier: GPL-3.0-or-later
/* Scenarios from texts, for tests. */
#include "scenario/reading.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>

const char reading_base[] = "{\n"
                            "  \"duration\": \"1h\",\n"
                            "  \"deployments\": {\n"
                            "    \"chat\": {\n"
                            "      \"model\": \"llama-v3p1-8b-instruct\",\n"
                            "      \"traffic\": {\"type\": \"poisson\", \"rate_per_s\": 2,\n"
                            "                  \"prompt_tokens\": 500, \"output_tokens\": 100}\n"
                            "    }\n"
                            "  }\n"
                            "}\n";

static char *texts(const ErrorList *errors) {
    char *text = error_list_text(errors);
    return text != NULL ? text : memory_text("");
}

static Scenario *read_text(const char *json, const OverrideList *overrides, ErrorList *errors) {
    return scenario_read_text(json, "day.json", NULL, overrides ? overrides->items : NULL,
                              overrides ? overrides->count : 0, errors);
}

char *reading_mistakes(const char *json, const OverrideList *overrides) {
    ErrorList errors = {0};
    Scenario *scenario = read_text(json, overrides, &errors);
    cr_assert((scenario == NULL) == (errors.count > 0), "NULL exactly when there are mistakes");
    char *text = texts(&errors);
    scenario_destroy(scenario);
    error_list_clear(&errors);
    return text;
}

Scenario *reading_scenario(const char *json, const OverrideList *overrides) {
    ErrorList errors = {0};
    Scenario *scenario = read_text(json, overrides, &errors);
    if (scenario == NULL) {
        error_list_print(&errors, stderr);
        cr_assert_fail("the scenario could not be read");
    }
    return scenario;
}

Scenario *reading_with(const char *const sets[]) {
    OverrideList list = {0};
    ErrorList errors = {0};
    for (size_t i = 0; sets[i] != NULL; i++) {
        cr_assert(overrides_add_set(&list, sets[i], &errors));
    }
    Scenario *scenario = reading_scenario(reading_base, &list);
    overrides_clear(&list);
    return scenario;
}

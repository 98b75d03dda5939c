// SPDX-License-Identifier: GPL-3.0-or-later
/* Whatever stands after --set, one change a line, over a scenario that has a bit of everything:
 * understood or refused, and what comes of it reads the same again. */
#include "fuzzing.h"
#include "scenario/overrides.h"

#include <stdlib.h>
#include <string.h>

enum { CHANGES_MOST = 8 };

static const char scenario_text[] =
    "{\"name\": \"fuzzed\", \"duration\": \"1h\", \"start\": \"2026-11-16T00:00:00Z\",\n"
    "\"slo\": {\"ttft\": \"2s\"}, \"pools\": {\"H100\": {\"reserved_gpus\": 4}},\n"
    "\"deployments\": {\"a\": {\"model\": \"of-the-test\", \"accelerator\": \"H100\",\n"
    "\"weights_gb\": 16, \"profile\": {\"c0_ms\": 9, \"c_prefill_ms\": 0.02, \"c_decode_ms\": "
    "0.1,\n"
    "\"c_kv_ms\": 0.00001, \"batch_slots\": 64, \"kv_capacity_tokens\": 100000,\n"
    "\"max_batched_tokens\": 2048, \"request_overhead\": \"20ms\"}, \"client\": \"curl\",\n"
    "\"autoscaling\": {\"max_replica_count\": 3, \"load_targets\": {\"concurrent_requests\": 2}},\n"
    "\"cold_start\": {\"cv\": 0.1}, \"traffic\": [{\"type\": \"constant\", \"rate_per_s\": 1,\n"
    "\"prompt_tokens\": 10, \"output_tokens\": {\"distribution\": \"gamma\", \"mean\": 9, \"cv\": "
    "1}},\n"
    "{\"type\": \"poisson\", \"rate_per_s\": 1, \"prompt_tokens\": 10, \"output_tokens\": 10}]}}}";

/* Each line of the text; false when one of them is no change. */
static bool add_changes(char *text, OverrideList *list, ErrorList *errors) {
    bool good = true;
    for (int i = 0; text != NULL && i < CHANGES_MOST; i++) {
        char *line = text, *end = strchr(text, '\n');
        text = end != NULL ? end + 1 : NULL;
        if (end != NULL) {
            *end = '\0';
        }
        good = overrides_add_set(list, line, errors) && good;
    }
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ErrorList errors = {0};
    OverrideList list = {0};
    char *text = fuzz_text(data, size);
    if (add_changes(text, &list, &errors)) {
        Scenario *scenario =
            scenario_read_text(scenario_text, "fuzz.json", "/tmp", list.items, list.count, &errors);
        fuzz_errors(&errors, scenario == NULL);
        fuzz_scenario_again(scenario);
        scenario_destroy(scenario);
    }
    fuzz_errors(&errors, errors.count > 0);
    overrides_clear(&list);
    free(text);
    return 0;
}

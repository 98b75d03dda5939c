// SPDX-License-Identifier: GPL-3.0-or-later
/* Whatever is pasted after --firectl: it is understood or refused with a reason, changes nothing
 * when it is refused, and what it changes is then read or refused as any option is. */
#include "base/text.h"
#include "fuzzing.h"
#include "scenario/firectl.h"
#include "scenario/scenario.h"

#include <stdlib.h>

static const char scenario_text[] =
    "{\"duration\": \"1m\", \"deployments\": {\"a\": {\"model\": \"of-the-test\", \"accelerator\": "
    "\"H100\", \"weights_gb\": 16, \"profile\": {\"c0_ms\": 9, \"c_prefill_ms\": 0.02, "
    "\"c_decode_ms\": 0.1, \"c_kv_ms\": 0.00001, \"batch_slots\": 64, \"kv_capacity_tokens\": "
    "100000, "
    "\"max_batched_tokens\": 2048, \"request_overhead\": \"20ms\"}, \"traffic\": {\"type\": "
    "\"constant\", \"rate_per_s\": 1, \"prompt_tokens\": 10, \"output_tokens\": 10}}}}";

static void read_with(const OverrideList *list, ErrorList *errors) {
    Scenario *scenario =
        scenario_read_text(scenario_text, "fuzz.json", "/tmp", list->items, list->count, errors);
    fuzz_errors(errors, scenario == NULL);
    fuzz_scenario_again(scenario);
    scenario_destroy(scenario);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ErrorList errors = {0};
    OverrideList list = {0};
    TextList notes = {0};
    char *command = fuzz_text(data, size);
    const bool understood = firectl_parse(command, NULL, &list, &notes, &errors);
    fuzz_require(understood || list.count == 0, "what is refused changes nothing");
    fuzz_errors(&errors, !understood);
    if (understood) {
        read_with(&list, &errors);
    }
    text_list_clear(&notes);
    overrides_clear(&list);
    free(command);
    return 0;
}

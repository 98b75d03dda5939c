// SPDX-License-Identifier: GPL-3.0-or-later
/* `presets`: the published autoscaling patterns, with what they set and where they come from. */
#include "scenario/presets.h"
#include "base/terminal.h"
#include "cli/commands.h"

#include <stdio.h>

int command_presets(const Invocation *invocation, ErrorList *errors) {
    (void)invocation;
    (void)errors;
    size_t count;
    const ScenarioPreset *presets = scenario_presets(&count);
    for (size_t i = 0; i < count; i++) {
        printf("%s%s: %s\n", i ? "\n" : "", presets[i].name, presets[i].title);
        Table table = {0};
        table_columns(&table, "  %-24s %-s");
        for (const PresetValue *value = presets[i].values; value->key; value++) {
            table_row(&table, "%s\t%s", value->key, value->value);
        }
        table_print(&table, stdout);
        printf("  source: %s\n", presets[i].source);
    }
    return STATUS_DONE;
}

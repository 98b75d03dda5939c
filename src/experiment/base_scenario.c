// SPDX-License-Identifier: GPL-3.0-or-later
/* Changes on changes; see base_scenario.h. */
#include "experiment/base_scenario.h"

#include "engine/memory.h"
#include "scenario/file_name.h"
#include "scenario/json_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void base_scenario_set(BaseScenario *base, const char *text, const char *file,
                       const char *directory) {
    *base = (BaseScenario){
        .text = memory_text(text), .file = memory_text(file), .directory = memory_text(directory)};
}

bool base_scenario_read(BaseScenario *base, const char *path, ErrorList *errors) {
    size_t length;
    *base = (BaseScenario){.file = memory_text(path)};
    base->directory = strcmp(path, "-") == 0 ? memory_text(".") : file_name_directory(path);
    base->text = json_file_read(path, &length, errors);
    if (base->text && strlen(base->text) != length) {
        error_add(errors, &(Error){.file = path,
                                   .found = "a NUL byte",
                                   .expected = "a scenario: a text file of JSON"});
        return false;
    }
    return base->text != NULL;
}

void base_scenario_clear(BaseScenario *base) {
    free(base->text);
    free(base->file);
    free(base->directory);
    overrides_clear(&base->changes);
    *base = (BaseScenario){0};
}

Scenario *base_scenario_vary(const BaseScenario *base, const OverrideList *const lists[],
                             size_t count, int64_t replication, ErrorList *errors) {
    size_t total = base->changes.count + 1, used = 0;
    for (size_t i = 0; i < count; i++) {
        total += lists[i] ? lists[i]->count : 0;
    }
    ScenarioOverride *all = memory_new(total, sizeof *all);
    for (size_t i = 0; i < base->changes.count; i++) {
        all[used++] = base->changes.items[i];
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; lists[i] && k < lists[i]->count; k++) {
            all[used++] = lists[i]->items[k];
        }
    }
    char number[32];
    snprintf(number, sizeof number, "%" PRId64, replication);
    if (replication >= 0) {
        all[used++] =
            (ScenarioOverride){.path = "replication", .value = number, .flag = "--replications"};
    }
    Scenario *scenario =
        scenario_read_text(base->text, base->file, base->directory, all, used, errors);
    free(all);
    return scenario;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Changes on changes, in a copy of the tree. */
#include "experiment/base_scenario.h"

#include "base/file_name.h"
#include "base/memory.h"
#include "scenario/scenario.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool base_scenario_read(BaseScenario *base, const char *path, ErrorList *errors) {
    *base = (BaseScenario){.file = memory_text(path), .directory = file_name_directory(path)};
    const size_t before = errors->count;
    json_read(&base->tree, path, errors);
    return errors->count == before;
}

char *base_scenario_beside(const char *directory, const char *name) {
    const bool here = *name == '/' || strcmp(directory, ".") == 0;
    return here ? memory_text(name) : memory_format("%s/%s", directory, name);
}

void base_scenario_set(BaseScenario *base, const JsonTree *tree, const cJSON *node,
                       const char *file, const char *directory) {
    *base = (BaseScenario){.tree = json_copy(tree, node),
                           .file = memory_text(file),
                           .directory = memory_text(directory)};
}

void base_scenario_clear(BaseScenario *base) {
    json_clear(&base->tree);
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
    JsonTree tree = json_copy(&base->tree, base->tree.root);
    Scenario *scenario = scenario_read(&tree, base->file, base->directory, all, used, errors);
    json_clear(&tree);
    free(all);
    return scenario;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Cells of the grid as scenarios; see optimization.h. */
#include "experiment/optimization.h"

#include "base/memory.h"

#include <stdlib.h>

void optimization_changes(const Optimization *optimization, size_t cell,
                          const OverrideList *lists[]) {
    const size_t count = optimization->axes.count;
    const AxisValue **values = memory_new(count, sizeof *values);
    axes_grid_cell(&optimization->axes, cell, values);
    for (size_t i = 0; i < count; i++) {
        lists[i] = &values[i]->changes;
    }
    free(values);
}

char *optimization_cell_text(const Optimization *optimization, size_t cell) {
    const size_t count = optimization->axes.count;
    const AxisValue **values = memory_new(count, sizeof *values);
    char *text = memory_text("");
    axes_grid_cell(&optimization->axes, cell, values);
    for (size_t i = 0; i < count; i++) {
        char *longer = memory_format("%s%s%s %s", text, i > 0 ? ", " : "",
                                     optimization->axes.items[i].name, values[i]->label);
        free(text);
        text = longer;
    }
    free(values);
    return text;
}

Scenario *optimization_scenario(const Optimization *optimization, const BaseScenario *base,
                                size_t cell, int64_t replication, ErrorList *errors) {
    const bool as_it_stands = cell == SEARCH_BASE;
    const size_t count = as_it_stands ? 0 : optimization->axes.count;
    const OverrideList **lists = memory_new(count + 1, sizeof *lists);
    if (!as_it_stands) {
        optimization_changes(optimization, cell, lists);
    }
    Scenario *scenario = base_scenario_vary(base, lists, count, replication, errors);
    free(lists);
    return scenario;
}

void optimization_clear(Optimization *optimization) {
    for (size_t i = 0; i < optimization->limit_count; i++) {
        slo_limit_clear(&optimization->limits[i]);
    }
    free(optimization->limits);
    for (size_t i = 0; optimization->grid && i < optimization->axes.count; i++) {
        free((void *)optimization->grid[i].away);
    }
    free(optimization->grid);
    free(optimization->file);
    free(optimization->question);
    metric_clear(&optimization->cost);
    metric_clear(&optimization->latency);
    axes_clear(&optimization->axes);
    scenario_destroy(optimization->scenario);
    base_scenario_clear(&optimization->base);
    *optimization = (Optimization){0};
}

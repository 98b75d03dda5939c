// SPDX-License-Identifier: GPL-3.0-or-later
/* Cells are read as they will be for their runs; that is the check. */
#include "experiment/sweep_check.h"
#include "scenario/scenario.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { CELLS_NAMED = 3, MISTAKES_MOST = 1000 };

Scenario *sweep_cell_scenario(const SweepFile *sweep, size_t cell, ErrorList *errors) {
    const size_t axes = sweep->axes.count;
    const OverrideList **lists = memory_new(axes, sizeof lists[0]);
    for (size_t i = 0; i < axes; i++) {
        lists[i] = &cells_value(&sweep->cells, &sweep->axes, cell, i)->changes;
    }
    Scenario *scenario = base_scenario_vary(&sweep->base, lists, axes, 0, errors);
    free(lists);
    return scenario;
}

char *sweep_cell_text(const SweepFile *sweep, size_t cell) {
    char *text = memory_format("%zu (", cell);
    for (size_t i = 0; i < sweep->axes.count; i++) {
        char *longer =
            memory_format("%s%s%s=%s", text, i > 0 ? ", " : "", sweep->axes.items[i].name,
                          cells_value(&sweep->cells, &sweep->axes, cell, i)->label);
        free(text);
        text = longer;
    }
    char *closed = memory_format("%s)", text);
    free(text);
    return closed;
}

/* All cells ----------------------------------------------------------------------------------- */

typedef struct Verdict {
    bool known;
    ErrorList errors; /* none: the cell is valid */
} Verdict;

typedef struct Check {
    const SweepFile *sweep;
    const Shard *shard;
    Verdict *verdicts; /* of each cell */
    InputFiles *inputs;
} Check;

static bool judge(Check *self, size_t cell, bool with_inputs) {
    Verdict *verdict = &self->verdicts[cell];
    if (!verdict->known || (with_inputs && verdict->errors.count == 0)) {
        Scenario *scenario = sweep_cell_scenario(self->sweep, cell, &verdict->errors);
        if (scenario != NULL && with_inputs) {
            input_files_add_scenario(self->inputs, scenario);
        }
        scenario_destroy(scenario);
        verdict->known = true;
    }
    return verdict->errors.count == 0;
}

static bool judge_task(void *context, size_t index) {
    Check *self = context;
    if (shard_has(self->shard, index)) {
        judge(self, index, false);
    }
    return true;
}

/* Values -------------------------------------------------------------------------------------- */

/* The first valid cell with each value of the axis; returns how many values have none, of those
 * that are in a cell at all. Many values share a cell, so that this is about as many readings as
 * there are values. */
static size_t find_valid(Check *self, size_t axis) {
    enum { UNSEEN, INVALID, VALID };
    const Cells *cells = &self->sweep->cells;
    const size_t count = self->sweep->axes.items[axis].count;
    unsigned char *states = memory_new(count, 1);
    size_t valid = 0, invalid = 0;
    for (size_t cell = 0; cell < cells->count && valid < count; cell++) {
        const uint32_t value = cells->choices[cell * cells->axis_count + axis];
        if (states[value] == VALID) {
            continue;
        }
        const bool judged = judge(self, cell, true);
        invalid += states[value] == UNSEEN && !judged;
        invalid -= states[value] == INVALID && judged;
        valid += judged;
        states[value] = judged ? VALID : INVALID;
    }
    free(states);
    return invalid;
}

/* In a sample that skips invalid cells a value may have been drawn for one of these only. */
static bool values_are_valid(Check *self) {
    const SweepFile *sweep = self->sweep;
    const bool lenient = sweep->skips_invalid && sweep->sample.kind != SAMPLE_GRID;
    bool all = true, any = false;
    for (size_t axis = 0; axis < sweep->axes.count; axis++) {
        all = find_valid(self, axis) == 0 && all;
    }
    for (size_t cell = 0; cell < sweep->cells.count && !any; cell++) {
        any = self->verdicts[cell].known && self->verdicts[cell].errors.count == 0;
    }
    return any && (all || lenient);
}

/* Mistakes ------------------------------------------------------------------------------------ */

/* A mistake, and the cells that have it. */
typedef struct Mistake {
    const Error *error;
    size_t cells[CELLS_NAMED];
    size_t count;
} Mistake;

typedef struct Mistakes {
    Mistake *items;
    size_t count, room;
    size_t others; /* past MISTAKES_MOST */
} Mistakes;

static bool same_text(const char *one, const char *other) {
    return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

/* NULL past MISTAKES_MOST. */
static Mistake *find_mistake(Mistakes *mistakes, const Error *error) {
    for (Mistake *each = mistakes->items; each < mistakes->items + mistakes->count; each++) {
        if (each->error->line == error->line && same_text(each->error->file, error->file) &&
            same_text(each->error->place, error->place) &&
            same_text(each->error->found, error->found) &&
            same_text(each->error->expected, error->expected)) {
            return each;
        }
    }
    if (mistakes->count == MISTAKES_MOST) {
        mistakes->others++;
        return NULL;
    }
    mistakes->items =
        memory_grow(mistakes->items, mistakes->count, &mistakes->room, sizeof mistakes->items[0]);
    mistakes->items[mistakes->count] = (Mistake){.error = error};
    return &mistakes->items[mistakes->count++];
}

/* "cells 3 (a=1, b=2), 7 (...) and 12 more" */
static char *cells_text(const SweepFile *sweep, const Mistake *mistake) {
    char *text = memory_text(mistake->count > 1 ? "cells " : "cell ");
    for (size_t i = 0; i < mistake->count && i < CELLS_NAMED; i++) {
        char *cell = sweep_cell_text(sweep, mistake->cells[i]);
        char *longer = memory_format("%s%s%s", text, i > 0 ? ", " : "", cell);
        free(cell);
        free(text);
        text = longer;
    }
    if (mistake->count > CELLS_NAMED) {
        char *longer = memory_format("%s and %zu more", text, mistake->count - CELLS_NAMED);
        free(text);
        text = longer;
    }
    return text;
}

/* What all cells have is the scenario's own, or a constant axis's: it needs no cell. */
static void tell(const SweepFile *sweep, const Mistake *mistake, size_t judged, ErrorList *errors) {
    if (mistake->count == judged) {
        error_add(errors, mistake->error);
        return;
    }
    Error error = *mistake->error;
    char *cells = cells_text(sweep, mistake);
    char *place =
        error.place != NULL ? memory_format("%s, %s", error.place, cells) : memory_text(cells);
    error.place = place;
    error_add(errors, &error);
    free(place);
    free(cells);
}

static void tell_all(const Check *self, ErrorList *errors) {
    Mistakes mistakes = {0};
    size_t judged = 0;
    for (size_t cell = 0; cell < self->sweep->cells.count; cell++) {
        const Verdict *verdict = &self->verdicts[cell];
        judged += verdict->known;
        for (size_t i = 0; i < verdict->errors.kept; i++) {
            Mistake *mistake = find_mistake(&mistakes, &verdict->errors.items[i]);
            if (mistake != NULL && mistake->count++ < CELLS_NAMED) {
                mistake->cells[mistake->count - 1] = cell;
            }
        }
    }
    for (size_t i = 0; i < mistakes.count; i++) {
        tell(self->sweep, &mistakes.items[i], judged, errors);
    }
    if (mistakes.others > 0) {
        char *found = memory_format("%zu more mistakes in other cells", mistakes.others);
        error_add(errors, &(Error){.file = self->sweep->file, .found = found});
        free(found);
    }
    free(mistakes.items);
}

bool sweep_check(const SweepFile *sweep, const Shard *shard, const TaskPool *pool,
                 InputFiles *inputs, ErrorList *errors) {
    Check self = {.sweep = sweep,
                  .shard = shard,
                  .verdicts = memory_new(sweep->cells.count, sizeof self.verdicts[0]),
                  .inputs = inputs};
    const size_t before = errors->count;
    const bool sound = values_are_valid(&self);
    bool done = true;
    if (!sweep->skips_invalid) {
        done = task_pool_run(pool, sweep->cells.count, judge_task, &self);
    }
    if (!sound || !sweep->skips_invalid) {
        tell_all(&self, errors);
    }
    for (size_t cell = 0; cell < sweep->cells.count; cell++) {
        error_list_clear(&self.verdicts[cell].errors);
    }
    free(self.verdicts);
    return done && errors->count == before;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Draws of cells: each axis has a stream of its own. Source of the Latin hypercube: McKay, Beckman,
 * Conover, Technometrics 21 (1979). Cells are read as they will be for their runs; that is the
 * check. */
#include "experiment/cells.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "base/task_pool.h"
#include "base/text.h"
#include "engine/random.h"
#include "experiment/shard.h"
#include "experiment/sweep_file.h"
#include "output/inputs.h"
#include "scenario/scenario.h"

#include <stdlib.h>
#include <string.h>

enum { CELLS_NAMED = 3, MISTAKES_MOST = 1000 };

static void open_stream(RandomStream *stream, const Sample *sample, size_t axis) {
    random_stream_init_named(stream, sample->seed, 0, "sample.%zu", axis);
}

/* Choices of one axis ------------------------------------------------------------------------- */

typedef struct Share {
    double share; /* of the axis */
    size_t cell;
} Share;

static int by_share(const void *left, const void *right) {
    const Share *a = left, *b = right;
    if (a->share != b->share) {
        return a->share < b->share ? -1 : 1;
    }
    return (a->cell > b->cell) - (a->cell < b->cell);
}

/* The drawn values become the axis's, each once. */
static void settle(Axis *axis, size_t number, Share shares[], Cells *cells) {
    size_t room = 0;
    qsort(shares, cells->count, sizeof shares[0], by_share);
    for (size_t i = 0; i < cells->count; i++) {
        AxisValue value = axis_value_at(axis, shares[i].share);
        if (axis->count > 0 && strcmp(axis->values[axis->count - 1].label, value.label) == 0) {
            axis_value_clear(&value);
        } else {
            axis->values = memory_grow(axis->values, axis->count, &room, sizeof axis->values[0]);
            axis->values[axis->count++] = value;
        }
        cells->choices[shares[i].cell * cells->axis_count + number] = (uint32_t)(axis->count - 1);
    }
    axis->continuous = false;
}

static void choose(Axis *axis, size_t number, Share shares[], Cells *cells) {
    asim_assert(number < cells->axis_count);
    if (axis->continuous) {
        settle(axis, number, shares, cells);
        return;
    }
    for (size_t i = 0; i < cells->count; i++) {
        const size_t choice = (size_t)(shares[i].share * (double)axis->count);
        cells->choices[shares[i].cell * cells->axis_count + number] =
            (uint32_t)(choice < axis->count ? choice : axis->count - 1);
    }
}

/* Random: a share for each cell. Latin hypercube: one in each of as many parts, in an order drawn
 * by Fisher and Yates. */
static void draw_shares(const Sample *sample, size_t axis, Share shares[], size_t count) {
    const bool strata = sample->kind == SAMPLE_LATIN_HYPERCUBE;
    RandomStream stream;
    open_stream(&stream, sample, axis);
    for (size_t i = 0; i < count; i++) {
        const double share = random_uniform(&stream);
        shares[i] = (Share){strata ? ((double)i + share) / (double)count : share, i};
    }
    for (size_t i = count; strata && i > 1; i--) {
        const size_t other = (size_t)random_below(&stream, i), cell = shares[i - 1].cell;
        shares[i - 1].cell = shares[other].cell;
        shares[other].cell = cell;
    }
}

static void sample_axes(Axes *axes, const Sample *sample, Cells *cells) {
    Share *shares = memory_new(cells->count, sizeof shares[0]);
    for (size_t i = 0; i < axes->count; i++) {
        draw_shares(sample, i, shares, cells->count);
        choose(&axes->items[i], i, shares, cells);
    }
    free(shares);
}

/* Cells of the grid --------------------------------------------------------------------------- */

static void put_grid_cell(const Axes *axes, size_t grid_cell, uint32_t choices[]) {
    for (size_t i = axes->count; i-- > 0;) {
        choices[i] = (uint32_t)(grid_cell % axes->items[i].count);
        grid_cell /= axes->items[i].count;
    }
    asim_assert(grid_cell == 0);
}

static int by_number(const void *left, const void *right) {
    const size_t a = *(const size_t *)left, b = *(const size_t *)right;
    return (a > b) - (a < b);
}

size_t cells_distinct(size_t numbers[], size_t count) {
    size_t kept = 0;
    qsort(numbers, count, sizeof numbers[0], by_number);
    for (size_t i = 0; i < count; i++) {
        asim_assert(kept == 0 || numbers[kept - 1] <= numbers[i]);
        if (kept == 0 || numbers[i] != numbers[kept - 1]) {
            numbers[kept++] = numbers[i];
        }
    }
    return kept;
}

/* Of two cells that were drawn alike, one is drawn again. */
static void sample_grid(const Axes *axes, const Sample *sample, size_t grid_size, Cells *cells) {
    asim_assert(cells->count <= grid_size);
    size_t *numbers = memory_new(cells->count, sizeof numbers[0]), count = 0;
    RandomStream stream;
    open_stream(&stream, sample, 0);
    while (count < cells->count) {
        while (count < cells->count) {
            numbers[count++] = (size_t)random_below(&stream, grid_size);
        }
        count = cells_distinct(numbers, count);
    }
    for (size_t i = 0; i < count; i++) {
        put_grid_cell(axes, numbers[i], cells->choices + i * axes->count);
    }
    free(numbers);
}

static bool is_discrete(const Axes *axes) {
    for (size_t i = 0; i < axes->count; i++) {
        if (axes->items[i].continuous) {
            return false;
        }
    }
    return true;
}

Cells sample_cells(Axes *axes, const Sample *sample) {
    const size_t grid_size = is_discrete(axes) ? axes_grid_size(axes) : SIZE_MAX;
    Cells cells = {.count = sample->kind == SAMPLE_GRID ? grid_size : sample->count,
                   .axis_count = axes->count};
    asim_assert(cells.count >= 1 && cells.count <= SAMPLE_CELLS_MOST);
    cells.choices = memory_new(cells.count * axes->count, sizeof cells.choices[0]);
    if (sample->kind == SAMPLE_GRID) {
        for (size_t i = 0; i < cells.count; i++) {
            put_grid_cell(axes, i, cells.choices + i * axes->count);
        }
    } else if (sample->kind == SAMPLE_RANDOM && grid_size != SIZE_MAX) {
        sample_grid(axes, sample, grid_size, &cells);
    } else {
        sample_axes(axes, sample, &cells);
    }
    return cells;
}

void cells_clear(Cells *cells) {
    free(cells->choices);
    *cells = (Cells){0};
}

const AxisValue *cells_value(const Cells *cells, const Axes *axes, size_t cell, size_t axis) {
    asim_assert(cell < cells->count && axis < cells->axis_count);
    const uint32_t choice = cells->choices[cell * cells->axis_count + axis];
    asim_assert(choice < axes->items[axis].count);
    return &axes->items[axis].values[choice];
}

/* Scenarios ----------------------------------------------------------------------------------- */

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
    Text text = {0};
    text_addf(&text, "%zu (", cell);
    for (size_t i = 0; i < sweep->axes.count; i++) {
        text_addf(&text, "%s%s=%s", i > 0 ? ", " : "", sweep->axes.items[i].name,
                  cells_value(&sweep->cells, &sweep->axes, cell, i)->label);
    }
    text_add_char(&text, ')');
    return text_take(&text);
}

/* Is every cell one? -------------------------------------------------------------------------- */

typedef struct Verdict {
    bool known;
    ErrorList errors; /* none: the cell is valid */
} Verdict;

typedef struct Check {
    const SweepFile *sweep;
    const Shard *shard;
    Verdict *verdicts; /* of each cell */
    TextList *inputs;
} Check;

static bool judge(Check *self, size_t cell, bool with_inputs) {
    Verdict *verdict = &self->verdicts[cell];
    if (!verdict->known || (with_inputs && verdict->errors.count == 0)) {
        Scenario *scenario = sweep_cell_scenario(self->sweep, cell, &verdict->errors);
        asim_assert((scenario == NULL) == (verdict->errors.count > 0));
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
        asim_assert(value < count);
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

/* At "PLACE, cells 3 (a=1, b=2), 7 (...) and 12 more". What all cells have is the scenario's own,
 * or a constant axis's: it needs no cell. */
static void tell(const SweepFile *sweep, const Mistake *mistake, size_t judged, ErrorList *errors) {
    asim_assert(mistake->count >= 1);
    if (mistake->count == judged) {
        error_add(errors, mistake->error);
        return;
    }
    Error error = *mistake->error;
    Text place = {0};
    text_addf(&place, "%s%s%s", error.place != NULL ? error.place : "",
              error.place != NULL ? ", " : "", mistake->count > 1 ? "cells " : "cell ");
    for (size_t i = 0; i < mistake->count && i < CELLS_NAMED; i++) {
        char *cell = sweep_cell_text(sweep, mistake->cells[i]);
        text_addf(&place, "%s%s", i > 0 ? ", " : "", cell);
        free(cell);
    }
    if (mistake->count > CELLS_NAMED) {
        text_addf(&place, " and %zu more", mistake->count - CELLS_NAMED);
    }
    error.place = place.text;
    error_add(errors, &error);
    text_clear(&place);
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
        error_found(errors, &(Error){.file = self->sweep->file}, NULL, NULL,
                    "%zu more mistakes in other cells", mistakes.others);
    }
    free(mistakes.items);
}

bool sweep_check(const SweepFile *sweep, const Shard *shard, const TaskPool *pool, TextList *inputs,
                 ErrorList *errors) {
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

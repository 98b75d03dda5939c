// SPDX-License-Identifier: GPL-3.0-or-later
/* Draws of cells. Source of the Latin hypercube: McKay, Beckman, Conover, Technometrics 21 (1979).
 * Each axis has a stream of its own. */
#include "experiment/sample.h"

#include "base/memory.h"
#include "engine/random.h"

#include <stdlib.h>
#include <string.h>

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

static void draw_shares(RandomStream *stream, Share shares[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        shares[i] = (Share){random_uniform(stream), i};
    }
}

/* One share in each of count parts, in an order drawn by Fisher and Yates. */
static void draw_strata(RandomStream *stream, Share shares[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        shares[i] = (Share){((double)i + random_uniform(stream)) / (double)count, i};
    }
    for (size_t i = count; i > 1; i--) {
        const size_t other = random_below(stream, i);
        const size_t cell = shares[i - 1].cell;
        shares[i - 1].cell = shares[other].cell;
        shares[other].cell = cell;
    }
}

static void sample_axes(Axes *axes, const Sample *sample, Cells *cells) {
    Share *shares = memory_new(cells->count, sizeof shares[0]);
    for (size_t i = 0; i < axes->count; i++) {
        RandomStream stream;
        open_stream(&stream, sample, i);
        if (sample->kind == SAMPLE_LATIN_HYPERCUBE) {
            draw_strata(&stream, shares, cells->count);
        } else {
            draw_shares(&stream, shares, cells->count);
        }
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
}

static int by_number(const void *left, const void *right) {
    const size_t a = *(const size_t *)left, b = *(const size_t *)right;
    return (a > b) - (a < b);
}

/* Sorts; what comes twice is left out. */
static size_t distinct(size_t numbers[], size_t count) {
    size_t kept = 0;
    qsort(numbers, count, sizeof numbers[0], by_number);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || numbers[i] != numbers[kept - 1]) {
            numbers[kept++] = numbers[i];
        }
    }
    return kept;
}

/* Of two cells that were drawn alike, one is drawn again. */
static void sample_grid(const Axes *axes, const Sample *sample, size_t grid_size, Cells *cells) {
    size_t *numbers = memory_new(cells->count, sizeof numbers[0]), count = 0;
    RandomStream stream;
    open_stream(&stream, sample, 0);
    while (count < cells->count) {
        while (count < cells->count) {
            numbers[count++] = random_below(&stream, grid_size);
        }
        count = distinct(numbers, count);
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
    return &axes->items[axis].values[cells->choices[cell * cells->axis_count + axis]];
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Arithmetic of cells; see search_space.h. */
#include "experiment/search_space.h"

#include "base/memory.h"
#include "engine/random.h"

#include <math.h>
#include <stdlib.h>

size_t search_cells(const SearchAxis axes[], size_t axis_count) {
    size_t cells = 1;
    for (size_t i = 0; i < axis_count; i++) {
        if (axes[i].count != 0 && cells > (SIZE_MAX - 1) / axes[i].count) {
            return SIZE_MAX;
        }
        cells *= axes[i].count;
    }
    return cells;
}

void search_positions(const SearchAxis axes[], size_t axis_count, size_t cell, size_t positions[]) {
    for (size_t i = axis_count; i-- > 0;) {
        positions[i] = cell % axes[i].count;
        cell /= axes[i].count;
    }
}

static size_t cell_at(const SearchAxis axes[], size_t axis_count, const size_t positions[]) {
    size_t cell = 0;
    for (size_t i = 0; i < axis_count; i++) {
        cell = cell * axes[i].count + positions[i];
    }
    return cell;
}

/* Rounded: the order in which shares are added up must not tell equals apart. */
double search_distance(const SearchProblem *problem, size_t cell) {
    double distance = 0;
    for (size_t i = problem->axis_count; i-- > 0;) {
        const SearchAxis *axis = &problem->axes[i];
        distance += axis->away ? axis->away[cell % axis->count] : 0;
        cell /= axis->count;
    }
    return round(1e9 * distance) / 1e9;
}

void cell_list_add(CellList *list, size_t cell) {
    list->items = memory_grow(list->items, list->count, &list->room, sizeof *list->items);
    list->items[list->count++] = cell;
}

void cell_list_clear(CellList *list) {
    free(list->items);
    *list = (CellList){0};
}

/* Latin hypercube ---------------------------------------------------------------------------- */

static void shuffle(size_t items[], size_t count, RandomStream *stream) {
    for (size_t i = count; i > 1; i--) {
        const size_t other = (size_t)random_below(stream, i), kept = items[i - 1];
        items[i - 1] = items[other];
        items[other] = kept;
    }
}

static int by_number(const void *left, const void *right) {
    const size_t a = *(const size_t *)left, b = *(const size_t *)right;
    return (a > b) - (a < b);
}

static void drop_repeated(CellList *cells) {
    size_t kept = 0;
    qsort(cells->items, cells->count, sizeof *cells->items, by_number);
    for (size_t i = 0; i < cells->count; i++) {
        if (i == 0 || cells->items[i] != cells->items[i - 1]) {
            cells->items[kept++] = cells->items[i];
        }
    }
    cells->count = kept;
}

void search_latin_hypercube(const SearchProblem *problem, size_t points, CellList *cells) {
    const size_t axes = problem->axis_count;
    size_t *strata = memory_new(points, sizeof *strata);
    size_t *positions = memory_new(points * axes, sizeof *positions);
    for (size_t axis = 0; axis < axes; axis++) {
        RandomStream stream;
        random_stream_init_named(&stream, problem->seed, 0, "search.sample.%zu", axis);
        for (size_t i = 0; i < points; i++) {
            strata[i] = i;
        }
        shuffle(strata, points, &stream);
        for (size_t i = 0; i < points; i++) {
            const double share = ((double)strata[i] + random_uniform(&stream)) / (double)points;
            const size_t count = problem->axes[axis].count;
            const size_t position = (size_t)(share * (double)count);
            positions[i * axes + axis] = position < count ? position : count - 1;
        }
    }
    for (size_t i = 0; i < points; i++) {
        cell_list_add(cells, cell_at(problem->axes, axes, positions + i * axes));
    }
    drop_repeated(cells);
    free(strata);
    free(positions);
}

/* Neighbours --------------------------------------------------------------------------------- */

/* Moves by a step up or down; false at the end of the axis. */
static bool move(const SearchAxis *axis, size_t *position, size_t step, bool up) {
    if (up ? *position + step >= axis->count : *position < step) {
        return false;
    }
    *position = up ? *position + step : *position - step;
    return true;
}

void search_neighbours(const SearchProblem *problem, size_t cell, const size_t steps[],
                       CellList *cells) {
    const size_t axes = problem->axis_count;
    size_t *positions = memory_new(axes, sizeof *positions);
    for (size_t i = 0; i < 2 * axes; i++) {
        const size_t axis = i / 2;
        search_positions(problem->axes, axes, cell, positions);
        if (move(&problem->axes[axis], &positions[axis], steps[axis], i % 2 == 1)) {
            cell_list_add(cells, cell_at(problem->axes, axes, positions));
        }
    }
    free(positions);
}

void search_diagonals(const SearchProblem *problem, size_t cell, const size_t steps[],
                      CellList *cells) {
    const size_t axes = problem->axis_count;
    size_t *positions = memory_new(axes, sizeof *positions);
    for (size_t one = 0; one < axes; one++) {
        for (size_t i = 2 * (one + 1); i < 2 * axes; i++) {
            const size_t other = i / 2;
            for (int up = 0; up < 2; up++) {
                search_positions(problem->axes, axes, cell, positions);
                if (move(&problem->axes[one], &positions[one], steps[one], up == 1) &&
                    move(&problem->axes[other], &positions[other], steps[other], i % 2 == 1)) {
                    cell_list_add(cells, cell_at(problem->axes, axes, positions));
                }
            }
        }
    }
    free(positions);
}

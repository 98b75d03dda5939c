// SPDX-License-Identifier: GPL-3.0-or-later
/* Cells: the whole grid, some of it, or one in each part of every axis; and parts of an experiment.
 */
#include "base/json.h"
#include "experiment/axis.h"
#include "experiment/cells.h"
#include "experiment/shard.h"
#include "scenario/reader.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static Axes axes;
static ErrorList errors;

static void read_axes(const char *text) {
    JsonTree tree;
    Reader reader = {.tree = &tree, .file = "sweep.json", .errors = &errors};
    cr_assert(json_parse(&tree, text, strlen(text), "sweep.json", &errors));
    cr_assert(axes_read(&reader, tree.root, NULL, &axes));
    json_clear(&tree);
}

static void set_up(void) {
    errors = (ErrorList){0};
    axes = (Axes){0};
}

static void tear_down(void) {
    axes_clear(&axes);
    error_list_clear(&errors);
}

TestSuite(experiment_sample, .init = set_up, .fini = tear_down);

#define GRID "[{\"option\":\"a.x\",\"values\":[1,2,3]},{\"option\":\"a.y\",\"values\":[4,5,6,7]}]"

static size_t grid_number(const Cells *cells, size_t cell) {
    return cells->choices[2 * cell] * 4 + cells->choices[2 * cell + 1];
}

Test(experiment_sample, a_grid_has_every_combination_once) {
    read_axes(GRID);
    Cells cells = sample_cells(&axes, &(Sample){.kind = SAMPLE_GRID});
    cr_assert_eq(cells.count, 12);
    for (size_t i = 0; i < 12; i++) {
        cr_assert_eq(grid_number(&cells, i), i);
    }
    cells_clear(&cells);
}

Test(experiment_sample, random_cells_are_distinct_and_follow_the_seed) {
    read_axes(GRID);
    size_t numbers[2][11];
    for (uint64_t seed = 1; seed <= 2; seed++) {
        Cells cells =
            sample_cells(&axes, &(Sample){.kind = SAMPLE_RANDOM, .count = 6, .seed = seed});
        Cells again =
            sample_cells(&axes, &(Sample){.kind = SAMPLE_RANDOM, .count = 6, .seed = seed});
        cr_assert_eq(memcmp(cells.choices, again.choices, 12 * sizeof cells.choices[0]), 0);
        for (size_t i = 0; i < 6; i++) {
            numbers[seed - 1][i] = grid_number(&cells, i);
            cr_assert(i == 0 || numbers[seed - 1][i] > numbers[seed - 1][i - 1]);
        }
        cells_clear(&cells);
        cells_clear(&again);
    }
    cr_assert_neq(memcmp(numbers[0], numbers[1], 6 * sizeof numbers[0][0]), 0);
}

Test(experiment_sample, each_part_of_a_latin_hypercube_has_one_cell) {
    enum { CELLS = 40 };
    read_axes("[{\"option\":\"a.x\",\"from\":0,\"to\":40},"
              "{\"option\":\"a.y\",\"from\":1,\"to\":1024,\"scale\":\"log\"},"
              "{\"option\":\"a.z\",\"values\":[1,2,3,4]}]");
    Cells cells =
        sample_cells(&axes, &(Sample){.kind = SAMPLE_LATIN_HYPERCUBE, .count = CELLS, .seed = 7});
    size_t of_x[CELLS] = {0}, of_y[10] = {0}, of_z[4] = {0};
    for (size_t i = 0; i < CELLS; i++) {
        of_x[(size_t)atof(cells_value(&cells, &axes, i, 0)->label)]++;
        double y = atof(cells_value(&cells, &axes, i, 1)->label);
        size_t octave = 0;
        while (octave < 9 && y >= 2) {
            y /= 2;
            octave++;
        }
        of_y[octave]++;
        of_z[cells.choices[3 * i + 2]]++;
    }
    for (size_t i = 0; i < CELLS; i++) {
        cr_assert_eq(of_x[i], 1, "part %zu of x has %zu", i, of_x[i]);
    }
    for (size_t i = 0; i < 10; i++) {
        cr_assert_eq(of_y[i], 4, "octave %zu has %zu", i, of_y[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(of_z[i], 10);
    }
    cr_assert_not(axes.items[0].continuous);
    for (size_t i = 1; i < axes.items[0].count; i++) { /* in order, for axes.csv */
        cr_assert_gt(atof(axes.items[0].values[i].label), atof(axes.items[0].values[i - 1].label));
    }
    cells_clear(&cells);
}

/* Shards --------------------------------------------------------------------------------------- */

static void expect_shard(const char *text, size_t number, size_t count) {
    Shard shard;
    cr_assert(shard_read(text, &shard, &errors), "%s was refused", text);
    cr_assert_eq(shard.number, number, "%s: %zu", text, shard.number);
    cr_assert_eq(shard.count, count);
}

static void refuse_shard(const char *text, const char *told) {
    Shard shard;
    cr_assert_not(shard_read(text, &shard, &errors), "%s was accepted", text);
    char *all = error_list_text(&errors);
    cr_assert_not_null(strstr(all, told), "no \"%s\" in %s", told, all);
    free(all);
    error_list_clear(&errors);
}

Test(experiment_sample, shards_by_hand) {
    expect_shard("1/1", 1, 1);
    expect_shard("3/8", 3, 8);
    refuse_shard("0/8", "part 0 of 8");
    refuse_shard("9/8", "part 9 of 8");
    refuse_shard("3", "--shard: found 3");
    refuse_shard("/8", "--shard: found /8");
    refuse_shard("1/", "--shard: found 1/");
    refuse_shard("-1/8", "--shard: found -1/8");
    refuse_shard("1/8x", "--shard: found 1/8x");
    size_t cells = 0;
    for (size_t number = 1; number <= 3; number++) {
        for (size_t cell = 0; cell < 10; cell++) {
            cells += shard_has(&(Shard){number, 3}, cell);
        }
    }
    cr_assert_eq(cells, 10);
}

Test(experiment_sample, shards_from_the_environment) {
    refuse_shard("auto/8", "neither JOB_COMPLETION_INDEX nor SLURM_ARRAY_TASK_ID");
    setenv("SLURM_ARRAY_TASK_ID", "12", 1);
    expect_shard("auto/20", 13, 20);
    refuse_shard("auto", "no SLURM_ARRAY_TASK_COUNT");
    setenv("SLURM_ARRAY_TASK_MIN", "10", 1);
    setenv("SLURM_ARRAY_TASK_COUNT", "4", 1);
    setenv("SLURM_ARRAY_TASK_STEP", "1", 1);
    expect_shard("auto", 3, 4);
    setenv("SLURM_ARRAY_TASK_STEP", "2", 1);
    refuse_shard("auto", "an array with a step");
    expect_shard("2/4", 2, 4);
    setenv("JOB_COMPLETION_INDEX", "0", 1);
    expect_shard("auto/5", 1, 5);
    setenv("JOB_COMPLETION_INDEX", "5", 1);
    refuse_shard("auto/5", "part 6 of 5");
    setenv("JOB_COMPLETION_INDEX", "x", 1);
    refuse_shard("auto/5", "JOB_COMPLETION_INDEX=x");
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Does `optimize` find what trying everything finds? On scenarios/optimize/small-space.json, for
 * each of ten seeds: the search, and every combination on the replications of a confirmation under
 * the same rule, written down here once more: every limit kept by the upper end of the confidence
 * interval of its mean, then the lowest mean cost.
 *
 * The exhaustive search shares the replications of its seed with the confirmation, as it must to be
 * the same question; how often the search also finds what all ten seeds together say is told, but
 * not judged: two hundred replications know more than twenty.
 *
 * Passes if at least 9 of 10 agree, with at most a fifth of the simulations each time.
 *
 *     optimize_against_exhaustive [FILE [SEEDS]] */
#include "engine/memory.h"
#include "experiment/optimization_run.h"
#include "experiment/task_pool.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEEDS_MOST = 1000 };

typedef struct Exhaustive {
    const Optimization *optimization;
    size_t cells, width, replications;
    double *figures; /* by cell, replication, figure */
} Exhaustive;

static bool run_one(void *self, size_t index) {
    Exhaustive *all = self;
    const Optimization *optimization = all->optimization;
    ErrorList errors = {0};
    Measurement measurement;
    Scenario *scenario =
        optimization_scenario(optimization, &optimization->base, index / all->replications,
                              (int64_t)(SEARCH_FRESH + index % all->replications), &errors);
    const bool done =
        scenario && measurement_run(scenario, NULL, &measurement, &errors) == ASIM_RUN_DONE;
    if (done) {
        double *figures = all->figures + index * all->width;
        figures[0] = metric_value(&optimization->cost, scenario, &measurement);
        for (size_t i = 0; i < optimization->limit_count; i++) {
            figures[1 + i] = metric_value(&optimization->limits[i].metric, scenario, &measurement);
        }
        measurement_clear(&measurement);
    }
    error_list_print(&errors, stderr);
    error_list_clear(&errors);
    scenario_destroy(scenario);
    return done;
}

/* Mean and half-width of `count` values that lie `stride` apart. */
static void interval(const double *values, size_t count, size_t stride, double confidence,
                     double *mean, double *half_width) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i * stride];
    }
    *mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) {
        squares += (values[i * stride] - *mean) * (values[i * stride] - *mean);
    }
    *half_width = gsl_cdf_tdist_Pinv(0.5 + confidence / 2, (double)count - 1) *
                  sqrt(squares / (double)(count - 1) / (double)count);
}

/* The cheapest cell that keeps every limit; all->cells if none does. */
static size_t cheapest(const Exhaustive *all) {
    const Optimization *optimization = all->optimization;
    size_t winner = all->cells;
    double least = INFINITY, mean, half_width;
    for (size_t cell = 0; cell < all->cells; cell++) {
        const double *figures = all->figures + cell * all->replications * all->width;
        bool kept = true;
        for (size_t i = 0; i < optimization->limit_count; i++) {
            const SloLimit *limit = &optimization->limits[i];
            interval(figures + 1 + i, all->replications, all->width, optimization->confidence,
                     &mean, &half_width);
            kept = kept && (limit->at_least ? mean - half_width >= limit->limit
                                            : mean + half_width <= limit->limit);
        }
        interval(figures, all->replications, all->width, optimization->confidence, &mean,
                 &half_width);
        if (kept && mean < least) {
            least = mean;
            winner = cell;
        }
    }
    return winner;
}

static void tell_cell(const char *what, const Optimization *optimization, size_t cell,
                      size_t cells) {
    char *text = cell < cells ? optimization_cell_text(optimization, cell) : memory_text("none");
    printf("    %-12s %s\n", what, text);
    free(text);
}

/* Every cell's figures of all seeds side by side, as if they were replications of one. */
static size_t pooled_winner(const Optimization *optimization, Exhaustive seeds[], size_t count) {
    Exhaustive pool = seeds[0];
    pool.optimization = optimization;
    pool.replications = count * seeds[0].replications;
    pool.figures = memory_new(pool.cells * pool.replications * pool.width, sizeof(double));
    double *to = pool.figures;
    for (size_t cell = 0; cell < pool.cells; cell++) {
        for (size_t seed = 0; seed < count; seed++) {
            const size_t values = seeds[0].replications * pool.width;
            for (size_t i = 0; i < values; i++) {
                *to++ = seeds[seed].figures[cell * values + i];
            }
        }
    }
    const size_t winner = cheapest(&pool);
    free(pool.figures);
    return winner;
}

typedef struct Outcome {
    size_t found, reference;
    double share;
} Outcome;

/* One seed; all->figures is kept for the pool. */
static bool try_seed(const char *file, size_t seed, Optimization *optimization, Exhaustive *all,
                     Outcome *outcome) {
    OverrideList changes = {0};
    ErrorList errors = {0};
    OptimizationResult result = {0};
    char number[24];
    snprintf(number, sizeof number, "%zu", seed);
    overrides_add(&changes, "seed", number, "--seed");
    const size_t jobs = task_pool_default_jobs();
    const OptimizationWork work = {.jobs = jobs};
    bool done = optimization_read(optimization, file, &changes, 0, &errors) &&
                optimization_run(optimization, &work, &result, &errors) == ASIM_RUN_DONE;
    if (done) {
        *all = (Exhaustive){.optimization = optimization,
                            .cells = search_cells(optimization->grid, optimization->axes.count),
                            .width = 1 + optimization->limit_count,
                            .replications = optimization->confirmation};
        const size_t runs = all->cells * all->replications;
        const TaskPool pool = {.jobs = jobs};
        all->figures = memory_new(runs * all->width, sizeof(double));
        done = task_pool_run(&pool, runs, run_one, all);
        outcome->reference = cheapest(all);
        outcome->found = result.verdict == SEARCH_CERTAIN
                             ? optimization_told_cell(&result, OPTIMIZATION_WINNER)
                             : all->cells;
        outcome->share = (double)result.search.simulations / (double)runs;
        printf("seed %zu: %s, %zu simulations against %zu (%.1f %%)\n", seed,
               outcome->found == outcome->reference ? "the same" : "DIFFERENT",
               result.search.simulations, runs, 100 * outcome->share);
        tell_cell("search", optimization, outcome->found, all->cells);
        tell_cell("exhaustive", optimization, outcome->reference, all->cells);
        fflush(stdout);
    }
    error_list_print(&errors, stderr);
    error_list_clear(&errors);
    overrides_clear(&changes);
    optimization_result_clear(&result);
    return done;
}

int main(int argc, char *argv[]) {
    const char *file = argc > 1 ? argv[1] : "scenarios/optimize/small-space.json";
    const long asked = argc > 2 ? strtol(argv[2], NULL, 10) : 10;
    const size_t seeds = asked > 0 && asked <= SEEDS_MOST ? (size_t)asked : 10;
    Optimization *optimizations = memory_new(seeds, sizeof *optimizations);
    Exhaustive *all = memory_new(seeds, sizeof *all);
    Outcome *outcomes = memory_new(seeds, sizeof *outcomes);
    size_t hits = 0, pooled_hits = 0;
    double most = 0;
    bool done = true;
    for (size_t i = 0; done && i < seeds; i++) {
        done = try_seed(file, i + 1, &optimizations[i], &all[i], &outcomes[i]);
        hits += done && outcomes[i].found == outcomes[i].reference;
        most = done ? fmax(most, outcomes[i].share) : most;
    }
    if (done) {
        const size_t pooled = pooled_winner(&optimizations[0], all, seeds);
        for (size_t i = 0; i < seeds; i++) {
            pooled_hits += outcomes[i].found == pooled;
        }
        printf("all seeds together:\n");
        tell_cell("exhaustive", &optimizations[0], pooled, all[0].cells);
        printf("the search found what the exhaustive search of its seed found in %zu of %zu, with "
               "at most %.1f %% of its simulations;\nwhat all seeds together say in %zu of %zu\n",
               hits, seeds, 100 * most, pooled_hits, seeds);
    }
    for (size_t i = 0; i < seeds; i++) {
        optimization_clear(&optimizations[i]);
        free(all[i].figures);
    }
    free(optimizations);
    free(all);
    free(outcomes);
    const bool passed = done && 10 * hits >= 9 * seeds && most <= 0.2;
    printf("%s\n", passed ? "passed" : "FAILED");
    return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}

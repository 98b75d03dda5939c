// SPDX-License-Identifier: GPL-3.0-or-later
/* The search on objectives that cost nothing to evaluate and whose optimum is known. */
#include "experiment/search.h"

#include "engine/memory.h"
#include "engine/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIGURES = SEARCH_LIMITS + 1, REPLICATIONS = 20 };

/* Cost rises along the axes and latency falls, by other weights: the limit runs slantwise. */
typedef struct Landscape {
    SearchAxis axes[4];
    size_t axis_count;
    SearchLimit limit;
    uint64_t seed;
    double common, own;     /* relative noise that all share, and of each */
    size_t dead_axis;       /* that changes nothing; SIZE_MAX: none */
    size_t runs[4];         /* by stage */
    size_t latest;          /* replication below SEARCH_FRESH */
    size_t fresh_too_early; /* of them beyond SEARCH_FRESH before confirmation */
} Landscape;

static double noise(const Landscape *land, size_t cell, size_t replication, const char *what) {
    RandomStream stream;
    random_stream_init_named(&stream, land->seed, replication, "%s.%zu", what, cell);
    return random_normal(&stream);
}

static void evaluate(const Landscape *land, size_t cell, size_t replication, bool noisy,
                     double figures[FIGURES]) {
    static const double dear[] = {3, 1, 0.7, 1.6}, quick[] = {0.5, 0.22, 0.09, 0.2};
    size_t positions[4] = {0};
    double cost = 10, pace = 0;
    search_positions(land->axes, land->axis_count, cell, positions);
    for (size_t i = 0; i < land->axis_count; i++) {
        const double position = i == land->dead_axis ? 0 : (double)positions[i];
        cost += dear[i] * position;
        pace += quick[i] * position;
    }
    size_t same = cell;
    if (land->dead_axis < land->axis_count) {
        same -= positions[land->dead_axis]; /* it is the last one */
    }
    const double luck = noisy ? land->common * noise(land, 0, replication, "luck") +
                                    land->own * noise(land, same, replication, "own")
                              : 0;
    figures[SEARCH_COST] = cost * exp(0.2 * luck);
    figures[SEARCH_LATENCY] = figures[SEARCH_LIMITS] = 8 * exp(luck - pace);
}

static bool any_cell(void *self, size_t cell) {
    (void)self, (void)cell;
    return true;
}

static bool simulate(void *self, SearchStage stage, const SearchRun runs[], size_t count,
                     double *figures) {
    Landscape *land = self;
    land->runs[stage] += count;
    for (size_t i = 0; i < count; i++) {
        const size_t cell = runs[i].cell == SEARCH_BASE ? 0 : runs[i].cell;
        const bool fresh = runs[i].replication >= SEARCH_FRESH;
        land->fresh_too_early += fresh != (stage == SEARCH_CONFIRMATION);
        evaluate(land, cell, runs[i].replication, true, figures + i * FIGURES);
    }
    return true;
}

static SearchProblem problem_of(Landscape *land, size_t budget) {
    return (SearchProblem){.axes = land->axes,
                           .axis_count = land->axis_count,
                           .limits = &land->limit,
                           .limit_count = 1,
                           .budget = budget,
                           .confirmation = REPLICATIONS,
                           .confidence = 0.95,
                           .seed = land->seed,
                           .allowed = any_cell,
                           .simulate = simulate,
                           .self = land};
}

static Landscape grid(uint64_t seed) {
    return (Landscape){.axes = {{6, 1}, {6, 1}, {4, 1}, {3, 1}},
                       .axis_count = 4,
                       .limit = {.limit = 2},
                       .seed = seed,
                       .common = 0.2,
                       .own = 0.05,
                       .dead_axis = SIZE_MAX};
}

/* The winner's cell by search_verdict over every cell's fresh replications. */
static size_t exhaustive(Landscape *land) {
    const SearchProblem problem = problem_of(land, 0);
    const size_t cells = search_cells(land->axes, land->axis_count);
    double best = INFINITY, figures[REPLICATIONS * FIGURES];
    size_t winner = SIZE_MAX;
    for (size_t cell = 0; cell < cells; cell++) {
        double cost = 0;
        for (size_t i = 0; i < REPLICATIONS; i++) {
            evaluate(land, cell, SEARCH_FRESH + i, true, figures + i * FIGURES);
            cost += figures[i * FIGURES] / REPLICATIONS;
        }
        if (cost < best && search_verdict(&problem, figures, REPLICATIONS) == SEARCH_CERTAIN) {
            best = cost;
            winner = cell;
        }
    }
    return winner;
}

Test(search, finds_what_the_exhaustive_search_finds_with_a_fifth) {
    const size_t cells = 6 * 6 * 4 * 3;
    size_t hits = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        Landscape land = grid(seed);
        const SearchProblem problem = problem_of(&land, cells * REPLICATIONS / 5);
        Search search;
        cr_assert(search_run(&problem, &search));
        cr_expect_leq(search.simulations, problem.budget);
        const size_t found = search.candidates[search.confirmed[0]].cell;
        const size_t reference = exhaustive(&land);
        if (getenv("TELL"))
            printf("seed %d found %zu reference %zu sims %zu/%zu (%zu %zu %zu %zu) seen %zu conf "
                   "%zu\n",
                   (int)seed, found, reference, search.simulations, problem.budget, land.runs[0],
                   land.runs[1], land.runs[2], land.runs[3], search.replications,
                   search.confirmed_count);
        hits += found == reference;
        search_clear(&search);
    }
    cr_expect_geq(hits, 18, "%zu of 20", hits);
}

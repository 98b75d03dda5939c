// SPDX-License-Identifier: GPL-3.0-or-later
/* Candidates, batches and records of a search. */
#include "experiment/search_work.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const search_stage_names[] = {"screening", "halving", "refinement", "confirmation",
                                          NULL};

/* Candidates ---------------------------------------------------------------------------------- */

size_t search_candidate(SearchWork *work, size_t cell) {
    Search *search = work->search;
    for (size_t i = 0; i < search->count; i++) {
        if (search->candidates[i].cell == cell) {
            return i;
        }
    }
    if (!work->problem->allowed(work->problem->self, cell)) {
        return SEARCH_NONE;
    }
    search->candidates =
        memory_grow(search->candidates, search->count, &search->room, sizeof *search->candidates);
    search->candidates[search->count] = (SearchCandidate){.cell = cell};
    return search->count++;
}

void search_add_candidates(SearchWork *work, const CellList *cells, CellList *members) {
    for (size_t i = 0; i < cells->count; i++) {
        const size_t candidate = search_candidate(work, cells->items[i]);
        if (candidate != SEARCH_NONE) {
            cell_list_add(members, candidate);
        }
    }
}

CellList search_all_candidates(const SearchWork *work) {
    CellList members = {0};
    for (size_t i = 0; i < work->search->count; i++) {
        cell_list_add(&members, i);
    }
    return members;
}

/* Records ---------------------------------------------------------------------------------- */

double search_mean(const double *figures, size_t width, size_t count, size_t figure) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += figures[i * width + figure];
    }
    return sum / (double)count;
}

bool search_is_within(const SearchLimit *limit, double value) {
    return limit->at_least ? value >= limit->limit : value <= limit->limit;
}

void search_record(SearchWork *work, SearchStage stage, size_t cell, const double *figures,
                   size_t count) {
    Search *search = work->search;
    search->records = memory_grow(search->records, search->record_count, &search->record_room,
                                  sizeof *search->records);
    SearchRecord *entry = &search->records[search->record_count++];
    *entry = (SearchRecord){.stage = stage,
                            .cell = cell,
                            .replications = count,
                            .within = true,
                            .means = memory_new(work->figures, sizeof(double))};
    for (size_t i = 0; i < work->figures; i++) {
        entry->means[i] = search_mean(figures, work->figures, count, i);
    }
    for (size_t i = 0; i < work->problem->limit_count; i++) {
        entry->within = entry->within && search_is_within(&work->problem->limits[i],
                                                          entry->means[SEARCH_LIMITS + i]);
    }
    entry->within = entry->within && !isnan(entry->means[SEARCH_COST]);
}

/* Batches ---------------------------------------------------------------------------------- */

bool search_simulate(SearchWork *work, SearchStage stage, const SearchRun runs[], size_t count,
                     double *figures) {
    asim_assert(count <= work->left);
    work->left -= count;
    work->search->simulations += count;
    return count == 0 || work->problem->simulate(work->problem->self, stage, runs, count, figures);
}

/* What a candidate has seen in the search, or in confirmation. */
typedef struct Seen {
    double **figures;
    size_t *count;
} Seen;

static Seen seen_of(SearchWork *work, size_t candidate, SearchStage stage) {
    SearchCandidate *who = &work->search->candidates[candidate];
    return stage == SEARCH_CONFIRMATION ? (Seen){&who->fresh, &who->fresh_count}
                                        : (Seen){&who->figures, &who->count};
}

/* Appends what the replications up to the target gave; returns what is behind it. */
static const double *keep(SearchWork *work, SearchStage stage, size_t candidate, size_t target,
                          const double *got) {
    const Seen seen = seen_of(work, candidate, stage);
    if (*seen.count >= target) {
        return got;
    }
    const size_t more = (target - *seen.count) * work->figures;
    *seen.figures = memory_resize(*seen.figures, target * work->figures, sizeof(double));
    memcpy(*seen.figures + *seen.count * work->figures, got, more * sizeof(double));
    *seen.count = target;
    search_record(work, stage, work->search->candidates[candidate].cell, *seen.figures, target);
    return got + more;
}

bool search_replicate(SearchWork *work, SearchStage stage, const CellList *members, size_t target) {
    const size_t first = stage == SEARCH_CONFIRMATION ? SEARCH_FRESH : 0;
    SearchRun *runs = memory_new(members->count * target + 1, sizeof *runs);
    size_t count = 0;
    for (size_t i = 0; i < members->count; i++) {
        const size_t cell = work->search->candidates[members->items[i]].cell;
        for (size_t k = *seen_of(work, members->items[i], stage).count; k < target; k++) {
            runs[count++] = (SearchRun){.cell = cell, .replication = first + k};
        }
    }
    double *got = memory_new(count * work->figures + 1, sizeof *got);
    const bool done = search_simulate(work, stage, runs, count, got);
    const double *next = got;
    for (size_t i = 0; done && i < members->count; i++) {
        next = keep(work, stage, members->items[i], target, next);
    }
    free(runs);
    free(got);
    return done;
}

/* Standing ---------------------------------------------------------------------------------- */

void search_keep_best(SearchWork *work, CellList *members, size_t places) {
    Order order;
    size_t *taken = memory_new(places, sizeof *taken);
    order_init(&order, work->problem, work->search, members->items, members->count);
    const size_t count =
        order_take(&order, work->search, work->problem, members->items, places, taken);
    CellList kept = {0};
    for (size_t i = 0; i < count; i++) {
        cell_list_add(&kept, members->items[taken[i]]);
    }
    cell_list_clear(members);
    *members = kept;
    order_clear(&order);
    free(taken);
}

void search_order_all(SearchWork *work, Order *order) {
    CellList members = search_all_candidates(work);
    order_init(order, work->problem, work->search, members.items, members.count);
    cell_list_clear(&members);
}

double search_excess(const Order *order, size_t candidate, size_t level) {
    return order->excess[candidate * ORDER_LEVELS + level];
}

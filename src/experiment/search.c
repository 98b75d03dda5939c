// SPDX-License-Identifier: GPL-3.0-or-later
/* The stages of a search, one after the other; see search.h. Decisions are made between batches of
 * simulations, on what all of them gave, so that they do not depend on who ran what when. */
#include "experiment/search_work.h"

#include "base/assertion.h"

#include <stdlib.h>

enum {
    LEAST_PLACES = 2, /* in confirmation, beside the base */
    SAMPLE_FACTOR = 4 /* a grid of more cells than so many budgets is sampled unseen */
};

/* Every allowed cell; false if there are too many to look at. */
static bool enumerate(SearchWork *work, CellList *cells) {
    const SearchProblem *problem = work->problem;
    const size_t count = search_cells(problem->axes, problem->axis_count);
    if (count / SAMPLE_FACTOR > problem->budget) {
        return false;
    }
    for (size_t cell = 0; cell < count; cell++) {
        if (problem->allowed(problem->self, cell)) {
            cell_list_add(cells, cell);
        }
    }
    return true;
}

size_t search_least_budget(size_t confirmation) {
    return 2 * (LEAST_PLACES + 1) * confirmation;
}

/* How many may be confirmed beside the base, if half of the budget at most is kept for it. */
static size_t places_for(const SearchProblem *problem) {
    const size_t places = problem->budget / 2 / problem->confirmation - 1;
    return places < FINALISTS + FRONT_POINTS ? places : FINALISTS + FRONT_POINTS;
}

static bool search_by_stages(SearchWork *work, const CellList *cells, bool enumerated) {
    const size_t places = places_for(work->problem);
    const size_t reserve = (places + 1) * work->problem->confirmation;
    if (!search_screen(work, cells, enumerated, work->left - reserve) ||
        !search_halve(work, work->left - reserve) || !search_refine(work, reserve)) {
        return false;
    }
    work->search->replications = work->seen;
    return search_confirm_finalists(work, places);
}

static bool confirm_everything(SearchWork *work, const CellList *cells) {
    CellList members = {0};
    work->search->all_confirmed = true;
    work->search->screened = cells->count;
    search_add_candidates(work, cells, &members);
    const bool done = members.count > 0 && search_confirm(work, &members);
    cell_list_clear(&members);
    return done;
}

bool search_run(const SearchProblem *problem, Search *search) {
    asim_assert(problem->budget >= search_least_budget(problem->confirmation) &&
                problem->confirmation >= 2 && problem->confirmation <= SEARCH_FRESH);
    *search = (Search){.whole_grid = true};
    SearchWork work = {.problem = problem,
                       .search = search,
                       .figures = SEARCH_LIMITS + problem->limit_count,
                       .left = problem->budget};
    CellList cells = {0};
    const bool enumerated = enumerate(&work, &cells);
    const bool done = enumerated && cells.count < problem->budget / problem->confirmation
                          ? confirm_everything(&work, &cells)
                          : search_by_stages(&work, &cells, enumerated);
    cell_list_clear(&cells);
    return done;
}

void search_clear(Search *search) {
    for (size_t i = 0; i < search->count; i++) {
        free(search->candidates[i].figures);
        free(search->candidates[i].fresh);
    }
    for (size_t i = 0; i < search->record_count; i++) {
        free(search->records[i].means);
    }
    free(search->candidates);
    free(search->records);
    free(search->base);
    free(search->confirmed);
    *search = (Search){0};
}

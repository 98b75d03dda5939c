// SPDX-License-Identifier: GPL-3.0-or-later
/* Screening and successive halving. */
#include "experiment/search_work.h"

enum {
    LAST_ROUND = 20, /* candidates in the last round */
    DIVISOR = 3      /* one in so many stays in a round */
};
/* Shares of what the stages before have left. */
#define SCREENING_SHARE 0.6
#define HALVING_SHARE 0.65

/* Screening ---------------------------------------------------------------------------------- */

bool search_screen(SearchWork *work, const CellList *whole, bool enumerated, size_t budget) {
    const size_t most = (size_t)(SCREENING_SHARE * (double)budget);
    size_t replications = 2;
    CellList sample = {0};
    const CellList *cells = whole;
    if (enumerated && whole->count <= most) {
        replications = 2 * whole->count <= most ? 2 : 1;
    } else {
        search_latin_hypercube(work->problem, most / 2, &sample);
        cells = &sample;
        work->search->whole_grid = false;
    }
    CellList members = {0};
    search_add_candidates(work, cells, &members);
    work->search->screened = members.count;
    work->seen = replications;
    const bool done =
        members.count > 0 && search_replicate(work, SEARCH_SCREENING, &members, replications);
    cell_list_clear(&sample);
    cell_list_clear(&members);
    return done;
}

/* Halving ------------------------------------------------------------------------------------ */

static size_t size_after(size_t size) {
    const size_t next = (size + DIVISOR - 1) / DIVISOR;
    return next > LAST_ROUND ? next : LAST_ROUND;
}

/* At least one: even a few candidates get more replications than screening had. */
static size_t rounds_for(size_t size) {
    size_t rounds = 1;
    while (size_after(size) > LAST_ROUND) {
        size = size_after(size);
        rounds++;
    }
    return rounds;
}

bool search_halve(SearchWork *work, size_t budget) {
    CellList members = search_all_candidates(work);
    size_t rounds = rounds_for(members.count), left = (size_t)(HALVING_SHARE * (double)budget);
    bool done = true;
    for (; done && rounds > 0; rounds--) {
        const size_t next = size_after(members.count);
        const size_t places = next < left ? next : left;
        if (places == 0) {
            break;
        }
        search_keep_best(work, &members, places);
        size_t more = left / rounds / members.count;
        more = more > 0 ? more : 1;
        const size_t most = work->problem->confirmation;
        const size_t target = work->seen + more < most ? work->seen + more : most;
        left -= (target - work->seen) * members.count;
        work->seen = target;
        done = search_replicate(work, SEARCH_HALVING, &members, target);
    }
    cell_list_clear(&members);
    return done;
}

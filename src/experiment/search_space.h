// SPDX-License-Identifier: GPL-3.0-or-later
/* Cells of a grid by number: samples and neighbours. */
#ifndef EXPERIMENT_SEARCH_SPACE_H
#define EXPERIMENT_SEARCH_SPACE_H

#include "experiment/search.h"

typedef struct CellList {
    size_t *items;
    size_t count, room;
} CellList;

void cell_list_add(CellList *list, size_t cell);
void cell_list_clear(CellList *list);

/* A Latin hypercube: the axis is cut into `points` equal strata, each of which is met once on each
 * axis. Source: McKay, Beckman & Conover, Technometrics 21 (1979). Cells met twice are listed once.
 */
void search_latin_hypercube(const SearchProblem *problem, size_t points, CellList *cells);

/* Cells one step away on one axis. steps: of each axis. */
void search_neighbours(const SearchProblem *problem, size_t cell, const size_t steps[],
                       CellList *cells);
/* On two axes at once: where a limit runs slantwise, cheaper is to be had only by giving a little
 * on one and taking it on another. */
void search_diagonals(const SearchProblem *problem, size_t cell, const size_t steps[],
                      CellList *cells);

#endif

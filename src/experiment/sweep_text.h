// SPDX-License-Identifier: GPL-3.0-or-later
/* What a whole sweep says at its end: the cells that nobody would pass over, from the cheapest to
 * the quickest. */
#ifndef EXPERIMENT_SWEEP_TEXT_H
#define EXPERIMENT_SWEEP_TEXT_H

#include "experiment/sweep_results.h"

#include <stdio.h>

/* elapsed_s: since the command began. */
void sweep_text_print(FILE *stream, const SweepPlan *plan, const SweepOutcomes *outcomes,
                      double elapsed_s);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* Several runs for a command, side by side: each with a report in its folder of one output, and the
 * tables of their comparison beside these. What compare and learn have in common. */
#ifndef CLI_COMPARED_RUNS_H
#define CLI_COMPARED_RUNS_H

#include "base/output_directory.h"
#include "cli/commands.h"
#include "experiment/comparison.h"
#include "experiment/plan.h"

typedef struct ComparedRuns {
    const Invocation *invocation;
    OutputDirectory directory; /* all zero without --out */
    Plan plan;                 /* its reports are owned, scenarios and labels lent */
    ComparisonStatistics statistics;
    ComparisonTextOptions told; /* what is to be said of them; lent */
} ComparedRuns;

/* Was the option given? */
bool compared_runs_have(const ComparedRuns *runs, const char *option);

/* Begins the output that --out asks for. False after adding an error. */
bool compared_runs_begin(ComparedRuns *runs, ErrorList *errors);

/* Opens a report for each of the plan's cells, calls `run`, and writes all of the output or none.
 * files: the inputs of all of them; own[i]: of cell i (NULL: those of all). Returns an exit status.
 */
int compared_runs_do(ComparedRuns *runs, const char *const files[], size_t file_count,
                     const char *const own[], int (*run)(void *self, ErrorList *errors), void *self,
                     ErrorList *errors);

/* For `run`: replications until there are `count` of each, and their statistics. Returns an exit
 * status. */
int compared_runs_until(ComparedRuns *runs, size_t count, size_t jobs, double confidence,
                        double indifference, ErrorList *errors);

void compared_runs_clear(ComparedRuns *runs);

#endif

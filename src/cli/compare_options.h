// SPDX-License-Identifier: GPL-3.0-or-later
/* How sure `compare` is to be: its own options, read and checked. */
#ifndef CLI_COMPARE_OPTIONS_H
#define CLI_COMPARE_OPTIONS_H

#include "cli/commands.h"
#include "experiment/comparison.h"

typedef enum DayBootstrapChoice {
    BOOTSTRAP_RECORDINGS, /* where a recording is replayed that has enough days */
    BOOTSTRAP_DAYS,
    BOOTSTRAP_NONE
} DayBootstrapChoice;

typedef struct CompareOptions {
    bool automatic;      /* as many replications as the precision needs */
    size_t replications; /* else these */
    size_t most;         /* with automatic */
    Precision precision;
    double confidence;
    double indifference;
    size_t jobs;
    DayBootstrapChoice bootstrap;
} CompareOptions;

/* False after adding all mistakes. */
bool compare_options_read(const Arguments *arguments, CompareOptions *options, ErrorList *errors);

#endif

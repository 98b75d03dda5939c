// SPDX-License-Identifier: GPL-3.0-or-later
/* What `compare` prints below its table: verdicts, and what they rest on: replications, confidence,
 * correction, and what was left to chance. */
#ifndef EXPERIMENT_COMPARISON_TEXT_H
#define EXPERIMENT_COMPARISON_TEXT_H

#include "experiment/precision.h"

#include <stdio.h>

typedef struct ComparisonTextOptions {
    const Precision *precision; /* NULL: the number of replications was given */
    size_t most;                /* replications at most, with a precision */
    const char *no_days;        /* why days of the recording are not resampled; NULL: not asked for,
                                   or they are */
} ComparisonTextOptions;

void comparison_text_print(FILE *stream, const ComparisonStatistics *statistics,
                           const ComparisonTextOptions *options);

#endif

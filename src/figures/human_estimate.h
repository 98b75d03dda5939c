// SPDX-License-Identifier: GPL-3.0-or-later
/* Estimates for people: "$31.20 ± 0.80", "+4.1 ± 0.3 s", "93.5 ± 0.4 %". The half-width has two
 * digits that matter and the value as many decimals; both have one unit. */
#ifndef FIGURES_HUMAN_ESTIMATE_H
#define FIGURES_HUMAN_ESTIMATE_H

#include "figures/human.h"

#include <stdbool.h>

#define HUMAN_ESTIMATE_TEXT 112

typedef enum HumanEstimate {
    HUMAN_ESTIMATE_VALUE,      /* "93.5 ± 0.4 %" */
    HUMAN_ESTIMATE_DIFFERENCE, /* with its sign; of shares in percentage points: "+6.5 ± 0.4 pp" */
    HUMAN_ESTIMATE_AMOUNT      /* of a difference, in a sentence: "6.5 ± 0.4 points" */
} HumanEstimate;

/* half_width NAN or 0: the value alone, with three digits that matter (counts: whole); INFINITY:
 * "or never" after it. A value that is infinite: "never" ("to never", "from never" as a
 * difference); NAN: "-". Fills `text` and returns it. */
const char *human_estimate(MetricUnit unit, HumanEstimate kind, double value, double half_width,
                           char text[HUMAN_ESTIMATE_TEXT]);

/* Whether the number that the text begins with, before its half-width, shows nothing but zeros:
 * what is so told is neither more nor less. */
bool human_shows_zero(const char *text);

#endif

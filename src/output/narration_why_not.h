// SPDX-License-Identifier: GPL-3.0-or-later
/* Why nothing happened at an instant, or what did: the evaluation at or before it with each load
 * target's value, what it recommends against the target, what holds it, since when and until when,
 * and what came of it. */
#ifndef OUTPUT_NARRATION_WHY_NOT_H
#define OUTPUT_NARRATION_WHY_NOT_H

#include "base/paragraph.h"
#include "output/narration_log.h"

/* Of one deployment. */
typedef struct WhyNotMoment {
    bool has_evaluation; /* the last one at or before the instant */
    asim_decision_taken taken;
    asim_decision decision;
    asim_observation observation;
    bool has_next; /* the first decision after it that holds for another reason, or changes */
    sim_time next_time;
    asim_decision next;
} WhyNotMoment;

typedef struct WhyNot {
    sim_time instant;
    WhyNotMoment *moments; /* by deployment */
} WhyNot;

void why_not_init(WhyNot *why_not, const Scenario *scenario, sim_time instant);
void why_not_clear(WhyNot *why_not);
asim_observer why_not_observer(WhyNot *why_not);

/* log: of the whole run, which has not ended before the instant. deployment: index. */
void why_not_print(FILE *stream, const WhyNot *why_not, const NarrationLog *log, size_t deployment);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* A decision's arithmetic in words: what was measured, divided by what target, rounded how, limited
 * by what, and which window it had to pass since when, or has yet to. It knows no policy's words
 * but those of the window rules; keys and windows are told as they come. */
#ifndef OUTPUT_NARRATION_DECISION_H
#define OUTPUT_NARRATION_DECISION_H

#include "autoscale_sim/policy.h"
#include "base/paragraph.h"
#include "figures/human.h"

/* "requests held 24 ÷ target 8 = 3"; "load 1.36 ÷ target 0.8 = 1.7, rounded up to 2". Figures have
 * as many digits as it takes for the rounding to be seen, three at least. */
void narration_say_term(Paragraph *paragraph, const asim_decision_term *term);

/* Why the load asks for decision->recommended: the term that won, the policy's limits, and what the
 * other terms ask for. */
void narration_say_wanted(Paragraph *paragraph, const asim_decision *decision);

/* "2 or more asked for since 09:00:20, all of scale_up_window (30s, stabilize)", of a decision
 * taken at `now` that changed the target from `from`. Nothing if no window was in play. */
void narration_say_window_passed(Paragraph *paragraph, const DayClock *day_clock,
                                 const asim_decision *decision, int from, sim_time now);

/* The same of a decision that left it. */
void narration_say_window_holds(Paragraph *paragraph, const DayClock *day_clock,
                                const asim_decision *decision, sim_time now);

/* "scale_up_window (30s)" of a decision that names a window. */
void narration_say_window(Paragraph *paragraph, const asim_decision *decision);

/* A duration as people say it. */
void narration_say_span(Paragraph *paragraph, sim_time span);
/* "1 replica", "2 replicas". */
void narration_say_count(Paragraph *paragraph, uint64_t count, const char *what);

#endif

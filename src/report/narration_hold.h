// SPDX-License-Identifier: GPL-3.0-or-later
/* Why an evaluation left the target as it was, in words, by the code of its reason. */
#ifndef REPORT_NARRATION_HOLD_H
#define REPORT_NARRATION_HOLD_H

#include "autoscale_sim/observer.h"
#include "report/day_clock.h"
#include "report/paragraph.h"

/* A reason that is not known here is told as it is. */
void narration_say_hold(Paragraph *paragraph, const DayClock *day_clock,
                        const asim_decision_taken *taken);

#endif

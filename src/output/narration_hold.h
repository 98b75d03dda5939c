// SPDX-License-Identifier: GPL-3.0-or-later
/* Why an evaluation left the target as it was, in words, by the code of its reason. */
#ifndef OUTPUT_NARRATION_HOLD_H
#define OUTPUT_NARRATION_HOLD_H

#include "autoscale_sim/observer.h"
#include "base/paragraph.h"
#include "figures/human.h"

/* A reason that is not known here is told as it is. */
void narration_say_hold(Paragraph *paragraph, const DayClock *day_clock,
                        const asim_decision_taken *taken);

#endif

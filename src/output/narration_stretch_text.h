// SPDX-License-Identifier: GPL-3.0-or-later
/* A stretch in words: who came, how long they waited, what was refused, what held the target. */
#ifndef OUTPUT_NARRATION_STRETCH_TEXT_H
#define OUTPUT_NARRATION_STRETCH_TEXT_H

#include "base/paragraph.h"
#include "figures/human.h"
#include "output/narration_stretch.h"

/* before: the stretch that came before it in the same deployment, for what rose or fell; its p95s
 * are SIM_TIME_NEVER where there is none. until_serving: it ends where all that booted serve. */
void narration_say_stretch(Paragraph *paragraph, const DayClock *day_clock, const Stretch *stretch,
                           const Stretch *before, bool until_serving);

#endif

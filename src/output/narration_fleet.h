// SPDX-License-Identifier: GPL-3.0-or-later
/* The replicas that an entry started and stopped, a paragraph each; many of them together. */
#ifndef OUTPUT_NARRATION_FLEET_H
#define OUTPUT_NARRATION_FLEET_H

#include "base/paragraph.h"
#include "figures/human.h"
#include "output/narration_log.h"

/* before: ahead of each line. */
void narration_print_replicas(Paragraph *paragraph, const char *before, const DayClock *day_clock,
                              const NarrationLog *log, const NarrationEntry *entry);

#endif

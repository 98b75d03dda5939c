// SPDX-License-Identifier: GPL-3.0-or-later
/* The replicas that an entry started and stopped, a paragraph each; many of them together. */
#ifndef REPORT_NARRATION_FLEET_H
#define REPORT_NARRATION_FLEET_H

#include "report/day_clock.h"
#include "report/narration_log.h"
#include "report/paragraph.h"

/* before: ahead of each line. */
void narration_print_replicas(Paragraph *paragraph, const char *before, const DayClock *day_clock,
                              const NarrationLog *log, const NarrationEntry *entry);

#endif

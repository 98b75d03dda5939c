// SPDX-License-Identifier: GPL-3.0-or-later
/* A run told in order: each change of a target with its arithmetic, the starts and ends of replicas
 * that it brought about, and what users felt until the next one. */
#ifndef OUTPUT_NARRATION_STORY_H
#define OUTPUT_NARRATION_STORY_H

#include "figures/summary.h"
#include "output/narration_decision.h"
#include "output/narration_log.h"

#include <signal.h>

#define NARRATION_ALL SIZE_MAX /* every deployment */

/* deployment: index, or NARRATION_ALL. The run has ended. False if *stop (NULL: none) came true
 * meanwhile. */
bool narration_story_print(FILE *stream, const NarrationLog *log, const Summary *summary,
                           size_t deployment, const volatile sig_atomic_t *stop);

/* "scale up 1 → 2: requests held 24 ÷ target 8 = 3, ...": what an entry says of itself, without
 * replicas and stretches. */
void narration_say_entry(Paragraph *paragraph, const DayClock *day_clock, const NarrationLog *log,
                         const NarrationEntry *entry);

#endif

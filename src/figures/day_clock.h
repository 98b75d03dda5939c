// SPDX-License-Identifier: GPL-3.0-or-later
/* Instants of a run as its reader sees and names them: by the clock of the scenario's calendar,
 * "09:00:50", "day 2 03:05:10"; day 1 is the day of time 0. */
#ifndef FIGURES_DAY_CLOCK_H
#define FIGURES_DAY_CLOCK_H

#include "figures/human.h"

typedef struct DayClock {
    int64_t start_epoch_s;   /* of time 0 */
    sim_time since_midnight; /* of time 0 */
} DayClock;

DayClock day_clock_of(int64_t start_epoch_s);

/* Fills `text` and returns it, as human_instant does: "-" for SIM_TIME_NEVER. */
const char *day_clock_text(const DayClock *day_clock, sim_time instant, char text[HUMAN_TEXT]);

/* Reads an offset from time 0 ("1h30m"), a clock ("12:00", "12:00:35.5", the first such instant of
 * the run), "day 2 03:05:10", or a calendar instant. What is written to the second means the whole
 * of it, for that is how instants are shown: from *first to *last, which are equal otherwise. Both
 * may be before the run or after it. False on anything else; day_clock_expected says what is
 * read. */
bool day_clock_read(const DayClock *day_clock, const char *text, sim_time *first, sim_time *last);
extern const char day_clock_expected[];

#endif

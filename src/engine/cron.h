// SPDX-License-Identifier: GPL-3.0-or-later
/* When a clock on the wall is to do something, in the five fields of cron: minute, hour, day of the
 * month, month, day of the week (crontab(5), Vixie cron). */
#ifndef ENGINE_CRON_H
#define ENGINE_CRON_H

#include "base/error.h"

#include <stdint.h>

/* Bit n of a field: the value n counts. */
typedef struct Cron {
    uint64_t minutes, hours, days, months, weekdays; /* weekday 0: Sunday */
    bool either; /* days and weekdays are both restricted: either will do; else it takes both */
} Cron;

/* Reads "0 8 * * Mon-Fri". False after adding an error at where->place, ".name" after it, which
 * names the field; also if no day of any year is meant. */
bool cron_parse(const char *text, Cron *cron, const Error *where, const char *name,
                ErrorList *errors);

/* Does it speak of that day, counted since 1970-01-01? */
bool cron_has_day(const Cron *cron, int64_t day);

/* The minutes since midnight that it speaks of on each of its days, rising; returns how many. */
#define CRON_DAY_MINUTES 1440
int cron_minutes(const Cron *cron, int16_t minutes[CRON_DAY_MINUTES]);

#endif

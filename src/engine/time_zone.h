// SPDX-License-Identifier: GPL-3.0-or-later
/* A time zone: what its clocks show at an instant, and which instant a clock's time is. Read from
 * the system's zone files (TZif, RFC 9636); libc's own functions know one zone at a time, the
 * process's. A zone that was read is constant, so threads may share it. */
#ifndef ENGINE_TIME_ZONE_H
#define ENGINE_TIME_ZONE_H

#include "base/error.h"

#include <stdint.h>

typedef enum TimeZoneRuleKind {
    TIME_ZONE_JULIAN, /* Jn: day 1 to 365, and 29 February has no number */
    TIME_ZONE_DAY,    /* n: day 0 to 365 */
    TIME_ZONE_WEEKDAY /* Mm.w.d: the w-th weekday d of a month, 5 being the last */
} TimeZoneRuleKind;

/* The day of a year when clocks change. */
typedef struct TimeZoneRule {
    TimeZoneRuleKind kind;
    int month, week, day;
    int32_t time_s; /* since that day's midnight, by the clock before the change */
} TimeZoneRule;

typedef struct TimeZone {
    size_t count;     /* changes in the table */
    int64_t *times;   /* when, epoch seconds, rising */
    int32_t *offsets; /* [i]: east of UTC, in s, before times[i]; [count] after the last */
    bool has_rules;   /* after the table the two below go on for ever */
    int32_t standard_s, daylight_s; /* offsets; alike: clocks do not change */
    TimeZoneRule to_daylight, to_standard;
} TimeZone;

/* The file of a zone; NULL: none is needed (UTC). Owned by the caller. */
char *time_zone_file(const char *name);

/* Reads the zone of an IANA name, "Europe/Berlin". False after adding an error at where->place,
 * ".key" after it, with the nearest name; there is then nothing to clear. */
bool time_zone_read(TimeZone *zone, const char *name, const Error *where, const char *key,
                    ErrorList *errors);
/* The same from a file's bytes. False: it is no zone file. */
bool time_zone_parse(TimeZone *zone, const unsigned char *bytes, size_t length);
void time_zone_clear(TimeZone *zone);

/* Clock minus UTC at an instant, in s. */
int32_t time_zone_offset(const TimeZone *zone, int64_t epoch_s);

/* The instant at which the clock shows `local_s`, counted as if it were UTC. Of two (clocks went
 * back) the first; none (they went forward): the clock as it was before goes on, so that 02:30 is
 * half an hour after they did. */
int64_t time_zone_instant(const TimeZone *zone, int64_t local_s);

#endif

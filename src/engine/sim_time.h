// SPDX-License-Identifier: GPL-3.0-or-later
/* Simulated time: integer nanoseconds, and durations as firectl writes them (30s, 1h30m, 7d). */
#ifndef ENGINE_SIM_TIME_H
#define ENGINE_SIM_TIME_H

#include "autoscale_sim/types.h"

/* Longest text sim_time_format and sim_time_format_seconds write, terminator included. */
#define SIM_TIME_TEXT 48

/* Seconds as a double. */
double sim_time_to_seconds(sim_time time);

/* Rounds to the nearest nanosecond; beyond +-292 years (or NaN) gives SIM_TIME_NEVER. */
sim_time sim_time_from_seconds(double seconds);

/* Reads a duration: one or more "number unit" pairs with units d, h, m, s, ms, us, ns in falling
 * order, each at most once (`1h30m`, `500ms`, `7d`, `1.5h`, `0s`); plain "0" is allowed.
 * Exact to the nanosecond: digits beyond that are an error. Returns false on anything else. */
bool sim_time_parse(const char *text, sim_time *duration);

/* Writes a duration so that sim_time_parse reads the same back: "1h30m", "250ms", "0s". */
const char *sim_time_format(sim_time duration, char text[SIM_TIME_TEXT]);

/* Writes seconds as the shortest exact decimal: "12.5", "3", "0.000000001" (1 ns).
 * This is how every CSV prints a time. Returns the length. */
size_t sim_time_format_seconds(sim_time time, char text[SIM_TIME_TEXT]);

/* Reads a calendar instant `YYYY-MM-DD[T| ]HH:MM:SS[.fraction][Z|+hh:mm|-hh:mm| UTC]`, or just a
 * date, as seconds since 1970-01-01T00:00:00Z (no offset = UTC) and nanoseconds within the second;
 * digits beyond those are cut off. */
bool sim_time_parse_calendar(const char *text, int64_t *epoch_s, int32_t *nanoseconds);

/* Writes epoch seconds as "2026-11-16T00:00:00Z". */
const char *sim_time_format_calendar(int64_t epoch_s, char text[SIM_TIME_TEXT]);

/* The whole second at or before an instant in nanoseconds since 1970. */
static inline int64_t sim_time_second(int64_t epoch_ns) {
    return epoch_ns / SIM_TIME_SECOND - (epoch_ns % SIM_TIME_SECOND < 0);
}

/* Days since 1970-01-01 of a proleptic Gregorian date; month 1..12, day 1..31. */
int64_t sim_time_days_from_civil(int year, int month, int day);
int sim_time_days_in_month(int year, int month);
/* The date of such a day, and back. */
void sim_time_civil_from_days(int64_t days, int *year, int *month, int *day);

#endif

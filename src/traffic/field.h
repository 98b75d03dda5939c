// SPDX-License-Identifier: GPL-3.0-or-later
/* Fields of recorded rows as numbers, exactly: digits go to integers without passing through a
 * double. Every text must be followed by one readable byte that is no digit (a line's end, a
 * separator). All functions return false, and leave the result alone, when the text is anything
 * else. */
#ifndef TRAFFIC_FIELD_H
#define TRAFFIC_FIELD_H

#include "traffic/input.h"

#include <stdint.h>

#define FIELD_TOKENS_MOST (UINT64_C(1) << 31)

/* What a number in a time column counts; the value is the power of ten from it to nanoseconds. */
typedef enum FieldUnit {
    FIELD_NANOSECONDS = 0,
    FIELD_MICROSECONDS = 3,
    FIELD_MILLISECONDS = 6,
    FIELD_SECONDS = 9,
    FIELD_CALENDAR = 10, /* a date and time of day */
    FIELD_UNIT_AUTO = 11 /* a date if it reads as one; else seconds, or from 10^11 on what makes an
                            instant since 1970 of it: ms, us or ns */
} FieldUnit;

/* The day number of the date read last: successive rows mostly share it. */
typedef struct FieldCalendar {
    char date[10];
    bool known;
    int64_t day_ns;
} FieldCalendar;

/* A time in the unit, to nanoseconds (since 1970 for calendars): "12", "19440110.0", "1.5e3",
 * "2023-11-16 18:15:46.6805900", "2024-05-10T00:00:10+00:00", "2025-10-20 17:16:48 UTC",
 * "16/Nov/2026:18:15:46 +0000", "Mon, 16 Nov 2026 18:15:46 GMT", "Nov 16, 2026 6:15:46 PM", with
 * 0 or more digits of fraction; those beyond nanoseconds are dropped. */
bool field_time(InputText text, FieldUnit unit, FieldCalendar *calendar, int64_t *ns);

/* A whole number up to `most`: "374", "374.0", "1e3". */
bool field_whole(InputText text, uint64_t most, uint64_t *value);

/* Any finite number: "-0.25"; or one >= 0: "0.25", "1e-3". */
bool field_number(InputText text, double *value);
bool field_amount(InputText text, double *value);

/* Without blanks and one pair of double quotes around it. */
InputText field_trimmed(InputText text);

/* Does the text say this, whatever the case? */
bool field_says(InputText text, const char *name);

/* Number of the first column of a CSV header with that name (any case, blanks around it left out),
 * or -1. */
int field_column(InputText header, char delimiter, const char *name);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* Simulated time as text and back, exact to the nanosecond: a duration, a decimal of seconds, a
 * calendar instant. Everything is integer arithmetic, so nothing depends on locale or rounding.
 * Days from civil dates: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (eras of 400
 * years, the year beginning in March). */
#include "engine/sim_time.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

__extension__ typedef unsigned __int128 Wide;

typedef struct DurationUnit {
    char name[3];
    sim_time length;
} DurationUnit;

/* Falling; a duration names each at most once, in this order. */
static const DurationUnit duration_units[] = {
    {"d", SIM_TIME_DAY},
    {"h", SIM_TIME_HOUR},
    {"m", SIM_TIME_MINUTE},
    {"s", SIM_TIME_SECOND},
    {"ms", SIM_TIME_MILLISECOND},
    {"us", 1000},
    {"ns", 1},
};

enum { UNIT_COUNT = sizeof duration_units / sizeof duration_units[0], UNIT_SECOND = 3 };

double sim_time_to_seconds(sim_time time) {
    return (double)time / 1e9;
}

sim_time sim_time_from_seconds(double seconds) {
    if (!(fabs(seconds) < 9223372036.0)) { /* NaN too */
        return SIM_TIME_NEVER;
    }
    /* The whole seconds apart: their product with 1e9 is exact as an integer, not as a double. */
    const int64_t whole = (int64_t)seconds;
    return whole * SIM_TIME_SECOND + llround((seconds - (double)whole) * 1e9);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static uint64_t magnitude(sim_time time) {
    return time < 0 ? -(uint64_t)time : (uint64_t)time;
}

/* Durations ---------------------------------------------------------------------------------- */

/* "1.5" before a unit: whole + fraction / scale. */
typedef struct DurationNumber {
    uint64_t whole;
    uint64_t fraction;
    uint64_t scale; /* a power of ten, at most 1e18 */
} DurationNumber;

/* Of a fraction, zeros at its end are passed over; more than 18 other digits cannot be whole
 * nanoseconds. */
static bool scan_number(const char **at, DurationNumber *number) {
    const char *p = *at;
    *number = (DurationNumber){.scale = 1};
    for (; is_digit(*p); p++) {
        if (number->whole > (uint64_t)SIM_TIME_NEVER / 10) {
            return false;
        }
        number->whole = 10 * number->whole + (uint64_t)(*p - '0');
    }
    bool found = p != *at;
    if (found && *p == '.') {
        const char *const first = ++p;
        p += strspn(p, "0123456789");
        const char *end = p;
        while (end > first && end[-1] == '0') {
            end--;
        }
        found = p > first && end - first <= 18;
        for (const char *digit = first; found && digit < end; digit++) {
            number->fraction = 10 * number->fraction + (uint64_t)(*digit - '0');
            number->scale *= 10;
        }
    }
    *at = p;
    return found;
}

/* Index of the unit at *at, not before index `from`; UNIT_COUNT if there is none. */
static size_t scan_unit(const char **at, size_t from) {
    const size_t length = strspn(*at, "dhmsun");
    for (size_t i = from; i < UNIT_COUNT; i++) {
        if (strlen(duration_units[i].name) == length &&
            memcmp(duration_units[i].name, *at, length) == 0) {
            *at += length;
            return i;
        }
    }
    return UNIT_COUNT;
}

bool sim_time_parse(const char *text, sim_time *duration) {
    if (strcmp(text, "0") == 0) {
        *duration = 0;
        return true;
    }
    Wide total = 0;
    size_t unit = 0;
    const char *at = text;
    do {
        DurationNumber number;
        if (!scan_number(&at, &number) || (unit = scan_unit(&at, unit)) == UNIT_COUNT) {
            return false;
        }
        const uint64_t length = (uint64_t)duration_units[unit].length;
        const Wide part = (Wide)number.fraction * length;
        if (part % number.scale != 0) {
            return false; /* finer than a nanosecond */
        }
        total += (Wide)number.whole * length + part / number.scale;
        unit++;
    } while (*at != '\0');
    if (total >= (Wide)SIM_TIME_NEVER) {
        return false;
    }
    *duration = (sim_time)total;
    return true;
}

/* Writes value / scale, scale a power of ten up to 1e9, as the shortest exact decimal; returns the
 * end. */
static char *put_decimal(char *at, uint64_t value, uint64_t scale) {
    at = text_put_whole(at, value / scale);
    const uint64_t rest = value % scale * ((uint64_t)SIM_TIME_SECOND / scale);
    return rest != 0 ? text_put_fraction(at, (uint32_t)rest) : at;
}

/* Whole days, hours and minutes, then seconds with a fraction; a duration below one second in the
 * largest unit that fits. */
const char *sim_time_format(sim_time duration, char text[SIM_TIME_TEXT]) {
    char *at = text;
    if (duration == SIM_TIME_NEVER) {
        return strcpy(text, "never");
    }
    if (duration < 0) {
        *at++ = '-';
    }
    uint64_t rest = magnitude(duration);
    size_t unit = 0;
    for (; unit < UNIT_SECOND && rest != 0; unit++) {
        const uint64_t length = (uint64_t)duration_units[unit].length;
        if (rest >= length) {
            at = stpcpy(text_put_whole(at, rest / length), duration_units[unit].name);
            rest %= length;
        }
    }
    if (rest != 0 || duration == 0) {
        unit = UNIT_SECOND;
        if (duration != 0 && magnitude(duration) < (uint64_t)SIM_TIME_SECOND) {
            while (rest < (uint64_t)duration_units[unit].length) {
                unit++;
            }
        }
        at = put_decimal(at, rest, (uint64_t)duration_units[unit].length);
        at = stpcpy(at, duration_units[unit].name);
    }
    *at = '\0';
    return text;
}

size_t sim_time_format_seconds(sim_time time, char text[SIM_TIME_TEXT]) {
    char *at = text;
    if (time < 0) {
        *at++ = '-';
    }
    at = put_decimal(at, magnitude(time), (uint64_t)SIM_TIME_SECOND);
    *at = '\0';
    return (size_t)(at - text);
}

/* The calendar ------------------------------------------------------------------------------- */

int64_t sim_time_days_from_civil(int year, int month, int day) {
    const int64_t y = (int64_t)year - (month <= 2);
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const int64_t year_of_era = y - era * 400;
    const int64_t march_month = month > 2 ? month - 3 : month + 9;
    const int64_t day_of_year = (153 * march_month + 2) / 5 + day - 1;
    const int64_t leap_days = year_of_era / 4 - year_of_era / 100;
    return era * 146097 + year_of_era * 365 + leap_days + day_of_year - 719468;
}

int sim_time_days_in_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap);
}

void sim_time_civil_from_days(int64_t days, int *year, int *month, int *day) {
    const int64_t z = days + 719468;
    const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    const int64_t day_of_era = z - era * 146097;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t march_month = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * march_month + 2) / 5) + 1;
    *month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

/* Does the text begin so? A 0 of the shape is any digit, all else is itself. */
static bool has_shape(const char *text, const char *shape) {
    while (*shape != '\0' && (*shape == '0' ? is_digit(*text) : *text == *shape)) {
        text++;
        shape++;
    }
    return *shape == '\0';
}

static int two_digits(const char *at) {
    return 10 * (at[0] - '0') + (at[1] - '0');
}

/* Digits after the point; those beyond nanoseconds are cut off, as clocks do. */
static bool scan_nanoseconds(const char **at, int32_t *nanoseconds) {
    int32_t place = 100000000;
    const char *first = *at;
    for (; is_digit(**at); ++*at) {
        *nanoseconds += (**at - '0') * place;
        place /= 10;
    }
    return *at != first;
}

/* "", "Z", " UTC", "+hh:mm", "-hh:mm" and nothing after it. */
static bool read_offset(const char *at, int64_t *offset_s) {
    if (*at == '\0' || strcmp(at, "Z") == 0 || strcmp(at, " UTC") == 0) {
        return true;
    }
    if ((*at != '+' && *at != '-') || !has_shape(at + 1, "00:00") || at[6] != '\0') {
        return false;
    }
    const int hour = two_digits(at + 1), minute = two_digits(at + 4);
    *offset_s = (*at == '-' ? -60 : 60) * (60 * (int64_t)hour + minute);
    return hour <= 23 && minute <= 59;
}

bool sim_time_parse_calendar(const char *text, int64_t *epoch_s, int32_t *nanoseconds) {
    if (!has_shape(text, "0000-00-00")) {
        return false;
    }
    const int year = 100 * two_digits(text) + two_digits(text + 2);
    const int month = two_digits(text + 5), day = two_digits(text + 8);
    if (month < 1 || month > 12 || day < 1 || day > sim_time_days_in_month(year, month)) {
        return false;
    }
    int64_t clock = 0, offset = 0;
    int32_t fraction = 0;
    const char *at = text + 10;
    if (*at != '\0') {
        if ((*at != 'T' && *at != ' ') || !has_shape(at + 1, "00:00:00")) {
            return false;
        }
        const int hour = two_digits(at + 1), minute = two_digits(at + 4);
        const int second = two_digits(at + 7);
        at += 9;
        if (hour > 23 || minute > 59 || second > 59 ||
            (*at == '.' && (at++, !scan_nanoseconds(&at, &fraction))) ||
            !read_offset(at, &offset)) {
            return false;
        }
        clock = 3600 * (int64_t)hour + 60 * minute + second;
    }
    *epoch_s = 86400 * sim_time_days_from_civil(year, month, day) + clock - offset;
    *nanoseconds = fraction;
    return true;
}

/* The calendar comes again every 400 years; libc's holds no more years than an int. */
const char *sim_time_format_calendar(int64_t epoch_s, char text[SIM_TIME_TEXT]) {
    static const int64_t era_s = INT64_C(146097) * 86400;
    const int64_t beyond = epoch_s % era_s, era = epoch_s / era_s - (beyond < 0);
    const time_t rest = (time_t)(beyond < 0 ? beyond + era_s : beyond);
    struct tm date;
    gmtime_r(&rest, &date);
    const long long year = date.tm_year + 1900 + 400 * era;
    snprintf(text, SIM_TIME_TEXT, "%s%04lld-%02d-%02dT%02d:%02d:%02dZ", year < 0 ? "-" : "",
             llabs(year), date.tm_mon + 1, date.tm_mday, date.tm_hour, date.tm_min, date.tm_sec);
    return text;
}

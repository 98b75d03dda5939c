// SPDX-License-Identifier: GPL-3.0-or-later
/* Numbers for people. Rounding happens before the unit is chosen, so nothing reads "1000 ms". */
#include "figures/human.h"

#include "base/memory.h"
#include "engine/sim_time.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *absent(char text[HUMAN_TEXT]) {
    return strcpy(text, "-");
}

/* So many that `digits` of them matter in size; 0 .. most. */
static int decimals_for(double size, int digits, int most) {
    if (!(size > 0)) {
        return 0;
    }
    int decimals = digits - 1 - (int)floor(log10(size) + 1e-9);
    decimals = decimals < 0 ? 0 : decimals > most ? most : decimals;
    /* 9.96 rounds to 10.0, which needs one less. */
    return decimals > 0 && size >= pow(10, digits - decimals) - 0.5 * pow(10, -decimals)
               ? decimals - 1
               : decimals;
}

/* Three significant digits, but never fewer than all before the point: 0.0123, 1.23, 12.3, 1234. */
static void put_three_digits(double value, char text[HUMAN_TEXT]) {
    snprintf(text, HUMAN_TEXT, "%.*f", decimals_for(fabs(value), 3, 9), value);
}

/* Groups of three digits before the point: 1234567.5 -> 1,234,567.5. */
static void put_grouped(const char *plain, char text[HUMAN_TEXT]) {
    const size_t whole = strcspn(plain, ".");
    char *at = text;
    for (size_t i = 0; plain[i] != '\0'; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0) {
            *at++ = ',';
        }
        *at++ = plain[i];
    }
    *at = '\0';
}

static void put_whole(uint64_t value, char text[HUMAN_TEXT]) {
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, value);
    put_grouped(digits, text);
}

static const char *with_suffix(double value, char text[HUMAN_TEXT]) {
    static const char suffixes[] = "MGT";
    double scaled = value / 1e6;
    size_t i = 0;
    while (scaled >= 999.5 && i + 1 < sizeof suffixes - 1) {
        scaled /= 1e3;
        i++;
    }
    put_three_digits(scaled, text);
    const size_t length = strlen(text);
    text[length] = suffixes[i];
    text[length + 1] = '\0';
    return text;
}

const char *human_count(uint64_t count, char text[HUMAN_TEXT]) {
    if (count >= 1000000) {
        return with_suffix((double)count, text);
    }
    put_whole(count, text);
    return text;
}

const char *human_number(double number, char text[HUMAN_TEXT]) {
    if (!isfinite(number) || fabs(number) >= 1e18) {
        return absent(text);
    }
    if (number >= 999999.5) {
        return with_suffix(number, text);
    }
    if (number >= 999.5) {
        put_whole((uint64_t)llround(number), text);
    } else {
        put_three_digits(number, text);
    }
    return text;
}

const char *human_seconds(double seconds, char text[HUMAN_TEXT]) {
    char value[HUMAN_TEXT];
    if (isinf(seconds) && seconds > 0) {
        return strcpy(text, "never");
    }
    if (!isfinite(seconds) || seconds < 0 || seconds > 1e12) {
        return absent(text);
    }
    if (seconds == 0) {
        return strcpy(text, "0 s");
    }
    if (seconds < 59.95) {
        const bool nano = seconds < 0.9995e-6, micro = seconds < 0.9995e-3,
                   milli = seconds < 0.9995;
        put_three_digits(seconds * (nano ? 1e9 : micro ? 1e6 : milli ? 1e3 : 1.0), value);
        snprintf(text, HUMAN_TEXT, "%.20s %s", value,
                 nano    ? "ns"
                 : micro ? "us"
                 : milli ? "ms"
                         : "s");
        return text;
    }
    const long long whole = llround(seconds);
    const long long minutes = llround(seconds / 60), hours = llround(seconds / 3600);
    if (whole < 3600) {
        snprintf(text, HUMAN_TEXT, "%lldm%02llds", whole / 60, whole % 60);
    } else if (minutes < 24LL * 60) {
        snprintf(text, HUMAN_TEXT, "%lldh%02lldm", minutes / 60, minutes % 60);
    } else {
        snprintf(text, HUMAN_TEXT, "%lldd%02lldh", hours / 24, hours % 24);
    }
    return text;
}

const char *human_usd(double usd, char text[HUMAN_TEXT]) {
    char value[HUMAN_TEXT];
    if (!isfinite(usd) || usd < 0 || usd > 1e15) {
        return absent(text);
    }
    if (usd > 0 && usd < 0.995) {
        put_three_digits(usd, value);
        snprintf(text, HUMAN_TEXT, "$%.20s", value);
        return text;
    }
    const uint64_t cents = (uint64_t)llround(usd * 100);
    put_whole(cents / 100, value);
    snprintf(text, HUMAN_TEXT, "$%.28s.%02d", value, (int)(cents % 100));
    return text;
}

const char *human_projection(double usd_per_30_days, sim_time span,
                             char text[HUMAN_PROJECTION_TEXT]) {
    char usd[HUMAN_TEXT], length[HUMAN_TEXT];
    human_usd(usd_per_30_days, usd);
    human_seconds(sim_time_to_seconds(span), length);
    snprintf(text, HUMAN_PROJECTION_TEXT, "%s per 30 days%s%s", usd,
             span < SIM_TIME_DAY ? ", if all days were like these " : "",
             span < SIM_TIME_DAY ? length : "");
    return text;
}

const char *human_share(double share, char text[HUMAN_TEXT]) {
    if (!isfinite(share)) {
        return absent(text);
    }
    const double percent = 100 * share;
    /* "100.0 %" is said of all, and of nothing less. */
    const bool nearly_all = share < 1 && percent >= 99.95;
    snprintf(text, HUMAN_TEXT, "%.*f %%", nearly_all ? 3 : 1, percent);
    return text;
}

const char *human_instant(sim_time instant, char text[HUMAN_TEXT]) {
    if (instant == SIM_TIME_NEVER) {
        return absent(text);
    }
    const int64_t seconds = instant / SIM_TIME_SECOND;
    const int64_t days = seconds / 86400;
    int length = days > 0 ? snprintf(text, HUMAN_TEXT, "day %" PRId64 " ", days + 1) : 0;
    length += snprintf(text + length, HUMAN_TEXT - (size_t)length, "%02d:%02d:%02d",
                       (int)(seconds / 3600 % 24), (int)(seconds / 60 % 60), (int)(seconds % 60));
    if (instant < SIM_TIME_MINUTE) {
        snprintf(text + length, HUMAN_TEXT - (size_t)length, ".%03d",
                 (int)(instant % SIM_TIME_SECOND / SIM_TIME_MILLISECOND));
    }
    return text;
}

const char *human_value(MetricUnit unit, double number, char text[HUMAN_TEXT]) {
    if (isnan(number)) {
        return absent(text);
    }
    switch (unit) {
    case METRIC_UNIT_COUNT:
        return number >= 0 && number == floor(number) && number < 1e18
                   ? human_count((uint64_t)number, text)
                   : human_number(number, text);
    case METRIC_UNIT_SECONDS: return human_seconds(number, text);
    case METRIC_UNIT_USD: return human_usd(number, text);
    case METRIC_UNIT_SHARE: return human_share(number, text);
    case METRIC_UNIT_HOURS:
    case METRIC_UNIT_PER_SECOND: break;
    }
    return human_number(number, text);
}

/* Estimates ---------------------------------------------------------------------------------- */

/* How values of a unit and a size are shown: prefix, value * scale, suffix. */
typedef struct Shown {
    const char *prefix;
    double scale;
    const char *suffix;
} Shown;

static Shown seconds_shown(double size_s) {
    if (size_s == 0 || (size_s >= 0.9995 && size_s < 120)) {
        return (Shown){"", 1, " s"};
    }
    return size_s < 0.9995e-3 ? (Shown){"", 1e6, " us"}
           : size_s < 0.9995  ? (Shown){"", 1e3, " ms"}
           : size_s < 7200    ? (Shown){"", 1 / 60.0, " min"}
                              : (Shown){"", 1 / 3600.0, " h"};
}

static Shown shown(MetricUnit unit, HumanEstimate kind, double size) {
    switch (unit) {
    case METRIC_UNIT_SECONDS: return seconds_shown(size);
    case METRIC_UNIT_USD: return (Shown){"$", 1, ""};
    case METRIC_UNIT_SHARE:
        return (Shown){"", 100,
                       kind == HUMAN_ESTIMATE_VALUE        ? " %"
                       : kind == HUMAN_ESTIMATE_DIFFERENCE ? " pp"
                                                           : " points"};
    case METRIC_UNIT_COUNT:
    case METRIC_UNIT_HOURS:
    case METRIC_UNIT_PER_SECOND: break;
    }
    return (Shown){"", 1, ""};
}

static int decimals_of(MetricUnit unit, double value, double half_width) {
    if (unit == METRIC_UNIT_USD && fmax(fabs(value), half_width) >= 0.995) {
        const int cents = half_width >= 99.5 ? 0 : 2;
        return half_width > 0 && half_width < 0.0095 ? decimals_for(half_width, 1, 6) : cents;
    }
    if (half_width > 0) {
        return decimals_for(half_width, 2, 6);
    }
    return unit == METRIC_UNIT_COUNT && value == floor(value) ? 0 : decimals_for(fabs(value), 3, 6);
}

/* "1,234.50" of a number >= 0. */
static void put_grouped_decimal(double number, int decimals, char text[HUMAN_TEXT]) {
    char plain[HUMAN_TEXT];
    const int length = snprintf(plain, sizeof plain, "%.*f", decimals, number);
    if (length >= HUMAN_TEXT || length + (int)strcspn(plain, ".") / 3 >= HUMAN_TEXT) {
        snprintf(text, HUMAN_TEXT, "%.3g", number); /* beyond what people read */
    } else {
        put_grouped(plain, text);
    }
}

const char *human_never(double difference) {
    return difference > 0 ? "to never" : "from never";
}

const char *human_estimate(MetricUnit unit, HumanEstimate kind, double value, double half_width,
                           char text[HUMAN_ESTIMATE_TEXT]) {
    if (isnan(value)) {
        return absent(text);
    }
    if (isinf(value)) {
        return strcpy(text, kind == HUMAN_ESTIMATE_VALUE ? "never" : human_never(value));
    }
    const double half = isfinite(half_width) && half_width > 0 ? half_width : 0;
    const Shown how = shown(unit, kind, fmax(fabs(value), half));
    const double scaled = value * how.scale;
    const int decimals = decimals_of(unit, scaled, half * how.scale);
    char number[HUMAN_TEXT], width[HUMAN_TEXT];
    put_grouped_decimal(fabs(scaled), decimals, number);
    put_grouped_decimal(half * how.scale, decimals, width);
    const char *sign = kind == HUMAN_ESTIMATE_AMOUNT       ? ""
                       : human_shows_zero(number)          ? ""
                       : value < 0                         ? "-"
                       : kind == HUMAN_ESTIMATE_DIFFERENCE ? "+"
                                                           : "";
    snprintf(text, HUMAN_ESTIMATE_TEXT, "%s%s%s%s%s%s%s", sign, how.prefix, number,
             half > 0 ? " \u00b1 " : "", half > 0 ? width : "", how.suffix,
             isinf(half_width) ? " or never" : "");
    return text;
}

bool human_shows_zero(const char *text) {
    const char *half_width = strstr(text, " \u00b1");
    const size_t length = half_width ? (size_t)(half_width - text) : strlen(text);
    const size_t digit = strcspn(text, "123456789");
    return digit >= length && memchr(text, '0', length) != NULL;
}

/* Instants by the calendar's clock, read as sim_time reads those of a calendar ---------------- */

const char day_clock_expected[] =
    "a time since the run's beginning such as 1h30m, a clock such as 9:00, 12:00:35 or \"day 2 "
    "03:05:10\", or an instant such as 2026-11-16T12:00:00Z";

DayClock day_clock_of(int64_t start_epoch_s) {
    const int64_t second = (start_epoch_s % 86400 + 86400) % 86400;
    return (DayClock){start_epoch_s, second * SIM_TIME_SECOND};
}

const char *day_clock_text(const DayClock *day_clock, sim_time instant, char text[HUMAN_TEXT]) {
    const bool is_told = instant < SIM_TIME_NEVER - day_clock->since_midnight;
    return human_instant(is_told ? instant + day_clock->since_midnight : SIM_TIME_NEVER, text);
}

/* What a text names when its last digit stands for `unit`. */
static void whole_unit(const char *text, sim_time *first, sim_time *last) {
    const char *point = strrchr(text, '.');
    const size_t digits = point ? strspn(point + 1, "0123456789") : 0;
    sim_time unit = SIM_TIME_SECOND;
    for (size_t i = 0; i < digits && unit > 1; i++) {
        unit /= 10;
    }
    *last = *first + unit - 1;
}

static bool read_calendar(const char *text, int64_t *epoch_s, sim_time *nanoseconds) {
    int32_t fraction;
    if (!sim_time_parse_calendar(text, epoch_s, &fraction)) {
        return false;
    }
    *nanoseconds = fraction;
    return true;
}

/* "9:00", "12:00", "12:00:35", "12:00:35.5": since midnight. */
static bool read_clock(const char *text, sim_time *first, sim_time *last) {
    const size_t length = strlen(text), hour = strcspn(text, ":");
    if (hour < 1 || length < hour + 3 || strspn(text, "0123456789:.") != length) {
        return false;
    }
    const bool is_minute = length == hour + 3;
    char *whole =
        memory_format("1970-01-01T%s%s%s", hour == 1 ? "0" : "", text, is_minute ? ":00" : "");
    int64_t second;
    const bool is_read = read_calendar(whole, &second, first);
    free(whole);
    if (!is_read) {
        return false;
    }
    *first += second * SIM_TIME_SECOND;
    *last = *first;
    if (!is_minute) {
        whole_unit(text, first, last);
    }
    return true;
}

/* "day 2 03:05:10" */
static bool read_day(const DayClock *day_clock, const char *text, sim_time *first, sim_time *last) {
    const size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits] != ' ' ||
        !read_clock(text + digits + 1, first, last)) {
        return false;
    }
    const sim_time shift = (strtol(text, NULL, 10) - 1) * SIM_TIME_DAY - day_clock->since_midnight;
    *first += shift;
    *last += shift;
    return true;
}

bool day_clock_read(const DayClock *day_clock, const char *text, sim_time *first, sim_time *last) {
    int64_t epoch_s;
    if (sim_time_parse(text, first)) {
        *last = *first;
        return true;
    }
    if (strncmp(text, "day ", 4) == 0) {
        return read_day(day_clock, text + 4, first, last);
    }
    if (read_clock(text, first, last)) {
        const sim_time shift = *first < day_clock->since_midnight
                                   ? SIM_TIME_DAY - day_clock->since_midnight
                                   : -day_clock->since_midnight;
        *first += shift;
        *last += shift;
        return true;
    }
    if (!read_calendar(text, &epoch_s, first)) {
        return false;
    }
    const int64_t seconds = epoch_s - day_clock->start_epoch_s;
    if (seconds > SIM_TIME_NEVER / SIM_TIME_SECOND / 2 ||
        seconds < -(SIM_TIME_NEVER / SIM_TIME_SECOND / 2)) {
        return false;
    }
    *first += seconds * SIM_TIME_SECOND;
    *last = *first;
    if (strchr(text, ':')) {
        whole_unit(text, first, last);
    }
    return true;
}

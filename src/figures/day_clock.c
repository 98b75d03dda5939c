// SPDX-License-Identifier: GPL-3.0-or-later
/* Clocks are read as sim_time reads those of a calendar. */
#include "figures/day_clock.h"

#include "base/memory.h"
#include "engine/sim_time.h"

#include <stdlib.h>
#include <string.h>

const char day_clock_expected[] =
    "a time since the run's beginning such as 1h30m, a clock such as 12:00:35 or \"day 2 "
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

/* "12:00", "12:00:35", "12:00:35.5": since midnight. */
static bool read_clock(const char *text, sim_time *first, sim_time *last) {
    const size_t length = strlen(text);
    if (length < 5 || strspn(text, "0123456789:.") != length) {
        return false;
    }
    char *whole = memory_format("1970-01-01T%s%s", text, length == 5 ? ":00" : "");
    int64_t second;
    const bool is_read = read_calendar(whole, &second, first);
    free(whole);
    if (!is_read) {
        return false;
    }
    *first += second * SIM_TIME_SECOND;
    *last = *first;
    if (length > 5) {
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

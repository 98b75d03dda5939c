// SPDX-License-Identifier: GPL-3.0-or-later
/* Instants as they are shown and read: what is shown can be read again. */
#include "figures/day_clock.h"

#include <criterion/criterion.h>

#define S SIM_TIME_SECOND
#define AT(hours, minutes, seconds) ((((hours)*60 + (minutes)) * 60 + (seconds)) * S)

static const int64_t monday = 1794787200; /* 2026-11-16T00:00:00Z */

static void reads_as(const DayClock *day_clock, const char *text, sim_time first, sim_time last) {
    sim_time from = -1, to = -1;
    cr_assert(day_clock_read(day_clock, text, &from, &to), "\"%s\" is refused", text);
    cr_assert_eq(from, first, "\"%s\" begins at %lld", text, (long long)from);
    cr_assert_eq(to, last, "\"%s\" ends at %lld", text, (long long)to);
}

Test(day_clock, shows_the_calendar_s_clock) {
    const DayClock day_clock = day_clock_of(monday + 9 * 3600);
    char text[HUMAN_TEXT];
    cr_assert_str_eq(day_clock_text(&day_clock, 0, text), "09:00:00");
    cr_assert_str_eq(day_clock_text(&day_clock, AT(0, 0, 35), text), "09:00:35");
    cr_assert_str_eq(day_clock_text(&day_clock, AT(15, 0, 0), text), "day 2 00:00:00");
    cr_assert_str_eq(day_clock_text(&day_clock, SIM_TIME_NEVER, text), "-");
}

Test(day_clock, reads_offsets_clocks_days_and_instants) {
    const DayClock day_clock = day_clock_of(monday + 9 * 3600);
    reads_as(&day_clock, "1h30m", AT(1, 30, 0), AT(1, 30, 0));
    reads_as(&day_clock, "0", 0, 0);
    reads_as(&day_clock, "12:00", AT(3, 0, 0), AT(3, 0, 0));
    reads_as(&day_clock, "12:00:35", AT(3, 0, 35), AT(3, 0, 36) - 1);
    reads_as(&day_clock, "12:00:35.25", AT(3, 0, 35) + S / 4, AT(3, 0, 35) + S / 4 + S / 100 - 1);
    reads_as(&day_clock, "day 2 03:05:10", AT(18, 5, 10), AT(18, 5, 11) - 1);
    reads_as(&day_clock, "day 1 09:00", 0, 0);
    reads_as(&day_clock, "2026-11-16T12:00:00Z", AT(3, 0, 0), AT(3, 0, 1) - 1);
    reads_as(&day_clock, "2026-11-17", AT(15, 0, 0), AT(15, 0, 0));
}

/* A clock without a day is the first of the run; with one it may lie before it. */
Test(day_clock, a_clock_before_the_start_is_tomorrow_s) {
    const DayClock day_clock = day_clock_of(monday + 22 * 3600);
    sim_time first, last;
    reads_as(&day_clock, "03:00", AT(5, 0, 0), AT(5, 0, 0));
    cr_assert(day_clock_read(&day_clock, "day 1 21:00:00", &first, &last));
    cr_assert_eq(first, -AT(1, 0, 0));
}

Test(day_clock, refuses_what_is_no_time) {
    const DayClock day_clock = day_clock_of(monday);
    static const char *const texts[] = {"",          "noon",       "25:00:00",    "12:60",
                                        "12",        "1:00",       "12:00:",      "12:00:00.",
                                        "day 2",     "day x 1:00", "day -1 1:00", "day 1  12:00",
                                        "12:00:00Z", "2026-13-01", "-5s",         "5 s"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sim_time first, last;
        cr_assert_not(day_clock_read(&day_clock, texts[i], &first, &last), "\"%s\" is read",
                      texts[i]);
    }
}

/* To the second, or in the first minute of the day to the millisecond: within what it names. */
Test(day_clock, reads_what_it_shows) {
    const DayClock clocks[] = {day_clock_of(monday), day_clock_of(monday + 37000)};
    static const sim_time times[] = {0,
                                     1,
                                     S / 1000,
                                     59 * S + 999999999,
                                     AT(1, 2, 3) + 456789012,
                                     AT(23, 59, 59) + 999,
                                     AT(240, 0, 30) + 5000000};
    for (size_t c = 0; c < 2; c++) {
        for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
            char text[HUMAN_TEXT];
            sim_time first, last;
            day_clock_text(&clocks[c], times[i], text);
            cr_assert(day_clock_read(&clocks[c], text, &first, &last), "\"%s\"", text);
            cr_assert(first <= times[i] && times[i] <= last, "\"%s\" is not %lld", text,
                      (long long)times[i]);
        }
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Numbers and instants for people; instants that are shown can be read again. */
#include "base/text.h"
#include "figures/human.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Numbers ------------------------------------------------------------------------------------ */

Test(human, seconds_get_the_unit_that_fits) {
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        {0, "0 s"},           {1e-9, "1.00 ns"},   {12.34e-6, "12.3 us"}, {0.0009996, "1.00 ms"},
        {0.00123, "1.23 ms"}, {0.0996, "99.6 ms"}, {0.09996, "100 ms"},   {0.1234, "123 ms"},
        {0.9994, "999 ms"},   {0.9996, "1.00 s"},  {1, "1.00 s"},         {9.994, "9.99 s"},
        {9.996, "10.0 s"},    {59.9, "59.9 s"},    {59.96, "1m00s"},      {252, "4m12s"},
        {3599.6, "1h00m"},    {11520, "3h12m"},    {86399, "1d00h"},      {180000, "2d02h"},
        {NAN, "-"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[HUMAN_TEXT];
        cr_assert_str_eq(human_seconds(cases[i].seconds, text), cases[i].text);
    }
}

Test(human, counts_money_shares_and_numbers) {
    char text[HUMAN_TEXT];
    cr_assert_str_eq(human_count(0, text), "0");
    cr_assert_str_eq(human_count(8819, text), "8,819");
    cr_assert_str_eq(human_count(999999, text), "999,999");
    cr_assert_str_eq(human_count(1234567, text), "1.23M");
    cr_assert_str_eq(human_count(999600000, text), "1.00G");
    cr_assert_str_eq(human_count(UINT64_MAX, text), "18446744T");
    cr_assert_str_eq(human_usd(1234.5, text), "$1,234.50");
    cr_assert_str_eq(human_usd(0.999, text), "$1.00");
    cr_assert_str_eq(human_usd(0.0012345, text), "$0.00123");
    cr_assert_str_eq(human_usd(0, text), "$0.00");
    cr_assert_str_eq(human_usd(NAN, text), "-");
    cr_assert_str_eq(human_share(0.1234, text), "12.3 %");
    cr_assert_str_eq(human_share(1, text), "100.0 %");
    cr_assert_str_eq(human_share(0.99999, text), "99.999 %");
    cr_assert_str_eq(human_number(0.01234, text), "0.0123");
    cr_assert_str_eq(human_number(12.34, text), "12.3");
    cr_assert_str_eq(human_number(999.6, text), "1,000");
    cr_assert_str_eq(human_number(1234.6, text), "1,235");
    cr_assert_str_eq(human_number(3.1e6, text), "3.10M");
    cr_assert_str_eq(human_instant(90061 * SIM_TIME_SECOND + 5, text), "day 2 01:01:01");
    cr_assert_str_eq(human_instant(1234567890, text), "00:00:01.234");
    cr_assert_str_eq(human_instant(SIM_TIME_NEVER, text), "-");
}

/* Estimates ---------------------------------------------------------------------------------- */

#define V HUMAN_ESTIMATE_VALUE
#define D HUMAN_ESTIMATE_DIFFERENCE
#define A HUMAN_ESTIMATE_AMOUNT

Test(human_estimate, two_digits_of_the_half_width) {
    static const struct {
        MetricUnit unit;
        HumanEstimate kind;
        double value, half_width;
        const char *text;
    } table[] = {
        {METRIC_UNIT_USD, A, 31.2, 0.8, "$31.20 ± 0.80"},
        {METRIC_UNIT_USD, D, -1992.304, 12.4, "-$1,992.30 ± 12.40"},
        {METRIC_UNIT_USD, V, 2660.6, 150, "$2,661 ± 150"},
        {METRIC_UNIT_USD, V, 1.4701, 0.004, "$1.470 ± 0.004"},
        {METRIC_UNIT_USD, V, 0.01234, 0.0005, "$0.01234 ± 0.00050"},
        {METRIC_UNIT_SECONDS, A, -4.12, 0.31, "4.12 ± 0.31 s"},
        {METRIC_UNIT_SECONDS, D, -0.0037, 0.00013, "-3.70 ± 0.13 ms"},
        {METRIC_UNIT_SECONDS, V, 0.001, 5, "0.0 ± 5.0 s"},
        {METRIC_UNIT_SECONDS, V, 600, 12, "10.00 ± 0.20 min"},
        {METRIC_UNIT_SHARE, V, 0.924, 0.013, "92.4 ± 1.3 %"},
        {METRIC_UNIT_SHARE, D, 0.076, 0.0099999, "+7.6 ± 1.0 pp"},
        {METRIC_UNIT_SHARE, A, 0.076, 0.013, "7.6 ± 1.3 points"},
        {METRIC_UNIT_COUNT, V, 212921, 7166, "212,921 ± 7,166"},
        {METRIC_UNIT_COUNT, V, 7, 0, "7"},
        {METRIC_UNIT_COUNT, V, 7.5, NAN, "7.50"},
        {METRIC_UNIT_HOURS, V, NAN, 1, "-"},
        {METRIC_UNIT_SECONDS, V, INFINITY, NAN, "never"},
        {METRIC_UNIT_SECONDS, D, INFINITY, NAN, "to never"},
        {METRIC_UNIT_SECONDS, D, -INFINITY, NAN, "from never"},
        {METRIC_UNIT_SECONDS, V, 12, INFINITY, "12.0 s or never"},
        /* What rounds to zero is neither more nor less. */
        {METRIC_UNIT_USD, D, -0.001, 3, "$0.00 ± 3.00"},
        {METRIC_UNIT_SHARE, D, 0.0001, 0.12, "0 ± 12 pp"},
        {METRIC_UNIT_SECONDS, V, -0.001, 5, "0.0 ± 5.0 s"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char text[HUMAN_ESTIMATE_TEXT];
        human_estimate(table[i].unit, table[i].kind, table[i].value, table[i].half_width, text);
        cr_expect_str_eq(text, table[i].text);
    }
    cr_assert_eq(text_width("1 ± 2"), 5);
}

Test(human_estimate, what_shows_nothing_but_zeros) {
    cr_expect(human_shows_zero("+$0.00 ± 3.10"));
    cr_expect(human_shows_zero("0.0 pp"));
    cr_expect_not(human_shows_zero("+$0.01 ± 0.00"));
    cr_expect_not(human_shows_zero("-10 %"));
}

/* Instants ----------------------------------------------------------------------------------- */

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
    reads_as(&day_clock, "9:00", 0, 0);
    reads_as(&day_clock, "9:00:05", AT(0, 0, 5), AT(0, 0, 6) - 1);
    reads_as(&day_clock, "9:00:05.5", AT(0, 0, 5) + S / 2, AT(0, 0, 5) + S / 2 + S / 10 - 1);
    reads_as(&day_clock, "day 2 3:05", AT(18, 5, 0), AT(18, 5, 0));
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
    static const char *const texts[] = {"",           "noon",        "25:00:00",     "12:60",
                                        "12",         "1:0",         "12:00:",       "12:00:00.",
                                        ":00",        "9:00:5",      "009:00",       "day 2",
                                        "day x 1:00", "day -1 1:00", "day 1  12:00", "12:00:00Z",
                                        "2026-13-01", "-5s",         "5 s"};
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

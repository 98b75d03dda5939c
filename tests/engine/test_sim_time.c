// SPDX-License-Identifier: GPL-3.0-or-later
/* engine/sim_time: durations, decimals of seconds and calendar instants, exact both ways. */
#include "engine/sim_time.h"

#include "engine/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

Test(sim_time, parse_accepts_durations) {
    static const struct {
        const char *text;
        sim_time duration;
    } cases[] = {
        {"0", 0},
        {"0s", 0},
        {"30s", 30 * SIM_TIME_SECOND},
        {"10m", 10 * SIM_TIME_MINUTE},
        {"1h30m", 90 * SIM_TIME_MINUTE},
        {"1.5h", 90 * SIM_TIME_MINUTE},
        {"7d", 7 * SIM_TIME_DAY},
        {"500ms", 500 * SIM_TIME_MILLISECOND},
        {"1d2h3m4s5ms6us7ns", SIM_TIME_DAY + 2 * SIM_TIME_HOUR + 3 * SIM_TIME_MINUTE +
                                  4 * SIM_TIME_SECOND + 5 * SIM_TIME_MILLISECOND + 6007},
        {"1m1ms", SIM_TIME_MINUTE + SIM_TIME_MILLISECOND},
        {"0.000000001s", 1},
        {"1.50000000000000000000000000h", 90 * SIM_TIME_MINUTE},
        {"0.1us", 100},
        {"0.00125d", 108 * SIM_TIME_SECOND},
        {"007s", 7 * SIM_TIME_SECOND},
        {"9223372036854775806ns", SIM_TIME_NEVER - 1},
        {"106751d23h47m16.854775806s", SIM_TIME_NEVER - 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        sim_time duration = -1;
        cr_expect(sim_time_parse(cases[i].text, &duration), "%s", cases[i].text);
        cr_expect_eq(duration, cases[i].duration, "%s: %lld", cases[i].text, (long long)duration);
    }
}

Test(sim_time, parse_refuses_everything_else) {
    static const char *const texts[] = {
        "",
        "30",
        "30 s",
        " 30s",
        "30s ",
        "-5s",
        "+5s",
        "1h1h",
        "1m1h",
        "1e3s",
        "1s1",
        "s",
        "1.s",
        ".5s",
        "1..5s",
        "1.5.5s",
        "1,5s",
        "1S",
        "1min",
        "1sec",
        "1hm",
        "00",
        "0.0",
        "1ns1us",
        "1ms1s",
        "0.1ns",
        "1.0005us",
        "inf",
        "nan",
        "0x10s",
        "1d 2h",
        "1h-30m",
        "1w",
        "1y",
        "30\xc2\xb5s",
        "1us0.5us",
        "1nss",
        "1msm",
        "9223372036854775807ns",
        "9223372036854775808ns",
        "106752d",
        "99999999999999999999s",
        "300000d",
        "999999999999999999d",
        "5124095576h",
        "0.0000000000000000001d",
        "106751d23h47m16.854775807s",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        sim_time duration = 77;
        cr_expect_not(sim_time_parse(texts[i], &duration), "%s", texts[i]);
        cr_expect_eq(duration, 77, "%s was refused but stored", texts[i]);
    }
}

Test(sim_time, format_reads_well) {
    static const struct {
        sim_time duration;
        const char *text;
    } cases[] = {
        {0, "0s"},
        {30 * SIM_TIME_SECOND, "30s"},
        {90 * SIM_TIME_MINUTE, "1h30m"},
        {SIM_TIME_HOUR, "1h"},
        {7 * SIM_TIME_DAY, "7d"},
        {SIM_TIME_DAY + SIM_TIME_SECOND, "1d1s"},
        {250 * SIM_TIME_MILLISECOND, "250ms"},
        {1500000, "1.5ms"},
        {1500, "1.5us"},
        {1, "1ns"},
        {1500 * SIM_TIME_MILLISECOND, "1.5s"},
        {SIM_TIME_MINUTE + 1, "1m0.000000001s"},
        {SIM_TIME_MINUTE + 250 * SIM_TIME_MILLISECOND, "1m0.25s"},
        {-90 * SIM_TIME_SECOND, "-1m30s"},
        {SIM_TIME_NEVER, "never"},
        {INT64_MIN, "-106751d23h47m16.854775808s"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[SIM_TIME_TEXT];
        cr_expect_str_eq(sim_time_format(cases[i].duration, text), cases[i].text);
    }
}

/* Random magnitudes from 1 ns to 292 years, with trailing zeros of every length. */
static sim_time any_duration(RandomStream *stream) {
    sim_time duration = (sim_time)(random_bits(stream) >> (1 + random_below(stream, 63)));
    static const sim_time grains[] = {
        1,           1000, SIM_TIME_MILLISECOND, SIM_TIME_SECOND, SIM_TIME_MINUTE, SIM_TIME_HOUR,
        SIM_TIME_DAY};
    const sim_time grain = grains[random_below(stream, COUNT(grains))];
    return duration == SIM_TIME_NEVER ? 0 : duration / grain * grain;
}

Test(sim_time, format_and_parse_are_inverse) {
    RandomStream stream;
    random_stream_init(&stream, 1, 0, "durations");
    for (int i = 0; i < 100000; i++) {
        const sim_time duration = any_duration(&stream);
        char text[SIM_TIME_TEXT];
        sim_time back = -1;
        cr_assert(sim_time_parse(sim_time_format(duration, text), &back), "%s", text);
        cr_assert_eq(back, duration, "%s", text);
    }
}

Test(sim_time, seconds_are_the_shortest_exact_decimal) {
    static const struct {
        sim_time time;
        const char *text;
    } cases[] = {
        {0, "0"},
        {3 * SIM_TIME_SECOND, "3"},
        {12500 * SIM_TIME_MILLISECOND, "12.5"},
        {1, "0.000000001"},
        {-1500 * SIM_TIME_MILLISECOND, "-1.5"},
        {-1, "-0.000000001"},
        {SIM_TIME_LONGEST, "315619200"},
        {100000000, "0.1"},
        {INT64_MIN, "-9223372036.854775808"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[SIM_TIME_TEXT];
        const size_t length = sim_time_format_seconds(cases[i].time, text);
        cr_expect_str_eq(text, cases[i].text);
        cr_expect_eq(length, strlen(cases[i].text));
    }
}

Test(sim_time, seconds_round_to_the_nearest_nanosecond) {
    cr_expect_eq(sim_time_from_seconds(0.1), 100000000);
    cr_expect_eq(sim_time_from_seconds(1e-9), 1);
    cr_expect_eq(sim_time_from_seconds(0.4e-9), 0);
    cr_expect_eq(sim_time_from_seconds(0.6e-9), 1);
    cr_expect_eq(sim_time_from_seconds(-1.5), -1500000000);
    cr_expect_eq(sim_time_from_seconds(9e9), INT64_C(9000000000) * SIM_TIME_SECOND);
    cr_expect_eq(sim_time_from_seconds(1e10), SIM_TIME_NEVER);
    cr_expect_eq(sim_time_from_seconds(-1e10), SIM_TIME_NEVER);
    cr_expect_eq(sim_time_from_seconds(INFINITY), SIM_TIME_NEVER);
    cr_expect_eq(sim_time_from_seconds(NAN), SIM_TIME_NEVER);
    cr_expect_float_eq(sim_time_to_seconds(12500 * SIM_TIME_MILLISECOND), 12.5, 0.0);
}

/* As long as a double can tell nanoseconds apart: some weeks. */
Test(sim_time, seconds_survive_the_way_through_a_double) {
    RandomStream stream;
    random_stream_init(&stream, 2, 0, "durations");
    for (int i = 0; i < 100000; i++) {
        const sim_time time = (sim_time)random_below(&stream, 40 * (uint64_t)SIM_TIME_DAY);
        cr_assert_eq(sim_time_from_seconds(sim_time_to_seconds(time)), time, "%lld",
                     (long long)time);
    }
}

Test(sim_time, calendar_accepts_the_traces_spellings) {
    static const struct {
        const char *text;
        int64_t epoch_s;
        int32_t nanoseconds;
    } cases[] = {
        {"1970-01-01", 0, 0},
        {"1970-01-01T00:00:00Z", 0, 0},
        {"2026-11-16T00:00:00Z", 1794787200, 0},
        {"2023-11-16 18:15:46.6805900", 1700158546, 680590000},
        {"2024-05-10 00:00:00.009930+00:00", 1715299200, 9930000},
        {"2024-05-10 00:00:00+00:00", 1715299200, 0},
        {"2024-05-10 02:00:00+02:00", 1715299200, 0},
        {"2024-05-09T18:30:00-05:30", 1715299200, 0},
        {"2024-05-10 00:00:00 UTC", 1715299200, 0},
        {"2000-02-29", 951782400, 0},
        {"1969-12-31T23:59:59.5Z", -1, 500000000},
        {"0000-03-01", -62162035200, 0},
        {"9999-12-31T23:59:59Z", 253402300799, 0},
        {"2024-05-10T00:00:00.123456789012Z", 1715299200, 123456789},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t epoch_s = -7;
        int32_t nanoseconds = -7;
        cr_expect(sim_time_parse_calendar(cases[i].text, &epoch_s, &nanoseconds), "%s",
                  cases[i].text);
        cr_expect_eq(epoch_s, cases[i].epoch_s, "%s: %lld", cases[i].text, (long long)epoch_s);
        cr_expect_eq(nanoseconds, cases[i].nanoseconds, "%s: %d", cases[i].text, (int)nanoseconds);
    }
}

Test(sim_time, calendar_refuses_everything_else) {
    static const char *const texts[] = {
        "",
        "2024",
        "2024-13-01",
        "2024-00-10",
        "2023-02-29",
        "1900-02-29",
        "2024-04-31",
        "2024-1-1",
        "24-01-01",
        "2024-01-01T",
        "2024-01-01Z",
        "2024-01-01T00:00",
        "2024-01-01T24:00:00",
        "2024-01-01T00:60:00",
        "2024-01-01T00:00:60",
        "2024-01-01T00:00:00.",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00+0200",
        "2024-01-01T00:00:00+02",
        "2024-01-01T00:00:00+02:60",
        "2024-01-01T00:00:00Zjunk",
        "2024-01-01T00:00:00 ",
        "2024-01-01_00:00:00",
        " 2024-01-01",
        "2024/01/01",
        "-024-01-01",
        "today",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        int64_t epoch_s;
        int32_t nanoseconds;
        cr_expect_not(sim_time_parse_calendar(texts[i], &epoch_s, &nanoseconds), "%s", texts[i]);
    }
}

/* Every day of 1100 years, against the C library's calendar. */
Test(sim_time, days_agree_with_gmtime) {
    int64_t days = sim_time_days_from_civil(1600, 1, 1);
    for (; days < sim_time_days_from_civil(2700, 1, 1); days++) {
        const time_t seconds = (time_t)(days * 86400);
        struct tm date;
        gmtime_r(&seconds, &date);
        cr_assert_eq(sim_time_days_from_civil(date.tm_year + 1900, date.tm_mon + 1, date.tm_mday),
                     days);
    }
}

Test(sim_time, calendar_format_agrees_with_strftime) {
    RandomStream stream;
    random_stream_init(&stream, 3, 0, "instants");
    for (int i = 0; i < 20000; i++) {
        const int64_t epoch_s = (int64_t)random_below(&stream, 315000000000) - 62000000000;
        const time_t seconds = (time_t)epoch_s;
        struct tm date;
        char expected[64], text[SIM_TIME_TEXT];
        gmtime_r(&seconds, &date);
        strftime(expected, sizeof expected, "%m-%dT%H:%M:%SZ", &date);
        sim_time_format_calendar(epoch_s, text);
        cr_assert_str_eq(text + 5, expected);
        int64_t back;
        int32_t nanoseconds;
        cr_assert(sim_time_parse_calendar(text, &back, &nanoseconds), "%s", text);
        cr_assert_eq(back, epoch_s, "%s", text);
    }
}

Test(sim_time, calendar_format_holds_any_second) {
    char text[SIM_TIME_TEXT];
    cr_expect_str_eq(sim_time_format_calendar(1794787200, text), "2026-11-16T00:00:00Z");
    cr_expect_str_eq(sim_time_format_calendar(INT64_MAX, text), "292277026596-12-04T15:30:07Z");
    cr_expect_str_eq(sim_time_format_calendar(INT64_MIN, text), "-292277022657-01-27T08:29:52Z");
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The windows of scaling schedules: when they open and close, by the calendar and by the clocks of
 * their zones, and which of those that are open counts. */
#include "engine/sim_time.h"
#include "engine/time_zone.h"
#include "policy/schedules.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Row {
    int minimum;
    const char *cron, *duration, *zone;
    bool disabled;
} Row;

static Schedules *open_rows(const char *start, const Row rows[], size_t count,
                            ScalingSchedule items[]) {
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    const OptionList list = {.items = items, .count = count};
    ErrorList errors = {0};
    int64_t epoch_s;
    int32_t nanoseconds;
    char *berlin = time_zone_file("Europe/Berlin");
    if (access(berlin, R_OK) != 0) {
        cr_skip_test("no zone files: package tzdata");
    }
    free(berlin);
    for (size_t i = 0; i < count; i++) {
        items[i] = (ScalingSchedule){.name = (char *)names[i],
                                     .min_replica_count = rows[i].minimum,
                                     .schedule = (char *)rows[i].cron,
                                     .timezone = (char *)rows[i].zone,
                                     .disabled = rows[i].disabled};
        cr_assert(sim_time_parse(rows[i].duration, &items[i].duration));
    }
    cr_assert(sim_time_parse_calendar(start, &epoch_s, &nanoseconds));
    schedules_check(&list, 100, &(Error){.place = "d"}, &errors);
    Schedules *schedules = schedules_open(&list, epoch_s, &(Error){0}, &errors);
    cr_assert_not_null(schedules);
    cr_assert_eq(errors.count, 0);
    return schedules;
}

/* "0s a2, 8h -, ...": at each change what is in force from then on, as far as `count` changes. */
static void expect_changes(const char *start, const Row rows[], size_t count, int changes,
                           const char *expected) {
    ScalingSchedule items[SCHEDULES_MOST];
    Schedules *schedules = open_rows(start, rows, count, items);
    char found[400] = "", at[SIM_TIME_TEXT];
    sim_time time = 0;
    for (int i = 0; i <= changes && time != SIM_TIME_NEVER; i++) {
        schedules_advance(schedules, time);
        const asim_schedule now = schedules_now(schedules);
        const size_t length = strlen(found);
        if (now.name == NULL) {
            snprintf(found + length, sizeof found - length, "%s -, ", sim_time_format(time, at));
        } else {
            snprintf(found + length, sizeof found - length, "%s %s%d, ", sim_time_format(time, at),
                     now.name, now.minimum);
        }
        time = schedules_next_change(schedules);
    }
    cr_expect_str_eq(found, expected, "%s: %s", rows[0].cron, found);
    schedules_close(schedules);
}
#define CHANGES(start, changes, expected, ...)                                                     \
    expect_changes(start, (const Row[]){__VA_ARGS__},                                              \
                   sizeof((const Row[]){__VA_ARGS__}) / sizeof(Row), changes, expected)

/* 2026-11-16 is a Monday; Berlin is an hour ahead then. */
Test(schedules, office_hours) {
    CHANGES("2026-11-16", 3, "0s -, 7h a2, 18h -, 1d7h a2, ",
            {2, "0 8 * * Mon-Fri", "11h", "Europe/Berlin", false});
    CHANGES("2026-11-20T12:00:00Z", 2, "0s a2, 6h -, 2d19h a2, ",
            {2, "0 8 * * Mon-Fri", "11h", "Europe/Berlin", false});
}

/* One that began before the start is open at it; at its last instant it is so no more. */
Test(schedules, open_at_the_start) {
    CHANGES("2026-11-16", 1, "0s a3, 12h -, ", {3, "0 12 * * Sun", "1d", "UTC", false});
    CHANGES("2026-11-16", 1, "0s -, 6d12h a3, ", {3, "0 12 * * Sun", "12h", "UTC", false});
    CHANGES("2026-11-16", 1, "0s a3, 3d -, ", {3, "0 0 12 * *", "7d", "UTC", false});
}

Test(schedules, the_largest_wins) {
    CHANGES("2026-11-16", 5, "0s -, 8h a2, 9h b5, 10h a2, 12h a2, 18h -, ",
            {2, "0 8 * * *", "10h", "UTC", false}, {5, "0 9 * * *", "1h", "UTC", false},
            {1, "0 7 * * *", "10h", "UTC", true}, {0, "0 12 * * *", "6h", "UTC", false});
    CHANGES("2026-11-16", 1, "0s a2, 1h a2, ", {2, "0 0 * * *", "2h", "UTC", false},
            {2, "0 0 * * *", "1h", "UTC", false});
}

/* Starts within a window make it longer; windows that touch are one. */
Test(schedules, windows_that_touch) {
    CHANGES("2026-11-16", 2, "0s -, 8h a1, 9h20m -, ", {1, "0,20,40 8 * * *", "40m", "UTC", false});
    CHANGES("2026-11-16", 2, "0s -, 8h a1, 10h -, ", {1, "0 8,9 * * *", "1h", "UTC", false});
}

/* At all times: there may be changes that change nothing. */
Test(schedules, always_open) {
    ScalingSchedule items[1];
    Schedules *schedules =
        open_rows("2026-11-16", &(Row){4, "* * * * *", "5m", "Europe/Berlin", false}, 1, items);
    for (int day = 0; day < 3653; day += 10) {
        schedules_advance(schedules, day * SIM_TIME_DAY);
        cr_assert_str_eq(schedules_now(schedules).name, "a");
        cr_assert_gt(schedules_next_change(schedules), day * SIM_TIME_DAY);
    }
    schedules_close(schedules);
}

Test(schedules, a_leap_day_is_years_away) {
    CHANGES("2096-03-01", 2, "0s -, 2920d a1, 2921d -, ", {1, "0 0 29 2 *", "1d", "UTC", false});
}

/* A window is open for its whole duration; 02:30 that never was is 03:30, 02:30 that came twice is
 * the first. */
Test(schedules, clocks_change) {
    CHANGES("2026-03-29", 2, "0s a2, 5h -, 20h a2, ",
            {2, "0 22 * * *", "8h", "Europe/Berlin", false});
    CHANGES("2026-03-29", 3, "0s -, 1h30m a2, 2h30m -, 1d30m a2, ",
            {2, "30 2 * * *", "1h", "Europe/Berlin", false});
    CHANGES("2026-10-25", 3, "0s -, 30m a2, 1h30m -, 1d1h30m a2, ",
            {2, "30 2 * * *", "1h", "Europe/Berlin", false});
    /* 03:30 and then 03:10: one window of what the clock leaves out, the other behind it. */
    CHANGES("2026-03-29", 4, "0s -, 1h10m b2, 1h15m -, 1h30m a2, 1h35m -, ",
            {2, "30 2 29 3 *", "5m", "Europe/Berlin", false},
            {2, "10 3 29 3 *", "5m", "Europe/Berlin", false});
}

static void expect_mistakes(const ScalingSchedule *schedule, const char *expected) {
    const OptionList list = {.items = (void *)schedule, .count = 1};
    ErrorList errors = {0};
    schedules_check(&list, 4, &(Error){.place = "d"}, &errors);
    char *text = error_list_text(&errors);
    cr_assert_not_null(text, "%s", expected);
    cr_expect(strstr(text, expected) != NULL, "%s", text);
    free(text);
    error_list_clear(&errors);
}

Test(schedules, mistakes) {
    const ScalingSchedule sound = {.min_replica_count = 2,
                                   .schedule = "0 8 * * *",
                                   .duration = SIM_TIME_HOUR,
                                   .timezone = "UTC"};
    ScalingSchedule schedule = sound;
    schedule.timezone = NULL;
    expect_mistakes(&schedule, "d.scaling_schedules.0.timezone: found nothing");
    schedule = sound;
    schedule.min_replica_count = 5;
    expect_mistakes(&schedule, "min_replica_count: found 5, expected at most max_replica_count, 4");
    schedule = sound;
    schedule.duration += SIM_TIME_MILLISECOND;
    expect_mistakes(&schedule, "duration: found 1h0.001s, expected whole seconds");
    schedule = sound;
    schedule.schedule = "0 8 * * Mon-Fry";
    expect_mistakes(&schedule, "schedule: found \"Mon-Fry\" as the day of the week");
}

Test(schedules, at_most_five) {
    ScalingSchedule six[6] = {{.duration = SIM_TIME_NEVER}};
    const OptionList list = {.items = six, .count = 6};
    ErrorList errors = {0};
    schedules_check(&list, 4, &(Error){.place = "d"}, &errors);
    cr_assert_eq(errors.count, 1);
    cr_expect_str_eq(errors.items[0].found, "6 schedules");
    error_list_clear(&errors);
}

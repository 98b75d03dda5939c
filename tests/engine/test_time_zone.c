// SPDX-License-Identifier: GPL-3.0-or-later
/* Clocks of zones whose rules are known to everybody, on the days when they change. The zones come
 * from the system; where it has none the tests are skipped. */
#include "base/task_pool.h"
#include "engine/sim_time.h"
#include "engine/time_zone.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static TimeZone zone_of(const char *name) {
    ErrorList errors = {0};
    TimeZone zone;
    char *file = time_zone_file(name);
    if (file != NULL && access(file, R_OK) != 0) {
        cr_skip_test("no zone file %s: package tzdata", file);
    }
    free(file);
    cr_assert(time_zone_read(&zone, name, &(Error){.place = ""}, "timezone", &errors), "%s", name);
    return zone;
}

static int64_t epoch(const char *calendar) {
    int64_t seconds;
    int32_t nanoseconds;
    cr_assert(sim_time_parse_calendar(calendar, &seconds, &nanoseconds), "%s", calendar);
    return seconds;
}

/* The clock shows `local` at `utc`, and at that instant for the first time. */
static void expect_instant(const char *name, const char *local, const char *utc) {
    TimeZone zone = zone_of(name);
    char found[SIM_TIME_TEXT];
    sim_time_format_calendar(time_zone_instant(&zone, epoch(local)), found);
    cr_expect_str_eq(found, utc, "%s: %s is %s, not %s", name, local, found, utc);
    time_zone_clear(&zone);
}

static void expect_offset(const char *name, const char *utc, int32_t seconds) {
    TimeZone zone = zone_of(name);
    const int32_t found = time_zone_offset(&zone, epoch(utc));
    cr_expect_eq(found, seconds, "%s at %s: %d, not %d", name, utc, found, seconds);
    time_zone_clear(&zone);
}

Test(time_zone, berlin_when_clocks_change) {
    expect_instant("Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z");
    expect_instant("Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z"); /* 03:30 */
    expect_instant("Europe/Berlin", "2026-03-29T03:00:00", "2026-03-29T01:00:00Z");
    expect_instant("Europe/Berlin", "2026-10-25T01:59:59", "2026-10-24T23:59:59Z");
    expect_instant("Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"); /* the first */
    expect_instant("Europe/Berlin", "2026-10-25T03:00:00", "2026-10-25T02:00:00Z");
    expect_offset("Europe/Berlin", "2026-03-29T00:59:59", 3600);
    expect_offset("Europe/Berlin", "2026-03-29T01:00:00", 7200);
    expect_offset("Europe/Berlin", "2026-10-25T00:59:59", 7200);
    expect_offset("Europe/Berlin", "2026-10-25T01:00:00", 3600);
}

Test(time_zone, new_york_and_kolkata) {
    expect_instant("America/New_York", "2026-03-08T02:30:00", "2026-03-08T07:30:00Z");
    expect_instant("America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00Z");
    expect_instant("America/New_York", "2026-07-04T08:00:00", "2026-07-04T12:00:00Z");
    expect_instant("Asia/Kolkata", "2026-07-04T08:00:00", "2026-07-04T02:30:00Z");
    expect_instant("UTC", "2026-07-04T08:00:00", "2026-07-04T08:00:00Z");
}

/* Half an hour, south of the equator: back on the first Sunday of April, forward on that of
 * October. */
Test(time_zone, lord_howe) {
    expect_offset("Australia/Lord_Howe", "2026-01-15T00:00:00", 39600);
    expect_offset("Australia/Lord_Howe", "2026-07-15T00:00:00", 37800);
    expect_instant("Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00Z");
    expect_instant("Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:45:00Z");
    expect_instant("Australia/Lord_Howe", "2026-10-04T02:30:00", "2026-10-03T15:30:00Z");
}

/* After the file's table the rules go on: north, south, and a winter that is the exception. */
Test(time_zone, long_after_the_table) {
    expect_offset("Europe/Berlin", "2050-03-27T00:59:59", 3600);
    expect_offset("Europe/Berlin", "2050-03-27T01:00:00", 7200);
    expect_offset("Europe/Berlin", "2050-10-30T01:00:00", 3600);
    expect_offset("Australia/Sydney", "2050-01-15T00:00:00", 39600);
    expect_offset("Australia/Sydney", "2050-04-02T16:00:00", 36000);
    expect_offset("Australia/Sydney", "2050-10-01T15:59:59", 36000);
    expect_offset("Australia/Sydney", "2050-10-01T16:00:00", 39600);
    expect_offset("Europe/Dublin", "2050-01-15T00:00:00", 0);
    expect_offset("Europe/Dublin", "2050-07-15T00:00:00", 3600);
}

/* A day that was left out: Samoa went over the date line at the end of 29 December 2011. */
Test(time_zone, a_day_is_left_out) {
    expect_instant("Pacific/Apia", "2011-12-29T23:00:00", "2011-12-30T09:00:00Z");
    expect_instant("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z");
    expect_instant("Pacific/Apia", "2011-12-31T12:00:00", "2011-12-30T22:00:00Z");
}

static char *refusal(const char *name) {
    ErrorList errors = {0};
    TimeZone zone;
    cr_assert_not(time_zone_read(&zone, name, &(Error){.place = "s"}, "timezone", &errors));
    char *text = error_list_text(&errors);
    error_list_clear(&errors);
    return text;
}

Test(time_zone, the_nearest_name) {
    const char *const cases[][2] = {{"Europe/Berln", "Europe/Berlin"},
                                    {"berlin", "Europe/Berlin"},
                                    {"america/new_york", "America/New_York"},
                                    {"New_York", "America/New_York"}};
    TimeZone zone = zone_of("Europe/Berlin");
    time_zone_clear(&zone);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = refusal(cases[i][0]);
        cr_expect(strstr(text, "s.timezone") != NULL && strstr(text, cases[i][0]) != NULL &&
                      strstr(text, cases[i][1]) != NULL && strstr(text, "did you mean") != NULL,
                  "%s", text);
        free(text);
    }
    free(refusal("../zoneinfo/UTC"));
    free(refusal("Europe"));
    free(refusal(""));
}

Test(time_zone, a_machine_without_zones) {
    setenv("TZDIR", "/nowhere", 1);
    char *text = refusal("Europe/Berlin");
    cr_expect(strstr(text, "/nowhere") != NULL && strstr(text, "tzdata") != NULL, "%s", text);
    free(text);
    TimeZone zone = zone_of("UTC");
    cr_expect_eq(time_zone_offset(&zone, 0), 0);
    time_zone_clear(&zone);
}

/* A file of version 1 with one change, and all that is shorter: none is read past its end. */
Test(time_zone, files_cut_short) {
    static const unsigned char whole[] = {
        'T', 'Z', 'i',  'f',  0,   0,   0,   0,  0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* header
                                                                                            */
        0,   0,   0,    0,    0,   0,   0,   0,  0,    0,    0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0,
        0,   0,   8,                                               /* counts */
        0,   0,   0x0e, 0x10, 1,                                   /* at 3600 the second type */
        0,   0,   0x0e, 0x10, 0,   0,   0,   0,  0x1c, 0x20, 1, 4, /* +1 h, +2 h */
        'C', 'E', 'T',  0,    'C', 'E', 'S', 'T'};
    TimeZone zone;
    cr_assert(time_zone_parse(&zone, whole, sizeof whole));
    cr_expect_eq(time_zone_offset(&zone, 3599), 3600);
    cr_expect_eq(time_zone_offset(&zone, 3600), 7200);
    time_zone_clear(&zone);
    for (size_t length = 0; length < sizeof whole; length++) {
        unsigned char *copy = malloc(length > 0 ? length : 1);
        memcpy(copy, whole, length);
        cr_expect_not(time_zone_parse(&zone, copy, length), "%zu bytes", length);
        free(copy);
    }
}

/* Two zones side by side, each read and asked again and again. */
typedef struct Hours {
    const char *names[2];
    int64_t sums[2][8];
} Hours;

static bool sum_hours(void *context, size_t task) {
    Hours *hours = context;
    ErrorList errors = {0};
    TimeZone zone;
    if (!time_zone_read(&zone, hours->names[task % 2], &(Error){.place = ""}, "z", &errors)) {
        return false;
    }
    int64_t sum = 0;
    for (int64_t hour = 0; hour < 8766; hour++) {
        sum += hour * time_zone_offset(&zone, 1767225600 + 3600 * hour);
    }
    hours->sums[task % 2][task / 2] = sum;
    time_zone_clear(&zone);
    return true;
}

Test(time_zone, threads_with_zones_of_their_own) {
    Hours hours = {.names = {"Europe/Berlin", "Australia/Lord_Howe"}};
    for (int i = 0; i < 2; i++) {
        TimeZone zone = zone_of(hours.names[i]);
        time_zone_clear(&zone);
    }
    cr_assert(task_pool_run(&(TaskPool){.jobs = 4}, 16, sum_hours, &hours));
    for (int i = 1; i < 8; i++) {
        cr_expect_eq(hours.sums[0][i], hours.sums[0][0]);
        cr_expect_eq(hours.sums[1][i], hours.sums[1][0]);
    }
    cr_expect_neq(hours.sums[0][0], hours.sums[1][0]);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Scaling schedules that follow from the course of a day, for optimize to try. */
#include "base/json.h"
#include "experiment/window_proposals.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A week seen once: `busy` requests in the hours [from, to), `quiet` in the others; weekends have a
 * share of that. */
static WeekProfile week(int from, int to, double busy, double quiet, double weekend) {
    WeekProfile profile = {0};
    for (int day = 0; day < 7; day++) {
        for (int hour = 0; hour < 24; hour++) {
            const bool inside = from < to ? hour >= from && hour < to : hour >= from || hour < to;
            profile.hours[day][hour] = 1;
            profile.requests[day][hour] =
                (inside ? busy : quiet) * (day == 0 || day == 6 ? weekend : 1);
        }
    }
    return profile;
}

static void expect_values(const WeekProfile *profile, const char *expected) {
    double minima[] = {2};
    cJSON *values = window_proposals_values(profile, "UTC", &(OptionNumbers){minima, 1});
    char *text = json_print_line(values);
    cr_expect_str_eq(text, expected, "%s", text);
    free(text);
    cJSON_Delete(values);
}

#define WINDOW(name, cron, duration)                                                               \
    "[{\"name\": \"" name "\", \"min_replica_count\": 2, \"schedule\": \"" cron                    \
    "\", \"duration\": \"" duration "\", \"timezone\": \"UTC\"}]"

Test(window_proposals, office_hours) {
    const WeekProfile profile = week(8, 19, 100, 1, 0.1);
    expect_values(&profile,
                  "[[], " WINDOW("08:00-19:00 Mon-Fri, 2", "50 7 * * Mon-Fri", "11h10m") "]");
}

/* Every day alike; over midnight; from midnight on, which the day before opens. */
Test(window_proposals, other_days) {
    const WeekProfile evenings = week(20, 2, 100, 1, 1), early = week(0, 6, 100, 1, 0);
    expect_values(&evenings, "[[], " WINDOW("20:00-02:00, 2", "50 19 * * *", "6h10m") "]");
    expect_values(&early,
                  "[[], " WINDOW("00:00-06:00 Mon-Fri, 2", "50 23 * * Sun-Thu", "6h10m") "]");
}

/* Half of the busiest hour, a quarter, a twentieth: as many windows as differ. */
Test(window_proposals, several_thresholds) {
    WeekProfile profile = week(9, 17, 100, 0, 1);
    for (int day = 0; day < 7; day++) {
        profile.requests[day][8] = 30;
        profile.requests[day][17] = 10;
    }
    expect_values(&profile, "[[], " WINDOW("08:00-18:00, 2", "50 7 * * *", "10h10m") ", " WINDOW(
                                "08:00-17:00, 2", "50 7 * * *",
                                "9h10m") ", " WINDOW("09:00-17:00, 2", "50 8 * * *", "8h10m") "]");
}

/* Nothing to propose: no traffic, or as much at night. */
Test(window_proposals, nothing) {
    const WeekProfile none = {0}, flat = week(8, 19, 1, 1, 1);
    expect_values(&none, "[[]]");
    expect_values(&flat, "[[]]");
}

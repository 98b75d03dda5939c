// SPDX-License-Identifier: GPL-3.0-or-later
/* cron's five fields against days and minutes counted by hand. */
#include "engine/cron.h"
#include "engine/sim_time.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static Cron parsed(const char *text) {
    ErrorList errors = {0};
    Cron cron;
    cr_assert(cron_parse(text, &cron, &(Error){.place = "s"}, "schedule", &errors), "%s", text);
    cr_assert_eq(errors.count, 0);
    return cron;
}

/* The days of 2024 that it has, "0101 0229 ": a leap year that begins with a Monday. */
static void expect_days(const char *text, int month, const char *expected) {
    const Cron cron = parsed(text);
    char found[300] = "";
    for (int day = 1; day <= sim_time_days_in_month(2024, month); day++) {
        if (cron_has_day(&cron, sim_time_days_from_civil(2024, month, day))) {
            snprintf(found + strlen(found), sizeof found - strlen(found), "%d ", day);
        }
    }
    cr_expect_str_eq(found, expected, "%s in month %d: %s", text, month, found);
}

static void expect_minutes(const char *text, const char *expected) {
    const Cron cron = parsed(text);
    int16_t minutes[CRON_DAY_MINUTES];
    const int count = cron_minutes(&cron, minutes);
    char found[300] = "";
    for (int i = 0; i < count && i < 8; i++) {
        snprintf(found + strlen(found), sizeof found - strlen(found), "%02d:%02d ", minutes[i] / 60,
                 minutes[i] % 60);
    }
    cr_expect_str_eq(found, expected, "%s: %s", text, found);
}

Test(cron, times_of_day) {
    expect_minutes("0 8 * * *", "08:00 ");
    expect_minutes("30 8,20 * * *", "08:30 20:30 ");
    expect_minutes("*/20 7-8 * * *", "07:00 07:20 07:40 08:00 08:20 08:40 ");
    expect_minutes("15-45/15 0 * * *", "00:15 00:30 00:45 ");
    expect_minutes("0 */7 * * *", "00:00 07:00 14:00 21:00 ");
    expect_minutes(" 59\t23 * *  * ", "23:59 ");
}

Test(cron, days_of_months) {
    expect_days("0 0 31 * *", 4, "");
    expect_days("0 0 31 * *", 5, "31 ");
    expect_days("0 0 29 2 *", 2, "29 ");
    expect_days("0 0 28-30 * *", 2, "28 29 ");
    expect_days("0 0 1,15 Jan-mar *", 3, "1 15 ");
    expect_days("0 0 1,15 Jan-Mar *", 4, "");
    expect_days("0 0 */10 * *", 9, "1 11 21 ");
}

/* 2 September 2024 was a Monday. */
Test(cron, days_of_the_week) {
    expect_days("0 8 * * Mon-Fri", 9, "2 3 4 5 6 9 10 11 12 13 16 17 18 19 20 23 24 25 26 27 30 ");
    expect_days("0 8 * * 0", 9, "1 8 15 22 29 ");
    expect_days("0 8 * * 7", 9, "1 8 15 22 29 ");
    expect_days("0 8 * * Sat,Sun", 9, "1 7 8 14 15 21 22 28 29 ");
    expect_days("0 8 * * fri-sun", 9, "1 6 7 8 13 14 15 20 21 22 27 28 29 ");
    expect_days(
        "0 8 * * 1-7", 9,
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 ");
}

/* Both restricted: either will do. One that begins with a star restricts as well as the other. */
Test(cron, either_day_will_do) {
    expect_days("0 8 1,13 * Fri", 9, "1 6 13 20 27 ");
    expect_days("0 8 */2 * Fri", 9, "13 27 ");
    expect_days("0 8 13 * *", 9, "13 ");
}

static void expect_refused(const char *text, const char *found, const char *suggestion) {
    ErrorList errors = {0};
    Cron cron;
    cr_assert_not(cron_parse(text, &cron, &(Error){.place = "s"}, "schedule", &errors), "%s", text);
    cr_assert_eq(errors.count, 1);
    cr_expect_str_eq(errors.items[0].place, "s.schedule");
    cr_expect(strstr(errors.items[0].found, found) != NULL, "%s: %s", text, errors.items[0].found);
    if (suggestion != NULL) {
        cr_assert_not_null(errors.items[0].suggestion, "%s", text);
        cr_expect_str_eq(errors.items[0].suggestion, suggestion);
    }
    error_list_clear(&errors);
}

Test(cron, names_the_field_that_is_wrong) {
    expect_refused("60 8 * * *", "\"60\" as the minute", NULL);
    expect_refused("0 24 * * *", "\"24\" as the hour", NULL);
    expect_refused("0 8 0 * *", "\"0\" as the day of the month", NULL);
    expect_refused("0 8 * 13 *", "\"13\" as the month", NULL);
    expect_refused("0 8 * * 8", "\"8\" as the day of the week", NULL);
    expect_refused("0 8 * Jna *", "\"Jna\" as the month", "Jan");
    expect_refused("0 8 * * Monday", "\"Monday\" as the day of the week", "Mon");
    expect_refused("0 18-8 * * *", "\"18-8\" as the hour", NULL);
    expect_refused("*/0 8 * * *", "\"*/0\" as the minute", NULL);
    expect_refused("0, 8 * * *", "\"0,\" as the minute", NULL);
    expect_refused("5/10 8 * * *", "\"5/10\" as the minute", NULL);
    expect_refused("0 8 * *", "of 4 fields", NULL);
    expect_refused("0 8 * * * *", "of 6 fields", NULL);
    expect_refused("@daily", "of 1 field", NULL);
    expect_refused("", "of 0 fields", NULL);
    expect_refused("0 0 31 2,4,6 *", "0 0 31 2,4,6 *", NULL);
}

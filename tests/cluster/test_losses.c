// SPDX-License-Identifier: GPL-3.0-or-later
/* When replicas are lost, and which (model 7): recorded losses and drawn ones. */
#include "cluster/cluster.h"

#include "engine/sim_time.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define S SIM_TIME_SECOND

static PreemptibleConfig config_of(const char *path) {
    return (PreemptibleConfig){.gaps = distribution_fixed(NAN), .file = (char *)(uintptr_t)path};
}

/* False when it is refused, with `expected` in the message. */
static bool read_losses(const char *text, Losses *losses, PreemptibleConfig *config,
                        const char *expected) {
    static char path[] = "/tmp/test_losses_XXXXXX";
    strcpy(path + sizeof path - 7, "XXXXXX");
    const int descriptor = mkstemp(path);
    cr_assert(descriptor >= 0);
    FILE *file = fdopen(descriptor, "w");
    fputs(text, file);
    fclose(file);
    *config = config_of(path);
    ErrorList errors = {0};
    const bool read = losses_init(losses, config, NULL, 1, 0, "d", &errors);
    cr_expect_eq(errors.count, read ? 0 : 1);
    if (!read) {
        char *message = error_list_text(&errors);
        cr_expect_not_null(strstr(message, expected), "%s", message);
        free(message);
        losses_clear(losses);
    }
    error_list_clear(&errors);
    unlink(path);
    return read;
}

Test(sim_losses, recorded) {
    Losses losses;
    PreemptibleConfig config;
    cr_assert(read_losses("replicas,time_s\n2,0\n1,7.5\n", &losses, &config, ""));
    cr_expect_eq(losses.next, 0);
    cr_expect_eq(losses_take(&losses), 2);
    cr_expect_eq(losses.next, 7500 * SIM_TIME_MILLISECOND);
    cr_expect_eq(losses_take(&losses), 1);
    cr_expect_eq(losses.next, SIM_TIME_NEVER);
    losses_clear(&losses);
}

Test(sim_losses, bad_recordings) {
    Losses losses;
    PreemptibleConfig config;
    cr_expect_not(read_losses("", &losses, &config, "a line with the columns' names"));
    cr_expect_not(read_losses("time_s\n", &losses, &config, "at least one loss"));
    cr_expect_not(read_losses("replicas\n1\n", &losses, &config, "time_s"));
    cr_expect_not(read_losses("time_s\n5\n5\n", &losses, &config, ":3"));
    cr_expect_not(read_losses("time_s\n-1\n", &losses, &config, ":2"));
    cr_expect_not(read_losses("time_s\nsoon\n", &losses, &config, ":2"));
    cr_expect_not(read_losses("time_s,replicas\n1,0\n", &losses, &config, ":2"));
    cr_expect_not(read_losses("time_s,replicas\n1,1.5\n", &losses, &config, ":2"));
    cr_expect_not(read_losses("time_s,replicas\n1,\n", &losses, &config, ":2"));
    config = config_of("no-such-file.csv");
    ErrorList errors = {0};
    cr_expect_not(losses_init(&losses, &config, "/nowhere", 1, 0, "d", &errors));
    char *message = error_list_text(&errors);
    cr_expect_not_null(strstr(message, "/nowhere/no-such-file.csv"), "%s", message);
    free(message);
    error_list_clear(&errors);
    losses_clear(&losses);
}

/* Gaps of no length would hold time up. */
Test(sim_losses, time_passes_between_two) {
    Losses losses;
    PreemptibleConfig config = {.gaps = {.kind = DISTRIBUTION_WEIBULL, .a = 1, .b = 0.01}};
    ErrorList errors = {0};
    cr_assert_null(distribution_prepare(&config.gaps));
    cr_assert(losses_init(&losses, &config, NULL, 1, 0, "d", &errors));
    for (int i = 0; i < 100; i++) {
        const sim_time before = losses.next;
        cr_expect_eq(losses_take(&losses), 1);
        cr_expect(losses.next > before && losses.next - before <= SIM_TIME_LONGEST);
        losses.next = S;
    }
    losses_clear(&losses);
}

/* The luck of a loss that finds nobody is spent: the next one has its own. */
Test(sim_losses, each_choice_has_its_own_luck) {
    Losses one, two;
    const PreemptibleConfig config = {.gaps = distribution_fixed(60)};
    ErrorList errors = {0};
    cr_assert(losses_init(&one, &config, NULL, 1, 0, "d", &errors));
    cr_assert(losses_init(&two, &config, NULL, 1, 0, "d", &errors));
    cr_expect_eq(losses_choose(&one, 0), 0);
    losses_choose(&two, 1000);
    for (int i = 0; i < 20; i++) {
        const uint64_t of_thousand = losses_choose(&one, 1000);
        cr_expect_eq(of_thousand, losses_choose(&two, 1000));
        cr_expect_lt(of_thousand, 1000);
    }
    losses_clear(&one);
    losses_clear(&two);
}

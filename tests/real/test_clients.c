// SPDX-License-Identifier: GPL-3.0-or-later
/* Clients, load generators and a monitor that others have made, against `serve`, and a browser with
 * the playground (tests/real/check, which says what each case shows). */
#include "cli/cli_checks.h"

#include <criterion/criterion.h>

static void check(const char *name) {
    expect_case("tests/real/check", name);
}

Test(real_clients, the_documentations_sample_in_python) {
    check("python");
}

Test(real_clients, the_documentations_sample_in_javascript) {
    check("javascript");
}

Test(real_clients, the_documentations_loop_around_curl) {
    check("curl");
}

Test(real_clients, the_openai_package_retries_and_streams) {
    check("openai");
}

Test(real_clients, hey_at_2000_requests_a_second) {
    check("hey");
}

Test(real_clients, wrk_as_fast_as_it_can) {
    check("wrk");
}

Test(real_clients, prometheus_scrapes_and_its_alert_fires) {
    check("prometheus");
}

Test(real_clients, firefox_plays_with_the_figures_of_the_program) {
    check("firefox");
}

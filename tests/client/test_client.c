// SPDX-License-Identifier: GPL-3.0-or-later
/* The documentation's three clients, delay by delay, and the options of one's own. */
#include "client/client.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

static ClientConfig preset(const char *name) {
    ClientConfig config;
    cr_assert(client_preset(name, &config));
    return config;
}

static void clear(ClientConfig *config) {
    options_clear(client_options, config);
}

static void check_delays(const char *name, const double seconds[], uint32_t count) {
    ClientConfig config = preset(name);
    for (uint32_t n = 1; n <= count; n++) {
        cr_expect(eq(i64, client_delay(&config, n), (sim_time)(seconds[n - 1] * 1e9)),
                  "%s, delay %u", name, n);
    }
    clear(&config);
}

Test(client, python_waits_half_as_long_again_up_to_a_minute) {
    const double delays[] = {5, 7.5, 11.25, 16.875, 25.3125, 37.96875, 56.953125, 60, 60, 60};
    check_delays("python", delays, 10);
    check_delays("javascript", delays, 10);
}

Test(client, curl_doubles_without_a_cap) {
    const double delays[] = {5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560};
    check_delays("curl", delays, 10);
    ClientConfig config = preset("curl");
    cr_expect(eq(i64, client_delay(&config, 26), INT64_C(167772160) * SIM_TIME_SECOND));
    cr_expect(eq(i64, client_delay(&config, 30), SIM_TIME_LONGEST));
    clear(&config);
}

Test(client, the_samples_send_30_times_and_only_after_503) {
    const char *const names[] = {"python", "javascript", "curl"};
    for (size_t i = 0; i < 3; i++) {
        ClientConfig config = preset(names[i]);
        cr_expect(eq(i64, config.max_sends, 30));
        cr_expect(client_retries(&config, 503));
        cr_expect(not(client_retries(&config, 429)));
        cr_expect(not(client_retries(&config, 404)));
        cr_expect(eq(i64, config.timeout, SIM_TIME_NEVER));
        clear(&config);
    }
}

Test(client, none_sends_once) {
    ClientConfig config = preset("none");
    cr_expect(eq(i64, config.max_sends, 1));
    clear(&config);
}

Test(client, an_unknown_preset_is_refused) {
    ClientConfig config;
    cr_expect(not(client_preset("ruby", &config)));
}

Test(client, every_listed_preset_exists) {
    for (size_t i = 0; client_preset_names[i] != NULL; i++) {
        ClientConfig config = preset(client_preset_names[i]);
        clear(&config);
    }
}

Test(client, a_factor_below_one_shrinks_delays) {
    ClientConfig config = preset("custom");
    config.factor = 0.5;
    config.first_delay = 8 * SIM_TIME_SECOND;
    cr_expect(eq(i64, client_delay(&config, 3), 2 * SIM_TIME_SECOND));
    config.cap = 3 * SIM_TIME_SECOND;
    cr_expect(eq(i64, client_delay(&config, 1), 3 * SIM_TIME_SECOND));
    cr_expect(eq(i64, client_delay(&config, 3), 1500 * SIM_TIME_MILLISECOND));
    clear(&config);
}

Test(client, delays_never_pass_the_longest_time) {
    ClientConfig config = preset("custom");
    config.factor = 1000;
    config.max_sends = CLIENT_SENDS_MOST;
    cr_expect(eq(i64, client_delay(&config, CLIENT_SENDS_MOST), SIM_TIME_LONGEST));
    clear(&config);
}

Test(client, only_answers_of_a_deployment_can_be_retried) {
    ClientConfig config = preset("custom");
    ErrorList errors = {0};
    config.retry_on.values[0] = 418;
    client_check(&config, &(Error){.place = "deployments.chat.client"}, &errors);
    cr_assert(eq(sz, errors.count, 1));
    cr_expect(eq(str, (char *)errors.items[0].place, "deployments.chat.client.retry_on.0"));
    error_list_clear(&errors);
    clear(&config);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Options that another option leaves without effect: refused, never ignored; and what is written
 * of a scenario never holds one. */
#include "scenario/reading.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define DAY(DEPLOYMENT, TRAFFIC, REST)                                                             \
    "{\"duration\": \"1h\"" REST                                                                   \
    ", \"deployments\": {\"a\": {\"model\": \"llama-v3p1-8b-instruct\"" DEPLOYMENT                 \
    ", \"traffic\": {\"prompt_tokens\": 1, \"output_tokens\": 1" TRAFFIC "}}}}"
#define POISSON ", \"type\": \"poisson\", \"rate_per_s\": 1"
#define CROWD ", \"type\": \"flash_crowd\", \"base_rate_per_s\": 1, \"peak_rate_per_s\": 2"

/* Refused with this text, or accepted (NULL). */
static const struct {
    const char *json, *told;
} cases[] = {
    {DAY("", CROWD ", \"dispersion_window\": \"10s\"", ""),
     "dispersion_window: found \"10s\", expected dispersion beside it, without which it does "
     "nothing"},
    {DAY("", CROWD ", \"dispersion_window\": \"20s\", \"dispersion\": 3", ""), NULL},
    {DAY("", CROWD ", \"dispersion_window\": \"20s\", \"dispersion\": 1", ""), NULL},
    {DAY("", POISSON ", \"lengths\": \"azure-code\"", ""),
     "lengths: found azure-code, expected no lengths beside prompt_tokens and output_tokens"},
    {DAY(", \"cold_start\": {\"total\": \"90s\", \"cv\": 0}", POISSON, ""),
     "cold_start.cv: found 0, expected no cv beside total, which takes its place"},
    {DAY(", \"cold_start\": {\"total\": \"90s\", \"routing_lag\": \"10s\"}", POISSON, ""),
     "routing_lag: found \"10s\", expected no routing_lag beside total"},
    {DAY(", \"cold_start\": {\"downloading_model\": \"9s\", \"bandwidth_gb_per_s\": 2}", POISSON,
         ""),
     "expected no bandwidth_gb_per_s beside downloading_model"},
    {DAY(", \"cold_start\": {\"initializing\": \"9s\", \"initialize_base\": \"2s\"}", POISSON, ""),
     "expected no initialize_base beside initializing"},
    {DAY(", \"cold_start\": {\"tail_factor\": 2}", POISSON, ""),
     "tail_factor: found 2, expected tail_probability beside it"},
    {DAY(", \"cold_start\": {\"cold_bandwidth_gb_per_s\": 1}", POISSON, ""),
     "expected cold_region: true beside it"},
    {DAY(", \"cold_start\": {\"cold_bandwidth_gb_per_s\": 1, \"cold_region\": true}", POISSON, ""),
     NULL},
    {DAY(", \"cold_start\": {\"tail_factor\": 2, \"tail_probability\": 0.1}", POISSON, ""), NULL},
    {DAY(", \"client\": {\"preset\": \"none\", \"factor\": 2}", POISSON, ""),
     "client.factor: found 2, expected max_sends beside it"},
    {DAY(", \"client\": {\"preset\": \"none\", \"factor\": 1.5}", POISSON, ""), "client.factor"},
    {DAY(", \"client\": {\"preset\": \"none\", \"retry_on\": [503]}", POISSON, ""),
     "client.retry_on"},
    {DAY(", \"client\": {\"preset\": \"none\", \"timeout\": \"2m\"}", POISSON, ""), NULL},
    {DAY(", \"client\": {\"preset\": \"none\", \"factor\": 2, \"max_sends\": 3}", POISSON, ""),
     NULL},
    {DAY(", \"client\": {\"preset\": \"python\", \"factor\": 2, \"timeout\": \"2m\"}", POISSON, ""),
     NULL},
    {DAY(", \"profile\": {\"experts\": 8}", POISSON, ""),
     "profile.experts: found 8, expected c_moe_ms beside it"},
    {DAY("", POISSON, ", \"drain\": false, \"drain_limit\": \"1h\""),
     "drain_limit: found \"1h\", expected drain: true beside it"},
    {DAY("", POISSON, ", \"pools\": {\"H100\": {\"reserved_usd_per_gpu_hour\": 5}}"),
     "reserved_usd_per_gpu_hour: found 5, expected reserved_gpus beside it"},
    {DAY("", POISSON,
         ", \"pools\": {\"H100\": {\"on_demand_gpus\": 5, \"on_demand_file\": \"x.csv\"}}"),
     "on_demand_file: found on_demand_file beside simulated on-demand capacity"},
};

Test(company, options_without_effect_are_refused) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cases[i].told == NULL) {
            scenario_destroy(reading_scenario(cases[i].json, NULL));
            continue;
        }
        char *mistakes = reading_mistakes(cases[i].json, NULL);
        cr_expect(strstr(mistakes, cases[i].told) != NULL, "%s\nexpected: %s\ntold: %s",
                  cases[i].json, cases[i].told, mistakes);
        free(mistakes);
    }
}

/* What is written is read again, and written the same. */
Test(company, scenarios_as_run_hold_none) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cases[i].told == NULL) {
            Scenario *scenario = reading_scenario(cases[i].json, NULL);
            Scenario *again = reading_scenario(scenario->as_run, NULL);
            cr_expect_str_eq(again->as_run, scenario->as_run);
            scenario_destroy(again);
            scenario_destroy(scenario);
        }
    }
    static const char *const whole[] = {
        DAY(", \"cold_start\": \"90s\", \"client\": \"none\"", POISSON, ", \"drain\": false"),
        DAY(", \"cold_start\": {\"initializing\": \"9s\"}", CROWD, "")};
    for (size_t i = 0; i < 2; i++) {
        Scenario *scenario = reading_scenario(whole[i], NULL);
        Scenario *again = reading_scenario(scenario->as_run, NULL);
        cr_expect_str_eq(again->as_run, scenario->as_run);
        cr_expect((strstr(scenario->as_run, "drain_limit") == NULL) == (i == 0));
        cr_expect((strstr(scenario->as_run, "routing_lag") == NULL) == (i == 0));
        scenario_destroy(again);
        scenario_destroy(scenario);
    }
}

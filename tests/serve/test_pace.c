// SPDX-License-Identifier: GPL-3.0-or-later
/* The run's clock, which follows the wall's. */
#include "serve/pace.h"

#include "scenario/scenario.h"
#include "serve/http.h"

#include <criterion/criterion.h>

/* A day of requests, ten a second: more than a turn can do. */
static const char busy[] =
    "{\"name\": \"busy\", \"duration\": \"1d\", \"deployments\": {\"chat\": {\"model\": \"ours\",\n"
    "\"accelerator\": \"H100\", \"accelerator_count\": 1, \"weights_gb\": 16,\n"
    "\"profile\": {\"c0_ms\": 10, \"c_prefill_ms\": 0.02, \"c_decode_ms\": 0.1,\n"
    "\"batch_slots\": 64, \"kv_capacity_tokens\": 100000},\n"
    "\"autoscaling\": {\"min_replica_count\": 1},\n"
    "\"traffic\": [{\"type\": \"constant\", \"rate_per_s\": 10,\n"
    "\"prompt_tokens\": 10, \"output_tokens\": 5}]}}}";

/* Of a thousand clients that send or hang up in one turn, each asks for it. */
Test(serve_pace, whoever_asks_a_turn_has_its_few_ms_once) {
    ErrorList errors = {0};
    Scenario *scenario = scenario_read_text(busy, "busy.json", NULL, NULL, 0, &errors);
    cr_assert_not_null(scenario);
    const asim_run_options options = {0};
    const LiveListener listener = {0};
    Live *live = live_create(scenario, &options, &listener, &errors);
    cr_assert_not_null(live);
    Pace pace = pace_begin(live, PACE_SPEED_MOST, 0); /* long ago: all of the day is due */
    pace_turn(&pace, http_clock());
    cr_expect_not(pace_catch_up(&pace));
    const sim_time reached = live_now(live);
    cr_expect_gt(reached, 0);
    cr_expect_not(pace_catch_up(&pace));
    cr_expect_eq(live_now(live), reached);
    pace_turn(&pace, http_clock());
    cr_expect_not(pace_catch_up(&pace));
    cr_expect_gt(live_now(live), reached);
    cr_expect_eq(live_finish(live, &errors), ASIM_RUN_DONE);
    live_destroy(live);
    scenario_destroy(scenario);
}

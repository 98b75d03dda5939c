// SPDX-License-Identifier: GPL-3.0-or-later
/* Model 5 sentence by sentence: each test fails if its rule is wrong, with numbers to check by
 * hand.
 */
#include "policy/policies.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define S SIM_TIME_SECOND
#define M SIM_TIME_MINUTE

static FireworksConfig defaults(void) {
    FireworksConfig config;
    options_set_defaults(fireworks_options, &config);
    return config;
}

/* 0 to 10 replicas, of which each is to hold one request; the windows are 30 s up and 10 min down.
 */
static FireworksConfig one_request_each(int window_rule) {
    FireworksConfig config = defaults();
    config.max_replica_count = 10;
    config.load_targets.concurrent_requests = 1;
    config.window_rule = window_rule;
    return config;
}

/* A policy at work; its target is followed at once. */
typedef struct Bench {
    void *state;
    asim_observation seen;
    asim_decision decision;
} Bench;

static Bench bench_new(FireworksConfig config, int target) {
    Bench bench = {.state = calloc(1, fireworks_policy.state_size),
                   .seen = {.target = target, .serving = target, .idle_since = SIM_TIME_NEVER}};
    fireworks_policy.init(bench.state, &config, target);
    return bench;
}

static void bench_free(Bench *bench) {
    fireworks_policy.clear(bench->state);
    free(bench->state);
}

static int decide(Bench *bench, sim_time time) {
    bench->seen.time = time;
    fireworks_policy.decide(bench->state, &bench->seen, &bench->decision);
    bench->seen.target = bench->seen.serving = bench->decision.target;
    return bench->decision.target;
}

/* The target after an evaluation that finds so many requests. */
static int evaluate(Bench *bench, sim_time time, double requests) {
    bench->seen.request_at_zero = false;
    bench->seen.signals[ASIM_SIGNAL_CONCURRENT_REQUESTS] = requests;
    return decide(bench, time);
}

static int evaluate_booting(Bench *bench, sim_time time) {
    bench->seen.booting = bench->seen.target;
    bench->seen.serving = 0;
    int target = evaluate(bench, time, 0);
    bench->seen.booting = 0;
    return target;
}

static int wake(Bench *bench, sim_time time) {
    bench->seen.request_at_zero = true;
    return decide(bench, time);
}

static void expect_reason(const Bench *bench, const char *reason) {
    cr_assert_str_eq(bench->decision.reason, reason, "at %d s: %s instead of %s",
                     (int)(bench->seen.time / S), bench->decision.reason, reason);
}

static void expect_window(const Bench *bench, const char *window, sim_time since, sim_time until,
                          int target) {
    const asim_decision *decision = &bench->decision;
    if (window) {
        cr_assert_not_null(decision->window);
        cr_assert_str_eq(decision->window, window);
    } else {
        cr_assert_null(decision->window);
    }
    cr_assert_eq(decision->window_since, since, "since %g s", (double)decision->window_since / 1e9);
    cr_assert_eq(decision->window_until, until, "until %g s", (double)decision->window_until / 1e9);
    cr_assert_eq(decision->window_target, target, "window_target %d", decision->window_target);
}

/* Options --------------------------------------------------------------------------------- */

typedef struct OptionRow {
    const char *name;
    const char *flag;
    const char *value; /* by default */
    OptionBasis basis;
    const char *accepted[3];
    const char *refused[4];
} OptionRow;

/* The documentation's table, then what we assume. */
static const OptionRow option_rows[] = {
    {"min_replica_count",
     "min-replica-count",
     "0",
     OPTION_DOCUMENTED,
     {"0", "1", "100000"},
     {"-1", "0.5", "100001", "x"}},
    {"max_replica_count",
     "max-replica-count",
     "",
     OPTION_DOCUMENTED,
     {"0", "1", "100000"},
     {"-1", "1.5", "100001"}},
    {"scale_up_window",
     "scale-up-window",
     "30s",
     OPTION_DOCUMENTED,
     {"0s", "15s", "1h"},
     {"1h1s", "-1s", "30"}},
    {"scale_down_window",
     "scale-down-window",
     "10m",
     OPTION_DOCUMENTED,
     {"0s", "500ms", "1h"},
     {"1h1s", "-1s", "2h"}},
    {"scale_to_zero_window",
     "scale-to-zero-window",
     "1h",
     OPTION_DOCUMENTED,
     {"5m", "1h", "7d"},
     {"4m59s", "0s", "299999ms"}},
    {"load_targets", "load-targets", "", OPTION_DOCUMENTED, {0}, {0}},
    {"scaling_schedules", "scaling-schedules", "", OPTION_DOCUMENTED, {0}, {0}},
    {"default_always", NULL, "false", OPTION_ASSUMED, {"true", "false"}, {"1"}},
    {"window_rule",
     NULL,
     "stabilize",
     OPTION_ASSUMED,
     {"stabilize", "sustain", "delay"},
     {"stabilise", ""}},
    {"evaluation_interval",
     NULL,
     "5s",
     OPTION_ASSUMED,
     {"100ms", "15s", "1h"},
     {"99ms", "0s", "1h1s"}},
    {"rate_window", NULL, "1m", OPTION_ASSUMED, {"1s", "60s", "1h"}, {"999ms", "0s", "1h1s"}},
    {"load_signal", NULL, "max", OPTION_ASSUMED, {"slots", "kv", "busy"}, {"cpu"}},
};

static const OptionRow target_rows[] = {
    {"default", NULL, "", OPTION_DOCUMENTED, {"0.8", "1", "0.0001"}, {"0", "1.0001", "-0.5"}},
    {"tokens_generated_per_second",
     NULL,
     "",
     OPTION_DOCUMENTED,
     {"1", "150", "1000000"},
     {"0", "0.5", "-1", "150.5"}},
    {"prompt_tokens_per_second",
     NULL,
     "",
     OPTION_DOCUMENTED,
     {"1", "150", "1000000"},
     {"0", "0.5", "-1", "150.5"}},
    {"requests_per_second", NULL, "", OPTION_DOCUMENTED, {"0.1", "2.5", "100"}, {"0", "-1"}},
    {"concurrent_requests", NULL, "", OPTION_DOCUMENTED, {"0.5", "5", "100"}, {"0", "-1"}},
};

static void expect_texts(const Option *option, void *place, const OptionRow *row) {
    const Error where = {.file = "test"};
    ErrorList errors = {0};
    for (size_t i = 0; i < 3 && row->accepted[i]; i++) {
        cr_assert(option_set_text(option, place, row->accepted[i], &where, &errors), "%s: %s",
                  row->name, row->accepted[i]);
    }
    cr_assert_eq(errors.count, 0);
    for (size_t i = 0; i < 4 && row->refused[i]; i++) {
        cr_assert_not(option_set_text(option, place, row->refused[i], &where, &errors), "%s: %s",
                      row->name, row->refused[i]);
    }
    error_list_clear(&errors);
}

static void expect_row(const Option *option, void *place, const OptionRow *row) {
    cr_assert_str_eq(option->name, row->name);
    cr_assert_eq(option->basis, row->basis, "%s", row->name);
    cr_assert_eq(option->flag == NULL, row->flag == NULL, "%s", row->name);
    if (row->flag) {
        cr_assert_str_eq(option->flag, row->flag);
    }
    char *value = option_value_text(option, place);
    cr_assert_str_eq(value, row->value, "%s: %s", row->name, value);
    free(value);
    expect_texts(option, place, row);
}

Test(fireworks, options_have_the_documented_defaults_limits_and_flags) {
    FireworksConfig config = defaults();
    size_t count = sizeof option_rows / sizeof *option_rows;
    for (size_t i = 0; i < count; i++) {
        expect_row(&fireworks_options[i], &config, &option_rows[i]);
    }
    cr_assert_null(fireworks_options[count].name);
}

Test(fireworks, load_targets_have_the_documented_keys_and_limits) {
    FireworksConfig config = defaults();
    size_t count = sizeof target_rows / sizeof *target_rows;
    for (size_t i = 0; i < count; i++) {
        expect_row(&fireworks_load_target_options[i], &config.load_targets, &target_rows[i]);
    }
    cr_assert_null(fireworks_load_target_options[count].name);
    cr_assert_eq(option_find(fireworks_options, "load_targets")->group,
                 fireworks_load_target_options);
}

Test(fireworks, the_table_of_policies_has_it) {
    const PolicyKind *kind = policies_find("fireworks");
    cr_assert_not_null(kind);
    cr_assert_eq(kind, policies[0]);
    cr_assert_eq(kind->policy, &fireworks_policy);
    cr_assert_eq(kind->options, fireworks_options);
    cr_assert_eq(kind->config_size, sizeof(FireworksConfig));
    cr_assert_null(policies_find("firework"));
    FireworksConfig config = defaults();
    config.load_signal = POLICY_LOAD_BUSY;
    PolicyMeasurement measurement = kind->measurement(&config);
    cr_assert_eq(measurement.evaluation_interval, 5 * S);
    cr_assert_eq(measurement.rate_window, 60 * S);
    cr_assert_eq(measurement.load_signal, POLICY_LOAD_BUSY);
}

Test(fireworks, max_replica_count_defaults_to_the_larger_of_min_and_1) {
    FireworksConfig config = defaults();
    fireworks_resolve(&config);
    cr_assert_eq(config.max_replica_count, 1);
    config = defaults();
    config.min_replica_count = 3;
    fireworks_resolve(&config);
    cr_assert_eq(config.max_replica_count, 3);
    config.min_replica_count = 2;
    fireworks_resolve(&config);
    cr_assert_eq(config.max_replica_count, 3, "what is there stays");
}

Test(fireworks, default_load_target_is_0_8_unless_others_are_given) {
    FireworksConfig config = defaults();
    fireworks_resolve(&config);
    cr_assert_eq(config.load_targets.default_load, 0.8);
    config = defaults();
    config.load_targets.default_load = 0.4;
    fireworks_resolve(&config);
    cr_assert_eq(config.load_targets.default_load, 0.4);
    config = defaults();
    config.load_targets.prompt_tokens_per_second = 100;
    fireworks_resolve(&config);
    cr_assert(isnan(config.load_targets.default_load));
    config.load_targets.default_load = 0.6;
    fireworks_resolve(&config);
    cr_assert_eq(config.load_targets.default_load, 0.6, "what is written stays, beside others");
    config.load_targets.default_load = NAN;
    config.default_always = true;
    fireworks_resolve(&config);
    cr_assert_eq(config.load_targets.default_load, 0.8);
}

Test(fireworks, a_deployment_begins_with_its_minimum) {
    FireworksConfig config = defaults();
    cr_assert_eq(fireworks_kind.initial_target(&config), 0);
    config.min_replica_count = 4;
    cr_assert_eq(fireworks_kind.initial_target(&config), 4);
}

static size_t mistakes(int64_t minimum, int64_t maximum, const char *place, char *said) {
    FireworksConfig config = defaults();
    config.min_replica_count = minimum;
    config.max_replica_count = maximum;
    const Error where = {.file = "day.json", .place = place};
    ErrorList errors = {0};
    fireworks_check(&config, &where, &errors);
    size_t count = errors.count;
    if (count > 0) {
        char *text = error_text(&errors.items[0]);
        strncat(said, text, 199);
        free(text);
    }
    error_list_clear(&errors);
    return count;
}

Test(fireworks, check_wants_min_at_most_max_and_parks_only_without_a_minimum) {
    char said[200] = "";
    cr_assert_eq(mistakes(0, 0, NULL, said), 0);
    cr_assert_eq(mistakes(2, 2, NULL, said), 0);
    cr_assert_eq(mistakes(2, OPTION_ABSENT_INTEGER, NULL, said), 0);
    cr_assert_eq(mistakes(3, 2, "deployments.chat.autoscaling", said), 1);
    cr_assert_not_null(strstr(said, "day.json"), "%s", said);
    cr_assert_not_null(strstr(said, "deployments.chat.autoscaling.max_replica_count"), "%s", said);
    cr_assert_not_null(strstr(said, "min_replica_count, 3"), "%s", said);
    cr_assert_null(strstr(said, "park"), "%s", said);
    said[0] = '\0';
    cr_assert_eq(mistakes(1, 0, NULL, said), 1);
    cr_assert_not_null(strstr(said, "park"), "%s", said);
}

/* What the load asks for ------------------------------------------------------------------ */

typedef struct WantedRow {
    double measured, target;
    int wanted;
} WantedRow;

static const WantedRow wanted_rows[] = {
    {0, 2, 0},
    {1e-6, 2, 1},
    {2, 2, 1},
    {4, 2, 2},
    {4.000000001, 2, 2}, /* a quarter of the tolerance */
    {4.00000001, 2, 3},  /* 2.5 times the tolerance */
    {5, 2, 3},
    {0.1 + 0.2, 0.1, 3}, /* 3.0000000000000004 */
    {7, 3.5, 2},
    {-3, 2, 0},
    {NAN, 2, 0},
    {INFINITY, 2, INT32_MAX},
    {1e12, 2, INT32_MAX},
};

Test(fireworks, wanted_is_the_ceiling_within_a_tolerance) {
    for (size_t i = 0; i < sizeof wanted_rows / sizeof *wanted_rows; i++) {
        const WantedRow *row = &wanted_rows[i];
        FireworksConfig config = one_request_each(FIREWORKS_STABILIZE);
        config.load_targets.concurrent_requests = row->target;
        Bench bench = bench_new(config, 1);
        evaluate(&bench, 0, row->measured);
        cr_assert_eq(bench.decision.terms[0].wanted, row->wanted, "%g at %g: %d", row->measured,
                     row->target, bench.decision.terms[0].wanted);
        bench_free(&bench);
    }
}

/* Each key with the signal it is measured by: 7 units at target 2 (or 0.7 load at 0.2). */
Test(fireworks, each_key_reads_its_own_signal) {
    static const struct {
        const char *key, *target;
        asim_signal signal;
    } rows[] = {
        {"tokens_generated_per_second", "2", ASIM_SIGNAL_GENERATED_TOKENS_PER_SECOND},
        {"prompt_tokens_per_second", "2", ASIM_SIGNAL_PROMPT_TOKENS_PER_SECOND},
        {"requests_per_second", "2", ASIM_SIGNAL_REQUESTS_PER_SECOND},
        {"concurrent_requests", "2", ASIM_SIGNAL_CONCURRENT_REQUESTS},
        {"default", "1", ASIM_SIGNAL_LOAD},
    };
    const Error where = {0};
    for (size_t i = 0; i < 5; i++) {
        FireworksConfig config = defaults();
        config.max_replica_count = 10;
        cr_assert(option_set_text(option_find(fireworks_load_target_options, rows[i].key),
                                  &config.load_targets, rows[i].target, &where, NULL));
        Bench bench = bench_new(config, 1);
        for (int signal = 0; signal < ASIM_SIGNAL_COUNT; signal++) {
            bench.seen.signals[signal] = 100;
        }
        bench.seen.signals[rows[i].signal] = 3.5;
        decide(&bench, 0);
        cr_assert_eq(bench.decision.term_count, 1);
        cr_assert_eq(bench.decision.winner, 0);
        cr_assert_str_eq(bench.decision.terms[0].key, rows[i].key);
        cr_assert_eq(bench.decision.terms[0].measured, 3.5);
        cr_assert_eq(bench.decision.terms[0].target, atof(rows[i].target));
        cr_assert_eq(bench.decision.recommended, i < 4 ? 2 : 4);
        bench_free(&bench);
    }
}

static Bench bench_of_three_keys(double default_load, bool default_always) {
    FireworksConfig config = defaults();
    config.max_replica_count = 10;
    config.load_targets.requests_per_second = 1;
    config.load_targets.tokens_generated_per_second = 100;
    config.load_targets.concurrent_requests = 2;
    config.load_targets.default_load = default_load;
    config.default_always = default_always;
    Bench bench = bench_new(config, 1);
    bench.seen.signals[ASIM_SIGNAL_LOAD] = 3;                          /* 6 */
    bench.seen.signals[ASIM_SIGNAL_GENERATED_TOKENS_PER_SECOND] = 350; /* 4 */
    bench.seen.signals[ASIM_SIGNAL_REQUESTS_PER_SECOND] = 5;           /* 5 */
    bench.seen.signals[ASIM_SIGNAL_CONCURRENT_REQUESTS] = 3;           /* 2 */
    return bench;
}

Test(fireworks, of_several_keys_the_largest_count_wins) {
    Bench bench = bench_of_three_keys(NAN, false);
    decide(&bench, 0);
    const asim_decision *decision = &bench.decision;
    cr_assert_eq(decision->recommended, 5);
    cr_assert_eq(decision->term_count, 3);
    cr_assert_str_eq(decision->terms[decision->winner].key, "requests_per_second");
    cr_assert_eq(decision->terms[0].wanted, 4);
    cr_assert_eq(decision->terms[1].wanted, 5);
    cr_assert_eq(decision->terms[2].wanted, 2);
    bench.seen.signals[ASIM_SIGNAL_CONCURRENT_REQUESTS] = 16;
    decide(&bench, 5 * S);
    cr_assert_eq(decision->recommended, 8);
    cr_assert_str_eq(decision->terms[decision->winner].key, "concurrent_requests");
    bench_free(&bench);
}

/* "The maximum replica count across all is used": a default that is written is one of them. */
Test(fireworks, a_written_default_counts_beside_others) {
    for (int always = 0; always < 2; always++) {
        Bench bench = bench_of_three_keys(0.5, always);
        decide(&bench, 0);
        cr_assert_eq(bench.decision.recommended, 6);
        cr_assert_eq(bench.decision.term_count, 4);
        cr_assert_str_eq(bench.decision.terms[bench.decision.winner].key, "default");
        cr_assert_eq(bench.decision.terms[0].target, 0.5);
        bench_free(&bench);
    }
}

Test(fireworks, an_unwritten_default_counts_beside_others_only_when_told_so) {
    Bench bench = bench_of_three_keys(NAN, true);
    bench.seen.signals[ASIM_SIGNAL_LOAD] = 7; /* / 0.8: 9 */
    decide(&bench, 0);
    cr_assert_eq(bench.decision.recommended, 9);
    cr_assert_eq(bench.decision.term_count, 4);
    cr_assert_eq(bench.decision.terms[0].target, 0.8);
    bench_free(&bench);
}

Test(fireworks, without_load_targets_the_default_is_0_8) {
    FireworksConfig config = defaults();
    config.max_replica_count = 10;
    Bench bench = bench_new(config, 1);
    bench.seen.signals[ASIM_SIGNAL_LOAD] = 2.4;
    decide(&bench, 0);
    cr_assert_eq(bench.decision.recommended, 3);
    bench.seen.signals[ASIM_SIGNAL_LOAD] = 2.5;
    decide(&bench, 5 * S);
    cr_assert_eq(bench.decision.recommended, 4);
    bench_free(&bench);
}

Test(fireworks, recommendations_stay_within_min_and_max) {
    FireworksConfig config = one_request_each(FIREWORKS_STABILIZE);
    config.min_replica_count = 2;
    config.max_replica_count = 5;
    Bench bench = bench_new(config, 3);
    evaluate(&bench, 0, 0);
    cr_assert_eq(bench.decision.recommended, 2);
    cr_assert_eq(bench.decision.terms[0].wanted, 0, "a term says what it wants, unclamped");
    evaluate(&bench, 5 * S, 100);
    cr_assert_eq(bench.decision.recommended, 5);
    cr_assert_eq(bench.decision.terms[0].wanted, 100);
    bench_free(&bench);
}

Test(fireworks, booting_replicas_count_towards_the_target) {
    FireworksConfig config = one_request_each(FIREWORKS_STABILIZE);
    config.scale_up_window = 0;
    Bench bench = bench_new(config, 3);
    bench.seen.serving = 1;
    bench.seen.booting = 2;
    cr_assert_eq(evaluate(&bench, 0, 3), 3, "3 are asked for, 3 are on their way");
    expect_reason(&bench, "hold_on_target");
    bench_free(&bench);
}

/* Windows, whatever the rule -------------------------------------------------------------- */

static int all_rules[] = {FIREWORKS_STABILIZE, FIREWORKS_SUSTAIN, FIREWORKS_DELAY};

typedef struct StepRow {
    sim_time window, seen, acted; /* evaluations every 5 s; the step is first seen at `seen` */
} StepRow;

static const StepRow step_rows[] = {
    {30 * S, 20 * S, 50 * S}, /* a multiple of the interval: exactly then */
    {30 * S, 0, 30 * S},      /* first seen at the first observation of all */
    {32 * S, 20 * S, 55 * S}, /* no multiple: the next evaluation */
    {28 * S, 20 * S, 50 * S}, /* likewise */
    {1, 20 * S, 25 * S},      /* a nanosecond is not zero */
    {5 * S, 20 * S, 25 * S},  /* one interval */
    {0, 20 * S, 20 * S},      /* at once */
    {0, 0, 0},
};

static void expect_step(const StepRow *row, int rule, int before, int after) {
    FireworksConfig config = one_request_each(rule);
    config.scale_up_window = config.scale_down_window = row->window;
    Bench bench = bench_new(config, before);
    for (sim_time now = 0; now <= 120 * S; now += 5 * S) {
        int target = evaluate(&bench, now, now < row->seen ? before : after);
        cr_assert_eq(target, now < row->acted ? before : after,
                     "rule %d, window %g s, step at %g s: target %d at %g s", rule,
                     (double)row->window / 1e9, (double)row->seen / 1e9, target, (double)now / 1e9);
    }
    bench_free(&bench);
}

ParameterizedTestParameters(fireworks, a_step_is_acted_on_one_window_after_it_was_seen) {
    return cr_make_param_array(int, all_rules, 3);
}

ParameterizedTest(int *rule, fireworks, a_step_is_acted_on_one_window_after_it_was_seen) {
    for (size_t i = 0; i < sizeof step_rows / sizeof *step_rows; i++) {
        expect_step(&step_rows[i], *rule, 2, 5);
        expect_step(&step_rows[i], *rule, 5, 2);
    }
}

ParameterizedTestParameters(fireworks, each_direction_has_its_own_window) {
    return cr_make_param_array(int, all_rules, 3);
}

ParameterizedTest(int *rule, fireworks, each_direction_has_its_own_window) {
    Bench bench = bench_new(one_request_each(*rule), 2);
    cr_assert_eq(evaluate(&bench, 0, 4), 2);
    cr_assert_eq(evaluate(&bench, 30 * S, 4), 4);
    cr_assert_eq(evaluate(&bench, 60 * S, 1), 4);
    cr_assert_eq(evaluate(&bench, 90 * S, 1), 4);
    cr_assert_eq(evaluate(&bench, 11 * M - S, 1), 4);
    cr_assert_eq(evaluate(&bench, 11 * M, 1), 1);
    bench_free(&bench);
}

ParameterizedTestParameters(fireworks, windows_end_at_the_larger_of_1_and_min) {
    return cr_make_param_array(int, all_rules, 3);
}

ParameterizedTest(int *rule, fireworks, windows_end_at_the_larger_of_1_and_min) {
    for (int minimum = 0; minimum <= 3; minimum++) {
        FireworksConfig config = one_request_each(*rule);
        config.min_replica_count = minimum;
        Bench bench = bench_new(config, 5);
        for (sim_time now = 0; now <= 60 * M; now += 5 * S) {
            evaluate(&bench, now, 0);
        }
        cr_assert_eq(bench.seen.target, minimum > 1 ? minimum : 1);
        expect_reason(&bench, "hold_on_target");
        bench_free(&bench);
    }
}

ParameterizedTestParameters(fireworks, no_serving_replica_recommends_the_target_in_force) {
    return cr_make_param_array(int, all_rules, 3);
}

ParameterizedTest(int *rule, fireworks, no_serving_replica_recommends_the_target_in_force) {
    FireworksConfig config = one_request_each(*rule);
    config.scale_down_window = 0;
    Bench bench = bench_new(config, 3);
    for (sim_time now = 0; now <= 60 * S; now += 5 * S) {
        cr_assert_eq(evaluate_booting(&bench, now), 3, "an empty cluster is not an idle one");
        cr_assert_eq(bench.decision.recommended, 3);
        cr_assert_eq(bench.decision.term_count, 0);
        cr_assert_eq(bench.decision.winner, -1);
        expect_reason(&bench, "hold_no_serving_replica");
        expect_window(&bench, NULL, SIM_TIME_NEVER, SIM_TIME_NEVER, 3);
    }
    cr_assert_eq(evaluate(&bench, 65 * S, 1), 1);
    bench_free(&bench);
}

ParameterizedTestParameters(fireworks, a_target_outside_the_limits_is_brought_inside) {
    return cr_make_param_array(int, all_rules, 3);
}

ParameterizedTest(int *rule, fireworks, a_target_outside_the_limits_is_brought_inside) {
    FireworksConfig config = one_request_each(*rule);
    config.min_replica_count = 2;
    config.max_replica_count = 4;
    Bench above = bench_new(config, 7);
    cr_assert_eq(evaluate(&above, 0, 100), 7);
    cr_assert_eq(evaluate(&above, 10 * M, 100), 4);
    Bench below = bench_new(config, 0);
    cr_assert_eq(evaluate_booting(&below, 0), 0);
    cr_assert_eq(evaluate_booting(&below, 30 * S), 2, "not even a request is needed");
    bench_free(&above);
    bench_free(&below);
}

/* The three rules ------------------------------------------------------------------------- */

Test(fireworks, stabilize_goes_up_to_the_smallest_of_the_window) {
    Bench bench = bench_new(one_request_each(FIREWORKS_STABILIZE), 1);
    evaluate(&bench, 0, 1);
    evaluate(&bench, 5 * S, 6);
    evaluate(&bench, 10 * S, 3);
    evaluate(&bench, 15 * S, 5);
    evaluate(&bench, 30 * S, 5);
    cr_assert_eq(evaluate(&bench, 35 * S, 8), 3);
    cr_assert_eq(bench.decision.recommended, 8);
    expect_reason(&bench, "scale_up");
    expect_window(&bench, "scale_up_window", 5 * S, 35 * S, 3);
    bench_free(&bench);
}

Test(fireworks, stabilize_goes_down_to_the_largest_of_the_window) {
    Bench bench = bench_new(one_request_each(FIREWORKS_STABILIZE), 9);
    evaluate(&bench, 0, 9);
    evaluate(&bench, 1 * M, 2);
    evaluate(&bench, 2 * M, 6);
    evaluate(&bench, 3 * M, 4);
    cr_assert_eq(evaluate(&bench, 11 * M, 2), 6);
    expect_reason(&bench, "scale_down");
    expect_window(&bench, "scale_down_window", 1 * M, 11 * M, 6);
    cr_assert_eq(evaluate(&bench, 13 * M - S, 2), 6, "6 was in force until 3 min");
    cr_assert_eq(evaluate(&bench, 13 * M, 2), 4);
    bench_free(&bench);
}

Test(fireworks, stabilize_is_held_by_a_dip_until_the_window_has_passed_it) {
    Bench bench = bench_new(one_request_each(FIREWORKS_STABILIZE), 2);
    evaluate(&bench, 0, 5);
    evaluate(&bench, 10 * S, 1);
    evaluate(&bench, 15 * S, 5);
    cr_assert_eq(evaluate(&bench, 30 * S, 5), 2);
    expect_reason(&bench, "hold_scale_up_window");
    expect_window(&bench, "scale_up_window", 15 * S, 45 * S, 1);
    cr_assert_eq(evaluate(&bench, 40 * S, 5), 2);
    cr_assert_eq(evaluate(&bench, 45 * S, 5), 5);
    bench_free(&bench);
}

Test(fireworks, stabilize_is_held_by_a_recommendation_equal_to_the_target) {
    Bench bench = bench_new(one_request_each(FIREWORKS_STABILIZE), 5);
    evaluate(&bench, 0, 1);
    evaluate(&bench, 9 * M, 5);
    expect_reason(&bench, "hold_on_target");
    expect_window(&bench, NULL, SIM_TIME_NEVER, SIM_TIME_NEVER, 5);
    evaluate(&bench, 9 * M + 5 * S, 3);
    cr_assert_eq(evaluate(&bench, 19 * M, 1), 5);
    expect_reason(&bench, "hold_scale_down_window");
    expect_window(&bench, "scale_down_window", 9 * M + 5 * S, 19 * M + 5 * S, 5);
    cr_assert_eq(evaluate(&bench, 19 * M + 5 * S, 1), 3);
    bench_free(&bench);
}

Test(fireworks, stabilize_says_the_floor_where_the_window_yields_less) {
    Bench bench = bench_new(one_request_each(FIREWORKS_STABILIZE), 3);
    evaluate(&bench, 0, 3);
    evaluate(&bench, 5 * S, 0);
    cr_assert_eq(evaluate(&bench, 10 * M + 5 * S, 0), 1);
    cr_assert_eq(bench.decision.recommended, 0);
    expect_window(&bench, "scale_down_window", 5 * S, 10 * M + 5 * S, 1);
    bench_free(&bench);
}

/* The initial target fills the windows: a first observation alone moves nothing, and a target that
 * differs from the initial one at the first observation is judged against that history. */
Test(fireworks, before_the_first_observation_the_windows_hold_the_initial_target) {
    FireworksConfig config = one_request_each(FIREWORKS_STABILIZE);
    config.scale_down_window = 30 * S;
    Bench bench = bench_new(config, 4);
    evaluate(&bench, 100 * S, 9);
    cr_assert_eq(evaluate(&bench, 130 * S - 1, 9), 4);
    expect_window(&bench, "scale_up_window", 100 * S, 130 * S, 4);
    cr_assert_eq(evaluate(&bench, 130 * S, 9), 9);
    bench_free(&bench);
    bench = bench_new(config, 4);
    evaluate(&bench, 100 * S, 1);
    cr_assert_eq(evaluate(&bench, 130 * S - 1, 1), 4);
    cr_assert_eq(evaluate(&bench, 130 * S, 1), 1);
    bench_free(&bench);
}

Test(fireworks, sustain_starts_again_after_a_dip) {
    Bench bench = bench_new(one_request_each(FIREWORKS_SUSTAIN), 2);
    evaluate(&bench, 0, 5);
    expect_window(&bench, "scale_up_window", 0, 30 * S, 2);
    evaluate(&bench, 10 * S, 2);
    expect_reason(&bench, "hold_on_target");
    expect_window(&bench, NULL, SIM_TIME_NEVER, SIM_TIME_NEVER, 2);
    evaluate(&bench, 15 * S, 5);
    cr_assert_eq(evaluate(&bench, 40 * S, 5), 2);
    expect_reason(&bench, "hold_scale_up_window");
    expect_window(&bench, "scale_up_window", 15 * S, 45 * S, 2);
    cr_assert_eq(evaluate(&bench, 45 * S, 5), 5);
    expect_reason(&bench, "scale_up");
    expect_window(&bench, "scale_up_window", 15 * S, 45 * S, 5);
    bench_free(&bench);
}

Test(fireworks, sustain_applies_the_latest_recommendation) {
    Bench bench = bench_new(one_request_each(FIREWORKS_SUSTAIN), 1);
    evaluate(&bench, 0, 6);
    evaluate(&bench, 15 * S, 3);
    cr_assert_eq(evaluate(&bench, 30 * S, 8), 8);
    evaluate(&bench, 35 * S, 2);
    evaluate(&bench, 5 * M, 6);
    cr_assert_eq(evaluate(&bench, 10 * M + 35 * S, 4), 4);
    bench_free(&bench);
}

Test(fireworks, sustain_starts_again_when_the_load_turns_round) {
    FireworksConfig config = one_request_each(FIREWORKS_SUSTAIN);
    config.scale_down_window = 30 * S;
    Bench bench = bench_new(config, 4);
    evaluate(&bench, 0, 6);
    evaluate(&bench, 20 * S, 2);
    expect_window(&bench, "scale_down_window", 20 * S, 50 * S, 4);
    cr_assert_eq(evaluate(&bench, 30 * S, 6), 4);
    expect_window(&bench, "scale_up_window", 30 * S, 60 * S, 4);
    cr_assert_eq(evaluate(&bench, 55 * S, 6), 4);
    cr_assert_eq(evaluate(&bench, 60 * S, 6), 6);
    bench_free(&bench);
}

Test(fireworks, sustain_waits_a_whole_window_after_it_has_acted) {
    Bench bench = bench_new(one_request_each(FIREWORKS_SUSTAIN), 1);
    evaluate(&bench, 0, 3);
    cr_assert_eq(evaluate(&bench, 30 * S, 3), 3);
    cr_assert_eq(evaluate(&bench, 35 * S, 6), 3);
    cr_assert_eq(evaluate(&bench, 60 * S, 6), 3);
    cr_assert_eq(evaluate(&bench, 65 * S, 6), 6);
    bench_free(&bench);
}

Test(fireworks, sustain_takes_0_for_1_where_1_is_the_floor) {
    FireworksConfig config = one_request_each(FIREWORKS_SUSTAIN);
    config.scale_down_window = 30 * S;
    Bench bench = bench_new(config, 1);
    evaluate(&bench, 0, 0);
    expect_reason(&bench, "hold_on_target");
    cr_assert_eq(evaluate(&bench, 60 * S, 0), 1);
    expect_reason(&bench, "hold_on_target");
    bench_free(&bench);
}

Test(fireworks, sustain_is_stopped_by_an_observation_without_a_serving_replica) {
    Bench bench = bench_new(one_request_each(FIREWORKS_SUSTAIN), 2);
    evaluate(&bench, 0, 5);
    evaluate_booting(&bench, 20 * S);
    evaluate(&bench, 25 * S, 5);
    cr_assert_eq(evaluate(&bench, 50 * S, 5), 2);
    cr_assert_eq(evaluate(&bench, 55 * S, 5), 5);
    bench_free(&bench);
}

Test(fireworks, delay_fires_whatever_happened_between) {
    Bench bench = bench_new(one_request_each(FIREWORKS_DELAY), 2);
    evaluate(&bench, 0, 9);
    evaluate(&bench, 10 * S, 1);
    evaluate(&bench, 20 * S, 2);
    cr_assert_eq(evaluate(&bench, 25 * S, 5), 2);
    expect_window(&bench, "scale_up_window", 0, 30 * S, 2);
    cr_assert_eq(evaluate(&bench, 30 * S, 4), 4, "the latest recommendation");
    expect_reason(&bench, "scale_up");
    expect_window(&bench, "scale_up_window", 0, 30 * S, 4);
    bench_free(&bench);
}

Test(fireworks, delay_lapses_when_the_load_no_longer_asks) {
    Bench bench = bench_new(one_request_each(FIREWORKS_DELAY), 2);
    evaluate(&bench, 0, 9);
    cr_assert_eq(evaluate(&bench, 30 * S, 2), 2);
    expect_reason(&bench, "hold_on_target");
    cr_assert_eq(evaluate(&bench, 35 * S, 9), 2, "a new crossing, a new window");
    expect_window(&bench, "scale_up_window", 35 * S, 65 * S, 2);
    cr_assert_eq(evaluate(&bench, 60 * S, 9), 2);
    cr_assert_eq(evaluate(&bench, 65 * S, 9), 9);
    bench_free(&bench);
}

Test(fireworks, delay_runs_both_timers_side_by_side) {
    FireworksConfig config = one_request_each(FIREWORKS_DELAY);
    config.scale_down_window = 60 * S;
    Bench bench = bench_new(config, 4);
    evaluate(&bench, 0, 6);
    evaluate(&bench, 10 * S, 2);
    cr_assert_eq(evaluate(&bench, 30 * S, 6), 6);
    cr_assert_eq(evaluate(&bench, 65 * S, 5), 6);
    expect_window(&bench, "scale_down_window", 10 * S, 70 * S, 6);
    cr_assert_eq(evaluate(&bench, 70 * S, 3), 3);
    bench_free(&bench);
}

Test(fireworks, delay_does_not_act_when_the_load_has_turned_round) {
    FireworksConfig config = one_request_each(FIREWORKS_DELAY);
    Bench bench = bench_new(config, 4);
    evaluate(&bench, 0, 6);
    cr_assert_eq(evaluate(&bench, 30 * S, 2), 4, "the up timer expires, the load lies below");
    expect_reason(&bench, "hold_scale_down_window");
    expect_window(&bench, "scale_down_window", 30 * S, 10 * M + 30 * S, 4);
    bench_free(&bench);
}

/* Evaluations that are rare compared with the window: since when it has asked for what it gets. */
Test(fireworks, stabilize_dates_what_the_window_yields) {
    FireworksConfig config = one_request_each(FIREWORKS_STABILIZE);
    config.scale_up_window = 10 * S;
    Bench bench = bench_new(config, 1);
    evaluate(&bench, 5 * S, 1);
    evaluate(&bench, 10 * S, 3);
    evaluate(&bench, 12 * S, 5);
    cr_assert_eq(evaluate(&bench, 25 * S, 8), 5);
    expect_window(&bench, "scale_up_window", 12 * S, 22 * S, 5);
    bench_free(&bench);
}

/* Zero ------------------------------------------------------------------------------------ */

ParameterizedTestParameters(fireworks, idle_long_enough_goes_to_zero_from_any_count) {
    return cr_make_param_array(int, all_rules, 3);
}

ParameterizedTest(int *rule, fireworks, idle_long_enough_goes_to_zero_from_any_count) {
    FireworksConfig config = one_request_each(*rule);
    config.scale_down_window = 60 * M; /* still holding when the zero window ends */
    config.scale_to_zero_window = 5 * M;
    Bench bench = bench_new(config, 3);
    bench.seen.idle_since = 7 * S;
    evaluate(&bench, 10 * S, 0);
    expect_reason(&bench, "hold_scale_down_window");
    cr_assert_eq(evaluate(&bench, 5 * M + 7 * S - 1, 0), 3);
    cr_assert_eq(evaluate(&bench, 5 * M + 7 * S, 0), 0);
    expect_reason(&bench, "scale_to_zero");
    expect_window(&bench, "scale_to_zero_window", 7 * S, 5 * M + 7 * S, 0);
    evaluate(&bench, 6 * M, 0);
    expect_reason(&bench, "hold_at_zero");
    expect_window(&bench, NULL, SIM_TIME_NEVER, SIM_TIME_NEVER, 0);
    bench_free(&bench);
}

Test(fireworks, the_last_replica_waits_for_the_zero_window_alone) {
    Bench bench = bench_new(one_request_each(FIREWORKS_STABILIZE), 1);
    bench.seen.idle_since = 60 * S;
    cr_assert_eq(evaluate(&bench, 2 * M, 0), 1);
    expect_reason(&bench, "hold_scale_to_zero_window");
    expect_window(&bench, "scale_to_zero_window", 60 * S, 61 * M, 1);
    cr_assert_eq(evaluate(&bench, 61 * M, 0), 0);
    bench_free(&bench);
}

Test(fireworks, zero_needs_idleness_not_a_recommendation_of_zero) {
    FireworksConfig config = one_request_each(FIREWORKS_STABILIZE);
    config.scale_down_window = 0;
    Bench bench = bench_new(config, 1);
    for (sim_time now = 0; now < 120 * M; now += M) {
        cr_assert_eq(evaluate(&bench, now, 0), 1);
        expect_reason(&bench, "hold_on_target");
    }
    bench_free(&bench);
}

Test(fireworks, the_last_replica_is_on_target_while_load_asks_for_it) {
    Bench bench = bench_new(one_request_each(FIREWORKS_STABILIZE), 1);
    bench.seen.idle_since = 58 * S; /* since 2 s, but the average over the interval is above 0 */
    evaluate(&bench, 60 * S, 0.6);
    expect_reason(&bench, "hold_on_target");
    bench_free(&bench);
}

Test(fireworks, zero_goes_before_a_window_that_would_scale_up) {
    FireworksConfig config = one_request_each(FIREWORKS_STABILIZE);
    config.scale_up_window = 0;
    Bench bench = bench_new(config, 2);
    bench.seen.idle_since = 0;
    cr_assert_eq(evaluate(&bench, 60 * M, 9), 0);
    bench_free(&bench);
}

Test(fireworks, a_minimum_keeps_it_from_zero) {
    FireworksConfig config = one_request_each(FIREWORKS_STABILIZE);
    config.min_replica_count = 1;
    Bench bench = bench_new(config, 1);
    bench.seen.idle_since = 0;
    cr_assert_eq(evaluate(&bench, SIM_TIME_DAY, 0), 1);
    expect_reason(&bench, "hold_on_target");
    bench_free(&bench);
}

Test(fireworks, an_endless_zero_window_never_ends) {
    FireworksConfig config = one_request_each(FIREWORKS_STABILIZE);
    config.scale_to_zero_window = SIM_TIME_NEVER - 1;
    Bench bench = bench_new(config, 1);
    bench.seen.idle_since = 60 * S;
    cr_assert_eq(evaluate(&bench, SIM_TIME_LONGEST, 0), 1);
    expect_window(&bench, "scale_to_zero_window", 60 * S, SIM_TIME_NEVER, 1);
    bench_free(&bench);
}

ParameterizedTestParameters(fireworks, a_request_at_zero_wakes_it_at_once) {
    return cr_make_param_array(int, all_rules, 3);
}

ParameterizedTest(int *rule, fireworks, a_request_at_zero_wakes_it_at_once) {
    for (int minimum = 0; minimum <= 3; minimum++) {
        FireworksConfig config = one_request_each(*rule);
        config.min_replica_count = minimum;
        Bench bench = bench_new(config, 0);
        cr_assert_eq(wake(&bench, 3 * S), minimum > 1 ? minimum : 1);
        expect_reason(&bench, "wake");
        expect_window(&bench, NULL, SIM_TIME_NEVER, SIM_TIME_NEVER, bench.seen.target);
        cr_assert_eq(bench.decision.recommended, bench.seen.target);
        cr_assert_eq(bench.decision.term_count, 0);
        cr_assert_eq(bench.decision.winner, -1);
        bench_free(&bench);
    }
}

Test(fireworks, evaluations_at_zero_wait_for_a_request) {
    FireworksConfig config = one_request_each(FIREWORKS_STABILIZE);
    config.scale_up_window = 0;
    Bench bench = bench_new(config, 0);
    for (sim_time now = 0; now < 60 * M; now += M) {
        cr_assert_eq(evaluate(&bench, now, 9), 0);
        cr_assert_eq(bench.decision.recommended, 0);
        expect_reason(&bench, "hold_at_zero");
    }
    bench_free(&bench);
}

Test(fireworks, from_1_upwards_the_window_counts_again_after_a_wake) {
    Bench bench = bench_new(one_request_each(FIREWORKS_STABILIZE), 0);
    evaluate(&bench, 0, 0);
    wake(&bench, 2 * S);
    evaluate_booting(&bench, 5 * S);
    expect_reason(&bench, "hold_no_serving_replica");
    evaluate(&bench, 10 * S, 4);
    expect_window(&bench, "scale_up_window", 10 * S, 40 * S, 0);
    cr_assert_eq(evaluate(&bench, 35 * S, 4), 1);
    expect_window(&bench, "scale_up_window", 10 * S, 40 * S, 1); /* at 5 s 1 was recommended */
    cr_assert_eq(evaluate(&bench, 40 * S, 4), 4);
    bench_free(&bench);
}

/* A wake between keeps the history: what was in force before it still counts. */
Test(fireworks, a_wake_leaves_the_history_of_stabilize) {
    FireworksConfig config = one_request_each(FIREWORKS_STABILIZE);
    config.scale_down_window = 0;
    config.scale_up_window = 60 * S;
    Bench bench = bench_new(config, 5);
    evaluate(&bench, 0, 5);
    bench.seen.idle_since = 0;
    evaluate(&bench, 60 * M, 5);
    expect_reason(&bench, "scale_to_zero");
    bench.seen.idle_since = SIM_TIME_NEVER;
    wake(&bench, 60 * M + S);
    cr_assert_eq(evaluate(&bench, 60 * M + 5 * S, 5), 5, "5 has been in force all the time");
    bench_free(&bench);
}

/* With a timer armed before, 1 -> 0 -> 1 must not hand it on. */
static void expect_timer_stopped_by_zero_and_wake(int rule) {
    FireworksConfig config = one_request_each(rule);
    config.scale_up_window = 30 * M;
    config.scale_to_zero_window = 5 * M;
    Bench bench = bench_new(config, 1);
    evaluate(&bench, 0, 3);
    expect_window(&bench, "scale_up_window", 0, 30 * M, 1);
    bench.seen.idle_since = 0;
    cr_assert_eq(evaluate(&bench, 5 * M, 3), 0);
    bench.seen.idle_since = SIM_TIME_NEVER;
    cr_assert_eq(wake(&bench, 6 * M), 1);
    evaluate(&bench, 7 * M, 3);
    expect_window(&bench, "scale_up_window", 7 * M, 37 * M, 1);
    bench_free(&bench);
}

Test(fireworks, a_scale_to_zero_and_a_wake_stop_the_timers) {
    expect_timer_stopped_by_zero_and_wake(FIREWORKS_SUSTAIN);
    expect_timer_stopped_by_zero_and_wake(FIREWORKS_DELAY);
}

/* Recorded metrics may show load while the target is zero; then only the wake stops the timer. */
Test(fireworks, a_wake_alone_stops_the_timers) {
    for (int rule = FIREWORKS_SUSTAIN; rule <= FIREWORKS_DELAY; rule++) {
        Bench bench = bench_new(one_request_each(rule), 0);
        bench.seen.serving = 1;
        evaluate(&bench, 0, 3);
        expect_window(&bench, "scale_up_window", 0, 30 * S, 0);
        wake(&bench, 10 * S);
        evaluate(&bench, 15 * S, 3);
        expect_window(&bench, "scale_up_window", 15 * S, 45 * S, 1);
        bench_free(&bench);
    }
}

Test(fireworks, max_0_parks_the_deployment_and_nothing_wakes_it) {
    FireworksConfig config = one_request_each(FIREWORKS_STABILIZE);
    config.max_replica_count = 0;
    Bench bench = bench_new(config, 0);
    cr_assert_eq(evaluate(&bench, 0, 5), 0);
    expect_reason(&bench, "parked");
    cr_assert_eq(wake(&bench, 1 * S), 0);
    expect_reason(&bench, "parked");
    cr_assert_eq(bench.decision.recommended, 0);
    expect_window(&bench, NULL, SIM_TIME_NEVER, SIM_TIME_NEVER, 0);
    bench_free(&bench);
    bench = bench_new(config, 2);
    cr_assert_eq(evaluate(&bench, 0, 5), 0, "parking is an order, no window delays it");
    bench_free(&bench);
}

/* A pure function ------------------------------------------------------------------------- */

Test(fireworks, two_states_do_not_know_each_other_nor_the_config_afterwards) {
    FireworksConfig config = one_request_each(FIREWORKS_STABILIZE);
    Bench first = bench_new(config, 1), second = bench_new(config, 1);
    config.max_replica_count = 2;
    Bench third = bench_new(config, 1);
    for (sim_time now = 0; now <= 30 * S; now += 5 * S) {
        evaluate(&first, now, 6);
        evaluate(&second, now + SIM_TIME_DAY, 6);
        evaluate(&third, now, 6);
    }
    cr_assert_eq(first.seen.target, 6);
    cr_assert_eq(second.seen.target, 6, "time counts from wherever the observations begin");
    cr_assert_eq(third.seen.target, 2);
    bench_free(&first);
    bench_free(&second);
    bench_free(&third);
}

Test(fireworks, a_decision_is_filled_whole) {
    Bench bench = bench_new(one_request_each(FIREWORKS_STABILIZE), 2);
    memset(&bench.decision, 0x5a, sizeof bench.decision);
    evaluate(&bench, 0, 2);
    cr_assert_eq(bench.decision.target, 2);
    cr_assert_eq(bench.decision.term_count, 1);
    cr_assert_eq(bench.decision.winner, 0);
    cr_assert_null(bench.decision.terms[1].key);
    expect_window(&bench, NULL, SIM_TIME_NEVER, SIM_TIME_NEVER, 2);
    bench_free(&bench);
}

Test(fireworks, a_decision_names_its_limits_and_rule) {
    static const char *const rules[] = {"stabilize", "sustain", "delay"};
    for (int rule = FIREWORKS_STABILIZE; rule <= FIREWORKS_DELAY; rule++) {
        FireworksConfig config = one_request_each(rule);
        config.min_replica_count = 2;
        Bench bench = bench_new(config, 2);
        evaluate(&bench, 5 * S, 1);
        cr_assert_eq(bench.decision.limits[0], 2);
        cr_assert_eq(bench.decision.limits[1], 10);
        cr_assert_str_eq(bench.decision.window_rule, rules[rule]);
        bench_free(&bench);
    }
}

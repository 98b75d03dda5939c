// SPDX-License-Identifier: GPL-3.0-or-later
/* Ray Serve's request-based autoscaler (ray-project/ray, python/ray/serve/autoscaling_policy.py and
 * _private/autoscaling_state.py, 2025-09 to 2026-04), rule by rule, in its order of floating-point
 * operations: running * (total / (T * running)) is not total / T, and is one replica more in some 3
 * of 100 exact multiples.
 *
 * A streak of decisions in one direction has to last for a delay; then the latest one is applied.
 * One that asks for the target, or for the other direction, ends it. In the generations up to B2 a
 * streak is counted in calls, in C it is timed. 1 -> 0 is a step, and a delay, of its own.
 *
 * Generations: A limits to [min, max] before the delay and reckons otherwise; B limits before it
 * too; B2 and C limit only what comes out, so that a wish beyond the maximum keeps its streak. */
#include "policy/policies.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

typedef enum RayGeneration { RAY_A, RAY_B, RAY_B2, RAY_C } RayGeneration;
static const char *const ray_generations[] = {
    [RAY_A] = "A", [RAY_B] = "B", [RAY_B2] = "B2", [RAY_C] = "C", NULL};

typedef enum RayRamp { RAY_UP, RAY_DOWN } RayRamp;
static const char *const ray_ramps[] = {[RAY_UP] = "UP", [RAY_DOWN] = "DOWN", NULL};

typedef struct RayConfig {
    int64_t min_replicas, max_replicas, initial_replicas;
    double target_ongoing_requests;
    double upscale_delay_s, downscale_delay_s, downscale_to_zero_delay_s;
    double upscaling_factor, downscaling_factor; /* NAN: not set */
    double upscale_smoothing_factor, downscale_smoothing_factor, smoothing_factor; /* their older
                                                                                      names */
    double look_back_period_s, metrics_interval_s;
    double target_capacity; /* percent; NAN: not set */
    int target_capacity_direction;
    int64_t gang_size;
    int generation;
    sim_time control_loop_interval;
} RayConfig;

#define ROW(member, type, basis) OPTION_ROW(RayConfig, member, type, basis)
#define NUMBER_ABOVE_0 .maximum = OPTION_NO_LIMIT, .above_minimum = true
static const Option ray_options[] = {
    {ROW(min_replicas, INTEGER, DOCUMENTED), .maximum = POLICY_REPLICAS_MOST, .default_text = "1",
     .help = "fewest replicas; 0 allows scaling to zero"},
    {ROW(max_replicas, INTEGER, DOCUMENTED), .minimum = 1, .maximum = POLICY_REPLICAS_MOST,
     .default_text = "1", .help = "most replicas (num_replicas=\"auto\": 100)"},
    {ROW(initial_replicas, INTEGER, DOCUMENTED), .maximum = POLICY_REPLICAS_MOST,
     .help = "replicas at the start; by default min_replicas"},
    {ROW(target_ongoing_requests, NUMBER, DOCUMENTED), NUMBER_ABOVE_0, .default_text = "2",
     .help = "requests ongoing and queued, per replica, to aim at"},
    {ROW(upscale_delay_s, NUMBER, DOCUMENTED), .maximum = OPTION_NO_LIMIT, .default_text = "30",
     .help = "how long more replicas must be asked for without a break, in s"},
    {ROW(downscale_delay_s, NUMBER, DOCUMENTED), .maximum = OPTION_NO_LIMIT, .default_text = "600",
     .help = "how long fewer replicas must be asked for without a break, in s"},
    {ROW(downscale_to_zero_delay_s, NUMBER, DOCUMENTED), .maximum = OPTION_NO_LIMIT,
     .help = "the same for the step from 1 to 0, in s; by default downscale_delay_s"},
    {ROW(upscaling_factor, NUMBER, DOCUMENTED), NUMBER_ABOVE_0,
     .help = "share of a step up that is asked for at a time; by default "
             "upscale_smoothing_factor, else smoothing_factor"},
    {ROW(downscaling_factor, NUMBER, DOCUMENTED), NUMBER_ABOVE_0,
     .help = "share of a step down that is asked for at a time; by default "
             "downscale_smoothing_factor, else smoothing_factor"},
    {ROW(upscale_smoothing_factor, NUMBER, DOCUMENTED), NUMBER_ABOVE_0,
     .help = "older name of upscaling_factor, which comes first"},
    {ROW(downscale_smoothing_factor, NUMBER, DOCUMENTED), NUMBER_ABOVE_0,
     .help = "older name of downscaling_factor, which comes first"},
    {ROW(smoothing_factor, NUMBER, DOCUMENTED), NUMBER_ABOVE_0, .default_text = "1",
     .help = "older still: of both directions, where neither of the others is set"},
    {ROW(look_back_period_s, NUMBER, DOCUMENTED), NUMBER_ABOVE_0, .default_text = "30",
     .help = "span that requests are averaged over, in s"},
    {ROW(metrics_interval_s, NUMBER, DOCUMENTED), NUMBER_ABOVE_0, .default_text = "10",
     .help = "time between two reports of requests, in s"},
    {ROW(target_capacity, NUMBER, DOCUMENTED), .maximum = 100,
     .help = "percent of all replica counts, while an application is moved between clusters"},
    {ROW(target_capacity_direction, CHOICE, DOCUMENTED), .choices = ray_ramps,
     .needs = "target_capacity", .help = "where target_capacity is going"},
    {ROW(gang_size, INTEGER, DOCUMENTED), .minimum = 1, .maximum = POLICY_REPLICAS_MOST,
     .default_text = "1", .help = "replicas come in multiples of this"},
    {ROW(generation, CHOICE, OURS), .default_text = "C", .choices = ray_generations,
     .help =
         "of the rules: C times its delays (April 2026 on), B2 counts calls (March 2026), B and "
         "A limit to [min, max] before the delay (January 2026, September 2025)"},
    {ROW(control_loop_interval, DURATION, DOCUMENTED), .minimum = 0.1, .maximum = 3600,
     .default_text = "100ms", .help = "time between two calls of the policy"},
    OPTION_END,
};
#undef ROW

/* Requests ongoing on the replicas that run, and queued for them, as averaged. */
typedef struct RayInput {
    double total;
} RayInput;

static const Option ray_inputs[] = {
    {OPTION_ROW(RayInput, total, NUMBER, OURS), .maximum = OPTION_NO_LIMIT,
     .help = "requests ongoing and queued"},
    OPTION_END,
};

typedef struct RayState {
    const RayConfig *config;
    int64_t counter;         /* calls of the streak; negative: down */
    sim_time decision_since; /* of the streak's first; SIM_TIME_NEVER: there is none */
} RayState;

/* Calls are assumed to come so often, whatever the loop does. */
#define RAY_LOOP_S 0.1
#define RAY_EPSILON_S 1e-6

/* Configuration --------------------------------------------------------------------------- */

static int64_t ray_adjust(const RayConfig *config, int64_t replicas) {
    if (isnan(config->target_capacity) || config->target_capacity >= 100) {
        return replicas;
    }
    if (config->target_capacity <= 0 || replicas == 0) {
        return 0;
    }
    const double share = floor((double)replicas * config->target_capacity / 100 + 0.5);
    return share > 1 ? (int64_t)share : 1;
}

static int64_t ray_least(const RayConfig *config) {
    const bool ramps_up = config->target_capacity_direction == RAY_UP;
    const bool has_initial = config->initial_replicas != OPTION_ABSENT_INTEGER;
    return ray_adjust(config,
                      ramps_up && has_initial ? config->initial_replicas : config->min_replicas);
}

static int64_t ray_most(const RayConfig *config) {
    return ray_adjust(config, config->max_replicas);
}

static void ray_check(const void *opaque, const Error *where, ErrorList *errors) {
    const RayConfig *config = opaque;
    const int64_t initial = config->initial_replicas;
    const bool has_initial = initial != OPTION_ABSENT_INTEGER;
    const ErrorRule rules[] = {
        {config->min_replicas > config->max_replicas, "max_replicas", "less than min_replicas",
         "at least min_replicas"},
        {has_initial && (initial < config->min_replicas || initial > config->max_replicas),
         "initial_replicas", "a count outside of them",
         "a count from min_replicas to max_replicas"},
    };
    error_add_broken(where, rules, errors);
}

static int ray_initial_target(const void *opaque) {
    const RayConfig *config = opaque;
    return (int)(config->initial_replicas != OPTION_ABSENT_INTEGER ? config->initial_replicas
                                                                   : config->min_replicas);
}

static int64_t ray_most_target(const void *config) {
    return ray_most(config);
}

/* What the load asks for ------------------------------------------------------------------ */

static double ray_factor(const RayConfig *config, bool up) {
    const double own = up ? config->upscaling_factor : config->downscaling_factor;
    const double older = up ? config->upscale_smoothing_factor : config->downscale_smoothing_factor;
    return !isnan(own) ? own : !isnan(older) ? older : config->smoothing_factor;
}

static int ray_desired_a(const RayConfig *config, double total, int running) {
    const double n = running;
    const double error = total / (config->target_ongoing_requests * n);
    const double factor = ray_factor(config, error >= 1);
    const int desired = policy_count(ceil(n * (1 + (error - 1) * factor)));
    const bool stuck = ceil(n * error) < n && desired == running;
    return policy_within(desired - stuck, ray_least(config), ray_most(config));
}

static int ray_desired_b(const RayConfig *config, double total, int running) {
    const double n = running;
    const double error = total / (config->target_ongoing_requests * n);
    const double exact = n * error, delta = exact - n;
    const double factor = ray_factor(config, delta > 0);
    const int scaled = policy_count(ceil(n + factor * delta));
    const bool stuck = ceil(exact) < n && scaled == running;
    const int desired = scaled > stuck ? scaled - stuck : 0;
    return config->generation == RAY_B ? policy_within(desired, ray_least(config), ray_most(config))
                                       : desired;
}

/* The delays ------------------------------------------------------------------------------ */

static double ray_delay_s(const RayConfig *config, bool up, int target) {
    if (up) {
        return config->upscale_delay_s;
    }
    return target == 1 && !isnan(config->downscale_to_zero_delay_s)
               ? config->downscale_to_zero_delay_s
               : config->downscale_delay_s;
}

static void ray_rest(RayState *state) {
    state->counter = 0;
    state->decision_since = SIM_TIME_NEVER;
}

/* One more call of the streak in its direction; true when it has lasted. */
static bool ray_streak(RayState *state, sim_time now, bool up, double delay_s) {
    if (up ? state->counter < 0 : state->counter > 0) {
        ray_rest(state);
    }
    state->counter += up ? 1 : -1;
    if (state->decision_since == SIM_TIME_NEVER) {
        state->decision_since = now;
    }
    if (state->config->generation == RAY_C) {
        const double lasted_s = (double)(now - state->decision_since) / (double)SIM_TIME_SECOND;
        return lasted_s + RAY_EPSILON_S >= delay_s;
    }
    const int64_t calls = (int64_t)(delay_s / RAY_LOOP_S);
    return up ? state->counter > calls : state->counter < -calls;
}

/* What the rules take for the target in force. Newer ones (2026, here with C) see the last gang of
 * a deployment that may go to zero as the one replica from which they go there: rounded up to a
 * gang, the step from N to 1 would never get below one. */
static int ray_known_target(const RayConfig *config, int target) {
    const bool is_last_gang = config->min_replicas == 0 && target == config->gang_size;
    return config->generation == RAY_C && is_last_gang ? 1 : target;
}

static const char *const ray_windows[] = {"downscale_delay_s", "downscale_to_zero_delay_s",
                                          "upscale_delay_s"};
static const char *const ray_holds[] = {"hold_downscale_delay", "hold_downscale_to_zero_delay",
                                        "hold_upscale_delay"};
static const char *const ray_fires[] = {"scale_down", "scale_to_zero", "scale_up"};

static void ray_apply_delay(RayState *state, const asim_observation *observation, int desired,
                            asim_decision *decision) {
    const int target = ray_known_target(state->config, observation->target);
    if (desired == target) {
        ray_rest(state);
        decision->reason = "hold_on_target";
        return;
    }
    const bool up = desired > target;
    const int step = up ? 2 : target == 1;
    const double delay_s = ray_delay_s(state->config, up, target);
    if (!up && target != 1 && desired < 1) {
        desired = 1;
    }
    const bool fires = ray_streak(state, observation->time, up, delay_s);
    decision->window = ray_windows[step];
    decision->window_since = state->decision_since;
    decision->window_target = desired;
    if (delay_s < 1e9) {
        decision->window_until =
            state->decision_since + (sim_time)(delay_s * (double)SIM_TIME_SECOND);
    }
    decision->reason = fires ? ray_fires[step] : ray_holds[step];
    if (fires) {
        decision->target = desired;
        ray_rest(state);
    }
}

/* The whole ------------------------------------------------------------------------------- */

/* No replica runs: decided without a delay, and without a trace. */
static bool ray_cold_start(const RayState *state, const asim_observation *observation, double total,
                           asim_decision *decision) {
    const int target = observation->target;
    if (total > 0) {
        const int first = policy_count(ceil(1 * ray_factor(state->config, true)));
        decision->target = decision->recommended = first > target ? first : target;
        decision->reason = "cold_start";
        return true;
    }
    if (target > 0 || state->config->generation == RAY_A) {
        decision->reason = target > 0 ? "hold_no_running_replica" : "hold_at_zero";
        return true;
    }
    return false;
}

static int ray_desired(const RayConfig *config, double total, int running) {
    return config->generation == RAY_A ? ray_desired_a(config, total, running)
                                       : ray_desired_b(config, total, running);
}

static void ray_limit(const RayConfig *config, asim_decision *decision) {
    const int64_t gang = config->gang_size;
    const int64_t whole = (decision->target + gang - 1) / gang * gang;
    const int within =
        policy_within(policy_count((double)whole), ray_least(config), ray_most(config));
    if (within != decision->target) {
        decision->limited_by = within < whole   ? "max_replicas"
                               : within > whole ? "min_replicas"
                                                : "gang_size";
    }
    decision->target = within;
}

static void ray_decide(void *opaque, const asim_observation *observation, asim_decision *decision) {
    RayState *state = opaque;
    const RayConfig *config = state->config;
    const double total = ((const RayInput *)observation->seen)->total;
    const int running = observation->serving;
    *decision = policy_keep(observation, ray_least(config), ray_most(config));
    if (running > 0 || !ray_cold_start(state, observation, total, decision)) {
        const int desired = running > 0 ? ray_desired(config, total, running) : 0;
        decision->recommended = desired;
        policy_add_term(decision, (asim_decision_term){"ongoing_requests", total,
                                                       config->target_ongoing_requests, desired});
        ray_apply_delay(state, observation, desired, decision);
    }
    ray_limit(config, decision);
}

static void ray_configure(void *opaque, const void *config) {
    RayState *state = opaque;
    state->config = config;
}

static void ray_init(void *opaque, const void *config, int initial_target) {
    (void)initial_target;
    ray_configure(opaque, config);
    ray_rest(opaque);
}

static void ray_clear(void *opaque) {
    (void)opaque;
}

static const char *ray_take(const void *input, asim_observation *observation) {
    observation->seen = input;
    return isnan(((const RayInput *)input)->total) ? "total" : NULL;
}

/* In a simulation ------------------------------------------------------------------------- */

/* One handle, which knows what is queued and what its replicas hold: notes it every recording
 * interval, and pushes the mean of the notes of the look-back every metrics interval. What the
 * controller has is as old as the last push, but for requests that find no replica, which are
 * pushed at once. */
typedef struct RayNote {
    sim_time time;
    double total;
} RayNote;

typedef struct RayPipeline {
    sim_time recording, pushing, look_back;
    sim_time next_note, next_push;
    RayNote *notes;
    size_t count, room;
    double pushed;
    bool counts_calls;
} RayPipeline;

static sim_time ray_time(double seconds) {
    return (sim_time)(seconds * (double)SIM_TIME_SECOND);
}

static void ray_pipeline_init(void *opaque, const void *opaque_config) {
    RayPipeline *pipeline = opaque;
    const RayConfig *config = opaque_config;
    const double recording = fmin(0.2 * config->look_back_period_s, config->metrics_interval_s);
    pipeline->recording = ray_time(recording);
    pipeline->pushing = ray_time(config->metrics_interval_s);
    pipeline->look_back = ray_time(config->look_back_period_s);
    pipeline->next_note = pipeline->recording;
    pipeline->next_push = pipeline->pushing;
    pipeline->counts_calls = config->generation != RAY_C;
}

static unsigned ray_due(void *opaque, sim_time now) {
    const RayPipeline *pipeline = opaque;
    const bool pushes = now >= pipeline->next_push;
    unsigned due = pushes || pipeline->counts_calls ? POLICY_DUE_DECISION : POLICY_DUE_IF_CHANGED;
    if (now >= pipeline->next_note || pushes) {
        due |= POLICY_DUE_SAMPLE;
    }
    return due;
}

static void ray_note(RayPipeline *pipeline, sim_time now, double total) {
    size_t gone = 0;
    while (gone < pipeline->count && pipeline->notes[gone].time <= now - pipeline->look_back) {
        gone++;
    }
    for (size_t i = gone; i < pipeline->count; i++) {
        pipeline->notes[i - gone] = pipeline->notes[i];
    }
    pipeline->count -= gone;
    pipeline->notes =
        memory_grow(pipeline->notes, pipeline->count, &pipeline->room, sizeof *pipeline->notes);
    pipeline->notes[pipeline->count++] = (RayNote){now, total};
}

static void ray_sample(void *opaque, const asim_observation *cluster) {
    RayPipeline *pipeline = opaque;
    const sim_time now = cluster->time;
    if (now >= pipeline->next_note) {
        ray_note(pipeline, now, policy_signal_total(POLICY_SIGNAL_REQUESTS, cluster));
        pipeline->next_note += pipeline->recording;
    }
    if (now >= pipeline->next_push) {
        double sum = 0;
        for (size_t i = 0; i < pipeline->count; i++) {
            sum += pipeline->notes[i].total;
        }
        pipeline->pushed = pipeline->count > 0 ? sum / (double)pipeline->count : 0;
        pipeline->next_push += pipeline->pushing;
    }
}

static void ray_see(void *opaque, const asim_observation *cluster, void *opaque_input) {
    RayPipeline *pipeline = opaque;
    RayInput *input = opaque_input;
    const double waiting = cluster->serving == 0 ? (double)cluster->waiting : 0;
    input->total = fmax(pipeline->pushed, waiting);
}

static void ray_pipeline_clear(void *opaque) {
    free(((RayPipeline *)opaque)->notes);
}

static const PolicyPipeline ray_pipeline = {
    .size = sizeof(RayPipeline),
    .init = ray_pipeline_init,
    .due = ray_due,
    .sample = ray_sample,
    .see = ray_see,
    .clear = ray_pipeline_clear,
};

static PolicyMeasurement ray_measurement(const void *config) {
    const RayConfig *own = config;
    return (PolicyMeasurement){.evaluation_interval = own->control_loop_interval,
                               .rate_window = SIM_TIME_MINUTE,
                               .load_signal = POLICY_LOAD_MAX};
}

/* Tables ---------------------------------------------------------------------------------- */

static const asim_word ray_reasons[] = {
    {"cold_start", "no replica runs and there are requests: at once, without a delay"},
    {"hold_no_running_replica", "all replicas start: nothing is known of the load"},
    {"hold_at_zero", "waits for a request"},
    {"scale_up", "more replicas were asked for all through upscale_delay_s"},
    {"scale_down", "fewer replicas were asked for all through downscale_delay_s"},
    {"scale_to_zero", "none was asked for all through downscale_to_zero_delay_s"},
    {"hold_upscale_delay", "more replicas are asked for, not yet for upscale_delay_s"},
    {"hold_downscale_delay", "fewer replicas are asked for, not yet for downscale_delay_s"},
    {"hold_downscale_to_zero_delay", "none is asked for, not yet for downscale_to_zero_delay_s"},
    {"hold_on_target", "the target is what the load asks for"},
    {NULL, NULL},
};

static const asim_word ray_terms[] = {
    {"ongoing_requests", "requests ongoing and queued, averaged over look_back_period_s"},
    {NULL, NULL},
};

static const asim_state_row ray_rows[] = {
    {"decision_counter", ASIM_STATE_COUNT, offsetof(RayState, counter), NULL, 0, 0},
    {"decision_since_s", ASIM_STATE_TIME, offsetof(RayState, decision_since), NULL, 0, 0},
    {NULL, ASIM_STATE_INT, 0, NULL, 0, 0},
};

static const asim_policy ray_policy = {
    .name = "ray_serve",
    .state_size = sizeof(RayState),
    .init = ray_init,
    .decide = ray_decide,
    .clear = ray_clear,
    .reasons = ray_reasons,
    .terms = ray_terms,
    .rows = ray_rows,
};

const PolicyKind ray_serve_kind = {
    .policy = &ray_policy,
    .source =
        "ray-project/ray, serve/autoscaling_policy.py and serve/_private/autoscaling_state.py "
        "(c1b78613cc, 562aab153e, c2ec21ed15, 1f0158a22e)",
    .options = ray_options,
    .config_size = sizeof(RayConfig),
    .check = ray_check,
    .initial_target = ray_initial_target,
    .most_target = ray_most_target,
    .measurement = ray_measurement,
    .pipeline = &ray_pipeline,
    .holds_at_zero = true,
    .wakes_on_request = true,
    .inputs = ray_inputs,
    .input_size = sizeof(RayInput),
    .take = ray_take,
    .configure = ray_configure,
};

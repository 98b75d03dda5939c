// SPDX-License-Identifier: GPL-3.0-or-later
/* Fireworks' autoscaler: load targets -> recommendation -> windows -> target (model 5).
 *
 * Each evaluation recommends a replica count: for each load target ceil(measured / target), the
 * largest of them, within [min, max]. A recommendation that differs from the target in force then
 * has to pass a window. Two things go past the windows: the first request at zero, and idling down
 * to zero.
 *
 * The recommendation is a step function of time: one made at u is in force until the next. What
 * follows from that, and from model 5 where it leaves room:
 *
 * `stabilize`: the closed window [t - W, t] sees what was in force at t - W. So a step first seen
 * at s is acted on at the first evaluation at or after s + W, be W a multiple of the interval or
 * not. Until the first evaluation the initial target was in force.
 *
 * The way down ends at max(1, min): a recommendation of 0 does not differ from a target of 1.
 *
 * An evaluation without a serving replica recommends the target in force, within [min, max]. It is
 * an observation like others: it stops a `sustain` timer, and can let a `delay` timer lapse.
 *
 * A wake and a scale to zero stop all timers; `stabilize` keeps its history.
 *
 * While windows of scaling schedules are open, the largest of their minima stands in the place of
 * min_replica_count, be it larger or smaller. A minimum that rises above the target is the target
 * at once, which stops all timers; one that falls does nothing by itself: the next recommendation
 * may be lower, and passes the scale-down window, as does the way to zero. Either way the
 * recommendation in force is brought within the new limits, and so is remembered.
 *
 * A parked deployment (max 0) gives up its replicas at the next evaluation, without a window. */
#include "policy/policies.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "engine/sim_time.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 4 requests at target 2 are 2 replicas, however the 4 was summed up. */
#define FIREWORKS_TOLERANCE 1e-9
#define FIREWORKS_DEFAULT_LOAD 0.8

static const char *const fireworks_window_rules[] = {
    [FIREWORKS_STABILIZE] = "stabilize",
    [FIREWORKS_SUSTAIN] = "sustain",
    [FIREWORKS_DELAY] = "delay",
    NULL,
};

#define ROW(member, type, basis) OPTION_ROW(FireworksConfig, member, type, basis)

/* Options --------------------------------------------------------------------------------- */

/* Load targets are more than 0, hence above_minimum. */
const Option fireworks_load_target_options[] = {
    {.name = "default",
     .type = OPTION_NUMBER,
     .basis = OPTION_DOCUMENTED,
     .offset = offsetof(FireworksLoadTargets, default_load),
     .maximum = 1,
     .above_minimum = true,
     .help = "general load per replica, as a fraction; 0.8 when no load target is given; counts "
             "beside others when it is written"},
    {OPTION_ROW(FireworksLoadTargets, tokens_generated_per_second, INTEGER, DOCUMENTED),
     .maximum = OPTION_NO_LIMIT, .above_minimum = true,
     .help = "output tokens per second per replica"},
    {OPTION_ROW(FireworksLoadTargets, prompt_tokens_per_second, INTEGER, DOCUMENTED),
     .maximum = OPTION_NO_LIMIT, .above_minimum = true,
     .help = "prompt tokens per second per replica"},
    {OPTION_ROW(FireworksLoadTargets, requests_per_second, NUMBER, DOCUMENTED),
     .maximum = OPTION_NO_LIMIT, .above_minimum = true, .help = "requests per second per replica"},
    {OPTION_ROW(FireworksLoadTargets, concurrent_requests, NUMBER, DOCUMENTED),
     .maximum = OPTION_NO_LIMIT, .above_minimum = true,
     .help = "requests held, running and queued, per replica"},
    OPTION_END,
};

const Option fireworks_options[] = {
    {ROW(min_replica_count, INTEGER, DOCUMENTED), .maximum = FIREWORKS_REPLICAS_MOST,
     .default_text = "0", .flag = "min-replica-count", .flag_always = true,
     .help = "fewest replicas; 0 allows scaling to zero"},
    {ROW(max_replica_count, INTEGER, DOCUMENTED), .maximum = FIREWORKS_REPLICAS_MOST,
     .flag = "max-replica-count", .flag_always = true,
     .help = "most replicas, by default max(min_replica_count, 1); 0 parks the deployment"},
    {ROW(scale_up_window, DURATION, DOCUMENTED), .maximum = 3600, .default_text = "30s",
     .flag = "scale-up-window", .help = "wait before scaling up after observing increased load"},
    {ROW(scale_down_window, DURATION, DOCUMENTED), .maximum = 3600, .default_text = "10m",
     .flag = "scale-down-window",
     .help = "wait before scaling down after observing decreased load"},
    {ROW(scale_to_zero_window, DURATION, DOCUMENTED), .minimum = 300, .maximum = OPTION_NO_LIMIT,
     .default_text = "1h", .flag = "scale-to-zero-window",
     .help = "time without requests before scaling to zero, if min_replica_count is 0"},
    {ROW(load_targets, GROUP, DOCUMENTED), .group = fireworks_load_target_options,
     .flag = "load-targets",
     .help = "load per replica to aim at; with several, the largest replica count wins"},
    {ROW(scaling_schedules, LIST, DOCUMENTED), .group = schedules_options,
     .item_size = sizeof(ScalingSchedule), .flag = "scaling-schedules",
     .help = "up to 5 windows of the calendar with another min_replica_count; of those that are "
             "open the largest holds"},
    {ROW(default_always, BOOLEAN, ASSUMED), .default_text = "false",
     .help = "a default that is not written is in force, at 0.8, beside other load targets too"},
    {ROW(window_rule, CHOICE, ASSUMED), .default_text = "stabilize",
     .choices = fireworks_window_rules,
     .help = "up to the smallest and down to the largest recommendation of the window, or a timer "
             "that a dip resets (sustain) or that nothing resets (delay)"},
    {ROW(evaluation_interval, DURATION, ASSUMED), .minimum = 0.1, .maximum = 3600,
     .default_text = "5s", .help = "time between two evaluations"},
    {ROW(rate_window, DURATION, ASSUMED), .minimum = 1, .maximum = 3600, .default_text = "60s",
     .help = "span over which requests and tokens per second are measured"},
    {ROW(load_signal, CHOICE, ASSUMED), .default_text = "max", .choices = policies_load_signals,
     .help = "load of a replica: share of its batch slots, of its KV cache, the larger of the two, "
             "or of time busy"},
#ifdef OPTIONS_EXTRA
#define OPTION_EXTRA(c_type, member, type, basis, ...) {ROW(member, type, basis), __VA_ARGS__},
#include OPTIONS_EXTRA
#endif
    OPTION_END,
};

/* Configuration --------------------------------------------------------------------------- */

/* Besides the first of the table, the default. */
static bool fireworks_has_other_target(const FireworksLoadTargets *targets) {
    const Option *option = fireworks_load_target_options + 1;
    while (option->name != NULL && option_is_absent(option, targets)) {
        option++;
    }
    return option->name != NULL;
}

static int64_t fireworks_max_replica_count(const FireworksConfig *config) {
    const int64_t floor = config->min_replica_count > 1 ? config->min_replica_count : 1;
    return config->max_replica_count == OPTION_ABSENT_INTEGER ? floor : config->max_replica_count;
}

void fireworks_resolve(void *config) {
    FireworksConfig *own = config;
    own->max_replica_count = fireworks_max_replica_count(own);
    FireworksLoadTargets *targets = &own->load_targets;
    if (isnan(targets->default_load) &&
        (own->default_always || !fireworks_has_other_target(targets))) {
        targets->default_load = FIREWORKS_DEFAULT_LOAD;
    }
}

void fireworks_check(const void *config, const Error *where, ErrorList *errors) {
    const FireworksConfig *own = config;
    int64_t minimum = own->min_replica_count, maximum = fireworks_max_replica_count(own);
    schedules_check(&own->scaling_schedules, maximum, where, errors);
    if (minimum <= maximum) {
        return;
    }
    char found[24];
    char *expected =
        memory_format("at least min_replica_count, %" PRId64 "%s", minimum,
                      maximum == 0 ? ", or min_replica_count 0 to park the deployment" : "");
    snprintf(found, sizeof found, "%" PRId64, maximum);
    error_add_at(where, "max_replica_count", found, expected, errors);
    free(expected);
}

static int fireworks_initial_target(const void *config) {
    const FireworksConfig *own = config;
    return (int)own->min_replica_count;
}

static int64_t fireworks_most_target(const void *config) {
    const FireworksConfig *own = config;
    return own->max_replica_count;
}

static const OptionList *fireworks_schedules(const void *config) {
    const FireworksConfig *own = config;
    return &own->scaling_schedules;
}

static PolicyMeasurement fireworks_measurement(const void *config) {
    const FireworksConfig *own = config;
    return (PolicyMeasurement){.evaluation_interval = own->evaluation_interval,
                               .rate_window = own->rate_window,
                               .load_signal = (PolicyLoadSignal)own->load_signal};
}

/* Windows: see policies.h ----------------------------------------------------------------- */

#define WINDOW_FIRST_CAPACITY MEMORY_FIRST_ROOM(16)

static WindowEntry *window_at(const Window *window, size_t index) {
    return &window->ring[(window->first + index) & (window->capacity - 1)];
}

void window_init(Window *window, WindowKind kind, sim_time span) {
    asim_assert(span >= 0);
    *window = (Window){.span = span, .sign = kind == WINDOW_SMALLEST ? 1 : -1};
}

void window_clear(Window *window) {
    free(window->ring);
    window->ring = NULL;
    window->capacity = window->first = window->count = window->gone = 0;
}

/* Doubles the ring, laid out from its first entry on. */
static void window_grow(Window *window) {
    size_t capacity = window->capacity ? 2 * window->capacity : WINDOW_FIRST_CAPACITY;
    WindowEntry *ring = memory_new(capacity, sizeof *ring);
    asim_assert(window->count == window->capacity);
    asim_assert((capacity & (capacity - 1)) == 0);
    for (size_t i = 0; i < window->count; i++) {
        ring[i] = *window_at(window, i);
    }
    free(window->ring);
    window->ring = ring;
    window->capacity = capacity;
    window->first = 0;
}

void window_push(Window *window, sim_time time, int value) {
    asim_assert(window->gone <= window->count);
    asim_assert(window->count == 0 || window_at(window, window->count - 1)->since <= time);
    window->first += window->gone;
    window->count -= window->gone;
    window->gone = 0;
    WindowEntry entry = {.since = time, .key = window->sign * value};
    while (window->count > 0 && window_at(window, window->count - 1)->key >= entry.key) {
        entry.since = window_at(window, --window->count)->since;
    }
    if (window->count == window->capacity) {
        window_grow(window);
    }
    *window_at(window, window->count++) = entry;
    /* An entry's extremum was last in force until the next one's run began. */
    while (window->gone + 1 < window->count &&
           window_at(window, window->gone + 1)->since <= time - window->span) {
        window->gone++;
    }
}

int window_value(const Window *window) {
    asim_assert(window->count > 0);
    return window->sign * window_at(window, window->gone)->key;
}

sim_time window_since(const Window *window, int bound) {
    size_t low = 0, high = window->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (window_at(window, middle)->key >= window->sign * bound) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low < window->count ? window_at(window, low)->since : SIM_TIME_NEVER;
}

/* State ----------------------------------------------------------------------------------- */

typedef enum Direction { DIRECTION_UP, DIRECTION_DOWN, DIRECTION_COUNT } Direction;
#define DIRECTION_NONE DIRECTION_COUNT

/* A load target in force. */
typedef struct FireworksKey {
    const char *name;
    asim_signal signal;
    double target; /* per replica, > 0 */
} FireworksKey;

typedef struct FireworksState {
    FireworksConfig config; /* resolved */
    int minimum, maximum;   /* minimum: that of open schedules, if there is one */
    int floor; /* the least that is reached by windows, and that a request wakes: max(1, min) */
    int initial_target;
    int recommended;    /* in force */
    sim_time zero_from; /* before it a minimum that a schedule lowered keeps it from zero */
    int key_count;
    FireworksKey keys[ASIM_DECISION_TERMS];
    sim_time spans[DIRECTION_COUNT];  /* of the windows */
    bool has_history;                 /* stabilize: an evaluation has been seen */
    int yields[DIRECTION_COUNT];      /* stabilize: of the two windows below */
    Window history[DIRECTION_COUNT];  /* stabilize: smallest for up, largest for down */
    sim_time timers[DIRECTION_COUNT]; /* sustain, delay: running since, or SIM_TIME_NEVER */
} FireworksState;

static const char *const fireworks_window_names[] = {"scale_up_window", "scale_down_window"};
static const char *const fireworks_scale_reasons[] = {"scale_up", "scale_down"};
static const char *const fireworks_hold_reasons[] = {"hold_scale_up_window",
                                                     "hold_scale_down_window"};

/* What is measured for each load target, in the order of their table. */
static const asim_signal fireworks_signals[] = {
    ASIM_SIGNAL_LOAD, ASIM_SIGNAL_GENERATED_TOKENS_PER_SECOND, ASIM_SIGNAL_PROMPT_TOKENS_PER_SECOND,
    ASIM_SIGNAL_REQUESTS_PER_SECOND, ASIM_SIGNAL_CONCURRENT_REQUESTS};

/* In the order of the documentation, which is the table's. */
static void fireworks_add_keys(FireworksState *state) {
    const FireworksLoadTargets *targets = &state->config.load_targets;
    for (int i = 0; fireworks_load_target_options[i].name != NULL; i++) {
        const Option *option = &fireworks_load_target_options[i];
        const void *value = (const char *)targets + option->offset;
        if (!option_is_absent(option, targets)) {
            state->keys[state->key_count++] =
                (FireworksKey){option->name, fireworks_signals[i],
                               option->type == OPTION_INTEGER ? (double)*(const int64_t *)value
                                                              : *(const double *)value};
        }
    }
}

static void fireworks_set_minimum(FireworksState *state, int minimum) {
    asim_assert(0 <= minimum && minimum <= state->maximum);
    state->minimum = minimum;
    state->floor = minimum > 1 ? minimum : 1;
}

static void fireworks_stop_timers(FireworksState *state) {
    state->timers[DIRECTION_UP] = state->timers[DIRECTION_DOWN] = SIM_TIME_NEVER;
}

/* The history stays; that of a window which is longer now begins where it did. So does the minimum,
 * until an observation comes that can say what is open then, and what to make of another one. */
static void fireworks_configure(void *opaque, const void *config) {
    FireworksState *state = opaque;
    state->config = *(const FireworksConfig *)config;
    state->key_count = 0;
    fireworks_resolve(&state->config);
    asim_assert(0 <= state->config.min_replica_count &&
                state->config.min_replica_count <= state->config.max_replica_count &&
                state->config.max_replica_count <= FIREWORKS_REPLICAS_MOST);
    state->maximum = (int)state->config.max_replica_count;
    fireworks_set_minimum(state, state->minimum < state->maximum ? state->minimum : state->maximum);
    fireworks_add_keys(state);
    state->spans[DIRECTION_UP] = state->config.scale_up_window;
    state->spans[DIRECTION_DOWN] = state->config.scale_down_window;
    state->history[DIRECTION_UP].span = state->config.scale_up_window;
    state->history[DIRECTION_DOWN].span = state->config.scale_down_window;
}

static void fireworks_init(void *opaque, const void *config, int initial_target) {
    FireworksState *state = opaque;
    *state = (FireworksState){
        .initial_target = initial_target, .recommended = initial_target, .zero_from = INT64_MIN};
    window_init(&state->history[DIRECTION_UP], WINDOW_SMALLEST, 0);
    window_init(&state->history[DIRECTION_DOWN], WINDOW_LARGEST, 0);
    fireworks_stop_timers(state);
    fireworks_configure(state, config);
    fireworks_set_minimum(state, (int)state->config.min_replica_count);
}

static void fireworks_clear(void *opaque) {
    FireworksState *state = opaque;
    window_clear(&state->history[DIRECTION_UP]);
    window_clear(&state->history[DIRECTION_DOWN]);
}

/* What the load asks for ------------------------------------------------------------------ */

/* Recorded metrics have gaps: NaN asks for nothing. */
static int fireworks_wanted(double measured, double target) {
    double wanted = ceil(measured / target * (1 - FIREWORKS_TOLERANCE));
    if (!(wanted > 0)) {
        return 0;
    }
    return wanted < INT_MAX ? (int)wanted : INT_MAX;
}

static int fireworks_within_limits(const FireworksState *state, int replicas) {
    if (replicas < state->minimum) {
        return state->minimum;
    }
    return replicas > state->maximum ? state->maximum : replicas;
}

/* The first of several equal terms is the winner. */
static void fireworks_weigh(const FireworksState *state, const asim_observation *observation,
                            asim_decision *decision) {
    asim_assert(state->key_count > 0 && state->key_count <= ASIM_DECISION_TERMS);
    for (int i = 0; i < state->key_count; i++) {
        const FireworksKey *key = &state->keys[i];
        double measured = observation->signals[key->signal];
        decision->terms[i] =
            (asim_decision_term){.key = key->name,
                                 .measured = measured,
                                 .target = key->target,
                                 .wanted = fireworks_wanted(measured, key->target)};
        if (i == 0 || decision->terms[i].wanted > decision->terms[decision->winner].wanted) {
            decision->winner = i;
        }
    }
    decision->term_count = state->key_count;
}

static void fireworks_recommend(FireworksState *state, const asim_observation *observation,
                                asim_decision *decision) {
    int wanted = observation->target;
    if (observation->serving > 0) {
        fireworks_weigh(state, observation, decision);
        wanted = decision->terms[decision->winner].wanted;
    }
    decision->recommended = state->recommended = fireworks_within_limits(state, wanted);
    if (decision->recommended > wanted) {
        decision->limited_by =
            observation->schedule.name != NULL ? "scaling_schedules" : "min_replica_count";
    } else if (decision->recommended < wanted) {
        decision->limited_by = "max_replica_count";
    }
}

/* What the windows let through
 * --------------------------------------------------------------------------------- */

static int fireworks_above_floor(const FireworksState *state, int replicas) {
    return replicas > state->floor ? replicas : state->floor;
}

static Direction fireworks_direction(const FireworksState *state, int recommended, int target) {
    if (recommended > target) {
        return DIRECTION_UP;
    }
    return fireworks_above_floor(state, recommended) < target ? DIRECTION_DOWN : DIRECTION_NONE;
}

static sim_time fireworks_later(sim_time time, sim_time span) {
    return time < 0 || span < SIM_TIME_NEVER - time ? time + span : SIM_TIME_NEVER;
}

static void fireworks_say_window(asim_decision *decision, const char *window, sim_time since,
                                 sim_time span) {
    decision->window = window;
    decision->window_since = since;
    decision->window_until = fireworks_later(since, span);
}

static void fireworks_remember(FireworksState *state, sim_time time, int recommended) {
    for (int d = 0; d < DIRECTION_COUNT; d++) {
        if (!state->has_history) {
            window_push(&state->history[d], time, state->initial_target);
        }
        window_push(&state->history[d], time, recommended);
        state->yields[d] = window_value(&state->history[d]);
    }
    state->has_history = true;
}

/* The latest recommendation lies in `direction`, which is why the other window cannot act: it
 * contains that recommendation too. */
static bool fireworks_stabilize(const FireworksState *state, const asim_observation *observation,
                                Direction direction, asim_decision *decision) {
    const Window *history = &state->history[direction];
    int yields = window_value(history), bound;
    bool acts;
    if (direction == DIRECTION_UP) {
        acts = yields > observation->target;
        bound = acts ? yields : observation->target + 1;
    } else {
        yields = fireworks_above_floor(state, yields);
        acts = yields < observation->target;
        bound = acts ? yields : observation->target - 1;
    }
    fireworks_say_window(decision, fireworks_window_names[direction], window_since(history, bound),
                         state->spans[direction]);
    decision->window_target = yields;
    return acts;
}

/* Starts and, under `sustain`, stops the timers, for a load that now lies in `direction`. */
static void fireworks_run_timers(FireworksState *state, sim_time now, Direction direction) {
    for (Direction d = DIRECTION_UP; d < DIRECTION_COUNT; d++) {
        if (d == direction && state->timers[d] == SIM_TIME_NEVER) {
            state->timers[d] = now;
        }
        if (d != direction && state->config.window_rule == FIREWORKS_SUSTAIN) {
            state->timers[d] = SIM_TIME_NEVER;
        }
    }
}

/* Both timers may expire in one evaluation, but the load lies in one direction at most: the other
 * timer lapses. */
static bool fireworks_expire_timers(FireworksState *state, sim_time now, Direction direction) {
    bool acts = false;
    for (Direction d = DIRECTION_UP; d < DIRECTION_COUNT; d++) {
        asim_assert(state->timers[d] == SIM_TIME_NEVER || state->timers[d] <= now);
        if (state->timers[d] == SIM_TIME_NEVER || now - state->timers[d] < state->spans[d]) {
            continue;
        }
        state->timers[d] = SIM_TIME_NEVER;
        acts = acts || d == direction;
    }
    return acts;
}

static bool fireworks_time(FireworksState *state, const asim_observation *observation,
                           Direction direction, asim_decision *decision) {
    sim_time now = observation->time;
    fireworks_run_timers(state, now, direction);
    if (direction != DIRECTION_NONE) {
        fireworks_say_window(decision, fireworks_window_names[direction], state->timers[direction],
                             state->spans[direction]);
    }
    bool acts = fireworks_expire_timers(state, now, direction);
    if (acts) {
        decision->window_target = fireworks_above_floor(state, decision->recommended);
    }
    return acts;
}

/* Brings the recommendation through the window rule. */
static void fireworks_apply_windows(FireworksState *state, const asim_observation *observation,
                                    asim_decision *decision) {
    Direction direction = fireworks_direction(state, decision->recommended, observation->target);
    bool acts = false;
    if (state->config.window_rule != FIREWORKS_STABILIZE) {
        acts = fireworks_time(state, observation, direction, decision);
    } else if (direction != DIRECTION_NONE) {
        acts = fireworks_stabilize(state, observation, direction, decision);
    }
    if (acts) {
        decision->target = decision->window_target;
    }
    if (direction != DIRECTION_NONE) {
        decision->reason =
            acts ? fireworks_scale_reasons[direction] : fireworks_hold_reasons[direction];
    }
}

/* Zero, and the whole --------------------------------------------------------------------- */

/* Idle, and allowed to go to zero for it. */
static bool fireworks_is_idle(const FireworksState *state, const asim_observation *observation) {
    return state->minimum == 0 && observation->target > 0 &&
           observation->idle_since != SIM_TIME_NEVER;
}

static void fireworks_say_zero_window(const FireworksState *state,
                                      const asim_observation *observation,
                                      asim_decision *decision) {
    fireworks_say_window(decision, "scale_to_zero_window", observation->idle_since,
                         state->config.scale_to_zero_window);
    if (decision->window_until < state->zero_from) {
        decision->window_until = state->zero_from;
    }
}

static bool fireworks_scale_to_zero(FireworksState *state, const asim_observation *observation,
                                    asim_decision *decision) {
    if (!fireworks_is_idle(state, observation) || observation->time < state->zero_from ||
        observation->time - observation->idle_since < state->config.scale_to_zero_window) {
        return false;
    }
    fireworks_stop_timers(state);
    fireworks_say_zero_window(state, observation, decision);
    decision->target = decision->window_target = 0;
    decision->reason = "scale_to_zero";
    return true;
}

/* Why the target stays when no window is in play. */
static void fireworks_say_hold(const FireworksState *state, const asim_observation *observation,
                               asim_decision *decision) {
    if (observation->target == 0) {
        decision->reason = "hold_at_zero";
    } else if (observation->serving == 0) {
        decision->reason = "hold_no_serving_replica";
    } else if (decision->recommended == 0 && fireworks_is_idle(state, observation)) {
        decision->reason = "hold_scale_to_zero_window";
        fireworks_say_zero_window(state, observation, decision);
    } else {
        decision->reason = "hold_on_target";
    }
}

static void fireworks_park(asim_decision *decision) {
    decision->target = decision->recommended = decision->window_target = 0;
    decision->reason = "parked";
}

static void fireworks_wake(FireworksState *state, asim_decision *decision) {
    fireworks_stop_timers(state);
    decision->target = decision->recommended = decision->window_target = state->floor;
    decision->reason = "wake";
}

/* The minimum has changed: nothing was measured. */
static void fireworks_follow_schedule(FireworksState *state, const asim_observation *observation,
                                      bool raised, asim_decision *decision) {
    asim_assert(!observation->request_at_zero);
    state->recommended = fireworks_within_limits(state, state->recommended);
    decision->recommended = state->recommended;
    if (state->config.window_rule == FIREWORKS_STABILIZE) {
        fireworks_remember(state, observation->time, decision->recommended);
    }
    if (observation->target < state->minimum) {
        fireworks_stop_timers(state);
        decision->target = decision->window_target = state->minimum;
    }
    decision->reason = raised ? "minimum_raised" : "minimum_lowered";
    asim_assert(decision->target >= state->minimum);
}

static void fireworks_evaluate(FireworksState *state, const asim_observation *observation,
                               asim_decision *decision) {
    fireworks_recommend(state, observation, decision);
    asim_assert(decision->recommended >= state->minimum && decision->recommended <= state->maximum);
    if (state->maximum == 0) {
        fireworks_park(decision);
        return;
    }
    if (state->config.window_rule == FIREWORKS_STABILIZE) {
        fireworks_remember(state, observation->time, decision->recommended);
    }
    if (fireworks_scale_to_zero(state, observation, decision)) {
        return;
    }
    fireworks_apply_windows(state, observation, decision);
    if (!decision->reason) {
        fireworks_say_hold(state, observation, decision);
    }
}

/* Takes over the minimum that is in force now; was it raised? */
static bool fireworks_take_minimum(FireworksState *state, const asim_observation *observation) {
    const asim_schedule *schedule = &observation->schedule;
    const int before = state->minimum;
    fireworks_set_minimum(state, schedule->name == NULL ? (int)state->config.min_replica_count
                                 : schedule->minimum < state->maximum ? schedule->minimum
                                                                      : state->maximum);
    if (state->minimum < before) {
        state->zero_from = fireworks_later(observation->time, state->spans[DIRECTION_DOWN]);
    }
    return state->minimum > before;
}

static void fireworks_decide(void *opaque, const asim_observation *observation,
                             asim_decision *decision) {
    FireworksState *state = opaque;
    const bool raised = fireworks_take_minimum(state, observation);
    const bool at_once =
        raised && !observation->request_at_zero && observation->target < state->minimum;
    *decision = (asim_decision){.target = observation->target,
                                .limits = {state->minimum, state->maximum},
                                .winner = -1,
                                .window_since = SIM_TIME_NEVER,
                                .window_until = SIM_TIME_NEVER,
                                .window_target = observation->target,
                                .window_rule = fireworks_window_rules[state->config.window_rule]};
    if (observation->minimum_changed || at_once) {
        fireworks_follow_schedule(state, observation, raised, decision);
    } else if (!observation->request_at_zero) {
        fireworks_evaluate(state, observation, decision);
    } else if (state->maximum == 0) {
        fireworks_park(decision);
    } else {
        fireworks_wake(state, decision);
    }
    asim_assert(decision->target >= 0 && decision->reason != NULL);
    asim_assert(decision->winner < decision->term_count);
}

/* Observations of others ------------------------------------------------------------------ */

/* One that was recorded. What is not there asks for nothing. */
typedef struct FireworksInput {
    double signals[ASIM_SIGNAL_COUNT]; /* in the order of fireworks_signals */
    double idle_since_s;
    bool request_at_zero;
    int64_t scheduled_min_replica_count;
} FireworksInput;

#define SIGNAL(key, index, words)                                                                  \
    {                                                                                              \
        .name = key, .type = OPTION_NUMBER, .offset = offsetof(FireworksInput, signals[index]),    \
        .maximum = OPTION_NO_LIMIT, .help = words                                                  \
    }
static const Option fireworks_inputs[] = {
    SIGNAL("default", 0, "sum of the replicas' loads, 1 = one full replica"),
    SIGNAL("tokens_generated_per_second", 1, "output tokens per second of all replicas"),
    SIGNAL("prompt_tokens_per_second", 2, "prompt tokens per second of all replicas"),
    SIGNAL("requests_per_second", 3, "requests per second of all replicas"),
    SIGNAL("concurrent_requests", 4, "requests held, running and queued, by all replicas"),
    {OPTION_ROW(FireworksInput, idle_since_s, NUMBER, OURS), .maximum = 9e9,
     .help = "since when nothing has been asked; not there: requests are held"},
    {OPTION_ROW(FireworksInput, request_at_zero, BOOLEAN, OURS), .default_text = "false",
     .help = "no evaluation: a request has found no serving replica and a target of 0"},
    {OPTION_ROW(FireworksInput, scheduled_min_replica_count, INTEGER, OURS),
     .maximum = FIREWORKS_REPLICAS_MOST,
     .help = "the largest minimum of the scaling schedules whose windows are open; not there: none "
             "is"},
    OPTION_END,
};
#undef SIGNAL

static const char *fireworks_take(const void *input, asim_observation *observation) {
    const FireworksInput *own = input;
    for (size_t i = 0; i < ASIM_SIGNAL_COUNT; i++) {
        observation->signals[fireworks_signals[i]] = own->signals[i];
    }
    observation->request_at_zero = own->request_at_zero;
    if (!isnan(own->idle_since_s)) {
        observation->idle_since = sim_time_from_seconds(own->idle_since_s);
    }
    if (own->scheduled_min_replica_count != OPTION_ABSENT_INTEGER) {
        observation->schedule =
            (asim_schedule){"scaling_schedules", (int)own->scheduled_min_replica_count,
                            SIM_TIME_NEVER, SIM_TIME_NEVER};
    }
    return NULL;
}

static int fireworks_by_time(const void *left, const void *right) {
    const sim_time a = ((const PolicyPastItem *)left)->time;
    const sim_time b = ((const PolicyPastItem *)right)->time;
    return (a > b) - (a < b);
}

static void fireworks_remember_past(void *opaque, const PolicyPast *past) {
    FireworksState *state = opaque;
    for (int d = 0; d < DIRECTION_COUNT; d++) {
        const WindowKind kind = d == DIRECTION_UP ? WINDOW_SMALLEST : WINDOW_LARGEST;
        window_clear(&state->history[d]);
        window_init(&state->history[d], kind, state->spans[d]);
    }
    state->has_history = false;
    const size_t count = past->recommendations.count;
    PolicyPastItem *items = memory_new(count, sizeof *items);
    if (count > 0) {
        memcpy(items, past->recommendations.items, count * sizeof *items);
    }
    qsort(items, count, sizeof *items, fireworks_by_time);
    for (size_t i = 0; i < count; i++) {
        fireworks_remember(state, items[i].time, policy_count(items[i].number));
    }
    free(items);
}

/* Tables ---------------------------------------------------------------------------------- */

static const asim_word fireworks_reasons[] = {
    {"scale_up", "the window of that name let it through"},
    {"scale_down", "the window of that name let it through"},
    {"scale_to_zero", "idle for scale_to_zero_window"},
    {"wake", "a request found a target of zero"},
    {"minimum_raised",
     "a scaling schedule's window opened or closed, or another minimum was set, and "
     "the fewest replicas are more: at once"},
    {"minimum_lowered", "they are fewer: what the load asks for passes the windows"},
    {"hold_scale_up_window", "load asks for more, the window does not yet let it through"},
    {"hold_scale_down_window", "load asks for less, the window does not yet let it through"},
    {"hold_scale_to_zero_window",
     "no load on the last replica: waits until it has idled long enough"},
    {"hold_no_serving_replica", "all replicas boot: nothing is known of the load"},
    {"hold_at_zero", "waits for a request"},
    {"hold_on_target", "the target is what the load asks for"},
    {"parked", "max_replica_count is 0"},
    {NULL, NULL},
};

static const asim_state_row fireworks_rows[] = {
    {"has_history", ASIM_STATE_BOOLEAN, offsetof(FireworksState, has_history), NULL, 0, 0},
    {"smallest_of_scale_up_window", ASIM_STATE_INT, offsetof(FireworksState, yields[DIRECTION_UP]),
     NULL, 0, 0},
    {"largest_of_scale_down_window", ASIM_STATE_INT,
     offsetof(FireworksState, yields[DIRECTION_DOWN]), NULL, 0, 0},
    {"up_timer_since_s", ASIM_STATE_TIME, offsetof(FireworksState, timers[DIRECTION_UP]), NULL, 0,
     0},
    {"down_timer_since_s", ASIM_STATE_TIME, offsetof(FireworksState, timers[DIRECTION_DOWN]), NULL,
     0, 0},
    {NULL, ASIM_STATE_INT, 0, NULL, 0, 0},
};

const asim_policy fireworks_policy = {
    .name = "fireworks",
    .state_size = sizeof(FireworksState),
    .init = fireworks_init,
    .decide = fireworks_decide,
    .clear = fireworks_clear,
    .reasons = fireworks_reasons,
    .rows = fireworks_rows,
};

static const PolicySection fireworks_sections[] = {
    {"deployments.NAME.autoscaling.load_targets", fireworks_load_target_options},
    {NULL, NULL},
};

const PolicyKind fireworks_kind = {
    .policy = &fireworks_policy,
    .source = "docs.fireworks.ai/deployments/autoscaling",
    .options = fireworks_options,
    .config_size = sizeof(FireworksConfig),
    .sections = fireworks_sections,
    .resolve = fireworks_resolve,
    .check = fireworks_check,
    .initial_target = fireworks_initial_target,
    .most_target = fireworks_most_target,
    .schedules = fireworks_schedules,
    .measurement = fireworks_measurement,
    .deletes_unused = true,
    .wakes_on_request = true,
    .inputs = fireworks_inputs,
    .input_size = sizeof(FireworksInput),
    .take = fireworks_take,
    .configure = fireworks_configure,
    .remember = fireworks_remember_past,
};

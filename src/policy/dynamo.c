// SPDX-License-Identifier: GPL-3.0-or-later
/* NVIDIA Dynamo's planner in its load-based easy mode, for aggregated workers
 * (ai-dynamo/dynamo@0c6da1ec, planner/core/load_scaling.py and budget.py): one worker more when any
 * is above a threshold of KV use, one fewer when all are below another. No window, no zero; nothing
 * while an earlier step is in progress. KV use counts what waits: prompts too. */
#include "policy/policies.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

typedef enum DynamoAim { DYNAMO_THROUGHPUT, DYNAMO_LATENCY } DynamoAim;
static const char *const dynamo_aims[] = {"throughput", "latency", NULL};

static const struct {
    double up, down;
} dynamo_thresholds[] = {[DYNAMO_THROUGHPUT] = {1.0, 0.6}, [DYNAMO_LATENCY] = {0.4, 0.1}};

typedef struct DynamoConfig {
    int optimization_target;
    int64_t min_endpoint, max_gpu_budget, engine_num_gpu;
    double max_kv_tokens;
    sim_time load_adjustment_interval;
} DynamoConfig;

#define ROW(member, type, basis) OPTION_ROW(DynamoConfig, member, type, basis)
static const Option dynamo_options[] = {
    {ROW(optimization_target, CHOICE, DOCUMENTED), .choices = dynamo_aims,
     .default_text = "throughput",
     .help = "up above 100 % and down below 60 % of KV use, or (latency) 40 % and 10 %"},
    {ROW(min_endpoint, INTEGER, DOCUMENTED), .minimum = 1, .maximum = POLICY_REPLICAS_MOST,
     .default_text = "1", .help = "fewest workers"},
    {ROW(max_gpu_budget, INTEGER, DOCUMENTED), .minimum = -1, .maximum = 1e9, .default_text = "-1",
     .help = "GPUs of all workers at most; -1: no budget"},
    {ROW(engine_num_gpu, INTEGER, DOCUMENTED), .minimum = 1, .maximum = 1024, .default_text = "1",
     .help = "GPUs of a worker"},
    {ROW(max_kv_tokens, NUMBER, DOCUMENTED), .maximum = OPTION_NO_LIMIT, .above_minimum = true,
     .help = "tokens that a worker's KV cache holds; in a simulation by default the replica's"},
    {ROW(load_adjustment_interval, DURATION, DOCUMENTED), .minimum = 0.1, .maximum = 3600,
     .default_text = "5s", .help = "time between two decisions"},
    OPTION_END,
};
#undef ROW

typedef struct DynamoWorker {
    double kv, queued_kv, queued_prefill;
} DynamoWorker;

typedef struct DynamoInput {
    OptionList workers; /* of DynamoWorker */
    double max_kv_tokens;
} DynamoInput;

#define ROW(member, words)                                                                         \
    {                                                                                              \
        OPTION_ROW(DynamoWorker, member, NUMBER, OURS), .maximum = OPTION_NO_LIMIT,                \
                                                        .default_text = "0", .help = words         \
    }
static const Option dynamo_worker_options[] = {
    ROW(kv, "KV tokens of the requests that decode"),
    ROW(queued_kv, "KV tokens of decodes that wait"),
    ROW(queued_prefill, "prompt tokens of the requests that wait for their prefill"),
    OPTION_END,
};
#undef ROW

static const Option dynamo_inputs[] = {
    {OPTION_ROW(DynamoInput, workers, LIST, OURS), .group = dynamo_worker_options,
     .item_size = sizeof(DynamoWorker), .help = "what each worker reports"},
    {OPTION_ROW(DynamoInput, max_kv_tokens, NUMBER, OURS), .maximum = OPTION_NO_LIMIT,
     .above_minimum = true,
     .help = "tokens that a worker's KV cache holds, if the option is not set"},
    OPTION_END,
};

typedef struct DynamoState {
    const DynamoConfig *config;
} DynamoState;

static double dynamo_use(const DynamoWorker *worker, double capacity) {
    return (worker->kv + worker->queued_kv + worker->queued_prefill) / capacity;
}

/* Workers by the thresholds; the busiest of them is what is told. */
static int dynamo_wanted(const DynamoConfig *config, const DynamoInput *input, int workers,
                         double capacity, asim_decision *decision) {
    const DynamoWorker *items = input->workers.items;
    const double up = dynamo_thresholds[config->optimization_target].up;
    const double down = dynamo_thresholds[config->optimization_target].down;
    double most = 0;
    for (size_t i = 0; i < input->workers.count; i++) {
        most = fmax(most, dynamo_use(&items[i], capacity));
    }
    int wanted = workers;
    if (most > up) {
        wanted = workers + 1;
    } else if (workers > 1 && most < down) {
        wanted = workers - 1;
    }
    policy_add_term(decision,
                    (asim_decision_term){"kv_utilization", most, most < down ? down : up, wanted});
    return wanted;
}

static int dynamo_limit(const DynamoConfig *config, int wanted, asim_decision *decision) {
    int64_t limited = wanted > config->min_endpoint ? wanted : config->min_endpoint;
    decision->limited_by = limited > wanted ? "min_endpoint" : NULL;
    const int64_t affordable = config->max_gpu_budget / config->engine_num_gpu;
    if (config->max_gpu_budget >= 0 && limited > affordable) {
        limited = affordable < config->min_endpoint ? 0 : affordable;
        decision->limited_by = "max_gpu_budget";
    }
    return (int)limited;
}

static const char *dynamo_obstacle(const asim_observation *observation, const DynamoInput *input,
                                   double capacity) {
    if (input->workers.count == 0 || observation->serving == 0) {
        return "hold_no_data";
    }
    if (observation->serving != observation->target) {
        return "hold_scaling_in_progress";
    }
    if (input->workers.count != (size_t)observation->serving) {
        return "hold_worker_count_mismatch";
    }
    return isnan(capacity) ? "hold_insufficient_data" : NULL;
}

static void dynamo_decide(void *opaque, const asim_observation *observation,
                          asim_decision *decision) {
    const DynamoState *state = opaque;
    const DynamoConfig *config = state->config;
    const DynamoInput *input = observation->seen;
    const int workers = observation->serving;
    const double capacity =
        isnan(config->max_kv_tokens) ? input->max_kv_tokens : config->max_kv_tokens;
    *decision =
        policy_keep(observation, config->min_endpoint,
                    config->max_gpu_budget < 0 ? POLICY_REPLICAS_MOST
                                               : config->max_gpu_budget / config->engine_num_gpu);
    decision->reason = dynamo_obstacle(observation, input, capacity);
    if (decision->reason != NULL) {
        return;
    }
    const int wanted = dynamo_wanted(config, input, workers, capacity, decision);
    decision->recommended = wanted;
    if (wanted == workers) {
        decision->reason = "hold_on_target";
        return;
    }
    decision->target = dynamo_limit(config, wanted, decision);
    decision->reason = decision->target > workers   ? "scale_up"
                       : decision->target < workers ? "scale_down"
                                                    : "hold_limited";
}

static void dynamo_configure(void *opaque, const void *config) {
    DynamoState *state = opaque;
    state->config = config;
}

static void dynamo_init(void *opaque, const void *config, int initial_target) {
    (void)initial_target;
    dynamo_configure(opaque, config);
}

static void dynamo_clear(void *opaque) {
    (void)opaque;
}

static int dynamo_initial_target(const void *config) {
    return (int)((const DynamoConfig *)config)->min_endpoint;
}

static int64_t dynamo_most_target(const void *opaque) {
    const DynamoConfig *config = opaque;
    return config->max_gpu_budget < 0 ? INT64_MAX : config->max_gpu_budget / config->engine_num_gpu;
}

static const char *dynamo_take(const void *opaque, asim_observation *observation) {
    const DynamoInput *input = opaque;
    observation->seen = input;
    if (observation->serving == 0) {
        observation->serving = (int)input->workers.count;
    }
    return NULL;
}

/* In a simulation: what the serving replicas report at each decision. */
typedef struct DynamoPipeline {
    DynamoWorker *workers;
    size_t count, room;
    double capacity;
} DynamoPipeline;

static void dynamo_pipeline_init(void *opaque, const void *config) {
    (void)opaque, (void)config;
}

static unsigned dynamo_due(void *pipeline, sim_time now) {
    (void)pipeline, (void)now;
    return POLICY_DUE_SAMPLE | POLICY_DUE_DECISION;
}

static void dynamo_sample(void *opaque, const asim_observation *cluster) {
    DynamoPipeline *pipeline = opaque;
    pipeline->count = 0;
    for (size_t i = 0; i < cluster->replica_count; i++) {
        const asim_replica *replica = &cluster->replicas[i];
        if (replica->state == ASIM_REPLICA_SERVING) {
            pipeline->workers = memory_grow(pipeline->workers, pipeline->count, &pipeline->room,
                                            sizeof *pipeline->workers);
            pipeline->workers[pipeline->count++] =
                (DynamoWorker){.kv = (double)replica->kv_tokens,
                               .queued_prefill = (double)replica->prompt_tokens_queued};
            pipeline->capacity = (double)replica->kv_tokens_capacity;
        }
    }
}

static void dynamo_see(void *opaque, const asim_observation *cluster, void *opaque_input) {
    const DynamoPipeline *pipeline = opaque;
    DynamoInput *input = opaque_input;
    (void)cluster;
    input->workers = (OptionList){pipeline->workers, pipeline->count};
    input->max_kv_tokens = pipeline->capacity;
}

static void dynamo_pipeline_clear(void *opaque) {
    free(((DynamoPipeline *)opaque)->workers);
}

static const PolicyPipeline dynamo_pipeline = {
    .size = sizeof(DynamoPipeline),
    .init = dynamo_pipeline_init,
    .due = dynamo_due,
    .sample = dynamo_sample,
    .see = dynamo_see,
    .clear = dynamo_pipeline_clear,
};

static PolicyMeasurement dynamo_measurement(const void *config) {
    const DynamoConfig *own = config;
    return (PolicyMeasurement){.evaluation_interval = own->load_adjustment_interval,
                               .rate_window = SIM_TIME_MINUTE,
                               .load_signal = POLICY_LOAD_MAX};
}

static const asim_word dynamo_reasons[] = {
    {"scale_up", "a worker's KV use is above the upper threshold"},
    {"scale_down", "the KV use of all workers is below the lower threshold"},
    {"hold_on_target", "no worker is above the upper threshold, not all are below the lower one"},
    {"hold_limited", "min_endpoint or the budget of GPUs keeps the count"},
    {"hold_scaling_in_progress", "an earlier step is not done: observes only"},
    {"hold_worker_count_mismatch", "not as many workers report as there are"},
    {"hold_no_data", "no worker reports"},
    {"hold_insufficient_data", "the size of the KV cache is not known"},
    {NULL, NULL},
};

static const asim_word dynamo_terms[] = {
    {"kv_utilization", "KV tokens had or waited for, of the busiest worker, of those there are"},
    {NULL, NULL},
};

static const asim_policy dynamo_policy = {
    .name = "dynamo",
    .state_size = sizeof(DynamoState),
    .init = dynamo_init,
    .decide = dynamo_decide,
    .clear = dynamo_clear,
    .reasons = dynamo_reasons,
    .terms = dynamo_terms,
};

const PolicyKind dynamo_kind = {
    .policy = &dynamo_policy,
    .source = "ai-dynamo/dynamo@0c6da1ec, planner/core/load_scaling.py",
    .options = dynamo_options,
    .config_size = sizeof(DynamoConfig),
    .initial_target = dynamo_initial_target,
    .most_target = dynamo_most_target,
    .measurement = dynamo_measurement,
    .pipeline = &dynamo_pipeline,
    .inputs = dynamo_inputs,
    .input_size = sizeof(DynamoInput),
    .take = dynamo_take,
    .configure = dynamo_configure,
};

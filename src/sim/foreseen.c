// SPDX-License-Identifier: GPL-3.0-or-later
/* The load that arrivals to come will make, for a policy that knows them (policy/foresight.c): a
 * second reader of the deployment's traffic, ahead of the run by one start, counts by interval of
 * the policy.
 *
 * It is reckoned from the arrivals alone, so that no policy changes it. A request stays for as long
 * as it would in a batch of c like itself, where c is the most that the load targets allow on one
 * replica: one iteration of all for each chunk of its prompt and each token after the first, and,
 * for a batch that is replaced once while it stays, the prompts of c. With a target of concurrency
 * or load it counts for its stay, averaged over intervals; requests and tokens per second count
 * where the request comes, over the rate window. Tokens known to be cached are not computed.
 *
 * Sums are whole numbers, so that what has left leaves nothing behind. Memory: one start, the
 * window and the longest stay. */
#include "sim/foreseen.h"
#include "base/assertion.h"
#include "base/memory.h"
#include "policy/policies.h"
#include "scenario/deployment.h"
#include "sim/run.h"
#include "traffic/prompt_hashes.h"
#include "traffic/traffic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What has come up to an instant. */
typedef struct Come {
    uint64_t requests, prompt_tokens, output_tokens;
} Come;

/* The interval [k, k + 1) * interval; what comes at its very end is counted to it, as evaluations
 * do. */
typedef struct Cell {
    BillingSum held_ns, blocks_ns; /* of those who begin or end to stay in it */
    int64_t held, blocks;          /* so many more stay from its beginning on all through */
    Come come;                     /* in it; once it is known, up to its end */
} Cell;

struct Foreseen {
    const ForesightConfig *config;
    const ServingModel *model;
    asim_traffic_source *source;
    asim_arrival *block;
    size_t block_next, block_count;
    bool is_over;
    sim_time until; /* of the run */
    Cell *cells;    /* a ring of [first, end); room is a power of two */
    size_t room;
    int64_t first, end;
    int64_t known; /* the first cell whose load is not known yet */
    int64_t held, blocks;
    Come come;
    int64_t window;       /* cells of rate_window */
    ForesightLoad *loads; /* of the cells from `shown` on */
    int64_t shown, count;
};

/* ---- Cells ---- */

static Cell *cell_at(const Foreseen *foreseen, int64_t number) {
    asim_assert(number >= foreseen->first && number < foreseen->end);
    return &foreseen->cells[(size_t)number & (foreseen->room - 1)];
}

static void make_room(Foreseen *foreseen, int64_t number) {
    size_t room = foreseen->room;
    while ((size_t)(number - foreseen->first) >= room) {
        room = room > 0 ? 2 * room : MEMORY_FIRST_ROOM(64);
    }
    if (room == foreseen->room) {
        return;
    }
    Cell *cells = memory_new(room, sizeof *cells);
    for (int64_t i = foreseen->first; i < foreseen->end; i++) {
        cells[(size_t)i & (room - 1)] = *cell_at(foreseen, i);
    }
    free(foreseen->cells);
    foreseen->cells = cells;
    foreseen->room = room;
}

/* The cell, which there is from now on. */
static Cell *cell_reach(Foreseen *foreseen, int64_t number) {
    asim_assert(number >= foreseen->known);
    make_room(foreseen, number);
    while (foreseen->end <= number) {
        foreseen->end++;
        *cell_at(foreseen, foreseen->end - 1) = (Cell){0};
    }
    asim_assert(foreseen->end > foreseen->first);
    return cell_at(foreseen, number);
}

static void add_stay(Foreseen *foreseen, sim_time from, sim_time to, int64_t blocks) {
    const sim_time interval = foreseen->config->evaluation_interval;
    const int64_t first = from / interval, last = to / interval;
    Cell *cell = cell_reach(foreseen, last); /* room for all before it too */
    if (first == last) {
        cell->held_ns += to - from;
        cell->blocks_ns += (BillingSum)(to - from) * blocks;
        return;
    }
    const sim_time in_last = to - last * interval;
    cell->held_ns += in_last;
    cell->blocks_ns += (BillingSum)in_last * blocks;
    cell->held--;
    cell->blocks -= blocks;
    cell = cell_at(foreseen, first + 1);
    cell->held++;
    cell->blocks += blocks;
    const sim_time in_first = (first + 1) * interval - from;
    cell = cell_at(foreseen, first);
    cell->held_ns += in_first;
    cell->blocks_ns += (BillingSum)in_first * blocks;
}

/* ---- A request ---- */

static double mean_kv_tokens(const asim_arrival *arrival) {
    return (double)arrival->prompt_tokens + (double)arrival->output_tokens / 2;
}

/* The most requests like this one that a replica may hold at the targets; 0: none tells. */
static uint32_t batch_of(const ServingModel *model, const FireworksLoadTargets *targets, int signal,
                         const asim_arrival *arrival) {
    double most = INFINITY;
    if (!isnan(targets->concurrent_requests)) {
        most = targets->concurrent_requests;
    }
    if (!isnan(targets->default_load) && signal != POLICY_LOAD_KV) {
        most = fmin(most, targets->default_load * model->batch_slots);
    }
    if (!isnan(targets->default_load) && signal != POLICY_LOAD_SLOTS) {
        most = fmin(most,
                    targets->default_load * (double)model->kv_capacity / mean_kv_tokens(arrival));
    }
    if (isinf(most)) {
        return 0;
    }
    return (uint32_t)fmax(1, floor(fmin(most, model->batch_slots)));
}

static uint32_t computed_tokens(const ServingModel *model, const asim_arrival *arrival) {
    const bool is_cached = model->prefix_cache && arrival->past_kind == ASIM_PAST_CACHED;
    const uint32_t cached = is_cached ? arrival->past.seen.tokens : 0;
    return arrival->prompt_tokens > cached ? arrival->prompt_tokens - cached : 1;
}

/* What one prompt takes beside the iterations themselves. */
static double prompt_ns(const ServingModel *model, double tokens, double iterations, double batch) {
    const double free_tokens = iterations * fmax(0, model->free_tokens - batch);
    return model->c_prefill_ns * tokens + model->c_attention_ns * tokens * (tokens + 1) / 2 +
           model->c_token_ns * fmax(0, tokens - free_tokens);
}

static double stay_ns(const ServingModel *model, const asim_arrival *arrival, uint32_t batch) {
    const double n = batch, tokens = computed_tokens(model, arrival);
    const double prefills = ceil(tokens / model->token_budget);
    const double iteration = model->c0_ns +
                             (model->coverage_ns != NULL ? model->coverage_ns[batch] : 0) +
                             model->c_decode_ns * n + model->c_kv_ns * n * mean_kv_tokens(arrival) +
                             model->c_token_ns * fmax(0, n - model->free_tokens);
    return (prefills + arrival->output_tokens - 1) * iteration +
           n * prompt_ns(model, tokens, prefills, n);
}

static void add_arrival(Foreseen *foreseen, const asim_arrival *arrival) {
    const ServingModel *model = foreseen->model;
    const sim_time interval = foreseen->config->evaluation_interval;
    Cell *cell = cell_reach(foreseen, arrival->time > 0 ? (arrival->time - 1) / interval : 0);
    cell->come.requests++;
    cell->come.prompt_tokens += computed_tokens(model, arrival);
    cell->come.output_tokens += arrival->output_tokens;
    const uint32_t batch =
        batch_of(model, &foreseen->config->load_targets, foreseen->config->load_signal, arrival);
    if (batch == 0) {
        return;
    }
    const double left_ns = (double)(foreseen->until - arrival->time);
    const double ns = fmin(stay_ns(model, arrival, batch), left_ns);
    const double blocks = ceil(mean_kv_tokens(arrival) / model->kv_block);
    asim_assert(ns >= 0 && blocks >= 1);
    add_stay(foreseen, arrival->time, arrival->time + (sim_time)ns, (int64_t)blocks);
}

/* ---- What requests in flight hold ---- */

typedef struct Holding {
    const ServingModel *model;
    const FireworksLoadTargets *targets;
    int signal;
    double ns, tokens_ns; /* of all that stay */
} Holding;

/* Who waits for the answer sends again when it is there. */
static void hold_all(Holding *holding, asim_traffic_source *source, asim_arrival arrival) {
    bool again = true;
    while (again) {
        const uint32_t batch =
            batch_of(holding->model, holding->targets, holding->signal, &arrival);
        const double ns = fmax(stay_ns(holding->model, &arrival, batch), SIM_TIME_MILLISECOND);
        holding->ns += ns;
        holding->tokens_ns += ns * mean_kv_tokens(&arrival);
        again = source->again != NULL && ns < (double)(SIM_TIME_LONGEST - arrival.time) &&
                source->again(source, arrival.user, arrival.time + (sim_time)ns, &arrival);
    }
}

static bool hold_source(Holding *holding, asim_traffic_source *source) {
    asim_arrival block[ARRIVAL_BLOCK];
    bool failed = false;
    size_t count;
    while ((count = source->next(source, block, ARRIVAL_BLOCK, &failed)) > 0) {
        for (size_t i = 0; i < count; i++) {
            hold_all(holding, source, block[i]);
            arrival_drop(&block[i]);
        }
    }
    return !failed;
}

bool foreseen_kv_tokens(const Scenario *scenario, const DeploymentConfig *config,
                        const FireworksLoadTargets *targets, int signal, double *tokens,
                        ErrorList *errors) {
    asim_assert(!isnan(targets->concurrent_requests) || !isnan(targets->default_load));
    ServingModel model;
    serving_model_init(&model, &config->profile);
    Holding holding = {.model = &model, .targets = targets, .signal = signal};
    bool sound = true;
    for (size_t i = 0; i < config->traffic_count && sound; i++) {
        asim_traffic_source *source = scenario_open_source(scenario, config, i, NULL, errors);
        sound = source != NULL && hold_source(&holding, source);
        if (source != NULL) {
            source->destroy(source);
        }
    }
    serving_model_clear(&model);
    *tokens = holding.ns > 0 ? holding.tokens_ns / holding.ns : 0;
    return sound;
}

/* ---- Looking ahead ---- */

/* Takes all that comes up to `until`. False if the source has failed. */
static bool read_until(Foreseen *foreseen, sim_time until) {
    bool failed = false;
    while (!foreseen->is_over && !failed) {
        if (foreseen->block_next == foreseen->block_count) {
            foreseen->block_next = 0;
            foreseen->block_count =
                foreseen->source->next(foreseen->source, foreseen->block, ARRIVAL_BLOCK, &failed);
            foreseen->is_over = foreseen->block_count == 0;
            continue;
        }
        const asim_arrival *arrival = &foreseen->block[foreseen->block_next];
        if (arrival->time > until) {
            break;
        }
        add_arrival(foreseen, arrival);
        arrival_drop(arrival);
        foreseen->block_next++;
    }
    return !failed;
}

static double per_second(uint64_t to, uint64_t from, sim_time span) {
    asim_assert(to >= from && span > 0);
    return (double)(to - from) / ((double)span / (double)SIM_TIME_SECOND);
}

static void load_rates(const Foreseen *foreseen, const Cell *cell, ForesightLoad *load) {
    const int64_t from = foreseen->known - foreseen->window;
    const Come before = from >= 0 ? cell_at(foreseen, from)->come : (Come){0};
    const int64_t cells = from >= 0 ? foreseen->window : foreseen->known + 1;
    const sim_time span = cells * foreseen->config->evaluation_interval;
    load->requests_per_second = per_second(cell->come.requests, before.requests, span);
    load->prompt_tokens_per_second =
        per_second(cell->come.prompt_tokens, before.prompt_tokens, span);
    load->tokens_generated_per_second =
        per_second(cell->come.output_tokens, before.output_tokens, span);
}

static void load_stays(const Foreseen *foreseen, const Cell *cell, ForesightLoad *load) {
    const ServingModel *model = foreseen->model;
    const sim_time interval = foreseen->config->evaluation_interval;
    const int signal = foreseen->config->load_signal;
    asim_assert(foreseen->held >= 0 && foreseen->blocks >= 0);
    const BillingSum held_ns = cell->held_ns + (BillingSum)foreseen->held * interval;
    const BillingSum blocks_ns = cell->blocks_ns + (BillingSum)foreseen->blocks * interval;
    load->concurrent_requests = (double)held_ns / (double)interval;
    const double slots = load->concurrent_requests / model->batch_slots;
    const double kv =
        (double)blocks_ns / (double)interval * model->kv_block / (double)model->kv_capacity;
    load->default_load = signal == POLICY_LOAD_SLOTS ? slots
                         : signal == POLICY_LOAD_KV  ? kv
                                                     : fmax(slots, kv);
}

/* All that makes its load has come: the next cell is known. */
static ForesightLoad know_next(Foreseen *foreseen) {
    Cell *cell = cell_reach(foreseen, foreseen->known);
    ForesightLoad load;
    foreseen->held += cell->held;
    foreseen->blocks += cell->blocks;
    foreseen->come.requests += cell->come.requests;
    foreseen->come.prompt_tokens += cell->come.prompt_tokens;
    foreseen->come.output_tokens += cell->come.output_tokens;
    cell->come = foreseen->come;
    load_stays(foreseen, cell, &load);
    load_rates(foreseen, cell, &load);
    foreseen->known++;
    if (foreseen->known - foreseen->first > foreseen->window) {
        foreseen->first = foreseen->known - foreseen->window;
    }
    return load;
}

bool foreseen_look(Deployment *deployment, sim_time now) {
    Foreseen *foreseen = deployment->foreseen;
    const sim_time interval = foreseen->config->evaluation_interval;
    const int64_t number = now / interval;
    asim_assert(now % interval == 0 && number >= foreseen->shown);
    const int64_t passed = number - foreseen->shown;
    const int64_t kept =
        passed < foreseen->known - foreseen->shown ? foreseen->known - foreseen->shown - passed : 0;
    asim_assert(kept <= foreseen->count);
    memmove(foreseen->loads, foreseen->loads + (kept > 0 ? passed : 0),
            (size_t)kept * sizeof *foreseen->loads);
    foreseen->shown = number;
    while (foreseen->known < number + foreseen->count) {
        if (!read_until(foreseen, (foreseen->known + 1) * interval)) {
            return false;
        }
        const int64_t place = foreseen->known - number;
        const ForesightLoad load = know_next(foreseen);
        if (place >= 0) {
            foreseen->loads[place] = load;
        }
    }
    deployment->foreseen_input.ahead = (OptionList){foreseen->loads, (size_t)foreseen->count};
    return true;
}

/* ---- Opening ---- */

ColdStart foreseen_start(const DeploymentConfig *config) {
    const ColdStartModel model = {.weight_bytes = config->weights_gb * 1e9,
                                  .accelerator_count = config->accelerator_count};
    return cold_start_mean(&config->cold_start, &model, false);
}

/* A replica wanted now serves at the latest when the last of these begins. */
static int64_t cells_ahead(const DeploymentConfig *config, sim_time interval, sim_time duration) {
    const ColdStart start = foreseen_start(config);
    sim_time span =
        start.node_allocation + start.downloading_model + start.initializing + start.routing_lag;
    span = span < duration ? span : duration;
    return 1 + (span + interval - 1) / interval;
}

#define CELLS_AHEAD_MOST 1000000

static asim_traffic_source *open_sources(Run *run, const DeploymentConfig *config) {
    asim_traffic_source **sources = memory_new(config->traffic_count, sizeof *sources);
    size_t opened = 0;
    while (opened < config->traffic_count) {
        sources[opened] =
            scenario_open_source(run->scenario, config, opened, run->options->stop, &run->errors);
        if (sources[opened] == NULL) {
            break;
        }
        opened++;
    }
    asim_traffic_source *merged = NULL;
    if (opened == config->traffic_count) {
        merged = traffic_merge(sources, opened);
    } else {
        for (size_t i = 0; i < opened; i++) {
            sources[i]->destroy(sources[i]);
        }
    }
    free(sources);
    return merged;
}

bool foreseen_open(Run *run, Deployment *deployment) {
    const DeploymentConfig *config = deployment->config;
    const ForesightConfig *own = config->autoscaling;
    const int64_t count = cells_ahead(config, own->evaluation_interval, run->scenario->duration);
    asim_assert(deployment->foreseen == NULL && own->evaluation_interval > 0);
    if (count > CELLS_AHEAD_MOST) {
        return error_at(&run->errors, &(Error){.place = config->name},
                        "policy foresight with a start of more than 1000000 evaluation_interval",
                        "a longer evaluation_interval", NULL);
    }
    asim_traffic_source *source = open_sources(run, config);
    if (source == NULL) {
        return false;
    }
    Foreseen *foreseen = memory_new(1, sizeof *foreseen);
    *foreseen = (Foreseen){.config = own,
                           .model = &deployment->model,
                           .source = source,
                           .block = memory_new(ARRIVAL_BLOCK, sizeof *foreseen->block),
                           .until = run->scenario->duration,
                           .window = (own->rate_window + own->evaluation_interval - 1) /
                                     own->evaluation_interval,
                           .loads = memory_new((size_t)count, sizeof *foreseen->loads),
                           .count = count};
    deployment->foreseen = foreseen;
    return true;
}

void foreseen_close(Deployment *deployment) {
    Foreseen *foreseen = deployment->foreseen;
    if (foreseen == NULL) {
        return;
    }
    for (size_t i = foreseen->block_next; i < foreseen->block_count; i++) {
        arrival_drop(&foreseen->block[i]);
    }
    foreseen->source->destroy(foreseen->source);
    free(foreseen->block);
    free(foreseen->cells);
    free(foreseen->loads);
    free(foreseen);
    deployment->foreseen = NULL;
}

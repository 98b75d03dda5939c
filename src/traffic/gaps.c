// SPDX-License-Identifier: GPL-3.0-or-later
/* Generated kinds that draw the gaps between requests, or between an answer and the next request.
 * constant, poisson, gamma, weibull: the gaps are independent and alike, and the first request
 * comes one gap after the start (a constant source's first at the start). client_mix: many clients
 * of unequal weight and burstiness, as ServeGen finds behind real services (arXiv 2505.09999):
 * client i has a share of the rate proportional to i^-zipf_exponent, and Gamma gaps whose
 * coefficient of variation is lognormal over clients; a few heavy, bursty clients make the bursts.
 *
 * Gaps are added up in whole nanoseconds with the fraction carried along, so that neither the rate
 * nor the order suffers, however long the run. */
#include "base/memory.h"
#include "engine/min_tree.h"
#include "engine/sim_time.h"
#include "traffic/synthetic.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

static void gaps_prepare(SyntheticSource *source, const TrafficContext *context) {
    (void)context;
    source->own.gaps.mean_ns = 1e9 / source->config.rate_per_s;
}

/* Request i comes at start + i x gap, each rounded by itself. */
static size_t constant_fill(SyntheticSource *source, asim_arrival *block, size_t room) {
    for (size_t i = 0; i < room; i++) {
        const double since = rint((double)source->own.gaps.sent * source->own.gaps.mean_ns);
        if (!(since < (double)SIM_TIME_LONGEST) ||
            source->start + (sim_time)since >= source->stop) {
            return i;
        }
        block[i].time = source->start + (sim_time)since;
        source->own.gaps.sent++;
    }
    return room;
}

static size_t poisson_fill(SyntheticSource *source, asim_arrival *block, size_t room) {
    for (size_t i = 0; i < room; i++) {
        const double gap = random_exponential(&source->arrivals) * source->own.gaps.mean_ns;
        if (!synthetic_step(&source->clock, &source->fraction, gap, source->stop)) {
            return i;
        }
        block[i].time = source->clock;
    }
    return room;
}

static size_t gamma_fill(SyntheticSource *source, asim_arrival *block, size_t room) {
    const double cv = source->config.cv, shape = 1 / (cv * cv);
    const double scale = source->own.gaps.mean_ns / shape;
    for (size_t i = 0; i < room; i++) {
        const double gap = gsl_ran_gamma(&source->arrivals.gsl, shape, scale);
        if (!synthetic_step(&source->clock, &source->fraction, gap, source->stop)) {
            return i;
        }
        block[i].time = source->clock;
    }
    return room;
}

/* The gap is scale x E^(1 / shape) with E exponential; its mean is scale x Gamma(1 + 1 / shape). */
static size_t weibull_fill(SyntheticSource *source, asim_arrival *block, size_t room) {
    const double shape = source->config.shape;
    const double scale = source->own.gaps.mean_ns / tgamma(1 + 1 / shape);
    for (size_t i = 0; i < room; i++) {
        const double gap = scale * pow(random_exponential(&source->arrivals), 1 / shape);
        if (!synthetic_step(&source->clock, &source->fraction, gap, source->stop)) {
            return i;
        }
        block[i].time = source->clock;
    }
    return room;
}

const TrafficKind constant_kind = {
    .name = "constant",
    .help = "evenly spaced requests",
    .options =
        (const Option[]){
            SYNTHETIC_RATE(rate_per_s, "requests per second, evenly spaced from the start on"),
            SYNTHETIC_OPTIONS, OPTION_END},
    .even = true,
    SYNTHETIC_KIND(.required = {{.name = "rate_per_s"}}, .prepare = gaps_prepare,
                   .fill = constant_fill),
};

const TrafficKind poisson_kind = {
    .name = "poisson",
    .help = "independent requests at a steady rate",
    .options = (const Option[]){SYNTHETIC_RATE(rate_per_s, "requests per second, on average"),
                                SYNTHETIC_OPTIONS, OPTION_END},
    SYNTHETIC_KIND(.required = {{.name = "rate_per_s"}}, .prepare = gaps_prepare,
                   .fill = poisson_fill),
};

const TrafficKind gamma_kind = {
    .name = "gamma",
    .help = "independent gaps of a given burstiness",
    .options =
        (const Option[]){
            SYNTHETIC_RATE(rate_per_s, "requests per second, on average"),
            SYNTHETIC(NUMBER, cv, .minimum = 0, .maximum = 100, .above_minimum = true,
                      .default_text = "1",
                      .help = "coefficient of variation of the gaps: 1 is Poisson, above 1 bursty"),
            SYNTHETIC_OPTIONS, OPTION_END},
    SYNTHETIC_KIND(.required = {{.name = "rate_per_s"}}, .prepare = gaps_prepare,
                   .fill = gamma_fill),
};

const TrafficKind weibull_kind = {
    .name = "weibull",
    .help = "independent gaps, heavy-tailed below shape 1",
    .options =
        (const Option[]){SYNTHETIC_RATE(rate_per_s, "requests per second, on average"),
                         SYNTHETIC(NUMBER, shape, .minimum = 0.1, .maximum = 100,
                                   .default_text = "1",
                                   .help = "shape of the gaps: 1 is Poisson, below 1 bursty"),
                         SYNTHETIC_OPTIONS, OPTION_END},
    SYNTHETIC_KIND(.required = {{.name = "rate_per_s"}}, .prepare = gaps_prepare,
                   .fill = weibull_fill),
};

/* Client mix ------------------------------------------------------------------------------------
 */

/* A tournament of the clients' next requests. */
typedef struct MixClient {
    RandomStream stream;
    sim_time clock;
    double fraction;
    double shape, scale_ns;
} MixClient;

struct ClientMix {
    MinTree tree;
    MixClient clients[];
};

static void set_key(struct ClientMix *mix, uint32_t number, bool active) {
    min_tree_set(&mix->tree, number, active ? (uint64_t)mix->clients[number].clock : MIN_TREE_NONE);
}

static size_t client_mix_fill(SyntheticSource *source, asim_arrival *block, size_t room) {
    struct ClientMix *mix = source->own.mix;
    for (size_t i = 0; i < room; i++) {
        const uint32_t winner = min_tree_winner(&mix->tree);
        if (min_tree_key(&mix->tree, winner) == MIN_TREE_NONE) {
            return i;
        }
        MixClient *client = &mix->clients[winner];
        block[i].time = client->clock;
        const double gap = gsl_ran_gamma(&client->stream.gsl, client->shape, client->scale_ns);
        set_key(mix, winner, synthetic_step(&client->clock, &client->fraction, gap, source->stop));
    }
    return room;
}

static void client_mix_clear(SyntheticSource *source) {
    min_tree_clear(&source->own.mix->tree);
    free(source->own.mix);
}

/* Each client is in the midst of a gap when the source begins: the gap in hand is size-biased
 * (Gamma of shape + 1) and the source begins uniformly in it. */
static void begin_client(SyntheticSource *source, uint32_t number, double rate_per_s, double cv,
                         const TrafficContext *context) {
    MixClient *client = &source->own.mix->clients[number];
    random_stream_init_named(&client->stream, context->seed, context->replication, "%s.client%u",
                             context->stream, number);
    client->shape = 1 / (cv * cv);
    client->scale_ns = 1e9 / rate_per_s / client->shape;
    client->clock = source->start;
    const double gap = gsl_ran_gamma(&client->stream.gsl, client->shape + 1, client->scale_ns);
    set_key(source->own.mix, number,
            synthetic_step(&client->clock, &client->fraction, gap * random_uniform(&client->stream),
                           source->stop));
}

static void client_mix_prepare(SyntheticSource *source, const TrafficContext *context) {
    const SyntheticConfig *config = &source->config;
    const uint32_t count = (uint32_t)config->clients;
    source->own.mix = memory_new(1, sizeof(struct ClientMix) + count * sizeof(MixClient));
    min_tree_init(&source->own.mix->tree, count);
    double weights = 0;
    for (uint32_t i = count; i >= 1; i--) {
        weights += pow(i, -config->zipf_exponent);
    }
    for (uint32_t i = 0; i < count; i++) {
        const double share = pow(i + 1, -config->zipf_exponent) / weights;
        const double cv = config->cv * exp(config->cv_spread * random_normal(&source->phases));
        begin_client(source, i, config->rate_per_s * share, cv, context);
    }
}

const TrafficKind client_mix_kind = {
    .name = "client_mix",
    .help = "many clients of unequal weight and burstiness",
    .options =
        (const Option[]){
            SYNTHETIC_RATE(rate_per_s, "requests per second of all clients together, on average"),
            SYNTHETIC(INTEGER, clients, .minimum = 1, .maximum = 100000, .default_text = "100",
                      .help = "number of clients"),
            SYNTHETIC(NUMBER, zipf_exponent, .maximum = 10, .default_text = "1.2",
                      .help = "client i's weight is i to the power of minus this: 0 makes all "
                              "alike"),
            SYNTHETIC(NUMBER, cv, .minimum = 0.01, .maximum = 30, .default_text = "1.5",
                      .help = "median over clients of the coefficient of variation of a client's "
                              "gaps"),
            SYNTHETIC(NUMBER, cv_spread, .maximum = 2, .default_text = "0.5",
                      .help = "standard deviation of its logarithm over clients: 0 makes all "
                              "alike"),
            SYNTHETIC_OPTIONS, OPTION_END},
    SYNTHETIC_KIND(.required = {{.name = "rate_per_s"}}, .prepare = client_mix_prepare,
                   .fill = client_mix_fill, .clear = client_mix_clear),
};

/* Closed loop -----------------------------------------------------------------------------------
 * A number of users, each of whom sends, waits until the request has ended (answered, given up or
 * abandoned), thinks, and sends again. Load falls off by itself when answers are slow. Each user
 * has random streams of its own, so that the n-th thought and the n-th request of a user are the
 * same under every policy, however late the answers are. A user's first request comes one thought
 * after the start. */

#define CLOSED_LOOP_USERS_MOST 1000000

typedef struct LoopUser {
    RandomStream thoughts, prompts, outputs;
} LoopUser;

struct ClosedLoop {
    const Distribution *prompt, *output; /* drawn from the users' streams */
    LoopUser *users;
    asim_arrival *first; /* each user's first request, in order of time */
    size_t first_next, first_count;
};

static void closed_loop_check(const SyntheticConfig *config, const Error *where,
                              ErrorList *errors) {
    if (config->requests.rate_scale != 1 || config->requests.shift != 0) {
        error_add_at(where, "rate_scale", "rate_scale or shift of a closed loop",
                     "another number of users, or another start: its rate follows from the answers",
                     errors);
    }
}

/* False if the request would come when the source is over. */
static bool user_sends(SyntheticSource *source, uint32_t user, sim_time from,
                       asim_arrival *arrival) {
    struct ClosedLoop *loop = source->own.loop;
    LoopUser *self = &loop->users[user];
    const sim_time thought =
        sim_time_from_seconds(distribution_sample(&source->config.think_time, &self->thoughts));
    if (thought >= source->stop - from) {
        return false;
    }
    *arrival = (asim_arrival){
        .time = from + thought,
        .prompt_tokens = distribution_sample_tokens(loop->prompt, &self->prompts),
        .output_tokens = distribution_sample_tokens(loop->output, &self->outputs),
        .source = source->number,
        .user = user,
    };
    return true;
}

static bool closed_loop_again(asim_traffic_source *base, uint32_t user, sim_time ended,
                              asim_arrival *arrival) {
    return user_sends((SyntheticSource *)base, user, ended, arrival);
}

static size_t closed_loop_fill(SyntheticSource *source, asim_arrival *block, size_t room) {
    struct ClosedLoop *loop = source->own.loop;
    size_t count = 0;
    while (count < room && loop->first_next < loop->first_count) {
        block[count++] = loop->first[loop->first_next++];
    }
    return count;
}

static void closed_loop_clear(SyntheticSource *source) {
    free(source->own.loop->users);
    free(source->own.loop->first);
    free(source->own.loop);
}

static int by_time_then_user(const void *a, const void *b) {
    const asim_arrival *x = a;
    const asim_arrival *y = b;
    if (x->time != y->time) {
        return x->time < y->time ? -1 : 1;
    }
    return (x->user > y->user) - (x->user < y->user);
}

static void init_user(LoopUser *self, uint32_t user, const TrafficContext *context) {
    random_stream_init_named(&self->thoughts, context->seed, context->replication,
                             "%s.user.%u.thoughts", context->stream, user);
    random_stream_init_named(&self->prompts, context->seed, context->replication,
                             "%s.user.%u.prompt_tokens", context->stream, user);
    random_stream_init_named(&self->outputs, context->seed, context->replication,
                             "%s.user.%u.output_tokens", context->stream, user);
}

static void closed_loop_prepare(SyntheticSource *source, const TrafficContext *context) {
    const uint32_t users = (uint32_t)source->config.users;
    struct ClosedLoop *loop = source->own.loop = memory_new(1, sizeof *loop);
    source->base.again = closed_loop_again;
    loop->prompt = source->lengths.prompt;
    loop->output = source->lengths.output;
    source->lengths.prompt = source->lengths.output = NULL;
    loop->users = memory_new(users, sizeof *loop->users);
    loop->first = memory_new(users, sizeof *loop->first);
    for (uint32_t user = 0; user < users && !synthetic_halted(source); user++) {
        init_user(&loop->users[user], user, context);
        loop->first_count +=
            source->start < source->stop &&
            user_sends(source, user, source->start, &loop->first[loop->first_count]);
    }
    qsort(loop->first, loop->first_count, sizeof *loop->first, by_time_then_user);
}

const TrafficKind closed_loop_kind = {
    .name = "closed_loop",
    .help = "users who wait for each answer, think, and send again",
    .loops = true,
    .options =
        (const Option[]){SYNTHETIC_OPTIONS,
                         SYNTHETIC(INTEGER, users, .minimum = 1, .maximum = CLOSED_LOOP_USERS_MOST,
                                   .help = "users, each with at most one request at a time"),
                         SYNTHETIC(SPAN, think_time, .minimum = 0, .maximum = 31536000,
                                   .help = "from the end of a request to the user's next "
                                           "one"),
                         OPTION_END},
    SYNTHETIC_KIND(.required = {{"users", "a number of users from 1 on"},
                                {"think_time", "a duration or a distribution of durations"}},
                   .check = closed_loop_check, .prepare = closed_loop_prepare,
                   .fill = closed_loop_fill, .clear = closed_loop_clear),
};

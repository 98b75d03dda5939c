// SPDX-License-Identifier: GPL-3.0-or-later
/* Generated kinds that draw the gaps between requests. constant, poisson, gamma, weibull: the gaps
 * are independent and alike, and the first request comes one gap after the start (a constant
 * source's first at the start). client_mix: many clients of unequal weight and burstiness, as
 * ServeGen finds behind real services (arXiv 2505.09999): client i has a share of the rate
 * proportional to i^-zipf_exponent, and Gamma gaps whose coefficient of variation is lognormal over
 * clients; a few heavy, bursty clients make the bursts.
 *
 * Gaps are added up in whole nanoseconds with the fraction carried along, so that neither the rate
 * nor the order suffers, however long the run. */
#include "base/memory.h"
#include "engine/min_tree.h"
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

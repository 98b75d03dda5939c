// SPDX-License-Identifier: GPL-3.0-or-later
/* A tournament of the clients' next requests. Each client is in the midst of a gap when the source
 * begins: the gap in hand is size-biased (Gamma of shape + 1) and the source begins uniformly in
 * it. */
#include "traffic/client_mix.h"

#include "base/memory.h"
#include "engine/min_tree.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

typedef struct MixClient {
    RandomStream stream;
    sim_time clock;
    double fraction;
    double shape, scale_ns;
} MixClient;

typedef struct ClientMixSource {
    SyntheticSource common;
    MixClient *clients;
    size_t count;
    MinTree tree;
    void (*destroy_common)(asim_traffic_source *source);
} ClientMixSource;

#define AT(member) .offset = offsetof(ClientMixConfig, member)

const Option client_mix_options[] = {
    SYNTHETIC_RATE(ClientMixConfig, rate_per_s, "rate_per_s",
                   "requests per second of all clients together, on average"),
    {.name = "clients",
     .type = OPTION_INTEGER,
     AT(clients),
     .minimum = 1,
     .maximum = 100000,
     .default_text = "100",
     .help = "number of clients"},
    {.name = "zipf_exponent",
     .type = OPTION_NUMBER,
     AT(zipf_exponent),
     .maximum = 10,
     .default_text = "1.2",
     .help = "client i's weight is i to the power of minus this: 0 makes all alike"},
    {.name = "cv",
     .type = OPTION_NUMBER,
     AT(cv),
     .minimum = 0.01,
     .maximum = 30,
     .default_text = "1.5",
     .help = "median over clients of the coefficient of variation of a client's gaps"},
    {.name = "cv_spread",
     .type = OPTION_NUMBER,
     AT(cv_spread),
     .maximum = 2,
     .default_text = "0.5",
     .help = "standard deviation of its logarithm over clients: 0 makes all alike"},
    SYNTHETIC_OPTIONS(ClientMixConfig, common),
    OPTION_END,
};

void client_mix_check(const void *config_, const Error *where, ErrorList *errors) {
    const ClientMixConfig *config = config_;
    synthetic_require(config->rate_per_s, "rate_per_s", where, errors);
    synthetic_check(&config->common, where, errors);
}

static void set_key(ClientMixSource *source, size_t number, bool active) {
    const uint64_t key = active ? (uint64_t)source->clients[number].clock : MIN_TREE_NONE;
    min_tree_set(&source->tree, (uint32_t)number, key);
}

static size_t client_mix_fill(SyntheticSource *common, asim_arrival *block, size_t room) {
    ClientMixSource *source = (ClientMixSource *)common;
    for (size_t i = 0; i < room; i++) {
        const uint32_t winner = min_tree_winner(&source->tree);
        if (min_tree_key(&source->tree, winner) == MIN_TREE_NONE) {
            return i;
        }
        MixClient *client = &source->clients[winner];
        block[i].time = client->clock;
        const double gap = gsl_ran_gamma(&client->stream.gsl, client->shape, client->scale_ns);
        set_key(source, winner,
                synthetic_step(&client->clock, &client->fraction, gap, common->stop));
    }
    return room;
}

static void client_mix_destroy(asim_traffic_source *base) {
    ClientMixSource *source = (ClientMixSource *)base;
    min_tree_clear(&source->tree);
    free(source->clients);
    source->destroy_common(base);
}

static void begin_client(ClientMixSource *source, size_t number, double rate_per_s, double cv,
                         const TrafficContext *context) {
    MixClient *client = &source->clients[number];
    random_stream_init_named(&client->stream, context->seed, context->replication, "%s.client%zu",
                             context->stream, number);
    client->shape = 1 / (cv * cv);
    client->scale_ns = 1e9 / rate_per_s / client->shape;
    client->clock = source->common.start;
    const double gap = gsl_ran_gamma(&client->stream.gsl, client->shape + 1, client->scale_ns);
    set_key(source, number,
            synthetic_step(&client->clock, &client->fraction, gap * random_uniform(&client->stream),
                           source->common.stop));
}

static asim_traffic_source *client_mix_begin(const void *config_, const TrafficContext *context) {
    const ClientMixConfig *config = config_;
    ClientMixSource *source =
        synthetic_new(sizeof *source, &config->common, context, client_mix_fill);
    source->destroy_common = source->common.base.destroy;
    source->common.base.destroy = client_mix_destroy;
    source->count = (size_t)config->clients;
    source->clients = memory_new(source->count, sizeof source->clients[0]);
    min_tree_init(&source->tree, (uint32_t)source->count);
    double weights = 0;
    for (size_t i = source->count; i >= 1; i--) {
        weights += pow((double)i, -config->zipf_exponent);
    }
    for (size_t i = 0; i < source->count; i++) {
        const double share = pow((double)(i + 1), -config->zipf_exponent) / weights;
        const double cv =
            config->cv * exp(config->cv_spread * random_normal(&source->common.phases));
        begin_client(source, i, config->rate_per_s * share, cv, context);
    }
    return &source->common.base;
}

asim_traffic_source *client_mix_open(const void *config, const TrafficContext *context) {
    return synthetic_open(config, &((const ClientMixConfig *)config)->common, context,
                          client_mix_begin);
}

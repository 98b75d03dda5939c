// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/lengths.h"

#include "base/error.h"
#include "base/memory.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"
#include "traffic/prompt_hashes.h"
#include "traffic/traffic.h"

#include <stdlib.h>

#define BLOCK 64 /* arrivals at a time */

typedef struct Drawn {
    asim_traffic_source *source; /* NULL: not open */
    asim_arrival block[BLOCK];
    size_t next, count;
    bool is_barren; /* it gives nothing */
} Drawn;

struct Lengths {
    const Scenario *scenario;
    Drawn *deployments;
    ErrorList errors; /* of sources, which add to it while they are read; nobody is told */
};

static void close_source(Drawn *drawn) {
    for (; drawn->next < drawn->count; drawn->next++) {
        arrival_drop(&drawn->block[drawn->next]);
    }
    if (drawn->source != NULL) {
        drawn->source->destroy(drawn->source);
        drawn->source = NULL;
    }
}

static bool open_source(Lengths *lengths, uint32_t number) {
    const DeploymentConfig *config = &lengths->scenario->deployments[number];
    asim_traffic_source **sources = memory_new(config->traffic_count, sizeof *sources);
    size_t opened = 0;
    for (size_t i = 0; i < config->traffic_count; i++) {
        asim_traffic_source *source =
            scenario_open_source(lengths->scenario, config, i, NULL, &lengths->errors);
        if (source != NULL) {
            sources[opened++] = source;
        }
    }
    lengths->deployments[number].source = traffic_merge(sources, opened);
    free(sources);
    return opened > 0;
}

/* More arrivals; false: there are none. */
static bool refill(Lengths *lengths, uint32_t number) {
    Drawn *drawn = &lengths->deployments[number];
    for (int tries = 0; tries < 2; tries++) { /* at its end it begins anew */
        bool failed = false;
        if (drawn->source == NULL && !open_source(lengths, number)) {
            return false;
        }
        drawn->next = 0;
        drawn->count = drawn->source->next(drawn->source, drawn->block, BLOCK, &failed);
        if (drawn->count > 0) {
            return true;
        }
        close_source(drawn);
    }
    return false;
}

uint32_t lengths_next(Lengths *lengths, uint32_t deployment) {
    Drawn *drawn = &lengths->deployments[deployment];
    if (drawn->next == drawn->count && !drawn->is_barren) {
        drawn->is_barren = !refill(lengths, deployment);
    }
    if (drawn->is_barren) {
        return 0;
    }
    const asim_arrival *arrival = &drawn->block[drawn->next++];
    arrival_drop(arrival);
    return arrival->output_tokens;
}

Lengths *lengths_create(const Scenario *scenario) {
    Lengths *lengths = memory_new(1, sizeof *lengths);
    lengths->scenario = scenario;
    lengths->deployments = memory_new(scenario->deployment_count, sizeof *lengths->deployments);
    return lengths;
}

void lengths_destroy(Lengths *lengths) {
    for (size_t i = 0; i < lengths->scenario->deployment_count; i++) {
        close_source(&lengths->deployments[i]);
    }
    error_list_clear(&lengths->errors);
    free(lengths->deployments);
    free(lengths);
}

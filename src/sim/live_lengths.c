// SPDX-License-Identifier: GPL-3.0-or-later
#include "sim/live_lengths.h"

#include "base/memory.h"
#include "traffic/prompt_hashes.h"
#include "traffic/trace.h"
#include "traffic/traffic.h"

#include <stdlib.h>

enum { BLOCK = 512 };

struct LiveLengths {
    Scenario scenario; /* the run's, but for the replication */
    const DeploymentConfig *deployment;
    asim_traffic_source *source; /* NULL: not open */
    ErrorList errors;            /* the run tells them of its own reader */
    asim_arrival block[BLOCK];
    size_t next, count;
    bool is_empty; /* it had none when it was opened last: from then on all are like the last */
    uint32_t last_prompt, last_output;
};

LiveLengths *live_lengths_create(const Scenario *scenario, const DeploymentConfig *deployment) {
    LiveLengths *lengths = memory_new(1, sizeof *lengths);
    lengths->scenario = *scenario;
    lengths->deployment = deployment;
    return lengths;
}

static void close_source(LiveLengths *lengths) {
    if (lengths->source != NULL) {
        lengths->source->destroy(lengths->source);
        lengths->source = NULL;
    }
}

void live_lengths_destroy(LiveLengths *lengths) {
    for (size_t i = lengths->next; i < lengths->count; i++) {
        arrival_drop(&lengths->block[i]);
    }
    close_source(lengths);
    error_list_clear(&lengths->errors);
    free(lengths);
}

static bool can_be_read_again(const TrafficConfig *traffic) {
    return !traffic->kind->recorded || !trace_reads_once(traffic->config);
}

/* All of the deployment's sources, as a run merges them. */
static void open_source(LiveLengths *lengths) {
    const DeploymentConfig *deployment = lengths->deployment;
    asim_traffic_source **sources = memory_new(deployment->traffic_count, sizeof *sources);
    size_t count = 0;
    lengths->scenario.replication++;
    for (size_t i = 0; i < deployment->traffic_count; i++) {
        asim_traffic_source *source =
            can_be_read_again(&deployment->traffic[i])
                ? scenario_open_source(&lengths->scenario, deployment, i, NULL, &lengths->errors)
                : NULL;
        if (source != NULL) {
            sources[count++] = source;
        }
    }
    lengths->source = traffic_merge(sources, count);
    free(sources);
}

static void read_block(LiveLengths *lengths) {
    bool failed = false;
    lengths->next = 0;
    lengths->count = lengths->source->next(lengths->source, lengths->block, BLOCK, &failed);
}

static bool has_next(LiveLengths *lengths) {
    if (lengths->next == lengths->count && lengths->source != NULL && !lengths->is_empty) {
        read_block(lengths);
    }
    if (lengths->next == lengths->count && !lengths->is_empty) { /* not begun, or at its end */
        close_source(lengths);
        open_source(lengths);
        read_block(lengths);
        lengths->is_empty = lengths->count == 0;
    }
    return lengths->next < lengths->count;
}

bool live_lengths_is_there(LiveLengths *lengths) {
    return lengths->last_prompt > 0 || has_next(lengths);
}

bool live_lengths_draw(LiveLengths *lengths, uint32_t *prompt_tokens, uint32_t *output_tokens) {
    if (has_next(lengths)) {
        const asim_arrival *arrival = &lengths->block[lengths->next++];
        lengths->last_prompt = arrival->prompt_tokens;
        lengths->last_output = arrival->output_tokens;
        arrival_drop(arrival);
    }
    *prompt_tokens = *prompt_tokens > 0 ? *prompt_tokens : lengths->last_prompt;
    *output_tokens = *output_tokens > 0 ? *output_tokens : lengths->last_output;
    return lengths->last_prompt > 0;
}

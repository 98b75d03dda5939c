// SPDX-License-Identifier: GPL-3.0-or-later
/* The common part of synthetic sources. */
#include "traffic/synthetic.h"

#include "base/memory.h"
#include "engine/sim_time.h"

#include <math.h>
#include <stdlib.h>

void synthetic_check_span(const SyntheticConfig *config, const Error *where, ErrorList *errors) {
    if (config->stop <= config->start) {
        char text[SIM_TIME_TEXT];
        error_add_at(where, "stop", sim_time_format(config->stop, text),
                     "a duration longer than start", errors);
    }
}

void synthetic_check(const SyntheticConfig *config, const Error *where, ErrorList *errors) {
    synthetic_check_span(config, where, errors);
    lengths_check(&config->prompt_tokens, &config->output_tokens, config->lengths, where, errors);
}

void synthetic_require(double value, const char *name, const Error *where, ErrorList *errors) {
    if (isnan(value)) {
        error_add_at(where, name, "nothing", "a number above 0", errors);
    }
}

static size_t synthetic_next(asim_traffic_source *base, asim_arrival *block, size_t room,
                             bool *failed) {
    SyntheticSource *source = (SyntheticSource *)base;
    if (source->ended) {
        return 0;
    }
    const size_t count = source->fill(source, block, room);
    if (source->halted) {
        *failed = true;
        return 0;
    }
    source->ended = count < room;
    for (size_t i = 0; i < count; i++) {
        block[i].source = source->number;
    }
    lengths_draw(&source->lengths, block, count);
    base->counts.requests += count;
    return count;
}

static void synthetic_destroy(asim_traffic_source *base) {
    free(base);
}

void *synthetic_new(size_t size, const SyntheticConfig *config, const TrafficContext *context,
                    size_t (*fill)(SyntheticSource *, asim_arrival *, size_t)) {
    SyntheticSource *source = memory_new(1, size);
    source->base.next = synthetic_next;
    source->base.destroy = synthetic_destroy;
    source->fill = fill;
    source->halt = context->halt;
    source->number = context->source;
    source->start = config->start;
    source->stop = config->stop < context->until ? config->stop : context->until;
    source->stop = source->stop < SIM_TIME_LONGEST ? source->stop : SIM_TIME_LONGEST;
    source->ended = source->start >= source->stop;
    random_stream_init_named(&source->arrivals, context->seed, context->replication, "%s.arrivals",
                             context->stream);
    random_stream_init_named(&source->phases, context->seed, context->replication, "%s.phases",
                             context->stream);
    lengths_init(&source->lengths, &config->prompt_tokens, &config->output_tokens, config->lengths,
                 context);
    return source;
}

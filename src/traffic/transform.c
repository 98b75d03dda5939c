// SPDX-License-Identifier: GPL-3.0-or-later
/* Thinning, superposition and shift, as a source around another one. */
#include "traffic/transform.h"

#include "base/memory.h"
#include "engine/random.h"

#include <math.h>
#include <stdlib.h>

typedef struct TransformedSource {
    asim_traffic_source base;
    asim_traffic_source *inner;
    double keep; /* probability */
    sim_time shift;
    const volatile sig_atomic_t *halt; /* as in TrafficContext */
    uint64_t left_out;                 /* by thinning */
    RandomStream stream;
} TransformedSource;

/* Drops and moves the arrivals of a block in place; returns how many are left. */
static size_t transform_block(TransformedSource *source, asim_arrival *block, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (source->keep < 1 && random_uniform(&source->stream) >= source->keep) {
            continue;
        }
        block[kept] = block[i];
        block[kept].time += source->shift;
        kept++;
    }
    source->left_out += count - kept;
    return kept;
}

static size_t transformed_next(asim_traffic_source *base, asim_arrival *block, size_t room,
                               bool *failed) {
    TransformedSource *source = (TransformedSource *)base;
    size_t kept = 0;
    while (kept == 0) {
        const size_t count = source->inner->next(source->inner, block, room, failed);
        if (count == 0) {
            break;
        }
        kept = transform_block(source, block, count);
        if (kept == 0 && traffic_halted(source->halt)) {
            *failed = true;
            break;
        }
    }
    const uint64_t requests = base->counts.requests + kept;
    base->counts = source->inner->counts;
    base->counts.requests = requests;
    base->counts.outside += base->counts.rows > 0 ? source->left_out : 0;
    return kept;
}

static void transformed_destroy(asim_traffic_source *base) {
    TransformedSource *source = (TransformedSource *)base;
    source->inner->destroy(source->inner);
    free(source);
}

/* One copy: number 0 is the source itself. NULL after adding an error. */
static asim_traffic_source *open_copy(const TransformConfig *transform, sim_time jitter,
                                      const void *config, const TrafficContext *context,
                                      TransformOpen *open, size_t number, double keep) {
    char *stream = number == 0 ? memory_text(context->stream)
                               : memory_format("%s.copy%zu", context->stream, number);
    TransformedSource *source = memory_new(1, sizeof *source);
    random_stream_init_named(&source->stream, context->seed, context->replication, "%s.thinning",
                             stream);
    source->keep = keep;
    source->shift = transform->shift;
    source->halt = context->halt;
    if (number > 0 && jitter > 0) {
        source->shift += (sim_time)random_below(&source->stream, (uint64_t)jitter);
    }
    TrafficContext inner = *context;
    inner.stream = stream;
    inner.since -= source->shift;
    if (inner.until != SIM_TIME_NEVER) {
        inner.until -= source->shift;
    }
    source->inner = open(config, &inner);
    free(stream);
    if (source->inner == NULL) {
        free(source);
        return NULL;
    }
    if (keep >= 1 && source->shift == 0) { /* nothing to do */
        asim_traffic_source *plain = source->inner;
        free(source);
        return plain; // cppcheck-suppress returnDanglingLifetime ; `open` keeps no context
    }
    source->base.next = transformed_next;
    source->base.destroy = transformed_destroy;
    return &source->base;
}

asim_traffic_source *transform_open(const TransformConfig *transform, sim_time jitter,
                                    const void *config, const TrafficContext *context,
                                    TransformOpen *open) {
    const double scale = transform->rate_scale;
    const size_t copies = scale <= 1 ? 1 : (size_t)ceil(scale);
    asim_traffic_source **sources = memory_new(copies, sizeof sources[0]);
    size_t opened = 0;
    for (; opened < copies && !traffic_halted(context->halt); opened++) {
        const double left = scale - (double)opened;
        sources[opened] =
            open_copy(transform, jitter, config, context, open, opened, left < 1 ? left : 1);
        if (sources[opened] == NULL) {
            break;
        }
    }
    asim_traffic_source *whole = NULL;
    if (opened == copies) {
        whole = traffic_merge(sources, copies);
    }
    for (size_t i = 0; whole == NULL && i < opened; i++) {
        sources[i]->destroy(sources[i]);
    }
    free(sources);
    return whole;
}

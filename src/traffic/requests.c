// SPDX-License-Identifier: GPL-3.0-or-later
/* Lengths that are drawn; thinning, superposition and shift, as a source around another one; and
 * sources merged: each part is read a block ahead, and a tournament of their next times picks the
 * earliest, of equals the lowest-numbered. */
#include "traffic/requests.h"

#include "base/memory.h"
#include "engine/min_tree.h"
#include "engine/options.h"
#include "traffic/prompt_hashes.h"

#include <math.h>
#include <stdlib.h>

/* Lengths ---------------------------------------------------------------------------------------
 */

bool lengths_draw_prompts(const RequestsConfig *config) {
    return config->lengths != OPTION_ABSENT_CHOICE || lengths_given(&config->prompt_tokens);
}

void lengths_init(RequestLengths *lengths, const RequestsConfig *config,
                  const TrafficContext *context) {
    const Distribution *prompt = &config->prompt_tokens, *output = &config->output_tokens;
    lengths->prompt = lengths_given(prompt) ? prompt : NULL;
    lengths->output = lengths_given(output) ? output : NULL;
    if (config->lengths != OPTION_ABSENT_CHOICE) {
        lengths->named_prompt = length_tables[config->lengths].prompt;
        lengths->named_output = length_tables[config->lengths].output;
        distribution_prepare(&lengths->named_prompt);
        distribution_prepare(&lengths->named_output);
        lengths->prompt = lengths->prompt ? lengths->prompt : &lengths->named_prompt;
        lengths->output = lengths->output ? lengths->output : &lengths->named_output;
    }
    random_stream_init_named(&lengths->prompt_stream, context->seed, context->replication,
                             "%s.prompt_tokens", context->stream);
    random_stream_init_named(&lengths->output_stream, context->seed, context->replication,
                             "%s.output_tokens", context->stream);
}

enum { DRAWN_AT_ONCE = 64 };

void lengths_draw(RequestLengths *lengths, asim_arrival *block, size_t count) {
    uint32_t tokens[DRAWN_AT_ONCE];
    for (size_t from = 0; from < count; from += DRAWN_AT_ONCE) {
        const size_t some = count - from < DRAWN_AT_ONCE ? count - from : DRAWN_AT_ONCE;
        if (lengths->prompt != NULL) {
            distribution_sample_all_tokens(lengths->prompt, &lengths->prompt_stream, tokens, some);
            for (size_t i = 0; i < some; i++) {
                block[from + i].prompt_tokens = tokens[i];
            }
        }
        if (lengths->output != NULL) {
            distribution_sample_all_tokens(lengths->output, &lengths->output_stream, tokens, some);
            for (size_t i = 0; i < some; i++) {
                block[from + i].output_tokens = tokens[i];
            }
        }
    }
}

void lengths_check_named(const RequestsConfig *config, const Error *where, ErrorList *errors) {
    if (config->lengths != OPTION_ABSENT_CHOICE && lengths_given(&config->prompt_tokens) &&
        lengths_given(&config->output_tokens)) {
        error_add_at(where, "lengths", length_tables[config->lengths].name,
                     "no lengths beside prompt_tokens and output_tokens, which leave nothing open",
                     errors);
    }
}

void lengths_check(const RequestsConfig *config, const Error *where, ErrorList *errors) {
    static const char expected[] = "a number of tokens, or a distribution, or the option lengths";
    const bool table = config->lengths != OPTION_ABSENT_CHOICE;
    const ErrorRule rules[] = {
        {!table && !lengths_given(&config->prompt_tokens), "prompt_tokens", "nothing", expected},
        {!table && !lengths_given(&config->output_tokens), "output_tokens", "nothing", expected},
    };
    lengths_check_named(config, where, errors);
    error_add_broken(where, rules, errors);
}

/* Merging ---------------------------------------------------------------------------------------
 */

enum { BLOCK = 128 }; /* arrivals read ahead per part: 5 KiB */

typedef struct MergePart {
    asim_traffic_source *source;
    size_t next, count;
    asim_arrival block[BLOCK];
} MergePart;

typedef struct MergedSource {
    asim_traffic_source base;
    MergePart *parts;
    size_t part_count;
    MinTree tree;
    bool begun, failed;
} MergedSource;

/* Invariant: a part's key is the time of its first arrival that is not given out, MIN_TREE_NONE
 * when it has no more. */
static void set_key(MergedSource *merged, size_t part_number) {
    const MergePart *part = &merged->parts[part_number];
    const uint64_t key =
        part->next < part->count ? (uint64_t)part->block[part->next].time : MIN_TREE_NONE;
    min_tree_set(&merged->tree, (uint32_t)part_number, key);
}

static void refill(MergedSource *merged, MergePart *part) {
    part->next = 0;
    part->count = part->source->next(part->source, part->block, BLOCK, &merged->failed);
}

void traffic_counts_add_rows(asim_traffic_counts *sum, const asim_traffic_counts *more) {
    sum->rows += more->rows;
    sum->failed += more->failed;
    sum->skipped += more->skipped;
    sum->outside += more->outside;
    sum->foreign += more->foreign;
    sum->ends_moved += more->ends_moved;
    sum->ends_kept += more->ends_kept;
    sum->units |= more->units;
    sum->prefixes |= more->prefixes;
    sum->values |= more->values;
}

/* The parts' counts together; requests are those that have left the merge. */
static void sum_counts(MergedSource *merged, size_t given) {
    asim_traffic_counts sum = {.requests = merged->base.counts.requests + given};
    for (size_t i = 0; i < merged->part_count; i++) {
        traffic_counts_add_rows(&sum, &merged->parts[i].source->counts);
    }
    merged->base.counts = sum;
}

static void merge_begin(MergedSource *merged) {
    merged->begun = true;
    for (size_t i = 0; i < merged->part_count; i++) {
        refill(merged, &merged->parts[i]);
        set_key(merged, i);
    }
}

static size_t merge_next(asim_traffic_source *source, asim_arrival *block, size_t room,
                         bool *failed) {
    MergedSource *merged = (MergedSource *)source;
    if (!merged->begun) {
        merge_begin(merged);
    }
    size_t count = 0;
    while (count < room && !merged->failed) {
        const uint32_t winner = min_tree_winner(&merged->tree);
        if (min_tree_key(&merged->tree, winner) == MIN_TREE_NONE) {
            break;
        }
        MergePart *part = &merged->parts[winner];
        block[count++] = part->block[part->next++];
        if (part->next == part->count) {
            refill(merged, part);
        }
        set_key(merged, winner);
    }
    sum_counts(merged, count);
    *failed = *failed || (count == 0 && merged->failed);
    return count;
}

static void merge_destroy(asim_traffic_source *source) {
    MergedSource *merged = (MergedSource *)source;
    for (size_t i = 0; i < merged->part_count; i++) {
        MergePart *part = &merged->parts[i];
        for (size_t ahead = part->next; ahead < part->count; ahead++) {
            arrival_drop(&part->block[ahead]);
        }
        part->source->destroy(part->source);
    }
    min_tree_clear(&merged->tree);
    free(merged->parts);
    free(merged);
}

asim_traffic_source *traffic_merge(asim_traffic_source **sources, size_t count) {
    if (count == 1) {
        return sources[0];
    }
    MergedSource *merged = memory_new(1, sizeof *merged);
    merged->base.next = merge_next;
    merged->base.destroy = merge_destroy;
    merged->parts = memory_new(count, sizeof merged->parts[0]);
    merged->part_count = count;
    min_tree_init(&merged->tree, count > 0 ? (uint32_t)count : 1);
    for (size_t i = 0; i < count; i++) {
        merged->parts[i].source = sources[i];
    }
    return &merged->base;
}

/* Transforming ----------------------------------------------------------------------------------
 */

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
            arrival_drop(&block[i]);
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
static asim_traffic_source *open_copy(const RequestsConfig *requests, sim_time jitter,
                                      const TrafficKind *kind, const void *config,
                                      const TrafficContext *context, RequestsOpen *open,
                                      size_t number, double keep) {
    char *stream = number == 0 ? memory_text(context->stream)
                               : memory_format("%s.copy%zu", context->stream, number);
    TransformedSource *source = memory_new(1, sizeof *source);
    random_stream_init_named(&source->stream, context->seed, context->replication, "%s.thinning",
                             stream);
    source->keep = keep;
    source->shift = requests->shift;
    source->halt = context->halt;
    if (number > 0 && jitter > 0) {
        source->shift += (sim_time)random_below(&source->stream, (uint64_t)jitter);
    }
    TrafficContext inner = *context;
    inner.stream = stream;
    inner.copy = (uint32_t)number;
    inner.since -= source->shift;
    if (inner.until != SIM_TIME_NEVER) {
        inner.until -= source->shift;
    }
    source->inner = open(kind, config, &inner);
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

asim_traffic_source *requests_open(const RequestsConfig *requests, sim_time jitter,
                                   const TrafficKind *kind, const void *config,
                                   const TrafficContext *context, RequestsOpen *open) {
    const double scale = requests->rate_scale;
    const size_t copies = scale <= 1 ? 1 : (size_t)ceil(scale);
    asim_traffic_source **sources = memory_new(copies, sizeof sources[0]);
    size_t opened = 0;
    for (; opened < copies && !traffic_halted(context->halt); opened++) {
        const double left = scale - (double)opened;
        sources[opened] =
            open_copy(requests, jitter, kind, config, context, open, opened, left < 1 ? left : 1);
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

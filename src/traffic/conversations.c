// SPDX-License-Identifier: GPL-3.0-or-later
/* Conversations that come at a given rate. Each is a row of turns: a turn's prompt is everything
 * before it (a system prompt that all share, earlier prompts' new texts, the answers) and a new
 * text; some time after its answer has ended, in whatever way, comes the next. So slow answers put
 * later turns off. Conversations are numbered as they begin, and each draws from streams of its own
 * number, so that all policies see the same ones, however late their answers are.
 *
 * Memory is that of the conversations under way: one that has ended leaves its place to another.
 * Places do not move, for streams must not. */
#include "base/assertion.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "traffic/synthetic.h"

#include <math.h>
#include <stdlib.h>

#define TOKENS_MOST (INT64_C(1) << 31)
#define NONE UINT32_MAX

typedef struct Conversation {
    RandomStream thoughts, texts, answers;
    uint32_t key;        /* its number, from 1 */
    uint32_t turns_left; /* behind the one under way */
    int64_t tokens;      /* with which its next prompt begins */
    uint32_t next_free;
} Conversation;

enum { CHUNK = MEMORY_FIRST_ROOM(128) };

struct Conversations {
    Conversation **chunks; /* of CHUNK places */
    size_t chunk_count, chunk_room;
    uint32_t free;  /* the first free place, or NONE */
    uint32_t begun; /* conversations, modulo 2^32 */
    sim_time until; /* no turn comes at or after it */
    int64_t context_tokens;
    uint64_t seed, replication;
    char *stream;
};

/* Places --------------------------------------------------------------------------------------- */

static Conversation *place(const struct Conversations *all, uint32_t number) {
    asim_assert(number / CHUNK < all->chunk_count);
    return &all->chunks[number / CHUNK][number % CHUNK];
}

static void add_chunk(struct Conversations *all) {
    all->chunks = memory_grow(all->chunks, all->chunk_count, &all->chunk_room, sizeof *all->chunks);
    Conversation *chunk = all->chunks[all->chunk_count] = memory_new(CHUNK, sizeof *chunk);
    const uint32_t first = (uint32_t)(all->chunk_count * CHUNK);
    all->chunk_count++;
    for (uint32_t i = CHUNK; i-- > 0;) {
        chunk[i].next_free = all->free;
        all->free = first + i;
    }
}

static uint32_t take_place(struct Conversations *all) {
    if (all->free == NONE) {
        add_chunk(all);
    }
    const uint32_t number = all->free;
    all->free = place(all, number)->next_free;
    return number;
}

static void leave_place(struct Conversations *all, uint32_t number) {
    Conversation *self = place(all, number);
    asim_assert(self->key != 0);
    self->key = 0;
    self->next_free = all->free;
    all->free = number;
}

/* Turns ---------------------------------------------------------------------------------------- */

static void init_stream(const struct Conversations *all, RandomStream *stream, uint32_t key,
                        const char *what) {
    random_stream_init_named(stream, all->seed, all->replication, "%s.conversation.%u.%s",
                             all->stream, key, what);
}

/* A turn that would not fit in the context is not sent. The first one is cut: its answer, then its
 * new text. False: it is not sent. */
static bool take_turn(SyntheticSource *source, uint32_t number, bool is_first, sim_time time,
                      asim_arrival *arrival) {
    const struct Conversations *all = source->conversations;
    const SyntheticConfig *config = &source->config;
    Conversation *self = place(all, number);
    const int64_t most = all->context_tokens;
    int64_t prompt = self->tokens + distribution_sample_tokens(&config->new_tokens, &self->texts);
    int64_t output = distribution_sample_tokens(&config->requests.output_tokens, &self->answers);
    if (is_first) {
        output = output < most - self->tokens - 1 ? output : most - self->tokens - 1;
        prompt = prompt < most - output ? prompt : most - output;
    } else if (prompt + output > most) {
        return false;
    }
    asim_assert(prompt > self->tokens && output > 0 && prompt + output <= most);
    self->tokens = prompt + output;
    *arrival = (asim_arrival){
        .time = time,
        .prompt_tokens = (uint32_t)prompt,
        .output_tokens = (uint32_t)output,
        .user = number,
        .source = source->number,
        .past_kind = ASIM_PAST_CONVERSATION,
        .past.seen = {.key = self->key, .tokens = (uint32_t)config->system_prompt_tokens},
    };
    return true;
}

static void begin_conversation(SyntheticSource *source, asim_arrival *arrival) {
    struct Conversations *all = source->conversations;
    const uint32_t number = take_place(all);
    Conversation *self = place(all, number);
    do {
        self->key = ++all->begun;
    } while (self->key == 0);
    init_stream(all, &self->thoughts, self->key, "thoughts");
    init_stream(all, &self->texts, self->key, "new_tokens");
    init_stream(all, &self->answers, self->key, "output_tokens");
    self->turns_left = distribution_sample_tokens(&source->config.turns, &source->phases) - 1;
    self->tokens = source->config.system_prompt_tokens;
    const bool sent = take_turn(source, number, true, arrival->time, arrival);
    asim_assert(sent);
    (void)sent;
}

static bool conversation_again(asim_traffic_source *base, uint32_t number, sim_time ended,
                               asim_arrival *arrival) {
    SyntheticSource *source = (SyntheticSource *)base;
    struct Conversations *all = source->conversations;
    Conversation *self = place(all, number);
    asim_assert(self->key != 0);
    if (self->turns_left > 0) {
        const sim_time thought =
            sim_time_from_seconds(distribution_sample(&source->config.think_time, &self->thoughts));
        self->turns_left--;
        if (thought < all->until - ended &&
            take_turn(source, number, false, ended + thought, arrival)) {
            return true;
        }
    }
    leave_place(all, number);
    return false;
}

/* The source ----------------------------------------------------------------------------------- */

static size_t conversation_fill(SyntheticSource *source, asim_arrival *block, size_t room) {
    const size_t count = synthetic_fill_by_segments(source, block, room);
    for (size_t i = 0; i < count; i++) {
        begin_conversation(source, &block[i]);
    }
    return count;
}

/* The rate of new conversations, scaled. */
static void conversation_segment(SyntheticSource *source) {
    const SyntheticConfig *config = &source->config;
    const double scale = config->requests.rate_scale;
    if (config->points.count > 0) {
        synthetic_follow_points(source);
        source->begin_rate *= scale;
        source->end_rate *= scale;
    } else {
        source->end = SIM_TIME_NEVER;
        synthetic_rates(source, config->rate_per_s * scale, config->rate_per_s * scale);
    }
}

static void conversation_prepare(SyntheticSource *source, const TrafficContext *context) {
    const int64_t context_tokens = source->config.context_tokens;
    struct Conversations *all = source->conversations = memory_new(1, sizeof *all);
    *all = (struct Conversations){
        .free = NONE,
        .until = context->until < SIM_TIME_LONGEST ? context->until : SIM_TIME_LONGEST,
        .context_tokens = context_tokens == OPTION_ABSENT_INTEGER ? TOKENS_MOST : context_tokens,
        .seed = context->seed,
        .replication = context->replication,
        .stream = memory_text(context->stream),
    };
    source->base.again = conversation_again;
    source->lengths.prompt = source->lengths.output = NULL;
}

static void conversation_clear(SyntheticSource *source) {
    struct Conversations *all = source->conversations;
    for (size_t i = 0; i < all->chunk_count; i++) {
        free(all->chunks[i]);
    }
    free(all->chunks);
    free(all->stream);
    free(all);
}

static void conversation_check(const SyntheticConfig *config, const Error *where,
                               ErrorList *errors) {
    const bool has_rate = !isnan(config->rate_per_s), has_points = config->points.count > 0;
    const bool is_short = config->context_tokens != OPTION_ABSENT_INTEGER &&
                          config->context_tokens < config->system_prompt_tokens + 2;
    const ErrorRule rules[] = {
        {!has_rate && !has_points, "rate_per_s", "nothing",
         "new conversations per second, or points"},
        {has_rate && has_points, "rate_per_s", "a rate beside points", "one of the two"},
        {is_short, "context_tokens", "no room behind the system prompt",
         "at least two tokens more than system_prompt_tokens"},
    };
    error_add_broken(where, rules, errors);
}

const TrafficKind conversation_kind = {
    .name = "conversation",
    .help = "conversations whose turns begin with everything before them",
    .options =
        (const Option[]){
            SYNTHETIC_RATE(rate_per_s, "new conversations per second, a Poisson process"),
            SYNTHETIC(POINTS, points, .maximum = SYNTHETIC_RATE_MOST,
                      .help = "instead of rate_per_s: [time since start, new conversations per "
                              "second] pairs, joined by straight lines; the first and the last "
                              "rate hold before and after"),
            SYNTHETIC(LENGTH, turns, .minimum = 1, .maximum = 1e6, .is_count = true,
                      .help = "requests in a conversation"),
            SYNTHETIC(SPAN, think_time, .minimum = 0, .maximum = 31536000,
                      .help = "from an answer's end to the conversation's next turn"),
            SYNTHETIC(LENGTH, new_tokens, .minimum = 1, .maximum = 2147483648.0,
                      .help = "tokens that a turn adds to everything before it"),
            REQUESTS_TOKENS(SyntheticConfig, output_tokens, "output tokens per turn"),
            SYNTHETIC(INTEGER, system_prompt_tokens, .minimum = 0, .maximum = 1e9,
                      .default_text = "0",
                      .help = "tokens with which all conversations of the source begin"),
            SYNTHETIC(INTEGER, context_tokens, .minimum = 2, .maximum = 2147483648.0,
                      .help = "most tokens of a turn, prompt and answer: a conversation ends "
                              "before the turn that would have more"),
            SYNTHETIC(DURATION, start, .maximum = 315619200, .default_text = "0s",
                      .help = "when the first conversations begin"),
            SYNTHETIC(DURATION, stop, .maximum = 315619200,
                      .help = "when no more conversations begin; those under way go on (default: "
                              "with the scenario)"),
            {.name = "rate_scale",
             .type = OPTION_NUMBER,
             .offset = offsetof(SyntheticConfig, requests.rate_scale),
             .maximum = REQUESTS_COPIES_MOST,
             .above_minimum = true,
             .default_text = "1",
             .help = "multiplies the rate of new conversations"},
            OPTION_END},
    .loops = true,
    SYNTHETIC_KIND(.required = {{"turns", "a number of requests, or a distribution"},
                                {"think_time", "a duration or a distribution of durations"},
                                {"new_tokens", "a number of tokens, or a distribution"},
                                {"output_tokens", "a number of tokens, or a distribution"}},
                   .own_lengths = true, .check = conversation_check,
                   .prepare = conversation_prepare, .fill = conversation_fill,
                   .segment = conversation_segment, .clear = conversation_clear),
};

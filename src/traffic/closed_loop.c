// SPDX-License-Identifier: GPL-3.0-or-later
/* A closed loop: a number of users, each of whom sends, waits until the request has ended
 * (answered, given up or abandoned), thinks, and sends again. Load falls off by itself when answers
 * are slow. Each user has random streams of its own, so that the n-th thought and the n-th request
 * of a user are the same under every policy, however late the answers are. A user's first request
 * comes one thought after the start. */
#include "base/memory.h"
#include "engine/sim_time.h"
#include "traffic/synthetic.h"

#include <stdlib.h>

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

// SPDX-License-Identifier: GPL-3.0-or-later
/* Conversations at the source: what their turns are, what they have in common, and when they come;
 * answers are made up here. */
#include "engine/distribution.h"
#include "engine/sim_time.h"
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECOND SIM_TIME_SECOND
#define FIXED "turns=3", "think_time=2s", "new_tokens=10", "output_tokens=5"

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
    harness.context.until = SIM_TIME_HOUR;
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_conversations, .init = setup, .fini = teardown);

static void open_conversations(const char *const options[]) {
    cr_assert(harness_open(&harness, "conversation", options), "%s", harness_error(&harness));
}

static bool again(const asim_arrival *before, sim_time ended, asim_arrival *arrival) {
    return harness.source->again(harness.source, before->user, ended, arrival);
}

static void check_turn(const asim_arrival *arrival, uint32_t key, uint32_t prompt,
                       uint32_t output) {
    cr_expect_eq(arrival->past_kind, ASIM_PAST_CONVERSATION);
    cr_expect_eq(arrival->past.seen.key, key);
    cr_expect_eq(arrival->prompt_tokens, prompt, "%u", arrival->prompt_tokens);
    cr_expect_eq(arrival->output_tokens, output, "%u", arrival->output_tokens);
}

Test(traffic_conversations, a_turn_begins_with_everything_before_it) {
    open_conversations(OPTIONS("rate_per_s=1", FIXED, "system_prompt_tokens=100"));
    asim_arrival first[2], next;
    cr_assert_eq(harness.source->next(harness.source, first, 2, &harness.failed), 2);
    for (uint32_t i = 0; i < 2; i++) {
        check_turn(&first[i], i + 1, 110, 5);
        cr_expect_eq(first[i].past.seen.tokens, 100);
        cr_assert(again(&first[i], 30 * SECOND, &next));
        check_turn(&next, i + 1, 125, 5);
        cr_expect_eq(next.time, 32 * SECOND);
        cr_expect_eq(next.past.seen.tokens, 100);
        cr_assert(again(&next, 40 * SECOND, &next));
        check_turn(&next, i + 1, 140, 5);
        cr_expect_eq(next.time, 42 * SECOND);
        cr_assert(!again(&next, 50 * SECOND, &next));
    }
}

/* Prompt and answer: 115, 130, 145. */
Test(traffic_conversations, ends_before_a_turn_that_its_context_has_no_room_for) {
    asim_arrival arrival;
    open_conversations(
        OPTIONS("rate_per_s=1", FIXED, "system_prompt_tokens=100", "context_tokens=144"));
    harness.source->next(harness.source, &arrival, 1, &harness.failed);
    cr_assert(again(&arrival, SECOND, &arrival));
    check_turn(&arrival, 1, 125, 5);
    cr_assert(!again(&arrival, SECOND, &arrival));
    open_conversations(
        OPTIONS("rate_per_s=1", FIXED, "system_prompt_tokens=100", "context_tokens=145"));
    harness.source->next(harness.source, &arrival, 1, &harness.failed);
    cr_assert(again(&arrival, SECOND, &arrival) && again(&arrival, SECOND, &arrival));
    check_turn(&arrival, 1, 140, 5);
    /* The first is cut. */
    open_conversations(
        OPTIONS("rate_per_s=1", FIXED, "system_prompt_tokens=100", "context_tokens=108"));
    harness.source->next(harness.source, &arrival, 1, &harness.failed);
    check_turn(&arrival, 1, 103, 5);
    cr_assert(!again(&arrival, SECOND, &arrival));
    open_conversations(
        OPTIONS("rate_per_s=1", FIXED, "system_prompt_tokens=100", "context_tokens=102"));
    harness.source->next(harness.source, &arrival, 1, &harness.failed);
    check_turn(&arrival, 1, 101, 1);
}

Test(traffic_conversations, nothing_comes_after_the_end) {
    asim_arrival arrival;
    harness.context.until = 10 * SECOND;
    open_conversations(OPTIONS("rate_per_s=1", FIXED, "stop=5s"));
    harness_read(&harness, 1000);
    cr_assert(harness.count > 0 && harness.arrivals[harness.count - 1].time < 5 * SECOND);
    cr_assert(again(&harness.arrivals[0], 8 * SECOND - 1, &arrival), "what is under way goes on");
    cr_assert_eq(arrival.time, 10 * SECOND - 1);
    cr_assert(!again(&harness.arrivals[1], 8 * SECOND, &arrival));
}

/* A turn as it came. */
typedef struct Turn {
    sim_time thought;
    uint32_t prompt, output;
} Turn;

enum { KEYS = 200, TURNS = 40 };

typedef struct Turns {
    Turn turns[KEYS + 1][TURNS];
    uint32_t counts[KEYS + 1];
    uint32_t users; /* places */
} Turns;

static void note(Turns *turns, const asim_arrival *arrival, sim_time thought) {
    const uint32_t key = arrival->past.seen.key;
    turns->users = arrival->user + 1 > turns->users ? arrival->user + 1 : turns->users;
    if (key <= KEYS && turns->counts[key] < TURNS) {
        turns->turns[key][turns->counts[key]++] =
            (Turn){thought, arrival->prompt_tokens, arrival->output_tokens};
    }
}

/* All turns, each answered so long after it came, in order of time. */
static Turns *play(sim_time answer) {
    enum { OPEN_MOST = 4096 };
    Turns *turns = calloc(1, sizeof *turns);
    asim_arrival *open = calloc(OPEN_MOST, sizeof *open), next;
    size_t count = 0;
    bool any = harness.source->next(harness.source, &next, 1, &harness.failed) == 1;
    while (any || count > 0) {
        size_t earliest = 0;
        for (size_t i = 1; i < count; i++) {
            earliest = open[i].time < open[earliest].time ? i : earliest;
        }
        if (any && (count == 0 || next.time <= open[earliest].time + answer)) {
            cr_assert_lt(count, OPEN_MOST);
            note(turns, &next, 0);
            open[count++] = next;
            any = harness.source->next(harness.source, &next, 1, &harness.failed) == 1;
            continue;
        }
        const sim_time ended = open[earliest].time + answer;
        if (again(&open[earliest], ended, &open[earliest])) {
            note(turns, &open[earliest], open[earliest].time - ended);
        } else {
            open[earliest] = open[--count];
        }
    }
    free(open);
    return turns;
}

/* Common random numbers: the n-th turn of the n-th conversation is the same however long answers
 * take; and those that have ended leave their places. */
Test(traffic_conversations, slower_answers_shift_no_draw) {
    static const char *const options[] = {"rate_per_s=2", "turns=6",          "think_time=7s",
                                          "new_tokens=9", "output_tokens=11", NULL};
    Turns *all[2];
    harness.context.until = 10 * SIM_TIME_MINUTE;
    for (size_t i = 0; i < 2; i++) {
        open_conversations(options);
        /* Only a scenario's JSON has distributions. */
        struct {
            const char *name;
            Distribution distribution;
        } drawn[] = {{"turns", {.kind = DISTRIBUTION_EXPONENTIAL, .a = 6}},
                     {"think_time", {.kind = DISTRIBUTION_EXPONENTIAL, .a = 7}},
                     {"new_tokens", {.kind = DISTRIBUTION_LOGNORMAL, .a = 60, .b = 1}},
                     {"output_tokens", {.kind = DISTRIBUTION_LOGNORMAL, .a = 200, .b = 1}}};
        harness.source->destroy(harness.source);
        for (size_t k = 0; k < 4; k++) {
            cr_assert_null(distribution_prepare(&drawn[k].distribution));
            const Option *option = option_find(harness.kind->options, drawn[k].name);
            memcpy((char *)harness.config + option->offset, &drawn[k].distribution,
                   sizeof(Distribution));
        }
        harness.source = harness.kind->open(harness.kind, harness.config, &harness.context);
        all[i] = play(i == 0 ? SECOND / 10 : 5 * SECOND);
    }
    uint64_t sum = 0;
    for (uint32_t key = 1; key <= KEYS; key++) {
        cr_assert_eq(all[0]->counts[key], all[1]->counts[key]);
        cr_assert_gt(all[0]->counts[key], 0);
        cr_assert_eq(memcmp(all[0]->turns[key], all[1]->turns[key], sizeof all[0]->turns[key]), 0);
        sum += all[0]->counts[key];
    }
    cr_expect_float_eq((double)sum / KEYS, 6, 1, "%g turns", (double)sum / KEYS);
    /* 2/s that last 5 thoughts of 7 s: 70 at a time of 1200. */
    cr_expect_lt(all[0]->users, 130, "%u places", all[0]->users);
    free(all[0]);
    free(all[1]);
}

static size_t count_of(const char *const options[]) {
    open_conversations(options);
    harness_read(&harness, HARNESS_MOST);
    return harness.count;
}

Test(traffic_conversations, come_at_the_rate_that_is_asked_for) {
    const size_t count = count_of(OPTIONS("rate_per_s=2", FIXED));
    cr_assert_lt(fabs((double)count - 7200), 4 * sqrt(7200), "%zu", count);
    const size_t more = count_of(OPTIONS("rate_per_s=2", FIXED, "rate_scale=1.5"));
    cr_assert_lt(fabs((double)more - 10800), 4 * sqrt(10800), "%zu", more);
    const size_t along = count_of(OPTIONS("points=0s:0,30m:4,1h:0", FIXED));
    cr_assert_lt(fabs((double)along - 7200), 4 * sqrt(7200), "%zu", along);
    size_t middle = 0;
    for (size_t i = 0; i < along; i++) {
        middle += harness.arrivals[i].time >= 15 * SIM_TIME_MINUTE &&
                  harness.arrivals[i].time < 45 * SIM_TIME_MINUTE;
    }
    cr_assert_lt(fabs((double)middle / (double)along - 0.75), 0.03);
}

Test(traffic_conversations, what_is_missing_or_too_much_is_told) {
    const struct {
        const char *options[8];
        const char *expected;
    } cases[] = {
        {{FIXED}, "rate_per_s: found nothing, expected new conversations per second, or points"},
        {{FIXED, "rate_per_s=1", "points=0s:1"}, "rate_per_s: found a rate beside points"},
        {{"rate_per_s=1", "think_time=1s", "new_tokens=1", "output_tokens=1"},
         "turns: found nothing, expected a number of requests"},
        {{"rate_per_s=1", "turns=1", "think_time=1s", "output_tokens=1"},
         "new_tokens: found nothing"},
        {{FIXED, "rate_per_s=1", "system_prompt_tokens=50", "context_tokens=51"},
         "context_tokens: found no room behind the system prompt"},
        {{FIXED, "rate_per_s=1", "start=2s", "stop=1s"}, "stop: found 1s"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert(!harness_open(&harness, "conversation", cases[i].options));
        cr_assert(strstr(harness_error(&harness), cases[i].expected), "%s",
                  harness_error(&harness));
    }
}

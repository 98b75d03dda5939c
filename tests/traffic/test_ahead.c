// SPDX-License-Identifier: GPL-3.0-or-later
/* Read ahead or not, a source gives out the same requests, counts and errors, each at its place. */
#include "traffic/ahead.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "traffic/prompt_hashes.h"
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static TrafficHarness harness;
static ErrorList told;

static void set_up(void) {
    harness_init(&harness);
}

static void tear_down(void) {
    error_list_clear(&told);
    harness_clear(&harness);
}

TestSuite(traffic_ahead, .init = set_up, .fini = tear_down);

/* Sources as they are ------------------------------------------------------------------------- */

typedef struct Reading {
    asim_arrival *arrivals;
    size_t count;
    asim_traffic_counts counts; /* at the end */
    bool failed;
    char *errors;
} Reading;

/* In blocks of up to `room`. */
static Reading read_all(size_t room) {
    asim_traffic_source *source = harness.source;
    Reading reading = {0};
    for (size_t got = 1; got > 0; reading.count += got) {
        cr_assert_eq(source->counts.requests, reading.count);
        reading.arrivals =
            memory_resize(reading.arrivals, reading.count + room, sizeof *reading.arrivals);
        got = source->next(source, reading.arrivals + reading.count, room, &reading.failed);
        cr_assert_leq(got, room);
    }
    reading.counts = source->counts;
    return reading;
}

static void clear_reading(Reading *reading) {
    for (size_t i = 0; i < reading->count; i++) {
        arrival_drop(&reading->arrivals[i]);
    }
    free(reading->arrivals);
    free(reading->errors);
}

static void check_past(const asim_arrival *one, const asim_arrival *other) {
    cr_assert_eq(one->past_kind, other->past_kind);
    if (one->past_kind == ASIM_PAST_HASHES) {
        const asim_prompt_hashes *a = one->past.hashes, *b = other->past.hashes;
        cr_assert_eq(a->count, b->count);
        cr_assert_arr_eq(a->ids, b->ids, a->count * sizeof *a->ids);
    }
}

static void check_same(const Reading *one, const Reading *other) {
    cr_assert_eq(one->count, other->count);
    cr_assert_eq(one->failed, other->failed);
    cr_assert_str_eq(one->errors ? one->errors : "", other->errors ? other->errors : "");
    cr_assert_arr_eq(&one->counts, &other->counts, sizeof one->counts);
    for (size_t i = 0; i < one->count; i++) {
        const asim_arrival *a = &one->arrivals[i], *b = &other->arrivals[i];
        cr_assert(a->time == b->time && a->prompt_tokens == b->prompt_tokens &&
                      a->output_tokens == b->output_tokens && a->source == b->source,
                  "request %zu", i);
        check_past(a, b);
    }
}

static void check_source(const char *kind, const char *const options[], size_t least) {
    cr_assert(harness_open(&harness, kind, options), "%s", harness_error(&harness));
    Reading plain = read_all(512);
    cr_assert_geq(plain.count, least, "%s, %zu requests: %s", options[0], plain.count,
                  harness_error(&harness));
    plain.errors = error_list_text(&harness.errors);
    static const size_t rooms[] = {1, 100, 512, 5000};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        cr_assert(harness_open(&harness, kind, options));
        harness.source = traffic_ahead(harness.source, &harness.errors, &told);
        Reading ahead = read_all(rooms[i]);
        ahead.errors = error_list_text(&told);
        check_same(&plain, &ahead);
        clear_reading(&ahead);
        error_list_clear(&told);
    }
    clear_reading(&plain);
}

static char *rows_of(const char *row, int count, const char *last) {
    char *text = malloc((size_t)count * (strlen(row) + 32) + strlen(last) + 1), *end = text;
    for (int i = 0; i < count; i++) {
        end += sprintf(end, row, i * 100, 1 + i % 900, 1 + i % 70, i % 50);
    }
    strcpy(end, last);
    return text;
}

static const char mooncake[] = "{\"timestamp\": %d, \"input_length\": %d, \"output_length\": %d, "
                               "\"hash_ids\": [%d]}\n";

Test(traffic_ahead, what_is_drawn_is_the_same) {
    harness.context.until = 2000 * SIM_TIME_SECOND;
    check_source("poisson", OPTIONS("rate_per_s=5", "lengths=azure-conv"), 9000);
    check_source("poisson",
                 OPTIONS("rate_per_s=5", "rate_scale=2.5", "prompt_tokens=9", "output_tokens=9"),
                 20000);
    check_source(
        "onoff",
        OPTIONS("on=10s", "off=90s", "on_rate_per_s=3", "prompt_tokens=9", "output_tokens=9"), 100);
    harness.context.until = 0;
    check_source("poisson", OPTIONS("rate_per_s=5", "prompt_tokens=9", "output_tokens=9"), 0);
}

Test(traffic_ahead, what_is_recorded_is_the_same) {
    char *whole = rows_of(mooncake, 7000, ""), *damaged = rows_of(mooncake, 7000, "{\n");
    harness_text_file(&harness, "whole", whole);
    harness_gzip_file(&harness, "gzip", whole);
    harness_text_file(&harness, "damaged", damaged);
    check_source("trace", OPTIONS("file=whole", "time_unit=ms"), 7000);
    check_source("trace", OPTIONS("file=gzip", "time_unit=ms", "from=1m"), 6000);
    check_source("trace", OPTIONS("file=damaged", "time_unit=ms", "on_bad_row=skip"), 7000);
    check_source("trace", OPTIONS("file=damaged", "time_unit=ms"), 100);
    free(whole);
    free(damaged);
}

/* A source of our own ------------------------------------------------------------------------- */

enum { BLOCK_OF_SCRIPT = 10 };

typedef struct Script {
    asim_traffic_source base;
    atomic_size_t made; /* blocks, and one more when the end was told */
    size_t blocks;
    bool fails;                  /* at its end */
    bool is_silent;              /* at its end, until `halt` */
    atomic_bool halt, destroyed; /* by signals it would be told otherwise */
    asim_prompt_hashes *hashes;  /* all arrivals hold them */
    ErrorList own;
} Script;

static size_t script_next(asim_traffic_source *source, asim_arrival *block, size_t room,
                          bool *failed) {
    Script *script = (Script *)source;
    const size_t number = script->made;
    size_t count = 0;
    if (number < script->blocks) {
        for (; count < room && count < BLOCK_OF_SCRIPT; count++) {
            block[count] = (asim_arrival){.time = (sim_time)number,
                                          .prompt_tokens = 1,
                                          .output_tokens = 1,
                                          .past_kind = ASIM_PAST_HASHES,
                                          .past.hashes = prompt_hashes_hold(script->hashes)};
        }
    } else if (script->fails) {
        *failed = true;
        error_in_file(&script->own, "script", "the end", "more", NULL);
    }
    while (number == script->blocks && script->is_silent && !script->halt) {
        sched_yield();
    }
    script->base.counts.requests += count;
    script->made++;
    return count;
}

static void script_destroy(asim_traffic_source *source) {
    ((Script *)source)->destroyed = true;
}

static asim_traffic_source *script_open(Script *script) {
    script->base.next = script_next;
    script->base.destroy = script_destroy;
    script->hashes = prompt_hashes_new(&(uint64_t){7}, 1, 16);
    return traffic_ahead(&script->base, &script->own, &told);
}

/* Nothing is left of what it gave out, or was about to. */
static void script_close(Script *script, asim_traffic_source *ahead) {
    ahead->destroy(ahead);
    cr_assert(script->destroyed);
    cr_assert_eq(script->own.count, 0);
    cr_assert_eq(script->hashes->holders, 1);
    prompt_hashes_release(script->hashes);
}

static size_t take(asim_traffic_source *source, size_t room, bool *failed) {
    asim_arrival block[512];
    const size_t count = source->next(source, block, room, failed);
    for (size_t i = 0; i < count; i++) {
        arrival_drop(&block[i]);
    }
    return count;
}

static void wait_for(const Script *script, size_t made) {
    while (script->made < made) {
        sched_yield();
    }
}

/* Two blocks are taken, of which the second starts the thread; then it meets the end. */
Test(traffic_ahead, an_error_waits_for_its_place) {
    Script script = {.blocks = 3, .fails = true};
    asim_traffic_source *ahead = script_open(&script);
    bool failed = false;
    size_t requests = 0;
    for (size_t room = 7; requests < 3 * script.blocks; room++) {
        requests += take(ahead, 1, &failed);
    }
    while (script.made < script.blocks) { /* as far as the ring holds it */
        requests += take(ahead, 1, &failed);
    }
    cr_assert(!failed);
    cr_assert_eq(told.count, 0);
    cr_assert_eq(ahead->counts.requests, requests);
    for (size_t got = 1; got > 0; requests += got) {
        cr_assert_eq(told.count, 0);
        got = take(ahead, 512, &failed);
    }
    cr_assert(failed);
    cr_assert_eq(told.count, 1);
    cr_assert_eq(ahead->counts.requests, requests);
    cr_assert_eq(take(ahead, 512, &failed), 0);
    cr_assert_eq(told.count, 1, "told once");
    script_close(&script, ahead);
}

/* After 0, 1, ... requests; the thread is at work, waits, or has come to the end. */
Test(traffic_ahead, whoever_stops_early_leaves_nothing) {
    for (size_t blocks = 0; blocks < 40; blocks += 13) {
        for (size_t taken = 0; taken < 40; taken++) {
            Script script = {.blocks = blocks, .fails = taken % 2};
            asim_traffic_source *ahead = script_open(&script);
            bool failed = false;
            for (size_t i = 0; i < taken; i++) {
                take(ahead, 1, &failed);
            }
            script_close(&script, ahead);
        }
    }
    cr_assert_gt(told.count, 0, "of sources that were shorter");
}

static void *halt_later(void *self) {
    Script *script = self;
    wait_for(script, script->blocks);
    script->halt = true;
    return NULL;
}

/* The source is silent, its reader waits for it: the source's halt ends both. */
Test(traffic_ahead, halts_with_its_source, .timeout = 60) {
    Script script = {.blocks = 3, .is_silent = true};
    asim_traffic_source *ahead = script_open(&script);
    pthread_t other;
    cr_assert_eq(pthread_create(&other, NULL, halt_later, &script), 0);
    bool failed = false;
    size_t requests = 0;
    for (size_t got = 1; got > 0; requests += got) {
        got = take(ahead, 512, &failed);
    }
    cr_assert_gt(requests, 3);
    pthread_join(other, NULL);
    script_close(&script, ahead);
}

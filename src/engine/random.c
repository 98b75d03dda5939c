// SPDX-License-Identifier: GPL-3.0-or-later
/* Named random streams: xoshiro256++ (D. Blackman and S. Vigna, "Scrambled Linear Pseudorandom
 * Number Generators", ACM TOMS 47(4), 2021) behind a gsl_rng_type, seeded by SplitMix64 (G. Steele,
 * D. Lea, C. Flood, OOPSLA 2014). Invariant: the state is a function of (seed, replication, name)
 * alone and is never all zero, since SplitMix64's finaliser is a bijection (only 0 gives 0). */
#include "engine/random.h"

#include "base/assertion.h"

#include <gsl/gsl_randist.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

__extension__ typedef unsigned __int128 Wide;

static void fill_state(uint64_t words[4], uint64_t seed) {
    for (int i = 0; i < 4; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        words[i] = z ^ (z >> 31);
    }
}

/* FNV-1a, with seed and replication taken as one word each: every step is a bijection of the hash,
 * so two seeds never meet under one name. */
static uint64_t hash_step(uint64_t hash, uint64_t word) {
    return (hash ^ word) * UINT64_C(0x100000001b3);
}

static uint64_t hash_stream(uint64_t seed, uint64_t replication, const char *name) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    hash = hash_step(hash, seed);
    hash = hash_step(hash, replication);
    for (; *name != '\0'; name++) {
        hash = hash_step(hash, (unsigned char)*name);
    }
    return hash;
}

static void xoshiro_set(void *state, unsigned long seed) {
    fill_state(state, seed);
}

/* Where a long has 32 bits GSL gets the low ones. Draws are the same: of ours that ask it for bits
 * the ziggurat alone does, and looks at no others. */
static unsigned long xoshiro_get(void *state) {
    return (unsigned long)random_step(state);
}

static double xoshiro_get_double(void *state) {
    return (double)(random_step(state) >> 11) * 0x1.0p-53;
}

static const gsl_rng_type xoshiro256pp_type = {
    .name = "xoshiro256++",
    .max = ULONG_MAX,
    .min = 0,
    .size = 4 * sizeof(uint64_t),
    .set = xoshiro_set,
    .get = xoshiro_get,
    .get_double = xoshiro_get_double,
};

const gsl_rng_type *const random_xoshiro256pp = &xoshiro256pp_type;

void random_stream_init(RandomStream *stream, uint64_t seed, uint64_t replication,
                        const char *name) {
    fill_state(stream->state, hash_stream(seed, replication, name));
    stream->gsl.type = random_xoshiro256pp;
    stream->gsl.state = stream->state;
}

void random_stream_init_named(RandomStream *stream, uint64_t seed, uint64_t replication,
                              const char *format, ...) {
    char name[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    random_stream_init(stream, seed, replication, name);
}

/* D. Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29(1), 2019. */
uint64_t random_below(RandomStream *stream, uint64_t n) {
    asim_assert(n >= 1);
    Wide product = (Wide)random_bits(stream) * n;
    if ((uint64_t)product < n) {
        const uint64_t threshold = -n % n;
        while ((uint64_t)product < threshold) {
            product = (Wide)random_bits(stream) * n;
        }
    }
    return (uint64_t)(product >> 64);
}

const ZigguratLayer random_ziggurat[128] = {
#define LAYER(inside, width) {width, inside},
#include "engine/ziggurat.def"
#undef LAYER
};

double random_normal_by_gsl(RandomStream *stream) {
    asim_assert(stream->gsl.state == stream->state); /* moved after random_stream_init? */
    return gsl_ran_gaussian_ziggurat(&stream->gsl, 1.0);
}

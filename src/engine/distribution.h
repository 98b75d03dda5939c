// SPDX-License-Identifier: GPL-3.0-or-later
/* A probability distribution on the non-negative reals, as data: token lengths, sojourn times,
 * cold-start phases. Times are in seconds here. Sampling allocates nothing. */
#ifndef ENGINE_DISTRIBUTION_H
#define ENGINE_DISTRIBUTION_H

#include "engine/random.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum DistributionKind {
    DISTRIBUTION_FIXED,       /* a: the value */
    DISTRIBUTION_UNIFORM,     /* a: minimum, b: maximum */
    DISTRIBUTION_EXPONENTIAL, /* a: mean */
    DISTRIBUTION_LOGNORMAL,   /* a: mean, b: coefficient of variation */
    DISTRIBUTION_GAMMA,       /* a: mean, b: coefficient of variation (shape 1/b^2) */
    DISTRIBUTION_WEIBULL,     /* a: scale, b: shape */
    DISTRIBUTION_ZIPF,        /* integers 1..b with P(k) ~ k^-a; a > 0, b <= 1e9 */
    DISTRIBUTION_QUANTILES,   /* table of (probability, value): the CDF, linear between points */
    DISTRIBUTION_EMPIRICAL    /* table of values, each equally likely */
} DistributionKind;

typedef struct DistributionPoint {
    double probability; /* quantiles: rising from 0 to 1; empirical: unused */
    double value;       /* rising for quantiles */
} DistributionPoint;

typedef struct Distribution {
    DistributionKind kind;
    double a, b;
    /* A draw is cut to [minimum, maximum], as users cut token lengths. No cut: 0, and infinity or 0
     * (which distribution_prepare replaces by infinity). */
    double minimum, maximum;
    const DistributionPoint *table; /* owned by the distribution, freed by distribution_clear */
    size_t table_count;
    double derived[6]; /* set by distribution_prepare: mu, sigma, constants of the sampler */
} Distribution;

/* Names as scenarios spell them, indexed by kind: "fixed", "uniform", ... */
extern const char *const distribution_kind_names[];
extern const size_t distribution_kind_count;

Distribution distribution_fixed(double value);
/* What an option of a distribution reads as where it was not given: fixed at NAN. */
static inline bool distribution_is_given(const Distribution *distribution) {
    return distribution->kind != DISTRIBUTION_FIXED || !isnan(distribution->a);
}

/* Checks the parameters and computes what sampling needs. Returns NULL, or a static text that says
 * what is wrong with them ("cv must be a number >= 0"). Must be called after the fields are set,
 * before sampling. */
const char *distribution_prepare(Distribution *distribution);
void distribution_clear(Distribution *distribution);

double distribution_sample(const Distribution *distribution, RandomStream *stream);

/* As distribution_sample, rounded to the nearest whole number, at least 1: a token count. */
uint32_t distribution_sample_tokens(const Distribution *distribution, RandomStream *stream);
/* So many of these, one after the other. */
void distribution_sample_all_tokens(const Distribution *distribution, RandomStream *stream,
                                    uint32_t tokens[], size_t count);

/* Mean of the distribution before the cut to [minimum, maximum]. */
double distribution_mean(const Distribution *distribution);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* Distributions as data. distribution_prepare turns what a user states (mean and coefficient of
 * variation) into what a sampler needs, once; sampling is then a switch and allocates nothing.
 * Zipf: W. Hoermann and G. Derflinger, "Rejection-inversion to generate variates from monotone
 * discrete distributions", ACM TOMACS 6(3), 1996. The normal and gamma variates are GSL's. */
#include "engine/distribution.h"

#include "base/assertion.h"

#include <gsl/gsl_randist.h>
#include <stdlib.h>
#include <string.h>

const char *const distribution_kind_names[] = {
    [DISTRIBUTION_FIXED] = "fixed",
    [DISTRIBUTION_UNIFORM] = "uniform",
    [DISTRIBUTION_EXPONENTIAL] = "exponential",
    [DISTRIBUTION_LOGNORMAL] = "lognormal",
    [DISTRIBUTION_GAMMA] = "gamma",
    [DISTRIBUTION_WEIBULL] = "weibull",
    [DISTRIBUTION_ZIPF] = "zipf",
    [DISTRIBUTION_QUANTILES] = "quantiles",
    [DISTRIBUTION_EMPIRICAL] = "empirical",
};

const size_t distribution_kind_count =
    sizeof distribution_kind_names / sizeof distribution_kind_names[0];

/* What derived[] holds, by kind. */
enum { NORMAL_MU = 0, NORMAL_SIGMA = 1 };
enum { GAMMA_SHAPE = 0, GAMMA_SCALE = 1 };
enum { WEIBULL_POWER = 0 };
enum { ZIPF_AREA_FIRST = 0, ZIPF_AREA_LAST = 1, ZIPF_SHORTCUT = 2 };

static const double zipf_most = 1e9;
static const double cv_most = 1e6; /* beyond it the squares lose their meaning */

Distribution distribution_fixed(double value) {
    return (Distribution){.kind = DISTRIBUTION_FIXED, .a = value, .maximum = INFINITY};
}

/* Zipf --------------------------------------------------------------------------------------- */

/* log(1 + x) / x and (e^x - 1) / x, through 0: they carry exponents near 1 without cancelling. */
static double log1p_over(double x) {
    return fabs(x) > 1e-8 ? log1p(x) / x : 1.0 - x / 2.0;
}

static double expm1_over(double x) {
    return fabs(x) > 1e-8 ? expm1(x) / x : 1.0 + x / 2.0;
}

/* The hat's area H(x) = (x^(1-s) - 1) / (1 - s), log x for s = 1, and its inverse. */
static double zipf_area(double exponent, double x) {
    const double log_x = log(x);
    return expm1_over((1.0 - exponent) * log_x) * log_x;
}

static double zipf_area_inverse(double exponent, double area) {
    const double t = fmax(area * (1.0 - exponent), -1.0); /* rounding may pass the pole */
    return exp(log1p_over(t) * area);
}

static void zipf_prepare(Distribution *distribution) {
    const double s = distribution->a;
    distribution->derived[ZIPF_AREA_FIRST] = zipf_area(s, 1.5) - 1.0;
    distribution->derived[ZIPF_AREA_LAST] = zipf_area(s, distribution->b + 0.5);
    distribution->derived[ZIPF_SHORTCUT] =
        2.0 - zipf_area_inverse(s, zipf_area(s, 2.5) - pow(2.0, -s));
}

/* Inverts the hat at a random area, and takes the nearest integer unless the area lies in the part
 * of that integer's column above its probability. */
static double zipf_sample(const Distribution *distribution, RandomStream *stream) {
    const double s = distribution->a;
    const double first = distribution->derived[ZIPF_AREA_FIRST];
    const double last = distribution->derived[ZIPF_AREA_LAST];
    for (;;) {
        const double area = last + random_uniform(stream) * (first - last);
        const double x = zipf_area_inverse(s, area);
        const double k = fmin(fmax(floor(x + 0.5), 1.0), distribution->b);
        if (k - x <= distribution->derived[ZIPF_SHORTCUT] ||
            area >= zipf_area(s, k + 0.5) - pow(k, -s)) {
            return k;
        }
    }
}

/* Sum of k^-s for k = 1..n: directly up to 1000, the rest by Euler and Maclaurin's formula, whose
 * next term is then below rounding. */
static double power_sum(double s, double n) {
    const double direct = fmin(n, 1000.0);
    double sum = 0.0;
    for (double k = direct; k >= 1.0; k--) {
        sum += pow(k, -s);
    }
    if (n == direct) {
        return sum;
    }
    const double m = direct;
    const double at_m = pow(m, -s), at_n = pow(n, -s);
    const double slope = s * (at_m / m - at_n / n);
    const double bend = s * (s + 1.0) * (s + 2.0) * (at_m / (m * m * m) - at_n / (n * n * n));
    const double integral = m * at_m * expm1_over((1.0 - s) * log(n / m)) * log(n / m);
    return sum + integral + (at_n - at_m) / 2.0 + slope / 12.0 - bend / 720.0;
}

/* Checks ------------------------------------------------------------------------------------- */

static bool is_amount(double x) {
    return x >= 0.0 && x <= 1e300;
}

static const char *table_check(const Distribution *distribution) {
    const DistributionPoint *table = distribution->table;
    const size_t count = distribution->table_count;
    const bool quantiles = distribution->kind == DISTRIBUTION_QUANTILES;
    if (table == NULL || count < (quantiles ? 2 : 1)) {
        return quantiles ? "a quantile table needs at least two points"
                         : "an empirical distribution needs at least one value";
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_amount(table[i].value)) {
            return "values must be numbers >= 0";
        }
        if (quantiles && i > 0 && !(table[i].probability > table[i - 1].probability)) {
            return "probabilities must rise";
        }
        if (quantiles && i > 0 && table[i].value < table[i - 1].value) {
            return "values must not fall as probabilities rise";
        }
    }
    if (quantiles && (table[0].probability != 0.0 || table[count - 1].probability != 1.0)) {
        return "probabilities must begin at 0 and end at 1";
    }
    return NULL;
}

static const char *parameters_check(const Distribution *distribution) {
    const double a = distribution->a, b = distribution->b;
    switch (distribution->kind) {
    case DISTRIBUTION_FIXED: return is_amount(a) ? NULL : "value must be a number >= 0";
    case DISTRIBUTION_UNIFORM:
        return a >= 0.0 && a <= b && is_amount(b) ? NULL
                                                  : "bounds must be numbers, 0 <= min <= max";
    case DISTRIBUTION_EXPONENTIAL: return is_amount(a) ? NULL : "mean must be a number >= 0";
    case DISTRIBUTION_LOGNORMAL:
    case DISTRIBUTION_GAMMA:
        if (!is_amount(a)) {
            return "mean must be a number >= 0";
        }
        return b >= 0.0 && b <= cv_most ? NULL : "cv must be a number from 0 to 1000000";
    case DISTRIBUTION_WEIBULL:
        if (!is_amount(a)) {
            return "scale must be a number >= 0";
        }
        return b > 0.0 && isfinite(b) ? NULL : "shape must be a number > 0";
    case DISTRIBUTION_ZIPF:
        if (!(a > 0.0) || !isfinite(a)) {
            return "exponent must be a number > 0";
        }
        return b >= 1.0 && b <= zipf_most && b == floor(b)
                   ? NULL
                   : "the largest value must be a whole number from 1 to 1000000000";
    case DISTRIBUTION_QUANTILES:
    case DISTRIBUTION_EMPIRICAL: return table_check(distribution);
    }
    return "unknown kind of distribution";
}

static const char *cut_check(const Distribution *distribution) {
    if (!is_amount(distribution->minimum)) {
        return "min must be a number >= 0";
    }
    return distribution->maximum >= distribution->minimum ? NULL : "max must be at least min";
}

static void derive(Distribution *distribution) {
    const double a = distribution->a, b = distribution->b;
    double *derived = distribution->derived;
    memset(derived, 0, sizeof distribution->derived);
    switch (distribution->kind) {
    case DISTRIBUTION_LOGNORMAL:
        derived[NORMAL_SIGMA] = sqrt(log1p(b * b));
        derived[NORMAL_MU] = log(a) - log1p(b * b) / 2.0;
        break;
    case DISTRIBUTION_GAMMA: /* b = 0 is drawn as fixed */
        derived[GAMMA_SHAPE] = 1.0 / (b * b);
        derived[GAMMA_SCALE] = a * (b * b);
        break;
    case DISTRIBUTION_WEIBULL: derived[WEIBULL_POWER] = 1.0 / b; break;
    case DISTRIBUTION_ZIPF: zipf_prepare(distribution); break;
    default: break;
    }
}

const char *distribution_prepare(Distribution *distribution) {
    if (distribution->maximum == 0.0) {
        distribution->maximum = INFINITY; /* as an initialiser leaves it */
    }
    const char *wrong = parameters_check(distribution);
    if (wrong == NULL) {
        wrong = cut_check(distribution);
    }
    if (wrong != NULL) {
        return wrong;
    }
    if (!isfinite(distribution_mean(distribution))) {
        return "the mean is not finite"; /* Weibull of a tiny shape */
    }
    derive(distribution);
    return NULL;
}

void distribution_clear(Distribution *distribution) {
    free((void *)distribution->table);
    *distribution = distribution_fixed(0.0);
}

/* Draws -------------------------------------------------------------------------------------- */

static double quantiles_sample(const Distribution *distribution, RandomStream *stream) {
    const DistributionPoint *table = distribution->table;
    const double u = random_uniform(stream);
    size_t low = 0, high = distribution->table_count - 1; /* low's probability <= u < high's */
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (table[middle].probability <= u) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const double width = table[high].probability - table[low].probability;
    const double share = (u - table[low].probability) / width;
    return table[low].value + share * (table[high].value - table[low].value);
}

/* exp(mu + sigma z), the ziggurat being 4 times faster than gsl_ran_lognormal (engine.md, 1). */
static double lognormal_sample(const Distribution *distribution, RandomStream *stream) {
    const double sigma = distribution->derived[NORMAL_SIGMA];
    if (sigma == 0.0) {
        return distribution->a; /* exactly, and without a draw */
    }
    return exp(distribution->derived[NORMAL_MU] + sigma * random_normal(stream));
}

static double gamma_sample(const Distribution *distribution, RandomStream *stream) {
    const double shape = distribution->derived[GAMMA_SHAPE];
    if (!(shape < 1e30)) {
        return distribution->a; /* cv = 0, or as good as */
    }
    asim_assert(stream->gsl.state == stream->state);
    return gsl_ran_gamma(&stream->gsl, shape, distribution->derived[GAMMA_SCALE]);
}

static double uncut_sample(const Distribution *distribution, RandomStream *stream) {
    const double a = distribution->a, b = distribution->b;
    switch (distribution->kind) {
    case DISTRIBUTION_FIXED: return a;
    case DISTRIBUTION_UNIFORM: return a + (b - a) * random_uniform(stream);
    case DISTRIBUTION_EXPONENTIAL: return a * random_exponential(stream);
    case DISTRIBUTION_LOGNORMAL: return lognormal_sample(distribution, stream);
    case DISTRIBUTION_GAMMA: return gamma_sample(distribution, stream);
    case DISTRIBUTION_WEIBULL:
        return a * pow(random_exponential(stream), distribution->derived[WEIBULL_POWER]);
    case DISTRIBUTION_ZIPF: return zipf_sample(distribution, stream);
    case DISTRIBUTION_QUANTILES: return quantiles_sample(distribution, stream);
    case DISTRIBUTION_EMPIRICAL:
        return distribution->table[random_below(stream, distribution->table_count)].value;
    }
    return a;
}

static inline double cut(const Distribution *distribution, double value) {
    if (value < distribution->minimum) {
        return distribution->minimum;
    }
    return value > distribution->maximum ? distribution->maximum : value;
}

double distribution_sample(const Distribution *distribution, RandomStream *stream) {
    asim_assert(distribution->maximum > 0.0); /* distribution_prepare forgotten? */
    return cut(distribution, uncut_sample(distribution, stream));
}

static inline uint32_t whole_tokens(double value) {
    const double tokens = value + 0.5;
    if (tokens < 1.0) {
        return 1;
    }
    return tokens < 4294967296.0 ? (uint32_t)tokens : UINT32_MAX;
}

uint32_t distribution_sample_tokens(const Distribution *distribution, RandomStream *stream) {
    return whole_tokens(distribution_sample(distribution, stream));
}

void distribution_sample_all_tokens(const Distribution *distribution, RandomStream *stream,
                                    uint32_t tokens[], size_t count) {
    asim_assert(distribution->maximum > 0.0);
    if (distribution->kind != DISTRIBUTION_LOGNORMAL) {
        for (size_t i = 0; i < count; i++) {
            tokens[i] = distribution_sample_tokens(distribution, stream);
        }
        return;
    }
    const Distribution own = *distribution; /* that the compiler knows nobody changes */
    for (size_t i = 0; i < count; i++) {
        tokens[i] = whole_tokens(cut(&own, lognormal_sample(&own, stream)));
    }
}

/* Means -------------------------------------------------------------------------------------- */

static double table_mean(const Distribution *distribution) {
    const DistributionPoint *table = distribution->table;
    const size_t count = distribution->table_count;
    double sum = 0.0;
    if (distribution->kind == DISTRIBUTION_EMPIRICAL) {
        for (size_t i = 0; i < count; i++) {
            sum += table[i].value;
        }
        return sum / (double)count;
    }
    for (size_t i = 1; i < count; i++) {
        const double width = table[i].probability - table[i - 1].probability;
        sum += width * (table[i].value + table[i - 1].value) / 2.0;
    }
    return sum;
}

double distribution_mean(const Distribution *distribution) {
    const double a = distribution->a, b = distribution->b;
    switch (distribution->kind) {
    case DISTRIBUTION_UNIFORM: return (a + b) / 2.0;
    case DISTRIBUTION_WEIBULL: return a * tgamma(1.0 + 1.0 / b);
    case DISTRIBUTION_ZIPF: return power_sum(a - 1.0, b) / power_sum(a, b);
    case DISTRIBUTION_QUANTILES:
    case DISTRIBUTION_EMPIRICAL: return table_mean(distribution);
    case DISTRIBUTION_FIXED:
    case DISTRIBUTION_EXPONENTIAL:
    case DISTRIBUTION_LOGNORMAL:
    case DISTRIBUTION_GAMMA: break;
    }
    return a;
}

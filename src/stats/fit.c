// SPDX-License-Identifier: GPL-3.0-or-later
/* Maximum likelihood in one unknown: Gamma and Weibull each have an equation for the shape, whose
 * root is sought in its logarithm; the scale follows. An interrupted Poisson process has gaps of
 * two exponential phases (Kuczura 1973). */
#include "stats/fit.h"

#include "base/memory.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

typedef struct Sample {
    const double *values;
    size_t count;
    double mean, mean_log, largest;
} Sample;

static double mean_log(const double values[], size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += log(values[i]);
    }
    return sum / (double)count;
}

/* Roots ---------------------------------------------------------------------------------------- */

/* log k - psi(k) = log mean - mean log */
static double gamma_equation(double log_shape, void *sample_) {
    const Sample *sample = sample_;
    return log_shape - gsl_sf_psi(exp(log_shape)) - (log(sample->mean) - sample->mean_log);
}

/* sum x^k log x / sum x^k - 1/k = mean log, with x relative to the largest so that x^k <= 1 */
static double weibull_equation(double log_shape, void *sample_) {
    const Sample *sample = sample_;
    const double shape = exp(log_shape), log_largest = log(sample->largest);
    double powers = 0, weighted = 0;
    for (size_t i = 0; i < sample->count; i++) {
        const double relative = log(sample->values[i]) - log_largest;
        const double power = exp(shape * relative);
        powers += power;
        weighted += power * relative;
    }
    return weighted / powers + log_largest - 1 / shape - sample->mean_log;
}

/* The shape at which the equation, which has one root, is 0; false if none lies in 1e-4 .. 1e6. */
static bool solve_shape(double (*equation)(double, void *), Sample *sample, double *shape) {
    gsl_function to_solve = {.function = equation, .params = sample};
    double low = log(1e-4), high = log(1e6);
    const double at_low = equation(low, sample), at_high = equation(high, sample);
    if (!(at_low * at_high < 0)) {
        return false;
    }
    gsl_root_fsolver *solver = memory_checked(gsl_root_fsolver_alloc(gsl_root_fsolver_brent));
    bool found = gsl_root_fsolver_set(solver, &to_solve, low, high) == GSL_SUCCESS;
    int status = GSL_CONTINUE;
    for (int i = 0; found && status == GSL_CONTINUE && i < 200; i++) {
        found = gsl_root_fsolver_iterate(solver) == GSL_SUCCESS;
        low = gsl_root_fsolver_x_lower(solver);
        high = gsl_root_fsolver_x_upper(solver);
        status = gsl_root_test_interval(low, high, 1e-10, 0);
    }
    *shape = exp(gsl_root_fsolver_root(solver));
    gsl_root_fsolver_free(solver);
    return found && status == GSL_SUCCESS;
}

/* Families ---------------------------------------------------------------------------------------
 */

static void fit_gamma(Fit *fit, Sample *sample) {
    fit->converged = solve_shape(gamma_equation, sample, &fit->a);
    fit->b = sample->mean / fit->a;
}

static void fit_weibull(Fit *fit, Sample *sample) {
    fit->converged = solve_shape(weibull_equation, sample, &fit->a);
    double powers = 0;
    for (size_t i = 0; i < sample->count; i++) {
        powers += pow(sample->values[i] / sample->largest, fit->a);
    }
    fit->b = sample->largest * pow(powers / (double)sample->count, 1 / fit->a);
}

static void fit_lognormal(Fit *fit, const Sample *sample) {
    double squares = 0;
    for (size_t i = 0; i < sample->count; i++) {
        const double off = log(sample->values[i]) - sample->mean_log;
        squares += off * off;
    }
    fit->a = sample->mean_log;
    fit->b = sqrt(squares / (double)sample->count);
    fit->converged = fit->b > 0;
}

Fit fit_family(FitFamily family, const double values[], size_t count) {
    Fit fit = {.family = family, .a = NAN, .b = NAN, .log_likelihood = NAN, .aic = NAN, .ks = NAN};
    if (count < 2 || !(values[0] > 0) || !(values[count - 1] > values[0])) {
        return fit;
    }
    Sample sample = {.values = values,
                     .count = count,
                     .mean = gsl_stats_mean(values, 1, count),
                     .mean_log = mean_log(values, count),
                     .largest = values[count - 1]};
    switch (family) {
    case FIT_EXPONENTIAL:
        fit.a = sample.mean;
        fit.converged = true;
        break;
    case FIT_GAMMA: fit_gamma(&fit, &sample); break;
    case FIT_WEIBULL: fit_weibull(&fit, &sample); break;
    case FIT_LOGNORMAL: fit_lognormal(&fit, &sample); break;
    case FIT_ON_OFF:
    case FIT_FAMILIES: break;
    }
    if (fit.converged) {
        fit_judge(&fit, values, count);
    }
    return fit;
}

/* Goodness ---------------------------------------------------------------------------------------
 */

typedef struct TwoPhases {
    double fast, slow; /* rates of the phases */
    double share;      /* of gaps in the fast one */
} TwoPhases;

static TwoPhases on_off_phases(const Fit *fit) {
    const double rate = fit->a, leave = 1 / fit->b, come = 1 / fit->c;
    const double sum = rate + leave + come;
    const double root = sqrt(fmax(sum * sum - 4 * rate * come, 0));
    TwoPhases phases = {.fast = (sum + root) / 2};
    phases.slow = rate * come / phases.fast; /* the product of both: no cancellation */
    phases.share = (rate - phases.slow) / (phases.fast - phases.slow);
    return phases;
}

double fit_density_log(const Fit *fit, double x) {
    const double a = fit->a, b = fit->b;
    switch (fit->family) {
    case FIT_EXPONENTIAL: return -log(a) - x / a;
    case FIT_GAMMA: return (a - 1) * log(x) - x / b - gsl_sf_lngamma(a) - a * log(b);
    case FIT_WEIBULL: return log(a / b) + (a - 1) * log(x / b) - pow(x / b, a);
    case FIT_LOGNORMAL: {
        const double z = (log(x) - a) / b;
        return -z * z / 2 - log(x * b) - 0.91893853320467274178; /* log sqrt(2 pi) */
    }
    case FIT_ON_OFF: {
        const TwoPhases p = on_off_phases(fit);
        return log(p.share * p.fast * exp(-p.fast * x) + (1 - p.share) * p.slow * exp(-p.slow * x));
    }
    case FIT_FAMILIES: break;
    }
    return NAN;
}

double fit_distribution(const Fit *fit, double x) {
    switch (fit->family) {
    case FIT_EXPONENTIAL: return -expm1(-x / fit->a);
    case FIT_GAMMA: return gsl_cdf_gamma_P(x, fit->a, fit->b);
    case FIT_WEIBULL: return -expm1(-pow(x / fit->b, fit->a));
    case FIT_LOGNORMAL: return gsl_cdf_lognormal_P(x, fit->a, fit->b);
    case FIT_ON_OFF: {
        const TwoPhases p = on_off_phases(fit);
        return -p.share * expm1(-p.fast * x) - (1 - p.share) * expm1(-p.slow * x);
    }
    case FIT_FAMILIES: break;
    }
    return NAN;
}

void fit_judge(Fit *fit, const double sample[], size_t count) {
    static const double parameters[FIT_FAMILIES] = {1, 2, 2, 2, 3};
    double likelihood = 0, distance = 0;
    for (size_t i = 0; i < count; i++) {
        likelihood += fit_density_log(fit, sample[i]);
    }
    /* Ties step together: the sample's function jumps once, from below the first to the last. */
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && !(sample[next] > sample[i]); next++) {
        }
        const double model = fit_distribution(fit, sample[i]);
        const double below = model - (double)i / (double)count;
        const double above = (double)next / (double)count - model;
        distance = fmax(distance, fmax(below, above));
    }
    fit->log_likelihood = likelihood;
    fit->aic = 2 * parameters[fit->family] - 2 * likelihood;
    fit->ks = distance;
}

size_t fit_lift_zeros(double sample[], size_t count) {
    size_t zeros = 0;
    while (zeros < count && !(sample[zeros] > 0)) {
        zeros++;
    }
    for (size_t i = 0; i < zeros && zeros < count; i++) {
        sample[i] = sample[zeros] / 2;
    }
    return zeros;
}

double fit_quantile(const double sample[], size_t count, double probability) {
    return gsl_stats_quantile_from_sorted_data(sample, 1, count, probability);
}

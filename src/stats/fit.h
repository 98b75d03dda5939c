// SPDX-License-Identifier: GPL-3.0-or-later
/* Distributions fitted to a sample by maximum likelihood (GSL's root finders and special
 * functions), each with how well it fits. Samples are sorted, in rising order. */
#ifndef STATS_FIT_H
#define STATS_FIT_H

#include <stdbool.h>
#include <stddef.h>

typedef enum FitFamily {
    FIT_EXPONENTIAL, /* a: mean */
    FIT_GAMMA,       /* a: shape, b: scale */
    FIT_WEIBULL,     /* a: shape, b: scale */
    FIT_LOGNORMAL,   /* a: mu, b: sigma, of the logarithm */
    FIT_ON_OFF,      /* gaps of an interrupted Poisson process: a: rate while on, b: mean time on,
                        c: mean time off */
    FIT_FAMILIES
} FitFamily;

typedef struct Fit {
    FitFamily family;
    double a, b, c;
    bool converged;
    double log_likelihood; /* natural, of the whole sample */
    double aic;            /* 2 x parameters - 2 x log-likelihood: the smaller the better */
    double ks;             /* the largest distance between the two distribution functions */
} Fit;

/* Fits one of the first four families. sample[0] > 0, count >= 2 and not all alike, or the fit has
 * not converged. */
Fit fit_family(FitFamily family, const double sample[], size_t count);

/* Judges given parameters on the sample; family, a, b, c are set. */
void fit_judge(Fit *fit, const double sample[], size_t count);

double fit_density_log(const Fit *fit, double x);
double fit_distribution(const Fit *fit, double x);

/* Gaps of 0, ties of the clock's resolution, have no density; they are taken as half of the
 * smallest gap above 0. Returns how many there were. */
size_t fit_lift_zeros(double sample[], size_t count);

/* The quantile of a sorted sample, linear between its values. */
double fit_quantile(const double sample[], size_t count, double probability);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* Models of a stream of requests, fitted in one pass and bounded memory: gaps and lengths from a
 * sample of fixed size, bursts and the day's course from all of it. */
#ifndef STATS_TRAFFIC_FIT_H
#define STATS_TRAFFIC_FIT_H

#include "autoscale_sim/traffic_source.h"
#include "engine/random.h"

#include <stdbool.h>
#include <stddef.h>

/* Samples -------------------------------------------------------------------------------------- */

/* A uniform sample of bounded size out of a stream of unknown length (Vitter's algorithm R), the
 * same for the same stream: its random stream has a fixed seed. */
typedef struct Reservoir {
    double *values; /* owned */
    size_t count, room;
    uint64_t seen;
    RandomStream stream;
} Reservoir;

/* name tells it from other samples of the same stream. Must not be moved afterwards. */
void reservoir_init(Reservoir *reservoir, size_t room, const char *name);
void reservoir_clear(Reservoir *reservoir);
void reservoir_add(Reservoir *reservoir, double value);

/* Bursts and pauses ---------------------------------------------------------------------------- */

/* A gap of at least a threshold is a pause, what lies between two pauses is a burst, for several
 * thresholds at once, in one pass. */
enum { BURSTS_THRESHOLDS = 16 };

typedef struct Bursts {
    sim_time threshold;
    uint64_t bursts, pauses;   /* that are over */
    double on_s, on_squares;   /* sums over the bursts' lengths, first to last arrival */
    double off_s, off_squares; /* over the pauses */
    sim_time begin;            /* of the burst in hand */
} Bursts;

typedef struct BurstScan {
    Bursts by_threshold[BURSTS_THRESHOLDS]; /* thresholds rising */
    size_t count;
    uint64_t arrivals;
    sim_time last;
} BurstScan;

/* Coefficients of variation; 0 with fewer than two. */
double bursts_on_cv(const Bursts *bursts);
double bursts_off_cv(const Bursts *bursts);

/* Distributions -------------------------------------------------------------------------------- */

/* By maximum likelihood (GSL's root finders and special functions), each with how well it fits.
 * Samples are sorted, in rising order. */
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

double fit_density_log(const Fit *fit, double x);
double fit_distribution(const Fit *fit, double x);

/* Gaps of 0, ties of the clock's resolution, have no density; they are taken as half of the
 * smallest gap above 0. Returns how many there were. */
size_t fit_lift_zeros(double sample[], size_t count);

/* The quantile of a sorted sample, linear between its values. */
double fit_quantile(const double sample[], size_t count, double probability);

/* The course of a day -------------------------------------------------------------------------- */

/* How a rate follows the time of day: quarters of an hour counted in one pass, then harmonics of
 * 24 h fitted to them by least squares, and a table of hours. */
enum { DAILY_HARMONICS = 3, DAILY_HOURS = 24 };

/* Requests per quarter of an hour of the calendar. */
typedef struct DailyCounts {
    int64_t start_s;  /* calendar instant of the source's time 0, s since 1970 */
    int64_t first;    /* quarter of the first arrival, since 1970 */
    uint64_t *counts; /* owned */
    size_t used, room;
    sim_time begin, end; /* first and last arrival */
    /* How requests per 10 s vary within quarters of an hour. */
    int64_t ten; /* the 10 s in hand, since 1970 */
    uint64_t in_ten;
    double quarter_sum, quarter_squares;
    double residual, expected; /* sums of squares: found, and of a Poisson process */
} DailyCounts;

typedef struct DailyProfile {
    bool known;             /* every hour of the day is covered by whole quarters */
    double mean_rate_per_s; /* on weekdays; on all days when there are not both kinds */
    double amplitudes[DAILY_HARMONICS], peak_hours[DAILY_HARMONICS];
    double harmonics_r2;
    bool has_weekend;
    double weekend_factor;
    double hourly_rates[DAILY_HOURS];
    double hourly_r2;
    size_t quarters;   /* that the fit rests on */
    double dispersion; /* of requests per 10 s around the quarter's mean; 1: Poisson */
} DailyProfile;

/* All of it ------------------------------------------------------------------------------------ */

#define TRAFFIC_FIT_SAMPLE 200000

enum { TRAFFIC_FIT_RENEWALS = 3 }; /* exponential, Gamma, Weibull */

/* Token lengths of prompts or outputs. */
typedef struct LengthFit {
    Reservoir sample; /* sorted */
    Fit lognormal, exponential;
} LengthFit;

typedef struct TrafficFit {
    uint64_t requests;
    sim_time first, last;
    Reservoir gaps;   /* s; sorted by traffic_fit_end */
    size_t tied_gaps; /* of the sample that were 0 */
    Fit renewals[TRAFFIC_FIT_RENEWALS];
    BurstScan scan;
    const Bursts *bursts; /* of the threshold that fits best, or NULL: no pauses; in scan */
    Fit on_off;
    DailyCounts daily;
    DailyProfile profile;
    LengthFit prompt_tokens, output_tokens;
} TrafficFit;

/* start_s: the calendar instant of the arrivals' time 0. threshold: of pauses; 0: the one that
 * fits best. */
void traffic_fit_init(TrafficFit *fit, int64_t start_s, sim_time threshold);
void traffic_fit_clear(TrafficFit *fit);
void traffic_fit_add(TrafficFit *fit, const asim_arrival *block, size_t count);
/* weekdays: the calendar is real. lengths: the arrivals have token counts of their own. */
void traffic_fit_end(TrafficFit *fit, bool weekdays, bool lengths);

/* Requests per second from the first to the last. */
double traffic_fit_rate(const TrafficFit *fit);

#endif

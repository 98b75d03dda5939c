// SPDX-License-Identifier: GPL-3.0-or-later
/* The fit: a profile whose replay of a log comes as near as can be to what the log tells.
 *
 * What is minimised is a mean over requests of Huber's loss of ln(replayed / told), of TTFT, TPOT
 * and E2E alike, so that outliers count little; and the same of the mean and the median over
 * requests, which the scatter of single requests would leave open. Coefficients are sought as
 * logarithms, by Gauss and Newton's steps along their valleys and by Nelder and Mead's simplex
 * (GSL's nmsimplex2) in turn, until neither gains much: a replay is not smooth in them, for a
 * request that just misses an iteration waits for the next. A faint pull towards where the search
 * began keeps what the log does not tell from running away. */
#ifndef EXPERIMENT_CALIBRATION_FIT_H
#define EXPERIMENT_CALIBRATION_FIT_H

#include "experiment/calibration_log.h"

#include <signal.h>

enum { FIT_COEFFICIENTS = 8 }; /* at most */

/* What is fitted, of the profile's options: c0_ms first, then what is per something, then
 * request_overhead. Those that a profile may do without are fitted if the start has them. */
const Option *fit_coefficient(size_t number);
/* In ms. */
double fit_coefficient_ms(const Profile *profile, size_t number);

/* A replay: a stretch of the log, or one of its points. */
typedef struct FitCase {
    ReplayRequest *requests;
    ReplayOutcome *outcomes;
    size_t count;
    size_t told;  /* the first so many are the log's; the others, which go on like these, are not */
    size_t first; /* number of the first in the log's requests, or of the point */
    uint32_t concurrency;
} FitCase;

typedef struct Fit {
    const CalibrationLog *log; /* lent */
    bool goes_on; /* the log is cut out of a longer run: more requests followed those it has */
    FitCase *cases;
    size_t case_count, case_room;
    size_t observed;                   /* requests, or points */
    double (*seconds)[LOGGED_METRICS]; /* of the last replay, by number; INFINITY: it was refused */
    bool is_fixed[FIT_COEFFICIENTS];   /* the user's, or of no meaning for this model */
    double anchor[FIT_COEFFICIENTS];   /* ln ms: the start, at the speed that suits the log */
    double overhead_most_ms;           /* a share of what the quickest first token took */
    double *sorted;                    /* for quantiles: (value, weight) */
    const double *weights;             /* by number; lent while minimising */
    Profile at;                        /* limits, and what is fixed */
    const volatile sig_atomic_t *stop; /* lent; NULL: nothing stops it */
    size_t evaluations;
} Fit;

/* What is told of a metric over some of the requests or points. */
typedef struct FitFigures {
    double mean, p50, p95;
    size_t count;
} FitFigures;

/* fixed: by coefficient, the user's. Only what has a meaning for the profile is fitted. */
void fit_init(Fit *fit, const CalibrationLog *log, bool goes_on, const Profile *start,
              const bool fixed[FIT_COEFFICIENTS], const volatile sig_atomic_t *stop);
void fit_clear(Fit *fit);

/* Replays all; watch as replay_run has it. */
void fit_replay(Fit *fit, const Profile *profile, ReplayWatch watch);
/* How far the last replay is from the log, by these weights; 0 = none. */
double fit_loss(Fit *fit, const double weights[]);

typedef enum FitEffort {
    FIT_GLANCE,  /* one simplex, soon given up: enough to compare limits */
    FIT_ONCE,    /* from where the profile is */
    FIT_THOROUGH /* from several places, at the speed that suits the log best */
} FitEffort;

/* From its coefficients on, the best for these weights; all else stays as it is. Returns the loss.
 */
double fit_minimise(Fit *fit, const double weights[], FitEffort effort, Profile *profile);

/* The covariance of the logarithms of what is fitted (row by row; of what is fixed 0), by how the
 * replay answers to each of them and how far it is from the log. Requests are looked at in groups,
 * one after another, for the scatter of single ones is no answer. shares: of the computing time
 * that each coefficient has. */
void fit_covariance(Fit *fit, const Profile *profile, const double shares[FIT_COEFFICIENTS],
                    double covariance[FIT_COEFFICIENTS][FIT_COEFFICIENTS]);

/* Of the log, or of the last replay, over what has a weight and is there in both. */
FitFigures fit_figures(Fit *fit, const double weights[], LoggedMetric metric, bool replayed);

#endif

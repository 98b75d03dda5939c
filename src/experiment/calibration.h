// SPDX-License-Identifier: GPL-3.0-or-later
/* A profile from a log: which limits of the scheduler the log shows, the coefficients, how well
 * they foretell requests that were not looked at, how well each is known, and for which load all
 * of it may be believed. */
#ifndef EXPERIMENT_CALIBRATION_H
#define EXPERIMENT_CALIBRATION_H

#include "experiment/calibration_fit.h"
#include "scenario/catalogue.h"

/* Limits that a log may show. */
typedef enum CalibratedLimit {
    LIMIT_SLOTS,
    LIMIT_BUDGET,
    LIMIT_KV,
    CALIBRATED_LIMITS
} CalibratedLimit;

/* Of the profile's options. */
const Option *calibrated_limit(CalibratedLimit limit);

/* Why a limit is what it is. */
typedef enum LimitOrigin {
    LIMIT_GIVEN,   /* the user's */
    LIMIT_DEFAULT, /* the catalogue's, or an engine's default: the log does not speak against it */
    LIMIT_LOGGED,  /* the log shows it */
    LIMIT_LARGEST  /* nobody knows it: the most that the log has is within it */
} LimitOrigin;

typedef enum CalibrationSplit {
    SPLIT_TIME,    /* fitted to the first half by time */
    SPLIT_REQUEST, /* fitted to every other request */
    CALIBRATION_SPLITS
} CalibrationSplit;

typedef enum CalibrationPart { PART_FITTED, PART_HELD_OUT, CALIBRATION_PARTS } CalibrationPart;

/* One metric over one part. */
typedef struct CalibrationCheck {
    FitFigures told, fitted, begun; /* begun: by the profile that the search began with */
} CalibrationCheck;

typedef struct CalibratedCoefficient {
    bool is_fitted;
    double begun_ms, fitted_ms;
    double low_ms, high_ms; /* of a 90 % interval; NAN: not fitted */
    double share;           /* of the time that the replica computes */
} CalibratedCoefficient;

/* Two coefficients of which the log tells only what they do together. */
typedef struct CalibratedPair {
    size_t a, b;
    double correlation; /* of their logarithms */
} CalibratedPair;

enum { PAIRS_MOST = FIT_COEFFICIENTS * (FIT_COEFFICIENTS - 1) / 2 };

typedef struct CalibrationSettings {
    Profile start;
    bool is_fixed[FIT_COEFFICIENTS];
    bool is_given[CALIBRATED_LIMITS];
    bool first_half_only; /* the profile is the one fitted to the first half by time */
    const volatile sig_atomic_t *stop;
} CalibrationSettings;

typedef struct CalibrationResult {
    Profile begun; /* the start, with the limits that were found */
    Profile fitted;
    LimitOrigin origins[CALIBRATED_LIMITS];
    bool goes_on; /* requests that are not in the log followed those that are */
    CalibrationCheck checks[CALIBRATION_SPLITS][CALIBRATION_PARTS][LOGGED_METRICS];
    CalibratedCoefficient coefficients[FIT_COEFFICIENTS];
    CalibratedPair pairs[PAIRS_MOST];
    size_t pair_count;
    ProfileRange range;
    size_t replays;
} CalibrationResult;

/* Is its interval so wide that the upper end is twice the lower? */
bool calibrated_is_vague(const CalibratedCoefficient *coefficient);

/* False when it was stopped. */
bool calibrate(const CalibrationLog *log, const CalibrationSettings *settings,
               CalibrationResult *result);

#endif

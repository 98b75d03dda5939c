// SPDX-License-Identifier: GPL-3.0-or-later
/* What a benchmark of one replica has recorded: requests with what their clients saw, or operating
 * points with means over many requests. Formats are told by their keys; names and units are one
 * table (calibration_log.c). */
#ifndef EXPERIMENT_CALIBRATION_LOG_H
#define EXPERIMENT_CALIBRATION_LOG_H

#include "base/error.h"
#include "cluster/replay.h"

#include <signal.h>

/* What is compared. TPOT: mean time from one token to the next, after the first. */
typedef enum LoggedMetric { LOGGED_TTFT, LOGGED_TPOT, LOGGED_E2E, LOGGED_METRICS } LoggedMetric;

extern const char *const logged_metric_names[LOGGED_METRICS]; /* "TTFT", ... */

typedef struct LoggedRequest {
    ReplayRequest request;          /* its arrival counted from the first of the log */
    double seconds[LOGGED_METRICS]; /* NAN: not known, or (TPOT of one token) there is none */
    uint32_t stretch;               /* which of the log's benchmarks it is of, from 0 */
} LoggedRequest;

/* An operating point: requests alike, at a rate or so many at a time, until things are steady. */
typedef struct LoggedPoint {
    double rate_per_s;  /* NAN: a closed loop */
    double concurrency; /* of a closed loop: on the way all the time */
    double prompt_mean, prompt_sd, output_mean, output_sd;
    double requests;                /* that ended; NAN: not known */
    double duration_s;              /* in which they did; NAN: not known */
    double seconds[LOGGED_METRICS]; /* means */
} LoggedPoint;

typedef struct CalibrationLog {
    const char *format;      /* static */
    LoggedRequest *requests; /* of each stretch in order of arrival */
    size_t count, room;
    size_t stretches;
    LoggedPoint *points;
    size_t point_count, point_room;
    size_t left_out; /* rows that failed, were cut off, or lack a time */
    bool bare_times; /* some key has times without saying their unit */
    bool two_clocks; /* arrivals and tokens were told by different clocks */
} CalibrationLog;

/* What a fit needs at least. */
enum { LOGGED_REQUESTS_LEAST = 20, LOGGED_POINTS_LEAST = 4 };

/* Reads a file, which may be gzipped, or standard input ("-"). bare_unit_s: seconds of one unit of
 * times whose key does not say the unit. Once *stop is set (stop may be NULL) reading fails,
 * without an error. False after adding an error; the log is to be cleared either way. */
bool calibration_log_read(CalibrationLog *log, const char *path, double bare_unit_s,
                          const volatile sig_atomic_t *stop, ErrorList *errors);
void calibration_log_clear(CalibrationLog *log);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* rate(h) = mean x (1 + sum over k of A_k cos(2 pi k (h - p_k) / 24)), linear in a cosine and a
 * sine per harmonic: GSL's linear least squares. R^2 is over the quarters of the days fitted. */
#include "stats/daily_profile.h"

#include "base/memory.h"

#include <gsl/gsl_multifit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define QUARTER_S 900
#define QUARTERS_PER_DAY 96
#define TURN 6.283185307179586
enum { COEFFICIENTS = 1 + 2 * DAILY_HARMONICS };

void daily_counts_init(DailyCounts *counts, int64_t start_s) {
    *counts = (DailyCounts){.start_s = start_s};
}

void daily_counts_clear(DailyCounts *counts) {
    free(counts->counts);
    counts->counts = NULL;
}

static int64_t quarter_of(const DailyCounts *counts, sim_time time) {
    return (counts->start_s + time / SIM_TIME_SECOND) / QUARTER_S;
}

static void make_room(DailyCounts *counts, size_t index) {
    if (index >= counts->room) {
        const size_t room = index * 2 + 1024;
        counts->counts = memory_resize(counts->counts, room, sizeof counts->counts[0]);
        memset(&counts->counts[counts->room], 0, (room - counts->room) * sizeof counts->counts[0]);
        counts->room = room;
    }
    counts->used = index + 1;
}

/* Dispersion --------------------------------------------------------------------------------------
 */

#define TENS_PER_QUARTER 90

static void end_ten(DailyCounts *counts) {
    const double in_ten = (double)counts->in_ten;
    counts->quarter_sum += in_ten;
    counts->quarter_squares += in_ten * in_ten;
    counts->in_ten = 0;
}

void daily_counts_end(DailyCounts *counts) {
    end_ten(counts);
    const double mean = counts->quarter_sum / TENS_PER_QUARTER;
    counts->residual += counts->quarter_squares - TENS_PER_QUARTER * mean * mean;
    counts->expected += (TENS_PER_QUARTER - 1) * mean;
    counts->quarter_sum = counts->quarter_squares = 0;
}

static inline void add_to_ten(DailyCounts *counts, sim_time time) {
    const int64_t ten = (counts->start_s + time / SIM_TIME_SECOND) / 10;
    if (ten != counts->ten) {
        if (ten / TENS_PER_QUARTER != counts->ten / TENS_PER_QUARTER) {
            daily_counts_end(counts);
        } else {
            end_ten(counts);
        }
        counts->ten = ten;
    }
    counts->in_ten++;
}

void daily_counts_add(DailyCounts *counts, const asim_arrival *block, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const int64_t quarter = quarter_of(counts, block[i].time);
        if (counts->used == 0) {
            counts->first = quarter;
            counts->begin = block[i].time;
            counts->ten = (counts->start_s + block[i].time / SIM_TIME_SECOND) / 10;
        }
        const size_t index = (size_t)(quarter - counts->first);
        if (index >= counts->used) {
            make_room(counts, index);
        }
        counts->counts[index]++;
        add_to_ten(counts, block[i].time);
        counts->end = block[i].time;
    }
}

/* 1970 began on a Thursday. */
static bool is_weekend(int64_t quarter) {
    return (quarter / QUARTERS_PER_DAY + 3) % 7 >= 5;
}

static double hour_of(int64_t quarter) {
    return ((double)(quarter % QUARTERS_PER_DAY) + 0.5) / 4;
}

static double rate_of(const DailyCounts *counts, size_t index) {
    return (double)counts->counts[index] / QUARTER_S;
}

/* The quarters that the trace covers whole, those of weekends last or left out. */
typedef struct Quarters {
    size_t from, to;
    bool weekdays_only;
} Quarters;

static bool is_used(const DailyCounts *counts, const Quarters *quarters, size_t index) {
    return !quarters->weekdays_only || !is_weekend(counts->first + (int64_t)index);
}

static Quarters whole_quarters(const DailyCounts *counts) {
    const sim_time start = counts->start_s % QUARTER_S * SIM_TIME_SECOND;
    const sim_time quarter = QUARTER_S * SIM_TIME_SECOND;
    /* A second's grace at either end: a trace of whole days has no arrival at its very edges. */
    const bool first_whole = (counts->begin + start) % quarter < SIM_TIME_SECOND;
    const bool last_whole = (counts->end + start) % quarter >= quarter - SIM_TIME_SECOND;
    const size_t from = first_whole ? 0 : 1;
    const size_t to = last_whole ? counts->used : counts->used - 1;
    return (Quarters){.from = from, .to = to > from ? to : from};
}

/* Weekends ----------------------------------------------------------------------------------------
 */

static void fit_weekend(const DailyCounts *counts, Quarters *quarters, DailyProfile *profile) {
    double sums[2] = {0, 0};
    size_t numbers[2] = {0, 0};
    for (size_t i = quarters->from; i < quarters->to; i++) {
        const bool weekend = is_weekend(counts->first + (int64_t)i);
        sums[weekend] += rate_of(counts, i);
        numbers[weekend]++;
    }
    /* A whole day of each: else a night would pass for a weekend. */
    if (numbers[0] >= QUARTERS_PER_DAY && numbers[1] >= QUARTERS_PER_DAY && sums[0] > 0) {
        quarters->weekdays_only = true;
        profile->has_weekend = true;
        profile->weekend_factor = sums[1] / (double)numbers[1] / (sums[0] / (double)numbers[0]);
    }
}

/* Hours -------------------------------------------------------------------------------------------
 */

/* False if an hour of the day is not covered. */
static bool fit_hours(const DailyCounts *counts, const Quarters *quarters, DailyProfile *profile) {
    size_t numbers[DAILY_HOURS] = {0};
    double mean = 0, total = 0, residual = 0;
    for (size_t i = quarters->from; i < quarters->to; i++) {
        if (is_used(counts, quarters, i)) {
            const size_t hour = (size_t)hour_of(counts->first + (int64_t)i);
            profile->hourly_rates[hour] += rate_of(counts, i);
            numbers[hour]++;
            profile->quarters++;
            mean += rate_of(counts, i);
        }
    }
    for (size_t hour = 0; hour < DAILY_HOURS; hour++) {
        if (numbers[hour] == 0) {
            return false;
        }
        profile->hourly_rates[hour] /= (double)numbers[hour];
    }
    mean /= (double)profile->quarters;
    for (size_t i = quarters->from; i < quarters->to; i++) {
        if (is_used(counts, quarters, i)) {
            const double rate = rate_of(counts, i);
            const double off =
                rate - profile->hourly_rates[(size_t)hour_of(counts->first + (int64_t)i)];
            total += (rate - mean) * (rate - mean);
            residual += off * off;
        }
    }
    profile->hourly_r2 = total > 0 ? 1 - residual / total : 0;
    return true;
}

/* Harmonics ---------------------------------------------------------------------------------------
 */

static void fill_row(gsl_matrix *matrix, size_t row, double hour) {
    gsl_matrix_set(matrix, row, 0, 1);
    for (size_t k = 1; k <= DAILY_HARMONICS; k++) {
        const double angle = TURN * (double)k * hour / 24;
        gsl_matrix_set(matrix, row, 2 * k - 1, cos(angle));
        gsl_matrix_set(matrix, row, 2 * k, sin(angle));
    }
}

static void take_coefficients(const gsl_vector *c, DailyProfile *profile) {
    profile->mean_rate_per_s = gsl_vector_get(c, 0);
    for (size_t k = 1; k <= DAILY_HARMONICS; k++) {
        const double cosine = gsl_vector_get(c, 2 * k - 1), sine = gsl_vector_get(c, 2 * k);
        const double turns = atan2(sine, cosine) / TURN;
        profile->amplitudes[k - 1] = hypot(cosine, sine) / profile->mean_rate_per_s;
        profile->peak_hours[k - 1] = (turns < 0 ? turns + 1 : turns) * 24 / (double)k;
    }
}

static bool fit_harmonics(const DailyCounts *counts, const Quarters *quarters,
                          DailyProfile *profile) {
    const size_t rows = profile->quarters;
    if (rows < QUARTERS_PER_DAY) {
        return false;
    }
    gsl_matrix *matrix = memory_checked(gsl_matrix_alloc(rows, COEFFICIENTS));
    gsl_matrix *covariance = memory_checked(gsl_matrix_alloc(COEFFICIENTS, COEFFICIENTS));
    gsl_vector *rates = memory_checked(gsl_vector_alloc(rows));
    gsl_vector *c = memory_checked(gsl_vector_alloc(COEFFICIENTS));
    gsl_multifit_linear_workspace *work =
        memory_checked(gsl_multifit_linear_alloc(rows, COEFFICIENTS));
    size_t row = 0;
    for (size_t i = quarters->from; i < quarters->to; i++) {
        if (is_used(counts, quarters, i)) {
            fill_row(matrix, row, hour_of(counts->first + (int64_t)i));
            gsl_vector_set(rates, row++, rate_of(counts, i));
        }
    }
    double squares, mean = 0, total = 0;
    const bool ok = gsl_multifit_linear(matrix, rates, c, covariance, &squares, work) == 0 &&
                    gsl_vector_get(c, 0) > 0;
    for (size_t i = 0; i < rows; i++) {
        mean += gsl_vector_get(rates, i) / (double)rows;
    }
    for (size_t i = 0; i < rows; i++) {
        const double off = gsl_vector_get(rates, i) - mean;
        total += off * off;
    }
    if (ok) {
        take_coefficients(c, profile);
        profile->harmonics_r2 = total > 0 ? 1 - squares / total : 0;
    }
    gsl_multifit_linear_free(work);
    gsl_vector_free(c);
    gsl_vector_free(rates);
    gsl_matrix_free(covariance);
    gsl_matrix_free(matrix);
    return ok;
}

DailyProfile daily_profile_fit(const DailyCounts *counts, bool weekdays) {
    DailyProfile profile = {.weekend_factor = 1, .dispersion = 1};
    if (counts->used < 2) {
        return profile;
    }
    Quarters quarters = whole_quarters(counts);
    if (weekdays) {
        fit_weekend(counts, &quarters, &profile);
    }
    if (counts->expected > 0) {
        profile.dispersion = fmax(counts->residual / counts->expected, 1);
    }
    profile.known =
        fit_hours(counts, &quarters, &profile) && fit_harmonics(counts, &quarters, &profile);
    return profile;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Everything is fitted at the end; the pass only collects. Gamma and Weibull each have an equation
 * for the shape, whose root is sought in its logarithm; the scale follows. An interrupted Poisson
 * process has gaps of two exponential phases (Kuczura 1973). */
#include "stats/traffic_fit.h"

#include "base/memory.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit.h>
#include <gsl/gsl_roots.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Samples -------------------------------------------------------------------------------------- */

void reservoir_init(Reservoir *reservoir, size_t room, const char *name) {
    *reservoir = (Reservoir){.values = memory_new(room, sizeof(double)), .room = room};
    random_stream_init(&reservoir->stream, 1, 0, name);
}

void reservoir_clear(Reservoir *reservoir) {
    free(reservoir->values);
    reservoir->values = NULL;
    reservoir->count = 0;
}

void reservoir_add(Reservoir *reservoir, double value) {
    reservoir->seen++;
    if (reservoir->count < reservoir->room) {
        reservoir->values[reservoir->count++] = value;
        return;
    }
    const uint64_t place = random_below(&reservoir->stream, reservoir->seen);
    if (place < reservoir->room) {
        reservoir->values[place] = value;
    }
}

/* Bursts and pauses ---------------------------------------------------------------------------- */

/* One comparison per arrival as long as no pause comes: the thresholds rise. */
static const double thresholds_s[BURSTS_THRESHOLDS] = {0.01, 0.03, 0.1, 0.3, 1,   2,   5,    10,
                                                       20,   30,   60,  120, 300, 600, 1800, 3600};

/* threshold 0: a series from 10 ms to 1 h, to choose from; else that one alone. */
static void burst_scan_init(BurstScan *scan, sim_time threshold) {
    *scan = (BurstScan){.count = threshold > 0 ? 1 : BURSTS_THRESHOLDS};
    for (size_t i = 0; i < scan->count; i++) {
        scan->by_threshold[i].threshold =
            threshold > 0 ? threshold : (sim_time)llrint(thresholds_s[i] * 1e9);
    }
}

static void end_burst(Bursts *bursts, sim_time last) {
    const double on_s = (double)(last - bursts->begin) * 1e-9;
    bursts->bursts++;
    bursts->on_s += on_s;
    bursts->on_squares += on_s * on_s;
}

static void note_pause(Bursts *bursts, sim_time last, sim_time time) {
    const double off_s = (double)(time - last) * 1e-9;
    end_burst(bursts, last);
    bursts->pauses++;
    bursts->off_s += off_s;
    bursts->off_squares += off_s * off_s;
    bursts->begin = time;
}

static void burst_scan_add(BurstScan *scan, const asim_arrival *block, size_t count) {
    for (size_t k = 0; k < count; k++) {
        const sim_time time = block[k].time;
        for (size_t i = 0; i < scan->count && scan->arrivals == 0; i++) {
            scan->by_threshold[i].begin = scan->last = time;
        }
        scan->arrivals++;
        const sim_time gap = time - scan->last;
        for (size_t i = 0; i < scan->count && gap >= scan->by_threshold[i].threshold; i++) {
            note_pause(&scan->by_threshold[i], scan->last, time);
        }
        scan->last = time;
    }
}

static void burst_scan_end(BurstScan *scan) {
    for (size_t i = 0; i < scan->count && scan->arrivals > 0; i++) {
        end_burst(&scan->by_threshold[i], scan->last);
    }
}

static double variation(double sum, double squares, uint64_t count) {
    const double mean = sum / (double)count;
    if (count < 2 || !(mean > 0)) {
        return 0;
    }
    const double variance = (squares - (double)count * mean * mean) / (double)(count - 1);
    return sqrt(fmax(variance, 0)) / mean;
}

double bursts_on_cv(const Bursts *bursts) {
    return variation(bursts->on_s, bursts->on_squares, bursts->bursts);
}

double bursts_off_cv(const Bursts *bursts) {
    return variation(bursts->off_s, bursts->off_squares, bursts->pauses);
}

/* Distributions -------------------------------------------------------------------------------- */

typedef struct Sample {
    const double *values;
    size_t count;
    double mean, mean_log, largest;
} Sample;

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

/* Goodness ------------------------------------------------------------------------------------- */

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

/* Judges given parameters on the sample; family, a, b, c are set. */
static void fit_judge(Fit *fit, const double sample[], size_t count) {
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

/* Families ------------------------------------------------------------------------------------- */

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
                     .largest = values[count - 1]};
    for (size_t i = 0; i < count; i++) {
        sample.mean_log += log(values[i]) / (double)count;
    }
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

/* The course of a day -------------------------------------------------------------------------- */

#define QUARTER_S 900
#define QUARTERS_PER_DAY 96
#define TURN 6.283185307179586
enum { COEFFICIENTS = 1 + 2 * DAILY_HARMONICS };

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

/* Dispersion ----------------------------------------------------------------------------------- */

#define TENS_PER_QUARTER 90

static void end_ten(DailyCounts *counts) {
    const double in_ten = (double)counts->in_ten;
    counts->quarter_sum += in_ten;
    counts->quarter_squares += in_ten * in_ten;
    counts->in_ten = 0;
}

static void daily_counts_end(DailyCounts *counts) {
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

static void daily_counts_add(DailyCounts *counts, const asim_arrival *block, size_t count) {
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

static double rate_of(const DailyCounts *counts, size_t index) {
    return (double)counts->counts[index] / QUARTER_S;
}

/* Quarters that the trace covers whole, in order. */
typedef struct Quarters {
    double *hours, *rates; /* of the day, in its middle; requests per second. Owned */
    size_t count;
} Quarters;

static Quarters take_quarters(const DailyCounts *counts, size_t from, size_t to,
                              bool weekdays_only) {
    Quarters quarters = {.hours = memory_new(counts->used, sizeof(double)),
                         .rates = memory_new(counts->used, sizeof(double))};
    for (size_t i = from; i < to; i++) {
        const int64_t quarter = counts->first + (int64_t)i;
        if (!weekdays_only || !is_weekend(quarter)) {
            quarters.hours[quarters.count] = ((double)(quarter % QUARTERS_PER_DAY) + 0.5) / 4;
            quarters.rates[quarters.count++] = rate_of(counts, i);
        }
    }
    return quarters;
}

/* Weekends ------------------------------------------------------------------------------------- */

static void fit_weekend(const DailyCounts *counts, size_t from, size_t to, DailyProfile *profile) {
    double sums[2] = {0, 0};
    size_t numbers[2] = {0, 0};
    for (size_t i = from; i < to; i++) {
        const bool weekend = is_weekend(counts->first + (int64_t)i);
        sums[weekend] += rate_of(counts, i);
        numbers[weekend]++;
    }
    /* A whole day of each: else a night would pass for a weekend. */
    if (numbers[0] >= QUARTERS_PER_DAY && numbers[1] >= QUARTERS_PER_DAY && sums[0] > 0) {
        profile->has_weekend = true;
        profile->weekend_factor = sums[1] / (double)numbers[1] / (sums[0] / (double)numbers[0]);
    }
}

/* Hours ---------------------------------------------------------------------------------------- */

/* False if an hour of the day is not covered. */
static bool fit_hours(const Quarters *quarters, DailyProfile *profile) {
    size_t numbers[DAILY_HOURS] = {0};
    double mean = 0, total = 0, residual = 0;
    for (size_t i = 0; i < quarters->count; i++) {
        const size_t hour = (size_t)quarters->hours[i];
        profile->hourly_rates[hour] += quarters->rates[i];
        numbers[hour]++;
        mean += quarters->rates[i];
    }
    for (size_t hour = 0; hour < DAILY_HOURS; hour++) {
        if (numbers[hour] == 0) {
            return false;
        }
        profile->hourly_rates[hour] /= (double)numbers[hour];
    }
    mean /= (double)quarters->count;
    for (size_t i = 0; i < quarters->count; i++) {
        const double rate = quarters->rates[i];
        const double off = rate - profile->hourly_rates[(size_t)quarters->hours[i]];
        total += (rate - mean) * (rate - mean);
        residual += off * off;
    }
    profile->hourly_r2 = total > 0 ? 1 - residual / total : 0;
    return true;
}

/* Harmonics ------------------------------------------------------------------------------------ */

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

static bool fit_harmonics(const Quarters *quarters, DailyProfile *profile) {
    const size_t rows = quarters->count;
    if (rows < QUARTERS_PER_DAY) {
        return false;
    }
    gsl_matrix *matrix = memory_checked(gsl_matrix_alloc(rows, COEFFICIENTS));
    gsl_matrix *covariance = memory_checked(gsl_matrix_alloc(COEFFICIENTS, COEFFICIENTS));
    const gsl_vector_const_view rates = gsl_vector_const_view_array(quarters->rates, rows);
    gsl_vector *c = memory_checked(gsl_vector_alloc(COEFFICIENTS));
    gsl_multifit_linear_workspace *work =
        memory_checked(gsl_multifit_linear_alloc(rows, COEFFICIENTS));
    for (size_t row = 0; row < rows; row++) {
        fill_row(matrix, row, quarters->hours[row]);
    }
    double squares;
    const bool ok =
        gsl_multifit_linear(matrix, &rates.vector, c, covariance, &squares, work) == 0 &&
        gsl_vector_get(c, 0) > 0;
    const double total = gsl_stats_tss(quarters->rates, 1, rows);
    if (ok) {
        take_coefficients(c, profile);
        profile->harmonics_r2 = total > 0 ? 1 - squares / total : 0;
    }
    gsl_multifit_linear_free(work);
    gsl_vector_free(c);
    gsl_matrix_free(covariance);
    gsl_matrix_free(matrix);
    return ok;
}

/* weekdays: Saturdays and Sundays are told apart, which needs a calendar that is real. */
static DailyProfile daily_profile_fit(const DailyCounts *counts, bool weekdays) {
    DailyProfile profile = {.weekend_factor = 1, .dispersion = 1};
    if (counts->used < 2) {
        return profile;
    }
    const sim_time start = counts->start_s % QUARTER_S * SIM_TIME_SECOND;
    const sim_time quarter = QUARTER_S * SIM_TIME_SECOND;
    /* A second's grace at either end: a trace of whole days has no arrival at its very edges. */
    const bool first_whole = (counts->begin + start) % quarter < SIM_TIME_SECOND;
    const bool last_whole = (counts->end + start) % quarter >= quarter - SIM_TIME_SECOND;
    const size_t from = first_whole ? 0 : 1, to = counts->used - !last_whole;
    if (weekdays) {
        fit_weekend(counts, from, to, &profile);
    }
    Quarters quarters = take_quarters(counts, from, to, profile.has_weekend);
    profile.quarters = quarters.count;
    if (counts->expected > 0) {
        profile.dispersion = fmax(counts->residual / counts->expected, 1);
    }
    profile.known = fit_hours(&quarters, &profile) && fit_harmonics(&quarters, &profile);
    free(quarters.hours);
    free(quarters.rates);
    return profile;
}

/* All of it ------------------------------------------------------------------------------------ */

void traffic_fit_init(TrafficFit *fit, int64_t start_s, sim_time threshold) {
    *fit = (TrafficFit){.daily.start_s = start_s};
    reservoir_init(&fit->gaps, TRAFFIC_FIT_SAMPLE, "fit.gaps");
    reservoir_init(&fit->prompt_tokens.sample, TRAFFIC_FIT_SAMPLE, "fit.prompt_tokens");
    reservoir_init(&fit->output_tokens.sample, TRAFFIC_FIT_SAMPLE, "fit.output_tokens");
    burst_scan_init(&fit->scan, threshold);
}

void traffic_fit_clear(TrafficFit *fit) {
    reservoir_clear(&fit->gaps);
    reservoir_clear(&fit->prompt_tokens.sample);
    reservoir_clear(&fit->output_tokens.sample);
    free(fit->daily.counts);
    fit->daily.counts = NULL;
}

void traffic_fit_add(TrafficFit *fit, const asim_arrival *block, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (fit->requests++ == 0) {
            fit->first = block[i].time;
        } else {
            reservoir_add(&fit->gaps, (double)(block[i].time - fit->last) * 1e-9);
        }
        fit->last = block[i].time;
        reservoir_add(&fit->prompt_tokens.sample, block[i].prompt_tokens);
        reservoir_add(&fit->output_tokens.sample, block[i].output_tokens);
    }
    burst_scan_add(&fit->scan, block, count);
    daily_counts_add(&fit->daily, block, count);
}

/* Fewer pauses than this are a pattern that nobody can tell from chance. */
enum { PAUSES_LEAST = 5 };

static Fit judge_bursts(const TrafficFit *fit, const Bursts *bursts) {
    Fit on_off = {.family = FIT_ON_OFF,
                  .a = (double)fit->requests / bursts->on_s,
                  .b = bursts->on_s / (double)bursts->bursts,
                  .c = bursts->off_s / (double)bursts->pauses};
    if (bursts->pauses >= PAUSES_LEAST && on_off.b > 0 && on_off.c > 0) {
        on_off.converged = true;
        fit_judge(&on_off, fit->gaps.values, fit->gaps.count);
        on_off.converged = isfinite(on_off.log_likelihood);
    }
    return on_off;
}

/* A threshold makes a model of two kinds of gap: the likeliest is taken. */
static void choose_bursts(TrafficFit *fit) {
    for (size_t i = 0; i < fit->scan.count; i++) {
        const Bursts *bursts = &fit->scan.by_threshold[i];
        const Fit on_off = judge_bursts(fit, bursts);
        if (on_off.converged &&
            (fit->bursts == NULL || on_off.log_likelihood > fit->on_off.log_likelihood)) {
            fit->bursts = bursts;
            fit->on_off = on_off;
        }
    }
}

static void fit_lengths(LengthFit *lengths) {
    gsl_sort(lengths->sample.values, 1, lengths->sample.count);
    lengths->lognormal = fit_family(FIT_LOGNORMAL, lengths->sample.values, lengths->sample.count);
    lengths->exponential =
        fit_family(FIT_EXPONENTIAL, lengths->sample.values, lengths->sample.count);
}

void traffic_fit_end(TrafficFit *fit, bool weekdays, bool lengths) {
    static const FitFamily renewals[TRAFFIC_FIT_RENEWALS] = {FIT_EXPONENTIAL, FIT_GAMMA,
                                                             FIT_WEIBULL};
    gsl_sort(fit->gaps.values, 1, fit->gaps.count);
    fit->tied_gaps = fit_lift_zeros(fit->gaps.values, fit->gaps.count);
    for (size_t i = 0; i < TRAFFIC_FIT_RENEWALS; i++) {
        fit->renewals[i] = fit_family(renewals[i], fit->gaps.values, fit->gaps.count);
    }
    burst_scan_end(&fit->scan);
    choose_bursts(fit);
    daily_counts_end(&fit->daily);
    fit->profile = daily_profile_fit(&fit->daily, weekdays);
    if (lengths) {
        fit_lengths(&fit->prompt_tokens);
        fit_lengths(&fit->output_tokens);
    }
}

double traffic_fit_rate(const TrafficFit *fit) {
    const double span_s = (double)(fit->last - fit->first) * 1e-9;
    return span_s > 0 ? (double)(fit->requests - 1) / span_s : NAN;
}

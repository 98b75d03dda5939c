// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/calibration_fit.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "engine/options.h"
#include "engine/random.h"
#include "engine/sim_time.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Coefficients --------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    double least;  /* of c0, where the search begins: what begins at nothing could not grow */
    double pull;   /* to where the search began: loss of being e times that, or an e-th */
    bool optional; /* left alone where the start has none of it */
} fitted[FIT_COEFFICIENTS] = {
    {"c0_ms", 1, 0.01, false},
    {"c_moe_ms", 1e-2, 0.01, true},
    {"c_prefill_ms", 1e-4, 0.01, false},
    {"c_decode_ms", 1e-4, 0.01, false},
    {"c_kv_ms", 1e-6, 0.01, false},
    {"c_token_ms", 1e-4, 0.01, true},
    {"c_attention_ms", 1e-9, 0.01, true},
    {"request_overhead", 1e-2, 0.04, false},
};

const Option *fit_coefficient(size_t number) {
    asim_assert(number < FIT_COEFFICIENTS);
    return option_find(profile_options, fitted[number].name);
}

double fit_coefficient_ms(const Profile *profile, size_t number) {
    const Option *option = fit_coefficient(number);
    const void *at = (const char *)profile + option->offset;
    return option->type == OPTION_DURATION ? (double)*(const sim_time *)at / 1e6
                                           : *(const double *)at;
}

static void set_coefficient(Profile *profile, const Option *option, double ms) {
    void *at = (char *)profile + option->offset;
    const double limit = option->type == OPTION_DURATION ? option->maximum * 1e3 : option->maximum;
    ms = fmin(ms, limit);
    if (option->type == OPTION_DURATION) {
        *(sim_time *)at = (sim_time)llround(ms * 1e6);
    } else {
        *(double *)at = fmax(ms, option->minimum);
    }
}

/* Cases ----------------------------------------------------------------------------------------
 */

static FitCase *add_case(Fit *fit, size_t count) {
    fit->cases = memory_grow(fit->cases, fit->case_count, &fit->case_room, sizeof *fit->cases);
    FitCase *one = &fit->cases[fit->case_count++];
    *one = (FitCase){.requests = memory_new(count, sizeof *one->requests),
                     .outcomes = memory_new(count, sizeof *one->outcomes),
                     .count = count,
                     .told = count};
    return one;
}

enum { MORE_MOST = 8 }; /* times as many requests as the log has follow them, at most */

/* Where the log goes on as it was: how many times over, until the last of its requests has ended.
 */
static size_t times_over(const LoggedRequest requests[], size_t count, sim_time span) {
    double last_end = 0;
    for (size_t i = 0; i < count; i++) {
        const double e2e = requests[i].seconds[LOGGED_E2E];
        const double end = sim_time_to_seconds(requests[i].request.arrival) + (e2e > 0 ? e2e : 0);
        last_end = fmax(last_end, end);
    }
    const double times = span > 0 ? ceil(last_end / sim_time_to_seconds(span)) : 1;
    return (size_t)fmin(fmax(times, 1), MORE_MOST);
}

static void add_stretch(Fit *fit, size_t first, size_t count) {
    const LoggedRequest *requests = fit->log->requests + first;
    const sim_time last = requests[count - 1].request.arrival;
    const sim_time span = count > 1 ? last + last / (sim_time)(count - 1) : 0;
    const size_t times = fit->goes_on ? times_over(requests, count, span) : 1;
    FitCase *one = add_case(fit, count * times);
    one->told = count;
    one->first = first;
    for (size_t i = 0; i < one->count; i++) {
        one->requests[i] = requests[i % count].request;
        one->requests[i].arrival += span * (sim_time)(i / count);
    }
}

enum { POINT_LEAST = 60, POINT_MOST = 240 };

static uint32_t draw_tokens(RandomStream *stream, double mean, double sd) {
    return (uint32_t)fmin(fmax(round(mean + sd * random_normal(stream)), 1), 1e9);
}

/* Requests as the point tells of: lengths by normal distributions, one after another at its rate,
 * or so many at a time. Each point has its draws by its number. */
static void add_point(Fit *fit, size_t number) {
    const LoggedPoint *point = &fit->log->points[number];
    const double in_flight = fmax(isnan(point->concurrency) ? 1 : point->concurrency, 1);
    const double enough = fmin(fmax(4 * in_flight, POINT_LEAST), POINT_MOST * 4);
    FitCase *one = add_case(
        fit,
        (size_t)fmin(enough, isnan(point->requests) ? enough : fmax(point->requests, POINT_LEAST)));
    const bool closed = isnan(point->rate_per_s);
    RandomStream stream;
    random_stream_init_named(&stream, 1, 0, "calibration.%zu", number);
    one->first = number;
    one->concurrency = closed ? (uint32_t)lround(in_flight) : 0;
    for (size_t i = 0; i < one->count; i++) {
        one->requests[i] = (ReplayRequest){
            .arrival = closed ? 0 : sim_time_from_seconds((double)i / point->rate_per_s),
            .prompt_tokens = draw_tokens(&stream, point->prompt_mean, point->prompt_sd),
            .output_tokens = draw_tokens(&stream, point->output_mean, point->output_sd),
        };
    }
}

static const double *told_of(const Fit *fit, size_t number) {
    return fit->log->count > 0 ? fit->log->requests[number].seconds
                               : fit->log->points[number].seconds;
}

static void add_cases(Fit *fit) {
    const CalibrationLog *log = fit->log;
    for (size_t from = 0, to; from < log->count; from = to) {
        for (to = from; to < log->count && log->requests[to].stretch == log->requests[from].stretch;
             to++) {
        }
        add_stretch(fit, from, to - from);
    }
    for (size_t i = 0; i < log->point_count && log->count == 0; i++) {
        add_point(fit, i);
    }
}

static void set_anchor(Fit *fit, const Profile *start) {
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        const double least_ms = fitted[i].least * start->c0_ms;
        fit->anchor[i] = log(fmax(fit_coefficient_ms(start, i), least_ms));
    }
}

void fit_init(Fit *fit, const CalibrationLog *log, bool goes_on, const Profile *start,
              const bool fixed[FIT_COEFFICIENTS], const volatile sig_atomic_t *stop) {
    *fit = (Fit){.log = log, .goes_on = goes_on, .at = *start, .stop = stop};
    fit->observed = log->count > 0 ? log->count : log->point_count;
    fit->seconds = memory_new(fit->observed, sizeof *fit->seconds);
    fit->sorted = memory_new(2 * fit->observed, sizeof *fit->sorted);
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        fit->is_fixed[i] = fixed[i] || (fitted[i].optional && !(fit_coefficient_ms(start, i) > 0));
    }
    const double share = 0.7;
    fit->overhead_most_ms = INFINITY;
    for (size_t i = 0; i < fit->observed; i++) {
        const double told_ms = share * 1e3 * told_of(fit, i)[LOGGED_TTFT];
        fit->overhead_most_ms = told_ms < fit->overhead_most_ms ? told_ms : fit->overhead_most_ms;
    }
    set_anchor(fit, start);
    add_cases(fit);
}

void fit_clear(Fit *fit) {
    for (size_t i = 0; i < fit->case_count; i++) {
        free(fit->cases[i].requests);
        free(fit->cases[i].outcomes);
    }
    free(fit->cases);
    free(fit->seconds);
    free(fit->sorted);
    *fit = (Fit){.log = NULL};
}

/* Replay --------------------------------------------------------------------------------------
 */

static void seconds_of(const ReplayRequest *request, const ReplayOutcome *outcome,
                       double seconds[LOGGED_METRICS]) {
    const bool refused = outcome->finish == SIM_TIME_NEVER;
    const double gaps = (double)request->output_tokens - 1;
    seconds[LOGGED_TTFT] =
        refused ? INFINITY : sim_time_to_seconds(outcome->first_token - outcome->sent);
    seconds[LOGGED_E2E] = refused ? INFINITY : sim_time_to_seconds(outcome->finish - outcome->sent);
    seconds[LOGGED_TPOT] = gaps < 1 ? NAN : (seconds[LOGGED_E2E] - seconds[LOGGED_TTFT]) / gaps;
}

/* Means of the point's requests but for the first tenth, in which the batch fills, and the last, in
 * which it empties. */
static void mean_seconds(const FitCase *one, double seconds[LOGGED_METRICS]) {
    const size_t from = one->count / 10, to = one->count - one->count / 10;
    double sums[LOGGED_METRICS] = {0}, counts[LOGGED_METRICS] = {0};
    for (size_t i = from; i < to; i++) {
        double of[LOGGED_METRICS];
        seconds_of(&one->requests[i], &one->outcomes[i], of);
        for (int metric = 0; metric < LOGGED_METRICS; metric++) {
            sums[metric] += isnan(of[metric]) ? 0 : of[metric];
            counts[metric] += !isnan(of[metric]);
        }
    }
    for (int metric = 0; metric < LOGGED_METRICS; metric++) {
        seconds[metric] = counts[metric] > 0 ? sums[metric] / counts[metric] : NAN;
    }
}

void fit_replay(Fit *fit, const Profile *profile, ReplayWatch watch) {
    for (size_t i = 0; i < fit->case_count; i++) {
        const FitCase *one = &fit->cases[i];
        replay_run(profile,
                   &(ReplayScript){.requests = one->requests,
                                   .count = one->count,
                                   .concurrency = one->concurrency},
                   watch, one->outcomes);
        if (fit->log->count == 0) {
            mean_seconds(one, fit->seconds[one->first]);
        } else {
            for (size_t j = 0; j < one->told; j++) {
                seconds_of(&one->requests[j], &one->outcomes[j], fit->seconds[one->first + j]);
            }
        }
    }
    fit->evaluations++;
}

/* Loss -----------------------------------------------------------------------------------------
 */

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Of (value, weight) in rising order, which weigh `total`: the least at or below which lies so
 * much of it. */
static double quantile(const double sorted[], size_t count, double total, double share) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += sorted[2 * i + 1];
        if (sum >= share * total) {
            return sorted[2 * i];
        }
    }
    return count > 0 ? sorted[2 * (count - 1)] : NAN;
}

FitFigures fit_figures(Fit *fit, const double weights[], LoggedMetric metric, bool replayed) {
    FitFigures figures = {.count = 0};
    double sum = 0, total = 0;
    for (size_t i = 0; i < fit->observed; i++) {
        const double told = told_of(fit, i)[metric], found = fit->seconds[i][metric];
        const double value = replayed ? found : told;
        if (weights[i] > 0 && !isnan(told) && !isnan(found)) {
            fit->sorted[2 * figures.count] = value;
            fit->sorted[2 * figures.count++ + 1] = weights[i];
            sum += weights[i] * value;
            total += weights[i];
        }
    }
    qsort(fit->sorted, figures.count, 2 * sizeof *fit->sorted, by_value);
    figures.mean = total > 0 ? sum / total : NAN;
    figures.p50 = quantile(fit->sorted, figures.count, total, 0.5);
    figures.p95 = quantile(fit->sorted, figures.count, total, 0.95);
    return figures;
}

/* Huber's, of a ratio: a square up to its bend, beyond it a line. What was refused counts as ten
 * times too late. */
static const double usual_bend = 0.05;

static double ratio_loss(double found, double told, double bend) {
    const double worst = log(10.0);
    double off = fabs(log(found / told));
    off = (off < worst ? off : worst) / bend;
    return off < 1 ? off * off / 2 : off - 0.5;
}

/* Of one request. When an iteration begins is chance, and a first token waits for it: a part of an
 * iteration more or less says nothing. */
static double bend_of(const double told[LOGGED_METRICS], size_t metric) {
    const double part = 0.4;
    const bool waits = metric == LOGGED_TTFT && told[LOGGED_TPOT] > 0;
    return usual_bend + (waits ? part * told[LOGGED_TPOT] / told[LOGGED_TTFT] : 0);
}

static double metric_loss(Fit *fit, const double weights[], LoggedMetric metric) {
    double sum = 0, total = 0;
    for (size_t i = 0; i < fit->observed; i++) {
        const double told = told_of(fit, i)[metric], found = fit->seconds[i][metric];
        if (weights[i] > 0 && !isnan(told) && !isnan(found)) {
            sum += weights[i] * ratio_loss(found, told, bend_of(told_of(fit, i), metric));
            total += weights[i];
        }
    }
    if (!(total > 0)) {
        return 0;
    }
    if (fit->log->count == 0) {
        return sum / total;
    }
    const FitFigures told = fit_figures(fit, weights, metric, false);
    const FitFigures found = fit_figures(fit, weights, metric, true);
    return sum / total + ratio_loss(found.mean, told.mean, usual_bend) +
           ratio_loss(found.p50, told.p50, usual_bend);
}

double fit_loss(Fit *fit, const double weights[]) {
    double loss = 0;
    for (int metric = 0; metric < LOGGED_METRICS; metric++) {
        loss += metric_loss(fit, weights, (LoggedMetric)metric);
    }
    return loss;
}

/* Minimising ----------------------------------------------------------------------------------
 */

static void set_logarithms(const Fit *fit, const double logarithms[], Profile *profile) {
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        const Option *option = fit_coefficient(i);
        const double most = option->type == OPTION_DURATION ? fit->overhead_most_ms : INFINITY;
        if (!fit->is_fixed[i]) {
            set_coefficient(profile, option, fmin(exp(logarithms[i]), most));
        }
    }
}

static double objective(Fit *fit, const double logarithms[]) {
    double pulled = 0;
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        const double away = fit->is_fixed[i] ? 0 : logarithms[i] - fit->anchor[i];
        if (fabs(away) > 12) { /* no replay goes that slowly */
            return 1e6 * fabs(away);
        }
        pulled += fitted[i].pull * away * away;
    }
    Profile profile = fit->at;
    set_logarithms(fit, logarithms, &profile);
    fit_replay(fit, &profile, (ReplayWatch){0});
    return fit_loss(fit, fit->weights) + pulled;
}

/* The vector has those that are not fixed. */
static void unpack(const Fit *fit, const gsl_vector *vector, double logarithms[]) {
    size_t next = 0;
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        logarithms[i] = fit->is_fixed[i] ? 0 : gsl_vector_get(vector, next++);
    }
}

static double of_vector(const gsl_vector *vector, void *self) {
    double logarithms[FIT_COEFFICIENTS];
    unpack(self, vector, logarithms);
    return objective(self, logarithms);
}

static bool is_stopped(const Fit *fit) {
    return fit->stop != NULL && *fit->stop != 0;
}

/* Of a matrix that is symmetric and definite, in place. */
static void invert(size_t count, double matrix[FIT_COEFFICIENTS][FIT_COEFFICIENTS]) {
    gsl_matrix *m = memory_checked(gsl_matrix_alloc(count, count));
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            gsl_matrix_set(m, i, j, matrix[i][j]);
        }
    }
    gsl_linalg_cholesky_decomp1(m);
    gsl_linalg_cholesky_invert(m);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            matrix[i][j] = gsl_matrix_get(m, i, j);
        }
    }
    gsl_matrix_free(m);
}

/* Gauss and Newton's steps: the rows are each request's ratios, and what their mean and median are
 * off by, as heavy as the loss has them. */
typedef struct Rows {
    double *off;   /* ln(replayed / told) */
    double *weigh; /* 0: there is none */
    size_t count;
} Rows;

static void rows_init(Rows *rows, const Fit *fit) {
    rows->count = (fit->observed + 2) * LOGGED_METRICS;
    rows->off = memory_new(rows->count, sizeof *rows->off);
    rows->weigh = memory_new(rows->count, sizeof *rows->weigh);
}

static void rows_clear(Rows *rows) {
    free(rows->off);
    free(rows->weigh);
}

/* As heavy as Huber's loss, which is a line beyond its bend, has it. */
static void set_row(Rows *rows, size_t row, double found, double told, double bend, double weight) {
    const double off = log(found / told), far = fabs(off) / bend;
    rows->off[row] = isfinite(off) ? off : 0;
    rows->weigh[row] = isfinite(off) ? weight / (bend * bend) * (far > 1 ? 1 / far : 1) : 0;
}

static void fill_rows(Fit *fit, Rows *rows) {
    for (size_t metric = 0; metric < LOGGED_METRICS; metric++) {
        double total = 0;
        for (size_t i = 0; i < fit->observed; i++) {
            total += isnan(told_of(fit, i)[metric]) ? 0 : fit->weights[i];
        }
        for (size_t i = 0; i < fit->observed; i++) {
            set_row(rows, i * LOGGED_METRICS + metric, fit->seconds[i][metric],
                    told_of(fit, i)[metric], bend_of(told_of(fit, i), metric),
                    total > 0 ? fit->weights[i] / total : 0);
        }
        const FitFigures told = fit_figures(fit, fit->weights, (LoggedMetric)metric, false);
        const FitFigures found = fit_figures(fit, fit->weights, (LoggedMetric)metric, true);
        const double whole = fit->log->count > 0;
        const size_t after = fit->observed * LOGGED_METRICS + 2 * metric;
        set_row(rows, after, found.mean, told.mean, usual_bend, whole);
        set_row(rows, after + 1, found.p50, told.p50, usual_bend, whole);
    }
}

/* The step from here; answers has how rows answer to each coefficient. */
static void newton_step(const Fit *fit, const Rows *rows, double *const answers[],
                        const double logarithms[], double damping, double step[]) {
    double matrix[FIT_COEFFICIENTS][FIT_COEFFICIENTS], slope[FIT_COEFFICIENTS];
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        slope[i] = fit->is_fixed[i] ? 0 : 2 * fitted[i].pull * (logarithms[i] - fit->anchor[i]);
        for (size_t j = 0; j < FIT_COEFFICIENTS; j++) {
            matrix[i][j] = i == j ? 2 * fitted[i].pull : 0;
            for (size_t row = 0; row < rows->count; row++) {
                matrix[i][j] += rows->weigh[row] * answers[i][row] * answers[j][row];
            }
        }
        for (size_t row = 0; row < rows->count; row++) {
            slope[i] += rows->weigh[row] * answers[i][row] * rows->off[row];
        }
        matrix[i][i] *= 1 + damping;
    }
    invert(FIT_COEFFICIENTS, matrix);
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        step[i] = 0;
        for (size_t j = 0; j < FIT_COEFFICIENTS; j++) {
            step[i] -= matrix[i][j] * slope[j];
        }
    }
}

static void answer_rows(Fit *fit, const double logarithms[], double size, Rows *scratch,
                        double *const answers[]) {
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        double moved[FIT_COEFFICIENTS];
        if (fit->is_fixed[i]) {
            continue;
        }
        memcpy(moved, logarithms, sizeof moved);
        for (int side = 0; side < 2; side++) {
            moved[i] = logarithms[i] + (side == 0 ? size : -size);
            objective(fit, moved);
            fill_rows(fit, scratch);
            for (size_t row = 0; row < scratch->count; row++) {
                answers[i][row] = side == 0 ? scratch->off[row]
                                            : (answers[i][row] - scratch->off[row]) / (2 * size);
            }
        }
    }
}

/* Tries the step, and shorter ones; takes the first that is better. */
static bool take_step(Fit *fit, const double step[], double logarithms[], double *least) {
    const double longest = 1;
    double length = 0;
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        length = fmax(length, fabs(step[i]));
    }
    for (double share = length > longest ? longest / length : 1; share * length > 0.003;
         share /= 3) {
        double tried[FIT_COEFFICIENTS];
        for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
            tried[i] = logarithms[i] + share * step[i];
        }
        const double loss = objective(fit, tried);
        if (loss < *least) {
            *least = loss;
            memcpy(logarithms, tried, sizeof tried);
            return true;
        }
    }
    return false;
}

static double newton(Fit *fit, double logarithms[]) {
    enum { STEPS_MOST = 8 };
    Rows rows, scratch;
    double *answers[FIT_COEFFICIENTS], step[FIT_COEFFICIENTS];
    rows_init(&rows, fit);
    rows_init(&scratch, fit);
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        answers[i] = memory_new(rows.count, sizeof **answers);
    }
    double least = objective(fit, logarithms), size = 0.2;
    for (int i = 0; i < STEPS_MOST && !is_stopped(fit); i++) {
        objective(fit, logarithms);
        fill_rows(fit, &rows);
        answer_rows(fit, logarithms, size, &scratch, answers);
        newton_step(fit, &rows, answers, logarithms, 0.01, step);
        if (!take_step(fit, step, logarithms, &least)) {
            if (size < 0.1) {
                break;
            }
            size /= 2;
        }
    }
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        free(answers[i]);
    }
    rows_clear(&scratch);
    rows_clear(&rows);
    return least;
}

/* One simplex of that size around the logarithms, which become the best that it finds. */
static double descend(Fit *fit, double logarithms[], size_t count, double size, int steps_most) {
    gsl_multimin_function function = {.f = of_vector, .n = count, .params = fit};
    gsl_multimin_fminimizer *minimiser =
        memory_checked(gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, count));
    gsl_vector *from = memory_checked(gsl_vector_alloc(count));
    gsl_vector *sizes = memory_checked(gsl_vector_alloc(count));
    size_t next = 0;
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        if (!fit->is_fixed[i]) {
            gsl_vector_set(from, next++, logarithms[i]);
        }
    }
    gsl_vector_set_all(sizes, size);
    gsl_multimin_fminimizer_set(minimiser, &function, from, sizes);
    for (int step = 0; step < steps_most && !is_stopped(fit); step++) {
        if (gsl_multimin_fminimizer_iterate(minimiser) != GSL_SUCCESS ||
            gsl_multimin_fminimizer_size(minimiser) < 1e-3) {
            break;
        }
    }
    unpack(fit, gsl_multimin_fminimizer_x(minimiser), logarithms);
    const double least = gsl_multimin_fminimizer_minimum(minimiser);
    gsl_vector_free(sizes);
    gsl_vector_free(from);
    gsl_multimin_fminimizer_free(minimiser);
    return least;
}

/* Both in turn, until that gains less than a two-hundredth. */
static double descend_fully(Fit *fit, double logarithms[], size_t count) {
    enum { ROUNDS_MOST = 4, STEPS_MOST = 60 };
    double least = newton(fit, logarithms);
    for (int round = 0; round < ROUNDS_MOST && !is_stopped(fit); round++) {
        const double before = least;
        descend(fit, logarithms, count, round == 0 ? 0.2 : 0.1, STEPS_MOST);
        least = newton(fit, logarithms);
        if (least > before * 0.995) {
            break;
        }
    }
    return least;
}

/* Where else a thorough search begins: all of the profile slower or quicker, or more of the time
 * due to one cause. Factors on each coefficient. */
static const double beginnings[][FIT_COEFFICIENTS] = {
    {1, 1, 1, 1, 1, 1, 1, 1},
    {0.6, 0.6, 1, 2, 2, 1, 1, 1},
    {1.3, 1.3, 1.5, 0.4, 0.4, 0.7, 1, 2},
};
static const double speeds[] = {1, 0.25, 0.4, 0.63, 1.6, 2.5, 4, 6.3};

static void shift(const double from[], const double factors[], double speed, double logarithms[]) {
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        const bool is_overhead = fit_coefficient(i)->type == OPTION_DURATION;
        logarithms[i] = from[i] + log(factors[i]) + (is_overhead ? 0 : log(speed));
    }
}

/* Makes the anchor what it is at the speed that suits the log best. */
static void find_speed(Fit *fit) {
    double best[FIT_COEFFICIENTS], least = INFINITY;
    memcpy(best, fit->anchor, sizeof best);
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        double tried[FIT_COEFFICIENTS], kept[FIT_COEFFICIENTS];
        memcpy(kept, fit->anchor, sizeof kept);
        shift(kept, beginnings[0], speeds[i], tried);
        memcpy(fit->anchor, tried, sizeof tried);
        const double loss = objective(fit, tried);
        memcpy(fit->anchor, kept, sizeof kept);
        if (loss < least) {
            least = loss;
            memcpy(best, tried, sizeof best);
        }
    }
    memcpy(fit->anchor, best, sizeof best);
}

/* From the best so far on; thorough, also from the anchor, in several ways. */
static void search(Fit *fit, size_t count, FitEffort effort, double best[]) {
    enum { GLANCE_STEPS = 80 };
    if (effort == FIT_GLANCE) {
        descend(fit, best, count, 0.2, GLANCE_STEPS);
        return;
    }
    const size_t tries = effort == FIT_THOROUGH ? sizeof beginnings / sizeof beginnings[0] : 0;
    double least = descend_fully(fit, best, count);
    for (size_t i = 0; i < tries && !is_stopped(fit); i++) {
        double logarithms[FIT_COEFFICIENTS];
        shift(fit->anchor, beginnings[i], 1, logarithms);
        const double found = descend_fully(fit, logarithms, count);
        if (found < least) {
            least = found;
            memcpy(best, logarithms, sizeof logarithms);
        }
    }
}

double fit_minimise(Fit *fit, const double weights[], FitEffort effort, Profile *profile) {
    double best[FIT_COEFFICIENTS] = {0};
    size_t count = 0;
    fit->weights = weights;
    fit->at = *profile;
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        const double least_ms = fitted[i].least * profile->c0_ms;
        best[i] = log(fmax(fit_coefficient_ms(profile, i), least_ms));
        count += !fit->is_fixed[i];
    }
    if (count > 0) {
        if (effort == FIT_THOROUGH) {
            find_speed(fit);
        }
        search(fit, count, effort, best);
        set_logarithms(fit, best, profile);
    }
    fit_replay(fit, profile, (ReplayWatch){0});
    return fit_loss(fit, weights);
}

/* Covariance -----------------------------------------------------------------------------------
 */

enum { GROUPS_MOST = 24, GROUP_ROWS = GROUPS_MOST * LOGGED_METRICS };

/* Means over each group of ln(replayed / told); NAN: nothing is known. */
static void group_ratios(const Fit *fit, double ratios[GROUP_ROWS]) {
    const size_t groups = fit->observed < GROUPS_MOST ? fit->observed : GROUPS_MOST;
    for (size_t row = 0; row < GROUP_ROWS; row++) {
        const size_t group = row / LOGGED_METRICS, metric = row % LOGGED_METRICS;
        double sum = 0, count = 0;
        for (size_t i = 0; i < fit->observed && group < groups; i++) {
            const double ratio = fit->seconds[i][metric] / told_of(fit, i)[metric];
            if (i * groups / fit->observed == group && isfinite(ratio)) {
                sum += log(ratio);
                count++;
            }
        }
        ratios[row] = count > 0 ? sum / count : NAN;
    }
}

/* d ratio / d ln coefficient, by a replay with the coefficient larger and one with it smaller: by a
 * tenth of the iteration's time, enough to be more than scatter. Iterations are linear in it. */
static void answer_to(Fit *fit, const Profile *profile, size_t number, double share,
                      double answers[GROUP_ROWS]) {
    const double ms = fit_coefficient_ms(profile, number);
    const double step_ms = ms * (share > 0 ? fmin(0.1 / share, 1e3) : 0.2);
    const double less_ms = fmax(ms - step_ms, 0), more_ms = ms + step_ms;
    double more[GROUP_ROWS], less[GROUP_ROWS];
    Profile other = *profile;
    set_coefficient(&other, fit_coefficient(number), more_ms);
    fit_replay(fit, &other, (ReplayWatch){0});
    group_ratios(fit, more);
    set_coefficient(&other, fit_coefficient(number), less_ms);
    fit_replay(fit, &other, (ReplayWatch){0});
    group_ratios(fit, less);
    for (size_t row = 0; row < GROUP_ROWS; row++) {
        answers[row] = ms > 0 ? (more[row] - less[row]) / (more_ms - less_ms) * ms : 0;
    }
}

/* How far each metric's groups are from the log, squared; a replay that meets it better than 0.5 %
 * does so by chance. */
static void scatter(const double ratios[GROUP_ROWS], double squares[LOGGED_METRICS]) {
    const double least = 0.005;
    for (size_t metric = 0; metric < LOGGED_METRICS; metric++) {
        double sum = 0, count = 0;
        for (size_t row = metric; row < GROUP_ROWS; row += LOGGED_METRICS) {
            sum += isnan(ratios[row]) ? 0 : ratios[row] * ratios[row];
            count += !isnan(ratios[row]);
        }
        squares[metric] = fmax(count > 0 ? sum / count : 1, least * least);
    }
}

static double information(const double a[GROUP_ROWS], const double b[GROUP_ROWS],
                          const double squares[LOGGED_METRICS]) {
    double sum = 0;
    for (size_t row = 0; row < GROUP_ROWS; row++) {
        sum += isnan(a[row]) || isnan(b[row]) ? 0 : a[row] * b[row] / squares[row % LOGGED_METRICS];
    }
    return sum;
}

void fit_covariance(Fit *fit, const Profile *profile, const double shares[FIT_COEFFICIENTS],
                    double covariance[FIT_COEFFICIENTS][FIT_COEFFICIENTS]) {
    const double before = 1 / (log(10.0) * log(10.0)); /* without the log: 10 times, or a tenth */
    double ratios[GROUP_ROWS], squares[LOGGED_METRICS];
    double(*answers)[GROUP_ROWS] = memory_new(FIT_COEFFICIENTS, sizeof *answers);
    fit_replay(fit, profile, (ReplayWatch){0});
    group_ratios(fit, ratios);
    scatter(ratios, squares);
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        if (!fit->is_fixed[i]) {
            answer_to(fit, profile, i, shares[i], answers[i]);
        }
    }
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        for (size_t j = 0; j < FIT_COEFFICIENTS; j++) {
            covariance[i][j] = information(answers[i], answers[j], squares) + (i == j ? before : 0);
        }
    }
    invert(FIT_COEFFICIENTS, covariance);
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        for (size_t j = 0; j < FIT_COEFFICIENTS; j++) {
            covariance[i][j] = fit->is_fixed[i] || fit->is_fixed[j] ? 0 : covariance[i][j];
        }
    }
    free(answers);
}

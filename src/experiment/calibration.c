// SPDX-License-Identifier: GPL-3.0-or-later
/* The order of a calibration. First the limits: each that nobody gave is tried as it is by default
 * and as the log would have it, and the default stays unless the log is met distinctly better. Then
 * whether the log is all there was: of a piece that was cut out, the last requests ran beside
 * others that it does not have. Then fits: to all, and to half of the requests, twice, for what
 * they are worth on the other half. */
#include "experiment/calibration.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "engine/options.h"
#include "engine/sim_time.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An explanation by something else than the defaults has to leave so much less of the loss: of two
 * replays that are as good, one is better by chance. */
static double distinctly(double loss) {
    return 0.8 * loss - 0.05;
}

typedef struct Calibration {
    const CalibrationLog *log;
    const CalibrationSettings *settings;
    Fit whole, going_on; /* the log as it is; and with requests like its own after its end */
    size_t count;        /* requests, or points */
    double *weights;     /* of a fit to some of them, or of a draw */
} Calibration;

/* What the log shows at once -------------------------------------------------------------------
 */

/* The most that decoded at a time, and the most KV tokens that these held. */
typedef struct Crowd {
    int64_t decoding, kv_tokens;
} Crowd;

static double first_token_s(const LoggedRequest *request) {
    return sim_time_to_seconds(request->request.arrival) + request->seconds[LOGGED_TTFT];
}

static double end_s(const LoggedRequest *request) {
    return sim_time_to_seconds(request->request.arrival) + request->seconds[LOGGED_E2E];
}

/* At one instant, tokens in whole blocks. */
static Crowd crowd_at(const CalibrationLog *log, uint32_t stretch, double at_s, int64_t block) {
    Crowd crowd = {0};
    for (size_t i = 0; i < log->count; i++) {
        const LoggedRequest *request = &log->requests[i];
        const double first = first_token_s(request), end = end_s(request);
        if (request->stretch == stretch && first <= at_s && at_s < end) {
            const double share = (at_s - first) / (end - first);
            const double made = 1 + floor(share * (request->request.output_tokens - 1.0));
            const int64_t tokens = request->request.prompt_tokens + (int64_t)made;
            crowd.decoding++;
            crowd.kv_tokens += (tokens + block - 1) / block * block;
        }
    }
    return crowd;
}

/* Of those instants at which one begins to decode and no request without a weight does yet. */
static Crowd crowd_of(const CalibrationLog *log, const double weights[], int64_t block) {
    enum { LOOKS_MOST = 2000 };
    Crowd most = {0};
    double until = INFINITY;
    for (size_t i = 0; i < log->count; i++) {
        if (!(weights[i] > 0)) {
            until = fmin(until, first_token_s(&log->requests[i]));
        }
    }
    const size_t step = 1 + log->count / LOOKS_MOST;
    for (size_t i = 0; i < log->count; i += step) {
        const LoggedRequest *request = &log->requests[i];
        const double at_s = first_token_s(request);
        if (weights[i] > 0 && at_s < until) {
            const Crowd crowd = crowd_at(log, request->stretch, at_s, block);
            most.decoding = crowd.decoding > most.decoding ? crowd.decoding : most.decoding;
            most.kv_tokens = crowd.kv_tokens > most.kv_tokens ? crowd.kv_tokens : most.kv_tokens;
        }
    }
    return most;
}

/* Tokens that any request, and any crowd of the log, has room in. */
static int64_t largest_need(const CalibrationLog *log, int64_t block) {
    int64_t sum = 2 * block;
    for (size_t i = 0; i < log->count; i++) {
        const ReplayRequest *request = &log->requests[i].request;
        sum += request->prompt_tokens + (int64_t)request->output_tokens + block;
    }
    for (size_t i = 0; i < log->point_count; i++) {
        const LoggedPoint *point = &log->points[i];
        const double of_one =
            point->prompt_mean + point->output_mean + 4 * (point->prompt_sd + point->output_sd);
        sum += (int64_t)(of_one * fmax(isnan(point->concurrency) ? 1 : point->concurrency, 256));
    }
    return sum / block * block;
}

/* Limits ---------------------------------------------------------------------------------------
 */

const Option *calibrated_limit(CalibratedLimit limit) {
    static const char *const limits[CALIBRATED_LIMITS] = {"batch_slots", "max_batched_tokens",
                                                          "kv_capacity_tokens"};
    return option_find(profile_options, limits[limit]);
}

static int64_t *limit_of(Profile *profile, CalibratedLimit limit) {
    return (int64_t *)(void *)((char *)profile + calibrated_limit(limit)->offset);
}

/* A fit from *profile on with another limit; takes it if that needs less than `needed`. */
static bool try_limit(Fit *fit, const double weights[], CalibratedLimit limit, int64_t value,
                      double needed, Profile *profile, double *least) {
    const FitEffort effort = limit == LIMIT_BUDGET ? FIT_ONCE : FIT_GLANCE; /* of others many are
                                                                               tried */
    Profile tried = *profile;
    if (!option_within_limits(calibrated_limit(limit), (double)value)) {
        return false;
    }
    *limit_of(&tried, limit) = value;
    const double loss = fit_minimise(fit, weights, effort, &tried);
    if (loss < needed) {
        *profile = tried;
        *least = loss;
        return true;
    }
    return false;
}

/* The best capacity from `low` to `high`: in so many steps, and then around the best of these in
 * ever smaller ones. */
static void search_kv(Fit *fit, const double weights[], double low, double high, int steps,
                      Profile *profile, double *least) {
    double step = (high - low) / steps;
    for (int i = 0; i <= steps; i++) {
        try_limit(fit, weights, LIMIT_KV, (int64_t)(low + i * step), *least, profile, least);
    }
    for (step /= 2; step > 0.004 * high; step /= 2) {
        const double best = (double)profile->kv_capacity_tokens;
        if (!try_limit(fit, weights, LIMIT_KV, (int64_t)(best - step), *least, profile, least)) {
            try_limit(fit, weights, LIMIT_KV, (int64_t)(best + step), *least, profile, least);
        }
    }
}

typedef struct Choice {
    Profile profile;
    LimitOrigin origins[CALIBRATED_LIMITS];
    double loss;
} Choice;

/* A little fewer than were seen may be what there are: where times scatter, one seems to begin
 * before another has ended. */
static void choose_slots(Calibration *self, Fit *fit, const double weights[], const Crowd *crowd,
                         Choice *choice) {
    static const double shares[] = {1, 0.98, 0.96, 0.94, 0.91, 0.88, 0.84, 0.8};
    Choice narrow = *choice;
    int64_t last = choice->profile.batch_slots;
    if (self->settings->is_given[LIMIT_SLOTS]) {
        return;
    }
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        const int64_t slots = (int64_t)llround(shares[i] * (double)crowd->decoding);
        if (slots > 0 && slots != last) {
            try_limit(fit, weights, LIMIT_SLOTS, slots, narrow.loss, &narrow.profile, &narrow.loss);
        }
        last = slots;
    }
    for (int64_t step = 1; step >= -1 && narrow.loss < choice->loss; step -= 2) {
        while (try_limit(fit, weights, LIMIT_SLOTS, narrow.profile.batch_slots + step, narrow.loss,
                         &narrow.profile, &narrow.loss)) {
        }
    }
    if (narrow.loss < distinctly(choice->loss)) {
        *choice = narrow;
        choice->origins[LIMIT_SLOTS] = LIMIT_LOGGED;
    }
}

/* A sequence that was preempted counts as decoding in what was seen, without its memory: the
 * capacity may be less than that; and more, where some of it lay idle. */
static void choose_kv(Calibration *self, Fit *fit, const double weights[], const Crowd *crowd,
                      const Choice *by_default, Choice *choice) {
    Choice narrow = *by_default;
    const double seen = (double)crowd->kv_tokens;
    if (self->settings->is_given[LIMIT_KV] || !(seen > 0)) {
        return;
    }
    search_kv(fit, weights, 0.7 * seen, 1.05 * seen, 10, &narrow.profile, &narrow.loss);
    if (narrow.loss < distinctly(choice->loss)) {
        *choice = narrow;
        choice->origins[LIMIT_KV] = LIMIT_LOGGED;
    }
}

static void choose_budget(Calibration *self, Fit *fit, const double weights[], Choice *choice) {
    static const int64_t usual[] = {2048, 4096, 8192, 16384};
    double needed = 0.95 * choice->loss; /* each is as usual as the default */
    if (self->settings->is_given[LIMIT_BUDGET]) {
        return;
    }
    const Profile begun = choice->profile;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        Choice other = *choice;
        other.profile = begun;
        if (usual[i] != begun.max_batched_tokens &&
            try_limit(fit, weights, LIMIT_BUDGET, usual[i], needed, &other.profile, &other.loss)) {
            *choice = other;
            choice->origins[LIMIT_BUDGET] = LIMIT_LOGGED;
            needed = choice->loss;
        }
    }
}

/* The catalogue's capacity, unless it has none, or the log held more. */
static void begin_kv(Calibration *self, const Crowd *crowd, Choice *choice) {
    Profile *profile = &choice->profile;
    const bool is_known = profile->kv_capacity_tokens != OPTION_ABSENT_INTEGER &&
                          profile->kv_capacity_tokens >= crowd->kv_tokens;
    if (!self->settings->is_given[LIMIT_KV] && !is_known) {
        profile->kv_capacity_tokens = largest_need(self->log, profile->kv_block_tokens);
        choice->origins[LIMIT_KV] = LIMIT_LARGEST;
    }
}

/* The whole fit to these: limits and coefficients. */
static void fit_all(Calibration *self, Fit *fit, const double weights[], Choice *choice) {
    *choice = (Choice){.profile = self->settings->start};
    const Crowd crowd = crowd_of(self->log, weights, choice->profile.kv_block_tokens);
    for (int limit = 0; limit < CALIBRATED_LIMITS; limit++) {
        choice->origins[limit] = self->settings->is_given[limit] ? LIMIT_GIVEN : LIMIT_DEFAULT;
    }
    begin_kv(self, &crowd, choice);
    choice->loss = fit_minimise(fit, weights, FIT_THOROUGH, &choice->profile);
    const Choice by_default = *choice;
    choose_slots(self, fit, weights, &crowd, choice);
    choose_kv(self, fit, weights, &crowd, &by_default, choice);
    choice->loss = fit_minimise(fit, weights, FIT_ONCE, &choice->profile);
    choose_budget(self, fit, weights, choice);
    if (choice->origins[LIMIT_KV] == LIMIT_LOGGED) {
        const double capacity = (double)choice->profile.kv_capacity_tokens;
        search_kv(fit, weights, 0.98 * capacity, 1.02 * capacity, 4, &choice->profile,
                  &choice->loss);
    }
    choice->loss = fit_minimise(fit, weights, FIT_THOROUGH, &choice->profile);
}

/* Halves ---------------------------------------------------------------------------------------
 */

static bool is_fitted(const Calibration *self, CalibrationSplit split, size_t i) {
    return split == SPLIT_TIME ? i < (self->count + 1) / 2 : i % 2 == 0;
}

static void weigh(Calibration *self, CalibrationSplit split, CalibrationPart part) {
    for (size_t i = 0; i < self->count; i++) {
        self->weights[i] = is_fitted(self, split, i) == (part == PART_FITTED);
    }
}

static void check_parts(Calibration *self, Fit *fit, CalibrationSplit split,
                        CalibrationResult *result, bool of_begun) {
    for (int part = 0; part < CALIBRATION_PARTS; part++) {
        weigh(self, split, (CalibrationPart)part);
        for (int metric = 0; metric < LOGGED_METRICS; metric++) {
            CalibrationCheck *check = &result->checks[split][part][metric];
            check->told = fit_figures(fit, self->weights, (LoggedMetric)metric, false);
            *(of_begun ? &check->begun : &check->fitted) =
                fit_figures(fit, self->weights, (LoggedMetric)metric, true);
        }
    }
}

/* Fits to one half and looks at both. Limits are seen in what goes on at a time: every other
 * request does not show them. */
static void check_split(Calibration *self, Fit *fit, CalibrationSplit split,
                        CalibrationResult *result, Profile *profile) {
    weigh(self, split, PART_FITTED);
    if (split == SPLIT_TIME) {
        Choice choice;
        fit_all(self, fit, self->weights, &choice);
        *profile = choice.profile;
    } else {
        *profile = result->begun;
        fit_minimise(fit, self->weights, FIT_THOROUGH, profile);
    }
    fit_replay(fit, profile, (ReplayWatch){0});
    check_parts(self, fit, split, result, false);
    fit_replay(fit, &result->begun, (ReplayWatch){0});
    check_parts(self, fit, split, result, true);
}

/* How well each is known -----------------------------------------------------------------------
 */

static void set_interval(double variance, CalibratedCoefficient *coefficient) {
    const double of_90_percent = 1.6448536269514722; /* of a normal distribution, either side */
    coefficient->low_ms = coefficient->fitted_ms * exp(-of_90_percent * sqrt(variance));
    coefficient->high_ms = coefficient->fitted_ms * exp(of_90_percent * sqrt(variance));
}

bool calibrated_is_vague(const CalibratedCoefficient *coefficient) {
    return coefficient->is_fitted && coefficient->high_ms > 2 * coefficient->low_ms;
}

/* Vague ones that rise as others fall. */
static void find_pairs(double covariance[FIT_COEFFICIENTS][FIT_COEFFICIENTS],
                       CalibrationResult *result) {
    for (size_t a = 0; a < FIT_COEFFICIENTS; a++) {
        for (size_t b = a + 1; b < FIT_COEFFICIENTS; b++) {
            if (calibrated_is_vague(&result->coefficients[a]) &&
                calibrated_is_vague(&result->coefficients[b])) {
                const double correlation =
                    covariance[a][b] / sqrt(covariance[a][a] * covariance[b][b]);
                if (correlation < -0.7) {
                    result->pairs[result->pair_count++] =
                        (CalibratedPair){.a = a, .b = b, .correlation = correlation};
                }
            }
        }
    }
}

/* Load -----------------------------------------------------------------------------------------
 */

/* Leaps in order; what is wanted of them are quantiles over time. */
typedef struct Leaps {
    ReplayLeap *items;
    size_t count, room;
} Leaps;

static void keep_leap(void *self, const ReplayLeap *leap) {
    Leaps *leaps = self;
    leaps->items = memory_grow(leaps->items, leaps->count, &leaps->room, sizeof *leaps->items);
    leaps->items[leaps->count++] = *leap;
}

typedef double LeapFigure(const ReplayLeap *leap);

static double leap_decoding(const ReplayLeap *leap) {
    return leap->decoding;
}

/* In its middle. */
static double leap_kv(const ReplayLeap *leap) {
    return (double)leap->kv_tokens + (double)leap->decoding * ((double)leap->iterations - 1) / 2;
}

static double leap_prompt(const ReplayLeap *leap) {
    return leap->prompt_tokens;
}

static int by_first(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Over the time of leaps in which the figure is not 0. */
static int64_t leaps_quantile(const Leaps *leaps, LeapFigure *figure, double share) {
    double(*sorted)[2] = memory_new(leaps->count + 1, sizeof *sorted);
    size_t count = 0;
    double total = 0, sum = 0;
    for (size_t i = 0; i < leaps->count; i++) {
        const double value = figure(&leaps->items[i]);
        if (value > 0) {
            sorted[count][0] = value;
            sorted[count][1] = (double)(leaps->items[i].end - leaps->items[i].begin);
            total += sorted[count++][1];
        }
    }
    qsort(sorted, count, sizeof *sorted, by_first);
    size_t at = 0;
    while (at + 1 < count && (sum += sorted[at][1]) < share * total) {
        at++;
    }
    const double found = count > 0 ? sorted[at][0] : 0;
    free(sorted);
    return (int64_t)ceil(found);
}

/* What each coefficient adds to an iteration, but attention: that is what is left of its time. */
static void leap_amounts(const ReplayLeap *leap, const Profile *profile,
                         double amounts[FIT_COEFFICIENTS]) {
    const double missed =
        profile->experts > 0 ? 1 - (double)profile->active_experts / (double)profile->experts : 1;
    const double prompt = leap->prompt_tokens, decoding = leap->decoding;
    const double of[FIT_COEFFICIENTS] = {1,
                                         1 - pow(missed, decoding + (prompt > 0)),
                                         prompt,
                                         decoding,
                                         leap_kv(leap),
                                         fmax(prompt + decoding - (double)profile->free_tokens, 0)};
    memcpy(amounts, of, sizeof of);
}

static void set_shares(const Leaps *leaps, const Profile *profile, CalibrationResult *result) {
    enum { ATTENTION = 6 };
    double of[FIT_COEFFICIENTS] = {0}, total = 0, known = 0;
    for (size_t i = 0; i < leaps->count; i++) {
        const ReplayLeap *leap = &leaps->items[i];
        double amounts[FIT_COEFFICIENTS];
        leap_amounts(leap, profile, amounts);
        for (size_t k = 0; k < ATTENTION; k++) {
            const double ms =
                (double)leap->iterations * amounts[k] * fit_coefficient_ms(profile, k);
            of[k] += ms;
            known += ms;
        }
        total += (double)(leap->end - leap->begin) / 1e6;
    }
    of[ATTENTION] = profile->c_attention_ms > 0 ? fmax(total - known, 0) : 0;
    for (size_t k = 0; k < FIT_COEFFICIENTS; k++) {
        result->coefficients[k].share = total > 0 ? of[k] / total : 0;
    }
}

static void look_at_load(Fit *fit, CalibrationResult *result) {
    Leaps leaps = {0};
    fit_replay(fit, &result->fitted, (ReplayWatch){keep_leap, &leaps});
    result->range = (ProfileRange){
        .decoding_least = leaps_quantile(&leaps, leap_decoding, 0.01),
        .decoding_most = leaps_quantile(&leaps, leap_decoding, 0.99),
        .kv_tokens_most = leaps_quantile(&leaps, leap_kv, 0.99),
        .prompt_tokens_most = leaps_quantile(&leaps, leap_prompt, 0.99),
    };
    set_shares(&leaps, &result->fitted, result);
    free(leaps.items);
}

/* The whole ------------------------------------------------------------------------------------
 */

static void settle_coefficients(Calibration *self, Fit *fit, CalibrationResult *result) {
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        result->coefficients[i] = (CalibratedCoefficient){
            .is_fitted = !fit->is_fixed[i],
            .begun_ms = fit_coefficient_ms(&self->settings->start, i),
            .fitted_ms = fit_coefficient_ms(&result->fitted, i),
            .low_ms = NAN,
            .high_ms = NAN,
        };
    }
    double covariance[FIT_COEFFICIENTS][FIT_COEFFICIENTS], shares[FIT_COEFFICIENTS];
    look_at_load(fit, result);
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        shares[i] = result->coefficients[i].share;
    }
    fit_covariance(fit, &result->fitted, shares, covariance);
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        if (!fit->is_fixed[i]) {
            set_interval(covariance[i][i], &result->coefficients[i]);
        }
    }
    find_pairs(covariance, result);
}

/* The log as it is, unless it is met distinctly better where requests follow it. */
static Fit *choose_end(Calibration *self, CalibrationResult *result) {
    Choice choice, going_on;
    for (size_t i = 0; i < self->count; i++) {
        self->weights[i] = 1;
    }
    fit_all(self, &self->whole, self->weights, &choice);
    if (self->log->count > 0) {
        fit_all(self, &self->going_on, self->weights, &going_on);
        result->goes_on = going_on.loss < distinctly(choice.loss);
        choice = result->goes_on ? going_on : choice;
    }
    result->fitted = choice.profile;
    memcpy(result->origins, choice.origins, sizeof choice.origins);
    return result->goes_on ? &self->going_on : &self->whole;
}

/* A capacity that nobody knows becomes the most that was held: more was not seen. */
static void settle_largest(Calibration *self, CalibrationResult *result) {
    if (result->origins[LIMIT_KV] == LIMIT_LARGEST) {
        const int64_t block = result->fitted.kv_block_tokens;
        const int64_t held = result->range.kv_tokens_most + result->fitted.batch_slots * block;
        const int64_t least = result->fitted.kv_capacity_tokens;
        const int64_t needed = (held + block - 1) / block * block;
        asim_assert(self->count > 0);
        result->fitted.kv_capacity_tokens = needed < least ? needed : least;
    }
}

bool calibrate(const CalibrationLog *log, const CalibrationSettings *settings,
               CalibrationResult *result) {
    Calibration self = {.log = log, .settings = settings};
    self.count = log->count > 0 ? log->count : log->point_count;
    self.weights = memory_new(self.count, sizeof *self.weights);
    *result = (CalibrationResult){.goes_on = false};
    fit_init(&self.whole, log, false, &settings->start, settings->is_fixed, settings->stop);
    fit_init(&self.going_on, log, true, &settings->start, settings->is_fixed, settings->stop);
    Fit *fit = choose_end(&self, result);
    result->begun = settings->start;
    for (int limit = 0; limit < CALIBRATED_LIMITS; limit++) {
        *limit_of(&result->begun, (CalibratedLimit)limit) =
            *limit_of(&result->fitted, (CalibratedLimit)limit);
    }
    Profile halves[CALIBRATION_SPLITS];
    for (int split = 0; split < CALIBRATION_SPLITS; split++) {
        check_split(&self, fit, (CalibrationSplit)split, result, &halves[split]);
    }
    result->fitted = settings->first_half_only ? halves[SPLIT_TIME] : result->fitted;
    settle_coefficients(&self, fit, result);
    settle_largest(&self, result);
    result->replays = self.whole.evaluations + self.going_on.evaluations;
    fit_clear(&self.whole);
    fit_clear(&self.going_on);
    free(self.weights);
    return settings->stop == NULL || *settings->stop == 0;
}

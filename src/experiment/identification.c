// SPDX-License-Identifier: GPL-3.0-or-later
/* The readings there are, their ranking, and what speaks against each. */
#include "experiment/identification.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "base/task_pool.h"
#include "engine/sim_time.h"
#include "experiment/identification_replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const identification_option_names[IDENTIFICATION_OPTIONS] = {
    [IDENTIFICATION_WINDOW_RULE] = "window_rule",
    [IDENTIFICATION_EVALUATION_INTERVAL] = "evaluation_interval",
    [IDENTIFICATION_RATE_WINDOW] = "rate_window",
    [IDENTIFICATION_LOAD_SIGNAL] = "load_signal",
    [IDENTIFICATION_DEFAULT_ALWAYS] = "default_always",
};

/* In seconds; what the user has set comes beside them. */
static const int evaluation_intervals[] = {1, 5, 10, 15, 20, 30, 60};
static const int rate_windows[] = {15, 30, 60, 120, 300};
#define MOST_TIMES 8

/* Readings ------------------------------------------------------------------------------------ */

FireworksConfig identification_config(const Identification *identification,
                                      const Reading *reading) {
    FireworksConfig config = identification->known;
    config.window_rule = reading->window_rule;
    config.evaluation_interval = reading->evaluation_interval;
    config.rate_window = reading->rate_window;
    config.load_signal = reading->load_signal;
    config.default_always = reading->default_always;
    fireworks_resolve(&config);
    return config;
}

static void set_in(const FireworksConfig *config, Reading *reading) {
    *reading = (Reading){.window_rule = config->window_rule,
                         .evaluation_interval = config->evaluation_interval,
                         .rate_window = config->rate_window,
                         .load_signal = config->load_signal,
                         .default_always = config->default_always};
}

char *identification_value(const Reading *reading, IdentificationOption option) {
    FireworksConfig config = {.window_rule = reading->window_rule,
                              .evaluation_interval = reading->evaluation_interval,
                              .rate_window = reading->rate_window,
                              .load_signal = reading->load_signal,
                              .default_always = reading->default_always};
    return option_value_text(option_find(fireworks_options, identification_option_names[option]),
                             &config);
}

static size_t list_times(const int seconds[], size_t count, sim_time own, bool used,
                         sim_time times[MOST_TIMES]) {
    bool is_there = false;
    if (!used) {
        times[0] = own;
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        times[i] = seconds[i] * SIM_TIME_SECOND;
        is_there = is_there || times[i] == own;
    }
    if (!is_there) {
        times[count++] = own;
    }
    return count;
}

static ReadingResult *add_result(Identification *self, const Reading *reading) {
    self->results =
        memory_grow(self->results, self->result_count, &self->result_room, sizeof *self->results);
    ReadingResult *result = &self->results[self->result_count++];
    *result = (ReadingResult){.reading = *reading, .log_likelihood = -INFINITY, .twin = SIZE_MAX};
    return result;
}

static void add_windows_and_times(Identification *self, Reading reading) {
    sim_time intervals[MOST_TIMES], windows[MOST_TIMES];
    const size_t interval_count =
        list_times(evaluation_intervals, sizeof evaluation_intervals / sizeof(int),
                   self->known.evaluation_interval, true, intervals);
    const size_t window_count =
        list_times(rate_windows, sizeof rate_windows / sizeof(int), self->known.rate_window,
                   self->used[IDENTIFICATION_RATE_WINDOW], windows);
    for (int rule = FIREWORKS_STABILIZE; rule <= FIREWORKS_DELAY; rule++) {
        for (size_t i = 0; i < interval_count; i++) {
            for (size_t w = 0; w < window_count; w++) {
                reading.window_rule = rule;
                reading.evaluation_interval = intervals[i];
                reading.rate_window = windows[w];
                add_result(self, &reading);
            }
        }
    }
}

/* Is it the recorded load, of which it is not known what it is made of? */
static bool falls_back(const Identification *self, int signal) {
    RecordingKind lacks;
    const Recording *recording = self->recording;
    const bool has = recording_has(recording, RECORDING_LOAD);
    return has && !courses_have_own(self, (CourseKind)(COURSE_LOAD + signal), &lacks);
}

static void mark_twins(Identification *self, size_t first, size_t count, size_t twins) {
    for (size_t i = 0; i < count; i++) {
        self->results[first + i].twin = twins + i;
    }
}

/* Those that look at a load which is not recorded cannot be replayed: one row for each load. */
static void add_readings(Identification *self) {
    Reading reading;
    size_t fallen = SIZE_MAX;
    const bool varies = self->used[IDENTIFICATION_DEFAULT_ALWAYS];
    set_in(&self->known, &reading);
    for (int always = 0; always <= (varies ? 1 : 0); always++) {
        const bool weighs = self->used[IDENTIFICATION_LOAD_SIGNAL] && (!varies || always == 1);
        for (int signal = POLICY_LOAD_MAX; signal <= (weighs ? POLICY_LOAD_BUSY : 0); signal++) {
            const CourseKind kind = (CourseKind)(COURSE_LOAD + signal);
            RecordingKind lacks = RECORDING_LOAD;
            reading.default_always = varies ? always == 1 : self->known.default_always;
            reading.load_signal = weighs ? signal : self->known.load_signal;
            if (!weighs || courses_have(self, kind, &lacks)) {
                const size_t first = self->result_count;
                const bool falls = weighs && falls_back(self, signal);
                add_windows_and_times(self, reading);
                if (falls && fallen != SIZE_MAX) {
                    mark_twins(self, first, self->result_count - first, fallen);
                } else if (falls) {
                    fallen = first;
                }
            } else {
                ReadingResult *result = add_result(self, &reading);
                result->verdict = READING_UNRECORDED;
                result->lacks = lacks;
            }
        }
    }
}

/* What the load targets in force look at. A default that the resolution of default_always has
 * filled in was not written. */
static void find_used(Identification *self) {
    FireworksLoadTargets *targets = &self->known.load_targets;
    const bool has_rate = !isnan(targets->requests_per_second) ||
                          targets->prompt_tokens_per_second != OPTION_ABSENT_INTEGER ||
                          targets->tokens_generated_per_second != OPTION_ABSENT_INTEGER;
    const bool has_other = has_rate || !isnan(targets->concurrent_requests);
    if (has_other && self->known.default_always) {
        targets->default_load = NAN;
    }
    const bool has_default = !isnan(targets->default_load);
    self->used[IDENTIFICATION_WINDOW_RULE] = true;
    self->used[IDENTIFICATION_EVALUATION_INTERVAL] = true;
    self->used[IDENTIFICATION_RATE_WINDOW] = has_rate;
    self->used[IDENTIFICATION_DEFAULT_ALWAYS] = has_other && !has_default;
    self->used[IDENTIFICATION_LOAD_SIGNAL] =
        has_default || self->used[IDENTIFICATION_DEFAULT_ALWAYS];
}

/* Changes ------------------------------------------------------------------------------------- */

static void add_change(Identification *self, sim_time after, sim_time by, int from, int to) {
    asim_assert(after < by && from != to);
    self->changes =
        memory_grow(self->changes, self->change_count, &self->change_room, sizeof *self->changes);
    self->changes[self->change_count++] =
        (IdentificationChange){after, by, from, to, from > 0 && to > 0};
}

/* Of the target, or of the replicas that serve, which come a boot later. */
static void find_changes(Identification *self, sim_time boot) {
    const RecordingSeries *series =
        &self->recording->series[self->has_target ? RECORDING_TARGET : RECORDING_SERVING];
    self->change_count = self->scored = 0;
    self->initial = (int)lround(recording_at(series, self->from));
    for (size_t i = 1; i < series->count; i++) {
        const RecordingPoint *point = &series->points[i];
        const int from = (int)lround(point[-1].value), to = (int)lround(point->value);
        const sim_time shift = to > from ? boot : 0;
        const sim_time by = point->time - shift;
        sim_time after = series->exact ? by - 1 : point[-1].time - shift;
        const sim_time earlier =
            self->change_count > 0 ? self->changes[self->change_count - 1].by : self->from;
        after = after > earlier ? after : earlier;
        if (from != to && by > after && by <= self->to) {
            add_change(self, after, by, from, to);
            self->scored += from > 0 && to > 0;
        }
    }
}

static int compare_times(const void *a, const void *b) {
    const sim_time left = *(const sim_time *)a, right = *(const sim_time *)b;
    return (left > right) - (left < right);
}

/* How long it took until as many served as were asked for. */
static void measure_boots(Identification *self) {
    const RecordingSeries *serving = &self->recording->series[RECORDING_SERVING];
    sim_time *boots = memory_new(self->change_count + 1, sizeof *boots);
    self->boot = SIM_TIME_NEVER;
    for (size_t i = 0; self->has_target && i < self->change_count; i++) {
        const IdentificationChange *change = &self->changes[i];
        const sim_time until = i + 1 < self->change_count ? change[1].after : self->to;
        for (size_t p = 0; change->to > change->from && p < serving->count; p++) {
            const RecordingPoint *point = &serving->points[p];
            if (point->time > change->by && point->time <= until &&
                lround(point->value) >= change->to) {
                boots[self->boots++] =
                    point->time - change->by + (change->by - change->after) / 2 - serving->step / 2;
                break;
            }
        }
    }
    qsort(boots, self->boots, sizeof *boots, compare_times);
    if (self->boots > 0) {
        self->boot = boots[self->boots / 2] > 0 ? boots[self->boots / 2] : 0;
    }
    free(boots);
}

/* Checking ------------------------------------------------------------------------------------ */

static const char *const load_target_names[] = {
    [COURSE_CONCURRENT] = "concurrent_requests",
    [COURSE_REQUESTS] = "requests_per_second",
    [COURSE_PROMPT_TOKENS] = "prompt_tokens_per_second",
    [COURSE_GENERATED_TOKENS] = "tokens_generated_per_second",
};

static void refuse_lacking(RecordingKind kind, const char *option, ErrorList *errors) {
    char *found = memory_format("no %s", recording_kind_names[kind]);
    char *expected = memory_format("a column of it, which %s looks at; --column %s=NAME if it is "
                                   "called otherwise",
                                   option, recording_kind_names[kind]);
    error_in_option(errors, "RECORDING", found, expected, NULL);
    free(expected);
    free(found);
}

/* A target beyond the limits that are known: they are not the deployment's. */
static void check_limits(const Identification *self, ErrorList *errors) {
    const RecordingSeries *series =
        &self->recording->series[self->has_target ? RECORDING_TARGET : RECORDING_SERVING];
    double most = 0;
    for (size_t i = 0; i < series->count; i++) {
        most = fmax(most, series->points[i].value);
    }
    if (most > (double)self->known.max_replica_count) {
        char *expected = memory_format("at least the %.0f replicas that the recording has, by "
                                       "--max-replica-count or --scenario",
                                       most);
        char *found = memory_format("%lld", (long long)self->known.max_replica_count);
        error_in_option(errors, "max_replica_count", found, expected, NULL);
        free(found);
        free(expected);
    }
}

static bool check_recording(Identification *self, ErrorList *errors) {
    const size_t before = errors->count;
    RecordingKind lacks;
    size_t loads = 0;
    if (!self->has_target && !recording_has(self->recording, RECORDING_SERVING)) {
        refuse_lacking(RECORDING_TARGET, "every reading", errors);
    }
    for (CourseKind kind = COURSE_CONCURRENT; kind < COURSE_KINDS; kind++) {
        if (courses_are_used(self, kind) && !courses_have(self, kind, &lacks)) {
            refuse_lacking(lacks, load_target_names[kind], errors);
        }
    }
    for (CourseKind kind = 0; kind < COURSE_CONCURRENT; kind++) {
        loads += courses_have(self, kind, &lacks);
    }
    if (!isnan(self->known.load_targets.default_load) && loads == 0) {
        refuse_lacking(RECORDING_LOAD, "the load target default", errors);
    }
    check_limits(self, errors);
    recording_span(self->recording, &self->from, &self->to);
    if (errors->count == before && self->to - self->from < SIM_TIME_MINUTE) {
        error_in_option(errors, "RECORDING", "less than a minute that all series have",
                        "series of the same time", NULL);
    }
    return errors->count == before;
}

/* Replaying ----------------------------------------------------------------------------------- */

/* A recording's scatter is not known between its points: without, with as much as from point to
 * point, and with twice that. */
static const double noises[] = {0, 1, 2};

#define COURSES_FIRST 4 /* guesses of a first look */
#define FAR_BEHIND 8.0  /* logarithm */

typedef struct Work {
    Identification *identification;
    const Courses *courses;
} Work;

static void allocate_shares(const Identification *self, ReadingResult *result) {
    free(result->changes);
    free(result->still);
    result->changes = memory_new(self->change_count + 1, sizeof *result->changes);
    result->still = memory_new(self->change_count + 1, sizeof *result->still);
}

/* Keeps what the better of two trials has. */
static void keep_better(ReadingResult *result, ReadingResult *trial) {
    if (trial->log_likelihood > result->log_likelihood) {
        const ReadingResult worse = *result;
        *result = *trial;
        *trial = worse;
    }
}

/* When evaluations began is not known. */
static size_t phases_of(sim_time interval) {
    const sim_time tens = interval / (10 * SIM_TIME_SECOND);
    return tens < 1 ? 1 : tens > 6 ? 6 : (size_t)tens;
}

static bool replay_reading(void *self, size_t index) {
    const Work *work = self;
    ReadingResult *result = &work->identification->results[index];
    const sim_time interval = result->reading.evaluation_interval;
    const size_t phases = phases_of(interval);
    if (result->verdict == READING_UNRECORDED || result->twin != SIZE_MAX || result->dropped) {
        return true;
    }
    for (size_t phase = 0; phase < phases; phase++) {
        ReadingResult trial = {.reading = result->reading, .twin = SIZE_MAX};
        allocate_shares(work->identification, &trial);
        identification_replay(work->identification, work->courses,
                              interval * (sim_time)phase / (sim_time)phases, &trial);
        keep_better(result, &trial);
        free(trial.changes);
        free(trial.still);
    }
    return true;
}

static bool has_untold(const Identification *self) {
    for (size_t kind = 0; kind < RECORDING_KINDS; kind++) {
        const RecordingSeries *series = &self->recording->series[kind];
        if (series->count > 0 && series->shape == RECORDING_UNTOLD) {
            return true;
        }
    }
    return false;
}

static bool replay_on(Identification *self, size_t count, double noise) {
    const TaskPool pool = {.jobs = self->jobs, .stop = self->stop};
    for (int is_mean = 0; is_mean <= (has_untold(self) ? 1 : 0); is_mean++) {
        Courses courses;
        courses_init(&courses, self, count, noise, is_mean == 1);
        Work work = {self, &courses};
        const bool done = task_pool_run(&pool, self->result_count, replay_reading, &work);
        courses_clear(&courses);
        if (!done) {
            return false;
        }
    }
    return true;
}

static double best_of(const Identification *self) {
    double best = -INFINITY;
    for (size_t i = 0; i < self->result_count; i++) {
        best = fmax(best, self->results[i].log_likelihood);
    }
    return best;
}

static void set_dispersion(Identification *self) {
    const double lost = -best_of(self) / (double)(self->scored + 1);
    self->dispersion = fmax(lost / IDENTIFICATION_GOOD, IDENTIFICATION_DISPERSION);
}

/* Those that a first look at few guesses finds far behind keep what it says of them; of the others
 * it was too rough to count. */
static void drop(Identification *self) {
    const double best = best_of(self);
    set_dispersion(self);
    for (size_t i = 0; i < self->result_count; i++) {
        ReadingResult *result = &self->results[i];
        result->dropped = best - result->log_likelihood > FAR_BEHIND * self->dispersion;
        if (!result->dropped) {
            result->log_likelihood = -INFINITY;
        }
    }
}

static bool replay_all(Identification *self) {
    for (size_t i = 0; i < self->result_count; i++) {
        self->results[i].log_likelihood = -INFINITY;
        self->results[i].dropped = false;
    }
    if (!replay_on(self, COURSES_FIRST, 1)) {
        return false;
    }
    drop(self);
    for (size_t i = 0; i < sizeof noises / sizeof *noises; i++) {
        if (!replay_on(self, COURSES, noises[i])) {
            return false;
        }
    }
    return true;
}

static void set_grace(Identification *self, sim_time boot) {
    self->grace = 10 * SIM_TIME_SECOND;
    for (size_t kind = 0; kind < RECORDING_KINDS; kind++) {
        const sim_time step = self->recording->series[kind].step;
        self->grace = step > self->grace ? step : self->grace;
    }
    self->grace = boot / 3 > self->grace ? boot / 3 : self->grace;
}

static bool replay_with_boot(Identification *self, sim_time boot) {
    find_changes(self, boot);
    set_grace(self, boot);
    return replay_all(self);
}

/* Only the replicas that serve are recorded: of several boots the one that explains most. */
static bool replay_boots(Identification *self) {
    static const int boots[] = {0, 30, 60, 90, 120, 180, 240, 300, 420};
    double best = -INFINITY;
    sim_time chosen = 0;
    for (size_t i = 0; i < sizeof boots / sizeof *boots; i++) {
        if (!replay_with_boot(self, boots[i] * SIM_TIME_SECOND)) {
            return false;
        }
        if (best_of(self) > best) {
            best = best_of(self);
            chosen = boots[i] * SIM_TIME_SECOND;
        }
    }
    const bool done = replay_with_boot(self, chosen);
    self->boot = chosen;
    return done;
}

static void copy_twins(Identification *self) {
    const size_t count = self->change_count;
    for (size_t i = 0; i < self->result_count; i++) {
        ReadingResult *result = &self->results[i];
        if (result->twin != SIZE_MAX) {
            const ReadingResult *twin = &self->results[result->twin];
            allocate_shares(self, result);
            memcpy(result->changes, twin->changes, count * sizeof *twin->changes);
            memcpy(result->still, twin->still, (count + 1) * sizeof *twin->still);
            result->log_likelihood = twin->log_likelihood;
            result->explained = twin->explained;
        }
    }
}

/* Judging ------------------------------------------------------------------------------------- */

static int compare_results(const void *a, const void *b) {
    const ReadingResult *left = a, *right = b;
    const double l = left->log_likelihood, r = right->log_likelihood;
    if (l != r) {
        return l < r ? 1 : -1;
    }
    return (left->alike > right->alike) - (left->alike < right->alike); /* as they were listed */
}

static double loss(double best, double own) {
    return log(fmax(best, IDENTIFICATION_LEAST)) - log(fmax(own, IDENTIFICATION_LEAST));
}

/* What the best explains so much better. */
static void find_ruling(const Identification *self, const ReadingResult *best,
                        ReadingResult *result) {
    result->ruling_loss = 0;
    for (size_t i = 0; i <= self->change_count; i++) {
        const double still = loss(best->still[i].share, result->still[i].share);
        const double change = i < self->change_count && self->changes[i].scored
                                  ? loss(best->changes[i].share, result->changes[i].share)
                                  : 0;
        if (still > result->ruling_loss || change > result->ruling_loss) {
            result->ruling = i;
            result->ruling_is_still = still > change;
            result->ruling_loss = still > change ? still : change;
        }
    }
}

static bool predict_alike(const Identification *self, const ReadingResult *a,
                          const ReadingResult *b) {
    bool alike = true;
    for (size_t i = 0; i <= self->change_count && alike; i++) {
        alike = fabs(a->still[i].share - b->still[i].share) < 1e-9 &&
                (i == self->change_count || fabs(a->changes[i].share - b->changes[i].share) < 1e-9);
    }
    return alike;
}

double identification_odds(const Identification *self, const ReadingResult *result) {
    return exp((self->results[0].log_likelihood - result->log_likelihood) / self->dispersion);
}

bool identification_matters(const Identification *self, const Reading *reading,
                            IdentificationOption option) {
    return self->used[option] && (option != IDENTIFICATION_LOAD_SIGNAL || reading->default_always ||
                                  !self->used[IDENTIFICATION_DEFAULT_ALWAYS]);
}

static void judge(Identification *self) {
    copy_twins(self);
    for (size_t i = 0; i < self->result_count; i++) {
        self->results[i].alike = i;
    }
    qsort(self->results, self->result_count, sizeof *self->results, compare_results);
    const ReadingResult *best = &self->results[0];
    set_dispersion(self);
    self->decided = self->scored >= IDENTIFICATION_CHANGES_LEAST;
    for (size_t i = 0; i < self->result_count; i++) {
        ReadingResult *result = &self->results[i];
        if (result->verdict == READING_UNRECORDED) {
            continue;
        }
        find_ruling(self, best, result);
        result->verdict = self->decided && identification_odds(self, result) > IDENTIFICATION_DOUBT
                              ? READING_RULED_OUT
                              : READING_FITS;
        result->alike = i;
        for (size_t k = 0; k < i && result->alike == i; k++) {
            if (predict_alike(self, &self->results[k], result)) {
                result->alike = k;
            }
        }
    }
}

bool identification_run(Identification *self, ErrorList *errors) {
    self->has_target = recording_has(self->recording, RECORDING_TARGET);
    find_used(self);
    if (!check_recording(self, errors)) {
        return false;
    }
    add_readings(self);
    const bool done = self->has_target ? replay_with_boot(self, 0) : replay_boots(self);
    if (done) {
        judge(self);
    }
    if (done && self->has_target) {
        measure_boots(self);
    }
    return done;
}

bool identification_is_open(const Identification *self, IdentificationOption option) {
    char *first = identification_value(&self->results[0].reading, option);
    bool is_open = false;
    for (size_t i = 1; i < self->result_count && !is_open; i++) {
        const ReadingResult *result = &self->results[i];
        char *value = identification_value(&result->reading, option);
        is_open = result->verdict != READING_RULED_OUT && strcmp(value, first) != 0;
        free(value);
    }
    free(first);
    return is_open && self->used[option];
}

void identification_clear(Identification *self) {
    for (size_t i = 0; i < self->result_count; i++) {
        free(self->results[i].changes);
        free(self->results[i].still);
    }
    free(self->results);
    free(self->changes);
    self->results = NULL;
    self->changes = NULL;
    self->result_count = self->change_count = 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* One task per simulation, by replication first and run second: the first replications, which write
 * files, go first, and pairs end close to each other. */
#include "experiment/replications.h"

#include "base/memory.h"
#include "base/task_pool.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

/* The bar that all threads move. */
typedef struct SharedProgress {
    pthread_mutex_t lock;
    Progress bar;
    char label[64];
    double *shares; /* of simulated time, by task */
    uint64_t *requests;
    double share_sum;
    uint64_t request_sum;
    size_t count;
} SharedProgress;

typedef struct Batch {
    Replications *replications;
    size_t first; /* replication of the first task */
    const ReplicationsOptions *options;
    SharedProgress *progress; /* NULL: none */
    ErrorList *errors;        /* by task */
    asim_run_result *results; /* by task */
} Batch;

typedef struct TaskProgress {
    SharedProgress *shared;
    size_t task;
} TaskProgress;

void replications_add(Replications *replications, const char *label, const Scenario *scenario,
                      RunReport *report) {
    replications->runs =
        memory_resize(replications->runs, replications->run_count + 1, sizeof *replications->runs);
    replications->runs[replications->run_count++] =
        (ReplicatedRun){.label = label, .scenario = scenario, .report = report};
}

/* Progress ----------------------------------------------------------------------------------- */

static void move_bar(void *self, double share, uint64_t requests) {
    const TaskProgress *task = self;
    SharedProgress *shared = task->shared;
    pthread_mutex_lock(&shared->lock);
    const double known = fmax(share, 0); /* a trace's end is not known before it comes */
    shared->share_sum += known - shared->shares[task->task];
    shared->shares[task->task] = known;
    shared->request_sum += requests - shared->requests[task->task];
    shared->requests[task->task] = requests;
    progress_update(&shared->bar, shared->share_sum / (double)shared->count, shared->request_sum);
    pthread_mutex_unlock(&shared->lock);
}

static SharedProgress *progress_begin(const ReplicationsOptions *options, size_t runs, size_t first,
                                      size_t last, size_t tasks) {
    if (!options->progress) {
        return NULL;
    }
    SharedProgress *shared = memory_new(1, sizeof *shared);
    pthread_mutex_init(&shared->lock, NULL);
    snprintf(shared->label, sizeof shared->label, "%zu x replications %zu to %zu", runs, first + 1,
             last);
    progress_init(&shared->bar, options->progress, shared->label);
    shared->shares = memory_new(tasks, sizeof *shared->shares);
    shared->requests = memory_new(tasks, sizeof *shared->requests);
    shared->count = tasks;
    return shared;
}

static void progress_end(SharedProgress *shared) {
    if (shared) {
        progress_clear(&shared->bar);
        pthread_mutex_destroy(&shared->lock);
        free(shared->shares);
        free(shared->requests);
        free(shared);
    }
}

/* Tasks -------------------------------------------------------------------------------------- */

enum { OBSERVERS_MOST = 16 };

/* The scenario's options do not depend on the number of the replication: a copy that shares all is
 * enough. */
static bool run_task(void *self, size_t task) {
    const Batch *batch = self;
    Replications *all = batch->replications;
    ReplicatedRun *run = &all->runs[task % all->run_count];
    const size_t replication = batch->first + task / all->run_count;
    Scenario scenario = *run->scenario;
    scenario.replication += (int64_t)replication;

    const asim_observer *observers[OBSERVERS_MOST];
    const asim_observer *const *reported = NULL;
    RunReport *report = replication == 0 ? run->report : NULL;
    size_t count = report ? run_report_observers(report, &reported) : 0;
    for (size_t i = 0; i < count; i++) {
        observers[i] = reported[i];
    }
    asim_observer by_day;
    if (all->by_days) {
        run->days[replication] = daily_summary_create(&scenario);
        by_day = daily_summary_observer(run->days[replication]);
        observers[count++] = &by_day;
    }
    TaskProgress progress = {.shared = batch->progress, .task = task};
    const asim_run_options options = {.observers = observers,
                                      .observer_count = count,
                                      .stop = batch->options->stop,
                                      .progress = batch->progress ? move_bar : NULL,
                                      .progress_self = &progress};
    asim_run_result result;
    if (report) {
        result = simulation_run(&scenario, &options, &batch->errors[task]);
        if (result == ASIM_RUN_DONE) {
            measurement_of_summary(run_report_summary(report), &run->measurements[replication]);
        } else {
            run_report_tell_failure(report, &batch->errors[task]);
        }
    } else {
        result = measurement_run_observed(&scenario, &options, &run->measurements[replication],
                                          &batch->errors[task]);
    }
    if (result == ASIM_RUN_DONE && batch->progress) {
        move_bar(&progress, 1, batch->progress->requests[task]);
    }
    batch->results[task] = result;
    return result == ASIM_RUN_DONE;
}

/* Those of the first task that failed: later ones may or may not have been begun. */
static asim_run_result settle(const Batch *batch, size_t tasks, bool done, ErrorList *errors) {
    asim_run_result result = done ? ASIM_RUN_DONE : ASIM_RUN_STOPPED;
    for (size_t task = 0; task < tasks; task++) {
        if (batch->results[task] == ASIM_RUN_FAILED && result != ASIM_RUN_FAILED) {
            result = ASIM_RUN_FAILED;
            error_add_all(errors, &batch->errors[task]);
        }
        error_list_clear(&batch->errors[task]);
    }
    return result;
}

static void make_room(Replications *replications, size_t count) {
    for (size_t i = 0; i < replications->run_count; i++) {
        ReplicatedRun *run = &replications->runs[i];
        run->measurements = memory_resize(run->measurements, count, sizeof *run->measurements);
        run->days =
            replications->by_days ? memory_resize(run->days, count, sizeof *run->days) : run->days;
        for (size_t r = replications->count; r < count; r++) {
            run->measurements[r] = (Measurement){0};
            if (run->days) {
                run->days[r] = NULL;
            }
        }
    }
}

static void forget_from(Replications *replications, size_t first, size_t count) {
    for (size_t i = 0; i < replications->run_count; i++) {
        for (size_t r = first; r < count; r++) {
            measurement_clear(&replications->runs[i].measurements[r]);
            if (replications->runs[i].days) {
                daily_summary_destroy(replications->runs[i].days[r]);
                replications->runs[i].days[r] = NULL;
            }
        }
    }
}

asim_run_result replications_run(Replications *replications, size_t count,
                                 const ReplicationsOptions *options, ErrorList *errors) {
    if (count <= replications->count) {
        return ASIM_RUN_DONE;
    }
    const size_t tasks = (count - replications->count) * replications->run_count;
    make_room(replications, count);
    Batch batch = {
        .replications = replications,
        .first = replications->count,
        .options = options,
        .progress =
            progress_begin(options, replications->run_count, replications->count, count, tasks),
        .errors = memory_new(tasks, sizeof *batch.errors),
        .results = memory_new(tasks, sizeof *batch.results),
    };
    const TaskPool pool = {.jobs = options->jobs, .stop = options->stop};
    const bool done = task_pool_run(&pool, tasks, run_task, &batch);
    progress_end(batch.progress);
    const asim_run_result result = settle(&batch, tasks, done, errors);
    if (result == ASIM_RUN_DONE) {
        replications->count = count;
    } else {
        forget_from(replications, replications->count, count);
    }
    free(batch.errors);
    free(batch.results);
    return result;
}

void replications_clear(Replications *replications) {
    forget_from(replications, 0, replications->count);
    for (size_t i = 0; i < replications->run_count; i++) {
        free(replications->runs[i].measurements);
        free(replications->runs[i].days);
    }
    free(replications->runs);
    *replications = (Replications){0};
}

void replications_values(const Replications *replications, size_t run, size_t deployment,
                         size_t column, double values[]) {
    for (size_t r = 0; r < replications->count; r++) {
        values[r] =
            deployment == SIZE_MAX
                ? NAN
                : measurement_value(&replications->runs[run].measurements[r], deployment, column);
    }
}

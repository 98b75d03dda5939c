// SPDX-License-Identifier: GPL-3.0-or-later
/* Replications of a lesson's runs, and a table of what can be said of them (stats/inference.h). */
#include "experiment/lesson_replications.h"

#include "engine/memory.h"
#include "experiment/lesson_expression.h"
#include "experiment/task_pool.h"
#include "report/summary_columns.h"
#include "stats/inference.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Statistics --------------------------------------------------------------------------------- */

static Estimate difference(const double one[], const double other[], size_t count,
                           bool independent) {
    return independent
               ? estimate_independent_difference(other, count, one, count, LESSON_CONFIDENCE)
               : estimate_difference(other, one, count, LESSON_CONFIDENCE, NULL);
}

static double mean(const double one[], const double other[], const LessonSample *sample) {
    return sample->is_difference ? difference(one, other, sample->count, sample->independent).mean
                                 : estimate_mean(one, sample->count, LESSON_CONFIDENCE).mean;
}

static double half_width(const double one[], const double other[], const LessonSample *sample) {
    return difference(one, other, sample->count, sample->independent).half_width;
}

/* The smallest number from which on, up to all of them, every interval keeps to one side of 0. */
static double needed(const double one[], const double other[], const LessonSample *sample) {
    size_t count = sample->count;
    while (count >= 2) {
        const Estimate estimate = difference(one, other, count, sample->independent);
        if (!(fabs(estimate.mean) > estimate.half_width)) {
            break;
        }
        count--;
    }
    return count < sample->count ? (double)(count < 2 ? 2 : count + 1) : NAN;
}

/* Of the sign that all replications together give. */
static double misled(const double one[], const double other[], const LessonSample *sample) {
    const double all = difference(one, other, sample->count, sample->independent).mean;
    size_t wrong = 0;
    for (size_t i = 0; i < sample->count; i++) {
        wrong += (one[i] - other[i]) * all < 0;
    }
    return isnan(all) ? NAN : (double)wrong / (double)sample->count;
}

static const LessonStatistic statistics[] = {
    {"mean", true, true, LESSON_NUMBER, mean},
    {"half_width", false, true, LESSON_NUMBER, half_width},
    {"needed", false, false, LESSON_COUNT, needed},
    {"misled", false, false, LESSON_SHARE, misled},
};

const LessonStatistic *lesson_statistic_find(const char *name) {
    for (size_t i = 0; i < sizeof statistics / sizeof statistics[0]; i++) {
        if (strcmp(statistics[i].name, name) == 0) {
            return &statistics[i];
        }
    }
    return NULL;
}

/* Samples ------------------------------------------------------------------------------------ */

static void want(LessonRun *run, size_t count) {
    run->replications_wanted = count > run->replications_wanted ? count : run->replications_wanted;
}

void lesson_sample_want(Lesson *lesson, const LessonSample *sample) {
    want(&lesson->runs[sample->one.run], sample->count);
    if (sample->is_difference) {
        want(&lesson->runs[sample->other.run], sample->count * (sample->independent ? 2 : 1));
    }
}

/* Owned by the caller. */
static double *values_of(const Lesson *lesson, const LessonMetric *metric, size_t from,
                         size_t count) {
    const LessonRun *run = &lesson->runs[metric->run];
    assert(from + count <= run->replications_measured && "replications were not asked for");
    double *values = memory_new(count, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        values[i] =
            measurement_value(&run->replications[from + i], metric->deployment, metric->column);
    }
    return values;
}

double lesson_statistic(const Lesson *lesson, const LessonStatistic *statistic,
                        const LessonSample *sample) {
    const size_t from = sample->independent ? sample->count : 0;
    double *one = values_of(lesson, &sample->one, 0, sample->count);
    double *other =
        sample->is_difference ? values_of(lesson, &sample->other, from, sample->count) : NULL;
    const double value = statistic->value(one, other, sample);
    free(one);
    free(other);
    return value;
}

/* Runs --------------------------------------------------------------------------------------- */

typedef struct Task {
    LessonRun *run;
    size_t replication; /* from the scenario's own on */
    asim_run_result result;
    ErrorList errors;
} Task;

typedef struct Tasks {
    Task *items;
    size_t count;
    const volatile sig_atomic_t *stop;
} Tasks;

static bool measure(void *self, size_t index) {
    Tasks *tasks = self;
    Task *task = &tasks->items[index];
    LessonRun *run = task->run;
    Scenario *scenario =
        base_scenario_vary(&run->base, NULL, 0,
                           run->scenario->replication + (int64_t)task->replication, &task->errors);
    task->result = ASIM_RUN_FAILED;
    if (scenario != NULL) {
        task->result = measurement_run(scenario, tasks->stop, &run->replications[task->replication],
                                       &task->errors);
    }
    scenario_destroy(scenario);
    return task->result == ASIM_RUN_DONE;
}

static Tasks plan(Lesson *lesson, const volatile sig_atomic_t *stop) {
    Tasks tasks = {.stop = stop};
    for (size_t i = 0; i < lesson->run_count; i++) {
        tasks.count += lesson->runs[i].replications_wanted;
    }
    tasks.items = memory_new(tasks.count + 1, sizeof *tasks.items);
    size_t used = 0;
    for (size_t i = 0; i < lesson->run_count; i++) {
        LessonRun *run = &lesson->runs[i];
        run->replications = memory_new(run->replications_wanted + 1, sizeof *run->replications);
        run->replications_measured = run->replications_wanted;
        for (size_t k = 0; k < run->replications_wanted; k++) {
            tasks.items[used++] = (Task){.run = run, .replication = k};
        }
    }
    return tasks;
}

/* The first mistake is told: those of other replications say the same. */
static asim_run_result conclude(Tasks *tasks, bool done, ErrorList *errors) {
    asim_run_result result = done ? ASIM_RUN_DONE : ASIM_RUN_STOPPED;
    for (size_t i = 0; i < tasks->count; i++) {
        ErrorList *own = &tasks->items[i].errors;
        if (own->count > 0 && result != ASIM_RUN_FAILED) {
            result = ASIM_RUN_FAILED;
            error_add(errors, &own->items[0]);
        }
        error_list_clear(own);
    }
    free(tasks->items);
    return result;
}

asim_run_result lesson_replicate(Lesson *lesson, size_t jobs, const volatile sig_atomic_t *stop,
                                 ErrorList *errors) {
    Tasks tasks = plan(lesson, stop);
    const TaskPool pool = {.jobs = jobs, .stop = stop};
    const bool done = task_pool_run(&pool, tasks.count, measure, &tasks);
    return conclude(&tasks, done, errors);
}

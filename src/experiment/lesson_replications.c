// SPDX-License-Identifier: GPL-3.0-or-later
/* A table of what can be said of replications (stats/inference.h). */
#include "experiment/lesson_replications.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "stats/inference.h"

#include <math.h>
#include <stdlib.h>

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

const LessonStatistic lesson_statistics[] = {
    {"mean", true, true, LESSON_NUMBER, mean},
    {"half_width", false, true, LESSON_NUMBER, half_width},
    {"needed", false, false, LESSON_COUNT, needed},
    {"misled", false, false, LESSON_SHARE, misled},
};

const size_t lesson_statistic_count = sizeof lesson_statistics / sizeof lesson_statistics[0];

/* Samples ------------------------------------------------------------------------------------ */

static void want(LessonRun *run, size_t count) {
    run->replications = count > run->replications ? count : run->replications;
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
    asim_assert(from + count <= run->replications); /* replications were not asked for */
    double *values = memory_new(count, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        values[i] = measurement_value(&run->done->measurements[from + i], metric->deployment,
                                      metric->column);
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

size_t lesson_replications(const Lesson *lesson) {
    size_t most = 1;
    for (size_t i = 0; i < lesson->run_count; i++) {
        most = lesson->runs[i].replications > most ? lesson->runs[i].replications : most;
    }
    return most;
}

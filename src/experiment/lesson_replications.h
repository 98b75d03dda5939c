// SPDX-License-Identifier: GPL-3.0-or-later
/* What a lesson says of several replications: means, intervals, and how far to trust a sign. */
#ifndef EXPERIMENT_LESSON_REPLICATIONS_H
#define EXPERIMENT_LESSON_REPLICATIONS_H

#include "experiment/lesson.h"
#include "experiment/lesson_value.h"

#define LESSON_CONFIDENCE 0.95 /* of every interval */

typedef struct LessonMetric {
    size_t run, deployment;
    size_t column; /* of metric_rows[] */
} LessonMetric;

/* One metric, or the difference one - other, in `count` replications. Independent: the other run's
 * replications are those from number `count` on, so that nothing is common. */
typedef struct LessonSample {
    LessonMetric one, other;
    bool is_difference, independent;
    size_t count;
} LessonSample;

typedef struct LessonStatistic {
    const char *name;
    bool of_one; /* one metric will do; else it is about a difference */
    bool in_unit_of_metric;
    LessonUnit unit; /* otherwise */
    double (*value)(const double one[], const double other[], const LessonSample *sample);
} LessonStatistic;

extern const LessonStatistic lesson_statistics[];
extern const size_t lesson_statistic_count;

/* Notes in the runs how many replications the sample needs. */
void lesson_sample_want(Lesson *lesson, const LessonSample *sample);

/* NAN where it does not apply. The replications must have been measured. */
double lesson_statistic(const Lesson *lesson, const LessonStatistic *statistic,
                        const LessonSample *sample);

/* How often each run is to be run: 1, or more if the page asks for replications. */
size_t lesson_replications(const Lesson *lesson);

#endif

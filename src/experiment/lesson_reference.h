// SPDX-License-Identifier: GPL-3.0-or-later
/* What a placeholder refers to: runs, their metrics, the options of their scenarios. */
#ifndef EXPERIMENT_LESSON_REFERENCE_H
#define EXPERIMENT_LESSON_REFERENCE_H

#include "experiment/lesson_parser.h"
#include "experiment/lesson_replications.h"
#include "experiment/lesson_value.h"

/* The run of that name, which is freed; NULL after adding an error. */
LessonRun *lesson_reference_run(LessonParser *parser, char *name);

/* After RUN: ".METRIC" or ".DEPLOYMENT.METRIC". False after adding an error. */
bool lesson_reference_metric(LessonParser *parser, const LessonRun *run, LessonMetric *metric);
/* Its value in the run; NAN before it has been run. */
LessonValue lesson_reference_value(const LessonParser *parser, const LessonMetric *metric);

/* After "RUN:": a path, as --set takes it; of the only deployment, its beginning may be left out.
 * False after adding an error. */
bool lesson_reference_option(LessonParser *parser, const LessonRun *run, LessonValue *value);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* What stands between {{ and }} in a lesson's page: an expression of Lua, in a sandbox that knows
 * the lesson's runs. Its values are figures: numbers with a unit, shown as people read them.
 *
 *     zero.total_usd                          a metric of the run `zero` (its only deployment)
 *     zero.chat.total_usd                     of one of several deployments
 *     zero "deployments.chat.cold_start.cv"   an option of its scenario, by --set's path
 *     zero "cold_start.cv"                    the same, if there is but one deployment
 *     always.total_usd - zero.total_usd       + - * / ( ) and numbers
 *     percent(zero.answers_503 / zero.sends)  shown in another unit
 *     mean(a.total_usd, 10)                   over that many replications
 *     half_width(a.x - b.x, 10, paired)       of the 95 % interval of the mean difference
 *     needed(a.x - b.x, 50, independent)      replications from which on, up to 50, it excludes 0
 *     misled(a.x - b.x, 50, paired)           share of single replications with the other sign
 *
 * paired: replication i of one run beside replication i of the other (common random numbers);
 * independent: the second run's replications are other ones. */
#ifndef EXPERIMENT_LESSON_EXPRESSION_H
#define EXPERIMENT_LESSON_EXPRESSION_H

#include "experiment/lesson.h"
#include "experiment/lesson_value.h"

#define LESSON_REPLICATIONS_MOST 1000

/* The text of a placeholder, within the page. */
typedef struct LessonPlaceholder {
    const char *text;
    size_t length;
    long line;
} LessonPlaceholder;

/* Its value. measured false: nothing has been run yet; mistakes are looked for, the replications
 * it wants noted, and figures of runs are NAN. False after adding an error. *value is owned by the
 * caller (lesson_value_clear). */
bool lesson_expression_value(Lesson *lesson, LessonPlaceholder placeholder, bool measured,
                             LessonValue *value, ErrorList *errors);

/* "EXPRESSION < EXPRESSION" (<, >, <=, >=; not, and, or): false where a figure does not apply. */
bool lesson_expression_holds(Lesson *lesson, LessonPlaceholder placeholder, bool measured,
                             bool *holds, ErrorList *errors);

#endif

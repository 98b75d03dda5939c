// SPDX-License-Identifier: GPL-3.0-or-later
/* Figures with their units, as the placeholders of a lesson reckon with them. */
#ifndef EXPERIMENT_LESSON_VALUE_H
#define EXPERIMENT_LESSON_VALUE_H

#include "figures/metrics.h"

#include <cJSON.h>
#include <stdbool.h>

typedef enum LessonUnit {
    LESSON_NUMBER, /* none */
    LESSON_COUNT,
    LESSON_SECONDS,
    LESSON_HOURS,
    LESSON_USD,
    LESSON_SHARE, /* 0..1, shown in percent */
    LESSON_PER_SECOND,
    LESSON_GIGABYTES,
    LESSON_GIGABYTES_PER_SECOND,
    LESSON_TEXT /* no number at all */
} LessonUnit;

typedef struct LessonValue {
    double number; /* NAN: does not apply; INFINITY: a time that never came */
    LessonUnit unit;
    char *text; /* of an option: as a scenario writes it, "30s"; NULL for what has been reckoned.
                   Owned */
} LessonValue;

void lesson_value_clear(LessonValue *value);

LessonUnit lesson_unit_of(MetricUnit unit);

/* An option of a scenario as it is run: `key` is its name, whose ending tells the unit (_gb, _ms,
 * usd_...). Of booleans, true is 1. Objects and arrays are texts, as JSON. */
LessonValue lesson_value_of_option(const char *key, const cJSON *node);

/* left OP other, OP one of + - * /. False if that is no figure: texts, sums of different units. */
bool lesson_value_combine(LessonValue *left, char operation, const LessonValue *other);

/* In another unit: seconds and hours are converted, all else is only called so. */
void lesson_value_convert(LessonValue *value, LessonUnit unit);

/* For people: "$12.30", "4.63 s", "never", "-" for what does not apply. Owned by the caller. */
char *lesson_value_text(const LessonValue *value);

#endif

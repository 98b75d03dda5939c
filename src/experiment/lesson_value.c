// SPDX-License-Identifier: GPL-3.0-or-later
/* Units by tables; see lesson_value.h. */
#include "experiment/lesson_value.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/options.h"
#include "engine/sim_time.h"
#include "figures/human.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_PER_HOUR 3600.0

void lesson_value_clear(LessonValue *value) {
    free(value->text);
    *value = (LessonValue){.number = NAN};
}

LessonUnit lesson_unit_of(SummaryUnit unit) {
    switch (unit) {
    case SUMMARY_UNIT_COUNT: return LESSON_COUNT;
    case SUMMARY_UNIT_SECONDS: return LESSON_SECONDS;
    case SUMMARY_UNIT_HOURS: return LESSON_HOURS;
    case SUMMARY_UNIT_USD: return LESSON_USD;
    case SUMMARY_UNIT_SHARE: return LESSON_SHARE;
    case SUMMARY_UNIT_PER_SECOND: return LESSON_PER_SECOND;
    }
    return LESSON_NUMBER;
}

static const char *tail(LessonUnit unit) {
    switch (unit) {
    case LESSON_HOURS: return " h";
    case LESSON_PER_SECOND: return "/s";
    case LESSON_GIGABYTES: return " GB";
    case LESSON_GIGABYTES_PER_SECOND: return " GB/s";
    default: return "";
    }
}

/* Options ------------------------------------------------------------------------------------ */

/* Durations are texts, so these are numbers whose name says what they count. */
static const struct {
    const char *ending;
    LessonUnit unit;
    double factor;
} endings[] = {
    {"_gb_per_s", LESSON_GIGABYTES_PER_SECOND, 1},
    {"_per_s", LESSON_PER_SECOND, 1},
    {"_gb", LESSON_GIGABYTES, 1},
    {"_ms", LESSON_SECONDS, 1e-3},
    {"_s", LESSON_SECONDS, 1},
    {"usd_per_gpu_hour", LESSON_USD, 1},
};

static bool ends_with(const char *text, const char *ending) {
    const size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

/* Rates and sizes as the scenario writes them, with their unit; money and milliseconds as figures.
 */
static LessonValue of_number(const char *key, double number) {
    LessonValue value = {.number = number, .unit = LESSON_NUMBER};
    char text[32];
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (ends_with(key, endings[i].ending)) {
            value.number = number * endings[i].factor;
            value.unit = endings[i].unit;
            break;
        }
    }
    if (value.unit != LESSON_USD && value.unit != LESSON_SECONDS) {
        value.text = memory_format("%s%s", text_number(number, text), tail(value.unit));
    }
    return value;
}

LessonValue lesson_value_of_option(const char *key, const cJSON *node) {
    if (cJSON_IsNumber(node)) {
        return of_number(key, node->valuedouble);
    }
    LessonValue value = {.number = NAN, .unit = LESSON_TEXT};
    sim_time duration;
    if (cJSON_IsBool(node)) { /* so that a condition can ask */
        value.number = cJSON_IsTrue(node) ? 1 : 0;
        value.unit = LESSON_NUMBER;
    }
    if (cJSON_IsString(node)) {
        value.text = memory_text(node->valuestring);
        if (sim_time_parse(node->valuestring, &duration)) {
            value.number = sim_time_to_seconds(duration);
            value.unit = LESSON_SECONDS;
        }
    } else {
        value.text = json_print_line(node);
    }
    return value;
}

/* Reckoning ---------------------------------------------------------------------------------- */

void lesson_value_convert(LessonValue *value, LessonUnit unit) {
    if (unit == LESSON_HOURS && value->unit == LESSON_SECONDS) {
        value->number /= SECONDS_PER_HOUR;
    } else if (unit == LESSON_SECONDS && value->unit == LESSON_HOURS) {
        value->number *= SECONDS_PER_HOUR;
    }
    const double number = unit == LESSON_COUNT ? round(value->number) : value->number;
    lesson_value_clear(value);
    value->number = number;
    value->unit = unit;
}

/* A bare number takes the other's unit: gigabytes by gigabytes per second are seconds unsaid. */
static bool sum_unit(LessonUnit left, LessonUnit right, LessonUnit *unit) {
    *unit = left == LESSON_NUMBER ? right : left;
    return left == right || left == LESSON_NUMBER || right == LESSON_NUMBER;
}

/* Money and time keep their unit when a number multiplies or divides them; all else is a number. */
static bool lasts(LessonUnit unit) {
    return unit == LESSON_USD || unit == LESSON_SECONDS || unit == LESSON_HOURS;
}

static LessonUnit product_unit(LessonUnit left, LessonUnit right) {
    return lasts(left) && !lasts(right)   ? left
           : lasts(right) && !lasts(left) ? right
                                          : LESSON_NUMBER;
}

static LessonUnit quotient_unit(LessonUnit left, LessonUnit right) {
    return lasts(left) && !lasts(right) ? left : LESSON_NUMBER;
}

/* Of two times, the right one in the unit of the left one. */
static LessonValue in_unit_of(LessonUnit unit, const LessonValue *value) {
    LessonValue same = {.number = value->number, .unit = value->unit};
    if ((unit == LESSON_HOURS && same.unit == LESSON_SECONDS) ||
        (unit == LESSON_SECONDS && same.unit == LESSON_HOURS)) {
        lesson_value_convert(&same, unit);
    }
    return same;
}

bool lesson_value_combine(LessonValue *left, char operation, const LessonValue *other) {
    const LessonValue same = in_unit_of(left->unit, other), *right = &same;
    const double a = left->number, b = right->number;
    LessonUnit unit = LESSON_NUMBER;
    if (left->unit == LESSON_TEXT || right->unit == LESSON_TEXT) {
        return false;
    }
    if ((operation == '+' || operation == '-') && !sum_unit(left->unit, right->unit, &unit)) {
        return false;
    }
    if (operation == '*') {
        unit = product_unit(left->unit, right->unit);
    } else if (operation == '/') {
        unit = quotient_unit(left->unit, right->unit);
    }
    lesson_value_clear(left);
    left->unit = unit;
    left->number = operation == '+'   ? a + b
                   : operation == '-' ? a - b
                   : operation == '*' ? a * b
                   : b != 0           ? a / b
                                      : NAN;
    return true;
}

/* Text --------------------------------------------------------------------------------------- */

/* number >= 0 */
static const char *show(double number, LessonUnit unit, char text[HUMAN_TEXT]) {
    switch (unit) {
    case LESSON_SECONDS: return human_seconds(number, text);
    case LESSON_USD: return human_usd(number, text);
    case LESSON_SHARE: return human_share(number, text);
    case LESSON_COUNT:
        return number == floor(number) && number < 1e18 ? human_count((uint64_t)number, text)
                                                        : human_number(number, text);
    case LESSON_NUMBER:
    case LESSON_HOURS:
    case LESSON_PER_SECOND:
    case LESSON_GIGABYTES:
    case LESSON_GIGABYTES_PER_SECOND:
    case LESSON_TEXT: break;
    }
    return human_number(number, text);
}

char *lesson_value_text(const LessonValue *value) {
    char text[HUMAN_TEXT];
    if (value->text != NULL) {
        return memory_text(value->text);
    }
    if (!isfinite(value->number)) {
        const bool never = isinf(value->number) && value->unit == LESSON_SECONDS;
        return memory_text(never ? "never" : "-");
    }
    return memory_format("%s%s%s", value->number < 0 ? "-" : "",
                         show(fabs(value->number), value->unit, text), tail(value->unit));
}

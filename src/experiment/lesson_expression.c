// SPDX-License-Identifier: GPL-3.0-or-later
/* Two kinds of userdata: a run (of which one deployment may be chosen), and a figure. A figure
 * remembers the metric, or the difference of two, that it is made of: that is what statistics of
 * replications are about. A mistake of ours to tell is put into the list of errors where it is
 * found, and Lua is left by an error without a message. */
#include "experiment/lesson.h"

#include "base/assertion.h"
#include "base/json_print.h"
#include "base/lua_sandbox.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/options.h"
#include "engine/sim_time.h"
#include "figures/human.h"
#include "figures/metrics.h"
#include "stats/inference.h"

#include <ctype.h>
#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Figures with their units ------------------------------------------------------------------ */

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

#define SECONDS_PER_HOUR 3600.0

static void lesson_value_clear(LessonValue *value) {
    free(value->text);
    *value = (LessonValue){.number = NAN};
}

static LessonUnit lesson_unit_of(MetricUnit unit) {
    switch (unit) {
    case METRIC_UNIT_COUNT: return LESSON_COUNT;
    case METRIC_UNIT_SECONDS: return LESSON_SECONDS;
    case METRIC_UNIT_HOURS: return LESSON_HOURS;
    case METRIC_UNIT_USD: return LESSON_USD;
    case METRIC_UNIT_SHARE: return LESSON_SHARE;
    case METRIC_UNIT_PER_SECOND: return LESSON_PER_SECOND;
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

static LessonValue lesson_value_of_option(const char *key, const cJSON *node) {
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

static void lesson_value_convert(LessonValue *value, LessonUnit unit) {
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

static bool lesson_value_combine(LessonValue *left, char operation, const LessonValue *other) {
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

static char *lesson_value_text(const LessonValue *value) {
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

static const LessonStatistic lesson_statistics[] = {
    {"mean", true, true, LESSON_NUMBER, mean},
    {"half_width", false, true, LESSON_NUMBER, half_width},
    {"needed", false, false, LESSON_COUNT, needed},
    {"misled", false, false, LESSON_SHARE, misled},
};

/* Samples ------------------------------------------------------------------------------------ */

static void want(LessonRun *run, size_t count) {
    run->replications = count > run->replications ? count : run->replications;
}

static void lesson_sample_want(Lesson *lesson, const LessonSample *sample) {
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

static double lesson_statistic(const Lesson *lesson, const LessonStatistic *statistic,
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

#define RUN "run"
#define FIGURE "figure"

enum { NAMES_MOST = 256 };

/* An expression is a line; this is a thousand times what those of the lessons need. */
static const LuaLimits limits = {.bytes = 4 << 20, .instructions = 100000};

typedef struct Context {
    Lesson *lesson;
    LessonPlaceholder placeholder;
    bool measured;
    ErrorList *errors;
} Context;

typedef struct RunReference {
    size_t run, deployment;
    bool is_chosen; /* the deployment */
} RunReference;

typedef struct Figure {
    LessonValue value;
    LessonSample sample; /* of a metric, or of the difference of two */
    bool has_sample;
} Figure;

/* Mistakes ----------------------------------------------------------------------------------- */

static void tell(const Context *context, const char *found, const char *expected,
                 const char *suggestion) {
    char *place =
        memory_format("{{%.*s}}", (int)context->placeholder.length, context->placeholder.text);
    error_add(context->errors, &(Error){.file = context->lesson->file,
                                        .line = context->placeholder.line,
                                        .place = place,
                                        .found = found,
                                        .expected = expected,
                                        .suggestion = suggestion});
    free(place);
}

static int refuse(lua_State *lua, const char *found, const char *expected) {
    tell(lua_sandbox_context(lua), found, expected, NULL);
    lua_pushnil(lua);
    return lua_error(lua);
}

/* "WHAT \"name\"", with the nearest of the names. */
static int refuse_name(lua_State *lua, const char *what, const char *name, const char *expected,
                       const char *const names[], size_t count) {
    char *found = memory_format("%s \"%s\"", what, name);
    tell(lua_sandbox_context(lua), found, expected, error_nearest(name, names, count));
    free(found);
    lua_pushnil(lua);
    return lua_error(lua);
}

/* Figures ------------------------------------------------------------------------------------ */

static Figure *push_figure(lua_State *lua, double number, LessonUnit unit) {
    Figure *figure = lua_newuserdatauv(lua, sizeof *figure, 0);
    *figure = (Figure){.value = {.number = number, .unit = unit}};
    luaL_setmetatable(lua, FIGURE);
    return figure;
}

static int figure_gc(lua_State *lua) {
    Figure *figure = luaL_checkudata(lua, 1, FIGURE);
    lesson_value_clear(&figure->value);
    return 0;
}

/* An operand: a figure or a bare number. The value is lent. */
static LessonValue operand(lua_State *lua, int index) {
    const Figure *figure = luaL_testudata(lua, index, FIGURE);
    if (figure != NULL) {
        return figure->value;
    }
    if (lua_type(lua, index) != LUA_TNUMBER) {
        refuse(lua, luaL_testudata(lua, index, RUN) ? "a run" : "no figure", "RUN.METRIC");
    }
    return (LessonValue){.number = lua_tonumber(lua, index), .unit = LESSON_NUMBER};
}

static int combine(lua_State *lua, char operation) {
    LessonValue left = operand(lua, 1);
    const LessonValue right = operand(lua, 2);
    left.text = NULL; /* stays the operand's */
    if (!lesson_value_combine(&left, operation, &right)) {
        return refuse(lua, "figures that do not go together", "numbers; of sums, of the same unit");
    }
    push_figure(lua, left.number, left.unit);
    return 1;
}

static int figure_add(lua_State *lua) {
    return combine(lua, '+');
}

static int figure_multiply(lua_State *lua) {
    return combine(lua, '*');
}

static int figure_divide(lua_State *lua) {
    return combine(lua, '/');
}

static int figure_subtract(lua_State *lua) {
    const Figure *one = luaL_testudata(lua, 1, FIGURE), *other = luaL_testudata(lua, 2, FIGURE);
    combine(lua, '-');
    if (one != NULL && other != NULL && one->has_sample && other->has_sample &&
        !one->sample.is_difference && !other->sample.is_difference) {
        Figure *difference = lua_touserdata(lua, -1);
        difference->has_sample = true;
        difference->sample = (LessonSample){
            .one = one->sample.one, .other = other->sample.one, .is_difference = true};
    }
    return 1;
}

static int figure_less(lua_State *lua) {
    lua_pushboolean(lua, operand(lua, 1).number < operand(lua, 2).number);
    return 1;
}

static int figure_at_most(lua_State *lua) {
    lua_pushboolean(lua, operand(lua, 1).number <= operand(lua, 2).number);
    return 1;
}

static const luaL_Reg figure_methods[] = {
    {"__gc", figure_gc},        {"__add", figure_add},
    {"__sub", figure_subtract}, {"__mul", figure_multiply},
    {"__div", figure_divide},   {"__lt", figure_less},
    {"__le", figure_at_most},   {NULL, NULL},
};

/* Units -------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    LessonUnit unit;
} conversions[] = {
    {"percent", LESSON_SHARE}, {"seconds", LESSON_SECONDS},     {"hours", LESSON_HOURS},
    {"dollars", LESSON_USD},   {"gigabytes", LESSON_GIGABYTES}, {"per_second", LESSON_PER_SECOND},
    {"whole", LESSON_COUNT},
};

/* Its upvalue is the unit. */
static int convert(lua_State *lua) {
    LessonValue value = operand(lua, 1);
    value.text = NULL;
    if (value.unit == LESSON_TEXT) {
        return refuse(lua, "a text", "a figure, which can have a unit");
    }
    lesson_value_convert(&value, (LessonUnit)lua_tointeger(lua, lua_upvalueindex(1)));
    push_figure(lua, value.number, value.unit);
    return 1;
}

/* Replications ------------------------------------------------------------------------------- */

#define PAIRED "paired"
#define INDEPENDENT "independent"

static void take_pairing(lua_State *lua, LessonSample *sample) {
    const char *pairing = lua_tostring(lua, 3);
    sample->independent = pairing != NULL && strcmp(pairing, INDEPENDENT) == 0;
    if (!sample->independent && (pairing == NULL || strcmp(pairing, PAIRED) != 0)) {
        refuse(lua, "no pairing", "paired or independent after the number of replications");
    }
}

/* Its upvalue is the statistic: (METRIC, N) or (METRIC - METRIC, N, paired). */
static int statistic(lua_State *lua) {
    const Context *context = lua_sandbox_context(lua);
    const LessonStatistic *kind = lua_touserdata(lua, lua_upvalueindex(1));
    const Figure *figure = luaL_testudata(lua, 1, FIGURE);
    if (figure == NULL || !figure->has_sample || (!kind->of_one && !figure->sample.is_difference)) {
        return refuse(lua, "something else",
                      kind->of_one ? "RUN.METRIC or RUN.METRIC - RUN.METRIC"
                                   : "RUN.METRIC - RUN.METRIC");
    }
    LessonSample sample = figure->sample;
    const lua_Integer count = lua_isinteger(lua, 2) ? lua_tointeger(lua, 2) : 0;
    if (count < 2 || count > LESSON_REPLICATIONS_MOST) {
        return refuse(lua, "another number of replications", "a whole number from 2 to 1000");
    }
    sample.count = (size_t)count;
    if (sample.is_difference) {
        take_pairing(lua, &sample);
    }
    const LessonUnit unit = lesson_unit_of(metric_rows[sample.one.column].unit);
    const LessonUnit own = unit == LESSON_COUNT ? LESSON_NUMBER : unit;
    Figure *result = push_figure(lua, NAN, kind->in_unit_of_metric ? own : kind->unit);
    if (context->measured) {
        result->value.number = lesson_statistic(context->lesson, kind, &sample);
    } else {
        lesson_sample_want(context->lesson, &sample);
    }
    return 1;
}

/* Runs and their metrics --------------------------------------------------------------------- */

static void push_run(lua_State *lua, RunReference reference) {
    RunReference *run = lua_newuserdatauv(lua, sizeof *run, 0);
    *run = reference;
    luaL_setmetatable(lua, RUN);
}

/* A global name. */
static int find_run(lua_State *lua) {
    const Context *context = lua_sandbox_context(lua);
    const char *name = luaL_checkstring(lua, 2);
    const char *names[NAMES_MOST];
    size_t count = 0;
    for (size_t i = 0; i < context->lesson->run_count && i < NAMES_MOST; i++) {
        names[count++] = context->lesson->runs[i].name;
        if (strcmp(names[i], name) == 0) {
            push_run(lua, (RunReference){.run = i});
            return 1;
        }
    }
    return refuse_name(lua, "a run", name, "one that the page's block of runs has", names, count);
}

static void push_metric(lua_State *lua, const RunReference *reference, size_t column) {
    const Context *context = lua_sandbox_context(lua);
    const LessonRun *run = &context->lesson->runs[reference->run];
    Figure *figure = push_figure(lua, NAN, lesson_unit_of(metric_rows[column].unit));
    figure->has_sample = true;
    figure->sample.one = (LessonMetric){reference->run, reference->deployment, column};
    if (context->measured) {
        figure->value.number =
            measurement_value(&run->done->measurements[0], reference->deployment, column);
    }
}

static int find_metric(lua_State *lua, const RunReference *reference, const char *name) {
    const char *names[NAMES_MOST];
    for (size_t i = 0; i < metric_count && i < NAMES_MOST; i++) {
        names[i] = metric_rows[i].name;
        if (strcmp(names[i], name) == 0) {
            push_metric(lua, reference, i);
            return 1;
        }
    }
    return refuse_name(lua, "a metric", name, "a column of summary.csv", names, metric_count);
}

/* run.DEPLOYMENT or run.METRIC */
static int run_index(lua_State *lua) {
    const Context *context = lua_sandbox_context(lua);
    const RunReference *reference = luaL_checkudata(lua, 1, RUN);
    const char *name = luaL_checkstring(lua, 2);
    const Scenario *scenario = context->lesson->runs[reference->run].scenario;
    const char *names[NAMES_MOST];
    size_t count = 0;
    for (; !reference->is_chosen && count < scenario->deployment_count && count < NAMES_MOST;
         count++) {
        names[count] = scenario->deployments[count].name;
        if (strcmp(names[count], name) == 0) {
            push_run(lua, (RunReference){reference->run, count, true});
            return 1;
        }
    }
    if (count > 1) {
        return refuse_name(lua, "a deployment", name,
                           "RUN.DEPLOYMENT.METRIC, for there are several deployments", names,
                           count);
    }
    return find_metric(lua, reference, name);
}

/* Options ------------------------------------------------------------------------------------ */

/* One step down a path; of an array of one element, its number may be left out, as in --set. */
static const cJSON *member(const cJSON *node, const char *key) {
    if (!cJSON_IsArray(node)) {
        return cJSON_GetObjectItemCaseSensitive(node, key);
    }
    if (isdigit((unsigned char)*key)) {
        return cJSON_GetArrayItem(node, atoi(key));
    }
    return cJSON_GetArraySize(node) == 1 ? cJSON_GetObjectItemCaseSensitive(node->child, key)
                                         : NULL;
}

/* Where a path begins: at the root, or at the only deployment if the root has no such key. */
static const cJSON *path_begin(const LessonRun *run, const char *key) {
    const cJSON *deployments = cJSON_GetObjectItemCaseSensitive(run->as_run, "deployments");
    return member(run->as_run, key) == NULL && cJSON_GetArraySize(deployments) == 1
               ? deployments->child
               : run->as_run;
}

static int refuse_option(lua_State *lua, const cJSON *node, const char *key) {
    const char *names[NAMES_MOST];
    size_t count = 0;
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        if (child->string != NULL && count < NAMES_MOST) {
            names[count++] = child->string;
        }
    }
    return refuse_name(lua, "an option", key, "the path of one that the scenario has", names,
                       count);
}

/* run "PATH". What the path is cut into stays on Lua's stack, so that nothing is lost if one of
 * its keys is refused. */
static int run_call(lua_State *lua) {
    const Context *context = lua_sandbox_context(lua);
    const RunReference *reference = luaL_checkudata(lua, 1, RUN);
    const LessonRun *run = &context->lesson->runs[reference->run];
    const char *path = luaL_checkstring(lua, 2), *key = path;
    const cJSON *node = NULL;
    for (;; path++) {
        const size_t length = strcspn(path, ".");
        key = lua_pushlstring(lua, path, length);
        node = node == NULL ? path_begin(run, key) : node;
        const cJSON *child = member(node, key);
        if (child == NULL) {
            return refuse_option(lua, node, key);
        }
        node = child;
        path += length;
        if (*path == '\0') {
            break;
        }
    }
    Figure *figure = push_figure(lua, NAN, LESSON_NUMBER);
    figure->value = lesson_value_of_option(key, node);
    return 1;
}

static const luaL_Reg run_methods[] = {{"__index", run_index}, {"__call", run_call}, {NULL, NULL}};

/* The sandbox's globals ---------------------------------------------------------------------- */

static void new_kind(lua_State *lua, const char *name, const luaL_Reg methods[]) {
    luaL_newmetatable(lua, name);
    luaL_setfuncs(lua, methods, 0);
    lua_pop(lua, 1);
}

static int open_globals(lua_State *lua) {
    new_kind(lua, FIGURE, figure_methods);
    new_kind(lua, RUN, run_methods);
    for (size_t i = 0; i < sizeof conversions / sizeof conversions[0]; i++) {
        lua_pushinteger(lua, conversions[i].unit);
        lua_pushcclosure(lua, convert, 1);
        lua_setglobal(lua, conversions[i].name);
    }
    for (size_t i = 0; i < sizeof lesson_statistics / sizeof lesson_statistics[0]; i++) {
        lua_pushlightuserdata(lua, (void *)&lesson_statistics[i]);
        lua_pushcclosure(lua, statistic, 1);
        lua_setglobal(lua, lesson_statistics[i].name);
    }
    lua_pushliteral(lua, PAIRED);
    lua_setglobal(lua, PAIRED);
    lua_pushliteral(lua, INDEPENDENT);
    lua_setglobal(lua, INDEPENDENT);
    lua_pushglobaltable(lua);
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, find_run);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
    return 0;
}

/* Evaluating --------------------------------------------------------------------------------- */

/* The value is on the stack, or an error has been added. */
static bool evaluate(lua_State *lua, const Context *context) {
    const size_t before = context->errors->count;
    lua_pushcfunction(lua, open_globals);
    if (lua_pcall(lua, 0, 0, 0) != LUA_OK) {
        tell(context, lua_tostring(lua, -1), NULL, NULL);
        return false;
    }
    char *text = memory_text_n(context->placeholder.text, context->placeholder.length);
    const bool sound = lua_sandbox_evaluate(lua, text);
    free(text);
    if (!sound && context->errors->count == before) {
        const char *message = lua_tostring(lua, -1);
        tell(context, message ? message : "no expression", "an expression of Lua", NULL);
    }
    return sound;
}

/* A bare whole number is shown as it stands. */
static bool take_value(lua_State *lua, const Context *context, LessonValue *value) {
    Figure *figure = luaL_testudata(lua, -1, FIGURE);
    if (figure != NULL) {
        *value = figure->value;
        figure->value.text = NULL;
        return true;
    }
    if (lua_type(lua, -1) != LUA_TNUMBER) {
        tell(context, luaL_testudata(lua, -1, RUN) ? "a run" : luaL_typename(lua, -1),
             "a figure, such as RUN.METRIC", NULL);
        return false;
    }
    *value = (LessonValue){.number = lua_tonumber(lua, -1), .unit = LESSON_NUMBER};
    if (lua_isinteger(lua, -1)) {
        value->text = memory_text(lua_tostring(lua, -1));
    }
    return true;
}

/* Lua's == is false between a figure and a number, whatever they are: so there is none. */
static bool take_condition(lua_State *lua, const Context *context, bool *holds) {
    char *text = memory_text_n(context->placeholder.text, context->placeholder.length);
    const bool asks_equality = strstr(text, "==") != NULL || strstr(text, "~=") != NULL;
    free(text);
    if (asks_equality || lua_type(lua, -1) != LUA_TBOOLEAN) {
        tell(context, asks_equality ? "== or ~=" : "no comparison",
             "{{if A < B}}: <, >, <= or >=", NULL);
        return false;
    }
    *holds = lua_toboolean(lua, -1);
    return true;
}

char *lesson_expression_text(Lesson *lesson, LessonPlaceholder placeholder, bool measured,
                             ErrorList *errors) {
    Context context = {lesson, placeholder, measured, errors};
    lua_State *lua = lua_sandbox_open(limits, &context);
    LessonValue value = {.number = NAN};
    const bool sound = evaluate(lua, &context) && take_value(lua, &context, &value);
    char *text = sound ? lesson_value_text(&value) : NULL;
    lesson_value_clear(&value);
    lua_sandbox_close(lua);
    return text;
}

bool lesson_expression_holds(Lesson *lesson, LessonPlaceholder placeholder, bool measured,
                             bool *holds, ErrorList *errors) {
    Context context = {lesson, placeholder, measured, errors};
    lua_State *lua = lua_sandbox_open(limits, &context);
    *holds = false;
    const bool sound = evaluate(lua, &context) && take_condition(lua, &context, holds);
    lua_sandbox_close(lua);
    return sound;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* What stands between {{ and }} (lesson.h), reckoned by Lua with two kinds of userdata: a run (of
 * which one deployment may be chosen), and a figure. A figure remembers the metric, or the
 * difference of two, that it is made of: that is what statistics of replications are about. A
 * mistake of ours to tell is put into the list of errors where it is found, and Lua is left by an
 * error without a message. */
#include "experiment/lesson.h"

#include "base/assertion.h"
#include "base/json.h"
#include "base/lua_sandbox.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "experiment/plan.h"
#include "figures/human.h"
#include "figures/metrics.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"
#include "stats/estimate.h"

#include <ctype.h>
#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An expression is a line; this is a thousand times what those of the lessons need. */
static const LuaLimits limits = {
    .bytes = 4 << 20, .instructions = 100000, .exceeded = "more work than an expression may make"};

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* Units -------------------------------------------------------------------------------------- */

typedef enum Unit {
    NUMBER, /* none */
    COUNT,
    SECONDS,
    HOURS,
    USD,
    SHARE, /* 0..1, shown in percent */
    PER_SECOND,
    GIGABYTES,
    GIGABYTES_PER_SECOND,
    TEXT /* no number at all */
} Unit;

static const char *show_count(double number, char text[HUMAN_TEXT]) {
    return number == floor(number) && number < 1e18 ? human_count((uint64_t)number, text)
                                                    : human_number(number, text);
}

static const struct {
    const char *word; /* the function that calls a figure so; NULL: none */
    const char *tail; /* behind the number */
    const char *(*show)(double number, char *text); /* of a number >= 0 */
    bool lasts; /* when a number multiplies or divides it; all else becomes a number */
} units[] = {
    [NUMBER] = {NULL, "", human_number, false},
    [COUNT] = {"whole", "", show_count, false},
    [SECONDS] = {"seconds", "", human_seconds, true},
    [HOURS] = {"hours", " h", human_number, true},
    [USD] = {"dollars", "", human_usd, true},
    [SHARE] = {"percent", "", human_share, false},
    [PER_SECOND] = {"per_second", "/s", human_number, false},
    [GIGABYTES] = {"gigabytes", " GB", human_number, false},
    [GIGABYTES_PER_SECOND] = {NULL, " GB/s", human_number, false},
    [TEXT] = {NULL, "", human_number, false},
};

static const Unit unit_of_metric[] = {
    [METRIC_UNIT_COUNT] = COUNT, [METRIC_UNIT_SECONDS] = SECONDS,
    [METRIC_UNIT_HOURS] = HOURS, [METRIC_UNIT_USD] = USD,
    [METRIC_UNIT_SHARE] = SHARE, [METRIC_UNIT_PER_SECOND] = PER_SECOND,
};

/* Values ------------------------------------------------------------------------------------- */

typedef struct Value {
    double number; /* NAN: does not apply; INFINITY: a time that never came */
    Unit unit;
    char *text; /* of an option: as a scenario writes it, "30s"; NULL for what has been reckoned.
                   Owned by a figure */
} Value;

/* Owned by the caller. */
static char *value_text(const Value *value) {
    char text[HUMAN_TEXT];
    asim_assert(value->unit <= TEXT);
    if (value->text != NULL) {
        return memory_text(value->text);
    }
    if (!isfinite(value->number)) {
        const bool never = isinf(value->number) && value->unit == SECONDS;
        return memory_text(never ? "never" : "-");
    }
    return memory_format("%s%s%s", value->number < 0 ? "-" : "",
                         units[value->unit].show(fabs(value->number), text),
                         units[value->unit].tail);
}

/* Of an option that is a number, its name's ending says what it counts (durations are texts). Rates
 * and sizes are told as the scenario writes them; money and milliseconds as figures. */
static Value value_of_number(const char *key, double number) {
    static const struct {
        const char *ending;
        Unit unit;
        double factor;
    } endings[] = {
        {"_gb_per_s", GIGABYTES_PER_SECOND, 1},
        {"_per_s", PER_SECOND, 1},
        {"_gb", GIGABYTES, 1},
        {"_ms", SECONDS, 1e-3},
        {"_s", SECONDS, 1},
        {"usd_per_gpu_hour", USD, 1},
    };
    Value value = {.number = number, .unit = NUMBER};
    char text[32];
    for (size_t i = 0; i < LENGTH(endings); i++) {
        const size_t length = strlen(key), ending = strlen(endings[i].ending);
        if (length >= ending && strcmp(key + length - ending, endings[i].ending) == 0) {
            value.number = number * endings[i].factor;
            value.unit = endings[i].unit;
            break;
        }
    }
    if (value.unit != USD && value.unit != SECONDS) {
        value.text = memory_format("%s%s", text_number(number, text), units[value.unit].tail);
    }
    return value;
}

/* Of an option of a scenario as it is run. Of booleans, true is 1, so that a condition can ask.
 * Objects and arrays are texts, as JSON. */
static Value value_of_option(const char *key, const cJSON *node) {
    sim_time duration;
    if (cJSON_IsNumber(node)) {
        return value_of_number(key, node->valuedouble);
    }
    if (cJSON_IsBool(node)) {
        return (Value){cJSON_IsTrue(node) ? 1 : 0, NUMBER, json_print_line(node)};
    }
    if (!cJSON_IsString(node)) {
        return (Value){NAN, TEXT, json_print_line(node)};
    }
    return sim_time_parse(node->valuestring, &duration)
               ? (Value){sim_time_to_seconds(duration), SECONDS, memory_text(node->valuestring)}
               : (Value){NAN, TEXT, memory_text(node->valuestring)};
}

/* Of two times, one in the unit of the other; all else is only called so. */
static double number_in(const Value *value, Unit unit) {
    static const double seconds_per_hour = 3600;
    return value->unit == SECONDS && unit == HOURS   ? value->number / seconds_per_hour
           : value->unit == HOURS && unit == SECONDS ? value->number * seconds_per_hour
                                                     : value->number;
}

static bool is_time(Unit unit) {
    return unit == SECONDS || unit == HOURS;
}

/* What left OPERATION right is counted in; false: they do not go together. In a sum, a bare number
 * takes the other's unit: gigabytes by gigabytes per second are seconds unsaid. */
static bool unit_of_result(char operation, Unit left, Unit right, Unit *unit) {
    const bool left_lasts = units[left].lasts, right_lasts = units[right].lasts;
    if (left == TEXT || right == TEXT) {
        return false;
    }
    if (operation == '+' || operation == '-') {
        *unit = left == NUMBER ? right : left;
        return left == right || left == NUMBER || right == NUMBER;
    }
    *unit = left_lasts == right_lasts ? NUMBER
            : left_lasts              ? left
            : operation == '*'        ? right
                                      : NUMBER;
    return true;
}

static double reckon(char operation, double a, double b) {
    switch (operation) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    default: return b != 0 ? a / b : NAN;
    }
}

/* Several replications ------------------------------------------------------------------------ */

typedef struct RunMetric {
    size_t run, deployment;
    size_t column; /* of metric_rows[] */
} RunMetric;

/* One metric, or the difference one - other, in `count` replications. Independent: the other run's
 * replications are those from number `count` on, so that nothing is common. */
typedef struct Sample {
    RunMetric one, other;
    bool is_difference, independent;
    size_t count;
    double *ones, *others; /* their values, once they are there */
} Sample;

typedef struct Statistic {
    const char *name;
    bool of_one; /* one metric will do; else it is about a difference */
    bool in_unit_of_metric;
    Unit unit; /* otherwise */
    double (*value)(const Sample *sample);
} Statistic;

/* Of the first `count` replications. */
static Estimate difference(const Sample *sample, size_t count) {
    asim_assert(sample->is_difference && count >= 2 && count <= sample->count);
    return sample->independent
               ? estimate_independent_difference(sample->others, count, sample->ones, count,
                                                 LESSON_CONFIDENCE)
               : estimate_difference(sample->others, sample->ones, count, LESSON_CONFIDENCE, NULL);
}

static double mean(const Sample *sample) {
    return sample->is_difference
               ? difference(sample, sample->count).mean
               : estimate_mean(sample->ones, sample->count, LESSON_CONFIDENCE).mean;
}

static double half_width(const Sample *sample) {
    return difference(sample, sample->count).half_width;
}

/* The smallest number from which on, up to all of them, every interval keeps to one side of 0. */
static double needed(const Sample *sample) {
    size_t count = sample->count;
    for (; count >= 2; count--) {
        const Estimate estimate = difference(sample, count);
        if (!(fabs(estimate.mean) > estimate.half_width)) {
            break;
        }
    }
    return count < sample->count ? (double)(count < 2 ? 2 : count + 1) : NAN;
}

/* Of the sign that all replications together give. */
static double misled(const Sample *sample) {
    const double all = difference(sample, sample->count).mean;
    size_t wrong = 0;
    for (size_t i = 0; i < sample->count; i++) {
        wrong += (sample->ones[i] - sample->others[i]) * all < 0;
    }
    return isnan(all) ? NAN : (double)wrong / (double)sample->count;
}

static const Statistic statistics[] = {
    {"mean", true, true, NUMBER, mean},
    {"half_width", false, true, NUMBER, half_width},
    {"needed", false, false, COUNT, needed},
    {"misled", false, false, SHARE, misled},
};

static void want(LessonRun *run, size_t count) {
    asim_assert(count <= 2 * LESSON_REPLICATIONS_MOST);
    run->replications = count > run->replications ? count : run->replications;
}

static void sample_want(Lesson *lesson, const Sample *sample) {
    want(&lesson->runs[sample->one.run], sample->count);
    if (sample->is_difference) {
        want(&lesson->runs[sample->other.run], sample->count * (sample->independent ? 2 : 1));
    }
}

/* Owned by the caller. */
static double *values_of(const Lesson *lesson, const RunMetric *metric, size_t from, size_t count) {
    const LessonRun *run = &lesson->runs[metric->run];
    asim_assert(from + count <= run->replications); /* replications were not asked for */
    asim_assert(run->done != NULL && run->replications <= run->done->count);
    double *values = memory_new(count, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        values[i] = measurement_value(&run->done->measurements[from + i], metric->deployment,
                                      metric->column);
    }
    return values;
}

static double statistic_value(const Lesson *lesson, const Statistic *statistic, Sample sample) {
    const size_t from = sample.independent ? sample.count : 0;
    sample.ones = values_of(lesson, &sample.one, 0, sample.count);
    sample.others =
        sample.is_difference ? values_of(lesson, &sample.other, from, sample.count) : NULL;
    const double value = statistic->value(&sample);
    free(sample.ones);
    free(sample.others);
    return value;
}

#define RUN "run"
#define FIGURE "figure"

typedef struct Context {
    Lesson *lesson;
    const char *expression;
    long line; /* of the page */
    bool measured;
    ErrorList *errors;
} Context;

typedef struct RunReference {
    size_t run, deployment;
    bool is_chosen; /* the deployment */
} RunReference;

typedef struct Figure {
    Value value;
    Sample sample; /* of a metric, or of the difference of two */
    bool has_sample;
} Figure;

/* Mistakes ----------------------------------------------------------------------------------- */

static bool tell(const Context *context, const char *found, const char *expected,
                 const char *suggestion) {
    char *place = memory_format("{{%s}}", context->expression);
    error_at(context->errors,
             &(Error){.file = context->lesson->file, .line = context->line, .place = place}, found,
             expected, suggestion);
    free(place);
    return false;
}

static int refuse(lua_State *lua, const char *found, const char *expected) {
    tell(lua_sandbox_context(lua), found, expected, NULL);
    lua_pushnil(lua);
    return lua_error(lua);
}

/* "WHAT \"name\"", with the nearest of the names. */
static int refuse_name(lua_State *lua, const char *what, const NearestName *nearest,
                       const char *expected) {
    char *found = memory_format("%s \"%s\"", what, nearest->word);
    tell(lua_sandbox_context(lua), found, expected, nearest->name);
    free(found);
    lua_pushnil(lua);
    return lua_error(lua);
}

/* Figures ------------------------------------------------------------------------------------ */

static Figure *push_figure(lua_State *lua, double number, Unit unit) {
    Figure *figure = lua_newuserdatauv(lua, sizeof *figure, 0);
    *figure = (Figure){.value = {.number = number, .unit = unit}};
    luaL_setmetatable(lua, FIGURE);
    return figure;
}

static int figure_gc(lua_State *lua) {
    Figure *figure = luaL_checkudata(lua, 1, FIGURE);
    free(figure->value.text);
    figure->value.text = NULL;
    return 0;
}

/* A figure or a bare number. Its text is lent. */
static Value operand(lua_State *lua, int index) {
    const Figure *figure = luaL_testudata(lua, index, FIGURE);
    if (figure != NULL) {
        return figure->value;
    }
    if (lua_type(lua, index) != LUA_TNUMBER) {
        refuse(lua, luaL_testudata(lua, index, RUN) ? "a run" : "no figure", "RUN.METRIC");
    }
    return (Value){.number = lua_tonumber(lua, index), .unit = NUMBER};
}

/* A difference of two metrics can be a sample too. */
static void keep_sample(lua_State *lua, Figure *difference) {
    const Figure *one = luaL_testudata(lua, 1, FIGURE), *other = luaL_testudata(lua, 2, FIGURE);
    if (one != NULL && other != NULL && one->has_sample && other->has_sample &&
        !one->sample.is_difference && !other->sample.is_difference) {
        difference->has_sample = true;
        difference->sample =
            (Sample){.one = one->sample.one, .other = other->sample.one, .is_difference = true};
    }
}

/* Its upvalue is the operation; of two times, the right one is taken in the unit of the left one.
 */
static int combine(lua_State *lua) {
    const char operation = (char)lua_tointeger(lua, lua_upvalueindex(1));
    const Value left = operand(lua, 1), right = operand(lua, 2);
    const bool times = is_time(left.unit) && is_time(right.unit);
    Unit unit;
    if (!unit_of_result(operation, left.unit, times ? left.unit : right.unit, &unit)) {
        return refuse(lua, "figures that do not go together", "numbers; of sums, of the same unit");
    }
    Figure *result =
        push_figure(lua, reckon(operation, left.number, number_in(&right, left.unit)), unit);
    if (operation == '-') {
        keep_sample(lua, result);
    }
    return 1;
}

static int compare(lua_State *lua) {
    const double left = operand(lua, 1).number, right = operand(lua, 2).number;
    const bool or_equal = lua_tointeger(lua, lua_upvalueindex(1)) == '=';
    lua_pushboolean(lua, left < right || (or_equal && left == right));
    return 1;
}

/* Its upvalue is the unit. */
static int convert(lua_State *lua) {
    const Value value = operand(lua, 1);
    const Unit unit = (Unit)lua_tointeger(lua, lua_upvalueindex(1));
    if (value.unit == TEXT) {
        return refuse(lua, "a text", "a figure, which can have a unit");
    }
    const double number = number_in(&value, unit);
    push_figure(lua, unit == COUNT ? round(number) : number, unit);
    return 1;
}

/* Replications ------------------------------------------------------------------------------- */

#define PAIRED "paired"
#define INDEPENDENT "independent"

static void take_pairing(lua_State *lua, Sample *sample) {
    const char *pairing = lua_tostring(lua, 3);
    sample->independent = pairing != NULL && strcmp(pairing, INDEPENDENT) == 0;
    if (!sample->independent && (pairing == NULL || strcmp(pairing, PAIRED) != 0)) {
        refuse(lua, "no pairing", "paired or independent after the number of replications");
    }
}

/* Its upvalue is the statistic: (METRIC, N) or (METRIC - METRIC, N, paired). */
static int statistic(lua_State *lua) {
    const Context *context = lua_sandbox_context(lua);
    const Statistic *kind = &statistics[lua_tointeger(lua, lua_upvalueindex(1))];
    const Figure *figure = luaL_testudata(lua, 1, FIGURE);
    if (figure == NULL || !figure->has_sample || (!kind->of_one && !figure->sample.is_difference)) {
        return refuse(lua, "something else",
                      kind->of_one ? "RUN.METRIC or RUN.METRIC - RUN.METRIC"
                                   : "RUN.METRIC - RUN.METRIC");
    }
    Sample sample = figure->sample;
    asim_assert(sample.one.column < metric_count);
    const lua_Integer count = lua_isinteger(lua, 2) ? lua_tointeger(lua, 2) : 0;
    if (count < 2 || count > LESSON_REPLICATIONS_MOST) {
        return refuse(lua, "another number of replications", "a whole number from 2 to 1000");
    }
    sample.count = (size_t)count;
    if (sample.is_difference) {
        take_pairing(lua, &sample);
    }
    const Unit unit = unit_of_metric[metric_rows[sample.one.column].unit];
    const Unit own = unit == COUNT ? NUMBER : unit;
    Figure *result = push_figure(lua, NAN, kind->in_unit_of_metric ? own : kind->unit);
    if (context->measured) {
        result->value.number = statistic_value(context->lesson, kind, sample);
    } else {
        sample_want(context->lesson, &sample);
    }
    return 1;
}

/* Runs and their metrics --------------------------------------------------------------------- */

static int push_run(lua_State *lua, RunReference reference) {
    RunReference *run = lua_newuserdatauv(lua, sizeof *run, 0);
    *run = reference;
    luaL_setmetatable(lua, RUN);
    return 1;
}

/* A global name. */
static int find_run(lua_State *lua) {
    const Context *context = lua_sandbox_context(lua);
    NearestName nearest = {.word = luaL_checkstring(lua, 2)};
    for (size_t i = 0; i < context->lesson->run_count; i++) {
        const char *name = context->lesson->runs[i].name;
        if (strcmp(name, nearest.word) == 0) {
            return push_run(lua, (RunReference){.run = i});
        }
        nearest_try(&nearest, name);
    }
    return refuse_name(lua, "a run", &nearest, "one that the page's block of runs has");
}

static int find_metric(lua_State *lua, const RunReference *reference, const char *name) {
    const Context *context = lua_sandbox_context(lua);
    asim_assert(reference->run < context->lesson->run_count);
    const LessonRun *run = &context->lesson->runs[reference->run];
    const MetricRow *row = metric_find(name);
    if (row == NULL) {
        const NearestName nearest = {
            .word = name, .name = error_nearest_row(name, metric_rows, metric_count, name)};
        return refuse_name(lua, "a metric", &nearest, "a column of summary.csv");
    }
    const size_t column = (size_t)(row - metric_rows);
    Figure *figure = push_figure(lua, NAN, unit_of_metric[row->unit]);
    figure->has_sample = true;
    figure->sample.one = (RunMetric){reference->run, reference->deployment, column};
    if (context->measured) {
        figure->value.number =
            measurement_value(&run->done->measurements[0], reference->deployment, column);
    }
    return 1;
}

/* run.DEPLOYMENT or run.METRIC */
static int run_index(lua_State *lua) {
    const Context *context = lua_sandbox_context(lua);
    const RunReference *reference = luaL_checkudata(lua, 1, RUN);
    NearestName nearest = {.word = luaL_checkstring(lua, 2)};
    const Scenario *scenario = context->lesson->runs[reference->run].scenario;
    for (size_t i = 0; !reference->is_chosen && i < scenario->deployment_count; i++) {
        if (strcmp(scenario->deployments[i].name, nearest.word) == 0) {
            return push_run(lua, (RunReference){reference->run, i, true});
        }
        nearest_try(&nearest, scenario->deployments[i].name);
    }
    if (!reference->is_chosen && scenario->deployment_count > 1) {
        return refuse_name(lua, "a deployment", &nearest,
                           "RUN.DEPLOYMENT.METRIC, for there are several deployments");
    }
    return find_metric(lua, reference, nearest.word);
}

/* Options ------------------------------------------------------------------------------------ */

/* One step down a path, by the `length` bytes at key; of an array of one element, its number may be
 * left out, as in --set. */
static const cJSON *member(const cJSON *node, const char *key, size_t length) {
    if (cJSON_IsArray(node) && isdigit((unsigned char)*key)) {
        return cJSON_GetArrayItem(node, atoi(key));
    }
    const bool alone = cJSON_IsArray(node) && cJSON_GetArraySize(node) == 1;
    const cJSON *object = alone ? node->child : cJSON_IsArray(node) ? NULL : node, *child;
    cJSON_ArrayForEach (child, object) {
        if (child->string != NULL && strlen(child->string) == length &&
            memcmp(child->string, key, length) == 0) {
            return child;
        }
    }
    return NULL;
}

/* Where a path begins: at the root, or at the only deployment if the root has no such key. */
static const cJSON *path_begin(const LessonRun *run, const char *key, size_t length) {
    const cJSON *deployments = cJSON_GetObjectItemCaseSensitive(run->as_run, "deployments");
    return member(run->as_run, key, length) == NULL && cJSON_GetArraySize(deployments) == 1
               ? deployments->child
               : run->as_run;
}

/* An option by its path; *key: its last part. NULL: there is none, *above has no *key. */
static const cJSON *option_at(const LessonRun *run, const char *path, const char **key,
                              const cJSON **above) {
    const cJSON *node = path_begin(run, path, strcspn(path, "."));
    for (bool more = true; more && node != NULL;) {
        const size_t length = strcspn(path, ".");
        *key = path;
        *above = node;
        node = member(node, path, length);
        path += length;
        more = *path++ != '\0';
    }
    return node;
}

char *lesson_option_text(const LessonRun *run, const char *path) {
    const char *key;
    const cJSON *above, *node = option_at(run, path, &key, &above);
    asim_assert(node != NULL); /* the path must have been checked */
    return cJSON_IsString(node) ? memory_text(node->valuestring) : json_print_line(node);
}

static int refuse_option(lua_State *lua, const cJSON *node, const char *key) {
    NearestName nearest = {.word = key};
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        if (child->string != NULL) {
            nearest_try(&nearest, child->string);
        }
    }
    return refuse_name(lua, "an option", &nearest, "the path of one that the scenario has");
}

/* run "PATH" */
static int run_call(lua_State *lua) {
    const Context *context = lua_sandbox_context(lua);
    const RunReference *reference = luaL_checkudata(lua, 1, RUN);
    const LessonRun *run = &context->lesson->runs[reference->run];
    const char *last;
    const cJSON *above, *node = option_at(run, luaL_checkstring(lua, 2), &last, &above);
    const char *key = lua_pushlstring(lua, last, strcspn(last, "."));
    if (node == NULL) {
        return refuse_option(lua, above, key);
    }
    Figure *figure = push_figure(lua, NAN, NUMBER);
    figure->value = value_of_option(key, node);
    return 1;
}

/* The sandbox's globals ---------------------------------------------------------------------- */

static const struct {
    const char *kind, *name;
    lua_CFunction function;
    char upvalue;
} methods[] = {
    {FIGURE, "__gc", figure_gc, 0},  {FIGURE, "__add", combine, '+'},
    {FIGURE, "__sub", combine, '-'}, {FIGURE, "__mul", combine, '*'},
    {FIGURE, "__div", combine, '/'}, {FIGURE, "__lt", compare, '<'},
    {FIGURE, "__le", compare, '='},  {RUN, "__index", run_index, 0},
    {RUN, "__call", run_call, 0},
};

/* On top of the stack. */
static void push_closure(lua_State *lua, lua_CFunction function, lua_Integer upvalue) {
    lua_pushinteger(lua, upvalue);
    lua_pushcclosure(lua, function, 1);
}

static int open_globals(lua_State *lua) {
    for (size_t i = 0; i < LENGTH(methods); i++) {
        luaL_newmetatable(lua, methods[i].kind);
        push_closure(lua, methods[i].function, methods[i].upvalue);
        lua_setfield(lua, -2, methods[i].name);
        lua_pop(lua, 1);
    }
    for (size_t i = 0; i < LENGTH(units); i++) {
        if (units[i].word != NULL) {
            push_closure(lua, convert, (lua_Integer)i);
            lua_setglobal(lua, units[i].word);
        }
    }
    for (size_t i = 0; i < LENGTH(statistics); i++) {
        push_closure(lua, statistic, (lua_Integer)i);
        lua_setglobal(lua, statistics[i].name);
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
        return tell(context, lua_tostring(lua, -1), NULL, NULL);
    }
    const bool sound = lua_sandbox_evaluate(lua, context->expression);
    if (!sound && context->errors->count == before) {
        const char *message = lua_tostring(lua, -1);
        tell(context, message ? message : "no expression", "an expression of Lua", NULL);
    }
    asim_assert(sound || context->errors->count > before);
    return sound;
}

char *lesson_metric_text(const MetricRow *row, double value) {
    return value_text(&(Value){.number = value, .unit = unit_of_metric[row->unit]});
}

/* A bare whole number is shown as it stands. NULL after adding an error. */
static char *value_shown(lua_State *lua, const Context *context, double *number) {
    const Figure *figure = luaL_testudata(lua, -1, FIGURE);
    *number = figure != NULL ? figure->value.number : lua_tonumber(lua, -1);
    if (figure != NULL) {
        return value_text(&figure->value);
    }
    if (lua_isinteger(lua, -1)) {
        return memory_text(lua_tostring(lua, -1));
    }
    if (lua_type(lua, -1) != LUA_TNUMBER) {
        tell(context, luaL_testudata(lua, -1, RUN) ? "a run" : luaL_typename(lua, -1),
             "a figure, such as RUN.METRIC", NULL);
        return NULL;
    }
    return value_text(&(Value){.number = lua_tonumber(lua, -1), .unit = NUMBER});
}

/* Lua's == is false between a figure and a number, whatever they are: so there is none. */
static bool condition_holds(lua_State *lua, const Context *context) {
    const bool asks_equality =
        strstr(context->expression, "==") != NULL || strstr(context->expression, "~=") != NULL;
    if (asks_equality || lua_type(lua, -1) != LUA_TBOOLEAN) {
        return tell(context, asks_equality ? "== or ~=" : "no comparison",
                    "{{if A < B}}: <, >, <= or >=", NULL);
    }
    return lua_toboolean(lua, -1);
}

char *lesson_expression(Lesson *lesson, const char *expression, long line, bool measured,
                        bool *holds, double *number, ErrorList *errors) {
    Context context = {lesson, expression, line, measured, errors};
    lua_State *lua = lua_sandbox_open(limits, &context);
    const bool sound = evaluate(lua, &context);
    double unused;
    char *text = sound && holds == NULL
                     ? value_shown(lua, &context, number != NULL ? number : &unused)
                     : NULL;
    if (holds != NULL) {
        *holds = sound && condition_holds(lua, &context);
    }
    lua_sandbox_close(lua);
    return text;
}

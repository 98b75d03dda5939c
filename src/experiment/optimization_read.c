// SPDX-License-Identifier: GPL-3.0-or-later
/* The file of an optimisation: its keys by a table, its axes, its limits, and what only makes sense
 * of all of them together. */
#include "experiment/optimization.h"

#include "base/assertion.h"
#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "experiment/window_proposals.h"
#include "scenario/deployment.h"
#include "scenario/reader.h"
#include "scenario/scenario.h"
#include "scenario/scenario_options.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How far values are from the defaults: paths
 * -------------------------------------------------------------------------------------- */

/* The first part of a path; *rest: what is behind the dot, or the empty end. */
static size_t part(const char *path, const char **rest) {
    const size_t length = strcspn(path, ".");
    *rest = path + length + (path[length] == '.');
    return length;
}

/* Is it "deployments.NAME.traffic" and an option's name, where a part in capitals stands for any,
 * and traffic's number may be there or not? */
static bool is_option_path(const char *pattern, const char *name, const char *path) {
    const char *pattern_rest, *rest;
    while (*pattern != '\0') {
        const size_t length = part(pattern, &pattern_rest), own = part(path, &rest);
        if (!isupper((unsigned char)*pattern) &&
            (length != own || strncmp(pattern, path, own) != 0)) {
            return false;
        }
        pattern = pattern_rest;
        path = rest;
    }
    const bool numbered = isdigit((unsigned char)*path) || *path == '*';
    part(path, &rest);
    return strcmp(numbered ? rest : path, name) == 0;
}

/* What the scenario as it stands has there; NULL: nothing. Owned by the caller. */
static char *value_at(const cJSON *node, const char *path) {
    while (node && *path != '\0') {
        const char *rest;
        char *name = memory_text_n(path, part(path, &rest));
        const bool number = isdigit((unsigned char)*name);
        const cJSON *below = strcmp(name, "*") == 0 ? node->child
                             : cJSON_IsArray(node)
                                 ? cJSON_GetArrayItem(node, number ? atoi(name) : 0)
                                 : cJSON_GetObjectItemCaseSensitive(node, name);
        node = below;
        path = rest;
        free(name);
    }
    return !node                  ? NULL
           : cJSON_IsString(node) ? memory_text(node->valuestring)
                                  : json_print_line(node);
}

/* The policy of the deployment that an option's path is in. Owned by the caller; NULL: in none. */
static char *policy_at(const cJSON *as_run, const char *path) {
    const char *rest;
    const size_t first = part(path, &rest), second = part(rest, &rest);
    char *policy_path = memory_format("%.*s.policy", (int)(first + 1 + second), path);
    char *policy = value_at(as_run, policy_path);
    free(policy_path);
    return policy;
}

/* NULL: there is none, or kinds of traffic have different ones. */
static const char *option_default(const cJSON *as_run, const char *path) {
    char *policy = policy_at(as_run, path);
    const char *found = NULL;
    bool alike = true;
    ScenarioSection section;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        const bool others =
            section.kind && !section.is_traffic && strcmp(policy ? policy : "", section.kind) != 0;
        for (const Option *option = section.options; option->name && !others; option++) {
            if (is_option_path(section.path, option->name, path)) {
                alike = alike && option->default_text &&
                        (!found || strcmp(found, option->default_text) == 0);
                found = option->default_text;
            }
        }
    }
    free(policy);
    return alike ? found : NULL;
}

/* The option's own default, or else what the scenario has. */
static char *usual_value(const cJSON *as_run, const char *path) {
    const char *usual = option_default(as_run, path);
    return usual ? memory_text(usual) : value_at(as_run, path);
}

/* Values ------------------------------------------------------------------------------------- */

/* A number, or a duration in seconds; NAN: neither. */
static double number_of(const char *text) {
    char *end;
    sim_time time;
    const double number = strtod(text, &end);
    if (*text != '\0' && *end == '\0') {
        return number;
    }
    return sim_time_parse(text, &time) ? sim_time_to_seconds(time) : NAN;
}

static bool is_same_value(const char *one, const char *other) {
    const double a = number_of(one), b = number_of(other);
    return isnan(a) || isnan(b) ? strcmp(one, other) == 0 : a == b;
}

/* 0 if all that the value sets is usual. */
static double is_other(const cJSON *as_run, const AxisValue *value) {
    bool other = false;
    for (size_t i = 0; i < value->changes.count; i++) {
        char *usual = usual_value(as_run, value->changes.items[i].path);
        other = other || (usual && !is_same_value(usual, value->changes.items[i].value));
        free(usual);
    }
    return other ? 1 : 0;
}

/* Steps on the way from the value to the usual one, as a share of the axis. */
static double steps(const double numbers[], size_t count, size_t from, double usual) {
    size_t passed = numbers[from] != usual;
    for (size_t i = 0; i < count; i++) {
        passed += (numbers[i] > numbers[from] && numbers[i] < usual) ||
                  (numbers[i] < numbers[from] && numbers[i] > usual);
    }
    asim_assert(from < count && passed <= count);
    return (double)passed / (double)count;
}

/* Does the axis put numbers into one option? */
static bool read_numbers(const Axis *axis, double numbers[]) {
    bool all = true;
    for (size_t i = 0; i < axis->count; i++) {
        const OverrideList *changes = &axis->values[i].changes;
        all = all && changes->count == 1 &&
              strcmp(changes->items[0].path, axis->values[0].changes.items[0].path) == 0;
        numbers[i] = all ? number_of(changes->items[0].value) : NAN;
        all = all && !isnan(numbers[i]);
    }
    return all;
}

static double *axis_distances(const Axis *axis, const cJSON *as_run) {
    double *away = memory_new(axis->count, sizeof *away);
    double *numbers = memory_new(axis->count, sizeof *numbers);
    const bool numeric = read_numbers(axis, numbers);
    char *usual = numeric ? usual_value(as_run, axis->values[0].changes.items[0].path) : NULL;
    const double middle = usual ? number_of(usual) : NAN;
    for (size_t i = 0; i < axis->count; i++) {
        away[i] = !numeric        ? is_other(as_run, &axis->values[i])
                  : isnan(middle) ? 0
                                  : steps(numbers, axis->count, i, middle);
    }
    free(usual);
    free(numbers);
    return away;
}

static void find_defaults(Optimization *optimization) {
    cJSON *as_run = memory_checked(cJSON_Parse(optimization->scenario->as_run));
    for (size_t i = 0; i < optimization->axes.count; i++) {
        optimization->grid[i].away = axis_distances(&optimization->axes.items[i], as_run);
    }
    cJSON_Delete(as_run);
}

/* The file ------------------------------------------------------------------------------------ */

enum {
    EXHAUSTIVE_SHARE = 5, /* a fifth of what all combinations would take */
    LEAST_CONFIRMATIONS = 20,
    BUDGET_MOST = 5000, /* unless asked for */
    AXIS_POINTS = 65    /* that a continuous axis is searched on */
};

/* What the table reads. */
typedef struct Keys {
    char *question, *minimize, *latency;
    int64_t budget, confirmation;
    double confidence, indifference;
} Keys;

/* clang-format off */
#define ROW(member, type, basis) OPTION_ROW(Keys, member, type, basis)
const Option optimization_options[] = {
    {ROW(question, TEXT, OURS), .help = "what the search is to answer"},
    {.name = "scenario", .type = OPTION_CUSTOM,
     .help = "the base: the name of a scenario file, or a scenario { ... }"},
    {.name = "options", .type = OPTION_CUSTOM,
     .help = "what may be changed and within which bounds: an array of axes, as in a sweep"},
    {.name = "slo", .type = OPTION_CUSTOM,
     .help = "what the policy must keep: [\"ttft_p95_s <= 2s\", \"given_up_share <= 0.1%\"]"},
    {ROW(minimize, TEXT, OURS), .default_text = "total_usd",
     .help = "the metric of summary.csv that is to be small"},
    {ROW(latency, TEXT, OURS),
     .help = "the other metric of the Pareto front (default: the first time in slo, or "
             "ttft_p95_s)"},
    {ROW(budget, INTEGER, OURS), .minimum = 1, .maximum = 1e9,
     .help = "simulations at most (default: a fifth of all combinations x confirmation, at "
             "least 20 x confirmation, at most 5000)"},
    {ROW(confirmation, INTEGER, OURS), .minimum = 2, .maximum = SEARCH_FRESH,
     .default_text = "20", .help = "fresh replications of each finalist"},
    {ROW(confidence, NUMBER, OURS), .minimum = 0.5, .maximum = 0.9999, .default_text = "0.95",
     .help = "of the intervals"},
    {ROW(indifference, NUMBER, OURS), .minimum = 0, .maximum = 0.5, .default_text = "0.005",
     .help = "costs that differ by no more than this share are equal: of equals, what is "
             "nearest the options' defaults wins"},
    OPTION_END};
#undef ROW
/* clang-format on */

typedef struct OptimizationReader {
    Optimization *optimization;
    Reader reader;
    const OverrideList *changes;
    const TextList *slo;   /* of the command line, in place of the file's */
    const JsonTree *plain; /* the file, if it is a scenario: the reader has the defaults then */
    Keys keys;
} OptimizationReader;

/* The base ----------------------------------------------------------------------------------- */

static bool read_base(OptimizationReader *self) {
    Optimization *optimization = self->optimization;
    const Reader *reader = &self->reader;
    const cJSON *node = reader_member(reader->tree->root, "scenario");
    if (self->plain) {
        base_scenario_set(&optimization->base, self->plain, self->plain->root, optimization->file,
                          reader->directory);
    } else if (cJSON_IsString(node)) {
        char *file = base_scenario_beside(reader->directory, node->valuestring);
        const bool read = base_scenario_read(&optimization->base, file, reader->errors);
        free(file);
        if (!read) {
            return false;
        }
    } else if (cJSON_IsObject(node)) {
        base_scenario_set(&optimization->base, reader->tree, node, optimization->file,
                          reader->directory);
    } else {
        reader_refuse(&self->reader, node, &(JsonPath){.key = "scenario"},
                      "the name of a scenario file, or a scenario { ... }", NULL);
        return false;
    }
    overrides_add_all(&optimization->base.changes, self->changes);
    optimization->scenario =
        base_scenario_vary(&optimization->base, NULL, 0, -1, self->reader.errors);
    return optimization->scenario != NULL;
}

/* Metrics and limits ------------------------------------------------------------------------- */

static Error place_of(const OptimizationReader *self, const cJSON *node, const char *path) {
    return (Error){.file = self->optimization->file,
                   .line = node ? json_place(self->reader.tree, node).line : 0,
                   .place = path};
}

/* The scenario must have the deployment that the metric names. */
static void check_deployment(OptimizationReader *self, const Metric *metric, const Error *where) {
    const Scenario *scenario = self->optimization->scenario;
    if (!metric->name || !metric->deployment || !scenario ||
        scenario_deployment_number(scenario, metric->deployment) != SIZE_MAX) {
        return;
    }
    const char *nearest = error_nearest_row(metric->deployment, scenario->deployments,
                                            scenario->deployment_count, name);
    error_found(self->reader.errors, where, "a deployment of the scenario", nearest,
                "deployment \"%s\"", metric->deployment);
}

static void read_metric(OptimizationReader *self, const char *key, const char *text,
                        Metric *metric) {
    const Error where = place_of(self, reader_member(self->reader.tree->root, key), key);
    if (metric_read(text, &where, metric, self->reader.errors)) {
        check_deployment(self, metric, &where);
    }
}

/* Of several deployments' ratios there is no sum. */
static void check_cost(OptimizationReader *self) {
    const Optimization *optimization = self->optimization;
    const Metric *cost = &optimization->cost;
    if (cost->name && !cost->deployment && optimization->scenario &&
        optimization->scenario->deployment_count > 1 && !cost->row->is_total) {
        const Error where =
            place_of(self, reader_member(self->reader.tree->root, "minimize"), "minimize");
        error_at(self->reader.errors, &where, cost->name,
                 "a metric that adds up over the deployments, or \"NAME: METRIC\" of one", NULL);
    }
}

/* An objective of no deployment in particular is one of each. */
static void add_limit(Optimization *optimization, const SloLimit *limit) {
    const Scenario *scenario = optimization->scenario;
    SearchProblem *problem = &optimization->problem;
    const bool of_each = !limit->metric.deployment && scenario && scenario->deployment_count > 1;
    const size_t first = problem->limit_count;
    problem->limit_count += of_each ? scenario->deployment_count : 1;
    optimization->limits =
        memory_resize(optimization->limits, problem->limit_count, sizeof *optimization->limits);
    optimization->bounds =
        memory_resize(optimization->bounds, problem->limit_count, sizeof *optimization->bounds);
    problem->limits = optimization->bounds;
    for (size_t i = first; i < problem->limit_count; i++) {
        const char *name = of_each ? scenario->deployments[i - first].name : NULL;
        SloLimit *added = &optimization->limits[i];
        *added = *limit;
        added->metric = metric_of_deployment(&limit->metric, name);
        added->text = name ? memory_format("%s: %s", name, limit->text) : memory_text(limit->text);
        optimization->bounds[i] = limit->bound;
    }
    asim_assert(problem->limit_count > first && isfinite(limit->bound.limit));
}

static void read_limit_text(OptimizationReader *self, const char *text, const Error *where) {
    SloLimit limit;
    if (slo_limit_read(text, where, &limit, self->reader.errors)) {
        check_deployment(self, &limit.metric, where);
        add_limit(self->optimization, &limit);
    }
    slo_limit_clear(&limit);
}

static void read_limit(OptimizationReader *self, const cJSON *node, const JsonPath *at) {
    if (!cJSON_IsString(node)) {
        reader_refuse(&self->reader, node, at, "a text such as \"ttft_p95_s <= 2s\"", NULL);
        return;
    }
    char *path = json_path_text(at);
    const Error where = place_of(self, node, path);
    read_limit_text(self, node->valuestring, &where);
    free(path);
}

/* Of a plain scenario without objectives: its own slo at the 95th percentile, or else
 * ttft_p95_s <= 2s; and nobody is to be turned away. */
static void add_default_limits(OptimizationReader *self) {
    const Error nowhere = {.file = self->optimization->file};
    const Scenario *scenario = self->optimization->scenario;
    const SloConfig none = {SIM_TIME_NEVER, SIM_TIME_NEVER, SIM_TIME_NEVER};
    const SloConfig *slo = scenario ? &scenario->slo : &none;
    const bool any =
        slo->ttft != SIM_TIME_NEVER || slo->tpot != SIM_TIME_NEVER || slo->e2e != SIM_TIME_NEVER;
    const struct {
        const char *metric;
        sim_time limit;
    } limits[] = {{"ttft_p95_s", any ? slo->ttft : 2 * SIM_TIME_SECOND},
                  {"tpot_p95_s", slo->tpot},
                  {"e2e_p95_s", slo->e2e}};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        char time[SIM_TIME_TEXT];
        if (limits[i].limit != SIM_TIME_NEVER) {
            char *text =
                memory_format("%s <= %s", limits[i].metric, sim_time_format(limits[i].limit, time));
            read_limit_text(self, text, &nowhere);
            free(text);
        }
    }
    read_limit_text(self, "given_up_share <= 0.1%", &nowhere);
    self->optimization->default_slo = true;
}

static void read_limits(OptimizationReader *self) {
    const cJSON *array = reader_member(self->reader.tree->root, "slo"), *node;
    const JsonPath slo = {.key = "slo"};
    for (size_t i = 0; i < self->slo->count; i++) {
        read_limit_text(self, self->slo->items[i],
                        &(Error){.file = "command line", .place = "--slo"});
    }
    if (self->slo->count > 0) {
        return;
    }
    if (self->plain) {
        add_default_limits(self);
        return;
    }
    if (!cJSON_IsArray(array) || !array->child) {
        const bool some = array && array->child;
        reader_refuse(&self->reader, some ? array : NULL, &slo,
                      "an array of one or more limits, such as [\"ttft_p95_s <= 2s\"]", NULL);
        return;
    }
    JsonPath place = {.above = &slo};
    cJSON_ArrayForEach (node, array) {
        read_limit(self, node, &place);
        place.index++;
    }
}

/* What no objective names, and who looks for the cheapest wants to know. */
static void add_told(Optimization *optimization) {
    const Error nowhere = {.file = optimization->file};
    ErrorList none = {0};
    size_t count;
    const MetricRow **rows = metric_view(METRIC_SEARCHES, &count);
    optimization->told = memory_new(count, sizeof *optimization->told);
    for (size_t i = 0; i < count; i++) {
        metric_read(rows[i]->name, &nowhere, &optimization->told[i], &none);
    }
    optimization->problem.told_count = count;
    asim_assert(none.count == 0);
    free(rows);
}

static void read_metrics(OptimizationReader *self) {
    Optimization *optimization = self->optimization;
    read_limits(self);
    add_told(optimization);
    if (self->keys.minimize) {
        read_metric(self, "minimize", self->keys.minimize, &optimization->cost);
        check_cost(self);
    }
    if (self->keys.latency) {
        read_metric(self, "latency", self->keys.latency, &optimization->latency);
        return;
    }
    const Error nowhere = {.file = optimization->file};
    for (size_t i = 0; i < optimization->problem.limit_count; i++) {
        const Metric *metric = &optimization->limits[i].metric;
        if (metric->row->unit == METRIC_UNIT_SECONDS) {
            optimization->latency = metric_of_deployment(metric, NULL);
            return;
        }
    }
    metric_read(metric_rows[METRIC_ttft_p95_s].name, &nowhere, &optimization->latency,
                self->reader.errors);
}

/* Axes --------------------------------------------------------------------------------------- */

/* A continuous axis as points at equal distances; those that read alike are one. */
static void lay_points(Axis *axis) {
    axis->values = memory_new(AXIS_POINTS, sizeof *axis->values);
    for (size_t i = 0; i < AXIS_POINTS; i++) {
        AxisValue value = axis_value_at(axis, (double)i / (AXIS_POINTS - 1));
        if (axis->count > 0 && strcmp(axis->values[axis->count - 1].label, value.label) == 0) {
            axis_value_clear(&value);
        } else {
            axis->values[axis->count++] = value;
        }
    }
    asim_assert(axis->count > 0 && axis->count <= AXIS_POINTS);
    axis->continuous = false;
}

/* The largest power of two within a quarter of the axis. */
static size_t first_step(size_t count) {
    size_t step = 1;
    while (8 * step <= count) {
        step *= 2;
    }
    asim_assert(step == 1 || step < count);
    return step;
}

static void read_axes(OptimizationReader *self) {
    Optimization *optimization = self->optimization;
    cJSON *node = cJSON_GetObjectItemCaseSensitive(self->reader.tree->root, "options");
    const JsonPath options = {.key = "options"};
    if (!node) {
        reader_refuse(&self->reader, NULL, &options, "an array of axes: what may be changed", NULL);
    }
    const bool found =
        !node || !optimization->scenario ||
        window_proposals_expand(&self->reader, node, &options, optimization->scenario);
    if (!node || !found || !axes_read(&self->reader, node, &options, &optimization->axes)) {
        return;
    }
    optimization->grid = memory_new(optimization->axes.count, sizeof *optimization->grid);
    optimization->problem.axes = optimization->grid;
    optimization->problem.axis_count = optimization->axes.count;
    for (size_t i = 0; i < optimization->axes.count; i++) {
        Axis *axis = &optimization->axes.items[i];
        if (axis->continuous) {
            lay_points(axis);
        }
        optimization->grid[i] = (SearchAxis){.count = axis->count, .step = first_step(axis->count)};
    }
    if (search_cells(optimization->grid, optimization->axes.count) == SIZE_MAX) {
        reader_error(&self->reader, &options, "fewer axes or values", NULL,
                     "more combinations than can be numbered");
    }
}

/* Values that fit nowhere -------------------------------------------------------------------- */

static bool is_sound(const Optimization *optimization, const OverrideList *one,
                     const OverrideList *other, ErrorList *errors) {
    const OverrideList *const lists[] = {one, other};
    Scenario *scenario = base_scenario_vary(&optimization->base, lists, 2, -1, errors);
    const bool sound = scenario != NULL;
    scenario_destroy(scenario);
    return sound;
}

/* Later axes change what earlier ones have set. */
static bool fits_with(const Optimization *optimization, size_t axis, const OverrideList *own,
                      size_t other) {
    const Axis *beside = &optimization->axes.items[other];
    bool fits = false;
    for (size_t i = 0; i < beside->count && !fits && other != axis; i++) {
        ErrorList unheard = {0};
        const OverrideList *changes = &beside->values[i].changes;
        fits = is_sound(optimization, other < axis ? changes : own, other < axis ? own : changes,
                        &unheard);
        error_list_clear(&unheard);
    }
    return fits;
}

/* A value may need another one beside it (as many replicas at most as at least); one that fits with
 * none is a mistake. */
static void check_value(const Optimization *optimization, size_t axis, const OverrideList *own,
                        ErrorList *errors) {
    ErrorList mistakes = {0};
    bool fits = is_sound(optimization, own, NULL, &mistakes);
    for (size_t other = 0; !fits && other < optimization->axes.count; other++) {
        fits = fits_with(optimization, axis, own, other);
    }
    if (!fits) {
        error_add_all(errors, &mistakes);
    }
    error_list_clear(&mistakes);
}

static void check_values(OptimizationReader *self) {
    const Optimization *optimization = self->optimization;
    for (size_t axis = 0; axis < optimization->axes.count; axis++) {
        for (size_t i = 0; i < optimization->axes.items[axis].count; i++) {
            check_value(optimization, axis, &optimization->axes.items[axis].values[i].changes,
                        self->reader.errors);
        }
    }
}

/* Numbers ------------------------------------------------------------------------------------ */

static size_t default_budget(const SearchProblem *problem) {
    const size_t cells = search_cells(problem->axes, problem->axis_count);
    const size_t least = LEAST_CONFIRMATIONS * problem->confirmation;
    const size_t most = least > BUDGET_MOST ? least : BUDGET_MOST;
    if (cells / EXHAUSTIVE_SHARE >= most / problem->confirmation) {
        return most;
    }
    const size_t share = cells * problem->confirmation / EXHAUSTIVE_SHARE;
    return share > least ? share : least;
}

static void set_budget(OptimizationReader *self, size_t given) {
    SearchProblem *problem = &self->optimization->problem;
    const size_t least = search_least_budget(problem->confirmation);
    const bool in_file = self->keys.budget != OPTION_ABSENT_INTEGER;
    problem->budget = given > 0 ? given
                      : in_file ? (size_t)self->keys.budget
                                : default_budget(problem);
    if (problem->budget < least) {
        char *expected = memory_format("at least %zu, six times the %zu of a confirmation", least,
                                       problem->confirmation);
        if (given > 0) {
            const Error where = {.file = "command line", .place = "--budget"};
            error_found(self->reader.errors, &where, expected, NULL, "%zu simulations",
                        problem->budget);
        } else {
            reader_error(&self->reader, &(JsonPath){.key = "budget"}, expected, NULL,
                         "%zu simulations", problem->budget);
        }
        free(expected);
    }
}

/* The whole ---------------------------------------------------------------------------------- */

static void read_root(OptimizationReader *self, size_t budget) {
    Optimization *optimization = self->optimization;
    ErrorList *errors = self->reader.errors;
    const size_t before = errors->count, kept = errors->kept;
    options_set_defaults(optimization_options, &self->keys);
    reader_options(&self->reader, self->reader.tree->root, optimization_options, &self->keys, NULL);
    optimization->problem = (SearchProblem){.confirmation = (size_t)self->keys.confirmation,
                                            .confidence = self->keys.confidence,
                                            .indifference = self->keys.indifference};
    const bool base = read_base(self);
    read_axes(self);
    read_metrics(self);
    optimization->question = memory_text(self->keys.question);
    if (errors->count == before) {
        set_budget(self, budget);
    }
    if (base && errors->count == before) {
        check_values(self);
        find_defaults(optimization);
        optimization->problem.seed = (uint64_t)optimization->scenario->seed;
    }
    reader_locate(&self->reader, kept);
    options_clear(optimization_options, &self->keys);
}

/* What is searched for a plain scenario; the same for each of its deployments. Few replications: a
 * recording leaves little to chance. */
static const char default_file[] =
    "{\"confirmation\": 5, \"options\": ["
    "{\"option\": \"deployments.*.autoscaling.min_replica_count\", \"values\": [0, 1, 2]},"
    "{\"option\": \"deployments.*.autoscaling.max_replica_count\", \"values\": [1, 4, 16]},"
    "{\"option\": \"deployments.*.autoscaling.scale_up_window\", \"values\": [\"5s\", \"30s\"]},"
    "{\"option\": \"deployments.*.autoscaling.scale_down_window\", \"values\": [\"2m\", "
    "\"10m\"]},"
    "{\"name\": \"load_target\", \"option\": \"deployments.*.autoscaling.load_targets.default\", "
    "\"values\": [0.2, 0.4, 0.8]}]}";

/* A scenario has deployments, which no file of an optimisation has. */
static bool is_plain(const JsonTree *tree) {
    return cJSON_IsObject(tree->root) && reader_member(tree->root, "deployments") &&
           !reader_member(tree->root, "scenario");
}

bool optimization_read(Optimization *optimization, const char *path, const OverrideList *changes,
                       const TextList *slo, size_t budget, ErrorList *errors) {
    const size_t before = errors->count;
    *optimization = (Optimization){.file = memory_text(path)};
    JsonTree tree, defaults = {0};
    char *directory = file_name_directory(path);
    OptimizationReader self = {
        .optimization = optimization,
        .reader = {.tree = &tree, .file = path, .directory = directory, .errors = errors},
        .changes = changes,
        .slo = slo};
    json_read(&tree, path, errors);
    if (is_plain(&tree)) {
        json_parse(&defaults, default_file, strlen(default_file), path, errors);
        optimization->default_space = true;
        self.plain = &tree;
        self.reader.tree = &defaults;
    }
    if (reader_is_object(&self.reader, "an optimisation: an object { ... }")) {
        read_root(&self, budget);
    }
    const SearchProblem *problem = &optimization->problem;
    asim_assert(errors->count > before ||
                (problem->axis_count > 0 && problem->limit_count > 0 &&
                 problem->budget >= search_least_budget(problem->confirmation)));
    json_clear(&tree);
    json_clear(&defaults);
    free(directory);
    return errors->count == before;
}

void optimization_clear(Optimization *optimization) {
    for (size_t i = 0; i < optimization->problem.limit_count; i++) {
        slo_limit_clear(&optimization->limits[i]);
    }
    for (size_t i = 0; i < optimization->problem.told_count; i++) {
        metric_clear(&optimization->told[i]);
    }
    free(optimization->limits);
    free(optimization->bounds);
    free(optimization->told);
    for (size_t i = 0; optimization->grid && i < optimization->axes.count; i++) {
        free((void *)optimization->grid[i].away);
    }
    free(optimization->grid);
    free(optimization->file);
    free(optimization->question);
    metric_clear(&optimization->cost);
    metric_clear(&optimization->latency);
    axes_clear(&optimization->axes);
    scenario_destroy(optimization->scenario);
    base_scenario_clear(&optimization->base);
    *optimization = (Optimization){0};
}

/* The holdout -------------------------------------------------------------------------------- */

static bool is_scenario(const char *path) {
    const size_t length = strlen(path);
    if (length < 5 || strcmp(path + length - 5, ".json") != 0) {
        return false;
    }
    ErrorList unheard = {0};
    cJSON *root = json_load(path, &unheard);
    /* What cannot be read or parsed is told by whoever reads it as a scenario. */
    const bool scenario = !root || cJSON_GetObjectItemCaseSensitive(root, "deployments") != NULL;
    cJSON_Delete(root);
    error_list_clear(&unheard);
    return scenario;
}

bool optimization_holdout(const Optimization *optimization, const char *path, BaseScenario *holdout,
                          ErrorList *errors) {
    const BaseScenario *base = &optimization->base;
    const size_t before = errors->count;
    const bool is_trace = !is_scenario(path);
    *holdout = (BaseScenario){0};
    if (is_trace) {
        base_scenario_set(holdout, &base->tree, base->tree.root, base->file, base->directory);
    } else if (!base_scenario_read(holdout, path, errors)) {
        return false;
    }
    overrides_add_all(&holdout->changes, &base->changes);
    if (is_trace) {
        char *absolute = file_name_absolute(NULL, path);
        overrides_add(&holdout->changes, "deployments.*.traffic.*.file", absolute, "--holdout");
        free(absolute);
    }
    Scenario *scenario = base_scenario_vary(holdout, NULL, 0, -1, errors);
    for (size_t i = 0; scenario && i < optimization->scenario->deployment_count; i++) {
        const char *name = optimization->scenario->deployments[i].name;
        if (scenario_deployment_number(scenario, name) == SIZE_MAX) {
            error_found(errors, &(Error){.file = path, .place = "deployments"},
                        "the deployments of the scenario that the search is for", NULL,
                        "no deployment \"%s\"", name);
        }
    }
    scenario_destroy(scenario);
    return errors->count == before;
}

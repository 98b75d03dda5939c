// SPDX-License-Identifier: GPL-3.0-or-later
/* Axes: what their values are called, what they change, and every mistake with its line. */
#include "experiment/axis.h"

#include "base/json.h"
#include "experiment/base_scenario.h"
#include "scenario/scenario.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UP "deployments.chat.autoscaling.scale_up_window"
#define LEAST "deployments.chat.autoscaling.min_replica_count"
#define MOST "deployments.chat.autoscaling.max_replica_count"

static Axes axes;
static ErrorList errors;

static void set_up(void) {
    axes = (Axes){0};
    errors = (ErrorList){0};
}

static void tear_down(void) {
    axes_clear(&axes);
    error_list_clear(&errors);
}

TestSuite(experiment_axis, .init = set_up, .fini = tear_down);

/* `text` is what the array of axes holds; it begins on line 2 of the file. */
static bool read_text(const char *text) {
    char json[4096];
    snprintf(json, sizeof json, "{\"axes\":[\n%s\n]}", text);
    JsonTree tree;
    cr_assert(json_parse(&tree, json, strlen(json), "sweep.json", &errors),
              "the test's own JSON is wrong: %s", json);
    Reader reader = {.tree = &tree, .file = "sweep.json", .errors = &errors};
    const bool sound = axes_read(&reader, tree.root->child, &(JsonPath){.key = "axes"}, &axes);
    reader_locate(&reader, 0);
    json_clear(&tree);
    return sound;
}

static void expect_axes(const char *text) {
    const bool sound = read_text(text);
    char *told = error_list_text(&errors);
    cr_assert(sound, "%s\nwas refused: %s", text, told);
    free(told);
}

/* All labels of an axis with blanks between them. */
static void expect_labels(size_t axis, const char *expected) {
    char labels[2048] = "";
    for (size_t i = 0; i < axes.items[axis].count; i++) {
        snprintf(labels + strlen(labels), sizeof labels - strlen(labels), "%s%s", i ? " " : "",
                 axes.items[axis].values[i].label);
    }
    cr_assert_str_eq(labels, expected);
}

static void expect_change(const AxisValue *value, size_t index, const char *path,
                          const char *text) {
    cr_assert_lt(index, value->changes.count);
    cr_assert_str_eq(value->changes.items[index].path, path);
    cr_assert_str_eq(value->changes.items[index].value, text);
}

static void expect_mistake(const char *text, const char *told_expected) {
    cr_assert_not(read_text(text), "accepted: %s", text);
    char *told = error_list_text(&errors);
    cr_assert_not_null(strstr(told, told_expected), "no \"%s\" in: %s", told_expected, told);
    free(told);
    tear_down();
    set_up();
}

/* Values --------------------------------------------------------------------------------------- */

Test(experiment_axis, values_as_the_user_writes_them) {
    expect_axes("{\"option\": \"" UP "\", \"values\": [\"5s\", 30, true, null, {\"a\": 0.1}]}");
    cr_assert_str_eq(axes.items[0].name, "scale_up_window");
    expect_labels(0, "5s 30 true null {\"a\": 0.1}");
    expect_change(&axes.items[0].values[0], 0, UP, "5s");
    expect_change(&axes.items[0].values[1], 0, UP, "30");
}

Test(experiment_axis, a_range_by_steps_has_the_end_that_a_step_hits) {
    expect_axes("{\"option\": \"a.x\", \"from\": 0, \"to\": 0.5, \"step\": 0.1},"
                "{\"option\": \"a.y\", \"from\": \"30s\", \"to\": \"3m\", \"step\": \"1m\"},"
                "{\"option\": \"a.z\", \"from\": 0, \"to\": \"2m\", \"step\": \"40s\"}");
    expect_labels(0, "0 0.1 0.2 0.3 0.4 0.5");
    expect_labels(1, "30s 1m30s 2m30s");
    expect_labels(2, "0s 40s 1m20s 2m");
}

Test(experiment_axis, a_range_by_count_has_both_ends) {
    expect_axes("{\"option\": \"a.x\", \"from\": 0.5, \"to\": 8, \"count\": 5, \"scale\": \"log\"},"
                "{\"option\": \"a.y\", \"from\": 0, \"to\": 1, \"count\": 4},"
                "{\"option\": \"a.z\", \"from\": \"10s\", \"to\": \"5m\", \"count\": 3,"
                " \"scale\": \"log\"}");
    expect_labels(0, "0.5 1 2 4 8");
    expect_labels(1, "0 0.3333 0.6667 1");
    expect_labels(2, "10s 54.77s 5m");
}

Test(experiment_axis, whole_numbers_where_the_option_takes_no_others) {
    expect_axes("{\"option\": \"" MOST "\", \"from\": 1, \"to\": 4, \"count\": 9}");
    expect_labels(0, "1 2 3 4");
}

Test(experiment_axis, presets_change_what_they_say) {
    expect_axes(
        "{\"presets\": [\"cost-optimization\", \"performance\"], \"deployment\": \"chat\"}");
    cr_assert_str_eq(axes.items[0].name, "preset");
    expect_labels(0, "cost-optimization performance");
    expect_change(&axes.items[0].values[1], 0, "deployments.chat.policy", "fireworks");
    expect_change(&axes.items[0].values[1], 1, LEAST, "2");
}

Test(experiment_axis, zipped_options_vary_together) {
    expect_axes("{\"name\": \"size\", \"zip\": [{\"option\": \"" LEAST "\", \"values\": [0, 2]},"
                " {\"option\": \"" MOST "\", \"from\": 3, \"to\": 10, \"step\": 7}]},"
                "{\"zip\": [{\"option\": \"a.b\", \"values\": [1]},"
                " {\"option\": \"a.c\", \"values\": [2]}]}");
    expect_labels(0, "0/3 2/10");
    expect_change(&axes.items[0].values[1], 0, LEAST, "2");
    expect_change(&axes.items[0].values[1], 1, MOST, "10");
    cr_assert_str_eq(axes.items[1].name, "b+c");
}

Test(experiment_axis, a_short_name_that_is_taken_becomes_the_path) {
    expect_axes("{\"option\": \"deployments.chat.seed\", \"values\": [1]},"
                "{\"option\": \"deployments.code.seed\", \"values\": [1]},"
                "{\"option\": \"a.total_usd\", \"values\": [1]}");
    cr_assert_str_eq(axes.items[0].name, "deployments.chat.seed");
    cr_assert_str_eq(axes.items[1].name, "seed");
    cr_assert_str_eq(axes.items[2].name, "a.total_usd");
}

/* Continuous axes ------------------------------------------------------------------------------ */

static void expect_at(size_t axis, double share, const char *label) {
    AxisValue value = axis_value_at(&axes.items[axis], share);
    cr_assert_str_eq(value.label, label);
    expect_change(&value, 0, axes.items[axis].option, label);
    axis_value_clear(&value);
}

Test(experiment_axis, any_value_between_two_ends) {
    expect_axes("{\"option\": \"a.x\", \"from\": \"10s\", \"to\": \"5m\"},"
                "{\"option\": \"a.y\", \"from\": 1, \"to\": 100, \"scale\": \"log\"}");
    cr_assert(axes.items[0].continuous && axes.items[0].range.is_duration &&
              axes.items[1].range.is_log);
    expect_at(0, 0, "10s");
    expect_at(0, 0.5, "2m35s");
    expect_at(0, 1, "5m");
    expect_at(1, 0, "1");
    expect_at(1, 0.5, "10");
    expect_at(1, 1, "100");
}

Test(experiment_axis, each_whole_number_has_its_part_of_a_continuous_axis) {
    expect_axes("{\"option\": \"" LEAST "\", \"from\": 0, \"to\": 3}");
    size_t seen[4] = {0};
    for (int i = 0; i < 400; i++) {
        AxisValue value = axis_value_at(&axes.items[0], (i + 0.5) / 400);
        seen[atoi(value.label)]++;
        axis_value_clear(&value);
    }
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(seen[i], 100);
    }
    expect_at(0, 1, "3");
}

/* The grid ------------------------------------------------------------------------------------- */

Test(experiment_axis, the_last_axis_changes_fastest) {
    expect_axes("{\"option\": \"a.x\", \"values\": [1, 2]},"
                "{\"option\": \"a.y\", \"values\": [3, 4, 5]}");
    cr_assert_eq(axes_grid_size(&axes), 6);
    const char *const expected[6][2] = {{"1", "3"}, {"1", "4"}, {"1", "5"},
                                        {"2", "3"}, {"2", "4"}, {"2", "5"}};
    for (size_t cell = 0; cell < 6; cell++) {
        cr_assert_str_eq(axes_grid_value(&axes, cell, 0)->label, expected[cell][0]);
        cr_assert_str_eq(axes_grid_value(&axes, cell, 1)->label, expected[cell][1]);
    }
}

/* Mistakes ------------------------------------------------------------------------------------- */

Test(experiment_axis, mistakes_are_told_with_line_and_remedy) {
    expect_mistake("{\"option\": \"a.x\", \"vales\": [1]}",
                   "sweep.json:2: axes.0.vales: found an unknown key; did you mean \"values\"?");
    expect_mistake("{\"option\": \"a.x\"}", "axes.0: found nothing to vary");
    expect_mistake("{\"values\": [1]}", "axes.0.option: found nothing");
    expect_mistake("{\"option\": \"a.x\", \"values\": []}", "axes.0.values: found an array");
    expect_mistake("{\"option\": \"a.x\", \"values\": [1, 1]}", "expected each value once");
    expect_mistake("{\"option\": \"a.x\", \"values\": [1], \"from\": 1}",
                   "found from beside values, expected one of the two");
    expect_mistake("{\"option\": \"a.x\", \"from\": 1}", "axes.0.to: found nothing");
    expect_mistake("{\"option\": \"a.x\", \"from\": 2, \"to\": 1}", "expected an end above from");
    expect_mistake("{\"option\": \"a.x\", \"from\": 1, \"to\": 2, \"step\": -1}",
                   "axes.0.step: found -1, expected a step above 0");
    expect_mistake("{\"option\": \"a.x\", \"from\": 1, \"to\": \"2s\"}", "a number, as from is");
    expect_mistake("{\"option\": \"a.x\", \"from\": \"1s\", \"to\": \"2s\", \"step\": 1}",
                   "axes.0.step: found 1, expected a duration");
    expect_mistake("{\"option\": \"a.x\", \"from\": 0, \"to\": 2, \"scale\": \"log\"}",
                   "expected a beginning above 0");
    expect_mistake("{\"option\": \"a.x\", \"from\": 0, \"to\": 2, \"scale\": \"loq\"}",
                   "did you mean \"log\"?");
    expect_mistake("{\"option\": \"a.x\", \"from\": 0, \"to\": 2, \"count\": 3, \"step\": 1}",
                   "either step or count");
    expect_mistake("{\"option\": \"a.x\", \"from\": 0, \"to\": 1, \"step\": 1e-9}",
                   "at most 100,000 values");
    expect_mistake("{\"option\": \"" LEAST "\", \"from\": 0.5, \"to\": 2}", "a whole number");
    expect_mistake("{\"option\": \"a.x\", \"values\": [1], \"count\": 2}", "from and to beside it");
    expect_mistake("{\"presets\": [\"perfomance\"]}", "did you mean \"performance\"?");
    expect_mistake("{\"presets\": [\"performance\"], \"option\": \"a\"}", "no option beside");
    expect_mistake("{\"zip\": [{\"option\": \"a.x\", \"values\": [1]}]}", "two or more axes");
    expect_mistake("{\"zip\": [{\"option\": \"a.x\", \"values\": [1]},\n"
                   "{\"option\": \"a.y\", \"values\": [1, 2]}]}",
                   "found 2 values of y beside 1 of x");
    expect_mistake("{\"zip\": [{\"option\": \"a.x\", \"values\": [1]},\n"
                   "{\"option\": \"a.y\", \"from\": 1, \"to\": 2}]}",
                   "sweep.json:3: axes.0.zip.1: found a range without steps");
    expect_mistake("{\"option\": \"replication\", \"values\": [1]}", "the same replications");
    expect_mistake("{\"name\": \"total_usd\", \"option\": \"a\", \"values\": [1]}",
                   "axes.0.name: found total_usd");
    expect_mistake("{\"name\": \"x\", \"option\": \"a\", \"values\": [1]},"
                   "{\"name\": \"x\", \"option\": \"b\", \"values\": [1]}",
                   "a name that no other axis has");
    expect_mistake("7", "axes.0: found 7, expected an object");
    expect_mistake("", "expected an array of one or more axes");
}

Test(experiment_axis, an_option_is_on_one_axis_only) {
    expect_mistake("{\"option\": \"" UP "\", \"values\": [1]},\n"
                   "{\"option\": \"deployments.*.autoscaling.scale_up_window\", \"values\": [1]}",
                   "sweep.json:3: axes.1: found deployments.*.autoscaling.scale_up_window, which "
                   "the axis " UP " varies too");
    expect_mistake("{\"option\": \"" UP "\", \"values\": [1]},\n{\"presets\": [\"performance\"]}",
                   "put the presets first");
    expect_axes("{\"presets\": [\"performance\"]}, {\"option\": \"" UP "\", \"values\": [1]}");
}

Test(experiment_axis, all_mistakes_at_once) {
    cr_assert_not(read_text("{\"option\": \"a.x\"},\n{\"values\": [1]},\n{\"zip\": 3}"));
    cr_assert_eq(errors.count, 3);
}

/* With a scenario ------------------------------------------------------------------------------ */

static const char base_text[] = "{\"duration\": \"1h\", \"deployments\": {\"chat\": {"
                                "\"model\": \"llama-v3p1-8b-instruct\", \"traffic\": ["
                                "{\"type\": \"trace\", \"file\": \"day.csv\"}]}}}";

static Scenario *vary(size_t axis, size_t value) {
    BaseScenario base;
    JsonTree tree;
    json_parse(&tree, base_text, strlen(base_text), "base.json", &errors);
    base_scenario_set(&base, &tree, tree.root, "base.json", "/base");
    json_clear(&tree);
    const OverrideList *const lists[] = {&axes.items[axis].values[value].changes};
    Scenario *scenario = base_scenario_vary(&base, lists, 1, 3, &errors);
    base_scenario_clear(&base);
    return scenario;
}

Test(experiment_axis, a_value_that_the_option_does_not_take_is_told_with_its_line) {
    expect_axes("{\"option\": \"" UP "\", \"values\": [\"5s\",\n\"30 sec\"]}");
    Scenario *scenario = vary(0, 0);
    cr_assert_not_null(scenario);
    cr_assert_eq(scenario->replication, 3);
    scenario_destroy(scenario);
    cr_assert_null(vary(0, 1));
    char *told = error_list_text(&errors);
    cr_assert(strncmp(told, "sweep.json:3: axis scale_up_window=30 sec: found \"30 sec\"",
                      strlen("sweep.json:3: axis scale_up_window=30 sec: found \"30 sec\"")) == 0,
              "%s", told);
    free(told);
}

Test(experiment_axis, an_unknown_option_is_told_with_its_line) {
    expect_axes("{\"option\": \"deployments.chat.autoscaling.scale_up_windw\", \"values\": [1]}");
    cr_assert_null(vary(0, 0));
    char *told = error_list_text(&errors);
    cr_assert_not_null(strstr(told, "sweep.json:2: axis scale_up_windw=1: found an unknown key; "
                                    "did you mean \"scale_up_window\"?"),
                       "%s", told);
    free(told);
}

Test(experiment_axis, files_start_from_the_experiments_directory) {
    expect_axes("{\"option\": \"deployments.chat.traffic.0.file\", \"values\": [\"night.csv\"]}");
    axes.items[0].values[0].changes.items[0].file =
        (free((void *)axes.items[0].values[0].changes.items[0].file), strdup("/sweeps/s.json"));
    Scenario *scenario = vary(0, 0);
    cr_assert_not_null(scenario);
    cr_assert_not_null(strstr(scenario->as_run, "\"/sweeps/night.csv\""), "%s", scenario->as_run);
    scenario_destroy(scenario);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/base_scenario.h"

#include "cli/cli_checks.h"
#include "engine/sim_time.h"
#include "scenario/scenario.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static BaseScenario tiny(void) {
    BaseScenario base;
    JsonTree tree;
    ErrorList unheard = {0};
    json_parse(&tree, tiny_scenario, strlen(tiny_scenario), "tiny.json", &unheard);
    base_scenario_set(&base, &tree, tree.root, "tiny.json", ".");
    json_clear(&tree);
    return base;
}

Test(base_scenario, changes_lie_on_one_another) {
    BaseScenario base = tiny();
    OverrideList first = {0}, second = {0};
    overrides_add(&base.changes, "seed", "5", "--seed");
    overrides_add_as(&base.changes, OVERRIDE_SET, "duration", "20m");
    overrides_add_as(&first, OVERRIDE_SET, "seed", "6");
    overrides_add_as(&second, OVERRIDE_SET, "seed", "7");
    const OverrideList *const lists[] = {&first, NULL, &second};
    ErrorList errors = {0};
    Scenario *scenario = base_scenario_vary(&base, lists, 3, 4, &errors);
    cr_assert_not_null(scenario);
    cr_assert_eq(scenario->seed, 7, "the last list wins");
    cr_assert_eq(scenario->replication, 4);
    cr_assert_eq(scenario->duration, 20 * SIM_TIME_MINUTE);
    scenario_destroy(scenario);
    scenario = base_scenario_vary(&base, NULL, 0, -1, &errors);
    cr_assert_eq(scenario->seed, 5, "the base is as it was");
    cr_assert_eq(scenario->replication, 0);
    scenario_destroy(scenario);
    overrides_clear(&first);
    overrides_clear(&second);
    base_scenario_clear(&base);
}

Test(base_scenario, mistakes_name_the_file_and_the_flag) {
    BaseScenario base = tiny();
    overrides_add_as(&base.changes, OVERRIDE_SET, "durationn", "20m");
    ErrorList errors = {0};
    cr_assert_null(base_scenario_vary(&base, NULL, 0, 0, &errors));
    char *text = error_list_text(&errors);
    cr_assert_not_null(strstr(text, "--set"), "%s", text);
    cr_assert_not_null(strstr(text, "duration"), "%s", text);
    free(text);
    error_list_clear(&errors);
    base_scenario_clear(&base);
}

Test(base_scenario, is_read_from_a_file) {
    BaseScenario base;
    ErrorList errors = {0};
    cr_assert_not(base_scenario_read(&base, "no-such.json", &errors));
    cr_assert_eq(errors.count, 1);
    base_scenario_clear(&base);
    error_list_clear(&errors);
    cr_assert(base_scenario_read(&base, "scenarios/demo.json", &errors));
    cr_assert_str_eq(base.directory, "scenarios");
    Scenario *scenario = base_scenario_vary(&base, NULL, 0, 2, &errors);
    cr_assert_str_eq(scenario->name, "demo");
    scenario_destroy(scenario);
    base_scenario_clear(&base);
}

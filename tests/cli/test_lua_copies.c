// SPDX-License-Identifier: GPL-3.0-or-later
/* Built-in rules as scripts (scenarios/policies) decide like the built-in ones, to the byte. */
#include "cli/cli_checks.h"

#include "base/memory.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define DEMO "scenarios/demo.json"

static char *scratch, *built_in, *script;

static void set_up(void) {
    scratch = scratch_make();
    built_in = scratch_path(scratch, "built_in");
    script = scratch_path(scratch, "script");
}

static void tear_down(void) {
    free(built_in);
    free(script);
    scratch_remove(scratch);
}

TestSuite(cli_lua_copies, .init = set_up, .fini = tear_down);

#define RUN_INTO(DIRECTORY, AT_ZERO, POLICY, AUTOSCALING)                                          \
    expect_done(RUN("run", DEMO, "--quiet", "--force", "--out", DIRECTORY, "--set",                \
                    "deployments.chat.at_zero=" AT_ZERO, "--set",                                  \
                    "deployments.chat.policy=" POLICY, "--set",                                    \
                    "deployments.chat.autoscaling=" AUTOSCALING))

static void expect_same_file(const char *name) {
    char *one = folder_file_bytes(built_in, name, NULL);
    char *other = folder_file_bytes(script, name, NULL);
    cr_assert(one != NULL && other != NULL, "no %s", name);
    cr_expect(strcmp(one, other) == 0, "%s differs", name);
    free(one);
    free(other);
}

/* What became of the replicas, when and why: events.csv without its decisions that change nothing,
 * and up to who had asked for most, since what is measured beside that differs. */
static char *changes_of(const char *directory) {
    char *all = folder_file_bytes(directory, "events.csv", NULL);
    cr_assert_not_null(all);
    Text text = {0};
    for (char *line = strtok(all, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        const char *fields[9] = {line};
        for (size_t i = 1; i < 9; i++) {
            fields[i] = strchr(fields[i - 1], ',') + 1;
        }
        const size_t from = (size_t)(fields[5] - fields[4]), to = (size_t)(fields[6] - fields[5]);
        const bool holds = from == to && memcmp(fields[4], fields[5], from) == 0;
        if (!holds) {
            text_addf(&text, "%.*s\n", (int)(strchr(fields[8], ',') - line), line);
        }
    }
    free(all);
    return text_take(&text);
}

static void expect_same_changes(void) {
    char *one = changes_of(built_in), *other = changes_of(script);
    cr_expect_gt(strlen(one), 4000);
    cr_expect_str_eq(one, other);
    free(one);
    free(other);
}

#define LIMITS "\"min_replica_count\": 0, \"max_replica_count\": 3"
#define EXPECT_FIREWORKS(BUILT_IN, SCRIPT)                                                         \
    do {                                                                                           \
        RUN_INTO(built_in, "refuse", "fireworks", "{" LIMITS BUILT_IN "}");                        \
        RUN_INTO(script, "refuse",                                                                 \
                 "{\"lua\": \"scenarios/policies/fireworks.lua\", " LIMITS SCRIPT "}",             \
                 "{" LIMITS "}");                                                                  \
        expect_same_file("timeseries.csv");                                                        \
        expect_same_file("summary.csv");                                                           \
        expect_same_changes();                                                                     \
    } while (0)

Test(cli_lua_copies, fireworks) {
    EXPECT_FIREWORKS("", "");
}

#define SHORT_WINDOWS(RULE)                                                                        \
    ", \"scale_up_window\": \"12s\", \"scale_down_window\": \"100s\", "                            \
    "\"scale_to_zero_window\": \"10m\", \"load_targets\": {\"default\": 0.7, "                     \
    "\"tokens_generated_per_second\": 100, \"concurrent_requests\": 6}, \"window_rule\": \"" RULE  \
    "\""
#define SHORT_SECONDS(RULE)                                                                        \
    ", \"scale_up_window\": 12, \"scale_down_window\": 100, \"scale_to_zero_window\": 600, "       \
    "\"default\": 0.7, \"tokens_generated_per_second\": 100, \"concurrent_requests\": 6, "         \
    "\"window_rule\": \"" RULE "\""

Test(cli_lua_copies, fireworks_under_each_window_rule) {
    EXPECT_FIREWORKS(SHORT_WINDOWS("stabilize"), SHORT_SECONDS("stabilize"));
    EXPECT_FIREWORKS(SHORT_WINDOWS("sustain"), SHORT_SECONDS("sustain"));
    EXPECT_FIREWORKS(SHORT_WINDOWS("delay"), SHORT_SECONDS("delay"));
}

#define EXPECT_HPA(TARGET)                                                                         \
    do {                                                                                           \
        RUN_INTO(built_in, "hold", "hpa",                                                          \
                 "{\"maxReplicas\": 9, \"metrics\": [{\"name\": \"requests\", \"target\": " TARGET \
                 "}]}");                                                                           \
        RUN_INTO(                                                                                  \
            script, "hold",                                                                        \
            "{\"lua\": \"scenarios/policies/hpa.lua\", \"maxReplicas\": 9, \"target\": " TARGET    \
            "}",                                                                                   \
            "{\"min_replica_count\": 1, \"max_replica_count\": 9, \"evaluation_interval\": "       \
            "\"15s\"}");                                                                           \
        expect_same_file("summary.csv");                                                           \
        expect_same_changes();                                                                     \
    } while (0)

Test(cli_lua_copies, hpa) {
    EXPECT_HPA("8.5");
    EXPECT_HPA("2");
}

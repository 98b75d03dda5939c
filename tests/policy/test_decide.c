// SPDX-License-Identifier: GPL-3.0-or-later
/* `decide` on the tables of the policies' own test suites: tests/policy/cases/NAME.jsonl. Its first
 * line is the policy; each other one is an observation with what is expected of its decision under
 * "expect" (a part of the line that comes out), "repeat": N times, each `step_s` later. Lines that
 * begin with # are notes. */
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "policy/policies.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TestSuite(policy_decide, .timeout = 120);

#define CASES "tests/policy/cases"

typedef struct Table {
    char *name;
    Text policy, observations;
    cJSON **expected; /* of each line of observations, or NULL */
    int *lines;       /* of the file */
    size_t count, room, lines_room;
} Table;

static cJSON *parse(const char *text, const char *name, int line) {
    ErrorList errors = {0};
    JsonTree tree;
    const bool parsed = json_parse(&tree, text, strlen(text), name, &errors);
    char *mistakes = error_list_text(&errors);
    cr_assert(parsed && errors.count == 0, "%s:%d: %s", name, line, mistakes);
    cJSON *root = tree.root;
    tree.root = NULL;
    json_clear(&tree);
    return root;
}

/* Cuts off the first line; NULL: there is none. */
static char *next_line(char **rest) {
    char *line = *rest, *end = line != NULL ? strchr(line, '\n') : NULL;
    *rest = end != NULL ? end + 1 : NULL;
    if (end != NULL) {
        *end = '\0';
    }
    return line;
}

static void add_observation(Table *table, cJSON *line, int number) {
    cJSON *expected = cJSON_DetachItemFromObjectCaseSensitive(line, "expect");
    cJSON *repeat = cJSON_DetachItemFromObjectCaseSensitive(line, "repeat");
    cJSON *step = cJSON_DetachItemFromObjectCaseSensitive(line, "step_s");
    cJSON *time = cJSON_GetObjectItemCaseSensitive(line, "time_s");
    const double begin = time != NULL ? time->valuedouble : 0;
    for (int i = 0; i < (repeat != NULL ? repeat->valueint : 1); i++) {
        if (step != NULL) {
            cJSON_SetNumberValue(time, begin + i * step->valuedouble);
        }
        char *text = json_print_line(line);
        text_addf(&table->observations, "%s\n", text);
        free(text);
        table->expected = memory_grow(table->expected, table->count, &table->room, sizeof(cJSON *));
        table->lines = memory_grow(table->lines, table->count, &table->lines_room, sizeof(int));
        table->expected[table->count] = expected != NULL ? cJSON_Duplicate(expected, 1) : NULL;
        table->lines[table->count++] = number;
    }
    cJSON_Delete(expected);
    cJSON_Delete(repeat);
    cJSON_Delete(step);
    cJSON_Delete(line);
}

static void read_table(Table *table, const char *file) {
    char *text = file_bytes(file, NULL), *rest = text;
    int number = 0;
    *table = (Table){.name = memory_text(file)};
    cr_assert_not_null(text, "%s", file);
    for (char *line; (line = next_line(&rest)) != NULL;) {
        number++;
        if (*line == '#' || *line == '\0') {
            continue;
        }
        if (table->policy.length == 0) {
            text_add(&table->policy, line);
        } else {
            add_observation(table, parse(line, file, number), number);
        }
    }
    free(text);
}

static void clear_table(Table *table) {
    for (size_t i = 0; i < table->count; i++) {
        cJSON_Delete(table->expected[i]);
    }
    free(table->expected);
    free(table->lines);
    text_clear(&table->policy);
    text_clear(&table->observations);
    free(table->name);
}

/* Is all that is expected there? */
static bool holds(const cJSON *is, const cJSON *expected) {
    if (is == NULL || !cJSON_IsObject(expected)) {
        return is != NULL && cJSON_Compare(is, expected, 1);
    }
    const cJSON *member;
    cJSON_ArrayForEach (member, expected) {
        if (!holds(cJSON_GetObjectItemCaseSensitive(is, member->string), member)) {
            return false;
        }
    }
    return true;
}

static void compare(const Table *table, char *output) {
    size_t count = 0;
    for (char *line; (line = next_line(&output)) != NULL && *line != '\0'; count++) {
        cr_assert_lt(count, table->count);
        cJSON *is = parse(line, table->name, table->lines[count]);
        if (table->expected[count] != NULL && !holds(is, table->expected[count])) {
            char *expected = json_print_line(table->expected[count]);
            cr_expect(false, "%s:%d: expected %s, got %s", table->name, table->lines[count],
                      expected, line);
            free(expected);
        }
        cJSON_Delete(is);
    }
    cr_expect_eq(count, table->count, "%s: %zu of %zu lines", table->name, count, table->count);
}

static void check_table(const char *file) {
    Table table;
    read_table(&table, file);
    char *scratch = scratch_make();
    char *policy = scratch_text(scratch, "policy.json", table.policy.text);
    char *lines = scratch_text(scratch, "lines.jsonl", table.observations.text);
    ProgramResult result = RUN("decide", policy, lines, "--state");
    cr_expect_eq(result.status, 0, "%s: %s", file, result.errors);
    compare(&table, result.output);
    program_clear(&result);
    free(policy);
    free(lines);
    scratch_remove(scratch);
    clear_table(&table);
}

Test(policy_decide, decides_as_the_tables_of_the_policies_say) {
    DIR *folder = opendir(CASES);
    cr_assert_not_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] != '.') {
            char *file = memory_format("%s/%s", CASES, entry->d_name);
            check_table(file);
            free(file);
        }
    }
    closedir(folder);
}

/* Ways in -------------------------------------------------------------------------------------- */

static char *scratch;

static ProgramResult decide(const char *policy, const char *lines) {
    scratch = scratch_make();
    char *policy_file = scratch_text(scratch, "policy.json", policy);
    const ProgramPlace place = {.input = lines};
    ProgramResult result = RUN_IN(place, "decide", policy_file, "-");
    free(policy_file);
    scratch_remove(scratch);
    return result;
}

Test(policy_decide, reads_a_csv_with_the_same_names) {
    ProgramResult csv = decide("{\"policy\": \"ray_serve\", \"max_replicas\": 9}",
                               "time_s,running,current,total\n0,1,1,5\n30,1,1,5\n30.1,1,,\"5\"\n");
    ProgramResult json = decide("{\"policy\": \"ray_serve\", \"max_replicas\": 9}",
                                "{\"time_s\": 0, \"running\": 1, \"current\": 1, \"total\": 5}\n\n"
                                "{\"time_s\": 30, \"running\": 1, \"current\": 1, \"total\": 5}\n"
                                "{\"time_s\": 30.1, \"running\": 1, \"total\": 5}");
    cr_expect_eq(csv.status, 0, "%s", csv.errors);
    cr_expect_str_eq(csv.output, json.output);
    cr_expect_not_null(strstr(csv.output, "\"target\": 3, \"recommended\": 3, \"reason\": "
                                          "\"scale_up\""));
    cr_expect_not_null(strstr(csv.output, "\"current\": 3, \"target\": 3"));
    program_clear(&csv);
    program_clear(&json);
}

static void expect_refused(const char *policy, const char *lines, const char *words) {
    ProgramResult result = decide(policy, lines);
    cr_expect_eq(result.status, 2);
    cr_expect_not_null(strstr(result.errors, words), "%s is not in %s", words, result.errors);
    program_clear(&result);
}

#define RAY "{\"policy\": \"ray_serve\"}"

Test(policy_decide, refuses_what_it_does_not_know) {
    expect_refused("{\"policy\": \"ray_serv\"}", "", "did you mean \"ray_serve\"");
    expect_refused("{\"policy\": \"ray_serve\", \"max_replica\": 3}", "", "\"max_replicas\"");
    expect_refused("{\"policy\": \"ray_serve\", \"min_replicas\": 3}", "", "max_replicas");
    expect_refused(RAY, "{\"totl\": 3}\n", "-:1: totl: found an unknown key; did you mean");
    expect_refused(RAY, "{\"total\": 3}\n{\"time_s\": 3}\n", "-:2: total: found nothing");
    expect_refused(RAY, "{\"time_s\": 9, \"total\": 3}\n{\"time_s\": 3, \"total\": 3}\n",
                   "-:2: time_s: found a time before the last line's");
    expect_refused(RAY, "{\"total\": 3, \"past\": {\"recommendations\": [[3, 4]]}}\n",
                   "-:1: past: found an object, expected none");
    expect_refused(RAY, "{\"total\": 3, \"past\": {\"recommendations\": [[3]]}}\n",
                   "expected [age_s, number]");
    expect_refused(RAY, "{\"total\": 3, \"options\": {\"max_replicas\": 0}}\n",
                   "-:1: max_replicas");
    expect_refused("{\"policy\": \"hpa\", \"maxReplicas\": 9}",
                   "{\"metrics\": [{\"target\": {\"value\": 1, \"averageValue\": 2}}]}\n",
                   "-:1: metrics.0.target.value");
    expect_refused(RAY, "time_s,total\n1,2\n3\n", "-:3: found 1 fields, expected 2");
    expect_refused(RAY, "{\"running\": 3, \"ready\": 2, \"total\": 3}\n",
                   "-:1: ready: found another number than of running");
    expect_refused(RAY, "{\"total\": 3\n", "-:1:");
}

/* Whatever is observed ------------------------------------------------------------------------- */

static const char *const whole_policies[] = {
    "{\"policy\": \"fireworks\", \"max_replica_count\": 9, \"load_targets\": {\"default\": 0.5}}",
    "{\"policy\": \"fixed\"}",
    "{\"policy\": \"ray_serve\", \"min_replicas\": 0, \"max_replicas\": 50, \"generation\": \"A\"}",
    "{\"policy\": \"ray_serve\", \"min_replicas\": 0, \"max_replicas\": 50, \"gang_size\": 4}",
    "{\"policy\": \"hpa\", \"minReplicas\": 0, \"maxReplicas\": 50}",
    "{\"policy\": \"hpa\", \"maxReplicas\": 50, \"behavior\": {}}",
    "{\"policy\": \"knative\", \"scale-down-delay\": \"1m\", \"activation-scale\": 3}",
    "{\"policy\": \"keda\", \"triggers\": [{\"threshold\": 3}], \"fallback\": {\"replicas\": 2}}",
    "{\"policy\": \"dynamo\", \"max_kv_tokens\": 1000}",
    "{\"policy\": \"dstack\", \"target\": 3, \"max_replicas\": 50}",
};

static uint64_t draw(uint64_t *state, uint64_t below) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % below;
}

static double draw_number(uint64_t *state, const Option *option) {
    static const double numbers[] = {0, 1, 2, 7, 100, 0.3, 1e-9, 65535, 2147483647, 1e18, 1e300};
    const double number = numbers[draw(state, sizeof numbers / sizeof *numbers)];
    return option->type == OPTION_INTEGER ? floor(fmin(number, 1000)) : number;
}

static cJSON *draw_object(uint64_t *state, const Option table[]);

static cJSON *draw_element(uint64_t *state, const Option *option) {
    if (option->type == OPTION_LIST) {
        return draw_object(state, option->group);
    }
    return option->may_lack && draw(state, 4) == 0 ? json_null()
                                                   : json_number(draw_number(state, option));
}

/* NULL: none of these. */
static cJSON *draw_value(uint64_t *state, const Option *option) {
    cJSON *array = json_array();
    switch (option->type) {
    case OPTION_BOOLEAN: cJSON_Delete(array); return json_boolean(draw(state, 2) == 0);
    case OPTION_CHOICE: cJSON_Delete(array); return json_text(option->choices[draw(state, 3)]);
    case OPTION_NUMBERS:
    case OPTION_LIST:
        for (uint64_t i = draw(state, 5); i > 0; i--) {
            json_append(array, draw_element(state, option));
        }
        return array;
    default: cJSON_Delete(array);
    }
    if (option->type == OPTION_GROUP && (option->short_for == NULL || draw(state, 2) == 0)) {
        return draw_object(state, option->group);
    }
    if (option->type == OPTION_GROUP) {
        option = option_find(option->group, option->short_for);
    }
    const double number = draw_number(state, option);
    return option_within_limits(option, number) ? json_number(number) : NULL;
}

static bool is_replaced(const Option *option, const cJSON *object) {
    for (const char *const *other = option->not_with; other != NULL && *other != NULL; other++) {
        if (cJSON_HasObjectItem(object, *other)) {
            return true;
        }
    }
    return false;
}

static cJSON *draw_object(uint64_t *state, const Option table[]) {
    cJSON *object = json_object();
    for (const Option *option = table; option->name != NULL; option++) {
        cJSON *value =
            draw(state, 3) > 0 && !is_replaced(option, object) ? draw_value(state, option) : NULL;
        if (value != NULL) {
            json_add(object, option->name, value);
        }
    }
    return object;
}

/* Lines that a policy may refuse for want of a key are left out. */
static size_t draw_lines(uint64_t *state, const PolicyKind *kind, Text *lines) {
    size_t count = 0;
    for (double time = 0; count < 300; time += (double)draw(state, 400) / 4) {
        cJSON *line = draw_object(state, kind->inputs);
        const bool whole = strcmp(kind->policy->name, "hpa") != 0 ||
                           cJSON_GetArraySize(cJSON_GetObjectItem(line, "metrics")) > 0;
        const bool one_average =
            cJSON_HasObjectItem(line, "stable") != cJSON_HasObjectItem(line, "panic");
        const bool needs_total =
            strcmp(kind->policy->name, "ray_serve") == 0 && !cJSON_HasObjectItem(line, "total");
        if (whole && !one_average && !needs_total) {
            json_add(line, "time_s", json_number(time));
            json_add(line, "current", json_number((double)draw(state, 60)));
            json_add(line, "running", json_number((double)draw(state, 60)));
            char *text = json_print_line(line);
            text_addf(lines, "%s\n", text);
            free(text);
            count++;
        }
        cJSON_Delete(line);
    }
    return count;
}

Test(policy_decide, decides_whatever_is_observed) {
    for (size_t i = 0; i < sizeof whole_policies / sizeof *whole_policies; i++) {
        char name[32] = "";
        cr_assert_eq(sscanf(whole_policies[i], "{\"policy\": \"%31[a-z_]", name), 1);
        uint64_t state = i;
        Text lines = {0};
        const size_t count = draw_lines(&state, policies_find(name), &lines);
        ProgramResult result = decide(whole_policies[i], lines.text);
        size_t decided = 0;
        for (const char *at = result.output; (at = strchr(at, '\n')) != NULL; at++) {
            decided++;
        }
        cr_expect_eq(result.status, 0, "%s: %s", whole_policies[i], result.errors);
        cr_expect_eq(decided, count, "%s: %zu of %zu", whole_policies[i], decided, count);
        cr_expect_null(strstr(result.output, "\"target\": -"));
        program_clear(&result);
        text_clear(&lines);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* `decide` on the tables of the policies' own test suites: tests/policy/cases/NAME.jsonl. Its first
 * line is the policy; each other one is an observation with what is expected of its decision under
 * "expect" (a part of the line that comes out), "repeat": N times, each `step_s` later. Lines that
 * begin with # are notes. */
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <dirent.h>
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
    expect_refused(RAY, "time_s,total\n1,2\n3\n", "-:3: found 1 fields, expected 2");
    expect_refused(RAY, "{\"total\": 3\n", "-:1:");
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Whole scenarios and their CSV, byte for byte: what no smaller test sees. They draw no random
 * numbers, so that no C library's last digit matters. A result that has changed on purpose is
 * written anew by
 *
 *     GOLDEN_UPDATE=1 make test TEST_ARGS="--filter 'golden*'"
 *
 * and read in git's diff before it is kept. */
#include "base/memory.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HERE "tests/golden/"

static const char *const tables[] = {"summary.csv", "events.csv", "timeseries.csv", NULL};
static const char *const tables_and_requests[] = {"summary.csv",  "events.csv",   "timeseries.csv",
                                                  "requests.csv", "refusals.csv", NULL};

static bool updating(void) {
    const char *wish = getenv("GOLDEN_UPDATE");
    return wish != NULL && *wish != '\0' && strcmp(wish, "0") != 0;
}

/* The line that holds byte `at`: where it begins, and how long it is. */
static size_t line_at(const char *text, size_t at, int *length) {
    size_t begin = at;
    while (begin > 0 && text[begin - 1] != '\n') {
        begin--;
    }
    *length = (int)strcspn(text + begin, "\n");
    return begin;
}

/* Tells the first line that differs, with its number and the column's name. */
static void tell_difference(const char *path, const char *golden, const char *now) {
    size_t at = 0, line = 1, column = 0;
    for (; golden[at] != '\0' && golden[at] == now[at]; at++) {
        column = golden[at] == '\n' ? 0 : column + (golden[at] == ',');
        line += golden[at] == '\n';
    }
    const char *name = golden;
    while (column-- > 0 && strchr(name, ',') != NULL) {
        name = strchr(name, ',') + 1;
    }
    int golden_length, now_length;
    const size_t golden_begin = line_at(golden, at, &golden_length);
    const size_t now_begin = line_at(now, at, &now_length);
    cr_assert_fail("%s:%zu: %.*s has changed\n  from %.*s\n  to   %.*s", path, line,
                   (int)strcspn(name, ",\n"), name, golden_length, golden + golden_begin,
                   now_length, now + now_begin);
}

static void compare_with_golden(const char *path, const char *now) {
    char *golden = file_bytes(path, NULL);
    cr_assert_not_null(golden, "there is no %s; see GOLDEN_UPDATE in test_golden.c", path);
    if (strcmp(golden, now) != 0) {
        tell_difference(path, golden, now);
    }
    free(golden);
}

static void check_table(const char *folder, const char *out, const char *name) {
    size_t length;
    char *now = folder_file_bytes(out, name, &length);
    cr_assert_not_null(now, "there is no %s", name);
    if (updating()) {
        mkdir(folder, 0777);
        free(scratch_write(folder, name, now, length));
    } else {
        char *path = scratch_path(folder, name);
        compare_with_golden(path, now);
        free(path);
    }
    free(now);
}

/* Arguments begin with the scenario; `folder` holds the files. */
static void check_golden(const char *folder, const char *const files[],
                         const char *const arguments[]) {
    char *scratch = scratch_make(), *out = scratch_path(scratch, "out");
    const char *words[16] = {"run", "--quiet", "--out", out};
    for (size_t i = 0; arguments[i] != NULL; i++) {
        words[i + 4] = arguments[i];
    }
    ProgramResult result = program_run(NULL, words);
    cr_assert_eq(result.status, 0, "status %d: %s", result.status, result.errors);
    program_clear(&result);
    for (; *files != NULL; files++) {
        check_table(folder, out, *files);
    }
    free(out);
    scratch_remove(scratch);
}

#define GOLDEN(name, files, ...)                                                                   \
    Test(golden, name) {                                                                           \
        check_golden(HERE #name, files, (const char *const[]){__VA_ARGS__, NULL});                 \
    }

GOLDEN(scale_from_zero, tables_and_requests, "scenarios/scale-from-zero.json", "--set",
       "interval=1m")

/* The shipped nine days, with requests that come evenly. */
GOLDEN(auto_delete, tables, "scenarios/auto-delete.json", "--set", "interval=1d", "--set",
       "deployments.*.cold_start=90s", "--set", "deployments.*.autoscaling.evaluation_interval=60s",
       "--set",
       "deployments.*.traffic=[{\"type\": \"constant\", \"rate_per_s\": 0.1, \"stop\": \"1h\", "
       "\"prompt_tokens\": 500, \"output_tokens\": 100}, {\"type\": \"constant\", \"rate_per_s\": "
       "0.01, \"start\": \"8d1h\", \"stop\": \"8d2h\", \"prompt_tokens\": 500, \"output_tokens\": "
       "100}]")

GOLDEN(reservation, tables, HERE "reservation.json")
GOLDEN(quota, tables, HERE "quota.json")
GOLDEN(stock_out, tables, HERE "stock_out.json")
GOLDEN(vanish, tables, HERE "vanish.json")
GOLDEN(drain, tables, HERE "drain.json")
GOLDEN(refusals, tables_and_requests, HERE "refusals.json")

#define WINDOW_RULE "deployments.chat.autoscaling.window_rule="
GOLDEN(window_stabilize, tables, HERE "windows.json", "--set", WINDOW_RULE "stabilize")
GOLDEN(window_sustain, tables, HERE "windows.json", "--set", WINDOW_RULE "sustain")
GOLDEN(window_delay, tables, HERE "windows.json", "--set", WINDOW_RULE "delay")

/* Commands and all that they print and write -----------------------------------------------------
 */

/* Every command in the file is run again; see cli/transcript for how a file reads. */
static void check_transcript(const char *golden) {
    char *scratch = scratch_make();
    const ProgramPlace place = {.program = HERE "cli/transcript", .seconds = 300};
    ProgramResult result = RUN_IN(place, golden, scratch);
    cr_assert_eq(result.status, 0, "status %d: %s", result.status, result.errors);
    if (updating()) {
        free(scratch_write(".", golden, result.output, result.output_length));
    } else {
        compare_with_golden(golden, result.output);
    }
    program_clear(&result);
    scratch_remove(scratch);
}

#define TRANSCRIPT(name)                                                                           \
    Test(golden_cli, name) {                                                                       \
        check_transcript(HERE "cli/" #name ".golden");                                             \
    }

TRANSCRIPT(run)
TRANSCRIPT(compare)
TRANSCRIPT(sweep)
TRANSCRIPT(optimize)
TRANSCRIPT(explain)
TRANSCRIPT(report)
TRANSCRIPT(trace)
TRANSCRIPT(learn)
TRANSCRIPT(help)
TRANSCRIPT(mistakes)

/* "FOLDER/name" of a program that is built beside the one under test. Owned by the caller. */
static char *beside(const char *name) {
    const char *binary = getenv("ASIM_BINARY");
    return memory_format("%.*s/%s", (int)(strrchr(binary, '/') - binary), binary, name);
}

/* One metric more is one row more: see cli/one_row.def. */
Test(golden_cli, one_row) {
    char *docs = beside("one-row-docs"), *program = beside("one-row");
    const ProgramPlace place = {.program = docs};
    ProgramResult table = RUN_IN(place, "");
    cr_expect_not_null(strstr(table.output, "\n| `ttft_p75_s` | s | TTFT p75 | "));
    program_clear(&table);
    setenv("ASIM_BINARY", program, 1);
    check_transcript(HERE "cli/one_row.golden");
    free(program);
    free(docs);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* One calendar per run, as a user meets it: logs keep their dates, whoever tells or takes an
 * instant goes by them, and the same instant is told by all. */
#include "cli/cli_checks.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *scratch;

static void set_up(void) {
    scratch = scratch_make();
}

static void tear_down(void) {
    scratch_remove(scratch);
}

TestSuite(cli_calendar, .init = set_up, .fini = tear_down);

#define AZURE "TIMESTAMP,ContextTokens,GeneratedTokens\n"

/* Iterations of 10 ms, a start of a minute, one GPU: E2E of 60 s and more after a start. */
#define DEPLOYMENT(name, traffic)                                                                  \
    "'" name "':{'model':'m','accelerator':'H100','weights_gb':16,'profile':{'c0_ms':10,"          \
    "'c_prefill_ms':0,'c_decode_ms':0,'kv_capacity_tokens':100000,'batch_slots':8,"                \
    "'request_overhead':'0s'},'client':'python','cold_start':'60s','autoscaling':{"                \
    "'min_replica_count':0,'max_replica_count':1,'scale_to_zero_window':'5m'},'traffic':" traffic  \
    "}"
#define TRACE(file, more) "{'type':'trace','file':'" file "'" more "}"

static void write(const char *name, const char *text) {
    free(scratch_text(scratch, name, text));
}

/* JSON with ' for ". */
static void write_scenario(const char *name, const char *text) {
    char *json = memory_text(text);
    for (char *p = json; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    write(name, json);
    free(json);
}

#define ASIM(...) RUN_IN(((ProgramPlace){.folder = scratch}), __VA_ARGS__)

/* A text on stderr, of a command that did what it should. */
static void expect_noted(ProgramResult result, const char *text) {
    cr_assert_eq(result.status, 0, "%s", result.errors);
    cr_expect(strstr(result.errors, text), "%s lacks %s", result.errors, text);
    program_clear(&result);
}

static double summary_number(cJSON *summary, const char *deployment, const char *key) {
    return cli_json_number(json_deployment(summary, deployment), key);
}

static void expect_row(const char *out, const char *begins) {
    char *rows = folder_file_bytes(out, "requests.csv", NULL);
    cr_assert_not_null(rows);
    cr_expect(strstr(rows, begins), "%s lacks %s", rows, begins);
    free(rows);
}

static void write_two_logs(void) {
    write("a.csv", AZURE "2026-11-16 09:00:00.0,600,50\n2026-11-16 09:10:00.0,600,50\n");
    write("b.csv", AZURE "2026-11-16 10:00:00.0,600,50\n2026-11-16 10:10:00.0,600,50\n");
}

Test(cli_calendar, logs_of_one_day_keep_their_distance) {
    write_two_logs();
    write_scenario(
        "two.json",
        "{'duration':'3h','deployments':{" DEPLOYMENT("a", TRACE("a.csv", "")) "," DEPLOYMENT(
            "b", TRACE("b.csv", "")) "},'pools':{'H100':{"
                                     "'on_demand_gpus':1}}}");
    cJSON *apart = expect_json(ASIM("run", "two.json", "--json"));
    cr_expect_str_eq(cJSON_GetObjectItem(apart, "start")->valuestring, "2026-11-16T09:00:00Z");
    /* Retries at 5, 12.5, 23.75, 40.6 and 65.9 s: each log wakes its own replica twice, alone. */
    for (int i = 0; i < 2; i++) {
        const double longest = summary_number(apart, i ? "b" : "a", "e2e_max_s");
        cr_expect(longest > 65.9 && longest < 67, "%g", longest);
        cr_expect_eq(summary_number(apart, i ? "b" : "a", "cold_starts"), 2);
    }
    cJSON_Delete(apart);
    /* both on time 0: they fight for the GPU */
    cJSON *together = expect_json(
        ASIM("run", "two.json", "--json", "--set", "deployments.*.traffic.origin=first_row"));
    cr_expect(fmax(summary_number(together, "a", "e2e_max_s"),
                   summary_number(together, "b", "e2e_max_s")) > 300);
    cJSON_Delete(together);
}

Test(cli_calendar, sources_of_one_deployment_keep_their_distance) {
    write_two_logs();
    write("bare.csv", "arrived_at,num_prefill_tokens,num_decode_tokens\n50,600,50\n650,600,50\n");
    write_scenario("one.json", "{'duration':'2h','deployments':{" DEPLOYMENT(
                                   "a", "[" TRACE("b.csv", "") "," TRACE("a.csv", "") "," TRACE(
                                            "bare.csv", "") "]") "}}");
    expect_done(ASIM("run", "one.json", "--quiet", "--out", "o", "--requests"));
    char *out = scratch_path(scratch, "o");
    /* source and first send: a's and bare's at once, b's an hour later */
    static const char *const expected[] = {"\n1,a,1,0,",   "\n2,a,2,0,",    "\n3,a,1,600,",
                                           "\n4,a,2,600,", "\n5,a,0,3600,", "\n6,a,0,4200,"};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        expect_row(out, expected[i]);
    }
    free(out);
}

Test(cli_calendar, every_command_tells_and_takes_the_log_s_time) {
    write("a.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
                   "2026-02-28 23:50:00.1800000,600,50\r\n2026-03-01 00:20:00.0000000,600,50");
    write_scenario("a.json", "{'deployments':{" DEPLOYMENT("a", TRACE("a.csv", "")) "}}");
    SAYS(ASIM("run", "a.json"), "30m00s simulated from 2026-02-28T23:50:00Z");
    SAYS(ASIM("explain", "a.json"), "it begins at 2026-02-28T23:50:00Z", "\n23:50:00        woken",
         "\nday 2 00:20:00  woken");
    SAYS(ASIM("explain", "a.json", "--why-not", "day 2 00:10"), "a at day 2 00:10:00",
         "the run begins at 2026-02-28T23:50:00Z");
    SAYS(ASIM("explain", "a.json", "--why-not", "2026-03-01T00:10:00Z"), "a at day 2 00:10:00");
    SAYS(ASIM("explain", "a.json", "--why-not", "00:10"), "a at day 2 00:10:00");
    SAYS(ASIM("explain", "a.json", "--from", "23:55", "--to", "2026-03-01T00:15:00Z"),
         "2026-02-28T23:50:00Z");
    SAYS(ASIM("compare", "a.json"), "Time 0 is 2026-02-28T23:50:00Z.");
    SAYS(ASIM("validate", "--print", "a.json"), "\"start\": \"2026-02-28T23:50:00Z\"");
    SAYS(ASIM("trace", "describe", "a.csv"),
         "from 2026-02-28T23:50:00Z, a Saturday, to 2026-03-01T00:20:00Z, a Sunday");
    /* all of it by the log's clock, wherever time 0 is */
    SAYS(ASIM("trace", "describe", "a.csv", "--set", "origin=2026-02-28T22:00:00Z"),
         "from 2026-02-28T23:50:00Z, a Saturday, to 2026-03-01T00:20:00Z, a Sunday",
         " 1.00/s              23:50:00 ", "longest 30m00s, at 23:50:00\n");
    expect_noted(ASIM("trace", "generate", "a.json", "--to", "azure", "--out", "g.csv"),
                 "time 0 is 2026-02-28T23:50:00Z");
    char *one = scratch_path(scratch, "a.csv"), *other = scratch_path(scratch, "g.csv");
    char *written = file_bytes(one, NULL), *again = file_bytes(other, NULL);
    cr_expect_str_eq(written, again); /* row by row as it was */
    free(one);
    free(other);
    free(written);
    free(again);
    SAYS(ASIM("explain", "a.json", "--request", "2"), "the run begins at 2026-02-28T23:50:00Z",
         "\nday 2 00:20:00");
}

Test(cli_calendar, runs_of_several_calendars_are_told_apart) {
    write_two_logs();
    write_scenario("a.json", "{'deployments':{" DEPLOYMENT("a", TRACE("a.csv", "")) "}}");
    write_scenario("b.json", "{'deployments':{" DEPLOYMENT("a", TRACE("b.csv", "")) "}}");
    ProgramResult result = ASIM("compare", "a.json", "b.json");
    cr_expect(strstr(result.output, "Time 0 of a is 2026-11-16T09:00:00Z.\n"
                                    "Time 0 of b is 2026-11-16T10:00:00Z.\n"),
              "%s", result.output);
    program_clear(&result);
}

static const char lead[] =
    "{'name':'lead','duration':'3h','start':'2026-11-16T00:00:00Z','deployments':{" DEPLOYMENT(
        "d", "{'type':'constant','rate_per_s':0.1,'start':'2h','prompt_tokens':100,"
             "'output_tokens':10}") "}}";

Test(cli_calendar, what_was_generated_runs_as_it_did) {
    write_scenario("lead.json", lead);
    static const char *const targets[] = {"azure", "azure-2024"};
    for (size_t i = 0; i < 2; i++) {
        expect_noted(ASIM("trace", "generate", "lead.json", "--to", targets[i], "--out", "lead.csv",
                          "--force"),
                     "360 requests");
        write_scenario("replay.json",
                       "{'name':'lead','duration':'3h','start':'2026-11-16T00:00:00Z',"
                       "'deployments':{" DEPLOYMENT("d", TRACE("lead.csv", "")) "}}");
        expect_done(ASIM("run", "lead.json", "--quiet", "--out", "one", "--requests", "--force"));
        expect_done(ASIM("run", "replay.json", "--quiet", "--out", "two", "--requests", "--force"));
        char *one = scratch_path(scratch, "one"), *two = scratch_path(scratch, "two");
        expect_row(two, "\n1,d,0,7200,");
        expect_same_files(one, two,
                          (const char *const[]){"requests.csv", "timeseries.csv", "events.csv",
                                                "latency_histogram.csv", NULL});
        free(one);
        free(two);
    }
    /* a log does not tell when its recording ended: with its last row, at 02:59:50 */
    cJSON *open = expect_json(ASIM("run", "replay.json", "--json", "--set", "duration=null"));
    cr_expect_float_eq(summary_number(open, "d", "span_s"), 3 * 3600 - 10, 1e-6);
    cJSON_Delete(open);
    cJSON *late = expect_json(ASIM("run", "replay.json", "--json", "--set", "duration=null",
                                   "--set", "start=2026-11-16T02:59:00Z"));
    cr_expect_eq(summary_number(late, "d", "requests"), 6); /* 02:59:00 to 02:59:50 */
    cr_expect_eq(summary_number(late, "d", "trace_outside"), 354);
    cJSON_Delete(late);
}

Test(cli_calendar, a_directory_s_scenario_states_its_start) {
    write("a.csv", AZURE "2026-11-16 09:00:00.7500000,600,50\n2026-11-16 09:10:00.0,600,50\n");
    write_scenario(
        "a.json",
        "{'duration':'1h','deployments':{" DEPLOYMENT(
            "a",
            "[" TRACE("a.csv", "") ",{'type':'diurnal','mean_rate_per_s':0.1,'prompt_tokens':100,"
                                   "'output_tokens':10}]") "}}");
    expect_done(ASIM("run", "a.json", "--quiet", "--out", "one"));
    expect_done(ASIM("run", "one/scenario.json", "--quiet", "--out", "two"));
    char *one = scratch_path(scratch, "one"), *two = scratch_path(scratch, "two");
    expect_same_files(one, two,
                      (const char *const[]){"summary.csv", "timeseries.csv", "events.csv",
                                            "scenario.json", NULL});
    char *json = folder_file_bytes(one, "scenario.json", NULL);
    cr_expect(strstr(json, "\"start\": \"2026-11-16T09:00:00Z\""), "%s", json);
    free(json);
    free(one);
    free(two);
}

/* Beside a log of a Sunday a diurnal source has a Sunday's traffic. */
Test(cli_calendar, patterns_beside_a_log_have_its_weekday) {
    static const char *const days[] = {"2026-11-15", "2026-11-16"};
    double requests[2];
    for (size_t i = 0; i < 2; i++) {
        char *log = memory_format(AZURE "%s 12:00:00,600,50\n", days[i]);
        write("day.csv", log);
        free(log);
        write_scenario(
            "day.json",
            "{'duration':'1h','deployments':{" DEPLOYMENT(
                "a", "[" TRACE("day.csv",
                               "") ",{'type':'diurnal','mean_rate_per_s':1,'weekend_factor':0.1,"
                                   "'prompt_tokens':100,'output_tokens':10}]") "}}");
        cJSON *summary = expect_json(ASIM("run", "day.json", "--json"));
        requests[i] = summary_number(summary, "a", "requests");
        cJSON_Delete(summary);
    }
    cr_expect(requests[1] > 5 * requests[0], "%g on a Monday, %g on a Sunday", requests[1],
              requests[0]);
}

Test(cli_calendar, a_log_from_standard_input_tells_its_date_too) {
    write_scenario("in.json", "{'deployments':{" DEPLOYMENT("a", TRACE("-", "")) "}}");
    char *line = memory_text("2026-11-16 09:00:00.5000000,600,50\n");
    for (int size = 1; size <= 60000; size += 59999) { /* the second is beyond what is looked at */
        char *text = memory_new(sizeof AZURE + (size_t)size * strlen(line) + 1, 1);
        char *at = stpcpy(text, AZURE);
        for (int i = 0; i < size; i++) {
            at = stpcpy(at, line);
        }
        const ProgramPlace place = {.folder = scratch, .input = text};
        cJSON *summary = expect_json(
            RUN_IN(place, "run", "in.json", "--json", "--set", "deployments.a.client=none"));
        cr_expect_str_eq(cJSON_GetObjectItem(summary, "start")->valuestring,
                         "2026-11-16T09:00:00Z");
        cr_expect_eq(summary_number(summary, "a", "requests"), size);
        cr_expect_eq(summary_number(summary, "a", "trace_rows"), size);
        cJSON_Delete(summary);
        free(text);
    }
    free(line);
}

Test(cli_calendar, a_log_of_another_time_is_refused_with_both_spans) {
    write_two_logs();
    write_scenario("late.json", "{'start':'2026-11-17T00:00:00Z','deployments':{" DEPLOYMENT(
                                    "a", TRACE("a.csv", "")) "}}");
    REFUSED(ASIM("run", "late.json", "--out", "o"),
            "a.csv: found rows from 2026-11-16T09:00:00Z "
            "to 2026-11-16T09:10:00Z only",
            "which is from 2026-11-17T00:00:00Z on",
            "set start or duration of the scenario, or origin: first_row");
    char *out = scratch_path(scratch, "o");
    cr_expect_not(file_exists(out));
    free(out);
    SAYS(ASIM("run", "late.json", "--set", "deployments.a.traffic.origin=first_row"),
         "10m00s simulated from 2026-11-17T00:00:00Z");
    REFUSED(ASIM("explain", "late.json"), "2026-11-16T09:10:00Z");
    REFUSED(ASIM("compare", "late.json"), "2026-11-16T09:10:00Z");
    /* of two logs each must come */
    write_scenario("two.json",
                   "{'duration':'30m','deployments':{" DEPLOYMENT(
                       "a", TRACE("a.csv", "")) "," DEPLOYMENT("b", TRACE("b.csv", "")) "}}");
    REFUSED(ASIM("run", "two.json"), "b.csv", "from 2026-11-16T09:00:00Z to 2026-11-16T09:30:00Z");
}

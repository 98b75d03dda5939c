// SPDX-License-Identifier: GPL-3.0-or-later
/* The facade: all files or none, the same bytes twice, and a manifest that says what went in. */
#include "output/run_report.h"

#include "base/output_directory.h"
#include "figures/decisions_digest.h"
#include "figures/summary.h"
#include "output/manifest.h"
#include "output/report_fixture.h"

#include <cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A short made-up run, told to every observer. */
static void play(const RunReport *report) {
    const asim_observer *const *observers;
    const size_t count = run_report_observers(report, &observers);
    for (size_t o = 0; o < count; o++) {
        const asim_observer *observer = observers[o];
        for (uint64_t i = 0; i < 100 && observer->request_ended; i++) {
            asim_request request = fixture_request(i + 1, (sim_time)i, (sim_time)i + 3,
                                                   (sim_time)(2 * i) + 5, 1000, 17);
            request.deployment = (uint32_t)(i % 2);
            observer->request_ended(observer->self, &request);
        }
        for (uint32_t d = 0; d < 2; d++) {
            const asim_interval interval = {.to = SIM_TIME_MINUTE, .deployment = d};
            const asim_run_end end = {
                .deployment = d, .span = SIM_TIME_MINUTE, .drained_at = SIM_TIME_MINUTE};
            if (observer->interval_ended) {
                observer->interval_ended(observer->self, &interval);
            }
            if (observer->run_ended) {
                observer->run_ended(observer->self, &end);
            }
        }
    }
}

static void write_run(const Scenario *scenario, const char *directory, bool force) {
    ErrorList errors = {0};
    const RunReportOptions options = {.directory = directory, .force = force};
    RunReport *report = run_report_create(scenario, &options, &errors);
    cr_assert_not_null(report);
    play(report);
    cr_assert(run_report_finish(report, &errors));
    run_report_destroy(report);
}

static const char *const files[] = {"summary.csv",   "timeseries.csv", "events.csv",
                                    "requests.csv",  "refusals.csv",   "latency_histogram.csv",
                                    "scenario.json", "verdicts.json",  "manifest.json"};
enum { FILES = sizeof files / sizeof files[0], SAME_FILES = FILES - 1 };

Test(run_report, writes_the_same_bytes_twice) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    char *place = fixture_place();
    char *first = fixture_path(place, "first"), *second = fixture_path(place, "second");
    write_run(&fixture.scenario, first, false);
    write_run(&fixture.scenario, second, false);
    write_run(&fixture.scenario, second, true);
    cr_assert_eq(fixture_entries(place), 2);
    cr_assert_eq(fixture_entries(first), FILES);
    for (size_t i = 0; i < SAME_FILES; i++) {
        char *a_path = fixture_path(first, files[i]), *b_path = fixture_path(second, files[i]);
        char *a = fixture_read(a_path), *b = fixture_read(b_path);
        cr_assert_str_eq(a, b, "%s", files[i]);
        cr_assert_gt(strlen(a), 10, "%s", files[i]);
        free(a_path), free(b_path), free(a), free(b);
    }
    free(first);
    free(second);
    fixture_remove_place(place);
}

Test(run_report, writes_requests_only_when_asked) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    fixture.scenario.write_requests = false;
    char *place = fixture_place();
    char *path = fixture_path(place, "out");
    write_run(&fixture.scenario, path, false);
    cr_assert_eq(fixture_entries(path), FILES - 2);
    free(path);
    fixture_remove_place(place);
}

Test(run_report, leaves_nothing_behind_when_it_is_not_finished) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    char *place = fixture_place();
    char *path = fixture_path(place, "out");
    ErrorList errors = {0};
    const RunReportOptions options = {.directory = path};
    RunReport *report = run_report_create(&fixture.scenario, &options, &errors);
    play(report);
    cr_assert_eq(fixture_entries(place), 1);
    run_report_abandon(report);
    cr_assert_eq(fixture_entries(place), 0);
    run_report_destroy(report);
    cr_assert_eq(fixture_entries(place), 0);
    free(path);
    fixture_remove_place(place);
}

Test(run_report, refuses_an_existing_directory_before_the_run) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    char *place = fixture_place();
    ErrorList errors = {0};
    const RunReportOptions options = {.directory = place};
    cr_assert_null(run_report_create(&fixture.scenario, &options, &errors));
    cr_assert_eq(errors.count, 1);
    error_list_clear(&errors);
    fixture_remove_place(place);
}

/* The temporary directory is taken away meanwhile: nothing more can be made in it. */
Test(run_report, tells_what_it_could_not_write) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    char *place = fixture_place();
    char *path = fixture_path(place, "out");
    ErrorList errors = {0};
    OutputDirectory directory;
    cr_assert(output_directory_begin(&directory, path, false, &errors));
    const RunReportOptions options = {.within = &directory, .folder = "a"};
    RunReport *report = run_report_create(&fixture.scenario, &options, &errors);
    cr_assert_not_null(report);
    play(report);
    char *folder = output_directory_file(&directory, "a");
    char *moved = output_directory_file(&directory, "b");
    cr_assert_eq(rename(folder, moved), 0);
    cr_assert_not(run_report_finish(report, &errors));
    cr_assert_eq(errors.count, 1);
    char *text = error_text(&errors.items[0]);
    cr_assert(strstr(text, "out/a/summary.csv") && strstr(text, "No such file"), "%s", text);
    free(text), free(folder), free(moved);
    error_list_clear(&errors);
    run_report_destroy(report);
    output_directory_abandon(&directory);
    cr_assert_eq(fixture_entries(place), 0);
    free(path);
    fixture_remove_place(place);
}

Test(run_report, several_runs_share_a_directory) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    char *place = fixture_place();
    char *path = fixture_path(place, "out"), *inner = fixture_path(path, "performance");
    ErrorList errors = {0};
    OutputDirectory directory;
    cr_assert(output_directory_begin(&directory, path, false, &errors));
    static const char *const folders[] = {"cost", "performance"};
    for (size_t i = 0; i < 2; i++) {
        const RunReportOptions options = {.within = &directory, .folder = folders[i]};
        RunReport *report = run_report_create(&fixture.scenario, &options, &errors);
        play(report);
        cr_assert(run_report_finish(report, &errors));
        run_report_destroy(report);
    }
    cr_assert(output_directory_commit(&directory, &errors));
    cr_assert_eq(fixture_entries(path), 2);
    cr_assert_eq(fixture_entries(inner), FILES);
    free(path), free(inner);
    fixture_remove_place(place);
}

static const char *text_item(const cJSON *tree, const char *key) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, key));
}

Test(run_report, manifest_says_what_went_in) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    char *place = fixture_place();
    char *path = fixture_path(place, "out"), *input = fixture_path(place, "day.json");
    FILE *stream = fopen(input, "wb");
    fputs("abc", stream);
    fclose(stream);
    const char *const inputs[] = {input, input, "-"};
    static const char *const command_line[] = {"autoscale-sim", "run", "day \"x\".json"};
    const Manifest manifest = {.version = "0.1.0",
                               .command_line = command_line,
                               .command_line_count = 3,
                               .input_files = inputs,
                               .input_file_count = 3};
    const RunReportOptions options = {.directory = path, .manifest = &manifest};
    ErrorList errors = {0};
    RunReport *report = run_report_create(&fixture.scenario, &options, &errors);
    play(report);
    cr_assert(run_report_finish(report, &errors));
    run_report_destroy(report);
    char *file = fixture_path(path, "manifest.json");
    char *text = fixture_read(file);
    cJSON *tree = cJSON_Parse(text);
    cr_assert_str_eq(text_item(tree, "program"), "autoscale-sim");
    cr_assert_str_eq(text_item(tree, "version"), "0.1.0");
    cr_assert_str_eq(text_item(tree, "scenario"), "day");
    cr_assert_eq(cJSON_GetObjectItem(tree, "seed")->valuedouble, 7);
    cr_assert_gt(cJSON_GetObjectItem(tree, "peak_memory_bytes")->valuedouble, 100000);
    cr_assert_geq(cJSON_GetObjectItem(tree, "wall_time_s")->valuedouble, 0);
    cr_assert_str_eq(cJSON_GetArrayItem(cJSON_GetObjectItem(tree, "command_line"), 2)->valuestring,
                     command_line[2]);
    const cJSON *listed = cJSON_GetObjectItem(tree, "input_files");
    cr_assert_eq(cJSON_GetArraySize(listed), 2, "each once");
    const cJSON *day = cJSON_GetArrayItem(listed, 0);
    cr_assert_str_eq(text_item(day, "file"), input);
    cr_assert_eq(cJSON_GetObjectItem(day, "bytes")->valuedouble, 3);
    cr_assert_str_eq(text_item(day, "sha256"),
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    cJSON_Delete(tree);
    free(text), free(file), free(path), free(input);
    fixture_remove_place(place);
}

Test(run_report, without_an_output_only_sums_up) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    ErrorList errors = {0};
    RunReport *report = run_report_create(&fixture.scenario, &(RunReportOptions){0}, &errors);
    play(report);
    cr_assert(run_report_finish(report, &errors));
    cr_assert_eq(run_report_summary(report)->deployments[1].latencies[LATENCY_E2E].count, 50);
    cr_assert_eq(run_report_decisions(report)->count, 2);
    run_report_destroy(report);
}

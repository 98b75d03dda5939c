// SPDX-License-Identifier: GPL-3.0-or-later
/* Pictures: that they come, as PNG and SVG, from ordinary and from meagre data, whatever the files
 * and deployments are called; and what is said when they cannot. How they look was seen by eye. */
#include "output/pictures.h"

#include "base/memory.h"
#include "output/report_fixture.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCRIPTS "scripts" /* the tests run from the top of the repository */

static const char timeseries_header[] =
    "deployment,time_s,interval_s,arrivals,sends,answers_200,answers_400,answers_404,answers_429,"
    "answers_503,in_flight,held,queued,replicas_pending_scheduling,replicas_downloading_model,"
    "replicas_initializing,replicas_ready,replicas_serving,replicas_draining,target,recommended,"
    "not_asked_quota,serving_measured,default_measured,default_target,concurrent_requests_measured,"
    "concurrent_requests_target,requests_per_second_measured,requests_per_second_target,"
    "prompt_tokens_per_second_measured,prompt_tokens_per_second_target,"
    "tokens_generated_per_second_measured,tokens_generated_per_second_target,"
    "prompt_tokens_per_s,generated_tokens_per_s,completed,ttft_p50_s,ttft_p95_s,ttft_p99_s,"
    "e2e_p50_s,e2e_p95_s,e2e_p99_s,cost_usd,gpu_hours\n";
static const char histogram_header[] = "deployment,metric,lower_s,upper_s,count,cumulative\n";

/* What follows the deployment in a row: one that saw nothing, and one that served. */
static const char idle_row[] =
    ",0,60,3,3,0,0,0,0,3,3,0,0,1,0,0,0,0,0,1,0,0,0,,0.8,,,,,,,,,0,0,0,,,,,,,0,0\n";
static const char busy_row[] =
    ",60,60,30,33,30,0,0,3,0,2,2,0,0,0,0,0,1,0,1,1,0,1,0.5,0.8,,,,,,,,,900,"
    "200,28,0.2,0.4,0.5,3,5,6,0.13,0.017\n";

static void skip_without_gnuplot(void) {
    if (system("command -v gnuplot >/dev/null 2>&1") != 0 ||
        access(SCRIPTS "/panels.gp", R_OK) != 0) {
        cr_skip_test("gnuplot or its scripts are not here");
    }
}

static void write_text(const char *folder, const char *name, const char *text) {
    char *path = fixture_path(folder, name);
    FILE *stream = fopen(path, "wb");
    cr_assert_not_null(stream, "%s", path);
    fputs(text, stream);
    cr_assert_eq(fclose(stream), 0);
    free(path);
}

/* The CSV of a run with one deployment, as a CSV field, of which `busy` or nothing completed. */
static void write_run(const char *folder, const char *field, bool busy) {
    char *rows = memory_format("%s%s%s%s%s", timeseries_header, field, idle_row, busy ? field : "",
                               busy ? busy_row : "");
    write_text(folder, "timeseries.csv", rows);
    free(rows);
    char *buckets = memory_format("%s%s%s%s%s", histogram_header, busy ? field : "",
                                  busy ? ",ttft,0.2,0.21,14,0.5\n" : "", busy ? field : "",
                                  busy ? ",ttft,0.4,0.41,14,1\n" : "");
    write_text(folder, "latency_histogram.csv", buckets);
    free(buckets);
}

/* An SVG, and no PNG, which was not asked for. */
static void expect_picture(const char *folder, const char *name) {
    char *base = fixture_path(folder, name);
    char *png = memory_format("%s.png", base);
    char *svg = memory_format("%s.svg", base);
    char *text = fixture_read(svg);
    cr_expect_not_null(strstr(text, "<svg"));
    cr_expect_not_null(strstr(text, "</svg>"));
    cr_expect_neq(access(png, F_OK), 0);
    free(text);
    free(svg);
    free(png);
    free(base);
}

static void expect_drawn(bool drawn, ErrorList *errors) {
    if (!drawn) {
        error_list_print(errors, stderr);
    }
    cr_expect(drawn);
    cr_expect_eq(errors->count, 0);
    error_list_clear(errors);
}

static void expect_told(bool drawn, ErrorList *errors, const char *word) {
    cr_expect_not(drawn);
    cr_assert_gt(errors->count, 0);
    char *text = error_text(&errors->items[0]);
    cr_expect_not_null(strstr(text, word), "%s", text);
    free(text);
    error_list_clear(errors);
}

Test(plots, draws_each_deployment_of_a_run) {
    skip_without_gnuplot();
    char *place = fixture_place();
    write_run(place, "chat", true);
    write_text(place, "scenario.json",
               "{\"name\": \"a day\", \"question\": \"Is it enough?\", "
               "\"start\": \"2026-11-16T00:00:00Z\"}\n");
    ErrorList errors = {0};
    expect_drawn(pictures_draw(place, SCRIPTS, "svg", &errors), &errors);
    expect_picture(place, "plots/run-chat");
    expect_picture(place, "plots/latency-chat");
    char *plots = fixture_path(place, "plots");
    cr_expect_eq(fixture_entries(plots), 2); /* the copies are gone */
    char *svg = fixture_path(plots, "run-chat.svg");
    char *text = fixture_read(svg);
    cr_expect_not_null(strstr(text, "a day"));
    cr_expect_not_null(strstr(text, "Is it enough?"));
    free(text);
    free(svg);
    free(plots);
    fixture_remove_place(place);
}

Test(plots, png_where_it_is_asked_for) {
    skip_without_gnuplot();
    char *place = fixture_place();
    write_run(place, "chat", true);
    ErrorList errors = {0};
    expect_drawn(pictures_draw(place, SCRIPTS, "png", &errors), &errors);
    char *plots = fixture_path(place, "plots"), *png = fixture_path(plots, "run-chat.png");
    cr_expect_eq(fixture_entries(plots), 2);
    size_t length;
    char *bytes = file_bytes(png, &length);
    cr_assert(length > 1000 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0);
    free(bytes);
    free(png);
    free(plots);
    fixture_remove_place(place);
}

Test(plots, one_row_and_no_completion_are_enough) {
    skip_without_gnuplot();
    char *place = fixture_place();
    write_run(place, "chat", false);
    ErrorList errors = {0};
    expect_drawn(pictures_draw(place, SCRIPTS, "svg", &errors), &errors);
    expect_picture(place, "plots/run-chat");
    char *latencies = fixture_path(place, "plots/latency-chat.svg"); /* of none: not drawn */
    cr_expect_neq(access(latencies, F_OK), 0);
    free(latencies);
    fixture_remove_place(place);
}

/* The words of run-chat.svg of rows of 60 s, each "arrivals,200,429,503,serving,target,cost". Owned
 * by the caller. */
static char *words_of_rows(size_t count, const char *(*row)(size_t i, char text[128])) {
    char *place = fixture_place(), *path = fixture_path(place, "timeseries.csv"), text[128];
    FILE *stream = fopen(path, "wb");
    fprintf(stream, "deployment,time_s,interval_s,arrivals,answers_200,answers_429,answers_503,"
                    "replicas_serving,target,cost_usd\n");
    for (size_t i = 0; i < count; i++) {
        fprintf(stream, "chat,%zu,60,%s\n", i * 60, row(i, text));
    }
    cr_assert_eq(fclose(stream), 0);
    write_text(place, "latency_histogram.csv", histogram_header);
    write_text(place, "scenario.json",
               "{\"name\": \"week\", \"start\": \"2026-11-16T00:00:00Z\"}\n");
    ErrorList errors = {0};
    expect_drawn(pictures_draw(place, SCRIPTS, "svg", &errors), &errors);
    free(path);
    path = fixture_path(place, "plots/run-chat.svg");
    char *words = fixture_read(path);
    free(path);
    fixture_remove_place(place);
    return words;
}

static const char *served_row(size_t i, char text[128]) {
    snprintf(text, 128, "%zu,90,0,0,1,1,%zu", i == 5000 ? (size_t)72000 : 90, i);
    return text;
}

static const char *refused_row(size_t i, char text[128]) {
    snprintf(text, 128, "9,0,0,%d,0,0,0", i == 1);
    return text;
}

static const char *idle_row_of(size_t i, char text[128]) {
    (void)i;
    return strcpy(text, "0,0,0,0,0,0,0");
}

#define HAS(text, word) cr_expect_not_null(strstr(text, word), "%s", word)
#define HAS_NOT(text, word) cr_expect_null(strstr(text, word), "%s", word)

Test(plots, panels_are_those_that_show_something) {
    skip_without_gnuplot();
    char *words = words_of_rows(10, refused_row);
    HAS(words, "Requests (per second)");
    HAS(words, "Refused sends (per second)");
    HAS(words, "503 (scaling up: retry)");
    HAS_NOT(words, "429");
    HAS_NOT(words, "Replicas");
    HAS_NOT(words, "Load");
    HAS_NOT(words, "Latency");
    HAS_NOT(words, "Cost");
    free(words);
    words = words_of_rows(10, idle_row_of);
    HAS(words, "nothing happened");
    HAS_NOT(words, "Requests");
    free(words);
}

Test(plots, a_week_is_thinned_with_its_days_its_peak_and_its_thousands) {
    skip_without_gnuplot();
    char *words = words_of_rows(7 * 1440, served_row);
    HAS(words, "week");
    HAS(words, "steps of 16 min");
    HAS(words, "Mon 16");
    HAS(words, "Sun 22");
    HAS(words, ">1,000<"); /* the peak is 1,200 a second, of one minute */
    HAS(words, "$5,000");
    HAS_NOT(words, "Refused");
    cr_expect_lt(strlen(words), 200000);
    free(words);
}

Test(plots, any_name_is_safe) {
    skip_without_gnuplot();
    char *place = fixture_place();
    char *odd = fixture_path(place, "a b'\"%d$(x)<|`y`\\");
    cr_assert_eq(mkdir(odd, 0777), 0);
    write_run(odd, "\"batch, \"\"nightly\"\"/'x'\"", true);
    ErrorList errors = {0};
    expect_drawn(pictures_draw(odd, SCRIPTS, "svg", &errors), &errors);
    expect_picture(odd, "plots/run-batch___nightly___x_");

    /* Relative, and to gnuplot a command. */
    char here[4096];
    cr_assert_not_null(getcwd(here, sizeof here));
    char *scripts = fixture_path(here, SCRIPTS);
    cr_assert_eq(chdir(place), 0);
    cr_assert_eq(mkdir("<touch hacked", 0777), 0);
    write_run("<touch hacked", "chat", true);
    expect_drawn(pictures_draw("<touch hacked", scripts, "svg", &errors), &errors);
    cr_expect_neq(access("hacked", F_OK), 0);
    free(scripts);
    free(odd);
    fixture_remove_place(place);
}

Test(plots, draws_a_comparison_and_its_runs) {
    skip_without_gnuplot();
    char *place = fixture_place();
    static const char *const runs[] = {"slow", "it's, quick"};
    for (size_t i = 0; i < 2; i++) {
        char *folder = fixture_path(place, runs[i]);
        cr_assert_eq(mkdir(folder, 0777), 0);
        write_run(folder, i ? "talk" : "chat", i != 0);
        free(folder);
    }
    write_text(place, "comparison.csv",
               "deployment,metric,slow,\"it's, quick\"\nchat,requests,30,30\nchat,given_up,3,0\n"
               "chat,on_demand_usd,0.2,0.13\nchat,reserved_usd,0,0\nchat,ttft_p95_s,,0.41\n");
    ErrorList errors = {0};
    expect_drawn(pictures_draw(place, SCRIPTS, "svg", &errors), &errors);
    expect_picture(place, "plots/comparison-chat");
    expect_picture(place, "slow/plots/run-chat");
    expect_picture(place, "it's, quick/plots/latency-talk");
    char *plots = fixture_path(place, "plots");
    cr_expect_eq(fixture_entries(plots), 1);
    free(plots);
    fixture_remove_place(place);
}

Test(plots, says_what_is_wrong) {
    char *place = fixture_place();
    ErrorList errors = {0};
    expect_told(pictures_draw(place, "/nowhere", "svg", &errors), &errors, "/nowhere");
    if (access(SCRIPTS "/panels.gp", R_OK) == 0) {
        expect_told(pictures_draw(place, SCRIPTS, "svg", &errors), &errors, "timeseries.csv");
        write_text(place, "timeseries.csv", "no,such,columns\n");
        expect_told(pictures_draw(place, SCRIPTS, "svg", &errors), &errors, "deployment");
        write_text(place, "timeseries.csv", timeseries_header);
        write_text(place, "latency_histogram.csv", histogram_header);
        expect_told(pictures_draw(place, SCRIPTS, "svg", &errors), &errors, "nothing to draw");
        cr_expect_eq(fixture_entries(place), 2); /* nothing else left */
        write_run(place, "chat", true);
        setenv("PATH", "/nowhere", 1);
        expect_told(pictures_draw(place, SCRIPTS, "svg", &errors), &errors, "install gnuplot-nox");
    }
    fixture_remove_place(place);
}

Test(plots, shows_what_gnuplot_says) {
    skip_without_gnuplot();
    char *place = fixture_place();
    write_run(place, "chat", true);
    write_text(place, "panels.gp", "plot nonsense(\n");
    write_text(place, "front.gp", "");
    write_text(place, "heat-map.gp", "");
    ErrorList errors = {0};
    expect_told(pictures_draw(place, place, "svg", &errors), &errors, "panels.gp");
    fixture_remove_place(place);
}

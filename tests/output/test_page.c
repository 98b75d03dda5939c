// SPDX-License-Identifier: GPL-3.0-or-later
/* What a page embeds: thinned series keep their extremes, thinned decisions the largest changes,
 * every metric has a title, no text can end the data, and what is wrong with a file is told. */
#include "base/error.h"
#include "figures/metrics.h"
#include "output/page.h"
#include "support/program.h"

#include <cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS_MOST = 2000, DECISIONS_MOST = 2000 };

static char *scratch;
static ErrorList errors;

static void write_file(const char *name, const char *text) {
    free(scratch_text(scratch, name, text));
}

static FILE *open_file(const char *name) {
    char *path = scratch_path(scratch, name);
    FILE *stream = fopen(path, "wb");
    cr_assert_not_null(stream);
    free(path);
    return stream;
}

/* A run of which each test replaces what it is about. */
static void set_up(void) {
    scratch = scratch_make();
    write_file("scenario.json", "{\"name\": \"a day\"}\n");
    write_file("manifest.json", "{\"seed\": 7}\n");
    write_file("summary.csv", "deployment,total_usd\nchat,1.5\n");
    write_file("timeseries.csv", "deployment,time_s,interval_s\nchat,0,60\n");
    write_file("events.csv", "time_s,deployment,event,from,to,reason\n");
}

static void tear_down(void) {
    scratch_remove(scratch);
    error_list_clear(&errors);
}

TestSuite(page, .init = set_up, .fini = tear_down);

/* What is embedded, as a text; NULL after errors. */
static char *write_data(void) {
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    const char *const folders[] = {scratch};
    const bool ok = page_data_write(stream, folders, 1, &errors);
    fclose(stream);
    cr_assert_eq(ok, errors.count == 0);
    if (!ok) {
        free(text);
        return NULL;
    }
    return text;
}

static cJSON *read_data(void) {
    char *text = write_data();
    cr_assert_not_null(text);
    cJSON *tree = cJSON_Parse(text);
    cr_assert_not_null(tree, "no JSON: %.200s", text);
    free(text);
    return tree;
}

static const cJSON *member(const cJSON *tree, const char *name) {
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(tree, name);
    cr_assert_not_null(found, "no %s", name);
    return found;
}

static const cJSON *file_of(const cJSON *tree, const char *name) {
    return member(member(cJSON_GetArrayItem(member(tree, "folders"), 0), "files"), name);
}

static double number_of(const cJSON *tree, const char *name) {
    return member(tree, name)->valuedouble;
}

/* A column of a deployment; NULL where there is none. */
static const cJSON *column_of(const cJSON *track, const char *name) {
    int i = 0;
    const cJSON *column;
    cJSON_ArrayForEach (column, member(track, "columns")) {
        if (strcmp(column->valuestring, name) == 0) {
            return cJSON_GetArrayItem(member(track, "data"), i);
        }
        i++;
    }
    return NULL;
}

static void expect_told(const char *word) {
    cr_assert_null(write_data());
    char *text = error_list_text(&errors);
    cr_expect_not_null(strstr(text, word), "\"%s\" is not in: %s", word, text);
    free(text);
}

/* Series ------------------------------------------------------------------------------------- */

/* A week of minutes; `in_flight` has one peak and one dip, each of a single minute. */
static cJSON *read_series(size_t rows) {
    FILE *stream = open_file("timeseries.csv");
    fputs("deployment,time_s,interval_s,arrivals,in_flight,queued,ttft_p95_s,cost_usd,"
          "replicas_serving,replicas_draining\n",
          stream);
    for (size_t i = 0; i < rows; i++) {
        const int in_flight = i == 4321 ? 900 : i == 7654 ? 1 : 50;
        fprintf(stream, "chat,%zu,60,%d,%d,0,%s,%g,%zu,%zu\n", 60 * i, 120, in_flight,
                i % 2 == 0 ? "0.5" : "", 2.0 * (double)i, i % 3, 2 - i % 3);
    }
    fclose(stream);
    return read_data();
}

static const cJSON *track_of(const cJSON *tree, const char *file) {
    cr_assert_eq(cJSON_GetArraySize(file_of(tree, file)), 1);
    const cJSON *track = cJSON_GetArrayItem(file_of(tree, file), 0);
    cr_assert_str_eq(member(track, "deployment")->valuestring, "chat");
    return track;
}

static size_t count_value(const cJSON *array, double value) {
    size_t count = 0;
    const cJSON *item;
    cJSON_ArrayForEach (item, array) {
        count += cJSON_IsNumber(item) && item->valuedouble == value;
    }
    return count;
}

Test(page, a_week_keeps_its_peaks) {
    cJSON *tree = read_series(10080);
    const cJSON *track = track_of(tree, "timeseries.csv"), *time = column_of(track, "time_s");
    const int points = cJSON_GetArraySize(time);
    cr_assert(points <= POINTS_MOST && points > POINTS_MOST / 2, "%d points", points);
    cr_assert_eq(number_of(track, "rows"), 10080);
    double before = 0;
    const cJSON *item;
    cJSON_ArrayForEach (item, time) {
        cr_assert_gt(item->valuedouble, before);
        before = item->valuedouble;
    }
    cr_assert_eq(before, 10080 * 60, "the last interval ends with the week");
    cr_assert_eq(count_value(column_of(track, "in_flight"), 900), 1);
    cr_assert_eq(count_value(column_of(track, "in_flight"), 1), 1);
    cr_assert_eq(count_value(column_of(track, "arrivals"), 2), (size_t)points, "per second");
    cr_assert_eq(count_value(column_of(track, "ttft_p95_s"), 0.5), (size_t)points,
                 "gaps are filled");
    cr_assert_eq(count_value(column_of(track, "cost_usd_per_hour"), 120), (size_t)points - 1);
    const cJSON *serving = column_of(track, "replicas_serving")->child;
    const cJSON *draining = column_of(track, "replicas_draining")->child;
    for (; serving != NULL; serving = serving->next, draining = draining->next) {
        cr_assert_eq(serving->valuedouble + draining->valuedouble, 2, "parts of several instants");
    }
    cr_assert_null(column_of(track, "queued"), "what is 0 throughout is left out");
    cJSON_Delete(tree);
}

Test(page, a_day_is_not_thinned) {
    cJSON *tree = read_series(1440);
    const cJSON *track = track_of(tree, "timeseries.csv");
    cr_assert_eq(number_of(track, "stretch"), 1);
    const cJSON *quantile = column_of(track, "ttft_p95_s");
    cr_assert_eq(cJSON_GetArraySize(quantile), 1440);
    cr_assert(cJSON_IsNull(cJSON_GetArrayItem(quantile, 1)));
    cJSON_Delete(tree);
}

/* 30 arrivals in a last interval of half a second are no rate of 60 a second. */
Test(page, a_short_last_interval_is_no_peak) {
    FILE *stream = open_file("timeseries.csv");
    fputs("deployment,time_s,interval_s,arrivals,in_flight,cost_usd\n"
          "chat,0,60,120,5,1\nchat,60,60,180,5,2\nchat,120,0.5,30,7,3\n",
          stream);
    fclose(stream);
    cJSON *tree = read_data();
    const cJSON *track = track_of(tree, "timeseries.csv");
    const cJSON *arrivals = column_of(track, "arrivals");
    cr_assert_eq(cJSON_GetArrayItem(arrivals, 1)->valuedouble, 3);
    cr_assert(cJSON_IsNull(cJSON_GetArrayItem(arrivals, 2)));
    cr_assert(cJSON_IsNull(cJSON_GetArrayItem(column_of(track, "cost_usd_per_hour"), 2)));
    cr_assert_eq(cJSON_GetArrayItem(column_of(track, "in_flight"), 2)->valuedouble, 7);
    cJSON_Delete(tree);
}

/* Decisions ---------------------------------------------------------------------------------- */

static cJSON *read_decisions(size_t changes, size_t holds) {
    FILE *stream = open_file("events.csv");
    fputs("time_s,deployment,event,replica,from,to,reason,recommended,winner,default_measured,"
          "default_target,window,window_since_s,window_until_s\n",
          stream);
    for (size_t i = 0; i < changes + holds; i++) {
        const size_t from = i < changes ? i % 2 : 1, to = i < changes ? 1 - i % 2 : 1;
        fprintf(stream, "%zu,chat,decision,,%zu,%zu,%s,1,default,1.5,0.8,scale_up_window,%zu,\n",
                5 * i, from, holds == 0 && i == 3000 ? (size_t)9 : to,
                from != to ? "scale_up" : "hold", 5 * i);
        fprintf(stream, "%zu,chat,replica,3,pending,ready,,,,,,,,\n", 5 * i);
    }
    fclose(stream);
    return read_data();
}

Test(page, few_decisions_are_all_there) {
    cJSON *tree = read_decisions(10, 20);
    const cJSON *track = track_of(tree, "events.csv");
    cr_assert_eq(number_of(track, "changes"), 10);
    cr_assert_eq(number_of(track, "left_out"), 0);
    static const struct {
        const char *column, *second; /* of the second decision */
    } expected[] = {{"time_s", "5"},
                    {"from", "1"},
                    {"to", "0"},
                    {"reason", "\"scale_up\""},
                    {"recommended", "1"},
                    {"winner", "\"default\""},
                    {"default_measured", "1.5"},
                    {"default_target", "0.8"},
                    {"window", "\"scale_up_window\""},
                    {"window_since_s", "5"}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const cJSON *column = column_of(track, expected[i].column);
        cr_assert_eq(cJSON_GetArraySize(column), 30, "%s", expected[i].column);
        char *second = cJSON_PrintUnformatted(cJSON_GetArrayItem(column, 1));
        cr_expect_str_eq(second, expected[i].second);
        cJSON_free(second);
    }
    cr_assert_null(column_of(track, "window_until_s"), "what is empty throughout is left out");
    cr_assert_null(column_of(track, "replica"), "of other events");
    cJSON_Delete(tree);
}

Test(page, holds_go_first) {
    cJSON *tree = read_decisions(100, 3000);
    const cJSON *track = track_of(tree, "events.csv");
    cr_assert_eq(cJSON_GetArraySize(column_of(track, "to")), 100);
    cr_assert_eq(number_of(track, "left_out"), 3000);
    cJSON_Delete(tree);
}

Test(page, of_many_changes_the_largest_stay) {
    cJSON *tree = read_decisions(6000, 0);
    const cJSON *track = track_of(tree, "events.csv");
    const int count = cJSON_GetArraySize(column_of(track, "to"));
    cr_assert(count <= DECISIONS_MOST && count > DECISIONS_MOST / 2, "%d decisions", count);
    cr_assert_eq(number_of(track, "changes"), 6000);
    cr_assert_eq(number_of(track, "left_out"), 6000 - count);
    cr_assert_eq(count_value(column_of(track, "to"), 9), 1);
    cJSON_Delete(tree);
}

/* Tables and texts --------------------------------------------------------------------------- */

Test(page, numbers_as_numbers_and_what_never_came) {
    write_file("summary.csv", "deployment,ttft_p95_s,e2e_p95_s,total_usd\n7,inf,,0.1\n");
    char *text = write_data();
    cr_assert_not_null(strstr(text, "{\"columns\":[\"deployment\",\"ttft_p95_s\",\"e2e_p95_s\","
                                    "\"total_usd\"],\n\"rows\":[\n[\"7\",1e999,null,0.1]]}"));
    free(text);
}

Test(page, no_text_ends_the_data) {
    write_file("summary.csv", "deployment,total_usd\n\"</script><b a=\"\"1\"\">&\\\a\",1\n");
    char *text = write_data();
    cr_assert_null(strchr(text, '<'));
    cr_assert_not_null(strstr(text, "[\"\\u003c/script\\u003e\\u003cb a=\\u00221\\u0022\\u003e"
                                    "\\u0026\\u005c\\u005cx07\",1]"));
    free(text);
}

Test(page, a_command_as_a_shell_reads_it) {
    write_file("manifest.json",
               "{\"command_line\": [\"a-b/c.json\", \"it's $x\", \"\", \"--set=x=1\"]}");
    cJSON *tree = read_data();
    cr_assert_str_eq(file_of(tree, "command")->valuestring,
                     "a-b/c.json 'it'\\''s $x' '' --set=x=1");
    cJSON_Delete(tree);
}

Test(page, every_metric_is_told) {
    cJSON *tree = read_data();
    const cJSON *metrics = member(tree, "metrics"), *metric;
    cr_assert_eq((size_t)cJSON_GetArraySize(metrics), metric_count);
    cJSON_ArrayForEach (metric, metrics) {
        cr_expect_null(strchr(member(metric, "title")->valuestring, '_'));
        cr_expect_lt(number_of(metric, "group"), METRIC_GROUP_OTHER);
    }
    cJSON_Delete(tree);
}

Test(page, what_is_wrong_with_a_file_is_told) {
    write_file("manifest.json", "{\"seed\": 1, \"seed\": 2}");
    write_file("events.csv", "time_s,deployment,event,from,to,reason\n0,chat,decision,x,1,wake\n");
    expect_told("manifest.json");
    cr_assert_eq(errors.count, 2);
    error_list_clear(&errors);
    expect_told("events.csv:2: from: found x");
}

Test(page, a_sweep_needs_its_axes) {
    write_file("sweep.json", "{}");
    write_file("axes.csv", "axis,position,value\nwindow,0,5s\n");
    write_file("aggregate.csv", "cell,deployment,replications,total_usd\n0,chat,2,9\n");
    expect_told("a column \"window\"");
    error_list_clear(&errors);
    write_file("aggregate.csv",
               "cell,window,deployment,replications,total_usd,total_usd_low,span_s,"
               "odd,odd_low,odd_high\n0,5s,chat,2,9,8.5,60,1,1,1\n");
    char *text = write_data();
    cr_assert_not_null(strstr(text, "\"rows\":[\n[\"0\",\"5s\",\"chat\",2,9,8.5]]"),
                       "metrics that decide nothing are left out");
    free(text);
}

Test(page, a_front_needs_two_metrics) {
    write_file("front.csv", "candidate,window,replications,total_usd,total_usd_low,total_usd_high,"
                            "chosen\n0,5s,2,9,8,10,1\n");
    write_file("evaluations.csv", "candidate,total_usd\n0,9\n");
    expect_told("fewer than two metrics");
}

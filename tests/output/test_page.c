// SPDX-License-Identifier: GPL-3.0-or-later
/* What a page's data is made of: thinned series keep their extremes, thinned decisions the largest
 * changes, every metric has a title, and no text becomes markup. */
#include "base/memory.h"
#include "output/page_decisions.h"
#include "output/page_metrics.h"
#include "output/page_series.h"
#include "output/page_text.h"

#include <cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/asim-page-XXXXXX";
static ErrorList errors;

static void set_up(void) {
    const int descriptor = mkstemp(path);
    cr_assert_geq(descriptor, 0);
    close(descriptor);
}

static void tear_down(void) {
    unlink(path);
    error_list_clear(&errors);
}

TestSuite(page, .init = set_up, .fini = tear_down);

static FILE *open_file(void) {
    FILE *stream = fopen(path, "wb");
    cr_assert_not_null(stream);
    return stream;
}

/* What `write` puts into the stream, as a text. */
#define WRITTEN(text, stream, statement)                                                           \
    char *text = NULL;                                                                             \
    do {                                                                                           \
        size_t length;                                                                             \
        FILE *stream = open_memstream(&text, &length);                                             \
        statement;                                                                                 \
        fclose(stream);                                                                            \
    } while (0)

/* Series ------------------------------------------------------------------------------------- */

/* A week of minutes; `in_flight` has one peak and one dip, each of a single minute. */
static void write_week(size_t rows) {
    FILE *stream = open_file();
    fputs("deployment,time_s,interval_s,arrivals,in_flight,queued,ttft_p95_s,cost_usd,"
          "replicas_serving,replicas_draining\n",
          stream);
    for (size_t i = 0; i < rows; i++) {
        const int in_flight = i == 4321 ? 900 : i == 7654 ? 1 : 50;
        fprintf(stream, "chat,%zu,60,%d,%d,0,%s,%g,%zu,%zu\n", 60 * i, 120, in_flight,
                i % 2 == 0 ? "0.5" : "", 2.0 * (double)i, i % 3, 2 - i % 3);
    }
    fclose(stream);
}

static cJSON *read_series(size_t rows) {
    write_week(rows);
    PageSeries series;
    cr_assert(page_series_read(&series, path, &errors));
    cr_assert_eq(series.count, 1);
    WRITTEN(text, stream, {
        putc('{', stream);
        page_series_write(&series, 0, stream);
        putc('}', stream);
    });
    cJSON *tree = cJSON_Parse(text);
    cr_assert_not_null(tree, "no JSON: %.200s", text);
    free(text);
    page_series_clear(&series);
    return tree;
}

static const cJSON *values_of(const cJSON *tree, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(tree, "series"), name);
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
    const cJSON *time = cJSON_GetObjectItemCaseSensitive(tree, "time");
    const int points = cJSON_GetArraySize(time);
    cr_assert(points <= PAGE_SERIES_POINTS && points > PAGE_SERIES_POINTS / 2, "%d points", points);
    double before = 0;
    const cJSON *item;
    cJSON_ArrayForEach (item, time) {
        cr_assert_gt(item->valuedouble, before);
        before = item->valuedouble;
    }
    cr_assert_eq(before, 10080 * 60, "the last interval ends with the week");
    cr_assert_eq(count_value(values_of(tree, "in_flight"), 900), 1);
    cr_assert_eq(count_value(values_of(tree, "in_flight"), 1), 1);
    cr_assert_eq(count_value(values_of(tree, "arrivals"), 2), (size_t)points, "per second");
    cr_assert_eq(count_value(values_of(tree, "ttft_p95_s"), 0.5), (size_t)points,
                 "gaps are filled");
    cr_assert_eq(count_value(values_of(tree, "usd_per_hour"), 120), (size_t)points - 1);
    const cJSON *serving = values_of(tree, "replicas_serving")->child;
    const cJSON *draining = values_of(tree, "replicas_draining")->child;
    for (; serving != NULL; serving = serving->next, draining = draining->next) {
        cr_assert_eq(serving->valuedouble + draining->valuedouble, 2, "parts of several instants");
    }
    cr_assert_null(values_of(tree, "queued"), "what is 0 throughout is left out");
    cJSON_Delete(tree);
}

Test(page, a_day_is_not_thinned) {
    cJSON *tree = read_series(1440);
    const cJSON *stretch = cJSON_GetObjectItemCaseSensitive(tree, "stretch");
    cr_assert_eq(stretch->valuedouble, 1);
    const cJSON *quantile = values_of(tree, "ttft_p95_s");
    cr_assert_eq(cJSON_GetArraySize(quantile), 1440);
    cr_assert(cJSON_IsNull(cJSON_GetArrayItem(quantile, 1)));
    cJSON_Delete(tree);
}

/* Decisions ---------------------------------------------------------------------------------- */

static cJSON *read_decisions(size_t changes, size_t holds) {
    FILE *stream = open_file();
    fputs("time_s,deployment,event,from,to,reason,recommended,winner,default_measured,"
          "default_target,window,window_since_s,window_until_s\n",
          stream);
    for (size_t i = 0; i < changes + holds; i++) {
        const size_t from = i < changes ? i % 2 : 1, to = i < changes ? 1 - i % 2 : 1;
        fprintf(stream, "%zu,chat,decision,%zu,%zu,%s,1,default,1.5,0.8,scale_up_window,%zu,\n",
                5 * i, from, holds == 0 && i == 3000 ? (size_t)9 : to,
                from != to ? "scale_up" : "hold", 5 * i);
        fprintf(stream, "%zu,chat,replica,,,,,,,,,,\n%zu,other,decision,1,2,x,,,,,,,\n", 5 * i,
                5 * i);
    }
    fclose(stream);
    PageDecisions decisions;
    cr_assert(page_decisions_read(&decisions, path, &errors));
    WRITTEN(text, to, {
        putc('{', to);
        page_decisions_write(&decisions, "chat", to);
        putc('}', to);
    });
    page_decisions_clear(&decisions);
    cJSON *tree = cJSON_Parse(text);
    cr_assert_not_null(tree, "no JSON: %.200s", text);
    free(text);
    return tree;
}

static double number_of(const cJSON *tree, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(tree, name)->valuedouble;
}

Test(page, few_decisions_are_all_there) {
    cJSON *tree = read_decisions(10, 20);
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(tree, "decisions");
    cr_assert_eq(number_of(tree, "changes"), 10);
    cr_assert_eq(number_of(tree, "left_out"), 0);
    cr_assert_eq(cJSON_GetArraySize(all), 30);
    char *first = cJSON_PrintUnformatted(cJSON_GetArrayItem(all, 1));
    cr_assert_str_eq(first,
                     "[5,1,0,\"scale_up\",1,\"default\",1.5,0.8,\"scale_up_window\",5,null]");
    cJSON_free(first);
    cJSON_Delete(tree);
}

Test(page, holds_go_first) {
    cJSON *tree = read_decisions(100, 3000);
    cr_assert_eq(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(tree, "decisions")), 100);
    cr_assert_eq(number_of(tree, "left_out"), 3000);
    cJSON_Delete(tree);
}

Test(page, of_many_changes_the_largest_stay) {
    cJSON *tree = read_decisions(6000, 0);
    const cJSON *kept = cJSON_GetObjectItemCaseSensitive(tree, "decisions");
    const int count = cJSON_GetArraySize(kept);
    cr_assert(count <= PAGE_DECISIONS && count > PAGE_DECISIONS / 2, "%d decisions", count);
    cr_assert_eq(number_of(tree, "changes"), 6000);
    cr_assert_eq(number_of(tree, "left_out"), 6000 - count);
    bool has_largest = false;
    const cJSON *item;
    cJSON_ArrayForEach (item, kept) {
        has_largest = has_largest || cJSON_GetArrayItem(item, 2)->valuedouble == 9;
    }
    cr_assert(has_largest);
    cJSON_Delete(tree);
}

/* Texts -------------------------------------------------------------------------------------- */

Test(page, no_text_becomes_markup) {
    WRITTEN(html, stream, page_text(stream, "</script><b a=\"1\" b='2'>&"));
    cr_assert_str_eq(html, "&lt;/script&gt;&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;");
    free(html);
    WRITTEN(json, stream, page_json_text(stream, "</script>\"\\\n&"));
    cr_assert_str_eq(json, "\"\\u003c/script\\u003e\\u0022\\u005c\\u005cx0a\\u0026\"");
    free(json);
}

Test(page, a_command_as_a_shell_reads_it) {
    cJSON *words = cJSON_Parse("[\"a-b/c.json\", \"it's $x\", \"\", \"--set=x=1\"]");
    WRITTEN(text, stream, page_command(stream, words));
    cr_assert_str_eq(text, "a-b/c.json &#39;it&#39;\\&#39;&#39;s $x&#39; &#39;&#39; --set=x=1");
    free(text);
    cJSON_Delete(words);
}

Test(page, numbers_of_json) {
    WRITTEN(text, stream, {
        page_json_number(stream, 1.0 / 3, 4);
        putc(' ', stream);
        page_json_number(stream, NAN, 4);
        putc(' ', stream);
        page_json_number(stream, INFINITY, 4); /* as a script reads it */
        putc(' ', stream);
        page_json_time(stream, 604799.9995);
    });
    cr_assert_str_eq(text, "0.3333 null 1e999 604800");
    free(text);
}

/* Metrics ------------------------------------------------------------------------------------ */

Test(page, every_column_of_a_summary_has_a_title) {
    for (size_t i = 0; i < metric_count; i++) {
        const PageMetric metric = page_metric(metric_rows[i].name);
        bool grouped = false;
        for (size_t g = 0; g + 1 < PAGE_METRIC_GROUPS; g++) {
            grouped = grouped || strcmp(metric.group, page_metric_groups[g]) == 0;
        }
        cr_expect(metric.known && grouped, "%s", metric_rows[i].name);
        cr_expect_null(strchr(metric.title, '_'), "%s", metric.title);
    }
    cr_assert_str_eq(page_metric("ttft_without_retry_p99_9_s").title, "TTFT without retries p99.9");
    cr_assert_str_eq(page_metric("a_figure_of_tomorrow").title, "a_figure_of_tomorrow");
    cr_assert_not(page_metric("a_figure_of_tomorrow").known);
}

static void expect_value(const char *expected, MetricUnit unit, double number) {
    char text[HUMAN_TEXT];
    cr_expect_str_eq(page_metric_value(unit, number, text), expected);
}

static void expect_difference(const char *expected, MetricUnit unit, double number) {
    char text[HUMAN_TEXT];
    cr_expect_str_eq(page_metric_difference(unit, number, text), expected);
}

Test(page, values_and_differences_for_people) {
    expect_value("204,232", METRIC_UNIT_COUNT, 204232);
    expect_value("12.5", METRIC_UNIT_COUNT, 12.5);
    expect_value("\xe2\x80\x93", METRIC_UNIT_COUNT, NAN);
    expect_value("\xe2\x88\x92$3.50", METRIC_UNIT_USD, -3.5);
    expect_difference("+$1,992.48", METRIC_UNIT_USD, 1992.48);
    expect_difference("\xe2\x88\x92"
                      "21.4 ms",
                      METRIC_UNIT_SECONDS, -0.0214);
    expect_difference("+6.5 pp", METRIC_UNIT_SHARE, 0.0649);
    expect_difference("0.0 pp", METRIC_UNIT_SHARE, -0.0004);
    expect_difference("0", METRIC_UNIT_COUNT, 0);
}

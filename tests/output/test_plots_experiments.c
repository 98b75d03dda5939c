// SPDX-License-Identifier: GPL-3.0-or-later
/* Pictures of comparisons with statistics, sweeps and searches: that they come, from ordinary and
 * from meagre data, that they say what they should, and what is told when they cannot. How they
 * look was seen by eye. The SVG's letters are its picture's words. */
#include "output/pictures.h"

#include "base/memory.h"
#include "output/report_fixture.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRIPTS "scripts" /* the tests run from the top of the repository */

static void skip_without_gnuplot(void) {
    if (system("command -v gnuplot >/dev/null 2>&1") != 0 ||
        access(SCRIPTS "/panels.gp", R_OK) != 0) {
        cr_skip_test("gnuplot or its scripts are not here");
    }
}

static void expect_drawn(bool drawn, ErrorList *errors) {
    if (!drawn) {
        error_list_print(errors, stderr);
    }
    cr_assert(drawn);
    cr_assert_eq(errors->count, 0);
}

static void expect_told(bool drawn, ErrorList *errors, const char *word) {
    cr_expect_not(drawn);
    cr_assert_gt(errors->count, 0);
    char *text = error_list_text(errors);
    cr_expect_not_null(strstr(text, word), "%s", text);
    free(text);
    error_list_clear(errors);
}

/* The words of a picture that is whole, owned by the caller. */
static char *picture(const char *folder, const char *name) {
    char *svg = memory_format("%s/plots/%s.svg", folder, name);
    char *text = fixture_read(svg);
    cr_assert_not_null(strstr(text, "</svg>"), "%s", svg);
    free(svg);
    return text;
}

static void expect_words(const char *text, const char *const words[]) {
    for (; *words != NULL; words++) {
        cr_assert_not_null(strstr(text, *words), "\"%s\" is not in the picture", *words);
    }
}
#define WORDS(text, ...) expect_words(text, (const char *const[]){__VA_ARGS__, NULL})

static size_t times(const char *text, const char *word) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
        count++;
    }
    return count;
}

static void write_text(const char *folder, const char *name, const char *text) {
    free(scratch_text(folder, name, text));
}

/* Comparisons ---------------------------------------------------------------------------------- */

static const char statistics_header[] =
    "deployment,metric,run,replications,mean,mean_low,mean_high,difference,difference_low,"
    "difference_high,p_value,p_adjusted,verdict\n";

/* A comparison whose runs have nothing of their own but what a picture of them needs. */
static char *comparison(const char *statistics) {
    static const char timeseries[] = "deployment,time_s,interval_s,replicas_serving\nchat,0,60,1\n";
    static const char histogram[] = "deployment,metric,lower_s,upper_s,count,cumulative\n";
    char *place = fixture_place();
    static const char *const runs[] = {"slow", "quick"};
    for (size_t i = 0; i < 2; i++) {
        char *folder = fixture_path(place, runs[i]);
        char *make = memory_format("mkdir '%s'", folder);
        cr_assert_eq(system(make), 0);
        write_text(folder, "timeseries.csv", timeseries);
        write_text(folder, "latency_histogram.csv", histogram);
        free(make);
        free(folder);
    }
    write_text(place, "comparison.csv", "deployment,metric,slow,quick\nchat,total_usd,100,131.2\n");
    if (statistics) {
        write_text(place, "statistics.csv", statistics);
    }
    return place;
}

/* differences.gp alone knows it; the other pictures of these runs are too meagre to be drawn. */
static char *differences(const char *statistics) {
    char *place = comparison(statistics);
    ErrorList errors = {0};
    pictures_draw(place, SCRIPTS, "svg", &errors);
    error_list_clear(&errors);
    char *text = picture(place, "differences-chat");
    fixture_remove_place(place);
    return text;
}

Test(plots_experiments, differences_with_their_intervals) {
    skip_without_gnuplot();
    char *rows =
        memory_format("%schat,total_usd,slow,10,100,99,101,,,,,,\n"
                      "chat,total_usd,quick,10,131.2,130,132,31.2,30.4,32,0.001,0.002,costs more\n"
                      "chat,ttft_p95_s,slow,10,4.6,4,5,,,,,,\n"
                      "chat,ttft_p95_s,quick,10,0.5,0.4,0.6,-4.1,-4.4,-3.8,0.001,0.002,is quicker\n"
                      "chat,given_up,slow,10,3,2,4,,,,,,\n"
                      "chat,given_up,quick,10,4,2,6,1,-1,3,0.4,0.8,no difference shown\n"
                      "chat,e2e_p95_s,slow,10,9,9,9,,,,,,\n"
                      "chat,e2e_p95_s,quick,10,9,9,9,0,0,0,1,1,no difference shown\n"
                      "batch,total_usd,slow,10,5,5,5,,,,,,\n",
                      statistics_header);
    char *text = differences(rows);
    WORDS(text, "Differences to slow", "means of 10 replications, with 95 % intervals", "quick",
          "Cost", "US dollars", "+$31.20 \xc2\xb1 0.80", "TTFT p95", "-4.10 \xc2\xb1 0.30 s",
          "Given up", "+1.0 \xc2\xb1 2.0");
    cr_assert_null(strstr(text, "E2E p95"));     /* no difference to see */
    cr_assert_null(strstr(text, "Cold starts")); /* not measured */
    free(text);
    free(rows);
}

Test(plots_experiments, one_replication_has_no_intervals) {
    skip_without_gnuplot();
    char *rows = memory_format("%schat,total_usd,slow,1,100,,,,,,,,\n"
                               "chat,total_usd,quick,1,131.2,,,31.2,,,,,\n",
                               statistics_header);
    char *text = differences(rows);
    WORDS(text, "one replication, so no intervals", "+$31.2");
    cr_assert_null(strstr(text, "\xc2\xb1"));
    free(text);
    free(rows);
}

Test(plots_experiments, statistics_that_cannot_be_read) {
    skip_without_gnuplot();
    char *place = comparison("deployment,metric\nchat,total_usd\n");
    ErrorList errors = {0};
    expect_told(pictures_draw(place, SCRIPTS, "svg", &errors), &errors, "statistics.csv");
    fixture_remove_place(place);
}

/* Sweeps --------------------------------------------------------------------------------------- */

typedef struct Axis {
    const char *name; /* as a CSV field */
    size_t count;
    const char *const *values; /* as CSV fields; NULL: 1s, 2s, ... */
} Axis;

static void append(char **text, char *more) {
    char *longer = memory_format("%s%s", *text, more);
    free(*text);
    free(more);
    *text = longer;
}

static char *value_of(const Axis *axis, size_t place) {
    return axis->values ? memory_text(axis->values[place]) : memory_format("%zus", place + 1);
}

/* Figures that rise or fall along the axes; with intervals if there are replications. */
static char *figures(size_t sum, size_t most, int replications, bool answered) {
    const double x = most > 0 ? (double)sum / (double)most : 0;
    const double means[] = {500 - 300 * x, 0.2 + 5 * x * x, 3 + 20 * x * x, x > 0.7 ? 0.02 * x : 0};
    char *text = memory_text("");
    for (size_t i = 0; i < 4; i++) {
        append(&text, (i == 1 || i == 2) && !answered ? memory_text(",,,")
                      : replications > 1
                          ? memory_format(",%g,%g,%g", means[i], 0.95 * means[i], 1.05 * means[i])
                          : memory_format(",%g,,", means[i]));
    }
    return text;
}

/* The directory of a sweep over up to four axes; every `stride`-th cell of the grid. */
static char *sweep(const Axis axes[], size_t count, size_t stride, int replications,
                   bool answered) {
    char *header = memory_text("axis,position,value\n");
    char *rows = memory_text("cell");
    size_t cells = 1, most = 0;
    for (size_t a = 0; a < count; a++) {
        cells *= axes[a].count;
        most += axes[a].count - 1;
        append(&rows, memory_format(",%s", axes[a].name));
        for (size_t v = 0; v < axes[a].count; v++) {
            char *value = value_of(&axes[a], v);
            append(&header, memory_format("%s,%zu,%s\n", axes[a].name, v, value));
            free(value);
        }
    }
    append(&rows, memory_text(",deployment,replications,total_usd,total_usd_low,total_usd_high,"
                              "ttft_p95_s,ttft_p95_s_low,ttft_p95_s_high,e2e_p95_s,e2e_p95_s_low,"
                              "e2e_p95_s_high,given_up_share,given_up_share_low,"
                              "given_up_share_high\n"));
    for (size_t cell = 0; cell < cells; cell += stride) {
        append(&rows, memory_format("%zu", cell));
        size_t rest = cells, number = cell, sum = 0;
        for (size_t a = 0; a < count; a++) {
            rest /= axes[a].count;
            const size_t place = number / rest;
            number %= rest;
            sum += place;
            char *value = value_of(&axes[a], place);
            append(&rows, memory_format(",%s", value));
            free(value);
        }
        append(&rows, memory_format(",chat,%d", replications));
        append(&rows, figures(sum, most, replications, answered));
        append(&rows, memory_text("\n"));
    }
    char *place = fixture_place();
    write_text(place, "sweep.json", "{}\n");
    write_text(place, "axes.csv", header);
    write_text(place, "aggregate.csv", rows);
    free(header);
    free(rows);
    return place;
}

/* Draws, and returns the words of the picture over the axes. */
static char *drawn_sweep(const char *place, const char *name) {
    ErrorList errors = {0};
    expect_drawn(pictures_draw(place, SCRIPTS, "svg", &errors), &errors);
    char *plots = fixture_path(place, "plots");
    cr_assert_eq(fixture_entries(plots), 2); /* two pictures; the copies are gone */
    free(plots);
    free(picture(place, "front-chat"));
    return picture(place, name);
}

Test(plots_experiments, a_heat_map_of_two_axes) {
    skip_without_gnuplot();
    const Axis axes[] = {
        {"scale_up_window", 3, (const char *const[]){"5s", "1m30s", "\"10 %, x\""}},
        {"min_replica_count", 2, (const char *const[]){"0", "1"}}};
    char *place = sweep(axes, 2, 1, 5, true);
    char *text = drawn_sweep(place, "heat-map-chat");
    WORDS(text, "scale_up_window across, min_replica_count up; means of 5 replications",
          "Cost, US dollars", "TTFT p95, s", "E2E p95, s", "Given up, % of requests", "1m30s",
          "10 %, x", "$500", "$200", "200 ms", "5.20 s", "2 %");
    free(text);
    fixture_remove_place(place);
}

Test(plots_experiments, one_cell_is_enough) {
    skip_without_gnuplot();
    const Axis axes[] = {{"a", 1, NULL}, {"b", 1, NULL}};
    char *place = sweep(axes, 2, 1, 1, true);
    char *text = drawn_sweep(place, "heat-map-chat");
    WORDS(text, "Cost: 500 US dollars everywhere", "given up: 0 everywhere", "one replication");
    free(text);
    fixture_remove_place(place);
}

Test(plots_experiments, further_axes_make_rows_and_are_told_if_cut) {
    skip_without_gnuplot();
    const Axis axes[] = {{"policy", 2, (const char *const[]){"cost-optimization", "performance"}},
                         {"window", 4, NULL},
                         {"count", 5, NULL}};
    char *place = sweep(axes, 3, 1, 3, true);
    char *text = drawn_sweep(place, "heat-map-chat");
    WORDS(text, "window across, count up", "policy cost-optimization", "policy performance");
    cr_assert_null(strstr(text, "combinations"));
    free(text);
    fixture_remove_place(place);
    const Axis more[] = {{"first", 10, NULL}, {"window", 10, NULL}, {"count", 10, NULL}};
    place = sweep(more, 3, 1, 3, true); /* 1,000 cells */
    text = drawn_sweep(place, "heat-map-chat");
    WORDS(text, "first across, window up", "the first 8 of 10 combinations of the other axes",
          "count 8s");
    cr_assert_null(strstr(text, "count 9s"));
    free(text);
    fixture_remove_place(place);
}

Test(plots_experiments, one_axis_is_a_line) {
    skip_without_gnuplot();
    const Axis axes[] = {{"window", 6, NULL}};
    char *place = sweep(axes, 1, 1, 4, true);
    char *text = drawn_sweep(place, "curves-chat");
    WORDS(text, "means of 4 replications, with 95 % intervals", "window", "6s");
    cr_assert_null(strstr(text, "each dot a cell"));
    free(text);
    fixture_remove_place(place);
}

Test(plots_experiments, a_sample_is_dots_by_axis) {
    skip_without_gnuplot();
    const Axis axes[] = {{"window", 20, NULL}, {"count", 20, NULL}};
    char *place = sweep(axes, 2, 7, 4, true);
    char *text = drawn_sweep(place, "curves-chat");
    WORDS(text, "each dot a cell", "window", "count");
    free(text);
    fixture_remove_place(place);
}

Test(plots_experiments, nothing_answered_is_said) {
    skip_without_gnuplot();
    const Axis axes[] = {{"window", 2, NULL}, {"count", 2, NULL}};
    char *place = sweep(axes, 2, 1, 2, false);
    char *text = drawn_sweep(place, "heat-map-chat");
    WORDS(text, "TTFT p95: does not apply", "$500");
    free(text);
    text = picture(place, "front-chat");
    cr_assert_eq(times(text, "no choice has both figures"), 2);
    free(text);
    fixture_remove_place(place);
}

Test(plots_experiments, any_name_is_safe) {
    skip_without_gnuplot();
    const Axis axes[] = {{"\"a,\"\"b\"\" %d\"", 2, (const char *const[]){"\"it's, x\"", "`ls` %s"}},
                         {"<touch hacked", 2, (const char *const[]){"\\n $(x)", "\xc3\xbc"}}};
    char *place = sweep(axes, 2, 1, 2, true);
    char *text = drawn_sweep(place, "heat-map-chat");
    WORDS(text, "it's, x", "`ls` %s", "/n $(x)", "\xc3\xbc");
    cr_assert_neq(access("hacked", F_OK), 0);
    free(text);
    fixture_remove_place(place);
}

/* Of three cells, two are on the front; the third is both dearer and slower than the first. */
Test(plots_experiments, the_front_is_named) {
    skip_without_gnuplot();
    char *place = fixture_place();
    write_text(place, "sweep.json", "{}\n");
    write_text(place, "axes.csv", "axis,position,value\nwindow,0,5s\nwindow,1,1m\nwindow,2,1h\n");
    write_text(place, "aggregate.csv",
               "cell,window,deployment,replications,total_usd,total_usd_low,"
               "total_usd_high,ttft_p95_s,ttft_p95_s_low,ttft_p95_s_high,e2e_p95_s,given_up_share\n"
               "0,5s,chat,9,300,290,310,0.5,0.4,0.6,3,0\n"
               "1,1m,chat,9,200,198,202,2,1.9,2.1,9,0.01\n"
               "2,1h,chat,9,301,300,302,9,8,10,4,0\n");
    ErrorList errors = {0};
    expect_drawn(pictures_draw(place, SCRIPTS, "svg", &errors), &errors);
    char *text = picture(place, "front-chat");
    WORDS(text, "1m  (1 % gave up)", "$200.00 \xc2\xb1 2.00", "2.00 \xc2\xb1 0.10 s",
          "$300.00 \xc2\xb1 10.00", "500 \xc2\xb1 100 ms");
    cr_assert_null(strstr(text, ">1h<"));
    cr_assert_null(strstr(text, "$301"));
    free(text);
    fixture_remove_place(place);
}

Test(plots_experiments, sweeps_that_cannot_be_drawn) {
    skip_without_gnuplot();
    char *place = fixture_place();
    ErrorList errors = {0};
    write_text(place, "sweep.json", "{}\n");
    expect_told(pictures_draw(place, SCRIPTS, "svg", &errors), &errors, "--resume");
    write_text(place, "aggregate.csv", "cell,deployment\n0,chat\n");
    expect_told(pictures_draw(place, SCRIPTS, "svg", &errors), &errors, "axes.csv");
    write_text(place, "axes.csv", "axis,position,value\nwindow,0,5s\n");
    expect_told(pictures_draw(place, SCRIPTS, "svg", &errors), &errors, "a column \"");
    cr_assert_eq(fixture_entries(place), 3); /* nothing else left */
    fixture_remove_place(place);
}

/* A sweep may have been asked for some of the metrics only. */
Test(plots_experiments, what_was_not_measured_does_not_apply) {
    skip_without_gnuplot();
    char *place = fixture_place();
    write_text(place, "sweep.json", "{}\n");
    write_text(place, "axes.csv", "axis,position,value\nwindow,0,5s\nwindow,1,1m\n");
    write_text(place, "aggregate.csv",
               "cell,window,deployment,replications,total_usd\n0,5s,chat,2,300\n1,1m,chat,2,200\n");
    ErrorList errors = {0};
    expect_drawn(pictures_draw(place, SCRIPTS, "svg", &errors), &errors);
    char *text = picture(place, "front-chat");
    WORDS(text, "no choice has both figures");
    free(text);
    free(picture(place, "curves-chat"));
    fixture_remove_place(place);
}

/* Searches ------------------------------------------------------------------------------------- */

static char *search(void) {
    char *place = fixture_place();
    write_text(place, "front.csv",
               "candidate,deployments.chat.autoscaling.scale_up_window,replications,total_usd,"
               "total_usd_low,total_usd_high,ttft_p95_s,ttft_p95_s_low,ttft_p95_s_high,chosen\n"
               "3,5s,10,300,290,310,0.5,0.4,0.6,false\n7,1m,10,200,198,202,1.5,1.4,1.6,true\n");
    return place;
}

Test(plots_experiments, the_winner_of_a_search_is_marked) {
    skip_without_gnuplot();
    char *place = search();
    ErrorList errors = {0};
    expect_drawn(pictures_draw(place, SCRIPTS, "svg", &errors), &errors);
    char *text = picture(place, "front");
    WORDS(text, "scale_up_window", "1m  (chosen)", "$200.00 \xc2\xb1 2.00", "10 replications");
    cr_assert_eq(times(text, "(chosen)"), 1);
    free(text);
    /* What was looked at is behind it, cheaper and quicker by chance though it be. */
    write_text(
        place, "evaluations.csv",
        "stage,candidate,deployments.chat.autoscaling.scale_up_window,replications,feasible,"
        "total_usd,ttft_p95_s\nscreening,3,5s,2,true,100,0.1\nscreening,9,9s,2,true,90,0.2\n");
    expect_drawn(pictures_draw(place, SCRIPTS, "svg", &errors), &errors);
    text = picture(place, "front");
    WORDS(text, "1m  (chosen)", "the confirmed ones alone", "all candidates");
    cr_assert_eq(times(text, "(chosen)"), 2); /* in either panel */
    cr_assert_null(strstr(text, ">9s"));
    free(text);
    fixture_remove_place(place);
}

Test(plots_experiments, a_front_that_cannot_be_read) {
    skip_without_gnuplot();
    char *place = fixture_place();
    ErrorList errors = {0};
    write_text(place, "front.csv",
               "candidate,window,replications,total_usd,chosen\n1,5s,3,9,true\n");
    expect_told(pictures_draw(place, SCRIPTS, "svg", &errors), &errors,
                "columns without intervals");
    fixture_remove_place(place);
}

/* The command chooses by what a directory holds. */
Test(plots_experiments, the_command_knows_a_directory) {
    skip_without_gnuplot();
    const Axis axes[] = {{"window", 2, NULL}};
    char *swept = sweep(axes, 1, 1, 2, true), *searched = search();
    char *const places[] = {swept, searched};
    static const char *const pictures[] = {"curves-chat", "front"};
    for (size_t i = 0; i < 2; i++) {
        ProgramResult result = RUN("plot", places[i]);
        cr_assert_eq(result.status, 0, "%s", result.errors);
        cr_assert_not_null(strstr(result.errors, "Pictures: "));
        free(picture(places[i], pictures[i]));
        program_clear(&result);
        fixture_remove_place(places[i]);
    }
}

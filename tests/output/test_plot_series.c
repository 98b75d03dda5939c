// SPDX-License-Identifier: GPL-3.0-or-later
/* What pictures see of a time series: means over true widths, peaks, no spike of a short interval.
 */
#include "output/plot_series.h"

#include "output/report_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static char *place;
static FILE *file;
static PlotSeries series;

static void begin(void) {
    place = fixture_place();
    char *path = fixture_path(place, "series.csv");
    file = fopen(path, "wb");
    cr_assert_not_null(file);
    fputs("deployment,time_s,interval_s,arrivals,replicas_serving,replicas_initializing,"
          "serving_measured,default_measured,ttft_p95_s,cost_usd\n",
          file);
    free(path);
}

static void read_all(void) {
    cr_assert_eq(fclose(file), 0);
    char *path = fixture_path(place, "series.csv");
    ErrorList errors = {0};
    cr_assert(plot_series_read(&series, path, &errors));
    free(path);
    fixture_remove_place(place);
}

static double value(const PlotTrack *track, size_t step, PlotTake take, PlotColumn column) {
    cr_assert_lt(step, track->count);
    return plot_step_value(&track->steps[step], take, column);
}

Test(plot_series, few_intervals_are_their_own_steps) {
    begin();
    fputs("chat,0,10,30,2,1,2,3,0.5,1\nchat,10,10,0,2,0,0,0,inf,2\nchat,20,10,0,,,,,,2\nidle,0,10,"
          "0,,,,,,\n",
          file);
    read_all();
    const PlotTrack *chat = plot_series_find(&series, "chat");
    cr_assert_eq(chat->count, 3);
    cr_assert_eq(plot_track_end(chat), 20); /* then it drained */
    cr_assert_eq(value(chat, 0, PLOT_MEAN, PLOT_arrivals), 3);
    cr_assert_eq(value(chat, 0, PLOT_MEAN, PLOT_default_measured), 1.5); /* per serving replica */
    cr_assert(isnan(value(chat, 1, PLOT_MEAN, PLOT_default_measured)));  /* none serves */
    cr_assert_eq(value(chat, 0, PLOT_STACK, PLOT_replicas_serving), 2);
    cr_assert(isinf(value(chat, 1, PLOT_PEAK, PLOT_ttft_p95_s)));
    cr_assert_eq(plot_track_most(chat, PLOT_PEAK, PLOT_ttft_p95_s), 0.5);
    cr_assert(isnan(value(plot_series_find(&series, "idle"), 0, PLOT_PEAK, PLOT_ttft_p95_s)));
    cr_assert_null(plot_series_find(&series, "other"));
    plot_series_clear(&series);
}

Test(plot_series, many_become_steps_that_keep_means_and_peaks) {
    begin();
    for (int i = 0; i < 4000; i++) {
        fprintf(file, "chat,%d,10,%d,%d,%d,1,1,1,%d\n", i * 10, i == 1234 ? 1000 : 10,
                i == 2000 ? 1 : 2, i == 2000 ? 7 : 0, i);
    }
    read_all();
    const PlotTrack *chat = plot_series_find(&series, "chat");
    cr_assert_eq(chat->intervals, 8);
    cr_assert_eq(chat->count, 500);
    double requests = 0;
    for (size_t i = 0; i < chat->count; i++) {
        requests += value(chat, i, PLOT_MEAN, PLOT_arrivals) *
                    (chat->steps[i].to_s - chat->steps[i].from_s);
    }
    cr_assert_float_eq(requests, 4000 * 10 + 990, 1e-6);
    cr_assert_eq(value(chat, 1234 / 8, PLOT_PEAK, PLOT_arrivals), 100);
    /* The parts of one instant, though fewer serve then. */
    cr_assert_eq(value(chat, 250, PLOT_STACK, PLOT_replicas_initializing), 8);
    cr_assert_eq(value(chat, 250, PLOT_STACK, PLOT_replicas_serving), 1);
    cr_assert_eq(value(chat, 499, PLOT_PEAK, PLOT_cost_usd), 3999);
    plot_series_clear(&series);
}

Test(plot_series, a_short_last_interval_is_no_spike) {
    begin();
    for (int i = 0; i < 5; i++) {
        fprintf(file, "chat,%d,10,10,1,0,1,1,1,%d\n", i * 10, i);
    }
    fputs("chat,50,0.5,2,1,0,1,1,1,5\n", file); /* 4 a second, of two requests */
    read_all();
    const PlotTrack *chat = plot_series_find(&series, "chat");
    cr_assert_eq(chat->count, 5);
    cr_assert_eq(chat->steps[4].to_s, 50.5);
    cr_assert_float_eq(value(chat, 4, PLOT_MEAN, PLOT_arrivals), 12 / 10.5, 1e-12);
    cr_assert_eq(plot_track_most(chat, PLOT_PEAK, PLOT_arrivals), 1);
    cr_assert_eq(value(chat, 4, PLOT_PEAK, PLOT_cost_usd), 5);
    plot_series_clear(&series);
}

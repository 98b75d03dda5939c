// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/plot_panels.h"

#include "engine/sim_time.h"
#include "figures/human.h"
#include "output/gnuplot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DAY = 86400 };

void plot_panels_begin(PlotPanels *all, Gnuplot *gnuplot, double width) {
    static const char *const tables[] = {"panels", "ticks", "curves", "texts"};
    *all = (PlotPanels){.gnuplot = gnuplot, .width = width};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        gnuplot_row(gnuplot, tables[i], NULL);
    }
}

void plot_panels_text(PlotPanels *all, double x, double y, PlotAdjust adjust, double size,
                      bool bold, const char *colour, const char *text) {
    gnuplot_row(all->gnuplot, "texts", "nncnctt", x, y, (size_t)adjust, size, (size_t)bold, colour,
                text);
    all->height = fmax(all->height, y + 20);
}

double plot_panels_heading(PlotPanels *all, const char *title, const char *const lines[],
                           size_t count) {
    double y = 38;
    plot_panels_text(all, 30, y, PLOT_LEFT, 1.45, true, PLOT_DARK, title);
    for (size_t i = 0; i < count; i++) {
        if (*lines[i] != '\0') {
            y += i == 0 ? 28 : 22;
            plot_panels_text(all, 30, y, PLOT_LEFT, 1, false, PLOT_GREY, lines[i]);
        }
    }
    return y + 25;
}

void plot_panels_add(PlotPanels *all, double left, double right, double top, double bottom,
                     PlotAxis x, PlotAxis y, bool left_only) {
    gnuplot_row(all->gnuplot, "panels", "nnnnnncnncc", left, right, top, bottom, x.from, x.to,
                (size_t)x.log, y.from, y.to, (size_t)y.log, (size_t)(left_only ? 2 : 3));
    all->panels++;
    all->panel_width = right - left;
    all->panel_height = bottom - top;
    all->height = fmax(all->height, bottom + 20);
}

void plot_panels_tick(PlotPanels *all, bool up, double place, const char *name) {
    gnuplot_row(all->gnuplot, "ticks", "ccnf", all->panels, (size_t)up, place, name);
}

/* Amounts -------------------------------------------------------------------------------------- */

static double nice_step(double room) {
    const double decade = pow(10, floor(log10(room)));
    return room > 5 * decade   ? 10 * decade
           : room > 2 * decade ? 5 * decade
           : room > decade     ? 2 * decade
                               : decade;
}

PlotAxis plot_panels_amount_axis(double most) {
    return (PlotAxis){.from = 0, .to = most > 0 ? 1.06 * most : 1};
}

static const char *amount(double value, char text[HUMAN_TEXT]) {
    if (value >= 1e6) {
        const bool giga = value >= 1e9;
        snprintf(text, HUMAN_TEXT, "%.4g %s", value / (giga ? 1e9 : 1e6), giga ? "G" : "M");
    } else if (value >= 1000) {
        human_count((uint64_t)llround(value), text);
    } else {
        snprintf(text, HUMAN_TEXT, "%.4g", value);
    }
    return text;
}

void plot_panels_amounts(PlotPanels *all, PlotAxis y, double ticks, bool whole,
                         const char *before) {
    const double step = fmax(nice_step(y.to / ticks), whole ? 1 : 0);
    char text[HUMAN_TEXT], named[HUMAN_TEXT + 8];
    for (double k = 0; k * step <= y.to; k++) {
        snprintf(named, sizeof named, "%.4s%s", before, amount(k * step, text));
        plot_panels_tick(all, true, k * step, named);
    }
}

/* Times ---------------------------------------------------------------------------------------- */

static const char *tick_name(double at, PlotAxis x, int64_t start, double step, char text[32]) {
    const time_t instant = (time_t)(start + llround(at));
    struct tm broken;
    gmtime_r(&instant, &broken);
    const double span = x.to - x.from;
    const bool midnight = instant % DAY == 0;
    if (midnight && span <= DAY && at == x.to) {
        return strcpy(text, "24:00");
    }
    if (midnight && span > DAY && start == 0) {
        snprintf(text, 32, "day %lld", (long long)(instant / DAY + 1));
    } else {
        strftime(text, 32,
                 midnight && span > DAY ? (span < 27 * DAY ? "%a %d" : "%d %b")
                 : step < 60            ? "%H:%M:%S"
                                        : "%H:%M",
                 &broken);
    }
    return text;
}

void plot_panels_times(PlotPanels *all, PlotAxis x, int64_t start_epoch_s, bool named) {
    static const double steps[] = {1,     2,   5,      10,     15,     30,      60,     120,
                                   300,   600, 900,    1800,   3600,   7200,    10800,  21600,
                                   43200, DAY, 172800, 432000, 864000, 1728000, 4320000};
    size_t i = 0;
    while (i + 1 < sizeof steps / sizeof steps[0] &&
           (x.to - x.from) / steps[i] > (steps[i] < 60 ? 8 : 12)) {
        i++;
    }
    const double start = (double)start_epoch_s;
    char text[32];
    for (double k = ceil((x.from + start) / steps[i]); k * steps[i] - start <= x.to; k++) {
        const double at = k * steps[i] - start;
        plot_panels_tick(all, false, at,
                         named ? tick_name(at, x, start_epoch_s, steps[i], text) : "-");
    }
}

/* Latencies ------------------------------------------------------------------------------------ */

static const struct {
    double seconds;
    const char *name;
    bool major;
} latencies[] = {{1e-6, "1 µs", true},     {1e-5, "10 µs", true},     {1e-4, "0.1 ms", true},
                 {1e-3, "1 ms", true},     {2e-3, "2 ms", false},     {5e-3, "5 ms", false},
                 {1e-2, "10 ms", true},    {2e-2, "20 ms", false},    {5e-2, "50 ms", false},
                 {0.1, "0.1 s", true},     {0.2, "0.2 s", false},     {0.5, "0.5 s", false},
                 {1, "1 s", true},         {2, "2 s", false},         {5, "5 s", false},
                 {10, "10 s", true},       {30, "30 s", false},       {60, "1 min", true},
                 {120, "2 min", false},    {300, "5 min", false},     {600, "10 min", true},
                 {1800, "30 min", false},  {3600, "1 h", true},       {7200, "2 h", false},
                 {18000, "5 h", false},    {36000, "10 h", true},     {86400, "1 day", true},
                 {604800, "7 days", true}, {2592000, "30 days", true}};
enum { LATENCIES = sizeof latencies / sizeof latencies[0] };

PlotAxis plot_panels_latency_axis(double least, double most) {
    PlotAxis axis = {
        .from = latencies[0].seconds, .to = latencies[LATENCIES - 1].seconds, .log = true};
    for (size_t i = 0; i < LATENCIES; i++) {
        axis.from = latencies[i].seconds < 0.98 * least ? latencies[i].seconds : axis.from;
    }
    for (size_t i = LATENCIES; i-- > 0;) {
        axis.to = latencies[i].seconds > 1.02 * most && latencies[i].seconds > axis.from
                      ? latencies[i].seconds
                      : axis.to;
    }
    axis.to *= 1.001;
    axis.from /= 1.001;
    return axis;
}

void plot_panels_latencies(PlotPanels *all, PlotAxis axis, bool up) {
    const double decades = log10(axis.to / axis.from);
    const bool roomy = up ? all->panel_height / decades > 60 : all->panel_width / decades > 150;
    for (size_t i = 0; i < LATENCIES; i++) {
        if (latencies[i].seconds >= axis.from && latencies[i].seconds <= axis.to &&
            (roomy || latencies[i].major)) {
            plot_panels_tick(all, up, latencies[i].seconds, latencies[i].name);
        }
    }
}

/* Curves --------------------------------------------------------------------------------------- */

const char *plot_panels_curve(PlotPanels *all, const char *style, const char *colour, double width,
                              size_t dash, const char *title) {
    const char *table = gnuplot_text(all->gnuplot, "curve-%zu", ++all->curves);
    gnuplot_row(all->gnuplot, "curves", "cttnctt", all->panels, style, colour, width, dash, title,
                table);
    gnuplot_row(all->gnuplot, table, NULL);
    return table;
}

void plot_panels_curve_end(PlotPanels *all, const char *table) {
    gnuplot_end_table(all->gnuplot, table);
}

bool plot_panels_draw(PlotPanels *all, const char *name) {
    Gnuplot *gnuplot = all->gnuplot;
    return gnuplot_draw(gnuplot, name, "panels.gp", gnuplot->data,
                        (const char *[]){gnuplot_text(gnuplot, "%.0f", all->width),
                                         gnuplot_text(gnuplot, "%.0f", all->height), NULL});
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* A picture of panels (scripts/panels.gp): where they stand, their axes with the names of their
 * ticks, curves and texts. Places are dots from the top left. All texts are lent. */
#ifndef OUTPUT_PLOT_PANELS_H
#define OUTPUT_PLOT_PANELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Gnuplot Gnuplot;

/* They differ in lightness too, for print in grey and whoever sees colours otherwise. */
#define PLOT_DARK "#202020"
#define PLOT_GREY "#707070"
#define PLOT_BLUE "#0b4f8a"
#define PLOT_SKY "#56a5db"
#define PLOT_ORANGE "#e69f00"
#define PLOT_RED "#d55e00"
#define PLOT_BROWN "#6b3000"

typedef struct PlotAxis {
    double from, to;
    bool log;
} PlotAxis;

typedef struct PlotPanels {
    Gnuplot *gnuplot;
    double width, height; /* height: as far as anything goes */
    size_t panels, curves;
    double panel_width, panel_height; /* of the last one */
} PlotPanels;

typedef enum PlotAdjust { PLOT_LEFT, PLOT_CENTRE, PLOT_RIGHT } PlotAdjust;

void plot_panels_begin(PlotPanels *all, Gnuplot *gnuplot, double width);
/* Title and lines below it; "" is none. Returns where what follows may begin. */
double plot_panels_heading(PlotPanels *all, const char *title, const char *const lines[],
                           size_t count);
void plot_panels_text(PlotPanels *all, double x, double y, PlotAdjust adjust, double size,
                      bool bold, const char *colour, const char *text);
/* A panel between left and right, top and bottom, with lines at its bottom and left, or at its left
 * alone. What follows is of it: ticks, and curves in the order in which they are drawn. */
void plot_panels_add(PlotPanels *all, double left, double right, double top, double bottom,
                     PlotAxis x, PlotAxis y, bool left_only);
void plot_panels_tick(PlotPanels *all, bool up, double place, const char *name);
/* The axis of an amount from 0 to `most`; its ticks: `ticks` of them or fewer besides 0, whole
 * numbers if `whole`, with thousands set apart, and a text before each. */
PlotAxis plot_panels_amount_axis(double most);
void plot_panels_amounts(PlotPanels *all, PlotAxis y, double ticks, bool whole, const char *before);
/* Of a run's time, by the clock of its calendar; without names for panels above the last one. */
void plot_panels_times(PlotPanels *all, PlotAxis x, int64_t start_epoch_s, bool named);
/* A logarithmic axis of times that has the two, and its ticks. */
PlotAxis plot_panels_latency_axis(double least, double most);
void plot_panels_latencies(PlotPanels *all, PlotAxis axis, bool up);

/* A curve of the last panel, whose points are rows of the table it returns. style: as panels.gp
 * has them. Title "": none in the legend. */
const char *plot_panels_curve(PlotPanels *all, const char *style, const char *colour, double width,
                              size_t dash, const char *title);
/* Ends its table. */
void plot_panels_curve_end(PlotPanels *all, const char *table);

/* Draws plots/NAME. False after adding an error. */
bool plot_panels_draw(PlotPanels *all, const char *name);

#endif

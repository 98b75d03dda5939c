// SPDX-License-Identifier: GPL-3.0-or-later
/* The pictures of a sweep over its axes: heat maps of a grid of two or more axes, curves with bands
 * of one axis, and dots by axis where the cells are a sample and no grid. */
#ifndef OUTPUT_PLOT_HEAT_H
#define OUTPUT_PLOT_HEAT_H

#include "output/plot_folder.h"
#include "output/sweep_cells.h"

/* Draws plots/NAME of one deployment. False after adding an error. */
bool plot_heat_draw(const PlotFolder *folder, const char *name, const SweepCells *cells,
                    size_t deployment, const char *title);

/* Draws plots/NAME: each figure against each of the axes (at most four, which the picture says).
 * One axis: as a line with its band; several: as dots. */
bool plot_curves_draw(const PlotFolder *folder, const char *name, const SweepCells *cells,
                      size_t deployment, const char *title);

/* What both begin with: tables "figures" (title, unit, log, least, most; of the means) and
 * "labels" (axis from 1, place from 1, text). factors[figure]: what values are multiplied by. */
bool plot_heat_write_scales(const PlotFolder *folder, const SweepCells *cells, size_t deployment,
                            double factors[SWEEP_FIGURES]);

#endif

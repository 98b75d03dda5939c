// SPDX-License-Identifier: GPL-3.0-or-later
/* The picture of what statistics.csv says: each run's difference to the first one, metric by
 * metric, with its interval. */
#ifndef OUTPUT_PLOT_DIFFERENCES_H
#define OUTPUT_PLOT_DIFFERENCES_H

#include "output/plot_folder.h"

/* Draws plots/NAME for a deployment. A directory without statistics.csv, or with one run only, has
 * no such picture, and that is well. False after adding an error. */
bool plot_differences_draw(const PlotFolder *folder, const char *name, const char *deployment,
                           const char *title);

#endif

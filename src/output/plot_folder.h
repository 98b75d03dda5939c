// SPDX-License-Identifier: GPL-3.0-or-later
/* Where pictures are made: DIR/plots, and a workplace beside it for the data that gnuplot reads.
 * gnuplot understands neither quoted commas in CSV nor all file names ("<ls" is a command to it),
 * so it works on copies there, and on paths that begin with "/" or "./"; a picture gets its name
 * when it is complete. */
#ifndef OUTPUT_PLOT_FOLDER_H
#define OUTPUT_PLOT_FOLDER_H

#include "base/error.h"
#include "base/workplace.h"

typedef struct PlotFolder {
    char *directory; /* DIR, safe for gnuplot */
    char *scripts;
    char *plots; /* DIR/plots */
    Workplace *work;
    const char *data; /* the folder of copies in it; NULL: none */
    ErrorList *errors;
} PlotFolder;

/* scripts_directory NULL: scripts/ or share/autoscale-sim/ near the program, else where it was
 * installed. False after adding an error; plot_folder_end is due in either case. */
bool plot_folder_begin(PlotFolder *folder, const char *directory, const char *scripts_directory,
                       ErrorList *errors);
/* Removes the copies, and plots/ if it is empty. */
void plot_folder_end(PlotFolder *folder);

/* Draws plots/NAME.png and .svg: SCRIPT INPUT OUT png|svg MORE..., with `more` NULL-terminated and
 * `name` fit for a file. False after adding an error. */
bool plot_folder_draw(const PlotFolder *folder, const char *name, const char *script,
                      const char *input, const char *const more[]);

/* "folder/name"; owned by the caller, as all that follow. */
char *plot_join(const char *folder, const char *name);
/* Letters, digits, ".-_" and what is not ASCII; anything else is '_'. */
char *plot_file_name(const char *name);
/* That of names[index], with its number if an earlier one became the same; large and small letters
 * are the same. */
char *plot_unique_file_name(char *const names[], size_t count, size_t index);
/* The last part of a path; empty for "/", "." and "..". */
char *plot_last_part(const char *path);
/* "DEPLOYMENT - RUN". */
char *plot_title(const char *deployment, const char *run);

bool plot_fail(ErrorList *errors, const char *file, const char *found, const char *suggestion);
bool plot_make_folder(const char *path, ErrorList *errors);

#endif

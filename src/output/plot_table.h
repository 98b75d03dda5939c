// SPDX-License-Identifier: GPL-3.0-or-later
/* Tables for gnuplot: fields between tabs, one row a line, no quotes and no commas to mistake. */
#ifndef OUTPUT_PLOT_TABLE_H
#define OUTPUT_PLOT_TABLE_H

#include "base/error.h"

typedef struct PlotTable {
    char *path;
    FILE *stream; /* NULL after a failure */
    bool in_row;
    ErrorList *errors; /* lent */
} PlotTable;

/* Creates FOLDER/NAME. What fails is told by plot_table_close, once; it is due in any case. */
void plot_table_open(PlotTable *table, const char *folder, const char *name, ErrorList *errors);
/* False after adding an error. */
bool plot_table_close(PlotTable *table);

/* A control character becomes a space, a double quote an apostrophe, and a backslash, which begins
 * an escape of gnuplot's, a slash. */
void plot_table_text(PlotTable *table, const char *text);
void plot_table_number(PlotTable *table, double number); /* NAN where there is none */
void plot_table_count(PlotTable *table, size_t count);
void plot_table_end_row(PlotTable *table);
/* An empty line, where lines and areas are to be interrupted. */
void plot_table_gap(PlotTable *table);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* gnuplot, which is a program of its own: from tables to an SVG or a PNG in DIR/plots. gnuplot
 * understands neither quoted commas in CSV nor all file names ("<ls" is a command to it), so it
 * works on copies in a workplace, and on paths that begin with "/" or "./"; a picture gets its name
 * when it is complete. */
#ifndef OUTPUT_GNUPLOT_H
#define OUTPUT_GNUPLOT_H

#include "base/error.h"

#include <stdio.h>

typedef struct Gnuplot {
    char *directory; /* DIR, safe for gnuplot */
    char *scripts;
    char *plots;        /* DIR/plots */
    const char *format; /* "svg" or "png"; lent */
    struct Workplace *work;
    const char *data; /* the folder of copies in it; NULL: none */
    char **texts;     /* gnuplot_text's */
    size_t text_count, text_room;
    struct GnuplotTable {
        const char *name, *path;
        FILE *stream; /* NULL: ended, or not begun after a failure, which has been told */
    } * tables;
    size_t table_count, table_room;
    bool tables_failed;
    ErrorList *errors;
} Gnuplot;

/* scripts_directory NULL: scripts/ or share/autoscale-sim/ near the program, else where it was
 * installed. False after adding an error; gnuplot_end is due in either case. */
bool gnuplot_begin(Gnuplot *gnuplot, const char *directory, const char *scripts_directory,
                   const char *format, ErrorList *errors);
/* Removes the copies, and plots/ if it is empty. */
void gnuplot_end(Gnuplot *gnuplot);

/* Draws plots/NAME.FORMAT: gnuplot -d -c SCRIPT INPUT OUT svg|png MORE..., with `more`
 * NULL-terminated and `name` fit for a file. False after adding what gnuplot said. */
bool gnuplot_draw(Gnuplot *gnuplot, const char *name, const char *script, const char *input,
                  const char *const more[]);

/* printf into a text that lives until gnuplot_end. */
const char *gnuplot_text(Gnuplot *gnuplot, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A row of a table among the copies: fields between tabs, one row a line, no quotes and no commas
 * to mistake. The table is made by its first row, or by `fields` NULL where it may have none, and
 * ended, its failure told, by the next picture. Fields by letters: t a text, T one whose first
 * letter becomes a capital, f one that gnuplot takes for a format (names of places on an axis), n a
 * double (not finite: NaN), i a double (infinite: inf), c a size_t; "" is a gap. In texts a control
 * character becomes a space, a double quote an apostrophe, and a backslash, which begins an escape
 * of gnuplot's, a slash. `table` is lent until then. */
void gnuplot_row(Gnuplot *gnuplot, const char *table, const char *fields, ...);

/* Ends a table before the picture does, where there are many. */
void gnuplot_end_table(Gnuplot *gnuplot, const char *table);

/* Names for files: letters, digits, ".-_" and what is not ASCII; anything else is '_'. That of
 * names[index], with its number if an earlier one became the same; large and small letters are the
 * same. Lives until gnuplot_end. */
const char *gnuplot_file_name(Gnuplot *gnuplot, char *const names[], size_t count, size_t index);
bool gnuplot_make_folder(const char *path, ErrorList *errors);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* Runs gnuplot, which is a program of its own, without a shell. */
#ifndef OUTPUT_GNUPLOT_H
#define OUTPUT_GNUPLOT_H

#include "base/error.h"

enum { GNUPLOT_ARGUMENTS = 9 }; /* ARG1 to ARG9: gnuplot takes no more */

/* gnuplot -d -c SCRIPT ARGUMENT..., NULL-terminated. False after adding what gnuplot said, or that
 * it is not installed. */
bool gnuplot_run(const char *script, const char *const arguments[], ErrorList *errors);

#endif

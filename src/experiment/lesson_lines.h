// SPDX-License-Identifier: GPL-3.0-or-later
/* Walking over the lines of a page. */
#ifndef EXPERIMENT_LESSON_LINES_H
#define EXPERIMENT_LESSON_LINES_H

#include <stdbool.h>

/* The line feed that ends the line, or the end of the text. */
const char *lesson_line_end(const char *line);
/* The beginning of the next line, or the end of the text. */
const char *lesson_line_next(const char *line);
bool lesson_line_begins(const char *line, const char *with);

#endif

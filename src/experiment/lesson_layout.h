// SPDX-License-Identifier: GPL-3.0-or-later
/* A filled page of Markdown laid out for reading: paragraphs and items of lists wrapped, tables
 * aligned. For a terminal, headings and **strong** words are bold and the marks of Markdown go;
 * else it stays Markdown. */
#ifndef EXPERIMENT_LESSON_LAYOUT_H
#define EXPERIMENT_LESSON_LAYOUT_H

#include <stdbool.h>
#include <stdio.h>

#define LESSON_WIDTH 88

/* The text from `page` up to `end` (NULL: all of it); end is at the beginning of a line. */
void lesson_layout_print(FILE *stream, const char *page, const char *end, bool terminal);

/* The line of the page that is "## HEADING", or NULL. */
const char *lesson_layout_section(const char *page, const char *heading);

#endif

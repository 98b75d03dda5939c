// SPDX-License-Identifier: GPL-3.0-or-later
/* Paragraphs for a terminal. */
#ifndef BASE_TEXT_WRAP_H
#define BASE_TEXT_WRAP_H

#include <stdio.h>

/* Prints a text of one line as lines of at most `width` characters, broken at blanks; `indent`
 * blanks before the first and `hanging` before the others. */
void text_wrap_print(FILE *stream, const char *text, int width, int indent, int hanging);

#endif

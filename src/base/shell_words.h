// SPDX-License-Identifier: GPL-3.0-or-later
/* A command line split into words as a POSIX shell does, without expansions: blanks, '...', "...",
 * \x, # to the end of the line, and lines continued by a backslash. */
#ifndef BASE_SHELL_WORDS_H
#define BASE_SHELL_WORDS_H

#include "base/text.h"

/* NULL, or a static text that says what is wrong; the words are to be cleared either way. */
const char *shell_words_split(const char *text, TextList *words);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* A command line split into words as a POSIX shell does, without expansions: blanks, '...', "...",
 * \x, and lines continued by a backslash. */
#ifndef BASE_SHELL_WORDS_H
#define BASE_SHELL_WORDS_H

#include <stddef.h>

typedef struct ShellWords {
    char **items;
    size_t count;
    size_t capacity;
} ShellWords;

/* NULL, or a static text that says what is wrong. */
const char *shell_words_split(const char *text, ShellWords *words);
void shell_words_clear(ShellWords *words);

#endif

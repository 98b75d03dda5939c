// SPDX-License-Identifier: GPL-3.0-or-later
/* Words of a shell command. */
#include "base/shell_words.h"

#include "base/memory.h"

#include <stdbool.h>
#include <string.h>

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A backslash at p that continues the line: its length with the line's end, else 0. */
static size_t continuation(const char *p) {
    if (p[0] != '\\') {
        return 0;
    }
    return p[1] == '\n' ? 2 : p[1] == '\r' && p[2] == '\n' ? 3 : 0;
}

/* To the next word: comments are blanks too. */
static const char *skip_blanks(const char *p) {
    for (;;) {
        const size_t length = *p == '#' ? strcspn(p, "\n") : continuation(p);
        if (length == 0 && !is_blank(*p)) {
            return p;
        }
        p += length != 0 ? length : 1;
    }
}

/* Within double quotes a backslash is itself, except before these. */
static bool is_escaped_in_quotes(char c) {
    return c != '\0' && strchr("\"\\$`", c) != NULL;
}

/* Copies the word at p to `to`; returns its end, or NULL when a quote is not closed. */
static const char *copy_word(const char *p, char *to) {
    char quote = '\0';
    while (*p != '\0' && (quote != '\0' || !is_blank(*p))) {
        const size_t skipped = quote != '\'' ? continuation(p) : 0;
        if (skipped != 0) {
            p += skipped;
        } else if (quote == '\0' && (*p == '\'' || *p == '"')) {
            quote = *p++;
        } else if (quote != '\0' && *p == quote) {
            quote = '\0';
            p++;
        } else if (*p == '\\' && p[1] != '\0' &&
                   (quote == '\0' || (quote == '"' && is_escaped_in_quotes(p[1])))) {
            *to++ = p[1];
            p += 2;
        } else {
            *to++ = *p++;
        }
    }
    *to = '\0';
    return quote == '\0' ? p : NULL;
}

const char *shell_words_split(const char *text, TextList *words) {
    const char *p = skip_blanks(text);
    while (*p != '\0') {
        char *word = memory_new(strlen(p) + 1, 1);
        text_list_add(words, word);
        if (strchr("|&;", *p) != NULL) {
            return "one command alone, without | & or ;";
        }
        p = copy_word(p, word);
        if (p == NULL) {
            return "a closing quote";
        }
        p = skip_blanks(p);
    }
    return NULL;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* A paragraph is gathered whole, then broken at blanks, but not between a figure and its unit. */
#include "base/paragraph.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

void paragraph_init(Paragraph *paragraph, FILE *stream, int label_width) {
    *paragraph =
        (Paragraph){.stream = stream, .label_width = label_width, .before = "", .label = ""};
}

void paragraph_clear(Paragraph *paragraph) {
    text_clear(&paragraph->text);
}

void paragraph_begin(Paragraph *paragraph, const char *before, const char *label) {
    paragraph->before = before;
    paragraph->label = label;
    paragraph->text.length = 0;
}

void paragraph_say(Paragraph *paragraph, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_add_arguments(&paragraph->text, format, arguments);
    va_end(arguments);
}

/* "8.51 s", "12.5 GB/s": the blank at text[at] stands between a figure and its unit, which is
 * short. */
static bool ties(const char *text, size_t at) {
    if (at == 0 || text[at - 1] < '0' || text[at - 1] > '9') {
        return false;
    }
    const char *unit = text + at + 1;
    return strcspn(unit, " ,;:)") <= 4 && strcspn(unit, "0123456789") > 0;
}

/* How much of the text goes on a line of so many columns: up to a blank, one word at least. */
static size_t line_length(const char *text, int width) {
    size_t fits = 0;
    for (size_t at = 0;; at++) {
        if ((text[at] != ' ' || ties(text, at)) && text[at] != '\0') {
            continue;
        }
        if (fits > 0 && text_width_n(text, at) > width) {
            return fits;
        }
        fits = at;
        if (text[at] == '\0') {
            return fits;
        }
    }
}

void paragraph_end(Paragraph *paragraph) {
    if (paragraph->text.length == 0) {
        return;
    }
    const int width = PARAGRAPH_WIDTH - paragraph->label_width - text_width(paragraph->before);
    bool is_first = true;
    for (const char *at = paragraph->text.text; *at != '\0'; is_first = false) {
        const size_t length = line_length(at, width);
        const char *label = is_first ? paragraph->label : "";
        const int blanks = paragraph->label_width - text_width(label);
        fprintf(paragraph->stream, "%s%s%*s%.*s\n", paragraph->before, label,
                blanks > 0 ? blanks : 0, "", (int)length, at);
        at += length;
        while (*at == ' ') {
            at++;
        }
    }
    paragraph->text.length = 0;
}

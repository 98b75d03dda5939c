// SPDX-License-Identifier: GPL-3.0-or-later
/* Text for a terminal: paragraphs with a label before them, wrapped to a width, UTF-8.
 *
 *     paragraph_begin(&paragraph, "chat  ", "09:00:50");
 *     paragraph_say(&paragraph, "scale up %d → %d", 1, 2);
 *     paragraph_end(&paragraph);                                 chat  09:00:50  scale up 1 → 2
 */
#ifndef BASE_PARAGRAPH_H
#define BASE_PARAGRAPH_H

#include "base/text.h"

#include <stdio.h>

#define PARAGRAPH_WIDTH 110

typedef struct Paragraph {
    FILE *stream;
    int label_width;    /* columns of the labels, the blanks after them included */
    const char *before; /* on every line, lent; "" for none */
    const char *label;
    Text text; /* of the paragraph so far */
} Paragraph;

void paragraph_init(Paragraph *paragraph, FILE *stream, int label_width);
void paragraph_clear(Paragraph *paragraph);

/* A new paragraph; both texts are lent until paragraph_end. before: ahead of the label on each
 * line. label: ahead of its first line only. */
void paragraph_begin(Paragraph *paragraph, const char *before, const char *label);
void paragraph_say(Paragraph *paragraph, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Prints it, if anything was said. */
void paragraph_end(Paragraph *paragraph);

#endif

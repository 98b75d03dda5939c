// SPDX-License-Identifier: GPL-3.0-or-later
/* Text for a terminal: paragraphs with a label before them, wrapped to a width, UTF-8.
 *
 *     page_begin(&page, "chat  ", "09:00:50");
 *     page_say(&page, "scale up %d → %d", 1, 2);
 *     page_end(&page);                                 chat  09:00:50  scale up 1 → 2
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stddef.h>
#include <stdio.h>

#define PAGE_WIDTH 110

typedef struct Page {
    FILE *stream;
    int label_width;    /* columns of the labels, the blanks after them included */
    const char *before; /* on every line, lent; "" for none */
    const char *label;
    char *text; /* of the paragraph so far */
    size_t length, room;
} Page;

void page_init(Page *page, FILE *stream, int label_width);
void page_clear(Page *page);

/* A new paragraph; both texts are lent until page_end. before: ahead of the label on each line.
 * label: ahead of its first line only. */
void page_begin(Page *page, const char *before, const char *label);
void page_say(Page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints it, if anything was said. */
void page_end(Page *page);

#endif

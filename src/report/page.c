// SPDX-License-Identifier: GPL-3.0-or-later
/* A paragraph is gathered whole, then broken at blanks, but not between a figure and its unit. */
#include "report/page.h"

#include "engine/memory.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void page_init(Page *page, FILE *stream, int label_width) {
    *page = (Page){.stream = stream, .label_width = label_width, .before = "", .label = ""};
}

void page_clear(Page *page) {
    free(page->text);
    page->text = NULL;
}

void page_begin(Page *page, const char *before, const char *label) {
    page->before = before;
    page->label = label;
    page->length = 0;
}

static void reserve(Page *page, size_t length) {
    if (length > page->room) {
        page->room = 2 * length;
        page->text = memory_resize(page->text, page->room, 1);
    }
}

void page_say(Page *page, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const size_t length = (size_t)vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    reserve(page, page->length + length + 1);
    vsnprintf(page->text + page->length, length + 1, format, again);
    va_end(again);
    page->length += length;
}

/* Columns that a text takes: bytes that do not continue a character. */
static int columns(const char *text, size_t length) {
    int count = 0;
    for (size_t i = 0; i < length; i++) {
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return count;
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
        if (fits > 0 && columns(text, at) > width) {
            return fits;
        }
        fits = at;
        if (text[at] == '\0') {
            return fits;
        }
    }
}

void page_end(Page *page) {
    if (page->length == 0) {
        return;
    }
    const int width = PAGE_WIDTH - page->label_width - columns(page->before, strlen(page->before));
    bool is_first = true;
    for (const char *at = page->text; *at != '\0'; is_first = false) {
        const size_t length = line_length(at, width);
        const char *label = is_first ? page->label : "";
        const int blanks = page->label_width - columns(label, strlen(label));
        fprintf(page->stream, "%s%s%*s%.*s\n", page->before, label, blanks > 0 ? blanks : 0, "",
                (int)length, at);
        at += length;
        while (*at == ' ') {
            at++;
        }
    }
    page->length = 0;
}

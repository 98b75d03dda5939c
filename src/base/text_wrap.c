// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text_wrap.h"

#include "base/text.h"

#include <stdbool.h>
#include <string.h>

void text_wrap_print(FILE *stream, const char *text, int width, int indent, int hanging) {
    int at = indent;
    fprintf(stream, "%*s", indent, "");
    for (bool first = true; *text; first = false) {
        char word[256];
        const size_t length = strcspn(text, " ");
        const size_t kept = length < sizeof word - 1 ? length : sizeof word - 1;
        memcpy(word, text, kept);
        word[kept] = '\0';
        const int columns = text_width(word);
        if (!first && at + 1 + columns > width) {
            fprintf(stream, "\n%*s", hanging, "");
            at = hanging;
        } else if (!first) {
            fputc(' ', stream);
            at++;
        }
        fwrite(text, 1, length, stream);
        at += columns;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', stream);
}

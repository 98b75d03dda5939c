// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/page_text.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void put_character(FILE *stream, const unsigned char *p, size_t length) {
    switch (*p) {
    case '<': fputs("&lt;", stream); break;
    case '>': fputs("&gt;", stream); break;
    case '&': fputs("&amp;", stream); break;
    case '"': fputs("&quot;", stream); break;
    case '\'': fputs("&#39;", stream); break;
    default: fwrite(p, 1, length, stream);
    }
}

/* What cannot be shown is written as \xNN; lines are blanks in a page. */
void page_text(FILE *stream, const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    while (p != NULL && *p != '\0') {
        const size_t length = *p == '\n' || *p == '\t' ? 1 : text_shown_length(p);
        if (length == 0) {
            fprintf(stream, "\\x%02x", (unsigned)*p++);
        } else {
            put_character(stream, p, length);
            p += length;
        }
    }
}

void page_element(FILE *stream, const char *tag, const char *text) {
    fprintf(stream, "<%s>", tag);
    page_text(stream, text);
    fprintf(stream, "</%s>", tag);
}

void page_json_text(FILE *stream, const char *text) {
    if (text == NULL) {
        fputs("null", stream);
        return;
    }
    putc('"', stream);
    char *line = text_line(text);
    for (const char *at = line; *at != '\0'; at++) {
        if (strchr("\"\\<>&", *at) != NULL) {
            fprintf(stream, "\\u%04x", (unsigned)*at);
        } else {
            putc(*at, stream);
        }
    }
    free(line);
    putc('"', stream);
}

void page_json_number(FILE *stream, double number, int digits) {
    if (isfinite(number)) {
        fprintf(stream, "%.*g", digits, number);
    } else {
        fputs(isnan(number) ? "null" : number > 0 ? "1e999" : "-1e999", stream);
    }
}

void page_json_time(FILE *stream, double seconds) {
    page_json_number(stream, round(seconds * 1e3) / 1e3, 13);
}

void page_command(FILE *stream, const cJSON *words) {
    const cJSON *word;
    const char *before = "";
    cJSON_ArrayForEach (word, words) {
        if (cJSON_IsString(word)) {
            fputs(before, stream);
            char *quoted = text_shell_word(word->valuestring);
            page_text(stream, quoted);
            free(quoted);
            before = " ";
        }
    }
}

const char *page_json_member(const cJSON *object, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

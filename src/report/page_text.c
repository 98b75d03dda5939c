// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/page_text.h"

#include <math.h>
#include <string.h>

void page_text(FILE *stream, const char *text) {
    for (; text != NULL && *text != '\0'; text++) {
        switch (*text) {
        case '<': fputs("&lt;", stream); break;
        case '>': fputs("&gt;", stream); break;
        case '&': fputs("&amp;", stream); break;
        case '"': fputs("&quot;", stream); break;
        case '\'': fputs("&#39;", stream); break;
        default: putc(*text, stream);
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
    for (; *text != '\0'; text++) {
        const unsigned char byte = (unsigned char)*text;
        if (byte < ' ' || strchr("\"\\<>&", byte) != NULL) {
            fprintf(stream, "\\u%04x", byte);
        } else {
            putc(byte, stream);
        }
    }
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

static int is_plain(const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:=,@%+";
    return *word != '\0' && strspn(word, plain) == strlen(word);
}

static void put_word(FILE *stream, const char *word) {
    if (is_plain(word)) {
        page_text(stream, word);
        return;
    }
    fputs("&#39;", stream);
    for (; *word != '\0'; word++) {
        const char one[] = {*word, '\0'};
        if (*word == '\'') {
            page_text(stream, "'\\''");
        } else {
            page_text(stream, one);
        }
    }
    fputs("&#39;", stream);
}

void page_command(FILE *stream, const cJSON *words) {
    const cJSON *word;
    const char *before = "";
    cJSON_ArrayForEach (word, words) {
        if (cJSON_IsString(word)) {
            fputs(before, stream);
            put_word(stream, word->valuestring);
            before = " ";
        }
    }
}

const char *page_json_member(const cJSON *object, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

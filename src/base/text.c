// SPDX-License-Identifier: GPL-3.0-or-later
/* Texts built, users' texts made safe, and numbers as texts. */
#include "base/text.h"

#include "base/decimal.h"
#include "base/memory.h"

#include <ctype.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const char text_name_expected[] = "a text without control characters, of 1 to 200 bytes";

/* Building ----------------------------------------------------------------------------------- */

/* Room for so many bytes more and the end. */
static char *reserve(Text *self, size_t more) {
    if (self->length + more + 1 > self->room) {
        self->room = 2 * (self->length + more) + MEMORY_FIRST_ROOM(32);
        self->text = memory_resize(self->text, self->room, 1);
    }
    return self->text + self->length;
}

void text_add_bytes(Text *self, const char *bytes, size_t count) {
    char *to = reserve(self, count);
    memcpy(to, bytes, count);
    to[count] = '\0';
    self->length += count;
}

bool text_span_is(TextSpan span, const char *words) {
    return (size_t)(span.end - span.start) == strlen(words) && text_span_begins(span, words);
}

bool text_span_begins(TextSpan span, const char *words) {
    const size_t length = strlen(words);
    return (size_t)(span.end - span.start) >= length && memcmp(span.start, words, length) == 0;
}

bool text_span_holds(TextSpan span, const char *words) {
    const size_t length = strlen(words);
    for (const char *p = span.start; (size_t)(span.end - p) >= length; p++) {
        p = memchr(p, words[0], (size_t)(span.end - p) - length + 1);
        if (p == NULL) {
            return false;
        }
        if (memcmp(p, words, length) == 0) {
            return true;
        }
    }
    return false;
}

void text_add(Text *self, const char *more) {
    text_add_bytes(self, more, strlen(more));
}

void text_add_char(Text *self, char c) {
    text_add_bytes(self, &c, 1);
}

void text_add_arguments(Text *self, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    if (length >= 0) { /* what cannot be printed is not there */
        vsnprintf(reserve(self, (size_t)length), (size_t)length + 1, format, again);
        self->length += (size_t)length;
    }
    va_end(again);
}

void text_addf(Text *self, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_add_arguments(self, format, arguments);
    va_end(arguments);
}

void text_add_listed(Text *self, const char *thing, size_t i, size_t count, const char *last) {
    text_add(self, i == 0 ? "" : i + 1 < count ? ", " : last);
    text_add(self, thing);
}

char *text_join(const char *const things[], size_t count, const char *last) {
    Text text = {0};
    for (size_t i = 0; i < count; i++) {
        text_add_listed(&text, things[i], i, count, last);
    }
    return text_take(&text);
}

char *text_take(Text *self) {
    char *text = self->text != NULL ? self->text : memory_text("");
    *self = (Text){0};
    return text;
}

void text_clear(Text *self) {
    free(self->text);
    *self = (Text){0};
}

void text_list_add(TextList *self, char *owned) {
    self->items = memory_grow(self->items, self->count, &self->room, sizeof *self->items);
    self->items[self->count++] = owned;
}

size_t text_list_place(TextList *self, const char *text) {
    size_t place = 0;
    while (place < self->count && strcmp(self->items[place], text) != 0) {
        place++;
    }
    if (place == self->count) {
        text_list_add(self, memory_text(text));
    }
    return place;
}

void text_list_clear(TextList *self) {
    for (size_t i = 0; i < self->count; i++) {
        free(self->items[i]);
    }
    free(self->items);
    *self = (TextList){0};
}

/* What can be shown -------------------------------------------------------------------------- */

static bool is_continuation(unsigned char byte) {
    return (byte & 0xc0) == 0x80;
}

/* The terminator is no continuation byte, so nothing past it is read. */
size_t text_utf8_length(const unsigned char *p) {
    if (p[0] < 0x80) {
        return 1;
    }
    if (p[0] < 0xc2 || p[0] > 0xf4 || !is_continuation(p[1])) {
        return 0;
    }
    if (p[0] < 0xe0) {
        return 2;
    }
    if (!is_continuation(p[2])) {
        return 0;
    }
    if (p[0] < 0xf0) {
        const bool overlong = p[0] == 0xe0 && p[1] < 0xa0;
        const bool surrogate = p[0] == 0xed && p[1] > 0x9f;
        return overlong || surrogate ? 0 : 3;
    }
    const bool outside = (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f);
    return outside || !is_continuation(p[3]) ? 0 : 4;
}

size_t text_shown_length(const unsigned char *p) {
    const size_t length = text_utf8_length(p);
    bool hidden = false;
    if (length == 1) {
        hidden = p[0] < 0x20 || p[0] == 0x7f;
    } else if (length == 2) {
        hidden = p[0] == 0xc2 && p[1] < 0xa0;
    } else if (length == 3 && p[0] == 0xe2) {
        hidden = (p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) || /* U+2028..2E */
                 (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);   /* U+2066..69 */
    }
    return hidden ? 0 : length;
}

char *text_line_cut(const char *text, size_t most) {
    if (text == NULL) {
        return NULL;
    }
    const unsigned char *from = (const unsigned char *)text;
    Text line = {0};
    for (size_t used = 0, length; from[used] != '\0'; used += length) {
        const size_t shown = text_shown_length(from + used);
        length = shown != 0 ? shown : 1;
        if (used + length > most) {
            text_add(&line, "...");
            break;
        }
        if (shown != 0) {
            text_add_bytes(&line, text + used, shown);
        } else {
            text_addf(&line, "\\x%02x", (unsigned)from[used]);
        }
    }
    return text_take(&line);
}

char *text_line(const char *text) {
    return text_line_cut(text, SIZE_MAX / 8);
}

void text_print(FILE *stream, const char *text) {
    char *line = text_line(text);
    fputs(line, stream);
    free(line);
}

char *text_trimmed(const char *from, const char *end) {
    while (from < end && isspace((unsigned char)*from)) {
        from++;
    }
    while (end > from && isspace((unsigned char)end[-1])) {
        end--;
    }
    return memory_text_n(from, (size_t)(end - from));
}

bool text_is_name(const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    size_t length = 0;
    while (p[length] != '\0') {
        const size_t shown = text_shown_length(p + length);
        if (shown == 0 || length + shown > TEXT_NAME_MOST) {
            return false;
        }
        length += shown;
    }
    return length > 0;
}

/* In $'...' a byte is three octal digits. */
char *text_shell_word(const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_=,./:@%+";
    if (*word != '\0' && strspn(word, plain) == strlen(word)) {
        return memory_text(word);
    }
    char *line = text_line(word);
    const bool clean = strcmp(line, word) == 0;
    free(line);
    Text text = {0};
    text_add(&text, clean ? "'" : "$'");
    for (size_t length; *word != '\0'; word += length) {
        const size_t shown = text_shown_length((const unsigned char *)word);
        length = shown != 0 ? shown : 1;
        if (clean && *word == '\'') { /* ends the quotes, is written as \', and begins them anew */
            text_add(&text, "'\\''");
        } else if (!clean && (shown == 0 || *word == '\'' || *word == '\\')) {
            text_addf(&text, "\\%03o", (unsigned)(unsigned char)*word);
        } else {
            text_add_bytes(&text, word, shown);
        }
    }
    text_add(&text, "'");
    return text_take(&text);
}

char *text_file_name(const char *name) {
    Text fit = {0};
    for (size_t length; *name != '\0' && fit.length < TEXT_NAME_MOST; name += length) {
        const size_t shown = text_shown_length((const unsigned char *)name);
        length = shown != 0 ? shown : 1;
        if (shown == 0 || *name == '/' || (fit.length == 0 && strchr(".-", *name) != NULL)) {
            text_add_char(&fit, '_');
        } else {
            text_add_bytes(&fit, name, shown);
        }
    }
    if (fit.length == 0) {
        text_add_char(&fit, '_');
    }
    return text_take(&fit);
}

/* Two digits at a time. */
static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
                                  "25262728293031323334353637383940414243444546474849"
                                  "50515253545556575859606162636465666768697071727374"
                                  "75767778798081828384858687888990919293949596979899";

char *text_put_whole(char *at, uint64_t value) {
    char digits[20];
    char *first = digits + sizeof digits;
    while (value >= 100) {
        first -= 2;
        memcpy(first, digit_pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10) {
        first -= 2;
        memcpy(first, digit_pairs + 2 * value, 2);
    } else {
        *--first = (char)('0' + value);
    }
    const size_t length = (size_t)(digits + sizeof digits - first);
    memcpy(at, first, length);
    return at + length;
}

char *text_put_fraction(char *at, uint32_t billionths) {
    char digits[9];
    uint32_t rest = billionths;
    for (int place = 7; place > 0; place -= 2) {
        memcpy(digits + place, digit_pairs + (size_t)2 * (rest % 100), 2);
        rest /= 100;
    }
    digits[0] = (char)('0' + rest);
    size_t length = sizeof digits;
    while (digits[length - 1] == '0') {
        length--;
    }
    *at++ = '.';
    memcpy(at, digits, sizeof digits); /* a fixed size is quicker than a fitting one */
    return at + length;
}

/* Puts '.' where the locale's decimal point was written. */
static void unlocalise(char *text) {
    const char *local = localeconv()->decimal_point;
    char *found = strcmp(local, ".") == 0 ? NULL : strstr(text, local);
    if (found != NULL) {
        const char *rest = found + strlen(local);
        *found = '.';
        memmove(found + 1, rest, strlen(rest) + 1);
    }
}

const char *text_number(double number, char text[32]) {
    if (!isfinite(number)) {
        return strcpy(text, isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
    }
    if (decimal_shortest(number, text)) {
        return text;
    }
    /* 15 digits always survive a double, except in subnormal numbers, which have fewer. */
    for (int digits = fabs(number) < DBL_MIN ? 1 : DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        char wide[48] = ""; /* more than gcc's guess of what %g may write, which is at most 25 bytes
                             */
        snprintf(wide, sizeof wide, "%.*g", digits, number);
        memcpy(text, wide, 32);
        if (strtod(text, NULL) == number) {
            break;
        }
    }
    unlocalise(text);
    return text;
}

/* Past a number of JSON's grammar, leading zeros allowed, or NULL: strtod would also take "inf",
 * "0x1p3" and " 1". */
static const char *number_end(const char *text) {
    static const char digits[] = "0123456789";
    const char *p = text + (*text == '-');
    size_t length = strspn(p, digits);
    p += length;
    if (length > 0 && *p == '.') {
        length = strspn(++p, digits);
        p += length;
    }
    if (length > 0 && (*p == 'e' || *p == 'E')) {
        p++;
        p += *p == '-' || *p == '+';
        length = strspn(p, digits);
        p += length;
    }
    return length > 0 ? p : NULL;
}

bool text_read_number(const char *text, const char **end, double *number) {
    const char *local = localeconv()->decimal_point;
    *end = number_end(text);
    if (*end == NULL) {
        return false;
    }
    if (decimal_read(text, *end, number)) {
        return true;
    }
    const char *point = memchr(text, '.', (size_t)(*end - text));
    if (point == NULL || strcmp(local, ".") == 0) {
        *number = strtod(text, NULL);
        return true;
    }
    char *translated = memory_format("%.*s%s%.*s", (int)(point - text), text, local,
                                     (int)(*end - point) - 1, point + 1);
    *number = strtod(translated, NULL);
    free(translated);
    return true;
}

int text_width_n(const char *text, size_t length) {
    int width = 0;
    for (size_t i = 0; i < length; i++) {
        width += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return width;
}

int text_width(const char *text) {
    return text_width_n(text, strlen(text));
}

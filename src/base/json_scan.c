// SPDX-License-Identifier: GPL-3.0-or-later
/* A recursive descent over JSON's grammar that keeps nothing but lines. The way down to the value
 * at hand is a chain of frames on the stack, read only when there is a mistake to place. */
#include "base/json_scan.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Frame {
    const struct Frame *parent;
    const char *key; /* raw bytes between the quotes; NULL in an array */
    size_t key_length;
    size_t index; /* in an array */
    int depth;
} Frame;

typedef struct Scanner {
    const char *text;
    size_t length;
    size_t at;
    long line;
    size_t line_start; /* offset of the line's first byte */
    const char *file;
    JsonLines *lines;
    ErrorList *errors;
} Scanner;

/* Paths -------------------------------------------------------------------------------------- */

static bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '*';
}

static bool is_word(const char *key) {
    const char *p = key;
    while (is_word_byte(*p)) {
        p++;
    }
    return *p == '\0' && p != key;
}

char *json_path(const char *parent, const char *key) {
    const char *quote = is_word(key) ? "" : "\"";
    const bool root = parent == NULL || *parent == '\0';
    return memory_format("%s%s%s%s%s", root ? "" : parent, root ? "" : ".", quote, key, quote);
}

char *json_path_index(const char *parent, size_t index) {
    char *key = memory_format("%zu", index);
    char *path = json_path(parent, key);
    free(key);
    return path;
}

static char *frame_path(const Frame *frame) {
    if (frame == NULL || frame->parent == NULL) {
        return NULL;
    }
    char *parent = frame_path(frame->parent);
    char *key = memory_text_n(frame->key, frame->key_length);
    char *path = key != NULL ? json_path(parent, key) : json_path_index(parent, frame->index);
    free(parent);
    free(key);
    return path;
}

/* Mistakes ----------------------------------------------------------------------------------- */

static void add_error_at(Scanner *scanner, const Frame *frame, size_t at, const char *found,
                         const char *expected) {
    char *place = frame_path(frame);
    error_add(scanner->errors, &(Error){.file = scanner->file,
                                        .line = scanner->line,
                                        .column = (long)(at - scanner->line_start) + 1,
                                        .place = place,
                                        .found = found,
                                        .expected = expected});
    free(place);
}

/* What stands at the scanner: a word or number whole, else one byte. */
static char *found_text(const Scanner *scanner) {
    if (scanner->at >= scanner->length) {
        return memory_text("the end of the text");
    }
    const char *start = scanner->text + scanner->at;
    if (*start == '\0') {
        return memory_text("a NUL byte");
    }
    size_t length = 0;
    if (*start == '"') {
        length = strcspn(start + 1, "\"\n") + 1;
        return memory_format("%.*s\"", (int)(length < 40 ? length : 40), start);
    }
    while (is_word_byte(start[length]) ||
           (length > 0 && (start[length] == '.' || start[length] == '+'))) {
        length++;
    }
    if (length == 0) { /* one character, whole if it is UTF-8 */
        length = 1;
        while (length < 4 && ((unsigned char)start[length] & 0xc0) == 0x80) {
            length++;
        }
    }
    return memory_format("\"%.*s\"", (int)(length < 40 ? length : 40), start);
}

/* Always false. */
static bool refuse(Scanner *scanner, const Frame *frame, const char *expected) {
    char *found = found_text(scanner);
    add_error_at(scanner, frame, scanner->at, found, expected);
    free(found);
    return false;
}

/* Tokens ------------------------------------------------------------------------------------- */

static char peek(const Scanner *scanner) {
    return scanner->at < scanner->length ? scanner->text[scanner->at] : '\0';
}

static void skip_blanks(Scanner *scanner) {
    for (;; scanner->at++) {
        const char c = peek(scanner);
        if (c == '\n') {
            scanner->line++;
            scanner->line_start = scanner->at + 1;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return;
        }
    }
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The code unit of \uXXXX whose backslash is at p, or -1. */
static long code_unit(const char *p) {
    long unit = 0;
    if (p[0] != '\\' || p[1] != 'u') {
        return -1;
    }
    for (int i = 2; i < 6; i++) {
        const int digit = hex_digit(p[i]);
        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

/* Bytes of the escape at p, 0 if it is none. \u0000 would end the text, half a pair is no
 * character. */
static size_t escape_length(const char *p) {
    if (p[1] != 'u') {
        return p[1] != '\0' && strchr("\"\\/bfnrt", p[1]) != NULL ? 2 : 0;
    }
    const long unit = code_unit(p);
    if (unit <= 0 || (unit >= 0xdc00 && unit <= 0xdfff)) {
        return 0;
    }
    if (unit < 0xd800 || unit > 0xdbff) {
        return 6;
    }
    const long low = code_unit(p + 6);
    return low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
}

bool json_is_utf8(const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    while (*p != '\0') {
        const size_t length = text_utf8_length(p);
        if (length == 0) {
            return false;
        }
        p += length;
    }
    return true;
}

/* At its opening quote; ends after the closing one. */
static bool scan_string(Scanner *scanner, const Frame *frame) {
    const size_t start = scanner->at++;
    for (;;) {
        const char *p = scanner->text + scanner->at;
        if (scanner->at >= scanner->length || *p == '\n') {
            add_error_at(scanner, frame, start, "a text without end",
                         "a closing quote on its line");
            return false;
        }
        if (*p == '"') {
            scanner->at++;
            return true;
        }
        size_t length;
        if (*p == '\\') {
            length = escape_length(p);
            if (length == 0) {
                char *found = memory_format("the escape \"%.*s\"", p[1] == 'u' ? 6 : 2, p);
                add_error_at(
                    scanner, frame, scanner->at, found,
                    "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t, or \\uXXXX for a character");
                free(found);
                return false;
            }
        } else {
            length = (unsigned char)*p < 0x20 ? 0 : text_utf8_length((const unsigned char *)p);
            if (length == 0) {
                char *found = memory_format("the byte 0x%02x", (unsigned)(unsigned char)*p);
                add_error_at(scanner, frame, scanner->at, found, "text in UTF-8");
                free(found);
                return false;
            }
        }
        scanner->at += length;
    }
}

static size_t skip_digits(Scanner *scanner) {
    size_t count = 0;
    while (peek(scanner) >= '0' && peek(scanner) <= '9') {
        scanner->at++;
        count++;
    }
    return count;
}

/* Past a number of JSON's grammar; false if there is none. */
static bool skip_number(Scanner *scanner) {
    scanner->at += peek(scanner) == '-';
    const bool zero = peek(scanner) == '0';
    const size_t digits = skip_digits(scanner);
    if (digits == 0 || (zero && digits > 1)) {
        return false;
    }
    if (peek(scanner) == '.') {
        scanner->at++;
        if (skip_digits(scanner) == 0) {
            return false;
        }
    }
    if (peek(scanner) == 'e' || peek(scanner) == 'E') {
        scanner->at++;
        scanner->at += peek(scanner) == '-' || peek(scanner) == '+';
        if (skip_digits(scanner) == 0) {
            return false;
        }
    }
    return !is_word_byte(peek(scanner)) && peek(scanner) != '.';
}

static bool scan_number(Scanner *scanner, const Frame *frame) {
    const size_t start = scanner->at;
    if (!skip_number(scanner)) {
        scanner->at = start;
        return refuse(scanner, frame, "a number such as 0.5, -3 or 1e6");
    }
    /* Only the exponent's size matters: the decimal point's locale does not. */
    if (!isfinite(strtod(scanner->text + start, NULL))) {
        const size_t end = scanner->at;
        scanner->at = start;
        refuse(scanner, frame, "a number that a computer can hold, at most 1.7e308");
        scanner->at = end;
    }
    return true;
}

static bool scan_word(Scanner *scanner, const Frame *frame) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t length = strlen(words[i]);
        if (strncmp(scanner->text + scanner->at, words[i], length) == 0 &&
            !is_word_byte(scanner->text[scanner->at + length])) {
            scanner->at += length;
            return true;
        }
    }
    return refuse(scanner, frame,
                  "a value: a text in double quotes, a number, true, false, null, {} or []");
}

/* Values ------------------------------------------------------------------------------------- */

static void keep_line(Scanner *scanner) {
    JsonLines *lines = scanner->lines;
    lines->items =
        memory_grow(lines->items, lines->count, &lines->capacity, sizeof lines->items[0]);
    lines->items[lines->count++] = (int)scanner->line;
}

static bool scan_value(Scanner *scanner, const Frame *frame);

/* After an element: past a comma (*more) or the closing bracket. */
static bool scan_between(Scanner *scanner, const Frame *frame, char close, bool *more) {
    skip_blanks(scanner);
    const char c = peek(scanner);
    if (c != ',' && c != close) {
        return refuse(scanner, frame, close == '}' ? "a comma or }" : "a comma or ]");
    }
    scanner->at++;
    *more = c == ',';
    if (*more) {
        skip_blanks(scanner);
        if (peek(scanner) == close) {
            return refuse(scanner, frame, "no comma before it");
        }
    }
    return true;
}

static bool scan_member(Scanner *scanner, const Frame *frame) {
    if (peek(scanner) != '"') {
        return refuse(scanner, frame->parent, "a key in double quotes");
    }
    Frame member = *frame;
    const size_t start = scanner->at + 1;
    keep_line(scanner);
    if (!scan_string(scanner, frame->parent)) {
        return false;
    }
    member.key = scanner->text + start;
    member.key_length = scanner->at - 1 - start;
    skip_blanks(scanner);
    if (peek(scanner) != ':') {
        return refuse(scanner, &member, "a colon after the key");
    }
    scanner->at++;
    skip_blanks(scanner);
    return scan_value(scanner, &member);
}

static bool scan_element(Scanner *scanner, const Frame *frame) {
    keep_line(scanner);
    return scan_value(scanner, frame);
}

static bool scan_container(Scanner *scanner, const Frame *frame, char close) {
    Frame inner = {.parent = frame, .depth = frame->depth + 1};
    if (inner.depth > JSON_DEPTH_MOST) {
        return refuse(scanner, NULL, "at most 64 arrays and objects within one another");
    }
    scanner->at++;
    skip_blanks(scanner);
    bool more = peek(scanner) != close;
    scanner->at += !more;
    for (; more; inner.index++) {
        if (!(close == '}' ? scan_member(scanner, &inner) : scan_element(scanner, &inner)) ||
            !scan_between(scanner, frame, close, &more)) {
            return false;
        }
    }
    return true;
}

static bool scan_value(Scanner *scanner, const Frame *frame) {
    switch (peek(scanner)) {
    case '{': return scan_container(scanner, frame, '}');
    case '[': return scan_container(scanner, frame, ']');
    case '"': return scan_string(scanner, frame);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': return scan_number(scanner, frame);
    default: return scan_word(scanner, frame);
    }
}

bool json_scan(const char *text, size_t length, const char *file, JsonLines *lines,
               ErrorList *errors) {
    Scanner scanner = {
        .text = text, .length = length, .line = 1, .file = file, .lines = lines, .errors = errors};
    const Frame root = {.parent = NULL};
    skip_blanks(&scanner);
    if (scanner.at >= length) {
        return refuse(&scanner, NULL, "a JSON object { ... }");
    }
    keep_line(&scanner);
    if (!scan_value(&scanner, &root)) {
        return false;
    }
    skip_blanks(&scanner);
    return scanner.at >= length || refuse(&scanner, NULL, "nothing after the end of the object");
}

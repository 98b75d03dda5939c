// SPDX-License-Identifier: GPL-3.0-or-later
/* The builder of texts, a list of them, and the ways out for texts of users: what a line of a
 * terminal or a comment, a shell and a file system take from anyone. (CSV, JSON and pages have
 * their own writers.) All results are owned by the caller (free). */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A stretch of text within a buffer, not terminated. */
typedef struct TextSpan {
    const char *start;
    const char *end;
} TextSpan;

/* Is the stretch these words, letter by letter; does it begin with them, or hold them? */
bool text_span_is(TextSpan span, const char *words);
bool text_span_begins(TextSpan span, const char *words);
bool text_span_holds(TextSpan span, const char *words);

/* A text that grows; {0} is empty. `text` is NULL until something is added (be it ""). */
typedef struct Text {
    char *text;
    size_t length, room;
} Text;

void text_add(Text *self, const char *more);
void text_add_bytes(Text *self, const char *bytes, size_t count);
void text_add_char(Text *self, char c);
void text_addf(Text *self, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_arguments(Text *self, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
/* The i-th of so many things, with what stands before it: ", ", before the last one `last` (", ",
 * " and "), before the first nothing. */
void text_add_listed(Text *self, const char *thing, size_t i, size_t count, const char *last);
/* "a, b and c"; owned by the caller. */
char *text_join(const char *const things[], size_t count, const char *last);
/* What was built, at least "", owned by the caller; the builder is empty then. */
char *text_take(Text *self);
void text_clear(Text *self);

/* Texts in order, which it owns; {0} is empty. */
typedef struct TextList {
    char **items;
    size_t count, room;
} TextList;

/* The text is the list's from then on. */
void text_list_add(TextList *self, char *owned);
/* The place of a text like this one; of its copy, behind all others, if there was none. */
size_t text_list_place(TextList *self, const char *text);
void text_list_clear(TextList *self);

#define TEXT_NAME_MOST 200 /* bytes of a name, so that file names made of it have room */

/* Length of the well-formed UTF-8 sequence at `p` (Unicode, table 3-7), 0 if it is none. */
size_t text_utf8_length(const unsigned char *p);
/* The same, but 0 too for what steers a terminal, ends a line or turns text round: control bytes,
 * U+0080..9F, U+2028, U+2029, U+202A..2E, U+2066..2069. */
size_t text_shown_length(const unsigned char *p);

/* On one line: what cannot be shown is written as \xNN, byte by byte; past `most` bytes "...". */
char *text_line_cut(const char *text, size_t most);
char *text_line(const char *text);
void text_print(FILE *stream, const char *text);

/* From `from` to before `end`, without blanks around. */
char *text_trimmed(const char *from, const char *end);

/* One word for a POSIX shell: as it is, '...', or with control bytes $'...', on one line. */
char *text_shell_word(const char *word);

/* Not empty, nothing that cannot be shown, at most TEXT_NAME_MOST bytes: what names of deployments,
 * scenarios and axes are. */
bool text_is_name(const char *text);
extern const char text_name_expected[];

/* A name for a file or a folder: what cannot be shown, and / are '_', and so is a dot or a dash at
 * the beginning. Different names may become the same. */
char *text_file_name(const char *name);

/* Digits, quickly, without a terminator: of a whole number, at most 20; and of a fraction other
 * than 0, ".5" of 500,000,000 billionths, without the zeros at its end, with room for ten bytes.
 * Return their end. */
char *text_put_whole(char *at, uint64_t value);
char *text_put_fraction(char *at, uint32_t billionths);

/* Shortest decimal text that reads back to the same double ("0.1", "12", "1e+30"). */
const char *text_number(double number, char text[32]);

/* The number that the text begins with, by JSON's grammar but for leading zeros, whatever the
 * locale; false if it begins with none. Beyond a double's range it is infinite. */
bool text_read_number(const char *text, const char **end, double *number);

/* Columns that UTF-8 text takes on a terminal, a character each. */
int text_width(const char *text);
int text_width_n(const char *text, size_t length); /* of its first bytes */

#endif

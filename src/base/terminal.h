// SPDX-License-Identifier: GPL-3.0-or-later
/* What people read on a terminal: lines that are wrapped, tables with aligned columns, labelled
 * paragraphs, commands to paste. Where the stream is a terminal all keep to its width. Elsewhere (a
 * file, a pipe) lines and tables take what they need, so that their bytes are the same everywhere
 * and grep finds whole lines; prose (help) has 80 columns there. */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include "base/text.h"

/* The columns of the terminal that the stream is, by COLUMNS or as it says; 0: it is none. */
int terminal_width(FILE *stream);

/* Colours and bold: on a terminal, unless TERM is "dumb" or NO_COLOR is set (no-color.org). */
bool terminal_has_colour(FILE *stream);
typedef enum TerminalColour {
    TERMINAL_RED = 31,
    TERMINAL_GREEN = 32,
    TERMINAL_YELLOW = 33
} TerminalColour;
/* terminal_say of "WORD: TEXT", the word in bold and in colour where there are any. */
void terminal_say_word(FILE *stream, const char *word, TerminalColour colour, const char *text);

/* Columns for a paragraph: the terminal's, but `most` where it is wider, or none. */
int terminal_line_width(FILE *stream, int most);
/* Columns for prose: COLUMNS, or the terminal's, or 80. */
int terminal_prose_width(FILE *stream);

/* Prints a text of one line as lines of at most `width` characters, broken at blanks, but not
 * between a figure and its unit; `indent` blanks before the first and `hanging` before the others.
 */
void terminal_wrap(FILE *stream, const char *text, int width, int indent, int hanging);

/* Prints lines; those of more than `width` characters (0: any number) are wrapped, and go on below
 * what stands behind a label ("  cost       $3.20 on demand"), or else a little further in than
 * they began. */
void terminal_fold(FILE *stream, const char *text, int width);
/* fprintf, folded to the width of the terminal. */
void terminal_say(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Lines that are printed piece by piece: what goes to `stream` is folded to the terminal that `to`
 * is, and printed there, at the end. */
typedef struct TerminalLines {
    FILE *stream, *to;
    char *text;
    size_t length;
} TerminalLines;

FILE *terminal_lines_begin(TerminalLines *lines, FILE *to);
void terminal_lines_end(TerminalLines *lines);

/* Prints lines of a shell's; a command longer than `width` (0: any) goes over lines that end with a
 * backslash, a comment over lines that each begin with #. */
void terminal_script(FILE *stream, const char *script, int width, int indent);

typedef struct TableColumn {
    int gap;    /* blanks before it */
    int width;  /* characters at least; a longer text moves what follows on its line */
    bool grows; /* as wide as its widest text */
    bool right; /* texts are at its right end */
} TableColumn;

typedef struct TableRow TableRow;

/* Rows are gathered and then printed, without blanks at the ends of lines. {0} is empty. */
typedef struct Table {
    TableColumn *columns;
    size_t column_count, column_room;
    TableRow *rows;
    size_t row_count, row_room;
    bool is_prose; /* it has the width of prose */
} Table;

/* Adds columns, told as printf would be: "  %-22s%10s %*s" are one of 22 to the left after two
 * blanks, one of 10 to the right, and after a blank one to the right that is as wide as its widest
 * text ("%-12*s": and 12 at least). */
void table_columns(Table *table, const char *layout);

/* Adds a row: one text with a tab between two cells; cells at the end may be missing. A cell of a
 * head flows over into the next one if that is empty; a line is one text across all columns. */
void table_row(Table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_head(Table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_line(Table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a cell to the last row. */
void table_cell(Table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints the table and empties it. On a terminal that is too narrow the last column is wrapped, if
 * it is one of words (to the left), below the others where they leave it no room; else columns that
 * do not fit are printed below, once more with the first. */
void table_print(Table *table, FILE *stream);

/* Paragraphs with a label before them, wrapped, but not between a figure and its unit:
 *
 *     paragraph_begin(&paragraph, "chat  ", "09:00:50");
 *     paragraph_say(&paragraph, "scale up %d → %d", 1, 2);
 *     paragraph_end(&paragraph);                                 chat  09:00:50  scale up 1 → 2
 */
#define PARAGRAPH_WIDTH 110 /* at most */

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

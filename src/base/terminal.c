// SPDX-License-Identifier: GPL-3.0-or-later
/* A table is told its columns first, gathers rows as texts with tabs, and measures when it prints.
 */
#include "base/terminal.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WORDS_LEAST = 24 }; /* characters of a column that is wrapped */

int terminal_width(FILE *stream) {
    const int descriptor = fileno(stream);
    if (descriptor < 0 || !isatty(descriptor)) {
        return 0;
    }
    const char *told = getenv("COLUMNS");
    const int columns = told != NULL ? atoi(told) : 0;
    struct winsize size;
    if (columns <= 0 && ioctl(descriptor, TIOCGWINSZ, &size) == 0) {
        return size.ws_col;
    }
    return columns > 0 ? columns : 0;
}

/* From column `at` on. */
static void wrap(FILE *stream, const char *text, int width, int at, int hanging) {
    for (bool first = true; *text; first = false) {
        const int length = (int)strcspn(text, " ");
        const int columns = text_width_n(text, (size_t)length);
        if (!first && at + 1 + columns > width) {
            fprintf(stream, "\n%*s", hanging, "");
            at = hanging;
        } else if (!first) {
            fputc(' ', stream);
            at++;
        }
        fprintf(stream, "%.*s", length, text);
        at += columns;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', stream);
}

void terminal_wrap(FILE *stream, const char *text, int width, int indent, int hanging) {
    fprintf(stream, "%*s", indent, "");
    wrap(stream, text, width, indent, hanging);
}

/* Tables: gathering -------------------------------------------------------------------------- */

typedef enum RowKind { ROW_CELLS, ROW_HEAD, ROW_LINE } RowKind;

struct TableRow {
    RowKind kind;
    Text text;          /* with its tabs, until it is printed */
    const char **cells; /* within it, one per column */
};

void table_columns(Table *table, const char *layout) {
    while (*layout != '\0') {
        TableColumn column = {.gap = (int)strspn(layout, " ")};
        layout += column.gap + 1; /* the per cent sign */
        column.right = *layout != '-';
        column.width = (int)strtol(layout + !column.right, (char **)&layout, 10);
        column.grows = *layout == '*';
        layout += column.grows + 1;
        table->columns = memory_grow(table->columns, table->column_count, &table->column_room,
                                     sizeof table->columns[0]);
        table->columns[table->column_count++] = column;
    }
}

static Text *add_row(Table *table, RowKind kind) {
    table->rows =
        memory_grow(table->rows, table->row_count, &table->row_room, sizeof table->rows[0]);
    table->rows[table->row_count] = (TableRow){.kind = kind};
    return &table->rows[table->row_count++].text;
}

#define ADD_FORMATTED(text, format)                                                                \
    do {                                                                                           \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        text_add_arguments(text, format, arguments);                                               \
        va_end(arguments);                                                                         \
    } while (0)

void table_row(Table *table, const char *format, ...) {
    ADD_FORMATTED(add_row(table, ROW_CELLS), format);
}

void table_head(Table *table, const char *format, ...) {
    ADD_FORMATTED(add_row(table, ROW_HEAD), format);
}

void table_line(Table *table, const char *format, ...) {
    ADD_FORMATTED(add_row(table, ROW_LINE), format);
}

void table_cell(Table *table, const char *format, ...) {
    Text *row = &table->rows[table->row_count - 1].text;
    text_add_char(row, '\t');
    ADD_FORMATTED(row, format);
}

/* Tables: printing --------------------------------------------------------------------------- */

static void split(const Table *table, TableRow *row) {
    row->cells = memory_new(table->column_count, sizeof row->cells[0]);
    text_add(&row->text, "");
    char *at = row->text.text;
    for (size_t i = 0; i < table->column_count; i++) {
        row->cells[i] = at;
        at += row->kind == ROW_LINE ? strlen(at) : strcspn(at, "\t");
        if (*at == '\t') {
            *at++ = '\0';
        }
    }
}

static bool flows_over(const Table *table, const TableRow *row, size_t column) {
    return row->kind == ROW_HEAD && column + 1 < table->column_count &&
           *row->cells[column + 1] == '\0';
}

/* Columns that grow; those of a head that flow over at last, for they need the next one's width. */
static void measure(Table *table, bool over) {
    for (size_t i = 0; i < table->row_count; i++) {
        const TableRow *row = &table->rows[i];
        for (size_t k = 0; k < table->column_count && row->kind != ROW_LINE; k++) {
            TableColumn *column = &table->columns[k];
            if (!column->grows || flows_over(table, row, k) != over) {
                continue;
            }
            const int rest = over ? column[1].gap + column[1].width : 0;
            const int width = text_width(row->cells[k]) - rest;
            column->width = width > column->width ? width : column->width;
        }
    }
}

/* The first column and those from `from` to before `end`; the last of these wrapped to `width`
 * characters unless that is 0. */
static void print_row(const Table *table, const TableRow *row, size_t from, size_t end, int width,
                      FILE *stream) {
    int start = 0, blanks = 0;
    for (size_t i = 0; i < end; i = i == 0 ? from : i + 1) {
        const TableColumn *column = &table->columns[i];
        const char *text = row->cells[i];
        int shown = (int)strlen(text), left = column->width - text_width(text);
        while (shown > 0 && text[shown - 1] == ' ') {
            shown--;
        }
        start += column->gap;
        blanks += column->gap + (column->right && left > 0 ? left : 0);
        if (shown > 0) {
            fprintf(stream, "%*s", blanks > 0 ? blanks : 0, "");
            blanks = 0;
            if (width > 0 && i + 1 == table->column_count) {
                wrap(stream, text, width, start, start);
                return;
            }
            fprintf(stream, "%.*s", shown, text);
        }
        blanks += (int)strlen(text) - shown;
        blanks += column->right && left > 0 ? 0 : left;
        /* Where columns have their place, one that is too long moves the others. */
        blanks = blanks < 0 && !flows_over(table, row, i) ? 0 : blanks;
        start += column->width;
    }
    fputc('\n', stream);
}

static int width_of(const Table *table, size_t from, size_t end) {
    int width = 0;
    for (size_t i = 0; i < end; i = i == 0 ? from : i + 1) {
        width += table->columns[i].gap + table->columns[i].width;
    }
    return width;
}

static void print_rows(const Table *table, size_t from, size_t end, int width, FILE *stream) {
    for (size_t i = 0; i < table->row_count; i++) {
        const TableRow *row = &table->rows[i];
        if (row->kind == ROW_LINE) {
            fprintf(stream, "%s\n", row->text.text);
        } else {
            print_row(table, row, from, end, width, stream);
        }
    }
}

/* As many columns as fit, one at least, then the next ones. */
static void print_parts(const Table *table, int width, FILE *stream) {
    for (size_t from = 1, end; from < table->column_count; from = end) {
        end = from + 1;
        while (end < table->column_count && width_of(table, from, end + 1) <= width) {
            end++;
        }
        print_rows(table, from, end, 0, stream);
        if (end < table->column_count) {
            fputc('\n', stream);
        }
    }
}

static void table_clear(Table *table) {
    for (size_t i = 0; i < table->row_count; i++) {
        text_clear(&table->rows[i].text);
        free(table->rows[i].cells);
    }
    free(table->rows);
    free(table->columns);
    *table = (Table){0};
}

void table_print(Table *table, FILE *stream) {
    for (size_t i = 0; i < table->row_count; i++) {
        split(table, &table->rows[i]);
    }
    measure(table, false);
    measure(table, true);
    const size_t count = table->column_count;
    const int width = terminal_width(stream);
    const int before_last =
        count > 1 ? width_of(table, 1, count - 1) + table->columns[count - 1].gap : 0;
    const bool has_words = count > 1 && !table->columns[count - 1].right;
    if (width > 0 && has_words && before_last + WORDS_LEAST <= width) {
        print_rows(table, 1, count, width, stream);
    } else if (width > 0 && count > 2 && width_of(table, 1, count) > width) {
        print_parts(table, width, stream);
    } else {
        print_rows(table, 1, count, 0, stream);
    }
    table_clear(table);
}

/* Paragraphs --------------------------------------------------------------------------------- */

void paragraph_init(Paragraph *paragraph, FILE *stream, int label_width) {
    *paragraph =
        (Paragraph){.stream = stream, .label_width = label_width, .before = "", .label = ""};
}

void paragraph_clear(Paragraph *paragraph) {
    text_clear(&paragraph->text);
}

void paragraph_begin(Paragraph *paragraph, const char *before, const char *label) {
    paragraph->before = before;
    paragraph->label = label;
    paragraph->text.length = 0;
}

void paragraph_say(Paragraph *paragraph, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_add_arguments(&paragraph->text, format, arguments);
    va_end(arguments);
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
        if (fits > 0 && text_width_n(text, at) > width) {
            return fits;
        }
        fits = at;
        if (text[at] == '\0') {
            return fits;
        }
    }
}

void paragraph_end(Paragraph *paragraph) {
    if (paragraph->text.length == 0) {
        return;
    }
    const int width = PARAGRAPH_WIDTH - paragraph->label_width - text_width(paragraph->before);
    bool is_first = true;
    for (const char *at = paragraph->text.text; *at != '\0'; is_first = false) {
        const size_t length = line_length(at, width);
        const char *label = is_first ? paragraph->label : "";
        const int blanks = paragraph->label_width - text_width(label);
        fprintf(paragraph->stream, "%s%s%*s%.*s\n", paragraph->before, label,
                blanks > 0 ? blanks : 0, "", (int)length, at);
        at += length;
        while (*at == ' ') {
            at++;
        }
    }
    paragraph->text.length = 0;
}

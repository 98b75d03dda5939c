// SPDX-License-Identifier: GPL-3.0-or-later
/* A page printed block by block; of Markdown only what the lessons use: headings, paragraphs, lists
 * of "- ", tables, fenced code, **strong**. Tables are one line per row, their second row says how
 * columns are aligned ("---:" to the right). */
#include "experiment/lesson.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "base/terminal.h"

#include <stdlib.h>
#include <string.h>

#define BOLD "\033[1m"
#define PLAIN "\033[0m"

enum { COLUMNS_MOST = 16, WIDTH_MOST = 88 };

typedef struct Layout {
    FILE *to;
    int width; /* of paragraphs */
    bool terminal;
    bool bold; /* between ** and ** */
} Layout;

/* The columns that a text takes: characters of UTF-8, without the marks that are not shown. Prints
 * it too, unless `to` is NULL. */
static int put(Layout *layout, FILE *to, const char *text, size_t length) {
    int width = 0;
    for (size_t i = 0; i < length; i++) {
        const bool mark = layout->terminal && i + 1 < length && strncmp(text + i, "**", 2) == 0;
        width += !mark && ((unsigned char)text[i] & 0xc0) != 0x80;
        i += mark;
        if (to != NULL && mark) {
            layout->bold = !layout->bold;
            fputs(layout->bold ? BOLD : PLAIN, to);
        } else if (to != NULL) {
            fputc(text[i] == LESSON_HARD_BLANK ? ' ' : text[i], to);
        }
    }
    return width;
}

/* Code and headings, in which no marks are looked for. */
static void put_line(const Layout *layout, const char *line) {
    put(&(Layout){0}, layout->to, line, strcspn(line, "\n"));
}

/* Paragraphs --------------------------------------------------------------------------------- */

/* Where a word ends: at a blank outside `code`. */
static size_t word_length(const char *text, const char *end) {
    bool code = false;
    const char *at = text;
    while (at < end && (code || (*at != ' ' && *at != '\n'))) {
        code = *at == '`' ? !code : code;
        at++;
    }
    return (size_t)(at - text);
}

/* Words from text to end, wrapped; `hang` blanks before each line but the first, which has begun at
 * column `hang` too. */
static void print_words(Layout *layout, const char *text, const char *end, int hang) {
    int column = hang;
    for (bool first = true; text < end;) {
        if (*text == ' ' || *text == '\n') {
            text++;
            continue;
        }
        const size_t length = word_length(text, end);
        const int width = put(layout, NULL, text, length);
        if (!first && column + 1 + width > layout->width) {
            fprintf(layout->to, "\n%*s", hang, "");
            column = hang;
        } else if (!first) {
            fputc(' ', layout->to);
            column++;
        }
        column += put(layout, layout->to, text, length);
        text += length;
        first = false;
    }
    fputc('\n', layout->to);
}

/* Tables ------------------------------------------------------------------------------------- */

typedef struct Cell {
    const char *text;
    size_t length;
} Cell;

typedef struct Row {
    Cell cells[COLUMNS_MOST];
    size_t count;
    bool is_rule; /* nothing but - and : */
} Row;

typedef struct Columns {
    int widths[COLUMNS_MOST];
    bool right[COLUMNS_MOST];
} Columns;

/* The cells of "| a | b |". */
static Row row_of(const char *line) {
    Row row = {.count = 0};
    bool rule = true;
    for (const char *at = line + 1; row.count < COLUMNS_MOST; row.count++) {
        const size_t length = strcspn(at, "|\n");
        if (at[length] != '|') {
            break;
        }
        Cell cell = {.text = at, .length = length};
        while (cell.length > 0 && *cell.text == ' ') {
            cell.text++;
            cell.length--;
        }
        while (cell.length > 0 && cell.text[cell.length - 1] == ' ') {
            cell.length--;
        }
        rule = rule && cell.length > 0 && strspn(cell.text, "-:") >= cell.length;
        row.cells[row.count] = cell;
        at += length + 1;
    }
    row.is_rule = rule && row.count > 0;
    return row;
}

static Columns measure(Layout *layout, const char *table, const char *end) {
    Columns columns = {0};
    for (const char *line = table; line < end; line = lesson_line_next(line)) {
        const Row row = row_of(line);
        for (size_t i = 0; i < row.count; i++) {
            const Cell *cell = &row.cells[i];
            const int width = row.is_rule ? 3 : put(layout, NULL, cell->text, cell->length);
            columns.widths[i] = width > columns.widths[i] ? width : columns.widths[i];
            columns.right[i] = row.is_rule ? cell->text[cell->length - 1] == ':' : columns.right[i];
        }
    }
    return columns;
}

static void print_rule(const Layout *layout, const Columns *columns, size_t count) {
    for (size_t i = 0; i < count; i++) {
        fputs("| ", layout->to);
        for (int k = columns->right[i]; k < columns->widths[i]; k++) {
            fputc('-', layout->to);
        }
        fputs(columns->right[i] ? ": " : " ", layout->to);
    }
    fputs("|\n", layout->to);
}

static void print_row(Layout *layout, const Columns *columns, const Row *row) {
    for (size_t i = 0; i < row->count; i++) {
        const Cell *cell = &row->cells[i];
        const int blanks = columns->widths[i] - put(layout, NULL, cell->text, cell->length);
        asim_assert(blanks >= 0);
        fprintf(layout->to, "%s %*s", layout->terminal ? " " : "|", columns->right[i] ? blanks : 0,
                "");
        put(layout, layout->to, cell->text, cell->length);
        if (!layout->terminal || i + 1 < row->count) {
            fprintf(layout->to, "%*s ", columns->right[i] ? 0 : blanks, "");
        }
    }
    fprintf(layout->to, "%s\n", layout->terminal ? "" : "|");
}

static void print_table(Layout *layout, const char *table, const char *end) {
    const Columns columns = measure(layout, table, end);
    bool header = layout->terminal;
    for (const char *line = table; line < end; line = lesson_line_next(line)) {
        const Row row = row_of(line);
        if (row.is_rule) {
            header = false;
            if (!layout->terminal) {
                print_rule(layout, &columns, row.count);
            }
            continue;
        }
        fputs(header ? BOLD : "", layout->to);
        print_row(layout, &columns, &row);
        fputs(header ? PLAIN : "", layout->to);
    }
}

/* Blocks ------------------------------------------------------------------------------------- */

static bool is_special(const char *line) {
    return *line == '\n' || *line == '#' || *line == '|' || lesson_line_begins(line, "- ") ||
           lesson_line_begins(line, LESSON_FENCE);
}

/* A fence with what is in it, up to the line after it. */
static const char *print_fenced(const Layout *layout, const char *line) {
    bool closed = false;
    for (bool opened = false; *line != '\0' && !closed; line = lesson_line_next(line)) {
        const bool fence = lesson_line_begins(line, LESSON_FENCE);
        closed = fence && opened;
        opened = true;
        if (!(fence && layout->terminal)) {
            fputs(layout->terminal && *line != '\n' ? "    " : "", layout->to);
            put_line(layout, line);
            fputc('\n', layout->to);
        }
    }
    return line;
}

/* The lines from `line` on that belong to its paragraph, its item of a list, or its table. */
static const char *block_end(const char *line) {
    const bool table = *line == '|';
    do {
        line = lesson_line_next(line);
    } while (*line != '\0' && (table ? *line == '|' : !is_special(line)));
    return line;
}

static const char *print_block(Layout *layout, const char *line) {
    const char *after = lesson_line_next(line);
    if (*line == '\n') {
        fputc('\n', layout->to);
    } else if (lesson_line_begins(line, LESSON_FENCE)) {
        after = print_fenced(layout, line);
    } else if (*line == '#') {
        fputs(layout->terminal ? BOLD : "", layout->to);
        put_line(layout, layout->terminal ? line + strspn(line, "# ") : line);
        fprintf(layout->to, "%s\n", layout->terminal ? PLAIN : "");
    } else {
        const bool item = lesson_line_begins(line, "- ");
        after = block_end(line);
        if (*line == '|') {
            print_table(layout, line, after);
        } else {
            fputs(item ? "- " : "", layout->to);
            print_words(layout, item ? line + 2 : line, after, item ? 2 : 0);
        }
    }
    return after;
}

void lesson_layout_print(FILE *stream, const char *page, const char *end, bool terminal) {
    Layout layout = {
        .to = stream, .width = terminal_line_width(stream, WIDTH_MOST), .terminal = terminal};
    char *part = end != NULL ? memory_text_n(page, (size_t)(end - page)) : memory_text(page);
    for (const char *line = part; *line != '\0';) {
        line = print_block(&layout, line);
    }
    free(part);
}

const char *lesson_layout_section(const char *page, const char *heading) {
    char *line = memory_format("\n## %s\n", heading);
    const char *found = strstr(page, line);
    free(line);
    return found != NULL ? found + 1 : NULL;
}

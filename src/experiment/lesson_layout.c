// SPDX-License-Identifier: GPL-3.0-or-later
/* Block by block; of Markdown only what the lessons use: headings, paragraphs, lists of "- ",
 * tables, fenced code, **strong**. Tables are one line per row, their second row says how columns
 * are aligned ("---:" to the right). */
#include "experiment/lesson.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define BOLD "\033[1m"
#define PLAIN "\033[0m"

enum { COLUMNS_MOST = 16, WIDTH = 88 };

typedef struct Layout {
    FILE *to;
    bool terminal;
    bool bold; /* between ** and ** */
} Layout;

/* Characters of UTF-8, without the marks that are not shown. */
static int width_of(const Layout *layout, const char *text, size_t length) {
    int width = 0;
    for (size_t i = 0; i < length; i++) {
        if (layout->terminal && i + 1 < length && text[i] == '*' && text[i + 1] == '*') {
            i++;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            width++;
        }
    }
    return width;
}

static void print_inline(Layout *layout, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (layout->terminal && i + 1 < length && text[i] == '*' && text[i + 1] == '*') {
            layout->bold = !layout->bold;
            fputs(layout->bold ? BOLD : PLAIN, layout->to);
            i++;
        } else {
            fputc(text[i] == LESSON_HARD_BLANK ? ' ' : text[i], layout->to);
        }
    }
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
 * column `column`. */
static void print_words(Layout *layout, const char *text, const char *end, int column, int hang) {
    bool first = true;
    while (text < end) {
        if (*text == ' ' || *text == '\n') {
            text++;
            continue;
        }
        const size_t length = word_length(text, end);
        const int width = width_of(layout, text, length);
        if (!first && column + 1 + width > WIDTH) {
            fprintf(layout->to, "\n%*s", hang, "");
            column = hang;
        } else if (!first) {
            fputc(' ', layout->to);
            column++;
        }
        print_inline(layout, text, length);
        column += width;
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

/* The cells of "| a | b |"; their number. */
static size_t split_row(const char *line, const char *end, Cell cells[COLUMNS_MOST]) {
    size_t count = 0;
    const char *at = line + 1;
    while (at < end && count < COLUMNS_MOST) {
        const char *bar = memchr(at, '|', (size_t)(end - at));
        if (bar == NULL) {
            break;
        }
        const char *last = bar;
        while (at < last && *at == ' ') {
            at++;
        }
        while (last > at && last[-1] == ' ') {
            last--;
        }
        cells[count++] = (Cell){.text = at, .length = (size_t)(last - at)};
        at = bar + 1;
    }
    return count;
}

static bool is_rule(const Cell cells[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strspn(cells[i].text, "-:") < cells[i].length || cells[i].length == 0) {
            return false;
        }
    }
    return count > 0;
}

typedef struct Columns {
    int widths[COLUMNS_MOST];
    bool right[COLUMNS_MOST];
} Columns;

static Columns measure(const Layout *layout, const char *table, const char *end) {
    Columns columns = {0};
    for (const char *line = table; line < end; line = lesson_line_next(line)) {
        Cell cells[COLUMNS_MOST];
        const size_t count = split_row(line, lesson_line_end(line), cells);
        const bool rule = is_rule(cells, count);
        for (size_t i = 0; i < count; i++) {
            const int width = rule ? 3 : width_of(layout, cells[i].text, cells[i].length);
            columns.widths[i] = width > columns.widths[i] ? width : columns.widths[i];
            columns.right[i] = rule ? cells[i].text[cells[i].length - 1] == ':' : columns.right[i];
        }
    }
    return columns;
}

static void print_rule(Layout *layout, const Columns *columns, size_t count) {
    for (size_t i = 0; i < count; i++) {
        fputs("| ", layout->to);
        for (int k = columns->right[i]; k < columns->widths[i]; k++) {
            fputc('-', layout->to);
        }
        fputs(columns->right[i] ? ": " : " ", layout->to);
    }
    fputs("|\n", layout->to);
}

static void print_row(Layout *layout, const Columns *columns, const Cell cells[], size_t count) {
    const char *bar = layout->terminal ? " " : "|";
    for (size_t i = 0; i < count; i++) {
        const int blanks = columns->widths[i] - width_of(layout, cells[i].text, cells[i].length);
        fprintf(layout->to, "%s %*s", bar, columns->right[i] ? blanks : 0, "");
        print_inline(layout, cells[i].text, cells[i].length);
        const bool last = layout->terminal && i + 1 == count;
        fprintf(layout->to, "%*s", columns->right[i] || last ? 0 : blanks, "");
        fputs(last ? "" : " ", layout->to);
    }
    fprintf(layout->to, "%s\n", layout->terminal ? "" : "|");
}

static void print_table(Layout *layout, const char *table, const char *end) {
    const Columns columns = measure(layout, table, end);
    bool header = true;
    for (const char *line = table; line < end; line = lesson_line_next(line)) {
        Cell cells[COLUMNS_MOST];
        const size_t count = split_row(line, lesson_line_end(line), cells);
        if (is_rule(cells, count)) {
            header = false;
            if (!layout->terminal) {
                print_rule(layout, &columns, count);
            }
            continue;
        }
        fputs(layout->terminal && header ? BOLD : "", layout->to);
        print_row(layout, &columns, cells, count);
        fputs(layout->terminal && header ? PLAIN : "", layout->to);
    }
}

/* Blocks ------------------------------------------------------------------------------------- */

static bool is_special(const char *line) {
    return *line == '\n' || *line == '#' || *line == '|' || lesson_line_begins(line, "- ") ||
           lesson_line_begins(line, LESSON_FENCE);
}

/* A fence with what is in it, up to the line after it. */
static const char *print_fenced(Layout *layout, const char *line) {
    bool closed = false;
    for (bool opened = false; *line != '\0' && !closed; line = lesson_line_next(line)) {
        const bool fence = lesson_line_begins(line, LESSON_FENCE);
        closed = fence && opened;
        opened = true;
        if (!(fence && layout->terminal)) {
            fputs(layout->terminal && *line != '\n' ? "    " : "", layout->to);
            const char *end = lesson_line_end(line);
            for (const char *at = line; at < end; at++) {
                fputc(*at == LESSON_HARD_BLANK ? ' ' : *at, layout->to);
            }
            fputc('\n', layout->to);
        }
    }
    return line;
}

static const char *print_heading(Layout *layout, const char *line) {
    const char *last = lesson_line_end(line);
    if (layout->terminal) {
        line += strspn(line, "# ");
        fputs(BOLD, layout->to);
    }
    fwrite(line, 1, (size_t)(last - line), layout->to);
    fprintf(layout->to, "%s\n", layout->terminal ? PLAIN : "");
    return lesson_line_next(last);
}

/* The lines from `line` on that belong to its paragraph, or its item of a list. */
static const char *paragraph_end(const char *line) {
    line = lesson_line_next(line);
    while (*line != '\0' && !is_special(line)) {
        line = lesson_line_next(line);
    }
    return line;
}

static const char *table_end(const char *line) {
    while (*line == '|') {
        line = lesson_line_next(line);
    }
    return line;
}

static const char *print_block(Layout *layout, const char *line) {
    const char *after = lesson_line_next(line);
    if (*line == '\n') {
        fputc('\n', layout->to);
    } else if (lesson_line_begins(line, LESSON_FENCE)) {
        after = print_fenced(layout, line);
    } else if (*line == '#') {
        after = print_heading(layout, line);
    } else if (*line == '|') {
        after = table_end(line);
        print_table(layout, line, after);
    } else if (lesson_line_begins(line, "- ")) {
        after = paragraph_end(line);
        fputs("- ", layout->to);
        print_words(layout, line + 2, after, 2, 2);
    } else {
        after = paragraph_end(line);
        print_words(layout, line, after, 0, 0);
    }
    return after;
}

void lesson_layout_print(FILE *stream, const char *page, const char *end, bool terminal) {
    Layout layout = {.to = stream, .terminal = terminal};
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

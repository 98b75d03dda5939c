// SPDX-License-Identifier: GPL-3.0-or-later
/* A table is told its columns first, gathers rows as texts with tabs, and measures when it prints.
 */
#include "base/terminal.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PROSE = 80, WORDS_LEAST = 24 /* characters of a column that is wrapped */ };

static int told_columns(void) {
    const char *told = getenv("COLUMNS");
    const int columns = told != NULL ? atoi(told) : 0;
    return columns > 0 ? columns : 0;
}

int terminal_width(FILE *stream) {
    const int descriptor = fileno(stream);
    if (descriptor < 0 || !isatty(descriptor)) {
        return 0;
    }
    const int columns = told_columns();
    struct winsize size;
    if (columns == 0 && ioctl(descriptor, TIOCGWINSZ, &size) == 0) {
        return size.ws_col;
    }
    return columns;
}

bool terminal_has_colour(FILE *stream) {
    const char *type = getenv("TERM"), *refused = getenv("NO_COLOR");
    return fileno(stream) >= 0 && isatty(fileno(stream)) == 1 && type != NULL &&
           strcmp(type, "dumb") != 0 && (refused == NULL || *refused == '\0');
}

int terminal_line_width(FILE *stream, int most) {
    const int width = terminal_width(stream);
    return width > 0 && width < most ? width : most;
}

int terminal_prose_width(FILE *stream) {
    const int width = terminal_width(stream);
    return width > 0 ? width : told_columns() > 0 ? told_columns() : PROSE;
}

/* Lines -------------------------------------------------------------------------------------- */

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

/* From column `at` on; what the text begins with in blanks is kept, and the other lines' too. */
static void wrap(FILE *stream, const char *text, int width, int at, int hanging) {
    const int deeper = (int)strspn(text, " ");
    fprintf(stream, "%*s", deeper, "");
    text += deeper;
    at += deeper;
    hanging += deeper;
    for (bool first = true; first || *text != '\0'; first = false) {
        const size_t length = line_length(text, width - at);
        fprintf(stream, "%*s%.*s\n", first ? 0 : hanging, "", (int)length, text);
        at = hanging;
        text += length;
        text += strspn(text, " ");
    }
}

void terminal_wrap(FILE *stream, const char *text, int width, int indent, int hanging) {
    fprintf(stream, "%*s", indent, "");
    wrap(stream, text, width, indent, hanging);
}

/* The bytes of a label, "  cost       ", with the blanks behind it, two or more, if it leaves half
 * of the line to what follows; else 0. */
static size_t label_length(const char *line, int width) {
    size_t at = strspn(line, " ");
    for (; line[at] != '\0' && text_width_n(line, at) < width / 2; at++) {
        const size_t blanks = strspn(line + at, " ");
        if (blanks > 1 && line[at + blanks] != '\0') {
            return text_width_n(line, at + blanks) <= width / 2 ? at + blanks : 0;
        }
    }
    return 0;
}

static void fold_line(FILE *stream, const char *line, int width) {
    const size_t label = label_length(line, width), indent = strspn(line, " ");
    const size_t kept = label > 0 ? label : indent;
    const int at = text_width_n(line, kept);
    fprintf(stream, "%.*s", (int)kept, line);
    wrap(stream, line + kept, width, at, label > 0 ? at : at + 2);
}

void terminal_fold(FILE *stream, const char *text, int width) {
    while (*text != '\0') {
        const size_t length = strcspn(text, "\n");
        if (width <= 0 || text_width_n(text, length) <= width) {
            fprintf(stream, "%.*s", (int)(length + (text[length] == '\n')), text);
        } else {
            char *line = memory_text_n(text, length);
            fold_line(stream, line, width);
            free(line);
        }
        text += length + (text[length] == '\n');
    }
}

#define ADD_FORMATTED(text, format)                                                                \
    do {                                                                                           \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        text_add_arguments(text, format, arguments);                                               \
        va_end(arguments);                                                                         \
    } while (0)

void terminal_say(FILE *stream, const char *format, ...) {
    Text text = {0};
    ADD_FORMATTED(&text, format);
    terminal_fold(stream, text.text, terminal_width(stream));
    text_clear(&text);
}

void terminal_say_word(FILE *stream, const char *word, TerminalColour colour, const char *text) {
    if (!terminal_has_colour(stream)) {
        terminal_say(stream, "%s: %s\n", word, text);
        return;
    }
    Text line = {0};
    size_t length;
    char *folded = NULL;
    FILE *memory = memory_checked(open_memstream(&folded, &length));
    text_addf(&line, "%s: %s\n", word, text);
    terminal_fold(memory, line.text, terminal_width(stream));
    memory_close(memory, &folded);
    fprintf(stream, "\033[1;%dm%s\033[0m%s", (int)colour, word, folded + strlen(word));
    free(folded);
    text_clear(&line);
}

FILE *terminal_lines_begin(TerminalLines *lines, FILE *to) {
    *lines = (TerminalLines){.to = to};
    lines->stream = memory_checked(open_memstream(&lines->text, &lines->length));
    return lines->stream;
}

void terminal_lines_end(TerminalLines *lines) {
    memory_close(lines->stream, &lines->text);
    terminal_fold(lines->to, lines->text, terminal_width(lines->to));
    free(lines->text);
}

/* To the end of a word of a shell: quoted blanks do not end it. */
static size_t shell_word_length(const char *text) {
    char quote = '\0';
    size_t at = 0;
    for (; text[at] != '\0' && (quote != '\0' || text[at] != ' '); at++) {
        if (text[at] == '\\' && quote != '\'' && text[at + 1] != '\0') {
            at++;
        } else if (text[at] == quote) {
            quote = '\0';
        } else if (quote == '\0' && (text[at] == '\'' || text[at] == '"')) {
            quote = text[at];
        }
    }
    return at;
}

static void print_command(FILE *stream, const char *command, int width, int indent) {
    int at = indent;
    for (bool first = true; *command != '\0'; first = false) {
        const size_t length = shell_word_length(command);
        const int columns = text_width_n(command, length);
        const int end = command[length] == '\0' ? 0 : 2; /* " \" behind it */
        if (!first && at + 1 + columns + end > width) {
            at = indent + 4;
            fprintf(stream, " \\\n%*s", at, "");
        } else if (!first) {
            fputc(' ', stream);
            at++;
        }
        fprintf(stream, "%.*s", (int)length, command);
        at += columns;
        command += length;
        command += strspn(command, " ");
    }
    fputc('\n', stream);
}

static void print_comment(FILE *stream, const char *comment, int width, int indent) {
    for (comment += strspn(comment, "# "); *comment != '\0'; comment += strspn(comment, " ")) {
        const size_t length = line_length(comment, width - indent - 2);
        fprintf(stream, "# %.*s\n", (int)length, comment);
        comment += length;
    }
}

/* The line at *script, owned by the caller, which goes on behind a backslash if it is to be whole;
 * *script moves past it. */
static char *take_line(const char **script, bool whole) {
    Text line = {0};
    for (bool goes_on = true; goes_on;) {
        size_t length = strcspn(*script, "\n");
        const bool ends = (*script)[length] == '\0';
        const char *start = *script;
        goes_on = whole && !ends && length > 0 && start[length - 1] == '\\' && *start != '#';
        *script += length + !ends;
        while (goes_on && length > 0 && strchr("\\ ", start[length - 1])) {
            length--;
        }
        const size_t blanks = line.length > 0 ? strspn(start, " ") : 0;
        text_add(&line, line.length > 0 ? " " : "");
        text_add_bytes(&line, start + blanks, length - blanks);
    }
    return text_take(&line);
}

void terminal_script(FILE *stream, const char *script, int width, int indent) {
    while (*script != '\0') {
        char *line = take_line(&script, width > 0);
        fprintf(stream, "%*s", indent, "");
        if (width <= 0 || indent + text_width(line) <= width) {
            fprintf(stream, "%s\n", line);
        } else if (*line == '#') {
            print_comment(stream, line, width, indent);
        } else {
            print_command(stream, line, width, indent);
        }
        free(line);
    }
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

/* The last column, wrapped: behind so many blanks, or on the next line if the others have moved
 * beyond its place. */
static void print_words(const char *text, int width, int start, int blanks, bool moved,
                        FILE *stream) {
    if (moved) {
        fprintf(stream, "\n%*s", start, "");
    } else {
        fprintf(stream, "%*s", blanks, "");
    }
    wrap(stream, text, width, start, start);
}

/* The first column and those from `from` to before `end`; the last of these wrapped to `width`
 * characters unless that is 0. */
static void print_row(const Table *table, const TableRow *row, size_t from, size_t end, int width,
                      FILE *stream) {
    int start = 0, blanks = 0, at = 0;
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
            blanks = blanks > 0 ? blanks : 0;
            if (width > 0 && i + 1 == table->column_count) {
                print_words(text, width, start, blanks, at + blanks > start, stream);
                return;
            }
            fprintf(stream, "%*s", blanks, "");
            at += blanks;
            blanks = 0;
            fprintf(stream, "%.*s", shown, text);
            at += text_width_n(text, (size_t)shown);
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
            terminal_say(stream, "%s\n", row->text.text);
        } else {
            print_row(table, row, from, end, width, stream);
        }
    }
}

static int widest_words(const Table *table) {
    int widest = 0;
    for (size_t i = 0; i < table->row_count; i++) {
        const TableRow *row = &table->rows[i];
        const int width =
            row->kind == ROW_LINE ? 0 : text_width(row->cells[table->column_count - 1]);
        widest = width > widest ? width : widest;
    }
    return widest;
}

/* The last column has lines of its own. */
static void print_words_below(const Table *table, int width, FILE *stream) {
    const size_t last = table->column_count - 1;
    const int indent = table->columns[0].gap + 4;
    for (size_t i = 0; i < table->row_count; i++) {
        const TableRow *row = &table->rows[i];
        char *line = NULL;
        size_t length;
        FILE *memory = memory_checked(open_memstream(&line, &length));
        if (row->kind == ROW_LINE) {
            fprintf(memory, "%s\n", row->text.text);
        } else {
            print_row(table, row, 1, last, 0, memory);
        }
        memory_close(memory, &line);
        terminal_fold(stream, strcmp(line, "\n") == 0 ? "" : line, width);
        if (row->kind != ROW_LINE && *row->cells[last] != '\0') {
            terminal_wrap(stream, row->cells[last], width, indent, indent);
        }
        free(line);
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
    const int width = table->is_prose ? terminal_prose_width(stream) : terminal_width(stream);
    const int before_last =
        count > 1 ? width_of(table, 1, count - 1) + table->columns[count - 1].gap : 0;
    const bool has_words = count > 1 && !table->columns[count - 1].right;
    if (width > 0 && has_words && before_last + WORDS_LEAST <= width) {
        print_rows(table, 1, count, width, stream);
    } else if (width > 0 && has_words && before_last + widest_words(table) > width) {
        print_words_below(table, width, stream);
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

void paragraph_end(Paragraph *paragraph) {
    if (paragraph->text.length == 0) {
        return;
    }
    const int width = terminal_line_width(paragraph->stream, PARAGRAPH_WIDTH) -
                      paragraph->label_width - text_width(paragraph->before);
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

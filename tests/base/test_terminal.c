// SPDX-License-Identifier: GPL-3.0-or-later
/* base/terminal: wrapped lines and tables, in files and on terminals of any width. */
#define _XOPEN_SOURCE 700

#include "base/terminal.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

Test(terminal, lines_are_not_too_long_and_nothing_is_lost) {
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    terminal_wrap(stream, "one two ± three four", 11, 2, 4);
    fclose(stream);
    cr_assert_str_eq(text, "  one two ±\n    three\n    four\n");
    free(text);
}

static void fill(Table *table) {
    table_columns(table, " %-6s %4*s  %-3s %s");
    table_head(table, "name\tcount\t\tend");
    table_row(table, "a\t%d\tx\t7", 5);
    table_line(table, "a line across all of them");
    table_row(table, "too long for it\t1234567");
    table_cell(table, "ü");
    table_cell(table, "%s", "");
}

Test(table, columns_are_aligned) {
    Table table = {0};
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    fill(&table);
    table_print(&table, stream);
    fclose(stream);
    cr_expect_str_eq(text, " name     count      end\n"
                           " a            5  x   7\n"
                           "a line across all of them\n"
                           " too long for it 1234567  ü\n");
    cr_expect_null(table.rows);
    free(text);
}

Test(table, a_head_flows_over_into_what_is_empty) {
    Table table = {0};
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    table_columns(&table, "%-2s %*s %*s");
    table_head(&table, "\tlabel\t");
    table_row(&table, "a\t1\t-22");
    table_row(&table, "b\t333\t4");
    table_print(&table, stream);
    fclose(stream);
    cr_expect_str_eq(text, "   label\na    1 -22\nb  333   4\n");
    free(text);
}

/* What a terminal of so many columns shows of the table. */
static void expect_on_terminal(Table *table, int columns, const char *expected) {
    const int keeper = posix_openpt(O_RDWR | O_NOCTTY);
    cr_assert(keeper >= 0 && grantpt(keeper) == 0 && unlockpt(keeper) == 0);
    const struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = 24};
    cr_assert_eq(ioctl(keeper, TIOCSWINSZ, &size), 0);
    FILE *stream = fopen(ptsname(keeper), "w");
    cr_assert_not_null(stream);
    unsetenv("COLUMNS");
    cr_expect_eq(terminal_width(stream), columns);
    table_print(table, stream);
    fflush(stream);
    char text[1024] = "";
    size_t length = 0;
    struct pollfd waiting = {.fd = keeper, .events = POLLIN}; /* it may come in pieces */
    while (length < strlen(expected) && length + 1 < sizeof text && poll(&waiting, 1, 5000) > 0) {
        char c;
        cr_assert_eq(read(keeper, &c, 1), 1);
        text[length] = c;
        length += c != '\r';
    }
    text[length] = '\0';
    cr_expect_str_eq(text, expected);
    setenv("COLUMNS", "33", 1);
    cr_expect_eq(terminal_width(stream), 33);
    fclose(stream);
    close(keeper);
}

Test(table, words_are_wrapped_on_a_narrow_terminal) {
    Table table = {0};
    table_columns(&table, "  %-6s %-s");
    table_row(&table, "one\tsome words that do not fit on a line");
    table_row(&table, "two\tfew");
    expect_on_terminal(&table, 35,
                       "  one    some words that do not fit\n"
                       "         on a line\n"
                       "  two    few\n");
}

Test(table, figures_that_do_not_fit_are_printed_below) {
    Table table = {0};
    table_columns(&table, "%-6s%8s%8s%8s");
    table_head(&table, "\tone\ttwo\tthree");
    table_row(&table, "cost\t1\t2\t3");
    expect_on_terminal(&table, 24,
                       "           one     two\n"
                       "cost         1       2\n"
                       "\n"
                       "         three\n"
                       "cost         3\n");
}

Test(table, words_without_room_go_below) {
    Table table = {0};
    table_columns(&table, "  %-20s %-s");
    table_row(&table, "one\tsome words that are wrapped");
    table_row(&table, "two");
    expect_on_terminal(&table, 30,
                       "  one\n"
                       "      some words that are\n"
                       "      wrapped\n"
                       "  two\n");
}

static void expect_folded(const char *text, int width, const char *expected) {
    char *printed = NULL;
    size_t length;
    FILE *stream = open_memstream(&printed, &length);
    terminal_fold(stream, text, width);
    fclose(stream);
    cr_expect_str_eq(printed, expected);
    free(printed);
}

Test(fold, goes_on_behind_the_label) {
    expect_folded("  cost    $3.20 on demand, $1 reserved\nshort\n", 26,
                  "  cost    $3.20 on demand,\n"
                  "          $1 reserved\nshort\n");
    expect_folded("one two three four\n", 10, "one two\n  three\n  four\n");
    expect_folded("one two three four", 0, "one two three four");
    expect_folded("waited for 12.5 s then\n", 15, "waited for\n  12.5 s then\n"); /* a unit stays */
}

Test(script, can_be_pasted) {
    char *printed = NULL;
    size_t length;
    FILE *stream = open_memstream(&printed, &length);
    terminal_script(stream, "# a remark that is long\nrun --name 'a b c' \\\n  --more x\n", 16, 0);
    fclose(stream);
    cr_expect_str_eq(printed, "# a remark that\n# is long\n"
                              "run --name \\\n    'a b c' \\\n    --more x\n");
    free(printed);
}

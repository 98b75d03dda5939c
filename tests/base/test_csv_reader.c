// SPDX-License-Identifier: GPL-3.0-or-later
/* Reading back what csv_writer writes, and what is said of files that it would not have written. */
#include "base/csv_reader.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/asim-csv-reader-XXXXXX";
static CsvReader reader;
static ErrorList errors;

static bool open_text(const char *text) {
    const int descriptor = mkstemp(path);
    cr_assert_geq(descriptor, 0);
    cr_assert_eq(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
    return csv_reader_open(&reader, path, &errors);
}

static void tear_down(void) {
    csv_reader_close(&reader);
    unlink(path);
    error_list_clear(&errors);
}

TestSuite(csv_reader, .fini = tear_down);

static void expect_refused(const char *part) {
    cr_assert_eq(errors.count, 1);
    cr_assert(reader.failed);
    char *text = error_list_text(&errors);
    cr_assert_not_null(strstr(text, part), "\"%s\" is not in: %s", part, text);
    free(text);
}

Test(csv_reader, fields_by_name_in_any_order) {
    cr_assert(open_text("name,x_s,y\na,1.5,\n\"b, \"\"c\"\"\nd\",-2e3,7\r\n"));
    const size_t x = csv_reader_need(&reader, "x_s"), y = csv_reader_find(&reader, "y");
    cr_assert(csv_reader_next(&reader));
    cr_assert_str_eq(csv_reader_text(&reader, 0), "a");
    cr_assert_eq(csv_reader_number(&reader, x), 1.5);
    cr_assert(isnan(csv_reader_number(&reader, y)));
    cr_assert(csv_reader_next(&reader));
    cr_assert_str_eq(csv_reader_text(&reader, 0), "b, \"c\"\nd");
    cr_assert_eq(csv_reader_number(&reader, x), -2000);
    cr_assert_eq(csv_reader_number(&reader, y), 7);
    cr_assert_eq(reader.line, 3);
    cr_assert_not(csv_reader_next(&reader));
    cr_assert_eq(csv_reader_find(&reader, "z"), CSV_READER_ABSENT);
    cr_assert_str_eq(csv_reader_text(&reader, CSV_READER_ABSENT), "");
    cr_assert(csv_reader_close(&reader));
    cr_assert_eq(errors.count, 0);
}

Test(csv_reader, a_ragged_row_has_its_line) {
    cr_assert(open_text("a,b\n1,2\n\"x\ny\",2\n3\n"));
    while (csv_reader_next(&reader)) {
    }
    expect_refused(":5: found 1 fields, expected 2");
}

Test(csv_reader, a_quote_that_never_ends) {
    cr_assert(open_text("a,b\n1,\"2\n3,4\n"));
    cr_assert_not(csv_reader_next(&reader));
    expect_refused(":2: found a quote that is not closed");
}

Test(csv_reader, no_number) {
    cr_assert(open_text("a,b\n1,nan\n"));
    cr_assert(csv_reader_next(&reader));
    cr_assert(isnan(csv_reader_number(&reader, 1)));
    expect_refused(":2: b: found nan, expected a number");
}

Test(csv_reader, what_never_came) {
    cr_assert(open_text("a,b,c\ninf,-inf,infinity\n"));
    cr_assert(csv_reader_next(&reader));
    cr_assert_eq(csv_reader_number(&reader, 0), INFINITY);
    cr_assert_eq(csv_reader_number(&reader, 1), -INFINITY);
    cr_assert(isnan(csv_reader_number(&reader, 2)));
    expect_refused(":2: c: found infinity, expected a number");
}

Test(csv_reader, a_column_that_is_needed) {
    cr_assert(open_text("a\n"));
    cr_assert_eq(csv_reader_need(&reader, "b"), CSV_READER_ABSENT);
    expect_refused("expected a column \"b\"");
}

Test(csv_reader, nothing_at_all) {
    cr_assert_not(open_text(""));
    expect_refused("found nothing, expected a line with the columns' names");
}

Test(csv_reader, a_byte_order_mark_and_empty_lines) {
    cr_assert(open_text("\xef\xbb\xbf\n\r\na,\"b\r\nc\"\r\n\r\n1,\n"));
    cr_assert_eq(csv_reader_find(&reader, "a"), 0);
    cr_assert_eq(csv_reader_find(&reader, "b\r\nc"), 1);
    cr_assert(csv_reader_next(&reader));
    cr_assert_eq(reader.line, 6);
    cr_assert_str_eq(csv_reader_text(&reader, 1), "");
}

static TextSpan span(const char *text) {
    return (TextSpan){text, text + strlen(text)};
}

Test(csv_reader, lines_that_go_on) {
    cr_expect(csv_line_is_open(span("1,\"a"), ','));
    cr_expect(csv_line_is_open(span("1,\"\"\""), ','));
    cr_expect_not(csv_line_is_open(span("1,a\""), ','));
    cr_expect_not(csv_line_is_open(span(""), ','));
    cr_expect_not(csv_line_is_open(span("\"a\",\"\""), ','));
    cr_expect(csv_line_stays_open(span("b,\"\"c"), ','));
    cr_expect(csv_line_stays_open(span("b\",\"c"), ','));
    cr_expect_not(csv_line_stays_open(span("b\",c"), ','));
    cr_expect_not(csv_line_stays_open(span("\""), ','));
}

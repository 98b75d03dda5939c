// SPDX-License-Identifier: GPL-3.0-or-later
/* The CSV writer: RFC 4180's cases, exact times, numbers that read back, and disks that are full.
 */
#include "base/csv_writer.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "output/report_fixture.h"

#include <criterion/criterion.h>
#include <float.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Opens a writer on PLACE/t.csv; what was written is read back and the place removed. */
typedef struct Page {
    CsvWriter writer;
    ErrorList errors;
    char *place, *path;
} Page;

static void page_open(Page *page) {
    *page = (Page){.place = fixture_place()};
    page->path = fixture_path(page->place, "t.csv");
    cr_assert(csv_writer_open(&page->writer, page->path, NULL, &page->errors));
}

static char *page_close(Page *page) {
    cr_assert(csv_writer_close(&page->writer, &page->errors));
    char *text = fixture_read(page->path);
    free(page->path);
    fixture_remove_place(page->place);
    return text;
}

Test(csv_writer, quotes_only_what_needs_it) {
    Page page;
    page_open(&page);
    static const char *const fields[] = {
        "plain",    "with,comma", "with \"quotes\"",   "two\nlines", "cr\r",
        " blanks ", "",           "d\xc3\xa9j\xc3\xa0"};
    csv_writer_header(&page.writer, fields, sizeof fields / sizeof fields[0]);
    char *text = page_close(&page);
    cr_assert_str_eq(text, "plain,\"with,comma\",\"with \"\"quotes\"\"\",\"two\nlines\",\"cr\r\","
                           " blanks ,,d\xc3\xa9j\xc3\xa0\n");
    free(text);
}

Test(csv_writer, writes_what_does_not_apply_as_an_empty_field) {
    Page page;
    page_open(&page);
    csv_writer_text(&page.writer, NULL);
    csv_writer_time(&page.writer, SIM_TIME_NEVER);
    csv_writer_number(&page.writer, NAN);
    csv_writer_empty(&page.writer);
    csv_writer_count(&page.writer, 0);
    csv_writer_end_row(&page.writer);
    char *text = page_close(&page);
    cr_assert_str_eq(text, ",,,,0\n");
    free(text);
}

Test(csv_writer, writes_what_never_came_as_inf) {
    Page page;
    page_open(&page);
    csv_writer_latency(&page.writer, SIM_TIME_NEVER);
    csv_writer_latency(&page.writer, 1500 * SIM_TIME_MILLISECOND);
    csv_writer_number(&page.writer, INFINITY);
    csv_writer_number(&page.writer, -INFINITY);
    csv_writer_end_row(&page.writer);
    char *text = page_close(&page);
    cr_assert_str_eq(text, "inf,1.5,inf,-inf\n");
    free(text);
}

Test(csv_writer, writes_whole_numbers_to_their_limits) {
    Page page;
    page_open(&page);
    csv_writer_count(&page.writer, UINT64_MAX);
    csv_writer_integer(&page.writer, INT64_MIN);
    csv_writer_integer(&page.writer, INT64_MAX);
    csv_writer_integer(&page.writer, -7);
    csv_writer_count(&page.writer, 99);
    csv_writer_count(&page.writer, 100);
    csv_writer_end_row(&page.writer);
    char *text = page_close(&page);
    cr_assert_str_eq(text,
                     "18446744073709551615,-9223372036854775808,9223372036854775807,-7,99,100\n");
    free(text);
}

Test(csv_writer, writes_times_as_sim_time_format_seconds_does) {
    static const sim_time times[] = {0,
                                     1,
                                     -1,
                                     999999999,
                                     SIM_TIME_SECOND,
                                     12 * SIM_TIME_SECOND + 500 * SIM_TIME_MILLISECOND,
                                     103 * SIM_TIME_SECOND + 906250000,
                                     -SIM_TIME_MINUTE,
                                     SIM_TIME_LONGEST,
                                     INT64_MAX - 1,
                                     INT64_MIN};
    const size_t fixed = sizeof times / sizeof times[0], count = 20000;
    gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
    sim_time *all = memory_new(count, sizeof *all);
    Page page;
    page_open(&page);
    csv_writer_text(&page.writer, "t");
    csv_writer_end_row(&page.writer);
    for (size_t i = 0; i < count; i++) {
        const unsigned shift = (unsigned)gsl_rng_uniform_int(random, 60);
        const uint64_t bits = (uint64_t)gsl_rng_get(random) << 31 | gsl_rng_get(random);
        all[i] = i < fixed ? times[i] : (sim_time)(bits >> 1 >> shift);
        csv_writer_time(&page.writer, all[i]);
        csv_writer_end_row(&page.writer);
    }
    char *text = page_close(&page);
    FixtureCsv csv = fixture_csv(text);
    for (size_t i = 0; i < count; i++) {
        char expected[SIM_TIME_TEXT];
        sim_time_format_seconds(all[i], expected);
        cr_assert_str_eq(fixture_field(&csv, i, "t"), expected);
    }
    fixture_csv_clear(&csv);
    free(text);
    free(all);
    gsl_rng_free(random);
}

static double random_double(gsl_rng *random) {
    for (;;) {
        const uint64_t bits = (uint64_t)gsl_rng_get(random) << 32 ^
                              (uint64_t)gsl_rng_get(random) << 16 ^ gsl_rng_get(random);
        double number;
        memcpy(&number, &bits, sizeof number);
        if (isfinite(number)) {
            return number;
        }
    }
}

Test(csv_writer, numbers_read_back_to_the_same_double) {
    static const double numbers[] = {0.1,    1.0 / 3, 1e300, DBL_MIN,         DBL_TRUE_MIN, DBL_MAX,
                                     -2.5,   0.0,     1e15,  123456789012345, 1e14 + 0.5,   -3,
                                     5e-324, 2.0 / 3, 1e22,  9007199254740993};
    const size_t fixed = sizeof numbers / sizeof numbers[0], count = 5000;
    gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
    double *all = memory_new(count, sizeof *all);
    Page page;
    page_open(&page);
    csv_writer_text(&page.writer, "x");
    csv_writer_end_row(&page.writer);
    for (size_t i = 0; i < count; i++) {
        all[i] = i < fixed ? numbers[i] : i % 2 ? gsl_rng_uniform(random) : random_double(random);
        csv_writer_number(&page.writer, all[i]);
        csv_writer_end_row(&page.writer);
    }
    char *text = page_close(&page);
    FixtureCsv csv = fixture_csv(text);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(strtod(fixture_field(&csv, i, "x"), NULL), all[i], "row %zu", i);
    }
    cr_assert_str_eq(fixture_field(&csv, 0, "x"), "0.1");
    cr_assert_str_eq(fixture_field(&csv, 11, "x"), "-3");
    fixture_csv_clear(&csv);
    free(text);
    free(all);
    gsl_rng_free(random);
}

Test(csv_writer, writes_fields_longer_than_its_buffer) {
    const size_t length = 200000;
    char *field = memory_new(length + 1, 1);
    memset(field, '"', length);
    Page page;
    page_open(&page);
    csv_writer_text(&page.writer, "x");
    csv_writer_end_row(&page.writer);
    csv_writer_text(&page.writer, field);
    csv_writer_end_row(&page.writer);
    char *text = page_close(&page);
    FixtureCsv csv = fixture_csv(text);
    cr_assert_str_eq(fixture_field(&csv, 0, "x"), field);
    fixture_csv_clear(&csv);
    free(text);
    free(field);
}

/* The first error's text holds each of the words. */
static void assert_error(const ErrorList *errors, const char *first, const char *second) {
    cr_assert_eq(errors->count, 1);
    char *text = error_text(&errors->items[0]);
    cr_assert(strstr(text, first) && strstr(text, second), "%s", text);
    free(text);
}

Test(csv_writer, tells_of_a_full_disk_once_at_the_end) {
    CsvWriter writer;
    ErrorList errors = {0};
    cr_assert(csv_writer_open(&writer, "/dev/full", "out/requests.csv", &errors));
    for (int i = 0; i < 100000; i++) {
        csv_writer_count(&writer, 123456789);
        csv_writer_end_row(&writer);
    }
    cr_assert_eq(errors.count, 0);
    cr_assert_not(csv_writer_close(&writer, &errors));
    assert_error(&errors, "out/requests.csv", "No space left on device");
    cr_assert(csv_writer_close(&writer, &errors), "closed already");
    error_list_clear(&errors);
}

Test(csv_writer, tells_of_a_full_disk_when_everything_fitted_the_buffer) {
    CsvWriter writer;
    ErrorList errors = {0};
    cr_assert(csv_writer_open(&writer, "/dev/full", NULL, &errors));
    csv_writer_text(&writer, "x");
    csv_writer_end_row(&writer);
    cr_assert_not(csv_writer_close(&writer, &errors));
    assert_error(&errors, "/dev/full", "No space left on device");
    error_list_clear(&errors);
}

Test(csv_writer, tells_of_a_file_that_cannot_be_made) {
    CsvWriter writer;
    ErrorList errors = {0};
    cr_assert_not(csv_writer_open(&writer, "/nowhere/at/all.csv", NULL, &errors));
    assert_error(&errors, "/nowhere/at/all.csv", "No such file or directory");
    for (int i = 0; i < 100000; i++) {
        csv_writer_count(&writer, 1); /* goes nowhere */
    }
    cr_assert(csv_writer_close(&writer, &errors), "it has been told");
    error_list_clear(&errors);
}

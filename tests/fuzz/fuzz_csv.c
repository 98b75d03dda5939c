// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as CSV and JSON that is read again: by the reader itself, whose fields survive being
 * written and read; by plot, sweep and explain, which take what they need or refuse. */
#include "base/csv_reader.h"
#include "base/csv_writer.h"
#include "experiment/sweep_directory.h"
#include "fuzzing.h"
#include "output/manifest.h"
#include "output/pictures.h"
#include "scenario/scenario.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"timeseries.csv", "latency_histogram.csv", "comparison.csv",
                                    "axes.csv",       "aggregate.csv",         "sweep.json",
                                    "manifest.json",  "scenario.json"};
enum { NAMES = sizeof names / sizeof names[0] };

/* Reader against writer ------------------------------------------------------------------------ */

/* NULL: refused, or of one column, for which an empty field would be an empty line. */
static char *rewritten(const char *path, size_t *length, ErrorList *errors) {
    CsvReader reader;
    CsvWriter writer;
    csv_writer_open_memory(&writer);
    bool good = csv_reader_open(&reader, path, errors);
    const bool several = reader.header_count > 1;
    if (good) {
        csv_writer_header(&writer, (const char *const *)reader.header, reader.header_count);
    }
    while (good && csv_reader_next(&reader)) {
        for (size_t i = 0; i < reader.count; i++) {
            csv_writer_text(&writer, csv_reader_text(&reader, i));
        }
        csv_writer_end_row(&writer);
    }
    good = csv_reader_close(&reader) && good;
    char *text = csv_writer_take(&writer, length);
    if (!good || !several) {
        free(text);
        return NULL;
    }
    return text;
}

static void read_plain(const uint8_t *data, size_t size) {
    ErrorList errors = {0};
    size_t length, again_length;
    char *text = rewritten(fuzz_file(FUZZ_FILES - 1, data, size), &length, &errors);
    fuzz_errors(&errors, errors.count > 0);
    if (text != NULL) {
        char *again = rewritten(fuzz_file(FUZZ_FILES - 1, text, length), &again_length, &errors);
        fuzz_errors(&errors, again == NULL);
        fuzz_require(again != NULL && length == again_length && memcmp(text, again, length) == 0,
                     "fields survive being written and read");
        free(again);
    }
    free(text);
}

/* Directories ---------------------------------------------------------------------------------- */

/* The tables of pictures of any bytes; there is no gnuplot, so each ends with its first picture. */
static void read_plots(const char *folder) {
    ErrorList errors = {0};
    setenv("PATH", "/nowhere", 1);
    const bool drawn = pictures_draw(folder, "scripts", "svg", &errors);
    fuzz_errors(&errors, !drawn);
}

static void read_sweep(const char *folder) {
    ErrorList errors = {0};
    SweepPlan plan;
    const bool read = sweep_plan_read(&plan, folder, &errors);
    fuzz_errors(&errors, !read);
    sweep_plan_clear(&plan);
}

static void read_run(const char *folder) {
    ErrorList errors = {0};
    const Scenario none = {0};
    char *version;
    const bool sound = run_directory_check(folder, &none, "0", &version, &errors);
    fuzz_errors(&errors, !sound);
    free(version);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    FuzzPart parts[NAMES] = {{0}};
    if (fuzz_parts((FuzzPart){data, size}, names, parts, NAMES) == 0) {
        read_plain(data, size);
        return 0;
    }
    const char *folder = fuzz_folder(names, parts, NAMES);
    read_sweep(folder);
    read_plots(folder);
    read_run(folder);
    return 0;
}

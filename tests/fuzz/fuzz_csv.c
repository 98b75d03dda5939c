// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as CSV and JSON that is read again: by the reader itself, whose fields survive being
 * written and read; by plot, sweep and explain, which take what they need or refuse. */
#include "base/csv_reader.h"
#include "base/csv_writer.h"
#include "experiment/sweep_plan.h"
#include "fuzzing.h"
#include "output/manifest.h"
#include "output/plot_data.h"
#include "output/sweep_cells.h"
#include "scenario/scenario.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = {"timeseries.csv", "latency_histogram.csv", "comparison.csv",
                                    "axes.csv",       "aggregate.csv",         "sweep.json",
                                    "manifest.json",  "scenario.json"};
enum { NAMES = sizeof names / sizeof names[0], COPIES = 3 };

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

static void read_sweep(const char *folder) {
    ErrorList errors = {0};
    SweepCells cells;
    bool read = sweep_cells_read(&cells, folder, &errors);
    fuzz_errors(&errors, !read);
    for (size_t i = 0; read && i < cells.count; i++) {
        fuzz_require(cells.cells[i].deployment < cells.deployment_count, "of a deployment");
        for (size_t axis = 0; axis < cells.axis_count; axis++) {
            fuzz_require(cells.cells[i].at[axis] < cells.axes[axis].count, "a value of its axis");
        }
        free(sweep_cells_text(&cells, &cells.cells[i], ~0U, true));
    }
    for (size_t i = 0; read && i < cells.deployment_count; i++) {
        free(sweep_replications_text(&cells, i));
    }
    sweep_cells_clear(&cells);
    SweepPlan plan;
    read = sweep_plan_read(&plan, folder, &errors);
    fuzz_errors(&errors, !read);
    sweep_plan_clear(&plan);
}

/* The copies go nowhere. */
static const char *copy_folder(const char *folder) {
    static char copies[128];
    if (copies[0] == '\0') {
        char path[256];
        snprintf(copies, sizeof copies, "%s-copies", folder);
        fuzz_require(mkdir(copies, 0700) == 0, "a folder");
        for (size_t i = 0; i < COPIES; i++) {
            snprintf(path, sizeof path, "%s/%s", copies, names[i]);
            fuzz_require(symlink("/dev/null", path) == 0, "a file that goes nowhere");
        }
    }
    return copies;
}

static void read_plots(const char *folder) {
    ErrorList errors = {0};
    const char *copies = copy_folder(folder);
    for (size_t i = 0; i < COPIES; i++) {
        PlotData data = {.errors = &errors};
        const bool copied = plot_data_copy(&data, folder, copies, names[i], i == 2);
        fuzz_errors(&errors, !copied);
        plot_data_clear(&data);
    }
    char *title, *start_s;
    plot_data_read_scenario(folder, &title, &start_s);
    free(title);
    free(start_s);
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

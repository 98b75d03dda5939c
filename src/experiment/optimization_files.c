// SPDX-License-Identifier: GPL-3.0-or-later
/* The files of an optimisation. */
#include "experiment/optimization_report.h"

#include "base/csv_writer.h"
#include "base/memory.h"

#include <stdlib.h>

static bool open_csv(const OutputDirectory *directory, const char *name, CsvWriter *writer,
                     ErrorList *errors) {
    char *file = output_directory_file(directory, name);
    char *final_file = output_directory_final_file(directory, name);
    const bool opened = csv_writer_open(writer, file, final_file, errors);
    free(file);
    free(final_file);
    return opened;
}

static void write_axis_names(const Optimization *optimization, CsvWriter *writer) {
    for (size_t i = 0; i < optimization->axes.count; i++) {
        csv_writer_text(writer, optimization->axes.items[i].name);
    }
}

/* The candidate's number and its values; the base has none. */
static void write_cell(const Optimization *optimization, size_t cell, CsvWriter *writer) {
    const size_t count = optimization->axes.count;
    const AxisValue **values = memory_new(count, sizeof *values);
    if (cell == SEARCH_BASE) {
        csv_writer_text(writer, "base");
    } else {
        csv_writer_count(writer, cell);
        axes_grid_cell(&optimization->axes, cell, values);
    }
    for (size_t i = 0; i < count; i++) {
        csv_writer_text(writer, values[i] ? values[i]->label : NULL);
    }
    free(values);
}

/* evaluations.csv ---------------------------------------------------------------------------- */

static bool write_evaluations(const Optimization *optimization, const OptimizationResult *result,
                              const OutputDirectory *directory, ErrorList *errors) {
    CsvWriter writer;
    size_t count;
    ReportedFigure *figures = optimization_figures(optimization, &count);
    bool written = open_csv(directory, "evaluations.csv", &writer, errors);
    csv_writer_text(&writer, "stage");
    csv_writer_text(&writer, "candidate");
    write_axis_names(optimization, &writer);
    csv_writer_text(&writer, "replications");
    csv_writer_text(&writer, "feasible");
    for (size_t i = 0; i < count; i++) {
        csv_writer_text(&writer, figures[i].metric->name);
    }
    csv_writer_end_row(&writer);
    for (size_t i = 0; i < result->search.record_count; i++) {
        const SearchRecord *record = &result->search.records[i];
        csv_writer_text(&writer, search_stage_names[record->stage]);
        write_cell(optimization, record->cell, &writer);
        csv_writer_count(&writer, record->replications);
        csv_writer_text(&writer, record->within ? "true" : "false");
        for (size_t k = 0; k < count; k++) {
            csv_writer_number(&writer, record->means[figures[k].figure]);
        }
        csv_writer_end_row(&writer);
    }
    written = csv_writer_close(&writer, errors) && written;
    free(figures);
    return written;
}

/* front.csv ---------------------------------------------------------------------------------- */

static void write_estimate_names(const Metric *metric, CsvWriter *writer) {
    static const char *const ends[] = {"", "_low", "_high"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char *name = memory_format("%s%s", metric->name, ends[i]);
        csv_writer_text(writer, name);
        free(name);
    }
}

static void write_estimate(Estimate estimate, CsvWriter *writer) {
    csv_writer_number(writer, estimate.mean);
    csv_writer_number(writer, estimate.mean - estimate.half_width);
    csv_writer_number(writer, estimate.mean + estimate.half_width);
}

static bool write_front(const Optimization *optimization, const OptimizationResult *result,
                        const OutputDirectory *directory, ErrorList *errors) {
    CsvWriter writer;
    size_t count;
    size_t *front = optimization_front(optimization, result, &count);
    bool written = open_csv(directory, "front.csv", &writer, errors);
    csv_writer_text(&writer, "candidate");
    write_axis_names(optimization, &writer);
    csv_writer_text(&writer, "replications");
    write_estimate_names(&optimization->cost, &writer);
    write_estimate_names(&optimization->latency, &writer);
    csv_writer_text(&writer, "chosen");
    csv_writer_end_row(&writer);
    for (size_t i = 0; i < count; i++) {
        const SearchCandidate *candidate = &result->search.candidates[front[i]];
        write_cell(optimization, candidate->cell, &writer);
        csv_writer_count(&writer, optimization->confirmation);
        write_estimate(optimization_estimate(optimization, candidate->fresh, SEARCH_COST), &writer);
        write_estimate(optimization_estimate(optimization, candidate->fresh, SEARCH_LATENCY),
                       &writer);
        const bool chosen = front[i] == result->winner && result->verdict != SEARCH_BROKEN;
        csv_writer_text(&writer, chosen ? "true" : "false");
        csv_writer_end_row(&writer);
    }
    written = csv_writer_close(&writer, errors) && written;
    free(front);
    return written;
}

bool optimization_write(const Optimization *optimization, const OptimizationResult *result,
                        const OutputDirectory *directory, ErrorList *errors) {
    bool written = write_evaluations(optimization, result, directory, errors);
    written = write_front(optimization, result, directory, errors) && written;
    char *command = optimization_firectl(optimization, result);
    if (command) {
        written =
            output_directory_write(directory, "winner.firectl.txt", command, errors) && written;
    }
    free(command);
    return written;
}

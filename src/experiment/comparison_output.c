// SPDX-License-Identifier: GPL-3.0-or-later
/* See comparison_output.h. */
#include "experiment/comparison_output.h"

#include "base/memory.h"
#include "experiment/comparison_files.h"

#include <stdlib.h>

static void write_comparison(const ComparisonStatistics *statistics, CsvWriter *writer) {
    const Plan *replications = statistics->replications;
    if (comparison_statistics_have_intervals(statistics)) {
        comparison_means_write(statistics, writer);
        return;
    }
    ComparisonRun *runs = memory_new(replications->cell_count, sizeof *runs);
    for (size_t i = 0; i < replications->cell_count; i++) {
        runs[i] = (ComparisonRun){.label = replications->cells[i].label,
                                  .summary = run_report_summary(replications->cells[i].report)};
    }
    comparison_write_csv(runs, replications->cell_count, writer);
    free(runs);
}

static bool write_table(const ComparisonStatistics *statistics, const OutputDirectory *directory,
                        const char *name,
                        void (*write)(const ComparisonStatistics *statistics, CsvWriter *writer),
                        ErrorList *errors) {
    CsvWriter writer;
    bool written = output_directory_csv(directory, name, &writer, errors);
    write(statistics, &writer);
    written = csv_writer_close(&writer, errors) && written;
    return written;
}

bool comparison_output_write(const ComparisonStatistics *statistics,
                             const OutputDirectory *directory, ErrorList *errors) {
    return write_table(statistics, directory, "comparison.csv", write_comparison, errors) &&
           write_table(statistics, directory, "statistics.csv", comparison_statistics_write,
                       errors) &&
           write_table(statistics, directory, "replications.csv", comparison_replications_write,
                       errors);
}

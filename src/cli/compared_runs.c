// SPDX-License-Identifier: GPL-3.0-or-later
/* See compared_runs.h. The runs share the digests of their input files. */
#include "cli/compared_runs.h"

#include "base/memory.h"
#include "output/manifest.h"
#include "output/run_report.h"

#include <stdlib.h>

bool compared_runs_have(const ComparedRuns *runs, const char *option) {
    return arguments_has(runs->invocation->arguments, option);
}

bool compared_runs_begin(ComparedRuns *runs, ErrorList *errors) {
    const char *out = arguments_value(runs->invocation->arguments, "out");
    return !out ||
           output_directory_begin(&runs->directory, out, compared_runs_have(runs, "force"), errors);
}

/* All reports are there before anything is run: a place that cannot be written to is told at once.
 */
static bool open_reports(ComparedRuns *runs, const Manifest *manifest, const char *const own[],
                         ErrorList *errors) {
    const bool writes = runs->directory.work != NULL;
    for (size_t i = 0; i < runs->plan.cell_count; i++) {
        PlanCell *cell = &runs->plan.cells[i];
        Manifest of_run = *manifest;
        if (own) {
            of_run.input_files = &own[i];
            of_run.input_file_count = own[i] != NULL;
        }
        const RunReportOptions options = {.within = writes ? &runs->directory : NULL,
                                          .folder = writes ? cell->label : NULL,
                                          .manifest = &of_run};
        cell->report = run_report_create(cell->scenario, &options, errors);
        if (!cell->report) {
            return false;
        }
    }
    return true;
}

static bool write_all(ComparedRuns *runs, const Manifest *manifest, ErrorList *errors) {
    for (size_t i = 0; i < runs->plan.cell_count; i++) {
        if (!run_report_finish(runs->plan.cells[i].report, errors)) {
            return false;
        }
    }
    return !runs->directory.work ||
           (comparison_write(&runs->statistics, &runs->told, &runs->directory, errors) &&
            manifest_write(manifest, &runs->directory, "", errors) &&
            output_directory_commit(&runs->directory, errors));
}

int compared_runs_do(ComparedRuns *runs, const char *const files[], size_t file_count,
                     const char *const own[], int (*run)(void *self, ErrorList *errors), void *self,
                     ErrorList *errors) {
    const Scenario **scenarios = memory_new(runs->plan.cell_count, sizeof *scenarios);
    for (size_t i = 0; i < runs->plan.cell_count; i++) {
        scenarios[i] = runs->plan.cells[i].scenario;
    }
    Manifest manifest = *runs->invocation->manifest;
    manifest.input_files = files;
    manifest.input_file_count = file_count;
    manifest.scenarios = scenarios;
    manifest.scenario_count = runs->plan.cell_count;
    manifest.digests = runs->directory.work ? manifest_begin_digests(&manifest) : NULL;
    int status = open_reports(runs, &manifest, own, errors) ? run(self, errors) : STATUS_MISTAKE;
    if (status == STATUS_DONE && !write_all(runs, &manifest, errors)) {
        status = STATUS_MISTAKE;
    }
    input_digests_end(manifest.digests);
    free(scenarios);
    return status;
}

int compared_runs_until(ComparedRuns *runs, size_t count, size_t jobs, double confidence,
                        double indifference, ErrorList *errors) {
    const PlanOptions options = {.jobs = jobs,
                                 .stop = interrupt_mark(),
                                 .bar = compared_runs_have(runs, "quiet") ? NULL : stderr};
    const asim_run_result result = plan_run(&runs->plan, count, &options, errors);
    if (result != ASIM_RUN_DONE) {
        return result == ASIM_RUN_STOPPED ? interrupt_tell("nothing was written") : STATUS_MISTAKE;
    }
    comparison_statistics_clear(&runs->statistics);
    runs->statistics = comparison_statistics(&runs->plan, confidence, indifference);
    return STATUS_DONE;
}

void compared_runs_clear(ComparedRuns *runs) {
    output_directory_abandon(&runs->directory);
    comparison_statistics_clear(&runs->statistics);
    for (size_t i = 0; i < runs->plan.cell_count; i++) {
        run_report_destroy(runs->plan.cells[i].report);
    }
    plan_clear(&runs->plan);
}

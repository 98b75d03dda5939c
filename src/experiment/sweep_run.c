// SPDX-License-Identifier: GPL-3.0-or-later
/* Cells come from the plan's runner (experiment/plan.h), one after the other; each is written when
 * its last replication has ended. */
#include "experiment/sweep_run.h"

#include "base/csv_writer.h"
#include "base/memory.h"
#include "experiment/plan.h"
#include "experiment/sweep_cell.h"
#include "experiment/sweep_check.h"
#include "figures/metrics.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

typedef struct Work {
    SweepRun *run;
    PlanCell *cells;
    size_t count;
    atomic_size_t computed;
} Work;

/* Cells --------------------------------------------------------------------------------------- */

static void blame_cell(void *self, const PlanCell *cell, ErrorList *errors) {
    const Work *work = self;
    char *text = sweep_cell_text(work->run->sweep, cell->number);
    for (size_t i = 0; i < errors->kept; i++) {
        Error *error = &errors->items[i];
        char *place = error->place != NULL ? memory_format("%s, cell %s", error->place, text)
                                           : memory_format("cell %s", text);
        error_move(error, error->file, error->line, place);
        free(place);
    }
    free(text);
}

/* Without names of files, which are called otherwise from elsewhere: cells are the same bytes. */
static char *reason_text(const ErrorList *errors) {
    char *text = memory_text("");
    for (size_t i = 0; i < errors->kept; i++) {
        Error error = errors->items[i];
        error.file = NULL;
        error.line = error.column = 0;
        char *one = error_text(&error), *longer = memory_format("%s%s%s", text, i ? "\n" : "", one);
        free(one);
        free(text);
        text = longer;
    }
    return text;
}

static bool write_cell(Work *work, const PlanCell *cell, CsvWriter *writer, ErrorList *errors) {
    size_t length;
    char *body = csv_writer_take(writer, &length);
    const bool written =
        sweep_cell_write(work->run->directory, work->run->plan->digest, cell->number, body, errors);
    free(body);
    work->computed += written;
    return written;
}

static bool write_rows(void *self, const PlanCell *cell, ErrorList *errors) {
    Work *work = self;
    const SweepFile *sweep = work->run->sweep;
    CsvWriter writer;
    csv_writer_open_memory(&writer);
    csv_writer_text(&writer, "replication");
    csv_writer_text(&writer, "deployment");
    csv_writer_header(&writer, work->run->plan->metrics, sweep->metric_count);
    for (size_t r = 0; r < cell->count; r++) {
        for (size_t d = 0; d < cell->scenario->deployment_count; d++) {
            csv_writer_count(&writer, r);
            csv_writer_text(&writer, cell->scenario->deployments[d].name);
            for (size_t i = 0; i < sweep->metric_count; i++) {
                csv_writer_number(&writer,
                                  measurement_value(&cell->measurements[r], d, sweep->metrics[i]));
            }
            csv_writer_end_row(&writer);
        }
    }
    return write_cell(work, cell, &writer, errors);
}

/* A cell that is no scenario, if such are skipped, is written at once. */
static Scenario *read_cell(void *self, const PlanCell *cell, ErrorList *errors) {
    Work *work = self;
    Scenario *scenario = sweep_cell_scenario(work->run->sweep, cell->number, errors);
    if (scenario == NULL && work->run->sweep->skips_invalid) {
        CsvWriter writer;
        char *reason = reason_text(errors);
        error_list_clear(errors);
        csv_writer_open_memory(&writer);
        csv_writer_raw(&writer, SWEEP_CELL_SKIPPED, strlen(SWEEP_CELL_SKIPPED));
        csv_writer_text(&writer, reason);
        csv_writer_end_row(&writer);
        write_cell(work, cell, &writer, errors);
        free(reason);
    }
    return scenario;
}

static void show_progress(void *self, size_t done, size_t count) {
    const Work *work = self;
    progress_update_tasks(work->run->progress, (double)done / (double)count,
                          work->run->found + work->computed, work->run->cells, "cells");
}

/* All ----------------------------------------------------------------------------------------- */

/* Cells that are there, and sound, are left alone. */
static void find_work(Work *work, ErrorList *errors) {
    SweepRun *run = work->run;
    work->cells = memory_new(run->plan->cell_count, sizeof work->cells[0]);
    for (size_t cell = 0; cell < run->plan->cell_count; cell++) {
        if (!shard_has(&run->shard, cell)) {
            continue;
        }
        run->cells++;
        char *body = sweep_cell_read(run->directory, run->plan->digest, cell, errors);
        if (body != NULL) {
            run->found++;
        } else {
            work->cells[work->count++] =
                (PlanCell){.number = cell, .count = run->plan->replications};
        }
        free(body);
    }
}

asim_run_result sweep_run(SweepRun *run, ErrorList *errors) {
    Work work = {.run = run};
    const size_t mistakes = errors->count;
    run->cells = run->found = run->computed = 0;
    find_work(&work, errors);
    const PlanOwner owner = {
        .self = &work, .read = read_cell, .ended = write_rows, .blame = blame_cell};
    const PlanOptions options = {.jobs = run->jobs,
                                 .stop = run->stop,
                                 .progress = run->progress != NULL ? show_progress : NULL,
                                 .progress_self = &work};
    const asim_run_result result =
        errors->count > mistakes ? ASIM_RUN_FAILED
                                 : plan_pass(work.cells, work.count, &owner, &options, errors);
    run->computed = work.computed;
    free(work.cells);
    return result;
}

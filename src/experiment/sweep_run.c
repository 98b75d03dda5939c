// SPDX-License-Identifier: GPL-3.0-or-later
/* A task is one replication of one cell, so that all threads are busy to the end. The first of a
 * cell's tasks reads its scenario, the last writes its file. */
#include "experiment/sweep_run.h"

#include "base/csv_writer.h"
#include "base/memory.h"
#include "experiment/measurement.h"
#include "experiment/sweep_cell.h"
#include "experiment/sweep_check.h"
#include "figures/metrics.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A cell on its way. */
typedef struct CellWork {
    pthread_mutex_t lock;
    size_t cell;
    Scenario *scenario; /* NULL: not read yet, or invalid */
    bool is_read;
    char *reason;              /* why it is no scenario, if it is to be skipped */
    size_t ended;              /* replications */
    Measurement *measurements; /* one per replication */
} CellWork;

typedef struct Work {
    SweepRun *run;
    CellWork *cells;
    size_t count;
    pthread_mutex_t lock; /* of what follows */
    ErrorList *errors;
    bool stopped;
} Work;

/* Cells --------------------------------------------------------------------------------------- */

/* With errors of its own: the list of all is shared. Tells in which cell they are. */
static void add_errors(Work *work, const CellWork *cell, const ErrorList *errors) {
    char *text = sweep_cell_text(work->run->sweep, cell->cell);
    pthread_mutex_lock(&work->lock);
    for (size_t i = 0; i < errors->kept; i++) {
        Error error = errors->items[i];
        char *place = error.place != NULL ? memory_format("%s, cell %s", error.place, text)
                                          : memory_format("cell %s", text);
        error.place = place;
        error_add(work->errors, &error);
        free(place);
    }
    pthread_mutex_unlock(&work->lock);
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

static void read_cell(Work *work, CellWork *cell, ErrorList *errors) {
    cell->is_read = true;
    cell->measurements = memory_new(work->run->plan->replications, sizeof cell->measurements[0]);
    cell->scenario = sweep_cell_scenario(work->run->sweep, cell->cell, errors);
    if (cell->scenario == NULL && work->run->sweep->skips_invalid) {
        cell->reason = reason_text(errors);
        error_list_clear(errors);
    }
}

static void clear_cell(Work *work, CellWork *cell) {
    for (size_t i = 0; cell->measurements != NULL && i < work->run->plan->replications; i++) {
        measurement_clear(&cell->measurements[i]);
    }
    free(cell->measurements);
    free(cell->reason);
    scenario_destroy(cell->scenario);
    cell->measurements = NULL;
    cell->reason = NULL;
    cell->scenario = NULL;
}

static void write_rows(const Work *work, const CellWork *cell, CsvWriter *writer) {
    const SweepFile *sweep = work->run->sweep;
    csv_writer_text(writer, "replication");
    csv_writer_text(writer, "deployment");
    csv_writer_header(writer, work->run->plan->metrics, sweep->metric_count);
    for (size_t r = 0; r < sweep->replications; r++) {
        for (size_t d = 0; d < cell->scenario->deployment_count; d++) {
            csv_writer_count(writer, r);
            csv_writer_text(writer, cell->scenario->deployments[d].name);
            for (size_t i = 0; i < sweep->metric_count; i++) {
                csv_writer_number(writer,
                                  measurement_value(&cell->measurements[r], d, sweep->metrics[i]));
            }
            csv_writer_end_row(writer);
        }
    }
}

static char *body_of(const Work *work, const CellWork *cell) {
    CsvWriter writer;
    size_t length;
    csv_writer_open_memory(&writer);
    if (cell->reason != NULL) {
        csv_writer_raw(&writer, SWEEP_CELL_SKIPPED, strlen(SWEEP_CELL_SKIPPED));
        csv_writer_text(&writer, cell->reason);
        csv_writer_end_row(&writer);
    } else {
        write_rows(work, cell, &writer);
    }
    return csv_writer_take(&writer, &length);
}

static bool write_cell(const Work *work, const CellWork *cell, ErrorList *errors) {
    char *body = body_of(work, cell);
    const bool written =
        sweep_cell_write(work->run->directory, work->run->plan->digest, cell->cell, body, errors);
    free(body);
    return written;
}

/* Tasks --------------------------------------------------------------------------------------- */

/* The scenario is shared by the cell's replications, which differ in one number only. */
static bool simulate(const Work *work, CellWork *cell, size_t replication, ErrorList *errors,
                     bool *stopped) {
    if (cell->reason != NULL) {
        return true;
    }
    Scenario scenario = *cell->scenario;
    scenario.replication = (int64_t)replication;
    const asim_run_result result =
        measurement_run(&scenario, work->run->stop, &cell->measurements[replication], errors);
    *stopped = result == ASIM_RUN_STOPPED;
    return result == ASIM_RUN_DONE;
}

static bool end_replication(Work *work, CellWork *cell, ErrorList *errors) {
    pthread_mutex_lock(&cell->lock);
    const bool last = ++cell->ended == work->run->plan->replications;
    pthread_mutex_unlock(&cell->lock);
    if (!last) {
        return true;
    }
    const bool written = write_cell(work, cell, errors);
    clear_cell(work, cell);
    if (written) {
        pthread_mutex_lock(&work->lock);
        work->run->computed++;
        pthread_mutex_unlock(&work->lock);
    }
    return written;
}

static bool run_task(void *self, size_t index) {
    Work *work = self;
    const size_t replications = work->run->plan->replications;
    CellWork *cell = &work->cells[index / replications];
    ErrorList errors = {0};
    pthread_mutex_lock(&cell->lock);
    if (!cell->is_read) {
        read_cell(work, cell, &errors);
    }
    const bool valid = cell->scenario != NULL || cell->reason != NULL;
    pthread_mutex_unlock(&cell->lock);
    bool stopped = false;
    const bool well = valid && simulate(work, cell, index % replications, &errors, &stopped) &&
                      end_replication(work, cell, &errors);
    if (errors.count > 0) {
        add_errors(work, cell, &errors);
    }
    if (stopped) {
        pthread_mutex_lock(&work->lock);
        work->stopped = true;
        pthread_mutex_unlock(&work->lock);
    }
    error_list_clear(&errors);
    return well;
}

static void show_progress(void *self, size_t done, size_t count) {
    Work *work = self;
    pthread_mutex_lock(&work->lock);
    const size_t computed = work->run->computed;
    pthread_mutex_unlock(&work->lock);
    if (work->run->progress != NULL) {
        progress_update_tasks(work->run->progress, (double)done / (double)count,
                              work->run->found + computed, work->run->cells, "cells");
    }
}

/* All ----------------------------------------------------------------------------------------- */

/* Cells that are there, and sound, are left alone. */
static void find_work(Work *work) {
    SweepRun *run = work->run;
    work->cells = memory_new(run->plan->cell_count, sizeof work->cells[0]);
    for (size_t cell = 0; cell < run->plan->cell_count; cell++) {
        if (!shard_has(&run->shard, cell)) {
            continue;
        }
        run->cells++;
        char *body = sweep_cell_read(run->directory, run->plan->digest, cell, work->errors);
        if (body != NULL) {
            run->found++;
        } else {
            pthread_mutex_init(&work->cells[work->count].lock, NULL);
            work->cells[work->count++].cell = cell;
        }
        free(body);
    }
}

SweepEnd sweep_run(SweepRun *run, ErrorList *errors) {
    Work work = {.run = run, .errors = errors};
    run->cells = run->found = run->computed = 0;
    pthread_mutex_init(&work.lock, NULL);
    const size_t mistakes = errors->count;
    find_work(&work);
    const TaskPool pool = {
        .jobs = run->jobs, .stop = run->stop, .progress = show_progress, .progress_self = &work};
    const bool done = errors->count == mistakes &&
                      task_pool_run(&pool, work.count * run->plan->replications, run_task, &work);
    for (size_t i = 0; i < work.count; i++) {
        clear_cell(&work, &work.cells[i]);
        pthread_mutex_destroy(&work.cells[i].lock);
    }
    free(work.cells);
    pthread_mutex_destroy(&work.lock);
    const bool stopped = work.stopped || (run->stop != NULL && *run->stop);
    return done ? SWEEP_DONE : errors->count == 0 && stopped ? SWEEP_STOPPED : SWEEP_FAILED;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Cells come from the plan's runner (experiment/plan.h), one after the other; each is written when
 * its last replication has ended. Rows of cells become rows of the sweep as they were written;
 * numbers for means are read back from them. */
#include "experiment/sweep.h"

#include "base/assertion.h"
#include "base/csv_writer.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/terminal.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "base/workplace.h"
#include "experiment/cells.h"
#include "experiment/plan.h"
#include "experiment/sweep_directory.h"
#include "experiment/sweep_file.h"
#include "figures/human.h"
#include "figures/metrics.h"
#include "output/progress.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"
#include "stats/estimate.h"

#include <cJSON.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Running ------------------------------------------------------------------------------------- */

enum { ROWS_MOST = 12 }; /* of the table at the end */

typedef struct Work {
    SweepRun *run;
    PlanCell *cells;
    size_t count;
    atomic_size_t computed;
    Progress progress;
} Work;

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
    Text text = {0};
    for (size_t i = 0; i < errors->kept; i++) {
        Error error = errors->items[i];
        error.file = NULL;
        error.line = error.column = 0;
        char *one = error_text(&error);
        text_addf(&text, "%s%s", i > 0 ? "\n" : "", one);
        free(one);
    }
    return text_take(&text);
}

static bool write_cell(Work *work, const PlanCell *cell, CsvWriter *writer, ErrorList *errors) {
    size_t length;
    char *body = csv_writer_take(writer, &length);
    const bool written =
        sweep_cell_write(work->run->plan, work->run->directory, cell->number, body, errors);
    free(body);
    work->computed += written;
    return written;
}

static bool write_rows(void *self, const PlanCell *cell, ErrorList *errors) {
    Work *work = self;
    const SweepFile *sweep = work->run->sweep;
    CsvWriter writer;
    asim_assert(cell->count == sweep->replications && cell->ended == cell->count);
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
    Work *work = self;
    progress_update_tasks(&work->progress, (double)done / (double)count,
                          work->run->found + work->computed, work->run->cells, "cells");
}

/* Cells that are there, and sound, are left alone. */
static void find_work(Work *work, ErrorList *errors) {
    SweepRun *run = work->run;
    work->cells = memory_new(run->plan->cell_count, sizeof work->cells[0]);
    for (size_t cell = 0; cell < run->plan->cell_count; cell++) {
        if (!shard_has(&run->shard, cell)) {
            continue;
        }
        run->cells++;
        char *body = sweep_cell_read(run->plan, run->directory, cell, errors);
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
    if (run->bar != NULL) {
        progress_init(&work.progress, run->bar, NULL);
    }
    const PlanOwner owner = {
        .self = &work, .read = read_cell, .ended = write_rows, .blame = blame_cell};
    const PlanOptions options = {.jobs = run->jobs,
                                 .stop = run->stop,
                                 .progress = run->bar != NULL ? show_progress : NULL,
                                 .progress_self = &work};
    const asim_run_result result =
        errors->count > mistakes ? ASIM_RUN_FAILED
                                 : plan_pass(work.cells, work.count, &owner, &options, errors);
    if (run->bar != NULL) {
        progress_clear(&work.progress);
    }
    run->computed = work.computed;
    asim_assert(run->found + run->computed <= run->cells);
    asim_assert(result != ASIM_RUN_DONE || run->found + run->computed == run->cells);
    free(work.cells);
    return result;
}

/* Results ------------------------------------------------------------------------------------- */

/* What outcomes are made of. */
typedef enum Ingredient {
    INGREDIENT_USD,
    INGREDIENT_LATENCY,
    INGREDIENT_REQUESTS,
    INGREDIENT_COMPLETED,
    INGREDIENTS_NEEDED,
    INGREDIENT_PROJECTED = INGREDIENTS_NEEDED,
    INGREDIENTS
} Ingredient;

static const MetricId ingredient_metrics[INGREDIENTS] = {
    METRIC_total_usd, METRIC_ttft_p95_s, METRIC_requests, METRIC_completed, METRIC_usd_per_30_days};

typedef struct Results {
    const SweepPlan *plan;
    CsvWriter results, aggregate;
    SweepOutcomes *outcomes;
    size_t ingredients[INGREDIENTS]; /* numbers of metrics; metric_count: not there */
} Results;

/* One row of a cell's file: replication, deployment, metrics. */
typedef struct Row {
    const char *text;
    size_t length; /* without the line's end */
    const char *deployment;
    size_t deployment_length; /* with its quotes */
    const char *metrics;      /* the text after the deployment's comma */
} Row;

typedef struct Rows {
    Row *items;
    size_t count, room;
    size_t deployments; /* rows of each replication */
} Rows;

/* The end of a field: its comma, its line's end or the text's. */
static const char *field_end(const char *field) {
    bool quoted = false;
    while (*field != '\0' && (quoted || (*field != ',' && *field != '\n'))) {
        quoted = quoted != (*field == '"');
        field++;
    }
    return field;
}

static const char *line_end(const char *line) {
    while (*(line = field_end(line)) == ',') {
        line++;
    }
    return line;
}

static const char *after(const char *end) {
    return *end != '\0' ? end + 1 : end;
}

/* Those of one body, without its header. */
static void split_rows(const char *body, Rows *rows) {
    *rows = (Rows){0};
    for (const char *line = after(line_end(body)); *line != '\0';) {
        const char *end = line_end(line);
        const char *deployment = after(field_end(line)), *deployment_end = field_end(deployment);
        rows->items = memory_grow(rows->items, rows->count, &rows->room, sizeof rows->items[0]);
        rows->items[rows->count++] =
            (Row){.text = line,
                  .length = (size_t)(end - line),
                  .deployment = deployment,
                  .deployment_length = (size_t)(deployment_end - deployment),
                  .metrics = after(deployment_end)};
        line = after(end);
    }
}

/* Reads the metrics of all rows; what does not apply is NAN. */
static double *read_values(const Rows *rows, size_t width) {
    double *values = memory_new(rows->count * width + 1, sizeof values[0]);
    for (size_t i = 0; i < rows->count; i++) {
        const char *field = rows->items[i].metrics;
        for (size_t k = 0; k < width; k++) {
            const char *end = field_end(field);
            values[i * width + k] = end == field ? NAN : strtod(field, NULL);
            field = after(end);
        }
    }
    return values;
}

static void write_place(CsvWriter *writer, const SweepPlan *plan, size_t cell) {
    csv_writer_count(writer, cell);
    for (size_t i = 0; i < plan->axis_count; i++) {
        csv_writer_text(writer, plan->labels[cell * plan->axis_count + i]);
    }
}

static void write_estimate(CsvWriter *writer, Estimate estimate) {
    csv_writer_number(writer, estimate.mean);
    csv_writer_number(writer, estimate.mean - estimate.half_width);
    csv_writer_number(writer, estimate.mean + estimate.half_width);
}

/* A field that keeps its quotes. */
static void write_raw_field(CsvWriter *writer, const char *text, size_t length) {
    csv_writer_empty(writer);
    csv_writer_raw(writer, text, length);
}

static void write_aggregate(Results *self, size_t cell, const Rows *rows, const double values[]) {
    const SweepPlan *plan = self->plan;
    double *sample = memory_new(plan->replications, sizeof sample[0]);
    for (size_t d = 0; d < rows->deployments; d++) {
        write_place(&self->aggregate, plan, cell);
        write_raw_field(&self->aggregate, rows->items[d].deployment,
                        rows->items[d].deployment_length);
        csv_writer_count(&self->aggregate, plan->replications);
        for (size_t metric = 0; metric < plan->metric_count; metric++) {
            for (size_t r = 0; r < plan->replications; r++) {
                sample[r] = values[(r * rows->deployments + d) * plan->metric_count + metric];
            }
            write_estimate(&self->aggregate,
                           estimate_mean(sample, plan->replications, SWEEP_CONFIDENCE));
        }
        csv_writer_end_row(&self->aggregate);
    }
    free(sample);
}

static double value_of(const Results *self, const Rows *rows, const double values[],
                       size_t replication, size_t deployment, Ingredient ingredient) {
    return self->ingredients[ingredient] == self->plan->metric_count
               ? NAN
               : values[(replication * rows->deployments + deployment) * self->plan->metric_count +
                        self->ingredients[ingredient]];
}

static SweepOutcome outcome_of(const Results *self, const Rows *rows, const double values[]) {
    const size_t replications = self->plan->replications;
    asim_assert(rows->count == replications * rows->deployments);
    double *usd = memory_new(4 * replications, sizeof usd[0]);
    double *latency = usd + replications, *served = latency + replications;
    double *projected = served + replications;
    for (size_t r = 0; r < replications; r++) {
        double requests = 0, completed = 0;
        latency[r] = NAN;
        for (size_t d = 0; d < rows->deployments; d++) {
            usd[r] += value_of(self, rows, values, r, d, INGREDIENT_USD);
            projected[r] += value_of(self, rows, values, r, d, INGREDIENT_PROJECTED);
            latency[r] = fmax(latency[r], value_of(self, rows, values, r, d, INGREDIENT_LATENCY));
            requests += value_of(self, rows, values, r, d, INGREDIENT_REQUESTS);
            completed += value_of(self, rows, values, r, d, INGREDIENT_COMPLETED);
        }
        served[r] = requests > 0 ? completed / requests : NAN;
    }
    const SweepOutcome outcome = {.usd = estimate_mean(usd, replications, SWEEP_CONFIDENCE),
                                  .projected =
                                      estimate_mean(projected, replications, SWEEP_CONFIDENCE),
                                  .latency = estimate_mean(latency, replications, SWEEP_CONFIDENCE),
                                  .served = estimate_mean(served, replications, SWEEP_CONFIDENCE)};
    free(usd);
    return outcome;
}

static void find_ingredients(Results *self) {
    self->outcomes->measured = true;
    for (size_t i = 0; i < INGREDIENTS; i++) {
        size_t metric = 0;
        while (metric < self->plan->metric_count &&
               strcmp(self->plan->metrics[metric], metric_rows[ingredient_metrics[i]].name) != 0) {
            metric++;
        }
        self->ingredients[i] = metric;
        self->outcomes->measured = self->outcomes->measured &&
                                   (metric < self->plan->metric_count || i >= INGREDIENTS_NEEDED);
    }
    self->outcomes->projected = self->ingredients[INGREDIENT_PROJECTED] < self->plan->metric_count;
}

static void write_results(Results *self, size_t cell, const Rows *rows) {
    for (size_t i = 0; i < rows->count; i++) {
        write_place(&self->results, self->plan, cell);
        write_raw_field(&self->results, rows->items[i].text, rows->items[i].length);
        csv_writer_end_row(&self->results);
    }
}

static bool add_cell(Results *self, size_t cell, const char *source, ErrorList *errors) {
    const size_t mistakes = errors->count;
    char *body = sweep_cell_read(self->plan, source, cell, errors);
    asim_assert(cell < self->plan->cell_count && self->outcomes->count == self->plan->cell_count);
    SweepOutcome *outcome = &self->outcomes->cells[cell];
    if (errors->count > mistakes) {
        return false;
    }
    if (body == NULL) { /* it was there a moment ago */
        char *file = sweep_cell_path(source, cell);
        error_in_file(errors, file, "no sound file any more", "the cell that was computed",
                      "--resume computes it again");
        free(file);
        return false;
    }
    if (strncmp(body, SWEEP_CELL_SKIPPED, strlen(SWEEP_CELL_SKIPPED)) == 0) {
        outcome->skipped = true;
        self->outcomes->skipped++;
        free(body);
        return true;
    }
    Rows rows;
    split_rows(body, &rows);
    asim_assert(rows.count % self->plan->replications == 0);
    rows.deployments = rows.count / self->plan->replications;
    double *values = read_values(&rows, self->plan->metric_count);
    write_results(self, cell, &rows);
    write_aggregate(self, cell, &rows, values);
    if (self->outcomes->measured) {
        *outcome = outcome_of(self, &rows, values);
    }
    free(values);
    free(rows.items);
    free(body);
    return true;
}

static void write_head(CsvWriter *writer, const SweepPlan *plan, bool aggregate) {
    csv_writer_text(writer, "cell");
    for (size_t i = 0; i < plan->axis_count; i++) {
        csv_writer_text(writer, plan->axes[i]);
    }
    csv_writer_text(writer, aggregate ? "deployment" : "replication");
    csv_writer_text(writer, aggregate ? "replications" : "deployment");
    for (size_t i = 0; i < plan->metric_count; i++) {
        csv_writer_text(writer, plan->metrics[i]);
        for (size_t k = 0; aggregate && k < 2; k++) {
            char *name = memory_format("%s_%s", plan->metrics[i], k == 0 ? "low" : "high");
            csv_writer_text(writer, name);
            free(name);
        }
    }
    csv_writer_end_row(writer);
}

static bool write_axes(const SweepPlan *plan, const char *path, ErrorList *errors) {
    CsvWriter writer;
    size_t length;
    csv_writer_open_memory(&writer);
    csv_writer_header(&writer, (const char *const[]){"axis", "position", "value"}, 3);
    const cJSON *axis;
    cJSON_ArrayForEach (axis, cJSON_GetObjectItemCaseSensitive(plan->tree, "axes")) {
        size_t position = 0;
        const cJSON *value;
        cJSON_ArrayForEach (value, cJSON_GetObjectItemCaseSensitive(axis, "values")) {
            csv_writer_text(&writer, cJSON_GetObjectItemCaseSensitive(axis, "name")->valuestring);
            csv_writer_count(&writer, position++);
            csv_writer_text(&writer, cJSON_GetObjectItemCaseSensitive(value, "label")->valuestring);
            csv_writer_end_row(&writer);
        }
    }
    char *text = csv_writer_take(&writer, &length);
    const bool written = whole_file_write(path, text, length, true, errors);
    free(text);
    return written;
}

/* An unfinished CSV file, and what it is to be called. */
typedef struct Unfinished {
    char *path;
    Workplace *work; /* NULL: it could not be begun */
} Unfinished;

static bool begin(Unfinished *file, CsvWriter *writer, const char *directory, const char *name,
                  ErrorList *errors) {
    file->path = memory_format("%s/%s", directory, name);
    file->work = workplace_begin(file->path, "a file that can be written", errors);
    return file->work != NULL &&
           csv_writer_open(writer, workplace_new(file->work), file->path, errors);
}

static bool finish(Unfinished *file, CsvWriter *writer, bool sound, ErrorList *errors) {
    sound = csv_writer_close(writer, errors) && sound;
    sound = sound && workplace_sync(file->work, errors) &&
            whole_file_take_name(workplace_new(file->work), file->path, errors);
    workplace_end(file->work);
    free(file->path);
    return sound;
}

bool sweep_results_write(const SweepPlan *plan, const char *const sources[], const char *directory,
                         SweepOutcomes *outcomes, ErrorList *errors) {
    Results self = {.plan = plan, .outcomes = outcomes};
    Unfinished results, aggregate;
    *outcomes = (SweepOutcomes){.cells = memory_new(plan->cell_count, sizeof outcomes->cells[0]),
                                .count = plan->cell_count};
    find_ingredients(&self);
    bool sound = begin(&results, &self.results, directory, "results.csv", errors);
    sound = begin(&aggregate, &self.aggregate, directory, "aggregate.csv", errors) && sound;
    if (sound) {
        write_head(&self.results, plan, false);
        write_head(&self.aggregate, plan, true);
    }
    for (size_t cell = 0; cell < plan->cell_count && sound; cell++) {
        sound = add_cell(&self, cell, sources[cell], errors);
    }
    sound = finish(&results, &self.results, sound, errors) && sound;
    sound = finish(&aggregate, &self.aggregate, sound, errors) && sound;
    char *axes = memory_format("%s/axes.csv", directory);
    sound = sound && write_axes(plan, axes, errors);
    free(axes);
    return sound;
}

void sweep_outcomes_clear(SweepOutcomes *outcomes) {
    free(outcomes->cells);
    *outcomes = (SweepOutcomes){0};
}

/* The table at the end ------------------------------------------------------------------------- */

typedef struct Choice {
    size_t cell;
    double usd, latency;
    size_t alike; /* other cells with the same two figures: options that changed nothing */
} Choice;

static int by_usd(const void *left, const void *right) {
    const Choice *a = left, *b = right;
    if (a->usd != b->usd) {
        return a->usd < b->usd ? -1 : 1;
    }
    return (a->cell > b->cell) - (a->cell < b->cell);
}

static size_t join_alike(Choice choices[], size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        Choice *last = kept > 0 ? &choices[kept - 1] : NULL;
        if (last != NULL && last->usd == choices[i].usd && last->latency == choices[i].latency) {
            last->alike++;
        } else {
            choices[kept++] = choices[i];
        }
    }
    return kept;
}

/* The cells on the front, the cheapest first; their number. The caller's (free). */
static Choice *choose(const SweepOutcomes *outcomes, size_t *count) {
    double *usd = memory_new(2 * outcomes->count, sizeof usd[0]);
    double *latency = usd + outcomes->count;
    bool *on_front = memory_new(outcomes->count, sizeof on_front[0]);
    Choice *choices = memory_new(outcomes->count, sizeof choices[0]);
    for (size_t i = 0; i < outcomes->count; i++) {
        usd[i] = outcomes->cells[i].skipped ? NAN : outcomes->cells[i].usd.mean;
        latency[i] = outcomes->cells[i].skipped ? NAN : outcomes->cells[i].latency.mean;
    }
    pareto_front(usd, latency, outcomes->count, on_front);
    *count = 0;
    for (size_t i = 0; i < outcomes->count; i++) {
        if (on_front[i]) {
            choices[(*count)++] = (Choice){.cell = i, .usd = usd[i], .latency = latency[i]};
        }
    }
    qsort(choices, *count, sizeof choices[0], by_usd);
    *count = join_alike(choices, *count);
    free(usd);
    free(on_front);
    return choices;
}

static void add_estimate(Table *table, MetricUnit unit, Estimate estimate) {
    char text[HUMAN_ESTIMATE_TEXT];
    table_cell(
        table, "%s",
        human_estimate(unit, HUMAN_ESTIMATE_VALUE, estimate.mean, estimate.half_width, text));
}

static void add_row(Table *table, const SweepPlan *plan, const SweepOutcomes *outcomes,
                    const Choice *choice) {
    const size_t cell = choice->cell;
    const SweepOutcome *outcome = &outcomes->cells[cell];
    table_row(table, "%zu", cell);
    for (size_t i = 0; i < plan->axis_count; i++) {
        table_cell(table, "%s", plan->labels[cell * plan->axis_count + i]);
    }
    char served[HUMAN_TEXT];
    add_estimate(table, METRIC_UNIT_USD, outcome->usd);
    if (outcomes->projected) {
        add_estimate(table, METRIC_UNIT_USD, outcome->projected);
    }
    add_estimate(table, METRIC_UNIT_SECONDS, outcome->latency);
    table_cell(table, "%s", human_share(outcome->served.mean, served));
    if (choice->alike > 0) {
        table_cell(table, "and %zu cell%s alike", choice->alike, choice->alike == 1 ? "" : "s");
    }
}

static void print_table(FILE *stream, const SweepPlan *plan, const SweepOutcomes *outcomes,
                        const Choice choices[], size_t count) {
    Table table = {0};
    table_columns(&table, "%6s");
    table_head(&table, "cell");
    for (size_t i = 0; i < plan->axis_count; i++) {
        table_columns(&table, "  %6*s");
        table_cell(&table, "%s", plan->axes[i]);
    }
    table_columns(&table,
                  outcomes->projected ? "  %20s  %20s  %20s  %8s  %-s" : "  %20s  %20s  %8s  %-s");
    table_cell(&table, outcomes->projected ? "total cost\tper 30 days\tp95 TTFT\tserved"
                                           : "total cost\tp95 TTFT\tserved");
    /* Of a long front every so many cells, both ends among them. */
    const size_t rows = count < ROWS_MOST ? count : ROWS_MOST;
    for (size_t i = 0; i < rows; i++) {
        const Choice *choice = &choices[rows > 1 ? i * (count - 1) / (rows - 1) : 0];
        add_row(&table, plan, outcomes, choice);
    }
    table_print(&table, stream);
}

void sweep_print(FILE *stream, const SweepPlan *plan, const SweepOutcomes *outcomes,
                 double elapsed_s) {
    char cells[HUMAN_TEXT], replications[HUMAN_TEXT], skipped[HUMAN_TEXT], elapsed[HUMAN_TEXT];
    TerminalLines lines;
    terminal_lines_begin(&lines, stream);
    fprintf(lines.stream, "%s cells x %s replications in %s", human_count(plan->cell_count, cells),
            human_count(plan->replications, replications), human_seconds(elapsed_s, elapsed));
    if (outcomes->skipped > 0) {
        fprintf(lines.stream, "; %s cells are no scenarios and were skipped",
                human_count(outcomes->skipped, skipped));
    }
    fputs("\n", lines.stream);
    terminal_lines_end(&lines);
    if (!outcomes->measured) {
        return;
    }
    size_t count;
    Choice *choices = choose(outcomes, &count);
    if (count > 0) {
        terminal_say(stream, "\nNo other cell is both cheaper and quicker than these%s\n",
                     count > ROWS_MOST ? " (some of them)" : "");
        print_table(stream, plan, outcomes, choices, count);
    }
    free(choices);
}

static cJSON *estimate_json(Estimate estimate) {
    cJSON *tree = json_object();
    json_add(tree, "mean", json_number(estimate.mean));
    json_add(tree, "half_width", json_number(estimate.half_width));
    return tree;
}

static cJSON *cell_json(const SweepPlan *plan, const SweepOutcomes *outcomes, size_t cell) {
    const SweepOutcome *outcome = &outcomes->cells[cell];
    cJSON *row = json_object(), *axes = json_object();
    for (size_t i = 0; i < plan->axis_count; i++) {
        json_add(axes, plan->axes[i], json_text(plan->labels[cell * plan->axis_count + i]));
    }
    json_add(row, "cell", json_number((double)cell));
    json_add(row, "axes", axes);
    json_add(row, "skipped", json_boolean(outcome->skipped));
    if (outcomes->measured && !outcome->skipped) {
        json_add(row, "total_usd", estimate_json(outcome->usd));
        if (outcomes->projected) {
            json_add(row, "usd_per_30_days", estimate_json(outcome->projected));
        }
        json_add(row, "ttft_p95_s", estimate_json(outcome->latency));
        json_add(row, "completed_share", estimate_json(outcome->served));
    }
    return row;
}

cJSON *sweep_json(const SweepPlan *plan, const SweepOutcomes *outcomes) {
    cJSON *tree = json_object(), *cells = json_array(), *best = json_array();
    for (size_t i = 0; i < plan->cell_count; i++) {
        json_append(cells, cell_json(plan, outcomes, i));
    }
    size_t count = 0;
    Choice *choices = outcomes->measured ? choose(outcomes, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        cJSON *choice = json_object();
        json_add(choice, "cell", json_number((double)choices[i].cell));
        json_add(choice, "alike", json_number((double)choices[i].alike));
        json_append(best, choice);
    }
    free(choices);
    json_add(tree, "replications", json_number((double)plan->replications));
    json_add(tree, "confidence", json_number(SWEEP_CONFIDENCE));
    json_add(tree, "skipped", json_number((double)outcomes->skipped));
    json_add(tree, "best", best);
    json_add(tree, "cells", cells);
    return tree;
}

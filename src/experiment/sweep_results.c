// SPDX-License-Identifier: GPL-3.0-or-later
/* Rows of cells become rows of the sweep. A cell's rows are taken as they were written; numbers for
 * means are read back from them. */
#include "experiment/sweep_results.h"

#include "base/csv_writer.h"
#include "base/memory.h"
#include "base/whole_file.h"
#include "base/workplace.h"
#include "experiment/sweep_cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What outcomes are made of. */
typedef enum Ingredient {
    INGREDIENT_USD,
    INGREDIENT_LATENCY,
    INGREDIENT_REQUESTS,
    INGREDIENT_COMPLETED,
    INGREDIENTS
} Ingredient;

static const char *const ingredient_metrics[INGREDIENTS] = {"total_usd", "ttft_p95_s", "requests",
                                                            "completed"};

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

/* Rows ---------------------------------------------------------------------------------------- */

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
static double *read_values(const Rows *rows, size_t metric_count) {
    double *values = memory_new(rows->count * metric_count + 1, sizeof values[0]);
    for (size_t i = 0; i < rows->count; i++) {
        const char *field = rows->items[i].metrics;
        for (size_t k = 0; k < metric_count; k++) {
            const char *end = field_end(field);
            values[i * metric_count + k] = end == field ? NAN : strtod(field, NULL);
            field = after(end);
        }
    }
    return values;
}

/* Aggregates ---------------------------------------------------------------------------------- */

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

/* Outcomes ------------------------------------------------------------------------------------ */

static double value_of(const Results *self, const Rows *rows, const double values[],
                       size_t replication, size_t deployment, Ingredient ingredient) {
    return values[(replication * rows->deployments + deployment) * self->plan->metric_count +
                  self->ingredients[ingredient]];
}

static SweepOutcome outcome_of(const Results *self, const Rows *rows, const double values[]) {
    const size_t replications = self->plan->replications;
    double *usd = memory_new(3 * replications, sizeof usd[0]);
    double *latency = usd + replications, *served = latency + replications;
    for (size_t r = 0; r < replications; r++) {
        double requests = 0, completed = 0;
        latency[r] = NAN;
        for (size_t d = 0; d < rows->deployments; d++) {
            usd[r] += value_of(self, rows, values, r, d, INGREDIENT_USD);
            latency[r] = fmax(latency[r], value_of(self, rows, values, r, d, INGREDIENT_LATENCY));
            requests += value_of(self, rows, values, r, d, INGREDIENT_REQUESTS);
            completed += value_of(self, rows, values, r, d, INGREDIENT_COMPLETED);
        }
        served[r] = requests > 0 ? completed / requests : NAN;
    }
    const SweepOutcome outcome = {.usd = estimate_mean(usd, replications, SWEEP_CONFIDENCE),
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
               strcmp(self->plan->metrics[metric], ingredient_metrics[i]) != 0) {
            metric++;
        }
        self->ingredients[i] = metric;
        self->outcomes->measured = self->outcomes->measured && metric < self->plan->metric_count;
    }
}

/* Cells --------------------------------------------------------------------------------------- */

static void write_results(Results *self, size_t cell, const Rows *rows) {
    for (size_t i = 0; i < rows->count; i++) {
        write_place(&self->results, self->plan, cell);
        write_raw_field(&self->results, rows->items[i].text, rows->items[i].length);
        csv_writer_end_row(&self->results);
    }
}

static bool add_cell(Results *self, size_t cell, const char *source, ErrorList *errors) {
    const size_t mistakes = errors->count;
    char *body = sweep_cell_read(source, self->plan->digest, cell, errors);
    SweepOutcome *outcome = &self->outcomes->cells[cell];
    if (errors->count > mistakes) {
        return false;
    }
    if (body == NULL) { /* it was there a moment ago */
        char *name = sweep_cell_name(cell), *file = memory_format("%s/%s", source, name);
        error_in_file(errors, file, "no sound file any more", "the cell that was computed",
                      "--resume computes it again");
        free(name);
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

/* Files --------------------------------------------------------------------------------------- */

static void write_head(CsvWriter *writer, const SweepPlan *plan, bool aggregate) {
    csv_writer_text(writer, "cell");
    for (size_t i = 0; i < plan->axis_count; i++) {
        csv_writer_text(writer, plan->axes[i]);
    }
    csv_writer_text(writer, aggregate ? "deployment" : "replication");
    csv_writer_text(writer, aggregate ? "replications" : "deployment");
    for (size_t i = 0; i < plan->metric_count; i++) {
        csv_writer_text(writer, plan->metrics[i]);
        if (aggregate) {
            char *low = memory_format("%s_low", plan->metrics[i]);
            char *high = memory_format("%s_high", plan->metrics[i]);
            csv_writer_text(writer, low);
            csv_writer_text(writer, high);
            free(low);
            free(high);
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

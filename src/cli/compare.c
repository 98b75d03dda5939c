// SPDX-License-Identifier: GPL-3.0-or-later
/* `compare`: several scenarios, or one under several presets, on the same traffic, side by side. */
#include "cli/commands.h"
#include "cli/drawing.h"
#include "cli/scenario_arguments.h"
#include "cli/simulate.h"
#include "engine/memory.h"
#include "report/comparison.h"
#include "report/manifest.h"
#include "scenario/file_name.h"

#include <cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One column of the table. */
typedef struct Column {
    const char *file;
    const char *preset; /* NULL: as the file says */
    char *label;        /* owned; names its folder too */
    Scenario *scenario;
    RunReport *report;
} Column;

typedef struct Columns {
    Column *items;
    size_t count, room;
} Columns;

static bool label_is_taken(const Columns *columns, const char *label) {
    for (size_t i = 0; i < columns->count; i++) {
        if (strcmp(columns->items[i].label, label) == 0) {
            return true;
        }
    }
    return false;
}

/* The preset's name is enough when there is one file; labels are made distinct by a number. */
static void add_column(Columns *columns, const char *file, const char *preset, bool several_files) {
    char *of_file = file_name_stem(file);
    char *label = !preset         ? memory_text(of_file)
                  : several_files ? memory_format("%s-%s", of_file, preset)
                                  : memory_text(preset);
    for (int number = 2; label_is_taken(columns, label); number++) {
        char *numbered = memory_format("%s-%d", preset ? preset : of_file, number);
        free(label);
        label = numbered;
    }
    free(of_file);
    columns->items =
        memory_grow(columns->items, columns->count, &columns->room, sizeof *columns->items);
    columns->items[columns->count++] = (Column){.file = file, .preset = preset, .label = label};
}

static void plan_columns(Columns *columns, const Arguments *arguments) {
    for (size_t f = 0; f < arguments->positional_count; f++) {
        const char *file = arguments->positional[f];
        bool any_preset = false;
        for (size_t i = 0; i < arguments->given_count; i++) {
            const CliGiven *given = &arguments->given[i];
            if (!given->is_flag && strcmp(given->name, "preset") == 0) {
                add_column(columns, file, given->value, arguments->positional_count > 1);
                any_preset = true;
            }
        }
        if (!any_preset) {
            add_column(columns, file, NULL, false);
        }
    }
}

static int run_column(const Invocation *invocation, Column *column,
                      const OutputDirectory *directory, InputDigests *digests, ErrorList *errors) {
    const RunReportOptions options = {
        .within = directory,
        .folder = directory ? column->label : NULL,
        .version = ASIM_VERSION,
        .command_line = invocation->command_line,
        .command_line_count = invocation->command_line_count,
        .input_files = &column->file,
        .input_file_count = 1,
        .digests = digests,
    };
    column->report = run_report_create(column->scenario, &options, errors);
    if (!column->report) {
        return STATUS_MISTAKE;
    }
    const int status = simulate(column->scenario, column->report, column->label,
                                arguments_has(invocation->arguments, "quiet"), errors);
    if (status == STATUS_DONE && !run_report_finish(column->report, errors)) {
        return STATUS_MISTAKE;
    }
    return status;
}

static ComparisonRun *comparison_runs(const Columns *columns) {
    ComparisonRun *runs = memory_new(columns->count, sizeof *runs);
    for (size_t i = 0; i < columns->count; i++) {
        runs[i] = (ComparisonRun){.label = columns->items[i].label,
                                  .summary = run_report_summary(columns->items[i].report)};
    }
    return runs;
}

static bool write_comparison(const Columns *columns, const OutputDirectory *directory,
                             ErrorList *errors) {
    ComparisonRun *runs = comparison_runs(columns);
    char *file = output_directory_file(directory, "comparison.csv");
    char *final_file = output_directory_final_file(directory, "comparison.csv");
    CsvWriter writer;
    bool written = csv_writer_open(&writer, file, final_file, errors);
    comparison_write_csv(runs, columns->count, &writer);
    written = csv_writer_close(&writer, errors) && written;
    free(file);
    free(final_file);
    free(runs);
    return written;
}

/* Beside the manifests of the runs: it tells --force that the directory is ours. */
static bool write_manifest(const Manifest *manifest, const OutputDirectory *directory,
                           ErrorList *errors) {
    char *text = manifest_text(manifest);
    const bool written = output_directory_write(directory, "manifest.json", text, errors);
    free(text);
    return written;
}

static void print_comparison(const Columns *columns, const Arguments *arguments) {
    if (arguments_has(arguments, "quiet")) {
        return;
    }
    ComparisonRun *runs = comparison_runs(columns);
    if (arguments_has(arguments, "json")) {
        char *json = comparison_json(runs, columns->count);
        fputs(json, stdout);
        free(json);
    } else {
        comparison_print(stdout, runs, columns->count);
        if (arguments_has(arguments, "out")) {
            printf("\nWritten to %s\n", arguments_value(arguments, "out"));
        }
    }
    free(runs);
}

static bool read_scenarios(Columns *columns, const Arguments *arguments, ErrorList *errors) {
    bool sound = true;
    for (size_t i = 0; i < columns->count; i++) {
        Column *column = &columns->items[i];
        column->scenario = scenario_from_arguments(column->file, column->preset, arguments, errors);
        sound = sound && column->scenario;
    }
    return sound;
}

/* The part of the scenario as run that decides which requests come. */
static cJSON *traffic_of(const Scenario *scenario) {
    static const char *const keys[] = {"seed", "replication", "duration", "start"};
    cJSON *whole = cJSON_Parse(scenario->as_run);
    cJSON *part = cJSON_CreateObject();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        cJSON_AddItemToObject(part, keys[i],
                              cJSON_DetachItemFromObjectCaseSensitive(whole, keys[i]));
    }
    cJSON *deployments = cJSON_GetObjectItemCaseSensitive(whole, "deployments");
    for (cJSON *each = deployments ? deployments->child : NULL; each; each = each->next) {
        cJSON_AddItemToObject(part, each->string,
                              cJSON_DetachItemFromObjectCaseSensitive(each, "traffic"));
    }
    cJSON_Delete(whole);
    return part;
}

/* Percentages mean little when the requests are not the same. */
static void note_other_traffic(const Columns *columns) {
    cJSON *first = traffic_of(columns->items[0].scenario);
    for (size_t i = 1; i < columns->count; i++) {
        cJSON *other = traffic_of(columns->items[i].scenario);
        if (!cJSON_Compare(first, other, true)) {
            fprintf(stderr,
                    "note: %s has other traffic than %s (its sources, deployments, seed, start or "
                    "duration): "
                    "the requests are not the same\n",
                    columns->items[i].label, columns->items[0].label);
        }
        cJSON_Delete(other);
    }
    cJSON_Delete(first);
}

static int run_columns(const Invocation *invocation, Columns *columns, OutputDirectory *directory,
                       const Manifest *manifest, ErrorList *errors) {
    for (size_t i = 0; i < columns->count; i++) {
        const int status =
            run_column(invocation, &columns->items[i], directory, manifest->digests, errors);
        if (status != STATUS_DONE) {
            return status;
        }
    }
    if (directory && !(write_comparison(columns, directory, errors) &&
                       write_manifest(manifest, directory, errors) &&
                       output_directory_commit(directory, errors))) {
        return STATUS_MISTAKE;
    }
    return STATUS_DONE;
}

/* The runs share the digests of their input files. */
static int run_all(const Invocation *invocation, Columns *columns, OutputDirectory *directory,
                   ErrorList *errors) {
    const Scenario **scenarios = memory_new(columns->count, sizeof *scenarios);
    for (size_t i = 0; i < columns->count; i++) {
        scenarios[i] = columns->items[i].scenario;
    }
    Manifest manifest = {
        .version = ASIM_VERSION,
        .command_line = invocation->command_line,
        .command_line_count = invocation->command_line_count,
        .input_files = invocation->arguments->positional,
        .input_file_count = invocation->arguments->positional_count,
        .scenarios = scenarios,
        .scenario_count = columns->count,
    };
    clock_gettime(CLOCK_MONOTONIC, &manifest.started);
    manifest.digests = directory ? manifest_begin_digests(&manifest) : NULL;
    const int status = run_columns(invocation, columns, directory, &manifest, errors);
    input_digests_end(manifest.digests);
    free(scenarios);
    return status;
}

static int compare(const Invocation *invocation, Columns *columns, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const char *out = arguments_value(arguments, "out");
    OutputDirectory directory = {0};
    if (!read_scenarios(columns, arguments, errors)) {
        return STATUS_MISTAKE;
    }
    if (out &&
        !output_directory_begin(&directory, out, arguments_has(arguments, "force"), errors)) {
        return STATUS_MISTAKE;
    }
    if (!arguments_has(arguments, "quiet")) {
        note_other_traffic(columns);
    }
    int status = run_all(invocation, columns, out ? &directory : NULL, errors);
    if (status == STATUS_DONE) {
        print_comparison(columns, arguments);
    } else {
        output_directory_abandon(&directory);
    }
    if (status == STATUS_DONE && arguments_has(arguments, "plot") &&
        !drawing_draw(out, arguments_has(arguments, "quiet"), errors)) {
        status = STATUS_MISTAKE;
    }
    return status;
}

int command_compare(const Invocation *invocation, ErrorList *errors) {
    Columns columns = {0};
    if (!simulate_options_agree(invocation->arguments, errors)) {
        return STATUS_MISTAKE;
    }
    plan_columns(&columns, invocation->arguments);
    const int status = compare(invocation, &columns, errors);
    for (size_t i = 0; i < columns.count; i++) {
        run_report_destroy(columns.items[i].report);
        scenario_destroy(columns.items[i].scenario);
        free(columns.items[i].label);
    }
    free(columns.items);
    return status;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The facade. Each file has a row in a table: its writer is opened before the run, or at its end.
 */
#include "output/run_report.h"

#include "base/memory.h"
#include "figures/events.h"
#include "figures/latency_histogram.h"
#include "figures/metrics.h"
#include "figures/requests_csv.h"
#include "figures/timeseries.h"
#include "output/manifest.h"

#include <stdlib.h>
#include <string.h>

enum { OBSERVERS_MOST = 6 };

struct RunReport {
    const Scenario *scenario;
    Summary *summary;
    DecisionsDigest *decisions;

    bool has_output;
    OutputDirectory own;              /* when the report has a directory to itself */
    const OutputDirectory *directory; /* that, or the caller's */
    char *folder;                     /* "" or "performance/": before each file's name */
    CsvWriter timeseries_writer, events_writer, requests_writer;
    Timeseries *timeseries;
    Events *events;
    RequestsCsv *requests;
    OutputFile event_file; /* --trace-events; no stream: not asked for */
    Manifest manifest;
    InputDigests *own_digests; /* unless the caller has them */
    char *version;

    asim_observer observers[OBSERVERS_MOST];
    const asim_observer *list[OBSERVERS_MOST];
    size_t observer_count;
};

static void add_observer(RunReport *report, asim_observer observer) {
    report->observers[report->observer_count] = observer;
    report->list[report->observer_count] = &report->observers[report->observer_count];
    report->observer_count++;
}

/* Files -------------------------------------------------------------------------------------- */

static bool open_csv(const RunReport *report, const char *name, CsvWriter *writer,
                     ErrorList *errors) {
    char *file = memory_format("%s%s", report->folder, name);
    const bool opened = output_directory_csv(report->directory, file, writer, errors);
    free(file);
    return opened;
}

static bool write_text(const RunReport *report, const char *name, const char *text,
                       ErrorList *errors) {
    char *file = memory_format("%s%s", report->folder, name);
    const bool written = output_directory_write(report->directory, file, text, errors);
    free(file);
    return written;
}

static bool write_summary_table(const RunReport *report, const char *name,
                                void (*write)(const Summary *summary, CsvWriter *writer),
                                ErrorList *errors) {
    CsvWriter writer;
    if (!open_csv(report, name, &writer, errors)) {
        csv_writer_abandon(&writer);
        return false;
    }
    write(report->summary, &writer);
    return csv_writer_close(&writer, errors);
}

static bool write_scenario(const RunReport *report, ErrorList *errors) {
    return report->scenario->as_run == NULL ||
           write_text(report, "scenario.json", report->scenario->as_run, errors);
}

/* Creation ----------------------------------------------------------------------------------- */

static bool begin_directory(RunReport *report, const RunReportOptions *options, ErrorList *errors) {
    if (options->within != NULL) {
        report->directory = options->within;
        report->folder = memory_format("%s/", options->folder);
        return output_directory_make_folder(options->within, options->folder, errors);
    }
    report->directory = &report->own;
    report->folder = memory_text("");
    return output_directory_begin(&report->own, options->directory, options->force, errors);
}

/* What the loop does, one line an event. */
static void write_event(void *self, const asim_event *event) {
    const RunReport *report = self;
    CsvWriter row;
    size_t length;
    csv_writer_open_memory(&row);
    csv_writer_time(&row, event->time);
    csv_writer_text(&row, event->kind);
    csv_writer_text(&row, event->deployment == ASIM_NO_DEPLOYMENT
                              ? NULL
                              : report->scenario->deployments[event->deployment].name);
    csv_writer_count(&row, event->subject);
    if (event->slot == UINT32_MAX) {
        csv_writer_empty(&row);
    } else {
        csv_writer_count(&row, event->slot);
    }
    csv_writer_end_row(&row);
    char *line = csv_writer_take(&row, &length);
    fwrite(line, 1, length, report->event_file.stream); /* a failure is told at the commit */
    free(line);
}

static bool begin_events(RunReport *report, const RunReportOptions *options, ErrorList *errors) {
    if (options->event_trace == NULL) {
        return true;
    }
    if (!output_file_begin(&report->event_file, options->event_trace, options->force, errors)) {
        report->event_file.stream = NULL;
        return false;
    }
    fputs("time_s,event,deployment,subject,slot\n", report->event_file.stream);
    add_observer(report, (asim_observer){.self = report, .event_begins = write_event});
    return true;
}

static void abandon_events(RunReport *report) {
    if (report->event_file.stream != NULL) {
        output_file_abandon(&report->event_file);
        report->event_file.stream = NULL;
    }
}

static bool has_failed(const void *self) {
    const RunReport *report = self;
    return report->timeseries_writer.failure != 0 || report->events_writer.failure != 0 ||
           report->requests_writer.failure != 0;
}

static bool open_observers(RunReport *report, ErrorList *errors) {
    add_observer(report, (asim_observer){.self = report, .has_failed = has_failed});
    const Scenario *scenario = report->scenario;
    if (!open_csv(report, "timeseries.csv", &report->timeseries_writer, errors) ||
        !open_csv(report, "events.csv", &report->events_writer, errors)) {
        return false;
    }
    report->timeseries = timeseries_create(scenario, &report->timeseries_writer);
    add_observer(report, timeseries_observer(report->timeseries));
    report->events = events_create(scenario, &report->events_writer);
    add_observer(report, events_observer(report->events));
    if (scenario->write_requests) {
        if (!open_csv(report, "requests.csv", &report->requests_writer, errors)) {
            return false;
        }
        report->requests = requests_csv_create(scenario, &report->requests_writer);
        add_observer(report, requests_csv_observer(report->requests));
    }
    return true;
}

static void prepare_manifest(RunReport *report, const RunReportOptions *options) {
    report->version = memory_text(options->version);
    report->manifest = (Manifest){
        .version = report->version,
        .command_line = options->command_line,
        .command_line_count = options->command_line_count,
        .input_files = options->input_files,
        .input_file_count = options->input_file_count,
        .scenarios = &report->scenario,
        .scenario_count = 1,
        .digests = options->digests,
    };
    clock_gettime(CLOCK_MONOTONIC, &report->manifest.started);
}

RunReport *run_report_create(const Scenario *scenario, const RunReportOptions *options,
                             ErrorList *errors) {
    RunReport *report = memory_new(1, sizeof *report);
    report->scenario = scenario;
    report->summary = summary_create(scenario);
    report->decisions = decisions_digest_create(scenario);
    report->has_output = options->directory != NULL || options->within != NULL;
    add_observer(report, summary_observer(report->summary));
    add_observer(report, decisions_digest_observer(report->decisions));
    prepare_manifest(report, options);
    if (!begin_events(report, options, errors) ||
        (report->has_output &&
         (!begin_directory(report, options, errors) || !open_observers(report, errors)))) {
        run_report_destroy(report);
        return NULL;
    }
    if (report->has_output && report->manifest.digests == NULL) {
        report->own_digests = manifest_begin_digests(&report->manifest);
        report->manifest.digests = report->own_digests;
    }
    return report;
}

size_t run_report_observers(const RunReport *report, const asim_observer *const **observers) {
    *observers = report->list;
    return report->observer_count;
}

/* The end ------------------------------------------------------------------------------------ */

static bool close_writers(RunReport *report, ErrorList *errors) {
    const bool timeseries = csv_writer_close(&report->timeseries_writer, errors);
    const bool events = csv_writer_close(&report->events_writer, errors);
    const bool requests = csv_writer_close(&report->requests_writer, errors);
    return timeseries && events && requests;
}

void run_report_tell_failure(RunReport *report, ErrorList *errors) {
    if (has_failed(report)) {
        close_writers(report, errors);
    }
}

static bool finish_output(RunReport *report, ErrorList *errors) {
    if (!report->has_output) {
        return true;
    }
    const bool written =
        close_writers(report, errors) &&
        write_summary_table(report, "summary.csv", summary_write_csv, errors) &&
        write_summary_table(report, "latency_histogram.csv", latency_histogram_write, errors) &&
        write_scenario(report, errors) &&
        manifest_write(&report->manifest, report->directory, report->folder, errors);
    report->has_output = false;
    if (report->directory != &report->own) {
        return written; /* the caller's to commit */
    }
    if (!written) {
        output_directory_abandon(&report->own);
        return false;
    }
    return output_directory_commit(&report->own, errors);
}

bool run_report_finish(RunReport *report, ErrorList *errors) {
    if (!finish_output(report, errors)) {
        abandon_events(report);
        return false;
    }
    OutputFile file = report->event_file;
    report->event_file.stream = NULL;
    return file.stream == NULL || output_file_commit(&file, errors);
}

void run_report_abandon(RunReport *report) {
    csv_writer_abandon(&report->timeseries_writer);
    csv_writer_abandon(&report->events_writer);
    csv_writer_abandon(&report->requests_writer);
    abandon_events(report);
    output_directory_abandon(&report->own);
    report->has_output = false;
}

void run_report_destroy(RunReport *report) {
    if (report == NULL) {
        return;
    }
    run_report_abandon(report);
    input_digests_end(report->own_digests);
    timeseries_destroy(report->timeseries);
    events_destroy(report->events);
    requests_csv_destroy(report->requests);
    decisions_digest_destroy(report->decisions);
    summary_destroy(report->summary);
    free(report->folder);
    free(report->version);
    free(report);
}

const Summary *run_report_summary(const RunReport *report) {
    return report->summary;
}

const DecisionsDigest *run_report_decisions(const RunReport *report) {
    return report->decisions;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The facade. Each file has a row in a table: its writer is opened before the run, or at its end.
 */
#include "output/run_report.h"

#include "base/assertion.h"
#include "base/csv_writer.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/output_directory.h"
#include "base/text.h"
#include "figures/decisions_digest.h"
#include "figures/run_files.h"
#include "figures/summary.h"
#include "figures/verdict.h"
#include "output/manifest.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"

#include <stdlib.h>

/* Of each file; of the summary, the digest of decisions, the trace of events and failures. */
enum { OBSERVERS_MOST = RUN_FILES + 4 };

/* What the loop did, one line an event: for whoever looks for a defect. */
typedef struct EventTrace {
    OutputFile file;
    CsvWriter rows;
    const Scenario *scenario; /* lent */
} EventTrace;

struct RunReport {
    const Scenario *scenario;
    Summary *summary;
    DecisionsDigest *decisions;

    bool has_output, has_histogram;
    OutputDirectory own;              /* when the report has a directory to itself */
    const OutputDirectory *directory; /* that, or the caller's */
    char *folder;                     /* "" or "performance/": before each file's name */
    CsvWriter writers[RUN_FILES];
    RunFile *files[RUN_FILES];
    EventTrace event_trace;
    Manifest manifest;
    TextList warnings;         /* of the manifest */
    InputDigests *own_digests; /* unless the caller has them */

    asim_observer observers[OBSERVERS_MOST];
    const asim_observer *list[OBSERVERS_MOST];
    size_t observer_count;
};

static void add_observer(RunReport *report, asim_observer observer) {
    asim_assert(report->observer_count < OBSERVERS_MOST);
    report->observers[report->observer_count] = observer;
    report->list[report->observer_count] = &report->observers[report->observer_count];
    report->observer_count++;
}

/* The events of the loop --------------------------------------------------------------------- */

/* subject: a request's id, a replica's number. */
static const char *const event_trace_columns[] = {"time_s", "event", "deployment", "subject",
                                                  "slot"};

static void event_trace_write(void *self, const asim_event *event) {
    EventTrace *trace = self;
    CsvWriter *rows = &trace->rows;
    csv_writer_time(rows, event->time);
    csv_writer_text(rows, event->kind);
    csv_writer_text(rows, event->deployment == ASIM_NO_DEPLOYMENT
                              ? NULL
                              : trace->scenario->deployments[event->deployment].name);
    csv_writer_count(rows, event->subject);
    if (event->slot == UINT32_MAX) {
        csv_writer_empty(rows);
    } else {
        csv_writer_count(rows, event->slot);
    }
    csv_writer_end_row(rows);
}

static bool event_trace_begin(RunReport *report, const RunReportOptions *options,
                              ErrorList *errors) {
    EventTrace *trace = &report->event_trace;
    trace->scenario = report->scenario;
    if (!output_file_begin(&trace->file, options->event_trace, options->force, errors)) {
        return false;
    }
    csv_writer_open_stream(&trace->rows, trace->file.stream);
    csv_writer_header(&trace->rows, event_trace_columns,
                      sizeof event_trace_columns / sizeof event_trace_columns[0]);
    add_observer(report, (asim_observer){.self = trace, .event_begins = event_trace_write});
    return true;
}

static bool event_trace_commit(EventTrace *trace, ErrorList *errors) {
    (void)csv_writer_close(&trace->rows, errors); /* the file tells whether all was written */
    return output_file_commit(&trace->file, errors);
}

static void event_trace_abandon(EventTrace *trace) {
    csv_writer_abandon(&trace->rows);
    output_file_abandon(&trace->file);
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

static bool write_verdicts(const RunReport *report, ErrorList *errors) {
    cJSON *tree = summary_verdicts(report->summary);
    char *text = json_print(tree);
    const bool written = write_text(report, "verdicts.json", text, errors);
    free(text);
    cJSON_Delete(tree);
    return written;
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

static bool has_failed(const void *self) {
    const RunReport *report = self;
    bool failed = false;
    for (size_t i = 0; i < RUN_FILES; i++) {
        failed = failed || report->writers[i].failure != 0;
    }
    return failed;
}

static bool open_observers(RunReport *report, ErrorList *errors) {
    add_observer(report, (asim_observer){.self = report, .has_failed = has_failed});
    for (RunFileKind i = 0; i < RUN_FILES; i++) {
        if (i >= RUN_FILE_REQUESTS && !report->scenario->write_requests) {
            continue;
        }
        if (!open_csv(report, run_file_names[i], &report->writers[i], errors)) {
            return false;
        }
        report->files[i] = run_file_create(i, report->scenario, &report->writers[i]);
        add_observer(report, run_file_observer(report->files[i]));
    }
    return true;
}

RunReport *run_report_create(const Scenario *scenario, const RunReportOptions *options,
                             ErrorList *errors) {
    RunReport *report = memory_new(1, sizeof *report);
    report->scenario = scenario;
    report->summary = summary_create(scenario);
    report->decisions = decisions_digest_create(scenario);
    report->has_output = options->directory != NULL || options->within != NULL;
    report->has_histogram = !options->no_histogram;
    add_observer(report, summary_observer(report->summary));
    add_observer(report, decisions_digest_observer(report->decisions));
    report->manifest = options->manifest ? *options->manifest : (Manifest){0};
    report->manifest.scenarios = &report->scenario;
    report->manifest.scenario_count = 1;
    if ((options->event_trace != NULL && !event_trace_begin(report, options, errors)) ||
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

const OutputDirectory *run_report_directory(const RunReport *report) {
    return report->has_output ? report->directory : NULL;
}

/* The end ------------------------------------------------------------------------------------ */

static bool close_writers(RunReport *report, ErrorList *errors) {
    bool closed = true;
    for (size_t i = 0; i < RUN_FILES; i++) {
        closed = csv_writer_close(&report->writers[i], errors) && closed;
    }
    return closed;
}

void run_report_tell_failure(RunReport *report, ErrorList *errors) {
    if (has_failed(report)) {
        close_writers(report, errors);
    }
}

static void list_warnings(RunReport *report) {
    const Summary *summary = report->summary;
    for (size_t i = 0; i < summary->deployment_count; i++) {
        char text[VERDICT_WARNING];
        if (verdict_warning(&summary->deployments[i], text)[0] != '\0') {
            text_list_add(&report->warnings,
                          memory_format("%s: %s", summary->deployments[i].name, text));
        }
    }
    report->manifest.warnings = &report->warnings;
}

static bool finish_output(RunReport *report, ErrorList *errors) {
    if (!report->has_output) {
        return true;
    }
    list_warnings(report);
    const bool written =
        close_writers(report, errors) &&
        write_summary_table(report, "summary.csv", summary_write_csv, errors) &&
        (!report->has_histogram ||
         write_summary_table(report, "latency_histogram.csv", latency_histogram_write, errors)) &&
        write_scenario(report, errors) && write_verdicts(report, errors) &&
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
        event_trace_abandon(&report->event_trace);
        return false;
    }
    return report->event_trace.file.stream == NULL ||
           event_trace_commit(&report->event_trace, errors);
}

void run_report_abandon(RunReport *report) {
    for (size_t i = 0; i < RUN_FILES; i++) {
        csv_writer_abandon(&report->writers[i]);
    }
    event_trace_abandon(&report->event_trace);
    output_directory_abandon(&report->own);
    report->has_output = false;
}

void run_report_destroy(RunReport *report) {
    if (report == NULL) {
        return;
    }
    run_report_abandon(report);
    input_digests_end(report->own_digests);
    for (size_t i = 0; i < RUN_FILES; i++) {
        run_file_destroy(report->files[i]);
    }
    decisions_digest_destroy(report->decisions);
    summary_destroy(report->summary);
    text_list_clear(&report->warnings);
    free(report->folder);
    free(report);
}

const Summary *run_report_summary(const RunReport *report) {
    return report->summary;
}

const DecisionsDigest *run_report_decisions(const RunReport *report) {
    return report->decisions;
}

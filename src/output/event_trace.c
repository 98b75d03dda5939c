// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/event_trace.h"

#include "base/csv_writer.h"

#include <stdlib.h>

static const char *const columns[] = {"time_s", "event", "deployment", "subject", "slot"};

static void put(EventTrace *trace, CsvWriter *row) {
    size_t length;
    csv_writer_end_row(row);
    char *line = csv_writer_take(row, &length);
    fwrite(line, 1, length, trace->file.stream); /* a failure stays, and is told at the commit */
    free(line);
}

bool event_trace_begin(EventTrace *trace, const Scenario *scenario, const char *path, bool force,
                       ErrorList *errors) {
    *trace = (EventTrace){.scenario = scenario};
    if (!output_file_begin(&trace->file, path, force, errors)) {
        trace->file.stream = NULL;
        return false;
    }
    CsvWriter row;
    csv_writer_open_memory(&row);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        csv_writer_text(&row, columns[i]);
    }
    put(trace, &row);
    return true;
}

static void write_event(void *self, const asim_event *event) {
    EventTrace *trace = self;
    CsvWriter row;
    csv_writer_open_memory(&row);
    csv_writer_time(&row, event->time);
    csv_writer_text(&row, event->kind);
    csv_writer_text(&row, event->deployment == ASIM_NO_DEPLOYMENT
                              ? NULL
                              : trace->scenario->deployments[event->deployment].name);
    csv_writer_count(&row, event->subject);
    if (event->slot == UINT32_MAX) {
        csv_writer_empty(&row);
    } else {
        csv_writer_count(&row, event->slot);
    }
    put(trace, &row);
}

asim_observer event_trace_observer(EventTrace *trace) {
    return (asim_observer){.self = trace, .event_begins = write_event};
}

bool event_trace_commit(EventTrace *trace, ErrorList *errors) {
    const bool committed = output_file_commit(&trace->file, errors);
    trace->file.stream = NULL;
    return committed;
}

void event_trace_abandon(EventTrace *trace) {
    if (trace->file.stream != NULL) {
        output_file_abandon(&trace->file);
        trace->file.stream = NULL;
    }
}

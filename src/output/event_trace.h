// SPDX-License-Identifier: GPL-3.0-or-later
/* What the loop did, one line an event: for whoever looks for a defect. CSV: time_s, event,
 * deployment, subject (a request's id, a replica's number), slot. */
#ifndef OUTPUT_EVENT_TRACE_H
#define OUTPUT_EVENT_TRACE_H

#include "autoscale_sim/observer.h"
#include "base/output_directory.h"
#include "scenario/scenario.h"

typedef struct EventTrace {
    OutputFile file;
    const Scenario *scenario; /* lent */
} EventTrace;

/* False after adding an error. `path` is lent; "-" is standard output. */
bool event_trace_begin(EventTrace *trace, const Scenario *scenario, const char *path, bool force,
                       ErrorList *errors);
/* Lends the trace. */
asim_observer event_trace_observer(EventTrace *trace);
/* Gives the file its name; on failure adds an error and leaves nothing. */
bool event_trace_commit(EventTrace *trace, ErrorList *errors);
/* Removes what was written; nothing after a commit, or before a beginning. */
void event_trace_abandon(EventTrace *trace);

#endif

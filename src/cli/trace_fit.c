// SPDX-License-Identifier: GPL-3.0-or-later
/* `trace fit`: one pass over the file, then models of it. */
#include "output/trace_fit.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/trace.h"
#include "engine/sim_time.h"

#include <stdio.h>
#include <stdlib.h>

static bool read_all(TraceInput *input, TrafficFit *fit) {
    asim_arrival block[TRACE_BLOCK];
    bool failed = false;
    size_t count;
    while ((count = input->source->next(input->source, block, TRACE_BLOCK, &failed)) > 0) {
        traffic_fit_add(fit, block, count);
    }
    return !failed;
}

static void print(const TraceFitReport *report, bool json) {
    if (!json) {
        trace_fit_print(stdout, report);
        return;
    }
    cJSON *tree = trace_fit_json(report);
    char *text = json_print(tree);
    fputs(text, stdout);
    free(text);
    cJSON_Delete(tree);
}

static int fit_input(TraceInput *input, sim_time threshold, bool json) {
    TrafficFit *fit = memory_new(1, sizeof *fit); /* samples must not move */
    traffic_fit_init(fit, sim_time_second(input->start_ns), threshold);
    int status = STATUS_DONE;
    if (read_all(input, fit)) {
        traffic_fit_end(fit, input->has_calendar, input->has_tokens);
        const TraceFitReport report = {.file = input->file,
                                       .format = input->format,
                                       .has_tokens = input->has_tokens,
                                       .fit = fit};
        print(&report, json);
        trace_note_left_out(input);
    } else {
        status = trace_failed_status();
    }
    traffic_fit_clear(fit);
    free(fit);
    return status;
}

int trace_fit(const Invocation *invocation, const char *file, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    sim_time threshold = 0;
    TraceInput input;
    if (!trace_read_duration(arguments, "threshold", &threshold, errors)) {
        return STATUS_MISTAKE;
    }
    int status = STATUS_MISTAKE;
    if (trace_input_open(&input, file, arguments, true, errors)) {
        status = fit_input(&input, threshold, arguments_has(arguments, "json"));
    } else {
        status = trace_failed_status();
    }
    trace_input_close(&input);
    return status;
}

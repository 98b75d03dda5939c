// SPDX-License-Identifier: GPL-3.0-or-later
/* `trace describe`: one pass over the file, then its facts; with --out as CSV too, with --plot as
 * pictures of them. */
#include "base/json.h"
#include "cli/trace.h"
#include "engine/sim_time.h"
#include "output/manifest.h"
#include "output/pictures.h"
#include "output/trace_facts.h"

#include <stdio.h>
#include <stdlib.h>

/* False when the source failed. */
static bool read_all(TraceInput *input, ArrivalStatistics *statistics) {
    asim_arrival block[TRACE_BLOCK];
    bool failed = false;
    size_t count;
    while ((count = input->source->next(input->source, block, TRACE_BLOCK, &failed)) > 0) {
        arrival_statistics_add(statistics, block, count);
    }
    return !failed;
}

static void print(const TraceFacts *facts, const Arguments *arguments) {
    if (arguments_has(arguments, "json")) {
        cJSON *tree = trace_facts_json(facts);
        char *text = json_print(tree);
        fputs(text, stdout);
        free(text);
        cJSON_Delete(tree);
    } else if (!arguments_has(arguments, "quiet")) {
        trace_facts_print(stdout, facts);
    }
}

static bool write_files(const TraceFacts *facts, const Invocation *invocation,
                        struct timespec started, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const Manifest manifest = {
        .version = ASIM_VERSION,
        .command_line = invocation->command_line,
        .command_line_count = invocation->command_line_count,
        .started = started,
    };
    OutputDirectory directory;
    if (!output_directory_begin(&directory, arguments_value(arguments, "out"),
                                arguments_has(arguments, "force"), errors)) {
        return false;
    }
    cJSON *tree = trace_facts_json(facts);
    char *json = json_print(tree);
    const bool ok = trace_facts_write(facts, &directory, errors) &&
                    output_directory_write(&directory, "trace.json", json, errors) &&
                    manifest_write(&manifest, &directory, "", errors);
    free(json);
    cJSON_Delete(tree);
    if (!ok) {
        output_directory_abandon(&directory);
        return false;
    }
    return output_directory_commit(&directory, errors);
}

static bool draw(const TraceFacts *facts, const Arguments *arguments, ErrorList *errors) {
    const char *directory = arguments_value(arguments, "out");
    if (!arguments_has(arguments, "plot")) {
        return true;
    }
    const bool drawn = pictures_draw_trace(
        directory, NULL, facts->file,
        facts->has_calendar ? sim_time_second(trace_facts_first_ns(facts)) : 0, errors);
    if (drawn && !arguments_has(arguments, "quiet")) {
        command_tell_pictures(directory);
    }
    return drawn;
}

static bool options_agree(const Arguments *arguments, sim_time *per_token, ErrorList *errors) {
    const size_t before = errors->count;
    const bool out = arguments_has(arguments, "out");
    if (arguments_has(arguments, "plot") && !out) {
        error_in_option(errors, "--plot", "no --out", "--out DIR beside it", NULL);
    }
    if (arguments_has(arguments, "force") && !out) {
        error_in_option(errors, "--force", "no --out", "--out DIR beside it", NULL);
    }
    trace_read_duration(arguments, "time-per-token", per_token, errors);
    return errors->count == before;
}

static int describe(TraceInput *input, ArrivalStatistics *statistics, sim_time per_token,
                    const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    struct timespec started;
    clock_gettime(CLOCK_MONOTONIC, &started);
    if (!read_all(input, statistics)) {
        return trace_failed_status();
    }
    const TraceFacts facts = {
        .file = input->file,
        .format = input->format,
        .has_tokens = input->has_tokens,
        .has_calendar = input->has_calendar,
        .start_ns = input->start_ns,
        .counts = input->source->counts,
        .statistics = statistics,
        .time_per_token_s = sim_time_to_seconds(per_token),
    };
    if (arguments_has(arguments, "out") && !write_files(&facts, invocation, started, errors)) {
        return STATUS_MISTAKE;
    }
    print(&facts, arguments);
    return draw(&facts, arguments, errors) ? STATUS_DONE : STATUS_MISTAKE;
}

int trace_describe(const Invocation *invocation, const char *file, ErrorList *errors) {
    sim_time per_token = 20 * SIM_TIME_MILLISECOND;
    if (!options_agree(invocation->arguments, &per_token, errors)) {
        return STATUS_MISTAKE;
    }
    TraceInput input;
    ArrivalStatistics statistics;
    int status = STATUS_MISTAKE;
    arrival_statistics_init(&statistics);
    if (trace_input_open(&input, file, invocation->arguments, false, errors)) {
        status = describe(&input, &statistics, per_token, invocation, errors);
    } else {
        status = trace_failed_status();
    }
    trace_input_close(&input);
    arrival_statistics_clear(&statistics);
    return status;
}

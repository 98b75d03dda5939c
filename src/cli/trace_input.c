// SPDX-License-Identifier: GPL-3.0-or-later
/* Opens a recorded file with the options of a scenario's trace (--set NAME=VALUE). Its first row is
 * looked at beforehand, for its calendar. */
#include "base/memory.h"
#include "cli/interrupt.h"
#include "cli/trace.h"
#include "engine/sim_time.h"
#include "output/trace_text.h"
#include "scenario/scenario.h"
#include "traffic/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Error command_line = {.file = "command line"};

/* Options -----------------------------------------------------------------------------------------
 */

static bool set_option(TraceInput *input, const char *name, const char *text, const char *place,
                       ErrorList *errors) {
    const Option *option = option_find(trace_options, name);
    if (option == NULL) {
        error_in_option(errors, place, name, "an option of a scenario's trace",
                        option_nearest(trace_options, name));
        return false;
    }
    Error where = command_line;
    where.place = place;
    return option_set_text(option, &input->config, text, &where, errors);
}

/* NAME=VALUE */
static bool set_given(TraceInput *input, const char *text, ErrorList *errors) {
    const char *equals = strchr(text, '=');
    if (equals == NULL) {
        error_in_option(errors, "--set", text, "NAME=VALUE, such as time_column=ts", NULL);
        return false;
    }
    char *name = memory_text_n(text, (size_t)(equals - text));
    const bool ok = set_option(input, name, equals + 1, "--set", errors);
    free(name);
    return ok;
}

static bool read_options(TraceInput *input, const Arguments *arguments, ErrorList *errors) {
    bool ok = set_option(input, "file", input->file, "FILE", errors);
    for (size_t i = 0; i < arguments->given_count; i++) {
        const CliGiven *given = &arguments->given[i];
        if (strcmp(given->name, "set") == 0) {
            ok = set_given(input, given->value, errors) && ok;
        } else if (strcmp(given->name, "format") == 0) {
            ok = set_option(input, "format", given->value, "--format", errors) && ok;
        }
    }
    return ok;
}

/* The clock ---------------------------------------------------------------------------------------
 */

/* Settles the calendar instant of time 0: the first row's, on the second, as a run has it; or the
 * first row itself. */
static void settle_start(TraceInput *input, bool on_the_second, ErrorList *errors) {
    TrafficContext *context = &input->context;
    input_head_read(&input->head, input->file);
    context->head = &input->head;
    input->has_calendar = trace_kind.begins(&input->config, context, &input->start_ns);
    if (!input->has_calendar) {
        input->start_ns = SCENARIO_START_S * SIM_TIME_SECOND;
    }
    context->start_epoch_s = sim_time_second(input->start_ns);
    if (!on_the_second && input->config.origin == NULL) {
        set_option(input, "origin", "first_row", "origin", errors);
    } else {
        input->start_ns = context->start_epoch_s * SIM_TIME_SECOND;
    }
}

/* Opening -----------------------------------------------------------------------------------------
 */

static bool read_seed(TraceInput *input, const Arguments *arguments, ErrorList *errors) {
    const char *text = arguments_value(arguments, "seed");
    if (text != NULL) {
        char *end;
        input->context.seed = strtoull(text, &end, 10);
        if (*text < '0' || *text > '9' || *end != '\0') {
            error_in_option(errors, "--seed", text, "a whole number", NULL);
            return false;
        }
    }
    return true;
}

bool trace_input_open(TraceInput *input, const char *file, const Arguments *arguments,
                      bool on_the_second, ErrorList *errors) {
    *input = (TraceInput){
        .file = file,
        .context = {.seed = 1,
                    .stream = "traffic.trace.0",
                    .until = SIM_TIME_NEVER,
                    .errors = errors,
                    .halt = interrupt_mark()},
    };
    options_set_defaults(trace_options, &input->config);
    if (!read_options(input, arguments, errors) || !read_seed(input, arguments, errors)) {
        return false;
    }
    const size_t before = errors->count;
    const bool told = lengths_given(&input->config.requests.prompt_tokens) ||
                      input->config.requests.lengths != OPTION_ABSENT_CHOICE;
    input->config.told = &input->told;
    trace_check(&trace_kind, &input->config, &command_line, errors);
    if (errors->count == before) {
        settle_start(input, on_the_second, errors);
    }
    if (errors->count == before) {
        input->source = trace_open(&trace_kind, &input->config, &input->context);
        input->source = input->source ? trace_watched(input->source) : NULL;
        input->format = input->told.format ? input->told.format->name : NULL;
        input->has_tokens = input->told.has_tokens || told;
    }
    return input->source != NULL;
}

void trace_note_left_out(const TraceInput *input) {
    const asim_traffic_counts *counts = &input->source->counts;
    if (counts->failed + counts->skipped + counts->outside > 0) {
        fprintf(stderr,
                "note: of %llu rows were left out: %llu of failed requests, %llu bad ones, %llu "
                "outside of what was "
                "asked for\n",
                (unsigned long long)counts->rows, (unsigned long long)counts->failed,
                (unsigned long long)counts->skipped, (unsigned long long)counts->outside);
    }
    if (counts->ends_moved + counts->ends_kept > 0) {
        fputs("note: arrivals are ", stderr);
        trace_text_ends(stderr, counts);
        fputc('\n', stderr);
    }
    if (trace_text_unit(counts->units) != NULL) {
        fprintf(stderr, "note: times are %s\n", trace_text_unit(counts->units));
    }
}

void trace_input_close(TraceInput *input) {
    if (input->source != NULL) {
        input->source->destroy(input->source);
    }
    options_clear(trace_options, &input->config);
    input_head_clear(&input->head);
}

/* Interruption ------------------------------------------------------------------------------------
 */

typedef struct WatchedSource {
    asim_traffic_source base;
    asim_traffic_source *inner;
} WatchedSource;

static size_t watched_next(asim_traffic_source *source, asim_arrival *block, size_t room,
                           bool *failed) {
    WatchedSource *watched = (WatchedSource *)source;
    if (*interrupt_mark()) {
        *failed = true;
        return 0;
    }
    const size_t count = watched->inner->next(watched->inner, block, room, failed);
    if (count == 0) {
        watched->base.counts = watched->inner->counts;
    } else {
        watched->base.counts.requests += count;
    }
    return count;
}

static void watched_destroy(asim_traffic_source *source) {
    WatchedSource *watched = (WatchedSource *)source;
    watched->inner->destroy(watched->inner);
    free(watched);
}

asim_traffic_source *trace_watched(asim_traffic_source *source) {
    WatchedSource *watched = memory_new(1, sizeof *watched);
    watched->base.next = watched_next;
    watched->base.destroy = watched_destroy;
    watched->inner = source;
    return &watched->base;
}

int trace_failed_status(void) {
    if (*interrupt_mark()) {
        return interrupt_tell("nothing was written");
    }
    return STATUS_MISTAKE;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* A recorded file as a source. A row's way: read, put in order, moved to the trace's own clock (0
 * at its origin), cut to [from, to), shifted by the passes before, stretched, given out. Invariant
 * of formats with one request a row, once the source has ended: rows = requests + failed + skipped
 * + outside. Where rows are bins, requests go by themselves. */
#include "traffic/trace.h"

#include "engine/memory.h"
#include "traffic/bin_rows.h"
#include "traffic/bins.h"
#include "traffic/lengths.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct TraceSource {
    asim_traffic_source base;
    const TraceConfig *config;
    RowReaderSetup setup;
    char *filter; /* the name before its '=' */
    ErrorList *errors;
    uint32_t source;
    sim_time until;
    sim_time span; /* of a pass: to - from; SIM_TIME_NEVER: until the file's end */
    TrafficLengths lengths;
    Distribution one_token; /* for lengths that nobody asks for */

    OrderedRows rows;
    bool is_open;
    bool has_origin;
    int64_t origin; /* file time of the trace's time 0 */

    BinRows bins; /* formats of bins */
    Bin bin;      /* the one in hand, on the trace's clock */
    RandomStream stream;

    int64_t pass; /* passes done */
    uint64_t pass_requests;
    sim_time pass_last; /* end of what this pass has given out so far */
    sim_time period;    /* from one pass to the next, known after the first */
    bool ended, failed;
} TraceSource;

/* The trace's clock -----------------------------------------------------------------------------
 */

/* `origin` as the user wrote it, on the file's clock. */
static bool read_origin(TraceSource *trace) {
    const char *text = trace->config->origin;
    if (text == NULL) {
        return true;
    }
    const InputText whole = {text, text + strlen(text)};
    const FieldUnit unit = trace->rows.reader.unit;
    FieldCalendar calendar = {.known = false};
    trace->has_origin =
        field_time(whole, FIELD_CALENDAR, &calendar, &trace->origin) ||
        field_time(whole, unit == FIELD_CALENDAR ? FIELD_SECONDS : unit, &calendar, &trace->origin);
    if (!trace->has_origin) {
        const Error error = {
            .file = trace->rows.reader.input.path,
            .place = "origin",
            .found = text,
            .expected = "an instant such as 2024-05-10T00:00:00Z, or a number in the file's unit",
        };
        error_add(trace->errors, &error);
    }
    return trace->has_origin;
}

/* A file time on the trace's clock, where `from` is 0; false when it is ten years off. */
static inline bool trace_time(TraceSource *trace, int64_t file_time, sim_time *time) {
    if (!trace->has_origin) {
        const int64_t left_out = trace->rows.reader.earliest_left_out;
        trace->origin = left_out < file_time ? left_out : file_time;
        trace->has_origin = true;
    }
    sim_time since;
    if (__builtin_sub_overflow(file_time, trace->origin, &since) || since > SIM_TIME_LONGEST ||
        since < -SIM_TIME_LONGEST) {
        return false;
    }
    *time = since - trace->config->from;
    return true;
}

/* A row that is a decade from the others is no request of this trace. */
static bool refuse_far(TraceSource *trace, const TrafficRow *row) {
    RowReader *reader = &trace->rows.reader;
    return row_reader_refuse(reader, row_time_place(reader, row),
                             "a time more than ten years from the trace's origin",
                             "a trace of at most ten years", NULL);
}

/* Requests of one pass, on the trace's clock ----------------------------------------------------
 */

/* The next request of a file with a row for each; false at the end of the pass. */
static inline bool next_row_request(TraceSource *trace, asim_arrival *arrival) {
    TrafficRow row;
    while (ordered_rows_next(&trace->rows, &row)) {
        if (!trace_time(trace, row.time, &arrival->time)) {
            if (!refuse_far(trace, &row)) {
                return false;
            }
            continue;
        }
        if (arrival->time >= 0 && arrival->time < trace->span) {
            arrival->prompt_tokens = row.prompt_tokens;
            arrival->output_tokens = row.output_tokens;
            return true;
        }
        trace->base.counts.outside++;
        if (arrival->time >= 0) { /* rows are in order: so are all that follow */
            return false;
        }
    }
    return false;
}

/* Takes the next bin that lies in the span, at least in part, in hand. */
static bool next_bin(TraceSource *trace) {
    TrafficRow row;
    while (bin_rows_next(&trace->bins, &trace->rows, &row)) {
        sim_time begin;
        if (!trace_time(trace, row.time, &begin)) {
            if (!refuse_far(trace, &row)) {
                return false;
            }
            continue;
        }
        if (begin >= trace->span || begin + row.width <= 0) {
            trace->base.counts.outside++;
            if (begin >= trace->span) {
                return false;
            }
            continue;
        }
        bin_begin(&trace->bin, begin, &row);
        return true;
    }
    return false;
}

/* The next request of a file of bins; those of a bin that lie beyond from or to are not made. */
static bool next_bin_request(TraceSource *trace, asim_arrival *arrival) {
    for (;;) {
        while (bin_next(&trace->bin, &arrival->time)) {
            if (arrival->time >= 0 && arrival->time < trace->span) {
                return true;
            }
            if (row_reader_halted(&trace->rows.reader)) {
                return false;
            }
        }
        if (!next_bin(trace)) {
            return false;
        }
    }
}

/* Passes ----------------------------------------------------------------------------------------
 */

static bool begin_pass(TraceSource *trace) {
    const TraceConfig *config = trace->config;
    trace->pass_requests = 0;
    trace->has_origin = trace->has_origin && config->origin != NULL;
    trace->bins = (BinRows){
        .label = config->bin_label == OPTION_ABSENT_CHOICE ? BIN_LABEL_START
                                                           : (BinLabel)config->bin_label,
        .width = config->bin,
    };
    trace->is_open = true;
    if (!ordered_rows_open(&trace->rows, &trace->setup, config->reorder_window, &trace->base.counts,
                           trace->errors)) {
        return false;
    }
    const Error where = {.file = trace->rows.reader.input.path};
    if (!trace_check_format(config, trace->rows.reader.format, &where, trace->errors)) {
        return false;
    }
    trace->bins.is_rate =
        config->values == TRACE_VALUES_RATE ||
        (config->values == OPTION_ABSENT_CHOICE && trace->rows.reader.format->rates);
    bin_init(&trace->bin, &trace->stream,
             config->spread == OPTION_ABSENT_CHOICE ? BIN_SPREAD_POISSON
                                                    : (BinSpread)config->spread,
             trace->bins.is_rate);
    return trace->has_origin || read_origin(trace);
}

/* What the pass has read and not given out lies outside its span. */
static void end_pass(TraceSource *trace) {
    if (trace->is_open) {
        trace->base.counts.outside += trace->bins.has_ahead;
        trace->failed = trace->failed || trace->rows.reader.failed;
        ordered_rows_close(&trace->rows);
        trace->is_open = false;
    }
}

/* The time from one pass to the next, once the first has shown how long the trace is. */
static bool find_period(TraceSource *trace) {
    const TraceConfig *config = trace->config;
    const bool is_bins = trace->rows.reader.format->bins;
    const sim_time end = is_bins ? trace->bin.begin + trace->bin.width : trace->pass_last + 1;
    if (config->repeat_every != SIM_TIME_NEVER) {
        trace->period = config->repeat_every;
    } else if (trace->span != SIM_TIME_NEVER) {
        trace->period = trace->span;
    } else if (is_bins) {
        trace->period = end;
    } else if (trace->pass_requests > 1) {
        trace->period = trace->pass_last + trace->pass_last / (sim_time)(trace->pass_requests - 1);
    }
    if (trace->period >= end || (is_bins && trace->period == trace->span)) {
        return true;
    }
    const Error error = {
        .file = trace->rows.reader.input.path,
        .place = "repeat_every",
        .found = config->repeat_every == SIM_TIME_NEVER ? "nothing" : "less than the trace's span",
        .expected = "a duration longer than the trace's span",
    };
    error_add(trace->errors, &error);
    trace->failed = true;
    return false;
}

/* The file has no more rows for this pass: on to the next, or the end. */
static void next_pass(TraceSource *trace) {
    const bool again = !trace->rows.reader.failed && trace->pass + 1 < trace->config->repeat &&
                       trace->pass_requests > 0;
    const bool possible = again && (trace->pass > 0 || find_period(trace));
    end_pass(trace);
    trace->pass++;
    if (!possible || !begin_pass(trace)) {
        trace->failed = trace->failed || possible;
        trace->ended = true;
        end_pass(trace);
    }
}

/* Moves the arrival from the trace's clock to the scenario's; false when that has ended. */
static inline bool finish_arrival(TraceSource *trace, asim_arrival *arrival) {
    trace->pass_requests++;
    trace->pass_last = arrival->time;
    if (trace->pass > 0) {
        sim_time shift;
        if (__builtin_mul_overflow(trace->pass, trace->period, &shift) ||
            shift > SIM_TIME_LONGEST) {
            return false;
        }
        arrival->time += shift;
    }
    if (trace->config->time_scale != 1) {
        const double scaled = rint((double)arrival->time * trace->config->time_scale);
        if (scaled > (double)SIM_TIME_LONGEST) {
            return false;
        }
        arrival->time = (sim_time)scaled;
    }
    return arrival->time < trace->until;
}

static size_t trace_next(asim_traffic_source *source, asim_arrival *block, size_t room,
                         bool *failed) {
    TraceSource *trace = (TraceSource *)source;
    size_t count = 0;
    while (count < room && !trace->ended) {
        asim_arrival *arrival = &block[count];
        const bool is_bins = trace->rows.reader.format->bins;
        if (!(is_bins ? next_bin_request(trace, arrival) : next_row_request(trace, arrival))) {
            next_pass(trace);
        } else if (finish_arrival(trace, arrival)) {
            arrival->source = trace->source;
            count++;
        } else {
            trace->base.counts.outside += !is_bins;
            trace->ended = true;
            end_pass(trace);
        }
    }
    lengths_draw(&trace->lengths, block, count);
    trace->base.counts.requests += count;
    *failed = *failed || (count == 0 && trace->failed);
    return count;
}

static void trace_destroy(asim_traffic_source *source) {
    TraceSource *trace = (TraceSource *)source;
    if (trace->is_open) {
        ordered_rows_close(&trace->rows);
    }
    free(trace->filter);
    free(trace);
}

/* Opening ---------------------------------------------------------------------------------------
 */

RowReaderSetup trace_reader_setup(const TraceConfig *config, const char *filter,
                                  const char *directory, const volatile sig_atomic_t *halt) {
    static const FieldUnit units[] = {FIELD_UNIT_AUTO,    FIELD_SECONDS,     FIELD_MILLISECONDS,
                                      FIELD_MICROSECONDS, FIELD_NANOSECONDS, FIELD_CALENDAR};
    const FieldUnit *const duration_units = units + 1;
    RowReaderSetup setup = {
        .file = config->file,
        .directory = directory,
        .format = traffic_format_find(traffic_format_choices[config->format]),
        .skip_bad_rows = config->on_bad_row == TRACE_SKIP,
        .names = {[ROLE_TIME] = config->time_column,
                  [ROLE_PROMPT] = config->prompt_column,
                  [ROLE_OUTPUT] = config->output_column,
                  [ROLE_DURATION] = config->duration_column,
                  [ROLE_FILTER] = filter},
        .filter_value = filter ? strchr(config->filter, '=') + 1 : NULL,
        .unit =
            config->time_unit == OPTION_ABSENT_CHOICE ? FIELD_UNIT_AUTO : units[config->time_unit],
        .duration_unit = config->duration_unit == OPTION_ABSENT_CHOICE
                             ? FIELD_SECONDS
                             : duration_units[config->duration_unit],
        .time_is =
            config->time_is == OPTION_ABSENT_CHOICE ? TIME_IS_FORMATS : (TimeIs)config->time_is,
        .counters = config->values == TRACE_VALUES_COUNTER,
        .hold_gaps = config->gaps == TRACE_GAPS_HOLD,
        .bin = config->bin,
        .halt = halt,
    };
    return setup;
}

/* A file without token counts needs the user's distributions. */
static bool check_lengths(TraceSource *trace) {
    const RowReader *reader = &trace->rows.reader;
    static const struct {
        RowRole role;
        const char *option;
    } lengths[] = {{ROLE_PROMPT, "prompt_tokens"}, {ROLE_OUTPUT, "output_tokens"}};
    bool complete = true;
    if (trace->config->told) {
        trace->config->told->format = reader->format->name;
        trace->config->told->has_tokens =
            reader->names[ROLE_PROMPT] != NULL && reader->names[ROLE_OUTPUT] != NULL;
    }
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        const bool drawn = (i == 0 ? trace->lengths.prompt : trace->lengths.output) != NULL;
        if (!drawn && reader->names[lengths[i].role] == NULL && trace->config->told) {
            trace->one_token = distribution_fixed(1);
            distribution_prepare(&trace->one_token);
            *(i == 0 ? &trace->lengths.prompt : &trace->lengths.output) = &trace->one_token;
        } else if (!drawn && reader->names[lengths[i].role] == NULL) {
            char *expected = memory_format("a number of tokens or a distribution: the format "
                                           "\"%s\" has none",
                                           reader->format->name);
            const Error error = {
                .file = reader->input.path,
                .place = lengths[i].option,
                .found = "nothing",
                .expected = expected,
            };
            error_add(trace->errors, &error);
            free(expected);
            complete = false;
        }
    }
    return complete;
}

static asim_traffic_source *trace_begin(const void *config_, const TrafficContext *context) {
    const TraceConfig *config = config_;
    TraceSource *trace = memory_new(1, sizeof *trace);
    trace->base.next = trace_next;
    trace->base.destroy = trace_destroy;
    trace->config = config;
    if (config->filter != NULL) {
        trace->filter =
            memory_text_n(config->filter, (size_t)(strchr(config->filter, '=') - config->filter));
    }
    trace->setup = trace_reader_setup(config, trace->filter, context->directory, context->halt);
    trace->errors = context->errors;
    trace->source = context->source;
    trace->until = context->until;
    trace->span = config->to == SIM_TIME_NEVER ? SIM_TIME_NEVER : config->to - config->from;
    lengths_init(&trace->lengths, &config->prompt_tokens, &config->output_tokens, config->lengths,
                 context);
    random_stream_init_named(&trace->stream, context->seed, context->replication, "%s.arrivals",
                             context->stream);
    if (!begin_pass(trace) || !check_lengths(trace)) {
        trace_destroy(&trace->base);
        return NULL;
    }
    return &trace->base;
}

asim_traffic_source *trace_open(const void *config_, const TrafficContext *context) {
    const TraceConfig *config = config_;
    const sim_time jitter =
        config->rate_scale_jitter == SIM_TIME_NEVER ? SIM_TIME_MINUTE : config->rate_scale_jitter;
    return transform_open(&config->transform, jitter, config, context, trace_begin);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* A recorded file as a source. A row's way: read, put in order, moved to the trace's own clock (0
 * at its origin), cut to [from, to), shifted by the passes before, stretched, given out. Invariant
 * of formats with one request a row, once the source has ended: rows = requests + failed + skipped
 * + outside. Where rows are bins, requests go by themselves. */
#include "traffic/trace.h"

#include "base/memory.h"
#include "traffic/trace_stages.h"

#include <math.h>
#include <stdlib.h>

typedef struct TraceSource {
    asim_traffic_source base;
    const TraceConfig *config;
    TrafficContext context; /* for each pass */
    sim_time span;          /* of a pass: to - from; SIM_TIME_NEVER: until the file's end */
    RequestLengths lengths;
    Distribution one_token; /* for lengths that nobody asks for */

    OrderedRows rows;
    bool is_open;
    TraceClock clock;
    int64_t row_time; /* file time of the row given out last */

    BinRows bins; /* formats of bins */
    Bin bin;      /* the one in hand, on the trace's clock */
    RandomStream stream;

    int64_t pass; /* passes done */
    uint64_t pass_requests;
    sim_time pass_last; /* end of what this pass has given out so far */
    sim_time period;    /* from one pass to the next, known after the first */
    bool is_past;       /* the run's end was reached */
    bool ended, failed;
} TraceSource;

/* The trace's clock -----------------------------------------------------------------------------
 */

/* The first row of a pass lays the recording on the run; one that was left out is part of it. */
static bool settle_clock(TraceSource *trace, int64_t file_time) {
    const RowReader *reader = &trace->rows.reader;
    const int64_t left_out = reader->earliest_left_out;
    const bool settled = trace_clock_settle(
        &trace->clock, left_out < file_time ? left_out : file_time, reader, trace->context.errors);
    trace->failed = trace->failed || !settled;
    return settled;
}

/* A file time on the trace's clock, where `from` is 0; false when it is ten years off. */
static inline bool trace_time(const TraceSource *trace, int64_t file_time, sim_time *time) {
    sim_time since;
    if (__builtin_sub_overflow(file_time, trace->clock.origin, &since) ||
        since > SIM_TIME_LONGEST || since < -SIM_TIME_LONGEST) {
        return false;
    }
    *time = since - trace->config->from;
    return true;
}

/* Moves a time of this pass from the trace's clock to the run's; beyond all runs: false. */
static inline bool run_time(const TraceSource *trace, sim_time *time) {
    if (trace->pass > 0) {
        sim_time shift;
        if (__builtin_mul_overflow(trace->pass, trace->period, &shift) ||
            shift > SIM_TIME_LONGEST) {
            return false;
        }
        *time += shift;
    }
    if (trace->config->time_scale != 1) {
        const double scaled = rint((double)*time * trace->config->time_scale);
        if (scaled > (double)SIM_TIME_LONGEST) {
            return false;
        }
        *time = (sim_time)scaled;
    }
    *time += trace->clock.place;
    return *time <= SIM_TIME_LONGEST;
}

/* Puts a row's time on the trace's clock, which the first one settles. False: it is none of this
 * trace, a decade from the others, and *go_on whether it is merely skipped. */
static inline bool place_row(TraceSource *trace, const TrafficRow *row, sim_time *time,
                             bool *go_on) {
    RowReader *reader = &trace->rows.reader;
    if (!trace->clock.is_known && !settle_clock(trace, row->time)) {
        *go_on = false;
        return false;
    }
    if (!trace_time(trace, row->time, time)) {
        *go_on = row_reader_refuse(reader, row_time_place(reader, row),
                                   "a time more than ten years from the trace's origin",
                                   "a trace of at most ten years", NULL);
        return false;
    }
    return true;
}

/* Requests of one pass, on the trace's clock ----------------------------------------------------
 */

/* The next request of a file with a row for each; false at the end of the pass. */
static inline bool next_row_request(TraceSource *trace, asim_arrival *arrival) {
    TrafficRow row;
    bool go_on = true;
    while (go_on && ordered_rows_next(&trace->rows, &row)) {
        if (!place_row(trace, &row, &arrival->time, &go_on)) {
            continue;
        }
        trace->row_time = row.time;
        if (arrival->time >= 0 && arrival->time < trace->span) {
            arrival->prompt_tokens = row.prompt_tokens;
            arrival->output_tokens = row.output_tokens;
            return true;
        }
        trace->base.counts.outside++;
        go_on = arrival->time < 0; /* rows are in order: so are all that follow */
    }
    return false;
}

/* Does a bin of the trace's clock lie in the run, at least in part? */
static bool bin_is_within(TraceSource *trace, sim_time begin, sim_time width) {
    sim_time first = begin, end = begin + width;
    trace->is_past = !run_time(trace, &first) || first >= trace->clock.until;
    const bool is_within = !trace->is_past && (!run_time(trace, &end) || end > trace->clock.since);
    trace->clock.any_within = trace->clock.any_within || is_within;
    return is_within;
}

/* Takes the next bin that lies in the span and the run, at least in part, in hand. */
static bool next_bin(TraceSource *trace) {
    TrafficRow row;
    bool go_on = true;
    while (go_on && bin_rows_next(&trace->bins, &trace->rows, &row)) {
        sim_time begin;
        if (!place_row(trace, &row, &begin, &go_on)) {
            continue;
        }
        if (begin >= trace->span || begin + row.width <= 0) {
            trace->base.counts.outside++;
            go_on = begin < trace->span;
        } else if (!bin_is_within(trace, begin, row.width)) {
            trace->base.counts.outside++;
            trace_clock_note_beyond(&trace->clock, row.time);
            go_on = !trace->is_past;
        } else {
            bin_begin(&trace->bin, begin, &row);
            return true;
        }
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
    trace->clock.is_known = false;
    trace->bins = (BinRows){
        .label = config->bin_label == OPTION_ABSENT_CHOICE ? BIN_LABEL_START
                                                           : (BinLabel)config->bin_label,
        .width = config->bin,
    };
    trace->is_open = true;
    if (!ordered_rows_open(&trace->rows, config, &trace->context, &trace->base.counts)) {
        return false;
    }
    const Error where = {.file = trace->rows.reader.input.path};
    if (!trace_check_format(config, trace->rows.reader.format, &where, trace->context.errors)) {
        return false;
    }
    trace->bins.is_rate =
        config->values == TRACE_VALUES_RATE ||
        (config->values == OPTION_ABSENT_CHOICE && trace->rows.reader.format->rates);
    bin_init(&trace->bin, &trace->stream,
             config->spread == OPTION_ABSENT_CHOICE ? BIN_SPREAD_POISSON
                                                    : (BinSpread)config->spread,
             trace->bins.is_rate);
    return trace_clock_read_origin(&trace->clock, &trace->rows.reader, trace->context.errors);
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
    const Error where = {.file = trace->rows.reader.input.path, .place = "repeat_every"};
    trace->failed = true;
    return error_at(trace->context.errors, &where,
                    config->repeat_every == SIM_TIME_NEVER ? "nothing"
                                                           : "less than the trace's span",
                    "a duration longer than the trace's span", NULL);
}

/* What the file holds beyond the run's end is counted. Nobody judges it, and nobody waits for what
 * a pipe may still bring. */
static void count_rest(TraceSource *trace) {
    RowReader *reader = &trace->rows.reader;
    asim_traffic_counts *counts = &trace->base.counts;
    if (!input_is_file(&reader->input)) {
        trace->clock.any_unread = true;
        return;
    }
    if (trace->bins.has_ahead) {
        trace_clock_note_beyond(&trace->clock, trace->bins.ahead.time);
    }
    ErrorList unused = {0};
    const uint64_t skipped = counts->skipped;
    TrafficRow row;
    reader->errors = reader->input.errors = &unused;
    reader->skip_bad_rows = true;
    while (ordered_rows_next(&trace->rows, &row)) {
        counts->outside++;
        trace_clock_note_beyond(&trace->clock, row.time);
    }
    counts->outside += counts->skipped - skipped;
    counts->skipped = skipped;
    reader->errors = reader->input.errors = trace->context.errors;
    reader->failed = false;
    error_list_clear(&unused);
}

static void end_source(TraceSource *trace) {
    const TraceClock *clock = &trace->clock;
    if (trace->is_past && trace->is_open) {
        count_rest(trace);
    }
    trace->failed = trace->failed || trace->rows.reader.failed;
    if (!trace->failed && clock->any_beyond && !clock->any_within) {
        trace_clock_refuse(clock, trace->rows.reader.input.path, trace->context.errors);
        trace->failed = true;
    }
    trace->ended = true;
    end_pass(trace);
}

/* The file has no more rows for this pass: on to the next, or the end. */
static void next_pass(TraceSource *trace) {
    const bool again = !trace->is_past && !trace->rows.reader.failed && !trace->failed &&
                       trace->pass + 1 < trace->config->repeat && trace->pass_requests > 0;
    const bool possible = again && (trace->pass > 0 || find_period(trace));
    if (!possible) {
        end_source(trace);
        return;
    }
    end_pass(trace);
    trace->pass++;
    if (!begin_pass(trace)) {
        trace->failed = true;
        end_source(trace);
    }
}

/* Moves the arrival from the trace's clock to the run's; false when it lies beyond the run. */
static inline bool place_arrival(TraceSource *trace, asim_arrival *arrival, bool is_bins) {
    trace->pass_requests++;
    trace->pass_last = arrival->time;
    trace->is_past = !run_time(trace, &arrival->time) || arrival->time >= trace->clock.until;
    if (!trace->is_past && arrival->time >= trace->clock.since) {
        trace->clock.any_within = true;
        return true;
    }
    if (!is_bins) {
        trace->base.counts.outside++;
        trace_clock_note_beyond(&trace->clock, trace->row_time);
    }
    return false;
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
        } else if (place_arrival(trace, arrival, is_bins)) {
            arrival->source = trace->context.source;
            count++;
        } else if (trace->is_past) {
            end_source(trace);
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
    free(trace);
}

/* Opening ---------------------------------------------------------------------------------------
 */

/* A file without token counts needs the user's distributions; who only looks at it does not. */
static bool need_length(TraceSource *trace, RowRole role, const Distribution **drawn,
                        const char *option) {
    const RowReader *reader = &trace->rows.reader;
    if (*drawn != NULL || reader->names[role] != NULL) {
        return true;
    }
    if (trace->config->told) {
        trace->one_token = distribution_fixed(1);
        distribution_prepare(&trace->one_token);
        *drawn = &trace->one_token;
        return true;
    }
    char *expected = memory_format(
        "a number of tokens or a distribution: the format \"%s\" has none", reader->format->name);
    const Error where = {.file = reader->input.path, .place = option};
    error_at(trace->context.errors, &where, "nothing", expected, NULL);
    free(expected);
    return false;
}

static bool check_lengths(TraceSource *trace) {
    const RowReader *reader = &trace->rows.reader;
    RequestLengths *lengths = &trace->lengths;
    if (trace->config->told) {
        *trace->config->told =
            (TraceTold){reader->format, reader->names[ROLE_PROMPT] && reader->names[ROLE_OUTPUT]};
    }
    const bool has_prompt = need_length(trace, ROLE_PROMPT, &lengths->prompt, "prompt_tokens");
    return need_length(trace, ROLE_OUTPUT, &lengths->output, "output_tokens") && has_prompt;
}

static TraceSource *trace_create(const TraceConfig *config, const TrafficContext *context) {
    TraceSource *trace = memory_new(1, sizeof *trace);
    trace->base.next = trace_next;
    trace->base.destroy = trace_destroy;
    trace->config = config;
    trace->context = *context;
    trace->context.stream = NULL; /* lent for the call only */
    trace->clock = trace_clock_of(config->origin, config->from, context);
    trace->span = config->to == SIM_TIME_NEVER ? SIM_TIME_NEVER : config->to - config->from;
    lengths_init(&trace->lengths, &config->requests, context);
    random_stream_init_named(&trace->stream, context->seed, context->replication, "%s.arrivals",
                             context->stream);
    return trace;
}

static asim_traffic_source *trace_begin(const TrafficKind *kind, const void *config,
                                        const TrafficContext *context) {
    (void)kind;
    TraceSource *trace = trace_create(config, context);
    if (!begin_pass(trace) || !check_lengths(trace)) {
        trace_destroy(&trace->base);
        return NULL;
    }
    return &trace->base;
}

asim_traffic_source *trace_open(const TrafficKind *kind, const void *config_,
                                const TrafficContext *context) {
    const TraceConfig *config = config_;
    const sim_time jitter =
        config->rate_scale_jitter == SIM_TIME_NEVER ? SIM_TIME_MINUTE : config->rate_scale_jitter;
    return requests_open(&config->requests, jitter, kind, config, context, trace_begin);
}

/* The first row as any pass would find it. Mistakes are told when the rows are read in earnest;
 * what the system fails in may succeed then, so it is told here. */
static bool trace_begins(const void *config, const TrafficContext *context, int64_t *epoch_ns) {
    ErrorList unused = {0};
    InputHead head;
    TrafficContext quiet = *context;
    quiet.errors = &unused;
    if (context->head != NULL) {
        head = *context->head;
        head.is_all = true;
        quiet.head = &head;
    }
    TraceSource *trace = trace_create(config, &quiet);
    TrafficRow row = {.time = INT64_MAX};
    bool begins = begin_pass(trace);
    if (begins) {
        const bool is_bins = trace->rows.reader.format->bins;
        const bool any = is_bins ? bin_rows_next(&trace->bins, &trace->rows, &row)
                                 : ordered_rows_next(&trace->rows, &row);
        begins = (any || trace->rows.reader.earliest_left_out != INT64_MAX) &&
                 settle_clock(trace, row.time) && trace_clock_instant(&trace->clock, epoch_ns);
    }
    trace_destroy(&trace->base);
    if (unused.system) {
        error_add_all(context->errors, &unused);
    }
    error_list_clear(&unused);
    return begins;
}

const TrafficKind trace_kind = {
    .name = "trace",
    .help = "a recorded file: any of the field's formats, told by its content",
    .options = trace_options,
    .config_size = sizeof(TraceConfig),
    .recorded = true,
    .check = trace_check,
    .open = trace_open,
    .begins = trace_begins,
};

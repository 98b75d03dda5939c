// SPDX-License-Identifier: GPL-3.0-or-later
/* A recorded file as a source. A row's way: read, put in order, moved to the trace's own clock (0
 * at its origin), cut to [from, to), shifted by the passes before, stretched, given out. Invariant
 * of formats with one request a row, once the source has ended: rows = requests + failed + skipped
 * + outside. Where rows are bins, requests go by themselves. */
#include "traffic/trace.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "traffic/row_files.h"
#include "traffic/row_past.h"
#include "traffic/synthetic.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

/* Of the row read last, or of what failed. */
static RowReader *reader_of(const RowFiles *files) {
    return &files->rows->reader;
}

/* Bins ------------------------------------------------------------------------------------------
 * The rows of a file of bins as bins: when each begins, how long all of them are, and what is in
 * it. Those given out do not overlap, and counts are whole. */

typedef struct BinRows {
    int label;      /* TRACE_BIN_START, ... */
    bool is_rate;   /* values are rates, else whole counts */
    sim_time width; /* of rows that do not say; SIM_TIME_NEVER: the first two rows will tell */
    bool has_ahead; /* the second row, read to know the width */
    TrafficRow ahead;
    bool has_previous;
    int64_t previous; /* the time of the bin given out last, and its width */
    sim_time previous_width;
} BinRows;

/* The length of all bins: from the first row to the second. */
static bool find_width(BinRows *bins, RowFiles *files, const TrafficRow *first) {
    bins->has_ahead = row_files_next(files, &bins->ahead);
    if (reader_of(files)->failed) {
        return false;
    }
    if (bins->has_ahead && bins->ahead.time > first->time &&
        !__builtin_sub_overflow(bins->ahead.time, first->time, &bins->width)) {
        return true;
    }
    reader_of(files)->skip_bad_rows = false; /* nothing can be said about any row */
    const TrafficRow *last = bins->has_ahead ? &bins->ahead : first;
    return row_reader_refuse(reader_of(files),
                             (RowPlace){last->line, (long)last->time_column, "bin"},
                             bins->has_ahead ? "two rows of one time" : "a single row",
                             "two rows that show the length of a bin, or the option bin", NULL);
}

/* The row is bad; whether it is merely skipped. */
static bool refuse_value(RowFiles *files, const TrafficRow *row, double value, const char *unit,
                         const char *expected) {
    char *found = memory_format("%g %s", value, unit);
    const bool go_on =
        row_reader_refuse(reader_of(files), row_count_place(row), found, expected, NULL);
    free(found);
    return go_on;
}

/* False when the row is bad; *go_on then tells whether it is merely skipped. */
static bool check_distance(const BinRows *bins, RowFiles *files, const TrafficRow *row,
                           bool *go_on) {
    sim_time distance;
    if (!bins->has_previous || __builtin_sub_overflow(row->time, bins->previous, &distance) ||
        distance >= bins->previous_width) {
        return true;
    }
    char found_text[SIM_TIME_TEXT], width_text[SIM_TIME_TEXT];
    char *found =
        memory_format("a bin %s after the one before", sim_time_format(distance, found_text));
    char *expected = memory_format("bins at least %s apart (the option bin)",
                                   sim_time_format(bins->previous_width, width_text));
    *go_on = row_reader_refuse(reader_of(files), row_time_place(reader_of(files), row), found,
                               expected, NULL);
    free(found);
    free(expected);
    return false;
}

static bool next_row(BinRows *bins, RowFiles *files, TrafficRow *row) {
    if (bins->has_ahead) {
        *row = bins->ahead;
        bins->has_ahead = false;
        return true;
    }
    return row_files_next(files, row);
}

/* The next bin: row->time is when it begins, row->width how long it is. False at the end, or after
 * adding an error. */
static bool bin_rows_next(BinRows *bins, RowFiles *files, TrafficRow *row) {
    bool go_on = true;
    while (go_on && next_row(bins, files, row)) {
        if (!bins->is_rate && row->value != rint(row->value)) {
            go_on = refuse_value(files, row, row->value, "requests",
                                 "a whole number, or values: \"rate_per_s\"");
            continue;
        }
        if (row->width == 0 && bins->width == SIM_TIME_NEVER && !find_width(bins, files, row)) {
            return false;
        }
        row->width = row->width > 0 ? row->width : bins->width;
        const double width_s = (double)row->width / (double)SIM_TIME_SECOND;
        const double rate_per_s = bins->is_rate ? row->value : row->value / width_s;
        if (rate_per_s > SYNTHETIC_RATE_MOST) { /* no source gives out more: none would ever end */
            go_on = refuse_value(files, row, rate_per_s, "requests per second",
                                 "at most 10,000,000 requests per second");
        } else if (check_distance(bins, files, row, &go_on)) {
            const sim_time offset = bins->label == TRACE_BIN_CENTRE ? row->width / 2
                                    : bins->label == TRACE_BIN_END  ? row->width
                                                                    : 0;
            bins->has_previous = true;
            bins->previous = row->time;
            bins->previous_width = row->width;
            if (!__builtin_sub_overflow(row->time, offset, &row->time)) {
                return true;
            }
            go_on = row_reader_refuse(reader_of(files), row_time_place(reader_of(files), row),
                                      "a time beyond all clocks", "a time within 292 years", NULL);
        }
    }
    return false;
}

/* Requests out of bins: N of them spread over the bin, or a rate that holds for its length.
 * - poisson: as a Poisson process that is known to have made N arrivals, i.e. N uniform instants in
 *   order, drawn one by one: of k left over the rest of the bin, the first lies a share
 *   1 - U^(1/k) into it;
 * - even: at the middles of N equal parts;
 * - a rate: a process by inversion of the integrated rate, carried on from bin to bin; Poisson, or
 * with Gamma or Weibull gaps (of mean 1 in units of the integrated rate) for bursty clients. */
typedef struct Bin {
    RandomStream *stream; /* lent */
    bool is_even, is_rate;
    sim_time begin, width;
    double total, left; /* counts: requests in the bin, and still to come */
    double position;    /* share of the bin that is past */
    double need;        /* rates: integrated rate until the next arrival; < 0: to be drawn */
    RowGaps gaps;
    double shape, scale;                   /* of the gaps */
    uint32_t prompt_tokens, output_tokens; /* of each request; 0: drawn */
    uint8_t past_kind;                     /* never ASIM_PAST_HASHES */
    asim_past past;
} Bin;

/* The next bin, which begins at `begin`, not before the previous one's end; row: its width (> 0),
 * its value (a whole count, or a rate per s), its gaps. */
static void bin_begin(Bin *bin, sim_time begin, const TrafficRow *row) {
    bin->begin = begin;
    bin->width = row->width;
    bin->total = bin->is_rate ? row->value * 1e-9 * (double)row->width : row->value;
    bin->left = bin->total;
    bin->position = 0;
    bin->prompt_tokens = row->prompt_tokens;
    bin->output_tokens = row->output_tokens;
    bin->past_kind = row->past_kind;
    bin->past = row->past;
    if (bin->gaps != row->gaps || bin->shape != row->shape) {
        bin->gaps = row->gaps;
        bin->shape = row->shape;
        bin->scale = row->gaps == GAPS_WEIBULL ? 1 / tgamma(1 + 1 / row->shape)
                     : row->gaps == GAPS_GAMMA ? 1 / row->shape
                                               : 1;
    }
}

/* A gap of mean 1. */
static double draw_gap(const Bin *bin) {
    switch (bin->gaps) {
    case GAPS_GAMMA: return gsl_ran_gamma(&bin->stream->gsl, bin->shape, bin->scale);
    case GAPS_WEIBULL: return bin->scale * pow(random_exponential(bin->stream), 1 / bin->shape);
    case GAPS_POISSON: break;
    }
    return random_exponential(bin->stream);
}

/* The instant at `position`, which rounding must not move to the next bin. */
static sim_time bin_instant(const Bin *bin, double position) {
    const sim_time offset = (sim_time)(position * (double)bin->width);
    return bin->begin + (offset < bin->width ? offset : bin->width - 1);
}

static bool bin_next_of_rate(Bin *bin, sim_time *time) {
    if (bin->need < 0) {
        bin->need = draw_gap(bin);
    }
    if (bin->need >= bin->left) {
        bin->need -= bin->left;
        bin->left = 0;
        return false;
    }
    bin->left -= bin->need;
    bin->need = -1;
    *time = bin_instant(bin, 1 - bin->left / bin->total);
    return true;
}

/* The next arrival of this bin; false: it has no more. */
static bool bin_next(Bin *bin, sim_time *time) {
    if (bin->is_rate) {
        return bin_next_of_rate(bin, time);
    }
    if (bin->left < 1) {
        return false;
    }
    if (bin->is_even) {
        *time = bin_instant(bin, (bin->total - bin->left + 0.5) / bin->total);
    } else {
        const double share = -expm1(-random_exponential(bin->stream) / bin->left);
        bin->position += (1 - bin->position) * share;
        *time = bin_instant(bin, bin->position);
    }
    bin->left--;
    return true;
}

/* The source ------------------------------------------------------------------------------------
 */

typedef struct TraceSource {
    asim_traffic_source base;
    const TraceConfig *config;
    TrafficContext context; /* for each pass */
    sim_time span;          /* of a pass: to - from; SIM_TIME_NEVER: until the file's end */
    RequestLengths lengths;
    Distribution one_token; /* for lengths that nobody asks for */

    RowFiles files;
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
    const int64_t left_out = row_files_earliest_left_out(&trace->files);
    const bool settled =
        trace_clock_settle(&trace->clock, left_out < file_time ? left_out : file_time,
                           reader_of(&trace->files), trace->context.errors);
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
    RowReader *reader = reader_of(&trace->files);
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

/* A row's past becomes the arrival's; further copies and passes are of other users. */
static inline void take_past(const TraceSource *trace, asim_arrival *arrival, uint8_t kind,
                             asim_past past) {
    arrival->past_kind = kind;
    arrival->past = past;
    if (kind != ASIM_PAST_NONE && (trace->context.copy > 0 || trace->pass > 0)) {
        row_past_estrange(arrival, trace->context.copy, trace->pass);
    }
}

/* Requests of one pass, on the trace's clock ----------------------------------------------------
 */

/* The next request of a file with a row for each; false at the end of the pass. */
static inline bool next_row_request(TraceSource *trace, asim_arrival *arrival) {
    TrafficRow row;
    bool go_on = true;
    while (go_on && row_files_next(&trace->files, &row)) {
        if (!place_row(trace, &row, &arrival->time, &go_on)) {
            past_drop(row.past_kind, row.past);
            continue;
        }
        trace->row_time = row.time;
        if (arrival->time >= 0 && arrival->time < trace->span) {
            arrival->prompt_tokens = row.prompt_tokens;
            arrival->output_tokens = row.output_tokens;
            arrival->waits = row.waits;
            take_past(trace, arrival, row.past_kind, row.past);
            return true;
        }
        past_drop(row.past_kind, row.past);
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
    while (go_on && bin_rows_next(&trace->bins, &trace->files, &row)) {
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
                arrival->prompt_tokens = trace->bin.prompt_tokens;
                arrival->output_tokens = trace->bin.output_tokens;
                arrival->waits = 0;
                take_past(trace, arrival, trace->bin.past_kind, trace->bin.past);
                return true;
            }
            if (row_reader_halted(reader_of(&trace->files))) {
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
        .label = config->bin_label,
        .width = config->bin,
    };
    trace->is_open = true;
    if (!row_files_begin(&trace->files)) {
        return false;
    }
    trace->bins.is_rate = reader_of(&trace->files)->rates;
    trace->bin = (Bin){.stream = &trace->stream,
                       .is_even = config->spread == TRACE_SPREAD_EVEN,
                       .is_rate = trace->bins.is_rate,
                       .need = -1};
    return trace_clock_read_origin(&trace->clock, reader_of(&trace->files), trace->context.errors);
}

/* What the pass has read and not given out lies outside its span. */
static void end_pass(TraceSource *trace) {
    if (trace->is_open) {
        trace->base.counts.outside += trace->bins.has_ahead;
        trace->failed = trace->failed || reader_of(&trace->files)->failed;
        row_files_end(&trace->files);
        trace->is_open = false;
    }
}

/* The time from one pass to the next, once the first has shown how long the trace is. */
static bool find_period(TraceSource *trace) {
    const TraceConfig *config = trace->config;
    const bool is_bins = reader_of(&trace->files)->format->bins;
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
    const Error where = {.file = reader_of(&trace->files)->input.path, .place = "repeat_every"};
    trace->failed = true;
    return error_at(trace->context.errors, &where,
                    config->repeat_every == SIM_TIME_NEVER ? "nothing"
                                                           : "less than the trace's span",
                    "a duration longer than the trace's span", NULL);
}

/* What the files hold beyond the run's end is counted. Nobody judges it, and nobody waits for what
 * a pipe may still bring. */
static void count_rest(TraceSource *trace) {
    int64_t first = INT64_MAX, last = INT64_MIN;
    if (trace->bins.has_ahead) {
        trace_clock_note_beyond(&trace->clock, trace->bins.ahead.time);
    }
    trace->clock.any_unread = !row_files_count_rest(&trace->files, &first, &last);
    if (first <= last) {
        trace_clock_note_beyond(&trace->clock, first);
        trace_clock_note_beyond(&trace->clock, last);
    }
}

static void end_source(TraceSource *trace) {
    const TraceClock *clock = &trace->clock;
    if (trace->is_past && trace->is_open) {
        count_rest(trace);
    }
    trace->failed = trace->failed || reader_of(&trace->files)->failed;
    if (!trace->failed && clock->any_beyond && !clock->any_within) {
        trace_clock_refuse(clock, reader_of(&trace->files)->input.path, trace->context.errors);
        trace->failed = true;
    }
    trace->ended = true;
    end_pass(trace);
    if (trace->config->told) {
        trace_told_clear(trace->config->told);
        row_files_tell(&trace->files, trace->config->told);
    }
}

/* The file has no more rows for this pass: on to the next, or the end. */
static void next_pass(TraceSource *trace) {
    const bool again = !trace->is_past && !reader_of(&trace->files)->failed && !trace->failed &&
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
        const bool is_bins = reader_of(&trace->files)->format->bins;
        if (!(is_bins ? next_bin_request(trace, arrival) : next_row_request(trace, arrival))) {
            next_pass(trace);
        } else if (place_arrival(trace, arrival, is_bins)) {
            arrival->source = trace->context.source;
            count++;
        } else {
            arrival_drop(arrival);
            if (trace->is_past) {
                end_source(trace);
            }
        }
    }
    lengths_draw(&trace->lengths, block, count);
    trace->base.counts.requests += count;
    *failed = *failed || (count == 0 && trace->failed);
    return count;
}

static void trace_destroy(asim_traffic_source *source) {
    TraceSource *trace = (TraceSource *)source;
    row_files_clear(&trace->files);
    free(trace);
}

/* Opening ---------------------------------------------------------------------------------------
 */

void trace_told_clear(TraceTold *told) {
    for (size_t i = 0; i < told->file_count; i++) {
        free(told->files[i].name);
    }
    for (size_t i = 0; i < told->condition_count; i++) {
        free(told->conditions[i].text);
    }
    free(told->files);
    free(told->conditions);
    told->files = NULL;
    told->conditions = NULL;
    told->file_count = told->condition_count = 0;
}

/* A file without token counts needs the user's distributions; who only looks at it does not. */
static bool need_length(TraceSource *trace, RowRole role, const Distribution **drawn,
                        const char *option) {
    const RowReader *reader = reader_of(&trace->files);
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

static TraceTold told_by(const RowReader *reader) {
    TraceTold told = {.format = reader->format,
                      .has_tokens = reader->names[ROLE_PROMPT] && reader->names[ROLE_OUTPUT],
                      .unit = reader->unit,
                      .ends = reader->ends};
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        const char *name = reader->names[role];
        snprintf(told.names[role], FORMAT_NAME_MOST, "%s", name ? name : "");
    }
    return told;
}

static bool check_lengths(TraceSource *trace) {
    RequestLengths *lengths = &trace->lengths;
    if (trace->config->told) {
        *trace->config->told = told_by(reader_of(&trace->files));
        trace->config->told->rates = trace->bins.is_rate;
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
    row_files_init(&trace->files, config, context, &trace->base.counts);
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

/* A look at the beginning, after which all can be read. Mistakes are told when the rows are read in
 * earnest; what the system fails in may succeed then, so it is told here. */
typedef struct TraceLook {
    TraceSource *trace;
    bool is_open;
    InputHeads heads;
    ErrorList unused;
} TraceLook;

static void look_begin(TraceLook *look, const TraceConfig *config, const TrafficContext *context) {
    TrafficContext quiet = *context;
    *look = (TraceLook){.trace = NULL};
    quiet.errors = &look->unused;
    if (context->heads != NULL) {
        look->heads = *context->heads;
        look->heads.are_all = true;
        quiet.heads = &look->heads;
    }
    look->trace = trace_create(config, &quiet);
    look->is_open = begin_pass(look->trace);
}

static void look_end(TraceLook *look, ErrorList *errors) {
    trace_destroy(&look->trace->base);
    if (look->unused.system) {
        error_add_all(errors, &look->unused);
    }
    error_list_clear(&look->unused);
}

bool trace_tells(const TraceConfig *config, const TrafficContext *context, TraceTold *told) {
    TraceLook look;
    look_begin(&look, config, context);
    if (look.is_open) {
        *told = told_by(reader_of(&look.trace->files));
    }
    look_end(&look, context->errors);
    return look.is_open;
}

/* The first row as any pass would find it. */
static bool trace_begins(const void *config, const TrafficContext *context, int64_t *epoch_ns) {
    TraceLook look;
    look_begin(&look, config, context);
    TraceSource *trace = look.trace;
    TrafficRow row = {.time = INT64_MAX};
    bool begins = look.is_open;
    if (begins) {
        const bool is_bins = reader_of(&trace->files)->format->bins;
        const bool any = is_bins ? bin_rows_next(&trace->bins, &trace->files, &row)
                                 : row_files_next(&trace->files, &row);
        if (any) {
            past_drop(row.past_kind, row.past);
        }
        begins = (any || row_files_earliest_left_out(&trace->files) != INT64_MAX) &&
                 settle_clock(trace, row.time) && trace_clock_instant(&trace->clock, epoch_ns);
    }
    look_end(&look, context->errors);
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

// SPDX-License-Identifier: GPL-3.0-or-later
/* A recorded row's stages. Order: every row in the heap may still be preceded by one that is not
 * read yet, or the file has ended; a window of zero never uses the heap. Bins: those given out do
 * not overlap, and counts are whole. Clock: a recording's first row settles where it lies. */
#include "traffic/trace_stages.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "traffic/field.h"
#include "traffic/synthetic.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The heap --------------------------------------------------------------------------------------
 */

static inline bool is_before(const OrderedEntry *a, const OrderedEntry *b) {
    return a->row.time != b->row.time ? a->row.time < b->row.time : a->sequence < b->sequence;
}

static void heap_push(OrderedRows *rows, const TrafficRow *row) {
    rows->heap = memory_grow(rows->heap, rows->count, &rows->capacity, sizeof rows->heap[0]);
    const OrderedEntry entry = {*row, rows->sequence++};
    size_t hole = rows->count++;
    while (hole > 0) {
        const size_t parent = (hole - 1) / 2;
        if (!is_before(&entry, &rows->heap[parent])) {
            break;
        }
        rows->heap[hole] = rows->heap[parent];
        hole = parent;
    }
    rows->heap[hole] = entry;
}

static TrafficRow heap_pop(OrderedRows *rows) {
    OrderedEntry *const heap = rows->heap;
    const TrafficRow first = heap[0].row;
    const OrderedEntry last = heap[--rows->count];
    size_t hole = 0;
    for (;;) {
        size_t child = 2 * hole + 1;
        if (child >= rows->count) {
            break;
        }
        child += child + 1 < rows->count && is_before(&heap[child + 1], &heap[child]);
        if (!is_before(&heap[child], &last)) {
            break;
        }
        heap[hole] = heap[child];
        hole = child;
    }
    heap[hole] = last;
    return first;
}

/* Rows in order
 * ------------------------------------------------------------------------------------------
 */

/* The format's; where the user's rows are written when answers end, as long as those may last. */
static sim_time usual_window(const RowReader *reader) {
    const bool own = (reader->format->takes & TAKES_NAMES) != 0;
    return own && reader->ends ? SIM_TIME_HOUR : reader->format->reorder_window;
}

bool ordered_rows_open(OrderedRows *rows, const TraceConfig *config, const TrafficContext *context,
                       asim_traffic_counts *counts) {
    *rows = (OrderedRows){.latest = INT64_MIN};
    if (!row_reader_open(&rows->reader, config, context, counts)) {
        return false;
    }
    rows->window = config->reorder_window == SIM_TIME_NEVER ? usual_window(&rows->reader)
                                                            : config->reorder_window;
    return true;
}

void ordered_rows_close(OrderedRows *rows) {
    if (rows->reader.counts != NULL) {
        rows->reader.counts->outside += rows->count;
    }
    row_reader_close(&rows->reader);
    free(rows->heap);
    rows->heap = NULL;
    rows->count = 0;
}

/* A row that comes too late: an error, or skipped. */
static bool refuse_late(OrderedRows *rows, const TrafficRow *row, sim_time late) {
    char by[SIM_TIME_TEXT], window[SIM_TIME_TEXT];
    char *found = memory_format("a row %s before the latest one", sim_time_format(late, by));
    char *expected = memory_format("rows in order of time, or at most reorder_window (%s) late",
                                   sim_time_format(rows->window, window));
    const bool go_on = row_reader_refuse(&rows->reader, row_time_place(&rows->reader, row), found,
                                         expected, "raise reorder_window to have them sorted");
    free(found);
    free(expected);
    return go_on;
}

/* The next row that is not too late, in the file's order. */
static inline bool next_timely_row(OrderedRows *rows, TrafficRow *row) {
    while (row_reader_next(&rows->reader, row)) {
        if (row->time >= rows->latest) {
            rows->latest = row->time;
            return true;
        }
        sim_time late;
        if (__builtin_sub_overflow(rows->latest, row->time, &late)) {
            late = SIM_TIME_NEVER;
        }
        if (late <= rows->window) {
            return true;
        }
        if (!refuse_late(rows, row, late)) {
            return false;
        }
    }
    return false;
}

/* May a row that is not read yet precede the heap's first? */
static bool may_be_preceded(const OrderedRows *rows) {
    sim_time ahead;
    return rows->count == 0 ||
           (!__builtin_sub_overflow(rows->latest, rows->heap[0].row.time, &ahead) &&
            ahead < rows->window);
}

bool ordered_rows_next(OrderedRows *rows, TrafficRow *row) {
    if (rows->window == 0) {
        return next_timely_row(rows, row);
    }
    while (!rows->ended && may_be_preceded(rows)) {
        TrafficRow read;
        if (!next_timely_row(rows, &read)) {
            rows->ended = true;
        } else if (rows->count == ORDERED_ROWS_MOST) {
            rows->reader.skip_bad_rows = false;
            rows->ended =
                !row_reader_refuse(&rows->reader, (RowPlace){read.line, 0, "reorder_window"},
                                   "4194304 rows within it", "a shorter window", NULL);
        } else {
            heap_push(rows, &read);
        }
    }
    if (rows->count == 0 || rows->reader.failed) {
        return false;
    }
    *row = heap_pop(rows);
    return true;
}

/* Bins ------------------------------------------------------------------------------------------
 */

/* The length of all bins: from the first row to the second. */
static bool find_width(BinRows *bins, OrderedRows *rows, const TrafficRow *first) {
    bins->has_ahead = ordered_rows_next(rows, &bins->ahead);
    if (rows->reader.failed) {
        return false;
    }
    if (bins->has_ahead && bins->ahead.time > first->time &&
        !__builtin_sub_overflow(bins->ahead.time, first->time, &bins->width)) {
        return true;
    }
    rows->reader.skip_bad_rows = false; /* nothing can be said about any row */
    const TrafficRow *last = bins->has_ahead ? &bins->ahead : first;
    return row_reader_refuse(&rows->reader, (RowPlace){last->line, (long)last->time_column, "bin"},
                             bins->has_ahead ? "two rows of one time" : "a single row",
                             "two rows that show the length of a bin, or the option bin", NULL);
}

static sim_time label_offset(const BinRows *bins, sim_time width) {
    switch (bins->label) {
    case BIN_LABEL_CENTRE: return width / 2;
    case BIN_LABEL_END: return width;
    case BIN_LABEL_START: break;
    }
    return 0;
}

/* False when the row is bad; *go_on then tells whether it is merely skipped. */
static bool check_count(const BinRows *bins, OrderedRows *rows, const TrafficRow *row,
                        bool *go_on) {
    if (bins->is_rate || row->value == rint(row->value)) {
        return true;
    }
    char *found = memory_format("%g requests", row->value);
    *go_on = row_reader_refuse(&rows->reader, row_count_place(row), found,
                               "a whole number, or values: \"rate_per_s\"", NULL);
    free(found);
    return false;
}

/* No source gives out more, and none would ever end that did. */
static bool check_rate(const BinRows *bins, OrderedRows *rows, const TrafficRow *row, bool *go_on) {
    const double width_s = (double)row->width / (double)SIM_TIME_SECOND;
    const double rate_per_s = bins->is_rate ? row->value : row->value / width_s;
    if (rate_per_s <= SYNTHETIC_RATE_MOST) {
        return true;
    }
    char *found = memory_format("%g requests per second", rate_per_s);
    *go_on = row_reader_refuse(&rows->reader, row_count_place(row), found,
                               "at most 10,000,000 requests per second", NULL);
    free(found);
    return false;
}

static bool check_distance(const BinRows *bins, OrderedRows *rows, const TrafficRow *row,
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
    *go_on =
        row_reader_refuse(&rows->reader, row_time_place(&rows->reader, row), found, expected, NULL);
    free(found);
    free(expected);
    return false;
}

static bool next_row(BinRows *bins, OrderedRows *rows, TrafficRow *row) {
    if (bins->has_ahead) {
        *row = bins->ahead;
        bins->has_ahead = false;
        return true;
    }
    return ordered_rows_next(rows, row);
}

bool bin_rows_next(BinRows *bins, OrderedRows *rows, TrafficRow *row) {
    bool go_on = true;
    while (go_on && next_row(bins, rows, row)) {
        if (!check_count(bins, rows, row, &go_on)) {
            continue;
        }
        if (row->width == 0 && bins->width == SIM_TIME_NEVER && !find_width(bins, rows, row)) {
            return false;
        }
        row->width = row->width > 0 ? row->width : bins->width;
        if (!check_rate(bins, rows, row, &go_on)) {
            continue;
        }
        if (check_distance(bins, rows, row, &go_on)) {
            bins->has_previous = true;
            bins->previous = row->time;
            bins->previous_width = row->width;
            if (!__builtin_sub_overflow(row->time, label_offset(bins, row->width), &row->time)) {
                return true;
            }
            go_on = row_reader_refuse(&rows->reader, row_time_place(&rows->reader, row),
                                      "a time beyond all clocks", "a time within 292 years", NULL);
        }
    }
    return false;
}

/* Requests of a bin
 * --------------------------------------------------------------------------------------
 */

void bin_init(Bin *bin, RandomStream *stream, BinSpread spread, bool is_rate) {
    *bin = (Bin){.stream = stream, .spread = spread, .is_rate = is_rate, .need = -1};
}

void bin_begin(Bin *bin, sim_time begin, const TrafficRow *row) {
    bin->begin = begin;
    bin->width = row->width;
    bin->total = bin->is_rate ? row->value * 1e-9 * (double)row->width : row->value;
    bin->left = bin->total;
    bin->position = 0;
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

bool bin_next(Bin *bin, sim_time *time) {
    if (bin->is_rate) {
        return bin_next_of_rate(bin, time);
    }
    if (bin->left < 1) {
        return false;
    }
    if (bin->spread == BIN_SPREAD_EVEN) {
        *time = bin_instant(bin, (bin->total - bin->left + 0.5) / bin->total);
    } else {
        const double share = -expm1(-random_exponential(bin->stream) / bin->left);
        bin->position += (1 - bin->position) * share;
        *time = bin_instant(bin, bin->position);
    }
    bin->left--;
    return true;
}

/* Clock -----------------------------------------------------------------------------------------
 */

#define FIRST_DATE (INT64_C(1000000000) * SIM_TIME_SECOND)

TraceClock trace_clock_of(const char *origin, sim_time from, const TrafficContext *context) {
    TraceClock clock = {
        .text = origin,
        .kind = TRACE_ORIGIN_INSTANT,
        .from = from,
        .start_s = context->start_epoch_s,
        .since = context->since,
        .until = context->until,
        .first_beyond = INT64_MAX,
        .last_beyond = INT64_MIN,
    };
    if (origin == NULL) {
        clock.kind = TRACE_ORIGIN_DATES;
    } else if (strcmp(origin, "first_row") == 0) {
        clock.kind = TRACE_ORIGIN_FIRST_ROW;
    } else if (strcmp(origin, "zero") == 0) {
        clock.kind = TRACE_ORIGIN_ZERO;
    }
    return clock;
}

static bool refuse_origin(const TraceClock *clock, const RowReader *reader, const char *expected,
                          ErrorList *errors) {
    const Error where = {.file = reader->input.path, .place = "origin"};
    return error_at(errors, &where, clock->text, expected, NULL);
}

bool trace_clock_read_origin(TraceClock *clock, const RowReader *reader, ErrorList *errors) {
    if (clock->kind != TRACE_ORIGIN_INSTANT) {
        return true;
    }
    const InputText whole = {clock->text, clock->text + strlen(clock->text)};
    const FieldUnit unit = reader->unit;
    FieldCalendar calendar = {.known = false};
    return field_time(whole, FIELD_CALENDAR, &calendar, &clock->origin) ||
           field_time(whole, unit == FIELD_CALENDAR ? FIELD_SECONDS : unit, &calendar,
                      &clock->origin) ||
           refuse_origin(clock, reader,
                         "first_row, zero, an instant such as 2024-05-10T00:00:00Z, or a number "
                         "in the file's unit",
                         errors);
}

/* Run time of a file time; what is beyond all runs stays just that. */
static sim_time placed(const TraceClock *clock, int64_t file_time) {
    const sim_time beyond = SIM_TIME_LONGEST + 1;
    sim_time start, since;
    if (__builtin_mul_overflow(clock->start_s, SIM_TIME_SECOND, &start) ||
        __builtin_sub_overflow(file_time, start, &since)) {
        since = clock->start_s < file_time / SIM_TIME_SECOND ? beyond : -beyond;
    }
    return since > beyond ? beyond : since < -beyond ? -beyond : since;
}

bool trace_clock_settle(TraceClock *clock, int64_t first_row, const RowReader *reader,
                        ErrorList *errors) {
    clock->is_known = true;
    clock->has_dates =
        reader->unit == FIELD_CALENDAR || reader->calendar.known || first_row >= FIRST_DATE;
    clock->place = 0;
    switch (clock->kind) {
    case TRACE_ORIGIN_INSTANT: return true;
    case TRACE_ORIGIN_ZERO:
        clock->origin = 0;
        return !clock->has_dates ||
               refuse_origin(clock, reader, "first_row or an instant: the file has dates", errors);
    case TRACE_ORIGIN_FIRST_ROW: clock->origin = first_row; return true;
    case TRACE_ORIGIN_DATES: break;
    }
    clock->origin = first_row;
    clock->place = clock->has_dates ? placed(clock, first_row) + clock->from : 0;
    return true;
}

bool trace_clock_instant(const TraceClock *clock, int64_t *ns) {
    return clock->is_known && clock->has_dates &&
           !__builtin_add_overflow(clock->origin, clock->from, ns);
}

/* The error ------------------------------------------------------------------------------------ */

void trace_clock_note_beyond(TraceClock *clock, int64_t file_time) {
    clock->any_beyond = true;
    clock->first_beyond = file_time < clock->first_beyond ? file_time : clock->first_beyond;
    clock->last_beyond = file_time > clock->last_beyond ? file_time : clock->last_beyond;
}

/* A file time as messages name it: an instant, or the time since the trace's time 0. */
static const char *told(const TraceClock *clock, int64_t file_time, char text[SIM_TIME_TEXT]) {
    if (clock->has_dates) {
        return sim_time_format_calendar(sim_time_second(file_time), text);
    }
    return sim_time_format(file_time - clock->origin, text);
}

static char *run_text(const TraceClock *clock) {
    char begin[SIM_TIME_TEXT], end[SIM_TIME_TEXT];
    const bool is_open = clock->until == SIM_TIME_NEVER;
    const sim_time span = is_open ? 0 : clock->until - clock->since;
    if (clock->has_dates) {
        sim_time_format_calendar(clock->start_s, begin);
        sim_time_format_calendar(clock->start_s + span / SIM_TIME_SECOND, end);
    } else {
        strcpy(begin, "0s");
        sim_time_format(span, end);
    }
    return is_open ? memory_format("from %s on", begin)
                   : memory_format("from %s to %s", begin, end);
}

void trace_clock_refuse(const TraceClock *clock, const char *path, ErrorList *errors) {
    char first[SIM_TIME_TEXT], last[SIM_TIME_TEXT];
    char *run = run_text(clock);
    told(clock, clock->first_beyond, first);
    told(clock, clock->last_beyond, last);
    char *found = clock->any_unread ? memory_format("rows from %s on", first)
                                    : memory_format("rows from %s to %s only", first, last);
    char *expected = memory_format("some within the run, which is %s", run);
    error_in_file(errors, path, found, expected,
                  "set start or duration of the scenario, or origin: first_row to lay the first "
                  "row on time 0");
    free(run);
    free(found);
    free(expected);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* A recorded row's stages. Order: every row in the heap may still be preceded by one that is not
 * read yet, or the file has ended; a window of zero never uses the heap. Clock: a recording's first
 * row settles where it lies. */
#include "traffic/trace_stages.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "traffic/field.h"

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

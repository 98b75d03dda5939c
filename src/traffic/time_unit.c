// SPDX-License-Identifier: GPL-3.0-or-later
/* Seconds or milliseconds? Public files have timestamp, input_length and output_length in either:
 * Mooncake's in ms, GuideLLM's and vLLM's timed_trace in s, with nothing that says which. What
 * decides, on the first rows alone (at most TIME_UNIT_ROWS, so that a stream can be told too): a
 * fraction (then it is seconds); numbers that are seconds or milliseconds since 1970; else the rate
 * that each unit would mean, when only one of the two is one that is recorded. */
#include "traffic/row_reader.h"

#include "base/memory.h"
#include "traffic/json_line.h"

#include <math.h>
#include <stdlib.h>

/* Whole numbers are of the unit if, read in it, the first rows come at a rate in these limits and
 * are instants in these years. Fewer than one request in 100 s is not what traces of inference
 * record to the second, more than 200/s on average is beyond every public one (Azure 2024: 52/s);
 * from 10^9 on a number is an instant since 1970, of this century in just one of the units. */
static const struct {
    FieldUnit unit;
    double per_second;              /* units in a second */
    double least_per_s, most_per_s; /* requests */
    double instant_from, instant_to;
    uint32_t by_fraction, by_rate, by_instant; /* in asim_traffic_counts.units */
} candidates[] = {
    {FIELD_SECONDS, 1, 0.01, INFINITY, 1e9, 1e11, ASIM_SECONDS_BY_FRACTION, ASIM_SECONDS_BY_RATE,
     ASIM_SECONDS_BY_INSTANT},
    {FIELD_MILLISECONDS, 1e3, 0, 200, 1e11, 1e14, 0, ASIM_MILLISECONDS_BY_RATE,
     ASIM_MILLISECONDS_BY_INSTANT},
};
enum { CANDIDATES = sizeof candidates / sizeof candidates[0] };

enum { TIME_UNIT_ROWS = 256 };

typedef struct Evidence {
    size_t rows;
    double least, most;
    bool has_fraction;
} Evidence;

/* The text of the row's time; start NULL: none. */
static InputText time_of(RowReader *reader, InputText line) {
    InputText values[ROLE_COUNT] = {{NULL, NULL}};
    const char *expected;
    const bool is_json = reader->format->shape == SHAPE_JSON_LINES;
    if (is_json ? json_line_find(line, reader->names, values, ROLE_COUNT, &expected) != NULL
                : format_csv_values(reader, line, values) == ROW_BAD) {
        return (InputText){NULL, NULL};
    }
    return values[ROLE_TIME];
}

static void add_row(Evidence *evidence, InputText text) {
    double value;
    if (text.start == NULL || !field_amount(field_trimmed(text), &value)) {
        return; /* a bad row is told when it is read in earnest */
    }
    evidence->has_fraction = evidence->has_fraction || value != floor(value);
    evidence->least = evidence->rows == 0 || value < evidence->least ? value : evidence->least;
    evidence->most = evidence->rows == 0 || value > evidence->most ? value : evidence->most;
    evidence->rows++;
}

/* is_all: no row follows them. */
static Evidence gather(RowReader *reader, bool *is_all) {
    InputText *lines = memory_new(TIME_UNIT_ROWS, sizeof lines[0]);
    Evidence evidence = {0};
    const size_t count = input_peek(&reader->input, lines, TIME_UNIT_ROWS);
    for (size_t i = 0; i < count; i++) {
        if (lines[i].start < lines[i].end) {
            add_row(&evidence, time_of(reader, lines[i]));
        }
    }
    const char *end = reader->input.buffer + reader->input.end; /* after a line's end: \r, \n */
    *is_all = reader->input.ended && (count == 0 || end - lines[count - 1].end <= 2);
    free(lines);
    return evidence;
}

/* The one candidate for which the test holds, or CANDIDATES. */
static size_t only_one(const bool holds[CANDIDATES]) {
    size_t found = CANDIDATES;
    for (size_t i = 0; i < CANDIDATES; i++) {
        if (holds[i]) {
            if (found < CANDIDATES) {
                return CANDIDATES;
            }
            found = i;
        }
    }
    return found;
}

/* Requests per second, were the numbers of the candidate's unit. */
static double rate_per_s(const Evidence *evidence, size_t i) {
    return (double)(evidence->rows - 1) / (evidence->most - evidence->least) *
           candidates[i].per_second;
}

static bool set(RowReader *reader, size_t i, uint32_t how) {
    reader->unit = candidates[i].unit;
    reader->counts->units |= how;
    return true;
}

static bool refuse_both(RowReader *reader, const Evidence *evidence) {
    const bool any_rate = evidence->rows > 1 && evidence->most > evidence->least;
    char *found =
        any_rate ? memory_format("whole numbers that can be seconds (%.3g requests/s) as well as "
                                 "milliseconds (%.3g/s)",
                                 rate_per_s(evidence, 0), rate_per_s(evidence, 1))
                 : memory_text("numbers that do not show whether they are seconds or milliseconds");
    const Error where = {.file = reader->input.path, .place = reader->names[ROLE_TIME]};
    error_at(reader->errors, &where, found,
             "time_unit: s (GuideLLM, vLLM's timed_trace) or ms (Mooncake)", NULL);
    free(found);
    reader->failed = true;
    return false;
}

bool time_unit_decide(RowReader *reader) {
    bool is_all, by_instant[CANDIDATES], by_rate[CANDIDATES];
    const Evidence evidence = gather(reader, &is_all);
    const bool any_span = evidence.rows > 1 && evidence.most > evidence.least;
    if (evidence.rows == 0) { /* no numbers: dates, or nothing but bad rows */
        reader->unit = FIELD_UNIT_AUTO;
        return true;
    }
    if (is_all && !any_span && evidence.least == 0) {
        return true; /* all at one instant: any unit says so */
    }
    if (evidence.has_fraction && evidence.most < candidates[0].instant_to) {
        return set(reader, 0, candidates[0].by_fraction);
    }
    for (size_t i = 0; i < CANDIDATES; i++) {
        by_instant[i] = evidence.least >= candidates[i].instant_from &&
                        evidence.most < candidates[i].instant_to;
        const double rate = any_span ? rate_per_s(&evidence, i) : NAN;
        by_rate[i] = rate >= candidates[i].least_per_s && rate <= candidates[i].most_per_s;
    }
    const size_t instant = only_one(by_instant), rate = only_one(by_rate);
    return instant < CANDIDATES  ? set(reader, instant, candidates[instant].by_instant)
           : rate < CANDIDATES   ? set(reader, rate, candidates[rate].by_rate)
           : is_all && !any_span ? true
                                 : refuse_both(reader, &evidence);
}

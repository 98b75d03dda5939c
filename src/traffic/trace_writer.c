// SPDX-License-Identifier: GPL-3.0-or-later
/* Trace files out of requests: rows are put together by hand in a buffer, for files of 10 million
 * rows. */
#include "traffic/trace.h"

#include "base/assertion.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "traffic/prompt_hashes.h"

#include <string.h>

const char *const trace_writer_format_names[] = {
    [TRACE_WRITER_AZURE] = "azure",
    [TRACE_WRITER_AZURE_2024] = "azure_2024",
    [TRACE_WRITER_VIDUR] = "vidur",
    NULL,
};

enum { BLOCK = 512, ROW_MOST = 96 };

/* `count` digits of value, leading zeros and all. */
static char *put_digits(char *p, int64_t value, int count) {
    for (int i = count - 1; i >= 0; i--) {
        p[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return p + count;
}

static char *put_tokens(char *p, uint32_t value) {
    *p = ',';
    return text_put_whole(p + 1, value);
}

/* The second that was written last: the next row is often of the same. */
typedef struct Clock {
    int64_t start_epoch_s; /* of time 0 */
    int64_t epoch_s;
    char text[SIM_TIME_TEXT]; /* "2023-11-16T18:15:46Z"; empty before the first */
} Clock;

/* "2023-11-16 18:15:46" */
static char *put_calendar(char *p, Clock *clock, int64_t epoch_s) {
    if (epoch_s != clock->epoch_s || clock->text[0] == '\0') {
        sim_time_format_calendar(epoch_s, clock->text);
        clock->epoch_s = epoch_s;
    }
    memcpy(p, clock->text, 19);
    p[10] = ' ';
    return p + 19;
}

static char *put_time(char *p, TraceWriterFormat format, Clock *clock, sim_time time) {
    const int64_t epoch_s = clock->start_epoch_s + time / SIM_TIME_SECOND;
    const int64_t ns = time % SIM_TIME_SECOND;
    switch (format) {
    case TRACE_WRITER_AZURE:
        p = put_calendar(p, clock, epoch_s);
        *p = '.';
        return put_digits(p + 1, ns / 100, 7);
    case TRACE_WRITER_AZURE_2024:
        p = put_calendar(p, clock, epoch_s);
        if (ns >= 1000) {
            *p = '.';
            p = put_digits(p + 1, ns / 1000, 6);
        }
        memcpy(p, "+00:00", 6);
        return p + 6;
    case TRACE_WRITER_VIDUR: break;
    }
    return p + sim_time_format_seconds(time, p);
}

static bool write_rows(const asim_arrival *rows, size_t count, TraceWriterFormat format,
                       Clock *clock, FILE *stream) {
    const char *line_end = format == TRACE_WRITER_AZURE ? "\r\n" : "\n";
    char buffer[BLOCK * ROW_MOST];
    char *p = buffer;
    *p = '\0';
    asim_assert(count > 0 && count <= BLOCK);
    for (size_t i = 0; i < count; i++) {
        /* The 2023 files have no final line end: each row ends the one before. */
        if (format == TRACE_WRITER_AZURE) {
            p = stpcpy(p, line_end);
        }
        p = put_time(p, format, clock, rows[i].time);
        p = put_tokens(p, rows[i].prompt_tokens);
        p = put_tokens(p, rows[i].output_tokens);
        if (format != TRACE_WRITER_AZURE) {
            p = stpcpy(p, line_end);
        }
    }
    const size_t length = (size_t)(p - buffer);
    return fwrite(buffer, 1, length, stream) == length;
}

bool trace_write(asim_traffic_source *source, TraceWriterFormat format, int64_t start_epoch_s,
                 const volatile sig_atomic_t *halt, FILE *stream, bool *forgets_past) {
    static const char *const headers[] = {
        [TRACE_WRITER_AZURE] = "TIMESTAMP,ContextTokens,GeneratedTokens",
        [TRACE_WRITER_AZURE_2024] = "TIMESTAMP,ContextTokens,GeneratedTokens\n",
        [TRACE_WRITER_VIDUR] = "arrived_at,num_prefill_tokens,num_decode_tokens\n",
    };
    asim_arrival block[BLOCK];
    Clock clock = {.start_epoch_s = start_epoch_s};
    bool failed = false;
    *forgets_past = false;
    if (fputs(headers[format], stream) == EOF) {
        return false;
    }
    while (!traffic_halted(halt)) {
        const size_t count = source->next(source, block, BLOCK, &failed);
        if (count == 0) {
            return !failed && fflush(stream) == 0;
        }
        const bool written = write_rows(block, count, format, &clock, stream);
        for (size_t i = 0; i < count; i++) {
            *forgets_past = *forgets_past || block[i].past_kind != ASIM_PAST_NONE;
            arrival_drop(&block[i]);
        }
        if (!written) {
            return false;
        }
    }
    return false;
}

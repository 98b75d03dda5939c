// SPDX-License-Identifier: GPL-3.0-or-later
/* The Azure LLM inference traces are the large ones (27 million rows a week), so their rows have a
 * fast way: "2023-11-16 18:15:46.6805900,374,44" read left to right, in the date read last.
 * Whatever is not written just so (quotes, offsets other than +00:00, another order of columns,
 * mistakes) is left to the general parser, which alone decides what is wrong. */
#include "traffic/row_reader.h"

#include <string.h>

static inline unsigned digit_of(char c) {
    return (unsigned)(unsigned char)c - '0';
}

/* Digits from *p as a token count; 0 when there are none or too many. Moves *p past them. */
static inline uint32_t read_tokens(const char **p) {
    const char *q = *p;
    uint32_t value = 0;
    while (digit_of(*q) <= 9) {
        value = 10 * value + digit_of(*q++);
    }
    const ptrdiff_t length = q - *p;
    *p = q;
    return length <= 9 ? value : 0;
}

/* "18:15:46" in nanoseconds, or -1. */
static inline int64_t read_clock(const char *p) {
    const unsigned h1 = digit_of(p[0]), h2 = digit_of(p[1]), m1 = digit_of(p[3]);
    const unsigned m2 = digit_of(p[4]), s1 = digit_of(p[6]), s2 = digit_of(p[7]);
    const unsigned hour = 10 * h1 + h2;
    const bool digits = (h1 <= 9) & (h2 <= 9) & (m1 <= 5) & (m2 <= 9) & (s1 <= 5) & (s2 <= 9);
    if (!digits || hour > 23 || p[2] != ':' || p[5] != ':') {
        return -1;
    }
    return (int64_t)(3600 * hour + 60 * (10 * m1 + m2) + 10 * s1 + s2) * SIM_TIME_SECOND;
}

static inline bool read_fast(const RowReader *reader, InputText line, TrafficRow *row) {
    static const int32_t scale[] = {0,     100000000, 10000000, 1000000, 100000,
                                    10000, 1000,      100,      10,      1};
    const char *p = line.start;
    if (line.end - p < 23 || memcmp(p, reader->calendar.date, sizeof reader->calendar.date) != 0 ||
        p[10] != ' ') {
        return false;
    }
    const int64_t clock = read_clock(p + 11);
    int64_t fraction = 0;
    p += 19;
    if (*p == '.') {
        const char *const start = ++p;
        uint32_t digits = 0;
        while (digit_of(*p) <= 9) {
            digits = 10 * digits + digit_of(*p++);
        }
        if (p == start || p - start > 9) {
            return false;
        }
        fraction = (int64_t)digits * scale[p - start];
    }
    if (*p == '+' && line.end - p > 6 && memcmp(p, "+00:00", 6) == 0) {
        p += 6;
    }
    if (clock < 0 || *p++ != ',') {
        return false;
    }
    row->prompt_tokens = read_tokens(&p);
    if (*p++ != ',') {
        return false;
    }
    row->output_tokens = read_tokens(&p);
    row->time = reader->calendar.day_ns + clock + fraction;
    return p == line.end && row->prompt_tokens != 0 && row->output_tokens != 0;
}

RowResult format_azure_parse(RowReader *reader, InputText line, TrafficRow *row) {
    const bool usual = reader->calendar.known && reader->delimiter == ',' &&
                       reader->filter_value == NULL && reader->columns[ROLE_TIME] == 0 &&
                       reader->columns[ROLE_PROMPT] == 1 && reader->columns[ROLE_OUTPUT] == 2;
    return usual && read_fast(reader, line, row) ? ROW_OK : format_csv_parse(reader, line, row);
}

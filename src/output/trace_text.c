// SPDX-License-Identifier: GPL-3.0-or-later
/* Counts to the last digit: a trace is known by them. */
#include "output/trace_text.h"

#include <inttypes.h>

const char *trace_text_count(uint64_t count, char text[HUMAN_TEXT]) {
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, count);
    char *at = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            *at++ = ',';
        }
        *at++ = digits[i];
    }
    *at = '\0';
    return text;
}

void trace_text_ends(FILE *stream, const asim_traffic_counts *counts) {
    char text[HUMAN_TEXT];
    if (counts->ends_moved == 0 && counts->ends_kept == 0) {
        fputs("as logged", stream);
    }
    if (counts->ends_moved > 0) {
        fprintf(stream, "ends of answers minus their durations (%s rows)",
                trace_text_count(counts->ends_moved, text));
    }
    if (counts->ends_kept > 0) {
        fprintf(stream, "%sends of answers taken for arrivals, for they have no duration (%s rows)",
                counts->ends_moved > 0 ? "; " : "", trace_text_count(counts->ends_kept, text));
    }
}

const char *trace_text_unit(uint32_t units) {
    static const struct {
        uint32_t unit;
        const char *text;
    } texts[] = {
        {ASIM_SECONDS_BY_FRACTION, "read as seconds, for they have fractions"},
        {ASIM_SECONDS_BY_RATE, "read as seconds, for as milliseconds they would be too dense"},
        {ASIM_SECONDS_BY_INSTANT, "read as seconds since 1970"},
        {ASIM_MILLISECONDS_BY_RATE,
         "read as milliseconds, for as seconds they would be too sparse"},
        {ASIM_MILLISECONDS_BY_INSTANT, "read as milliseconds since 1970"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (units == texts[i].unit) {
            return texts[i].text;
        }
    }
    return units == 0 ? NULL : "read as seconds or as milliseconds, file by file";
}

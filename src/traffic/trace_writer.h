// SPDX-License-Identifier: GPL-3.0-or-later
/* Writes a source's requests as a trace that other tools read too. */
#ifndef TRAFFIC_TRACE_WRITER_H
#define TRAFFIC_TRACE_WRITER_H

#include "traffic/traffic.h"

#include <stdio.h>

typedef enum TraceWriterFormat {
    TRACE_WRITER_AZURE, /* as of 2023: "2023-11-16 18:15:46.6805900,374,44", CRLF, no final line end
                         */
    TRACE_WRITER_AZURE_2024, /* "2024-05-10 00:00:00.009930+00:00,2162,5", a zero fraction left out,
                                LF */
    TRACE_WRITER_VIDUR       /* "4.314579,396,109": seconds, to the nanosecond; LF */
} TraceWriterFormat;

/* Names as a user writes them ("azure", "azure_2024", "vidur"), indexed by format, NULL-terminated.
 */
extern const char *const trace_writer_format_names[];

/* Writes all requests of the source, which stays the caller's, with time 0 at start_epoch_s. The
 * 2023 form has a resolution of 100 ns, the 2024 form of 1 us; times are cut to it. Returns false
 * when the source failed (which it reports) or the stream did (ferror). */
bool trace_write(asim_traffic_source *source, TraceWriterFormat format, int64_t start_epoch_s,
                 FILE *stream);

#endif

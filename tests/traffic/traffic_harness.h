// SPDX-License-Identifier: GPL-3.0-or-later
/* For the tests of traffic: sources from options as a user writes them, small files in a directory
 * that goes away, and all of a source's requests at once. */
#ifndef TESTS_TRAFFIC_HARNESS_H
#define TESTS_TRAFFIC_HARNESS_H

#include "engine/options.h"
#include "traffic/traffic.h"

#define HARNESS_MOST 2000000 /* requests that harness_trace reads */

typedef struct TrafficHarness {
    ErrorList errors;
    TrafficContext context;  /* seed 1, stream "traffic.test.0", until NEVER; change before opening
                              */
    char directory[64];      /* of the files; context.directory */
    const TrafficKind *kind; /* of the source opened last */
    void *config;
    asim_traffic_source *source;
    asim_arrival *arrivals; /* by harness_read */
    size_t count;
    bool failed;
} TrafficHarness;

void harness_init(TrafficHarness *harness);
void harness_clear(TrafficHarness *harness);

/* Writes a file into the directory. */
void harness_file(TrafficHarness *harness, const char *name, const char *bytes, size_t length);
void harness_text_file(TrafficHarness *harness, const char *name, const char *text);
void harness_gzip_file(TrafficHarness *harness, const char *name, const char *text);

/* Makes the config of a kind from "name=value" texts, NULL-terminated; aborts on a refused one.
 * Files are "a,b", spans and lengths are single values, numbers "1,2,3", points "0s:1,10m:5", of
 * other texts one a setting. */
void *harness_config(TrafficHarness *harness, const char *kind, const char *const options[]);
/* Opens a source from the config; false with harness->errors on failure. Checks the config first.
 */
bool harness_open(TrafficHarness *harness, const char *kind, const char *const options[]);
/* All requests of the source (at most `most`). */
void harness_read(TrafficHarness *harness, size_t most);
/* harness_open and harness_read of a trace in the directory, or elsewhere when the name has a '/'.
 * It begins at time 0 with its first row, unless the options have another origin. */
void harness_trace(TrafficHarness *harness, const char *file, const char *const options[]);

/* The text as a trace must be read; must be refused, with an error that holds `expected`. */
void harness_reads(TrafficHarness *harness, const char *text, const char *const options[]);
void harness_refuses(TrafficHarness *harness, const char *text, const char *const options[],
                     const char *expected);
/* The i-th of the requests that were read must be this one. */
void harness_gives(TrafficHarness *harness, size_t i, sim_time time, uint32_t prompt_tokens,
                   uint32_t output_tokens);

/* The text as a trace, cut at every byte and with each byte changed in two ways: asserts that it is
 * read or refused with an error, that no request is without tokens or out of order, and, by_rows,
 * that every row is counted once. */
void harness_mutilate(TrafficHarness *harness, const char *text, const char *const options[],
                      bool by_rows);

/* The text of the first error, or ""; valid until the next call. */
const char *harness_error(TrafficHarness *harness);

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_OPTIONS ((const char *const[]){NULL})

#endif

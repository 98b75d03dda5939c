// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as a recorded file of any format: it is read or refused, no row is lost, and what is
 * given out is in order and has tokens. The first two bytes choose the format and the options. */
#include "traffic/trace.h"

#include "engine/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(bool good, const char *what) {
    if (!good) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void write_file(const char *path, const unsigned char *data, size_t size) {
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    check(file >= 0 && write(file, data, size) == (ssize_t)size, "the file cannot be written");
    close(file);
}

static void read_all(asim_traffic_source *source, const TraceConfig *config, ErrorList *errors) {
    asim_arrival block[64];
    sim_time latest = 0;
    bool failed = false;
    uint64_t total = 0;
    for (size_t count; total < 20000 && (count = source->next(source, block, 64, &failed)) > 0;) {
        for (size_t i = 0; i < count; i++) {
            check(block[i].time >= latest, "out of order");
            check(block[i].prompt_tokens > 0 && block[i].output_tokens > 0, "no tokens");
            latest = block[i].time;
        }
        total += count;
    }
    check(failed == (errors->count > 0), "an error is told and listed, or neither");
    const asim_traffic_counts *counts = &source->counts;
    check(counts->requests == total, "requests are counted");
    const bool bins = config->prompt_column != NULL; /* see below: those have one row per request */
    check(failed || total >= 20000 || !bins ||
              counts->rows == counts->requests + counts->failed + counts->skipped + counts->outside,
          "a row is lost");
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    char path[64];
    snprintf(path, sizeof path, "/tmp/asim-fuzz-traffic-%ld", (long)getpid());
    write_file(path, data + 2, size - 2);
    size_t formats = 0;
    while (trace_options[1].choices[formats] != NULL) {
        formats++;
    }
    TraceConfig config;
    options_set_defaults(trace_options, &config);
    config.file = memory_text(path);
    config.format = (int)(data[0] % formats);
    config.on_bad_row = data[1] & 1 ? TRACE_SKIP : TRACE_FAIL;
    config.reorder_window = data[1] & 2 ? SIM_TIME_HOUR : SIM_TIME_NEVER;
    config.repeat = data[1] & 4 ? 2 : 1;
    config.bin = data[1] & 8 ? SIM_TIME_MINUTE : SIM_TIME_NEVER;
    config.filter = data[1] & 16 ? memory_text("a=b") : NULL;
    if (config.format == (int)formats - 1 || config.format == (int)formats - 2) {
        config.time_column = memory_text("t");
        config.prompt_column = memory_text("p");
        config.output_column = memory_text("o");
    } else {
        config.prompt_tokens = distribution_fixed(5);
        config.output_tokens = distribution_fixed(7);
    }
    ErrorList errors = {0};
    const TrafficContext context = {.stream = "fuzz", .until = SIM_TIME_NEVER, .errors = &errors};
    asim_traffic_source *source = trace_open(&config, &context);
    check((source == NULL) == (errors.count > 0), "a source or an error");
    if (source != NULL) {
        read_all(source, &config, &errors);
        source->destroy(source);
    }
    error_list_clear(&errors);
    options_clear(trace_options, &config);
    unlink(path);
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* `trace convert`, and what it shares with `trace generate`: requests into a file. */
#include "base/memory.h"
#include "base/output_directory.h"
#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/trace.h"
#include "engine/sim_time.h"
#include "output/trace_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t count_names(const char *const names[]) {
    size_t count = 0;
    while (names[count] != NULL) {
        count++;
    }
    return count;
}

bool trace_read_target(const Arguments *arguments, TraceWriterFormat *format, ErrorList *errors) {
    const char *text = arguments_value(arguments, "to");
    char *plain = memory_text(text ? text : "");
    const size_t count = count_names(trace_writer_format_names);
    size_t found = count;
    for (char *p = plain; *p != '\0'; p++) {
        *p = *p == '-' ? '_' : *p;
    }
    for (size_t i = 0; i < count; i++) {
        found = strcmp(plain, trace_writer_format_names[i]) == 0 ? i : found;
    }
    if (found == count) {
        error_in_option(errors, "--to", text ? text : "nothing", "azure, azure_2024 or vidur",
                        text ? error_nearest(plain, trace_writer_format_names, count) : NULL);
    }
    *format = found < count ? (TraceWriterFormat)found : TRACE_WRITER_AZURE;
    free(plain);
    return found < count;
}

int trace_write_out(asim_traffic_source *source, TraceWriterFormat format, int64_t start_epoch_s,
                    const Arguments *arguments, ErrorList *errors) {
    const char *out = arguments_value(arguments, "out");
    OutputFile file;
    if (out == NULL) {
        error_in_option(errors, "--out", "nothing", "the file to write, or - for standard output",
                        NULL);
        return STATUS_MISTAKE;
    }
    if (strcmp(out, "-") == 0 && arguments_has(arguments, "force")) {
        error_in_option(errors, "--force", "standard output, where nothing can be replaced",
                        "--out FILE beside it", NULL);
        return STATUS_MISTAKE;
    }
    if (!output_file_begin(&file, out, arguments_has(arguments, "force"), errors)) {
        return STATUS_MISTAKE;
    }
    const bool written = trace_write(source, format, start_epoch_s, file.stream);
    if (!written && !ferror(file.stream)) {
        output_file_abandon(&file);
        return trace_failed_status();
    }
    const bool whole = output_file_commit(&file, errors);
    if (whole && strcmp(out, "-") != 0 && !arguments_has(arguments, "quiet")) {
        char text[HUMAN_TEXT], start[SIM_TIME_TEXT];
        fprintf(stderr, "%s requests written to ", trace_text_count(source->counts.requests, text));
        text_print(stderr, out);
        fprintf(stderr, "; time 0 is %s\n",
                format == TRACE_WRITER_VIDUR ? "0"
                                             : sim_time_format_calendar(start_epoch_s, start));
    }
    return whole ? STATUS_DONE : STATUS_MISTAKE;
}

/* Formats with a calendar keep the file's, a relative one begins at 0. */
int trace_convert(const Invocation *invocation, const char *file, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    TraceWriterFormat format;
    TraceInput input;
    if (!trace_read_target(arguments, &format, errors)) {
        return STATUS_MISTAKE;
    }
    const bool calendar = format != TRACE_WRITER_VIDUR;
    int status = STATUS_MISTAKE;
    if (trace_input_open(&input, file, arguments, calendar, errors)) {
        if (!input.has_tokens) {
            error_in_file(errors, file, "a format without token counts",
                          "one with them, or --set prompt_tokens=N and "
                          "--set output_tokens=N, or --set lengths=NAME",
                          NULL);
        } else {
            status =
                trace_write_out(input.source, format,
                                calendar ? sim_time_second(input.start_ns) : 0, arguments, errors);
            trace_note_left_out(&input);
        }
    } else {
        status = trace_failed_status();
    }
    trace_input_close(&input);
    return status;
}

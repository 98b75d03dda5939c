// SPDX-License-Identifier: GPL-3.0-or-later
/* What the sub-commands of `trace` share: a recorded file as a source, and the way out. */
#ifndef CLI_TRACE_H
#define CLI_TRACE_H

#include "cli/commands.h"
#include "traffic/input.h"
#include "traffic/trace.h"

enum { TRACE_BLOCK = 512 };

extern const SubCommand trace_commands[]; /* ends with a NULL name */

/* A recorded file, opened as the command line says. */
typedef struct TraceInput {
    TraceConfig config;
    TrafficContext context;
    const char *file;
    const char *format;
    TraceTold told;
    bool has_tokens; /* of its own */
    bool has_calendar;
    int64_t start_ns; /* time 0 since 1970; a scenario's default without calendar */
    InputHead head;   /* of a file that can be read but once */
    asim_traffic_source *source;
} TraceInput;

/* on_the_second: time 0 is the whole second before the first row, as in a run, so that the calendar
 * can be given back; else the first row. False after adding errors; trace_input_close is due in
 * either case. */
bool trace_input_open(TraceInput *input, const char *file, const Arguments *arguments,
                      bool on_the_second, ErrorList *errors);
void trace_input_close(TraceInput *input);

/* After all has been read: says on stderr how many rows were left out, and why, if any were, and
 * what times were taken for. */
void trace_note_left_out(const TraceInput *input);

/* The source, which it takes, but it fails once the program is interrupted. */
asim_traffic_source *trace_watched(asim_traffic_source *source);
/* After a failed source: the exit status, and a word if it was an interruption. */
int trace_failed_status(void);

/* --to; false after adding an error. */
bool trace_read_target(const Arguments *arguments, TraceWriterFormat *format, ErrorList *errors);
/* Writes all requests of the source to --out, whole or not at all; returns an exit status. */
int trace_write_out(asim_traffic_source *source, TraceWriterFormat format, int64_t start_epoch_s,
                    const Arguments *arguments, ErrorList *errors);

/* A duration option above 0; false after adding an error. */
bool trace_read_duration(const Arguments *arguments, const char *name, sim_time *duration,
                         ErrorList *errors);

int trace_describe(const Invocation *invocation, const char *file, ErrorList *errors);
int trace_convert(const Invocation *invocation, const char *file, ErrorList *errors);
int trace_generate(const Invocation *invocation, const char *file, ErrorList *errors);
int trace_fit(const Invocation *invocation, const char *file, ErrorList *errors);

#endif

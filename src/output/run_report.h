// SPDX-License-Identifier: GPL-3.0-or-later
/* All reports of one run behind one face: it makes the observers that the run is given, and at the
 * end either writes all files or leaves nothing behind.
 *
 *     RunReport *report = run_report_create(scenario, &options, &errors);   NULL: errors say why
 *     run_options.observer_count = run_report_observers(report, &run_options.observers);
 *     if (simulation_run(...) == ASIM_RUN_DONE && run_report_finish(report, &errors)) ...
 *     run_report_destroy(report);                                           abandons what is
 * unfinished */
#ifndef OUTPUT_RUN_REPORT_H
#define OUTPUT_RUN_REPORT_H

#include "autoscale_sim/observer.h"
#include "base/error.h"

#include <stdio.h>

typedef struct asim_scenario Scenario;
typedef struct DecisionsDigest DecisionsDigest;
typedef struct Manifest Manifest;
typedef struct OutputDirectory OutputDirectory;
typedef struct Summary Summary;
typedef struct RunReport RunReport;

/* All lent: texts and `manifest` until run_report_create returns, `within` and what the manifest
 * points to until the report is destroyed. */
typedef struct RunReportOptions {
    const char *directory;   /* --out; NULL: no files */
    bool force;              /* replace an earlier output */
    bool no_histogram;       /* no latency_histogram.csv among the files */
    const char *event_trace; /* a file for what the loop does, event by event; NULL: none */
    /* For several runs in one output: the files go into `folder` ("performance") of a directory
     * that the caller has begun and commits. Instead of `directory`. */
    const OutputDirectory *within;
    const char *folder;
    const Manifest *manifest; /* what is to be said but for the scenario; its digests are of all
                                 files, when several runs share them */
} RunReportOptions;

/* The scenario is lent for the report's life. With an output, files are opened at once, so that a
 * place that cannot be written to is told before the run. Returns NULL after adding errors. */
RunReport *run_report_create(const Scenario *scenario, const RunReportOptions *options,
                             ErrorList *errors);

/* Points *observers at the list for asim_run_options, lent; returns their count. */
size_t run_report_observers(const RunReport *report, const asim_observer *const **observers);

/* Where its files go until it is finished, for others to go with them; NULL: there is no output.
 * Lent. */
const OutputDirectory *run_report_directory(const RunReport *report);

/* After the run: writes what is left and gives the output its name. Returns false, with errors
 * added and nothing left behind, if anything could not be written. True without an output. */
bool run_report_finish(RunReport *report, ErrorList *errors);
/* After a run that failed: adds why its files could not be written, if that was the reason. */
void run_report_tell_failure(RunReport *report, ErrorList *errors);

/* Removes what is unfinished, when nothing runs towards it any more; may be called again. */
void run_report_abandon(RunReport *report);
void run_report_destroy(RunReport *report);

/* What the run came to, once it has ended; lent. */
const Summary *run_report_summary(const RunReport *report);
const DecisionsDigest *run_report_decisions(const RunReport *report);

/* What `run` prints at its end, to be read at a glance: each deployment's requests by fate,
 * latencies, scaling, cost, and what its policy decided and why. The scenario names models and
 * policies; decisions may be NULL. All three have the same deployments. */
void run_report_print(FILE *stream, const Scenario *scenario, const Summary *summary,
                      const DecisionsDigest *decisions);

/* For runs side by side: a line for each deployment, "RUN: WORD: reason". */
void run_report_print_verdicts(FILE *stream, const char *run, const Summary *summary);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* What `learn` does before there is anything to tell; see lesson_runs.h. */
#include "cli/lesson_runs.h"

#include "cli/drawing.h"
#include "cli/interrupt.h"
#include "cli/scenario_arguments.h"
#include "cli/simulate.h"
#include "engine/memory.h"
#include "experiment/lesson_fill.h"
#include "experiment/lesson_replications.h"
#include "experiment/task_pool.h"
#include "report/comparison.h"
#include "report/manifest.h"
#include "scenario/shell_words.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Reading ------------------------------------------------------------------------------------ */

/* Mistakes in the page's own options are the page's. */
static void blame_page(const Lesson *lesson, const LessonRun *run, size_t from, ErrorList *errors) {
    for (size_t i = from; i < errors->count; i++) {
        free((void *)errors->items[i].file);
        errors->items[i].file = memory_text(lesson->file);
        errors->items[i].line = run->line;
    }
}

/* The page's options for the run, as if they stood on the command line. */
static bool add_own_changes(const Lesson *lesson, LessonRun *run, ErrorList *errors) {
    ShellWords words = {0};
    Arguments arguments = {0};
    const size_t before = errors->count;
    const char *wrong = shell_words_split(run->options, &words);
    if (wrong) {
        error_add(errors, &(Error){.place = run->options, .found = wrong});
    } else {
        char **argv = memory_new(words.count + 2, sizeof *argv);
        for (size_t i = 0; i < words.count; i++) {
            argv[i + 2] = words.items[i];
        }
        arguments_read(&arguments, CLI_VALIDATE, (int)words.count + 2, argv, errors);
        free(argv);
    }
    const bool sound = errors->count == before &&
                       scenario_changes(&run->base.changes, arguments_value(&arguments, "preset"),
                                        &arguments, errors);
    blame_page(lesson, run, before, errors);
    arguments_clear(&arguments);
    shell_words_clear(&words);
    return sound;
}

static bool read_run(const Lesson *lesson, LessonRun *run, const LessonPlace *place,
                     const Arguments *arguments, ErrorList *errors) {
    if (!base_scenario_read(&run->base, place->scenario, errors) ||
        !add_own_changes(lesson, run, errors) ||
        !scenario_changes(&run->base.changes, arguments_value(arguments, "preset"), arguments,
                          errors)) {
        return false;
    }
    run->scenario = base_scenario_vary(&run->base, NULL, 0, -1, errors);
    return run->scenario != NULL;
}

bool lesson_runs_read(Lesson *lesson, const LessonPlace *place, const Arguments *arguments,
                      ErrorList *errors) {
    if (!lesson_read(lesson, place->page, errors)) {
        return false;
    }
    for (size_t i = 0; i < lesson->run_count; i++) {
        if (!read_run(lesson, &lesson->runs[i], place, arguments, errors)) {
            return false; /* the other runs would say the same of the reader's options */
        }
    }
    return lesson_check(lesson, errors);
}

/* A reader who changes what the runs differ in should know. */
static void note_same_runs(const Lesson *lesson) {
    for (size_t i = 1; i < lesson->run_count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(lesson->runs[i].scenario->as_run, lesson->runs[k].scenario->as_run) == 0) {
                fprintf(stderr, "note: with these options the runs %s and %s are the same\n",
                        lesson->runs[k].name, lesson->runs[i].name);
            }
        }
    }
}

/* Running ------------------------------------------------------------------------------------ */

/* What the runs of one lesson share. */
typedef struct Session {
    const Invocation *invocation;
    Lesson *lesson;
    RunReport **reports;
    const char *const *input_files; /* the scenario, the page */
    OutputDirectory *directory;     /* NULL: no files */
    Manifest manifest;
    ErrorList *errors;
} Session;

static int run_one(const Session *session, size_t index) {
    LessonRun *run = &session->lesson->runs[index];
    const RunReportOptions options = {
        .within = session->directory,
        .folder = session->directory ? run->name : NULL,
        .version = ASIM_VERSION,
        .command_line = session->invocation->command_line,
        .command_line_count = session->invocation->command_line_count,
        .input_files = session->input_files,
        .input_file_count = 2,
        .digests = session->manifest.digests,
    };
    RunReport *report = run_report_create(run->scenario, &options, session->errors);
    session->reports[index] = report;
    if (!report) {
        return STATUS_MISTAKE;
    }
    /* Too short for a progress bar. */
    const int status = simulate(run->scenario, report, NULL, true, session->errors);
    run->summary = run_report_summary(report);
    return status == STATUS_DONE && !run_report_finish(report, session->errors) ? STATUS_MISTAKE
                                                                                : status;
}

static int replicate(const Session *session) {
    const asim_run_result result = lesson_replicate(session->lesson, task_pool_default_jobs(),
                                                    interrupt_mark(), session->errors);
    return result == ASIM_RUN_DONE      ? STATUS_DONE
           : result == ASIM_RUN_STOPPED ? INTERRUPT_STATUS
                                        : STATUS_MISTAKE;
}

static bool write_comparison(const Session *session) {
    const Lesson *lesson = session->lesson;
    ComparisonRun *runs = memory_new(lesson->run_count, sizeof *runs);
    for (size_t i = 0; i < lesson->run_count; i++) {
        runs[i] =
            (ComparisonRun){.label = lesson->runs[i].name, .summary = lesson->runs[i].summary};
    }
    char *file = output_directory_file(session->directory, "comparison.csv");
    char *final_file = output_directory_final_file(session->directory, "comparison.csv");
    CsvWriter writer;
    bool written = csv_writer_open(&writer, file, final_file, session->errors);
    comparison_write_csv(runs, lesson->run_count, &writer);
    written = csv_writer_close(&writer, session->errors) && written;
    free(file);
    free(final_file);
    free(runs);
    return written;
}

static bool write_output(const Session *session) {
    char *manifest = manifest_text(&session->manifest);
    const bool written =
        write_comparison(session) &&
        output_directory_write(session->directory, "manifest.json", manifest, session->errors) &&
        output_directory_commit(session->directory, session->errors);
    free(manifest);
    return written;
}

static int run_all(Session *session) {
    int status = STATUS_DONE;
    for (size_t i = 0; i < session->lesson->run_count && status == STATUS_DONE; i++) {
        status = run_one(session, i);
    }
    status = status == STATUS_DONE ? replicate(session) : status;
    if (status == STATUS_DONE && session->directory && !write_output(session)) {
        status = STATUS_MISTAKE;
    }
    return status;
}

static int run_into(Session *session, const char *out) {
    const Arguments *arguments = session->invocation->arguments;
    OutputDirectory directory = {0};
    if (out && !output_directory_begin(&directory, out, arguments_has(arguments, "force"),
                                       session->errors)) {
        return STATUS_MISTAKE;
    }
    session->directory = out ? &directory : NULL;
    session->manifest.digests = out ? manifest_begin_digests(&session->manifest) : NULL;
    const int status = run_all(session);
    input_digests_end(session->manifest.digests);
    if (status != STATUS_DONE) {
        output_directory_abandon(&directory);
    } else if (arguments_has(arguments, "plot") &&
               !drawing_draw(out, arguments_has(arguments, "quiet"), session->errors)) {
        return STATUS_MISTAKE;
    }
    return status;
}

int lesson_runs_do(const Invocation *invocation, Lesson *lesson, const LessonPlace *place,
                   RunReport *reports[], ErrorList *errors) {
    const char *const files[] = {place->scenario, place->page};
    const Scenario **scenarios = memory_new(lesson->run_count, sizeof *scenarios);
    for (size_t i = 0; i < lesson->run_count; i++) {
        scenarios[i] = lesson->runs[i].scenario;
    }
    Session session = {.invocation = invocation,
                       .lesson = lesson,
                       .reports = reports,
                       .input_files = files,
                       .manifest = {.version = ASIM_VERSION,
                                    .command_line = invocation->command_line,
                                    .command_line_count = invocation->command_line_count,
                                    .input_files = files,
                                    .input_file_count = 2,
                                    .scenarios = scenarios,
                                    .scenario_count = lesson->run_count},
                       .errors = errors};
    clock_gettime(CLOCK_MONOTONIC, &session.manifest.started);
    if (!arguments_has(invocation->arguments, "quiet")) {
        note_same_runs(lesson);
    }
    const int status = run_into(&session, arguments_value(invocation->arguments, "out"));
    free(scenarios);
    return status;
}

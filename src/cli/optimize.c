// SPDX-License-Identifier: GPL-3.0-or-later
/* `optimize`: the cheapest policy that meets stated objectives. */
#include "base/task_pool.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/simulate.h"
#include "experiment/optimization.h"
#include "output/manifest.h"
#include "output/progress.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT_MOST 1000000000L

/* A whole number of at least 1; 0: not given, or an error was added. */
static size_t read_count(const Arguments *arguments, const char *name, ErrorList *errors) {
    const char *text = arguments_value(arguments, name);
    char *end = NULL;
    const long count = text ? strtol(text, &end, 10) : 0;
    if (!text || (strspn(text, "0123456789") == strlen(text) && *text != '\0' && count >= 1 &&
                  count <= COUNT_MOST)) {
        return (size_t)count;
    }
    char place[32];
    snprintf(place, sizeof place, "--%s", name);
    error_add(errors, &(Error){.file = "command line",
                               .place = place,
                               .found = text,
                               .expected = "a whole number from 1 to 1000000000"});
    return 0;
}

static void read_changes(const Arguments *arguments, OverrideList *changes, ErrorList *errors) {
    for (size_t i = 0; i < arguments->given_count; i++) {
        const CliGiven *given = &arguments->given[i];
        if (strcmp(given->name, "set") == 0) {
            overrides_add_set(changes, given->value, errors);
        } else if (strcmp(given->name, "seed") == 0) {
            overrides_add(changes, "seed", given->value, "--seed");
        }
    }
}

static void draw_bar(void *self, const char *what, size_t done, size_t budget) {
    Progress *progress = self;
    progress->label = what;
    progress_update_tasks(progress, budget ? (double)done / (double)budget : 0, done, budget,
                          "simulations");
}

static asim_run_result run(const Optimization *optimization, const Arguments *arguments,
                           size_t jobs, const BaseScenario *holdout, OptimizationResult *result,
                           ErrorList *errors) {
    Progress progress;
    const OptimizationWork work = {.jobs = jobs ? jobs : task_pool_default_jobs(),
                                   .stop = interrupt_mark(),
                                   .holdout = holdout,
                                   .progress = arguments_has(arguments, "quiet") ? NULL : draw_bar,
                                   .progress_self = &progress};
    progress_init(&progress, stderr, NULL);
    const asim_run_result outcome = optimization_run(optimization, &work, result, errors);
    progress_clear(&progress);
    return outcome;
}

static bool write_files(const Invocation *invocation, const Optimization *optimization,
                        const OptimizationResult *result, struct timespec started,
                        OutputDirectory *directory, ErrorList *errors) {
    const char *inputs[] = {invocation->arguments->positional[0], optimization->base.file,
                            arguments_value(invocation->arguments, "holdout")};
    const bool inline_base = strcmp(inputs[0], inputs[1]) == 0;
    if (inline_base) {
        inputs[1] = inputs[2];
    }
    const Scenario *scenarios[] = {optimization->scenario};
    const Manifest manifest = {
        .version = ASIM_VERSION,
        .command_line = invocation->command_line,
        .command_line_count = invocation->command_line_count,
        .input_files = inputs,
        .input_file_count = (size_t)1 + !inline_base + (inputs[2] != NULL),
        .scenarios = scenarios,
        .scenario_count = 1,
        .started = started,
    };
    return optimization_write(optimization, result, directory, errors) &&
           manifest_write(&manifest, directory, "", errors) &&
           output_directory_commit(directory, errors);
}

static void print(const Arguments *arguments, const Optimization *optimization,
                  const OptimizationResult *result) {
    const char *holdout = arguments_value(arguments, "holdout");
    if (arguments_has(arguments, "json")) {
        char *json = optimization_json(optimization, result, holdout);
        fputs(json, stdout);
        free(json);
    } else if (!arguments_has(arguments, "quiet")) {
        optimization_print(stdout, optimization, result, holdout);
        if (arguments_has(arguments, "out")) {
            command_tell_written(arguments_value(arguments, "out"));
        }
    }
}

static int search(const Invocation *invocation, const Optimization *optimization, size_t jobs,
                  const BaseScenario *holdout, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const char *out = arguments_value(arguments, "out");
    OutputDirectory directory = {0};
    OptimizationResult result = {0};
    struct timespec started;
    clock_gettime(CLOCK_MONOTONIC, &started);
    if (out &&
        !output_directory_begin(&directory, out, arguments_has(arguments, "force"), errors)) {
        return STATUS_MISTAKE;
    }
    const asim_run_result outcome = run(optimization, arguments, jobs, holdout, &result, errors);
    int status = outcome == ASIM_RUN_DONE      ? STATUS_DONE
                 : outcome == ASIM_RUN_STOPPED ? interrupt_tell("nothing was written")
                                               : STATUS_MISTAKE;
    if (status == STATUS_DONE && out &&
        !write_files(invocation, optimization, &result, started, &directory, errors)) {
        status = STATUS_MISTAKE;
    }
    output_directory_abandon(&directory);
    if (status == STATUS_DONE) {
        print(arguments, optimization, &result);
    }
    if (status == STATUS_DONE && arguments_has(arguments, "plot") &&
        !command_draw(out, arguments_has(arguments, "quiet"), errors)) {
        status = STATUS_MISTAKE;
    }
    optimization_result_clear(&result);
    return status;
}

static int optimize(const Invocation *invocation, const OverrideList *changes, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const size_t jobs = read_count(arguments, "jobs", errors);
    const size_t budget = read_count(arguments, "budget", errors);
    const char *path = arguments_value(arguments, "holdout");
    Optimization optimization;
    BaseScenario holdout = {0};
    bool sound =
        optimization_read(&optimization, arguments->positional[0], changes, budget, errors);
    if (path && optimization.scenario) {
        sound = optimization_holdout(&optimization, path, &holdout, errors) && sound;
    }
    const int status = sound && errors->count == 0
                           ? search(invocation, &optimization, jobs, path ? &holdout : NULL, errors)
                           : STATUS_MISTAKE;
    base_scenario_clear(&holdout);
    optimization_clear(&optimization);
    return status;
}

int command_optimize(const Invocation *invocation, ErrorList *errors) {
    OverrideList changes = {0};
    const bool sound = simulate_options_agree(invocation->arguments, errors);
    read_changes(invocation->arguments, &changes, errors);
    const int status =
        sound && errors->count == 0 ? optimize(invocation, &changes, errors) : STATUS_MISTAKE;
    overrides_clear(&changes);
    return status;
}

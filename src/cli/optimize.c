// SPDX-License-Identifier: GPL-3.0-or-later
/* `optimize`: the cheapest policy that meets stated objectives. */
#include "base/memory.h"
#include "base/task_pool.h"
#include "base/text.h"
#include "cli/commands.h"
#include "experiment/optimization.h"
#include "output/manifest.h"
#include "output/progress.h"

#include <stdlib.h>
#include <string.h>

typedef struct Settings {
    int64_t jobs, budget;
} Settings;

/* clang-format off */
#define ROW(member) OPTION_ROW(Settings, member, INTEGER, OURS), .minimum = 1, .maximum = 1e9
static const Option setting_options[] = {{ROW(jobs)}, {ROW(budget)}, OPTION_END};
#undef ROW
/* clang-format on */

static void draw_bar(void *self, const char *what, size_t done, size_t budget) {
    Progress *progress = self;
    progress->label = what;
    progress_update_tasks(progress, budget ? (double)done / (double)budget : 0, done, budget,
                          "simulations");
}

static int run(const Optimization *optimization, const Arguments *arguments, size_t jobs,
               const BaseScenario *holdout, OptimizationResult *result, ErrorList *errors) {
    Progress progress;
    const OptimizationWork work = {.jobs = jobs,
                                   .stop = interrupt_mark(),
                                   .holdout = holdout,
                                   .progress = arguments_has(arguments, "quiet") ? NULL : draw_bar,
                                   .progress_self = &progress};
    progress_init(&progress, stderr, NULL);
    const asim_run_result outcome = optimization_run(optimization, &work, result, errors);
    progress_clear(&progress);
    return outcome == ASIM_RUN_DONE      ? STATUS_DONE
           : outcome == ASIM_RUN_STOPPED ? interrupt_tell("nothing was written")
                                         : STATUS_MISTAKE;
}

static bool write_files(const Invocation *invocation, const Optimization *optimization,
                        const OptimizationResult *result, OutputDirectory *directory,
                        ErrorList *errors) {
    const char *inputs[] = {invocation->arguments->positional[0], optimization->base.file,
                            arguments_value(invocation->arguments, "holdout")};
    const char *holdout = inputs[2];
    const bool inline_base = strcmp(inputs[0], inputs[1]) == 0;
    if (inline_base) {
        inputs[1] = inputs[2];
    }
    const Scenario *scenarios[] = {optimization->scenario};
    Manifest manifest = *invocation->manifest;
    manifest.input_files = inputs;
    manifest.input_file_count = (size_t)1 + !inline_base + (inputs[2] != NULL);
    manifest.scenarios = scenarios;
    manifest.scenario_count = 1;
    return optimization_write(optimization, result, holdout, directory, errors) &&
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
    if (out &&
        !output_directory_begin(&directory, out, arguments_has(arguments, "force"), errors)) {
        return STATUS_MISTAKE;
    }
    int status = run(optimization, arguments, jobs, holdout, &result, errors);
    if (status == STATUS_DONE && out &&
        !write_files(invocation, optimization, &result, &directory, errors)) {
        status = STATUS_MISTAKE;
    }
    output_directory_abandon(&directory);
    if (status == STATUS_DONE) {
        print(arguments, optimization, &result);
    }
    optimization_result_clear(&result);
    return status == STATUS_DONE ? command_draw(arguments, out, errors) : status;
}

/* --slo, each time that it is given. */
static void list_limits(const Arguments *arguments, TextList *slo) {
    for (size_t i = 0; i < arguments->given_count; i++) {
        if (strcmp(arguments->given[i].name, "slo") == 0) {
            text_list_add(slo, memory_text(arguments->given[i].value));
        }
    }
}

int command_optimize(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const char *path = arguments_value(arguments, "holdout");
    Settings settings = {.jobs = (int64_t)task_pool_default_jobs()};
    OverrideList changes = {0};
    Optimization optimization = {0};
    BaseScenario holdout = {0};
    TextList slo = {0};
    list_limits(arguments, &slo);
    simulate_options_agree(arguments, errors);
    scenario_changes(&changes, NULL, arguments, errors);
    if (errors->count == 0) {
        arguments_settings(arguments, setting_options, &settings, errors);
        optimization_read(&optimization, arguments->positional[0], &changes, &slo,
                          (size_t)settings.budget, errors);
    }
    if (path && optimization.scenario) {
        optimization_holdout(&optimization, path, &holdout, errors);
    }
    const int status = errors->count == 0 ? search(invocation, &optimization, (size_t)settings.jobs,
                                                   path ? &holdout : NULL, errors)
                                          : STATUS_MISTAKE;
    text_list_clear(&slo);
    base_scenario_clear(&holdout);
    optimization_clear(&optimization);
    overrides_clear(&changes);
    return status;
}

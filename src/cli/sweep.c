// SPDX-License-Identifier: GPL-3.0-or-later
/* `sweep`: a scenario over axes of options, on all cores and many machines; and the merging of its
 * parts. */
#include "experiment/sweep.h"
#include "base/memory.h"
#include "base/task_pool.h"
#include "base/terminal.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "cli/commands.h"
#include "engine/sim_time.h"
#include "experiment/cells.h"
#include "experiment/sweep_directory.h"
#include "experiment/sweep_file.h"
#include "figures/human.h"
#include "output/inputs.h"
#include "output/manifest.h"
#include "scenario/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct Settings {
    int64_t jobs, replications;
    Shard shard;
    const char *out;
    bool quiet, json;
} Settings;

static const Option setting_options[] = {{.name = "jobs",
                                          .type = OPTION_INTEGER,
                                          .offset = offsetof(Settings, jobs),
                                          .minimum = 1,
                                          .maximum = 4096},
                                         {.name = "replications",
                                          .type = OPTION_INTEGER,
                                          .offset = offsetof(Settings, replications),
                                          .minimum = 1,
                                          .maximum = SWEEP_REPLICATIONS_MOST},
                                         OPTION_END};

/* Arguments ----------------------------------------------------------------------------------- */

/* Options that contradict each other. */
static const struct {
    const char *one, *other, *expected;
} exclusive[] = {
    {"force", "resume", "one of the two: anew, or on"},
    {"force", "shard", "a directory without an earlier sweep: other shards may be at work in it"},
    {"plot", "shard", "--plot beside --merge, when all shards are there"},
    {"merge", "jobs", "DIR..., for nothing is run"},
    {"merge", "resume", "DIR..., for nothing is run"},
    {"merge", "shard", "DIR..., for nothing is run"},
    {"merge", "force", "DIR..., for nothing is removed"},
    {"merge", "replications", "DIR..., for nothing is run"},
    {"json", "quiet", "one of the two"},
    {"json", "shard", "--json beside --merge, when all shards are there"},
};

static bool agree(const Arguments *arguments, ErrorList *errors) {
    const size_t before = errors->count;
    for (size_t i = 0; i < sizeof exclusive / sizeof exclusive[0]; i++) {
        if (arguments_has(arguments, exclusive[i].one) &&
            arguments_has(arguments, exclusive[i].other)) {
            error_found_in_option(errors, exclusive[i].other, exclusive[i].expected,
                                  "--%s beside it", exclusive[i].one);
        }
    }
    return errors->count == before;
}

/* The changes that options make in a scenario are nothing to a merge. */
static bool changes_nothing(const Arguments *arguments, ErrorList *errors) {
    static const char *const own[] = {"out", "plot", "plot-format", "quiet", "json", "merge"};
    for (size_t i = 0; i < arguments->given_count; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof own / sizeof own[0]; k++) {
            known = known || strcmp(arguments->given[i].name, own[k]) == 0;
        }
        if (!known) {
            return error_found_in_option(errors, arguments->given[i].name,
                                         "DIR..., for nothing is run", "--merge beside it");
        }
    }
    return true;
}

static bool read_settings(const Arguments *arguments, Settings *settings, ErrorList *errors) {
    const size_t before = errors->count;
    *settings = (Settings){.jobs = (int64_t)task_pool_default_jobs(),
                           .out = arguments_value(arguments, "out"),
                           .quiet = arguments_has(arguments, "quiet"),
                           .json = arguments_has(arguments, "json")};
    arguments_settings(arguments, setting_options, settings, errors);
    const char *shard = arguments_value(arguments, "shard");
    if (shard != NULL) {
        shard_read(shard, &settings->shard, errors);
    }
    agree(arguments, errors);
    return errors->count == before;
}

/* The end ------------------------------------------------------------------------------------- */

static bool write_manifest(const Manifest *manifest, const char *directory, ErrorList *errors) {
    static const char *const files[] = {"sweep.json", "results.csv", "aggregate.csv", "axes.csv",
                                        "manifest.json"};
    char *text = manifest_text(manifest, files, sizeof files / sizeof files[0]);
    char *path = memory_format("%s/manifest.json", directory);
    const bool written = whole_file_write(path, text, strlen(text), true, errors);
    free(text);
    free(path);
    return written;
}

/* All cells are there: writes what is made of them, and says what has come of it. */
/* Of a merge nobody has read a scenario. */
static void print_calendar(const Manifest *manifest) {
    char start[SIM_TIME_TEXT];
    if (manifest->scenario_count > 0) {
        terminal_say(stdout, "Time 0 of cell 0 is %s.\n",
                     sim_time_format_calendar(manifest->scenarios[0]->start_epoch_s, start));
    }
}

static int finish(const Settings *settings, const SweepPlan *plan, const char *const sources[],
                  const Manifest *manifest, ErrorList *errors) {
    SweepOutcomes outcomes;
    const bool written = sweep_results_write(plan, sources, settings->out, &outcomes, errors) &&
                         write_manifest(manifest, settings->out, errors);
    if (written) {
        sweep_directory_settle(settings->out);
    }
    if (written && settings->json) {
        command_print_json(sweep_json(plan, &outcomes));
    } else if (written && !settings->quiet) {
        sweep_print(stdout, plan, &outcomes, manifest_elapsed_s(manifest));
        print_calendar(manifest);
        char *out = text_line(settings->out), *word = text_shell_word(settings->out);
        terminal_say(stdout,
                     "\nWritten to %s: results.csv (every run), aggregate.csv (means and 95 %% "
                     "intervals)\nNext: autoscale-sim plot %s\n",
                     out, word);
        free(out);
        free(word);
    }
    sweep_outcomes_clear(&outcomes);
    return written ? STATUS_DONE : STATUS_MISTAKE;
}

/* Merging ------------------------------------------------------------------------------------- */

static int merge_cells(const Invocation *invocation, const Settings *settings,
                       const SweepPlan *plan, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const char *const *directories = arguments->positional;
    const size_t count = arguments->positional_count;
    Manifest manifest = *invocation->manifest;
    const char **sources = sweep_find_cells(plan, directories, count, errors);
    int status = STATUS_MISTAKE;
    SweepWork work = {0};
    if (sources != NULL &&
        sweep_directory_enter(&work, settings->out, plan, SWEEP_JOIN, &(Shard){0}, errors) &&
        sweep_gather_cells(plan, sources, settings->out, errors)) {
        status = finish(settings, plan, sources, &manifest, errors);
    }
    sweep_directory_leave(&work);
    free(sources);
    return status == STATUS_DONE ? command_draw(arguments, settings->out, errors) : status;
}

static int merge(const Invocation *invocation, Settings *settings, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    if (settings->out == NULL && arguments->positional_count > 1) {
        error_in_option(errors, "--merge", "several directories",
                        "--out DIR beside it: where they go", NULL);
        return STATUS_MISTAKE;
    }
    if (settings->out == NULL) {
        settings->out = arguments->positional[0];
    }
    SweepPlan plan;
    const int status =
        sweep_read_plans(&plan, arguments->positional, arguments->positional_count, errors)
            ? merge_cells(invocation, settings, &plan, errors)
            : STATUS_MISTAKE;
    sweep_plan_clear(&plan);
    return status;
}

/* Running ------------------------------------------------------------------------------------- */

/* A shard's part is done, or something has come between. */
static int tell_part(const Settings *settings, const SweepRun *run, asim_run_result end) {
    char some[HUMAN_TEXT], all[HUMAN_TEXT];
    human_count(run->found + run->computed, some);
    human_count(run->cells, all);
    if (end == ASIM_RUN_STOPPED) {
        char *out = text_line(settings->out);
        char *kept =
            memory_format("%s of %s cells are kept in %s: the same command with --resume goes on",
                          some, all, out);
        const int status = interrupt_tell(kept);
        free(out);
        free(kept);
        return status;
    }
    if (end == ASIM_RUN_DONE && !settings->quiet) {
        char *out = text_line(settings->out), *word = text_shell_word(settings->out);
        terminal_say(stdout,
                     "Shard %zu of %zu is complete: %s cells in %s\nNext, when all shards are: "
                     "autoscale-sim sweep --merge %s\n",
                     settings->shard.number, settings->shard.count, all, out, word);
        free(out);
        free(word);
    }
    return end == ASIM_RUN_DONE ? STATUS_DONE : STATUS_MISTAKE;
}

static int finish_run(const SweepRun *run, const Settings *settings, const Manifest *manifest,
                      ErrorList *errors) {
    const char **sources = memory_new(run->plan->cell_count, sizeof sources[0]);
    for (size_t cell = 0; cell < run->plan->cell_count; cell++) {
        sources[cell] = run->directory;
    }
    if (!settings->quiet && !settings->json && run->found > 0) {
        char found[HUMAN_TEXT];
        terminal_say(stdout, "%s cells were there already\n", human_count(run->found, found));
    }
    const int status = finish(settings, run->plan, sources, manifest, errors);
    free(sources);
    return status;
}

static int run_cells(const SweepFile *sweep, const SweepPlan *plan, const Settings *settings,
                     const Manifest *manifest, ErrorList *errors) {
    SweepRun run = {.sweep = sweep,
                    .plan = plan,
                    .directory = settings->out,
                    .shard = settings->shard,
                    .jobs = (size_t)settings->jobs,
                    .stop = interrupt_mark(),
                    .bar = settings->quiet ? NULL : stderr};
    const asim_run_result end = sweep_run(&run, errors);
    if (end != ASIM_RUN_DONE || settings->shard.count > 0) {
        return tell_part(settings, &run, end);
    }
    return finish_run(&run, settings, manifest, errors);
}

static int run_sweep(const Invocation *invocation, const SweepFile *sweep, const Settings *settings,
                     const TextList *inputs, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const char *const files[] = {sweep->file, sweep->scenario_path};
    ErrorList unheard = {0};
    Scenario *first = sweep_cell_scenario(sweep, 0, &unheard); /* for its name and seed */
    const Scenario *const scenarios[] = {first};
    Manifest manifest = *invocation->manifest;
    manifest.input_files = files;
    manifest.input_file_count = sweep->scenario_path != NULL ? 2 : 1;
    manifest.scenarios = scenarios;
    manifest.scenario_count = first != NULL ? 1 : 0;
    const SweepEntry entry = arguments_has(arguments, "force") ? SWEEP_FORCE
                             : arguments_has(arguments, "resume") || settings->shard.count > 0
                                 ? SWEEP_JOIN
                                 : SWEEP_NEW;
    SweepPlan plan;
    sweep_plan_make(&plan, sweep, inputs, ASIM_VERSION);
    SweepWork work;
    const int status =
        sweep_directory_enter(&work, settings->out, &plan, entry, &settings->shard, errors)
            ? run_cells(sweep, &plan, settings, &manifest, errors)
            : STATUS_MISTAKE;
    sweep_directory_leave(&work);
    sweep_plan_clear(&plan);
    scenario_destroy(first);
    error_list_clear(&unheard);
    return status;
}

static bool read_sweep(const Arguments *arguments, const Settings *settings, SweepFile *sweep,
                       ErrorList *errors) {
    OverrideList changes = {0};
    const bool changed =
        scenario_one_preset(arguments, errors) &&
        scenario_changes(&changes, arguments_value(arguments, "preset"), arguments, errors);
    const bool read =
        sweep_file_read(sweep, arguments->positional[0], (size_t)settings->replications, errors);
    overrides_add_all(&sweep->base.changes, &changes);
    overrides_clear(&changes);
    return changed && read;
}

static int check_and_run(const Invocation *invocation, const SweepFile *sweep,
                         const Settings *settings, ErrorList *errors) {
    const TaskPool pool = {.jobs = (size_t)settings->jobs, .stop = interrupt_mark()};
    TextList inputs = {0};
    int status = STATUS_MISTAKE;
    if (sweep_check(sweep, &settings->shard, &pool, &inputs, errors)) {
        status = run_sweep(invocation, sweep, settings, &inputs, errors);
    } else if (errors->count == 0) {
        status = interrupt_tell("nothing was written");
    }
    text_list_clear(&inputs);
    return status;
}

static int sweep_or_tell(const Invocation *invocation, const Settings *settings,
                         ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    if (arguments->positional_count > 1) {
        error_in_option(errors, "sweep", arguments->positional[1],
                        "one FILE, or --merge before several directories", NULL);
        return STATUS_MISTAKE;
    }
    if (settings->out == NULL) {
        error_in_option(errors, "sweep", "no --out",
                        "--out DIR: where cells go, and what is made of them", NULL);
        return STATUS_MISTAKE;
    }
    SweepFile sweep = {0};
    const int status = read_sweep(arguments, settings, &sweep, errors)
                           ? check_and_run(invocation, &sweep, settings, errors)
                           : STATUS_MISTAKE;
    sweep_file_clear(&sweep);
    return status == STATUS_DONE ? command_draw(arguments, settings->out, errors) : status;
}

int command_sweep(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    Settings settings;
    if (!read_settings(arguments, &settings, errors)) {
        return STATUS_MISTAKE;
    }
    if (!arguments_has(arguments, "merge")) {
        return sweep_or_tell(invocation, &settings, errors);
    }
    return changes_nothing(arguments, errors) ? merge(invocation, &settings, errors)
                                              : STATUS_MISTAKE;
}

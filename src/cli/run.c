// SPDX-License-Identifier: GPL-3.0-or-later
/* `run`: one scenario, its summary, and its files; and how any command simulates one. */
#include "base/task_pool.h"
#include "base/terminal.h"
#include "cli/commands.h"
#include "figures/summary.h"
#include "output/manifest.h"
#include "output/progress.h"
#include "output/run_report.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"
#include "sim/simulation.h"

#include <stdio.h>
#include <stdlib.h>

bool simulate_options_agree(const Arguments *arguments, ErrorList *errors) {
    const size_t before = errors->count;
    if (arguments_has(arguments, "plot") && !arguments_has(arguments, "out")) {
        error_in_option(errors, "--plot", "no --out",
                        "--out DIR beside it: pictures are drawn from its files", NULL);
    }
    if (arguments_has(arguments, "force") && !arguments_has(arguments, "out") &&
        !arguments_has(arguments, "trace-events")) {
        error_in_option(errors, "--force", "no --out", "--out DIR beside it", NULL);
    }
    if (arguments_has(arguments, "requests") && !arguments_has(arguments, "out")) {
        error_in_option(errors, "--requests", "no --out",
                        "--out DIR beside it: requests.csv goes there", NULL);
    }
    if (arguments_has(arguments, "no-histogram") && !arguments_has(arguments, "out")) {
        error_in_option(errors, "--no-histogram", "no --out",
                        "--out DIR beside it: it says what does not go there", NULL);
    }
    if (arguments_has(arguments, "no-histogram") && arguments_has(arguments, "plot")) {
        error_in_option(errors, "--no-histogram", "--plot beside it",
                        "one of the two: pictures are drawn from latency_histogram.csv too", NULL);
    }
    if (arguments_has(arguments, "json") && arguments_has(arguments, "quiet")) {
        error_in_option(errors, "--quiet", "--json beside it", "one of the two", NULL);
    }
    return errors->count == before;
}

int simulate(const Scenario *scenario, RunReport *report, const char *label, bool quiet,
             ErrorList *errors) {
    Progress progress;
    progress_init(&progress, stderr, label);
    asim_run_options options = {.stop = interrupt_mark(),
                                .reads_ahead = task_pool_default_jobs() > 1};
    options.observer_count = run_report_observers(report, &options.observers);
    if (!quiet) {
        options.progress = progress_update;
        options.progress_self = &progress;
    }
    const asim_run_result result = simulation_run(scenario, &options, errors);
    progress_clear(&progress);
    if (result != ASIM_RUN_DONE) {
        run_report_tell_failure(report, errors);
        run_report_abandon(report);
    }
    if (result == ASIM_RUN_STOPPED) {
        return interrupt_tell("nothing was written");
    }
    return result == ASIM_RUN_DONE ? STATUS_DONE : STATUS_MISTAKE;
}

static void print_summary(const Arguments *arguments, const Scenario *scenario,
                          const RunReport *report) {
    if (arguments_has(arguments, "quiet")) {
        return;
    }
    if (arguments_has(arguments, "json")) {
        char *json = summary_json(run_report_summary(report));
        fputs(json, stdout);
        free(json);
        return;
    }
    run_report_print(stdout, scenario, run_report_summary(report), run_report_decisions(report));
    if (arguments_has(arguments, "out")) {
        command_tell_written(arguments_value(arguments, "out"));
    }
}

/* An empty trace is no mistake, but its user should know. */
static void note_silence(const Scenario *scenario, const Summary *summary) {
    for (size_t i = 0; i < summary->deployment_count; i++) {
        if (summary->deployments[i].end.totals.requests == 0) {
            terminal_say(stderr, "note: no request came to deployment %s: is its traffic empty?\n",
                         scenario->deployments[i].name);
        }
    }
}

static int run_scenario(const Invocation *invocation, const Scenario *scenario, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const char *out = arguments_value(arguments, "out");
    Manifest manifest = *invocation->manifest;
    manifest.input_files = arguments->positional;
    manifest.input_file_count = arguments->positional_count;
    const RunReportOptions options = {
        .directory = out,
        .force = arguments_has(arguments, "force"),
        .event_trace = arguments_value(arguments, "trace-events"),
        .no_histogram = arguments_has(arguments, "no-histogram"),
        .manifest = &manifest,
    };
    RunReport *report = run_report_create(scenario, &options, errors);
    if (!report) {
        return STATUS_MISTAKE;
    }
    int status = simulate(scenario, report, NULL, arguments_has(arguments, "quiet"), errors);
    if (status == STATUS_DONE && !run_report_finish(report, errors)) {
        status = STATUS_MISTAKE;
    }
    if (status == STATUS_DONE) {
        print_summary(arguments, scenario, report);
    }
    if (status == STATUS_DONE) {
        note_silence(scenario, run_report_summary(report));
    }
    run_report_destroy(report);
    return status == STATUS_DONE ? command_draw(arguments, out, errors) : status;
}

int command_run(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    if (!simulate_options_agree(arguments, errors) || !scenario_one_preset(arguments, errors)) {
        return STATUS_MISTAKE;
    }
    Scenario *scenario = scenario_from_arguments(
        scenario_operand(arguments), arguments_value(arguments, "preset"), arguments, true, errors);
    if (!scenario) {
        return STATUS_MISTAKE;
    }
    const int status = run_scenario(invocation, scenario, errors);
    scenario_destroy(scenario);
    return status;
}

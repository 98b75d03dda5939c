// SPDX-License-Identifier: GPL-3.0-or-later
/* `run`: one scenario, its summary, and its files. */
#include "cli/commands.h"
#include "cli/scenario_arguments.h"
#include "cli/simulate.h"
#include "figures/summary.h"
#include "output/run_report.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"

#include <stdio.h>
#include <stdlib.h>

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
            fprintf(stderr, "note: no request came to deployment %s: is its traffic empty?\n",
                    scenario->deployments[i].name);
        }
    }
}

static int run_scenario(const Invocation *invocation, const Scenario *scenario, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const char *out = arguments_value(arguments, "out");
    const RunReportOptions options = {
        .directory = out,
        .force = arguments_has(arguments, "force"),
        .event_trace = arguments_value(arguments, "trace-events"),
        .version = ASIM_VERSION,
        .command_line = invocation->command_line,
        .command_line_count = invocation->command_line_count,
        .input_files = arguments->positional,
        .input_file_count = 1,
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
    if (status == STATUS_DONE && arguments_has(arguments, "plot") &&
        !command_draw(out, arguments_has(arguments, "quiet"), errors)) {
        status = STATUS_MISTAKE;
    }
    return status;
}

int command_run(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    if (!simulate_options_agree(arguments, errors) || !scenario_one_preset(arguments, errors)) {
        return STATUS_MISTAKE;
    }
    Scenario *scenario = scenario_from_arguments(
        arguments->positional[0], arguments_value(arguments, "preset"), arguments, errors);
    if (!scenario) {
        return STATUS_MISTAKE;
    }
    const int status = run_scenario(invocation, scenario, errors);
    scenario_destroy(scenario);
    return status;
}

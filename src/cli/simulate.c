// SPDX-License-Identifier: GPL-3.0-or-later
/* Runs a scenario as the commands do; see simulate.h. */
#include "cli/simulate.h"

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "output/progress.h"
#include "output/run_report.h"
#include "sim/simulation.h"

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
    if (arguments_has(arguments, "json") && arguments_has(arguments, "quiet")) {
        error_in_option(errors, "--quiet", "--json beside it", "one of the two", NULL);
    }
    return errors->count == before;
}

int simulate(const Scenario *scenario, RunReport *report, const char *label, bool quiet,
             ErrorList *errors) {
    Progress progress;
    progress_init(&progress, stderr, label);
    asim_run_options options = {.stop = interrupt_mark()};
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

// SPDX-License-Identifier: GPL-3.0-or-later
/* `validate`: reads scenarios and tells all their mistakes at once. */
#include "base/text.h"
#include "cli/commands.h"
#include "engine/sim_time.h"
#include "output/trace_report.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"
#include "traffic/format.h"
#include "traffic/trace.h"

#include <stdio.h>
#include <sys/stat.h>

/* A recording that is there is opened: what its first rows tell, or that options and file do not
 * agree, is told without a run. */
static void look_at_trace(const Scenario *scenario, const TraceConfig *config, bool tell,
                          ErrorList *errors) {
    TraceTold told = {.format = NULL};
    TraceConfig probe = *config;
    const TrafficContext context = {.stream = "validate",
                                    .until = SIM_TIME_NEVER,
                                    .start_epoch_s = scenario->start_epoch_s,
                                    .directory = scenario->directory,
                                    .halt = interrupt_mark(),
                                    .errors = errors};
    struct stat status; /* names are absolute; a pipe can be read but once */
    for (size_t i = 0; i < config->files.count; i++) {
        if (stat(config->files.items[i], &status) != 0 || !S_ISREG(status.st_mode)) {
            return;
        }
    }
    probe.told = &told;
    asim_traffic_source *source = trace_open(&trace_kind, &probe, &context);
    if (source != NULL && tell) {
        const char *unit = trace_text_unit(source->counts.units);
        printf("  ");
        text_print(stdout, config->files.items[0]);
        if (config->files.count > 1) {
            printf(" and %zu more", config->files.count - 1);
        }
        printf(": format %s%s%s\n", told.format->name, unit ? "; times are " : "",
               unit ? unit : "");
    }
    if (source != NULL) {
        source->destroy(source);
    }
}

static void look_at_traces(const Scenario *scenario, bool tell, ErrorList *errors) {
    char start[SIM_TIME_TEXT];
    const size_t before = errors->count;
    bool any = false;
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        const DeploymentConfig *deployment = &scenario->deployments[i];
        for (size_t k = 0; k < deployment->traffic_count; k++) {
            const TrafficConfig *traffic = &deployment->traffic[k];
            if (traffic->kind->recorded) {
                look_at_trace(scenario, traffic->config, tell, errors);
                any = true;
            }
        }
    }
    if (any && tell && errors->count == before) {
        printf("  time 0 is %s\n", sim_time_format_calendar(scenario->start_epoch_s, start));
    }
}

int command_validate(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    if (!scenario_one_preset(arguments, errors)) {
        return STATUS_MISTAKE;
    }
    for (size_t i = 0; i == 0 || i < arguments->positional_count; i++) {
        const char *file = i < arguments->positional_count ? arguments->positional[i] : NULL;
        Scenario *scenario = scenario_from_arguments(file, arguments_value(arguments, "preset"),
                                                     arguments, true, errors);
        const bool print = arguments_has(arguments, "print");
        const size_t before = errors->count;
        if (scenario) {
            look_at_traces(scenario, !print, errors);
        }
        if (scenario && print) {
            puts(scenario->as_run);
        } else if (scenario && errors->count == before) {
            text_print(stdout, file ? file : "the default scenario");
            puts(": valid");
        }
        scenario_destroy(scenario);
    }
    return errors->count ? STATUS_MISTAKE : STATUS_DONE;
}

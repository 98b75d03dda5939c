// SPDX-License-Identifier: GPL-3.0-or-later
/* `trace`: its sub-commands, and which options each of them knows. */
#include "cli/trace.h"
#include "cli/command_options.h"

#include "engine/sim_time.h"

#include <stdlib.h>
#include <string.h>

#define NAMES(...)                                                                                 \
    (const char *const[]) {                                                                        \
        __VA_ARGS__, NULL                                                                          \
    }

const SubCommand trace_commands[] = {
    {"describe", "FILE", "say what a recorded trace is: rate, bursts, gaps, tokens",
     "autoscale-sim trace describe scenarios/traces/azure-sample.csv --out sample --plot",
     NAMES("format", "set", "json", "plot", "out", "force", "time-per-token", "quiet"),
     trace_describe},
    {"convert", "FILE", "write a recorded trace in another format",
     "autoscale-sim trace convert scenarios/traces/azure-sample.csv --to vidur --out sample.csv",
     NAMES("format", "set", "to", "out", "force", "seed", "quiet"), trace_convert},
    {"generate", "SCENARIO", "write the traffic of a scenario as a trace",
     "autoscale-sim trace generate scenarios/demo.json --duration 1h --to azure --out hour.csv",
     NAMES("to", "out", "force", "duration", "seed", "replication", "deployment", "set", "quiet"),
     trace_generate},
    {"fit", "FILE", "fit models of gaps, day and lengths, as sources for a scenario",
     "autoscale-sim trace fit scenarios/traces/azure-sample.csv",
     NAMES("format", "set", "json", "threshold"), trace_fit},
    {.name = NULL},
};

static bool check_options(const SubCommand *command, const Arguments *arguments,
                          ErrorList *errors) {
    const size_t before = errors->count;
    for (size_t i = 0; i < arguments->given_count; i++) {
        const char *name = arguments->given[i].name;
        if (!sub_command_knows(command, name)) {
            error_found_in_option(errors, name, "an option of it; see `autoscale-sim help trace`",
                                  "an option that `trace %s` does not know", command->name);
        }
    }
    return errors->count == before;
}

int command_trace(const Invocation *invocation, ErrorList *errors) {
    const char *const *words = invocation->arguments->positional;
    const SubCommand *command = sub_command_find(command_find("trace"), words[0]);
    if (command) {
        return check_options(command, invocation->arguments, errors)
                   ? command->run(invocation, words[1], errors)
                   : STATUS_MISTAKE;
    }
    sub_command_unknown(command_find("trace"), words[0], errors);
    return STATUS_MISTAKE;
}

bool trace_read_duration(const Arguments *arguments, const char *name, sim_time *duration,
                         ErrorList *errors) {
    const char *text = arguments_value(arguments, name);
    if (text == NULL || (sim_time_parse(text, duration) && *duration > 0)) {
        return true;
    }
    return error_found_in_option(errors, name, "a duration above 0, such as 20ms or 5s", "%s",
                                 text);
}

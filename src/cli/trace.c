// SPDX-License-Identifier: GPL-3.0-or-later
/* `trace`: its sub-commands, and which options each of them knows. */
#include "cli/trace.h"

#include "engine/memory.h"
#include "engine/sim_time.h"

#include <stdlib.h>
#include <string.h>

typedef struct SubCommand {
    const char *name;
    const char *const *options; /* that it knows, NULL-terminated */
    int (*run)(const Invocation *invocation, const char *file, ErrorList *errors);
} SubCommand;

#define NAMES(...)                                                                                 \
    (const char *const[]) {                                                                        \
        __VA_ARGS__, NULL                                                                          \
    }

static const SubCommand sub_commands[] = {
    {"describe", NAMES("format", "set", "json", "plot", "out", "force", "time-per-token", "quiet"),
     trace_describe},
    {"convert", NAMES("format", "set", "to", "out", "force", "seed", "quiet"), trace_convert},
    {"generate",
     NAMES("to", "out", "force", "duration", "seed", "replication", "deployment", "set", "quiet"),
     trace_generate},
    {"fit", NAMES("format", "set", "json", "threshold"), trace_fit},
};
enum { SUB_COMMANDS = sizeof sub_commands / sizeof sub_commands[0] };

static bool knows(const SubCommand *command, const char *option) {
    for (const char *const *name = command->options; *name != NULL; name++) {
        if (strcmp(*name, option) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_options(const SubCommand *command, const Arguments *arguments,
                          ErrorList *errors) {
    const size_t before = errors->count;
    for (size_t i = 0; i < arguments->given_count; i++) {
        const char *name = arguments->given[i].name;
        if (!knows(command, name)) {
            char *place = memory_format("--%s", name);
            char *found = memory_format("an option that `trace %s` does not know", command->name);
            error_add(errors,
                      &(Error){.file = "command line",
                               .place = place,
                               .found = found,
                               .expected = "an option of it; see `autoscale-sim help trace`"});
            free(place);
            free(found);
        }
    }
    return errors->count == before;
}

int command_trace(const Invocation *invocation, ErrorList *errors) {
    const char *const *words = invocation->arguments->positional;
    const char *names[SUB_COMMANDS];
    for (size_t i = 0; i < SUB_COMMANDS; i++) {
        const SubCommand *command = &sub_commands[i];
        names[i] = command->name;
        if (strcmp(words[0], command->name) == 0) {
            return check_options(command, invocation->arguments, errors)
                       ? command->run(invocation, words[1], errors)
                       : STATUS_MISTAKE;
        }
    }
    error_add(errors, &(Error){.file = "command line",
                               .place = "trace",
                               .found = words[0],
                               .expected = "describe, convert, generate or fit",
                               .suggestion = error_nearest(words[0], names, SUB_COMMANDS)});
    return STATUS_MISTAKE;
}

bool trace_read_duration(const Arguments *arguments, const char *name, sim_time *duration,
                         ErrorList *errors) {
    const char *text = arguments_value(arguments, name);
    if (text == NULL || (sim_time_parse(text, duration) && *duration > 0)) {
        return true;
    }
    char *place = memory_format("--%s", name);
    error_add(errors, &(Error){.file = "command line",
                               .place = place,
                               .found = text,
                               .expected = "a duration above 0, such as 20ms or 5s"});
    free(place);
    return false;
}

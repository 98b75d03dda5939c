// SPDX-License-Identifier: GPL-3.0-or-later
/* The commands: arguments in, exit status out. A command that has added errors returns
 * STATUS_MISTAKE; main makes STATUS_FAILED of it if one of them is a failure of the system
 * (base/error.h has the rule). 128 + the signal: interrupted. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/arguments.h"

#define STATUS_DONE 0
#define STATUS_FAILED 1
#define STATUS_MISTAKE 2

typedef struct Invocation {
    const Arguments *arguments;
    const char *const *command_line; /* the whole of it, for the manifest */
    size_t command_line_count;
} Invocation;

typedef struct Command {
    const char *name;
    CliCommand bit;
    const char *operands; /* for the help: "SCENARIO..." */
    size_t operands_least, operands_most;
    const char *help;
    const char *example;
    int (*run)(const Invocation *invocation, ErrorList *errors);
} Command;

/* A command of a command: `trace describe`. */
typedef struct SubCommand {
    const char *name;
    const char *operands;
    const char *help;
    const char *example;
    const char *const *options; /* that it knows, NULL-terminated; they are the command's too */
    int (*run)(const Invocation *invocation, const char *operand, ErrorList *errors);
} SubCommand;

extern const Command commands[]; /* ends with a NULL name */
const Command *command_find(const char *name);
/* Adds an error that suggests the nearest command. */
void command_unknown(const char *name, ErrorList *errors);

int command_run(const Invocation *invocation, ErrorList *errors);
int command_explain(const Invocation *invocation, ErrorList *errors);
int command_compare(const Invocation *invocation, ErrorList *errors);
int command_optimize(const Invocation *invocation, ErrorList *errors);
int command_sweep(const Invocation *invocation, ErrorList *errors);
int command_validate(const Invocation *invocation, ErrorList *errors);
int command_plot(const Invocation *invocation, ErrorList *errors);
int command_report(const Invocation *invocation, ErrorList *errors);
int command_presets(const Invocation *invocation, ErrorList *errors);
int command_assumptions(const Invocation *invocation, ErrorList *errors);
int command_models(const Invocation *invocation, ErrorList *errors);
int command_trace(const Invocation *invocation, ErrorList *errors);
int command_learn(const Invocation *invocation, ErrorList *errors);
int command_help(const Invocation *invocation, ErrorList *errors);

/* The last line but one: where the files are. */
void command_tell_written(const char *directory);

/* Draws an output directory, of a run, a comparison, a sweep or a search, into DIR/plots, and says
 * where, unless quiet. False after adding errors. */
bool command_draw(const char *directory, bool quiet, ErrorList *errors);
/* Says where the pictures are. */
void command_tell_pictures(const char *directory);

#endif

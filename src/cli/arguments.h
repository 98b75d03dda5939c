// SPDX-License-Identifier: GPL-3.0-or-later
/* The command line by one table: each option's name, whether it takes a value, which commands know
 * it, and its help. What is not in the table but is a firectl flag of an option table goes to the
 * scenario. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "scenario/scenario.h"

typedef enum CliCommand {
    CLI_RUN = 1 << 0,
    CLI_COMPARE = 1 << 1,
    CLI_VALIDATE = 1 << 2,
    CLI_PLOT = 1 << 3,
    CLI_PRESETS = 1 << 4,
    CLI_ASSUMPTIONS = 1 << 5,
    CLI_MODELS = 1 << 6,
    CLI_HELP = 1 << 7,
    CLI_TRACE = 1 << 8,
    CLI_EXPLAIN = 1 << 9,
    CLI_LEARN = 1 << 10,
    CLI_REPORT = 1 << 11,
    CLI_OPTIMIZE = 1 << 12,
    CLI_SWEEP = 1 << 13
} CliCommand;

typedef struct CliOption {
    const char *name;  /* without dashes */
    const char *value; /* what it takes, for the help, and for the completion: cli/completion.c
                          knows DIR, FILE, PRESET and a few more, and words in small letters, "a|b",
                          are all that it takes; NULL: a switch */
    unsigned commands; /* CliCommand bits */
    const char *help;
} CliOption;

extern const CliOption cli_options[]; /* ends with a NULL name */

/* Does a command (its bit) take firectl's flags, for the scenario that it reads? */
bool arguments_takes_flags(unsigned commands);

typedef struct CliGiven {
    const char *name;  /* of the option or flag, without dashes; lent */
    const char *value; /* lent; NULL for a switch */
    bool is_flag;      /* a firectl flag: for the scenario */
} CliGiven;

typedef struct Arguments {
    CliGiven *given; /* in the order of the command line */
    size_t given_count, given_room;
    const char **positional;
    size_t positional_count, positional_room;
} Arguments;

/* Reads argv[2..] of a command. Adds an error for each unknown option (with the nearest), missing
 * value, or value given to a switch. `--name=value` and `--name value`; `--` ends the options.
 * Values of switches of firectl (--preemptible) are not taken from the next word. */
void arguments_read(Arguments *arguments, CliCommand command, int argc, char *argv[],
                    ErrorList *errors);
void arguments_clear(Arguments *arguments);

bool arguments_has(const Arguments *arguments, const char *name);
/* The last value given, or NULL. */
const char *arguments_value(const Arguments *arguments, const char *name);
/* Those that the table has, into the struct that it configures; the others stay as they are. False
 * after adding errors. */
bool arguments_settings(const Arguments *arguments, const Option table[], void *config,
                        ErrorList *errors);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* The command line by two tables: the commands, and the options with the commands that know them.
 * Help, the manual page and the completion are these tables told (help.c, manual.c). A command
 * takes arguments in and gives an exit status out; one that has added errors returns
 * STATUS_MISTAKE, of which main makes STATUS_FAILED if one of them is a failure of the system
 * (base/error.h has the rule). 128 + the signal: interrupted. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "autoscale_sim/types.h"
#include "base/error.h"
#include "base/json.h"

#include <signal.h>

typedef struct asim_scenario Scenario;
typedef struct Manifest Manifest;
typedef struct Option Option;
typedef struct OverrideList OverrideList;
typedef struct RunReport RunReport;

#define STATUS_DONE 0
#define STATUS_FAILED 1
#define STATUS_MISTAKE 2

typedef enum CliCommand {
    CLI_RUN = 1 << 0,
    CLI_COMPARE = 1 << 1,
    CLI_VALIDATE = 1 << 2,
    CLI_PLOT = 1 << 3,
    CLI_PRESETS = 1 << 4,
    CLI_ASSUMPTIONS = 1 << 5,
    CLI_MODELS = 1 << 6,
    CLI_HELP = 1 << 7,
    CLI_EXPLAIN = 1 << 8,
    CLI_LEARN = 1 << 9,
    CLI_REPORT = 1 << 10,
    CLI_OPTIMIZE = 1 << 11,
    CLI_SWEEP = 1 << 12,
    CLI_TRACE_DESCRIBE = 1 << 13,
    CLI_TRACE_CONVERT = 1 << 14,
    CLI_TRACE_GENERATE = 1 << 15,
    CLI_TRACE_FIT = 1 << 16,
    CLI_INIT = 1 << 17,
    CLI_DECIDE = 1 << 18,
    CLI_CALIBRATE = 1 << 19,
    CLI_IDENTIFY = 1 << 20,
    CLI_PLAY = 1 << 21,
    CLI_SERVE = 1 << 22,
    CLI_TRACE = CLI_TRACE_DESCRIBE | CLI_TRACE_CONVERT | CLI_TRACE_GENERATE | CLI_TRACE_FIT
} CliCommand;

typedef struct CliOption {
    const char *name;  /* without dashes */
    const char *value; /* what it takes, for the help, and for the completion: cli/manual.c knows
                          DIR, FILE, PRESET and a few more, and words in small letters, "a|b", are
                          all that it takes; NULL: a switch */
    unsigned commands; /* CliCommand */
    const char *help;
} CliOption;

extern const CliOption cli_options[]; /* ends with a NULL name */

typedef struct CliGiven {
    const char *name;        /* of the option or flag, without dashes; lent */
    const char *value;       /* lent; NULL for a switch */
    bool is_flag;            /* a firectl flag: for the scenario */
    const CliOption *option; /* NULL: a flag */
} CliGiven;

typedef struct Arguments {
    CliGiven *given; /* in the order of the command line */
    size_t given_count, given_room;
    const char **positional;
    size_t positional_count, positional_room;
} Arguments;

typedef struct Invocation {
    const Arguments *arguments;
    const Manifest *manifest; /* with version, command line and time of start */
} Invocation;

typedef int CommandRun(const Invocation *invocation, ErrorList *errors);

typedef struct Command {
    const char *of; /* the command that it is one of, `trace` of `trace fit`; NULL: none */
    const char *name;
    unsigned bits;        /* CliCommand: its own, or of all that it has */
    const char *operands; /* for the help: "SCENARIO..." */
    size_t operands_least, operands_most;
    const char *help;
    const char *example;
    CommandRun *run; /* NULL: one of its own is */
} Command;

extern const Command commands[]; /* ends with a NULL name */

/* Operands that these arguments must have at least: a command that takes a scenario does with
 * --trace without one. */
size_t command_operands_least(const Command *command, const Arguments *arguments);

/* The commands of `of` (NULL: of the program) one by one, from NULL; NULL after the last. */
const Command *command_next(const Command *of, const Command *command);
const Command *command_find(const Command *of, const char *name);
/* Adds an error that suggests the nearest command. */
void command_unknown(const Command *of, const char *name, ErrorList *errors);
/* The options that it knows one by one, from NULL; NULL after the last. */
const CliOption *command_next_option(const Command *command, const CliOption *option);
/* 'o' of --out; '\0': none. */
char command_option_letter(const CliOption *option);
/* Does it take firectl's flags, for the scenario that it reads? */
bool command_takes_flags(const Command *command);

/* Reads the words after a command, which end with a NULL and are lent. Adds an error for each
 * unknown option (with the nearest), missing value, or value given to a switch. `--name=value` and
 * `--name value`, `-oVALUE` and `-o VALUE`, `-qo VALUE` for `-q -o VALUE`; `--` ends the options.
 * Values of switches of firectl (--preemptible) are not taken from the next word. */
void arguments_read(Arguments *arguments, const Command *command, char *argv[], ErrorList *errors);
void arguments_clear(Arguments *arguments);

bool arguments_has(const Arguments *arguments, const char *name);
/* The last value given, or NULL. */
const char *arguments_value(const Arguments *arguments, const char *name);
/* Those that the table has, into the struct that it configures; the others stay as they are. False
 * after adding errors. */
bool arguments_settings(const Arguments *arguments, const Option *table, void *config,
                        ErrorList *errors);

CommandRun command_init, command_run, command_serve, command_calibrate, command_explain,
    command_compare, command_optimize, command_sweep, command_validate, command_plot,
    command_report, command_presets, command_assumptions, command_models, command_decide,
    command_identify, command_trace_describe, command_trace_convert, command_trace_generate,
    command_trace_fit, command_learn, command_play, command_help;

/* The manual page in roff, and the script that completes command lines in bash, zsh or fish (false:
 * another shell): of `help`. */
void manual_print_page(void);
bool manual_print_completion(const char *shell);

/* The last line but one: where the files are. */
void command_tell_written(const char *directory);
/* On standard output; the tree is consumed. */
void command_print_json(cJSON *tree);

/* With --plot, draws an output directory, of a run, a comparison, a sweep or a search, into
 * DIR/plots, and says where, unless --quiet. Returns an exit status. */
int command_draw(const Arguments *arguments, const char *directory, ErrorList *errors);
/* --plot-format, or what it is by default. */
const char *command_plot_format(const Arguments *arguments);
/* Is --plot-format one of the two, and beside --plot, unless the command `draws` anyway? False
 * after adding an error. */
bool command_plots_agree(const Arguments *arguments, bool draws, ErrorList *errors);
/* Says where the pictures are. */
void command_tell_pictures(const Arguments *arguments, const char *directory);

/* The scenario that a command line asks for: a file, and what options change in it ------- */

/* Adds the changes of all options in the order they were given, and of `preset` (NULL: none) before
 * them. The options --preset themselves are the caller's business. Prints firectl's notes on
 * stderr. False after adding errors. */
bool scenario_changes(OverrideList *list, const char *preset, const Arguments *arguments,
                      ErrorList *errors);

/* Reads `file` with these changes; NULL: the default scenario for --trace, of which stderr is told
 * if `tells`. NULL after adding errors. */
Scenario *scenario_from_arguments(const char *file, const char *preset, const Arguments *arguments,
                                  bool tells, ErrorList *errors);
/* The same, with `more` (NULL: none) changes on top. */
Scenario *scenario_from_arguments_and(const char *file, const char *preset,
                                      const Arguments *arguments, const OverrideList *more,
                                      bool tells, ErrorList *errors);
/* What it is called: "access" for --trace logs/access.log.gz. Owned by the caller. */
char *scenario_default_name(const Arguments *arguments);
/* The only operand; NULL: none, and --trace. */
const char *scenario_operand(const Arguments *arguments);

/* False, after adding an error, when --preset is given more than once: run and validate take one.
 */
bool scenario_one_preset(const Arguments *arguments, ErrorList *errors);

/* One simulation for a command: progress bar, interruption, exit status ------------------------ */

/* --plot needs --out, --json and --quiet exclude each other: false after adding errors. */
bool simulate_options_agree(const Arguments *arguments, ErrorList *errors);

/* Runs the scenario under the report's observers, with a progress bar (label: before it, may be
 * NULL) on a terminal unless quiet. Returns an exit status; on anything but STATUS_DONE the report
 * has been abandoned. */
int simulate(const Scenario *scenario, RunReport *report, const char *label, bool quiet,
             ErrorList *errors);

/* Ctrl-C and its kin: the run stops at the next look, says so, and leaves nothing half-written. */

/* SIGINT, SIGTERM and SIGHUP set a mark from now on, the number of the signal; a second one, or
 * three seconds in which the program has not ended, end it at once and remove what is unfinished.
 * SIGPIPE sets it too, whose reader has seen enough: the program ends as by the others, but
 * quietly. SIGXFSZ is ignored, so that a file that may not grow is a write error like any other. */
void interrupt_watch(void);
const volatile sig_atomic_t *interrupt_mark(void);

/* Says on stderr that the program was interrupted, and what of it ("nothing was written"; NULL:
 * nothing), unless SIGPIPE did it. Returns the exit status: 128 + the signal, as shells report it
 * (130 for SIGINT). */
int interrupt_tell(const char *consequence);
/* From now on the program looks at the mark and ends in order: it is not ended by force, but by a
 * second signal, however long it takes to answer and to write. */
void interrupt_heeded(void);
/* After SIGPIPE: ends the program by it, as those end that do not watch it. */
void interrupt_end_by_pipe(void);

#endif

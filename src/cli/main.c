// SPDX-License-Identifier: GPL-3.0-or-later
/* autoscale-sim: a wind tunnel for autoscaling policies. Finds the command, reads its arguments,
 * runs it, and prints the mistakes, once, here. */
#include "base/memory.h"
#include "base/text.h"
#include "cli/command_options.h"
#include "cli/interrupt.h"

#include <cJSON.h>
#include <errno.h>
#include <gsl/gsl_errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const Command commands[] = {
    {"run", CLI_RUN, "SCENARIO", 1, 1, "simulate one scenario",
     "autoscale-sim run scenarios/flash-crowd.json --out crowd --plot", command_run},
    {"compare", CLI_COMPARE, "SCENARIO...", 1, 64,
     "simulate several scenarios or presets on the same traffic, side by side",
     "autoscale-sim compare scenarios/demo.json --preset cost-optimization --preset performance "
     "--out demo --plot",
     command_compare},
    {"explain", CLI_EXPLAIN, "SCENARIO|DIR", 1, 1,
     "tell a run in order: every decision with its arithmetic, and what users felt meanwhile",
     "autoscale-sim explain scenarios/flash-crowd.json --from 1h --to 1h20m", command_explain},
    {"sweep", CLI_SWEEP, "FILE | --merge DIR...", 1, 4096,
     "simulate a scenario over axes of options, in parts if need be, and merge the parts",
     "autoscale-sim sweep scenarios/sweeps/demo.json --out windows", command_sweep},
    {"optimize", CLI_OPTIMIZE, "FILE", 1, 1,
     "find the cheapest policy that meets stated objectives, within bounds on the options",
     "autoscale-sim optimize scenarios/optimize/office-day.json --out cheapest", command_optimize},
    {"validate", CLI_VALIDATE, "SCENARIO...", 1, 1024, "check scenarios, all mistakes at once",
     "autoscale-sim validate scenarios/reservation.json --print", command_validate},
    {"plot", CLI_PLOT, "DIR", 1, 1, "draw the pictures of an output directory",
     "autoscale-sim plot crowd", command_plot},
    {"report", CLI_REPORT, "DIR...", 1, 64,
     "make one HTML page of a run, a comparison, a sweep, or of several runs side by side",
     "autoscale-sim report crowd", command_report},
    {"trace", CLI_TRACE, "describe|convert|generate|fit FILE", 2, 2,
     "say what a recorded trace is, turn it into another format, make one, fit models to it",
     "autoscale-sim trace describe scenarios/traces/azure-sample.csv", command_trace},
    {"learn", CLI_LEARN, "[N]", 0, 1,
     "list the lessons, or do one: an experiment explained, with the figures of its very run",
     "autoscale-sim learn 1", command_learn},
    {"presets", CLI_PRESETS, "", 0, 0, "list the documented autoscaling patterns",
     "autoscale-sim presets", command_presets},
    {"models", CLI_MODELS, "", 0, 0, "list the models and accelerators with a measured profile",
     "autoscale-sim models", command_models},
    {"assumptions", CLI_ASSUMPTIONS, "", 0, 0,
     "list what the documentation leaves open and what is assumed instead",
     "autoscale-sim assumptions", command_assumptions},
    {"help", CLI_HELP, "[COMMAND|TOPIC] [SUBCOMMAND]", 0, 2,
     "explain a command or the keys of a scenario; print the manual page or the completion",
     "autoscale-sim help run", command_help},
    {.name = NULL},
};

const Command *command_find(const char *name) {
    for (const Command *command = commands; command->name; command++) {
        if (strcmp(command->name, name) == 0) {
            return command;
        }
    }
    return NULL;
}

void command_unknown(const char *name, ErrorList *errors) {
    const size_t count = sizeof commands / sizeof *commands - 1;
    error_in_option(errors, *name != '\0' ? name : NULL,
                    *name != '\0' ? "unknown command" : "an empty command",
                    "a command that `autoscale-sim help` lists",
                    error_nearest_row(name, commands, count, name));
}

/* Only of options that are all known: what follows an unknown one may be its value. */
static void check_operands(const Command *command, const Arguments *arguments, ErrorList *errors) {
    for (size_t i = 0; i < arguments->positional_count; i++) {
        if (*arguments->positional[i] == '\0') {
            error_in_option(errors, command->name, "an empty name", command->operands, NULL);
            return;
        }
    }
    if (arguments->positional_count < command->operands_least) {
        error_in_option(errors, command->name, "nothing to work on", command->operands,
                        command->example);
    } else if (arguments->positional_count > command->operands_most) {
        error_in_option(errors, command->name, arguments->positional[command->operands_most],
                        command->operands[0] ? command->operands : "no operands", NULL);
    }
}

void command_tell_written(const char *directory) {
    printf("\nWritten to ");
    text_print(stdout, directory);
    putchar('\n');
}

static int run_command(const Command *command, int argc, char *argv[], ErrorList *errors) {
    Arguments arguments;
    arguments_read(&arguments, command->bit, argc, argv, errors);
    if (errors->count == 0) {
        check_operands(command, &arguments, errors);
    }
    const Invocation invocation = {.arguments = &arguments,
                                   .command_line = (const char *const *)argv,
                                   .command_line_count = (size_t)argc};
    const int status = errors->count ? STATUS_MISTAKE : command->run(&invocation, errors);
    arguments_clear(&arguments);
    return status;
}

static bool asks_for_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* `autoscale-sim run --help` is `autoscale-sim help run`, and with a sub-command `help trace fit`.
 */
static int help_on(const Command *command, int argc, char *argv[], ErrorList *errors) {
    char *help[] = {argv[0], "help", argv[1], NULL};
    int count = 3;
    for (int i = 2; i < argc && count == 3; i++) {
        if (sub_command_find(command, argv[i])) {
            help[count++] = argv[i];
        }
    }
    return run_command(command_find("help"), count, help, errors);
}

static int dispatch(int argc, char *argv[], ErrorList *errors) {
    if (argc < 2 || asks_for_help(argv[1])) {
        char *help[] = {argv[0], "help", NULL};
        return run_command(command_find("help"), 2, help, errors);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("autoscale-sim %s\n", ASIM_VERSION);
        return STATUS_DONE;
    }
    const Command *command = command_find(argv[1]);
    if (!command) {
        command_unknown(argv[1], errors);
        return STATUS_MISTAKE;
    }
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (asks_for_help(argv[i])) {
            return help_on(command, argc, argv, errors);
        }
    }
    return run_command(command, argc, argv, errors);
}

static void *new_memory(size_t size) {
    return memory_resize(NULL, size, 1);
}

/* What holds for the process is the program's to decide, not the library's, whose other users may
 * have GSL and cJSON too. */
static void set_up_libraries(void) {
    gsl_set_error_handler_off();
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = new_memory, .free_fn = free});
#ifdef __GLIBC__
    /* What a run gives back is kept for the next one: to return it to the system, and to be given
     * it again page by page, takes a tenth of a short run's time. */
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

int main(int argc, char *argv[]) {
    ErrorList errors = {0};
    set_up_libraries();
    interrupt_watch();
    int status = dispatch(argc, argv, &errors);
    const bool flushed = fflush(stdout) == 0;
    if (!flushed || ferror(stdout)) { /* the reason of an earlier failure is lost */
        error_add(&errors, &(Error){.file = "standard output",
                                    .found = flushed ? "an error while writing" : strerror(errno),
                                    .expected = "a place to write to",
                                    .kind = ERROR_SYSTEM});
    }
    interrupt_end_by_pipe();
    if (*interrupt_mark() && errors.count) { /* what was waited for: "Interrupted system call" */
        error_list_clear(&errors);
        status = interrupt_tell(NULL);
    }
    error_list_print(&errors, stderr);
    if (errors.count && (status == STATUS_DONE || status == STATUS_MISTAKE)) {
        status = errors.system ? STATUS_FAILED : STATUS_MISTAKE;
    }
    error_list_clear(&errors);
    return status;
}

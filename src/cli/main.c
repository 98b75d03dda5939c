// SPDX-License-Identifier: GPL-3.0-or-later
/* autoscale-sim: a wind tunnel for autoscaling policies. Finds the command, reads its arguments,
 * runs it, and prints the mistakes, once, here. */
#include "base/memory.h"
#include "cli/commands.h"
#include "output/manifest.h"

#include <cJSON.h>
#include <errno.h>
#include <gsl/gsl_errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Only of options that are all known: what follows an unknown one may be its value. */
static void check_operands(const Command *command, const char *const operands[], size_t count,
                           size_t least, ErrorList *errors) {
    for (size_t i = 0; i < count; i++) {
        if (*operands[i] == '\0') {
            error_in_option(errors, command->name, "an empty name", command->operands, NULL);
            return;
        }
    }
    if (count < least) {
        error_in_option(errors, command->name, "nothing to work on", command->operands,
                        command->example);
    } else if (count > command->operands_most) {
        error_in_option(errors, command->name, operands[command->operands_most],
                        *command->operands ? command->operands : "no operands", NULL);
    }
}

/* The one of `trace` that is asked for; errors are added if there is none, or if it does not know
 * an option that others of them do. */
static const Command *choose_own(const Command *command, const Arguments *arguments,
                                 ErrorList *errors) {
    const Command *own = command_find(command, arguments->positional[0]);
    if (!own) {
        command_unknown(command, arguments->positional[0], errors);
        return command;
    }
    for (size_t i = 0; i < arguments->given_count; i++) {
        const CliGiven *given = &arguments->given[i];
        if (!(given->option->commands & own->bits)) {
            error_found_in_option(errors, given->name,
                                  "an option of it; see `autoscale-sim help trace`",
                                  "an option that `%s %s` does not know", command->name, own->name);
        }
    }
    check_operands(own, arguments->positional + 1, arguments->positional_count - 1,
                   own->operands_least, errors);
    return own;
}

static int run_command(const Command *command, int argc, char *argv[], ErrorList *errors) {
    Arguments arguments;
    arguments_read(&arguments, command, argv + 2, errors);
    if (errors->count == 0) {
        check_operands(command, arguments.positional, arguments.positional_count,
                       command_operands_least(command, &arguments), errors);
    }
    if (errors->count == 0 && !command->run) {
        command = choose_own(command, &arguments, errors);
    }
    if (errors->count == 0) {
        command_plots_agree(&arguments, command->bits & CLI_PLOT, errors);
    }
    Manifest manifest = {.version = ASIM_VERSION,
                         .command_line = (const char *const *)argv,
                         .command_line_count = (size_t)argc};
    clock_gettime(CLOCK_MONOTONIC, &manifest.started);
    const Invocation invocation = {.arguments = &arguments, .manifest = &manifest};
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
    char *help[5] = {argv[0], "help", argv[1]};
    int count = 3;
    for (int i = 2; i < argc && count == 3; i++) {
        if (command_find(command, argv[i])) {
            help[count++] = argv[i];
        }
    }
    return run_command(command_find(NULL, "help"), count, help, errors);
}

static int dispatch(int argc, char *argv[], ErrorList *errors) {
    if (argc < 2 || asks_for_help(argv[1])) {
        char *help[] = {argv[0], "help", NULL};
        return run_command(command_find(NULL, "help"), 2, help, errors);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("autoscale-sim %s\n", ASIM_VERSION);
        return STATUS_DONE;
    }
    const Command *command = command_find(NULL, argv[1]);
    if (!command) {
        command_unknown(NULL, argv[1], errors);
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

// SPDX-License-Identifier: GPL-3.0-or-later
/* Reads the command line by the table; see arguments.h. */
#include "cli/arguments.h"

#include "engine/memory.h"
#include "scenario/flags.h"

#include <stdlib.h>
#include <string.h>

#define SIMULATING (CLI_RUN | CLI_COMPARE)
#define READING (CLI_RUN | CLI_COMPARE | CLI_VALIDATE)
#define CHANGING (READING | CLI_SWEEP) /* a scenario by options */

const CliOption cli_options[] = {
    {"to", "azure|azure_2024|vidur", CLI_TRACE, "convert, generate: the format to write"},
    {"out", "DIR", SIMULATING | CLI_TRACE | CLI_SWEEP,
     "write CSV, JSON and the manifest to DIR, whole or not at all (trace convert, generate: the "
     "file; sweep: cell by cell)"},
    {"jobs", "N", CLI_SWEEP, "threads at most (default: one for each processor)"},
    {"replications", "N", CLI_SWEEP, "of each cell, whatever the file says"},
    {"resume", NULL, CLI_SWEEP, "go on with the sweep in DIR: cells that are there are kept"},
    {"shard", "K/N", CLI_SWEEP,
     "run the K-th of N parts only; auto/N or auto: K (and N) from a Kubernetes indexed job or a "
     "Slurm job array"},
    {"merge", NULL, CLI_SWEEP, "join what shards have left in DIR..., into --out if given"},
    {"force", NULL, SIMULATING | CLI_TRACE | CLI_SWEEP, "replace an earlier output in DIR"},
    {"plot", NULL, SIMULATING | CLI_TRACE | CLI_SWEEP,
     "draw DIR's pictures too (needs gnuplot and --out)"},
    {"format", "FORMAT", CLI_TRACE, "the file's format, if it cannot be told by its content"},
    {"duration", "TIME", CLI_TRACE, "generate: how long the traffic goes on"},
    {"deployment", "NAME", CLI_TRACE, "generate: whose traffic, if the scenario has several"},
    {"time-per-token", "TIME", CLI_TRACE, "describe: assumed for the offered load (default 20ms)"},
    {"threshold", "TIME", CLI_TRACE, "fit: a pause is a gap of at least this (default: likeliest)"},
    {"requests", NULL, SIMULATING, "write requests.csv, one row per request"},
    {"json", NULL, SIMULATING | CLI_TRACE, "print the summary as JSON"},
    {"quiet", NULL, SIMULATING | CLI_TRACE | CLI_SWEEP, "print nothing but errors"},
    {"seed", "N", CHANGING | CLI_TRACE, "another seed"},
    {"replication", "N", READING | CLI_TRACE, "another replication of the same seed"},
    {"preset", "PRESET", CHANGING,
     "a documented autoscaling pattern (see presets); compare: once per column"},
    {"set", "PATH=VALUE", CHANGING | CLI_TRACE,
     "change any option: deployments.chat.autoscaling.scale_up_window=15s (trace: of the file or "
     "source, such as time_column=ts)"},
    {"trace", "FILE", CHANGING, "replay FILE in place of the file of the scenario's trace"},
    {"firectl", "'COMMAND'", CHANGING,
     "simulate the deployment that a pasted firectl command creates"},
    {"print", NULL, CLI_VALIDATE, "print the scenario with every default filled in"},
    {"man", NULL, CLI_HELP, "print the manual page, autoscale-sim(1), in roff"},
    {"completion", "bash", CLI_HELP, "print the script that completes our command lines"},
    {NULL, NULL, 0, NULL},
};

static const CliOption *find_option(const char *name) {
    for (const CliOption *option = cli_options; option->name; option++) {
        if (strcmp(option->name, name) == 0) {
            return option;
        }
    }
    return NULL;
}

bool arguments_takes_flags(unsigned commands) {
    return (commands & CHANGING) != 0;
}

static const char *nearest_option(CliCommand command, const char *name) {
    const char *names[sizeof cli_options / sizeof *cli_options + 64];
    size_t count = 0;
    for (const CliOption *option = cli_options; option->name; option++) {
        if (option->commands & command) {
            names[count++] = option->name;
        }
    }
    ScenarioFlag flag;
    for (size_t i = 0; arguments_takes_flags(command) && i < 64 && scenario_flag(i, &flag); i++) {
        names[count++] = flag.name;
    }
    return error_nearest(name, names, count);
}

static void usage_error(ErrorList *errors, const char *place, const char *found,
                        const char *expected, const char *suggestion) {
    error_add(errors, &(Error){.file = "command line",
                               .place = place,
                               .found = found,
                               .expected = expected,
                               .suggestion = suggestion});
}

static void unknown_option(CliCommand command, const char *word, const char *name,
                           ErrorList *errors) {
    const char *nearest = nearest_option(command, name);
    char *suggestion = nearest ? memory_format("--%s", nearest) : NULL;
    const bool elsewhere = find_option(name) != NULL;
    usage_error(errors, word, elsewhere ? "an option of another command" : "unknown option",
                "an option that `autoscale-sim help` lists", elsewhere ? NULL : suggestion);
    free(suggestion);
}

static void give(Arguments *arguments, const char *name, const char *value, bool is_flag) {
    arguments->given = memory_grow(arguments->given, arguments->given_count, &arguments->given_room,
                                   sizeof *arguments->given);
    arguments->given[arguments->given_count++] =
        (CliGiven){.name = name, .value = value, .is_flag = is_flag};
}

/* One option at argv[at]; returns how many words it took. */
static int read_option(Arguments *arguments, CliCommand command, int argc, char *argv[], int at,
                       ErrorList *errors) {
    char *equals = strchr(argv[at], '=');
    char *word =
        equals ? memory_text_n(argv[at], (size_t)(equals - argv[at])) : memory_text(argv[at]);
    const char *bare = word + 2;
    const CliOption *option = find_option(bare);
    const bool known = option && (option->commands & command);
    ScenarioFlag flag;
    const bool is_flag =
        !known && arguments_takes_flags(command) && scenario_flag_find(bare, &flag);
    const bool takes_value = known ? option->value != NULL : is_flag;
    int taken = 1;
    if (!known && !is_flag) {
        unknown_option(command, word, bare, errors);
    } else if (!takes_value) {
        if (equals) {
            usage_error(errors, word, equals + 1, "no value", NULL);
        }
        give(arguments, option->name, NULL, false);
    } else if (!equals && at + 1 >= argc) {
        usage_error(errors, word, "no value", "a value after it", NULL);
    } else {
        taken = equals ? 1 : 2;
        give(arguments, known ? option->name : flag.name, equals ? equals + 1 : argv[at + 1],
             !known);
    }
    free(word);
    return taken;
}

void arguments_read(Arguments *arguments, CliCommand command, int argc, char *argv[],
                    ErrorList *errors) {
    *arguments = (Arguments){0};
    bool options = true;
    for (int at = 2; at < argc;) {
        if (options && strcmp(argv[at], "--") == 0) {
            options = false;
            at++;
        } else if (options && strncmp(argv[at], "--", 2) == 0) {
            at += read_option(arguments, command, argc, argv, at, errors);
        } else if (options && argv[at][0] == '-' && argv[at][1] != '\0') {
            usage_error(errors, argv[at], "unknown option", "an option with two dashes, or a file",
                        NULL);
            at++;
        } else {
            arguments->positional =
                memory_grow(arguments->positional, arguments->positional_count,
                            &arguments->positional_room, sizeof *arguments->positional);
            arguments->positional[arguments->positional_count++] = argv[at++];
        }
    }
}

void arguments_clear(Arguments *arguments) {
    free(arguments->given);
    free(arguments->positional);
    *arguments = (Arguments){0};
}

const char *arguments_value(const Arguments *arguments, const char *name) {
    for (size_t i = arguments->given_count; i-- > 0;) {
        const CliGiven *given = &arguments->given[i];
        if (!given->is_flag && strcmp(given->name, name) == 0) {
            return given->value ? given->value : "";
        }
    }
    return NULL;
}

bool arguments_has(const Arguments *arguments, const char *name) {
    return arguments_value(arguments, name) != NULL;
}

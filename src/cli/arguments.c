// SPDX-License-Identifier: GPL-3.0-or-later
/* Reads the command line by the table; see arguments.h. */
#include "cli/arguments.h"

#include "base/memory.h"
#include "scenario/firectl.h"

#include <stdlib.h>
#include <string.h>

#define SIMULATING (CLI_RUN | CLI_COMPARE | CLI_LEARN)
#define READING (CLI_RUN | CLI_COMPARE | CLI_VALIDATE | CLI_EXPLAIN | CLI_LEARN)
#define CHANGING (READING | CLI_SWEEP) /* a scenario by options */
#define EXPERIMENTING (CLI_COMPARE | CLI_SWEEP | CLI_OPTIMIZE)
#define WRITING (SIMULATING | CLI_SWEEP | CLI_OPTIMIZE | CLI_TRACE)

const CliOption cli_options[] = {
    {"to", "azure|azure_2024|vidur", CLI_TRACE, "convert, generate: the format to write"},
    {"out", "DIR", WRITING | CLI_REPORT,
     "write CSV, JSON and the manifest to DIR, whole or not at all (sweep: cell by cell; trace "
     "convert, generate: the file; report: the page, by default DIR/report.html)"},
    {"force", NULL, WRITING | CLI_REPORT, "replace an earlier output in DIR"},
    {"plot", NULL, WRITING, "draw DIR's pictures too (needs gnuplot and --out)"},
    {"format", "FORMAT", CLI_TRACE, "the file's format, if it cannot be told by its content"},
    {"duration", "TIME", CLI_TRACE, "generate: how long the traffic goes on"},
    {"deployment", "NAME", CLI_TRACE | CLI_EXPLAIN,
     "this one only, if the scenario has several (trace generate: whose traffic)"},
    {"time-per-token", "TIME", CLI_TRACE, "describe: assumed for the offered load (default 20ms)"},
    {"threshold", "TIME", CLI_TRACE, "fit: a pause is a gap of at least this (default: likeliest)"},
    {"trace-events", "FILE", CLI_RUN,
     "write what the loop does to FILE, one line an event, for whoever looks for a defect"},
    {"requests", NULL, SIMULATING, "write requests.csv, one row per request"},
    {"json", NULL, SIMULATING | CLI_TRACE | CLI_OPTIMIZE, "print the summary as JSON"},
    {"quiet", NULL, WRITING | CLI_REPORT, "print nothing but errors"},
    {"seed", "N", CHANGING | CLI_TRACE | CLI_OPTIMIZE, "another seed"},
    {"replication", "N", READING | CLI_TRACE, "another replication of the same seed"},
    {"preset", "PRESET", CHANGING,
     "a documented autoscaling pattern (see presets); compare: once per column"},
    {"replications", "N|auto", CLI_COMPARE | CLI_SWEEP,
     "runs of each scenario, on common random numbers (default 10; sweep: as the file says); auto: "
     "until --precision (compare)"},
    {"precision", "METRIC=WIDTH", CLI_COMPARE,
     "auto: half the interval at most, ttft_p95_s=0.2 or total_usd=1% of the first run's "
     "(default)"},
    {"most", "N", CLI_COMPARE, "auto: replications at most (default 1000)"},
    {"confidence", "SHARE", CLI_COMPARE, "of the intervals (default 0.95)"},
    {"indifference", "SHARE", CLI_COMPARE,
     "a difference within this share of the first run's figure is none (default 0.005)"},
    {"bootstrap", "days|none", CLI_COMPARE,
     "draw days with replacement, for intervals that speak of other days (default: with recordings "
     "of 5 days or more)"},
    {"jobs", "N", EXPERIMENTING, "simulations at a time (default: one per processor)"},
    {"resume", NULL, CLI_SWEEP, "go on with the sweep in DIR: cells that are there are kept"},
    {"shard", "K/N", CLI_SWEEP,
     "run the K-th of N parts only; auto/N or auto: K (and N) from a Kubernetes indexed job or a "
     "Slurm job array"},
    {"merge", NULL, CLI_SWEEP, "join what shards have left in DIR..., into --out if given"},
    {"set", "PATH=VALUE", CHANGING | CLI_TRACE | CLI_OPTIMIZE,
     "change any option: deployments.chat.autoscaling.scale_up_window=15s (trace: of the file or "
     "source, such as time_column=ts)"},
    {"trace", "FILE", CHANGING, "replay FILE in place of the file of the scenario's trace"},
    {"firectl", "'COMMAND'", CHANGING,
     "simulate the deployment that a pasted firectl command creates"},
    {"from", "TIME", CLI_EXPLAIN,
     "begin there: 1h30m after the start, 12:00:35, \"day 2 03:05:10\" or an instant such as "
     "2026-11-16T12:00:00Z"},
    {"to", "TIME", CLI_EXPLAIN, "end there"},
    {"request", "ID", CLI_EXPLAIN, "the life of one request (from 1, in order of arrival)"},
    {"why-not", "TIME", CLI_EXPLAIN, "why nothing happened then, or what did"},
    {"budget", "N", CLI_OPTIMIZE, "simulations at most, the holdout's not counted"},
    {"holdout", "FILE", CLI_OPTIMIZE,
     "tell how the winner fares on another scenario, or on a trace replayed in the place of the "
     "base's"},
    {"print", NULL, CLI_VALIDATE, "print the scenario with every default filled in"},
    {"man", NULL, CLI_HELP, "print the manual page, autoscale-sim(1), in roff"},
    {"completion", "bash", CLI_HELP, "print the script that completes our command lines"},
    {NULL, NULL, 0, NULL},
};

/* The command's own of that name, or else another command's. */
static const CliOption *find_option(CliCommand command, const char *name) {
    const CliOption *found = NULL;
    for (const CliOption *option = cli_options; option->name; option++) {
        if (strcmp(option->name, name) == 0 && (!found || (option->commands & command))) {
            found = option;
        }
    }
    return found;
}

bool arguments_takes_flags(unsigned commands) {
    return (commands & CHANGING) != 0;
}

static const char *nearest_option(CliCommand command, const char *name) {
    NearestName nearest = {.word = name};
    for (const CliOption *option = cli_options; option->name; option++) {
        if (option->commands & command) {
            nearest_try(&nearest, option->name);
        }
    }
    ScenarioFlag flag;
    for (size_t i = 0; arguments_takes_flags(command) && scenario_flag(i, &flag); i++) {
        nearest_try(&nearest, flag.name);
    }
    return nearest.name;
}

static void unknown_option(CliCommand command, const char *word, const char *name,
                           ErrorList *errors) {
    const char *nearest = nearest_option(command, name);
    char *suggestion = nearest ? memory_format("--%s", nearest) : NULL;
    const bool elsewhere = find_option(command, name) != NULL;
    error_in_option(errors, word, elsewhere ? "an option of another command" : "unknown option",
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
    const CliOption *option = find_option(command, bare);
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
            error_in_option(errors, word, equals + 1, "no value", NULL);
        }
        give(arguments, option->name, NULL, false);
    } else if (!equals && at + 1 >= argc) {
        error_in_option(errors, word, "no value", "a value after it", NULL);
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
            error_in_option(errors, argv[at], "unknown option",
                            "an option with two dashes, or a file", NULL);
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

bool arguments_settings(const Arguments *arguments, const Option table[], void *config,
                        ErrorList *errors) {
    const size_t before = errors->count;
    for (const Option *option = table; option->name != NULL; option++) {
        const char *value = arguments_value(arguments, option->name);
        char *place = memory_format("--%s", option->name);
        if (value != NULL) {
            option_set_text(option, config, value, &(Error){.file = "command line", .place = place},
                            errors);
        }
        free(place);
    }
    return errors->count == before;
}

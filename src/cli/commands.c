// SPDX-License-Identifier: GPL-3.0-or-later
/* The tables of commands and options, and the command line read by them. What is not in the table
 * but is a firectl flag of an option table goes to the scenario. */
#include "cli/commands.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/options.h"
#include "scenario/firectl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIMULATING (CLI_RUN | CLI_COMPARE | CLI_LEARN)
#define READING (CLI_RUN | CLI_SERVE | CLI_COMPARE | CLI_VALIDATE | CLI_EXPLAIN | CLI_LEARN)
#define CHANGING (READING | CLI_SWEEP | CLI_INIT) /* a scenario by options */
/* one, for --trace */
#define ASSUMING (CLI_RUN | CLI_SERVE | CLI_COMPARE | CLI_VALIDATE | CLI_EXPLAIN)
#define EXPERIMENTING (CLI_COMPARE | CLI_SWEEP | CLI_OPTIMIZE)
#define DRAWING (SIMULATING | CLI_SWEEP | CLI_OPTIMIZE | CLI_TRACE_DESCRIBE)
#define WRITING (DRAWING | CLI_SERVE | CLI_TRACE_CONVERT | CLI_TRACE_GENERATE)
#define KNOWING (CHANGING | CLI_IDENTIFY) /* what is known of a deployment, by options */
#define RECORDED (CLI_TRACE_DESCRIBE | CLI_TRACE_CONVERT | CLI_TRACE_FIT)

const CliOption cli_options[] = {
    {"to", "azure|azure_2024|vidur", CLI_TRACE_CONVERT | CLI_TRACE_GENERATE,
     "convert, generate: the format to write"},
    {"out", "DIR", WRITING | CLI_REPORT,
     "write CSV, JSON and the manifest to DIR, whole or not at all (sweep: cell by cell; trace "
     "convert, generate: the file; report: the page, by default DIR/report.html)"},
    {"out", "FILE", CLI_INIT,
     "the file to write, - for standard output (default: as the log is called, else "
     "scenario.json)"},
    {"out", "FILE", CLI_PLAY, "the page to write (default playground.html)"},
    {"out", "FILE", CLI_IDENTIFY, "write the likeliest reading to FILE, as part of a scenario"},
    {"force", NULL, WRITING | CLI_REPORT, "replace an earlier output in DIR"},
    {"force", NULL, CLI_INIT | CLI_CALIBRATE | CLI_IDENTIFY | CLI_PLAY, "replace an earlier FILE"},
    {"out", "FILE", CLI_CALIBRATE,
     "write the profile to FILE, whole or not at all: a deployment takes it as \"profile\": "
     "\"FILE\""},
    {"model", "MODEL", KNOWING, "a model that `autoscale-sim models` lists"},
    {"model", "MODEL", CLI_CALIBRATE,
     "the model that ran: of one that `autoscale-sim models` lists the search begins with its "
     "profile"},
    {"accelerator", "GPU", CLI_CALIBRATE, "what it ran on, such as H100; any name will do"},
    {"accelerator-count", "N", CLI_CALIBRATE, "GPUs of the replica (default: the catalogue's)"},
    {"precision", "PRECISION", CLI_CALIBRATE, "of the weights: bf16, fp8, fp4, int4"},
    {"fit-on", "all|first-half", CLI_CALIBRATE,
     "the requests that the profile is fitted to (default all)"},
    {"unit", "s|ms", CLI_CALIBRATE, "of times whose key or column does not say it (default s)"},
    {"set", "NAME=VALUE", CLI_CALIBRATE,
     "a value of the profile that is known, such as batch_slots=128 or kv_capacity_tokens=41408: "
     "it is not fitted"},
    {"plot", NULL, DRAWING, "draw DIR's pictures too (needs gnuplot and --out)"},
    {"plot-format", "svg|png", DRAWING | CLI_PLOT, "of the pictures (default svg)"},
    {"format", "FORMAT", RECORDED, "the file's format, if it cannot be told by its content"},
    {"duration", "TIME", CLI_TRACE_GENERATE, "generate: how long the traffic goes on"},
    {"deployment", "NAME", CLI_TRACE_GENERATE | CLI_EXPLAIN,
     "this one only, if the scenario has several (trace generate: whose traffic)"},
    {"time-per-token", "TIME", CLI_TRACE_DESCRIBE,
     "describe: assumed for the offered load (default 20ms)"},
    {"threshold", "TIME", CLI_TRACE_FIT,
     "fit: a pause is a gap of at least this (default: likeliest)"},
    {"trace-events", "FILE", CLI_RUN,
     "write what the loop does to FILE, one line an event, for whoever looks for a defect"},
    {"requests", NULL, SIMULATING | CLI_SERVE,
     "write requests.csv and refusals.csv, a row per request and per refused send"},
    {"no-histogram", NULL, CLI_RUN,
     "write no latency_histogram.csv, the largest file of a short run, which pictures need"},
    {"listen", "HOST:PORT", CLI_SERVE, "answer there (default 127.0.0.1:8080; port 0: a free one)"},
    {"speed", "N", CLI_SERVE, "simulated seconds a second (default 1)"},
    {"for", "TIME", CLI_SERVE,
     "end after so much simulated time (default: the scenario's duration)"},
    {"api-key", "KEY", CLI_SERVE, "what clients are to send as a bearer token; others get 401"},
    {"json", NULL, SIMULATING | CLI_TRACE_DESCRIBE | CLI_TRACE_FIT | CLI_OPTIMIZE | CLI_CALIBRATE,
     "print the summary as JSON"},
    {"json", NULL,
     CLI_VALIDATE | CLI_EXPLAIN | CLI_SWEEP | CLI_IDENTIFY | CLI_PRESETS | CLI_MODELS |
         CLI_ASSUMPTIONS,
     "print one JSON document in place of text"},
    {"json", NULL, CLI_REPORT, "print what the page would be made of as JSON, and write none"},
    {"quiet", NULL, WRITING | CLI_REPORT | CLI_CALIBRATE | CLI_IDENTIFY | CLI_PLAY,
     "print nothing but errors"},
    {"seed", "N", CHANGING | CLI_TRACE_CONVERT | CLI_TRACE_GENERATE | CLI_OPTIMIZE, "another seed"},
    {"replication", "N", READING | CLI_TRACE_GENERATE, "another replication of the same seed"},
    {"preset", "PRESET", KNOWING,
     "a documented autoscaling pattern (see presets); compare: once per column"},
    {"vary", "OPTION=VALUE,...", CLI_COMPARE,
     "a column for each value, such as scale_down_window=1m,10m,30m; several times: for each "
     "combination; or an axis as sweep's files have it, {\"option\": ..., \"from\": ..., ...}"},
    {"policy", "POLICY,...", CLI_COMPARE,
     "a column for each policy, such as fireworks,hpa,keda,ray_serve: with the same limits, and so "
     "many requests in flight per replica as the load target stands for; foresight: what the load "
     "target would cost whoever knew the arrivals"},
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
    {"jobs", "N", EXPERIMENTING | CLI_IDENTIFY,
     "simulations at a time (default: one per processor)"},
    {"resume", NULL, CLI_SWEEP, "go on with the sweep in DIR: cells that are there are kept"},
    {"shard", "K/N", CLI_SWEEP,
     "run the K-th of N parts only; auto/N or auto: K (and N) from a Kubernetes indexed job or a "
     "Slurm job array"},
    {"merge", NULL, CLI_SWEEP, "join what shards have left in DIR..., into --out if given"},
    {"set", "PATH=VALUE", KNOWING | CLI_TRACE | CLI_OPTIMIZE,
     "change any option: deployments.chat.autoscaling.scale_up_window=15s (trace: of the file or "
     "source, such as time_column=ts)"},
    {"trace", "FILE", CHANGING,
     "replay FILE in place of the file of the scenario's trace, or NAME=FILE of deployment NAME's; "
     "given several times, or a pattern such as 'logs/*.gz': all of them, in order of time"},
    {"filter", "CONDITION", CHANGING | RECORDED | CLI_OPTIMIZE,
     "keep the recorded rows for which this holds, such as status=2xx or path!=/healthz; several: "
     "all hold"},
    {"firectl", "'COMMAND'", KNOWING,
     "simulate the deployment that a pasted firectl command creates"},
    {"from", "TIME", CLI_EXPLAIN,
     "begin there: 1h30m after the start, 9:00, 12:00:35, \"day 2 03:05:10\" or an instant such as "
     "2026-11-16T12:00:00Z"},
    {"to", "TIME", CLI_EXPLAIN, "end there"},
    {"request", "ID", CLI_EXPLAIN, "the life of one request (from 1, in order of arrival)"},
    {"why-not", "TIME", CLI_EXPLAIN, "why nothing happened then, or what did"},
    {"slo", "LIMIT", CLI_OPTIMIZE,
     "what the policy must keep, such as 'ttft_p95_s <= 2s', in place of the file's; several "
     "times: "
     "all of these"},
    {"serverless-price", "INPUT,OUTPUT", CHANGING | CLI_OPTIMIZE,
     "USD per million tokens that a serverless service asks: what the same tokens would cost "
     "there, "
     "and the break-even"},
    {"budget", "N", CLI_OPTIMIZE, "simulations at most, the holdout's not counted"},
    {"holdout", "FILE", CLI_OPTIMIZE,
     "tell how the winner fares on another scenario, or on a trace replayed in the place of the "
     "base's"},
    {"policy", "fireworks", CLI_IDENTIFY, "whose assumed options are read (default fireworks)"},
    {"scenario", "FILE", CLI_IDENTIFY,
     "what is known of the deployment: its limits, windows, load targets and model (default: "
     "firectl's defaults; flags and --set change either)"},
    {"deployment", "NAME", CLI_IDENTIFY, "the one that is meant, if there are several"},
    {"column", "SERIES=NAME", CLI_IDENTIFY,
     "what a series is called in the recording, such as target=my_replicas; several times"},
    {"state", NULL, CLI_DECIDE, "tell the policy's state after each line too"},
    {"print", NULL, CLI_VALIDATE, "print the scenario with every default filled in"},
    {"as-firectl", NULL, CLI_VALIDATE, "print the firectl command that creates each deployment"},
    {"man", NULL, CLI_HELP, "print the manual page, autoscale-sim(1), in roff"},
    {"completion", "bash|zsh|fish", CLI_HELP, "print the script that completes our command lines"},
    {NULL, NULL, 0, NULL},
};

static const struct {
    char letter;
    const char *name;
} option_letters[] = {{'o', "out"}, {'q', "quiet"}};

const Command commands[] = {
    {NULL, "init", CLI_INIT, "", 0, 0,
     "write a scenario of one's own to begin with, with comments: for a log, a model, a pasted "
     "firectl command",
     "autoscale-sim init --trace scenarios/traces/azure-sample.csv --out mine.json", command_init},
    {NULL, "run", CLI_RUN, "SCENARIO | --trace=LOG", 1, 1,
     "simulate one scenario, or a log on a default deployment",
     "autoscale-sim run scenarios/flash-crowd.json --out crowd --plot", command_run},
    {NULL, "serve", CLI_SERVE, "SCENARIO | --trace=LOG", 1, 1,
     "answer on HTTP as the simulated deployments would: OpenAI's interface, Prometheus, a live "
     "page",
     "autoscale-sim serve scenarios/cost-optimization.json --speed 60", command_serve},
    {NULL, "compare", CLI_COMPARE, "SCENARIO... | --trace=LOG", 1, 64,
     "simulate several scenarios, presets or values of options on the same traffic, side by side",
     "autoscale-sim compare scenarios/demo.json --preset cost-optimization --preset performance "
     "--out demo --plot",
     command_compare},
    {NULL, "explain", CLI_EXPLAIN, "SCENARIO|DIR | --trace=LOG", 1, 1,
     "tell a run in order: every decision with its arithmetic, and what users felt meanwhile",
     "autoscale-sim explain scenarios/flash-crowd.json --from 1h --to 1h20m", command_explain},
    {NULL, "sweep", CLI_SWEEP, "FILE | --merge DIR...", 1, 4096,
     "simulate a scenario over axes of options, in parts if need be, and merge the parts",
     "autoscale-sim sweep scenarios/sweeps/demo.json --out windows", command_sweep},
    {NULL, "optimize", CLI_OPTIMIZE, "FILE|SCENARIO", 1, 1,
     "find the cheapest policy that meets stated objectives, within bounds on the options (of a "
     "scenario: 0 to 2 replicas at least, 1 to 16 at most, both windows, load target)",
     "autoscale-sim optimize scenarios/optimize/office-day.json --out cheapest", command_optimize},
    {NULL, "validate", CLI_VALIDATE, "SCENARIO... | --trace=LOG", 1, 1024,
     "check scenarios, all mistakes at once",
     "autoscale-sim validate scenarios/reservation.json --print", command_validate},
    {NULL, "decide", CLI_DECIDE, "POLICY OBSERVATIONS", 2, 2,
     "feed observations to a policy by itself, a line each (JSON or CSV; - for standard input), "
     "and "
     "print its decisions, a line of JSON each",
     "autoscale-sim decide scenarios/policies/ray-serve.json scenarios/policies/ray-serve.jsonl",
     command_decide},
    {NULL, "identify", CLI_IDENTIFY, "RECORDING...", 1, 64,
     "read from a recording of replicas and load which reading of what is assumed explains them",
     "autoscale-sim identify metrics.csv --min-replica-count 1 --max-replica-count 6 "
     "--load-targets concurrent_requests=8",
     command_identify},
    {NULL, "plot", CLI_PLOT, "DIR", 1, 1, "draw the pictures of an output directory",
     "autoscale-sim plot crowd", command_plot},
    {NULL, "report", CLI_REPORT, "DIR...", 1, 64,
     "make one HTML page of a run, a comparison, a sweep, or of several runs side by side",
     "autoscale-sim report crowd", command_report},
    {NULL, "trace", CLI_TRACE, "describe|convert|generate|fit FILE...", 2, 4097,
     "say what a recorded trace is, turn it into another format, make one, fit models to it",
     "autoscale-sim trace describe scenarios/traces/azure-sample.csv", NULL},
    {"trace", "describe", CLI_TRACE_DESCRIBE, "FILE...", 1, 4096,
     "say what a recorded trace is: rate, bursts, gaps, tokens",
     "autoscale-sim trace describe scenarios/traces/azure-sample.csv --out sample --plot",
     command_trace_describe},
    {"trace", "convert", CLI_TRACE_CONVERT, "FILE...", 1, 4096,
     "write a recorded trace in another format",
     "autoscale-sim trace convert scenarios/traces/azure-sample.csv --to vidur --out sample.csv",
     command_trace_convert},
    {"trace", "generate", CLI_TRACE_GENERATE, "SCENARIO", 1, 1,
     "write the traffic of a scenario as a trace",
     "autoscale-sim trace generate scenarios/demo.json --duration 1h --to azure --out hour.csv",
     command_trace_generate},
    {"trace", "fit", CLI_TRACE_FIT, "FILE...", 1, 4096,
     "fit models of gaps, day and lengths, as sources for a scenario",
     "autoscale-sim trace fit scenarios/traces/azure-sample.csv", command_trace_fit},
    {NULL, "calibrate", CLI_CALIBRATE, "LOG", 1, 1,
     "fit a replica's profile to what a benchmark recorded: vLLM's, GuideLLM's or aiperf's "
     "results, requests as JSON lines or CSV, a sweep of operating points",
     "autoscale-sim calibrate bench.jsonl --model llama-v3p1-8b-instruct --accelerator H100 "
     "--out mine.json",
     command_calibrate},
    {NULL, "learn", CLI_LEARN, "[N]", 0, 1,
     "list the lessons, or do one: an experiment explained, with the figures of its very run",
     "autoscale-sim learn 1", command_learn},
    {NULL, "play", CLI_PLAY, "[SCENARIO...]", 0, 64,
     "write a playground: one HTML page that runs this very program, with scenarios to change "
     "(default: those shipped with it, and the lessons)",
     "autoscale-sim play scenarios/demo.json --out demo.html", command_play},
    {NULL, "presets", CLI_PRESETS, "", 0, 0, "list the documented autoscaling patterns",
     "autoscale-sim presets", command_presets},
    {NULL, "models", CLI_MODELS, "", 0, 0,
     "list the models and accelerators with a measured profile", "autoscale-sim models",
     command_models},
    {NULL, "assumptions", CLI_ASSUMPTIONS, "", 0, 0,
     "list what the documentation leaves open and what is assumed instead",
     "autoscale-sim assumptions", command_assumptions},
    {NULL, "help", CLI_HELP, "[COMMAND|TOPIC] [SUBCOMMAND]", 0, 2,
     "explain a command or the keys of a scenario; print the manual page or the completion",
     "autoscale-sim help run", command_help},
    {.name = NULL},
};

/* Finding ------------------------------------------------------------------------------------ */

const Command *command_next(const Command *of, const Command *command) {
    for (command = command ? command + 1 : commands; command->name; command++) {
        if (of ? command->of && strcmp(command->of, of->name) == 0 : !command->of) {
            return command;
        }
    }
    return NULL;
}

const Command *command_find(const Command *of, const char *name) {
    const Command *command = command_next(of, NULL);
    while (command && strcmp(command->name, name) != 0) {
        command = command_next(of, command);
    }
    return command;
}

static void unknown_sub_command(const Command *of, const char *name, const char *nearest,
                                ErrorList *errors) {
    Text expected = {0};
    size_t count = 0, i = 0;
    for (const Command *sub = NULL; (sub = command_next(of, sub)) != NULL;) {
        count++;
    }
    for (const Command *sub = NULL; (sub = command_next(of, sub)) != NULL; i++) {
        text_add_listed(&expected, sub->name, i, count, " or ");
    }
    error_in_option(errors, of->name, name, count ? expected.text : "no command of its own",
                    nearest);
    text_clear(&expected);
}

void command_unknown(const Command *of, const char *name, ErrorList *errors) {
    NearestName nearest = {.word = name};
    for (const Command *command = NULL; (command = command_next(of, command)) != NULL;) {
        nearest_try(&nearest, command->name);
    }
    if (of) {
        unknown_sub_command(of, name, nearest.name, errors);
    } else {
        const bool is_empty = *name == '\0';
        error_in_option(errors, is_empty ? NULL : name,
                        is_empty ? "an empty command" : "unknown command",
                        "a command that `autoscale-sim help` lists", nearest.name);
    }
}

const CliOption *command_next_option(const Command *command, const CliOption *option) {
    for (option = option ? option + 1 : cli_options; option->name; option++) {
        if (option->commands & command->bits) {
            return option;
        }
    }
    return NULL;
}

char command_option_letter(const CliOption *option) {
    for (size_t i = 0; i < sizeof option_letters / sizeof *option_letters; i++) {
        if (strcmp(option->name, option_letters[i].name) == 0) {
            return option_letters[i].letter;
        }
    }
    return '\0';
}

size_t command_operands_least(const Command *command, const Arguments *arguments) {
    return (command->bits & ASSUMING) && arguments_has(arguments, "trace")
               ? 0
               : command->operands_least;
}

bool command_takes_flags(const Command *command) {
    return (command->bits & KNOWING) != 0;
}

/* Reading ------------------------------------------------------------------------------------ */

/* The command's own of that name, or else another command's. */
static const CliOption *find_option(const Command *command, const char *name) {
    const CliOption *found = NULL;
    for (const CliOption *option = cli_options; option->name; option++) {
        if (strcmp(option->name, name) == 0 && (!found || (option->commands & command->bits))) {
            found = option;
        }
    }
    return found;
}

static void unknown_option(const Command *command, const char *word, ErrorList *errors) {
    NearestName nearest = {.word = word + 2};
    ScenarioFlag flag;
    Text suggestion = {0};
    const bool elsewhere = find_option(command, word + 2) != NULL;
    for (const CliOption *own = NULL; (own = command_next_option(command, own)) != NULL;) {
        nearest_try(&nearest, own->name);
    }
    for (size_t i = 0; command_takes_flags(command) && scenario_flag(i, &flag); i++) {
        nearest_try(&nearest, flag.name);
    }
    if (nearest.name && !elsewhere) {
        text_addf(&suggestion, "--%s", nearest.name);
    }
    error_in_option(errors, word, elsewhere ? "an option of another command" : "unknown option",
                    "an option that `autoscale-sim help` lists", suggestion.text);
    text_clear(&suggestion);
}

static void give(Arguments *arguments, const CliGiven *given) {
    arguments->given = memory_grow(arguments->given, arguments->given_count, &arguments->given_room,
                                   sizeof *arguments->given);
    arguments->given[arguments->given_count++] = *given;
}

static const CliOption *find_letter(const Command *command, char letter) {
    const CliOption *option = NULL;
    while ((option = command_next_option(command, option)) != NULL) {
        if (letter != '\0' && command_option_letter(option) == letter) {
            break;
        }
    }
    return option;
}

/* The nearest of -x: the same letter, large or small, or an option whose name begins with it; of
 * -name: --name. */
static void unknown_letter(const Command *command, const char *word, char letter,
                           ErrorList *errors) {
    const char other = (char)(isupper((unsigned char)letter) ? tolower((unsigned char)letter)
                                                             : toupper((unsigned char)letter));
    const CliOption *near = find_letter(command, other);
    char short_option[] = {'-', near != NULL ? other : letter, '\0'}, *suggestion = NULL;
    NearestName nearest = {.word = word + 1};
    for (const CliOption *own = NULL; (own = command_next_option(command, own)) != NULL;) {
        if (near == NULL && suggestion == NULL && own->name[0] == letter) {
            suggestion = memory_format("--%s", own->name);
        }
        nearest_try(&nearest, own->name);
    }
    if (word[2] != '\0' && nearest.name != NULL) {
        free(suggestion);
        suggestion = memory_format("--%s", nearest.name);
    }
    const char expected[] = "an option that `autoscale-sim help` lists";
    error_in_option(errors, word, "unknown option", expected,
                    suggestion ? suggestion
                    : near     ? short_option
                               : NULL);
    free(suggestion);
}

/* "-qo DIR", "-oDIR" at argv[0], which ends with a NULL; returns how many words it took. */
static int read_letters(Arguments *arguments, const Command *command, char *argv[],
                        ErrorList *errors) {
    const char *word = argv[0];
    if (word[2] != '\0' && find_option(command, word + 1) != NULL) { /* -out */
        unknown_letter(command, word, word[1], errors);
        return 1;
    }
    for (const char *at = word + 1; *at != '\0'; at++) {
        const CliOption *option = find_letter(command, *at);
        const char *value = at[1] == '=' ? at + 2 : at[1] != '\0' ? at + 1 : NULL;
        if (option == NULL) {
            unknown_letter(command, word, *at, errors);
            return 1;
        }
        if (option->value != NULL && value == NULL && argv[1] == NULL) {
            error_in_option(errors, word, "no value", "a value after it", NULL);
            return 1;
        }
        if (option->value != NULL) {
            give(arguments, &(CliGiven){.name = option->name,
                                        .value = value != NULL ? value : argv[1],
                                        .option = option});
            return value != NULL ? 1 : 2;
        }
        if (at[1] == '=') {
            error_in_option(errors, word, value, "no value", NULL);
            return 1;
        }
        give(arguments, &(CliGiven){.name = option->name, .option = option});
    }
    return 1;
}

/* One option at argv[0], which ends with a NULL; returns how many words it took. */
static int read_option(Arguments *arguments, const Command *command, char *argv[],
                       ErrorList *errors) {
    const size_t length = strcspn(argv[0], "=");
    const char *value = argv[0][length] == '=' ? argv[0] + length + 1 : NULL;
    char *word = memory_text_n(argv[0], length);
    const CliOption *option = find_option(command, word + 2);
    const bool known = option && (option->commands & command->bits);
    ScenarioFlag flag;
    int taken = 1;
    if (!known && !(command_takes_flags(command) && scenario_flag_find(word + 2, &flag))) {
        unknown_option(command, word, errors);
    } else if (known && !option->value) {
        if (value) {
            error_in_option(errors, word, value, "no value", NULL);
        }
        give(arguments, &(CliGiven){.name = option->name, .option = option});
    } else if (!value && !argv[1]) {
        error_in_option(errors, word, "no value", "a value after it", NULL);
    } else {
        taken = value ? 1 : 2;
        give(arguments, &(CliGiven){.name = known ? option->name : flag.name,
                                    .value = value ? value : argv[1],
                                    .is_flag = !known,
                                    .option = known ? option : NULL});
    }
    free(word);
    return taken;
}

/* Load targets are joined, as firectl does. */
static bool may_come_again(const CliGiven *given) {
    ScenarioFlag flag;
    return !given->is_flag ||
           (scenario_flag_find(given->name, &flag) && flag.option->type == OPTION_GROUP);
}

/* A flag of firectl sets one option: of two values one would be ignored. */
static void refuse_flags_again(const Arguments *arguments, ErrorList *errors) {
    for (size_t i = 1; i < arguments->given_count; i++) {
        const CliGiven *given = &arguments->given[i], *before = NULL;
        for (size_t k = 0; k < i && before == NULL && !may_come_again(given); k++) {
            const CliGiven *other = &arguments->given[k];
            before = other->is_flag && strcmp(other->name, given->name) == 0 ? other : NULL;
        }
        if (before != NULL) {
            char *expected = memory_format("once; `compare --vary %s=%s,%s` runs each", given->name,
                                           before->value, given->value);
            error_found_in_option(errors, given->name, expected, "a flag given twice");
            free(expected);
        }
    }
}

void arguments_read(Arguments *arguments, const Command *command, char *argv[], ErrorList *errors) {
    *arguments = (Arguments){0};
    bool options = true;
    while (*argv) {
        if (options && strcmp(*argv, "--") == 0) {
            options = false;
            argv++;
        } else if (options && strncmp(*argv, "--", 2) == 0) {
            argv += read_option(arguments, command, argv, errors);
        } else if (options && (*argv)[0] == '-' && (*argv)[1] != '\0') {
            argv += read_letters(arguments, command, argv, errors);
        } else {
            arguments->positional =
                memory_grow(arguments->positional, arguments->positional_count,
                            &arguments->positional_room, sizeof *arguments->positional);
            arguments->positional[arguments->positional_count++] = *argv++;
        }
    }
    refuse_flags_again(arguments, errors);
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

bool arguments_settings(const Arguments *arguments, const Option *table, void *config,
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

void command_tell_written(const char *directory) {
    printf("\nWritten to ");
    text_print(stdout, directory);
    putchar('\n');
}

void command_print_json(cJSON *tree) {
    char *text = json_print(tree);
    fputs(text, stdout);
    free(text);
    cJSON_Delete(tree);
}

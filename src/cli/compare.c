// SPDX-License-Identifier: GPL-3.0-or-later
/* `compare`: several scenarios, or one under several presets or values of options, on the same
 * traffic, side by side, several times. */
#include "base/file_name.h"
#include "base/memory.h"
#include "base/task_pool.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/compared_runs.h"
#include "experiment/axis.h"
#include "experiment/chance.h"
#include "experiment/comparison.h"
#include "experiment/policy_translation.h"
#include "figures/summary.h"
#include "output/run_report.h"
#include "scenario/deployment.h"
#include "scenario/overrides.h"
#include "scenario/scenario.h"

#include <cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* How sure it is to be ------------------------------------------------------------------------ */

typedef enum DayBootstrapChoice {
    BOOTSTRAP_RECORDINGS, /* where a recording is replayed that has enough days */
    BOOTSTRAP_DAYS,
    BOOTSTRAP_NONE
} DayBootstrapChoice;

typedef struct CompareOptions {
    bool automatic;      /* as many replications as the precision needs */
    size_t replications; /* else these */
    size_t most;         /* with automatic */
    Precision precision;
    double confidence;
    double indifference;
    size_t jobs;
    DayBootstrapChoice bootstrap;
} CompareOptions;

#define REPLICATIONS_DEFAULT 10
#define REPLICATIONS_LIMIT 1000000
#define JOBS_LIMIT 1024

/* A whole number from least to limit in the option's value, which stays as it is if it is not
 * given. */
static void read_count(const Arguments *arguments, const char *name, long least, long limit,
                       const char *more, size_t *count, ErrorList *errors) {
    const char *text = arguments_value(arguments, name);
    if (!text) {
        return;
    }
    char *end;
    const long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || number < least || number > limit) {
        char *expected = memory_format("a whole number from %ld to %ld%s", least, limit, more);
        error_found_in_option(errors, name, expected, "%s", *text ? text : "nothing");
        free(expected);
        return;
    }
    *count = (size_t)number;
}

/* A share from least to most in the option's value, which stays as it is if it is not given. */
static void read_share(const Arguments *arguments, const char *name, double least, double most,
                       const char *expected, double *share, ErrorList *errors) {
    const char *text = arguments_value(arguments, name);
    if (!text) {
        return;
    }
    char *end;
    *share = strtod(text, &end);
    if (end == text || *end != '\0' || !(*share >= least && *share <= most)) {
        error_found_in_option(errors, name, expected, "%s", *text ? text : "nothing");
    }
}

static void read_bootstrap(const Arguments *arguments, CompareOptions *options, ErrorList *errors) {
    static const char *const choices[] = {"days", "none"};
    const char *text = arguments_value(arguments, "bootstrap");
    if (!text) {
        return;
    }
    if (strcmp(text, "days") == 0) {
        options->bootstrap = BOOTSTRAP_DAYS;
    } else if (strcmp(text, "none") == 0) {
        options->bootstrap = BOOTSTRAP_NONE;
    } else {
        error_in_option(errors, "--bootstrap", *text ? text : "nothing", "days or none",
                        error_nearest(text, choices, 2));
    }
    if (options->bootstrap == BOOTSTRAP_DAYS && options->automatic) {
        error_in_option(
            errors, "--bootstrap", "days, with --replications auto",
            "a number of replications: more of them do not narrow an interval over days", NULL);
    }
}

/* The last METRIC=WIDTH; without "=" the option is firectl's, for the scenario. */
static const char *precision_given(const Arguments *arguments) {
    for (size_t i = arguments->given_count; i-- > 0;) {
        const CliGiven *given = &arguments->given[i];
        if (!given->is_flag && strcmp(given->name, "precision") == 0 && strchr(given->value, '=')) {
            return given->value;
        }
    }
    return NULL;
}

static void read_precision(const Arguments *arguments, CompareOptions *options, ErrorList *errors) {
    static const char expected[] = "--replications auto beside it";
    const char *text = precision_given(arguments);
    if (!options->automatic && text) {
        error_in_option(errors, "--precision", "no --replications auto", expected, NULL);
    }
    if (!options->automatic && arguments_has(arguments, "most")) {
        error_in_option(errors, "--most", "no --replications auto", expected, NULL);
    }
    precision_read(text ? text : "total_usd=1%", "--precision", &options->precision, errors);
    read_count(arguments, "most", PRECISION_LEAST, REPLICATIONS_LIMIT, "", &options->most, errors);
}

static bool read_options(const Arguments *arguments, CompareOptions *options, ErrorList *errors) {
    const size_t before = errors->count;
    *options = (CompareOptions){.replications = REPLICATIONS_DEFAULT,
                                .most = PRECISION_MOST,
                                .confidence = 0.95,
                                .indifference = 0.005,
                                .jobs = task_pool_default_jobs()};
    const char *replications = arguments_value(arguments, "replications");
    options->automatic = replications && strcmp(replications, "auto") == 0;
    if (!options->automatic) {
        read_count(arguments, "replications", 1, REPLICATIONS_LIMIT, ", or auto",
                   &options->replications, errors);
    }
    read_count(arguments, "jobs", 1, JOBS_LIMIT, "", &options->jobs, errors);
    read_share(arguments, "confidence", 0.5, 0.9999, "a share from 0.5 to 0.9999, such as 0.95",
               &options->confidence, errors);
    if (!options->automatic && options->replications == 1 &&
        arguments_has(arguments, "confidence")) {
        error_in_option(errors, "--confidence", "one replication, which has no intervals",
                        "--replications of at least 2", NULL);
    }
    read_share(arguments, "indifference", 0, 0.5, "a share from 0 to 0.5, such as 0.005",
               &options->indifference, errors);
    read_precision(arguments, options, errors);
    read_bootstrap(arguments, options, errors);
    return errors->count == before;
}

/* Columns -------------------------------------------------------------------------------------- */

/* One column of the table. */
typedef struct Column {
    const char *file;   /* NULL: the default scenario */
    const char *preset; /* NULL: as the file says */
    const char *policy; /* of --policy; NULL: as the file says; lent by the columns */
    size_t cell;        /* of the axes' grid */
    char *label;        /* owned; names its folder too */
    Scenario *scenario;
} Column;

typedef struct Columns {
    Column *items;
    size_t count, room;
    Axes axes;         /* of --vary */
    TextList policies; /* of --policy */
} Columns;

#define COLUMNS_MOST 64

static bool label_is_taken(const Columns *columns, const char *label) {
    for (size_t i = 0; i < columns->count; i++) {
        if (strcasecmp(columns->items[i].label, label) == 0) {
            return true;
        }
    }
    static const char *const files[] = {"plots",          "manifest.json",    "comparison.csv",
                                        "statistics.csv", "replications.csv", "report.html"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (strcasecmp(files[i], label) == 0) {
            return true;
        }
    }
    return false;
}

/* "scale_down_window=1m,window_rule=sustain"; NULL: nothing is varied. Owned by the caller. */
static char *cell_label(const Axes *axes, size_t cell) {
    Text text = {0};
    for (size_t i = 0; i < axes->count; i++) {
        text_addf(&text, "%s%s=%s", i > 0 ? "," : "", axes->items[i].name,
                  axes_grid_value(axes, cell, i)->label);
    }
    char *label = axes->count > 0 ? text_file_name(text.text) : NULL;
    text_clear(&text);
    return label;
}

/* What differs is enough: the file's name where there are several files, the preset, the values;
 * labels are made fit for folders, which stand beside the files of the comparison, and distinct by
 * a number, where large and small letters are the same. */
static void add_column(Columns *columns, Column column, const Arguments *arguments) {
    const char *file = column.file;
    char *stem = file ? file_name_stem(file) : scenario_default_name(arguments);
    char *of_file = text_file_name(stem), *of_cell = cell_label(&columns->axes, column.cell);
    const char *parts[4];
    size_t count = 0;
    if (arguments->positional_count > 1 || (!column.preset && !column.policy && !of_cell)) {
        parts[count++] = of_file;
    }
    if (column.preset != NULL) {
        parts[count++] = column.preset;
    }
    if (column.policy != NULL) {
        parts[count++] = column.policy;
    }
    if (of_cell != NULL) {
        parts[count++] = of_cell;
    }
    Text text = {0};
    for (size_t i = 0; i < count; i++) {
        text_addf(&text, "%s%s", i > 0 ? "-" : "", parts[i]);
    }
    char *label = memory_text(text.text);
    const char *base = of_cell != NULL || column.policy != NULL ? text.text
                       : column.preset != NULL                  ? column.preset
                                                                : of_file;
    for (int number = 2; label_is_taken(columns, label); number++) {
        free(label);
        label = memory_format("%s-%d", base, number);
    }
    text_clear(&text);
    free(of_cell);
    free(of_file);
    free(stem);
    columns->items =
        memory_grow(columns->items, columns->count, &columns->room, sizeof *columns->items);
    column.label = label;
    columns->items[columns->count++] = column;
}

/* A column for each policy and cell of the grid; of no axes it has one. */
static void add_cells(Columns *columns, const char *file, const char *preset,
                      const Arguments *arguments) {
    const size_t cells = axes_grid_size(&columns->axes);
    for (size_t p = 0; p == 0 || p < columns->policies.count; p++) {
        const char *policy = p < columns->policies.count ? columns->policies.items[p] : NULL;
        for (size_t cell = 0; cell < cells && columns->count <= COLUMNS_MOST; cell++) {
            const Column column = {.file = file, .preset = preset, .policy = policy, .cell = cell};
            add_column(columns, column, arguments);
        }
    }
}

/* "fireworks,hpa,keda" */
static bool read_policies(Columns *columns, const Arguments *arguments, ErrorList *errors) {
    const char *at = arguments_value(arguments, "policy");
    size_t before = 0;
    while (at != NULL) {
        const size_t length = strcspn(at, ",");
        char *name = memory_text_n(at, length);
        if (text_list_place(&columns->policies, name) < before || length == 0) {
            error_in_option(errors, "--policy", length == 0 ? "nothing" : name,
                            "names of policies, each once, such as fireworks,hpa,keda", NULL);
        }
        free(name);
        before = columns->policies.count;
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return errors->count == 0;
}

static bool read_axes(Columns *columns, const Arguments *arguments, ErrorList *errors) {
    TextList texts = {0};
    for (size_t i = 0; i < arguments->given_count; i++) {
        if (!arguments->given[i].is_flag && strcmp(arguments->given[i].name, "vary") == 0) {
            text_list_add(&texts, memory_text(arguments->given[i].value));
        }
    }
    bool sound = axes_read_texts(&texts, "--vary", &columns->axes, errors);
    for (size_t i = 0; sound && i < columns->axes.count; i++) {
        if (columns->axes.items[i].continuous) {
            sound = error_in_option(errors, "--vary", "a range without step or count",
                                    "step, count or values: a comparison has columns", NULL);
        }
    }
    text_list_clear(&texts);
    return sound;
}

static void plan_columns(Columns *columns, const Arguments *arguments) {
    for (size_t f = 0; f == 0 || f < arguments->positional_count; f++) {
        const char *file = f < arguments->positional_count ? arguments->positional[f] : NULL;
        bool any_preset = false;
        for (size_t i = 0; i < arguments->given_count; i++) {
            const CliGiven *given = &arguments->given[i];
            if (!given->is_flag && strcmp(given->name, "preset") == 0) {
                add_cells(columns, file, given->value, arguments);
                any_preset = true;
            }
        }
        if (!any_preset) {
            add_cells(columns, file, NULL, arguments);
        }
    }
}

/* The comparison as it comes about. */
typedef struct Comparison {
    const Invocation *invocation;
    CompareOptions options;
    Columns columns;
    ComparedRuns runs;
    char *no_days; /* why days are not drawn; NULL: they are, or need not be */
} Comparison;

/* Running ------------------------------------------------------------------------------------ */

static bool replays(const Comparison *comparison) {
    for (size_t i = 0; i < comparison->columns.count; i++) {
        if (chance_has_recording(comparison->columns.items[i].scenario)) {
            return true;
        }
    }
    return false;
}

/* Whether days can and shall be kept; says why not. */
static bool keeps_days(Comparison *comparison) {
    const CompareOptions *options = &comparison->options;
    if (options->bootstrap == BOOTSTRAP_NONE ||
        (options->bootstrap == BOOTSTRAP_RECORDINGS && !replays(comparison))) {
        return false;
    }
    for (size_t i = 0; i < comparison->columns.count; i++) {
        if (!daily_summary_possible(comparison->columns.items[i].scenario)) {
            comparison->no_days =
                memory_text("no interval of the scenario ends within a minute of midnight");
            return false;
        }
    }
    if (options->automatic) {
        comparison->no_days = memory_text("--replications auto is about replications alone");
        return false;
    }
    return true;
}

static bool refuse_no_days(const Comparison *comparison, ErrorList *errors) {
    error_in_option(errors, "--bootstrap", comparison->no_days,
                    "runs that can be cut into enough days", NULL);
    return false;
}

static int run_until(Comparison *comparison, size_t count, ErrorList *errors) {
    const CompareOptions *options = &comparison->options;
    return compared_runs_until(&comparison->runs, count, options->jobs, options->confidence,
                               options->indifference, errors);
}

static int run_until_precise(Comparison *comparison, ErrorList *errors) {
    const CompareOptions *options = &comparison->options;
    for (size_t count = PRECISION_LEAST;;) {
        const int status = run_until(comparison, count, errors);
        if (status != STATUS_DONE) {
            return status;
        }
        const PrecisionState state =
            precision_state(&options->precision, &comparison->runs.statistics);
        if (!state.applies) {
            error_in_option(errors, "--precision",
                            "a metric that has no value in these runs, or is never reached",
                            "one that has, in all of them", NULL);
            return STATUS_MISTAKE;
        }
        if (state.reached || count >= options->most) {
            return STATUS_DONE;
        }
        count = precision_next(&state, count, options->most);
    }
}

static int resample_days(Comparison *comparison, ErrorList *errors) {
    comparison->no_days = comparison_days_obstacle(&comparison->runs.plan);
    if (comparison->no_days) {
        return comparison->options.bootstrap != BOOTSTRAP_DAYS || refuse_no_days(comparison, errors)
                   ? STATUS_DONE
                   : STATUS_MISTAKE;
    }
    return comparison_resample_days(&comparison->runs.statistics, comparison->options.jobs,
                                    interrupt_mark())
               ? STATUS_DONE
               : interrupt_tell("nothing was written");
}

static int replicate(Comparison *comparison, ErrorList *errors) {
    comparison->runs.plan.by_days = keeps_days(comparison);
    if (comparison->no_days && comparison->options.bootstrap == BOOTSTRAP_DAYS) {
        return refuse_no_days(comparison, errors) ? STATUS_DONE : STATUS_MISTAKE;
    }
    const int status = comparison->options.automatic
                           ? run_until_precise(comparison, errors)
                           : run_until(comparison, comparison->options.replications, errors);
    return status == STATUS_DONE && comparison->runs.plan.by_days
               ? resample_days(comparison, errors)
               : status;
}

static int run_replications(void *self, ErrorList *errors) {
    Comparison *comparison = self;
    const int status = replicate(comparison, errors);
    comparison->runs.told = (ComparisonTextOptions){
        .precision = comparison->options.automatic ? &comparison->options.precision : NULL,
        .no_days = comparison->no_days};
    return status;
}

/* Writing ------------------------------------------------------------------------------------ */

static void print_verdict_words(const Comparison *comparison) {
    const Plan *plan = &comparison->runs.plan;
    if (plan->count > 1) {
        terminal_say(stdout, "Of the first replication:\n");
    }
    for (size_t i = 0; i < plan->cell_count; i++) {
        run_report_print_verdicts(stdout, plan->cells[i].label,
                                  run_report_summary(plan->cells[i].report));
    }
    fputc('\n', stdout);
}

static void print_comparison(const Comparison *comparison) {
    if (compared_runs_have(&comparison->runs, "quiet")) {
        return;
    }
    if (compared_runs_have(&comparison->runs, "json")) {
        char *json = comparison_json(&comparison->runs.statistics);
        fputs(json, stdout);
        free(json);
        return;
    }
    print_verdict_words(comparison);
    comparison_print(stdout, &comparison->runs.statistics, &comparison->runs.told);
    if (compared_runs_have(&comparison->runs, "out")) {
        command_tell_written(arguments_value(comparison->invocation->arguments, "out"));
    }
}

/* The policy's changes follow from the scenario as it is without them. */
static bool add_policy(const Column *column, const Arguments *arguments, OverrideList *changes,
                       TextList *notes, ErrorList *errors) {
    Scenario *plain = column->policy == NULL
                          ? NULL
                          : scenario_from_arguments_and(column->file, column->preset, arguments,
                                                        NULL, false, errors);
    bool sound = column->policy == NULL || plain != NULL;
    for (size_t i = 0; plain != NULL && sound && i < plain->deployment_count; i++) {
        sound = policy_translate(plain, &plain->deployments[i], column->policy, "--policy", changes,
                                 notes, errors);
    }
    scenario_destroy(plain);
    return sound;
}

static bool read_column(const Columns *columns, Column *column, const Arguments *arguments,
                        TextList *notes, ErrorList *errors) {
    OverrideList changes = {0};
    const bool is_first = column == columns->items;
    bool sound = add_policy(column, arguments, &changes, notes, errors);
    for (size_t axis = 0; axis < columns->axes.count; axis++) {
        overrides_add_all(&changes, &axes_grid_value(&columns->axes, column->cell, axis)->changes);
    }
    if (sound) {
        column->scenario = scenario_from_arguments_and(column->file, column->preset, arguments,
                                                       &changes, is_first, errors);
        sound = column->scenario != NULL;
    }
    overrides_clear(&changes);
    return sound;
}

static bool read_scenarios(Columns *columns, const Arguments *arguments, ErrorList *errors) {
    TextList notes = {0};
    bool sound = true;
    for (size_t i = 0; i < columns->count; i++) {
        sound = read_column(columns, &columns->items[i], arguments, &notes, errors) && sound;
    }
    for (size_t i = 0; sound && i < notes.count && !arguments_has(arguments, "quiet"); i++) {
        size_t same = 0;
        while (strcmp(notes.items[same], notes.items[i]) != 0) {
            same++;
        }
        if (same == i) {
            terminal_say(stderr, "note: %s\n", notes.items[i]);
        }
    }
    text_list_clear(&notes);
    return sound;
}

/* Percentages mean little when the requests are not the same. */
static void note_other_traffic(const Columns *columns) {
    cJSON *first = plan_traffic(columns->items[0].scenario);
    for (size_t i = 1; i < columns->count; i++) {
        cJSON *other = plan_traffic(columns->items[i].scenario);
        if (!cJSON_Compare(first, other, true)) {
            terminal_say(
                stderr,
                "note: %s has other traffic than %s (its sources, deployments, seed, start or "
                "duration): "
                "the requests are not the same\n",
                columns->items[i].label, columns->items[0].label);
        }
        cJSON_Delete(other);
    }
    cJSON_Delete(first);
}

/* Standard input can be read once. */
static bool can_be_read(const Comparison *comparison, ErrorList *errors) {
    const bool once = comparison->columns.count == 1 && !comparison->options.automatic &&
                      comparison->options.replications == 1;
    for (size_t i = 0; i < comparison->columns.count && !once; i++) {
        if (chance_reads_standard_input(comparison->columns.items[i].scenario)) {
            error_in_option(errors, "compare", "a trace from standard input",
                            "a file: each run and replication reads it", NULL);
            return false;
        }
    }
    return true;
}

static int run(Comparison *comparison, ErrorList *errors) {
    const Arguments *arguments = comparison->invocation->arguments;
    const Columns *columns = &comparison->columns;
    const char **files = memory_new(columns->count, sizeof *files);
    for (size_t i = 0; i < columns->count; i++) {
        files[i] = columns->items[i].file;
        plan_add(&comparison->runs.plan, columns->items[i].label, columns->items[i].scenario, NULL);
    }
    const int status =
        compared_runs_do(&comparison->runs, arguments->positional, arguments->positional_count,
                         files, run_replications, comparison, errors);
    free(files);
    return status;
}

static int compare(Comparison *comparison, ErrorList *errors) {
    const Arguments *arguments = comparison->invocation->arguments;
    if (comparison->columns.count > COLUMNS_MOST) {
        error_in_option(errors, "--vary", "more than 64 columns",
                        "fewer, or the command sweep, which has no such limit", NULL);
        return STATUS_MISTAKE;
    }
    if (!read_scenarios(&comparison->columns, arguments, errors) ||
        !can_be_read(comparison, errors) || !compared_runs_begin(&comparison->runs, errors)) {
        return STATUS_MISTAKE;
    }
    if (!arguments_has(arguments, "quiet")) {
        note_other_traffic(&comparison->columns);
    }
    const int status = run(comparison, errors);
    if (status != STATUS_DONE) {
        output_directory_abandon(&comparison->runs.directory);
        return status;
    }
    print_comparison(comparison);
    return command_draw(arguments, arguments_value(arguments, "out"), errors);
}

int command_compare(const Invocation *invocation, ErrorList *errors) {
    Comparison comparison = {.invocation = invocation, .runs = {.invocation = invocation}};
    const bool agree = simulate_options_agree(invocation->arguments, errors);
    if (!read_options(invocation->arguments, &comparison.options, errors) || !agree) {
        return STATUS_MISTAKE;
    }
    int status = STATUS_MISTAKE;
    if (read_axes(&comparison.columns, invocation->arguments, errors) &&
        read_policies(&comparison.columns, invocation->arguments, errors)) {
        plan_columns(&comparison.columns, invocation->arguments);
        status = compare(&comparison, errors);
    }
    compared_runs_clear(&comparison.runs);
    for (size_t i = 0; i < comparison.columns.count; i++) {
        scenario_destroy(comparison.columns.items[i].scenario);
        free(comparison.columns.items[i].label);
    }
    free(comparison.columns.items);
    axes_clear(&comparison.columns.axes);
    text_list_clear(&comparison.columns.policies);
    free(comparison.no_days);
    return status;
}

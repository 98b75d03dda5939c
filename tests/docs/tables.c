// SPDX-License-Identifier: GPL-3.0-or-later
/* A table is a function of a name's first words, and of what follows them. */
#include "docs/tables.h"

#include "base/memory.h"
#include "base/text.h"
#include "cli/commands.h"
#include "client/client.h"
#include "experiment/axis.h"
#include "experiment/optimization.h"
#include "experiment/recording.h"
#include "experiment/sweep_file.h"
#include "figures/metrics.h"
#include "policy/policies.h"
#include "scenario/firectl.h"
#include "scenario/observations.h"
#include "scenario/presets.h"
#include "scenario/scenario_options.h"
#include "support/program.h"
#include "traffic/format.h"
#include "traffic/no_trace.h"
#include "traffic/synthetic.h"
#include "traffic/traffic.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows ----------------------------------------------------------------------------------------- */

/* Text of a cell: what Markdown would take for something else is escaped. */
static void add_text(Text *table, const char *text) {
    for (; *text != '\0'; text++) {
        if (strchr("|*<", *text)) {
            text_add_char(table, '\\');
        }
        text_add_char(table, *text);
    }
}

/* Between backticks only the bar is special. */
static void add_code(Text *table, const char *text) {
    text_add_char(table, '`');
    for (; *text != '\0'; text++) {
        text_add(table, *text == '|' ? "\\" : "");
        text_add_char(table, *text);
    }
    text_add_char(table, '`');
}

static void add_head(Text *table, const char *head) {
    text_addf(table, "%s\n", head);
    for (; *head != '\0'; head++) {
        if (*head == '|') {
            text_add(table, head[1] ? "|---" : "|\n");
        }
    }
}

static void next_cell(Text *table) {
    text_add(table, " | ");
}

/* The command line ----------------------------------------------------------------------------- */

static void add_words(Text *table, const Command *command) {
    Text words = {0};
    text_addf(&words, "%s%s%s%s%s", command->of ? command->of : "", command->of ? " " : "",
              command->name, *command->operands ? " " : "", command->operands);
    add_code(table, words.text);
    text_clear(&words);
}

static void table_commands(Text *table, const char *which, const char *scratch) {
    (void)which, (void)scratch;
    add_head(table, "| command | what it does |");
    for (const Command *command = commands; command->name; command++) {
        if (command->run) {
            text_add(table, "| ");
            add_words(table, command);
            next_cell(table);
            add_text(table, command->help);
            text_add(table, " |\n");
        }
    }
}

static void table_command_options(Text *table, const char *which, const char *scratch) {
    (void)which, (void)scratch;
    add_head(table, "| option | what it does | of |");
    for (const CliOption *option = cli_options; option->name; option++) {
        const char *before = "";
        Text name = {0};
        text_addf(&name, "--%s%s%s", option->name, option->value ? " " : "",
                  option->value ? option->value : "");
        text_add(table, "| ");
        add_code(table, name.text);
        text_clear(&name);
        next_cell(table);
        add_text(table, option->help);
        next_cell(table);
        for (const Command *command = commands; command->name; command++) {
            if (command->run && (option->commands & command->bits)) {
                text_addf(table, "%s%s%s%s", before, command->of ? command->of : "",
                          command->of ? " " : "", command->name);
                before = ", ";
            }
        }
        text_add(table, " |\n");
    }
}

static void table_flags(Text *table, const char *which, const char *scratch) {
    (void)which, (void)scratch;
    ScenarioFlag flag;
    add_head(table, "| flag | default | what it does | option of a deployment |");
    for (size_t i = 0; scenario_flag(i, &flag); i++) {
        text_addf(table, "| `--%s` | %s | ", flag.name,
                  flag.option->default_text ? flag.option->default_text : "");
        add_text(table, flag.option->help);
        text_addf(table, " | `%s%s%s` |\n", flag.section, *flag.section ? "." : "",
                  flag.option->name);
    }
}

/* Options ---------------------------------------------------------------------------------------
 */

static const char *const basis_words[] = {
    [OPTION_OURS] = "", [OPTION_DOCUMENTED] = "documented", [OPTION_ASSUMED] = "assumed"};

static void add_option(Text *table, const char *before, const Option *option) {
    char *expected = option_expected(option);
    text_addf(table, "| %s`%s`", before, option->name);
    if (option->flag) {
        text_addf(table, ", `--%s`", option->flag);
    }
    next_cell(table);
    add_text(table, option->default_text ? option->default_text : "");
    next_cell(table);
    add_text(table, option->type == OPTION_CUSTOM || !expected ? "" : expected);
    next_cell(table);
    add_text(table, option->help ? option->help : "");
    text_addf(table, " | %s |\n", basis_words[option->basis]);
    free(expected);
}

#define OPTIONS_HEAD "| option | default | takes | what it is | source |"

static void add_options(Text *table, const Option *options) {
    add_head(table, OPTIONS_HEAD);
    for (const Option *option = options; option->name; option++) {
        add_option(table, "", option);
        for (const Option *own = option->group; own && own->name; own++) {
            add_option(table, "· ", own);
        }
    }
}

static void table_options(Text *table, const char *which, const char *scratch) {
    (void)scratch;
    static const struct {
        const char *name;
        const Option *options;
    } files[] = {{"of sweep", sweep_options},
                 {"of an axis", axis_options},
                 {"of a sample", sweep_sample_options},
                 {"of optimize", optimization_options}};
    ScenarioSection section;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        const char *path = *section.path ? section.path : "scenario";
        if (strcmp(path, which) == 0 || (section.kind && strcmp(section.kind, which) == 0)) {
            add_options(table, section.options);
            return;
        }
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strcmp(files[i].name, which) == 0) {
            add_options(table, files[i].options);
        }
    }
}

/* Is it told by itself, with all its options? */
static bool is_apart(const TrafficKind *kind) {
    return kind->recorded || (kind->way && kind->way->own_lengths);
}

/* Options, or keys, with those of groups and lists below them, dots deep. */
static void add_deep(Text *table, const char *before, const Option *options) {
    for (const Option *option = options; option->name; option++) {
        add_option(table, before, option);
        if (option->group) {
            char *deeper = memory_format("%s· ", before);
            add_deep(table, deeper, option->group);
            free(deeper);
        }
    }
}

static void add_words_of(Text *table, const char *head, const asim_word *words) {
    text_add(table, words ? "\n" : "");
    for (const asim_word *word = words; word && word->word; word++) {
        if (word == words) {
            add_head(table, head);
        }
        text_addf(table, "| `%s` | ", word->word);
        add_text(table, word->meaning);
        text_add(table, " |\n");
    }
}

/* All of a policy: options, keys of observations, reasons, terms. */
static void table_policy(Text *table, const char *which, const char *scratch) {
    (void)scratch;
    const PolicyKind *kind = policies_find(which);
    if (kind == NULL) {
        return;
    }
    add_head(table, OPTIONS_HEAD);
    add_deep(table, "", kind->options);
    if (kind->inputs->name != NULL) {
        text_add(table, "\n");
        add_head(table, "| key of an observation | default | takes | what it is | |");
        add_deep(table, "", kind->inputs);
    }
    add_words_of(table, "| reason | what it says |", kind->policy->reasons);
    add_words_of(table, "| key of a term | what is measured |", kind->policy->terms);
    text_addf(table, "\nRules from: %s.\n", kind->source);
}

static void table_observations(Text *table, const char *which, const char *scratch) {
    (void)which, (void)scratch;
    add_head(table, "| key of an observation | default | takes | what it is | |");
    add_deep(table, "", observation_options);
}

/* Does every generated kind have it, with the same words? */
static bool is_common(const Option *option) {
    for (const TrafficKind *const *kind = traffic_kinds; *kind; kind++) {
        const Option *other =
            is_apart(*kind) ? option : option_find((*kind)->options, option->name);
        if (!other || strcmp(other->help, option->help) != 0) {
            return false;
        }
    }
    return true;
}

static const TrafficKind *first_generated(void) {
    const TrafficKind *const *kind = traffic_kinds;
    while ((*kind)->recorded) {
        kind++;
    }
    return *kind;
}

static void table_traffic(Text *table, const char *which, const char *scratch) {
    (void)scratch;
    if (strcmp(which, "options") == 0) {
        add_head(table, OPTIONS_HEAD);
        for (const Option *option = first_generated()->options; option->name; option++) {
            if (is_common(option)) {
                add_option(table, "", option);
            }
        }
        return;
    }
    add_head(table, "| type | what it is |");
    for (const TrafficKind *const *kind = traffic_kinds; *kind; kind++) {
        text_addf(table, "| `%s` | ", (*kind)->name);
        add_text(table, (*kind)->help);
        text_add(table, " |\n");
    }
    text_add(table, "\n");
    add_head(table, "| type | option | default | takes | what it is | source |");
    for (const TrafficKind *const *kind = traffic_kinds; *kind; kind++) {
        for (const Option *option = (*kind)->options; option->name; option++) {
            if (!(*kind)->recorded && (is_apart(*kind) || !is_common(option))) {
                text_addf(table, "| `%s` ", (*kind)->name);
                add_option(table, "", option);
            }
        }
    }
}

/* Published values ------------------------------------------------------------------------------
 */

static void table_clients(Text *table, const char *which, const char *scratch) {
    (void)which, (void)scratch;
    Text head = {0};
    text_add(&head, "| client |");
    for (const Option *option = client_options; option->name; option++) {
        text_addf(&head, " `%s` |", option->name);
    }
    add_head(table, head.text);
    text_clear(&head);
    for (const char *const *name = client_preset_names; *name; name++) {
        ClientConfig config = {0};
        cr_assert(client_preset(*name, &config));
        text_addf(table, "| `%s` |", *name);
        for (const Option *option = client_options; option->name; option++) {
            char *value = option_value_text(option, &config);
            if (option->type == OPTION_NUMBERS && config.retry_on.count == 1) {
                text_addf(table, " %g |", config.retry_on.values[0]);
            } else {
                text_addf(table, " %s |", value);
            }
            free(value);
        }
        text_add(table, "\n");
        options_clear(client_options, &config);
    }
}

static void table_presets(Text *table, const char *which, const char *scratch) {
    (void)which, (void)scratch;
    size_t count;
    const ScenarioPreset *presets = scenario_presets(&count);
    add_head(table, "| preset | what it is for | sets | source |");
    for (size_t i = 0; i < count; i++) {
        text_addf(table, "| `%s` | ", presets[i].name);
        add_text(table, presets[i].title);
        next_cell(table);
        if (presets[i].policy != NULL) {
            text_addf(table, "policy `%s`, ", presets[i].policy);
        }
        for (const PresetValue *value = presets[i].values; value->key; value++) {
            text_addf(table, "%s`%s` %s", value == presets[i].values ? "" : ", ", value->key,
                      value->value);
        }
        next_cell(table);
        add_text(table, presets[i].source);
        text_add(table, " |\n");
    }
}

static void table_published(Text *table, const char *which, const char *scratch) {
    (void)which, (void)scratch;
    add_head(table, "| name | what it is like | lengths | where it comes from |");
    for (const TrafficPreset *preset = traffic_presets; preset->name; preset++) {
        text_addf(table, "| `%s` | ", preset->name);
        add_text(table, preset->help);
        text_addf(table, " | `%s` | ", preset->lengths);
        add_text(table, preset->source);
        text_add(table, " |\n");
    }
}

static void add_mean(Text *table, const Distribution *distribution, double of_trace) {
    const double mean = distribution_mean(distribution);
    text_addf(table, " %.1f", mean);
    if (!isnan(of_trace)) {
        text_addf(table, " (%+.1f %% of the trace's)", 100 * (mean / of_trace - 1));
    }
    text_add(table, " |");
}

static void table_lengths(Text *table, const char *which, const char *scratch) {
    (void)which, (void)scratch;
    add_head(table,
             "| `lengths` | mean prompt tokens | mean output tokens | where they come from |");
    for (const LengthTable *lengths = length_tables; lengths->name; lengths++) {
        text_addf(table, "| `%s` |", lengths->name);
        add_mean(table, &lengths->prompt, lengths->prompt_mean);
        add_mean(table, &lengths->output, lengths->output_mean);
        text_add(table, " ");
        add_text(table, lengths->source);
        text_add(table, " |\n");
    }
}

static void table_formats(Text *table, const char *which, const char *scratch) {
    (void)which, (void)scratch;
    add_head(table, "| `format` | told by | tokens in it |");
    for (const TrafficFormat *format = traffic_formats + 1; format->name; format++) {
        text_addf(table, "| `%s` | ", format->name);
        add_text(table, format->tells ? format->tells : "you name the columns or keys");
        text_addf(table, " | %s |\n",
                  format->takes & TAKES_NAMES  ? "as named"
                  : format->names[ROLE_PROMPT] ? "yes"
                                               : "no");
    }
}

/* Several signs of one kind are one row. */
static void table_no_traces(Text *table, const char *which, const char *scratch) {
    (void)which, (void)scratch;
    add_head(table, "| found | next |");
    for (const NoTrace *kind = no_traces; kind->name; kind++) {
        if (kind > no_traces && strcmp(kind[-1].name, kind->name) == 0) {
            continue;
        }
        text_addf(table, "| %s | ", kind->name);
        add_text(table, kind->next);
        text_add(table, " |\n");
    }
}

static void table_metrics(Text *table, const char *which, const char *scratch) {
    (void)which, (void)scratch;
    char *text = metric_markdown();
    text_add(table, text);
    free(text);
}

/* Columns of the files --------------------------------------------------------------------------
 */

/* The metric that a column is of ("total_usd_low"); NULL: none. */
static const MetricRow *metric_of_column(const char *column) {
    static const char *const ends[] = {"", "_low", "_high"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const size_t length = strlen(column), end = strlen(ends[i]);
        if (length > end && strcmp(column + length - end, ends[i]) == 0) {
            char *name = strndup(column, length - end);
            const MetricRow *row = metric_find(name);
            free(name);
            if (row) {
                return row;
            }
        }
    }
    return NULL;
}

/* The header of a file; where most of the metrics stand they are told as such. */
static void add_columns(Text *table, const char *header) {
    enum { MANY = 20 };
    char *line = strndup(header, strcspn(header, "\n")), *at;
    size_t metrics = 0, told = 0;
    const char *before = "";
    bool has_intervals = false;
    for (const char *c = line; *c != '\0'; c += strcspn(c, ","), c += *c == ',') {
        char *column = strndup(c, strcspn(c, ","));
        metrics += metric_of_column(column) != NULL;
        has_intervals = has_intervals || (metric_of_column(column) && !metric_find(column));
        free(column);
    }
    for (char *column = strtok_r(line, ",", &at); column; column = strtok_r(NULL, ",", &at)) {
        const bool is_metric = metrics >= MANY && metric_of_column(column) != NULL;
        if (is_metric && told++ > 0) {
            continue;
        }
        text_add(table, before);
        before = ", ";
        if (is_metric) {
            text_addf(table, "*[the metrics](#the-metrics)%s*",
                      has_intervals ? ", each with `_low` and `_high`" : "");
        } else {
            add_code(table, column);
        }
    }
    free(line);
}

static int by_name(const struct dirent **one, const struct dirent **other) {
    return strcmp((*one)->d_name, (*other)->d_name);
}

static void add_files(Text *table, const char *scratch, const char *command) {
    char *folder = scratch_path(scratch, command);
    struct dirent **entries;
    const int count = scandir(folder, &entries, NULL, by_name);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name, *end = strrchr(name, '.');
        char *bytes =
            end && strcmp(end, ".csv") == 0 ? folder_file_bytes(folder, name, NULL) : NULL;
        if (bytes) {
            text_addf(table, "| `%s` | %s | ", name, command);
            add_columns(table, bytes);
            text_add(table, " |\n");
        }
        free(bytes);
        free(entries[i]);
    }
    cr_assert_gt(count, 2, "%s wrote nothing", command);
    free(entries);
    free(folder);
}

static void table_columns(Text *table, const char *which, const char *scratch) {
    (void)which;
    static const struct {
        const char *command; /* and the folder that it writes */
        const char *words[8];
    } runs[] = {
        {"run", {"run", "one.json", "--requests", "--quiet"}},
        {"compare", {"compare", "one.json", "two.json", "--replications", "2", "--quiet"}},
        {"sweep", {"sweep", "sweep.json", "--quiet"}},
        {"optimize", {"optimize", "optimize.json", "--quiet"}},
        {"trace describe", {"trace", "describe", "azure.csv", "--quiet"}},
    };
    add_head(table, "| file | of | columns |");
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        const char *words[12] = {NULL};
        char *out = scratch_path(scratch, runs[i].command);
        const ProgramPlace place = {.folder = "tests/golden/cli/inputs"};
        size_t count = 0;
        for (; runs[i].words[count]; count++) {
            words[count] = runs[i].words[count];
        }
        words[count] = "--out";
        words[count + 1] = out;
        ProgramResult result = program_run(&place, words);
        cr_assert_eq(result.status, 0, "%s", result.errors);
        program_clear(&result);
        free(out);
        add_files(table, scratch, runs[i].command);
    }
}

/* Names of series that `identify` knows; some are but written otherwise. */
static void table_recording_names(Text *table, const char *which, const char *scratch) {
    (void)which, (void)scratch;
    add_head(table, "| series | called |");
    for (RecordingKind kind = 0, of; kind < RECORDING_KINDS; kind++) {
        const char *name;
        text_add(table, "| ");
        add_code(table, recording_kind_names[kind]);
        text_add(table, " |");
        for (size_t i = 0, listed = 0; recording_known_name(i, &name, &of); i++) {
            if (of == kind) {
                text_add(table, listed++ > 0 ? ", " : " ");
                add_code(table, name);
            }
        }
        text_add(table, " |\n");
    }
}

/* By name ---------------------------------------------------------------------------------------
 */

char *docs_table(const char *name, const char *scratch) {
    static const struct {
        const char *words;
        void (*print)(Text *table, const char *which, const char *scratch);
    } tables[] = {
        {"commands", table_commands},
        {"command options", table_command_options},
        {"flags", table_flags},
        {"options ", table_options},
        {"traffic ", table_traffic},
        {"clients", table_clients},
        {"presets", table_presets},
        {"published", table_published},
        {"lengths", table_lengths},
        {"formats", table_formats},
        {"no traces", table_no_traces},
        {"metrics", table_metrics},
        {"columns", table_columns},
        {"policy ", table_policy},
        {"observations", table_observations},
        {"recording names", table_recording_names},
    };
    Text table = {0};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        const size_t length = strlen(tables[i].words);
        if (tables[i].words[length - 1] == ' ' ? strncmp(name, tables[i].words, length) == 0
                                               : strcmp(name, tables[i].words) == 0) {
            tables[i].print(&table, name + length, scratch);
        }
    }
    return table.length > 0 ? text_take(&table) : NULL;
}

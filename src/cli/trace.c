// SPDX-License-Identifier: GPL-3.0-or-later
/* `trace describe`, `convert`, `fit`: a recorded file as a source, read in one pass. `trace
 * generate`: the requests of a scenario's deployment, as a file. */
#include "traffic/trace.h"
#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/output_directory.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/commands.h"
#include "engine/sim_time.h"
#include "output/manifest.h"
#include "output/pictures.h"
#include "output/trace_report.h"
#include "scenario/deployment.h"
#include "scenario/overrides.h"
#include "scenario/scenario.h"
#include "stats/arrival_statistics.h"
#include "stats/traffic_fit.h"
#include "traffic/format.h"
#include "traffic/input.h"
#include "traffic/past_shares.h"
#include "traffic/prompt_hashes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512 };

static bool read_duration(const Arguments *arguments, const char *name, sim_time *duration,
                          ErrorList *errors) {
    const char *text = arguments_value(arguments, name);
    if (text == NULL || (sim_time_parse(text, duration) && *duration > 0)) {
        return true;
    }
    return error_found_in_option(errors, name, "a duration above 0, such as 20ms or 5s", "%s",
                                 text);
}

/* The next of the source's requests; 0 at its end, and after it has failed, or the program was
 * interrupted. */
static size_t next_block(asim_traffic_source *source, asim_arrival block[BLOCK], bool *failed) {
    *failed = *interrupt_mark() != 0;
    return *failed ? 0 : source->next(source, block, BLOCK, failed);
}

static void drop_block(const asim_arrival *block, size_t count) {
    for (size_t i = 0; i < count; i++) {
        arrival_drop(&block[i]);
    }
}

/* After a failed source: the exit status, and a word if it was an interruption. */
static int failed_status(void) {
    return *interrupt_mark() ? interrupt_tell("nothing was written") : STATUS_MISTAKE;
}

/* A recorded file ---------------------------------------------------------------------------- */

/* Opened as the command line says, with the options of a scenario's trace (--set NAME=VALUE). */
typedef struct Recording {
    const Invocation *invocation;
    const Arguments *arguments;
    ErrorList *errors;
    char *file; /* what is told of: one file's name, or how many */
    TraceConfig config;
    TrafficContext context;
    TraceTold told;
    char *run, *init; /* command lines; describe's */
    bool has_tokens;  /* of its own */
    bool has_calendar;
    int64_t start_ns; /* time 0 since 1970; a scenario's default without calendar */
    InputHeads heads; /* of files that can be read but once */
    asim_traffic_source *source;
} Recording;

static bool set_option(Recording *recording, const char *name, const char *text,
                       const char *place) {
    const Option *option = option_find(trace_options, name);
    const Error where = {.file = "command line", .place = place};
    return option ? option_set_text(option, &recording->config, text, &where, recording->errors)
                  : error_at(recording->errors, &where, name, "an option of a scenario's trace",
                             option_nearest(trace_options, name));
}

/* NAME=VALUE */
static bool set_given(Recording *recording, const char *text) {
    const char *equals = strchr(text, '=');
    if (equals == NULL) {
        return error_in_option(recording->errors, "--set", text,
                               "NAME=VALUE, such as time_column=ts", NULL);
    }
    char *name = memory_text_n(text, (size_t)(equals - text));
    const bool ok = set_option(recording, name, equals + 1, "--set");
    free(name);
    return ok;
}

/* Each FILE may be a pattern. */
static bool read_files(Recording *recording) {
    const Arguments *arguments = recording->arguments;
    TextList *files = &recording->config.files;
    bool ok = true;
    for (size_t i = 1; i < arguments->positional_count; i++) {
        const char *name = arguments->positional[i];
        ok = (file_name_expand(name, files) ||
              error_in_option(recording->errors, "FILE", name, file_name_expand_expected, NULL)) &&
             ok;
    }
    const size_t count = files->count;
    recording->file = count > 1 ? memory_format("%s and %zu more", files->items[0], count - 1)
                                : memory_text(count > 0 ? files->items[0] : "");
    return ok;
}

static bool read_options(Recording *recording) {
    const Arguments *arguments = recording->arguments;
    bool ok = read_files(recording);
    for (size_t i = 0; i < arguments->given_count; i++) {
        const CliGiven *given = &arguments->given[i];
        if (strcmp(given->name, "set") == 0) {
            ok = set_given(recording, given->value) && ok;
        } else if (strcmp(given->name, "format") == 0) {
            ok = set_option(recording, "format", given->value, "--format") && ok;
        } else if (strcmp(given->name, "filter") == 0) {
            text_list_add(&recording->config.filter, memory_text(given->value));
        }
    }
    const char *seed = arguments_value(arguments, "seed");
    char *end = NULL;
    recording->context.seed = seed ? strtoull(seed, &end, 10) : 1;
    if (ok && seed && (*seed < '0' || *seed > '9' || *end != '\0')) {
        return error_in_option(recording->errors, "--seed", seed, "a whole number", NULL);
    }
    return ok;
}

/* Settles the calendar instant of time 0: the first row's, on the second, as a run has it; or the
 * first row itself. */
static void settle_start(Recording *recording, bool on_the_second) {
    TrafficContext *context = &recording->context;
    trace_read_heads(&recording->heads, &recording->config);
    context->heads = &recording->heads;
    recording->has_calendar = trace_kind.begins(&recording->config, context, &recording->start_ns);
    if (!recording->has_calendar) {
        recording->start_ns = SCENARIO_START_S * SIM_TIME_SECOND;
    }
    context->start_epoch_s = sim_time_second(recording->start_ns);
    if (!on_the_second && recording->config.origin == NULL) {
        set_option(recording, "origin", "first_row", "origin");
    } else {
        recording->start_ns = context->start_epoch_s * SIM_TIME_SECOND;
    }
}

/* False after adding errors. */
static bool open_recording(Recording *recording, bool on_the_second) {
    const size_t before = recording->errors->count;
    options_set_defaults(trace_options, &recording->config);
    if (!read_options(recording)) {
        return false;
    }
    const bool told = lengths_given(&recording->config.requests.prompt_tokens) ||
                      recording->config.requests.lengths != OPTION_ABSENT_CHOICE;
    recording->config.told = &recording->told;
    trace_check(&trace_kind, &recording->config, &(Error){.file = "command line"},
                recording->errors);
    if (recording->errors->count == before) {
        settle_start(recording, on_the_second);
    }
    if (recording->errors->count == before) {
        recording->source = trace_open(&trace_kind, &recording->config, &recording->context);
    }
    if (recording->source == NULL) {
        return false;
    }
    recording->has_tokens = recording->told.has_tokens || told;
    return true;
}

/* Has `work` done with the recording that the invocation names; returns the exit status.
 * on_the_second: time 0 is the whole second before the first row, as in a run, so that the calendar
 * can be given back; else the first row. */
static int with_recording(const Invocation *invocation, bool on_the_second,
                          int (*work)(Recording *recording, void *self), void *self,
                          ErrorList *errors) {
    Recording recording = {
        .invocation = invocation,
        .arguments = invocation->arguments,
        .errors = errors,
        .context = {.stream = "traffic.chat.0", /* as a run's without a scenario */
                    .until = SIM_TIME_NEVER,
                    .errors = errors,
                    .halt = interrupt_mark()},
    };
    const int status =
        open_recording(&recording, on_the_second) ? work(&recording, self) : failed_status();
    if (recording.source != NULL) {
        recording.source->destroy(recording.source);
    }
    options_clear(trace_options, &recording.config);
    input_heads_clear(&recording.heads);
    trace_told_clear(&recording.told);
    free(recording.file);
    return status;
}

/* After all has been read: says on stderr how many rows were left out, and why, if any were, and
 * what times were taken for. */
static void note_left_out(const Recording *recording) {
    const asim_traffic_counts *counts = &recording->source->counts;
    if (counts->failed + counts->skipped + counts->outside > 0) {
        terminal_say(
            stderr,
            "note: of %llu rows were left out: %llu of failed requests, %llu bad ones, %llu "
            "outside of what was asked for\n",
            (unsigned long long)counts->rows, (unsigned long long)counts->failed,
            (unsigned long long)counts->skipped, (unsigned long long)counts->outside);
    }
    if (counts->prefixes != 0) {
        TerminalLines lines;
        FILE *stream = terminal_lines_begin(&lines, stderr);
        fputs("note: prefix ", stream);
        trace_text_prefix(stream, counts);
        fputc('\n', stream);
        terminal_lines_end(&lines);
    }
    if (counts->ends_moved + counts->ends_kept > 0) {
        TerminalLines lines;
        FILE *stream = terminal_lines_begin(&lines, stderr);
        fputs("note: arrivals are ", stream);
        trace_text_ends(stream, counts);
        fputc('\n', stream);
        terminal_lines_end(&lines);
    }
    if (trace_text_unit(counts->units) != NULL) {
        terminal_say(stderr, "note: times are %s\n", trace_text_unit(counts->units));
    }
}

/* The way out -------------------------------------------------------------------------------- */

/* --to; false after adding an error. */
static bool read_target(const Arguments *arguments, TraceWriterFormat *format, ErrorList *errors) {
    const char *text = arguments_value(arguments, "to");
    char *plain = memory_text(text ? text : "");
    NearestName nearest = {.word = plain};
    bool is_found = false;
    for (char *p = plain; *p != '\0'; p++) {
        *p = *p == '-' ? '_' : *p;
    }
    for (size_t i = 0; trace_writer_format_names[i] != NULL && !is_found; i++) {
        is_found = strcmp(plain, trace_writer_format_names[i]) == 0;
        *format = (TraceWriterFormat)i;
        nearest_try(&nearest, trace_writer_format_names[i]);
    }
    if (!is_found) {
        error_in_option(errors, "--to", text ? text : "nothing", "azure, azure_2024 or vidur",
                        text ? nearest.name : NULL);
    }
    free(plain);
    return is_found;
}

/* Writes all requests of the source to --out, whole or not at all; returns an exit status. */
static int write_out(asim_traffic_source *source, TraceWriterFormat format, int64_t start_epoch_s,
                     const Arguments *arguments, ErrorList *errors) {
    const char *out = arguments_value(arguments, "out");
    const bool force = arguments_has(arguments, "force");
    const bool is_stdout = out != NULL && strcmp(out, "-") == 0;
    OutputFile file;
    if (out == NULL) {
        error_in_option(errors, "--out", "nothing", "the file to write, or - for standard output",
                        NULL);
    } else if (is_stdout && force) {
        error_in_option(errors, "--force", "standard output, where nothing can be replaced",
                        "--out FILE beside it", NULL);
    }
    if (out == NULL || (is_stdout && force) || !output_file_begin(&file, out, force, errors)) {
        return STATUS_MISTAKE;
    }
    bool forgets_past;
    if (!trace_write(source, format, start_epoch_s, interrupt_mark(), file.stream, &forgets_past) &&
        !ferror(file.stream)) {
        output_file_abandon(&file);
        return failed_status();
    }
    if (!output_file_commit(&file, errors)) {
        return STATUS_MISTAKE;
    }
    if (forgets_past) {
        terminal_say(stderr,
                     "note: the format %s has no place for what prompts have in common "
                     "with earlier ones: cached tokens, sessions and hash_ids are left "
                     "out\n",
                     trace_writer_format_names[format]);
    }
    if (!is_stdout && !arguments_has(arguments, "quiet")) {
        char text[HUMAN_TEXT], start[SIM_TIME_TEXT];
        terminal_say(stderr, "%s requests written to ",
                     trace_text_count(source->counts.requests, text));
        text_print(stderr, out);
        terminal_say(stderr, "; time 0 is %s\n",
                     format == TRACE_WRITER_VIDUR ? "0"
                                                  : sim_time_format_calendar(start_epoch_s, start));
    }
    return STATUS_DONE;
}

/* Formats with a calendar keep the file's, a relative one begins at 0. */
static int convert(Recording *recording, void *self) {
    const TraceWriterFormat format = *(TraceWriterFormat *)self;
    if (!recording->has_tokens) {
        error_in_file(recording->errors, recording->file, "a format without token counts",
                      "one with them, or --set prompt_tokens=N and --set output_tokens=N, or --set "
                      "lengths=NAME",
                      NULL);
        return STATUS_MISTAKE;
    }
    const int64_t start = format == TRACE_WRITER_VIDUR ? 0 : sim_time_second(recording->start_ns);
    const int status =
        write_out(recording->source, format, start, recording->arguments, recording->errors);
    note_left_out(recording);
    return status;
}

int command_trace_convert(const Invocation *invocation, ErrorList *errors) {
    TraceWriterFormat format;
    return read_target(invocation->arguments, &format, errors)
               ? with_recording(invocation, format != TRACE_WRITER_VIDUR, convert, &format, errors)
               : STATUS_MISTAKE;
}

/* describe ----------------------------------------------------------------------------------- */

static void add_word(Text *line, const char *option, const char *value) {
    char *word = text_shell_word(value);
    text_addf(line, " %s %s", option, word);
    free(word);
}

/* An option of a trace as one of a scenario's; a text that is JSON by chance stays a text. */
static void add_set(Text *line, const char *name, size_t length, const char *value) {
    char *plain = memory_text_n(name, length);
    const Option *option = option_find(trace_options, plain);
    cJSON *json = cJSON_Parse(value);
    const bool is_text = option->type == OPTION_TEXT && json && !cJSON_IsString(json);
    cJSON *text = json_text(value);
    char *quoted = is_text ? json_print_line(text) : memory_text(value);
    char *whole = memory_format("deployments.*.traffic.*.%s=%s", plain, quoted);
    add_word(line, "--set", whole);
    free(whole);
    free(quoted);
    cJSON_Delete(text);
    cJSON_Delete(json);
    free(plain);
}

/* With --out the facts as CSV too. */
static bool write_files(const TraceFacts *facts, const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    OutputDirectory directory;
    if (!output_directory_begin(&directory, arguments_value(arguments, "out"),
                                arguments_has(arguments, "force"), errors)) {
        return false;
    }
    cJSON *tree = trace_facts_json(facts);
    char *json = json_print(tree);
    const bool ok = trace_facts_write(facts, &directory, errors) &&
                    output_directory_write(&directory, "trace.json", json, errors) &&
                    manifest_write(invocation->manifest, &directory, "", errors);
    free(json);
    cJSON_Delete(tree);
    if (!ok) {
        output_directory_abandon(&directory);
    }
    return ok && output_directory_commit(&directory, errors);
}

/* With --plot as pictures of those. */
static bool draw(const TraceFacts *facts, const Arguments *arguments, ErrorList *errors) {
    const char *directory = arguments_value(arguments, "out");
    const int64_t start = facts->has_calendar ? sim_time_second(trace_facts_first_ns(facts)) : 0;
    if (!pictures_draw_trace(directory, NULL, command_plot_format(arguments), facts->file, start,
                             errors)) {
        return false;
    }
    if (!arguments_has(arguments, "quiet")) {
        command_tell_pictures(arguments, directory);
    }
    return true;
}

/* The command line by which `name` (run, init) reads the same rows. Owned by the caller. */
static char *command_line(const Recording *recording, const char *name) {
    const Arguments *arguments = recording->arguments;
    Text line = {0};
    text_addf(&line, "autoscale-sim %s", name);
    for (size_t i = 1; i < arguments->positional_count; i++) {
        const char *file = arguments->positional[i];
        char *plain = memory_format("%s%s", strchr(file, '=') && *file != '/' ? "./" : "", file);
        add_word(&line, "--trace", plain);
        free(plain);
    }
    for (size_t i = 0; i < arguments->given_count; i++) {
        const CliGiven *given = &arguments->given[i];
        if (strcmp(given->name, "filter") == 0) {
            add_word(&line, "--filter", given->value);
        } else if (strcmp(given->name, "set") == 0) {
            const size_t length = strcspn(given->value, "=");
            add_set(&line, given->value, length, given->value + length + 1);
        } else if (strcmp(given->name, "format") == 0) {
            add_set(&line, "format", strlen("format"), given->value);
        }
    }
    return line.text;
}

static int describe_all(Recording *recording, ArrivalStatistics *statistics, PastShares *past,
                        sim_time per_token) {
    const Arguments *arguments = recording->arguments;
    asim_traffic_source *source = recording->source;
    asim_arrival block[BLOCK];
    bool failed = false;
    asim_arrival first[TRACE_FACTS_FIRST];
    size_t first_count = 0;
    for (size_t count; (count = next_block(source, block, &failed)) > 0;) {
        for (size_t i = 0; i < count && first_count < TRACE_FACTS_FIRST; i++) {
            first[first_count++] = block[i];
        }
        arrival_statistics_add(statistics, block, count);
        past_shares_add(past, block, count);
        drop_block(block, count);
    }
    const TraceFacts facts = {
        .file = recording->file,
        .format = recording->told.format ? recording->told.format->name : NULL,
        .has_tokens = recording->has_tokens,
        .has_calendar = recording->has_calendar,
        .start_ns = recording->start_ns,
        .counts = source->counts,
        .told = &recording->told,
        .first = first,
        .first_count = first_count,
        .run = recording->run,
        .init = recording->init,
        .statistics = statistics,
        .past = past,
        .time_per_token_s = sim_time_to_seconds(per_token),
    };
    if (failed) {
        return failed_status();
    }
    if (arguments_has(arguments, "out") &&
        !write_files(&facts, recording->invocation, recording->errors)) {
        return STATUS_MISTAKE;
    }
    if (arguments_has(arguments, "json")) {
        command_print_json(trace_facts_json(&facts));
    } else if (!arguments_has(arguments, "quiet")) {
        trace_facts_print(stdout, &facts);
    }
    return !arguments_has(arguments, "plot") || draw(&facts, arguments, recording->errors)
               ? STATUS_DONE
               : STATUS_MISTAKE;
}

static int describe(Recording *recording, void *self) {
    ArrivalStatistics statistics;
    PastShares past;
    arrival_statistics_init(&statistics);
    past_shares_init(&past);
    recording->run = command_line(recording, "run");
    recording->init =
        trace_reads_standard_input(&recording->config) ? NULL : command_line(recording, "init");
    const int status = describe_all(recording, &statistics, &past, *(sim_time *)self);
    free(recording->run);
    free(recording->init);
    arrival_statistics_clear(&statistics);
    past_shares_clear(&past);
    return status;
}

int command_trace_describe(const Invocation *invocation, ErrorList *errors) {
    static const char *const of_out[] = {"plot", "force"};
    const Arguments *arguments = invocation->arguments;
    sim_time per_token = 20 * SIM_TIME_MILLISECOND;
    for (size_t i = 0; i < 2; i++) {
        if (arguments_has(arguments, of_out[i]) && !arguments_has(arguments, "out")) {
            error_found_in_option(errors, of_out[i], "--out DIR beside it", "no --out");
        }
    }
    read_duration(arguments, "time-per-token", &per_token, errors);
    return errors->count ? STATUS_MISTAKE
                         : with_recording(invocation, false, describe, &per_token, errors);
}

/* fit ---------------------------------------------------------------------------------------- */

static int fit_models(Recording *recording, void *self) {
    asim_traffic_source *source = recording->source;
    TrafficFit *fit = memory_new(1, sizeof *fit); /* samples must not move */
    const TraceFitReport report = {.file = recording->file,
                                   .format =
                                       recording->told.format ? recording->told.format->name : NULL,
                                   .has_tokens = recording->has_tokens,
                                   .fit = fit};
    asim_arrival block[BLOCK];
    bool failed = false;
    traffic_fit_init(fit, sim_time_second(recording->start_ns), *(sim_time *)self);
    for (size_t count; (count = next_block(source, block, &failed)) > 0;) {
        traffic_fit_add(fit, block, count);
        drop_block(block, count);
    }
    if (!failed) {
        traffic_fit_end(fit, recording->has_calendar, recording->has_tokens);
        if (arguments_has(recording->arguments, "json")) {
            command_print_json(trace_fit_json(&report));
        } else {
            trace_fit_print(stdout, &report);
        }
        note_left_out(recording);
    }
    traffic_fit_clear(fit);
    free(fit);
    return failed ? failed_status() : STATUS_DONE;
}

int command_trace_fit(const Invocation *invocation, ErrorList *errors) {
    sim_time threshold = 0;
    return read_duration(invocation->arguments, "threshold", &threshold, errors)
               ? with_recording(invocation, true, fit_models, &threshold, errors)
               : STATUS_MISTAKE;
}

/* generate ----------------------------------------------------------------------------------- */

/* A source by itself, or an array of them, is taken as the traffic of a scenario with one
 * deployment. */
static bool collect_overrides(OverrideList *list, const Arguments *arguments, bool is_source,
                              ErrorList *errors) {
    bool ok = true;
    for (size_t i = 0; i < arguments->given_count; i++) {
        const char *name = arguments->given[i].name, *value = arguments->given[i].value;
        if (strcmp(name, "duration") == 0 || strcmp(name, "seed") == 0 ||
            strcmp(name, "replication") == 0) {
            char *flag = memory_format("--%s", name);
            overrides_add(list, name, value, flag);
            free(flag);
        } else if (strcmp(name, "set") == 0) {
            char *text = is_source ? memory_format("deployments.source.traffic.%s", value)
                                   : memory_text(value);
            ok = overrides_add_set(list, text, errors) && ok;
            free(text);
        }
    }
    return ok;
}

/* The source as the traffic of a scenario. */
static void wrap_source(JsonTree *tree) {
    const long line = json_place(tree, tree->root).line;
    cJSON *root = json_object(), *deployments = json_object(), *deployment = json_object();
    json_add(deployment, "model", json_text("llama-v3p1-8b-instruct"));
    json_add(deployment, "accelerator", json_text("H100"));
    json_add(deployment, "traffic", tree->root);
    json_add(deployments, "source", deployment);
    json_add(root, "deployments", deployments);
    json_place_set(tree, (JsonPlace){.node = root, .line = line});
    tree->root = root;
}

static Scenario *read_tree(JsonTree *tree, const char *file, const Arguments *arguments,
                           ErrorList *errors) {
    const bool is_source = cJSON_IsArray(tree->root) ||
                           (cJSON_GetObjectItemCaseSensitive(tree->root, "type") != NULL &&
                            cJSON_GetObjectItemCaseSensitive(tree->root, "deployments") == NULL);
    OverrideList overrides = {0};
    Scenario *scenario = NULL;
    if (collect_overrides(&overrides, arguments, is_source, errors)) {
        if (is_source) {
            wrap_source(tree);
        }
        char *directory = file_name_directory(file);
        scenario = scenario_read(tree, file, directory, overrides.items, overrides.count, errors);
        free(directory);
    }
    overrides_clear(&overrides);
    return scenario;
}

static Scenario *read_scenario(const char *file, const Arguments *arguments, ErrorList *errors) {
    JsonTree tree;
    json_read(&tree, file, errors);
    Scenario *scenario = errors->count == 0 ? read_tree(&tree, file, arguments, errors) : NULL;
    json_clear(&tree);
    return scenario;
}

/* The only deployment, or the one that --deployment names; NULL after adding an error. */
static const DeploymentConfig *choose(const Scenario *scenario, const Arguments *arguments,
                                      ErrorList *errors) {
    const char *name = arguments_value(arguments, "deployment");
    if (name == NULL && scenario->deployment_count == 1) {
        return &scenario->deployments[0];
    }
    const size_t number = name ? scenario_deployment_number(scenario, name) : SIZE_MAX;
    if (number != SIZE_MAX) {
        return &scenario->deployments[number];
    }
    error_in_option(
        errors, "--deployment", name ? name : "nothing",
        "the name of one of the scenario's deployments",
        name ? error_nearest_row(name, scenario->deployments, scenario->deployment_count, name)
             : scenario->deployments[0].name);
    return NULL;
}

static asim_traffic_source *open_source(const Scenario *scenario,
                                        const DeploymentConfig *deployment, size_t number,
                                        ErrorList *errors) {
    asim_traffic_source *source =
        scenario_open_source(scenario, deployment, number, interrupt_mark(), errors);
    if (source != NULL && source->again != NULL) {
        source->destroy(source);
        source = NULL;
        char *place = memory_format("deployments.%s.traffic.%zu", deployment->name, number);
        error_at(errors, &(Error){.place = place},
                 "a closed loop, whose requests depend on their answers",
                 "a source that does not wait: simulate it with `run` instead", NULL);
        free(place);
    }
    return source;
}

/* All of the deployment's traffic, merged; NULL after adding errors. */
static asim_traffic_source *open_traffic(const Scenario *scenario,
                                         const DeploymentConfig *deployment, ErrorList *errors) {
    asim_traffic_source **sources = memory_new(deployment->traffic_count, sizeof *sources);
    asim_traffic_source *merged = NULL;
    size_t opened = 0;
    for (size_t i = 0; i < deployment->traffic_count; i++) {
        sources[opened] = open_source(scenario, deployment, i, errors);
        opened += sources[opened] != NULL;
    }
    if (opened == deployment->traffic_count) {
        merged = traffic_merge(sources, opened);
    } else {
        for (size_t i = 0; i < opened; i++) {
            sources[i]->destroy(sources[i]);
        }
    }
    free(sources);
    return merged;
}

int command_trace_generate(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const char *file = arguments->positional[1];
    TraceWriterFormat format;
    if (!read_target(arguments, &format, errors)) {
        return STATUS_MISTAKE;
    }
    Scenario *scenario = read_scenario(file, arguments, errors);
    const DeploymentConfig *deployment = scenario ? choose(scenario, arguments, errors) : NULL;
    asim_traffic_source *source = deployment ? open_traffic(scenario, deployment, errors) : NULL;
    int status = STATUS_MISTAKE;
    if (source != NULL) {
        status = write_out(source, format, scenario->start_epoch_s, arguments, errors);
        source->destroy(source);
    } else {
        status = failed_status();
    }
    scenario_destroy(scenario);
    return status;
}

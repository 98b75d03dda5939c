// SPDX-License-Identifier: GPL-3.0-or-later
/* A skeleton of the usual keys is changed as any scenario is, read, and completed with what the
 * reading has found out (the model's accelerators, the log's first date); then it is printed, table
 * by table. */
#include "scenario/starter.h"

#include "base/file_name.h"
#include "base/memory.h"
#include "base/terminal.h"
#include "base/text.h"
#include "engine/options.h"
#include "policy/policies.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"
#include "scenario/scenario_options.h"
#include "traffic/format.h"
#include "traffic/trace.h"
#include "traffic/traffic.h"

#include <stdlib.h>
#include <string.h>

/* What is in a starter whether or not it is said. The traffic of one without a log is an office
 * day. */
static const char recorded_skeleton[] =
    "{\"slo\": {\"ttft\": \"2s\"}, \"deployments\": {\"chat\": {\"model\": "
    "\"llama-v3p1-8b-instruct\", \"client\": \"python\", \"autoscaling\": {\"max_replica_count\": "
    "4}, \"traffic\": {\"type\": \"trace\"}}}}";
static const char synthetic_skeleton[] =
    "{\"duration\": \"7d\", \"slo\": {\"ttft\": \"2s\"}, \"deployments\": {\"chat\": {\"model\": "
    "\"llama-v3p1-8b-instruct\", \"client\": \"python\", \"autoscaling\": {\"max_replica_count\": "
    "4}, \"traffic\": {\"type\": \"diurnal\", \"hourly_rates\": [0.1, 0.1, 0.1, 0.1, 0.1, 0.2, "
    "0.5, 1, 2, 3, 3, 2.5, 2, 2.5, 3, 3, 2.5, 2, 1, 0.6, 0.4, 0.3, 0.2, 0.1], "
    "\"weekend_factor\": 0.3, \"lengths\": \"azure-conv\"}}}}";
static const char *const trace_keys[] = {"type", "file", "format", NULL};
static const char assumed_lengths[] = "azure-conv";

/* Written out, in this order, with what the reading has made of them. */
static const char *const root_keys[] = {"name",     "question", "seed",  "start",
                                        "duration", "slo",      "pools", NULL};
static const char *const deployment_keys[] = {"model", "accelerator", "accelerator_count",
                                              "precision", NULL};
static const char *const autoscaling_keys[] = {"min_replica_count",
                                               "max_replica_count",
                                               "scale_up_window",
                                               "scale_down_window",
                                               "scale_to_zero_window",
                                               "load_targets",
                                               NULL};

typedef struct Starter {
    JsonTree tree;
    const char *path;
    char *directory;
    bool assumes_lengths;
    FILE *stream;
} Starter;

/* Completing ---------------------------------------------------------------------------------- */

static cJSON *member(const cJSON *object, const char *key) {
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static void set(cJSON *object, const char *key, cJSON *value) {
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    json_add(object, key, value);
}

/* Without what was not said. */
static cJSON *copy_said(const cJSON *node) {
    cJSON *copy = memory_checked(cJSON_Duplicate(node, true));
    for (cJSON *part = copy->child, *next; part != NULL; part = next) {
        next = part->next;
        if (cJSON_IsNull(part)) {
            cJSON_Delete(cJSON_DetachItemViaPointer(copy, part));
        }
    }
    return copy;
}

/* The members of those names first, in their order, as the scenario as run has them, if they are no
 * more than a value, or were given as a text (load targets). */
static void complete(cJSON *object, const char *const keys[], const cJSON *as_run) {
    cJSON *rest = object->child ? cJSON_Duplicate(object, true) : json_object();
    while (object->child) {
        cJSON_DeleteItemFromObjectCaseSensitive(object, object->child->string);
    }
    for (size_t i = 0; keys[i] != NULL; i++) {
        cJSON *own = cJSON_DetachItemFromObjectCaseSensitive(rest, keys[i]);
        const cJSON *found = member(as_run, keys[i]);
        if (found != NULL && !cJSON_IsNull(found) &&
            (found->child == NULL || cJSON_IsString(own))) {
            json_add(object, keys[i], copy_said(found));
            cJSON_Delete(own);
        } else if (own != NULL) {
            json_add(object, keys[i], own);
        }
    }
    while (rest->child) {
        cJSON *own = cJSON_DetachItemViaPointer(rest, rest->child);
        char *key = memory_text(own->string);
        json_add(object, key, own);
        free(key);
    }
    cJSON_Delete(rest);
}

/* The names of a source's files as the scenario's directory has them: one, or an array. */
static void make_relative(const Starter *self, cJSON *traffic) {
    cJSON *names = json_array(), *file;
    cJSON *files = cJSON_DetachItemFromObjectCaseSensitive(traffic, "file");
    for (file = cJSON_IsArray(files) ? files->child : files; file != NULL; file = file->next) {
        const char *name = file->valuestring;
        char *relative =
            *name == '/' ? file_name_relative(self->directory, name) : memory_text(name);
        json_append(names, json_text(relative));
        free(relative);
    }
    const bool is_one = names->child != NULL && names->child->next == NULL;
    set(traffic, "file", is_one ? cJSON_DetachItemFromArray(names, 0) : names);
    if (is_one) {
        cJSON_Delete(names);
    }
    cJSON_Delete(files);
}

/* Is there nothing to tell the tokens of its requests? */
static bool lacks_lengths(const RequestsConfig *requests, const TraceTold *told) {
    return !told->has_tokens && requests->lengths == OPTION_ABSENT_CHOICE &&
           !(lengths_given(&requests->prompt_tokens) && lengths_given(&requests->output_tokens));
}

/* The format, and lengths if there are none. False after adding errors. */
static bool complete_trace(Starter *self, const Scenario *scenario,
                           const DeploymentConfig *deployment, size_t number, cJSON *traffic,
                           ErrorList *errors) {
    TraceConfig *config = deployment->traffic[number].config;
    TraceTold told = {0};
    config->told = &told;
    asim_traffic_source *source = scenario_open_source(scenario, deployment, number, NULL, errors);
    config->told = NULL;
    if (source == NULL) {
        return false;
    }
    source->destroy(source);
    if (config->format == 0) {
        set(traffic, "format", json_text(told.format->name));
    }
    if (lacks_lengths(&config->requests, &told)) {
        set(traffic, "lengths", json_text(assumed_lengths));
        self->assumes_lengths = true;
    }
    make_relative(self, traffic);
    complete(traffic, trace_keys, NULL);
    return true;
}

static bool complete_traffic(Starter *self, const Scenario *scenario,
                             const DeploymentConfig *deployment, cJSON *node, ErrorList *errors) {
    bool sound = true;
    cJSON *traffic = member(node, "traffic");
    for (size_t i = 0; i < deployment->traffic_count; i++) {
        cJSON *source = cJSON_IsArray(traffic) ? cJSON_GetArrayItem(traffic, (int)i) : traffic;
        if (deployment->traffic[i].kind == &trace_kind) {
            sound = complete_trace(self, scenario, deployment, i, source, errors) && sound;
        }
    }
    return sound;
}

static bool complete_all(Starter *self, const Scenario *scenario, ErrorList *errors) {
    cJSON *as_run = memory_checked(cJSON_Parse(scenario->as_run)), *node;
    const cJSON *run = member(as_run, "deployments")->child;
    cJSON *deployments = member(self->tree.root, "deployments");
    size_t number = 0;
    bool sound = true;
    cJSON_ArrayForEach (node, deployments) {
        complete(node, deployment_keys, run);
        complete(member(node, "autoscaling"), autoscaling_keys, member(run, "autoscaling"));
        sound = complete_traffic(self, scenario, &scenario->deployments[number++], node, errors) &&
                sound;
        run = run->next;
    }
    complete(self->tree.root, root_keys, as_run);
    cJSON_Delete(as_run);
    return sound;
}

/* Printing ------------------------------------------------------------------------------------ */

enum { STEP = 4, WORDS_MOST = 120 };

static void put_blanks(const Starter *self, int count) {
    fprintf(self->stream, "%*s", count, "");
}

static void put_comment(const Starter *self, int indent, const char *text) {
    char *before = memory_format("%*s// ", indent, "");
    Paragraph paragraph;
    paragraph_init(&paragraph, self->stream, 0);
    paragraph_begin(&paragraph, before, "");
    paragraph_say(&paragraph, "%s", text);
    paragraph_end(&paragraph);
    paragraph_clear(&paragraph);
    free(before);
}

/* What it is; what it may be, where that is said shortly; its default, and whose that is. */
static void put_help(const Starter *self, int indent, const Option *option) {
    static const char *const bases[] = {
        [OPTION_OURS] = "", [OPTION_DOCUMENTED] = " (documented)", [OPTION_ASSUMED] = " (assumed)"};
    char *expected = option_expected(option);
    const bool is_open = option->type == OPTION_TEXT || option->type == OPTION_GROUP ||
                         option->type == OPTION_CUSTOM;
    const bool told = !is_open && strlen(expected) <= WORDS_MOST;
    char *text =
        memory_format("%s%s%s%s%s%s", option->help ? option->help : option->name, told ? "; " : "",
                      told ? expected : "", option->default_text ? "; default " : "",
                      option->default_text ? option->default_text : "",
                      option->default_text ? bases[option->basis] : "");
    put_comment(self, indent, text);
    free(text);
    free(expected);
}

/* The table of what is in an object that is an option's value; NULL: it is printed as it is. */
static const Option *table_below(const Option *option, const cJSON *value, const cJSON *beside) {
    if (option == NULL || !cJSON_IsObject(value)) {
        return NULL;
    }
    if (option->type == OPTION_GROUP) {
        return option->group;
    }
    if (strcmp(option->name, "autoscaling") == 0) {
        const cJSON *policy = member(beside, "policy");
        const PolicyKind *kind = policy ? policies_find(policy->valuestring) : policies[0];
        return kind->options;
    }
    const cJSON *type = strcmp(option->name, "traffic") == 0 ? member(value, "type") : NULL;
    return type ? traffic_kind_find(type->valuestring)->options : NULL;
}

static void put_members(const Starter *self, const cJSON *object, const Option *table, int indent);

static void put_object(const Starter *self, const cJSON *object, const Option *table, int indent) {
    fputs("{\n", self->stream);
    put_members(self, object, table, indent + STEP);
    put_blanks(self, indent);
    fputc('}', self->stream);
}

static void put_value(const Starter *self, const cJSON *value, const Option *below, int indent) {
    if (below != NULL) {
        put_object(self, value, below, indent);
        return;
    }
    char *text = json_print_line(value);
    fputs(text, self->stream);
    free(text);
}

/* Of each name an object by one table. */
static void put_named(const Starter *self, const cJSON *value, const Option *table, int indent) {
    const cJSON *node;
    fputs("{\n", self->stream);
    cJSON_ArrayForEach (node, value) {
        put_blanks(self, indent + STEP);
        fprintf(self->stream, "\"%s\": ", node->string);
        put_object(self, node, table, indent + STEP);
        fputs(node->next ? ",\n" : "\n", self->stream);
    }
    put_blanks(self, indent);
    fputc('}', self->stream);
}

static void put_members(const Starter *self, const cJSON *object, const Option *table, int indent) {
    const cJSON *value;
    cJSON_ArrayForEach (value, object) {
        const Option *option = option_find(table, value->string);
        if (option != NULL) {
            put_help(self, indent, option);
        }
        if (self->assumes_lengths && strcmp(value->string, "lengths") == 0) {
            put_comment(
                self, indent,
                "AN ASSUMPTION, for the log tells no tokens: put in its place what you know "
                "of yours, \"prompt_tokens\": 500, \"output_tokens\": 200, or the lengths of "
                "another trace. Cost and latency hang on it.");
        }
        put_blanks(self, indent);
        fprintf(self->stream, "\"%s\": ", value->string);
        if (table == scenario_options && strcmp(value->string, "deployments") == 0) {
            put_named(self, value, deployment_options, indent);
        } else {
            put_value(self, value, table_below(option, value, object), indent);
        }
        fputs(value->next ? ",\n" : "\n", self->stream);
    }
}

static char *print(Starter *self) {
    char *text = NULL;
    size_t length;
    self->stream = memory_checked(open_memstream(&text, &length));
    put_comment(
        self, 0,
        "A scenario to begin with, made by `autoscale-sim init`. Above each key stands what "
        "it is, what else it may be and its default; what is left out is at its default. "
        "`autoscale-sim help scenario` lists every key, `help trace` and `help traffic` those "
        "of the traffic, `models` the models.");
    put_object(self, self->tree.root, scenario_options, 0);
    fputc('\n', self->stream);
    memory_close(self->stream, &text);
    return text;
}

/* The whole ----------------------------------------------------------------------------------- */

static Scenario *read_copy(const Starter *self, ErrorList *errors) {
    JsonTree copy = json_copy(&self->tree, self->tree.root);
    Scenario *scenario = scenario_read(&copy, self->path, self->directory, NULL, 0, errors);
    json_clear(&copy);
    return scenario;
}

/* What was written is what a reader will read. */
static bool is_sound(const Starter *self, const char *text, ErrorList *errors) {
    const size_t before = errors->count;
    Scenario *scenario = scenario_read_text(text, self->path, self->directory, NULL, 0, errors);
    for (size_t d = 0; scenario != NULL && d < scenario->deployment_count; d++) {
        for (size_t i = 0; i < scenario->deployments[d].traffic_count; i++) {
            asim_traffic_source *source =
                scenario_open_source(scenario, &scenario->deployments[d], i, NULL, errors);
            if (source != NULL) {
                source->destroy(source);
            }
        }
    }
    scenario_destroy(scenario);
    return errors->count == before;
}

char *starter_text(const char *path, bool recorded, const OverrideList *changes,
                   ErrorList *errors) {
    const char *skeleton = recorded ? recorded_skeleton : synthetic_skeleton;
    Starter self = {.path = path, .directory = file_name_directory(path)};
    char *text = NULL;
    const size_t before = errors->count;
    json_parse(&self.tree, skeleton, strlen(skeleton), path, errors);
    overrides_apply(changes->items, changes->count, &self.tree, errors);
    Scenario *scenario = errors->count == before ? read_copy(&self, errors) : NULL;
    if (scenario != NULL && complete_all(&self, scenario, errors)) {
        text = print(&self);
    }
    if (text != NULL && !is_sound(&self, text, errors)) {
        free(text);
        text = NULL;
    }
    scenario_destroy(scenario);
    json_clear(&self.tree);
    free(self.directory);
    return text;
}

/* Without a file ------------------------------------------------------------------------------ */

/* Did it lack them? */
static bool assume_lengths(const Scenario *scenario, TraceConfig *config, ErrorList *errors) {
    const TrafficContext context = {.stream = "lengths",
                                    .until = SIM_TIME_NEVER,
                                    .start_epoch_s = scenario->start_epoch_s,
                                    .directory = scenario->directory,
                                    .heads = scenario->heads,
                                    .errors = errors};
    TraceTold told;
    trace_read_heads(scenario->heads, config);
    return trace_tells(config, &context, &told) && lacks_lengths(&config->requests, &told) &&
           option_set_text(option_find(trace_options, "lengths"), config, assumed_lengths,
                           &(Error){.place = "lengths"}, errors);
}

static bool assume_all_lengths(Scenario *scenario, ErrorList *errors) {
    bool any = false;
    for (size_t d = 0; d < scenario->deployment_count; d++) {
        const DeploymentConfig *deployment = &scenario->deployments[d];
        for (size_t i = 0; i < deployment->traffic_count; i++) {
            if (deployment->traffic[i].kind == &trace_kind) {
                any = assume_lengths(scenario, deployment->traffic[i].config, errors) || any;
            }
        }
    }
    return any;
}

Scenario *starter_scenario(const char *name, const OverrideList *changes, const char **lengths,
                           ErrorList *errors) {
    static const char file[] = "the default scenario";
    JsonTree tree;
    json_parse(&tree, recorded_skeleton, strlen(recorded_skeleton), file, errors);
    set(tree.root, "name", json_text(name));
    Scenario *scenario = scenario_read(&tree, file, NULL, changes->items, changes->count, errors);
    json_clear(&tree);
    *lengths = scenario != NULL && assume_all_lengths(scenario, errors) ? assumed_lengths : NULL;
    if (*lengths != NULL) {
        scenario_write_again(scenario);
    }
    return scenario;
}

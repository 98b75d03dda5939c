// SPDX-License-Identifier: GPL-3.0-or-later
/* firectl's command line (docs.fireworks.ai/tools-sdks/firectl/commands/deployment-create and its
 * --help, mid-2026). A flag either sets an option, whose row has its name and spelling, or stands
 * in the table below. */
#include "scenario/firectl.h"

#include "base/memory.h"
#include "base/shell_words.h"
#include "base/text.h"
#include "policy/policies.h"
#include "scenario/deployment.h"
#include "scenario/option_json.h"
#include "scenario/scenario_options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MOST = 100, INDENT = 4 };
#define DEPLOYMENTS "deployments."

/* Spellings ---------------------------------------------------------------------------------- */

/* FP8_MM_KV_ATTN -> fp8: how the arithmetic is done in detail is not simulated. */
static char *read_precision(const char *value) {
    char *text = memory_text_n(value, strcspn(value, "_"));
    for (char *p = text; *p != '\0'; p++) {
        *p = (char)tolower((unsigned char)*p);
    }
    return text;
}

static char *write_precision(const char *value) {
    char *text = memory_text(value);
    for (char *p = text; *p != '\0'; p++) {
        *p = (char)toupper((unsigned char)*p);
    }
    return text;
}

static char *read_region(const char *value) {
    const bool global = strcmp(value, "global") == 0 || strcmp(value, "GLOBAL") == 0;
    return memory_text(global ? "false" : "true");
}

/* firectl's names (docs.fireworks.ai, accelerator types of the API); others are spelt as the
 * scenario spells them. */
static char *write_accelerator(const char *value) {
    static const struct {
        const char *name, *firectl;
    } accelerators[] = {{"A100", "NVIDIA_A100_80GB"},
                        {"H100", "NVIDIA_H100_80GB"},
                        {"H200", "NVIDIA_H200_141GB"},
                        {"B200", "NVIDIA_B200_180GB"},
                        {"B300", "NVIDIA_B300_288GB"}};
    for (size_t i = 0; i < sizeof accelerators / sizeof accelerators[0]; i++) {
        if (strcmp(accelerators[i].name, value) == 0) {
            return memory_text(accelerators[i].firectl);
        }
    }
    return memory_text(value);
}

const OptionSpelling firectl_accelerator = {.write = write_accelerator};
const OptionSpelling firectl_precision = {.read = read_precision, .write = write_precision};
const OptionSpelling firectl_region = {
    .read = read_region,
    .unwritten = "--region: name yours; the scenario says only that it is one region"};

/* Lists of things with names, as the API's JSON has them (docs.fireworks.ai, create-deployment;
 * nothing says how firectl itself spells them): an object by name, keys in camelCase, durations in
 * seconds. The first option of such a table is the name. */

/* minReplicaCount -> min_replica_count. Owned by the caller. */
static char *snake_case(const char *key) {
    Text text = {0};
    for (; *key != '\0'; key++) {
        if (isupper((unsigned char)*key)) {
            text_add_char(&text, '_');
        }
        text_add_char(&text, (char)tolower((unsigned char)*key));
    }
    return text_take(&text);
}

static char *camel_case(const char *key) {
    Text text = {0};
    for (; *key != '\0'; key++) {
        const bool upper = *key == '_' && key[1] != '\0';
        key += upper;
        text_add_char(&text, upper ? (char)toupper((unsigned char)*key) : *key);
    }
    return text_take(&text);
}

/* A thing's members by the scenario's names; one that is no object stays what it is. */
static cJSON *read_thing(const cJSON *thing, const Option *name) {
    if (!cJSON_IsObject(thing)) {
        return memory_checked(cJSON_Duplicate(thing, 1));
    }
    cJSON *object = json_object();
    if (thing->string != NULL && cJSON_GetObjectItemCaseSensitive(thing, name->name) == NULL) {
        json_add(object, name->name, json_text(thing->string));
    }
    const cJSON *member;
    cJSON_ArrayForEach (member, thing) {
        char *key = snake_case(member->string);
        json_add(object, key, memory_checked(cJSON_Duplicate(member, 1)));
        free(key);
    }
    return object;
}

/* As the scenario writes the list; what is no JSON stays what it is. Owned by the caller. */
static char *read_list(const char *value, const Option *list) {
    cJSON *given = cJSON_ParseWithOpts(value, NULL, 1);
    if (!cJSON_IsObject(given) && !cJSON_IsArray(given)) {
        cJSON_Delete(given);
        return memory_text(value);
    }
    cJSON *array = json_array();
    const cJSON *thing;
    cJSON_ArrayForEach (thing, given) {
        json_append(array, read_thing(thing, list->group));
    }
    char *text = json_print_line(array);
    cJSON_Delete(array);
    cJSON_Delete(given);
    return text;
}

static cJSON *write_thing(const Option table[], const void *item) {
    cJSON *object = json_object(), *options = options_json(table, item);
    for (const Option *option = table + 1; option->name != NULL; option++) {
        cJSON *value = cJSON_DetachItemFromObjectCaseSensitive(options, option->name);
        const void *place = (const char *)item + option->offset;
        if (value == NULL || cJSON_IsFalse(value)) {
            cJSON_Delete(value);
            continue;
        }
        if (option->type == OPTION_DURATION) {
            char *seconds =
                memory_format("%llds", (long long)(*(const sim_time *)place / SIM_TIME_SECOND));
            cJSON_Delete(value);
            value = json_text(seconds);
            free(seconds);
        }
        char *key = camel_case(option->name);
        json_add(object, key, value);
        free(key);
    }
    cJSON_Delete(options);
    return object;
}

/* "" when there is none. Owned by the caller. */
static char *write_list(const Option *list, const void *config) {
    const OptionList *items = (const OptionList *)((const char *)config + list->offset);
    if (items->count == 0) {
        return memory_text("");
    }
    cJSON *object = json_object();
    for (size_t i = 0; i < items->count; i++) {
        const void *item = (const char *)items->items + i * list->item_size;
        char *name = option_value_text(list->group, item);
        char *key = *name != '\0' ? memory_text(name) : memory_format("schedule-%zu", i + 1);
        json_add(object, key, write_thing(list->group, item));
        free(name);
        free(key);
    }
    char *text = json_print_line(object);
    cJSON_Delete(object);
    return text;
}

/* Flags of options --------------------------------------------------------------------------- */

/* The index-th flag of one table. */
static const Option *flag_of(const Option table[], size_t *index) {
    for (const Option *option = table; option->name != NULL; option++) {
        if (option->flag != NULL && (*index)-- == 0) {
            return option;
        }
    }
    return NULL;
}

bool scenario_flag(size_t index, ScenarioFlag *flag) {
    const char *section = "autoscaling";
    const Option *option = NULL;
    for (size_t i = 0; i < policies_count && option == NULL; i++) {
        option = flag_of(policies[i]->options, &index);
    }
    if (option == NULL) {
        section = "";
        option = flag_of(deployment_options, &index);
    }
    if (option == NULL) {
        return false;
    }
    *flag = (ScenarioFlag){.name = option->flag, .section = section, .option = option};
    return true;
}

bool scenario_flag_find(const char *name, ScenarioFlag *flag) {
    for (size_t i = 0; scenario_flag(i, flag); i++) {
        if (strcmp(flag->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static char *flag_path(const char *deployment, const ScenarioFlag *flag) {
    return memory_format("deployments.%s.%s%s%s", deployment != NULL ? deployment : "*",
                         flag->section, *flag->section != '\0' ? "." : "", flag->option->name);
}

/* The earlier value of the same flag, to be joined; NULL if there is none. */
static ScenarioOverride *earlier(const OverrideList *list, const char *path, const char *flag) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].path, path) == 0 && strcmp(list->items[i].flag, flag) == 0) {
            return &list->items[i];
        }
    }
    return NULL;
}

bool overrides_add_flag(OverrideList *list, const char *deployment, const char *name,
                        const char *value) {
    ScenarioFlag flag;
    if (!scenario_flag_find(name, &flag)) {
        return false;
    }
    char *path = flag_path(deployment, &flag);
    char *written = memory_format("--%s", name);
    const OptionSpelling *spelling = flag.option->spelling;
    char *text = flag.option->type == OPTION_LIST             ? read_list(value, flag.option)
                 : spelling != NULL && spelling->read != NULL ? spelling->read(value)
                                                              : memory_text(value);
    ScenarioOverride *before =
        flag.option->type == OPTION_GROUP ? earlier(list, path, written) : NULL;
    if (before != NULL) {
        char *joined = memory_format("%s,%s", before->value, text);
        free((void *)before->value);
        before->value = joined;
    } else {
        overrides_add(list, path, text, written);
    }
    free(path);
    free(written);
    free(text);
    return true;
}

/* The override that sets the flag's option to its default. */
static void add_flag_default(OverrideList *list, const char *deployment, const ScenarioFlag *flag,
                             const char *from) {
    char *path = flag_path(deployment, flag);
    overrides_add(list, path, "null", from);
    free(path);
}

/* A pasted command -------------------------------------------------------------------------- */

typedef enum Effect {
    HAS_NO_EFFECT, /* on load, latency or cost */
    IS_NOT_SIMULATED,
    IS_OF_SCENARIO /* which says more of it than the flag does */
} Effect;

static const char *const effect_words[] = {
    [HAS_NO_EFFECT] = "does not matter to the simulation",
    [IS_NOT_SIMULATED] = "is not simulated",
    [IS_OF_SCENARIO] = "is simulated where the scenario says how often replicas are lost",
};

typedef struct KnownFlag {
    const char *name;
    char letter; /* "-a"; '\0': none */
    bool has_value;
    Effect effect;
} KnownFlag;

static const KnownFlag known_flags[] = {
    {"account-id", 'a', true, HAS_NO_EFFECT},
    {"api-key", '\0', true, HAS_NO_EFFECT},
    {"cluster-id", 'c', true, HAS_NO_EFFECT},
    {"deployment-id", '\0', true, HAS_NO_EFFECT},
    {"description", '\0', true, HAS_NO_EFFECT},
    {"direct-route-api-keys", '\0', true, HAS_NO_EFFECT},
    {"disable-deployment-size-validation", '\0', false, HAS_NO_EFFECT},
    {"display-name", '\0', true, HAS_NO_EFFECT},
    {"dry-run", '\0', false, HAS_NO_EFFECT},
    {"expire-time", '\0', true, HAS_NO_EFFECT}, /* "no longer causes auto-deletion" */
    {"help", 'h', false, HAS_NO_EFFECT},
    {"output", 'o', true, HAS_NO_EFFECT},
    {"profile", 'p', true, HAS_NO_EFFECT},
    {"skip-shape-validation", '\0', false, HAS_NO_EFFECT},
    {"validate-only", '\0', false, HAS_NO_EFFECT},
    {"wait", '\0', false, HAS_NO_EFFECT},
    {"wait-timeout", '\0', true, HAS_NO_EFFECT},
    {"deployment-shape", '\0', true, IS_NOT_SIMULATED},
    {"deployment-template", '\0', true, IS_NOT_SIMULATED},
    {"direct-route-type", '\0', true, IS_NOT_SIMULATED},
    {"disable-speculative-decoding", '\0', false, IS_NOT_SIMULATED},
    {"draft-model", '\0', true, IS_NOT_SIMULATED},
    {"draft-token-count", '\0', true, IS_NOT_SIMULATED},
    {"enable-addons", '\0', false, IS_NOT_SIMULATED},
    {"enable-hot-reload-latest-addon", '\0', false, IS_NOT_SIMULATED},
    {"enable-mtp", '\0', false, IS_NOT_SIMULATED},
    {"enable-session-affinity", '\0', false, IS_NOT_SIMULATED},
    {"file", '\0', true, IS_NOT_SIMULATED},
    {"long-prompt", '\0', false, IS_NOT_SIMULATED},
    {"max-context-length", '\0', true, IS_NOT_SIMULATED},
    {"max-peft-batch-size", '\0', true, IS_NOT_SIMULATED},
    {"max-with-revocable-replica-count", '\0', true, IS_NOT_SIMULATED},
    {"ngram-speculation-length", '\0', true, IS_NOT_SIMULATED},
    {"preemptible", '\0', false, IS_OF_SCENARIO},
};

enum { KNOWN_FLAGS = sizeof known_flags / sizeof known_flags[0] };

typedef struct Command {
    const char *const *words;
    size_t count;
    size_t at;
    const char *model;
    const char *deployment;
    OverrideList flags;
    TextList *notes;
    ErrorList *errors;
} Command;

static void refuse(const Command *command, const char *place, const char *found,
                   const char *expected, const char *suggestion) {
    char *flag = place != NULL ? memory_format("--firectl: %s", place) : memory_text("--firectl");
    error_in_option(command->errors, flag, found, expected, suggestion);
    free(flag);
}

static void refuse_word(const Command *command, const char *word, const char *expected) {
    const Error where = {.file = "command line", .place = "--firectl"};
    error_found(command->errors, &where, expected, NULL, "\"%s\"", word);
}

static const KnownFlag *find_known(const char *name, size_t length) {
    for (size_t i = 0; i < KNOWN_FLAGS; i++) {
        if (strlen(known_flags[i].name) == length &&
            strncmp(known_flags[i].name, name, length) == 0) {
            return &known_flags[i];
        }
    }
    return NULL;
}

static const KnownFlag *find_letter(char letter) {
    for (size_t i = 0; i < KNOWN_FLAGS; i++) {
        if (known_flags[i].letter == letter && letter != '\0') {
            return &known_flags[i];
        }
    }
    return NULL;
}

static void refuse_flag(Command *command, const char *name) {
    NearestName nearest = {.word = name}; /* of those that set options and those that do not */
    for (size_t i = 0; i < KNOWN_FLAGS; i++) {
        nearest_try(&nearest, known_flags[i].name);
    }
    ScenarioFlag flag;
    for (size_t i = 0; scenario_flag(i, &flag); i++) {
        nearest_try(&nearest, flag.name);
    }
    char *place = memory_format("--%s", name);
    char *suggestion = nearest.name != NULL ? memory_format("--%s", nearest.name) : NULL;
    refuse(command, place, "an unknown flag", "a flag of firectl deployment create", suggestion);
    free(place);
    free(suggestion);
}

/* The flag's value: after its '=', or the next word; NULL after adding an error. */
static const char *take_value(Command *command, const char *word, const char *equals) {
    if (equals != NULL) {
        return equals + 1;
    }
    if (command->at < command->count) {
        return command->words[command->at++];
    }
    refuse(command, word, "nothing", "a value", NULL);
    return NULL;
}

static void read_known(Command *command, const KnownFlag *flag, const char *word,
                       const char *equals) {
    if (flag->has_value && take_value(command, word, equals) == NULL) {
        return;
    }
    text_list_add(command->notes,
                  memory_format("--%s: %s", flag->name, effect_words[flag->effect]));
}

/* --multi-region was an older spelling of --region with a group of regions. */
static const char *modern_name(const char *name) {
    return strcmp(name, "multi-region") == 0 ? "region" : name;
}

/* After a flag that nobody knows: a word that cannot be the model is its value. */
static void skip_value(Command *command, const char *equals) {
    command->at += equals == NULL && command->model != NULL && command->at < command->count &&
                   command->words[command->at][0] != '-';
}

static void read_flag(Command *command, const char *word) {
    const char *equals = strchr(word, '=');
    const size_t length = (equals != NULL ? (size_t)(equals - word) : strlen(word)) - 2;
    char *name = memory_text_n(word + 2, length);
    const KnownFlag *known = find_known(name, length);
    ScenarioFlag flag;
    if (known != NULL) {
        read_known(command, known, word, equals);
    } else if (scenario_flag_find(modern_name(name), &flag)) {
        const char *value = take_value(command, word, equals);
        if (value != NULL) {
            overrides_add_flag(&command->flags, command->deployment, flag.name, value);
        }
    } else {
        refuse_flag(command, name);
        skip_value(command, equals);
    }
    free(name);
}

static void read_letter(Command *command, const char *word) {
    const KnownFlag *known = find_letter(word[1]);
    if (known == NULL) {
        refuse(command, word, "an unknown flag", "a flag of firectl deployment create", NULL);
    } else if (word[2] != '\0' && known->has_value) {
        text_list_add(command->notes,
                      memory_format("--%s: does not matter to the simulation", known->name));
    } else {
        read_known(command, known, word, NULL);
    }
}

static bool next_is(const Command *command, const char *word) {
    return command->at < command->count && strcmp(command->words[command->at], word) == 0;
}

/* "deployment create", or "create deployment" as older versions had it. */
static bool read_verb(Command *command) {
    command->at += next_is(command, "$"); /* a prompt pasted along */
    command->at += next_is(command, "firectl");
    const bool older = next_is(command, "create");
    const char *const verbs[2] = {older ? "create" : "deployment", older ? "deployment" : "create"};
    for (size_t i = 0; i < 2; i++) {
        if (!next_is(command, verbs[i])) {
            const bool more = command->at < command->count;
            refuse_word(command, more ? command->words[command->at] : "",
                        "firectl deployment create MODEL ...");
            return false;
        }
        command->at++;
    }
    return true;
}

/* The documentation's <MODEL_NAME> was meant to be replaced: the scenario's model stays. */
static bool is_placeholder(const char *word) {
    const size_t length = strlen(word);
    return length > 2 && word[0] == '<' && word[length - 1] == '>';
}

static void read_model(Command *command, const char *word) {
    if (command->model != NULL) {
        refuse_word(command, word, "one model");
    }
    command->model = word;
}

static void read_words(Command *command) {
    bool only_words = false;
    while (command->at < command->count) {
        const char *word = command->words[command->at++];
        if (!only_words && strcmp(word, "--") == 0) {
            only_words = true;
        } else if (!only_words && strncmp(word, "--", 2) == 0) {
            read_flag(command, word);
        } else if (!only_words && word[0] == '-' && word[1] != '\0') {
            read_letter(command, word);
        } else {
            read_model(command, word);
        }
    }
    if (command->model == NULL) {
        refuse(command, NULL, "nothing", "a model's name after \"deployment create\"", NULL);
    }
}

/* What follows from the hardware is the model's business and has no default of its own here. */
static bool has_default(const ScenarioFlag *flag) {
    return flag->option->default_text != NULL || *flag->section != '\0';
}

static void add_overrides(const Command *command, OverrideList *list) {
    if (!is_placeholder(command->model)) {
        char *path = memory_format("deployments.%s.model",
                                   command->deployment != NULL ? command->deployment : "*");
        overrides_add_model(list, path, command->model, "--firectl");
        free(path);
    }
    ScenarioFlag flag;
    for (size_t i = 0; scenario_flag(i, &flag); i++) {
        if (has_default(&flag)) {
            add_flag_default(list, command->deployment, &flag, "--firectl");
        }
    }
    overrides_add_all(list, &command->flags);
}

/* "firectl" first or left out. */
static bool parse_words(const char *const words[], size_t count, const char *deployment,
                        OverrideList *list, TextList *notes, ErrorList *errors) {
    const size_t mistakes = errors->count;
    Command command = {
        .words = words, .count = count, .deployment = deployment, .notes = notes, .errors = errors};
    if (read_verb(&command)) {
        read_words(&command);
    }
    const bool sound = errors->count == mistakes;
    if (sound) {
        add_overrides(&command, list);
        if (is_placeholder(command.model)) {
            text_list_add(command.notes,
                          memory_format("%s: the scenario's model stays", command.model));
        }
    }
    overrides_clear(&command.flags);
    return sound;
}

bool firectl_parse(const char *text, const char *deployment, OverrideList *list, TextList *notes,
                   ErrorList *errors) {
    TextList words = {0};
    const char *wrong = shell_words_split(text, &words);
    bool sound = wrong == NULL;
    if (sound) {
        sound = parse_words((const char *const *)words.items, words.count, deployment, list, notes,
                            errors);
    } else {
        Command command = {.errors = errors};
        refuse_word(&command, text, wrong);
    }
    text_list_clear(&words);
    return sound;
}

typedef struct Line {
    char *text;
    size_t column; /* of the last line */
} Line;

/* The command of a deployment: words
 * ------------------------------------------------------------------------------------- */

/* Goes on in another line rather than past its end. */
static void put(Line *line, char *words) {
    const size_t length = strlen(words);
    const bool wrap = line->column + 1 + length + 2 > LINE_MOST;
    char *longer = wrap ? memory_format("%s \\\n%*s%s", line->text, INDENT, "", words)
                        : memory_format("%s %s", line->text, words);
    line->column = wrap ? INDENT + length : line->column + 1 + length;
    free(line->text);
    free(words);
    line->text = longer;
}

static void put_flag(Line *line, const char *name, const char *value) {
    char *word = text_shell_word(value);
    put(line, memory_format("--%s %s", name, word));
    free(word);
}

/* Paths ---------------------------------------------------------------------------------------- */

/* What is below the deployment: "autoscaling.load_targets.default"; NULL: it is elsewhere. */
static const char *below_deployment(const char *path) {
    if (strncmp(path, DEPLOYMENTS, strlen(DEPLOYMENTS)) != 0) {
        return NULL;
    }
    const char *dot = strchr(path + strlen(DEPLOYMENTS), '.');
    return dot != NULL ? dot + 1 : NULL;
}

/* Is the path the option's own, or one of its keys'? */
static bool leads_to(const char *path, const char *option) {
    const size_t length = strlen(option);
    return strncmp(path, option, length) == 0 && (path[length] == '\0' || path[length] == '.');
}

/* Does a change set the flag's option, for this deployment or for every one? */
static bool is_changed(const OverrideList *changes, const ScenarioFlag *flag,
                       const char *deployment) {
    char *option = memory_format("%s%s%s", flag->section, *flag->section != '\0' ? "." : "",
                                 flag->option->name);
    bool changed = false;
    for (size_t i = 0; changes != NULL && i < changes->count && !changed; i++) {
        const char *path = changes->items[i].path, *below = below_deployment(path);
        if (below != NULL && leads_to(below, option)) {
            char *name = memory_text_n(path + strlen(DEPLOYMENTS),
                                       (size_t)(below - path) - strlen(DEPLOYMENTS) - 1);
            changed = strcmp(name, "*") == 0 || strcmp(name, deployment) == 0;
            free(name);
        }
    }
    free(option);
    return changed;
}

/* Values --------------------------------------------------------------------------------------- */

/* "default=0.8,requests_per_second=2": the keys that are there. */
static char *group_text(const Option *option, const void *config) {
    Text text = {0};
    for (const Option *key = option->group; key->name != NULL; key++) {
        char *value = option_value_text(key, (const char *)config + option->offset);
        if (*value != '\0') {
            text_addf(&text, "%s%s=%s", text.length > 0 ? "," : "", key->name, value);
        }
        free(value);
    }
    return text_take(&text);
}

/* As firectl spells it; "" when absent. Owned by the caller. */
static char *flag_value(const ScenarioFlag *flag, const void *config) {
    const Option *option = flag->option;
    char *text = option->type == OPTION_GROUP  ? group_text(option, config)
                 : option->type == OPTION_LIST ? write_list(option, config)
                                               : option_value_text(option, config);
    if (option->spelling == NULL || option->spelling->write == NULL) {
        return text;
    }
    char *value = option->spelling->write(text);
    free(text);
    return value;
}

/* The policy's config as it is when nothing is said. Owned by the caller. */
static void *default_autoscaling(const PolicyKind *kind) {
    void *config = memory_new(1, kind->config_size);
    options_set_defaults(kind->options, config);
    kind->resolve(config);
    return config;
}

/* shown: even at its default. */
static void put_autoscaling(Line *line, const ScenarioFlag *flag, const PolicyKind *kind,
                            const void *config, bool shown) {
    if (option_find(kind->options, flag->option->name) != flag->option) {
        return; /* another policy's */
    }
    void *defaults = default_autoscaling(kind);
    char *value = flag_value(flag, config), *usual = flag_value(flag, defaults);
    const bool always = shown || flag->option->flag_always;
    if (*value != '\0' && (always || strcmp(value, usual) != 0)) {
        put_flag(line, flag->name, value);
    }
    options_clear(kind->options, defaults);
    free(defaults);
    free(value);
    free(usual);
}

static void put_deployment_flag(Line *line, const ScenarioFlag *flag,
                                const DeploymentConfig *deployment, bool shown, TextList *notes) {
    const OptionSpelling *spelling = flag->option->spelling;
    const char *unwritten = spelling != NULL ? spelling->unwritten : NULL;
    char *value = flag_value(flag, deployment);
    const char *usual = flag->option->default_text;
    const bool is_default = usual != NULL && strcmp(value, usual) == 0;
    if (unwritten != NULL && !is_default) {
        text_list_add(notes, memory_text(unwritten));
    } else if (unwritten == NULL && (shown || !is_default) && *value != '\0') {
        put_flag(line, flag->name, value);
    }
    free(value);
}

static char *model_name(const char *model) {
    return strchr(model, '/') != NULL ? memory_text(model)
                                      : memory_format("accounts/fireworks/models/%s", model);
}

char *firectl_command(const DeploymentConfig *deployment, const OverrideList *changes,
                      TextList *notes) {
    Line line = {.text = memory_text("firectl deployment create")};
    line.column = strlen(line.text);
    char *model = model_name(deployment->model);
    put(&line, text_shell_word(model));
    free(model);
    ScenarioFlag flag;
    for (size_t i = 0; scenario_flag(i, &flag); i++) {
        const bool shown = is_changed(changes, &flag, deployment->name);
        if (*flag.section != '\0') {
            put_autoscaling(&line, &flag, policies[deployment->policy], deployment->autoscaling,
                            shown);
        } else {
            put_deployment_flag(&line, &flag, deployment, shown, notes);
        }
    }
    if (preemptible_is_given(&deployment->preemptible)) {
        put(&line, memory_text("--preemptible"));
    }
    return line.text;
}

bool firectl_can_set(const char *path) {
    const char *below = below_deployment(path);
    if (below == NULL) {
        return false;
    }
    static const char section[] = "autoscaling.";
    const bool autoscaling = strncmp(below, section, strlen(section)) == 0;
    const char *name = autoscaling ? below + strlen(section) : below;
    ScenarioFlag flag;
    for (size_t i = 0; scenario_flag(i, &flag); i++) {
        if ((*flag.section != '\0') == autoscaling && leads_to(name, flag.option->name)) {
            return true;
        }
    }
    return !autoscaling && (strcmp(name, "model") == 0 || strcmp(name, "policy") == 0);
}

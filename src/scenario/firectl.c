// SPDX-License-Identifier: GPL-3.0-or-later
/* firectl's command line (docs.fireworks.ai/tools-sdks/firectl/commands/deployment-create and its
 * --help, mid-2026). A flag either sets an option (scenario/flags.h) or stands in the table below.
 */
#include "scenario/firectl.h"

#include "base/memory.h"
#include "base/shell_words.h"
#include "scenario/flags.h"

#include <stdlib.h>
#include <string.h>

typedef enum Effect {
    HAS_NO_EFFECT, /* on load, latency or cost */
    IS_NOT_SIMULATED
} Effect;

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
    {"preemptible", '\0', false, IS_NOT_SIMULATED},
    {"scaling-schedules", '\0', true, IS_NOT_SIMULATED},
};

enum { KNOWN_FLAGS = sizeof known_flags / sizeof known_flags[0] };

typedef struct Command {
    const char *const *words;
    size_t count;
    size_t at;
    const char *model;
    const char *deployment;
    OverrideList flags;
    FirectlNotes *notes;
    ErrorList *errors;
} Command;

static void refuse(Command *command, const char *place, const char *found, const char *expected,
                   const char *suggestion) {
    char *flag = place != NULL ? memory_format("--firectl: %s", place) : memory_text("--firectl");
    error_add(command->errors, &(Error){.file = "command line",
                                        .place = flag,
                                        .found = found,
                                        .expected = expected,
                                        .suggestion = suggestion});
    free(flag);
}

static void refuse_word(Command *command, const char *word, const char *expected) {
    char *found = memory_format("\"%s\"", word);
    refuse(command, NULL, found, expected, NULL);
    free(found);
}

static void add_note(Command *command, char *note) {
    FirectlNotes *notes = command->notes;
    notes->items =
        memory_grow(notes->items, notes->count, &notes->capacity, sizeof notes->items[0]);
    notes->items[notes->count++] = note;
}

/* Flags -------------------------------------------------------------------------------------- */

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

/* Of all flags: those that set options and those that do not. */
static const char *nearest_flag(const char *name) {
    const char *names[KNOWN_FLAGS + 1];
    size_t count = 0;
    for (size_t i = 0; i < KNOWN_FLAGS; i++) {
        names[count++] = known_flags[i].name;
    }
    const char *option = scenario_flag_nearest(name);
    if (option != NULL) {
        names[count++] = option;
    }
    return error_nearest(name, names, count);
}

static void refuse_flag(Command *command, const char *name) {
    const char *nearest = nearest_flag(name);
    char *place = memory_format("--%s", name);
    char *suggestion = nearest != NULL ? memory_format("--%s", nearest) : NULL;
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
    add_note(command,
             memory_format("--%s: %s", flag->name,
                           flag->effect == HAS_NO_EFFECT ? "does not matter to the simulation"
                                                         : "is not simulated"));
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
        add_note(command, memory_format("--%s: does not matter to the simulation", known->name));
    } else {
        read_known(command, known, word, NULL);
    }
}

/* Words -------------------------------------------------------------------------------------- */

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
        overrides_add(list, path, command->model, OVERRIDE_FIRECTL);
        free(path);
    }
    ScenarioFlag flag;
    for (size_t i = 0; scenario_flag(i, &flag); i++) {
        if (has_default(&flag)) {
            overrides_add_flag_default(list, command->deployment, &flag, OVERRIDE_FIRECTL);
        }
    }
    for (size_t i = 0; i < command->flags.count; i++) {
        const ScenarioOverride *override = &command->flags.items[i];
        overrides_add(list, override->path, override->value, override->flag);
    }
}

bool firectl_parse_words(const char *const words[], size_t count, const char *deployment,
                         OverrideList *list, FirectlNotes *notes, ErrorList *errors) {
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
            add_note(&command, memory_format("%s: the scenario's model stays", command.model));
        }
    }
    overrides_clear(&command.flags);
    return sound;
}

bool firectl_parse(const char *text, const char *deployment, OverrideList *list,
                   FirectlNotes *notes, ErrorList *errors) {
    ShellWords words = {0};
    const char *wrong = shell_words_split(text, &words);
    bool sound = wrong == NULL;
    if (sound) {
        sound = firectl_parse_words((const char *const *)words.items, words.count, deployment, list,
                                    notes, errors);
    } else {
        Command command = {.errors = errors};
        refuse_word(&command, text, wrong);
    }
    shell_words_clear(&words);
    return sound;
}

void firectl_notes_clear(FirectlNotes *notes) {
    for (size_t i = 0; i < notes->count; i++) {
        free(notes->items[i]);
    }
    free(notes->items);
    *notes = (FirectlNotes){0};
}

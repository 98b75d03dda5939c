// SPDX-License-Identifier: GPL-3.0-or-later
/* Policies that are programs: for each run one is started, and for each evaluation it is given the
 * observation as a line of JSON and answers with one, {"target": 3, "reason": "more"}. */
#include "policy/own.h"

#include "base/child.h"
#include "base/json.h"
#include "base/memory.h"
#include "engine/sim_time.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct CommandState {
    const OwnConfig *config;
    OwnMemory memory;
    Child child;
    Text line;
    char *options; /* {"threshold": 0.8}: of every line */
    const volatile sig_atomic_t *stop;
} CommandState;

/* How long it may take to end by itself when there is nothing more to ask. */
#define LAST_MOMENTS INT64_C(1000000000)

/* Questions ---------------------------------------------------------------------------------- */

static char *options_line(const OwnPolicy *own) {
    cJSON *object = json_object();
    for (size_t i = 0; i < own->option_count; i++) {
        json_add(object, own->options[i].name, own_option_json(&own->options[i]));
    }
    char *line = json_print_line(object);
    cJSON_Delete(object);
    return line;
}

static void add_number(Text *line, const char *key, double number) {
    char text[32];
    text_add(line, "\"");
    text_add(line, key);
    text_add(line, "\": ");
    text_add(line, isfinite(number) ? text_number(number, text) : "null");
}

static void add_replica(Text *line, const asim_replica *replica, sim_time now) {
    text_addf(line, "{\"" OWN_REPLICA_STATE "\": \"%s\"", policy_replica_states[replica->state]);
    for (const OwnReplicaKey *key = own_replica_keys; key->name != NULL; key++) {
        text_add(line, ", ");
        add_number(line, key->name, key->value(replica, now));
    }
    text_add(line, "}");
}

static void make_line(CommandState *self, const asim_observation *observation) {
    Text *line = &self->line;
    line->length = 0;
    text_add(line, "{");
    for (const OwnKey *key = own_keys; key->name != NULL; key++) {
        const double value = key->value(observation);
        text_add(line, key == own_keys ? "" : ", ");
        if (key->is_boolean) {
            text_addf(line, "\"%s\": %s", key->name, value != 0 ? "true" : "false");
        } else {
            add_number(line, key->name, value);
        }
    }
    text_add(line, ", \"" OWN_REPLICAS "\": [");
    for (size_t i = 0; i < observation->replica_count; i++) {
        text_add(line, i == 0 ? "" : ", ");
        add_replica(line, &observation->replicas[i], observation->time);
    }
    text_add(line, "], \"options\": ");
    text_add(line, self->options);
    text_add(line, "}\n");
}

/* Answers ------------------------------------------------------------------------------------ */

static const char answer_expected[] =
    "a line such as {\"target\": 3, \"reason\": \"more\"}: target, recommended, reason, terms";

static bool check_keys(CommandState *self, const cJSON *object, const char *const keys[]) {
    const cJSON *member;
    cJSON_ArrayForEach (member, object) {
        size_t i = 0;
        while (keys[i] != NULL && strcmp(keys[i], member->string) != 0) {
            i++;
        }
        if (keys[i] == NULL) {
            own_fail(&self->memory, answer_expected, "the key \"%s\"", member->string);
        }
    }
    return self->memory.failure.found == NULL;
}

static double number_member(CommandState *self, const cJSON *object, const char *key) {
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);
    if (cJSON_IsNumber(member)) {
        return member->valuedouble;
    }
    if (member != NULL && !cJSON_IsNull(member)) {
        char *found = json_found(member);
        own_fail(&self->memory, "a number", "%s: %s", key, found);
        free(found);
    }
    return NAN;
}

/* NULL: it is not there. */
static const char *text_member(CommandState *self, const cJSON *object, const char *key) {
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);
    if (cJSON_IsString(member)) {
        return member->valuestring;
    }
    if (member != NULL && !cJSON_IsNull(member)) {
        char *found = json_found(member);
        own_fail(&self->memory, "a text", "%s: %s", key, found);
        free(found);
    }
    return NULL;
}

static void take_terms(CommandState *self, const cJSON *terms, OwnAnswer *answer) {
    if (terms == NULL || cJSON_IsNull(terms)) {
        return;
    }
    if (!cJSON_IsArray(terms) || cJSON_GetArraySize(terms) > ASIM_DECISION_TERMS) {
        own_fail(&self->memory, "an array of at most 8 terms", "terms that are none");
        return;
    }
    const cJSON *term;
    cJSON_ArrayForEach (term, terms) {
        if (!cJSON_IsObject(term)) {
            own_fail(&self->memory, "terms of key, measured, target, wanted",
                     "a term that is none");
        }
        if (self->memory.failure.found != NULL || !check_keys(self, term, own_term_keys)) {
            return;
        }
        const char *key = text_member(self, term, "key");
        const int place = answer->term_count++;
        answer->terms[place] =
            (asim_decision_term){.key = key != NULL ? key : "",
                                 .measured = number_member(self, term, "measured"),
                                 .target = number_member(self, term, "target")};
        answer->wanted[place] = number_member(self, term, "wanted");
    }
}

/* A bare number is a target. */
static OwnAnswer answer_of(CommandState *self, const cJSON *root) {
    OwnAnswer answer = {.recommended = NAN};
    if (cJSON_IsNumber(root)) {
        answer.target = root->valuedouble;
        return answer;
    }
    if (!cJSON_IsObject(root)) {
        char *found = json_found(root);
        own_fail(&self->memory, answer_expected, "%s", found);
        free(found);
    } else if (check_keys(self, root, own_answer_keys)) {
        answer.target = number_member(self, root, "target");
        answer.recommended = number_member(self, root, "recommended");
        answer.reason = text_member(self, root, "reason");
        take_terms(self, cJSON_GetObjectItemCaseSensitive(root, "terms"), &answer);
    }
    return answer;
}

static void take_line(CommandState *self, TextSpan line, const asim_observation *observation,
                      asim_decision *decision) {
    ErrorList errors = {0};
    JsonTree tree = {0};
    const size_t length = (size_t)(line.end - line.start);
    char *text = memory_text_n(line.start, length);
    if (strlen(text) != length || !json_parse(&tree, text, length, NULL, &errors) ||
        errors.count > 0) {
        own_fail(&self->memory, answer_expected, "the line \"%s\"", text);
    } else {
        const OwnAnswer answer = answer_of(self, tree.root);
        own_decide(self->config, &self->memory, observation, &answer, decision);
    }
    free(text);
    json_clear(&tree);
    error_list_clear(&errors);
}

/* The policy --------------------------------------------------------------------------------- */

static void policy_command_init(void *opaque, const void *config, int initial_target) {
    CommandState *self = opaque;
    (void)initial_target;
    self->config = config;
    const OwnPolicy *own = self->config->own;
    self->options = options_line(own);
    char **words = memory_new(own->command.count + 1, sizeof *words);
    memcpy(words, own->command.items, own->command.count * sizeof *words);
    const int error = child_start(&self->child, words);
    if (error != 0) {
        own_fail(&self->memory, "a program that can be started", "%s: %s", words[0],
                 strerror(error));
    }
    free(words);
}

static void policy_command_watch(void *opaque, const volatile sig_atomic_t *stop) {
    ((CommandState *)opaque)->stop = stop;
}

static void fail_by(CommandState *self, ChildAnswer how) {
    static const char expected[] = "an answer, a line for each line, flushed";
    char text[SIM_TIME_TEXT];
    child_end(&self->child, how == CHILD_ENDED ? LAST_MOMENTS : 0);
    if (how == CHILD_ENDED) {
        char *words = child_last_words(&self->child);
        own_fail(&self->memory, expected, "%s", words);
        free(words);
    } else if (how == CHILD_SILENT) {
        own_fail(&self->memory, expected, "no answer within %s (timeout)",
                 sim_time_format(self->config->timeout, text));
    } else if (how == CHILD_TOO_LONG) {
        own_fail(&self->memory, expected, "a line of more than %d bytes", CHILD_LINE_MOST);
    } else {
        own_fail(&self->memory, expected, "the run was stopped");
    }
}

static void policy_command_decide(void *opaque, const asim_observation *observation,
                                  asim_decision *decision) {
    CommandState *self = opaque;
    *decision = own_keep(self->config, observation);
    if (self->memory.failure.found != NULL) {
        return;
    }
    const asim_observation seen = own_observe(&self->memory, observation);
    make_line(self, &seen);
    TextSpan answer;
    const ChildAnswer how = child_ask(&self->child, self->line.text, self->line.length,
                                      self->config->timeout, self->stop, &answer);
    if (how == CHILD_ANSWERED) {
        take_line(self, answer, &seen, decision);
    } else {
        fail_by(self, how);
    }
}

static void policy_command_clear(void *opaque) {
    CommandState *self = opaque;
    child_end(&self->child, self->memory.failure.found == NULL ? LAST_MOMENTS : 0);
    child_clear(&self->child);
    free(self->options);
    text_clear(&self->line);
    own_memory_clear(&self->memory);
}

static bool policy_command_failure(const void *opaque, asim_policy_failure *failure) {
    return own_has_failed(&((const CommandState *)opaque)->memory, failure);
}

static const asim_policy command_policy = {
    .name = "command",
    .state_size = sizeof(CommandState),
    .init = policy_command_init,
    .decide = policy_command_decide,
    .clear = policy_command_clear,
    .reasons = own_reasons,
    .failure = policy_command_failure,
};

const PolicyKind command_kind = {
    .policy = &command_policy,
    .source = "a program of one's own",
    .options = own_command_options,
    .watch = policy_command_watch,
    OWN_KIND,
};

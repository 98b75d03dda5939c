// SPDX-License-Identifier: GPL-3.0-or-later
/* What policies of one's own share. */
#include "policy/own.h"

#include "base/assertion.h"
#include "base/json.h"
#include "base/memory.h"
#include "engine/sim_time.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* As written ----------------------------------------------------------------------------------- */

struct OwnWords {
    pthread_mutex_t mutex;
    TextList list;
};

OwnPolicy *own_policy_create(const PolicyKind *kind) {
    OwnPolicy *self = memory_new(1, sizeof *self);
    self->kind = kind;
    self->words = memory_new(1, sizeof *self->words);
    pthread_mutex_init(&self->words->mutex, NULL);
    return self;
}

void own_policy_destroy(OwnPolicy *self) {
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->option_count; i++) {
        free((char *)self->options[i].name);
        free((char *)self->options[i].text);
    }
    free(self->options);
    free(self->file);
    free(self->script);
    text_list_clear(&self->command);
    text_list_clear(&self->files);
    text_list_clear(&self->words->list);
    pthread_mutex_destroy(&self->words->mutex);
    free(self->words);
    free(self);
}

void own_policy_add(OwnPolicy *self, asim_policy_option option) {
    self->options =
        memory_grow(self->options, self->option_count, &self->option_room, sizeof *self->options);
    option.name = memory_text(option.name);
    option.text = memory_text(option.text);
    self->options[self->option_count++] = option;
}

const asim_policy_option *own_policy_option(const OwnPolicy *self, const char *name) {
    for (size_t i = 0; i < self->option_count; i++) {
        if (strcmp(self->options[i].name, name) == 0) {
            return &self->options[i];
        }
    }
    return NULL;
}

cJSON *own_option_json(const asim_policy_option *option) {
    switch (option->type) {
    case ASIM_OPTION_BOOLEAN: return json_boolean(option->number != 0);
    case ASIM_OPTION_TEXT: return json_text(option->text);
    case ASIM_OPTION_NUMBER: break;
    }
    return json_number(option->number);
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

char *own_policy_title(const OwnPolicy *self) {
    Text title = {0};
    text_add(&title, self->kind->policy->name);
    for (size_t i = 0; i < self->command.count; i++) {
        text_addf(&title, " %s", base_name(self->command.items[i]));
    }
    if (self->file != NULL) {
        text_addf(&title, " %s", base_name(self->file));
    }
    char *line = text_line(title.text);
    text_clear(&title);
    return line;
}

/* Options --------------------------------------------------------------------------------------
 */

#define ROW(member, type) OPTION_ROW(OwnConfig, member, type, OURS)
/* clang-format off */
#define OPTIONS                                                                                    \
    {ROW(min_replica_count, INTEGER), .maximum = POLICY_REPLICAS_MOST, .default_text = "1",        \
     .help = "fewest replicas, whatever the policy answers; 0 allows scaling to zero"},            \
    {ROW(max_replica_count, INTEGER), .maximum = POLICY_REPLICAS_MOST, .default_text = "100000",   \
     .help = "most replicas, whatever the policy answers"},                                        \
    {ROW(evaluation_interval, DURATION), .minimum = 0.1, .maximum = 3600, .default_text = "5s",    \
     .help = "time between two evaluations"},                                                      \
    {ROW(rate_window, DURATION), .minimum = 1, .maximum = 3600, .default_text = "60s",             \
     .help = "span over which requests and tokens per second are measured"},                       \
    {ROW(load_signal, CHOICE), .default_text = "max", .choices = policies_load_signals,            \
     .help = "load of a replica: share of its batch slots, of its KV cache, the larger of the "    \
             "two, or of time busy"}
const Option own_options[] = {OPTIONS, OPTION_END};
const Option own_command_options[] = {
    OPTIONS,
    {ROW(timeout, DURATION), .minimum = 0.01, .maximum = 3600, .default_text = "10s",
     .help = "how long an answer may take, in real time"},
    OPTION_END};
/* clang-format on */
#undef ROW

void own_check(const void *opaque, const Error *where, ErrorList *errors) {
    const OwnConfig *config = opaque;
    if (config->min_replica_count > config->max_replica_count) {
        char *found = memory_format("%lld", (long long)config->max_replica_count);
        char *expected =
            memory_format("at least min_replica_count, %lld", (long long)config->min_replica_count);
        error_add_at(where, "max_replica_count", found, expected, errors);
        free(found);
        free(expected);
    }
}

int own_initial_target(const void *config) {
    return (int)((const OwnConfig *)config)->min_replica_count;
}

int64_t own_most_target(const void *config) {
    return ((const OwnConfig *)config)->max_replica_count;
}

PolicyMeasurement own_measurement(const void *opaque) {
    const OwnConfig *config = opaque;
    return (PolicyMeasurement){.evaluation_interval = config->evaluation_interval,
                               .rate_window = config->rate_window,
                               .load_signal = (PolicyLoadSignal)config->load_signal};
}

void own_configure(void *state, const void *config) {
    *(const OwnConfig **)state = config;
}

/* What it is told ------------------------------------------------------------------------------
 */

static double seen_time(const asim_observation *observation) {
    return sim_time_to_seconds(observation->time);
}
static double seen_current(const asim_observation *observation) {
    return observation->target;
}
static double seen_running(const asim_observation *observation) {
    return observation->serving;
}
static double seen_booting(const asim_observation *observation) {
    return observation->booting;
}
static double seen_at_zero(const asim_observation *observation) {
    return observation->request_at_zero;
}
static double seen_load(const asim_observation *observation) {
    return observation->signals[ASIM_SIGNAL_LOAD];
}
static double seen_concurrent(const asim_observation *observation) {
    return observation->signals[ASIM_SIGNAL_CONCURRENT_REQUESTS];
}
static double seen_rate(const asim_observation *observation) {
    return observation->signals[ASIM_SIGNAL_REQUESTS_PER_SECOND];
}
static double seen_prompt(const asim_observation *observation) {
    return observation->signals[ASIM_SIGNAL_PROMPT_TOKENS_PER_SECOND];
}
static double seen_generated(const asim_observation *observation) {
    return observation->signals[ASIM_SIGNAL_GENERATED_TOKENS_PER_SECOND];
}
static double seen_requests(const asim_observation *observation) {
    return (double)observation->requests;
}
static double seen_waiting(const asim_observation *observation) {
    return observation->waiting;
}
static double seen_idle(const asim_observation *observation) {
    return observation->idle_since == SIM_TIME_NEVER
               ? NAN
               : sim_time_to_seconds(observation->time - observation->idle_since);
}

/* clang-format off */
const OwnKey own_keys[] = {
    {"time_s", false, seen_time},
    {"current", false, seen_current},
    {"running", false, seen_running},
    {"booting", false, seen_booting},
    {"request_at_zero", true, seen_at_zero},
    {"load", false, seen_load},
    {"concurrent_requests", false, seen_concurrent},
    {"requests_per_second", false, seen_rate},
    {"prompt_tokens_per_second", false, seen_prompt},
    {"tokens_generated_per_second", false, seen_generated},
    {"idle_s", false, seen_idle},
    {"requests", false, seen_requests},
    {"waiting", false, seen_waiting},
    {NULL, false, NULL},
};
/* clang-format on */

static double replica_age(const asim_replica *replica, sim_time now) {
    return sim_time_to_seconds(now - replica->since);
}
static double replica_running(const asim_replica *replica, sim_time now) {
    (void)now;
    return replica->running;
}
static double replica_queued(const asim_replica *replica, sim_time now) {
    (void)now;
    return replica->queued;
}
static double replica_busy(const asim_replica *replica, sim_time now) {
    (void)now;
    return replica->busy;
}
static double replica_kv(const asim_replica *replica, sim_time now) {
    (void)now;
    return (double)replica->kv_tokens;
}
static double replica_kv_capacity(const asim_replica *replica, sim_time now) {
    (void)now;
    return (double)replica->kv_tokens_capacity;
}
static double replica_prompts(const asim_replica *replica, sim_time now) {
    (void)now;
    return (double)replica->prompt_tokens_queued;
}

const OwnReplicaKey own_replica_keys[] = {
    {"age_s", replica_age},
    {"running", replica_running},
    {"queued", replica_queued},
    {"busy", replica_busy},
    {"kv_tokens", replica_kv},
    {"kv_tokens_capacity", replica_kv_capacity},
    {"prompt_tokens_queued", replica_prompts},
    {NULL, NULL},
};

/* Observations of others -----------------------------------------------------------------------
 */

/* clang-format off */
#define ROW(member, type) OPTION_ROW(OwnInputReplica, member, type, OURS)
#define COUNT .maximum = 1e15, .default_text = "0"
const Option own_input_replica_options[] = {
    {ROW(state, CHOICE), .default_text = "serving", .choices = policy_replica_states, .help = "in its life"},
    {ROW(age_s, NUMBER), .maximum = 9e9, .default_text = "0", .help = "since it was asked for; of one that serves or drains: since it began to serve"},
    {ROW(running, INTEGER), .maximum = UINT32_MAX, .default_text = "0", .help = "requests in its batch"},
    {ROW(queued, INTEGER), .maximum = UINT32_MAX, .default_text = "0", .help = "requests that wait for a place in it"},
    {ROW(busy, NUMBER), .maximum = 1, .default_text = "0", .help = "share of the time since the last observation that it computed"},
    {ROW(kv_tokens, INTEGER), COUNT, .help = "tokens held by the batch"},
    {ROW(kv_tokens_capacity, INTEGER), COUNT, .help = "tokens that it can hold"},
    {ROW(prompt_tokens_queued, INTEGER), COUNT, .help = "of the requests that wait"},
    OPTION_END};
#undef ROW
#define ROW(member, type) OPTION_ROW(OwnInput, member, type, OURS)
#define SIGNAL(key, index, words)                                                                  \
    {.name = key, .type = OPTION_NUMBER, .offset = offsetof(OwnInput, signals[index]),             \
     .maximum = OPTION_NO_LIMIT, .help = words}
const Option own_inputs[] = {
    {ROW(booting, INTEGER), .maximum = 1e6, .help = "replicas on their way to serving; by default what running is short of current"},
    {ROW(request_at_zero, BOOLEAN), .default_text = "false", .help = "no evaluation: a request has found no serving replica and a target of 0"},
    SIGNAL("load", ASIM_SIGNAL_LOAD, "sum of the replicas' loads, 1 = one full replica: mean since the last evaluation"),
    SIGNAL("concurrent_requests", ASIM_SIGNAL_CONCURRENT_REQUESTS, "requests held, running and queued, by all replicas: mean since the last evaluation"),
    SIGNAL("requests_per_second", ASIM_SIGNAL_REQUESTS_PER_SECOND, "requests handed to replicas, over rate_window"),
    SIGNAL("prompt_tokens_per_second", ASIM_SIGNAL_PROMPT_TOKENS_PER_SECOND, "prompt tokens of all replicas, over rate_window"),
    SIGNAL("tokens_generated_per_second", ASIM_SIGNAL_GENERATED_TOKENS_PER_SECOND, "output tokens of all replicas, over rate_window"),
    {ROW(idle_s, NUMBER), .maximum = 9e9, .help = "how long nothing has been asked; not there while requests are held or no replica serves"},
    {ROW(requests, INTEGER), COUNT, .help = "sent to the deployment so far, retries too"},
    {ROW(waiting, INTEGER), .maximum = UINT32_MAX, .default_text = "0", .help = "requests that found no serving replica: held for one, or refused since nothing serves"},
    {ROW(replicas, LIST), .group = own_input_replica_options, .item_size = sizeof(OwnInputReplica), .help = "each replica"},
    OPTION_END};
#undef ROW
/* clang-format on */

const char *own_take(const void *opaque, asim_observation *observation) {
    const OwnInput *input = opaque;
    memcpy(observation->signals, input->signals, sizeof observation->signals);
    observation->request_at_zero = input->request_at_zero;
    observation->requests = (uint64_t)input->requests;
    observation->waiting = (uint32_t)input->waiting;
    if (!isnan(input->idle_s)) {
        observation->idle_since = observation->time - sim_time_from_seconds(input->idle_s);
    }
    observation->seen = input;
    return NULL;
}

static asim_replica replica_of(const OwnInputReplica *written, sim_time now) {
    return (asim_replica){
        .state = (asim_replica_state)written->state,
        .since = now - sim_time_from_seconds(written->age_s),
        .running = (uint32_t)written->running,
        .queued = (uint32_t)written->queued,
        .busy = written->busy,
        .kv_tokens = (uint64_t)written->kv_tokens,
        .kv_tokens_capacity = (uint64_t)written->kv_tokens_capacity,
        .prompt_tokens_queued = (uint64_t)written->prompt_tokens_queued,
    };
}

asim_observation own_observe(OwnMemory *memory, const asim_observation *observation) {
    asim_observation seen = *observation;
    const OwnInput *input = observation->seen;
    if (input == NULL) {
        return seen;
    }
    const size_t count = input->replicas.count;
    const OwnInputReplica *written = input->replicas.items;
    memory->replicas = memory_resize(memory->replicas, count + 1, sizeof *memory->replicas);
    for (size_t i = 0; i < count; i++) {
        memory->replicas[i] = replica_of(&written[i], observation->time);
    }
    seen.booting = input->booting != OPTION_ABSENT_INTEGER ? (int)input->booting : seen.booting;
    seen.replicas = memory->replicas;
    seen.replica_count = count;
    seen.seen = NULL;
    return seen;
}

void own_memory_clear(OwnMemory *memory) {
    free(memory->words);
    free(memory->replicas);
    free(memory->failure.found);
    *memory = (OwnMemory){0};
}

/* What it answers ------------------------------------------------------------------------------
 */

const char *const own_answer_keys[] = {"target", "recommended", "reason", "terms", NULL};
const char *const own_term_keys[] = {"key", "measured", "target", "wanted", NULL};

const asim_word own_reasons[] = {
    {"up", "the policy asks for more replicas"},
    {"down", "the policy asks for fewer replicas"},
    {"hold", "the policy keeps the target"},
    {"failed", "the policy could not decide"},
    {NULL, NULL},
};

void own_fail(OwnMemory *memory, const char *expected, const char *format, ...) {
    if (memory->failure.found != NULL) {
        return;
    }
    Text text = {0};
    va_list arguments;
    va_start(arguments, format);
    text_add_arguments(&text, format, arguments);
    va_end(arguments);
    memory->failure.found = text_take(&text);
    memory->failure.expected = expected;
}

bool own_has_failed(const OwnMemory *memory, asim_policy_failure *told) {
    if (memory->failure.found == NULL) {
        return false;
    }
    *told = (asim_policy_failure){.file = memory->failure.file,
                                  .line = memory->failure.line,
                                  .found = memory->failure.found,
                                  .expected = memory->failure.expected};
    return true;
}

bool own_is_count(double replicas) {
    return replicas >= 0 && replicas <= POLICY_REPLICAS_MOST && floor(replicas) == replicas;
}

#define WORD_MOST 60
#define WORDS_MOST 1000

static bool is_word(const char *word) {
    const size_t length = strlen(word);
    return length > 0 && length <= WORD_MOST &&
           strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
               length;
}

static const char *lasting_word(OwnWords *words, const char *word) {
    pthread_mutex_lock(&words->mutex);
    const size_t place = text_list_place(&words->list, word);
    const char *lasting = words->list.items[place];
    pthread_mutex_unlock(&words->mutex);
    return lasting;
}

const char *own_word(const OwnPolicy *own, OwnMemory *memory, const char *word) {
    for (size_t i = 0; word != NULL && i < memory->word_count; i++) {
        if (strcmp(memory->words[i], word) == 0) {
            return memory->words[i];
        }
    }
    if (word == NULL || !is_word(word)) {
        own_fail(memory, "1 to 60 letters, digits, _ and -, such as scale_up",
                 word != NULL ? "the reason or key \"%s\"" : "no reason or key%s",
                 word != NULL ? word : "");
        return NULL;
    }
    if (memory->word_count == WORDS_MOST) {
        own_fail(memory, "few reasons and keys: figures go into terms",
                 "more than %d different words", WORDS_MOST);
        return NULL;
    }
    memory->words =
        memory_grow(memory->words, memory->word_count, &memory->word_room, sizeof *memory->words);
    return memory->words[memory->word_count++] = lasting_word(own->words, word);
}

static const char count_expected[] = "a whole number of replicas from 0 to 100000";

static void check_count(OwnMemory *memory, const char *key, double replicas) {
    if (!own_is_count(replicas)) {
        char text[32];
        own_fail(memory, count_expected, "%s %s", key, text_number(replicas, text));
    }
}

static void take_terms(const OwnPolicy *own, OwnMemory *memory, const OwnAnswer *answer,
                       asim_decision *decision) {
    for (int i = 0; i < answer->term_count && memory->failure.found == NULL; i++) {
        asim_decision_term term = answer->terms[i];
        check_count(memory, "of a term, wanted", answer->wanted[i]);
        if (!isfinite(term.measured) || !isfinite(term.target)) {
            own_fail(memory, "numbers", "a term whose measured or target is none");
        }
        term.key = own_word(own, memory, term.key);
        term.wanted = policy_count(answer->wanted[i]);
        policy_add_term(decision, term);
    }
}

asim_decision own_keep(const OwnConfig *config, const asim_observation *observation) {
    asim_decision decision =
        policy_keep(observation, config->min_replica_count, config->max_replica_count);
    decision.reason = "failed";
    return decision;
}

const char *own_usual_reason(const asim_observation *observation, const asim_decision *decision) {
    return decision->target > observation->target   ? "up"
           : decision->target < observation->target ? "down"
                                                    : "hold";
}

void own_limit(const OwnConfig *config, asim_decision *decision) {
    const int target = decision->target;
    decision->target = policy_within(target, config->min_replica_count, config->max_replica_count);
    if (decision->target != target) {
        decision->limited_by =
            decision->target > target ? "min_replica_count" : "max_replica_count";
    }
    asim_assert(decision->target >= 0);
    asim_assert(decision->target <= POLICY_REPLICAS_MOST);
}

void own_decide(const OwnConfig *config, OwnMemory *memory, const asim_observation *observation,
                const OwnAnswer *answer, asim_decision *decision) {
    *decision = own_keep(config, observation);
    check_count(memory, "target", answer->target);
    if (!isnan(answer->recommended)) {
        check_count(memory, "recommended", answer->recommended);
    }
    take_terms(config->own, memory, answer, decision);
    const char *reason =
        answer->reason != NULL ? own_word(config->own, memory, answer->reason) : NULL;
    if (memory->failure.found != NULL) {
        *decision = own_keep(config, observation);
        return;
    }
    decision->target = (int)answer->target;
    decision->recommended =
        isnan(answer->recommended) ? decision->target : (int)answer->recommended;
    own_limit(config, decision);
    decision->window_target = decision->target;
    decision->reason = reason != NULL ? reason : own_usual_reason(observation, decision);
}

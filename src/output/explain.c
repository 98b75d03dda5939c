// SPDX-License-Identifier: GPL-3.0-or-later
/* What is told, and in which order. Every subject needs the log; a story has a summary beside it, a
 * request what was refused of it, an instant the evaluation before it and the first news after. */
#include "output/explain.h"

#include "base/json.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "figures/names.h"
#include "figures/summary.h"
#include "policy/policies.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"

#include <stdlib.h>
#include <string.h>

/* Of one deployment, about an instant. */
typedef struct Moment {
    bool has_evaluation; /* the last one at or before the instant */
    ExplainDecision evaluation;
    bool has_next; /* the first decision after it that holds for another reason, or changes */
    sim_time next_time;
    asim_decision next;
} Moment;

struct Explanation {
    const Scenario *scenario;
    ExplainQuestion question;
    ExplainLog log;
    asim_observer observers[2];
    const asim_observer *list[2];
    Summary *summary;

    bool has_request;
    asim_request request;
    asim_refusal *refusals; /* of the request's sends, in order */
    size_t refusal_count, refusal_room;
    asim_preemption *preemptions; /* likewise */
    size_t preemption_count, preemption_room;

    Moment *moments; /* by deployment */

    Teller teller;
    cJSON *document, *entries; /* where it is told, with entries in it; NULL: to a stream */
};

static void begin_telling(Explanation *explanation, FILE *stream, int label_width) {
    teller_init(&explanation->teller, stream, &explanation->log, label_width);
    explanation->teller.entries = explanation->entries;
}

/* Gathering ---------------------------------------------------------------------------------- */

static void request_ended(void *self, const asim_request *request) {
    Explanation *explanation = self;
    if (request->id == explanation->question.request) {
        explanation->request = *request;
        explanation->has_request = true;
    }
}

static void send_refused(void *self, const asim_refusal *refusal) {
    Explanation *explanation = self;
    if (refusal->request == explanation->question.request) {
        explanation->refusals = memory_grow(explanation->refusals, explanation->refusal_count,
                                            &explanation->refusal_room, sizeof(asim_refusal));
        explanation->refusals[explanation->refusal_count++] = *refusal;
    }
}

static void request_preempted(void *self, const asim_preemption *preemption) {
    Explanation *explanation = self;
    if (preemption->request == explanation->question.request) {
        explanation->preemptions =
            memory_grow(explanation->preemptions, explanation->preemption_count,
                        &explanation->preemption_room, sizeof(asim_preemption));
        explanation->preemptions[explanation->preemption_count++] = *preemption;
    }
}

static bool is_news(const Moment *moment, const asim_decision_taken *taken) {
    const asim_decision *before = &moment->evaluation.decision;
    return taken->decision->target != taken->from || !moment->has_evaluation ||
           strcmp(taken->decision->reason, before->reason) != 0 ||
           taken->decision->window_since != before->window_since;
}

static void decision_taken(void *self, const asim_decision_taken *taken) {
    Explanation *explanation = self;
    Moment *moment = &explanation->moments[taken->deployment];
    if (taken->time <= explanation->question.to) {
        if (taken->at_evaluation) {
            moment->has_evaluation = true;
            explain_keep(&moment->evaluation, taken);
        }
    } else if (!moment->has_next && is_news(moment, taken)) {
        moment->has_next = true;
        moment->next_time = taken->time;
        moment->next = *taken->decision;
    }
}

static asim_observer observer_of(Explanation *explanation) {
    switch (explanation->question.subject) {
    case EXPLAIN_REQUEST:
        return (asim_observer){.self = explanation,
                               .request_ended = request_ended,
                               .send_refused = send_refused,
                               .request_preempted = request_preempted};
    case EXPLAIN_WHY_NOT:
        return (asim_observer){.self = explanation, .decision_taken = decision_taken};
    case EXPLAIN_STORY: break;
    }
    return summary_observer(explanation->summary);
}

Explanation *explain_create(const Scenario *scenario, const ExplainQuestion *question) {
    Explanation *explanation = memory_new(1, sizeof *explanation);
    const bool is_story = question->subject == EXPLAIN_STORY;
    explanation->scenario = scenario;
    explanation->question = *question;
    explanation->summary = summary_create(scenario);
    explanation->moments = memory_new(scenario->deployment_count, sizeof *explanation->moments);
    explain_log_init(&explanation->log, scenario, is_story ? question->from : 0,
                     is_story ? question->to : SIM_TIME_NEVER);
    explanation->observers[0] = explain_log_observer(&explanation->log);
    explanation->observers[1] = observer_of(explanation);
    explanation->list[0] = &explanation->observers[0];
    explanation->list[1] = &explanation->observers[1];
    return explanation;
}

void explain_destroy(Explanation *explanation) {
    if (explanation == NULL) {
        return;
    }
    explain_log_clear(&explanation->log);
    summary_destroy(explanation->summary);
    free(explanation->refusals);
    free(explanation->preemptions);
    free(explanation->moments);
    free(explanation);
}

size_t explain_observers(const Explanation *explanation, const asim_observer *const **observers) {
    *observers = explanation->list;
    return sizeof explanation->list / sizeof *explanation->list;
}

/* The story ---------------------------------------------------------------------------------- */

/* The deployments that are told of: whose `before` (its name, when there are several) is there. */
typedef struct Story {
    Explanation *explanation;
    Teller *teller;
    char **before;
    Stretch *preceding; /* by deployment: the stretch told last */
} Story;

static void name_deployments(Story *story) {
    const Scenario *scenario = story->explanation->scenario;
    const size_t count = scenario->deployment_count;
    const size_t asked = story->explanation->question.deployment;
    int widest = 0;
    story->before = memory_new(count, sizeof *story->before);
    story->preceding = memory_new(count, sizeof *story->preceding);
    for (size_t i = 0; i < count; i++) {
        const int length = (int)strlen(scenario->deployments[i].name);
        widest = length > widest ? length : widest;
        story->preceding[i] = (Stretch){.ttft_p95 = STRETCH_NONE, .e2e_p95 = STRETCH_NONE};
    }
    for (size_t i = 0; i < count; i++) {
        if (asked == i || (asked == EXPLAIN_ALL && count == 1)) {
            story->before[i] = memory_text("");
        } else if (asked == EXPLAIN_ALL) {
            story->before[i] = memory_format("%-*s  ", widest, scenario->deployments[i].name);
        }
    }
}

/* Labels are as wide as the widest instant. */
static int label_width(const Story *story) {
    const ExplainLog *log = &story->explanation->log;
    const DayClock day_clock = day_clock_of(log->scenario->start_epoch_s);
    char text[HUMAN_TEXT];
    size_t widest = 0;
    for (size_t i = log->first; i < log->entry_count; i++) {
        const ExplainEntry *entry = log->entries[i];
        const size_t length = strlen(day_clock_text(&day_clock, entry->time, text));
        widest = story->before[entry->deployment] && length > widest ? length : widest;
    }
    return (int)widest + 2;
}

static void print_head(const Story *story, FILE *stream, const DeploymentConfig *config) {
    if (stream != NULL) {
        fprintf(stream, "%s: %s on %lld x %s\n", config->name, config->model,
                (long long)config->accelerator_count, config->accelerator);
        return;
    }
    cJSON *head = json_object();
    json_add(head, "name", json_text(config->name));
    json_add(head, "model", json_text(config->model));
    json_add(head, "accelerator", json_text(config->accelerator));
    json_add(head, "accelerator_count", json_number((double)config->accelerator_count));
    json_append(cJSON_GetObjectItem(story->explanation->document, "deployments"), head);
}

static void print_heads(const Story *story, FILE *stream) {
    enum { HEAD_LABEL = 10 };
    const Scenario *scenario = story->explanation->scenario;
    char start[SIM_TIME_TEXT];
    if (stream != NULL) {
        fprintf(stream, "%s, told in order; it begins at %s\n\n",
                scenario->name ? scenario->name : "the run",
                sim_time_format_calendar(scenario->start_epoch_s, start));
    } else {
        json_add(story->explanation->document, "deployments", json_array());
    }
    begin_telling(story->explanation, stream, HEAD_LABEL);
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        if (story->before[i]) {
            print_head(story, stream, &scenario->deployments[i]);
            teller_turn_to(story->teller, i, "  ");
            teller_print_head(story->teller);
            teller_end(story->teller);
            if (stream != NULL) {
                fputc('\n', stream);
            }
        }
    }
    teller_clear(story->teller);
}

static cJSON *json_latency(sim_time latency) {
    return latency == STRETCH_NONE || latency == SIM_TIME_NEVER
               ? json_null()
               : json_number(sim_time_to_seconds(latency));
}

static cJSON *stretch_json(const Stretch *stretch) {
    cJSON *row = json_object();
    json_add(row, "from_s", json_number(sim_time_to_seconds(stretch->from)));
    json_add(row, "to_s", json_number(sim_time_to_seconds(stretch->to)));
    json_add(row, "serving", json_number(stretch->serving));
    json_add(row, "booting", json_number(stretch->booting));
    for (size_t i = 0; i < ASIM_OUTCOME_COUNT; i++) {
        json_add(row, names_of_outcomes[i], json_number((double)stretch->outcomes[i]));
    }
    json_add(row, "ttft_p95_s", json_latency(stretch->ttft_p95));
    json_add(row, "e2e_p95_s", json_latency(stretch->e2e_p95));
    json_add(row, "queued_most", json_number(stretch->queued_most));
    json_add(row, "waiting_at_zero_most", json_number(stretch->waiting_most));
    return row;
}

/* The figures of what was told last. */
static void add_figures(cJSON *told, const ExplainEntry *entry) {
    static const char *const kinds[] = {
        [EXPLAIN_BEGIN] = "begin", [EXPLAIN_DECISION] = "decision", [EXPLAIN_DELETION] = "deletion",
        [EXPLAIN_QUOTA] = "quota", [EXPLAIN_LOSS] = "loss",         [EXPLAIN_RESUME] = "resume"};
    const bool decided = entry->kind == EXPLAIN_DECISION || entry->kind == EXPLAIN_DELETION;
    cJSON *stretches = json_array();
    json_add(told, "kind", json_text(kinds[entry->kind]));
    json_add(told, "reason", json_text(decided ? entry->why.decision.reason : NULL));
    json_add(told, "target_before", decided ? json_number(entry->why.taken.from) : json_null());
    json_add(told, "target", json_number(entry->target));
    json_add(told, "serving", json_number(entry->serving));
    json_add(told, "booting", json_number(entry->booting));
    json_add(told, "draining", json_number(entry->draining));
    for (size_t i = 0; i < entry->stretch_count; i++) {
        json_append(stretches, stretch_json(&entry->stretches[i]));
    }
    json_add(told, "stretches", stretches);
}

static void print_entry(const Story *story, const ExplainEntry *entry) {
    Teller *teller = story->teller;
    Stretch *preceding = &story->preceding[entry->deployment];
    teller_turn_to(teller, entry->deployment, story->before[entry->deployment]);
    teller_at(teller, entry->time);
    teller_begin(teller, teller_clock(teller, entry->time));
    teller_say_entry(teller, entry);
    teller_print_replicas(teller, entry);
    for (size_t i = 0; i < entry->stretch_count; i++) {
        const Stretch *stretch = &entry->stretches[i];
        if (stretch->to > stretch->from) {
            teller_begin(teller, "");
            teller_say_stretch(teller, stretch, preceding, entry->booted && i == 0);
        }
        if (stretch->ttft_p95 != STRETCH_NONE) {
            *preceding = *stretch;
        }
    }
    if (teller->entries != NULL) {
        teller_end(teller);
        add_figures(cJSON_GetArrayItem(teller->entries, cJSON_GetArraySize(teller->entries) - 1),
                    entry);
    }
}

/* False if it was stopped. */
static bool print_story(FILE *stream, Explanation *explanation) {
    Story story = {.explanation = explanation, .teller = &explanation->teller};
    const ExplainLog *log = &explanation->log;
    const volatile sig_atomic_t *stop = explanation->question.stop;
    const size_t deployments = explanation->scenario->deployment_count;
    bool stopped = false;
    name_deployments(&story);
    print_heads(&story, stream);
    begin_telling(explanation, stream, label_width(&story));
    for (size_t i = log->first; i < log->entry_count && !stopped; i++) {
        if (story.before[log->entries[i]->deployment]) {
            print_entry(&story, log->entries[i]);
        }
        stopped = (stop != NULL && *stop) || (stream != NULL && ferror(stream));
    }
    for (size_t i = 0; i < deployments; i++) {
        if (!stopped && story.before[i]) {
            teller_turn_to(story.teller, i, story.before[i]);
            teller_at(story.teller, SIM_TIME_NEVER);
            teller_begin(story.teller, "end");
            teller_say_end(story.teller, explanation->summary, i);
        }
    }
    teller_clear(story.teller);
    for (size_t i = 0; i < deployments; i++) {
        free(story.before[i]);
    }
    free(story.before);
    free(story.preceding);
    return stop == NULL || !*stop;
}

/* A request: a list of moments, each a paragraph --------------------------------------------- */

/* "00:01:05.000  +5.00 s": to the millisecond, and since the first send. */
static void begin_moment(Explanation *explanation, sim_time time) {
    Teller *teller = &explanation->teller;
    char label[3 * HUMAN_TEXT], milliseconds[8] = "";
    const char *clock = teller_clock(teller, time);
    if (strchr(clock, '.') == NULL) {
        snprintf(milliseconds, sizeof milliseconds, ".%03d",
                 (int)(time % SIM_TIME_SECOND / SIM_TIME_MILLISECOND));
    }
    snprintf(label, sizeof label, "%.40s%s  +%.40s", clock, milliseconds,
             teller_span(teller, time - explanation->request.first_send));
    teller_at(teller, time);
    teller_begin(teller, label);
}

/* The decision that a send at that instant brought about; NULL: none. */
static const ExplainEntry *woken_by(const Explanation *explanation, sim_time sent) {
    const ExplainLog *log = &explanation->log;
    for (size_t i = 0; i < log->entry_count; i++) {
        const ExplainEntry *entry = log->entries[i];
        if (entry->why.taken.request == explanation->request.id && entry->time == sent) {
            return entry;
        }
    }
    return NULL;
}

/* The replica that is next to serve, from `from` on and before `to`; NULL: none. */
static const ExplainReplica *next_to_serve(const ExplainDeployment *deployment, sim_time from,
                                           sim_time to) {
    const ExplainReplica *next = NULL;
    for (size_t i = 0; i < deployment->replica_count; i++) {
        const ExplainReplica *replica = &deployment->replicas[i];
        const sim_time served = replica->entered[ASIM_REPLICA_SERVING];
        if (!replica->is_warm && served >= from && served < to &&
            (!next || served < next->entered[ASIM_REPLICA_SERVING])) {
            next = replica;
        }
    }
    return next;
}

static void print_serving(Explanation *explanation, sim_time from, sim_time to) {
    Teller *teller = &explanation->teller;
    const ExplainReplica *replica;
    while ((replica = next_to_serve(teller->deployment, from, to)) != NULL) {
        const sim_time served = replica->entered[ASIM_REPLICA_SERVING];
        begin_moment(explanation, served);
        teller_say(teller, "(");
        teller_say_start(teller, replica, false);
        teller_say(teller, ")");
        from = served + 1;
    }
}

/* What its deployment did from `from` on, before `to`: changes of the target but for the wake that
 * is the request's own, and replicas that begin to serve. */
static void print_meanwhile(Explanation *explanation, sim_time from, sim_time to) {
    const ExplainLog *log = &explanation->log;
    const asim_request *request = &explanation->request;
    Teller *teller = &explanation->teller;
    for (size_t i = 0; i < log->entry_count; i++) {
        const ExplainEntry *entry = log->entries[i];
        if (entry->deployment != request->deployment || entry->kind == EXPLAIN_BEGIN ||
            entry->time < from || entry->time >= to || entry->why.taken.request == request->id) {
            continue;
        }
        print_serving(explanation, from, entry->time);
        from = entry->time;
        begin_moment(explanation, entry->time);
        teller_say(teller, "(the autoscaler: ");
        teller_say_entry(teller, entry);
        teller_say(teller, ")");
    }
    print_serving(explanation, from, to);
}

/* Its last send was taken by a replica that vanished: told last, after what that replica did. */
static bool ends_broken(const Explanation *explanation) {
    return explanation->refusal_count > 0 && explanation->request.last_answer == ASIM_ANSWER_BROKEN;
}

/* When a send was handed to a replica: when that began to serve, if the gateway had to hold it
 * until then. SIM_TIME_NEVER: it was not. */
static sim_time handed_at(const Explanation *explanation, uint32_t number, sim_time sent) {
    if (number == 0) {
        return SIM_TIME_NEVER;
    }
    const ExplainReplica *replica = &explanation->teller.deployment->replicas[number - 1];
    const sim_time served = replica->entered[ASIM_REPLICA_SERVING];
    const bool before = replica->entered[ASIM_REPLICA_GONE] < sent; /* it took an earlier send */
    return before ? SIM_TIME_NEVER : served > sent ? served : sent;
}

static sim_time last_handed_at(const Explanation *explanation) {
    const asim_request *request = &explanation->request;
    return handed_at(explanation, request->replica, request->last_send);
}

/* From the send until what comes of it. */
static void print_hold(Explanation *explanation, uint32_t send, sim_time sent, sim_time until) {
    Teller *teller = &explanation->teller;
    const ExplainEntry *woken = woken_by(explanation, sent);
    begin_moment(explanation, sent);
    teller_say(teller, "send %u: waits at the gateway, for no replica serves (at_zero: hold)",
               send);
    if (woken) {
        teller_say(teller, ", and the target was zero. It wakes the deployment: target 0 → %d",
                   woken->why.decision.target);
    }
    print_meanwhile(explanation, sent, until);
}

/* A send from its beginning to the replica that took it; until `end` if none did. */
static void print_taken(Explanation *explanation, uint32_t send, sim_time sent, uint32_t number,
                        sim_time end) {
    Teller *teller = &explanation->teller;
    const sim_time handed = handed_at(explanation, number, sent);
    if (handed != sent) {
        print_hold(explanation, send, sent, handed != SIM_TIME_NEVER ? handed + 1 : end);
    }
    if (handed == SIM_TIME_NEVER) {
        return;
    }
    begin_moment(explanation, handed);
    teller_say(teller, "send %u: handed to replica %u", send, number);
    if (handed > sent) {
        teller_say(teller, " after %s at the gateway", teller_span(teller, handed - sent));
    }
}

static void print_refusal(Explanation *explanation, const asim_refusal *refusal) {
    if (refusal->answer == ASIM_ANSWER_BROKEN) {
        print_taken(explanation, refusal->sends, refusal->sent, refusal->replica, refusal->time);
    } else if (refusal->time > refusal->sent) {
        print_hold(explanation, refusal->sends, refusal->sent, refusal->time);
    }
    begin_moment(explanation, refusal->time);
    teller_say_refusal(&explanation->teller, refusal, &explanation->request,
                       woken_by(explanation, refusal->time) != NULL);
    if (refusal->again != SIM_TIME_NEVER) {
        print_meanwhile(explanation, refusal->time, refusal->again);
    }
}

static void print_sends(Explanation *explanation) {
    const asim_request *request = &explanation->request;
    const size_t refused = explanation->refusal_count - ends_broken(explanation);
    for (size_t i = 0; i < refused; i++) {
        print_refusal(explanation, &explanation->refusals[i]);
    }
    if (refused != request->sends) {
        print_taken(explanation, request->sends, request->last_send, request->replica,
                    request->ended);
    }
}

/* Those before the first token, then those after it. */
static void print_preemptions(Explanation *explanation, bool after_token) {
    const asim_request *request = &explanation->request;
    Teller *teller = &explanation->teller;
    for (size_t i = 0; i < explanation->preemption_count; i++) {
        const asim_preemption *preemption = &explanation->preemptions[i];
        if ((preemption->made > 0) != after_token) {
            continue;
        }
        begin_moment(explanation, preemption->time);
        teller_say(teller,
                   "preempted: no KV block is free for a request that was admitted earlier");
        if (preemption->made > 0) {
            teller_say(teller,
                       ", or for itself; back at the head of the queue, %s of %s made, to "
                       "be computed again with the prompt",
                       teller_number(teller, preemption->made),
                       teller_count(teller, request->output_tokens, "output token"));
        } else {
            teller_say(teller, ", or for itself; back at the head of the queue, its prompt to be "
                               "computed again");
        }
    }
}

static void say_cached(Teller *teller, const asim_request *request) {
    if (!request->has_past || !teller->config->profile.prefix_cache) {
        return;
    }
    if (request->cached_tokens == 0) {
        teller_say(teller, "; nothing of its prompt is in the prefix cache");
    } else {
        teller_say(teller, "; %s of its %s prompt tokens are in the prefix cache",
                   teller_number(teller, request->cached_tokens),
                   teller_number(teller, request->prompt_tokens));
    }
}

/* At a replica: into its batch, and the first token. */
static void print_service(Explanation *explanation) {
    const asim_request *request = &explanation->request;
    Teller *teller = &explanation->teller;
    if (request->admitted == SIM_TIME_NEVER) {
        return;
    }
    const sim_time handed = last_handed_at(explanation);
    print_meanwhile(explanation, handed + (handed > request->last_send), request->admitted);
    begin_moment(explanation, request->admitted);
    teller_say(teller, "enters the batch of replica %u", request->replica);
    if (request->admitted > handed) {
        teller_say(teller, " after %s in its queue",
                   teller_span(teller, request->admitted - handed));
    } else {
        teller_say(teller, " at once");
    }
    say_cached(teller, request);
    print_preemptions(explanation, false);
    if (request->first_token == SIM_TIME_NEVER) {
        return;
    }
    begin_moment(explanation, request->first_token);
    teller_say(teller,
               "first token: TTFT %s, of it %s for the prompt of %s tokens (%s%s on the way to the "
               "user included)",
               teller_span(teller, latency_ttft(request)),
               teller_span(teller, request->first_token - request->admitted),
               teller_number(teller, request->prompt_tokens),
               teller->config->profile.stream_overhead > 0 ? "at least " : "",
               teller_duration(teller, teller->config->profile.request_overhead));
}

static void say_decode(Teller *teller, const asim_request *request) {
    const sim_time decode = request->ended - request->first_token;
    const uint32_t tokens = request->output_tokens - 1;
    char rate[HUMAN_TEXT];
    if (latency_has_tpot(request) && decode != 0) {
        teller_say(teller, "; %s in %s, %s each, %s a second",
                   teller_count(teller, tokens, "more token"), teller_span(teller, decode),
                   teller_span(teller, latency_tpot(request)),
                   human_number(tokens / sim_time_to_seconds(decode), rate));
    }
}

static void print_end(Explanation *explanation) {
    const asim_request *request = &explanation->request;
    Teller *teller = &explanation->teller;
    switch (request->outcome) {
    case ASIM_IN_FLIGHT:
        teller_at(teller, SIM_TIME_NEVER);
        teller_line(teller, "end", "the run ends while it is still %s: cut",
                    request->admitted != SIM_TIME_NEVER             ? "in the batch"
                    : last_handed_at(explanation) != SIM_TIME_NEVER ? "in the queue"
                    : request->sends > explanation->refusal_count   ? "waiting at the gateway"
                                                                    : "waiting to be sent again");
        return;
    case ASIM_ABANDONED:
        begin_moment(explanation, request->ended);
        teller_say(teller, "its client's timeout of %s has passed: abandoned",
                   teller_duration(teller, teller->config->client.timeout));
        return;
    case ASIM_COMPLETED:
        begin_moment(explanation, request->ended);
        teller_say(teller, "last token: E2E %s", teller_span(teller, latency_e2e(request)));
        say_decode(teller, request);
        return;
    default: break; /* its last refusal has told it */
    }
    if (ends_broken(explanation)) {
        begin_moment(explanation, request->ended);
        teller_say_refusal(teller, &explanation->refusals[explanation->refusal_count - 1], request,
                           false);
    }
}

static void print_objective(Explanation *explanation) {
    const SloConfig *slo = &explanation->scenario->slo;
    const asim_request *request = &explanation->request;
    const struct {
        const char *name;
        sim_time limit, took;
        bool applies;
    } limits[] = {{"TTFT", slo->ttft, latency_ttft(request), true},
                  {"TPOT", slo->tpot, latency_has_tpot(request) ? latency_tpot(request) : 0,
                   latency_has_tpot(request)},
                  {"E2E", slo->e2e, latency_e2e(request), true}};
    Teller *teller = &explanation->teller;
    const char *between = "";
    bool is_stated = false;
    teller_at(teller, SIM_TIME_NEVER);
    teller_begin(teller, "objective");
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const bool is_limit = limits[i].limit != SIM_TIME_NEVER;
        is_stated = is_stated || is_limit;
        if (is_limit && limits[i].applies && request->outcome == ASIM_COMPLETED) {
            const bool is_met = limits[i].took <= limits[i].limit;
            teller_say(teller, "%s%s %s %s %s, %s", between, limits[i].name,
                       teller_span(teller, limits[i].took), is_met ? "≤" : ">",
                       teller_duration(teller, limits[i].limit), is_met ? "met" : "not met");
            between = "; ";
        }
    }
    if (is_stated && request->outcome != ASIM_COMPLETED) {
        teller_say(teller, "not met: it was not completed");
    }
    if (request->in_warmup) {
        teller_say(teller, "%snot counted: sent in the warm-up", between);
    }
}

static void add_request(cJSON *document, const asim_request *request, const char *deployment) {
    json_add(document, "request", json_number((double)request->id));
    json_add(document, "deployment", json_text(deployment));
    json_add(document, "prompt_tokens", json_number(request->prompt_tokens));
    json_add(document, "output_tokens", json_number(request->output_tokens));
    if (request->has_past) {
        json_add(document, "cached_tokens", json_number(request->cached_tokens));
    }
    json_add(document, "sends", json_number(request->sends));
    json_add(document, "outcome", json_text(names_of_outcomes[request->outcome]));
}

static void print_request(FILE *stream, Explanation *explanation) {
    enum { MOMENT_LABEL = 28 };
    const asim_request *request = &explanation->request;
    Teller *teller = &explanation->teller;
    char start[SIM_TIME_TEXT];
    begin_telling(explanation, stream, MOMENT_LABEL);
    teller_turn_to(teller, request->deployment, "");
    if (stream != NULL) {
        fprintf(stream,
                "request %llu, to deployment %s: %s prompt tokens, %s output tokens; the run "
                "begins at %s\n",
                (unsigned long long)request->id, teller->config->name,
                teller_number(teller, request->prompt_tokens),
                teller_number(teller, request->output_tokens),
                sim_time_format_calendar(explanation->scenario->start_epoch_s, start));
    } else {
        add_request(explanation->document, request, teller->config->name);
    }
    print_sends(explanation);
    print_service(explanation);
    print_preemptions(explanation, true);
    print_end(explanation);
    print_objective(explanation);
    teller_clear(teller);
}

/* Why not ------------------------------------------------------------------------------------ */

/* The state that a replica was in; ASIM_REPLICA_GONE also before it was there. */
static asim_replica_state state_at(const ExplainReplica *replica, sim_time instant) {
    asim_replica_state state = ASIM_REPLICA_GONE;
    sim_time latest = -1;
    for (size_t i = 0; i < ASIM_REPLICA_STATE_COUNT; i++) {
        if (replica->entered[i] <= instant && replica->entered[i] >= latest) {
            state = (asim_replica_state)i;
            latest = replica->entered[i];
        }
    }
    return state;
}

static void print_booting(Teller *teller, sim_time instant) {
    for (size_t i = 0; i < teller->deployment->replica_count; i++) {
        const ExplainReplica *replica = &teller->deployment->replicas[i];
        const asim_replica_state state = state_at(replica, instant);
        if (state < ASIM_REPLICA_SERVING) {
            teller_line(teller, "booting", "(%s then) ",
                        replica->granted > instant ? "waits for GPUs"
                                                   : policy_replica_states[state]);
            teller_say_start(teller, replica, true);
        }
    }
}

/* What was seen, measured and asked for, and why the target stayed. */
static void print_evaluation(Teller *teller, const ExplainDecision *evaluation) {
    const asim_decision_taken *taken = &evaluation->taken;
    const asim_decision *decision = &evaluation->decision;
    teller_at(teller, taken->time);
    teller_begin(teller, "evaluated");
    teller_say(teller,
               "at %s: target %d; %d serving, %d booting, %d draining; %s held, %s of them queued",
               teller_clock(teller, taken->time), taken->from, taken->serving, taken->booting,
               taken->draining, teller_count(teller, taken->held, "request"),
               teller_number(teller, taken->queued));
    if (taken->waiting_at_zero > 0) {
        teller_say(teller, "; %s at the gateway (at_zero: hold)",
                   teller_number(teller, taken->waiting_at_zero));
    }
    for (int i = 0; i < decision->term_count; i++) {
        const bool counts = i == decision->winner && decision->term_count > 1;
        teller_begin(teller, i == 0 ? "measured" : "");
        teller_say_term(teller, &decision->terms[i]);
        teller_say(teller, "%s", counts ? ": the largest counts" : "");
    }
    teller_line(teller, "asked for", "%d, within min %d and max %d; the target is %d",
                decision->recommended, decision->limits[0], decision->limits[1], taken->from);
    teller_begin(teller, "so");
    teller_say_hold(teller, taken);
}

static void print_quota(Teller *teller, const asim_decision_taken *taken) {
    const PoolConfig *pool = &teller->log->scenario->pools[teller->config->pool];
    if (taken->not_asked > 0) {
        teller_line(teller, "quota",
                    "%d of the target %s not asked for: quota_gpus of %s is %lld, and a replica "
                    "takes %lld",
                    taken->not_asked, taken->not_asked == 1 ? "is" : "are", pool->accelerator,
                    (long long)pool->quota_gpus, (long long)teller->config->accelerator_count);
    }
}

static void say_entry_at(Teller *teller, const ExplainEntry *entry) {
    teller_say(teller, "at %s ", teller_clock(teller, entry->time));
    teller_say_entry(teller, entry);
}

/* What came of it. next: the entry after the instant; NULL: none. */
static void print_next(Teller *teller, const Moment *moment, const ExplainEntry *next) {
    const asim_decision *decision = &moment->evaluation.decision;
    const bool holds = decision->target == moment->evaluation.taken.from && decision->window;
    teller_begin(teller, "then");
    if (holds && moment->has_next && (!next || moment->next_time < next->time)) {
        teller_say(teller, "that wait was over at %s without a change (%s); ",
                   teller_clock(teller, moment->next_time), moment->next.reason);
    }
    if (next) {
        say_entry_at(teller, next);
    } else {
        teller_say(teller, "the target did not change any more until the end of the run");
    }
}

/* Of the last entry at or before the instant, which came after the evaluation or was its outcome.
 */
static void print_happened(Teller *teller, const Moment *moment, const ExplainEntry *last,
                           const ExplainEntry *next) {
    teller_at(teller, last->time);
    teller_begin(teller, "happened");
    say_entry_at(teller, last);
    teller_print_replicas(teller, last);
    if (last->kind == EXPLAIN_DELETION) {
        teller_line(teller, "so",
                    "a deleted deployment is not evaluated any more, nothing is billed, and "
                    "nothing wakes it");
    } else {
        print_next(teller, moment, next);
    }
}

/* The entries of a deployment at or before an instant (there is one), and after it. */
static void find_entries(const ExplainLog *log, size_t deployment, sim_time instant,
                         const ExplainEntry **last, const ExplainEntry **next) {
    for (size_t i = 0; i < log->entry_count && !*next; i++) {
        const ExplainEntry *entry = log->entries[i];
        if (entry->deployment == deployment) {
            *(entry->time <= instant ? last : next) = entry;
        }
    }
}

static void print_moment(FILE *stream, Explanation *explanation, size_t deployment) {
    enum { MOMENT_LABEL = 11 };
    const Moment *moment = &explanation->moments[deployment];
    const sim_time instant = explanation->question.to;
    const ExplainEntry *last = NULL, *next = NULL;
    Teller *teller = &explanation->teller;
    char start[SIM_TIME_TEXT];
    begin_telling(explanation, stream, MOMENT_LABEL);
    teller_turn_to(teller, deployment, "  ");
    if (stream != NULL) {
        fprintf(stream, "%s at %s; the run begins at %s\n", teller->config->name,
                teller_clock(teller, instant),
                sim_time_format_calendar(explanation->scenario->start_epoch_s, start));
    }
    find_entries(&explanation->log, deployment, instant, &last, &next);
    if (last->kind == EXPLAIN_DELETION ||
        (last->kind != EXPLAIN_BEGIN &&
         (!moment->has_evaluation || last->time >= moment->evaluation.taken.time))) {
        print_happened(teller, moment, last, next);
    } else {
        if (moment->has_evaluation) {
            print_evaluation(teller, &moment->evaluation);
        } else {
            teller_line(teller, "so", "no evaluation yet: the target is what the run begins with");
        }
        print_quota(teller, &moment->evaluation.taken);
        print_booting(teller, instant);
        print_next(teller, moment, next);
    }
    teller_clear(teller);
}

/* What the run did not have ------------------------------------------------------------------ */

static bool has_request(const Explanation *explanation, ErrorList *errors) {
    uint64_t requests = 0;
    char count[HUMAN_TEXT];
    Text expected = {0};
    for (size_t i = 0; i < explanation->scenario->deployment_count; i++) {
        requests += explanation->log.deployments[i].end.totals.requests;
    }
    if (explanation->has_request) {
        return true;
    }
    if (requests == 0) {
        text_add(&expected, "a run with requests: this one had none");
    } else {
        text_addf(&expected, "1 to %llu: the run had %s requests", (unsigned long long)requests,
                  human_count(requests, count));
    }
    error_in_option(errors, "--request", explanation->question.request_text, expected.text, NULL);
    text_clear(&expected);
    return false;
}

/* Did the run last until `from`, which an option has asked for? */
static bool reaches(const Explanation *explanation, const char *option, const char *found,
                    ErrorList *errors) {
    const DayClock day_clock = day_clock_of(explanation->scenario->start_epoch_s);
    sim_time end = 0;
    char text[HUMAN_TEXT];
    for (size_t i = 0; i < explanation->scenario->deployment_count; i++) {
        const sim_time drained = explanation->log.deployments[i].end.drained_at;
        end = drained > end ? drained : end;
    }
    if (explanation->question.from <= end) {
        return true;
    }
    Text expected = {0};
    text_addf(&expected, "a time within the run, which ends at %s",
              day_clock_text(&day_clock, end, text));
    error_in_option(errors, option, found, expected.text, NULL);
    text_clear(&expected);
    return false;
}

bool explain_print(FILE *stream, Explanation *explanation, ErrorList *errors) {
    const ExplainQuestion *question = &explanation->question;
    switch (question->subject) {
    case EXPLAIN_REQUEST:
        if (has_request(explanation, errors)) {
            print_request(stream, explanation);
            return true;
        }
        return false;
    case EXPLAIN_WHY_NOT:
        if (!reaches(explanation, "--why-not", question->to_text, errors)) {
            return false;
        }
        for (size_t i = 0; i < explanation->scenario->deployment_count; i++) {
            if (question->deployment == i || question->deployment == EXPLAIN_ALL) {
                print_moment(stream, explanation, i);
            }
        }
        return true;
    case EXPLAIN_STORY: break;
    }
    return reaches(explanation, "--from", question->from_text, errors) &&
           print_story(stream, explanation);
}

cJSON *explain_json(Explanation *explanation, ErrorList *errors) {
    static const char *const subjects[] = {
        [EXPLAIN_STORY] = "story", [EXPLAIN_REQUEST] = "request", [EXPLAIN_WHY_NOT] = "why-not"};
    const ExplainQuestion *question = &explanation->question;
    const Scenario *scenario = explanation->scenario;
    cJSON *document = json_object();
    char start[SIM_TIME_TEXT];
    json_add(document, "subject", json_text(subjects[question->subject]));
    json_add(document, "scenario", json_text(scenario->name));
    json_add(document, "time_0",
             json_text(sim_time_format_calendar(scenario->start_epoch_s, start)));
    if (question->subject == EXPLAIN_WHY_NOT) {
        explain_add_instant(document, scenario, question->from);
    }
    explanation->document = document;
    explanation->entries = json_array();
    const bool told = explain_print(NULL, explanation, errors);
    json_add(document, "entries", explanation->entries);
    if (!told) {
        cJSON_Delete(document);
    }
    return told ? document : NULL;
}

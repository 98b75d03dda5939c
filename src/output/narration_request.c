// SPDX-License-Identifier: GPL-3.0-or-later
/* A request's life is a list of moments, each a paragraph: its refused sends, what its deployment
 * did from its first send to its end, and the instants of its record. */
#include "output/narration_request.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "figures/latency.h"
#include "output/narration_refusal.h"
#include "output/narration_replica.h"
#include "output/narration_story.h"

#include <stdlib.h>
#include <string.h>

/* Gathering ---------------------------------------------------------------------------------- */

void request_life_init(RequestLife *life, uint64_t id) {
    *life = (RequestLife){.id = id};
}

void request_life_clear(RequestLife *life) {
    free(life->refusals);
    life->refusals = NULL;
}

static void life_request_ended(void *self, const asim_request *request) {
    RequestLife *life = self;
    if (request->id == life->id) {
        life->request = *request;
        life->ended = true;
    }
}

static void life_send_refused(void *self, const asim_refusal *refusal) {
    RequestLife *life = self;
    if (refusal->request == life->id) {
        life->refusals = memory_grow(life->refusals, life->refusal_count, &life->refusal_room,
                                     sizeof *life->refusals);
        life->refusals[life->refusal_count++] = *refusal;
    }
}

asim_observer request_life_observer(RequestLife *life) {
    return (asim_observer){
        .self = life, .request_ended = life_request_ended, .send_refused = life_send_refused};
}

/* Telling ------------------------------------------------------------------------------------ */

typedef struct Telling {
    Paragraph paragraph;
    DayClock day_clock;
    const RequestLife *life;
    const asim_request *request;
    const NarrationLog *log;
    const DeploymentConfig *config;
} Telling;

#define MOMENT_LABEL (3 * HUMAN_TEXT)

/* "00:01:05.000  +5.00 s": to the millisecond, and since the first send. */
static void begin_moment(Telling *telling, sim_time time, char label[MOMENT_LABEL]) {
    char clock[HUMAN_TEXT], after[HUMAN_TEXT];
    day_clock_text(&telling->day_clock, time, clock);
    const size_t length = strlen(clock);
    if (strchr(clock, '.') == NULL) {
        snprintf(clock + length, sizeof clock - length, ".%03d",
                 (int)(time % SIM_TIME_SECOND / SIM_TIME_MILLISECOND));
    }
    human_seconds(sim_time_to_seconds(time - telling->request->first_send), after);
    snprintf(label, MOMENT_LABEL, "%s  +%s", clock, after);
    paragraph_begin(&telling->paragraph, "", label);
}

/* Refusals ----------------------------------------------------------------------------------- */

static bool woke_it(const Telling *telling, const asim_refusal *refusal) {
    for (size_t i = 0; i < telling->log->entry_count; i++) {
        const NarrationEntry *entry = telling->log->entries[i];
        if (entry->taken.request == refusal->request && entry->time == refusal->time) {
            return true;
        }
    }
    return false;
}

static void print_refusal(Telling *telling, const asim_refusal *refusal) {
    char label[MOMENT_LABEL];
    begin_moment(telling, refusal->time, label);
    narration_say_refusal(&telling->paragraph, refusal, telling->request, telling->config,
                          woke_it(telling, refusal));
    paragraph_end(&telling->paragraph);
}

/* Meanwhile ---------------------------------------------------------------------------------- */

/* The replica that is next to serve, from `from` on and before `to`; NULL: none. */
static const NarratedReplica *next_to_serve(const NarratedDeployment *deployment, sim_time from,
                                            sim_time to) {
    const NarratedReplica *next = NULL;
    for (size_t i = 0; i < deployment->replica_count; i++) {
        const NarratedReplica *replica = &deployment->replicas[i];
        const sim_time served = replica->entered[ASIM_REPLICA_SERVING];
        if (!replica->is_warm && served >= from && served < to &&
            (!next || served < next->entered[ASIM_REPLICA_SERVING])) {
            next = replica;
        }
    }
    return next;
}

static void print_serving(Telling *telling, sim_time from, sim_time to) {
    const NarratedDeployment *deployment = &telling->log->deployments[telling->request->deployment];
    const NarratedReplica *replica;
    while ((replica = next_to_serve(deployment, from, to)) != NULL) {
        char label[MOMENT_LABEL];
        from = replica->entered[ASIM_REPLICA_SERVING] + 1;
        begin_moment(telling, from - 1, label);
        paragraph_say(&telling->paragraph, "(");
        narration_say_start(&telling->paragraph, &telling->day_clock, telling->config, false,
                            replica);
        paragraph_say(&telling->paragraph, ")");
        paragraph_end(&telling->paragraph);
    }
}

/* What its deployment did from `from` on, before `to`: changes of the target but for the wake that
 * is the request's own, and replicas that begin to serve. */
static void print_meanwhile(Telling *telling, sim_time from, sim_time to) {
    for (size_t i = 0; i < telling->log->entry_count; i++) {
        const NarrationEntry *entry = telling->log->entries[i];
        char label[MOMENT_LABEL];
        if (entry->deployment != telling->request->deployment || entry->kind == NARRATION_BEGIN ||
            entry->time < from || entry->time >= to ||
            entry->taken.request == telling->request->id) {
            continue;
        }
        print_serving(telling, from, entry->time);
        from = entry->time;
        begin_moment(telling, entry->time, label);
        paragraph_say(&telling->paragraph, "(the autoscaler: ");
        narration_say_entry(&telling->paragraph, &telling->day_clock, telling->log, entry);
        paragraph_say(&telling->paragraph, ")");
        paragraph_end(&telling->paragraph);
    }
    print_serving(telling, from, to);
}

/* At a replica ------------------------------------------------------------------------------- */

static void print_admission(Telling *telling) {
    const asim_request *request = telling->request;
    char label[MOMENT_LABEL];
    if (request->admitted == SIM_TIME_NEVER) {
        return;
    }
    begin_moment(telling, request->admitted, label);
    paragraph_say(&telling->paragraph, "enters the batch of replica %u", request->replica);
    if (request->admitted > request->last_send) {
        paragraph_say(&telling->paragraph, " after ");
        narration_say_span(&telling->paragraph, request->admitted - request->last_send);
        paragraph_say(&telling->paragraph, " in its queue");
    } else {
        paragraph_say(&telling->paragraph, " at once");
    }
    paragraph_end(&telling->paragraph);
}

static void print_first_token(Telling *telling) {
    const asim_request *request = telling->request;
    char label[MOMENT_LABEL], text[HUMAN_TEXT], overhead[SIM_TIME_TEXT];
    if (request->first_token == SIM_TIME_NEVER) {
        return;
    }
    begin_moment(telling, request->first_token, label);
    paragraph_say(&telling->paragraph, "first token: TTFT ");
    narration_say_span(&telling->paragraph, latency_ttft(request));
    paragraph_say(&telling->paragraph, ", of it ");
    narration_say_span(&telling->paragraph, request->first_token - request->admitted);
    paragraph_say(&telling->paragraph,
                  " for the prompt of %s tokens (%s on the way to the user included)",
                  human_count(request->prompt_tokens, text),
                  sim_time_format(telling->config->profile.request_overhead, overhead));
    paragraph_end(&telling->paragraph);
}

static void say_decode(Telling *telling) {
    const asim_request *request = telling->request;
    const sim_time decode = request->ended - request->first_token;
    char rate[HUMAN_TEXT];
    if (!latency_has_tpot(request) || decode == 0) {
        return;
    }
    paragraph_say(&telling->paragraph, "; ");
    narration_say_count(&telling->paragraph, request->output_tokens - 1, "more token");
    paragraph_say(&telling->paragraph, " in ");
    narration_say_span(&telling->paragraph, decode);
    paragraph_say(&telling->paragraph, ", ");
    narration_say_span(&telling->paragraph, latency_tpot(request));
    paragraph_say(&telling->paragraph, " each, %s a second",
                  human_number((request->output_tokens - 1) / sim_time_to_seconds(decode), rate));
}

static void print_end(Telling *telling) {
    const asim_request *request = telling->request;
    char label[MOMENT_LABEL], text[SIM_TIME_TEXT];
    if (request->outcome == ASIM_IN_FLIGHT) {
        paragraph_begin(&telling->paragraph, "", "end");
        paragraph_say(&telling->paragraph, "the run ends while it is still %s: cut",
                      request->admitted != SIM_TIME_NEVER ? "in the batch"
                      : request->replica != 0             ? "in the queue"
                                                          : "waiting to be sent again");
        paragraph_end(&telling->paragraph);
        return;
    }
    if (request->outcome != ASIM_COMPLETED && request->outcome != ASIM_ABANDONED) {
        return; /* its last refusal has told it */
    }
    begin_moment(telling, request->ended, label);
    if (request->outcome == ASIM_ABANDONED) {
        paragraph_say(&telling->paragraph, "its client's timeout of %s has passed: abandoned",
                      sim_time_format(telling->config->client.timeout, text));
    } else {
        paragraph_say(&telling->paragraph, "last token: E2E ");
        narration_say_span(&telling->paragraph, latency_e2e(request));
        say_decode(telling);
    }
    paragraph_end(&telling->paragraph);
}

static void say_limit(Telling *telling, const char *name, sim_time limit, sim_time took,
                      const char **between) {
    char text[SIM_TIME_TEXT];
    if (limit == SIM_TIME_NEVER) {
        return;
    }
    paragraph_say(&telling->paragraph, "%s%s ", *between, name);
    narration_say_span(&telling->paragraph, took);
    paragraph_say(&telling->paragraph, took <= limit ? " ≤ %s, met" : " > %s, not met",
                  sim_time_format(limit, text));
    *between = "; ";
}

static void print_objective(Telling *telling) {
    const SloConfig *slo = &telling->log->scenario->slo;
    const asim_request *request = telling->request;
    const char *between = "";
    paragraph_begin(&telling->paragraph, "", "objective");
    if (request->outcome == ASIM_COMPLETED) {
        say_limit(telling, "TTFT", slo->ttft, latency_ttft(request), &between);
        if (latency_has_tpot(request)) {
            say_limit(telling, "TPOT", slo->tpot, latency_tpot(request), &between);
        }
        say_limit(telling, "E2E", slo->e2e, latency_e2e(request), &between);
    } else if (slo->ttft != SIM_TIME_NEVER || slo->tpot != SIM_TIME_NEVER ||
               slo->e2e != SIM_TIME_NEVER) {
        paragraph_say(&telling->paragraph, "not met: it was not completed");
    }
    if (request->in_warmup) {
        paragraph_say(&telling->paragraph, "%snot counted: sent in the warm-up", between);
    }
    paragraph_end(&telling->paragraph);
}

/* The whole ---------------------------------------------------------------------------------- */

static void print_title(Telling *telling, FILE *stream) {
    const asim_request *request = telling->request;
    char prompt[HUMAN_TEXT], output[HUMAN_TEXT], start[SIM_TIME_TEXT];
    fprintf(stream,
            "request %llu, to deployment %s: %s prompt tokens, %s output tokens; the run begins at "
            "%s\n",
            (unsigned long long)request->id, telling->config->name,
            human_count(request->prompt_tokens, prompt),
            human_count(request->output_tokens, output),
            sim_time_format_calendar(telling->log->scenario->start_epoch_s, start));
}

static void print_served_send(Telling *telling) {
    const asim_request *request = telling->request;
    char label[MOMENT_LABEL];
    if (telling->life->refusal_count == request->sends) {
        return;
    }
    begin_moment(telling, request->last_send, label);
    paragraph_say(&telling->paragraph, "send %u: handed to replica %u", request->sends,
                  request->replica);
    paragraph_end(&telling->paragraph);
}

void request_life_print(FILE *stream, const RequestLife *life, const NarrationLog *log) {
    Telling telling = {.day_clock = day_clock_of(log->scenario->start_epoch_s),
                       .life = life,
                       .request = &life->request,
                       .log = log,
                       .config = &log->scenario->deployments[life->request.deployment]};
    paragraph_init(&telling.paragraph, stream, 28);
    print_title(&telling, stream);
    for (size_t i = 0; i < life->refusal_count; i++) {
        const asim_refusal *refusal = &life->refusals[i];
        print_refusal(&telling, refusal);
        print_meanwhile(&telling, refusal->time,
                        i + 1 < life->refusal_count        ? life->refusals[i + 1].time
                        : refusal->again != SIM_TIME_NEVER ? refusal->again
                                                           : refusal->time);
    }
    print_served_send(&telling);
    if (life->request.admitted != SIM_TIME_NEVER) {
        print_meanwhile(&telling, life->request.last_send, life->request.admitted);
    }
    print_admission(&telling);
    print_first_token(&telling);
    print_end(&telling);
    print_objective(&telling);
    paragraph_clear(&telling.paragraph);
}

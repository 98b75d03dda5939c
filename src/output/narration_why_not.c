// SPDX-License-Identifier: GPL-3.0-or-later
/* The gathering keeps the last evaluation before the instant, and the first news after it; replicas
 * and changes of the target come from the log. */
#include "output/narration_why_not.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "figures/names.h"
#include "output/narration_fleet.h"
#include "output/narration_hold.h"
#include "output/narration_replica.h"
#include "output/narration_story.h"

#include <stdlib.h>
#include <string.h>

/* Gathering ---------------------------------------------------------------------------------- */

void why_not_init(WhyNot *why_not, const Scenario *scenario, sim_time instant) {
    *why_not =
        (WhyNot){.instant = instant,
                 .moments = memory_new(scenario->deployment_count, sizeof *why_not->moments)};
}

void why_not_clear(WhyNot *why_not) {
    free(why_not->moments);
    why_not->moments = NULL;
}

static void keep_evaluation(WhyNotMoment *moment, const asim_decision_taken *taken) {
    moment->has_evaluation = true;
    moment->taken = *taken;
    moment->decision = *taken->decision;
    moment->observation = *taken->observation;
    moment->taken.decision = &moment->decision;
    moment->taken.observation = &moment->observation;
}

static bool is_news(const WhyNotMoment *moment, const asim_decision_taken *taken) {
    return taken->decision->target != taken->from || !moment->has_evaluation ||
           strcmp(taken->decision->reason, moment->decision.reason) != 0 ||
           taken->decision->window_since != moment->decision.window_since;
}

static void why_not_decision_taken(void *self, const asim_decision_taken *taken) {
    WhyNot *why_not = self;
    WhyNotMoment *moment = &why_not->moments[taken->deployment];
    if (taken->time <= why_not->instant) {
        if (taken->at_evaluation) {
            keep_evaluation(moment, taken);
        }
    } else if (!moment->has_next && is_news(moment, taken)) {
        moment->has_next = true;
        moment->next_time = taken->time;
        moment->next = *taken->decision;
    }
}

asim_observer why_not_observer(WhyNot *why_not) {
    return (asim_observer){.self = why_not, .decision_taken = why_not_decision_taken};
}

/* Telling ------------------------------------------------------------------------------------ */

typedef struct Telling {
    Paragraph paragraph;
    DayClock day_clock;
    sim_time instant;
    const NarrationLog *log;
    uint32_t deployment;
    const DeploymentConfig *config;
    const WhyNotMoment *moment;
    const NarrationEntry *last; /* at or before the instant */
    const NarrationEntry *next; /* after it; NULL: none */
} Telling;

static const char *clock_of(const Telling *telling, sim_time time, char text[HUMAN_TEXT]) {
    return day_clock_text(&telling->day_clock, time, text);
}

static void print_line(Telling *telling, const char *label, const char *text) {
    paragraph_begin(&telling->paragraph, "  ", label);
    paragraph_say(&telling->paragraph, "%s", text);
    paragraph_end(&telling->paragraph);
}

/* Replicas at the instant -------------------------------------------------------------------- */

/* The state that a replica was in; ASIM_REPLICA_GONE also before it was there. */
static asim_replica_state state_at(const NarratedReplica *replica, sim_time instant) {
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

static void print_booting(Telling *telling) {
    const NarratedDeployment *deployment = &telling->log->deployments[telling->deployment];
    const bool has_reservation =
        telling->log->scenario->pools[telling->config->pool].reserved_gpus > 0;
    for (size_t i = 0; i < deployment->replica_count; i++) {
        const NarratedReplica *replica = &deployment->replicas[i];
        const asim_replica_state state = state_at(replica, telling->instant);
        if (state >= ASIM_REPLICA_SERVING) {
            continue;
        }
        paragraph_begin(&telling->paragraph, "  ", "booting");
        if (replica->granted > telling->instant) {
            paragraph_say(&telling->paragraph, "(waits for GPUs then) ");
        } else {
            paragraph_say(&telling->paragraph, "(%s then) ", names_of_replica_states[state]);
        }
        narration_say_start(&telling->paragraph, &telling->day_clock, telling->config,
                            has_reservation, replica);
        paragraph_end(&telling->paragraph);
    }
}

/* The evaluation ----------------------------------------------------------------------------- */

static void print_seen(Telling *telling) {
    const asim_decision_taken *taken = &telling->moment->taken;
    char at[HUMAN_TEXT];
    paragraph_begin(&telling->paragraph, "  ", "evaluated");
    paragraph_say(&telling->paragraph, "at %s: target %d; %d serving, %d booting, %d draining; ",
                  clock_of(telling, taken->time, at), taken->from, taken->serving, taken->booting,
                  taken->draining);
    narration_say_count(&telling->paragraph, taken->held, "request");
    paragraph_say(&telling->paragraph, " held, %s of them queued", human_count(taken->queued, at));
    paragraph_end(&telling->paragraph);
}

static void print_terms(Telling *telling) {
    const asim_decision *decision = &telling->moment->decision;
    for (int i = 0; i < decision->term_count; i++) {
        const asim_decision_term *term = &decision->terms[i];
        paragraph_begin(&telling->paragraph, "  ", i == 0 ? "measured" : "");
        narration_say_term(&telling->paragraph, term);
        paragraph_say(&telling->paragraph, "%s",
                      i == decision->winner && decision->term_count > 1 ? ": the largest counts"
                                                                        : "");
        paragraph_end(&telling->paragraph);
    }
}

static void print_recommended(Telling *telling) {
    const asim_decision *decision = &telling->moment->decision;
    paragraph_begin(&telling->paragraph, "  ", "asked for");
    paragraph_say(&telling->paragraph, "%d, within min %d and max %d; the target is %d",
                  decision->recommended, decision->limits[0], decision->limits[1],
                  telling->moment->taken.from);
    paragraph_end(&telling->paragraph);
}

static void print_quota(Telling *telling) {
    const PoolConfig *pool = &telling->log->scenario->pools[telling->config->pool];
    const asim_decision_taken *taken = &telling->moment->taken;
    if (taken->not_asked > 0) {
        paragraph_begin(&telling->paragraph, "  ", "quota");
        paragraph_say(
            &telling->paragraph,
            "%d of the target %s not asked for: quota_gpus of %s is %lld, and a replica takes "
            "%lld",
            taken->not_asked, taken->not_asked == 1 ? "is" : "are", pool->accelerator,
            (long long)pool->quota_gpus, (long long)telling->config->accelerator_count);
        paragraph_end(&telling->paragraph);
    }
}

/* What came of it ---------------------------------------------------------------------------- */

static void print_next(Telling *telling) {
    const WhyNotMoment *moment = telling->moment;
    const bool holds = moment->decision.target == moment->taken.from && moment->decision.window;
    char at[HUMAN_TEXT];
    paragraph_begin(&telling->paragraph, "  ", "then");
    if (holds && moment->has_next && (!telling->next || moment->next_time < telling->next->time)) {
        paragraph_say(&telling->paragraph, "that wait was over at %s without a change (%s); ",
                      clock_of(telling, moment->next_time, at), moment->next.reason);
    }
    if (telling->next) {
        paragraph_say(&telling->paragraph, "at %s ", clock_of(telling, telling->next->time, at));
        narration_say_entry(&telling->paragraph, &telling->day_clock, telling->log, telling->next);
    } else {
        paragraph_say(&telling->paragraph,
                      "the target did not change any more until the end of the run");
    }
    paragraph_end(&telling->paragraph);
}

static void print_entry(Telling *telling, const NarrationEntry *entry) {
    char at[HUMAN_TEXT];
    paragraph_begin(&telling->paragraph, "  ", "happened");
    paragraph_say(&telling->paragraph, "at %s ", clock_of(telling, entry->time, at));
    narration_say_entry(&telling->paragraph, &telling->day_clock, telling->log, entry);
    paragraph_end(&telling->paragraph);
    narration_print_replicas(&telling->paragraph, "  ", &telling->day_clock, telling->log, entry);
}

/* The whole ---------------------------------------------------------------------------------- */

static void find_entries(Telling *telling) {
    for (size_t i = 0; i < telling->log->entry_count && !telling->next; i++) {
        const NarrationEntry *entry = telling->log->entries[i];
        if (entry->deployment != telling->deployment) {
            continue;
        }
        if (entry->time <= telling->instant) {
            telling->last = entry;
        } else {
            telling->next = entry;
        }
    }
}

static void explain(Telling *telling) {
    const WhyNotMoment *moment = telling->moment;
    const NarrationEntry *last = telling->last;
    const bool changed = last->kind != NARRATION_BEGIN &&
                         (!moment->has_evaluation || last->time >= moment->taken.time);
    if (last->kind == NARRATION_DELETION) {
        print_entry(telling, last);
        print_line(telling, "so",
                   "a deleted deployment is not evaluated any more, nothing is "
                   "billed, and nothing wakes it");
        return;
    }
    if (changed) {
        print_entry(telling, last);
        print_next(telling);
        return;
    }
    if (moment->has_evaluation) {
        print_seen(telling);
        print_terms(telling);
        print_recommended(telling);
        paragraph_begin(&telling->paragraph, "  ", "so");
        narration_say_hold(&telling->paragraph, &telling->day_clock, &moment->taken);
        paragraph_end(&telling->paragraph);
    } else {
        print_line(telling, "so", "no evaluation yet: the target is what the run begins with");
    }
    print_quota(telling);
    print_booting(telling);
    print_next(telling);
}

void why_not_print(FILE *stream, const WhyNot *why_not, const NarrationLog *log,
                   size_t deployment) {
    Telling telling = {.day_clock = day_clock_of(log->scenario->start_epoch_s),
                       .instant = why_not->instant,
                       .log = log,
                       .deployment = (uint32_t)deployment,
                       .config = &log->scenario->deployments[deployment],
                       .moment = &why_not->moments[deployment]};
    char at[HUMAN_TEXT], start[SIM_TIME_TEXT];
    paragraph_init(&telling.paragraph, stream, 11);
    find_entries(&telling);
    fprintf(stream, "%s at %s; the run begins at %s\n", telling.config->name,
            clock_of(&telling, why_not->instant, at),
            sim_time_format_calendar(log->scenario->start_epoch_s, start));
    explain(&telling);
    paragraph_clear(&telling.paragraph);
}

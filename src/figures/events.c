// SPDX-License-Identifier: GPL-3.0-or-later
/* The log of events. Both kinds of row have all columns; those of the other kind stay empty. */
#include "figures/events.h"

#include "base/memory.h"
#include "figures/names.h"

#include <stdlib.h>
#include <string.h>

/* The last decision that got a row; texts are static and belong to the policy. */
typedef struct LastDecision {
    char *name;         /* of the deployment */
    const char *reason; /* NULL before the first */
    int recommended;
    int window_target;
} LastDecision;

struct Events {
    CsvWriter *writer;
    LastDecision *last; /* by deployment */
    size_t count;
};

static const char *const first_columns[] = {
    "time_s", "deployment", "event", "replica", "from", "to", "reason", "recommended", "winner",
};
static const char *const last_columns[] = {
    "window",  "window_since_s", "window_until_s",  "window_target", "serving",
    "booting", "draining",       "not_asked_quota", "held",
};
/* After `reason`, and before `held`: what only decisions have. */
enum { DECISION_COLUMNS = 2 + 2 * NAMES_LOAD_KEYS + 8 };

static void write_header(CsvWriter *writer) {
    for (size_t i = 0; i < sizeof first_columns / sizeof first_columns[0]; i++) {
        csv_writer_text(writer, first_columns[i]);
    }
    names_write_load_columns(writer);
    for (size_t i = 0; i < sizeof last_columns / sizeof last_columns[0]; i++) {
        csv_writer_text(writer, last_columns[i]);
    }
    csv_writer_end_row(writer);
}

Events *events_create(const Scenario *scenario, CsvWriter *writer) {
    Events *events = memory_new(1, sizeof *events);
    events->writer = writer;
    events->count = scenario->deployment_count;
    events->last = memory_new(events->count, sizeof events->last[0]);
    for (size_t i = 0; i < events->count; i++) {
        events->last[i].name = memory_text(scenario->deployments[i].name);
    }
    write_header(writer);
    return events;
}

void events_destroy(Events *events) {
    if (events == NULL) {
        return;
    }
    for (size_t i = 0; i < events->count; i++) {
        free(events->last[i].name);
    }
    free(events->last);
    free(events);
}

/* Replicas ----------------------------------------------------------------------------------- */

static void events_replica_changed(void *self, const asim_replica_change *change) {
    const Events *events = self;
    CsvWriter *writer = events->writer;
    csv_writer_time(writer, change->time);
    csv_writer_text(writer, events->last[change->deployment].name);
    csv_writer_text(writer, "replica");
    csv_writer_count(writer, change->replica);
    csv_writer_text(writer, change->is_new ? NULL : names_of_replica_states[change->from]);
    csv_writer_text(writer, names_of_replica_states[change->to]);
    csv_writer_text(writer, change->reason);
    for (size_t i = 0; i < DECISION_COLUMNS; i++) {
        csv_writer_empty(writer);
    }
    csv_writer_count(writer, change->held);
    csv_writer_end_row(writer);
}

/* Decisions ---------------------------------------------------------------------------------- */

static bool is_news(const LastDecision *last, const asim_decision_taken *taken) {
    const asim_decision *decision = taken->decision;
    return decision->target != taken->from || last->reason == NULL ||
           strcmp(last->reason, decision->reason) != 0 ||
           last->recommended != decision->recommended ||
           last->window_target != decision->window_target;
}

/* What was measured, of all keys; the targets of those that are in force. */
static void write_load(CsvWriter *writer, const asim_decision_taken *taken) {
    const asim_decision *decision = taken->decision;
    const bool measured = taken->at_evaluation && taken->observation != NULL;
    const asim_decision_term *terms[NAMES_LOAD_KEYS + 1] = {0}; /* the last: keys without a column
                                                                 */
    for (int i = 0; i < decision->term_count; i++) {
        terms[names_load_key(decision->terms[i].key)] = &decision->terms[i];
    }
    for (size_t key = 0; key < NAMES_LOAD_KEYS; key++) {
        if (measured) {
            csv_writer_number(writer, taken->observation->signals[key]);
        } else {
            csv_writer_empty(writer);
        }
        if (terms[key] != NULL) {
            csv_writer_number(writer, terms[key]->target);
        } else {
            csv_writer_empty(writer);
        }
    }
}

static const char *winner(const asim_decision *decision) {
    return decision->winner >= 0 && decision->winner < decision->term_count
               ? decision->terms[decision->winner].key
               : NULL;
}

static void write_window(CsvWriter *writer, const asim_decision *decision) {
    const bool any = decision->window != NULL;
    csv_writer_text(writer, decision->window);
    csv_writer_time(writer, any ? decision->window_since : SIM_TIME_NEVER);
    csv_writer_time(writer, any ? decision->window_until : SIM_TIME_NEVER);
    csv_writer_integer(writer, decision->window_target);
}

static void write_decision(const Events *events, const asim_decision_taken *taken) {
    CsvWriter *writer = events->writer;
    csv_writer_time(writer, taken->time);
    csv_writer_text(writer, events->last[taken->deployment].name);
    csv_writer_text(writer, "decision");
    csv_writer_empty(writer);
    csv_writer_integer(writer, taken->from);
    csv_writer_integer(writer, taken->decision->target);
    csv_writer_text(writer, taken->decision->reason);
    csv_writer_integer(writer, taken->decision->recommended);
    csv_writer_text(writer, winner(taken->decision));
    write_load(writer, taken);
    write_window(writer, taken->decision);
    csv_writer_integer(writer, taken->serving);
    csv_writer_integer(writer, taken->booting);
    csv_writer_integer(writer, taken->draining);
    csv_writer_integer(writer, taken->not_asked);
    csv_writer_empty(writer);
    csv_writer_end_row(writer);
}

static void events_decision_taken(void *self, const asim_decision_taken *taken) {
    Events *events = self;
    LastDecision *last = &events->last[taken->deployment];
    if (is_news(last, taken)) {
        write_decision(events, taken);
        last->reason = taken->decision->reason;
        last->recommended = taken->decision->recommended;
        last->window_target = taken->decision->window_target;
    }
}

asim_observer events_observer(Events *events) {
    return (asim_observer){.self = events,
                           .replica_changed = events_replica_changed,
                           .decision_taken = events_decision_taken};
}

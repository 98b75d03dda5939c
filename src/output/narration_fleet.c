// SPDX-License-Identifier: GPL-3.0-or-later
/* Up to a dozen starts are told one by one, more by their quickest and slowest; replicas that hold
 * nothing go in one line, and so do more than a few that drain. */
#include "output/narration_fleet.h"

#include "base/memory.h"
#include "output/narration_replica.h"

#include <stdlib.h>
#include <string.h>

enum { STARTS_TOLD = 12, DRAINS_TOLD = 4 };

typedef struct Fleet {
    Paragraph *paragraph;
    const char *before;
    const DayClock *day_clock;
    const NarrationLog *log;
    const NarrationEntry *entry;
    const NarratedDeployment *deployment;
    const DeploymentConfig *config;
    NarratedNumbers stopped; /* the entry's, sorted */
} Fleet;

/* Starts ------------------------------------------------------------------------------------- */

static const NarratedReplica *nth(const Fleet *fleet, const NarratedNumbers *numbers, size_t n) {
    return &fleet->deployment->replicas[numbers->items[n] - 1];
}

static const NarratedReplica *nth_started(const Fleet *fleet, size_t n) {
    return nth(fleet, &fleet->entry->started, n);
}

static void print_start(const Fleet *fleet, const NarratedReplica *replica) {
    const bool has_reservation = fleet->log->scenario->pools[fleet->config->pool].reserved_gpus > 0;
    paragraph_begin(fleet->paragraph, fleet->before, "");
    narration_say_start(fleet->paragraph, fleet->day_clock, fleet->config, has_reservation,
                        replica);
    paragraph_end(fleet->paragraph);
}

static sim_time start_time(const NarratedReplica *replica) {
    const sim_time served = replica->entered[ASIM_REPLICA_SERVING];
    return served == SIM_TIME_NEVER ? SIM_TIME_NEVER
                                    : served - replica->entered[ASIM_REPLICA_PENDING_SCHEDULING];
}

static void print_extremes(const Fleet *fleet, size_t count) {
    const NarratedReplica *quickest = NULL, *slowest = NULL;
    for (size_t i = 0; i < fleet->entry->started.count; i++) {
        const NarratedReplica *replica = nth_started(fleet, i);
        if (replica->is_warm) {
            continue;
        }
        quickest = !quickest || start_time(replica) < start_time(quickest) ? replica : quickest;
        slowest = !slowest || start_time(replica) > start_time(slowest) ? replica : slowest;
    }
    paragraph_begin(fleet->paragraph, fleet->before, "");
    narration_say_count(fleet->paragraph, count, "replica");
    paragraph_say(fleet->paragraph, " start; the quickest of them, then the slowest:");
    paragraph_end(fleet->paragraph);
    print_start(fleet, quickest);
    print_start(fleet, slowest);
}

static void print_starts(const Fleet *fleet) {
    size_t count = 0;
    for (size_t i = 0; i < fleet->entry->started.count; i++) {
        count += !nth_started(fleet, i)->is_warm;
    }
    if (count > STARTS_TOLD) {
        print_extremes(fleet, count);
        return;
    }
    for (size_t i = 0; i < fleet->entry->started.count; i++) {
        if (!nth_started(fleet, i)->is_warm) {
            print_start(fleet, nth_started(fleet, i));
        }
    }
}

/* Ends --------------------------------------------------------------------------------------- */

/* In order of their numbers. */
static const NarratedReplica *nth_stopped(const Fleet *fleet, size_t n) {
    return nth(fleet, &fleet->stopped, n);
}

static bool drains(const NarratedReplica *replica) {
    return replica->entered[ASIM_REPLICA_DRAINING] != SIM_TIME_NEVER;
}

/* Goes at once. */
static bool is_empty(const NarratedReplica *replica) {
    return drains(replica) && replica->held == 0;
}

/* "replicas 48, 49, 50 go at once, for they hold nothing" */
static void print_empty(const Fleet *fleet) {
    size_t count = 0, told = 0;
    for (size_t i = 0; i < fleet->stopped.count; i++) {
        count += is_empty(nth_stopped(fleet, i));
    }
    if (count == 0) {
        return;
    }
    paragraph_begin(fleet->paragraph, fleet->before, "");
    paragraph_say(fleet->paragraph, "replica%s", count == 1 ? "" : "s");
    for (size_t i = 0; i < fleet->stopped.count; i++) {
        const NarratedReplica *replica = nth_stopped(fleet, i);
        if (is_empty(replica)) {
            paragraph_say(fleet->paragraph, "%s %u", told++ > 0 ? "," : "", replica->number);
        }
    }
    paragraph_say(fleet->paragraph, " %s nothing",
                  count == 1 ? "goes at once, for it holds" : "go at once, for they hold");
    paragraph_end(fleet->paragraph);
}

static bool is_drained(const NarratedReplica *replica) {
    return drains(replica) && replica->held > 0;
}

/* "12 replicas drain 31 requests: the last is gone at 01:28:49, after 4.20 s" */
static void print_many_drains(const Fleet *fleet, size_t count) {
    uint64_t held = 0;
    sim_time last = 0;
    char at[HUMAN_TEXT];
    for (size_t i = 0; i < fleet->stopped.count; i++) {
        const NarratedReplica *replica = nth_stopped(fleet, i);
        if (is_drained(replica)) {
            held += replica->held;
            last = replica->entered[ASIM_REPLICA_GONE] > last ? replica->entered[ASIM_REPLICA_GONE]
                                                              : last;
        }
    }
    paragraph_begin(fleet->paragraph, fleet->before, "");
    narration_say_count(fleet->paragraph, count, "replica");
    paragraph_say(fleet->paragraph, " drain ");
    narration_say_count(fleet->paragraph, held, "request");
    if (last == SIM_TIME_NEVER) {
        paragraph_say(fleet->paragraph, ", not all of them by the end of the run");
    } else {
        paragraph_say(fleet->paragraph, ": the last is gone at %s, after ",
                      day_clock_text(fleet->day_clock, last, at));
        narration_say_span(fleet->paragraph, last - fleet->entry->time);
    }
    paragraph_end(fleet->paragraph);
}

static void print_ends(const Fleet *fleet) {
    size_t drained = 0;
    for (size_t i = 0; i < fleet->stopped.count; i++) {
        drained += is_drained(nth_stopped(fleet, i));
    }
    if (drained > DRAINS_TOLD) {
        print_many_drains(fleet, drained);
    }
    for (size_t i = 0; i < fleet->stopped.count; i++) {
        const NarratedReplica *replica = nth_stopped(fleet, i);
        if (is_drained(replica) ? drained <= DRAINS_TOLD : !drains(replica)) {
            paragraph_begin(fleet->paragraph, fleet->before, "");
            narration_say_stop(fleet->paragraph, fleet->day_clock, fleet->config, replica);
            paragraph_end(fleet->paragraph);
        }
    }
    print_empty(fleet);
}

static int by_number(const void *one, const void *other) {
    const uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

void narration_print_replicas(Paragraph *paragraph, const char *before, const DayClock *day_clock,
                              const NarrationLog *log, const NarrationEntry *entry) {
    Fleet fleet = {paragraph,
                   before,
                   day_clock,
                   log,
                   entry,
                   &log->deployments[entry->deployment],
                   &log->scenario->deployments[entry->deployment],
                   {.items = memory_new(entry->stopped.count, sizeof *entry->stopped.items),
                    .count = entry->stopped.count}};
    if (fleet.stopped.count > 0) {
        memcpy(fleet.stopped.items, entry->stopped.items,
               entry->stopped.count * sizeof *entry->stopped.items);
        qsort(fleet.stopped.items, fleet.stopped.count, sizeof *fleet.stopped.items, by_number);
    }
    print_starts(&fleet);
    print_ends(&fleet);
    free(fleet.stopped.items);
}

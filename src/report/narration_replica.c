// SPDX-License-Identifier: GPL-3.0-or-later
/* Replicas in words. A phase lasted from its state's beginning to that of the next state that was
 * entered; what is missing at the end has not come to pass. */
#include "report/narration_replica.h"

#include "engine/options.h"
#include "engine/sim_time.h"
#include "report/names.h"

#include <math.h>
#include <string.h>

static bool is_given(const Distribution *span) {
    return !(span->kind == DISTRIBUTION_FIXED && isnan(span->a));
}

/* What a start takes ------------------------------------------------------------------------- */

static ColdStartModel model_of(const DeploymentConfig *config) {
    return (ColdStartModel){.weight_bytes = config->weights_gb * 1e9,
                            .accelerator_count = config->accelerator_count};
}

static void say_seconds(Page *page, double seconds) {
    char text[HUMAN_TEXT];
    page_say(page, "%s", human_seconds(seconds, text));
}

/* "70 GB at 12.5 GB/s" */
static void say_download(Page *page, const DeploymentConfig *config, bool cold) {
    char weights[HUMAN_TEXT], bandwidth[32];
    snprintf(weights, sizeof weights, "%.4g", config->weights_gb);
    const double gb_per_s =
        cold ? config->cold_start.cold_bandwidth_gb_per_s : config->cold_start.bandwidth_gb_per_s;
    page_say(page, "%s GB at %s GB/s%s", weights, option_number_text(gb_per_s, bandwidth),
             cold ? " (cold_region)" : "");
}

static void say_mean_phases(Page *page, const DeploymentConfig *config) {
    const ColdStartConfig *start = &config->cold_start;
    const ColdStartModel model = model_of(config);
    const ColdStart mean = cold_start_mean(start, &model, false);
    char base[SIM_TIME_TEXT], slope[32], share[HUMAN_TEXT];
    page_say(page, ": pending ");
    narration_say_span(page, mean.node_allocation);
    page_say(page, ", download ");
    if (!is_given(&start->downloading_model)) {
        say_download(page, config, false);
        page_say(page, " = ");
    }
    narration_say_span(page, mean.downloading_model);
    page_say(page, ", init ");
    if (!is_given(&start->initializing)) {
        snprintf(share, sizeof share, "%.4g",
                 config->weights_gb / (double)config->accelerator_count);
        page_say(page,
                 "%s + %s s × %s GB per GPU = ", sim_time_format(start->initialize_base, base),
                 option_number_text(start->initialize_s_per_gb_per_gpu, slope), share);
    }
    narration_say_span(page, mean.initializing);
    page_say(page, ", routing lag ");
    narration_say_span(page, mean.routing_lag);
    if (start->cv > 0) {
        page_say(page, "; each phase times a chance of cv %s",
                 option_number_text(start->cv, slope));
    }
}

void narration_say_start_means(Page *page, const DeploymentConfig *config) {
    const ColdStartModel model = model_of(config);
    page_say(page, "a replica starts in ");
    say_seconds(page, cold_start_mean_s(&config->cold_start, &model));
    page_say(page, " on average");
    if (is_given(&config->cold_start.total)) {
        page_say(page, " (cold_start as given, in one)");
    } else {
        say_mean_phases(page, config);
    }
}

/* One start ---------------------------------------------------------------------------------- */

/* When a booting replica left a state; SIM_TIME_NEVER if it is still in it at the end. */
static sim_time left(const NarratedReplica *replica, asim_replica_state state) {
    for (asim_replica_state next = state + 1; next < ASIM_REPLICA_STATE_COUNT; next++) {
        if (replica->entered[next] != SIM_TIME_NEVER) {
            return replica->entered[next];
        }
    }
    return SIM_TIME_NEVER;
}

typedef struct Telling {
    Page *page;
    const DeploymentConfig *config;
    const NarratedReplica *replica;
    const char *between;
} Telling;

static void say_between(Telling *telling) {
    page_say(telling->page, "%s", telling->between);
    telling->between = ", ";
}

static void say_wait_for_gpus(Telling *telling, sim_time asked) {
    const NarratedReplica *replica = telling->replica;
    if (replica->granted == asked) {
        return;
    }
    say_between(telling);
    if (replica->granted == SIM_TIME_NEVER) {
        page_say(telling->page, "waits for GPUs that are not there");
    } else {
        page_say(telling->page, "waits ");
        narration_say_span(telling->page, replica->granted - asked);
        page_say(telling->page, " for GPUs");
    }
}

static void say_phase_words(Telling *telling, asim_replica_state state) {
    const DeploymentConfig *config = telling->config;
    switch (state) {
    case ASIM_REPLICA_PENDING_SCHEDULING: page_say(telling->page, "pending "); return;
    case ASIM_REPLICA_DOWNLOADING_MODEL:
        page_say(telling->page, "download ");
        if (!is_given(&config->cold_start.downloading_model)) {
            say_download(telling->page, config, telling->replica->cold_download);
            page_say(telling->page, " ");
        }
        return;
    case ASIM_REPLICA_INITIALIZING: page_say(telling->page, "init "); return;
    default: page_say(telling->page, "routing lag "); return;
    }
}

/* A phase that took no time is not told: the given start has but one. */
static void say_phase(Telling *telling, asim_replica_state state) {
    const NarratedReplica *replica = telling->replica;
    const sim_time from =
        state == ASIM_REPLICA_PENDING_SCHEDULING ? replica->granted : replica->entered[state];
    const sim_time to = left(replica, state);
    if (from == SIM_TIME_NEVER || from == to) {
        return;
    }
    say_between(telling);
    say_phase_words(telling, state);
    if (to == SIM_TIME_NEVER) {
        page_say(telling->page, "not over at the end");
    } else {
        narration_say_span(telling->page, to - from);
    }
}

static void say_phases(Telling *telling) {
    if (is_given(&telling->config->cold_start.total)) {
        const sim_time served = telling->replica->entered[ASIM_REPLICA_SERVING];
        if (served != SIM_TIME_NEVER) {
            say_between(telling);
            page_say(telling->page, "starts in ");
            narration_say_span(telling->page, served - telling->replica->granted);
        }
        return;
    }
    for (asim_replica_state state = ASIM_REPLICA_PENDING_SCHEDULING; state <= ASIM_REPLICA_READY;
         state++) {
        say_phase(telling, state);
    }
}

void narration_say_start(Page *page, const DayClock *day_clock, const DeploymentConfig *config,
                         bool has_reservation, const NarratedReplica *replica) {
    Telling telling = {page, config, replica, ": "};
    const sim_time asked = replica->entered[ASIM_REPLICA_PENDING_SCHEDULING];
    const sim_time served = replica->entered[ASIM_REPLICA_SERVING];
    char at[HUMAN_TEXT];
    page_say(page, "replica %u", replica->number);
    if (has_reservation && replica->granted != SIM_TIME_NEVER) {
        page_say(page, replica->reserved_gpus == config->accelerator_count ? " on reserved GPUs"
                       : replica->reserved_gpus > 0 ? " on GPUs partly reserved"
                                                    : " on on-demand GPUs");
    }
    say_wait_for_gpus(&telling, asked);
    say_phases(&telling);
    if (served != SIM_TIME_NEVER) {
        page_say(page, ": serving at %s, after ", day_clock_text(day_clock, served, at));
        narration_say_span(page, served - asked);
    } else if (replica->ended != NULL) {
        page_say(page, "%s%s at %s, before it served", telling.between, replica->ended,
                 day_clock_text(day_clock, replica->entered[ASIM_REPLICA_GONE], at));
    } else {
        page_say(page, "%s%s at the end of the run", telling.between,
                 names_of_replica_states[replica->state]);
    }
}

/* Its end ------------------------------------------------------------------------------------ */

static void say_drain(Page *page, const DayClock *day_clock, const NarratedReplica *replica) {
    const sim_time from = replica->entered[ASIM_REPLICA_DRAINING];
    const sim_time gone = replica->entered[ASIM_REPLICA_GONE];
    char at[HUMAN_TEXT];
    page_say(page, "replica %u drains ", replica->number);
    narration_say_count(page, replica->held, "request");
    if (gone == SIM_TIME_NEVER) {
        page_say(page, ", still at the end of the run");
        return;
    }
    page_say(page, " for ");
    narration_say_span(page, gone - from);
    page_say(page, ": gone at %s", day_clock_text(day_clock, gone, at));
}

void narration_say_stop(Page *page, const DayClock *day_clock, const DeploymentConfig *config,
                        const NarratedReplica *replica) {
    if (replica->entered[ASIM_REPLICA_DRAINING] != SIM_TIME_NEVER) {
        say_drain(page, day_clock, replica);
        return;
    }
    if (replica->before == ASIM_REPLICA_SERVING) {
        page_say(page, "replica %u: %s while it serves", replica->number, replica->ended);
        return;
    }
    page_say(page, "replica %u: its start is %s after ", replica->number, replica->ended);
    narration_say_span(page, replica->entered[ASIM_REPLICA_GONE] -
                                 replica->entered[ASIM_REPLICA_PENDING_SCHEDULING]);
    page_say(page, ", in %s%s", names_of_replica_states[replica->before],
             config->bill_startup ? "" : ", and costs nothing");
}

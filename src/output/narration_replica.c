// SPDX-License-Identifier: GPL-3.0-or-later
/* Replicas in words. A phase lasted from its state's beginning to that of the next state that was
 * entered; what is missing at the end has not come to pass. */
#include "output/narration_replica.h"

#include "base/text.h"
#include "engine/options.h"
#include "engine/sim_time.h"
#include "figures/names.h"

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

static void say_seconds(Paragraph *paragraph, double seconds) {
    char text[HUMAN_TEXT];
    paragraph_say(paragraph, "%s", human_seconds(seconds, text));
}

/* "70 GB at 12.5 GB/s" */
static void say_download(Paragraph *paragraph, const DeploymentConfig *config, bool cold) {
    char weights[HUMAN_TEXT], bandwidth[32];
    snprintf(weights, sizeof weights, "%.4g", config->weights_gb);
    const double gb_per_s =
        cold ? config->cold_start.cold_bandwidth_gb_per_s : config->cold_start.bandwidth_gb_per_s;
    paragraph_say(paragraph, "%s GB at %s GB/s%s", weights, text_number(gb_per_s, bandwidth),
                  cold ? " (cold_region)" : "");
}

static void say_mean_phases(Paragraph *paragraph, const DeploymentConfig *config) {
    const ColdStartConfig *start = &config->cold_start;
    const ColdStartModel model = model_of(config);
    const ColdStart mean = cold_start_mean(start, &model, false);
    char base[SIM_TIME_TEXT], slope[32], share[HUMAN_TEXT];
    paragraph_say(paragraph, ": pending ");
    narration_say_span(paragraph, mean.node_allocation);
    paragraph_say(paragraph, ", download ");
    if (!is_given(&start->downloading_model)) {
        say_download(paragraph, config, false);
        paragraph_say(paragraph, " = ");
    }
    narration_say_span(paragraph, mean.downloading_model);
    paragraph_say(paragraph, ", init ");
    if (!is_given(&start->initializing)) {
        snprintf(share, sizeof share, "%.4g",
                 config->weights_gb / (double)config->accelerator_count);
        paragraph_say(paragraph,
                      "%s + %s s × %s GB per GPU = ", sim_time_format(start->initialize_base, base),
                      text_number(start->initialize_s_per_gb_per_gpu, slope), share);
    }
    narration_say_span(paragraph, mean.initializing);
    paragraph_say(paragraph, ", routing lag ");
    narration_say_span(paragraph, mean.routing_lag);
    if (start->cv > 0) {
        paragraph_say(paragraph, "; each phase times a chance of cv %s",
                      text_number(start->cv, slope));
    }
}

void narration_say_start_means(Paragraph *paragraph, const DeploymentConfig *config) {
    const ColdStartModel model = model_of(config);
    paragraph_say(paragraph, "a replica starts in ");
    say_seconds(paragraph, cold_start_mean_s(&config->cold_start, &model));
    paragraph_say(paragraph, " on average");
    if (is_given(&config->cold_start.total)) {
        paragraph_say(paragraph, " (cold_start as given, in one)");
    } else {
        say_mean_phases(paragraph, config);
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
    Paragraph *paragraph;
    const DeploymentConfig *config;
    const NarratedReplica *replica;
    const char *between;
} Telling;

static void say_between(Telling *telling) {
    paragraph_say(telling->paragraph, "%s", telling->between);
    telling->between = ", ";
}

static void say_wait_for_gpus(Telling *telling, sim_time asked) {
    const NarratedReplica *replica = telling->replica;
    if (replica->granted == asked) {
        return;
    }
    say_between(telling);
    if (replica->granted == SIM_TIME_NEVER) {
        paragraph_say(telling->paragraph, "waits for GPUs that are not there");
    } else {
        paragraph_say(telling->paragraph, "waits ");
        narration_say_span(telling->paragraph, replica->granted - asked);
        paragraph_say(telling->paragraph, " for GPUs");
    }
}

static void say_phase_words(Telling *telling, asim_replica_state state) {
    const DeploymentConfig *config = telling->config;
    switch (state) {
    case ASIM_REPLICA_PENDING_SCHEDULING: paragraph_say(telling->paragraph, "pending "); return;
    case ASIM_REPLICA_DOWNLOADING_MODEL:
        paragraph_say(telling->paragraph, "download ");
        if (!is_given(&config->cold_start.downloading_model)) {
            say_download(telling->paragraph, config, telling->replica->cold_download);
            paragraph_say(telling->paragraph, " ");
        }
        return;
    case ASIM_REPLICA_INITIALIZING: paragraph_say(telling->paragraph, "init "); return;
    default: paragraph_say(telling->paragraph, "routing lag "); return;
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
        paragraph_say(telling->paragraph, "not over at the end");
    } else {
        narration_say_span(telling->paragraph, to - from);
    }
}

static void say_phases(Telling *telling) {
    if (is_given(&telling->config->cold_start.total)) {
        const sim_time served = telling->replica->entered[ASIM_REPLICA_SERVING];
        if (served != SIM_TIME_NEVER) {
            say_between(telling);
            paragraph_say(telling->paragraph, "starts in ");
            narration_say_span(telling->paragraph, served - telling->replica->granted);
        }
        return;
    }
    for (asim_replica_state state = ASIM_REPLICA_PENDING_SCHEDULING; state <= ASIM_REPLICA_READY;
         state++) {
        say_phase(telling, state);
    }
}

void narration_say_start(Paragraph *paragraph, const DayClock *day_clock,
                         const DeploymentConfig *config, bool has_reservation,
                         const NarratedReplica *replica) {
    Telling telling = {paragraph, config, replica, ": "};
    const sim_time asked = replica->entered[ASIM_REPLICA_PENDING_SCHEDULING];
    const sim_time served = replica->entered[ASIM_REPLICA_SERVING];
    char at[HUMAN_TEXT];
    paragraph_say(paragraph, "replica %u", replica->number);
    if (has_reservation && replica->granted != SIM_TIME_NEVER) {
        paragraph_say(paragraph, replica->reserved_gpus == config->accelerator_count
                                     ? " on reserved GPUs"
                                 : replica->reserved_gpus > 0 ? " on GPUs partly reserved"
                                                              : " on on-demand GPUs");
    }
    say_wait_for_gpus(&telling, asked);
    say_phases(&telling);
    if (served != SIM_TIME_NEVER) {
        paragraph_say(paragraph, ": serving at %s, after ", day_clock_text(day_clock, served, at));
        narration_say_span(paragraph, served - asked);
    } else if (replica->ended != NULL) {
        paragraph_say(paragraph, "%s%s at %s, before it served", telling.between, replica->ended,
                      day_clock_text(day_clock, replica->entered[ASIM_REPLICA_GONE], at));
    } else {
        paragraph_say(paragraph, "%s%s at the end of the run", telling.between,
                      names_of_replica_states[replica->state]);
    }
}

/* Its end ------------------------------------------------------------------------------------ */

static void say_drain(Paragraph *paragraph, const DayClock *day_clock,
                      const NarratedReplica *replica) {
    const sim_time from = replica->entered[ASIM_REPLICA_DRAINING];
    const sim_time gone = replica->entered[ASIM_REPLICA_GONE];
    char at[HUMAN_TEXT];
    paragraph_say(paragraph, "replica %u drains ", replica->number);
    narration_say_count(paragraph, replica->held, "request");
    if (gone == SIM_TIME_NEVER) {
        paragraph_say(paragraph, ", still at the end of the run");
        return;
    }
    paragraph_say(paragraph, " for ");
    narration_say_span(paragraph, gone - from);
    paragraph_say(paragraph, ": gone at %s", day_clock_text(day_clock, gone, at));
}

void narration_say_stop(Paragraph *paragraph, const DayClock *day_clock,
                        const DeploymentConfig *config, const NarratedReplica *replica) {
    if (replica->entered[ASIM_REPLICA_DRAINING] != SIM_TIME_NEVER) {
        say_drain(paragraph, day_clock, replica);
        return;
    }
    if (replica->before == ASIM_REPLICA_SERVING) {
        paragraph_say(paragraph, "replica %u: %s while it serves", replica->number, replica->ended);
        return;
    }
    paragraph_say(paragraph, "replica %u: its start is %s after ", replica->number, replica->ended);
    narration_say_span(paragraph, replica->entered[ASIM_REPLICA_GONE] -
                                      replica->entered[ASIM_REPLICA_PENDING_SCHEDULING]);
    paragraph_say(paragraph, ", in %s%s", names_of_replica_states[replica->before],
                  config->bill_startup ? "" : ", and costs nothing");
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* What went on between two things that happened: how many requests ended, how long they took, what
 * queued, what was refused, and what held the autoscaler back meanwhile. A Stretch is the account
 * of one such time; the StretchMeter keeps that of the one that goes on. */
#ifndef OUTPUT_NARRATION_STRETCH_H
#define OUTPUT_NARRATION_STRETCH_H

#include "autoscale_sim/observer.h"
#include "stats/histogram.h"

#define STRETCH_NONE (-1) /* no latency: no request ended */
#define STRETCH_WINDOWS 4 /* windows of one policy that are told apart */

/* How often a window kept the target without letting it change in the end. */
typedef struct StretchHold {
    const char *window; /* static, the policy's */
    uint32_t times;
    sim_time longest;
} StretchHold;

typedef struct Stretch {
    sim_time from, to;
    int serving, booting;                  /* replicas, at its end */
    uint64_t outcomes[ASIM_OUTCOME_COUNT]; /* of the requests that ended */
    uint64_t refused[ASIM_ANSWER_COUNT];   /* sends, by their answer */
    sim_time ttft_p95, e2e_p95; /* of those that ended (figures/latency.h): SIM_TIME_NEVER
                                   where too many never got there; STRETCH_NONE: none did */
    uint32_t queued_most;       /* as evaluations saw it */
    StretchHold holds[STRETCH_WINDOWS];
    size_t hold_count;
    sim_time clamped; /* how long the load asked for more than the policy's most */
    int clamped_most; /* replicas that it asked for */
} Stretch;

/* A wait in a window, which goes on under a rule that no dip resets: `since` tells. */
typedef struct StretchWait {
    const char *window; /* static, the policy's; NULL: none */
    sim_time since;     /* as the policy says */
    sim_time from, to;
} StretchWait;

typedef struct StretchMeter {
    Stretch now;
    Histogram ttft, e2e;
    StretchWait wait; /* in the window that holds now, or held last */
    bool waits;
    sim_time last_evaluation;
    int asked_beyond; /* at the last evaluation, the replicas beyond the most; 0: none */
} StretchMeter;

void stretch_meter_init(StretchMeter *meter);
void stretch_meter_clear(StretchMeter *meter);

void stretch_meter_request(StretchMeter *meter, const asim_request *request);
void stretch_meter_refusal(StretchMeter *meter, const asim_refusal *refusal);
/* Before stretch_meter_end where the decision ends the stretch. */
void stretch_meter_decision(StretchMeter *meter, const asim_decision_taken *taken);

/* The stretch that ends at `time`; the next one begins there. The replicas are those of now. */
Stretch stretch_meter_end(StretchMeter *meter, sim_time time, int serving, int booting);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* One pair of histograms serves all stretches: their quantiles are taken when they end. */
#include "output/narration_stretch.h"

#include "figures/latency.h"

#include <string.h>

void stretch_meter_init(StretchMeter *meter) {
    *meter = (StretchMeter){0};
    histogram_init(&meter->ttft);
    histogram_init(&meter->e2e);
}

void stretch_meter_clear(StretchMeter *meter) {
    histogram_clear(&meter->ttft);
    histogram_clear(&meter->e2e);
}

void stretch_meter_request(StretchMeter *meter, const asim_request *request) {
    meter->now.outcomes[request->outcome]++;
    if (latency_ended(request)) {
        latency_record(&meter->ttft, latency_has_first_token(request), latency_ttft(request));
        latency_record(&meter->e2e, latency_has_answer(request), latency_e2e(request));
    }
}

void stretch_meter_refusal(StretchMeter *meter, const asim_refusal *refusal) {
    meter->now.refused[refusal->answer]++;
}

/* Holds -------------------------------------------------------------------------------------- */

static void count_hold(Stretch *stretch, const char *window, sim_time lasted) {
    size_t i = 0;
    while (i < stretch->hold_count && strcmp(stretch->holds[i].window, window) != 0) {
        i++;
    }
    if (i == STRETCH_WINDOWS) {
        return;
    }
    if (i == stretch->hold_count) {
        stretch->holds[stretch->hold_count++] = (StretchHold){.window = window};
    }
    StretchHold *hold = &stretch->holds[i];
    hold->times++;
    hold->longest = lasted > hold->longest ? lasted : hold->longest;
}

/* The wait that was is over, and nothing came of it. */
static void give_up_wait(StretchMeter *meter) {
    if (meter->wait.window) {
        count_hold(&meter->now, meter->wait.window, meter->wait.to - meter->wait.from);
    }
    meter->wait = (StretchWait){0};
}

/* The same wait goes on: without a break, or since the same instant, as the policy says. */
static bool waits_on(const StretchMeter *meter, const asim_decision *decision) {
    const StretchWait *wait = &meter->wait;
    return wait->window && decision->window && strcmp(wait->window, decision->window) == 0 &&
           (meter->waits || wait->since == decision->window_since);
}

/* A wait that ends with a change of the target was the wait for it, which is told there. */
static void follow_wait(StretchMeter *meter, const asim_decision_taken *taken) {
    const asim_decision *decision = taken->decision;
    const bool changes = decision->target != taken->from, goes_on = waits_on(meter, decision);
    if (meter->waits) {
        meter->wait.to = taken->time;
    }
    if ((changes || decision->window) && !goes_on) {
        give_up_wait(meter);
    }
    meter->waits = decision->window && !changes;
    if (changes) {
        meter->wait = (StretchWait){0};
    } else if (meter->waits) {
        meter->wait.from = goes_on ? meter->wait.from : taken->time;
        meter->wait.window = decision->window;
        meter->wait.since = decision->window_since;
        meter->wait.to = taken->time;
    }
}

/* What is asked for is in force from one evaluation to the next. */
static void follow_limit(StretchMeter *meter, const asim_decision_taken *taken) {
    const asim_decision *decision = taken->decision;
    Stretch *now = &meter->now;
    if (meter->asked_beyond > 0) {
        const sim_time since =
            meter->last_evaluation > now->from ? meter->last_evaluation : now->from;
        now->clamped += taken->time - since;
    }
    const bool has_winner = decision->winner >= 0 && decision->winner < decision->term_count;
    const int wanted = has_winner ? decision->terms[decision->winner].wanted : 0;
    meter->asked_beyond = wanted > decision->limits[1] ? wanted : 0;
    meter->last_evaluation = taken->time;
    if (meter->asked_beyond > now->clamped_most) {
        now->clamped_most = meter->asked_beyond;
    }
}

void stretch_meter_decision(StretchMeter *meter, const asim_decision_taken *taken) {
    follow_wait(meter, taken);
    if (taken->at_evaluation) {
        follow_limit(meter, taken);
    }
    if (taken->queued > meter->now.queued_most) {
        meter->now.queued_most = taken->queued;
    }
}

/* The end ------------------------------------------------------------------------------------ */

static sim_time quantile(const Histogram *histogram) {
    return histogram_members(histogram) > 0 ? histogram_quantile(histogram, 0.95) : STRETCH_NONE;
}

Stretch stretch_meter_end(StretchMeter *meter, sim_time time, int serving, int booting) {
    if (!meter->waits) {
        give_up_wait(meter);
    }
    Stretch ended = meter->now;
    ended.to = time;
    ended.serving = serving;
    ended.booting = booting;
    ended.ttft_p95 = quantile(&meter->ttft);
    ended.e2e_p95 = quantile(&meter->e2e);
    histogram_reset(&meter->ttft);
    histogram_reset(&meter->e2e);
    meter->now = (Stretch){.from = time, .clamped_most = meter->asked_beyond};
    return ended;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The rule of headroom.lua as a shared object.
 *   cc -shared -fPIC -I../../include headroom.c -lm -o headroom.so
 *   "policy": {"module": "headroom.so", "requests": 12, "headroom": 0.5} */
#include <autoscale_sim/policy.h>
#include <math.h>
#include <string.h>

typedef struct Headroom {
    double requests, headroom, patience_s;
    double needed;
} Headroom;

static void init(void *state, const void *config, int initial_target) {
    Headroom *self = state;
    const asim_policy_options *options = config;
    *self = (Headroom){.requests = 12, .headroom = 0.5, .patience_s = 300};
    for (size_t i = 0; i < options->count; i++) {
        const asim_policy_option *option = &options->items[i];
        double *member = strcmp(option->name, "requests") == 0   ? &self->requests
                         : strcmp(option->name, "headroom") == 0 ? &self->headroom
                                                                 : &self->patience_s;
        *member = option->number;
    }
    (void)initial_target;
}

static void decide(void *state, const asim_observation *seen, asim_decision *decision) {
    Headroom *self = state;
    const double now = (double)seen->time / SIM_TIME_SECOND;
    const double held =
        seen->signals[ASIM_SIGNAL_CONCURRENT_REQUESTS] * (1 + self->headroom) + seen->waiting;
    const int wanted = (int)ceil(held / self->requests);
    if (wanted >= seen->target) {
        self->needed = now;
        decision->target = wanted;
        decision->reason = wanted > seen->target ? "crowd" : "busy";
    } else if (now - self->needed < self->patience_s) {
        decision->reason = "patience";
    } else {
        self->needed = now;
        decision->target = seen->target - 1;
        decision->reason = "quiet";
    }
    decision->recommended = decision->target;
}

static void clear(void *state) {
    (void)state;
}

static const asim_policy headroom = {.name = "headroom",
                                     .state_size = sizeof(Headroom),
                                     .init = init,
                                     .decide = decide,
                                     .clear = clear};
ASIM_POLICY_MODULE(headroom);

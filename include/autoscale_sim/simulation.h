// SPDX-License-Identifier: GPL-3.0-or-later
/* One run of a scenario. Runs share nothing: several may go on in threads side by side. */
#ifndef AUTOSCALE_SIM_SIMULATION_H
#define AUTOSCALE_SIM_SIMULATION_H

#include "autoscale_sim/observer.h"
#include "autoscale_sim/scenario.h"

#include <signal.h>

typedef struct asim_run_options {
    const asim_observer *const *observers; /* called in this order */
    size_t observer_count;
    const volatile sig_atomic_t *stop; /* the run ends early when it becomes non-zero; may be NULL
                                        */
    /* Called now and then with the share of simulated time that has passed (0..1; -1 when the end
     * is not known) and the requests so far; may be NULL. */
    void (*progress)(void *self, double share, uint64_t requests);
    void *progress_self;
    /* Takes the source that a deployment's traffic makes, and returns the one to be read in its
     * place, which the run destroys; may be NULL. Not called where users wait for their answers
     * (closed loops): what they send depends on the run. */
    asim_traffic_source *(*arrivals)(void *self, uint32_t deployment, asim_traffic_source *own);
    void *arrivals_self;
    /* Traffic is drawn, or read, ahead, in threads of its own: for a run that has a second core to
     * itself. What comes of the run is the same. */
    bool reads_ahead;
    /* Takes the place of the policies of all deployments; NULL: they have their own. Asked every
     * policy_interval (> 0), and when a request finds nothing serving and a target of 0; its config
     * is lent for the run. */
    const asim_policy *policy;
    const void *policy_config;
    sim_time policy_interval;
} asim_run_options;

typedef enum asim_run_result {
    ASIM_RUN_DONE,
    ASIM_RUN_STOPPED, /* by *stop */
    ASIM_RUN_FAILED   /* bad traffic, or a broken invariant: see the message */
} asim_run_result;

/* Runs the scenario from start to end. On ASIM_RUN_FAILED *message is set to a text with one
 * mistake per line (free it); message may be NULL. What observers were told until then is void. */
asim_run_result asim_run(const asim_scenario *scenario, const asim_run_options *options,
                         char **message);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* Names of a replica's states. */
#include "cluster/replica.h"

const char *replica_state_name(asim_replica_state state) {
    static const char *const names[ASIM_REPLICA_STATE_COUNT] = {
        [ASIM_REPLICA_PENDING_SCHEDULING] = "pending_scheduling",
        [ASIM_REPLICA_DOWNLOADING_MODEL] = "downloading_model",
        [ASIM_REPLICA_INITIALIZING] = "initializing",
        [ASIM_REPLICA_READY] = "ready",
        [ASIM_REPLICA_SERVING] = "serving",
        [ASIM_REPLICA_DRAINING] = "draining",
        [ASIM_REPLICA_GONE] = "gone",
    };
    return names[state];
}

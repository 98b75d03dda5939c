// SPDX-License-Identifier: GPL-3.0-or-later
/* Types that every part of the public interface shares. */
#ifndef AUTOSCALE_SIM_TYPES_H
#define AUTOSCALE_SIM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An instant or a duration of simulated time in integer nanoseconds; instants count from the
 * scenario's start. 63 bits reach 292 years; a scenario may last ten (SIM_TIME_LONGEST). */
typedef int64_t sim_time;

#define SIM_TIME_NEVER INT64_MAX
#define SIM_TIME_MILLISECOND INT64_C(1000000)
#define SIM_TIME_SECOND INT64_C(1000000000)
#define SIM_TIME_MINUTE (60 * SIM_TIME_SECOND)
#define SIM_TIME_HOUR (60 * SIM_TIME_MINUTE)
#define SIM_TIME_DAY (24 * SIM_TIME_HOUR)
#define SIM_TIME_LONGEST (3653 * SIM_TIME_DAY)

/* The life of a replica, in its order. */
typedef enum asim_replica_state {
    ASIM_REPLICA_PENDING_SCHEDULING,
    ASIM_REPLICA_DOWNLOADING_MODEL,
    ASIM_REPLICA_INITIALIZING,
    ASIM_REPLICA_READY, /* initialised, not routed to yet */
    ASIM_REPLICA_SERVING,
    ASIM_REPLICA_DRAINING,
    ASIM_REPLICA_GONE, /* drained, cancelled, deleted, or vanished */
    ASIM_REPLICA_STATE_COUNT
} asim_replica_state;

#endif

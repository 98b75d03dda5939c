// SPDX-License-Identifier: GPL-3.0-or-later
/* A source that reads another one ahead, in a thread of its own, so that a single run uses a second
 * core: what it gives out, its counts and its errors are those of the other one, each at its place,
 * whoever is faster. */
#ifndef TRAFFIC_AHEAD_H
#define TRAFFIC_AHEAD_H

#include "autoscale_sim/traffic_source.h"
#include "base/error.h"

/* Takes ownership of `inner`, which is no closed loop. own: the list that it was opened with, and
 * adds its errors to; the thread's until the source is destroyed, which then leaves nothing in it.
 * errors: where they go when their place is read. Both lists are lent. What halts `inner` halts
 * this; destroying it waits for the block that is being read. */
asim_traffic_source *traffic_ahead(asim_traffic_source *inner, ErrorList *own, ErrorList *errors);

#endif

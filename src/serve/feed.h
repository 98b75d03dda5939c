// SPDX-License-Identifier: GPL-3.0-or-later
/* GET /events: what happens, as server-sent events, for the live page and whoever else looks.
 *
 *  event: columns     data: {"timeseries": [[NAME, KIND], ...], "events": "HEADER"}
 *  event: timeseries  data: a row as timeseries.csv of a run has it
 *  event: events      data: a row as events.csv has it
 *  event: state       data: what GET /sim/state answers; about once a second, and after each change
 *  event: end         data: {}
 *
 * A new reader is first told the rows that are kept, the latest FEED_ROWS_MOST. */
#ifndef SERVE_FEED_H
#define SERVE_FEED_H

#include "serve/http.h"
#include "serve/pace.h"

#define FEED_ROWS_MOST 20000
#define FEED_READERS_MOST 64

typedef struct Feed Feed;

/* Both are lent. */
Feed *feed_create(const Scenario *scenario, const Pace *pace);
void feed_destroy(Feed *feed);
/* Adds its observers behind `count` others; returns how many there are then: at most
 * FEED_OBSERVERS more. Lent. */
#define FEED_OBSERVERS 2
size_t feed_observers(const Feed *feed, const asim_observer **list, size_t count);

/* Another reader. */
void feed_arrived(Feed *feed, Exchange *exchange);
/* A reader's exchange is over; false: it is none of its readers. */
bool feed_over(Feed *feed, const Exchange *exchange);
/* What has happened is told; to be called often. */
void feed_tell(Feed *feed, int64_t wall);
/* The state is told, whenever that was last. */
void feed_tell_state(Feed *feed, int64_t wall);
/* The run has ended: what it wrote is told, and readers are done once they have read it. */
void feed_end(Feed *feed);

#endif

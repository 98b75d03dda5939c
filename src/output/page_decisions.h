// SPDX-License-Identifier: GPL-3.0-or-later
/* The decisions of events.csv as JSON, for the markers of a page and what it says on hover. */
#ifndef OUTPUT_PAGE_DECISIONS_H
#define OUTPUT_PAGE_DECISIONS_H

#include "base/error.h"

enum { PAGE_DECISIONS = 2000 }; /* at most, of a deployment */

typedef struct PageDecision PageDecision;

typedef struct PageDecisions {
    PageDecision *items;
    size_t count, room;
} PageDecisions;

/* Of all deployments. False after adding an error; page_decisions_clear is due in either case. */
bool page_decisions_read(PageDecisions *decisions, const char *path, ErrorList *errors);
void page_decisions_clear(PageDecisions *decisions);

/* Members of an object, without braces: "changes" (how many changed the target), "decisions": rows
 * of time, from, to, reason, recommended, winner, measured, target, window, since, until. Where
 * there are more than PAGE_DECISIONS, those that hold are left out; where even the changes are
 * more, of each of that many equal stretches of time the largest is kept. "left_out" says how many
 * were. */
void page_decisions_write(const PageDecisions *decisions, const char *deployment, FILE *stream);

#endif

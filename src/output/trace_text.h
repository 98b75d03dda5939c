// SPDX-License-Identifier: GPL-3.0-or-later
/* What the reports about traces share. */
#ifndef OUTPUT_TRACE_TEXT_H
#define OUTPUT_TRACE_TEXT_H

#include "autoscale_sim/traffic_source.h"
#include "figures/human.h"

#include <stdio.h>

/* All digits: "16,803,695". Fills text and returns it. */
const char *trace_text_count(uint64_t count, char text[HUMAN_TEXT]);

/* What arrivals were made of: "as logged", "ends minus durations (3 rows)", "... taken for
 * arrivals". */
void trace_text_ends(FILE *stream, const asim_traffic_counts *counts);

/* What unit the times were taken to be in and why, where their format leaves that open; else NULL.
 * Static. */
const char *trace_text_unit(uint32_t units);

#endif

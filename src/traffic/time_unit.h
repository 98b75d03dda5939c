// SPDX-License-Identifier: GPL-3.0-or-later
/* Seconds or milliseconds? Public files have timestamp, input_length and output_length in either:
 * Mooncake's in ms, GuideLLM's and vLLM's timed_trace in s, with nothing that says which. What
 * decides, on the first rows alone (at most TIME_UNIT_ROWS, so that a stream can be told too): a
 * fraction (then it is seconds); numbers that are seconds or milliseconds since 1970; else the rate
 * that each unit would mean, when only one of the two is one that is recorded. */
#ifndef TRAFFIC_TIME_UNIT_H
#define TRAFFIC_TIME_UNIT_H

#include "traffic/row_reader.h"

enum { TIME_UNIT_ROWS = 256 };

/* For a reader whose header is read: sets its unit, and counts->units to what decided. False after
 * adding an error that asks for time_unit. */
bool time_unit_decide(RowReader *reader);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* What a recorded row says of its prompt's past (model 2): tokens that a cache hit, whose request
 * it is, what its blocks are. */
#ifndef TRAFFIC_ROW_PAST_H
#define TRAFFIC_ROW_PAST_H

#include "traffic/row_reader.h"

/* Before the first row: which columns or keys are looked for; none that is of a prompt's content
 * where the prompts' lengths are drawn. */
void row_past_settle(RowReader *reader);

/* The row's past by its values, once its tokens are known. A bad row holds nothing. */
RowResult row_past(RowReader *reader, const InputText values[ROLE_COUNT], TrafficRow *row);

/* The key of a conversation, session or user by its name, blanks around it left out: never 0,
 * unless it has none. */
uint32_t row_past_key(InputText name);

/* The arrival of a further copy of a source, or of a further pass through it, becomes another
 * user's with other content, lest it find its twin's whole prompt cached. */
void row_past_estrange(asim_arrival *arrival, uint32_t copy, int64_t pass);

#endif

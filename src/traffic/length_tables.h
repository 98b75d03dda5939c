// SPDX-License-Identifier: GPL-3.0-or-later
/* Token lengths of published traces, by name, as data with their sources. */
#ifndef TRAFFIC_LENGTH_TABLES_H
#define TRAFFIC_LENGTH_TABLES_H

#include "engine/distribution.h"

typedef struct LengthTable {
    const char *name;
    const char *source;              /* where the figures come from, and what they are */
    double prompt_mean, output_mean; /* of the trace itself; NAN: not known */
    Distribution prompt, output; /* tables are static: never cleared; to be prepared before use */
} LengthTable;

/* Ends with a row whose name is NULL. */
extern const LengthTable length_tables[];

/* Their names in order, for the option `lengths`; NULL-terminated. */
extern const char *const length_table_choices[];

#endif

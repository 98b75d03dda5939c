// SPDX-License-Identifier: GPL-3.0-or-later
/* The words that reports use for what observers are told: one spelling for every file. */
#ifndef FIGURES_NAMES_H
#define FIGURES_NAMES_H

#include "autoscale_sim/observer.h"
#include "base/csv_writer.h"

extern const char *const names_of_outcomes[ASIM_OUTCOME_COUNT]; /* "completed", "given_up", ... */
extern const char *const names_of_answers[ASIM_ANSWER_COUNT];   /* "200", ...; "" for none */
extern const char *const names_of_replica_states[ASIM_REPLICA_STATE_COUNT]; /* "pending_scheduling",
                                                                               ... */

/* The load targets that CSV files have columns for, in the order of asim_signal: what each
 * measures. */
#define NAMES_LOAD_KEYS ASIM_SIGNAL_COUNT
extern const char *const names_of_load_keys[NAMES_LOAD_KEYS];

/* Index of a load key, NAMES_LOAD_KEYS when it has no column. */
size_t names_load_key(const char *key);

/* The columns of a header that go with them: KEY_measured,KEY_target for each key. */
void names_write_load_columns(CsvWriter *writer);

#endif

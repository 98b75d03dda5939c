// SPDX-License-Identifier: GPL-3.0-or-later
/* Which part of an experiment this process does: the K-th of N, by hand or from the environment of
 * a batch system. */
#ifndef EXPERIMENT_SHARD_H
#define EXPERIMENT_SHARD_H

#include "base/error.h"

#define SHARDS_MOST 1000000

typedef struct Shard {
    size_t number; /* from 1 */
    size_t count;  /* 0: no parts, all is done here */
} Shard;

/* "2/8"; "auto/8": K from JOB_COMPLETION_INDEX (a Kubernetes indexed job, from 0), or from
 * SLURM_ARRAY_TASK_ID less SLURM_ARRAY_TASK_MIN; "auto": N from SLURM_ARRAY_TASK_COUNT too. False
 * after adding an error. */
bool shard_read(const char *text, Shard *shard, ErrorList *errors);

/* Items are dealt out like cards. */
bool shard_has(const Shard *shard, size_t index);

#endif

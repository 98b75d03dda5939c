// SPDX-License-Identifier: GPL-3.0-or-later
/* A sweep's directory, which fills cell by cell, may be left and gone on with at any moment, and
 * may belong to several processes at once, each with a shard. */
#ifndef EXPERIMENT_SWEEP_DIRECTORY_H
#define EXPERIMENT_SWEEP_DIRECTORY_H

#include "experiment/shard.h"
#include "experiment/sweep_plan.h"

typedef enum SweepEntry {
    SWEEP_NEW,   /* a sweep that is there is refused */
    SWEEP_FORCE, /* what it wrote is removed */
    SWEEP_JOIN   /* it is gone on with, if its plan is the same; if none is there it begins */
} SweepEntry;

/* The part that this process is at work on: its file in shards/, locked. */
typedef struct SweepWork {
    char *file; /* NULL: none */
    int descriptor;
    bool is_shard; /* else the whole */
} SweepWork;

/* Makes or joins the directory: sweep.json, cells/, and shards/K-of-N, by which a merge knows whom
 * to ask for missing cells, or shards/all. Refused while another process is at work on the same
 * part, or this or that one on the whole; shards work side by side. `work` is to be left in either
 * case. Removes files that killed processes have left
 * unfinished, of the shard's own cells only if there is one. False after adding errors. */
bool sweep_directory_enter(SweepWork *work, const char *directory, const SweepPlan *plan,
                           SweepEntry entry, const Shard *shard, ErrorList *errors);
void sweep_directory_leave(SweepWork *work);

/* How many parts the shards that were begun there are of; 0: none were. */
size_t sweep_directory_shards(const char *directory);

/* When all is whole: without what only served on the way. */
void sweep_directory_settle(const char *directory);

#endif

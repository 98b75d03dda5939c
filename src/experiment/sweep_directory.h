// SPDX-License-Identifier: GPL-3.0-or-later
/* A sweep's directory, which fills cell by cell, may be left and gone on with at any moment, may
 * belong to several processes at once, each with a shard, and is put together of several in the
 * end.
 *
 * sweep.json is its plan: what the sweep runs, complete, so that whatever has changed since is
 * noticed: the program's version, the scenario, the options of the command line, digests of input
 * files, axes, cells. Its SHA-256 digest stands for all of it. The same sweep gives the same bytes.
 *
 * cells/000123.csv: what came of one cell. Its first line bears the plan's digest and that of the
 * rest, so that a file that is torn, stale or another sweep's is as good as none. Written beside
 * and renamed; the same cell gives the same bytes. */
#ifndef EXPERIMENT_SWEEP_DIRECTORY_H
#define EXPERIMENT_SWEEP_DIRECTORY_H

#include "base/digest.h"
#include "base/error.h"

typedef struct cJSON cJSON;
typedef struct TextList TextList;
typedef struct Shard Shard;
typedef struct SweepFile SweepFile;

typedef struct SweepPlan {
    cJSON *tree;
    char *text; /* of sweep.json */
    char digest[DIGEST_TEXT];
    /* What results need; texts are lent from the tree. */
    const char *file; /* the sweep file's name, without its directory */
    size_t replications;
    size_t axis_count, cell_count, metric_count;
    const char **axes;
    const char **labels; /* cell by cell, one for each axis */
    const char **metrics;
} SweepPlan;

/* inputs: the files that the cells' scenarios read, digested here. */
void sweep_plan_make(SweepPlan *plan, const SweepFile *sweep, const TextList *inputs,
                     const char *version);
/* Reads DIR/sweep.json. False after adding an error; *plan is to be cleared either way. */
bool sweep_plan_read(SweepPlan *plan, const char *directory, ErrorList *errors);
void sweep_plan_clear(SweepPlan *plan);

/* Are they the same? If not, adds an error for each thing that differs: `other` in its directory
 * has what the plan has not. */
bool sweep_plan_same(const SweepPlan *plan, const SweepPlan *other, const char *directory,
                     const char *remedy, ErrorList *errors);

/* Cells --------------------------------------------------------------------------------------- */

/* What a cell that is no scenario has for a body, before the reason. */
#define SWEEP_CELL_SKIPPED "skipped\n"

/* Where a cell's file is; owned by the caller. */
char *sweep_cell_path(const char *directory, size_t cell);
/* body: CSV with a header. */
bool sweep_cell_write(const SweepPlan *plan, const char *directory, size_t cell, const char *body,
                      ErrorList *errors);
/* The body, or NULL if there is no sound file of that plan, or, after adding an error, if one that
 * is there cannot be read. Owned by the caller. */
char *sweep_cell_read(const SweepPlan *plan, const char *directory, size_t cell, ErrorList *errors);

/* At work ------------------------------------------------------------------------------------- */

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
 * case. Removes files that killed processes have left unfinished, of the shard's own cells only if
 * there is one. False after adding errors. */
bool sweep_directory_enter(SweepWork *work, const char *directory, const SweepPlan *plan,
                           SweepEntry entry, const Shard *shard, ErrorList *errors);
void sweep_directory_leave(SweepWork *work);

/* When all is whole: without what only served on the way. */
void sweep_directory_settle(const char *directory);

/* Merging ------------------------------------------------------------------------------------- */

/* Reads the plans of all directories, which must be the same; *plan is to be cleared either way. */
bool sweep_read_plans(SweepPlan *plan, const char *const directories[], size_t count,
                      ErrorList *errors);

/* In which of the directories each cell of the plan is: lent texts in an array of the caller's
 * (free). NULL after adding an error: which are missing, and what computes them. */
const char **sweep_find_cells(const SweepPlan *plan, const char *const directories[], size_t count,
                              ErrorList *errors);

/* Copies the cells that `directory` does not have, so that it is a sweep's like any other. */
bool sweep_gather_cells(const SweepPlan *plan, const char *const sources[], const char *directory,
                        ErrorList *errors);

#endif

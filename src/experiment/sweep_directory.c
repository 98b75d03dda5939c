// SPDX-License-Identifier: GPL-3.0-or-later
/* Entering and leaving. */
#include "experiment/sweep_directory.h"

#include "base/file_name.h"
#include "base/memory.h"
#include "base/output_directory.h"
#include "base/whole_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A first process may have been killed before its plan had its name. */
static bool holds_nothing(const char *directory, ErrorList *errors) {
    DIR *stream = opendir(directory);
    if (stream == NULL && errno != ENOENT) {
        return error_unreadable(errors, directory, errno, "a directory that can be read");
    }
    static const char unfinished[] = ".sweep.json" WHOLE_FILE_TEMPORARY;
    bool nothing = true;
    for (const char *name; (name = file_name_next(&stream)) != NULL;) {
        nothing = nothing && (strcmp(name, "shards") == 0 ||
                              strncmp(name, unfinished, strlen(unfinished)) == 0);
    }
    return nothing || error_in_file(errors, directory, "a directory with other things in it",
                                    "a new one, an empty one or a sweep's", NULL);
}

static bool has_plan(const char *directory) {
    char *file = memory_format("%s/sweep.json", directory);
    const bool there = access(file, F_OK) == 0;
    free(file);
    return there;
}

static bool may_enter(const char *directory, SweepEntry entry, ErrorList *errors) {
    if (has_plan(directory)) {
        return entry == SWEEP_JOIN ||
               error_in_file(errors, directory, "a sweep that is there", "a new directory",
                             "--resume goes on with it, --force begins it anew");
    }
    return holds_nothing(directory, errors);
}

static bool join(const char *directory, const SweepPlan *plan, ErrorList *errors) {
    SweepPlan other;
    const bool same =
        sweep_plan_read(&other, directory, errors) &&
        sweep_plan_same(plan, &other, directory,
                        "as it was, or --force to begin anew, or another --out", errors);
    sweep_plan_clear(&other);
    return same;
}

static bool write_plan(const char *directory, const SweepPlan *plan, ErrorList *errors) {
    char *file = memory_format("%s/sweep.json", directory);
    bool existed;
    const bool written = whole_file_create(file, plan->text, strlen(plan->text), &existed, errors);
    free(file);
    return written && (!existed || join(directory, plan, errors));
}

static bool make_folder(const char *directory, const char *name, ErrorList *errors) {
    char *folder = memory_format("%s/%s", directory, name);
    const bool made = output_directory_make(folder, errors);
    free(folder);
    return made;
}

/* Who is at work ------------------------------------------------------------------------------ */

static bool refuse_other(const char *directory, const char *whose, ErrorList *errors) {
    return error_found(errors, &(Error){.file = directory}, "one that nobody works on",
                       "wait for it to end", "a sweep that %s is at work on", whose);
}

/* Nobody else may hold the whole, and if this is the whole, no shard either. */
static bool others_rest(const SweepWork *work, const char *directory, ErrorList *errors) {
    char *folder = memory_format("%s/shards", directory), *whose = NULL;
    DIR *stream = opendir(folder);
    for (const char *name; (name = file_name_next(&stream)) != NULL;) {
        char *path = memory_format("%s/%s", folder, name);
        if (whose == NULL && *name != '.' && strcmp(path, work->file) != 0 &&
            (!work->is_shard || strcmp(name, "all") == 0)) {
            whose = owner_living(path);
        }
        free(path);
    }
    const bool rest = whose == NULL || refuse_other(directory, whose, errors);
    free(whose);
    free(folder);
    return rest;
}

static bool take(SweepWork *work, const char *directory, const Shard *shard, ErrorList *errors) {
    char *whose, *file = shard->count == 0 ? memory_format("%s/shards/all", directory)
                                           : memory_format("%s/shards/%zu-of-%zu", directory,
                                                           shard->number, shard->count);
    if (!make_folder(directory, "shards", errors)) {
        free(file);
        return false;
    }
    int descriptor;
    const OwnerAnswer answer = owner_take(file, &descriptor, &whose);
    if (answer == OWNER_TAKEN) {
        *work = (SweepWork){.file = file, .descriptor = descriptor, .is_shard = shard->count > 0};
        return others_rest(work, directory, errors);
    }
    if (answer == OWNER_OTHER) {
        refuse_other(directory, whose, errors);
    } else {
        error_unwritable(errors, file, errno, "a file that can be written");
    }
    free(whose);
    free(file);
    return false;
}

void sweep_directory_leave(SweepWork *work) {
    if (work->file == NULL) {
        return;
    }
    if (!work->is_shard) {
        unlink(work->file);
        *strrchr(work->file, '/') = '\0';
        (void)rmdir(work->file); /* of which shards may have left something */
    }
    close(work->descriptor);
    free(work->file);
    *work = (SweepWork){0};
}

/* Entering ------------------------------------------------------------------------------------ */

static void clean(const char *directory, const SweepPlan *plan, const Shard *shard) {
    char *cells = memory_format("%s/cells", directory);
    if (shard->count == 0) {
        whole_file_clean(directory, "");
        whole_file_clean(cells, "");
    }
    for (size_t cell = shard->number - 1; shard->count > 0 && cell < plan->cell_count;
         cell += shard->count) {
        char *prefix = memory_format("%06zu.csv" WHOLE_FILE_TEMPORARY, cell);
        whole_file_clean(cells, prefix);
        free(prefix);
    }
    free(cells);
}

static bool may_begin(const char *directory, SweepEntry entry, ErrorList *errors) {
    return entry == SWEEP_FORCE ? output_directory_may_replace(directory, errors)
                                : may_enter(directory, entry, errors);
}

bool sweep_directory_enter(SweepWork *work, const char *directory, const SweepPlan *plan,
                           SweepEntry entry, const Shard *shard, ErrorList *errors) {
    *work = (SweepWork){0};
    if (!may_begin(directory, entry, errors) || !output_directory_make(directory, errors) ||
        !take(work, directory, shard, errors) ||
        (entry == SWEEP_FORCE && !output_directory_empty(directory, "shards/", errors))) {
        return false;
    }
    const bool entered =
        has_plan(directory) ? join(directory, plan, errors) : write_plan(directory, plan, errors);
    if (!entered || !make_folder(directory, "cells", errors)) {
        return false;
    }
    clean(directory, plan, shard);
    return true;
}

size_t sweep_directory_shards(const char *directory) {
    char *folder = memory_format("%s/shards", directory);
    DIR *stream = opendir(folder);
    size_t number, of, count = 0;
    for (const char *name; (name = file_name_next(&stream)) != NULL;) {
        if (sscanf(name, "%zu-of-%zu", &number, &of) == 2) { /* not "all" */
            count = of;
        }
    }
    free(folder);
    return count;
}

void sweep_directory_settle(const char *directory) {
    char *cells = memory_format("%s/cells", directory);
    char *shards = memory_format("%s/shards", directory);
    DIR *stream = opendir(shards);
    for (const char *name; (name = file_name_next(&stream)) != NULL;) {
        (void)unlinkat(dirfd(stream), name, 0);
    }
    (void)rmdir(shards);
    whole_file_clean(directory, "");
    whole_file_clean(cells, "");
    free(cells);
    free(shards);
}

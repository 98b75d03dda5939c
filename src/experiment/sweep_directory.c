// SPDX-License-Identifier: GPL-3.0-or-later
/* Entering and leaving. */
#include "experiment/sweep_directory.h"

#include "engine/memory.h"
#include "report/output_directory.h"
#include "report/whole_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(const char *path, const char *found, const char *expected,
                   const char *suggestion, ErrorList *errors) {
    error_add(
        errors,
        &(Error){.file = path, .found = found, .expected = expected, .suggestion = suggestion});
    return false;
}

/* A first process may have been killed before its plan had its name. */
static bool holds_nothing(const char *directory) {
    DIR *stream = opendir(directory);
    bool nothing = stream != NULL || errno == ENOENT;
    const struct dirent *entry;
    /* cppcheck-suppress readdirCalled ; the stream is ours alone */
    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        const bool passes = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                            strncmp(entry->d_name, ".sweep.json" WHOLE_FILE_TEMPORARY,
                                    strlen(".sweep.json" WHOLE_FILE_TEMPORARY)) == 0;
        nothing = nothing && passes;
    }
    if (stream != NULL) {
        closedir(stream);
    }
    return nothing;
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
               refuse(directory, "a sweep that is there", "a new directory",
                      "--resume goes on with it, --force begins it anew", errors);
    }
    return holds_nothing(directory) || refuse(directory, "a directory with other things in it",
                                              "a new one, an empty one or a sweep's", NULL, errors);
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

static bool mark_shard(const char *directory, const Shard *shard, ErrorList *errors) {
    if (shard->count == 0) {
        return true;
    }
    char *file = memory_format("%s/shards/%zu-of-%zu", directory, shard->number, shard->count);
    bool existed;
    const bool marked = make_folder(directory, "shards", errors) &&
                        whole_file_create(file, "", 0, &existed, errors);
    free(file);
    return marked;
}

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

bool sweep_directory_enter(const char *directory, const SweepPlan *plan, SweepEntry entry,
                           const Shard *shard, ErrorList *errors) {
    if (entry == SWEEP_FORCE && !output_directory_remove(directory, errors)) {
        return false;
    }
    if (!may_enter(directory, entry, errors) || !output_directory_make(directory, errors)) {
        return false;
    }
    const bool entered =
        has_plan(directory) ? join(directory, plan, errors) : write_plan(directory, plan, errors);
    if (!entered || !make_folder(directory, "cells", errors) ||
        !mark_shard(directory, shard, errors)) {
        return false;
    }
    clean(directory, plan, shard);
    return true;
}

size_t sweep_directory_shards(const char *directory) {
    char *folder = memory_format("%s/shards", directory);
    DIR *stream = opendir(folder);
    size_t number, count = 0;
    const struct dirent *entry;
    /* cppcheck-suppress readdirCalled */
    while (stream != NULL && count == 0 && (entry = readdir(stream)) != NULL) {
        if (sscanf(entry->d_name, "%zu-of-%zu", &number, &count) != 2) {
            count = 0;
        }
    }
    if (stream != NULL) {
        closedir(stream);
    }
    free(folder);
    return count;
}

void sweep_directory_settle(const char *directory) {
    char *cells = memory_format("%s/cells", directory);
    char *shards = memory_format("%s/shards", directory);
    DIR *stream = opendir(shards);
    const struct dirent *entry;
    /* cppcheck-suppress readdirCalled */
    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        (void)unlinkat(dirfd(stream), entry->d_name, 0);
    }
    if (stream != NULL) {
        closedir(stream);
        (void)rmdir(shards);
    }
    whole_file_clean(directory, "");
    whole_file_clean(cells, "");
    free(cells);
    free(shards);
}

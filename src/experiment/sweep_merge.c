// SPDX-License-Identifier: GPL-3.0-or-later
/* Merging. */
#include "experiment/sweep_merge.h"

#include "base/memory.h"
#include "base/text.h"
#include "experiment/sweep_cell.h"
#include "experiment/sweep_directory.h"

#include <stdlib.h>
#include <string.h>

enum { RANGES_NAMED = 10 };

static bool has_cell(const char *directory, const SweepPlan *plan, size_t cell, ErrorList *errors) {
    char *body = sweep_cell_read(directory, plan->digest, cell, errors);
    const bool has = body != NULL;
    free(body);
    return has;
}

const char **sweep_find_cells(const SweepPlan *plan, const char *const directories[], size_t count,
                              size_t *missing, ErrorList *errors) {
    const char **sources = memory_new(plan->cell_count, sizeof sources[0]);
    *missing = 0;
    for (size_t cell = 0; cell < plan->cell_count; cell++) {
        for (size_t i = 0; i < count && sources[cell] == NULL; i++) {
            if (has_cell(directories[i], plan, cell, errors)) {
                sources[cell] = directories[i];
            }
        }
        *missing += sources[cell] == NULL;
    }
    return sources;
}

/* Missing cells ------------------------------------------------------------------------------- */

static char *append(char *text, char *more) {
    char *longer = memory_format("%s%s", text, more);
    free(text);
    free(more);
    return longer;
}

/* "3, 7, 10-19 and 400 more" */
static char *missing_text(const SweepPlan *plan, const char *const sources[]) {
    char *text = memory_text("");
    size_t ranges = 0, left = 0;
    for (size_t cell = 0; cell < plan->cell_count; cell++) {
        if (sources[cell] != NULL) {
            continue;
        }
        size_t last = cell;
        while (last + 1 < plan->cell_count && sources[last + 1] == NULL) {
            last++;
        }
        const char *comma = ranges > 0 ? ", " : "";
        if (ranges++ >= RANGES_NAMED) {
            left += last - cell + 1;
        } else {
            text = append(text, last > cell ? memory_format("%s%zu-%zu", comma, cell, last)
                                            : memory_format("%s%zu", comma, cell));
        }
        cell = last;
    }
    return left > 0 ? append(text, memory_format(" and %zu more", left)) : text;
}

static size_t shards_of(const char *const directories[], size_t count) {
    size_t shards = 0;
    for (size_t i = 0; i < count && shards == 0; i++) {
        shards = sweep_directory_shards(directories[i]);
    }
    return shards;
}

/* "1/4, 3/4": the shards that have missing cells. */
static char *shards_text(const SweepPlan *plan, const char *const sources[], size_t shards) {
    bool *wanted = memory_new(shards, sizeof wanted[0]);
    for (size_t cell = 0; cell < plan->cell_count; cell++) {
        wanted[cell % shards] = wanted[cell % shards] || sources[cell] == NULL;
    }
    char *text = memory_text("");
    size_t count = 0, left = 0;
    for (size_t i = 0; i < shards; i++) {
        if (wanted[i] && count++ < RANGES_NAMED) {
            text = append(text, memory_format("%s%zu/%zu", count > 1 ? ", " : "", i + 1, shards));
        } else {
            left += wanted[i];
        }
    }
    free(wanted);
    return left > 0 ? append(text, memory_format(" and %zu more", left)) : text;
}

void sweep_tell_missing(const SweepPlan *plan, const char *const sources[],
                        const char *const directories[], size_t count, ErrorList *errors) {
    size_t missing = 0;
    for (size_t cell = 0; cell < plan->cell_count; cell++) {
        missing += sources[cell] == NULL;
    }
    const size_t shards = shards_of(directories, count);
    char *which = missing_text(plan, sources);
    char *found = memory_format("%zu of %zu cells missing: %s", missing, plan->cell_count, which);
    char *parts = shards > 0 ? shards_text(plan, sources, shards) : NULL;
    char *file = text_shell_word(plan->file), *out = text_shell_word(directories[0]);
    char *remedy =
        parts != NULL
            ? memory_format("autoscale-sim sweep %s --out %s --shard %s, and then merge again",
                            file, out, parts)
            : memory_format("autoscale-sim sweep %s --out %s --resume", file, out);
    free(file);
    free(out);
    error_in_file(errors, directories[0], found, "all of them", remedy);
    free(which);
    free(found);
    free(parts);
    free(remedy);
}

/* Plans and cells ----------------------------------------------------------------------------- */

bool sweep_read_plans(SweepPlan *plan, const char *const directories[], size_t count,
                      ErrorList *errors) {
    bool sound = sweep_plan_read(plan, directories[0], errors);
    for (size_t i = 1; i < count; i++) {
        SweepPlan other;
        const bool read = sweep_plan_read(&other, directories[i], errors);
        sound = sound && read &&
                sweep_plan_same(plan, &other, directories[i],
                                "shards of one sweep: the same version, files and options", errors);
        sweep_plan_clear(&other);
    }
    return sound;
}

bool sweep_gather_cells(const SweepPlan *plan, const char *const sources[], const char *directory,
                        ErrorList *errors) {
    const size_t mistakes = errors->count;
    for (size_t cell = 0; cell < plan->cell_count; cell++) {
        if (strcmp(sources[cell], directory) == 0 || has_cell(directory, plan, cell, errors)) {
            continue;
        }
        char *body = sweep_cell_read(sources[cell], plan->digest, cell, errors);
        if (errors->count > mistakes) {
            free(body);
            return false;
        }
        if (body == NULL) {
            error_in_file(errors, sources[cell], "a cell that has gone meanwhile",
                          "directories that stay as they are", NULL);
            return false;
        }
        const bool copied = sweep_cell_write(directory, plan->digest, cell, body, errors);
        free(body);
        if (!copied) {
            return false;
        }
    }
    return true;
}

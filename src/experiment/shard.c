// SPDX-License-Identifier: GPL-3.0-or-later
/* Shards from texts and environment variables. */
#include "experiment/shard.h"

#include "base/assertion.h"

#include <stdlib.h>
#include <string.h>

static const char forms[] = "K/N with K from 1 to N, auto/N, or auto in a Slurm job array";

/* Digits up to `end`, at most SHARDS_MOST. */
static bool read_count(const char *text, const char *end, size_t *count) {
    *count = 0;
    if (text == end || end - text > 7) {
        return false;
    }
    for (; text < end; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        *count = 10 * *count + (size_t)(*text - '0');
    }
    return *count <= SHARDS_MOST;
}

/* A variable that is set, and a number. */
static bool read_variable(const char *name, size_t *count, ErrorList *errors) {
    const char *text = getenv(name);
    if (text != NULL && read_count(text, text + strlen(text), count)) {
        return true;
    }
    return error_found(errors, &(Error){.file = "command line", .place = "--shard auto"},
                       "a whole number in that environment variable", NULL, "%s%s%s",
                       text ? name : "no ", text ? "=" : name, text ? text : "");
}

static bool read_slurm_number(Shard *shard, ErrorList *errors) {
    size_t id, least = 0;
    if (!read_variable("SLURM_ARRAY_TASK_ID", &id, errors) ||
        (getenv("SLURM_ARRAY_TASK_MIN") != NULL &&
         !read_variable("SLURM_ARRAY_TASK_MIN", &least, errors))) {
        return false;
    }
    if (id < least) {
        return error_in_option(errors, "--shard auto",
                               "a SLURM_ARRAY_TASK_ID below SLURM_ARRAY_TASK_MIN",
                               "the environment of a Slurm job array", NULL);
    }
    shard->number = id - least + 1;
    return true;
}

static bool read_number(Shard *shard, ErrorList *errors) {
    if (getenv("JOB_COMPLETION_INDEX") != NULL) {
        size_t index;
        const bool read = read_variable("JOB_COMPLETION_INDEX", &index, errors);
        shard->number = index + 1;
        return read;
    }
    if (getenv("SLURM_ARRAY_TASK_ID") != NULL) {
        return read_slurm_number(shard, errors);
    }
    return error_in_option(
        errors, "--shard auto", "neither JOB_COMPLETION_INDEX nor SLURM_ARRAY_TASK_ID",
        "the environment of a Kubernetes indexed job or a Slurm job array", NULL);
}

/* Ids that are not one after the other (--array=1-9:2) leave parts out. */
static bool check_range(const Shard *shard, const char *text, ErrorList *errors) {
    if (shard->number >= 1 && shard->number <= shard->count) {
        return true;
    }
    const bool automatic = strncmp(text, "auto", 4) == 0;
    const Error where = {.file = "command line", .place = automatic ? "--shard auto" : "--shard"};
    return error_found(errors, &where, forms, NULL, "part %zu of %zu", shard->number, shard->count);
}

static bool check_step(const char *text, ErrorList *errors) {
    const char *step = getenv("SLURM_ARRAY_TASK_STEP");
    return strncmp(text, "auto", 4) != 0 || getenv("JOB_COMPLETION_INDEX") != NULL ||
           step == NULL || strcmp(step, "1") == 0 ||
           error_in_option(errors, "--shard auto", "an array with a step",
                           "ids one after the other: --array=1-N", NULL);
}

bool shard_read(const char *text, Shard *shard, ErrorList *errors) {
    const char *end = text + strlen(text), *slash = strchr(text, '/');
    const char *first_end = slash != NULL ? slash : end;
    const bool automatic = first_end - text == 4 && strncmp(text, "auto", 4) == 0;
    *shard = (Shard){0};
    if ((!automatic && !read_count(text, first_end, &shard->number)) ||
        (slash == NULL ? !automatic : !read_count(slash + 1, end, &shard->count))) {
        return error_in_option(errors, "--shard", text, forms, NULL);
    }
    if (!check_step(text, errors) || (automatic && !read_number(shard, errors))) {
        return false;
    }
    if (slash == NULL) {
        if (getenv("SLURM_ARRAY_TASK_COUNT") == NULL) {
            return error_in_option(errors, "--shard auto", "no SLURM_ARRAY_TASK_COUNT",
                                   "auto/N: of how many parts", NULL);
        }
        if (!read_variable("SLURM_ARRAY_TASK_COUNT", &shard->count, errors)) {
            return false;
        }
    }
    return check_range(shard, text, errors);
}

bool shard_has(const Shard *shard, size_t index) {
    asim_assert(shard->count == 0 || (shard->number >= 1 && shard->number <= shard->count));
    return shard->count == 0 || index % shard->count == shard->number - 1;
}

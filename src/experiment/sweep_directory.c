// SPDX-License-Identifier: GPL-3.0-or-later
/* Plans as JSON, whose digest is that of the text with an empty digest in it; cells as CSV; who is
 * at work; and parts that become a whole. */
#include "experiment/sweep_directory.h"

#include "base/assertion.h"
#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/output_directory.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "experiment/shard.h"
#include "experiment/sweep_file.h"
#include "figures/metrics.h"
#include "output/inputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RANGES_NAMED = 10 };

static char *within(const char *directory, const char *name) {
    return memory_format("%s/%s", directory, name);
}

/* The plan as JSON ---------------------------------------------------------------------------- */

static cJSON *sample_tree(const Sample *sample) {
    if (sample->kind == SAMPLE_GRID) {
        return json_text("grid");
    }
    cJSON *tree = json_object();
    json_add(tree, sample->kind == SAMPLE_RANDOM ? "random" : "latin_hypercube",
             json_number((double)sample->count));
    json_add(tree, "seed", json_number((double)sample->seed));
    return tree;
}

static cJSON *metrics_tree(const SweepFile *sweep) {
    cJSON *tree = json_array();
    for (size_t i = 0; i < sweep->metric_count; i++) {
        json_append(tree, json_text(metric_rows[sweep->metrics[i]].name));
    }
    return tree;
}

/* As it was parsed, so that comments and blanks do not count. */
static cJSON *scenario_tree(const SweepFile *sweep) {
    cJSON *tree = json_object();
    json_add(tree, "file",
             sweep->scenario_file != NULL ? json_text(sweep->scenario_file) : json_null());
    json_add(tree, "content", memory_checked(cJSON_Duplicate(sweep->base.tree.root, 1)));
    return tree;
}

static cJSON *changes_tree(const OverrideList *changes, bool flags) {
    cJSON *tree = json_array();
    for (size_t i = 0; i < changes->count; i++) {
        cJSON *change = json_object();
        if (flags) {
            json_add(change, "flag", json_text(changes->items[i].flag));
        }
        json_add(change, "option", json_text(changes->items[i].path));
        json_add(change, "value", json_text(changes->items[i].value));
        json_append(tree, change);
    }
    return tree;
}

/* A file below the scenario's directory by its name from there: the directory may move. */
static const char *name_from(const char *directory, const char *file) {
    const size_t length = strlen(directory);
    const bool below = strncmp(file, directory, length) == 0 && file[length] == '/';
    return below ? file + length + 1 : file;
}

static cJSON *inputs_tree(const SweepFile *sweep, const TextList *inputs) {
    cJSON *tree = json_array();
    char *directory = file_name_absolute(NULL, sweep->base.directory);
    InputDigests *digests = input_digests_begin(inputs);
    for (size_t i = 0; i < inputs->count; i++) {
        const InputDigest *digest = input_digests_wait(digests, inputs->items[i]);
        cJSON *input = json_object();
        json_add(input, "file", json_text(name_from(directory, inputs->items[i])));
        json_add(input, "bytes", digest->known ? json_number((double)digest->size) : json_null());
        json_add(input, "sha256", digest->known ? json_text(digest->text) : json_null());
        json_append(tree, input);
    }
    input_digests_end(digests);
    free(directory);
    return tree;
}

static cJSON *axes_tree(const Axes *axes) {
    cJSON *tree = json_array();
    for (size_t i = 0; i < axes->count; i++) {
        const Axis *axis = &axes->items[i];
        cJSON *item = json_object(), *values = json_array();
        for (size_t k = 0; k < axis->count; k++) {
            cJSON *value = json_object();
            json_add(value, "label", json_text(axis->values[k].label));
            json_add(value, "changes", changes_tree(&axis->values[k].changes, false));
            json_append(values, value);
        }
        json_add(item, "name", json_text(axis->name));
        json_add(item, "values", values);
        json_append(tree, item);
    }
    return tree;
}

static cJSON *cells_tree(const SweepFile *sweep) {
    cJSON *tree = json_array();
    for (size_t cell = 0; cell < sweep->cells.count; cell++) {
        cJSON *labels = json_array();
        for (size_t axis = 0; axis < sweep->cells.axis_count; axis++) {
            json_append(labels,
                        json_text(cells_value(&sweep->cells, &sweep->axes, cell, axis)->label));
        }
        json_append(tree, labels);
    }
    return tree;
}

static cJSON *plan_tree(const SweepFile *sweep, const TextList *inputs, const char *version) {
    const char *slash = strrchr(sweep->file, '/');
    cJSON *tree = json_object();
    json_add(tree, "program", json_text("autoscale-sim"));
    json_add(tree, "version", json_text(version));
    json_add(tree, "plan", json_text(""));
    json_add(tree, "file", json_text(slash != NULL ? slash + 1 : sweep->file));
    json_add(tree, "question", sweep->question != NULL ? json_text(sweep->question) : json_null());
    json_add(tree, "scenario", scenario_tree(sweep));
    json_add(tree, "changes", changes_tree(&sweep->base.changes, true));
    json_add(tree, "inputs", inputs_tree(sweep, inputs));
    json_add(tree, "replications", json_number((double)sweep->replications));
    json_add(tree, "metrics", metrics_tree(sweep));
    json_add(tree, "invalid_cells", json_text(sweep->skips_invalid ? "skip" : "refuse"));
    json_add(tree, "sample", sample_tree(&sweep->sample));
    json_add(tree, "axes", axes_tree(&sweep->axes));
    json_add(tree, "cells", cells_tree(sweep));
    return tree;
}

/* Of the tree as it is. */
static void digest_tree(const cJSON *tree, char digest[DIGEST_TEXT]) {
    char *text = json_print(tree);
    digest_of(text, strlen(text), digest);
    free(text);
}

/* Views --------------------------------------------------------------------------------------- */

static const cJSON *array_of(const cJSON *tree, const char *key) {
    return cJSON_GetObjectItemCaseSensitive(tree, key);
}

/* The texts of an array, or of a member of each of its objects. */
static size_t view_texts(const cJSON *array, const char *member, const char **texts) {
    size_t count = 0;
    const cJSON *node;
    cJSON_ArrayForEach (node, array) {
        const cJSON *text = member != NULL ? array_of(node, member) : node;
        texts[count++] = text->valuestring;
    }
    return count;
}

static size_t size_of(const cJSON *array) {
    return (size_t)cJSON_GetArraySize(array);
}

static void view_tree(SweepPlan *plan) {
    const cJSON *axes = array_of(plan->tree, "axes"), *cells = array_of(plan->tree, "cells");
    const cJSON *metrics = array_of(plan->tree, "metrics");
    plan->file = array_of(plan->tree, "file")->valuestring;
    plan->replications = (size_t)array_of(plan->tree, "replications")->valuedouble;
    plan->axes = memory_new(size_of(axes), sizeof plan->axes[0]);
    plan->axis_count = view_texts(axes, "name", plan->axes);
    plan->metrics = memory_new(size_of(metrics), sizeof plan->metrics[0]);
    plan->metric_count = view_texts(metrics, NULL, plan->metrics);
    plan->labels = memory_new(size_of(cells) * plan->axis_count, sizeof plan->labels[0]);
    const cJSON *cell;
    cJSON_ArrayForEach (cell, cells) {
        view_texts(cell, NULL, plan->labels + plan->cell_count++ * plan->axis_count);
    }
}

void sweep_plan_make(SweepPlan *plan, const SweepFile *sweep, const TextList *inputs,
                     const char *version) {
    *plan = (SweepPlan){.tree = plan_tree(sweep, inputs, version)};
    digest_tree(plan->tree, plan->digest);
    cJSON_ReplaceItemInObjectCaseSensitive(plan->tree, "plan", json_text(plan->digest));
    plan->text = json_print(plan->tree);
    view_tree(plan);
}

/* Reading ------------------------------------------------------------------------------------- */

/* One that bears the digest of what it says was written by this program, and is whole. */
static bool is_sound(cJSON *tree, char digest[DIGEST_TEXT]) {
    const cJSON *plan = cJSON_IsObject(tree) ? array_of(tree, "plan") : NULL;
    if (!cJSON_IsString(plan) || strlen(plan->valuestring) != DIGEST_TEXT - 1) {
        return false;
    }
    char *stated = memory_text(plan->valuestring);
    cJSON_ReplaceItemInObjectCaseSensitive(tree, "plan", json_text(""));
    digest_tree(tree, digest);
    const bool sound = strcmp(stated, digest) == 0;
    cJSON_ReplaceItemInObjectCaseSensitive(tree, "plan", json_text(stated));
    free(stated);
    return sound;
}

bool sweep_plan_read(SweepPlan *plan, const char *directory, ErrorList *errors) {
    char *file = within(directory, "sweep.json");
    const size_t before = errors->count;
    *plan = (SweepPlan){.tree = json_load(file, errors)};
    const bool sound =
        errors->count == before &&
        (is_sound(plan->tree, plan->digest) ||
         error_in_file(errors, file, "another content", "the plan that `autoscale-sim sweep` wrote",
                       "run the sweep anew, into another directory"));
    if (sound) {
        plan->text = json_print(plan->tree);
        view_tree(plan);
    }
    free(file);
    return sound;
}

void sweep_plan_clear(SweepPlan *plan) {
    cJSON_Delete(plan->tree);
    free(plan->text);
    free(plan->axes);
    free(plan->labels);
    free(plan->metrics);
    *plan = (SweepPlan){0};
}

/* Comparison ---------------------------------------------------------------------------------- */

/* What the members are, for people; those that follow from others are left out. */
static const struct {
    const char *key;
    const char *title;
} parts[] = {{"version", "the program's version"},
             {"file", "the sweep file's name"},
             {"question", "the question"},
             {"scenario", "the scenario"},
             {"changes", "the options of the command line"},
             {"replications", "replications"},
             {"metrics", "metrics"},
             {"invalid_cells", "invalid_cells"},
             {"sample", "the sample"},
             {"axes", "the axes"}};

/* "abc123..." of a tree: enough to tell two apart. */
static char *brief(const cJSON *tree) {
    char digest[DIGEST_TEXT];
    if (cJSON_IsString(tree) && strlen(tree->valuestring) < 40) {
        return memory_text(tree->valuestring);
    }
    if (cJSON_IsNumber(tree)) {
        return json_print_line(tree);
    }
    digest_tree(tree, digest);
    return memory_format("digest %.12s", digest);
}

static void tell(const char *directory, const char *title, const cJSON *here, const cJSON *there,
                 const char *remedy, ErrorList *errors) {
    char *file = within(directory, "sweep.json");
    char *mine = here != NULL ? brief(here) : memory_text("none");
    char *its = there != NULL ? brief(there) : memory_text("none");
    error_found(errors, &(Error){.file = file, .place = title}, "the same", remedy,
                "%s, and now %s", its, mine);
    free(mine);
    free(its);
    free(file);
}

static const cJSON *input_named(const cJSON *inputs, const char *name) {
    const cJSON *input;
    cJSON_ArrayForEach (input, inputs) {
        if (strcmp(array_of(input, "file")->valuestring, name) == 0) {
            return input;
        }
    }
    return NULL;
}

/* Files of one that the other has not, or with other bytes; each is told once. */
static void tell_inputs(const cJSON *these, const cJSON *others, bool swapped,
                        const char *directory, const char *remedy, ErrorList *errors) {
    const cJSON *input;
    cJSON_ArrayForEach (input, these) {
        const char *name = array_of(input, "file")->valuestring;
        const cJSON *other = input_named(others, name), *sum = array_of(input, "sha256");
        if (other == NULL || (!swapped && !cJSON_Compare(other, input, true))) {
            char *title = memory_format("the input %s", name);
            const cJSON *its = other != NULL ? array_of(other, "sha256") : NULL;
            tell(directory, title, swapped ? sum : its, swapped ? its : sum, remedy, errors);
            free(title);
        }
    }
}

bool sweep_plan_same(const SweepPlan *plan, const SweepPlan *other, const char *directory,
                     const char *remedy, ErrorList *errors) {
    if (strcmp(plan->digest, other->digest) == 0) {
        return true;
    }
    const size_t before = errors->count;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const cJSON *mine = array_of(plan->tree, parts[i].key);
        const cJSON *its = array_of(other->tree, parts[i].key);
        if (!cJSON_Compare(mine, its, true)) {
            tell(directory, parts[i].title, mine, its, remedy, errors);
        }
    }
    const cJSON *here = array_of(plan->tree, "inputs"), *there = array_of(other->tree, "inputs");
    tell_inputs(there, here, false, directory, remedy, errors);
    tell_inputs(here, there, true, directory, remedy, errors);
    if (errors->count == before) {
        tell(directory, "the plan", array_of(plan->tree, "plan"), array_of(other->tree, "plan"),
             remedy, errors);
    }
    return false;
}

/* Cells on the disk --------------------------------------------------------------------------- */

char *sweep_cell_path(const char *directory, size_t cell) {
    return memory_format("%s/cells/%06zu.csv", directory, cell);
}

/* The first line of a file with that body. */
static char *head(const SweepPlan *plan, size_t cell, const char *body) {
    asim_assert(cell < plan->cell_count);
    char sum[DIGEST_TEXT];
    digest_of(body, strlen(body), sum);
    return memory_format("# autoscale-sim sweep, plan %s, cell %zu, sha256 %s\n", plan->digest,
                         cell, sum);
}

bool sweep_cell_write(const SweepPlan *plan, const char *directory, size_t cell, const char *body,
                      ErrorList *errors) {
    char *path = sweep_cell_path(directory, cell), *first = head(plan, cell, body);
    char *text = memory_format("%s%s", first, body);
    /* Not durable: a cell that was lost is told by its digest, and computed again. */
    const bool written = whole_file_write(path, text, strlen(text), false, errors);
    free(path);
    free(first);
    free(text);
    return written;
}

/* The whole text; NULL if it is not there, or has a NUL byte, or after adding an error. */
static char *read_text(const char *path, ErrorList *errors) {
    FILE *stream = fopen(path, "rb");
    char *text = NULL;
    size_t room = 0;
    errno = stream != NULL ? 0 : errno;
    const ssize_t length = stream != NULL ? getdelim(&text, &room, '\0', stream) : -1;
    const int reason = errno;
    const bool sound = length > 0 && text[length - 1] != '\0' && !ferror(stream);
    if (stream != NULL) {
        fclose(stream);
    }
    if (!sound) {
        free(text);
        if (reason != 0 && reason != ENOENT) {
            error_unreadable(errors, path, reason, "a cell that can be read");
        }
    }
    return sound ? text : NULL;
}

char *sweep_cell_read(const SweepPlan *plan, const char *directory, size_t cell,
                      ErrorList *errors) {
    char *path = sweep_cell_path(directory, cell);
    char *text = read_text(path, errors), *body = NULL;
    const char *end = text != NULL ? strchr(text, '\n') : NULL;
    if (end != NULL) {
        char *expected = head(plan, cell, end + 1);
        body = strncmp(text, expected, strlen(expected)) == 0 ? memory_text(end + 1) : NULL;
        free(expected);
    }
    free(text);
    free(path);
    return body;
}

/* Entering and leaving ------------------------------------------------------------------------- */

static bool has_plan(const char *directory) {
    return file_name_is_there(directory, "sweep.json", F_OK);
}

/* A first process may have been killed before its plan had its name; or another shard begins while
 * this one looks. */
static bool holds_nothing(const char *directory, SweepEntry entry, ErrorList *errors) {
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
    return nothing || (entry == SWEEP_JOIN && has_plan(directory)) ||
           error_in_file(errors, directory, "a directory with other things in it",
                         "a new one, an empty one or a sweep's", NULL);
}

static bool may_begin(const char *directory, SweepEntry entry, ErrorList *errors) {
    if (entry == SWEEP_FORCE) {
        return output_directory_may_replace(directory, errors);
    }
    if (has_plan(directory)) {
        return entry == SWEEP_JOIN ||
               error_in_file(errors, directory, "a sweep that is there", "a new directory",
                             "--resume goes on with it, --force begins it anew");
    }
    return holds_nothing(directory, entry, errors);
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
    char *file = within(directory, "sweep.json");
    bool existed;
    const bool written = whole_file_create(file, plan->text, strlen(plan->text), &existed, errors);
    free(file);
    return written && (!existed || join(directory, plan, errors));
}

static bool make_folder(const char *directory, const char *name, ErrorList *errors) {
    char *folder = within(directory, name);
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
    char *folder = within(directory, "shards"), *whose = NULL;
    DIR *stream = opendir(folder);
    for (const char *name; (name = file_name_next(&stream)) != NULL;) {
        char *path = within(folder, name);
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
    char *whose, *file = shard->count == 0 ? within(directory, "shards/all")
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
    asim_assert(work->descriptor >= 0);
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
    char *cells = within(directory, "cells");
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

void sweep_directory_settle(const char *directory) {
    char *cells = within(directory, "cells");
    char *shards = within(directory, "shards");
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

/* Merging ------------------------------------------------------------------------------------- */

static bool has_cell(const SweepPlan *plan, const char *directory, size_t cell, ErrorList *errors) {
    char *body = sweep_cell_read(plan, directory, cell, errors);
    const bool has = body != NULL;
    free(body);
    return has;
}

/* How many parts the shards that were begun there are of; 0: none were. */
static size_t shards_begun(const char *directory) {
    char *folder = within(directory, "shards");
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

/* "3, 7, 10-19 and 400 more" */
static char *missing_text(const SweepPlan *plan, const char *const sources[]) {
    Text text = {0};
    size_t ranges = 0, left = 0;
    for (size_t cell = 0, last; cell < plan->cell_count; cell = last + 1) {
        last = cell;
        if (sources[cell] != NULL) {
            continue;
        }
        while (last + 1 < plan->cell_count && sources[last + 1] == NULL) {
            last++;
        }
        if (ranges++ >= RANGES_NAMED) {
            left += last - cell + 1;
            continue;
        }
        text_addf(&text, last > cell ? "%s%zu-%zu" : "%s%zu", ranges > 1 ? ", " : "", cell, last);
    }
    if (left > 0) {
        text_addf(&text, " and %zu more", left);
    }
    return text_take(&text);
}

/* "1/4, 3/4": the shards that have missing cells. */
static char *shards_text(const SweepPlan *plan, const char *const sources[], size_t shards) {
    asim_assert(shards > 0);
    bool *wanted = memory_new(shards, sizeof wanted[0]);
    for (size_t cell = 0; cell < plan->cell_count; cell++) {
        wanted[cell % shards] = wanted[cell % shards] || sources[cell] == NULL;
    }
    Text text = {0};
    size_t count = 0, left = 0;
    for (size_t i = 0; i < shards; i++) {
        if (wanted[i] && count++ < RANGES_NAMED) {
            text_addf(&text, "%s%zu/%zu", count > 1 ? ", " : "", i + 1, shards);
        } else {
            left += wanted[i];
        }
    }
    free(wanted);
    if (left > 0) {
        text_addf(&text, " and %zu more", left);
    }
    return text_take(&text);
}

/* Which cells are missing, and what computes them. */
static void tell_missing(const SweepPlan *plan, const char *const sources[], size_t missing,
                         const char *const directories[], size_t count, ErrorList *errors) {
    size_t shards = 0;
    for (size_t i = 0; i < count && shards == 0; i++) {
        shards = shards_begun(directories[i]);
    }
    char *which = missing_text(plan, sources);
    char *wanted = shards > 0 ? shards_text(plan, sources, shards) : NULL;
    char *file = text_shell_word(plan->file), *out = text_shell_word(directories[0]);
    char *remedy =
        memory_format("autoscale-sim sweep %s --out %s %s%s%s", file, out,
                      wanted != NULL ? "--shard " : "--resume", wanted != NULL ? wanted : "",
                      wanted != NULL ? ", and then merge again" : "");
    error_found(errors, &(Error){.file = directories[0]}, "all of them", remedy,
                "%zu of %zu cells missing: %s", missing, plan->cell_count, which);
    free(file);
    free(out);
    free(which);
    free(wanted);
    free(remedy);
}

const char **sweep_find_cells(const SweepPlan *plan, const char *const directories[], size_t count,
                              ErrorList *errors) {
    const char **sources = memory_new(plan->cell_count, sizeof sources[0]);
    const size_t mistakes = errors->count;
    size_t missing = 0;
    for (size_t cell = 0; cell < plan->cell_count; cell++) {
        for (size_t i = 0; i < count && sources[cell] == NULL; i++) {
            if (has_cell(plan, directories[i], cell, errors)) {
                sources[cell] = directories[i];
            }
        }
        missing += sources[cell] == NULL;
    }
    if (errors->count == mistakes && missing > 0) {
        tell_missing(plan, sources, missing, directories, count, errors);
    }
    if (errors->count > mistakes) {
        free(sources);
        return NULL;
    }
    return sources;
}

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
    for (size_t cell = 0; cell < plan->cell_count && errors->count == mistakes; cell++) {
        if (strcmp(sources[cell], directory) == 0 || has_cell(plan, directory, cell, errors)) {
            continue;
        }
        asim_assert(sources[cell] != NULL);
        char *body = sweep_cell_read(plan, sources[cell], cell, errors);
        if (body != NULL && errors->count == mistakes) {
            sweep_cell_write(plan, directory, cell, body, errors);
        } else if (errors->count == mistakes) {
            error_in_file(errors, sources[cell], "a cell that has gone meanwhile",
                          "directories that stay as they are", NULL);
        }
        free(body);
    }
    return errors->count == mistakes;
}

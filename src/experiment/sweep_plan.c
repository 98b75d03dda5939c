// SPDX-License-Identifier: GPL-3.0-or-later
/* Plans as JSON. The digest is that of the text with an empty digest in it. */
#include "experiment/sweep_plan.h"

#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "figures/metrics.h"
#include "output/inputs.h"

#include <stdlib.h>
#include <string.h>

/* Writing ------------------------------------------------------------------------------------- */

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

static cJSON *inputs_tree(const SweepFile *sweep, const InputFiles *inputs) {
    cJSON *tree = json_array();
    char *directory = file_name_absolute(NULL, sweep->base.directory);
    InputDigests *digests = input_digests_begin(inputs);
    for (size_t i = 0; i < inputs->count; i++) {
        const InputDigest *digest = input_digests_wait(digests, inputs->names[i]);
        cJSON *input = json_object();
        json_add(input, "file", json_text(name_from(directory, inputs->names[i])));
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

static const char *last_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static cJSON *plan_tree(const SweepFile *sweep, const InputFiles *inputs, const char *version) {
    cJSON *tree = json_object();
    json_add(tree, "program", json_text("autoscale-sim"));
    json_add(tree, "version", json_text(version));
    json_add(tree, "plan", json_text(""));
    json_add(tree, "file", json_text(last_name(sweep->file)));
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

void sweep_plan_make(SweepPlan *plan, const SweepFile *sweep, const InputFiles *inputs,
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
    char *file = memory_format("%s/sweep.json", directory);
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
    char *file = memory_format("%s/sweep.json", directory);
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

/* Files of one that the other has not, or with other bytes. */
static void tell_inputs(const SweepPlan *plan, const SweepPlan *other, const char *directory,
                        const char *remedy, ErrorList *errors) {
    const cJSON *here = array_of(plan->tree, "inputs"), *there = array_of(other->tree, "inputs");
    const cJSON *input;
    cJSON_ArrayForEach (input, there) {
        const char *name = array_of(input, "file")->valuestring;
        const cJSON *mine = input_named(here, name);
        if (mine == NULL || !cJSON_Compare(mine, input, true)) {
            char *title = memory_format("the input %s", name);
            tell(directory, title, mine != NULL ? array_of(mine, "sha256") : NULL,
                 array_of(input, "sha256"), remedy, errors);
            free(title);
        }
    }
    cJSON_ArrayForEach (input, here) {
        const char *name = array_of(input, "file")->valuestring;
        if (input_named(there, name) == NULL) {
            char *title = memory_format("the input %s", name);
            tell(directory, title, array_of(input, "sha256"), NULL, remedy, errors);
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
        const cJSON *here = array_of(plan->tree, parts[i].key);
        const cJSON *there = array_of(other->tree, parts[i].key);
        if (!cJSON_Compare(here, there, true)) {
            tell(directory, parts[i].title, here, there, remedy, errors);
        }
    }
    tell_inputs(plan, other, directory, remedy, errors);
    if (errors->count == before) {
        tell(directory, "the plan", array_of(plan->tree, "plan"), array_of(other->tree, "plan"),
             remedy, errors);
    }
    return false;
}

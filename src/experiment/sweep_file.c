// SPDX-License-Identifier: GPL-3.0-or-later
/* Sweep files from JSON. */
#include "experiment/sweep_file.h"

#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "figures/metrics.h"
#include "scenario/reader.h"

#include <stdlib.h>
#include <string.h>

/* What tables can read. */
typedef struct SweepKeys {
    char *question;
    int64_t replications;
    int invalid_cells;
} SweepKeys;

typedef struct SampleKeys {
    int64_t random, latin_hypercube, seed;
} SampleKeys;

enum { INVALID_REFUSE, INVALID_SKIP };
static const char *const invalid_choices[] = {"refuse", "skip", NULL};

#define AT(member) offsetof(SweepKeys, member)
/* clang-format off */
const Option sweep_options[] = {
    {.name = "question", .type = OPTION_TEXT, .offset = AT(question),
     .help = "what the sweep is to answer"},
    {.name = "scenario", .type = OPTION_CUSTOM,
     .help = "a scenario's file, from this file's directory, or a scenario: { ... }"},
    {.name = "axes", .type = OPTION_CUSTOM, .help = "an array of what varies, see below"},
    {.name = "sample", .type = OPTION_CUSTOM,
     .help = "\"grid\", every combination (default), or an object, see below"},
    {.name = "replications", .type = OPTION_INTEGER, .offset = AT(replications), .minimum = 1,
     .maximum = SWEEP_REPLICATIONS_MOST, .default_text = "5",
     .help = "runs of each cell; the same ones in all, so that cells can be compared in pairs"},
    {.name = "metrics", .type = OPTION_CUSTOM,
     .help = "an array of summary.csv's columns that are wanted (default: all)"},
    {.name = "invalid_cells", .type = OPTION_CHOICE, .offset = AT(invalid_cells),
     .choices = invalid_choices, .default_text = "refuse",
     .help = "what to do about combinations that are no scenario, such as a minimum above the "
             "maximum"},
    OPTION_END};
#undef AT
#define AT(member) offsetof(SampleKeys, member)
const Option sweep_sample_options[] = {
    {.name = "random", .type = OPTION_INTEGER, .offset = AT(random), .minimum = 1,
     .maximum = SAMPLE_CELLS_MOST, .help = "so many cells drawn at random"},
    {.name = "latin_hypercube", .type = OPTION_INTEGER, .offset = AT(latin_hypercube),
     .minimum = 1, .maximum = SAMPLE_CELLS_MOST,
     .help = "so many cells, one in each of as many parts of every axis"},
    {.name = "seed", .type = OPTION_INTEGER, .offset = AT(seed), .minimum = 0,
     .maximum = 9007199254740991.0, .default_text = "1", .help = "of the draws of cells"},
    OPTION_END};
/* clang-format on */

/* Metrics ------------------------------------------------------------------------------------- */

static void all_metrics(SweepFile *sweep) {
    sweep->metrics = memory_new(metric_count, sizeof sweep->metrics[0]);
    sweep->metric_count = metric_count;
    for (size_t i = 0; i < metric_count; i++) {
        sweep->metrics[i] = i;
    }
}

static void read_metric(Reader *reader, const cJSON *node, const JsonPath *place, bool wanted[]) {
    const char *name = cJSON_IsString(node) ? node->valuestring : NULL;
    const MetricRow *row = name != NULL ? metric_find(name) : NULL;
    if (row == NULL) {
        reader_refuse(reader, node, place, "a column of summary.csv, such as total_usd",
                      name != NULL ? error_nearest_row(name, metric_rows, metric_count, name)
                                   : NULL);
    } else if (wanted[row - metric_rows]) {
        reader_refuse(reader, node, place, "each metric once", NULL);
    } else {
        wanted[row - metric_rows] = true;
    }
}

static void read_metrics(Reader *reader, const cJSON *node, const JsonPath *at, SweepFile *sweep) {
    if (node == NULL) {
        all_metrics(sweep);
        return;
    }
    if (!cJSON_IsArray(node) || node->child == NULL) {
        reader_refuse(reader, node, at, "an array of one or more metrics", NULL);
        return;
    }
    bool *wanted = memory_new(metric_count, sizeof wanted[0]);
    JsonPath place = {.above = at};
    const cJSON *each;
    cJSON_ArrayForEach (each, node) {
        read_metric(reader, each, &place, wanted);
        place.index++;
    }
    sweep->metrics = memory_new(metric_count, sizeof sweep->metrics[0]);
    for (size_t i = 0; i < metric_count; i++) {
        if (wanted[i]) {
            sweep->metrics[sweep->metric_count++] = i;
        }
    }
    free(wanted);
}

/* Sample -------------------------------------------------------------------------------------- */

static void read_drawn_sample(Reader *reader, const cJSON *node, const JsonPath *at,
                              Sample *sample) {
    SampleKeys keys;
    const size_t before = reader->errors->count;
    options_set_defaults(sweep_sample_options, &keys);
    reader_options(reader, node, sweep_sample_options, &keys, at);
    const bool is_random = keys.random != OPTION_ABSENT_INTEGER;
    const bool is_latin = keys.latin_hypercube != OPTION_ABSENT_INTEGER;
    if (is_random == is_latin && reader->errors->count == before) {
        reader_error(reader, at, "either random or latin_hypercube with a number of cells", NULL,
                     is_random ? "both kinds" : "no kind");
    }
    *sample = (Sample){.kind = is_random ? SAMPLE_RANDOM : SAMPLE_LATIN_HYPERCUBE,
                       .count = (size_t)(is_random  ? keys.random
                                         : is_latin ? keys.latin_hypercube
                                                    : 0),
                       .seed = (uint64_t)keys.seed};
}

static void read_sample(Reader *reader, const cJSON *node, const JsonPath *at, Sample *sample) {
    *sample = (Sample){.kind = SAMPLE_GRID};
    if (cJSON_IsObject(node)) {
        read_drawn_sample(reader, node, at, sample);
    } else if (node != NULL && !(cJSON_IsString(node) && strcmp(node->valuestring, "grid") == 0)) {
        reader_refuse(reader, node, at, "\"grid\", {\"random\": N} or {\"latin_hypercube\": N}",
                      NULL);
    }
}

static const JsonPath axes_path = {.key = "axes"}, sample_path = {.key = "sample"};

/* The sample is possible with these axes. */
static void check_sample(Reader *reader, const Axes *axes, const Sample *sample) {
    const size_t before = reader->errors->count;
    bool is_discrete = true;
    for (size_t i = 0; i < axes->count; i++) {
        is_discrete = is_discrete && !axes->items[i].continuous;
        if (sample->kind == SAMPLE_GRID && axes->items[i].continuous) {
            reader_error(reader, &(JsonPath){.above = &axes_path, .index = i},
                         "step or count beside it, for a grid has values (or another sample)", NULL,
                         "a range without steps");
        }
    }
    const size_t size = is_discrete ? axes_grid_size(axes) : SIZE_MAX;
    char *cells = size == SIZE_MAX ? memory_text("too many") : memory_format("%zu", size);
    if (sample->kind == SAMPLE_GRID && reader->errors->count == before &&
        size > SAMPLE_CELLS_MOST) {
        reader_error(reader, &axes_path, "at most 1,000,000, or a sample of them", NULL, "%s cells",
                     cells);
    } else if (sample->kind == SAMPLE_RANDOM && size <= sample->count) {
        reader_error(reader, &sample_path, "fewer than there are, or \"grid\" for all", NULL,
                     "%zu cells of %s", sample->count, cells);
    }
    free(cells);
}

/* Scenario ------------------------------------------------------------------------------------ */

/* One within the file is copied from its tree; another file is read by its name. */
static void read_scenario(Reader *reader, const cJSON *node, SweepFile *sweep) {
    if (cJSON_IsObject(node)) {
        base_scenario_set(&sweep->base, reader->tree, node, sweep->file, reader->directory);
    } else if (cJSON_IsString(node) && *node->valuestring != '\0' &&
               strcmp(node->valuestring, "-") != 0) {
        sweep->scenario_file = memory_text(node->valuestring);
        sweep->scenario_path = base_scenario_beside(reader->directory, node->valuestring);
    } else {
        reader_refuse(reader, node, &(JsonPath){.key = "scenario"},
                      cJSON_IsString(node) && *node->valuestring != '\0'
                          ? "a scenario's file"
                          : "a scenario's file, or a scenario: { ... }",
                      NULL);
    }
}

/* All ----------------------------------------------------------------------------------------- */

static void read_axes(Reader *reader, const cJSON *node, SweepFile *sweep) {
    if (node != NULL) {
        axes_read(reader, node, &axes_path, &sweep->axes);
    } else {
        reader_refuse(reader, NULL, &axes_path, "an array of what varies", NULL);
    }
}

static void read_root(Reader *reader, SweepFile *sweep) {
    const size_t before = reader->errors->count, kept = reader->errors->kept;
    const cJSON *root = reader->tree->root;
    SweepKeys keys;
    options_set_defaults(sweep_options, &keys);
    reader_options(reader, root, sweep_options, &keys, NULL);
    read_axes(reader, reader_member(root, "axes"), sweep);
    read_sample(reader, reader_member(root, "sample"), &sample_path, &sweep->sample);
    read_metrics(reader, reader_member(root, "metrics"), &(JsonPath){.key = "metrics"}, sweep);
    read_scenario(reader, reader_member(root, "scenario"), sweep);
    if (reader->errors->count == before) {
        check_sample(reader, &sweep->axes, &sweep->sample);
    }
    reader_locate(reader, kept);
    sweep->question = memory_text(keys.question);
    sweep->replications = (size_t)keys.replications;
    sweep->skips_invalid = keys.invalid_cells == INVALID_SKIP;
    options_clear(sweep_options, &keys);
}

bool sweep_file_read(SweepFile *sweep, const char *path, size_t replications, ErrorList *errors) {
    const size_t before = errors->count;
    *sweep = (SweepFile){.file = memory_text(path)};
    JsonTree tree;
    char *directory = file_name_directory(path);
    Reader reader = {.tree = &tree, .file = path, .directory = directory, .errors = errors};
    json_read(&tree, path, errors);
    if (reader_is_object(&reader, "a sweep: an object { ... }")) {
        read_root(&reader, sweep);
    }
    json_clear(&tree);
    free(directory);
    if (sweep->scenario_path != NULL) {
        base_scenario_read(&sweep->base, sweep->scenario_path, errors);
    }
    if (errors->count > before) {
        return false;
    }
    sweep->replications = replications > 0 ? replications : sweep->replications;
    sweep->cells = sample_cells(&sweep->axes, &sweep->sample);
    return true;
}

void sweep_file_clear(SweepFile *sweep) {
    free(sweep->file);
    free(sweep->question);
    free(sweep->scenario_file);
    free(sweep->scenario_path);
    base_scenario_clear(&sweep->base);
    axes_clear(&sweep->axes);
    cells_clear(&sweep->cells);
    free(sweep->metrics);
    *sweep = (SweepFile){0};
}

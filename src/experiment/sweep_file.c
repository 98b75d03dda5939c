// SPDX-License-Identifier: GPL-3.0-or-later
/* Sweep files from JSON. */
#include "experiment/sweep_file.h"

#include "base/file_name.h"
#include "base/json_scan.h"
#include "base/json_text.h"
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

static size_t find_metric(const char *name) {
    size_t i = 0;
    while (i < metric_count && strcmp(metric_rows[i].name, name) != 0) {
        i++;
    }
    return i;
}

static void read_metric(Reader *reader, const cJSON *node, const char *place, bool wanted[]) {
    const char *name = cJSON_IsString(node) ? node->valuestring : NULL;
    const size_t metric = name != NULL ? find_metric(name) : metric_count;
    if (metric == metric_count) {
        reader_refuse(reader, node, place, "a column of summary.csv, such as total_usd",
                      name != NULL ? error_nearest_row(name, metric_rows, metric_count, name)
                                   : NULL);
    } else if (wanted[metric]) {
        reader_refuse(reader, node, place, "each metric once", NULL);
    } else {
        wanted[metric] = true;
    }
}

static void read_metrics(Reader *reader, const cJSON *node, SweepFile *sweep) {
    if (node == NULL) {
        all_metrics(sweep);
        return;
    }
    if (!cJSON_IsArray(node) || node->child == NULL) {
        reader_refuse(reader, node, "metrics", "an array of one or more metrics", NULL);
        return;
    }
    bool *wanted = memory_new(metric_count, sizeof wanted[0]);
    size_t index = 0;
    const cJSON *each;
    cJSON_ArrayForEach (each, node) {
        char *place = json_path_index("metrics", index++);
        read_metric(reader, each, place, wanted);
        free(place);
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

static void read_drawn_sample(Reader *reader, const cJSON *node, Sample *sample) {
    SampleKeys keys;
    const size_t before = reader->errors->count;
    options_set_defaults(sweep_sample_options, &keys);
    reader_options(reader, node, sweep_sample_options, &keys, "sample", NULL);
    const bool is_random = keys.random != OPTION_ABSENT_INTEGER;
    const bool is_latin = keys.latin_hypercube != OPTION_ABSENT_INTEGER;
    if (is_random == is_latin && reader->errors->count == before) {
        reader_error(reader, "sample", is_random ? "both kinds" : "no kind",
                     "either random or latin_hypercube with a number of cells", NULL);
    }
    *sample = (Sample){.kind = is_random ? SAMPLE_RANDOM : SAMPLE_LATIN_HYPERCUBE,
                       .count = (size_t)(is_random  ? keys.random
                                         : is_latin ? keys.latin_hypercube
                                                    : 0),
                       .seed = (uint64_t)keys.seed};
}

static void read_sample(Reader *reader, const cJSON *node, Sample *sample) {
    *sample = (Sample){.kind = SAMPLE_GRID};
    if (cJSON_IsObject(node)) {
        read_drawn_sample(reader, node, sample);
    } else if (node != NULL && !(cJSON_IsString(node) && strcmp(node->valuestring, "grid") == 0)) {
        reader_refuse(reader, node, "sample",
                      "\"grid\", {\"random\": N} or {\"latin_hypercube\": N}", NULL);
    }
}

static void refuse_continuous(Reader *reader, const Axes *axes) {
    for (size_t i = 0; i < axes->count; i++) {
        if (axes->items[i].continuous) {
            char *place = json_path_index("axes", i);
            reader_error(reader, place, "a range without steps",
                         "step or count beside it, for a grid has values (or another sample)",
                         NULL);
            free(place);
        }
    }
}

/* The sample is possible with these axes. */
static void check_sample(Reader *reader, const Axes *axes, const Sample *sample) {
    const size_t before = reader->errors->count;
    bool is_discrete = true;
    for (size_t i = 0; i < axes->count; i++) {
        is_discrete = is_discrete && !axes->items[i].continuous;
    }
    if (sample->kind == SAMPLE_GRID) {
        refuse_continuous(reader, axes);
    }
    const size_t size = is_discrete ? axes_grid_size(axes) : SIZE_MAX;
    char *cells = memory_format("%zu", size);
    if (sample->kind == SAMPLE_GRID && reader->errors->count == before &&
        size > SAMPLE_CELLS_MOST) {
        char *found = memory_format("%s cells", size == SIZE_MAX ? "too many" : cells);
        reader_error(reader, "axes", found, "at most 1,000,000, or a sample of them", NULL);
        free(found);
    } else if (sample->kind == SAMPLE_RANDOM && size <= sample->count) {
        char *found = memory_format("%zu cells of %s", sample->count, cells);
        reader_error(reader, "sample", found, "fewer than there are, or \"grid\" for all", NULL);
        free(found);
    }
    free(cells);
}

/* Scenario ------------------------------------------------------------------------------------ */

static void read_scenario(Reader *reader, const cJSON *node, const char *text, SweepFile *sweep) {
    if (cJSON_IsObject(node)) {
        if (!base_scenario_set_within(&sweep->base, text, "scenario", sweep->file,
                                      reader->directory)) {
            reader_error(reader, "scenario", "a key with escapes", "the plain word \"scenario\"",
                         NULL);
        }
    } else if (cJSON_IsString(node) && *node->valuestring != '\0') {
        sweep->scenario_file = memory_text(node->valuestring);
        const bool bare = strcmp(reader->directory, ".") == 0 || *node->valuestring == '/';
        sweep->scenario_path = bare ? memory_text(node->valuestring)
                                    : memory_format("%s/%s", reader->directory, node->valuestring);
        if (strcmp(node->valuestring, "-") == 0) {
            reader_refuse(reader, node, "scenario", "a scenario's file", NULL);
        } else {
            base_scenario_read(&sweep->base, sweep->scenario_path, reader->errors);
        }
    } else if (node != NULL) {
        reader_refuse(reader, node, "scenario", "a scenario's file, or a scenario: { ... }", NULL);
    } else {
        reader_error(reader, "scenario", "nothing", "a scenario's file, or a scenario: { ... }",
                     NULL);
    }
}

/* All ----------------------------------------------------------------------------------------- */

static void read_axes(Reader *reader, const cJSON *node, SweepFile *sweep) {
    if (node != NULL) {
        axes_read(node, sweep->file, &sweep->axes, reader->errors);
    } else {
        reader_error(reader, "axes", "nothing", "an array of what varies", NULL);
    }
}

static void read_root(Reader *reader, const cJSON *root, const char *text, SweepFile *sweep) {
    const size_t before = reader->errors->count;
    SweepKeys keys;
    options_set_defaults(sweep_options, &keys);
    reader_options(reader, root, sweep_options, &keys, "", NULL);
    read_axes(reader, reader_member(root, "axes"), sweep);
    read_sample(reader, reader_member(root, "sample"), &sweep->sample);
    read_metrics(reader, reader_member(root, "metrics"), sweep);
    read_scenario(reader, reader_member(root, "scenario"), text, sweep);
    if (reader->errors->count == before) {
        check_sample(reader, &sweep->axes, &sweep->sample);
    }
    reader_locate(reader, root, before);
    sweep->question = memory_text(keys.question);
    sweep->replications = (size_t)keys.replications;
    sweep->skips_invalid = keys.invalid_cells == INVALID_SKIP;
    options_clear(sweep_options, &keys);
}

static void read_text(const char *text, size_t length, SweepFile *sweep, ErrorList *errors) {
    char *directory =
        strcmp(sweep->file, "-") == 0 ? memory_text(".") : file_name_directory(sweep->file);
    Reader reader = {.file = sweep->file, .directory = directory, .errors = errors};
    cJSON *root = json_parse(text, length, sweep->file, errors);
    if (cJSON_IsObject(root)) {
        read_root(&reader, root, text, sweep);
    } else if (root != NULL) {
        char *found = json_found(root);
        error_add(errors, &(Error){.file = sweep->file,
                                   .line = root->valueint,
                                   .found = found,
                                   .expected = "a sweep: an object { ... }"});
        free(found);
    }
    cJSON_Delete(root);
    free(directory);
}

bool sweep_file_read(SweepFile *sweep, const char *path, size_t replications, ErrorList *errors) {
    const size_t before = errors->count;
    size_t length;
    *sweep = (SweepFile){.file = memory_text(path)};
    char *text = json_file_read(path, &length, errors);
    if (text != NULL) {
        read_text(text, length, sweep, errors);
    }
    free(text);
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

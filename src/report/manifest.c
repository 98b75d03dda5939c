// SPDX-License-Identifier: GPL-3.0-or-later
/* The manifest. Files that a scenario names are found through the option tables: every text option
 * called "file" or "..._file" of its traffic sources and pools. */
#include "report/manifest.h"

#include "engine/memory.h"
#include "scenario/json_print.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Input files -------------------------------------------------------------------------------- */

typedef struct FileNames {
    char **names; /* each once */
    size_t count;
    size_t capacity;
} FileNames;

static void add_file(FileNames *files, const char *directory, const char *name) {
    const bool relative = directory != NULL && name[0] != '/' && strcmp(name, "-") != 0;
    char *path = relative ? memory_format("%s/%s", directory, name) : memory_text(name);
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->names[i], path) == 0) {
            free(path);
            return;
        }
    }
    files->names =
        memory_grow(files->names, files->count, &files->capacity, sizeof files->names[0]);
    files->names[files->count++] = path;
}

static bool names_a_file(const Option *option) {
    const size_t length = strlen(option->name);
    return option->type == OPTION_TEXT &&
           (strcmp(option->name, "file") == 0 ||
            (length > 5 && strcmp(option->name + length - 5, "_file") == 0));
}

static void add_option_files(FileNames *files, const char *directory, const Option table[],
                             const void *config) {
    for (const Option *option = table; option->name != NULL; option++) {
        const char *at = (const char *)config + option->offset;
        if (option->type == OPTION_GROUP) {
            add_option_files(files, directory, option->group, at);
        } else if (names_a_file(option)) {
            const char *name;
            memcpy(&name, at, sizeof name);
            if (name != NULL) {
                add_file(files, directory, name);
            }
        }
    }
}

static void add_scenario_files(FileNames *files, const Scenario *scenario) {
    for (size_t d = 0; d < scenario->deployment_count; d++) {
        const DeploymentConfig *deployment = &scenario->deployments[d];
        for (size_t i = 0; i < deployment->traffic_count; i++) {
            const TrafficConfig *traffic = &deployment->traffic[i];
            add_option_files(files, scenario->directory, traffic->kind->options, traffic->config);
        }
    }
    for (size_t i = 0; i < scenario->pool_count; i++) {
        if (scenario->pools[i].on_demand_file != NULL) {
            add_file(files, scenario->directory, scenario->pools[i].on_demand_file);
        }
    }
}

static FileNames input_files(const Manifest *manifest) {
    FileNames files = {0};
    for (size_t i = 0; i < manifest->input_file_count; i++) {
        add_file(&files, NULL, manifest->input_files[i]);
    }
    for (size_t i = 0; i < manifest->scenario_count; i++) {
        add_scenario_files(&files, manifest->scenarios[i]);
    }
    return files;
}

static void clear_files(FileNames *files) {
    for (size_t i = 0; i < files->count; i++) {
        free(files->names[i]);
    }
    free(files->names);
}

char **manifest_file_names(const Manifest *manifest, size_t *count) {
    const FileNames files = input_files(manifest);
    *count = files.count;
    return files.names;
}

InputDigests *manifest_begin_digests(const Manifest *manifest) {
    FileNames files = input_files(manifest);
    InputDigests *digests = input_digests_begin((const char *const *)files.names, files.count);
    clear_files(&files);
    return digests;
}

static cJSON *file_tree(const char *path, InputDigests *digests) {
    cJSON *tree = json_object();
    const InputDigest *digest = input_digests_wait(digests, path);
    json_add(tree, "file", json_text(path));
    if (digest != NULL && digest->known) {
        json_add(tree, "bytes", json_number((double)digest->size));
        json_add(tree, "sha256", json_text(digest->text));
    } else { /* standard input, or gone meanwhile */
        json_add(tree, "bytes", json_null());
        json_add(tree, "sha256", json_null());
    }
    return tree;
}

static cJSON *files_tree(const Manifest *manifest) {
    InputDigests *own = manifest->digests ? NULL : manifest_begin_digests(manifest);
    FileNames files = input_files(manifest);
    cJSON *tree = json_array();
    for (size_t i = 0; i < files.count; i++) {
        json_append(tree, file_tree(files.names[i], own ? own : manifest->digests));
    }
    clear_files(&files);
    input_digests_end(own);
    return tree;
}

/* The rest ----------------------------------------------------------------------------------- */

static cJSON *texts_tree(const char *const texts[], size_t count) {
    cJSON *tree = json_array();
    for (size_t i = 0; i < count; i++) {
        json_append(tree, json_text(texts[i]));
    }
    return tree;
}

static void add_scenario(cJSON *tree, const Scenario *scenario) {
    json_add(tree, "scenario", scenario->name ? json_text(scenario->name) : json_null());
    json_add(tree, "seed", json_number((double)scenario->seed));
    json_add(tree, "replication", json_number((double)scenario->replication));
}

static void add_scenarios(cJSON *tree, const Manifest *manifest) {
    if (manifest->scenario_count == 1) {
        add_scenario(tree, manifest->scenarios[0]);
        return;
    }
    cJSON *runs = json_array();
    for (size_t i = 0; i < manifest->scenario_count; i++) {
        cJSON *run = json_object();
        add_scenario(run, manifest->scenarios[i]);
        json_append(runs, run);
    }
    json_add(tree, "runs", runs);
}

static double seconds_since(struct timespec start) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
}

static double peak_memory_bytes(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss * 1024.0 : 0.0;
}

char *manifest_text(const Manifest *manifest) {
    cJSON *tree = json_object();
    json_add(tree, "program", json_text("autoscale-sim"));
    json_add(tree, "version", manifest->version ? json_text(manifest->version) : json_null());
    add_scenarios(tree, manifest);
    json_add(tree, "command_line",
             texts_tree(manifest->command_line, manifest->command_line_count));
    json_add(tree, "input_files", files_tree(manifest));
    json_add(tree, "wall_time_s", json_number(seconds_since(manifest->started)));
    json_add(tree, "peak_memory_bytes", json_number(peak_memory_bytes()));
    char *text = json_print(tree);
    cJSON_Delete(tree);
    return text;
}

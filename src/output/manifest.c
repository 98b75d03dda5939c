// SPDX-License-Identifier: GPL-3.0-or-later
/* The manifest. */
#include "output/manifest.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/whole_file.h"
#include "base/workplace.h"
#include "output/input_files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Input files -------------------------------------------------------------------------------- */

static InputFiles all_files(const Manifest *manifest) {
    InputFiles files = {0};
    for (size_t i = 0; i < manifest->input_file_count; i++) {
        input_files_add(&files, NULL, manifest->input_files[i]);
    }
    for (size_t i = 0; i < manifest->scenario_count; i++) {
        input_files_add_scenario(&files, manifest->scenarios[i]);
    }
    return files;
}

InputDigests *manifest_begin_digests(const Manifest *manifest) {
    InputFiles files = all_files(manifest);
    InputDigests *digests = input_digests_begin((const char *const *)files.names, files.count);
    input_files_clear(&files);
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
    InputFiles files = all_files(manifest);
    cJSON *tree = json_array();
    for (size_t i = 0; i < files.count; i++) {
        json_append(tree, file_tree(files.names[i], own ? own : manifest->digests));
    }
    input_files_clear(&files);
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

double manifest_elapsed_s(const Manifest *manifest) {
    const struct timespec start = manifest->started;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
}

static double peak_memory_bytes(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss * 1024.0 : 0.0;
}

char *manifest_text(const Manifest *manifest, const char *const files[], size_t file_count) {
    cJSON *tree = json_object();
    json_add(tree, "program", json_text("autoscale-sim"));
    json_add(tree, "version", manifest->version ? json_text(manifest->version) : json_null());
    add_scenarios(tree, manifest);
    json_add(tree, "command_line",
             texts_tree(manifest->command_line, manifest->command_line_count));
    json_add(tree, "input_files", files_tree(manifest));
    json_add(tree, "files", texts_tree(files, file_count));
    json_add(tree, "wall_time_s", json_number(manifest_elapsed_s(manifest)));
    json_add(tree, "peak_memory_bytes", json_number(peak_memory_bytes()));
    char *text = json_print(tree);
    cJSON_Delete(tree);
    return text;
}

/* The directory's files ---------------------------------------------------------------------- */

/* The n-th name of the workplace's, if it is a file that was made below new/FOLDER, from there. */
static const char *file_below(const OutputDirectory *directory, const char *folder,
                              const char *name) {
    const size_t length = strlen(folder);
    if (strncmp(name, "new/", 4) != 0 || strncmp(name + 4, folder, length) != 0) {
        return NULL;
    }
    char *path = memory_format("%s/%s", workplace_new(directory->work), name + 4);
    struct stat status;
    const bool is_file = lstat(path, &status) == 0 && S_ISREG(status.st_mode);
    free(path);
    return is_file ? name + 4 + length : NULL;
}

bool manifest_write(const Manifest *manifest, const OutputDirectory *directory, const char *folder,
                    ErrorList *errors) {
    const char **files = NULL;
    size_t count = 0, room = 0;
    const char *name;
    for (size_t i = 0; (name = workplace_name(directory->work, i)) != NULL; i++) {
        const char *file = file_below(directory, folder, name);
        if (file != NULL) {
            files = memory_grow(files, count, &room, sizeof files[0]);
            files[count++] = file;
        }
    }
    files = memory_grow(files, count, &room, sizeof files[0]);
    files[count++] = "manifest.json";
    char *text = manifest_text(manifest, files, count);
    char *file = memory_format("%smanifest.json", folder);
    const bool written = output_directory_write(directory, file, text, errors);
    free(file);
    free(text);
    free(files);
    return written;
}

bool manifest_add_file(const char *directory, const char *name, ErrorList *errors) {
    const size_t mistakes = errors->count;
    cJSON *tree = old_output_manifest(directory, errors);
    cJSON *files = cJSON_GetObjectItemCaseSensitive(tree, "files");
    const cJSON *file;
    bool listed = !cJSON_IsArray(files);
    cJSON_ArrayForEach (file, files) {
        listed = listed || (cJSON_IsString(file) && strcmp(file->valuestring, name) == 0);
    }
    bool written = errors->count == mistakes;
    if (!listed) {
        json_append(files, json_text(name));
        char *text = json_print(tree), *path = memory_format("%s/manifest.json", directory);
        written = whole_file_write(path, text, strlen(text), true, errors);
        free(text);
        free(path);
    }
    cJSON_Delete(tree);
    return written;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The manifest, written and read again. The kinds of directory are told by the files that only they
 * have. */
#include "output/manifest.h"

#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "base/workplace.h"
#include "scenario/scenario.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Input files -------------------------------------------------------------------------------- */

static TextList all_files(const Manifest *manifest) {
    TextList files = {0};
    for (size_t i = 0; i < manifest->input_file_count; i++) {
        input_files_add(&files, NULL, manifest->input_files[i]);
    }
    for (size_t i = 0; i < manifest->scenario_count; i++) {
        input_files_add_scenario(&files, manifest->scenarios[i]);
    }
    return files;
}

InputDigests *manifest_begin_digests(const Manifest *manifest) {
    TextList files = all_files(manifest);
    InputDigests *digests = input_digests_begin(&files);
    text_list_clear(&files);
    return digests;
}

static cJSON *file_tree(const char *path, InputDigests *digests) {
    cJSON *tree = json_object();
    const InputDigest *digest = input_digests_wait(digests, path);
    json_add(tree, "file", json_text(path));
    const bool known = digest != NULL && digest->known; /* else standard input, or gone meanwhile */
    json_add(tree, "bytes", json_number(known ? (double)digest->size : NAN));
    json_add(tree, "sha256", json_text(known ? digest->text : NULL));
    return tree;
}

static cJSON *files_tree(const Manifest *manifest) {
    InputDigests *own = manifest->digests ? NULL : manifest_begin_digests(manifest);
    TextList files = all_files(manifest);
    cJSON *tree = json_array();
    for (size_t i = 0; i < files.count; i++) {
        json_append(tree, file_tree(files.items[i], own ? own : manifest->digests));
    }
    text_list_clear(&files);
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
    json_add(tree, "scenario", json_text(scenario->name));
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
    json_add(tree, "version", json_text(manifest->version));
    add_scenarios(tree, manifest);
    json_add(tree, "command_line",
             texts_tree(manifest->command_line, manifest->command_line_count));
    if (manifest->warnings != NULL && manifest->warnings->count > 0) {
        json_add(
            tree, "warnings",
            texts_tree((const char *const *)manifest->warnings->items, manifest->warnings->count));
    }
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

/* An output read again ----------------------------------------------------------------------- */

static bool has_file(const char *directory, const char *name) {
    return file_name_is_there(directory, name, F_OK);
}

bool run_directory_is(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Kinds -------------------------------------------------------------------------------------- */

OutputKind run_directory_kind(const char *directory) {
    static const struct {
        const char *file; /* that only it has */
        OutputKind kind;
    } marks[] = {{"statistics.csv", OUTPUT_COMPARISON},
                 {"comparison.csv", OUTPUT_COMPARISON},
                 {"sweep.json", OUTPUT_SWEEP},
                 {"front.csv", OUTPUT_SEARCH},
                 {"timeseries.csv", OUTPUT_RUN}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (has_file(directory, marks[i].file)) {
            return marks[i].kind;
        }
    }
    return OUTPUT_NOTHING;
}

/* "crowd/a, crowd/b": the folders in it that hold one run. */
static Text folders_of_runs(const char *directory) {
    struct dirent **entries;
    Text list = {0};
    const int count = scandir(directory, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char *folder = memory_format("%s/%s", directory, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && has_file(folder, "scenario.json")) {
            text_addf(&list, "%s%s", list.length > 0 ? ", " : "", folder);
        }
        free(folder);
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
    return list;
}

static void refuse(const char *directory, const char *found, ErrorList *errors) {
    Text folders = folders_of_runs(directory), expected = {0};
    if (folders.length > 0) {
        text_addf(&expected, "the folder of one run: %s", folders.text);
    } else {
        text_add(&expected, "a directory that `autoscale-sim run SCENARIO --out DIR` wrote, or a "
                            "scenario file");
    }
    error_in_file(errors, directory, found, expected.text, NULL);
    text_clear(&expected);
    text_clear(&folders);
}

char *run_directory_scenario(const char *directory, ErrorList *errors) {
    static const char *const of_others[OUTPUT_KINDS] = {
        [OUTPUT_COMPARISON] = "the output of compare",
        [OUTPUT_SWEEP] = "the output of sweep",
        [OUTPUT_SEARCH] = "the output of optimize",
    };
    const char *other = of_others[run_directory_kind(directory)];
    if (other != NULL) {
        refuse(directory, other, errors);
        return NULL;
    }
    if (has_file(directory, "outside/replay.json")) {
        char *replay = memory_format("%s/outside/replay.json", directory);
        error_in_file(errors, directory, "a run that took requests from outside",
                      "the scenario that replays them", replay);
        free(replay);
        return NULL;
    }
    if (!has_file(directory, "scenario.json") || !has_file(directory, "manifest.json")) {
        refuse(directory, "no run in it (scenario.json and manifest.json)", errors);
        return NULL;
    }
    return memory_format("%s/scenario.json", directory);
}

/* Can the run be repeated? -------------------------------------------------------------------- */

static cJSON *read_manifest(const char *directory, ErrorList *errors) {
    char *path = memory_format("%s/manifest.json", directory);
    cJSON *tree = json_load(path, errors);
    free(path);
    return tree;
}

static bool is_recorded(const cJSON *manifest, const char *sha256) {
    const cJSON *file;
    cJSON_ArrayForEach (file, cJSON_GetObjectItemCaseSensitive(manifest, "input_files")) {
        const cJSON *recorded = cJSON_GetObjectItemCaseSensitive(file, "sha256");
        if (cJSON_IsString(recorded) && strcmp(recorded->valuestring, sha256) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_file(const cJSON *manifest, const char *directory, const InputDigest *digest,
                       ErrorList *errors) {
    if (digest->known && is_recorded(manifest, digest->text)) {
        return true;
    }
    Text found = {0}, expected = {0};
    if (strcmp(digest->path, "-") == 0) {
        text_add(&found, "standard input, which is gone");
    } else if (digest->known) {
        text_addf(&found, "a file that has changed: its SHA-256 is %s now", digest->text);
    } else {
        text_add(&found, "no file that can be read");
    }
    text_addf(&expected, "the file that the run in %s read, by its manifest.json", directory);
    error_in_file(errors, digest->path, found.text, expected.text, NULL);
    text_clear(&found);
    text_clear(&expected);
    return false;
}

static bool check_files(const cJSON *manifest, const char *directory, const Scenario *scenario,
                        ErrorList *errors) {
    TextList files = {0};
    input_files_add_scenario(&files, scenario);
    InputDigests *digests = input_digests_begin(&files);
    bool sound = true;
    for (size_t i = 0; i < files.count; i++) {
        const InputDigest *digest = input_digests_wait(digests, files.items[i]);
        sound = check_file(manifest, directory, digest, errors) && sound;
    }
    input_digests_end(digests);
    text_list_clear(&files);
    return sound;
}

bool run_directory_check(const char *directory, const Scenario *scenario, const char *version,
                         char **other_version, ErrorList *errors) {
    const size_t before = errors->count;
    cJSON *manifest = read_manifest(directory, errors);
    *other_version = NULL;
    if (errors->count > before) { /* a key twice: the tree is there, but which one counts? */
        cJSON_Delete(manifest);
        return false;
    }
    const cJSON *written_by = cJSON_GetObjectItemCaseSensitive(manifest, "version");
    if (cJSON_IsString(written_by) && strcmp(written_by->valuestring, version) != 0) {
        *other_version = memory_text(written_by->valuestring);
    }
    const bool sound = check_files(manifest, directory, scenario, errors);
    cJSON_Delete(manifest);
    return sound;
}

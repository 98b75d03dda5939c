// SPDX-License-Identifier: GPL-3.0-or-later
/* The kinds of directory are told by the files that only they have. */
#include "output/run_directory.h"

#include "base/json.h"
#include "base/memory.h"
#include "output/input_digests.h"
#include "output/input_files.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has_file(const char *directory, const char *name) {
    char *path = memory_format("%s/%s", directory, name);
    const bool is_there = access(path, F_OK) == 0;
    free(path);
    return is_there;
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

/* "crowd/a, crowd/b": the folders in it that hold one run; NULL: none. */
static char *folders_of_runs(const char *directory) {
    struct dirent **entries;
    char *list = NULL;
    const int count = scandir(directory, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char *folder = memory_format("%s/%s", directory, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && has_file(folder, "scenario.json")) {
            char *longer = memory_format("%s%s%s", list ? list : "", list ? ", " : "", folder);
            free(list);
            list = longer;
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
    char *folders = folders_of_runs(directory);
    char *expected =
        folders ? memory_format("the folder of one run: %s", folders)
                : memory_text("a directory that `autoscale-sim run SCENARIO --out DIR` wrote, or a "
                              "scenario file");
    error_in_file(errors, directory, found, expected, NULL);
    free(expected);
    free(folders);
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
    if (!has_file(directory, "scenario.json") || !has_file(directory, "manifest.json")) {
        refuse(directory, "no run in it (scenario.json and manifest.json)", errors);
        return NULL;
    }
    return memory_format("%s/scenario.json", directory);
}

/* The manifest ------------------------------------------------------------------------------- */

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
    const bool is_input = strcmp(digest->path, "-") == 0;
    char *found = is_input        ? memory_text("standard input, which is gone")
                  : digest->known ? memory_format("a file that has changed: its SHA-256 is %s now",
                                                  digest->text)
                                  : memory_text("no file that can be read");
    char *expected =
        memory_format("the file that the run in %s read, by its manifest.json", directory);
    error_in_file(errors, digest->path, found, expected, NULL);
    free(found);
    free(expected);
    return false;
}

static bool check_files(const cJSON *manifest, const char *directory, const Scenario *scenario,
                        ErrorList *errors) {
    InputFiles files = {0};
    input_files_add_scenario(&files, scenario);
    InputDigests *digests = input_digests_begin((const char *const *)files.names, files.count);
    bool sound = true;
    for (size_t i = 0; i < files.count; i++) {
        const InputDigest *digest = input_digests_wait(digests, files.names[i]);
        sound = check_file(manifest, directory, digest, errors) && sound;
    }
    input_digests_end(digests);
    input_files_clear(&files);
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

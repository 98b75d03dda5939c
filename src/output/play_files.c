// SPDX-License-Identifier: GPL-3.0-or-later
/* A scenario names other files from its own directory, or from the root. In the page those lie as
 * they lie here, below the directory that all of them have in common, so that a scenario there
 * reads what it reads here, and says no more of this machine than it does itself; files that are
 * named from the root keep that name. */
#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "output/inputs.h"
#include "output/page_frame.h"
#include "output/play.h"
#include "scenario/scenario.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct PlayScenario {
    char *path; /* from the root, as all are */
    char *name, *question;
    TextList relative, absolute; /* files beside it, by how it names them */
} PlayScenario;

struct PlayFiles {
    PlayScenario *scenarios;
    size_t scenario_count, scenario_room;
    TextList pages;
    size_t common; /* bytes of the directory in common, with its slash; SIZE_MAX: no file yet */
    const char *first;
};

PlayFiles *play_files_create(void) {
    PlayFiles *files = memory_new(1, sizeof *files);
    files->common = SIZE_MAX;
    return files;
}

void play_files_destroy(PlayFiles *files) {
    for (size_t i = 0; files != NULL && i < files->scenario_count; i++) {
        PlayScenario *scenario = &files->scenarios[i];
        free(scenario->path);
        free(scenario->name);
        free(scenario->question);
        text_list_clear(&scenario->relative);
        text_list_clear(&scenario->absolute);
    }
    if (files != NULL) {
        free(files->scenarios);
        text_list_clear(&files->pages);
    }
    free(files);
}

/* Which files ---------------------------------------------------------------------------------- */

/* Does some text of the document name the file from the directory? */
static bool names_relatively(const cJSON *node, const char *directory, const char *path) {
    if (cJSON_IsString(node) && node->valuestring[0] != '/') {
        char *named = file_name_absolute(directory, node->valuestring);
        const bool same = strcmp(named, path) == 0;
        free(named);
        return same;
    }
    const cJSON *item;
    cJSON_ArrayForEach (item, node) {
        if (names_relatively(item, directory, path)) {
            return true;
        }
    }
    return false;
}

static void narrow(PlayFiles *files, const char *path) {
    size_t shared = 0;
    if (files->common == SIZE_MAX) {
        files->first = path;
        files->common = (size_t)(strrchr(path, '/') - path) + 1;
    }
    for (size_t i = 0; i < files->common && path[i] == files->first[i]; i++) {
        shared = path[i] == '/' ? i + 1 : shared;
    }
    files->common = shared;
}

static void sort_inputs(PlayFiles *files, PlayScenario *scenario, const TextList *inputs,
                        const char *directory, const cJSON *document) {
    for (size_t i = 0; i < inputs->count; i++) {
        const bool relative = names_relatively(document, directory, inputs->items[i]);
        TextList *list = relative ? &scenario->relative : &scenario->absolute;
        const size_t before = list->count;
        file_name_expand(inputs->items[i], list); /* where nothing is, the run would have told */
        for (size_t k = before; relative && k < list->count; k++) {
            narrow(files, list->items[k]);
        }
    }
}

bool play_files_add_scenario(PlayFiles *files, const char *path, ErrorList *errors) {
    Scenario *scenario = scenario_read_file(path, NULL, 0, errors);
    cJSON *document = scenario != NULL ? json_load(path, errors) : NULL;
    if (document == NULL) {
        scenario_destroy(scenario);
        return false;
    }
    files->scenarios = memory_grow(files->scenarios, files->scenario_count, &files->scenario_room,
                                   sizeof files->scenarios[0]);
    PlayScenario *added = &files->scenarios[files->scenario_count++];
    *added = (PlayScenario){.path = file_name_absolute(NULL, path),
                            .name = memory_text(scenario->name),
                            .question = memory_text(scenario->question)};
    TextList inputs = {0};
    char *directory = file_name_directory(added->path);
    input_files_add_scenario(&inputs, scenario);
    narrow(files, added->path);
    sort_inputs(files, added, &inputs, directory, document);
    free(directory);
    text_list_clear(&inputs);
    cJSON_Delete(document);
    scenario_destroy(scenario);
    return true;
}

void play_files_add_page(PlayFiles *files, const char *path) {
    text_list_add(&files->pages, file_name_absolute(NULL, path));
    narrow(files, files->pages.items[files->pages.count - 1]);
}

/* Their bytes ---------------------------------------------------------------------------------- */

/* Where they go: texts as they are, to be compressed together, for they are like each other. */
typedef struct PlayBytes {
    cJSON *texts, *others;
} PlayBytes;

static bool is_text(const char *bytes, size_t length) {
    return strlen(bytes) == length && json_is_utf8(bytes);
}

static bool put_bytes(const PlayBytes *to, const char *name, const char *path, ErrorList *errors) {
    size_t length, size;
    if (cJSON_GetObjectItemCaseSensitive(to->texts, name) != NULL ||
        cJSON_GetObjectItemCaseSensitive(to->others, name) != NULL) {
        return true;
    }
    char *bytes = json_file_read(path, &length, errors);
    if (bytes == NULL) {
        return false;
    }
    char *packed = page_pack(bytes, length, &size);
    const bool fits = size <= PLAY_FILE_MOST;
    if (fits && is_text(bytes, length)) {
        json_add(to->texts, name, json_text(bytes));
    } else if (fits) {
        json_add(to->others, name, json_text(packed));
    } else {
        char *found = memory_format("%.1f MB when compressed", (double)size / (1 << 20));
        error_in_file(errors, path, found, "at most 2 MB, for a page that opens everywhere",
                      "a shorter recording: trace convert, or a model of it: trace fit");
        free(found);
    }
    free(packed);
    free(bytes);
    return fits;
}

/* Its name in the page. Lent. */
static const char *name_of(const PlayFiles *files, const char *path, bool relative) {
    return relative ? path + files->common : path;
}

static bool put_list(const PlayFiles *files, const PlayBytes *to, cJSON *names,
                     const TextList *list, bool relative, ErrorList *errors) {
    bool ok = true;
    for (size_t i = 0; i < list->count; i++) {
        const char *name = name_of(files, list->items[i], relative);
        json_append(names, json_text(name));
        ok = put_bytes(to, name, list->items[i], errors) && ok;
    }
    return ok;
}

static bool put_scenario(const PlayFiles *files, const PlayScenario *scenario, cJSON *list,
                         const PlayBytes *to, ErrorList *errors) {
    cJSON *row = json_object(), *names = json_array();
    const char *name = name_of(files, scenario->path, true);
    json_add(row, "name", json_text(scenario->name));
    json_add(row, "file", json_text(name));
    json_add(row, "question", json_text(scenario->question));
    json_add(row, "reads", names);
    json_append(list, row);
    bool ok = put_bytes(to, name, scenario->path, errors);
    ok = put_list(files, to, names, &scenario->relative, true, errors) && ok;
    return put_list(files, to, names, &scenario->absolute, false, errors) && ok;
}

bool play_files_put(PlayFiles *files, cJSON *object, cJSON *texts, ErrorList *errors) {
    cJSON *scenarios = json_array(), *lessons = json_array();
    const PlayBytes to = {.texts = texts, .others = json_object()};
    bool ok = true;
    json_add(object, "scenarios", scenarios);
    json_add(object, "lessons", lessons);
    json_add(object, "files", to.others);
    for (size_t i = 0; i < files->scenario_count; i++) {
        ok = put_scenario(files, &files->scenarios[i], scenarios, &to, errors) && ok;
    }
    for (size_t i = 0; i < files->pages.count; i++) {
        const char *path = files->pages.items[i], *name = name_of(files, path, true);
        cJSON *row = json_object();
        json_add(row, "file", json_text(name));
        json_append(lessons, row);
        ok = put_bytes(&to, name, path, errors) && ok;
    }
    return ok;
}

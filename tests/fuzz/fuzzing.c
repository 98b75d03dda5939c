// SPDX-License-Identifier: GPL-3.0-or-later
#define _GNU_SOURCE /* memfd_create */
#include "fuzzing.h"

#include "base/json.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_require(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "the fuzzer's demand is not met: %s\n", what);
        abort();
    }
}

char *fuzz_text(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    fuzz_require(text != NULL, "memory");
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    return text;
}

/* Files ---------------------------------------------------------------------------------------- */

typedef struct MemoryFile {
    int descriptor; /* 0: not made yet */
    char path[32];
} MemoryFile;

static MemoryFile *memory_file(unsigned number) {
    static MemoryFile files[FUZZ_FILES];
    MemoryFile *file = &files[number];
    if (file->descriptor == 0) {
        file->descriptor = memfd_create("fuzzing", MFD_CLOEXEC);
        fuzz_require(file->descriptor > 0, "a file in memory");
        snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->descriptor);
    }
    return file;
}

const char *fuzz_file(unsigned number, const void *bytes, size_t size) {
    const MemoryFile *file = memory_file(number);
    fuzz_require(ftruncate(file->descriptor, 0) == 0 &&
                     pwrite(file->descriptor, bytes, size, 0) == (ssize_t)size,
                 "a file in memory can be written");
    return file->path;
}

/* Of the folder there are only the names: symbolic links to files in memory. */
static char folder[] = "/tmp/autoscale-sim-fuzz-XXXXXX";
static char links[FUZZ_FILES][128];
static bool is_there[FUZZ_FILES];
static char itself[2][64];

static void remove_folder(void) {
    for (unsigned i = 0; i < FUZZ_FILES; i++) {
        if (is_there[i]) {
            unlink(links[i]);
        }
    }
    unlink(itself[0]);
    unlink(itself[1]);
    rmdir(folder);
}

static void make_folder(const char *const names[], size_t count) {
    fuzz_require(mkdtemp(folder) != NULL, "a folder");
    atexit(remove_folder);
    fuzz_require(snprintf(itself[0], sizeof itself[0], "%s/a", folder) > 0 &&
                     snprintf(itself[1], sizeof itself[1], "%s/b", folder) > 0 &&
                     symlink(".", itself[0]) == 0 && symlink(".", itself[1]) == 0,
                 "folders of runs");
    for (unsigned i = 0; i < count; i++) {
        snprintf(links[i], sizeof links[i], "%s/%s", folder, names[i]);
    }
}

const char *fuzz_folder(const char *const names[], const FuzzPart parts[], size_t count) {
    if (links[0][0] == '\0') {
        make_folder(names, count);
    }
    for (unsigned i = 0; i < count; i++) {
        const bool wanted = parts[i].bytes != NULL;
        if (wanted) {
            fuzz_file(i, parts[i].bytes, parts[i].size);
        }
        if (wanted != is_there[i]) {
            const int done = wanted ? symlink(memory_file(i)->path, links[i]) : unlink(links[i]);
            fuzz_require(done == 0, "a name for a file");
            is_there[i] = wanted;
        }
    }
    return folder;
}

/* Inputs and errors ---------------------------------------------------------------------------- */

FuzzPart fuzz_part(FuzzPart *input) {
    static const char mark[] = "--\n";
    const size_t length = sizeof mark - 1;
    for (size_t at = 0; at + length <= input->size; at++) {
        if ((at == 0 || input->bytes[at - 1] == '\n') &&
            memcmp(input->bytes + at, mark, length) == 0) {
            const FuzzPart part = {input->bytes, at};
            *input = (FuzzPart){input->bytes + at + length, input->size - at - length};
            return part;
        }
    }
    const FuzzPart part = *input;
    *input = (FuzzPart){input->bytes + input->size, 0};
    return part;
}

size_t fuzz_parts(FuzzPart input, const char *const names[], FuzzPart parts[], size_t count) {
    size_t found = 0;
    while (input.size > 0) {
        const FuzzPart part = fuzz_part(&input);
        for (size_t i = 0; i < count; i++) {
            const size_t length = strlen(names[i]);
            if (part.size > length && part.bytes[length] == '\n' &&
                memcmp(part.bytes, names[i], length) == 0) {
                found += parts[i].bytes == NULL;
                parts[i] = (FuzzPart){part.bytes + length + 1, part.size - length - 1};
            }
        }
    }
    return found;
}

void fuzz_errors(ErrorList *errors, bool refused) {
    fuzz_require(refused == (errors->count > 0), "refused with a reason, or neither");
    for (size_t i = 0; i < errors->kept; i++) {
        char *text = error_text(&errors->items[i]);
        fuzz_require(errors->items[i].found != NULL || errors->items[i].expected != NULL,
                     "an error says something");
        fuzz_require(json_is_utf8(text), "an error can be printed");
        for (const char *at = text; *at != '\0'; at++) {
            fuzz_require(!iscntrl((unsigned char)*at),
                         "an error is one line without control bytes");
        }
        free(text);
    }
    error_list_clear(errors);
}

void fuzz_scenario_again(const Scenario *scenario) {
    if (scenario == NULL) {
        return;
    }
    ErrorList errors = {0};
    Scenario *again = scenario_read_text(scenario->as_run, "again.json", NULL, NULL, 0, &errors);
    error_list_print(&errors, stderr);
    fuzz_require(again != NULL, "the scenario as run can be read");
    fuzz_require(strcmp(again->as_run, scenario->as_run) == 0,
                 "the scenario as run stays the same");
    scenario_destroy(again);
}

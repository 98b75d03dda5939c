// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as the files of an output directory: they are embedded in a page or refused, whatever
 * names it has been given cannot end its data, and that is JSON. What files there are makes the
 * kind of page. The first byte is not used; the parts after it are files (fuzz_parts). */
#include "base/json.h"
#include "fuzzing.h"
#include "output/page.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    "scenario.json",  "summary.csv",     "timeseries.csv",    "events.csv", "manifest.json",
    "comparison.csv", "statistics.csv",  "sweep.json",        "axes.csv",   "aggregate.csv",
    "front.csv",      "evaluations.csv", "winner.firectl.txt"};
enum { NAMES = sizeof names / sizeof names[0] };

static void check_data(const char *text) {
    fuzz_require(strchr(text, '<') == NULL, "nothing can end the data");
    ErrorList errors = {0};
    JsonTree data;
    const bool parsed = json_parse(&data, text, strlen(text), "data", &errors);
    error_list_print(&errors, stderr);
    fuzz_require(parsed, "data is JSON");
    for (size_t i = 0; i < errors.kept; i++) { /* infinity is written so */
        fuzz_require(strstr(errors.items[i].found, "1e999") != NULL, "and each key once");
    }
    json_clear(&data);
    error_list_clear(&errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    FuzzPart parts[NAMES] = {{0}};
    fuzz_parts((FuzzPart){data + 1, size - 1}, names, parts, NAMES);
    const char *folder = fuzz_folder(names, parts, NAMES);
    ErrorList errors = {0};
    char *page = NULL;
    size_t length;
    FILE *stream = open_memstream(&page, &length);
    fuzz_require(stream != NULL, "memory");
    const bool written = page_data_write(stream, (const char *const[]){folder}, 1, &errors);
    fclose(stream);
    fuzz_errors(&errors, !written);
    if (written) {
        check_data(page);
    }
    free(page);
    return 0;
}

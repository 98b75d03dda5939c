// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as the files of an output directory: a page is made or refused, whatever names it has
 * been given stay text, and the data in it is JSON. The first byte chooses the kind of page; the
 * parts after it are files (fuzz_parts). */
#include "base/json.h"
#include "fuzzing.h"
#include "output/page_comparison.h"
#include "output/page_optimization.h"
#include "output/page_run.h"
#include "output/page_sweep.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    "scenario.json",  "summary.csv",     "timeseries.csv",    "events.csv", "manifest.json",
    "comparison.csv", "statistics.csv",  "sweep.json",        "axes.csv",   "aggregate.csv",
    "front.csv",      "evaluations.csv", "winner.firectl.txt"};
enum { NAMES = sizeof names / sizeof names[0] };

static const char data_begin[] = "<script type=\"application/json\">";

/* A tag that no page has, and seeds do: it must not come out as one. */
static void check_page(const char *page) {
    fuzz_require(strstr(page, "<zq") == NULL, "a name stays text");
    for (const char *at = page; (at = strstr(at, data_begin)) != NULL;) {
        at += strlen(data_begin);
        const char *end = strstr(at, "</script>");
        fuzz_require(end != NULL, "data ends");
        ErrorList errors = {0};
        char *text = fuzz_text((const uint8_t *)at, (size_t)(end - at));
        JsonTree data;
        const bool parsed = json_parse(&data, text, strlen(text), "data", &errors);
        error_list_print(&errors, stderr);
        fuzz_require(parsed, "data is JSON");
        for (size_t i = 0; i < errors.kept; i++) { /* infinity is written so */
            fuzz_require(strstr(errors.items[i].found, "1e999") != NULL, "and each key once");
        }
        json_clear(&data);
        error_list_clear(&errors);
        free(text);
    }
}

static bool write_page(char kind, FILE *stream, const char *folder, ErrorList *errors) {
    switch (kind) {
    case 'c': return page_comparison_write(stream, folder, errors);
    case 's': return page_sweep_write(stream, folder, errors);
    case 'o': return page_optimization_write(stream, folder, errors);
    default: return page_run_write(stream, folder, errors);
    }
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
    const bool written = write_page((char)data[0], stream, folder, &errors);
    fclose(stream);
    fuzz_errors(&errors, !written);
    /* Bytes that are no UTF-8 a browser replaces before it reads the data. */
    if (written && json_is_utf8(page)) {
        check_page(page);
    }
    free(page);
    return 0;
}

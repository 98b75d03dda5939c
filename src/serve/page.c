// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/page.h"

#include "base/memory.h"
#include "figures/names.h"
#include "output/page.h"
#include "output/page_frame.h"
#include "scenario/scenario.h"

#include <stdlib.h>

/* Compiled in: the Makefile makes the arrays from the files in output/page/ and serve/live.js. */
extern const char page_style_data[]; /* ends with '\0' */
extern const char live_script_data[];

/* It may ask the server that it came from, and nobody else. */
static const PageParts parts = {.style = page_style_data,
                                .script = live_script_data,
                                .policy = "connect-src 'self'; ",
                                .script_sources = "",
                                .fetches = "This page asks only the server that it came from."};

static void write_data(FILE *stream, const Scenario *scenario) {
    fputs("<script type=\"application/json\" id=\"data\">{\"scenario\":", stream);
    page_put_text(stream, scenario->as_run);
    fputs(",\"load_keys\":[", stream);
    for (size_t i = 0; i < NAMES_LOAD_KEYS; i++) {
        fprintf(stream, i > 0 ? ",\"%s\"" : "\"%s\"", names_of_load_keys[i]);
    }
    fputs("]}</script>\n", stream);
}

char *page_live(const Scenario *scenario, ErrorList *errors) {
    PageLibrary *library = page_library_load(errors);
    if (library == NULL) {
        return NULL;
    }
    char *text = NULL;
    size_t length = 0;
    FILE *stream = memory_checked(open_memstream(&text, &length));
    page_write_head(stream, library, &parts);
    write_data(stream, scenario);
    page_write_foot(stream, library, &parts);
    memory_close(stream, &text);
    page_library_destroy(library);
    return text;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* A page: its frame, and the data from which the script builds all that is shown. */
#include "output/page.h"

#include "base/memory.h"
#include "output/page_frame.h"

#include <stdlib.h>

/* Compiled in: the Makefile makes the arrays from the files in output/page/. */
extern const char page_style_data[]; /* ends with '\0' */
extern const char page_script_data[];

struct Page {
    const char *const *folders;
    size_t count;
    PageLibrary *library;
};

static const PageParts parts = {
    .style = page_style_data, .script = page_script_data, .policy = "", .script_sources = ""};

Page *page_create(const char *const folders[], size_t count, ErrorList *errors) {
    Page *page = memory_new(1, sizeof *page);
    *page = (Page){.folders = folders, .count = count};
    page->library = page_library_load(errors);
    const bool ok = page_data_check(folders, count, errors) && page->library != NULL;
    if (!ok) {
        page_destroy(page);
        return NULL;
    }
    return page;
}

static bool write_whole(const Page *page, FILE *stream, ErrorList *errors) {
    page_write_head(stream, page->library, &parts);
    fputs("<script type=\"application/json\" id=\"data\">", stream);
    const bool ok = page_data_write(stream, page->folders, page->count, errors);
    fputs("</script>\n", stream);
    page_write_foot(stream, page->library, &parts);
    return ok;
}

/* In memory first, which thinning bounds: files are read meanwhile, so that errno would no longer
 * say why a write had failed. */
bool page_write(const Page *page, FILE *stream, ErrorList *errors) {
    char *text = NULL;
    size_t length = 0;
    FILE *whole = memory_checked(open_memstream(&text, &length));
    const bool ok = write_whole(page, whole, errors);
    memory_close(whole, &text);
    if (ok) {
        fwrite(text, 1, length, stream);
    }
    free(text);
    return ok;
}

void page_destroy(Page *page) {
    if (page != NULL) {
        page_library_destroy(page->library);
        free(page);
    }
}

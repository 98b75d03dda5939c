// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/page.h"

#include "base/digest.h"
#include "base/memory.h"
#include "output/page_assets.h"
#include "output/page_comparison.h"
#include "output/page_library.h"
#include "output/page_optimization.h"
#include "output/page_run.h"
#include "output/page_sweep.h"
#include "output/page_text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef bool WritePage(FILE *stream, const char *folder, ErrorList *errors);

struct Page {
    const char *const *folders;
    size_t count;
    WritePage *write; /* of the first folder */
    PageLibrary library;
};

/* Kinds -------------------------------------------------------------------------------------- */

/* The first whose file is there. */
static const struct {
    const char *file;
    WritePage *write;
} kinds[] = {
    {"statistics.csv", page_comparison_write}, {"comparison.csv", page_comparison_write},
    {"sweep.json", page_sweep_write},          {"front.csv", page_optimization_write},
    {"timeseries.csv", page_run_write},
};

static WritePage *kind_of(const char *folder, ErrorList *errors) {
    struct stat status;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char *path = memory_format("%s/%s", folder, kinds[i].file);
        const bool there = stat(path, &status) == 0;
        free(path);
        if (there) {
            return kinds[i].write;
        }
    }
    const bool is_folder = stat(folder, &status) == 0 && S_ISDIR(status.st_mode);
    error_add(errors, &(Error){.file = folder,
                               .found = is_folder ? "a directory without results" : "no directory",
                               .expected = "what run, compare, sweep or optimize wrote by --out"});
    return NULL;
}

/* The frame ---------------------------------------------------------------------------------- */

/* Of an inline script, as the policy of a page names it. */
static void put_digest(FILE *stream, const char *text) {
    char base64[DIGEST_BASE64];
    digest_base64(text, strlen(text), base64);
    fprintf(stream, "'sha256-%s'", base64);
}

static void write_head(FILE *stream, const PageLibrary *library, const char *title) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
          "script-src ",
          stream);
    put_digest(stream, library->script);
    putc(' ', stream);
    put_digest(stream, page_script_data);
    fputs("\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
          stream);
    page_text(stream, title);
    fprintf(stream,
            " \xe2\x80\x93 autoscale-sim</title>\n<style>\n%s\n%s</style>\n</head>\n<body>\n",
            library->style, page_style_data);
}

static void write_foot(FILE *stream, const PageLibrary *library) {
    fputs("<footer><p>Made by autoscale-sim " ASIM_VERSION ". Charts by dygraphs (MIT licence). "
          "This file fetches nothing.</p>\n<details><summary>Licence of dygraphs</summary>"
          "<pre tabindex=\"0\">",
          stream);
    page_text(stream, library->licence);
    fprintf(stream, "</pre></details></footer>\n<script>%s</script>\n<script>%s</script>\n",
            library->script, page_script_data);
    fputs("</body>\n</html>\n", stream);
}

static char *title_of(const char *const folders[], size_t count) {
    char *title = memory_text(folders[0]);
    for (size_t i = 1; i < count; i++) {
        char *longer = memory_format("%s, %s", title, folders[i]);
        free(title);
        title = longer;
    }
    return title;
}

/* What each folder is; several must be runs. */
static bool find_kinds(Page *page, ErrorList *errors) {
    bool found = true;
    for (size_t i = 0; i < page->count; i++) {
        WritePage *write = kind_of(page->folders[i], errors);
        page->write = i == 0 ? write : page->write;
        if (page->count > 1 && write != NULL && write != page_run_write) {
            error_add(errors, &(Error){.file = page->folders[i],
                                       .found = "a directory of several runs",
                                       .expected = "directories of one run each beside others"});
            found = false;
        }
        found = found && write != NULL;
    }
    return found;
}

Page *page_create(const char *const folders[], size_t count, ErrorList *errors) {
    Page *page = memory_new(1, sizeof *page);
    *page = (Page){.folders = folders, .count = count};
    bool ok = page_library_load(&page->library, errors);
    ok = find_kinds(page, errors) && ok;
    if (!ok) {
        page_destroy(page);
        return NULL;
    }
    return page;
}

bool page_write(const Page *page, FILE *stream, ErrorList *errors) {
    char *title = title_of(page->folders, page->count);
    write_head(stream, &page->library, title);
    free(title);
    const bool ok = page->count == 1
                        ? page->write(stream, page->folders[0], errors)
                        : page_comparison_write_runs(stream, page->folders, page->count, errors);
    write_foot(stream, &page->library);
    return ok;
}

void page_destroy(Page *page) {
    if (page != NULL) {
        page_library_clear(&page->library);
        free(page);
    }
}

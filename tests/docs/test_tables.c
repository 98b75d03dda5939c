// SPDX-License-Identifier: GPL-3.0-or-later
/* The tables of docs/ are what the program says of itself. `make docs` writes them anew. */
#include "docs/tables.h"

#include "base/text.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char begin[] = "<!-- table: ", begin_end[] = " -->\n", end[] = "<!-- end -->\n";

/* The page with its tables as they should be. Owned by the caller. */
static char *with_tables(const char *file, const char *page, const char *scratch) {
    Text text = {0};
    for (const char *at; (at = strstr(page, begin)) != NULL;) {
        const char *name = at + strlen(begin), *rest = strstr(name, begin_end);
        cr_assert_not_null(rest, "%s: %.40s", file, at);
        const char *body = rest + strlen(begin_end), *after = strstr(body, end);
        cr_assert_not_null(after, "%s: %.40s has no end", file, at);
        char *wanted = strndup(name, (size_t)(rest - name));
        char *table = docs_table(wanted, scratch);
        cr_assert_not_null(table, "%s: there is no table \"%s\"", file, wanted);
        text_add_bytes(&text, page, (size_t)(body - page));
        text_addf(&text, "\n%s\n", table);
        free(table);
        free(wanted);
        page = after;
    }
    text_add(&text, page);
    return text_take(&text);
}

static void write_page(const char *file, const char *text) {
    FILE *stream = fopen(file, "wb");
    cr_assert_not_null(stream, "%s", file);
    cr_assert_geq(fputs(text, stream), 0);
    cr_assert_eq(fclose(stream), 0);
}

Test(docs_tables, are_what_the_program_says, .timeout = 120) {
    const char *wish = getenv("DOCS_UPDATE");
    const bool updates = wish && strcmp(wish, "1") == 0;
    glob_t pages;
    size_t tables = 0;
    cr_assert_eq(glob("docs/*.md", 0, NULL, &pages), 0);
    for (size_t i = 0; i < pages.gl_pathc; i++) {
        const char *file = pages.gl_pathv[i];
        char *scratch = scratch_make(), *page = file_bytes(file, NULL);
        char *wanted = with_tables(file, page, scratch);
        for (const char *at = page; (at = strstr(at, begin)) != NULL; at++) {
            tables++;
        }
        if (updates && strcmp(page, wanted) != 0) {
            write_page(file, wanted);
        } else {
            cr_expect_str_eq(page, wanted, "%s: a table is not the program's; `make docs`", file);
        }
        free(wanted);
        free(page);
        scratch_remove(scratch);
    }
    cr_expect_geq(tables, 20, "there are tables in docs/");
    globfree(&pages);
}

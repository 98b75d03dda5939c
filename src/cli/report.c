// SPDX-License-Identifier: GPL-3.0-or-later
/* `report`: one HTML page of a run, several runs, a comparison, a sweep or an optimisation. */
#include "base/memory.h"
#include "base/output_directory.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "output/manifest.h"
#include "output/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* DIR/report.html for one directory; NULL after adding an error. Owned by the caller. */
static char *page_name(const Arguments *arguments, ErrorList *errors) {
    if (arguments_has(arguments, "out")) {
        return memory_text(arguments_value(arguments, "out"));
    }
    if (arguments->positional_count == 1) {
        return memory_format("%s/report.html", arguments->positional[0]);
    }
    error_in_option(errors, "--out", "nothing", "the file to write, for several directories", NULL);
    return NULL;
}

static int write_file(const Arguments *arguments, const Page *page, const char *name,
                      ErrorList *errors) {
    OutputFile file;
    if (!output_file_begin(&file, name, arguments_has(arguments, "force"), errors)) {
        return STATUS_MISTAKE;
    }
    const bool written = page_write(page, file.stream, errors);
    if (!written) {
        output_file_abandon(&file);
        return STATUS_MISTAKE;
    }
    if (!output_file_commit(&file, errors)) {
        return STATUS_MISTAKE;
    }
    if (!arguments_has(arguments, "out") &&
        !manifest_add_file(arguments->positional[0], "report.html", errors)) {
        return STATUS_MISTAKE;
    }
    if (!arguments_has(arguments, "quiet") && strcmp(name, "-") != 0) {
        fprintf(stderr, "Page: ");
        text_print(stderr, name);
        fputc('\n', stderr);
    }
    return STATUS_DONE;
}

int command_report(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    char *name = page_name(arguments, errors);
    Page *page = page_create(arguments->positional, arguments->positional_count, errors);
    const int status =
        name != NULL && page != NULL ? write_file(arguments, page, name, errors) : STATUS_MISTAKE;
    page_destroy(page);
    free(name);
    return status;
}

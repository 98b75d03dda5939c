// SPDX-License-Identifier: GPL-3.0-or-later
/* `plot`: pictures of an output directory; `report`: one HTML page of a run, several runs, a
 * comparison, a sweep or an optimisation. */
#include "base/memory.h"
#include "base/text.h"
#include "cli/commands.h"
#include "output/manifest.h"
#include "output/page.h"
#include "output/pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void command_tell_pictures(const char *directory) {
    fprintf(stderr, "Pictures: ");
    text_print(stderr, directory);
    fprintf(stderr, "/plots/*.png and *.svg\n");
}

bool command_draw(const char *directory, bool quiet, ErrorList *errors) {
    const bool drawn = pictures_draw(directory, NULL, errors);
    if (drawn && !quiet) {
        command_tell_pictures(directory);
    }
    return drawn;
}

int command_plot(const Invocation *invocation, ErrorList *errors) {
    return command_draw(invocation->arguments->positional[0], false, errors) ? STATUS_DONE
                                                                             : STATUS_MISTAKE;
}

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
    if (!page_write(page, file.stream, errors)) {
        output_file_abandon(&file);
        return STATUS_MISTAKE;
    }
    if (!output_file_commit(&file, errors) ||
        (!arguments_has(arguments, "out") &&
         !manifest_add_file(arguments->positional[0], "report.html", errors))) {
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

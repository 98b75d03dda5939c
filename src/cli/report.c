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

const char *command_plot_format(const Arguments *arguments) {
    return arguments_has(arguments, "plot-format") ? arguments_value(arguments, "plot-format")
                                                   : "svg";
}

bool command_plots_agree(const Arguments *arguments, bool draws, ErrorList *errors) {
    const char *format = command_plot_format(arguments);
    if (strcmp(format, "svg") != 0 && strcmp(format, "png") != 0) {
        return error_in_option(errors, "--plot-format", format, "svg or png", NULL);
    }
    return draws || !arguments_has(arguments, "plot-format") || arguments_has(arguments, "plot") ||
           error_in_option(errors, "--plot-format", "no --plot", "--plot beside it", NULL);
}

void command_tell_pictures(const Arguments *arguments, const char *directory) {
    fprintf(stderr, "Pictures: ");
    text_print(stderr, directory);
    fprintf(stderr, "/plots/*.%s\n", command_plot_format(arguments));
}

static int draw(const Arguments *arguments, const char *directory, ErrorList *errors) {
    if (!pictures_draw(directory, NULL, command_plot_format(arguments), errors)) {
        return STATUS_MISTAKE;
    }
    if (!arguments_has(arguments, "quiet")) {
        command_tell_pictures(arguments, directory);
    }
    return STATUS_DONE;
}

int command_draw(const Arguments *arguments, const char *directory, ErrorList *errors) {
    return arguments_has(arguments, "plot") ? draw(arguments, directory, errors) : STATUS_DONE;
}

int command_plot(const Invocation *invocation, ErrorList *errors) {
    return draw(invocation->arguments, invocation->arguments->positional[0], errors);
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

/* Whole or not at all, as the page would be. */
static int print_data(const Arguments *arguments, ErrorList *errors) {
    const char *const *folders = arguments->positional;
    const size_t count = arguments->positional_count;
    char *text = NULL;
    size_t length = 0;
    FILE *whole = memory_checked(open_memstream(&text, &length));
    const bool done =
        page_data_check(folders, count, errors) && page_data_write(whole, folders, count, errors);
    memory_close(whole, &text);
    if (done) {
        puts(text);
    }
    free(text);
    return done ? STATUS_DONE : STATUS_MISTAKE;
}

int command_report(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    if (arguments_has(arguments, "json")) {
        return print_data(arguments, errors);
    }
    char *name = page_name(arguments, errors);
    Page *page = page_create(arguments->positional, arguments->positional_count, errors);
    const int status =
        name != NULL && page != NULL ? write_file(arguments, page, name, errors) : STATUS_MISTAKE;
    page_destroy(page);
    free(name);
    return status;
}

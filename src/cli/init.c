// SPDX-License-Identifier: GPL-3.0-or-later
/* `init`: a scenario of one's own to begin with. */
#include "base/file_name.h"
#include "base/memory.h"
#include "base/output_directory.h"
#include "base/text.h"
#include "cli/commands.h"
#include "scenario/overrides.h"
#include "scenario/starter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Owned by the caller. */
static char *default_file(const Arguments *arguments) {
    char *stem = scenario_default_name(arguments);
    char *name = memory_format("%s.json", stem);
    free(stem);
    return name;
}

static void tell_next(const char *path) {
    char *word = text_shell_word(path);
    printf("Written: ");
    text_print(stdout, path);
    printf("\nNext, change what is not as yours is, and\n"
           "  autoscale-sim validate %s\n"
           "  autoscale-sim run %s\n"
           "  autoscale-sim optimize %s --slo 'ttft_p95_s <= 2s'\n",
           word, word, word);
    free(word);
}

static bool write_starter(const char *path, const char *text, bool force, ErrorList *errors) {
    OutputFile file;
    if (!output_file_begin(&file, path, force, errors)) {
        return false;
    }
    fputs(text, file.stream);
    return output_file_commit(&file, errors);
}

int command_init(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const char *log = arguments_value(arguments, "trace"), *out = arguments_value(arguments, "out");
    OverrideList changes = {0};
    if (log && strcmp(log, "-") == 0) {
        error_in_option(errors, "--trace", "standard input",
                        "a file, for the scenario to read again", NULL);
    }
    char *path = out ? memory_text(out) : default_file(arguments);
    const bool changed =
        scenario_one_preset(arguments, errors) &&
        scenario_changes(&changes, arguments_value(arguments, "preset"), arguments, errors);
    char *text =
        changed && errors->count == 0 ? starter_text(path, log != NULL, &changes, errors) : NULL;
    if (text && write_starter(path, text, arguments_has(arguments, "force"), errors) &&
        strcmp(path, "-") != 0) {
        tell_next(path);
    }
    free(text);
    free(path);
    overrides_clear(&changes);
    return errors->count == 0 ? STATUS_DONE : STATUS_MISTAKE;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* `validate`: reads scenarios and tells all their mistakes at once. */
#include "cli/commands.h"
#include "cli/scenario_arguments.h"
#include "engine/text.h"

#include <stdio.h>

int command_validate(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    if (!scenario_one_preset(arguments, errors)) {
        return STATUS_MISTAKE;
    }
    for (size_t i = 0; i < arguments->positional_count; i++) {
        const char *file = arguments->positional[i];
        Scenario *scenario =
            scenario_from_arguments(file, arguments_value(arguments, "preset"), arguments, errors);
        if (scenario && arguments_has(arguments, "print")) {
            puts(scenario->as_run);
        } else if (scenario) {
            text_print(stdout, file);
            puts(": valid");
        }
        scenario_destroy(scenario);
    }
    return errors->count ? STATUS_MISTAKE : STATUS_DONE;
}

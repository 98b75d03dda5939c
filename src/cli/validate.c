// SPDX-License-Identifier: GPL-3.0-or-later
/* `validate`: reads scenarios and tells all their mistakes at once. */
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/commands.h"
#include "engine/sim_time.h"
#include "output/trace_report.h"
#include "policy/policies.h"
#include "scenario/deployment.h"
#include "scenario/firectl.h"
#include "scenario/scenario.h"
#include "traffic/format.h"
#include "traffic/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Where what is found goes: to the terminal, into `recordings` of --json, or nowhere (--print). */
typedef struct Found {
    bool print;
    cJSON *recordings;
} Found;

static void tell_recording(const Found *found, const TextList *files, const char *format,
                           const char *unit) {
    if (found->recordings != NULL) {
        cJSON *recording = json_object(), *names = json_array();
        for (size_t i = 0; i < files->count; i++) {
            json_append(names, json_text(files->items[i]));
        }
        json_add(recording, "files", names);
        json_add(recording, "format", json_text(format));
        json_add(recording, "times_are", json_text(unit));
        json_append(found->recordings, recording);
    }
    if (found->print) {
        printf("  ");
        text_print(stdout, files->items[0]);
        if (files->count > 1) {
            printf(" and %zu more", files->count - 1);
        }
        printf(": format %s%s%s\n", format, unit ? "; times are " : "", unit ? unit : "");
    }
}

/* A recording that is there is opened: what its first rows tell, or that options and file do not
 * agree, is told without a run. */
static void look_at_trace(const Scenario *scenario, const TraceConfig *config, const Found *found,
                          ErrorList *errors) {
    TraceTold told = {.format = NULL};
    TraceConfig probe = *config;
    const TrafficContext context = {.stream = "validate",
                                    .until = SIM_TIME_NEVER,
                                    .start_epoch_s = scenario->start_epoch_s,
                                    .directory = scenario->directory,
                                    .halt = interrupt_mark(),
                                    .errors = errors};
    struct stat status; /* names are absolute; a pipe can be read but once */
    for (size_t i = 0; i < config->files.count; i++) {
        if (stat(config->files.items[i], &status) != 0 || !S_ISREG(status.st_mode)) {
            return;
        }
    }
    probe.told = &told;
    asim_traffic_source *source = trace_open(&trace_kind, &probe, &context);
    if (source != NULL) {
        tell_recording(found, &config->files, told.format->name,
                       trace_text_unit(source->counts.units));
        source->destroy(source);
    }
}

static void look_at_traces(const Scenario *scenario, const Found *found, ErrorList *errors) {
    char start[SIM_TIME_TEXT];
    const size_t before = errors->count;
    bool any = false;
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        const DeploymentConfig *deployment = &scenario->deployments[i];
        for (size_t k = 0; k < deployment->traffic_count; k++) {
            const TrafficConfig *traffic = &deployment->traffic[k];
            if (traffic->kind->recorded) {
                look_at_trace(scenario, traffic->config, found, errors);
                any = true;
            }
        }
    }
    if (any && found->print && errors->count == before) {
        printf("  time 0 is %s\n", sim_time_format_calendar(scenario->start_epoch_s, start));
    }
}

/* Those of a list from `from` on, as far as they are kept. */
static cJSON *errors_json(const ErrorList *errors, size_t from) {
    cJSON *list = json_array();
    for (size_t i = from; i < errors->kept; i++) {
        const Error *error = &errors->items[i];
        cJSON *row = json_object();
        json_add(row, "file", json_text(error->file));
        json_add(row, "line", error->line ? json_number((double)error->line) : json_null());
        json_add(row, "column", error->column ? json_number((double)error->column) : json_null());
        json_add(row, "place", json_text(error->place));
        json_add(row, "found", json_text(error->found));
        json_add(row, "expected", json_text(error->expected));
        json_add(row, "suggestion", json_text(error->suggestion));
        json_append(list, row);
    }
    return list;
}

/* The command that creates each deployment, with what it cannot say as comments. */
static void print_commands(const Scenario *scenario) {
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        const DeploymentConfig *deployment = &scenario->deployments[i];
        const char *policy = policies[deployment->policy]->policy->name;
        TextList notes = {0};
        char *command = firectl_command(deployment, NULL, &notes);
        if (policies[deployment->policy] != &fireworks_kind) {
            text_list_add(&notes, memory_format("policy %s: firectl creates deployments with "
                                                "Fireworks' own",
                                                policy));
        }
        printf("%s\n", command);
        for (size_t k = 0; k < notes.count; k++) {
            printf("# ");
            text_print(stdout, notes.items[k]);
            putchar('\n');
        }
        free(command);
        text_list_clear(&notes);
    }
}

/* file: NULL for the default scenario. Appends what --json tells of it to `files`, or prints what
 * is told otherwise. */
static void validate_file(const char *file, const Arguments *arguments, cJSON *files,
                          ErrorList *errors) {
    const size_t before = errors->count, kept = errors->kept;
    const bool print = arguments_has(arguments, "print");
    const bool as_firectl = arguments_has(arguments, "as-firectl");
    const Found found = {.print = !print && !as_firectl && files == NULL,
                         .recordings = files != NULL ? json_array() : NULL};
    Scenario *scenario = scenario_from_arguments(file, arguments_value(arguments, "preset"),
                                                 arguments, true, errors);
    if (scenario) {
        look_at_traces(scenario, &found, errors);
    }
    const bool valid = scenario && errors->count == before;
    if (files != NULL) {
        char start[SIM_TIME_TEXT];
        cJSON *told = json_object();
        json_add(told, "file", json_text(file));
        json_add(told, "valid", json_boolean(valid));
        json_add(told, "time_0",
                 scenario ? json_text(sim_time_format_calendar(scenario->start_epoch_s, start))
                          : json_null());
        json_add(told, "recordings", found.recordings);
        json_add(told, "error_count", json_number((double)(errors->count - before)));
        json_add(told, "errors", errors_json(errors, kept));
        json_append(files, told);
    } else if (valid && as_firectl) {
        print_commands(scenario);
    } else if (scenario && print) {
        puts(scenario->as_run);
    } else if (valid) {
        text_print(stdout, file ? file : "the default scenario");
        puts(": valid");
    }
    scenario_destroy(scenario);
}

/* False after adding an error. */
static bool prints_one_thing(const Arguments *arguments, ErrorList *errors) {
    static const char *const forms[] = {"json", "print", "as-firectl"};
    const char *before = NULL;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (arguments_has(arguments, forms[i]) && before != NULL) {
            return error_found_in_option(errors, forms[i], "one of the two", "--%s beside it",
                                         before);
        }
        before = arguments_has(arguments, forms[i]) ? forms[i] : before;
    }
    return true;
}

int command_validate(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    if (!prints_one_thing(arguments, errors)) {
        return STATUS_MISTAKE;
    }
    if (!scenario_one_preset(arguments, errors)) {
        return STATUS_MISTAKE;
    }
    cJSON *files = arguments_has(arguments, "json") ? json_array() : NULL;
    for (size_t i = 0; i == 0 || i < arguments->positional_count; i++) {
        validate_file(i < arguments->positional_count ? arguments->positional[i] : NULL, arguments,
                      files, errors);
    }
    if (files != NULL && arguments->positional_count <= 1) {
        command_print_json(cJSON_DetachItemFromArray(files, 0));
        cJSON_Delete(files);
    } else if (files != NULL) {
        command_print_json(files);
    }
    return errors->count ? STATUS_MISTAKE : STATUS_DONE;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* `explain`: a run told in order, the life of one request, or why nothing happened at an instant. A
 * directory's run is repeated from its scenario.json, which gives the same. */
#include "output/explain.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/commands.h"
#include "output/manifest.h"
#include "output/progress.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"
#include "sim/simulation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The question ------------------------------------------------------------------------------- */

/* Each option asks for a subject; those that go together are of one subject. */
static void check_options_agree(const Arguments *arguments, ErrorList *errors) {
    static const char *const subjects[] = {"request", "why-not"};
    static const char *const others[] = {"from", "to", "why-not", "deployment"};
    for (size_t s = 0; s < 2; s++) {
        if (!arguments_has(arguments, subjects[s])) {
            continue;
        }
        for (size_t i = 0; i < 4; i++) {
            const bool goes_along = strcmp(subjects[s], "why-not") == 0 && i >= 2;
            if (!goes_along && arguments_has(arguments, others[i])) {
                error_found_in_option(errors, subjects[s], "one of the two", "--%s beside it",
                                      others[i]);
            }
        }
    }
}

static void read_time(const Arguments *arguments, const char *name, const DayClock *day_clock,
                      sim_time *first, sim_time *last, ErrorList *errors) {
    const char *text = arguments_value(arguments, name);
    if (!text) {
        return;
    }
    if (!day_clock_read(day_clock, text, first, last)) {
        error_found_in_option(errors, name, day_clock_expected, "%s", text);
    } else if (*last < 0) {
        error_found_in_option(errors, name, "a time within the run, not before its beginning", "%s",
                              text);
    }
}

static void read_request(const Arguments *arguments, ExplainQuestion *question, ErrorList *errors) {
    const char *text = arguments_value(arguments, "request");
    if (!text) {
        return;
    }
    char *end;
    errno = 0;
    question->request = strtoull(text, &end, 10);
    question->request_text = text;
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || question->request == 0) {
        error_in_option(errors, "--request", *text ? text : "nothing",
                        "the number of a request, from 1 in order of arrival (id in requests.csv)",
                        NULL);
    }
}

static void read_deployment(const Arguments *arguments, const Scenario *scenario,
                            ExplainQuestion *question, ErrorList *errors) {
    const char *name = arguments_value(arguments, "deployment");
    question->deployment = EXPLAIN_ALL;
    if (!name) {
        return;
    }
    question->deployment = scenario_deployment_number(scenario, name);
    if (question->deployment == SIZE_MAX) {
        error_in_option(
            errors, "--deployment", name, "a deployment of the scenario",
            error_nearest_row(name, scenario->deployments, scenario->deployment_count, name));
    }
}

/* All mistakes at once. */
static bool read_question(const Arguments *arguments, const Scenario *scenario,
                          ExplainQuestion *question, ErrorList *errors) {
    const size_t before = errors->count;
    const DayClock day_clock = day_clock_of(scenario->start_epoch_s);
    sim_time unused = 0;
    *question =
        (ExplainQuestion){.subject = EXPLAIN_STORY, .to = SIM_TIME_NEVER, .stop = interrupt_mark()};
    question->from_text = arguments_value(arguments, "from");
    question->to_text = arguments_value(arguments, "to");
    check_options_agree(arguments, errors);
    read_request(arguments, question, errors);
    read_deployment(arguments, scenario, question, errors);
    read_time(arguments, "from", &day_clock, &question->from, &unused, errors);
    read_time(arguments, "to", &day_clock, &unused, &question->to, errors);
    if (errors->count == before && question->from > question->to) {
        error_in_option(errors, "--to", question->to_text, "a time after that of --from", NULL);
    }
    if (arguments_has(arguments, "request")) {
        question->subject = EXPLAIN_REQUEST;
    } else if (arguments_has(arguments, "why-not")) {
        question->subject = EXPLAIN_WHY_NOT;
        question->to_text = arguments_value(arguments, "why-not");
        read_time(arguments, "why-not", &day_clock, &question->from, &question->to, errors);
    }
    return errors->count == before;
}

/* The scenario ------------------------------------------------------------------------------- */

/* What was run is explained as it was run. */
static bool changes_nothing(const Arguments *arguments, const char *directory, ErrorList *errors) {
    const size_t before = errors->count;
    for (size_t i = 0; i < arguments->given_count; i++) {
        const CliGiven *given = &arguments->given[i];
        if (given->is_flag || (given->option->commands & CLI_RUN)) { /* it is for a scenario */
            error_found_in_option(errors, given->name,
                                  "a scenario: what was run is explained as it was run",
                                  "the directory %s beside it", directory);
        }
    }
    return errors->count == before;
}

static Scenario *scenario_of_directory(const char *directory, const Arguments *arguments,
                                       ErrorList *errors) {
    char *file = run_directory_scenario(directory, errors);
    char *other_version = NULL;
    if (!file || !changes_nothing(arguments, directory, errors)) {
        free(file);
        return NULL;
    }
    Scenario *scenario = scenario_read_file(file, NULL, 0, errors);
    free(file);
    if (scenario &&
        !run_directory_check(directory, scenario, ASIM_VERSION, &other_version, errors)) {
        scenario_destroy(scenario);
        scenario = NULL;
    }
    if (other_version) {
        char *shown = text_line(directory), *version = text_line(other_version);
        terminal_say(stderr,
                     "note: %s was written by autoscale-sim %s and is run again by %s: figures may "
                     "differ\n",
                     shown, version, ASIM_VERSION);
        free(shown);
        free(version);
        free(other_version);
    }
    return scenario;
}

/* The run ------------------------------------------------------------------------------------ */

/* False as explain_print is. */
static bool tell(Explanation *explanation, bool as_json, ErrorList *errors) {
    if (!as_json) {
        return explain_print(stdout, explanation, errors);
    }
    cJSON *document = explain_json(explanation, errors);
    if (document == NULL) {
        return false;
    }
    command_print_json(document);
    return true;
}

static int explain(const Scenario *scenario, const ExplainQuestion *question, bool as_json,
                   ErrorList *errors) {
    Progress progress;
    Explanation *explanation = explain_create(scenario, question);
    progress_init(&progress, stderr, NULL);
    asim_run_options options = {
        .stop = interrupt_mark(), .progress = progress_update, .progress_self = &progress};
    options.observer_count = explain_observers(explanation, &options.observers);
    const asim_run_result result = simulation_run(scenario, &options, errors);
    progress_clear(&progress);
    int status = STATUS_MISTAKE;
    if (result == ASIM_RUN_STOPPED) {
        status = interrupt_tell(NULL);
    } else if (result == ASIM_RUN_DONE && tell(explanation, as_json, errors)) {
        status = STATUS_DONE;
    } else if (result == ASIM_RUN_DONE && errors->count == 0) {
        status = interrupt_tell(NULL);
    }
    explain_destroy(explanation);
    return status;
}

int command_explain(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const char *operand = scenario_operand(arguments);
    if (!scenario_one_preset(arguments, errors)) {
        return STATUS_MISTAKE;
    }
    Scenario *scenario =
        operand && run_directory_is(operand)
            ? scenario_of_directory(operand, arguments, errors)
            : scenario_from_arguments(operand, arguments_value(arguments, "preset"), arguments,
                                      true, errors);
    ExplainQuestion question;
    const int status = scenario && read_question(arguments, scenario, &question, errors)
                           ? explain(scenario, &question, arguments_has(arguments, "json"), errors)
                           : STATUS_MISTAKE;
    scenario_destroy(scenario);
    return status;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* `serve`: a simulated deployment that answers on HTTP. */
#include "base/memory.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/commands.h"
#include "engine/sim_time.h"
#include "output/manifest.h"
#include "output/run_report.h"
#include "scenario/overrides.h"
#include "scenario/scenario.h"
#include "serve/pace.h"
#include "serve/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTEN "127.0.0.1:8080"

static double read_speed(const Arguments *arguments, ErrorList *errors) {
    const char *text = arguments_value(arguments, "speed"), *end;
    double speed = 1;
    if (text != NULL && (!text_read_number(text, &end, &speed) || *end != '\0' ||
                         !(speed >= PACE_SPEED_LEAST && speed <= PACE_SPEED_MOST))) {
        error_found_in_option(errors, "speed",
                              "simulated seconds a second, from 0.001 to 1000000, such as 60", "%s",
                              text);
    }
    return speed;
}

static const char *read_key(const Arguments *arguments, ErrorList *errors) {
    const char *key = arguments_value(arguments, "api-key");
    if (key != NULL && *key == '\0') {
        error_in_option(errors, "--api-key", "an empty key", "the key that clients are to send",
                        NULL);
    }
    return key;
}

/* --for is the scenario's duration, in whose place it comes. */
static Scenario *read_scenario(const Arguments *arguments, ErrorList *errors) {
    const char *span = arguments_value(arguments, "for");
    sim_time duration;
    if (span != NULL && (!sim_time_parse(span, &duration) || duration <= 0)) {
        error_found_in_option(errors, "for", "simulated time, such as 2h", "%s", span);
        return NULL;
    }
    OverrideList more = {0};
    if (span != NULL) {
        overrides_add(&more, "duration", span, "--for");
    }
    Scenario *scenario = scenario_from_arguments_and(
        scenario_operand(arguments), arguments_value(arguments, "preset"), arguments,
        span != NULL ? &more : NULL, true, errors);
    overrides_clear(&more);
    if (scenario != NULL && scenario->duration == SIM_TIME_NEVER) {
        error_in_option(errors, "--for", "nothing",
                        "how long to serve, since the scenario has no duration", "--for 1d");
        scenario_destroy(scenario);
        return NULL;
    }
    return scenario;
}

static void tell_beginning(const Server *server, const ServerOptions *options, bool quiet) {
    char length[SIM_TIME_TEXT], number[32];
    if (!quiet) {
        printf("Listening on http://%s (%s simulated, %s simulated s a second; Ctrl-C ends it)\n",
               server_address(server), sim_time_format(options->scenario->duration, length),
               text_number(options->speed, number));
        fflush(stdout);
    }
    if (!server_is_loopback(server)) {
        terminal_say(stderr, "warning: %s can be reached from other machines%s\n",
                     server_address(server), options->api_key != NULL ? "" : ", without a key");
    }
}

/* Beside the run's own files. */
static bool write_outside(const Server *server, const RunReport *report, ErrorList *errors) {
    const OutputDirectory *directory = run_report_directory(report);
    return directory == NULL ||
           live_write_replay(server_live(server), directory, "outside", errors);
}

/* How the same run is made again, or what it takes. */
static void tell_replay(const Arguments *arguments) {
    const char *out = arguments_value(arguments, "out");
    char *path = out != NULL ? memory_format("%s/outside/replay.json", out) : NULL;
    char *word = path != NULL ? text_shell_word(path) : NULL;
    if (word != NULL) {
        terminal_say(stdout, "The same again: autoscale-sim run %s\n", word);
    }
    free(word);
    free(path);
}

static int serve(const Invocation *invocation, const ServerOptions *options, RunReport *report,
                 ErrorList *errors) {
    const bool quiet = arguments_has(invocation->arguments, "quiet");
    Server *server = server_create(options, errors);
    if (server == NULL) {
        return STATUS_MISTAKE;
    }
    tell_beginning(server, options, quiet);
    interrupt_heeded();
    server_run(server, interrupt_mark());
    const bool done =
        server_end(server, errors) == ASIM_RUN_DONE && write_outside(server, report, errors);
    if (done && !quiet) {
        server_print(server, stdout);
    }
    server_destroy(server);
    if (!done) {
        run_report_tell_failure(report, errors);
        run_report_abandon(report);
    }
    return done && run_report_finish(report, errors) ? STATUS_DONE : STATUS_MISTAKE;
}

static int serve_scenario(const Invocation *invocation, ServerOptions *options, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    Manifest manifest = *invocation->manifest;
    manifest.input_files = arguments->positional;
    manifest.input_file_count = arguments->positional_count;
    const RunReportOptions report_options = {
        .directory = arguments_value(arguments, "out"),
        .force = arguments_has(arguments, "force"),
        .manifest = &manifest,
    };
    RunReport *report = run_report_create(options->scenario, &report_options, errors);
    if (report == NULL) {
        return STATUS_MISTAKE;
    }
    options->observer_count = run_report_observers(report, &options->observers);
    const int status = serve(invocation, options, report, errors);
    if (status == STATUS_DONE && !arguments_has(arguments, "quiet")) {
        run_report_print(stdout, options->scenario, run_report_summary(report),
                         run_report_decisions(report));
        if (arguments_has(arguments, "out")) {
            command_tell_written(arguments_value(arguments, "out"));
            tell_replay(arguments);
        }
    }
    run_report_destroy(report);
    return status;
}

int command_serve(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const char *listen = arguments_value(arguments, "listen");
    ServerOptions options = {
        .listen = listen != NULL ? listen : LISTEN,
        .api_key = read_key(arguments, errors),
        .speed = read_speed(arguments, errors),
    };
    if (!simulate_options_agree(arguments, errors) || !scenario_one_preset(arguments, errors) ||
        errors->count > 0) {
        return STATUS_MISTAKE;
    }
    Scenario *scenario = read_scenario(arguments, errors);
    if (scenario == NULL) {
        return STATUS_MISTAKE;
    }
    options.scenario = scenario;
    const int status = serve_scenario(invocation, &options, errors);
    scenario_destroy(scenario);
    return status;
}

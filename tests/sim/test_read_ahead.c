// SPDX-License-Identifier: GPL-3.0-or-later
/* A run whose traffic is read ahead is the same run: its figures, its messages, its early ends. */
#include "autoscale_sim/simulation.h"

#include "base/error.h"
#include "base/memory.h"
#include "experiment/experiments.h"
#include "figures/summary.h"
#include "sim/simulation.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPLOYMENT(traffic)                                                                        \
    "{'model':'llama-v3p1-8b-instruct','accelerator':'H100','client':'python',"                    \
    "'autoscaling':{'min_replica_count':0,'max_replica_count':3},'traffic':" traffic "}"
#define TOKENS "'prompt_tokens':{'distribution':'exponential','mean':300},'output_tokens':50"

/* Ten deployments: more than are read ahead, drawn, looping, and both. */
static const char many[] =
    "{'duration':'1h','deployments':{"
    "'a':" DEPLOYMENT(
        "{'type':'poisson','rate_per_s':3," TOKENS
        "}") ","
             "'b':" DEPLOYMENT(
                 "[{'type':'closed_loop','users':9,'think_time':'9s'," TOKENS "},"
                 "{'type':'poisson','rate_per_s':1," TOKENS
                 "}]") ","
                       "'c':" DEPLOYMENT(
                           "[{'type':'gamma','rate_per_s':2,'cv':2," TOKENS "},"
                           "{'type':'onoff','on_rate_per_s':2,'on':'1m','off':'5m'," TOKENS
                           "}]") ","
                                 "'d':" DEPLOYMENT(
                                     "{'type':'poisson','rate_per_s':1e-9," TOKENS
                                     "}") ","
                                          "'e':" DEPLOYMENT(
                                              "{'type':'poisson','rate_per_s':1,'rate_scale':2."
                                              "5," TOKENS
                                              "}") ","
                                                   "'f':" DEPLOYMENT(
                                                       "{'type':'constant','rate_per_s':1," TOKENS
                                                       "}") ","
                                                            "'g':" DEPLOYMENT(
                                                                "{'type':'constant','rate_per_s':"
                                                                "1," TOKENS
                                                                "}") ","
                                                                     "'h':" DEPLOYMENT(
                                                                         "{'type':'constant','rate_"
                                                                         "per_s':1," TOKENS
                                                                         "}") ","
                                                                              "'i':" DEPLOYMENT(
                                                                                  "{'type':'"
                                                                                  "poisson','rate_"
                                                                                  "per_s':1," TOKENS
                                                                                  "}") ","
                                                                                       "'j'"
                                                                                       ":" DEPLOYMENT(
                                                                                           "{'type'"
                                                                                           ":'"
                                                                                           "poisson"
                                                                                           "','"
                                                                                           "rate_"
                                                                                           "per_s':"
                                                                                           "1"
                                                                                           "," TOKENS
                                                                                           "}") "}"
                                                                                                "}";

typedef struct Outcome {
    asim_run_result result;
    char *summary, *errors;
} Outcome;

static void stop_at(void *self, double share, uint64_t requests) {
    volatile sig_atomic_t *stop = self;
    (void)requests;
    *stop = share > 0.3;
}

static Outcome run_once(const Scenario *scenario, bool reads_ahead, bool stops) {
    volatile sig_atomic_t stop = 0;
    ErrorList errors = {0};
    Summary *summary = summary_create(scenario);
    const asim_observer observer = summary_observer(summary);
    const asim_run_options options = {.observers = (const asim_observer *const[]){&observer},
                                      .observer_count = 1,
                                      .stop = &stop,
                                      .progress = stops ? stop_at : NULL,
                                      .progress_self = (void *)&stop,
                                      .reads_ahead = reads_ahead};
    Outcome outcome = {.result = simulation_run(scenario, &options, &errors)};
    outcome.summary = outcome.result == ASIM_RUN_DONE ? summary_json(summary) : memory_text("");
    char *text = error_list_text(&errors);
    outcome.errors = text ? text : memory_text("");
    error_list_clear(&errors);
    summary_destroy(summary);
    return outcome;
}

static void clear_outcome(Outcome *outcome) {
    free(outcome->summary);
    free(outcome->errors);
}

/* The outcome when read ahead, which is the same otherwise. */
static Outcome check_same(const char *text, const char *const changes[], bool stops) {
    Scenario *scenario = experiments_scenario(text, changes);
    Outcome plain = run_once(scenario, false, stops), ahead = run_once(scenario, true, stops);
    cr_assert_eq(plain.result, ahead.result);
    cr_assert_str_eq(plain.summary, ahead.summary);
    cr_assert_str_eq(plain.errors, ahead.errors);
    clear_outcome(&plain);
    scenario_destroy(scenario);
    return ahead;
}

Test(sim_read_ahead, figures_are_the_same) {
    Outcome outcome = check_same(many, NULL, false);
    cr_assert_eq(outcome.result, ASIM_RUN_DONE, "%s", outcome.errors);
    clear_outcome(&outcome);
}

Test(sim_read_ahead, a_run_may_be_stopped) {
    Outcome outcome = check_same(many, NULL, true);
    cr_assert_eq(outcome.result, ASIM_RUN_STOPPED);
    clear_outcome(&outcome);
}

/* Two logs, each with a bad row far behind: the one that comes first in simulated time is told,
 * though the other one's thread may have met its own before; and one that cannot be opened. */
Test(sim_read_ahead, messages_are_the_same) {
    char directory[] = "/tmp/asim-ahead-XXXXXX";
    cr_assert_not_null(mkdtemp(directory));
    char *paths[3], *changes[3];
    for (int k = 0; k < 3; k++) {
        paths[k] = memory_format("%s/%d.csv", directory, k);
        changes[k] = memory_format("deployments.%c.traffic={\"type\":\"trace\",\"file\":\"%s\"}",
                                   "ace"[k], paths[k]);
        if (k == 2) {
            continue;
        }
        FILE *file = fopen(paths[k], "w");
        fputs("arrived_at,num_prefill_tokens,num_decode_tokens\n", file);
        for (int i = 0; i < 2000; i++) {
            fprintf(file, "%g,%d,%d\n", i * (k == 1 ? 0.5 : 1), 1 + i % 900, 1 + i % 60);
        }
        fputs("1998,x,y\n1999,x\n", file);
        fclose(file);
    }
    const char *const list[] = {changes[0], changes[1], NULL};
    Outcome outcome = check_same(many, list, false);
    cr_assert_eq(outcome.result, ASIM_RUN_FAILED);
    cr_assert_not_null(strstr(outcome.errors, "/1.csv:2002"), "%s", outcome.errors);
    cr_assert_null(strstr(outcome.errors, "/0.csv"), "%s", outcome.errors);
    clear_outcome(&outcome);
    outcome = check_same(many, (const char *const[]){changes[0], changes[2], NULL}, false);
    cr_assert_eq(outcome.result, ASIM_RUN_FAILED);
    cr_assert_not_null(strstr(outcome.errors, "/2.csv"), "%s", outcome.errors);
    clear_outcome(&outcome);
    for (int k = 0; k < 3; k++) {
        remove(paths[k]);
        free(paths[k]);
        free(changes[k]);
    }
    remove(directory);
}

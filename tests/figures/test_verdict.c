// SPDX-License-Identifier: GPL-3.0-or-later
/* The word of a run: each threshold from both sides, and which word comes before which. */
#include "figures/verdict.h"

#include "output/report_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

/* Ten hours of 1,000 requests, none of which waited, on replicas that were half busy. */
static DeploymentSummary calm(void) {
    DeploymentSummary deployment = {.measured = 1000, .decisions = {.evaluations = 1000}};
    deployment.end.span = 10 * SIM_TIME_HOUR;
    deployment.end.totals.requests = 1000;
    deployment.end.costs.busy_gpu_s = 500;
    deployment.end.costs.idle_gpu_s = 500;
    return deployment;
}

static void expect(const DeploymentSummary *deployment, VerdictWord word, const char *reason) {
    const Verdict verdict = verdict_of(deployment);
    cr_expect_eq(verdict.word, word, "%s: %s", verdict_words[verdict.word], verdict.reason);
    cr_expect_not_null(strstr(verdict.reason, reason), "%s", verdict.reason);
}

Test(verdict, more_than_one_in_a_hundred_waited) {
    DeploymentSummary deployment = calm();
    deployment.waited = 10;
    expect(&deployment, VERDICT_WORD_STABLE, "99.0 %");
    deployment.waited = 11;
    expect(&deployment, VERDICT_WORD_BACKLOGGED, "1.1 %");
}

Test(verdict, the_maximum_is_to_blame_past_a_tenth_of_the_evaluations) {
    DeploymentSummary deployment = calm();
    deployment.waited = 11;
    deployment.decisions.most = 4;
    deployment.decisions.capped = 100;
    expect(&deployment, VERDICT_WORD_BACKLOGGED, "10.0 % of the evaluations");
    deployment.decisions.capped = 101;
    expect(&deployment, VERDICT_WORD_OVERLOADED, "(4)");
    deployment.waited = 10; /* nobody suffers */
    expect(&deployment, VERDICT_WORD_STABLE, "99.0 %");
}

Test(verdict, flaps_more_than_twice_an_hour_and_three_times) {
    DeploymentSummary deployment = calm();
    deployment.waited = 500; /* flapping comes first */
    deployment.decisions.turns = 20;
    expect(&deployment, VERDICT_WORD_BACKLOGGED, "50.0 %");
    deployment.decisions.turns = 21;
    expect(&deployment, VERDICT_WORD_FLAPPING, "2.10 times an hour");
    deployment.end.span = SIM_TIME_HOUR / 2;
    deployment.decisions.turns = 2;
    expect(&deployment, VERDICT_WORD_BACKLOGGED, "50.0 %");
    deployment.decisions.turns = 3;
    expect(&deployment, VERDICT_WORD_FLAPPING, "6.00 times an hour");
}

Test(verdict, idle_is_silence_or_time_not_used) {
    DeploymentSummary deployment = calm();
    deployment.end.costs.busy_gpu_s = 50;
    deployment.end.costs.idle_gpu_s = 950;
    expect(&deployment, VERDICT_WORD_STABLE, "5.0 %");
    deployment.end.costs.busy_gpu_s = 49;
    deployment.end.costs.idle_gpu_s = 951;
    expect(&deployment, VERDICT_WORD_IDLE, "4.9 %");
    deployment.waited = 11; /* who waits comes first */
    expect(&deployment, VERDICT_WORD_BACKLOGGED, "1.1 %");
    deployment.end.totals.requests = deployment.measured = 0;
    expect(&deployment, VERDICT_WORD_IDLE, "no request came");
}

Test(verdict, hardly_any_requests_at_zero) {
    DeploymentSummary deployment = calm();
    deployment.end.totals.requests = deployment.measured = deployment.waited = 9;
    deployment.end.costs.zero_s = 18000; /* half of the time */
    expect(&deployment, VERDICT_WORD_BACKLOGGED, "100.0 %");
    deployment.end.costs.zero_s = 18001;
    expect(&deployment, VERDICT_WORD_IDLE, "0.900 requests came an hour");
    deployment.end.totals.requests = deployment.measured = deployment.waited = 10;
    expect(&deployment, VERDICT_WORD_BACKLOGGED, "100.0 %");
}

/* The target's way: at so many seconds, to so many replicas. */
static void decide(const asim_observer *observer, sim_time seconds, int from, int to, int wanted) {
    const asim_decision decision = {.target = to,
                                    .limits = {0, 8},
                                    .term_count = 1,
                                    .terms = {{.key = "default", .wanted = wanted}}};
    const asim_decision_taken taken = {.time = seconds * SIM_TIME_SECOND,
                                       .from = from,
                                       .at_evaluation = true,
                                       .decision = &decision};
    observer->decision_taken(observer->self, &taken);
}

Test(verdict, the_summary_counts_turns_and_what_was_asked_beyond_the_most) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    Summary *summary = summary_create(&fixture.scenario);
    const asim_observer observer = summary_observer(summary);
    const SummaryDecisions *decisions = &summary->deployments[0].decisions;
    decide(&observer, 0, 1, 3, 3); /* a rise after no fall */
    decide(&observer, 100, 3, 2, 2);
    decide(&observer, 700, 2, 4, 8); /* ten minutes after a fall; as many as allowed */
    decide(&observer, 800, 4, 5, 9); /* rises on; one too many */
    decide(&observer, 900, 5, 1, 1);
    decide(&observer, 1501, 1, 2, 2); /* too late */
    cr_expect_eq(decisions->evaluations, 6);
    cr_expect_eq(decisions->turns, 1);
    cr_expect_eq(decisions->capped, 1);
    cr_expect_eq(decisions->most, 8);
    summary_destroy(summary);
}

Test(verdict, waits_from_the_first_send_for_more_than_a_second) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    Summary *summary = summary_create(&fixture.scenario);
    const asim_observer observer = summary_observer(summary);
    asim_request request = fixture_request(1, 0, 1000, 1300, 7300, 11);
    request.admitted = request.first_send + SIM_TIME_SECOND;
    observer.request_ended(observer.self, &request);
    cr_expect_eq(summary->deployments[0].waited, 0);
    request.admitted++;
    observer.request_ended(observer.self, &request);
    cr_expect_eq(summary->deployments[0].waited, 1);
    request.admitted = request.first_send;
    request.outcome = ASIM_GIVEN_UP;
    observer.request_ended(observer.self, &request);
    cr_expect_eq(summary->deployments[0].waited, 2);
    request.outcome = ASIM_IN_FLIGHT;
    observer.request_ended(observer.self, &request);
    cr_expect_eq(summary->deployments[0].waited, 2);
    summary_destroy(summary);
}

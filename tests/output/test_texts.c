// SPDX-License-Identifier: GPL-3.0-or-later
/* What people read: numbers with their units, the summary, the policy's story, progress. */
#include "figures/decisions_digest.h"
#include "figures/human.h"
#include "figures/summary.h"
#include "output/progress.h"
#include "output/report_fixture.h"
#include "output/run_report.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The policy's story ------------------------------------------------------------------------- */

/* What `print` writes, as a text. */
typedef struct Paper {
    char *text;
    size_t length;
    FILE *stream;
} Paper;

static FILE *paper_open(Paper *paper) {
    *paper = (Paper){0};
    paper->stream = open_memstream(&paper->text, &paper->length);
    return paper->stream;
}

static void assert_says(const Paper *paper, const char *words) {
    cr_assert_not_null(strstr(paper->text, words), "\"%s\" is not in:\n%s", words, paper->text);
}

static void decide(const asim_observer *observer, sim_time time_s, int from, int to,
                   bool at_evaluation, const char *reason, const char *window, const char *key) {
    const asim_decision decision = {
        .target = to,
        .recommended = to,
        .reason = reason,
        .term_count = key ? 1 : 0,
        .winner = key ? 0 : -1,
        .terms = {{key, 35, 8, to}},
        .window = window,
    };
    const asim_observation observation = {.time = time_s * SIM_TIME_SECOND};
    const asim_decision_taken taken = {.time = time_s * SIM_TIME_SECOND,
                                       .from = from,
                                       .at_evaluation = at_evaluation,
                                       .not_asked = to > 4 ? to - 4 : 0,
                                       .decision = &decision,
                                       .observation =
                                           strcmp(reason, "deleted") ? &observation : NULL};
    observer->decision_taken(observer->self, &taken);
}

static DecisionsDigest *eventful(const Scenario *scenario) {
    DecisionsDigest *digest = decisions_digest_create(scenario);
    const asim_observer observer = decisions_digest_observer(digest);
    decide(&observer, 8, 0, 1, false, "wake", NULL, NULL);
    decide(&observer, 100, 1, 1, true, "hold_scale_up_window", "scale_up_window",
           "concurrent_requests");
    decide(&observer, 105, 1, 1, true, "hold_scale_up_window", "scale_up_window",
           "concurrent_requests");
    decide(&observer, 130, 1, 5, true, "scale_up", "scale_up_window", "concurrent_requests");
    decide(&observer, 200, 5, 6, true, "scale_up", "scale_up_window", "default");
    decide(&observer, 205, 6, 6, true, "hold_on_target", NULL, "default");
    decide(&observer, 210, 6, 7, true, "scale_up", "scale_up_window", "concurrent_requests");
    decide(&observer, 1000, 7, 7, true, "hold_scale_down_window", "scale_down_window", "default");
    decide(&observer, 1600, 7, 1, true, "scale_down", "scale_down_window", "default");
    decide(&observer, 7200, 1, 0, true, "scale_to_zero", "scale_to_zero_window", NULL);
    decide(&observer, 612000, 0, 0, false, "deleted", NULL, NULL);
    const asim_run_end end = {.span = 8 * SIM_TIME_DAY};
    observer.run_ended(observer.self, &end);
    return digest;
}

Test(decisions, are_told_in_a_few_lines) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    fixture.deployments[0].initial_replica_count = 0;
    DecisionsDigest *digest = eventful(&fixture.scenario);
    Paper paper;
    fixture.scenario.start_epoch_s = 9 * 3600;
    digest->deployments[1].evaluations = 720;
    digest->deployments[1].highest_target = 1;
    Summary *summary = summary_create(&fixture.scenario);
    run_report_print(paper_open(&paper), &fixture.scenario, summary, digest);
    fclose(paper.stream);
    assert_says(
        &paper,
        "  policy     woken by a request once, first at 09:00:08\n"
        "             scaled up 3 times, mostly for concurrent_requests (twice)\n"
        "             largest step 1 -> 5 at 09:02:10: concurrent_requests 35.0 at a target of 8 "
        "per "
        "replica asks for 5\n"
        "             highest target 7 replicas, first at 09:03:30\n"
        "             scaled down twice, to zero once at 11:00:00\n"
        "             held back by scale_up_window, longest for 30.0 s, from 09:01:40 on\n"
        "             held back by scale_down_window, longest for 10m00s, from 09:16:40 on\n"
        "             up to 3 replicas beyond the quota not asked for\n"
        "             deleted at day 8 11:00:00\n");
    assert_says(&paper, "\n  policy     kept 1 replica in all 720 evaluations\n");
    free(paper.text);
    summary_destroy(summary);
    decisions_digest_destroy(digest);
}

/* The summary -------------------------------------------------------------------------------- */

static Summary *busy_day(const Scenario *scenario, double usd) {
    Summary *summary = summary_create(scenario);
    const asim_observer observer = summary_observer(summary);
    for (uint64_t i = 0; i < 1000; i++) {
        asim_request request = fixture_request(i + 1, 0, 10, 130 + (sim_time)i / 10, 2130, 201);
        if (i % 10 == 0) {
            request.first_send -= 5 * SIM_TIME_SECOND;
            request.sends = 2;
        }
        observer.request_ended(observer.self, &request);
    }
    for (uint32_t d = 0; d < summary->deployment_count; d++) {
        const asim_run_end end = {
            .deployment = d,
            .span = SIM_TIME_DAY,
            .drained_at = SIM_TIME_DAY + 4 * SIM_TIME_SECOND,
            .totals = {.requests = 1013,
                       .sends = 1200,
                       .answers = {1000, 0, 0, 0, 200, 0},
                       .outcomes = {1000, 10, 0, 3, 0},
                       .generated_tokens = 201000,
                       .cold_starts = 5,
                       .cancelled_starts = 1,
                       .scale_ups = 4,
                       .scale_downs = 1},
            .costs = {.on_demand_usd = usd,
                      .reserved_usd = 24,
                      .billed_gpu_s = 72000,
                      .covered_gpu_s = 36000,
                      .busy_gpu_s = 14400,
                      .idle_gpu_s = 50400,
                      .draining_gpu_s = 7200,
                      .zero_s = 18000,
                      .deleted_s = 3600},
            .traffic = {.rows = 1020, .failed = 7},
        };
        observer.run_ended(observer.self, &end);
    }
    return summary;
}

Test(summary_text, reads_at_a_glance) {
    FixtureScenario fixture;
    fixture_scenario(&fixture);
    fixture.scenario.slo.ttft = 2 * SIM_TIME_SECOND;
    fixture.scenario.slo.e2e = 30 * SIM_TIME_SECOND;
    Summary *summary = busy_day(&fixture.scenario, 98.5);
    DecisionsDigest *digest = eventful(&fixture.scenario);
    Paper paper;
    run_report_print(paper_open(&paper), &fixture.scenario, summary, digest);
    fclose(paper.stream);
    static const char *const words[] = {
        "day: 1d00h simulated from 1970-01-01T00:00:00Z, and 4.00 s until the last request ended; "
        "seed 7\n",
        "\nchat: llama-v3p1-8b-instruct on 1 x H100, policy fireworks\n",
        "\n  requests   1,013: 1,000 completed (98.7 %), 10 given up, 3 rejected\n",
        "\n  sends      1,200: 1,000 x 200, 200 x 503\n",
        "\n  trace      1,020 rows, 7 of requests that had failed\n",
        "\n  objective  90.0 % of requests meet TTFT 2s, E2E 30s; goodput 0.0104/s\n",
        "\n  replicas   5 cold starts (1 cancelled), 4 scale-ups, 1 scale-down\n"
        "             none serving for 5h00m (20.8 %), deleted for 1h00m (4.2 %)\n",
        "\n  cost       $122.50 ($98.50 on demand, $24.00 reserved); $3,675.00 per 30 days\n"
        "             $609.45 per 1M output tokens, $122.50 per 1,000 completed requests\n",
        "\n  paid for   20.0 GPU-hours: 20.0 % busy, 70.0 % idle, 10.0 % draining; 50.0 % covered "
        "by the "
        "reservation\n",
        "\n  policy     woken by a request once",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_says(&paper, words[i]);
    }
    if (getenv("SHOW_TEXTS")) {
        fputs(paper.text, stderr);
    }
    free(paper.text);
    decisions_digest_destroy(digest);
    summary_destroy(summary);
}

/* Progress ----------------------------------------------------------------------------------- */

Test(progress, is_one_line) {
    char text[PROGRESS_TEXT];
    cr_assert_str_eq(
        progress_text(0.5, 3000000, 1.5, text),
        "[###############...............]  50 %  3.00M requests, 2.00M/s, 1.50 s left");
    cr_assert_str_eq(progress_text(0, 0, 0, text),
                     "[..............................]   0 %  0 requests, 0/s, - left");
    cr_assert_str_eq(progress_text(1, 10, 100, text),
                     "[##############################] 100 %  10 requests, 0.100/s, 0 s left");
    cr_assert_str_eq(progress_text(-1, 8819, 2, text), "8,819 requests, 4,410/s, 2.00 s");
}

Test(progress, is_silent_where_there_is_no_terminal) {
    FILE *stream = tmpfile();
    Progress progress;
    progress_init(&progress, stream, "a run");
    progress_update(&progress, 0.5, 100);
    progress_clear(&progress);
    fflush(stream);
    cr_assert_eq(ftell(stream), 0);
    fclose(stream);
}

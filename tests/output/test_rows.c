// SPDX-License-Identifier: GPL-3.0-or-later
/* timeseries.csv, events.csv, requests.csv and refusals.csv, field by field. */
#include "autoscale_sim/observer.h"
#include "base/csv_writer.h"
#include "figures/run_files.h"
#include "output/report_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A file that is being written, then read. */
typedef struct Page {
    FixtureScenario fixture;
    char *place, *path, *text;
    CsvWriter writer;
    FixtureCsv csv;
} Page;

static void page_open(Page *page) {
    ErrorList errors = {0};
    *page = (Page){.place = fixture_place()};
    fixture_scenario(&page->fixture);
    page->path = fixture_path(page->place, "t.csv");
    cr_assert(csv_writer_open(&page->writer, page->path, NULL, &errors));
}

static void page_read(Page *page) {
    ErrorList errors = {0};
    cr_assert(csv_writer_close(&page->writer, &errors));
    page->text = fixture_read(page->path);
    page->csv = fixture_csv(page->text);
}

static void page_clear(Page *page) {
    fixture_csv_clear(&page->csv);
    free(page->text);
    free(page->path);
    fixture_remove_place(page->place);
}

static void assert_header(const Page *page, const char *expected) {
    cr_assert_eq(strncmp(page->text, expected, strlen(expected)), 0, "%s", page->text);
    cr_assert_eq(page->text[strlen(expected)], '\n');
}

static void assert_fields(const Page *page, size_t row, const char *const expected[][2],
                          size_t count) {
    for (size_t i = 0; i < count; i++) {
        cr_assert_str_eq(fixture_field(&page->csv, row, expected[i][0]), expected[i][1],
                         "row %zu, %s", row, expected[i][0]);
    }
}

#define ASSERT_FIELDS(page, row, ...)                                                              \
    do {                                                                                           \
        static const char *const expected[][2] = {__VA_ARGS__};                                    \
        assert_fields(page, row, expected, sizeof expected / sizeof expected[0]);                  \
    } while (0)

#define LOAD_COLUMNS                                                                               \
    "default_measured,default_target,concurrent_requests_measured,concurrent_requests_target,"     \
    "requests_per_second_measured,requests_per_second_target,prompt_tokens_per_second_measured,"   \
    "prompt_tokens_per_second_target,tokens_generated_per_second_measured,"                        \
    "tokens_generated_per_second_target"

/* Requests ----------------------------------------------------------------------------------- */

Test(requests_csv, has_a_row_for_every_fate) {
    Page page;
    page_open(&page);
    RunFile *requests = run_file_create(RUN_FILE_REQUESTS, &page.fixture.scenario, &page.writer);
    const asim_observer observer = run_file_observer(requests);
    asim_request completed = fixture_request(1, 500, 600, 850, 2850, 5);
    completed.last_send = 550 * SIM_TIME_MILLISECOND;
    completed.sends = 2;
    completed.preemptions = 3;
    observer.request_ended(observer.self, &completed);
    asim_request given_up = fixture_request(2, 500, 0, 0, 9000, 5);
    given_up.deployment = 1;
    given_up.outcome = ASIM_GIVEN_UP;
    given_up.last_answer = ASIM_ANSWER_503;
    given_up.replica = 0;
    given_up.admitted = given_up.first_token = SIM_TIME_NEVER;
    given_up.in_warmup = true;
    observer.request_ended(observer.self, &given_up);
    asim_request cut = fixture_request(3, 500, 600, 700, 9000, 1);
    cut.outcome = ASIM_IN_FLIGHT;
    cut.last_answer = ASIM_ANSWER_NONE;
    cut.ended = SIM_TIME_NEVER;
    observer.request_ended(observer.self, &cut);
    run_file_destroy(requests);
    page_read(&page);
    assert_header(
        &page,
        "request,deployment,source,first_send_s,last_send_s,admitted_s,first_token_s,ended_s,"
        "prompt_tokens,output_tokens,cached_tokens,sends,preemptions,outcome,answer,replica,"
        "retry_wait_s,queue_wait_s,prefill_s,decode_s,ttft_s,tpot_s,e2e_s,in_warmup");
    cr_assert_eq(page.csv.rows, 3);
    cr_assert_not_null(strstr(page.text,
                              "\n1,chat,0,0.5,0.55,0.6,0.85,2.85,100,5,,2,3,completed,200,1,0.05,"
                              "0.05,0.25,2,0.35,0.5,2.35,0\n"));
    cr_assert_not_null(strstr(page.text,
                              "\n2,\"batch, \"\"nightly\"\"\",0,0.5,0.5,,,9,100,5,,1,0,given_up,"
                              "503,,0,,,,,,,1\n"));
    ASSERT_FIELDS(&page, 2, {"outcome", "in_flight"}, {"answer", ""}, {"ended_s", ""},
                  {"ttft_s", "0.2"}, {"decode_s", ""}, {"tpot_s", ""}, {"e2e_s", ""});
    page_clear(&page);
}

Test(refusals_csv, has_a_row_for_every_send_that_was_not_served) {
    Page page;
    page_open(&page);
    RunFile *refusals = run_file_create(RUN_FILE_REFUSALS, &page.fixture.scenario, &page.writer);
    const asim_observer observer = run_file_observer(refusals);
    observer.send_refused(observer.self, &(asim_refusal){.time = 2 * SIM_TIME_SECOND,
                                                         .sent = 2 * SIM_TIME_SECOND,
                                                         .request = 7,
                                                         .sends = 1,
                                                         .answer = ASIM_ANSWER_503,
                                                         .again = 7 * SIM_TIME_SECOND});
    observer.send_refused(observer.self, &(asim_refusal){.time = 9 * SIM_TIME_SECOND,
                                                         .sent = 8 * SIM_TIME_SECOND,
                                                         .request = 8,
                                                         .deployment = 1,
                                                         .sends = 3,
                                                         .answer = ASIM_ANSWER_BROKEN,
                                                         .again = SIM_TIME_NEVER,
                                                         .replica = 4});
    run_file_destroy(refusals);
    page_read(&page);
    cr_assert_str_eq(page.text, "time_s,deployment,request,send,sent_s,answer,again_s,replica\n"
                                "2,chat,7,1,2,503,7,\n"
                                "9,\"batch, \"\"nightly\"\"\",8,3,8,broken,,4\n");
    page_clear(&page);
}

/* Time series -------------------------------------------------------------------------------- */

static asim_interval interval_of(sim_time from_s, uint64_t requests, uint64_t tokens) {
    asim_interval interval = {
        .from = from_s * SIM_TIME_SECOND,
        .to = (from_s + 10) * SIM_TIME_SECOND,
        .in_flight = 7,
        .held = 5,
        .queued = 2,
        .replicas = {1, 2.5, 3, 4, 5, 6, 99},
        .target = 8,
        .recommended = 9,
        .not_asked = 1,
        .totals = {.requests = requests,
                   .sends = requests + 1,
                   .answers = {requests, 1, 2, 3, 4, 5},
                   .outcomes = {requests},
                   .prompt_tokens = tokens,
                   .generated_tokens = 2 * tokens,
                   .preemptions = 3 * requests},
        .costs = {.on_demand_usd = 1.25, .reserved_usd = 0.5, .billed_gpu_s = 900},
    };
    return interval;
}

static void tell_interval(const asim_observer *observer, asim_interval interval) {
    observer->interval_ended(observer->self, &interval);
}

Test(timeseries, tells_what_an_interval_added) {
    Page page;
    page_open(&page);
    RunFile *timeseries =
        run_file_create(RUN_FILE_TIMESERIES, &page.fixture.scenario, &page.writer);
    const asim_observer observer = run_file_observer(timeseries);
    const asim_request request = fixture_request(1, 0, 0, 250, 500, 10);
    observer.request_ended(observer.self, &request);
    tell_interval(&observer, interval_of(0, 10, 1000));
    tell_interval(&observer, interval_of(10, 25, 1500));
    run_file_destroy(timeseries);
    page_read(&page);
    assert_header(
        &page,
        "deployment,time_s,interval_s,arrivals,sends,answers_200,answers_400,answers_404,"
        "answers_429,answers_503,answers_broken,in_flight,held,queued,waiting_at_zero,"
        "replicas_pending_scheduling,"
        "replicas_downloading_model,replicas_initializing,replicas_ready,replicas_serving,"
        "replicas_draining,target,recommended,not_asked_quota,serving_measured," LOAD_COLUMNS
        ",prompt_tokens_per_s,generated_tokens_per_s,cache_hit_share,preemptions,"
        "replicas_lost,completed,ttft_p50_s,ttft_p95_s,ttft_p99_s,e2e_p50_s,e2e_p95_s,e2e_p99_s,"
        "cost_usd,gpu_hours");
    ASSERT_FIELDS(
        &page, 0, {"deployment", "chat"}, {"time_s", "0"}, {"interval_s", "10"}, {"arrivals", "10"},
        {"sends", "11"}, {"answers_200", "10"}, {"answers_503", "4"}, {"in_flight", "7"},
        {"held", "5"}, {"queued", "2"}, {"replicas_pending_scheduling", "1"},
        {"replicas_downloading_model", "2.5"}, {"replicas_ready", "4"}, {"replicas_serving", "5"},
        {"replicas_draining", "6"}, {"target", "8"}, {"recommended", "9"}, {"not_asked_quota", "1"},
        {"serving_measured", ""}, {"default_measured", ""}, {"default_target", ""},
        {"prompt_tokens_per_s", "100"}, {"generated_tokens_per_s", "200"}, {"completed", "10"},
        {"ttft_p50_s", "0.25"}, {"e2e_p99_s", "0.5"}, {"cost_usd", "1.75"}, {"gpu_hours", "0.25"});
    ASSERT_FIELDS(&page, 1, {"time_s", "10"}, {"arrivals", "15"}, {"answers_503", "0"},
                  {"prompt_tokens_per_s", "50"}, {"preemptions", "45"}, {"completed", "15"},
                  {"ttft_p50_s", ""}, {"e2e_p99_s", ""});
    page_clear(&page);
}

static asim_decision hold_decision(int target) {
    return (asim_decision){.target = target,
                           .recommended = target + 1,
                           .reason = "hold_scale_up_window",
                           .term_count = 1,
                           .winner = 0,
                           .terms = {{"concurrent_requests", 17.5, 8, target + 1}},
                           .window = "scale_up_window",
                           .window_since = 5 * SIM_TIME_SECOND,
                           .window_until = 35 * SIM_TIME_SECOND,
                           .window_target = target};
}

static const asim_observation observed = {.serving = 2, .signals = {2.5, 17.5, 3.25, 4000, 500}};

static void tell_decision(const asim_observer *observer, sim_time time_s, int from,
                          const asim_decision *decision) {
    const asim_decision_taken taken = {.time = time_s * SIM_TIME_SECOND,
                                       .from = from,
                                       .serving = 2,
                                       .booting = 1,
                                       .draining = 3,
                                       .not_asked = 4,
                                       .at_evaluation = true,
                                       .decision = decision,
                                       .observation = &observed};
    observer->decision_taken(observer->self, &taken);
}

Test(timeseries, keeps_the_load_of_the_last_evaluation) {
    Page page;
    page_open(&page);
    RunFile *timeseries =
        run_file_create(RUN_FILE_TIMESERIES, &page.fixture.scenario, &page.writer);
    const asim_observer observer = run_file_observer(timeseries);
    asim_decision decision = hold_decision(2);
    tell_decision(&observer, 5, 2, &decision);
    tell_interval(&observer, interval_of(0, 10, 1000));
    decision.term_count = 0; /* nothing serves: the target stays in force */
    tell_decision(&observer, 15, 2, &decision);
    tell_interval(&observer, interval_of(10, 10, 1000));
    run_file_destroy(timeseries);
    page_read(&page);
    for (size_t row = 0; row < 2; row++) {
        ASSERT_FIELDS(&page, row, {"serving_measured", "2"}, {"default_measured", "2.5"},
                      {"default_target", ""}, {"concurrent_requests_measured", "17.5"},
                      {"concurrent_requests_target", "8"},
                      {"tokens_generated_per_second_measured", "500"},
                      {"tokens_generated_per_second_target", ""});
    }
    page_clear(&page);
}

/* Events ------------------------------------------------------------------------------------- */

Test(events, tells_transitions_of_replicas) {
    Page page;
    page_open(&page);
    RunFile *events = run_file_create(RUN_FILE_EVENTS, &page.fixture.scenario, &page.writer);
    const asim_observer observer = run_file_observer(events);
    const asim_replica_change born = {.time = SIM_TIME_SECOND / 2,
                                      .deployment = 1,
                                      .replica = 3,
                                      .is_new = true,
                                      .to = ASIM_REPLICA_PENDING_SCHEDULING,
                                      .reason = "scale_up"};
    const asim_replica_change drains = {.time = SIM_TIME_MINUTE,
                                        .replica = 1,
                                        .from = ASIM_REPLICA_SERVING,
                                        .to = ASIM_REPLICA_DRAINING,
                                        .reason = "scale_down",
                                        .held = 12};
    observer.replica_changed(observer.self, &born);
    observer.replica_changed(observer.self, &drains);
    run_file_destroy(events);
    page_read(&page);
    assert_header(&page,
                  "time_s,deployment,event,replica,from,to,reason,recommended,winner," LOAD_COLUMNS
                  ",window,window_since_s,window_until_s,window_target,serving,booting,draining,"
                  "not_asked_quota,held");
    ASSERT_FIELDS(&page, 0, {"time_s", "0.5"}, {"deployment", "batch, \"nightly\""},
                  {"event", "replica"}, {"replica", "3"}, {"from", ""},
                  {"to", "pending_scheduling"}, {"reason", "scale_up"}, {"recommended", ""},
                  {"held", "0"});
    ASSERT_FIELDS(&page, 1, {"time_s", "60"}, {"deployment", "chat"}, {"from", "serving"},
                  {"to", "draining"}, {"held", "12"}, {"serving", ""});
    page_clear(&page);
}

Test(events, tells_decisions_that_are_news) {
    Page page;
    page_open(&page);
    RunFile *events = run_file_create(RUN_FILE_EVENTS, &page.fixture.scenario, &page.writer);
    const asim_observer observer = run_file_observer(events);
    asim_decision decision = hold_decision(2);
    tell_decision(&observer, 5, 2, &decision);
    tell_decision(&observer, 10, 2, &decision); /* nothing new */
    decision.recommended = 4;
    tell_decision(&observer, 15, 2, &decision);
    tell_decision(&observer, 20, 2, &decision); /* nothing new */
    decision.target = decision.window_target = 3;
    decision.reason = "scale_up";
    tell_decision(&observer, 35, 2, &decision);
    decision.target = decision.window_target = 4; /* same reason, changes the target again */
    tell_decision(&observer, 40, 3, &decision);
    const asim_decision deletion = {.reason = "deleted",
                                    .winner = -1,
                                    .window_since = SIM_TIME_NEVER,
                                    .window_until = SIM_TIME_NEVER};
    const asim_decision_taken taken = {.time = 7 * SIM_TIME_DAY, .from = 0, .decision = &deletion};
    observer.decision_taken(observer.self, &taken);
    run_file_destroy(events);
    page_read(&page);
    cr_assert_eq(page.csv.rows, 5);
    ASSERT_FIELDS(&page, 0, {"time_s", "5"}, {"event", "decision"}, {"replica", ""}, {"from", "2"},
                  {"to", "2"}, {"reason", "hold_scale_up_window"}, {"recommended", "3"},
                  {"winner", "concurrent_requests"}, {"default_measured", "2.5"},
                  {"default_target", ""}, {"concurrent_requests_measured", "17.5"},
                  {"concurrent_requests_target", "8"}, {"window", "scale_up_window"},
                  {"window_since_s", "5"}, {"window_until_s", "35"}, {"window_target", "2"},
                  {"serving", "2"}, {"booting", "1"}, {"draining", "3"}, {"not_asked_quota", "4"},
                  {"held", ""});
    ASSERT_FIELDS(&page, 1, {"time_s", "15"}, {"recommended", "4"});
    ASSERT_FIELDS(&page, 2, {"time_s", "35"}, {"from", "2"}, {"to", "3"}, {"reason", "scale_up"});
    ASSERT_FIELDS(&page, 3, {"time_s", "40"}, {"from", "3"}, {"to", "4"});
    ASSERT_FIELDS(&page, 4, {"time_s", "604800"}, {"from", "0"}, {"to", "0"}, {"reason", "deleted"},
                  {"winner", ""}, {"default_measured", ""}, {"window", ""}, {"window_since_s", ""});
    page_clear(&page);
}

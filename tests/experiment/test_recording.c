// SPDX-License-Identifier: GPL-3.0-or-later
/* What users can export, as it is. */
#include "experiment/recording.h"

#include "base/memory.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

typedef struct Case {
    const char *text;       /* of the file */
    const char *column;     /* --column, or NULL */
    const char *deployment; /* --deployment, or NULL */
} Case;

static bool read_text(const Case *given, Recording *recording, ErrorList *errors) {
    char *scratch = scratch_make();
    char *path = scratch_text(scratch, "recording", given->text);
    const char *files[] = {path};
    RecordingQuestion question = {.deployment = given->deployment};
    if (given->column != NULL) {
        text_list_add(&question.columns, memory_text(given->column));
    }
    const bool sound = recording_read(recording, files, 1, &question, errors);
    text_list_clear(&question.columns);
    free(path);
    scratch_remove(scratch);
    return sound;
}

static void check_point(const Recording *recording, RecordingKind kind, size_t number,
                        sim_time time, double value) {
    const RecordingSeries *series = &recording->series[kind];
    cr_assert_gt(series->count, number, "%s", recording_kind_names[kind]);
    cr_expect_eq(series->points[number].time, time, "%s: %lld", recording_kind_names[kind],
                 (long long)series->points[number].time);
    cr_expect_eq(series->points[number].value, value);
}

static Recording read_sound(Case given) {
    Recording recording;
    ErrorList errors = {0};
    const bool sound = read_text(&given, &recording, &errors);
    char *text = error_list_text(&errors);
    cr_assert(sound, "%s", text);
    return recording;
}

Test(recording, columns_by_name_and_by_the_users_word) {
    Recording recording =
        read_sound((Case){"time,wanted,concurrency,kv_usage\n2026-11-16T12:00:00Z,2,7.5,0.25\n"
                          "2026-11-16 12:00:15,3,9,\n",
                          "target=wanted", NULL});
    const sim_time noon = INT64_C(1794830400) * SIM_TIME_SECOND;
    check_point(&recording, RECORDING_TARGET, 0, noon, 2);
    check_point(&recording, RECORDING_TARGET, 1, noon + 15 * SIM_TIME_SECOND, 3);
    check_point(&recording, RECORDING_CONCURRENT, 1, noon + 15 * SIM_TIME_SECOND, 9);
    check_point(&recording, RECORDING_KV, 0, noon, 0.25);
    cr_expect_eq(recording.series[RECORDING_KV].count, 1);
    cr_expect(recording.series[RECORDING_KV].per_replica);
    cr_expect(recording.has_dates);
    cr_expect_eq(recording.series[RECORDING_TARGET].step, 15 * SIM_TIME_SECOND);
    recording_clear(&recording);
}

/* Values are of an interval's end; requests that were handed over are sends that were answered. */
Test(recording, our_time_series) {
    Recording recording =
        read_sound((Case){"deployment,time_s,interval_s,sends,answers_400,answers_404,answers_429,"
                          "answers_503,held,target,prompt_tokens_per_s\n"
                          "chat,0,10,30,1,2,3,4,5,1,700\nchat,10,10,20,0,0,0,0,6,2,800\n",
                          NULL, NULL});
    check_point(&recording, RECORDING_TARGET, 0, 10 * SIM_TIME_SECOND - 1, 1);
    check_point(&recording, RECORDING_REQUESTS, 0, 10 * SIM_TIME_SECOND - 1, 2);
    check_point(&recording, RECORDING_PROMPT_TOKENS, 1, 20 * SIM_TIME_SECOND - 1, 800);
    check_point(&recording, RECORDING_CONCURRENT, 1, 20 * SIM_TIME_SECOND - 1, 6);
    recording_clear(&recording);
}

Test(recording, our_events_tell_instants) {
    Recording recording =
        read_sound((Case){"time_s,deployment,event,from,to,window_target\n5,chat,decision,1,1,1\n"
                          "20,chat,decision,1,3,3\n21,chat,replica,initializing,ready,\n",
                          NULL, NULL});
    check_point(&recording, RECORDING_TARGET, 0, 5 * SIM_TIME_SECOND - 1, 1);
    check_point(&recording, RECORDING_TARGET, 1, 20 * SIM_TIME_SECOND, 3);
    cr_expect_eq(recording.series[RECORDING_TARGET].count, 2);
    cr_expect(recording.series[RECORDING_TARGET].exact);
    recording_clear(&recording);
}

Test(recording, an_answer_to_query_range) {
    static const char text[] =
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":["
        "{\"metric\":{\"__name__\":\"target_replicas\"},\"values\":[[1784000000,\"1\"],"
        "[1784000030,\"2\"]]},"
        "{\"metric\":{\"__name__\":\"rps\",\"pod\":\"a\"},\"values\":[[1784000000,\"1.5\"],"
        "[1784000030,\"NaN\"]]},"
        "{\"metric\":{\"__name__\":\"rps\",\"pod\":\"b\"},\"values\":[[1784000000,\"2\"],"
        "[1784000030.5,\"4\"]]}]}}";
    Recording recording = read_sound((Case){text, NULL, NULL});
    const sim_time start = INT64_C(1784000000) * SIM_TIME_SECOND;
    check_point(&recording, RECORDING_TARGET, 1, start + 30 * SIM_TIME_SECOND, 2);
    check_point(&recording, RECORDING_REQUESTS, 0, start, 3.5);
    check_point(&recording, RECORDING_REQUESTS, 1, start + 30500 * SIM_TIME_MILLISECOND, 4);
    recording_clear(&recording);
}

#define SCRAPE(name, deployment) name "{base_model=\"m\",deployment_id=\"" deployment "\"} "

/* Gauges of Fireworks' export are means of the replicas. */
Test(recording, scrapes_of_the_metrics_export) {
    static const char text[] = "# 2026-11-16T12:00:00Z\n" SCRAPE(
        "request_counter_total:sum_by_deployment",
        "d1") "10\n" SCRAPE("request_counter_total:sum_by_deployment",
                            "d2") "99\n" SCRAPE("requests_coordinator_concurrent_count:avg_by_"
                                                "deployment",
                                                "d1") "3\n"
                                                      "# 2026-11-16T12:01:00Z\n" SCRAPE(
                                                          "request_counter_total:sum_by_deployment",
                                                          "d1") "12\n" SCRAPE("generator_kv_blocks_"
                                                                              "fraction:avg_by_"
                                                                              "deployment",
                                                                              "d1") "0.5 "
                                                                                    "1794830465000"
                                                                                    "\n";
    Recording recording = read_sound((Case){text, NULL, "d1"});
    const sim_time noon = INT64_C(1794830400) * SIM_TIME_SECOND;
    check_point(&recording, RECORDING_REQUESTS, 0, noon, 10);
    check_point(&recording, RECORDING_REQUESTS, 1, noon + SIM_TIME_MINUTE, 12);
    check_point(&recording, RECORDING_CONCURRENT, 0, noon, 3);
    check_point(&recording, RECORDING_KV, 0, noon + 65 * SIM_TIME_SECOND, 0.5);
    cr_expect(recording.series[RECORDING_CONCURRENT].per_replica);
    recording_clear(&recording);
}

static void check_mistake(Case given, const char *expected) {
    Recording recording;
    ErrorList errors = {0};
    cr_expect_not(read_text(&given, &recording, &errors));
    char *text = error_list_text(&errors);
    cr_expect(text != NULL && strstr(text, expected) != NULL, "%s has no %s", text, expected);
    free(text);
    recording_clear(&recording);
    error_list_clear(&errors);
}

Test(recording, mistakes) {
    check_mistake((Case){"when,target\n1,2\n", NULL, NULL}, "no column of times");
    check_mistake((Case){"time,target\nsoon,2\n", NULL, NULL}, ":2: time: found soon");
    check_mistake((Case){"time,target\n1,many\n", NULL, NULL}, "many");
    check_mistake((Case){"time,deployment,target\n1,a,1\n2,b,2\n", NULL, NULL},
                  "found a and b, expected one deployment");
    check_mistake((Case){"time,deployment,target\n1,a,1\n", NULL, "c"}, "--deployment: found c");
    check_mistake((Case){"time,target\n1,2\n", "goal=target", NULL}, "--column");
    check_mistake((Case){"time,target\n1,2\n", "target=wanted", NULL}, "found wanted");
    check_mistake((Case){SCRAPE("rps", "d") "1\n", NULL, NULL}, "a scrape without its time");
    check_mistake((Case){"{\"data\": {\"result\": []}}", NULL, NULL}, "no series of points");
    check_mistake(
        (Case){"[{\"metric\": {\"__name__\": \"rps\"}, \"values\": [[1, true]]}]", NULL, NULL},
        "[1, true]");
    check_mistake((Case){SCRAPE("rps", "d") "1 1\n" SCRAPE("rps", "e") "1 2\n", NULL, NULL},
                  "found d and e");
}

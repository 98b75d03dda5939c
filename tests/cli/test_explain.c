// SPDX-License-Identifier: GPL-3.0-or-later
/* `explain` on scenarios whose story follows from the specification by hand: iterations of 10 ms,
 * starts of a given length, requests at given instants. */
#include "cli/cli_checks.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *scratch;

static void set_up(void) {
    scratch = scratch_make();
}

static void tear_down(void) {
    scratch_remove(scratch);
}

TestSuite(cli_explain, .init = set_up, .fini = tear_down);

/* A deployment of 10 ms iterations, 8 batch slots. */
#define HARDWARE                                                                                   \
    "'model':'m','accelerator':'H100','weights_gb':16,'profile':{'c0_ms':10,'c_prefill_ms':0,"     \
    "'c_decode_ms':0,'kv_capacity_tokens':100000,'batch_slots':8,'request_overhead':'0s'}"

/* A request of 20 s every 5 s from 60 s until 200 s: one held more at each evaluation from 65 s to
 * 80 s, four until 200 s, then one fewer at each from 205 s to 220 s. One more request, the 29th,
 * at 10 minutes. */
#define LADDER                                                                                     \
    "{'name':'ladder','duration':'20m','start':'2026-11-16T09:00:00Z','slo':{'ttft':'1s',"         \
    "'e2e':'2m'},'deployments':{'chat':{" HARDWARE                                                 \
    ",'cold_start':'40s','initial_replica_count':1,'autoscaling':{'min_replica_count':0,"          \
    "'max_replica_count':3,'scale_down_window':'1m','scale_to_zero_window':'5m','load_targets':"   \
    "{'concurrent_requests':1}},'traffic':[{'type':'constant','rate_per_s':0.2,'start':'60s',"     \
    "'stop':'200s','prompt_tokens':100,'output_tokens':2000},{'type':'constant',"                  \
    "'rate_per_s':1e-9,'start':'10m','prompt_tokens':100,'output_tokens':2000}]}}}"

/* A scenario's file, from its text with ' for ". */
static const char *write_scenario(const char *text) {
    static char path[256];
    char *json = memory_text(text);
    for (char *c = json; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    char *file = scratch_text(scratch, "scenario.json", json);
    snprintf(path, sizeof path, "%s", file);
    free(file);
    free(json);
    return path;
}

/* One blank for each run of blanks and line ends: texts are wrapped. */
static void squeeze(char *text) {
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (!isspace((unsigned char)*from)) {
            *to++ = *from;
        } else if (to > text && to[-1] != ' ') {
            *to++ = ' ';
        }
    }
    *to = '\0';
}

/* All texts are told, in this order. */
static void tells(ProgramResult result, const char *const texts[]) {
    cr_assert_eq(result.status, 0, "status %d: %s", result.status, result.errors);
    squeeze(result.output);
    const char *at = result.output;
    for (; *texts != NULL; texts++) {
        const char *found = strstr(at, *texts);
        cr_assert_not_null(found, "\"%s\" does not follow in: %s", *texts, at);
        at = found + strlen(*texts);
    }
    program_clear(&result);
}
#define TELLS(result, ...) tells(result, (const char *const[]){__VA_ARGS__, NULL})

static void never_tells(ProgramResult result, const char *text) {
    cr_assert_eq(result.status, 0, "status %d: %s", result.status, result.errors);
    squeeze(result.output);
    cr_assert_null(strstr(result.output, text), "\"%s\" is in: %s", text, result.output);
    program_clear(&result);
}

/* The story ------------------------------------------------------------------------------------ */

/* Asked for 2 from 70 s, 3 from 75 s, 4 from 80 s on: after 30 s the least of the window is 2 at
 * 100 s and 3 at 105 s. Fewer from 210 s on: after a minute the most of the window is 2 at 270 s, 1
 * at 275 s. Idle since 215 s: zero at 515 s. */
Test(cli_explain, the_whole_story) {
    TELLS(
        RUN("explain", write_scenario(LADDER)),
        "ladder, told in order; it begins at 2026-11-16T09:00:00Z", "chat: m on 1 x H100",
        "fireworks: min_replica_count 0, max_replica_count 3", "concurrent_requests 1",
        "a replica starts in 40.0 s on average",
        "09:00:00 the run begins: target 1; 1 replica serves",
        "then for 1m40s nothing changed: 1 replica, 5 requests ended, p95 TTFT 10.0 ms, E2E 20.0 s",
        "09:01:40 scale up 1 → 2: requests held 4 ÷ target 1 = 4, but max is 3; the least in "
        "scale_up_window (30s, stabilize) counts: 2 or more asked for since 09:01:10",
        "replica 2: starts in 40.0 s: serving at 09:02:20, after 40.0 s",
        "the next 5.00 s: 1 replica serving, 1 booting, 1 request ended",
        "09:01:45 scale up 2 → 3: requests held 4 ÷ target 1 = 4, but max is 3; 3 or more asked "
        "for since "
        "09:01:15, all of scale_up_window (30s, stabilize)",
        "replica 3: starts in 40.0 s: serving at 09:02:25, after 40.0 s",
        "meanwhile, until 09:02:25: 8 requests ended",
        "for 35.0 s the load asked for more than max, up to 4",
        "then for 2m05s nothing changed: 3 replicas, 14 requests ended",
        "09:04:30 scale down 3 → 2: requests held 0 ÷ target 1 = 0; the most in scale_down_window "
        "(1m, stabilize) counts: 2 or less asked for since 09:03:30",
        "replica 3 goes at once, for it holds nothing",
        "09:04:35 scale down 2 → 1: requests held 0 ÷ target 1 = 0; 1 or less asked for since "
        "09:03:35, all "
        "of scale_down_window (1m, stabilize); the last replica stays until it has idled",
        "09:08:35 scale to zero 1 → 0: idle since 09:03:35, for 5m00s: all of "
        "scale_to_zero_window (5m)",
        "then for 1m25s nothing changed: no replica serves, no request ended",
        "09:10:00 woken 0 → 1 by request 29", "replica 4: starts in 40.0 s",
        "meanwhile, until 09:10:40: no request ended; 4 sends refused with 503",
        "1 request ended, p95 TTFT rose to 40.6 s, E2E rose to 1m01s",
        "end the whole run: 29 requests, 29 completed", "4 × 503; cost");
}

/* The figure of the n-th entry of a kind. */
static double figure_of(const cJSON *document, const char *kind, size_t n, const char *key) {
    const cJSON *entry;
    cJSON_ArrayForEach (entry, cJSON_GetObjectItem(document, "entries")) {
        const char *found = cJSON_GetStringValue(cJSON_GetObjectItem(entry, "kind"));
        if (found != NULL && strcmp(found, kind) == 0 && n-- == 0) {
            return cli_json_number(entry, key);
        }
    }
    cr_assert_fail("there are not so many of %s", kind);
    return 0;
}

/* All labels and words are told by the text too, in the same order. */
static void same_as_text(const cJSON *document, ProgramResult text) {
    cr_assert_eq(text.status, 0, "status %d: %s", text.status, text.errors);
    squeeze(text.output);
    const char *at = text.output;
    const cJSON *entry, *words;
    cJSON_ArrayForEach (entry, cJSON_GetObjectItem(document, "entries")) {
        char *label = memory_text(cJSON_GetStringValue(cJSON_GetObjectItem(entry, "label")));
        squeeze(label);
        at = strstr(at, label);
        cr_assert_not_null(at, "%s is not in: %s", label, text.output);
        free(label);
        cJSON_ArrayForEach (words, cJSON_GetObjectItem(entry, "words")) {
            const char *found = strstr(at, words->valuestring);
            cr_assert_not_null(found, "%s does not follow in: %s", words->valuestring, at);
            at = found + strlen(words->valuestring);
        }
    }
    program_clear(&text);
}

Test(cli_explain, json_tells_what_the_text_tells) {
    const char *file = write_scenario(LADDER);
    cJSON *story = expect_json(RUN("explain", file, "--json"));
    same_as_text(story, RUN("explain", file));
    cr_assert_eq(figure_of(story, "begin", 0, "target"), 1);
    cr_assert_eq(figure_of(story, "decision", 0, "time_s"), 100);
    cr_assert_eq(figure_of(story, "decision", 1, "target_before"), 2);
    cr_assert_eq(figure_of(story, "decision", 1, "target"), 3);
    cr_assert_eq(figure_of(story, "decision", 1, "booting"), 2);
    cJSON_Delete(story);
    cJSON *request = expect_json(RUN("explain", file, "--json", "--request", "29"));
    same_as_text(request, RUN("explain", file, "--request", "29"));
    cr_assert_eq(cli_json_number(request, "sends"), 5);
    cr_assert_eq(
        cli_json_number(cJSON_GetArrayItem(cJSON_GetObjectItem(request, "entries"), 0), "time_s"),
        600);
    cJSON_Delete(request);
    cJSON *moment = expect_json(RUN("explain", file, "--json", "--why-not", "09:01:35"));
    same_as_text(moment, RUN("explain", file, "--why-not", "09:01:35"));
    cr_assert_eq(cli_json_number(moment, "time_s"), 95);
    cJSON_Delete(moment);
    REFUSED(RUN("explain", file, "--json", "--request", "99"), "--request: found 99");
}

/* 0 to 515 s and 640 s to 965 s on one replica, 140 s to 275 s on a second, 145 s to 270 s on a
 * third: 1,100 s at $8 an hour. */
Test(cli_explain, the_bill_has_its_arithmetic) {
    TELLS(RUN("explain", write_scenario(LADDER)),
          "cost 0.306 replica-hours on demand × 1 GPU × $8.00 = $2.44");
}

/* Requests at 60, 65 and 70 s: more than one held is seen from 70 s on, one at 90 s. */
Test(cli_explain, waits_that_come_to_nothing_are_counted) {
    TELLS(RUN("explain", write_scenario(LADDER), "--set", "deployments.chat.traffic.0.stop=75s"),
          "1 wait in scale_up_window came to nothing (20.0 s)");
}

Test(cli_explain, rules_of_windows_are_told_apart) {
    TELLS(RUN("explain", write_scenario(LADDER), "--set",
              "deployments.chat.autoscaling.window_rule=sustain"),
          "09:01:40 scale up 1 → 3: requests held 4 ÷ target 1 = 4, but max is 3; above the target "
          "at each evaluation since 09:01:10, all of scale_up_window (30s, sustain)");
    TELLS(RUN("explain", write_scenario(LADDER), "--set",
              "deployments.chat.autoscaling.window_rule=delay"),
          "09:01:40 scale up 1 → 3: requests held 4 ÷ target 1 = 4, but max is 3; above the target "
          "first at 09:01:10, and scale_up_window (30s, delay) has run out");
}

/* More than one held from 70 s to 85 s and from 95 s on: the timer that began at 70 s goes on
 * through the dip, so that no wait came to nothing. */
Test(cli_explain, a_timer_that_no_dip_stops_is_one_wait) {
    const char *file = write_scenario(
        "{'duration':'3m','deployments':{'chat':{" HARDWARE
        ",'autoscaling':{'min_replica_count':1,'max_replica_count':3,'window_rule':'delay',"
        "'load_targets':{'concurrent_requests':1}},'traffic':[{'type':'constant','rate_per_s':0.2,"
        "'start':'60s','stop':'75s','prompt_tokens':100,'output_tokens':2000},{'type':'constant',"
        "'rate_per_s':1,'start':'92s','stop':'94s','prompt_tokens':100,'output_tokens':2000}]}}}");
    TELLS(RUN("explain", file),
          "00:01:40 scale up 1 → 2: requests held 2 ÷ target 1 = 2; above the target first at "
          "00:01:10, and scale_up_window (30s, delay) has run out");
    never_tells(RUN("explain", file, "--to", "00:01:40"), "came to nothing");
    TELLS(RUN("explain", file, "--to", "00:01:40", "--set",
              "deployments.chat.autoscaling.window_rule=sustain"),
          "1 wait in scale_up_window came to nothing (20.0 s)");
}

/* 4 held at a target of 3 are 1.33 replicas. */
Test(cli_explain, rounding_is_told) {
    TELLS(RUN("explain", write_scenario(LADDER), "--load-targets", "concurrent_requests=3"),
          "requests held 4 ÷ target 3 = 1.33, rounded up to 2");
}

/* Two targets: 4 held ask for 4; nine sends in the minute before 100 s are 0.15 a second. */
Test(cli_explain, several_targets_are_all_told) {
    TELLS(RUN("explain", write_scenario(LADDER), "--load-targets",
              "concurrent_requests=1,requests_per_second=0.4"),
          "requests held 4 ÷ target 1 = 4, but max is 3 (the largest counts; requests per second "
          "0.15 ÷ target 0.4 = 0.375, rounded up to 1)");
}

Test(cli_explain, phases_of_a_start_are_told_with_their_reasons) {
    TELLS(
        RUN("explain", write_scenario(LADDER), "--set",
            "deployments.chat.cold_start={\"cv\": 0, \"bandwidth_gb_per_s\": 8}"),
        "a replica starts in 1m03s on average: pending 10.0 s, download 16 GB at 8 GB/s = 2.00 s, "
        "init 35s + 0.4 s × 16 GB per GPU = 41.4 s, routing lag 10.0 s",
        "replica 2: pending 10.0 s, download 16 GB at 8 GB/s 2.00 s, init 41.4 s, routing lag "
        "10.0 s: serving at 09:02:43, after 1m03s");
}

/* Long starts: the replicas asked for at 100 s and 105 s are not wanted any more at 270 s and
 * 275 s. */
Test(cli_explain, a_cancelled_start_is_told) {
    TELLS(RUN("explain", write_scenario(LADDER), "--set", "deployments.chat.cold_start=5m"),
          "replica 2: cancelled at 09:04:35, before it served",
          "replica 3: cancelled at 09:04:30, before it served", "09:04:30 scale down 3 → 2",
          "replica 3: its start is cancelled after 2m45s, in initializing, and costs nothing",
          "09:04:35 scale down 2 → 1",
          "replica 2: its start is cancelled after 2m55s, in initializing, and costs nothing");
}

/* Two requests of 200 s: the third replica to go holds one of them. */
Test(cli_explain, a_drain_is_told) {
    TELLS(RUN("explain",
              write_scenario("{'duration':'10m','deployments':{'chat':{" HARDWARE
                             ",'initial_replica_count':3,'autoscaling':{'min_replica_count':1,"
                             "'max_replica_count':3,'scale_down_window':'1m','load_targets':"
                             "{'concurrent_requests':4}},'traffic':{'type':'constant',"
                             "'rate_per_s':1,'stop':'3s','prompt_tokens':100,"
                             "'output_tokens':20000}}}}")),
          "00:01:05 scale down 3 → 1: requests held 3 ÷ target 4 = 0.75, rounded up to 1",
          "drains 1 request for 2m", "drains 1 request for 2m");
}

Test(cli_explain, a_deletion_is_told) {
    TELLS(RUN("explain",
              write_scenario("{'duration':'8d','interval':'1h','deployments':{'chat':{" HARDWARE
                             ",'cold_start':'40s','autoscaling':{'evaluation_interval':'1h'},"
                             "'traffic':[{'type':'constant','rate_per_s':1e-9,'start':'1h',"
                             "'prompt_tokens':1,'output_tokens':1},{'type':'constant',"
                             "'rate_per_s':1e-9,'start':'7d12h','prompt_tokens':1,"
                             "'output_tokens':1}]}}}")),
          "01:00:00 woken 0 → 1 by request 1",
          "day 8 01:00:40 deleted: no request since 01:00:40, for 7d; every send gets a 404",
          "1 request ended, 1 rejected; 1 send refused with 404");
}

/* The quota holds two replicas; a neighbour's two leave, and the third is asked for after all. */
#define QUOTA                                                                                      \
    "{'duration':'20m','pools':{'H100':{'quota_gpus':4}},'deployments':{"                          \
    "'chat':{" HARDWARE                                                                            \
    ",'cold_start':'40s','autoscaling':{'min_replica_count':1,'max_replica_count':3,"              \
    "'load_targets':{'concurrent_requests':1}},'traffic':{'type':'constant','rate_per_s':0.2,"     \
    "'prompt_tokens':100,'output_tokens':1900}},"                                                  \
    "'neighbour':{" HARDWARE                                                                       \
    ",'initial_replica_count':3,'autoscaling':{'min_replica_count':1,'max_replica_count':3,"       \
    "'scale_down_window':'5m'},'traffic':{'type':'constant','rate_per_s':0.01,"                    \
    "'prompt_tokens':100,'output_tokens':10}}}}"

Test(cli_explain, a_quota_is_told_and_its_room) {
    TELLS(RUN("explain", write_scenario(QUOTA)),
          "chat 00:00:00.000 the run begins: target 1; 1 replica serves",
          "would pass the quota (quota_gpus 4, 1 GPUs a replica) and", "not asked for",
          "neighbour 00:05:05 scale down 3 → 1", "chat 00:05:05 the quota has room again; target 3",
          "replica 2: starts in 40.0 s", "replica 3: starts in 40.0 s");
}

/* No GPU on demand for the first ten minutes: a file says so. */
Test(cli_explain, a_wait_for_gpus_is_told) {
    char *file = scratch_text(scratch, "market.csv", "time_s,on_demand_gpus\n0,1\n600,8\n");
    char *set = memory_format("pools.H100={\"on_demand_file\": \"%s\"}", file);
    TELLS(
        RUN("explain",
            write_scenario("{'duration':'20m','pools':{'H100':{}},'deployments':{'chat':{" HARDWARE
                           ",'cold_start':'40s','autoscaling':{'min_replica_count':1,"
                           "'max_replica_count':2,'load_targets':{'concurrent_requests':1}},"
                           "'traffic':{'type':'constant','rate_per_s':0.2,'prompt_tokens':100,"
                           "'output_tokens':1900}}}}"),
            "--set", set),
        "00:00:40.000 scale up 1 → 2",
        "replica 2: waits 9m20s for GPUs, starts in 40.0 s: serving at 00:10:40, after 10m00s");
    free(set);
    free(file);
}

Test(cli_explain, what_vanishes_is_told) {
    TELLS(RUN("explain", "tests/golden/vanish.json", "--deployment", "taken"),
          "for 7m00s nothing changed: 2 replicas",
          "is lost; target 2; 1 replica serves, 1 booting, 1 draining",
          "replica 3 on preemptible GPUs: waits 1.00 s for GPUs", "drains",
          "for 1.00 s: preempted at 00:07:01", "meanwhile, until", "broke off");
    TELLS(RUN("explain", "tests/golden/vanish.json", "--deployment", "failing"),
          "replica 1 is lost; target 1; 0 replicas serve, 1 booting",
          "replica 2 on reserved GPUs: waits 1m30s for GPUs",
          "replica 1: failed while it serves and holds", "sends refused with 503");
    /* the last requests before the first loss, on the replica that is taken */
    TELLS(RUN("explain", "tests/golden/vanish.json", "--set",
              "deployments.taken.client.retry_broken=false", "--set",
              "deployments.taken.preemptible.notice=0s", "--request", "628"),
          "send 1: handed to replica", "enters the batch of replica", "first token",
          "send 1: the connection breaks, for its replica vanishes; its client does not send again "
          "then (retry_broken): broken");
}

/* What broke off had been handed over, before it is sent again. */
Test(cli_explain, a_send_that_broke_off_and_the_next_one) {
    TELLS(RUN("explain", "tests/golden/vanish.json", "--set",
              "deployments.taken.client.retry_broken=true", "--set",
              "deployments.taken.preemptible.notice=0s", "--request", "628"),
          "+0 s send 1: handed to replica", "send 1: the connection breaks", "waits",
          "send 2: handed to replica");
}

/* Two turns of one conversation, of 32 new tokens and answers of 16: 48 - 1 tokens are left of the
 * first one, in whole blocks 32. */
Test(cli_explain, what_of_a_prompt_is_cached_is_told) {
    const char *file = write_scenario(
        "{'duration':'100s','deployments':{'chat':{" HARDWARE ",'autoscaling':{"
        "'min_replica_count':1},'traffic':{'type':'conversation','points':[['0s',0.02],['100s',"
        "0.02]],'turns':2,'think_time':'1s','new_tokens':32,'output_tokens':16}}}}");
    TELLS(RUN("explain", file, "--request", "1"), "nothing of its prompt is in the prefix cache");
    TELLS(RUN("explain", file, "--request", "2"),
          "32 of its 80 prompt tokens are in the prefix cache");
    TELLS(RUN("run", file), "cached",
          "prompt tokens; by how long the replica has served: below 1 min");
}

/* Replicas that are to hold a twentieth of a request each: the first one asks for twenty. */
Test(cli_explain, many_starts_and_ends_are_told_together) {
    TELLS(RUN("explain", write_scenario(LADDER), "--max-replica-count", "20", "--load-targets",
              "concurrent_requests=0.05", "--scale-up-window", "0s"),
          "19 replicas start; the quickest of them, then the slowest:", "replica ", "serving at",
          "replica ", "serving at", "go at once, for they hold nothing");
}

/* Of several, one ---------------------------------------------------------------------------- */

Test(cli_explain, one_deployment_of_several) {
    const char *file = write_scenario(QUOTA);
    TELLS(RUN("explain", file, "--deployment", "neighbour"), "neighbour: m on 1 x H100",
          "00:05:05 scale down 3 → 1");
    never_tells(RUN("explain", file, "--deployment", "neighbour"), "chat");
    REFUSED(RUN("explain", file, "--deployment", "chatt"), "--deployment: found chatt",
            "did you mean \"chat\"?");
}

/* Part of it --------------------------------------------------------------------------------- */

Test(cli_explain, from_and_to_cut_the_story) {
    const char *file = write_scenario(LADDER);
    TELLS(RUN("explain", file, "--from", "09:01:42", "--to", "09:02:00"),
          "09:01:42 target 2; 1 replica serves, 1 booting",
          "the next 3.00 s: 1 replica serving, 1 booting, 1 request ended",
          "09:01:45 scale up 2 → 3",
          "the next 16.0 s: 1 replica serving, 2 booting, 3 requests ended",
          "end the whole run: 29 requests");
    never_tells(RUN("explain", file, "--from", "09:01:42", "--to", "09:02:00"), "scale up 1");
    never_tells(RUN("explain", file, "--from", "09:01:42", "--to", "09:02:00"), "scale down");
}

/* The first request's last token is made at 80 s, and seen two seconds later: it ended before 81 s.
 */
Test(cli_explain, requests_end_when_their_replica_is_done) {
    TELLS(RUN("explain", write_scenario(LADDER), "--from", "81s", "--to", "99s", "--set",
              "deployments.chat.profile.request_overhead=2s"),
          "09:01:21 target 1; 1 replica serves",
          "then for 18.0 s nothing changed: 1 replica, 3 requests ended");
}

/* Nothing happens any more, not even an evaluation: the rest of the run is told all the same. */
Test(cli_explain, from_may_lie_after_all_that_happened) {
    const char *file = write_scenario(LADDER);
    TELLS(RUN("explain", file, "--from", "19m", "--set",
              "deployments.chat.autoscaling.evaluation_interval=7m"),
          "09:19:00 target 1; 1 replica serves",
          "then for 1m00s nothing changed: 1 replica, no request ended", "end the whole run");
    never_tells(RUN("explain", file, "--from", "19m", "--set",
                    "deployments.chat.autoscaling.evaluation_interval=7m"),
                "the run begins");
}

/* What is shown can be asked for: 09:01:40 is the second that an entry of then begins in. */
Test(cli_explain, times_are_read_as_they_are_shown) {
    const char *file = write_scenario(LADDER);
    static const char *const times[] = {"09:01:40", "day 1 09:01:40", "1m40s",
                                        "2026-11-16T09:01:40Z"};
    for (size_t i = 0; i < 4; i++) {
        TELLS(RUN("explain", file, "--from", times[i], "--to", times[i]), "09:01:40 target 1",
              "09:01:40 scale up 1 → 2");
        never_tells(RUN("explain", file, "--from", times[i], "--to", times[i]), "scale up 2");
    }
}

Test(cli_explain, bad_times_are_refused) {
    const char *file = write_scenario(LADDER);
    REFUSED(RUN("explain", file, "--from", "noon"), "--from: found noon",
            "a clock such as 9:00, 12:00:35 or");
    REFUSED(RUN("explain", file, "--from", "1h"), "--from: found 1h",
            "within the run, which ends at 09:20:00");
    REFUSED(RUN("explain", file, "--to", "day 1 08:59:00"), "not before its beginning");
    REFUSED(RUN("explain", file, "--from", "10m", "--to", "5m"), "--to: found 5m");
    REFUSED(RUN("explain", file, "--from", "x", "--to", "y", "--deployment", "z"),
            "--from:", "--to:", "--deployment:", "3 errors");
}

/* A request ---------------------------------------------------------------------------------- */

/* Sends at 0, 5, 12.5 and 23.75 s find nobody; the one at 40.625 s finds the replica of 40 s. */
Test(cli_explain, the_life_of_a_request_that_wakes) {
    TELLS(
        RUN("explain", write_scenario(LADDER), "--request", "29"),
        "request 29, to deployment chat: 100 prompt tokens, 2,000 output tokens",
        "09:10:00.000 +0 s send 1: 503 DEPLOYMENT_SCALING_UP: no replica serves, and the target "
        "was zero. It wakes the deployment: target 0 → 1; waits 5s = first_delay",
        "09:10:05.000 +5.00 s send 2: 503 DEPLOYMENT_SCALING_UP: no replica serves; 1 replica "
        "still "
        "boots; waits 7.5s = first_delay 5s × 1.5",
        "09:10:12.500 +12.5 s send 3:", "waits 11.25s = first_delay 5s × 1.5^2",
        "09:10:23.750 +23.8 s send 4:", "waits 16.875s = first_delay 5s × 1.5^3",
        "09:10:40.000 +40.0 s (replica 4: starts in 40.0 s",
        "09:10:40.625 +40.6 s send 5: handed to replica 4", "enters the batch of replica 4 at once",
        "09:10:40.635 +40.6 s first token: TTFT 40.6 s, of it 10.0 ms for the prompt",
        "09:11:00.625 +1m01s last token: E2E 1m01s; 1,999 more tokens in 20.0 s, 10.0 ms each, 100 "
        "a second",
        "objective TTFT 40.6 s > 1s, not met; E2E 1m01s ≤ 2m, met");
}

/* Nine requests at once on eight slots: the ninth waits for the second that the others take. */
Test(cli_explain, a_wait_in_the_queue_is_told) {
    const char *file =
        write_scenario("{'duration':'1m','deployments':{'chat':{" HARDWARE
                       ",'autoscaling':{'min_replica_count':1},'traffic':[{'type':'constant',"
                       "'rate_per_s':100,'start':'10s','stop':'10.085s','prompt_tokens':1,"
                       "'output_tokens':100}]}}}");
    TELLS(RUN("explain", file, "--request", "9"), "00:00:10.080 +0 s send 1: handed to replica 1",
          "00:00:11.000 +920 ms enters the batch of replica 1 after 920 ms in its queue",
          "last token: E2E 1.92 s");
}

Test(cli_explain, the_cap_of_waits_is_told) {
    TELLS(
        RUN("explain", write_scenario(LADDER), "--request", "29", "--set",
            "deployments.chat.client={\"preset\": \"custom\", \"cap\": \"6s\", \"max_sends\": 3}"),
        "send 2:", "waits 6s, the cap (first_delay 5s × 1.5 is not less)",
        "send 3:", "that was the last of 3 sends (max_sends): given up", "objective not met");
}

Test(cli_explain, jitter_is_told) {
    TELLS(RUN("explain", write_scenario(LADDER), "--request", "29", "--set",
              "deployments.chat.client={\"preset\": \"custom\", \"jitter\": \"full\"}"),
          "% (full jitter) of 5s = first_delay");
}

#define REFUSING                                                                                   \
    "{'duration':'1m','deployments':{'chat':{" HARDWARE                                            \
    ",'max_concurrency_per_replica':1,'autoscaling':{'min_replica_count':1},'traffic':["           \
    "{'type':'constant','rate_per_s':1e-9,'start':'10s','prompt_tokens':1,'output_tokens':100},"   \
    "{'type':'constant','rate_per_s':1e-9,'start':'10.5s','prompt_tokens':1,'output_tokens':1},"   \
    "{'type':'constant','rate_per_s':1e-9,'start':'20s','prompt_tokens':99999,"                    \
    "'output_tokens':2}]}}}"

Test(cli_explain, other_refusals_are_told) {
    const char *file = write_scenario(REFUSING);
    TELLS(RUN("explain", file, "--request", "2"),
          "429: every serving replica holds 1 request already "
          "(max_concurrency_per_replica); its client does not send again after such an answer "
          "(retry_on): rejected");
    TELLS(RUN("explain", file, "--request", "3"),
          "400: 100,001 prompt + output tokens can never fit into the KV cache of 100,000");
}

Test(cli_explain, a_parked_deployment_is_told) {
    TELLS(RUN("explain", write_scenario(REFUSING), "--request", "1", "--max-replica-count", "0",
              "--min-replica-count", "0"),
          "503 DEPLOYMENT_SCALING_UP: no replica serves, and nothing wakes the deployment: it is "
          "parked");
}

Test(cli_explain, a_client_s_timeout_is_told) {
    TELLS(RUN("explain", write_scenario(LADDER), "--request", "1", "--set",
              "deployments.chat.client={\"preset\": \"python\", \"timeout\": \"2s\"}"),
          "+2.00 s its client's timeout of 2s has passed: abandoned");
}

Test(cli_explain, a_request_that_is_cut_is_told) {
    TELLS(RUN("explain", write_scenario(LADDER), "--request", "1", "--set", "duration=70s", "--set",
              "drain=false"),
          "end the run ends while it is still in the batch: cut");
}

Test(cli_explain, requests_that_there_are_not) {
    const char *file = write_scenario(LADDER);
    REFUSED(RUN("explain", file, "--request", "30"),
            "--request: found 30, expected 1 to 29: the run had 29 requests");
    REFUSED(RUN("explain", file, "--request", "0"), "--request: found 0");
    REFUSED(RUN("explain", file, "--request", "-1"), "--request: found -1");
    REFUSED(RUN("explain", file, "--request", "7x"), "--request: found 7x");
    REFUSED(RUN("explain", file, "--request", "1", "--why-not", "5m", "--from", "1m"),
            "--request: found --why-not beside it", "--request: found --from beside it",
            "--why-not: found --from beside it");
}

/* Why not ------------------------------------------------------------------------------------ */

Test(cli_explain, why_not_within_the_scale_up_window) {
    TELLS(
        RUN("explain", write_scenario(LADDER), "--why-not", "09:01:22"), "chat at 09:01:22",
        "evaluated at 09:01:20: target 1; 1 serving, 0 booting, 0 draining; 4 requests held",
        "measured requests held 4 ÷ target 1 = 4",
        "asked for 3, within min 0 and max 3; the target is 1",
        "held by scale_up_window (30s): the load has asked for more than the target since "
        "09:01:10, 10.0 s so far",
        "the least that was asked for in the last 30s, which is still 0: it has to go on so until "
        "09:01:40",
        "then at 09:01:40 scale up 1 → 2");
}

Test(cli_explain, why_not_under_the_other_rules) {
    TELLS(
        RUN("explain", write_scenario(LADDER), "--why-not", "09:01:22", "--set",
            "deployments.chat.autoscaling.window_rule=sustain"),
        "Under the rule sustain a timer runs as long as every evaluation asks for it: it has to go "
        "on so until 09:01:40");
    TELLS(RUN("explain", write_scenario(LADDER), "--why-not", "09:01:22", "--set",
              "deployments.chat.autoscaling.window_rule=delay"),
          "the load first asked for more than the target at 09:01:10, 10.0 s so far. Under the "
          "rule delay the timer that began then, and that no dip stops, runs out at 09:01:40");
}

Test(cli_explain, why_not_within_the_scale_down_window) {
    TELLS(RUN("explain", write_scenario(LADDER), "--why-not", "4m"),
          "evaluated at 09:04:00: target 3",
          "held by scale_down_window (1m): the load has asked for less than the target since "
          "09:03:30, 30.0 s so far",
          "the most that was asked for in the last 1m, which is still 3: it has to go on so until "
          "09:04:30",
          "then at 09:04:30 scale down 3 → 2");
}

Test(cli_explain, why_not_more_than_max) {
    TELLS(RUN("explain", write_scenario(LADDER), "--why-not", "2m"),
          "the load asks for 4, but max_replica_count is 3: the target goes no higher",
          "Of the target, 2 still boot: booting replicas count already",
          "booting (initializing then) replica 2: starts in 40.0 s", "booting", "replica 3");
}

Test(cli_explain, why_not_less_than_min) {
    TELLS(RUN("explain", write_scenario(LADDER), "--min-replica-count", "1", "--why-not", "10s"),
          "asked for 1, within min 1 and max 3",
          "the load asks for 0, but min_replica_count is 1: the target goes no lower");
}

Test(cli_explain, why_not_just_on_target) {
    TELLS(RUN("explain", write_scenario(LADDER), "--why-not", "65s"), "measured requests held 1 ÷",
          "the load asks for just the target, 1");
}

Test(cli_explain, why_not_while_it_idles) {
    TELLS(RUN("explain", write_scenario(LADDER), "--why-not", "6m"),
          "held by scale_to_zero_window (5m): idle since 09:03:35, 2m25s so far. If no request "
          "comes, it scales to zero at the first evaluation from 09:08:35 on",
          "then at 09:08:35 scale to zero 1 → 0");
    TELLS(RUN("explain", write_scenario(LADDER), "--why-not", "30s"),
          "that wait was over at 09:01:00 without a change (hold_on_target); at 09:01:40 scale up");
}

Test(cli_explain, why_not_at_zero_or_booting) {
    TELLS(RUN("explain", write_scenario(LADDER), "--why-not", "09:09:00"),
          "at zero, and nobody asks: only a request wakes the deployment",
          "then at 09:10:00 woken 0 → 1 by request 29");
    TELLS(RUN("explain", write_scenario(LADDER), "--why-not", "09:10:30"), "0 serving, 1 booting",
          "no replica serves yet, so nothing is known of the load");
}

Test(cli_explain, why_not_when_it_did) {
    TELLS(RUN("explain", write_scenario(LADDER), "--why-not", "09:01:40"),
          "happened at 09:01:40 scale up 1 → 2", "replica 2: starts in 40.0 s",
          "then at 09:01:45 scale up 2 → 3");
    TELLS(RUN("explain", write_scenario(LADDER), "--why-not", "09:10:00"),
          "happened at 09:10:00 woken 0 → 1 by request 29");
}

Test(cli_explain, why_not_before_the_first_evaluation_and_parked) {
    TELLS(RUN("explain", write_scenario(LADDER), "--why-not", "1s"), "no evaluation yet");
    TELLS(RUN("explain", write_scenario(LADDER), "--why-not", "1m", "--max-replica-count", "0",
              "--set", "deployments.chat.initial_replica_count=0"),
          "parked: max_replica_count is 0");
}

Test(cli_explain, why_not_for_the_quota) {
    TELLS(RUN("explain", write_scenario(QUOTA), "--why-not", "4m", "--deployment", "chat"),
          "quota 2 of the target are not asked for: quota_gpus of H100 is 4, and a replica takes 1",
          "then at 00:05:05 the quota has room again");
}

Test(cli_explain, why_not_deleted) {
    TELLS(RUN("explain", "scenarios/auto-delete.json", "--why-not", "day 9 00:00:00",
              "--deployment", "forgotten"),
          "happened at day 8 00:59:38 deleted: no request since 00:59:38, for 7d",
          "a deleted deployment is not evaluated any more");
}

Test(cli_explain, why_not_after_the_end) {
    REFUSED(RUN("explain", write_scenario(LADDER), "--why-not", "21m"), "--why-not: found 21m",
            "within the run, which ends at 09:20:00");
}

/* Directories -------------------------------------------------------------------------------- */

static char *run_of(const char *scenario) {
    char *out = scratch_path(scratch, "out");
    expect_done(RUN("run", scenario, "--quiet", "--out", out));
    return out;
}

Test(cli_explain, a_directory_tells_the_same_as_its_scenario) {
    const char *file = write_scenario(LADDER);
    char *out = run_of(file);
    ProgramResult of_file = RUN("explain", file), of_directory = RUN("explain", out);
    cr_assert_str_eq(of_file.output, of_directory.output);
    expect_done(of_file);
    expect_done(of_directory);
    free(out);
}

#define TRACE_ROWS "arrived_at,num_prefill_tokens,num_decode_tokens\n1.0,100,10\n2.0,100,10\n"
#define TRACED                                                                                     \
    "{'duration':'10m','deployments':{'chat':{" HARDWARE                                           \
    ",'autoscaling':{'min_replica_count':1},'traffic':{'type':'trace','file':'trace.csv'}}}}"

Test(cli_explain, a_changed_trace_is_refused) {
    char *trace = scratch_text(scratch, "trace.csv", TRACE_ROWS);
    char *out = run_of(write_scenario(TRACED));
    TELLS(RUN("explain", out), "2 requests, 2 completed");
    free(scratch_text(scratch, "trace.csv", TRACE_ROWS "3.0,100,10\n"));
    REFUSED(RUN("explain", out), "trace.csv: found a file that has changed", "SHA-256",
            "manifest.json");
    remove(trace);
    REFUSED(RUN("explain", out), "trace.csv: found no file that can be read");
    free(scratch_text(scratch, "trace.csv", TRACE_ROWS));
    TELLS(RUN("explain", out), "2 requests, 2 completed");
    free(trace);
    free(out);
}

/* What was run is in scenario.json: the file that it came from may change. */
Test(cli_explain, a_changed_scenario_file_does_not_matter) {
    char *out = run_of(write_scenario(LADDER));
    write_scenario(QUOTA);
    TELLS(RUN("explain", out), "ladder, told in order", "29 requests");
    free(out);
}

Test(cli_explain, another_version_is_noted) {
    char *out = run_of(write_scenario(LADDER));
    char *manifest = folder_file_bytes(out, "manifest.json", NULL);
    char *version = strstr(manifest, "\"version\": \"");
    cr_assert_not_null(version);
    version[strlen("\"version\": \"")] = '9';
    char *path = scratch_path(out, "manifest.json");
    FILE *file = fopen(path, "w");
    fputs(manifest, file);
    fclose(file);
    ProgramResult result = RUN("explain", out);
    cr_assert_eq(result.status, 0);
    cr_assert_not_null(strstr(result.errors, "was written by autoscale-sim 9"), "%s",
                       result.errors);
    cr_assert_not_null(strstr(result.output, "told in order"));
    program_clear(&result);
    free(path);
    free(manifest);
    free(out);
}

Test(cli_explain, options_that_change_a_run_do_not_go_with_a_directory) {
    char *out = run_of(write_scenario(LADDER));
    REFUSED(RUN("explain", out, "--seed", "3", "--scale-up-window", "5s", "--from", "1m"),
            "--seed: found the directory", "--scale-up-window: found the directory", "2 errors");
    free(out);
}

Test(cli_explain, a_comparison_names_its_runs) {
    const char *file = write_scenario(LADDER);
    char *out = scratch_path(scratch, "out");
    char *fast = scratch_path(out, "performance"), *cheap = scratch_path(out, "cost-optimization");
    expect_done(RUN("compare", file, "--preset", "performance", "--preset", "cost-optimization",
                    "--quiet", "--out", out));
    REFUSED(RUN("explain", out),
            "found the output of compare, expected the folder of one run:", fast, cheap);
    TELLS(RUN("explain", fast), "ladder, told in order");
    free(cheap);
    free(fast);
    free(out);
}

Test(cli_explain, other_directories_are_refused) {
    REFUSED(RUN("explain", scratch), "found no run in it",
            "`autoscale-sim run SCENARIO --out DIR`");
    free(scratch_text(scratch, "sweep.json", "{}"));
    REFUSED(RUN("explain", scratch), "found the output of sweep");
    REFUSED(RUN("explain", "no-such-place"), "no-such-place");
}

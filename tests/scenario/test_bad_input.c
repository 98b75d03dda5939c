// SPDX-License-Identifier: GPL-3.0-or-later
/* What a user may get wrong in a scenario, and what he is told: place, found, expected, spelling.
 */
#include "base/json.h"
#include "scenario/reading.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void expect_told(const char *json, const char *told) {
    char *mistakes = reading_mistakes(json, NULL);
    cr_expect(strstr(mistakes, told) != NULL, "%s\nexpected to be told: %s\nbut was told: %s", json,
              told, mistakes);
    free(mistakes);
}

typedef struct Case {
    const char *json;
    const char *told;
} Case;

static void expect_all(const Case cases[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        expect_told(cases[i].json, cases[i].told);
    }
}

#define VANISHING(members)                                                                         \
    "{\"duration\": \"1h\", \"deployments\": {\"d\": {\"model\": \"llama-v3p1-8b-instruct\", "     \
    "\"traffic\": {\"type\": \"poisson\", \"rate_per_s\": 1}, " members "}}}"

Test(bad_input, replicas_that_vanish) {
    static const Case cases[] = {
        {VANISHING("\"preemptible\": {}"),
         "deployments.d.preemptible.gaps: found nothing, expected how often a replica is lost"},
        {VANISHING("\"preemptible\": true"), "deployments.d.preemptible: found true, expected"},
        {VANISHING("\"preemptible\": {\"gaps\": \"1h\", \"file\": \"x.csv\"}"),
         "deployments.d.preemptible.file"},
        {VANISHING("\"preemptible\": {\"gaps\": \"10ms\"}"), "found \"10ms\", expected"},
        {VANISHING("\"preemptible\": {\"gaps\": \"1h\", \"price_share\": 1.5}"),
         "deployments.d.preemptible.price_share: found 1.5"},
        {VANISHING("\"preemptible\": {\"gap\": \"1h\"}"), "did you mean \"gaps\"?"},
        {VANISHING("\"failures\": {\"time_to_repair\": \"1h\"}"),
         "deployments.d.failures.time_to_failure: found nothing, expected how long"},
        {VANISHING("\"failures\": {\"distribution\": \"exponential\", \"mean\": \"100ms\"}"),
         "deployments.d.failures: found a distribution of mean 0.1 s"},
        {VANISHING("\"client\": {\"retry_broken\": 1}"),
         "deployments.d.client.retry_broken: found 1, expected true or false"},
        {"{\"duration\": \"1h\", \"pools\": {\"H100\": {\"reserved_gpus\": 2}}, \"deployments\": "
         "{\"d\": "
         "{\"model\": \"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\", \"preemptible\": "
         "\"1h\", "
         "\"traffic\": {\"type\": \"poisson\", \"rate_per_s\": 1, \"lengths\": \"azure-code\"}}}}",
         "pools.H100.reserved_gpus: found a reservation that no deployment takes"},
        {"{\"duration\": \"1h\", \"pools\": {\"H100\": {\"reserved_gpus\": 2, \"on_demand_gpus\": "
         "1}}, "
         "\"deployments\": {\"d\": {\"model\": \"llama-v3p1-8b-instruct\", \"accelerator\": "
         "\"H100\", "
         "\"preemptible\": \"1h\", \"initial_replica_count\": 2, \"autoscaling\": "
         "{\"max_replica_count\": 2}, "
         "\"traffic\": {\"type\": \"poisson\", \"rate_per_s\": 1, \"lengths\": \"azure-code\"}}}}",
         "deployments.d.initial_replica_count: found 2 warm preemptible replicas"},
    };
    expect_all(cases, sizeof cases / sizeof cases[0]);
}

Test(bad_input, grammar) {
    static const Case cases[] = {
        {"", "day.json:1:1: found the end of the text, expected a JSON object"},
        {" \n // nothing\n", "day.json:3:1: found the end of the text"},
        {"{", "day.json:1:2: found the end of the text, expected a key"},
        {"{\"seed\": 1", "day.json:1:11: found the end of the text, expected a comma or }"},
        {"{\"seed\":\n 1\n \"name\": 2}", "day.json:3:2: found \"name\", expected a comma or }"},
        {"{\"seed\": NaN}", "day.json:1:10: seed: found \"NaN\", expected a value"},
        {"{\"seed\": Infinity}", "seed: found \"Infinity\""},
        {"{\"seed\": 01}", "seed: found \"01\", expected a number"},
        {"{\"seed\": 1.}", "seed: found \"1.\", expected a number"},
        {"{\"seed\": +1}", "seed: found \"+\""},
        {"{\"seed\": 1,}", "day.json:1:12: found \"}\", expected no comma before it"},
        {"{\"seed\" 1}", "day.json:1:9: seed: found \"1\", expected a colon"},
        {"{seed: 1}", "day.json:1:2: found \"seed\", expected a key in double quotes"},
        {"{'seed': 1}", "day.json:1:2: found \"'\""},
        {"{\"seed\": 1} {", "day.json:1:13: found \"{\", expected nothing after the end"},
        {"{\"name\": \"a\nb\"}", "day.json:1:10: name: found a text without end"},
        {"{\"name\": \"a", "day.json:1:10: name: found a text without end"},
        {"{\"name\": \"\\x\"}", "name: found the escape \"\\x\""},
        {"{\"name\": \"\\u0000\"}", "name: found the escape \"\\u0000\""},
        {"{\"name\": \"\\ud800\"}", "name: found the escape \"\\ud800\""},
        {"{\"name\": \"\xff\"}",
         "day.json:1:11: name: found the byte 0xff, expected text in UTF-8"},
        {"{\"name\": \"\t\"}", "found the byte 0x09"},
        {"{ /* for ever", "day.json:1:3: found a comment without end"},
        {"[1]", "day.json:1: found an array, expected a scenario"},
        {"\x1f\x8b\x08", "day.json:1:1: found \"\\x1f"},
    };
    expect_all(cases, sizeof cases / sizeof cases[0]);
}

Test(bad_input, nesting_has_a_limit) {
    char deep[2 * 100000 + 1];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    expect_told(deep, "expected at most 64 arrays and objects");
}

Test(bad_input, nul_bytes) {
    static const char text[] = "{\"na\0me\": 1}";
    ErrorList errors = {0};
    JsonTree tree;
    cr_assert_not(json_parse(&tree, text, sizeof text - 1, "day.json", &errors));
    cr_expect_str_eq(errors.items[0].found, "the byte 0x00");
    error_list_clear(&errors);
}

Test(bad_input, numbers_beyond_a_double) {
    expect_told("{\n\"warmup\": 0,\n \"seed\": 1e400}", "day.json:3:10: seed: found \"1e400\"");
    expect_told("{\"seed\": -1e999}", "seed: found \"-1e999\"");
}

Test(bad_input, a_key_twice) {
    expect_told("{\n\"seed\": 1,\n\"name\": \"x\",\n\"seed\": 2}",
                "day.json:4: seed: found the same key again, expected each key once: the first is "
                "on line 2");
    expect_told("{\"deployments\": {\"a\": {},\n \"a\": {}}}",
                "day.json:2: deployments.a: found the same key again");
}

Test(bad_input, values) {
    static const Case cases[] = {
        {"{\"duraton\": \"1h\"}", "duraton: found an unknown key; did you mean \"duration\"?"},
        {"{\"qwertyuiop\": 1}", "qwertyuiop: found an unknown key, expected one of name"},
        {"{\"seed\": -3}", "seed: found -3, expected a whole number from 0"},
        {"{\"seed\": 1.5}", "seed: found 1.5, expected a whole number"},
        {"{\"seed\": \"1\"}", "seed: found \"1\", expected a whole number"},
        {"{\"seed\": [1]}", "seed: found an array, expected a whole number"},
        {"{\"name\": 5}", "name: found 5, expected a text"},
        {"{\"drain\": \"yes\"}", "drain: found \"yes\", expected true or false"},
        {"{\"interval\": \"500ms\"}", "interval: found \"500ms\""},
        {"{\"duration\": 30}", "duration: found 30, expected a duration such as 30s"},
        {"{\"duration\": \"0s\"}", "duration: found \"0s\""},
        {"{\"start\": \"yesterday\"}", "start: found \"yesterday\", expected an instant"},
        {"{\"slo\": {\"ttft\": \"2 sec\"}}", "slo.ttft: found \"2 sec\", expected a duration"},
        {"{\"slo\": 5}", "slo: found 5, expected an object"},
        {"{\"slo\": {\"tpt\": \"2s\"}}", "slo.tpt: found an unknown key; did you mean \"tpot\"?"},
        {"{\"warmup\": \"2h\", \"duration\": \"1h\"}",
         "warmup: found 2h, expected a duration shorter than the scenario's"},
        {"{\"deployments\": {}}", "deployments: found 0 deployments"},
        {"{\"deployments\": 1}", "deployments: found 1, expected an object"},
        {"{\"deployments\": {\"my chat\": {}}}", "found the name \"my chat\", expected 1 to 64"},
        {"{\"deployments\": {\"chat\": 5}}", "deployments.chat: found 5, expected an object"},
        {"{\"deployments\": {\"chat\": {}}}", "deployments.chat.traffic: found nothing"},
        {"{\"pools\": {\"H100\": {\"reserved_gpus\": -1}}}", "pools.H100.reserved_gpus: found -1"},
        {"{\"pools\": {\"H100\": {}, \"NVIDIA_H100_80GB\": {}}}", "found a second pool of H100"},
        {"{\"pools\": {\"H100\": {\"on_demand_available\": \"1h\"}}}",
         "pools.H100.on_demand_available: found on_demand_available without on_demand_stocked_out"},
        {"{\"min_replica_count\": 3}",
         "min_replica_count: found an option of autoscaling, autoscaling of policy foresight; it "
         "does not belong here"},
    };
    expect_all(cases, sizeof cases / sizeof cases[0]);
}

/* Members of the deployment "chat", beside those of the base that are not in question. */
static void expect_deployment_told(const char *members, const char *told) {
    char *json =
        memory_format("{\"duration\": \"1h\",\n\"deployments\": {\n\"chat\": {\n%s}}}", members);
    expect_told(json, told);
    free(json);
}

Test(bad_input, deployments) {
    static const Case cases[] = {
        {"\"model\": \"lama-v3p1-8b-instruct\"",
         "day.json:4: deployments.chat.model: found \"lama-v3p1-8b-instruct\""},
        {"\"accelerator_count\": 0", "chat.accelerator_count: found 0"},
        {"\"load_balancer\": \"least_outstandin\"", "did you mean \"least_outstanding\"?"},
        {"\"load_balancer\": \"session\", \"imbalance\": 3, \"traffic\": {\"type\": \"constant\", "
         "\"rate_per_s\": 1, \"prompt_tokens\": 1, \"output_tokens\": 1}",
         "chat.imbalance: found load_balancer session, expected load_balancer cache_aware beside "
         "it"},
        {"\"policy\": \"firework\"", "chat.policy: found \"firework\", expected one of fireworks"},
        {"\"autoscaling\": {\"scale_up\": \"1s\"}",
         "autoscaling.scale_up: found an unknown key; did you mean \"scale_up_window\"?"},
        {"\"autoscaling\": {\"scale_to_zero_window\": \"4m\"}",
         "autoscaling.scale_to_zero_window: found \"4m\", expected a duration such as"},
        {"\"autoscaling\": {\"scale_up_window\": \"2h\"}", "scale_up_window: found \"2h\""},
        {"\"autoscaling\": {\"min_replica_count\": 5,\n\"max_replica_count\": 4}",
         "day.json:5: deployments.chat.autoscaling.max_replica_count: found 4, expected at least "
         "min_replica_count, 5"},
        {"\"autoscaling\": {\"load_targets\": {\"default\": 1.5}}",
         "load_targets.default: found 1.5, expected a number above 0 and at most 1"},
        {"\"autoscaling\": {\"load_targets\": {\"concurent_requests\": 1}}",
         "did you mean \"concurrent_requests\"?"},
        {"\"autoscaling\": {\"load_targets\": \"default\"}", "expected key=value"},
        {"\"autoscaling\": {\"window_rule\": \"sustained\"}", "did you mean \"sustain\"?"},
        {"\"initial_replica_count\": 2", "expected at most max_replica_count, 1"},
        {"\"client\": \"pyton\"", "chat.client: found \"pyton\""},
        {"\"client\": {\"retry_on\": [418]}", "client.retry_on.0: found 418"},
        {"\"client\": {\"max_sends\": 0}", "client.max_sends: found 0"},
        {"\"client\": {\"cv\": 1}", "client.cv: found an option of cold_start"},
        {"\"cold_start\": \"fast\"", "chat.cold_start: found \"fast\", expected a duration"},
        {"\"cold_start\": {\"cv\": -1}", "cold_start.cv: found -1"},
        {"\"cold_start\": {\"routing_lag\": {\"distribution\": \"gama\"}}",
         "routing_lag.distribution: found \"gama\""},
        {"\"cold_start\": {\"routing_lag\": {\"distribution\": \"gamma\", \"mean\": \"1s\"}}",
         "routing_lag.cv: found nothing"},
        {"\"cold_start\": {\"routing_lag\": {\"distribution\": \"fixed\", \"value\": \"1s\", "
         "\"cv\": 1}}",
         "routing_lag.cv: found a parameter of lognormal, gamma, expected value, of fixed"},
        {"\"profile\": {\"c0\": 5}", "profile.c0: found an unknown key; did you mean \"c0_ms\"?"},
        {"\"traffic\": []", "chat.traffic: found 0 sources"},
        {"\"traffic\": 5", "chat.traffic: found 5"},
        {"\"traffic\": {\"type\": \"poison\"}", "did you mean \"poisson\"?"},
        {"\"traffic\": {\"rate_per_s\": 1}", "traffic.type: found nothing, expected one of"},
        {"\"traffic\": {\"type\": \"poisson\", \"rate_per_s\": 1, \"on_bad_row\": \"skip\"}",
         "traffic.on_bad_row: found an option of traffic of type trace"},
        {"\"traffic\": {\"type\": \"poisson\", \"rate_per_s\": 1, \"prompt_tokens\": -5}",
         "traffic.prompt_tokens: found -5, expected a number of tokens"},
        {"\"traffic\": {\"type\": \"poisson\", \"prompt_tokens\": {\"distribution\": "
         "\"quantiles\", "
         "\"table\": [[0, 1], [0.5]]}}",
         "traffic.prompt_tokens.table.1: found an array, expected a pair"},
        {"\"traffic\": {\"type\": \"poisson\", \"prompt_tokens\": {\"distribution\": "
         "\"quantiles\", "
         "\"table\": [[0, 1], [0.5, 2]]}}",
         "probabilities must begin at 0 and end at 1"},
        {"\"traffic\": {\"type\": \"piecewise\", \"points\": [[\"1h\", 1], [\"30m\", 1]]}",
         "traffic.points.1.0: found \"30m\", expected a time not before the last one"},
        {"\"model\": \"mine\", \"profile\": {\"c0_ms\": 1, \"c_prefill_ms\": 1, \"c_decode_ms\": "
         "1}",
         "profile.kv_capacity_tokens: found nothing"},
        {"\"model\": \"mine\", \"profile\": {\"c0_ms\": 1, \"c_prefill_ms\": 1, \"c_decode_ms\": "
         "1, "
         "\"kv_capacity_tokens\": 1000}",
         "chat.weights_gb: found nothing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_deployment_told(cases[i].json, cases[i].told);
    }
}

Test(bad_input, endless_traffic_needs_a_duration) {
    char *json = memory_text(reading_base);
    memcpy(strstr(json, "\"duration\": \"1h\""), "\"seed\"    :   5 ", 16);
    expect_told(json, "day.json:1: duration: found nothing, expected a duration such as 24h");
    free(json);
}

Test(bad_input, replicas_that_do_not_fit_into_the_pool) {
    expect_told("{\"duration\": \"1h\", \"pools\": {\"H100\": {\"on_demand_gpus\": 3}},\n"
                "\"deployments\": {\"a\": {\"model\": \"llama-v3p1-8b-instruct\",\n"
                "\"initial_replica_count\": 4, \"autoscaling\": {\"max_replica_count\": 9},\n"
                "\"traffic\": {\"type\": \"poisson\", \"rate_per_s\": 1, \"prompt_tokens\": 1, "
                "\"output_tokens\": 1}}}}",
                "day.json:3: deployments.a.initial_replica_count: found 4 warm replicas");
}

Test(bad_input, all_mistakes_at_once_in_the_order_of_the_file) {
    char *mistakes = reading_mistakes("{\n"
                                      "\"seed\": -1,\n"
                                      "\"drain\": 5,\n"
                                      "\"duration\": \"1h\",\n"
                                      "\"deployments\": {\"chat\": {\n"
                                      "  \"model\": \"nope\",\n"
                                      "  \"client\": \"nope\",\n"
                                      "  \"traffic\": {\"type\": \"nope\"}\n"
                                      "}}}",
                                      NULL);
    const char *const told[] = {
        "day.json:2: seed", "day.json:3: drain", "day.json:6: deployments.chat.model",
        "day.json:7: deployments.chat.client", "day.json:8: deployments.chat.traffic.type"};
    const char *from = mistakes;
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        from = strstr(from, told[i]);
        cr_assert(from != NULL, "%s is not told in its place:\n%s", told[i], mistakes);
    }
    free(mistakes);
}

Test(bad_input, a_refused_value_is_not_told_to_be_missing_as_well) {
    char *mistakes = reading_mistakes(
        "{\"duration\": \"1h\", \"deployments\": {\"chat\": {\"model\": "
        "\"llama-v3p1-8b-instruct\", \"traffic\": {\"type\": \"poisson\", \"rate_per_s\": \"2\", "
        "\"prompt_tokens\": 1, \"output_tokens\": 1}}}}",
        NULL);
    cr_expect_str_eq(mistakes, "day.json:1: deployments.chat.traffic.rate_per_s: found \"2\", "
                               "expected a number above 0 and at most 10000000\n");
    free(mistakes);
}

Test(bad_input, a_flood_of_mistakes_is_cut) {
    char *text = memory_new(64 * 2000 + 100, 1);
    char *end = text + sprintf(text, "{\"deployments\": {\"a\": {\"x\": 1");
    for (int i = 0; i < 2000; i++) {
        end += sprintf(end, ",\n\"unknown_%d\": 1", i);
    }
    strcpy(end, "}}}");
    char *mistakes = reading_mistakes(text, NULL);
    cr_expect(strstr(mistakes, "unknown_18") != NULL && strstr(mistakes, "unknown_19") == NULL);
    free(mistakes);
    free(text);
}

/* Files -------------------------------------------------------------------------------------- */

static void expect_file_told(const char *path, const char *told) {
    ErrorList errors = {0};
    Scenario *scenario = scenario_read_file(path, NULL, 0, &errors);
    cr_assert(scenario == NULL);
    cr_assert(errors.count > 0);
    char *text = error_text(&errors.items[0]);
    cr_expect(strstr(text, told) != NULL, "%s: %s", path, text);
    free(text);
    error_list_clear(&errors);
}

Test(bad_input, files_that_cannot_be_read) {
    expect_file_told("/nonexistent/day.json", "/nonexistent/day.json: found No such file");
    expect_file_told("/tmp", "/tmp: found Is a directory, expected a file that can be read");
}

Test(bad_input, an_endless_file_is_too_big) {
    expect_file_told("/dev/zero", "found more than 64 MiB");
}

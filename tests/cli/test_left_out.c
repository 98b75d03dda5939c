// SPDX-License-Identifier: GPL-3.0-or-later
/* What may be left out of a scenario is left out, option by option of every table, and the rest is
 * given to every command: each says what is missing or does its work, and none dies of it. */
#include "base/memory.h"
#include "cli/cli_checks.h"
#include "scenario/scenario_options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values of the options that have no default, by the last part of their section's path. */
static const struct {
    const char *section, *option, *json;
} values[] = {
    {"", "name", "'left out'"},
    {"", "question", "'who needs it?'"},
    {"", "duration", "'4m'"},
    {"slo", "ttft", "'2s'"},
    {"slo", "tpot", "'50ms'"},
    {"slo", "e2e", "'20s'"},
    {"ACCELERATOR", "on_demand_gpus", "8"},
    {"ACCELERATOR", "on_demand_available", "'3m'"},
    {"ACCELERATOR", "on_demand_stocked_out", "'10s'"},
    {"ACCELERATOR", "on_demand_file", "'gpus.csv'"},
    {"ACCELERATOR", "quota_gpus", "6"},
    {"ACCELERATOR", "usd_per_gpu_hour", "5"},
    {"ACCELERATOR", "reserved_usd_per_gpu_hour", "3"},
    {"NAME", "model", "'ours'"},
    {"NAME", "accelerator", "'H100'"},
    {"NAME", "accelerator_count", "1"},
    {"NAME", "precision", "'bf16'"},
    {"NAME", "weights_gb", "16"},
    {"NAME", "parameters_b", "8"},
    {"NAME", "profile_source", "'measured'"},
    {"NAME", "initial_replica_count", "1"},
    {"NAME", "usd_per_gpu_hour", "4"},
    {"serverless_price", "input_usd_per_million_tokens", "0.2"},
    {"serverless_price", "output_usd_per_million_tokens", "0.8"},
    {"profile", "c0_ms", "6.67"},
    {"profile", "c_prefill_ms", "0.0222"},
    {"profile", "c_decode_ms", "0.0235"},
    {"profile", "kv_capacity_tokens", "421011"},
    {"profile_range", "decoding_least", "1"},
    {"profile_range", "decoding_most", "64"},
    {"profile_range", "kv_tokens_most", "90000"},
    {"profile_range", "prompt_tokens_most", "8192"},
    {"cold_start", "total", "'5s'"},
    {"cold_start", "downloading_model", "'2s'"},
    {"cold_start", "initializing", "'3s'"},
    {"preemptible", "gaps", "'1m'"},
    {"preemptible", "file", "'losses.csv'"},
    {"failures", "time_to_failure", "'1m'"},
    {"client", "cap", "'10s'"},
    {"client", "retry_on", "[429, 503]"},
    {"client", "timeout", "'30s'"},
    {"NAME", "at_zero", "'hold'"},
    {"NAME", "imbalance", "8"},
    {"autoscaling", "max_replica_count", "4"},
    {"autoscaling", "scaling_schedules",
     "[{'min_replica_count': 1, 'schedule': '0 8 * * *', 'duration': '1h', 'timezone': 'UTC'}]"},
    {"load_targets", "default", "0.5"},
    {"load_targets", "tokens_generated_per_second", "200"},
    {"load_targets", "prompt_tokens_per_second", "2000"},
    {"load_targets", "requests_per_second", "0.4"},
    {"load_targets", "concurrent_requests", "0.05"},
    {"traffic", "stop", "'3m'"},
    {"traffic", "prompt_tokens", "100"},
    {"traffic", "output_tokens", "20"},
    {"traffic", "lengths", "'azure-code'"},
    {"traffic", "rate_per_s", "1"},
    {"", "start", "'2026-11-16T00:00:00Z'"},
    {"traffic", "on", "'20s'"},
    {"traffic", "off", "'20s'"},
    {"traffic", "on_rate_per_s", "2"},
    {"traffic", "mean_rate_per_s", "1"},
    {"traffic", "amplitudes", "[0.5]"},
    {"traffic", "peak_hours", "[3]"},
    {"traffic", "hourly_rates", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"},
    {"traffic", "points", "[['0s', 1], ['2m', 2]]"},
    {"traffic", "rates_per_s", "[1, 2]"},
    {"traffic", "mean_durations_s", "[10, 20]"},
    {"traffic", "from_rate_per_s", "1"},
    {"traffic", "to_rate_per_s", "2"},
    {"traffic", "over", "'1m'"},
    {"traffic", "base_rate_per_s", "1"},
    {"traffic", "peak_rate_per_s", "3"},
    {"traffic", "users", "3"},
    {"traffic", "think_time", "'2s'"},
    {"traffic", "file", "'trace.csv'"},
    {"traffic", "reorder_window", "'1s'"},
    {"traffic", "to", "'3m'"},
    {"traffic", "repeat_every", "'5m'"},
    {"traffic", "origin", "'0'"},
    {"traffic", "time_column", "'t'"},
    {"traffic", "prompt_column", "'p'"},
    {"traffic", "output_column", "'o'"},
    {"traffic", "cached_column", "'o'"},
    {"traffic", "session_column", "'p'"},
    {"traffic", "hash_column", "'h'"},
    {"traffic", "hash_block_tokens", "16"},
    {"traffic", "turns", "3"},
    {"traffic", "new_tokens", "50"},
    {"traffic", "context_tokens", "4000"},
    {"traffic", "bin", "'1m'"},
    {"traffic", "values", "'count'"},
    {"traffic", "filter", "'p=100'"},
    {"traffic", "clocks", "'each'"},
    {"traffic", "value_column", "'p'"},
    {"traffic", "time_unit", "'s'"},
    {"traffic", "time_is", "'start'"},
    {"traffic", "duration_column", "'o'"},
    {"traffic", "duration_unit", "'ms'"},
    {"traffic", "bin_label", "'end'"},
    {"traffic", "gaps", "'hold'"},
    {"traffic", "spread", "'even'"},
    {"traffic", "rate_scale_jitter", "'5s'"},
};

/* Of two that exclude each other, the one that is not in the scenario before one is left out. */
static const char *const beside[][2] = {
    {"ACCELERATOR", "on_demand_file"},
    {"ACCELERATOR", "reserved_usd_per_gpu_hour"},
    {"cold_start", "total"},
    {"preemptible", "file"},
    {"traffic", "lengths"},
    {"traffic", "hourly_rates"},
    {"traffic", "bin"},
    {"traffic", "values"},
    {"traffic", "origin"},
    {"traffic", "prompt_column"},
    {"traffic", "output_column"},
    {"traffic", "duration_column"},
    {"traffic", "duration_unit"},
    {"traffic", "bin_label"},
    {"traffic", "gaps"},
    {"traffic", "spread"},
    {"traffic", "repeat_every"},
    {"traffic", "rate_scale_jitter"},
    {"traffic", "clocks"},
    {"traffic", "value_column"},
    {"traffic", "hash_column"},
    {"traffic", "hash_block_tokens"},
};

static bool is_beside(const char *section, const char *option) {
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        if (strcmp(beside[i][0], section) == 0 && strcmp(beside[i][1], option) == 0) {
            return true;
        }
    }
    return false;
}

static cJSON *value_of(const char *section, const char *option, const char *kind) {
    if (strcmp(section, "traffic") == 0 && strcmp(kind, "preset") == 0 &&
        strcmp(option, "name") == 0) {
        return cJSON_CreateString("burstgpt-campus");
    }
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (strcmp(values[i].section, section) == 0 && strcmp(values[i].option, option) == 0) {
            char *text = memory_text(values[i].json);
            for (char *quote = text; (quote = strchr(quote, '\'')) != NULL;) {
                *quote = '"';
            }
            cJSON *json = cJSON_Parse(text);
            free(text);
            cr_assert_not_null(json, "%s", values[i].json);
            return json;
        }
    }
    cr_assert_fail("tell this test a value of %s.%s, which may be left out", section, option);
    return NULL;
}

/* Something that may be left out: an option without a default. */
typedef struct Absence {
    const char *section; /* last part of the path */
    const char *kind;    /* of traffic; "" */
    const char *option;
} Absence;

typedef struct Absences {
    Absence items[512];
    size_t count;
} Absences;

static const char *last_part(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot != NULL ? dot + 1 : path;
}

static void list_absences(Absences *list) {
    ScenarioSection section;
    list->count = 0;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        const char *last = last_part(section.path);
        const bool traffic = strcmp(last, "traffic") == 0;
        if (section.kind != NULL && !section.is_traffic && strcmp(section.kind, "fireworks") != 0) {
            continue; /* tests/sim/test_policies.c */
        }
        for (const Option *option = section.options; option->name != NULL; option++) {
            if (option->default_text == NULL && option->type != OPTION_CUSTOM &&
                option->type != OPTION_GROUP) {
                cr_assert_lt(list->count, 512);
                list->items[list->count++] =
                    (Absence){last, traffic ? section.kind : "", option->name};
            }
        }
    }
}

/* A scenario that says all it can -------------------------------------------------------------- */

/* Of a part of the scenario, all but what is left out. */
static cJSON *part(const Absences *list, const char *section, const char *kind,
                   const Absence *const without[2]) {
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; i < list->count; i++) {
        const Absence *item = &list->items[i];
        if (strcmp(item->section, section) == 0 && strcmp(item->kind, kind) == 0 &&
            item != without[0] && item != without[1] && !is_beside(section, item->option)) {
            cJSON_AddItemToObject(object, item->option, value_of(section, item->option, kind));
        }
    }
    return object;
}

/* Owned by the caller. */
static char *scenario_without(const Absences *list, const char *kind,
                              const Absence *const without[2]) {
    cJSON *root = part(list, "", "", without), *deployment = part(list, "NAME", "", without);
    cJSON *pools = cJSON_AddObjectToObject(root, "pools");
    cJSON_AddStringToObject(deployment, "load_balancer", "cache_aware"); /* takes an imbalance */
    cJSON_AddItemToObject(root, "slo", part(list, "slo", "", without));
    cJSON_AddItemToObject(pools, "H100", part(list, "ACCELERATOR", "", without));
    static const char *const parts[] = {"profile", "cold_start", "client"};
    for (size_t i = 0; i < 3; i++) {
        cJSON_AddItemToObject(deployment, parts[i], part(list, parts[i], "", without));
    }
    cJSON *autoscaling = part(list, "autoscaling", "", without);
    cJSON_AddItemToObject(autoscaling, "load_targets", part(list, "load_targets", "", without));
    cJSON_AddItemToObject(deployment, "autoscaling", autoscaling);
    cJSON *traffic = part(list, "traffic", kind, without);
    cJSON_AddStringToObject(traffic, "type", kind);
    cJSON_AddItemToObject(deployment, "traffic", traffic);
    cJSON_AddItemToObject(cJSON_AddObjectToObject(root, "deployments"), "chat", deployment);
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    return text;
}

/* Commands ------------------------------------------------------------------------------------- */

typedef struct Bench {
    Absences list;
    char *scratch;
    ProgramPlace place;
} Bench;

static Bench bench_new(void) {
    static const char trace[] = "t,p,o\n0,100,20\n1,100,20\n2,90,10\n60,100,20\n";
    static const char gpus[] = "time_s,on_demand_gpus\n0,8\n100,0\n130,8\n";
    static const char sweep[] =
        "{\"scenario\": \"s.json\", \"replications\": 1, \"axes\": [{\"option\": "
        "\"deployments.chat.autoscaling.scale_up_window\", \"values\": [\"5s\", \"20s\"]}]}";
    static const char optimize[] =
        "{\"scenario\": \"s.json\", \"slo\": [\"ttft_p95_s <= 5m\"], \"confirmation\": 2, "
        "\"options\": [{\"option\": \"deployments.chat.autoscaling.scale_up_window\", "
        "\"values\": [\"5s\", \"20s\"]}]}";
    Bench bench = {.scratch = scratch_make()};
    bench.place = (ProgramPlace){.folder = bench.scratch};
    free(scratch_text(bench.scratch, "trace.csv", trace));
    free(scratch_text(bench.scratch, "gpus.csv", gpus));
    free(scratch_text(bench.scratch, "losses.csv", "time_s\n60\n"));
    free(scratch_text(bench.scratch, "sweep.json", sweep));
    free(scratch_text(bench.scratch, "optimize.json", optimize));
    list_absences(&bench.list);
    return bench;
}

static void bench_free(Bench *bench) {
    scratch_remove(bench->scratch);
}

/* It does its work, or says what is wrong. Returns whether it did. */
static bool survives(const Bench *bench, const char *text, const char *const arguments[]) {
    ProgramResult result = program_run(&bench->place, arguments);
    cr_assert(result.status == 0 || result.status == 2, "%s: status %d\n%s\n%s", arguments[0],
              result.status, result.errors, text);
    cr_assert(result.status == 0 || result.errors_length > 0, "%s\n%s", arguments[0], text);
    const bool done = result.status == 0;
    program_clear(&result);
    return done;
}
#define SURVIVES(...) survives(bench, text, (const char *const[]){__VA_ARGS__, NULL})

/* Runs it, which is most of what others do too; what `validate` takes, `run` takes. */
static bool try_run(const Bench *bench, const char *text) {
    free(scratch_text(bench->scratch, "s.json", text));
    if (!SURVIVES("validate", "--print", "s.json")) {
        return false;
    }
    cr_assert(SURVIVES("run", "s.json", "--out", "out", "--force", "--requests", "--quiet"), "%s",
              text);
    return true;
}

static void try_all(const Bench *bench, const char *text) {
    if (try_run(bench, text)) {
        SURVIVES("report", "out");
        SURVIVES("explain", "out");
        SURVIVES("explain", "s.json", "--request", "3");
        SURVIVES("explain", "s.json", "--why-not", "1m");
        SURVIVES("trace", "generate", "s.json", "--to", "vidur", "--out", "generated.csv",
                 "--force");
        SURVIVES("compare", "s.json", "--preset", "cost-optimization", "--preset", "performance",
                 "--replications", "2", "--out", "compared", "--force", "--quiet");
        SURVIVES("sweep", "sweep.json", "--out", "swept", "--force", "--quiet");
        SURVIVES("optimize", "optimize.json", "--out", "optimized", "--force", "--quiet");
    }
}

static void leave_out(const Bench *bench, const char *kind, const Absence *one,
                      const Absence *other, void (*attempt)(const Bench *, const char *)) {
    char *text = scenario_without(&bench->list, kind, (const Absence *const[2]){one, other});
    attempt(bench, text);
    free(text);
}

static void run_it(const Bench *bench, const char *text) {
    try_run(bench, text);
}

/* Tests ---------------------------------------------------------------------------------------- */

Test(cli_left_out, each_option_of_a_scenario) {
    Bench bench = bench_new();
    char *whole = scenario_without(&bench.list, "poisson", (const Absence *const[2]){NULL, NULL});
    cr_assert(try_run(&bench, whole), "%s", whole);
    free(whole);
    for (size_t i = 0; i < bench.list.count; i++) {
        if (*bench.list.items[i].kind == '\0') {
            leave_out(&bench, "poisson", &bench.list.items[i], NULL, try_all);
        }
    }
    bench_free(&bench);
}

Test(cli_left_out, any_two_options_of_a_deployment) {
    Bench bench = bench_new();
    const Absences *list = &bench.list;
    for (size_t i = 0; i < list->count; i++) {
        for (size_t j = i + 1; j < list->count; j++) {
            if (strcmp(list->items[i].section, "NAME") == 0 &&
                (strcmp(list->items[j].section, "NAME") == 0 ||
                 strcmp(list->items[j].section, "profile") == 0)) {
                leave_out(&bench, "poisson", &list->items[i], &list->items[j], run_it);
            }
        }
    }
    bench_free(&bench);
}

Test(cli_left_out, each_option_of_each_kind_of_traffic) {
    Bench bench = bench_new();
    const Absences *list = &bench.list;
    for (size_t i = 0; i < list->count; i++) {
        if (*list->items[i].kind != '\0') {
            leave_out(&bench, list->items[i].kind, &list->items[i], NULL, run_it);
        }
    }
    bench_free(&bench);
}

/* Two starts ask whether the model is in the region's cache; the winner of a search names it. */
Test(cli_left_out, a_model_without_a_name_is_the_deployments) {
    Bench bench = bench_new();
    const Absence *model = NULL;
    for (size_t i = 0; i < bench.list.count; i++) {
        model = strcmp(bench.list.items[i].option, "model") == 0 ? &bench.list.items[i] : model;
    }
    char *text = scenario_without(&bench.list, "poisson", (const Absence *const[2]){model, NULL});
    free(scratch_text(bench.scratch, "s.json", text));
    cJSON *printed = expect_json(RUN_IN(bench.place, "validate", "--print", "s.json"));
    const cJSON *chat = json_deployment(printed, "chat");
    cr_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(chat, "model")), "chat");
    cJSON_Delete(printed);
    cJSON *summary = expect_json(RUN_IN(bench.place, "run", "s.json", "--json"));
    cr_assert_geq(cli_json_number(json_deployment(summary, "chat"), "cold_starts"), 2);
    cJSON_Delete(summary);
    free(text);
    bench_free(&bench);
}

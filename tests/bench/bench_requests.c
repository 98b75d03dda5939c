// SPDX-License-Identifier: GPL-3.0-or-later
/* Requests per second end to end: synthetic traffic through the policy, the replicas and the
 * summary, on one core but for one figure, without requests.csv. The first figure is the one that
 * the project promises: a chat mix of 1,000 prompt and 200 output tokens on 8 to 16 replicas. */
#include "base/memory.h"
#include "bench/figures.h"
#include "figures/summary.h"
#include "output/run_report.h"
#include "sim/simulation.h"

typedef struct Mix {
    const char *name;
    int replicas;
    double per_replica; /* requests per second and replica */
    double prompt_tokens, output_tokens;
    double requests;
} Mix;

static const Mix mixes[] = {
    {"chat, 12 replicas", 12, 7, 1000, 200, 4e6},
    {"chat, 1 replica", 1, 7, 1000, 200, 1e6},
    {"chat, 8 replicas", 8, 7, 1000, 200, 2e6},
    {"chat, 16 replicas", 16, 7, 1000, 200, 2e6},
    {"chat, 64 replicas", 64, 7, 1000, 200, 2e6},
    {"chat, 1000 replicas", 1000, 7, 1000, 200, 2e6},
    {"chat light, 12 replicas", 12, 0.5, 1000, 200, 1e6},
    {"chat saturated, 12 replicas", 12, 20, 1000, 200, 1e6},
    {"short outputs, 12 replicas", 12, 12, 1000, 20, 1e6},
    {"long outputs, 12 replicas", 12, 1.5, 1000, 1000, 1e6},
    {"100,000 requests", 12, 7, 1000, 200, 1e5},
    {"1 million requests", 12, 7, 1000, 200, 1e6},
    {"10 million requests", 12, 7, 1000, 200, 1e7},
    {"100 million requests", 12, 7, 1000, 200, 1e8},
};

/* Traffic is read ahead; time is the simulating thread's. */
static const Mix with_second_core = {
    "chat, 12 replicas, with a second core", 12, 7, 1000, 200, 4e6};

static Scenario *scenario_of(const Mix *mix) {
    const double rate = mix->per_replica * mix->replicas;
    ErrorList errors = {0};
    char *json =
        memory_format("{\"duration\": \"%.3fs\", \"deployments\": {\"chat\": {\"model\": "
                      "\"llama-v3p1-8b-instruct\","
                      "\"accelerator\": \"H100\", \"accelerator_count\": 1,"
                      "\"autoscaling\": {\"min_replica_count\": %d, \"max_replica_count\": %d},"
                      "\"traffic\": {\"type\": \"poisson\", \"rate_per_s\": %.6f,"
                      "\"prompt_tokens\": {\"distribution\": \"lognormal\", \"mean\": %.0f, "
                      "\"cv\": 1, \"maximum\": 100000},"
                      "\"output_tokens\": {\"distribution\": \"lognormal\", \"mean\": %.0f, "
                      "\"cv\": 1, \"maximum\": 10000}}}}}",
                      mix->requests / rate, mix->replicas, mix->replicas, rate, mix->prompt_tokens,
                      mix->output_tokens);
    Scenario *scenario = scenario_read_text(json, mix->name, NULL, NULL, 0, &errors);
    free(json);
    error_list_print(&errors, stderr);
    return scenario;
}

static void measure(const Mix *mix) {
    ErrorList errors = {0};
    Scenario *scenario = scenario_of(mix);
    const RunReportOptions options = {0};
    RunReport *report = run_report_create(scenario, &options, &errors);
    asim_run_options run = {.reads_ahead = mix == &with_second_core};
    run.observer_count = run_report_observers(report, &run.observers);
    double (*const clock_s)(void) = run.reads_ahead ? figures_thread_cpu_s : figures_cpu_s;
    const double before = clock_s();
    simulation_run(scenario, &run, &errors);
    const double elapsed = clock_s() - before;
    error_list_print(&errors, stderr);
    const asim_run_end *end = &run_report_summary(report)->deployments[0].end;
    const double requests = (double)end->totals.requests;
    figures_print(mix->name, requests / elapsed / 1e6, "M requests/s");
    printf("%-64s %12.1f ns per event, %.2f events per request\n", "",
           elapsed / (double)end->events * 1e9, (double)end->events / requests);
    run_report_destroy(report);
    scenario_destroy(scenario);
}

int main(void) {
    for (size_t i = 0; i < sizeof mixes / sizeof *mixes; i++) {
        measure(&mixes[i]);
    }
    measure(&with_second_core);
    figures_print("peak memory", (double)figures_peak_kib() / 1024, "MiB");
    return 0;
}

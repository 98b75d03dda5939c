// SPDX-License-Identifier: GPL-3.0-or-later
/* What is large otherwise: a year in which little happens, ten thousand deployments, a hundred
 * thousand replicas, and what a request in flight takes. CPU time of a run, without reading the
 * scenario. */
#include "base/text.h"
#include "bench/figures.h"
#include "figures/summary.h"
#include "output/run_report.h"
#include "sim/simulation.h"

typedef struct Size {
    const char *name;
    const char *duration;
    int deployments;
    int replicas;      /* of each */
    double rate_per_s; /* of each */
    bool drains;
} Size;

static const Size sizes[] = {
    {"a year at one request a minute, evaluated every 5 s", "365d", 1, 1, 1.0 / 60, true},
    {"1,000 deployments", "1000s", 1000, 1, 1, true},
    {"10,000 deployments", "100s", 10000, 1, 1, true},
    {"10,000 replicas", "100s", 1, 10000, 10000, true},
    {"100,000 replicas", "100s", 1, 100000, 10000, true},
};

static Scenario *scenario_of(const Size *size) {
    ErrorList errors = {0};
    Text json = {0};
    text_addf(&json, "{\"duration\": \"%s\", \"drain\": %s, \"deployments\": {", size->duration,
              size->drains ? "true" : "false");
    for (int i = 0; i < size->deployments; i++) {
        text_addf(&json,
                  "%s\"d%d\": {\"model\": \"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\", "
                  "\"accelerator_count\": 1, \"autoscaling\": {\"min_replica_count\": %d, "
                  "\"max_replica_count\": %d}, \"traffic\": {\"type\": \"poisson\", "
                  "\"rate_per_s\": %.9f, \"prompt_tokens\": {\"distribution\": \"lognormal\", "
                  "\"mean\": 1000, \"cv\": 1, \"maximum\": 100000}, \"output_tokens\": "
                  "{\"distribution\": \"lognormal\", \"mean\": 200, \"cv\": 1, \"maximum\": "
                  "10000}}}",
                  i == 0 ? "" : ", ", i, size->replicas, size->replicas, size->rate_per_s);
    }
    text_add(&json, "}}");
    char *text = text_take(&json);
    Scenario *scenario = scenario_read_text(text, size->name, NULL, NULL, 0, &errors);
    free(text);
    error_list_print(&errors, stderr);
    return scenario;
}

/* Returns how many requests were in flight at the end. */
static double run(const Size *size, double *requests, double *seconds) {
    ErrorList errors = {0};
    Scenario *scenario = scenario_of(size);
    const RunReportOptions options = {0};
    RunReport *report = run_report_create(scenario, &options, &errors);
    asim_run_options run_options = {0};
    run_options.observer_count = run_report_observers(report, &run_options.observers);
    const double before = figures_cpu_s();
    simulation_run(scenario, &run_options, &errors);
    *seconds = figures_cpu_s() - before;
    error_list_print(&errors, stderr);
    double in_flight = *requests = 0;
    for (int i = 0; i < size->deployments; i++) {
        const asim_run_end *end = &run_report_summary(report)->deployments[i].end;
        *requests += (double)end->totals.requests;
        in_flight += (double)end->totals.outcomes[ASIM_IN_FLIGHT];
    }
    run_report_destroy(report);
    scenario_destroy(scenario);
    return in_flight;
}

int main(void) {
    double requests, seconds;
    /* First, while the process has had little: two backlogs, the second one larger. */
    const Size few = {"a backlog", "10s", 1, 1, 50000, false};
    const Size many = {"a backlog", "10s", 1, 1, 250000, false};
    const double few_in_flight = run(&few, &requests, &seconds);
    const long few_kib = figures_peak_kib();
    const double many_in_flight = run(&many, &requests, &seconds);
    figures_print("memory of a request in flight",
                  1024 * (double)(figures_peak_kib() - few_kib) / (many_in_flight - few_in_flight),
                  "bytes");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        run(&sizes[i], &requests, &seconds);
        figures_print(sizes[i].name, seconds, "s");
        printf("%-64s %12.0f requests, %.4g M requests/s\n", "", requests,
               requests / seconds / 1e6);
    }
    figures_print("what is large: peak memory", (double)figures_peak_kib() / 1024, "MiB");
    return 0;
}

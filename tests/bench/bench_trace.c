// SPDX-License-Identifier: GPL-3.0-or-later
/* Files at full speed: rows per second of reading an Azure 2024 file of 10 million rows that our
 * own generator writes, the same file end to end to a summary, and a week of 27.3 million requests
 * from 10-second counts with a day's rhythm, with its peak memory. Beside them a plain loop over
 * the same bytes, for what the machine can do. */
#include "base/memory.h"
#include "bench/figures.h"
#include "figures/summary.h"
#include "output/run_report.h"
#include "scenario/deployment.h"
#include "sim/simulation.h"
#include "traffic/trace.h"

#include <math.h>

#define ROWS 10000000.0
#define FILE_RATE 84.0 /* requests per second in it */
#define WEEK_REQUESTS 27.3e6
#define WEEK_BINS 60480

static const char policy[] =
    "\"autoscaling\": {\"min_replica_count\": 12, \"max_replica_count\": 12}";

static Scenario *read_scenario(const char *duration, const char *autoscaling, const char *traffic) {
    ErrorList errors = {0};
    char *json = memory_format(
        "{\"duration\": %s, \"deployments\": {\"chat\": {\"model\": \"llama-v3p1-8b-instruct\","
        "\"accelerator\": \"H100\", \"accelerator_count\": 1, %s, \"traffic\": %s}}}",
        duration, autoscaling, traffic);
    Scenario *scenario = scenario_read_text(json, "bench", NULL, NULL, 0, &errors);
    free(json);
    error_list_print(&errors, stderr);
    return scenario;
}

static asim_traffic_source *open_source(const Scenario *scenario, ErrorList *errors) {
    const TrafficConfig *traffic = &scenario->deployments[0].traffic[0];
    const TrafficContext context = {.seed = 1,
                                    .stream = "traffic.chat.0",
                                    .until = scenario->duration,
                                    .start_epoch_s = scenario->start_epoch_s,
                                    .errors = errors};
    return traffic->kind->open(traffic->kind, traffic->config, &context);
}

static void write_rows(const char *path) {
    ErrorList errors = {0};
    char *traffic = memory_text("{\"type\": \"poisson\", \"rate_per_s\": 84, "
                                "\"prompt_tokens\": {\"distribution\": \"lognormal\", \"mean\": "
                                "1000, \"cv\": 1, \"maximum\": 100000},"
                                "\"output_tokens\": {\"distribution\": \"lognormal\", \"mean\": "
                                "200, \"cv\": 1, \"maximum\": 10000}}");
    char *duration = memory_format("\"%.0fs\"", ROWS / FILE_RATE);
    Scenario *scenario = read_scenario(duration, policy, traffic);
    asim_traffic_source *source = open_source(scenario, &errors);
    FILE *file = fopen(path, "w");
    trace_write(source, TRACE_WRITER_AZURE_2024, scenario->start_epoch_s, NULL, file,
                &(bool){false});
    fclose(file);
    source->destroy(source);
    scenario_destroy(scenario);
    free(duration);
    free(traffic);
}

/* Newlines counted in the same blocks: nothing can read rows faster. */
static void plain_loop(const char *path) {
    static char block[1 << 18];
    FILE *file = fopen(path, "r");
    setvbuf(file, NULL, _IONBF, 0);
    size_t rows = 0, length;
    const double before = figures_cpu_s();
    while ((length = fread(block, 1, sizeof block, file)) > 0) {
        for (size_t i = 0; i < length; i++) {
            rows += block[i] == '\n';
        }
    }
    fclose(file);
    figures_print("plain loop over the bytes", (double)rows / (figures_cpu_s() - before) / 1e6,
                  "M rows/s");
}

static void read_rows(const char *path) {
    ErrorList errors = {0};
    asim_arrival block[512];
    char *traffic = memory_format("{\"type\": \"trace\", \"file\": \"%s\"}", path);
    Scenario *scenario = read_scenario("null", policy, traffic);
    asim_traffic_source *source = open_source(scenario, &errors);
    bool failed = false;
    const double before = figures_cpu_s();
    while (source->next(source, block, 512, &failed) > 0) {
    }
    const double elapsed = figures_cpu_s() - before;
    FILE *file = fopen(path, "r");
    fseek(file, 0, SEEK_END);
    figures_print("reading Azure 2024 rows", (double)source->counts.rows / elapsed / 1e6,
                  "M rows/s");
    figures_print("reading Azure 2024 bytes", (double)ftell(file) / elapsed / 1e9, "GB/s");
    fclose(file);
    source->destroy(source);
    scenario_destroy(scenario);
    free(traffic);
}

static void run(const char *name, const char *duration, const char *autoscaling,
                const char *traffic) {
    ErrorList errors = {0};
    Scenario *scenario = read_scenario(duration, autoscaling, traffic);
    const RunReportOptions options = {0};
    RunReport *report = run_report_create(scenario, &options, &errors);
    asim_run_options run_options = {0};
    run_options.observer_count = run_report_observers(report, &run_options.observers);
    const double before = figures_cpu_s();
    simulation_run(scenario, &run_options, &errors);
    const double elapsed = figures_cpu_s() - before;
    const asim_run_end *end = &run_report_summary(report)->deployments[0].end;
    char *seconds = memory_format("%s: time", name);
    error_list_print(&errors, stderr);
    figures_print(name, (double)end->totals.requests / elapsed / 1e6, "M requests/s");
    figures_print(seconds, elapsed, "s");
    printf("%-64s %12llu requests, %.1f ns per event\n", "",
           (unsigned long long)end->totals.requests, elapsed / (double)end->events * 1e9);
    free(seconds);
    run_report_destroy(report);
    scenario_destroy(scenario);
}

/* The file's first `rows` at 7 requests per second and replica, whatever its own rate. */
static void from_file(const char *path, int replicas, double rows) {
    char *name = memory_format("from an Azure 2024 file, %d replicas", replicas);
    char *autoscaling =
        memory_format("\"autoscaling\": {\"min_replica_count\": %d, \"max_replica_count\": %d}",
                      replicas, replicas);
    char *traffic = memory_format(
        "{\"type\": \"trace\", \"file\": \"%s\", \"to\": \"%.0fs\", \"time_scale\": %.9f}", path,
        rows / FILE_RATE, FILE_RATE / (7.0 * replicas));
    run(name, "null", autoscaling, traffic);
    free(name);
    free(autoscaling);
    free(traffic);
}

/* Counts with the rhythm of a working week: nights low, weekends at a third. */
static void write_week(const char *path) {
    FILE *file = fopen(path, "w");
    double rate[WEEK_BINS], sum = 0, carried = 0;
    for (int bin = 0; bin < WEEK_BINS; bin++) {
        const double hour = fmod(bin / 360.0, 24.0);
        const double weekday = bin < 5 * 8640 ? 1.0 : 0.33;
        rate[bin] = weekday * (1.0 + 0.9 * cos((hour - 15.0) / 24.0 * 6.283185307179586));
        sum += rate[bin];
    }
    fprintf(file, "Time,TIMESTAMP\n");
    for (int bin = 0; bin < WEEK_BINS; bin++) {
        carried += rate[bin] / sum * WEEK_REQUESTS;
        const double whole = floor(carried);
        carried -= whole;
        fprintf(file, "2024-05-%02d %02d:%02d:%02d,%.0f\n", 13 + bin / 8640, bin / 360 % 24,
                bin / 6 % 60, bin % 6 * 10, whole);
    }
    fclose(file);
}

static void week(const char *path) {
    char *traffic = memory_format("{\"type\": \"trace\", \"file\": \"%s\", \"prompt_tokens\": "
                                  "{\"distribution\": \"lognormal\", \"mean\": 1000, "
                                  "\"cv\": 1, \"maximum\": 100000}, \"output_tokens\": "
                                  "{\"distribution\": \"lognormal\", \"mean\": 200, \"cv\": 1, "
                                  "\"maximum\": 10000}}",
                                  path);
    run("a week of 27.3 million requests", "\"7d\"",
        "\"autoscaling\": {\"min_replica_count\": 2, \"max_replica_count\": 24, \"load_targets\": "
        "{\"concurrent_requests\": 25}}",
        traffic);
    free(traffic);
}

int main(void) {
    char rows[] = "/tmp/autoscale-sim-bench-rows.csv";
    char counts[] = "/tmp/autoscale-sim-bench-week.csv";
    write_week(counts);
    week(counts);
    figures_print("a week: peak memory", (double)figures_peak_kib() / 1024, "MiB");
    write_rows(rows);
    plain_loop(rows);
    read_rows(rows);
    from_file(rows, 12, ROWS);
    from_file(rows, 1, 2e6);
    from_file(rows, 8, 2e6);
    from_file(rows, 64, 2e6);
    from_file(rows, 1000, 2e6);
    remove(rows);
    remove(counts);
    figures_print("files: peak memory", (double)figures_peak_kib() / 1024, "MiB");
    return 0;
}

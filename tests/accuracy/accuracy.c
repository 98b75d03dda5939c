// SPDX-License-Identifier: GPL-3.0-or-later
/* accuracy [SHARED]: replays public runs of real replicas through the replica that a simulation
 * uses, with profiles as the catalogue gives them, and prints how far off it is, as the tables of
 * docs/accuracy.md. SHARED (../shared) has reference/vllm_llama31_8b_sweeps.csv and
 * traces/vllm_runs; what is not there is left out.
 *
 * A run of the sweeps is told by its rate and the mean and deviation of its lengths: requests are
 * sent at equal distances, as GuideLLM does, from an empty replica on, lengths uniform, and what
 * ended within the run's duration counts. TPOT is (E2E - TTFT) / (output tokens - 1); of the sweeps
 * weighted by tokens, as GuideLLM's inter-token latency is. */
#include "base/csv_reader.h"
#include "base/memory.h"
#include "cluster/replay.h"
#include "engine/random.h"
#include "experiment/calibration_log.h"
#include "scenario/catalogue.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODEL "llama-v3p1-8b-instruct"

enum { SEEDS = 3, STRATEGIES = 3, AT_ONCE_MOST = 512 };

/* GuideLLM's strategies; those at a constant rate were what coefficients were chosen by. */
typedef enum Strategy { CONSTANT, ALONE, SATURATED } Strategy;

typedef enum Figure { MEAN, MEDIAN, P95, FIGURES } Figure;

/* Of one run: [metric][figure], seconds; NAN: not known. */
typedef struct Seen {
    double of[LOGGED_METRICS][FIGURES];
} Seen;

typedef struct Run {
    char shape[32];
    Strategy strategy;
    double rate_per_s, duration_s, ended;
    double in_mean, in_sd, out_mean, out_sd;
    Seen measured;
} Run;

typedef struct Runs {
    Run *items;
    size_t count, room;
} Runs;

/* ---- Figures ---- */

typedef struct Weighted {
    double value, weight;
} Weighted;

static int compare_weighted(const void *a, const void *b) {
    const double x = ((const Weighted *)a)->value, y = ((const Weighted *)b)->value;
    return (x > y) - (x < y);
}

static double quantile(const Weighted *sorted, size_t count, double share) {
    double total = 0, below = 0;
    for (size_t i = 0; i < count; i++) {
        total += sorted[i].weight;
    }
    for (size_t i = 0; i < count; i++) {
        below += sorted[i].weight;
        if (below >= share * total) {
            return sorted[i].value;
        }
    }
    return NAN;
}

/* Sorts. */
static void take_figures(Weighted *values, size_t count, double figures[FIGURES]) {
    double sum = 0, total = 0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i].value * values[i].weight;
        total += values[i].weight;
    }
    qsort(values, count, sizeof *values, compare_weighted);
    figures[MEAN] = sum / total;
    figures[MEDIAN] = quantile(values, count, 0.5);
    figures[P95] = quantile(values, count, 0.95);
}

static double seconds_of(const ReplayRequest *request, const ReplayOutcome *outcome,
                         LoggedMetric metric) {
    const double ttft = (double)(outcome->first_token - outcome->sent) / 1e9;
    const double e2e = (double)(outcome->finish - outcome->sent) / 1e9;
    switch (metric) {
    case LOGGED_TTFT: return ttft;
    case LOGGED_TPOT:
        return request->output_tokens > 1 ? (e2e - ttft) / (request->output_tokens - 1) : NAN;
    default: return e2e;
    }
}

/* ---- The sweeps ---- */

typedef struct Columns {
    size_t sweep, strategy, duration, ended, in_mean, in_sd, out_mean, out_sd;
    size_t seen[LOGGED_METRICS][P95];
} Columns;

static bool find_columns(CsvReader *reader, Columns *columns) {
    *columns = (Columns){
        .sweep = csv_reader_need(reader, "sweep"),
        .strategy = csv_reader_need(reader, "strategy"),
        .duration = csv_reader_need(reader, "duration_s"),
        .ended = csv_reader_need(reader, "n_ok"),
        .in_mean = csv_reader_need(reader, "in_mean"),
        .in_sd = csv_reader_need(reader, "in_sd"),
        .out_mean = csv_reader_need(reader, "out_mean"),
        .out_sd = csv_reader_need(reader, "out_sd"),
        .seen = {{csv_reader_need(reader, "ttft_mean_ms"), csv_reader_need(reader, "ttft_med_ms")},
                 {csv_reader_need(reader, "itl_mean_ms"), csv_reader_need(reader, "itl_med_ms")},
                 {csv_reader_need(reader, "e2e_mean_s"), csv_reader_need(reader, "e2e_med_s")}}};
    return !reader->failed;
}

static Strategy strategy_of(const char *text, double *rate_per_s) {
    *rate_per_s = NAN;
    if (strncmp(text, "constant@", 9) == 0) {
        *rate_per_s = strtod(text + 9, NULL);
        return CONSTANT;
    }
    return strcmp(text, "synchronous") == 0 ? ALONE : SATURATED;
}

static Run read_run(CsvReader *reader, const Columns *columns) {
    Run run = {.duration_s = csv_reader_number(reader, columns->duration),
               .ended = csv_reader_number(reader, columns->ended),
               .in_mean = csv_reader_number(reader, columns->in_mean),
               .in_sd = csv_reader_number(reader, columns->in_sd),
               .out_mean = csv_reader_number(reader, columns->out_mean),
               .out_sd = csv_reader_number(reader, columns->out_sd)};
    snprintf(run.shape, sizeof run.shape, "%s", csv_reader_text(reader, columns->sweep));
    run.strategy = strategy_of(csv_reader_text(reader, columns->strategy), &run.rate_per_s);
    for (int metric = 0; metric < LOGGED_METRICS; metric++) {
        for (int figure = 0; figure < P95; figure++) {
            const double value = csv_reader_number(reader, columns->seen[metric][figure]);
            /* Some means of times to first token are broken: negative. */
            run.measured.of[metric][figure] =
                value > 0 ? value / (metric == LOGGED_E2E ? 1 : 1000) : NAN;
        }
        run.measured.of[metric][P95] = NAN;
    }
    return run;
}

static bool read_runs(Runs *runs, const char *path, ErrorList *errors) {
    CsvReader reader = {0};
    Columns columns;
    if (csv_reader_open(&reader, path, errors) && find_columns(&reader, &columns)) {
        while (csv_reader_next(&reader)) {
            runs->items = memory_grow(runs->items, runs->count, &runs->room, sizeof *runs->items);
            runs->items[runs->count++] = read_run(&reader, &columns);
        }
    }
    return csv_reader_close(&reader);
}

static uint32_t draw_length(RandomStream *random, double mean, double sd) {
    const double length = mean + sd * sqrt(3) * (2 * random_uniform(random) - 1);
    return length < 1 ? 1 : (uint32_t)(length + 0.5);
}

static ReplayRequest *draw_requests(const Run *run, uint64_t seed, size_t count) {
    ReplayRequest *requests = memory_new(count, sizeof *requests);
    RandomStream random;
    random_stream_init(&random, seed, 0, run->shape);
    for (size_t i = 0; i < count; i++) {
        const double arrival_s = run->strategy == CONSTANT ? (double)i / run->rate_per_s : 0;
        requests[i] = (ReplayRequest){
            .arrival = (sim_time)(arrival_s * 1e9),
            .prompt_tokens = draw_length(&random, run->in_mean, run->in_sd),
            .output_tokens = draw_length(&random, run->out_mean, run->out_sd),
        };
    }
    return requests;
}

/* What ended within the run. */
static Seen look(const Run *run, const ReplayRequest *requests, const ReplayOutcome *outcomes,
                 size_t count) {
    const sim_time end = (sim_time)(run->duration_s * 1e9);
    Weighted *values = memory_new(count, sizeof *values);
    Seen seen;
    for (int metric = 0; metric < LOGGED_METRICS; metric++) {
        size_t ended = 0;
        for (size_t i = 0; i < count; i++) {
            const double seconds = seconds_of(&requests[i], &outcomes[i], (LoggedMetric)metric);
            if (outcomes[i].finish <= end && !isnan(seconds)) {
                values[ended++] =
                    (Weighted){seconds, metric == LOGGED_TPOT ? requests[i].output_tokens - 1 : 1};
            }
        }
        take_figures(values, ended, seen.of[metric]);
    }
    free(values);
    return seen;
}

static Seen replay(const Run *run, const Profile *profile, uint64_t seed) {
    const uint32_t at_once = run->strategy == CONSTANT ? 0
                             : run->strategy == ALONE  ? 1
                                                       : AT_ONCE_MOST;
    const size_t count = run->strategy == CONSTANT ? (size_t)(run->rate_per_s * run->duration_s) + 1
                                                   : (size_t)(1.2 * run->ended) + at_once;
    ReplayRequest *requests = draw_requests(run, seed, count);
    ReplayOutcome *outcomes = memory_new(count, sizeof *outcomes);
    replay_run(profile, &(ReplayScript){requests, count, at_once}, (ReplayWatch){0}, outcomes);
    const Seen seen = look(run, requests, outcomes, count);
    free(requests);
    free(outcomes);
    return seen;
}

/* Errors of the mean over the seeds, as shares. */
static Seen errors_of(const Run *run, const Profile *profile) {
    Seen errors = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const Seen seen = replay(run, profile, seed);
        for (int metric = 0; metric < LOGGED_METRICS; metric++) {
            for (int figure = 0; figure < FIGURES; figure++) {
                errors.of[metric][figure] += seen.of[metric][figure] / SEEDS;
            }
        }
    }
    for (int metric = 0; metric < LOGGED_METRICS; metric++) {
        for (int figure = 0; figure < FIGURES; figure++) {
            errors.of[metric][figure] =
                errors.of[metric][figure] / run->measured.of[metric][figure] - 1;
        }
    }
    return errors;
}

/* ---- Tables ---- */

/* Of runs: the mean of absolute errors. */
typedef struct Sum {
    Seen sum;
    size_t counts[LOGGED_METRICS][FIGURES], runs;
} Sum;

static void sum_add(Sum *sum, const Seen *errors) {
    sum->runs++;
    for (int metric = 0; metric < LOGGED_METRICS; metric++) {
        for (int figure = 0; figure < FIGURES; figure++) {
            if (!isnan(errors->of[metric][figure])) {
                sum->sum.of[metric][figure] += fabs(errors->of[metric][figure]);
                sum->counts[metric][figure]++;
            }
        }
    }
}

static void print_sum(const char *what, const char *used, const Sum *sum) {
    printf("| %s | %zu | %s |", what, sum->runs, used);
    for (int metric = 0; metric < LOGGED_METRICS; metric++) {
        for (int figure = 0; figure < P95; figure++) {
            printf(" %.1f %% |",
                   100 * sum->sum.of[metric][figure] / (double)sum->counts[metric][figure]);
        }
    }
    printf("\n");
}

static void print_head(const char *what) {
    printf("| %s | runs | chosen by them | TTFT mean | median | TPOT mean | median | E2E mean | "
           "median |\n|---|--:|---|--:|--:|--:|--:|--:|--:|\n",
           what);
}

static Profile profile_of(CatalogueQuery query) {
    ErrorList errors = {0};
    CatalogueAnswer answer;
    if (!catalogue_resolve(&query, &(Error){.file = "accuracy"}, &errors, &answer)) {
        error_list_print(&errors, stderr);
        exit(EXIT_FAILURE);
    }
    const Profile profile = answer.profile;
    catalogue_answer_clear(&answer);
    return profile;
}

static Profile catalogue_profile(void) {
    return profile_of((CatalogueQuery){.model = MODEL, .accelerator = "H100"});
}

/* As if the model had never been measured. */
static Profile rule_profile(const char *accelerator) {
    const CatalogueModel *model = catalogue_model(MODEL);
    return profile_of((CatalogueQuery){.model = "described",
                                       .parameters_b = model->parameters_b,
                                       .layers = model->layers,
                                       .kv_bytes_per_token = model->kv_bytes_per_token,
                                       .accelerator = accelerator});
}

static void print_shapes(const Runs *runs, const Profile *profile) {
    static const char *const others[STRATEGIES] = {NULL, "one request at a time",
                                                   "512 requests at a time"};
    Sum all = {0}, other[STRATEGIES] = {0}, shape = {0};
    print_head("prompt and output tokens");
    for (size_t i = 0; i < runs->count; i++) {
        const Run *run = &runs->items[i];
        const Seen errors = errors_of(run, profile);
        if (run->strategy != CONSTANT) {
            sum_add(&other[run->strategy], &errors);
        } else {
            sum_add(&all, &errors);
            sum_add(&shape, &errors);
        }
        if (i + 1 == runs->count || strcmp(run->shape, runs->items[i + 1].shape) != 0) {
            print_sum(run->shape, "yes", &shape);
            shape = (Sum){0};
        }
    }
    print_sum("all at a constant rate", "yes", &all);
    for (int strategy = ALONE; strategy < STRATEGIES; strategy++) {
        print_sum(others[strategy], "in part", &other[strategy]);
    }
    printf("\n");
}

/* Without a roofline, as ../shared/reference/profiles.md has it of the same server: fitted to six
 * of its sixteen shapes, and to times per token of all at the concurrency that was measured. */
static Profile linear_profile(double c0_ms, double c_prefill_ms, double c_decode_ms, double c_kv_ms,
                              sim_time overhead) {
    Profile profile = catalogue_profile();
    profile.c0_ms = c0_ms;
    profile.c_prefill_ms = c_prefill_ms;
    profile.c_decode_ms = c_decode_ms;
    profile.c_kv_ms = c_kv_ms;
    profile.c_token_ms = profile.c_attention_ms = 0;
    profile.free_tokens = 0;
    profile.request_overhead = overhead;
    profile.stream_overhead = 0;
    return profile;
}

static void print_profiles(const Runs *runs) {
    Profile rule = rule_profile("H100");
    rule.batch_slots = catalogue_profile().batch_slots;
    const struct {
        const char *what, *used;
        Profile profile;
    } rows[] = {
        {"the catalogue's", "yes", catalogue_profile()},
        {"by the physics rule, with 512 slots", "its corner", rule},
        {"a straight line, fitted to six of sixteen shapes", "some",
         linear_profile(6.444, 0.02357, 0.02028, 4.68e-5, 6880000)},
        {"a straight line, fitted to all shapes at given concurrency", "all",
         linear_profile(6.67, 0.0222, 0.0235, 5.33e-5, 7000000)},
    };
    print_head("coefficients");
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        Sum sum = {0};
        for (size_t i = 0; i < runs->count; i++) {
            if (runs->items[i].strategy == CONSTANT) {
                const Seen errors = errors_of(&runs->items[i], &rows[k].profile);
                sum_add(&sum, &errors);
            }
        }
        print_sum(rows[k].what, rows[k].used, &sum);
    }
    printf("\n");
}

/* ---- Runs of which every request is recorded ---- */

/* With vLLM's own settings, but for the slots, which both runs had. */
static const struct {
    const char *what, *accelerator, *file;
    int64_t slots;
} recorded[] = {
    {"RTX 4090", "RTX_4090", "RTX4090_Llama-3.1-8B.requests.jsonl", 128},
    {"RTX PRO 6000", "RTX_PRO_6000", "RTXPRO6000_Llama-3.1-8B.requests.jsonl", 128},
};

static void figures_of_log(const CalibrationLog *log, const ReplayOutcome *outcomes,
                           LoggedMetric metric, double figures[FIGURES]) {
    Weighted *values = memory_new(log->count, sizeof *values);
    size_t count = 0;
    for (size_t i = 0; i < log->count; i++) {
        const LoggedRequest *logged = &log->requests[i];
        const double seconds =
            outcomes ? seconds_of(&logged->request, &outcomes[i], metric) : logged->seconds[metric];
        if (!isnan(logged->seconds[metric])) {
            values[count++] = (Weighted){seconds, 1};
        }
    }
    take_figures(values, count, figures);
    free(values);
}

static void print_recorded(const char *what, const CalibrationLog *log, const Profile *profile) {
    ReplayRequest *requests = memory_new(log->count, sizeof *requests);
    ReplayOutcome *outcomes = memory_new(log->count, sizeof *outcomes);
    for (size_t i = 0; i < log->count; i++) {
        requests[i] = log->requests[i].request;
    }
    replay_run(profile, &(ReplayScript){requests, log->count, 0}, (ReplayWatch){0}, outcomes);
    printf("| %s | no |", what);
    for (int metric = 0; metric < LOGGED_METRICS; metric++) {
        double told[FIGURES], replayed[FIGURES];
        figures_of_log(log, NULL, (LoggedMetric)metric, told);
        figures_of_log(log, outcomes, (LoggedMetric)metric, replayed);
        for (int figure = 0; figure < FIGURES; figure++) {
            printf(" %+.1f %% |", 100 * (replayed[figure] / told[figure] - 1));
        }
    }
    printf("\n");
    free(requests);
    free(outcomes);
}

static bool print_all_recorded(const char *shared, ErrorList *errors) {
    bool fine = true;
    printf("| Llama-3.1-8B by the physics rule | chosen by it | TTFT mean | median | p95 | "
           "TPOT mean | median | p95 | E2E mean | median | p95 |\n"
           "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
        CalibrationLog log = {0};
        char *path = memory_format("%s/traces/vllm_runs/%s", shared, recorded[i].file);
        Profile profile = rule_profile(recorded[i].accelerator);
        profile.batch_slots = recorded[i].slots;
        fine = calibration_log_read(&log, path, 1, NULL, errors) && fine;
        if (log.count > 0) {
            print_recorded(recorded[i].what, &log, &profile);
        }
        calibration_log_clear(&log);
        free(path);
    }
    return fine;
}

static bool is_there(const char *path) {
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        fclose(file);
    }
    return file != NULL;
}

static bool print_sweeps(const char *path, ErrorList *errors) {
    Runs runs = {0};
    const bool fine = read_runs(&runs, path, errors);
    if (fine) {
        const Profile profile = catalogue_profile();
        print_shapes(&runs, &profile);
        print_profiles(&runs);
    }
    free(runs.items);
    return fine;
}

int main(int count, char *arguments[]) {
    const char *shared = count > 1 ? arguments[1] : "../shared";
    char *sweeps = memory_format("%s/reference/vllm_llama31_8b_sweeps.csv", shared);
    char *first = memory_format("%s/traces/vllm_runs/%s", shared, recorded[0].file);
    ErrorList errors = {0};
    bool fine = true;
    if (is_there(sweeps)) {
        fine = print_sweeps(sweeps, &errors);
    } else {
        fprintf(stderr, "accuracy: no %s: these runs are left out\n", sweeps);
    }
    if (is_there(first)) {
        fine = print_all_recorded(shared, &errors) && fine;
    } else {
        fprintf(stderr, "accuracy: no %s: these runs are left out\n", first);
    }
    error_list_print(&errors, stderr);
    error_list_clear(&errors);
    free(sweeps);
    free(first);
    return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* What a run came to, per deployment: an observer that fills histograms as requests end and keeps
 * the totals of the end. Latencies are those of requests first sent after the warm-up that ended,
 * as figures/latency.h says. Summaries of replications merge exactly; every total of a merged one
 * is that of all its runs together. */
#ifndef FIGURES_SUMMARY_H
#define FIGURES_SUMMARY_H

#include "figures/latency.h"

typedef struct asim_scenario Scenario;
typedef struct cJSON cJSON;
typedef struct CsvWriter CsvWriter;

/* What the policy's decisions were, as figures/verdict.h asks. Not of a run put together of days.
 */
typedef struct SummaryDecisions {
    uint64_t evaluations;
    uint64_t capped;  /* of these, the load asked for more than the most replicas allowed */
    uint64_t turns;   /* the target rose within VERDICT_TURN of a fall */
    int most;         /* replicas allowed, at the last one capped */
    sim_time lowered; /* when it fell last; SIM_TIME_NEVER: not since it rose */
} SummaryDecisions;

typedef struct DeploymentSummary {
    char *name;
    bool ended;                         /* run_ended has come: what follows is whole */
    Histogram latencies[LATENCY_COUNT]; /* in nanoseconds */
    uint64_t measured;                  /* requests outside the warm-up, whatever became of them */
    uint64_t met;                       /* of these, completed within every stated limit */
    uint64_t waited;                    /* of these, as figures/verdict.h says */
    SummaryDecisions decisions;
    uint64_t asked_prompt_tokens; /* of all requests, whatever became of them */
    uint64_t asked_output_tokens;
    double serverless_input_usd, serverless_output_usd; /* per token; NAN: no price is stated */
    sim_time measured_span;                             /* span - warm-up, not below 0 */
    asim_run_end end;
    /* While the run goes on, latencies[LATENCY_TTFT] and [LATENCY_E2E] hold the requests that were
     * sent once, for which the retry wait is 0, and those that never came to it; these hold the
     * others, from their first send. The two are put together at the end: it saves two records per
     * request, and a third that retry waits of 0 are only counted. */
    Histogram retried_ttft, retried_e2e;
    uint64_t sent_once;
} DeploymentSummary;

typedef struct Summary {
    char *scenario;
    int64_t seed;
    int64_t replication;
    int64_t start_epoch_s; /* of time 0 */
    sim_time warmup;
    sim_time slo_ttft, slo_tpot, slo_e2e; /* SIM_TIME_NEVER: no limit is stated */
    DeploymentSummary *deployments;       /* in the scenario's order */
    size_t deployment_count;
} Summary;

/* Copies what it needs of the scenario. Owned by the caller (summary_destroy). */
Summary *summary_create(const Scenario *scenario);
void summary_destroy(Summary *summary);

/* The observer that fills it; `self` is the summary. */
asim_observer summary_observer(Summary *summary);

/* summary.csv: one row per deployment, a column per metric. */
void summary_write_csv(const Summary *summary, CsvWriter *writer);
/* For --json: {"scenario", "seed", "replication", "start", "verdicts": {NAME: {"verdict",
 * "reason"}}, "deployments": {NAME: {METRIC: number or null, ...}}}; as a text that ends with a
 * line feed, and as a tree. Owned by the caller. */
char *summary_json(const Summary *summary);
cJSON *summary_json_tree(const Summary *summary);
/* {deployment: {verdict, reason}} (figures/verdict.h). Owned by the caller. */
cJSON *summary_verdicts(const Summary *summary);

/* Whether any limit is stated, so that attainment and goodput mean something. */
bool summary_has_slo(const Summary *summary);

/* By days -------------------------------------------------------------------------------------- */

/* A run cut into days of its calendar: an observer that keeps what each came to, so that days can
 * be put together anew (experiment/comparison.h). Days end at the end of the interval nearest to
 * midnight. The first and the last may be parts; a day is whole that lacks at most a minute, as a
 * log's last one does. A request belongs to the day in which it ended, as the running totals count
 * it; what is drained after the end, to the last day. All of them, put together once each, are the
 * run's summary. */
typedef struct DailySummary DailySummary;

/* Whether an interval ends within a minute of each midnight: the totals of a day are read there. */
bool daily_summary_possible(const Scenario *scenario);

DailySummary *daily_summary_create(const Scenario *scenario);
void daily_summary_destroy(DailySummary *daily);
asim_observer daily_summary_observer(DailySummary *daily);

/* Whole days, once the run has ended. */
size_t daily_summary_days(const DailySummary *daily);
/* What the span has beyond them, in days. */
double daily_summary_rest(const DailySummary *daily);

/* The summary of a run made of whole day d times[d] times, in the order of days, and of the rest as
 * it was: put into `into`, which summary_create made of the same scenario, in place of what it
 * held. */
void daily_summary_compose(const DailySummary *daily, const uint32_t times[], Summary *into);

/* Of the prompt tokens of requests whose past is told, the share that a prefix cache had, since
 * `before` (NULL: the beginning); NAN if there are none. */
double summary_cache_hit_share(const asim_counters *now, const asim_counters *before);

#endif

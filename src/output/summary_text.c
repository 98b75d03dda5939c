// SPDX-License-Identifier: GPL-3.0-or-later
/* The summary in words: one paragraph of labelled lines per deployment, latencies as a table; and
 * the story of its policy's decisions, one line for each thing that happened, none for what did
 * not. */
#include "base/text.h"
#include "engine/options.h"
#include "engine/sim_time.h"
#include "figures/decisions_digest.h"
#include "figures/human.h"
#include "figures/names.h"
#include "figures/summary.h"
#include "output/run_report.h"
#include "output/trace_report.h"
#include "policy/policies.h"
#include "scenario/scenario.h"

#include <math.h>

/* The label of a line and the indentation of those below it: 13 columns. */
#define LABEL "  %-11s"

/* A deployment as the lines below look at it, and a few words that are lent to their formats, each
 * until eight more have been made. */
typedef struct View {
    FILE *stream;
    const Summary *summary;
    size_t index; /* of the deployment */
    const DeploymentSummary *deployment;
    const asim_counters *totals;
    const asim_costs *costs;
    DayClock day_clock;
    bool tells_policy; /* its label has been printed */
    char words[8][HUMAN_TEXT];
    size_t word;
} View;

#define print(view, ...) fprintf((view)->stream, __VA_ARGS__)
#define print_line(view, label, ...) (print(view, LABEL, label), print(view, __VA_ARGS__))

static char *next_word(View *view) {
    return view->words[view->word++ % 8];
}

static const char *number(View *view, uint64_t count) {
    return human_count(count, next_word(view));
}

static const char *share(View *view, double of_one) {
    return human_share(of_one, next_word(view));
}

static const char *span(View *view, double seconds) {
    return human_seconds(seconds, next_word(view));
}

static const char *metric(View *view, size_t id) {
    const MetricRow *row = &metric_rows[id];
    const MetricValue value = metric_of(row, view->summary, view->index);
    return human_value(row->unit, metric_number(value), next_word(view));
}

static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

/* Requests ----------------------------------------------------------------------------------- */

static void print_part(View *view, const char **between, uint64_t count, const char *before,
                       const char *what) {
    if (count > 0) {
        print(view, "%s%s%s%s", *between, number(view, count), before, what);
        *between = ", ";
    }
}

static void print_requests(View *view) {
    const char *between = ": ";
    print_line(view, "requests", "%s", metric(view, METRIC_requests));
    for (size_t i = 0; i < ASIM_OUTCOME_COUNT; i++) {
        const uint64_t count = view->totals->outcomes[i];
        print_part(view, &between, count, " ", metric_rows[METRIC_completed + i].title);
        if (i == ASIM_COMPLETED && count > 0) {
            print(view, " (%s)", metric(view, METRIC_completed_share));
        }
    }
    print(view, "\n");
}

static void print_answers(View *view) {
    const char *between = ": ";
    print_line(view, "sends", "%s", metric(view, METRIC_sends));
    for (size_t i = 0; i < ASIM_ANSWER_COUNT; i++) {
        const bool is_answer = i != ASIM_ANSWER_NONE;
        print_part(view, &between, view->totals->answers[i], is_answer ? " x " : " ",
                   is_answer ? names_of_answers[i] : metric_rows[METRIC_unanswered].title);
    }
    print(view, "\n");
}

static void print_traffic(View *view) {
    const asim_traffic_counts *traffic = &view->deployment->end.traffic;
    const char *between = ", ";
    if (traffic->rows == 0) {
        return;
    }
    print_line(view, "trace", "%s rows", number(view, traffic->rows));
    print_part(view, &between, traffic->failed, "", " of requests that had failed");
    print_part(view, &between, traffic->skipped, "", " bad ones skipped");
    print_part(view, &between, traffic->outside, "", " outside the time simulated");
    print(view, "\n");
    if (traffic->ends_moved + traffic->ends_kept > 0) {
        print(view, LABEL, "arrivals");
        trace_text_ends(view->stream, traffic);
        print(view, "\n");
    }
    if (trace_text_unit(traffic->units) != NULL) {
        print_line(view, "times", "%s\n", trace_text_unit(traffic->units));
    }
}

/* Latencies ---------------------------------------------------------------------------------- */

/* mean: the first of a latency's metrics. */
static void print_latency(View *view, const char *name, MetricId mean) {
    static const int parts[] = {METRIC_ttft_p50_s, METRIC_ttft_p95_s, METRIC_ttft_p99_s,
                                METRIC_ttft_max_s, METRIC_ttft_mean_s};
    print(view, "    %-22s", name);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        print(view, "%10s", metric(view, (size_t)((int)mean + parts[i] - METRIC_ttft_mean_s)));
    }
    print(view, "\n");
}

/* Whose quantiles are "never", and who is in none. */
static void print_lost(View *view) {
    const Histogram *ttft = &view->deployment->latencies[LATENCY_TTFT];
    const Histogram *e2e = &view->deployment->latencies[LATENCY_E2E];
    const uint64_t ended = histogram_members(e2e), cut = view->deployment->measured - ended;
    if (e2e->never > 0) {
        print(view, "    never: %s of %s got no whole answer", number(view, e2e->never),
              number(view, ended));
        if (ttft->never > 0) {
            print(view, ", %s no first token", number(view, ttft->never));
        }
        print(view, "; max and mean are of the others\n");
    }
    if (cut > 0) {
        print(view, "    in none of these: the %s cut in flight\n", number(view, cut));
    }
}

static void print_latencies(View *view) {
    const Histogram *retry_wait = &view->deployment->latencies[LATENCY_RETRY_WAIT];
    if (retry_wait->count == 0) {
        return; /* nothing ended */
    }
    print_line(view, "latency", "%13s%10s%10s%10s%10s%10s\n", "", "p50", "p95", "p99", "max",
               "mean");
    print_latency(view, "first token (TTFT)", METRIC_ttft_mean_s);
    print_latency(view, "per token (TPOT)", METRIC_tpot_mean_s);
    print_latency(view, "whole answer (E2E)", METRIC_e2e_mean_s);
    if (retry_wait->maximum > 0) {
        print_latency(view, "  of it, retry wait", METRIC_retry_wait_mean_s);
        print_latency(view, "TTFT without it", METRIC_ttft_without_retry_mean_s);
    }
    print_latency(view, "  of it, queue wait", METRIC_queue_wait_mean_s);
    print_lost(view);
}

static void print_objective(View *view) {
    const struct {
        const char *name;
        sim_time limit;
    } limits[] = {{"TTFT", view->summary->slo_ttft},
                  {"TPOT", view->summary->slo_tpot},
                  {"E2E", view->summary->slo_e2e}};
    const char *between = "";
    char text[SIM_TIME_TEXT];
    if (!summary_has_slo(view->summary) || view->deployment->measured == 0) {
        return;
    }
    print_line(view, "objective", "%s of requests meet ", metric(view, METRIC_slo_attainment));
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (limits[i].limit != SIM_TIME_NEVER) {
            print(view, "%s%s %s", between, limits[i].name, sim_time_format(limits[i].limit, text));
            between = ", ";
        }
    }
    print(view, "; goodput %s/s\n", metric(view, METRIC_goodput_per_s));
}

/* Replicas and money ------------------------------------------------------------------------- */

static void print_special_times(View *view) {
    const struct {
        double seconds;
        const char *what;
    } times[] = {{view->costs->zero_s, "none serving"},
                 {view->costs->deleted_s, "deleted"},
                 {view->costs->quota_limited_s, "held back by the quota"}};
    const double all = sim_time_to_seconds(view->deployment->end.span);
    bool any = false;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        if (times[i].seconds > 0 && all > 0) {
            print(view, "%*s%s for %s (%s)", any ? 0 : 13, any ? ", " : "", times[i].what,
                  span(view, times[i].seconds), share(view, times[i].seconds / all));
            any = true;
        }
    }
    print(view, "%s", any ? "\n" : "");
}

static void print_scaling(View *view) {
    const asim_counters *totals = view->totals;
    print_line(view, "replicas", "%s cold start%s", number(view, totals->cold_starts),
               plural(totals->cold_starts));
    if (totals->cancelled_starts > 0) {
        print(view, " (%s cancelled)", number(view, totals->cancelled_starts));
    }
    print(view, ", %s scale-up%s, %s scale-down%s\n", number(view, totals->scale_ups),
          plural(totals->scale_ups), number(view, totals->scale_downs),
          plural(totals->scale_downs));
}

static void print_cost(View *view) {
    print_line(view, "cost", "%s", metric(view, METRIC_total_usd));
    if (view->costs->reserved_usd > 0) {
        print(view, " (%s on demand, %s reserved)", metric(view, METRIC_on_demand_usd),
              metric(view, METRIC_reserved_usd));
    }
    print(view, "\n");
    if (view->totals->generated_tokens > 0 && view->totals->outcomes[ASIM_COMPLETED] > 0) {
        print_line(view, "", "%s per 1M output tokens, %s per 1,000 completed requests\n",
                   metric(view, METRIC_usd_per_million_output_tokens),
                   metric(view, METRIC_usd_per_thousand_requests));
    }
}

static void print_paid_time(View *view) {
    const asim_costs *costs = view->costs;
    const double paid = costs->billed_gpu_s;
    if (!(paid > 0)) {
        return;
    }
    print_line(view, "paid for", "%s GPU-hours: %s busy, %s idle, %s draining",
               metric(view, METRIC_billed_gpu_hours), share(view, costs->busy_gpu_s / paid),
               metric(view, METRIC_idle_share_of_paid_time),
               share(view, costs->draining_gpu_s / paid));
    const double booting =
        (paid - costs->busy_gpu_s - costs->idle_gpu_s - costs->draining_gpu_s) / paid;
    if (booting > 0.0005) { /* bill_startup */
        print(view, ", %s booting", share(view, booting));
    }
    if (costs->covered_gpu_s > 0) {
        print(view, "; %s covered by the reservation", share(view, costs->covered_gpu_s / paid));
    }
    print(view, "\n");
}

/* Decisions ---------------------------------------------------------------------------------- */

/* Begins a line, the first with the label. */
static View *tell(View *view) {
    print(view, LABEL, view->tells_policy ? "" : "policy");
    view->tells_policy = true;
    return view;
}

static const char *instant(View *view, sim_time time) {
    return day_clock_text(&view->day_clock, time, next_word(view));
}

static const char *times(View *view, uint64_t count) {
    char *word = next_word(view);
    if (count > 2) {
        snprintf(word, HUMAN_TEXT, "%.30s times", number(view, count));
    }
    return count > 2 ? word : count == 1 ? "once" : "twice";
}

static void tell_scale_ups(View *view, const DeploymentDigest *digest) {
    const uint64_t ups = digest->scale_ups - digest->wakes;
    const DigestKey *winner = decisions_digest_winner(digest);
    if (ups == 0) {
        return;
    }
    print(tell(view), "scaled up %s", times(view, ups));
    if (winner != NULL && winner->wins == ups) {
        print(view, ", %sfor %s", ups > 1 ? "always " : "", winner->key);
    } else if (winner != NULL) {
        print(view, ", mostly for %s (%s)", winner->key, times(view, winner->wins));
    }
    print(view, "\n");
}

static void tell_largest_step(View *view, const DeploymentDigest *digest) {
    const uint64_t ups = digest->scale_ups - digest->wakes;
    const asim_decision_term *term = &digest->step_term;
    char target[32];
    if (!digest->has_step) {
        return;
    }
    print(tell(view), "%sstep %d -> %d at %s", ups > 1 ? "largest " : "", digest->step_from,
          digest->step_to, instant(view, digest->step_at));
    if (digest->step_has_term) {
        print(view, ": %s %s at a target of %s per replica asks for %d", term->key,
              human_number(term->measured, next_word(view)), text_number(term->target, target),
              term->wanted);
    }
    print(view, "\n");
}

static void tell_scale_downs(View *view, const DeploymentDigest *digest) {
    if (digest->scale_downs == 0) {
        return;
    }
    print(tell(view), "scaled down %s", times(view, digest->scale_downs));
    if (digest->to_zero > 0) {
        print(view, ", to zero %s%s%s", times(view, digest->to_zero),
              digest->to_zero > 1 ? ", first at " : " at ", instant(view, digest->first_to_zero));
    }
    print(view, "\n");
}

static void tell_limits(View *view, const DeploymentDigest *digest) {
    for (size_t i = 0; i < digest->hold_count; i++) {
        const DigestHold *hold = &digest->holds[i];
        if (hold->longest > 0) {
            print(tell(view), "held back by %s, longest for %s, from %s on\n", hold->window,
                  span(view, sim_time_to_seconds(hold->longest)),
                  instant(view, hold->longest_from));
        }
    }
    if (digest->most_not_asked > 0) {
        print(tell(view), "up to %d replica%s beyond the quota not asked for\n",
              digest->most_not_asked, plural((uint64_t)digest->most_not_asked));
    }
    if (digest->deleted_at != SIM_TIME_NEVER) {
        print(tell(view), "deleted at %s\n", instant(view, digest->deleted_at));
    }
}

static void print_decisions(View *view, const DeploymentDigest *digest) {
    const int highest = digest->highest_target;
    if (digest->last_change == SIM_TIME_NEVER) {
        print(tell(view), "kept %d replica%s in all %s evaluations\n", highest,
              plural((uint64_t)highest), number(view, digest->evaluations));
    }
    if (digest->wakes > 0) {
        print(tell(view), "woken by a request %s, first at %s\n", times(view, digest->wakes),
              instant(view, digest->first_wake));
    }
    tell_scale_ups(view, digest);
    tell_largest_step(view, digest);
    if (digest->scale_ups > 1 && digest->highest_at != digest->step_at) {
        print(tell(view), "highest target %d replica%s, first at %s\n", highest,
              plural((uint64_t)highest), instant(view, digest->highest_at));
    }
    tell_scale_downs(view, digest);
    tell_limits(view, digest);
}

/* The whole ---------------------------------------------------------------------------------- */

static void print_deployment(FILE *stream, const Summary *summary, size_t index,
                             const DeploymentConfig *config, const DecisionsDigest *digest) {
    const DeploymentSummary *deployment = &summary->deployments[index];
    View view = {.stream = stream,
                 .summary = summary,
                 .index = index,
                 .deployment = deployment,
                 .totals = &deployment->end.totals,
                 .costs = &deployment->end.costs,
                 .day_clock = day_clock_of(summary->start_epoch_s)};
    fprintf(stream, "\n%s: %s on %lld x %s, policy %s\n", deployment->name, config->model,
            (long long)config->accelerator_count, config->accelerator ? config->accelerator : "GPU",
            policies[config->policy].policy->name);
    print_requests(&view);
    print_answers(&view);
    print_traffic(&view);
    print_latencies(&view);
    print_objective(&view);
    print_scaling(&view);
    print_special_times(&view);
    print_cost(&view);
    print_paid_time(&view);
    if (digest != NULL) {
        print_decisions(&view, &digest->deployments[index]);
    }
}

static void print_title(FILE *stream, const Summary *summary) {
    sim_time span = 0, drained = 0;
    for (size_t i = 0; i < summary->deployment_count; i++) {
        const asim_run_end *end = &summary->deployments[i].end;
        span = end->span > span ? end->span : span;
        drained = end->drained_at > drained ? end->drained_at : drained;
    }
    char text[HUMAN_TEXT], start[SIM_TIME_TEXT];
    fprintf(stream, "%s: %s simulated from %s", summary->scenario ? summary->scenario : "scenario",
            human_seconds(sim_time_to_seconds(span), text),
            sim_time_format_calendar(summary->start_epoch_s, start));
    if (drained > span) {
        fprintf(stream, ", and %s until the last request ended",
                human_seconds(sim_time_to_seconds(drained - span), text));
    }
    fprintf(stream, "; seed %lld", (long long)summary->seed);
    if (summary->replication != 0) {
        fprintf(stream, ", replication %lld", (long long)summary->replication);
    }
    fputc('\n', stream);
    if (summary->warmup > 0) {
        fprintf(stream, "Latencies leave out the first %s, the warm-up.\n",
                human_seconds(sim_time_to_seconds(summary->warmup), text));
    }
}

void run_report_print(FILE *stream, const Scenario *scenario, const Summary *summary,
                      const DecisionsDigest *digest) {
    print_title(stream, summary);
    for (size_t i = 0; i < summary->deployment_count; i++) {
        print_deployment(stream, summary, i, &scenario->deployments[i], digest);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The summary in words: one paragraph of labelled lines per deployment, latencies as a table. */
#include "output/run_report.h"

#include "base/terminal.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "figures/decisions_digest.h"
#include "figures/human.h"
#include "figures/names.h"
#include "figures/summary.h"
#include "output/trace_report.h"
#include "policy/policies.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"

#include <math.h>

/* The label of a line and the indentation of those below it: 13 columns. */
#define LABEL "  %-11s"

/* A deployment as the lines below look at it. */
typedef struct View {
    FILE *stream;
    const Summary *summary;
    size_t index; /* of the deployment */
    const DeploymentSummary *deployment;
    const asim_counters *totals;
    const asim_costs *costs;
} View;

static void label(const View *view, const char *text) {
    fprintf(view->stream, LABEL, text);
}

static const char *metric_text(const View *view, size_t metric, char text[HUMAN_TEXT]) {
    const MetricRow *row = &metric_rows[metric];
    const MetricValue value = metric_of(row, view->summary, view->index);
    return human_value(row->unit, metric_number(value), text);
}

static void print_part(const View *view, bool *first, uint64_t count, const char *before,
                       const char *what) {
    char text[HUMAN_TEXT];
    if (count > 0) {
        fprintf(view->stream, "%s%s%s%s", *first ? "" : ", ", human_count(count, text), before,
                what);
        *first = false;
    }
}

/* Requests ----------------------------------------------------------------------------------- */

static void print_requests(const View *view) {
    char text[HUMAN_TEXT];
    label(view, "requests");
    fprintf(view->stream, "%s", metric_text(view, METRIC_requests, text));
    bool first = true;
    for (size_t i = 0; i < ASIM_OUTCOME_COUNT; i++) {
        const uint64_t count = view->totals->outcomes[i];
        fputs(first && count ? ": " : "", view->stream);
        print_part(view, &first, count, " ", metric_rows[METRIC_completed + i].title);
        if (i == ASIM_COMPLETED && count > 0) {
            fprintf(view->stream, " (%s)", metric_text(view, METRIC_completed_share, text));
        }
    }
    fputc('\n', view->stream);
}

static void print_answers(const View *view) {
    char text[HUMAN_TEXT];
    label(view, "sends");
    fprintf(view->stream, "%s", metric_text(view, METRIC_sends, text));
    bool first = true;
    for (size_t i = 0; i < ASIM_ANSWER_COUNT; i++) {
        const bool is_answer = i != ASIM_ANSWER_NONE;
        fputs(first && view->totals->answers[i] ? ": " : "", view->stream);
        print_part(view, &first, view->totals->answers[i], is_answer ? " x " : " ",
                   is_answer ? names_of_answers[i] : metric_rows[METRIC_unanswered].title);
    }
    fputc('\n', view->stream);
}

static void print_traffic(const View *view) {
    const asim_traffic_counts *traffic = &view->deployment->end.traffic;
    char text[HUMAN_TEXT];
    if (traffic->rows == 0) {
        return;
    }
    label(view, "trace");
    fprintf(view->stream, "%s rows", human_count(traffic->rows, text));
    bool first = false;
    print_part(view, &first, traffic->failed, "", " of requests that had failed");
    print_part(view, &first, traffic->skipped, "", " bad ones skipped");
    print_part(view, &first, traffic->outside, "", " outside the time simulated");
    fputc('\n', view->stream);
    if (traffic->ends_moved + traffic->ends_kept > 0) {
        label(view, "arrivals");
        trace_text_ends(view->stream, traffic);
        fputc('\n', view->stream);
    }
    if (trace_text_unit(traffic->units) != NULL) {
        label(view, "times");
        fprintf(view->stream, "%s\n", trace_text_unit(traffic->units));
    }
}

/* Latencies ---------------------------------------------------------------------------------- */

/* mean: the first of a latency's metrics. */
static void add_latency(Table *table, const View *view, const char *name, MetricId mean) {
    static const int parts[] = {METRIC_ttft_p50_s, METRIC_ttft_p95_s, METRIC_ttft_p99_s,
                                METRIC_ttft_max_s, METRIC_ttft_mean_s};
    char text[HUMAN_TEXT];
    table_row(table, "  %s", name);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const size_t metric = (size_t)((int)mean + parts[i] - METRIC_ttft_mean_s);
        table_cell(table, "%s", metric_text(view, metric, text));
    }
}

/* Whose quantiles are "never", and who is in none. */
static void print_lost(const View *view) {
    const Histogram *ttft = &view->deployment->latencies[LATENCY_TTFT];
    const Histogram *e2e = &view->deployment->latencies[LATENCY_E2E];
    const uint64_t ended = histogram_members(e2e), cut = view->deployment->measured - ended;
    char text[HUMAN_TEXT], of[HUMAN_TEXT];
    if (e2e->never > 0) {
        fprintf(view->stream, "    never: %s of %s got no whole answer",
                human_count(e2e->never, text), human_count(ended, of));
        if (ttft->never > 0) {
            fprintf(view->stream, ", %s no first token", human_count(ttft->never, text));
        }
        fprintf(view->stream, "; max and mean are of the others\n");
    }
    if (cut > 0) {
        fprintf(view->stream, "    in none of these: the %s cut in flight\n",
                human_count(cut, text));
    }
}

static void print_latencies(const View *view) {
    const Histogram *retry_wait = &view->deployment->latencies[LATENCY_RETRY_WAIT];
    if (retry_wait->count == 0) {
        return; /* nothing ended */
    }
    Table table = {0};
    table_columns(&table, "  %-24s%10s%10s%10s%10s%10s");
    table_row(&table, "latency\tp50\tp95\tp99\tmax\tmean");
    add_latency(&table, view, "first token (TTFT)", METRIC_ttft_mean_s);
    add_latency(&table, view, "per token (TPOT)", METRIC_tpot_mean_s);
    add_latency(&table, view, "whole answer (E2E)", METRIC_e2e_mean_s);
    if (retry_wait->maximum > 0) {
        add_latency(&table, view, "  of it, retry wait", METRIC_retry_wait_mean_s);
        add_latency(&table, view, "TTFT without it", METRIC_ttft_without_retry_mean_s);
    }
    add_latency(&table, view, "  of it, queue wait", METRIC_queue_wait_mean_s);
    table_print(&table, view->stream);
    print_lost(view);
}

static void print_limit(const View *view, const char *name, sim_time limit, const char **between) {
    char text[SIM_TIME_TEXT];
    if (limit != SIM_TIME_NEVER) {
        fprintf(view->stream, "%s%s %s", *between, name, sim_time_format(limit, text));
        *between = ", ";
    }
}

static void print_objective(const View *view) {
    if (!summary_has_slo(view->summary) || view->deployment->measured == 0) {
        return;
    }
    const Summary *summary = view->summary;
    char met[HUMAN_TEXT], goodput[HUMAN_TEXT];
    metric_text(view, METRIC_slo_attainment, met);
    metric_text(view, METRIC_goodput_per_s, goodput);
    label(view, "objective");
    fprintf(view->stream, "%s of requests meet ", met);
    const char *between = "";
    print_limit(view, "TTFT", summary->slo_ttft, &between);
    print_limit(view, "TPOT", summary->slo_tpot, &between);
    print_limit(view, "E2E", summary->slo_e2e, &between);
    fprintf(view->stream, "; goodput %s/s\n", goodput);
}

/* Replicas and money ------------------------------------------------------------------------- */

static void print_time_share(const View *view, bool *first, double seconds, const char *what) {
    const double span = sim_time_to_seconds(view->deployment->end.span);
    char time[HUMAN_TEXT], share[HUMAN_TEXT];
    if (seconds > 0 && span > 0) {
        if (*first) {
            label(view, "");
        }
        fprintf(view->stream, "%s%s for %s (%s)", *first ? "" : ", ", what,
                human_seconds(seconds, time), human_share(seconds / span, share));
        *first = false;
    }
}

static void print_special_times(const View *view) {
    const asim_costs *costs = view->costs;
    bool first = true;
    print_time_share(view, &first, costs->zero_s, "none serving");
    print_time_share(view, &first, costs->deleted_s, "deleted");
    print_time_share(view, &first, costs->quota_limited_s, "held back by the quota");
    if (!first) {
        fputc('\n', view->stream);
    }
}

static void print_scaling(const View *view) {
    const asim_counters *totals = view->totals;
    char starts[HUMAN_TEXT], cancelled[HUMAN_TEXT], ups[HUMAN_TEXT], downs[HUMAN_TEXT];
    label(view, "replicas");
    fprintf(view->stream, "%s cold start%s", human_count(totals->cold_starts, starts),
            totals->cold_starts == 1 ? "" : "s");
    if (totals->cancelled_starts > 0) {
        fprintf(view->stream, " (%s cancelled)", human_count(totals->cancelled_starts, cancelled));
    }
    fprintf(view->stream, ", %s scale-up%s, %s scale-down%s", human_count(totals->scale_ups, ups),
            totals->scale_ups == 1 ? "" : "s", human_count(totals->scale_downs, downs),
            totals->scale_downs == 1 ? "" : "s");
    fputc('\n', view->stream);
}

static void print_cost(const View *view) {
    char text[HUMAN_TEXT], other[HUMAN_TEXT];
    label(view, "cost");
    fprintf(view->stream, "%s", metric_text(view, METRIC_total_usd, text));
    if (view->costs->reserved_usd > 0) {
        fprintf(view->stream, " (%s on demand, %s reserved)",
                metric_text(view, METRIC_on_demand_usd, text),
                metric_text(view, METRIC_reserved_usd, other));
    }
    fputc('\n', view->stream);
    if (view->totals->generated_tokens > 0 && view->totals->outcomes[ASIM_COMPLETED] > 0) {
        label(view, "");
        fprintf(view->stream, "%s per 1M output tokens, %s per 1,000 completed requests\n",
                metric_text(view, METRIC_usd_per_million_output_tokens, text),
                metric_text(view, METRIC_usd_per_thousand_requests, other));
    }
}

static void print_paid_time(const View *view) {
    const asim_costs *costs = view->costs;
    const double paid = costs->billed_gpu_s;
    char hours[HUMAN_TEXT], busy[HUMAN_TEXT], idle[HUMAN_TEXT], draining[HUMAN_TEXT];
    if (!(paid > 0)) {
        return;
    }
    label(view, "paid for");
    fprintf(view->stream, "%s GPU-hours: %s busy, %s idle, %s draining",
            metric_text(view, METRIC_billed_gpu_hours, hours),
            human_share(costs->busy_gpu_s / paid, busy),
            metric_text(view, METRIC_idle_share_of_paid_time, idle),
            human_share(costs->draining_gpu_s / paid, draining));
    const double booting =
        (paid - costs->busy_gpu_s - costs->idle_gpu_s - costs->draining_gpu_s) / paid;
    if (booting > 0.0005) { /* bill_startup */
        fprintf(view->stream, ", %s booting", human_share(booting, hours));
    }
    if (costs->covered_gpu_s > 0) {
        fprintf(view->stream, "; %s covered by the reservation",
                human_share(costs->covered_gpu_s / paid, hours));
    }
    fputc('\n', view->stream);
}

/* The policy's story: one line for each thing that happened, none for what did not ------------ */

typedef struct Story {
    FILE *stream;
    DayClock day_clock;
    bool begun;
} Story;

static FILE *next_line(Story *story) {
    fprintf(story->stream, LABEL, story->begun ? "" : "policy");
    story->begun = true;
    return story->stream;
}

static const char *times(uint64_t count, char text[HUMAN_TEXT]) {
    char number[HUMAN_TEXT];
    if (count <= 2) {
        snprintf(text, HUMAN_TEXT, "%s", count == 1 ? "once" : "twice");
    } else {
        snprintf(text, HUMAN_TEXT, "%.30s times", human_count(count, number));
    }
    return text;
}

static const char *plural(int count) {
    return count == 1 ? "" : "s";
}

static void tell_wakes(Story *story, const DeploymentDigest *digest) {
    char count[HUMAN_TEXT], first[HUMAN_TEXT];
    if (digest->wakes > 0) {
        fprintf(next_line(story), "woken by a request %s, first at %s\n",
                times(digest->wakes, count),
                day_clock_text(&story->day_clock, digest->first_wake, first));
    }
}

static void tell_scale_ups(Story *story, const DeploymentDigest *digest) {
    const uint64_t ups = digest->scale_ups - digest->wakes;
    const DigestKey *winner = decisions_digest_winner(digest);
    char count[HUMAN_TEXT], wins[HUMAN_TEXT];
    if (ups == 0) {
        return;
    }
    FILE *stream = next_line(story);
    fprintf(stream, "scaled up %s", times(ups, count));
    if (winner != NULL && winner->wins == ups) {
        fprintf(stream, ", %sfor %s", ups > 1 ? "always " : "", winner->key);
    } else if (winner != NULL) {
        fprintf(stream, ", mostly for %s (%s)", winner->key, times(winner->wins, wins));
    }
    fputc('\n', stream);
}

static void tell_largest_step(Story *story, const DeploymentDigest *digest) {
    const uint64_t ups = digest->scale_ups - digest->wakes;
    char at[HUMAN_TEXT], measured[HUMAN_TEXT], target[32];
    if (!digest->has_step) {
        return;
    }
    FILE *stream = next_line(story);
    fprintf(stream, "%sstep %d -> %d at %s", ups > 1 ? "largest " : "", digest->step_from,
            digest->step_to, day_clock_text(&story->day_clock, digest->step_at, at));
    if (digest->step_has_term) {
        const asim_decision_term *term = &digest->step_term;
        fprintf(stream, ": %s %s at a target of %s per replica asks for %d", term->key,
                human_number(term->measured, measured), text_number(term->target, target),
                term->wanted);
    }
    fputc('\n', stream);
}

static void tell_highest(Story *story, const DeploymentDigest *digest) {
    char at[HUMAN_TEXT];
    if (digest->scale_ups > 1 && digest->highest_at != digest->step_at) {
        fprintf(next_line(story), "highest target %d replica%s, first at %s\n",
                digest->highest_target, plural(digest->highest_target),
                day_clock_text(&story->day_clock, digest->highest_at, at));
    }
}

static void tell_scale_downs(Story *story, const DeploymentDigest *digest) {
    char count[HUMAN_TEXT], zeros[HUMAN_TEXT], first[HUMAN_TEXT];
    if (digest->scale_downs == 0) {
        return;
    }
    FILE *stream = next_line(story);
    fprintf(stream, "scaled down %s", times(digest->scale_downs, count));
    if (digest->to_zero > 0) {
        fprintf(stream, ", to zero %s%s%s", times(digest->to_zero, zeros),
                digest->to_zero > 1 ? ", first at " : " at ",
                day_clock_text(&story->day_clock, digest->first_to_zero, first));
    }
    fputc('\n', stream);
}

static void tell_holds(Story *story, const DeploymentDigest *digest) {
    char longest[HUMAN_TEXT], from[HUMAN_TEXT];
    for (size_t i = 0; i < digest->hold_count; i++) {
        const DigestHold *hold = &digest->holds[i];
        if (hold->longest > 0) {
            fprintf(next_line(story), "held back by %s, longest for %s, from %s on\n", hold->window,
                    human_seconds(sim_time_to_seconds(hold->longest), longest),
                    day_clock_text(&story->day_clock, hold->longest_from, from));
        }
    }
}

static void tell_limits(Story *story, const DeploymentDigest *digest) {
    char at[HUMAN_TEXT];
    if (digest->most_not_asked > 0) {
        fprintf(next_line(story), "up to %d replica%s beyond the quota not asked for\n",
                digest->most_not_asked, plural(digest->most_not_asked));
    }
    if (digest->deleted_at != SIM_TIME_NEVER) {
        fprintf(next_line(story), "deleted at %s\n",
                day_clock_text(&story->day_clock, digest->deleted_at, at));
    }
}

static void print_decisions(const View *view, const DeploymentDigest *digest) {
    Story story = {.stream = view->stream, .day_clock = day_clock_of(view->summary->start_epoch_s)};
    char count[HUMAN_TEXT];
    if (digest->last_change == SIM_TIME_NEVER) {
        fprintf(next_line(&story), "kept %d replica%s in all %s evaluations\n",
                digest->highest_target, plural(digest->highest_target),
                human_count(digest->evaluations, count));
    }
    tell_wakes(&story, digest);
    tell_scale_ups(&story, digest);
    tell_largest_step(&story, digest);
    tell_highest(&story, digest);
    tell_scale_downs(&story, digest);
    tell_holds(&story, digest);
    tell_limits(&story, digest);
}

/* The whole ---------------------------------------------------------------------------------- */

static void print_deployment(FILE *stream, const Summary *summary, size_t index,
                             const DeploymentConfig *config, const DecisionsDigest *digest) {
    const DeploymentSummary *deployment = &summary->deployments[index];
    const View view = {
        stream, summary, index, deployment, &deployment->end.totals, &deployment->end.costs};
    const char *policy = policies[config->policy].policy->name;
    fprintf(stream, "\n%s: %s on %lld x %s, policy %s\n", deployment->name, config->model,
            (long long)config->accelerator_count, config->accelerator ? config->accelerator : "GPU",
            policy);
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

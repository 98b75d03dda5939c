// SPDX-License-Identifier: GPL-3.0-or-later
/* The summary in words: one paragraph of labelled lines per deployment, latencies as a table. */
#include "output/run_report.h"

#include "base/memory.h"
#include "base/terminal.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "figures/decisions_digest.h"
#include "figures/human.h"
#include "figures/names.h"
#include "figures/summary.h"
#include "figures/verdict.h"
#include "output/trace_report.h"
#include "policy/own.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"

#include <stdlib.h>

/* A deployment as the lines below look at it, and a few short words that are lent to their formats,
 * each until eight more have been made. */
typedef struct View {
    FILE *stream; /* of the lines */
    TerminalLines lines;
    const Summary *summary;
    size_t index; /* of the deployment */
    const DeploymentSummary *deployment;
    const asim_counters *totals;
    const asim_costs *costs;
    DayClock day_clock;
    char words[8][HUMAN_TEXT];
    size_t word;
    bool is_in_line;
    const char *told; /* the label of the next line of the policy's story */
} View;

/* Words -------------------------------------------------------------------------------------- */

static char *next_word(View *view) {
    return view->words[view->word++ % (sizeof view->words / sizeof *view->words)];
}

static const char *metric_text(View *view, size_t metric) {
    const MetricRow *row = &metric_rows[metric];
    const MetricValue value = metric_of(row, view->summary, view->index);
    return human_value(row->unit, metric_number(value), next_word(view));
}

static const char *count_text(View *view, uint64_t count) {
    return human_count(count, next_word(view));
}

/* "3 scale-ups" */
static const char *things(View *view, uint64_t count, const char *what) {
    char *word = next_word(view);
    snprintf(word, HUMAN_TEXT, "%.20s %.16s%s", count_text(view, count), what,
             count == 1 ? "" : "s");
    return word;
}

static const char *times(View *view, uint64_t count) {
    return count == 1 ? "once" : count == 2 ? "twice" : things(view, count, "time");
}

static const char *replicas(View *view, int count) {
    char *word = next_word(view);
    snprintf(word, HUMAN_TEXT, "%d replica%s", count, count == 1 ? "" : "s");
    return word;
}

static const char *share(View *view, double of_one) {
    return human_share(of_one, next_word(view));
}

static const char *seconds_text(View *view, double seconds) {
    return human_seconds(seconds, next_word(view));
}

static const char *instant(View *view, sim_time time) {
    return day_clock_text(&view->day_clock, time, next_word(view));
}

/* Lines -------------------------------------------------------------------------------------- */

#define say(view, ...) fprintf((view)->stream, __VA_ARGS__)

static void end_line(View *view) {
    fputs(view->is_in_line ? "\n" : "", view->stream);
    view->is_in_line = false;
}

/* The line before it ends. label: "" for the indentation of those below it, 13 columns. */
static void begin(View *view, const char *label) {
    end_line(view);
    say(view, "  %-11s", label);
    view->is_in_line = true;
}

#define line(view, label, ...) (begin(view, label), say(view, __VA_ARGS__))

/* A part of a list that may be empty, with what stands between it and the one before. */
static void say_part(View *view, const char **between, uint64_t count, const char *before,
                     const char *what) {
    if (count > 0) {
        say(view, "%s%s%s%s", *between, count_text(view, count), before, what);
        *between = ", ";
    }
}

/* Requests ----------------------------------------------------------------------------------- */

static void print_requests(View *view) {
    const char *between = ": ";
    line(view, "requests", "%s", metric_text(view, METRIC_requests));
    for (size_t i = 0; i < ASIM_OUTCOME_COUNT; i++) {
        const uint64_t count = view->totals->outcomes[i];
        say_part(view, &between, count, " ", metric_rows[METRIC_completed + i].title);
        if (i == ASIM_COMPLETED && count > 0) {
            say(view, " (%s)", metric_text(view, METRIC_completed_share));
        }
    }
}

static void print_answers(View *view) {
    const char *between = ": ";
    line(view, "sends", "%s", metric_text(view, METRIC_sends));
    for (size_t i = 0; i < ASIM_ANSWER_COUNT; i++) {
        const bool is_answer = i != ASIM_ANSWER_NONE;
        say_part(view, &between, view->totals->answers[i], is_answer ? " x " : " ",
                 is_answer ? names_of_answers[i] : metric_rows[METRIC_unanswered].title);
    }
}

static void print_traffic(View *view) {
    const asim_traffic_counts *traffic = &view->deployment->end.traffic;
    const char *between = ", ";
    if (traffic->rows == 0) {
        return;
    }
    line(view, "trace", "%s rows", count_text(view, traffic->rows));
    say_part(view, &between, traffic->failed, "", " of requests that had failed");
    say_part(view, &between, traffic->skipped, "", " bad ones skipped");
    say_part(view, &between, traffic->outside, "", " left out or outside the time simulated");
    if (traffic->prefixes != 0) {
        begin(view, "prefix");
        trace_text_prefix(view->stream, traffic);
    }
    if (traffic->ends_moved + traffic->ends_kept > 0) {
        begin(view, "arrivals");
        trace_text_ends(view->stream, traffic);
    }
    if (trace_text_values(traffic->values) != NULL) {
        line(view, "values", "%s", trace_text_values(traffic->values));
    }
    if (trace_text_unit(traffic->units) != NULL) {
        line(view, "times", "%s", trace_text_unit(traffic->units));
    }
}

/* Latencies ---------------------------------------------------------------------------------- */

/* mean: the first of a latency's metrics. */
static void add_latency(Table *table, View *view, const char *name, MetricId mean) {
    static const int parts[] = {METRIC_ttft_p50_s, METRIC_ttft_p95_s, METRIC_ttft_p99_s,
                                METRIC_ttft_max_s, METRIC_ttft_mean_s};
    table_row(table, "  %s", name);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const size_t metric = (size_t)((int)mean + parts[i] - METRIC_ttft_mean_s);
        table_cell(table, "%s", metric_text(view, metric));
    }
}

/* Whose quantiles are "never", and who is in none. */
static void print_lost(View *view) {
    const Histogram *ttft = &view->deployment->latencies[LATENCY_TTFT];
    const Histogram *e2e = &view->deployment->latencies[LATENCY_E2E];
    const uint64_t ended = histogram_members(e2e), cut = view->deployment->measured - ended;
    if (e2e->never > 0) {
        say(view, "    never: %s of %s got no whole answer", count_text(view, e2e->never),
            count_text(view, ended));
        if (ttft->never > 0) {
            say(view, ", %s no first token", count_text(view, ttft->never));
        }
        say(view, "; max and mean are of the others\n");
    }
    if (cut > 0) {
        say(view, "    in none of these: the %s cut in flight\n", count_text(view, cut));
    }
}

static void print_latencies(View *view) {
    const Histogram *retry_wait = &view->deployment->latencies[LATENCY_RETRY_WAIT];
    if (retry_wait->count == 0) {
        return; /* nothing ended */
    }
    end_line(view);
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
    terminal_lines_end(&view->lines);
    table_print(&table, view->lines.to);
    view->stream = terminal_lines_begin(&view->lines, view->lines.to);
    print_lost(view);
}

static void print_objective(View *view) {
    const Summary *summary = view->summary;
    const struct {
        const char *name;
        sim_time limit;
    } limits[] = {
        {"TTFT", summary->slo_ttft}, {"TPOT", summary->slo_tpot}, {"E2E", summary->slo_e2e}};
    const char *between = "";
    char text[SIM_TIME_TEXT];
    if (!summary_has_slo(summary) || view->deployment->measured == 0) {
        return;
    }
    line(view, "objective", "%s of requests meet ", metric_text(view, METRIC_slo_attainment));
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (limits[i].limit != SIM_TIME_NEVER) {
            say(view, "%s%s %s", between, limits[i].name, sim_time_format(limits[i].limit, text));
            between = ", ";
        }
    }
    say(view, "; goodput %s/s", metric_text(view, METRIC_goodput_per_s));
}

/* Replicas and money ------------------------------------------------------------------------- */

static void print_scaling(View *view) {
    const asim_counters *totals = view->totals;
    line(view, "replicas", "%s", things(view, totals->cold_starts, "cold start"));
    if (totals->cancelled_starts > 0) {
        say(view, " (%s cancelled)", count_text(view, totals->cancelled_starts));
    }
    say(view, ", %s, %s", things(view, totals->scale_ups, "scale-up"),
        things(view, totals->scale_downs, "scale-down"));
    const char *between = ", ";
    say_part(view, &between, totals->replicas_preempted, "", " preempted");
    say_part(view, &between, totals->replicas_failed, "", " failed");
}

static void print_special_times(View *view) {
    const struct {
        const char *what;
        double seconds;
    } times[] = {{"none serving", view->costs->zero_s},
                 {"deleted", view->costs->deleted_s},
                 {"held back by the quota", view->costs->quota_limited_s}};
    const double span = sim_time_to_seconds(view->deployment->end.span);
    bool first = true;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        const double seconds = times[i].seconds;
        if (seconds > 0 && span > 0) {
            if (first) {
                begin(view, "");
            } else {
                say(view, ", ");
            }
            say(view, "%s for %s (%s)", times[i].what, seconds_text(view, seconds),
                share(view, seconds / span));
            first = false;
        }
    }
}

static void print_projected_cost(View *view) {
    const MetricValue projected =
        metric_of(&metric_rows[METRIC_usd_per_30_days], view->summary, view->index);
    char text[HUMAN_PROJECTION_TEXT];
    if (projected.kind != METRIC_VALUE_NONE) {
        say(view, "; %s",
            human_projection(metric_number(projected), view->deployment->end.span, text));
    }
}

static void print_serverless(View *view) {
    const double serverless =
        metric_number(metric_of(&metric_rows[METRIC_serverless_usd], view->summary, view->index));
    if (serverless > 0) {
        line(view, "serverless", "%s for the same tokens: the deployment costs %s of it",
             metric_text(view, METRIC_serverless_usd),
             metric_text(view, METRIC_share_of_serverless_cost));
        line(view, "", "break-even at %s such requests per second",
             metric_text(view, METRIC_break_even_requests_per_s));
    }
}

static void print_cost(View *view) {
    line(view, "cost", "%s", metric_text(view, METRIC_total_usd));
    if (view->costs->reserved_usd > 0) {
        say(view, " (%s on demand, %s reserved)", metric_text(view, METRIC_on_demand_usd),
            metric_text(view, METRIC_reserved_usd));
    }
    print_projected_cost(view);
    if (view->totals->generated_tokens > 0 && view->totals->outcomes[ASIM_COMPLETED] > 0) {
        line(view, "", "%s per 1M output tokens, %s per 1,000 completed requests",
             metric_text(view, METRIC_usd_per_million_output_tokens),
             metric_text(view, METRIC_usd_per_thousand_requests));
    }
}

static void print_paid_time(View *view) {
    const asim_costs *costs = view->costs;
    const double paid = costs->billed_gpu_s;
    if (!(paid > 0)) {
        return;
    }
    line(view, "paid for", "%s GPU-hours: %s busy, %s idle, %s draining",
         metric_text(view, METRIC_billed_gpu_hours), share(view, costs->busy_gpu_s / paid),
         metric_text(view, METRIC_idle_share_of_paid_time),
         share(view, costs->draining_gpu_s / paid));
    const double booting =
        (paid - costs->busy_gpu_s - costs->idle_gpu_s - costs->draining_gpu_s) / paid;
    if (booting > 0.0005) { /* bill_startup */
        say(view, ", %s booting", share(view, booting));
    }
    if (costs->covered_gpu_s > 0) {
        say(view, "; %s covered by the reservation", share(view, costs->covered_gpu_s / paid));
    }
}

/* Nothing where no request says what was seen before. */
static void print_cache(View *view) {
    uint64_t asked = 0;
    for (size_t age = 0; age < ASIM_REPLICA_AGES; age++) {
        asked += view->totals->asked_tokens[age];
    }
    if (asked == 0) {
        return;
    }
    line(view, "cached", "%s of %s prompt tokens", metric_text(view, METRIC_cache_hit_share),
         count_text(view, asked));
    const char *between = "; by how long the replica has served: ";
    for (size_t age = 0; age < ASIM_REPLICA_AGES; age++) {
        const size_t metric = METRIC_cache_hit_share_below_1m + age;
        if (view->totals->asked_tokens[age] > 0) {
            say(view, "%s%s %s", between, metric_rows[metric].short_title,
                metric_text(view, metric));
            between = ", ";
        }
    }
}

/* Nothing where memory was never short. */
static void print_preemptions(View *view) {
    const uint64_t preemptions = view->totals->preemptions;
    if (preemptions > 0) {
        line(view, "preempted", "%s for want of KV memory; %s tokens computed again",
             times(view, preemptions), count_text(view, view->totals->recomputed_tokens));
    }
}

/* The policy's story: one line for each thing that happened, none for what did not ------------ */

#define tell(view, ...) (line(view, (view)->told, __VA_ARGS__), (view)->told = "")

static void tell_scale_ups(View *view, const DeploymentDigest *digest, uint64_t ups) {
    const DigestKey *winner = decisions_digest_winner(digest);
    tell(view, "scaled up %s", times(view, ups));
    if (winner != NULL && winner->wins == ups) {
        say(view, ", %sfor %s", ups > 1 ? "always " : "", winner->key);
    } else if (winner != NULL) {
        say(view, ", mostly for %s (%s)", winner->key, times(view, winner->wins));
    }
}

static void tell_largest_step(View *view, const DeploymentDigest *digest, uint64_t ups) {
    tell(view, "%sstep %d -> %d at %s", ups > 1 ? "largest " : "", digest->step_from,
         digest->step_to, instant(view, digest->step_at));
    if (digest->step_has_term) {
        const asim_decision_term *term = &digest->step_term;
        say(view, ": %s %s at a target of %s per replica asks for %d", term->key,
            human_number(term->measured, next_word(view)),
            text_number(term->target, next_word(view)), term->wanted);
    }
}

static void tell_scale_downs(View *view, const DeploymentDigest *digest) {
    tell(view, "scaled down %s", times(view, digest->scale_downs));
    if (digest->to_zero > 0) {
        say(view, ", to zero %s%s%s", times(view, digest->to_zero),
            digest->to_zero > 1 ? ", first at " : " at ", instant(view, digest->first_to_zero));
    }
}

static void print_decisions(View *view, const DeploymentDigest *digest) {
    const uint64_t ups = digest->scale_ups - digest->wakes;
    if (digest->last_change == SIM_TIME_NEVER) {
        tell(view, "kept %s in all %s evaluations", replicas(view, digest->highest_target),
             count_text(view, digest->evaluations));
    }
    if (digest->wakes > 0) {
        tell(view, "woken by a request %s, first at %s", times(view, digest->wakes),
             instant(view, digest->first_wake));
    }
    if (ups > 0) {
        tell_scale_ups(view, digest, ups);
    }
    if (digest->has_step) {
        tell_largest_step(view, digest, ups);
    }
    if (digest->scale_ups > 1 && digest->highest_at != digest->step_at) {
        tell(view, "highest target %s, first at %s", replicas(view, digest->highest_target),
             instant(view, digest->highest_at));
    }
    if (digest->scale_downs > 0) {
        tell_scale_downs(view, digest);
    }
    for (size_t i = 0; i < digest->hold_count; i++) {
        const DigestHold *hold = &digest->holds[i];
        if (hold->longest > 0) {
            tell(view, "held back by %s, longest for %s, from %s on", hold->window,
                 seconds_text(view, sim_time_to_seconds(hold->longest)),
                 instant(view, hold->longest_from));
        }
    }
    if (digest->most_not_asked > 0) {
        tell(view, "up to %s beyond the quota not asked for",
             replicas(view, digest->most_not_asked));
    }
    if (digest->deleted_at != SIM_TIME_NEVER) {
        tell(view, "deleted at %s", instant(view, digest->deleted_at));
    }
}

/* The whole ---------------------------------------------------------------------------------- */

static void print_warning(View *view) {
    char text[VERDICT_WARNING];
    if (verdict_warning(view->deployment, text)[0] != '\0') {
        line(view, "warning", "%s", text);
    }
}

static void print_deployment(FILE *stream, const Summary *summary, size_t index,
                             const DeploymentConfig *config, const DecisionsDigest *digest) {
    const DeploymentSummary *deployment = &summary->deployments[index];
    View view = {.summary = summary,
                 .index = index,
                 .deployment = deployment,
                 .totals = &deployment->end.totals,
                 .costs = &deployment->end.costs,
                 .day_clock = day_clock_of(summary->start_epoch_s),
                 .told = "policy"};
    view.stream = terminal_lines_begin(&view.lines, stream);
    char *own = config->own_policy != NULL ? own_policy_title(config->own_policy) : NULL;
    say(&view, "\n%s: %s on %lld x %s, policy %s\n", deployment->name, config->model,
        (long long)config->accelerator_count, config->accelerator ? config->accelerator : "GPU",
        own != NULL ? own : policies[config->policy]->policy->name);
    free(own);
    print_requests(&view);
    print_answers(&view);
    print_traffic(&view);
    print_latencies(&view);
    print_objective(&view);
    print_scaling(&view);
    print_special_times(&view);
    print_cost(&view);
    print_serverless(&view);
    print_paid_time(&view);
    print_preemptions(&view);
    print_cache(&view);
    if (digest != NULL) {
        print_decisions(&view, &digest->deployments[index]);
    }
    print_warning(&view);
    end_line(&view);
    terminal_lines_end(&view.lines);
}

static void print_title(FILE *to, const Summary *summary) {
    sim_time span = 0, drained = 0;
    for (size_t i = 0; i < summary->deployment_count; i++) {
        const asim_run_end *end = &summary->deployments[i].end;
        span = end->span > span ? end->span : span;
        drained = end->drained_at > drained ? end->drained_at : drained;
    }
    char text[HUMAN_TEXT], start[SIM_TIME_TEXT];
    TerminalLines lines;
    FILE *stream = terminal_lines_begin(&lines, to);
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
    terminal_lines_end(&lines);
}

static void print_verdicts(FILE *stream, const Summary *summary) {
    for (size_t i = 0; i < summary->deployment_count; i++) {
        const DeploymentSummary *deployment = &summary->deployments[i];
        const Verdict verdict = verdict_of(deployment);
        const bool several = summary->deployment_count > 1;
        char *text = memory_format("%s%s%s", several ? deployment->name : "", several ? ": " : "",
                                   verdict.reason);
        terminal_say_word(stream, verdict_words[verdict.word],
                          verdict.word == VERDICT_WORD_STABLE ? TERMINAL_GREEN
                          : verdict.word == VERDICT_WORD_IDLE ? TERMINAL_YELLOW
                                                              : TERMINAL_RED,
                          text);
        free(text);
    }
}

void run_report_print_verdicts(FILE *stream, const char *run, const Summary *summary) {
    for (size_t i = 0; i < summary->deployment_count; i++) {
        const DeploymentSummary *deployment = &summary->deployments[i];
        const Verdict verdict = verdict_of(deployment);
        const bool several = summary->deployment_count > 1;
        char *name = text_line(run);
        terminal_say(stream, "%s%s%s: %s: %s\n", name, several ? ", " : "",
                     several ? deployment->name : "", verdict_words[verdict.word], verdict.reason);
        free(name);
    }
}

void run_report_print(FILE *stream, const Scenario *scenario, const Summary *summary,
                      const DecisionsDigest *digest) {
    print_verdicts(stream, summary);
    print_title(stream, summary);
    for (size_t i = 0; i < summary->deployment_count; i++) {
        print_deployment(stream, summary, i, &scenario->deployments[i], digest);
    }
}

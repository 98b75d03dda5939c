// SPDX-License-Identifier: GPL-3.0-or-later
/* Titles by two tables: latencies are a family and a statistic, the others have one of their own.
 */
#include "output/page_metrics.h"

#include "figures/human.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char requests_group[] = "Requests and answers", latency_group[] = "Latency";
static const char replicas_group[] = "Replicas", cost_group[] = "Cost", traffic_group[] = "Traffic";

static const char other_group[] = "Other figures";

const char *const page_metric_groups[PAGE_METRIC_GROUPS] = {
    cost_group, latency_group, requests_group, replicas_group, traffic_group, other_group};

typedef struct Title {
    const char *name;
    const char *title;
    const char *group;
    bool in_short;
} Title;

static const Title titles[] = {
    {"requests", "requests", requests_group, true},
    {"completed", "completed", requests_group, true},
    {"given_up", "given up", requests_group, true},
    {"abandoned", "abandoned", requests_group, true},
    {"rejected", "rejected", requests_group, true},
    {"in_flight", "cut in flight", requests_group, true},
    {"completed_share", "share completed", requests_group, false},
    {"given_up_share", "share given up", requests_group, false},
    {"abandoned_share", "share abandoned", requests_group, false},
    {"rejected_share", "share rejected", requests_group, false},
    {"sends", "sends", requests_group, false},
    {"answers_200", "200 answers", requests_group, false},
    {"answers_400", "400 answers", requests_group, true},
    {"answers_404", "404 answers", requests_group, true},
    {"answers_429", "429 answers", requests_group, true},
    {"answers_503", "503 answers", requests_group, true},
    {"unanswered", "unanswered", requests_group, false},
    {"slo_attainment", "objective met", requests_group, true},
    {"goodput_per_s", "goodput", requests_group, true},
    {"cold_starts", "cold starts", replicas_group, true},
    {"cancelled_starts", "cancelled starts", replicas_group, false},
    {"scale_ups", "scale-ups", replicas_group, true},
    {"scale_downs", "scale-downs", replicas_group, true},
    {"time_at_zero_s", "time at zero", replicas_group, true},
    {"time_deleted_s", "time deleted", replicas_group, true},
    {"quota_limited_s", "time limited by quota", replicas_group, true},
    {"span_s", "time simulated", traffic_group, false},
    {"drained_s", "last request ended", traffic_group, false},
    {"replica_hours", "replica-hours", replicas_group, true},
    {"billed_gpu_hours", "GPU-hours paid", cost_group, true},
    {"covered_gpu_hours", "GPU-hours covered", cost_group, false},
    {"booting_gpu_hours", "GPU-hours booting", cost_group, false},
    {"busy_gpu_hours", "GPU-hours busy", cost_group, false},
    {"idle_gpu_hours", "GPU-hours idle", cost_group, false},
    {"draining_gpu_hours", "GPU-hours draining", cost_group, false},
    {"on_demand_usd", "on-demand cost", cost_group, false},
    {"reserved_usd", "reservation cost", cost_group, false},
    {"total_usd", "cost", cost_group, true},
    {"usd_per_million_output_tokens", "per 1M output tokens", cost_group, true},
    {"usd_per_thousand_requests", "per 1,000 completed", cost_group, true},
    {"idle_share_of_paid_time", "idle share of paid time", cost_group, true},
    {"prompt_tokens", "prompt tokens", traffic_group, false},
    {"generated_tokens", "generated tokens", traffic_group, false},
    {"trace_rows", "trace rows", traffic_group, false},
    {"trace_failed", "trace rows of failed requests", traffic_group, false},
    {"trace_skipped", "trace rows skipped", traffic_group, false},
    {"trace_outside", "trace rows outside", traffic_group, false},
};

typedef struct Part {
    const char *name;
    const char *title;
    bool in_short;
} Part;

/* Longer names before those that they begin with. */
static const Part families[] = {
    {"ttft_without_retry_", "TTFT without retries", false},
    {"e2e_without_retry_", "E2E without retries", false},
    {"ttft_", "TTFT", true},
    {"tpot_", "TPOT", true},
    {"e2e_", "E2E", true},
    {"retry_wait_", "retry wait", false},
    {"queue_wait_", "queue wait", false},
    {"prefill_", "prefill", false},
    {"decode_", "decode", false},
};

static const Part statistics[] = {
    {"mean_s", "mean", false}, {"p50_s", "p50", true},     {"p90_s", "p90", false},
    {"p95_s", "p95", true},    {"p99_s", "p99", true},     {"p99_9_s", "p99.9", false},
    {"max_s", "max", false},   {"count", "values", false}, {"never_share", "share never", true},
};

static bool title_latency(const char *name, PageMetric *metric) {
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        const size_t length = strlen(families[i].name);
        for (size_t j = 0; j < sizeof statistics / sizeof statistics[0]; j++) {
            if (strncmp(name, families[i].name, length) == 0 &&
                strcmp(name + length, statistics[j].name) == 0) {
                snprintf(metric->title, sizeof metric->title, "%s %s", families[i].title,
                         statistics[j].title);
                metric->group = latency_group;
                metric->in_short = families[i].in_short && statistics[j].in_short;
                return true;
            }
        }
    }
    return false;
}

PageMetric page_metric(const char *name) {
    PageMetric metric = {.group = other_group, .unit = METRIC_UNIT_HOURS};
    for (size_t i = 0; i < metric_count; i++) {
        if (strcmp(metric_rows[i].name, name) == 0) {
            metric.known = true;
            metric.unit = metric_rows[i].unit;
        }
    }
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        if (strcmp(titles[i].name, name) == 0) {
            snprintf(metric.title, sizeof metric.title, "%s", titles[i].title);
            metric.group = titles[i].group;
            metric.in_short = titles[i].in_short;
            return metric;
        }
    }
    if (!title_latency(name, &metric)) {
        snprintf(metric.title, sizeof metric.title, "%s", name);
    }
    return metric;
}

static const char *format_magnitude(MetricUnit unit, double number, char text[HUMAN_TEXT]) {
    switch (unit) {
    case METRIC_UNIT_COUNT:
        return number == floor(number) && number < 1e18 ? human_count((uint64_t)number, text)
                                                        : human_number(number, text);
    case METRIC_UNIT_SECONDS: return human_seconds(number, text);
    case METRIC_UNIT_USD: return human_usd(number, text);
    case METRIC_UNIT_SHARE: return human_share(number, text);
    case METRIC_UNIT_HOURS:
    case METRIC_UNIT_PER_SECOND: break;
    }
    return human_number(number, text);
}

static const char *format_signed(MetricUnit unit, double number, const char *plus,
                                 char text[HUMAN_TEXT]) {
    char magnitude[HUMAN_TEXT];
    if (isnan(number)) {
        return strcpy(text, "\xe2\x80\x93");
    }
    format_magnitude(unit, fabs(number), magnitude);
    const char *sign = number < 0 ? "\xe2\x88\x92" : number > 0 ? plus : "";
    snprintf(text, HUMAN_TEXT, "%s%.32s", sign, magnitude);
    return text;
}

const char *page_metric_value(MetricUnit unit, double number, char text[HUMAN_TEXT]) {
    return format_signed(unit, number, "", text);
}

const char *page_metric_difference(MetricUnit unit, double number, char text[HUMAN_TEXT]) {
    if (unit == METRIC_UNIT_SHARE && isfinite(number)) {
        char points[HUMAN_TEXT];
        snprintf(points, sizeof points, "%.1f pp", fmin(100 * fabs(number), 1e6));
        snprintf(text, HUMAN_TEXT, "%s%.32s",
                 human_shows_zero(points) ? ""
                 : number < 0             ? "\xe2\x88\x92"
                                          : "+",
                 points);
        return text;
    }
    if (isinf(number)) {
        return strcpy(text, number > 0 ? "to never" : "from never");
    }
    return format_signed(unit, number, "+", text);
}

const char *page_metric_unit(MetricUnit unit) {
    static const char *const units[] = {
        [METRIC_UNIT_COUNT] = "count", [METRIC_UNIT_SECONDS] = "s",
        [METRIC_UNIT_HOURS] = "h",     [METRIC_UNIT_USD] = "usd",
        [METRIC_UNIT_SHARE] = "share", [METRIC_UNIT_PER_SECOND] = "per_s"};
    return units[unit];
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Everything is fitted at the end; the pass only collects. */
#include "stats/traffic_fit.h"

#include <math.h>

void traffic_fit_init(TrafficFit *fit, int64_t start_s, sim_time threshold) {
    *fit = (TrafficFit){.requests = 0};
    reservoir_init(&fit->gaps, TRAFFIC_FIT_SAMPLE, "fit.gaps");
    reservoir_init(&fit->prompt_tokens.sample, TRAFFIC_FIT_SAMPLE, "fit.prompt_tokens");
    reservoir_init(&fit->output_tokens.sample, TRAFFIC_FIT_SAMPLE, "fit.output_tokens");
    burst_scan_init(&fit->scan, threshold);
    daily_counts_init(&fit->daily, start_s);
}

void traffic_fit_clear(TrafficFit *fit) {
    reservoir_clear(&fit->gaps);
    reservoir_clear(&fit->prompt_tokens.sample);
    reservoir_clear(&fit->output_tokens.sample);
    daily_counts_clear(&fit->daily);
}

void traffic_fit_add(TrafficFit *fit, const asim_arrival *block, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (fit->requests++ == 0) {
            fit->first = block[i].time;
        } else {
            reservoir_add(&fit->gaps, (double)(block[i].time - fit->last) * 1e-9);
        }
        fit->last = block[i].time;
        reservoir_add(&fit->prompt_tokens.sample, block[i].prompt_tokens);
        reservoir_add(&fit->output_tokens.sample, block[i].output_tokens);
    }
    burst_scan_add(&fit->scan, block, count);
    daily_counts_add(&fit->daily, block, count);
}

/* Fewer pauses than this are a pattern that nobody can tell from chance. */
enum { PAUSES_LEAST = 5 };

static Fit judge_bursts(const TrafficFit *fit, const Bursts *bursts) {
    Fit on_off = {.family = FIT_ON_OFF,
                  .a = bursts_on_rate(bursts, fit->requests),
                  .b = bursts_on_mean_s(bursts),
                  .c = bursts_off_mean_s(bursts)};
    if (bursts->pauses >= PAUSES_LEAST && on_off.a > 0 && on_off.b > 0 && on_off.c > 0) {
        on_off.converged = true;
        fit_judge(&on_off, fit->gaps.values, fit->gaps.count);
        on_off.converged = isfinite(on_off.log_likelihood);
    }
    return on_off;
}

/* A threshold makes a model of two kinds of gap: the likeliest is taken. */
static void choose_bursts(TrafficFit *fit) {
    for (size_t i = 0; i < fit->scan.count; i++) {
        const Bursts *bursts = &fit->scan.by_threshold[i];
        const Fit on_off = judge_bursts(fit, bursts);
        if (on_off.converged &&
            (fit->bursts == NULL || on_off.log_likelihood > fit->on_off.log_likelihood)) {
            fit->bursts = bursts;
            fit->on_off = on_off;
        }
    }
}

static void fit_lengths(LengthFit *lengths) {
    reservoir_sort(&lengths->sample);
    lengths->lognormal = fit_family(FIT_LOGNORMAL, lengths->sample.values, lengths->sample.count);
    lengths->exponential =
        fit_family(FIT_EXPONENTIAL, lengths->sample.values, lengths->sample.count);
}

void traffic_fit_end(TrafficFit *fit, bool weekdays, bool lengths) {
    static const FitFamily renewals[TRAFFIC_FIT_RENEWALS] = {FIT_EXPONENTIAL, FIT_GAMMA,
                                                             FIT_WEIBULL};
    reservoir_sort(&fit->gaps);
    fit->tied_gaps = fit_lift_zeros(fit->gaps.values, fit->gaps.count);
    for (size_t i = 0; i < TRAFFIC_FIT_RENEWALS; i++) {
        fit->renewals[i] = fit_family(renewals[i], fit->gaps.values, fit->gaps.count);
    }
    burst_scan_end(&fit->scan);
    choose_bursts(fit);
    daily_counts_end(&fit->daily);
    fit->profile = daily_profile_fit(&fit->daily, weekdays);
    if (lengths) {
        fit_lengths(&fit->prompt_tokens);
        fit_lengths(&fit->output_tokens);
    }
}

double traffic_fit_rate(const TrafficFit *fit) {
    const double span_s = (double)(fit->last - fit->first) * 1e-9;
    return span_s > 0 ? (double)(fit->requests - 1) / span_s : NAN;
}

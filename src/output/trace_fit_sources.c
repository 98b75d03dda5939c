// SPDX-License-Identifier: GPL-3.0-or-later
/* Fits as JSON: sources for a scenario, and the figures behind them. Numbers are rounded to six
 * digits: no fit knows more. */
#include "output/trace_fit.h"

#include "base/json.h"
#include "base/memory.h"
#include "engine/sim_time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *const trace_fit_names[FIT_FAMILIES] = {"exponential (Poisson)", "gamma", "weibull",
                                                   "lognormal", "on/off"};

static const double probabilities[] = {0,   0.01, 0.05, 0.1,  0.2,  0.3,  0.4,   0.5, 0.6,
                                       0.7, 0.8,  0.9,  0.95, 0.98, 0.99, 0.999, 1};
enum { PROBABILITIES = sizeof probabilities / sizeof probabilities[0] };

static double rounded(double value) {
    char text[32];
    snprintf(text, sizeof text, "%.6g", value);
    return strtod(text, NULL);
}

static void add_number(cJSON *object, const char *key, double number) {
    json_add(object, key, isfinite(number) ? json_number(rounded(number)) : json_null());
}

/* Distributions
 * ------------------------------------------------------------------------------------ */

static cJSON *quantile_table(const Reservoir *sample) {
    cJSON *table = json_array();
    for (size_t i = 0; i < PROBABILITIES; i++) {
        cJSON *point = json_array();
        const double value = fit_quantile(sample->values, sample->count, probabilities[i]);
        json_append(point, json_number(probabilities[i]));
        json_append(point, json_number(rounded(value)));
        json_append(table, point);
    }
    return table;
}

/* One token when the file has no lengths: the user is told to put his own. */
static cJSON *lengths_node(const TraceFitReport *report, const LengthFit *lengths,
                           double otherwise) {
    const Reservoir *sample = &lengths->sample;
    if (!report->has_tokens || sample->count == 0) {
        return json_number(otherwise);
    }
    cJSON *node = json_object();
    json_add(node, "distribution", json_text("quantiles"));
    json_add(node, "table", quantile_table(sample));
    return node;
}

/* A duration with seven digits after the second's point at most: "16.6829s". */
static cJSON *duration_node(double seconds) {
    char text[SIM_TIME_TEXT];
    return json_text(sim_time_format(sim_time_from_seconds(rounded(seconds)), text));
}

static cJSON *span_node(double mean_s, double cv) {
    cJSON *node = json_object();
    const bool varies = cv > 0;
    json_add(node, "distribution", json_text(varies ? "gamma" : "fixed"));
    json_add(node, varies ? "mean" : "value", duration_node(mean_s));
    if (varies) {
        add_number(node, "cv", cv);
    }
    return node;
}

/* Sources
 * ------------------------------------------------------------------------------------------ */

static void add_source(cJSON *sources, const char *name, cJSON *source,
                       const TraceFitReport *report) {
    const TrafficFit *fit = report->fit;
    json_add(source, "prompt_tokens", lengths_node(report, &fit->prompt_tokens, 500));
    json_add(source, "output_tokens", lengths_node(report, &fit->output_tokens, 100));
    json_add(sources, name, source);
}

static cJSON *source_of(const char *type) {
    cJSON *source = json_object();
    json_add(source, "type", json_text(type));
    return source;
}

static double clamped(double value, double least, double most) {
    return fmin(fmax(value, least), most);
}

static double rate_within(double rate) {
    return clamped(rate, 1e-9, 1e7);
}

/* All at the trace's own rate: what is fitted is how regular the gaps are. */
static void add_renewals(cJSON *sources, const TraceFitReport *report) {
    static const char *const types[TRAFFIC_FIT_RENEWALS] = {"poisson", "gamma", "weibull"};
    for (size_t i = 0; i < TRAFFIC_FIT_RENEWALS; i++) {
        const Fit *fit = &report->fit->renewals[i];
        if (!fit->converged) {
            continue;
        }
        cJSON *source = source_of(types[i]);
        add_number(source, "rate_per_s", rate_within(traffic_fit_rate(report->fit)));
        if (fit->family == FIT_GAMMA) {
            add_number(source, "cv", clamped(1 / sqrt(fit->a), 1e-3, 100));
        } else if (fit->family == FIT_WEIBULL) {
            add_number(source, "shape", clamped(fit->a, 0.1, 100));
        }
        add_source(sources, types[i], source, report);
    }
}

static void add_on_off(cJSON *sources, const TraceFitReport *report) {
    const TrafficFit *fit = report->fit;
    if (fit->bursts == NULL) {
        return;
    }
    cJSON *source = source_of("onoff");
    json_add(source, "on", span_node(fit->on_off.b, bursts_on_cv(fit->bursts)));
    json_add(source, "off", span_node(fit->on_off.c, bursts_off_cv(fit->bursts)));
    add_number(source, "on_rate_per_s", rate_within(fit->on_off.a));
    add_source(sources, "onoff", source, report);
}

static void add_dispersion(cJSON *source, const DailyProfile *profile) {
    if (profile->dispersion > 1.1) {
        add_number(source, "dispersion", clamped(profile->dispersion, 1, 1e6));
        json_add(source, "dispersion_window", json_text("10s"));
    }
}

static void add_daily(cJSON *sources, const TraceFitReport *report) {
    const DailyProfile *profile = &report->fit->profile;
    if (!profile->known) {
        return;
    }
    cJSON *harmonics = source_of("diurnal"), *hourly = source_of("diurnal");
    cJSON *amplitudes = json_array(), *peaks = json_array(), *rates = json_array();
    for (size_t k = 0; k < DAILY_HARMONICS; k++) {
        json_append(amplitudes, json_number(rounded(clamped(profile->amplitudes[k], 0, 10))));
        json_append(peaks, json_number(rounded(profile->peak_hours[k])));
    }
    for (size_t hour = 0; hour < DAILY_HOURS; hour++) {
        json_append(rates, json_number(rounded(profile->hourly_rates[hour])));
    }
    add_number(harmonics, "mean_rate_per_s", rate_within(profile->mean_rate_per_s));
    json_add(harmonics, "amplitudes", amplitudes);
    json_add(harmonics, "peak_hours", peaks);
    json_add(hourly, "hourly_rates", rates);
    cJSON *both[] = {harmonics, hourly};
    for (size_t i = 0; i < 2; i++) {
        if (profile->has_weekend) {
            add_number(both[i], "weekend_factor", clamped(profile->weekend_factor, 0, 100));
        }
        add_dispersion(both[i], profile);
    }
    add_source(sources, "diurnal", harmonics, report);
    add_source(sources, "diurnal_hourly", hourly, report);
}

cJSON *trace_fit_sources(const TraceFitReport *report) {
    cJSON *sources = json_object();
    add_renewals(sources, report);
    add_on_off(sources, report);
    add_daily(sources, report);
    return sources;
}

/* Figures
 * ------------------------------------------------------------------------------------------ */

static void add_goodness(cJSON *node, const Fit *fit) {
    add_number(node, "log_likelihood", fit->log_likelihood);
    add_number(node, "aic", fit->aic);
    add_number(node, "ks", fit->ks);
}

static void add_fit(cJSON *tree, const char *name, const char *a, const char *b, const Fit *fit) {
    if (fit->converged) {
        cJSON *node = json_object();
        add_number(node, a, fit->a);
        if (b != NULL) {
            add_number(node, b, fit->b);
        }
        add_goodness(node, fit);
        json_add(tree, name, node);
    }
}

static cJSON *gaps_tree(const TrafficFit *fit) {
    cJSON *tree = json_object();
    json_add(tree, "gaps", json_number((double)fit->gaps.seen));
    json_add(tree, "sample", json_number((double)fit->gaps.count));
    json_add(tree, "ties_in_sample", json_number((double)fit->tied_gaps));
    add_fit(tree, "exponential", "mean_s", NULL, &fit->renewals[0]);
    add_fit(tree, "gamma", "shape", "scale_s", &fit->renewals[1]);
    add_fit(tree, "weibull", "shape", "scale_s", &fit->renewals[2]);
    if (fit->bursts != NULL) {
        cJSON *node = json_object();
        add_number(node, "threshold_s", sim_time_to_seconds(fit->bursts->threshold));
        add_number(node, "on_rate_per_s", fit->on_off.a);
        add_number(node, "on_mean_s", fit->on_off.b);
        add_number(node, "on_cv", bursts_on_cv(fit->bursts));
        add_number(node, "off_mean_s", fit->on_off.c);
        add_number(node, "off_cv", bursts_off_cv(fit->bursts));
        json_add(node, "bursts", json_number((double)fit->bursts->bursts));
        add_goodness(node, &fit->on_off);
        json_add(tree, "onoff", node);
    }
    return tree;
}

static cJSON *daily_tree(const DailyProfile *profile) {
    cJSON *tree = json_object();
    add_number(tree, "harmonics_r2", profile->harmonics_r2);
    add_number(tree, "hourly_r2", profile->hourly_r2);
    add_number(tree, "dispersion_10s", profile->dispersion);
    json_add(tree, "quarter_hours", json_number((double)profile->quarters));
    return tree;
}

static cJSON *lengths_tree(const LengthFit *lengths) {
    cJSON *tree = json_object();
    add_fit(tree, "lognormal", "mu", "sigma", &lengths->lognormal);
    add_fit(tree, "exponential", "mean", NULL, &lengths->exponential);
    json_add(tree, "quantiles", quantile_table(&lengths->sample));
    return tree;
}

cJSON *trace_fit_json(const TraceFitReport *report) {
    const TrafficFit *fit = report->fit;
    cJSON *tree = json_object();
    json_add(tree, "file", json_text(report->file));
    json_add(tree, "format", report->format ? json_text(report->format) : json_null());
    json_add(tree, "requests", json_number((double)fit->requests));
    json_add(tree, "gaps", gaps_tree(fit));
    if (fit->profile.known) {
        json_add(tree, "daily", daily_tree(&fit->profile));
    }
    if (report->has_tokens && fit->requests > 0) {
        json_add(tree, "prompt_tokens", lengths_tree(&fit->prompt_tokens));
        json_add(tree, "output_tokens", lengths_tree(&fit->output_tokens));
    }
    json_add(tree, "sources", trace_fit_sources(report));
    return tree;
}

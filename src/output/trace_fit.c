// SPDX-License-Identifier: GPL-3.0-or-later
/* `trace fit`: fits as tables and as JSON, and the sources that a scenario takes. In JSON numbers
 * are rounded to six digits: no fit knows more. */
#include "base/json.h"
#include "base/terminal.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "output/trace_report.h"
#include "stats/traffic_fit.h"

#include <math.h>
#include <stdlib.h>

/* A model in words, in JSON with the keys of its parameters (NULL: it has none of its own), and its
 * parameters in words, by printf of them in turn. */
typedef struct Model {
    const char *name;
    const char *key;
    const char *source; /* of a scenario; NULL: none is made of it */
    const char *parameters[2];
    const char *words;
} Model;

static const Model gap_models[TRAFFIC_FIT_RENEWALS] = {
    {"exponential (Poisson)", "exponential", "poisson", {"mean_s", NULL}, "mean %.4g s"},
    {"gamma", "gamma", "gamma", {"shape", "scale_s"}, "shape %.4g, scale %.4g s"},
    {"weibull", "weibull", "weibull", {"shape", "scale_s"}, "shape %.4g, scale %.4g s"},
};
static const Model lognormal = {
    "lognormal", "lognormal", NULL, {"mu", "sigma"}, "mu %.3f, sigma %.3f"};
static const Model exponential = {
    "exponential (Poisson)", "exponential", NULL, {"mean", NULL}, "mean %.4g"};
static const char on_off_name[] = "on/off";

static const double probabilities[] = {0,   0.01, 0.05, 0.1,  0.2,  0.3,  0.4,   0.5, 0.6,
                                       0.7, 0.8,  0.9,  0.95, 0.98, 0.99, 0.999, 1};
enum { PROBABILITIES = sizeof probabilities / sizeof probabilities[0] };

static double rounded(double value) {
    char text[32];
    snprintf(text, sizeof text, "%.6g", value);
    return strtod(text, NULL);
}

static void add_number(cJSON *object, const char *key, double number) {
    json_add(object, key, json_number(rounded(number)));
}

/* Distributions -------------------------------------------------------------------------------- */

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

/* Sources -------------------------------------------------------------------------------------- */

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
    for (size_t i = 0; i < TRAFFIC_FIT_RENEWALS; i++) {
        const Fit *fit = &report->fit->renewals[i];
        if (!fit->converged) {
            continue;
        }
        cJSON *source = source_of(gap_models[i].source);
        add_number(source, "rate_per_s", rate_within(traffic_fit_rate(report->fit)));
        if (fit->family == FIT_GAMMA) {
            add_number(source, "cv", clamped(1 / sqrt(fit->a), 1e-3, 100));
        } else if (fit->family == FIT_WEIBULL) {
            add_number(source, "shape", clamped(fit->a, 0.1, 100));
        }
        add_source(sources, gap_models[i].source, source, report);
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

static cJSON *sources_tree(const TraceFitReport *report) {
    cJSON *sources = json_object();
    add_renewals(sources, report);
    add_on_off(sources, report);
    add_daily(sources, report);
    return sources;
}

/* Figures ------------------------------------------------------------------------------------ */

static void add_goodness(cJSON *node, const Fit *fit) {
    add_number(node, "log_likelihood", fit->log_likelihood);
    add_number(node, "aic", fit->aic);
    add_number(node, "ks", fit->ks);
}

static void add_fit(cJSON *tree, const Model *model, const Fit *fit) {
    const double values[] = {fit->a, fit->b};
    if (fit->converged) {
        cJSON *node = json_object();
        for (size_t i = 0; i < 2 && model->parameters[i] != NULL; i++) {
            add_number(node, model->parameters[i], values[i]);
        }
        add_goodness(node, fit);
        json_add(tree, model->key, node);
    }
}

static cJSON *gaps_tree(const TrafficFit *fit) {
    cJSON *tree = json_object();
    json_add(tree, "gaps", json_number((double)fit->gaps.seen));
    json_add(tree, "sample", json_number((double)fit->gaps.count));
    json_add(tree, "ties_in_sample", json_number((double)fit->tied_gaps));
    for (size_t i = 0; i < TRAFFIC_FIT_RENEWALS; i++) {
        add_fit(tree, &gap_models[i], &fit->renewals[i]);
    }
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
    add_fit(tree, &lognormal, &lengths->lognormal);
    add_fit(tree, &exponential, &lengths->exponential);
    json_add(tree, "quantiles", quantile_table(&lengths->sample));
    return tree;
}

cJSON *trace_fit_json(const TraceFitReport *report) {
    const TrafficFit *fit = report->fit;
    cJSON *tree = json_object();
    json_add(tree, "file", json_text(report->file));
    json_add(tree, "format", json_text(report->format));
    json_add(tree, "requests", json_number((double)fit->requests));
    json_add(tree, "gaps", gaps_tree(fit));
    if (fit->profile.known) {
        json_add(tree, "daily", daily_tree(&fit->profile));
    }
    if (report->has_tokens && fit->requests > 0) {
        json_add(tree, "prompt_tokens", lengths_tree(&fit->prompt_tokens));
        json_add(tree, "output_tokens", lengths_tree(&fit->output_tokens));
    }
    json_add(tree, "sources", sources_tree(report));
    return tree;
}

/* Text --------------------------------------------------------------------------------------- */

static void add_head(FILE *stream, const TraceFitReport *report) {
    const TrafficFit *fit = report->fit;
    char text[HUMAN_TEXT], span[HUMAN_TEXT];
    text_print(stream, report->file);
    fprintf(stream, ": format %s, %s requests in %s\n",
            report->format ? report->format : "told by its content",
            trace_text_count(fit->requests, text),
            human_seconds(sim_time_to_seconds(fit->last - fit->first), span));
    if (fit->gaps.seen > fit->gaps.count) {
        fprintf(stream,
                "Gaps and lengths are fitted to a random sample of %s of them, the same each "
                "time.\n",
                trace_text_count(fit->gaps.count, text));
    }
    if (fit->tied_gaps > 0) {
        fprintf(stream, "%s gaps of 0, the clock's ties, are taken as half the smallest gap.\n",
                trace_text_count(fit->tied_gaps, text));
    }
}

static void add_row(Table *table, const char *name, const Fit *fit, double best_aic,
                    const char *parameters) {
    if (fit->converged) {
        table_row(table, "  %s\t%s\t%.4f\t%.1f\t%.1f\t%s", name, parameters, fit->ks,
                  fit->log_likelihood, fit->aic, fit->aic <= best_aic ? "best" : "");
    } else {
        table_row(table, "  %s\tno fit", name);
    }
}

static void add_model_row(Table *table, const Model *model, const Fit *fit, double best_aic) {
    char text[128];
    snprintf(text, sizeof text, model->words, fit->a, fit->b);
    add_row(table, model->name, fit, best_aic, text);
}

static double smaller_aic(double least, const Fit *fit) {
    return fit->converged ? fmin(least, fit->aic) : least;
}

static void begin_table(Table *table, const char *title) {
    table_columns(table, "%-24s %-46s %7s %14s %14s  %-s");
    table_line(table, "%s", "");
    table_row(table, "%s\tparameters\tKS\tlog-likelihood\tAIC", title);
}

static void print_gaps(FILE *stream, const TrafficFit *fit) {
    char text[128];
    double best = INFINITY;
    for (size_t i = 0; i < TRAFFIC_FIT_RENEWALS; i++) {
        best = smaller_aic(best, &fit->renewals[i]);
    }
    best = fit->bursts ? smaller_aic(best, &fit->on_off) : best;
    Table table = {0};
    begin_table(&table, "Gaps between requests");
    for (size_t i = 0; i < TRAFFIC_FIT_RENEWALS; i++) {
        add_model_row(&table, &gap_models[i], &fit->renewals[i], best);
    }
    if (fit->bursts == NULL) {
        table_row(&table, "  %s\tno pauses", on_off_name);
    } else {
        snprintf(text, sizeof text, "ON %.4g s, OFF %.4g s, %.4g/s while ON", fit->on_off.b,
                 fit->on_off.c, fit->on_off.a);
        add_row(&table, on_off_name, &fit->on_off, best, text);
    }
    table_print(&table, stream);
}

static void print_bursts(FILE *stream, const TrafficFit *fit) {
    const Bursts *bursts = fit->bursts;
    char text[SIM_TIME_TEXT], count[HUMAN_TEXT];
    if (bursts == NULL) {
        return;
    }
    const double duty = bursts->on_s / (bursts->on_s + bursts->off_s);
    terminal_say(
        stream,
        "    pauses are gaps of at least %s%s: %s bursts of %.4g requests, CV %.3g of ON, "
        "%.3g of OFF, ON %.3g %% of the time\n",
        sim_time_format(bursts->threshold, text), fit->scan.count > 1 ? " (the likeliest)" : "",
        trace_text_count(bursts->bursts, count), (double)fit->requests / (double)bursts->bursts,
        bursts_on_cv(bursts), bursts_off_cv(bursts), 100 * duty);
}

static void say_daily(FILE *stream, const TrafficFit *fit) {
    const DailyProfile *profile = &fit->profile;
    if (!profile->known) {
        fprintf(stream, "\nCourse of the day: not fitted, the trace does not cover every hour.\n");
        return;
    }
    fprintf(stream, "\nCourse of the day (%zu quarters of an hour%s)\n", profile->quarters,
            profile->has_weekend ? ", weekdays" : "");
    fprintf(stream, "  mean %.4g/s; harmonics", profile->mean_rate_per_s);
    for (size_t k = 0; k < DAILY_HARMONICS; k++) {
        fprintf(stream, "%s of %d h: %.3f, peak at %.1f h", k ? "," : "", 24 / (int)(k + 1),
                profile->amplitudes[k], profile->peak_hours[k]);
    }
    fprintf(stream, "; R^2 %.3f\n  table of hours: R^2 %.3f", profile->harmonics_r2,
            profile->hourly_r2);
    if (profile->has_weekend) {
        fprintf(stream, "; weekends x %.3g", profile->weekend_factor);
    }
    fprintf(stream, "\n  requests per 10 s vary %.3g times as much as a Poisson process's\n",
            profile->dispersion);
}

static void print_lengths(FILE *stream, const char *name, const LengthFit *lengths) {
    static const double shares[] = {0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 1};
    const double best =
        smaller_aic(smaller_aic(INFINITY, &lengths->lognormal), &lengths->exponential);
    Table table = {0};
    begin_table(&table, name);
    add_model_row(&table, &lognormal, &lengths->lognormal, best);
    add_model_row(&table, &exponential, &lengths->exponential, best);
    Text text = {0};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        text_addf(&text, " p%g %.6g", 100 * shares[i],
                  fit_quantile(lengths->sample.values, lengths->sample.count, shares[i]));
    }
    table_line(&table, "  %-22s%s", "quantiles", text.text);
    table_print(&table, stream);
    text_clear(&text);
}

static void print_sources(FILE *stream, const TraceFitReport *report) {
    cJSON *sources = sources_tree(report);
    terminal_say(
        stream,
        "\nSources, to paste into a scenario's \"traffic\", each at the trace's mean rate%s\n",
        report->has_tokens ? " (lengths: the trace's quantiles)"
                           : " (the file has no token counts: put your own)");
    const cJSON *source;
    cJSON_ArrayForEach (source, sources) {
        char *line = json_print_line(source);
        terminal_say(stream, "%s\n", line);
        free(line);
    }
    cJSON_Delete(sources);
}

void trace_fit_print(FILE *stream, const TraceFitReport *report) {
    const TrafficFit *fit = report->fit;
    TerminalLines lines;
    add_head(terminal_lines_begin(&lines, stream), report);
    terminal_lines_end(&lines);
    if (fit->gaps.count < 2) {
        fprintf(stream, "Too few requests to fit anything.\n");
        return;
    }
    print_gaps(stream, fit);
    print_bursts(stream, fit);
    say_daily(terminal_lines_begin(&lines, stream), fit);
    terminal_lines_end(&lines);
    if (report->has_tokens) {
        print_lengths(stream, "Prompt tokens", &fit->prompt_tokens);
        print_lengths(stream, "Output tokens", &fit->output_tokens);
    }
    print_sources(stream, report);
}

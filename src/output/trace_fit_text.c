// SPDX-License-Identifier: GPL-3.0-or-later
/* Fits as tables, then the sources to paste. */
#include "output/trace_fit.h"

#include "base/json.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "output/trace_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void print_head(FILE *stream, const TraceFitReport *report) {
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

static void print_fit_row(FILE *stream, const Fit *fit, double best_aic, const char *parameters) {
    if (!fit->converged) {
        fprintf(stream, "  %-22s no fit\n", trace_fit_names[fit->family]);
        return;
    }
    fprintf(stream, "  %-22s %-46s %7.4f %14.1f %14.1f%s\n", trace_fit_names[fit->family],
            parameters, fit->ks, fit->log_likelihood, fit->aic,
            fit->aic <= best_aic ? "  best" : "");
}

static double smaller_aic(double least, const Fit *fit) {
    return fit->converged ? fmin(least, fit->aic) : least;
}

static void print_title(FILE *stream, const char *title) {
    fprintf(stream, "\n%-24s %-46s %7s %14s %14s\n", title, "parameters", "KS", "log-likelihood",
            "AIC");
}

static void print_gaps(FILE *stream, const TrafficFit *fit) {
    char text[128];
    double best = INFINITY;
    for (size_t i = 0; i < TRAFFIC_FIT_RENEWALS; i++) {
        best = smaller_aic(best, &fit->renewals[i]);
    }
    best = fit->bursts ? smaller_aic(best, &fit->on_off) : best;
    print_title(stream, "Gaps between requests");
    for (size_t i = 0; i < TRAFFIC_FIT_RENEWALS; i++) {
        const Fit *renewal = &fit->renewals[i];
        if (renewal->family == FIT_EXPONENTIAL) {
            snprintf(text, sizeof text, "mean %.4g s", renewal->a);
        } else {
            snprintf(text, sizeof text, "shape %.4g, scale %.4g s", renewal->a, renewal->b);
        }
        print_fit_row(stream, renewal, best, text);
    }
    if (fit->bursts == NULL) {
        fprintf(stream, "  %-22s no pauses\n", trace_fit_names[FIT_ON_OFF]);
        return;
    }
    snprintf(text, sizeof text, "ON %.4g s, OFF %.4g s, %.4g/s while ON", fit->on_off.b,
             fit->on_off.c, fit->on_off.a);
    print_fit_row(stream, &fit->on_off, best, text);
}

static void print_bursts(FILE *stream, const TrafficFit *fit) {
    const Bursts *bursts = fit->bursts;
    char text[SIM_TIME_TEXT], count[HUMAN_TEXT];
    if (bursts == NULL) {
        return;
    }
    const double duty = bursts->on_s / (bursts->on_s + bursts->off_s);
    fprintf(stream,
            "    pauses are gaps of at least %s%s: %s bursts of %.4g requests, CV %.3g of ON, "
            "%.3g of OFF, ON %.3g %% of the time\n",
            sim_time_format(bursts->threshold, text), fit->scan.count > 1 ? " (the likeliest)" : "",
            trace_text_count(bursts->bursts, count), (double)fit->requests / (double)bursts->bursts,
            bursts_on_cv(bursts), bursts_off_cv(bursts), 100 * duty);
}

static void print_daily(FILE *stream, const TrafficFit *fit) {
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
    char text[128];
    print_title(stream, name);
    snprintf(text, sizeof text, "mu %.3f, sigma %.3f", lengths->lognormal.a, lengths->lognormal.b);
    print_fit_row(stream, &lengths->lognormal, best, text);
    snprintf(text, sizeof text, "mean %.4g", lengths->exponential.a);
    print_fit_row(stream, &lengths->exponential, best, text);
    fprintf(stream, "  %-22s", "quantiles");
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        fprintf(stream, " p%g %.6g", 100 * shares[i],
                fit_quantile(lengths->sample.values, lengths->sample.count, shares[i]));
    }
    fputc('\n', stream);
}

static void print_sources(FILE *stream, const TraceFitReport *report) {
    cJSON *sources = trace_fit_sources(report);
    fprintf(stream,
            "\nSources, to paste into a scenario's \"traffic\", each at the trace's mean rate%s\n",
            report->has_tokens ? " (lengths: the trace's quantiles)"
                               : " (the file has no token counts: put your own)");
    const cJSON *source;
    cJSON_ArrayForEach (source, sources) {
        char *line = json_print_line(source);
        fprintf(stream, "%s\n", line);
        free(line);
    }
    cJSON_Delete(sources);
}

void trace_fit_print(FILE *stream, const TraceFitReport *report) {
    const TrafficFit *fit = report->fit;
    print_head(stream, report);
    if (fit->gaps.count < 2) {
        fprintf(stream, "Too few requests to fit anything.\n");
        return;
    }
    print_gaps(stream, fit);
    print_bursts(stream, fit);
    print_daily(stream, fit);
    if (report->has_tokens) {
        print_lengths(stream, "Prompt tokens", &fit->prompt_tokens);
        print_lengths(stream, "Output tokens", &fit->output_tokens);
    }
    print_sources(stream, report);
}

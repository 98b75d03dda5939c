// SPDX-License-Identifier: GPL-3.0-or-later
/* In JSON and in the profile numbers are rounded to six digits: no fit knows more. */
#include "experiment/calibration_report.h"

#include "base/memory.h"
#include "base/terminal.h"
#include "base/text.h"
#include "engine/options.h"
#include "engine/sim_time.h"
#include "figures/human.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Words ---------------------------------------------------------------------------------------
 */

static const struct {
    const char *origins[LIMIT_LARGEST + 1];
} limit_words[CALIBRATED_LIMITS] = {
    [LIMIT_SLOTS] = {{"given", "by default: the log does not speak against it",
                      "the log: never more at a time while others waited", ""}},
    [LIMIT_BUDGET] = {{"given", "by default: the log does not speak against it",
                       "of the usual ones the one that meets the log best", ""}},
    [LIMIT_KV] = {{"given", "the catalogue's: the log does not speak against it",
                   "the log: requests waited for memory",
                   "not known: this much was held, and nothing waited for more"}},
};

static const struct {
    const char *key, *words[CALIBRATION_PARTS];
} split_words[CALIBRATION_SPLITS] = {
    [SPLIT_TIME] = {"by_time", {"first half, fitted", "second half, held out"}},
    [SPLIT_REQUEST] = {"every_other", {"every other one, fitted", "the others, held out"}},
};

static const char *const part_keys[CALIBRATION_PARTS] = {"fitted", "held_out"};

/* What tells a coefficient, in the order of fit_coefficient. */
static const char *const tells[FIT_COEFFICIENTS] = {
    "requests one at a time",
    "one to a few requests at a time beside many",
    "prompts of different lengths at little load",
    "many short sequences at a time beside few",
    "long contexts beside short ones, as many at a time",
    "iterations of few tokens beside full ones",
    "very long prompts beside short ones",
    "short prompts one at a time",
};

static double rounded(double value) {
    char text[32];
    snprintf(text, sizeof text, "%.6g", value);
    return isfinite(value) ? strtod(text, NULL) : value;
}

static int64_t limit_value(const Profile *profile, CalibratedLimit limit) {
    const Option *option = calibrated_limit(limit);
    return *(const int64_t *)(const void *)((const char *)profile + option->offset);
}

static double error_of(double found, double told) {
    return found / told - 1;
}

/* Text ----------------------------------------------------------------------------------------
 */

static void print_log(FILE *stream, const CalibrationReport *report) {
    const CalibrationLog *log = report->log;
    char count[HUMAN_TEXT], span[HUMAN_TEXT], left_out[HUMAN_TEXT];
    sim_time last = 0;
    for (size_t i = 0; i < log->count; i++) {
        last = log->requests[i].request.arrival > last ? log->requests[i].request.arrival : last;
    }
    text_print(stream, report->file);
    if (log->count > 0) {
        terminal_say(stream, ": %s, %s requests within %s", log->format,
                     human_count(log->count, count),
                     human_seconds(sim_time_to_seconds(last), span));
        if (log->stretches > 1) {
            terminal_say(stream, ", %zu benchmarks", log->stretches);
        }
    } else {
        terminal_say(stream, ": %s, %zu operating points", log->format, log->point_count);
    }
    terminal_say(stream, "; %s left out (failed, cut off or incomplete)\n",
                 human_count(log->left_out, left_out));
    if (log->two_clocks) {
        terminal_say(stream, "Client and engine have clocks of their own: they are related by the "
                             "request that took the shortest way from one to the other.\n");
    }
    if (log->bare_times) {
        terminal_say(stream, "Some times come without a unit in their key: see --unit.\n");
    }
    if (report->result->goes_on) {
        terminal_say(stream,
                     "The log is cut out of a longer run, by how its last requests fared: it is "
                     "replayed with more requests like its own behind them.\n");
    }
}

static void print_limits(FILE *stream, const CalibrationReport *report) {
    Table table = {0};
    table_columns(&table, "  %-*s  %*s  %-s");
    table_line(&table, "\nLimits");
    for (int limit = 0; limit < CALIBRATED_LIMITS; limit++) {
        table_row(&table, "%s\t%" PRId64 "\t%s", calibrated_limit((CalibratedLimit)limit)->name,
                  limit_value(&report->result->fitted, (CalibratedLimit)limit),
                  limit_words[limit].origins[report->result->origins[limit]]);
    }
    table_print(&table, stream);
}

static void add_coefficient(Table *table, size_t number, const CalibratedCoefficient *coefficient) {
    char share[HUMAN_TEXT];
    const Option *option = fit_coefficient(number);
    const bool is_time = option->type == OPTION_DURATION;
    table_row(table, "%s%s\t%.4g", option->name, is_time ? ", ms" : "", coefficient->fitted_ms);
    if (coefficient->is_fitted) {
        table_cell(table, "%.4g .. %.4g", coefficient->low_ms, coefficient->high_ms);
    } else {
        table_cell(table, "not fitted");
    }
    table_cell(table, "%.4g", coefficient->begun_ms);
    table_cell(table, "%s", is_time ? "" : human_share(coefficient->share, share));
}

static void print_coefficients(FILE *stream, const CalibrationReport *report) {
    Table table = {0};
    table_columns(&table, "  %-*s  %*s  %*s  %*s  %*s");
    table_line(&table, "\nCoefficients%s",
               report->settings->first_half_only ? ", fitted to the first half" : "");
    table_head(&table, "\tfitted\t90 %% interval\t%s\tof the time",
               report->catalogue_knows ? "catalogue" : "begun with");
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        const CalibratedCoefficient *coefficient = &report->result->coefficients[i];
        if (coefficient->is_fitted || coefficient->fitted_ms > 0) {
            add_coefficient(&table, i, coefficient);
        }
    }
    table_print(&table, stream);
}

static void add_errors(Table *table, const FitFigures *found, const FitFigures *told) {
    table_cell(table, "%+.1f %%", 100 * error_of(found->mean, told->mean));
    table_cell(table, "%+.1f %%", 100 * error_of(found->p50, told->p50));
    table_cell(table, "%+.1f %%", 100 * error_of(found->p95, told->p95));
}

static void print_checks(FILE *stream, const CalibrationReport *report) {
    char mean[HUMAN_TEXT];
    Table table = {0};
    table_columns(&table, "  %-*s  %-*s  %*s  %*s %*s %*s  %*s %*s %*s");
    table_line(&table, "\nErrors of a fit to half of them, and of %s",
               report->catalogue_knows ? "the catalogue" : "what the search began with");
    table_head(&table, "\t\tmean\tmean\tp50\tp95\tmean\tp50\tp95");
    for (int split = 0; split < CALIBRATION_SPLITS; split++) {
        for (int part = 0; part < CALIBRATION_PARTS; part++) {
            for (int metric = 0; metric < LOGGED_METRICS; metric++) {
                const CalibrationCheck *check = &report->result->checks[split][part][metric];
                if (check->told.count > 0) {
                    table_row(&table, "%s\t%s\t%s",
                              metric == 0 ? split_words[split].words[part] : "",
                              logged_metric_names[metric], human_seconds(check->told.mean, mean));
                    add_errors(&table, &check->fitted, &check->told);
                    add_errors(&table, &check->begun, &check->told);
                }
            }
        }
    }
    table_print(&table, stream);
}

static void print_known(FILE *stream, const CalibrationReport *report) {
    const CalibrationResult *result = report->result;
    bool in_pair[FIT_COEFFICIENTS] = {false}, any = false;
    fputc('\n', stream);
    for (size_t i = 0; i < result->pair_count; i++) {
        const CalibratedPair *pair = &result->pairs[i];
        terminal_say(
            stream, "This log cannot tell %s from %s, only what they add together; %s would.\n",
            fit_coefficient(pair->a)->name, fit_coefficient(pair->b)->name, tells[pair->b]);
        in_pair[pair->a] = in_pair[pair->b] = any = true;
    }
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        if (!in_pair[i] && calibrated_is_vague(&result->coefficients[i])) {
            terminal_say(stream, "This log tells little of %s; %s would tell it.\n",
                         fit_coefficient(i)->name, tells[i]);
            any = true;
        }
    }
    if (!any) {
        terminal_say(stream, "This log tells each coefficient from the others.\n");
    }
}

static void print_range(FILE *stream, const ProfileRange *range) {
    char least[HUMAN_TEXT], most[HUMAN_TEXT], kv[HUMAN_TEXT], prompt[HUMAN_TEXT];
    terminal_say(stream,
                 "To be believed from %s to %s sequences decoding at a time that hold up to %s KV "
                 "tokens, with up to %s prompt tokens in an iteration: what the log has seen.\n",
                 human_count((uint64_t)range->decoding_least, least),
                 human_count((uint64_t)range->decoding_most, most),
                 human_count((uint64_t)range->kv_tokens_most, kv),
                 human_count((uint64_t)range->prompt_tokens_most, prompt));
}

void calibration_print(FILE *stream, const CalibrationReport *report) {
    print_log(stream, report);
    terminal_say(stream, "The search began with %s.\n", report->begun);
    print_limits(stream, report);
    print_coefficients(stream, report);
    print_checks(stream, report);
    print_known(stream, report);
    print_range(stream, &report->result->range);
}

/* JSON ----------------------------------------------------------------------------------------
 */

static void add_number(cJSON *object, const char *key, double number) {
    json_add(object, key, json_number(rounded(number)));
}

static cJSON *figures_tree(const FitFigures *figures) {
    cJSON *tree = json_object();
    add_number(tree, "mean", figures->mean);
    add_number(tree, "p50", figures->p50);
    add_number(tree, "p95", figures->p95);
    return tree;
}

static cJSON *check_tree(const CalibrationCheck *check) {
    cJSON *tree = json_object();
    json_add(tree, "count", json_number((double)check->told.count));
    json_add(tree, "measured_s", figures_tree(&check->told));
    json_add(tree, "fitted_s", figures_tree(&check->fitted));
    json_add(tree, "begun_with_s", figures_tree(&check->begun));
    return tree;
}

static cJSON *checks_tree(const CalibrationResult *result) {
    cJSON *tree = json_object();
    for (int split = 0; split < CALIBRATION_SPLITS; split++) {
        cJSON *parts = json_object();
        for (int part = 0; part < CALIBRATION_PARTS; part++) {
            cJSON *metrics = json_object();
            for (int metric = 0; metric < LOGGED_METRICS; metric++) {
                json_add(metrics, logged_metric_names[metric],
                         check_tree(&result->checks[split][part][metric]));
            }
            json_add(parts, part_keys[part], metrics);
        }
        json_add(tree, split_words[split].key, parts);
    }
    return tree;
}

static cJSON *coefficients_tree(const CalibrationResult *result) {
    cJSON *tree = json_object();
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        const CalibratedCoefficient *coefficient = &result->coefficients[i];
        cJSON *one = json_object();
        add_number(one, "ms", coefficient->fitted_ms);
        if (coefficient->is_fitted) {
            add_number(one, "low_ms", coefficient->low_ms);
            add_number(one, "high_ms", coefficient->high_ms);
        }
        add_number(one, "begun_with_ms", coefficient->begun_ms);
        add_number(one, "share_of_time", coefficient->share);
        json_add(one, "fitted", json_boolean(coefficient->is_fitted));
        json_add(tree, fit_coefficient(i)->name, one);
    }
    return tree;
}

static cJSON *pairs_tree(const CalibrationResult *result) {
    cJSON *tree = json_array();
    for (size_t i = 0; i < result->pair_count; i++) {
        cJSON *pair = json_array();
        json_append(pair, json_text(fit_coefficient(result->pairs[i].a)->name));
        json_append(pair, json_text(fit_coefficient(result->pairs[i].b)->name));
        json_append(tree, pair);
    }
    return tree;
}

static cJSON *limits_tree(const CalibrationResult *result) {
    static const char *const origins[] = {"given", "default", "log", "largest_seen"};
    cJSON *tree = json_object();
    for (int limit = 0; limit < CALIBRATED_LIMITS; limit++) {
        cJSON *one = json_object();
        json_add(one, "value",
                 json_number((double)limit_value(&result->fitted, (CalibratedLimit)limit)));
        json_add(one, "from", json_text(origins[result->origins[limit]]));
        json_add(tree, calibrated_limit((CalibratedLimit)limit)->name, one);
    }
    return tree;
}

/* What the profile does not say of itself. */
static cJSON *facts_tree(const CalibrationReport *report) {
    const CalibrationLog *log = report->log;
    cJSON *tree = json_object();
    json_add(tree, "log", json_text(report->file));
    json_add(tree, "format", json_text(log->format));
    json_add(tree, "requests", json_number((double)log->count));
    json_add(tree, "points", json_number((double)log->point_count));
    json_add(tree, "left_out", json_number((double)log->left_out));
    json_add(tree, "goes_on", json_boolean(report->result->goes_on));
    json_add(tree, "fit_on", json_text(report->settings->first_half_only ? "first-half" : "all"));
    json_add(tree, "begun_with", json_text(report->begun));
    json_add(tree, "limits", limits_tree(report->result));
    json_add(tree, "coefficients", coefficients_tree(report->result));
    json_add(tree, "not_told_apart", pairs_tree(report->result));
    json_add(tree, "checks", checks_tree(report->result));
    return tree;
}

/* As a file has it: digits that the fit knows. */
static Profile written_profile(const CalibrationReport *report) {
    Profile profile = report->result->fitted;
    double *const numbers[] = {&profile.c0_ms,         &profile.c_moe_ms, &profile.c_prefill_ms,
                               &profile.c_decode_ms,   &profile.c_kv_ms,  &profile.c_token_ms,
                               &profile.c_attention_ms};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        *numbers[i] = rounded(*numbers[i]);
    }
    profile.request_overhead -= profile.request_overhead % (SIM_TIME_MILLISECOND / 1000);
    return profile;
}

char *calibration_profile(const CalibrationReport *report) {
    const char *slash = strrchr(report->file, '/');
    const CalibrationLog *log = report->log;
    ProfileFileConfig config = *report->about;
    const Profile profile = written_profile(report);
    config.profile_range = report->result->range;
    config.profile_source =
        memory_format("calibrated on %s: %zu %s%s", slash != NULL ? slash + 1 : report->file,
                      log->count > 0 ? log->count : log->point_count,
                      log->count > 0 ? "requests" : "operating points",
                      report->settings->first_half_only ? ", the first half" : "");
    char *text = profile_file_text(&config, &profile, facts_tree(report));
    free(config.profile_source);
    return text;
}

cJSON *calibration_json(const CalibrationReport *report) {
    char *text = calibration_profile(report);
    cJSON *tree = memory_checked(cJSON_Parse(text));
    free(text);
    return tree;
}

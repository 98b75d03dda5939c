// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/comparison_files.h"

#include "base/json.h"
#include "experiment/verdicts.h"
#include "figures/metrics.h"
#include "figures/summary.h"

#include <inttypes.h>
#include <stdlib.h>

static size_t run_count(const ComparisonStatistics *statistics) {
    return statistics->deployments.run_count;
}

void comparison_means_write(const ComparisonStatistics *statistics, CsvWriter *writer) {
    csv_writer_text(writer, "deployment");
    csv_writer_text(writer, "metric");
    for (size_t run = 0; run < run_count(statistics); run++) {
        csv_writer_text(writer, statistics->replications->cells[run].label);
    }
    csv_writer_end_row(writer);
    for (size_t deployment = 0; deployment < statistics->deployments.count; deployment++) {
        for (size_t column = 0; column < metric_count; column++) {
            csv_writer_text(writer, statistics->deployments.names[deployment]);
            csv_writer_text(writer, metric_rows[column].name);
            for (size_t run = 0; run < run_count(statistics); run++) {
                csv_writer_number(
                    writer, comparison_metric(statistics, run, deployment, column)->mean.value);
            }
            csv_writer_end_row(writer);
        }
    }
}

static void write_interval(const IntervalEstimate *estimate, CsvWriter *writer) {
    csv_writer_number(writer, estimate->value);
    csv_writer_number(writer, estimate->low);
    csv_writer_number(writer, estimate->high);
}

void comparison_statistics_write(const ComparisonStatistics *statistics, CsvWriter *writer) {
    static const char *const header[] = {
        "deployment", "metric",     "run",        "replications",   "mean",
        "mean_low",   "mean_high",  "difference", "difference_low", "difference_high",
        "p_value",    "p_adjusted", "verdict"};
    csv_writer_header(writer, header, sizeof header / sizeof header[0]);
    for (size_t deployment = 0; deployment < statistics->deployments.count; deployment++) {
        for (size_t column = 0; column < metric_count; column++) {
            for (size_t run = 0; run < run_count(statistics); run++) {
                const MetricStatistics *metric =
                    comparison_metric(statistics, run, deployment, column);
                csv_writer_text(writer, statistics->deployments.names[deployment]);
                csv_writer_text(writer, metric_rows[column].name);
                csv_writer_text(writer, statistics->replications->cells[run].label);
                csv_writer_count(writer, metric->count);
                write_interval(&metric->mean, writer);
                write_interval(&metric->difference, writer);
                csv_writer_number(writer, metric->p_value);
                csv_writer_number(writer, metric->p_adjusted);
                csv_writer_text(writer, verdict_names[metric->verdict]);
                csv_writer_end_row(writer);
            }
        }
    }
}

void comparison_replications_write(const ComparisonStatistics *statistics, CsvWriter *writer) {
    const Plan *replications = statistics->replications;
    csv_writer_text(writer, "run");
    csv_writer_text(writer, "replication");
    csv_writer_text(writer, "deployment");
    for (size_t column = 0; column < metric_count; column++) {
        csv_writer_text(writer, metric_rows[column].name);
    }
    csv_writer_end_row(writer);
    for (size_t run = 0; run < replications->cell_count; run++) {
        const PlanCell *replicated = &replications->cells[run];
        for (size_t r = 0; r < replications->count; r++) {
            for (size_t d = 0; d < replicated->scenario->deployment_count; d++) {
                csv_writer_text(writer, replicated->label);
                csv_writer_integer(writer, replicated->scenario->replication + (int64_t)r);
                csv_writer_text(writer, replicated->scenario->deployments[d].name);
                for (size_t column = 0; column < metric_count; column++) {
                    csv_writer_number(writer,
                                      measurement_value(&replicated->measurements[r], d, column));
                }
                csv_writer_end_row(writer);
            }
        }
    }
}

/* JSON --------------------------------------------------------------------------------------- */

static cJSON *metric_tree(const MetricStatistics *metric, bool is_baseline) {
    cJSON *tree = json_object();
    json_add(tree, "replications", json_number((double)metric->count));
    json_add(tree, "never_share",
             metric->count ? json_number((double)metric->never / (double)metric->count)
                           : json_null());
    json_add(tree, "mean", json_number(metric->mean.value));
    json_add(tree, "mean_low", json_number(metric->mean.low));
    json_add(tree, "mean_high", json_number(metric->mean.high));
    if (!is_baseline) {
        json_add(tree, "difference", json_number(metric->difference.value));
        json_add(tree, "difference_low", json_number(metric->difference.low));
        json_add(tree, "difference_high", json_number(metric->difference.high));
        json_add(tree, "ratio", json_number(metric->ratio.value));
        json_add(tree, "ratio_low", json_number(metric->ratio.low));
        json_add(tree, "ratio_high", json_number(metric->ratio.high));
        json_add(tree, "p_value", json_number(metric->p_value));
        json_add(tree, "p_adjusted", json_number(metric->p_adjusted));
        json_add(tree, "verdict",
                 metric->verdict == VERDICT_NONE ? json_null()
                                                 : json_text(verdict_names[metric->verdict]));
    }
    return tree;
}

static cJSON *deployment_tree(const ComparisonStatistics *statistics, size_t run,
                              size_t deployment) {
    cJSON *tree = json_object();
    for (size_t column = 0; column < metric_count; column++) {
        json_add(tree, metric_rows[column].name,
                 metric_tree(comparison_metric(statistics, run, deployment, column), run == 0));
    }
    return tree;
}

char *comparison_statistics_json(const ComparisonStatistics *statistics) {
    cJSON *tree = json_array();
    for (size_t run = 0; run < run_count(statistics); run++) {
        const PlanCell *replicated = &statistics->replications->cells[run];
        cJSON *item = json_object(), *deployments = json_object(), *verdicts = json_array();
        json_add(item, "run", json_text(replicated->label));
        json_add(item, "summary", summary_json_tree(run_report_summary(replicated->report)));
        json_add(item, "replications", json_number((double)statistics->replications->count));
        json_add(item, "confidence", json_number(statistics->confidence));
        json_add(item, "days_resampled", json_number((double)statistics->days));
        for (size_t i = 0; i < statistics->deployments.count; i++) {
            json_add(deployments, statistics->deployments.names[i],
                     deployment_tree(statistics, run, i));
            if (run > 0 && (statistics->replications->count > 1 || statistics->days > 0)) {
                char *text = verdict_text(statistics, run, i);
                json_append(verdicts, json_text(text));
                free(text);
            }
        }
        json_add(item, "statistics", deployments);
        json_add(item, "verdicts", verdicts);
        json_append(tree, item);
    }
    char *text = json_print(tree);
    cJSON_Delete(tree);
    return text;
}

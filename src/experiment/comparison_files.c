// SPDX-License-Identifier: GPL-3.0-or-later
/* A comparison as CSV and JSON. */
#include "base/csv_writer.h"
#include "base/json.h"
#include "base/output_directory.h"
#include "base/text.h"
#include "experiment/comparison.h"
#include "experiment/plan.h"
#include "figures/metrics.h"
#include "figures/summary.h"
#include "output/run_report.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"

#include <stddef.h>
#include <stdlib.h>

/* What is told of a metric, in CSV and JSON alike. */
typedef struct Figure {
    const char *name;
    size_t member;      /* of MetricStatistics: a double */
    bool of_difference; /* the first run has none */
    bool only_json;
} Figure;

#define ESTIMATE(name, member, ...)                                                                \
    {name, offsetof(MetricStatistics, member.mean), __VA_ARGS__},                                  \
        {name "_low", offsetof(MetricStatistics, member.low), __VA_ARGS__}, {                      \
        name "_high", offsetof(MetricStatistics, member.high), __VA_ARGS__                         \
    }

static const Figure figures[] = {
    ESTIMATE("mean", level, false, false),
    ESTIMATE("difference", difference, true, false),
    ESTIMATE("ratio", ratio, true, true),
    {"p_value", offsetof(MetricStatistics, p_value), true, false},
    {"p_adjusted", offsetof(MetricStatistics, p_adjusted), true, false},
};
enum { FIGURES = sizeof figures / sizeof figures[0] };

static double figure_of(const MetricStatistics *metric, const Figure *figure) {
    return *(const double *)(const void *)((const char *)metric + figure->member);
}

static const char *label_of(const ComparisonStatistics *statistics, size_t run) {
    return statistics->replications->cells[run].label;
}

/* CSV ---------------------------------------------------------------------------------------- */

static void write_means(const ComparisonStatistics *statistics, CsvWriter *writer) {
    csv_writer_text(writer, "deployment");
    csv_writer_text(writer, "metric");
    for (size_t run = 0; run < statistics->deployments.run_count; run++) {
        csv_writer_text(writer, label_of(statistics, run));
    }
    csv_writer_end_row(writer);
    for (size_t i = 0; i < statistics->deployments.count * metric_count; i++) {
        const size_t deployment = i / metric_count, metric = i % metric_count;
        csv_writer_text(writer, statistics->deployments.names[deployment]);
        csv_writer_text(writer, metric_rows[metric].name);
        for (size_t run = 0; run < statistics->deployments.run_count; run++) {
            csv_writer_number(writer,
                              comparison_metric(statistics, run, deployment, metric)->level.mean);
        }
        csv_writer_end_row(writer);
    }
}

static void write_metric(const MetricStatistics *metric, CsvWriter *writer) {
    csv_writer_count(writer, metric->level.count);
    for (size_t i = 0; i < FIGURES; i++) {
        if (!figures[i].only_json) {
            csv_writer_number(writer, figure_of(metric, &figures[i]));
        }
    }
    csv_writer_text(writer, verdict_names[metric->verdict]);
    csv_writer_end_row(writer);
}

static void write_statistics(const ComparisonStatistics *statistics, CsvWriter *writer) {
    const char *const first[] = {"deployment", "metric", "run", "replications"};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        csv_writer_text(writer, first[i]);
    }
    for (size_t i = 0; i < FIGURES; i++) {
        if (!figures[i].only_json) {
            csv_writer_text(writer, figures[i].name);
        }
    }
    csv_writer_text(writer, "verdict");
    csv_writer_end_row(writer);
    for (size_t i = 0; i < statistics->deployments.count * metric_count; i++) {
        const size_t deployment = i / metric_count, metric = i % metric_count;
        for (size_t run = 0; run < statistics->deployments.run_count; run++) {
            csv_writer_text(writer, statistics->deployments.names[deployment]);
            csv_writer_text(writer, metric_rows[metric].name);
            csv_writer_text(writer, label_of(statistics, run));
            write_metric(comparison_metric(statistics, run, deployment, metric), writer);
        }
    }
}

static void write_replication(const PlanCell *run, size_t replication, CsvWriter *writer) {
    for (size_t d = 0; d < run->scenario->deployment_count; d++) {
        csv_writer_text(writer, run->label);
        csv_writer_integer(writer, run->scenario->replication + (int64_t)replication);
        csv_writer_text(writer, run->scenario->deployments[d].name);
        for (size_t metric = 0; metric < metric_count; metric++) {
            csv_writer_number(writer,
                              measurement_value(&run->measurements[replication], d, metric));
        }
        csv_writer_end_row(writer);
    }
}

static void write_replications(const ComparisonStatistics *statistics, CsvWriter *writer) {
    const Plan *replications = statistics->replications;
    csv_writer_text(writer, "run");
    csv_writer_text(writer, "replication");
    csv_writer_text(writer, "deployment");
    for (size_t metric = 0; metric < metric_count; metric++) {
        csv_writer_text(writer, metric_rows[metric].name);
    }
    csv_writer_end_row(writer);
    for (size_t i = 0; i < replications->cell_count * replications->count; i++) {
        write_replication(&replications->cells[i / replications->count], i % replications->count,
                          writer);
    }
}

/* Takes the text; NULL: there is none. */
static void add_verdict(cJSON *verdicts, const ComparisonStatistics *statistics, size_t run,
                        size_t deployment, char *text) {
    if (text != NULL) {
        cJSON *verdict = json_object();
        json_add(verdict, "deployment", json_text(statistics->deployments.names[deployment]));
        json_add(verdict, "run", json_text(label_of(statistics, run)));
        json_add(verdict, "text", json_text(text));
        json_append(verdicts, verdict);
    }
    free(text);
}

/* Of the runs but the first, by deployment, where there are intervals; and of all beside those that
 * know what comes. */
static cJSON *verdicts_tree(const ComparisonStatistics *statistics) {
    cJSON *verdicts = json_array();
    const size_t runs = statistics->deployments.run_count;
    const size_t count = runs * statistics->deployments.count;
    for (size_t i = 0; i < count && comparison_has_intervals(statistics); i++) {
        if (i % runs > 0) {
            add_verdict(verdicts, statistics, i % runs, i / runs,
                        comparison_verdict(statistics, i % runs, i / runs));
        }
    }
    for (size_t i = 0; i < count; i++) {
        add_verdict(verdicts, statistics, i % runs, i / runs,
                    comparison_not_knowing_text(statistics, i % runs, i / runs));
    }
    return verdicts;
}

static bool write_verdict(const ComparisonStatistics *statistics,
                          const ComparisonTextOptions *options, const OutputDirectory *directory,
                          ErrorList *errors) {
    cJSON *tree = json_object(), *basis = json_array();
    TextList said = {0};
    comparison_basis(statistics, options, &said);
    for (size_t i = 0; i < said.count; i++) {
        json_append(basis, json_text(said.items[i]));
    }
    text_list_clear(&said);
    json_add(tree, "against", json_text(label_of(statistics, 0)));
    json_add(tree, "verdicts", verdicts_tree(statistics));
    json_add(tree, "basis", basis);
    char *text = json_print(tree);
    const bool written = output_directory_write(directory, "verdict.json", text, errors);
    free(text);
    cJSON_Delete(tree);
    return written;
}

bool comparison_write(const ComparisonStatistics *statistics, const ComparisonTextOptions *options,
                      const OutputDirectory *directory, ErrorList *errors) {
    static const struct {
        const char *name;
        void (*write)(const ComparisonStatistics *statistics, CsvWriter *writer);
    } tables[] = {{"comparison.csv", write_means},
                  {"statistics.csv", write_statistics},
                  {"replications.csv", write_replications}};
    bool written = true;
    for (size_t i = 0; written && i < sizeof tables / sizeof tables[0]; i++) {
        CsvWriter writer;
        written = output_directory_csv(directory, tables[i].name, &writer, errors);
        tables[i].write(statistics, &writer);
        written = csv_writer_close(&writer, errors) && written;
    }
    return written && write_verdict(statistics, options, directory, errors);
}

/* JSON --------------------------------------------------------------------------------------- */

static cJSON *metric_tree(const MetricStatistics *metric, bool is_baseline) {
    cJSON *tree = json_object();
    json_add(tree, "replications", json_number((double)metric->level.count));
    json_add(tree, "never_share",
             json_number((double)metric->level.never / (double)metric->level.count));
    for (size_t i = 0; i < FIGURES; i++) {
        if (!is_baseline || !figures[i].of_difference) {
            json_add(tree, figures[i].name, json_number(figure_of(metric, &figures[i])));
        }
    }
    if (!is_baseline) {
        const Verdict verdict = metric->verdict;
        json_add(tree, "verdict",
                 verdict == VERDICT_NONE ? json_null() : json_text(verdict_names[verdict]));
    }
    return tree;
}

/* By deployment, as far as there is a run that knows what comes. */
static cJSON *not_knowing_tree(const ComparisonStatistics *statistics, size_t run) {
    cJSON *tree = json_object();
    for (size_t i = 0; i < statistics->deployments.count; i++) {
        NotKnowing told;
        if (comparison_not_knowing(statistics, run, i, &told)) {
            cJSON *price = json_object();
            char *text = comparison_not_knowing_text(statistics, run, i);
            json_add(price, "against", json_text(label_of(statistics, told.knowing)));
            json_add(price, "paid_usd", json_number(told.paid_usd));
            json_add(price, "least_usd", json_number(told.least_usd));
            json_add(price, "price_usd", json_number(told.price_usd.mean));
            json_add(price, "price_low_usd", json_number(told.price_usd.low));
            json_add(price, "price_high_usd", json_number(told.price_usd.high));
            json_add(price, "text", json_text(text));
            json_add(tree, statistics->deployments.names[i], price);
            free(text);
        }
    }
    return tree;
}

static cJSON *run_tree(const ComparisonStatistics *statistics, size_t run) {
    const PlanCell *replicated = &statistics->replications->cells[run];
    cJSON *tree = json_object(), *deployments = json_object(), *verdicts = json_array();
    json_add(tree, "run", json_text(replicated->label));
    json_add(tree, "summary", summary_json_tree(run_report_summary(replicated->report)));
    json_add(tree, "replications", json_number((double)statistics->replications->count));
    json_add(tree, "confidence", json_number(statistics->confidence));
    json_add(tree, "days_resampled", json_number((double)statistics->days));
    for (size_t i = 0; i < statistics->deployments.count; i++) {
        cJSON *metrics = json_object();
        for (size_t metric = 0; metric < metric_count; metric++) {
            json_add(metrics, metric_rows[metric].name,
                     metric_tree(comparison_metric(statistics, run, i, metric), run == 0));
        }
        json_add(deployments, statistics->deployments.names[i], metrics);
        if (run > 0 && comparison_has_intervals(statistics)) {
            char *text = comparison_verdict(statistics, run, i);
            json_append(verdicts, json_text(text));
            free(text);
        }
    }
    json_add(tree, "statistics", deployments);
    json_add(tree, "verdicts", verdicts);
    json_add(tree, "price_of_not_knowing", not_knowing_tree(statistics, run));
    return tree;
}

char *comparison_json(const ComparisonStatistics *statistics) {
    cJSON *tree = json_array();
    for (size_t run = 0; run < statistics->deployments.run_count; run++) {
        json_append(tree, run_tree(statistics, run));
    }
    char *text = json_print(tree);
    cJSON_Delete(tree);
    return text;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The summary's histograms, bucket by bucket. */
#include "figures/latency_histogram.h"

#include <math.h>

static const char *const columns[] = {"deployment", "metric", "lower_s",
                                      "upper_s",    "count",  "cumulative"};

static void write_metric(const char *deployment, const char *metric, const Histogram *histogram,
                         CsvWriter *writer) {
    const double members = (double)histogram_members(histogram);
    uint64_t seen = 0;
    for (uint32_t bucket = histogram_lowest(histogram);
         histogram->count > 0 && bucket <= histogram_highest(histogram); bucket++) {
        const uint64_t count = histogram->counts[bucket];
        if (count == 0) {
            continue;
        }
        seen += count;
        csv_writer_text(writer, deployment);
        csv_writer_text(writer, metric);
        csv_writer_time(writer, histogram_bucket_lower(bucket));
        csv_writer_time(writer, histogram_bucket_upper(bucket));
        csv_writer_count(writer, count);
        csv_writer_number(writer, (double)seen / members);
        csv_writer_end_row(writer);
    }
    if (histogram->never > 0) {
        csv_writer_text(writer, deployment);
        csv_writer_text(writer, metric);
        csv_writer_number(writer, INFINITY);
        csv_writer_number(writer, INFINITY);
        csv_writer_count(writer, histogram->never);
        csv_writer_number(writer, 1);
        csv_writer_end_row(writer);
    }
}

void latency_histogram_write(const Summary *summary, CsvWriter *writer) {
    csv_writer_header(writer, columns, sizeof columns / sizeof columns[0]);
    for (size_t d = 0; d < summary->deployment_count; d++) {
        const DeploymentSummary *deployment = &summary->deployments[d];
        for (size_t metric = 0; metric < LATENCY_COUNT; metric++) {
            write_metric(deployment->name, latency_names[metric], &deployment->latencies[metric],
                         writer);
        }
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/page_compared.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "output/page_origin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t find_run(const PageCompared *compared, const char *label) {
    size_t i = 0;
    while (i < compared->run_count && strcmp(compared->runs[i].label, label) != 0) {
        i++;
    }
    return i;
}

void page_compared_add(PageCompared *compared, const char *label, const char *folder) {
    char *distinct = memory_text(label);
    for (int number = 2; find_run(compared, distinct) < compared->run_count; number++) {
        free(distinct);
        distinct = memory_format("%s-%d", label, number);
    }
    compared->runs = memory_grow(compared->runs, compared->run_count, &compared->run_room,
                                 sizeof compared->runs[0]);
    compared->runs[compared->run_count++] =
        (PageComparedRun){.label = distinct, .folder = memory_text(folder)};
}

/* The runs ----------------------------------------------------------------------------------- */

static bool read_run(PageComparedRun *run, ErrorList *errors) {
    char *summary = memory_format("%s/summary.csv", run->folder);
    char *series = memory_format("%s/timeseries.csv", run->folder);
    char *events = memory_format("%s/events.csv", run->folder);
    run->scenario = page_origin_read(run->folder, "scenario.json", errors);
    bool ok = run->scenario != NULL;
    ok = page_summary_read(&run->summary, summary, errors) && ok;
    ok = page_series_read(&run->series, series, errors) && ok;
    ok = page_decisions_read(&run->decisions, events, errors) && ok;
    free(summary);
    free(series);
    free(events);
    return ok;
}

static bool each_has_one(const PageCompared *compared) {
    for (size_t i = 0; i < compared->run_count; i++) {
        if (compared->runs[i].summary.deployment_count != 1) {
            return false;
        }
    }
    return true;
}

static size_t find_text(char *const texts[], size_t count, const char *text) {
    size_t i = 0;
    while (i < count && strcmp(texts[i], text) != 0) {
        i++;
    }
    return i;
}

/* Of the first run if every run has just one, else of all. */
static void collect_deployments(PageCompared *compared) {
    const size_t runs = each_has_one(compared) ? 1 : compared->run_count;
    for (size_t r = 0; r < runs; r++) {
        const PageSummary *summary = &compared->runs[r].summary;
        for (size_t i = 0; i < summary->deployment_count; i++) {
            const char *name = summary->deployments[i];
            if (find_text(compared->deployments, compared->deployment_count, name) ==
                compared->deployment_count) {
                compared->deployments =
                    memory_grow(compared->deployments, compared->deployment_count,
                                &compared->deployment_room, sizeof compared->deployments[0]);
                compared->deployments[compared->deployment_count++] = memory_text(name);
            }
        }
    }
}

const char *page_compared_match(const PageCompared *compared, size_t run, size_t deployment) {
    const PageSummary *summary = &compared->runs[run].summary;
    if (each_has_one(compared)) {
        return summary->deployments[0];
    }
    const size_t index = find_text(summary->deployments, summary->deployment_count,
                                   compared->deployments[deployment]);
    return index < summary->deployment_count ? summary->deployments[index] : NULL;
}

PageFigure *page_compared_figure(const PageCompared *compared, size_t deployment, size_t metric,
                                 size_t run) {
    return &compared->figures[(deployment * compared->metric_count + metric) * compared->run_count +
                              run];
}

static double own_value(const PageCompared *compared, size_t deployment, size_t metric,
                        size_t run) {
    const PageSummary *summary = &compared->runs[run].summary;
    const char *name = page_compared_match(compared, run, deployment);
    return name != NULL
               ? page_summary_value(
                     summary, find_text(summary->deployments, summary->deployment_count, name),
                     compared->metrics[metric])
               : NAN;
}

static void make_figures(PageCompared *compared) {
    compared->metrics = compared->runs[0].summary.metrics;
    compared->metric_count = compared->runs[0].summary.metric_count;
    compared->figures =
        memory_new(compared->deployment_count * compared->metric_count * compared->run_count + 1,
                   sizeof compared->figures[0]);
    for (size_t d = 0; d < compared->deployment_count; d++) {
        for (size_t m = 0; m < compared->metric_count; m++) {
            for (size_t r = 0; r < compared->run_count; r++) {
                *page_compared_figure(compared, d, m, r) =
                    (PageFigure){.mean = own_value(compared, d, m, r),
                                 .mean_low = NAN,
                                 .mean_high = NAN,
                                 .difference = NAN,
                                 .difference_low = NAN,
                                 .difference_high = NAN};
            }
        }
    }
}

bool page_compared_read(PageCompared *compared, ErrorList *errors) {
    bool ok = true;
    for (size_t i = 0; i < compared->run_count; i++) {
        ok = read_run(&compared->runs[i], errors) && ok;
    }
    if (ok) {
        collect_deployments(compared);
        make_figures(compared);
    }
    return ok;
}

/* Means and intervals ------------------------------------------------------------------------ */

/* A figure that this version's runs do not have, or of no run, is none of this page's. */
static PageFigure *find_figure(const PageCompared *compared, const char *deployment,
                               const char *metric, size_t run) {
    const size_t d = find_text(compared->deployments, compared->deployment_count, deployment);
    const size_t m = find_text(compared->metrics, compared->metric_count, metric);
    const bool known =
        d < compared->deployment_count && m < compared->metric_count && run < compared->run_count;
    return known ? page_compared_figure(compared, d, m, run) : NULL;
}

static bool read_comparison(PageCompared *compared, const char *path, ErrorList *errors) {
    CsvReader reader;
    if (csv_reader_open(&reader, path, errors)) {
        const size_t deployment = csv_reader_need(&reader, "deployment");
        const size_t metric = csv_reader_need(&reader, "metric");
        while (csv_reader_next(&reader)) {
            for (size_t r = 0; r < compared->run_count; r++) {
                PageFigure *figure = find_figure(compared, csv_reader_text(&reader, deployment),
                                                 csv_reader_text(&reader, metric), r);
                const size_t column = csv_reader_find(&reader, compared->runs[r].label);
                if (figure != NULL && column != CSV_READER_ABSENT) {
                    figure->mean = csv_reader_number(&reader, column);
                }
            }
        }
    }
    return csv_reader_close(&reader);
}

static bool read_statistics(PageCompared *compared, const char *path, ErrorList *errors) {
    CsvReader reader;
    if (csv_reader_open(&reader, path, errors)) {
        const size_t deployment = csv_reader_need(&reader, "deployment");
        const size_t metric = csv_reader_need(&reader, "metric");
        const size_t run = csv_reader_need(&reader, "run");
        static const char *const names[] = {"mean",       "mean_low",       "mean_high",
                                            "difference", "difference_low", "difference_high"};
        enum { NUMBERS = sizeof names / sizeof names[0] };
        size_t columns[NUMBERS];
        for (size_t i = 0; i < NUMBERS; i++) {
            columns[i] = csv_reader_need(&reader, names[i]);
        }
        const size_t verdict = csv_reader_find(&reader, "verdict");
        const size_t replications = csv_reader_find(&reader, "replications");
        while (csv_reader_next(&reader)) {
            compared->replications =
                fmax(compared->replications, csv_reader_number(&reader, replications));
            PageFigure *figure = find_figure(compared, csv_reader_text(&reader, deployment),
                                             csv_reader_text(&reader, metric),
                                             find_run(compared, csv_reader_text(&reader, run)));
            if (figure != NULL) {
                double *const numbers[NUMBERS] = {
                    &figure->mean,       &figure->mean_low,       &figure->mean_high,
                    &figure->difference, &figure->difference_low, &figure->difference_high};
                for (size_t i = 0; i < NUMBERS; i++) {
                    *numbers[i] = csv_reader_number(&reader, columns[i]);
                }
                const char *text = csv_reader_text(&reader, verdict);
                free(figure->verdict);
                figure->verdict = *text != '\0' ? memory_text(text) : NULL;
            }
        }
    }
    return csv_reader_close(&reader);
}

bool page_compared_read_means(PageCompared *compared, const char *folder, ErrorList *errors) {
    char *comparison = memory_format("%s/comparison.csv", folder);
    char *statistics = memory_format("%s/statistics.csv", folder);
    bool ok = read_comparison(compared, comparison, errors);
    compared->has_statistics = access(statistics, F_OK) == 0;
    if (compared->has_statistics) {
        ok = read_statistics(compared, statistics, errors) && ok;
    }
    free(comparison);
    free(statistics);
    return ok;
}

void page_compared_clear(PageCompared *compared) {
    const size_t figures =
        compared->deployment_count * compared->metric_count * compared->run_count;
    for (size_t i = 0; compared->figures != NULL && i < figures; i++) {
        free(compared->figures[i].verdict);
    }
    for (size_t i = 0; i < compared->run_count; i++) {
        PageComparedRun *run = &compared->runs[i];
        free(run->label);
        free(run->folder);
        cJSON_Delete(run->scenario);
        page_summary_clear(&run->summary);
        page_series_clear(&run->series);
        page_decisions_clear(&run->decisions);
    }
    for (size_t i = 0; i < compared->deployment_count; i++) {
        free(compared->deployments[i]);
    }
    free(compared->runs);
    free(compared->deployments);
    free(compared->figures);
    *compared = (PageCompared){0};
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/plot_data.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Names ---------------------------------------------------------------------------------------- */

size_t plot_names_place(PlotNames *names, const char *name) {
    size_t i = 0;
    while (i < names->count && strcmp(names->items[i], name) != 0) {
        i++;
    }
    if (i == names->count) {
        names->items =
            memory_grow(names->items, names->count, &names->room, sizeof names->items[0]);
        names->items[names->count++] = memory_text(name);
    }
    return i;
}

void plot_names_clear(PlotNames *names) {
    for (size_t i = 0; i < names->count; i++) {
        free(names->items[i]);
    }
    free(names->items);
    *names = (PlotNames){0};
}

char *plot_last_part(const char *path) {
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/') {
        begin--;
    }
    char *part = memory_text_n(path + begin, end - begin);
    if (strcmp(part, ".") == 0 || strcmp(part, "..") == 0) {
        *part = '\0';
    }
    return part;
}

char *plot_title(const char *deployment, const char *run) {
    char *title = memory_format("%s%s%s", deployment, *run ? "  \xe2\x80\x93  " : "", run);
    char *line = text_line(title);
    free(title);
    return line;
}

char *plot_list(char *text, const char *more) {
    char *longer = memory_format("%s%s%s", text, *text ? ", " : "", more);
    free(text);
    return longer;
}

/* Figures -------------------------------------------------------------------------------------- */

const PlotMetric plot_metrics[] = {
    {"total_usd", "Cost", NULL, false},
    {"ttft_p95_s", "TTFT p95", NULL, false},
    {"e2e_p95_s", "E2E p95", NULL, false},
    {"given_up", "Given up", "requests", false},
    {"slo_attainment", "Objective met", NULL, true},
    {"answers_503", "503 answers", "answers", false},
    {"ttft_p99_s", "TTFT p99", NULL, false},
    {"cold_starts", "Cold starts", "starts", false},
    {"idle_share_of_paid_time", "Idle share of paid time", NULL, false},
};
const size_t plot_metric_count = sizeof plot_metrics / sizeof plot_metrics[0];

const PlotMetric *plot_metric_find(const char *name) {
    for (size_t i = 0; i < plot_metric_count; i++) {
        if (strcmp(plot_metrics[i].name, name) == 0) {
            return &plot_metrics[i];
        }
    }
    return NULL;
}

const char *plot_metric_title(const char *name) {
    const PlotMetric *metric = plot_metric_find(name);
    return metric ? metric->title : name;
}

SummaryUnit plot_metric_unit(const char *column) {
    for (size_t i = 0; i < summary_column_count; i++) {
        if (strcmp(summary_columns[i].name, column) == 0) {
            return summary_columns[i].unit;
        }
    }
    return SUMMARY_UNIT_PER_SECOND;
}

const PlotScale plot_scale_empty = {INFINITY, -INFINITY, 1, ""};

void plot_scale_take(PlotScale *scale, double value) {
    if (isfinite(value)) {
        scale->least = fmin(scale->least, value);
        scale->most = fmax(scale->most, value);
    }
}

void plot_scale_end(PlotScale *scale, SummaryUnit unit, const char *things) {
    const double largest = isfinite(scale->most) ? scale->most : 1;
    scale->factor = 1;
    scale->unit = things ? things : "";
    if (unit == SUMMARY_UNIT_USD) {
        scale->unit = "US dollars";
    } else if (unit == SUMMARY_UNIT_HOURS) {
        scale->unit = "hours";
    } else if (unit == SUMMARY_UNIT_SHARE) {
        scale->unit = "%";
        scale->factor = 100;
    } else if (unit == SUMMARY_UNIT_SECONDS) {
        scale->factor = largest < 1      ? 1000
                        : largest < 600  ? 1
                        : largest < 7200 ? 1.0 / 60
                                         : 1.0 / 3600;
        scale->unit = largest < 1 ? "ms" : largest < 600 ? "s" : largest < 7200 ? "min" : "h";
    }
}

static double bound(CsvReader *reader, const char *metric, const char *which) {
    char *name = memory_format("%s%s", metric, which);
    const double number = csv_reader_number(reader, csv_reader_find(reader, name));
    free(name);
    return number;
}

PlotEstimate plot_estimate(CsvReader *reader, const char *metric) {
    return (PlotEstimate){.mean = bound(reader, metric, ""),
                          .low = bound(reader, metric, "_low"),
                          .high = bound(reader, metric, "_high")};
}

void plot_replications_take(PlotReplications *replications, double count) {
    if (count > 0) {
        replications->least = replications->most > 0 ? fmin(replications->least, count) : count;
        replications->most = fmax(replications->most, count);
    }
}

char *plot_replications_text(const PlotReplications *replications) {
    if (!(replications->most >= 2)) {
        return memory_text("one replication, so no intervals");
    }
    return replications->least < replications->most
               ? memory_format("means of %.0f to %.0f replications, with 95 %% intervals",
                               replications->least, replications->most)
               : memory_format("means of %.0f replications, with 95 %% intervals",
                               replications->most);
}

bool plot_fail(ErrorList *errors, const char *file, const char *found, const char *suggestion) {
    error_add(errors, &(Error){.file = file, .found = found, .suggestion = suggestion});
    return false;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/plot_data.h"

#include "base/csv_reader.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "output/gnuplot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Names ---------------------------------------------------------------------------------------- */

const char *plot_last_part(Gnuplot *gnuplot, const char *path) {
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/') {
        begin--;
    }
    const char *part = gnuplot_text(gnuplot, "%.*s", (int)(end - begin), path + begin);
    return strcmp(part, ".") == 0 || strcmp(part, "..") == 0 ? "" : part;
}

const char *plot_scenario(Gnuplot *gnuplot) {
    ErrorList ignored = {0};
    cJSON *manifest =
        json_load(gnuplot_text(gnuplot, "%s/manifest.json", gnuplot->directory), &ignored);
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(manifest, "scenario"));
    const char *scenario = name != NULL && *name != '\0'
                               ? gnuplot_text(gnuplot, "%s", name)
                               : plot_last_part(gnuplot, gnuplot->directory);
    cJSON_Delete(manifest);
    error_list_clear(&ignored);
    return scenario;
}

const char *plot_asking(Gnuplot *gnuplot, const char *title, const char *file) {
    ErrorList ignored = {0};
    cJSON *tree = json_load(gnuplot_text(gnuplot, "%s/%s", gnuplot->directory, file), &ignored);
    const char *question = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, "question"));
    if (question != NULL && *question != '\0') {
        char *line = text_line(question);
        title = gnuplot_text(gnuplot, "%s\n%s", title, line);
        free(line);
    }
    cJSON_Delete(tree);
    error_list_clear(&ignored);
    return title;
}

const char *plot_title(Gnuplot *gnuplot, const char *scenario, const char *deployment) {
    char *line = text_line(
        gnuplot_text(gnuplot, "%s%s%s", scenario, *scenario ? "  \xe2\x80\x93  " : "", deployment));
    const char *title = gnuplot_text(gnuplot, "%s", line);
    free(line);
    return title;
}

const char *plot_list(Gnuplot *gnuplot, const char *one, const char *more) {
    return gnuplot_text(gnuplot, "%s%s%s", one, *one ? ", " : "", more);
}

/* Figures -------------------------------------------------------------------------------------- */

const PlotScale plot_scale_empty = {INFINITY, -INFINITY, 1, ""};

void plot_scale_take(PlotScale *scale, double value) {
    if (isfinite(value)) {
        scale->least = fmin(scale->least, value);
        scale->most = fmax(scale->most, value);
    }
}

void plot_scale_end(PlotScale *scale, const MetricRow *metric) {
    static const struct {
        double below; /* the largest of an axis, in seconds */
        double factor;
        const char *unit;
    } times[] = {
        {1, 1000, "ms"}, {600, 1, "s"}, {7200, 1.0 / 60, "min"}, {INFINITY, 1.0 / 3600, "h"}};
    static const char *const units[] = {
        [METRIC_UNIT_COUNT] = "",      [METRIC_UNIT_SECONDS] = "s",
        [METRIC_UNIT_HOURS] = "hours", [METRIC_UNIT_USD] = "US dollars",
        [METRIC_UNIT_SHARE] = "%",     [METRIC_UNIT_PER_SECOND] = ""};
    const MetricUnit unit = metric != NULL ? metric->unit : METRIC_UNIT_COUNT;
    scale->factor = unit == METRIC_UNIT_SHARE ? 100 : 1;
    scale->unit = metric != NULL && metric->things != NULL ? metric->things : units[unit];
    if (unit == METRIC_UNIT_SECONDS) {
        const double largest = isfinite(scale->most) ? scale->most : 1;
        size_t i = 0;
        while (largest >= times[i].below) {
            i++;
        }
        scale->factor = times[i].factor;
        scale->unit = times[i].unit;
    }
}

static double bound(CsvReader *reader, const char *column, const char *which) {
    char *name = memory_format("%s%s", column, which);
    const double number = csv_reader_number(reader, csv_reader_find(reader, name));
    free(name);
    return number;
}

PlotEstimate plot_estimate(CsvReader *reader, const char *column) {
    return (PlotEstimate){.mean = bound(reader, column, ""),
                          .low = bound(reader, column, "_low"),
                          .high = bound(reader, column, "_high")};
}

const char *plot_estimate_text(const MetricRow *metric, HumanEstimate kind, PlotEstimate estimate,
                               char text[HUMAN_ESTIMATE_TEXT]) {
    return human_estimate(metric != NULL ? metric->unit : METRIC_UNIT_PER_SECOND, kind,
                          estimate.mean, (estimate.high - estimate.low) / 2, text);
}

void plot_replications_take(PlotReplications *replications, double count) {
    if (count > 0) {
        replications->least = replications->most > 0 ? fmin(replications->least, count) : count;
        replications->most = fmax(replications->most, count);
    }
}

const char *plot_replications_text(Gnuplot *gnuplot, const PlotReplications *replications) {
    const double least = replications->least, most = replications->most;
    if (!(most >= 2)) {
        return "one replication, so no intervals";
    }
    return least < most
               ? gnuplot_text(gnuplot, "means of %.0f to %.0f replications, with 95 %% intervals",
                              least, most)
               : gnuplot_text(gnuplot, "means of %.0f replications, with 95 %% intervals", most);
}

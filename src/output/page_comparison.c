// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/page_comparison.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "figures/human.h"
#include "output/page_compared.h"
#include "output/page_metrics.h"
#include "output/page_origin.h"
#include "output/page_run.h"
#include "output/page_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The table ---------------------------------------------------------------------------------- */

static void write_interval(FILE *stream, MetricUnit unit, double low, double high) {
    char from[HUMAN_TEXT], to[HUMAN_TEXT];
    if (isfinite(low) && isfinite(high)) {
        page_metric_value(unit, low, from);
        page_metric_value(unit, high, to);
        fprintf(stream, "<small class=\"interval\">%s to %s</small>", from, to);
    }
}

/* "+31.2 %", or "× 12" where that says more. */
static void write_change(FILE *stream, double first, double difference) {
    const double change = difference / first;
    if (fabs(change) < 9.995) {
        char text[HUMAN_TEXT];
        snprintf(text, sizeof text, "%.1f %%", 100 * fabs(change));
        fprintf(stream, "<small>%s%s</small>",
                human_shows_zero(text) ? "\xe2\x89\x88 "
                : change < 0           ? "\xe2\x88\x92"
                                       : "+",
                text);
    } else {
        fprintf(stream, "<small>\xc3\x97 %.3g</small>", 1 + change);
    }
}

/* Against the first run; with its interval and verdict where they are known. */
static void write_difference(FILE *stream, MetricUnit unit, const PageFigure *figure,
                             double first) {
    const bool known = !isnan(figure->difference);
    const double difference = known ? figure->difference : figure->mean - first;
    char text[HUMAN_TEXT];
    bool zero = false; /* rounded, so neither higher nor lower */
    fputs("<td class=\"difference\">", stream);
    if (difference == 0) {
        putc('=', stream);
    } else if (!isnan(difference)) {
        zero = human_shows_zero(page_metric_difference(unit, difference, text));
        fprintf(stream, "%s%s", zero ? "\xe2\x89\x88 " : "", text);
    }
    if (isfinite(figure->difference_low) && isfinite(figure->difference_high)) {
        fprintf(stream, "<small class=\"interval\">%s",
                page_metric_difference(unit, figure->difference_low, text));
        fprintf(stream, " to %s</small>",
                page_metric_difference(unit, figure->difference_high, text));
    } else if (isfinite(difference) && difference != 0 && unit != METRIC_UNIT_SHARE && first > 0) {
        write_change(stream, first, difference);
    }
    if (figure->verdict != NULL && !zero) {
        fputs("<small class=\"verdict\">", stream);
        page_text(stream, figure->verdict);
        fputs("</small>", stream);
    }
    fputs("</td>", stream);
}

static void write_row(FILE *stream, const PageCompared *compared, size_t deployment,
                      size_t metric) {
    const PageMetric shown = page_metric(compared->metrics[metric]);
    const double first = page_compared_figure(compared, deployment, metric, 0)->mean;
    fputs("<tr><th scope=\"row\">", stream);
    page_text(stream, shown.title);
    fputs("</th>", stream);
    for (size_t r = 0; r < compared->run_count; r++) {
        const PageFigure *figure = page_compared_figure(compared, deployment, metric, r);
        char text[HUMAN_TEXT];
        fprintf(stream, "<td>%s", page_metric_value(shown.unit, figure->mean, text));
        write_interval(stream, shown.unit, figure->mean_low, figure->mean_high);
        fputs("</td>", stream);
        if (r > 0) {
            write_difference(stream, shown.unit, figure, first);
        }
    }
    fputs("</tr>\n", stream);
}

static bool says_something(const PageCompared *compared, size_t deployment, size_t metric) {
    for (size_t r = 0; r < compared->run_count; r++) {
        const double mean = page_compared_figure(compared, deployment, metric, r)->mean;
        if (!isnan(mean) && mean != 0) {
            return true;
        }
    }
    return false;
}

/* One body per group, of those metrics that are (not) in short. */
static void write_groups(FILE *stream, const PageCompared *compared, size_t deployment,
                         bool in_short) {
    for (size_t g = 0; g < PAGE_METRIC_GROUPS; g++) {
        bool begun = false;
        for (size_t m = 0; m < compared->metric_count; m++) {
            const PageMetric metric = page_metric(compared->metrics[m]);
            if (strcmp(metric.group, page_metric_groups[g]) != 0 || metric.in_short != in_short ||
                !says_something(compared, deployment, m)) {
                continue;
            }
            if (!begun) {
                fprintf(stream, "<tbody><tr><th scope=\"rowgroup\" colspan=\"%zu\">%s</th></tr>\n",
                        2 * compared->run_count, page_metric_groups[g]);
                begun = true;
            }
            write_row(stream, compared, deployment, m);
        }
        fputs(begun ? "</tbody>\n" : "", stream);
    }
}

static void write_table(FILE *stream, const PageCompared *compared, size_t deployment,
                        bool in_short) {
    fputs(
        "<div class=\"box\" tabindex=\"0\"><table class=\"numbers compared\"><thead><tr><td></td>",
        stream);
    for (size_t r = 0; r < compared->run_count; r++) {
        fprintf(stream, "<th scope=\"col\"><span class=\"run run-%zu\">", r);
        page_text(stream, compared->runs[r].label);
        fputs(r > 0 ? "</span></th><th scope=\"col\">difference</th>" : "</span></th>", stream);
    }
    fputs("</tr></thead>\n", stream);
    write_groups(stream, compared, deployment, in_short);
    fputs("</table></div>\n", stream);
}

/* Charts ------------------------------------------------------------------------------------- */

/* Runs that begin at different instants are laid over each other from time 0. */
static bool same_start(const PageCompared *compared) {
    const char *first = page_json_member(compared->runs[0].scenario, "start");
    for (size_t r = 1; r < compared->run_count; r++) {
        const char *start = page_json_member(compared->runs[r].scenario, "start");
        if ((start == NULL) != (first == NULL) || (first != NULL && strcmp(first, start) != 0)) {
            return false;
        }
    }
    return true;
}

static void write_data(FILE *stream, const PageCompared *compared, size_t deployment) {
    fputs("<div class=\"charts\" data-kind=\"comparison\">"
          "<noscript><p>The charts need JavaScript.</p></noscript></div>\n"
          "<script type=\"application/json\">{",
          stream);
    page_run_write_calendar(stream, same_start(compared) ? compared->runs[0].scenario : NULL);
    fputs(",\n\"runs\":[", stream);
    for (size_t r = 0; r < compared->run_count; r++) {
        const PageComparedRun *run = &compared->runs[r];
        const char *name = page_compared_match(compared, r, deployment);
        fputs(r > 0 ? ",\n{\"label\":" : "\n{\"label\":", stream);
        page_json_text(stream, run->label);
        const size_t index =
            name != NULL ? page_series_find(&run->series, name) : run->series.count;
        if (index < run->series.count) {
            fputs(",\n", stream);
            page_series_write(&run->series, index, stream);
            fputs(",\n", stream);
            page_decisions_write(&run->decisions, name, stream);
        }
        putc('}', stream);
    }
    fputs("]}</script>\n", stream);
}

/* The page ----------------------------------------------------------------------------------- */

static void write_deployment(FILE *stream, const PageCompared *compared, size_t deployment) {
    fputs("<section class=\"deployment\"><h2>", stream);
    page_text(stream, compared->deployments[deployment]);
    fputs("</h2>\n", stream);
    if (compared->has_statistics && compared->replications == 1) {
        fputs(
            "<p class=\"quiet\">One replication, with intervals over its days; differences to the "
            "first run are paired.</p>\n",
            stream);
    } else if (compared->has_statistics) {
        fprintf(stream,
                "<p class=\"quiet\">Means over %.0f replications with their confidence intervals; "
                "differences to the first run are paired.</p>\n",
                compared->replications);
    } else {
        fputs("<p class=\"quiet\">Differences to the first run.</p>\n", stream);
    }
    write_table(stream, compared, deployment, true);
    write_data(stream, compared, deployment);
    fputs("<details><summary>All other figures</summary>\n", stream);
    write_table(stream, compared, deployment, false);
    fputs("</details>\n</section>\n", stream);
}

static void write_head(FILE *stream, const PageCompared *compared) {
    fputs("<header><p class=\"kind\">A comparison by autoscale-sim</p>\n<h1>", stream);
    for (size_t r = 0; r < compared->run_count; r++) {
        fputs(r == 0                        ? ""
              : r + 1 < compared->run_count ? ", "
                                            : " <span class=\"quiet\">and</span> ",
              stream);
        page_text(stream, compared->runs[r].label);
    }
    fputs("</h1>\n", stream);
    const char *question = page_json_member(compared->runs[0].scenario, "question");
    if (question != NULL) {
        fputs("<p class=\"lead\">", stream);
        page_text(stream, question);
        fputs("</p>\n", stream);
    }
    fputs("</header>\n<main>\n", stream);
}

/* manifests: folders with one, each under the label of its run (NULL: one for all). */
static bool write_origin(FILE *stream, const PageCompared *compared, const char *folder,
                         ErrorList *errors) {
    bool ok = true;
    cJSON **scenarios = memory_new(compared->run_count, sizeof scenarios[0]);
    fputs("<section id=\"origin\"><h2>Where this comes from</h2>\n", stream);
    ok = folder == NULL || page_origin_write_manifest(stream, folder, errors);
    for (size_t r = 0; ok && r < compared->run_count; r++) {
        const PageComparedRun *run = &compared->runs[r];
        char *title =
            memory_format("The scenario of %s as run, every default filled in", run->label);
        scenarios[r] = run->scenario;
        if (folder == NULL) {
            page_element(stream, "h3", run->label);
            ok = page_origin_write_manifest(stream, run->folder, errors);
        }
        ok = ok && page_origin_write_document(stream, run->folder, "scenario.json", title, errors);
        free(title);
    }
    if (ok) {
        page_origin_write_assumptions(stream, scenarios, compared->run_count);
    }
    fputs("</section>\n</main>\n", stream);
    free(scenarios);
    return ok;
}

/* folder: of the comparison; NULL for runs of their own. */
static bool write_page(FILE *stream, PageCompared *compared, const char *folder,
                       ErrorList *errors) {
    bool ok = page_compared_read(compared, errors) &&
              (folder == NULL || page_compared_read_means(compared, folder, errors));
    if (ok) {
        write_head(stream, compared);
        for (size_t d = 0; d < compared->deployment_count; d++) {
            write_deployment(stream, compared, d);
        }
        ok = write_origin(stream, compared, folder, errors);
    }
    page_compared_clear(compared);
    return ok;
}

static bool add_runs(PageCompared *compared, const char *folder, ErrorList *errors) {
    char *path = memory_format("%s/comparison.csv", folder);
    CsvReader reader;
    if (csv_reader_open(&reader, path, errors)) {
        for (size_t i = 0; i < reader.header_count; i++) {
            const char *label = reader.header[i];
            if (strcmp(label, "deployment") != 0 && strcmp(label, "metric") != 0) {
                char *within = memory_format("%s/%s", folder, label);
                page_compared_add(compared, label, within);
                free(within);
            }
        }
        if (compared->run_count == 0) {
            error_add(errors, &(Error){.file = path,
                                       .line = 1,
                                       .found = "no run",
                                       .expected = "a column for each run"});
            reader.failed = true;
        }
    }
    free(path);
    return csv_reader_close(&reader);
}

bool page_comparison_write(FILE *stream, const char *folder, ErrorList *errors) {
    PageCompared compared = {0};
    if (!add_runs(&compared, folder, errors)) {
        page_compared_clear(&compared);
        return false;
    }
    return write_page(stream, &compared, folder, errors);
}

/* The last part of a path: "day" of "runs/day/". Owned by the caller. */
static char *last_part(const char *path) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/') {
        begin--;
    }
    return memory_text_n(path + begin, end - begin);
}

static bool last_parts_differ(const char *const folders[], size_t count) {
    bool differ = true;
    for (size_t i = 1; i < count; i++) {
        char *part = last_part(folders[i]);
        for (size_t j = 0; j < i; j++) {
            char *earlier = last_part(folders[j]);
            differ = differ && strcmp(part, earlier) != 0;
            free(earlier);
        }
        free(part);
    }
    return differ;
}

bool page_comparison_write_runs(FILE *stream, const char *const folders[], size_t count,
                                ErrorList *errors) {
    PageCompared compared = {0};
    const bool differ = last_parts_differ(folders, count);
    for (size_t i = 0; i < count; i++) {
        char *label = differ ? last_part(folders[i]) : memory_text(folders[i]);
        page_compared_add(&compared, label, folders[i]);
        free(label);
    }
    return write_page(stream, &compared, NULL, errors);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/page_run.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "output/page_decisions.h"
#include "output/page_origin.h"
#include "output/page_series.h"
#include "output/page_summary.h"
#include "output/page_text.h"

#include <inttypes.h>
#include <stdlib.h>

typedef struct RunFiles {
    cJSON *scenario;
    PageSummary summary;
    PageSeries series;
    PageDecisions decisions;
} RunFiles;

static char *within(const char *folder, const char *name) {
    return memory_format("%s/%s", folder, name);
}

/* All of them are read, so that all that is wrong is told at once. */
static bool read_files(RunFiles *files, const char *folder, ErrorList *errors) {
    char *summary = within(folder, "summary.csv"), *series = within(folder, "timeseries.csv");
    char *events = within(folder, "events.csv");
    files->scenario = page_origin_read(folder, "scenario.json", errors);
    bool ok = files->scenario != NULL;
    ok = page_summary_read(&files->summary, summary, errors) && ok;
    ok = page_series_read(&files->series, series, errors) && ok;
    ok = page_decisions_read(&files->decisions, events, errors) && ok;
    free(summary);
    free(series);
    free(events);
    return ok;
}

static void clear_files(RunFiles *files) {
    cJSON_Delete(files->scenario);
    page_summary_clear(&files->summary);
    page_series_clear(&files->series);
    page_decisions_clear(&files->decisions);
}

/* Parts that other pages have too ------------------------------------------------------------ */

void page_run_write_head(FILE *stream, const cJSON *scenario, const char *kind) {
    const char *name = page_json_member(scenario, "name");
    const char *question = page_json_member(scenario, "question");
    const char *start = page_json_member(scenario, "start");
    const char *duration = page_json_member(scenario, "duration");
    fputs("<header><p class=\"kind\">", stream);
    page_text(stream, kind);
    fputs("</p>\n", stream);
    page_element(stream, "h1", name != NULL && *name != '\0' ? name : "a scenario without a name");
    if (question != NULL) {
        fputs("\n<p class=\"lead\">", stream);
        page_text(stream, question);
        fputs("</p>", stream);
    }
    if (duration != NULL) {
        fputs("\n<p class=\"quiet\">", stream);
        page_text(stream, duration);
        fputs(start != NULL ? " simulated from " : " simulated", stream);
        page_text(stream, start);
        fputs("</p>", stream);
    }
    fputs("</header>\n", stream);
}

static void put_part(FILE *stream, const char *before, const cJSON *value) {
    if (cJSON_IsString(value)) {
        fputs(before, stream);
        page_text(stream, value->valuestring);
    } else if (cJSON_IsNumber(value)) {
        fprintf(stream, "%s%.15g", before, value->valuedouble);
    }
}

void page_run_write_deployment(FILE *stream, const cJSON *scenario, const char *deployment) {
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(scenario, "deployments");
    const cJSON *one = cJSON_GetObjectItemCaseSensitive(all, deployment);
    const cJSON *limits = cJSON_GetObjectItemCaseSensitive(one, "autoscaling");
    if (one == NULL) {
        return;
    }
    fputs("<p class=\"quiet\">", stream);
    put_part(stream, "", cJSON_GetObjectItemCaseSensitive(one, "model"));
    put_part(stream, " on ", cJSON_GetObjectItemCaseSensitive(one, "accelerator_count"));
    put_part(stream, " \xc3\x97 ", cJSON_GetObjectItemCaseSensitive(one, "accelerator"));
    put_part(stream, ", policy ", cJSON_GetObjectItemCaseSensitive(one, "policy"));
    put_part(stream, ", ", cJSON_GetObjectItemCaseSensitive(limits, "min_replica_count"));
    put_part(stream, " to ", cJSON_GetObjectItemCaseSensitive(limits, "max_replica_count"));
    fputs(limits != NULL ? " replicas</p>\n" : "</p>\n", stream);
}

void page_run_write_calendar(FILE *stream, const cJSON *scenario) {
    const char *start = page_json_member(scenario, "start");
    int64_t epoch_s;
    int32_t nanoseconds;
    if (start != NULL && sim_time_parse_calendar(start, &epoch_s, &nanoseconds)) {
        fprintf(stream, "\"calendar\":%" PRId64, epoch_s);
    } else {
        fputs("\"calendar\":null", stream);
    }
}

/* The page ----------------------------------------------------------------------------------- */

static void write_data(FILE *stream, const RunFiles *files, const char *deployment) {
    const size_t index = page_series_find(&files->series, deployment);
    fputs("<div class=\"charts\" data-kind=\"run\">"
          "<noscript><p>The charts need JavaScript.</p></noscript></div>\n"
          "<script type=\"application/json\">{",
          stream);
    page_run_write_calendar(stream, files->scenario);
    if (index < files->series.count) {
        fputs(",\n", stream);
        page_series_write(&files->series, index, stream);
    }
    fputs(",\n", stream);
    page_decisions_write(&files->decisions, deployment, stream);
    fputs("}</script>\n", stream);
}

static void write_contents(FILE *stream, const PageSummary *summary) {
    if (summary->deployment_count < 2) {
        return;
    }
    fputs("<nav aria-label=\"Deployments\"><ul>", stream);
    for (size_t i = 0; i < summary->deployment_count; i++) {
        fprintf(stream, "<li><a href=\"#deployment-%zu\">", i + 1);
        page_text(stream, summary->deployments[i]);
        fputs("</a></li>", stream);
    }
    fputs("</ul></nav>\n", stream);
}

static void write_deployment(FILE *stream, const RunFiles *files, size_t index) {
    const char *name = files->summary.deployments[index];
    fprintf(stream, "<section id=\"deployment-%zu\" class=\"deployment\"><h2>", index + 1);
    page_text(stream, name);
    fputs("</h2>\n", stream);
    page_run_write_deployment(stream, files->scenario, name);
    page_summary_write_key_figures(&files->summary, index, stream);
    write_data(stream, files, name);
    fputs("<h3>All figures</h3>\n", stream);
    page_summary_write_tables(&files->summary, index, stream);
    fputs("</section>\n", stream);
}

bool page_run_write(FILE *stream, const char *folder, ErrorList *errors) {
    RunFiles files = {0};
    bool ok = read_files(&files, folder, errors);
    if (ok) {
        page_run_write_head(stream, files.scenario, "A run of autoscale-sim");
        fputs("<main>\n", stream);
        write_contents(stream, &files.summary);
        for (size_t i = 0; i < files.summary.deployment_count; i++) {
            write_deployment(stream, &files, i);
        }
        fputs("<section id=\"origin\"><h2>Where this comes from</h2>\n", stream);
        ok = page_origin_write_manifest(stream, folder, errors) &&
             page_origin_write_document(stream, folder, "scenario.json",
                                        "The scenario as run, every default filled in", errors);
        page_origin_write_assumptions(stream, &files.scenario, 1);
        fputs("</section>\n</main>\n", stream);
    }
    clear_files(&files);
    return ok;
}

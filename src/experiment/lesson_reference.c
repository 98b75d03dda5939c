// SPDX-License-Identifier: GPL-3.0-or-later
/* Names are looked up in the tables that the rest of the program goes by, and the nearest one is
 * suggested. */
#include "experiment/lesson_reference.h"

#include "engine/memory.h"
#include "report/summary_columns.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MOST = 256 };

/* Runs and their metrics --------------------------------------------------------------------- */

LessonRun *lesson_reference_run(LessonParser *parser, char *name) {
    const char *names[NAMES_MOST];
    size_t count = 0;
    for (size_t i = 0; i < parser->lesson->run_count; i++) {
        LessonRun *run = &parser->lesson->runs[i];
        if (strcmp(run->name, name) == 0) {
            free(name);
            return run;
        }
        if (count < NAMES_MOST) {
            names[count++] = run->name;
        }
    }
    const char *nearest = error_nearest(name, names, count);
    lesson_parser_refuse_word(parser, "a run", name, "one that the page's block of runs has",
                              nearest);
    return NULL;
}

static bool find_metric(LessonParser *parser, char *name, size_t *column) {
    const char *names[NAMES_MOST];
    for (size_t i = 0; i < summary_column_count && i < NAMES_MOST; i++) {
        names[i] = summary_columns[i].name;
        if (strcmp(names[i], name) == 0) {
            *column = i;
            free(name);
            return true;
        }
    }
    const char *nearest = error_nearest(name, names, summary_column_count);
    return lesson_parser_refuse_word(parser, "a metric", name, "a column of summary.csv", nearest);
}

static bool find_deployment(LessonParser *parser, const LessonRun *run, char *name,
                            size_t *deployment) {
    const Scenario *scenario = run->scenario;
    const char *names[NAMES_MOST];
    size_t count = 0;
    for (size_t i = 0; i < scenario->deployment_count && count < NAMES_MOST; i++) {
        names[count++] = scenario->deployments[i].name;
        if (strcmp(names[i], name) == 0) {
            *deployment = i;
            free(name);
            return true;
        }
    }
    const char *nearest = error_nearest(name, names, count);
    return lesson_parser_refuse_word(parser, "a deployment", name, "one of the scenario's",
                                     nearest);
}

bool lesson_reference_metric(LessonParser *parser, const LessonRun *run, LessonMetric *metric) {
    *metric = (LessonMetric){.run = (size_t)(run - parser->lesson->runs)};
    if (!lesson_parser_expect(parser, '.')) {
        return false;
    }
    char *word = lesson_parser_word(parser);
    if (parser->at < parser->end && *parser->at == '.') {
        parser->at++;
        return find_deployment(parser, run, word, &metric->deployment) &&
               find_metric(parser, lesson_parser_word(parser), &metric->column);
    }
    if (run->scenario->deployment_count > 1) {
        return lesson_parser_refuse_word(parser, "the metric", word,
                                         "RUN.DEPLOYMENT.METRIC, for there are several deployments",
                                         NULL);
    }
    return find_metric(parser, word, &metric->column);
}

LessonValue lesson_reference_value(const LessonParser *parser, const LessonMetric *metric) {
    const SummaryColumn *column = &summary_columns[metric->column];
    LessonValue value = {.number = NAN, .unit = lesson_unit_of(column->unit)};
    if (parser->measured) {
        value.number = measurement_value(&parser->lesson->runs[metric->run].done->measurements[0],
                                         metric->deployment, metric->column);
    }
    return value;
}

/* Options ------------------------------------------------------------------------------------ */

static bool refuse_option(const LessonParser *parser, const cJSON *node, char *key) {
    const char *names[NAMES_MOST];
    size_t count = 0;
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        if (child->string != NULL && count < NAMES_MOST) {
            names[count++] = child->string;
        }
    }
    const char *nearest = error_nearest(key, names, count);
    return lesson_parser_refuse_word(parser, "an option", key,
                                     "the path of one that the scenario has", nearest);
}

/* One step down a path; of an array of one element, its number may be left out, as in --set. */
static const cJSON *member(const cJSON *node, const char *key) {
    if (!cJSON_IsArray(node)) {
        return cJSON_GetObjectItemCaseSensitive(node, key);
    }
    if (isdigit((unsigned char)*key)) {
        return cJSON_GetArrayItem(node, atoi(key));
    }
    return cJSON_GetArraySize(node) == 1 ? cJSON_GetObjectItemCaseSensitive(node->child, key)
                                         : NULL;
}

/* Where a path begins: at the root, or at the only deployment if the root has no such key. */
static const cJSON *path_begin(const LessonRun *run, const char *key) {
    const cJSON *deployments = cJSON_GetObjectItemCaseSensitive(run->as_run, "deployments");
    return member(run->as_run, key) == NULL && cJSON_GetArraySize(deployments) == 1
               ? deployments->child
               : run->as_run;
}

bool lesson_reference_option(LessonParser *parser, const LessonRun *run, LessonValue *value) {
    const cJSON *node = NULL;
    for (;;) {
        char *key = lesson_parser_word(parser);
        node = node == NULL ? path_begin(run, key) : node;
        const cJSON *child = member(node, key);
        if (child == NULL) {
            return refuse_option(parser, node, key);
        }
        node = child;
        const bool last = parser->at >= parser->end || *parser->at != '.';
        if (last) {
            *value = lesson_value_of_option(key, node);
        }
        free(key);
        if (last) {
            return true;
        }
        parser->at++;
    }
}

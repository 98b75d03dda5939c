// SPDX-License-Identifier: GPL-3.0-or-later
/* Recursive descent over one placeholder. The first mistake ends it; others of the page are told
 * by their own placeholders. */
#include "experiment/lesson_expression.h"

#include "engine/memory.h"
#include "experiment/lesson_replications.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MOST = 32, NAMES_MOST = 256 };

typedef struct Parser {
    Lesson *lesson;
    LessonPlaceholder placeholder;
    const char *at, *end;
    int depth;
    bool measured;
    ErrorList *errors;
} Parser;

static bool refuse(const Parser *parser, const char *found, const char *expected,
                   const char *suggestion) {
    char *place =
        memory_format("{{%.*s}}", (int)parser->placeholder.length, parser->placeholder.text);
    error_add(parser->errors, &(Error){.file = parser->lesson->file,
                                       .line = parser->placeholder.line,
                                       .place = place,
                                       .found = found,
                                       .expected = expected,
                                       .suggestion = suggestion});
    free(place);
    return false;
}

/* Takes `word` into the message and frees it. */
static bool refuse_word(const Parser *parser, const char *what, char *word, const char *expected,
                        const char *suggestion) {
    char *found = memory_format("%s \"%s\"", what, word);
    refuse(parser, found, expected, suggestion);
    free(found);
    free(word);
    return false;
}

static bool refuse_rest(const Parser *parser, const char *expected) {
    char *rest = memory_text_n(parser->at, (size_t)(parser->end - parser->at));
    return refuse_word(parser, "there", rest, expected, NULL);
}

/* Words -------------------------------------------------------------------------------------- */

static void skip_blanks(Parser *parser) {
    while (parser->at < parser->end && isspace((unsigned char)*parser->at)) {
        parser->at++;
    }
}

static bool take(Parser *parser, char wanted) {
    skip_blanks(parser);
    if (parser->at < parser->end && *parser->at == wanted) {
        parser->at++;
        return true;
    }
    return false;
}

static bool expect(Parser *parser, char wanted) {
    const char expected[] = {'"', wanted, '"', '\0'};
    if (take(parser, wanted)) {
        return true;
    }
    return refuse_rest(parser, expected);
}

static bool is_word(char letter) {
    return isalnum((unsigned char)letter) || letter == '_';
}

/* "" where none begins; owned by the caller. */
static char *take_word(Parser *parser) {
    skip_blanks(parser);
    const char *from = parser->at;
    while (parser->at < parser->end && is_word(*parser->at)) {
        parser->at++;
    }
    return memory_text_n(from, (size_t)(parser->at - from));
}

/* Runs and their metrics --------------------------------------------------------------------- */

static LessonRun *find_run(Parser *parser, char *name) {
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
    refuse_word(parser, "a run", name, "one that the page's block of runs has", nearest);
    return NULL;
}

static bool find_metric(Parser *parser, char *name, size_t *column) {
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
    return refuse_word(parser, "a metric", name, "a column of summary.csv", nearest);
}

static bool find_deployment(Parser *parser, const LessonRun *run, char *name, size_t *deployment) {
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
    return refuse_word(parser, "a deployment", name, "one of the scenario's", nearest);
}

/* After RUN: ".METRIC" or ".DEPLOYMENT.METRIC". */
static bool take_metric(Parser *parser, const LessonRun *run, LessonMetric *metric) {
    *metric = (LessonMetric){.run = (size_t)(run - parser->lesson->runs)};
    if (!expect(parser, '.')) {
        return false;
    }
    char *word = take_word(parser);
    if (parser->at < parser->end && *parser->at == '.') {
        parser->at++;
        return find_deployment(parser, run, word, &metric->deployment) &&
               find_metric(parser, take_word(parser), &metric->column);
    }
    if (run->scenario->deployment_count > 1) {
        return refuse_word(parser, "the metric", word,
                           "RUN.DEPLOYMENT.METRIC, for there are several deployments", NULL);
    }
    return find_metric(parser, word, &metric->column);
}

static LessonValue value_of_metric(const Parser *parser, const LessonMetric *metric) {
    const SummaryColumn *column = &summary_columns[metric->column];
    const Summary *summary = parser->lesson->runs[metric->run].summary;
    LessonValue value = {.number = NAN, .unit = lesson_unit_of(column->unit)};
    if (parser->measured) {
        value.number = summary_value_number(summary_value(column, summary, metric->deployment));
    }
    return value;
}

/* Options ------------------------------------------------------------------------------------ */

static bool refuse_option(const Parser *parser, const cJSON *node, char *key) {
    const char *names[NAMES_MOST];
    size_t count = 0;
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        if (child->string != NULL && count < NAMES_MOST) {
            names[count++] = child->string;
        }
    }
    const char *nearest = error_nearest(key, names, count);
    return refuse_word(parser, "an option", key, "the path of one that the scenario has", nearest);
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

/* After "RUN:". */
static bool take_option(Parser *parser, const LessonRun *run, LessonValue *value) {
    const cJSON *node = NULL;
    for (;;) {
        char *key = take_word(parser);
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

/* Replications ------------------------------------------------------------------------------- */

/* "RUN.METRIC" */
static bool take_run_metric(Parser *parser, LessonMetric *metric) {
    const LessonRun *run = find_run(parser, take_word(parser));
    return run != NULL && take_metric(parser, run, metric);
}

static bool take_count(Parser *parser, size_t *count) {
    char *word = take_word(parser);
    char *end;
    const unsigned long number = strtoul(word, &end, 10);
    if (*word == '\0' || *end != '\0' || number < 2 || number > LESSON_REPLICATIONS_MOST) {
        return refuse_word(parser, "there", word, "a number of replications from 2 to 1000", NULL);
    }
    free(word);
    *count = number;
    return true;
}

static bool take_pairing(Parser *parser, bool *independent) {
    char *word = take_word(parser);
    *independent = strcmp(word, "independent") == 0;
    if (!*independent && strcmp(word, "paired") != 0) {
        return refuse_word(parser, "there", word, "paired or independent", NULL);
    }
    free(word);
    return true;
}

/* "(A.METRIC - B.METRIC, N, paired)"; of mean, "(A.METRIC, N)" too. */
static bool take_sample(Parser *parser, const LessonStatistic *statistic, LessonSample *sample) {
    *sample = (LessonSample){0};
    if (!expect(parser, '(') || !take_run_metric(parser, &sample->one)) {
        return false;
    }
    sample->is_difference = !statistic->of_one || take(parser, '-');
    if (sample->is_difference) {
        if (!statistic->of_one && !expect(parser, '-')) {
            return false;
        }
        if (!take_run_metric(parser, &sample->other)) {
            return false;
        }
    }
    if (!expect(parser, ',') || !take_count(parser, &sample->count)) {
        return false;
    }
    if (sample->is_difference &&
        (!expect(parser, ',') || !take_pairing(parser, &sample->independent))) {
        return false;
    }
    return expect(parser, ')');
}

static bool take_statistic(Parser *parser, const LessonStatistic *statistic, LessonValue *value) {
    LessonSample sample;
    if (!take_sample(parser, statistic, &sample)) {
        return false;
    }
    const LessonUnit unit = lesson_unit_of(summary_columns[sample.one.column].unit);
    *value = (LessonValue){.number = NAN, .unit = statistic->unit};
    if (statistic->in_unit_of_metric) {
        value->unit = unit == LESSON_COUNT ? LESSON_NUMBER : unit;
    }
    if (parser->measured) {
        value->number = lesson_statistic(parser->lesson, statistic, &sample);
    } else {
        lesson_sample_want(parser->lesson, &sample);
    }
    return true;
}

/* Expressions -------------------------------------------------------------------------------- */

static bool take_sum(Parser *parser, LessonValue *value);

static bool take_number(Parser *parser, LessonValue *value) {
    const char *from = parser->at;
    while (parser->at < parser->end &&
           (isdigit((unsigned char)*parser->at) || *parser->at == '.')) {
        parser->at++;
    }
    char *text = memory_text_n(from, (size_t)(parser->at - from));
    *value = (LessonValue){.number = strtod(text, NULL), .unit = LESSON_NUMBER, .text = text};
    return true;
}

static bool take_reference(Parser *parser, LessonValue *value) {
    char *word = take_word(parser);
    const LessonStatistic *statistic = lesson_statistic_find(word);
    if (*word == '\0') {
        free(word);
        return refuse_rest(parser, "RUN.METRIC, RUN:OPTION.PATH, a number or a statistic");
    }
    if (statistic != NULL && parser->at < parser->end && *parser->at == '(') {
        free(word);
        return take_statistic(parser, statistic, value);
    }
    const LessonRun *run = find_run(parser, word);
    if (run == NULL) {
        return false;
    }
    if (take(parser, ':')) {
        return take_option(parser, run, value);
    }
    LessonMetric metric;
    if (!take_metric(parser, run, &metric)) {
        return false;
    }
    *value = value_of_metric(parser, &metric);
    return true;
}

static bool take_factor(Parser *parser, LessonValue *value) {
    skip_blanks(parser);
    if (parser->at < parser->end && isdigit((unsigned char)*parser->at)) {
        return take_number(parser, value);
    }
    if (!take(parser, '(')) {
        return take_reference(parser, value);
    }
    if (++parser->depth > DEPTH_MOST) {
        return refuse(parser, "too many parentheses", "fewer than 32 within one another", NULL);
    }
    const bool sound = take_sum(parser, value) && expect(parser, ')');
    parser->depth--;
    return sound;
}

static bool combine(Parser *parser, LessonValue *left, char operation,
                    bool (*take_right)(Parser *parser, LessonValue *value)) {
    LessonValue right = {.number = NAN};
    bool sound = take_right(parser, &right);
    if (sound && !lesson_value_combine(left, operation, &right)) {
        sound = refuse(parser, "figures that do not go together",
                       "numbers; of sums, of the same unit", NULL);
    }
    lesson_value_clear(&right);
    return sound;
}

static bool take_product(Parser *parser, LessonValue *value) {
    bool sound = take_factor(parser, value);
    while (sound) {
        const char operation = take(parser, '*') ? '*' : take(parser, '/') ? '/' : '\0';
        if (operation == '\0') {
            break;
        }
        sound = combine(parser, value, operation, take_factor);
    }
    return sound;
}

static bool take_sum(Parser *parser, LessonValue *value) {
    bool sound = take_product(parser, value);
    while (sound) {
        const char operation = take(parser, '+') ? '+' : take(parser, '-') ? '-' : '\0';
        if (operation == '\0') {
            break;
        }
        sound = combine(parser, value, operation, take_product);
    }
    return sound;
}

/* "as UNIT" and the end. */
static bool take_unit(Parser *parser, LessonValue *value) {
    char *word = take_word(parser);
    const bool as = strcmp(word, "as") == 0;
    free(word);
    skip_blanks(parser);
    const char *last = parser->end;
    while (last > parser->at && isspace((unsigned char)last[-1])) {
        last--;
    }
    char *rest = memory_text_n(parser->at, (size_t)(last - parser->at));
    LessonUnit unit;
    if (as && value->unit != LESSON_TEXT && lesson_unit_find(rest, &unit)) {
        lesson_value_convert(value, unit);
    } else if (as) {
        return refuse_word(parser, "as", rest, lesson_unit_names, NULL);
    } else if (*rest != '\0') {
        return refuse_word(parser, "there", rest, "an operator, or as UNIT, or the end", NULL);
    }
    free(rest);
    return true;
}

static Parser begin(Lesson *lesson, LessonPlaceholder placeholder, bool measured,
                    ErrorList *errors) {
    return (Parser){.lesson = lesson,
                    .placeholder = placeholder,
                    .at = placeholder.text,
                    .end = placeholder.text + placeholder.length,
                    .measured = measured,
                    .errors = errors};
}

bool lesson_expression_value(Lesson *lesson, LessonPlaceholder placeholder, bool measured,
                             LessonValue *value, ErrorList *errors) {
    Parser parser = begin(lesson, placeholder, measured, errors);
    *value = (LessonValue){.number = NAN};
    return take_sum(&parser, value) && take_unit(&parser, value);
}

static bool compare(char operation, bool or_equal, double left, double right) {
    if (operation == '<') {
        return or_equal ? left <= right : left < right;
    }
    if (operation == '>') {
        return or_equal ? left >= right : left > right;
    }
    return left == right;
}

bool lesson_expression_holds(Lesson *lesson, LessonPlaceholder placeholder, bool measured,
                             bool *holds, ErrorList *errors) {
    Parser parser = begin(lesson, placeholder, measured, errors);
    LessonValue left = {.number = NAN}, right = {.number = NAN};
    bool sound = take_sum(&parser, &left);
    const char operation = !sound               ? '\0'
                           : take(&parser, '<') ? '<'
                           : take(&parser, '>') ? '>'
                           : take(&parser, '=') ? '='
                                                : '\0';
    const bool or_equal = operation != '\0' && take(&parser, '=');
    if (sound && (operation == '\0' || (operation == '=' && !or_equal))) {
        sound = refuse(&parser, "no comparison", "{{if A < B}}: <, >, <=, >= or ==", NULL);
    }
    sound = sound && take_sum(&parser, &right) && take_unit(&parser, &right);
    *holds = sound && compare(operation, or_equal, left.number, right.number);
    lesson_value_clear(&left);
    lesson_value_clear(&right);
    return sound;
}

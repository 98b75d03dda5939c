// SPDX-License-Identifier: GPL-3.0-or-later
/* Recursive descent over one placeholder. The first mistake ends it; others of the page are told
 * by their own placeholders. */
#include "experiment/lesson_expression.h"

#include "engine/memory.h"
#include "experiment/lesson_reference.h"
#include "report/summary_columns.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MOST = 32 };

/* Replications ------------------------------------------------------------------------------- */

/* "RUN.METRIC" */
static bool take_run_metric(LessonParser *parser, LessonMetric *metric) {
    const LessonRun *run = lesson_reference_run(parser, lesson_parser_word(parser));
    return run != NULL && lesson_reference_metric(parser, run, metric);
}

static bool take_count(LessonParser *parser, size_t *count) {
    char *word = lesson_parser_word(parser);
    char *end;
    const unsigned long number = strtoul(word, &end, 10);
    if (*word == '\0' || *end != '\0' || number < 2 || number > LESSON_REPLICATIONS_MOST) {
        return lesson_parser_refuse_word(parser, "there", word,
                                         "a number of replications from 2 to 1000", NULL);
    }
    free(word);
    *count = number;
    return true;
}

static bool take_pairing(LessonParser *parser, bool *independent) {
    char *word = lesson_parser_word(parser);
    *independent = strcmp(word, "independent") == 0;
    if (!*independent && strcmp(word, "paired") != 0) {
        return lesson_parser_refuse_word(parser, "there", word, "paired or independent", NULL);
    }
    free(word);
    return true;
}

/* "(A.METRIC - B.METRIC, N, paired)"; of mean, "(A.METRIC, N)" too. */
static bool take_sample(LessonParser *parser, const LessonStatistic *statistic,
                        LessonSample *sample) {
    *sample = (LessonSample){0};
    if (!lesson_parser_expect(parser, '(') || !take_run_metric(parser, &sample->one)) {
        return false;
    }
    sample->is_difference = !statistic->of_one || lesson_parser_take(parser, '-');
    if (sample->is_difference) {
        if (!statistic->of_one && !lesson_parser_expect(parser, '-')) {
            return false;
        }
        if (!take_run_metric(parser, &sample->other)) {
            return false;
        }
    }
    if (!lesson_parser_expect(parser, ',') || !take_count(parser, &sample->count)) {
        return false;
    }
    if (sample->is_difference &&
        (!lesson_parser_expect(parser, ',') || !take_pairing(parser, &sample->independent))) {
        return false;
    }
    return lesson_parser_expect(parser, ')');
}

static bool take_statistic(LessonParser *parser, const LessonStatistic *statistic,
                           LessonValue *value) {
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

static bool take_sum(LessonParser *parser, LessonValue *value);

static bool take_number(LessonParser *parser, LessonValue *value) {
    const char *from = parser->at;
    while (parser->at < parser->end &&
           (isdigit((unsigned char)*parser->at) || *parser->at == '.')) {
        parser->at++;
    }
    char *text = memory_text_n(from, (size_t)(parser->at - from));
    *value = (LessonValue){.number = strtod(text, NULL), .unit = LESSON_NUMBER, .text = text};
    return true;
}

static bool take_reference(LessonParser *parser, LessonValue *value) {
    char *word = lesson_parser_word(parser);
    const LessonStatistic *statistic = lesson_statistic_find(word);
    if (*word == '\0') {
        free(word);
        return lesson_parser_refuse_rest(parser,
                                         "RUN.METRIC, RUN:OPTION.PATH, a number or a statistic");
    }
    if (statistic != NULL && parser->at < parser->end && *parser->at == '(') {
        free(word);
        return take_statistic(parser, statistic, value);
    }
    const LessonRun *run = lesson_reference_run(parser, word);
    if (run == NULL) {
        return false;
    }
    if (lesson_parser_take(parser, ':')) {
        return lesson_reference_option(parser, run, value);
    }
    LessonMetric metric;
    if (!lesson_reference_metric(parser, run, &metric)) {
        return false;
    }
    *value = lesson_reference_value(parser, &metric);
    return true;
}

static bool take_factor(LessonParser *parser, LessonValue *value) {
    lesson_parser_skip_blanks(parser);
    if (parser->at < parser->end && isdigit((unsigned char)*parser->at)) {
        return take_number(parser, value);
    }
    if (!lesson_parser_take(parser, '(')) {
        return take_reference(parser, value);
    }
    if (++parser->depth > DEPTH_MOST) {
        return lesson_parser_refuse(parser, "too many parentheses",
                                    "fewer than 32 within one another", NULL);
    }
    const bool sound = take_sum(parser, value) && lesson_parser_expect(parser, ')');
    parser->depth--;
    return sound;
}

static bool combine(LessonParser *parser, LessonValue *left, char operation,
                    bool (*take_right)(LessonParser *parser, LessonValue *value)) {
    LessonValue right = {.number = NAN};
    bool sound = take_right(parser, &right);
    if (sound && !lesson_value_combine(left, operation, &right)) {
        sound = lesson_parser_refuse(parser, "figures that do not go together",
                                     "numbers; of sums, of the same unit", NULL);
    }
    lesson_value_clear(&right);
    return sound;
}

static bool take_product(LessonParser *parser, LessonValue *value) {
    bool sound = take_factor(parser, value);
    while (sound) {
        const char operation = lesson_parser_take(parser, '*')   ? '*'
                               : lesson_parser_take(parser, '/') ? '/'
                                                                 : '\0';
        if (operation == '\0') {
            break;
        }
        sound = combine(parser, value, operation, take_factor);
    }
    return sound;
}

static bool take_sum(LessonParser *parser, LessonValue *value) {
    bool sound = take_product(parser, value);
    while (sound) {
        const char operation = lesson_parser_take(parser, '+')   ? '+'
                               : lesson_parser_take(parser, '-') ? '-'
                                                                 : '\0';
        if (operation == '\0') {
            break;
        }
        sound = combine(parser, value, operation, take_product);
    }
    return sound;
}

/* "as UNIT" and the end. */
static bool take_unit(LessonParser *parser, LessonValue *value) {
    char *word = lesson_parser_word(parser);
    const bool as = strcmp(word, "as") == 0;
    free(word);
    lesson_parser_skip_blanks(parser);
    const char *last = parser->end;
    while (last > parser->at && isspace((unsigned char)last[-1])) {
        last--;
    }
    char *rest = memory_text_n(parser->at, (size_t)(last - parser->at));
    LessonUnit unit;
    if (as && value->unit != LESSON_TEXT && lesson_unit_find(rest, &unit)) {
        lesson_value_convert(value, unit);
    } else if (as) {
        return lesson_parser_refuse_word(parser, "as", rest, lesson_unit_names, NULL);
    } else if (*rest != '\0') {
        return lesson_parser_refuse_word(parser, "there", rest,
                                         "an operator, or as UNIT, or the end", NULL);
    }
    free(rest);
    return true;
}

static LessonParser begin(Lesson *lesson, LessonPlaceholder placeholder, bool measured,
                          ErrorList *errors) {
    return (LessonParser){.lesson = lesson,
                          .placeholder = placeholder,
                          .at = placeholder.text,
                          .end = placeholder.text + placeholder.length,
                          .measured = measured,
                          .errors = errors};
}

bool lesson_expression_value(Lesson *lesson, LessonPlaceholder placeholder, bool measured,
                             LessonValue *value, ErrorList *errors) {
    LessonParser parser = begin(lesson, placeholder, measured, errors);
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
    LessonParser parser = begin(lesson, placeholder, measured, errors);
    LessonValue left = {.number = NAN}, right = {.number = NAN};
    bool sound = take_sum(&parser, &left);
    const char operation = !sound                             ? '\0'
                           : lesson_parser_take(&parser, '<') ? '<'
                           : lesson_parser_take(&parser, '>') ? '>'
                           : lesson_parser_take(&parser, '=') ? '='
                                                              : '\0';
    const bool or_equal = operation != '\0' && lesson_parser_take(&parser, '=');
    if (sound && (operation == '\0' || (operation == '=' && !or_equal))) {
        sound = lesson_parser_refuse(&parser, "no comparison",
                                     "{{if A < B}}: <, >, <=, >= or ==", NULL);
    }
    sound = sound && take_sum(&parser, &right) && take_unit(&parser, &right);
    *holds = sound && compare(operation, or_equal, left.number, right.number);
    lesson_value_clear(&left);
    lesson_value_clear(&right);
    return sound;
}

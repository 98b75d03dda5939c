// SPDX-License-Identifier: GPL-3.0-or-later
/* What a lesson asks of its reader (lesson.h): blocks of lines "KEY: VALUE", by a table of keys.
 * They are read as texts, checked against the runs, and told as Markdown or as JSON; an answer is
 * never written down, it is what the figures of the runs say. scenarios/lessons/README.md describes
 * the blocks. */
#include "experiment/lesson.h"

#include "base/assertion.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "experiment/optimization.h"
#include "experiment/plan.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static const char *const kind_words[LESSON_BLOCK_KINDS] = {
    [LESSON_PREDICT] = "predict", [LESSON_SLIDER] = "slider", [LESSON_CHALLENGE] = "challenge"};

/* Whose block is looked at. names NULL: nothing has been run yet. */
typedef struct Asking {
    Lesson *lesson;
    const LessonBlock *block;
    const LessonNames *names;
    ErrorList *errors;
} Asking;

static Error place_of(const Asking *asking, long line) {
    return (Error){.file = asking->lesson->file, .line = line};
}

static bool refuse(const Asking *asking, const LessonEntry *entry, const char *expected,
                   const char *suggestion) {
    const Error where = place_of(asking, entry->line);
    return error_found(asking->errors, &where, expected, suggestion, "\"%s\"", entry->value);
}

/* Texts within a line -------------------------------------------------------------------------- */

/* "LEFT = RIGHT". Both owned by the caller; without the sign, all is left and right is "". */
static void split_pair(const char *text, char **left, char **right) {
    const char *end = text + strlen(text), *sign = strchr(text, '=');
    *left = text_trimmed(text, sign != NULL ? sign : end);
    *right = text_trimmed(sign != NULL ? sign + 1 : end, end);
}

/* "A, B, C" */
static TextList split_list(const char *text) {
    TextList list = {0};
    while (*text != '\0') {
        const char *end = text + strcspn(text, ",");
        text_list_add(&list, text_trimmed(text, end));
        text = *end == ',' ? end + 1 : end;
    }
    return list;
}

/* What a slider moves: "PATH = VALUE, VALUE, ...". */
typedef struct Move {
    char *path, *values;
    TextList list; /* of the values */
} Move;

static Move move_of(const LessonEntry *entry) {
    Move move = {0};
    split_pair(entry->value, &move.path, &move.values);
    move.list = split_list(move.values);
    return move;
}

static void move_clear(Move *move) {
    free(move->path);
    free(move->values);
    text_list_clear(&move->list);
}

static bool list_has(const TextList *list, const char *text) {
    bool has = false;
    for (size_t i = 0; i < list->count; i++) {
        has = has || strcmp(list->items[i], text) == 0;
    }
    return has;
}

/* Keys --------------------------------------------------------------------------------------- */

enum {
    ASK,
    LEAST,
    MOST,
    ESTIMATE,
    AMONG,
    SAY,
    RUN,
    BESIDE,
    WATCH,
    DRAW,
    MOVE,
    GOAL,
    SOLUTION,
    KEYS
};

static bool check_words(const Asking *asking, const LessonEntry *entry);
static bool check_choice(const Asking *asking, const LessonEntry *entry);
static bool check_expression(const Asking *asking, const LessonEntry *entry);
static bool check_stops(const Asking *asking, const LessonEntry *entry);
static bool check_run(const Asking *asking, const LessonEntry *entry);
static bool check_metrics(const Asking *asking, const LessonEntry *entry);
static bool check_stretch(const Asking *asking, const LessonEntry *entry);
static bool check_move(const Asking *asking, const LessonEntry *entry);
static bool check_goal(const Asking *asking, const LessonEntry *entry);
static bool check_solution(const Asking *asking, const LessonEntry *entry);

#define IN(kind) (1U << LESSON_##kind)

static const struct Key {
    const char *name;
    unsigned kinds; /* of blocks that have it */
    size_t least, most;
    bool (*check)(const Asking *asking, const LessonEntry *entry);
} keys[KEYS] = {
    [ASK] = {"ask", IN(PREDICT), 1, 1, check_words},
    [LEAST] = {"least", IN(PREDICT), 0, 8, check_choice},
    [MOST] = {"most", IN(PREDICT), 0, 8, check_choice},
    [ESTIMATE] = {"estimate", IN(PREDICT), 0, 1, check_expression},
    [AMONG] = {"among", IN(PREDICT), 0, 1, check_stops},
    [SAY] = {"say", IN(SLIDER) | IN(CHALLENGE), 1, 1, check_words},
    [RUN] = {"run", IN(SLIDER) | IN(CHALLENGE), 1, 1, check_run},
    [BESIDE] = {"beside", IN(SLIDER), 1, 1, check_run},
    [WATCH] = {"watch", IN(SLIDER), 1, 1, check_metrics},
    [DRAW] = {"draw", IN(SLIDER), 0, 1, check_stretch},
    [MOVE] = {"move", IN(SLIDER) | IN(CHALLENGE), 1, 4, check_move},
    [GOAL] = {"goal", IN(CHALLENGE), 1, 4, check_goal},
    [SOLUTION] = {"solution", IN(CHALLENGE), 1, 1, check_solution},
};

LessonBlockKind lesson_block_kind(const char *word) {
    size_t kind = 0;
    while (kind < LESSON_BLOCK_KINDS && strcmp(kind_words[kind], word) != 0) {
        kind++;
    }
    return (LessonBlockKind)kind;
}

static bool has_key(const LessonBlock *block, size_t key) {
    return (keys[key].kinds & (1U << block->kind)) != 0;
}

static size_t count_of(const LessonBlock *block, size_t key) {
    size_t count = 0;
    for (size_t i = 0; i < block->count; i++) {
        count += block->entries[i].key == key;
    }
    return count;
}

/* The first of the key, or NULL. */
static const LessonEntry *entry_of(const LessonBlock *block, size_t key) {
    for (size_t i = 0; i < block->count; i++) {
        if (block->entries[i].key == key) {
            return &block->entries[i];
        }
    }
    return NULL;
}

/* Reading ------------------------------------------------------------------------------------ */

static bool refuse_key(const Lesson *lesson, const LessonBlock *block, const char *name,
                       long number, ErrorList *errors) {
    const Error where = {.file = lesson->file, .line = number};
    NearestName nearest = {.word = name};
    const char *known[KEYS];
    size_t count = 0;
    for (size_t i = 0; i < KEYS; i++) {
        if (has_key(block, i)) {
            known[count++] = keys[i].name;
            nearest_try(&nearest, keys[i].name);
        }
    }
    char *names = text_join(known, count, " or ");
    char *expected = memory_format("KEY: VALUE, the key %s", names);
    error_found(errors, &where, expected, nearest.name, "\"%s\" in a block %s", name,
                kind_words[block->kind]);
    free(names);
    free(expected);
    return false;
}

bool lesson_block_read_line(Lesson *lesson, LessonBlock *block, const char *line, long number,
                            ErrorList *errors) {
    const char *end = line + strlen(line), *colon = strchr(line, ':');
    if (isspace((unsigned char)*line) && block->count > 0) {
        LessonEntry *last = &block->entries[block->count - 1];
        char *more = text_trimmed(line, end), *joined = memory_format("%s %s", last->value, more);
        free(more);
        free(last->value);
        last->value = joined;
        return true;
    }
    char *name = text_trimmed(line, colon != NULL ? colon : end);
    size_t key = 0;
    while (key < KEYS && (strcmp(keys[key].name, name) != 0 || !has_key(block, key))) {
        key++;
    }
    const bool known = key < KEYS && colon != NULL;
    if (known) {
        block->entries =
            memory_grow(block->entries, block->count, &block->room, sizeof *block->entries);
        block->entries[block->count++] =
            (LessonEntry){.key = key, .value = text_trimmed(colon + 1, end), .line = number};
    } else {
        refuse_key(lesson, block, name, number, errors);
    }
    free(name);
    return known;
}

void lesson_block_clear(LessonBlock *block) {
    for (size_t i = 0; i < block->count; i++) {
        free(block->entries[i].value);
    }
    free(block->entries);
    *block = (LessonBlock){0};
}

/* Figures ------------------------------------------------------------------------------------ */

/* Owned by the caller; NULL after adding an error. */
static char *figure_of(const Asking *asking, const char *expression, long line, double *number) {
    return lesson_expression(asking->lesson, expression, line, asking->names != NULL, NULL, number,
                             asking->errors);
}

static LessonRun *run_named(const Lesson *lesson, const char *name) {
    for (size_t i = 0; i < lesson->run_count; i++) {
        if (strcmp(lesson->runs[i].name, name) == 0) {
            return &lesson->runs[i];
        }
    }
    return NULL;
}

/* The run that the block begins with; NULL: no run of the lesson. */
static LessonRun *run_of(const Asking *asking) {
    const LessonEntry *entry = entry_of(asking->block, RUN);
    return entry != NULL ? run_named(asking->lesson, entry->value) : NULL;
}

/* Has the block's run such an option? False after adding an error. */
static bool check_path(const Asking *asking, const char *path, long line) {
    char *expression = memory_format("%s \"%s\"", run_of(asking)->name, path);
    char *value = figure_of(asking, expression, line, NULL);
    const bool sound = value != NULL;
    free(expression);
    free(value);
    return sound;
}

/* The stop that is to be estimated, as a figure in the unit of what it is an estimate of: a bare
 * number in a sum has the other's. Owned by the caller. */
static char *stop_text(const Asking *asking, const char *stop, double *number) {
    const LessonEntry *estimate = entry_of(asking->block, ESTIMATE);
    char *expression = memory_format("(%s) - (%s) + %s", estimate->value, estimate->value, stop);
    char *text = figure_of(asking, expression, estimate->line, number);
    free(expression);
    return text;
}

/* Checks ------------------------------------------------------------------------------------- */

static bool check_words(const Asking *asking, const LessonEntry *entry) {
    const size_t before = asking->errors->count;
    lesson_fill_line(asking->lesson, entry->value, entry->line, NULL, asking->errors);
    return asking->errors->count == before &&
           (*entry->value != '\0' || refuse(asking, entry, "a text", NULL));
}

static bool check_expression(const Asking *asking, const LessonEntry *entry) {
    char *text = figure_of(asking, entry->value, entry->line, NULL);
    const bool sound = text != NULL;
    free(text);
    return sound;
}

static bool check_choice(const Asking *asking, const LessonEntry *entry) {
    LessonEntry label = *entry, expression = *entry;
    split_pair(entry->value, &label.value, &expression.value);
    const bool sound = *expression.value != '\0'
                           ? check_words(asking, &label) && check_expression(asking, &expression)
                           : refuse(asking, entry, "LABEL = EXPRESSION", NULL);
    free(label.value);
    free(expression.value);
    return sound;
}

static bool check_stop(const Asking *asking, const char *stop) {
    const char *end = stop;
    double number;
    char *text = text_read_number(stop, &end, &number) && *end == '\0'
                     ? stop_text(asking, stop, &number)
                     : NULL;
    const bool sound = text != NULL;
    free(text);
    return sound;
}

static bool check_stops(const Asking *asking, const LessonEntry *entry) {
    if (entry_of(asking->block, ESTIMATE) == NULL) {
        return false; /* that is told already */
    }
    TextList stops = split_list(entry->value);
    bool sound = stops.count >= 2;
    for (size_t i = 0; i < stops.count; i++) {
        sound = sound && check_stop(asking, stops.items[i]);
    }
    text_list_clear(&stops);
    return sound || refuse(asking, entry, "two or more numbers, in the unit of the estimate", NULL);
}

static bool check_run(const Asking *asking, const LessonEntry *entry) {
    const Lesson *lesson = asking->lesson;
    return run_named(lesson, entry->value) != NULL ||
           refuse(asking, entry, "a run of the page's block of runs",
                  error_nearest_row(entry->value, lesson->runs, lesson->run_count, name));
}

static bool check_metric(const Asking *asking, const LessonEntry *entry, const Metric *metric) {
    const Scenario *scenario = asking->lesson->runs[0].scenario;
    return metric->deployment == NULL ||
           scenario_deployment_number(scenario, metric->deployment) != SIZE_MAX ||
           refuse(asking, entry, "a deployment of the scenario",
                  error_nearest_row(metric->deployment, scenario->deployments,
                                    scenario->deployment_count, name));
}

static bool check_metrics(const Asking *asking, const LessonEntry *entry) {
    TextList list = split_list(entry->value);
    const Error where = place_of(asking, entry->line);
    bool sound = list.count > 0 || refuse(asking, entry, "metrics of summary.csv", NULL);
    for (size_t i = 0; i < list.count; i++) {
        Metric metric = {0};
        sound = metric_read(list.items[i], &where, &metric, asking->errors) &&
                check_metric(asking, entry, &metric) && sound;
        metric_clear(&metric);
    }
    text_list_clear(&list);
    return sound;
}

/* "FROM, TO": a stretch of the run. False where it is none. */
static bool read_stretch(const char *value, sim_time ends[2]) {
    TextList list = split_list(value);
    const bool read = list.count == 2 && sim_time_parse(list.items[0], &ends[0]) &&
                      sim_time_parse(list.items[1], &ends[1]) && ends[0] < ends[1];
    text_list_clear(&list);
    return read;
}

static bool check_stretch(const Asking *asking, const LessonEntry *entry) {
    sim_time ends[2];
    return read_stretch(entry->value, ends) ||
           refuse(asking, entry, "two times, the earlier first, such as 1h, 1h30m", NULL);
}

static bool check_move(const Asking *asking, const LessonEntry *entry) {
    if (run_of(asking) == NULL) {
        return false; /* that is told already */
    }
    Move move = move_of(entry);
    const bool sound = move.list.count >= 2
                           ? check_path(asking, move.path, entry->line)
                           : refuse(asking, entry, "PATH = VALUE, VALUE, ...", NULL);
    move_clear(&move);
    return sound;
}

static bool check_goal(const Asking *asking, const LessonEntry *entry) {
    const Error where = place_of(asking, entry->line);
    SloLimit limit;
    const bool sound = slo_limit_read(entry->value, &where, &limit, asking->errors) &&
                       check_metric(asking, entry, &limit.metric);
    slo_limit_clear(&limit);
    return sound;
}

/* One value for each move, in their order. */
static bool check_solution(const Asking *asking, const LessonEntry *entry) {
    const LessonBlock *block = asking->block;
    TextList solution = split_list(entry->value);
    bool sound = solution.count == count_of(block, MOVE);
    for (size_t i = 0, k = 0; sound && i < block->count; i++) {
        if (block->entries[i].key == MOVE) {
            Move move = move_of(&block->entries[i]);
            sound = list_has(&move.list, solution.items[k++]);
            move_clear(&move);
        }
    }
    text_list_clear(&solution);
    return sound || refuse(asking, entry, "a value of each move, in their order", NULL);
}

static bool check_counts(const Asking *asking) {
    const LessonBlock *block = asking->block;
    const Error where = place_of(asking, block->line);
    bool sound = true;
    for (size_t i = 0; i < KEYS; i++) {
        const size_t count = count_of(block, i);
        if (has_key(block, i) && (count < keys[i].least || count > keys[i].most)) {
            char *expected = keys[i].most == 1
                                 ? memory_format("one line \"%s\"", keys[i].name)
                                 : memory_format("%zu to %zu lines \"%s\"", keys[i].least,
                                                 keys[i].most, keys[i].name);
            sound = error_found(asking->errors, &where, expected, NULL, "%zu in a block %s", count,
                                kind_words[block->kind]);
            free(expected);
        }
    }
    const size_t least = count_of(block, LEAST), most = count_of(block, MOST);
    const size_t estimate = count_of(block, ESTIMATE), among = count_of(block, AMONG);
    const bool chooses = least + most >= 2 && (least == 0 || most == 0) && estimate + among == 0;
    const bool estimates = least + most == 0 && estimate == 1 && among == 1;
    if (sound && block->kind == LESSON_PREDICT && !chooses && !estimates) {
        sound = error_at(asking->errors, &where, "another set of answers",
                         "two or more lines \"least\", or \"most\"; or \"estimate\" and \"among\"",
                         NULL);
    }
    return sound;
}

bool lesson_block_check(Lesson *lesson, const LessonBlock *block, ErrorList *errors) {
    const Asking asking = {.lesson = lesson, .block = block, .errors = errors};
    bool sound = check_counts(&asking);
    for (size_t i = 0; i < lesson->block_count; i++) {
        const LessonBlock *other = &lesson->blocks[i];
        if (other < block && other->kind == block->kind && block->kind != LESSON_PREDICT) {
            const Error where = place_of(&asking, block->line);
            sound = error_found(errors, &where, "one of a page", NULL, "a second block %s",
                                kind_words[block->kind]);
        }
    }
    for (size_t i = 0; i < block->count; i++) {
        sound = keys[block->entries[i].key].check(&asking, &block->entries[i]) && sound;
    }
    return sound;
}

/* The run with the page's own options and this one (NULL: no more). Owned by the caller; NULL after
 * adding errors. */
static Scenario *read_moved(const Asking *asking, const LessonEntry *move, const char *file,
                            const char *path, const char *value) {
    OverrideList changes = {0};
    overrides_add_all(&changes, &run_of(asking)->changes);
    if (value != NULL) {
        overrides_add_from(&changes, path, value, "move", asking->lesson->file, move->line);
    }
    Scenario *scenario = scenario_read_file(file, changes.items, changes.count, asking->errors);
    overrides_clear(&changes);
    return scenario;
}

/* What the page's run begins with must be among the values: there the slider stands at first. */
static bool check_start(const Asking *asking, const LessonEntry *move, const char *file,
                        const char *path, const TextList *values) {
    Scenario *scenario = read_moved(asking, move, file, path, NULL);
    if (scenario == NULL) {
        return false;
    }
    LessonRun own = {.as_run = memory_checked(cJSON_Parse(scenario->as_run))};
    char *start = lesson_option_text(&own, path);
    const Error where = place_of(asking, move->line);
    const bool sound =
        list_has(values, start) ||
        error_found(asking->errors, &where, "what the run begins with among the values", NULL,
                    "values of %s without its %s", run_of(asking)->name, start);
    free(start);
    cJSON_Delete(own.as_run);
    scenario_destroy(scenario);
    return sound;
}

/* Mistakes in values are the page's, whatever says so. */
static bool check_values(const Asking *asking, const LessonEntry *entry, const char *file) {
    const size_t kept = asking->errors->kept;
    Move move = move_of(entry);
    bool sound = check_start(asking, entry, file, move.path, &move.list);
    for (size_t i = 0; i < move.list.count && sound; i++) {
        Scenario *scenario = read_moved(asking, entry, file, move.path, move.list.items[i]);
        sound = scenario != NULL;
        scenario_destroy(scenario);
    }
    for (size_t i = kept; i < asking->errors->kept; i++) {
        Error *error = &asking->errors->items[i];
        error_move(error, asking->lesson->file, entry->line, error->place);
    }
    move_clear(&move);
    return sound;
}

bool lesson_check_moves(Lesson *lesson, const char *file, ErrorList *errors) {
    bool sound = true;
    for (size_t i = 0; i < lesson->block_count; i++) {
        const LessonBlock *block = &lesson->blocks[i];
        const Asking asking = {.lesson = lesson, .block = block, .errors = errors};
        for (size_t k = 0; k < block->count; k++) {
            sound = (block->entries[k].key != MOVE ||
                     check_values(&asking, &block->entries[k], file)) &&
                    sound;
        }
    }
    return sound;
}

/* Answers ------------------------------------------------------------------------------------ */

/* An answer that can be chosen: its words, and the figure that decides. */
typedef struct Answer {
    char *label, *figure; /* figure NULL: of a stop, which is none */
    double number;
    bool is_right;
} Answer;

typedef struct Answers {
    Answer *items;
    size_t count;
    char *figure; /* what was to be estimated; NULL: nothing */
} Answers;

/* How far two numbers are apart: by their ratio, as people guess, where they have one. */
static double distance(double one, double other) {
    return one > 0 && other > 0 ? fabs(log(one / other)) : fabs(one - other);
}

/* The best by `worse`, and what is as good. */
static void mark_right(Answers *answers, double (*badness)(double number, double actual),
                       double actual) {
    double best = INFINITY;
    for (size_t i = 0; i < answers->count; i++) {
        best = fmin(best, badness(answers->items[i].number, actual));
    }
    for (size_t i = 0; i < answers->count; i++) {
        answers->items[i].is_right = badness(answers->items[i].number, actual) <= best;
    }
}

static double as_least(double number, double unused) {
    (void)unused;
    return number;
}

static double as_most(double number, double unused) {
    (void)unused;
    return -number;
}

static void add_stops(const Asking *asking, Answers *answers) {
    const LessonEntry *estimate = entry_of(asking->block, ESTIMATE);
    double actual;
    answers->figure = figure_of(asking, estimate->value, estimate->line, &actual);
    TextList stops = split_list(entry_of(asking->block, AMONG)->value);
    answers->items = memory_new(stops.count, sizeof *answers->items);
    for (size_t i = 0; i < stops.count; i++) {
        Answer *answer = &answers->items[answers->count++];
        answer->label = stop_text(asking, stops.items[i], &answer->number);
    }
    text_list_clear(&stops);
    mark_right(answers, distance, actual);
}

static void add_choices(const Asking *asking, Answers *answers) {
    const LessonBlock *block = asking->block;
    answers->items = memory_new(block->count, sizeof *answers->items);
    for (size_t i = 0; i < block->count; i++) {
        const LessonEntry *entry = &block->entries[i];
        if (entry->key == LEAST || entry->key == MOST) {
            Answer *answer = &answers->items[answers->count++];
            char *label, *expression;
            split_pair(entry->value, &label, &expression);
            answer->label =
                lesson_fill_line(asking->lesson, label, entry->line, asking->names, asking->errors);
            answer->figure = figure_of(asking, expression, entry->line, &answer->number);
            free(label);
            free(expression);
        }
    }
    mark_right(answers, entry_of(block, MOST) != NULL ? as_most : as_least, 0);
}

static Answers answers_of(const Asking *asking) {
    Answers answers = {0};
    if (entry_of(asking->block, ESTIMATE) != NULL) {
        add_stops(asking, &answers);
    } else {
        add_choices(asking, &answers);
    }
    asim_assert(asking->errors->count == 0 && answers.count >= 2);
    return answers;
}

static void answers_clear(Answers *answers) {
    for (size_t i = 0; i < answers->count; i++) {
        free(answers->items[i].label);
        free(answers->items[i].figure);
    }
    free(answers->items);
    free(answers->figure);
    *answers = (Answers){0};
}

/* A goal, and how the block's run does. */
typedef struct GoalState {
    SloLimit limit;
    double value;
    char *figure;
    bool is_met;
} GoalState;

static GoalState goal_state(const Asking *asking, const LessonEntry *entry) {
    const LessonRun *run = run_of(asking);
    const Error where = place_of(asking, entry->line);
    GoalState goal;
    slo_limit_read(entry->value, &where, &goal.limit, asking->errors);
    goal.value = metric_value(&goal.limit.metric, run->scenario, &run->done->measurements[0]);
    goal.figure = lesson_metric_text(goal.limit.metric.row, goal.value);
    goal.is_met = goal.limit.bound.at_least ? goal.value >= goal.limit.bound.limit
                                            : goal.value <= goal.limit.bound.limit;
    return goal;
}

static void goal_clear(GoalState *goal) {
    slo_limit_clear(&goal->limit);
    free(goal->figure);
}

/* As Markdown -------------------------------------------------------------------------------- */

static char *words_of(const Asking *asking, size_t key) {
    const LessonEntry *entry = entry_of(asking->block, key);
    return lesson_fill_line(asking->lesson, entry->value, entry->line, asking->names,
                            asking->errors);
}

/* "- Which costs least? (windows, none or short)" */
static void tell_question(const Asking *asking, Text *text) {
    Answers answers = answers_of(asking);
    char *ask = words_of(asking, ASK);
    text_addf(text, "- %s (", ask);
    for (size_t i = 0; i < answers.count; i++) {
        text_add_listed(text, answers.items[i].label, i, answers.count, " or ");
    }
    text_add(text, ")\n");
    free(ask);
    answers_clear(&answers);
}

/* The block's run as a command, with each move's option at what it is now. */
static void tell_command(const Asking *asking, Text *text) {
    const LessonBlock *block = asking->block;
    const LessonRun *run = run_of(asking);
    char *file = text_shell_word(asking->names->scenario);
    text_addf(text, "`%s run %s%s%s", asking->names->program, file, *run->options ? " " : "",
              run->options);
    free(file);
    for (size_t i = 0; i < block->count; i++) {
        const LessonEntry *entry = &block->entries[i];
        if (entry->key == MOVE) {
            Move move = move_of(entry);
            char *start = lesson_option_text(run, move.path);
            char *set = memory_format("%s=%s", move.path, start), *word = text_shell_word(set);
            text_addf(text, " --set %s", word);
            free(word);
            free(set);
            free(start);
            move_clear(&move);
        }
    }
    text_add(text, "`\n");
}

static void tell_moves(const Asking *asking, Text *text) {
    for (size_t i = 0; i < asking->block->count; i++) {
        const LessonEntry *entry = &asking->block->entries[i];
        if (entry->key == MOVE) {
            Move move = move_of(entry);
            text_addf(text, "- to move: `%s`, to one of %s\n", move.path, move.values);
            move_clear(&move);
        }
    }
    text_add(text, "- with: ");
    tell_command(asking, text);
}

static void tell_task(const Asking *asking, Text *text) {
    char *say = words_of(asking, SAY);
    text_addf(text, "%s\n\n", say);
    free(say);
    for (size_t i = 0; i < asking->block->count; i++) {
        const LessonEntry *entry = &asking->block->entries[i];
        if (entry->key == GOAL) {
            GoalState goal = goal_state(asking, entry);
            text_addf(text, "- goal: `%s`; %s has %s, which %s it\n", goal.limit.text,
                      run_of(asking)->name, goal.figure, goal.is_met ? "meets" : "misses");
            goal_clear(&goal);
        }
    }
    tell_moves(asking, text);
}

char *lesson_block_text(Lesson *lesson, const LessonBlock *block, const LessonNames *names) {
    ErrorList errors = {0};
    const Asking asking = {lesson, block, names, &errors};
    Text text = {0};
    if (block->kind == LESSON_PREDICT) {
        tell_question(&asking, &text);
    } else {
        tell_task(&asking, &text);
    }
    asim_assert(errors.count == 0); /* a lesson must be checked before it is told */
    return text_take(&text);
}

/* As JSON ------------------------------------------------------------------------------------ */

/* Hard blanks become those of Unicode. */
static cJSON *text_tree(const char *text) {
    Text shown = {0};
    for (const char *at = text; at != NULL && *at != '\0'; at++) {
        text_add_bytes(&shown, *at == LESSON_HARD_BLANK ? "\xc2\xa0" : at,
                       *at == LESSON_HARD_BLANK ? 2 : 1);
    }
    char *whole = text_take(&shown);
    cJSON *tree = text != NULL ? json_text(whole) : json_null();
    free(whole);
    return tree;
}

static cJSON *list_tree(const TextList *list) {
    cJSON *tree = json_array();
    for (size_t i = 0; i < list->count; i++) {
        json_append(tree, json_text(list->items[i]));
    }
    return tree;
}

static cJSON *solution_tree(const LessonEntry *entry) {
    TextList list = split_list(entry->value);
    cJSON *tree = list_tree(&list);
    text_list_clear(&list);
    return tree;
}

static void add_words(const Asking *asking, cJSON *tree, size_t key) {
    char *words = words_of(asking, key);
    json_add(tree, keys[key].name, text_tree(words));
    free(words);
}

static cJSON *question_tree(const Asking *asking) {
    cJSON *tree = json_object(), *list = json_array();
    Answers answers = answers_of(asking);
    add_words(asking, tree, ASK);
    json_add(tree, "estimates", json_boolean(answers.figure != NULL));
    json_add(tree, "figure", text_tree(answers.figure));
    for (size_t i = 0; i < answers.count; i++) {
        const Answer *answer = &answers.items[i];
        cJSON *item = json_object();
        json_add(item, "label", text_tree(answer->label));
        json_add(item, "figure", text_tree(answer->figure));
        json_add(item, "right", json_boolean(answer->is_right));
        json_append(list, item);
    }
    json_add(tree, "answers", list);
    answers_clear(&answers);
    return tree;
}

static cJSON *metric_tree(const Metric *metric) {
    cJSON *tree = json_object();
    json_add(tree, "metric", json_text(metric->row->name));
    json_add(tree, "deployment", json_text(metric->deployment));
    return tree;
}

static cJSON *move_tree(const Asking *asking, const LessonEntry *entry) {
    cJSON *tree = json_object();
    Move move = move_of(entry);
    char *start = lesson_option_text(run_of(asking), move.path);
    json_add(tree, "path", json_text(move.path));
    json_add(tree, "values", list_tree(&move.list));
    json_add(tree, "start", json_text(start));
    free(start);
    move_clear(&move);
    return tree;
}

static cJSON *goal_tree(const Asking *asking, const LessonEntry *entry) {
    GoalState goal = goal_state(asking, entry);
    cJSON *tree = metric_tree(&goal.limit.metric);
    char *limit = lesson_metric_text(goal.limit.metric.row, goal.limit.bound.limit);
    json_add(tree, "at_least", json_boolean(goal.limit.bound.at_least));
    json_add(tree, "limit", json_number(goal.limit.bound.limit));
    json_add(tree, "limit_text", text_tree(limit));
    json_add(tree, "start", text_tree(goal.figure));
    json_add(tree, "met_at_start", json_boolean(goal.is_met));
    free(limit);
    goal_clear(&goal);
    return tree;
}

static cJSON *watched_tree(const Asking *asking, const LessonEntry *entry) {
    TextList list = split_list(entry->value);
    const Error where = place_of(asking, entry->line);
    cJSON *tree = json_array();
    for (size_t i = 0; i < list.count; i++) {
        Metric metric;
        metric_read(list.items[i], &where, &metric, asking->errors);
        json_append(tree, metric_tree(&metric));
        metric_clear(&metric);
    }
    text_list_clear(&list);
    return tree;
}

static cJSON *stretch_tree(const char *value) {
    sim_time ends[2];
    cJSON *tree = json_array();
    for (size_t i = 0; read_stretch(value, ends) && i < 2; i++) {
        json_append(tree, json_number(sim_time_to_seconds(ends[i])));
    }
    return tree;
}

static cJSON *task_tree(const Asking *asking) {
    const LessonBlock *block = asking->block;
    cJSON *tree = json_object(), *moves = json_array(), *goals = json_array();
    add_words(asking, tree, SAY);
    json_add(tree, "run", json_text(run_of(asking)->name));
    json_add(tree, "moves", moves);
    for (size_t i = 0; i < block->count; i++) {
        const LessonEntry *entry = &block->entries[i];
        switch (entry->key) {
        case MOVE: json_append(moves, move_tree(asking, entry)); break;
        case GOAL: json_append(goals, goal_tree(asking, entry)); break;
        case BESIDE: json_add(tree, "beside", json_text(entry->value)); break;
        case WATCH: json_add(tree, "watch", watched_tree(asking, entry)); break;
        case DRAW: json_add(tree, "draw", stretch_tree(entry->value)); break;
        case SOLUTION: json_add(tree, "solution", solution_tree(entry)); break;
        default: break;
        }
    }
    json_add(tree, "goals", goals);
    return tree;
}

static cJSON *runs_tree(const Lesson *lesson) {
    cJSON *tree = json_array();
    for (size_t i = 0; i < lesson->run_count; i++) {
        const LessonRun *run = &lesson->runs[i];
        cJSON *item = json_object(), *changes = json_object();
        json_add(item, "name", json_text(run->name));
        json_add(item, "options", json_text(run->options));
        for (size_t k = 0; k < run->changes.count; k++) {
            const ScenarioOverride *change = &run->changes.items[k];
            cJSON_DeleteItemFromObjectCaseSensitive(changes, change->path);
            json_add(changes, change->path, json_text(change->value));
        }
        json_add(item, "changes", changes);
        json_append(tree, item);
    }
    return tree;
}

char *lesson_json(Lesson *lesson, const LessonNames *names) {
    ErrorList errors = {0};
    cJSON *tree = json_object(), *questions = json_array();
    char *page = lesson_fill(lesson, names);
    json_add(tree, "title", json_text(lesson->title));
    json_add(tree, "page", text_tree(page));
    json_add(tree, "runs", runs_tree(lesson));
    json_add(tree, "predictions", questions);
    for (size_t i = 0; i < lesson->block_count; i++) {
        const LessonBlock *block = &lesson->blocks[i];
        const Asking asking = {lesson, block, names, &errors};
        if (block->kind == LESSON_PREDICT) {
            json_append(questions, question_tree(&asking));
        } else {
            json_add(tree, kind_words[block->kind], task_tree(&asking));
        }
    }
    asim_assert(errors.count == 0);
    char *text = json_print(tree);
    free(page);
    cJSON_Delete(tree);
    return text;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Pages: read, checked and filled by the same walk over their placeholders. */
#include "experiment/lesson.h"

#include "engine/memory.h"
#include "experiment/lesson_expression.h"
#include "experiment/lesson_value.h"
#include "scenario/json_text.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FENCE "```"
#define RUNS_FENCE "```runs"
#define COMMAND "autoscale-sim "
#define FOLDER "scenarios/lessons/"

static bool refuse(const Lesson *lesson, long line, const char *found, const char *expected,
                   ErrorList *errors) {
    error_add(errors,
              &(Error){.file = lesson->file, .line = line, .found = found, .expected = expected});
    return false;
}

/* Lines of the page -------------------------------------------------------------------------- */

static const char *line_end(const char *line) {
    return line + strcspn(line, "\n");
}

static const char *next_line(const char *line) {
    const char *end = line_end(line);
    return *end == '\n' ? end + 1 : end;
}

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* Reading ------------------------------------------------------------------------------------ */

static bool is_name(const char *name, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)name[i]) && name[i] != '_') {
            return false;
        }
    }
    return length > 0 && isalpha((unsigned char)*name);
}

static bool is_taken(const Lesson *lesson, const char *name, size_t length) {
    for (size_t i = 0; i < lesson->run_count; i++) {
        if (strlen(lesson->runs[i].name) == length &&
            strncmp(lesson->runs[i].name, name, length) == 0) {
            return true;
        }
    }
    return false;
}

/* "always: --min-replica-count 1" */
static bool read_run(Lesson *lesson, const char *line, long number, ErrorList *errors) {
    const char *end = line_end(line);
    const size_t length = strcspn(line, ":\n");
    if (line[length] != ':' || !is_name(line, length)) {
        return refuse(lesson, number, "a run without a name",
                      "NAME: OPTIONS, the name of letters, digits and _", errors);
    }
    if (is_taken(lesson, line, length)) {
        return refuse(lesson, number, "a run of that name for the second time", "another name",
                      errors);
    }
    const char *options = line + length + 1;
    options += strspn(options, " \t");
    lesson->runs =
        memory_grow(lesson->runs, lesson->run_count, &lesson->run_room, sizeof *lesson->runs);
    lesson->runs[lesson->run_count++] =
        (LessonRun){.name = memory_text_n(line, length),
                    .options = memory_text_n(options, (size_t)(end - options)),
                    .line = number};
    return true;
}

static bool read_runs(Lesson *lesson, ErrorList *errors) {
    bool within = false, sound = true;
    long number = 1;
    for (const char *line = lesson->text; *line != '\0'; line = next_line(line), number++) {
        if (begins(line, FENCE)) {
            within = !within && begins(line, RUNS_FENCE);
        } else if (within && *line != '\n') {
            sound = read_run(lesson, line, number, errors) && sound;
        }
    }
    if (sound && lesson->run_count == 0) {
        sound = refuse(lesson, 0, "no runs", "a block of them between " RUNS_FENCE " and " FENCE,
                       errors);
    }
    return sound;
}

static bool read_title(Lesson *lesson, ErrorList *errors) {
    if (!begins(lesson->text, "# ")) {
        return refuse(lesson, 1, "no heading", "\"# \" and the title", errors);
    }
    const char *title = lesson->text + 2;
    lesson->title = memory_text_n(title, (size_t)(line_end(title) - title));
    return true;
}

bool lesson_read(Lesson *lesson, const char *path, ErrorList *errors) {
    size_t length;
    *lesson = (Lesson){.file = memory_text(path)};
    lesson->text = json_file_read(path, &length, errors);
    if (lesson->text == NULL) {
        return false;
    }
    const bool titled = read_title(lesson, errors);
    return read_runs(lesson, errors) && titled;
}

void lesson_clear(Lesson *lesson) {
    for (size_t i = 0; i < lesson->run_count; i++) {
        LessonRun *run = &lesson->runs[i];
        for (size_t k = 0; k < run->replications_measured; k++) {
            measurement_clear(&run->replications[k]);
        }
        free(run->replications);
        cJSON_Delete(run->as_run);
        scenario_destroy(run->scenario);
        base_scenario_clear(&run->base);
        free(run->name);
        free(run->options);
    }
    free(lesson->runs);
    free(lesson->file);
    free(lesson->text);
    free(lesson->title);
    *lesson = (Lesson){0};
}

/* Filling ------------------------------------------------------------------------------------ */

/* What the walk knows of where it is. names NULL: only checking. */
typedef struct Walk {
    Lesson *lesson;
    const LessonNames *names;
    char *text; /* what has been put */
    size_t length, room;
    ErrorList *errors;
    long line;
    bool fenced, in_runs;
    long condition; /* line of the {{if}} that is open; 0: none */
    bool is_else;
    bool shown; /* the branch that holds, or no condition at all */
    bool sound;
} Walk;

static void put(Walk *walk, const char *text, size_t length) {
    if (walk->names == NULL || !walk->shown) {
        return;
    }
    if (walk->length + length + 1 > walk->room) {
        walk->room = 2 * (walk->length + length + 1);
        walk->text = memory_resize(walk->text, walk->room, 1);
    }
    memcpy(walk->text + walk->length, text, length);
    walk->length += length;
    walk->text[walk->length] = '\0';
}

/* A figure stays on one line: its blanks are hard ones, until the page is laid out. */
static void put_figure(Walk *walk, const LessonValue *value) {
    char *text = lesson_value_text(value);
    for (char *at = strchr(text, ' '); at != NULL; at = strchr(at, ' ')) {
        *at = LESSON_HARD_BLANK;
    }
    put(walk, text, strlen(text));
    free(text);
}

static void complain(Walk *walk, const char *found, const char *expected) {
    walk->sound = refuse(walk->lesson, walk->line, found, expected, walk->errors);
}

static void begin_condition(Walk *walk, LessonPlaceholder placeholder) {
    bool holds;
    if (walk->condition != 0) {
        complain(walk, "{{if}} within {{if}}", "{{end}} of the first before it");
        return;
    }
    placeholder.text += 3;
    placeholder.length -= 3;
    walk->sound = lesson_expression_holds(walk->lesson, placeholder, walk->names != NULL, &holds,
                                          walk->errors) &&
                  walk->sound;
    walk->condition = walk->line;
    walk->is_else = false;
    walk->shown = holds;
}

static void turn_condition(Walk *walk, bool end) {
    if (walk->condition == 0 || (!end && walk->is_else)) {
        complain(walk, end ? "{{end}}" : "{{else}}", "an {{if}} before it");
        return;
    }
    walk->is_else = !end;
    walk->shown = end || !walk->shown;
    walk->condition = end ? 0 : walk->condition;
}

static bool is(LessonPlaceholder placeholder, const char *word) {
    return placeholder.length == strlen(word) &&
           strncmp(placeholder.text, word, placeholder.length) == 0;
}

static void walk_placeholder(Walk *walk, LessonPlaceholder placeholder) {
    if (placeholder.length > 3 && strncmp(placeholder.text, "if ", 3) == 0) {
        begin_condition(walk, placeholder);
    } else if (is(placeholder, "else") || is(placeholder, "end")) {
        turn_condition(walk, is(placeholder, "end"));
    } else {
        LessonValue value;
        const bool sound = lesson_expression_value(walk->lesson, placeholder, walk->names != NULL,
                                                   &value, walk->errors);
        walk->sound = sound && walk->sound;
        if (sound) {
            put_figure(walk, &value);
        }
        lesson_value_clear(&value);
    }
}

/* What the reader can type: the program by the name he called it, the files where they are. */
static const char *walk_code(Walk *walk, const char *at, const char *line) {
    const bool begins_command = walk->fenced ? at == line : at > line && at[-1] == '`';
    if (walk->names == NULL) {
        return at;
    }
    if (begins_command && begins(at, COMMAND)) {
        put(walk, walk->names->program, strlen(walk->names->program));
        return at + strlen(COMMAND) - 1;
    }
    if (begins(at, FOLDER)) {
        put(walk, walk->names->folder, strlen(walk->names->folder));
        return at + strlen(FOLDER) - 1;
    }
    return at;
}

static void walk_text(Walk *walk, const char *line, const char *end) {
    const char *at = line;
    while (at < end) {
        const char *close = begins(at, "{{") ? strstr(at, "}}") : NULL;
        if (close != NULL && close < end) {
            walk_placeholder(walk, (LessonPlaceholder){.text = at + 2,
                                                       .length = (size_t)(close - at - 2),
                                                       .line = walk->line});
            at = close + 2;
            continue;
        }
        if (begins(at, "{{")) {
            complain(walk, "{{ without }}", "both on one line");
            return;
        }
        const char *after = walk_code(walk, at, line);
        if (after == at) {
            put(walk, at, 1);
            after++;
        }
        at = after;
    }
}

static void walk_fence(Walk *walk, const char *line, const char *end) {
    const bool opens_runs = !walk->fenced && begins(line, RUNS_FENCE);
    walk->fenced = !walk->fenced;
    walk->in_runs = opens_runs;
    if (opens_runs) {
        put(walk, FENCE "sh\n", strlen(FENCE "sh\n"));
        if (walk->names != NULL) {
            put(walk, walk->names->commands, strlen(walk->names->commands));
        }
    } else {
        put(walk, line, (size_t)(end - line));
    }
}

static bool walk_page(Walk *walk) {
    walk->shown = walk->sound = true;
    for (const char *line = walk->lesson->text; *line != '\0'; line = next_line(line)) {
        const char *end = line_end(line);
        walk->line++;
        if (begins(line, FENCE)) {
            walk_fence(walk, line, end);
        } else if (!walk->in_runs) {
            walk_text(walk, line, end);
        }
        if (!walk->in_runs) {
            put(walk, "\n", 1);
        }
    }
    if (walk->condition != 0) {
        walk->line = walk->condition;
        complain(walk, "{{if}} that does not end", "{{end}}");
    }
    return walk->sound;
}

bool lesson_check(Lesson *lesson, ErrorList *errors) {
    for (size_t i = 0; i < lesson->run_count; i++) {
        LessonRun *run = &lesson->runs[i];
        cJSON_Delete(run->as_run);
        run->as_run = cJSON_Parse(run->scenario->as_run);
    }
    Walk walk = {.lesson = lesson, .errors = errors};
    return walk_page(&walk);
}

char *lesson_fill(Lesson *lesson, const LessonNames *names) {
    ErrorList errors = {0};
    Walk walk = {.lesson = lesson, .names = names, .errors = &errors};
    const bool sound = walk_page(&walk);
    assert(sound && "a lesson must be checked before it is filled");
    error_list_clear(&errors);
    return walk.text;
}

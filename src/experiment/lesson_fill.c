// SPDX-License-Identifier: GPL-3.0-or-later
/* A page is checked and filled by the same walk over its placeholders. */
#include "experiment/lesson_fill.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "experiment/lesson_expression.h"
#include "experiment/lesson_lines.h"
#include "experiment/lesson_value.h"

#include <stdlib.h>
#include <string.h>

#define COMMAND "autoscale-sim "
#define FOLDER "scenarios/lessons/"

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
    error_add(walk->errors, &(Error){.file = walk->lesson->file,
                                     .line = walk->line,
                                     .found = found,
                                     .expected = expected});
    walk->sound = false;
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
    if (begins_command && lesson_line_begins(at, COMMAND)) {
        put(walk, walk->names->program, strlen(walk->names->program));
        return at + strlen(COMMAND) - 1;
    }
    if (lesson_line_begins(at, FOLDER)) {
        put(walk, walk->names->folder, strlen(walk->names->folder));
        return at + strlen(FOLDER) - 1;
    }
    return at;
}

static void walk_text(Walk *walk, const char *line, const char *end) {
    const char *at = line;
    while (at < end) {
        const char *close = lesson_line_begins(at, "{{") ? strstr(at, "}}") : NULL;
        if (close != NULL && close < end) {
            walk_placeholder(walk, (LessonPlaceholder){.text = at + 2,
                                                       .length = (size_t)(close - at - 2),
                                                       .line = walk->line});
            at = close + 2;
            continue;
        }
        if (lesson_line_begins(at, "{{")) {
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
    const bool opens_runs = !walk->fenced && lesson_line_begins(line, LESSON_RUNS_FENCE);
    walk->fenced = !walk->fenced;
    walk->in_runs = opens_runs;
    if (opens_runs) {
        put(walk, LESSON_FENCE "sh\n", strlen(LESSON_FENCE "sh\n"));
        if (walk->names != NULL) {
            put(walk, walk->names->commands, strlen(walk->names->commands));
        }
    } else {
        put(walk, line, (size_t)(end - line));
    }
}

static bool walk_page(Walk *walk) {
    walk->shown = walk->sound = true;
    for (const char *line = walk->lesson->text; *line != '\0'; line = lesson_line_next(line)) {
        const char *end = lesson_line_end(line);
        walk->line++;
        if (lesson_line_begins(line, LESSON_FENCE)) {
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
        run->as_run = memory_checked(cJSON_Parse(run->scenario->as_run));
    }
    Walk walk = {.lesson = lesson, .errors = errors};
    return walk_page(&walk);
}

char *lesson_fill(Lesson *lesson, const LessonNames *names) {
    ErrorList errors = {0};
    Walk walk = {.lesson = lesson, .names = names, .errors = &errors};
    const bool sound = walk_page(&walk);
    asim_assert(sound); /* a lesson must be checked before it is filled */
    error_list_clear(&errors);
    return walk.text;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The page's heading and its block of runs; the rest is lesson_fill.c's. */
#include "experiment/lesson.h"

#include "base/json.h"
#include "base/memory.h"
#include "experiment/lesson_lines.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool refuse(const Lesson *lesson, long line, const char *found, const char *expected,
                   ErrorList *errors) {
    error_add(errors,
              &(Error){.file = lesson->file, .line = line, .found = found, .expected = expected});
    return false;
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
    const char *end = lesson_line_end(line);
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
    for (const char *line = lesson->text; *line != '\0'; line = lesson_line_next(line), number++) {
        if (lesson_line_begins(line, LESSON_FENCE)) {
            within = !within && lesson_line_begins(line, LESSON_RUNS_FENCE);
        } else if (within && *line != '\n') {
            sound = read_run(lesson, line, number, errors) && sound;
        }
    }
    if (sound && lesson->run_count == 0) {
        sound = refuse(lesson, 0, "no runs",
                       "a block of them between " LESSON_RUNS_FENCE " and " LESSON_FENCE, errors);
    }
    return sound;
}

static bool read_title(Lesson *lesson, ErrorList *errors) {
    if (!lesson_line_begins(lesson->text, "# ")) {
        return refuse(lesson, 1, "no heading", "\"# \" and the title", errors);
    }
    const char *title = lesson->text + 2;
    lesson->title = memory_text_n(title, (size_t)(lesson_line_end(title) - title));
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
        cJSON_Delete(run->as_run);
        scenario_destroy(run->scenario);
        free(run->name);
        free(run->options);
    }
    free(lesson->runs);
    free(lesson->file);
    free(lesson->text);
    free(lesson->title);
    *lesson = (Lesson){0};
}

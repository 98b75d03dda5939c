// SPDX-License-Identifier: GPL-3.0-or-later
/* Pages of lessons: their heading and block of runs, their placeholders (checked and filled by the
 * same walk), and the folder that they stand in. */
#include "experiment/lesson.h"

#include "base/assertion.h"
#include "base/file_name.h"
#include "base/json_text.h"
#include "base/memory.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *lesson_line_end(const char *line) {
    return line + strcspn(line, "\n");
}

const char *lesson_line_next(const char *line) {
    const char *end = lesson_line_end(line);
    return *end == '\n' ? end + 1 : end;
}

bool lesson_line_begins(const char *line, const char *with) {
    return strncmp(line, with, strlen(with)) == 0;
}

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
static void put_figure(Walk *walk, char *text) {
    for (char *at = strchr(text, ' '); at != NULL; at = strchr(at, ' ')) {
        *at = LESSON_HARD_BLANK;
    }
    put(walk, text, strlen(text));
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
        char *text =
            lesson_expression_text(walk->lesson, placeholder, walk->names != NULL, walk->errors);
        walk->sound = text && walk->sound;
        if (text) {
            put_figure(walk, text);
        }
        free(text);
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

/* The shelf: sought beside the program, then where it was installed ---------------------------- */

#define PAGE_ENDING ".md"

/* Folders ------------------------------------------------------------------------------------ */

static int is_page(const struct dirent *entry) {
    const char *name = entry->d_name;
    const size_t length = strlen(name), ending = strlen(PAGE_ENDING);
    return isdigit((unsigned char)name[0]) && isdigit((unsigned char)name[1]) && name[2] == '-' &&
           length > 3 + ending && strcmp(name + length - ending, PAGE_ENDING) == 0;
}

/* One that is there and cannot be read has them too: that is to be told. */
static bool has_pages(const char *folder) {
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, is_page, alphasort);
    if (count < 0) {
        return errno != ENOENT && errno != ENOTDIR;
    }
    for (int i = 0; i < count; i++) {
        free(entries[i]);
    }
    free(entries);
    return count > 0;
}

/* From build/autoscale-sim, build/VARIANT/autoscale-sim, PREFIX/bin/autoscale-sim. */
static char *folder_near_program(void) {
    static const char *const places[] = {"../scenarios/lessons", "../../scenarios/lessons",
                                         "../share/autoscale-sim/lessons"};
    char program[4096];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0) {
        return NULL;
    }
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char *folder = memory_format("%s/%s", program, places[i]);
        if (has_pages(folder)) {
            return folder;
        }
        free(folder);
    }
    return NULL;
}

static char *folder_installed(void) {
#ifdef ASIM_DATADIR
    return memory_text(ASIM_DATADIR "/lessons");
#else
    return memory_text("scenarios/lessons");
#endif
}

/* Without dots and links, and from the working directory where it lies below it: the reader is to
 * type it. */
static char *told_plainly(char *folder) {
    char *whole = file_name_real(folder), *here = file_name_real(".");
    char *told = NULL;
    if (whole != NULL && here != NULL) {
        const size_t length = strlen(here);
        const bool below = strncmp(whole, here, length) == 0 && whole[length] == '/';
        told = memory_text(below ? whole + length + 1 : whole);
    }
    free(whole);
    free(here);
    if (told == NULL) {
        return folder;
    }
    free(folder);
    return told;
}

/* Pages -------------------------------------------------------------------------------------- */

static void add_page(LessonShelf *shelf, const char *name) {
    const int stem = (int)(strlen(name) - strlen(PAGE_ENDING));
    shelf->places = memory_grow(shelf->places, shelf->count, &shelf->room, sizeof *shelf->places);
    shelf->places[shelf->count++] =
        (LessonPlace){.number = (unsigned)atoi(name),
                      .page = memory_format("%s/%s", shelf->folder, name),
                      .scenario = memory_format("%s/%.*s.json", shelf->folder, stem, name)};
}

bool lesson_shelf_open(LessonShelf *shelf, const char *folder, ErrorList *errors) {
    char *near = folder != NULL ? memory_text(folder) : folder_near_program();
    *shelf = (LessonShelf){.folder = told_plainly(near != NULL ? near : folder_installed())};
    struct dirent **entries = NULL;
    const int count = scandir(shelf->folder, &entries, is_page, alphasort);
    const int error = errno;
    for (int i = 0; i < count; i++) {
        add_page(shelf, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (count <= 0) {
        error_add(errors,
                  &(Error){.file = shelf->folder,
                           .found = count < 0 ? strerror(error) : "no lessons",
                           .expected = "the pages of the lessons there: NN-NAME.md",
                           .kind = count < 0 ? error_kind_of_reading(error) : ERROR_MISTAKE});
    }
    return count > 0;
}

void lesson_shelf_clear(LessonShelf *shelf) {
    for (size_t i = 0; i < shelf->count; i++) {
        free(shelf->places[i].page);
        free(shelf->places[i].scenario);
    }
    free(shelf->places);
    free(shelf->folder);
    *shelf = (LessonShelf){0};
}

const LessonPlace *lesson_shelf_find(const LessonShelf *shelf, const char *number,
                                     ErrorList *errors) {
    char *end;
    const unsigned long wanted = isdigit((unsigned char)*number) ? strtoul(number, &end, 10) : 0;
    for (size_t i = 0; i < shelf->count; i++) {
        if (wanted == shelf->places[i].number && wanted != 0 && *end == '\0') {
            return &shelf->places[i];
        }
    }
    char *found = memory_format("\"%s\"", number);
    char *expected = memory_format("the number of a lesson, %u to %u", shelf->places[0].number,
                                   shelf->places[shelf->count - 1].number);
    error_add(errors, &(Error){.file = "command line",
                               .place = "learn",
                               .found = found,
                               .expected = expected,
                               .suggestion = "`autoscale-sim learn` lists them"});
    free(found);
    free(expected);
    return NULL;
}

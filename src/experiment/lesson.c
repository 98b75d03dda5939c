// SPDX-License-Identifier: GPL-3.0-or-later
/* Pages of lessons: their heading and their blocks, their placeholders (checked and filled by the
 * same walk), and the folder that they stand in. */
#include "experiment/lesson.h"

#include "base/assertion.h"
#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "scenario/scenario.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUNS "runs"
#define RUNS_FENCE LESSON_FENCE RUNS

static bool refuse(const Lesson *lesson, long line, const char *found, const char *expected,
                   ErrorList *errors) {
    return error_at(errors, &(Error){.file = lesson->file, .line = line}, found, expected, NULL);
}

/* Lines -------------------------------------------------------------------------------------- */

/* The line feed that ends the line, or the end of the text. */
static const char *line_end(const char *line) {
    return line + strcspn(line, "\n");
}

const char *lesson_line_next(const char *line) {
    const char *end = line_end(line);
    return *end == '\n' ? end + 1 : end;
}

bool lesson_line_begins(const char *line, const char *with) {
    return strncmp(line, with, strlen(with)) == 0;
}

/* Reading ------------------------------------------------------------------------------------ */

static bool is_name(const char *name) {
    const char *at = name;
    while (isalnum((unsigned char)*at) || *at == '_') {
        at++;
    }
    return *at == '\0' && isalpha((unsigned char)*name);
}

static bool is_taken(const Lesson *lesson, const char *name) {
    for (size_t i = 0; i < lesson->run_count; i++) {
        if (strcmp(lesson->runs[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* "always: --min-replica-count 1" */
static void read_run(Lesson *lesson, const char *line, long number, ErrorList *errors) {
    const size_t length = strcspn(line, ":\n");
    char *name = memory_text_n(line, length);
    if (line[length] != ':' || !is_name(name)) {
        refuse(lesson, number, "a run without a name",
               "NAME: OPTIONS, the name of letters, digits and _", errors);
        free(name);
    } else if (is_taken(lesson, name)) {
        refuse(lesson, number, "a run of that name for the second time", "another name", errors);
        free(name);
    } else {
        const char *options = line + length + 1;
        options += strspn(options, " \t");
        lesson->runs =
            memory_grow(lesson->runs, lesson->run_count, &lesson->run_room, sizeof *lesson->runs);
        lesson->runs[lesson->run_count++] =
            (LessonRun){.name = name,
                        .options = memory_text_n(options, strcspn(options, "\n")),
                        .line = number};
    }
}

/* The word behind the fence. Owned by the caller. */
static char *fence_word(const char *line) {
    const char *word = line + strlen(LESSON_FENCE);
    return memory_text_n(word, strcspn(word, " \t\n"));
}

/* What a fence opens. Code of other languages is shown as it is; a word that is nearly one of ours
 * is a slip. */
static LessonBlock *open_block(Lesson *lesson, const char *line, long number, bool *runs,
                               ErrorList *errors) {
    static const char *const ours[] = {RUNS, "predict", "slider", "challenge"};
    char *word = fence_word(line);
    const LessonBlockKind kind = lesson_block_kind(word);
    const char *nearest = error_nearest(word, ours, sizeof ours / sizeof ours[0]);
    LessonBlock *block = NULL;
    *runs = strcmp(word, RUNS) == 0;
    if (kind != LESSON_BLOCK_KINDS) {
        lesson->blocks = memory_grow(lesson->blocks, lesson->block_count, &lesson->block_room,
                                     sizeof *lesson->blocks);
        block = &lesson->blocks[lesson->block_count++];
        *block = (LessonBlock){.kind = kind, .line = number};
    } else if (!*runs && *word != '\0' && nearest != NULL) {
        error_found(errors, &(Error){.file = lesson->file, .line = number},
                    "runs, predict, slider or challenge", nearest, "a block \"%s\"", word);
    }
    free(word);
    return block;
}

static void read_blocks(Lesson *lesson, ErrorList *errors) {
    const size_t before = errors->count;
    bool fenced = false, runs = false;
    LessonBlock *block = NULL;
    long number = 1;
    for (const char *line = lesson->text; *line != '\0'; line = lesson_line_next(line), number++) {
        if (lesson_line_begins(line, LESSON_FENCE)) {
            fenced = !fenced;
            runs = false;
            block = fenced ? open_block(lesson, line, number, &runs, errors) : NULL;
        } else if (runs && *line != '\n') {
            read_run(lesson, line, number, errors);
        } else if (block != NULL && *line != '\n') {
            char *text = memory_text_n(line, strcspn(line, "\n"));
            lesson_block_read_line(lesson, block, text, number, errors);
            free(text);
        }
    }
    if (errors->count == before && lesson->run_count == 0) {
        refuse(lesson, 0, "no runs", "a block of them between " RUNS_FENCE " and " LESSON_FENCE,
               errors);
    }
}

bool lesson_read(Lesson *lesson, const char *path, ErrorList *errors) {
    const size_t before = errors->count;
    size_t length;
    *lesson = (Lesson){.file = memory_text(path)};
    lesson->text = json_file_read(path, &length, errors);
    if (lesson->text == NULL) {
        return false;
    }
    if (lesson_line_begins(lesson->text, "# ")) {
        lesson->title = memory_text_n(lesson->text + 2, strcspn(lesson->text + 2, "\n"));
    } else {
        refuse(lesson, 1, "no heading", "\"# \" and the title", errors);
    }
    read_blocks(lesson, errors);
    return errors->count == before;
}

void lesson_clear(Lesson *lesson) {
    for (size_t i = 0; i < lesson->run_count; i++) {
        LessonRun *run = &lesson->runs[i];
        cJSON_Delete(run->as_run);
        overrides_clear(&run->changes);
        scenario_destroy(run->scenario);
        free(run->name);
        free(run->options);
    }
    for (size_t i = 0; i < lesson->block_count; i++) {
        lesson_block_clear(&lesson->blocks[i]);
    }
    free(lesson->blocks);
    free(lesson->runs);
    free(lesson->file);
    free(lesson->text);
    free(lesson->title);
    *lesson = (Lesson){0};
}

size_t lesson_replications(const Lesson *lesson) {
    size_t most = 1;
    for (size_t i = 0; i < lesson->run_count; i++) {
        most = lesson->runs[i].replications > most ? lesson->runs[i].replications : most;
    }
    asim_assert(most <= 2 * LESSON_REPLICATIONS_MOST); /* of two independent samples */
    return most;
}

/* Filling ------------------------------------------------------------------------------------ */

/* What the walk knows of where it is. names NULL: only checking. */
typedef struct Walk {
    Lesson *lesson;
    const LessonNames *names;
    Text text; /* what has been put */
    ErrorList *errors;
    long line;
    bool fenced, in_runs;
    const LessonBlock *block; /* that the walk is in */
    long condition;           /* line of the {{if}} that is open; 0: none */
    bool is_else;
    bool shown; /* the branch that holds, or no condition at all */
} Walk;

static void put(Walk *walk, const char *text, size_t length) {
    asim_assert((!walk->in_runs && walk->block == NULL) || walk->fenced);
    if (walk->names != NULL && walk->shown) {
        text_add_bytes(&walk->text, text, length);
    }
}

static void complain(Walk *walk, const char *found, const char *expected) {
    refuse(walk->lesson, walk->line, found, expected, walk->errors);
}

static char *reckon(Walk *walk, const char *expression, bool *holds) {
    return lesson_expression(walk->lesson, expression, walk->line, walk->names != NULL, holds, NULL,
                             walk->errors);
}

/* A figure stays on one line: its blanks are hard ones, until the page is laid out. */
static void put_figure(Walk *walk, const char *expression) {
    char *text = reckon(walk, expression, NULL);
    for (char *at = text; at != NULL && *at != '\0'; at++) {
        *at = *at == ' ' ? LESSON_HARD_BLANK : *at;
        put(walk, at, 1);
    }
    free(text);
}

static void begin_condition(Walk *walk, const char *expression) {
    if (walk->condition != 0) {
        complain(walk, "{{if}} within {{if}}", "{{end}} of the first before it");
        return;
    }
    walk->condition = walk->line;
    walk->is_else = false;
    reckon(walk, expression, &walk->shown);
}

static void turn_condition(Walk *walk, bool end) {
    if (walk->condition == 0 || (!end && walk->is_else)) {
        complain(walk, end ? "{{end}}" : "{{else}}", "an {{if}} before it");
        return;
    }
    asim_assert(walk->condition <= walk->line);
    walk->is_else = !end;
    walk->shown = end || !walk->shown;
    walk->condition = end ? 0 : walk->condition;
}

static void walk_placeholder(Walk *walk, const char *text, size_t length) {
    char *word = memory_text_n(text, length);
    if (length > 3 && lesson_line_begins(word, "if ")) {
        begin_condition(walk, word + 3);
    } else if (strcmp(word, "else") == 0 || strcmp(word, "end") == 0) {
        turn_condition(walk, strcmp(word, "end") == 0);
    } else {
        put_figure(walk, word);
    }
    free(word);
}

/* A letter, or what the reader can type: the program by the name he called it, the files where they
 * are. Returns what is after it. */
static const char *walk_code(Walk *walk, const char *at, const char *line) {
    static const char command[] = "autoscale-sim", folder[] = "scenarios/lessons";
    const bool begins_command = walk->fenced ? at == line : at > line && at[-1] == '`';
    if (walk->names != NULL && begins_command && lesson_line_begins(at, command) &&
        at[strlen(command)] == ' ') {
        put(walk, walk->names->program, strlen(walk->names->program));
        return at + strlen(command);
    }
    if (walk->names != NULL && lesson_line_begins(at, folder) && at[strlen(folder)] == '/') {
        put(walk, walk->names->folder, strlen(walk->names->folder));
        return at + strlen(folder);
    }
    put(walk, at, 1);
    return at + 1;
}

static void walk_text(Walk *walk, const char *line, const char *end) {
    for (const char *at = line; at < end;) {
        const bool opens = lesson_line_begins(at, "{{");
        const char *close = opens ? strstr(at, "}}") : NULL;
        if (opens && (close == NULL || close >= end)) {
            complain(walk, "{{ without }}", "both on one line");
            return;
        }
        if (opens) {
            walk_placeholder(walk, at + 2, (size_t)(close - at - 2));
        }
        at = opens ? close + 2 : walk_code(walk, at, line);
    }
}

static const LessonBlock *block_at(const Lesson *lesson, long line) {
    const LessonBlock *found = NULL;
    for (size_t i = 0; i < lesson->block_count; i++) {
        found = lesson->blocks[i].line == line ? &lesson->blocks[i] : found;
    }
    return found;
}

static void put_block(Walk *walk) {
    if (walk->names != NULL && walk->shown && !walk->names->without_blocks) {
        char *text = lesson_block_text(walk->lesson, walk->block, walk->names);
        text_add(&walk->text, text);
        free(text);
    }
}

/* A line that opens or closes a block. Nothing of our own blocks' fences is shown, but that of the
 * runs becomes one of commands. */
static void walk_fence(Walk *walk, const char *line, const char *end) {
    static const char shell[] = LESSON_FENCE "sh\n";
    const bool closes_own = walk->block != NULL;
    walk->in_runs = !walk->fenced && lesson_line_begins(line, RUNS_FENCE);
    walk->fenced = !walk->fenced;
    walk->block = walk->fenced ? block_at(walk->lesson, walk->line) : NULL;
    if (walk->block != NULL) {
        put_block(walk);
    } else if (walk->in_runs && walk->names != NULL) {
        put(walk, shell, strlen(shell));
        put(walk, walk->names->commands, strlen(walk->names->commands));
    } else if (!walk->in_runs && !closes_own) {
        put(walk, line, (size_t)(end - line));
        put(walk, "\n", 1);
    }
}

static void walk_end(Walk *walk) {
    if (walk->condition != 0) {
        walk->line = walk->condition;
        complain(walk, "{{if}} that does not end", "{{end}}");
    }
}

char *lesson_fill_line(Lesson *lesson, const char *text, long line, const LessonNames *names,
                       ErrorList *errors) {
    Walk walk = {.lesson = lesson, .names = names, .errors = errors, .line = line, .shown = true};
    walk_text(&walk, text, text + strlen(text));
    walk_end(&walk);
    return names != NULL ? text_take(&walk.text) : NULL;
}

static void walk_page(Walk *walk) {
    walk->shown = true;
    for (const char *line = walk->lesson->text; *line != '\0'; line = lesson_line_next(line)) {
        const char *end = line_end(line);
        walk->line++;
        if (lesson_line_begins(line, LESSON_FENCE)) {
            walk_fence(walk, line, end);
        } else if (!walk->in_runs && walk->block == NULL) {
            walk_text(walk, line, end);
            put(walk, "\n", 1);
        }
    }
    walk_end(walk);
}

bool lesson_check(Lesson *lesson, ErrorList *errors) {
    const size_t before = errors->count;
    for (size_t i = 0; i < lesson->run_count; i++) {
        LessonRun *run = &lesson->runs[i];
        cJSON_Delete(run->as_run);
        run->as_run = memory_checked(cJSON_Parse(run->scenario->as_run));
    }
    Walk walk = {.lesson = lesson, .errors = errors};
    walk_page(&walk);
    asim_assert(walk.text.length == 0);
    for (size_t i = 0; i < lesson->block_count; i++) {
        lesson_block_check(lesson, &lesson->blocks[i], errors);
    }
    return errors->count == before;
}

char *lesson_fill(Lesson *lesson, const LessonNames *names) {
    ErrorList errors = {0};
    Walk walk = {.lesson = lesson, .names = names, .errors = &errors};
    walk_page(&walk);
    asim_assert(errors.count == 0); /* a lesson must be checked before it is filled */
    asim_assert(walk.line > 0 && walk.shown);
    return text_take(&walk.text);
}

/* The shelf: sought beside the program, then where it was installed ---------------------------- */

#define PAGE_ENDING ".md"

static int is_page(const struct dirent *entry) {
    const char *name = entry->d_name;
    const size_t length = strlen(name), ending = strlen(PAGE_ENDING);
    return isdigit((unsigned char)name[0]) && isdigit((unsigned char)name[1]) && name[2] == '-' &&
           length > 3 + ending && strcmp(name + length - ending, PAGE_ENDING) == 0;
}

/* Counts the pages of the folder, and adds them to the shelf unless that is NULL; below 0: errno
 * says why there are none. */
static int find_pages(const char *folder, LessonShelf *shelf) {
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, is_page, alphasort), reason = errno;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (shelf != NULL) {
            const int stem = (int)(strlen(name) - strlen(PAGE_ENDING));
            shelf->places =
                memory_grow(shelf->places, shelf->count, &shelf->room, sizeof *shelf->places);
            shelf->places[shelf->count++] =
                (LessonPlace){.number = (unsigned)atoi(name),
                              .page = memory_format("%s/%s", folder, name),
                              .scenario = memory_format("%s/%.*s.json", folder, stem, name)};
        }
        free(entries[i]);
    }
    free(entries);
    errno = reason;
    return count;
}

/* A folder that is there and cannot be read has pages too: that is to be told. */
static bool has_pages(const char *folder) {
    const int count = find_pages(folder, NULL);
    return count > 0 || (count < 0 && access(folder, F_OK) == 0);
}

static char *find_folder(void) {
    static const char *const places[] = {"../scenarios/lessons", "../../scenarios/lessons",
                                         "../share/autoscale-sim/scenarios/lessons"};
    static const char here[] = "scenarios/lessons";
    char *near = file_name_near_program(places, sizeof places / sizeof places[0], has_pages);
    if (near != NULL) {
        return near;
    }
#ifdef ASIM_DATADIR
    return memory_text(has_pages(here) ? here : ASIM_DATADIR "/scenarios/lessons");
#else
    return memory_text(here);
#endif
}

/* Without dots and links, and from the working directory where it lies below it: the reader is to
 * type it. */
static char *told_plainly(char *folder) {
    char *whole = file_name_real(folder), *here = file_name_real(".");
    char *told = folder;
    if (whole != NULL && here != NULL) {
        const size_t length = strlen(here);
        const bool below = strncmp(whole, here, length) == 0 && whole[length] == '/';
        told = memory_text(below ? whole + length + 1 : whole);
        free(folder);
    }
    free(whole);
    free(here);
    return told;
}

bool lesson_shelf_open(LessonShelf *shelf, const char *folder, ErrorList *errors) {
    static const char expected[] = "the pages of the lessons there: NN-NAME.md";
    *shelf =
        (LessonShelf){.folder = told_plainly(folder != NULL ? memory_text(folder) : find_folder())};
    const int count = find_pages(shelf->folder, shelf);
    if (count <= 0) {
        return count < 0 ? error_unreadable(errors, shelf->folder, errno, expected)
                         : error_in_file(errors, shelf->folder, "no lessons", expected, NULL);
    }
    asim_assert(shelf->count == (size_t)count);
    return true;
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
    asim_assert(shelf->count > 0);
    for (size_t i = 0; i < shelf->count; i++) {
        if (wanted == shelf->places[i].number && wanted != 0 && *end == '\0') {
            return &shelf->places[i];
        }
    }
    char *expected = memory_format("the number of a lesson, %u to %u", shelf->places[0].number,
                                   shelf->places[shelf->count - 1].number);
    error_found(errors, &(Error){.file = "command line", .place = "learn"}, expected,
                "`autoscale-sim learn` lists them", "\"%s\"", number);
    free(expected);
    return NULL;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* `learn`: the lessons' titles, or one lesson: its runs, then its page with their figures. */
#include "base/memory.h"
#include "base/shell_words.h"
#include "base/task_pool.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/compared_runs.h"
#include "experiment/lesson.h"
#include "output/manifest.h"
#include "scenario/overrides.h"
#include "scenario/scenario.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The runs of a lesson: read with the page's options and the reader's, run, and written as those of
 * a comparison. */
typedef struct LessonRuns {
    const Invocation *invocation;
    const char *folder; /* the shelf's */
    const LessonPlace *place;
    Lesson lesson;
    Arguments *readers; /* by run: those of the reader's options that go to it; texts lent */
    ComparedRuns compared;
} LessonRuns;

/* Reading ------------------------------------------------------------------------------------ */

/* Mistakes in the page's own options are the page's. */
static void blame_page(const Lesson *lesson, const LessonRun *run, size_t from, ErrorList *errors) {
    for (size_t i = from; i < errors->kept; i++) {
        error_move(&errors->items[i], lesson->file, run->line, errors->items[i].place);
    }
}

/* The page's options for the run, as if they stood on the command line. */
static bool add_own_changes(const Lesson *lesson, LessonRun *run, ErrorList *errors) {
    TextList words = {0};
    Arguments arguments = {0};
    const size_t before = errors->count, kept = errors->kept;
    const char *wrong = shell_words_split(run->options, &words);
    if (wrong) {
        error_at(errors, &(Error){.place = run->options}, wrong, NULL, NULL);
    } else {
        char **argv = memory_new(words.count + 1, sizeof *argv);
        for (size_t i = 0; i < words.count; i++) {
            argv[i] = words.items[i];
        }
        arguments_read(&arguments, command_find(NULL, "validate"), argv, errors);
        free(argv);
    }
    const bool sound =
        errors->count == before &&
        scenario_changes(&run->changes, arguments_value(&arguments, "preset"), &arguments, errors);
    blame_page(lesson, run, kept, errors);
    arguments_clear(&arguments);
    text_list_clear(&words);
    return sound;
}

static bool sets_option(const OverrideList *changes, const char *path) {
    bool sets = false;
    for (size_t i = 0; i < changes->count; i++) {
        sets = sets || overrides_same_option(changes->items[i].path, path);
    }
    return sets;
}

/* The option that a flag or --set of the reader changes; NULL: another kind of option, or several.
 * Owned by the caller. */
static char *path_of(const CliGiven *given) {
    CliGiven copy = *given;
    const Arguments alone = {.given = &copy, .given_count = 1};
    OverrideList changes = {0};
    ErrorList unused = {0}; /* mistakes are told when it is applied */
    char *path = NULL;
    if ((given->is_flag || strcmp(given->name, "set") == 0) &&
        scenario_changes(&changes, NULL, &alone, &unused) && changes.count == 1) {
        path = memory_text(changes.items[0].path);
    }
    overrides_clear(&changes);
    error_list_clear(&unused);
    return path;
}

/* Gives an option of the reader's to the runs that it is about: to those whose own options change
 * the same, if not all do; else to all. */
static void hand_out(LessonRuns *runs, const CliGiven *given, bool tells) {
    char *path = path_of(given);
    const size_t count = runs->lesson.run_count;
    const char **about = memory_new(count + 1, sizeof *about);
    size_t about_count = 0;
    for (size_t i = 0; i < count && path != NULL; i++) {
        if (sets_option(&runs->lesson.runs[i].changes, path)) {
            about[about_count++] = runs->lesson.runs[i].name;
        }
    }
    const bool all = about_count == 0 || about_count == count;
    for (size_t i = 0; i < count; i++) {
        Arguments *reader = &runs->readers[i];
        if (all || sets_option(&runs->lesson.runs[i].changes, path)) {
            reader->given = memory_grow(reader->given, reader->given_count, &reader->given_room,
                                        sizeof *reader->given);
            reader->given[reader->given_count++] = *given;
        }
    }
    if (!all && tells) {
        char *names = text_join(about, about_count, " and ");
        terminal_say(stderr, "note: --%s %s goes to %s, which %s about it; the other runs stay\n",
                     given->name, given->value, names, about_count == 1 ? "is" : "are");
        free(names);
    }
    free(about);
    free(path);
}

static Scenario *read_scenario(const LessonRuns *runs, size_t number, ErrorList *errors) {
    const Arguments *reader = &runs->readers[number];
    OverrideList changes = {0};
    overrides_add_all(&changes, &runs->lesson.runs[number].changes);
    const bool sound =
        scenario_changes(&changes, arguments_value(reader, "preset"), reader, errors);
    Scenario *scenario =
        sound ? scenario_read_file(runs->place->scenario, changes.items, changes.count, errors)
              : NULL;
    overrides_clear(&changes);
    return scenario;
}

/* False after adding errors. */
static bool share_options(LessonRuns *runs, ErrorList *errors) {
    const Arguments *arguments = runs->invocation->arguments;
    const size_t count = runs->lesson.run_count;
    runs->readers = memory_new(count, sizeof *runs->readers);
    for (size_t i = 0; i < count; i++) {
        if (!add_own_changes(&runs->lesson, &runs->lesson.runs[i], errors)) {
            return false;
        }
    }
    for (size_t i = 0; i < arguments->given_count; i++) {
        hand_out(runs, &arguments->given[i], !arguments_has(arguments, "quiet"));
    }
    return true;
}

/* Each run's scenario is changed by the page, then by the reader, whose word is the last. To be
 * cleared either way. */
static bool lesson_runs_read(LessonRuns *runs, const Invocation *invocation,
                             const LessonShelf *shelf, const LessonPlace *place,
                             ErrorList *errors) {
    *runs = (LessonRuns){.invocation = invocation,
                         .folder = shelf->folder,
                         .place = place,
                         .compared = {.invocation = invocation}};
    if (!lesson_read(&runs->lesson, place->page, errors) || !share_options(runs, errors)) {
        return false;
    }
    for (size_t i = 0; i < runs->lesson.run_count; i++) {
        LessonRun *run = &runs->lesson.runs[i];
        run->scenario = read_scenario(runs, i, errors);
        if (!run->scenario) {
            return false; /* the other runs would say the same of the reader's options */
        }
        plan_add(&runs->compared.plan, run->name, run->scenario, NULL);
    }
    return lesson_check(&runs->lesson, errors) &&
           lesson_check_moves(&runs->lesson, place->scenario, errors);
}

static void lesson_runs_clear(LessonRuns *runs) {
    for (size_t i = 0; i < runs->lesson.run_count; i++) {
        if (runs->readers != NULL) {
            free(runs->readers[i].given);
        }
    }
    free(runs->readers);
    compared_runs_clear(&runs->compared);
    lesson_clear(&runs->lesson);
}

/* A reader who changes what the runs differ in should know. */
static void note_same_runs(const Lesson *lesson) {
    for (size_t i = 1; i < lesson->run_count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(lesson->runs[i].scenario->as_run, lesson->runs[k].scenario->as_run) == 0) {
                terminal_say(stderr, "note: with these options the runs %s and %s are the same\n",
                             lesson->runs[k].name, lesson->runs[i].name);
            }
        }
    }
}

/* Its runs as commands ----------------------------------------------------------------------- */

static void add_word(Text *text, const char *word) {
    char *quoted = text_shell_word(word);
    text_addf(text, " %s", quoted);
    free(quoted);
}

/* What decides about files and printing has no place in the commands that the page shows. */
static void add_reader_options(Text *text, const Arguments *arguments) {
    static const char *const left_out[] = {"out",      "force", "plot", "plot-format",
                                           "requests", "json",  "quiet"};
    for (size_t i = 0; i < arguments->given_count; i++) {
        const CliGiven *given = &arguments->given[i];
        bool shown = true;
        for (size_t k = 0; k < sizeof left_out / sizeof *left_out; k++) {
            shown = shown && (given->is_flag || strcmp(given->name, left_out[k]) != 0);
        }
        if (shown) {
            text_addf(text, " --%s", given->name);
        }
        if (shown && given->value) {
            add_word(text, given->value);
        }
    }
}

/* The page's options for a run, but for flags that the reader has given too: they are told once. */
static void add_page_options(Text *text, const LessonRun *run, const Arguments *reader) {
    TextList words = {0};
    bool drops = false;
    if (shell_words_split(run->options, &words) != NULL) { /* cannot be: it was read so */
        words.count = 0;
    }
    for (size_t i = 0; i < words.count; i++) {
        const char *word = words.items[i];
        const bool is_value = drops; /* of a flag that is left out */
        drops = false;
        for (size_t k = 0; k < reader->given_count && !is_value; k++) {
            const CliGiven *given = &reader->given[k];
            drops = drops || (given->is_flag && strncmp(word, "--", 2) == 0 &&
                              strcmp(word + 2, given->name) == 0);
        }
        if (!is_value && !drops) {
            add_word(text, word);
        }
    }
    text_list_clear(&words);
}

static bool repeats_flag(const LessonRun *run, const Arguments *reader) {
    bool repeats = false;
    for (size_t i = 0; i < reader->given_count; i++) {
        char *flag = memory_format("--%s ", reader->given[i].name);
        repeats = repeats || (reader->given[i].is_flag && strstr(run->options, flag) != NULL);
        free(flag);
    }
    return repeats;
}

/* The runs as commands, each under its name. Owned by the caller. */
static char *commands_text(const LessonRuns *runs) {
    const Lesson *lesson = &runs->lesson;
    const char *program = runs->invocation->manifest->command_line[0];
    Text text = {0};
    for (size_t i = 0; i < lesson->run_count; i++) {
        const LessonRun *run = &lesson->runs[i];
        text_addf(&text, "# %s\n%s run", run->name, program);
        add_word(&text, runs->place->scenario);
        if (repeats_flag(run, &runs->readers[i])) {
            add_page_options(&text, run, &runs->readers[i]);
        } else {
            text_addf(&text, "%s%s", *run->options ? " " : "", run->options);
        }
        add_reader_options(&text, &runs->readers[i]);
        text_add_char(&text, '\n');
    }
    return text_take(&text);
}

/* Running ------------------------------------------------------------------------------------ */

/* typed: the commands of commands_text; lent. */
static LessonNames names_of(const LessonRuns *runs, const char *typed) {
    return (LessonNames){.program = runs->invocation->manifest->command_line[0],
                         .folder = runs->folder,
                         .commands = typed,
                         .scenario = runs->place->scenario};
}

/* Beside the runs, for a program that leads through the lesson. */
static bool write_lesson(LessonRuns *runs, ErrorList *errors) {
    char *typed = commands_text(runs);
    LessonNames names = names_of(runs, typed);
    names.without_blocks = true;
    char *json = lesson_json(&runs->lesson, &names);
    const bool written =
        output_directory_write(&runs->compared.directory, "lesson.json", json, errors);
    free(json);
    free(typed);
    return written;
}

static int run_all(void *self, ErrorList *errors) {
    LessonRuns *runs = self;
    const size_t count = lesson_replications(&runs->lesson);
    for (size_t i = 0; i < runs->lesson.run_count; i++) {
        runs->lesson.runs[i].done = &runs->compared.plan.cells[i];
    }
    const int status = compared_runs_until(&runs->compared, count, task_pool_default_jobs(),
                                           LESSON_CONFIDENCE, 0, errors);
    const bool writes = runs->compared.directory.work != NULL;
    return status != STATUS_DONE || !writes || write_lesson(runs, errors) ? status : STATUS_MISTAKE;
}

static int lesson_runs_do(LessonRuns *runs, ErrorList *errors) {
    const char *const files[] = {runs->place->scenario, runs->place->page};
    if (!compared_runs_begin(&runs->compared, errors)) {
        return STATUS_MISTAKE;
    }
    if (!compared_runs_have(&runs->compared, "quiet")) {
        note_same_runs(&runs->lesson);
    }
    return compared_runs_do(&runs->compared, files, sizeof files / sizeof *files, NULL, run_all,
                            runs, errors);
}

/* The list ----------------------------------------------------------------------------------- */

static int list_lessons(const Invocation *invocation, const LessonShelf *shelf, ErrorList *errors) {
    const char *program = invocation->manifest->command_line[0];
    if (invocation->arguments->given_count > 0) {
        error_in_option(errors, "learn", "options without a lesson",
                        "the number of a lesson beside them", NULL);
        return STATUS_MISTAKE;
    }
    printf("The lessons: short experiments, best done in order\n\n");
    for (size_t i = 0; i < shelf->count; i++) {
        Lesson lesson;
        if (lesson_read(&lesson, shelf->places[i].page, errors)) {
            terminal_say(stdout, "  %s\n", lesson.title);
        }
        lesson_clear(&lesson);
    }
    terminal_say(
        stdout,
        "\n`%s learn %u` does the first: it asks for your prediction, runs the experiment and "
        "explains what happened. Any option of `run` may follow, to see what it changes.\n",
        program, shelf->places[0].number);
    return errors->count == 0 ? STATUS_DONE : STATUS_MISTAKE;
}

/* Its page ----------------------------------------------------------------------------------- */

/* Between two people at a terminal, the question comes before the answer. */
static void wait_for_reader(void) {
    fputs("Your prediction? (Enter goes on) ", stdout);
    fflush(stdout);
    int letter = getchar();
    while (letter != EOF && letter != '\n') {
        letter = getchar();
    }
    fputc('\n', stdout);
}

static void print_page(const char *page) {
    const bool terminal = isatty(STDOUT_FILENO);
    const char *run = terminal && isatty(STDIN_FILENO) ? lesson_layout_section(page, "Run") : NULL;
    if (run) {
        lesson_layout_print(stdout, page, run, terminal);
        wait_for_reader();
    }
    lesson_layout_print(stdout, run ? run : page, NULL, terminal);
}

static void print_lesson(LessonRuns *runs) {
    char *typed = commands_text(runs);
    const LessonNames names = names_of(runs, typed);
    char *page = lesson_fill(&runs->lesson, &names);
    print_page(page);
    free(page);
    free(typed);
}

/* The lesson --------------------------------------------------------------------------------- */

static void print_result(LessonRuns *runs) {
    const Arguments *arguments = runs->invocation->arguments;
    if (arguments_has(arguments, "json")) {
        char *json = comparison_json(&runs->compared.statistics);
        fputs(json, stdout);
        free(json);
    } else if (!arguments_has(arguments, "quiet")) {
        print_lesson(runs);
        if (arguments_has(arguments, "out")) {
            command_tell_written(arguments_value(arguments, "out"));
        }
    }
}

static int do_lesson(const Invocation *invocation, const LessonShelf *shelf, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const LessonPlace *place = lesson_shelf_find(shelf, arguments->positional[0], errors);
    if (!place) {
        return STATUS_MISTAKE;
    }
    LessonRuns runs;
    int status = lesson_runs_read(&runs, invocation, shelf, place, errors)
                     ? lesson_runs_do(&runs, errors)
                     : STATUS_MISTAKE;
    if (status == STATUS_DONE) {
        print_result(&runs);
    }
    lesson_runs_clear(&runs);
    return status == STATUS_DONE
               ? command_draw(arguments, arguments_value(arguments, "out"), errors)
               : status;
}

int command_learn(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    LessonShelf shelf = {0};
    int status = STATUS_MISTAKE;
    if (simulate_options_agree(arguments, errors) && scenario_one_preset(arguments, errors) &&
        lesson_shelf_open(&shelf, NULL, errors)) {
        status = arguments->positional_count == 0 ? list_lessons(invocation, &shelf, errors)
                                                  : do_lesson(invocation, &shelf, errors);
    }
    lesson_shelf_clear(&shelf);
    return status;
}

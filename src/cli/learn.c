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
    const LessonPlace *place;
    Lesson lesson;
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
static bool add_own_changes(const Lesson *lesson, const LessonRun *run, OverrideList *changes,
                            ErrorList *errors) {
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
        scenario_changes(changes, arguments_value(&arguments, "preset"), &arguments, errors);
    blame_page(lesson, run, kept, errors);
    arguments_clear(&arguments);
    text_list_clear(&words);
    return sound;
}

static Scenario *read_scenario(const LessonRuns *runs, const LessonRun *run, ErrorList *errors) {
    const Arguments *arguments = runs->invocation->arguments;
    OverrideList changes = {0};
    const bool sound =
        add_own_changes(&runs->lesson, run, &changes, errors) &&
        scenario_changes(&changes, arguments_value(arguments, "preset"), arguments, errors);
    Scenario *scenario =
        sound ? scenario_read_file(runs->place->scenario, changes.items, changes.count, errors)
              : NULL;
    overrides_clear(&changes);
    return scenario;
}

/* Each run's scenario is changed by the page, then by the reader, whose word is the last. To be
 * cleared either way. */
static bool lesson_runs_read(LessonRuns *runs, const Invocation *invocation,
                             const LessonPlace *place, ErrorList *errors) {
    *runs = (LessonRuns){
        .invocation = invocation, .place = place, .compared = {.invocation = invocation}};
    if (!lesson_read(&runs->lesson, place->page, errors)) {
        return false;
    }
    for (size_t i = 0; i < runs->lesson.run_count; i++) {
        LessonRun *run = &runs->lesson.runs[i];
        run->scenario = read_scenario(runs, run, errors);
        if (!run->scenario) {
            return false; /* the other runs would say the same of the reader's options */
        }
        plan_add(&runs->compared.plan, run->name, run->scenario, NULL);
    }
    return lesson_check(&runs->lesson, errors);
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

/* Running ------------------------------------------------------------------------------------ */

static int run_all(void *self, ErrorList *errors) {
    LessonRuns *runs = self;
    const size_t count = lesson_replications(&runs->lesson);
    for (size_t i = 0; i < runs->lesson.run_count; i++) {
        runs->lesson.runs[i].done = &runs->compared.plan.cells[i];
    }
    return compared_runs_until(&runs->compared, count, task_pool_default_jobs(), LESSON_CONFIDENCE,
                               0, errors);
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

/* The runs as commands, each under its name. Owned by the caller. */
static char *commands_text(const Lesson *lesson, const char *program, const char *scenario,
                           const Arguments *arguments) {
    Text text = {0};
    for (size_t i = 0; i < lesson->run_count; i++) {
        const LessonRun *run = &lesson->runs[i];
        text_addf(&text, "# %s\n%s run", run->name, program);
        add_word(&text, scenario);
        text_addf(&text, "%s%s", *run->options ? " " : "", run->options);
        add_reader_options(&text, arguments);
        text_add_char(&text, '\n');
    }
    return text_take(&text);
}

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

static void print_lesson(const Invocation *invocation, Lesson *lesson, const LessonShelf *shelf,
                         const LessonPlace *place) {
    const char *program = invocation->manifest->command_line[0];
    char *typed = commands_text(lesson, program, place->scenario, invocation->arguments);
    const LessonNames names = {.program = program, .folder = shelf->folder, .commands = typed};
    char *page = lesson_fill(lesson, &names);
    print_page(page);
    free(page);
    free(typed);
}

/* The lesson --------------------------------------------------------------------------------- */

static void print_result(LessonRuns *runs, const LessonShelf *shelf) {
    const Arguments *arguments = runs->invocation->arguments;
    if (arguments_has(arguments, "json")) {
        char *json = comparison_json(&runs->compared.statistics);
        fputs(json, stdout);
        free(json);
    } else if (!arguments_has(arguments, "quiet")) {
        print_lesson(runs->invocation, &runs->lesson, shelf, runs->place);
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
    int status = lesson_runs_read(&runs, invocation, place, errors) ? lesson_runs_do(&runs, errors)
                                                                    : STATUS_MISTAKE;
    if (status == STATUS_DONE) {
        print_result(&runs, shelf);
    }
    compared_runs_clear(&runs.compared);
    lesson_clear(&runs.lesson);
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

// SPDX-License-Identifier: GPL-3.0-or-later
/* `learn`: the lessons' titles, or one lesson: its runs, then its page with their figures. */
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/scenario_arguments.h"
#include "cli/simulate.h"
#include "engine/memory.h"
#include "experiment/lesson.h"
#include "experiment/lesson_layout.h"
#include "experiment/lesson_shelf.h"
#include "experiment/task_pool.h"
#include "scenario/shell_words.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The list ----------------------------------------------------------------------------------- */

static int list_lessons(const Invocation *invocation, const LessonShelf *shelf, ErrorList *errors) {
    const char *program = invocation->command_line[0];
    if (invocation->arguments->given_count > 0) {
        error_add(errors, &(Error){.file = "command line",
                                   .place = "learn",
                                   .found = "options without a lesson",
                                   .expected = "the number of a lesson beside them"});
        return STATUS_MISTAKE;
    }
    printf("The lessons: short experiments, best done in order\n\n");
    for (size_t i = 0; i < shelf->count; i++) {
        Lesson lesson;
        if (lesson_read(&lesson, shelf->places[i].page, errors)) {
            printf("  %s\n", lesson.title);
        }
        lesson_clear(&lesson);
    }
    printf("\n`%s learn %u` does the first: it asks for your prediction, runs the experiment and\n"
           "explains what happened. Any option of `run` may follow, to see what it changes.\n",
           program, shelf->places[0].number);
    return errors->count == 0 ? STATUS_DONE : STATUS_MISTAKE;
}

/* Its runs ----------------------------------------------------------------------------------- */

/* Mistakes in the page's own options are the page's. */
static void blame_page(const Lesson *lesson, const LessonRun *run, size_t from, ErrorList *errors) {
    for (size_t i = from; i < errors->count; i++) {
        free((void *)errors->items[i].file);
        errors->items[i].file = memory_text(lesson->file);
        errors->items[i].line = run->line;
    }
}

/* The page's options for the run, as if they stood on the command line. */
static bool add_own_changes(const Lesson *lesson, LessonRun *run, ErrorList *errors) {
    ShellWords words = {0};
    Arguments arguments = {0};
    const size_t before = errors->count;
    const char *wrong = shell_words_split(run->options, &words);
    if (wrong) {
        error_add(errors, &(Error){.place = run->options, .found = wrong});
    } else {
        char **argv = memory_new(words.count + 2, sizeof *argv);
        for (size_t i = 0; i < words.count; i++) {
            argv[i + 2] = words.items[i];
        }
        arguments_read(&arguments, CLI_VALIDATE, (int)words.count + 2, argv, errors);
        free(argv);
    }
    const bool sound = errors->count == before &&
                       scenario_changes(&run->base.changes, arguments_value(&arguments, "preset"),
                                        &arguments, errors);
    blame_page(lesson, run, before, errors);
    arguments_clear(&arguments);
    shell_words_clear(&words);
    return sound;
}

/* The lesson's scenario, changed by the page, then by the reader, whose word is the last. */
static bool read_run(const Lesson *lesson, LessonRun *run, const LessonPlace *place,
                     const Arguments *arguments, ErrorList *errors) {
    if (!base_scenario_read(&run->base, place->scenario, errors) ||
        !add_own_changes(lesson, run, errors) ||
        !scenario_changes(&run->base.changes, arguments_value(arguments, "preset"), arguments,
                          errors)) {
        return false;
    }
    run->scenario = base_scenario_vary(&run->base, NULL, 0, -1, errors);
    return run->scenario != NULL;
}

/* A reader who changes what the runs differ in should know. */
static void note_same_runs(const Lesson *lesson) {
    for (size_t i = 1; i < lesson->run_count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(lesson->runs[i].scenario->as_run, lesson->runs[k].scenario->as_run) == 0) {
                fprintf(stderr, "note: with these options the runs %s and %s are the same\n",
                        lesson->runs[k].name, lesson->runs[i].name);
            }
        }
    }
}

static bool read_lesson(Lesson *lesson, const LessonPlace *place, const Arguments *arguments,
                        ErrorList *errors) {
    if (!lesson_read(lesson, place->page, errors)) {
        return false;
    }
    for (size_t i = 0; i < lesson->run_count; i++) {
        if (!read_run(lesson, &lesson->runs[i], place, arguments, errors)) {
            return false; /* the other runs would say the same of the reader's options */
        }
    }
    return lesson_check(lesson, errors);
}

/* Its page ----------------------------------------------------------------------------------- */

static bool is_plain_word(const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=.,:/@%";
    return *word != '\0' && strspn(word, plain) == strlen(word);
}

static char *extended(char *text, const char *before, const char *word, const char *after) {
    char *longer = memory_format("%s%s%s%s", text, before, word, after);
    free(text);
    return longer;
}

/* A quote within the word ends the quotation, stands escaped, and begins it again. */
static char *with_word(char *text, const char *word) {
    if (is_plain_word(word)) {
        return extended(text, " ", word, "");
    }
    text = extended(text, " '", "", "");
    for (const char *at = word; *at != '\0'; at++) {
        const char letter[] = {*at, '\0'};
        text = extended(text, "", *at == '\'' ? "'\\''" : letter, "");
    }
    return extended(text, "'", "", "");
}

/* What decides about files and printing has no place in the commands that the page shows. */
static char *with_reader_options(char *text, const Arguments *arguments) {
    static const char *const left_out[] = {"out", "force", "plot", "requests", "json", "quiet"};
    for (size_t i = 0; i < arguments->given_count; i++) {
        const CliGiven *given = &arguments->given[i];
        bool shown = true;
        for (size_t k = 0; k < sizeof left_out / sizeof *left_out; k++) {
            shown = shown && (given->is_flag || strcmp(given->name, left_out[k]) != 0);
        }
        if (shown) {
            text = extended(text, " --", given->name, "");
            text = given->value ? with_word(text, given->value) : text;
        }
    }
    return text;
}

/* The runs as commands, each under its name. Owned by the caller. */
static char *commands_text(const Lesson *lesson, const char *program, const char *scenario,
                           const Arguments *arguments) {
    char *text = memory_text("");
    for (size_t i = 0; i < lesson->run_count; i++) {
        const LessonRun *run = &lesson->runs[i];
        text = extended(text, "# ", run->name, "\n");
        text = extended(text, program, " run", "");
        text = with_word(text, scenario);
        text = *run->options ? extended(text, " ", run->options, "") : text;
        text = extended(with_reader_options(text, arguments), "\n", "", "");
    }
    return text;
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
    const char *program = invocation->command_line[0];
    char *typed = commands_text(lesson, program, place->scenario, invocation->arguments);
    const LessonNames names = {.program = program, .folder = shelf->folder, .commands = typed};
    char *page = lesson_fill(lesson, &names);
    print_page(page);
    free(page);
    free(typed);
}

/* The lesson --------------------------------------------------------------------------------- */

static int run_lesson(Lesson *lesson, RunReport *reports[], ErrorList *errors) {
    for (size_t i = 0; i < lesson->run_count; i++) {
        LessonRun *run = &lesson->runs[i];
        const RunReportOptions options = {.version = ASIM_VERSION};
        reports[i] = run_report_create(run->scenario, &options, errors);
        const int status = reports[i]
                               ? simulate(run->scenario, reports[i], NULL, true, errors)
                               : STATUS_MISTAKE;
        if (status != STATUS_DONE) {
            return status;
        }
        run->summary = run_report_summary(reports[i]);
    }
    const asim_run_result result =
        lesson_replicate(lesson, task_pool_default_jobs(), interrupt_mark(), errors);
    return result == ASIM_RUN_DONE      ? STATUS_DONE
           : result == ASIM_RUN_STOPPED ? INTERRUPT_STATUS
                                        : STATUS_MISTAKE;
}

static int do_lesson(const Invocation *invocation, const LessonShelf *shelf, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const LessonPlace *place = lesson_shelf_find(shelf, arguments->positional[0], errors);
    Lesson lesson = {0};
    int status = STATUS_MISTAKE;
    if (place && read_lesson(&lesson, place, arguments, errors)) {
        RunReport **reports = memory_new(lesson.run_count, sizeof *reports);
        note_same_runs(&lesson);
        status = run_lesson(&lesson, reports, errors);
        if (status == STATUS_DONE && !arguments_has(arguments, "quiet")) {
            print_lesson(invocation, &lesson, shelf, place);
        }
        for (size_t i = 0; i < lesson.run_count; i++) {
            run_report_destroy(reports[i]);
        }
        free(reports);
    }
    lesson_clear(&lesson);
    return status;
}

int command_learn(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    LessonShelf shelf;
    int status = STATUS_MISTAKE;
    if (simulate_options_agree(arguments, errors) && scenario_one_preset(arguments, errors) &&
        lesson_shelf_open(&shelf, NULL, errors)) {
        status = arguments->positional_count == 0 ? list_lessons(invocation, &shelf, errors)
                                                  : do_lesson(invocation, &shelf, errors);
        lesson_shelf_clear(&shelf);
    }
    return status;
}

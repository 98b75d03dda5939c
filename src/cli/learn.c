// SPDX-License-Identifier: GPL-3.0-or-later
/* `learn`: the lessons' titles, or one lesson: its runs, then its page with their figures. */
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/lesson_runs.h"
#include "cli/scenario_arguments.h"
#include "cli/simulate.h"
#include "experiment/comparison_files.h"
#include "experiment/lesson_fill.h"
#include "experiment/lesson_layout.h"

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

static void print_result(LessonRuns *runs, const LessonShelf *shelf) {
    const Arguments *arguments = runs->invocation->arguments;
    if (arguments_has(arguments, "json")) {
        char *json = comparison_statistics_json(&runs->statistics);
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
    lesson_runs_clear(&runs);
    if (status == STATUS_DONE && arguments_has(arguments, "plot") &&
        !command_draw(arguments_value(arguments, "out"), arguments_has(arguments, "quiet"),
                      errors)) {
        status = STATUS_MISTAKE;
    }
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

// SPDX-License-Identifier: GPL-3.0-or-later
/* `play`: the playground, one HTML page with the program in it. */
#include "output/play.h"

#include "base/memory.h"
#include "base/output_directory.h"
#include "cli/commands.h"
#include "experiment/lesson.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* The folders of shipped scenarios, as they lie around the lessons; what opens first is there. */
static const char *const shelves[] = {"..", "../autoscalers", "."};
static const char first_shown[] = "demo.json";

static int is_scenario(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && dot != NULL && strcmp(dot, ".json") == 0;
}

static void add_folder(TextList *scenarios, const char *folder) {
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, is_scenario, alphasort);
    for (int i = 0; i < count; i++) {
        if (strcmp(entries[i]->d_name, first_shown) != 0) {
            text_list_add(scenarios, memory_format("%s/%s", folder, entries[i]->d_name));
        }
        free(entries[i]);
    }
    free(entries);
}

/* False after adding errors. */
static bool add_shipped(PlayContents *contents, ErrorList *errors) {
    LessonShelf shelf;
    const bool found = lesson_shelf_open(&shelf, NULL, errors);
    if (found) {
        text_list_add(&contents->scenarios, memory_format("%s/../%s", shelf.folder, first_shown));
    }
    for (size_t i = 0; found && i < sizeof shelves / sizeof shelves[0]; i++) {
        char *folder = memory_format("%s/%s", shelf.folder, shelves[i]);
        add_folder(&contents->scenarios, folder);
        free(folder);
    }
    for (size_t i = 0; i < shelf.count; i++) {
        text_list_add(&contents->lessons, memory_text(shelf.places[i].page));
    }
    lesson_shelf_clear(&shelf);
    return found;
}

/* False after adding errors. */
static bool add_given(PlayContents *contents, const Arguments *arguments, ErrorList *errors) {
    for (size_t i = 0; i < arguments->positional_count; i++) {
        if (strcmp(arguments->positional[i], "-") == 0) {
            return error_in_option(errors, "play", "standard input", "a scenario's file", NULL);
        }
        text_list_add(&contents->scenarios, memory_text(arguments->positional[i]));
    }
    return true;
}

static bool write_page(const Play *play, const char *path, bool force, ErrorList *errors) {
    OutputFile file;
    if (!output_file_begin(&file, path, force, errors)) {
        return false;
    }
    play_write(play, file.stream);
    return output_file_commit(&file, errors);
}

int command_play(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    const char *out =
        arguments_has(arguments, "out") ? arguments_value(arguments, "out") : "playground.html";
    PlayContents contents = {0};
    const bool known = arguments->positional_count > 0 ? add_given(&contents, arguments, errors)
                                                       : add_shipped(&contents, errors);
    Play *play = known ? play_create(&contents, errors) : NULL;
    const bool done =
        play != NULL && write_page(play, out, arguments_has(arguments, "force"), errors);
    if (done && !arguments_has(arguments, "quiet") && strcmp(out, "-") != 0) {
        fprintf(stderr, "Playground: ");
        text_print(stderr, out);
        fputc('\n', stderr);
    }
    play_destroy(play);
    text_list_clear(&contents.scenarios);
    text_list_clear(&contents.lessons);
    return done ? STATUS_DONE : STATUS_MISTAKE;
}

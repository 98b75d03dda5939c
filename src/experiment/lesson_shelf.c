// SPDX-License-Identifier: GPL-3.0-or-later
/* The folder is sought beside the program, then where it was installed. */
#include "experiment/lesson_shelf.h"

#include "base/file_name.h"
#include "base/memory.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

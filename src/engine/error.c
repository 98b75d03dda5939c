// SPDX-License-Identifier: GPL-3.0-or-later
/* Users' mistakes: collected with texts of their own, made safe to print, told in one line each.
 * Nearness of spellings is the optimal string alignment distance (Damerau 1964, Levenshtein 1966:
 * insertions, deletions, substitutions and swaps of neighbours). */
#include "engine/error.h"

#include "engine/memory.h"
#include "engine/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    FOUND_MOST = 200, /* bytes of a user's text that are shown */
    TEXT_MOST = 1000  /* of our own, which may list what there is */
};

/* The list ----------------------------------------------------------------------------------- */

static void error_free_texts(const Error *error) {
    free((void *)error->file);
    free((void *)error->place);
    free((void *)error->found);
    free((void *)error->expected);
    free((void *)error->suggestion);
}

void error_list_clear(ErrorList *errors) {
    for (size_t i = 0; i < errors->count; i++) {
        error_free_texts(&errors->items[i]);
    }
    free(errors->items);
    *errors = (ErrorList){0};
}

void error_add(ErrorList *errors, const Error *error) {
    errors->items =
        memory_grow(errors->items, errors->count, &errors->capacity, sizeof errors->items[0]);
    errors->items[errors->count++] = (Error){
        .file = text_line_cut(error->file, TEXT_MOST),
        .line = error->line,
        .column = error->column,
        .place = text_line_cut(error->place, TEXT_MOST),
        .found = text_line_cut(error->found, FOUND_MOST),
        .expected = text_line_cut(error->expected, TEXT_MOST),
        .suggestion = text_line_cut(error->suggestion, TEXT_MOST),
    };
}

void error_add_at(const Error *where, const char *name, const char *found, const char *expected,
                  ErrorList *errors) {
    char *place = where->place ? memory_format("%s.%s", where->place, name) : memory_text(name);
    Error error = *where;
    error.place = place;
    error.found = found;
    error.expected = expected;
    error_add(errors, &error);
    free(place);
}

/* "file:line:column: place: ", each part if it is there. */
static char *where_text(const Error *error) {
    char line[24] = "", column[24] = "";
    if (error->line > 0) {
        snprintf(line, sizeof line, ":%ld", error->line);
        if (error->column > 0) {
            snprintf(column, sizeof column, ":%ld", error->column);
        }
    }
    const char *file = error->file ? error->file : "";
    const char *place = error->place ? error->place : "";
    return memory_format("%s%s%s%s%s%s", file, error->file ? line : "", error->file ? column : "",
                         error->file ? ": " : "", place, error->place ? ": " : "");
}

/* "found X, expected Y" */
static char *what_text(const Error *error) {
    const char *found = error->found ? error->found : "";
    const char *expected = error->expected ? error->expected : "";
    return memory_format("%s%s%s%s%s", error->found ? "found " : "", found,
                         error->found && error->expected ? ", " : "",
                         error->expected ? "expected " : "", expected);
}

/* A word is asked about, a sentence said. */
static char *advice_text(const Error *error) {
    if (error->suggestion == NULL) {
        return memory_text("");
    }
    const bool sentence = strchr(error->suggestion, ' ') != NULL;
    return memory_format(sentence ? "%s" : "did you mean \"%s\"?", error->suggestion);
}

char *error_text(const Error *error) {
    char *where = where_text(error);
    char *what = what_text(error);
    char *advice = advice_text(error);
    const char *between = *what != '\0' && *advice != '\0' ? "; " : "";
    char *text = memory_format("%s%s%s%s", where, what, between, advice);
    free(where);
    free(what);
    free(advice);
    return text;
}

char *error_list_text(const ErrorList *errors) {
    char *all = NULL;
    for (size_t i = 0; i < errors->count; i++) {
        char *line = error_text(&errors->items[i]);
        char *longer = memory_format("%s%s\n", all ? all : "", line);
        free(line);
        free(all);
        all = longer;
    }
    return all;
}

void error_list_print(const ErrorList *errors, FILE *stream) {
    for (size_t i = 0; i < errors->count; i++) {
        char *text = error_text(&errors->items[i]);
        fprintf(stream, "%s\n", text);
        free(text);
    }
    if (errors->count > 1) {
        fprintf(stream, "%zu errors\n", errors->count);
    }
}

/* Nearest spelling --------------------------------------------------------------------------- */

/* ASCII only, whatever the locale. */
static char folded(char c) {
    if (c >= 'A' && c <= 'Z') {
        return (char)(c - 'A' + 'a');
    }
    return c == '_' ? '-' : c;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* How far a word is from a name: from all of it, and from the beginning of it that is nearest. */
typedef struct Spelling {
    size_t whole;
    size_t beginning;
} Spelling;

/* The last three rows of the alignment table suffice: a swap reaches two rows back. */
static Spelling spelling_distance(const char *a, size_t a_length, const char *b, size_t b_length) {
    const size_t width = b_length + 1;
    size_t *rows = memory_new(3 * width, sizeof rows[0]);
    size_t *before = rows, *above = rows + width, *row = rows + 2 * width;
    for (size_t j = 0; j <= b_length; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        size_t *const oldest = before;
        before = above;
        above = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            const bool differ = folded(a[i - 1]) != folded(b[j - 1]);
            row[j] = least(least(above[j] + 1, row[j - 1] + 1), above[j - 1] + differ);
            if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
                folded(a[i - 2]) == folded(b[j - 1])) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
        }
    }
    Spelling distance = {.whole = row[b_length], .beginning = row[0]};
    for (size_t j = 1; j <= b_length; j++) {
        distance.beginning = least(distance.beginning, row[j]);
    }
    free(rows);
    return distance;
}

/* Distance for ranking, SIZE_MAX when not near. A name cut short ranks as one slip more, and may
 * hold one slip in six letters ("max_replicas" for max_replica_count). */
static size_t nearness(const char *word, size_t word_length, const char *name) {
    const size_t name_length = strlen(name);
    const size_t longer = word_length > name_length ? word_length : name_length;
    const size_t allowed = longer / 3 > 1 ? longer / 3 : 1;
    if (word_length > name_length + allowed) {
        return SIZE_MAX; /* neither near; and it may be a megabyte of garbage */
    }
    const Spelling distance = spelling_distance(word, word_length, name, name_length);
    size_t rank = SIZE_MAX;
    if (distance.whole <= allowed && distance.whole < longer) { /* something in common */
        rank = distance.whole;
    }
    if (distance.beginning <= word_length / 6) {
        rank = least(rank, distance.beginning + 1);
    }
    return rank;
}

const char *error_nearest(const char *word, const char *const names[], size_t count) {
    const size_t word_length = strlen(word);
    const char *nearest = NULL;
    size_t smallest = SIZE_MAX;
    for (size_t i = 0; i < count && word_length > 0; i++) {
        const size_t distance = nearness(word, word_length, names[i]);
        const bool tie = distance == smallest && nearest != NULL;
        if (distance < smallest || (tie && strlen(names[i]) < strlen(nearest))) {
            smallest = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

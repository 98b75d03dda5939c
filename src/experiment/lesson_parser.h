// SPDX-License-Identifier: GPL-3.0-or-later
/* A reader's place in a placeholder: words, marks, and mistakes with where they are. */
#ifndef EXPERIMENT_LESSON_PARSER_H
#define EXPERIMENT_LESSON_PARSER_H

#include "experiment/lesson.h"

/* The text of a placeholder, within the page. */
typedef struct LessonPlaceholder {
    const char *text;
    size_t length;
    long line;
} LessonPlaceholder;

typedef struct LessonParser {
    Lesson *lesson;
    LessonPlaceholder placeholder;
    const char *at, *end;
    int depth;     /* of parentheses */
    bool measured; /* false: nothing has been run yet, only mistakes are looked for */
    ErrorList *errors;
} LessonParser;

/* Adds an error at the placeholder; false. */
bool lesson_parser_refuse(const LessonParser *parser, const char *found, const char *expected,
                          const char *suggestion);
/* "WHAT \"word\"", and frees the word. */
bool lesson_parser_refuse_word(const LessonParser *parser, const char *what, char *word,
                               const char *expected, const char *suggestion);
/* What is left is not what it should be. */
bool lesson_parser_refuse_rest(const LessonParser *parser, const char *expected);

void lesson_parser_skip_blanks(LessonParser *parser);
/* Takes the mark if it is the next one / or adds an error. */
bool lesson_parser_take(LessonParser *parser, char wanted);
bool lesson_parser_expect(LessonParser *parser, char wanted);
/* Letters, digits and _; "" where none begins. Owned by the caller. */
char *lesson_parser_word(LessonParser *parser);

#endif

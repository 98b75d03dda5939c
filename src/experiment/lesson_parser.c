// SPDX-License-Identifier: GPL-3.0-or-later
/* See lesson_parser.h. */
#include "experiment/lesson_parser.h"

#include "engine/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool lesson_parser_refuse(const LessonParser *parser, const char *found, const char *expected,
                          const char *suggestion) {
    char *place =
        memory_format("{{%.*s}}", (int)parser->placeholder.length, parser->placeholder.text);
    error_add(parser->errors, &(Error){.file = parser->lesson->file,
                                       .line = parser->placeholder.line,
                                       .place = place,
                                       .found = found,
                                       .expected = expected,
                                       .suggestion = suggestion});
    free(place);
    return false;
}

bool lesson_parser_refuse_word(const LessonParser *parser, const char *what, char *word,
                               const char *expected, const char *suggestion) {
    char *found = memory_format("%s \"%s\"", what, word);
    lesson_parser_refuse(parser, found, expected, suggestion);
    free(found);
    free(word);
    return false;
}

bool lesson_parser_refuse_rest(const LessonParser *parser, const char *expected) {
    char *rest = memory_text_n(parser->at, (size_t)(parser->end - parser->at));
    return lesson_parser_refuse_word(parser, "there", rest, expected, NULL);
}

/* Words -------------------------------------------------------------------------------------- */

void lesson_parser_skip_blanks(LessonParser *parser) {
    while (parser->at < parser->end && isspace((unsigned char)*parser->at)) {
        parser->at++;
    }
}

bool lesson_parser_take(LessonParser *parser, char wanted) {
    lesson_parser_skip_blanks(parser);
    if (parser->at < parser->end && *parser->at == wanted) {
        parser->at++;
        return true;
    }
    return false;
}

bool lesson_parser_expect(LessonParser *parser, char wanted) {
    const char expected[] = {'"', wanted, '"', '\0'};
    if (lesson_parser_take(parser, wanted)) {
        return true;
    }
    return lesson_parser_refuse_rest(parser, expected);
}

static bool is_word(char letter) {
    return isalnum((unsigned char)letter) || letter == '_';
}

char *lesson_parser_word(LessonParser *parser) {
    lesson_parser_skip_blanks(parser);
    const char *from = parser->at;
    while (parser->at < parser->end && is_word(*parser->at)) {
        parser->at++;
    }
    return memory_text_n(from, (size_t)(parser->at - from));
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Paragraphs wrapped at blanks, with labels, by characters and not by bytes. */
#include "base/terminal.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void prints(const char *before, const char *label, const char *text, const char *expected) {
    char *printed = NULL;
    size_t length;
    FILE *stream = open_memstream(&printed, &length);
    Paragraph paragraph;
    paragraph_init(&paragraph, stream, 10);
    paragraph_begin(&paragraph, before, label);
    paragraph_say(&paragraph, "%s", text);
    paragraph_end(&paragraph);
    paragraph_clear(&paragraph);
    fclose(stream);
    cr_assert_str_eq(printed, expected);
    free(printed);
}

#define WORD_49 "012345678901234567890123456789012345678901234567x"

Test(paragraph, a_label_stands_before_the_first_line) {
    prints("chat  ", "09:00:50", "scale up", "chat  09:00:50  scale up\n");
    prints("", "", "scale up", "          scale up\n");
}

Test(paragraph, nothing_said_prints_nothing) {
    prints("chat  ", "09:00:50", "", "");
}

Test(paragraph, lines_are_broken_at_the_last_blank_that_fits) {
    prints("", "a", WORD_49 " " WORD_49 " b c",
           "a         " WORD_49 " " WORD_49 "\n          b c\n");
    prints("", "a", WORD_49 " " WORD_49 "b c", "a         " WORD_49 " " WORD_49 "b\n          c\n");
}

Test(paragraph, a_word_that_is_too_long_has_a_line_of_its_own) {
    prints("", "a", "x " WORD_49 WORD_49 WORD_49 " y",
           "a         x\n          " WORD_49 WORD_49 WORD_49 "\n          y\n");
}

Test(paragraph, columns_are_characters) {
    prints("", "a", WORD_49 " 4567890123456789012345678901234567890123456789 \xe2\x86\x92 b",
           "a         " WORD_49 " 4567890123456789012345678901234567890123456789 \xe2\x86\x92 b\n");
}

Test(paragraph, a_figure_stays_with_its_unit) {
    prints("", "a", WORD_49 " 456789012345678901234567890123456789012345 10.5 s on",
           "a         " WORD_49 " 456789012345678901234567890123456789012345 10.5 s\n"
           "          on\n");
    prints("", "a", WORD_49 " 45678901234567890123456789012345678901234567 10.5 s",
           "a         " WORD_49 " 45678901234567890123456789012345678901234567\n"
           "          10.5 s\n");
}

Test(paragraph, a_text_may_be_long) {
    char *printed = NULL;
    size_t length;
    FILE *stream = open_memstream(&printed, &length);
    Paragraph paragraph;
    paragraph_init(&paragraph, stream, 0);
    paragraph_begin(&paragraph, "", "");
    for (int i = 0; i < 1000; i++) {
        paragraph_say(&paragraph, "word%d ", i);
    }
    paragraph_end(&paragraph);
    paragraph_clear(&paragraph);
    fclose(stream);
    cr_assert_not_null(strstr(printed, "word999"));
    size_t lines = 0;
    for (char *line = strtok(printed, "\n"); line; line = strtok(NULL, "\n")) {
        cr_assert_leq(strlen(line), PARAGRAPH_WIDTH);
        lines++;
    }
    cr_assert_gt(lines, 70);
    free(printed);
}

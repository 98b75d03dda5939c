// SPDX-License-Identifier: GPL-3.0-or-later
/* The ways out for users' texts. */
#include "base/text.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect(char *got, const char *expected) {
    cr_expect_str_eq(got, expected);
    free(got);
}

Test(text, a_line_shows_what_would_steer_it) {
    expect(text_line("plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
           "plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    expect(text_line("a\nb\r\t\x1b[31m\x7f"), "a\\x0ab\\x0d\\x09\\x1b[31m\\x7f");
    expect(text_line("\xc2\x9b\xff\xe2\x80"), "\\xc2\\x9b\\xff\\xe2\\x80");
    expect(text_line("\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8"),
           "\\xe2\\x80\\xae\\xe2\\x81\\xa6\\xe2\\x80\\xa8");
    expect(text_line("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa"),
           "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa"); /* their neighbours */
    expect(text_line_cut("\xc3\xa9\xc3\xa9\xc3\xa9", 5), "\xc3\xa9\xc3\xa9...");
}

/* As a shell itself sees them. */
Test(text, a_word_is_one_word_to_a_shell) {
    static const char *const words[] = {
        "plain-1.2/x",           "", "it's", "$(id) `id` \"x\" \\n;#", "a\nb\x1b[0m\x7f'\\",
        "-\xc3\xa9 \xe2\x80\xae"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char *word = text_shell_word(words[i]), got[100] = "";
        cr_expect_null(strchr(word, '\n'));
        char *command = memory_format("bash -c 'printf %%s \"$1\"' - %s", word);
        char *quoted = text_shell_word(command);
        char *whole = memory_format("bash -c %s", quoted);
        FILE *shell = popen(whole, "r");
        fread(got, 1, sizeof got - 1, shell);
        pclose(shell);
        cr_expect_str_eq(got, words[i], "%s", word);
        free(whole);
        free(quoted);
        free(command);
        free(word);
    }
}

Test(text, names_are_what_all_can_bear) {
    char longest[TEXT_NAME_MOST + 2];
    memset(longest, 'x', sizeof longest);
    longest[TEXT_NAME_MOST] = '\0';
    cr_expect(text_is_name("a b/c: \"d\" =x \xe2\x82\xac"));
    cr_expect(text_is_name(longest));
    longest[TEXT_NAME_MOST] = 'x';
    longest[TEXT_NAME_MOST + 1] = '\0';
    cr_expect_not(text_is_name(longest));
    cr_expect_not(text_is_name(""));
    cr_expect_not(text_is_name("a\nb"));
    cr_expect_not(text_is_name("\xff"));
    expect(text_file_name("-x/../y\n"), "_x_.._y_");
    expect(text_file_name(".."), "_.");
    expect(text_file_name(""), "_");
    char *cut = text_file_name(longest);
    cr_expect_eq(strlen(cut), TEXT_NAME_MOST);
    free(cut);
}

Test(text, a_builder_grows) {
    Text text = {0};
    expect(text_take(&text), "");
    text_add(&text, "");
    text_addf(&text, "%d of ", 7);
    text_add_bytes(&text, "nine!", 4);
    text_add_char(&text, '.');
    cr_expect_eq(text.length, 10);
    expect(text_take(&text), "7 of nine.");
    for (int i = 0; i < 1000; i++) {
        text_addf(&text, "%03d", i);
    }
    cr_expect_eq(strlen(text.text), 3000);
    cr_expect_str_eq(text.text + 2991, "997998999");
    text_clear(&text);
    cr_expect_null(text.text);
}

Test(text, a_list_owns_its_texts_and_has_a_place_for_each) {
    TextList list = {0};
    char once[] = "once";
    cr_expect_eq(text_list_place(&list, once), 0);
    once[0] = 'O';
    text_list_add(&list, memory_text("more"));
    cr_expect_eq(text_list_place(&list, "more"), 1, "there already");
    cr_expect_eq(text_list_place(&list, "once"), 0, "a copy, which does not change");
    cr_expect_eq(text_list_place(&list, once), 2);
    cr_expect_eq(list.count, 3);
    text_list_clear(&list);
    cr_expect_eq(list.count, 0);
    cr_expect_null(list.items);
}

Test(text, lists_name_the_last_one_apart) {
    static const char *const things[] = {"a", "b", "c"};
    expect(text_join(things, 0, " and "), "");
    expect(text_join(things, 1, " and "), "a");
    expect(text_join(things, 2, " or "), "a or b");
    expect(text_join(things, 3, " and "), "a, b and c");
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Texts as trees, where their nodes are from, and trees as texts. */
#include "base/json.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static JsonTree parsed(const char *text) {
    JsonTree tree;
    ErrorList errors = {0};
    const bool read = json_parse(&tree, text, strlen(text), "a.json", &errors);
    char *told = error_list_text(&errors);
    cr_assert(read, "%s: %s", text, told);
    error_list_clear(&errors);
    free(told);
    return tree;
}

Test(json, texts_are_decoded) {
    JsonTree tree =
        parsed("\"\\\" \\\\ \\/ \\b\\f\\n\\r\\t \\u0041\\u00e9\\u20ac\\uD83D\\uDE00 \xc3\xa9\"");
    cr_expect_str_eq(tree.root->valuestring,
                     "\" \\ / \b\f\n\r\t A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 \xc3\xa9");
    json_clear(&tree);
}

Test(json, numbers_and_words) {
    JsonTree tree = parsed("[0, -0.5, 1e3, 12.25E-1, true, false, null, [], {}]");
    char *line = json_print_line(tree.root);
    cr_expect_str_eq(line, "[0, -0.5, 1000, 1.225, true, false, null, [], {}]");
    free(line);
    json_clear(&tree);
}

Test(json, comments_are_blanks) {
    JsonTree tree =
        parsed("\xef\xbb\xbf// one\n{/* two\n*/ \"a\" // three\n : /**/ 1 /* * / */}//");
    cr_expect_eq(cJSON_GetObjectItem(tree.root, "a")->valuedouble, 1);
    cr_expect_eq(json_place(&tree, tree.root).line, 2);
    cr_expect_eq(json_place(&tree, cJSON_GetObjectItem(tree.root, "a")).line, 3);
    json_clear(&tree);
}

Test(json, a_comment_without_end) {
    static const char text[] = "{\"a\": 1,\n /* never";
    ErrorList errors = {0};
    JsonTree tree;
    cr_assert_not(json_parse(&tree, text, strlen(text), "a.json", &errors));
    char *told = error_list_text(&errors);
    cr_expect_str_eq(told, "a.json:2:2: found a comment without end, expected */ to end it\n");
    free(told);
    error_list_clear(&errors);
}

/* A member's line is its key's, an element's its own; a copy's are the same, and stay when others
 * are set. */
Test(json, places_are_copied) {
    JsonTree tree = parsed("{\"a\":\n 1,\n\"b\": [\n2,\n{\"c\":\n3}]}");
    const cJSON *array = cJSON_GetObjectItem(tree.root, "b");
    cr_expect_eq(json_place(&tree, cJSON_GetObjectItem(tree.root, "a")).line, 1);
    cr_expect_eq(json_place(&tree, array).line, 3);
    cr_expect_eq(json_place(&tree, array->child).line, 4);
    JsonTree copy = json_copy(&tree, array);
    json_clear(&tree);
    cr_expect_eq(json_place(&copy, copy.root).line, 3);
    cr_expect_eq(json_place(&copy, copy.root->child->next).line, 5);
    for (int i = 0; i < 1000; i++) {
        cJSON *made = json_number(i);
        json_place_set(&copy, (JsonPlace){.node = made, .origin = &copy, .whole = i % 2 == 0});
        json_append(copy.root, made);
    }
    cr_expect_eq(json_place(&copy, copy.root->child).line, 4);
    cr_expect_eq(json_place(&copy, cJSON_GetArrayItem(copy.root, 999)).origin, &copy);
    cr_expect_eq(json_place(&copy, cJSON_GetArrayItem(copy.root, 998)).whole, true);
    json_clear(&copy);
    cr_expect_eq(json_place(&copy, array).line, 0);
}

Test(json, paths_quote_what_is_no_word) {
    const JsonPath first = {.key = "a b"}, second = {.above = &first, .index = 3};
    const JsonPath third = {.above = &second, .key = "x_1-y"};
    char *text = json_path_text(&third), *root = json_path_text(NULL);
    cr_expect_str_eq(text, "\"a b\".3.x_1-y");
    cr_expect_str_eq(root, "");
    free(text);
    free(root);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* base/error: one line per mistake, safe to print, with the nearest spelling. */
#include "base/error.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void expect_text(const Error *error, const char *expected) {
    char *text = error_text(error);
    cr_expect_str_eq(text, expected);
    free(text);
}

Test(error, text_tells_everything) {
    const Error error = {.file = "day.json",
                         .line = 12,
                         .column = 30,
                         .place = "deployments.chat.autoscaling.scale_up_window",
                         .found = "\"30 sec\"",
                         .expected = "a duration such as 30s, at most 1h",
                         .suggestion = "30s"};
    expect_text(&error, "day.json:12:30: deployments.chat.autoscaling.scale_up_window: "
                        "found \"30 sec\", expected a duration such as 30s, at most 1h; "
                        "did you mean \"30s\"?");
}

Test(error, text_leaves_out_what_is_missing) {
    expect_text(&(Error){.file = "a.csv", .found = "-5"}, "a.csv: found -5");
    expect_text(&(Error){.file = "a.csv", .line = 3, .expected = "a number"},
                "a.csv:3: expected a number");
    expect_text(&(Error){.file = "a.csv", .column = 3, .expected = "a number"},
                "a.csv: expected a number");
    expect_text(&(Error){.place = "--seed", .found = "\"x\"", .expected = "a whole number"},
                "--seed: found \"x\", expected a whole number");
    expect_text(&(Error){.file = "-", .line = 1, .found = "unknown key", .suggestion = "seed"},
                "-:1: found unknown key; did you mean \"seed\"?");
    expect_text(&(Error){.file = "x", .suggestion = "seed"}, "x: did you mean \"seed\"?");
    expect_text(&(Error){0}, "");
}

Test(error, a_suggestion_of_several_words_is_a_sentence) {
    expect_text(
        &(Error){.file = "out", .found = "a directory", .suggestion = "add --force to replace it"},
        "out: found a directory; add --force to replace it");
}

/* Adds an error of that found text and returns what the list holds. */
static const char *kept(ErrorList *errors, const char *found) {
    error_add(errors, &(Error){.found = found});
    return errors->items[errors->kept - 1].found;
}

Test(error, list_owns_its_texts) {
    ErrorList errors = {0};
    char place[] = "seed";
    for (int i = 0; i < 100; i++) {
        error_add(&errors, &(Error){.file = "f", .line = i, .place = place});
    }
    place[0] = 'X';
    cr_expect_eq(errors.count, 100);
    cr_expect_str_eq(errors.items[99].place, "seed");
    cr_expect_eq(errors.items[99].line, 99);
    cr_expect_null(errors.items[99].found);
    error_list_clear(&errors);
    cr_expect_eq(errors.count, 0);
    cr_expect_null(errors.items);
    error_list_clear(&errors);
}

Test(error, garbage_is_made_printable) {
    ErrorList errors = {0};
    cr_expect_str_eq(kept(&errors, "plain \"text\" \\ ~"), "plain \"text\" \\ ~");
    cr_expect_str_eq(kept(&errors, "\x01\n\t\x7f"), "\\x01\\x0a\\x09\\x7f");
    cr_expect_str_eq(kept(&errors, "\x1b[31m"), "\\x1b[31m");
    cr_expect_str_eq(kept(&errors, "caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x9a\x80"),
                     "caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x9a\x80");
    cr_expect_str_eq(kept(&errors, "\xff\xfe"), "\\xff\\xfe");
    cr_expect_str_eq(kept(&errors, "\xc3"), "\\xc3");
    cr_expect_str_eq(kept(&errors, "\xe6\x97"), "\\xe6\\x97");
    cr_expect_str_eq(kept(&errors, "\xf0\x9f\x9a"), "\\xf0\\x9f\\x9a");
    cr_expect_str_eq(kept(&errors, "\xc0\x80"), "\\xc0\\x80");          /* overlong */
    cr_expect_str_eq(kept(&errors, "\xed\xa0\x80"), "\\xed\\xa0\\x80"); /* surrogate */
    cr_expect_str_eq(kept(&errors, "\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
    cr_expect_str_eq(kept(&errors, "\xc2\x9b"
                                   "1m"),
                     "\\xc2\\x9b"
                     "1m"); /* C1 control */
    error_list_clear(&errors);
}

Test(error, moved_places_are_made_printable) {
    ErrorList errors = {0};
    error_add(&errors, &(Error){.place = "a.b", .found = "1"});
    error_move(&errors.items[0], "command line", 7, "--set \x1b[2J\n");
    char *text = error_text(&errors.items[0]);
    cr_assert_str_eq(text, "command line:7: --set \\x1b[2J\\x0a: found 1");
    free(text);
    error_move(&errors.items[0], "command line", 7, errors.items[0].place);
    error_move(&errors.items[0], "day.json", 2, NULL);
    text = error_text(&errors.items[0]);
    cr_assert_str_eq(text, "day.json:2: found 1");
    free(text);
    error_list_clear(&errors);
}

Test(error, long_texts_are_cut) {
    ErrorList errors = {0};
    char text[402];
    memset(text, 'a', sizeof text);
    text[200] = '\0';
    cr_expect_eq(strlen(kept(&errors, text)), 200);
    text[200] = 'a';
    text[401] = '\0';
    cr_expect_eq(strlen(kept(&errors, text)), 203);
    cr_expect_str_eq(kept(&errors, text) + 199, "a...");
    text[199] = '\xc3'; /* the cut must not halve a character */
    text[200] = '\xa9';
    cr_expect_str_eq(kept(&errors, text) + 198, "a...");
    memset(text, '\x01', 401);
    cr_expect_eq(strlen(kept(&errors, text)), 803);
    error_list_clear(&errors);
}

Test(error, list_text_ends_each_line) {
    ErrorList errors = {0};
    cr_expect_null(error_list_text(&errors));
    error_add(&errors, &(Error){.file = "a", .found = "1"});
    error_add(&errors, &(Error){.file = "b", .found = "2"});
    char *text = error_list_text(&errors);
    cr_expect_str_eq(text, "a: found 1\nb: found 2\n");
    free(text);
    error_list_clear(&errors);
}

static void expect_printed(const ErrorList *errors, const char *expected) {
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    error_list_print(errors, stream);
    fclose(stream);
    cr_expect_str_eq(text, expected);
    free(text);
}

/* 400,000 wrong points are one mistake, as far as their user can see. */
Test(error, of_mistakes_that_are_alike_the_first_are_told) {
    ErrorList errors = {0};
    char place[32], expected[32];
    error_add(&errors, &(Error){.file = "b", .expected = "a time after 1"});
    for (int i = 0; i < 30000; i++) {
        snprintf(place, sizeof place, "points[%d]", i);
        snprintf(expected, sizeof expected, "a time after %d.5", i);
        error_add(&errors, &(Error){.file = "a", .place = place, .expected = expected});
    }
    error_add(&errors, &(Error){.file = "a", .found = "unknown key"});
    cr_expect_eq(errors.count, 30002);
    cr_expect_eq(errors.kept, 1001);
    char *text = error_list_text(&errors);
    cr_expect_not_null(strstr(text, "points[19]: expected a time after 19.5\na: found unknown key"
                                    "\nand 29980 more\n"),
                       "%s", text);
    free(text);
    error_list_clear(&errors);
}

Test(error, each_file_has_its_own_first) {
    ErrorList errors = {0};
    for (int i = 0; i < 42; i++) {
        error_add(&errors, &(Error){.file = i < 21 ? "a" : "b", .found = "x", .line = i});
    }
    char *text = error_list_text(&errors);
    cr_expect_not_null(strstr(text, "a:19: found x\nb:21: found x\n"), "%s", text);
    cr_expect_not_null(strstr(text, "b:40: found x\nand 2 more\n"), "%s", text);
    free(text);
    error_list_clear(&errors);
}

Test(error, sorts_without_end_are_not_kept) {
    ErrorList errors = {0}, all = {0};
    char found[8] = "aaaa";
    for (int i = 0; i < 26 * 26; i++) {
        found[0] = (char)('a' + i / 26);
        found[1] = (char)('a' + i % 26);
        error_add(&errors, &(Error){.found = found, .kind = i == 600});
    }
    cr_expect_eq(errors.count, 676);
    cr_expect_eq(errors.kept, 100);
    error_add_all(&all, &errors);
    cr_expect_eq(all.count, 676);
    cr_expect(all.system);
    error_list_clear(&errors);
    error_list_clear(&all);
}

static bool is_mistake(bool (*add)(ErrorList *, const char *, int, const char *), int reason) {
    ErrorList errors = {0};
    add(&errors, "a", reason, "a file");
    const bool mistake = !errors.system;
    error_list_clear(&errors);
    return mistake;
}

Test(error, a_kind_by_what_the_system_says) {
    static const int of_the_name[] = {ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG};
    static const int out_of_reach[] = {ENOENT, EACCES, EPERM};
    static const int of_the_system[] = {ENOSPC, EIO, EMFILE, ENFILE, ENOMEM, EROFS, EDQUOT, EFBIG};
    for (size_t i = 0; i < sizeof of_the_name / sizeof *of_the_name; i++) {
        cr_expect(is_mistake(error_unreadable, of_the_name[i]));
        cr_expect(is_mistake(error_unwritable, of_the_name[i]));
    }
    for (size_t i = 0; i < sizeof out_of_reach / sizeof *out_of_reach; i++) {
        cr_expect(is_mistake(error_unreadable, out_of_reach[i]));
        cr_expect_not(is_mistake(error_unwritable, out_of_reach[i]));
    }
    for (size_t i = 0; i < sizeof of_the_system / sizeof *of_the_system; i++) {
        cr_expect_not(is_mistake(error_unreadable, of_the_system[i]));
        cr_expect_not(is_mistake(error_unwritable, of_the_system[i]));
    }
}

Test(error, list_prints_one_line_each_and_the_count) {
    ErrorList errors = {0};
    expect_printed(&errors, "");
    error_add(&errors, &(Error){.file = "a", .found = "1"});
    expect_printed(&errors, "a: found 1\n");
    error_add(&errors, &(Error){.file = "b", .found = "2"});
    expect_printed(&errors, "a: found 1\nb: found 2\n2 errors\n");
    error_list_clear(&errors);
}

static const char *const names[] = {
    "min_replica_count",
    "max_replica_count",
    "scale_up_window",
    "scale_down_window",
    "scale_to_zero_window",
    "load_targets",
    "duration",
    "seed",
    "cv",
};

static void expect_nearest(const char *word, const char *expected) {
    const char *nearest = error_nearest(word, names, sizeof names / sizeof names[0]);
    if (expected == NULL) {
        cr_expect_null(nearest, "%s gave %s", word, nearest ? nearest : "");
    } else {
        cr_expect_str_eq(nearest ? nearest : "(none)", expected, "%s", word);
    }
}

Test(error, nearest_forgives_slips) {
    expect_nearest("seed", "seed");
    expect_nearest("sede", "seed");  /* swapped */
    expect_nearest("sed", "seed");   /* left out */
    expect_nearest("seeed", "seed"); /* doubled */
    expect_nearest("Seed", "seed");  /* case */
    expect_nearest("sees", "seed");  /* replaced */
    expect_nearest("max-replica-count", "max_replica_count");
    expect_nearest("maxReplicaCount", "max_replica_count");
    expect_nearest("max_replicas", "max_replica_count");
    expect_nearest("min_replica", "min_replica_count");
    expect_nearest("SCALE_UP_WINDOW", "scale_up_window");
    expect_nearest("scale_zero_window", "scale_to_zero_window");
    expect_nearest("dur", "duration");
    expect_nearest("cx", "cv");
}

Test(error, nearest_knows_when_nothing_is_near) {
    expect_nearest("", NULL);
    expect_nearest("zz", NULL);
    expect_nearest("temperature", NULL);
    expect_nearest("xxxx", NULL);
    cr_expect_null(error_nearest("seed", NULL, 0));
    char *huge = calloc(1, 1000001);
    memset(huge, 'x', 1000000);
    expect_nearest(huge, NULL);
    free(huge);
}

Test(error, nearest_prefers_the_closer_then_the_shorter_then_the_first) {
    static const char *const three[] = {"rate_window", "rates", "date"};
    cr_expect_str_eq(error_nearest("rate", three, 3), "date");
    static const char *const exact[] = {"rates", "rate"};
    cr_expect_str_eq(error_nearest("rate", exact, 2), "rate");
    static const char *const equal[] = {"bat", "cat"};
    cr_expect_str_eq(error_nearest("hat", equal, 2), "bat");
}

static void expect_only(ErrorList *errors, const char *expected) {
    char *text = error_list_text(errors);
    cr_expect_str_eq(text ? text : "", expected);
    free(text);
    error_list_clear(errors);
}

Test(error, refusals_keep_the_place) {
    ErrorList errors = {0};
    const Error where = {.file = "a.csv", .line = 7, .place = "cost", .found = "of before"};
    cr_expect_not(error_at(&errors, &where, "-5", "a price", NULL));
    expect_only(&errors, "a.csv:7: cost: found -5, expected a price\n");
    cr_expect_not(error_at(&errors, NULL, "-5", NULL, NULL));
    expect_only(&errors, "found -5\n");
    cr_expect_not(error_found(&errors, &where, "a price", "5", "\"%s\" and %d", "x", 3));
    expect_only(&errors,
                "a.csv:7: cost: found \"x\" and 3, expected a price; did you mean \"5\"?\n");
    cr_expect_not(error_in_option(&errors, "--seed", "x", "a number", NULL));
    expect_only(&errors, "command line: --seed: found x, expected a number\n");
    cr_expect_not(error_in_file(&errors, "out", "a file", "a directory", NULL));
    expect_only(&errors, "out: found a file, expected a directory\n");
}

Test(error, nearest_looks_at_rows_and_at_names_one_by_one) {
    static const struct {
        int number;
        const char *name;
    } rows[] = {{1, "seed"}, {2, "deployments"}, {3, "duration"}};
    cr_expect_str_eq(error_nearest_row("duraton", rows, 3, name), "duration");
    cr_expect_null(error_nearest_row("duraton", rows, 2, name));
    NearestName nearest = {.word = "sead"};
    nearest_try(&nearest, "seventh");
    cr_expect_null(nearest.name);
    nearest_try(&nearest, "steady");
    nearest_try(&nearest, "seed");
    nearest_try(&nearest, "steady");
    cr_expect_str_eq(nearest.name, "seed");
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The output directory: whole or not at all, and never over what is not ours. */
#include "base/output_directory.h"

#include "output/report_fixture.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const manifest =
    "{\n  \"program\": \"autoscale-sim\",\n  \"files\": [\"old.csv\", \"plots/old.svg\", "
    "\"../precious\", \"link/precious\", \"inner/manifest.json\", \"manifest.json\"]\n}\n";

typedef struct Place {
    char *place;
    char *path; /* PLACE/out */
    OutputDirectory directory;
    ErrorList errors;
} Place;

static void place_make(Place *place) {
    *place = (Place){.place = fixture_place()};
    place->path = fixture_path(place->place, "out");
}

static void place_remove(Place *place) {
    free(place->path);
    fixture_remove_place(place->place);
    error_list_clear(&place->errors);
}

static void put_file(const char *directory, const char *name, const char *text) {
    char *path = fixture_path(directory, name);
    FILE *stream = fopen(path, "wb");
    cr_assert_not_null(stream);
    fputs(text, stream);
    fclose(stream);
    free(path);
}

static void assert_content(const char *directory, const char *name, const char *expected) {
    char *path = fixture_path(directory, name);
    char *text = fixture_read(path);
    cr_assert_str_eq(text, expected);
    free(text);
    free(path);
}

static void assert_refused(Place *place, bool force, const char *why) {
    cr_assert_not(output_directory_begin(&place->directory, place->path, force, &place->errors));
    cr_assert_eq(place->errors.count, 1);
    char *text = error_text(&place->errors.items[0]);
    cr_assert(strstr(text, place->path) && strstr(text, why), "%s", text);
    free(text);
    output_directory_abandon(&place->directory);
}

Test(output_directory, appears_whole_at_the_commit) {
    Place place;
    place_make(&place);
    char *deep = fixture_path(place.path, "a//b/");
    char *folder = fixture_path(place.path, "a/b/inner/most");
    cr_assert(output_directory_begin(&place.directory, deep, false, &place.errors));
    cr_assert(output_directory_write(&place.directory, "x.csv", "x\n", &place.errors));
    cr_assert(output_directory_make_folder(&place.directory, "inner/most", &place.errors));
    cr_assert(output_directory_make_folder(&place.directory, "inner/most", &place.errors));
    cr_assert(output_directory_write(&place.directory, "inner/most/y.csv", "y\n", &place.errors));
    cr_assert_neq(access(deep, F_OK), 0, "not there yet");
    cr_assert(output_directory_commit(&place.directory, &place.errors));
    assert_content(deep, "x.csv", "x\n");
    assert_content(folder, "y.csv", "y\n");
    char *parent = fixture_path(place.path, "a");
    cr_assert_eq(fixture_entries(parent), 1, "nothing else beside it");
    output_directory_abandon(&place.directory);
    assert_content(deep, "x.csv", "x\n");
    free(parent);
    free(folder);
    free(deep);
    place_remove(&place);
}

Test(output_directory, leaves_nothing_behind_when_abandoned) {
    Place place;
    place_make(&place);
    cr_assert(output_directory_begin(&place.directory, place.path, false, &place.errors));
    cr_assert(output_directory_make_folder(&place.directory, "a/b", &place.errors));
    cr_assert(output_directory_write(&place.directory, "a/b/x.csv", "x\n", &place.errors));
    cr_assert_eq(fixture_entries(place.place), 1);
    output_directory_abandon(&place.directory);
    cr_assert_eq(fixture_entries(place.place), 0);
    output_directory_abandon(&place.directory);
    place_remove(&place);
}

Test(output_directory, follows_no_link_when_it_removes) {
    Place place;
    place_make(&place);
    char *other = fixture_path(place.place, "other");
    mkdir(other, 0777);
    put_file(other, "precious", "x");
    cr_assert(output_directory_begin(&place.directory, place.path, false, &place.errors));
    char *link = output_directory_file(&place.directory, "link");
    cr_assert_eq(symlink(other, link), 0);
    output_directory_abandon(&place.directory);
    cr_assert_eq(fixture_entries(place.place), 1);
    assert_content(other, "precious", "x");
    free(link);
    free(other);
    place_remove(&place);
}

Test(output_directory, refuses_one_that_exists) {
    Place place;
    place_make(&place);
    mkdir(place.path, 0777);
    put_file(place.path, "manifest.json", manifest);
    assert_refused(&place, false, "--force");
    cr_assert_eq(fixture_entries(place.place), 1);
    place_remove(&place);
}

Test(output_directory, force_replaces_an_earlier_output) {
    Place place;
    place_make(&place);
    mkdir(place.path, 0777);
    put_file(place.path, "manifest.json", manifest);
    put_file(place.path, "old.csv", "old\n");
    cr_assert(output_directory_begin(&place.directory, place.path, true, &place.errors));
    cr_assert(output_directory_write(&place.directory, "new.csv", "new\n", &place.errors));
    assert_content(place.path, "old.csv", "old\n");
    cr_assert(output_directory_commit(&place.directory, &place.errors));
    assert_content(place.path, "new.csv", "new\n");
    cr_assert_eq(fixture_entries(place.path), 1);
    cr_assert_eq(fixture_entries(place.place), 1);
    place_remove(&place);
}

/* Only what the manifests list, where it is a plain file below plain folders, is ours. */
Test(output_directory, force_keeps_what_others_have_put_there) {
    Place place;
    place_make(&place);
    char *plots = fixture_path(place.path, "plots"), *inner = fixture_path(place.path, "inner");
    char *link = fixture_path(place.path, "link"), *mine = fixture_path(place.path, "mine/deep");
    char *other = fixture_path(place.place, "other");
    mkdir(place.path, 0777);
    mkdir(plots, 0777);
    mkdir(inner, 0777);
    cr_assert_eq(mkdir(other, 0777) + symlink("../other", link), 0);
    char *parent = fixture_path(place.path, "mine");
    cr_assert_eq(mkdir(parent, 0777) + mkdir(mine, 0777), 0);
    put_file(place.path, "manifest.json", manifest);
    put_file(place.path, "old.csv", "old\n");
    put_file(place.path, "notes.md", "notes");
    put_file(place.place, "precious", "precious");
    put_file(other, "precious", "precious");
    put_file(plots, "old.svg", "old");
    put_file(plots, "mine.svg", "mine");
    put_file(inner, "manifest.json", "{\"program\": \"autoscale-sim\", \"files\": [\"x.csv\"]}");
    put_file(inner, "x.csv", "x");
    put_file(mine, "y", "y");
    cr_assert(output_directory_begin(&place.directory, place.path, true, &place.errors));
    cr_assert(output_directory_write(&place.directory, "new.csv", "new\n", &place.errors));
    cr_assert(output_directory_commit(&place.directory, &place.errors));
    assert_content(place.path, "new.csv", "new\n");
    assert_content(place.path, "notes.md", "notes");
    assert_content(plots, "mine.svg", "mine");
    assert_content(mine, "y", "y");
    assert_content(link, "precious", "precious");
    assert_content(place.place, "precious", "precious");
    cr_assert_eq(fixture_entries(place.path), 5, "new.csv, notes.md, plots, link, mine");
    cr_assert_eq(fixture_entries(plots), 1);
    cr_assert_eq(fixture_entries(place.place), 3, "out, other, precious");
    free(parent);
    free(other);
    free(mine);
    free(link);
    free(inner);
    free(plots);
    place_remove(&place);
}

Test(output_directory, force_refuses_where_others_have_such_a_file) {
    Place place;
    place_make(&place);
    mkdir(place.path, 0777);
    put_file(place.path, "manifest.json", manifest);
    put_file(place.path, "old.csv", "old\n");
    put_file(place.path, "new.csv", "mine\n");
    cr_assert(output_directory_begin(&place.directory, place.path, true, &place.errors));
    cr_assert(output_directory_write(&place.directory, "new.csv", "new\n", &place.errors));
    cr_assert_not(output_directory_commit(&place.directory, &place.errors));
    char *text = error_text(&place.errors.items[0]);
    cr_assert(strstr(text, "found new.csv that autoscale-sim did not write"), "%s", text);
    free(text);
    assert_content(place.path, "new.csv", "mine\n");
    assert_content(place.path, "old.csv", "old\n");
    cr_assert_eq(fixture_entries(place.place), 1);
    place_remove(&place);
}

Test(output_directory, force_refuses_an_output_that_does_not_list_its_files) {
    Place place;
    place_make(&place);
    mkdir(place.path, 0777);
    put_file(place.path, "manifest.json", "{\"program\": \"autoscale-sim\"}");
    assert_refused(&place, true, "does not list its files");
    cr_assert_eq(fixture_entries(place.place), 1);
    place_remove(&place);
}

/* A child that is killed in the midst; returns when it is dead. */
static void killed_in(const char *path, bool with_old) {
    const pid_t child = fork();
    if (child == 0) {
        ErrorList errors = {0};
        OutputDirectory directory;
        output_directory_begin(&directory, path, with_old, &errors);
        output_directory_write(&directory, "half.csv", "half", &errors);
        if (with_old) {
            rename(path, workplace_old(directory.work));
        }
        kill(getpid(), SIGKILL);
    }
    waitpid(child, NULL, 0);
}

Test(output_directory, clears_what_a_killed_process_has_left) {
    Place place;
    place_make(&place);
    killed_in(place.path, false);
    cr_assert_eq(fixture_entries(place.place), 1);
    cr_assert(output_directory_begin(&place.directory, place.path, false, &place.errors));
    cr_assert_eq(fixture_entries(place.place), 1);
    cr_assert(output_directory_commit(&place.directory, &place.errors));
    cr_assert_eq(fixture_entries(place.place), 1);
    cr_assert_eq(fixture_entries(place.path), 0);
    place_remove(&place);
}

Test(output_directory, puts_back_what_a_killed_process_had_moved_aside) {
    Place place;
    place_make(&place);
    mkdir(place.path, 0777);
    put_file(place.path, "manifest.json", manifest);
    put_file(place.path, "notes.md", "notes");
    killed_in(place.path, true);
    cr_assert_neq(access(place.path, F_OK), 0);
    assert_refused(&place, false, "a directory that exists");
    assert_content(place.path, "notes.md", "notes");
    cr_assert_eq(fixture_entries(place.place), 1);
    place_remove(&place);
}

/* Of this process too, whose locks would let it through if they were tied to its number. */
Test(output_directory, spares_what_the_living_and_others_have) {
    Place place;
    place_make(&place);
    OutputDirectory living;
    char *hidden = fixture_path(place.place, ".out.tmp-99999999");
    char *named = fixture_path(place.place, ".out.tmp-old"),
         *owner = fixture_path(hidden, ".owner");
    cr_assert_eq(mkdir(hidden, 0777) + mkdir(named, 0777), 0);
    put_file(hidden, "mine", "mine");
    put_file(hidden, ".owner", "autoscale-sim: process 1 on elsewhere, boot 1\n");
    cr_assert(output_directory_begin(&living, place.path, false, &place.errors));
    cr_assert(output_directory_write(&living, "x.csv", "x", &place.errors));
    cr_assert(output_directory_begin(&place.directory, place.path, false, &place.errors));
    output_directory_abandon(&place.directory);
    cr_assert(output_directory_commit(&living, &place.errors));
    assert_content(place.path, "x.csv", "x");
    assert_content(hidden, "mine", "mine");
    cr_assert_eq(fixture_entries(place.place), 3, "out and two that are not ours");
    free(owner);
    free(named);
    free(hidden);
    place_remove(&place);
}

Test(output_directory, force_takes_an_empty_directory) {
    Place place;
    place_make(&place);
    mkdir(place.path, 0777);
    cr_assert(output_directory_begin(&place.directory, place.path, true, &place.errors));
    cr_assert(output_directory_commit(&place.directory, &place.errors));
    cr_assert_eq(fixture_entries(place.place), 1);
    place_remove(&place);
}

Test(output_directory, force_spares_other_peoples_files) {
    Place place;
    place_make(&place);
    mkdir(place.path, 0777);
    put_file(place.path, "thesis.tex", "precious");
    assert_refused(&place, true, "not an earlier output");
    error_list_clear(&place.errors);
    put_file(place.path, "manifest.json", "{\"name\": \"my web extension\"}");
    assert_refused(&place, true, "not an earlier output");
    assert_content(place.path, "thesis.tex", "precious");
    place_remove(&place);
}

Test(output_directory, refuses_what_came_into_being_during_the_run) {
    Place place;
    place_make(&place);
    cr_assert(output_directory_begin(&place.directory, place.path, false, &place.errors));
    mkdir(place.path, 0777);
    cr_assert_not(output_directory_commit(&place.directory, &place.errors));
    cr_assert_eq(place.errors.count, 1);
    cr_assert_eq(fixture_entries(place.place), 1);
    cr_assert_eq(fixture_entries(place.path), 0);
    place_remove(&place);
}

Test(output_directory, refuses_files_and_places_without_a_name) {
    Place place;
    place_make(&place);
    put_file(place.place, "out", "a file");
    assert_refused(&place, true, "no directory");
    error_list_clear(&place.errors);
    assert_content(place.place, "out", "a file");
    static const char *const nameless[] = {"", "/", ".", "..", "a/..", "/tmp/."};
    for (size_t i = 0; i < sizeof nameless / sizeof nameless[0]; i++) {
        cr_assert_not(output_directory_begin(&place.directory, nameless[i], true, &place.errors),
                      "\"%s\"", nameless[i]);
    }
    place_remove(&place);
}

Test(output_directory, says_where_a_parent_cannot_be_made) {
    Place place;
    place_make(&place);
    put_file(place.place, "file", "x");
    free(place.path);
    place.path = fixture_path(place.place, "file/out");
    cr_assert_not(output_directory_begin(&place.directory, place.path, false, &place.errors));
    char *text = error_text(&place.errors.items[0]);
    cr_assert(strstr(text, "file") && strstr(text, "Not a directory"), "%s", text);
    free(text);
    place_remove(&place);
}

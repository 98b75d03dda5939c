// SPDX-License-Identifier: GPL-3.0-or-later
/* Digests taken beside a run: of regular files only, and stopped at any time. */
#include "output/inputs.h"

#include "base/text.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

Test(input_digests, of_regular_files_only) {
    char *place = fixture_place(), *file = fixture_path(place, "abc");
    FILE *stream = fopen(file, "wb");
    fputs("abc", stream);
    fclose(stream);
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(write(ends[1], "row", 3), 3);
    char pipe_path[32];
    snprintf(pipe_path, sizeof pipe_path, "/dev/fd/%d", ends[0]);
    char *paths[] = {pipe_path, "-", "/nowhere", place, file};
    InputDigests *digests = input_digests_begin(&(TextList){.items = paths, .count = 5});
    const InputDigest *digest = input_digests_wait(digests, file);
    cr_assert(digest->known);
    cr_assert_eq(digest->size, 3);
    cr_assert_str_eq(digest->text,
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    for (size_t i = 0; i < 4; i++) {
        cr_assert_not(input_digests_wait(digests, paths[i])->known, "%s", paths[i]);
    }
    cr_assert_null(input_digests_wait(digests, "another"));
    input_digests_end(digests);
    char row[4] = "";
    cr_assert_eq(read(ends[0], row, 3), 3, "the pipe still has its row");
    cr_assert_str_eq(row, "row");
    close(ends[0]), close(ends[1]);
    free(file);
    fixture_remove_place(place);
}

/* A file of 4 GiB of nothing would take seconds. */
Test(input_digests, stop_when_asked, .timeout = 5) {
    char *place = fixture_place(), *file = fixture_path(place, "large");
    FILE *stream = fopen(file, "wb");
    cr_assert_eq(ftruncate(fileno(stream), (off_t)1 << 32), 0);
    fclose(stream);
    char *paths[] = {file, "/dev/null"};
    for (int i = 0; i < 20; i++) {
        input_digests_end(input_digests_begin(&(TextList){.items = paths, .count = 2}));
    }
    input_digests_end(input_digests_begin(&(TextList){.count = 0}));
    input_digests_end(NULL);
    free(file);
    fixture_remove_place(place);
}

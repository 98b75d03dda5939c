// SPDX-License-Identifier: GPL-3.0-or-later
/* Digests taken beside a run: of regular files only, and stopped at any time. */
#include "output/inputs.h"

#include "base/error.h"
#include "base/text.h"
#include "engine/time_zone.h"
#include "report_fixture.h"
#include "scenario/scenario.h"

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

/* A schedule's zone is read from a file of the system; UTC from none. */
Test(input_digests, zones_of_schedules) {
#define SCHEDULE(zone)                                                                             \
    "{\"min_replica_count\": 1, \"schedule\": \"0 8 * * *\", \"duration\": \"1h\", \"timezone\": " \
    "\"" zone "\"}"
    ErrorList errors = {0};
    TextList files = {0};
    char *berlin = time_zone_file("Europe/Berlin");
    if (access(berlin, R_OK) != 0) {
        cr_skip_test("no zone files: package tzdata");
    }
    Scenario *scenario = scenario_read_text(
        "{\"duration\": \"1h\", \"deployments\": {\"chat\": {\"model\": "
        "\"llama-v3p1-8b-instruct\", "
        "\"autoscaling\": {\"scaling_schedules\": [" SCHEDULE("UTC") ", " SCHEDULE(
            "Europe/Berlin") ", " SCHEDULE("Europe/Berlin") "]}, \"traffic\": {\"type\": "
                                                            "\"poisson\", \"rate_per_s\": 1, "
                                                            "\"prompt_tokens\": 9, "
                                                            "\"output_tokens\": 9}}}}",
        "day.json", NULL, NULL, 0, &errors);
    cr_assert_not_null(scenario);
    input_files_add_scenario(&files, scenario);
    cr_assert_eq(files.count, 1);
    cr_expect_str_eq(files.items[0], berlin);
    text_list_clear(&files);
    scenario_destroy(scenario);
    free(berlin);
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

// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as a lesson's page: refused, or filled, laid out and told as JSON. All
 * its runs are the same ten requests, in as many replications as a page may ask for. */
#include "experiment/lesson.h"
#include "experiment/plan.h"
#include "fuzzing.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS_MOST = 3 };

static const char scenario_text[] =
    "{\"duration\": \"1m\", \"deployments\": {\n"
    "\"one\": {\"model\": \"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\",\n"
    "  \"autoscaling\": {\"min_replica_count\": 1}, \"cold_start\": {\"cv\": 0.1},\n"
    "  \"traffic\": {\"type\": \"poisson\", \"rate_per_s\": 1, \"stop\": \"10s\",\n"
    "              \"prompt_tokens\": 10, \"output_tokens\": 5}}}}";

static const LessonNames words = {
    .program = "asim", .folder = "there", .commands = "asim run\n", .scenario = "there/it.json"};

static Scenario *read_scenario(void) {
    ErrorList errors = {0};
    Scenario *scenario = scenario_read_text(scenario_text, "fuzz.json", ".", NULL, 0, &errors);
    error_list_print(&errors, stderr);
    fuzz_require(scenario != NULL, "the scenario is sound");
    return scenario;
}

/* Measured once. */
static const PlanCell *measured(void) {
    static Plan replications;
    if (replications.cell_count == 0) {
        const PlanOptions options = {.jobs = 1};
        ErrorList errors = {0};
        plan_add(&replications, "one", read_scenario(), NULL);
        fuzz_require(plan_run(&replications, 2 * LESSON_REPLICATIONS_MOST, &options, &errors) ==
                         ASIM_RUN_DONE,
                     "it runs");
    }
    return &replications.cells[0];
}

static void print(Lesson *lesson) {
    for (size_t i = 0; i < lesson->run_count; i++) {
        lesson->runs[i].done = measured();
    }
    fuzz_require(lesson_replications(lesson) <= 2 * LESSON_REPLICATIONS_MOST, "so many at most");
    char *page = lesson_fill(lesson, &words), *out = NULL;
    size_t length;
    FILE *stream = open_memstream(&out, &length);
    fuzz_require(stream != NULL, "memory");
    lesson_layout_print(stream, page, lesson_layout_section(page, "Run"), false);
    lesson_layout_print(stream, page, NULL, true);
    fclose(stream);
    free(out);
    free(page);
    free(lesson_json(lesson, &words));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ErrorList errors = {0};
    Lesson lesson;
    bool sound = lesson_read(&lesson, fuzz_file(0, data, size), &errors);
    fuzz_errors(&errors, !sound);
    if (sound && lesson.run_count <= RUNS_MOST) {
        for (size_t i = 0; i < lesson.run_count; i++) {
            lesson.runs[i].scenario = read_scenario();
        }
        sound = lesson_check(&lesson, &errors);
        fuzz_errors(&errors, !sound);
        if (sound) {
            print(&lesson);
        }
    }
    lesson_clear(&lesson);
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* Pages of lessons: what placeholders come to, what is wrong with a broken page, how it is laid
 * out.
 */
#include "experiment/lesson.h"

#include "base/json.h"
#include "base/memory.h"
#include "experiment/plan.h"
#include "scenario/scenario.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Ten requests for `one`, twenty for `two`; no randomness. */
static const char scenario_text[] =
    "{\"duration\": \"1h\", \"pools\": {\"H100\": {\"usd_per_gpu_hour\": 8}}, \"deployments\": {\n"
    "\"one\": {\"model\": \"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\",\n"
    "  \"autoscaling\": {\"min_replica_count\": 1},\n"
    "  \"traffic\": {\"type\": \"constant\", \"rate_per_s\": 1, \"stop\": \"10s\",\n"
    "              \"prompt_tokens\": 10, \"output_tokens\": 5}}%s}}";
static const char second_deployment[] =
    ", \"two\": {\"model\": \"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\",\n"
    "  \"autoscaling\": {\"min_replica_count\": 1},\n"
    "  \"traffic\": [{\"type\": \"constant\", \"rate_per_s\": 2, \"stop\": \"10s\",\n"
    "              \"prompt_tokens\": 10, \"output_tokens\": 5}]}";

static const LessonNames names = {.program = "build/asim",
                                  .folder = "there",
                                  .commands = "build/asim run it\n",
                                  .scenario = "there/00-test.json"};

typedef struct Fixture {
    char *scratch, *page;
    Lesson lesson;
    Plan replications;
    ErrorList errors;
} Fixture;

/* A page with `body` after its runs, checked; whether it is sound. */
static bool begin(Fixture *fixture, const char *runs, const char *body, bool two) {
    *fixture = (Fixture){.scratch = scratch_make()};
    char *text = memory_format("# Lesson 0: A test\n\n```runs\n%s\n```\n%s", runs, body);
    char *scenario = memory_format(scenario_text, two ? second_deployment : "");
    fixture->page = scratch_text(fixture->scratch, "00-test.md", text);
    bool sound = lesson_read(&fixture->lesson, fixture->page, &fixture->errors);
    for (size_t i = 0; sound && i < fixture->lesson.run_count; i++) {
        LessonRun *run = &fixture->lesson.runs[i];
        run->scenario = scenario_read_text(scenario, "test.json", ".", NULL, 0, &fixture->errors);
        cr_assert_not_null(run->scenario);
    }
    free(text);
    free(scenario);
    return sound && lesson_check(&fixture->lesson, &fixture->errors);
}

static void run_all(Fixture *fixture) {
    Lesson *lesson = &fixture->lesson;
    const PlanOptions options = {.jobs = 2};
    for (size_t i = 0; i < lesson->run_count; i++) {
        plan_add(&fixture->replications, lesson->runs[i].name, lesson->runs[i].scenario, NULL);
    }
    cr_assert_eq(
        plan_run(&fixture->replications, lesson_replications(lesson), &options, &fixture->errors),
        ASIM_RUN_DONE);
    for (size_t i = 0; i < lesson->run_count; i++) {
        lesson->runs[i].done = &fixture->replications.cells[i];
    }
}

static void end(Fixture *fixture) {
    lesson_clear(&fixture->lesson);
    plan_clear(&fixture->replications);
    error_list_clear(&fixture->errors);
    free(fixture->page);
    scratch_remove(fixture->scratch);
}

/* What is after the runs, filled. Owned by the caller. */
static char *fill(const char *body, bool two) {
    Fixture fixture;
    const bool sound = begin(&fixture, "a:\nb:", body, two);
    char *errors = error_list_text(&fixture.errors);
    cr_assert(sound, "%s", errors);
    run_all(&fixture);
    char *page = lesson_fill(&fixture.lesson, &names);
    const char *after = strstr(page, "run it\n```\n");
    cr_assert_not_null(after, "%s", page);
    char *text = memory_text(after + strlen("run it\n```\n"));
    for (char *at = text; *at != '\0'; at++) {
        *at = *at == LESSON_HARD_BLANK ? ' ' : *at;
    }
    free(page);
    free(errors);
    end(&fixture);
    return text;
}

static void expect_filled(const char *body, bool two, const char *expected) {
    char *with_line = memory_format("%s\n", body), *expected_line = memory_format("%s\n", expected);
    char *text = fill(with_line, two);
    cr_assert_str_eq(text, expected_line);
    free(with_line);
    free(expected_line);
    free(text);
}

Test(lesson, metrics_in_their_unit) {
    expect_filled("{{a.requests}} requests, {{a.total_usd}}, {{a.span_s}}", false,
                  "10 requests, $8.00, 1h00m");
    expect_filled("{{a.idle_share_of_paid_time}} {{a.replica_hours}} {{a.slo_attainment}}", false,
                  "99.990 % 1.00 h -");
}

Test(lesson, of_a_deployment) {
    expect_filled("{{a.one.requests}} and {{ b.two.requests }}", true, "10 and 20");
}

Test(lesson, options_as_the_scenario_writes_them) {
    expect_filled(
        "{{a 'deployments.one.autoscaling.scale_up_window'}} {{a 'cold_start.cv'}} "
        "{{a 'traffic.rate_per_s'}} {{a 'traffic.0.stop'}} {{a 'model'}} {{a 'weights_gb'}} "
        "{{a 'pools.H100.usd_per_gpu_hour'}} {{a 'profile.c0_ms'}} "
        "{{a 'cold_start.bandwidth_gb_per_s'}}",
        false, "30s 0.35 1/s 10s llama-v3p1-8b-instruct 16.06 GB $8.00 6.87 ms 12.5 GB/s");
}

Test(lesson, arithmetic_binds_as_usual) {
    expect_filled("{{2 + 3 * 4}} {{(2 + 3) * 4}} {{20 - 8 - 2}} {{20 / 2 / 5}} {{7}}", false,
                  "14 20 10 2.00 7");
}

Test(lesson, units_are_kept_made_and_converted) {
    expect_filled("{{a.total_usd / 4}} {{a.total_usd / b.total_usd}} {{a.total_usd - 9}} "
                  "{{percent(a.requests / 40)}} {{hours(a.span_s)}} {{a.replica_hours - a.span_s}} "
                  "{{whole(10.6)}} {{a.requests / 0}}",
                  false, "$2.00 1.00 -$1.00 25.0 % 1.00 h 0 h 11 -");
}

Test(lesson, conditions_choose) {
    expect_filled(
        "x{{if a.requests > 9}}more{{else}}less{{end}}y"
        "{{if a.requests <= 9}}few{{end}}z{{if not (1 > 1) and a.requests >= 10}}same{{end}}",
        false, "xmoreyzsame");
    expect_filled("{{if a.slo_attainment > 0}}yes{{else}}no figure{{end}}", false, "no figure");
    expect_filled("{{if a.requests < 1}}hidden\n\nhidden too\n{{end}}shown", false, "shown");
}

Test(lesson, replications_of_one_and_of_a_difference) {
    /* Nothing is random: every replication costs the same. */
    expect_filled("{{mean(a.total_usd, 3)}} {{mean(a.total_usd - b.total_usd, 3, paired)}} "
                  "{{half_width(a.total_usd - b.total_usd, 3, independent)}} "
                  "{{needed(a.total_usd - b.total_usd, 4, paired)}} "
                  "{{misled(a.total_usd - b.total_usd, 4, independent)}}",
                  false, "$8.00 $0.00 $0.00 - 0.0 %");
}

Test(lesson, commands_are_what_the_reader_types) {
    expect_filled("`autoscale-sim learn 1` and autoscale-sim, scenarios/lessons/x.json\n"
                  "```sh\nautoscale-sim run scenarios/lessons/x.json\n```",
                  false,
                  "`build/asim learn 1` and autoscale-sim, there/x.json\n"
                  "```sh\nbuild/asim run there/x.json\n```");
}

/* Broken pages ------------------------------------------------------------------------------- */

/* The page is refused, and what is said holds each of the texts. */
static void expect_refused_page(const char *runs, const char *body, const char *const texts[]) {
    Fixture fixture;
    cr_assert_not(begin(&fixture, runs, body, true), "sound: %s", body);
    char *said = error_list_text(&fixture.errors);
    for (size_t i = 0; texts[i] != NULL; i++) {
        cr_assert_not_null(strstr(said, texts[i]), "no \"%s\" in: %s", texts[i], said);
    }
    free(said);
    end(&fixture);
}

#define BROKEN(body, ...) expect_refused_page("a:", body, (const char *const[]){__VA_ARGS__, NULL})

Test(lesson_errors, names_with_line_and_nearest) {
    BROKEN("\n{{aa.one.requests}}\n", "00-test.md:7: ", "a run \"aa\"", "did you mean \"a\"");
    BROKEN("{{a.ona.requests}}\n", "00-test.md:6: ", "a deployment \"ona\"", "\"one\"");
    BROKEN("{{a.one.total_us}}\n", "a metric \"total_us\"", "\"total_usd\"");
    BROKEN("{{a.total_usd}}\n", "RUN.DEPLOYMENT.METRIC");
    BROKEN("{{a 'deployments.one.autoscaling.scale_up_windo'}}\n", "an option \"scale_up_windo\"",
           "\"scale_up_window\"");
    BROKEN("{{a 'deployments.one.traffic.1.stop'}}\n", "an option \"1\"");
}

Test(lesson_errors, all_at_once) {
    BROKEN("{{a.one.total_us}}\n\n{{a.one.request}}\n{{c.one.requests}}\n",
           "00-test.md:6: ", "00-test.md:8: ", "00-test.md:9: ");
}

Test(lesson_errors, expressions) {
    BROKEN("{{a.one.requests +}}\n", "00-test.md:6: ", "unexpected symbol near", "of Lua");
    BROKEN("{{(a.one.requests}}\n", "')' expected");
    BROKEN("{{a.one.requests of it}}\n", "near 'of'");
    BROKEN("{{}}\n", "nil", "a figure");
    BROKEN("{{miles(a.one.requests)}}\n", "a run \"miles\"");
    BROKEN("{{a.one}}\n", "a run", "RUN.METRIC");
    BROKEN("{{a.one + 1}}\n", "arithmetic on a run");
    BROKEN("{{a.one.requests + 'x'}}\n", "no figure");
    BROKEN("{{a.one.total_usd - a.one.span_s}}\n", "do not go together");
    BROKEN("{{a 'deployments.one.model' * 2}}\n", "do not go together");
    BROKEN("{{a.one.requests\n}}\n", "{{ without }}");
    BROKEN("{{mean(a.one.requests, 1)}}\n", "from 2 to 1000");
    BROKEN("{{mean(a.one.requests - a.two.requests, 5, pared)}}\n", "a run \"pared\"");
    BROKEN("{{mean(a.one.requests - a.two.requests, 5)}}\n", "paired or independent");
    BROKEN("{{half_width(a.one.requests, 5)}}\n", "expected RUN.METRIC - RUN.METRIC");
}

/* What a page may not do: see the machine, go on for ever, or fill the memory. */
Test(lesson_errors, the_sandbox_holds) {
    BROKEN("{{os.time()}}\n", "a run \"os\"");
    BROKEN("{{require('io')}}\n", "a run \"require\"");
    BROKEN("{{math.random()}}\n", "a nil value");
    BROKEN("{{(function() while true do end end)()}}\n", "more work");
    BROKEN("{{(function() local s = 'x' for i = 1, 40 do s = s .. s end return 1 end)()}}\n",
           "not enough memory");
}

Test(lesson_errors, conditions) {
    BROKEN("{{if a.one.requests > 1}}\nx\n", "00-test.md:6: ", "{{end}}");
    BROKEN("{{end}}\n", "{{if}} before it");
    BROKEN("{{if a.one.requests > 1}}{{if a.one.requests > 2}}{{end}}{{end}}\n", "within {{if}}");
    BROKEN("{{if a.one.requests}}{{end}}\n", "no comparison");
    BROKEN("{{if a.one.requests == 10}}{{end}}\n", "==", "<, >, <= or >=");
    BROKEN("{{if a.one.requests > 99}}{{a.one.request}}{{end}}\n", "\"request\"");
}

Test(lesson_errors, runs) {
    static const char *const twice[] = {"00-test.md:5: ", "for the second time", NULL};
    expect_refused_page("a:\na: --seed 2", "", twice);
    static const char *const nameless[] = {"00-test.md:4: ", "without a name", NULL};
    expect_refused_page("--seed 2", "", nameless);
    static const char *const none[] = {"no runs", NULL};
    expect_refused_page("", "", none);
}

/* Blocks ------------------------------------------------------------------------------------- */

#define PREDICT(lines) "```predict\n" lines "\n```\n"

Test(lesson_blocks, are_told_with_the_figures) {
    expect_filled(PREDICT("ask: Which costs {{a.requests}}\n  least?\nleast: a, {{a.total_usd}} = "
                          "a.total_usd\nleast: b = b.total_usd"),
                  false, "- Which costs 10 least? (a, $8.00 or b)\n");
    expect_filled(PREDICT("ask: How much?\nestimate: a.total_usd\namong: 1, 10, 100"), false,
                  "- How much? ($1.00, $10.00 or $100.00)\n");
    expect_filled(
        "```challenge\nsay: Go.\nrun: a\nmove: deployments.one.traffic.rate_per_s = 1, 2\n"
        "goal: total_usd <= $7\ngoal: requests >= 10\nsolution: 2\n```\n",
        false,
        "Go.\n\n- goal: `total_usd <= $7`; a has $8.00, which misses it\n"
        "- goal: `requests >= 10`; a has 10, which meets it\n"
        "- to move: `deployments.one.traffic.rate_per_s`, to one of 1, 2\n"
        "- with: `build/asim run there/00-test.json --set deployments.one.traffic.rate_per_s=1`\n");
}

/* A member of an object, by its path of keys and numbers. */
static const cJSON *json_at(const cJSON *node, const char *path) {
    char *keys = memory_text(path), *rest = keys;
    for (char *key = strtok_r(rest, ".", &rest); key != NULL; key = strtok_r(NULL, ".", &rest)) {
        node = cJSON_IsArray(node) ? cJSON_GetArrayItem(node, atoi(key))
                                   : cJSON_GetObjectItem(node, key);
        cr_assert_not_null(node, "no %s of %s", key, path);
    }
    free(keys);
    return node;
}

static const char json_body[] = PREDICT(
    "ask: Which is larger?\nmost: first = a.one.requests\nmost: second = a.two.requests")
    PREDICT("ask: How many?\nestimate: a.two.requests\namong: 1, 18, 200") PREDICT(
        "ask: Which is dearer?\nmost: first = a.one.total_usd\n"
        "most: second = a.two.total_usd") "```slider\nsay: Move it.\nrun: a\n"
                                          "beside: a\nmove: deployments.two.traffic.rate_per_s = "
                                          "2, 4\n"
                                          "watch: total_usd, two: requests\ndraw: 1s, 10s\n```\n";

/* What an answer is, the runs say: nearest by ratio, and what is as good is as right. */
Test(lesson_blocks, json_has_answers_of_the_runs) {
    Fixture fixture;
    cr_assert(begin(&fixture, "a: --seed 1", json_body, true));
    run_all(&fixture);
    char *text = lesson_json(&fixture.lesson, &names);
    cJSON *tree = cJSON_Parse(text);
    cr_assert_not(cJSON_IsTrue(json_at(tree, "predictions.0.answers.0.right")));
    cr_assert(cJSON_IsTrue(json_at(tree, "predictions.0.answers.1.right")));
    cr_assert_str_eq(json_at(tree, "predictions.0.answers.1.figure")->valuestring, "20");
    cr_assert_str_eq(json_at(tree, "predictions.1.figure")->valuestring, "20");
    cr_assert(cJSON_IsTrue(json_at(tree, "predictions.1.answers.1.right")));
    cr_assert(cJSON_IsTrue(json_at(tree, "predictions.2.answers.0.right")));
    cr_assert(cJSON_IsTrue(json_at(tree, "predictions.2.answers.1.right")));
    cr_assert_str_eq(json_at(tree, "slider.moves.0.start")->valuestring, "2");
    cr_assert_str_eq(json_at(tree, "slider.watch.1.deployment")->valuestring, "two");
    cr_assert_eq(json_at(tree, "slider.draw.1")->valuedouble, 10);
    cJSON_Delete(tree);
    free(text);
    end(&fixture);
}

Test(lesson_blocks, mistakes_have_a_place) {
    BROKEN("```predikt\n```\n", "00-test.md:6: ", "a block \"predikt\"", "\"predict\"");
    BROKEN(PREDICT("asks: What?"), "00-test.md:7: ", "\"asks\" in a block predict", "\"ask\"");
    BROKEN(PREDICT("no key"), "00-test.md:7: ", "KEY: VALUE");
    BROKEN(PREDICT("ask: What?\nleast: a = a.one.requests"), "00-test.md:6: ", "two or more lines");
    BROKEN(PREDICT("ask: What?\nestimate: a.one.requests"), "\"estimate\" and \"among\"");
    BROKEN(PREDICT("estimate: a.one.requests\namong: 1, 2"), "one line \"ask\"");
    BROKEN(PREDICT("ask: {{a.one.request}}?\nestimate: a.one.requests\namong: 1, few"),
           "00-test.md:7: ", "\"requests\"", "00-test.md:9: ", "two or more numbers");
    BROKEN(PREDICT("ask: What?\nmost: a.one.requests\nmost: b = a.one.requests"),
           "00-test.md:8: ", "LABEL = EXPRESSION");
}

#define SLIDER(run, move, watch)                                                                   \
    "```slider\nsay: Move.\nrun: " run "\nbeside: a\nmove: " move "\nwatch: " watch "\n```\n"
#define CHALLENGE(goal, solution)                                                                  \
    "```challenge\nsay: Go.\nrun: a\nmove: deployments.one.traffic.rate_per_s = 1, 2\n"            \
    "goal: " goal "\nsolution: " solution "\n```\n"

Test(lesson_blocks, mistakes_of_tasks_have_a_place) {
    BROKEN(SLIDER("aa", "seed = 1, 2", "total_usd"), "00-test.md:8: ", "\"aa\"", "\"a\"");
    BROKEN(SLIDER("a", "deployments.one.autoscaling.scale_down_windo = 1m, 2m", "total_usd"),
           "00-test.md:10: ", "\"scale_down_window\"");
    BROKEN(SLIDER("a", "deployments.one.traffic.rate_per_s", "total_usd"), "VALUE, VALUE");
    BROKEN(SLIDER("a", "seed = 1, 2", "total_us"), "00-test.md:11: ", "\"total_usd\"");
    BROKEN(SLIDER("a", "seed = 1, 2", "ona: total_usd"), "\"one\"");
    BROKEN(CHALLENGE("total_usd < 3", "2"), "00-test.md:10: ", "METRIC <= LIMIT");
    BROKEN(CHALLENGE("total_usd <= 3", "3"), "00-test.md:11: ", "a value of each move");
    BROKEN(CHALLENGE("total_usd <= 3", "2") CHALLENGE("total_usd <= 3", "2"), "a second block");
}

/* The values of a rate that is 1 at first are refused, at their line. */
static void expect_refused_values(const char *slider, const char *said) {
    Fixture fixture;
    cr_assert(begin(&fixture, "a:", slider, false));
    char *scenario = memory_format(scenario_text, "");
    char *file = scratch_text(fixture.scratch, "00-test.json", scenario);
    cr_assert_not(lesson_check_moves(&fixture.lesson, file, &fixture.errors));
    char *errors = error_list_text(&fixture.errors);
    cr_assert(strstr(errors, "00-test.md:10: ") && strstr(errors, said), "%s", errors);
    free(errors);
    free(file);
    free(scenario);
    end(&fixture);
}

Test(lesson_blocks, values_are_tried_in_the_scenario) {
    expect_refused_values(SLIDER("a", "deployments.one.traffic.rate_per_s = 1, fast", "total_usd"),
                          "fast");
    expect_refused_values(SLIDER("a", "deployments.one.traffic.rate_per_s = 2, 3", "total_usd"),
                          "without its 1");
}

/* Layout ------------------------------------------------------------------------------------- */

static void expect_layout(const char *page, bool terminal, const char *expected) {
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    lesson_layout_print(stream, page, NULL, terminal);
    fclose(stream);
    cr_assert_str_eq(text, expected);
    free(text);
}

Test(lesson_layout, paragraphs_are_wrapped_and_figures_kept_whole) {
    char words[200];
    memset(words, 'x', 84);
    strcpy(words + 84, " 4\x01s\nend\n");
    char expected[200];
    memset(expected, 'x', 84);
    strcpy(expected + 84, " 4 s\nend\n");
    expect_layout(words, false, expected);
    strcpy(words + 84, "y 4\x01s\nend\n");
    strcpy(expected + 84, "y\n4 s end\n");
    expect_layout(words, false, expected);
}

Test(lesson_layout, lists_hang_and_code_stays) {
    expect_layout("- one\n  item\n- two\n\n```sh\na  b\n```\n", false,
                  "- one item\n- two\n\n```sh\na  b\n```\n");
    expect_layout("```sh\na  b\n```\n", true, "    a  b\n");
}

Test(lesson_layout, tables_are_aligned) {
    expect_layout("| | a |\n|---|---:|\n| cost | $1\x01M |\n", false,
                  "|      |    a |\n| ---- | ---: |\n| cost | $1 M |\n");
    expect_layout("| | a |\n|---|---:|\n| cost | 12 |\n", true,
                  "\033[1m           a\n\033[0m  cost    12\n");
}

Test(lesson_layout, a_terminal_gets_bold_for_marks) {
    expect_layout("## See\n\nthe **end**\n", true, "\033[1mSee\033[0m\n\nthe \033[1mend\033[0m\n");
    expect_layout("## See\n\nthe **end**\n", false, "## See\n\nthe **end**\n");
}

/* The shelf ---------------------------------------------------------------------------------- */

Test(lesson_shelf, by_number_whatever_the_order_on_disk) {
    char *scratch = scratch_make();
    free(scratch_text(scratch, "10-last.md", "# Last\n"));
    free(scratch_text(scratch, "02-second.md", "# Second\n"));
    free(scratch_text(scratch, "README.md", "# No lesson\n"));
    LessonShelf shelf;
    ErrorList errors = {0};
    cr_assert(lesson_shelf_open(&shelf, scratch, &errors));
    cr_assert_eq(shelf.count, 2);
    cr_assert_eq(shelf.places[0].number, 2);
    cr_assert(strstr(shelf.places[0].scenario, "/02-second.json"));
    cr_assert_eq(lesson_shelf_find(&shelf, "10", &errors), &shelf.places[1]);
    cr_assert_eq(errors.count, 0);
    cr_assert_null(lesson_shelf_find(&shelf, "2x", &errors));
    cr_assert_null(lesson_shelf_find(&shelf, "3", &errors));
    cr_assert_eq(errors.count, 2);
    error_list_clear(&errors);
    lesson_shelf_clear(&shelf);
    scratch_remove(scratch);
}

Test(lesson_shelf, an_empty_one_is_an_error) {
    char *scratch = scratch_make();
    LessonShelf shelf;
    ErrorList errors = {0};
    cr_assert_not(lesson_shelf_open(&shelf, scratch, &errors));
    cr_assert_eq(errors.count, 1);
    error_list_clear(&errors);
    lesson_shelf_clear(&shelf);
    scratch_remove(scratch);
}

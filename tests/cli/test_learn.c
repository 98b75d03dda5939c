// SPDX-License-Identifier: GPL-3.0-or-later
/* `learn`: every lesson runs, says what its scenario shows, and types no figure; what the pages
 * tell the reader to try can be typed. */
#include "base/memory.h"
#include "base/shell_words.h"
#include "base/text.h"
#include "cli/cli_checks.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "scenarios/lessons"
#define LESSONS 13

/* Path of a lesson's page; owned by the caller. */
static char *page_path(int number) {
    DIR *directory = opendir(FOLDER);
    cr_assert_not_null(directory);
    char *path = NULL;
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        const size_t length = strlen(entry->d_name);
        if (atoi(entry->d_name) == number && strcmp(entry->d_name + length - 3, ".md") == 0) {
            path = memory_format(FOLDER "/%s", entry->d_name);
        }
    }
    closedir(directory);
    cr_assert_not_null(path, "no page of lesson %d", number);
    return path;
}

/* Pages -------------------------------------------------------------------------------------- */

static ProgramResult learn(int number) {
    char text[8];
    snprintf(text, sizeof text, "%d", number);
    return RUN("learn", text);
}

/* Every placeholder resolves, and each part is there, in order. */
static void expect_page(int number) {
    static const char *const parts[] = {"# Lesson ", "## Question", "## Predict", "## Run",
                                        "## See",    "## Why",      "## Try"};
    ProgramResult result = learn(number);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    cr_assert_str_empty(result.errors);
    cr_assert_null(strstr(result.output, "{{"), "%s", result.output);
    cr_assert_null(strstr(result.output, "\x01"));
    const char *at = result.output;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        at = at ? strstr(at, parts[i]) : NULL;
        cr_assert_not_null(at, "lesson %d: no \"%s\" in its place", number, parts[i]);
    }
    program_clear(&result);
}

Test(learn, pages_1_to_3) {
    expect_page(1), expect_page(2), expect_page(3);
}
Test(learn, pages_4_to_6) {
    expect_page(4), expect_page(5), expect_page(6);
}
Test(learn, pages_7_to_9) {
    expect_page(7), expect_page(8), expect_page(9);
}

/* No typed figures --------------------------------------------------------------------------- */

/* What is not a figure of the lesson: words of HTTP and of statistics, and names. */
static bool is_name(const char *word, size_t length, const char *before, const char *after) {
    static const char *const names[] = {"404", "429", "503", "p50", "p95", "p99", "95th", "7-day"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i]) == length && strncmp(word, names[i], length) == 0) {
            return true;
        }
    }
    const size_t ahead = (size_t)(word - before);
    const bool of_lesson = ahead >= 7 && (strncmp(word - 7, "Lesson ", 7) == 0 ||
                                          strncmp(word - 7, "lesson ", 7) == 0);
    return of_lesson || (length == 1 && *word == '7' && strncmp(after, " days", 5) == 0) ||
           (length == 2 && strncmp(word, "95 %", 4) == 0); /* of confidence intervals */
}

/* Blanks over what stands between the marks, marks included. */
static void blank_out(char *text, const char *open, const char *close) {
    char *from = strstr(text, open);
    while (from != NULL) {
        char *to = strstr(from + strlen(open), close);
        cr_assert_not_null(to, "%s without %s", open, close);
        memset(from, ' ', (size_t)(to - from) + strlen(close));
        from = strstr(from, open);
    }
}

static void expect_no_typed_figure(const char *path) {
    char *text = file_bytes(path, NULL);
    blank_out(text, "```", "```");
    blank_out(text, "{{", "}}");
    blank_out(text, "`", "`");
    for (char *at = text; *at != '\0';) {
        if (!isalnum((unsigned char)*at)) {
            at++;
            continue;
        }
        const size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789-");
        const bool has_digit = strcspn(at, "0123456789") < length;
        cr_assert(!has_digit || is_name(at, length, text, at + length), "%s: \"%.30s\" is typed",
                  path, at);
        at += length;
    }
    free(text);
}

Test(learn, no_figure_is_typed) {
    for (int number = 1; number <= LESSONS; number++) {
        char *path = page_path(number);
        expect_no_typed_figure(path);
        free(path);
    }
}

/* What the reader is told to type ------------------------------------------------------------ */

/* `run` and `learn` take the options that `validate` takes, but for those about files. */
static void expect_valid(const TextList *words, const char *scenario) {
    const char *arguments[32] = {"validate", scenario};
    size_t count = 2;
    for (size_t i = 3; i < words->count; i++) {
        if (strcmp(words->items[i], "--out") == 0) {
            i++;
        } else if (strcmp(words->items[i], "--plot") != 0) {
            cr_assert_lt(count, 31);
            arguments[count++] = words->items[i];
        }
    }
    ProgramResult result = program_run(NULL, arguments);
    cr_assert_eq(result.status, 0, "%s: %s", words->items[2], result.errors);
    program_clear(&result);
}

/* An option is known to the command if its help tells it. */
static void expect_known(const TextList *words) {
    ProgramResult result = RUN("help", words->items[1]);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    for (size_t i = 2; i < words->count; i++) {
        const char *word = words->items[i];
        cr_assert(strncmp(word, "--", 2) != 0 || strstr(result.output, word), "no %s of %s", word,
                  words->items[1]);
        cr_assert(strncmp(word, "scenarios/", 10) != 0 || file_exists(word), "no %s", word);
    }
    program_clear(&result);
}

static void expect_command(const char *command, const char *scenario) {
    TextList words = {0};
    cr_assert_null(shell_words_split(command, &words));
    if (strcmp(words.items[1], "learn") == 0) {
        expect_valid(&words, scenario);
    } else if (strcmp(words.items[1], "run") == 0) {
        expect_valid(&words, words.items[2]);
    } else {
        expect_known(&words);
    }
    text_list_clear(&words);
}

Test(learn, what_the_pages_tell_to_try_can_be_typed) {
    for (int number = 1; number <= LESSONS; number++) {
        char *path = page_path(number);
        char *page = file_bytes(path, NULL);
        char *scenario = memory_format("%.*s.json", (int)strlen(path) - 3, path);
        const char *at = strstr(page, "## Try");
        size_t commands = 0;
        while ((at = strstr(at, "`autoscale-sim ")) != NULL) {
            const size_t length = strcspn(at + 1, "`");
            char *command = memory_text_n(at + 1, length);
            expect_command(command, scenario);
            free(command);
            at += length + 1;
            commands++;
        }
        cr_assert_geq(commands, 3, "%s", path);
        free(scenario);
        free(page);
        free(path);
    }
}

/* Claims ------------------------------------------------------------------------------------- */

static cJSON *figures; /* of the lesson under test */

static void run_lesson(int number) {
    char text[8];
    snprintf(text, sizeof text, "%d", number);
    figures = expect_json(RUN("learn", text, "--json"));
}

static void forget_figures(void) {
    cJSON_Delete(figures);
    figures = NULL;
}

/* A metric of a run's deployment. */
static double of(const char *run, const char *deployment, const char *metric) {
    const cJSON *item;
    cJSON_ArrayForEach (item, figures) {
        if (strcmp(cJSON_GetObjectItem(item, "run")->valuestring, run) == 0) {
            const cJSON *summary = cJSON_GetObjectItem(item, "summary");
            return cli_json_number(json_deployment(summary, deployment), metric);
        }
    }
    cr_assert_fail("no run %s", run);
    return 0;
}

static double chat(const char *run, const char *metric) {
    return of(run, "chat", metric);
}

TestSuite(lessons_hold, .fini = forget_figures);

Test(lessons_hold, lesson_1) {
    run_lesson(1);
    cr_assert_lt(chat("zero", "total_usd"), chat("always", "total_usd"));
    cr_assert_lt(chat("eager", "total_usd"), chat("zero", "total_usd"));
    cr_assert_gt(chat("zero", "ttft_max_s"), 30 * chat("always", "ttft_max_s"));
    cr_assert_lt(chat("zero", "ttft_p50_s"), 1.1 * chat("always", "ttft_p50_s"));
    cr_assert_gt(chat("eager", "cold_starts"), chat("zero", "cold_starts"));
    cr_assert_eq(chat("always", "answers_503"), 0);
    cr_assert_gt(chat("zero", "idle_share_of_paid_time"), 0.8);
    cr_assert_eq(chat("eager", "requests"), chat("always", "requests"));
}

Test(lessons_hold, lesson_2) {
    run_lesson(2);
    cr_assert_eq(chat("hammer", "given_up"), chat("hammer", "requests"));
    cr_assert_eq(chat("python", "given_up"), 0);
    cr_assert_gt(chat("hammer", "sends"), chat("jitter", "sends"));
    cr_assert_gt(chat("jitter", "sends"), chat("python", "sends"));
    cr_assert_gt(chat("curl", "retry_wait_p50_s"), chat("python", "retry_wait_p50_s") + 30);
    cr_assert_lt(chat("jitter", "queue_wait_p50_s"), 0.1 * chat("python", "queue_wait_p50_s"));
}

Test(lessons_hold, lesson_3) {
    run_lesson(3);
    cr_assert_gt(chat("none", "scale_ups"), 10 * chat("windows", "scale_ups"));
    cr_assert_gt(chat("none", "cancelled_starts"), 0);
    cr_assert_gt(chat("none", "ttft_p95_s"), 10 * chat("windows", "ttft_p95_s"));
    cr_assert_gt(chat("short", "ttft_p95_s"), chat("none", "ttft_p95_s"));
    cr_assert_gt(chat("short", "total_usd"), 1.5 * chat("none", "total_usd"));
    cr_assert_gt(chat("windows", "total_usd"), chat("short", "total_usd"));
}

Test(lessons_hold, lesson_4) {
    run_lesson(4);
    cr_assert_lt(chat("stabilize", "cold_starts"), chat("sustain", "cold_starts"));
    cr_assert_lt(chat("sustain", "cold_starts"), chat("delay", "cold_starts"));
    cr_assert_gt(chat("stabilize", "slo_attainment"), chat("sustain", "slo_attainment"));
    cr_assert_gt(chat("sustain", "slo_attainment"), chat("delay", "slo_attainment"));
    cr_assert_lt(chat("stabilize", "total_usd"), chat("delay", "total_usd"));
}

Test(lessons_hold, lesson_5) {
    run_lesson(5);
    const char *const met = "slo_attainment", *const cost = "total_usd";
    cr_assert_lt(of("requests", "files", met), 0.5);
    cr_assert_lt(of("concurrent", "quiz", cost), 0.5 * of("requests", "quiz", cost));
    cr_assert_eq(of("concurrent", "quiz", met), of("requests", "quiz", met));
    cr_assert_lt(of("prompt", "code", met), 0.5);
    cr_assert_lt(of("generated", "files", met), 0.5);
    cr_assert_gt(of("prompt", "files", met), 0.99);
    cr_assert_gt(of("generated", "code", met), 0.99);
    cr_assert_lt(of("concurrent", "files", met), of("prompt", "files", met));
    cr_assert_lt(of("general", "code", cost), of("concurrent", "code", cost));
    cr_assert_gt(of("general", "code", "e2e_p50_s"), of("concurrent", "code", "e2e_p50_s"));
}

Test(lessons_hold, lesson_6) {
    run_lesson(6);
    cr_assert_gt(of("once", "reader", "ttft_p50_s"), of("once", "writer", "ttft_p50_s"));
    cr_assert_gt(of("once", "writer", "e2e_p50_s"), 10 * of("once", "reader", "e2e_p50_s"));
    cr_assert_gt(of("twice", "writer", "queue_wait_p50_s"), 60);
    cr_assert_lt(of("twice", "reader", "ttft_p50_s"), 1);
    cr_assert_gt(of("twice", "reader", "tpot_p50_s"), of("once", "reader", "tpot_p50_s"));
    cr_assert_gt(of("scaled", "writer", "replica_hours"),
                 of("twice", "writer", "replica_hours") + 1);
    cr_assert_eq(of("scaled", "reader", "replica_hours"), of("twice", "reader", "replica_hours"));
}

Test(lessons_hold, lesson_7) {
    run_lesson(7);
    const char *const longest = "ttft_max_s";
    cr_assert_lt(of("near", "small", longest), of("near", "medium", longest));
    cr_assert_lt(of("near", "medium", longest), of("near", "large", longest));
    cr_assert_lt(of("near", "large", longest), 3 * of("near", "small", longest));
    cr_assert_gt(of("far", "large", longest), 3 * of("far", "small", longest));
}

Test(lessons_hold, lesson_8) {
    run_lesson(8);
    cr_assert_lt(chat("base", "total_usd"), chat("peak", "total_usd"));
    cr_assert_lt(chat("peak", "total_usd"), chat("none", "total_usd"));
    cr_assert_eq(chat("peak", "on_demand_usd"), 0);
    cr_assert_eq(chat("base", "ttft_p95_s"), chat("none", "ttft_p95_s"));
    cr_assert_lt(chat("sold_out", "slo_attainment"), 0.5);
    cr_assert_lt(chat("sold_out", "total_usd"), chat("none", "total_usd"));
    cr_assert_gt(chat("insured", "slo_attainment"), 0.99);
}

Test(lessons_hold, lesson_9) {
    run_lesson(9);
    cr_assert_gt(of("week", "forgotten", "answers_404"), 0);
    cr_assert_gt(of("week", "forgotten", "time_deleted_s"), 0);
    cr_assert_eq(of("week", "reminded", "answers_404"), 0);
    cr_assert_eq(of("week", "reminded", "completed"), of("week", "reminded", "requests"));
    cr_assert_eq(of("week", "kept", "answers_503"), 0);
    cr_assert_lt(of("week", "forgotten", "total_usd"), of("week", "reminded", "total_usd"));
    cr_assert_gt(of("week", "kept", "total_usd"), 10 * of("week", "reminded", "total_usd"));
}

/* The row of n replications: difference and half-width, on the same requests and on others. */
static void read_row(const char *page, const char *n, double values[4]) {
    char *head = memory_format("|%4s |", n);
    const char *row = strstr(page, head);
    cr_assert_not_null(row, "no row %s in: %s", n, page);
    const char *at = row + strlen(head);
    for (size_t i = 0; i < 4; i++) {
        at += strcspn(at, "$");
        values[i] = strtod(at + 1, NULL) * (at[-1] == '-' && at[-2] != '+' ? -1 : 1);
        at += 1;
    }
    free(head);
}

Test(lessons_hold, lesson_10) {
    double few[4], many[4];
    ProgramResult result = learn(10);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    cr_assert_null(strstr(result.output, "{{"));
    read_row(result.output, "2", few);
    read_row(result.output, "50", many);
    cr_assert_gt(few[1], few[0], "two replications are enough");
    cr_assert_gt(many[0], many[1], "fifty replications on the same requests are not enough");
    cr_assert_lt(many[2], many[3], "fifty are enough on other requests");
    cr_assert_gt(many[3], 3 * many[1], "common random numbers do not pay");
    program_clear(&result);
}

Test(lessons_hold, lesson_11) {
    static const char share[] = "cache_hit_share", first_minute[] = "cache_hit_share_below_1m";
    run_lesson(11);
    cr_assert_gt(1 - chat("turns", share), 3 * (1 - chat("session", share)));
    cr_assert_gt(1 - chat("least", share), 3 * (1 - chat("cache", share)));
    cr_assert_lt(chat("least", first_minute), chat("least", share) - 0.2);
    cr_assert_lt(chat("session", first_minute), chat("session", share) - 0.2);
    cr_assert_gt(chat("session", "cache_hit_share_below_5m"), 0.9);
    cr_assert_gt(chat("cache", first_minute), chat("session", first_minute) + 0.1);
    cr_assert_lt(chat("turns", "cache_hit_share_from_1h"),
                 chat("turns", "cache_hit_share_below_1h"));
    cr_assert_eq(chat("none", share), 0);
    cr_assert_gt(chat("none", "ttft_p95_s"), 2 * chat("least", "ttft_p95_s"));
    cr_assert_gt(chat("least", "ttft_p95_s"), 2 * chat("session", "ttft_p95_s"));
    cr_assert_gt(chat("none", "cold_starts"), chat("session", "cold_starts"));
    cr_assert_gt(chat("none", "total_usd"), 1.2 * chat("session", "total_usd"));
    cr_assert_eq(chat("session", "cold_starts"), 1);
}

/* Looking ahead serves better than more room, for less. */
Test(lessons_hold, lesson_12) {
    run_lesson(12);
    cr_assert_gt(chat("default", "ttft_p99_s"), 2 * chat("plain", "ttft_p99_s"));
    cr_assert_lt(chat("default", "total_usd"), chat("plain", "total_usd"));
    cr_assert_lt(chat("ahead", "total_usd"), 0.95 * chat("room", "total_usd"));
    cr_assert_lt(chat("ahead", "ttft_max_s"), 0.8 * chat("room", "ttft_max_s"));
    cr_assert_gt(chat("room", "ttft_max_s"), 1);
    cr_assert_gt(chat("ahead", "slo_attainment"), chat("plain", "slo_attainment"));
}

/* Holding saves the client's own clock, crowds come at once, and a silent wait outlasts patience.
 */
Test(lessons_hold, lesson_13) {
    run_lesson(13);
    cr_assert_lt(of("hold", "alone", "ttft_p50_s"), of("refuse", "alone", "ttft_p50_s") - 3);
    cr_assert_lt(of("hold", "alone", "ttft_p95_s"), of("refuse", "alone", "ttft_p95_s") - 10);
    cr_assert_eq(of("hold", "alone", "sends"), of("hold", "alone", "requests"));
    cr_assert_eq(of("refuse", "launch", "completed"), of("refuse", "launch", "requests"));
    cr_assert_gt(of("hold", "launch", "tpot_mean_s"), 1.5 * of("refuse", "launch", "tpot_mean_s"));
    cr_assert_lt(of("hold", "launch", "ttft_mean_s"), of("refuse", "launch", "ttft_mean_s"));
    cr_assert_gt(of("hold", "launch", "e2e_mean_s"), of("refuse", "launch", "e2e_mean_s"));
    cr_assert_gt(of("limit", "launch", "answers_429"), 0.3 * of("limit", "launch", "requests"));
    cr_assert_eq(of("limit", "launch", "rejected"), of("limit", "launch", "answers_429"));
    cr_assert_lt(of("limit", "launch", "tpot_mean_s"), of("hold", "launch", "tpot_mean_s"));
    cr_assert_eq(of("limit", "alone", "completed"), of("limit", "alone", "requests"));
    cr_assert_gt(of("hurried", "alone", "abandoned"), 0.4 * of("hurried", "alone", "requests"));
    cr_assert_eq(of("both", "alone", "completed"), of("both", "alone", "requests"));
    cr_assert_lt(of("both", "alone", "ttft_p50_s"), of("refuse", "alone", "ttft_p50_s"));
}

/* What the reader is asked -------------------------------------------------------------------- */

/* What the lesson's --out has for a program that leads through it. */
static cJSON *lesson_asks(int number) {
    char text[8], *scratch = scratch_make(), *out = scratch_path(scratch, "out");
    snprintf(text, sizeof text, "%d", number);
    expect_done(RUN("learn", text, "--quiet", "--out", out));
    char *bytes = folder_file_bytes(out, "lesson.json", NULL);
    cJSON *tree = cJSON_Parse(bytes);
    cr_assert_not_null(tree);
    free(bytes);
    free(out);
    scratch_remove(scratch);
    return tree;
}

static bool is_true(const cJSON *object, const char *key) {
    return cJSON_IsTrue(cJSON_GetObjectItem(object, key));
}

static const char *text_of(const cJSON *object, const char *key) {
    const cJSON *item = cJSON_GetObjectItem(object, key);
    cr_assert(cJSON_IsString(item), "no text %s", key);
    return item->valuestring;
}

/* Every question can be answered rightly and wrongly. */
static void expect_questions(const cJSON *asks, int number) {
    const cJSON *questions = cJSON_GetObjectItem(asks, "predictions"), *question, *answer;
    cr_assert_geq(cJSON_GetArraySize(questions), 1, "lesson %d asks nothing", number);
    cJSON_ArrayForEach (question, questions) {
        const cJSON *answers = cJSON_GetObjectItem(question, "answers");
        int right = 0;
        cJSON_ArrayForEach (answer, answers) {
            right += is_true(answer, "right");
        }
        cr_expect(right >= 1 && right < cJSON_GetArraySize(answers), "lesson %d: %s", number,
                  text_of(question, "ask"));
    }
}

/* The figure of a goal in a summary: of its deployment, or the sum or the largest of all. */
static double goal_figure(const cJSON *goal, const cJSON *summary) {
    const cJSON *deployment = cJSON_GetObjectItem(goal, "deployment");
    const cJSON *deployments = cJSON_GetObjectItem(summary, "deployments");
    const char *name =
        cJSON_IsString(deployment) ? deployment->valuestring : deployments->child->string;
    cr_assert(cJSON_IsString(deployment) || cJSON_GetArraySize(deployments) == 1);
    return cli_json_number(json_deployment(summary, name), text_of(goal, "metric"));
}

/* `run` with the options that the lesson's run has, each move to its value of the solution. */
static cJSON *run_solution(const cJSON *asks, const cJSON *challenge, const char *scenario) {
    TextList sets = {0};
    const char *words[64] = {"run", scenario, "--json"};
    size_t count = 3;
    const cJSON *run, *change, *moves = cJSON_GetObjectItem(challenge, "moves");
    cJSON_ArrayForEach (run, cJSON_GetObjectItem(asks, "runs")) {
        const bool chosen = strcmp(text_of(run, "name"), text_of(challenge, "run")) == 0;
        cJSON_ArrayForEach (change, cJSON_GetObjectItem(chosen ? run : NULL, "changes")) {
            text_list_add(&sets, memory_format("%s=%s", change->string, change->valuestring));
        }
    }
    for (int i = 0; i < cJSON_GetArraySize(moves); i++) {
        const cJSON *solution = cJSON_GetObjectItem(challenge, "solution");
        text_list_add(&sets, memory_format("%s=%s", text_of(cJSON_GetArrayItem(moves, i), "path"),
                                           cJSON_GetArrayItem(solution, i)->valuestring));
    }
    for (size_t i = 0; i < sets.count; i++) {
        words[count++] = "--set";
        words[count++] = sets.items[i];
    }
    cJSON *summary = expect_json(program_run(NULL, words));
    text_list_clear(&sets);
    return summary;
}

/* The challenge is none at the start, and the page's own solution meets it. */
static void expect_challenge(const cJSON *asks, int number) {
    const cJSON *challenge = cJSON_GetObjectItem(asks, "challenge"), *goal;
    cr_assert_not_null(challenge, "lesson %d challenges nobody", number);
    char *page = page_path(number);
    char *scenario = memory_format("%.*s.json", (int)strlen(page) - 3, page);
    cJSON *solved = run_solution(asks, challenge, scenario);
    bool met_at_start = true;
    cJSON_ArrayForEach (goal, cJSON_GetObjectItem(challenge, "goals")) {
        const double figure = goal_figure(goal, solved);
        const double limit = cJSON_GetObjectItem(goal, "limit")->valuedouble;
        met_at_start = met_at_start && is_true(goal, "met_at_start");
        cr_expect(is_true(goal, "at_least") ? figure >= limit : figure <= limit,
                  "lesson %d: %s of the solution is %g", number, text_of(goal, "metric"), figure);
    }
    cr_expect_not(met_at_start, "lesson %d has nothing to reach", number);
    cJSON_Delete(solved);
    free(scenario);
    free(page);
}

static void expect_asks(int number) {
    cJSON *asks = lesson_asks(number);
    expect_questions(asks, number);
    expect_challenge(asks, number);
    const cJSON *slider = cJSON_GetObjectItem(asks, "slider");
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItem(slider, "moves")), 1, "lesson %d", number);
    cJSON_Delete(asks);
}

Test(learn, asks_1_to_4) {
    expect_asks(1), expect_asks(2), expect_asks(3), expect_asks(4);
}
Test(learn, asks_5_to_7) {
    expect_asks(5), expect_asks(6), expect_asks(7);
}
Test(learn, asks_8_and_9) {
    expect_asks(8), expect_asks(9);
}
Test(learn, asks_10_to_13) {
    expect_asks(10), expect_asks(11), expect_asks(12), expect_asks(13);
}

/* The command -------------------------------------------------------------------------------- */

Test(learn, lists_them_all) {
    ProgramResult result = RUN("learn");
    for (int number = 1; number <= LESSONS; number++) {
        char title[32];
        snprintf(title, sizeof title, "Lesson %d: ", number);
        cr_assert_not_null(strstr(result.output, title), "no %s in: %s", title, result.output);
    }
    expect_done(result);
}

Test(learn, refuses_what_there_is_not) {
    REFUSED(RUN("learn", "14"), "\"14\"", "1 to 13", "`autoscale-sim learn` lists them");
    REFUSED(RUN("learn", "0"), "\"0\"");
    REFUSED(RUN("learn", "one"), "\"one\"");
    REFUSED(RUN("learn", "1", "2"), "found 2");
    REFUSED(RUN("learn", "--seed", "2"), "options without a lesson");
    REFUSED(RUN("learn", "1", "--plot"), "--out DIR");
    REFUSED(RUN("learn", "1", "--scale-up-windo", "5s"), "--scale-up-window");
}

Test(learn, a_mistake_of_the_reader_is_told_once) {
    ProgramResult result = RUN("learn", "1", "--set", "deployments.chat.autoscalin=1");
    cr_assert_null(strstr(result.errors, "errors"), "%s", result.errors);
    expect_refused(result, (const char *const[]){"autoscaling", NULL});
}

Test(learn, the_reader_has_the_last_word) {
    figures = expect_json(RUN("learn", "1", "--json"));
    const double before = chat("zero", "total_usd");
    forget_figures();
    figures = expect_json(RUN("learn", "1", "--json", "--set", "pools.H100.usd_per_gpu_hour=16"));
    cr_assert_float_eq(chat("zero", "total_usd"), 2 * before, 1e-9 * before);
    forget_figures();
    ProgramResult result = RUN("learn", "10", "--scale-up-window", "30s");
    cr_assert_eq(result.status, 0);
    cr_assert_not_null(strstr(result.errors, "the runs usual and eager are the same"), "%s",
                       result.errors);
    program_clear(&result);
}

/* The run whose own options change the same gets the reader's; the page's commands say so too. */
Test(learn, an_option_goes_to_the_run_that_it_is_about) {
    figures = expect_json(RUN("learn", "1", "--json"));
    const double zero = chat("zero", "total_usd"), eager = chat("eager", "total_usd");
    forget_figures();
    ProgramResult result = RUN("learn", "1", "--scale-to-zero-window", "3h");
    cr_assert_not_null(strstr(result.errors, "--scale-to-zero-window 3h goes to eager"), "%s",
                       result.errors);
    cr_assert_not_null(strstr(result.output, "01-scale-to-zero.json --scale-to-zero-window 3h\n"),
                       "%s", result.output);
    program_clear(&result);
    figures = expect_json(RUN("learn", "1", "--json", "--set",
                              "deployments.chat.autoscaling.scale_to_zero_window=3h"));
    cr_expect_eq(chat("zero", "total_usd"), zero);
    cr_expect_neq(chat("eager", "total_usd"), eager);
}

Test(learn, a_run_is_what_the_command_shown_gives) {
    char *scratch = scratch_make();
    char *out = scratch_path(scratch, "out"), *alone = scratch_path(scratch, "alone");
    expect_done(RUN("learn", "3", "--quiet", "--out", out, "--set", "duration=30m"));
    expect_done(RUN("run", FOLDER "/03-windows.json", "--quiet", "--out", alone,
                    "--scale-up-window", "0s", "--scale-down-window", "0s", "--set",
                    "duration=30m"));
    char *none = scratch_path(out, "none");
    static const char *const files[] = {"summary.csv", "timeseries.csv", "events.csv",
                                        "scenario.json", NULL};
    expect_same_files(alone, none, files);
    char *comparison = folder_file_bytes(out, "comparison.csv", NULL);
    cr_assert_eq(strncmp(comparison, "deployment,metric,windows,none,short\n", 37), 0);
    REFUSED(RUN("learn", "3", "--out", out), "exists");
    free(comparison);
    free(none);
    free(alone);
    free(out);
    scratch_remove(scratch);
}

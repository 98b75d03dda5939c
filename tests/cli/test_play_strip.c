// SPDX-License-Identifier: GPL-3.0-or-later
/* What the playground shows of a played run (src/output/play/world.js, strip_scene.js) against the
 * program's own series: counts by stage and replicas by state at the ends of all intervals, KV
 * memory as the policy has measured it, and dots where their requests are at their instants. */
#include "base/memory.h"
#include "base/text.h"
#include "support/browser.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *scratch;

static void setup(void) {
    scratch = scratch_make();
}

static void teardown(void) {
    scratch_remove(scratch);
}

TestSuite(play_strip, .init = setup, .fini = teardown);

/* A page of the scripts and the files of out/, as texts. */
static char *page_of_run(void) {
    static const char *const scripts[] = {"page/origin.js", "play/world.js", "play/strip_scene.js"};
    static const char *const files[] = {"requests.csv", "refusals.csv", "events.csv",
                                        "timeseries.csv", "scenario.json"};
    char *out = scratch_path(scratch, "out");
    Text page = {0};
    text_add(&page, "<!DOCTYPE html><html><head><meta http-equiv=\"Content-Security-Policy\" "
                    "content=\"script-src 'none'\"><style></style></head><body>");
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        char *script = folder_file_bytes("src/output", scripts[i], NULL);
        cr_assert_not_null(script);
        text_addf(&page, "<script>%s</script>", script);
        free(script);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char *file = folder_file_bytes(out, files[i], NULL);
        cr_assert_not_null(file, "no %s", files[i]);
        text_addf(&page, "<script type=\"text/plain\" id=\"%s\">%s</script>", files[i], file);
        free(file);
    }
    text_add(&page, "</body></html>");
    char *path = scratch_text(scratch, "page.html", page.text);
    text_clear(&page);
    free(out);
    return path;
}

static double number(const cJSON *said, const char *name) {
    const cJSON *member = cJSON_GetObjectItem(said, name);
    cr_assert_not_null(member, "nothing is said of %s", name);
    return member->valuedouble;
}

static void expect_empty(const cJSON *said, const char *name) {
    char *text = cJSON_PrintUnformatted(cJSON_GetObjectItem(said, name));
    cr_assert_str_eq(text, "[]", "%s: %s", name, text);
    cJSON_free(text);
}

/* Of the run in out/; the caller's to clear. */
static BrowserResult expect_true_scene(double rows_least, double dots_least) {
    char *page = page_of_run();
    char *check = file_bytes("tests/cli/test_play_strip.js", NULL);
    cr_assert_not_null(check);
    BrowserResult result = browser_open(scratch, page, &(BrowserView){0}, check);
    free(check);
    expect_empty(result.said, "problems");
    expect_empty(result.said, "wrong");
    expect_empty(result.said, "misplaced");
    cr_assert_geq(number(result.said, "rows"), rows_least);
    cr_assert_geq(number(result.said, "dots"), dots_least);
    free(page);
    return result;
}

static void simulate(const char *scenario, const char *one, const char *two) {
    char *out = scratch_path(scratch, "out");
    ProgramResult result = RUN("run", scenario, "--requests", "--quiet", "--out", out, "--set", one,
                               "--set", two ? two : one);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    free(out);
}

Test(play_strip, shows_three_clients_at_a_cold_start) {
    browser_need();
    simulate("scenarios/scale-from-zero.json", "deployments.python.client.jitter=full", NULL);
    BrowserResult result = expect_true_scene(180, 500);
    browser_clear(&result);
}

Test(play_strip, shows_a_storm_of_retries_with_preemptions) {
    browser_need();
    simulate("scenarios/lessons/02-retry-storm.json", "seed=2", NULL);
    BrowserResult result = expect_true_scene(150, 10000);
    browser_clear(&result);
}

/* A morning whose prompts fill the memory; the gateway holds who comes at zero. */
Test(play_strip, shows_who_is_held_and_memory_as_it_was_measured) {
    browser_need();
    simulate("scenarios/demo.json", "deployments.chat.at_zero=hold",
             "deployments.chat.autoscaling.load_signal=kv");
    BrowserResult result = expect_true_scene(1440, 50000);
    cr_assert_gt(number(result.said, "kv"), 100);
    cr_assert_lt(number(result.said, "kv_error") / number(result.said, "kv"), 0.01);
    browser_clear(&result);
}

/* Their connections break, and are sent again. */
Test(play_strip, shows_replicas_that_vanish) {
    browser_need();
    simulate("scenarios/preemptible.json", "duration=3h",
             "deployments.chat.client.retry_broken=true");
    BrowserResult result = expect_true_scene(180, 10000);
    browser_clear(&result);
}

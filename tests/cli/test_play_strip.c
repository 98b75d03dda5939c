// SPDX-License-Identifier: GPL-3.0-or-later
/* What the playground shows of a played run (src/output/play/world.js, strip_scene.js) against the
 * program's own series: counts by stage and replicas by state at the ends of all intervals, KV
 * memory as the policy has measured it, and dots where their requests are at their instants. */
#include "base/memory.h"
#include "base/text.h"
#include "support/browser.h"
#include "support/live_browser.h"
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

/* In the page -------------------------------------------------------------------------------- */

/* The demo's page, its strip open; skips the test where the program has not been compiled for a
 * page. */
static LiveBrowser *open_strip(const LiveView *view) {
    char *page = scratch_path(scratch, "play.html");
    ProgramResult result = RUN("play", "scenarios/demo.json", "--out", page, "--quiet");
    if (result.status != 0 && strstr(result.errors, "playground.wasm.gz")) {
        cr_skip_test("make playground has not been run");
    }
    cr_assert_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    LiveBrowser *browser = live_browser_open(scratch, page, view);
    cJSON_Delete(live_browser_run(
        browser, "await until(() => document.documentElement.dataset.ready);\n"
                 "document.getElementById('tab-strip').click();\n"
                 "window.strip = playPanels.find(({ name }) => name === 'strip').strip;\n"
                 "await until(() => strip.run);\n"
                 "window.press = (text) => [...strip.element.querySelectorAll('button')]\n"
                 "  .find((button) => button.textContent === text).click();"));
    free(page);
    return browser;
}

static void expect_said(LiveBrowser *browser, const char *script, const char *expected) {
    cJSON *said = live_browser_run(browser, script);
    char *text = cJSON_PrintUnformatted(said);
    cr_expect_str_eq(text, expected, "%s", text);
    cJSON_free(text);
    cJSON_Delete(said);
}

static void close_quietly(LiveBrowser *browser) {
    cr_expect_str_empty(live_browser_complaints(browser), "%s", live_browser_complaints(browser));
    char *requests = live_browser_close(browser);
    cr_expect_str_empty(requests, "%s", requests);
    free(requests);
}

Test(play_strip, plays_by_keyboard, .timeout = 600) {
    LiveBrowser *browser = open_strip(&(LiveView){0});
    expect_said(browser,
                "strip.goTo(0); strip.stage.focus(); await key(' '); /* the night is left out */\n"
                "await until(() => strip.time > 25200); await key(' ');\n"
                "press('First 503'); const at = strip.time; strip.stage.focus();\n"
                "await key('ArrowRight'); const moved = strip.time - at; await key(' ');\n"
                "await until(() => strip.time > at + 25); await key(' ');\n"
                "const paused = strip.time; await sleep(300);\n"
                "const still = strip.time === paused; await key('ArrowRight', { shift: true });\n"
                "const why = () => strip.why.textContent.slice(0, 25), decided = why();\n"
                "await key('ArrowLeft', { shift: true });\n"
                "return [Math.round(moved), still, decided, why()];",
                "[10,true,\"08:01:55 scale up 1 → 2: \",\"07:00:18 woken 0 → 1 by r\"]");
    close_quietly(browser);
}

/* A reader who is a client, in the cold start: refused, sends again, served. */
Test(play_strip, sends_a_request_of_the_readers, .timeout = 600) {
    const LiveView phone = {
        .width = 390, .height = 844, .touch = true, .dark = true, .reduced_motion = true};
    LiveBrowser *browser = open_strip(&phone);
    expect_said(browser,
                "press('First 503'); strip.goTo(strip.time + 10); press('Send a request now');\n"
                "await until(() => strip.life.length && strip.playing); const at = strip.time;\n"
                "await until(() => strip.time > at + 5); press('❚❚ Pause');\n"
                "strip.goTo(at + 6); const said = strip.doing.textContent.replace(/[\\d.]+ s$/, "
                "'SECONDS');\n"
                "const lines = strip.story.querySelectorAll('li').length;\n"
                "strip.goTo(strip.course.end); const end = strip.doing.textContent.match(/first "
                "token .* sends$/) !== null;\n"
                "return [said, lines, end, strip.story.textContent.includes('first token: TTFT'),\n"
                "  document.documentElement.scrollWidth];",
                "[\"Your request: refused 2 times; sends again in SECONDS\",2,true,true,390]");
    close_quietly(browser);
}

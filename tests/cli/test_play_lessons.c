// SPDX-License-Identifier: GPL-3.0-or-later
/* The lessons in the playground, as a reader does them: lesson 3 with wrong and with right
 * predictions, on a desktop and on a phone, to a challenge that is met. What is right, and every
 * figure, is the program's. */
#include "base/memory.h"
#include "support/live_browser.h"
#include "support/playground.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *scratch;

static void set_up(void) {
    scratch = scratch_make();
}

static void tear_down(void) {
    scratch_remove(scratch);
}

TestSuite(play_lessons, .init = set_up, .fini = tear_down, .timeout = 900);

/* Lesson 3 up to its experiment; pick(question) is the number of an answer. */
#define TO_THE_EXPERIMENT                                                                          \
    "const one = (selector) => document.querySelector(selector);\n"                                \
    "const words = (selector) => one(selector).innerText;\n"                                       \
    "const slide = async (path, value) => {\n"                                                     \
    "  const range = one(`.move input[data-path$='.${path}']`);\n"                                 \
    "  const moves = [path_().lesson.asks.slider, path_().lesson.asks.challenge];\n"               \
    "  const move = moves.flatMap((task) => task.moves).filter((each) =>\n"                        \
    "    each.path === range.dataset.path && each.values.length - 1 === Number(range.max))[0];\n"  \
    "  range.value = move.values.indexOf(value);\n"                                                \
    "  range.dispatchEvent(new Event('input', { bubbles: true }));\n"                              \
    "  await settled();\n"                                                                         \
    "};\n"                                                                                         \
    "const path_ = () => playPanels.find(({ name }) => name === 'lessons').path;\n"                \
    "one('#tab-lessons').click();\n"                                                               \
    "await until(() => button('Why windows exist'));\n"                                            \
    "button('Why windows exist').click();\n"                                                       \
    "await until(() => button('Predict'));\n"                                                      \
    "said.locked = [...document.querySelectorAll('.steps button')].map((each) => "                 \
    "each.disabled);\n"                                                                            \
    "said.hidden = getComputedStyle(one('.right')).visibility;\n"                                  \
    "button('Predict').click();\n"                                                                 \
    "await until(() => one('fieldset'));\n"                                                        \
    "path_().lesson.asks.predictions.forEach((question, i) =>\n"                                   \
    "  "                                                                                           \
    "document.querySelectorAll('fieldset')[i].querySelectorAll('input')[pick(question)].click());" \
    "\n"                                                                                           \
    "button('That is my prediction').click();\n"                                                   \
    "await until(() => one('.tried .now'));\n"

static const char wrongly[] =
    "const said = {}, pick = (question) => question.answers.findIndex(({ right }) => "
    "!right);\n" TO_THE_EXPERIMENT "await slide('scale_down_window', '4m');\n"
    "await until(() => words('.tried .now th') === '4m' && one('.lesson-chart'));\n"
    "Object.assign(said, files());\n"
    "said.tried = words('.tried tbody');\n"
    "button('What happened').click();\n"
    "await until(() => one('p.own'));\n"
    "said.wrong = document.querySelectorAll('.outcome.wrong').length;\n"
    "said.told = words('.outcome.wrong');\n"
    "said.short = words('.short');\n"
    "said.own = words('p.own');\n"
    "said.long = one('.step').textContent.includes('Long enough is enough');\n"
    "button('Challenge').click();\n"
    "await until(() => one('.goals li'));\n"
    "said.missed = document.querySelectorAll('.goals .missed').length;\n"
    "await slide('scale_down_window', '10m');\n"
    "await until(() => document.querySelectorAll('.goals .missed').length === 1);\n"
    "said.notYet = words('.told');\n"
    "await slide('concurrent_requests', '40');\n"
    "await slide('scale_down_window', '4m');\n"
    "await until(() => /Solved/.test(words('.told')));\n"
    "said.two = words('.told');\n"
    "await slide('concurrent_requests', '48');\n"
    "await until(() => /as good as/.test(words('.told')));\n"
    "button('← All lessons').click();\n"
    "await until(() => one('.lessons .score'));\n"
    "said.points = words('.lessons ol li:nth-child(3)');\n"
    "return said;\n";

static const char rightly[] =
    "const said = {}, pick = (question) => question.answers.findIndex(({ right }) => "
    "right);\n" TO_THE_EXPERIMENT "button('What happened').click();\n"
    "await until(() => one('.short'));\n"
    "said.right = document.querySelectorAll('.outcome.right').length;\n"
    "said.score = words('.score');\n"
    "button('Challenge').click();\n"
    "await until(() => one('.goals li'));\n"
    "await slide('scale_down_window', '4m');\n"
    "await slide('concurrent_requests', '48');\n"
    "await until(() => /as good as/.test(words('.told')));\n"
    "said.wide = document.documentElement.scrollWidth;\n"
    "button('← All lessons').click();\n"
    "await until(() => one('.lessons .score'));\n"
    "said.points = words('.lessons ol li:nth-child(3)');\n"
    "return said;\n";

static cJSON *do_lesson(const char *script, const LiveView *view) {
    char *page = playground_page(scratch, NULL);
    LiveBrowser *browser = playground_open(scratch, page, view);
    cJSON *said = playground_run(browser, script);
    cr_expect_str_empty(live_browser_complaints(browser));
    char *requests = live_browser_close(browser);
    cr_expect_str_empty(requests);
    free(requests);
    free(page);
    return said;
}

static void expect_holds(const cJSON *said, const char *name, const char *text) {
    char *found = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(said, name));
    cr_expect(found != NULL && strstr(found, text) != NULL, "%s: no %s in %s", name, text, found);
    cJSON_free(found);
}

Test(play_lessons, lesson_3_wrongly) {
    cJSON *said = do_lesson(wrongly, &(LiveView){0});
    expect_holds(said, "locked", "[false,false,true,true,true]");
    expect_holds(said, "hidden", "hidden");
    expect_holds(said, "tried", "10m windows\\t2\\t236 ms\\t$778.73");
    expect_holds(said, "tried", "2m\\t146\\t17.9 s\\t$648.16");
    expect_holds(said, "tried", "4m\\t2\\t236 ms\\t$769.71");
    expect_holds(said, "wrong", "2");
    expect_holds(said, "told", "it was 258");
    expect_holds(said, "short", "scaled up 2 times");
    expect_holds(said, "own", "short is your run: scale down window 4m");
    expect_holds(said, "long", "true");
    expect_holds(said, "missed", "2");
    expect_holds(said, "notYet", "Not yet.");
    expect_holds(said, "two", "Solved, 2 points, with $473.73");
    expect_holds(said, "points", "3 of 5 points");
    playground_expect_native(scratch, said);
    cJSON_Delete(said);
}

Test(play_lessons, lesson_3_rightly_on_a_phone) {
    const LiveView phone = {.width = 390, .height = 844, .touch = true, .dark = true};
    cJSON *said = do_lesson(rightly, &phone);
    expect_holds(said, "locked", "[false,false,true,true,true]");
    expect_holds(said, "right", "2");
    expect_holds(said, "score", "2 of 2 predictions were right");
    expect_holds(said, "wide", "390");
    expect_holds(said, "points", "5 of 5 points");
    cJSON_Delete(said);
}

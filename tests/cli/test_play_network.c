// SPDX-License-Identifier: GPL-3.0-or-later
/* The playground asks for nothing by a network: its policy lets it not, it works where there is
 * none, and a browser that watches sees no request. What the watch itself would see. */
#include "base/memory.h"
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

TestSuite(play_network, .init = set_up, .fini = tear_down, .timeout = 600);

/* The watch itself: a request of the page and one of a worker are told. */
Test(play_network, requests_are_told) {
    char *page = scratch_text(
        scratch, "page.html",
        "<!DOCTYPE html><body><img src=\"http://127.0.0.1:9/image\"><script>\n"
        "const text = 'fetch(\"http://127.0.0.1:9/worker\").catch(() => postMessage(1))';\n"
        "const worker = new Worker(URL.createObjectURL(new Blob([text])));\n"
        "worker.onmessage = () => { document.body.dataset.done = 'yes'; };\n"
        "</script></body>");
    LiveBrowser *browser = live_browser_open(scratch, page, &(LiveView){0});
    cJSON *said = live_browser_run(
        browser, "await until(() => document.body.dataset.done);\n"
                 "let keys = '', taps = 0, moved = 0;\n"
                 "addEventListener('keydown', (event) => { keys += event.key; });\n"
                 "addEventListener('pointermove', (event) => { moved += event.buttons; });\n"
                 "await mouse('move', 5, 5); await mouse('down', 5, 5);\n"
                 "await mouse('move', 9, 9); await mouse('up', 9, 9); await key('Tab');\n"
                 "return [keys, moved, innerWidth, matchMedia('(pointer: coarse)').matches];");
    char *text = cJSON_PrintUnformatted(said);
    cr_expect_str_eq(text, "[\"Tab\",1,1280,false]");
    cJSON_free(text);
    cJSON_Delete(said);
    cr_expect_not_null(strstr(live_browser_complaints(browser), "ERR_"), "%s",
                       live_browser_complaints(browser));
    char *requests = live_browser_close(browser);
    cr_expect_not_null(strstr(requests, "http://127.0.0.1:9/image\n"), "%s", requests);
    cr_expect_not_null(strstr(requests, "http://127.0.0.1:9/worker\n"), "%s", requests);
    free(requests);
    free(page);
}

/* And nothing else is: the browser itself asks for nothing. */
Test(play_network, a_quiet_page_asks_for_nothing) {
    char *page =
        scratch_text(scratch, "page.html",
                     "<!DOCTYPE html><meta name=\"viewport\" content=\"width=device-width\">");
    const LiveView phone = {.width = 390, .height = 844, .touch = true, .dark = true};
    LiveBrowser *browser = live_browser_open(scratch, page, &phone);
    cJSON *said = live_browser_run(
        browser,
        "let touched = 0; addEventListener('touchstart', () => { touched += 1; });\n"
        "await touch('start', 50, 50); await touch('end');\n"
        "return [touched, innerWidth, matchMedia('(prefers-color-scheme: dark)').matches];");
    char *text = cJSON_PrintUnformatted(said);
    cr_expect_str_eq(text, "[1,390,true]");
    cJSON_free(text);
    cJSON_Delete(said);
    cr_expect_str_empty(live_browser_complaints(browser));
    char *requests = live_browser_close(browser);
    cr_expect_str_empty(requests);
    free(requests);
    free(page);
}

/* The playground ------------------------------------------------------------------------------- */

/* The page's policy, as it stands in its head; to be freed. */
static char *policy_of(const char *page) {
    static const char begin[] = "http-equiv=\"Content-Security-Policy\" content=\"";
    char *text = file_bytes(page, NULL);
    const char *at = strstr(text, begin);
    cr_assert_not_null(at, "the page has no policy");
    at += sizeof begin - 1;
    char *policy = memory_text_n(at, strcspn(at, "\""));
    free(text);
    return policy;
}

/* Word by word: nothing that names a host, a scheme of a network, or all of them. */
Test(play_network, its_policy_names_no_place) {
    static const char *const known[] = {"default-src", "'none'", "style-src",  "'unsafe-inline'",
                                        "img-src",     "data:",  "base-uri",   "form-action",
                                        "worker-src",  "blob:",  "script-src", "'wasm-unsafe-eval'",
                                        "frame-src"};
    char *page = playground_page(scratch, NULL), *policy = policy_of(page), *rest;
    cr_expect_eq(strncmp(policy, "default-src 'none'; ", 20), 0, "%s", policy);
    cr_expect_null(strstr(policy, "connect-src"));
    for (char *word = strtok_r(policy, "; ", &rest); word; word = strtok_r(NULL, "; ", &rest)) {
        bool found = strncmp(word, "'sha256-", 8) == 0;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            found = found || strcmp(word, known[i]) == 0;
        }
        cr_expect(found, "the policy allows %s", word);
    }
    free(policy);
    free(page);
}

/* All that has an address, when everything has been opened. */
static const char walk[] =
    "for (const tab of document.querySelectorAll('[role=tab]')) { tab.click(); await settled(); }\n"
    "for (const one of document.querySelectorAll('details')) one.open = true;\n"
    "await sleep(500); await settled();\n"
    "document.getElementById('tab-traffic').click(); await settled();\n"
    "button('Make it mine').click(); await settled(); button('+ Burst').click(); await settled();\n"
    "await drop('mine.csv', 'TIMESTAMP,ContextTokens,GeneratedTokens\\n2026-11-16 "
    "09:00:00,9,9\\n');\n"
    "await until(() => button('Use it')); button('Use it').click(); await settled();\n"
    "button('Share').click(); await sleep(500);\n"
    "const elsewhere = [...document.querySelectorAll('[src], [href], [action], [data], [poster], "
    "[srcset]')]\n"
    "  .flatMap((one) => ['src', 'href', 'action', 'data', 'poster', 'srcset'].map((name) => "
    "one.getAttribute(name)))\n"
    "  .filter((text) => text && !/^(#|blob:|data:)/.test(text));\n"
    "return { elsewhere, arrived: play.result.files['summary.csv'].includes('\\nchat,1,1,'),\n"
    "  tabs: document.querySelectorAll('[role=tab]').length, shared: location.hash.length };";

Test(play_network, it_works_where_there_is_none_and_asks_for_nothing) {
    char *page = playground_page(scratch, NULL);
    LiveBrowser *browser = playground_open(scratch, page, &(LiveView){.offline = true});
    cJSON *said = playground_run(browser, walk);
    char *text = cJSON_PrintUnformatted(said);
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItem(said, "elsewhere")), 0, "%s", text);
    cr_expect(cJSON_IsTrue(cJSON_GetObjectItem(said, "arrived")), "%s", text);
    cr_expect_geq(cJSON_GetObjectItem(said, "tabs")->valuedouble, 5);
    cr_expect_gt(cJSON_GetObjectItem(said, "shared")->valuedouble, 100);
    cJSON_free(text);
    cJSON_Delete(said);
    cr_expect_str_empty(live_browser_complaints(browser));
    char *requests = live_browser_close(browser);
    cr_expect_str_empty(requests);
    free(requests);
    free(page);
}

/* Even what wanted to could not: the policy holds in the page and in workers that it makes. */
Test(play_network, its_policy_holds) {
    char *page = playground_page(scratch, "scenarios/flash-crowd.json");
    LiveBrowser *browser = playground_open(scratch, page, &(LiveView){0});
    cJSON *said = playground_run(
        browser,
        "const at = 'http://127.0.0.1:8/';\n"
        "const refused = (promise) => promise.then(() => false, () => true);\n"
        "const image = new Promise((done, fail) => { const one = new Image();\n"
        "  one.onload = done; one.onerror = fail; one.src = at + 'image'; });\n"
        "const text = `fetch('${at}worker').then(() => postMessage(1), () => postMessage(2))`;\n"
        "const worker = new Worker(URL.createObjectURL(new Blob([text])));\n"
        "const word = await new Promise((done) => { worker.onmessage = ({ data }) => done(data); "
        "});\n"
        "const script = document.createElement('script'); script.src = at + 'script';\n"
        "document.body.append(script); navigator.sendBeacon(at + 'beacon', 'x');\n"
        "await sleep(300);\n"
        "return [await refused(fetch(at + 'fetch')), await refused(image), word,\n"
        "  await refused(new Promise((done, fail) => { const socket = new "
        "WebSocket('ws://127.0.0.1:8/');\n"
        "    socket.onopen = done; socket.onerror = fail; }))];");
    char *text = cJSON_PrintUnformatted(said);
    cr_expect_str_eq(text, "[true,true,2,true]");
    cJSON_free(text);
    cJSON_Delete(said);
    cr_expect_not_null(strstr(live_browser_complaints(browser), "Content Security Policy"), "%s",
                       live_browser_complaints(browser));
    char *requests = live_browser_close(browser);
    cr_expect_str_empty(requests);
    free(requests);
    free(page);
}

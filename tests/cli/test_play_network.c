// SPDX-License-Identifier: GPL-3.0-or-later
/* A browser that watches its network: what it tells of a page that asks for something. */
#include "support/live_browser.h"
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

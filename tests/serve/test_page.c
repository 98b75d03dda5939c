// SPDX-License-Identifier: GPL-3.0-or-later
/* The live page in a browser, told what a server has told. */
#include "base/json.h"
#include "base/memory.h"
#include "serve/client.h"
#include "support/browser.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(page_live, .fini = serve_end, .timeout = 240);

/* Another source of events in the place of the browser's, which has no server here; then all events
 * of `told`, an answer to GET /events. */
static const char script[] =
    "const feeds = [];\n"
    "window.EventSource = class {\n"
    "  constructor() { this.handlers = {}; feeds.push(this); }\n"
    "  addEventListener(name, handler) { (this.handlers[name] ||= []).push(handler); }\n"
    "  close() {}\n"
    "};\n"
    "const header = document.createElement('header'), main = document.createElement('main');\n"
    "document.body.append(header, main);\n"
    "followRun(JSON.parse(document.getElementById('data').textContent), header, main);\n"
    "for (const event of told.split('\\n\\n').filter((text) => text)) {\n"
    "  const [name, data] = event.split('\\n').map((line) => line.replace(/^\\w+: /, ''));\n"
    "  for (const handler of feeds[0].handlers[name]) handler({ data });\n"
    "}\n"
    "await new Promise((done) => setTimeout(done, 100));\n"
    "return { charts: main.querySelectorAll('figure').length, clock: header.textContent,\n"
    "  main: main.textContent };";

static void expect_says(const cJSON *said, const char *name, const char *words) {
    const cJSON *node = cJSON_GetObjectItem(said, name);
    cr_assert(cJSON_IsString(node));
    cr_expect_not_null(strstr(node->valuestring, words), "%s: %s", words, node->valuestring);
}

Test(page_live, charts_grow_by_what_the_server_tells) {
    browser_need();
    Served served = SERVE("scenarios/flash-crowd.json", "--speed", "36000", "--for", "2h");
    char *request = client_request("GET", "/events", NULL, NULL);
    const int connection = client_connect(&served);
    client_send(connection, request, strlen(request));
    ClientAnswer page = client_ask(&served, "GET", "/", NULL, NULL);
    ClientAnswer events = client_read(connection);
    ProgramResult result = serve_wait(&served);
    cr_expect_eq(result.status, 0);
    cr_assert_eq(page.status, 200);
    cr_expect_not_null(strstr(page.body, "connect-src 'self'"));

    char *scratch = scratch_make();
    char *path = scratch_text(scratch, "live.html", page.body);
    cJSON *text = json_text(events.body);
    char *told = json_print_line(text);
    char *whole = memory_format("const told = %s;\n%s", told, script);
    BrowserResult seen = browser_open(scratch, path, &(BrowserView){.width = 1200}, whole);
    cr_assert_not_null(seen.said, "%s", seen.complaints);
    cr_expect_geq(cJSON_GetObjectItem(seen.said, "charts")->valuedouble, 8);
    expect_says(seen.said, "clock", "2026-11-16 0");
    expect_says(seen.said, "clock", "ended");
    expect_says(seen.said, "main", "concurrent_requests");
    expect_says(seen.said, "main", " 2: scale_down");
    expect_says(seen.said, "main", "Cost so far$");
    browser_clear(&seen);
    free(whole);
    free(told);
    cJSON_Delete(text);
    free(path);
    scratch_remove(scratch);
    program_clear(&result);
    client_clear(&events);
    client_clear(&page);
    free(request);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/playground.h"

#include "base/memory.h"
#include "support/browser.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char *const compared[] = {"summary.csv", "timeseries.csv", "events.csv"};

char *playground_page(const char *scratch, const char *scenario) {
    browser_need();
    char *page = scratch_path(scratch, "playground.html");
    ProgramResult result = scenario != NULL ? RUN("play", scenario, "--out", page, "--force")
                                            : RUN("play", "--out", page, "--force");
    if (result.status != 0 && strstr(result.errors, "make playground") != NULL) {
        cr_skip_test("there is no playground.wasm.gz: make playground");
    }
    cr_assert_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    return page;
}

/* A run is the state's when no change has come since it was asked for, and none waits. */
static const char helpers[] =
    "const button = (text) => [...document.querySelectorAll('button')]\n"
    "  .find((one) => one.offsetParent && one.textContent.startsWith(text));\n"
    "const settled = async () => {\n"
    "  await sleep(20);\n"
    "  await until(() => !play.engine.current && !play.engine.next);\n"
    "  await sleep(50);\n"
    "};\n"
    "const files = () => ({ ...play.result.files,\n"
    "  scenario: scenarioToTake(play.result, play) });\n";

cJSON *playground_run(LiveBrowser *browser, const char *script) {
    char *whole = memory_format("%s%s", helpers, script);
    cJSON *said = live_browser_run(browser, whole);
    free(whole);
    return said;
}

LiveBrowser *playground_open(const char *scratch, const char *page, const LiveView *view) {
    LiveBrowser *browser = live_browser_open(scratch, page, view);
    cJSON_Delete(live_browser_run(
        browser, "await until(() => document.documentElement.dataset.ready); return 1;"));
    return browser;
}

void playground_expect_native(const char *scratch, const cJSON *said) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(said, "scenario"));
    cr_assert_not_null(text, "the page has exported no scenario");
    char *scenario = scratch_text(scratch, "exported.json", text);
    char *out = scratch_path(scratch, "native");
    ProgramResult result = RUN("run", scenario, "--out", out, "--quiet", "--force");
    cr_assert_eq(result.status, 0, "%s", result.errors);
    for (size_t i = 0; i < sizeof compared / sizeof compared[0]; i++) {
        const char *page =
            cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(said, compared[i]));
        char *native = folder_file_bytes(out, compared[i], NULL);
        cr_assert_not_null(page, "the page has no %s", compared[i]);
        cr_expect_str_eq(page, native, "%s of the page is not the program's", compared[i]);
        free(native);
    }
    program_clear(&result);
    free(out);
    free(scenario);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* The playground in a browser, beside the native program. Needs the engine's module, which
 * `make playground` builds; where there is none the test is skipped. */
#ifndef TESTS_SUPPORT_PLAYGROUND_H
#define TESTS_SUPPORT_PLAYGROUND_H

#include "support/live_browser.h"

/* A new page in the scratch directory, of this scenario, or of all that is shipped (NULL). Its path
 * is the caller's. */
char *playground_page(const char *scratch, const char *scenario);

/* A browser with the page after its first run. */
LiveBrowser *playground_open(const char *scratch, const char *page, const LiveView *view);

/* As live_browser_run, with helpers of the playground's before it: settled(), awaited, until what
 * runs is what the state says; button(text), the first that is seen and begins with it; files(),
 * those of the run. */
cJSON *playground_run(LiveBrowser *browser, const char *script);

/* The program itself runs the scenario that the page has exported (as `scenario` in what a script
 * returned), in the scratch directory; fails the test unless summary.csv, timeseries.csv and
 * events.csv (members of `said`) are its bytes. */
void playground_expect_native(const char *scratch, const cJSON *said);

#endif

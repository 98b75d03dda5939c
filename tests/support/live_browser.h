// SPDX-License-Identifier: GPL-3.0-or-later
/* A page in headless Chromium in real time, as workers and what they compile need it (browser.h has
 * a clock of the browser's own, which runs out while they work): with input as the browser itself
 * gives it, on a screen of any size, and every request told. By Chromium's
 * --remote-debugging-pipe. Where there is no Chromium the test is skipped. */
#ifndef TESTS_SUPPORT_LIVE_BROWSER_H
#define TESTS_SUPPORT_LIVE_BROWSER_H

#include <cJSON.h>
#include <stdbool.h>

typedef struct LiveBrowser LiveBrowser;

typedef struct LiveView {
    int width, height; /* CSS pixels; 0: 1280, 900 */
    bool touch;        /* a phone: fingers, no pointer */
    bool dark, reduced_motion;
    bool offline; /* without any network, not even its own loopback; skipped where that cannot be */
} LiveView;

/* A browser with the page: an absolute path, and a #fragment if any. Fails the test if it cannot be
 * opened. */
LiveBrowser *live_browser_open(const char *scratch, const char *page, const LiveView *view);

/* Another page in its place, or the same one anew; all that was in the one before is gone. */
void live_browser_visit(LiveBrowser *browser, const char *page);

/* Runs `script`, the body of an async function, in the page, and returns what that returns, as JSON
 * that the caller deletes (null: nothing). A script that throws, or takes more than two minutes,
 * fails the test. There are, all to be awaited,
 *   sleep(ms), until(() => condition), which throws after 60 s,
 *   mouse('move' | 'down' | 'up', x, y), touch('start' | 'move' | 'end', x, y), in CSS pixels,
 *   key(name, {shift}), and drop(name, content), a file let go over the page. */
cJSON *live_browser_run(LiveBrowser *browser, const char *script);

/* What went to the console as an error, what was thrown and not caught, what policies forbade, a
 * line each; empty: nothing. Lent. */
const char *live_browser_complaints(const LiveBrowser *browser);

/* Ends it. Returns the addresses that the browser asked for by a network, whoever in it did, one a
 * line; empty: none. To be freed. */
char *live_browser_close(LiveBrowser *browser);

#endif

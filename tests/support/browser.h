// SPDX-License-Identifier: GPL-3.0-or-later
/* A page in headless Chromium, without a network: what its script says of itself after it has been
 * used. Chromium and dygraphs are installed by scripts/install-dependencies page where that can be
 * done; else the test is skipped. */
#ifndef TESTS_SUPPORT_BROWSER_H
#define TESTS_SUPPORT_BROWSER_H

#include <cJSON.h>
#include <stdbool.h>

/* Skips the test, with a message, where there is no dygraphs / no Chromium either. */
void browser_need_dygraphs(void);
void browser_need(void);

typedef struct BrowserView {
    int width;   /* of the page, in CSS pixels; 0: 1280 */
    bool dark;   /* the user prefers a dark scheme */
    bool strict; /* the page as it is, its policy in force: no script of the test's, so no result */
} BrowserView;

typedef struct BrowserResult {
    char *document;   /* as it is in the end, as HTML */
    char *complaints; /* what was written to the console, and what policies forbade */
    cJSON *said;      /* what the test's script returned; NULL: nothing, or strict */
} BrowserResult;

/* Opens the page (an absolute path), then runs `script`, the body of a function that returns an object; it
 * may use `await`. Errors, and what the page writes by console.error, are added to that object as
 * "problems". Fails the test if the browser cannot be run or takes more than a minute. */
BrowserResult browser_open(const char *scratch, const char *page, const BrowserView *view,
                           const char *script);
void browser_clear(BrowserResult *result);

#endif

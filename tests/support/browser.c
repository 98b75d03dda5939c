// SPDX-License-Identifier: GPL-3.0-or-later
/* The browser in a process group of its own, with a profile in the test's scratch directory. A page
 * is looked at through a frame of the width that is asked for: a window has a least width. */
#include "support/browser.h"

#include "base/memory.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { BROWSER_SECONDS = 60, USUAL_WIDTH = 1280 };

void browser_need_dygraphs(void) {
    if (access("/usr/share/javascript/dygraphs/dygraph.min.js", R_OK) != 0 &&
        system("scripts/install-dependencies >/dev/null 2>&1") != 0) {
        cr_skip_test("libjs-dygraphs is not here and cannot be installed");
    }
}

void browser_need(void) {
    browser_need_dygraphs();
    if (system("command -v chromium >/dev/null 2>&1") != 0 &&
        system("scripts/install-dependencies page >/dev/null 2>&1") != 0) {
        cr_skip_test("chromium is not here and cannot be installed");
    }
}

/* Texts -------------------------------------------------------------------------------------- */

/* With the first `from` replaced; fails the test if there is none. Takes the text. */
static char *replaced(char *text, const char *from, const char *to) {
    char *at = strstr(text, from);
    cr_assert_not_null(at, "the page has no %s", from);
    char *result = memory_format("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    free(text);
    return result;
}

/* Fit for a quoted attribute. */
static char *escaped(const char *text) {
    char *result = memory_new(strlen(text) + 1, 6), *to = result;
    for (; *text != '\0'; text++) {
        const char *entity = *text == '&' ? "&amp;" : *text == '"' ? "&quot;" : NULL;
        to += sprintf(to, "%s", entity != NULL ? entity : (const char[]){*text, '\0'});
    }
    return result;
}

static void unescape(char *text) {
    static const char *const entities[][2] = {
        {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&nbsp;", " "}, {"&amp;", "&"}};
    char *to = text;
    while (*text != '\0') {
        size_t i = 0;
        while (i < 5 && strncmp(text, entities[i][0], strlen(entities[i][0])) != 0) {
            i++;
        }
        if (i < 5) {
            *to++ = entities[i][1][0];
            text += strlen(entities[i][0]);
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
}

/* The page with the test's own script, which its policy then allows. */
static char *with_script(char *page, const char *script) {
    const char *policy = strstr(page, "script-src ");
    cr_assert_not_null(policy, "the page says no policy for scripts");
    char *theirs = memory_text_n(policy, strcspn(policy, "\""));
    page = replaced(page, theirs, "script-src 'unsafe-inline'");
    free(theirs);
    page =
        replaced(page, "<style>",
                 "<script>window.problems = [];\n"
                 "addEventListener('error', (event) => problems.push(event.message));\n"
                 "addEventListener('unhandledrejection', (event) => problems.push(String("
                 "event.reason)));\n"
                 "addEventListener('securitypolicyviolation', (event) => problems.push("
                 "event.blockedURI));\n"
                 "console.error = (...words) => problems.push(words.join(' '));</script><style>");
    char *tail = memory_format(
        "<script>(async () => {\n"
        "const sleep = (ms) => new Promise((done) => setTimeout(done, ms));\n"
        "await sleep(200);\nlet said;\n"
        "try { said = await (async () => {%s})(); }\n"
        "catch (error) { problems.push(String(error)); said = {}; }\n"
        "said.problems = problems;\n"
        "const place = parent.document.createElement('pre'); place.id = 'said';\n"
        "place.textContent = JSON.stringify(said); parent.document.body.append(place);\n"
        "})();</script></body>",
        script);
    page = replaced(page, "</body>", tail);
    free(tail);
    char *attribute = escaped(page);
    free(page);
    return attribute;
}

/* The browser -------------------------------------------------------------------------------- */

static int wait_for(pid_t process) {
    const struct timespec pause = {.tv_nsec = 10000000};
    const time_t begin = time(NULL);
    int status;
    while (waitpid(process, &status, WNOHANG) == 0) {
        if (time(NULL) - begin > BROWSER_SECONDS) {
            kill(-process, SIGKILL);
            waitpid(process, &status, 0);
            cr_assert_fail("the browser did not end within %d s", BROWSER_SECONDS);
        }
        nanosleep(&pause, NULL);
    }
    kill(-process, SIGKILL); /* its helpers, if any are left */
    return status;
}

static void run_browser(const char *scratch, const char *page, bool dark, const char *output,
                        const char *errors) {
    char *profile = memory_format("--user-data-dir=%s/profile", scratch);
    char *address = memory_format("file://%s", page);
    const char *words[] = {"chromium",
                           "--headless",
                           "--no-sandbox",
                           "--disable-gpu",
                           "--disable-quic",
                           "--no-first-run",
                           "--disable-background-networking",
                           "--disable-component-update",
                           "--disable-sync",
                           "--disable-dev-shm-usage",
                           "--hide-scrollbars",
                           "--enable-logging=stderr",
                           "--v=0",
                           "--window-size=1400,2400",
                           "--virtual-time-budget=8000",
                           dark ? "--blink-settings=preferredColorScheme=0"
                                : "--blink-settings=preferredColorScheme=1",
                           profile,
                           "--dump-dom",
                           address,
                           NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    pid_t process;
    const int failure =
        posix_spawnp(&process, words[0], &actions, &attributes, (char *const *)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    free(profile);
    free(address);
    cr_assert_eq(failure, 0, "chromium: %s", strerror(failure));
    const int status = wait_for(process);
    cr_assert_eq(status, 0, "chromium ended with status %d", status);
}

/* Lines of the console only: Chromium says much about itself. */
static char *console_lines(char *errors) {
    char *kept = memory_new(strlen(errors) + 1, 1), *rest;
    for (char *line = strtok_r(errors, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        /* The browser's own pages complain too, of a slow network. */
        if (strstr(line, "CONSOLE") != NULL && strstr(line, "source: chrome://") == NULL) {
            strcat(strcat(kept, line), "\n");
        }
    }
    return kept;
}

static cJSON *read_said(const char *document) {
    static const char begin[] = "<pre id=\"said\">";
    const char *at = strstr(document, begin);
    cr_assert_not_null(at, "the test's script did not end");
    at += strlen(begin);
    const char *end = strstr(at, "</pre>");
    cr_assert_not_null(end);
    char *text = memory_text_n(at, (size_t)(end - at));
    unescape(text);
    cJSON *said = cJSON_Parse(text);
    cr_assert_not_null(said, "no JSON: %.300s", text);
    free(text);
    return said;
}

BrowserResult browser_open(const char *scratch, const char *page, const BrowserView *view,
                           const char *script) {
    char *opened;
    if (view->strict) {
        opened = memory_text(page);
    } else {
        char *content = file_bytes(page, NULL);
        cr_assert_not_null(content, "there is no %s", page);
        char *attribute = with_script(content, script);
        char *frame = memory_format("<!DOCTYPE html><body style=\"margin:0\"><iframe width=\"%d\" "
                                    "height=\"2000\" style=\"border:0\" srcdoc=\"%s\"></iframe>",
                                    view->width > 0 ? view->width : USUAL_WIDTH, attribute);
        opened = scratch_text(scratch, "frame.html", frame);
        free(frame);
        free(attribute);
    }
    char *output = scratch_path(scratch, "document.html"), *errors = scratch_path(scratch, "log");
    run_browser(scratch, opened, view->dark, output, errors);
    BrowserResult result = {.document = file_bytes(output, NULL)};
    char *log = file_bytes(errors, NULL);
    result.complaints = console_lines(log);
    result.said = view->strict ? NULL : read_said(result.document);
    free(log);
    free(output);
    free(errors);
    free(opened);
    return result;
}

void browser_clear(BrowserResult *result) {
    free(result->document);
    free(result->complaints);
    cJSON_Delete(result->said);
}

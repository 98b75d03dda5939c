// SPDX-License-Identifier: GPL-3.0-or-later
/* Messages of the browser's protocol are JSON that ends with a NUL: commands go to its descriptor
 * 3, answers and events come from its 4. */
#include "support/live_browser.h"

#include "base/memory.h"
#include "base/text.h"
#include "support/browser.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { ANSWER_SECONDS = 120, FIRST_FREE = 10 };

struct LiveBrowser {
    pid_t process;
    int commands, answers;
    char *session;      /* of the page; NULL: the browser itself is spoken to */
    char *net_log;      /* a file */
    long last;          /* number of the last command */
    bool there, loaded; /* the page that was asked for */
    char *read;         /* what has come and is no whole message yet */
    size_t length;
    Text complaints;
    cJSON *asked; /* input that the script asks for, in its order */
    long script;  /* number of the command that runs it */
    cJSON *said;  /* the answer to that, which may come while it is given input */
};

/* Messages ----------------------------------------------------------------------------------- */

static const char *text_of(const cJSON *tree, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, name));
}

static const cJSON *part_of(const cJSON *tree, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(tree, name);
}

static void write_all(int file, const char *bytes, size_t count) {
    while (count > 0) {
        const ssize_t written = write(file, bytes, count);
        cr_assert(written > 0 || errno == EINTR, "the browser does not listen");
        bytes += written > 0 ? written : 0;
        count -= written > 0 ? (size_t)written : 0;
    }
}

/* Takes the parameters. */
static long send_command(LiveBrowser *browser, const char *method, cJSON *parameters) {
    cJSON *message = cJSON_CreateObject();
    cJSON_AddNumberToObject(message, "id", (double)++browser->last);
    cJSON_AddStringToObject(message, "method", method);
    cJSON_AddItemToObject(message, "params",
                          parameters != NULL ? parameters : cJSON_CreateObject());
    if (browser->session != NULL) {
        cJSON_AddStringToObject(message, "sessionId", browser->session);
    }
    char *text = cJSON_PrintUnformatted(message);
    write_all(browser->commands, text, strlen(text) + 1);
    cJSON_free(text);
    cJSON_Delete(message);
    return browser->last;
}

static void read_more(LiveBrowser *browser, time_t until) {
    struct pollfd ready = {.fd = browser->answers, .events = POLLIN};
    const time_t left = until - time(NULL);
    const int count = left > 0 ? poll(&ready, 1, (int)left * 1000) : 0;
    cr_assert(count != 0, "the browser does not answer");
    if (count < 0) {
        return; /* interrupted */
    }
    enum { ROOM = 1 << 16 };
    browser->read = memory_resize(browser->read, browser->length + ROOM, 1);
    const ssize_t got = read(browser->answers, browser->read + browser->length, ROOM);
    cr_assert(got > 0, "the browser has ended");
    browser->length += (size_t)got;
}

static cJSON *next_message(LiveBrowser *browser, time_t until) {
    const char *end;
    while (browser->length == 0 || (end = memchr(browser->read, '\0', browser->length)) == NULL) {
        read_more(browser, until);
    }
    cJSON *message = cJSON_Parse(browser->read);
    cr_assert_not_null(message);
    const size_t used = (size_t)(end - browser->read) + 1;
    browser->length -= used;
    memmove(browser->read, browser->read + used, browser->length);
    return message;
}

static void take_exception(Text *text, const cJSON *details) {
    const char *description = text_of(part_of(details, "exception"), "description");
    text_addf(text, "%s\n", description != NULL ? description : text_of(details, "text"));
}

static void take_console(Text *text, const cJSON *event) {
    const char *type = text_of(event, "type");
    if (strcmp(type, "error") != 0 && strcmp(type, "assert") != 0) {
        return;
    }
    const cJSON *word;
    cJSON_ArrayForEach (word, part_of(event, "args")) {
        char *value = cJSON_PrintUnformatted(part_of(word, "value"));
        text_addf(text, "%s ", value != NULL ? value : "?");
        cJSON_free(value);
    }
    text_add(text, "\n");
}

static void take_event(LiveBrowser *browser, const cJSON *message) {
    const char *method = text_of(message, "method");
    const cJSON *event = part_of(message, "params"), *entry = part_of(event, "entry");
    if (strcmp(method, "Runtime.exceptionThrown") == 0) {
        take_exception(&browser->complaints, part_of(event, "exceptionDetails"));
    } else if (strcmp(method, "Runtime.consoleAPICalled") == 0) {
        take_console(&browser->complaints, event);
    } else if (strcmp(method, "Log.entryAdded") == 0 &&
               strcmp(text_of(entry, "level"), "error") == 0) {
        text_addf(&browser->complaints, "%s\n", text_of(entry, "text"));
    } else if (strcmp(method, "Page.frameNavigated") == 0) {
        const char *url = text_of(part_of(event, "frame"), "url");
        browser->there = strncmp(url, "file:", 5) == 0;
    } else if (strcmp(method, "Page.loadEventFired") == 0) {
        browser->loaded = browser->there;
    } else if (strcmp(method, "Runtime.bindingCalled") == 0) {
        cJSON_AddItemToArray(browser->asked, cJSON_Parse(text_of(event, "payload")));
    }
}

/* Takes an answer's message. */
static cJSON *result_of(cJSON *message) {
    char *error = cJSON_PrintUnformatted(part_of(message, "error"));
    cr_assert_null(error, "the browser refuses: %s", error);
    return cJSON_DetachItemFromObject(message, "result");
}

/* Reads one message. NULL: it was no answer to this command. */
static cJSON *answer_or_event(LiveBrowser *browser, long number, time_t until) {
    cJSON *message = next_message(browser, until);
    const cJSON *id = part_of(message, "id");
    cJSON *result = NULL;
    if (id == NULL) {
        take_event(browser, message);
    } else if ((long)id->valuedouble == number) {
        result = result_of(message);
    } else if ((long)id->valuedouble == browser->script) {
        browser->said = result_of(message);
    }
    cJSON_Delete(message);
    return result;
}

static cJSON *ask(LiveBrowser *browser, const char *method, cJSON *parameters) {
    const long number = send_command(browser, method, parameters);
    const time_t until = time(NULL) + ANSWER_SECONDS;
    cJSON *result;
    while ((result = answer_or_event(browser, number, until)) == NULL) {
    }
    return result;
}

/* Parameters as JSON in a text, with printf's words in it. */
__attribute__((format(printf, 3, 4))) static void tell(LiveBrowser *browser, const char *method,
                                                       const char *format, ...) {
    va_list values;
    Text text = {0};
    va_start(values, format);
    text_add_arguments(&text, format, values);
    va_end(values);
    cJSON *parameters = cJSON_Parse(text.text);
    cr_assert_not_null(parameters, "%s", text.text);
    text_clear(&text);
    cJSON_Delete(ask(browser, method, parameters));
}

/* The browser -------------------------------------------------------------------------------- */

static int moved_up(int file) {
    const int moved = fcntl(file, F_DUPFD_CLOEXEC, FIRST_FREE);
    cr_assert(moved >= 0);
    close(file);
    return moved;
}

static void start_browser(LiveBrowser *browser, const char *words[]) {
    int to[2], from[2];
    cr_assert(pipe(to) == 0 && pipe(from) == 0);
    for (int i = 0; i < 2; i++) {
        to[i] = moved_up(to[i]);
        from[i] = moved_up(from[i]);
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, to[0], 3);
    posix_spawn_file_actions_adddup2(&actions, from[1], 4);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    const int failure = posix_spawnp(&browser->process, words[0], &actions, &attributes,
                                     (char *const *)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(to[0]);
    close(from[1]);
    cr_assert_eq(failure, 0, "%s: %s", words[0], strerror(failure));
    browser->commands = to[1];
    browser->answers = from[0];
}

static void start(LiveBrowser *browser, const char *scratch, bool offline) {
    char *profile = memory_format("--user-data-dir=%s/live-profile", scratch);
    browser->net_log = scratch_path(scratch, "net-log.json");
    char *net_log = memory_format("--log-net-log=%s", browser->net_log);
    const char *words[] = {"unshare",
                           "--user",
                           "--map-root-user",
                           "--net",
                           "chromium",
                           "--headless",
                           "--no-sandbox",
                           "--disable-gpu",
                           "--disable-quic",
                           "--no-first-run",
                           "--disable-background-networking",
                           "--disable-component-update",
                           "--disable-default-apps",
                           "--disable-sync",
                           "--disable-dev-shm-usage",
                           "--hide-scrollbars",
                           "--remote-debugging-pipe",
                           profile,
                           net_log,
                           "about:blank",
                           NULL};
    start_browser(browser, offline ? words : words + 4);
    free(profile);
    free(net_log);
}

static void set_view(LiveBrowser *browser, const LiveView *view) {
    tell(browser, "Emulation.setDeviceMetricsOverride",
         "{\"width\": %d, \"height\": %d, \"deviceScaleFactor\": 1, \"mobile\": %s}",
         view->width > 0 ? view->width : 1280, view->height > 0 ? view->height : 900,
         view->touch ? "true" : "false");
    tell(browser, "Emulation.setTouchEmulationEnabled", "{\"enabled\": %s, \"maxTouchPoints\": 1}",
         view->touch ? "true" : "false");
    tell(browser, "Emulation.setEmulatedMedia",
         "{\"features\": [{\"name\": \"prefers-color-scheme\", \"value\": \"%s\"}, "
         "{\"name\": \"prefers-reduced-motion\", \"value\": \"%s\"}]}",
         view->dark ? "dark" : "light", view->reduced_motion ? "reduce" : "no-preference");
}

static void attach(LiveBrowser *browser) {
    cJSON *made = ask(browser, "Target.createTarget", cJSON_Parse("{\"url\": \"about:blank\"}"));
    cJSON *wanted = cJSON_CreateObject();
    cJSON_AddStringToObject(wanted, "targetId", text_of(made, "targetId"));
    cJSON_AddTrueToObject(wanted, "flatten");
    cJSON *attached = ask(browser, "Target.attachToTarget", wanted);
    browser->session = memory_text(text_of(attached, "sessionId"));
    cJSON_Delete(made);
    cJSON_Delete(attached);
    static const char *const domains[] = {"Runtime.enable", "Log.enable", "Page.enable"};
    for (size_t i = 0; i < sizeof domains / sizeof domains[0]; i++) {
        tell(browser, domains[i], "{}");
    }
    tell(browser, "Runtime.addBinding", "{\"name\": \"askForInput\"}");
}

/* By way of an empty one, since an address that differs in its fragment only is the same page. */
void live_browser_visit(LiveBrowser *browser, const char *page) {
    const time_t until = time(NULL) + ANSWER_SECONDS;
    browser->there = browser->loaded = false;
    tell(browser, "Page.navigate", "{\"url\": \"about:blank\"}");
    tell(browser, "Page.navigate", "{\"url\": \"file://%s\"}", page);
    while (!browser->loaded) {
        cJSON *message = next_message(browser, until);
        take_event(browser, message);
        cJSON_Delete(message);
    }
}

LiveBrowser *live_browser_open(const char *scratch, const char *page, const LiveView *view) {
    browser_need();
    if (view->offline && system("unshare --user --map-root-user --net true 2>/dev/null") != 0) {
        cr_skip_test("there are no network namespaces here");
    }
    LiveBrowser *browser = memory_new(1, sizeof *browser);
    *browser = (LiveBrowser){.asked = cJSON_CreateArray()};
    text_add(&browser->complaints, "");
    start(browser, scratch, view->offline);
    attach(browser);
    set_view(browser, view);
    live_browser_visit(browser, page);
    return browser;
}

/* Scripts ------------------------------------------------------------------------------------ */

/* Before each script. What is asked for is answered when the browser has done it. */
static const char prelude[] =
    "const sleep = (ms) => new Promise((done) => setTimeout(done, ms));\n"
    "const until = async (holds) => {\n"
    "  for (let i = 0; i < 1200; i++) { if (await holds()) return; await sleep(50); }\n"
    "  throw new Error(`not within a minute: ${holds}`);\n"
    "};\n"
    "window.inputDone = window.inputDone || [];\n"
    "const input = (method, params) => new Promise((done) => {\n"
    "  askForInput(JSON.stringify({ method, params, number: window.inputDone.push(done) - 1 }));\n"
    "});\n"
    "window.inputHeld = window.inputHeld || 0;\n"
    "const mouse = (what, x, y, { count = 1 } = {}) => {\n"
    "  if (what !== 'move') window.inputHeld = what === 'down' ? 1 : 0;\n"
    "  const type = { move: 'mouseMoved', down: 'mousePressed', up: 'mouseReleased' }[what];\n"
    "  return input('Input.dispatchMouseEvent', { type, x, y, clickCount: count,\n"
    "    button: what === 'move' && !window.inputHeld ? 'none' : 'left',\n"
    "    buttons: window.inputHeld });\n"
    "};\n"
    "const touch = (what, x, y) => input('Input.dispatchTouchEvent', {\n"
    "  type: { start: 'touchStart', move: 'touchMove', end: 'touchEnd' }[what],\n"
    "  touchPoints: what === 'end' ? [] : [{ x, y }] });\n"
    "const keyCodes = { Tab: 9, Enter: 13, Escape: 27, ' ': 32, PageUp: 33, PageDown: 34,\n"
    "  End: 35, Home: 36, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40,\n"
    "  Delete: 46, Backspace: 8 };\n"
    "const key = async (name, { shift = false } = {}) => {\n"
    "  const text = name === 'Enter' ? '\\r' : name.length === 1 ? name : '';\n"
    "  const all = { key: name, modifiers: shift ? 8 : 0,\n"
    "    windowsVirtualKeyCode: keyCodes[name] || name.toUpperCase().charCodeAt(0) };\n"
    "  await input('Input.dispatchKeyEvent',\n"
    "    { ...all, type: text ? 'keyDown' : 'rawKeyDown', text });\n"
    "  await input('Input.dispatchKeyEvent', { ...all, type: 'keyUp' });\n"
    "};\n"
    "const drop = async (name, content) => {\n"
    "  const dataTransfer = new DataTransfer();\n"
    "  dataTransfer.items.add(new File([content], name));\n"
    "  for (const type of ['dragenter', 'dragover', 'drop']) document.body.dispatchEvent(\n"
    "    new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));\n"
    "};\n";

static void give_input(LiveBrowser *browser) {
    while (cJSON_GetArraySize(browser->asked) > 0) {
        cJSON *wish = cJSON_DetachItemFromArray(browser->asked, 0);
        cJSON *parameters = cJSON_DetachItemFromObject(wish, "params");
        cJSON_Delete(ask(browser, text_of(wish, "method"), parameters));
        tell(browser, "Runtime.evaluate", "{\"expression\": \"inputDone[%d]()\"}",
             (int)part_of(wish, "number")->valuedouble);
        cJSON_Delete(wish);
    }
}

cJSON *live_browser_run(LiveBrowser *browser, const char *script) {
    char *expression = memory_format("(async () => {\n%s{\n%s\n}\n})()", prelude, script);
    cJSON *parameters = cJSON_CreateObject();
    cJSON_AddStringToObject(parameters, "expression", expression);
    cJSON_AddTrueToObject(parameters, "awaitPromise");
    cJSON_AddTrueToObject(parameters, "returnByValue");
    browser->script = send_command(browser, "Runtime.evaluate", parameters);
    free(expression);
    const time_t until = time(NULL) + ANSWER_SECONDS;
    while (browser->said == NULL) {
        answer_or_event(browser, 0, until);
        give_input(browser);
    }
    cJSON *answer = browser->said;
    browser->said = NULL;
    Text thrown = {0};
    if (part_of(answer, "exceptionDetails") != NULL) {
        take_exception(&thrown, part_of(answer, "exceptionDetails"));
        cr_assert_fail("the script threw %s\ncomplaints: %s", thrown.text,
                       live_browser_complaints(browser));
    }
    cJSON *value =
        cJSON_DetachItemFromObject(cJSON_GetObjectItemCaseSensitive(answer, "result"), "value");
    cJSON_Delete(answer);
    return value != NULL ? value : cJSON_CreateNull();
}

const char *live_browser_complaints(const LiveBrowser *browser) {
    return browser->complaints.text;
}

/* The end ------------------------------------------------------------------------------------ */

/* Of what the browser wrote of its network, an event a line: what was asked for by an origin, as a
 * page and its workers are; what the browser asks for itself has none. */
static char *requests_told(const char *net_log) {
    char *text = file_bytes(net_log, NULL), *rest;
    cr_assert_not_null(text, "the browser wrote nothing of its network");
    Text found = {0};
    text_add(&found, "");
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        const char *by = strstr(line, "\"initiator\":\""), *url = strstr(line, "\"url\":\"");
        if (by == NULL || url == NULL || strstr(by, ":\"not an origin\"") != NULL) {
            continue;
        }
        url += strlen("\"url\":\"");
        text_addf(&found, "%.*s\n", (int)strcspn(url, "\""), url);
    }
    free(text);
    return text_take(&found);
}

char *live_browser_close(LiveBrowser *browser) {
    free(browser->session);
    browser->session = NULL;
    send_command(browser, "Browser.close", NULL);
    const struct timespec pause = {.tv_nsec = 10000000};
    const time_t until = time(NULL) + 30;
    while (waitpid(browser->process, NULL, WNOHANG) == 0) {
        if (time(NULL) > until) {
            kill(-browser->process, SIGKILL);
        }
        nanosleep(&pause, NULL);
    }
    kill(-browser->process, SIGKILL); /* its helpers, if any are left */
    char *requests = requests_told(browser->net_log);
    close(browser->commands);
    close(browser->answers);
    free(browser->net_log);
    free(browser->read);
    text_clear(&browser->complaints);
    cJSON_Delete(browser->asked);
    free(browser);
    return requests;
}

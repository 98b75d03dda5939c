// SPDX-License-Identifier: GPL-3.0-or-later
/* The playground: what play puts into its page, what it refuses, and how the page is used. Where
 * the page itself runs, the module is the one beside the program (make playground); else any will
 * do. */
#include "base/memory.h"
#include "base/text.h"
#include "support/browser.h"
#include "support/live_browser.h"
#include "support/program.h"

#include <cJSON.h>
#include <criterion/criterion.h>
#include <glob.h>
#include <nettle/base64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { PAGE_MOST = 1200000 };

static char *scratch;

static void set_up(void) {
    scratch = scratch_make();
}

static void tear_down(void) {
    scratch_remove(scratch);
}

TestSuite(play, .init = set_up, .fini = tear_down, .timeout = 600);

/* Places ------------------------------------------------------------------------------------- */

/* The program alone in a folder; with something in the module's place unless `module` is NULL. */
static char *program_in(const char *folder, const char *module) {
    size_t length;
    char *bytes = file_bytes(getenv("ASIM_BINARY"), &length);
    cr_assert_not_null(bytes, "ASIM_BINARY names no program");
    char *name = memory_format("%s/autoscale-sim", folder), *where = scratch_path(scratch, folder);
    mkdir(where, 0777);
    char *program = scratch_write(scratch, name, bytes, length);
    chmod(program, 0755);
    if (module != NULL) {
        char *place = memory_format("%s/playground.wasm.gz", folder);
        free(scratch_text(scratch, place, module));
        free(place);
    }
    free(where);
    free(name);
    free(bytes);
    return program;
}

static ProgramResult play_by(const char *program, const char *scenario) {
    const ProgramPlace place = {.folder = scratch, .program = program};
    return RUN_IN(place, "play", scenario, "--out", "page.html");
}

/* Of page.html, the JSON of its element `data`. */
static cJSON *page_data(const char *page) {
    static const char begin[] = "<script type=\"application/json\" id=\"data\">";
    const char *at = strstr(page, begin);
    cr_assert_not_null(at);
    cJSON *data = cJSON_Parse(at + strlen(begin));
    cr_assert_not_null(data);
    return data;
}

/* Of base64 of what gzip made; owned by the caller. */
static char *unpacked(const char *text) {
    enum { ROOM = 1 << 20 };
    struct base64_decode_ctx decoder;
    size_t length = BASE64_DECODE_LENGTH(strlen(text));
    unsigned char *packed = memory_new(length, 1);
    base64_decode_init(&decoder);
    cr_assert(base64_decode_update(&decoder, &length, packed, strlen(text), text));
    char *plain = memory_new(ROOM, 1);
    z_stream stream = {.next_in = packed,
                       .avail_in = (uInt)length,
                       .next_out = (Bytef *)plain,
                       .avail_out = ROOM - 1};
    cr_assert_eq(inflateInit2(&stream, 31), Z_OK);
    cr_assert_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
    inflateEnd(&stream);
    free(packed);
    return plain;
}

/* The texts that a page's scenarios read, by their names. */
static cJSON *page_texts(const cJSON *data) {
    char *both = unpacked(cJSON_GetObjectItem(data, "packed")->valuestring);
    cJSON *tree = cJSON_Parse(both);
    cJSON *texts = cJSON_DetachItemFromObject(tree, "texts");
    cr_assert_not_null(texts);
    cJSON_Delete(tree);
    free(both);
    return texts;
}

static const char scenario_of_a_log[] =
    "{\"deployments\": {\"chat\": {\"model\": \"llama-v3p1-8b-instruct\", \"traffic\": [{\"type\": "
    "\"trace\", \"file\": \"../logs/day.csv\"}]}}}";

static void write_log(size_t rows) {
    Text text = {0};
    unsigned state = 1;
    text_add(&text, "TIMESTAMP,ContextTokens,GeneratedTokens\n");
    for (size_t i = 0; i < rows; i++) {
        state = state * 1664525 + 1013904223;
        text_addf(&text, "2026-11-16 %02zu:%02zu:%02zu.%07u,%u,%u\n", i / 14400 % 24, i / 240 % 60,
                  i / 4 % 60, (unsigned)(i % 4 * 2500000 + state % 2400000),
                  1 + (state >> 8) % 9000, 1 + (state >> 20) % 900);
    }
    free(scratch_text(scratch, "logs/day.csv", text.text));
    text_clear(&text);
}

static void make_folder(const char *name) {
    char *path = scratch_path(scratch, name);
    mkdir(path, 0777);
    free(path);
}

static void write_scenario(size_t rows) {
    make_folder("mine");
    make_folder("logs");
    free(scratch_text(scratch, "mine/day.json", scenario_of_a_log));
    write_log(rows);
}

static char *read_page(void) {
    char *path = scratch_path(scratch, "page.html"), *page = file_bytes(path, NULL);
    cr_assert_not_null(page);
    free(path);
    return page;
}

/* What is written ---------------------------------------------------------------------------- */

Test(play, a_scenario_has_its_log_with_it_and_no_more_of_the_machine) {
    browser_need_dygraphs();
    write_scenario(40);
    char *program = program_in("bin", "any");
    ProgramResult result = play_by(program, "mine/day.json");
    cr_assert_eq(result.status, 0, "%s", result.errors);
    char *page = read_page();
    cr_assert_null(strstr(page, scratch), "the page tells where it was made");
    cJSON *data = page_data(page);
    cJSON *texts = page_texts(data);
    char *path = scratch_path(scratch, "logs/day.csv"), *log = file_bytes(path, NULL);
    cr_assert_not_null(cJSON_GetObjectItemCaseSensitive(texts, "mine/day.json"));
    cr_assert_str_eq(cJSON_GetObjectItemCaseSensitive(texts, "logs/day.csv")->valuestring, log);
    cJSON_Delete(texts);
    free(log);
    free(path);
    const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItem(data, "scenarios"), 0);
    cr_assert_str_eq(cJSON_GetArrayItem(cJSON_GetObjectItem(first, "reads"), 0)->valuestring,
                     "logs/day.csv");
    cJSON_Delete(data);
    free(page);
    program_clear(&result);
    free(program);
}

Test(play, nothing_can_be_fetched_and_only_its_scripts_run) {
    browser_need_dygraphs();
    write_scenario(4);
    char *program = program_in("bin", "any");
    ProgramResult result = play_by(program, "mine/day.json");
    cr_assert_eq(result.status, 0, "%s", result.errors);
    char *page = read_page();
    const char *policy = strstr(page, "content=\"default-src 'none'; ");
    cr_assert_not_null(policy);
    char *said = memory_text_n(policy, strcspn(policy + 9, "\"") + 9);
    cr_assert_not_null(strstr(said, "worker-src blob:; script-src 'sha256-"), "%s", said);
    cr_assert_not_null(strstr(said, " 'wasm-unsafe-eval'"), "%s", said);
    cr_assert_null(strstr(said, "connect-src"), "%s", said);
    cr_assert_null(strstr(said, "script-src 'unsafe-inline'"), "%s", said);
    cr_assert_null(strstr(said, "http"), "%s", said);
    free(said);
    free(page);
    program_clear(&result);
    free(program);
}

static void expect_refused(const char *program, const char *with) {
    ProgramResult result = play_by(program, "mine/day.json");
    cr_assert_eq(result.status, 2, "%s", result.errors);
    cr_assert_not_null(strstr(result.errors, with), "%s", result.errors);
    char *page = scratch_path(scratch, "page.html");
    cr_assert_neq(access(page, F_OK), 0, "something was written");
    free(page);
    program_clear(&result);
}

Test(play, without_a_module_what_makes_it_is_told) {
    browser_need_dygraphs();
    write_scenario(4);
    char *program = program_in("bin", NULL);
    expect_refused(program, "make playground");
    free(program);
}

Test(play, a_log_that_is_too_large_is_refused) {
    browser_need_dygraphs();
    write_scenario(300000);
    char *program = program_in("bin", "any");
    expect_refused(program, "expected at most 2 MB");
    free(program);
}

/* Scripts of a page share their names: of two functions of one name the latter would take both
 * places, and a constant end the page. */
static void expect_own_names(const glob_t *scripts, const char *const without[]) {
    TextList names = {0};
    for (size_t i = 0; i < scripts->gl_pathc; i++) {
        bool counts = true;
        for (size_t k = 0; without[k] != NULL; k++) {
            counts = counts && strstr(scripts->gl_pathv[i], without[k]) == NULL;
        }
        char *script = file_bytes(scripts->gl_pathv[i], NULL), *rest;
        for (char *line = counts ? strtok_r(script, "\n", &rest) : NULL; line != NULL;
             line = strtok_r(NULL, "\n", &rest)) {
            char kind[16], name[64];
            line += strncmp(line, "async ", 6) == 0 ? 6 : 0;
            if (sscanf(line, "%15[a-z] %63[A-Za-z0-9_]", kind, name) == 2 &&
                (!strcmp(kind, "function") || !strcmp(kind, "const") || !strcmp(kind, "class"))) {
                const size_t before = names.count;
                cr_expect_eq(text_list_place(&names, name), before, "%s: %s is taken",
                             scripts->gl_pathv[i], name);
            }
        }
        free(script);
    }
    cr_assert_gt(names.count, 90);
    text_list_clear(&names);
}

Test(play, no_name_of_its_scripts_is_taken_twice) {
    glob_t found;
    cr_assert_eq(glob("src/output/page/*.js", 0, NULL, &found), 0);
    expect_own_names(&found, (const char *const[]){NULL});
    cr_assert_eq(glob("src/output/play/*.js", GLOB_APPEND, NULL, &found), 0);
    expect_own_names(&found, (const char *const[]){"page/sweep.js", "page/start.js", "play/wasi.js",
                                                   "play/worker.js", "play/loader.js", NULL});
    globfree(&found);
}

/* How it is used ----------------------------------------------------------------------------- */

/* By the program and its module; the path of the page, owned by the caller. */
static char *make_page(const char *scenario) {
    const char *binary = getenv("ASIM_BINARY");
    char *module =
        memory_format("%.*s/playground.wasm.gz", (int)(strrchr(binary, '/') - binary), binary);
    if (access(module, R_OK) != 0) {
        cr_skip_test("no %s: make playground builds it", module);
    }
    free(module);
    browser_need();
    char *page = scratch_path(scratch, "page.html");
    ProgramResult result =
        scenario != NULL ? RUN("play", scenario, "--out", page) : RUN("play", "--out", page);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    program_clear(&result);
    return page;
}

static char *run_text(LiveBrowser *browser, const char *script) {
    cJSON *said = live_browser_run(browser, script);
    char *text = memory_text(cJSON_IsString(said) ? said->valuestring : "no text");
    cJSON_Delete(said);
    return text;
}

static void expect_said(LiveBrowser *browser, const char *script, const char *expected) {
    char *text = run_text(browser, script);
    cr_expect_str_eq(text, expected);
    free(text);
}

static void expect_quiet_end(LiveBrowser *browser) {
    cr_expect_str_empty(live_browser_complaints(browser));
    char *requests = live_browser_close(browser);
    cr_expect_str_empty(requests);
    free(requests);
}

#define READY "await until(() => document.documentElement.dataset.ready);\n"
/* Until what follows has been run and drawn. */
#define DRAWN(change)                                                                              \
    "{ const before = play.measured.length; " change                                               \
    " await until(() => play.measured.length > before); }\n"
#define SLIDER "document.querySelector('#option-deployments-chat-autoscaling-min_replica_count')"

Test(play, a_slider_moves_and_the_figures_differ_from_what_is_pinned) {
    char *page = make_page(NULL);
    LiveBrowser *browser = live_browser_open(scratch, page, &(LiveView){0});
    expect_said(
        browser,
        READY
        "document.getElementById('pin').click();\n"
        "await until(() => play.baseline);\n"
        "const slider = " SLIDER ".parentNode.querySelector('[type=range]');\n"
        "slider.focus();\n" DRAWN(
            "await key('ArrowRight');") "const cost = document.querySelector('.headline div');\n"
                                        "const figure = (name) => figuresOf(play.result, "
                                        "'chat')(name);\n"
                                        "const before = figuresOf(play.baseline, "
                                        "'chat')('total_usd');\n"
                                        "const change = figure('total_usd') - before;\n"
                                        "return "
                                        "[play.headline.cells.get('time_at_zero_s').difference."
                                        "className, "
                                        "play.state.changes['deployments.chat.autoscaling.min_"
                                        "replica_count'],"
                                        " change > 0, "
                                        "cost.textContent.includes(differenceText('usd', change)),"
                                        " cost.querySelector('.worse') !== null].join();",
        "difference,1,true,true,true");
    expect_said(browser,
                DRAWN("document.getElementById('undo').click();") "return " SLIDER ".value;", "0");
    expect_quiet_end(browser);
    free(page);
}

Test(play, what_is_shared_opens_as_it_was) {
    char *page = make_page(NULL);
    LiveBrowser *browser = live_browser_open(scratch, page, &(LiveView){0});
    char *state = run_text(
        browser,
        READY DRAWN("play.state.changeAll({'deployments.chat.autoscaling.scale_down_window'"
                    ": '3m', 'seed': '7'});") "[...document.querySelectorAll('button')].find((one) "
                                              "=> one.textContent === "
                                              "'Share').click();\n"
                                              "await until(() => location.hash.length > 10);\n"
                                              "return location.hash + ' ' + figuresOf(play.result, "
                                              "'chat')('total_usd');");
    char *cost = strchr(state, ' ');
    cr_assert_not_null(cost);
    *cost++ = '\0';
    char *address = memory_format("%s%s", page, state);
    live_browser_visit(browser, address);
    expect_said(browser, READY "return String(figuresOf(play.result, 'chat')('total_usd'));", cost);
    expect_said(browser, "return JSON.stringify(play.state.changes);",
                "{\"deployments.chat.autoscaling.scale_down_window\":\"3m\",\"seed\":\"7\"}");
    free(address);
    free(state);
    expect_quiet_end(browser);
    free(page);
}

Test(play, a_mistake_is_told_at_its_control_in_the_program_s_words) {
    char *page = make_page(NULL);
    const LiveView phone = {.width = 390, .height = 844, .touch = true};
    LiveBrowser *browser = live_browser_open(scratch, page, &phone);
    expect_said(browser,
                READY "const field = " SLIDER ";\n"
                      "field.value = 'many'; field.dispatchEvent(new Event('change'));\n"
                      "const error = field.parentNode.querySelector('.error');\n"
                      "await until(() => !error.hidden);\n"
                      "return error.textContent + (document.documentElement.scrollWidth <= 390);",
                "found \"many\", expected a whole number from 0 to 100000true");
    expect_quiet_end(browser);
    free(page);
}

/* The scenario as exported, run by the program, beside the files of the page. */
static void expect_same_files(LiveBrowser *browser) {
    static const char *const names[] = {"summary.csv", "timeseries.csv", "events.csv"};
    char *scenario = run_text(browser, "return scenarioToTake(play.result, play);");
    free(scratch_text(scratch, "exported.json", scenario));
    const ProgramPlace place = {.folder = scratch};
    ProgramResult result = RUN_IN(place, "run", "exported.json", "--out", "out", "--quiet");
    cr_assert_eq(result.status, 0, "%s", result.errors);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *script = memory_format("return play.result.files['%s'];", names[i]);
        char *ours = run_text(browser, script), *path = memory_format("out/%s", names[i]);
        char *whole = scratch_path(scratch, path), *theirs = file_bytes(whole, NULL);
        cr_assert_not_null(theirs);
        cr_expect(strcmp(ours, theirs) == 0, "%s differs", names[i]);
        free(theirs);
        free(whole);
        free(path);
        free(ours);
        free(script);
    }
    program_clear(&result);
    free(scenario);
}

Test(play, exported_it_is_the_program_s_to_the_byte) {
    write_scenario(200);
    char *scenario = scratch_path(scratch, "mine/day.json"), *page = make_page(scenario);
    LiveBrowser *browser = live_browser_open(scratch, page, &(LiveView){0});
    expect_said(browser,
                READY DRAWN("play.state.change('deployments.chat.autoscaling.max_replica_count', 2"
                            ");") "return String(figuresOf(play.result, 'chat')('requests'));",
                "200");
    expect_same_files(browser);
    expect_quiet_end(browser);
    free(page);
    free(scenario);
}

/* Recorded, not asserted. */
Test(play, how_soon_it_redraws) {
    char *page = make_page(NULL);
    struct stat status;
    cr_assert_eq(stat(page, &status), 0);
    cr_expect_leq(status.st_size, PAGE_MOST, "%lld bytes", (long long)status.st_size);
    LiveBrowser *browser = live_browser_open(scratch, page, &(LiveView){0});
    char *times =
        run_text(browser, READY "const told = [`ready after "
                                "${document.documentElement.dataset.ready} ms`];\n"
                                "for (const scenario of ['demo.json', 'cost-optimization.json']) "
                                "{\n" DRAWN("play.state.set({ scenario, changes: { seed: '2' } "
                                            "});") "play.measured.length = 0;\n"
                                                   "for (let i = 1; i <= 9; i++) {\n" DRAWN(
                                                       "play.state.change('deployments.chat."
                                                       "autoscaling.scale_down_window', i + "
                                                       "'m');") "}\n"
                                                                "const sorted = "
                                                                "[...play.measured].sort((a, b) "
                                                                "=> a - b);\n"
                                                                "told.push(`${scenario} "
                                                                "${Math.round(sorted[4])} "
                                                                "ms`);\n}\n"
                                                                "return told.join(', ');");
    fprintf(stderr, "playground: %lld bytes, %s\n", (long long)status.st_size, times);
    free(times);
    expect_quiet_end(browser);
    free(page);
}

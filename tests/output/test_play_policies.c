// SPDX-License-Identifier: GPL-3.0-or-later
/* Policies in the playground: side by side, with replications, and written there in Lua. Against
 * the program as it is outside of the page. */
#include "cli/cli_checks.h"
#include "support/live_browser.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define DEMO "scenarios/demo.json"

static char *scratch, *out, *page;
static LiveBrowser *browser;

static void set_up(void) {
    scratch = scratch_make();
    out = scratch_path(scratch, "out");
    page = scratch_path(scratch, "playground.html");
}

static void tear_down(void) {
    free(page);
    free(out);
    scratch_remove(scratch);
}

TestSuite(play_policies, .init = set_up, .fini = tear_down, .timeout = 300);

/* What every script begins with. change: does something, and waits for the run that follows. */
#define SCRIPT(...)                                                                                \
    "await until(() => document.documentElement.dataset.ready);"                                   \
    "const $ = (selector) => document.querySelector(selector);"                                    \
    "const change = async (press) => { const old = play.result; await press();"                    \
    "  await until(() => play.result !== old); };"                                                 \
    "const add = (what) => change(() => { $('#panel-rivals select').value = what;"                 \
    "  $('#add-rival').click(); });"                                                               \
    "const files = (result) => [result.files['summary.csv'], result.files['timeseries.csv']];"     \
    "const policy = (result) => result.scenario.deployments.chat.policy;" __VA_ARGS__

/* Skips the test where there is no program for the page. */
static void open_page(const LiveView *view) {
    ProgramResult result = RUN("play", "--out", page, "--quiet");
    if (result.status != 0 && strstr(result.errors, "make playground") != NULL) {
        program_clear(&result);
        cr_skip_test("make playground has not been made");
    }
    expect_done(result);
    browser = live_browser_open(scratch, page, view);
}

static void close_page(void) {
    cr_expect_str_empty(live_browser_complaints(browser));
    char *asked = live_browser_close(browser);
    cr_expect_str_empty(asked);
    free(asked);
}

static const char *said(const cJSON *object, const char *name) {
    const cJSON *text = cJSON_GetObjectItem(object, name);
    cr_assert(cJSON_IsString(text), "%s", name);
    return text->valuestring;
}

/* [summary.csv, timeseries.csv] of the page are those of a run's folder. */
static void expect_same_run(const cJSON *object, const char *name, const char *folder) {
    static const char *const files[] = {"summary.csv", "timeseries.csv"};
    for (int i = 0; i < 2; i++) {
        char *text = folder_file_bytes(folder, files[i], NULL);
        const cJSON *own = cJSON_GetArrayItem(cJSON_GetObjectItem(object, name), i);
        cr_assert(cJSON_IsString(own), "%s", name);
        cr_expect(strcmp(text, own->valuestring) == 0, "%s of %s differs", files[i], name);
        free(text);
    }
}

Test(play_policies, side_by_side) {
    open_page(&(LiveView){0});
    cJSON *result = live_browser_run(
        browser,
        SCRIPT("$('#tab-rivals').click(); const [told, first] = [{}, play.result];"
               "await add('--policy hpa'); await add('--preset performance'); await add('');"
               "const [hpa, performance, copy] = play.result.rivals;"
               "Object.assign(told, {first: files(first), hpa: files(hpa),"
               "  performance: files(performance), copy: files(copy),"
               "  full: $('#add-rival').disabled, figures: $('.side').innerText,"
               "  labels: [...document.querySelectorAll('.rival .tools input')]"
               "    .map(({value}) => value).join()});"
               "await change(() => play.state.change('duration', '12h'));"
               "told.durations = [play.result, ...play.result.rivals]"
               "  .map(({scenario}) => scenario.duration).join();"
               "await change(() => document.querySelectorAll('.rival button')[0].click());"
               "told.swapped = `${policy(play.result)},${policy(play.result.rivals[0])}`;"
               "const name = $('.rival input'); name.value = 'mine';"
               "name.dispatchEvent(new Event('change')); told.renamed = play.state.view.first;"
               "await change(() => document.querySelectorAll('.rival button')[1].click());"
               "told.left = play.state.rivals.length;"
               "await change(() => play.state.undo()); told.again = play.state.rivals.length;"
               "return told;"));
    expect_done(RUN("compare", DEMO, "--policy", "fireworks,hpa", "--replications", "1", "--out",
                    out, "--quiet"));
    char *fireworks = scratch_path(out, "fireworks"), *hpa = scratch_path(out, "hpa");
    expect_same_run(result, "first", fireworks);
    expect_same_run(result, "copy", fireworks);
    expect_same_run(result, "hpa", hpa);
    expect_done(RUN("run", DEMO, "--preset", "performance", "--out", out, "--force", "--quiet"));
    expect_same_run(result, "performance", out);
    cr_expect_str_eq(said(result, "labels"), "fireworks,hpa,performance,fireworks as it was");
    cr_expect_not_null(strstr(said(result, "figures"), "$378.51"), "%s", said(result, "figures"));
    cr_expect(cJSON_IsTrue(cJSON_GetObjectItem(result, "full")));
    cr_expect_str_eq(said(result, "durations"), "12h,12h,12h,12h");
    cr_expect_str_eq(said(result, "swapped"), "hpa,fireworks");
    cr_expect_str_eq(said(result, "renamed"), "mine");
    cr_expect_eq(cJSON_GetObjectItem(result, "left")->valueint, 2);
    cr_expect_eq(cJSON_GetObjectItem(result, "again")->valueint, 3);
    cJSON_Delete(result);
    free(fireworks);
    free(hpa);
    close_page();
}

/* What is wrong with one is told there, and the others run on. */
Test(play_policies, a_rival_with_a_mistake) {
    open_page(&(LiveView){0});
    cJSON *result = live_browser_run(
        browser, SCRIPT("$('#tab-rivals').click(); const told = {}; await add('');"
                        "const box = [...document.querySelectorAll('.rival label')]"
                        "  .find((label) => label.textContent.startsWith('scale down window'))"
                        "  .querySelector('input');"
                        "box.value = '5 parsecs'; await change(() =>"
                        "  box.dispatchEvent(new Event('change')));"
                        "told.error = $('.rival .error:not([hidden])').textContent;"
                        "told.status = String(play.result.status);"
                        "box.value = '2m'; await change(() =>"
                        "  box.dispatchEvent(new Event('change')));"
                        "told.mended = String($('.rival .error:not([hidden])'));"
                        "told.window = play.result.rivals[0].scenario.deployments.chat"
                        "  .autoscaling.scale_down_window;"
                        "await add('--policy dynamo').catch(() => null); return told;"));
    cr_expect_not_null(strstr(said(result, "error"), "5 parsecs"), "%s", said(result, "error"));
    cr_expect_str_eq(said(result, "status"), "0");
    cr_expect_str_eq(said(result, "mended"), "null");
    cr_expect_str_eq(said(result, "window"), "2m");
    cJSON_Delete(result);
    close_page();
}

/* The file of a column as the page had it, beside the other. */
static char *write_column(const cJSON *columns, int i) {
    const cJSON *column = cJSON_GetArrayItem(columns, i);
    return scratch_text(scratch, said(column, "name"), said(column, "text"));
}

/* Means and intervals are written as compare writes them. */
static void expect_told_by_compare(const cJSON *means, const char *one, const char *other) {
    ProgramResult result = RUN("compare", one, other, "--replications", "5");
    int count = 0;
    const cJSON *mean;
    cJSON_ArrayForEach (mean, means) {
        const bool has_interval = strstr(mean->valuestring, " ± ") != NULL;
        cr_expect(!has_interval || strstr(result.output, mean->valuestring) != NULL,
                  "%s is not in %s", mean->valuestring, result.output);
        count += has_interval;
    }
    cr_expect_gt(count, 10);
    program_clear(&result);
}

Test(play_policies, replications_are_those_of_compare) {
    open_page(&(LiveView){0});
    cJSON *result = live_browser_run(
        browser,
        SCRIPT("$('#tab-rivals').click(); await add('--policy ray_serve');"
               "const { replications } = play; await until(() => replications.runs);"
               "const { runs, answer } = replications;"
               "const told = {count: String(runs.count), statistics: "
               "answer.files['compared/statistics.csv'],"
               "  verdict: $('.rival .said:not(:empty)').textContent, means: "
               "  [...document.querySelectorAll('.side td[data-run]')].map((cell) =>"
               "    cell.firstChild.textContent),"
               "  head: $('.headline').innerText, verdicts: answer.files['compared/verdict.json'],"
               "  columns: [play.result, ...play.result.rivals].map(({scenario}, i) =>"
               "    ({name: `${runs.names[i]}.json`, text: JSON.stringify(scenario)}))};"
               "await change(() => play.state.change('seed', 2));"
               "told.cancelled = String(replications.runs);"
               "$('#pin').click(); await until(() => play.baseline);"
               "await change(() => play.state.change("
               "  'deployments.chat.autoscaling.max_replica_count', 2));"
               "await until(() => replications.pinned); told.pinned = $('.headline').innerText;"
               "return told;"));
    const cJSON *columns = cJSON_GetObjectItem(result, "columns");
    char *one = write_column(columns, 0), *other = write_column(columns, 1);
    expect_done(RUN("compare", one, other, "--replications", said(result, "count"), "--out", out,
                    "--quiet"));
    char *statistics = folder_file_bytes(out, "statistics.csv", NULL);
    char *verdicts = folder_file_bytes(out, "verdict.json", NULL);
    cr_expect_str_eq(statistics, said(result, "statistics"));
    cr_expect_str_eq(verdicts, said(result, "verdicts"));
    cr_expect_not_null(strstr(verdicts, said(result, "verdict")));
    expect_told_by_compare(cJSON_GetObjectItem(result, "means"), one, other);
    cr_expect_not_null(strstr(said(result, "head"), "mean $"));
    cr_expect_str_eq(said(result, "cancelled"), "null");
    cr_expect_not_null(strstr(said(result, "pinned"), "no difference shown"), "%s",
                       said(result, "pinned"));
    free(statistics);
    free(verdicts);
    free(one);
    free(other);
    cJSON_Delete(result);
    close_page();
}

#define COPIED                                                                                     \
    "$('#tab-lua').click(); const box = $('#panel-lua textarea'), told = {};"                      \
    "await change(() => $('#script-begin').click());"                                              \
    "const type = (from, to) => { box.value = box.value.replace(from, to);"                        \
    "  box.dispatchEvent(new Event('input')); };"

Test(play_policies, a_script_runs_while_it_is_typed) {
    open_page(&(LiveView){0});
    cJSON *result = live_browser_run(
        browser,
        SCRIPT("const first = files(play.result);" COPIED
               "told.same = String(first.join() === files(play.result).join());"
               "await change(() => type('math.max(1, options', 'math.max(2, options'));"
               "told.changed = String(first.join() === files(play.result).join());"
               "told.script = box.value; told.files = files(play.result);"
               "told.changes = JSON.stringify(play.state.changes);"
               "type('observation.running > 0', 'observation.runing > 0');"
               "await until(() => $('#script-told').className === 'error');"
               "told.error = $('#script-told').textContent;"
               "const line = Number($('.numbers .wrong').textContent);"
               "told.line = box.value.split('\\n')[line - 1]; told.kept = files(play.result);"
               "type('observation.runing > 0', 'observation.running + > 0');"
               "await until(() => $('#script-told').textContent.includes('unexpected symbol'));"
               "await change(() => type('running + >', 'running >'));"
               "told.mended = $('#script-told').textContent;"
               "const option = [...document.querySelectorAll('.script-options label')]"
               "  .find((label) => label.textContent.includes('scale_down_window'))"
               "  .querySelector('input'); option.value = '60';"
               "await change(() => option.dispatchEvent(new Event('change')));"
               "told.option = JSON.stringify(policy(play.result).scale_down_window);"
               "told.address = await stateText(play.state);"
               "const took = async (state) => { const all = []; for (let i = 0; i < 5; i++) {"
               "  const command = ['run', ...scenarioArguments(state), '--quiet'];"
               "  all.push((await play.engine.background(command, scenarioFiles(state), []))"
               "    .milliseconds); } return Math.min(...all); };"
               "told.us = (await took(play.state) - await took({...play.state, changes: {}}))"
               "  / 17.28; return told;"));
    cr_log_info("a decision of the copy of fireworks takes %.1f us more in the page\n",
                cJSON_GetObjectItem(result, "us")->valuedouble);
    cr_expect_str_eq(said(result, "same"), "true");
    cr_expect_str_eq(said(result, "changed"), "false");
    cr_expect_not_null(strstr(said(result, "error"),
                              ": policy of chat at 5s: found observation has no \"runing\"; did "
                              "you mean \"running\"?"),
                       "%s", said(result, "error"));
    cr_expect_not_null(strstr(said(result, "line"), "observation.runing"));
    cr_expect_str_eq(said(result, "mended"), "policy.lua runs.");
    cr_expect_str_eq(said(result, "option"), "60");

    char *script = scratch_text(scratch, "policy.lua", said(result, "script"));
    cJSON *changes = cJSON_Parse(said(result, "changes"));
    char *policy =
        memory_format("deployments.chat.policy=%s", said(changes, "deployments.chat.policy"));
    char *place = strstr(policy, "policy.lua");
    cr_assert_not_null(place);
    char *with_script = memory_format("%.*s%s%s", (int)(place - policy), policy, script,
                                      place + strlen("policy.lua"));
    char *limits = memory_format("deployments.chat.autoscaling=%s",
                                 said(changes, "deployments.chat.autoscaling"));
    expect_done(RUN("run", DEMO, "--set", with_script, "--set", limits, "--out", out, "--quiet"));
    expect_same_run(result, "files", out);
    expect_same_run(result, "kept", out);

    char *shared = memory_format("%s#%s", page, said(result, "address"));
    live_browser_visit(browser, shared);
    cJSON *again = live_browser_run(
        browser, SCRIPT("$('#tab-lua').click(); await until(() => $('#panel-lua textarea').value);"
                        "return {script: $('#panel-lua textarea').value, window:"
                        "  String(policy(play.result).scale_down_window)};"));
    cr_expect_not_null(strstr(said(again, "script"), "math.max(2, options"));
    cr_expect_str_eq(said(again, "window"), "60");
    cJSON_Delete(again);
    cJSON_Delete(changes);
    cJSON_Delete(result);
    free(shared);
    free(policy);
    free(with_script);
    free(limits);
    free(script);
    close_page();
}

/* One that was shared with a mistake can be mended there; one that loops is given up. */
Test(play_policies, a_script_that_never_ran) {
    open_page(&(LiveView){0});
    cJSON *result = live_browser_run(
        browser, SCRIPT(COPIED "type('function decide', 'function decided');"
                               "await until(() => $('#script-told').className === 'error');"
                               "return {address: await stateText(play.state),"
                               "  error: $('#script-told').textContent};"));
    cr_expect_not_null(strstr(said(result, "error"), "decide"), "%s", said(result, "error"));
    char *shared = memory_format("%s#%s", page, said(result, "address"));
    live_browser_visit(browser, shared);
    cJSON *again = live_browser_run(
        browser,
        SCRIPT(
            "$('#tab-lua').click(); const box = $('#panel-lua textarea');"
            "await until(() => box.value); const error = $('#script-told').textContent;"
            "box.value = box.value.replace('function decided', 'function decide');"
            "box.dispatchEvent(new Event('input')); await until(() => play.result);"
            "const good = box.value;"
            "box.value = good.replace('local now,', 'for i = 1, 150000 do end local now,');"
            "box.dispatchEvent(new Event('input')); await sleep(5600);"
            "const running = document.body.className; box.value = good;"
            "await change(() => box.dispatchEvent(new Event('input')));"
            "return {error, running, cost: String(figuresOf(play.result, 'chat')('total_usd'))};"));
    cr_expect_not_null(strstr(said(again, "error"), "decide"), "%s", said(again, "error"));
    cr_expect_str_eq(said(again, "running"), "running");
    cr_expect(strncmp(said(again, "cost"), "378.5", 5) == 0, "%s", said(again, "cost"));
    cJSON_Delete(again);
    cJSON_Delete(result);
    free(shared);
    close_page();
}

/* By keys alone, on a phone: Tab indents, Enter keeps the indent, Escape lets Tab leave. */
Test(play_policies, on_a_phone_and_by_keyboard) {
    open_page(&(LiveView){.width = 390, .height = 844});
    cJSON *result = live_browser_run(
        browser,
        SCRIPT("const told = {}; $('#tab-lua').click(); const box = $('#panel-lua textarea');"
               "box.focus(); await key('Tab'); await key('Enter'); told.typed = box.value;"
               "await key('Tab', {shift: true}); told.back = box.value;"
               "await key('Escape'); await key('Tab');"
               "told.left = String(document.activeElement !== box);"
               "await change(() => [...document.querySelectorAll('#panel-lua button')]"
               "  .find((one) => one.textContent.startsWith('Built-in')).click());"
               "$('#tab-rivals').click(); await add('--policy hpa');"
               "const nameless = [...document.querySelectorAll('.panel:not([hidden]) :is(input, "
               "select, textarea)')].filter((one) => one.offsetParent && !one.labels.length && "
               "!one.getAttribute('aria-label')); told.nameless = nameless.map((one) => "
               "one.outerHTML).join();"
               "told.width = String(document.documentElement.scrollWidth); return told;"));
    cr_expect_str_eq(said(result, "typed"), "    \n    ");
    cr_expect_str_eq(said(result, "back"), "    \n");
    cr_expect_str_eq(said(result, "left"), "true");
    cr_expect_str_empty(said(result, "nameless"));
    cr_expect_str_eq(said(result, "width"), "390");
    cJSON_Delete(result);
    close_page();
}

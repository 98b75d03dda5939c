// SPDX-License-Identifier: GPL-3.0-or-later
/* `report`: the page as a browser shows it, used as a user would: charts drawn, the reason of a
 * decision on hover, one time axis, no complaint, no sideways scroll on a phone. And what is said
 * when there can be none. */
#include "base/memory.h"
#include "cli/cli_checks.h"
#include "figures/human.h"
#include "support/browser.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SCALE_FROM_ZERO "scenarios/scale-from-zero.json"

static char *scratch, *out, *page;

static void set_up(void) {
    scratch = scratch_make();
    out = scratch_path(scratch, "out");
    page = scratch_path(out, "report.html");
}

static void tear_down(void) {
    free(page);
    free(out);
    scratch_remove(scratch);
}

TestSuite(cli_report, .init = set_up, .fini = tear_down);

/* Directories -------------------------------------------------------------------------------- */

static void simulate_tiny(void) {
    char *file = scratch_text(scratch, "tiny.json", tiny_scenario);
    expect_done(RUN("run", file, "--quiet", "--out", out));
    free(file);
}

static void make_report(const char *folder) {
    expect_done(RUN("report", folder, "--quiet"));
}

static char *new_folder(const char *name) {
    char *folder = scratch_path(scratch, name);
    cr_assert_eq(mkdir(folder, 0777), 0);
    return folder;
}

static void write_within(const char *folder, const char *name, const char *text) {
    free(scratch_text(folder, name, text));
}

/* Every `from` of a file, as if the name in it had been another. */
static void rename_within(const char *folder, const char *name, const char *from, const char *to) {
    char *text = folder_file_bytes(folder, name, NULL);
    cr_assert_not_null(text, "there is no %s", name);
    char *path = scratch_path(folder, name);
    FILE *stream = fopen(path, "wb");
    cr_assert_not_null(stream);
    const char *at = text, *found;
    for (; (found = strstr(at, from)) != NULL; at = found + strlen(from)) {
        fprintf(stream, "%.*s%s", (int)(found - at), at, to);
    }
    fputs(at, stream);
    fclose(stream);
    free(path);
    free(text);
}

static const char manifest[] =
    "{\"program\": \"autoscale-sim\", \"version\": \"0.1.0\", \"seed\": 7,\n"
    " \"command_line\": [\"autoscale-sim\", \"sweep\", \"it's.json\"],\n"
    " \"input_files\": [{\"file\": \"it's.json\", \"bytes\": 1, \"sha256\": \"00\"}]}\n";

/* What the browser says --------------------------------------------------------------------- */

static const cJSON *said_member(const cJSON *said, const char *name) {
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(said, name);
    cr_assert_not_null(member, "the script did not say %s", name);
    return member;
}

static double said_number(const cJSON *said, const char *name) {
    const cJSON *member = said_member(said, name);
    cr_assert(cJSON_IsNumber(member), "%s is no number", name);
    return member->valuedouble;
}

static void expect_text(const cJSON *said, const char *name, const char *part) {
    const char *text = cJSON_GetStringValue(said_member(said, name));
    cr_assert(text != NULL && strstr(text, part) != NULL, "\"%s\" is not in %s: %s", part, name,
              text != NULL ? text : "(no text)");
}

static void expect_no_problems(const cJSON *said) {
    char *text = cJSON_PrintUnformatted(said_member(said, "problems"));
    cr_assert_str_eq(text, "[]");
    cJSON_free(text);
}

/* Pages of runs ------------------------------------------------------------------------------ */

Test(cli_report, a_page_keeps_its_own_policy) {
    browser_need();
    simulate_tiny();
    make_report(out);
    BrowserResult result = browser_open(scratch, page, &(BrowserView){.strict = true}, NULL);
    cr_assert_str_empty(result.complaints, "%s", result.complaints);
    cr_assert_not_null(strstr(result.document, "<canvas"), "nothing was drawn");
    cr_assert_not_null(strstr(result.document, "default-src 'none'"));
    browser_clear(&result);
}

/* Pixels of each chart that are not empty; the cursor on the instant of a change of the target. */
static const char use_run[] =
    "const figures = [...document.querySelectorAll('figure')];\n"
    "const pixels = (canvas) => { const { width, height } = canvas;\n"
    "  const data = canvas.getContext('2d').getImageData(0, 0, width, height).data;\n"
    "  return data.filter((value, i) => i % 4 === 3 && value > 0).length; };\n"
    "const replicas = figures.find((figure) => figure.textContent.startsWith('Replicas'));\n"
    "const wholes = () => new Set(figures.map((figure) => "
    "figure.dygraph.xAxisRange().join())).size;\n"
    "const said = { charts: figures.length,\n"
    "  verdict: document.querySelector('header .verdict').textContent,\n"
    "  least: Math.min(...figures.map((figure) => pixels(figure.querySelector('canvas')))) };\n"
    "const graph = replicas.dygraph;\n"
    "const list = document.querySelector('.charts details');\n"
    "list.open = true; await sleep(50);\n"
    "said.list = list.textContent;\n"
    "const { files } = data.folders[0], shown = runData(data, files, 'chat');\n"
    "const change = shown.decisions.find(([time, from, to]) => from !== to)[0];\n"
    "const at = shown.time.find((time) => time >= change) * 1000;\n"
    "const canvas = replicas.querySelectorAll('canvas')[1], box = canvas.getBoundingClientRect();\n"
    "canvas.dispatchEvent(new MouseEvent('mousemove', { bubbles: true, view: window,\n"
    "  clientX: box.left + graph.toDomXCoord(at), clientY: box.top + 40 }));\n"
    "said.reason = document.querySelector('.reasons').textContent;\n"
    "said.instant = document.querySelector('.readout strong').textContent;\n"
    "said.traffic = figures[0].querySelector('.legend').textContent;\n"
    "said.replicas = replicas.querySelector('.legend').textContent;\n"
    "const span = () => { const [a, b] = graph.xAxisRange(); return b - a; };\n"
    "const before = span();\n"
    "document.querySelector('button[title=\"Zoom in\"]').click();\n"
    "said.zoomed = span() / before; said.ranges = wholes();\n"
    "document.querySelector('.plots').dispatchEvent(new KeyboardEvent('keydown', { key: '0' }));\n"
    "said.whole = span() / before; said.ranges_after = wholes();\n"
    "canvas.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, view: window, button: 0,\n"
    "  clientX: box.left + box.width / 3, clientY: box.top + 40 }));\n"
    "document.dispatchEvent(new MouseEvent('mousemove', { bubbles: true, view: window,\n"
    "  clientX: box.left + box.width / 2, clientY: box.top + 42 }));\n"
    "document.dispatchEvent(new MouseEvent('mouseup', { bubbles: true, view: window, button: 0,\n"
    "  clientX: box.left + box.width / 2, clientY: box.top + 42 }));\n"
    "said.dragged = span() / before; said.ranges_dragged = wholes();\n"
    "said.above = onlyAbove([1, 3, 3, 0], [2, 2, 3, 1]).join();\n"
    "const folded = () => document.querySelectorAll('main details:not([open])').length;\n"
    "const dashes = () => new Set([...figures[0].querySelectorAll('.swatch line')].map((line) =>\n"
    "  line.getAttribute('stroke-dasharray'))).size;\n"
    "list.open = false; const usual = folded();\n"
    "dispatchEvent(new Event('beforeprint'));\n"
    "said.folded = folded(); said.dashes = dashes();\n"
    "said.lines = figures[0].querySelectorAll('.swatch line').length;\n"
    "said.paper = getComputedStyle(document.body).backgroundColor;\n"
    "dispatchEvent(new Event('afterprint'));\n"
    "said.folded_again = folded() === usual; said.dashes_after = dashes();\n"
    "return said;";

Test(cli_report, a_run_drawn_pointed_at_and_zoomed) {
    browser_need();
    simulate_tiny();
    make_report(out);
    BrowserResult result = browser_open(scratch, page, &(BrowserView){.dark = true}, use_run);
    const cJSON *said = result.said;
    expect_no_problems(said);
    cr_assert_geq(said_number(said, "charts"), 7);
    cr_assert_gt(said_number(said, "least"), 500, "a chart is blank");
    char *verdicts = folder_file_bytes(out, "verdicts.json", NULL);
    cJSON *tree = cJSON_Parse(verdicts);
    const cJSON *verdict = cJSON_GetObjectItem(tree, "chat");
    expect_text(said, "verdict", cJSON_GetObjectItem(verdict, "verdict")->valuestring);
    expect_text(said, "verdict", cJSON_GetObjectItem(verdict, "reason")->valuestring);
    cJSON_Delete(tree);
    free(verdicts);
    expect_text(said, "reason", "target 0 \xe2\x86\x92 1: wake");
    expect_text(said, "instant", "2026-11-16 00:0");
    expect_text(said, "traffic", "arrivals 0.0");
    expect_text(said, "replicas", "target 1");
    expect_text(said, "list", "wake");
    cr_assert_float_eq(said_number(said, "zoomed"), 0.5, 0.01);
    cr_assert_float_eq(said_number(said, "whole"), 1, 0.01);
    cr_assert_lt(said_number(said, "dragged"), 0.3);
    cr_assert_eq(said_number(said, "ranges"), 1, "the time axes do not zoom together");
    cr_assert_eq(said_number(said, "ranges_after"), 1);
    cr_assert_eq(said_number(said, "ranges_dragged"), 1);
    expect_text(said, "above", "NaN,3,3,NaN");
    cr_assert_eq(said_number(said, "folded"), 0, "something is folded on paper");
    cr_assert_gt(said_number(said, "lines"), 1);
    cr_assert_eq(said_number(said, "dashes"), said_number(said, "lines"), "alike in grey");
    expect_text(said, "paper", "rgb(255, 255, 255)");
    cr_assert(cJSON_IsTrue(said_member(said, "folded_again")));
    cr_assert_eq(said_number(said, "dashes_after"), 1);
    browser_clear(&result);
}

static const char use_phone[] =
    "const root = document.documentElement;\n"
    "document.querySelectorAll('details').forEach((details) => { details.open = true; });\n"
    "await sleep(50);\n"
    "const figure = document.querySelector('figure');\n"
    "const legends = [...document.querySelectorAll('.legend')].map((one) => one.textContent);\n"
    "return { wide: root.scrollWidth, seen: root.clientWidth, dark: getComputedStyle(document.body)"
    ".backgroundColor,\n"
    "  bold: document.querySelectorAll('b').length - document.querySelectorAll('.legend "
    "b').length,\n"
    "  heading: document.querySelector('.deployment h2').textContent,"
    "  title: document.title, verdict: document.querySelector('main').firstChild.textContent,\n"
    "  beyond: [...document.querySelectorAll('.difference')].filter((cell) => "
    "cell.getBoundingClientRect().right > root.clientWidth).length,\n"
    " legends: legends.join(' '),\n"
    "  cells: [...document.querySelectorAll('.difference')].map((cell) => "
    "cell.textContent).join('|'),\n"
    "  charts: document.querySelectorAll('figure canvas').length };";

/* A deployment with the worst of names, two runs with statistics, on a phone in the dark. */
Test(cli_report, a_comparison_on_a_phone_in_the_dark) {
    static const char *const files[] = {"summary.csv", "timeseries.csv", "events.csv",
                                        "scenario.json", NULL};
    browser_need();
    char *file = scratch_text(scratch, "tiny.json", tiny_scenario);
    expect_done(RUN("compare", file, "--preset", "performance", "--preset", "cost-optimization",
                    "--quiet", "--out", out));
    free(file);
    static const char name[] = "</script><b>";
    static const char *const runs[] = {"performance", "cost-optimization"};
    for (size_t i = 0; i < 2; i++) {
        char *folder = scratch_path(out, runs[i]);
        for (size_t f = 0; files[f] != NULL; f++) {
            rename_within(folder, files[f], "chat", name);
        }
        free(folder);
    }
    rename_within(out, "comparison.csv", "chat", name);
    write_within(out, "statistics.csv",
                 "deployment,metric,run,replications,mean,mean_low,mean_high,difference,"
                 "difference_low,difference_high,p_value,p_adjusted,verdict\n"
                 "</script><b>,total_usd,performance,5,40,39,41,,,,,,\n"
                 "</script><b>,total_usd,cost-optimization,5,10,9.5,10.5,-30,-31,-29,0.001,0.002,"
                 "\"<i>cheaper</i>, by $30 \xc2\xb1 1\"\n");
    write_within(
        out, "verdict.json",
        "{\"against\": \"performance\", \"verdicts\": [{\"deployment\": \"chat\", \"run\": "
        "\"cost-optimization\", \"text\": \"costs <b>less\"}], \"basis\": [\"5 days\"]}");
    make_report(out);
    BrowserResult result =
        browser_open(scratch, page, &(BrowserView){.width = 375, .dark = true}, use_phone);
    const cJSON *said = result.said;
    expect_no_problems(said);
    cr_assert_eq(said_number(said, "seen"), 375);
    cr_assert_leq(said_number(said, "wide"), 375, "the page scrolls sideways");
    cr_assert_eq(said_number(said, "beyond"), 0, "a difference is out of sight");
    expect_text(said, "title", "tiny \xe2\x80\x93 autoscale-sim");
    expect_text(said, "verdict", "Against performancecosts <b>lessWhat this rests on5 days");
    expect_text(said, "dark", "rgb(20, 23, 27)");
    cr_assert_eq(said_number(said, "bold"), 0, "a name has become markup");
    expect_text(said, "heading", name);
    expect_text(said, "legends", "cost-optimization");
    expect_text(said, "cells", "\xe2\x88\x92$30.00");
    expect_text(said, "cells", "<i>cheaper</i>, by $30");
    cr_assert_geq(said_number(said, "charts"), 10);
    browser_clear(&result);
}

/* Curves of steps that lie over each other cannot be told apart. */
Test(cli_report, three_runs_have_a_chart_of_the_target_each) {
    browser_need();
    char *file = scratch_text(scratch, "tiny.json", tiny_scenario);
    expect_done(RUN("compare", file, "--preset", "performance", "--preset", "cost-optimization",
                    "--preset", "predictable-traffic", "--quiet", "--out", out));
    free(file);
    make_report(out);
    BrowserResult result = browser_open(
        scratch, page, &(BrowserView){0},
        "const small = [...document.querySelectorAll('figure.small')];\n"
        "const tops = small.map((figure) => figure.dygraph.yAxisRange().join());\n"
        "return { titles: small.map((figure) => figure.querySelector('.title').textContent)"
        ".join('|'),\n  scales: new Set(tops.slice(0, 3)).size };");
    expect_no_problems(result.said);
    expect_text(result.said, "titles",
                "Target: performance|Target: cost-optimization|Target: predictable-traffic");
    cr_assert_eq(said_number(result.said, "scales"), 1);
    browser_clear(&result);
}

/* Numbers ------------------------------------------------------------------------------------ */

static const double numbers[] = {0,      1e-10,    4.5e-7, 0.00099949, 0.0123,  0.125,   0.5,
                                 0.9994, 0.99949,  0.9995, 0.9949,     1,       2.5,     9.994,
                                 9.996,  12.25,    12.35,  59.94,      59.96,   99.94,   99.96,
                                 100.5,  999.4,    999.5,  3599.6,     86399.9, 90000.5, 999499.4,
                                 999999, 999999.6, 1e6,    1234567,    999.6e6, 2.5e9,   7.25e11};

static void append_number(FILE *script, double number) {
    fprintf(script, "%s%.17g", number > 0 ? "," : "", number);
}

static void expect_as_said(const cJSON *said, const char *unit, size_t i, const char *text) {
    const cJSON *texts = said_member(said, unit);
    cr_expect_str_eq(cJSON_GetArrayItem(texts, (int)i)->valuestring, text, "%.17g %s", numbers[i],
                     unit);
}

/* The page's script writes what figures/human.c writes. */
Test(cli_report, numbers_as_the_program_writes_them) {
    browser_need();
    simulate_tiny();
    make_report(out);
    char *script = NULL, text[HUMAN_TEXT];
    size_t length;
    FILE *stream = open_memstream(&script, &length);
    fputs("const numbers = [", stream);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        append_number(stream, numbers[i]);
    }
    fputs("];\nconst said = {};\n"
          "for (const unit of ['s', 'usd', 'share', 'h', 'count']) {\n"
          "  said[unit] = numbers.map((number) => figureText(unit, number)); }\n"
          "said.more = [figureText('usd', -3.5), differenceText('usd', 1992.48),\n"
          "  differenceText('s', -0.0214), differenceText('share', 0.0649),\n"
          "  differenceText('share', -0.0004), differenceText('count', 0),\n"
          "  differenceText('s', -Infinity), figureText('s', Infinity), figureText('s', null)]"
          ".join('|');\n"
          "return said;",
          stream);
    fclose(stream);
    BrowserResult result = browser_open(scratch, page, &(BrowserView){0}, script);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const double number = numbers[i];
        expect_as_said(result.said, "s", i, human_seconds(number, text));
        expect_as_said(result.said, "usd", i, human_usd(number, text));
        expect_as_said(result.said, "share", i, human_share(number, text));
        expect_as_said(result.said, "h", i, human_number(number, text));
        expect_as_said(result.said, "count", i,
                       number == floor(number) ? human_count((uint64_t)number, text)
                                               : human_number(number, text));
    }
    expect_text(result.said, "more",
                "\xe2\x88\x92$3.50|+$1,992.48|\xe2\x88\x92"
                "21.4 ms|+6.5 pp|0.0 pp|0|from never|never|\xe2\x80\x93");
    expect_no_problems(result.said);
    browser_clear(&result);
    free(script);
}

/* Pages of many runs ------------------------------------------------------------------------- */

static char *sweep_folder(void) {
    char *folder = new_folder("sweep");
    write_within(folder, "sweep.json", "{\"cells\": 4, \"question\": \"How many?\"}\n");
    write_within(folder, "manifest.json", manifest);
    write_within(folder, "axes.csv",
                 "axis,position,value\n"
                 "autoscaling.scale_up_window,0,5s\nautoscaling.scale_up_window,1,30s\n"
                 "autoscaling.max_replica_count,0,2\nautoscaling.max_replica_count,1,4\n");
    write_within(folder, "aggregate.csv",
                 "cell,autoscaling.scale_up_window,autoscaling.max_replica_count,deployment,"
                 "replications,total_usd,total_usd_low,total_usd_high,ttft_p95_s,ttft_p95_s_low,"
                 "ttft_p95_s_high,answers_429,answers_429_low,answers_429_high\n"
                 "0,5s,2,chat,5,30,29,31,2,1.8,2.2,0,0,0\n1,5s,4,chat,5,40,39,41,1,0.9,1.1,0,0,0\n"
                 "2,30s,2,chat,5,20,19,21,4,3.6,4.4,0,0,0\n3,30s,4,chat,5,41,40,42,3,2.7,3.3,0,0,0"
                 "\n");
    return folder;
}

static const char use_sweep[] =
    "const cells = () => [...document.querySelectorAll('.heat td[tabindex]')];\n"
    "const said = { cells: cells().map((cell) => cell.textContent).join(' ') };\n"
    "said.colours = new Set(cells().map((cell) => cell.style.backgroundColor)).size;\n"
    "cells()[0].focus();\n"
    "said.pointed = document.querySelector('p.readout').textContent;\n"
    "const select = document.querySelector('.controls select');\n"
    "said.figures = [...select.options].map((option) => option.textContent).join();\n"
    "select.value = '1'; select.dispatchEvent(new Event('change'));\n"
    "said.other = cells().map((cell) => cell.textContent).join(' ');\n"
    "said.points = document.querySelectorAll('.point').length;\n"
    "said.best = document.querySelectorAll('.point.best').length;\n"
    "said.bars = document.querySelectorAll('.point line').length;\n"
    "document.querySelector('.point.best').dispatchEvent(new MouseEvent('mouseenter'));\n"
    "said.named = document.querySelectorAll('p.readout')[1].textContent;\n"
    "said.command = document.querySelector('pre.command').textContent;\n"
    "said.wide = document.documentElement.scrollWidth;\n"
    "said.lead = document.querySelector('header').textContent;\n"
    "[said.cellsFirst, said.effects] = [...document.querySelectorAll('section')].map((one) => "
    "one.textContent);\n"
    "return said;";

Test(cli_report, a_sweep_as_heat_map_and_front) {
    browser_need();
    char *folder = sweep_folder();
    make_report(folder);
    char *own_page = scratch_path(folder, "report.html");
    BrowserResult result = browser_open(scratch, own_page, &(BrowserView){.width = 390}, use_sweep);
    const cJSON *said = result.said;
    expect_no_problems(said);
    expect_text(said, "cells", "$30.00 $20.00 $40.00 $41.00");
    cr_assert_eq(said_number(said, "colours"), 4);
    expect_text(said, "pointed",
                "Cell 0: scale_up_window 5s, max_replica_count 2: cost $30.00 ($29.00 to $31.00), "
                "5 replications");
    expect_text(said, "figures", "cost,TTFT p95");
    expect_text(said, "other", "2.00 s 4.00 s 1.00 s 3.00 s");
    cr_assert_eq(said_number(said, "points"), 4);
    cr_assert_eq(said_number(said, "best"), 3, "cell 3 is dearer and slower than cell 1");
    cr_assert_eq(said_number(said, "bars"), 8);
    expect_text(said, "named", "Cell 0: ");
    expect_text(said, "named", "TTFT p95 2.00 s (1.80 s to 2.20 s)");
    expect_text(said, "command", "autoscale-sim sweep 'it'\\''s.json'");
    cr_assert_leq(said_number(said, "wide"), 390);
    expect_text(said, "lead", "How many?");
    expect_text(said, "cellsFirst", "Of 4 cells");
    expect_text(said, "cellsFirst", "0$30.00$29.00 to $31.002.00 s1.80 s to 2.20 s5s2");
    expect_text(said, "effects", "scale_up_window5s$35.00");
    expect_text(said, "effects", "30s$30.50");
    browser_clear(&result);
    free(own_page);
    free(folder);
}

static const char use_search[] =
    "const said = { chosen: document.querySelectorAll('.point.chosen').length,\n"
    "  front: document.querySelectorAll('.point.best').length,\n"
    "  tried: document.querySelectorAll('.point.faint').length };\n"
    "document.querySelector('.point.chosen').focus();\n"
    "said.named = document.querySelector('p.readout').textContent;\n"
    "said.command = document.querySelector('pre.command').textContent;\n"
    "said.row = document.querySelector('tr.chosen').textContent;\n"
    "return said;";

Test(cli_report, a_search_with_its_front_and_winner) {
    browser_need();
    char *folder = new_folder("search");
    write_within(folder, "manifest.json", manifest);
    write_within(folder, "winner.firectl.txt",
                 "firectl deployment create m --scale-up-window 5s\n");
    write_within(folder, "evaluations.csv",
                 "stage,candidate,window,replications,feasible,total_usd,ttft_p95_s\n"
                 "screening,0,5s,2,1,30,2\nscreening,1,30s,2,0,20,4\nscreening,2,1m,2,0,25,\n");
    write_within(folder, "front.csv",
                 "candidate,window,replications,total_usd,total_usd_low,total_usd_high,ttft_p95_s,"
                 "ttft_p95_s_low,ttft_p95_s_high,chosen\n"
                 "0,5s,20,30,29,31,2,1.8,2.2,1\n1,30s,20,20,19,21,4,3.6,4.4,0\n");
    make_report(folder);
    char *own_page = scratch_path(folder, "report.html");
    BrowserResult result = browser_open(scratch, own_page, &(BrowserView){0}, use_search);
    const cJSON *said = result.said;
    expect_no_problems(said);
    cr_assert_eq(said_number(said, "chosen"), 1);
    cr_assert_eq(said_number(said, "front"), 1);
    cr_assert_eq(said_number(said, "tried"), 2);
    expect_text(said, "named", "Chosen: candidate 0: window 5s: cost $30.00 ($29.00 to $31.00)");
    expect_text(said, "command", "firectl deployment create m --scale-up-window 5s");
    expect_text(said, "row", "$30.00");
    browser_clear(&result);
    free(own_page);
    free(folder);
}

/* What `optimize` made of a tiny day; the slower one is what it has not seen. */
static const cJSON *search_said(const char *slo, BrowserResult *result) {
    static const char script[] =
        "const code = document.querySelector('pre.command code');\n"
        "navigator.clipboard.writeText = async () => { throw new Error('forbidden'); };\n"
        "document.querySelector('.copy').click(); await sleep(50);\n"
        "return { first: document.querySelector('main').firstChild.innerText,\n"
        "  selected: String(getSelection()), title: document.title,\n"
        "  lead: document.querySelector('header').innerText,\n"
        "  markup: document.querySelectorAll('header b').length };";
    char *file = scratch_text(scratch, "tiny.json", tiny_scenario);
    char *unseen = scratch_text(scratch, "slow.json", tiny_scenario);
    rename_within(scratch, "slow.json", "\"90s\"", "\"190s\"");
    char *text = memory_format(
        "{\"question\": \"Which <b>window?\", \"scenario\": \"tiny.json\", \"slo\": [\"%s\"],\n"
        "\"options\": [{\"option\": \"deployments.chat.autoscaling.scale_to_zero_window\",\n"
        "\"values\": [\"5m\", \"1h\"]}], \"confirmation\": 2}",
        slo);
    char *goal = scratch_text(scratch, "goal.json", text);
    expect_done(RUN("optimize", goal, "--quiet", "--out", out, "--holdout", unseen));
    make_report(out);
    *result = browser_open(scratch, page, &(BrowserView){.width = 375}, script);
    expect_no_problems(result->said);
    expect_text(result->said, "title", "tiny ");
    expect_text(result->said, "lead", "Which <b>window?");
    expect_text(result->said, "lead", slo);
    cr_assert_eq(said_number(result->said, "markup"), 0);
    free(goal);
    free(text);
    free(unseen);
    free(file);
    return result->said;
}

Test(cli_report, a_search_says_first_who_has_won_and_why) {
    browser_need();
    BrowserResult result;
    const cJSON *said = search_said("ttft_p95_s <= 150s", &result);
    expect_text(said, "first", "The winner\n");
    expect_text(said, "first", "It meets every objective: cost $");
    expect_text(said, "first",
                "slow.json, which the search has not seen, it misses ttft_p95_s <= 150s");
    expect_text(said, "first", "cost against the first");
    expect_text(said, "first", " simulations: 2 candidates screened");
    expect_text(said, "selected", "firectl deployment create");
    browser_clear(&result);
}

Test(cli_report, a_search_without_a_winner_says_what_the_nearest_misses) {
    browser_need();
    BrowserResult result;
    const cJSON *said = search_said("ttft_p95_s <= 1ms", &result);
    expect_text(said, "first", "No policy within these bounds was found to meet the objectives");
    expect_text(said, "first", "The nearest misses ttft_p95_s <= 1ms: cost $");
    browser_clear(&result);
}

/* The command ------------------------------------------------------------------------------- */

static char *page_text_of(const char *path) {
    char *text = file_bytes(path, NULL);
    cr_assert_not_null(text, "there is no %s", path);
    return text;
}

static void expect_in_page(const char *text, const char *part) {
    cr_assert_not_null(strstr(text, part), "\"%s\" is not in the page", part);
}

Test(cli_report, beside_the_results_unless_told_otherwise) {
    browser_need_dygraphs();
    simulate_tiny();
    ProgramResult result = RUN("report", out);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    cr_assert_not_null(strstr(result.errors, "report.html"));
    program_clear(&result);
    char *text = page_text_of(page);
    expect_in_page(text, "<meta name=\"viewport\"");
    expect_in_page(text, "run ");
    expect_in_page(text, "sha256");
    expect_in_page(text, "\\u0022cold_start\\u0022");
    expect_in_page(text, "\"rules\":[");
    expect_in_page(text, "Permission is hereby granted");
    cr_assert_null(strstr(text, "sourceMappingURL"), "a browser's tools would fetch a map");
    cr_assert_null(strstr(text, "src=\"http"));
    REFUSED(RUN("report", out), "report.html", "--force");
    expect_done(RUN("report", out, "--force", "--quiet"));
    char *again = page_text_of(page);
    cr_assert_str_eq(again, text, "a page is not the same twice");
    free(again);
    free(text);
}

Test(cli_report, several_runs_go_where_out_says) {
    browser_need_dygraphs();
    simulate_tiny();
    char *other = scratch_path(scratch, "other"), *file = scratch_path(scratch, "page.html");
    expect_done(RUN("run", SCALE_FROM_ZERO, "--quiet", "--out", other));
    REFUSED(RUN("report", out, other), "--out");
    expect_done(RUN("report", out, other, "--out", file, "--quiet"));
    char *text = page_text_of(file);
    expect_in_page(text, "/out\",\"files\"");
    expect_in_page(text, "/other\",\"files\"");
    free(text);
    free(file);
    free(other);
}

Test(cli_report, what_is_no_output_is_told_and_nothing_written) {
    browser_need_dygraphs();
    char *file = scratch_path(scratch, "page.html"), *empty = new_folder("empty");
    REFUSED(RUN("report", out, empty, "--out", file), "no directory", "a directory without results",
            "run, compare, sweep or optimize");
    simulate_tiny();
    write_within(out, "timeseries.csv", "deployment,time_s,interval_s\nchat,0\n");
    write_within(out, "summary.csv", "deployment,total_usd\nchat,x\n");
    REFUSED(RUN("report", out, "--out", file), "timeseries.csv:2: found 2 fields",
            "summary.csv:2: total_usd: found x");
    cr_assert_eq(folder_count(scratch), 3, "a part of a page is left");
    free(empty);
    free(file);
}

Test(cli_report, without_dygraphs_the_package_is_named) {
    simulate_tiny();
    char *empty = new_folder("empty");
    setenv("ASIM_DYGRAPHS", empty, 1);
    REFUSED(RUN("report", out), "ASIM_DYGRAPHS", "libjs-dygraphs");
    unsetenv("ASIM_DYGRAPHS");
    cr_assert_not(file_exists(page));
    free(empty);
}

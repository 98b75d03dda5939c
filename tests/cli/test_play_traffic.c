// SPDX-License-Identifier: GPL-3.0-or-later
/* Traffic in the playground: the curve as functions, against formulas; drawn, dragged and by keys,
 * with a run that follows it; and logs that are dropped on the page. Figures are the native
 * program's, to the byte. */
#include "base/memory.h"
#include "base/text.h"
#include "support/browser.h"
#include "support/playground.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *scratch;

static void set_up(void) {
    scratch = scratch_make();
}

static void tear_down(void) {
    scratch_remove(scratch);
}

TestSuite(play_traffic, .init = set_up, .fini = tear_down, .timeout = 900);

/* What a script returned, an object whose members are all true. */
static void expect_all(cJSON *said) {
    const cJSON *member;
    cr_expect_gt(cJSON_GetArraySize(said), 0);
    cJSON_ArrayForEach (member, said) {
        char *found = cJSON_PrintUnformatted(member);
        cr_expect(cJSON_IsTrue(member), "%s: %s", member->string, found);
        cJSON_free(found);
    }
    cJSON_Delete(said);
}

static void close_browser(LiveBrowser *browser) {
    cr_expect_str_empty(live_browser_complaints(browser));
    char *requests = live_browser_close(browser);
    cr_expect_str_empty(requests);
    free(requests);
}

/* Functions ---------------------------------------------------------------------------------- */

/* A page of the scripts alone: no engine is needed. */
static LiveBrowser *open_functions(void) {
    static const char *const scripts[] = {"page/values.js", "page/charts.js",  "page/origin.js",
                                          "page/points.js", "play/state.js",   "play/controls.js",
                                          "play/curve.js",  "play/lengths.js", "play/recording.js"};
    Text page = {0};
    text_add(&page, "<!DOCTYPE html><body>");
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        char *script = folder_file_bytes("src/output", scripts[i], NULL);
        cr_assert_not_null(script, "no %s", scripts[i]);
        text_addf(&page, "<script>%s</script>", script);
        free(script);
    }
    char *path = scratch_text(scratch, "functions.html", page.text);
    text_clear(&page);
    LiveBrowser *browser = live_browser_open(scratch, path, &(LiveView){0});
    free(path);
    return browser;
}

static const char curve_functions[] =
    "const near = (a, b, by = 1e-9) => Math.abs(a - b) <= by;\n"
    "const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);\n"
    "const hill = [[100, 0], [200, 4], [400, 0]];\n"
    "const crowd = { at: 50, rise: 10, hold: 100, decay: 20, height: 3 };\n"
    "const curve = { points: hill, bursts: [crowd] };\n"
    "const sources = sourcesWithCurve([], curve, { prompt_tokens: 500, output_tokens: 9 });\n"
    "const beside = { type: 'poisson', rate_per_s: 1, output_tokens: 3 };\n"
    "const stroke = Array.from({ length: 31 }, (none, i) => [150 + 5 * i, 2]);\n"
    "const drawn = withStroke(hill, stroke, 5, 4);\n"
    /* Arrivals of a day in minutes: 0.5/s, with an hour of 2/s from 10:00 on. */
    "const times = Array.from({ length: 1440 }, (none, i) => 60 * i);\n"
    "const day = { times, widths: times.map(() => 60),\n"
    "  arrivals: times.map((time) => (time >= 36000 && time < 39600 ? 120 : 30)) };\n"
    "const made = curveOfArrivals(day, 86400);\n"
    /* 110 intervals do not divide into 96 stretches; 30 requests in the first ten minutes of a day.
     */
    "const even = { times: times.slice(0, 110), widths: new Array(110).fill(60), arrivals: new "
    "Array(110).fill(60) };\n"
    "const level = curveOfArrivals(even, 6600).points;\n"
    "const half = { times: times.slice(0, 60).map((t) => t / 6), widths: new Array(60).fill(10),\n"
    "  arrivals: times.slice(0, 60).map((t, i) => Number(i >= 6 && i < 36)) };\n"
    "const few30 = curveOfArrivals(half, 600).points;\n"
    "const early = { ...day, arrivals: times.map((time) => (time < 600 ? 3 : 0)) };\n"
    "const rare = curveOfArrivals(early, 86400).points;\n"
    "const line = Array.from({ length: 101 }, (none, i) => [i, Math.sin(i / 10)]);\n"
    "const few = simplified(line, () => 0.05);\n"
    "return {\n"
    "  before: rateOfPoints(hill, 0) === 0, rising: near(rateOfPoints(hill, 150), 2),\n"
    "  top: rateOfPoints(hill, 200) === 4, falling: near(rateOfPoints(hill, 350), 1),\n"
    "  after: rateOfPoints(hill, 999) === 0, one: rateOfPoints([[7, 3]], 0) === 3,\n"
    "  requests: near(requestsOfPoints(hill, 500), 600), part: near(requestsOfPoints(hill, 200), "
    "200),\n"
    "  crowdBefore: rateOfBurst(crowd, 49) === 0, crowdRises: near(rateOfBurst(crowd, 55), 1.5),\n"
    "  crowdHolds: rateOfBurst(crowd, 160) === 3,\n"
    "  crowdDecays: near(rateOfBurst(crowd, 180), 3 / Math.E), sum: near(rateOfCurve(curve, 150), "
    "5),\n"
    "  kinds: same(sources.map(({ type }) => type), ['piecewise', 'flash_crowd']),\n"
    "  lengths: sources.every((one) => one.prompt_tokens === 500 && one.output_tokens === 9),\n"
    "  again: same(curveOfSources(sources).curve, curve),\n"
    "  others: same(sourcesWithCurve([beside, ...sources], curve).pop(), beside),\n"
    "  kept: sourcesWithCurve([{ ...sources[0], dispersion: 3 }], curve)[0].dispersion === 3,\n"
    "  none: curveOfSources([beside]) === null && curveOfSources([{ ...sources[0], rate_scale: 2 "
    "}]) === null,\n"
    "  notOfBase: curveOfSources([sources[0], { ...sources[1], base_rate_per_s: 1 "
    "}]).bursts.length === 0,\n"
    "  moved: same(movedPoint(hill, 1, 250, 9, 5), [[100, 0], [250, 9], [400, 0]]),\n"
    "  between: movedPoint(hill, 1, 999, 1, 5)[1][0] === 395, above: movedPoint(hill, 0, -5, -1, "
    "5)[0][0] === 0,\n"
    "  added: same(withPoint(hill, 300, 7, 5), { points: [hill[0], hill[1], [300, 7], hill[2]], "
    "index: 2 }),\n"
    "  noRoom: withPoint(hill, 202, 7, 5).points.length === 3,\n"
    "  removed: same(withoutPoint(hill, 1), [hill[0], hill[2]]), last: withoutPoint([[0, 1]], "
    "0).length === 1,\n"
    "  stroke: [150, 200, 250, 300].every((time) => near(rateOfPoints(drawn, time), 2, 0.01)),\n"
    "  outside: [50, 120, 140, 350, 390].every((time) => near(rateOfPoints(drawn, time), "
    "rateOfPoints(hill, time), 0.05)),\n"
    "  rising2: drawn.every((point, i) => i === 0 || point[0] > drawn[i - 1][0]), fewDrawn: "
    "drawn.length <= 8,\n"
    "  follows: line.every(([x, y]) => Math.abs(rateOfPoints(few, x) - y) <= 0.05) && few.length < "
    "25,\n"
    "  total: near(requestsOfPoints(made.points, 86400) / (86400 * 0.5 + 3600 * 1.5), 1, 0.01),\n"
    "  quiet: near(rateOfPoints(made.points, 3600), 0.5, 0.03), busy: "
    "near(rateOfPoints(made.points, 37800), 2, 0.1),\n"
    "  level: level.length === 2 && near(level[0][1], 1, 0.02), rare: near(requestsOfPoints(rare, "
    "86400), 30, 3),\n"
    "  half: near(requestsOfPoints(few30, 600), 30, 1) && rateOfPoints(few30, 550) < 0.02,\n"
    "  fewMade: made.points.length <= 8, noArrivals: same(curveOfArrivals({ times: [], widths: [], "
    "arrivals: [] }, 60).points, [[0, 0]]),\n"
    "};";

Test(play_traffic, a_curve_is_its_formula) {
    LiveBrowser *browser = open_functions();
    expect_all(live_browser_run(browser, curve_functions));
    close_browser(browser);
}

static const char other_functions[] =
    "const near = (a, b, by) => Math.abs(a / b - 1) <= by;\n"
    "const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);\n"
    "const share = (shape, tokens) => shape.density.reduce((sum, value, i) => sum + "
    "(shape.tokens[i] < tokens ? value : 0), 0) /\n"
    "  shape.density.reduce((sum, value) => sum + value, 0);\n"
    "const shape = (distribution, more) => lengthShape({ distribution, ...more });\n"
    "const mean = ({ tokens, density }) => density.reduce((sum, value, i) => sum + value * "
    "tokens[i], 0) /\n"
    "  density.reduce((sum, value) => sum + value, 0);\n"
    "const refusal = 'my.csv:1: found CSV with the columns when, in, out; name the columns: "
    "autoscale-sim trace describe my.csv '\n"
    "  + '--set time_column=when --set prompt_column=in --set output_column=out';\n"
    "const described = { span_s: 100.2, start: '2026-11-16T09:00:00Z', prompt_tokens: null };\n"
    "const source = recordingSource('a.log', ['format=nginx', 'time_scale=2'], described, { "
    "lengths: 'azure-conv' });\n"
    "return {\n"
    /* Medians: a lognormal's is its mean / sqrt(1 + cv^2), an exponential's its mean x ln 2, which
       a gamma of cv 1 is too, and a Weibull's its scale x ln(2)^(1 / shape). */
    "  lognormal: Math.abs(share(shape('lognormal', { mean: 1000, cv: 1 }), 1000 / Math.SQRT2) - "
    "0.5) < 0.02,\n"
    "  exponential: Math.abs(share(shape('exponential', { mean: 1000 }), 1000 * Math.LN2) - 0.5) < "
    "0.02,\n"
    "  gamma: Math.abs(share(shape('gamma', { mean: 1000, cv: 1 }), 1000 * Math.LN2) - 0.5) < "
    "0.02,\n"
    "  weibull: Math.abs(share(shape('weibull', { scale: 1000, shape: 2 }), 1000 * "
    "Math.sqrt(Math.LN2)) - 0.5) < 0.02,\n"
    "  uniform: Math.abs(share(shape('uniform', { minimum: 100, maximum: 300 }), 200) - 0.5) < "
    "0.05,\n"
    "  means: near(mean(shape('lognormal', { mean: 2000, cv: 0.5 })), 2000, 0.01) && "
    "near(mean(shape('gamma', { mean: 2000, cv: 0.5 })), 2000, 0.01),\n"
    "  words: shapeText(shape('lognormal', { mean: 1000, cv: 1 }), { maximum: 2000 "
    "}).endsWith('above 2,000'),\n"
    "  fixed: lengthShape(300) === null && same(meanOfLength(300), { mean: 300, cv: 0 }),\n"
    "  alike: lengthWith({ distribution: 'gamma', mean: 10, cv: 1 }, { mean: 20, cv: 0 }) === 20,\n"
    "  staysGamma: same(lengthWith({ distribution: 'gamma', mean: 10, cv: 1 }, { mean: 20, cv: 2 "
    "}), { distribution: 'gamma', mean: 20, cv: 2 }),\n"
    "  cut: lengthWith({ distribution: 'lognormal', mean: 10, cv: 1, maximum: 50 }, { mean: 20, "
    "cv: 2 }).maximum === 50,\n"
    "  becomes: lengthWith(undefined, { mean: 20, cv: 2 }).distribution === 'lognormal',\n"
    "  proposed: same(proposedOptions(refusal), ['time_column=when', 'prompt_column=in', "
    "'output_column=out']),\n"
    "  vague: same(proposedOptions('if you name the columns (--set time_column=...)'), []),\n"
    "  source: same(source, { type: 'trace', file: 'a.log', format: 'nginx', time_scale: 2, "
    "lengths: 'azure-conv' }),\n"
    "  ownLengths: !('lengths' in recordingSource('a', [], { prompt_tokens: {} }, { lengths: 'x' "
    "})),\n"
    "  span: same(recordingSpan(described), { duration: '17m', start: '2026-11-16T09:00:00Z' }),\n"
    "  names: same([recordingName('my log (1).csv', []), recordingName('../x', []), "
    "recordingName('demo.json', ['demo.json'])],\n"
    "    ['my-log-1-.csv', 'x', 'dropped-demo.json']),\n"
    "};";

Test(play_traffic, lengths_and_logs_are_told_by_formulas) {
    LiveBrowser *browser = open_functions();
    expect_all(live_browser_run(browser, other_functions));
    close_browser(browser);
}

/* The curve in the page ---------------------------------------------------------------------- */

#define IN_THE_PAGE                                                                                \
    "const svg = document.querySelector('svg.curve');\n"                                           \
    "const knobs = () => [...svg.querySelectorAll('.knob')];\n"                                    \
    "const centre = (one) => { const box = one.querySelector('.dot').getBoundingClientRect();\n"   \
    "  return [box.x + box.width / 2, box.y + box.height / 2]; };\n"                               \
    "const sources = () => JSON.parse(play.state.changes['deployments.chat.traffic']);\n"          \
    "const editor = playPanels.find(({ name }) => name === 'traffic').panel.editor;\n"             \
    "const arrived = () => arrivalsOfRun(play.result.files['timeseries.csv'], 'chat');\n"          \
    "const between = (from, to) => { const { times, arrivals } = arrived();\n"                     \
    "  return arrivals.reduce((sum, n, i) => sum + (times[i] >= from && times[i] < to ? n : 0), "  \
    "0); };\n"                                                                                     \
    "const asked = (from, to) => { let sum = 0; for (let t = from + 5; t < to; t += 10)\n"         \
    "  sum += 10 * rateOfCurve(editor.curve, t); return sum; };\n"                                 \
    "const follows = (from, to) => Math.abs(between(from, to) - asked(from, to)) <\n"              \
    "  4.5 * Math.sqrt(asked(from, to)) + 3;\n"

static LiveBrowser *open_traffic(const char *scenario, const LiveView *view) {
    char *page = playground_page(scratch, scenario);
    LiveBrowser *browser = playground_open(scratch, page, view);
    free(page);
    cJSON_Delete(playground_run(browser, "document.getElementById('tab-traffic').click();\n"
                                         "await settled(); return 1;"));
    return browser;
}

static void expect_native_now(LiveBrowser *browser) {
    cJSON *said = playground_run(browser, "await settled(); return files();");
    playground_expect_native(scratch, said);
    cJSON_Delete(said);
}

static const char make_and_drag[] = IN_THE_PAGE
    "const total = between(0, 86400), begins = button('Make it mine') !== undefined;\n"
    "button('Make it mine').click(); await settled();\n"
    "const [main] = sources(), close = Math.abs(between(0, 86400) / total - 1) < 0.05;\n"
    "const i = 8, knob = knobs()[i], [x, y] = centre(knob), before = editor.curve.points[i];\n"
    "const runs = play.measured.length;\n"
    "await mouse('move', x, y); await mouse('down', x, y);\n"
    "for (let k = 1; k <= 12; k++) { await mouse('move', x + k / 4, y - 5 * k); await sleep(150); "
    "}\n"
    "const whileDragging = play.measured.length - runs;\n"
    "await mouse('up', x + 3, y - 60); await settled();\n"
    "const moved = editor.curve.points[i], at = centre(knobs()[i]);\n"
    "const top = editor.top, { frame } = editor, [fx, fy] = at;\n"
    "await sleep(1100); /* what follows sooner is one step for undo */\n"
    "await mouse('move', fx, fy); await mouse('down', fx, fy);\n"
    "for (let k = 0; k < 6; k++) await mouse('move', fx + k % 2, fy - 150);\n"
    "await mouse('up', fx, fy - 150); await settled();\n"
    "const beyond = moved[1] + 150 / (frame.bottom - frame.top) * top;\n"
    "const grown = editor.curve.points[i][1]; play.state.undo(); await settled();\n"
    "return { begins, grown: Math.abs(grown / beyond - 1) < 0.03 || [grown, beyond], back: "
    "editor.curve.points[i][1] === moved[1], close, piecewise: main.type === 'piecewise', lengths: "
    "main.prompt_tokens.mean === 19000,\n"
    "  higher: moved[1] > 1.2 * before[1], ran: whileDragging >= 2, alone: sources().length === "
    "1,\n"
    "  asWritten: JSON.stringify(sources()[0].points[i]) === "
    "JSON.stringify([durationText(moved[0]), moved[1]]),\n"
    "  follows: follows(0, 86400) && follows(moved[0] - 1800, moved[0] + 1800) };";

static const char by_keys[] = IN_THE_PAGE
    "const count = editor.curve.points.length; knobs()[5].focus();\n"
    "const before = editor.curve.points[5].slice();\n"
    "await key('ArrowUp'); await key('ArrowUp'); await key('ArrowRight', { shift: true }); await "
    "settled();\n"
    "const up = editor.curve.points[5];\n"
    "await key('PageDown'); const next = document.activeElement === knobs()[6];\n"
    "await key('Enter'); await settled(); const added = editor.curve.points.length === count + 1;\n"
    "const on = document.activeElement === knobs()[7];\n"
    "await key('Delete'); await settled(); const removed = editor.curve.points.length === count;\n"
    "const slider = document.activeElement.getAttribute('role') === 'slider';\n"
    "const words = document.activeElement.getAttribute('aria-valuetext');\n"
    "const tabStops = knobs().filter((one) => one.getAttribute('tabindex') === '0').length === 1;\n"
    "const field = [...document.querySelectorAll('.curve-place label')].find((one) => "
    "one.textContent.startsWith('requests/s'));\n"
    "const input = field.querySelector('input'), chosen = editor.chosen;\n"
    "input.focus(); input.value = '0.77'; input.dispatchEvent(new Event('change')); await "
    "settled();\n"
    "const entered = editor.curve.points[chosen][1] === 0.77;\n"
    "input.value = 'much'; input.dispatchEvent(new Event('change'));\n"
    "const refused = input.getAttribute('aria-invalid') === 'true' && "
    "editor.curve.points[chosen][1] === 0.77;\n"
    "play.state.undo(); await settled(); const undone = editor.curve.points[chosen][1] !== 0.77;\n"
    "play.state.redo(); await settled();\n"
    "return { up: up[1] > before[1], right: up[0] > before[0], next, added, on, removed, slider, "
    "tabStops, entered, refused, undone,\n"
    "  words: /requests per second/.test(words), follows: follows(0, 86400) };";

static const char draw_and_burst[] = IN_THE_PAGE
    "button('Draw').click();\n"
    "const box = svg.getBoundingClientRect(), from = box.x + 0.3 * box.width, y = box.y + 60;\n"
    "await mouse('move', from, y); await mouse('down', from, y);\n"
    "for (let k = 1; k <= 20; k++) await mouse('move', from + k * box.width / 50, y + 20 * "
    "Math.sin(k / 3));\n"
    "await mouse('up', from + 0.4 * box.width, y); await settled();\n"
    "const pressed = button('Draw').getAttribute('aria-pressed') === 'true'; "
    "button('Draw').click();\n"
    "const drawn = follows(0, 86400), level = rateOfCurve(editor.curve, 43200) > 0.5;\n"
    "button('+ Burst').click(); await settled();\n"
    "const burst = sources().find(({ type }) => type === 'flash_crowd'), before = "
    "editor.curve.bursts[0];\n"
    "const end = svg.querySelector('.of-end'), [x, top] = centre(end);\n"
    "await mouse('move', x, top); await mouse('down', x, top);\n"
    "await mouse('move', x + 20, top); await mouse('move', x + 40, top); await mouse('up', x + 40, "
    "top); await settled();\n"
    "const after = editor.curve.bursts[0], high = after.at + after.rise;\n"
    "const slider = document.querySelectorAll('.length input[type=range]')[2];\n"
    "slider.value = Math.log(900) / Math.log(131072); slider.dispatchEvent(new Event('input'));\n"
    "slider.dispatchEvent(new Event('change')); await settled();\n"
    "const mean = sources().map(({ output_tokens: length }) => length.mean);\n"
    "const row = play.result.files['summary.csv'].trim().split('\\n').map((line) => "
    "line.split(','));\n"
    "const of = (name) => Number(row[1][row[0].indexOf(name)]);\n"
    "return { pressed, drawn, level, burst: burst !== undefined && burst.base_rate_per_s === 0,\n"
    "  longer: after.hold > 2 * before.hold, inIt: follows(high, high + after.hold), follows: "
    "follows(0, 86400),\n"
    "  lengths: mean.length === 2 && mean.every((one) => one === mean[0] && Math.abs(one / 900 - "
    "1) < 0.05),\n"
    "  outputs: Math.abs(of('generated_tokens') / of('completed') / 900 - 1) < 0.1 };";

Test(play_traffic, is_dragged_drawn_and_moved_by_keys) {
    LiveBrowser *browser = open_traffic("scenarios/demo.json", &(LiveView){0});
    expect_all(playground_run(browser, make_and_drag));
    expect_native_now(browser);
    expect_all(playground_run(browser, by_keys));
    expect_all(playground_run(browser, draw_and_burst));
    expect_native_now(browser);
    close_browser(browser);
}

/* On a phone a finger drags a point, and the page does not take it for a scroll. */
static const char by_finger[] = IN_THE_PAGE
    "button('Make it mine').click(); await settled();\n"
    "svg.scrollIntoView({ block: 'center' }); await sleep(100);\n"
    "const i = 8, [x, y] = centre(knobs()[i]), before = editor.curve.points[i][1];\n"
    "let taken = false; addEventListener('pointercancel', () => { taken = true; });\n"
    "await touch('start', x, y); for (let k = 1; k <= 10; k++) await touch('move', x, y - 5 * k);\n"
    "await touch('end'); await settled();\n"
    "const wide = document.documentElement.scrollWidth;\n"
    "const small = [...document.querySelectorAll('#panel-traffic button')].filter((one) => "
    "one.offsetParent)\n"
    "  .filter((one) => one.getBoundingClientRect().height < 40).map((one) => one.textContent);\n"
    "const named = [...document.querySelectorAll('#panel-traffic :is(input:not([hidden]), select, "
    "textarea)')]\n"
    "  .every((one) => one.labels && one.labels.length || one.getAttribute('aria-label'));\n"
    "return { dragged: editor.curve.points[i][1] > before, stays: !taken, fits: wide "
    "<= 390 || wide,\n"
    "  large: small.length === 0 || small, named, follows: follows(0, 86400),\n"
    "  dark: getComputedStyle(document.body).backgroundColor === 'rgb(20, 23, 27)' };";

Test(play_traffic, is_dragged_by_a_finger) {
    const LiveView phone = {
        .width = 390, .height = 844, .touch = true, .dark = true, .reduced_motion = true};
    LiveBrowser *browser = open_traffic("scenarios/demo.json", &phone);
    expect_all(playground_run(browser, by_finger));
    expect_native_now(browser);
    close_browser(browser);
}

/* Logs --------------------------------------------------------------------------------------- */

/* A text as a script has it; to be freed. */
static char *quoted(const char *text) {
    cJSON *node = cJSON_CreateString(text);
    char *result = cJSON_PrintUnformatted(node);
    cJSON_Delete(node);
    return result;
}

/* Dropped on the page and used, after `between` (a script); returns the run's files. */
static cJSON *drop_and_use(LiveBrowser *browser, const char *name, const char *content,
                           const char *between) {
    char *text = quoted(content);
    char *script = memory_format(
        "const name = '%s', content = %s;\n"
        "const place = document.querySelector('.recording');\n"
        "const read = () => until(() => place.isConnected && place.textContent &&\n"
        "  !place.textContent.startsWith('Reading'));\n"
        "place.replaceChildren();\n%s\nawait read();\n"
        "const said = place.textContent;\n"
        "if (!button('Use it')) throw new Error(said); button('Use it').click(); await settled();\n"
        "return { ...files(), said, shared: Object.keys(play.state.files).includes(name) };",
        name, text, between);
    cJSON *said = playground_run(browser, script);
    free(script);
    free(text);
    return said;
}

static const char *member(const cJSON *said, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(said, name));
}

/* The page's summary.csv against `run SCENARIO --trace FILE` with further changes, and against the
 * scenario that it exports. */
static void expect_as_trace(const cJSON *said, const char *file, const char *const sets[]) {
    char *out = scratch_path(scratch, "traced");
    const char *words[24] = {
        "run", "scenarios/azure-code.json", "--trace", file, "--out", out, "--force", "--quiet"};
    size_t count = 8;
    for (; *sets != NULL; sets++) {
        words[count++] = "--set";
        words[count++] = *sets;
    }
    ProgramResult result = program_run(NULL, words);
    cr_assert_eq(result.status, 0, "%s", result.errors);
    char *summary = folder_file_bytes(out, "summary.csv", NULL);
    cr_expect_str_eq(member(said, "summary.csv"), summary);
    free(summary);
    program_clear(&result);
    free(out);
    playground_expect_native(scratch, said);
}

#define START "start=2026-11-16T09:00:00Z"

Test(play_traffic, a_dropped_log_is_read_as_run_trace_reads_it) {
    LiveBrowser *browser = open_traffic("scenarios/azure-code.json", &(LiveView){0});
    char *sample = file_bytes("scenarios/traces/azure-sample.csv", NULL);
    char *path = scratch_text(scratch, "mine.csv", sample);
    cJSON *said = drop_and_use(browser, "mine.csv", sample, "await drop(name, content);");
    cr_expect_not_null(strstr(member(said, "said"), "1,454 from 1,454 rows"), "%s",
                       member(said, "said"));
    cr_expect(cJSON_IsTrue(cJSON_GetObjectItem(said, "shared")));
    expect_as_trace(said, path, (const char *const[]){"duration=35m", START, NULL});
    cJSON_Delete(said);
    free(path);
    /* By gzip, and shared as a text. */
    path = scratch_text(scratch, "packed.csv.gz", sample);
    said = drop_and_use(browser, "packed.csv.gz", sample,
                        "await drop(name, await new Response(new Blob([content]).stream()\n"
                        "  .pipeThrough(new CompressionStream('gzip'))).arrayBuffer());");
    expect_as_trace(said, path, (const char *const[]){"duration=35m", START, NULL});
    cJSON_Delete(said);
    free(path);
    free(sample);
    close_browser(browser);
}

/* Columns of one's own: refused with what would do, which is offered, and then read. */
Test(play_traffic, what_is_refused_is_told_with_its_next_step) {
    LiveBrowser *browser = open_traffic("scenarios/azure-code.json", &(LiveView){0});
    static const char own[] =
        "when,in,out\n2026-11-16T09:00:00Z,1200,40\n2026-11-16T09:00:02Z,300,15\n"
        "2026-11-16T09:01:05Z,2500,60\n";
    char *path = scratch_text(scratch, "own.csv", own);
    cJSON *said = drop_and_use(browser, "own.csv", own,
                               "await drop(name, content); await read();\n"
                               "if (!/expected a known format/.test(place.textContent)) throw new "
                               "Error(place.textContent);\n"
                               "button('Read it so').click();");
    expect_as_trace(said, path,
                    (const char *const[]){"duration=17m", START,
                                          "deployments.code.traffic.time_column=when",
                                          "deployments.code.traffic.prompt_column=in",
                                          "deployments.code.traffic.output_column=out", NULL});
    cJSON_Delete(said);
    free(path);
    expect_all(playground_run(
        browser,
        "const place = document.querySelector('.recording');\n"
        "await drop('x.txt', 'hello world\\n'); await until(() => "
        "/hello/.test(place.textContent));\n"
        "const told = place.querySelector('[role=alert]').textContent, before = play.result;\n"
        "await drop('big.log', new Uint8Array(51e6)); await until(() => /51 "
        "MB/.test(place.textContent));\n"
        "const big = place.textContent;\n"
        "await drop('other.json', '{\"name\": \"other\", \"duration\": \"1h\", \"deployments\": "
        "{\"a\": {\"model\": \"llama-v3p1-8b-instruct\", "
        "\"traffic\": {\"type\": \"poisson\", \"rate_per_s\": 1, \"prompt_tokens\": 9, "
        "\"output_tokens\": 9}}}}');\n"
        "await until(() => play.result.scenario.name === 'other');\n"
        "return { told: /found text: \"hello world\"/.test(told), big: /at most/.test(big), "
        "scenario: true };"));
    close_browser(browser);
}

/* So many requests a second apart, in nginx's form. */
static char *access_log(int count) {
    Text log = {0};
    for (int i = 0; i < count; i++) {
        text_addf(&log,
                  "10.0.0.1 - - [16/Nov/2026:09:%02d:%02d +0000] \"POST / HTTP/1.1\" 200 12\n",
                  i / 60 % 60, i % 60);
    }
    return text_take(&log);
}

Test(play_traffic, a_log_without_tokens_gets_lengths) {
    LiveBrowser *browser = open_traffic("scenarios/azure-code.json", &(LiveView){0});
    char *log = access_log(200), *path = scratch_text(scratch, "access.log", log);
    cJSON *said = drop_and_use(browser, "access.log", log, "await drop(name, content);");
    cr_expect_not_null(strstr(member(said, "said"), "no token counts"));
    cr_expect_not_null(strstr(member(said, "summary.csv"), "\ncode,200,"));
    playground_expect_native(scratch, said);
    cJSON_Delete(said);
    free(path);
    free(log);
    close_browser(browser);
}

/* Rows that gzip makes little of. */
static char *large_log(void) {
    Text log = {0};
    text_add(&log, "TIMESTAMP,ContextTokens,GeneratedTokens\n");
    unsigned state = 1;
    for (int i = 0; i < 20000; i++) {
        state = state * 1103515245 + 12345;
        text_addf(&log, "2026-11-16 09:%02d:%02d.%03d,%u,%u\n", i / 1000, i * 60 / 1000 % 60,
                  i * 60 % 1000, (state >> 7) % 900 + 1, (state >> 12) % 90 + 1);
    }
    return text_take(&log);
}

/* It is kept beside the state; who opens the address is asked for it, and gets the same run. */
Test(play_traffic, a_large_log_is_no_part_of_the_address) {
    LiveBrowser *browser = open_traffic("scenarios/azure-code.json", &(LiveView){0});
    char *page = scratch_path(scratch, "playground.html");
    char *log = large_log(), *path = scratch_text(scratch, "large.csv", log), *text = quoted(log);
    cJSON *said = drop_and_use(browser, "large.csv", log, "await drop(name, content);");
    cr_expect_not_null(strstr(member(said, "said"), "too large for the address"));
    cr_expect(cJSON_IsFalse(cJSON_GetObjectItem(said, "shared")));
    playground_expect_native(scratch, said);
    cJSON *hash = playground_run(browser, "return stateText(play.state.toJSON());");
    cr_expect_lt(strlen(hash->valuestring), 2000);
    char *address = memory_format("%s#%s", page, hash->valuestring);
    live_browser_visit(browser, address);
    char *script = memory_format(
        "await until(() => document.documentElement.dataset.ready);\n"
        "document.getElementById('tab-traffic').click();\n"
        "const told = document.getElementById('panel-traffic').textContent;\n"
        "if (!/large.csv is not part of this address/.test(told)) throw new Error(told);\n"
        "await drop('large.csv', %s); await until(() => play.result);\n"
        "return files();",
        text);
    cJSON *again = playground_run(browser, script);
    cr_expect_str_eq(member(again, "summary.csv"), member(said, "summary.csv"));
    cJSON_Delete(again);
    cJSON_Delete(hash);
    cJSON_Delete(said);
    free(script);
    free(address);
    free(text);
    free(path);
    free(log);
    free(page);
    close_browser(browser);
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Several runs on one time axis: a chart for each figure, a line for each run.

const comparedCharts = [
  ['arrivals', 'Arrivals per second', 'per_s', { overview: true }],
  ['answers_503', '503 answers per second', 'per_s'],
  ['answers_429', '429 answers per second', 'per_s'],
  ['in_flight', 'Requests in flight', 'count'],
  ['queued', 'Requests queued on replicas', 'count'],
  ['target', 'Target', 'count', { step: true, marks: true }],
  ['replicas_serving', 'Replicas serving', 'count', { step: true }],
  ['ttft_p95_s', 'Time to first token, p95', 's', { log: true }],
  ['e2e_p95_s', 'Whole answer (E2E), p95', 's', { log: true }],
  ['usd_per_hour', 'Cost per hour', 'usd', { step: true }],
  ['usd_total', 'Cost so far', 'usd'],
];

const runColours = ['c1', 'c4', 'c3', 'c2', 'c5', 'c6'];

/* The values of one run on the common times. What its file leaves empty is a gap (NaN), what it has
 * no row for is not (null). */
function onTimes(run, column, times, same) {
  const own = run.series[column] || run.time.map(() => 0);
  if (same) return own;
  const at = new Map(run.time.map((time, row) => [time, own[row] === null ? NaN : own[row]]));
  return times.map((time) => (at.has(time) ? at.get(time) : null));
}

/* Lines that cover each other are one: all runs have the same traffic. */
function alike(series) {
  const text = series[0].values.join();
  return series.length > 1 && series.every((one) => one.values.join() === text)
    ? [{ ...series[0], label: 'all runs', colour: 'ink' }] : series;
}

function showComparison(container, data) {
  const runs = data.runs.filter((run) => run.time && run.time.length);
  if (!runs.length) {
    container.replaceChildren(make('p', {}, 'No interval of this deployment ended: there is nothing to draw.'));
    return;
  }
  const first = runs[0].time;
  const same = runs.every((run) => run.time.length === first.length &&
    run.time.every((time, row) => time === first[row]));
  const times = same ? first
    : [...new Set(runs.flatMap((run) => run.time))].sort((a, b) => a - b);
  const charts = comparedCharts
    .filter(([column]) => runs.some((run) => run.series[column]))
    .map(([column, title, unit, more]) => ({ title, unit, ...more,
      series: alike(runs.map((run) => ({ label: run.label, step: more && more.step,
        colour: runColours[data.runs.indexOf(run) % runColours.length],
        dash: data.runs.indexOf(run) >= runColours.length,
        values: onTimes(run, column, times, same) }))) }));
  const decisions = runs.map((run) => ({ label: run.label, items: run.decisions, thinned: run.left_out > 0,
    colour: runColours[data.runs.indexOf(run) % runColours.length] }));
  const group = new ChartGroup(container, { calendar: data.calendar, joined: !same,
    times: times.map((seconds) => seconds * 1000), charts, decisions });
  const thinned = runs.map((run) => thinnedText(run)).filter((text) => text);
  container.append(make('p', { class: 'quiet' }, 'Each point is of the interval that ends there. ',
    group.neverText(),
    thinned.length ? thinned[0] : ''),
    ...decisions.map((decision, i) => decisionList(group, decision, runs[i].changes)));
}

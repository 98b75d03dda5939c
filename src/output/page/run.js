// SPDX-License-Identifier: GPL-3.0-or-later
// The charts of one run, from the columns of its time series.

const replicaBands = [
  ['replicas_serving', 'serving', 'serving'],
  ['replicas_ready', 'ready', 'ready'],
  ['replicas_initializing', 'initializing', 'initializing'],
  ['replicas_downloading_model', 'downloading', 'downloading'],
  ['replicas_pending_scheduling', 'pending', 'pending'],
  ['replicas_draining', 'draining', 'draining'],
];

/* title, unit, [column, label, colour, more], more of the chart. A column that is 0 throughout is
 * left out, but where it is `always` shown. */
const runCharts = [
  ['Traffic per second', 'per_s', [
    ['completed', 'completed', 'c3'], ['arrivals', 'arrivals', 'c1', { always: true }],
    ['answers_503', '503 answers', 'c4'], ['answers_429', '429 answers', 'c5'],
    ['answers_404', '404 answers', 'c2'], ['answers_400', '400 answers', 'c6']], { overview: true }],
  ['Requests in the system', 'count', [
    ['in_flight', 'in flight', 'c1', { always: true }], ['held', 'held by replicas', 'c3'],
    ['queued', 'of these queued', 'c4', { fill: true }]]],
  ['Replicas', 'count', [
    ...replicaBands.map(([column, label, name]) => [column, label, name, { band: true }]),
    ['recommended', 'recommended', 'c6', { step: true, dash: true }],
    ['target', 'target', 'ink', { step: true, width: 2, always: true }]], { marks: true }],
  ['Time to first token', 's', [['ttft_p50_s', 'p50', 'c3'], ['ttft_p95_s', 'p95', 'c1'],
    ['ttft_p99_s', 'p99', 'c4']], { log: true }],
  ['Whole answer (E2E)', 's', [['e2e_p50_s', 'p50', 'c3'], ['e2e_p95_s', 'p95', 'c1'],
    ['e2e_p99_s', 'p99', 'c4']], { log: true }],
  ['Tokens per second', 'count', [['prompt_tokens_per_s', 'prompt', 'c1'],
    ['generated_tokens_per_s', 'generated', 'c2']]],
  ['Cost per hour', 'usd', [['usd_per_hour', 'per hour', 'c1', { fill: true, step: true }]]],
  ['Cost so far', 'usd', [['usd_total', 'so far', 'c1', { fill: true }]]],
];

/* What the policy weighs, for each load target in force: what is measured over the deployment, and
 * what the replicas asked for may carry. */
function loadCharts(data) {
  return Object.keys(data.series).filter((name) => name.endsWith('_target')).map((name) => {
    const key = name.slice(0, -'_target'.length);
    const zeros = data.time.map(() => 0);
    const replicas = data.series.target || zeros, per = data.series[name];
    return { title: `Load: ${key}`, unit: 'count', series: [
      { label: 'measured', colour: 'c1', values: data.series[`${key}_measured`] || zeros },
      { label: 'load target × target', colour: 'ink', dash: true, step: true,
        values: per.map((value, row) => (value === null ? null : value * replicas[row])) },
    ] };
  });
}

function runChart(data, [title, unit, columns, more]) {
  const series = columns.filter(([column, , , extra]) => data.series[column] || (extra && extra.always))
    .map(([column, label, name, extra]) => ({ label, colour: name,
      values: data.series[column] || data.time.map(() => 0), ...extra }));
  return { title, unit, series, ...more };
}

/* What was left out of the page, in words. */
function thinnedText(data) {
  const parts = [];
  if (data.stretch > 1) {
    parts.push(`Of ${data.rows.toLocaleString('en-US')} rows of timeseries.csv, each ${data.stretch} are ` +
      'drawn as two points, the least and the greatest value (of replicas: the fewest and the most).');
  }
  if (data.left_out > 0) {
    parts.push(`${data.left_out.toLocaleString('en-US')} decisions of events.csv are not on this page.`);
  }
  return parts.join(' ');
}

function showRun(container, data) {
  if (!data.time || data.time.length === 0) {
    container.replaceChildren(make('p', {}, 'No interval of this deployment ended: there is nothing to draw.'));
    return;
  }
  const charts = runCharts.map((chart) => runChart(data, chart)).filter((chart) => chart.series.length);
  const replicas = charts.findIndex((chart) => chart.marks);
  charts.splice(replicas + 1, 0, ...loadCharts(data));
  const decisions = { label: null, items: data.decisions, thinned: data.left_out > 0 };
  const group = new ChartGroup(container, { calendar: data.calendar,
    times: data.time.map((seconds) => seconds * 1000), charts, decisions: [decisions] });
  container.append(make('p', { class: 'quiet' }, 'Each point is of the interval that ends there. ',
    group.neverText(),
    thinnedText(data)), decisionList(group, decisions, data.changes));
}

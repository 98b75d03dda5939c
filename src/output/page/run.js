// SPDX-License-Identifier: GPL-3.0-or-later
// One run: for each deployment key figures, charts and tables; then where it comes from.

const replicaBands = [
  ['replicas_serving', 'serving', 'serving'],
  ['replicas_ready', 'ready', 'ready'],
  ['replicas_initializing', 'initializing', 'initializing'],
  ['replicas_downloading_model', 'downloading', 'downloading'],
  ['replicas_pending_scheduling', 'pending', 'pending'],
  ['replicas_draining', 'draining', 'draining'],
];

/* title, unit, [column, label, colour, more], more of the chart. A column that is 0 throughout is
 * left out, but where it is `always` shown; one is shown only where it is `above` another, for below
 * it decides nothing: a window holds it back. */
const runCharts = [
  ['Traffic per second', 'per_s', [
    ['completed', 'completed', 'c3'], ['arrivals', 'arrivals', 'c1', { always: true }],
    ['answers_503', '503 answers', 'c4'], ['answers_429', '429 answers', 'c5'],
    ['answers_404', '404 answers', 'c2'], ['answers_400', '400 answers', 'c6']], { overview: true }],
  ['Requests in the system', 'count', [
    ['in_flight', 'in flight', 'c1', { always: true }], ['held', 'held by replicas', 'c3'],
    ['queued', 'of these queued', 'c4', { fill: true }],
    ['waiting_at_zero', 'waiting at the gateway', 'c2']]],
  ['Replicas', 'count', [
    ...replicaBands.map(([column, label, name]) => [column, label, name, { band: true }]),
    ['recommended', 'recommended', 'c6', { step: true, dash: true, above: 'target' }],
    ['target', 'target', 'ink', { step: true, width: 2, always: true }]], { marks: true }],
  ['Time to first token', 's', [['ttft_p50_s', 'p50', 'c3'], ['ttft_p95_s', 'p95', 'c1'],
    ['ttft_p99_s', 'p99', 'c4']], { log: true }],
  ['Whole answer (E2E)', 's', [['e2e_p50_s', 'p50', 'c3'], ['e2e_p95_s', 'p95', 'c1'],
    ['e2e_p99_s', 'p99', 'c4']], { log: true }],
  ['Tokens per second', 'count', [['prompt_tokens_per_s', 'prompt', 'c1'],
    ['generated_tokens_per_s', 'generated', 'c2']]],
  ['Cost per hour', 'usd', [['cost_usd_per_hour', 'per hour', 'c1', { fill: true, step: true }]]],
  ['Cost so far', 'usd', [['cost_usd', 'so far', 'c1', { fill: true }]]],
];

/* What the policy weighs, for each load target in force: what is measured over the deployment, and
 * what the replicas asked for may carry. */
function loadCharts(data) {
  return data.loadKeys.filter((key) => data.series.has(`${key}_target`)).map((key) => {
    const zeros = data.time.map(() => 0);
    const replicas = data.series.get('target') || zeros, per = data.series.get(`${key}_target`);
    return { title: `Load: ${key}`, unit: 'count', series: [
      { label: 'measured', colour: 'c1', values: data.series.get(`${key}_measured`) || zeros },
      { label: 'load target × target', colour: 'ink', dash: true, step: true,
        values: per.map((value, row) => (value === null ? null : value * replicas[row])) },
    ] };
  });
}

/* Where a series is above another one, and the point after, which ends its step; gaps elsewhere. */
function onlyAbove(values, other) {
  const above = (row) => values[row] !== null && values[row] > (other[row] || 0);
  return values.map((value, row) => (above(row) || (row > 0 && above(row - 1)) ? value : NaN));
}

function runChart(data, [title, unit, columns, more]) {
  const valuesOf = (column) => data.series.get(column) || data.time.map(() => 0);
  const series = columns.filter(([column, , , extra]) => data.series.has(column) || (extra && extra.always))
    .map(([column, label, name, extra]) => ({ label, colour: name, ...extra,
      values: extra && extra.above ? onlyAbove(valuesOf(column), valuesOf(extra.above)) : valuesOf(column) }))
    .filter(({ values, always }) => always || values.some((value) => value === Infinity || Number.isFinite(value)));
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

/* Decisions as rows: time, from, to, reason, recommended, winner, measured, target (of the winner),
 * window, since, until. */
function decisionRows(track) {
  const column = (name) => track.series.get(name) || [], winners = column('winner');
  const before = ['time_s', 'from', 'to', 'reason', 'recommended', 'winner'].map(column);
  const after = ['window', 'window_since_s', 'window_until_s'].map(column);
  const columnsOf = (winner) => [...before, column(`${winner}_measured`), column(`${winner}_target`), ...after];
  const columns = new Map([undefined, ...winners].map((winner) => [winner, null])), rows = [];
  for (const winner of columns.keys()) columns.set(winner, columnsOf(winner));
  for (let row = 0; row < track.rows - track.left_out; row++) {
    rows.push(columns.get(winners[row]).map((values) => values[row] ?? null));
  }
  return rows;
}

/* What the charts show of a deployment; null where its files have no row of it. */
function runData({ load_keys: loadKeys }, files, deployment) {
  const intervals = trackOf(files['timeseries.csv'], deployment), events = trackOf(files['events.csv'], deployment);
  if (!intervals) return null;
  const none = { changes: 0, left_out: 0 };
  return { loadKeys, rows: intervals.rows, stretch: intervals.stretch, time: intervals.series.get('time_s'),
    series: intervals.series, changes: (events || none).changes, left_out: (events || none).left_out,
    decisions: events ? decisionRows(events) : [] };
}

/* All charts of a run that have something to show. */
function runChartsOf(data) {
  const charts = runCharts.map((chart) => runChart(data, chart)).filter((chart) => chart.series.length);
  const replicas = charts.findIndex((chart) => chart.marks);
  charts.splice(replicas + 1, 0, ...loadCharts(data));
  return charts;
}

function runCharted(data, calendar) {
  const container = make('div', { class: 'charts', 'data-kind': 'run' });
  if (!data) {
    container.append(make('p', {}, 'No interval of this deployment ended: there is nothing to draw.'));
    return { container, draw: () => {} };
  }
  const draw = () => {
    const charts = runChartsOf(data);
    const decisions = { label: null, items: data.decisions, thinned: data.left_out > 0 };
    const group = new ChartGroup(container, { calendar, times: data.time.map((seconds) => seconds * 1000), charts,
      decisions: [decisions] });
    container.append(make('p', { class: 'quiet' }, 'Each point is of the interval that ends there. ',
      group.neverText(), thinnedText(data)), decisionList(group, decisions, data.changes));
  };
  return { container, draw };
}

/* Texts ------------------------------------------------------------------------------------------ */

/* The instant of time 0 in seconds since 1970, or null. */
function calendarOf(scenario) {
  const seconds = Math.floor(Date.parse(scenario.start) / 1000);
  return Number.isFinite(seconds) ? seconds : null;
}

/* The names of runs' scenarios, each once. */
const scenarioNames = (runs) => [...new Set(runs.map(({ scenario }) => scenario.name || 'a scenario without a name'))];

function runHead(scenario) {
  const { question, start, duration } = scenario;
  return [make('p', { class: 'kind' }, 'A run of autoscale-sim'), make('h1', {}, ...scenarioNames([{ scenario }])),
    question ? make('p', { class: 'lead' }, question) : null,
    duration ? make('p', { class: 'quiet' }, `${duration} simulated${start ? ` from ${start}` : ''}`) : null];
}

/* "llama on 4 × H100, ..."; nothing where the scenario does not have it. */
function deploymentLine(scenario, name) {
  const one = (scenario.deployments || {})[name];
  if (!one) return null;
  const limits = one.autoscaling;
  const parts = [['', one.model], [' on ', one.accelerator_count], [' × ', one.accelerator], [', policy ', one.policy],
    [', ', limits && limits.min_replica_count], [' to ', limits && limits.max_replica_count]];
  const texts = parts.filter(([, value]) => typeof value === 'string' || typeof value === 'number');
  return make('p', { class: 'quiet' }, texts.map(([before, value]) => before + value).join('') +
    (limits ? ' replicas' : ''));
}

function showRun(data, header, main) {
  const { files } = data.folders[0], scenario = JSON.parse(files['scenario.json']);
  const summary = new Table(files['summary.csv']);
  const names = summary.columns.filter((column) => column !== 'deployment');
  header.append(...runHead(scenario).filter((part) => part), ...summary.rows.map((row) => {
    const name = summary.get(row, 'deployment');
    return verdictLine(files, name, summary.rows.length > 1 ? `${name}: ` : '');
  }).filter((part) => part));
  if (summary.rows.length > 1) {
    main.append(make('nav', { 'aria-label': 'Deployments' }, make('ul', {}, ...summary.rows.map((row, i) =>
      make('li', {}, make('a', { href: `#deployment-${i + 1}` }, summary.get(row, 'deployment')))))));
  }
  summary.rows.forEach((row, i) => {
    const name = summary.get(row, 'deployment'), value = (metric) => summary.get(row, metric);
    const { container, draw } = runCharted(runData(data, files, name), calendarOf(scenario));
    main.append(make('section', { id: `deployment-${i + 1}`, class: 'deployment' }, make('h2', {}, name),
      deploymentLine(scenario, name), keyFigures(data.table, value), container, make('h3', {}, 'All figures'),
      ...summaryTables(data.table, names, value)));
    draw();
  });
  main.append(originSection(data, [scenario], ...manifestParts(files),
    documentBlock('The scenario as run, every default filled in', files['scenario.json'])));
}

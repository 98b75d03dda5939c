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
  ['cost_usd_per_hour', 'Cost per hour', 'usd', { step: true }],
  ['cost_usd', 'Cost so far', 'usd'],
];

const runColours = ['c1', 'c4', 'c3', 'c2', 'c5', 'c6'];

/* The values of one run on the common times. What its file leaves empty is a gap (NaN), what it has
 * no row for is not (null). */
function onTimes(run, column, times, same) {
  const own = run.series.get(column) || run.time.map(() => 0);
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

/* Three step curves or more over each other cannot be told apart: each run then has a chart of its
 * own, on one scale, the target over the replicas that serve. */
function comparedChart([column, title, unit, more], runs, seriesOf) {
  const series = alike(runs.map((run) => seriesOf(run, column, more)));
  if (!more || !more.step || series.length < 3) return [{ title, unit, ...more, series }];
  if (column === 'replicas_serving') return [];
  const under = column === 'target' && runs.map((run) => seriesOf(run, 'replicas_serving', more));
  const most = Math.max(1e-9, ...[...series, ...under || []].flatMap(({ values }) => values.filter(Number.isFinite)));
  return series.map((one, r) => ({ ...more, unit, title: `${title}: ${one.label}`, most, small: true, only: one.label,
    series: under ? [{ ...under[r], label: 'serving', fill: true }, { ...one, label: 'target', colour: 'ink' }]
      : [{ ...one, fill: true }] }));
}

/* What a ChartGroup shows of runs, {label, ...runData}, by some of the charts; null: none has an interval. */
function comparedContents(all, calendar, wanted = comparedCharts) {
  const runs = all.filter((run) => run.time);
  if (!runs.length) return null;
  const first = runs[0].time;
  const same = runs.every((run) => run.time.length === first.length &&
    run.time.every((time, row) => time === first[row]));
  const times = same ? first
    : [...new Set(runs.flatMap((run) => run.time))].sort((a, b) => a - b);
  const colourOf = (run) => runColours[all.indexOf(run) % runColours.length];
  const seriesOf = (run, column, more) => ({ label: run.label, step: more && more.step, colour: colourOf(run),
    dash: all.indexOf(run) >= runColours.length, values: onTimes(run, column, times, same) });
  const charts = wanted.filter(([column]) => runs.some((run) => run.series.has(column)))
    .flatMap((chart) => comparedChart(chart, runs, seriesOf));
  const decisions = runs.map((run) => ({ label: run.label, items: run.decisions, thinned: run.left_out > 0,
    colour: colourOf(run) }));
  return { calendar, joined: !same, times: times.map((seconds) => seconds * 1000), charts, decisions };
}

function comparedCharted(all, calendar) {
  const container = make('div', { class: 'charts', 'data-kind': 'comparison' });
  const contents = comparedContents(all, calendar), runs = all.filter((run) => run.time);
  if (!contents) {
    container.append(make('p', {}, 'No interval of this deployment ended: there is nothing to draw.'));
    return { container, draw: () => {} };
  }
  const draw = () => {
    const group = new ChartGroup(container, contents);
    const thinned = runs.map((run) => thinnedText(run)).filter((text) => text);
    container.append(make('p', { class: 'quiet' }, 'Each point is of the interval that ends there. ',
      group.neverText(), thinned.length ? thinned[0] : ''),
    ...contents.decisions.map((decision, i) => decisionList(group, decision, runs[i].changes)));
  };
  return { container, draw };
}

/* Runs ------------------------------------------------------------------------------------------- */

const lastPart = (path) => path.replace(/(.)\/+$/, '$1').replace(/^.*\/(?=[^/])/, '');

/* Runs are called by their scenarios, or where these are alike by the last part of their folders'
 * paths, or else by the whole; what is alike even so gets a number. */
function runLabels(folders) {
  const names = [({ files }) => JSON.parse(files['scenario.json']).name, ({ label }) => lastPart(label),
    ({ label }) => label].map((call) => folders.map(call))
    .find((some, i) => i === 2 || new Set(some.filter((name) => name)).size === folders.length);
  const labels = [];
  for (const name of names) {
    let label = name;
    for (let number = 2; labels.includes(label); number++) label = `${name}-${number}`;
    labels.push(label);
  }
  return labels;
}

function readRuns(folders, labels) {
  return folders.map(({ files }, r) => ({ label: labels[r], files, scenario: JSON.parse(files['scenario.json']),
    summary: new Table(files['summary.csv']) }));
}

const deploymentsOf = ({ summary }) => summary.rows.map((row) => summary.get(row, 'deployment'));

/* {name, own: by run, its own name for it}: the same, or if every run has just one, that one; of the
 * others null. */
function matchDeployments(runs) {
  if (runs.every((run) => run.summary.rows.length === 1)) {
    return [{ name: deploymentsOf(runs[0])[0], own: runs.map((run) => deploymentsOf(run)[0]) }];
  }
  return [...new Set(runs.flatMap(deploymentsOf))].map((name) =>
    ({ name, own: runs.map((run) => (deploymentsOf(run).includes(name) ? name : null)) }));
}

/* The means of comparison.csv, and statistics.csv if it is there, in place of the figures of the
 * runs' own files. */
function figureOf(run, own, deployment, metric, comparison, statistics) {
  const row = run.summary.rows.find((one) => run.summary.get(one, 'deployment') === own);
  const figure = { mean: own === null || !row ? null : run.summary.get(row, metric) };
  const names = ['mean', 'mean_low', 'mean_high', 'difference', 'difference_low', 'difference_high', 'verdict'];
  const is = (table, one) => table.get(one, 'deployment') === deployment && table.get(one, 'metric') === metric;
  const means = comparison && comparison.rows.find((one) => is(comparison, one));
  if (means && comparison.has(run.label)) figure.mean = comparison.get(means, run.label);
  const known = statistics && statistics.rows.find((one) => is(statistics, one) &&
    statistics.get(one, 'run') === run.label);
  for (const name of names.slice(1)) figure[name] = null;
  for (const name of known ? names : []) figure[name] = statistics.get(known, name);
  return figure;
}

/* The page --------------------------------------------------------------------------------------- */

/* The scenario's name and question; who is compared, if their names say more. */
function comparisonHead(header, runs) {
  const names = scenarioNames(runs), { question } = runs[0].scenario;
  const labels = runs.map((run) => run.label);
  header.append(make('p', { class: 'kind' }, 'A comparison by autoscale-sim'), make('h1', {}, listText(names)),
    ...(question ? [make('p', { class: 'lead' }, question)] : []),
    ...(labels.every((label) => names.includes(label)) ? [] : [make('p', {}, listText(labels))]),
    ...runs.flatMap((run) => deploymentsOf(run).map((name) => verdictLine(run.files, name,
      `${run.label}${deploymentsOf(run).length > 1 ? `, ${name}` : ''}: `))).filter((part) => part));
}

/* "TTFT ≤ 2s, E2E ≤ 30s", where all runs have the same limits, and one at least. */
function limitsText(runs) {
  const texts = new Set(runs.map(({ scenario: { slo } }) => Object.entries(slo || {})
    .filter(([, limit]) => limit !== null).map(([name, limit]) => `${name.toUpperCase()} ≤ ${limit}`).join(', ')));
  return texts.size === 1 ? [...texts][0] : '';
}

/* What compare says in words (verdict.json); without intervals, how little can be said. */
function verdictSection(runs, files, deployments) {
  if (!files || !files['verdict.json']) return null;
  const { against, verdicts, basis } = JSON.parse(files['verdict.json']), limits = limitsText(runs);
  const share = (figure) => withInterval('share', [figure.mean, figure.mean_low, figure.mean_high]);
  const kept = deployments.map(({ name, rows }) => [name, rows.find(([metric]) => metric.name === 'slo_attainment')])
    .filter(([, row]) => limits && row && row[1].every((figure) => figure.mean !== null))
    .map(([name, [, figures]]) => make('p', {}, `${deployments.length > 1 ? `${name}: ` : ''}Met the objective ` +
      `(${limits}): ${runs.map((run, r) => `${run.label} ${share(figures[r])}`).join(', ')} of the requests.`));
  const rest = basis.map((text) => make('p', { class: 'quiet' }, text));
  return make('section', { class: 'verdict-first' }, make('h2', {}, `Against ${against}`),
    ...verdicts.map(({ run, text }) => make('p', { class: `lead said run-${runs.findIndex((one) => one.label === run)}` },
      text)), ...kept, ...(verdicts.length ? [folded('What this rests on', ...rest)] : rest));
}

/* Runs that begin at different instants are laid over each other from time 0. */
function commonCalendar(runs) {
  const [first] = runs;
  return runs.every((run) => run.scenario.start === first.scenario.start) ? calendarOf(first.scenario) : null;
}

function comparisonOrigin(data, runs, files) {
  const scenarioBlock = (run) => documentBlock(`The scenario of ${run.label} as run, every default filled in`,
    run.files['scenario.json']);
  return originSection(data, runs.map((run) => run.scenario), ...(files ? manifestParts(files) : []),
    ...runs.flatMap((run) => (files ? [scenarioBlock(run)]
      : [make('h3', {}, run.label), ...manifestParts(run.files), scenarioBlock(run)])));
}

/* Of a directory of a comparison, whose first folder it is, or of several runs. */
function showComparison(data, header, main) {
  const [{ files }] = data.folders, isOne = 'comparison.csv' in files;
  const folders = isOne ? data.folders.slice(1) : data.folders;
  const runs = readRuns(folders, isOne ? folders.map(({ label }) => label) : runLabels(folders));
  const comparison = isOne ? new Table(files['comparison.csv']) : null;
  const statistics = files['statistics.csv'] ? new Table(files['statistics.csv']) : null;
  const names = runs[0].summary.columns.filter((column) => column !== 'deployment');
  comparisonHead(header, runs);
  const deployments = matchDeployments(runs).map(({ name, own }) => ({ name, own,
    rows: names.map((metric) => [data.table.of(metric),
      runs.map((run, r) => figureOf(run, own[r], name, metric, comparison, statistics))]) }));
  main.append(verdictSection(runs, isOne ? files : null, deployments) || '');
  for (const { name, own, rows } of deployments) {
    const labels = runs.map((run) => run.label);
    const charted = comparedCharted(runs.map((run, r) => ({ label: run.label,
      ...(own[r] === null ? {} : runData(data, run.files, own[r])) })), commonCalendar(runs));
    main.append(make('section', { class: 'deployment' }, make('h2', {}, name),
      make('p', { class: 'quiet' }, `Differences to ${labels[0]}${statistics &&
        rows.some(([, figures]) => figures.some((figure) => Number.isFinite(figure.mean_low)))
        ? ', paired; below each figure its confidence interval.' : '.'}`),
      comparedTable(data.table, labels, rows, true),
      charted.container, folded('All other figures', comparedTable(data.table, labels, rows, false))));
    charted.draw();
  }
  main.append(comparisonOrigin(data, runs, isOne ? files : null));
}

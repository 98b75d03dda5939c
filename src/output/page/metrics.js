// SPDX-License-Identifier: GPL-3.0-or-later
// The figures of runs as tables: titles, units and groups are those of the program's table of
// metrics, which the data has.

class Metrics {
  constructor({ metrics, groups }) {
    this.all = metrics;
    this.groups = groups;
    this.byName = new Map(metrics.map((metric) => [metric.name, metric]));
  }

  /* A column that this version does not know is a plain number of the last group. */
  of(name) {
    return this.byName.get(name) || { name, title: name, unit: 'h', group: this.groups.length - 1, better: 1,
      in_short: false, unknown: true };
  }
}

/* At the head of a run. */
function keyFigures(metrics, value) {
  const shown = metrics.all.filter((metric) => metric.key > 0 && value(metric.name) !== null)
    .sort((a, b) => a.key - b.key);
  return make('dl', { class: 'figures' }, ...shown.map((metric) => make('div', {},
    make('dt', {}, metric.title), make('dd', {}, figureText(metric.unit, value(metric.name))))));
}

const latencyRows = [
  ['ttft', 'first token (TTFT)'], ['tpot', 'per token (TPOT)'], ['e2e', 'whole answer (E2E)'],
  ['retry_wait', 'E2E: retry wait'], ['queue_wait', 'E2E: queue wait'], ['prefill', 'E2E: prefill'],
  ['decode', 'E2E: decode'], ['ttft_without_retry', 'TTFT without retries'],
  ['e2e_without_retry', 'E2E without retries'],
];

const latencyColumns = [['p50_s', 'p50'], ['p90_s', 'p90'], ['p95_s', 'p95'], ['p99_s', 'p99'], ['p99_9_s', 'p99.9'],
  ['never_share', 'never'], ['mean_s', 'mean'], ['max_s', 'max'], ['count', 'of']];

function latencyTable(metrics, value) {
  if (value('e2e_p50_s') === null) return null; // nothing ended
  return makeTable('numbers', 'Latency',
    [make('td', {}), ...latencyColumns.map(([, title]) => columnHead(title))],
    make('tbody', {}, ...latencyRows.map(([name, title]) => make('tr', {}, rowHead(title),
      ...latencyColumns.map(([column]) =>
        cell(figureText(metrics.of(`${name}_${column}`).unit, value(`${name}_${column}`))))))));
}

/* names: the columns of the summary; those that do not apply are left out. */
function summaryTables(metrics, names, value) {
  const known = names.map((name) => metrics.of(name)).filter((metric) => value(metric.name) !== null);
  const tables = metrics.groups.map((title, group) => {
    const rows = known.filter((metric) => metric.group === group);
    return title === 'Latency' || !rows.length ? null : make('div', { class: 'box' },
      make('table', { class: 'numbers' }, make('caption', {}, title), make('tbody', {},
        ...rows.map((metric) => make('tr', {},
          rowHead(metric.title + (metric.unit === 'per_s' ? ' (1/s)' : '')),
          cell(figureText(metric.unit, value(metric.name))))))));
  });
  return [latencyTable(metrics, value), make('div', { class: 'tables' }, ...tables)];
}

/* Runs side by side ------------------------------------------------------------------------------ */

/* "+31.2 %", or "× 12" where that says more. */
function changeText(first, difference) {
  const change = difference / first;
  if (Math.abs(change) >= 9.995) return `× ${plainText(numberText(Math.abs(1 + change)))}`;
  const text = `${fixed(100 * Math.abs(change), 1)} %`;
  return (showsZero(text) ? '≈ ' : change < 0 ? '−' : '+') + text;
}

const bounded = (low, high) => Number.isFinite(low) && Number.isFinite(high);

/* label: the run's, for a phone, where a figure stands beside it. figure: {mean, mean_low, mean_high, difference, difference_low, difference_high, verdict}, of which
 * those that are not known are null. */
function meanCell({ unit }, figure, label, r) {
  return make('td', label === undefined ? {} : { class: `mean run-${r}`, 'data-run': label }, figureText(unit, figure.mean), bounded(figure.mean_low, figure.mean_high)
    ? make('small', { class: 'interval' },
      `${figureText(unit, figure.mean_low)} to ${figureText(unit, figure.mean_high)}`) : null);
}

/* Against the first run; with its interval and verdict where they are known. */
function differenceCell({ unit }, figure, first) {
  const known = figure.mean !== null && first !== null;
  const difference = figure.difference !== null ? figure.difference : known ? figure.mean - first : NaN;
  const text = differenceText(unit, difference);
  const zero = difference !== 0 && showsZero(text); // rounded, so neither higher nor lower
  const parts = [difference === 0 ? '=' : Number.isNaN(difference) ? '' : (zero ? '≈ ' : '') + text];
  if (bounded(figure.difference_low, figure.difference_high)) {
    parts.push(make('small', { class: 'interval' }, `${differenceText(unit, figure.difference_low)} to ` +
      differenceText(unit, figure.difference_high)));
  } else if (Number.isFinite(difference) && difference !== 0 && unit !== 'share' && first > 0) {
    parts.push(make('small', {}, changeText(first, difference)));
  }
  if (figure.verdict && !zero) parts.push(make('small', { class: 'verdict' }, figure.verdict));
  return make('td', { class: 'difference' }, ...parts);
}

/* rows: [metric, figures by run], those that (do not) decide between two policies, by groups. */
function comparedTable(metrics, labels, rows, inShort) {
  const head = labels.map((label, r) => columnHead(make('span', { class: `run run-${r}` }, label)));
  const bodies = metrics.groups.map((title, group) => {
    const shown = rows.filter(([metric, figures]) => metric.group === group && metric.in_short === inShort &&
      figures.some((figure) => figure.mean));
    return !shown.length ? null : make('tbody', {},
      make('tr', {}, make('th', { scope: 'rowgroup', colspan: 2 * labels.length }, title)),
      ...shown.map(([metric, figures]) => make('tr', {}, rowHead(metric.title), ...figures.flatMap((figure, r) =>
        (r > 0 ? [meanCell(metric, figure, labels[r], r), differenceCell(metric, figure, figures[0].mean)]
          : [meanCell(metric, figure, labels[r], r)])))));
  });
  return makeTable('numbers compared', null, [make('td', {}),
    ...head.flatMap((one, r) => (r > 0 ? [one, columnHead('difference')] : [one]))], ...bodies);
}

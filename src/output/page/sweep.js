// SPDX-License-Identifier: GPL-3.0-or-later
// Sweeps: a metric over two axes as a heat map, over one as a line; two metrics against each other.
// And the front that a search for a policy has found.

/* From dark to light with the same order in grey and for every kind of colour vision (viridis, by
 * S. van der Walt and N. Smith, CC0, at nine places). */
const heatColours = ['#440154', '#472d7b', '#3b528b', '#2c728e', '#21918c', '#28ae80', '#5ec962',
  '#addc30', '#fde725'];

function heatColour(share) {
  const place = Math.max(0, Math.min(1, share)) * (heatColours.length - 1);
  const low = Math.min(Math.floor(place), heatColours.length - 2), part = place - low;
  const channel = (text, i) => parseInt(text.slice(1 + 2 * i, 3 + 2 * i), 16);
  const mixed = [0, 1, 2].map((i) =>
    Math.round(channel(heatColours[low], i) * (1 - part) + channel(heatColours[low + 1], i) * part));
  const light = 0.299 * mixed[0] + 0.587 * mixed[1] + 0.114 * mixed[2] > 130;
  return [`rgb(${mixed.join()})`, light ? '#000' : '#fff'];
}

/* Of a cell whose latency is infinite, which is on no scale. */
const neverColours = ['#444444', '#ffffff'];

class SweepPage {
  constructor(container, data) {
    Object.assign(this, data);
    this.deployment = 0;
    this.metric = Math.max(0, this.find('total_usd'));
    this.across = 0;
    this.down = this.axes.length > 1 ? 1 : null;
    this.fixed = this.axes.map(() => 0);
    this.x = Math.max(0, this.find('total_usd'));
    this.y = ['ttft_p95_s', 'e2e_p95_s'].map((name) => this.find(name)).find((i) => i >= 0) ?? this.metric;
    this.logarithmic = false;
    this.controls = make('div', { class: 'controls' });
    this.map = make('div', {});
    this.said = make('p', { class: 'readout', 'aria-live': 'polite' }, '');
    this.plotControls = make('div', { class: 'controls' });
    this.plot = make('div', {});
    this.plotSaid = make('p', { class: 'readout', 'aria-live': 'polite' }, '');
    container.replaceChildren(make('h2', {}, 'One figure over the axes'), this.controls, this.said, this.map,
      make('h2', {}, 'Two figures against each other'), this.plotControls, this.plotSaid, this.plot);
    this.draw();
    redrawnOnResize(container, () => this.draw());
  }

  find(name) {
    return this.metrics.findIndex((metric) => metric.name === name);
  }

  value(cell, metric) {
    return cell[4].slice(3 * metric, 3 * metric + 3);
  }

  choose(title, options, chosen, take) {
    const select = make('select', { on: { change: () => { take(Number(select.value)); this.draw(); } } },
      ...options.map((text, i) => make('option', { value: i, selected: i === chosen }, text)));
    return make('label', {}, `${title} `, select);
  }

  draw() {
    if (!this.metrics.length || !this.cells.length) {
      this.map.replaceChildren(make('p', {}, 'No cell has a figure: there is nothing to draw.'));
      return;
    }
    this.drawControls();
    this.drawMap();
    this.drawPlot();
  }

  drawControls() {
    const names = this.axes.map((axis) => axis.name);
    const titles = this.metrics.map((metric) => metric.title);
    const controls = [this.choose('Figure', titles, this.metric, (i) => { this.metric = i; })];
    if (this.deployments.length > 1) {
      controls.unshift(this.choose('Deployment', this.deployments, this.deployment,
        (i) => { this.deployment = i; }));
    }
    if (this.down !== null) {
      const swap = (other, i) => { if (this[other] === i) this[other] = this.across + this.down - i; };
      controls.push(
        this.choose('Across', names, this.across, (i) => { swap('down', i); this.across = i; }),
        this.choose('Down', names, this.down, (i) => { swap('across', i); this.down = i; }));
    }
    this.axes.forEach((axis, a) => {
      if (a !== this.across && a !== this.down) {
        controls.push(this.choose(axis.name, axis.values, this.fixed[a], (i) => { this.fixed[a] = i; }));
      }
    });
    this.controls.replaceChildren(...controls);
    const box = make('input', { type: 'checkbox', checked: this.logarithmic,
      on: { change: () => { this.logarithmic = box.checked; this.draw(); } } });
    this.plotControls.replaceChildren(
      this.choose('Across', titles, this.x, (i) => { this.x = i; }),
      this.choose('Up', titles, this.y, (i) => { this.y = i; }),
      make('label', {}, box, ' logarithmic'));
  }

  /* The cells of the deployment that the selects leave. */
  left() {
    return this.cells.filter((cell) => cell[1] === this.deployment &&
      this.axes.every((axis, a) => a === this.across || a === this.down || cell[2][a] === this.fixed[a]));
  }

  cellText(cell) {
    const place = this.axes.map((axis, a) => `${axis.name} ${axis.values[cell[2][a]]}`).join(', ');
    return `Cell ${cell[0]}: ${place}`;
  }

  drawMap() {
    const metric = this.metrics[this.metric], cells = this.left();
    const tell = (text) => { this.said.textContent = text; };
    tell('Point at a cell, or move to it with the Tab key.');
    if (this.down === null) {
      const axis = this.axes[this.across];
      const values = axis.values.map((value, i) => {
        const cell = cells.find((one) => one[2][this.across] === i);
        return cell ? this.value(cell, this.metric) : [null, null, null];
      });
      this.map.replaceChildren(bandPlot(plotFrame(this.map), metric, axis.name, axis.values, values, tell));
      return;
    }
    const means = cells.map((cell) => this.value(cell, this.metric)[0]).filter((mean) => Number.isFinite(mean));
    const least = Math.min(...means), most = Math.max(...means);
    const across = this.axes[this.across], down = this.axes[this.down];
    const at = new Map(cells.map((cell) => [`${cell[2][this.across]} ${cell[2][this.down]}`, cell]));
    const row = (value, d) => make('tr', {}, make('th', { scope: 'row' }, value),
      ...across.values.map((other, a) => {
        const cell = at.get(`${a} ${d}`);
        const [mean, low, high] = cell ? this.value(cell, this.metric) : [null, null, null];
        if (mean === null) return make('td', {}, '–');
        const [background, ink] = mean === Infinity ? neverColours
          : heatColour(most > least ? (mean - least) / (most - least) : 0.5);
        const text = `${this.cellText(cell)}: ${metric.title} ${withInterval(metric.unit, [mean, low, high])}` +
          (cell[3] > 1 ? `, ${cell[3]} replications` : '');
        const say = () => tell(text);
        return make('td', { tabindex: '0', 'aria-label': text, style: `background:${background};color:${ink}`,
          on: { mouseenter: say, focus: say } }, valueText(metric.unit, mean));
      }));
    const scale = make('p', { class: 'scale' }, valueText(metric.unit, least),
      make('i', { style: `background:linear-gradient(to right, ${heatColours.join()})` }),
      valueText(metric.unit, most));
    this.map.replaceChildren(make('div', { class: 'box' }, make('table', { class: 'heat' },
      make('caption', {}, `${metric.title}; across: ${across.name}, down: ${down.name}`),
      make('thead', {}, make('tr', {}, make('td', {}),
        ...across.values.map((value) => make('th', { scope: 'col' }, value)))),
      make('tbody', {}, ...down.values.map(row)))), means.length ? scale : '');
  }

  drawPlot() {
    const xMetric = this.metrics[this.x], yMetric = this.metrics[this.y];
    const points = this.cells.filter((cell) => cell[1] === this.deployment).map((cell) => {
      const x = this.value(cell, this.x), y = this.value(cell, this.y);
      return { x, y, text: `${this.cellText(cell)}: ${xMetric.title} ${withInterval(xMetric.unit, x)}, ` +
        `${yMetric.title} ${withInterval(yMetric.unit, y)}` };
    });
    const front = paretoFront(xMetric, yMetric, points);
    const tell = (text) => { this.plotSaid.textContent = text; };
    tell(`Of ${points.length} cells, ${front.length} are on the front: no other one is better in both.`);
    this.plot.replaceChildren(paretoPlot(plotFrame(this.plot), xMetric, yMetric, points, front,
      this.logarithmic, tell));
  }
}

/* The end of a path that no other axis ends with: "scale_up_window" of
 * "deployments.chat.autoscaling.scale_up_window"; but "load_targets.default" says more than "default". */
function shortName(name, names, loadKeys) {
  const parts = name.split('.');
  let from = parts.length - 1;
  const end = () => parts.slice(from).join('.');
  while (from > 0 && names.filter((other) => other.endsWith(end())).length > 1) from--;
  if (from > 0 && loadKeys.includes(end())) from--;
  return end();
}

/* cells: [name, deployment, positions by axis, replications, mean, low and high by metric]; a metric
 * that is 0 or not known throughout is left out. */
function sweepData({ folders: [{ files }], load_keys: loadKeys, table: metrics }) {
  const axesTable = new Table(files['axes.csv']), table = new Table(files['aggregate.csv']);
  const places = (list, text) => (list.includes(text) ? list.indexOf(text) : list.push(text) - 1);
  const names = [], axes = [], deployments = [];
  for (const row of axesTable.rows) {
    const place = places(names, axesTable.get(row, 'axis'));
    if (place === axes.length) axes.push({ path: names[place], values: [] });
    places(axes[place].values, axesTable.get(row, 'value'));
  }
  for (const axis of axes) axis.name = shortName(axis.path, names, loadKeys);
  const shown = metrics.all.filter(({ name, in_short: inShort }) => inShort && table.has(name) &&
    table.rows.some((row) => table.get(row, name)));
  const ordered = table.columns.map((name) => shown.find((metric) => metric.name === name)).filter((metric) => metric);
  const cells = table.rows.map((row) => [table.get(row, 'cell'), places(deployments, table.get(row, 'deployment')),
    axes.map((axis) => places(axis.values, table.get(row, axis.path))), table.get(row, 'replications'),
    ordered.flatMap(({ name }) => ['', '_low', '_high'].map((bound) => table.get(row, name + bound)))]);
  return { axes, deployments, metrics: ordered, cells };
}

const estimateCell = (metric, [mean, low, high]) => meanCell(metric, { mean, mean_low: low, mean_high: high });

/* The cells that no other one beats in both figures of the second plot, cheapest first. */
function bestCells(sweep, deployment) {
  const shown = ['total_usd', 'ttft_p95_s'].map((name) => sweep.metrics.findIndex((metric) => metric.name === name));
  if (shown.includes(-1)) return null;
  const [x, y] = shown.map((i) => sweep.metrics[i]), value = (cell, i) => cell[4].slice(3 * i, 3 * i + 3);
  const points = sweep.cells.filter((cell) => cell[1] === deployment)
    .map((cell) => ({ cell, x: value(cell, shown[0]), y: value(cell, shown[1]) }));
  return makeTable('numbers', `Of ${grouped(points.length)} cells those that no other one beats in both ${x.title} and ${y.title}`,
    ['cell', x.title, y.title, ...sweep.axes.map((axis) => axis.name)].map(columnHead), make('tbody', {},
      ...paretoFront(x, y, points).map(({ cell: [name, , places], x: one, y: other }) => make('tr', {}, rowHead(name),
        estimateCell(x, one), estimateCell(y, other), ...sweep.axes.map((axis, a) => cell(axis.values[places[a]]))))));
}

/* What each value of an option did: means over all cells that have it. */
function axisEffects(sweep, deployment) {
  const shown = ['total_usd', 'ttft_p95_s', 'given_up_share'].map((name) => sweep.metrics.findIndex((metric) => metric.name === name))
    .filter((i) => i >= 0), cells = sweep.cells.filter((cell) => cell[1] === deployment);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return !shown.length ? null : makeTable('numbers', 'Means over all cells that have the value',
    ['option', 'value', ...shown.map((i) => sweep.metrics[i].title)].map(columnHead),
    ...sweep.axes.map((axis, a) => make('tbody', {}, ...axis.values.map((value, v) => make('tr', {},
      rowHead(v === 0 ? axis.name : ''), cell(value), ...shown.map((i) => cell(valueText(sweep.metrics[i].unit,
        mean(cells.filter((one) => one[2][a] === v && one[4][3 * i] !== null).map((one) => one[4][3 * i]))))))))));
}

function showSweep(data, header, main) {
  const sweep = sweepData(data), { files } = data.folders[0], { scenario } = JSON.parse(files['manifest.json']);
  const { question } = JSON.parse(files['sweep.json']);
  const cells = sweep.deployments.length ? Math.floor(sweep.cells.length / sweep.deployments.length) : 0;
  const axes = sweep.axes.flatMap((axis, i) => (i > 0 ? [' × ', make('wbr', {}), axis.name] : [axis.name]));
  header.append(make('p', { class: 'kind' }, 'A sweep by autoscale-sim'), make('h1', {}, ...(scenario ? [scenario] : axes)),
    ...(question ? [make('p', { class: 'lead' }, question)] : []),
    make('p', { class: 'quiet' }, `${cells} cells of ${sweep.axes.map((axis) => axis.path).join(', ')}`));
  const container = make('div', { class: 'charts', 'data-kind': 'sweep' });
  for (const [d, name] of sweep.deployments.entries()) {
    const best = bestCells(sweep, d), effects = axisEffects(sweep, d);
    const of = sweep.deployments.length > 1 ? `, ${name}` : '';
    if (best) main.append(make('section', {}, make('h2', {}, `The best cells${of}`), best));
    if (effects) main.append(make('section', {}, make('h2', {}, `What each option did${of}`), effects));
  }
  main.append(make('section', {}, container), originSection(data, [], ...manifestParts(files),
    documentBlock('The plan of the sweep', files['sweep.json'])));
  new SweepPage(container, sweep);
}

/* Searches --------------------------------------------------------------------------------------- */

const isYes = (text) => !['', '0', 'no', 'false'].includes(text ?? '');

/* Of front.csv and evaluations.csv: the options are between candidate and replications, the metrics
 * those that have their bounds beside them: cost, latency. */
function searchData({ folders: [{ files }], table: metrics }) {
  const front = new Table(files['front.csv']), tried = new Table(files['evaluations.csv']);
  const named = front.columns.filter((name) => front.has(`${name}_low`) && front.has(`${name}_high`));
  const options = front.columns.slice(front.columns.indexOf('candidate') + 1, front.columns.indexOf('replications'));
  const estimate = (row, name) => ['', '_low', '_high'].map((bound) => front.get(row, name + bound));
  return { metrics: named.map((name) => metrics.of(name)), options,
    front: front.rows.map((row) => ({ name: front.get(row, 'candidate'), chosen: isYes(front.get(row, 'chosen')),
      replications: front.get(row, 'replications'), options: options.map((name) => [name, front.get(row, name)]),
      values: named.map((name) => estimate(row, name)) })),
    tried: tried.rows.map((row) => ({ name: tried.get(row, 'candidate'), stage: tried.get(row, 'stage'),
      feasible: isYes(tried.get(row, 'feasible')), values: named.map((name) => tried.get(row, name)) }))
      .filter(({ values }) => values[0] !== null && values[1] !== null) };
}

function frontTable({ metrics, options, front }) {
  return makeTable('numbers', 'Nothing tried is both cheaper and faster than one of these',
    ['candidate', ...options, ...metrics.map((metric) => metric.title), 'replications'].map(columnHead),
    make('tbody', {}, ...front.map((row) => make('tr', { class: row.chosen ? 'chosen' : null },
      make('th', { scope: 'row' }, row.name, ...(row.chosen ? [' ', make('small', {}, 'chosen')] : [])),
      ...row.options.map(([, value]) => cell(value)), ...row.values.map((value, m) => estimateCell(metrics[m], value)),
      cell(row.replications ?? '')))));
}

/* The front of a search, and what else it has tried, fainter. */
function drawFront(container, { metrics: [xMetric, yMetric], front, tried }) {
  const said = make('p', { class: 'readout', 'aria-live': 'polite' },
    'Point at a candidate. The diamond is the chosen one; small points were tried and left.');
  const tell = (text) => { said.textContent = text; };
  const best = front.map(({ name, chosen, options, values: [x, y] }) => ({ x, y, chosen,
    text: `${chosen ? 'Chosen: candidate' : 'Candidate'} ${name}: ` +
      `${options.map(([option, value]) => `${option} ${value}`).join(', ')}: ` +
      `${xMetric.title} ${withInterval(xMetric.unit, x)}, ${yMetric.title} ${withInterval(yMetric.unit, y)}` }));
  const left = tried.map(({ name, stage, feasible, values: [x, y] }) => ({ x: [x, null, null], y: [y, null, null],
    faint: true, text: `Candidate ${name}${stage ? `, ${stage}` : ''}${feasible ? '' : ', not feasible'}: ` +
      `${xMetric.title} ${valueText(xMetric.unit, x)}, ${yMetric.title} ${valueText(yMetric.unit, y)}` }));
  const line = best.filter((point) => point.x[0] !== null).sort((a, b) => a.x[0] - b.x[0]);
  const plot = make('div', {});
  const box = make('input', { type: 'checkbox', on: { change: () => draw() } });
  const draw = () => plot.replaceChildren(
    paretoPlot(plotFrame(plot), xMetric, yMetric, [...left, ...best], line, box.checked, tell));
  container.replaceChildren(make('h2', {}, `${yMetric.title} against ${xMetric.title}`),
    make('div', { class: 'controls' }, make('label', {}, box, ' logarithmic')), said, plot);
  draw();
  redrawnOnResize(plot, draw);
}

/* What the search came to (optimization.json) ------------------------------------------------------ */

const metTexts = { no: 'missed', on_average: 'met on average', confirmed: 'met' };

/* Figures and limits are named as the user wrote them: "chat: ttft_p95_s" is "chat.ttft_p95_s". */
const unitOf = (metrics, name) => metrics.of(name.replace(/^.*\./, '')).unit;
const titleOf = (metrics, name) => name.replace(/[^.]*$/, (last) => metrics.of(last).title);
const foundText = (metrics, name, { mean, low, high, never_share: never }) =>
  withInterval(unitOf(metrics, name), [never > 0 ? Infinity : mean, low, high]);
const optionsText = ({ options }) => Object.entries(options || {}).map(([name, value]) => `${name} ${value}`).join(', ');

/* "+$2.73 (+$2.39 to +$3.07)", of the cost. */
function moreText(metrics, outcome, { mean, low, high }) {
  const unit = unitOf(metrics, outcome.minimize);
  if (mean === 0 && low === 0 && high === 0) return 'the same in every run';
  return differenceText(unit, mean) + (bounded(low, high)
    ? ` (${differenceText(unit, low)} to ${differenceText(unit, high)})` : '');
}

/* policies: [title, policy], of whom there is one. */
function policyTable(metrics, outcome, policies, caption) {
  const shown = policies.filter(([, policy]) => policy);
  const row = (title, tell) => make('tr', {}, rowHead(title), ...shown.map(([name, policy], r) =>
    make('td', { class: `mean run-${r}`, 'data-run': name }, tell(policy) ?? '–')));
  const [, first] = shown[0], estimated = (name) => ({ metrics: figures }) => {
    const [mean, ...interval] = foundText(metrics, name, figures[name]).split(' (');
    return make('span', {}, mean, ...interval.map((text) => make('small', {}, text.slice(0, -1))));
  };
  return makeTable('numbers compared policies', caption,
    [make('td', {}), ...shown.map(([name], r) => columnHead(make('span', { class: `run run-${r}` }, name)))],
    make('tbody', {}, ...first.objectives.map(({ slo }, i) => row(slo, ({ objectives: { [i]: { met } } }) =>
      make(met === 'no' ? 'strong' : 'span', {}, metTexts[met]))),
      ...Object.keys(first.metrics).map((name) => row(titleOf(metrics, name), estimated(name))),
      row('cost against the first', ({ difference }) => (difference ? moreText(metrics, outcome, difference) : null)),
      ...Object.keys(first.options || {}).map((name) => row(name, ({ options }) => (options || {})[name]))));
}

function keptText({ objectives, objectives_met: met }) {
  const missed = objectives.filter((one) => one.met === 'no').map(({ slo }) => slo);
  return missed.length ? `misses ${listText(missed)}`
    : met === 'confirmed' ? 'meets every objective' : 'meets the objectives on average, not for certain';
}

/* Why the runner-up is not the winner. */
function runnerUpText(metrics, outcome) {
  const { runner_up: other, winner } = outcome;
  if (!other) return null;
  return `The ${winner ? 'runner-up' : 'next'}, with ${optionsText(other)}, ${keptText(other)}; its cost against the ` +
    `${winner ? 'winner' : 'nearest'}'s: ${moreText(metrics, outcome, other.difference)}.`;
}

/* Those that are as good: equal, not shown to be dearer, or the very same. */
function tieParts(metrics, outcome) {
  const within = `${plainText(fixed(100 * outcome.indifference, 2))} %`;
  const list = (title, items) => (items.length ? [make('p', {}, title), make('ul', {},
    ...items.slice(0, 5).map((item) => make('li', {}, optionsText(item) +
      (item.difference ? `: ${moreText(metrics, outcome, item.difference)}` : ''))),
    ...(items.length > 5 ? [make('li', {}, `and ${grouped(items.length - 5)} more`)] : []))] : []);
  const ties = outcome.indistinguishable;
  const parts = [...list(`Equal: the cost is the same within ${within} (of equals, what is nearest the defaults wins).`,
    ties.filter(({ equal }) => equal)),
  ...list(`Not to be told from the winner: not shown to cost more by more than ${within}.`,
    ties.filter(({ equal }) => !equal)),
  ...list('The very same figures in every replication of the search, so not confirmed:', outcome.same_figures)];
  if (!ties.length && outcome.compared > 0) {
    parts.unshift(make('p', {}, `Cheaper by more than ${within} than each other confirmed policy that meets the ` +
      `objectives likewise (${outcome.compared}), with ${100 * outcome.confidence} % confidence in all of it.`));
  }
  return parts;
}

function outcomeSection(metrics, outcome, command) {
  const { winner, holdout } = outcome, first = winner || outcome.nearest;
  const titles = [winner ? 'winner' : 'nearest', winner ? 'runner-up' : 'next', 'as it stands'];
  const told = ({ winner: one, runner_up: other, base }) => [one, other, base].map((policy, i) => [titles[i], policy]);
  const unseen = holdout && holdout.winner ? ` On ${holdout.file}, which the search has not seen, it ${keptText(holdout.winner)}.` : '';
  const next = runnerUpText(metrics, outcome);
  return make('section', { class: 'verdict-first' },
    make('h2', {}, winner ? 'The winner' : 'No policy within these bounds was found to meet the objectives'),
    make('p', { class: 'lead said run-0' }, `${winner ? 'It' : 'The nearest'} ${keptText(first)}: ` +
      `${titleOf(metrics, outcome.minimize)} ${foundText(metrics, outcome.minimize, first.metrics[outcome.minimize])}, ` +
      `with ${optionsText(first)}.${unseen}`), ...(command === undefined ? [] : [commandBlock(command)]),
    ...(next ? [make('p', {}, next)] : []), ...(winner ? tieParts(metrics, outcome) : []),
    policyTable(metrics, outcome, told({ ...outcome, winner: first }), `Means over ${outcome.confirmation} fresh ` +
      `replications, below them their ${100 * outcome.confidence} % confidence intervals`),
    ...(holdout ? [make('h3', {}, 'On what the search has not seen'), policyTable(metrics, outcome, told(holdout),
      `${holdout.file}: ${grouped(holdout.simulations)} more simulations`)] : []),
    make('p', { class: 'quiet' }, `${grouped(outcome.simulations)} of at most ${grouped(outcome.budget)} simulations: ` +
      `${grouped(outcome.screened)} candidates screened${outcome.whole_space ? '' : ' (a sample)'}, ` +
      `${grouped(outcome.confirmed)} confirmed on ${outcome.confirmation} fresh replications each, ` +
      `${grouped(outcome.rivals_given_up)} rivals given up on the way.`));
}

function showOptimization(data, header, main) {
  const search = searchData(data), { files } = data.folders[0], command = files['winner.firectl.txt'];
  const outcome = files['optimization.json'] && JSON.parse(files['optimization.json']);
  const { scenario } = JSON.parse(files['manifest.json']);
  const container = make('div', { class: 'charts', 'data-kind': 'optimization' });
  header.append(make('p', { class: 'kind' }, 'A search by autoscale-sim'), make('h1', {}, scenario || 'Cost against latency'));
  if (outcome) {
    if (outcome.question) header.append(make('p', { class: 'lead' }, outcome.question));
    header.append(make('p', {}, `The lowest ${titleOf(data.table, outcome.minimize)} with ${listText(outcome.slo)}`));
    main.append(outcomeSection(data.table, outcome, command));
  } else if (command !== undefined) {
    main.append(make('section', {}, make('h2', {}, 'The winner'), commandBlock(command)));
  }
  main.append(make('section', {}, container, frontTable(search)), originSection(data, [], ...manifestParts(files)));
  drawFront(container, search);
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The right side: what a run is told by, beside what is pinned, and its charts, redrawn while a slider moves.

/* The commands that make all that is shown of a scenario's run into a directory of the engine, and read it again. */
function runCommandsOf(state, directory) {
  return [['run', ...scenarioArguments(state), '--out', directory, '--force', '--quiet', '--no-histogram'],
    ['report', directory, '--json']];
}

const resultNames = ['scenario.json', 'summary.csv', 'timeseries.csv', 'events.csv', 'manifest.json'];

const wantedOf = (directory) => resultNames.map((name) => `${directory}/${name}`);

/* What the engine has answered to those, the i-th pair of all commands: {status, errors, files, scenario, data}; data is
 * what a page of the run is made of (output/page_data.c). */
function resultOf(answer, directory, i = 0) {
  const files = Object.fromEntries(resultNames.map((name) => [name, answer.files[`${directory}/${name}`]]));
  const [ran, told] = answer.told.slice(2 * i);
  const failed = ran.status !== 0 ? ran : told;
  const result = { status: failed.status, errors: failed.stderr, files, scenario: null, data: null, rivals: [] };
  if (result.status === 0) {
    result.scenario = JSON.parse(files['scenario.json']);
    result.data = JSON.parse(told.stdout).folders[0].files;
  }
  return result;
}

/* Headline figures ------------------------------------------------------------------------------- */

/* A function from a metric's name to its value in a deployment, or null. */
function figuresOf(result, deployment) {
  const table = new Table(result.data['summary.csv']);
  const row = table.rows.find((one) => table.get(one, 'deployment') === deployment);
  return (name) => (row ? table.get(row, name) : null);
}

/* Whether a difference is for the better, as the table of metrics has it. */
function differenceClass(metric, difference) {
  if (!metric.better || !Number.isFinite(difference) || difference === 0) return 'difference';
  return difference * metric.better < 0 ? 'difference better' : 'difference worse';
}

class Headline {
  constructor(metrics) {
    this.metrics = metrics.all.filter((metric) => metric.key > 0).sort((a, b) => a.key - b.key);
    this.cells = new Map(this.metrics.map((metric) => {
      const value = make('dd', {}, '–'), difference = make('dd', { class: 'difference' }), mean = make('dd', { class: 'mean' });
      return [metric.name, { value, difference, mean, box: make('div', {}, make('dt', { title: metric.title }, metric.title), value, difference, mean) }];
    }));
    this.list = make('dl', { class: 'figures headline', 'aria-label': 'Figures of the run', tabindex: '0' },
      ...[...this.cells.values()].map(({ box }) => box));
    this.spoken = make('p', { class: 'spoken', 'aria-live': 'polite' });
    this.element = make('div', {}, this.list, this.spoken);
  }

  /* For who hears the page: once a change has come to rest. */
  speak() {
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      const shown = this.metrics.map(({ name, title }) => [title, this.cells.get(name)]).filter(([, { box }]) => !box.hidden);
      this.spoken.textContent = shown.map(([title, { value, difference }]) =>
        `${title} ${value.textContent}${difference.textContent ? `, ${difference.textContent}` : ''}`).join('; ');
    }, 1000);
  }

  /* pinned: figures of the baseline, or null. estimates: lines of what replications tell of a metric. */
  update(value, pinned, estimates = () => []) {
    for (const metric of this.metrics) {
      const { value: cell, difference, mean, box } = this.cells.get(metric.name);
      const lines = estimates(metric);
      mean.classList.toggle('stale', !lines.length); // which keep their room, so that nothing jumps
      if (lines.length) mean.replaceChildren(...lines.map((line) => make('span', {}, line)));
      const now = value(metric.name), before = pinned ? pinned(metric.name) : null;
      box.hidden = now === null && before === null;
      cell.textContent = figureText(metric.unit, now);
      const change = now !== null && before !== null ? now - before : NaN;
      difference.className = differenceClass(metric, change);
      difference.textContent = !pinned ? '' : change === 0 ? '=' : differenceText(metric.unit, change);
    }
    this.speak();
  }
}

/* Charts ------------------------------------------------------------------------------------------ */

class RunCharts {
  constructor() {
    this.element = make('div', { class: 'charts', 'data-kind': 'run' });
    this.group = null;
  }

  update(result, deployment, loadKeys) {
    const data = runData({ load_keys: loadKeys }, result.data, deployment);
    if (!data) {
      this.group = null;
      this.element.replaceChildren(make('p', {}, 'No interval of this deployment ended: there is nothing to draw.'));
      return;
    }
    const charts = runChartsOf(data);
    const contents = { calendar: calendarOf(result.scenario), times: data.time.map((seconds) => seconds * 1000), charts,
      decisions: [{ label: null, items: data.decisions, thinned: data.left_out > 0 }] };
    if (this.group && this.group.refresh(contents)) return;
    if (this.group) this.group.leave();
    this.group = new ChartGroup(this.element, contents);
  }
}

/* The panel ----------------------------------------------------------------------------------------- */

playPanel({
  name: 'charts', title: 'Charts', side: 'right',
  mount(element, play) {
    this.charts = new RunCharts();
    this.verdict = make('div', {});
    this.tables = make('details', { class: 'all-figures' }, make('summary', {}, 'All figures'));
    this.tables.addEventListener('toggle', () => this.fill(play.result, play));
    element.append(this.verdict, this.charts.element, this.tables);
  },
  update(result, play) {
    const name = play.deployment;
    this.verdict.replaceChildren(...[verdictLine(result.data, name)].filter((line) => line));
    this.charts.update(result, name, play.program.load_keys);
    this.fill(result, play);
  },
  fill(result, play) {
    if (!this.tables.open || !result || !result.data) return;
    const names = result.data['summary.csv'].columns.filter((column) => column !== 'deployment');
    this.tables.replaceChildren(this.tables.firstChild,
      ...summaryTables(play.metrics, names, figuresOf(result, play.deployment)).filter((table) => table));
  },
});

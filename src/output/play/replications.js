// SPDX-License-Identifier: GPL-3.0-or-later
// The same runs on other days, while nobody waits for anything: compare, in a worker of its own, says how sure the figures
// are. All that is reckoned is reckoned by the program.

const replicationCounts = [5, 10, 20, 40];
const replicationPause = 600; // ms without a change before they begin
const replicationPatience = 30000; // ms that the next step may take, by the one before

/* A table of a file of the program's, whose fields are numbers, texts, or nothing. */
function csvTable(text) {
  const value = (field) => (field === undefined || field === '' ? null : field === 'inf' ? Infinity
    : Number.isNaN(Number(field)) ? field : Number(field));
  const [columns, ...rows] = text.trim().split('\n').map((line) =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(([, quoted, plain]) => (quoted ?? plain).replace(/""/g, '"')));
  return new Table({ columns, rows: rows.map((row) => row.map((field) => value(field.replace(/\r$/, '')))) });
}

/* A name for a column's file, which is what compare calls it by. */
function columnName(label, taken) {
  const base = label.replace(/[^\p{L}\p{N}_ .=-]/gu, '-').trim() || 'run';
  let name = base;
  for (let number = 2; taken.some((one) => one.toLowerCase() === name.toLowerCase()); number++) name = `${base}-${number}`;
  return name;
}

/* The text of the baseline's scenario. Its files that have changed since are added under other names, which it then has. */
function pinnedScenario(scenario, { pinned, files: now }, files) {
  return Object.entries(pinned.files).filter(([name, content]) => now[name] !== content).reduce((text, [name, content]) => {
    files[`pinned/${name}`] = content;
    return text.replaceAll(JSON.stringify(`/${name}`), JSON.stringify(`/pinned/${name}`));
  }, JSON.stringify(scenario));
}

/* What compare found of some columns, the first of which the others are compared with: figures by column and name. */
class Estimates {
  constructor(names, files, count) {
    this.count = count;
    this.names = names;
    this.table = csvTable(files['compared/statistics.csv']);
    this.columns = csvTable(files['compared/comparison.csv']).columns.slice(2);
    this.said = JSON.parse(files['compared/verdict.json']);
  }

  /* {mean, mean_low, ..., verdict} of a column's metric, as statistics.csv has it; null: it has none. */
  of(column, deployment, metric) {
    const { table } = this, names = ['mean', 'mean_low', 'mean_high', 'difference', 'difference_low', 'difference_high', 'verdict'];
    const row = table.rows.find((one) => table.get(one, 'deployment') === deployment && table.get(one, 'metric') === metric &&
      String(table.get(one, 'run')) === this.columns[column]);
    return row ? Object.fromEntries(names.map((name) => [name, table.get(row, name)])) : null;
  }

  /* In words, of a column of a deployment. */
  verdict(column, deployment) {
    const found = this.said.verdicts.find((one) => one.run === this.columns[column] && one.deployment === deployment);
    return found ? found.text : null;
  }
}

/* The policies side by side, and what is shown against the pinned baseline. */
class Replications {
  constructor(play) {
    Object.assign(this, { play, runs: null, pinned: null, worker: null, isBusy: false, number: 0, shown: null, timer: null });
  }

  /* Begins anew when other results are shown. */
  follow() {
    const { result, baseline } = this.play;
    if (this.shown && this.shown.result === result && this.shown.baseline === baseline) return;
    this.stop();
    const runs = [[firstLabel(this.play), result], ...result.rivals.map((rival) => [rival.label, rival])];
    this.shown = { result, baseline, runs: runs.filter(([, { status }]) => status === 0) };
    this.timer = setTimeout(() => this.begin(), replicationPause);
  }

  /* Not for a page that nobody looks at. */
  begin() {
    if (document.hidden) document.addEventListener('visibilitychange', () => this.shown && this.begin(), { once: true });
    else this.grow(++this.number);
  }

  /* What is under way is of no use to anybody. */
  stop() {
    clearTimeout(this.timer);
    this.number++;
    this.runs = this.pinned = null;
    this.shown = null;
    if (this.isBusy) this.end();
  }

  end() {
    this.worker.end();
    this.worker = null;
    this.isBusy = false;
  }

  async grow(number) {
    const { baseline, runs } = this.shown;
    for (const count of replicationCounts) {
      const begun = performance.now();
      const estimates = await this.compare(runs, count, number);
      const pinned = baseline ? await this.compare([['pinned', baseline], runs[0]], count, number) : null;
      if (number !== this.number || !estimates) return;
      Object.assign(this, { runs: estimates, pinned });
      this.play.show();
      if ((performance.now() - begun) * 2 > replicationPatience) return;
    }
  }

  /* A function from a metric to what replications tell of it, and against the pinned baseline where there is one. */
  headline(deployment) {
    const { runs, pinned } = this;
    return (metric) => {
      const first = runs && runs.of(0, deployment, metric.name), change = pinned && pinned.of(1, deployment, metric.name);
      if (!first || !bounded(first.mean_low, first.mean_high)) return [];
      return [`mean ${meanText(metric.unit, first)}`,
        ...(change && change.difference !== null ? [changeTextOf(metric.unit, change), change.verdict] : [])];
    };
  }

  /* null: it was stopped, or cannot be. */
  async compare(runs, count, number) {
    if (number !== this.number) return null;
    const { engine, state } = this.play, names = [], files = { ...scenarioFiles(state) };
    for (const [label] of runs) names.push(columnName(label, names));
    const columns = Object.fromEntries(runs.map(([, result], i) => [`${names[i]}.json`, result === this.play.baseline
      ? pinnedScenario(result.scenario, state, files) : JSON.stringify(result.scenario)]));
    if (this.worker && this.known !== engine.kept.size) this.end(); // it does not have all files
    if (!this.worker) this.worker = engine.makeWorker();
    this.known = engine.kept.size;
    const request = { ...engine.request(['compare', ...Object.keys(columns), '--replications', String(count), '--out', 'compared',
      '--quiet'], { ...files, ...columns }, ['statistics.csv', 'comparison.csv', 'verdict.json'].map((name) => `compared/${name}`)),
    embedded: engine.filesOf([scenarioFile(state.scenario), ...(state.pinned ? [scenarioFile(state.pinned.scenario)] : [])]) };
    this.isBusy = true;
    const answer = await this.worker.send(request);
    if (number !== this.number) return null;
    this.isBusy = false;
    this.answer = answer;
    return answer.status === 0 ? new Estimates(names, answer.files, count) : null;
  }
}

/* "$387.51 ± 103.20", as compare prints it; an interval that is not alike to both sides is told by its ends. */
function intervalText(unit, value, low, high, isDifference) {
  if (!bounded(low, high)) return estimateText(unit, value, 0, isDifference);
  const half = (high - low) / 2, isEven = Math.abs(high + low - 2 * value) <= 1e-6 * (half + Math.abs(value));
  if (isEven) return estimateText(unit, value, half, isDifference);
  const [least, most] = [low, high].map((end) => estimateText(unit, end, 0, isDifference));
  return `${estimateText(unit, value, 0, isDifference)} (${least} to ${most})`;
}

const meanText = (unit, figure) => (bounded(figure.mean_low, figure.mean_high)
  ? intervalText(unit, figure.mean, figure.mean_low, figure.mean_high, false) : figureText(unit, figure.mean));

const changeTextOf = (unit, figure) => intervalText(unit, figure.difference, figure.difference_low, figure.difference_high, true);

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
    this.timer = setTimeout(() => this.grow(++this.number), replicationPause);
  }

  /* What is under way is of no use to anybody. */
  stop() {
    clearTimeout(this.timer);
    this.number++;
    this.runs = this.pinned = null;
    this.shown = null;
    if (this.isBusy) {
      this.worker.end();
      this.worker = null;
      this.isBusy = false;
    }
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

  /* A function from a metric to what replications tell of it, against the pinned baseline where there is one. */
  headline(deployment) {
    const { runs, pinned } = this;
    return (metric) => {
      const first = runs && runs.of(0, deployment, metric.name), change = pinned && pinned.of(1, deployment, metric.name);
      if (!first || !bounded(first.mean_low, first.mean_high)) return '';
      return `mean ${estimateText(metric.unit, first.mean, first.mean_low, first.mean_high)}` +
        (change && change.difference !== null ? `; ${estimateDifferenceText(metric.unit, change)}, ${change.verdict}` : '');
    };
  }

  /* null: it was stopped, or cannot be. */
  async compare(runs, count, number) {
    if (number !== this.number) return null;
    const { engine, state } = this.play, names = [];
    for (const [label] of runs) names.push(columnName(label, names));
    const columns = Object.fromEntries(runs.map(([, { scenario }], i) => [`${names[i]}.json`, JSON.stringify(scenario)]));
    if (!this.worker) this.worker = engine.makeWorker();
    const request = { ...engine.request(['compare', ...Object.keys(columns), '--replications', String(count), '--out', 'compared',
      '--quiet'], { ...scenarioFiles(state), ...columns }, ['statistics.csv', 'comparison.csv', 'verdict.json'].map((name) => `compared/${name}`)),
    embedded: engine.filesOf([scenarioFile(state.scenario), ...(state.pinned ? [scenarioFile(state.pinned.scenario)] : [])]) };
    this.isBusy = true;
    const answer = await this.worker.send(request);
    if (number !== this.number) return null;
    this.isBusy = false;
    this.answer = answer;
    return answer.status === 0 ? new Estimates(names, answer.files, count) : null;
  }
}

/* "$387 ± 103"; an interval that is not alike to both sides is told by its ends. */
function estimateText(unit, mean, low, high) {
  if (!bounded(low, high) || low === high) return figureText(unit, mean);
  const half = (high - low) / 2, even = Math.abs(high + low - 2 * mean) <= 1e-6 * (half + Math.abs(mean));
  return even ? `${figureText(unit, mean)} ± ${figureText(unit, half)}`
    : `${figureText(unit, mean)} (${figureText(unit, low)} to ${figureText(unit, high)})`;
}

function estimateDifferenceText(unit, { difference, difference_low: low, difference_high: high }) {
  const text = differenceText(unit, difference);
  if (difference === null || !bounded(low, high) || low === high) return text;
  return `${text} ± ${differenceText(unit, (high - low) / 2).replace('+', '')}`;
}

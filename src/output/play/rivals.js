// SPDX-License-Identifier: GPL-3.0-or-later
// Two to four policies side by side, on the same requests.

const rivalsMost = 3;

/* What makes a policy of a path: all of the deployment's autoscaling. */
const isOfPolicy = (path) => /^deployments\.(?:[\w-]+|"(?:[^"\\]|\\.)*")\.(?:policy|autoscaling)(?:\.|$)/.test(path);

function partOf(changes, ofPolicy) {
  return Object.fromEntries(Object.entries(changes).filter(([path]) => isOfPolicy(path) === ofPolicy));
}

/* Another policy or pattern in the deployments' place, as like as the program makes it: {deployments, note}, or {error}.
 * words: --policy NAME or --preset NAME. */
async function likePolicy(play, words) {
  const state = play.state.toJSON(), original = { ...state, changes: partOf(state.changes, false) };
  const first = await likeOf(play, words, words[0] === '--preset' ? original : state);
  if (!first.error) return first;
  const second = await likeOf(play, words, original); // the present policy may have no likeness
  return second.error ? first : second;
}

async function likeOf(play, words, state) {
  const name = words[1];
  const answer = await play.engine.background(['compare', ...scenarioArguments(state), ...words, '--replications', '1', '--out', 'like'],
    scenarioFiles(state), [`like/${name}/scenario.json`]);
  if (answer.status !== 0) return { error: answer.stderr.trim() };
  const note = answer.stderr.replace(/\s+/g, ' ').replace(/^note: /, '').trim();
  return { deployments: JSON.parse(answer.files[`like/${name}/scenario.json`]).deployments, note };
}

/* The policy of every deployment, as changes. */
function policyChanges(deployments) {
  return Object.fromEntries(Object.entries(deployments).flatMap(([name, { policy, autoscaling }]) => [
    [`deployments.${pathKey(name)}.policy`, setText(policy)],
    [`deployments.${pathKey(name)}.autoscaling`, JSON.stringify(autoscaling)]]));
}

/* The state that a rival runs in: all that is of no policy is the first's, what it has of its own over that. */
function rivalState(state, { changes }) {
  return { ...state, changes: { ...partOf(state.changes, false), ...changes } };
}

/* Labels -------------------------------------------------------------------------------------------- */

function policyWord({ policy }) {
  return typeof policy === 'string' ? policy : scriptIn(policy) ? 'your script' : Object.keys(policy)[0];
}

function freeLabel(play, wanted) {
  const taken = [firstLabel(play), ...play.state.rivals.map(({ label }) => label)];
  let label = wanted;
  for (let number = 2; taken.includes(label); number++) label = `${wanted} ${number}`;
  return label;
}

/* What the first policy is called: by its reader, or after itself. */
function firstLabel(play) {
  if (play.state.view.first) return play.state.view.first;
  return play.result ? policyWord(play.result.scenario.deployments[play.deployment]) : 'first';
}

/* Changes of the state ------------------------------------------------------------------------------- */

function setRivals(play, rivals) {
  play.state.set({ rivals });
}

/* The policies as they are now, with scripts of their own, so that they stay so. */
async function copyRival(play) {
  const deployments = structuredClone(play.result.scenario.deployments), files = { ...play.state.files };
  for (const deployment of Object.values(deployments)) {
    const script = scriptIn(deployment.policy);
    if (!script) continue;
    deployment.policy.lua = freeScript({ state: { files } });
    files[deployment.policy.lua] = await scriptText(play, script);
  }
  const rival = { label: freeLabel(play, `${firstLabel(play)} as it was`), changes: policyChanges(deployments) };
  play.state.set({ files, rivals: [...play.state.rivals, rival] });
}

/* what: '' for a copy, "--policy hpa", "--preset performance". Returns what is wrong, or ''. */
async function addRival(play, what) {
  if (!what) {
    await copyRival(play);
    return '';
  }
  const like = await likePolicy(play, what.split(' '));
  if (like.error) return like.error;
  const rival = { label: freeLabel(play, what.split(' ')[1]), changes: policyChanges(like.deployments), note: like.note };
  setRivals(play, [...play.state.rivals, rival]);
  return '';
}

function changeRival(play, i, changed) {
  setRivals(play, play.state.rivals.map((rival, r) => (r === i ? { ...rival, ...changed } : rival)));
}

/* The rival's settings become those that the controls change; what was first is a rival in its place. */
function makeFirst(play, i) {
  const { rivals, changes, view } = play.state, rival = rivals[i];
  const before = { label: firstLabel(play), changes: policyChanges(play.result.scenario.deployments) };
  play.state.set({ changes: { ...partOf(changes, false), ...rival.changes }, rivals: rivals.map((one, r) => (r === i ? before : one)),
    view: { ...view, first: rival.label } });
}

/* A run's card ----------------------------------------------------------------------------------------- */

/* Settings of a rival's policy that are plain values, as texts to change. */
class RivalSettings {
  constructor(play, i) {
    Object.assign(this, { play, i, inputs: new Map() });
    this.place = make('div', { class: 'script-options' });
    this.note = make('p', { class: 'quiet' });
    this.element = make('details', {}, make('summary', {}, 'Settings'), this.note, this.place);
  }

  update(deployment) {
    const { autoscaling } = deployment, at = `deployments.${pathKey(this.play.deployment)}.autoscaling`;
    const names = Object.keys(autoscaling), isPlain = (value) => value === null || typeof value !== 'object';
    if (names.join() !== [...this.inputs.keys()].join()) {
      this.inputs = new Map(names.map((name) => [name, make('input', { type: 'text', size: isPlain(autoscaling[name]) ? 8 : 20,
        spellcheck: 'false', on: { change: ({ target }) => this.set(`${at}.${pathKey(name)}`, target.value.trim()) } })]));
      this.place.replaceChildren(...names.map((name) => make('label', {}, name.replace(/_/g, ' '), ' ', this.inputs.get(name))));
    }
    for (const [name, input] of this.inputs) if (document.activeElement !== input) input.value = setText(autoscaling[name]);
  }

  set(path, text) {
    const { changes } = this.play.state.rivals[this.i];
    changeRival(this.play, this.i, { changes: { ...changes, [path]: text === '' ? 'null' : text } });
  }
}

/* i: of the rivals; -1: the first. */
class RunCard {
  constructor(play, i) {
    Object.assign(this, { play, i });
    this.label = make('input', { type: 'text', 'aria-label': `Name of policy ${i + 2}`, size: 16, maxlength: 60,
      on: { change: () => this.rename(this.label.value.trim()) } });
    this.error = make('p', { class: 'error', role: 'alert', hidden: true });
    this.words = make('p', { class: 'said' });
    this.settings = new RivalSettings(play, i);
    const button = (text, title, press) => make('button', { type: 'button', title, on: { click: press } }, text);
    this.element = make('article', { class: `rival run-${i + 1}` }, make('div', { class: 'tools' }, this.label,
      ...(i < 0 ? [make('span', { class: 'quiet' }, 'what the controls change')] : [
        button('Make it the first', 'The controls then change this one', () => makeFirst(play, this.i)),
        button('Remove', 'Take this policy out of the comparison', () => this.remove())])),
    ...(i < 0 ? [] : [this.error, this.words, this.settings.element]));
  }

  rename(label) {
    if (!label) return;
    if (this.i < 0) this.play.state.set({ view: { ...this.play.state.view, first: label } });
    else changeRival(this.play, this.i, { label: freeLabel(this.play, label) });
  }

  remove() {
    setRivals(this.play, this.play.state.rivals.filter((one, r) => r !== this.i));
  }

  update(label, result, words) {
    if (document.activeElement !== this.label) this.label.value = label;
    if (this.i < 0) return;
    this.error.hidden = result.status === 0;
    this.error.textContent = result.errors;
    this.words.textContent = words || '';
    this.settings.note.textContent = this.play.state.rivals[this.i]?.note || '';
    if (result.status === 0) this.settings.update(result.scenario.deployments[this.play.deployment]);
  }
}

/* A figure, and below it how it differs from the first's. */
function figureCell(metric, figure, first, label) {
  const { unit } = metric, place = make('td', { 'data-run': label },
    meanText(unit, figure));
  if (!first || first.mean === null || figure.mean === null) return place;
  const change = figure.difference ?? figure.mean - first.mean, isShown = !figure.verdict || ['higher', 'lower'].includes(figure.verdict);
  place.append(make('small', { class: isShown ? differenceClass(metric, change) : 'difference' },
    change === 0 ? '=' : figure.verdict ? changeTextOf(unit, figure) : differenceText(unit, change)));
  if (figure.verdict && change !== 0) place.append(make('small', {}, figure.verdict));
  return place;
}

/* The panel ------------------------------------------------------------------------------------------- */

const rivalCharts = ['target', 'replicas_serving', 'answers_503', 'in_flight', 'ttft_p95_s', 'e2e_p95_s', 'cost_usd'];

class SideBySide {
  constructor(element, play) {
    Object.assign(this, { play, cards: [], group: null, estimates: undefined });
    const { policies, presets } = play.options;
    const option = (flag) => ({ name }) => make('option', { value: `${flag} ${name}` }, name);
    this.what = make('select', {}, make('option', { value: '' }, 'a copy of the present settings'),
      make('optgroup', { label: 'Policies' }, ...policies.map(option('--policy'))),
      make('optgroup', { label: 'Patterns' }, ...presets.map(option('--preset'))));
    this.button = make('button', { type: 'button', id: 'add-rival', on: { click: () => this.add() } }, 'Add');
    this.problem = make('p', { class: 'error', role: 'alert', hidden: true });
    this.place = make('div', { class: 'rivals' });
    this.basis = make('p', { class: 'quiet', role: 'status' });
    this.figures = make('div', {});
    this.more = make('details', {}, make('summary', {}, 'More figures'));
    this.more.addEventListener('toggle', () => this.play.result && this.update(this.play.result));
    this.charts = make('div', { class: 'charts', 'data-kind': 'comparison' });
    element.append(make('div', { class: 'tools' }, make('label', {}, 'Beside it ', this.what), this.button), this.problem,
      this.place, this.basis, this.figures, this.charts, this.more);
  }

  async add() {
    this.button.disabled = true;
    const wrong = await addRival(this.play, this.what.value);
    this.problem.hidden = !wrong;
    this.problem.textContent = wrong;
    this.button.disabled = this.play.state.rivals.length >= rivalsMost;
  }

  update(result) {
    const { state, deployment, replications } = this.play, estimates = replications.runs;
    const labels = [firstLabel(this.play), ...result.rivals.map(({ label }) => label)];
    const all = [result, ...result.rivals], sound = all.map((one, r) => ({ one, label: labels[r], r })).filter(({ one }) => one.status === 0);
    this.button.disabled = state.rivals.length >= rivalsMost;
    this.showCards(all, labels, sound, estimates);
    this.figures.hidden = this.charts.hidden = this.more.hidden = all.length < 2;
    if (all.length < 2) return;
    this.basis.textContent = estimates ? estimates.said.basis[0] : 'One run of each so far; replications follow in the background.';
    this.figures.replaceChildren(this.table(sound, estimates, deployment, true));
    if (this.more.open) this.more.replaceChildren(this.more.firstChild, this.table(sound, estimates, deployment, false));
    if (this.drawn !== result || this.named !== labels.join('\n')) this.draw(sound, deployment);
    this.drawn = result;
    this.named = labels.join('\n');
  }

  showCards(all, labels, sound, estimates) {
    if (this.cards.length !== all.length) {
      this.cards = all.map((one, r) => new RunCard(this.play, r - 1));
      this.place.replaceChildren(...this.cards.map(({ element }) => element));
    }
    this.basis.textContent = '';
    all.forEach((one, r) => {
      const column = sound.findIndex((run) => run.r === r);
      this.cards[r].update(labels[r], one, estimates && column > 0 ? estimates.verdict(column, this.play.deployment) : '');
    });
  }

  /* Headline figures, or what else decides between policies; with replications means, intervals, paired differences and
   * verdicts. */
  table(sound, estimates, deployment, isHead) {
    const { metrics } = this.play, values = sound.map(({ one }) => figuresOf(one, deployment));
    const shown = metrics.all.filter((metric) => (metric.key > 0 ? isHead : !isHead && metric.in_short))
      .sort((a, b) => (isHead ? a.key - b.key : 0));
    const figure = (metric, column) => (estimates && estimates.of(column, deployment, metric.name)) ||
      { mean: values[column](metric.name) };
    const rows = shown.map((metric) => [metric, sound.map((run, column) => figure(metric, column))])
      .filter(([, figures]) => figures.some(({ mean }) => mean !== null && mean !== 0));
    return makeTable('numbers side', null, [make('td', {}), ...sound.map(({ label, r }) =>
      columnHead(make('span', { class: `run run-${r}` }, label)))], make('tbody', {}, ...rows.map(([metric, figures]) =>
      make('tr', {}, rowHead(metric.title), ...figures.map((one, column) => figureCell(metric, one, column > 0 ? figures[0] : null, sound[column].label))))));
  }

  draw(sound, deployment) {
    const runs = sound.map(({ one, label }) => ({ label, ...runData({ load_keys: this.play.program.load_keys }, one.data, deployment) }));
    const contents = comparedContents(runs, calendarOf(sound[0].one.scenario),
      comparedCharts.filter(([column]) => rivalCharts.includes(column)));
    if (contents && this.group && this.group.refresh(contents)) return;
    if (this.group) this.group.leave();
    this.group = contents ? new ChartGroup(this.charts, contents) : null;
  }
}

playPanel({
  name: 'rivals', title: 'Side by side', side: 'right',
  mount(element, play) {
    this.panel = new SideBySide(element, play);
  },
  update(result) {
    this.panel.update(result);
  },
});

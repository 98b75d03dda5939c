// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the page together: state, engine, panels, and a run after each change.

class Play {
  constructor() {
    const read = (id) => JSON.parse(document.getElementById(id).textContent);
    this.program = read('program');
    this.data = read('data');
    this.options = this.data.options;
    this.metrics = new Metrics(this.program);
    this.state = new PlayState(this.data.scenarios[0].file);
    this.engine = new Engine(this.data);
    this.result = null;      // of the last run that ended well
    this.base = null;        // the scenario without changes, as it is run
    this.baseline = null;    // the result of what is pinned
    this.measured = [];      // milliseconds from a change to what is drawn of it, for whoever measures
  }

  /* The deployment that is looked at. */
  get deployment() {
    const names = this.result ? Object.keys(this.result.scenario.deployments) : [];
    return names.includes(this.state.view.deployment) ? this.state.view.deployment : names[0];
  }

  /* A file of the page, as a text. */
  async fileText(name) {
    return new TextDecoder().decode(await streamedBytes(bytesOf(this.data.files[name]), new DecompressionStream('gzip')));
  }

  /* Asks the engine for all that is shown; of several changes the latest. */
  async run() {
    const state = this.state.toJSON(), begun = performance.now();
    const all = [state, ...state.rivals.map(({ changes }) => ({ ...state, changes }))].map((one, i) => [one, `out${i || ''}`]);
    document.body.classList.add('running');
    const answer = await this.engine.run(all.flatMap(([one, directory]) => runCommandsOf(one, directory)),
      scenarioFiles(state), all.flatMap(([, directory]) => wantedOf(directory)));
    if (!answer) return;
    document.body.classList.remove('running');
    const [result, ...rivals] = all.map(([, directory], i) => resultOf(answer, directory, i));
    result.rivals = rivals;
    if (result.status !== 0) {
      this.failed(result, state);
      return;
    }
    this.result = result;
    this.show(begun);
  }

  /* Errors stand at the controls that they are about, all of them above the figures. */
  async failed(result, state) {
    const told = await this.engine.background(['validate', ...scenarioArguments(state), '--json'], scenarioFiles(state), []);
    let errors = [];
    try {
      errors = JSON.parse(told.stdout).errors;
    } catch { /* nothing that validate could read */ }
    showErrors(result.errors, errors);
  }

  show(begun) {
    showErrors('', []);
    this.headline.update(figuresOf(this.result, this.deployment),
      this.baseline ? figuresOf(this.baseline, this.deployment) : null);
    for (const panel of playPanels) updatePanel(panel, this);
    if (begun !== undefined) {
      this.measured.push(performance.now() - begun);
      document.documentElement.dataset.redrawn = this.measured.length;
    }
  }

  /* What the scenario says without changes, for the controls' way back. */
  async readBase() {
    const { scenario, files } = this.state, state = { scenario, files, changes: {} };
    const told = await this.engine.background(['validate', ...scenarioArguments(state), '--print'], scenarioFiles(state), []);
    if (told.status === 0 && this.state.scenario === scenario) {
      this.base = JSON.parse(told.stdout);
      if (this.result) for (const panel of playPanels) updatePanel(panel, this);
    }
  }

  /* What runs now is what others are compared with; a second time: no more. */
  async pin() {
    const { scenario, changes, files } = this.state;
    this.state.set({ pinned: this.state.pinned ? null : { label: 'pinned', scenario, changes, files } });
  }

  async readBaseline() {
    const { pinned } = this.state;
    this.baseline = null;
    if (pinned) {
      const answer = await this.engine.background(runCommandsOf(pinned, 'out'), scenarioFiles(pinned), wantedOf('out'));
      if (this.state.pinned !== pinned) return;
      this.baseline = answer.status === 0 ? resultOf(answer, 'out') : null;
    }
    if (this.result) this.show();
  }
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/* Panels -------------------------------------------------------------------------------------------- */

/* Mounted when it is first looked at; told of results while it is. */
function updatePanel(panel, play) {
  if (!panel.place || panel.place.hidden || !play.result) return;
  if (!panel.mounted) {
    panel.mounted = true;
    panel.mount(panel.place, play);
  }
  if (panel.update) panel.update(play.result, play);
}

/* A side of the page: its panels as tabs. */
function panelSide(side, play) {
  const panels = playPanels.filter((panel) => (panel.side || 'right') === side && (!panel.isFor || panel.isFor(play)));
  const open = (chosen) => panels.forEach((panel) => {
    panel.place.hidden = panel !== chosen;
    panel.tab.setAttribute('aria-selected', panel === chosen);
    panel.tab.tabIndex = panel === chosen ? 0 : -1;
    updatePanel(panel, play);
  });
  const key = (event, i) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const next = panels[(i + step + panels.length) % panels.length];
    open(next);
    next.tab.focus();
  };
  panels.forEach((panel, i) => {
    panel.place = make('div', { class: 'panel', id: `panel-${panel.name}`, role: 'tabpanel', 'aria-label': panel.title });
    panel.tab = make('button', { type: 'button', role: 'tab', id: `tab-${panel.name}`, 'aria-controls': `panel-${panel.name}`,
      on: { click: () => open(panel), keydown: (event) => key(event, i) } }, panel.title);
    panel.open = () => open(panel);
  });
  const tabs = make('div', { class: 'tabs', role: 'tablist' }, ...panels.map(({ tab }) => tab));
  tabs.hidden = panels.length < 2;
  open(panels[0]);
  return [tabs, ...panels.map(({ place }) => place)];
}

function showErrors(text, errors) {
  const place = document.getElementById('errors');
  place.hidden = !text;
  place.textContent = text;
  showControlErrors(errors);
}

/* The head --------------------------------------------------------------------------------------- */

function scenarioChooser(play) {
  const select = make('select', { id: 'scenario', 'aria-label': 'Scenario',
    on: { change: () => play.state.set({ scenario: play.data.scenarios[Number(select.value)].file, changes: {}, rivals: [], view: {} }) } },
    ...play.data.scenarios.map(({ file }, i) => make('option', { value: i }, file.replace(/\.json$/, ''))));
  play.state.subscribe(() => { select.value = play.data.scenarios.findIndex(({ file }) => file === play.state.scenario); });
  return make('label', {}, 'Scenario ', select);
}

function toolbar(play) {
  const button = (text, title, press) => make('button', { type: 'button', title, on: { click: () => press(event) } }, text);
  const pin = make('button', { type: 'button', id: 'pin', 'aria-pressed': 'false', title: 'Compare what follows with what runs now',
    on: { click: () => play.pin() } }, 'Pin');
  play.state.subscribe(() => pin.setAttribute('aria-pressed', Boolean(play.state.pinned)));
  return make('div', { class: 'tools', role: 'toolbar', 'aria-label': 'Playground' }, scenarioChooser(play), pin,
    button('Undo', 'Take the last change back', () => play.state.undo()),
    button('Redo', 'Make it again', () => play.state.redo()));
}

async function startPlay() {
  const play = new Play();
  window.play = play;
  const shared = checkedState(location.hash ? await stateOfText(location.hash.slice(1)) : null, play.data.scenarios);
  if (shared) Object.assign(play.state, shared);
  play.headline = new Headline(play.metrics);
  const header = make('header', {}, make('h1', {}, 'Playground'), make('p', { class: 'lead', id: 'question' }), toolbar(play));
  const left = make('section', { class: 'left', 'aria-label': 'What can be changed' });
  const right = make('section', { class: 'right', 'aria-label': 'What happens' }, play.headline.element,
    make('pre', { id: 'errors', role: 'alert', hidden: true }));
  document.getElementById('module').before(header, make('main', { class: 'play' }, left, right));
  left.append(...panelSide('left', play));
  right.append(...panelSide('right', play));
  const guided = playPanels.find(({ name, place }) => name === 'lessons' && place);
  if (guided && play.state.lesson) guided.open();
  play.state.subscribe((state, keys) => {
    if (keys.includes('scenario')) play.readBase();
    if (keys.includes('pinned')) play.readBaseline();
    if (keys.some((key) => ['scenario', 'changes', 'files', 'rivals'].includes(key))) play.run();
    else if (play.result) play.show();
  });
  play.readBase();
  if (play.state.pinned) play.readBaseline();
  await play.run();
  document.documentElement.dataset.ready = Math.round(performance.now());
}

startPlay();

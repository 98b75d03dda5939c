// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the page together: state, engine, panels, and a run after each change.

class Play {
  /* options: the program's tables, of which the page's data has the packed form. */
  constructor(data, options) {
    this.program = embeddedJson('program');
    this.data = data;
    this.options = options;
    this.metrics = new Metrics(this.program);
    this.state = new PlayState(this.data.scenarios[0].file);
    this.engine = new Engine(this.data);
    this.result = null;      // of the last run that ended well
    this.wrong = null;       // of the last run, if it has failed
    this.base = null;        // the scenario without changes, as it is run
    this.baseline = null;    // the result of what is pinned
    this.replications = new Replications(this);
    this.measured = [];      // milliseconds from a change to what is drawn of it, for whoever measures
  }

  /* The deployment that is looked at. */
  get deployment() {
    const names = this.result ? Object.keys(this.result.scenario.deployments) : [];
    return names.includes(this.state.view.deployment) ? this.state.view.deployment : names[0];
  }

  /* A file of the page, as a text. */
  async fileText(name) {
    const file = this.data.files[name];
    return typeof file === 'string' ? unpackedText(file) : file.text;
  }

  /* Asks the engine for all that is shown; of several changes the latest. */
  async run() {
    const state = this.state.toJSON(), begun = performance.now();
    const all = [state, ...state.rivals.map((rival) => rivalState(state, rival))].map((one, i) => [one, `out${i || ''}`]);
    document.body.classList.add('running');
    const answer = await this.engine.run(all.flatMap(([one, directory]) => runCommandsOf(one, directory)),
      scenarioFiles(state), all.flatMap(([, directory]) => wantedOf(directory)));
    if (!answer) return;
    document.body.classList.remove('running');
    const [result, ...rivals] = all.map(([, directory], i) => resultOf(answer, directory, i));
    result.rivals = rivals.map((rival, i) => ({ ...rival, label: state.rivals[i].label }));
    this.wrong = result.status === 0 ? null : result;
    if (this.wrong) {
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
    if (this.wrong !== result) return;
    showErrors(result.errors, errors);
    for (const panel of playPanels) if (panel.failed) updatePanel(panel, this);
  }

  show(begun) {
    const { name, question } = this.result.scenario;
    showErrors('', []);
    document.querySelector('h1').textContent = name || 'A scenario without a name';
    document.getElementById('question').textContent = question || '';
    this.headline.update(figuresOf(this.result, this.deployment),
      this.baseline ? figuresOf(this.baseline, this.deployment) : null, this.replications.headline(this.deployment));
    for (const panel of playPanels) updatePanel(panel, this);
    this.replications.follow();
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

const embeddedJson = (id) => JSON.parse(document.getElementById(id).textContent);

async function unpackedText(base64) {
  return new TextDecoder().decode(await streamedBytes(bytesOf(base64), new DecompressionStream('gzip')));
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/* Panels -------------------------------------------------------------------------------------------- */

/* Mounted when it is first looked at; told of results while it is, and of what has failed if it wants to know. */
function updatePanel(panel, play) {
  const wrong = panel.failed && play.wrong;
  if (!panel.place || panel.place.hidden || !(play.result || wrong)) return;
  if (!panel.mounted) {
    panel.mounted = true;
    panel.mount(panel.place, play);
  }
  if (wrong) panel.failed(wrong, play);
  else if (panel.update) panel.update(play.result, play);
}

/* As they stand; what is not among them comes after. */
const panelOrder = ['options', 'traffic', 'lessons', 'lua', 'charts', 'rivals', 'strip'];
const panelPlace = ({ name }) => (panelOrder.includes(name) ? panelOrder.indexOf(name) : panelOrder.length);

/* A side of the page: its panels as tabs. */
function panelSide(side, play) {
  const panels = playPanels.filter((panel) => (panel.side || 'right') === side && (!panel.isFor || panel.isFor(play)))
    .sort((a, b) => panelPlace(a) - panelPlace(b));
  const open = (chosen) => {
    for (const panel of panels) {
      panel.place.hidden = panel !== chosen;
      panel.tab.setAttribute('aria-selected', panel === chosen);
      panel.tab.tabIndex = panel === chosen ? 0 : -1;
      updatePanel(panel, play);
    }
    fitCharts();
  };
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

/* Charts follow the room that they have. */
function fitCharts() {
  for (const { graph, plot } of chartGroups.flatMap(({ figures }) => figures)) {
    if (plot.clientWidth && plot.clientWidth !== graph.size().width) graph.resize();
  }
}

function showErrors(text, errors) {
  const place = document.getElementById('errors');
  place.hidden = !text;
  place.textContent = text;
  showControlErrors(errors);
}

/* The head --------------------------------------------------------------------------------------- */

/* Scenarios by their folders. */
function scenarioChooser(play) {
  const { scenarios } = play.data, folderOf = (file) => (file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '');
  const choice = ({ file }) => make('option', { value: file }, file.slice(folderOf(file) ? folderOf(file).length + 1 : 0).replace(/\.json$/, ''));
  const groups = [...new Set(scenarios.map(({ file }) => folderOf(file)))].map((folder) => {
    const choices = scenarios.filter(({ file }) => folderOf(file) === folder).map(choice);
    return folder ? make('optgroup', { label: folder }, ...choices) : choices;
  });
  const imported = make('option', { value: importedName, hidden: true }, '');
  const select = make('select', { id: 'scenario',
    on: { change: () => play.state.set({ scenario: select.value, changes: {}, rivals: [], view: {} }) } }, ...groups.flat(), imported);
  const show = () => {
    const { scenario } = play.state;
    imported.hidden = typeof scenario === 'string';
    imported.textContent = imported.hidden ? '' : scenario.name;
    select.value = scenarioFile(scenario);
  };
  play.state.subscribe(show);
  show();
  return make('label', {}, 'Scenario ', select);
}

function toolbar(play) {
  const button = (id, text, title, press) => make('button', { type: 'button', id, title, on: { click: press } }, text);
  const pin = button('pin', 'Pin', '', () => play.pin());
  const undo = button('undo', 'Undo', 'Take the last change back (Ctrl+Z)', () => play.state.undo());
  const redo = button('redo', 'Redo', 'Make it again (Ctrl+Y)', () => play.state.redo());
  const reset = button('reset', 'Reset', 'The scenario without changes', () => play.state.set({ changes: {}, rivals: [], files: {} }));
  const show = () => {
    const { pinned } = play.state;
    pin.setAttribute('aria-pressed', Boolean(pinned));
    pin.textContent = pinned && pinned.label !== 'pinned' ? `Pinned: ${pinned.label}` : 'Pin';
    pin.title = pinned ? 'Differences are to the run that is pinned; press to let go of it' : 'Compare what follows with what runs now';
    undo.disabled = !play.state.past.length;
    redo.disabled = !play.state.future.length;
    reset.disabled = !Object.keys(play.state.changes).length;
  };
  play.state.subscribe(show);
  show();
  document.addEventListener('keydown', (event) => {
    if (!(event.ctrlKey || event.metaKey) || /^(text|search|textarea)$/.test(event.target.type)) return;
    const back = event.key === 'z' && !event.shiftKey, again = event.key === 'y' || (event.key === 'Z' && event.shiftKey);
    if (!back && !again) return;
    event.preventDefault();
    if (back) play.state.undo();
    else play.state.redo();
  });
  return make('div', { class: 'tools', role: 'toolbar', 'aria-label': 'Playground' }, scenarioChooser(play), pin, undo, redo, reset,
    ...shareTools(play));
}

async function startPlay() {
  const data = embeddedJson('data'), { options, texts } = JSON.parse(await unpackedText(data.packed));
  for (const [name, text] of Object.entries(texts)) data.files[name] = { text };
  const play = new Play(data, options);
  window.play = play;
  const shared = checkedState(location.hash ? await stateOfText(location.hash.slice(1)) : null, play.data.scenarios);
  if (shared) Object.assign(play.state, shared);
  play.headline = new Headline(play.metrics);
  const header = make('header', {}, make('p', { class: 'kind' }, 'Playground of autoscale-sim: the simulator itself is in this page'),
    make('h1', {}), make('p', { class: 'quiet', id: 'question' }), toolbar(play));
  const left = make('section', { class: 'left', 'aria-label': 'What can be changed' });
  const right = make('section', { class: 'right', 'aria-label': 'What happens' });
  const head = make('div', { class: 'head' }, play.headline.element, make('pre', { id: 'errors', role: 'alert', hidden: true }));
  document.getElementById('module').before(header, make('main', { class: 'play' }, head, left, right));
  new ResizeObserver(() => document.documentElement.style.setProperty('--head', `${head.offsetHeight}px`)).observe(head);
  left.append(...panelSide('left', play));
  right.append(...panelSide('right', play));
  const guided = playPanels.find(({ name, place }) => name === 'lessons' && place);
  if (guided && play.state.lesson) guided.open();
  new ResizeObserver(fitCharts).observe(right);
  play.state.subscribe((state, keys) => {
    if (keys.includes('scenario')) play.readBase();
    if (keys.includes('pinned')) play.readBaseline();
    if (keys.some((key) => ['scenario', 'changes', 'files', 'rivals'].includes(key))) {
      play.replications.stop();
      play.run();
    } else if (play.result) play.show();
  });
  play.readBase();
  if (play.state.pinned) play.readBaseline();
  await play.run();
  document.title = 'Playground – autoscale-sim';
  document.documentElement.dataset.ready = Math.round(performance.now());
}

startPlay();

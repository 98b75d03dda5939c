// SPDX-License-Identifier: GPL-3.0-or-later
// The panel of a deployment's traffic: its curve, how long its requests are, and a recording in its place.

/* Columns of a deployment's rows in timeseries.csv: {times, widths, arrivals}. They are the first ones. */
function arrivalsOfRun(text, deployment) {
  const arrivals = { times: [], widths: [], arrivals: [] };
  for (const line of text.split('\n').slice(1)) {
    const [name, time, width, count] = line.split(',', 4);
    if (name !== deployment) continue;
    arrivals.times.push(Number(time));
    arrivals.widths.push(Number(width));
    arrivals.arrivals.push(Number(count));
  }
  return arrivals;
}

/* Mean tokens of a run's requests, for lengths that no option says. */
function meansOfRun(result, deployment) {
  const of = figuresOf(result, deployment);
  const mean = (tokens) => (of('completed') > 0 ? of(tokens) / of('completed') : null);
  return { prompt_tokens: mean('prompt_tokens'), output_tokens: mean('generated_tokens') };
}

/* Lengths for a curve in the place of these sources: those that one of them says, else the run's means. */
function lengthsForCurve(sources, means) {
  const said = sources.map(lengthsOfSource).find((lengths) => Object.keys(lengths).length);
  if (said && (said.lengths || (said.prompt_tokens && said.output_tokens))) return said;
  const usual = (mean) => ({ distribution: 'lognormal', mean: Math.max(1, Math.round(mean || 1000)), cv: 1 });
  return { prompt_tokens: usual(means.prompt_tokens), output_tokens: usual(means.output_tokens), ...said };
}

/* What a source is, for a sentence. */
function sourceWords({ type, file, name }) {
  if (type === 'trace') return `the log ${listText([].concat(file).map((path) => path.replace(/^\//, '')))}`;
  return type === 'preset' ? `the published traffic ${name}` : `a source of kind ${type}`;
}

/* The list of sources that a change is; null: it is none. */
function sourcesOfText(text) {
  try {
    const sources = text === undefined ? null : JSON.parse(text);
    return sources && [].concat(sources).every((source) => typeof source.type === 'string') ? [].concat(sources) : null;
  } catch (error) {
    return null;
  }
}

class TrafficPanel {
  constructor(element, play) {
    Object.assign(this, { play, sources: null, result: null });
    this.what = make('p', {});
    this.place = make('div', { class: 'curve-place' });
    this.lengthsPlace = make('div', { class: 'lengths' });
    element.append(this.what, this.place, this.lengthsPlace);
    this.editor = new CurveEditor(this.place, (curve) => this.write(sourcesWithCurve(this.sources, curve)));
    this.lengths = { prompt_tokens: 'Prompts', output_tokens: 'Outputs' };
    for (const [name, title] of Object.entries(this.lengths)) {
      this.lengths[name] = new LengthEditor(this.lengthsPlace, title, (length) => this.lengthMade(name, length));
    }
    this.recording = new RecordingPlace(element, play, (...found) => this.useRecording(...found));
  }

  get path() {
    return `deployments.${pathKey(this.play.deployment)}.traffic`;
  }

  /* Of a run that has ended. */
  update(result) {
    if (!result || !result.scenario) return;
    this.result = result;
    this.read();
  }

  /* Sources that were drawn here are in the state, ahead of any run; what else changes them, the run knows. */
  read() {
    if (!this.result) return;
    const { scenario, files } = this.result, deployment = this.play.deployment, { changes } = this.play.state;
    this.arrivals = arrivalsOfRun(files['timeseries.csv'], deployment);
    this.means = meansOfRun(this.result, deployment);
    const { times, widths } = this.arrivals, last = times.length - 1;
    this.duration = scenario.duration ? durationSeconds(scenario.duration)
      : last < 0 ? 3600 : times[last] + widths[last];
    if (!this.editor.busy) {
      const own = this.partsChanged().length ? null : sourcesOfText(changes[this.path]);
      this.sources = own || scenario.deployments[deployment].traffic;
    }
    this.show();
  }

  /* Paths of changes below the list of sources. */
  partsChanged() {
    return Object.keys(this.play.state.changes).filter((path) => path.startsWith(`${this.path}.`));
  }

  show() {
    const known = curveOfSources(this.sources), one = this.sources[0];
    this.editor.show({ curve: this.editor.busy ? this.editor.curve : known && known.curve, arrivals: this.arrivals,
      duration: this.duration, calendar: calendarOf(this.result.scenario) });
    this.tell(known);
    const grows = this.sources.some(({ type }) => type === 'conversation');
    this.lengths.prompt_tokens.show(one.prompt_tokens, this.means.prompt_tokens,
      grows ? 'Prompts of conversations grow with their turns.' : '');
    this.lengths.output_tokens.show(one.output_tokens, this.means.output_tokens, '');
  }

  tell(known) {
    const others = this.sources.filter((source, i) => !known || (i !== known.main && !known.bursts.includes(i)));
    const names = listText(others.map(sourceWords));
    this.what.replaceChildren(...(known ? [others.length ? `Beside the curve comes ${names}. ` : '',
      'Grey: the requests that came in this run.']
      : [`The traffic is ${names}; grey: the requests that came in this run. `,
        make('button', { type: 'button', on: { click: () => this.makeMine() } }, 'Make it mine: a curve to drag')]));
  }

  /* A run has failed, perhaps for want of a log that was too large for the address. */
  failed() {
    const { state, engine, data } = this.play;
    const there = [...Object.keys(state.files), ...engine.kept.keys(), ...Object.keys(data.files)];
    const sources = Object.entries(state.changes)
      .flatMap(([path, text]) => (path.endsWith('.traffic') && sourcesOfText(text)) || []);
    const gone = sources.flatMap(({ file = [] }) => file).filter((file) => !there.includes(file));
    if (gone.length) {
      this.what.replaceChildren(`The log ${listText(gone)} is not part of this address: drop it on the page.`);
    }
  }

  /* Changes ---------------------------------------------------------------------------------------- */

  /* A log ends the run, a curve does not. */
  makeMine() {
    const curve = curveOfArrivals(this.arrivals, this.duration);
    const ends = this.result.scenario.duration ? {} : { duration: durationText(Math.ceil(this.duration)) };
    this.write(sourcesWithCurve([], curve, lengthsForCurve(this.sources, this.means)), ends);
    this.show();
    this.editor.focusChosen();
  }

  /* All sources have it. */
  lengthMade(name, length) {
    this.write(this.sources.map((source) => ({ ...source, [name]: length })));
  }

  /* The whole list, which has all that parts of it were changed to. */
  write(sources, more = {}) {
    this.sources = sources;
    const gone = Object.fromEntries(this.partsChanged().map((path) => [path, null]));
    this.play.state.changeAll({ ...gone, ...more, [this.path]: JSON.stringify(sources) });
  }

  /* A log in the place of what there was. Its rows have their dates; where another deployment's log has others, it
   * begins with the run. */
  useRecording({ name, text }, options, described) {
    if (!this.result) return;
    const { deployments } = this.result.scenario, { state } = this.play;
    const others = Object.entries(deployments).some(([deployment, { traffic }]) =>
      deployment !== this.play.deployment && traffic.some((source) => source.type === 'trace'));
    const source = recordingSource(name, options, described, lengthsForCurve(this.sources, this.means));
    if (others && !source.origin) source.origin = 'first_row';
    const { start, duration } = recordingSpan(described);
    const changes = { ...state.changes, duration, ...(start && !others ? { start } : {}) };
    for (const path of this.partsChanged()) delete changes[path];
    changes[this.path] = JSON.stringify([source]);
    state.set({ changes, files: text === null ? state.files : { ...state.files, [name]: text } });
  }
}

playPanel({
  name: 'traffic', title: 'Traffic', side: 'left',
  mount(element, play) {
    this.panel = new TrafficPanel(element, play);
    play.state.subscribe((state, keys) => {
      if (keys.includes('changes') && !this.panel.editor.busy) this.panel.read();
    });
  },
  update(result) {
    this.panel.update(result);
  },
  failed() {
    this.panel.failed();
  },
});

/* A file may be dropped anywhere, whatever is looked at: a scenario is what runs then, all else a log. */
async function takeDropped(file, play) {
  if (/"deployments"\s*:/.test(await file.slice(0, 100000).text())) {
    importScenario(play, file.name, await file.text());
    return;
  }
  const traffic = playPanels.find(({ name }) => name === 'traffic');
  traffic.open();
  if (traffic.panel) traffic.panel.recording.take(file);
}

document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer.files;
  if (file) takeDropped(file, window.play);
});

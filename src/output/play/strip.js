// SPDX-License-Identifier: GPL-3.0-or-later
// The run played: what there was at each instant as a scene, why the target changed in the words of `explain`, and a
// request of the reader's own, sent at the instant shown. The engine is asked for what this needs (requests.csv,
// refusals.csv, the story) only when it is opened.

const stripSpeeds = [1, 2, 5, 10, 30, 60, 300, 1800, 7200];
const stripFlight = 0.5;  // seconds of the reader's that a request takes from its client to the gateway
const ownFile = 'own-request.csv';

/* The engine's part --------------------------------------------------------------------------------- */

/* What was run, as arguments and files for any command. */
const stripBase = ({ state }) => ({ args: scenarioArguments(state), files: scenarioFiles(state) });

/* The same with one request more: own: {deployment, at, prompt, output}, as a recording of one row, which is the last
 * source of its deployment. scenario: as it was run, as an object; text: the same. */
function stripWithOwn({ state }, { scenario, text }, own) {
  const changed = structuredClone(scenario), { traffic } = changed.deployments[own.deployment];
  traffic.push({ type: 'trace', file: ownFile, format: 'csv', origin: 'zero', time_column: 'time_s',
    prompt_column: 'prompt_tokens', output_column: 'output_tokens' });
  const seed = text.match(/"seed": (\d+)/);  // which JSON's numbers may not hold
  return { args: [importedName, ...(seed ? ['--seed', seed[1]] : [])],
    files: { ...state.files, [importedName]: JSON.stringify(changed),
      [ownFile]: `time_s,prompt_tokens,output_tokens\n${own.at},${own.prompt},${own.output}\n` } };
}

const stripFiles = ['requests.csv', 'refusals.csv', 'events.csv', 'timeseries.csv', 'scenario.json'];

/* Runs it and has it told: {files, scenario, text, story}; throws what the program says of a mistake. */
async function stripRun(play, { args, files }) {
  const answer = await play.engine.background([['run', ...args, '--requests', '--out', 'played', '--quiet'],
    ['explain', 'played', '--json']], files, stripFiles.map((name) => `played/${name}`));
  if (answer.status !== 0) throw new Error(answer.stderr);
  const of = Object.fromEntries(stripFiles.map((name) => [name, answer.files[`played/${name}`]]));
  const text = of['scenario.json'];
  const story = JSON.parse(answer.told[1].stdout);
  return { files: of, text, scenario: JSON.parse(text), story, base: { args, files } };
}

/* A request's life in words. */
async function stripLife(play, { base }, id) {
  const question = ['explain', ...base.args, '--request', String(id), '--json'];
  const answer = await play.engine.background(question, base.files, []);
  if (answer.status !== 0) throw new Error(answer.stderr);
  return JSON.parse(answer.stdout).entries.filter((entry) => entry.time_s !== null);
}

/* Words ------------------------------------------------------------------------------------------------ */

const stripPlural = (count, one, many = `${one}s`) => `${countText(count)} ${count === 1 ? one : many}`;

/* The world in a sentence, for who does not see it. */
function stripSentence(world) {
  const { counts } = world, parts = [];
  const add = (count, text) => { if (count > 0) parts.push(text(count)); };
  add(world.serving, (count) => `${stripPlural(count, 'replica serves', 'replicas serve')}`);
  add(world.booting, (count) => `${stripPlural(count, 'replica boots', 'replicas boot')}`);
  add(world.draining, (count) => `${stripPlural(count, 'replica drains', 'replicas drain')}`);
  if (!world.replicas.length) parts.push('no replica');
  add(counts[PREFILL] + counts[DECODE], (count) => `${stripPlural(count, 'request')} in a batch`);
  add(counts[QUEUE], (count) => `${countText(count)} queued`);
  add(counts[GATEWAY], (count) => `${countText(count)} held at the gateway`);
  add(counts[AWAY], (count) => `${stripPlural(count, 'client waits', 'clients wait')} to send again`);
  return `target ${world.target === null ? '–' : world.target}; ${parts.join(', ')}`;
}

/* Refused sends of a request up to an instant. */
const stripRefused = ({ refused, refusals }, i, time) =>
  (refused[i] || []).filter((row) => refusals.time_s[row] <= time).length;

/* What a request does at an instant. */
function stripDoing(course, i, time) {
  const s = stageAt(course, i, time), replica = `replica ${course.at[s]}`;
  if (time < course.first[i]) return `will be sent in ${secondsText(course.first[i] - time)}`;
  if (s < 0) return stripEnd(course, i);
  const since = secondsText(time - course.from[s]), until = secondsText(course.to[s] - time);
  return [`refused ${stripPlural(stripRefused(course, i, time), 'time')}; sends again in ${until}`,
    `held at the gateway for ${since}`, `in the queue of ${replica} for ${since}`,
    `its prompt of ${countText(course.prompt[i])} tokens is computed by ${replica}, for ${since}`,
    `answered by ${replica}, ${countText(course.output[i])} tokens, for ${since}`][course.kind[s]];
}

function stripEnd(course, i) {
  const whole = secondsText(course.ended[i] - course.first[i]), sends = stripPlural(course.sends[i], 'send');
  if (course.outcome[i] === 'in_flight') return 'cut at the end of the run';
  if (course.outcome[i] !== 'completed') return `${course.outcome[i].replace('_', ' ')} after ${whole}, ${sends}`;
  const first = secondsText(course.token[i] - course.first[i]);
  return `first token ${first} after it was sent, the whole answer ${whole}, ${sends}`;
}

/* The middle one of some values. */
function stripMedian(values, otherwise) {
  return values.length ? [...values].sort((a, b) => a - b)[values.length >> 1] : otherwise;
}

/* The strip ------------------------------------------------------------------------------------------ */

class Strip {
  constructor(element, play) {
    Object.assign(this, { element, play, time: 0, speed: 10, playing: false, run: null, course: null });
    Object.assign(this, { followed: -1, isOwn: false, life: [] });
    this.still = matchMedia('(prefers-reduced-motion: reduce)');
    this.build();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.repaint());
    new ResizeObserver(() => this.layOut()).observe(this.stage);
  }

  /* Elements ----------------------------------------------------------------------------------- */

  build() {
    const button = (text, title, press) => make('button', { type: 'button', title, on: { click: press } }, text);
    this.toggle = button('▶ Play', 'Play or pause (space)', () => this.playOrPause());
    this.speeds = make('select', { 'aria-label': 'Speed', on: { change: () => this.setSpeed(Number(this.speeds.value)) } },
      ...stripSpeeds.map((speed) => make('option', { value: speed, selected: speed === this.speed },
        `${speed.toLocaleString('en-US')} ×`)));
    this.skips = make('input', { type: 'checkbox', checked: true });
    this.refusal = button('First 503', 'Go to the first 503', () => this.goToRefusal());
    this.own = button('Send a request now', 'One request more, sent at this instant, and what becomes of it',
      () => this.sendOwn());
    this.slider = make('input', { type: 'range', min: 0, step: 'any', 'aria-label': 'Instant of the run',
      on: { input: () => this.goTo(Number(this.slider.value)), keydown: (event) => this.key(event) } });
    this.canvas = make('canvas', { role: 'img' });
    this.painter = new StripPainter(this.canvas);
    this.track = make('canvas', { class: 'strip-track', 'aria-hidden': 'true' });
    this.clock = make('strong', {}, '');
    this.now = make('span', {}, '');
    this.why = make('div', { class: 'strip-why', 'aria-live': 'polite' });
    this.number = make('input', { type: 'number', min: 1, 'aria-label': 'Number of a request',
      on: { change: () => this.follow(this.course.indexOf.get(Number(this.number.value))) } });
    this.story = make('section', { class: 'strip-story', 'aria-live': 'polite', hidden: true });
    this.stage = make('div', { class: 'strip-stage', tabindex: '0', role: 'group',
      'aria-label': 'The run, played. Space plays and pauses, arrow keys move by a second of yours, with Shift from ' +
        'decision to decision',
      on: { keydown: (event) => this.key(event), click: (event) => this.pick(event) } }, this.canvas);
    this.element.append(make('div', { class: 'tools' }, this.toggle, make('label', {}, this.speeds, ' as fast'),
      button('◀ Decision', 'The decision before (Shift and ←)', () => this.toDecision(-1)),
      button('Decision ▶', 'The next decision (Shift and →)', () => this.toDecision(1)), this.refusal, this.own,
      make('label', {}, this.skips, ' skip where nothing happens')),
    make('p', { class: 'strip-now' }, this.clock, ' ', this.now), this.stage, stripLegend(), this.track, this.slider,
    this.story, this.why, make('p', { class: 'strip-follow' },
      make('label', {}, 'Follow request ', this.number), ' or click a dot.'));
    this.track.addEventListener('pointerdown', (event) => this.scrub(event));
    this.track.addEventListener('pointermove', (event) => { if (event.buttons) this.scrub(event); });
  }

  repaint() {
    this.painter.readColours();
    this.drawTrack();
    this.show();
  }

  /* Loading ------------------------------------------------------------------------------------ */

  /* Takes a run: where it was, or to just before its first request. */
  async load(base, at = null) {
    const before = this.run, asked = this.asked = {};
    this.forget();
    this.now.textContent = 'running …';
    try {
      const run = await stripRun(this.play, base);
      this.now.textContent = 'reading its requests …';
      await new Promise((done) => setTimeout(done, 20)); // until that is seen
      if (this.asked === asked) this.take(run, at);
    } catch (error) {
      if (this.asked !== asked) return;
      this.run = before;
      this.now.textContent = String(error.message || error);
    }
  }

  /* What is shown is no longer what runs. */
  forget() {
    this.pause();
    this.run = null;
  }

  take(run, at = null) {
    this.run = run;
    this.calendar = calendarOf(run.scenario);
    this.choose(this.play.deployment, at);
  }

  choose(deployment, at) {
    const { run } = this;
    this.course = courseOf(run.files, deployment, run.scenario);
    this.series = readColumns(run.files['timeseries.csv'], ['time_s', 'interval_s', 'arrivals', 'answers_503',
      'replicas_serving', ...bootingStates.map((state) => `replicas_${state}`)], [], ['deployment', deployment]);
    const { duration } = run.scenario;  // without one a recording's last row ends the run
    this.span = duration ? durationSeconds(duration) : this.course.first[this.course.count - 1] || 0;
    this.entries = run.story.entries.filter((entry) => entry.deployment === deployment && entry.kind);
    this.painter.holds = this.course.config.at_zero === 'hold';
    this.slider.max = this.course.end;
    this.number.max = run.story.requests || '';
    this.refusal.disabled = this.firstRefusal() === undefined;
    this.follow(-1);
    this.scene = null;
    this.layOut();
    const first = this.course.count ? this.course.first[0] : 0;
    this.goTo(at === null ? Math.max(0, first - 0.2 * this.speed) : at);
  }

  layOut() {
    const width = Math.floor(this.stage.clientWidth);
    if (!this.course || width < 200 || (this.scene && this.scene.width === width)) return;
    this.scene = sceneOf(width, this.course);
    this.painter.resize(this.scene);
    this.drawTrack();
    this.show();
  }

  /* Time --------------------------------------------------------------------------------------- */

  setSpeed(speed) {
    this.speed = speed;
    this.show();
  }

  playOrPause() {
    if (this.playing) this.pause();
    else this.start();
  }

  start() {
    if (!this.course) return;
    if (this.time >= this.course.end) this.goTo(0);
    this.playing = true;
    this.toggle.textContent = '❚❚ Pause';
    this.stamp = null;
    if (this.still.matches) this.timer = setInterval(() => this.advance(1), 1000);
    else requestAnimationFrame((stamp) => this.frame(stamp));
  }

  pause() {
    this.playing = false;
    clearInterval(this.timer);
    this.toggle.textContent = '▶ Play';
  }

  frame(stamp) {
    if (!this.playing) return;
    if (!this.stage.offsetParent) { // another panel is looked at
      this.pause();
      return;
    }
    if (this.stamp !== null) this.advance(Math.min(0.1, (stamp - this.stamp) / 1000));
    this.stamp = stamp;
    requestAnimationFrame((next) => this.frame(next));
  }

  /* By so many seconds of the reader's; over what is quiet at once. */
  advance(seconds) {
    let time = this.time + seconds * this.speed;
    if (this.skips.checked && this.isQuiet(time)) {
      const next = nextHappening(this.course, time);
      time = Math.max(time, (Number.isFinite(next) ? next : this.course.end) - stripFlight * this.speed);
    }
    this.goTo(Math.min(time, this.course.end));
    if (time >= this.course.end) this.pause();
  }

  /* Nothing in the system, on its way, or about to come. */
  isQuiet(time) {
    const { course } = this, counts = countsAt(course, time - stripFlight * this.speed);
    return counts.every((count) => count === 0) && countsAt(course, time).every((count) => count === 0) &&
      nextHappening(course, time - stripFlight * this.speed) > time + 2 * this.speed;
  }

  goTo(time) {
    if (!this.course) return;
    this.time = Math.max(0, Math.min(this.course.end, time));
    this.show();
  }

  toDecision(step) {
    if (!this.course) return;
    this.pause();
    const at = this.entries.findIndex((entry) => entry.time_s > this.time), after = at < 0 ? this.entries.length : at;
    const before = this.entries.filter((entry) => entry.time_s < this.time).length - 1;
    const entry = this.entries[step > 0 ? after : before];
    if (entry) this.goTo(entry.time_s);
  }

  firstRefusal() {
    const { refusals } = this.course, row = refusals.answer.indexOf('503');
    return row < 0 ? undefined : refusals.time_s[row];
  }

  goToRefusal() {
    this.pause();
    this.goTo(this.firstRefusal());
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === ' ') this.playOrPause();
    else if (step && event.shiftKey) this.toDecision(step);
    else if (step) {
      this.pause();
      this.goTo(this.time + step * this.speed);
    } else if (event.key === 'Home' || event.key === 'End') this.goTo(event.key === 'Home' ? 0 : this.course.end);
    else return;
    event.preventDefault();
  }

  scrub(event) {
    const { left, width } = this.track.getBoundingClientRect();
    this.goTo((event.clientX - left) / width * this.course.end);
  }

  /* Showing ------------------------------------------------------------------------------------ */

  flight() {
    return this.still.matches ? 0 : stripFlight * this.speed;
  }

  show() {
    if (!this.scene || !this.course) return;
    const { course, time } = this, world = worldAt(course, time), window = Math.max(1, this.speed);
    const rate = (times) => (upTo(times, time) - upTo(times, time - window)) / Math.min(window, Math.max(time, 1));
    this.dots = dotsOf(this.scene, course, time, this.flight(), this.followed);
    this.painter.paint(this.scene, course, world, { sends: rate(course.sendTimes), refusals: rate(course.refusalTimes),
      answers: rate(course.completedTimes) }, this.dots,
      this.isOwn ? 'you' : `${course.id[this.followed]}`);
    const sentence = stripSentence(world);
    this.canvas.setAttribute('aria-label', sentence);
    this.clock.textContent = instantText(Math.floor(time * 1000), this.calendar).replace(/(\.\d)\d*$/, '$1');
    this.now.textContent = sentence;
    this.slider.value = time;
    this.slider.setAttribute('aria-valuetext', `${instantText(Math.floor(time) * 1000, this.calendar)}: ${sentence}`);
    this.own.disabled = !this.run || time >= this.span;
    this.tellWhy();
    this.tellStory();
    this.drawHead();
  }

  /* The decision in force, in the words of `explain`: what was decided, then what replicas made of it. */
  tellWhy() {
    const entry = this.entries.filter(({ time_s: at }) => at <= this.time).pop() || null;
    if (this.told === entry && this.why.childElementCount) return;
    this.told = entry;
    if (!entry) {
      this.why.replaceChildren(make('p', { class: 'quiet' }, 'Nothing is decided yet.'));
      return;
    }
    const [said, ...more] = entry.words;
    this.why.replaceChildren(make('p', {}, make('strong', {}, entry.label), ' ', said),
      ...more.map((words) => make('p', { class: 'quiet' }, words)));
  }

  /* A request ---------------------------------------------------------------------------------- */

  async sendOwn() {
    const { run, course } = this, at = Math.round(this.time * 1000) / 1000;
    const own = { deployment: course.deployment, at, prompt: stripMedian(course.prompt, 500),
      output: stripMedian(course.output, 100) };
    this.own.disabled = true;
    const source = (run.plain || run).scenario.deployments[own.deployment].traffic.length;
    await this.load(stripWithOwn(this.play, run.plain || run, own), at);
    if (!this.run || this.run === run) return;
    this.run.plain = run.plain || run;
    const i = this.course.source.findIndex((one, request) => one === source && this.course.first[request] === at);
    if (i < 0) return;
    this.isOwn = true;
    await this.follow(i, true);
    this.start();
  }

  async follow(i, isOwn = false) {
    this.followed = i === undefined || !this.run ? -1 : i;
    this.isOwn = isOwn;
    this.life = [];
    this.heard = null;
    this.story.hidden = this.followed < 0;
    if (this.followed < 0) return;
    const id = this.course.id[i];
    this.number.value = id;
    this.show();
    const life = await stripLife(this.play, this.run, id);
    if (this.followed !== i) return;
    this.life = life;
    this.heard = null;
    this.show();
  }

  /* Its life so far, line by line as it is lived, the latest first. */
  tellStory() {
    if (this.followed < 0) return;
    const { course, followed, time } = this, lived = this.life.filter((entry) => entry.time_s <= time);
    const doing = stripDoing(course, followed, time);
    if (!this.doing) this.doing = make('p', { class: 'strip-doing', 'aria-live': 'off' }, '');
    const name = this.isOwn ? 'Your request' : `Request ${course.id[followed]}`;
    this.doing.replaceChildren(make('strong', {}, name), `: ${doing}`);
    if (this.heard === lived.length && this.story.childElementCount) return;
    this.heard = lived.length;
    const lines = lived.reverse().map(({ label, words }) =>
      make('li', {}, make('span', { class: 'quiet' }, label), ' ', words.join(' ')));
    this.story.replaceChildren(this.doing, make('ol', { reversed: true }, ...lines));
  }

  pick(event) {
    if (!this.dots) return;
    const { left, top } = this.canvas.getBoundingClientRect(), x = event.clientX - left, y = event.clientY - top;
    let best = null, nearest = 14;
    for (const [dot, i] of this.dots.hit) {
      const away = Math.hypot(dot.x - x, dot.y - y);
      if (away < nearest) [best, nearest] = [i, away];
    }
    if (best !== null) this.follow(best);
  }

  /* The track: the whole run small, replicas and 503s over time -------------------------------- */

  drawTrack() {
    if (!this.series || !this.scene) return;
    const { series, scene, course } = this, { colours } = this.painter, ratio = window.devicePixelRatio || 1, height = 46;
    Object.assign(this.track, { width: scene.width * ratio, height: height * ratio });
    Object.assign(this.track.style, { width: `${scene.width}px`, height: `${height}px` });
    const context = this.track.getContext('2d', { willReadFrequently: true });
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = colours.card;
    context.fillRect(0, 0, scene.width, height);
    const rows = [...series.time_s.keys()], x = (seconds) => seconds / course.end * scene.width;
    const served = (row) => series.replicas_serving[row] || 0;
    const booted = (row) => bootingStates.reduce((sum, state) => sum + (series[`replicas_${state}`][row] || 0), 0);
    const rate = (row) => series.arrivals[row] / series.interval_s[row] || 0;
    const step = 34 / rows.reduce((most, row) => Math.max(most, served(row) + booted(row)), 1);
    const busiest = rows.reduce((most, row) => Math.max(most, rate(row)), 1e-9);
    for (const row of rows) {
      const from = x(series.time_s[row]), wide = Math.max(0.7, x(series.interval_s[row]));
      const fill = (name, y, high, w = wide) => {
        context.fillStyle = colours[name];
        context.fillRect(from, y, w, high);
      };
      fill('serving', height - step * served(row), step * served(row));
      fill('initializing', height - step * (served(row) + booted(row)), step * booted(row));
      if (series.answers_503[row] > 0) fill('c4', 0, 6, Math.max(1.5, wide));
    }
    context.strokeStyle = colours.ink;
    context.beginPath();
    for (const row of rows) {
      context.lineTo(x(series.time_s[row] + series.interval_s[row] / 2), height - 2 - 34 * rate(row) / busiest);
    }
    context.stroke();
    this.behind = context.getImageData(0, 0, this.track.width, this.track.height);
    this.drawHead();
  }

  drawHead() {
    if (!this.behind) return;
    const context = this.track.getContext('2d'), ratio = window.devicePixelRatio || 1;
    context.putImageData(this.behind, 0, 0);
    context.fillStyle = this.painter.colours.ink;
    context.fillRect(this.time / this.course.end * this.scene.width - 1, 0, 2, this.track.height / ratio);
  }
}

/* What the dots mean. */
function stripLegend() {
  const words = [['sent', 'on its way'], ['away', 'refused, waits to send again'], ['queue', 'queued or held'],
    ['prefill', 'prompt computed'], ['decode', 'answering, answered'], ['lost', 'lost']];
  const sign = (text, shape) => make('li', {},
    makeSvg('svg', { viewBox: '0 0 10 10', class: 'strip-dot', 'aria-hidden': 'true' }, shape), text);
  return make('ul', { class: 'legend strip-legend' }, ...words.map(([look, text]) => {
    const [name, ring] = dotLooks[look];
    return sign(text, makeSvg('circle', { cx: 5, cy: 5, r: ring ? 3.4 : 4,
      style: ring ? `fill:none;stroke-width:1.8;stroke:var(--${name})` : `fill:var(--${name})` }));
  }), sign('KV memory in use', makeSvg('rect', { y: 2, width: 10, height: 6, style: 'fill:var(--c5)' })));
}

/* The panel ------------------------------------------------------------------------------------------- */

playPanel({
  name: 'strip', title: 'Played', side: 'right',
  mount(element, play) {
    this.strip = new Strip(element, play);
  },
  update(result, play) {
    const { scenario, changes, files } = play.state, key = JSON.stringify([scenario, changes, files]), { strip } = this;
    if (key !== this.key) {
      clearTimeout(this.later);
      strip.forget();
      this.later = setTimeout(() => strip.load(stripBase(play)), this.key ? 300 : 0);
      this.key = key;
    } else if (strip.run && strip.course.deployment !== play.deployment) {
      strip.choose(play.deployment, null);
    }
  },
});

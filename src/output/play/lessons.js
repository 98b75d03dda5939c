// SPDX-License-Identifier: GPL-3.0-or-later
// The lessons as a guided path: a question, the reader's prediction, the experiment with the slider that matters, what
// happened, a challenge. What is asked, what is right and every figure of a page come from the program: `learn N --out`
// in the page, which leaves lesson.json (experiment/lesson_blocks.c).

const lessonSteps = [['question', 'Question'], ['predict', 'Predict'], ['experiment', 'Experiment'],
  ['see', 'What happened'], ['challenge', 'Challenge']];
const challengePoints = { met: 2, best: 3 };
const lessonsKept = 'autoscale-sim.lessons';

/* Markdown, as far as the lessons use it ---------------------------------------------------------------- */

/* `code`, **strong**, *emphasis*, [text](address: only the text). Never markup. */
function inlineMarkdown(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*|\[[^\]]+\]\([^)]+\))/).filter((part) => part).map((part) => {
    if (part.startsWith('`')) return make('code', {}, part.slice(1, -1));
    if (part.startsWith('**')) return make('strong', {}, ...inlineMarkdown(part.slice(2, -2)));
    if (/^\*.+\*$/.test(part)) return make('em', {}, part.slice(1, -1));
    return /^\[.*\)$/.test(part) ? make('span', {}, part.slice(1, part.indexOf(']'))) : part;
  });
}

function tableOfMarkdown(lines) {
  const cells = (line) => line.split('|').slice(1, -1).map((text) => text.trim());
  const isNumber = cells(lines[1]).map((rule) => rule.endsWith(':'));
  const row = (line, tag) => make('tr', {}, ...cells(line).map((text, i) =>
    make(i ? tag : 'th', { scope: i ? (tag === 'th' ? 'col' : null) : 'row', class: isNumber[i] ? 'number' : null },
      ...inlineMarkdown(text))));
  return make('div', { class: 'box', tabindex: '0' }, make('table', { class: 'numbers' },
    make('thead', {}, row(lines[0], 'th')), make('tbody', {}, ...lines.slice(2).map((line) => row(line, 'td')))));
}

/* What a block begins with, the lines that belong to it, and what it becomes. */
const markdownBlocks = [
  { begins: /^```/, goesOn: (line, taken) => taken.length < 2 || !taken[taken.length - 1].startsWith('```'),
    become: (lines) => make('pre', {}, lines.slice(1, -1).join('\n')) },
  { begins: /^#+ /, goesOn: () => false, become: ([line]) => make('h4', {}, ...inlineMarkdown(line.replace(/^#+ /, ''))) },
  { begins: /^\|/, goesOn: (line) => line.startsWith('|'), become: tableOfMarkdown },
  { begins: /^- /, goesOn: (line) => /^(- |  )/.test(line), become: (lines) => make('ul', {},
    ...lines.join('\n').slice(2).split('\n- ').map((item) => make('li', {}, ...inlineMarkdown(item.replace(/\s+/g, ' '))))) },
  { begins: /^\S/, goesOn: (line) => /^\S/.test(line) && !/^(- |\||#|```)/.test(line),
    become: (lines) => make('p', {}, ...inlineMarkdown(lines.join(' '))) },
];

function elementsOfMarkdown(text) {
  const lines = text.split('\n'), elements = [];
  while (lines.length) {
    const kind = markdownBlocks.find(({ begins }) => begins.test(lines[0])), taken = [lines.shift()];
    while (kind && lines.length && kind.goesOn(lines[0], taken)) taken.push(lines.shift());
    if (kind) elements.push(kind.become(taken));
  }
  return elements;
}

/* A page's sections by their headings. */
function sectionsOfPage(page) {
  return new Map(page.split(/^## /m).slice(1).map((part) => {
    const end = part.indexOf('\n');
    return [part.slice(0, end), part.slice(end + 1).trim()];
  }));
}

/* The section that explains: its short form, and the rest. */
function shortAndLong(why) {
  const [first, ...rest] = why.split('\n\n');
  return { short: first.replace('**In short.** ', ''), long: rest.join('\n\n') };
}

/* A lesson and the program ------------------------------------------------------------------------------- */

/* The page's runs, with the reader's run in the place of one of them; the challenge is about the page's own. */
function withOwnRun(page, { run, path, value }) {
  return page.replace(/^```challenge$[^]*?^```$/m, '').replace(new RegExp(`^${run}:.*$`, 'm'), (line) => `${line} --set ${path}=${value}`);
}

/* With other draws for one run a page would no longer speak of the same requests. */
const isDraw = ({ path }) => path === 'replication' || path === 'seed';

class Lesson {
  constructor(play, file) {
    Object.assign(this, { play, file });
    this.name = file.split('/').pop();
    this.number = parseInt(this.name, 10);
    this.scenario = play.data.scenarios.find((one) => one.file === file.replace(/\.md$/, '.json'));
  }

  async readTitle() {
    this.text = await this.play.fileText(this.file);
    this.title = this.text.slice(2, this.text.indexOf('\n'));
  }

  /* The lesson in figures; own: {run, path, value} of the reader's run. */
  async learn(own = null) {
    const folder = 'scenarios/lessons/', files = {};
    files[folder + this.name] = own ? withOwnRun(this.text, own) : this.text;
    for (const file of [this.scenario.file, ...this.scenario.reads]) {
      files[folder + file.split('/').pop()] = await this.play.fileText(file);
    }
    const answer = await this.play.engine.background(['learn', String(this.number), '--quiet', '--out', 'lesson'], files,
      ['lesson/lesson.json']);
    if (answer.status !== 0) throw new Error(answer.stderr);
    return JSON.parse(answer.files['lesson/lesson.json']);
  }

  /* The question before its figures are there. */
  unfilled() {
    const question = sectionsOfPage(this.text).get('Question');
    return this.asks ? [] : elementsOfMarkdown(question.replace(/\{\{[^}]*\}\}/g, '…'));
  }

  async read() {
    if (this.asks) return;
    this.asks = await this.learn();
    this.sections = sectionsOfPage(this.asks.page);
  }

  /* What a task's run is made of, its options moved to `values`. */
  changesOf(task, values) {
    const moved = task.moves.map(({ path }, i) => [path, values[i]]);
    return { ...this.runNamed(task.run).changes, ...Object.fromEntries(moved) };
  }

  runNamed(name) {
    return this.asks.runs.find((run) => run.name === name);
  }
}

/* What an option is in a scenario as it was run; the only source of traffic needs no number. */
function optionIn(scenario, path) {
  const value = path.split('.').reduce((node, part) => {
    const inside = Array.isArray(node) && !/^\d+$/.test(part) ? node[0] : node;
    return inside === null || inside === undefined ? undefined : inside[part];
  }, scenario);
  return setText(value);
}

/* The last words of a path, for people: "scale down window". */
const moveTitle = (path) => path.split('.').pop().replace(/_/g, ' ');

/* Progress, where the browser keeps any ------------------------------------------------------------------ */

function keptLessons() {
  try {
    return JSON.parse(localStorage.getItem(lessonsKept)) || {};
  } catch {
    return {};
  }
}

function keepLessons(progress) {
  try {
    localStorage.setItem(lessonsKept, JSON.stringify(progress));
  } catch { /* a page from a file may not keep anything: then it is forgotten with the page */ }
}

/* Parts of steps -------------------------------------------------------------------------------------------- */

/* An option's slider over the page's values. changed: called with the place among them. */
class MoveSlider {
  constructor(move, place, changed) {
    const title = moveTitle(move.path);
    this.move = move;
    this.shown = make('output', {});
    this.input = make('input', { type: 'range', min: 0, max: move.values.length - 1, step: 1, value: place, 'aria-label': title,
      'data-path': move.path, on: { input: () => { this.tell(); changed(); } } });
    this.element = make('div', { class: 'move' }, make('label', { title: move.path }, `${title} `, this.shown), this.input,
      make('div', { class: 'ends', 'aria-hidden': 'true' }, make('span', {}, move.values[0]),
        make('span', {}, move.values[move.values.length - 1])));
    this.tell();
  }

  get value() {
    return this.move.values[Number(this.input.value)];
  }

  tell() {
    this.shown.textContent = this.value;
    this.input.setAttribute('aria-valuetext', this.value);
  }
}

/* Rows of timeseries.csv of a deployment within a stretch of time: [{time, arrivals, replicas}]. */
function lessonSeries(text, deployment, [from, to]) {
  const [head, ...lines] = text.trim().split('\n').map((line) => line.split(','));
  const at = (name) => head.indexOf(name);
  return lines.filter((row) => row[0] === deployment && Number(row[at('time_s')]) >= from && Number(row[at('time_s')]) < to)
    .map((row) => ({ time: Number(row[at('time_s')]), length: Number(row[at('interval_s')]),
      arrivals: Number(row[at('arrivals')]), replicas: Number(row[at('replicas_serving')]) }));
}

/* Two runs over the same traffic: arrivals as an area, serving replicas as steps. */
function lessonChart(runs, stretch) {
  const width = 340, height = 130, base = 114, [first] = runs, end = first.rows[first.rows.length - 1];
  const begin = first.rows[0].time, x = (time) => ((time - begin) / (end.time + end.length - begin)) * width;
  const most = Math.max(1, ...runs.flatMap(({ rows }) => rows.map(({ replicas }) => replicas)));
  const busiest = Math.max(1, ...first.rows.map(({ arrivals }) => arrivals));
  const steps = (rows, y) => rows.map((row) => `${x(row.time).toFixed(1)},${y(row).toFixed(1)} ${x(row.time + row.length).toFixed(1)},${y(row).toFixed(1)}`).join(' ');
  const load = steps(first.rows, ({ arrivals }) => base - (arrivals / busiest) * 90);
  const lines = runs.map(({ rows, mark }) => makeSvg('polyline', { class: mark,
    points: steps(rows, ({ replicas }) => base - (replicas / most) * 90) }));
  const words = runs.map(({ label, rows }) => `${label}: ${Math.min(...rows.map(({ replicas }) => replicas)).toFixed(0)} to ${
    Math.max(...rows.map(({ replicas }) => replicas)).toFixed(0)}`).join('; ');
  const tick = (at, anchor, text, y = height - 3) => {
    const label = makeSvg('text', { x: at, y, 'text-anchor': anchor });
    label.textContent = text;
    return label;
  };
  const picture = makeSvg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `Serving replicas. ${words}` },
    makeSvg('polygon', { class: 'load', points: `0,${base} ${load} ${width},${base}` }), ...lines,
    tick(0, 'start', Math.round(most) === 1 ? '1 replica' : `${Math.round(most)} replicas`, 8), tick(0, 'start', durationText(stretch[0])), tick(width, 'end', durationText(stretch[1])));
  return make('figure', { class: 'lesson-chart' }, picture, make('figcaption', {}, make('span', { class: 'load' }, 'requests'),
    ...runs.map(({ label, mark }) => make('span', { class: mark }, `replicas, ${label}`))));
}

/* One question: answers to choose from, or stops to estimate by. */
function questionForm(question, number, given, changed) {
  const name = `question-${number}`, locked = given !== undefined;
  const radios = question.answers.map(({ label }, i) => make('label', { class: 'answer' }, make('input', { type: 'radio', name,
    value: i, disabled: locked, checked: given === i, on: { change: () => changed(i) } }), ' ', ...inlineMarkdown(label)));
  return make('fieldset', { class: question.estimates ? 'estimate' : '' }, make('legend', {}, ...inlineMarkdown(question.ask)), ...radios);
}

/* What became of a prediction, with the figures that decide. */
function questionResult(question, given) {
  const { answers } = question, right = answers.filter((answer) => answer.right), isRight = answers[given].right;
  const labels = right.map(({ label }) => label.split(',')[0]).join(' and ');
  const truth = question.estimates ? question.figure : labels;
  const verdict = isRight ? ['Right: ', ...inlineMarkdown(question.estimates ? `it was ${truth}` : truth), '.']
    : ['A fair guess, and the run says otherwise. You said ', ...inlineMarkdown(answers[given].label.split(',')[0]), '; it was ',
      make('strong', {}, ...inlineMarkdown(truth)), '.'];
  const figures = question.estimates ? null : make('ul', { class: 'deciding' }, ...answers.map((answer) =>
    make('li', { class: answer.right ? 'best' : null }, ...inlineMarkdown(answer.label), ': ', make('b', {}, answer.figure))));
  return make('div', { class: `outcome ${isRight ? 'right' : 'wrong'}` }, make('p', { class: 'ask' }, ...inlineMarkdown(question.ask)),
    make('p', {}, make('span', { class: 'mark', 'aria-hidden': 'true' }, isRight ? '✓ ' : '✗ '), ...verdict), figures);
}

/* The panel ----------------------------------------------------------------------------------------------- */

class LessonPath {
  constructor(element, play) {
    Object.assign(this, { element, play, lesson: null, step: null, progress: keptLessons(), shared: play.state.toJSON() });
    this.lessons = play.data.lessons.map(({ file }) => new Lesson(play, file)).sort((a, b) => a.number - b.number);
    this.titles = Promise.all(this.lessons.map((lesson) => lesson.readTitle()));
    play.state.subscribe((state, keys) => { if (keys.includes('lesson')) this.follow(); });
    this.follow();
  }

  /* Shows what the state says: an address, or undo, may have changed it. */
  async follow() {
    await this.titles;
    const { lesson: wanted } = this.play.state, found = wanted && this.lessons.find(({ file }) => file === wanted.file);
    if (!found) {
      if (this.lesson || !this.element.firstChild) this.showList();
      return;
    }
    const step = lessonSteps.some(([name]) => name === wanted.step) ? wanted.step : 'question';
    if (this.lesson !== found || this.step !== step) await this.show(found, step);
  }

  /* The reader's answers to a lesson's questions, as far as they are recorded. */
  answersTo(lesson) {
    const kept = this.progress[lesson.file];
    return kept && Array.isArray(kept.answers) && (!lesson.asks || (kept.answers.length === lesson.asks.predictions.length &&
      kept.answers.every((answer, i) => lesson.asks.predictions[i].answers[answer]))) ? kept.answers : null;
  }

  keep(lesson, more) {
    this.progress = { ...this.progress, [lesson.file]: { ...this.progress[lesson.file], ...more } };
    keepLessons(this.progress);
  }

  go(lesson, step) {
    this.play.state.set({ lesson: lesson ? { file: lesson.file, step } : null });
  }

  /* List ---------------------------------------------------------------------------------------------------- */

  showList() {
    Object.assign(this, { lesson: null, step: null, refresh: null });
    let points = 0;
    const items = this.lessons.map((lesson) => {
      const kept = this.progress[lesson.file] || {}, of = Number(kept.of) || 0, got = (Number(kept.right) || 0) + (Number(kept.challenge) || 0);
      points += got;
      return make('li', {}, make('button', { type: 'button', class: 'link', on: { click: () => this.go(lesson, 'question') } },
        lesson.title.replace(/^Lesson \d+: /, '')), of ? make('span', { class: 'quiet' }, ` ${got} of ${of} points`) : null);
    });
    this.element.replaceChildren(make('div', { class: 'lessons' },
      make('p', {}, 'Short experiments, best done in order: predict, move the one slider that matters, see, and take the challenge.'),
      make('ol', {}, ...items), points ? make('p', { class: 'score' }, `${points} points so far.`) : null));
  }

  /* A step ---------------------------------------------------------------------------------------------------- */

  async show(lesson, step) {
    Object.assign(this, { lesson, step, refresh: null });
    const body = make('div', { class: 'step reading' }, ...lesson.unfilled(), make('p', { class: 'quiet' }, 'The lesson runs ...'));
    const heading = make('h2', { tabindex: '-1' }, lesson.title);
    this.body = body;
    this.element.replaceChildren(make('div', { class: 'lessons' }, make('button', { type: 'button', class: 'link', on: { click: () => this.go(null) } },
      '← All lessons'), heading, this.steps = make('nav', { class: 'steps', 'aria-label': 'Steps of the lesson' }), body));
    try {
      await lesson.read();
    } catch (error) {
      body.replaceChildren(make('pre', { role: 'alert' }, String(error.message)));
      return;
    }
    if (this.body !== body) return; // the reader has gone on
    const open = this.answersTo(lesson) || step === 'question' ? step : 'predict';
    body.classList.toggle('reading', open === 'question' || open === 'predict');
    this.showSteps(open);
    await this[`show${open[0].toUpperCase()}${open.slice(1)}`](body);
    heading.focus({ preventScroll: true });
    heading.scrollIntoView({ block: 'nearest' });
  }

  showSteps(current) {
    const known = this.answersTo(this.lesson), at = lessonSteps.findIndex(([name]) => name === current);
    this.steps.replaceChildren(...lessonSteps.map(([name, title], i) => make('button', { type: 'button',
      'aria-current': i === at ? 'step' : null, disabled: i > 1 && !known, title: i > 1 && !known ? 'After your prediction' : null,
      on: { click: () => this.go(this.lesson, name) } }, `${i + 1} ${title}`)));
    const [next] = lessonSteps.slice(at + 1);
    this.next = next && make('button', { type: 'button', class: 'next', disabled: at > 0 && !known,
      on: { click: () => this.go(this.lesson, next[0]) } }, `${next[1]} →`);
  }

  showQuestion(body) {
    body.replaceChildren(...elementsOfMarkdown(this.lesson.sections.get('Question')), this.next);
  }

  showPredict(body) {
    const { predictions } = this.lesson.asks, recorded = this.answersTo(this.lesson), given = [];
    const record = make('button', { type: 'button', class: 'next', disabled: true, on: { click: () => this.record(given) } },
      'That is my prediction →');
    const forms = predictions.map((question, i) => questionForm(question, i, recorded ? recorded[i] : undefined, (answer) => {
      given[i] = answer;
      record.disabled = predictions.some((one, k) => given[k] === undefined);
    }));
    const text = elementsOfMarkdown(this.lesson.sections.get('Predict')).filter((one) => !/^Guess\b/.test(one.textContent));
    body.replaceChildren(...text, ...forms, make('p', { class: 'quiet' }, recorded ? 'Your prediction is recorded.'
      : 'It is recorded before you see what happens; a wrong one teaches more than none.'), recorded ? this.next : record);
  }

  record(given) {
    const { lesson } = this, { predictions } = lesson.asks;
    this.keep(lesson, { answers: [...given], right: given.filter((answer, i) => predictions[i].answers[answer].right).length,
      of: predictions.length + challengePoints.best });
    this.go(lesson, 'experiment');
  }

  /* The task's run, moved, and beside it another one. */
  begin(task, values, beside) {
    const { lesson } = this, named = lesson.runNamed(beside);
    const [watched] = task.watch || task.goals, view = watched.deployment ? { deployment: watched.deployment } : {};
    this.play.state.set({ scenario: lesson.scenario.file, changes: lesson.changesOf(task, values), files: {}, rivals: [],
      pinned: { label: beside, scenario: lesson.scenario.file, changes: named.changes, files: {} }, view });
  }

  /* Where a task's sliders stand at first: as the address has them that the page was opened with, if it is about them. */
  firstValues(task) {
    const { lesson, step, shared } = this, told = shared.lesson;
    const moved = told && told.file === lesson.file && told.step === step ? shared.changes : {};
    return task.moves.map(({ path, values, start }) => (values.includes(moved[path]) ? moved[path] : start));
  }

  /* Sliders of a task; told when one is moved. */
  slidersOf(task, values, moved) {
    const sliders = task.moves.map((move, i) => new MoveSlider(move, Math.max(0, move.values.indexOf(values[i])), () => {
      moved(sliders.map(({ value }) => value));
    }));
    return sliders;
  }

  /* Where a task's options are in a result; null: it is of another scenario. */
  valuesIn(result, task) {
    if (!result || !result.scenario || result.scenario.name !== this.lesson.scenario.name) return null;
    return task.moves.map(({ path }) => optionIn(result.scenario, path));
  }

  /* {text} of a metric in a result. */
  figure(result, { metric, deployment }) {
    const value = figuresOf(result, deployment || Object.keys(result.scenario.deployments)[0])(metric);
    return { value, text: figureText(this.play.metrics.of(metric).unit, value) };
  }

  showExperiment(body) {
    const { lesson } = this, task = lesson.asks.slider, [move] = task.moves, tried = new Map();
    lesson.own = lesson.own || this.firstValues(task);
    const sliders = this.slidersOf(task, lesson.own, (values) => {
      lesson.own = values;
      this.play.state.set({ changes: lesson.changesOf(task, values) });
    });
    const table = make('div', {}), chart = make('div', {});
    body.replaceChildren(make('p', {}, ...inlineMarkdown(task.say)), ...sliders.map(({ element }) => element), table, chart, this.next);
    this.refresh = (result, baseline) => {
      const values = this.valuesIn(result, task);
      if (!values) return;
      tried.set(values[0], task.watch.map((watched) => this.figure(result, watched).text));
      table.replaceChildren(this.triedTable(task, tried, values[0], baseline));
      chart.replaceChildren(...this.pictureOf(task, result, baseline, values[0]));
    };
    this.begin(task, lesson.own, task.beside);
  }

  triedTable(task, tried, current, baseline) {
    const [move] = task.moves, title = (name) => this.play.metrics.of(name).title;
    const besideCells = task.watch.map((watched) => (baseline ? this.figure(baseline, watched).text : '…'));
    const row = (label, cells, kind) => make('tr', { class: kind }, make('th', { scope: 'row' }, ...label), ...cells.map(cell));
    return makeTable('numbers tried', 'What you have tried', [columnHead(moveTitle(move.path)),
      ...task.watch.map(({ metric, deployment }) => columnHead(deployment ? `${deployment}: ${title(metric)}` : title(metric)))],
    make('tbody', {}, row([baseline ? `${optionIn(baseline.scenario, move.path)} ` : '', make('code', {}, task.beside)], besideCells, 'beside'),
      ...[...tried].sort(([a], [b]) => move.values.indexOf(a) - move.values.indexOf(b))
        .map(([value, cells]) => row([value], cells, value === current ? 'now' : null))));
  }

  pictureOf(task, result, baseline, value) {
    const stretch = task.draw || [0, durationSeconds(String(result.scenario.duration || '1d'))];
    const deployment = task.watch[0].deployment || Object.keys(result.scenario.deployments)[0];
    const runs = [[baseline, task.beside, 'other'], [result, `yours (${value})`, 'own']].filter(([one]) => one)
      .map(([one, label, mark]) => ({ label, mark, rows: lessonSeries(one.files['timeseries.csv'], deployment, stretch) }));
    return runs.length && runs.every(({ rows }) => rows.length) ? [lessonChart(runs, stretch)] : [];
  }

  /* The page of this very run: the reader's in the place of the page's. */
  async showSee(body) {
    const { lesson } = this, task = lesson.asks.slider, [move] = task.moves, [value] = lesson.own || [move.start];
    const isOwn = value !== move.start && !isDraw(move), answers = this.answersTo(lesson), kept = this.progress[lesson.file];
    const outcomes = lesson.asks.predictions.map((question, i) => questionResult(question, answers[i]));
    body.replaceChildren(...outcomes, make('p', { class: 'quiet' }, 'The page is filled ...'));
    const asks = isOwn ? await lesson.learn({ run: task.run, path: move.path, value }) : lesson.asks;
    if (this.body !== body || this.step !== 'see') return;
    const sections = isOwn ? sectionsOfPage(asks.page) : lesson.sections, { short, long } = shortAndLong(sections.get('Why'));
    const own = isOwn ? make('p', { class: 'own' }, 'Here ', make('code', {}, task.run), ' is your run: ',
      `${moveTitle(move.path)} ${value}.`) : null;
    body.replaceChildren(make('p', { class: 'score' }, `${kept.right} of ${lesson.asks.predictions.length} predictions were right.`),
      ...outcomes, make('div', { class: 'short' }, make('h3', {}, 'Why'), make('p', {}, ...inlineMarkdown(short.replace(/\n/g, ' ')))),
      ...(own ? [own] : []), make('details', {}, make('summary', {}, 'All figures'), ...elementsOfMarkdown(sections.get('See'))),
      make('details', {}, make('summary', {}, 'Read more: why, and what else to try'), ...elementsOfMarkdown(long),
        make('h3', {}, 'Try'), ...elementsOfMarkdown(sections.get('Try'))), this.next);
  }

  showChallenge(body) {
    const { lesson } = this, task = lesson.asks.challenge;
    lesson.challenged = lesson.challenged || this.firstValues(task);
    const sliders = this.slidersOf(task, lesson.challenged, (values) => {
      lesson.challenged = values;
      this.play.state.set({ changes: lesson.changesOf(task, values) });
    });
    const goals = make('ul', { class: 'goals' }), told = make('p', { class: 'told', role: 'status' });
    body.replaceChildren(make('p', {}, ...inlineMarkdown(task.say)), goals, told, ...sliders.map(({ element }) => element));
    this.refresh = (result) => {
      const values = this.valuesIn(result, task);
      if (!values || values.some((value, i) => value !== lesson.challenged[i])) return;
      const states = task.goals.map((goal) => this.goalState(goal, result));
      goals.replaceChildren(...states.map(({ element }) => element));
      this.judge(task, result, states.every(({ met }) => met), told);
    };
    this.begin(task, lesson.challenged, task.run);
  }

  goalState(goal, result) {
    const { value, text } = this.figure(result, goal), title = this.play.metrics.of(goal.metric).title;
    const met = value !== null && (goal.at_least ? value >= goal.limit : value <= goal.limit);
    const name = goal.deployment ? `${goal.deployment}: ${title}` : title;
    return { met, element: make('li', { class: met ? 'met' : 'missed' }, make('span', { class: 'mark', 'aria-hidden': 'true' }, met ? '✓ ' : '✗ '),
      `${name} `, make('b', {}, text), ` — ${met ? 'goal met' : 'goal'}: ${goal.at_least ? 'at least' : 'at most'} ${goal.limit_text}`) };
  }

  /* Points are of the run's figures: the goals, and one more for what is as good as the page's own solution by the last. */
  async judge(task, result, met, told) {
    const { lesson } = this, last = task.goals[task.goals.length - 1];
    told.textContent = met ? 'All goals met.' : 'Not yet.';
    if (!met) return;
    const best = await this.solved(task, last), own = this.figure(result, last);
    if (this.lesson !== lesson || this.step !== 'challenge') return;
    const isBest = last.at_least ? own.value >= best.value : own.value <= best.value, points = isBest ? challengePoints.best : challengePoints.met;
    const before = (this.progress[lesson.file] || {}).challenge || 0;
    this.keep(lesson, { challenge: Math.max(points, before) });
    told.textContent = isBest ? `Solved, ${points} points: as good as the best way we know (${best.text}).`
      : `Solved, ${points} points, with ${own.text}. There is a way with ${best.text}: one point more.`;
  }

  async solved(task, goal) {
    const { lesson, play } = this;
    if (!lesson.best) {
      const state = { scenario: lesson.scenario.file, changes: lesson.changesOf(task, task.solution), files: {} };
      const answer = await play.engine.background(runCommandsOf(state, 'out'), scenarioFiles(state), wantedOf('out'));
      lesson.best = this.figure(resultOf(answer, 'out'), goal);
    }
    return lesson.best;
  }
}

playPanel({
  name: 'lessons', title: 'Lessons', side: 'left',
  isFor: (play) => play.data.lessons.length > 0,
  mount(element, play) {
    this.path = new LessonPath(element, play);
  },
  update(result, play) {
    if (this.path.refresh) this.path.refresh(result, play.baseline);
  },
});

// SPDX-License-Identifier: GPL-3.0-or-later
// A policy of one's own: a script in Lua, written here and run while it is typed.

/* An editor: line numbers, Tab, the line of an error. changed(text) is called when typing has paused. */
class ScriptEditor {
  constructor(label, changed) {
    this.numbers = make('pre', { class: 'numbers', 'aria-hidden': 'true' });
    this.mark = make('div', { class: 'mark', 'aria-hidden': 'true', hidden: true });
    this.hint = make('p', { class: 'quiet', id: 'script-hint' }, 'Tab indents; Escape, then Tab, leaves the editor.');
    this.text = make('textarea', { 'aria-label': label, 'aria-describedby': 'script-hint script-told', spellcheck: 'false',
      autocapitalize: 'off', autocomplete: 'off', wrap: 'off', rows: 24,
      on: { input: () => this.typed(), scroll: () => this.follow(), keydown: (event) => this.key(event) } });
    this.element = make('div', { class: 'script' }, make('div', { class: 'lines' }, this.numbers, this.mark, this.text), this.hint);
    this.changed = changed;
    this.line = 0;
    this.leaves = false;
    this.waiting = null;
  }

  /* Waits for a pause in typing, so that half a word is no mistake. */
  typed() {
    this.count();
    this.forget();
    this.waiting = setTimeout(() => {
      this.waiting = null;
      this.changed(this.text.value);
    }, 150);
  }

  /* What was typed last does not count any more. */
  forget() {
    clearTimeout(this.waiting);
    this.waiting = null;
  }

  /* A text from elsewhere, but while the reader types. */
  show(text) {
    if (this.waiting !== null || text === this.text.value) return;
    this.text.value = text;
    this.count();
  }

  count() {
    const lines = this.text.value.split('\n').length;
    if (this.numbers.childElementCount === lines) return;
    this.numbers.replaceChildren(...Array.from({ length: lines }, (one, i) => make('span', {}, `${i + 1}\n`)));
    this.markLine(this.line);
  }

  /* 0: none. */
  markLine(line) {
    [...this.numbers.children].forEach((number, i) => number.classList.toggle('wrong', i + 1 === line));
    this.line = line;
    this.text.setAttribute('aria-invalid', line > 0);
    this.follow();
  }

  goTo(line) {
    const at = this.text.value.split('\n').slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    this.text.focus();
    this.text.setSelectionRange(at, at);
    this.text.scrollTop = Math.max(0, line - 6) * parseFloat(getComputedStyle(this.text).lineHeight);
  }

  follow() {
    const style = getComputedStyle(this.text), height = parseFloat(style.lineHeight);
    this.numbers.scrollTop = this.text.scrollTop;
    this.mark.hidden = this.line === 0;
    this.mark.style.top = `${parseFloat(style.paddingTop) + (this.line - 1) * height - this.text.scrollTop}px`;
    this.mark.style.height = `${height}px`;
  }

  /* As if typed, so that the browser's own undo takes it back. */
  insert(text) {
    if (!document.execCommand('insertText', false, text)) {
      this.text.setRangeText(text, this.text.selectionStart, this.text.selectionEnd, 'end');
      this.typed();
    }
  }

  indentOf(at) {
    return /^[ \t]*/.exec(this.text.value.slice(this.text.value.lastIndexOf('\n', at - 1) + 1))[0];
  }

  key(event) {
    const plain = !event.altKey && !event.ctrlKey && !event.metaKey && !event.isComposing;
    if (event.key === 'Tab' && plain && !this.leaves) {
      event.preventDefault();
      if (event.shiftKey) this.outdent();
      else this.insert('    ');
    } else if (event.key === 'Enter' && plain) {
      event.preventDefault();
      this.insert(`\n${this.indentOf(this.text.selectionStart)}`);
    }
    this.leaves = event.key === 'Escape' || (this.leaves && event.key === 'Shift');
  }

  outdent() {
    const { selectionStart: at, value } = this.text, begin = value.lastIndexOf('\n', at - 1) + 1;
    const spaces = /^ {0,4}/.exec(value.slice(begin))[0].length;
    if (!spaces) return;
    this.text.setSelectionRange(begin, begin + spaces);
    this.insert('');
    this.text.setSelectionRange(Math.max(begin, at - spaces), Math.max(begin, at - spaces));
  }
}

/* Rules to begin from ------------------------------------------------------------------------------- */

/* limits: what a script calls the fewest and the most replicas; least: of the fewest, for it never leaves zero; like: the policy whose settings it takes. */
const scriptRules = [
  { title: 'the default policy (fireworks)', name: 'fireworks', like: 'fireworks', settings: fireworksSettings,
    limits: ['min_replica_count', 'max_replica_count'] },
  { title: 'Kubernetes (hpa)', name: 'hpa', like: 'hpa', settings: hpaSettings, limits: ['minReplicas', 'maxReplicas'], least: 1 },
  { title: 'one load target, one window rule', name: 'stabilize', limits: ['least', 'most'], least: 1 },
  { title: 'room for a crowd', name: 'headroom' },
  { title: 'what will be needed soon (lesson 12)', name: 'growth' },
];

const limitNames = [['min_replica_count', 'minReplicas', 'min_replicas', 'minReplicaCount', 'min-scale', 'min', 'replicas'],
  ['max_replica_count', 'maxReplicas', 'max_replicas', 'maxReplicaCount', 'max-scale', 'max', 'replicas']];

/* The limits that a deployment has, whatever its policy calls them. */
function limitsOf({ autoscaling }) {
  const [least, most] = limitNames.map((names) => names.map((name) => autoscaling[name]).find(Number.isFinite));
  return { min_replica_count: least ?? 1, max_replica_count: most ?? 100 };
}

/* What a copy is told, so that it decides as the built-in policy with these options: {options, autoscaling, more}, the
 * last further options of the deployment; null: this has no such script. */
function fireworksSettings({ autoscaling }) {
  const { min_replica_count, max_replica_count, evaluation_interval, rate_window, load_signal, window_rule } = autoscaling;
  const options = { min_replica_count, max_replica_count, window_rule };
  for (const name of ['scale_up_window', 'scale_down_window', 'scale_to_zero_window']) options[name] = durationSeconds(autoscaling[name]);
  for (const name of ['default', 'tokens_generated_per_second', 'prompt_tokens_per_second', 'requests_per_second', 'concurrent_requests']) {
    options[name] = autoscaling.load_targets[name] ?? 0;
  }
  return { options, autoscaling: { min_replica_count, max_replica_count, evaluation_interval, rate_window, load_signal } };
}

function hpaSettings({ autoscaling }) {
  const { minReplicas, maxReplicas, tolerance, downscale_stabilization, sync_period, metrics } = autoscaling;
  return { options: { minReplicas, maxReplicas, target: metrics[0].target, tolerance,
    downscale_stabilization: durationSeconds(downscale_stabilization) },
  autoscaling: { min_replica_count: minReplicas, max_replica_count: maxReplicas, evaluation_interval: sync_period },
  more: { at_zero: 'hold' } };
}

/* The deployment as it is, or as that policy would stand in its place; where it cannot, just its limits. */
async function settingsLike(play, rule) {
  const deployment = play.result.scenario.deployments[play.deployment];
  if (rule.like === deployment.policy) return rule.settings(deployment);
  const like = rule.like ? await likePolicy(play, ['--policy', rule.like]) : null;
  if (like && !like.error) return rule.settings(like.deployments[play.deployment]);
  const limits = limitsOf(deployment), [least, most] = rule.limits || [];
  limits.min_replica_count = Math.max(limits.min_replica_count, rule.least || 0);
  return { options: least ? { [least]: limits.min_replica_count, [most]: limits.max_replica_count } : {}, autoscaling: limits };
}

/* The script in force -------------------------------------------------------------------------------- */

/* A name for one more script: rivals keep theirs. */
function freeScript({ state }) {
  let name = 'policy.lua';
  for (let number = 2; state.files[name] !== undefined; number++) name = `policy-${number}.lua`;
  return name;
}

function scriptIn(policy) {
  return policy !== null && typeof policy === 'object' && policy.lua ? policy.lua.replace(/^\//, '') : null;
}

/* Of the deployment that is looked at; before anything has run, of one whose policy is changed. */
function deploymentPath(play) {
  if (play.deployment) return `deployments.${pathKey(play.deployment)}`;
  return (Object.keys(play.state.changes).find((path) => path.endsWith('.policy')) || '').replace(/\.policy$/, '');
}

/* The name of the deployment's script in the engine's files, or null. What was asked for last counts, be it wrong. */
function scriptOf(play) {
  const asked = play.state.changes[`${deploymentPath(play)}.policy`];
  if (asked === undefined) return play.result ? scriptIn(play.result.scenario.deployments[play.deployment].policy) : null;
  try {
    return scriptIn(JSON.parse(asked));
  } catch {
    return null; // the name of a policy
  }
}

async function scriptText(play, name) {
  return play.state.files[name] ?? (play.data.files[name] ? play.fileText(name) : null);
}

/* "policy.lua:4: policy of chat at 5s: found ...": {line, text}; null: it is about something else. */
function scriptError(text, name) {
  for (const line of text.split('\n')) {
    const [, file, number, said] = /^(.*?):(\d+): (.*)$/.exec(line) || /^(.*?\.lua)(): (.*)$/.exec(line) || [];
    if (file && file.replace(/^\//, '') === name) return { line: Number(number), text: said };
  }
  return null;
}

/* The panel ------------------------------------------------------------------------------------------- */

class PolicyScript {
  constructor(element, play) {
    Object.assign(this, { element, play, inputs: new Map() });
    this.editor = new ScriptEditor('Script of the policy', (text) => this.write(text));
    this.rule = make('select', {}, ...scriptRules.map(({ title }, i) => make('option', { value: i }, title)));
    this.back = make('button', { type: 'button', on: { click: () => this.leave() } }, 'Built-in policy again');
    this.told = make('p', { id: 'script-told', role: 'status' });
    this.options = make('div', { class: 'script-options' });
    element.append(make('p', {}, 'A policy of your own: ', make('code', {}, 'decide'),
      ' says how many replicas there are to be. It runs while you type.'),
    make('div', { class: 'tools' }, make('label', {}, 'Begin from ', this.rule),
      make('button', { type: 'button', id: 'script-begin', on: { click: () => this.begin() } }, 'Copy'), this.back),
    this.editor.element, this.told, this.options, this.seen());
  }

  /* What decide is given. */
  seen() {
    const rows = this.play.options.observation.map(({ name, help }) => make('tr', {}, rowHead(name), cell(help)));
    return make('details', {}, make('summary', {}, 'What decide(observation, options, state) gets and returns'),
      make('p', {}, 'It returns the number of replicas and, if it likes, a reason; or a table with target, reason, recommended ' +
        'and terms. options: the script’s own table of that name, with the values above over it. state: a table that is ' +
        'kept for the run. What is not known is nil.'),
      makeTable('prose', 'observation', [columnHead('key'), columnHead('what it is')], make('tbody', {}, ...rows)));
  }

  at(key) {
    return `${deploymentPath(this.play)}.${key}`;
  }

  /* The changes that are of no policy of this deployment. */
  otherChanges() {
    const own = [this.at('policy'), this.at('autoscaling')];
    return Object.fromEntries(Object.entries(this.play.state.changes)
      .filter(([path]) => !own.some((one) => path === one || path.startsWith(`${one}.`))));
  }

  async begin() {
    const rule = scriptRules[Number(this.rule.value)], { files } = this.play.state;
    const settings = await settingsLike(this.play, rule), name = scriptOf(this.play) || freeScript(this.play);
    const changes = { ...this.otherChanges(), [this.at('policy')]: JSON.stringify({ lua: name, ...settings.options }),
      [this.at('autoscaling')]: JSON.stringify(settings.autoscaling) };
    for (const [key, value] of Object.entries(settings.more || {})) changes[this.at(key)] = value;
    this.editor.forget();
    this.play.state.set({ files: { ...files, [name]: this.play.options.rules[rule.name] }, changes });
  }

  leave() {
    this.editor.forget();
    this.play.state.set({ changes: this.otherChanges() });
  }

  /* What was typed; without a script in force it becomes the policy. */
  write(text) {
    const inForce = scriptOf(this.play), name = inForce || freeScript(this.play), { files } = this.play.state;
    const all = { files: { ...files, [name]: text } };
    if (!inForce) {
      all.changes = { ...this.otherChanges(), [this.at('policy')]: JSON.stringify({ lua: name }),
        [this.at('autoscaling')]: JSON.stringify(limitsOf(this.play.result.scenario.deployments[this.play.deployment])) };
    }
    this.play.state.set(all);
  }

  async showText() {
    const name = scriptOf(this.play), text = name ? await scriptText(this.play, name) : null;
    if (name !== scriptOf(this.play)) return;
    this.back.hidden = !name;
    if (text !== null) this.editor.show(text);
  }

  update(result) {
    const { policy } = result.scenario.deployments[this.play.deployment], name = scriptIn(policy);
    this.showText();
    this.editor.markLine(0);
    this.told.className = 'quiet';
    this.told.textContent = name ? `${name} runs.` : 'The policy in force is built in.';
    this.showOptions(name ? policy : {});
  }

  /* As the program tells them, with the line. */
  failed({ errors }) {
    const name = scriptOf(this.play), error = name ? scriptError(errors, name) : null;
    this.showText();
    if (!error) return;
    this.editor.markLine(error.line);
    this.told.className = 'error';
    const lead = make('button', { type: 'button', class: 'link', on: { click: () => this.editor.goTo(error.line) } }, `Line ${error.line}`);
    this.told.replaceChildren(...(error.line ? [lead, ': '] : []), error.text);
  }

  /* Of numbers, texts and booleans, by the names that the script gives them. */
  showOptions(policy) {
    const names = Object.keys(policy).filter((name) => name !== 'lua');
    if (names.join() !== [...this.inputs.keys()].join()) {
      this.inputs = new Map(names.map((name) => [name, make('input', { type: 'text', size: 8, spellcheck: 'false',
        on: { change: ({ target }) => this.play.state.change(this.at(`policy.${pathKey(name)}`), target.value.trim()) } })]));
      this.options.replaceChildren(...names.map((name) => make('label', {}, make('code', {}, name), ' ', this.inputs.get(name))));
    }
    for (const [name, input] of this.inputs) if (document.activeElement !== input) input.value = policy[name];
  }
}

playPanel({
  name: 'lua', title: 'Your policy', side: 'left',
  mount(element, play) {
    this.script = new PolicyScript(element, play);
  },
  update(result) {
    this.script.update(result);
  },
  failed(result) {
    this.script.failed(result);
  },
});

// SPDX-License-Identifier: GPL-3.0-or-later
// What the reader has chosen, as one object that JSON can hold: what is shared, and what undo goes back to.

/* scenario: the file of one of the page's scenarios, or {name, text}
 * changes: {PATH: VALUE}, texts, which become --set PATH=VALUE in order; a key that begins with -- is an option
 * files: {NAME: text}, dropped or written here; they lie in the directory that the program runs in
 * rivals: [{label, changes}]: the scenario with other changes, beside the first
 * pinned: {label, scenario, changes, files} or null: what figures are compared with
 * lesson: of the guided path, or null;  view: {deployment, ...} */
const stateKeys = ['scenario', 'changes', 'files', 'rivals', 'pinned', 'lesson', 'view'];

/* What the page is put together of, in order: {name, title, side, mount(element, play), update(result, play)}; side: left
 * or right. */
const playPanels = [];

function playPanel(panel) {
  playPanels.push(panel);
}

class PlayState {
  constructor(scenario) {
    Object.assign(this, { scenario, changes: {}, files: {}, rivals: [], pinned: null, lesson: null, view: {} });
    this.listeners = [];
    this.past = [];
    this.future = [];
    this.last = { keys: '', time: 0 };
  }

  toJSON() {
    return Object.fromEntries(stateKeys.map((key) => [key, this[key]]));
  }

  /* changed: some of the keys with new values, never the old objects changed. What follows within a second on a change
   * of the same (what: of which, if that is less than the keys) is one step for undo, as a drag is. */
  set(changed, what = '') {
    const keys = `${Object.keys(changed).filter((key) => stateKeys.includes(key)).join(' ')} ${what}`, now = performance.now();
    if (keys !== this.last.keys || now - this.last.time > 1000) this.past.push(this.toJSON());
    if (this.past.length > 200) this.past.shift();
    this.last = { keys, time: now };
    this.future = [];
    this.become(changed);
  }

  become(changed) {
    const keys = stateKeys.filter((key) => changed[key] !== undefined && changed[key] !== this[key]);
    for (const key of keys) this[key] = changed[key];
    if (keys.length) for (const listener of this.listeners) listener(this, keys);
  }

  /* fn(state, keys that have changed) */
  subscribe(fn) {
    this.listeners.push(fn);
  }

  /* One option of the scenario; null: as the scenario has it. */
  change(path, value) {
    this.changeAll({ [path]: value });
  }

  changeAll(values) {
    const changes = { ...this.changes };
    for (const [path, value] of Object.entries(values)) {
      if (value === null) delete changes[path];
      else changes[path] = String(value);
    }
    this.set({ changes }, Object.keys(values).join(' '));
  }

  step(from, to) {
    if (!from.length) return;
    to.push(this.toJSON());
    this.last = { keys: '', time: 0 };
    this.become(from.pop());
  }

  undo() {
    this.step(this.past, this.future);
  }

  redo() {
    this.step(this.future, this.past);
  }
}

/* What runs ---------------------------------------------------------------------------------------- */

const importedName = 'imported.json';

function scenarioFile(scenario) {
  return typeof scenario === 'string' ? scenario : importedName;
}

/* The files beside the page's own. */
function scenarioFiles({ scenario, files }) {
  return typeof scenario === 'string' ? files : { ...files, [importedName]: scenario.text };
}

/* The scenario and its changes, for any command that takes a scenario. */
function scenarioArguments({ scenario, changes }) {
  return [scenarioFile(scenario), ...Object.entries(changes).flatMap(([path, value]) =>
    (path.startsWith('--') ? [path, value] : ['--set', `${path}=${value}`]))];
}

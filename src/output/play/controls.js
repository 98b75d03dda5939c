// SPDX-License-Identifier: GPL-3.0-or-later
// The left side: what can be changed, as controls made from the program's own tables of options.

/* Values ------------------------------------------------------------------------------------------- */

/* "1h30m" of 5400: exact, as --set reads it. */
function durationText(seconds) {
  if (seconds === 0) return '0s';
  if (seconds < 1) return `${Number((seconds * 1000).toPrecision(12))}ms`;
  let text = '', left = Math.round(seconds * 1000);
  for (const [unit, size] of [['d', 86400000], ['h', 3600000], ['m', 60000]]) {
    const count = Math.floor(left / size);
    if (count) text += `${count}${unit}`;
    left -= count * size;
  }
  return left ? `${text}${left / 1000}s` : text;
}

const isTime = ({ kind }) => kind === 'duration' || kind === 'span';
const isAmount = ({ kind }) => ['integer', 'number', 'duration', 'span', 'length'].includes(kind);

const amountOf = (option, text) => (isTime(option) ? durationSeconds(String(text)) : text === '' ? NaN : Number(text));
const amountText = (option, amount) => (isTime(option) ? durationText(amount) : String(amount));

/* A member of a tree by the parts of a path; undefined where nothing is. */
function memberAt(tree, parts) {
  return parts.reduce((node, part) => (node === null || typeof node !== 'object' ? undefined : node[part]), tree);
}

/* As --set takes it. */
function setText(value) {
  return value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

/* Is the value as a preset writes it, durations in any form and an object as KEY=VALUE,KEY=VALUE? */
function isValueOf(value, text) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return sameValue('duration', setText(value), text);
  const parts = text.split(',').map((part) => part.split('='));
  return parts.length === Object.keys(value).length && parts.every(([key, part]) => isValueOf(value[key], part));
}

/* Stops of sliders ----------------------------------------------------------------------------------- */

const timeStops = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300,
  420, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10800, 21600, 43200, 86400, 172800, 259200, 604800, 1209600, 2592000];

function numberStops(from, to) {
  const stops = [];
  for (let power = Math.floor(Math.log10(from)); 10 ** power <= to; power++) {
    for (const digit of [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8]) stops.push(Number((digit * 10 ** power).toPrecision(3)));
  }
  return stops;
}

/* A slider's stops, in order, around the values that matter: short steps where values are small. */
function stopsOf(option, amount) {
  const least = option.minimum ?? 0, most = option.maximum ?? Infinity;
  const seen = amount > 0 ? amount : isTime(option) ? 30 : 1;
  let stops;
  if (option.kind === 'integer' && (most <= 40 || seen <= 10)) {
    stops = Array.from({ length: Math.min(most, Math.max(10, 3 * seen)) - least + 1 }, (one, i) => least + i);
  } else if (option.kind !== 'integer' && !isTime(option) && most - least <= 2) {
    stops = Array.from({ length: 41 }, (one, i) => Number((least + (most - least) * i / 40).toPrecision(6)));
  } else {
    stops = isTime(option) ? timeStops.filter((stop) => stop >= seen / 300 && stop <= Math.max(seen * 100, 3600))
      : numberStops(seen / 30, seen * 30);
    if (option.kind !== 'number' && !isTime(option)) stops = stops.map(Math.round);
    if (least === 0) stops.unshift(0);
  }
  stops = stops.filter((stop) => stop >= least && stop <= most && !(option.above_minimum && stop === least));
  if (Number.isFinite(amount)) stops.push(amount);
  return [...new Set(stops)].sort((a, b) => a - b);
}

/* One control ------------------------------------------------------------------------------------------ */

const basisWords = { documented: "the platform's documentation states it", assumed: 'the documentation is silent: assumed' };

class Control {
  /* path: as --set has it; parts: the same in the scenario as run. */
  constructor(play, option, path, parts, choices) {
    Object.assign(this, { play, option, path, parts, choices });
    const id = `option-${path.replace(/[^\w]+/g, '-')}`;
    this.input = this.makeInput(id);
    this.reset = make('button', { type: 'button', class: 'reset link', hidden: true, title: 'As the scenario has it',
      on: { click: () => this.set('') } }, 'reset');
    const basis = basisWords[option.basis];
    this.error = make('p', { class: 'error', role: 'alert', hidden: true });
    const label = option.name.replace(/_/g, ' ').replace(/\./g, ': ');
    this.element = make('div', { class: 'control' },
      make('label', { for: id, title: option.help }, label),
      basis ? make('abbr', { class: `basis ${option.basis}`, title: basis }, option.basis === 'assumed' ? 'assumed' : 'doc.') : '', this.reset,
      this.slider ? this.slider : '', this.input, make('p', { class: 'help', id: `${id}-help` }, option.help), this.error);
    this.words = `${option.name} ${label} ${option.help} ${path}`.toLowerCase();
  }

  makeInput(id) {
    const { option } = this, described = { id, 'aria-describedby': `${id}-help` };
    if (this.choices) {
      return make('select', { ...described, on: { change: () => this.set(this.input.value) } },
        ...this.choices.map((word) => make('option', {}, word)));
    }
    if (option.kind === 'boolean') {
      return make('input', { ...described, type: 'checkbox', on: { change: () => this.set(String(this.input.checked)) } });
    }
    if (isAmount(option)) {
      this.slider = make('input', { type: 'range', min: 0, step: 1, 'aria-label': `${option.name.replace(/_/g, ' ')}, slider`,
        on: { input: () => this.slide() } });
    }
    return make('input', { ...described, type: 'text', spellcheck: 'false', autocomplete: 'off', size: isAmount(option) ? 8 : 24,
      placeholder: 'not set', on: { change: () => this.set(this.input.value.trim()) } });
  }

  /* Of a distribution the mean is what slides. */
  get setPath() {
    return this.hasMean ? `${this.path}.mean` : this.path;
  }

  set(text) {
    this.play.state.changeAll({ [this.setPath]: text === '' ? null : text, ...this.without(text === '' ? null : 'null') });
  }

  /* What another value makes untrue is as if it were not said: a model's figures, of another model. */
  without(value) {
    return Object.fromEntries((this.untrue || []).map((name) => [this.path.replace(/[^.]+$/, name), value]));
  }

  slide() {
    const text = amountText(this.option, this.stops[Number(this.slider.value)]);
    this.input.value = text;
    this.slider.setAttribute('aria-valuetext', text);
    this.play.state.change(this.setPath, text);
  }

  /* scenario: as run; base: without changes. */
  update(scenario, base) {
    const value = memberAt(scenario, this.parts), { changes } = this.play.state;
    const before = base ? memberAt(base, this.parts) : undefined;
    this.hasMean = value !== null && typeof value === 'object' && value.mean !== undefined;
    const shown = setText(this.hasMean ? value.mean : value);
    const changed = Object.hasOwn(changes, this.setPath);
    this.element.classList.toggle('changed', changed);
    this.reset.hidden = !changed;
    this.reset.textContent = before === undefined ? 'reset' : `reset to ${setText(this.hasMean && before ? before.mean : before) || 'not set'}`;
    this.tell(null);
    if (this.option.kind === 'boolean') this.input.checked = value === true;
    else if (document.activeElement !== this.input || this.choices) this.show(shown);
    if (this.slider && document.activeElement !== this.slider) this.place(shown, this.hasMean && before ? before.mean : before);
  }

  /* A word that the program does not list is one of its choices too. */
  show(shown) {
    if (this.choices && shown && !this.choices.includes(shown)) {
      this.choices = [...this.choices, shown];
      this.input.append(make('option', {}, shown));
    }
    this.input.value = shown;
  }

  place(shown, before) {
    const amount = amountOf(this.option, shown), usual = amountOf(this.option, setText(before));
    const around = Number.isFinite(usual) ? usual : amount;
    if (!Object.is(around, this.around)) this.usualStops = stopsOf(this.option, around);
    this.around = around;
    this.stops = this.usualStops;
    if (Number.isFinite(amount) && !this.stops.includes(amount)) this.stops = [...this.stops, amount].sort((a, b) => a - b);
    this.slider.max = this.stops.length - 1;
    this.slider.value = Number.isFinite(amount) ? this.stops.indexOf(amount) : 0;
    this.slider.setAttribute('aria-valuetext', shown || 'not set');
  }

  /* The program's own words of what is wrong; null: nothing is. */
  tell(error) {
    this.error.hidden = !error;
    this.input.setAttribute('aria-invalid', Boolean(error));
    if (error) {
      this.reset.hidden = false;
      this.error.textContent = `found ${error.found}, expected ${error.expected}` +
        (error.suggestion ? `; did you mean ${error.suggestion}?` : '');
    }
  }
}

/* All of them ---------------------------------------------------------------------------------------- */

/* A key of a path, in quotes where it is no plain word. */
const pathKey = (name) => (/^[\w-]+$/.test(name) ? name : JSON.stringify(name));

/* Words for options that are texts by their table, of which the program knows all or the most. */
function knownWords(options, path) {
  return { 'deployments.NAME.model': options.models, 'deployments.NAME.accelerator': options.accelerators }[path];
}

/* What is open at first, and what its group is called. */
const groupTitles = { '': 'The scenario', slo: 'Objectives' };

/* The sections that a scenario has, for a deployment: [{title, section, path, parts}]; a policy's and a kind of traffic's
 * as it has them. */
function sectionsOf(options, scenario, name) {
  const deployment = scenario.deployments[name], found = [];
  const add = (title, section, parts) => found.push({ title, section, parts, path: parts.map(pathKey).join('.') });
  for (const section of options.sections) {
    const parts = section.path === '' ? [] : section.path.split('.').map((part) => (part === 'NAME' ? name : part));
    if (section.is_traffic) {
      deployment.traffic.forEach((source, i) => {
        if (source.type === section.of) add(`Traffic${deployment.traffic.length > 1 ? ` ${i + 1}` : ''} (${section.of})`, section, [...parts, i]);
      });
    } else if (section.of) {
      const isOwn = deployment.policy !== null && typeof deployment.policy === 'object';
      if ((isOwn ? Object.keys(deployment.policy)[0] : deployment.policy) === section.of && parts.length === 3) {
        add('Autoscaling', section, parts);
      }
    } else if (parts[0] === 'pools') {
      for (const pool of Object.keys(scenario.pools)) add(`GPUs: ${pool}`, section, ['pools', pool]);
    } else {
      const last = section.path.split('.').pop();
      add(groupTitles[section.path] ?? (last === 'NAME' ? 'The deployment' : last[0].toUpperCase() + last.slice(1).replace(/_/g, ' ')), section, parts);
    }
  }
  const place = ({ title, section }) => (title === 'Autoscaling' ? 0 : section.path === '' ? 9 : section.is_traffic ? 2
    : ['deployments.NAME', 'deployments.NAME.client', 'deployments.NAME.cold_start'].indexOf(section.path) >= 0 ? 3 : 4);
  return found.sort((a, b) => place(a) - place(b));
}

const shownKinds = ['boolean', 'integer', 'number', 'duration', 'text', 'choice', 'span', 'length', 'instant', 'numbers'];

class Controls {
  constructor(element, play) {
    Object.assign(this, { element, play, form: '', all: [] });
    this.search = make('input', { type: 'search', placeholder: 'Search all options', 'aria-label': 'Search all options',
      on: { input: () => this.find() } });
    this.deployment = make('select', { 'aria-label': 'Deployment',
      on: { change: () => play.state.set({ view: { ...play.state.view, deployment: this.deployment.value } }) } });
    this.chooser = make('label', {}, 'Deployment ', this.deployment);
    this.policy = make('select', { id: 'policy', on: { change: () => changePolicy(play, ['--policy', this.policy.value]) } });
    this.preset = make('select', { id: 'preset', on: { change: () => this.preset.value && changePolicy(play, ['--preset', this.preset.value]) } });
    this.client = make('select', { id: 'client', on: { change: () => play.state.change(`deployments.${pathKey(play.deployment)}.client`, this.client.value || null) } });
    this.groups = make('div', {});
    element.append(make('div', { class: 'choices' }, this.chooser, make('label', {}, 'Policy ', this.policy),
      make('label', {}, 'Pattern ', this.preset), make('label', {}, 'Client ', this.client)), this.search, this.groups);
  }

  update(result) {
    const { scenario } = result, name = this.play.deployment;
    const sections = sectionsOf(this.play.options, scenario, name);
    const form = JSON.stringify([name, sections.map(({ title, path, section }) => [title, path, section.of])]);
    if (form !== this.form) this.build(sections, scenario, name);
    this.form = form;
    for (const control of this.all) control.update(scenario, this.play.base);
    for (const group of this.groups.children) {
      const count = group.querySelectorAll('.changed').length;
      group.firstChild.querySelector('.quiet').textContent = count ? ` ${count} changed` : '';
    }
    this.choose(scenario.deployments[name]);
  }

  choose(deployment) {
    const { options } = this.play, own = typeof deployment.policy === 'object';
    const fill = (select, words, value, none) => {
      if (select.childElementCount !== words.length) select.replaceChildren(...words.map((word) => make('option', { value: word }, word || none)));
      select.value = value;
    };
    fill(this.policy, [...options.policies.map(({ name }) => name), ...(own ? [''] : [])], own ? '' : deployment.policy, 'one of its own');
    const preset = options.presets.find((one) => one.policy === deployment.policy &&
      Object.entries(one.autoscaling).every(([key, value]) => isValueOf(deployment.autoscaling[key], value)));
    fill(this.preset, ['', ...options.presets.map(({ name }) => name)], preset ? preset.name : '', 'none of these');
    fill(this.client, ['', ...options.clients], this.play.state.changes[`deployments.${pathKey(this.play.deployment)}.client`] || '', 'as in the scenario');
  }

  build(sections, scenario, name) {
    const names = Object.keys(scenario.deployments);
    this.deployment.replaceChildren(...names.map((one) => make('option', {}, one)));
    this.deployment.value = name;
    this.chooser.hidden = names.length < 2;
    this.all = [];
    const below = (path, name) => (path ? `${path}.${name}` : name);
    const isElsewhere = (whole, path) => sections.some((other) => other.path.length > path.length && whole.startsWith(`${other.path}.`));
    this.groups.replaceChildren(...sections.map(({ title, section, path, parts }, i) => {
      const controls = section.options.filter(({ kind, is_file: isFile }) => shownKinds.includes(kind) && !isFile)
        .filter(({ name }) => !isElsewhere(below(path, name), path))
        .map((option) => new Control(this.play, option, below(path, option.name),
          [...parts, ...option.name.split('.')], option.choices || knownWords(this.play.options, `${section.path}.${option.name}`)));
      for (const control of controls) if (control.option.name === 'model') control.untrue = section.of_model;
      this.all.push(...controls);
      return make('details', { class: 'group', open: i === 0 }, make('summary', {}, title, make('span', { class: 'quiet' })), ...controls.map(({ element }) => element));
    }));
    this.find();
  }

  /* Those that have all words that were typed; their groups open. */
  find() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter((word) => word);
    for (const control of this.all) control.element.hidden = !words.every((word) => control.words.includes(word));
    this.groups.querySelectorAll('details').forEach((group, i) => {
      const any = group.querySelector('.control:not([hidden])') !== null;
      group.hidden = !any;
      if (words.length) group.open = any;
      else group.open = i === 0;
    });
  }

  tell(errors) {
    for (const control of this.all) {
      const at = (place) => place === control.path || place === control.setPath || place === `--set ${control.setPath}`;
      control.tell(errors.find(({ place }) => at(place || '')) || null);
    }
  }
}

/* Another policy, or a pattern, in the deployment's place, as like as compare makes it, by compare itself. */
async function changePolicy(play, words) {
  const like = await likePolicy(play, words), name = play.deployment, at = `deployments.${pathKey(name)}`;
  if (like.error) {
    showErrors(like.error, []);
    return;
  }
  const kept = Object.entries(play.state.changes).filter(([path]) => !path.startsWith(`${at}.autoscaling`) && !path.startsWith(`${at}.policy`));
  play.state.set({ changes: { ...Object.fromEntries(kept), ...policyChanges({ [name]: like.deployments[name] }) } });
}

let shownControls = null;

/* Errors of validate --json at the controls that they name. */
function showControlErrors(errors) {
  if (shownControls) shownControls.tell(errors);
}

playPanel({
  name: 'options', title: 'Options', side: 'left',
  mount(element, play) {
    shownControls = new Controls(element, play);
  },
  update(result) {
    shownControls.update(result);
  },
});

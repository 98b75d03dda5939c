// SPDX-License-Identifier: GPL-3.0-or-later
// Where a page's figures come from: the command that makes them again, version, seeds and digests
// (manifest.json), the scenario, what is assumed.

/* As base/json_print.c writes a value on a line, but texts as they are. */
function jsonText(value) {
  if (typeof value === 'number' && value !== 0 && Math.abs(value) < 1e-4) {
    return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/* With a button that copies it, or where the browser forbids that selects it. */
function commandBlock(text) {
  const code = make('code', {}, text);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(code);
    }
  };
  const button = make('button', { type: 'button', class: 'copy', on: { click: copy } }, 'Copy');
  return make('div', { class: 'block' }, make('pre', { class: 'command', tabindex: '0' }, code), button);
}

function folded(title, ...parts) {
  return make('details', {}, make('summary', {}, title), ...parts);
}

function documentBlock(title, text) {
  return folded(title, make('pre', { tabindex: '0' }, make('code', {}, text)));
}

/* An array of objects, with a column for each member of the first. */
function objectTable(caption, rows) {
  const names = Object.keys(rows[0]);
  const text = (value) => (value === undefined || value === null ? '' : jsonText(value));
  return makeTable(false, caption, names.map(columnHead), make('tbody', {},
    ...rows.map((row) => make('tr', {}, ...names.map((name) => cell(text(row[name])))))));
}

/* "wall_time_s" as "wall time s" would lose its unit's place: names stay as they are. */
function manifestParts(files) {
  const entries = Object.entries(JSON.parse(files['manifest.json']));
  return [
    ...(files.command === undefined ? [] : [
      make('p', {}, 'This command made the results, and makes them again, to the byte:'),
      commandBlock(files.command)]),
    make('dl', { class: 'facts' }, ...entries.filter(([, value]) => typeof value !== 'object' || value === null)
      .map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, jsonText(value))))),
    ...entries.filter(([, value]) => Array.isArray(value) && value[0] !== null && typeof value[0] === 'object')
      .map(([name, value]) => objectTable(name, value)),
  ];
}

/* Assumptions ------------------------------------------------------------------------------------ */

/* The values, each once, that objects at the path of a tree have for the option. A word in capitals
 * stands for every name. */
function collectValues(tree, path, option, values) {
  if (tree === null || typeof tree !== 'object') return;
  if (path.length) {
    const [name, ...rest] = path;
    const parts = /^[A-Z]/.test(name) ? Object.values(tree) : Object.hasOwn(tree, name) ? [tree[name]] : [];
    for (const part of parts) collectValues(part, rest, option, values);
    return;
  }
  const value = Object.hasOwn(tree, option) ? tree[option] : null;
  if (value !== null && (typeof value !== 'object' || Array.isArray(value))) values.add(jsonText(value));
}

const unitSeconds = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86400 };

/* NaN for what is no duration such as "1h30m". */
function durationSeconds(text) {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h|d)/g)];
  return parts.length && parts.map((part) => part[0]).join('') === text
    ? parts.reduce((sum, [, number, unit]) => sum + Number(number) * unitSeconds[unit], 0) : NaN;
}

/* "60s" and "1m" are one value, as are "0.50" and "0.5". */
function sameValue(kind, one, other) {
  const number = kind === 'duration' ? durationSeconds : (text) => (text.trim() === '' ? NaN : Number(text));
  return one === other || number(one) === number(other);
}

function optionRow(path, [name, fallback, help, kind], scenarios) {
  const values = new Set();
  for (const scenario of scenarios) collectValues(scenario, path.split('.'), name, values);
  const texts = [...values];
  const other = texts.length > 0 && fallback !== '' &&
    (texts.length > 1 || !sameValue(kind, texts[0], fallback));
  return make('tr', {}, rowHead(name), cell(fallback || '–'),
    cell(other ? make('strong', {}, texts.join(', ')) : texts.join(', ')), cell(help));
}

function assumptions({ rules, sections }, scenarios) {
  return folded('What is assumed',
    make('p', {}, "What the platform's documentation leaves open, and what is assumed instead."),
    makeTable('prose', null, ['rule', 'assumed', 'decides'].map(columnHead), make('tbody', {},
      ...rules.map(([topic, assumed, decides]) => make('tr', {}, rowHead(topic), cell(assumed), cell(decides))))),
    make('p', {}, 'Options whose default is assumed, and what is in force here (bold: another value than the default).'),
    makeTable('prose', null, ['option', 'default', 'here', 'meaning'].map(columnHead),
      ...sections.map(({ path, options }) => make('tbody', {},
        make('tr', {}, make('th', { scope: 'rowgroup', colspan: '4' }, path)),
        ...options.map((option) => optionRow(path, option, scenarios))))));
}

/* parts: elements of its own for each page, before what is assumed. */
function originSection(data, scenarios, ...parts) {
  return make('section', { id: 'origin' }, make('h2', {}, 'Where this comes from'), ...parts,
    assumptions(data, scenarios));
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The state in the page's address, and what can be taken from the page and brought into it.

async function streamedBytes(bytes, stream) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

/* What follows the # of an address: JSON, deflated, in base64 as addresses have it. */
async function stateText(state) {
  const bytes = await streamedBytes(new TextEncoder().encode(JSON.stringify(state)), new CompressionStream('deflate-raw'));
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(letters).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/* Null where the text is none. */
async function stateOfText(text) {
  try {
    const letters = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(await streamedBytes(bytes, new DecompressionStream('deflate-raw'))));
  } catch {
    return null;
  }
}

/* Only what has the form of a state is taken from an address. */
function checkedState(value, scenarios) {
  if (value === null || typeof value !== 'object') return null;
  const texts = (object) => Object.fromEntries(Object.entries(object || {}).filter(([, text]) => typeof text === 'string'));
  const isScenario = (one) => (typeof one === 'string' ? scenarios.some(({ file }) => file === one)
    : one !== null && typeof one === 'object' && typeof one.text === 'string');
  if (!isScenario(value.scenario)) return null;
  const pinned = value.pinned && isScenario(value.pinned.scenario) ? { ...value.pinned,
    changes: texts(value.pinned.changes), files: texts(value.pinned.files) } : null;
  const rivals = (Array.isArray(value.rivals) ? value.rivals : []).slice(0, 3)
    .map((rival) => ({ label: String(rival.label), changes: texts(rival.changes) }));
  return { scenario: value.scenario, changes: texts(value.changes), files: texts(value.files), rivals, pinned,
    lesson: value.lesson || null, view: value.view && typeof value.view === 'object' ? value.view : {} };
}

/* Files out -------------------------------------------------------------------------------------- */

function download(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = make('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

/* All charts of the page, one below the other, as a picture. */
function downloadCharts(element) {
  const figures = [...element.querySelectorAll('figure')], scale = devicePixelRatio || 1, head = 24 * scale;
  const plots = figures.map((figure) => ({ title: figure.querySelector('.title').textContent,
    canvas: [...figure.querySelectorAll('canvas')] }));
  const width = Math.max(...plots.map(({ canvas }) => canvas[0].width));
  const height = plots.reduce((sum, { canvas }) => sum + head + canvas[0].height, 0);
  const picture = make('canvas', { width, height }), context = picture.getContext('2d');
  context.fillStyle = colour('paper');
  context.fillRect(0, 0, width, height);
  let top = 0;
  for (const { title, canvas } of plots) {
    context.fillStyle = colour('ink');
    context.font = `600 ${14 * scale}px sans-serif`;
    context.fillText(title, 8 * scale, top + head - 7 * scale);
    for (const one of canvas.slice(0, 1)) context.drawImage(one, 0, top + head);
    top += head + canvas[0].height;
  }
  picture.toBlob((blob) => download('charts.png', blob, 'image/png'));
}

/* The scenario as it runs, as `run` reads it: names of files that the page brings are from its own directory again. */
function scenarioToTake(result, play) {
  const known = new Set([...Object.keys(play.data.files), ...Object.keys(play.state.files), ...play.engine.kept.keys()]);
  const plain = (node) => (typeof node === 'string' && node[0] === '/' && known.has(node.slice(1)) ? node.slice(1)
    : Array.isArray(node) ? node.map(plain)
      : node !== null && typeof node === 'object' ? Object.fromEntries(Object.entries(node).map(([key, value]) => [key, plain(value)]))
        : node);
  return `${JSON.stringify(plain(result.scenario), null, 2)}\n`;
}

async function showCommands(play, place) {
  const state = play.state.toJSON(), words = scenarioArguments(state);
  const told = await play.engine.background(['validate', ...words, '--as-firectl'], scenarioFiles(state), []);
  const quoted = (word) => (/^[\w./=:,+-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`);
  place.replaceChildren(make('p', {}, 'The deployment, as firectl creates it:'),
    commandBlock(told.status === 0 ? told.stdout.trim() : told.stderr.trim()),
    make('p', {}, 'This very run, on the command line:'), commandBlock(`autoscale-sim run ${words.map(quoted).join(' ')}`));
}

/* In ------------------------------------------------------------------------------------------- */

/* A scenario's text becomes what runs; one with mistakes is told, and nothing changes. */
async function importScenario(play, name, text) {
  const state = { scenario: { name, text }, changes: {}, files: play.state.files };
  const told = await play.engine.background(['validate', ...scenarioArguments(state)], scenarioFiles(state), []);
  if (told.status !== 0) {
    showErrors(`${name} is not taken:\n${told.stderr.replaceAll(importedName, name)}`, []);
    return;
  }
  play.state.set({ ...state, rivals: [], view: {} });
}

/* Share, export and import, for the head of the page. */
function shareTools(play) {
  const button = (text, press, title) => make('button', { type: 'button', title, on: { click: press } }, text);
  const commands = make('div', {}), said = make('span', { class: 'quiet', 'aria-live': 'polite' });
  const share = button('Share', async () => {
    location.hash = await stateText(play.state.toJSON());
    try {
      await navigator.clipboard.writeText(location.href);
      said.textContent = 'The address is copied: it holds all that is changed here.';
    } catch {
      said.textContent = 'The address of this page holds all that is changed here: copy it.';
    }
  }, 'Puts the state into the address and copies it');
  const file = make('input', { type: 'file', accept: '.json,application/json', hidden: true, 'aria-label': 'A scenario to import',
    on: { change: async () => { if (file.files[0]) importScenario(play, file.files[0].name, await file.files[0].text()); file.value = ''; } } });
  const take = (name) => () => play.result && download(name, play.result.files[name], 'text/csv');
  const exports = make('details', { class: 'exports' }, make('summary', {}, 'Export'), make('div', { class: 'tools' },
    button('scenario.json', () => play.result && download('scenario.json', scenarioToTake(play.result, play), 'application/json')),
    ...['summary.csv', 'timeseries.csv', 'events.csv'].map((name) => button(name, take(name))),
    button('Charts (PNG)', () => downloadCharts(document.getElementById('panel-charts'))),
    button('Print', () => print())), commands);
  exports.addEventListener('toggle', () => exports.open && showCommands(play, commands));
  play.state.subscribe(() => exports.open && showCommands(play, commands));
  return [share, button('Import', () => file.click(), 'A scenario.json'), file, said, exports];
}

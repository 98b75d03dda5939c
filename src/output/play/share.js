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

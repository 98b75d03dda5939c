// SPDX-License-Identifier: GPL-3.0-or-later
// The worker of a playground: the program, compiled once, runs one command line after another.

/* Files of the page, by their names: {text}, or base64 of what gzip made of them, and the bytes once they were wanted;
 * and of files that were brought into it. */
let packedFiles = {};
const plainFiles = new Map();
let engineReady = null;

function bytesOfBase64(text) {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function pageFile(name) {
  const packed = packedFiles[name];
  if (!plainFiles.has(name)) {
    plainFiles.set(name, typeof packed === 'string' ? await inflated(bytesOfBase64(packed)) : new TextEncoder().encode(packed.text));
  }
  return plainFiles.get(name);
}

/* commands: lists of arguments, each run on what the one before has left. embedded: names of the page's files that they
 * read. wanted: paths of files to hand back, as texts. status and stderr are those of the first command that fails, or
 * of the last; told: those of each, and what it printed. */
async function runCommands({ id, commands, files, embedded, wanted }) {
  const engine = await engineReady, begun = performance.now();
  let all = new Map(Object.entries(files));
  for (const name of embedded) if (!all.has(name)) all.set(name, await pageFile(name));
  const told = commands.map((args) => {
    const { status, stdout, stderr, files: after } = execute(engine, args, all);
    all = after;
    return { status, stdout, stderr };
  });
  const texts = {};
  for (const path of wanted) if (all.has(path)) texts[path] = new TextDecoder().decode(all.get(path));
  const one = told.find(({ status }) => status !== 0) || told[told.length - 1];
  return { id, ...one, told, files: texts, milliseconds: performance.now() - begun };
}

addEventListener('message', ({ data }) => {
  for (const [name, bytes] of data.kept || []) plainFiles.set(name, bytes);
  if (data.module) {
    packedFiles = data.files;
    engineReady = compileEngine(bytesOfBase64(data.module));
    engineReady.then(() => postMessage({ ready: true }), (error) => postMessage({ failed: String(error) }));
  }
  if (!data.commands) return;
  runCommands(data).then(postMessage, (error) => postMessage({ id: data.id, status: 1, stdout: '', told: [],
    stderr: `${error}\n`, files: {}, milliseconds: 0 }));
});

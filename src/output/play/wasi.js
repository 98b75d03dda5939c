// SPDX-License-Identifier: GPL-3.0-or-later
// The system for the engine: the part of WASI (preview 1) that it calls, on files in memory. Each call of execute() is
// one run of the command line, in a fresh instance of the compiled module: nothing is left of the one before. No DOM: for
// a Worker and for Node. Numbers of errors, types and fields are those of WASI's witx.
'use strict';

const wasiErrors = {
  badDescriptor: 8, exists: 20, invalid: 28, isDirectory: 31, none: 44, unsupported: 52, noDirectory: 54, notEmpty: 55,
  noSeek: 70,
};
const wasiTypes = { unknown: 0, directory: 3, file: 4 };
const wasiBytes = (text) => new TextEncoder().encode(text);
const wasiText = (bytes) => new TextDecoder().decode(bytes);

/* What ends a call with the number of an error, the instance with a status, and a script in Lua with its own error
 * (src/wasi/lua_errors.h). */
class WasiError {
  constructor(name) {
    this.number = wasiErrors[name];
  }
}

class WasiExit {
  constructor(status) {
    this.status = status;
  }
}

const luaError = {};

function wasiNeed(condition, name) {
  if (!condition) throw new WasiError(name);
}

/* Files ---------------------------------------------------------------------------------------------------------- */

/* A file's bytes are the first `size` of `bytes`; those that came from outside are not written to. */
class WasiFile {
  constructor(bytes) {
    Object.assign(this, { type: wasiTypes.file, bytes, size: bytes.length, isLent: true });
  }

  resize(size) {
    if (size > this.bytes.length || this.isLent) {
      const bytes = new Uint8Array(Math.max(size, 2 * this.size, 256));
      bytes.set(this.bytes.subarray(0, Math.min(this.size, size)));
      Object.assign(this, { bytes, isLent: false });
    } else if (size > this.size) {
      this.bytes.fill(0, this.size, size);
    }
    this.size = size;
  }

  write(from, at) {
    if (this.isLent || at + from.length > this.size) this.resize(Math.max(this.size, at + from.length));
    this.bytes.set(from, at);
  }
}

class WasiDirectory {
  constructor() {
    Object.assign(this, { type: wasiTypes.directory, entries: new Map(), size: 0 });
  }
}

/* The parts of a path, without . and .. */
function wasiParts(path) {
  const parts = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts;
}

class WasiTree {
  constructor() {
    this.root = new WasiDirectory();
  }

  /* The place of a path: {parent, name, node}; node is undefined where nothing is, name at the root. */
  place(path) {
    const parts = wasiParts(path), name = parts.pop();
    let parent = this.root;
    for (const part of parts) {
      parent = parent.entries.get(part);
      wasiNeed(parent !== undefined, 'none');
      wasiNeed(parent.type === wasiTypes.directory, 'noDirectory');
    }
    return { parent, name, node: name === undefined ? this.root : parent.entries.get(name) };
  }

  find(path) {
    const { node } = this.place(path);
    wasiNeed(node !== undefined, 'none');
    return node;
  }

  /* Where nothing is yet. */
  put(path, node) {
    const place = this.place(path);
    wasiNeed(place.node === undefined, 'exists');
    place.parent.entries.set(place.name, node);
  }

  /* With the directories on the way. */
  add(path, content) {
    const parts = wasiParts(path);
    for (let i = 1; i <= parts.length; i++) {
      const isFile = i === parts.length && content !== null;
      const place = this.place(parts.slice(0, i).join('/'));
      if (!isFile && place.node !== undefined) continue;
      const bytes = typeof content === 'string' ? wasiBytes(content) : content;
      place.parent.entries.set(place.name, isFile ? new WasiFile(bytes) : new WasiDirectory());
    }
  }

  remove(path, type) {
    const { parent, name, node } = this.place(path);
    wasiNeed(node !== undefined, 'none');
    wasiNeed(node.type === type, type === wasiTypes.file ? 'isDirectory' : 'noDirectory');
    wasiNeed(type === wasiTypes.file || node.entries.size === 0, 'notEmpty');
    parent.entries.delete(name);
  }

  rename(from, to) {
    const old = this.place(from), place = this.place(to);
    wasiNeed(old.node !== undefined, 'none');
    if (place.node !== undefined && place.node.type === wasiTypes.directory) {
      wasiNeed(old.node.type === wasiTypes.directory, 'isDirectory');
      wasiNeed(place.node.entries.size === 0, 'notEmpty');
    }
    old.parent.entries.delete(old.name);
    place.parent.entries.set(place.name, old.node);
  }

  /* All files, by their paths from a directory of the tree; those outside of it by their paths from the root. */
  list(directory) {
    const files = new Map(), before = directory === '/' ? '/' : `${directory}/`;
    const walk = (node, path) => {
      for (const [name, child] of node.entries) {
        const whole = path + name;
        if (child.type === wasiTypes.directory) walk(child, `${whole}/`);
        else files.set(whole.startsWith(before) ? whole.slice(before.length) : whole, child.bytes.subarray(0, child.size));
      }
    };
    walk(this.root, '/');
    return files;
  }
}

/* Calls ---------------------------------------------------------------------------------------------------------- */

class WasiSystem {
  constructor(words, environment, tree) {
    this.words = words.map((word) => wasiBytes(`${word}\0`));
    this.environment = Object.entries(environment).map(([name, value]) => wasiBytes(`${name}=${value}\0`));
    this.tree = tree;
    const stream = () => ({ node: new WasiFile(new Uint8Array(0)), at: 0, isStream: true, flags: 0 });
    this.open = [stream(), stream(), stream(), { node: tree.root, path: '', at: 0, flags: 0 }];
  }

  attach({ exports }) {
    this.memory = exports.memory;
    this.table = exports.__indirect_function_table;
    this.stack = exports.__stack_pointer;
  }

  /* Of the memory, which is another after it has grown. */
  get view() {
    if (this.data === undefined || this.data.buffer !== this.memory.buffer) this.data = new DataView(this.memory.buffer);
    return this.data;
  }

  slice(from, length) {
    return new Uint8Array(this.memory.buffer, from, length);
  }

  put32(at, value) {
    this.view.setUint32(at, value, true);
  }

  put64(at, value) {
    this.view.setBigUint64(at, BigInt(value), true);
  }

  descriptor(number) {
    wasiNeed(this.open[number] !== undefined, 'badDescriptor');
    return this.open[number];
  }

  path(number, from, length) {
    return `${this.descriptor(number).path || ''}/${wasiText(this.slice(from, length))}`;
  }

  /* The lowest that is free. */
  descriptorFor(file) {
    let number = 0;
    while (this.open[number] !== undefined) number++;
    this.open[number] = file;
    return number;
  }

  putTexts(texts, pointers, at) {
    for (const text of texts) {
      this.put32(pointers, at);
      this.slice(at, text.length).set(text);
      pointers += 4;
      at += text.length;
    }
  }

  putSizes(texts, count, bytes) {
    this.put32(count, texts.length);
    this.put32(bytes, texts.reduce((sum, text) => sum + text.length, 0));
  }

  putStatus(at, node, isStream) {
    this.slice(at, 64).fill(0);
    this.view.setUint8(at + 16, isStream ? wasiTypes.unknown : node.type);
    this.put64(at + 24, 1); // links
    this.put64(at + 32, node.size);
  }

  /* Each of the buffers that `list` names, until one is not taken or filled; tells how many bytes were. */
  transfer(list, count, done, each) {
    let sum = 0;
    for (let i = 0, goesOn = true; i < count && goesOn; i++) {
      const length = this.view.getUint32(list + 8 * i + 4, true);
      const moved = each(this.slice(this.view.getUint32(list + 8 * i, true), length), sum);
      sum += moved;
      goesOn = moved === length;
    }
    this.put32(done, sum);
    return sum;
  }

  read(number, list, count, at, done) {
    const { node } = this.descriptor(number);
    wasiNeed(node.type === wasiTypes.file, 'isDirectory');
    return this.transfer(list, count, done, (to, before) => {
      const from = node.bytes.subarray(at + before, Math.min(node.size, at + before + to.length));
      to.set(from);
      return from.length;
    });
  }

  write(number, list, count, at, done) {
    const { node } = this.descriptor(number);
    return this.transfer(list, count, done, (from, before) => {
      node.write(from, at + before);
      return from.length;
    });
  }

  openFile(path, oflags, flags) {
    const [creates, wantsDirectory, isNew, truncates] = [1, 2, 4, 8].map((bit) => (oflags & bit) !== 0);
    let { node } = this.tree.place(path);
    wasiNeed(node !== undefined || creates, 'none');
    wasiNeed(node === undefined || !isNew, 'exists');
    wasiNeed(node === undefined || !wantsDirectory || node.type === wasiTypes.directory, 'noDirectory');
    if (node === undefined) {
      node = new WasiFile(new Uint8Array(0));
      this.tree.put(path, node);
    } else if (truncates && node.type === wasiTypes.file) {
      node.resize(0);
    }
    return this.descriptorFor({ node, path, at: 0, flags });
  }

  readDirectory(number, to, room, cookie, used) {
    const entries = [...this.descriptor(number).node.entries];
    let done = 0;
    for (let i = Number(cookie); i < entries.length && done < room; i++) {
      const name = wasiBytes(entries[i][0]), entry = new Uint8Array(24 + name.length), fields = new DataView(entry.buffer);
      fields.setBigUint64(0, BigInt(i + 1), true);
      fields.setUint32(16, name.length, true);
      fields.setUint8(20, entries[i][1].type);
      entry.set(name, 24);
      const fits = entry.subarray(0, Math.min(entry.length, room - done));
      this.slice(to + done, fits.length).set(fits);
      done += fits.length;
    }
    this.put32(used, done);
  }

  /* Everything is ready at once, so that nobody waits, nor sleeps. */
  poll(from, to, count, ready) {
    for (let i = 0; i < count; i++) {
      const tag = this.view.getUint8(from + 48 * i + 8);
      this.slice(to + 32 * i, 32).fill(0);
      this.put64(to + 32 * i, this.view.getBigUint64(from + 48 * i, true));
      this.view.setUint8(to + 32 * i + 10, tag);
      this.put64(to + 32 * i + 16, tag === 0 ? 0 : 1);
    }
    this.put32(ready, count);
  }

  describe(number, to) {
    const { node, isStream, flags } = this.descriptor(number);
    this.slice(to, 8).fill(0);
    this.slice(to + 8, 16).fill(0xff); // it may do all
    this.view.setUint8(to, isStream ? wasiTypes.unknown : node.type);
    this.view.setUint16(to + 2, flags, true);
  }

  seek(number, offset, whence, to) {
    const file = this.descriptor(number);
    wasiNeed(!file.isStream, 'noSeek');
    file.at = Number(offset) + [0, file.at, file.node.size][whence];
    this.put64(to, file.at);
  }

  close(number) {
    this.descriptor(number);
    this.open[number] = undefined;
  }

  /* What the program calls by these names; a WasiError becomes its number, all else is well. */
  calls() {
    const at = (...place) => this.path(...place), { tree } = this;
    return {
      args_sizes_get: (count, bytes) => this.putSizes(this.words, count, bytes),
      args_get: (pointers, to) => this.putTexts(this.words, pointers, to),
      environ_sizes_get: (count, bytes) => this.putSizes(this.environment, count, bytes),
      environ_get: (pointers, to) => this.putTexts(this.environment, pointers, to),
      clock_time_get: (clock, precision, to) =>
        this.put64(to, Math.round((clock === 0 ? Date.now() : performance.now()) * 1e6)),
      proc_exit: (status) => { throw new WasiExit(status); },
      poll_oneoff: (from, to, count, ready) => this.poll(from, to, count, ready),
      fd_prestat_get: (number, to) => {
        wasiNeed(number === 3, 'badDescriptor');
        this.put64(to, 1n << 32n); // a directory, whose name has one byte
      },
      fd_prestat_dir_name: (number, to) => this.slice(to, 1).set(wasiBytes('/')),
      fd_fdstat_get: (number, to) => this.describe(number, to),
      fd_fdstat_set_flags: (number, flags) => { this.descriptor(number).flags = flags; },
      fd_filestat_get: (number, to) => this.putStatus(to, this.descriptor(number).node, this.descriptor(number).isStream),
      fd_filestat_set_size: (number, size) => this.descriptor(number).node.resize(Number(size)),
      fd_sync: (number) => this.descriptor(number),
      fd_close: (number) => this.close(number),
      fd_renumber: (from, to) => {
        this.open[to] = this.descriptor(from);
        this.close(from);
      },
      fd_seek: (number, offset, whence, to) => this.seek(number, offset, whence, to),
      fd_read: (number, list, count, done) => {
        const file = this.descriptor(number);
        file.at += this.read(number, list, count, file.at, done);
      },
      fd_pread: (number, list, count, from, done) => this.read(number, list, count, Number(from), done),
      fd_write: (number, list, count, done) => {
        const file = this.descriptor(number);
        file.at = file.flags & 1 ? file.node.size : file.at; // it appends
        file.at += this.write(number, list, count, file.at, done);
      },
      fd_pwrite: (number, list, count, to, done) => this.write(number, list, count, Number(to), done),
      fd_readdir: (number, to, room, cookie, used) => this.readDirectory(number, to, room, cookie, used),
      path_open: (number, look, path, length, oflags, rights, inherited, flags, to) =>
        this.put32(to, this.openFile(at(number, path, length), oflags, flags)),
      path_filestat_get: (number, look, path, length, to) =>
        this.putStatus(to, tree.find(at(number, path, length)), false),
      path_create_directory: (...place) => tree.put(at(...place), new WasiDirectory()),
      path_remove_directory: (...place) => tree.remove(at(...place), wasiTypes.directory),
      path_unlink_file: (...place) => tree.remove(at(...place), wasiTypes.file),
      path_rename: (number, path, length, ...to) => tree.rename(at(number, path, length), at(...to)),
      path_link: (number, look, path, length, ...to) => tree.put(at(...to), tree.find(at(number, path, length))),
      path_readlink: (number, path, length) => {
        tree.find(at(number, path, length));
        throw new WasiError('invalid'); // no link
      },
    };
  }

  /* src/wasi's own. */
  additions() {
    return {
      dup: (number) => (this.open[number] === undefined ? -1 : this.descriptorFor(this.open[number])),
      throw: () => { throw luaError; },
      try: (work, state, self) => {
        const stack = this.stack.value;
        try {
          this.table.get(work)(state, self);
          return 0;
        } catch (error) {
          if (error !== luaError) throw error;
          this.stack.value = stack;
          return 1;
        }
      },
    };
  }

  imports(module) {
    const calls = this.calls(), imports = { wasi_snapshot_preview1: {}, autoscale_sim: this.additions() };
    const numbered = (call) => (...values) => {
      try {
        call(...values);
        return 0;
      } catch (error) {
        if (error instanceof WasiError) return error.number;
        throw error;
      }
    };
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      if (from in imports && !(name in imports[from])) {
        imports[from][name] = calls[name] === undefined ? () => wasiErrors.unsupported : numbered(calls[name]);
      }
    }
    return imports;
  }
}

/* Runs ----------------------------------------------------------------------------------------------------------- */

/* The module of a page, from its bytes by gzip. */
async function compileEngine(gzipped) {
  const stream = new Blob([gzipped]).stream().pipeThrough(new DecompressionStream('gzip'));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}

/* One run of the command line: args as a shell would hand them over, without the program's name; files: an object or a
 * Map of paths (from where it runs: environment.PWD, or the root) and contents (texts, bytes; null: a directory).
 * Returns {status, stdout, stderr, files}, files being a Map of all that are there then, with their bytes. */
function execute(module, args, files, environment = {}) {
  const tree = new WasiTree(), directory = environment.PWD || '/';
  tree.add(directory, null);
  for (const [path, content] of files instanceof Map ? files : Object.entries(files)) {
    tree.add(path.startsWith('/') ? path : `${directory}/${path}`, content);
  }
  const system = new WasiSystem(['autoscale-sim', ...args], environment, tree), [, output, errors] = system.open;
  let status = 0, trouble = '';
  try {
    const instance = new WebAssembly.Instance(module, system.imports(module));
    system.attach(instance);
    instance.exports._start();
  } catch (error) {
    status = error instanceof WasiExit ? error.status : 1;
    trouble = error instanceof WasiExit ? '' : `autoscale-sim: the engine failed: ${error.message}\n`;
  }
  const text = ({ node }) => wasiText(node.bytes.subarray(0, node.size));
  return { status, stdout: text(output), stderr: text(errors) + trouble, files: tree.list(directory) };
}

if (typeof module !== 'undefined') module.exports = { compileEngine, execute };

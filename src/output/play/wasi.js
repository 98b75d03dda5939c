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

function wasiBytes(text) {
  return new TextEncoder().encode(text);
}

function wasiText(bytes) {
  return new TextDecoder().decode(bytes);
}

/* A failure that the program is told by its number. */
class WasiError extends Error {
  constructor(name) {
    super(name);
    this.number = wasiErrors[name];
  }
}

/* How proc_exit leaves the instance. */
class WasiExit extends Error {
  constructor(status) {
    super('exit');
    this.status = status;
  }
}

/* What an error of a script in Lua unwinds by (src/wasi/lua_errors.h). */
const luaError = new Error('an error in Lua');

/* Files ---------------------------------------------------------------------------------------------------------- */

/* A file's bytes are the first `size` of `bytes`; those that came from outside are not written to. */
class WasiFile {
  constructor(bytes) {
    this.type = wasiTypes.file;
    this.bytes = bytes;
    this.size = bytes.length;
    this.isLent = true;
  }

  resize(size) {
    if (size > this.bytes.length || this.isLent) {
      const bytes = new Uint8Array(Math.max(size, 2 * this.size, 256));
      bytes.set(this.bytes.subarray(0, Math.min(this.size, size)));
      this.bytes = bytes;
      this.isLent = false;
    } else if (size > this.size) {
      this.bytes.fill(0, this.size, size);
    }
    this.size = size;
  }

  write(from, at) {
    if (this.isLent || at + from.length > this.size) {
      this.resize(Math.max(this.size, at + from.length));
    }
    this.bytes.set(from, at);
  }
}

class WasiDirectory {
  constructor() {
    this.type = wasiTypes.directory;
    this.entries = new Map();
    this.size = 0;
  }
}

/* The parts of a path, without . and .. */
function wasiParts(path) {
  const parts = [];
  for (const part of path.split('/')) {
    if (part === '..') {
      parts.pop();
    } else if (part !== '' && part !== '.') {
      parts.push(part);
    }
  }
  return parts;
}

class WasiTree {
  constructor() {
    this.root = new WasiDirectory();
  }

  /* The place of a path below a directory: {parent, name, node}; node undefined where nothing is, '' the root. */
  place(path) {
    const parts = wasiParts(path), name = parts.pop();
    let parent = this.root;
    for (const part of parts) {
      parent = parent.entries.get(part);
      if (parent === undefined) {
        throw new WasiError('none');
      }
      if (parent.type !== wasiTypes.directory) {
        throw new WasiError('noDirectory');
      }
    }
    return name === undefined ? { parent: this.root, name: '', node: this.root }
      : { parent, name, node: parent.entries.get(name) };
  }

  find(path) {
    const { node } = this.place(path);
    if (node === undefined) {
      throw new WasiError('none');
    }
    return node;
  }

  add(path, content) {
    const parts = wasiParts(path), name = parts.pop();
    let parent = this.root;
    for (const part of parts) {
      if (!parent.entries.has(part)) {
        parent.entries.set(part, new WasiDirectory());
      }
      parent = parent.entries.get(part);
    }
    if (content !== null) {
      parent.entries.set(name, new WasiFile(typeof content === 'string' ? wasiBytes(content) : content));
    } else if (name !== undefined && !parent.entries.has(name)) {
      parent.entries.set(name, new WasiDirectory());
    }
  }

  rename(from, to) {
    const old = this.place(from), place = this.place(to);
    if (old.node === undefined) {
      throw new WasiError('none');
    }
    if (place.node !== undefined && place.node.type === wasiTypes.directory) {
      if (old.node.type !== wasiTypes.directory) {
        throw new WasiError('isDirectory');
      }
      if (place.node.entries.size > 0) {
        throw new WasiError('notEmpty');
      }
    }
    old.parent.entries.delete(old.name);
    place.parent.entries.set(place.name, old.node);
  }

  /* All files, by their paths from a directory of the tree (those outside of it: from the root, with a slash). */
  list(directory) {
    const files = new Map(), before = directory === '/' ? '/' : directory + '/';
    const walk = (node, path) => {
      for (const [name, child] of node.entries) {
        const whole = path + name;
        if (child.type === wasiTypes.directory) {
          walk(child, whole + '/');
        } else {
          files.set(whole.startsWith(before) ? whole.slice(before.length) : whole,
            child.bytes.subarray(0, child.size));
        }
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

  attach(instance) {
    this.memory = instance.exports.memory;
    this.table = instance.exports.__indirect_function_table;
    this.stack = instance.exports.__stack_pointer;
  }

  get view() {
    if (this.seen !== this.memory.buffer) {
      this.seen = this.memory.buffer;
      this.data = new DataView(this.seen);
      this.bytes = new Uint8Array(this.seen);
    }
    return this.data;
  }

  slice(from, length) {
    void this.view;
    return this.bytes.subarray(from, from + length);
  }

  descriptor(number) {
    const found = this.open[number];
    if (found === undefined) {
      throw new WasiError('badDescriptor');
    }
    return found;
  }

  path(descriptor, from, length) {
    return `${this.descriptor(descriptor).path ?? ''}/${wasiText(this.slice(from, length))}`;
  }

  /* The lowest that is free. */
  descriptorFor(file) {
    let number = 0;
    while (this.open[number] !== undefined) {
      number++;
    }
    this.open[number] = file;
    return number;
  }

  putTexts(texts, pointers, at) {
    for (const text of texts) {
      this.view.setUint32(pointers, at, true);
      this.slice(at, text.length).set(text);
      pointers += 4;
      at += text.length;
    }
  }

  putSizes(texts, count, bytes) {
    this.view.setUint32(count, texts.length, true);
    this.view.setUint32(bytes, texts.reduce((sum, text) => sum + text.length, 0), true);
  }

  putStatus(at, node, isStream) {
    this.slice(at, 64).fill(0);
    this.view.setUint8(at + 16, isStream ? wasiTypes.unknown : node.type);
    this.view.setBigUint64(at + 24, 1n, true);
    this.view.setBigUint64(at + 32, BigInt(node.size), true);
  }

  /* Each of the buffers that `list` names; returns the bytes that `each` has taken or given. */
  eachBuffer(list, count, each) {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const length = this.view.getUint32(list + 8 * i + 4, true);
      const done = each(this.slice(this.view.getUint32(list + 8 * i, true), length), sum);
      sum += done;
      if (done < length) {
        break;
      }
    }
    return sum;
  }

  read(number, list, count, at, done) {
    const { node } = this.descriptor(number);
    if (node.type === wasiTypes.directory) {
      throw new WasiError('isDirectory');
    }
    const sum = this.eachBuffer(list, count, (to, before) => {
      const from = node.bytes.subarray(at + before, Math.min(node.size, at + before + to.length));
      to.set(from);
      return from.length;
    });
    this.view.setUint32(done, sum, true);
    return sum;
  }

  write(number, list, count, at, done) {
    const { node } = this.descriptor(number);
    const sum = this.eachBuffer(list, count, (from, before) => {
      node.write(from, at + before);
      return from.length;
    });
    this.view.setUint32(done, sum, true);
    return sum;
  }

  openFile(path, oflags, flags) {
    const [creates, wantsDirectory, isNew, truncates] = [1, 2, 4, 8].map((bit) => (oflags & bit) !== 0);
    const place = this.tree.place(path);
    let node = place.node;
    if (node === undefined) {
      if (!creates) {
        throw new WasiError('none');
      }
      node = new WasiFile(new Uint8Array(0));
      place.parent.entries.set(place.name, node);
    } else if (isNew) {
      throw new WasiError('exists');
    } else if (wantsDirectory && node.type !== wasiTypes.directory) {
      throw new WasiError('noDirectory');
    } else if (truncates && node.type === wasiTypes.file) {
      node.resize(0);
    }
    return this.descriptorFor({ node, path, at: 0, flags });
  }

  remove(path, type) {
    const { parent, name, node } = this.tree.place(path);
    if (node === undefined) {
      throw new WasiError('none');
    }
    if (node.type !== type) {
      throw new WasiError(type === wasiTypes.file ? 'isDirectory' : 'noDirectory');
    }
    if (type === wasiTypes.directory && node.entries.size > 0) {
      throw new WasiError('notEmpty');
    }
    parent.entries.delete(name);
  }

  readDirectory(number, to, room, cookie, used) {
    const names = [...this.descriptor(number).node.entries];
    let done = 0;
    for (let i = Number(cookie); i < names.length && done < room; i++) {
      const name = wasiBytes(names[i][0]), entry = new Uint8Array(24 + name.length);
      const fields = new DataView(entry.buffer);
      fields.setBigUint64(0, BigInt(i + 1), true);
      fields.setUint32(16, name.length, true);
      fields.setUint8(20, names[i][1].type);
      entry.set(name, 24);
      const fits = entry.subarray(0, Math.min(entry.length, room - done));
      this.slice(to + done, fits.length).set(fits);
      done += fits.length;
    }
    this.view.setUint32(used, done, true);
  }

  /* Everything is ready at once, so that nobody waits, nor sleeps. */
  poll(from, to, count, ready) {
    for (let i = 0; i < count; i++) {
      const tag = this.view.getUint8(from + 48 * i + 8);
      this.slice(to + 32 * i, 32).fill(0);
      this.view.setBigUint64(to + 32 * i, this.view.getBigUint64(from + 48 * i, true), true);
      this.view.setUint8(to + 32 * i + 10, tag);
      this.view.setBigUint64(to + 32 * i + 16, tag === 0 ? 0n : 1n, true);
    }
    this.view.setUint32(ready, count, true);
  }

  /* What the program calls by these names; an exception of WasiError becomes its number, all else is well. */
  calls() {
    return {
      args_sizes_get: (count, bytes) => this.putSizes(this.words, count, bytes),
      args_get: (pointers, at) => this.putTexts(this.words, pointers, at),
      environ_sizes_get: (count, bytes) => this.putSizes(this.environment, count, bytes),
      environ_get: (pointers, at) => this.putTexts(this.environment, pointers, at),
      clock_time_get: (clock, precision, to) => {
        const now = clock === 0 ? Date.now() : performance.now();
        this.view.setBigUint64(to, BigInt(Math.round(now * 1e6)), true);
      },
      proc_exit: (status) => { throw new WasiExit(status); },
      poll_oneoff: (from, to, count, ready) => this.poll(from, to, count, ready),
      fd_prestat_get: (number, to) => {
        if (number !== 3) {
          throw new WasiError('badDescriptor');
        }
        this.view.setUint32(to, 0, true);
        this.view.setUint32(to + 4, 1, true);
      },
      fd_prestat_dir_name: (number, to) => this.view.setUint8(to, 0x2f),
      fd_fdstat_get: (number, to) => {
        const { node, isStream, flags } = this.descriptor(number);
        this.slice(to, 24).fill(0);
        this.view.setUint8(to, isStream ? wasiTypes.unknown : node.type);
        this.view.setUint16(to + 2, flags, true);
        this.view.setBigUint64(to + 8, 0xffffffffffffffffn, true);
        this.view.setBigUint64(to + 16, 0xffffffffffffffffn, true);
      },
      fd_fdstat_set_flags: (number, flags) => { this.descriptor(number).flags = flags; },
      fd_filestat_get: (number, to) => {
        const { node, isStream } = this.descriptor(number);
        this.putStatus(to, node, isStream);
      },
      fd_filestat_set_size: (number, size) => this.descriptor(number).node.resize(Number(size)),
      fd_sync: (number) => { this.descriptor(number); },
      fd_close: (number) => {
        this.descriptor(number);
        this.open[number] = undefined;
      },
      fd_renumber: (from, to) => {
        this.open[to] = this.descriptor(from);
        this.open[from] = undefined;
      },
      fd_seek: (number, offset, whence, to) => {
        const file = this.descriptor(number);
        if (file.isStream) {
          throw new WasiError('noSeek');
        }
        file.at = Number(offset) + [0, file.at, file.node.size][whence];
        this.view.setBigUint64(to, BigInt(file.at), true);
      },
      fd_read: (number, list, count, done) => {
        const file = this.descriptor(number);
        file.at += this.read(number, list, count, file.at, done);
      },
      fd_pread: (number, list, count, at, done) => { this.read(number, list, count, Number(at), done); },
      fd_write: (number, list, count, done) => {
        const file = this.descriptor(number);
        file.at = file.flags & 1 ? file.node.size : file.at;
        file.at += this.write(number, list, count, file.at, done);
      },
      fd_pwrite: (number, list, count, at, done) => { this.write(number, list, count, Number(at), done); },
      fd_readdir: (number, to, room, cookie, used) => this.readDirectory(number, to, room, cookie, used),
      path_open: (number, look, path, length, oflags, rights, inherited, flags, to) => {
        this.view.setUint32(to, this.openFile(this.path(number, path, length), oflags, flags), true);
      },
      path_filestat_get: (number, look, path, length, to) =>
        this.putStatus(to, this.tree.find(this.path(number, path, length)), false),
      path_create_directory: (number, path, length) => {
        const place = this.tree.place(this.path(number, path, length));
        if (place.node !== undefined) {
          throw new WasiError('exists');
        }
        place.parent.entries.set(place.name, new WasiDirectory());
      },
      path_remove_directory: (number, path, length) =>
        this.remove(this.path(number, path, length), wasiTypes.directory),
      path_unlink_file: (number, path, length) => this.remove(this.path(number, path, length), wasiTypes.file),
      path_rename: (number, path, length, number2, path2, length2) =>
        this.tree.rename(this.path(number, path, length), this.path(number2, path2, length2)),
      path_link: (number, look, path, length, number2, path2, length2) => {
        const place = this.tree.place(this.path(number2, path2, length2));
        if (place.node !== undefined) {
          throw new WasiError('exists');
        }
        place.parent.entries.set(place.name, this.tree.find(this.path(number, path, length)));
      },
      path_readlink: (number, path, length) => {
        this.tree.find(this.path(number, path, length));
        throw new WasiError('invalid');
      },
    };
  }

  /* src/wasi's own. */
  additions() {
    return {
      dup: (number) => this.open[number] === undefined ? -1 : this.descriptorFor(this.open[number]),
      throw: () => { throw luaError; },
      try: (work, state, self) => {
        const stack = this.stack.value;
        try {
          this.table.get(work)(state, self);
          return 0;
        } catch (error) {
          if (error !== luaError) {
            throw error;
          }
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
        if (error instanceof WasiError) {
          return error.number;
        }
        throw error;
      }
    };
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      if (from === 'wasi_snapshot_preview1') {
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
  const tree = new WasiTree(), directory = environment.PWD ?? '/';
  tree.add(directory, null);
  for (const [path, content] of files instanceof Map ? files : Object.entries(files)) {
    tree.add(path.startsWith('/') ? path : `${directory}/${path}`, content);
  }
  const system = new WasiSystem(['autoscale-sim', ...args], environment, tree);
  const [, output, errors] = system.open;
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

if (typeof module !== 'undefined') {
  module.exports = { compileEngine, execute };
}

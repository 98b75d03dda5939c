// SPDX-License-Identifier: GPL-3.0-or-later
// The program in the page: one worker for what the reader waits for, one for what is reckoned beside it.

/* A worker and the requests that it has not answered. */
class EngineWorker {
  constructor(module, files, kept) {
    this.waiting = new Map();
    this.number = 0;
    const source = new Blob([document.getElementById('worker').textContent], { type: 'text/javascript' });
    const address = URL.createObjectURL(source);
    this.worker = new Worker(address);
    this.ready = new Promise((done, fail) => {
      this.worker.addEventListener('message', ({ data }) => {
        if (data.ready) done();
        else if (data.failed) fail(new Error(data.failed));
        else this.answer(data);
      });
    });
    this.worker.postMessage({ module, files, kept });
  }

  answer(data) {
    const done = this.waiting.get(data.id);
    this.waiting.delete(data.id);
    done(data);
  }

  end() {
    this.worker.terminate();
  }

  send(request) {
    return new Promise((done) => {
      const id = ++this.number;
      this.waiting.set(id, done);
      this.worker.postMessage({ ...request, id });
    });
  }
}

const patience = 5000; // ms that a run may take when another is asked for

/* A request: commands, lists of arguments, each run on the files that the one before has left; or one such list. What
 * the page's scenarios read is there; files: more, as texts. Answers are {status, stdout, stderr, told (these
 * three of each command), files (those wanted, as texts), milliseconds}. */
class Engine {
  constructor(data) {
    this.module = document.getElementById('module').textContent.trim();
    this.data = data;
    this.kept = new Map(); // files that were brought into the page and are too large for its state: bytes
    this.front = this.makeWorker();
    this.back = null;
    this.current = null; // what runs
    this.next = null;
  }

  makeWorker() {
    return new EngineWorker(this.module, this.data.files, this.kept);
  }

  request(one, files, wanted) {
    const commands = Array.isArray(one[0]) ? one : [one];
    return { commands, files: files || {}, wanted: wanted || [], embedded: this.filesOf(commands.flat()) };
  }

  /* A file that all that follows may read. */
  keep(name, bytes) {
    this.kept.set(name, bytes);
    for (const one of [this.front, this.back]) if (one) one.worker.postMessage({ kept: new Map([[name, bytes]]) });
  }

  /* What the page's scenarios among the arguments read, an imported one any, and what was brought in. */
  filesOf(words) {
    const named = this.data.scenarios.filter(({ file }) => words.includes(file)).flatMap(({ file, reads }) => [file, ...reads]);
    return [...(words.includes(importedName) ? Object.keys(this.data.files) : named), ...this.kept.keys()];
  }

  /* Of those that wait the latest is run; the others' answer is null, and that of one that is taking long, as a policy
   * that loops does. */
  run(commands, files, wanted) {
    return new Promise((done) => {
      if (this.current && performance.now() - this.current.begun > patience) this.giveUp();
      if (this.next) this.next.done(null);
      this.next = { request: this.request(commands, files, wanted), done };
      this.proceed();
    });
  }

  async proceed() {
    if (this.current || !this.next) return;
    const { request, done } = this.next, current = { done, begun: performance.now() };
    this.next = null;
    this.current = current;
    const answer = await this.front.send(request);
    if (this.current !== current) return;
    this.current = null;
    done(answer);
    this.proceed();
  }

  giveUp() {
    this.front.end();
    this.current.done(null);
    this.current = null;
    this.front = this.makeWorker();
  }

  /* One after another, in a worker of its own, which is made when it is wanted. */
  background(commands, files, wanted) {
    if (!this.back) this.back = this.makeWorker();
    return this.back.send(this.request(commands, files, wanted));
  }
}

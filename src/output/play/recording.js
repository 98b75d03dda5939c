// SPDX-License-Identifier: GPL-3.0-or-later
// A file dropped on the page, or chosen: the program's own reader says what it is (`trace describe`), and
// its rows become a deployment's traffic. It stays in this page's memory.

const recordingMost = 50e6; // bytes
const recordingLarge = 5e6; // from there on each run takes noticeably longer
const sharedMost = 20e3; // of a file that is part of the address, by gzip

/* Options of a trace as they are written after --set: "time_column=ts", one a line. */
function recordingOptions(text) {
  return text.split('\n').map((line) => line.trim()).filter((line) => line);
}

/* The options that a refusal proposes: "... name the columns: ... --set time_column=when --set ..." */
function proposedOptions(refusal) {
  return [...refusal.matchAll(/--set ([a-z_]+=(?!\.\.\.)[^\s;),]+)/g)].map((match) => match[1]);
}

/* The source that replays it. What the options say has the type they are written in, as --set reads it. */
function recordingSource(name, options, described, lengths) {
  const source = { type: 'trace', file: name };
  for (const option of options) {
    const [, key, text] = option.match(/^([^=]*)=?(.*)$/s);
    try {
      source[key] = JSON.parse(text);
    } catch (error) {
      source[key] = text;
    }
  }
  const open = !described.prompt_tokens && !source.lengths && !source.prompt_tokens;
  return open ? { ...source, ...lengths } : source;
}

/* When the run is: from the log's first row, and a quarter of an hour longer, lest the last start-up and
 * answer lie behind the end. `start` only where rows have dates. */
function recordingSpan(described) {
  const whole = Math.ceil((described.span_s + 900) / 60) * 60;
  return { duration: durationText(whole), ...(described.start ? { start: described.start } : {}) };
}

const megabytes = (bytes) => `${fixed(bytes / 1e6, bytes < 1e7 ? 1 : 0)} MB`;

/* A name that the engine's command line and a scenario can have, and that none of the page's own files has. */
function recordingName(name, taken) {
  const plain = name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[-.]+/, '') || 'log';
  return taken.includes(plain) ? `dropped-${plain}` : plain;
}

/* What `trace describe` found, in a few rows. */
function describedRows(described) {
  const { counts } = described, rows = [['format', described.format],
    ['requests', `${countText(counts.requests)} from ${countText(counts.rows)} rows`],
    ['from', described.start || 'time 0'], ['to', described.end || secondsText(described.span_s)],
    ['span', secondsText(described.span_s)], ['rate', `${valueText('per_s', described.mean_rate_per_s)} on average, ` +
      `${valueText('per_s', Math.max(...described.windows.map((window) => window.peak_rate_per_s)))} at its peak`]];
  const tokens = (of) => `${countText(Math.round(of.mean))} on average, p95 ${countText(of.p95)}`;
  if (described.prompt_tokens) rows.push(['prompt tokens', tokens(described.prompt_tokens)]);
  if (described.output_tokens) rows.push(['output tokens', tokens(described.output_tokens)]);
  const left = ['failed', 'skipped', 'outside'].filter((word) => counts[word] > 0);
  if (left.length) rows.push(['left out', left.map((word) => `${countText(counts[word])} ${word}`).join(', ')]);
  return rows;
}

/* A file as bytes, refused by an error that is told when it is too large to be held. */
async function readRecording(file) {
  if (file.size > recordingMost) {
    throw new Error(`${file.name} has ${megabytes(file.size)}; this page takes ${megabytes(recordingMost)} at most. ` +
      `Larger logs are for the installed program: autoscale-sim run --trace ${file.name}`);
  }
  return new Uint8Array(await file.arrayBuffer());
}

/* The text of what is UTF-8, plain or by gzip, and small enough for an address; null of other files. The reader
 * tells formats by content, so a name in .gz may stay. */
async function sharedText(bytes) {
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (bytes.length > (isPacked ? 1 : 40) * sharedMost) return null;
  try {
    const plain = isPacked ? await streamedBytes(bytes, new DecompressionStream('gzip')) : bytes;
    const packed = plain.length > 40 * sharedMost ? null : await streamedBytes(plain, new CompressionStream('gzip'));
    if (!packed || packed.length > sharedMost) return null;
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain);
  } catch (error) {
    return null; // not UTF-8, or no whole gzip: the program's reader says what is wrong with it
  }
}

class RecordingPlace {
  /* use({name, size, text}, options, described): makes it the traffic. text: null where it is no part of the state. */
  constructor(element, play, use) {
    Object.assign(this, { play, use, held: null });
    this.input = make('input', { type: 'file', hidden: true, 'aria-label': 'A log', on: {
      change: () => this.input.files.length && this.take(this.input.files[0]) } });
    this.place = make('div', { class: 'recording', 'aria-live': 'polite' });
    const choose = make('button', { type: 'button', on: { click: () => this.input.click() } }, 'A log instead…');
    element.append(make('p', {}, choose, ' or drop a file on the page: an access log, a provider’s export, a trace, ' +
      'plain or .gz. It stays in this page.'), this.input, this.place);
  }

  async take(file) {
    this.input.value = '';
    const name = recordingName(file.name, [...Object.keys(this.play.data.files), importedName]);
    try {
      const bytes = await readRecording(file);
      this.held = { name, size: bytes.length, text: await sharedText(bytes) };
      this.play.engine.keep(name, bytes);
      if (this.play.wrong) this.play.run(); // perhaps for want of this file
      await this.describe([]);
    } catch (error) {
      this.place.replaceChildren(make('p', { class: 'error', role: 'alert' }, error.message));
    }
  }

  describeArguments(options) {
    return ['trace', 'describe', this.held.name, ...options.flatMap((option) => ['--set', option])];
  }

  /* The program says what it is, or why it is none. */
  async describe(options) {
    const { name } = this.held;
    this.place.replaceChildren(make('p', {}, `Reading ${name} …`));
    const answer = await this.play.engine.background([...this.describeArguments(options), '--json']);
    if (answer.status === 0) this.showFound(options, JSON.parse(answer.stdout));
    else this.showRefused(options, answer.stderr.trim());
    this.place.scrollIntoView({ block: 'nearest' });
  }

  showFound(options, described) {
    const { name, size, text } = this.held;
    const button = (words, press) => make('button', { type: 'button', on: { click: press } }, words);
    const rows = describedRows(described).map(([title, value]) => make('tr', {}, rowHead(title), cell(value)));
    this.place.replaceChildren(make('h4', {}, name), makeTable('prose', '', [], make('tbody', {}, ...rows)),
      make('p', { class: 'quiet' }, text === null
        ? `Of ${megabytes(size)}: too large for the address of this page, so who opens that has to drop the file again.`
        : 'It will be part of this page’s address.',
      size > recordingLarge ? ' Each run reads it anew, which takes its time.' : '',
      described.prompt_tokens ? '' : ' It has no token counts: requests get lengths as before, an assumption.'),
      make('div', { class: 'tools' }, button('Use it as traffic', () => this.use(this.held, options, described)),
        button('Leave it', () => this.place.replaceChildren())),
      this.allWords(options), this.optionsForm(options, false));
  }

  /* What the terminal would show, when it is wanted. */
  allWords(options) {
    const words = make('pre', { tabindex: '0' }, 'Reading …'), args = this.describeArguments(options);
    const details = make('details', {}, make('summary', {}, 'All that trace describe tells'), words);
    details.addEventListener('toggle', async () => {
      const answer = await this.play.engine.background(args);
      words.textContent = answer.stderr + answer.stdout;
    }, { once: true });
    return details;
  }

  showRefused(options, refusal) {
    const proposed = proposedOptions(refusal);
    this.place.replaceChildren(make('p', { class: 'error', role: 'alert' }, refusal),
      this.optionsForm(options.length || !proposed.length ? options : proposed, true));
  }

  /* What cannot be told from the file: columns, units, rows to keep. */
  optionsForm(options, isOpen) {
    const text = make('textarea', { rows: 3, spellcheck: 'false', 'aria-label': 'Options of the trace, one a line' });
    text.value = options.join('\n');
    return make('details', { open: isOpen }, make('summary', {}, 'How it is to be read'),
      make('p', { class: 'quiet' },
        'Options of a trace, one a line, such as time_column=ts, filter=status=2xx, format=nginx.'),
      text, make('div', { class: 'tools' }, make('button', { type: 'button',
        on: { click: () => this.describe(recordingOptions(text.value)) } }, 'Read it so')));
  }
}

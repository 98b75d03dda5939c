// SPDX-License-Identifier: GPL-3.0-or-later
// A run as it was at any instant, from its files alone: who was where (requests.csv and refusals.csv), what the
// replicas did and what was decided (events.csv). No element of a page in it. Times are seconds of the run.
//
// A request's life is a row of stages, one behind the other: it is away (its client waits before it sends again),
// waits at the gateway, in a replica's queue, has its prompt computed, decodes. What its files do not tell stays out:
// of a connection that broke, and was sent again, the time at the replica counts as decoding.

const stageNames = ['away', 'gateway', 'queue', 'prefill', 'decode'];
const [AWAY, GATEWAY, QUEUE, PREFILL, DECODE] = stageNames.keys();

const bootingStates = ['pending_scheduling', 'downloading_model', 'initializing', 'ready'];

/* Tables ----------------------------------------------------------------------------------------- */

/* Reads a CSV text field by field. */
class CsvScanner {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  get isOver() {
    return this.at >= this.text.length;
  }

  /* The next field of the line; `at` is then on the comma or the end of the line. */
  field() {
    const { text } = this, from = this.at;
    if (text.charCodeAt(from) !== 34) {
      this.skip();
      return text.slice(from, this.at);
    }
    this.skip();
    return text.slice(from + 1, this.at - 1).replaceAll('""', '"');
  }

  skip() {
    const { text } = this;
    if (text.charCodeAt(this.at) === 34) {
      do this.at = text.indexOf('"', this.at + 1) + 1; while (text.charCodeAt(this.at) === 34);
      return;
    }
    for (let code = text.charCodeAt(this.at); code !== 44 && code !== 10 && code !== 13 && this.at < text.length;) {
      code = text.charCodeAt(this.at += 1);
    }
  }

  /* A number without a copy of its text; of 15 digits at most it is the nearest double: one division, once rounded. */
  number() {
    const { text } = this, from = this.at;
    let digits = 0, scale = 0, value = 0, at = from;
    for (let code = text.charCodeAt(at); ; code = text.charCodeAt(at += 1)) {
      if (code >= 48 && code <= 57) {
        value = value * 10 + code - 48;
        digits += 1;
        scale *= 10;
      } else if (code === 46 && scale === 0) scale = 1;
      else break;
    }
    this.at = at;
    const code = text.charCodeAt(at), ends = code === 44 || code === 10 || code === 13 || at >= text.length;
    if (ends && digits <= 15) return digits === 0 ? NaN : value / (scale || 1);
    this.skip();
    return Number(text.slice(from, this.at));
  }

  /* Past a comma: true; past the end of a line: false. */
  goesOn() {
    const code = this.text.charCodeAt(this.at);
    this.at += code === 13 ? 2 : 1;
    return code === 44;
  }
}

/* The named columns of a CSV text by name: of `numbers` a Float64Array each (empty: NaN), of `texts` an array. With
 * `only`, [column, text], the rows that have that text there. */
function readColumns(text, numbers, texts, only = null) {
  const scanner = new CsvScanner(text), head = [], columns = {};
  do head.push(scanner.field()); while (scanner.goesOn());
  let most = 0, row = 0;
  for (let at = scanner.at; at >= 0 && at < text.length; at = text.indexOf('\n', at) + 1 || text.length) most += 1;
  for (const name of numbers) columns[name] = new Float64Array(most);
  for (const name of texts) columns[name] = [];
  const sinks = head.map((name) => columns[name] || null), isText = head.map((name) => texts.includes(name));
  const decides = only ? head.indexOf(only[0]) : -1;
  while (!scanner.isOver) {
    let column = 0, counts = true;
    do {
      if (column === decides) counts = scanner.field() === only[1];
      else if (sinks[column] === null || !counts) scanner.skip();
      else sinks[column][row] = isText[column] ? scanner.field() : scanner.number();
      column += 1;
    } while (scanner.goesOn());
    if (counts) row += 1;
  }
  for (const name of numbers) columns[name] = columns[name].subarray(0, row);
  for (const name of texts) columns[name].length = row;
  return columns;
}

/* How many of ascending values are at most `limit`. */
function upTo(values, limit) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* Replicas and decisions --------------------------------------------------------------------------- */

/* Each replica: number, lane (a place of its own while it is there), changes: [instant, state], from, serves
 * (Infinity: never), until (Infinity: there at the end). */
function replicasOf(events) {
  const replicas = new Map();
  events.event.forEach((event, row) => {
    if (event !== 'replica') return;
    const number = events.replica[row], time = events.time_s[row], state = events.to[row];
    if (events.from[row] === '') {
      replicas.set(number, { number, changes: [], from: time, serves: Infinity, until: Infinity });
    }
    const replica = replicas.get(number);
    replica.changes.push([time, state]);
    if (state === 'serving') replica.serves = Math.min(replica.serves, time);
    if (state === 'gone') replica.until = time;
  });
  const busy = [], all = [...replicas.values()];
  for (const replica of all) replica.lane = takePlace(busy, replica.from, replica.until);
  return all;
}

/* The state of a replica at an instant, since when and until when; null when it is not there. */
function replicaAt(replica, time) {
  if (time < replica.from || time >= replica.until) return null;
  let at = replica.changes.length - 1;
  while (replica.changes[at][0] > time) at -= 1;
  const next = replica.changes[at + 1];
  return { state: replica.changes[at][1], since: replica.changes[at][0], until: next ? next[0] : Infinity };
}

/* The lowest place that is free at `from`, taken until `until`; -1 where there are more than are ever drawn. */
function takePlace(busy, from, until) {
  for (let place = 0; place < 2048; place += 1) {
    if (!(busy[place] > from)) {
      busy[place] = until;
      return place;
    }
  }
  return -1;
}

/* The course of a run --------------------------------------------------------------------------------- */

/* Everything that is known of one deployment of a run. files: the texts of requests.csv, refusals.csv and events.csv;
 * deployment: its name; scenario: as run (scenario.json). */
function courseOf(files, deployment, scenario) {
  const only = ['deployment', deployment];
  const requests = readColumns(files['requests.csv'], ['request', 'source', 'first_send_s', 'last_send_s', 'admitted_s',
    'first_token_s', 'ended_s', 'prompt_tokens', 'output_tokens', 'cached_tokens', 'sends', 'replica'], ['outcome'], only);
  const refusals = readColumns(files['refusals.csv'], ['time_s', 'request', 'sent_s', 'again_s', 'replica'],
    ['answer'], only);
  const events = readColumns(files['events.csv'], ['time_s', 'replica'], ['event', 'from', 'to'], only);
  const config = scenario.deployments[deployment];
  const { kv_capacity_tokens: capacity, kv_block_tokens: block, max_batched_tokens: chunk } = config.profile;
  const course = { deployment, config, count: requests.request.length, refusals, events, replicas: replicasOf(events),
    capacity, block, chunk, common: config.traffic.map((source) => source.system_prompt_tokens || 0) };
  course.byNumber = new Map(course.replicas.map((replica) => [replica.number, replica]));
  course.lanes = course.replicas.reduce((most, { lane }) => Math.max(most, lane + 1), 0);
  takeRequests(course, requests, durationSeconds(config.profile.request_overhead));
  takeStages(course);
  takePlaces(course);
  takeCounts(course);
  return course;
}

/* In order of their first sends. `left`: when a request left the gateway or its replica for the last time, which is
 * before its user sees the end; Infinity of one that was cut at the run's end. */
function takeRequests(course, requests, overhead) {
  const order = Uint32Array.from(requests.request.keys())
    .sort((a, b) => requests.first_send_s[a] - requests.first_send_s[b] || requests.request[a] - requests.request[b]);
  const of = (name) => {
    const column = requests[name], values = new Float64Array(order.length);
    for (let i = 0; i < order.length; i += 1) values[i] = column[order[i]];
    return values;
  };
  Object.assign(course, { id: of('request'), source: of('source'), first: of('first_send_s'), last: of('last_send_s'),
    admitted: of('admitted_s'), token: of('first_token_s'), ended: of('ended_s'), prompt: of('prompt_tokens'),
    output: of('output_tokens'), cached: of('cached_tokens'), sends: of('sends'), replica: of('replica'),
    outcome: [...order].map((row) => requests.outcome[row]) });
  course.left = course.ended.map((ended, i) => (Number.isNaN(ended) ? Infinity
    : course.outcome[i] === 'completed' ? ended - overhead : ended));
  course.indexOf = new Map();
  course.id.forEach((id, i) => course.indexOf.set(id, i));
}

/* The stages of all requests in flat arrays; those of request i are stageStart[i] .. stageStart[i + 1] - 1. */
function takeStages(course) {
  const { refusals } = course;
  const refused = Array.from({ length: course.count }, () => null);
  refusals.request.forEach((id, row) => {
    const i = course.indexOf.get(id);
    if (i !== undefined) (refused[i] = refused[i] || []).push(row);
  });
  const kinds = [], from = [], to = [], replica = [], start = new Uint32Array(course.count + 1);
  const add = (kind, begin, end, number) => {
    if (!(end > begin)) return;
    kinds.push(kind);
    from.push(begin);
    to.push(end);
    replica.push(number || 0);
  };
  for (let i = 0; i < course.count; i += 1) {
    start[i] = kinds.length;
    let isOver = false;
    for (const row of refused[i] || []) {
      const again = refusals.again_s[row], number = refusals.replica[row];
      isOver = Number.isNaN(again);
      addSend(course, add, i, refusals.sent_s[row], refusals.time_s[row], number, isOver);
      if (!isOver) add(AWAY, refusals.time_s[row], again, 0);
    }
    if (!isOver) addSend(course, add, i, course.last[i], course.left[i], course.replica[i], true);
  }
  start[course.count] = kinds.length;
  Object.assign(course, { refused, stageStart: start, kind: Uint8Array.from(kinds), from: Float64Array.from(from),
    to: Float64Array.from(to), at: Uint32Array.from(replica) });
}

/* One send from `sent` to `end`: at the gateway until its replica serves, or all the time; then at the replica, with
 * the instants of its row if it is the last one that a replica took. */
function addSend(course, add, i, sent, end, number, isLast) {
  const replica = course.byNumber.get(number);
  if (!replica || replica.until <= sent) {
    add(GATEWAY, sent, end, 0);
    return;
  }
  const handed = Math.max(sent, Math.min(replica.serves, end));
  add(GATEWAY, sent, handed, 0);
  const { admitted, token } = course;
  if (!isLast) {
    add(DECODE, handed, end, number);
    return;
  }
  const begins = admitted[i] >= handed ? Math.min(admitted[i], end) : end;
  const decodes = token[i] >= begins ? Math.min(token[i], end) : end;
  add(QUEUE, handed, begins, number);
  add(PREFILL, begins, decodes, number);
  add(DECODE, decodes, end, number);
}

/* A place of its own for each request while its client waits (awayPlace), and while it is in a batch (batchPlace). */
function takePlaces(course) {
  const { count, stageStart, kind, from, to, at } = course;
  const spans = { away: [], batch: [] };
  course.awayPlace = new Int16Array(count).fill(-1);
  course.batchPlace = new Int16Array(count).fill(-1);
  for (let i = 0; i < count; i += 1) {
    let away = null, batch = null;
    for (let s = stageStart[i]; s < stageStart[i + 1]; s += 1) {
      if (kind[s] === AWAY) away = [i, away ? away[1] : from[s], to[s], 0];
      if (kind[s] >= PREFILL) batch = [i, batch && batch[3] === at[s] ? batch[1] : from[s], to[s], at[s]];
    }
    if (away) spans.away.push(away);
    if (batch) spans.batch.push(batch);
  }
  course.most = { away: placeSpans(spans.away, course.awayPlace), batch: placeSpans(spans.batch, course.batchPlace) };
}

/* Returns how many places were needed. */
function placeSpans(spans, places) {
  const busy = new Map();
  let most = 0;
  spans.sort((a, b) => a[1] - b[1]);
  for (const [i, from, to, number] of spans) {
    if (!busy.has(number)) busy.set(number, []);
    places[i] = takePlace(busy.get(number), from, to);
    most = Math.max(most, places[i] + 1);
  }
  return most;
}

/* Beginnings and ends of each stage in order, so that a count at an instant is two searches; and, by stretches of
 * time, which request is the oldest that is not over, so that the present ones are found without looking at all. */
function takeCounts(course) {
  const { count, first, left, kind, from, to } = course;
  course.begins = stageNames.map(() => []);
  course.ends = stageNames.map(() => []);
  kind.forEach((one, s) => {
    course.begins[one].push(from[s]);
    course.ends[one].push(to[s]);
  });
  for (const side of ['begins', 'ends']) course[side] = course[side].map((times) => Float64Array.from(times).sort());
  const again = course.refusals.again_s.filter((time) => time >= 0);
  course.sendTimes = Float64Array.from([...course.first, ...again]).sort();
  course.refusalTimes = course.refusals.time_s.filter((time, row) => course.refusals.answer[row] !== 'broken').sort();
  course.completedTimes = Float64Array.from(left.filter((time, i) => course.outcome[i] === 'completed')).sort();
  course.targets = targetsOf(course.events);
  course.changeTimes = course.events.time_s.filter((time, row) => course.events.from[row] !== course.events.to[row]);
  const over = left.reduce((most, time) => (time < Infinity ? Math.max(most, time) : most), 1);
  course.end = Math.max(over, count ? first[count - 1] : 0, ...course.events.time_s.slice(-1));
  course.stretch = course.end / 1024;
  course.oldest = new Uint32Array(1026).fill(count);
  for (let i = count - 1; i >= 0; i -= 1) {
    const over = Math.min(1025, left[i] < Infinity ? Math.floor(left[i] / course.stretch) : 1025);
    for (let b = Math.min(1025, Math.floor(first[i] / course.stretch)); b <= over; b += 1) course.oldest[b] = i;
  }
}

/* [instant, target] of each decision that set one. */
function targetsOf(events) {
  const targets = [];
  events.event.forEach((event, row) => {
    if (event === 'decision') targets.push([events.time_s[row], Number(events.to[row])]);
  });
  return targets;
}

/* An instant ------------------------------------------------------------------------------------------ */

/* Calls `visit` with each request that is in the system within [from, to]. */
function eachPresent(course, from, to, visit) {
  const { first, left } = course, most = upTo(first, to);
  for (let i = course.oldest[Math.max(0, Math.min(1025, Math.floor(from / course.stretch)))]; i < most; i += 1) {
    if (left[i] >= from) visit(i);
  }
}

/* The stage of a request at an instant, as an index of the flat arrays; -1: it has not come, or is over. */
function stageAt(course, i, time) {
  if (time < course.first[i] || time >= course.left[i]) return -1;
  let s = course.stageStart[i];
  while (s < course.stageStart[i + 1] - 1 && course.to[s] <= time) s += 1;
  return s < course.stageStart[i + 1] && course.from[s] <= time && time < course.to[s] ? s : -1;
}

/* Tokens that a request in a batch holds in the KV cache, whole blocks: its prompt by chunks, evenly from its admission
 * to its first token, and then each token that it has made, evenly until its last one. */
function kvTokens(course, i, s, time) {
  const { kind, from, to, prompt, output, cached, token, left, block, chunk } = course;
  let held;
  if (kind[s] === PREFILL) {
    const known = cached[i] || 0, rest = prompt[i] - known, done = rest * (time - from[s]) / (to[s] - from[s]);
    held = known + Math.min(rest, (Math.floor(done / chunk) + 1) * chunk);
  } else {
    const begins = token[i] >= from[s] ? token[i] : from[s], ends = left[i];
    const share = course.outcome[i] === 'completed' && ends > begins ? (time - begins) / (ends - begins) : 0;
    held = prompt[i] + (output[i] - 1) * share;
  }
  return Math.ceil(held / block) * block;
}

/* How many requests are in each stage, by stageNames; requests that a run counts as in flight are all of these. */
function countsAt(course, time) {
  return course.begins.map((begins, kind) => upTo(begins, time) - upTo(course.ends[kind], time));
}

/* The world at an instant: counts by stage, the target, and of each replica that is there its state, requests queued
 * and in its batch, and its share of KV memory in use, where what all conversations of a source begin with is held
 * once. */
function worldAt(course, time) {
  const here = new Map();
  for (const replica of course.replicas) {
    const now = replicaAt(replica, time);
    if (now) here.set(replica.number, { replica, ...now, queued: 0, running: 0, kv: 0, seen: new Set() });
  }
  eachPresent(course, time, time, (i) => {
    const s = stageAt(course, i, time), one = s < 0 ? null : here.get(course.at[s]);
    if (!one) return;
    if (course.kind[s] === QUEUE) one.queued += 1;
    else {
      const common = course.common[course.source[i]];
      one.running += 1;
      one.kv += kvTokens(course, i, s, time) - (common && one.seen.has(course.source[i]) ? common : 0);
      one.seen.add(course.source[i]);
    }
  });
  for (const one of here.values()) one.kv = Math.min(1, one.kv / course.capacity);
  const decided = course.targets.filter(([at]) => at <= time).pop();
  const counts = countsAt(course, time), replicas = [...here.values()];
  const inState = (test) => replicas.filter(({ state }) => test(state)).length;
  return { time, counts, replicas, target: decided ? decided[1] : null,
    serving: inState((state) => state === 'serving'), draining: inState((state) => state === 'draining'),
    booting: inState((state) => bootingStates.includes(state)) };
}

/* What happens next, for who skips quiet stretches: the first send, replica's change or change of the target after an
 * instant; Infinity: nothing. */
function nextHappening(course, time) {
  const next = (times) => (upTo(times, time) < times.length ? times[upTo(times, time)] : Infinity);
  return Math.min(next(course.sendTimes), next(course.changeTimes));
}

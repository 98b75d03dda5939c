// SPDX-License-Identifier: GPL-3.0-or-later
// Where everything of a played run stands and how it is painted. Lengths are CSS pixels; no state of its own but what
// a frame needs.
//
// A request moves to where it is due: it is at the gateway's face at the instant of a send that is refused or held, in
// its replica from the instant that this has it. It sets out for there `flight` seconds (of the run) before, and its
// answer takes as long back.

/* Words of states, which are names of colours too. */
const replicaWords = { pending_scheduling: 'pending', downloading_model: 'downloading', initializing: 'initializing',
  ready: 'ready', serving: 'serving', draining: 'draining' };

const shortWords = { pending_scheduling: 'pend', downloading_model: 'load', initializing: 'init', ready: 'ready' };

/* How a dot looks: colour, and whether it is a ring. */
const dotLooks = { sent: ['c1'], away: ['c4', 'ring'], refused: ['c4'], held: ['c2'], queue: ['c2'], prefill: ['c1'],
  decode: ['c3'], answer: ['c3'], lost: ['c6', 'ring'] };
const restingLooks = ['away', 'held', 'queue', 'prefill', 'decode'];

const stripFont = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

/* Places ------------------------------------------------------------------------------------------- */

const insetRect = ({ x, y, w, h }, left, top, right, bottom) =>
  ({ x: x + left, y: y + top, w: w - left - right, h: h - top - bottom });

/* Columns and rows for so many boxes, as near to twice as wide as high as the room allows. */
function boxGridOf(count, w, h) {
  let best = null;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns), size = Math.min(w / columns / 2, h / rows);
    if (!best || size > best.size) best = { columns, rows, size };
  }
  return best;
}

/* The widest step at which so many places fit into an area. */
function pitchOf(area, places, least, most) {
  let pitch = most;
  while (pitch > least && Math.floor(area.w / pitch) * Math.floor(area.h / pitch) < places) pitch -= 0.5;
  return pitch;
}

/* The scene for a width: clients, gateway and a box for each replica that is ever there beside others. */
function sceneOf(width, course) {
  const tall = width < 620, lanes = Math.max(1, course.lanes), scene = { width, tall };
  if (tall) {
    const rows = lanes <= 2 ? lanes : Math.ceil(lanes / 2);
    const high = Math.min(560, rows * 104);
    Object.assign(scene, { clients: { x: 8, y: 30, w: width - 16, h: 84 },
      gateway: { x: 8, y: 158, w: width - 16, h: 46 },
      area: { x: 8, y: 248, w: width - 16, h: high }, height: 258 + high });
  } else {
    const high = lanes <= 2 ? 190 : lanes <= 6 ? 300 : 380;
    const left = Math.round(width * 0.18), gap = Math.max(92, Math.round(width * 0.08));
    Object.assign(scene, { clients: { x: 8, y: 34, w: left, h: high },
      gateway: { x: 8 + left + gap, y: 34, w: 74, h: high },
      area: { x: 82 + left + 2 * gap, y: 34, w: width - 90 - left - 2 * gap, h: high }, height: high + 44 });
  }
  const grid = tall && lanes <= 2 ? { columns: 1, rows: lanes } : boxGridOf(lanes, scene.area.w, scene.area.h);
  const w = scene.area.w / grid.columns, h = Math.min(scene.area.h / grid.rows, 190);
  scene.boxes = Array.from({ length: lanes }, (_, lane) => boxOf({ x: scene.area.x + (lane % grid.columns) * w,
    y: scene.area.y + Math.floor(lane / grid.columns) * h, w: w - 6, h: h - 6 }, course));
  scene.away = insetRect(scene.clients, 8, 30, 8, 6);
  scene.awayPitch = pitchOf(scene.away, course.most.away, 5, 17);
  scene.hold = tall ? insetRect(scene.gateway, 96, 6, 6, 6) : insetRect(scene.gateway, 6, 54, 6, 6);
  return scene;
}

/* A replica's box: where its title, queue, batch and KV bar are; without details where it is small. */
function boxOf(rect, course) {
  const detailed = rect.w >= 120 && rect.h >= 74, box = { ...rect, detailed };
  if (!detailed) {
    box.batch = insetRect(rect, 2, 2, 2, 2);
    box.queue = { ...box.batch, w: 0 };
    box.pitch = 0;
    return box;
  }
  const inner = insetRect(rect, 8, 24, 8, 22), queueWidth = Math.max(24, Math.round(inner.w * 0.2));
  box.queue = { ...inner, w: queueWidth };
  box.batch = insetRect(inner, queueWidth + 10, 0, 0, 0);
  box.pitch = pitchOf(box.batch, course.most.batch, 4, 17);
  box.kv = { x: inner.x, y: rect.y + rect.h - 15, w: inner.w - 56, h: 8 };
  return box;
}

/* The centre of a place in an area, filled row by row; null where it has no room. */
function pointIn(area, place, pitch) {
  const columns = Math.floor(area.w / pitch);
  if (place < 0 || columns < 1 || place >= columns * Math.floor(area.h / pitch)) return null;
  return { x: area.x + (place % columns + 0.5) * pitch, y: area.y + (Math.floor(place / columns) + 0.5) * pitch };
}

const holdPitch = 10, queuePitch = (pitch) => Math.min(10, Math.max(5, pitch));
const roomIn = (area, pitch) => Math.max(0, Math.floor(area.w / pitch) * Math.floor(area.h / pitch));
const middleOfRect = ({ x, y, w, h }) => ({ x: x + w / 2, y: y + h / 2 });

/* Spread evenly by the request's number, so that those of one instant do not hide each other; not where rates are
 * told. */
const spreadOf = ({ tall }, course, i) => 0.06 + (tall ? 0.88 : 0.68) * ((course.id[i] * 0.6180339887) % 1);

/* Where the clients are left and come back to, and the gateway's face, at which sends are answered. */
function edgeOf({ clients, tall }, spread) {
  return tall ? { x: clients.x + clients.w * spread, y: clients.y + clients.h }
    : { x: clients.x + clients.w, y: clients.y + clients.h * spread };
}

function faceOf({ gateway, tall }, spread) {
  return tall ? { x: gateway.x + gateway.w * spread, y: gateway.y }
    : { x: gateway.x, y: gateway.y + gateway.h * spread };
}

/* Where a request rests in a stage; `ranks`: its place in a queue, by request; without it: the head. */
function restOf(scene, course, i, s, ranks) {
  const kind = course.kind[s];
  if (kind === AWAY) return pointIn(scene.away, course.awayPlace[i], scene.awayPitch);
  if (kind === GATEWAY) return pointIn(scene.hold, ranks ? ranks.get(i) || 0 : 0, holdPitch);
  const replica = course.byNumber.get(course.at[s]), box = scene.boxes[replica ? replica.lane : -1];
  if (!box) return null;
  if (!box.detailed) return middleOfRect(box);
  if (kind === QUEUE) return pointIn(box.queue, ranks ? ranks.get(i) || 0 : 0, queuePitch(box.pitch));
  return pointIn(box.batch, course.batchPlace[i], box.pitch);
}

const pointBetween = (a, b, share) => ({ x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share });

/* From one point to another by way of a third, at a steady pace. */
function pointThrough(a, by, b, share) {
  const first = Math.hypot(by.x - a.x, by.y - a.y), second = Math.hypot(b.x - by.x, b.y - by.y);
  const way = share * (first + second);
  return way < first ? pointBetween(a, by, way / (first || 1)) : pointBetween(by, b, (way - first) / (second || 1));
}

/* Where a request is at an instant, and how it looks: {x, y, look, moving, told: a number in a small box stands for
 * it}; null: nowhere to be seen. */
function dotAt(scene, course, i, time, flight, ranks) {
  const begin = course.stageStart[i], end = course.stageStart[i + 1], spread = spreadOf(scene, course, i);
  const s = stageAt(course, i, time);
  if (time < course.first[i]) {
    const stage = begin < end && course.from[begin] === course.first[i] ? begin : -1;
    return arriving(scene, course, i, { time, flight, spread, from: edgeOf(scene, spread), at: course.first[i], stage });
  }
  if (s < 0) return leaving(scene, course, i, { time, flight, spread, last: end > begin ? end - 1 : -1 });
  const kind = course.kind[s], place = restOf(scene, course, i, s, ranks), rest = place || middleOfRect(scene.away);
  if (!place && kind !== AWAY) return null;
  const settle = Math.min(flight, (course.to[s] - course.from[s]) / 2), since = time - course.from[s];
  if (kind === AWAY && course.to[s] - time < settle) {
    const next = s + 1 < end && course.from[s + 1] === course.to[s] ? s + 1 : -1;
    return arriving(scene, course, i, { time, flight: settle, spread, from: rest, at: course.to[s], stage: next,
      look: 'refused' });
  }
  const from = since < settle ? settlesFrom(scene, course, i, s, spread) : null;
  if (!place && !from) return null;
  const point = from ? pointBetween(from, rest, since / settle) : rest;
  const box = kind >= QUEUE ? scene.boxes[course.byNumber.get(course.at[s]).lane] : null;
  return { ...point, look: from && kind === AWAY ? 'refused' : restingLooks[kind], moving: Boolean(from),
    told: !from && box !== null && !box.detailed };
}

/* Where a request comes from as a stage begins; null: it is there already. */
function settlesFrom(scene, course, i, s, spread) {
  const before = s > course.stageStart[i] ? s - 1 : -1, kind = course.kind[s];
  if (kind === AWAY) {
    return before >= 0 && course.kind[before] !== AWAY ? restOf(scene, course, i, before) : faceOf(scene, spread);
  }
  if (kind === GATEWAY) return faceOf(scene, spread);
  if (before >= 0 && (course.kind[before] === GATEWAY || (course.kind[before] === QUEUE && kind === PREFILL))) {
    return restOf(scene, course, i, before);
  }
  return null;
}

/* On its way to a send at `at`: to the gateway's face, where it is refused or held, or through it to its replica. */
function arriving(scene, course, i, { time, flight, spread, from, at, stage, look = 'sent' }) {
  if (!(at - time < flight)) return null;
  const share = 1 - (at - time) / flight, face = faceOf(scene, spread);
  const isServed = stage >= 0 && course.kind[stage] >= QUEUE, rest = isServed ? restOf(scene, course, i, stage) : null;
  return { ...(rest ? pointThrough(from, face, rest, share) : pointBetween(from, face, share)), look, moving: true };
}

/* On its way back when all is over: with its answer from the replica, or without one. */
function leaving(scene, course, i, { time, flight, spread, last }) {
  const over = course.left[i];
  if (!(time - over < flight)) return null;
  const kind = last >= 0 && course.to[last] === over ? course.kind[last] : AWAY;
  const face = faceOf(scene, spread), from = kind === AWAY ? face : restOf(scene, course, i, last) || face;
  const point = pointThrough(from, face, edgeOf(scene, spread), (time - over) / flight);
  return { ...point, look: course.outcome[i] === 'completed' ? 'answer' : 'lost', moving: true };
}

/* Painting ------------------------------------------------------------------------------------------ */

/* All that a frame shows: dots by look, of the moving ones each `every`th, and how many were left out of each area.
 * `followed`: the index of a request that is always there; -1: none. */
function dotsOf(scene, course, time, flight, followed) {
  const moving = 2 * (upTo(course.sendTimes, time + flight) - upTo(course.sendTimes, time - flight));
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find((k) => moving / k <= 400) || 10000;
  const byLook = () => new Map(Object.keys(dotLooks).map((look) => [look, []]));
  const dots = { every, moving: byLook(), resting: byLook(), followed: null, hit: [] };
  const present = [], ranks = new Map(), lengths = new Map();
  eachPresent(course, time - flight, time + flight, (i) => {
    const s = stageAt(course, i, time);
    if (s < 0 && every > 1 && i !== followed && course.id[i] % every !== 0) return;
    present.push(i);
    if (s < 0 || (course.kind[s] !== QUEUE && course.kind[s] !== GATEWAY)) return;
    const length = lengths.get(course.at[s]) || 0;
    ranks.set(i, length);
    lengths.set(course.at[s], length + 1);
  });
  for (const i of present) {
    const dot = dotAt(scene, course, i, time, flight, ranks);
    if (!dot || (dot.told && i !== followed)) continue;
    if (i === followed) dots.followed = dot;
    else if (dot.moving && every > 1 && course.id[i] % every !== 0) continue;
    (dot.moving ? dots.moving : dots.resting).get(dot.look).push(dot);
    dots.hit.push([dot, i]);
  }
  return dots;
}

/* Of dots that rest, so that neighbours do not touch. */
function radiiOf({ boxes, awayPitch }) {
  const { pitch } = boxes[0], fits = (step) => Math.min(4.2, step * 0.42);
  const batch = fits(pitch || 8);
  return { away: fits(awayPitch), held: fits(holdPitch), queue: fits(queuePitch(pitch)), prefill: batch, decode: batch };
}

class StripPainter {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.readColours();
  }

  readColours() {
    const names = ['card', 'ink', 'quiet', 'rule', 'grid', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6',
      ...Object.values(replicaWords)];
    this.colours = Object.fromEntries(names.map((name) => [name, colour(name)]));
  }

  resize(scene) {
    const ratio = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: Math.round(scene.width * ratio), height: Math.round(scene.height * ratio) });
    Object.assign(this.canvas.style, { width: `${scene.width}px`, height: `${scene.height}px` });
    this.ratio = ratio;
  }

  text(words, x, y, { name = 'quiet', bold = false, align = 'left', most } = {}) {
    const { context } = this;
    context.font = bold ? `600 ${stripFont}` : stripFont;
    context.fillStyle = this.colours[name];
    context.textAlign = align;
    context.fillText(words, x, y, most);
  }

  panel({ x, y, w, h }, { fill = 'card', stroke = null, dash = [], radius = 7 } = {}) {
    const { context } = this;
    context.beginPath();
    context.roundRect(x, y, w, h, Math.min(radius, w / 2, h / 2));
    if (fill) {
      context.fillStyle = this.colours[fill];
      context.fill();
    }
    if (stroke) {
      context.strokeStyle = this.colours[stroke];
      context.setLineDash(dash);
      context.lineWidth = 1.5;
      context.stroke();
      context.setLineDash([]);
    }
  }

  /* world: worldAt(); rates: {sends, refusals, answers} per second; dots: dotsOf(); name: of the one that is
   * followed */
  paint(scene, course, world, rates, dots, name) {
    const { context } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, scene.width, scene.height);
    this.paintWays(scene, rates);
    this.paintClients(scene, world);
    this.paintGateway(scene, world);
    this.radii = radiiOf(scene);
    const behind = scene.boxes.length > 1 || dots.every > 1; // else they would seem to be in boxes that they only pass
    if (behind) this.paintAll(dots.moving);
    this.paintReplicas(scene, course, world);
    this.paintAll(dots.resting);
    if (!behind) this.paintAll(dots.moving);
    if (dots.followed) this.paintFollowed(dots.followed, name);
    if (dots.every > 1) {
      this.text(`one in ${dots.every} of the moving dots is drawn`, scene.width - 8, 14, { align: 'right' });
    }
  }

  paintAll(looks) {
    for (const [look, points] of looks) this.paintDots(points, dotLooks[look], look);
  }

  paintWays(scene, rates) {
    const { clients, gateway, area, tall } = scene, { context } = this;
    const one = faceOf(scene, 0.5), two = edgeOf(scene, 0.5);
    const middle = middleOfRect(gateway);
    const three = tall ? { ...middle, y: gateway.y + gateway.h } : { ...middle, x: gateway.x + gateway.w };
    const four = tall ? { x: area.x + area.w / 2, y: area.y - 18 } : { x: area.x, y: area.y + area.h / 2 };
    context.strokeStyle = this.colours.grid;
    context.lineWidth = Math.min(26, 3 + 4 * Math.log2(1 + rates.sends));
    for (const [from, to] of [[two, one], [three, four]]) {
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
      context.stroke();
    }
    const said = [[rates.refusals, 'refused', 'c4'], [rates.answers, 'answered', 'c3'], [rates.sends, 'sent', 'quiet']];
    said.filter(([rate]) => rate > 0).forEach(([rate, words, name], line) => {
      const text = `${plainText(numberText(rate))}/s ${words}`;
      if (tall) this.text(text, clients.x + 2 + line * (scene.width - 20) / 3, clients.y + clients.h + 26, { name });
      else {
        this.text(text, (two.x + one.x) / 2, clients.y + clients.h - 6 - line * 16,
          { name, align: 'center', most: one.x - two.x - 4 });
      }
    });
  }

  paintClients(scene, world) {
    const { clients } = scene, waiting = world.counts[AWAY], room = roomIn(scene.away, scene.awayPitch);
    this.panel(clients);
    this.text('Clients', clients.x, clients.y - 8, { name: 'ink', bold: true });
    const more = waiting > room ? ` (${countText(waiting - room)} not drawn)` : '';
    const words = `${countText(waiting)} wait${waiting === 1 ? 's' : ''} to send again${more}`;
    this.text(waiting ? words : 'nobody waits to send again', clients.x + 8, clients.y + 18,
      { name: waiting ? 'c4' : 'quiet', most: clients.w - 16 });
  }

  paintGateway(scene, world) {
    const { gateway, tall } = scene, opens = world.serving > 0, held = world.counts[GATEWAY];
    const refuses = !opens && held === 0;
    this.panel(gateway, { stroke: opens ? 'c3' : refuses ? 'c4' : 'c2' });
    if (!opens) {
      const { context } = this, from = faceOf(scene, 0), to = faceOf(scene, 1);
      context.strokeStyle = this.colours[refuses ? 'c4' : 'c2'];
      context.lineWidth = 5;
      context.beginPath();
      context.moveTo(from.x + (tall ? 7 : 0), from.y + (tall ? 0 : 7));
      context.lineTo(to.x - (tall ? 7 : 0), to.y - (tall ? 0 : 7));
      context.stroke();
    }
    const words = opens ? ['open'] : this.holds || held ? ['holds', countText(held)] : ['answers', '503'];
    if (tall) {
      this.text('Gateway', gateway.x + 10, gateway.y + 19, { name: 'ink', bold: true });
      this.text(words.join(' '), gateway.x + 10, gateway.y + 36, { name: opens ? 'c3' : refuses ? 'c4' : 'c2' });
      return;
    }
    this.text('Gateway', gateway.x, gateway.y - 8, { name: 'ink', bold: true });
    words.forEach((word, line) => this.text(word, gateway.x + gateway.w / 2, gateway.y + 20 + 16 * line,
      { name: opens ? 'c3' : refuses ? 'c4' : 'c2', align: 'center' }));
  }

  paintReplicas(scene, course, world) {
    const { area } = scene, parts = ['serving', 'booting', 'draining'].filter((name) => world[name] > 0)
      .map((name) => `${countText(world[name])} ${name}`);
    this.text('Replicas', area.x, area.y - 8, { name: 'ink', bold: true });
    this.text(`target ${world.target === null ? '–' : world.target}: ${parts.join(', ') || 'none'}`,
      area.x + 62, area.y - 8, { most: area.w - 62 });
    const taken = new Set(world.replicas.map(({ replica }) => replica.lane));
    scene.boxes.forEach((box, lane) => {
      if (!taken.has(lane)) this.panel(box, { fill: null, stroke: 'grid', dash: [4, 4] });
    });
    for (const one of world.replicas) this.paintReplica(scene.boxes[one.replica.lane], course, one, world.time);
  }

  paintReplica(box, course, one, time) {
    if (!box) return;
    const boots = bootingStates.includes(one.state), { context } = this;
    this.panel(box, { stroke: replicaWords[one.state], dash: boots ? [5, 3] : [] });
    if (!box.detailed) {
      context.globalAlpha = 0.25 + 0.75 * (boots ? 0.3 : one.kv);
      this.panel(insetRect(box, 2, 2, 2, 2), { fill: replicaWords[one.state], radius: 5 });
      context.globalAlpha = 1;
      const words = boots ? shortWords[one.state] : countText(one.running + one.queued), { x, y } = middleOfRect(box);
      if (box.w > 38 && box.h > 18) this.text(words, x, y + 4, { name: 'ink', align: 'center' });
      return;
    }
    context.fillStyle = this.colours[replicaWords[one.state]];
    context.fillRect(box.x + 8, box.y + 8, 9, 9);
    this.text(`${one.replica.number} ${replicaWords[one.state]}`, box.x + 22, box.y + 17, { name: 'ink', bold: true });
    if (boots) this.paintBoot(box, one, time);
    else this.paintServing(box, one);
  }

  /* The phases of a start as far as they have come; the files know when it will serve. */
  paintBoot(box, { replica }, time) {
    const { context } = this, ends = Math.min(replica.serves, replica.until);
    const bar = { x: box.x + 8, y: box.y + box.h / 2 - 5, w: box.w - 16, h: 14 };
    if (!Number.isFinite(ends)) {
      this.text('not ready when the run ends', box.x + 8, bar.y + 10, { most: bar.w });
      return;
    }
    const x = (instant) => bar.x + bar.w * (instant - replica.from) / (ends - replica.from || 1);
    replica.changes.forEach(([since, state], at) => {
      if (!bootingStates.includes(state) || since >= ends) return;
      const until = Math.min(ends, at + 1 < replica.changes.length ? replica.changes[at + 1][0] : ends);
      context.fillStyle = this.colours[replicaWords[state]];
      context.globalAlpha = 0.28;
      context.fillRect(x(since), bar.y, x(until) - x(since), bar.h);
      context.globalAlpha = 1;
      if (time > since) context.fillRect(x(since), bar.y, x(Math.min(time, until)) - x(since), bar.h);
    });
    const left = secondsText(Math.max(0, ends - time));
    this.text(`${replica.serves <= ends ? 'serves' : 'cancelled'} in ${left}`, bar.x, bar.y + bar.h + 16, { most: bar.w });
  }

  paintServing(box, { replica, state, running, queued, kv }) {
    const { context } = this, { queue, batch } = box, room = roomIn(batch, box.pitch);
    const most = box.w - 38 - context.measureText(`${replica.number} ${replicaWords[state]}`).width;
    context.font = stripFont;
    const [run, wait] = [countText(running), countText(queued)];
    const says = (queued ? [`${run} in batch, ${wait} queued`, `${run}, ${wait} queued`, `${run} + ${wait}`]
      : [`${run} in batch`, run])
      .find((words, i, all) => i === all.length - 1 || context.measureText(words).width <= most);
    this.text(says, box.x + box.w - 8, box.y + 17, { align: 'right', most });
    context.strokeStyle = this.colours.rule;
    context.setLineDash([2, 3]);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(queue.x + queue.w + 4.5, queue.y);
    context.lineTo(queue.x + queue.w + 4.5, queue.y + queue.h);
    context.stroke();
    context.setLineDash([]);
    if (running > room) {
      this.text(`+${countText(running - room)}`, batch.x + batch.w, batch.y + batch.h - 2, { align: 'right', name: 'ink' });
    }
    this.panel(box.kv, { fill: 'grid', radius: 4 });
    if (kv > 0) this.panel({ ...box.kv, w: Math.max(2, box.kv.w * kv) }, { fill: kv > 0.9 ? 'c4' : 'c5', radius: 4 });
    const share = kv > 0 && kv < 0.01 ? '< 1' : Math.round(100 * kv);
    this.text(`KV ${share} %`, box.x + box.w - 8, box.kv.y + 8, { align: 'right' });
  }

  paintDots(points, [name, ring], look) {
    const { context } = this, radius = this.radii[look] || (points.length > 80 ? 3.2 : 4.2), small = radius < 2.6;
    context.beginPath();
    for (const { x, y } of points) {
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 7);
    }
    if (ring) {
      context.strokeStyle = this.colours[name];
      context.lineWidth = small ? 1 : 1.8;
      context.stroke();
    } else {
      context.fillStyle = this.colours[name];
      context.globalAlpha = look === 'answer' ? 0.7 : 1;
      context.fill();
      context.globalAlpha = 1;
    }
  }

  paintFollowed({ x, y }, name) {
    const { context } = this;
    context.strokeStyle = this.colours.ink;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, 8, 0, 7);
    context.stroke();
    this.text(name, x, y + 21, { name: 'ink', bold: true, align: 'center' });
  }
}

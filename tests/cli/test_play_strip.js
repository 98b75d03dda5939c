// SPDX-License-Identifier: GPL-3.0-or-later
// What test_play_strip.c asks of a page of a run's files: the world at the ends of all intervals against timeseries.csv
// (what happens at an interval's very end is of the next one), memory against what the policy measured of it, and
// where dots are.
const files = {};
for (const file of document.querySelectorAll('[id]')) files[file.id] = file.textContent;
const scenario = JSON.parse(files['scenario.json']);
const said = { rows: 0, wrong: [], dots: 0, misplaced: [], kv: 0, kv_error: 0 };
const near = (a, b) => a !== null && Math.hypot(a.x - b.x, a.y - b.y) < 1e-6;
const within = ({ x, y, w, h }, p) => p !== null && p.x >= x && p.x <= x + w && p.y >= y && p.y <= y + h;

function expectDot(ok, ...words) {
  said.dots += 1;
  if (!ok) said.misplaced.push(words.join(' '));
}

/* The mean number of replicas in a state over an interval. */
function meanIn(course, state, from, to) {
  let sum = 0;
  for (const { changes } of course.replicas) {
    changes.forEach(([since, one], i) => {
      const until = i + 1 < changes.length ? changes[i + 1][0] : Infinity;
      if (one === state) sum += Math.max(0, Math.min(to, until) - Math.max(from, since));
    });
  }
  return sum / (to - from);
}

function checkCounts(course, name) {
  const states = [...bootingStates, 'serving', 'draining'];
  const series = readColumns(files['timeseries.csv'], ['time_s', 'interval_s', 'in_flight', 'held', 'queued',
    'waiting_at_zero', 'target', ...states.map((state) => `replicas_${state}`)], [], ['deployment', name]);
  /* A request that was preempted is queued again, which no file tells. */
  const { preemptions } = readColumns(files['requests.csv'], ['preemptions'], [], ['deployment', name]);
  const preempted = preemptions.filter((times) => times > 0).length;
  series.time_s.forEach((from, row) => {
    const to = from + series.interval_s[row], world = worldAt(course, to - 1e-9), k = world.counts;
    const now = { in_flight: k.reduce((a, b) => a + b), held: k[QUEUE] + k[PREFILL] + k[DECODE], queued: k[QUEUE],
      waiting_at_zero: k[GATEWAY] };
    if (world.target !== null) now.target = world.target;
    for (const state of states) {
      if (series[`replicas_${state}`][row] >= 0) now[`replicas_${state}`] = meanIn(course, state, from, to);
    }
    said.rows += 1;
    for (const [key, value] of Object.entries(now)) {
      const most = key === 'queued' ? preempted : 0, is = series[key][row];
      if (!(Math.abs(value - is) < most + 1e-6)) said.wrong.push([name, to, key, value, is]);
    }
  });
}

/* At the gateway's face when a send is refused, in the room of its stage in the middle of it, and at a replica until
 * the very end; as many as are counted where nothing moves. */
function checkDots(course, width) {
  const scene = sceneOf(width, course), { refusals } = course, middle = course.end / 2;
  refusals.request.forEach((id, row) => {
    const i = course.indexOf.get(id), sent = refusals.sent_s[row];
    if (refusals.answer[row] === 'broken') return;
    expectDot(near(dotAt(scene, course, i, sent, 2), faceOf(scene, spreadOf(scene, course, i))), 'refused', id, sent);
  });
  for (let i = 0; i < course.count; i += 1) {
    for (let s = course.stageStart[i]; s < course.stageStart[i + 1]; s += 1) {
      const time = (course.from[s] + course.to[s]) / 2, kind = course.kind[s];
      if (!restOf(scene, course, i, s) || time === Infinity) continue;
      const room = kind === AWAY ? scene.clients : kind === GATEWAY ? scene.gateway
        : scene.boxes[course.byNumber.get(course.at[s]).lane];
      const dot = dotAt(scene, course, i, time, 2), last = dotAt(scene, course, i, course.to[s] - 1e-9, 2);
      const hardlyRests = kind === AWAY && course.to[s] - course.from[s] < 4.1;
      const looks = [restingLooks[kind], hardlyRests ? 'refused' : null];
      expectDot(within(room, dot) && looks.includes(dot.look), stageNames[kind], course.id[i], time);
      if (kind >= QUEUE) expectDot(within(room, last), 'until the end', course.id[i]);
    }
  }
  const drawn = dotsOf(scene, course, middle, 0, -1).resting;
  countsAt(course, middle).forEach((count, kind) => {
    if (kind >= PREFILL) expectDot(drawn.get(restingLooks[kind]).length === count, 'drawn', kind, count);
  });
}

/* With load_signal kv the load is memory: in use, and wanted by who is queued; a mean since the last evaluation. */
function checkMemory(course, { load_signal: signal, evaluation_interval: every }, name) {
  if (signal !== 'kv') return;
  const events = readColumns(files['events.csv'], ['time_s', 'default_measured'], [], ['deployment', name]);
  const length = durationSeconds(every), steps = 50;
  events.time_s.forEach((time, row) => {
    if (!(events.default_measured[row] > 0)) return;
    let mean = 0;
    for (let k = 0; k < steps; k += 1) {
      const world = worldAt(course, time - length + length * (k + 0.5) / steps);
      for (const { kv } of world.replicas) mean += kv / steps;
      eachPresent(course, world.time, world.time, (i) => {
        const s = stageAt(course, i, world.time);
        if (s >= 0 && course.kind[s] === QUEUE) mean += course.prompt[i] / course.capacity / steps;
      });
    }
    said.kv += 1;
    said.kv_error += Math.abs(mean - events.default_measured[row]);
  });
}

for (const [name, { autoscaling }] of Object.entries(scenario.deployments)) {
  const course = courseOf(files, name, scenario);
  checkCounts(course, name);
  for (const width of [900, 390]) checkDots(course, width);
  checkMemory(course, autoscaling, name);
}
said.wrong.splice(5);
said.misplaced.splice(5);
return said;

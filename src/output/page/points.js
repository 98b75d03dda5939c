// SPDX-License-Identifier: GPL-3.0-or-later
// Plots without time, as SVG: a cloud of points with its Pareto front, a line with its band.

/* A plot as wide as its place, so that its texts are as large as others. */
function plotFrame(place) {
  const width = Math.max(280, Math.min(900, place.clientWidth || 720));
  const height = Math.round(Math.max(260, Math.min(420, width * 0.55)));
  return { width, height, left: 66, right: width - 14, top: 14, bottom: height - 46 };
}

/* Draws again when its place gets another width. */
function redrawnOnResize(place, draw) {
  let before = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth !== before) {
      before = place.clientWidth;
      draw();
    }
  }).observe(place);
}

/* Round steps over a range, at most `most` of them. */
function roundTicks(least, most, count) {
  const span = most - least || Math.abs(most) || 1;
  const rough = span / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
  const ticks = [];
  for (let i = Math.ceil(least / step); i * step <= most + step * 1e-9; i++) ticks.push(i * step);
  return ticks;
}

function logTicks(least, most) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most; power++) {
    for (const n of [1, 2, 5]) {
      const tick = n * 10 ** power;
      if (tick >= least && tick <= most) ticks.push(tick);
    }
  }
  return ticks.length > 1 ? ticks : [least, most];
}

/* A scale of numbers onto pixels, with a margin. Logarithmic only where all is above 0. */
function makeScale(values, from, to, logarithmic) {
  const known = values.filter((value) => value !== null && Number.isFinite(value));
  let least = Math.min(...known), most = Math.max(...known);
  if (!known.length) [least, most] = [0, 1];
  const log = logarithmic && least > 0;
  if (log) {
    const room = Math.max((most / least) ** 0.06, 1.05);
    [least, most] = [least / room, most * room];
  } else {
    const room = (most - least) * 0.06 || Math.abs(most) * 0.06 || 1;
    [least, most] = [least >= 0 ? Math.max(0, least - room) : least - room, most + room];
  }
  const place = log
    ? (value) => from + (Math.log(value / least) / Math.log(most / least)) * (to - from)
    : (value) => from + ((value - least) / (most - least)) * (to - from);
  const count = Math.max(3, Math.min(7, Math.round(Math.abs(to - from) / 70)));
  return { place, ticks: log ? logTicks(least, most) : roundTicks(least, most, count) };
}

function drawAxes(frame, x, y, xTitle, yTitle, xText, yText) {
  const parts = [];
  for (const tick of y.ticks) {
    const at = y.place(tick);
    parts.push(makeSvg('line', { class: 'grid', x1: frame.left, x2: frame.right, y1: at, y2: at }),
      makeSvg('text', { x: frame.left - 8, y: at + 4, 'text-anchor': 'end' }, yText(tick)));
  }
  for (const tick of x.ticks) {
    const at = x.place(tick);
    parts.push(makeSvg('line', { class: 'grid', x1: at, x2: at, y1: frame.top, y2: frame.bottom }),
      makeSvg('text', { x: at, y: frame.bottom + 18, 'text-anchor': at > frame.right - 18 ? 'end' : 'middle' },
        xText(tick)));
  }
  const middle = (frame.top + frame.bottom) / 2;
  parts.push(
    makeSvg('text', { class: 'axis', x: (frame.left + frame.right) / 2, y: frame.height - 8,
      'text-anchor': 'middle' }, xTitle),
    makeSvg('text', { class: 'axis', x: 14, y: middle, 'text-anchor': 'middle',
      transform: `rotate(-90 14 ${middle})` }, yTitle));
  return parts;
}

function makePlot(frame, label, parts) {
  return makeSvg('svg', { class: 'points', width: frame.width, height: frame.height,
    viewBox: `0 0 ${frame.width} ${frame.height}`, role: 'group',
    'aria-label': label }, ...parts);
}

/* "$12.30 ($12.10 to $12.50)" */
function withInterval(unit, [mean, low, high]) {
  const interval = !Number.isFinite(low) || !Number.isFinite(high) || low === high ? ''
    : ` (${valueText(unit, low)} to ${valueText(unit, high)})`;
  return valueText(unit, mean) + interval;
}

/* Of points {x: [mean, low, high], y: ...}: those that no other one beats in both. */
function paretoFront(xMetric, yMetric, points) {
  const sx = xMetric.better || 1, sy = yMetric.better || 1; // -1: more is better; of neither, less
  const sorted = points.filter((point) => point.x[0] !== null && point.y[0] !== null)
    .sort((a, b) => sx * (a.x[0] - b.x[0]) || sy * (a.y[0] - b.y[0]));
  const front = [];
  for (const point of sorted) {
    if (!front.length || sy * (point.y[0] - front[front.length - 1].y[0]) < 0) front.push(point);
  }
  return front;
}

/* Where a value is drawn: what is infinite, at the edge, which no line leads to. */
function placeOr(scale, value, edge) {
  return value === Infinity ? edge : scale.place(value);
}

/* points: {x, y, text, faint, chosen}; what a point says goes to `tell`. The front is a line. */
function paretoPlot(frame, xMetric, yMetric, points, front, logarithmic, tell) {
  const bounds = (name) => points.flatMap((point) => point[name]);
  const x = makeScale(bounds('x'), frame.left, frame.right, logarithmic);
  const y = makeScale(bounds('y'), frame.bottom, frame.top, logarithmic);
  const parts = drawAxes(frame, x, y, xMetric.title, yMetric.title,
    (value) => tickText(xMetric.unit, value), (value) => tickText(yMetric.unit, value));
  const at = (point) => [placeOr(x, point.x[0], frame.right), placeOr(y, point.y[0], frame.top)];
  const line = front.filter((point) => Number.isFinite(point.x[0]) && Number.isFinite(point.y[0]));
  parts.push(makeSvg('polyline', { class: 'front', points: line.map((point) => at(point).join()).join(' ') }));
  if (points.some((point) => point.y[0] === Infinity)) {
    parts.push(makeSvg('text', { x: frame.left + 4, y: frame.top - 3 }, 'never'));
  }
  const onFront = new Set(front);
  const ordered = [...points].sort((a, b) => Number(onFront.has(a)) - Number(onFront.has(b)) ||
    Number(Boolean(a.chosen)) - Number(Boolean(b.chosen)));
  for (const point of ordered) {
    if (point.x[0] === null || point.y[0] === null) continue;
    const [px, py] = at(point);
    const bars = [];
    const bar = (low, high, scale, across) => {
      if (!Number.isFinite(low) || !Number.isFinite(high) || point.faint) return;
      const [from, to] = [scale.place(low), scale.place(high)];
      bars.push(makeSvg('line', across ? { x1: from, x2: to, y1: py, y2: py }
        : { x1: px, x2: px, y1: from, y2: to }));
    };
    bar(point.x[1], point.x[2], x, true);
    bar(point.y[1], point.y[2], y, false);
    const kind = point.chosen ? 'chosen' : onFront.has(point) ? 'best' : point.faint ? 'faint' : 'other';
    const shape = kind === 'chosen'
      ? makeSvg('path', { d: `M${px} ${py - 10}l10 10l-10 10l-10 -10z` })
      : makeSvg('circle', { cx: px, cy: py, r: kind === 'best' ? 5 : kind === 'faint' ? 2.5 : 4 });
    const say = () => tell(point.text);
    parts.push(makeSvg('g', { class: `point ${kind}`, on: { mouseenter: say, focus: say },
      ...(point.faint ? {} : { tabindex: '0', role: 'img', 'aria-label': point.text }) }, ...bars, shape));
  }
  return makePlot(frame, `${yMetric.title} against ${xMetric.title}`, parts);
}

/* values: [mean, low, high] of each label. */
function bandPlot(frame, metric, axis, labels, values, tell) {
  const x = { place: (i) => frame.left + ((i + 0.5) / labels.length) * (frame.right - frame.left) };
  const room = Math.max(1, Math.ceil(labels.length * 60 / (frame.right - frame.left)));
  x.ticks = labels.map((label, i) => i).filter((i) => i % room === 0);
  const y = makeScale(values.flat(), frame.bottom, frame.top, false);
  const parts = drawAxes(frame, x, y, axis, metric.title, (i) => labels[i], (value) => tickText(metric.unit, value));
  const known = values.map((value, i) => i).filter((i) => values[i][0] !== null);
  const finite = known.filter((i) => Number.isFinite(values[i][0]));
  const banded = finite.filter((i) => Number.isFinite(values[i][1]) && Number.isFinite(values[i][2]));
  const along = (indices, part) => indices.map((i) => `${x.place(i)},${y.place(values[i][part])}`);
  if (banded.length > 1) {
    parts.push(makeSvg('polygon', { class: 'band',
      points: [...along(banded, 1), ...along([...banded].reverse(), 2)].join(' ') }));
  }
  parts.push(makeSvg('polyline', { class: 'front', points: along(finite, 0).join(' ') }));
  for (const i of known) {
    const text = `${axis} ${labels[i]}: ${metric.title} ${withInterval(metric.unit, values[i])}`;
    const say = () => tell(text);
    parts.push(makeSvg('g', { class: 'point best', tabindex: '0', role: 'img', 'aria-label': text,
      on: { mouseenter: say, focus: say } },
    makeSvg('circle', { cx: x.place(i), cy: placeOr(y, values[i][0], frame.top), r: 5 })));
  }
  return makePlot(frame, `${metric.title} by ${axis}`, parts);
}

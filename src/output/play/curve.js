// SPDX-License-Identifier: GPL-3.0-or-later
// Traffic as a curve: the rate over the run as points that one drags, adds, removes or draws, bursts
// upon it, and what they come to beside the arrivals of the run. What is drawn is written as ordinary
// sources, a `piecewise` and `flash_crowd`s upon it (src/traffic/rates.c), so a scenario that is
// exported has it. The traffic that cannot be drawn is shown by its run's arrivals, and can be made
// points of (`curveOfArrivals`).

/* A curve: points: [[seconds since start, requests per second], ...], at least one, times rising; the
 * first and the last rate hold before and after. bursts: [{at, rise, hold, decay, height}, ...], s. */

const rateMost = 1e7; // of the program's own options

/* Sources ---------------------------------------------------------------------------------------- */

const secondsOfText = (text) => (String(text).trim() === '0' ? 0 : durationSeconds(String(text)));
/* Its times and rates are those of the run. */
const isPlain = ({ start = '0s', shift = '0s', stop, rate_scale: scale = 1 }) =>
  secondsOfText(start) === 0 && secondsOfText(shift) === 0 && stop === undefined && Number(scale) === 1;
const isBurst = (source) => source.type === 'flash_crowd' && !source.base_rate_per_s && isPlain(source);

/* What of a deployment's sources can be drawn: {curve, main, bursts}, `main` and `bursts` being their
 * places in the list. null: there are no points in it. */
function curveOfSources(sources) {
  const main = sources.findIndex((source) => source.type === 'piecewise' && isPlain(source));
  if (main < 0) return null;
  const bursts = sources.map((source, i) => i).filter((i) => isBurst(sources[i]));
  const seconds = (source, name, usual) => secondsOfText(source[name] === undefined ? usual : source[name]);
  return { main, bursts, curve: {
    points: sources[main].points.map(([time, rate]) => [secondsOfText(time), rate]),
    bursts: bursts.map((i) => ({ at: seconds(sources[i], 'at', '0s'), rise: seconds(sources[i], 'rise', '1m'),
      hold: seconds(sources[i], 'hold', '0s'), decay: seconds(sources[i], 'decay', '10m'),
      height: sources[i].peak_rate_per_s })),
  } };
}

/* How long a source's requests are, as its options say it. */
function lengthsOfSource(source) {
  const lengths = {};
  for (const name of ['prompt_tokens', 'output_tokens', 'lengths']) {
    if (source[name] !== undefined) lengths[name] = source[name];
  }
  return lengths;
}

/* The sources with the curve in them. Bursts have the lengths of the curve's requests; whatever else the
 * sources say, and other sources, stay. Without points before, `lengths` are the requests'. */
function sourcesWithCurve(sources, curve, lengths) {
  const known = curveOfSources(sources);
  const base = known ? sources[known.main] : { type: 'piecewise', ...lengths };
  const main = { ...base, points: curve.points.map(([time, rate]) => [durationText(time), rate]) };
  const bursts = curve.bursts.map((burst) => ({ type: 'flash_crowd', base_rate_per_s: 0,
    peak_rate_per_s: burst.height, at: durationText(burst.at), rise: durationText(burst.rise),
    hold: durationText(burst.hold), decay: durationText(burst.decay), ...lengthsOfSource(base) }));
  const others = known ? sources.filter((source, i) => i !== known.main && !known.bursts.includes(i)) : [];
  return [main, ...bursts, ...others];
}

/* The curve as a function ------------------------------------------------------------------------- */

function rateOfPoints(points, time) {
  const next = points.findIndex(([at]) => at > time);
  if (next <= 0) return points[next < 0 ? points.length - 1 : 0][1];
  const [[from, low], [to, high]] = [points[next - 1], points[next]];
  return low + (high - low) * (time - from) / (to - from);
}

function rateOfBurst({ at, rise, hold, decay, height }, time) {
  if (time < at) return 0;
  if (time < at + rise) return height * (time - at) / rise;
  return time <= at + rise + hold ? height : height * Math.exp(-(time - at - rise - hold) / decay);
}

function rateOfCurve({ points, bursts }, time) {
  return bursts.reduce((sum, burst) => sum + rateOfBurst(burst, time), rateOfPoints(points, time));
}

/* Where the curve bends, so that lines between these instants show it. */
function bendsOfCurve({ points, bursts }, duration) {
  const times = [0, duration, ...points.map(([time]) => time)];
  for (const { at, rise, hold, decay } of bursts) {
    times.push(at, at + rise, at + rise + hold);
    for (let i = 1; i <= 12; i++) times.push(at + rise + hold + decay * i * i / 24);
  }
  return [...new Set(times)].filter((time) => time >= 0 && time <= duration).sort((a, b) => a - b);
}

/* Requests that the points alone ask for between 0 and the end. */
function requestsOfPoints(points, duration) {
  const times = bendsOfCurve({ points, bursts: [] }, duration);
  return times.slice(1).reduce((sum, time, i) =>
    sum + (time - times[i]) * (rateOfPoints(points, time) + rateOfPoints(points, times[i])) / 2, 0);
}

/* Changes of points ------------------------------------------------------------------------------- */

/* Steps in which times are dragged: round, some 400 of them in a run. */
function stepOfTime(duration) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200];
  return steps.find((step) => step >= duration / 400) || 86400;
}

const roundTo = (value, step) => Math.round(value / step) * step;
/* A rate to three digits, of which none says more than a 1000th of the scale. */
function roundRate(rate, top) {
  const unit = 10 ** Math.floor(Math.log10(top) - 2);
  return Number(Math.min(rateMost, Math.max(0, roundTo(rate, unit))).toPrecision(6));
}

/* A point elsewhere, between its neighbours, which stay where they are. */
function movedPoint(points, i, time, rate, step) {
  const least = i > 0 ? points[i - 1][0] + step : 0;
  const most = i + 1 < points.length ? points[i + 1][0] - step : Infinity;
  const at = least > most ? points[i][0] : Math.min(most, Math.max(least, time));
  return points.map((point, k) => (k === i ? [at, Math.min(rateMost, Math.max(0, rate))] : point));
}

/* With one more; the point that is there already when there is no room. */
function withPoint(points, time, rate, step) {
  const near = points.findIndex(([at]) => Math.abs(at - time) < step);
  if (near >= 0) return { points: movedPoint(points, near, points[near][0], rate, step), index: near };
  const index = points.filter(([at]) => at < time).length;
  return { points: [...points.slice(0, index), [time, rate], ...points.slice(index)], index };
}

function withoutPoint(points, i) {
  return points.length > 1 ? points.filter((point, k) => k !== i) : points;
}

/* Points that follow a line of many within `tolerance(rate)`: the farthest one is kept until none is
 * farther (Ramer, Douglas and Peucker, with distances along the rate). */
function simplified(line, tolerance) {
  const kept = new Set([0, line.length - 1]);
  const ranges = [[0, line.length - 1]];
  while (ranges.length) {
    const [from, to] = ranges.pop();
    let far = -1, most = 1;
    for (let i = from + 1; i < to; i++) {
      const straight = rateOfPoints([line[from], line[to]], line[i][0]);
      const distance = Math.abs(line[i][1] - straight) / tolerance(Math.max(straight, line[i][1]));
      if (distance > most) [far, most] = [i, distance];
    }
    if (far >= 0) {
      kept.add(far);
      ranges.push([from, far], [far, to]);
    }
  }
  return line.filter((point, i) => kept.has(i));
}

/* What was drawn in the place of what was there; outside of it the curve is as before. */
function withStroke(points, stroke, step, top) {
  const line = [...new Map(stroke.map(([time, rate]) => [roundTo(time, step), rate]))].sort((a, b) => a[0] - b[0]);
  const from = line[0][0], to = line[line.length - 1][0];
  const edge = (time) => [time, roundRate(rateOfPoints(points, time), top)];
  const drawn = line.length > 1 ? simplified(line, () => top / 60) : line;
  return [...points.filter(([time]) => time < from - step), ...(from >= step ? [edge(from - step)] : []),
    ...drawn.map(([time, rate]) => [time, roundRate(rate, top)]), edge(to + step),
    ...points.filter(([time]) => time > to + step)];
}

/* Arrivals by `bins` stretches of the same length: [middle, requests per second, seconds observed] each; an interval
 * counts where its middle lies. */
function binnedArrivals({ times, widths, arrivals }, duration, bins) {
  const width = duration / bins, counts = new Array(bins).fill(0), spans = new Array(bins).fill(0);
  times.forEach((time, i) => {
    const bin = Math.floor((time + widths[i] / 2) / width);
    if (bin < bins) [counts[bin], spans[bin]] = [counts[bin] + arrivals[i], spans[bin] + widths[i]];
  });
  return counts.map((count, i) => [(i + 0.5) * width, spans[i] ? count / spans[i] : 0, spans[i]]);
}

/* Arrivals of a run as a curve: rates of at most 96 stretches, some twenty requests each, as few points as follow them
 * but for what chance explains (three standard deviations of a Poisson count, less than a third of the peak) or a 25th
 * of the peak, and as many requests. */
function curveOfArrivals(arrivals, duration) {
  const total = arrivals.arrivals.reduce((sum, count) => sum + count, 0);
  const bins = Math.max(1, Math.min(96, arrivals.times.length, Math.max(12, Math.floor(total / 20))));
  const step = stepOfTime(duration), seen = binnedArrivals(arrivals, duration, bins).filter(([, , span]) => span > 0);
  const line = seen.map(([time, rate]) => [roundTo(time, step), rate]);
  const peak = line.reduce((most, [, rate]) => Math.max(most, rate), 0);
  if (peak === 0) return { points: [[0, 0]], bursts: [] };
  const noise = (rate) => Math.min(3 * Math.sqrt(rate * bins / duration), peak / 3);
  const points = line.length > 1 ? simplified(line, (rate) => Math.max(noise(rate), peak / 25)) : line;
  const scale = total / (requestsOfPoints(points, duration) || total);
  return { points: points.map(([time, rate]) => [time, roundRate(rate * scale, peak)]), bursts: [] };
}

/* For who does not see it. */
function curveText(curve, duration, calendar) {
  const times = bendsOfCurve(curve, duration), rates = times.map((time) => rateOfCurve(curve, time));
  const most = rates.indexOf(Math.max(...rates));
  return `From ${numberText(rates[0])} requests per second at the start to ${numberText(rates[most])} at ` +
    `${instantText(times[most] * 1000, calendar)}, ${numberText(rates[rates.length - 1])} at the end; ` +
    `${countText(curve.points.length)} points, ${countText(curve.bursts.length)} bursts`;
}

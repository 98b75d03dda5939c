// SPDX-License-Identifier: GPL-3.0-or-later
// Lengths of prompts and outputs: mean and spread as sliders, with the distribution's shape. A length in
// a scenario is a number of tokens or {distribution, ...} (src/engine/distribution.h).

const lengthMost = 131072; // of the sliders; the program takes more

/* Shapes ----------------------------------------------------------------------------------------- */

/* ln of the gamma function, by Stirling's series above 7. */
function lnGamma(x) {
  let shift = 0;
  for (; x < 7; x++) shift -= Math.log(x);
  return shift + (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3);
}

/* Densities of ln(length) up to a factor, by kind: a logarithmic axis shows a lognormal as a bell. */
const lengthDensities = {
  lognormal: ({ mean, cv }) => {
    const variance = Math.log(1 + cv * cv), middle = Math.log(mean) - variance / 2;
    return (ln) => Math.exp(-((ln - middle) ** 2) / (2 * variance)) / Math.sqrt(variance);
  },
  gamma: ({ mean, cv }) => {
    const shape = 1 / (cv * cv), scale = mean / shape;
    return (ln) => Math.exp(shape * (ln - Math.log(scale)) - Math.exp(ln) / scale - lnGamma(shape));
  },
  exponential: ({ mean }) => (ln) => Math.exp(ln - Math.log(mean) - Math.exp(ln) / mean),
  weibull: ({ scale, shape }) => (ln) => {
    const power = (Math.exp(ln) / scale) ** shape;
    return shape * power * Math.exp(-power);
  },
  uniform: ({ minimum, maximum }) => (ln) =>
    (Math.exp(ln) >= minimum && Math.exp(ln) <= maximum ? Math.exp(ln) / (maximum - minimum) : 0),
};

/* {tokens, density} at even places of the logarithm, the density with a peak of 1, before any cut; null: no
 * shape is known of it. */
function lengthShape(length) {
  const make = typeof length === 'object' && lengthDensities[length.distribution];
  if (!make || length.cv === 0) return null;
  const density = make(length), count = 240, most = 16 * lengthMost;
  const tokens = Array.from({ length: count }, (none, i) => most ** (i / (count - 1)));
  const values = tokens.map((value) => density(Math.log(value))), peak = Math.max(...values);
  return peak > 0 ? { tokens, density: values.map((value) => value / peak) } : null;
}

/* What of it is seen: within the cuts, whatever lies beyond them being at them. */
function shownShape({ tokens, density }, { minimum = 1, maximum = lengthMost }) {
  return tokens.map((value, i) => [value, density[i]])
    .filter(([value]) => value >= minimum && value <= Math.min(maximum, lengthMost));
}

/* Mean and spread (the coefficient of variation) of a length; null where its kind does not say them. */
function meanOfLength(length) {
  if (typeof length === 'number') return { mean: length, cv: 0 };
  switch (length && length.distribution) {
    case 'fixed': return { mean: length.value, cv: 0 };
    case 'exponential': return { mean: length.mean, cv: 1 };
    case 'lognormal': case 'gamma': return { mean: length.mean, cv: length.cv };
    case 'uniform': return { mean: (length.minimum + length.maximum) / 2,
      cv: (length.maximum - length.minimum) / Math.sqrt(3) / (length.maximum + length.minimum) };
    default: return null;
  }
}

/* With another mean or spread: a gamma stays one, a cut stays; everything else becomes lognormal. */
function lengthWith(length, { mean, cv }) {
  if (cv === 0) return mean;
  const isGamma = length && length.distribution === 'gamma';
  const cut = length && ['lognormal', 'gamma'].includes(length.distribution) ? length : {};
  const result = { distribution: isGamma ? 'gamma' : 'lognormal', mean, cv };
  if (cut.minimum) result.minimum = cut.minimum;
  if (cut.maximum) result.maximum = Math.max(cut.maximum, mean);
  return result;
}

/* "half are below 740, one in twenty is above 2,900": of a shape, by its sums, and its cuts. */
function shapeText({ tokens, density }, { minimum = 1, maximum = Infinity }) {
  const total = density.reduce((sum, value) => sum + value, 0);
  const below = (share) => {
    let sum = 0;
    const value = tokens[density.findIndex((part) => (sum += part) >= share * total)];
    return countText(Math.round(Number(Math.min(maximum, Math.max(minimum, value)).toPrecision(2))));
  };
  return `half are below ${below(0.5)}, one in twenty is above ${below(0.95)}`;
}

/* Sliders ---------------------------------------------------------------------------------------- */

/* A length's two sliders and its shape. change(length): at each step of a slider. */
class LengthEditor {
  constructor(place, title, change) {
    Object.assign(this, { change, length: null, sliding: false });
    const slider = (attributes) => make('input', { type: 'range', ...attributes,
      on: { input: () => this.slid(false), change: () => this.slid(true) } });
    this.mean = slider({ min: 0, max: 1, step: 0.005 });
    this.spread = slider({ min: 0, max: 3, step: 0.05 });
    this.meanText = make('output', {});
    this.spreadText = make('output', {});
    this.shape = makeSvg('svg', { class: 'shape', viewBox: '0 0 200 40', preserveAspectRatio: 'none', role: 'img' });
    this.words = make('p', { class: 'quiet' });
    place.append(make('fieldset', { class: 'length' }, make('legend', {}, title),
      make('label', {}, 'mean ', this.mean, ' ', this.meanText),
      make('label', {}, 'spread ', this.spread, ' ', this.spreadText),
      this.shape, this.words));
  }

  /* length: as in the scenario; mean: of the run where the length does not say it; why: none can be set. */
  show(length, mean, why) {
    this.length = length;
    const known = meanOfLength(length) || { mean: mean || 1000, cv: 1 };
    this.mean.disabled = this.spread.disabled = Boolean(why);
    if (!this.sliding) {
      this.mean.value = Math.log(known.mean) / Math.log(lengthMost);
      this.spread.value = known.cv;
    }
    this.tell(known, why || (meanOfLength(length) ? '' : length === undefined
      ? 'As the log or the table of lengths has them; a slider makes them lognormal.'
      : `A ${length.distribution} distribution; a slider makes it lognormal.`));
  }

  slid(done) {
    const raw = lengthMost ** Number(this.mean.value), mean = Math.max(1, Math.round(Number(raw.toPrecision(2))));
    this.sliding = !done;
    this.length = lengthWith(this.length, { mean, cv: Number(this.spread.value) });
    this.tell(meanOfLength(this.length), '');
    this.change(this.length);
  }

  tell({ mean, cv }, note) {
    const tokens = `${countText(Math.round(mean))} tokens`, shape = lengthShape(this.length);
    this.meanText.textContent = tokens;
    this.spreadText.textContent = cv === 0 ? 'all alike' : `${Number(cv.toPrecision(3))} × mean`;
    this.mean.setAttribute('aria-valuetext', tokens);
    this.spread.setAttribute('aria-valuetext', this.spreadText.textContent);
    const place = (value) => 200 * Math.log(value) / Math.log(lengthMost);
    const line = shape ? shownShape(shape, this.length)
      : meanOfLength(this.length) ? [[mean, 1], [mean * 1.04, 1]] : [];
    const ends = line.length ? [[line[line.length - 1][0], 0], [line[0][0], 0]] : [];
    this.shape.replaceChildren(makeSvg('polygon', { points: [...line, ...ends]
      .map(([value, part]) => `${place(value)},${40 - 38 * part}`).join(' ') }));
    this.words.textContent = note || (shape ? shapeText(shape, this.length) : '');
    this.shape.setAttribute('aria-label', `Shape of the lengths, on a logarithmic scale: ${this.words.textContent}`);
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Elements, colours, tables of the data, and numbers for people (as figures/human.c writes them).
'use strict';

/* An element with attributes, and children that are elements or texts. Texts are never markup. */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === 'on') {
      for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? '' : value);
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const svgSpace = 'http://www.w3.org/2000/svg';

function makeSvg(tag, attributes, ...children) {
  const element = document.createElementNS(svgSpace, tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === 'on') {
      for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    } else {
      element.setAttribute(name, value);
    }
  }
  element.append(...children);
  return element;
}

/* A table with a head; `numbers` or another class. Cells are texts or elements. */
function makeTable(kind, caption, head, ...bodies) {
  return make('div', { class: 'box', tabindex: '0' }, make('table', { class: kind },
    caption ? make('caption', {}, caption) : null,
    make('thead', {}, make('tr', {}, ...head)), ...bodies));
}

const columnHead = (text) => make('th', { scope: 'col' }, text);
const rowHead = (text) => make('th', { scope: 'row' }, text);
const cell = (text) => make('td', {}, text);

/* "one, another and a third" */
const listText = (texts) => [texts.slice(0, -1).join(', '), ...texts.slice(-1)].filter((text) => text).join(' and ');

/* Columns by name of {columns, rows}: table.get(row, 'total_usd'); what is not there is null. */
class Table {
  constructor({ columns, rows }) {
    Object.assign(this, { columns, rows });
  }

  has(name) {
    return this.columns.includes(name);
  }

  get(row, name) {
    const value = row[this.columns.indexOf(name)];
    return value === undefined ? null : value;
  }
}

/* verdicts.json: a word with its reason, of a run's deployment, or nothing where it is not told. */
function verdictLine(files, name, before = '') {
  const verdict = files['verdicts.json'] ? JSON.parse(files['verdicts.json'])[name] : null;
  return verdict ? make('p', { class: 'lead verdict' }, before, make('strong', {}, verdict.verdict), `: ${verdict.reason}`) : null;
}

/* The part of a thinned table that is a deployment's, with `series`: the columns by name. */
function trackOf(tracks, deployment) {
  const track = tracks.find((one) => one.deployment === deployment);
  if (!track) return null;
  const series = new Map(track.columns.map((name, i) => [name, track.data[i]]));
  return { ...track, series };
}

/* A colour of page.css, as the scheme in force has it. To ask the browser makes it lay out what has changed, so that is
 * done once for each. */
const knownColours = new Map();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => knownColours.clear());

function colour(name) {
  if (!knownColours.has(name)) {
    knownColours.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
  }
  return knownColours.get(name);
}

/* As printf's "%.*f", of a number that is not below 0: where toFixed goes up, a tie goes to the even
 * digit. */
function fixed(value, decimals) {
  const scaled = value * 10 ** decimals, below = Math.floor(scaled);
  const isTie = (value * 2 ** (decimals + 1)) % 1 === 0 && scaled - below === 0.5;
  return (isTie && below % 2 === 0 ? below / 10 ** decimals : value).toFixed(decimals);
}

/* Made once: toLocaleString makes one for each number. */
const groupedFormat = new Intl.NumberFormat('en-US');
const grouped = (value) => groupedFormat.format(Math.round(value));

function threeDigits(value) {
  let decimals = 0;
  if (value > 0 && value < 99.95) {
    decimals = Math.min(9, 2 - Math.floor(Math.log10(value) + 1e-9));
    if (decimals > 0 && value >= 10 ** (3 - decimals) - 0.5 * 10 ** -decimals) decimals -= 1;
  }
  return fixed(value, decimals);
}

function withSuffix(value) {
  const powers = value / 1e6 < 999.5 ? 0 : value / 1e9 < 999.5 ? 1 : 2;
  return threeDigits(value / 10 ** (6 + 3 * powers)) + 'MGT'[powers];
}

function numberText(value) {
  if (value >= 999999.5) return withSuffix(value);
  return value >= 999.5 ? grouped(value) : threeDigits(value);
}

function countText(value) {
  if (!Number.isInteger(value)) return numberText(value);
  return value >= 1e6 ? withSuffix(value) : grouped(value);
}

function secondsText(value) {
  if (value === 0) return '0 s';
  if (value < 0.9995e-6) return `${threeDigits(value * 1e9)} ns`;
  if (value < 0.9995e-3) return `${threeDigits(value * 1e6)} us`;
  if (value < 0.9995) return `${threeDigits(value * 1e3)} ms`;
  if (value < 59.95) return `${threeDigits(value)} s`;
  const two = (n) => String(n).padStart(2, '0');
  const whole = Math.round(value);
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  const minutes = Math.round(value / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
  const hours = Math.round(value / 3600);
  return `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

function usdText(value) {
  if (value > 0 && value < 0.995) return `$${threeDigits(value)}`;
  const cents = Math.round(value * 100);
  return `$${Math.floor(cents / 100).toLocaleString('en-US')}.${String(cents % 100).padStart(2, '0')}`;
}

const unitTexts = {
  s: secondsText,
  usd: usdText,
  /* "100.0 %" is said of all, and of nothing less. */
  share: (value) => `${fixed(100 * value, value < 1 && 100 * value >= 99.95 ? 3 : 1)} %`,
  count: countText,
  h: numberText,
  per_s: (value) => `${numberText(value)}/s`,
};

/* A value in its unit; a dash for what does not apply; an infinite latency never came. */
function valueText(unit, value) {
  if (value === Infinity) return 'never';
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  return value < 0 ? `−${unitTexts[unit](-value)}` : unitTexts[unit](value);
}

/* The same in a table, whose heads know what is per second. */
function figureText(unit, value) {
  return valueText(unit === 'per_s' ? 'h' : unit, value);
}

function showsZero(text) {
  return /0/.test(text) && !/[1-9]/.test(text);
}

/* A value less another, with its sign; shares in percentage points. */
function differenceText(unit, value) {
  if (value === Infinity || value === -Infinity) return value > 0 ? 'to never' : 'from never';
  if (value === null || !Number.isFinite(value)) return '–';
  const share = unit === 'share';
  const text = share ? `${fixed(Math.min(100 * Math.abs(value), 1e6), 1)} pp` : figureText(unit, Math.abs(value));
  const none = share ? showsZero(text) : value === 0;
  return (none ? '' : value < 0 ? '−' : '+') + text;
}

/* Decimals that show so many digits of a number that matter. */
function decimalsFor(value, digits) {
  if (!(value > 0)) return 0;
  const decimals = Math.max(0, Math.min(6, digits - 1 - Math.floor(Math.log10(value) + 1e-9)));
  return decimals > 0 && value >= 10 ** (digits - decimals) - 0.5 * 10 ** -decimals ? decimals - 1 : decimals;
}

/* An estimate, "$387.51 ± 103.20", "+8.0 ± 2.2 min": half of its interval with two digits that matter, and the value with
 * as many decimals, in one unit (human_estimate in figures/human.c). half: 0, or not known. */
function estimateText(unit, value, half, isDifference) {
  if (value === null || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return isDifference ? (value > 0 ? 'to never' : 'from never') : 'never';
  const size = Math.max(Math.abs(value), half);
  const [prefix, scale, suffix] = unit === 'usd' ? ['$', 1, ''] : unit === 'share' ? ['', 100, isDifference ? ' pp' : ' %']
    : unit !== 's' ? ['', 1, ''] : size === 0 || (size >= 0.9995 && size < 120) ? ['', 1, ' s'] : size < 0.9995e-3 ? ['', 1e6, ' us']
      : size < 0.9995 ? ['', 1e3, ' ms'] : size < 7200 ? ['', 1 / 60, ' min'] : ['', 1 / 3600, ' h'];
  let decimals = half > 0 ? decimalsFor(half * scale, 2) : unit === 'count' && Number.isInteger(value) ? 0 : decimalsFor(Math.abs(value * scale), 3);
  if (unit === 'usd' && size >= 0.995) decimals = half > 0 && half < 0.0095 ? decimalsFor(half, 1) : half >= 99.5 ? 0 : 2;
  const shown = (number) => number.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const number = shown(Math.abs(value * scale)), sign = showsZero(number) ? '' : value < 0 ? '−' : isDifference ? '+' : '';
  return `${sign}${prefix}${number}${half > 0 ? ` ± ${shown(half * scale)}` : ''}${suffix}`;
}

/* "12.3", "12", "1.5 s": without zeros at its end. */
function plainText(text) {
  return text.replace(/(\.\d*?)0+(?=\D*$)/, '$1').replace(/\.(?=\D*$)/, '');
}

/* For the labels of an axis: "$1.2M" takes less room than "$1,200,000.00". */
function tickText(unit, value) {
  if (unit === 'share') return valueText(unit, value);
  const sign = value < 0 ? '−' : '';
  if (unit === 'usd') return `${sign}$${plainText(numberText(Math.abs(value)))}`;
  return plainText(figureText(unit, value));
}

const dayMs = 86400000;

/* An instant (ms since time 0) on the calendar, or as time elapsed: "day 2 03:05:10". */
function instantText(ms, calendar) {
  const date = new Date((calendar === null ? 0 : calendar * 1000) + Math.round(ms));
  const clock = date.toISOString().slice(11, date.getUTCMilliseconds() ? 23 : 19);
  if (calendar !== null) return `${date.toISOString().slice(0, 10)} ${clock}`;
  return ms >= dayMs ? `day ${Math.floor(ms / dayMs) + 1} ${clock}` : clock;
}

/* Without the day where it is that of another instant. */
function clockText(ms, calendar, other) {
  const words = instantText(ms, calendar).split(' ');
  const day = (text) => text.split(' ').slice(0, -1).join(' ');
  return day(words.join(' ')) === day(instantText(other, calendar)) ? words[words.length - 1] : words.join(' ');
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Elements, colours, and numbers for people (as figures/human.c writes them).
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

/* A colour of page.css, as the scheme in force has it. */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function threeDigits(value) {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 999999.5) {
    const power = Math.min(3, Math.floor(Math.log10(size * 1.0005) / 3) - 1);
    return threeDigits(value / 10 ** (3 * (power + 1))) + 'MGT'[power - 1];
  }
  if (size >= 999.5) return Math.round(value).toLocaleString('en-US');
  const digits = Math.max(0, Math.min(9, 2 - Math.floor(Math.log10(size))));
  return String(Number(value.toFixed(digits)));
}

function secondsText(value) {
  if (value === 0) return '0 s';
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
  return `$${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

const unitTexts = {
  s: secondsText,
  usd: usdText,
  share: (value) => `${(100 * value).toFixed(value < 1 && value >= 0.9995 ? 3 : 1)} %`,
  count: threeDigits,
  h: threeDigits,
  per_s: (value) => `${threeDigits(value)}/s`,
};

/* A value in its unit; a dash for what does not apply; an infinite latency never came. */
function valueText(unit, value) {
  if (value === Infinity) return 'never';
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  return value < 0 ? `−${unitTexts[unit](-value)}` : unitTexts[unit](value);
}

/* For the labels of an axis: "$1.2k" takes less room than "$1,200.00". */
function tickText(unit, value) {
  if (unit === 'usd') return `$${threeDigits(value)}`;
  if (unit === 'per_s') return threeDigits(value);
  return valueText(unit, value);
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

// SPDX-License-Identifier: GPL-3.0-or-later
// Charts over time, one below the other on one time axis, by dygraphs: zoom, pan and cursor are
// common to all of a group.

/* What a group shows:
 * calendar: seconds since 1970 of time 0, or null;  times: ms since time 0, one per row
 * charts: {title, unit, series: [{label, colour, values, shown, fill, step, dash, width}], log, marks,
 *   most: the top of its scale, small, only: the label of the decisions that it marks}
 * decisions: [{label, items}], items as decisionRows (run.js) makes them; label: the run's, or null
 */
const chartGroups = [];

/* On paper lines differ in their dashes too; solid: null. */
const paperDashes = [null, [8, 3], [2, 2], [8, 3, 2, 3], [14, 4], [1, 4]];

function dashesOf(chart, i) {
  if (!document.documentElement.classList.contains('printed')) return chart.series[i].dash ? [5, 4] : null;
  return paperDashes[chart.series.slice(0, i).filter(({ band }) => !band).length % paperDashes.length];
}

class ChartGroup {
  constructor(container, contents) {
    this.container = container;
    Object.assign(this, contents);
    this.row = null;
    this.figures = [];
    this.logarithmic = true;
    this.build();
    chartGroups.push(this);
  }

  /* Shows another run by the charts that are there. False, and nothing is changed, where it has other series. */
  refresh(contents) {
    const form = ({ title, log, marks, series }) => [title, Boolean(log), Boolean(marks), ...series.map(({ label }) => label)];
    const forms = (charts) => JSON.stringify(charts.map(form));
    if (forms(contents.charts) !== forms(this.charts)) return false;
    Object.assign(this, contents);
    this.figures.forEach((entry, i) => { entry.chart = contents.charts[i]; entry.isStale = true; });
    this.redrawSeen();
    this.tell(this.row !== null && this.row < this.times.length ? this.row : null);
    return true;
  }

  /* Those on the screen at once, the others when there is time, so that a slider's run is seen soon. */
  redrawSeen() {
    const stale = this.figures.filter(({ isStale }) => isStale);
    const seen = ({ plot }) => { const { top, bottom } = plot.getBoundingClientRect(); return bottom > 0 && top < innerHeight; };
    stale.filter(seen).forEach((entry) => this.redraw(entry));
    clearTimeout(this.later);
    this.later = setTimeout(() => this.figures.filter(({ isStale }) => isStale).forEach((entry) => this.redraw(entry)), 120);
  }

  /* Without telling the other charts, which are drawn anew too. */
  redraw(entry) {
    const { chart, graph, plot } = entry;
    entry.isStale = false;
    const { underlayCallback, axes, logscale, includeZero } = this.options(chart);
    const tells = graph.getFunctionOption('drawCallback');
    graph.updateOptions({ file: this.rows(chart), underlayCallback, logscale, includeZero, drawCallback: null,
      ...(axes.y.valueRange ? { axes: { y: { valueRange: axes.y.valueRange } } } : {}) });
    graph.updateOptions({ drawCallback: tells }, true);
    plot.setAttribute('aria-label', this.chartText(chart));
  }

  /* When others take its place. */
  leave() {
    clearTimeout(this.later);
    chartGroups.splice(chartGroups.indexOf(this), 1);
    for (const { graph } of this.figures) graph.destroy();
  }

  /* Elements ----------------------------------------------------------------------------------- */

  build() {
    /* Legends are our own, and dygraphs' measures the page at each drawing. */
    Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);
    this.instant = make('strong', {}, '');
    this.reasons = make('span', { class: 'reasons' }, this.hint());
    const button = (text, title, press) =>
      make('button', { type: 'button', title, on: { click: press } }, text);
    const tools = make('div', { class: 'tools', role: 'toolbar', 'aria-label': 'Time axis' },
      button('◀', 'Earlier', () => this.move(-0.5)), button('▶', 'Later', () => this.move(0.5)),
      button('+', 'Zoom in', () => this.zoom(0.5)), button('−', 'Zoom out', () => this.zoom(2)),
      button('Whole run', 'The whole run', () => this.show(null)));
    if (this.charts.some((chart) => chart.log)) {
      const box = make('input', { type: 'checkbox', checked: true,
        on: { change: () => { this.logarithmic = box.checked; this.paint(); } } });
      tools.append(make('label', {}, box, ' log latencies'));
    }
    const readout = make('div', { class: 'readout' }, tools,
      make('p', { 'aria-live': 'polite' }, this.instant, ' ', this.reasons));
    this.container.replaceChildren(readout);
    this.plots = make('div', { class: 'plots', tabindex: '0', role: 'group',
      'aria-label': 'Charts over time; arrow keys move the cursor, + and − zoom, 0 shows all',
      on: { keydown: (event) => this.key(event), mouseleave: () => this.select(null) } });
    this.container.append(this.plots);
    for (const chart of this.charts) this.addFigure(chart);
    this.synchronize();
  }

  hint() {
    return 'Point at a chart: values, and why the target changed. Drag to zoom, Shift-drag to pan, ' +
      'double-click for the whole run.';
  }

  addFigure(chart) {
    const shown = chart.series.map((series) => make('b', {}, ''));
    const legend = make('ul', { class: 'legend' }, ...chart.series.map((series, i) => make('li', {},
      makeSvg('svg', { class: 'swatch', viewBox: '0 0 24 8', 'aria-hidden': 'true' }, series.band
        ? makeSvg('rect', { width: 24, height: 8, style: `fill:var(--${series.colour})` })
        : makeSvg('line', { x2: 24, y1: 4, y2: 4, style: `stroke:var(--${series.colour})` })),
      series.label, ' ', shown[i])));
    const plot = make('div', { class: 'plot', role: 'img', 'aria-label': this.chartText(chart) });
    const figure = make('figure', { class: chart.small ? 'small' : null },
      make('figcaption', {}, make('span', { class: 'title' }, chart.title), legend), plot);
    this.plots.append(figure);
    const entry = { chart, shown, figure, plot };
    this.dashLegend(entry);
    entry.graph = new Dygraph(plot, this.rows(chart), this.options(chart, entry));
    figure.dygraph = entry.graph;
    this.figures.push(entry);
  }

  /* Swatches are dashed as their lines are. */
  dashLegend({ chart, figure }) {
    figure.querySelectorAll('.swatch').forEach((swatch, i) =>
      swatch.firstChild.setAttribute('stroke-dasharray', (dashesOf(chart, i) || []).join(' ')));
  }

  /* What a chart shows, for who does not see it. */
  chartText({ title, unit, series }) {
    const range = ({ label, values }) => {
      const known = values.filter((value) => Number.isFinite(value));
      return known.length ? `${label} from ${valueText(unit, known.reduce((a, b) => Math.min(a, b)))} to ` +
        `${valueText(unit, known.reduce((a, b) => Math.max(a, b)))}` : `${label} nothing`;
    };
    return `${title}: ${series.map(range).join(', ')}`;
  }

  /* dygraphs ----------------------------------------------------------------------------------- */

  /* Bands stand on each other: each is filled down to 0, and dygraphs fills the last one first. What
   * never came is a gap in its line, and a mark at the top (markNever). */
  rows(chart) {
    return this.times.map((time, row) => {
      let below = 0;
      return [time, ...chart.series.map((series) =>
        (series.band ? (below += series.values[row])
          : series.values[row] === Infinity ? NaN : series.values[row]))];
    });
  }

  options(chart, entry) {
    const calendarMs = this.calendar === null ? 0 : this.calendar * 1000;
    const elapsed = this.calendar === null;
    const perSeries = {};
    chart.series.forEach((series, i) => {
      perSeries[String(i)] = {
        color: colour(series.colour), fillGraph: Boolean(series.band || series.fill),
        fillAlpha: series.band ? 1 : 0.2, stepPlot: Boolean(series.band || series.step),
        strokeWidth: series.band ? 0 : series.width || 1.4, strokePattern: dashesOf(chart, i),
        highlightCircleSize: series.band ? 0 : 3,
      };
    });
    return {
      labels: ['time', ...chart.series.map((series, i) => String(i))],
      series: perSeries, labelsUTC: true, legend: 'never', includeZero: !this.isLog(chart),
      logscale: this.isLog(chart), connectSeparatedPoints: Boolean(this.joined),
      axisLineColor: colour('rule'), gridLineColor: colour('grid'), gridLineWidth: 1,
      rightGap: 12, xRangePad: 2, animatedZooms: false, showRangeSelector: Boolean(chart.overview),
      rangeSelectorHeight: 26, rangeSelectorPlotFillColor: colour('c1'),
      rangeSelectorPlotFillGradientColor: colour('paper'), rangeSelectorPlotStrokeColor: colour('c1'),
      rangeSelectorForegroundStrokeColor: colour('rule'), rangeSelectorBackgroundStrokeColor: colour('rule'),
      interactionModel: this.interaction(),
      axes: {
        x: {
          drawAxis: true, axisLabelWidth: 64,
          ticker: (from, to, pixels, options, graph) =>
            Dygraph.dateTicker(from + calendarMs, to + calendarMs, pixels, options, graph)
              .map((tick) => ({ ...tick, v: tick.v - calendarMs })),
          axisLabelFormatter: (date) => axisText(Number(date), elapsed),
        },
        y: { axisLabelWidth: 58, pixelsPerLabel: chart.small ? 18 : 28,
          ...(chart.most || chart.marks ? { valueRange: [0, (chart.most || this.most(chart)) * 1.16] } : {}),
          axisLabelFormatter: (value) => tickText(chart.unit, value) },
      },
      highlightCallback: (event, x) => this.cursor(x),
      underlayCallback: (canvas, area, graph) => {
        this.mark(canvas, area, graph, chart);
        this.markNever(canvas, area, graph, chart);
      },
    };
  }

  /* Of nothing there is no logarithm. */
  isLog(chart) {
    return Boolean(chart.log && this.logarithmic &&
      chart.series.some(({ values }) => values.some((value) => value > 0 && Number.isFinite(value))));
  }

  /* The arrows of marks stand above all lines. */
  most(chart) {
    const bands = chart.series.filter((series) => series.band);
    const lines = chart.series.filter((series) => !series.band);
    return this.times.reduce((most, time, row) =>
      Math.max(most, bands.reduce((sum, band) => sum + band.values[row], 0),
        ...lines.map((line) => line.values[row] || 0)), 1);
  }

  /* One finger scrolls the page, and a tap points; two fingers zoom. */
  interaction() {
    const usual = Dygraph.defaultInteractionModel;
    return {
      mousedown: usual.mousedown, dblclick: usual.dblclick, willDestroyContextMyself: true,
      touchstart: (event, graph, context) => {
        if (event.touches.length === 2) usual.touchstart(event, graph, context);
      },
      touchmove: (event, graph, context) => {
        if (event.touches.length === 2) usual.touchmove(event, graph, context);
      },
      touchend: (event, graph, context) => {
        if (context.initialTouches && context.initialTouches.length) usual.touchend(event, graph, context);
      },
    };
  }

  synchronize() {
    if (this.figures.length > 1) {
      Dygraph.synchronize(this.figures.map((entry) => entry.graph),
        { selection: true, zoom: true, range: false });
    }
  }

  /* Other colours, or another scale, of charts that are there. */
  paint() {
    for (const { chart, graph } of this.figures) {
      const { highlightCallback, interactionModel, labels, ...options } = this.options(chart);
      graph.updateOptions(options, true);
    }
    for (const entry of this.figures) {
      this.dashLegend(entry);
      entry.graph.updateOptions({});
      entry.graph.resize();
    }
  }

  /* Decisions that change a target, each with whose it is: found once for all charts. */
  changes() {
    if (this.changesOf !== this.decisions) {
      this.changesOf = this.decisions;
      this.changed = this.decisions.flatMap((decisions) => decisions.items.filter(([, before, after]) => before !== after)
        .map((item) => [decisions, item]));
    }
    return this.changed;
  }

  /* Changes of the target as lines; in the chart that has them as its marks with arrows. */
  mark(canvas, area, graph, chart) {
    const [from, to] = graph.xAxisRange();
    const changes = this.changes().filter(([{ label }, [time]]) =>
      (!chart.only || label === chart.only) && time * 1000 >= from && time * 1000 <= to);
    const few = changes.length * 12 < area.w;
    if (!chart.marks && (this.decisions.length > 1 || !few)) return;
    canvas.save();
    for (const [decisions, [time, before, after]] of changes) {
      const x = Math.round(graph.toDomXCoord(time * 1000)) + 0.5;
      const up = after > before;
      canvas.strokeStyle = canvas.fillStyle = colour(decisions.colour || (up ? 'up' : 'down'));
      if (few) {
        canvas.globalAlpha = 0.35;
        canvas.beginPath();
        canvas.moveTo(x, area.y);
        canvas.lineTo(x, area.y + area.h);
        canvas.stroke();
      }
      if (chart.marks) {
        canvas.globalAlpha = 1;
        canvas.beginPath();
        const [tip, base] = up ? [area.y, area.y + 7] : [area.y + 7, area.y];
        canvas.moveTo(x, tip);
        canvas.lineTo(x - 4, base);
        canvas.lineTo(x + 4, base);
        canvas.fill();
      }
    }
    canvas.restore();
  }

  /* Each series has a line of its own for them, as it has a colour. */
  markNever(canvas, area, graph, chart) {
    canvas.save();
    chart.series.forEach((series, i) => {
      canvas.fillStyle = colour(series.colour);
      series.values.forEach((value, row) => {
        const x = value === Infinity ? graph.toDomXCoord(this.times[row]) : -1;
        if (x >= area.x && x <= area.x + area.w) canvas.fillRect(x - 2, area.y + 1 + 6 * i, 5, 5);
      });
    });
    canvas.restore();
  }

  /* What the marks mean, where there are any. */
  neverText() {
    return this.figures.some(({ chart }) => chart.series.some((series) => series.values.includes(Infinity)))
      ? 'A square at the top: never, for too many requests of that interval never got there. ' : '';
  }

  /* The time axis ------------------------------------------------------------------------------ */

  whole() {
    return this.figures[0].graph.xAxisExtremes();
  }

  show(range) {
    this.figures[0].graph.updateOptions({ dateWindow: range });
  }

  zoom(factor) {
    const [from, to] = this.figures[0].graph.xAxisRange();
    const [least, most] = this.whole();
    const at = this.row === null ? (from + to) / 2 : this.times[this.row];
    const middle = at >= from && at <= to ? at : (from + to) / 2;
    const smallest = Math.max(1000, (most - least) / this.times.length * 4);
    const half = Math.max(smallest, (to - from) * factor) / 2;
    if (2 * half >= most - least) this.show(null);
    else this.show(this.within(middle - half, middle + half));
  }

  move(share) {
    const [from, to] = this.figures[0].graph.xAxisRange();
    this.show(this.within(from + (to - from) * share, to + (to - from) * share));
  }

  /* The range, as long as it is, within the run. */
  within(from, to) {
    const [least, most] = this.whole();
    const shift = from < least ? least - from : to > most ? most - to : 0;
    return [from + shift, to + shift];
  }

  key(event) {
    const [from, to] = this.figures[0].graph.xAxisRange();
    const first = this.times.findIndex((time) => time >= from);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step && !event.altKey && !event.ctrlKey && !event.metaKey) {
      const by = step * (event.shiftKey ? 10 : 1);
      const row = this.row === null ? first : this.row + by;
      this.select(Math.max(0, Math.min(this.times.length - 1, row)));
      const time = this.times[this.row];
      if (time < from || time > to) this.move(step * 0.5);
    } else if (event.key === '+' || event.key === '=') this.zoom(0.5);
    else if (event.key === '-') this.zoom(2);
    else if (event.key === '0') this.show(null);
    else return;
    event.preventDefault();
  }

  /* The cursor --------------------------------------------------------------------------------- */

  select(row) {
    for (const { graph } of this.figures) {
      if (row === null) graph.clearSelection();
      else graph.setSelection(row);
    }
    this.tell(row);
  }

  cursor(x) {
    let low = 0, high = this.times.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] < x) low = middle + 1;
      else high = middle;
    }
    this.tell(low);
  }

  tell(row) {
    this.row = row;
    for (const { chart, shown } of this.figures) {
      chart.series.forEach((series, i) => {
        shown[i].textContent = row === null ? '' : valueText(chart.unit, series.values[row]);
      });
    }
    if (row === null) {
      this.instant.textContent = '';
      this.reasons.textContent = this.hint();
      return;
    }
    const time = this.times[row], before = row > 0 ? this.times[row - 1] : -Infinity;
    this.instant.textContent = instantText(time, this.calendar);
    this.reasons.replaceChildren(...this.decisions.map(({ label, items, thinned }) =>
      make('span', {}, label === null ? '' : make('em', {}, `${label}: `),
        reasonAt(items, before, time, this.calendar, thinned))));
  }
}

/* Paper -------------------------------------------------------------------------------------------- */

/* What is folded is printed too, but for what nobody would read there. */
function openForPaper() {
  for (const details of document.querySelectorAll('details:not([open])')) {
    if (details.fill) details.fill();
    if (details.querySelectorAll('tr').length > 200 || details.closest('footer')) continue;
    details.open = true;
    details.classList.add('opened');
  }
}

function onPaper(printed) {
  document.documentElement.classList.toggle('printed', printed);
  knownColours.clear();
  if (printed) openForPaper();
  else document.querySelectorAll('details.opened').forEach((details) => { details.open = false; details.classList.remove('opened'); });
  for (const group of chartGroups) group.paint();
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chartGroups.forEach((group) => group.paint()));
addEventListener('beforeprint', () => onPaper(true));
addEventListener('afterprint', () => onPaper(false));

const monthFormat = new Intl.DateTimeFormat('en-GB', { month: 'short', timeZone: 'UTC' });

/* A label for a tick: "06:00", and at midnight the day, "17 Nov" or "day 2". */
function axisText(ms, elapsed) {
  const date = new Date(ms);
  const clock = date.toISOString().slice(11, 23);
  if (clock !== '00:00:00.000') return clock.replace(/(:00)?\.000$/, '');
  if (elapsed) return `day ${Math.floor(ms / dayMs) + 1}`;
  return `${date.getUTCDate()} ${monthFormat.format(date)}`;
}

/* Decisions ------------------------------------------------------------------------------------ */

/* Why, of one decision, with its arithmetic. */
function decisionText(decision, calendar) {
  const [, from, to, reason, recommended, winner, measured, target, window, since, until] = decision;
  const clock = (seconds) => clockText(seconds * 1000, calendar, decision[0] * 1000);
  let text = from === to ? `target ${to} kept` : `target ${from} → ${to}`;
  text += reason ? `: ${reason}` : '';
  if (winner) {
    text += ` – ${winner} ${plainText(numberText(measured))} at ${target} per replica asks for ${recommended}`;
  } else if (recommended !== null && recommended !== to) {
    text += ` – ${recommended} recommended`;
  }
  if (window && from === to && until !== null) text += `; ${window} until ${clock(until)}`;
  else if (window && since !== null) text += `; ${window} since ${clock(since)}`;
  return text;
}

/* The changes within (before, time], or what was last decided before. */
function reasonAt(items, before, time, calendar, thinned) {
  const upTo = items.filter((item) => item[0] * 1000 <= time);
  const changes = upTo.filter((item) => item[0] * 1000 > before && item[1] !== item[2]);
  const said = (item) => `${clockText(item[0] * 1000, calendar, time)} ${decisionText(item, calendar)}`;
  if (changes.length > 3) {
    return `${changes.slice(0, 3).map(said).join(' · ')} · and ${changes.length - 3} more changes`;
  }
  if (changes.length) return changes.map(said).join(' · ');
  if (!upTo.length) return 'nothing decided yet';
  const last = upTo[upTo.length - 1];
  return thinned ? `the last change on this page: ${said(last)}` : decisionText(last, calendar);
}

/* All changes of the target, as a table that is made when it is opened; an instant leads there. */
function decisionList(group, { label, items }, total) {
  const changes = items.filter((item) => item[1] !== item[2]);
  const kept = changes.length < total
    ? ` (${changes.length.toLocaleString('en-US')} of them, the largest of each stretch of time)` : '';
  const title = `${total.toLocaleString('en-US')} change${total === 1 ? '' : 's'} of the target${label === null ? '' : `, ${label}`}${kept}`;
  const details = make('details', {}, make('summary', {}, title));
  const lead = (item) => {
    const [least, most] = group.whole();
    const half = (most - least) / 40;
    group.show(group.within(item[0] * 1000 - half, item[0] * 1000 + half));
    const row = group.times.findIndex((time) => time >= item[0] * 1000);
    if (row >= 0) group.select(row);
    group.plots.scrollIntoView({ block: 'start' });
  };
  details.fill = () => {
    if (details.childElementCount > 1) return;
    details.append(make('div', { class: 'box', tabindex: '0' }, make('table', { class: 'prose' },
      make('thead', {}, make('tr', {}, make('th', { scope: 'col' }, 'time'),
        make('th', { scope: 'col' }, 'target'), make('th', { scope: 'col' }, 'why'))),
      make('tbody', {}, ...changes.map((item) => make('tr', {},
        make('td', {}, make('button', { type: 'button', class: 'link', on: { click: () => lead(item) } },
          instantText(item[0] * 1000, group.calendar))),
        make('td', {}, `${item[1]} → ${item[2]}`),
        make('td', {}, decisionText(item, group.calendar).replace(/^[^:]*: /, ''))))))));
  };
  details.addEventListener('toggle', details.fill);
  return details;
}

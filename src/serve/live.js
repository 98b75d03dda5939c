// SPDX-License-Identifier: GPL-3.0-or-later
// The page of a run that goes on: its charts grow by the rows that the server tells (serve/feed.c), and what is pressed
// is sent back to it (POST /sim/...).

/* Older intervals leave the charts; the server's output has them all. */
const pointsMost = 4000;
const redrawMs = 1000;

/* A line of CSV as fields. */
function csvFields(line) {
  const fields = [];
  const pattern = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g;
  for (const [, quoted, plain] of line.matchAll(pattern)) {
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
  }
  return fields;
}

const csvNumber = (text) => (text === '' ? null : text === 'inf' ? Infinity : Number(text));

/* A deployment ---------------------------------------------------------------------------------- */

class LiveDeployment {
  constructor(name, scenario, calendar) {
    Object.assign(this, { name, calendar, rows: 0, time: [], series: new Map(), told: new Set(), decisions: [], changes: 0, dirty: false });
    this.figures = make('dl', { class: 'figures' });
    this.said = make('p', { class: 'lead', 'aria-live': 'polite' }, 'Nothing decided yet.');
    this.container = make('div', { class: 'charts', 'data-kind': 'run' });
    this.latest = make('ul', { class: 'quiet' });
    this.section = make('section', { class: 'deployment' }, make('h2', {}, name), deploymentLine(scenario, name),
      this.figures, this.said, this.container, make('h3', {}, 'Latest decisions'), this.latest);
  }

  /* columns: [name, kind], as the time series of a run's page has them: counts per second, totals per hour too. */
  addInterval(columns, fields) {
    const at = (name) => csvNumber(fields[columns.findIndex(([column]) => column === name)]);
    const length = at('interval_s');
    if (!(length > 0)) return;
    const put = (name, value) => {
      if (!this.series.has(name)) this.series.set(name, this.time.map(() => null));
      this.series.get(name).push(value);
      if (value) this.told.add(name);
    };
    columns.forEach(([name, kind], i) => {
      const value = csvNumber(fields[i]);
      if (kind === 'count') put(name, value / length);
      else if (kind !== 'key') put(name, value);
      if (kind === 'total') put(`${name}_per_hour`, (value - (this.total ? this.total[name] : 0)) / length * 3600);
    });
    this.total = Object.fromEntries(columns.filter(([, kind]) => kind === 'total').map(([name]) => [name, at(name)]));
    this.time.push(at('time_s') + length);
    this.rows += 1;
    this.dirty = true;
    if (this.time.length > pointsMost * 1.1) this.forget(this.time.length - pointsMost);
  }

  forget(count) {
    this.time.splice(0, count);
    for (const values of this.series.values()) values.splice(0, count);
    const first = this.decisions.findIndex(([time]) => time >= this.time[0]);
    if (first > 0) this.decisions.splice(0, first);
  }

  addDecision(columns, fields) {
    const series = new Map(columns.map((name, i) => [name, [['reason', 'winner', 'window'].includes(name)
      ? fields[i] : csvNumber(fields[i])]]));
    const [item] = decisionRows({ rows: 1, left_out: 0, series });
    const changes = item[1] !== item[2];
    this.decisions.push(item);
    this.changes += changes;
    this.said.replaceChildren(`${instantText(item[0] * 1000, this.calendar)}: `, make('strong', {}, decisionText(item, this.calendar)));
    if (changes) {
      this.latest.prepend(make('li', {}, `${instantText(item[0] * 1000, this.calendar)} ${decisionText(item, this.calendar)}`));
      if (this.latest.childElementCount > 8) this.latest.lastChild.remove();
    }
    this.dirty = true;
  }

  showState(state) {
    const booting = ['pending_scheduling', 'downloading_model', 'initializing', 'ready'];
    const shown = [
      ['Target', 'count', state.target], ['Serving', 'count', state.replicas.serving],
      ['Booting', 'count', booting.reduce((sum, name) => sum + state.replicas[name], 0)],
      ['Draining', 'count', state.replicas.draining], ['Requests in flight', 'count', state.in_flight],
      ['Queued', 'count', state.queued], ['Requests so far', 'count', state.requests],
      ['503 answers', 'count', state.answers['503']], ['429 answers', 'count', state.answers['429']],
      ['Cost so far', 'usd', state.cost_usd]];
    this.figures.replaceChildren(...shown.map(([title, unit, value]) => make('div', {},
      make('dt', {}, title), make('dd', {}, valueText(unit, value)))));
    if (state.deleted) this.said.replaceChildren(make('strong', {}, 'Deleted: no traffic for 7 days.'));
  }

  draw(loadKeys) {
    if (!this.dirty || this.time.length < 2) return;
    this.dirty = false;
    const series = new Map([...this.series].filter(([column]) => this.told.has(column)));
    const charts = runChartsOf({ loadKeys, time: this.time, series });
    const contents = { calendar: this.calendar, times: this.time.map((seconds) => seconds * 1000), charts,
      decisions: [{ label: null, items: this.decisions }] };
    if (this.group && this.group.refresh(contents)) return;
    const range = this.group ? this.group.figures[0].graph.xAxisRange() : null;
    const zoomed = this.group && this.group.figures[0].graph.isZoomed('x');
    if (this.group) this.group.leave();
    this.group = new ChartGroup(this.container, contents);
    if (zoomed) this.group.show(range);
  }
}

/* Steering -------------------------------------------------------------------------------------- */

class Steering {
  constructor(deployments) {
    this.key = make('input', { size: 12, 'aria-label': 'API key', autocomplete: 'off' });
    this.keyLabel = make('label', { hidden: true }, 'API key ', this.key);
    this.said = make('span', { role: 'status' });
    const button = (text, title, path, body) => make('button', { type: 'button', title,
      on: { click: () => this.send(path, typeof body === 'function' ? body() : body) } }, text);
    const speeds = [1, 10, 60, 600, 3600];
    const which = make('select', { 'aria-label': 'Deployment' }, ...deployments.map((name) => make('option', {}, name)));
    const of = (body) => () => ({ deployment: which.value, ...body });
    this.element = make('div', { class: 'controls', role: 'toolbar', 'aria-label': 'Steering' },
      button('Pause', 'The clock stops', 'pause', {}), button('Resume', 'The clock goes on', 'resume', {}),
      ...speeds.map((speed) => button(`× ${speed}`, `${speed} simulated seconds a second`, 'speed', { speed })),
      button('+ 10 min', 'Jump ahead', 'jump', { by: '10m' }), button('+ 1 h', 'Jump ahead', 'jump', { by: '1h' }),
      deployments.length > 1 ? which : null,
      button('Burst of 100', '100 requests within 10 s', 'burst', of({ requests: 100, over: '10s' })),
      button('Take a replica', 'The oldest vanishes', 'take-replica', of({})), this.keyLabel, this.said);
  }

  async send(path, body) {
    const headers = { 'content-type': 'application/json' };
    if (this.key.value) headers.authorization = `Bearer ${this.key.value}`;
    try {
      const response = await fetch(`sim/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      if (response.status === 401) this.keyLabel.hidden = false;
      this.said.textContent = response.ok ? '' : (await response.json()).error.message;
    } catch (error) {
      this.said.textContent = String(error);
    }
  }
}

/* The page -------------------------------------------------------------------------------------- */

function followRun({ scenario: text, load_keys: loadKeys }, header, main) {
  const scenario = JSON.parse(text), calendar = calendarOf(scenario);
  const deployments = new Map(Object.keys(scenario.deployments)
    .map((name) => [name, new LiveDeployment(name, scenario, calendar)]));
  const clock = make('p', { class: 'lead' }, 'Connecting …');
  const steering = new Steering([...deployments.keys()]);
  header.append(...runHead(scenario).filter((part) => part), clock, steering.element);
  main.append(...[...deployments.values()].map(({ section }) => section));
  let columns = { timeseries: [], events: [] }, ended = false;
  const feed = new EventSource('events');
  const on = (name, handler) => feed.addEventListener(name, ({ data }) => handler(data));
  on('columns', (data) => {
    const told = JSON.parse(data);
    columns = { timeseries: told.timeseries, events: csvFields(told.events) };
    for (const [name, before] of deployments) { // told anew from the beginning, after a connection broke
      const deployment = new LiveDeployment(name, scenario, calendar);
      if (before.group) before.group.leave();
      before.section.replaceWith(deployment.section);
      deployments.set(name, deployment);
    }
  });
  on('timeseries', (data) => {
    const fields = csvFields(data);
    const name = fields[columns.timeseries.findIndex(([column]) => column === 'deployment')];
    if (deployments.has(name)) deployments.get(name).addInterval(columns.timeseries, fields);
  });
  on('events', (data) => {
    const fields = csvFields(data), of = (name) => fields[columns.events.indexOf(name)];
    if (of('event') === 'decision' && deployments.has(of('deployment'))) {
      deployments.get(of('deployment')).addDecision(columns.events, fields);
    }
  });
  on('state', (data) => {
    const state = JSON.parse(data);
    clock.replaceChildren(make('strong', {}, instantText(Math.floor(state.time_s) * 1000, calendar)),
      state.paused ? ', paused' : `, ${state.speed} simulated s a second`,
      state.lag_s > 1 ? `, ${secondsText(state.lag_s)} behind` : '');
    for (const [name, of] of Object.entries(state.deployments)) deployments.get(name).showState(of);
  });
  on('end', () => { ended = true; feed.close(); clock.append(make('strong', {}, ' – ended')); });
  feed.addEventListener('error', () => { if (!ended) clock.textContent = 'No connection; trying again …'; });
  const draw = () => {
    for (const deployment of deployments.values()) deployment.draw(loadKeys);
    setTimeout(draw, redrawMs);
  };
  feed.addEventListener('state', draw, { once: true }); // after the rows that there were
}

const livePlace = document.getElementById('data');
livePlace.before(make('header', {}), make('main', {}));
followRun(JSON.parse(livePlace.textContent), document.querySelector('header'), document.querySelector('main'));
document.title = `${document.querySelector('h1').textContent} – autoscale-sim serve`;

// SPDX-License-Identifier: GPL-3.0-or-later
// The curve of traffic as one draws it: points and bursts by pointer, finger, keys and numbers, before
// the arrivals of the run. It knows no state: `show` says what is there, `change` is told what was made.

class CurveEditor {
  /* change(curve): at each step of a gesture. */
  constructor(place, change) {
    Object.assign(this, { place, change, curve: null, arrivals: null, duration: 1, calendar: null, chosen: 0,
      drawing: false, drag: null, handles: [] });
    this.svg = makeSvg('svg', { class: 'curve', role: 'group', on: {
      pointerdown: (event) => this.press(event), dblclick: (event) => this.addAt(event),
      touchstart: (event) => this.keepTouch(event) } });
    for (const name of ['axes', 'ghost', 'sum', 'base', 'knobs']) {
      this[name] = this.svg.appendChild(makeSvg('g', { class: name }));
    }
    this.hint = make('p', { class: 'quiet hint' });
    this.fields = make('div', { class: 'controls', role: 'group', 'aria-label': 'The chosen point' });
    this.burstFields = make('div', { class: 'bursts' });
    place.append(this.makeTools(), this.svg, this.fields, this.burstFields, this.hint);
    redrawnOnResize(place, () => this.draw());
    for (const type of ['pointermove', 'pointerup', 'pointercancel']) {
      window.addEventListener(type, (event) => {
        if (this.drag && this.drag.pointer === event.pointerId) this.follow(event);
      });
    }
  }

  makeTools() {
    const button = (text, title, press) => make('button', { type: 'button', title, on: { click: press } }, text);
    this.pen = button('Draw', 'Draw the curve freehand; press again to move points',
      () => this.setDrawing(!this.drawing));
    this.pen.setAttribute('aria-pressed', 'false');
    this.tools = make('div', { class: 'tools', role: 'toolbar', 'aria-label': 'Traffic' }, this.pen,
      button('+ Point', 'A point in the middle of the longest stretch', () => this.addSomewhere()),
      button('+ Burst', 'A peak upon the curve', () => this.addBurst()),
      button('+10 %', 'All of it by a tenth more', () => this.scale(1.1)),
      button('−10 %', 'All of it by a tenth less', () => this.scale(0.9)));
    return this.tools;
  }

  setDrawing(on) {
    this.drawing = on;
    this.pen.setAttribute('aria-pressed', String(on));
    this.svg.classList.toggle('drawing', on);
    this.tellHint();
  }

  tellHint() {
    this.hint.textContent = !this.curve ? '' : this.drawing
      ? 'Draw with the pointer or a finger across the plot; "Draw" again to move points.'
      : 'Drag points; click the line or double-click anywhere to add one. Keys on a point: arrows move it (Shift: ' +
        'finely), Page Up and Page Down choose another, Enter adds, Delete removes.';
  }

  /* curve: null while the traffic is not one that can be drawn. arrivals: {times, widths, arrivals} or null. */
  show({ curve, arrivals, duration, calendar }) {
    Object.assign(this, { curve, arrivals, duration, calendar });
    this.draw();
  }

  get busy() {
    return this.drag !== null;
  }

  /* Scales ----------------------------------------------------------------------------------------- */

  /* The top stays where it is while one drags, unless a rate is above it; a pointer is read by the first one, or what is
   * above the top would raise itself. */
  setScales() {
    const { curve } = this, times = curve ? bendsOfCurve(curve, this.duration) : [];
    const rates = curve ? times.map((time) => rateOfCurve(curve, time)) : this.ghostRates();
    const most = Math.max(...rates, 0) || 1;
    if (!this.drag || most > this.top) this.top = this.drag ? most * 1.02 : most * 1.2;
    this.frame = plotFrame(this.place);
    Object.assign(this.frame, { height: 250, bottom: 250 - 40, left: 58 });
    const { left, right, top, bottom } = this.frame;
    this.x = { place: (time) => left + time / this.duration * (right - left), ticks: this.timeTicks(right - left) };
    this.y = { place: (rate) => bottom - rate / this.top * (bottom - top), ticks: roundTicks(0, this.top, 5) };
  }

  timeTicks(pixels) {
    const steps = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];
    const least = this.duration / Math.max(2, pixels / 70);
    const step = least < 60 ? roundTicks(0, this.duration, pixels / 70)[1]
      : steps.find((one) => one >= least) || Math.ceil(least / 86400) * 86400;
    const first = this.calendar === null ? 0 : (step - this.calendar % step) % step;
    const ticks = [];
    for (let time = first; time <= this.duration; time += step) ticks.push(time);
    return ticks;
  }

  timeText(time) {
    return axisText(((this.calendar || 0) + time) * 1000, this.calendar === null);
  }

  /* Time and rate below a pointer, rounded. */
  valueAt(event) {
    const most = this.drag ? this.drag.top : this.top;
    const box = this.svg.getBoundingClientRect(), { left, right, top, bottom, width, height } = this.frame;
    const x = (event.clientX - box.left) * width / box.width, y = (event.clientY - box.top) * height / box.height;
    const time = (x - left) / (right - left) * this.duration;
    return { time: Math.min(this.duration, Math.max(0, roundTo(time, this.step))), x, y,
      rate: roundRate(Math.max(0, (bottom - y) / (bottom - top) * most), most) };
  }

  get step() {
    return stepOfTime(this.duration);
  }

  /* Drawing ---------------------------------------------------------------------------------------- */

  /* Arrivals per second in steps of three pixels each, or of an interval. */
  ghostRates() {
    const count = this.arrivals ? this.arrivals.times.length : 0;
    if (!count) return [];
    const bins = Math.max(1, Math.min(count, Math.round(this.place.clientWidth / 3)));
    return binnedArrivals(this.arrivals, this.duration, bins).map(([, rate]) => rate);
  }

  draw() {
    this.setScales();
    const { width, height } = this.frame;
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) {
      this.svg.setAttribute(name, value);
    }
    this.svg.setAttribute('aria-label', this.curve ? curveText(this.curve, this.duration, this.calendar)
      : 'The arrivals of the run');
    this.axes.replaceChildren(...drawAxes(this.frame, this.x, this.y, 'time', 'requests per second',
      (time) => this.timeText(time), (rate) => tickText('h', rate)));
    this.drawGhost();
    this.drawCurve();
    this.placeHandles();
    this.tools.hidden = this.fields.hidden = this.burstFields.hidden = !this.curve;
    if (this.curve) this.fillFields();
    if (!this.drag) this.tellHint();
  }

  drawGhost() {
    const rates = this.ghostRates(), { left, bottom, top } = this.frame, width = this.duration / rates.length;
    const steps = rates.map((rate, i) =>
      `L${this.x.place(i * width)} ${Math.max(top, this.y.place(rate))}H${this.x.place((i + 1) * width)}`);
    this.ghost.replaceChildren(makeSvg('path', { d: `M${left} ${bottom}${steps.join('')}V${bottom}Z` }));
  }

  drawCurve() {
    const line = (curve) => makeSvg('polyline', { points: bendsOfCurve(curve, this.duration)
      .map((time) => `${this.x.place(time)},${this.y.place(rateOfCurve(curve, time))}`).join(' ') });
    this.sum.replaceChildren(...(this.curve ? [line(this.curve)] : []));
    this.base.replaceChildren(...(this.curve && this.curve.bursts.length ? [line({ ...this.curve, bursts: [] })] : []));
  }

  /* What can be dragged: points, the tops of bursts, and where these end. */
  knobList() {
    if (!this.curve) return [];
    const { points, bursts } = this.curve, all = points.length;
    const value = (time, rate) => `${this.instant(time)}, ${numberText(rate)} requests per second`;
    return [
      ...points.map(([time, rate], i) => ({ kind: 'point', i, time, rate, name: `Point ${i + 1} of ${all}`,
        text: value(time, rate) })),
      ...bursts.flatMap((burst, i) => {
        const top = burst.at + burst.rise, name = `Burst ${i + 1}`;
        const rate = (time) => rateOfCurve(this.curve, time);
        return [{ kind: 'top', i, time: top, rate: rate(top), name, text: value(burst.at, burst.height) },
          { kind: 'end', i, time: top + burst.hold, rate: rate(top + burst.hold), name: `End of ${name.toLowerCase()}`,
            text: `lasts ${secondsText(burst.hold)}` }];
      })];
  }

  instant(time) {
    return instantText(time * 1000, this.calendar);
  }

  /* Elements stay while their number does: what is dragged, and what has the focus, must not vanish. */
  placeHandles() {
    const knobs = this.knobList();
    while (this.handles.length > knobs.length) this.handles.pop().remove();
    while (this.handles.length < knobs.length) this.handles.push(this.knobs.appendChild(this.makeHandle()));
    this.chosen = Math.min(this.chosen, Math.max(0, knobs.length - 1));
    knobs.forEach((knob, k) => {
      const handle = this.handles[k], isIn = knob.time <= this.duration;
      handle.knob = knob;
      const attributes = { class: `knob of-${knob.kind}${k === this.chosen ? ' chosen' : ''}`,
        'aria-label': knob.name,
        tabindex: k === this.chosen ? 0 : -1, 'aria-valuenow': knob.rate, 'aria-valuemin': 0,
        'aria-valuetext': knob.text,
        transform: `translate(${this.x.place(Math.min(knob.time, this.duration))} ${this.y.place(knob.rate)})`,
        visibility: isIn ? 'visible' : 'hidden' };
      for (const [name, text] of Object.entries(attributes)) handle.setAttribute(name, text);
    });
  }

  makeHandle() {
    const handle = makeSvg('g', { role: 'slider', on: { keydown: (event) => this.key(event, handle.knob),
      focus: () => this.choose(this.handles.indexOf(handle)) } },
    makeSvg('circle', { class: 'reach', r: 16 }), makeSvg('circle', { class: 'dot', r: 5 }));
    return handle;
  }

  choose(k) {
    if (k === this.chosen || k < 0) return;
    this.chosen = k;
    this.placeHandles();
    this.fillFields();
  }

  focusChosen(options) {
    if (this.handles[this.chosen]) this.handles[this.chosen].focus(options);
  }

  /* Changes ---------------------------------------------------------------------------------------- */

  make(curve) {
    this.curve = curve;
    this.draw();
    this.change(curve);
  }

  setPoints(points) {
    this.make({ ...this.curve, points });
  }

  setBurst(i, burst) {
    const least = this.step / 10;
    const whole = { at: Math.max(0, burst.at), rise: Math.max(0, burst.rise), hold: Math.max(0, burst.hold),
      decay: Math.max(least, burst.decay), height: Math.min(rateMost, Math.max(this.top / 1000, burst.height)) };
    this.make({ ...this.curve, bursts: this.curve.bursts.map((one, k) => (k === i ? whole : one)) });
  }

  /* A knob to another place. */
  move({ kind, i }, time, rate) {
    if (kind === 'point') return this.setPoints(movedPoint(this.curve.points, i, time, rate, this.step));
    const burst = this.curve.bursts[i];
    if (kind === 'end') return this.setBurst(i, { ...burst, hold: time - burst.at - burst.rise });
    const below = rateOfCurve(this.curve, burst.at + burst.rise) - burst.height;
    return this.setBurst(i, { ...burst, at: time - burst.rise, height: roundRate(rate - below, this.top) });
  }

  add(time, rate) {
    const { points, index } = withPoint(this.curve.points, time, rate, this.step);
    this.chosen = index;
    this.setPoints(points);
    this.focusChosen();
    return index;
  }

  addSomewhere() {
    const times = this.curve.points.map(([time]) => time), edges = [0, ...times, this.duration]
      .filter((time) => time <= this.duration);
    const widths = edges.slice(1).map((edge, i) => edge - edges[i]), k = widths.indexOf(Math.max(...widths));
    const time = roundTo((edges[k] + edges[k + 1]) / 2, this.step);
    this.add(time, roundRate(rateOfPoints(this.curve.points, time), this.top));
  }

  addBurst() {
    const hold = Math.max(this.step, roundTo(this.duration / 48, this.step));
    const height = Math.max(...this.curve.points.map(([, rate]) => rate)) || 1;
    const burst = { at: roundTo(this.duration * 0.6, this.step), rise: hold / 5, hold, decay: hold / 2, height };
    this.chosen = this.curve.points.length + 2 * this.curve.bursts.length;
    this.make({ ...this.curve, bursts: [...this.curve.bursts, burst] });
    this.focusChosen();
  }

  remove({ kind, i }) {
    if (kind === 'point') return this.setPoints(withoutPoint(this.curve.points, i));
    return this.make({ ...this.curve, bursts: this.curve.bursts.filter((burst, k) => k !== i) });
  }

  scale(factor) {
    const by = (rate) => Math.min(rateMost, Number((rate * factor).toPrecision(4)));
    this.make({ points: this.curve.points.map(([time, rate]) => [time, by(rate)]),
      bursts: this.curve.bursts.map((burst) => ({ ...burst, height: by(burst.height) })) });
  }

  /* Pointer ---------------------------------------------------------------------------------------- */

  press(event) {
    if (!this.curve || event.button > 0 || !event.isPrimary) return;
    const at = this.valueAt(event), handle = this.nearestHandle(at, event.pointerType === 'mouse' ? 12 : 24);
    if (this.drawing) {
      this.drag = { pointer: event.pointerId, top: this.top, before: this.curve, stroke: [[at.time, at.rate]] };
    } else if (handle) {
      this.choose(this.handles.indexOf(handle));
      const { knob } = handle;
      this.drag = { pointer: event.pointerId, top: this.top, before: this.curve, knob, moved: false,
        dx: this.x.place(knob.time) - at.x, dy: this.y.place(knob.rate) - at.y };
      this.focusChosen({ preventScroll: true });
    } else if (Math.abs(this.y.place(rateOfPoints(this.curve.points, at.time)) - at.y) < 9) {
      this.add(at.time, roundRate(rateOfPoints(this.curve.points, at.time), this.top));
    } else {
      return;
    }
    event.preventDefault();
  }

  /* A finger that drags does not scroll the page; elsewhere on the plot it does. */
  keepTouch(event) {
    if (this.curve && (this.drawing || this.nearestHandle(this.valueAt(event.touches[0]), 24))) event.preventDefault();
  }

  /* What is meant where several are in reach. */
  nearestHandle(at, reach) {
    const distance = ({ knob }) => Math.hypot(this.x.place(knob.time) - at.x, this.y.place(knob.rate) - at.y);
    const near = this.handles.filter((handle) => distance(handle) <= reach).sort((a, b) => distance(a) - distance(b));
    return near[0] || null;
  }

  follow(event) {
    const { drag } = this, done = event.type !== 'pointermove';
    if (drag.stroke) this.followStroke(event, done);
    else this.followKnob(event, done);
  }

  followKnob(event, done) {
    const { drag } = this;
    if (!done) {
      const at = this.valueAt({ clientX: event.clientX + drag.dx, clientY: event.clientY + drag.dy });
      drag.moved = true;
      this.move(drag.knob, at.time, at.rate);
    } else {
      this.finish(event, drag.moved);
    }
  }

  /* Between two places of a fast pointer the line is straight. */
  followStroke(event, done) {
    const { drag } = this, at = this.valueAt(event), [time, rate] = drag.stroke[drag.stroke.length - 1];
    if (!done) {
      const count = Math.max(1, Math.abs(Math.round((at.time - time) / this.step)));
      for (let i = 1; i <= count; i++) {
        drag.stroke.push([time + (at.time - time) * i / count, rate + (at.rate - rate) * i / count]);
      }
      this.setPoints(withStroke(drag.before.points, drag.stroke, this.step, drag.top));
    } else {
      this.finish(event, drag.stroke.length > 1);
    }
  }

  /* A gesture that the browser takes over, to scroll, leaves no trace. */
  finish(event, changed) {
    const { before } = this.drag;
    this.drag = null;
    if (changed) this.make(event.type === 'pointercancel' ? before : this.curve);
  }

  addAt(event) {
    const at = this.valueAt(event);
    if (!this.curve || this.drawing || this.nearestHandle(at, 12)) return;
    this.add(at.time, at.rate);
  }

  /* Keys ------------------------------------------------------------------------------------------- */

  key(event, knob) {
    const pace = event.shiftKey ? 1 : 6, rise = this.top * (event.shiftKey ? 0.005 : 0.03);
    const to = (time, rate) => this.move(knob, time, roundRate(rate, this.top));
    const acts = {
      ArrowLeft: () => to(knob.time - pace * this.step, knob.rate),
      ArrowRight: () => to(knob.time + pace * this.step, knob.rate),
      ArrowUp: () => to(knob.time, knob.rate + rise), ArrowDown: () => to(knob.time, knob.rate - rise),
      PageUp: () => this.chooseNext(-1), PageDown: () => this.chooseNext(1),
      Home: () => this.chooseNext(-Infinity), End: () => this.chooseNext(Infinity),
      Delete: () => this.remove(knob), Backspace: () => this.remove(knob), Enter: () => this.addBeside(knob),
    };
    if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    acts[event.key]();
    this.focusChosen();
  }

  chooseNext(by) {
    this.choose(Math.min(this.handles.length - 1, Math.max(0, this.chosen + by)));
    this.focusChosen();
  }

  /* Half way to the next point, or to the end. */
  addBeside({ kind, i }) {
    if (kind !== 'point') return;
    const { points } = this.curve, next = i + 1 < points.length ? points[i + 1][0] : this.duration;
    const time = roundTo((points[i][0] + next) / 2, this.step);
    this.add(time, roundRate(rateOfPoints(points, time), this.top));
  }

  /* Numbers ---------------------------------------------------------------------------------------- */

  /* A field of what `text` says; what is entered is read when it is whole, and marked if it is none. */
  field(label, text, read, write) {
    const input = make('input', { type: 'text', size: 7, spellcheck: 'false', autocomplete: 'off',
      on: { change: () => {
        const value = read(input.value);
        input.setAttribute('aria-invalid', String(!Number.isFinite(value)));
        if (Number.isFinite(value)) write(value);
      } } });
    const refresh = () => {
      if (input !== document.activeElement || input.getAttribute('aria-invalid') !== 'true') input.value = text();
    };
    return { element: make('label', {}, `${label} `, input), refresh };
  }

  /* The fields stay while one goes through them; they are made anew when there are others. */
  fillFields() {
    const chosen = this.handles[this.chosen], isPoint = Boolean(chosen) && chosen.knob.kind === 'point';
    const kind = `${isPoint} ${this.curve.bursts.length}`;
    if (kind !== this.fieldKind) {
      this.fieldKind = kind;
      this.shownFields = [];
      this.fields.replaceChildren(...(isPoint ? this.pointFields() : []));
      this.burstFields.replaceChildren(...this.curve.bursts.map((burst, i) => this.burstRow(i)));
    }
    for (const refresh of this.shownFields) refresh();
  }

  addField(...parts) {
    const { element, refresh } = this.field(...parts);
    this.shownFields.push(refresh);
    return element;
  }

  pointFields() {
    const knob = () => this.handles[this.chosen].knob, name = make('span', {});
    const next = (text, label, by) => make('button', { type: 'button', 'aria-label': label, on: { click: () =>
      this.choose(Math.min(this.curve.points.length - 1, Math.max(0, this.chosen + by))) } }, text);
    const remove = make('button', { type: 'button', on: { click: () => this.remove(knob()) } }, 'Remove');
    this.shownFields.push(() => {
      name.textContent = knob().name;
      remove.disabled = this.curve.points.length < 2;
    });
    return [next('◀', 'The point before', -1), name, next('▶', 'The next point', 1),
      this.addField('at', () => durationText(knob().time), durationSeconds,
        (time) => this.move(knob(), time, knob().rate)),
      this.addField('requests/s', () => String(knob().rate), rateOfText,
        (rate) => this.move(knob(), knob().time, rate)),
      remove];
  }

  burstRow(i) {
    const burst = () => this.curve.bursts[i];
    const set = (name) => (value) => this.setBurst(i, { ...burst(), [name]: value });
    const time = (label, name) => this.addField(label, () => durationText(burst()[name]), durationSeconds, set(name));
    return make('div', { class: 'controls', role: 'group', 'aria-label': `Burst ${i + 1}` },
      make('span', {}, `Burst ${i + 1}`), time('at', 'at'),
      this.addField('height/s', () => String(burst().height), rateOfText, set('height')), time('length', 'hold'),
      time('rise', 'rise'), time('decay', 'decay'),
      make('button', { type: 'button', on: { click: () => this.remove({ kind: 'top', i }) } }, 'Remove'));
  }
}

/* NaN for what is none. */
function rateOfText(text) {
  const rate = text.trim() === '' ? NaN : Number(text);
  return rate >= 0 && rate <= rateMost ? rate : NaN;
}

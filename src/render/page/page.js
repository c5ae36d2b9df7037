// The live part of the page: the timeline, what can be asked of it, and tables that sort.
//
// Knows the columns that data.rs writes. All text goes into the page as text; nothing is loaded. What this file does not do
// is there without it: tables, sentences, and a still picture of the timeline.
(() => {
'use strict';

const $ = id => document.getElementById(id);
const root = document.documentElement;

/// An element with a class, text or children, and properties.
function make(tag, what = {}, ...children) {
  const { className = '', text, ...rest } = what;
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  for (const [name, value] of Object.entries(rest)) node[name] = value;
  node.append(...children);
  return node;
}

// --- figures as everywhere else in gotrace: three digits in the unit that suits them

function scaled(value, step, units) {
  let unit = 0;
  while (unit < units.length - 1 && Math.round(value) >= step) { value /= step; unit++; }
  const decimals = unit === 0 ? 0 : [2, 1].find(digits => Math.round(value * 10 ** digits) < 1000) ?? 0;
  return `${value.toFixed(decimals)} ${units[unit]}`;
}

function time(micros) {
  const seconds = Math.round(micros / 1e6);
  if (micros >= 59.95e6 && seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  if (seconds >= 3600) {
    const minutes = Math.round(seconds / 60);
    return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
  }
  return micros < 1 ? `${Math.round(micros * 1000)} ns` : scaled(micros * 1000, 1000, ['ns', 'µs', 'ms', 's']);
}

const size = kib => scaled(kib * 1024, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
const grouped = number => String(number).replace(/\B(?=(\d{3})+$)/g, ',');
const counted = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? '' : 's'}`;

// --- the data

function column(text, room) {
  const bytes = atob(text);
  const numbers = new Float64Array(room ?? bytes.length);
  let count = 0, number = 0, weight = 1;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes.charCodeAt(at);
    number += (byte & 0x7f) * weight;
    if (byte & 0x80) { weight *= 128; } else { numbers[count++] = number; number = 0; weight = 1; }
  }
  return numbers.subarray(0, count);
}

function summed(numbers) {
  for (let at = 1; at < numbers.length; at++) numbers[at] += numbers[at - 1];
  return numbers;
}

const raw = JSON.parse($('data').textContent);
const N = raw.runs;

const packages = (() => {
  const shared = column(raw.shared);
  let last = [];
  return raw.packages.map((end, index) => {
    last = last.slice(0, shared[index]).concat(Array.from(end));
    return last.join('');
  });
})();
const packageModule = column(raw.packageModules);

const run = {};
for (const name of ['sort', 'wall', 'user', 'sys', 'rss', 'lane', 'package', 'call', 'dir', 'shape']) run[name] = column(raw[name], N);
run.start = summed(column(raw.begin, N));
run.end = run.start.map((start, index) => start + run.wall[index]);
run.kind = Uint8Array.from(run.sort, sort => {
  const [tool, isProbe] = raw.sorts[sort];
  return isProbe ? raw.kinds.length - 1 : raw.tools[tool][1];
});
run.step = (() => {
  let next = 0;
  return Int32Array.from(column(raw.step, N), code => {
    if (code === 0) return -1;
    const step = code % 2 ? next + (code - 1) / 2 : next - code / 2;
    next = step + 1;
    return step;
  });
})();
const critical = new Uint8Array(N);
for (const index of summed(column(raw.critical))) critical[index] = 1;
const odd = new Map(raw.odd.map(([index, sort, words]) => [index, { sort, words }]));

/// Needs of steps, both ways, and the runs of each step.
const steps = (() => {
  const needs = Array.from({ length: raw.steps }, () => []), wanted = Array.from({ length: raw.steps }, () => []);
  const runs = Array.from({ length: raw.steps }, () => []);
  const numbers = column(raw.needs);
  for (let step = 0, at = 0; step < raw.steps; step++) {
    let need = step;
    for (let left = numbers[at++]; left > 0; left--) {
      need -= numbers[at++];
      needs[step].push(need);
      wanted[need].push(step);
    }
  }
  for (let index = 0; index < N; index++) if (run.step[index] >= 0) runs[run.step[index]].push(index);
  const end = runs.map(runs => runs.reduce((most, index) => Math.max(most, run.end[index]), 0));
  const start = runs.map(runs => runs.reduce((least, index) => Math.min(least, run.start[index]), Infinity));
  return { needs, wanted, runs, start, end };
})();

const lanes = Array.from({ length: raw.lanes }, () => []);
for (let index = 0; index < N; index++) lanes[run.lane[index]].push(index);

/// How the values of a curve are told, by the unit that data.rs gives them.
const UNITS = [grouped, size, thousandths => (thousandths / 1000).toFixed(2)];

const curves = raw.curves.map(([id, title, what, unit, at, value]) => {
  const curve = { id, title, what, text: UNITS[unit], at: summed(column(at)), value: column(value) };
  curve.peak = curve.value.reduce((most, value) => Math.max(most, value), 0);
  return curve;
});

const toolOf = index => raw.tools[raw.sorts[run.sort[index]][0]][0];
const packageOf = index => run.package[index] ? packages[run.package[index] - 1] : '';
const moduleOf = index => {
  const number = run.package[index] ? packageModule[run.package[index] - 1] : 0;
  return number ? raw.modules[number - 1] : '';
};
const isProbe = index => raw.sorts[run.sort[index]][1] === 1;
const labelOf = index => packageOf(index) || (isProbe(index) ? `${toolOf(index)} -V` : toolOf(index));

/// The real time between the first event and a place on the axis, from which idle times are cut out.
function elapsed(at) {
  let more = 0;
  for (const [from, width, idle] of raw.breaks) if (from + width <= at) more += idle - width;
  return at + more;
}

// --- what is shown

const canvas = $('plot');
const state = { from: 0, to: Math.max(raw.length, 1), top: 0, selected: -1, hover: -1, terms: [], shortest: 0, onlyCritical: false };
let shown = null, related = null, theme = null, frame = 0;

function matches() {
  const { terms, onlyCritical } = state;
  if (!terms.length && !onlyCritical) return null;
  const known = new Map();
  const found = new Uint8Array(N);
  for (let index = 0; index < N; index++) {
    if (onlyCritical && !critical[index]) continue;
    if (terms.length) {
      const key = run.package[index] * raw.sorts.length + run.sort[index];
      let is = odd.has(index) ? undefined : known.get(key);
      if (is === undefined) {
        const words = `${labelOf(index)} ${toolOf(index)} ${moduleOf(index)} ${odd.get(index)?.words ?? ''}`.toLowerCase();
        is = terms.every(term => words.includes(term));
        if (!odd.has(index)) known.set(key, is);
      }
      if (!is) continue;
    }
    found[index] = 1;
  }
  return found;
}

const isShown = index => (!shown || shown[index] === 1) && run.wall[index] >= state.shortest;

function filter() {
  state.terms = $('search').value.toLowerCase().split(/\s+/).filter(Boolean);
  state.shortest = Number($('shortest').value);
  state.onlyCritical = $('critical').checked;
  shown = matches();
  let words = '';
  if (shown || state.shortest) {
    let count = 0, wall = 0;
    for (let index = 0; index < N; index++) if (isShown(index)) { count++; wall += run.wall[index]; }
    words = `${counted(count, 'run')} of ${grouped(N)}, ${time(wall)}`;
  }
  $('found').textContent = words;
  draw();
}

// --- where things are on the canvas

const AXIS = 22, STRIP = 10, ROW = 18, LABEL = 16, GAP = 8;
let sheet = null;

/// What has which height: the lanes get what a screen has room for, and can be moved where there are more.
function layout() {
  const width = canvas.clientWidth;
  const rows = Math.min(3, 1 + raw.commands.reduce((most, command) => Math.max(most, command[3]), 0));
  const lane = Math.max(5, Math.min(24, Math.floor(520 / Math.max(1, raw.lanes))));
  const room = Math.min(raw.lanes * lane, 560);
  const strip = raw.windows.length ? STRIP + 4 : 0;
  const choreRows = Math.min(4, raw.chores.reduce((most, chore) => Math.max(most, chore[3] + 1), 0));
  const commandsTop = AXIS + strip, choresTop = commandsTop + rows * ROW, lanesTop = choresTop + choreRows * ROW + 4;
  let y = lanesTop + room + GAP;
  const plots = curves.map(curve => {
    const top = y + LABEL, height = curve.id === 'waiting' ? 36 : 52;
    y = top + height + GAP;
    return { curve, top, height };
  });
  sheet = { width, rows, lane, room, stripTop: AXIS, commandsTop, choreRows, choresTop, lanesTop, plots, height: y };
  const scale = devicePixelRatio || 1;
  canvas.style.height = `${y}px`;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(y * scale);
  clampView();
}

function colours() {
  const style = getComputedStyle(root), value = name => style.getPropertyValue(`--${name}`).trim();
  theme = {};
  for (const name of ['page', 'panel', 'ink', 'soft', 'line', 'link', 'bad', 'band', 'saturated', 'starved', 'serial', 'outside']) theme[name] = value(name);
  theme.kinds = raw.kinds.map(kind => kind[2]);
  theme.font = getComputedStyle(document.body).fontFamily;
}

const scale = () => sheet.width / (state.to - state.from);
const xOf = at => (at - state.from) * scale();
const atOf = x => state.from + x / scale();

function clampView() {
  const length = Math.max(raw.length, 1), least = Math.max(length / 1e6, 10);
  let span = Math.min(length, Math.max(least, state.to - state.from));
  state.from = Math.min(Math.max(0, state.from), length - span);
  state.to = state.from + span;
  state.top = Math.min(Math.max(0, state.top), Math.max(0, raw.lanes * sheet.lane - sheet.room));
}

function zoom(factor, x = sheet.width / 2) {
  const at = atOf(x), span = (state.to - state.from) / factor;
  const kept = Math.min(Math.max(raw.length, 1), Math.max(Math.max(raw.length, 1) / 1e6, 10, span));
  state.from = at - kept * (x / sheet.width);
  state.to = state.from + kept;
  move(0, 0);
}

function move(pixels, down) {
  const by = pixels / scale();
  state.from += by; state.to += by; state.top += down;
  clampView();
  draw();
}

function whole() {
  state.from = 0; state.to = Math.max(raw.length, 1); state.top = 0;
  clampView();
  draw();
}

/// Brings a run into view, wide enough to be seen, with something around it.
function reveal(index) {
  let span = state.to - state.from;
  if (run.wall[index] * scale() < 6) span = Math.min(span, Math.max(run.wall[index] * sheet.width / 40, raw.length / 2000));
  if (run.wall[index] > span * 0.7) span = run.wall[index] * 2.5;
  const isOutside = run.end[index] < state.from || run.start[index] > state.to;
  if (isOutside || span !== state.to - state.from) {
    const middle = (run.start[index] + run.end[index]) / 2;
    state.from = middle - span / 2;
    state.to = middle + span / 2;
  }
  const y = run.lane[index] * sheet.lane;
  if (y < state.top || y + sheet.lane > state.top + sheet.room) state.top = y - sheet.room / 2;
  clampView();
}

// --- the address: who gets a link to a page sees what its sender saw

/// What the address says of the view: a stretch of the axis, the lane on top, the chosen run, the filters.
function address() {
  const isWhole = state.from === 0 && state.to === Math.max(raw.length, 1);
  const told = new URLSearchParams();
  if (!isWhole) told.set('at', `${Math.round(state.from)}-${Math.round(state.to)}`);
  if (state.top > 0) told.set('top', Math.round(state.top / sheet.lane));
  if (state.selected >= 0) told.set('run', state.selected);
  if ($('search').value) told.set('find', $('search').value);
  if (state.shortest) told.set('shortest', state.shortest);
  if (state.onlyCritical) told.set('critical', 1);
  return told.toString();
}

let telling = 0;

/// Whether the address names a view, and not a section.
const namesView = () => location.hash.includes('=');

/// Some browsers count how often the address changes, so it does when the view has come to rest.
function tell() {
  clearTimeout(telling);
  telling = setTimeout(() => {
    const told = address();
    if (told || namesView()) history.replaceState(null, '', location.href.split('#')[0] + (told && `#${told}`));
  }, 250);
}

/// The view that the address asks for, as far as this page has it.
function restore() {
  if (!namesView()) return;
  const told = new URLSearchParams(location.hash.slice(1));
  $('search').value = told.get('find') ?? '';
  const shortest = [...$('shortest').options].find(option => option.value === told.get('shortest'));
  if (shortest) $('shortest').value = shortest.value;
  $('critical').checked = told.get('critical') === '1' && critical.some(Boolean);
  const [, from, to] = /^(\d+)-(\d+)$/.exec(told.get('at') ?? '') ?? [];
  if (Number(from) < Number(to)) { state.from = Number(from); state.to = Number(to); }
  state.top = Math.max(0, Number(told.get('top')) || 0) * sheet.lane;
  clampView();
  filter();
  const index = told.has('run') ? Number(told.get('run')) : -1;
  select(Number.isInteger(index) && index < N ? Math.max(index, -1) : -1);
}

// --- drawing

function draw() {
  if (!frame) frame = requestAnimationFrame(() => { frame = 0; paint(); tell(); });
}

function paint() {
  const context = canvas.getContext('2d'), ratio = devicePixelRatio || 1;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, sheet.width, sheet.height);
  context.textBaseline = 'middle';
  paintAxis(context);
  paintWindows(context);
  paintOutlined(context, raw.commands, sheet.rows, sheet.commandsTop, true);
  paintOutlined(context, raw.chores, sheet.choreRows, sheet.choresTop, false);
  paintLanes(context);
  for (const plot of sheet.plots) paintCurve(context, plot);
}

/// A round number of microseconds near to a pixel distance that has room for a label.
function tickEvery() {
  const least = 90 / scale();
  const power = 10 ** Math.floor(Math.log10(least));
  const minutes = [1e6, 2e6, 5e6, 1e7, 1.5e7, 3e7, 6e7, 1.2e8, 3e8, 6e8, 1.8e9, 3.6e9];
  if (least > 1e7) return minutes.find(every => every >= least) ?? Math.ceil(least / 3.6e9) * 3.6e9;
  return [1, 2, 5, 10].map(times => times * power).find(every => every >= least);
}

function tickLabel(at, every) {
  if (at === 0) return '0';
  if (at >= 6e7) {
    const seconds = at / 1e6, rest = every < 1e6 ? (seconds % 60).toFixed(Math.ceil(-Math.log10(every / 1e6))) : String(Math.round(seconds) % 60);
    return `${Math.floor(Math.round(seconds * 1000) / 60000)}:${rest.padStart(every < 1e6 ? rest.length : 2, '0')} min`;
  }
  const [unit, name] = at >= 1e6 || every >= 1e5 ? [1e6, 's'] : at >= 1000 || every >= 100 ? [1000, 'ms'] : [1, 'µs'];
  const decimals = Math.max(0, Math.ceil(-Math.log10(every / unit) - 1e-9));
  return `${(at / unit).toFixed(decimals)} ${name}`;
}

function paintAxis(context) {
  const every = tickEvery();
  context.font = `12px ${theme.font}`;
  for (let at = Math.ceil(state.from / every) * every; at <= state.to; at += every) {
    const x = Math.round(xOf(at)) + 0.5;
    context.strokeStyle = theme.line;
    context.beginPath(); context.moveTo(x, AXIS - 4); context.lineTo(x, sheet.height); context.stroke();
    const words = tickLabel(elapsed(Math.round(at)), every), width = context.measureText(words).width;
    context.fillStyle = theme.soft;
    if (x + 3 + width < sheet.width) context.fillText(words, Math.max(4, x + (at === 0 ? 4 : -width / 2)), 10);
  }
  for (const [at, width, idle] of raw.breaks) {
    const x = xOf(at), wide = width * scale();
    if (x + wide < 0 || x > sheet.width) continue;
    context.fillStyle = theme.panel;
    context.fillRect(x, AXIS, wide, sheet.height);
    const words = `${time(idle)} idle`;
    context.save();
    context.translate(x + wide / 2, sheet.lanesTop + sheet.room / 2); context.rotate(-Math.PI / 2);
    context.fillStyle = theme.soft; context.textAlign = 'center';
    if (wide > 12 && context.measureText(words).width < sheet.room) context.fillText(words, 0, 0);
    context.restore();
  }
}

const WINDOWS = ['saturated', 'starved', 'serial', 'outside'];

function paintWindows(context) {
  for (const [from, to, kind] of raw.windows) {
    const x = xOf(from), wide = (to - from) * scale();
    if (x + wide < 0 || x > sheet.width) continue;
    const left = Math.max(0, x), right = Math.min(sheet.width, x + wide), top = sheet.stripTop;
    context.fillStyle = theme[WINDOWS[kind]];
    context.globalAlpha = kind === 0 ? 1 : 0.45;
    context.fillRect(left, top, Math.max(right - left, 0.5), STRIP);
    context.globalAlpha = 1;
    // What tells them apart without colour: full, half height, a line, nothing.
    const high = [0, 5, 2, 0][kind];
    if (high) context.fillRect(left, top + STRIP - high, Math.max(right - left, 0.5), high);
  }
}

/// Go commands, and what go did itself: outlines, so that they are not taken for tool runs.
function paintOutlined(context, list, rows, top, isFilled) {
  context.font = `12px ${theme.font}`;
  for (const [label, from, to, row] of list) {
    const x = Math.round(Math.max(-1, xOf(from))), right = Math.round(Math.min(sheet.width + 1, xOf(to)));
    if (row >= rows || right < 0 || x > sheet.width) continue;
    const y = top + row * ROW;
    context.fillStyle = isFilled ? theme.panel : theme.page;
    context.strokeStyle = isFilled ? theme.line : theme.soft;
    context.fillRect(x, y + 1, Math.max(1, right - x), ROW - 3);
    context.strokeRect(x + 0.5, y + 1.5, Math.max(1, right - x - 1), ROW - 4);
    context.fillStyle = theme.ink;
    fit(context, label, x + 5, y + ROW / 2, right - x - 10);
  }
}

/// The end of a text that has room, from the left.
function fit(context, text, x, y, room, keepEnd = false) {
  if (room < 14) return;
  let words = text;
  if (context.measureText(words).width > room) {
    const each = context.measureText(text).width / text.length;
    let letters = Math.floor(room / each) - 1;
    if (letters < 2) return;
    const cut = () => keepEnd ? `…${text.slice(text.length - letters)}` : `${text.slice(0, letters)}…`;
    words = cut();
    while (letters > 2 && context.measureText(words).width > room) { letters--; words = cut(); }
    if (context.measureText(words).width > room) return;
  }
  context.fillText(words, x, y);
}

/// The first of a lane's runs that ends behind a moment.
function firstAfter(lane, at, low = 0) {
  let high = lane.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (run.end[lane[middle]] <= at) low = middle + 1; else high = middle;
  }
  return low;
}

function paintLanes(context) {
  const { lanesTop, room, lane, width } = sheet;
  context.save();
  context.beginPath(); context.rect(0, lanesTop, width, room); context.clip();
  const isFaint = shown || related;
  const labels = [];
  painted = -1;
  if (isFaint) {
    context.globalAlpha = 0.22;
    eachVisible((index, x, y, wide, high) => bar(context, index, x, y, wide, high), index => !isStrong(index));
    context.globalAlpha = 1;
  }
  eachVisible((index, x, y, wide, high) => {
    bar(context, index, x, y, wide, high);
    if (wide > 13 && lane >= 11) labels.push(index);
  }, isFaint ? isStrong : undefined);
  context.font = `${Math.min(12, lane - 4)}px ${theme.font}`;
  context.fillStyle = '#101418';
  for (const index of labels) label(context, index);
  paintRelations(context);
  if (state.hover >= 0 && state.hover !== state.selected) outline(context, state.hover, theme.ink, 1);
  if (state.selected >= 0) outline(context, state.selected, theme.ink, 2.5);
  context.restore();
  if (raw.lanes * lane > room) {
    const all = raw.lanes * lane;
    context.fillStyle = theme.soft;
    context.globalAlpha = 0.5;
    context.fillRect(width - 5, lanesTop + room * state.top / all, 4, Math.max(12, room * room / all));
    context.globalAlpha = 1;
  }
}

const isStrong = index => related ? related.has(index) : shown[index] === 1;

/// Visits the runs that are in view. What is thinner than a pixel is visited once a pixel.
function eachVisible(visit, wanted) {
  const { lanesTop, room, lane } = sheet, zoomed = scale(), perPixel = 1 / zoomed;
  const first = Math.floor(state.top / lane), last = Math.min(raw.lanes - 1, Math.floor((state.top + room) / lane));
  for (let number = first; number <= last; number++) {
    const runs = lanes[number], y = lanesTop + number * lane - state.top, high = lane > 8 ? lane - 2 : lane - 1;
    for (let at = firstAfter(runs, state.from); at < runs.length; at++) {
      const index = runs[at];
      if (run.start[index] >= state.to) break;
      if (run.wall[index] < state.shortest || (wanted && !wanted(index))) continue;
      const x = (run.start[index] - state.from) * zoomed, wide = run.wall[index] * zoomed;
      visit(index, x, y, wide, high);
      if (wide < 1 && !wanted && !state.shortest) at = firstAfter(runs, run.start[index] + perPixel, at + 1) - 1;
    }
  }
}

/// To ask a context for its colour costs more than to draw a bar.
let painted = -1;

/// Whole pixels: an edge between two is drawn by blending, at several times the price.
function bar(context, index, x, y, wide, high) {
  const left = Math.round(Math.max(-4, x)), right = Math.round(Math.min(sheet.width + 4, x + wide));
  const gap = wide > 4 ? 1 : 0;
  if (painted !== run.kind[index]) {
    painted = run.kind[index];
    context.fillStyle = theme.kinds[painted];
  }
  context.fillRect(left, y, Math.max(1, right - left - gap), high);
  if (critical[index]) {
    context.fillStyle = theme.ink;
    context.fillRect(left, y + high - 3, Math.max(1, right - left - gap), 3);
    painted = -1;
  }
  const ending = odd.get(index);
  if (ending && ending.sort < 3) {
    context.strokeStyle = theme.bad; context.lineWidth = 2;
    if (ending.sort === 2) context.setLineDash([4, 3]);
    context.strokeRect(left + 1, y + 1, Math.max(1, right - left - gap - 2), high - 2);
    context.setLineDash([]); context.lineWidth = 1;
  }
}

function label(context, index) {
  const x = Math.max(0, xOf(run.start[index])), right = Math.min(sheet.width, xOf(run.end[index]));
  const y = sheet.lanesTop + run.lane[index] * sheet.lane - state.top + (sheet.lane - 2) / 2 + 0.5;
  const room = right - x - 7;
  const failed = odd.get(index);
  const mark = failed ? ['✕ ', '✕ ', '… ', ''][failed.sort] : '';
  if (room > 34) fit(context, mark + labelOf(index), x + 4, y, room, true);
  else if (room > 6) {
    const sign = raw.kinds[run.kind[index]][1];
    if (context.measureText(sign).width <= room) context.fillText(sign, x + 4, y);
  }
}

function outline(context, index, colour, width, dash = []) {
  const x = Math.max(-4, xOf(run.start[index])), right = Math.min(sheet.width + 4, xOf(run.end[index]));
  const y = sheet.lanesTop + run.lane[index] * sheet.lane - state.top, high = sheet.lane > 8 ? sheet.lane - 2 : sheet.lane - 1;
  context.strokeStyle = colour; context.lineWidth = width; context.setLineDash(dash);
  context.strokeRect(x, y, Math.max(2, right - x), high);
  context.setLineDash([]); context.lineWidth = 1;
}

/// Lines from what a run waited for, and to what waited for it.
function paintRelations(context) {
  if (!related) return;
  const middle = index => sheet.lanesTop + run.lane[index] * sheet.lane - state.top + sheet.lane / 2;
  const link = (from, to, dash) => {
    const x = xOf(run.end[from]), y = middle(from), X = xOf(run.start[to]), Y = middle(to);
    context.setLineDash(dash);
    context.beginPath(); context.moveTo(x, y);
    const bend = Math.max(12, Math.abs(X - x) / 2);
    context.bezierCurveTo(x + bend, y, X - bend, Y, X, Y);
    context.stroke();
    context.setLineDash([]);
  };
  context.strokeStyle = theme.ink; context.lineWidth = 1; context.globalAlpha = 0.75;
  // Hundreds wait for the runtime: their lines would hide what they are to show.
  let left = 40;
  for (const [index, role] of related) {
    if (role === 'need') link(index, related.first, []);
    if (role === 'wanted' && left-- > 0) link(related.last, index, [3, 3]);
  }
  context.globalAlpha = 1;
}

/// What a curve is to be compared with has the same height.
function likes({ id }) {
  const peak = other => curves.find(curve => curve.id === other)?.peak ?? 0;
  return { running: raw.cpus, busy: raw.cpus * 1000, memory: peak('resident'), resident: peak('memory') }[id] ?? 0;
}

function paintCurve(context, { curve, top, height }) {
  const { width } = sheet, most = Math.max(curve.peak, likes(curve), 1);
  const yOf = value => top + height - value / most * (height - 1);
  context.font = `12px ${theme.font}`;
  context.fillStyle = theme.page;
  const words = `${curve.title} · at most ${curve.text(curve.peak)}`;
  context.fillStyle = theme.soft;
  context.textBaseline = 'alphabetic';
  context.fillText(words, 4, top - 4);
  context.textBaseline = 'middle';
  context.fillStyle = theme.band;
  context.globalAlpha = 0.75;
  context.beginPath();
  context.moveTo(0, top + height);
  let at = 0, high = curve.at.length;
  while (at < high) { const middle = (at + high) >> 1; if (curve.at[middle] <= state.from) at = middle + 1; else high = middle; }
  let value = at > 0 ? curve.value[at - 1] : 0, pixel = 0, least = value, highest = value;
  context.lineTo(0, yOf(value));
  for (; at < curve.at.length && curve.at[at] <= state.to; at++) {
    const x = xOf(curve.at[at]);
    if (x - pixel >= 0.5) {
      context.lineTo(pixel, yOf(least)); context.lineTo(pixel, yOf(highest)); context.lineTo(pixel, yOf(value));
      context.lineTo(x, yOf(value));
      pixel = x; least = highest = value;
    }
    value = curve.value[at];
    least = Math.min(least, value); highest = Math.max(highest, value);
  }
  context.lineTo(pixel, yOf(highest)); context.lineTo(pixel, yOf(value));
  context.lineTo(Math.min(width, xOf(raw.length)), yOf(value)); context.lineTo(Math.min(width, xOf(raw.length)), top + height);
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = theme.line;
  context.beginPath(); context.moveTo(0, top + height + 0.5); context.lineTo(width, top + height + 0.5); context.stroke();
  if (curve.id === 'running' && raw.cpus) {
    const y = Math.round(yOf(raw.cpus)) + 0.5;
    context.strokeStyle = theme.ink; context.setLineDash([5, 4]);
    context.beginPath(); context.moveTo(0, y); context.lineTo(width, y); context.stroke();
    context.setLineDash([]);
    const words = counted(raw.cpus, 'CPU');
    context.fillStyle = theme.soft; context.textBaseline = 'alphabetic';
    context.fillText(words, width - context.measureText(words).width - 4, top - 4);
    context.textBaseline = 'middle';
  }
}

function valueAt(curve, at) {
  let low = 0, high = curve.at.length;
  while (low < high) { const middle = (low + high) >> 1; if (curve.at[middle] <= at) low = middle + 1; else high = middle; }
  return low > 0 ? curve.value[low - 1] : 0;
}

// --- what is under a place

function runAt(x, y, slack = 2) {
  if (y < sheet.lanesTop || y >= sheet.lanesTop + sheet.room) return -1;
  const lane = lanes[Math.floor((y - sheet.lanesTop + state.top) / sheet.lane)];
  if (!lane) return -1;
  const reach = slack / scale(), at = atOf(x);
  let best = -1, nearest = Infinity;
  for (let place = Math.max(0, firstAfter(lane, at - reach) - 1); place < lane.length; place++) {
    const index = lane[place];
    if (run.start[index] > at + reach) break;
    if (run.wall[index] < state.shortest) continue;
    const away = Math.max(run.start[index] - at, at - run.end[index], 0) - (isFaintly(index) ? 0 : reach * 2);
    if (away <= reach && away < nearest) { nearest = away; best = index; }
  }
  return best;
}

const isFaintly = index => (shown && !shown[index]);

function shortWords(index) {
  const ending = odd.get(index);
  return [labelOf(index), `${toolOf(index)} · ${time(run.wall[index])} · ${time(run.user[index] + run.sys[index])} CPU · ${run.rss[index] ? size(run.rss[index]) : 'peak RSS not known'}`,
    ...(ending ? [ending.words] : []), ...(critical[index] ? ['on the critical path'] : [])].join('\n');
}

function wordsAt(x, y) {
  const index = runAt(x, y);
  if (index >= 0) return shortWords(index);
  for (const [list, top, rows] of [[raw.commands, sheet.commandsTop, sheet.rows], [raw.chores, sheet.choresTop, sheet.choreRows]]) {
    if (y < top || y >= top + rows * ROW) continue;
    const row = Math.floor((y - top) / ROW), at = atOf(x), reach = 2 / scale();
    const found = list.find(([, from, to, of]) => of === row && from - reach <= at && at <= to + reach);
    return found ? [found[0], time(found[2] - found[1]), ...found[4]].join('\n') : '';
  }
  const plot = sheet.plots.find(({ top, height }) => y >= top - LABEL && y < top + height);
  if (plot) {
    const value = valueAt(plot.curve, atOf(x));
    return `${time(elapsed(atOf(x)))}: ${plot.curve.text(value)} ${plot.curve.title}\n${plot.curve.what}`;
  }
  const window = y >= sheet.stripTop && y < sheet.stripTop + STRIP && raw.windows.find(([from, to]) => from <= atOf(x) && atOf(x) < to);
  return window ? `${WINDOWS[window[2]]}, ${time(window[1] - window[0])}` : '';
}

const tip = $('tip');

function point(x, y) {
  const index = runAt(x, y), words = wordsAt(x, y);
  canvas.style.cursor = index >= 0 ? 'pointer' : '';
  if (index !== state.hover) { state.hover = index; draw(); }
  tip.hidden = !words;
  if (!words) return;
  tip.textContent = words;
  const wide = tip.offsetWidth, high = tip.offsetHeight;
  tip.style.left = `${Math.max(0, Math.min(sheet.width - wide, x + 14))}px`;
  tip.style.top = `${y + 18 + high > sheet.height ? Math.max(0, y - high - 10) : y + 18}px`;
}

function unpoint() {
  tip.hidden = true;
  if (state.hover >= 0) { state.hover = -1; draw(); }
}

// --- a run and its details

function select(index) {
  state.selected = index;
  related = null;
  if (index >= 0) {
    const step = run.step[index];
    if (step >= 0 && (steps.needs[step].length || steps.wanted[step].length || steps.runs[step].length > 1)) {
      related = new Map();
      for (const need of steps.needs[step]) related.set(lastOf(need), 'need');
      for (const wanted of steps.wanted[step]) related.set(steps.runs[wanted][0], 'wanted');
      for (const own of steps.runs[step]) related.set(own, 'own');
      related.first = steps.runs[step][0];
      related.last = lastOf(step);
    }
  }
  details();
  draw();
}

/// The run with which a step ended.
function lastOf(step) {
  return steps.runs[step].reduce((last, index) => run.end[index] > run.end[last] ? index : last, steps.runs[step][0]);
}

function pairs(list) {
  return make('dl', {}, ...list.filter(([, value]) => value).map(([name, value]) =>
    make('div', {}, make('dt', { text: name }), make('dd', { text: value }))));
}

function details() {
  const panel = $('details'), index = state.selected;
  panel.hidden = index < 0;
  panel.replaceChildren();
  if (index < 0) return;
  const close = make('button', { className: 'close', type: 'button', text: 'Close', onclick: () => { select(-1); canvas.focus(); } });
  const [, , inside, command] = raw.sorts[run.sort[index]];
  const ending = odd.get(index);
  panel.append(close, make('h3', {}, make('i', { className: 'swatch', style: `background:${theme.kinds[run.kind[index]]}` }),
    `${isProbe(index) ? 'probe ' : ''}${toolOf(index)} ${packageOf(index)}`));
  panel.append(pairs([
    ['wall time', time(run.wall[index])],
    ['CPU, user', time(run.user[index])],
    ['CPU, system', time(run.sys[index])],
    ['peak RSS', run.rss[index] ? size(run.rss[index]) : 'not known'],
    ['ran', `from ${time(elapsed(run.start[index]))} to ${time(elapsed(run.end[index]))}`],
    ['module', moduleOf(index)],
    ['inside', inside ? raw.tools[inside - 1][0] : ''],
    ['result', ending ? ending.words : ''],
    ['go command', raw.commands.length > 1 ? `number ${command + 1}` : ''],
    ['critical path', critical[index] ? 'is on it' : ''],
  ]));
  waits(panel, index);
  phases(panel, index);
  commandLine(panel, index);
}

function phases(panel, index) {
  if (!run.shape[index]) return;
  const stages = raw.shapes[run.shape[index] - 1];
  const begin = partsBefore[index];
  const list = stages.map((stage, at) => [raw.stages[stage], parts[begin + at]]);
  panel.append(make('h4', { text: 'What it spent its time on' }), pairs(list.filter(([, share]) => share > 0)
    .map(([name, share]) => [name, `${time(run.wall[index] * share / 1000)}, ${(share / 10).toFixed(1)} %`])));
}

const parts = column(raw.parts);
const partsBefore = (() => {
  const before = new Float64Array(N + 1);
  for (let index = 0; index < N; index++) before[index + 1] = before[index] + (run.shape[index] ? raw.shapes[run.shape[index] - 1].length : 0);
  return before;
})();

function waits(panel, index) {
  const step = run.step[index];
  if (step < 0) return;
  // Of another step all of it, by the tool that took longest.
  const took = other => {
    if (run.step[other] === step) return `${toolOf(other)} ${time(run.wall[other])}`;
    const runs = steps.runs[run.step[other]];
    const longest = runs.reduce((most, index) => run.wall[index] > run.wall[most] ? index : most, other);
    return `${toolOf(longest)} ${time(runs.reduce((sum, index) => sum + run.wall[index], 0))}`;
  };
  const list = (title, runs, none) => {
    const box = make('div', {}, make('h4', { text: title }));
    if (!runs.length) box.append(make('p', { className: 'hint', text: none }));
    const items = make('ul');
    const add = runs => items.append(...runs.map(other => make('li', {}, make('button', { type: 'button', onclick: () => go(other) },
      make('span', { text: labelOf(other) }), make('span', { className: 'soft', text: took(other) })))));
    add(runs.slice(0, 8));
    if (runs.length > 8) {
      const more = make('li', {}, make('button', { type: 'button', text: `and ${runs.length - 8} more`, onclick: () => { more.remove(); add(runs.slice(8)); } }));
      items.append(more);
    }
    box.append(items);
    return box;
  };
  const needs = steps.needs[step].map(lastOf).sort((left, right) => run.end[right] - run.end[left]);
  const wanted = steps.wanted[step].map(other => steps.runs[other][0]).sort((left, right) => run.start[left] - run.start[right]);
  const own = steps.runs[step].filter(other => other !== index);
  const boxes = [
    list('Waited for', needs, 'nothing that this command built'),
    list('Waited for by', wanted, 'nothing that was seen'),
  ];
  if (own.length) boxes.push(list('Other tools of the same step', own));
  panel.append(make('div', { className: 'links' }, ...boxes));
  if (needs.length && steps.runs[step][0] === index) {
    const gap = run.start[index] - run.end[needs[0]];
    panel.append(make('p', { className: 'hint', text: `Ready when ${labelOf(needs[0])} was done; it began ${time(Math.max(0, gap))} later.` }));
  }
}

const calls = (() => {
  const numbers = column(raw.calls), all = [];
  for (let at = 0; at < numbers.length;) {
    const count = numbers[at++];
    all.push(numbers.subarray(at, at + count));
    at += count;
  }
  return all;
})();

function commandLine(panel, index) {
  if (!run.call[index]) return;
  const dir = run.dir[index] ? `b${String(run.dir[index] - 1).padStart(3, '0')}` : '';
  const path = packageOf(index).replace(/ \[.*$/, '');
  const words = Array.from(calls[run.call[index] - 1], number => raw.words[number].replaceAll('\u0001', dir).replaceAll('\u0002', path));
  const quoted = [toolOf(index), ...words].map(word => /^[\w@%+=:,.\/$…-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
  const text = quoted.join(' ');
  panel.append(make('h4', { text: 'Arguments, without the source files and the build ID' }), make('pre', { text, tabIndex: 0 }),
    make('button', { type: 'button', text: 'Copy', onclick: event => copy(text, event.currentTarget) }));
}

function go(index) {
  reveal(index);
  select(index);
  canvas.focus({ preventScroll: true });
}

/// The run before or after the selected one among those that are shown.
function next(by) {
  let index = state.selected;
  if (index < 0) index = by > 0 ? -1 : N;
  for (index += by; index >= 0 && index < N; index += by) if (isShown(index)) break;
  if (index < 0 || index >= N) return;
  reveal(index);
  select(index);
  $('found').textContent = shortWords(index).replaceAll('\n', ' · ');
}

async function copy(text, button) {
  const said = button.textContent;
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make('textarea', { value: text });
    document.body.append(area);
    area.select();
    done = document.execCommand('copy');
    area.remove();
  }
  button.textContent = done ? 'Copied' : 'Not copied';
  setTimeout(() => { button.textContent = said; }, 1500);
}

// --- hands

function place(event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left - 1, event.clientY - box.top - 1];
}

const touching = new Map();
let dragged = 0;

function hands() {
  canvas.addEventListener('pointerdown', event => {
    touching.set(event.pointerId, place(event));
    if (touching.size === 1) dragged = 0;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', event => {
    const [x, y] = place(event), before = touching.get(event.pointerId);
    if (!before) { if (event.pointerType !== 'touch') point(x, y); return; }
    if (touching.size === 2) {
      const other = [...touching].find(([id]) => id !== event.pointerId)[1];
      const apart = (a, b) => Math.max(20, Math.abs(a[0] - b[0]));
      const factor = apart([x, y], other) / apart(before, other);
      move((before[0] - x) / 2, 0);
      zoom(factor, (x + other[0]) / 2);
    } else {
      const down = event.pointerType === 'touch' ? 0 : before[1] - y;
      dragged += Math.abs(before[0] - x) + Math.abs(down);
      if (dragged > 4) { canvas.classList.add('grab'); unpoint(); move(before[0] - x, down); }
    }
    touching.set(event.pointerId, [x, y]);
  });
  const release = event => {
    const [x, y] = place(event), was = touching.delete(event.pointerId);
    canvas.classList.remove('grab');
    if (event.type === 'pointerup' && was && dragged <= 4 && touching.size === 0) {
      select(runAt(x, y, event.pointerType === 'touch' ? 10 : 3));
      canvas.focus({ preventScroll: true });
    }
  };
  canvas.addEventListener('pointerup', release);
  canvas.addEventListener('pointercancel', release);
  canvas.addEventListener('pointerleave', unpoint);
  canvas.addEventListener('dblclick', event => {
    const index = runAt(...place(event));
    if (index < 0) return;
    const middle = (run.start[index] + run.end[index]) / 2, span = Math.max(run.wall[index] * 1.4, 10);
    state.from = middle - span / 2; state.to = middle + span / 2;
    move(0, 0);
  });
  canvas.addEventListener('wheel', event => {
    const isZoom = event.ctrlKey || event.metaKey;
    if (isZoom) zoom(Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) / 150), place(event)[0]);
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) move(event.deltaX, 0);
    else if (event.shiftKey) move(event.deltaY, 0);
    else return;
    event.preventDefault();
  }, { passive: false });
  canvas.addEventListener('keydown', key);
  $('in').onclick = () => zoom(1.6);
  $('out').onclick = () => zoom(1 / 1.6);
  $('whole').onclick = whole;
  $('search').addEventListener('input', filter);
  $('shortest').addEventListener('change', filter);
  $('critical').addEventListener('change', filter);
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const acts = {
    ArrowLeft: () => move(-sheet.width / 8, 0), ArrowRight: () => move(sheet.width / 8, 0),
    ArrowUp: () => next(-1), ArrowDown: () => next(1),
    PageUp: () => move(0, -sheet.room * 0.8), PageDown: () => move(0, sheet.room * 0.8),
    '+': () => zoom(1.6), '=': () => zoom(1.6), '-': () => zoom(1 / 1.6), 0: whole, Home: whole,
    Enter: () => { if (state.selected >= 0) $('details').focus(); },
    Escape: () => select(-1),
  };
  const act = acts[event.key];
  if (!act) return;
  act();
  event.preventDefault();
}

// --- tables and flame graphs

function tables() {
  for (const table of document.querySelectorAll('table')) {
    for (const [number, head] of [...table.tHead.rows[0].cells].entries()) {
      const button = make('button', { type: 'button', text: head.textContent, onclick: () => sort(table, number) });
      if (head.title) button.title = head.title;
      head.replaceChildren(button);
    }
  }
  for (const name of document.querySelectorAll('tbody .name')) {
    name.title = 'Find it in the timeline';
    name.onclick = () => {
      $('search').value = name.textContent;
      filter();
      $('timeline').scrollIntoView();
    };
  }
  for (const button of document.querySelectorAll('.copy')) {
    button.onclick = () => {
      const table = button.parentElement.nextElementSibling.querySelector('table');
      const lines = [...table.rows].map(row => [...row.cells].map(cell => cell.textContent.trim()).join('\t'));
      copy(lines.join('\n'), button);
    };
  }
}

function sort(table, number) {
  const heads = [...table.tHead.rows[0].cells], head = heads[number], isFigure = head.classList.contains('n');
  const was = head.getAttribute('aria-sort');
  const order = was ? (was === 'ascending' ? 'descending' : 'ascending') : isFigure ? 'descending' : 'ascending';
  heads.forEach(other => other.removeAttribute('aria-sort'));
  head.setAttribute('aria-sort', order);
  const sign = order === 'ascending' ? 1 : -1, body = table.tBodies[0];
  const value = row => isFigure ? Number(row.cells[number].dataset.v) : row.cells[number].textContent;
  const less = (left, right) => left < right ? -1 : left > right ? 1 : 0;
  const rows = [...body.rows].map(row => [value(row), row]);
  rows.sort((left, right) => sign * less(left[0], right[0]));
  body.append(...rows.map(([, row]) => row));
}

function flames() {
  for (const flame of document.querySelectorAll('.flame')) {
    const boxes = [...flame.children].map(node => {
      const [from, width] = [parseFloat(node.style.left), parseFloat(node.style.width)];
      return { node, from, width, label: node.textContent || node.title.replace(/: [^:]*$/, '') };
    });
    let zoomed = boxes[0];
    const show = () => {
      const factor = 100 / zoomed.width, pixels = flame.clientWidth / 100;
      for (const { node, from, width, label } of boxes) {
        const left = Math.max(0, (from - zoomed.from) * factor), right = Math.min(100, (from + width - zoomed.from) * factor);
        const isTiny = (right - left) * pixels < 22;
        node.hidden = right <= left + 0.01;
        node.style.left = `${left}%`;
        node.style.width = `${Math.max(0, right - left)}%`;
        if (isTiny === (node.textContent !== '')) {
          node.classList.toggle('tiny', isTiny);
          node.textContent = isTiny ? '' : label;
        }
      }
    };
    flame.onclick = event => {
      const target = boxes.find(box => box.node === event.target);
      if (!target) return;
      zoomed = target === zoomed ? boxes[0] : target;
      show();
    };
    new ResizeObserver(show).observe(flame);
  }
}

root.classList.add('live');
tables();
flames();
if (canvas) {
  $('critical-label').hidden = !critical.some(Boolean);
  colours();
  layout();
  hands();
  restore();
  addEventListener('hashchange', restore);
  paint();
  new ResizeObserver(() => { if (Math.abs(canvas.clientWidth - sheet.width) >= 1) { layout(); draw(); } }).observe(canvas);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { colours(); draw(); });
}
})();

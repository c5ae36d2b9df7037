// Zoom, search and details for a chart that is already drawn. It knows the elements that chart.rs writes, and asks
// nobody else: no request leaves the page. Times are microseconds on the axis; the file counts in grains.
'use strict';
(() => {
const svg = document.currentScript.closest('svg');
const alone = svg === document.documentElement;
const number = (node, name) => Number(node.getAttribute(name));
const one = selector => svg.querySelector(selector);
const all = selector => [...svg.querySelectorAll(selector)];
const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

function make(name, attributes, parent) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  parent.append(node);
  return node;
}

const LEFT = number(svg, 'data-left'), RIGHT = number(svg, 'data-right');
const TOP = number(svg, 'data-top') - 4, BOTTOM = number(svg, 'data-bottom');
const GRAIN = number(svg, 'data-grain') / 1000, micros = (node, name) => number(node, name) * GRAIN;
const LENGTH = micros(svg, 'data-length'), TOOL_TIME = micros(svg, 'data-tool-time');
// Deeper, and the floating point of the browser's matrix would show.
const SHORTEST = Math.max(LENGTH / 10000, 10);

let width = number(svg, 'width'), plot = width - LEFT - RIGHT;
let view = { from: 0, to: LENGTH };
let query = '';
const x = at => LEFT + (at - view.from) * plot / (view.to - view.from);
const time = px => view.from + (px - LEFT) * (view.to - view.from) / plot;

// --- what is on the sheet ---

const legend = new Map(all('.legend[data-tool]').map(node => [node.getAttribute('data-tool'), node]));
const breaks = all('.break').map(node =>
  ({ node, at: micros(node, 'data-at'), width: micros(node, 'data-width'), idle: micros(node, 'data-idle') }));

function spans(layer) {
  const group = one(layer), labels = group && group.parentNode.querySelector('.labels');
  if (!group) return { list: [], labels: null };
  const list = [...group.querySelectorAll('rect')].map(rect => {
    const from = micros(rect, 'x'), y = rect.parentNode.transform.baseVal.getItem(0).matrix.f;
    const outcome = rect.classList[1] || '';
    return { rect, outcome, from, to: from + micros(rect, 'width'), y, height: number(rect, 'height'), match: false };
  });
  const seams = group.parentNode.querySelector('.seams');
  return { list, labels, seams, texts: [...labels.children], font: number(labels, 'data-font') };
}
// A chore is what go did itself.
const bars = spans('.bars'), chores = spans('.chores'), commands = spans('.commands');
const found = [...chores.list, ...bars.list];
const spanOf = new Map([...found, ...commands.list].map(span => [span.rect, span]));
// The marks stand in the order of the bars that they mark.
const marks = all('.marks rect');
const marked = bars.list.filter(span => span.outcome).map((span, index) => ({ span, mark: marks[index] }));
const lines = span => span.lines ||= span.rect.firstElementChild.textContent.trimEnd().split('\n');
const tool = span => legend.get(span.rect.classList[0]);
const sign = span => tool(span) ? tool(span).getAttribute('data-sign') : '$';

// --- drawing: the same rules as axis.rs and bars.rs ---

function draw() {
  const scale = plot / (view.to - view.from);
  for (const layer of all('.time')) {
    const matrix = layer.transform.baseVal.getItem(0).matrix;
    matrix.a = scale * GRAIN;
    matrix.e = x(0);
  }
  drawAxis();
  drawBreaks();
  drawLabels(commands);
  drawLabels(chores);
  drawLabels(bars);
  drawSeams(chores);
  drawSeams(bars);
  drawMarks();
  reset.setAttribute('visibility', isZoomed() ? 'visible' : 'hidden');
  hover(pointed.span, pointed.x);
  rememberSoon();
}

function drawAxis() {
  const axis = one('.axis'), y = number(svg, 'data-axis');
  const step = roundStep((view.to - view.from) * 84 / plot);
  axis.replaceChildren();
  let from = 0, cut = 0;
  for (const edge of [...breaks, { at: LENGTH, width: 0, idle: 0 }]) {
    const first = Math.max(Math.ceil((from + cut) / step), Math.ceil((view.from + cut) / step));
    for (let real = first * step; real <= Math.min(edge.at, view.to) + cut; real += step) {
      // So far out that a step is lost in rounding; only a forged trace gets there.
      if (real + step === real) break;
      const at = real - cut;
      make('path', { class: 'grid', d: `M${x(at)} ${TOP}V${BOTTOM}` }, axis);
      if (breaks.some(gap => Math.abs(x(gap.at) - x(at)) < 76)) continue;
      make('text', { class: 'tick', x: x(at), y }, axis).textContent = tickLabel(real, step);
    }
    from = edge.at + edge.width;
    cut += edge.idle - edge.width;
  }
}

function roundStep(least) {
  for (let power = 0; power < 6; power++)
    for (const digit of [1, 2, 5]) if (digit * 10 ** power >= least) return digit * 10 ** power;
  for (const seconds of [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600])
    if (seconds * 1e6 >= least) return seconds * 1e6;
  return Math.ceil(least / 864e8) * 864e8;
}

function tickLabel(at, step) {
  const millis = real(LENGTH) < 1e6, size = millis ? 1e3 : 1e6;
  let decimals = 0;
  while (step % (size / 10 ** decimals)) decimals++;
  if (millis) return (at / size).toFixed(decimals) + ' ms';
  const hours = Math.floor(at / 36e8), minutes = Math.floor(at / 6e7) % 60, rest = at % 6e7;
  const parts = [];
  if (hours) parts.push(hours + ' h');
  if (minutes) parts.push(minutes + ' min');
  if (rest || !parts.length) parts.push((rest / size).toFixed(decimals) + ' s');
  return parts.join(' ');
}

// The real time since the first event.
function real(at) {
  const before = breaks.filter(gap => gap.at + gap.width <= at);
  return before.reduce((sum, gap) => sum + gap.idle - gap.width, at);
}

function drawBreaks() {
  for (const { node, at, width } of breaks) {
    const pixels = x(at + width) - x(at), [rect, , right, label] = node.querySelectorAll('rect, path, text');
    const visible = at + width >= view.from && at <= view.to;
    node.setAttribute('visibility', visible ? 'visible' : 'hidden');
    node.setAttribute('transform', `translate(${x(at)} 0)`);
    rect.setAttribute('width', pixels);
    right.setAttribute('transform', `translate(${pixels} 0)`);
    if (label) label.setAttribute('x', Math.min(0, LEFT + plot - 38 - x(at)));
  }
}

// Text elements are reused; those that are left over stay empty.
function drawLabels({ list, labels, texts, font }) {
  if (!labels || !font) return;
  let used = 0;
  for (const span of list) {
    if (span.to < view.from || span.from > view.to) continue;
    const left = Math.max(x(span.from), LEFT), right = Math.min(x(span.to), LEFT + plot);
    // In hundredths of a pixel, as bars.rs counts, lest a bar that just fits one character fits it only there.
    const room = Math.floor((Math.round(right * 100) - Math.round(left * 100) - 800) / (font * 60));
    const fitted = room > 0 && fit(sign(span), lines(span)[0], room);
    if (!fitted) continue;
    const text = texts[used] ||= make('text', {}, labels);
    used++;
    text.setAttribute('class', query && list !== commands.list && !span.match ? 'label other' : 'label');
    text.setAttribute('x', left + 4);
    text.setAttribute('y', span.y + Math.ceil(span.height * 3 / 4));
    text.textContent = fitted;
  }
  for (const text of texts.slice(used)) text.textContent = '';
}

const charWidth = char => char.codePointAt() < 0x1100 || /[\u2000-\u2bff]/.test(char) ? 1 : 2;
const textWidth = text => [...text].reduce((sum, char) => sum + charWidth(char), 0);

function fit(sign, label, room) {
  if (room < textWidth(sign)) return '';
  if (!label) return sign;
  room -= textWidth(sign) + 1;
  let rest = label, dots = '';
  while (textWidth(rest) + textWidth(dots) > room) {
    dots = '…/';
    const slash = rest.indexOf('/');
    if (slash < 0) return cut(sign, rest, room);
    rest = rest.slice(slash + 1);
  }
  return `${sign} ${dots}${rest}`;
}

function cut(sign, name, room) {
  if (room < 4) return sign;
  let kept = '', left = room - 1;
  for (const char of name) {
    if ((left -= charWidth(char)) < 0) break;
    kept += char;
  }
  return `${sign} ${kept}…`;
}

function drawSeams({ list, seams }) {
  if (!seams) return;
  let path = '';
  for (const span of list) {
    if (span.to < view.from || span.from > view.to || x(span.to) - x(span.from) < 3) continue;
    path += `M${x(span.from).toFixed(2)} ${span.y}v${span.height}`;
  }
  seams.setAttribute('d', path);
}

function drawMarks() {
  for (const { span, mark } of marked) {
    mark.setAttribute('x', x(span.from));
    mark.setAttribute('width', Math.max(x(span.to) - x(span.from), 4));
  }
}

// --- moving ---

let scheduled = false;
function drawSoon() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => { scheduled = false; draw(); });
}

const isZoomed = () => view.from > 0 || view.to < LENGTH;

function show(from, to) {
  const length = clamp(to - from, Math.min(SHORTEST, LENGTH), LENGTH);
  from = clamp((from + to - length) / 2, 0, LENGTH - length);
  view = { from, to: from + length };
  drawSoon();
}

function zoom(factor, at = (view.from + view.to) / 2) {
  const length = clamp((view.to - view.from) * factor, Math.min(SHORTEST, LENGTH), LENGTH);
  const share = (at - view.from) / (view.to - view.from);
  show(at - length * share, at + length * (1 - share));
}

function pan(by) {
  const length = view.to - view.from, from = clamp(view.from + by, 0, LENGTH - length);
  show(from, from + length);
}

// A bar is shown with a tenth of its length on either side.
const zoomTo = (from, to) => show(from - (to - from) / 10, to + (to - from) / 10);

// --- search ---

function search(text) {
  query = text;
  let test = () => false, broken = false;
  try {
    const regex = new RegExp(text, 'i');
    test = line => regex.test(line);
  } catch { broken = true; }
  for (const span of found) {
    const match = text !== '' && test(searchable(span));
    if (match !== span.match) span.rect.classList.toggle('match', span.match = match);
  }
  svg.classList.toggle('searching', text !== '');
  input.value = text;
  input.setAttribute('aria-invalid', broken);
  matched.textContent = text === '' ? '' : broken ? 'Not a regular expression'
    : findings();
  makeRoom();
  drawSoon();
}

function findings() {
  const sum = ({ list }) => {
    const matches = list.filter(span => span.match);
    return [matches.length, matches.reduce((sum, span) => sum + span.to - span.from, 0)];
  };
  const [runs, inTools] = sum(bars), [more, inGo] = sum(chores);
  const tools = `${runs} ${runs === 1 ? 'run' : 'runs'}, ${duration(inTools)}, ${percent(inTools)} of tool time`;
  if (!more) return `Matched ${tools}`;
  return `Matched ${runs ? tools + ', and ' : ''}${more} of go itself, ${duration(inGo)}`;
}

// In a narrow window what was found takes the place of the numbers.
function makeRoom() {
  const numbers = one('.numbers'), room = width - RIGHT - 40 - numbers.getComputedTextLength();
  numbers.setAttribute('visibility', matched.getComputedTextLength() > room ? 'hidden' : 'visible');
}

// What a search sees: "net/http compile", "example.com/x link failed".
function searchable(span) {
  return span.text ||= `${lines(span)[0]} ${tool(span).getAttribute('data-name')} ${span.outcome}`.trimEnd();
}

function showMatches() {
  const matches = found.filter(span => span.match);
  if (matches.length) zoomTo(Math.min(...matches.map(span => span.from)), Math.max(...matches.map(span => span.to)));
}

// --- numbers, printed as units.rs prints them ---

function duration(micros) {
  if (micros >= 59.95e6) {
    const seconds = Math.round(micros / 1e6);
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
    const minutes = Math.round(seconds / 60);
    return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
  }
  return significant(micros, 1000, ['µs', 'ms', 's']);
}
const bytes = kib => significant(kib, 1024, ['KiB', 'MiB', 'GiB', 'TiB']);

function significant(value, step, units) {
  let unit = 0;
  while (Math.round(value) >= step && unit < units.length - 1) { value /= step; unit++; }
  const decimals = Math.round(value * 100) < 1000 ? 2 : Math.round(value * 10) < 1000 ? 1 : 0;
  return `${value.toFixed(decimals)} ${units[unit]}`;
}

function percent(part) {
  const share = TOOL_TIME ? part * 100 / TOOL_TIME : 0;
  return share > 0 && share < 0.05 ? '<0.1 %' : share.toFixed(1) + ' %';
}

// --- details ---

const details = one('.details'), caption = details.textContent +
  ' A click zooms to it; drag, wheel and arrow keys move, 0 resets.';
const outline = make('rect', { class: 'hover', visibility: 'hidden' }, one('.bars').parentNode);
const cursor = make('path', { class: 'cursor', visibility: 'hidden' }, svg);

let pointed = { span: null, x: -1 };
function hover(span, px) {
  pointed = { span, x: px };
  const inside = px >= LEFT && px <= LEFT + plot;
  cursor.setAttribute('visibility', inside ? 'visible' : 'hidden');
  if (inside) cursor.setAttribute('d', `M${px} ${TOP}V${BOTTOM}`);
  outline.setAttribute('visibility', span ? 'visible' : 'hidden');
  if (span) {
    outline.setAttribute('x', x(span.from));
    outline.setAttribute('y', span.y);
    outline.setAttribute('width', Math.max(x(span.to) - x(span.from), 1));
    outline.setAttribute('height', span.height);
  }
  details.classList.toggle('live', inside);
  details.textContent = span ? lines(span).join(' · ') : inside ? moment(time(px)) : caption;
}

// What the curves say of a moment.
const steps = {};
function value(curve, at) {
  steps[curve] ||= [...one('.' + curve).getAttribute('d').matchAll(/H(\d+)V(\d+)/g)].map(([, at, value]) => [at * GRAIN, +value]);
  return valueAt(steps[curve], at, 0);
}

// Of a curve that was measured, if anybody looked then.
function seen(curve, at) {
  const path = one('.' + curve);
  if (!path) return null;
  if (!steps[curve]) {
    steps[curve] = [];
    for (const [, command, x, y] of path.getAttribute('d').matchAll(/([MHV])(\d+)(?: (\d+))?/g)) {
      if (command === 'M') steps[curve].push([x * GRAIN, +y]);
      if (command === 'V') steps[curve].push([steps[curve].pop()[0], +x]);
      if (command === 'H') steps[curve].push([x * GRAIN, null]);
    }
  }
  return valueAt(steps[curve], at, null);
}

function valueAt(steps, at, before) {
  let low = 0, high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle][0] <= at) low = middle + 1; else high = middle;
  }
  return low ? steps[low - 1][1] : before;
}

function moment(at) {
  const gap = breaks.find(gap => at > gap.at && at < gap.at + gap.width);
  if (gap) return `${duration(gap.idle)} in which no go command ran`;
  const running = value('running', at);
  return `At ${duration(real(at))}: ${running} ${running === 1 ? 'tool' : 'tools'} running, ` +
    `their peak RSS ${bytes(value('memory', at))} in sum` + measured(at);
}

function measured(at) {
  const busy = seen('busy', at), resident = seen('resident', at), parts = [];
  if (resident !== null) parts.push(`RSS of the job ${bytes(resident)}`);
  if (busy !== null) parts.push(`${(busy / 1000).toFixed(1)} CPUs at work`);
  return parts.length ? ` · measured: ${parts.join(', ')}` : '';
}

// --- the controls ---

const bar = make('g', {}, svg);
const reset = make('g', { class: 'control reset', role: 'button', tabindex: 0, 'aria-label': 'Reset zoom' }, bar);
make('rect', { width: 92, height: 26, rx: 4, y: 1 }, reset);
make('text', { x: 46, y: 18 }, reset).textContent = 'Reset zoom';
const box = make('foreignObject', { width: 260, height: 30 }, bar);
const input = document.createElementNS('http://www.w3.org/1999/xhtml', 'input');
input.setAttribute('type', 'search');
input.setAttribute('placeholder', 'Search: a regular expression ( / )');
input.setAttribute('aria-label', 'Search tool runs by a regular expression');
box.append(input);
const matched = make('text', { class: 'right matched', y: 52, role: 'status' }, svg);

function layout() {
  if (svg.hasAttribute('data-fluid')) {
    svg.removeAttribute('viewBox');
    svg.setAttribute('width', '100%');
    width = Math.max(svg.getBoundingClientRect().width, 880);
    plot = width - LEFT - RIGHT;
  }
  for (const node of all('.stretch')) node.setAttribute('width', plot);
  for (const node of all('.limit')) node.setAttribute('x2', LEFT + plot);
  matched.setAttribute('x', width - RIGHT);
  box.setAttribute('x', width - RIGHT - 260);
  box.setAttribute('y', 12);
  reset.setAttribute('transform', `translate(${width - RIGHT - 260 - 102} 12)`);
  makeRoom();
  draw();
}

// --- what the reader does ---

const place = event => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
const isInPlot = ({ x, y }) => x >= LEFT && x <= LEFT + plot && y >= TOP - 20 && y <= BOTTOM;
let drag = null;

svg.addEventListener('pointerdown', event => {
  const at = place(event);
  if (event.button || !isInPlot(at)) return;
  drag = { x: at.x, from: view.from, span: spanOf.get(event.target), moved: false };
});
svg.addEventListener('pointermove', event => {
  const at = place(event);
  if (!drag) return hover(spanOf.get(event.target), isInPlot(at) ? at.x : -1);
  if (!drag.moved && Math.abs(at.x - drag.x) < 4) return;
  // Only a drag is captured: a click must reach what is under the pointer.
  if (!drag.moved) svg.setPointerCapture(event.pointerId);
  drag.moved = true;
  pan(drag.from - (at.x - drag.x) * (view.to - view.from) / plot - view.from);
});
svg.addEventListener('pointerup', () => {
  if (drag && !drag.moved && drag.span) zoomTo(drag.span.from, drag.span.to);
  drag = null;
});
svg.addEventListener('pointercancel', () => drag = null);
svg.addEventListener('pointerleave', () => { if (!drag) hover(null, -1); });

// Where the page itself scrolls, the wheel is left to it unless Ctrl is held.
svg.addEventListener('wheel', event => {
  const at = place(event), scrolls = document.scrollingElement || document.documentElement;
  if (!isInPlot(at)) return;
  const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
  if (!sideways && !event.ctrlKey && !event.metaKey && scrolls.scrollHeight > innerHeight + 1) return;
  event.preventDefault();
  if (sideways) pan((event.deltaX || event.deltaY) * (view.to - view.from) / plot);
  else zoom(Math.exp(clamp(event.deltaY, -200, 200) / 400), time(at.x));
}, { passive: false });

const keys = {
  ArrowLeft: () => pan((view.from - view.to) / 5),
  ArrowRight: () => pan((view.to - view.from) / 5),
  '+': () => zoom(0.7), '=': () => zoom(0.7), '-': () => zoom(1 / 0.7),
  0: () => show(0, LENGTH), Escape: () => show(0, LENGTH),
  '/': () => input.select(), F3: () => input.select(),
};
// On a page with more than the chart, only its own keys are its business.
(alone ? document : svg).addEventListener('keydown', event => {
  if (event.target === input) return;
  const find = (event.ctrlKey || event.metaKey) && event.key === 'f';
  const action = find ? keys['/'] : event.ctrlKey || event.metaKey || event.altKey ? null : keys[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});
input.addEventListener('input', () => search(input.value));
input.addEventListener('keydown', event => {
  if (event.key === 'Enter') showMatches();
  if (event.key !== 'Escape') return;
  search('');
  input.blur();
});
reset.addEventListener('click', () => show(0, LENGTH));
reset.addEventListener('keydown', event => {
  if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); show(0, LENGTH); }
});
addEventListener('resize', layout);

// --- the state in the address, so that a link shows what its sender saw ---

let remembering = 0, remembered = location.hash;
function rememberSoon() {
  if (!alone) return;
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    const parts = new URLSearchParams();
    if (isZoomed()) parts.set('t', `${Math.round(view.from)}-${Math.round(view.to)}`);
    if (query) parts.set('s', query);
    const hash = '#' + parts;
    if (hash === remembered) return;
    // A document in an opaque origin may not.
    try { history.replaceState(null, '', remembered = hash); } catch { }
  }, 200);
}

function recall() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const range = /^(\d+)-(\d+)$/.exec(parts.get('t') || '');
  if (range) show(Number(range[1]), Number(range[2])); else show(0, LENGTH);
  search(parts.get('s') || '');
}

svg.setAttribute('role', 'group');
details.textContent = caption;
if (alone) { recall(); addEventListener('hashchange', recall); }
layout();
})();

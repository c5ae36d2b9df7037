// The chart of `gotrace flame --chart` in a browser: what it shows without scripts, and what its script does.
//
// Any chart with at least three bars will do, with what go did itself or without; expectations are computed from the
// picture, by other means than the script's own. See page.mjs for how to run it.

import { settled, tell } from './page.mjs';

await tell(async (open, check) => {
  await withoutScripts(open, check);
  await details(open, check);
  await chores(open, check);
  await search(open, check);
  await zoom(open, check);
  await move(open, check);
  await address(open, check);
  await dark(open, check);
});

async function withoutScripts(open, check) {
  const plain = await open({ width: 1200, javaScriptEnabled: false });
  const live = await open({ width: 1200 });
  check('without scripts there are bars, ticks and labels', (await texts(plain, '.tick')) !== '[]',
    (await bars(plain)).length > 2);
  check('without scripts there are no controls that would do nothing', await plain.locator('[role=button]').count() === 0);
  check('the script draws the same ticks as were there without it',
    await texts(plain, '.tick') === await texts(live, '.tick'));
  check('the script fits the same text into the bars',
    await texts(plain, '.label') === await texts(live, '.label'));
  const [before, after] = [await bars(plain), await bars(live)];
  check('the script leaves the bars where they were',
    before.every((bar, index) => close(bar.x, after[index].x) && close(bar.width, after[index].width)));
  check('the picture is an image to a screen reader, and the live page is a group with controls',
    await plain.locator('svg').getAttribute('role') === 'img', await live.locator('svg').getAttribute('role') === 'group');
  check('nothing failed and nothing was fetched', (await live.evaluate(() => true)) && live.complaints.length === 0);
}

async function details(open, check) {
  const page = await open();
  const line = page.locator('.details'), caption = await line.textContent(), bar = await widest(page);
  await page.mouse.move(...middle(bar));
  check('a bar under the pointer says what it is', (await line.textContent()) === bar.title.split('\n').join(' · '));
  check('and is outlined', await page.locator('.hover').getAttribute('visibility') === 'visible');
  const panel = await page.locator('.panel').last().boundingBox();
  await page.mouse.move(panel.x + panel.width / 3, panel.y + 5);
  check('a moment says what ran then', /^At .* running, their peak RSS |in which no go command ran/.test(await line.textContent()));
  await page.mouse.move(5, 5);
  check('the caption comes back', (await line.textContent()) === caption);
  check('details need nothing from elsewhere', page.complaints.length === 0);
}

/// What go did itself, where the chart has it: bars like the others.
async function chores(open, check) {
  const page = await open();
  const all = await bars(page, '.chores rect');
  if (!all.length) return;
  const line = page.locator('.details'), input = page.locator('input'), matched = page.locator('.matched');
  const chore = all.reduce((most, bar) => bar.width > most.width ? bar : most), lines = chore.title.split('\n');
  await page.mouse.move(...middle(chore));
  check('what go did itself says what it is', (await line.textContent()) === lines.join(' · '));
  check('and is outlined', await page.locator('.hover').getAttribute('visibility') === 'visible');
  const panel = await page.locator('.panel').last().boundingBox();
  await page.mouse.move(panel.x + panel.width / 2, panel.y + 5);
  check('a moment says what was measured then', await page.locator('.measured').count() === 0 ||
    / · measured: RSS of the job .* at work$|in which no go command ran/.test(await line.textContent()));

  const kind = lines[1].replace(/ [\d<].*/, '');
  await input.fill(`${lines[0].replace(/\W/g, '.')} ${kind}`);
  await settled(page);
  const found = await page.locator('.chores rect.match').count();
  check(`searching for ${lines[0]} ${kind} finds it`, found > 0, (await matched.textContent()).includes(`${found} of go itself`));
  const matches = await bars(page, 'rect.match');
  const reach = Math.max(...matches.map(bar => bar.x + bar.width)) - Math.min(...matches.map(bar => bar.x));
  await input.press('Enter');
  await settled(page);
  check('and Enter zooms to what was found', await page.locator('.reset').getAttribute('visibility') === 'visible' ||
    reach > panel.width * 0.8);
  await input.press('Escape');
  await page.keyboard.press('0');
  await settled(page);
  await page.mouse.click(...middle(chore));
  await settled(page);
  const zoomed = (await bars(page, '.chores rect'))[chore.index];
  check('a click zooms to it', zoomed.width >= Math.min(chore.width * 1.1, panel.width * 0.8), await labelsFit(page));
  check('chores raise no error', page.complaints.length === 0);
}

async function search(open, check) {
  const page = await open();
  const input = page.locator('input'), matched = page.locator('.matched');
  const all = await bars(page);
  await page.keyboard.press('Control+f');
  check('Ctrl-F goes to the search', await input.evaluate(node => node === document.activeElement));
  const word = all[all.length >> 1].title.split('\n')[0].split('/').pop().replace(/\W.*/, '') || 'a';
  await input.fill(word.toUpperCase());
  await settled(page);
  const expected = all.filter(bar => new RegExp(word, 'i').test(searchable(bar.title)));
  const found = await page.locator('.bars rect.match').count();
  check(`searching for ${word} highlights what matches, in upper case, too`, found === expected.length, found > 0);
  check('and counts it', (await matched.textContent()).startsWith(`Matched ${found} run`));
  check('and says how much of the tool time that is', / of tool time(, and \d+ of go itself, .*)?$/.test(await matched.textContent()));
  const opacity = selector => page.locator(selector).first().evaluate(node => getComputedStyle(node).fillOpacity);
  check('matches keep their colour', await opacity('.bars rect.match') === '1');
  if (found < all.length) check('the others fade', Number(await opacity('.bars rect:not(.match)')) < 0.5);

  await input.fill('.');
  check('a search for anything finds all of the time', (await matched.textContent()).includes('100.0 % of tool time') ||
    (await page.locator('.foot').allTextContents()).some(line => line.startsWith('Not drawn')));
  await input.fill('(');
  check('half a regular expression is no error', await input.getAttribute('aria-invalid') === 'true',
    (await matched.textContent()) === 'Not a regular expression', page.complaints.length === 0);
  await input.press('Escape');
  check('Escape ends the search', await page.locator('.searching').count() === 0, (await matched.textContent()) === '');
}

/// What a search is to see of a bar: label, tool, and how it ended where it did not end well.
function searchable(title) {
  const [label, second] = title.split('\n');
  const [, tool, outcome] = /^(.+?) (?:(failed|killed|unfinished) after |\d|<)/.exec(second);
  return `${label} ${tool}${outcome ? ' ' + outcome : ''}`;
}

async function zoom(open, check) {
  const page = await open();
  const start = await matrix(page), ticks = await texts(page, '.tick'), labels = await texts(page, '.label');
  const plot = await page.locator('.stripe').first().boundingBox();
  const reset = page.locator('.reset');
  check('there is nothing to reset at first', await reset.getAttribute('visibility') === 'hidden');

  const all = await bars(page), target = all.filter(bar => bar.width > 2).sort((a, b) => a.width - b.width)[0];
  await moves(page, () => page.mouse.click(...middle(target)));
  const zoomed = (await bars(page))[target.index];
  check('a click on a bar zooms to it', zoomed.width > target.width * 1.1, zoomed.x >= plot.x - 1,
    zoomed.x + zoomed.width <= plot.x + plot.width + 1);
  check('the ticks follow', ticks !== await texts(page, '.tick'));
  check('text stays within its bar', await labelsFit(page));
  check('now there is something to reset', await reset.getAttribute('visibility') === 'visible');
  await moves(page, () => reset.click());
  const end = await matrix(page);
  check('reset restores the view', close(end[0] / start[0], 1, 1e-6), close(end[1], start[1], 0.01));
  check('with its ticks and labels', ticks === await texts(page, '.tick'),
    labels === await texts(page, '.label'));

  for (const [key, grows] of [['+', true], ['-', false]]) {
    const before = await matrix(page);
    await moves(page, () => page.keyboard.press(key));
    check(`the key ${key} zooms`, (await matrix(page))[0] > before[0] === grows);
  }
  await moves(page, () => page.keyboard.press('+'));
  await moves(page, () => reset.press('Enter'));
  check('the control works from the keyboard', close((await matrix(page))[0] / start[0], 1, 1e-6));
  check('zooming raises no error', page.complaints.length === 0);
}

async function move(open, check) {
  const page = await open();
  const plot = await page.locator('.stripe').first().boundingBox();
  const x = plot.x + plot.width * 0.4, y = plot.y + plot.height / 2;
  const at = async place => { const [scale, offset] = await matrix(page); return (place - offset) / scale; };
  await page.mouse.move(x, y);
  const pointed = await at(x);
  const before = await matrix(page);
  await moves(page, () => page.mouse.wheel(0, -300));
  check('the wheel zooms', (await matrix(page))[0] > before[0] * 1.2);
  check('around the pointer', close(pointed, await at(x), 2 / (await matrix(page))[0]));

  const [scale, offset] = await matrix(page);
  await moves(page, async () => {
    await page.mouse.down();
    await page.mouse.move(x - 50, y, { steps: 5 });
    await page.mouse.up();
  });
  const dragged = await matrix(page);
  check('a drag moves the bars with the pointer', close(dragged[1] - offset, -50), close(dragged[0] / scale, 1, 1e-6));
  await moves(page, () => page.keyboard.press('ArrowRight'));
  check('arrow keys move, too', (await matrix(page))[1] < dragged[1] - 10);
  await moves(page, () => page.keyboard.press('Escape'));
  for (let turn = 0; turn < 60; turn++) await page.keyboard.press('+');
  await settled(page);
  check('the zoom ends before numbers lose their precision', (await matrix(page))[0] < before[0] * 10_001,
    (await texts(page, '.tick')) !== '[]', !/NaN|e-|Infinity/.test(await texts(page, '.tick')));
  await page.setViewportSize({ width: 1000, height: 700 });
  await page.keyboard.press('0');
  await settled(page);
  const narrow = await page.locator('.stripe').first().boundingBox();
  check('the chart takes the width of its window', close(narrow.width, plot.width - 280, 20) ||
    await page.locator('svg[data-fluid]').count() === 0);
  check('and text still fits', await labelsFit(page));
  check('moving raises no error', page.complaints.length === 0);
}

async function address(open, check) {
  const first = await open();
  await first.keyboard.press('+');
  await first.locator('input').fill('e');
  await first.waitForURL(/#.*t=.*s=e/);
  const view = await matrix(first), found = await first.locator('.match').count();
  const second = await open({ hash: new URL(first.url()).hash });
  check('the address brings back zoom and search', close((await matrix(second))[0] / view[0], 1, 1e-3),
    await second.locator('.match').count() === found, await second.locator('input').evaluate(node => node.value) === 'e');
  const broken = await open({ hash: '#t=9-1&s=%28&x' });
  check('a broken address does no harm', broken.complaints.length === 0, (await bars(broken)).length > 2);
}

async function dark(open, check) {
  const colour = async (scheme, selector) => {
    const page = await open({ colorScheme: scheme });
    return page.locator(selector).first().evaluate(node => getComputedStyle(node).fill);
  };
  check('a dark desktop gets a dark page', await colour('light', '.page') === 'rgb(255, 255, 255)',
    await colour('dark', '.page') === 'rgb(21, 24, 29)');
  check('tools keep their colours', await colour('light', '.bars rect') === await colour('dark', '.bars rect'));
}

/// The texts that are on the sheet, in the order of the alphabet.
async function texts(page, selector) {
  const all = await page.locator(selector).evaluateAll(nodes => nodes.map(node => node.textContent).filter(Boolean));
  return JSON.stringify(all.sort());
}

/// Pixels per unit of time, and where time begins.
function matrix(page) {
  return page.locator('.bars').first().evaluate(node => [node.getCTM().a, node.getCTM().e]);
}

/// Does something that changes the view, and waits until it has: a wheel event, for one, arrives some time after it was
/// sent.
async function moves(page, act) {
  const before = await matrix(page);
  await act();
  await page.waitForFunction(([scale, offset]) => {
    const now = document.querySelector('.bars').getCTM();
    return now.a !== scale || now.e !== offset;
  }, before);
  await settled(page);
}

/// The bars as the browser lays them out, with what their titles say.
function bars(page, selector = '.bars rect') {
  return page.locator(selector).evaluateAll(nodes => nodes.map((node, index) => {
    const { x, y, width, height } = node.getBoundingClientRect();
    return { index, x, y, width, height, title: node.firstElementChild.textContent.trim() };
  }));
}

async function widest(page) {
  return (await bars(page)).reduce((most, bar) => bar.width > most.width ? bar : most);
}

/// Whether every label is inside of some bar of its row.
function labelsFit(page) {
  return page.evaluate(() => {
    const nodes = [...document.querySelectorAll('.bars rect, .chores rect, .commands rect')];
    const rectangles = nodes.map(node => node.getBoundingClientRect());
    return [...document.querySelectorAll('.label')].filter(label => label.textContent).every(label => {
      const text = label.getBoundingClientRect(), y = text.y + text.height / 2;
      return rectangles.some(box => box.top < y && y < box.bottom && box.left <= text.left + 1 && text.right <= box.right + 1);
    });
  });
}

function middle(bar) {
  return [bar.x + bar.width / 2, bar.y + bar.height / 2];
}

function close(one, other, by = 1.5) {
  return Math.abs(one - other) <= by;
}

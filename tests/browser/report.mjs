// The page of `gotrace report` in a browser: what it says without its script, and what its script does.
//
// Any page with at least three tool runs will do. What is drawn on the canvas is asked for through what the page says of it:
// the tip under the pointer, the details, the words beside the search. See page.mjs for how to run it.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { settled, tell } from './page.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

await tell(async (open, check) => {
  await withoutScripts(open, check);
  await withOneRequest(open, check);
  await figures(open, check);
  await details(open, check);
  await search(open, check);
  await marks(open, check);
  await view(open, check);
  await address(open, check);
  await tables(open, check);
  await flame(open, check);
  await accessible(open, check);
  await narrow(open, check);
});

async function withoutScripts(open, check) {
  const page = await open({ javaScriptEnabled: false });
  const seen = selector => page.locator(selector).filter({ visible: true }).count();
  check('without scripts there are the figures of the head', await seen('.facts dd') >= 6);
  check('and a picture of what ran when', await seen('svg.overview') === 1, await seen('svg.overview path') >= 1);
  check('and tables with their rows', await seen('tbody tr') > 5);
  check('and the flame graph', await seen('.flame div') > 3);
  check('but no control that would do nothing', await seen('button') + await seen('input') + await seen('select') === 0);
  check('and no empty canvas', await seen('canvas') === 0);
}

async function withOneRequest(open, check) {
  const page = await open();
  const requests = await page.evaluate(() => performance.getEntriesByType('resource').length);
  check('the page loads nothing but itself and complains of nothing', requests === 0, page.complaints.length === 0);
  const refused = await page.evaluate(async () => {
    const tried = await Promise.allSettled([fetch('/x'), new Promise((done, fail) => {
      Object.assign(new Image(), { onload: done, onerror: fail, src: 'http://gotrace.test/x.png' });
    })]);
    return tried.every(({ status }) => status === 'rejected');
  });
  check('and may not, whatever runs in it', refused, !page.complaints.some(complaint => complaint.startsWith('request')));
}

/// What the script decodes, against what was written for people into the page without it.
async function figures(open, check) {
  const page = await open();
  const runs = await page.evaluate(() => JSON.parse(document.getElementById('data').textContent).runs);
  const label = await page.locator('#plot').getAttribute('aria-label');
  check('the timeline says how many runs it shows', label.replaceAll(',', '').includes(`of ${runs} tool runs`));
  await page.fill('#search', '');
  const total = await legendRuns(page);
  check('the legend counts every run', total === runs);
  await page.fill('#search', 'compile');
  const found = await page.locator('#found').textContent();
  check('and the search, by the name of a tool, no fewer than the table of tools', Number(found.replaceAll(',', '').match(/^\d+/)[0]) >=
    Number((await page.locator('#tools tbody tr', { hasText: 'compile' }).first().locator('td').first().textContent()).replaceAll(',', '')));
}

async function legendRuns(page) {
  const words = await page.locator('#timeline .legend li span').allTextContents();
  return words.filter(text => /^[\d,]+ · /.test(text)).reduce((sum, text) => sum + Number(text.split(' ')[0].replaceAll(',', '')), 0);
}

async function details(open, check) {
  const page = await open();
  await page.locator('#plot').focus();
  check('at first there are no details', await page.locator('#details').isHidden());
  for (let turn = 0; turn < 3; turn++) await page.keyboard.press('ArrowDown');
  await settled(page);
  check('a run is chosen by the keyboard', await page.locator('#details').isVisible());
  const first = await page.locator('#details h3').textContent();
  const named = await page.locator('#details dt').allTextContents();
  check('its details have its figures', ['wall time', 'CPU, user', 'CPU, system', 'peak RSS', 'ran'].every(name => named.includes(name)));
  await page.keyboard.press('ArrowDown');
  check('the next one is another', await page.locator('#details h3').textContent() !== first ||
    await page.locator('#details dd').nth(4).textContent() !== '');
  await page.keyboard.press('Enter');
  check('Enter goes to the details', await page.evaluate(() => document.activeElement.id) === 'details');
  await page.locator('#plot').focus();
  await page.keyboard.press('Escape');
  check('Escape lets go', await page.locator('#details').isHidden());

  await page.fill('#search', 'link');
  await page.locator('#plot').focus();
  await page.keyboard.press('ArrowUp');
  const heading = await page.locator('#details h3').textContent();
  check('with a search, the arrows go through what was found, from its end, too', /link/.test(heading));
  const words = await page.locator('#details pre').textContent();
  check('the arguments are told, with the directory and without marks', words.startsWith('link '), /\$WORK\/b\d{3}\//.test(words),
    !/[\u0001\u0002]/.test(words));
  check('and what it waited for', await page.locator('#details .links h4').first().textContent() === 'Waited for');
  const need = page.locator('#details .links div').first().locator('button').first();
  const name = await need.locator('span').first().textContent();
  await need.click();
  check('which one can go to', (await page.locator('#details h3').textContent()).includes(name));
  const back = page.locator('#details .links div').nth(1).locator('button');
  check('and back from', (await back.allTextContents()).some(text => text.includes('link')));
  if (await page.locator('#phases').count()) {
    await page.fill('#search', 'compile');
    await page.locator('#plot').focus();
    await page.keyboard.press('ArrowUp');
    check('a compile tells its phases', (await page.locator('#details h4').allTextContents()).includes('What it spent its time on'));
    const shares = (await page.locator('#details dl').last().locator('dd').allTextContents()).map(text => parseFloat(text.split(', ')[1]));
    const sum = shares.reduce((sum, share) => sum + share, 0);
    check('which add up', sum > 98 && sum < 102);
  }
  check('details raise no error', page.complaints.length === 0);
}

async function search(open, check) {
  const page = await open();
  await page.fill('#search', 'no such thing anywhere');
  check('what is nowhere is found nowhere', (await page.locator('#found').textContent()).startsWith('0 runs of'));
  await page.fill('#search', '(');
  check('a search is plain words, never an error', page.complaints.length === 0);
  const name = await page.locator('#packages tbody .name').first().textContent();
  await page.fill('#search', '');
  await page.locator('#packages tbody .name').first().click();
  check('a package of a table is found in the timeline', await page.locator('#search').inputValue() === name,
    /^[1-9]/.test(await page.locator('#found').textContent()));
  await page.fill('#search', '');
  await page.selectOption('#shortest', '10000000');
  const few = await page.locator('#found').textContent();
  await page.selectOption('#shortest', '1000');
  const more = await page.locator('#found').textContent();
  check('short runs can be left out', parseInt(few) <= parseInt(more.replaceAll(',', '')), few !== more);
  await page.selectOption('#shortest', '0');
  check('and come back', await page.locator('#found').textContent() === '');
}

async function marks(open, check) {
  const page = await open();
  await page.check('#critical');
  const shown = Number((await page.locator('#found').textContent()).replaceAll(',', '').match(/^\d+/)[0]);
  const steps = await page.locator('#path tbody tr').count();
  check('the critical path can be seen alone', shown >= steps, steps > 0);
  await page.uncheck('#critical');
  const words = [];
  const box = await page.locator('#plot').boundingBox();
  for (let x = 3; x < box.width; x += 40) {
    await page.mouse.move(box.x + x, box.y + 28);
    words.push(await page.locator('#tip').textContent());
  }
  check('the strip says how busy the workers were', words.some(text => /^(saturated|starved|serial|outside), /.test(text)));
}

async function view(open, check) {
  const page = await open();
  const canvas = page.locator('#plot');
  const box = await canvas.boundingBox();
  const tip = page.locator('#tip');
  const over = async (x, y) => {
    await page.mouse.move(box.x + x, box.y + y);
    await settled(page);
    return await tip.isVisible() ? tip.textContent() : '';
  };
  // A bar is found by its tip; how much stands above the lanes depends on the build. One that is a few pixels wide is still
  // under the pointer when the pointer moves by one.
  let hit = null;
  for (let y = 30; y < box.height && !hit; y += 10) {
    for (let x = 40; x < box.width && !hit; x += 23) {
      const words = await over(x, y);
      if (/ CPU · /.test(words) && await over(x + 4, y) === words) hit = [box.x + x + 2, box.y + y];
    }
  }
  check('a bar under the pointer says what it is', hit !== null);
  await page.mouse.move(...hit);
  await settled(page);
  const words = await tip.textContent();
  const shown = () => canvas.evaluate(node => { const c = document.createElement('canvas'); c.width = node.width; c.height = node.height;
    c.getContext('2d').drawImage(node, 0, 0); return c.toDataURL(); });
  const away = async () => { await page.mouse.move(5, 5); await settled(page); return shown(); };
  const whole = await away();
  // A wheel event arrives some time after it was sent.
  const changes = async act => {
    const before = await shown();
    await act();
    for (let turn = 0; turn < 200; turn++) {
      await settled(page);
      if (await shown() !== before) return true;
    }
    return false;
  };
  await page.mouse.move(...hit);
  await settled(page);
  await page.keyboard.down('Control');
  check('Ctrl and the wheel zoom', await changes(() => page.mouse.wheel(0, -200)));
  await page.keyboard.up('Control');
  await page.mouse.move(hit[0] + 1, hit[1]);
  await settled(page);
  check('around the pointer', await tip.textContent() === words);
  check('a drag moves it', await changes(async () => {
    await page.mouse.down();
    await page.mouse.move(hit[0] - 120, hit[1], { steps: 4 });
    await page.mouse.up();
  }));
  check('and is no click', await page.locator('#details').isHidden());
  await page.locator('#whole').click();
  await page.locator('#whole').blur();
  check('the whole build comes back', await away() === whole);
  await page.mouse.click(...hit);
  check('a click on a bar opens its details', await page.locator('#details').isVisible(),
    words.includes((await page.locator('#details h3').textContent()).split(' ').slice(1).join(' ')));
  await canvas.focus();
  for (let turn = 0; turn < 80; turn++) await page.keyboard.press('+');
  await settled(page);
  check('the zoom ends somewhere', page.complaints.length === 0);
  for (const key of ['ArrowLeft', 'ArrowRight', 'PageDown', 'PageUp', '-', '0', 'Escape']) await page.keyboard.press(key);
  await canvas.blur();
  check('and the keys bring the whole build back', await away() === whole, page.complaints.length === 0);
}

/// A link to what is seen: the page at that address shows it again.
async function address(open, check) {
  const page = await open();
  const canvas = page.locator('#plot');
  await canvas.focus();
  for (const key of ['+', '+', '+', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
  await page.fill('#search', 'compile');
  await page.waitForFunction(() => location.hash.includes('find=compile') && location.hash.includes('run='));
  const seen = async on => [await on.locator('#details h3').textContent(), await on.locator('#found').textContent(),
    await on.inputValue('#search'), new URL(on.url()).hash];
  const left = await seen(page);
  await page.reload();
  await page.waitForFunction(() => !document.getElementById('details').hidden);
  await settled(page);
  check('the address keeps the view', JSON.stringify(await seen(page)) === JSON.stringify(left), /at=\d+-\d+/.test(left[3]));
  await page.evaluate(() => { location.hash = '#at=9e9-x&run=1e12&top=-5&find=%00&shortest=7'; });
  await page.waitForFunction(() => document.getElementById('details').hidden);
  check('one that no page has written does no harm', page.complaints.length === 0);
  await page.locator('nav a').first().click();
  await settled(page);
  check('and a section has its own', /^#[a-z]+$/.test(new URL(page.url()).hash), page.complaints.length === 0);
}

async function tables(open, check) {
  const page = await open();
  const table = page.locator('#packages table');
  const column = async number => (await table.locator(`tbody tr > :nth-child(${number + 1})`).evaluateAll(cells =>
    cells.map(cell => cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v))));
  const isSorted = (list, sign) => list.every((value, at) => at === 0 || (list[at - 1] <= value ? 1 : -1) * sign > 0 || list[at - 1] === value);
  for (const [number, sign] of [[0, 1], [5, -1], [2, -1]]) {
    await table.locator('thead button').nth(number).click();
    check(`column ${number} sorts`, isSorted(await column(number), sign),
      await table.locator('th[aria-sort]').count() === 1);
  }
  await table.locator('thead button').nth(2).press('Enter');
  check('and the other way round, by the keyboard', isSorted(await column(2), 1));
  check('every table has a caption, and every row and column a head', await page.locator('table').evaluateAll(all => all.every(table =>
    table.caption?.textContent && [...table.tHead.rows[0].cells].every(cell => cell.scope === 'col') &&
    [...table.tBodies[0].rows].every(row => row.cells[0].scope === 'row'))));
}

async function flame(open, check) {
  const page = await open();
  const width = node => node.evaluate(node => node.getBoundingClientRect().width);
  const frames = page.locator('.flame div');
  const all = await frames.evaluateAll(nodes => nodes.map((node, index) => ({ index, width: node.getBoundingClientRect().width })));
  const target = all.filter(frame => frame.width < all[0].width * 0.9 && frame.width > 20)[0];
  await frames.nth(target.index).click();
  check('a click zooms the flame graph', Math.abs(await width(frames.nth(target.index)) - all[0].width) < 2);
  await frames.nth(target.index).click();
  check('and another one zooms out', Math.abs(await width(frames.nth(target.index)) - target.width) < 1);
}

async function accessible(open, check) {
  for (const [colorScheme, width] of [['light', 1280], ['dark', 390]]) {
    const page = await open({ colorScheme, width });
    await page.locator('#plot').focus();
    for (let turn = 0; turn < 3; turn++) await page.keyboard.press('ArrowDown');
    await page.evaluate(AXE);
    const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
    for (const { id, nodes } of violations) console.log(id, nodes.slice(0, 3).map(node => node.html));
    check(`axe-core finds nothing wrong with the ${colorScheme} page of ${width} pixels (${passes.length} rules passed)`,
      violations.length === 0, passes.length > 20);
  }
}

async function narrow(open, check) {
  for (const width of [320, 390, 768, 1920]) {
    const page = await open({ width });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    check(`nothing is wider than a screen of ${width} pixels`, wide <= width);
  }
}

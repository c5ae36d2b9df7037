// The flame graph of `gotrace flame` in a browser: it opens, zooms, searches, and needs nothing from elsewhere.
//
// The script inside is inferno's, so this asks only for what gotrace promises of it. See page.mjs for how to run it.

import { settled, tell } from './page.mjs';

await tell(async (open, check) => {
  const page = await open();
  const frames = () => page.locator('#frames > g').evaluateAll(nodes => nodes.map((node, index) => {
    const { x, y, width, height } = node.querySelector('rect').getBoundingClientRect();
    const hidden = node.classList.contains('hide');
    return { index, x, y, width, height, hidden, title: node.querySelector('title').textContent };
  }));
  const all = await frames();
  check('there are frames', all.length > 3);
  check('every frame says its share', all.every(frame => /%\)$/.test(frame.title)));
  const root = all.reduce((most, frame) => frame.width > most.width ? frame : most);
  check('no frame is wider than the root', all.every(frame => frame.x >= root.x - 1 && frame.width <= root.width + 1));

  const target = all.filter(frame => frame.width > 40 && frame.width < root.width / 2).sort((a, b) => b.width - a.width)[0];
  const middle = frame => [frame.x + frame.width / 2, frame.y + frame.height / 2];
  await page.mouse.move(...middle(target));
  check('a frame under the pointer says what it is',
    (await page.locator('#details').textContent()).includes(target.title));
  await page.mouse.click(...middle(target));
  await settled(page);
  const zoomed = await frames();
  check('a click zooms to the frame', Math.abs(zoomed[target.index].width - root.width) < 2);
  check('and hides what is beside it', zoomed.some(frame => frame.hidden));
  await page.locator('#unzoom').click();
  await settled(page);
  check('reset restores every frame', (await frames()).every((frame, index) =>
    Math.abs(frame.x - all[index].x) < 1 && Math.abs(frame.width - all[index].width) < 1 && !frame.hidden));

  const word = target.title.replace(/ \(.*$/, '').replace(/[^\w].*$/, '') || 'c';
  page.once('dialog', dialog => dialog.accept(word));
  await page.keyboard.press('Control+f');
  await page.waitForFunction(() => document.getElementById('matched').textContent.startsWith('Matched'));
  const matched = await page.locator('#matched').textContent();
  check(`searching for ${word} says how much matches`, /^Matched: (\d+(\.\d+)?)%/.test(matched), parseFloat(matched.slice(9)) > 0);
  check('nothing failed and nothing was fetched', page.complaints.length === 0);

  const still = await open({ javaScriptEnabled: false });
  check('without scripts the frames are there, too', await still.locator('#frames rect').count() === all.length);
});

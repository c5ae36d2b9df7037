// Measures a page of `gotrace report` in a real browser: size, the time until it is loaded, and frames while it is moved.
//
// Medians of five loads and of 60 frames, each from a key press to the moment at which the browser has drawn it. Chromium
// runs without a GPU here, as on a machine of CI: what a desktop takes is less. See scripts/bench-page.

import { readFileSync, statSync } from 'node:fs';
import { tell } from './page.mjs';

const file = process.argv[2];

await tell(async open => {
  const loads = [];
  let page;
  for (let round = 0; round < 5; round++) {
    page = await open();
    loads.push(await page.evaluate(() => performance.getEntriesByType('navigation')[0].loadEventEnd));
  }
  const text = readFileSync(file, 'utf8');
  const data = text.split('id="data">')[1].split('</script>')[0];
  const { runs } = JSON.parse(data);
  const whole = await frames(page, ['ArrowRight', 'ArrowLeft']);
  for (let turn = 0; turn < 4; turn++) await page.locator('#plot').press('+');
  const zoomed = await frames(page, ['ArrowRight', 'ArrowRight', 'ArrowLeft', 'ArrowLeft']);
  await page.fill('#search', 'link');
  const searched = await frames(page, ['ArrowRight', 'ArrowLeft']);
  console.log(`${(statSync(file).size / 1e6).toFixed(2)} MB, of which ${(data.length / runs).toFixed(0)} bytes per action are data; ` +
    `loaded in ${median(loads).toFixed(0)} ms; frames: whole ${whole}, zoomed in ${zoomed}, searching ${searched}`);
});

async function frames(page, keys) {
  const times = await page.evaluate(async keys => {
    const canvas = document.getElementById('plot'), times = [];
    for (let turn = 0; turn < 60; turn++) {
      await new Promise(requestAnimationFrame);
      const began = performance.now();
      canvas.dispatchEvent(new KeyboardEvent('keydown', { key: keys[turn % keys.length] }));
      await new Promise(requestAnimationFrame);
      // What is behind a frame in the queue runs when it is drawn.
      await new Promise(done => { const { port1, port2 } = new MessageChannel(); port1.onmessage = done; port2.postMessage(0); });
      times.push(performance.now() - began);
    }
    return times;
  }, keys);
  return `${median(times).toFixed(0)} ms (95 %: ${times[57].toFixed(0)})`;
}

function median(numbers) {
  return numbers.sort((one, other) => one - other)[numbers.length >> 1];
}

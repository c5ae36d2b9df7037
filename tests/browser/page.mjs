// Opens a picture or a page in a real browser and watches what it does. Knows the browser; knows nothing of what it shows.
//
// The tests here are programs of their own, for they need Chromium and a package of npm:
//
//     npm install --prefix tests/browser --ignore-scripts --no-package-lock
//     node tests/browser/chart.mjs chart.svg
//     node tests/browser/flame.mjs build.svg
//     node tests/browser/report.mjs build.html
//
// CHROMIUM names the browser where it is not /usr/bin/chromium. The first check that fails ends the program with 1.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { chromium } from 'playwright-core';

const ADDRESS = 'http://gotrace.test/';

/// Runs `story(open, check)` in a fresh browser. `open(options)` gives a page with what the command line
/// names; `check(sentence, facts)` is true or ends the test.
export async function tell(story) {
  const file = process.argv[2];
  if (!file) {
    console.error(`usage: node ${process.argv[1]} FILE`);
    process.exit(2);
  }
  const watchdog = setTimeout(() => {
    console.error(`${file}: no end after two minutes`);
    process.exit(1);
  }, 120_000);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
  });
  try {
    await story(options => open(browser, file, options), check);
    console.log(`${file}: all as it should be`);
  } catch (error) {
    console.error(error.message.startsWith('not so: ') ? error.message : error.stack);
    process.exitCode = 1;
  } finally {
    await browser.close();
    clearTimeout(watchdog);
  }
}

/// A page with the file. `page.complaints` collects errors, and requests for anything but the file: they are answered here, so
/// nothing ever leaves the machine.
async function open(browser, file, { width = 1280, height = 900, hash = '', ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, ...options });
  const page = await context.newPage();
  // Nothing but the file has this address: a request for the icon of a site is one too many.
  const address = ADDRESS + basename(file);
  page.complaints = [];
  page.on('pageerror', error => page.complaints.push(`error: ${error.message}`));
  page.on('console', message => message.type() === 'error' && page.complaints.push(`console: ${message.text()}`));
  await page.route('**', route => {
    if (route.request().url().startsWith(address)) {
      return route.fulfill({ contentType: file.endsWith('.html') ? 'text/html' : 'image/svg+xml', body: readFileSync(file) });
    }
    page.complaints.push(`request: ${route.request().url()}`);
    return route.abort();
  });
  await page.goto(address + hash);
  // Without scripts there are no frames to wait for; the load event is the last thing that happens.
  if (options.javaScriptEnabled !== false) await settled(page);
  return page;
}

/// Waits until the page has drawn what it was asked to draw: two frames, the second of which the first may have asked for.
export async function settled(page) {
  await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))));
}

function check(sentence, ...facts) {
  const holds = facts.every(Boolean);
  if (!holds) throw new Error(`not so: ${sentence}\n${facts.map(fact => JSON.stringify(fact)).join(' ')}`);
  console.log(`  ${sentence}`);
}

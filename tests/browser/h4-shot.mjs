import { chromium } from 'playwright-core';
const [,, file, out, width='1280', scheme='light', act='', clip=''] = process.argv;
const b = await chromium.launch({ executablePath:'/usr/bin/chromium', args:['--no-sandbox','--disable-gpu','--disable-quic','--disable-background-networking'] });
const ctx = await b.newContext({ viewport:{width:+width,height:900}, colorScheme:scheme, javaScriptEnabled: act!=='nojs' });
const p = await ctx.newPage();
p.on('pageerror', e=>console.log('ERR', e.message, e.stack)); p.on('console', m=>console.log('CONSOLE', m.text())); p.on('request', r=>console.log('REQ', r.url().slice(0,80)));
await p.goto('file://'+file);
await p.waitForTimeout(500);
if (act==='select') { await p.locator('#plot').focus(); for (let i=0;i<70;i++) await p.keyboard.press('ArrowDown'); await p.waitForTimeout(300); }
if (act==='search') { await p.fill('#search','link'); await p.waitForTimeout(300); }
await p.screenshot({ path: out, fullPage: true, ...(clip ? {clip:(([x,y,width,height])=>({x,y,width,height}))(clip.split(',').map(Number))} : {}) });
await b.close();

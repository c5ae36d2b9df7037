import { chromium } from 'playwright-core';
const [,, file] = process.argv;
const b = await chromium.launch({ executablePath:'/usr/bin/chromium', args:['--no-sandbox','--disable-gpu','--disable-quic','--disable-background-networking'] });
const p = await (await b.newContext({ viewport:{width:1280,height:900} })).newPage();
p.on('pageerror', e=>console.log('ERR', e.message, e.stack));
const t0=Date.now(); await p.goto('file://'+file); const t1=Date.now();
const nav = await p.evaluate(()=>{const n=performance.getEntriesByType('navigation')[0];return {load:n.loadEventEnd,dom:n.domInteractive,paint:performance.getEntriesByType('paint').map(x=>x.name+' '+Math.round(x.startTime))}});
console.log('goto',t1-t0,nav);
const frames = async (act)=> p.evaluate(async (act)=>{
  const canvas=document.getElementById('plot'); const times=[]; 
  const press=k=>canvas.dispatchEvent(new KeyboardEvent('keydown',{key:k}));
  for(let i=0;i<60;i++){ await new Promise(r=>requestAnimationFrame(r)); const t=performance.now(); press(act[i%act.length]); await new Promise(r=>requestAnimationFrame(()=>{r()})); 
    const c=new MessageChannel(); await new Promise(r=>{c.port1.onmessage=r;c.port2.postMessage(0)}); times.push(performance.now()-t);} 
  times.sort((a,b)=>a-b); return {median:times[30].toFixed(1),p95:times[57].toFixed(1),max:times[59].toFixed(1)} },act);
console.log('whole pan', await frames(['ArrowRight','ArrowLeft']));
await p.evaluate(()=>{const c=document.getElementById('plot');for(let i=0;i<4;i++)c.dispatchEvent(new KeyboardEvent('keydown',{key:'+'}))});
console.log('zoomed pan', await frames(['ArrowRight','ArrowRight','ArrowLeft','ArrowLeft']));
await p.fill('#search','link'); console.log('searching', await frames(['ArrowRight','ArrowLeft']));
await b.close();

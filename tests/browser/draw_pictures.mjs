// Draws the pictures of docs/pictures/ from a running relay; docs/pictures/render.sh calls it.

import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {openBench} from './bench.mjs';

const bench = await openBench({'preview.name': 'Example Relay', 'app.associated-host': 'open.relay.example'});
const folder = new URL('../../docs/pictures/', import.meta.url);
const file = (name) => fileURLToPath(new URL(name, folder));

const link = bench.send({title: "Anna's roadster", description: 'Unlock and drive, until Sunday'});
const phone = {
  viewport: {width: 390, height: 600},
  userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1',
};

for (const [name, options] of Object.entries({
  'page.png': {viewport: {width: 1080, height: 720}},
  'page-dark.png': {...phone, colorScheme: 'dark'},
  'page-arabic.png': {...phone, locale: 'ar', timezoneId: 'Asia/Amman'},
})) {
  const screen = {deviceScaleFactor: 2, timezoneId: 'Europe/Berlin', ...options};
  test(`draws ${name}`, () => bench.visit(link, screen, (page) => page.screenshot({path: file(name), fullPage: true})));
}

// The words and the picture are those that a messenger's crawler is given; the rest is one more chat.
test('draws card.png', async () => {
  const answer = await fetch(link.split('#')[0], {headers: {'User-Agent': 'WhatsApp/2.23.20.0'}});
  const html = await answer.text();
  // Values stay escaped, as they go into HTML again.
  const og = (name) => new RegExp(`<meta property="og:${name}" content="([^"]*)">`).exec(html)[1];
  const image = Buffer.from(await (await fetch(og('image'))).arrayBuffer()).toString('base64');
  const chat = `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; width: 460px; padding: 20px; box-sizing: border-box; background: #e9e3da; color: #111b21;
      font: 15px/1.4 "Noto Sans", sans-serif; }
    .bubble { position: relative; padding: 5px; border-radius: 4px 14px 14px 14px; background: #fff;
      box-shadow: 0 1px 1px rgb(0 0 0 / 14%); }
    .card { overflow: hidden; border-radius: 10px; background: #f0f2f5; }
    img { display: block; width: 100%; }
    .card div { padding: 10px 12px 11px; }
    strong { display: block; font-weight: 600; }
    .card span { display: block; margin-top: 2px; color: #54656f; font-size: 13.5px; }
    .card .site { margin-top: 4px; color: #667781; font-size: 12.5px; }
    p { margin: 8px 8px 4px; }
    a { color: #0b66c2; word-break: break-all; }
    time { display: block; margin: 0 8px 2px; color: #667781; font-size: 12px; text-align: right; }
  </style>
  <div class="bubble">
    <div class="card"><img src="data:image/png;base64,${image}" alt="">
      <div>
        <strong>${og('title')}</strong><span>${og('description')}</span><span class="site">${og('site_name')}</span>
      </div>
    </div>
    <p>Here is the key, have a good trip!<br><a>${link.replace(bench.origin, 'https://relay.example')}</a></p>
    <time>09:41</time>
  </div>`;
  await bench.visit('/', {deviceScaleFactor: 2, bypassCSP: true, viewport: {width: 460, height: 300}}, async (page) => {
    await page.setContent(chat);
    await page.screenshot({path: file('card.png'), fullPage: true});
  });
});

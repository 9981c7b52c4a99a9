// Every page in every language, by day and by night, on a phone, a tablet and a desktop: nothing sticks
// out, nothing is too pale to read, and axe-core, the accessibility checker, finds nothing.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {test} from 'node:test';
import {openBench} from './bench.mjs';

const bench = await openBench({
  'preview.name': 'Example Relay',
  'app.ios-store': 'https://apps.example/wallet',
  'app.android-store': 'https://play.example/wallet',
});
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const link = bench.send({title: "Anna's roadster", description: 'Unlock and drive, until Sunday'});
const kPages = {
  'the page of a car key': {address: link},
  'the page of a home key with the longest words': {
    address: bench.send({vertical: 'home', title: 'W'.repeat(70), description: 'unbreakable'.repeat(12)}),
  },
  'the page of a room key': {address: bench.send({vertical: 'general', title: 'Grand Hotel, room 214'})},
  'the page of an access pass': {address: bench.send({vertical: 'general', title: 'Gate'})},
  'the page of a link that is cut off': {address: link.split('#')[0]},
  'the 404 page': {address: '/v1/nothing/share.json', status: 404},
  'the home page': {address: '/'},
};
const kLanguages = ['en', 'de', 'fr', 'es', 'ja', 'ar'];
const kWidths = [{width: 360, height: 740}, {width: 768, height: 1024}, {width: 1280, height: 900}];

// What there is to be seen is seen whole: the code, too.
const unfold = async (page) => {
  const button = page.locator('#show');
  if (await button.isVisible()) await button.click();
};

// The elements that reach beyond the window, and text that its box cuts off.
const whatSticksOut = (page) => page.evaluate(() => {
  const out = [];
  for (const element of document.body.querySelectorAll('*')) {
    const {left, right, width} = element.getBoundingClientRect();
    const clipped = element.scrollWidth > element.clientWidth && getComputedStyle(element).overflowX !== 'visible';
    if (width && (left < -0.5 || right > innerWidth + 0.5 || clipped)) out.push(element.outerHTML.slice(0, 80));
  }
  if (document.documentElement.scrollWidth > innerWidth) out.push('the page itself');
  return out;
});

for (const language of kLanguages) {
  test(`in ${language} every page fits its window`, async () => {
    const headings = new Set();
    for (const [name, {address, status}] of Object.entries(kPages)) {
      await bench.visit(address, {status, locale: language}, async (page) => {
        const html = page.locator('html');
        assert.equal(await html.getAttribute('lang'), language);
        assert.equal(await html.getAttribute('dir'), language === 'ar' ? 'rtl' : 'ltr');
        headings.add(await page.locator('h1').textContent());
        await unfold(page);
        for (const size of kWidths) {
          await page.setViewportSize(size);
          assert.deepEqual(await whatSticksOut(page), [], `${name}, ${size.width} wide`);
        }
      });
    }
    assert.equal(headings.size, 6, 'each kind has words of its own');
  });
}

test('Arabic runs from the right, with the sender\'s words in their own direction', () =>
  bench.visit(link, {locale: 'ar', viewport: kWidths[2]}, async (page) => {
    const middle = async (selector) => {
      const {x, width} = await page.locator(selector).boundingBox();
      return x + width / 2;
    };
    assert.ok(await middle('.picture') > await middle('.content'), 'the picture stands on the right');
    assert.equal(await page.locator('h1').evaluate((h1) => getComputedStyle(h1).direction), 'rtl');
    assert.equal(await page.locator('.words .title').evaluate((title) => getComputedStyle(title).direction), 'ltr');
  }));

// How light the paper and the ink are, from 0 to 255.
const lightness = (page) => page.evaluate(() => ['backgroundColor', 'color'].map((property) => {
  const [red, green, blue] = getComputedStyle(document.body)[property].match(/\d+/g).map(Number);
  return (red + green + blue) / 3;
}));

const isDark = (page) => page.evaluate(() => {
  const [paper, ink] = ['backgroundColor', 'color'].map((property) => {
    const [red, green, blue] = getComputedStyle(document.body)[property].match(/\d+/g).map(Number);
    return red + green + blue;
  });
  return paper < ink;
});

for (const [name, {address, status}] of Object.entries(kPages)) {
  test(`axe finds nothing to object to on ${name}, by day and by night`, async () => {
    for (const [locale, viewport] of [['en', kWidths[2]], ['ar', kWidths[0]]]) {
      // The policy of a page forbids what axe does to look at it.
      await bench.visit(address, {status, bypassCSP: true, locale, viewport}, async (page) => {
        await unfold(page);
        await page.evaluate(axe);
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({colorScheme});
          assert.equal(await isDark(page), colorScheme === 'dark');
          const {violations, incomplete, passes} = await page.evaluate(() => axe.run());
          const told = ({id, help, nodes}) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`;
          assert.deepEqual([...violations, ...incomplete].map(told), [], `${locale}, ${colorScheme}`);
          // It judges the contrast of Latin letters only; the colours are those of every language.
          if (locale === 'en') assert.ok(passes.some(({id}) => id === 'color-contrast'));
        }
      });
    }
  });
}

test('axe would have found something', () => bench.visit(link, {bypassCSP: true}, async (page) => {
  await page.evaluate(axe);
  await page.evaluate(() => {
    document.querySelector('h1').setAttribute('style', 'color: #bbb');
    document.querySelector('.picture').removeAttribute('alt');
  });
  const {violations} = await page.evaluate(() => axe.run());
  assert.deepEqual(violations.map(({id}) => id).sort(), ['color-contrast', 'image-alt']);
}));

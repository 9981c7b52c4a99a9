// The QR code of the link (www/qr.js): every length it can have, read by zbar and compared with libqrencode's;
// and as the page shows it.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, test} from 'node:test';
import vm from 'node:vm';
import {openBench} from './bench.mjs';

const bench = await openBench();
const folder = mkdtempSync(path.join(tmpdir(), 'tigress-qr-'));
after(() => rmSync(folder, {recursive: true}));

const script = readFileSync(new URL('../../www/qr.js', import.meta.url), 'utf8');
const {qrCode, kLongestQrText} = vm.runInThisContext(`${script}; ({qrCode, kLongestQrText})`);

// What zbar reads in each of the pictures, one line per picture.
const read = (pictures, suffix) => {
  const files = pictures.map((picture, i) => {
    const file = path.join(folder, String(i).padStart(4, '0') + suffix);
    writeFileSync(file, picture);
    return file;
  });
  const options = ['--quiet', '--nodbus', '--raw', '-Sdisable', '-Sqrcode.enable'];
  return execFileSync('zbarimg', [...options, ...files], {encoding: 'latin1'}).split('\n').slice(0, -1);
};

// A grey picture of a code: three pixels a module, and the margin of four modules that the standard asks for.
const draw = (rows) => {
  const side = 3 * (rows.length + 8);
  const at = (pixel) => Math.floor(pixel / 3) - 4;
  const pixels = Array.from({length: side * side}, (_, i) => (rows[at(i / side)]?.[at(i % side)] ? 0 : 255));
  return Buffer.concat([Buffer.from(`P5 ${side} ${side} 255\n`), Buffer.from(pixels)]);
};

// Printable characters, other ones for each length.
const textOf = (length) =>
  Array.from({length}, (_, i) => String.fromCharCode(33 + (i * 7919 + length * 31) % 94)).join('');
const texts = Array.from({length: kLongestQrText}, (_, i) => textOf(i + 1));

test('a text of every length is read as it was', () => {
  assert.deepEqual(read(texts.map((text) => draw(qrCode(text))), '.pgm'), texts);
});

test('module by module a code is that of libqrencode, where both choose the same mask', () => {
  const mask = (rows) => rows[8].slice(0, 6).join();  // the format bits (ISO/IEC 18004, figure 25)
  const compared = new Set();
  for (const text of texts) {
    const ours = qrCode(text);
    const drawn = execFileSync('qrencode', ['-8', '-l', 'M', '-m', '0', '-t', 'ASCII', '-o', '-'], {input: text});
    const theirs = drawn.toString().trimEnd().split('\n').map((row) =>
      Array.from({length: ours.length}, (_, x) => row[2 * x] === '#'));
    if (mask(ours) !== mask(theirs)) continue;
    assert.deepEqual(ours, theirs);
    compared.add(ours.length);
  }
  assert.equal(compared.size, 15, 'codes of every version were compared');
});

test('a code is the smallest its text fits into', () => {
  const sizes = [14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412];  // ISO/IEC 18004, table 7
  assert.equal(sizes.at(-1), kLongestQrText);
  sizes.forEach((longest, i) => {
    assert.equal(qrCode(textOf(longest)).length, 21 + 4 * i);
    if (i > 0) assert.equal(qrCode(textOf(sizes[i - 1] + 1)).length, 21 + 4 * i);
  });
});

const link = bench.send();

for (const colorScheme of ['light', 'dark']) {
  for (const viewport of [{width: 360, height: 740}, {width: 1280, height: 900}]) {
    test(`what a camera sees on a ${colorScheme} screen ${viewport.width} wide is the link, secret and all`, () =>
      bench.visit(link, {colorScheme, viewport}, async (page) => {
        assert.equal(await page.locator('#code').isVisible(), false, 'nobody may look over a shoulder unasked');
        await page.getByRole('button', {name: 'Show QR code'}).click();
        assert.deepEqual(read([await page.screenshot()], '.png'), [link]);
      }));
  }
}

test('the code follows the link, and goes when it is asked to', () => bench.visit(link, async (page) => {
  const button = page.getByRole('button', {name: 'Show QR code'});
  const changed = link.replace(/#.{21}/, '#AAAAAAAAAAAAAAAAAAAAA');
  await button.click();
  assert.equal(await button.getAttribute('aria-expanded'), 'true');
  await page.evaluate((url) => new Promise((resolve) => {
    addEventListener('hashchange', resolve, {once: true});
    location.href = url;
  }), changed);
  assert.equal(await page.locator('#code').isVisible(), false);
  await button.click();
  assert.deepEqual(read([await page.screenshot()], '.png'), [changed]);
  await button.click();
  assert.equal(await button.getAttribute('aria-expanded'), 'false');
  assert.equal(await page.locator('#code').isVisible(), false);
}));

test('a link too long for a code has no button for it', () =>
  bench.visit(link.replace('#', `&x=${'y'.repeat(kLongestQrText)}#`), async (page) => {
    assert.equal(await page.getByRole('button', {name: 'Show QR code'}).count(), 0);
    assert.equal(await page.getByRole('button', {name: 'Copy link'}).isVisible(), true);
  }));

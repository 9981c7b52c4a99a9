// The page of a share as a person has it: what it says, what it offers, and to whom.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import {devices} from 'playwright-core';
import {openBench} from './bench.mjs';

const bench = await openBench({
  'preview.name': 'Example Relay',
  'app.android-package': 'com.example.wallet',
  'app.associated-host': 'open.relay.example',
});
const withoutApp = await openBench();

const iPhone = devices['iPhone 15'];
const android = devices['Pixel 7'];

const link = bench.send({title: "Anna's roadster", description: 'Until Sunday'});
const [address, secret] = link.split('#');
const {host, pathname, search} = new URL(link);
const shortSecret = 'AAECAwQFBgcICQoLDA0ODw';

// Types another fragment into the address bar.
const changeFragment = (page, fragment) => page.evaluate((text) => new Promise((resolve) => {
  addEventListener('hashchange', resolve, {once: true});
  location.hash = text;
}), fragment);

const isComplete = async (page) => {
  const alert = await page.getByRole('alert').isVisible();
  assert.equal(await page.locator('#complete').isVisible(), !alert);
  assert.equal(await page.getByRole('button', {name: 'Copy link'}).isVisible(), !alert);
  return !alert;
};

// What the clipboard holds, pasted as a person would.
const pasted = async (page) => {
  const paper = await page.context().newPage();
  await paper.setContent('<textarea></textarea>');
  await paper.press('textarea', 'Control+V');
  return paper.inputValue('textarea');
};

test('a link without its whole fragment is called incomplete', () => bench.visit(address, async (page) => {
  assert.equal(await isComplete(page), false);
  assert.match(await page.getByRole('alert').textContent(), /This link is incomplete/);
  for (const fragment of ['x', secret.slice(0, -1), secret + 'A', 'share', '%', '%E0%A4%A', '=',
    shortSecret.slice(0, -1), shortSecret.slice(0, -1) + 'x', secret.slice(0, -1) + '9']) {
    await changeFragment(page, fragment);
    assert.equal(await isComplete(page), false, fragment);
  }
}));

test('a whole link is complete, whatever a messenger glued to it', () => bench.visit(link, async (page) => {
  assert.equal(await isComplete(page), true);
  for (const fragment of [shortSecret, secret + '=', secret + '%3D', secret + '.', secret + '),', secret + '%20',
    secret.replace(/[A-Za-z0-9]/, (letter) => '%' + letter.charCodeAt(0).toString(16)), '-_' + secret.slice(2),
    '+/' + secret.slice(2), '%20' + secret.slice(1)]) {
    await changeFragment(page, fragment);
    assert.equal(await isComplete(page), true, fragment);
  }
}));

test('Android opens the wallet by an intent that carries the secret', () => bench.visit(link, android, async (page) => {
  assert.equal(await page.getByRole('link', {name: 'Open in wallet'}).getAttribute('href'),
    `intent://${host}${pathname}${search}#${secret}#Intent;scheme=https;package=com.example.wallet;end`);
}));

test('iOS opens the wallet by the second host', () => bench.visit(link + '.', iPhone, async (page) => {
  assert.equal(await page.getByRole('link', {name: 'Open in wallet'}).getAttribute('href'),
    `https://open.relay.example${pathname}${search}#${secret}`);
}));

test('no wallet is offered where none is known', async () => {
  for (const [of, device] of [[bench, {}], [withoutApp, android], [withoutApp, iPhone]]) {
    await of.visit(of.send(), device, async (page) => {
      assert.equal(await page.getByRole('link', {name: 'Open in wallet'}).count(), 0);
      assert.equal(await page.getByRole('button', {name: 'Copy link'}).isVisible(), true);
    });
  }
});

test('copying takes the whole link and says so', () => bench.visit(link, async (page) => {
  await page.getByRole('button', {name: 'Copy link'}).click();
  await page.getByRole('status').getByText('Link copied.').waitFor();
  assert.equal(await pasted(page), link);
}));

test('a browser that refuses to copy is excused', () => bench.visit(link, async (page) => {
  const session = await page.context().newCDPSession(page);
  const {targetInfo: {browserContextId}} = await session.send('Target.getTargetInfo');
  await session.send('Browser.setPermission',
    {browserContextId, permission: {name: 'clipboard-write'}, setting: 'denied'});
  await page.getByRole('button', {name: 'Copy link'}).click();
  await page.getByRole('status').getByText('Copy the link from the address bar.').waitFor();
}));

test('the expiry is shown in local time', async () => {
  const ends = new Date(Date.now() + 3 * 3600e3);
  for (const timezoneId of ['Asia/Kolkata', 'America/Los_Angeles']) {
    const expected = new Intl.DateTimeFormat('en', {timeZone: timezoneId, hour: 'numeric', minute: '2-digit'});
    await bench.visit(bench.send({expires: ends.toISOString().replace(/\.\d+/, '')}), {timezoneId}, async (page) => {
      const shown = (await page.locator('time').textContent()).replace(/\s/g, ' ');
      assert.ok(shown.includes(expected.format(ends).replace(/\s/g, ' ')), shown);
    });
  }
});

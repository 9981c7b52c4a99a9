// The page of a share as a person has it: what it says, what it offers, and to whom.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import {devices} from 'playwright-core';
import {openBench} from './bench.mjs';

const bench = await openBench({
  'preview.name': 'Example Relay',
  'app.android-package': 'com.example.wallet',
  'app.associated-host': 'open.relay.example',
  'app.ios-store': 'https://apps.example/wallet',
  'app.android-store': 'https://play.example/wallet',
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

test('a phone is shown its own app store, a computer every one', async () => {
  for (const [device, stores] of [[iPhone, ['iPhone']], [android, ['Android']], [{}, ['iPhone', 'Android']]]) {
    await bench.visit(link, device, async (page) => {
      const links = page.getByRole('link', {name: 'Get the wallet app'});
      assert.deepEqual(await links.allTextContents(), stores.map((name) => `Get the wallet app for ${name}`));
    });
  }
  await withoutApp.visit(withoutApp.send(), async (page) => assert.equal(await page.locator('.store').count(), 0));
});

test('who follows a link to an app store tells it neither the secret nor where he comes from', () =>
  bench.visit(link, {...android, leavesFor: 'https://play.example'}, async (page) => {
    const asked = [];
    await page.route('https://play.example/**', (route, request) => {
      asked.push(request.url());
      return route.fulfill({contentType: 'text/html', body: '<title>Store</title>'});
    });
    await page.getByRole('link', {name: 'Get the wallet app for Android'}).click();
    await page.waitForURL('https://play.example/wallet');
    assert.deepEqual(asked, ['https://play.example/wallet']);
    assert.equal(await page.evaluate(() => document.referrer), '');
  }));

// What is focused, tab after tab, until the page has nothing more to offer; and that one sees it.
const tabOrder = async (page) => {
  const order = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const {tagName, textContent} = document.activeElement;
      const {outlineStyle, outlineWidth} = getComputedStyle(document.activeElement);
      const seen = outlineStyle === 'solid' && parseInt(outlineWidth) >= 3;
      return tagName === 'BODY' ? null : {text: textContent, seen};
    });
    if (!focused || order.includes(focused.text)) return order;
    assert.ok(focused.seen, `${focused.text} shows that it has the focus`);
    order.push(focused.text);
  }
};

test('the keyboard goes through the page from top to bottom, and one sees where it is', async () => {
  const stores = ['Get the wallet app for iPhone', 'Get the wallet app for Android'];
  const onComputer = ['Show QR code', 'Copy link', ...stores];
  const onPhone = ['Open in wallet', 'Copy link', 'Show QR code', stores[1]];
  for (const [device, expected] of [[{}, onComputer], [android, onPhone]]) {
    await bench.visit(link, device, async (page) => {
      assert.deepEqual(await tabOrder(page), expected);
      const heights = await Promise.all(expected.map(async (text) =>
        (await page.locator('main').getByText(text, {exact: true}).boundingBox()).y));
      assert.deepEqual(heights, [...heights].sort((a, b) => a - b));
    });
  }
});

test('everything can be done with the keyboard', () => bench.visit(link, async (page) => {
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('#code').waitFor({state: 'visible'});
  await page.keyboard.press('Space');
  await page.locator('#code').waitFor({state: 'hidden'});
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('status').getByText('Link copied.').waitFor();
  assert.equal(await pasted(page), link);
}));

test('a screen reader is told what can be seen, in the same order', () => bench.visit(link, async (page) => {
  await page.getByRole('button', {name: 'Show QR code'}).click();
  const told = await page.locator('body').ariaSnapshot();
  const roles = /heading|region|alert|listitem|link "|button|status|img|term/;
  assert.deepEqual(told.split('\n').filter((line) => roles.test(line)).map((line) => line.trim()), [
    '- heading "A car key for you" [level=1]',
    '- region "In the sender’s words":',
    '- heading "In the sender’s words" [level=2]',
    '- listitem: Open this link on the phone that should carry the key.',
    '- listitem: Confirm in your wallet app. The key is unlocked there, on your phone.',
    '- button "Show QR code" [expanded]',
    '- button "Copy link"',
    '- status',
    '- img "Scan this with the phone that should carry the key. Whoever sees it can take the key."',
    '- link "Get the wallet app for iPhone":',
    '- link "Get the wallet app for Android":',
    '- term: Available until',
    '- term: For your eyes only',
  ]);
}));

test('without script the page says what to do, and until when in UTC', () =>
  bench.visit(link, {javaScriptEnabled: false, timezoneId: 'Asia/Tokyo'}, async (page) => {
    const text = await page.locator('body').innerText();
    for (const words of [/A car key for you/, /Anna's roadster/, /Open this link on the phone/, /Confirm in your/,
      /A complete link ends with a # sign/, /\d{4}-\d\d-\d\d \d\d:\d\d UTC/, /For your eyes only/, /Example Relay/]) {
      assert.match(text, words);
    }
    assert.equal(await page.getByRole('button').count(), 0, 'there is no button that does nothing');
    assert.equal(await page.getByRole('alert').count(), 0);
    assert.deepEqual(await page.getByRole('link').allTextContents(),
      ['Get the wallet app for iPhone', 'Get the wallet app for Android']);
  }));

test('the 404 page and the home page need no script', async () => {
  for (const [address, status, words] of [['/v1/nothing/share.json', 404, /Ask the sender for a new link/],
    ['/', 200, /Hand over a digital key by link/]]) {
    await bench.visit(address, {status}, async (page, response) => {
      assert.match(await page.locator('body').innerText(), words);
      assert.match(response.headers()['content-security-policy'], /script-src 'none'/);
    });
  }
});

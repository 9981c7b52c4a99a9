// With www.receive=on a share's page opens it and the relay's own page sends one: what a person sees of that, what the
// relay does, and what neither of them gets.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {openBench} from './bench.mjs';
import {Exchange, tigress} from './programs.mjs';

const bench = await openBench({'www.receive': 'on', 'preview.name': 'Example Relay'});
const without = await openBench();
const folder = await mkdtemp(join(tmpdir(), 'tigress-'));
after(() => rm(folder, {recursive: true}));

const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core')).replace(/axe\.js$/, 'axe.min.js'), 'utf8');
const carKey = JSON.parse(readFileSync(new URL('../vectors/car_key_creation_request.json', import.meta.url), 'utf8'));
const asLine = (number) => ({format: 'digitalwallet.test', content: {number}});
const state = (name) => join(folder, name);

const button = (page, name) => page.getByRole('button', {name, exact: true});
const message = (page, number) => page.getByRole('log').getByRole('article').nth(number - 1);
const messageText = async (page, number) => JSON.parse(await message(page, number).locator('pre').textContent());
const alert = (page, words) => page.getByRole('alert').getByText(words).waitFor();
const status = (page, words) => page.getByRole('status').getByText(words).waitFor();
const openHere = async (page) => {
  await button(page, 'Open here').click();
  await message(page, 1).waitFor();
};
const answer = async (page, information) => {
  await page.getByLabel('Your message, as JSON').fill(JSON.stringify(information));
  await button(page, 'Send').click();
};
// Makes a share with the relay's own page; gives its link.
const makeLink = async (page, watch, information = asLine(1)) => {
  await page.getByLabel('Title').fill('A test <b>');
  await page.getByLabel('Message, as JSON', {exact: true}).fill(JSON.stringify(information));
  await button(page, 'Make the link').click();
  const field = page.getByLabel('The link, for one person only');
  await field.waitFor();
  const link = await field.inputValue();
  watch.guard(link.split('#')[1]);
  return link;
};
const asksBeforeItCloses = (page) => page.evaluate(() => {
  const event = new Event('beforeunload', {cancelable: true});
  dispatchEvent(event);
  return event.defaultPrevented;
});

test('a page that is only looked at claims nothing', async () => {
  const link = bench.send({state: state('looked_at')});
  await bench.visit(link, async (page, response, watch) => {
    await button(page, 'Open here').waitFor();
    await page.waitForLoadState('networkidle');
    assert.deepEqual([...new Set(watch.requests.map((request) => request.method()))], ['GET']);
    assert.equal(watch.requests.some((request) => request.resourceType() === 'fetch'), false);
    assert.equal(await asksBeforeItCloses(page), false);
  });
  assert.equal(await tigress('status', '--state', state('looked_at')), 'waiting');
});

test('one click opens the share, and what it holds can be saved', async () => {
  const link = bench.send({title: "Anna's roadster", state: state('opened')});
  await bench.visit(link, {acceptDownloads: true}, async (page) => {
    await openHere(page);
    assert.deepEqual(await messageText(page, 1), carKey);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'From the other device');
    assert.equal(await tigress('status', '--state', state('opened')), 'claimed');
    assert.equal(await button(page, 'Open here').isVisible(), false);

    const downloading = page.waitForEvent('download');
    await button(page, 'Save').click();
    const download = await downloading;
    assert.equal(download.suggestedFilename(), 'provisioning-information-1.json');
    assert.deepEqual(JSON.parse(readFileSync(await download.path(), 'utf8')), carKey);

    await page.getByText('Nothing of this is stored.').waitFor();
    assert.equal(await asksBeforeItCloses(page), true);
    await button(page, 'Done: remove it from the relay').click();
    await status(page, 'It is removed from the relay.');
    assert.equal(await asksBeforeItCloses(page), false);
  });
  assert.equal(await tigress('status', '--state', state('opened')), 'completed');
});

test('of two browsers one opens the share, and the other is told', async () => {
  const link = bench.send();
  await bench.visit(link, async (page) => {
    await openHere(page);
    await bench.visit(link, {awaits: ['status of 401']}, async (second) => {
      await button(second, 'Open here').click();
      await alert(second, 'Another device has opened this link already');
      assert.equal(await message(second, 1).count(), 0);
    });
  });
});

test('a link with another key opens nothing and takes nothing, and the right one does', async () => {
  const [address, secret] = bench.send().split('#');
  const wrong = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
  await bench.visit(`${address}#${wrong}`, {awaits: ['status of 401']}, async (page, response, watch) => {
    await button(page, 'Open here').click();
    await alert(page, 'This does not open.');
    watch.guard(secret);
    await page.evaluate((text) => { location.hash = text; }, secret);
    await openHere(page);
    assert.equal(await page.getByRole('alert').count(), 0);
  });
});

test('without the whole fragment there is nothing to open', async () => {
  const [address, secret] = bench.send().split('#');
  await bench.visit(address, async (page) => {
    await page.getByRole('alert').waitFor();
    assert.equal(await button(page, 'Open here').count(), 0);
    await page.evaluate((text) => { location.hash = text; }, secret);
    await button(page, 'Open here').waitFor();
    await page.evaluate((text) => { location.hash = text; }, secret.slice(1));
    await button(page, 'Open here').waitFor({state: 'hidden'});
  });
});

test('a share that has gone meanwhile is gone', async () => {
  const link = bench.send({state: state('gone')});
  await bench.visit(link, {awaits: ['status of 404']}, async (page) => {
    await tigress('cancel', '--state', state('gone'));
    await button(page, 'Open here').click();
    await alert(page, 'There is nothing here any more');
  });
});

test('a network that is away is told from everything else, and tried again', async () => {
  await bench.visit(bench.send(), {awaits: ['ERR_INTERNET_DISCONNECTED']}, async (page) => {
    await page.context().setOffline(true);
    await button(page, 'Open here').click();
    await alert(page, 'The relay did not answer.');
    await page.context().setOffline(false);
    await openHere(page);
    assert.deepEqual(await messageText(page, 1), carKey);
  });
});

test('a share sealed for one message only takes no answer, and says so', async () => {
  await bench.visit(bench.send(), {awaits: ['status of 423']}, async (page) => {
    await openHere(page);
    await answer(page, asLine(2));
    await alert(page, 'The relay did not allow it.');
  });
});

test('the page and the command line take turns', async () => {
  const peer = new Exchange('--relay', bench.origin);
  peer.say(asLine(1));
  await bench.visit(await peer.hear(), async (page) => {
    await openHere(page);
    for (let number = 1; number < 7; number += 2) {
      assert.deepEqual(await messageText(page, number), asLine(number));
      await answer(page, asLine(number + 1));
      assert.deepEqual(JSON.parse(await peer.hear()), asLine(number + 1));
      peer.say(asLine(number + 2));
      await message(page, number + 2).waitFor();
    }
    peer.finish();
    await button(page, 'Done: remove it from the relay').click();
    assert.equal(await peer.exitStatus(), 0);
  });
});

test('the relay\'s page sends, the command line receives, and the page follows', async () => {
  await bench.visit('/', {awaits: ['status of 404']}, async (page, response, watch) => {
    const link = await makeLink(page, watch);
    assert.match(link, /\/share\.json\?v=c#[A-Za-z0-9]{43}$/);
    await status(page, 'Nobody has opened the link yet.');
    assert.equal(await asksBeforeItCloses(page), true);
    await button(page, 'Copy link').click();
    await status(page, 'Link copied.');
    assert.match(await tigress('show', link), /A test <b>/);
    assert.deepEqual(JSON.parse(await tigress('receive', link)), asLine(1));
    await status(page, 'The other device has got everything and removed the share.');
    assert.equal(await asksBeforeItCloses(page), false);
  });
});

test('the relay\'s page and the command line take turns, until one has no more to say', async () => {
  await bench.visit('/', {awaits: ['status of 404']}, async (page, response, watch) => {
    const peer = new Exchange(await makeLink(page, watch));
    assert.deepEqual(JSON.parse(await peer.hear()), asLine(1));
    await status(page, 'Another device has opened the link.');
    for (let number = 2; number < 8; number += 2) {
      peer.say(asLine(number));
      await message(page, number - 1).waitFor();
      assert.deepEqual(await messageText(page, number - 1), asLine(number));
      if (number === 6) peer.finish();
      await answer(page, asLine(number + 1));
      assert.deepEqual(JSON.parse(await peer.hear()), asLine(number + 1));
    }
    assert.equal(await peer.exitStatus(), 0);
    await status(page, 'The other device has got everything and removed the share.');
  });
});

test('two pages hand a key over and talk about it, and leave nothing behind', async () => {
  await bench.visit('/', {awaits: ['status of 404']}, async (sender, response, watch) => {
    const link = await makeLink(sender, watch);
    await bench.visit(link, async (receiver) => {
      await openHere(receiver);
      await status(sender, 'Another device has opened the link.');
      await answer(receiver, asLine(2));
      await message(sender, 1).waitFor();
      await answer(sender, asLine(3));
      await message(receiver, 3).waitFor();
      assert.deepEqual(await messageText(receiver, 3), asLine(3));
      for (const page of [sender, receiver]) {
        assert.deepEqual(await page.evaluate(async () => [localStorage.length, sessionStorage.length, document.cookie,
          history.state, (await indexedDB.databases()).length, (await caches.keys()).length]), [0, 0, '', null, 0, 0]);
        assert.equal((await page.title()).includes(link.split('#')[1]), false);
      }
      await button(receiver, 'Done: remove it from the relay').click();
      await status(sender, 'The other device has got everything and removed the share.');
    });
  });
});

test('who sent a share can withdraw it', async () => {
  await bench.visit('/', async (page, response, watch) => {
    const link = await makeLink(page, watch);
    await button(page, 'Withdraw it').click();
    await status(page, 'It is removed from the relay.');
    await assert.rejects(tigress('receive', link), {code: 3});
  });
});

test('what is no message is not sent, and the field says so', async () => {
  await bench.visit('/', async (page, response, watch) => {
    const field = page.getByLabel('Message, as JSON', {exact: true});
    await field.fill('{"format": "x", "content": {"a": 1, "a": 2}}');
    await button(page, 'Make the link').click();
    await alert(page, 'This is no message.');
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'send-text');
    await makeLink(page, watch);
    assert.equal(await page.getByRole('alert').count(), 0);
  });
});

for (const [name, options] of [['in light', {}], ['in the dark', {colorScheme: 'dark'}], ['in Arabic', {locale: 'ar'}],
  ['on a phone', {viewport: {width: 320, height: 640}}]]) {
  test(`axe finds nothing on either view ${name}`, async () => {
    const findings = async (page) => {
      await page.evaluate(axe);
      const {violations} = await page.evaluate(() => globalThis.axe.run());
      return violations.map(({id, nodes}) => `${id}: ${nodes.map(({html}) => html).join(' ')}`);
    };
    await bench.visit('/', {awaits: ['status of 404'], ...options}, async (page, response, watch) => {
      assert.deepEqual(await findings(page), []);
      await page.locator('#send-text').fill('x');
      await page.locator('#send-form button').click();
      await page.locator('#wallet-failure').waitFor();
      assert.deepEqual(await findings(page), []);
      await page.locator('#send-text').fill(JSON.stringify(carKey));
      await page.locator('#send-form button').click();
      await page.locator('#send-link').waitFor();
      const link = await page.locator('#send-link').inputValue();
      watch.guard(link.split('#')[1]);
      await bench.visit(link, options, async (other) => {
        assert.deepEqual(await findings(other), []);
        await other.locator('#receive-open').click();
        await message(other, 1).waitFor();
        await page.locator('#wallet-answer').waitFor();
        assert.deepEqual(await findings(other), []);
        assert.deepEqual(await findings(page), []);
        const fits = ({scrollWidth, clientWidth}) => scrollWidth <= clientWidth;
        for (const each of [page, other]) {
          assert.ok(await each.locator('html').evaluate(fits), 'it does not scroll sideways');
        }
      });
    });
  });
}

test('without script, there is nothing to click', async () => {
  for (const address of [bench.send(), '/']) {
    await bench.visit(address, {javaScriptEnabled: false}, async (page) => {
      assert.equal(await page.locator('section.wallet').isVisible(), false);
    });
  }
});

test('with the setting off, not a byte of it is there', async () => {
  const scripts = await bench.visit('/', (page) => page.locator('script[src]').evaluateAll(
    (elements) => elements.map((element) => new URL(element.src).pathname)));
  assert.equal(scripts.length, 3);
  for (const address of [without.send(), '/']) {
    await without.visit(address, async (page, response) => {
      const body = await response.text();
      assert.doesNotMatch(body, /wallet-|\.wallet|receive|send-|<script src|integrity|Open here/);
      assert.doesNotMatch(response.headers()['content-security-policy'], /connect-src/);
    });
  }
  for (const script of scripts) {
    assert.equal((await fetch(bench.origin + script)).status, 200);
    assert.equal((await fetch(without.origin + script)).status, 404);
  }
});

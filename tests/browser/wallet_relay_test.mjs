// The browser's wallet (www/wallet.js) and the command line over one relay, in both directions:
//   node tests/browser/wallet_relay_test.mjs --relay build/debug/bin/tigress-relay --tigress build/debug/bin/tigress

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {Exchange, startRelay, tigress as cli} from './programs.mjs';
import {tigress} from './wallet.mjs';

const {Failure, Session, parseLink} = tigress;
const carKey = fileURLToPath(new URL('../vectors/car_key_creation_request.json', import.meta.url));
const relay = (await startRelay()).replace('localhost', '127.0.0.1');  // Node may try ::1 and no more
const folder = await mkdtemp(join(tmpdir(), 'tigress-'));
after(() => rm(folder, {recursive: true}));

const fails = (promise, code) => assert.rejects(promise, (error) => {
  assert.ok(error instanceof Failure, error.stack);
  assert.equal(error.code, code);
  return true;
});
const information = (number) => ({format: 'digitalwallet.test', content: `{"number":${number}}`});
const asLine = (number) => ({format: 'digitalwallet.test', content: {number}});
const offer = {information: information(1), display: {title: 'A test', description: 'of rounds'}, vertical: 'c'};
const create = (environment) => Session.create(offer, relay, environment);
const openLink = (link, environment) => Session.join(parseLink(link), relay, environment);

/// The browser's environment, but `pass` stands between it and the network: (request, send) → answer.
const through = (pass) => ({
  ...tigress.browser,
  fetch: (url, options) => pass({url, ...options}, () => fetch(url, options)),
  pause: async () => {},
});
const lostOnce = (method) => {
  let lost = false;
  return through(async (request, send) => {
    const answer = await send();
    if (request.method !== method || lost) return answer;
    lost = true;
    throw new TypeError('network error');
  });
};

test('the command line sends, the browser opens', async () => {
  const state = join(folder, 'sent.json');
  const link = await cli('send', carKey, '--relay', relay, '--title', 'Ada’s car', '--state', state);
  const session = openLink(link);
  const {format, content} = await session.receive();
  assert.deepEqual({format, content: JSON.parse(content)}, JSON.parse(readFileSync(carKey, 'utf8')));
  assert.equal(session.expires > new Date(), true);
  assert.equal(await cli('status', '--state', state), 'claimed');
  await session.remove();
  assert.equal(await cli('status', '--state', state), 'completed');
});

test('the browser sends, the command line receives', async () => {
  const session = await create();
  assert.match(session.revealLink(), /^http:\/\/localhost:\d+\/v1\/[0-9a-f-]{36}\/share\.json\?v=c#[A-Za-z0-9]{43}$/);
  assert.equal(await session.state(), 'waiting');
  assert.deepEqual(JSON.parse(await cli('receive', session.revealLink())), asLine(1));
  assert.equal(await session.state(), 'completed');
});

test('the command line begins an exchange, and the browser answers as often as it likes', async () => {
  const peer = new Exchange('--relay', relay, '--title', 'Rounds');
  peer.say(asLine(0));
  const session = openLink(await peer.hear());
  for (let number = 0; number < 10; number += 2) {
    assert.deepEqual(await session.receive(), information(number));
    await session.send(information(number + 1));
    assert.deepEqual(JSON.parse(await peer.hear()), asLine(number + 1));
    peer.say(asLine(number + 2));
  }
  assert.deepEqual(await session.receive(), information(10));
  peer.finish();
  await session.remove();
  assert.equal(await peer.exitStatus(), 0);
});

test('the browser begins an exchange, and is told when the command line has no more to say', async () => {
  const session = await create();
  const peer = new Exchange(session.revealLink());
  for (let number = 1; number < 10; number += 2) {
    assert.deepEqual(JSON.parse(await peer.hear()), asLine(number));
    peer.say(asLine(number + 1));
    assert.deepEqual(await session.receive(), information(number + 1));
    assert.equal(await session.state(), 'claimed');
    await session.send(information(number + 2));
  }
  peer.finish();
  assert.deepEqual(JSON.parse(await peer.hear()), asLine(11));
  assert.equal(await peer.exitStatus(), 0);
  await fails(session.receive(), 'notFoundOrExpired');
  assert.equal(await session.state(), 'completed');
});

test('a preview in any language is the same on both sides', async () => {
  const title = 'Zoës Schlüssel 日本 🔑 "\\';
  const link = await cli('send', carKey, '--relay', relay, '--title', title, '--description', 'مفتاح');
  await openLink(link).receive();
  const session = await Session.create({...offer, display: {title, description: ''}}, relay);
  assert.deepEqual(JSON.parse(await cli('receive', session.revealLink())), asLine(1));
});

test('a share is opened by one of two', async () => {
  const link = (await create()).revealLink();
  const [first, second] = [openLink(link), openLink(link)];
  await first.receive();
  await fails(second.receive(), 'takenByAnotherDevice');
  await assert.rejects(cli('receive', link), {code: 4});
});

test('who has the wrong Secret takes nothing', async () => {
  const link = (await create()).revealLink();
  const wrong = link.replace(/#.*/, '#AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8');
  await fails(openLink(wrong).receive(), 'wrongKeyOrAltered');
  assert.deepEqual(await openLink(link).receive(), information(1));
});

test('a share that is gone is gone', async () => {
  const session = await create();
  const link = session.revealLink();
  await session.remove();
  await fails(openLink(link).receive(), 'notFoundOrExpired');
  assert.equal(await session.state(), 'cancelled');
});

test('an open, locked share is read and removed', async () => {
  const link = await cli('send', carKey, '--relay', relay, '--open');
  const session = openLink(link);
  assert.equal((await session.receive()).format, 'digitalwallet.carkey.ccc');
  await session.remove();
  await fails(openLink(link).receive(), 'notFoundOrExpired');
});

test('a share locked by its sender takes no answer', async () => {
  const session = openLink(await cli('send', carKey, '--relay', relay));
  await session.receive();
  await fails(session.send(information(2)), 'refusedByPolicy');
  assert.equal(session.pending, false);
  await session.remove();
});

test('a message is awaited before it is written, and waiting can end', async () => {
  const polls = [];
  const session = await create(through((request, send) => {
    const {method, headers} = request;
    const answer = send();
    if (method === 'GET' && headers.Prefer) polls.shift()?.();
    return answer;
  }));
  const polled = () => new Promise((resolve) => polls.push(resolve));
  let asked = polled();
  const stop = new AbortController();
  const nobody = session.receive(stop.signal);
  await asked;
  stop.abort();
  await fails(nobody, 'stillWaiting');

  const peer = openLink(session.revealLink());
  await peer.receive();
  asked = polled();
  const awaited = session.receive();
  await asked;
  await peer.send(information(2));
  assert.deepEqual(await awaited, information(2));
});

for (const method of ['POST', 'GET', 'PUT', 'DELETE']) {
  test(`a lost answer to ${method} loses nothing`, async () => {
    const sender = await create(lostOnce(method));
    const receiver = openLink(sender.revealLink(), lostOnce(method));
    assert.deepEqual(await receiver.receive(), information(1));
    for (let number = 2; number < 6; number += 2) {
      await receiver.send(information(number));
      assert.deepEqual(await sender.receive(), information(number));
      await sender.send(information(number + 1));
      assert.deepEqual(await receiver.receive(), information(number + 1));
    }
    await receiver.remove();
    await fails(sender.receive(), 'notFoundOrExpired');
  });
}

test('a message whose answer was lost is known again by the reply to it', async () => {
  const sender = await create();
  let network = 'to be cut';
  const receiver = openLink(sender.revealLink(), through(async (request, send) => {
    const answer = network === 'cut' ? null : await send();
    if (request.method === 'PUT' && network === 'to be cut') network = 'cut';
    if (network === 'cut') throw new TypeError('network error');
    return answer;
  }));
  await receiver.receive();
  await fails(receiver.send(information(2)), 'answerLost');
  assert.equal(receiver.pending, true);
  assert.deepEqual(await sender.receive(), information(2));
  await sender.send(information(3));
  network = 'mended';
  await receiver.resend();
  assert.equal(receiver.pending, false);
  assert.deepEqual(await receiver.receive(), information(3));
});

test('who writes after the other did is told so, and loses nothing', async () => {
  const sender = await create();
  const receiver = openLink(sender.revealLink());
  await receiver.receive();
  await receiver.send(information(2));
  await fails(sender.send(information(3)), 'overtaken');
  assert.equal(sender.pending, false);
  assert.deepEqual(await sender.receive(), information(2));
  await sender.send(information(3));
  assert.deepEqual(await receiver.receive(), information(3));
});

test('messages in a row reach the command line, and its own reach the browser', async () => {
  const session = await create();
  await session.send(information(2));
  const peer = new Exchange(session.revealLink());
  for (const number of [1, 2]) assert.deepEqual(JSON.parse(await peer.hear()), asLine(number));
  peer.say([asLine(3), asLine(4), asLine(5)]);
  for (const number of [3, 4, 5]) assert.deepEqual(await session.receive(), information(number));
  peer.finish();
  await session.remove();
  assert.equal(await peer.exitStatus(), 0);
});

test('messages that follow each other are none of them lost', async () => {
  const sender = await create();
  await sender.send(information(2));
  const receiver = openLink(sender.revealLink());
  for (const number of [1, 2]) assert.deepEqual(await receiver.receive(), information(number));
  for (const number of [3, 4, 5]) await receiver.send(information(number));
  for (const number of [3, 4, 5]) assert.deepEqual(await sender.receive(), information(number));
});

test('a message that is more than the relay takes is told from others', async () => {
  const sender = await create();
  await fails(sender.send({format: 'x', content: JSON.stringify({text: 'x'.repeat(70_000)})}), 'tooLarge');
  assert.equal(sender.pending, false);
  await sender.send(information(2));
});

test('a relay that is away is tried again, and then it is said', async () => {
  const pauses = [];
  const pause = async (seconds) => { pauses.push(seconds); };
  const away = {...through(() => { throw new TypeError('network error'); }), pause};
  const sender = await create();
  const receiver = openLink(sender.revealLink(), away);
  await fails(receiver.receive(), 'answerLost');
  assert.deepEqual(pauses, [], 'a person stands by when a share is opened');

  let network = true;
  const flaky = {...away, fetch: (...request) => (network ? fetch(...request) : away.fetch(...request))};
  const other = openLink(sender.revealLink(), flaky);
  await other.receive();
  network = false;
  await fails(other.receive(), 'answerLost');
  assert.deepEqual(pauses, [1, 2, 4, 8, 16]);
});

test('a relay that asks to come back later is obeyed', async () => {
  const pauses = [];
  let busy = 2;
  const sender = await create();
  const receiver = openLink(sender.revealLink(), {
    ...tigress.browser,
    fetch: (url, options) => {
      if (options.method !== 'PUT' || busy-- <= 0) return fetch(url, options);
      return new Response('', {status: 429, headers: {'Retry-After': '7'}});
    },
    pause: async (seconds) => { pauses.push(seconds); },
  });
  await receiver.receive();
  await receiver.send(information(2));
  assert.deepEqual(pauses, [7, 7]);
  assert.deepEqual(await sender.receive(), information(2));
});

test('no request holds the Secret, in any spelling', async () => {
  const seen = [];
  const watched = through((request, send) => {
    seen.push(request);
    return send();
  });
  const sender = await create(watched);
  const fragment = parseLink(sender.revealLink()).secret.toFragment();
  const receiver = openLink(sender.revealLink(), watched);
  await receiver.receive();
  await receiver.send(information(2));
  await sender.receive();
  await sender.state();
  await sender.remove();
  assert.deepEqual(seen.map(({method}) => method), ['POST', 'POST', 'PUT', 'GET', 'PROPFIND', 'DELETE']);
  const spellings = ['#', fragment.slice(0, 20), Buffer.from(fragment, 'base64').toString('hex').slice(0, 20)];
  for (const request of seen) {
    const text = JSON.stringify(request);
    for (const spelling of spellings) assert.equal(text.includes(spelling), false, request.method);
    assert.deepEqual([request.referrerPolicy, request.cache, request.credentials, request.redirect],
      ['no-referrer', 'no-store', 'omit', 'error']);
  }
});

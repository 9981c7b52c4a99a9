// The browser's wallet (www/wallet.js) against the vectors, and against whoever sits between two devices:
//   node tests/browser/wallet_test.mjs

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {tigress} from './wallet.mjs';

const {Channel, Failure, Secret} = tigress;
const vectors = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'));
const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));
const fails = (promise, code) => assert.rejects(promise, (error) => {
  assert.ok(error instanceof Failure, error.stack);
  assert.equal(error.code, code);
  return true;
});

// Two devices with one Secret, and whoever sits between them.
class Pair {
  secret = Secret.generate();
  sender = new Channel('sender');
  receiver = new Channel('receiver');
  display = {title: 'Shared key'};

  static information(number) {
    return {format: 'digitalwallet.test', content: `{"number":${number}}`};
  }
  async write(writer, number) {
    const display = {...this.display};
    return {payload: await writer.seal(this.secret, Pair.information(number), display), display};
  }
  async read(reader, document) {
    return (await reader.open(this.secret, document)).messages;
  }
  // What a plain draft wallet writes.
  async writePlain(number) {
    const payload = await tigress.seal(this.secret, tigress.informationText(Pair.information(number)));
    return {payload, display: {...this.display}};
  }
  async round(from, to, number) {
    const document = await this.write(from, number);
    assert.deepEqual(await this.read(to, document), [Pair.information(number)]);
    return document;
  }
  // A message with a mark of somebody's own making.
  async marked(mark) {
    const whole = {v: 1, role: 'sender', seq: 1, ack: 0, cid: 'AAAAAAAAAAAAAAAA', display: '', ...mark};
    const message = JSON.stringify({format: 'x', content: {}, tigress: whole});
    return {payload: await tigress.seal(this.secret, message), display: {...this.display}};
  }
}

const behaviours = {
  async 'every payload vector opens'() {
    for (const {name, secret, plaintext, payload} of vectors('envelope').payloads) {
      const members = await tigress.open(Secret.parse(secret), payload);
      const told = Object.fromEntries([...members].map(([member, text]) => [member, JSON.parse(text)]));
      assert.deepEqual(told, JSON.parse(plaintext), name);
    }
  },
  async 'every payload vector is sealed to the byte'() {
    const rows = vectors('envelope').payloads.filter(({message}) => message);
    assert.ok(rows.length > 5);
    for (const {name, secret, iv, message, payload} of rows) {
      assert.deepEqual(await tigress.seal(Secret.parse(secret), message, () => hex(iv)), payload, name);
    }
  },
  async 'every payload that must be refused is refused alike'() {
    const rows = vectors('envelope').refused;
    assert.ok(rows.length > 10);
    for (const {name, secret, payload} of rows) {
      await fails(tigress.open(Secret.parse(secret), payload), 'wrongKeyOrAltered').catch((error) => {
        throw new Error(name, {cause: error});
      });
    }
  },
  async 'every claim vector is worked out'() {
    for (const {name, secret, proof, claimVerifier} of vectors('claims').claims) {
      assert.equal(await tigress.claimProof(Secret.parse(secret)), proof, name);
      assert.equal(await tigress.claimVerifier(Secret.parse(secret)), claimVerifier, name);
    }
  },
  'every share link is read as it was meant'() {
    for (const {name, link, url, fragment} of vectors('share_links').complete) {
      const {url: read, secret} = tigress.parseLink(link);
      assert.equal(tigress.urlText(read), url, name);
      assert.equal(secret.toFragment(), fragment, name);
    }
  },
  'every link that is none is called incomplete'() {
    for (const {name, link} of vectors('share_links').refused) {
      assert.throws(() => tigress.parseLink(link), {code: 'linkIncomplete'}, name);
    }
  },
  'a fresh Secret is the same text in both alphabets'() {
    const drawn = [new Uint8Array(32).fill(0xff), new Uint8Array(32).fill(1)];
    assert.equal(Secret.generate(32, () => drawn.shift()).toFragment(), 'AQEB'.repeat(10) + 'AQE');
    for (let i = 0; i < 100; ++i) assert.match(Secret.generate().toFragment(), /^[A-Za-z0-9]{43}$/);
  },
  'a Secret is not printed by mistake'() {
    const secret = Secret.parse('hXlr6aRC7KgJpOLTNZaLsw');
    assert.equal(JSON.stringify({secret}), '{"secret":{}}');
    assert.doesNotMatch(String(secret), /hXlr/);
  },
  'provisioning information is kept as it is spelled'() {
    const spelled = '{"n": 12345678901234567890.10, "2": 1, "1": "\\u00bd", "e": [ ], "o": {}}';
    const {format, content} = tigress.parseInformation(`{ "format" : "x.y", "content": ${spelled} }`);
    assert.equal(format, 'x.y');
    assert.equal(content, '{"n":12345678901234567890.10,"2":1,"1":"\\u00bd","e":[],"o":{}}');
    assert.equal(tigress.indented(content),
      '{\n  "n": 12345678901234567890.10,\n  "2": 1,\n  "1": "\\u00bd",\n  "e": [],\n  "o": {}\n}');
    assert.equal(tigress.indented('{"a":[1,{"b":"}, {"}],"c":null}'),
      '{\n  "a": [\n    1,\n    {\n      "b": "}, {"\n    }\n  ],\n  "c": null\n}');
  },
  'what is no provisioning information is refused'() {
    for (const text of ['', 'x', '1', '[]', '{}', '{"format":"x"}', '{"format":"","content":{}}',
      '{"format":1,"content":{}}', '{"format":"x","content":[]}', '{"format":"x","content":{},"more":1}',
      '{"format":"x","content":{}} x', '{"format":"x","content":{"a":1,"a":2}}',
      '{"format":"x","content":{"a":1,"\\u0061":2}}', '{"format":"x","content":{"a":"\\ud800"}}',
      '{"format":"x","content":{"a":1e999}}', `{"format":"x","content":${'{"a":'.repeat(15)}{}${'}'.repeat(15)}}`]) {
      assert.equal(tigress.parseInformation(text), null, text);
    }
    assert.ok(tigress.parseInformation(`{"format":"x","content":${'{"a":'.repeat(14)}{}${'}'.repeat(14)}}`));
    assert.ok(tigress.parseInformation('{"format":"x","content":{"a":{"b":1},"c":{"b":1},"d":"\\ud83d\\ude00"}}'));
  },

  async 'two channels take turns for as long as they like'() {
    const pair = new Pair();
    for (let number = 0; number < 10; ++number) {
      await pair.round(pair.sender, pair.receiver, 2 * number);
      await pair.round(pair.receiver, pair.sender, 2 * number + 1);
    }
  },
  async 'a message carries its marks'() {
    const pair = new Pair();
    await pair.round(pair.sender, pair.receiver, 1);
    const {payload} = await pair.write(pair.receiver, 2);
    const mark = JSON.parse((await tigress.open(pair.secret, payload)).get('tigress'));
    assert.deepEqual([mark.v, mark.role, mark.seq, mark.ack], [1, 'receiver', 1, 1]);
    assert.match(mark.cid, /^[\w-]{16}$/);
    assert.match(mark.prev, /^[\w-]{43}$/);
    // SHA-256 of 01 0000000a "Shared key" 00 00, worked out elsewhere.
    assert.equal(mark.display, 'MwkHRot57FrDygcGvAKnIwo1HMahaIKM-TIFcVOEep4');
  },
  async 'every channel vector is read as told, and written to the byte'() {
    const {secret, displayInformation, stories} = vectors('channel');
    assert.ok(stories.length >= 5);
    for (const {name, role, steps} of stories) {
      const channel = new Channel(role);
      for (const {reads, gives, more, refused, writes} of steps) {
        if (writes) {
          const {message: {format, content}, more: follows, data} = writes;
          const drawn = hex(writes.random);
          let at = 0;
          const random = (size) => drawn.subarray(at, at += size);
          const told = {format, content: JSON.stringify(content)};
          const sealed = await channel.seal(Secret.parse(secret), told, displayInformation, {random, more: follows});
          assert.equal(sealed.data, data, name);
          continue;
        }
        const document = {payload: {type: 'AEAD_AES_256_GCM', data: reads}, display: displayInformation};
        const opened = channel.open(Secret.parse(secret), document);
        if (refused) {
          await assert.rejects(opened, {code: refused}, name);
        } else {
          const arrival = await opened;
          const told = arrival.messages.map((one) => JSON.parse(tigress.informationText(one)));
          assert.deepEqual([told, arrival.more], [gives, more], name);
        }
      }
    }
  },
  async 'an old message that comes back is replayed'() {
    const pair = new Pair();
    const first = await pair.round(pair.sender, pair.receiver, 1);
    await fails(pair.read(pair.receiver, first), 'replayed');
    await pair.round(pair.receiver, pair.sender, 2);
    await fails(pair.read(pair.receiver, first), 'replayed');
    await pair.round(pair.sender, pair.receiver, 3);
    await fails(pair.read(pair.receiver, first), 'replayed');
  },
  async 'a message with its padding respelled is still the same message'() {
    const pair = new Pair();
    const first = await pair.round(pair.sender, pair.receiver, 1);
    const data = first.payload.data.replace(/=+$/, '');
    assert.notEqual(data, first.payload.data);
    await fails(pair.read(pair.receiver, {...first, payload: {...first.payload, data}}), 'replayed');
  },
  async 'a message sealed anew under an old number is replayed, too'() {
    const pair = new Pair();
    await pair.round(pair.sender, pair.receiver, 1);
    await fails(pair.read(pair.receiver, await pair.marked({seq: 1, cid: 'BBBBBBBBBBBBBBBB'})), 'forked');
    const twin = new Pair();
    await twin.read(twin.receiver, {...await twin.marked({display: (await digestOf(twin))})});
    await fails(twin.read(twin.receiver, await twin.marked({})), 'replayed');
  },
  async 'a device\'s own message that comes back is reflected'() {
    const pair = new Pair();
    await fails(pair.read(pair.sender, await pair.round(pair.sender, pair.receiver, 1)), 'reflected');
    await fails(pair.read(pair.receiver, await pair.round(pair.receiver, pair.sender, 2)), 'reflected');
  },
  async 'messages in a row come once each and in order, however many of them are read'() {
    const pair = new Pair();
    await pair.round(pair.sender, pair.receiver, 1);
    await pair.write(pair.receiver, 2);
    await pair.write(pair.receiver, 3);
    const read = async (number) => pair.read(pair.sender, await pair.write(pair.receiver, number));
    assert.deepEqual(await read(4), [2, 3, 4].map(Pair.information));
    await pair.write(pair.receiver, 5);
    assert.deepEqual(await read(6), [5, 6].map(Pair.information));
    await pair.round(pair.sender, pair.receiver, 7);
    await pair.write(pair.receiver, 8);
    const {payload} = await pair.write(pair.receiver, 9);
    const mark = JSON.parse((await tigress.open(pair.secret, payload)).get('tigress'));
    assert.deepEqual([mark.seq, mark.ack, mark.earlier], [7, 2, [{format: 'digitalwallet.test', content: {number: 8}}]]);
  },
  async 'a message that was left out is missing'() {
    const pair = new Pair();
    const display = await digestOf(pair);
    await fails(pair.read(pair.receiver, await pair.marked({display, seq: 2})), 'messageMissing');
    await fails(pair.read(pair.receiver, await pair.marked({display, seq: 3, earlier: [asJson(2)]})), 'messageMissing');
    await pair.read(pair.receiver, await pair.marked({display, seq: 3, earlier: [asJson(1), asJson(2)]}));
  },
  async 'an earlier message in other words is another story'() {
    const pair = new Pair();
    const display = await digestOf(pair);
    await pair.read(pair.receiver, await pair.marked({display, seq: 2, earlier: [asJson(1)]}));
    const told = (first) => pair.marked({display, seq: 4, earlier: [first, {format: 'x', content: {}}, asJson(3)]});
    await fails(pair.read(pair.receiver, await told(asJson(10))), 'forked');
    assert.deepEqual((await pair.read(pair.receiver, await told(asJson(1)))).length, 2);
  },
  async 'a message that was answered is not told again'() {
    const pair = new Pair();
    const display = await digestOf(pair);
    await pair.read(pair.receiver, await pair.marked({display}));
    const {payload} = await pair.write(pair.receiver, 2);
    const bytes = Buffer.from(payload.data, 'base64');
    const prev = Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('base64url');
    const next = (mark) => pair.marked({display, seq: 2, ack: 1, prev, ...mark});
    await fails(pair.read(pair.receiver, await next({earlier: [{format: 'x', content: {}}]})), 'forked');
    await pair.read(pair.receiver, await next({}));
  },
  async 'earlier messages may each be as deep as a message, the rest may not'() {
    const pair = new Pair();
    const display = await digestOf(pair);
    const deep = (levels) => JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels));
    const told = (content) => pair.marked({display, seq: 2, earlier: [{format: 'x', content}]});
    await fails(pair.read(pair.receiver, await told(deep(16))), 'wrongKeyOrAltered');
    await pair.read(pair.receiver, await told(deep(15)));
    const loose = new Pair();
    for (const [levels, opens] of [[15, true], [16, false], [18, false]]) {
      const message = JSON.stringify({format: 'x', content: deep(levels), tigress: {}});
      const payload = await tigress.seal(loose.secret, message);
      if (opens) await tigress.open(loose.secret, payload);
      else await fails(tigress.open(loose.secret, payload), 'wrongKeyOrAltered');
    }
  },
  async 'a device that was shown another history is noticed'() {
    const pair = new Pair();
    await pair.round(pair.sender, pair.receiver, 1);
    const elsewhere = pair.receiver.copy();
    await pair.round(pair.receiver, pair.sender, 2);
    await pair.round(pair.sender, pair.receiver, 3);
    await pair.write(elsewhere, 20);
    await fails(pair.read(pair.sender, await pair.write(elsewhere, 4)), 'forked');
  },
  async 'a sender that goes on from a state the receiver never saw is noticed'() {
    const pair = new Pair();
    await pair.round(pair.sender, pair.receiver, 1);
    const forgetful = pair.sender.copy();
    const answer = await pair.round(pair.receiver, pair.sender, 2);
    await pair.read(forgetful, answer);
    await pair.write(forgetful, 5);
    await pair.read(pair.receiver, await pair.write(pair.sender, 50));
    await fails(pair.read(forgetful, await pair.write(pair.receiver, 6)), 'forked');
  },
  async 'a message of another transfer under the same key is noticed'() {
    const pair = new Pair();
    const [otherSender, otherReceiver] = [new Channel('sender'), new Channel('receiver')];
    await pair.round(otherSender, otherReceiver, 1);
    await pair.round(pair.sender, pair.receiver, 1);
    await fails(pair.read(pair.sender, await pair.write(otherReceiver, 2)), 'forked');
  },
  async 'a preview changed by the relay is noticed'() {
    const title = 'Shared key';
    for (const display of [{title: 'Shared key!'}, {}, {title, imageURL: ''}, {description: title}]) {
      const pair = new Pair();
      await fails(pair.read(pair.receiver, {...await pair.write(pair.sender, 1), display}), 'previewChanged');
    }
  },
  async 'somebody who answered before this device came has taken the share'() {
    const pair = new Pair();
    const other = new Channel('receiver');
    await pair.round(pair.sender, other, 1);
    const answer = await pair.round(other, pair.sender, 2);
    await fails(pair.read(pair.receiver, answer), 'takenByAnotherDevice');
    await fails(pair.read(pair.receiver, await pair.write(pair.sender, 3)), 'takenByAnotherDevice');
  },
  async 'a plain draft wallet is understood until its messages carry marks'() {
    const pair = new Pair();
    assert.deepEqual(await pair.read(pair.receiver, await pair.writePlain(1)), [Pair.information(1)]);
    const second = await pair.writePlain(2);
    await pair.read(pair.receiver, second);
    await fails(pair.read(pair.receiver, second), 'replayed');
    const other = new Pair();
    await other.round(other.sender, other.receiver, 1);
    await fails(other.read(other.receiver, await other.writePlain(2)), 'unmarked');
  },
  async 'broken marks are altered content'() {
    const pair = new Pair();
    const display = await digestOf(pair);
    for (const mark of [{v: 2}, {v: '1'}, {seq: 0}, {seq: -1}, {seq: 1.5}, {seq: 1e9}, {ack: null}, {role: 1},
      {cid: undefined}, {display: undefined}, {prev: 'x'}, {ack: 1}, {more: 1}, {earlier: {}}, {earlier: [1]}, {earlier: [asJson(1)]},
      {seq: 2, earlier: [{...asJson(1), more: 1}]}, {seq: 2, earlier: [{format: '', content: {}}]}]) {
      await fails(pair.read(pair.receiver, await pair.marked({display, ...mark})), 'wrongKeyOrAltered');
    }
    await pair.read(pair.receiver, await pair.marked({display, more: true, earlier: []}));
  },
  async 'a refused message leaves the channel as it was'() {
    const pair = new Pair();
    await pair.round(pair.sender, pair.receiver, 1);
    const next = await pair.write(pair.sender, 2);
    await fails(pair.read(pair.receiver, {...next, display: {}}), 'previewChanged');
    await pair.read(pair.receiver, next);
  },
};
for (const [sentence, behaviour] of Object.entries(behaviours)) test(sentence, behaviour);

function asJson(number) {
  return {format: 'digitalwallet.test', content: {number}};
}

async function digestOf(pair) {
  const payload = await new Channel('sender').seal(pair.secret, Pair.information(1), pair.display);
  return JSON.parse((await tigress.open(pair.secret, payload)).get('tigress')).display;
}

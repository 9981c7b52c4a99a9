// A wallet that shares no code with libtigress: the plain draft, by Node's WebCrypto and fetch.
//
//   node webcrypto.mjs verify envelope.json   opens every payload vector, and refuses those that must not open
//   node webcrypto.mjs claims claims.json     works out every claim vector
//   node webcrypto.mjs channel channel.json   reads every channel vector as a device would
//   node webcrypto.mjs send ORIGIN FILE       makes a share of a file on a relay, prints the share link
//   node webcrypto.mjs receive LINK           prints what a share link holds, indented like our files
//
// As a wallet it writes neither blanks around its messages nor the member `tigress`, and ignores both.
// NODE_EXTRA_CA_CERTS names the certificate of a relay that made its own.

import assert from 'node:assert/strict';
import { createHash, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';

const { subtle } = webcrypto;
const types = { 16: 'AEAD_AES_128_GCM', 32: 'AEAD_AES_256_GCM' };
const ivSize = 12;
const tagBits = 128;

const keyOf = (secret) => subtle.importKey('raw', secret, 'AES-GCM', false, ['encrypt', 'decrypt']);

async function seal(secret, text) {
  const iv = webcrypto.getRandomValues(new Uint8Array(ivSize));
  const algorithm = { name: 'AES-GCM', iv, tagLength: tagBits };
  const sealed = await subtle.encrypt(algorithm, await keyOf(secret), new TextEncoder().encode(text));
  return { type: types[secret.length], data: Buffer.concat([iv, Buffer.from(sealed)]).toString('base64') };
}

async function open(secret, payload) {
  assert.equal(payload.type, types[secret.length]);
  assert.match(payload.data, /^[A-Za-z0-9+/]+={0,2}$/);
  const data = Buffer.from(payload.data, 'base64');
  const algorithm = { name: 'AES-GCM', iv: data.subarray(0, ivSize), tagLength: tagBits };
  const plaintext = await subtle.decrypt(algorithm, await keyOf(secret), data.subarray(ivSize));
  return new TextDecoder('utf-8', { fatal: true }).decode(plaintext);
}

async function verify(file) {
  const vectors = JSON.parse(readFileSync(file, 'utf8'));
  for (const vector of vectors.payloads) {
    const plaintext = await open(Buffer.from(vector.secret, 'base64'), vector.payload);
    assert.equal(plaintext, vector.plaintext, vector.name);
  }
  for (const vector of vectors.refused) {
    if (vector.authentic) continue;  // opens, but holds no message: not WebCrypto's to judge
    await assert.rejects(open(Buffer.from(vector.secret, 'base64'), vector.payload), vector.name);
  }
  console.log(`${vectors.payloads.length} payloads opened, ${vectors.refused.length} looked at`);
}

async function claimKey(secret) {
  const base = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  const info = new TextEncoder().encode('tigress/v1/claim');
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info };
  return Buffer.from(await subtle.deriveBits(algorithm, base, 256));
}

async function claims(file) {
  const vectors = JSON.parse(readFileSync(file, 'utf8')).claims;
  for (const vector of vectors) {
    const key = await claimKey(Buffer.from(vector.secret, 'base64'));
    const digest = Buffer.from(await subtle.digest('SHA-256', key));
    assert.equal(key.toString('hex'), vector.claimKey, vector.name);
    assert.equal(key.toString('base64url'), vector.proof, vector.name);
    assert.equal(digest.toString('base64url'), vector.claimVerifier, vector.name);
  }
  console.log(`${vectors.length} claims worked out`);
}

const digest = (bytes) => createHash('sha256').update(bytes).digest('base64url');

function displayDigest(display) {
  const fields = ['title', 'description', 'imageURL'].map((name) => {
    if (display[name] === undefined) return Buffer.from([0]);
    const text = Buffer.from(display[name]);
    const head = Buffer.from([1, 0, 0, 0, 0]);
    head.writeUInt32BE(text.length, 1);
    return Buffer.concat([head, text]);
  });
  return digest(Buffer.concat(fields));
}

const isMessage = ({ format, content, ...others }) =>
  typeof format === 'string' && content !== null && typeof content === 'object' && Object.keys(others).length === 0;

// A device that reads by docs/protocol.md, with what it must know for that.
class Reader {
  sent = [];  // data
  seen = new Set();  // IVs of the other device
  ownIvs = new Set();
  accepted = [];  // messages, as text
  answered = 0;
  marked = false;
  conversation = null;

  constructor(role, display) {
    this.role = role;
    this.display = displayDigest(display);
  }

  wrote(data, text) {
    this.sent.push(data);
    this.ownIvs.add(data.slice(0, 16));
    this.answered = this.accepted.length;
    this.conversation ??= JSON.parse(text).tigress.cid;
  }

  // The messages, or the name of why there are none.
  read(data, text) {
    const { format, content, tigress: mark } = JSON.parse(text);
    const iv = data.slice(0, 16);
    if (this.ownIvs.has(iv)) return 'reflected';
    if (this.seen.has(iv)) return 'replayed';
    const messages = mark ? this.judge(mark) : this.marked ? 'unmarked' : [];
    if (typeof messages === 'string') return messages;
    messages.push(JSON.stringify({ format, content }));
    this.seen.add(iv);
    this.accepted.push(...messages);
    if (mark) {
      this.marked = true;
      this.conversation = mark.cid;
    }
    return messages.map((message) => JSON.parse(message));
  }

  judge(mark) {
    const earlier = mark.earlier ?? [];
    if (!Array.isArray(earlier) || !earlier.every(isMessage)) return 'wrongKeyOrAltered';
    if (earlier.length >= mark.seq || typeof (mark.more ?? false) !== 'boolean') return 'wrongKeyOrAltered';
    const first = mark.seq - earlier.length;
    const read = this.accepted.length;
    if (mark.role === this.role) return 'takenByAnotherDevice';
    if (this.role === 'receiver' && read + this.sent.length === 0 && mark.ack > 0) return 'takenByAnotherDevice';
    if (this.conversation !== null && mark.cid !== this.conversation) return 'forked';
    if (mark.seq <= read) return 'replayed';
    if (first > read + 1) return 'messageMissing';
    if (first <= this.answered) return 'forked';
    const repeated = earlier.map((message) => JSON.stringify(message));
    const before = this.accepted.slice(first - 1);
    if (before.some((message, index) => message !== repeated[index])) return 'forked';
    if (mark.ack !== this.sent.length) return 'forked';
    if (mark.ack > 0 && mark.prev !== digest(Buffer.from(this.sent.at(-1), 'base64'))) return 'forked';
    if (mark.display !== this.display) return 'previewChanged';
    return repeated.slice(before.length);
  }
}

async function channel(file) {
  const vectors = JSON.parse(readFileSync(file, 'utf8'));
  const secret = Buffer.from(vectors.secret, 'base64');
  const textOf = (data) => open(secret, { type: types[secret.length], data });
  let steps = 0;
  for (const story of vectors.stories) {
    const reader = new Reader(story.role, vectors.displayInformation);
    for (const { writes, reads, gives, refused, more } of story.steps) {
      steps += 1;
      if (writes) {
        const text = await textOf(writes.data);
        assert.equal(text.trim(), writes.text, story.name);
        reader.wrote(writes.data, text);
        continue;
      }
      const text = await textOf(reads);
      assert.deepEqual(reader.read(reads, text), refused ?? gives, `${story.name}, step ${steps}`);
      if (!refused) assert.equal(JSON.parse(text).tigress?.more ?? false, more, story.name);
    }
  }
  console.log(`${vectors.stories.length} stories in ${steps} steps`);
}

async function send(origin, file) {
  const secret = webcrypto.getRandomValues(new Uint8Array(16));
  const payload = await seal(secret, readFileSync(file, 'utf8'));
  const displayInformation = { title: 'Shared key', description: 'From another wallet' };
  const answer = await fetch(`${origin}/v1/`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ payload, displayInformation }),
  });
  assert.equal(answer.status, 201);
  // Padded and in the URL-safe alphabet, as other wallets write it.
  const fragment = Buffer.from(secret).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  console.log(`${answer.headers.get('Location')}?v=c#${fragment}`);
}

async function receive(link) {
  const [url, fragment] = link.split('#');
  let answer = await fetch(url, { headers: { Accept: 'application/json' } });
  if (answer.status === 401) {  // a claimed share, to be had by proving its key
    const key = await claimKey(Buffer.from(fragment, 'base64'));
    const claim = { 'Mailbox-Device-Claim': webcrypto.randomUUID(), 'Mailbox-Claim-Proof': key.toString('base64url') };
    answer = await fetch(url, { method: 'POST', headers: claim });
  }
  assert.equal(answer.status, 200);
  const { payload } = await answer.json();
  const { format, content } = JSON.parse(await open(Buffer.from(fragment, 'base64'), payload));
  console.log(JSON.stringify({ format, content }, null, 2));
}

const commands = { verify, claims, channel, send, receive };
const [command, ...operands] = process.argv.slice(2);
await commands[command](...operands);

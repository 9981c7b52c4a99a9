// Keys that a real browser makes, for a relay that wants to know whose they are; and a judge of attestations that
// shares no code with the relay, SimpleWebAuthn, which must come to the same verdict.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {createHash, randomUUID, webcrypto, X509Certificate} from 'node:crypto';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, test} from 'node:test';
import {openBench} from './bench.mjs';

globalThis.crypto ??= webcrypto;  // where it is not there by itself, node 18
// Nobody is asked about revoked certificates, or anything.
const {fetch} = globalThis;
globalThis.fetch = (address, ...rest) => {
  assert.match(`${address}`, /^http:\/\/localhost:/, 'a request to somewhere else');
  return fetch(address, ...rest);
};
const {SettingsService, verifyRegistrationResponse} = await import('@simplewebauthn/server');

// The device maker: a certification authority that vouches for the key of Chromium's virtual authenticators. Their own
// certificate is signed by itself alone, and is another one each time.
const maker = mkdtempSync(join(tmpdir(), 'tigress-maker-'));
after(() => rmSync(maker, {recursive: true}));
const inMaker = (name) => join(maker, name);
const openssl = (...words) => execFileSync('openssl', words, {stdio: ['ignore', 'pipe', 'pipe']});
openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=A maker',
  '-keyout', inMaker('key.pem'), '-out', inMaker('root.pem'));
writeFileSync(inMaker('extensions'), 'basicConstraints=critical,CA:FALSE\n');

// The maker's certificate, DER, for the key of another one.
const certify = (certificate) => {
  writeFileSync(inMaker('public.pem'), new X509Certificate(certificate).publicKey.export({type: 'spki', format: 'pem'}));
  return openssl('x509', '-new', '-force_pubkey', inMaker('public.pem'), '-CA', inMaker('root.pem'), '-CAkey', inMaker('key.pem'),
    '-subj', '/C=XX/O=A maker/OU=Authenticator Attestation/CN=A browser', '-days', '2', '-extfile', inMaker('extensions'),
    '-outform', 'DER');
};

const root = readFileSync(inMaker('root.pem'), 'utf8');
for (const identifier of ['packed', 'fido-u2f']) SettingsService.setRootCertificates({identifier, certificates: [root]});

// A wallet's page. The relay's own pages make no keys, and their policy forbids it.
const openWallet = async () => {
  const wallet = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end('<title>A wallet</title>'));
  await once(wallet.listen(0, '127.0.0.1'), 'listening');
  after(() => wallet.close());
  return `http://localhost:${wallet.address().port}`;
};
const wallet = await openWallet();
const otherWallet = await openWallet();

const bench = await openBench({
  'create.policy': 'attested',
  'attestation.origins': wallet,
  'attestation.packed': inMaker('root.pem'),
  'attestation.fido-u2f': inMaker('root.pem'),
});
const {host} = new URL(bench.origin);

const kAuthenticators = [
  {format: 'packed', protocol: 'ctap2', transport: 'internal', hasUserVerification: true, isUserVerified: true},
  {format: 'fido-u2f', protocol: 'u2f', transport: 'usb', hasUserVerification: false, isUserVerified: false},
];

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

// The request that is to be attested; what differs from it is given.
const makeRequest = (rest = {}) => ({
  target: '/v1/',
  claim: randomUUID(),
  id: randomUUID(),
  body: JSON.stringify({payload: {type: 'AEAD_AES_128_GCM', data: 'AAAA'}, note: 'what was attested'}),
  ...rest,
});

// As docs/protocol.md has it.
const challengeOf = ({target, claim, id, body}) => {
  const parts = ['POST', host, target, claim, id, ''].flatMap((text) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return [length, Buffer.from(text)];
  });
  return sha256(Buffer.concat([Buffer.from('tigress-attestation-v1\0'), ...parts, sha256(body)]));
};

// The place of the one certificate in an attestation object, with its CBOR head of three bytes.
const certificateIn = (object) => {
  const head = object.indexOf(Buffer.from('63783563' + '81' + '59', 'hex')) + 5;  // "x5c", one item, two bytes of length
  assert.ok(head > 5);
  return {head, begin: head + 3, end: head + 3 + object.readUInt16BE(head + 1)};
};

const withCertificate = (object, certificate) => {
  const {head, end} = certificateIn(object);
  const length = Buffer.from([0x59, certificate.length >> 8, certificate.length & 0xff]);
  return Buffer.concat([object.subarray(0, head), length, certificate, object.subarray(end)]);
};

// A fresh key of the browser's for that challenge: what a page would send on.
const makeKey = (challenge, {format, ...authenticator}, from = wallet) => bench.visit(from, {leavesFor: from}, async (page) => {
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('WebAuthn.enable');
  await devTools.send('WebAuthn.addVirtualAuthenticator',
    {options: {...authenticator, hasResidentKey: false, automaticPresenceSimulation: true}});
  const made = await page.evaluate(async ([bytes, timeout]) => {
    const {response} = await navigator.credentials.create({
      publicKey: {
        rp: {id: 'localhost', name: 'A relay'},
        user: {id: new Uint8Array(16), name: 'nobody', displayName: 'Nobody'},
        challenge: new Uint8Array(bytes),
        pubKeyCredParams: [-7, -257].map((alg) => ({type: 'public-key', alg})),
        authenticatorSelection: {userVerification: 'discouraged'},
        attestation: 'direct',
        timeout,
      },
    });
    return [response.clientDataJSON, response.attestationObject].map((buffer) => [...new Uint8Array(buffer)]);
  }, [[...challenge], 60e3]);
  const [clientData, original] = made.map((bytes) => Buffer.from(bytes));
  const {begin, end} = certificateIn(original);
  return {format, clientData, original, object: withCertificate(original, certify(original.subarray(begin, end)))};
});

const headerOf = ({clientData, object}) => `webauthn ${clientData.toString('base64url')}.${object.toString('base64url')}`;

// The relay's answer to the request with that key.
const ask = async (request, key) => {
  const answer = await fetch(bench.origin + request.target, {
    method: 'POST',
    headers: {
      'Mailbox-Device-Claim': request.claim,
      'Mailbox-Request-ID': request.id,
      'Mailbox-Device-Attestation': headerOf(key),
    },
    body: request.body,
  });
  return {status: answer.status, headers: answer.headers, text: await answer.text()};
};

// The judge's: the format, or why not.
const judge = async (challenge, {clientData, object}, {origin = wallet, relyingParty = 'localhost'} = {}) => {
  try {
    const verdict = await verifyRegistrationResponse({
      response: {
        id: 'AA',
        rawId: 'AA',
        type: 'public-key',
        clientExtensionResults: {},
        response: {clientDataJSON: clientData.toString('base64url'), attestationObject: object.toString('base64url')},
      },
      expectedChallenge: challenge.toString('base64url'),
      expectedOrigin: origin,
      expectedRPID: relyingParty,
      requireUserVerification: false,
      supportedAlgorithmIDs: [-7, -8, -35, -36, -53, -257],
    });
    return verdict.verified ? verdict.registrationInfo.fmt : 'the signature is wrong';
  } catch (error) {
    return error.message;
  }
};

// The same vectors that tests/server/admission/attestation_test.cpp has the relay judge.
test('the judge comes to the relay\'s verdict on the examples of the specification', async () => {
  const vectors = JSON.parse(readFileSync(new URL('../vectors/webauthn.json', import.meta.url)));
  const pem = `-----BEGIN CERTIFICATE-----\n${Buffer.from(vectors.ca, 'hex').toString('base64')}\n-----END CERTIFICATE-----\n`;
  for (const identifier of ['packed', 'apple']) SettingsService.setRootCertificates({identifier, certificates: [pem]});
  // Without those of android-key and fido-u2f: the judge wants Google's own root there, and zeros for a model here.
  const accepted = ['packed-es256', 'packed-es384', 'packed-es512', 'packed-rs256', 'packed-eddsa', 'packed-ed448',
    'apple-es256'];
  for (const {id, challenge, clientDataJSON, attestationObject} of vectors.registrations) {
    if (!accepted.includes(id)) continue;
    const [bytes, clientData, object] = [challenge, clientDataJSON, attestationObject].map((hex) => Buffer.from(hex, 'hex'));
    const of = {origin: vectors.origin, relyingParty: vectors.rpId};
    const format = id.split('-')[0];
    assert.equal(await judge(bytes, {clientData, object}, of), format, id);
    assert.notEqual(await judge(Buffer.alloc(32), {clientData, object}, of), format, id);
  }
  SettingsService.setRootCertificates({identifier: 'packed', certificates: [root]});
});

for (const authenticator of kAuthenticators) {
  const {format} = authenticator;
  const request = makeRequest();
  const challenge = challengeOf(request);
  let key;

  test(`${format}: a key that a browser made for a request lets the request in`, async () => {
    key = await makeKey(challenge, authenticator);
    assert.equal(await judge(challenge, key), format);
    const made = await ask(request, key);
    assert.equal(made.status, 201, made.text);
    const share = await fetch(made.headers.get('Location'), {
      headers: {'Accept': 'application/json', 'Mailbox-Device-Claim': request.claim},
    });
    assert.equal(await share.text(), request.body);
    const again = await ask(request, key);
    assert.equal(again.headers.get('Location'), made.headers.get('Location'), 'and makes one share');
  });

  test(`${format}: and no other request`, async () => {
    for (const [what, change] of Object.entries({
      'another body': {body: request.body.replace('what', 'more')},
      'another claim': {claim: randomUUID()},
      'another request id': {id: randomUUID()},
      'another target': {target: '/v1/m'},
    })) {
      const other = {...request, ...change};
      assert.notEqual(await judge(challengeOf(other), key), format, what);
      const refused = await ask(other, key);
      assert.equal(refused.status, 401, what);
      assert.equal(refused.headers.get('WWW-Authenticate'), 'Mailbox-Device-Attestation');
      assert.match(JSON.parse(refused.text).detail, /the challenge is another request's/, what);
    }
  });

  test(`${format}: a key that nobody vouches for is none`, async () => {
    const alone = {...key, object: key.original};
    assert.notEqual(await judge(challenge, alone), format);
    const refused = await ask(makeRequest({claim: request.claim}), alone);
    assert.equal(refused.status, 401);
    const same = await ask(request, alone);
    assert.equal(same.status, 401);
    assert.match(JSON.parse(same.text).detail, /lead to no trust anchor/);
  });

  test(`${format}: a key made on a page that is not named is none`, async () => {
    const other = await makeKey(challenge, authenticator, otherWallet);
    assert.match(await judge(challenge, other), /Unexpected registration response origin/);
    assert.equal(await judge(challenge, other, {origin: otherWallet}), format);
    const refused = await ask(request, other);
    assert.equal(refused.status, 401);
    assert.match(JSON.parse(refused.text).detail, /a page of another origin/);
  });

  test(`${format}: whichever byte is changed, the relay accepts nothing that the judge refuses`, async () => {
    const {begin, end} = certificateIn(key.object);
    const accepted = [];
    for (const part of ['clientData', 'object']) {
      for (let i = 0; i < key[part].length; ++i) {
        if (part === 'object' && i >= begin && i < end && i % 16) continue;  // a certificate is signed, all of it
        const bytes = Buffer.from(key[part]);
        bytes[i] ^= 1 << i % 8;
        const changed = {...key, [part]: bytes};
        if ((await ask(request, changed)).status === 201) accepted.push([`${part} ${i}`, changed]);
      }
    }
    const tolerated = [];
    for (const [what, changed] of accepted) {
      const verdict = await judge(challenge, changed);
      // Zeros by FIDO's rules for U2F; the specification's own example has others. Nobody signed them.
      if (format === 'fido-u2f' && /^AAGUID .* was not expected/.test(verdict)) tolerated.push(what);
      else assert.equal(verdict, format, what);
    }
    // What U2F does not sign: flags but the two that are looked at, the counter, the model.
    assert.equal(tolerated.length, format === 'fido-u2f' ? 16 : 0);
    assert.ok(format === 'fido-u2f' ? accepted.length < 30 : accepted.length === 0, `${accepted.map(([what]) => what)}`);
  });
}

// The bench itself: that it notices what pages of ours must never do.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import {openBench} from './bench.mjs';

const bench = await openBench();

// The bench's complaint about a page of the relay's whose body is replaced by this one.
const complaintAbout = async (body, headers = {}) => {
  try {
    await bench.visit('/#AAECAwQFBgcICQoLDA0ODw', async (page) => {
      await page.route('**', (route) => route.fulfill({contentType: 'text/html', headers, body}));
      await page.goto(bench.origin + '/?again#AAECAwQFBgcICQoLDA0ODw');
      await page.waitForLoadState('networkidle');
    });
  } catch (error) {
    return error.message;
  }
  return '';
};

test('a page that does nothing wrong passes', async () => {
  assert.equal(await complaintAbout('<title>x</title><p>Hello'), '');
});

for (const [what, body, complaint, headers] of [
  ['a console message', '<script>console.log("psst")</script>', /console log: psst/],
  ['an error of a script', '<script>throw new Error("oops")</script>', /oops/],
  ['an alert', '<script>alert("hello")</script>', /dialog: hello/],
  ['a request to another origin', '<img src="https://elsewhere.example/a.png">', /off-origin: https:\/\/elsewhere/],
  ['a secret in the path', '<script>fetch("/a" + location.hash.slice(1))</script>', /a secret in GET/],
  ['a secret in a header', '<script>fetch("/", {headers: {a: location.hash.slice(1)}})</script>', /a secret in GET/],
  ['a secret in a body', '<script>fetch("/", {method: "PUT", body: location.hash})</script>', /a secret in PUT/],
  ['a Referer', '<img src="/robots.txt">', /a Referer/],
  ['a breach of its own policy', '<script>1</script>', /Content Security Policy/i,
    {'Content-Security-Policy': "default-src 'none'"}],
]) {
  test(`${what} is noticed`, async () => assert.match(await complaintAbout(body, headers), complaint));
}

test('a page that is not there is noticed, and may be asked for', async () => {
  await assert.rejects(bench.visit('/v1/nothing/share.json', () => {}), /404/);
  await bench.visit('/v1/nothing/share.json', {status: 404}, () => {});
});

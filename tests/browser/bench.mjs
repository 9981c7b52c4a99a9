// What a browser test needs: a running relay, links made by the tigress program, and a Chromium that is
// watched while it shows a page. A test is a file *_test.mjs beside this one:
//
//   import {test} from 'node:test';
//   import {openBench} from './bench.mjs';
//
//   const bench = await openBench({'preview.name': 'Example Relay'});
//
//   test('the page names its relay', () => bench.visit(bench.send(), async (page) => {
//     assert.match(await page.textContent('footer'), /Example Relay/);
//   }));
//
// To run one by hand, after tests/browser/install:
//   node tests/browser/page_test.mjs --relay build/debug/bin/tigress-relay --tigress build/debug/bin/tigress

import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import {after} from 'node:test';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {chromium} from 'playwright-core';

const {values: programs} = parseArgs({options: {relay: {type: 'string'}, tigress: {type: 'string'}}});
if (!programs.relay || !programs.tigress) throw new Error('expected --relay PROGRAM and --tigress PROGRAM');

const kCarKey = fileURLToPath(new URL('../vectors/car_key_creation_request.json', import.meta.url));
const kPatience = 180e3;  // milliseconds; a busy machine is no failure
const kChromium = '/usr/bin/chromium';  // Debian's

// A relay on plain HTTP and a free port of loopback, which browsers trust as they trust HTTPS. Shares
// are forgotten when it ends.
const startRelay = async (settings) => {
  const rows = {'listen.port': '0', 'store.url': 'memory:', 'limits.rate': 'off', 'log.level': 'warning', ...settings};
  const definitions = Object.entries(rows).flatMap(([key, value]) => ['-D', `${key}=${value}`]);
  const relay = spawn(programs.relay, definitions, {stdio: ['ignore', 'pipe', 'inherit']});
  for await (const line of createInterface(relay.stdout)) {
    const ready = /^tigress-relay listening on http:\/\/127\.0\.0\.1:(\d+)$/.exec(line);
    if (ready) return {relay, origin: `http://localhost:${ready[1]}`};  // as it calls itself in links
  }
  throw new Error('the relay did not start');
};

/// Everything a page does that a page of ours must never do. `findings` is empty if it behaved.
class Watch {
  constructor(context, origins, awaitedStatus) {
    this.findings = [];
    this.requests = [];
    context.on('console', (message) => {
      // That a page answers 404 is no news if the test came for it.
      const awaited = awaitedStatus >= 400 && message.text().includes(`status of ${awaitedStatus}`);
      if (!awaited) this.findings.push(`console ${message.type()}: ${message.text()}`);
    });
    context.on('weberror', (error) => this.findings.push(`error: ${error.error()}`));
    context.on('dialog', (dialog) => {
      this.findings.push(`dialog: ${dialog.message()}`);
      return dialog.dismiss();
    });
    context.on('request', (request) => {
      const url = request.url();
      if (!origins.includes(new URL(url).origin) && !url.startsWith('data:')) {
        this.findings.push(`a request off-origin: ${url}`);
      }
      this.requests.push(request);
    });
  }

  /// Looks at the headers as they went over the wire; to be called before the browser forgets them.
  async finish() {
    for (const request of this.requests) {
      const {referer} = await request.allHeaders();
      if (referer !== undefined) this.findings.push(`a Referer, ${referer}, to ${request.url()}`);
    }
    return this.findings;
  }
}

class Bench {
  constructor(origin) {
    this.origin = origin;
  }

  /// The link of a new share, secret and all, as the owner's wallet would hand it over. `options` are
  /// those of `tigress send`: {title: 'My car', vertical: 'car', expires: '2h'}.
  send(options = {}) {
    const words = Object.entries({vertical: 'car', relay: this.origin, ...options});
    const call = ['send', kCarKey, ...words.flatMap(([name, value]) => [`--${name}`, value])];
    return execFileSync(programs.tigress, call, {encoding: 'utf8'}).trim();
  }

  /// Opens the address in a browser of its own and lets `look` have the page (of playwright). Fails if
  /// the page wrote to the console, asked another origin for anything, broke its own policy or sent a
  /// Referer. `options` are those of playwright's newContext(), `status` what the page answers if not
  /// 200, and `leavesFor` an origin that the test goes to from there.
  async visit(address, ...rest) {
    const look = rest.pop();
    const {status = 200, leavesFor, ...options} = rest.pop() ?? {};
    const context = await browser.newContext({locale: 'en-US', timezoneId: 'UTC', ...options});
    context.setDefaultTimeout(kPatience);
    try {
      const watch = new Watch(context, [this.origin, leavesFor], status);
      const page = await context.newPage();
      const response = await page.goto(new URL(address, this.origin).href);
      assert.equal(response.status(), status);
      const seen = await look(page, response);
      assert.deepEqual(await watch.finish(), []);
      return seen;
    } finally {
      await context.close();
    }
  }
}

let browser;

// One for all benches of a file. Nothing that it does by itself leaves this machine: no name resolves.
const startBrowser = async () => {
  if (browser) return;
  browser = await chromium.launch({
    executablePath: kChromium,
    timeout: kPatience,
    args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost'],
  });
  after(() => browser.close());
};

/// A relay with these settings and a browser; both end with the file's last test.
export const openBench = async (settings = {}) => {
  const {relay, origin} = await startRelay(settings);
  const ended = new Promise((resolve) => relay.once('exit', resolve));
  after(async () => {
    relay.kill();
    assert.equal(await ended, 0, 'the relay ends cleanly');
  });
  await startBrowser();
  return new Bench(origin);
};

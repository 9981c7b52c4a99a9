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
import {execFileSync} from 'node:child_process';
import {after} from 'node:test';
import {fileURLToPath} from 'node:url';
import {chromium} from 'playwright-core';
import {programs, startRelay} from './programs.mjs';

const kCarKey = fileURLToPath(new URL('../vectors/car_key_creation_request.json', import.meta.url));
const kPatience = 180e3;  // milliseconds; a busy machine is no failure
const kChromium = '/usr/bin/chromium';  // Debian's

const decoded = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/// Everything a page does that a page of ours must never do. `findings` is empty if it behaved.
class Watch {
  constructor(context, origins, awaited) {
    this.findings = [];
    this.requests = [];
    this.ended = new Set();
    this.secrets = [];
    context.on('console', (message) => {
      if (awaited.some((words) => message.text().includes(words))) return;
      this.findings.push(`console ${message.type()}: ${message.text()}`);
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
    for (const end of ['requestfinished', 'requestfailed']) context.on(end, (request) => this.ended.add(request));
  }

  /// From now on no request may hold that text, nor may one that was made before.
  guard(secret) {
    this.secrets.push(secret);
  }

  /// Looks at the requests as they went over the wire; to be called before the browser forgets them.
  async finish() {
    for (const request of [...this.requests]) {
      // One that is still held by the relay has told all it will tell.
      const headers = this.ended.has(request) ? await request.allHeaders() : request.headers();
      const url = request.url().split('#')[0];  // no browser sends what follows
      if (headers.referer) this.findings.push(`a Referer, ${headers.referer}, to ${url}`);
      const sent = [url, ...Object.values(headers), request.postData() ?? ''].map(decoded).join('\n');
      if (this.secrets.some((secret) => sent.includes(secret))) {
        this.findings.push(`a secret in ${request.method()} ${url}`);
      }
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

  /// Opens the address in a browser of its own and lets `look` have the page (of playwright), its answer
  /// and the watch over it. Fails if the page wrote to the console, asked another origin for anything, broke
  /// its own policy, sent a Referer or its own fragment. `options` are those of playwright's newContext(),
  /// `status` what the page answers if not 200, `awaits` words of the console that are no news, and
  /// `leavesFor` an origin that the test goes to from there.
  async visit(address, ...rest) {
    const look = rest.pop();
    const {status = 200, awaits = [], leavesFor, ...options} = rest.pop() ?? {};
    const context = await browser.newContext({locale: 'en-US', timezoneId: 'UTC', ...options});
    context.setDefaultTimeout(kPatience);
    try {
      // That a page answers 404 is no news if the test came for it.
      const noNews = status < 400 ? awaits : [...awaits, `status of ${status}`];
      const watch = new Watch(context, [this.origin, leavesFor], noNews);
      const page = await context.newPage();
      const {href, hash} = new URL(address, this.origin);
      if (hash.length > 1) watch.guard(hash.slice(1));
      const response = await page.goto(href);
      assert.equal(response.status(), status);
      const seen = await look(page, response, watch);
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
  const origin = await startRelay(settings);
  await startBrowser();
  return new Bench(origin);
};

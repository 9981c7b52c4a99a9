// The page's script (www/page.js) against a page of its own making, without a browser:
//   node tests/browser/page_script_test.mjs
// Prints one line per behaviour; exits 1 if any does not hold.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import vm from 'node:vm';

const script = readFileSync(new URL('../../www/page.js', import.meta.url), 'utf8');
const secret = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const shortSecret = 'AAECAwQFBgcICQoLDA0ODw';
const desktop = 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0';
const android = 'Mozilla/5.0 (Linux; Android 14) Chrome/126.0.0.0 Mobile';
const iPhone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)';

class Element {
  constructor(properties = {}) {
    Object.assign(this, {hidden: false, textContent: '', dataset: {}, listeners: {}, classes: new Set()}, properties);
    this.classList = {toggle: (name, on) => (on ? this.classes.add(name) : this.classes.delete(name))};
  }
  addEventListener(type, listener) {
    this.listeners[type] = listener;
  }
}

// The page as share.html has it, with its script run once.
const openPage = (fragment, {agent = desktop, app = {}, writeText = async () => {}} = {}) => {
  const elements = {
    incomplete: new Element({hidden: true}),
    complete: new Element(),
    open: new Element({hidden: true, dataset: {android: '', host: '', ...app}}),
    copy: new Element({hidden: true, dataset: {done: 'copied', failed: 'not allowed'}}),
    status: new Element(),
    expires: new Element({dateTime: '2026-11-22T18:30:00Z', textContent: '2026-11-22 18:30 UTC'}),
  };
  const location = {
    host: 'relay.example',
    pathname: '/v1/id/share.json',
    search: '?v=c',
    hash: fragment ? '#' + fragment : '',
    get href() {
      return `https://${this.host}${this.pathname}${this.search}${this.hash}`;
    },
  };
  const window = {
    document: {getElementById: (id) => elements[id] ?? null, documentElement: {lang: 'en'}},
    navigator: {userAgent: agent, clipboard: {writeText}},
    location,
    listeners: {},
    addEventListener(type, listener) {
      window.listeners[type] = listener;
    },
  };
  vm.runInNewContext(script, window);
  return {...elements, location, window};
};

const isComplete = (fragment) => {
  const page = openPage(fragment);
  assert.equal(page.incomplete.hidden, !page.complete.hidden);
  assert.equal(page.copy.hidden, page.complete.hidden);
  return page.incomplete.hidden;
};

const behaviours = {
  'a link without its fragment is called incomplete'() {
    for (const fragment of ['', 'x', secret.slice(0, -1), secret + 'A', 'share', '%', '%E0%A4%A', '=']) {
      assert.equal(isComplete(fragment), false, fragment);
    }
  },
  'a cut link is seen by the spare bits of its last character, too'() {
    assert.equal(isComplete(secret.slice(0, 22)), 'AQgw'.includes(secret[21]));
    assert.equal(isComplete(secret.slice(0, -1) + '9'), false);
    assert.equal(isComplete(shortSecret.slice(0, -1) + 'x'), false);
  },
  'a whole link is complete, whatever was glued to it'() {
    for (const fragment of [secret, shortSecret, secret + '=', secret + '%3D', secret + '.', secret + '),', secret + '%20',
      secret.replace('A', '%41'), '-_' + secret.slice(2), '+/' + secret.slice(2), '%20' + secret.slice(1)]) {
      assert.equal(isComplete(fragment), true, fragment);
    }
  },
  'a fragment typed in later is read, too'() {
    const page = openPage('');
    page.location.hash = '#' + secret;
    page.window.listeners.hashchange();
    assert.equal(page.incomplete.hidden, true);
  },
  'Android opens the wallet by an intent that carries the secret'() {
    const {open, copy} = openPage(secret, {agent: android, app: {android: 'com.example.wallet'}});
    assert.equal(open.hidden, false);
    assert.equal(open.href,
      `intent://relay.example/v1/id/share.json?v=c#${secret}#Intent;scheme=https;package=com.example.wallet;end`);
    assert.equal(copy.classes.has('first'), false);
  },
  'iOS opens the wallet by its second host'() {
    const {open} = openPage(secret + '.', {agent: iPhone, app: {host: 'open.relay.example'}});
    assert.equal(open.href, `https://open.relay.example/v1/id/share.json?v=c#${secret}`);
  },
  'where no wallet is known, copying is the first thing to do'() {
    for (const options of [{}, {agent: android}, {agent: iPhone}, {app: {android: 'com.example.wallet', host: 'h'}}]) {
      const {open, copy} = openPage(secret, options);
      assert.equal(open.hidden, true);
      assert.equal(open.href, undefined);
      assert.equal(copy.classes.has('first'), true);
    }
  },
  async 'copying takes the whole link and says so'() {
    let copied;
    const page = openPage(secret, {writeText: async (text) => { copied = text; }});
    await page.copy.listeners.click();
    assert.equal(copied, `https://relay.example/v1/id/share.json?v=c#${secret}`);
    assert.equal(page.status.textContent, 'copied');
  },
  async 'a browser that refuses to copy is excused'() {
    const page = openPage(secret, {writeText: async () => { throw new Error('NotAllowedError'); }});
    await page.copy.listeners.click();
    assert.equal(page.status.textContent, 'not allowed');
  },
  'the expiry is shown in local time'() {
    assert.match(openPage(secret).expires.textContent, /^\w+day, November 2\d at \d/);
  },
  'a page without a share is left alone'() {
    vm.runInNewContext(script, {document: {getElementById: () => null}});
  },
};

let failures = 0;
for (const [name, behaviour] of Object.entries(behaviours)) {
  try {
    await behaviour();
    console.log(`ok    ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL  ${name}\n      ${error.message.replace(/\n/g, '\n      ')}`);
  }
}
process.exitCode = failures ? 1 : 0;

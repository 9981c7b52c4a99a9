'use strict';

// libtigress for a browser: envelope, claim, share link, channel and session, without any page. What each of
// them promises stands in the header of that name under client/include/tigress/; the vectors in tests/vectors/
// hold both to it. The Secret stays in here: it goes into the link that the sender hands on, and into no request.
const tigress = (() => {
  const kBlock = 1024;
  const kCommitment = 32; // blanks
  const kIv = 12;
  const kTag = 16;
  const kDepth = 16;
  const kLevelsAroundEarlier = 3; // the message, its member `tigress` and the array `earlier`
  const kMostMessages = 1_000_000;
  const kLongestPoll = 30; // seconds, as all times here
  const kAnswerTime = 30;
  const kLongestPause = 30;
  const kHeldAnswer = 1;
  const kMostFailuresInARow = 5;
  const kTypes = {16: 'AEAD_AES_128_GCM', 32: 'AEAD_AES_256_GCM'};
  const kVerticals = ['a', 'h', 'c'];
  const kDisplay = ['title', 'description', 'imageURL'];

  /// Why a transfer could not go on; `code` is one of FailureCode in failure.h.
  class Failure extends Error {
    constructor(code, retryAfter = null) {
      super(code);
      this.code = code;
      this.retryAfter = retryAfter;
    }
  }
  const wrongKeyOrAltered = () => new Failure('wrongKeyOrAltered');
  const kPassing = ['slowDown', 'answerLost', 'relayFailed'];
  const passes = (error) => error instanceof Failure && kPassing.includes(error.code);

  const kJson = {'Content-Type': 'application/json'};

  /// What a session needs from the machine it runs on.
  const browser = Object.freeze({
    fetch: (...request) => fetch(...request),
    now: () => performance.now() / 1000,
    random: (size) => crypto.getRandomValues(new Uint8Array(size)),
    pause: (seconds, signal) => new Promise((done) => {
      const timer = setTimeout(done, seconds * 1000);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        done();
      }, {once: true});
    }),
  });

  // Bytes and text.

  const utf8 = (text) => new TextEncoder().encode(text);
  const utf8Decode = (bytes) => new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
  const concat = (...parts) => {
    const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  };
  const base64 = (bytes) => {
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  };
  const unpadded = (text) => text.replace(/=+$/, '');
  const base64Url = (bytes) => unpadded(base64(bytes)).replaceAll('+', '-').replaceAll('/', '_');
  /// Null for anything but standard base64; the padding may be missing, spare bits must be zero.
  const base64Decode = (text) => {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || (text.endsWith('=') && text.length % 4 !== 0)) return null;
    if (unpadded(text).length % 4 === 1) return null;
    const bytes = Uint8Array.from(atob(unpadded(text)), (letter) => letter.charCodeAt(0));
    return unpadded(base64(bytes)) === unpadded(text) ? bytes : null;
  };
  const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));

  const drawUuid = (random) => {
    const bytes = random(16);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  };

  // JSON. JSON.parse takes the last of two members with one name and respells numbers, so what a message holds is
  // kept as the text it came in, and only looked into.

  const kTokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

  /// The members of the object in `text`, by name, each as the text of its value. Null if that is no JSON object,
  /// or one a strict reader refuses: a name that stands twice, too many levels, half a surrogate pair.
  const membersOf = (text, depth = kDepth) => {
    try {
      JSON.parse(text);
    } catch {
      return null;
    }
    const members = new Map();
    const open = [];
    let name = null;
    let begin = 0;
    for (const {0: token, index} of text.matchAll(kTokens)) {
      const inside = open.at(-1);
      if (!inside && token !== '{') return null;
      if (token === '{' || token === '[') {
        if (open.length === depth) return null;
        open.push({names: token === '{' ? new Set() : null, wantsName: true});
      } else if (token === '}' || token === ']' || token === ',') {
        if (open.length === 1 && name !== null) members.set(name, text.slice(begin, index).trim());
        inside.wantsName = true;
        if (token !== ',') open.pop();
      } else if (token === ':') {
        if (open.length === 1) begin = index + 1;
      } else if (token.startsWith('"')) {
        const string = JSON.parse(token);
        if (/\p{Surrogate}/u.test(string)) return null;
        if (!inside.names || !inside.wantsName) continue;
        if (inside.names.has(string)) return null;
        inside.names.add(string);
        inside.wantsName = false;
        if (open.length === 1) name = string;
      } else if (/^-?\d/.test(token) && !Number.isFinite(Number(token))) {
        return null;
      }
    }
    return members;
  };
  const isObject = (text) => text !== undefined && text.startsWith('{');
  const stringIn = (members, name) => {
    const text = members?.get(name);
    return text?.startsWith('"') ? JSON.parse(text) : null;
  };
  /// The items of an array, each as its text; null if that is none.
  const itemsOf = (text) => {
    if (!text.startsWith('[')) return null;
    const items = [];
    let level = 0;
    let begin = 1;
    for (const {0: token, index} of text.matchAll(kTokens)) {
      if (level === 1 && (token === ',' || token === ']')) {
        const item = text.slice(begin, index).trim();
        if (item) items.push(item);
        begin = index + 1;
      }
      if (token === '{' || token === '[') level += 1;
      if (token === '}' || token === ']') level -= 1;
    }
    return items;
  };
  const countIn = (members, name) => {
    const text = members.get(name);
    return text !== undefined && /^\d{1,7}$/.test(text) && Number(text) <= kMostMessages ? Number(text) : null;
  };
  const compact = (text) => text.match(kTokens).join('');

  /// JSON for people: one member on a line.
  const indented = (text) => {
    let level = 0;
    let result = '';
    let before = '';
    const newLine = () => '\n' + '  '.repeat(level);
    for (const token of text.match(kTokens)) {
      const opened = before === '{' || before === '[';
      if (token === '}' || token === ']') {
        level -= 1;
        if (!opened) result += newLine();
      } else if (opened || before === ',') {
        result += newLine();
      }
      if (token === '{' || token === '[') level += 1;
      result += token === ':' ? ': ' : token;
      before = token;
    }
    return result;
  };

  // Provisioning information: `format`, and `content` as the text of an object.

  const readInformation = (members) => {
    const format = stringIn(members, 'format');
    const content = members?.get('content');
    return format && isObject(content) ? {format, content: compact(content)} : null;
  };
  /// Null if the text is not `{"format": …, "content": {…}}` and nothing else.
  const parseInformation = (text) => {
    const members = membersOf(text);
    return members?.size === 2 ? readInformation(members) : null;
  };
  const informationText = ({format, content}) => `{"format":${JSON.stringify(format)},"content":${content}}`;

  // The Secret and the share link.

  class Secret {
    #bytes;
    constructor(bytes) {
      this.#bytes = bytes;
    }
    /// 32 or 16 random bytes, drawn again until their base64 is the same text in both alphabets.
    static generate(size = 32, random = browser.random) {
      for (;;) {
        const bytes = random(size);
        if (!/[+/]/.test(base64(bytes))) return new Secret(bytes);
      }
    }
    /// Null if the fragment holds no whole Secret, whatever was glued to it.
    static parse(fragment) {
      let text;
      try {
        text = decodeURIComponent(fragment);
      } catch {
        return null;
      }
      text = text.replace(/[^A-Za-z0-9+/_-]+$/, '').replace(/[ -]/g, '+').replaceAll('_', '/');
      const bytes = text.length === 22 || text.length === 43 ? base64Decode(text) : null;
      return bytes && new Secret(bytes);
    }
    get size() {
      return this.#bytes.length;
    }
    toFragment() {
      return unpadded(base64(this.#bytes));
    }
    aesKey() {
      return crypto.subtle.importKey('raw', this.#bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
    }
    async claimKey() {
      const base = await crypto.subtle.importKey('raw', this.#bytes, 'HKDF', false, ['deriveBits']);
      const algorithm = {name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: utf8('tigress/v1/claim')};
      return new Uint8Array(await crypto.subtle.deriveBits(algorithm, base, 256));
    }
  }

  const kUuid = '([0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12})';
  const kShareUrl = new RegExp('^(https?)://(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+)(?::(\\d{1,5}))?' +
    `/v1/(?:${kUuid}/share\\.json|m/${kUuid})(?:\\?(.*))?$`, 's');

  const isLoopback = (host) => host === 'localhost' || host === '[::1]' ||
    (/^127(\.\d{1,3}){3}$/.test(host) && host.split('.').every((number) => Number(number) <= 255));

  /// Where a share is, as ShareUrl in common/include/tigress/share_url.h; null if that is no share link.
  const parseShareUrl = (link) => {
    const address = link.split('#')[0].trim().replace(/^[A-Za-z]+:/, (scheme) => scheme.toLowerCase());
    const parts = kShareUrl.exec(address);
    if (!parts) return null;
    const [, scheme, name, digits, documentId, mailboxId, query] = parts;
    const host = name.toLowerCase();
    const usual = scheme === 'https' ? 443 : 80;
    const port = digits === undefined ? usual : Number(digits);
    if ((scheme === 'http' && !isLoopback(host)) || port < 1 || port > 65535) return null;
    const vertical = new URLSearchParams(query ?? '').get('v');
    return {
      origin: `${scheme}://${host}${port === usual ? '' : `:${port}`}`,
      id: (documentId ?? mailboxId).toLowerCase(),
      dialect: documentId ? 'webdav' : 'mailbox',
      vertical: kVerticals.includes(vertical) ? vertical : 'a',
    };
  };
  const urlText = ({origin, id, dialect, vertical}) =>
    `${origin}/v1/${dialect === 'webdav' ? `${id}/share.json` : `m/${id}`}?v=${vertical}`;

  /// A whole share link: where the share is, and what opens it. Throws linkIncomplete.
  const parseLink = (text) => {
    const url = parseShareUrl(text);
    const hash = text.indexOf('#');
    const secret = hash < 0 ? null : Secret.parse(text.slice(hash + 1));
    if (!url || !secret) throw new Failure('linkIncomplete');
    return {url, secret};
  };
  const revealLink = ({url, secret}) => `${urlText(url)}#${secret.toFragment()}`;

  // The claim.

  const claimProof = async (secret) => base64Url(await secret.claimKey());
  const claimVerifier = async (secret) => base64Url(await sha256(await secret.claimKey()));

  // The envelope.

  const seal = async (secret, message, random = browser.random) => {
    const text = utf8(message);
    let size = kBlock;
    while (size < kCommitment + text.length) size *= 2;
    const plaintext = new Uint8Array(size).fill(0x20);
    plaintext.set(text, kCommitment);
    const iv = random(kIv);
    const sealed = await crypto.subtle.encrypt({name: 'AES-GCM', iv}, await secret.aesKey(), plaintext);
    return {type: kTypes[secret.size], data: base64(concat(iv, new Uint8Array(sealed)))};
  };

  /// The members of the message in a payload. Throws wrongKeyOrAltered, whatever is wrong.
  const open = async (secret, payload) => {
    const data = base64Decode(payload.data);
    if (payload.type !== kTypes[secret.size] || !data || data.length < kIv + kTag) throw wrongKeyOrAltered();
    let text;
    try {
      const algorithm = {name: 'AES-GCM', iv: data.subarray(0, kIv)};
      text = utf8Decode(await crypto.subtle.decrypt(algorithm, await secret.aesKey(), data.subarray(kIv)));
    } catch {
      throw wrongKeyOrAltered();
    }
    const members = membersOf(text, kDepth + kLevelsAroundEarlier);
    const committed = text.startsWith(' '.repeat(kCommitment));
    if (!members || (members.has('tigress') && !committed)) throw wrongKeyOrAltered();
    // A text is deeper than a message may be only where it repeats others.
    for (const [name, value] of members) {
      if (name !== 'tigress' && !membersOf(`{"value":${value}}`)) throw wrongKeyOrAltered();
    }
    return members;
  };

  // The channel.

  const displayDigest = async (display) => {
    const fields = kDisplay.map((name) => {
      if (display[name] === undefined) return Uint8Array.of(0);
      const text = utf8(display[name]);
      const size = new Uint8Array(4);
      new DataView(size.buffer).setUint32(0, text.length);
      return concat(Uint8Array.of(1), size, text);
    });
    return base64Url(await sha256(concat(...fields)));
  };

  const identify = async (payload) => {
    const bytes = base64Decode(payload.data) ?? new Uint8Array();
    return {iv: base64Url(bytes.subarray(0, kIv)), digest: base64Url(await sha256(bytes))};
  };

  const readMark = (text) => {
    const members = isObject(text) ? membersOf(text, kDepth + kLevelsAroundEarlier) : null;
    if (!members) return null;
    const earlier = itemsOf(members.get('earlier') ?? '[]')?.map(parseInformation);
    const mark = {
      role: stringIn(members, 'role'),
      sequence: countIn(members, 'seq'),
      acknowledged: countIn(members, 'ack'),
      conversation: stringIn(members, 'cid'),
      previous: stringIn(members, 'prev'),
      display: stringIn(members, 'display'),
      earlier,
      more: members.get('more') === 'true',
    };
    if (!earlier || earlier.includes(null) || earlier.length >= mark.sequence) return null;
    if (members.has('more') && !['true', 'false'].includes(members.get('more'))) return null;
    const whole = countIn(members, 'v') === 1 && mark.sequence && mark.acknowledged !== null && mark.role !== null &&
      mark.conversation !== null && mark.display !== null && (mark.previous === null) === (mark.acknowledged === 0);
    return whole ? mark : null;
  };

  class Channel {
    #role;
    #conversation = '';
    #sent = [];
    #accepted = []; // a message that came only within a later one is not among them
    #unread = []; // sent since the last message accepted
    #answered = 0; // messages received when this device wrote last
    #unanswered = []; // those received since, as their texts
    #peerMarks = false;

    /// 'sender' or 'receiver'.
    constructor(role) {
      this.#role = role;
    }
    copy() {
      const copy = new Channel(this.#role);
      copy.#conversation = this.#conversation;
      copy.#sent = [...this.#sent];
      copy.#accepted = [...this.#accepted];
      copy.#unread = [...this.#unread];
      copy.#answered = this.#answered;
      copy.#unanswered = [...this.#unanswered];
      copy.#peerMarks = this.#peerMarks;
      return copy;
    }

    get #received() {
      return this.#answered + this.#unanswered.length;
    }

    /// Seals the next message, with those before it that the other device may not have read. `more`: another one
    /// follows at once.
    async seal(secret, information, display, {random = browser.random, more = false} = {}) {
      const conversation = this.#conversation || base64Url(random(12));
      const mark = {
        v: 1,
        role: this.#role,
        seq: this.#sent.length + 1,
        ack: this.#received,
        cid: conversation,
        prev: this.#accepted.at(-1)?.digest,
        display: await displayDigest(display),
      };
      const earlier = this.#unread.length ? `,"earlier":[${this.#unread.map(informationText)}]` : '';
      const marks = `${JSON.stringify(mark).slice(0, -1)}${earlier}${more ? ',"more":true' : ''}}`;
      const message = `${informationText(information).slice(0, -1)},"tigress":${marks}}`;
      const payload = await seal(secret, message, random);
      this.#sent.push(await identify(payload));
      this.#unread.push(information);
      this.#answered = this.#received;
      this.#unanswered = [];
      this.#conversation = conversation;
      return payload;
    }

    /// The next message of the other device, before it those that were overwritten unread, and whether more follow
    /// without an answer. A failure leaves the channel as it was.
    async open(secret, {payload, display}) {
      const members = await open(secret, payload);
      const identity = await identify(payload);
      const isKnown = (history) => history.some((message) => message.iv === identity.iv);
      if (isKnown(this.#sent)) throw new Failure('reflected');
      if (isKnown(this.#accepted)) throw new Failure('replayed');

      const mark = readMark(members.get('tigress'));
      if (members.has('tigress') && !mark) throw wrongKeyOrAltered();
      if (!mark && this.#peerMarks) throw new Failure('unmarked');
      if (mark) this.#check(mark, await displayDigest(display));
      const information = readInformation(members);
      if (!information) throw wrongKeyOrAltered();

      const messages = [information];
      if (mark) {
        this.#peerMarks = true;
        this.#conversation = mark.conversation;
        const fresh = mark.sequence - 1 - this.#received;
        messages.unshift(...mark.earlier.slice(mark.earlier.length - fresh));
      }
      this.#accepted.push(identity);
      this.#unanswered.push(...messages.map(informationText));
      this.#unread = [];
      return {messages, more: mark?.more ?? false};
    }

    #check(mark, display) {
      const joining = this.#role === 'receiver' && !this.#sent.length && !this.#accepted.length;
      if (mark.role === this.#role || (joining && mark.acknowledged > 0)) throw new Failure('takenByAnotherDevice');
      const known = this.#conversation && (this.#peerMarks || this.#role === 'sender');
      if (known && mark.conversation !== this.#conversation) throw new Failure('forked');
      this.#checkNumbers(mark);
      const last = this.#sent.at(-1);
      const read = mark.acknowledged === this.#sent.length && (!last || mark.previous === last.digest);
      if (!read) throw new Failure('forked');
      if (mark.display !== display) throw new Failure('previewChanged');
    }

    // That each message comes once, in its place, and as it was told before.
    #checkNumbers({sequence, earlier}) {
      const first = sequence - earlier.length;
      if (sequence <= this.#received) throw new Failure('replayed');
      if (first > this.#received + 1) throw new Failure('messageMissing');
      if (first <= this.#answered) throw new Failure('forked');
      for (let number = first; number <= this.#received; ++number) {
        const told = this.#unanswered[number - this.#answered - 1];
        if (informationText(earlier[number - first]) !== told) throw new Failure('forked');
      }
    }
  }

  // The share on its relay.

  const problemIn = ({headers, body}) => {
    if (!(headers.get('Content-Type') ?? '').startsWith('application/problem+json')) return null;
    return membersOf(body);
  };
  const failureOf = (answer) => {
    const {status} = answer;
    const type = stringIn(problemIn(answer), 'type');
    if (type === 'urn:tigress:problem:claim-proof') return wrongKeyOrAltered();
    if (type === 'urn:tigress:problem:access-rights') return new Failure('refusedByPolicy');
    if (status === 404 || status === 410) return new Failure('notFoundOrExpired');
    if (status === 401 || status === 409) return new Failure('takenByAnotherDevice');
    if (status === 412) return new Failure('overtaken');
    if (status === 413) return new Failure('tooLarge');
    if (status === 429 || status === 503) {
      const seconds = answer.headers.get('Retry-After') ?? '';
      return new Failure('slowDown', /^\d{1,5}$/.test(seconds) ? Number(seconds) : null);
    }
    return new Failure(status >= 400 && status < 500 ? 'refusedByPolicy' : 'relayFailed');
  };
  const isLost = (error) => error instanceof Failure && error.code === 'answerLost';
  const expect = (answer, ...statuses) => {
    if (!statuses.includes(answer.status)) throw failureOf(answer);
    return answer;
  };

  const displayFrom = (text) => {
    const display = {};
    if (text === undefined) return display;
    const members = isObject(text) ? membersOf(text) : null;
    if (!members) throw wrongKeyOrAltered();
    for (const name of kDisplay.filter((one) => members.has(one))) {
      display[name] = stringIn(members, name);
      if (display[name] === null) throw wrongKeyOrAltered();
    }
    return display;
  };
  const expiryOf = ({headers}) => {
    const time = Date.parse(headers.get('Sunset') ?? '');
    return Number.isNaN(time) ? null : new Date(time);
  };
  const readDocument = (answer) => {
    const etag = answer.headers.get('ETag');
    if (!etag) throw new Failure('relayFailed');
    const members = membersOf(answer.body);
    const payload = isObject(members?.get('payload')) ? membersOf(members.get('payload')) : null;
    const [type, data] = [stringIn(payload, 'type'), stringIn(payload, 'data')];
    if (!data || !Object.values(kTypes).includes(type) || !base64Decode(data)) throw wrongKeyOrAltered();
    const display = displayFrom(members.get('displayInformation'));
    return {document: {payload: {type, data}, display}, etag, expires: expiryOf(answer)};
  };
  const documentBody = (payload, display, further = {}) => {
    const shown = Object.entries(display).filter(([name, text]) => kDisplay.includes(name) && text !== undefined);
    const displayInformation = shown.length ? Object.fromEntries(shown) : undefined;
    return JSON.stringify({payload, displayInformation, ...further});
  };
  // The texts of one kind of element in an answer of the relay that served this page. A parser of the browser
  // would do, but it is a way in for scripts, which this page has shut.
  const elementTexts = (xml, name) => {
    const element = `<(?:[\\w.-]+:)?${name}(?: [^>]*)?>\\s*(?:<(?:[\\w.-]+:)?href>)?([^<]*)<`;
    return Array.from(xml.matchAll(new RegExp(element, 'g')), (match) => match[1].trim());
  };
  const propfind = (property) =>
    `<?xml version="1.0"?><D:propfind xmlns:D="DAV:"><D:prop>${property}</D:prop></D:propfind>`;
  const kXml = {'Content-Type': 'application/xml; charset="utf-8"', Depth: '0'};

  /// A share in the WebDAV dialect, without any key, as remote_share.h. `relay` is '' for the one that served
  /// the page.
  class RemoteShare {
    #environment;
    #relay;
    #id;
    #claim;
    constructor(environment, relay, id, claim) {
      this.#environment = environment;
      this.#relay = relay;
      this.#id = id;
      this.#claim = claim;
    }

    static async create(environment, relay, body, claim, request) {
      const headers = {'Mailbox-Device-Claim': claim, 'Mailbox-Request-ID': request, ...kJson};
      const asked = RemoteShare.#askAgainIfLost(environment, 'POST', `${relay}/v1/`, headers, {body});
      const answer = expect(await asked, 201);
      const location = answer.headers.get('Location') ?? '';
      const url = parseShareUrl(location.startsWith('/') ? relay + location : location);
      const etag = answer.headers.get('ETag');
      if (!url || !etag) throw new Failure('relayFailed');
      return {url, etag, expires: expiryOf(answer)};
    }

    static async #ask(environment, method, url, headers, {body, wait = 0, signal} = {}) {
      const abort = new AbortController();
      const stop = () => abort.abort();
      const timer = setTimeout(stop, (wait + kAnswerTime) * 1000);
      signal?.addEventListener('abort', stop);
      if (signal?.aborted) stop();
      try {
        const answer = await environment.fetch(url, {
          method, headers, body, signal: abort.signal,
          cache: 'no-store', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer',
        });
        const bytes = await answer.arrayBuffer();
        let text;
        try {
          text = utf8Decode(bytes);
        } catch {
          text = '';
        }
        return {status: answer.status, headers: answer.headers, body: text};
      } catch {
        // Whether the relay saw the request, no browser says.
        throw new Failure(signal?.aborted ? 'stillWaiting' : 'answerLost');
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
      }
    }
    static async #askAgainIfLost(...request) {
      try {
        return await RemoteShare.#ask(...request);
      } catch (error) {
        if (!isLost(error)) throw error;
        return RemoteShare.#ask(...request);
      }
    }
    #request(method, headers, options, again = true) {
      const ask = again ? RemoteShare.#askAgainIfLost : RemoteShare.#ask;
      const url = `${this.#relay}/v1/${this.#id}/share.json`;
      const all = {Accept: 'application/json', 'Mailbox-Device-Claim': this.#claim, ...headers};
      return ask(this.#environment, method, url, all, options);
    }

    /// GET; null if the document still has that tag after `wait` seconds.
    async fetch(knownTag = '', wait = 0, signal = undefined) {
      const headers = {...(knownTag && {'If-None-Match': knownTag}), ...(wait && {Prefer: `wait=${wait}`})};
      const answer = await this.#request('GET', headers, {wait, signal});
      if (answer.status === 304 && knownTag) return null;
      return readDocument(expect(answer, 200));
    }
    /// Binds this device as the receiver and reads; null if the server knows no claims.
    async claimAndRead(proof, request) {
      const answer = await this.#request('POST', {'Mailbox-Request-ID': request, 'Mailbox-Claim-Proof': proof});
      if (answer.status === 405 || answer.status === 501) return null;
      return readDocument(expect(answer, 200, 201));
    }
    /// PUT; gives the new tag, or '' if the relay does not tell, and whether it had this very request before.
    async replace(body, knownTag, request) {
      const headers = {'If-Match': knownTag, 'Mailbox-Request-ID': request, ...kJson};
      const answer = expect(await this.#request('PUT', headers, {body}), 200, 201, 204);
      // The tag beside a 201 is that of the document as it is now: the other device may have written it.
      if (answer.status === 201) return {etag: '', repeated: true};
      return {etag: answer.headers.get('ETag') ?? '', repeated: false};
    }
    /// 'waiting', 'claimed', 'completed', 'cancelled' or 'expired', as the sender may know it.
    async state() {
      const body = propfind('<state xmlns="urn:tigress:share"/>');
      const found = await this.#request('PROPFIND', kXml, {body});
      const [state] = found.status === 207 ? elementTexts(found.body, 'state') : [];
      if (['waiting', 'claimed'].includes(state)) return state;
      const answer = await this.#request('GET', {});
      const ended = stringIn(problemIn(answer), 'state');
      if (answer.status === 404 && ['completed', 'cancelled', 'expired'].includes(ended)) return ended;
      throw answer.status === 200 ? new Failure('relayFailed') : failureOf(answer);
    }
    async #lockTokens() {
      const answer = expect(await this.#request('PROPFIND', kXml, {body: propfind('<D:lockdiscovery/>')}), 207);
      return elementTexts(answer.body, 'locktoken').filter((token) => /^[\x21-\x7e]+$/.test(token));
    }
    async remove() {
      let lost = false;
      const erase = async (headers) => {
        try {
          return await this.#request('DELETE', headers, {}, false);
        } catch (error) {
          if (!isLost(error)) throw error;
          lost = true;
          return this.#request('DELETE', headers, {}, false);
        }
      };
      let answer = await erase({});
      if (answer.status === 423) {
        // The lock of an open share guards against accident; whoever has the link may see its token.
        const condition = (await this.#lockTokens()).map((token) => `(<${token}>)`).join(' ');
        if (condition) answer = await erase({If: condition});
      }
      // After a lost answer "not found" is the answer: the first request did it.
      if (!(lost && answer.status === 404)) expect(answer, 200, 204);
    }
  }

  // How often a device tries before it gives up.
  class Patience {
    #environment;
    #signal;
    #pause = 1;
    #failures = 0;
    constructor(environment, signal) {
      this.#environment = environment;
      this.#signal = signal;
    }
    /// Throws the failure unless it is worth trying again; if so, some time has passed.
    async bear(failure) {
      if (!passes(failure) || ++this.#failures > kMostFailuresInARow) throw failure;
      await this.#wait(failure.retryAfter ?? this.#pause);
    }
    /// The relay has nothing new. If it held its answer until now, it can be asked again at once.
    async answered(held) {
      this.#failures = 0;
      if (held) this.#pause = 1;
      else await this.#wait(this.#pause);
    }
    async #wait(seconds) {
      this.#pause = Math.min(this.#pause * 2, kLongestPause);
      await this.#environment.pause(Math.min(seconds, kLongestPause), this.#signal);
      if (this.#signal?.aborted) throw new Failure('stillWaiting');
    }
  }

  /// One device's end of a share, as session.h. It lives in memory only. One call at a time, but `state`.
  class Session {
    #environment;
    #link;
    #share;
    #channel;
    #entry;
    #etag = '';
    #expires = null;
    #display = {};
    #arrived = [];
    #pending = null;

    constructor(environment, relay, link, channel, claim) {
      this.#environment = environment;
      this.#link = link;
      this.#channel = channel;
      this.#entry = drawUuid(environment.random);
      this.#share = new RemoteShare(environment, relay, link.url.id, claim);
    }

    /// Makes a claimed share: `offer` is {information, display, vertical}.
    static async create({information, display, vertical}, relay = '', environment = browser) {
      const secret = Secret.generate(32, environment.random);
      const channel = new Channel('sender');
      const payload = await channel.seal(secret, information, display, environment);
      const mailboxConfiguration = {claimVerifier: await claimVerifier(secret)};
      const body = documentBody(payload, display, {mailboxConfiguration});
      const [claim, request] = [drawUuid(environment.random), drawUuid(environment.random)];
      const {url, etag, expires} = await RemoteShare.create(environment, relay, body, claim, request);
      const session = new Session(environment, relay, {url: {...url, vertical}, secret}, channel, claim);
      session.#standAt(etag, expires, display);
      return session;
    }
    /// The receiver's end. Sends nothing: the first `receive` claims the share.
    static join(link, relay = '', environment = browser) {
      return new Session(environment, relay, link, new Channel('receiver'), drawUuid(environment.random));
    }

    get expires() {
      return this.#expires;
    }
    /// Whether a message is on its way; then `resend` is next.
    get pending() {
      return this.#pending !== null;
    }
    revealLink() {
      return revealLink(this.#link);
    }

    /// The next message of the other device; waits for it until `signal` says no more (stillWaiting). Not while a
    /// message is `pending`.
    async receive(signal) {
      const patience = new Patience(this.#environment, signal);
      while (!this.#arrived.length) {
        const asked = this.#environment.now();
        let stored;
        try {
          stored = this.#etag ? await this.#share.fetch(this.#etag, kLongestPoll, signal) : await this.#enter();
        } catch (error) {
          if (!this.#etag) throw error;
          await patience.bear(error);
          continue;
        }
        if (stored) await this.#accept(stored);
        else await patience.answered(this.#environment.now() - asked >= kHeldAnswer);
      }
      return this.#arrived.shift();
    }
    async #enter() {
      return await this.#share.claimAndRead(await claimProof(this.#link.secret), this.#entry) ?? this.#share.fetch();
    }
    async #accept({document, etag, expires}) {
      this.#arrived = (await this.#channel.open(this.#link.secret, document)).messages;
      this.#standAt(etag, expires, document.display);
    }
    #standAt(etag, expires, display) {
      this.#etag = etag;
      this.#expires = expires ?? this.#expires;
      this.#display = display;
    }

    /// Stores the next message of this device. If that fails with `pending`, `resend` goes on with the same bytes.
    async send(information) {
      const channel = this.#channel.copy();
      const payload = await channel.seal(this.#link.secret, information, this.#display, this.#environment);
      const body = documentBody(payload, this.#display);
      this.#pending = {data: payload.data, body, request: drawUuid(this.#environment.random), channel, tried: false};
      return this.resend();
    }
    async resend() {
      const patience = new Patience(this.#environment);
      for (;;) {
        try {
          return await this.#deliver();
        } catch (error) {
          await patience.bear(error);
        }
      }
    }
    async #deliver() {
      const {body, request, tried} = this.#pending;
      this.#pending.tried = true;
      let written;
      try {
        written = await this.#share.replace(body, this.#etag, request);
      } catch (error) {
        if (passes(error)) throw error;
        if (error.code === 'overtaken') return this.#settleByReading(null, false);
        if (tried) return this.#settleByReading(error, false);
        this.#pending = null;
        throw error;
      }
      return written.etag ? this.#settle(written.etag) : this.#settleByReading(null, written.repeated);
    }
    // The relay did not say how the document stands after the PUT, or says it had changed before. It may have
    // been this very message that changed it, if the answer to an earlier attempt was lost. `refusal` is what the
    // relay said of this attempt, `done` whether it says that the message has arrived.
    async #settleByReading(refusal, done) {
      let stored;
      try {
        stored = await this.#share.fetch();
      } catch (error) {
        if (!passes(error)) this.#pending = null;
        throw error;
      }
      const {document, etag} = stored;
      if (document.payload.data === this.#pending.data) return this.#settle(etag);
      const failureOfOpening = (channel) =>
        channel.copy().open(this.#link.secret, document).then(() => null, (error) => error);
      const unanswered = await failureOfOpening(this.#channel);
      if (done || (unanswered && !await failureOfOpening(this.#pending.channel))) {
        // The other device has read this message and written since; the next `receive` finds what it wrote.
        return this.#settle(this.#etag);
      }
      this.#pending = null;
      if (refusal && etag === this.#etag) throw refusal;
      throw unanswered ?? new Failure('overtaken');
    }
    #settle(etag) {
      this.#channel = this.#pending.channel;
      this.#etag = etag;
      this.#pending = null;
    }

    remove() {
      return this.#share.remove();
    }
    state() {
      return this.#share.state();
    }
  }

  return Object.freeze({
    Failure, Secret, Channel, Session, browser, seal, open, claimProof, claimVerifier, parseLink, urlText,
    parseInformation, informationText, indented,
  });
})();

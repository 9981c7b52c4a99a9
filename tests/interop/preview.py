#!/usr/bin/env python3
"""The two faces of a share's URL, as others see them: who gets which, what readers of link previews make of the page,
what hostile texts do to it, and that looking changes nothing. Held against a running relay.

    preview.py --relay PATH [--only WORD]

tests/interop/install installs the readers. Everything stays on loopback.
"""

import argparse
import base64
import collections
import hashlib
import json
import pathlib
import random
import re
import sqlite3
import struct
import subprocess
import sys
import tempfile
import traceback
import unicodedata
import uuid

sys.dont_write_bytecode = True

from bench import FOLDER, document, expect, expect_equal  # noqa: E402
from raw_http import Connection  # noqa: E402

sys.path.insert(0, str(FOLDER.parent))
from running_relay import RunningRelay, store_in  # noqa: E402

VECTORS = FOLDER.parent / "vectors"
ORIGIN = "https://relay.example"  # what the relay is told to call itself; nothing here ever asks there
NAME = "Example Relay"
LANGUAGES = {"en": "en_US", "de": "de_DE", "fr": "fr_FR", "es": "es_ES", "ja": "ja_JP", "ar": "ar_AR"}
READERS = ("open-graph-scraper", "unfurl.js", "url-metadata", "link-preview-js")
CRAWLER = [("User-Agent", "Twitterbot/1.0")]
JSON = [("Accept", "application/json")]
HEAD_BYTES = 4000  # all that the tightest reader looks at
LOCK_INFO = ('<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
             "<D:locktype><D:write/></D:locktype></D:lockinfo>")


def node(script, *arguments, text=""):
    done = subprocess.run(["node", str(FOLDER / "npm" / script), *arguments], input=text.encode(), capture_output=True,
                          timeout=120, check=False)
    expect(done.returncode == 0, f"{script} {arguments[:1]} failed; run tests/interop/install if it finds no package: "
                                 f"{done.stderr.decode()}")
    return json.loads(done.stdout)


# A row of tests/vectors/user_agents.tsv, with one choice of what it leaves open.
Agent = collections.namedtuple("Agent", "name headers face")


def agents():
    found = []
    for line in (VECTORS / "user_agents.tsv").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, agent, accept, others, face, _ = line.split("\t")
        for accepts in [[], ["*/*"]] if accept == "?" else [[] if accept == "-" else accept.split(" || ")]:
            headers = [("User-Agent", agent)] if agent != "-" else []
            headers += [("Accept", value) for value in accepts]
            headers += [tuple(other.split(": ", 1)) for other in others.split(" | ")] if others != "-" else []
            found.append(Agent(name, headers, face))
    expect(len(found) > 100, "the table of user agents is read")
    return found


class Share:
    """A share with the URLs it can be read at, and its devices' claims if it is a claimed one."""

    def __init__(self, identifier, sender=None):
        self.identifier = identifier
        self.document = f"/v1/{identifier}/share.json"
        self.collection = f"/v1/{identifier}/"
        self.mailbox = f"/v1/m/{identifier}"
        self.sender = sender

    def urls(self):
        return self.document, self.collection, self.mailbox


class Relay:
    """A running relay with one connection to it."""

    def __init__(self, process, folder):
        self.process = process
        self.store = folder / "shares.db"
        self._connection = None

    def connect(self):
        """Begins anew, whatever the connection before has gone through."""
        if self._connection:
            self._connection.socket.close()
        self._connection = Connection(self.process.port)

    def ask(self, method, target, headers=(), body=None, host=None):
        """One request, header for header."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host or self._connection.host}"]
        lines += [f"{name}: {value}" for name, value in headers]
        data = body.encode() if isinstance(body, str) else body or b""
        if body is not None:
            lines.append(f"Content-Length: {len(data)}")
        self._connection.send("\r\n".join([*lines, "", ""]).encode("utf-8") + data)
        return self._connection.read(head=method == "HEAD")

    def expect(self, status, *arguments, **named):
        answer = self.ask(*arguments, **named)
        expect(answer.status == status, f"{arguments[:2]}: expected {status}, got {answer.status} {answer.body!r}")
        return answer

    def make_share(self, display=None, claimed=False):
        content = {"payload": {"type": "AEAD_AES_256_GCM", "data": "AAAA"}, "displayInformation": display or {}}
        sender = str(uuid.uuid4()) if claimed else None
        headers = [("Mailbox-Device-Claim", sender)] if claimed else []
        answer = self.expect(201, "POST", "/v1/", headers, json.dumps(content, ensure_ascii=False))
        return Share(answer.get("Location").rsplit("/", 2)[1], sender)

    def page(self, target, headers=()):
        """The page at a target, as bytes."""
        return self.expect(200, "GET", target, [*CRAWLER, *headers]).body


RULES = []


def rule(function):
    RULES.append(function)
    return function


# ---- who gets what ----


def face_of(answer):
    return "page" if (answer.get("Content-Type") or "").startswith("text/html") else "json"


@rule
def every_agent_gets_its_face_by_get_and_head_at_every_url_of_a_share(relay):
    share = relay.make_share({"title": "Ada's car"})
    for agent in agents():
        for method in ("GET", "HEAD"):
            for url in share.urls():
                what = f"{method} {url.replace(share.identifier, 'ID')} by {agent.name}"
                answer = relay.ask(method, url, agent.headers)
                expect_equal(face_of(answer), agent.face, what)
                expect_equal(answer.all("Vary"), ["Accept, Accept-Language, User-Agent"], f"Vary, {what}")
                expect_equal(answer.get("Cache-Control"), "no-store, no-transform", f"Cache-Control, {what}")
                if agent.face == "page" or url == share.document:
                    expect(answer.status in (200, 206), f"{what}: status {answer.status}")
                if agent.face == "json" and url == share.document:
                    expect_equal(answer.get("Content-Type"), "application/json", f"Content-Type, {what}")


@rule
def both_faces_can_be_asked_for_by_format(relay):
    share = relay.make_share()
    for agent in agents():
        for face, word in (("page", "html"), ("json", "json")):
            answer = relay.ask("GET", f"{share.document}?v=c&format={word}", agent.headers)
            expect_equal(face_of(answer), face, f"format={word} by {agent.name}")


@rule
def a_share_that_is_not_there_has_the_same_two_faces(relay):
    for agent in agents():
        for target in (f"/v1/{uuid.uuid4()}/share.json", f"/v1/m/{uuid.uuid4()}", "/v1/not-an-id/share.json"):
            answer = relay.expect(404, "GET", target, agent.headers)
            expect_equal(face_of(answer), agent.face, f"the 404 for {agent.name}")


# ---- independent readers ----

# vertical, what the sender wrote, the picture
OFFERS = (
    ("c", {"title": "Ada's <car> & \"keys\"", "description": "For the weekend"}, "car"),
    ("h", {"title": "Summer house"}, "home"),
    ("a", {"title": "Grand Hotel", "description": "Room key"}, "hotel"),
    ("a", {"description": "\U0001F511 Büro 日本"}, "general"),
    ("", {}, "general"),
)


def expected_preview(texts, display, kind):
    """What the templates of www/ make of a share, worked out once more."""
    values = {"offer": texts[f"{kind}.offer"], "sender_title": display.get("title"),
              "sender_description": display.get("description")}

    def filled(key):
        return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], texts[key])

    return {"title": filled("preview.titled") if "title" in display else values["offer"],
            "description": filled("preview.described" if "description" in display else "preview.undescribed"),
            "siteName": NAME, "type": "website", "imageType": "image/png", "imageWidth": 1200, "imageHeight": 630,
            "imageAlt": texts[f"{kind}.alt"], "images": 1, "card": "summary_large_image", "charset": "utf-8"}


def texts_of(language):
    lines = (FOLDER.parents[1] / "www" / "texts" / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(" = ", 1) for line in lines if " = " in line and not line.startswith("#"))


def expect_picture(relay, url, kind):
    expect(re.fullmatch(rf"{re.escape(ORIGIN)}/assets/{kind}\.[0-9a-f]+\.png", url), f"the picture {url}")
    answer = relay.expect(200, "GET", url[len(ORIGIN):], CRAWLER)
    expect_equal(answer.get("Content-Type"), "image/png", "Content-Type of the picture")
    expect_equal(answer.get("Cross-Origin-Resource-Policy"), "cross-origin", "policy of the picture")
    expect_equal(answer.body[:8], b"\x89PNG\r\n\x1a\n", "signature of the picture")
    expect_equal(struct.unpack(">II", answer.body[16:24]), (1200, 630), "size of the picture")
    expect(answer.body[25] in (0, 2, 3) and b"tRNS" not in answer.body, "the picture has no alpha")
    expect(len(answer.body) < 200_000, f"the picture has {len(answer.body)} bytes")


def read_by(relay, reader, language):
    texts = texts_of(language)
    wanted, urls = [], []
    for vertical, display, kind in OFFERS:
        query = f"?v={vertical}" if vertical else ""
        for claimed in (False, True):
            share = relay.make_share(display, claimed)
            for path in (share.document, share.mailbox):
                urls.append(f"http://127.0.0.1:{relay.process.port}{path}{query}")
                wanted.append({**expected_preview(texts, display, kind), "url": ORIGIN + path + query,
                               "locale": LANGUAGES[language], "language": language, "kind": kind})
    for seen, known in zip(node("read_preview.mjs", reader, *urls), wanted):
        what = f"of a {known['kind']} key in {language}"
        expect({"title", "description", "image", "siteName"} <= set(seen), f"{reader} saw only {seen}")
        expect_picture(relay, seen.pop("image"), known["kind"])
        if "imageSecure" in seen:
            expect_picture(relay, seen.pop("imageSecure"), known["kind"])
        known.update(pageTitle=known["title"], pageDescription=known["description"])
        for member, value in seen.items():
            expect_equal(value, known[member], f"{member} {what}, as {reader} reads it")


@rule
def open_graph_scraper_reads_every_kind_of_share(relay):
    read_by(relay, "open-graph-scraper", "en")


@rule
def unfurl_reads_every_kind_of_share(relay):
    read_by(relay, "unfurl.js", "en")


@rule
def url_metadata_reads_every_kind_of_share(relay):
    read_by(relay, "url-metadata", "en")


@rule
def link_preview_js_reads_every_kind_of_share(relay):
    read_by(relay, "link-preview-js", "en")


@rule
def every_reader_reads_the_relays_own_language(relay):
    for reader in READERS:
        read_by(relay.other("ja"), reader, "ja")


# ---- what a sender can do to the page ----

OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
HIDDEN = OVERRIDES + "\u200b\u2060\u2061\u2062\u2063\u2064\u00ad\ufeff\u180e\ufff9\ufffa\ufffb\U000e0041"
CONTROLS = "".join(chr(code) for code in [*range(0x20), *range(0x7F, 0xA0)])
MARKUP = (
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "</title></head><body onload=alert(1)>",
    "</script><script src=//evil.example></script>",
    "</style><style>*{display:none}</style>",
    '<meta property="og:url" content="https://evil.example">',
    "<!--", "-->", "<![CDATA[ ]]>", "<?php ?>", "<svg/onload=alert(1)>",
    "&lt;b&gt; &amp;amp; &#60;i&#62; &quot; &apos; &nbsp",
    "{{style}} {{{script}}} {{sender_title}}",
    "` onfocus=alert(1) autofocus=`",
    "javascript:alert(1)", "a\\\" b\\u003cscript", "=\"' <>&",
)
LONG = (
    "a" * 10_000, '"' * 10_000, "&<>'" * 2_500, "\u00e4" * 5_000, "\U0001F511" * 2_500, "\u0416" * 5_000,
    "\u05d0" * 5_000, "\u0627" * 5_000, "\u0e01\u0e34" * 1_666, "\u65e5" * 3_333, "\U00020000" * 2_500,
    "\U0001F468\u200D\U0001F469\u200D\U0001F467 " * 500, "\U0001F1E6\U0001F1F9" * 1_250, "\ufdfd" * 1_000,
)
UNSEEN = (
    f"a{OVERRIDES}b", "\u202eelpmaxe.live", "\u2066" * 3_000, f"a{HIDDEN}b", "\u200b" * 3_333, CONTROLS,
    f"x{CONTROLS}y", "a\x00b", "\x1b[2J\x1b[31mred", "\r\nSet-Cookie: a=b\r\n\r\n<html>", "\u2028\u2029\u0085",
)
MARKS = ("Z" + "\u0301\u0323\u0489" * 1_666, "\u0301" * 3_000, "e\u0301" * 3_333)


def skeleton(page):
    """A parsed page without the words in it: its elements, in order, with the names of their attributes."""
    return [(element["name"], sorted(element["attributes"])) for element in page]


def words_of(page):
    """All that a person or a reader could be shown."""
    return "".join(element["text"] + "".join(element["attributes"].values()) for element in page
                   if element["name"] not in ("script", "style"))


def property_of(page, name):
    found = [element["attributes"]["content"] for element in page
             if name in (element["attributes"].get("property"), element["attributes"].get("name"))]
    expect_equal(len(found), 1, f"how often there is {name}")
    return found[0]


def pages_with(relay, texts, languages=("en",)):
    """(text, language, page) for each of the texts as title and as description, of every vertical."""
    seen = []
    for text in texts:
        share = relay.make_share({"title": text, "description": text})
        for language in languages:
            for vertical in ("c", "h", "a"):
                page = relay.page(f"{share.document}?v={vertical}", [("Accept-Language", language)])
                seen.append((text, language, page))
    return seen


def parsed_pages_with(relay, texts, languages=("en",)):
    """(text, elements) for the same pages."""
    seen = pages_with(relay, texts, languages)
    parsed = node("parse_pages.mjs", text=json.dumps([page.decode("utf-8") for _, _, page in seen]))
    return [(text, elements) for (text, _, _), elements in zip(seen, parsed)]


@rule
def no_text_of_a_sender_changes_what_the_page_is_made_of(relay):
    [(_, plain), *_] = parsed_pages_with(relay, ["plain"])
    for text, page in parsed_pages_with(relay, [*MARKUP, *LONG]):
        expect_equal(skeleton(page), skeleton(plain), f"elements and attributes with {text[:40]!r}")
        for name in ("script", "style"):
            expect_equal([element["text"] for element in page if element["name"] == name],
                         [element["text"] for element in plain if element["name"] == name], f"{name} with {text[:40]!r}")


@rule
def the_policy_names_each_script_and_style_of_the_page_and_nothing_else(relay):
    share = relay.make_share({"title": "Ada"})
    answer = relay.expect(200, "GET", share.document, CRAWLER)
    policy = answer.get("Content-Security-Policy")
    [page] = node("parse_pages.mjs", text=json.dumps([answer.body.decode("utf-8")]))
    for name in ("script", "style"):
        hashes = {"'sha256-%s'" % base64.b64encode(hashlib.sha256(element["text"].encode()).digest()).decode()
                  for element in page if element["name"] == name}
        expect(hashes, f"there is a {name}")
        expect_equal(set(re.search(rf"{name}-src ([^;]*)", policy)[1].split()), hashes, f"hashes of {name}-src")


@rule
def markup_is_shown_as_the_text_it_is(relay):
    for text, page in parsed_pages_with(relay, MARKUP):
        for name in ("og:title", "description", "og:description"):
            shown = property_of(page, name)
            inner = re.search("“(.*)”", shown, re.S)
            expect(inner, f"{name} frames the sender's words: {shown!r}")
            cut = inner[1][:-1] if inner[1].endswith("…") else None
            expect(inner[1] == text or cut is not None and text.startswith(cut) and len(cut) > 20,
                   f"{name} is {inner[1]!r}, not {text!r}")


@rule
def characters_that_only_turn_or_hide_text_are_not_passed_on(relay):
    forbidden = set(HIDDEN + CONTROLS) - {"\n"}
    for text, page in parsed_pages_with(relay, UNSEEN, ("en", "ar")):
        words = words_of(page)
        expect(not forbidden & set(words), f"{forbidden & set(words)} of {text[:40]!r}")
        for name in ("og:title", "og:description"):
            value = property_of(page, name)
            expect("\n" not in value and "\u2028" not in value and "\u2029" not in value, f"lines in {name}")


@rule
def a_text_of_nothing_visible_is_no_text(relay):
    offers = {texts_of("en")[f"{kind}.offer"] for kind in ("car", "home", "general")}
    for text, page in parsed_pages_with(relay, ("\u200b" * 3_333, OVERRIDES, "\x00", " \t\u3000", "\u2028")):
        expect(property_of(page, "og:title") in offers, f"the title with {text[:4]!r} is {property_of(page, 'og:title')}")


@rule
def marks_cannot_pile_up_over_the_relays_own_words(relay):
    for text, page in parsed_pages_with(relay, MARKS):
        run = longest = 0
        for character in words_of(page):
            run = run + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
            longest = max(longest, run)
        expect(longest <= 3, f"{longest} marks on one character of {text[:10]!r}")


@rule
def what_is_no_text_is_refused_and_nothing_of_it_kept(relay):
    for title in (r"\ud800", r"\udc00\ud800", r"a\udfff"):
        content = '{"payload":{"type":"AEAD_AES_256_GCM","data":"AAAA"},"displayInformation":{"title":"%s"}}' % title
        relay.expect(422, "POST", "/v1/", body=content)
    for title in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"):
        content = b'{"payload":{"type":"AEAD_AES_256_GCM","data":"AAAA"},"displayInformation":{"title":"%s"}}' % title
        relay.expect(422, "POST", "/v1/", body=content)


@rule
def all_tags_stand_within_the_first_4000_bytes_whatever_the_texts(relay):
    for text, language, page in pages_with(relay, [*LONG, *MARKUP], LANGUAGES):
        what = f"{text[:10]!r} in {language}"
        expect(len(page) < 32_000, f"a page of {len(page)} bytes with {what}")
        tags = [page.rindex(b">", 0, page.index(b"\n", found.start())) for found in
                re.finditer(rb"<(title|meta name=\"(description|twitter:)|meta property=\"og:)", page)]
        expect_equal(len(tags), 16, f"tags with {what}")
        expect(max(tags) < HEAD_BYTES, f"the last tag ends at byte {max(tags)} with {what}")
        for value in re.findall(rb'content="([^"]*)"', page[:HEAD_BYTES]):
            expect(len(value.decode()) < 300, f"a value of {len(value.decode())} characters with {what}")


@rule
def the_page_speaks_the_language_that_is_asked_for(relay):
    share = relay.make_share({"title": "Ada"})
    for language, locale in LANGUAGES.items():
        for path in (share.document, share.mailbox):
            answer = relay.expect(200, "GET", path, [*CRAWLER, ("Accept-Language", f"{language}-XX, xx;q=0.5")])
            expect_equal(answer.get("Content-Language"), language, "Content-Language")
            expect(f'<meta property="og:locale" content="{locale}">'.encode() in answer.body, f"og:locale {locale}")


# ---- whose relay it is ----

EVIL = "evil.example"
SPOOFS = (
    {"host": EVIL},
    {"host": f"{EVIL}:80"},
    {"headers": [("X-Forwarded-Host", EVIL), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Port", "81")]},
    {"headers": [("X-Host", EVIL), ("X-Original-Host", EVIL), ("X-HTTP-Host-Override", EVIL), ("X-Forwarded-Server", EVIL)]},
    {"headers": [("Forwarded", f"for=127.0.0.1;host={EVIL};proto=http")]},
    {"headers": [("X-Original-URL", f"http://{EVIL}/"), ("X-Rewrite-URL", f"http://{EVIL}/"), ("Via", f"1.1 {EVIL}")]},
    {"headers": [("Origin", f"http://{EVIL}"), ("Referer", f"http://{EVIL}/"), ("From", f"a@{EVIL}")]},
    {"prefix": f"http://{EVIL}"},
    {"prefix": f"https://{EVIL}:444", "host": EVIL},
    {"prefix": f"http://user@{EVIL}", "host": EVIL},
)


@rule
def no_host_that_a_request_names_gets_into_an_answer(relay):
    share = relay.make_share({"title": "Ada"})
    reads = [*share.urls(), f"{share.document}?v=c", f"{share.document}?v=c&format=json", "/", "/v1/",
             f"/v1/{uuid.uuid4()}/share.json", "/robots.txt", "/.well-known/assetlinks.json"]
    writes = [("POST", "/v1/", document("x"), 201), ("PUT", "/v1/new/share.json", document("x"), 307),
              ("POST", "/v1/m", document("x"), None), ("PROPFIND", share.document, "", 207),
              ("PUT", f"/v1/{uuid.uuid4()}/share.json", document("x"), 409), ("OPTIONS", share.document, None, 200)]
    for spoof in SPOOFS:
        prefix, host, headers = spoof.get("prefix", ""), spoof.get("host"), spoof.get("headers", [])

        def ask(method, target, more=(), body=None):
            with Connection(relay.process.port) as connection:  # some answers end theirs
                lines = [f"{method} {prefix}{target} HTTP/1.1", f"Host: {host or connection.host}"]
                lines += [f"{name}: {value}" for name, value in (*more, *headers)]
                lines += [] if body is None else [f"Content-Length: {len(body)}"]
                connection.send("\r\n".join([*lines, "", ""]).encode() + (body.encode() if isinstance(body, str) else body or b""))
                answer = connection.read(head=method == "HEAD")
            said = "\r\n".join(f"{name}: {value}" for name, value in answer.fields) + answer.body.decode("utf-8")
            expect(EVIL not in said, f"{method} {target.replace(share.identifier, 'ID')} with {spoof} says {said[:200]}")
            for location in answer.all("Location"):
                expect(location.startswith(ORIGIN + "/v1/"), f"{method} {target} leads to {location}")
            return answer

        for target in reads:
            for more in (CRAWLER, JSON):
                for method in ("GET", "HEAD"):
                    ask(method, target, more)
        page = ask("GET", f"{share.document}?v=c", CRAWLER).body.decode("utf-8")
        if "user@" not in prefix:
            expect(f'<meta property="og:url" content="{ORIGIN}{share.document}?v=c">' in page, f"og:url with {spoof}")
            for method, target, body, status in writes:
                answer = ask(method, target, [("Depth", "0")], body)
                expect(status in (None, answer.status), f"{method} {target} with {spoof}: {answer.status}")


# ---- looking changes nothing ----


def stored(relay):
    """All that the store holds."""
    with sqlite3.connect(f"file:{relay.store}?mode=ro", uri=True) as database:
        return database.execute("SELECT id, version, expires, record FROM share ORDER BY id").fetchall()


def state_of(relay, share):
    """What the relay tells about a share, to a device that may ask."""
    claim = [("Mailbox-Device-Claim", share.sender)] if share.sender else []
    content = relay.expect(200, "GET", share.document, [*JSON, *claim])
    properties = relay.expect(207, "PROPFIND", share.collection, [("Depth", "1")]).body
    return (content.body, content.get("ETag"), content.get("Last-Modified"), content.get("Sunset"),
            re.sub(rb"Second-\d+", b"Second-N", properties), relay.ask("GET", share.mailbox, [*JSON, *claim]).body)


@rule
def a_thousand_reads_change_nothing(relay):
    open_share = relay.make_share({"title": "open"})
    locked = relay.make_share({"title": "locked"})
    relay.expect(200, "LOCK", locked.document, [("Timeout", "Second-3600")], LOCK_INFO)
    waiting = relay.make_share({"title": "claimed by nobody yet"}, claimed=True)
    taken = relay.make_share({"title": "claimed"}, claimed=True)
    relay.expect(200, "POST", taken.document, [("Mailbox-Device-Claim", str(uuid.uuid4()))], "")
    shares = (open_share, locked, waiting, taken)
    before = stored(relay), [state_of(relay, share) for share in shares]
    etags = [state[1] for state in before[1]]
    expect(all(etags), "every share has a tag")

    chance = random.Random(5)
    statuses = collections.Counter()
    table = agents()
    for number in range(1000):
        share, etag = chance.choice(list(zip(shares, etags)))
        agent = table[number % len(table)]
        extra = chance.choice([
            [], [], [("Range", "bytes=0-9")], [("Range", "bytes=-5")], [("If-None-Match", etag)], [("If-None-Match", "*")],
            [("If-None-Match", etag), ("Prefer", "wait=0")], [("Prefer", "wait=0")], [("If-Match", '"stale"')],
            [("If-Modified-Since", "Sat, 21 Nov 2037 00:00:00 GMT")], [("Mailbox-Device-Claim", str(uuid.uuid4()))],
            [("Mailbox-Request-ID", str(uuid.uuid4()))], [("Translate", "f")], [("If", "(<urn:uuid:none>)")],
        ])
        sent = {name.lower() for name, _ in agent.headers}
        headers = agent.headers + [field for field in extra if field[0].lower() not in sent]
        query = chance.choice(["", "", "?v=c", "?v=h", "?format=json", "?format=html", "?v=a&format=json"])
        answer = relay.ask(chance.choice(["GET", "GET", "HEAD"]), chance.choice(share.urls()) + query, headers)
        expect(answer.status < 500, f"status {answer.status} for {agent.name}")
        statuses[answer.status] += 1
    expect({200, 206, 304, 401, 412} <= set(statuses), f"the reads are mixed: {dict(statuses)}")

    expect_equal([row[:3] for row in stored(relay)], [row[:3] for row in before[0]], "identifiers, versions and ends")
    expect(stored(relay) == before[0], "a record in the store is another one now")
    for share, then in zip(shares, before[1]):
        expect_equal(state_of(relay, share), then, "what the relay tells of a share")
    # The share nobody claimed is still to be had.
    relay.expect(200, "POST", waiting.document, [("Mailbox-Device-Claim", str(uuid.uuid4()))], "")


class Relays:
    """The relay that rules are held against, and others like it in another language."""

    def __init__(self, program, folder):
        self._program = program
        self._folder = folder
        self._relays = {}

    def get(self, language="en"):
        if language not in self._relays:
            folder = self._folder / language
            process = RunningRelay(self._program, store_in(folder), "limits.rate=off", f"public.origin={ORIGIN}",
                                   f"preview.name={NAME}", f"preview.language={language}", "log.level=error")
            self._relays[language] = Relay(process, folder)
            self._relays[language].other = self.get
        self._relays[language].connect()
        return self._relays[language]

    def stop(self):
        for relay in self._relays.values():
            relay.process.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--relay", required=True, type=pathlib.Path, metavar="PATH", help="the relay's binary")
    parser.add_argument("--only", default="", metavar="WORD", help="only rules with WORD in their name")
    options = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="tigress-preview-") as folder:
        relays = Relays(options.relay.resolve(), pathlib.Path(folder))
        try:
            for function in RULES:
                if options.only not in function.__name__:
                    continue
                try:
                    function(relays.get())
                    passed += 1
                    print("passed", function.__name__, flush=True)
                except Exception as error:  # whatever it was, the next rule is worth a try
                    failed += 1
                    print("FAILED", function.__name__, flush=True)
                    print("      ", error if isinstance(error, AssertionError) else traceback.format_exc(), flush=True)
        finally:
            relays.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

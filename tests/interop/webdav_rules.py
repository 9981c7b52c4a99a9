#!/usr/bin/env python3
"""The WebDAV rules for which bytes on the wire matter, held against a running relay.

Speaks HTTP over raw sockets, as a stock client library would hide what is asked here. One function per
rule, named after it; the other rules are tested without a socket in tests/server/dav.

    webdav_rules.py --relay PATH [--only WORD]
"""

import argparse
import email.utils
import pathlib
import re
import sys
import threading
import time
import traceback
import uuid
import xml.etree.ElementTree as ElementTree

from raw_http import PATIENCE, Closed, Connection, render

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from running_relay import RunningRelay  # noqa: E402

JSON = {"Accept": "application/json"}
DAV = "{DAV:}"
NOPE = '"nope"'
LOCKINFO = (
    '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
    "<D:locktype><D:write/></D:locktype>%s</D:lockinfo>"
)
PROPFIND = '<D:propfind xmlns:D="DAV:"><D:prop>%s</D:prop></D:propfind>'


def document(text="x"):
    """A share.json."""
    return '{"payload":{"type":"AEAD_AES_256_GCM","data":"AAAA"},"text":"%s"}' % text


def check(truth, what):
    if not truth:
        raise AssertionError(what)


def equal(got, expected, what):
    if got != expected:
        raise AssertionError("%s: expected %r, got %r" % (what, expected, got))


def among(got, expected, what):
    if got not in expected:
        raise AssertionError("%s: expected one of %r, got %r" % (what, expected, got))


class Relay(RunningRelay):
    """A relay of our own with nothing in it, and what the rules ask it."""

    def __init__(self, program, identifiers):
        super().__init__(program, "store.url=memory:", "limits.rate=off", "log.level=error",
                         f"share.identifiers={identifiers}")
        self.identifiers = identifiers

    def connect(self):
        return Connection(self.port)

    def ask(self, *arguments, **named):
        with self.connect() as connection:
            return connection.ask(*arguments, **named)

    def make_share(self, text="x"):
        """The path of a new share's document."""
        answer = self.ask("POST", "/v1/", body=document(text))
        equal(answer.status, 201, "POST /v1/")
        return "/" + answer.get("Location").split("/", 3)[3]

    def etag(self, path):
        answer = self.ask("GET", path, JSON)
        equal(answer.status, 200, "GET")
        return answer.get("ETag")

    def lock(self, path):
        """The token of a new exclusive lock."""
        answer = self.ask("LOCK", path, {"Timeout": "Second-300"}, LOCKINFO % "")
        equal(answer.status, 200, "LOCK")
        return answer.get("Lock-Token")[1:-1]


def collection_of(path):
    return path[: path.rindex("/") + 1]


def in_parallel(count, act):
    """What `act(i, go)` gives in `count` threads that call go() at one moment."""
    barrier = threading.Barrier(count)
    results = [None] * count

    def run(i):
        results[i] = act(i, lambda: barrier.wait(PATIENCE))

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(3 * PATIENCE)
    return results


RULES = []


def rule(function=None, *, identifiers="server"):
    """Registers a rule for a relay that names shares as said."""
    if function is None:
        return lambda actual: rule(actual, identifiers=identifiers)
    RULES.append((function, identifiers))
    return function


# ---- LOCK ----


@rule
def rule_1_a_new_lock_tells_its_token_in_header_and_body(relay):
    path = relay.make_share()
    answer = relay.ask("LOCK", path, {"Depth": "0", "Timeout": "Second-300"}, LOCKINFO % "")
    equal(answer.status, 200, "LOCK")
    equal(answer.get("Content-Type"), 'application/xml; charset="utf-8"', "Content-Type")
    token = answer.xml().find("%slockdiscovery/%sactivelock/%slocktoken/%shref" % (DAV, DAV, DAV, DAV))
    equal("<%s>" % token.text, answer.get("Lock-Token"), "Lock-Token")


@rule
def rule_4_the_owner_comes_back_as_the_same_infoset(relay):
    owners = [
        '<D:owner>a<x:who xmlns:x="urn:x" x:k="1">b<D:href>c</D:href>d</x:who>e</D:owner>',
        '<D:owner xml:lang="de"><y xmlns="">\u00e4 &amp; &lt; &#x1F511;</y></D:owner>',
        '<D:owner xmlns:D="DAV:" xmlns:p="urn:a&amp;b" p:q="&quot;">\n <p:r/>\n</D:owner>',
    ]

    def infoset(element):
        children = [infoset(child) for child in element]
        return element.tag, sorted(element.attrib.items()), element.text or "", children, element.tail or ""

    for owner in owners:
        path = relay.make_share()
        sent = ElementTree.fromstring(LOCKINFO % owner).find(DAV + "owner")
        equal(relay.ask("LOCK", path, {}, (LOCKINFO % owner).encode()).status, 200, "LOCK")
        found = relay.ask("PROPFIND", path, {"Depth": "0"}, PROPFIND % "<D:lockdiscovery/>").xml()
        equal(infoset(found.find(".//%sowner" % DAV)), infoset(sent), "owner")


@rule
def rule_10_a_lock_whose_time_is_up_is_gone(relay):
    path = relay.make_share()
    answer = relay.ask("LOCK", path, {"Timeout": "Second-1"}, LOCKINFO % "")
    token = answer.get("Lock-Token")
    equal(relay.ask("PUT", path, body=document()).status, 423, "PUT at once")
    time.sleep(1.1)
    equal(relay.ask("PUT", path, body=document()).status, 204, "PUT after a second")
    equal(relay.ask("UNLOCK", path, {"Lock-Token": token}).status, 409, "UNLOCK after a second")


@rule
def rule_15_of_eight_concurrent_exclusive_locks_one_wins(relay):
    for _ in range(5):
        path = relay.make_share()

        def act(_, go):
            with relay.connect() as connection:
                go()
                return connection.ask("LOCK", path, {}, LOCKINFO % "").status

        equal(sorted(in_parallel(8, act)), [200] + [423] * 7, "eight LOCKs")
        found = relay.ask("PROPFIND", path, {"Depth": "0"}, PROPFIND % "<D:lockdiscovery/>").xml()
        equal(len(found.findall(".//%sactivelock" % DAV)), 1, "locks")


@rule
def rule_29_a_lock_without_a_body_makes_no_lock(relay):
    path = relay.make_share()
    bodyless = [("Content-Length: 0\r\n", ""), ("", ""), ("Transfer-Encoding: chunked\r\n", "0\r\n\r\n")]
    with relay.connect() as connection:
        for fields, body in bodyless:
            connection.send("LOCK %s HTTP/1.1\r\nHost: h\r\n%s\r\n%s" % (path, fields, body))
            equal(connection.read().status, 400, "LOCK without a body (%r)" % fields)
        found = connection.ask("PROPFIND", path, {"Depth": "0"}, PROPFIND % "<D:lockdiscovery/>").xml()
        equal(found.findall(".//%sactivelock" % DAV), [], "locks")


@rule
def rule_39_the_answer_to_unlock_ends_with_its_head(relay):
    path = relay.make_share()
    token = relay.lock(path)
    with relay.connect() as connection:
        unlock = render(connection.host, "UNLOCK", path, {"Lock-Token": "<%s>" % token})
        connection.send(unlock + render(connection.host, "PUT", path, {}, document()))
        answer = connection.read()
        equal(answer.status, 204, "UNLOCK")
        equal(answer.all("Content-Length"), [], "Content-Length of a 204")
        equal(connection.read().status, 204, "PUT behind it")


# ---- If ----


@rule
def rule_44_two_if_fields_are_no_list_of_two(relay):
    path = relay.make_share()
    etag = relay.etag(path)
    with relay.connect() as connection:
        body = document("changed")
        fields = "If: ([%s])\r\n" % etag * 2
        connection.send(
            "PUT %s HTTP/1.1\r\nHost: h\r\n%sContent-Length: %d\r\n\r\n%s" % (path, fields, len(body), body)
        )
        equal(connection.read().status, 400, "PUT with two If fields")
        equal(connection.ask("GET", path, JSON).get("ETag"), etag, "ETag")


@rule
def rule_53_a_tag_with_the_host_the_client_sees(relay):
    path = relay.make_share()
    token = relay.lock(path)
    with relay.connect() as connection:
        for scheme in ("http", "https"):
            tagged = {"If": "<%s://%s%s> (<%s>)" % (scheme, connection.host, path, token)}
            equal(connection.ask("PUT", path, tagged, document(scheme)).status, 204, "PUT with " + scheme)
        foreign = {"If": "<http://elsewhere.example%s> (<%s>)" % (path, token)}
        equal(connection.ask("PUT", path, foreign, document()).status, 412, "PUT with a foreign host")


@rule
def rule_59_a_long_header_breaks_nothing(relay):
    path = relay.make_share()
    etag = relay.etag(path)
    lists = " ".join('(["x%d"])' % i for i in range(300)) + " ([%s])" % etag
    with relay.connect() as connection:
        equal(connection.ask("PUT", path, {"If": lists}, document("long")).status, 204, "PUT with 300 lists")
    etag = relay.etag(path)
    for size in (20000, 200000):
        with relay.connect() as connection:
            connection.send(render(connection.host, "PUT", path, {"If": '(["%s"])' % ("x" * size)}, document()))
            equal(connection.read().status, 431, "PUT with %d bytes of header" % size)
            check(connection.is_closed(), "the connection goes on behind a header that was not read")
    with relay.connect() as connection:
        connection.send(render(connection.host, "GET", "/v1/" + "x" * 10000))
        equal(connection.read().status, 414, "GET of a very long target")
    equal(relay.etag(path), etag, "ETag")


# ---- conditions ----


@rule
def rule_64_of_eight_concurrent_puts_with_one_etag_one_wins(relay):
    for _ in range(5):
        path = relay.make_share()
        etag = relay.etag(path)

        def act(i, go):
            with relay.connect() as connection:
                go()
                answer = connection.ask("PUT", path, {"If-Match": etag}, document("by %d" % i))
                return answer.status, i, answer.get("ETag")

        results = sorted(in_parallel(8, act), key=lambda result: result[0])
        equal([status for status, _, _ in results], [204] + [412] * 7, "eight PUTs")
        stored = relay.ask("GET", path, JSON)
        equal(stored.body.decode(), document("by %d" % results[0][1]), "what the winner wrote")
        equal(stored.get("ETag"), results[0][2], "the winner's ETag")


@rule
def rule_65_a_304_ends_with_its_head(relay):
    path = relay.make_share()
    etag = relay.etag(path)
    with relay.connect() as connection:
        known = dict(JSON, **{"If-None-Match": "W/" + etag})
        connection.send(render(connection.host, "GET", path, known) + render(connection.host, "GET", path, JSON))
        answer = connection.read()
        equal(answer.status, 304, "GET of what is known")
        equal(answer.get("ETag"), etag, "ETag of the 304")
        equal(answer.all("Content-Length"), [], "Content-Length of the 304")
        equal(connection.read().status, 200, "GET behind it")


# ---- GET and HEAD ----


@rule
def rule_60_the_length_of_a_share_is_told(relay):
    path = relay.make_share("\u00e4")
    answer = relay.ask("GET", path, JSON)
    equal(answer.body, document("\u00e4").encode(), "body")
    check(re.fullmatch(r'"[^"]+"', answer.get("ETag")), "a strong ETag")
    equal(answer.get("Content-Type"), "application/json", "Content-Type")
    check(email.utils.parsedate_to_datetime(answer.get("Last-Modified")), "Last-Modified")


@rule
def rule_69_head_is_get_without_the_body(relay):
    path = relay.make_share()
    gone = path.replace(path.split("/")[2], str(uuid.uuid4()))
    for target, status in ((path, 200), (gone, 404), (collection_of(path), 200), ("/", 200)):
        with relay.connect() as connection:
            head = render(connection.host, "HEAD", target, JSON)
            get = render(connection.host, "GET", target, JSON)
            connection.send(head + get + head + get)  # in step, or the second answer is read out of a body
            for _ in range(2):
                of_head = connection.read(head=True)
                of_get = connection.read()
                equal(of_head.status, status, "HEAD " + target)
                equal(of_get.status, status, "GET " + target)
                for name in ("ETag", "Content-Type", "Content-Length", "Last-Modified"):
                    equal(of_head.get(name), of_get.get(name), "%s of HEAD %s" % (name, target))


@rule
def rule_70_the_length_of_a_part_is_the_parts(relay):
    path = relay.make_share()
    with relay.connect() as connection:
        answer = connection.ask("GET", path, dict(JSON, Range="bytes=0-3"))
        equal(answer.status, 206, "GET of a range")
        equal(answer.body, b'{"pa', "the first four bytes")
        equal(answer.get("Content-Range"), "bytes 0-3/%d" % len(document()), "Content-Range")
        answer = connection.ask("GET", path, dict(JSON, Range="bytes=9999-"))
        equal((answer.status, answer.get("Content-Range")), (416, "bytes */%d" % len(document())), "a far range")
        equal(connection.ask("GET", path, JSON).status, 200, "GET behind them")


# ---- PUT, DELETE, methods ----


@rule
def rule_77_a_put_may_come_in_chunks_without_a_type(relay):
    path = relay.make_share()
    text = document("in chunks")
    headers = {"X-Expected-Entity-Length": str(len(text))}  # as Finder sends it
    with relay.connect() as connection:
        parts = [text[i : i + 7] for i in range(0, len(text), 7)]
        equal(connection.ask("PUT", path, headers, parts).status, 204, "chunked PUT")
        equal(connection.ask("GET", path, JSON).body.decode(), text, "what was put")
        byte_by_byte = render(connection.host, "PUT", path, headers, [document("slowly")])
        for i in range(len(byte_by_byte)):
            connection.send(byte_by_byte[i : i + 1])
        equal(connection.read().status, 204, "PUT byte by byte")
        equal(connection.ask("GET", path, JSON).body.decode(), document("slowly"), "what was put")
        extended = "4;a=b\r\n" + text[:4] + "\r\n%X\r\n" % (len(text) - 4) + text[4:] + "\r\n0\r\nX-T: 1\r\n\r\n"
        connection.send("PUT %s HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n%s" % (path, extended))
        equal(connection.read().status, 204, "PUT with a chunk extension and a trailer")
        equal(connection.ask("GET", path, JSON).body.decode(), text, "what was put")
        equal(connection.ask("PUT", path, {}, "").status, 204, "PUT of nothing")
        equal(connection.ask("GET", path, JSON).body, b"", "what was put")
        equal(connection.ask("PUT", path, {}, []).status, 204, "chunked PUT of nothing")


@rule
def rule_80_a_body_that_would_be_ignored_is_refused_and_read(relay):
    path = relay.make_share()
    with relay.connect() as connection:
        for body in (LOCKINFO % "", [LOCKINFO % ""]):
            equal(connection.ask("DELETE", path, {}, body).status, 415, "DELETE with a body")
            token = {"Lock-Token": "<urn:uuid:%s>" % uuid.uuid4()}
            equal(connection.ask("UNLOCK", path, token, body).status, 415, "UNLOCK with a body")
        equal(connection.ask("GET", path, JSON).status, 200, "GET behind them")


@rule(identifiers="any")
def rule_80_the_body_of_mkcol_is_refused_and_read(relay):
    collection = "/v1/%s/" % uuid.uuid4()
    with relay.connect() as connection:
        for body in (LOCKINFO % "", [LOCKINFO % ""]):
            equal(connection.ask("MKCOL", collection, {}, body).status, 415, "MKCOL with a body")
        equal(connection.ask("MKCOL", collection, {"Content-Length": "0"}).status, 201, "MKCOL")
        answer = connection.ask("MKCOL", collection)
        equal(answer.status, 405, "MKCOL of what is there")
        check("MKCOL" not in answer.get("Allow"), "Allow")
        equal(connection.ask("PUT", collection + "share.json", {}, document()).status, 201, "PUT")


@rule
def rule_82_a_refused_method_leaves_the_connection_in_step(relay):
    path = relay.make_share()
    with relay.connect() as connection:
        answer = connection.ask("PATCH", path, {}, document("patched"))
        equal(answer.status, 405, "PATCH")
        check("PATCH" not in answer.get("Allow").split(", "), "Allow")
        equal(connection.ask("BREW", path, {}, document("brewed")).status, 501, "BREW")
        equal(connection.ask("GET", path, JSON).body.decode(), document(), "GET behind them")


# ---- PROPFIND ----


@rule
def rule_84_a_multistatus_is_xml_with_every_name_once(relay):
    path = relay.make_share()
    answer = relay.ask("PROPFIND", collection_of(path), {"Depth": "1"})
    equal(answer.status, 207, "PROPFIND")
    root = answer.xml()
    equal(root.tag, DAV + "multistatus", "root")
    hrefs = [href.text for href in root.findall("%sresponse/%shref" % (DAV, DAV))]
    equal(hrefs, [collection_of(path), path], "hrefs")
    for response in root.findall(DAV + "response"):
        names = [name.tag for name in response.findall("%spropstat/%sprop/*" % (DAV, DAV))]
        equal(sorted(names), sorted(set(names)), "property names")
        for status in response.findall("%spropstat/%sstatus" % (DAV, DAV)):
            check(re.match(r"HTTP/1\.1 \d{3} ", status.text), "status")


@rule
def rule_85_missing_properties_keep_their_namespace(relay):
    path = relay.make_share()
    names = {
        '<x:nope xmlns:x="urn:a&amp;b"/>': "{urn:a&b}nope",
        '<none xmlns=""/>': "none",
        '<q xmlns="urn:&quot;&lt;&#9;"/>': '{urn:"<\t}q',
        '<\u00e4 xmlns="urn:\u00fc"/>': "{urn:\u00fc}\u00e4",
        "<D:nope/>": "{DAV:}nope",
    }
    answer = relay.ask("PROPFIND", path, {"Depth": "0"}, (PROPFIND % "".join(names)).encode())
    equal(answer.status, 207, "PROPFIND")
    propstats = answer.xml().findall("%sresponse/%spropstat" % (DAV, DAV))
    equal([p.find(DAV + "status").text for p in propstats], ["HTTP/1.1 404 Not Found"], "statuses")
    equal([name.tag for name in propstats[0].find(DAV + "prop")], list(names.values()), "names")


@rule
def rule_93_a_propfind_may_be_utf_16_chunked_or_of_http_1_0(relay):
    path = relay.make_share()
    etag = relay.etag(path)

    def holds(answer, what):
        equal(answer.status, 207, what)
        equal(answer.xml().findtext(".//%sgetetag" % DAV), etag, what)

    text = PROPFIND % "<D:getetag/>"
    declared = '<?xml version="1.0" encoding="utf-16"?>' + text
    with relay.connect() as connection:
        depth = {"Depth": "0"}
        holds(connection.ask("PROPFIND", path, depth, b"\xff\xfe" + declared.encode("utf-16-le")), "UTF-16LE")
        holds(connection.ask("PROPFIND", path, depth, b"\xfe\xff" + declared.encode("utf-16-be")), "UTF-16BE")
        holds(connection.ask("PROPFIND", path, depth, b"\xef\xbb\xbf" + text.encode()), "UTF-8 with a mark")
        holds(connection.ask("PROPFIND", path, depth, [text[:30], text[30:]]), "chunked")
        holds(connection.ask("PROPFIND", path, dict(depth, **{"Content-Type": "text/xml"}), text), "text/xml")
    with relay.connect() as connection:
        connection.send("PROPFIND %s HTTP/1.0\r\nDepth: 0\r\nContent-Length: %d\r\n\r\n%s" % (path, len(text), text))
        holds(connection.read(), "HTTP/1.0")
        check(connection.is_closed(), "HTTP/1.0 ends with the connection")


@rule
def rule_94_bombs_and_towers_end_at_once(relay):
    path = relay.make_share()
    begun = time.monotonic()
    bomb = '<!DOCTYPE p [<!ENTITY a0 "ha">%s]>' % "".join(
        '<!ENTITY a%d "&a%d;&a%d;">' % (i, i - 1, i - 1) for i in range(1, 60)
    )
    with relay.connect() as connection:
        depth = {"Depth": "0"}
        answer = connection.ask("PROPFIND", path, depth, bomb + PROPFIND % "<a>&a59;</a>")
        among(answer.status, (400, 403), "entity bomb")
        among(connection.ask("PROPFIND", path, depth, PROPFIND % ("<a>" * 15000)).status, (400,), "tower")
        among(connection.ask("LOCK", path, {}, LOCKINFO % ("<a>" * 9000 + "</a>" * 9000)).status, (400,), "tower")
        equal(connection.ask("GET", path, JSON).status, 200, "GET behind them")
    check(time.monotonic() - begun < 3, "took longer than three seconds")


@rule
def rule_99_one_body_that_is_too_large_is_413(relay):
    path = relay.make_share()
    large = document("x" * 70000)
    for body in (large, [large[i : i + 5000] for i in range(0, len(large), 5000)]):
        for method, target in (("PUT", path), ("POST", "/v1/"), ("LOCK", path), ("PROPFIND", path)):
            with relay.connect() as connection:
                try:
                    connection.send(render(connection.host, method, target, {}, body))
                except OSError:
                    pass  # refused while we were still sending
                equal(connection.read().status, 413, "%s of 70 kB" % method)
                check(connection.is_closed(), "the connection goes on inside a body that was not read")
    equal(relay.ask("GET", path, JSON).body.decode(), document(), "what is stored")


# ---- making shares ----


@rule
def rule_100_a_share_is_made_by_post_also_in_chunks(relay):
    for body in (document("posted"), [document("posted")[:9], document("posted")[9:]]):
        answer = relay.ask("POST", "/v1/", {}, body)
        equal(answer.status, 201, "POST")
        match = re.fullmatch(r"http://localhost:%d(/v1/[0-9a-f-]{36}/share\.json)" % relay.port, answer.get("Location"))
        check(match, "Location")
        equal(relay.ask("GET", match.group(1), JSON).body.decode(), document("posted"), "what was posted")


@rule
def rule_103_a_put_is_redirected_to_where_nothing_is_yet(relay):
    locations = []
    with relay.connect() as connection:
        for _ in range(2):
            answer = connection.ask("PUT", "/v1/new/share.json", {}, document())
            equal(answer.status, 307, "PUT")
            locations.append("/" + answer.get("Location").split("/", 3)[3])
        check(locations[0] != locations[1], "two places")
        equal(connection.ask("GET", locations[0], JSON).status, 404, "GET of the place")
        equal(connection.ask("PUT", locations[0], {}, document()).status, 201, "PUT at the place")
        equal(connection.ask("PUT", locations[0], {}, document()).status, 204, "PUT once more")


# ---- HTTP underneath ----


@rule
def rule_104_host_absolute_targets_date_and_http_1_0(relay):
    path = relay.make_share()
    hosts = ("", "Host: a\r\nHost: a\r\n", "Host: a\r\nHost: b\r\n", "Host: a b\r\n", "Host: a/b\r\n", "Host: a@b\r\n")
    for fields in hosts:
        for target in (path, "http://a" + path):
            with relay.connect() as connection:
                connection.send("GET %s HTTP/1.1\r\nAccept: application/json\r\n%s\r\n" % (target, fields))
                equal(connection.read().status, 400, "GET %s with %r" % (target.replace(path, "R"), fields))
                check(connection.is_closed(), "the connection goes on")
    with relay.connect() as connection:
        for target in ("http://%s%s" % (connection.host, path), "HTTP://elsewhere.example" + path):
            equal(connection.ask("GET", target, JSON).status, 200, "absolute target")
        date = email.utils.parsedate_to_datetime(connection.ask("GET", path, JSON).get("Date"))
        check(abs(date.timestamp() - time.time()) < 60, "Date is now")
    with relay.connect() as connection:
        connection.send("GET %s HTTP/1.0\r\nAccept: application/json\r\n\r\n" % path)
        answer = connection.read()
        equal((answer.status, answer.version), (200, "HTTP/1.1"), "HTTP/1.0 without Host")
        equal(answer.get("Connection"), "close", "Connection")
        check(connection.is_closed(), "HTTP/1.0 ends with the connection")
    with relay.connect() as connection:
        keep = "GET %s HTTP/1.0\r\nConnection: Keep-Alive\r\nAccept: application/json\r\n\r\n" % path
        connection.send(keep + keep)
        equal([connection.read().status for _ in range(2)], [200, 200], "HTTP/1.0 kept alive")
    for version, status in (("HTTP/2.0", 505), ("HTTP/1.2", 505), ("http/1.1", 400), ("HTTP/1.1 ", 400), ("", 400)):
        with relay.connect() as connection:
            connection.send("GET %s %s\r\nHost: h\r\n\r\n" % (path, version))
            equal(connection.read().status, status, "version %r" % version)


@rule
def rule_105_a_body_is_never_taken_for_a_request(relay):
    path = relay.make_share()
    collection = collection_of(path)
    unknown = "/v1/%s/share.json" % uuid.uuid4()
    smuggled = "DELETE %s HTTP/1.1\r\nHost: h\r\n\r\n" % path
    locked = relay.make_share()
    relay.lock(locked)
    refused = [
        ("PUT", collection, {}, 405),
        ("PATCH", path, {}, 405),
        ("BREW", path, {}, 501),
        ("PUT", unknown, {}, 409),
        ("PUT", path, {}, 422),
        ("PUT", path, {"If-Match": NOPE}, 412),
        ("PUT", path, {"If": "junk"}, 400),
        ("PUT", path, {"Content-Range": "bytes 0-3/9"}, 400),
        ("PUT", locked, {}, 423),
        ("PUT", "/v1/%zz", {}, 400),
        ("PUT", "/v1/new/share.json", {}, 307),
        ("POST", "/v1/", {}, 422),
        ("POST", path, {}, 200),  # a read, as whoever claims a share does it
        ("DELETE", path, {}, 415),
        ("LOCK", path, {}, 400),
        ("PROPFIND", path, {"Depth": "0"}, 400),
        ("PROPFIND", unknown, {"Depth": "0"}, 404),
        ("GET", path, JSON, 200),
        ("GET", unknown, JSON, 404),
        ("OPTIONS", path, {}, 200),
    ]
    for body in (smuggled, [smuggled], [smuggled[:5], smuggled[5:]]):
        for method, target, headers, status in refused:
            with relay.connect() as connection:
                connection.send(
                    render(connection.host, method, target, headers, body)
                    + render(connection.host, "GET", path, JSON)
                )
                what = "%s with a request in its body" % method
                among(connection.read().status, status if isinstance(status, tuple) else (status,), what)
                try:
                    equal(connection.read().body.decode(), document(), "GET behind " + what)
                    check(not connection.buffered, "another answer behind " + what)
                except Closed:
                    pass  # not reading on is as safe
    equal(relay.ask("GET", path, JSON).status, 200, "the share that no body could delete")


@rule
def rule_105_requests_in_one_piece_are_answered_in_order(relay):
    path = relay.make_share()
    with relay.connect() as connection:
        requests = b""
        for i in range(20):
            requests += render(connection.host, "PUT", path, {}, document("number %d" % i))
            requests += render(connection.host, "GET", path, JSON)
        connection.send(requests)
        for i in range(20):
            equal(connection.read().status, 204, "PUT %d" % i)
            equal(connection.read().body.decode(), document("number %d" % i), "GET %d" % i)
        connection.send("\r\n" + render(connection.host, "GET", path, JSON).decode())
        equal(connection.read().status, 200, "GET behind an empty line")


@rule
def rule_106_a_message_has_one_length(relay):
    path = relay.make_share()
    body = document("smuggled")
    size = len(body)
    chunked = "%x\r\n%s\r\n0\r\n\r\n" % (size, body)
    broken = [
        ("Content-Length: %d\r\nContent-Length: %d\r\n" % (size, size + 1), body, (400,)),
        ("Content-Length: %d, %d\r\n" % (size, size + 1), body, (400,)),
        ("Content-Length: +%d\r\n" % size, body, (400,)),
        ("Content-Length: -1\r\n", body, (400,)),
        ("Content-Length: 0x10\r\n", body, (400,)),
        ("Content-Length: \r\n", body, (400,)),
        ("Content-Length: %d %d\r\n" % (size, size), body, (400,)),
        ("Content-Length: 99999999999999999999999\r\n", body, (400, 413)),
        ("Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % size, chunked, (400,)),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", chunked, (400,)),
        ("Transfer-Encoding: gzip, chunked\r\n", chunked, (400, 501)),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunked, (400, 501)),
        ("Transfer-Encoding: identity\r\n", body, (400, 501)),
        ("Transfer-Encoding: xchunked\r\n", chunked, (400, 501)),
        ("Transfer-Encoding : chunked\r\n", chunked, (400,)),
        ("Transfer-Encoding: chunked\r\n", "zz\r\n" + body, (400,)),
        ("Transfer-Encoding: chunked\r\n", "-1\r\n" + body, (400,)),
        ("Transfer-Encoding: chunked\r\n", "5\r\n" + body + "\r\n0\r\n\r\n", (400,)),
        ("Transfer-Encoding: chunked\r\n", "%x\n%s\n0\n\n" % (size, body), (400,)),
        ("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n" + body, (400, 413)),
        (" Content-Length: %d\r\n" % size, body, (400,)),
        ("Content-Length: %d\n" % size, body, (400,)),
        ("X: a\r\n\tb\r\nContent-Length: %d\r\n" % size, body, (400,)),
        ("X\r\nContent-Length: %d\r\n" % size, body, (400,)),
        ("X: \x00\r\nContent-Length: %d\r\n" % size, body, (400,)),
        (": x\r\nContent-Length: %d\r\n" % size, body, (400,)),
    ]
    for fields, payload, statuses in broken:
        with relay.connect() as connection:
            connection.send("PUT %s HTTP/1.1\r\nHost: h\r\n%s\r\n%s" % (path, fields, payload))
            connection.send(render("h", "GET", path, JSON))
            among(connection.read().status, statuses, "PUT with %r" % fields)
            check(connection.is_closed(), "the connection goes on behind %r" % fields)
    with relay.connect() as connection:
        connection.send("PUT %s HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n%s" % (path, chunked))
        equal(connection.read().status, 400, "chunks of HTTP/1.0")
    equal(relay.ask("GET", path, JSON).body.decode(), document(), "what is stored")


@rule
def rule_107_a_refusal_comes_before_the_body(relay):
    path = relay.make_share()
    locked = relay.make_share()
    relay.lock(locked)
    unknown = "/v1/%s/share.json" % uuid.uuid4()
    expecting = {"Expect": "100-continue", "Content-Length": str(len(document()))}
    with relay.connect() as connection:
        connection.send(render(connection.host, "PUT", path, expecting))
        equal(connection.read().status, 100, "PUT that may go on")
        connection.send(document())
        equal(connection.read().status, 204, "PUT after 100")
        connection.send(render(connection.host, "PUT", path, dict(expecting, Expect="100-Continue")) + document().encode())
        answer = connection.read()
        answer = connection.read() if answer.status == 100 else answer
        equal(answer.status, 204, "PUT that did not wait")
        connection.send(render(connection.host, "PROPFIND", path, {"Expect": "100-continue", "Depth": "0"}))
        equal(connection.read().status, 207, "PROPFIND without a body")
    refused = [
        (unknown, {}, 409),
        (locked, {}, 423),
        (path, {"If-Match": NOPE}, 412),
        (path, {"If": "([%s])" % NOPE}, 412),
        (path, {"Content-Range": "bytes 0-3/9"}, 400),
        (collection_of(path), {}, 405),
        ("/v1/new/share.json", {}, 307),
        (path, {"Content-Length": "10000000"}, 413),
    ]
    for target, headers, status in refused:
        with relay.connect() as connection:
            connection.send(render(connection.host, "PUT", target, dict(expecting, **headers)))
            answer = connection.read()
            equal(answer.status, status, "PUT that waits")
            equal(answer.get("Connection"), "close", "Connection behind a body that may come or not")
    with relay.connect() as connection:
        body = document("old")
        fields = "Expect: 100-continue\r\nContent-Length: %d\r\n" % len(body)
        connection.send("PUT %s HTTP/1.0\r\n%s\r\n%s" % (path, fields, body))
        equal(connection.read().status, 204, "HTTP/1.0 is never told 100")


@rule
def rule_108_no_second_spelling_reaches_anything(relay):
    path = relay.make_share()
    identifier = path.split("/")[2]
    same = [path.replace("share", "%73hare"), path.replace(".", "%2E"), "/v%31" + path[3:], path + "?v=c", path + "?"]
    malformed = ["/v1/%", "/v1/%4", "/v1/%zz", path + "%", "v1/", "/v1\\" + identifier]
    nowhere = [
        "/v1/%s/../%s/share.json" % (identifier, identifier),
        "/v1/%s/%%2e%%2e/%s/share.json" % (identifier, identifier),
        "/v1/./%s/share.json" % identifier,
        "//v1/%s/share.json" % identifier,
        "/v1//%s/share.json" % identifier,
        "/v1/%s%%2fshare.json" % identifier,
        "/v1/%s%%2Fshare.json" % identifier,
        "/v1/%s%%5cshare.json" % identifier,
        path + "%00",
        path + "%20",
        path + "%23secret",
        path + "#secret",
        path + "?v=c#secret",
        path + "/",
        path.replace("share.json", "SHARE.JSON"),
        "/../etc/passwd",
        "/assets/../../etc/passwd",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
    ]
    with relay.connect() as connection:
        for target in same:
            equal(connection.ask("GET", target, JSON).status, 200, "GET " + target.replace(identifier, "ID"))
        for target in nowhere:
            equal(connection.ask("GET", target, JSON).status, 404, "GET " + target.replace(identifier, "ID"))
            among(connection.ask("DELETE", target).status, (404,), "DELETE " + target.replace(identifier, "ID"))
            among(
                connection.ask("PUT", target, {}, document("x")).status,
                (403, 404),
                "PUT " + target.replace(identifier, "ID"),
            )
        for target in malformed:
            equal(connection.ask("GET", target, JSON).status, 400, "GET " + target.replace(identifier, "ID"))
    for target in (path + " ", path + "\t", path + "\x7f", path + "\xe4", ""):
        with relay.connect() as connection:
            connection.send("GET %s HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\n\r\n" % target)
            equal(connection.read().status, 400, "GET %r" % target.replace(identifier, "ID"))
    equal(relay.ask("GET", path, JSON).body.decode(), document(), "what is stored")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--relay", required=True, metavar="PATH", help="the relay's binary")
    parser.add_argument("--only", default="", metavar="WORD", help="only rules with WORD in their name")
    options = parser.parse_args()
    relays = {}
    passed = failed = 0
    try:
        for function, identifiers in RULES:
            if options.only not in function.__name__:
                continue
            if identifiers not in relays:
                relays[identifiers] = Relay(options.relay, identifiers)
            try:
                function(relays[identifiers])
                check(relays[identifiers].is_running(), "the relay is gone")
                passed += 1
                print("passed", function.__name__)
            except Exception as error:  # whatever it was, the next rule is worth a try
                failed += 1
                print("FAILED", function.__name__)
                if not isinstance(error, AssertionError):
                    traceback.print_exc(file=sys.stdout)
                else:
                    print("      ", error)
            sys.stdout.flush()
    finally:
        for relay in relays.values():
            relay.stop()
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

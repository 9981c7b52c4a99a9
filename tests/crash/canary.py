#!/usr/bin/env python3
"""Marks everything that a request can hold, drives every flow, refusal and failure of a relay at log.level=debug, and
looks for the marks in all that it leaves behind: its log in both formats, its output, its figures, what the admin
listener and `tigress-relay stats` say, its processes' arguments and environments, core files, and the files of the
store once shares are deleted and expired. Relays of every kind take part: plain HTTP and TLS, those that make shares
by token and by attestation, one that sends pushes of every type, one with small limits, and they end in every way.

    canary.py --relay PROGRAM [--sanitized]

Each mark is looked for as it is, in base64, base64url, hexadecimal and percent-encoded.
"""

import argparse
import base64
import hashlib
import http.client
import json
import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from pathlib import Path

from attesting_device import AttestingDevice

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(TESTS), str(TESTS / "push")]
from push import Services  # noqa: E402
from running_relay import PATIENCE, Certificate, Checks, RunningRelay  # noqa: E402


def inner_base64(mark, encode):
    """What the base64 of any text around the mark has in it, for the three places where the mark can begin."""
    for before in range(3):
        text = encode(b"\0" * before + mark).rstrip(b"=")
        first = -(-before * 8 // 6) if before else 0
        yield text[first:(before + len(mark)) * 8 // 6]


def forms(mark):
    """The bytes that tell of a mark."""
    raw = mark.encode()
    whole = [raw]
    try:
        whole.append(uuid.UUID(mark).bytes)
    except ValueError:
        pass
    for one in whole:
        yield one
        yield one.hex().encode()
        yield one.hex().upper().encode()
        yield "".join(f"%{byte:02X}" for byte in one).encode()
        yield "".join(f"%{byte:02x}" for byte in one).encode()
        yield from inner_base64(one, base64.b64encode)
        yield from inner_base64(one, base64.urlsafe_b64encode)
    if len(whole) > 1:
        yield raw.upper()


class Marks:
    def __init__(self):
        self.names = {}  # mark -> what it was

    def text(self, what):
        return self.keep(what, f"canary{uuid.uuid4().hex}")

    def identifier(self, what):
        return self.keep(what, str(uuid.uuid4()))

    def address(self):
        return self.keep("an address", f"203.0.113.{100 + len(self.names) % 150}")

    def network(self):
        """An address of a network of its own."""
        return self.keep("an address", f"2001:db8:{len(self.names) + 1:x}::{os.urandom(2).hex()}")

    def key(self, what):
        """32 bytes in base64url."""
        raw = os.urandom(32)
        self.keep(what, raw.hex())
        return self.keep(what, base64.urlsafe_b64encode(raw).decode().rstrip("="))

    def keep(self, what, mark):
        self.names[mark] = what
        return mark

    def found(self, content):
        """What of the marked can be read in it."""
        return sorted({what for mark, what in self.names.items() if any(form in content for form in forms(mark))})


class Client:
    """`tls` is what it trusts; `more` gives header fields to requests: more(method, path, body, fields so far)."""

    def __init__(self, relay, marks, tls=None, more=None):
        self.port = relay.port
        self.marks = marks
        self.tls = tls
        self.more = more
        self.services = None  # of pushes
        self.statuses = set()
        self.connection = (http.client.HTTPSConnection("localhost", relay.port, timeout=PATIENCE, context=tls) if tls else
                           http.client.HTTPConnection("127.0.0.1", relay.port, timeout=PATIENCE))

    def ask(self, method, path, body=None, **headers):
        """With marks in every field that may hold what identifies somebody."""
        fields = {
            "X-Forwarded-For": self.marks.address(),
            "Forwarded": f"for={self.marks.address()}",
            "Authorization": f"Bearer {self.marks.text('a bearer token')}",
            "Cookie": self.marks.text("a cookie"),
            "User-Agent": self.marks.text("a user agent"),
            "Referer": f"https://{self.marks.text('a referer')}.example/",
            "Mailbox-Request-ID": self.marks.identifier("a request id"),
        }
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        fields.update(given)
        if self.more:
            fields = {**fields, **self.more(method, path, body or "", fields), **given}
        self.connection.request(method, path, body, fields)
        answer = self.connection.getresponse()
        answer.text = answer.read().decode("utf-8", "replace")
        self.statuses.add(answer.status)
        for name in ("Lock-Token", "ETag"):
            if answer.getheader(name):
                self.marks.keep(name, answer.getheader(name).strip('<>"'))
        return answer

    def create(self, body, **headers):
        answer = self.ask("POST", "/v1/", body, **headers)
        path = re.sub("^https?://[^/]*", "", answer.getheader("Location"))
        self.marks.keep("a share's identifier", path.split("/")[2])
        return path

    def send_raw(self, text):
        """Bytes as they are; the status of what comes back."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as plain:
            connection = self.tls.wrap_socket(plain, server_hostname="localhost") if self.tls else plain
            connection.sendall(text.encode("latin-1"))
            answer = b""
            while not re.match(rb"HTTP/1.1 \d+ .*\r\n\r\n", answer, re.S):
                more = connection.recv(65536)
                if not more:
                    break
                answer += more
        if answer:
            self.statuses.add(int(answer.split()[1]))

    def send_no_tls(self, text):
        """Bytes as they are, to a relay that expects a handshake."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            connection.sendall(text.encode())
            try:
                while connection.recv(65536):
                    pass
            except ConnectionResetError:
                pass


def document(marks, **more):
    return json.dumps({
        "payload": {"type": "AEAD_AES_128_GCM", "data": base64.b64encode(marks.text("content").encode()).decode()},
        "displayInformation": {"title": marks.text("a title"), "description": marks.text("a description"),
                               "imageURL": f"https://pictures.example/{marks.text('a picture')}"},
        "member": marks.text("a member"), **more})


def lock_body(marks):
    return ('<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>'
            f"<D:owner>{marks.text('a lock owner')}</D:owner></D:lockinfo>")


def open_share(client, marks):
    path = client.create(document(marks))
    folder = path.rsplit("/", 1)[0] + "/"
    tag = client.ask("GET", path, Accept="application/json").getheader("ETag")
    client.ask("GET", path, Accept="text/html")
    client.ask("HEAD", path)
    client.ask("GET", f"{path}?v=c&query={marks.text('a query')}", User_Agent="WhatsApp/2")
    client.ask("GET", path, Accept="application/json", If_None_Match=tag)
    client.ask("GET", path, Accept="application/json", If_None_Match=tag, Prefer="wait=1")
    client.ask("PROPFIND", folder, Depth="1")
    client.ask("OPTIONS", path)
    client.ask("PUT", path, document(marks), If_Match=tag)
    client.ask("PUT", path, document(marks), If_Match=f'"{marks.text("a tag")}"')
    lock = client.ask("LOCK", path, lock_body(marks), Timeout="Second-100")
    token = lock.getheader("Lock-Token")
    client.ask("PUT", path, document(marks))
    client.ask("PUT", path, document(marks), If=f"({token})")
    client.ask("LOCK", path, None, If=f"({token})")
    client.ask("LOCK", path, lock_body(marks))
    client.ask("UNLOCK", path, None, Lock_Token=f"<urn:uuid:{marks.identifier('a wrong lock token')}>")
    client.ask("PROPPATCH", path, f'<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="y">'
               f'{marks.text("a property")}</x></D:prop></D:set></D:propertyupdate>', If=f"({token})")
    client.ask("UNLOCK", path, None, Lock_Token=token)
    redirect = client.ask("PUT", "/v1/new/share.json", document(marks)).getheader("Location")
    reserved = re.sub("^https?://[^/]*", "", redirect)
    marks.keep("a reserved identifier", reserved.split("/")[2])
    client.ask("PUT", reserved, document(marks))
    client.ask("DELETE", reserved)
    return path


def claimed_share(client, marks):
    proof = marks.key("a claim key")
    raw = base64.urlsafe_b64decode(proof + "=")
    verifier = base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
    sender, receiver, stranger = (marks.identifier("a claim") for _ in range(3))
    body = document(marks, mailboxConfiguration={"accessRights": "RD", "claimVerifier": verifier})
    path = client.create(body, Mailbox_Device_Claim=sender)
    client.ask("POST", path, None, Mailbox_Device_Claim=receiver)
    client.ask("POST", path, None, Mailbox_Device_Claim=receiver, Mailbox_Claim_Proof=marks.key("a wrong claim key"))
    client.ask("POST", path, None, Mailbox_Device_Claim=receiver, Mailbox_Claim_Proof=marks.text("no claim key"))
    client.ask("POST", path, None, Mailbox_Device_Claim=marks.text("no claim"))
    client.ask("POST", path, None, Mailbox_Device_Claim=receiver, Mailbox_Claim_Proof=proof)
    client.ask("POST", path, None, Mailbox_Device_Claim=stranger, Mailbox_Claim_Proof=proof)
    client.ask("GET", path, Accept="application/json", Mailbox_Device_Claim=receiver)
    client.ask("GET", path, Accept="text/html")
    client.ask("PUT", path, document(marks), Mailbox_Device_Claim=receiver)
    client.ask("DELETE", path, Mailbox_Device_Claim=stranger)
    client.ask("DELETE", path, Mailbox_Device_Claim=receiver)
    client.ask("GET", path, Mailbox_Device_Claim=sender)
    return path


def exchange(client, marks):
    sender, receiver = (marks.identifier("a claim") for _ in range(2))
    path = client.create(document(marks, mailboxConfiguration={"accessRights": "RWD"}), Mailbox_Device_Claim=sender)
    client.ask("POST", path, None, Mailbox_Device_Claim=receiver)
    for device in (receiver, sender, receiver):
        tag = client.ask("GET", path, Accept="application/json", Mailbox_Device_Claim=device).getheader("ETag")
        client.ask("PUT", path, document(marks), Mailbox_Device_Claim=device, If_Match=tag)
    client.ask("DELETE", path, Mailbox_Device_Claim=sender)


def mailbox(client, marks):
    sender, receiver = (marks.identifier("a claim") for _ in range(2))
    answer = client.ask("POST", "/v1/m", document(marks), Mailbox_Device_Claim=sender, Content_Type="application/json")
    path = re.sub("^https?://[^/]*", "", json.loads(answer.text)["urlLink"])
    marks.keep("a mailbox's identifier", path.rsplit("/", 1)[1])
    client.ask("POST", path, None, Mailbox_Device_Claim=receiver)
    client.ask("POST", path, None, Mailbox_Device_Claim=marks.identifier("a stranger's claim"))
    client.ask("GET", path, Accept="text/html")
    client.ask("PUT", path, document(marks), Mailbox_Device_Claim=receiver)
    client.ask("DELETE", path, Mailbox_Device_Claim=receiver)


def push_tokens(client, marks):
    """Tokens of every kind: those that are sent to, where nobody answers, and those that are refused. Leaves a share
    that has one, and gives its path."""
    def encoded(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    # The receiver's key of RFC 8291, appendix A.
    key = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    auth = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
    secret = base64.b64encode(marks.text("a webhook's secret").encode()).decode()
    tokens = [
        ("webpush", encoded({"endpoint": f"https://localhost:1/{marks.text('an endpoint')}",
                             "keys": {"p256dh": key, "auth": marks.keep("a subscription's secret", auth)}})),
        ("webhook", encoded({"url": f"https://localhost:1/{marks.text('a webhook')}", "secret": f"whsec_{secret}"})),
        ("webpush", encoded({"endpoint": f"https://{marks.text('h')}.example/", "keys": {"p256dh": key, "auth": auth}})),
        ("webpush", marks.text("no subscription")),
        ("com.apple.apns", marks.text("a device token")),
        (marks.text("a type"), marks.text("an unknown token")),
    ]
    for kind, data in tokens:
        sender, receiver = (marks.identifier("a claim") for _ in range(2))
        body = document(marks, notificationToken={"type": kind, "tokenData": marks.keep("a push token", data)},
                        mailboxConfiguration={"accessRights": "RWD"})
        answer = client.ask("POST", "/v1/m", body, Mailbox_Device_Claim=sender)
        path = re.sub("^https?://[^/]*", "", json.loads(answer.text)["urlLink"])
        marks.keep("a mailbox's identifier", path.rsplit("/", 1)[1])
        client.ask("POST", path, None, Mailbox_Device_Claim=receiver)
        client.ask("PUT", path, body, Mailbox_Device_Claim=receiver)
        client.ask("DELETE", path, Mailbox_Device_Claim=receiver)
    return client.create(document(marks, notificationToken={"type": "webpush", "tokenData": tokens[0][1]}))


def prove_webhooks(client, marks):
    for name, token in client.services.tokens["webhook"].items():
        claim = marks.identifier("a claim")
        path = client.create(document(marks, notificationToken={"type": "webhook", "tokenData": token}),
                             Mailbox_Device_Claim=claim)
        assert client.services.push() == ("webhook", name, "challenge")
        client.ask("DELETE", path, Mailbox_Device_Claim=claim)


def pushed_claim(client, marks, kind):
    """A mailbox whose sender has been told that it was claimed, or could not be: its path and its devices' claims."""
    sender, receiver = (marks.identifier("a claim") for _ in range(2))
    body = document(marks, notificationToken={"type": kind, "tokenData": client.services.tokens[kind]["sender"]},
                    mailboxConfiguration={"accessRights": "RWD"})
    answer = client.ask("POST", "/v1/m", body, Mailbox_Device_Claim=sender)
    path = re.sub("^https?://[^/]*", "", json.loads(answer.text)["urlLink"])
    marks.keep("a mailbox's identifier", path.rsplit("/", 1)[1])
    client.ask("POST", path, None, Mailbox_Device_Claim=receiver)
    expect_push(client, kind, "sender")
    return path, sender, receiver


def expect_push(client, kind, name):
    came = client.services.push()
    assert came[:2] == (kind, name), f"{kind} to the {name} expected, {came} came"


def told_transfer(client, marks, kind):
    """A transfer in which each device is told of what the other does."""
    path, sender, receiver = pushed_claim(client, marks, kind)
    client.ask("PUT", path, document(marks, notificationToken={
        "type": kind, "tokenData": client.services.tokens[kind]["receiver"]}), Mailbox_Device_Claim=receiver)
    expect_push(client, kind, "sender")
    client.ask("PUT", path, document(marks), Mailbox_Device_Claim=sender)
    expect_push(client, kind, "receiver")
    client.ask("DELETE", path, Mailbox_Device_Claim=receiver)
    expect_push(client, kind, "sender")


def services_that_fail(client, marks):
    """Pushes that are refused in every way, and repeated."""
    services = client.services
    elsewhere = f"https://localhost:{services.port}/{marks.text('a push redirected')}"
    failures = [{"status": 400}, {"status": 403}, {"status": 410}, {"status": 307, "headers": {"location": elsewhere}},
                {"status": 429, "headers": {"retry-after": "1", "x-mark": marks.text("a push service's answer")}}]
    for failure in failures:
        for kind in services.tokens:
            services.tell(kind, "sender", **failure)
            path, sender, _ = pushed_claim(client, marks, kind)
            services.tell(kind, "sender")
            if failure["status"] == 429:
                expect_push(client, kind, "sender")  # once more
            client.ask("DELETE", path, Mailbox_Device_Claim=sender)


def refusals(client, marks):
    unknown = f"/v1/{marks.identifier('an unknown identifier')}"
    client.ask("GET", f"{unknown}/share.json", Accept="application/json")
    client.ask("GET", f"{unknown}/share.json", Accept="text/html")
    client.ask("PUT", f"{unknown}/share.json", document(marks))
    client.ask("PUT", f"{unknown}/{marks.text('another member')}", document(marks))
    client.ask("MKCOL", f"{unknown}/")
    client.ask("GET", f"/{marks.text('a path')}")
    client.ask("GET", f"/v1/{marks.text('a name')}%zz/share.json")
    client.ask("GET", f"/v1/x/share.json#{marks.text('a fragment')}")
    client.ask("COPY", f"{unknown}/share.json", Destination=f"http://127.0.0.1/{marks.text('a destination')}")
    client.ask(marks.text("METHOD").upper(), "/v1/")
    client.ask("PATCH", "/v1/", marks.text("a body"))
    client.ask("POST", "/v1/", marks.text("no JSON"))
    client.ask("POST", "/v1/", document(marks, mailboxConfiguration={"expiration": marks.text("no time")}))
    client.ask("POST", "/v1/", marks.text("a long body") * 4000)
    client.ask("PROPFIND", "/v1/", f"<{marks.text('no XML')}", Depth="0")
    client.ask("LOCK", f"{unknown}/share.json", f"<{marks.text('no XML')}>")
    path = client.create(document(marks))
    client.ask("LOCK", path, f"<{marks.text('no XML')}>")
    client.ask("PUT", path, document(marks), If=f"(<{marks.text('a bad If')}")
    client.ask("PUT", path, document(marks), Content_Range=f"bytes 0-1/{marks.text('a range')}")
    client.ask("PUT", path, document(marks), Content_Encoding=marks.text("a coding"))
    client.ask("MKCOL", path.rsplit("/", 1)[0] + "/", marks.text("a body"))
    client.ask("PUT", path.rsplit("/", 1)[0] + "/", document(marks))
    client.ask("DELETE", path, marks.text("a body"))
    client.ask("DELETE", path)


def malformed(client, marks):
    mark = marks.text
    for text in (
            f"{mark('bytes')}\r\n\r\n",
            f"GET /{mark('a target')} HTTP/9.9\r\nHost: x\r\n\r\n",
            f"GET /{mark('a target')} HTTP/1.1\r\n\r\n",
            f"GET /{mark('a target')} HTTP/1.1\r\nHost: x\r\n{mark('no field')}\r\n\r\n",
            f"GET /{mark('a target')} HTTP/1.1\r\nHost: x\r\n{mark('a field')} : {mark('a value')}\r\n\r\n",
            f"GET /{mark('a target') * 100} HTTP/1.1\r\nHost: x\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: x\r\nX: {mark('a value') * 500}\r\n\r\n",
            f"PUT /{mark('a target')} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            f"PUT /{mark('a target')} HTTP/1.1\r\nHost: x\r\nContent-Length: {mark('a length')}\r\n\r\n",
            f"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {mark('a coding')}\r\n\r\n",
            f"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{mark('a chunk')}\r\n",
            f"PUT / HTTP/1.1\r\nHost: x\r\nExpect: {mark('an expectation')}\r\nContent-Length: 5\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: {mark('a host')} x\r\n\r\n",
            f"PUT /{mark('a late target')} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{mark('a late body')}"):
        client.send_raw(text)


def store_failure(client, marks, folder, path):
    other = sqlite3.connect(f"{folder}/shares.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    client.ask("PUT", path, document(marks))
    other.execute("ROLLBACK")
    other.close()


def files_hold(folder, marks):
    found = {}
    for path in Path(folder).rglob("*"):
        if path.is_file():
            for what in marks.found(path.read_bytes()):
                found.setdefault(what, path.name)
    return found


def left_in_store(folder, marks):
    """Without identifiers: the receipt of a creation says under which one it was done until it expires itself."""
    return {what: name for what, name in files_hold(folder, marks).items() if not what.endswith("identifier")}


def admin_answers(program, relay):
    texts = []
    for page in ("healthz", "readyz", "metrics", "metrics?x=y", "nothing"):
        try:
            texts.append(urllib.request.urlopen(f"http://127.0.0.1:{relay.admin_port}/{page}", timeout=PATIENCE).read())
        except urllib.error.HTTPError as error:
            texts.append(error.read())
    stats = subprocess.run([program, "-D", f"admin.port={relay.admin_port}", "stats"], capture_output=True,
                           timeout=PATIENCE)
    return b"\n".join([*texts, stats.stdout, stats.stderr])


def processes(pid):
    """What others on the machine can see of it."""
    seen = subprocess.run(["ps", "-eww", "-o", "args,comm"], capture_output=True).stdout
    for path in [*Path(f"/proc/{pid}").glob("task/*/comm"), *(Path(f"/proc/{pid}/{name}") for name in
                                                              ("cmdline", "environ", "comm", "status"))]:
        seen += path.read_bytes()
    return seen


def self_check(checks):
    """The search finds each form of a mark, wherever it begins."""
    marks = Marks()
    for mark in (marks.text("a text"), marks.identifier("an identifier"), marks.address()):
        for padding in (b"", b"x", b"xy", b"xyz"):
            text = padding + mark.encode() + padding
            for planted in (text, base64.b64encode(text), base64.urlsafe_b64encode(text), text.hex().encode(),
                            text.hex().upper().encode(), "".join(f"%{byte:02X}" for byte in text).encode()):
                checks.check(marks.found(b"before " + planted + b" after"), f"a planted mark is found: {planted!r}")
    checks.check(not marks.found(b"nothing of the kind"), "nothing is found where nothing is")


CONTENT = {"content", "a title", "a description"}
# What no file of a store may hold at any time, living shares or not.
NEVER_STORED = {"a bearer token", "a claim", "a claim key", "a cookie", "a credential", "a referer", "a request id",
                "a token", "a user agent", "an address"}


# Flows: what a case does to its relay. Each gives what is to be deleted at the end, paths with header fields.

def all_dialects(client, marks, folder):
    kept = open_share(client, marks)
    claimed_share(client, marks)
    exchange(client, marks)
    mailbox(client, marks)
    told = push_tokens(client, marks)
    refusals(client, marks)
    malformed(client, marks)
    store_failure(client, marks, folder, kept)
    return [(kept, {}), (told, {})]


def over_tls(client, marks, folder):
    client.send_no_tls(f"GET /{marks.text('a path without TLS')} HTTP/1.1\r\nHost: {marks.text('a host')}\r\n\r\n")
    client.send_no_tls(f"\x16\x03\x01\x00\x7f{marks.text('no handshake') * 8}")
    return all_dialects(client, marks, folder)


def by_token(client, marks, folder):
    for value in (f"Bearer {marks.text('a wrong token')}", f"Bearer tigress_{marks.text('a wrong token')}",
                  f"Basic {marks.text('a password')}", marks.text("no scheme")):
        for method, path in (("POST", "/v1/"), ("POST", "/v1/m"), ("PUT", "/v1/new/share.json")):
            client.ask(method, path, document(marks), Authorization=value)
    return all_dialects(client, marks, folder)


def by_attestation(client, marks, folder):
    claim = marks.identifier("a claim")
    body = document(marks)
    client.ask("POST", "/v1/", body)
    client.ask("PUT", "/v1/new/share.json", body)
    for value in (marks.text("no attestation"), f"native .{marks.text('no object')}",
                  f"webauthn {marks.text('no client data')}.{marks.text('no object')}",
                  client.more("POST", "/v1/", marks.text("another body"), {
                      "Mailbox-Device-Claim": claim, "Mailbox-Request-ID": marks.identifier("a request id")
                  })["Mailbox-Device-Attestation"]):
        client.ask("POST", "/v1/", body, Mailbox_Device_Claim=claim, Mailbox_Device_Attestation=value)
    kept = client.create(body, Mailbox_Device_Claim=claim)
    claimed_share(client, marks)
    exchange(client, marks)
    mailbox(client, marks)
    return [(kept, {"Mailbox_Device_Claim": claim})]


def with_pushes(client, marks, _):
    prove_webhooks(client, marks)
    for kind in client.services.tokens:
        told_transfer(client, marks, kind)
    services_that_fail(client, marks)
    token = client.services.tokens["webpush"]["sender"]
    return [(client.create(document(marks, notificationToken={"type": "webpush", "tokenData": token})), {})]


def with_small_limits(client, marks, _):
    """Spends each budget, as clients of different networks behind a proxy, and then all the room there is."""
    path = client.create(document(marks), X_Forwarded_For=marks.network())
    sender = marks.identifier("a claim")
    claimed = client.create(document(marks), Mailbox_Device_Claim=sender, X_Forwarded_For=marks.network())
    unknown = f"/v1/{marks.identifier('an unknown identifier')}/share.json"
    for method, where, body in (("GET", path, None), ("PUT", path, document(marks)), ("GET", unknown, None),
                                ("POST", claimed, None), ("POST", "/v1/", marks.text("no JSON"))):
        address = marks.network()
        answers = [client.ask(method, where, body, Accept="application/json", X_Forwarded_For=address,
                              Mailbox_Device_Claim=marks.identifier("a wrong claim")).status for _ in range(5)]
        assert answers[-1] == 429, f"{method} was not limited: {answers}"
    deletions = [(path, {"X_Forwarded_For": marks.network()}),
                 (claimed, {"X_Forwarded_For": marks.network(), "Mailbox_Device_Claim": sender})]
    while True:
        answer = client.ask("POST", "/v1/", document(marks), X_Forwarded_For=marks.network())
        if answer.status != 201:
            break
        made = re.sub("^https?://[^/]*", "", answer.getheader("Location"))
        marks.keep("a share's identifier", made.split("/")[2])
        deletions.append((made, {"X_Forwarded_For": marks.network()}))
    client.ask("PUT", path, document(marks), X_Forwarded_For=marks.network())
    client.ask("POST", "/v1/m", document(marks), X_Forwarded_For=marks.network(),
               Mailbox_Device_Claim=marks.identifier("a claim"))
    return deletions


# Every status that a case must have met, or it would prove little.
ALL_DIALECTS = {200, 201, 204, 207, 304, 307, 400, 401, 403, 404, 405, 408, 409, 412, 413, 414, 415, 422, 423, 431, 501,
                503, 505}


@dataclass
class Case:
    name: str
    log_format: str
    end: signal.Signals
    flows: object
    statuses: set
    answers: int = 20  # there are more of them than that
    policy: str = "open"
    tls: bool = False
    pushes: bool = False  # to services that take them
    settings: tuple = ("limits.rate=off", "push.types=webpush,webhook", "push.webpush-hosts=localhost",
                       "push.webhook-hosts=localhost", "push.allow-loopback=on")


CASES = (
    Case("plain HTTP", "text", signal.SIGTERM, all_dialects, ALL_DIALECTS, 70),
    Case("TLS", "json", signal.SIGSEGV, over_tls, ALL_DIALECTS, 70, tls=True),
    Case("by token", "text", signal.SIGABRT, by_token, ALL_DIALECTS, 80, "token"),
    Case("by attestation", "json", signal.SIGTERM, by_attestation, {200, 201, 204, 401, 403}, 20, "attested"),
    Case("pushes", "json", signal.SIGTERM, with_pushes, {200, 201, 204}, 80, pushes=True,
         settings=("limits.rate=off", "push.allow-loopback=on")),
    Case("small limits", "text", signal.SIGKILL, with_small_limits, {201, 204, 401, 404, 422, 429, 507}, 30,
         settings=("limits.creates=3/1h", "limits.reads=3/1h", "limits.changes=3/1h", "limits.misses=3/1h",
                   "limits.wrong-claims=3/1h", "limits.shares=12", "tls.behind-proxy=127.0.0.0/8")),
)


def keep_token(marks, token):
    """The token of a push service, and whatever is in it."""
    marks.keep("a push token", token)
    try:
        values = json.loads(base64.urlsafe_b64decode(token + "==="))
    except ValueError:
        return
    for value in [*values.values(), *values.get("keys", {}).values()]:
        if isinstance(value, str):
            marks.keep("a part of a push token", value)


class Place:
    """What a case has beside the relay's store: certificates, tokens, a maker of devices, services of pushes."""

    def __init__(self, program, folder, case, marks):
        self.settings = [f"push.vapid-key={folder}/vapid.pem"]
        self.tls = None
        self.token = None
        self.device = None
        self.services = None
        if case.tls:
            certificate = Certificate(folder)
            self.tls = certificate.client_context()
            self.settings += certificate.settings()
            marks.keep("the certificate's key", certificate.key.read_text().splitlines()[1])
        if case.pushes:
            self.services = Services(folder)
            self.settings += self.services.settings()
            for file in ("key.pem", "apns.p8", "fcm.pem"):
                marks.keep("a key of pushes", Path(folder, file).read_text().splitlines()[1])
            for tokens in self.services.tokens.values():
                for token in tokens.values():
                    keep_token(marks, token)
        if case.policy == "token":
            self.settings += ["create.policy=token", f"create.tokens={folder}/tokens"]
            made = subprocess.run([program, "-D", f"create.tokens={folder}/tokens", "token", "add"], check=True,
                                  capture_output=True, text=True)
            self.token = marks.keep("a token", made.stdout.strip())
        if case.policy == "attested":
            self.device = AttestingDevice(folder, "localhost")
            self.settings += ["create.policy=attested", f"attestation.packed={self.device.root}"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.services:
            self.services.close()

    def fields(self, relay, marks):
        """What lets a request make a share: the `more` of a Client."""
        def with_token(*_):
            return {"Authorization": f"Bearer {self.token}"}

        def attested(method, path, body, fields):
            if method != "POST" or path not in ("/v1/", "/v1/m") or "Mailbox-Device-Claim" not in fields:
                return {}
            return {"Mailbox-Device-Attestation": self.device.attest(
                method, f"localhost:{relay.port}", path, fields["Mailbox-Device-Claim"], fields["Mailbox-Request-ID"],
                body.encode(), marks.text("a credential").encode())}

        return with_token if self.token else attested if self.device else None


def run(program, case, sanitized, checks):
    marks = Marks()
    label = f"{case.name}, {case.log_format}, {case.end.name}"
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as beside, \
            tempfile.TemporaryDirectory() as working_directory, Place(program, beside, case, marks) as place:
        relay = RunningRelay(program, f"store.url=sqlite:{folder}/shares.db", "log.level=debug",
                             f"log.format={case.log_format}", "admin.port=0", "cleanup.interval=1s", "share.reservation=1s",
                             "share.tombstone=1s", "timeout.body=1s", "timeout.header=1s", "limits.target=1KiB",
                             *place.settings, *case.settings, working_directory=working_directory)
        with relay:
            client = Client(relay, marks, place.tls, place.fields(relay, marks))
            if place.services:
                client.services = place.services
                place.services.expect(relay)
                marks.keep("a key of pushes", Path(beside, "vapid.pem").read_text().splitlines()[1])
            deletions = case.flows(client, marks, folder)
            checks.check(not case.statuses - client.statuses, f"{label}: never met {case.statuses - client.statuses}")
            # One of them may lie on two pages of the database, or move from its log while the files are read.
            living = files_hold(folder, marks)
            until = time.monotonic() + PATIENCE / 2
            while not CONTENT & set(living) and time.monotonic() < until:
                living = files_hold(folder, marks)
            checks.check(CONTENT & set(living), f"{label}: living shares are found")
            checks.check(not NEVER_STORED & set(living), f"{label}: the store holds {NEVER_STORED & set(living)}")
            for path, fields in deletions:
                checks.check(client.ask("DELETE", path, **fields).status == 204, f"{label}: a share is deleted")
            until = time.monotonic() + PATIENCE / 2
            while left_in_store(folder, marks) and time.monotonic() < until:
                threading.Event().wait(0.2)
            left = left_in_store(folder, marks)
            checks.check(not left, f"{label}: the store still holds {left}")
            keys = {"the certificate's key", "a key of pushes"}
            left = {what: name for what, name in files_hold(beside, marks).items() if what not in keys}
            checks.check(not left, f"{label}: what lies beside the store holds {left}")
            admin = admin_answers(program, relay)
            checks.check(b"tigress_requests_total" in admin and b"shares stored" in admin, f"{label}: the figures came")
            checks.check(not marks.found(admin), f"{label}: the admin listener tells {marks.found(admin)}")
            seen = processes(relay.process.pid)
            checks.check(b"log.level=debug" in seen, f"{label}: the process is seen")
            checks.check(not marks.found(seen), f"{label}: ps shows {marks.found(seen)}")
            # Something to pass through memory last.
            client.connection.close()  # it may have been silent for too long
            client.ask("POST", "/v1/", document(marks), Mailbox_Device_Claim=marks.identifier("a claim"),
                       X_Forwarded_For=marks.network())
            dumped = relay.die(case.end)
            relay.drain()
            # Wherever core_pattern would have put it.
            checks.check(sanitized or not dumped, f"{label}: a core was dumped")
        said = "\n".join(relay.said).encode()
        answered = said.count(b"answered")
        checks.check(answered > case.answers, f"{label}: a line for each request, got {answered}")
        if case.statuses == ALL_DIALECTS:
            checks.check(b"refused what was no request" in said, f"{label}: a line for each that was none")
            checks.check(b"locked" in said, f"{label}: a line for the failure of the store")
        checks.check(not marks.found(said), f"{label}: the log tells {marks.found(said)}")
        checks.check(not marks.found(relay.printed.encode()), f"{label}: the output tells {marks.found(relay.printed.encode())}")
        left = os.listdir(working_directory)
        checks.check(not left, f"{label}: it leaves {left}, which may hold anything")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--relay", required=True, help="the program tigress-relay")
    arguments.add_argument("--sanitized", action="store_true", help="it has sanitizers, which must be able to look inside")
    given = arguments.parse_args()
    program = os.path.abspath(given.relay)
    checks = Checks()
    self_check(checks)
    # A relay that lets cores be written would write them here.
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    for case in CASES:
        run(program, case, given.sanitized, checks)
    return checks.finish()


sys.exit(main())

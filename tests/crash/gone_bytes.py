#!/usr/bin/env python3
"""Looks into every file of a running relay's store for what was deleted, replaced or has expired.

    gone_bytes.py --relay PROGRAM

Shares are made whose document, preview words, lock owner and claims hold marks. They are replaced, deleted by either
device, and left to expire; when the cleanup ran, no file may hold a mark of theirs: not the database, its logs, or a
temporary file. Marks of what lives must be found, or the search would prove nothing.
"""

import argparse
import hashlib
import http.client
import json
import os
import re
import sys
import tempfile
import threading
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from running_relay import PATIENCE, Checks, RunningRelay  # noqa: E402

SHARES = 40
SOON = 2  # seconds


def lock_body(owner):
    return (
        '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>'
        f"<D:owner>{owner}</D:owner></D:lockinfo>"
    )


class Marked:
    """A claimed share, and all that must be gone with it."""

    def __init__(self, client, number, expires=None):
        self.client = client
        self.number = number
        self.owner = str(uuid.uuid4())
        self.receiver = str(uuid.uuid4())
        # A claim is kept as its hash, so both are looked for.
        self.marks = [self.owner.encode(), hashlib.sha256(self.owner.encode()).digest()]
        body = self.document()
        if expires:
            moment = datetime.fromtimestamp(expires, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            body = json.dumps({**json.loads(body), "mailboxConfiguration": {"expiration": moment}})
        answer = self.ask("POST", "/v1/", body, self.owner)
        self.path = re.sub("^https?://[^/]*", "", answer.getheader("Location"))
        self.marks.append(answer.getheader("ETag").strip('"').encode())
        self.receiver_marks = [self.receiver.encode(), hashlib.sha256(self.receiver.encode()).digest()]
        self.ask("POST", self.path, None, self.receiver)
        owner_mark = self.mark("owner")
        lock = self.ask("LOCK", self.path, lock_body(owner_mark), self.owner)
        self.token = lock.getheader("Lock-Token").strip("<>")
        self.marks += [owner_mark.encode(), self.token.encode(), *self.receiver_marks]

    def mark(self, what):
        return f"mark-{what}-{uuid.uuid4().hex}"

    def document(self):
        """With marks from its first to its last byte; long and short ones are stored differently."""
        texts = {name: self.mark(name) for name in ("first", "title", "description", "last")}
        self.marks += [text.encode() for text in texts.values()]
        filling = [self.mark("filling") for _ in range((0, 5, 60, 500)[self.number % 4])]
        self.marks += [text.encode() for text in filling]
        return json.dumps({
            "first": texts["first"],
            "payload": {"type": "AEAD_AES_128_GCM", "data": "AAAA"},
            "displayInformation": {"title": texts["title"], "description": texts["description"]},
            "filling": filling,
            "last": texts["last"],
        })

    def ask(self, method, path, body, claim, **fields):
        headers = {"Mailbox-Device-Claim": claim, **{name.replace("_", "-"): value for name, value in fields.items()}}
        self.client.request(method, path, body, headers)
        answer = self.client.getresponse()
        answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} is answered {answer.status}")
        return answer

    def replace(self):
        """Gives the marks of what was replaced; those of the claims and the lock live on."""
        gone = [mark for mark in self.marks if mark.startswith(b"mark-") and not mark.startswith(b"mark-owner")]
        self.marks = [mark for mark in self.marks if mark not in gone]
        self.ask("PUT", self.path, self.document(), self.owner, If=f"(<{self.token}>)")
        return gone

    def delete(self, by):
        self.ask("DELETE", self.path, None, by, If=f"(<{self.token}>)")
        return self.marks


def found(folder, marks):
    """Those of the marks that stand in some file of the folder."""
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return [(mark, path.name) for path, content in files.items() for mark in marks if mark in content]


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        threading.Event().wait(0.1)
    return True


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--relay", required=True, help="the program tigress-relay")
    program = arguments.parse_args().relay
    checks = Checks()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "tmp").mkdir()
        environment = {**os.environ, "TMPDIR": str(folder / "tmp"), "SQLITE_TMPDIR": str(folder / "tmp")}
        settings = (f"store.url=sqlite:{folder / 'shares.db'}", "limits.rate=off", "cleanup.interval=1s",
                    "share.tombstone=0s", "log.level=debug")
        with RunningRelay(program, *settings, environment=environment) as relay:
            client = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=PATIENCE)
            living, gone = [], []
            for number in range(SHARES):
                share = Marked(client, number)
                if number < 4:
                    checks.check(found(folder, share.marks), "marks that were just written are seen")
                kind = number % 5
                if kind == 0:
                    gone += share.delete(share.owner)
                elif kind == 1:
                    gone += share.delete(share.receiver)
                elif kind == 2:
                    gone += share.replace()
                    gone += share.replace()
                    living.append(share)
                elif kind == 3:
                    gone += Marked(client, number, int(time.time()) + SOON).marks
                    living.append(share)
                else:
                    living.append(share)
            checks.check(wait_for(lambda: not found(folder, gone)), "what is gone is in no file of a running relay")
            for mark, name in found(folder, gone)[:10]:
                checks.check(False, f"{mark[:12]!r}... is still in {name}")
            for share in living:
                content = {mark for mark in share.marks if mark.startswith(b"mark-")}
                seen = {mark for mark, _ in found(folder, content)}  # not those that a page's end cuts
                checks.check(len(seen) > len(content) * 0.9, "what lives is in the files")
            relay.process.terminate()
            relay.wait()
        checks.check(not found(folder, gone), "what is gone is in no file of a relay that has stopped")
    sys.exit(checks.finish())


main()

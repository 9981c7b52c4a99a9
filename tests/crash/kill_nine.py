#!/usr/bin/env python3
"""Kills a busy relay with SIGKILL, starts it again, and checks that it kept every change it had acknowledged.

    kill_nine.py --relay PROGRAM [--rounds N] [--seed N]

Several connections create open, claimed and short-lived shares, replace them under If-Match, lock and unlock them,
claim them, give claims up, and delete them, while the cleanup runs every second. A change whose answer came must be
there after the restart; one whose answer the kill cut off may have happened or not, but not by half; what is gone
stays gone. Some restarts are killed, too, before they are ready.
"""

import argparse
import http.client
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from running_relay import PATIENCE, Checks, RunningRelay  # noqa: E402

CONNECTIONS = 8
LOCK_BODY = (
    '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
    "<D:locktype><D:write/></D:locktype></D:lockinfo>"
)
PROPFIND_BODY = '<D:propfind xmlns:D="DAV:"><D:prop><D:lockdiscovery/></D:prop></D:propfind>'
UNKNOWN = "?"  # drawn by the relay for an answer that never came


class State:
    """What a share is. Without a body it is gone: then `end` is what its sender is told."""

    def __init__(self, body=None, etag=None, token=None, receiver=None, end=None):
        self.body = body
        self.etag = etag
        self.token = token
        self.receiver = receiver
        self.end = end

    def but(self, **changes):
        return State(**{**vars(self), **changes})

    def allows(self, stored):
        """Whether that is this state, as far as it is known."""
        mine, its = vars(self), vars(stored)
        return all(mine[name] == its[name] or (mine[name] == UNKNOWN and its[name]) for name in mine)

    def __str__(self):
        if self.body is None:
            return f"gone ({self.end})"
        locked = "locked" if self.token else "open"
        claimed = "claimed" if self.receiver else "unclaimed"
        return f"{len(self.body)} bytes ...{self.body[-24:]} {locked} {claimed}"


class Share:
    def __init__(self, path, state, owner=None, expires=None):
        self.path = path
        self.owner = owner  # the sender's claim, if it is a claimed share
        self.devices = [str(uuid.uuid4()) for _ in range(2)] if owner else []  # who may become its receiver
        self.expires = expires
        self.state = state
        self.asked = None  # what an unanswered request would make of it

    def claim(self, device=None):
        return {"Mailbox-Device-Claim": device or self.owner} if self.owner else {}

    def is_changing(self):
        return self.expires is None


class Connection:
    """One device that is busy, with shares of its own."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.shares = []
        self.gone = []  # what was deleted, or expired and was seen to be gone
        self.surprise = None  # an answer that is no matter of crashes

    def run(self, port, acknowledged):
        """Until the relay is gone."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            while True:
                self.step(connection)
                acknowledged()
        except (OSError, http.client.HTTPException):
            pass
        except Surprise as surprise:
            self.surprise = surprise
        finally:
            connection.close()

    def document(self):
        size = self.random.choice((0, 20, 400, 3000, 20000))
        return {
            "payload": {"type": "AEAD_AES_128_GCM", "data": "AAAA" * (size // 4 + 1)},
            "mark": self.random.getrandbits(64),
        }

    def step(self, connection):
        living = [share for share in self.shares if share.state.body is not None and share.is_changing()]
        if len(living) < 3 or self.random.random() < (0.3 if len(living) < 12 else 0.02):
            return self.create(connection)
        share = self.random.choice(living)
        actions = [self.put, self.put, self.delete]
        actions.append(self.unlock if share.state.token else self.lock)
        if share.owner:
            actions += [self.relinquish] if share.state.receiver else [self.claim, self.claim]
        self.random.choice(actions)(connection, share)
        share.state = share.asked or share.state
        share.asked = None

    def create(self, connection):
        kind = self.random.choice(("open", "claimed", "short"))
        document = self.document()
        body = json.dumps(document)
        owner = str(uuid.uuid4()) if kind == "claimed" else None
        expires = None
        if kind == "short":
            expires = int(time.time()) + self.random.choice((1, 2, 3))
            moment = datetime.fromtimestamp(expires, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            body = json.dumps({**document, "mailboxConfiguration": {"expiration": moment}})
        answer, _ = ask(connection, "POST", "/v1/", body, {"Mailbox-Device-Claim": owner} if owner else {})
        if kind == "short" and answer.status != 201:
            return  # its second has begun
        expect(answer, 201)
        path = re.sub("^https?://[^/]*", "", answer.getheader("Location"))
        state = State(UNKNOWN if kind == "short" else body, answer.getheader("ETag"))
        self.shares.append(Share(path, state, owner, expires))

    def put(self, connection, share):
        body = json.dumps(self.document())
        condition = {"If": f"(<{share.state.token}>)"} if share.state.token else {}
        if self.random.random() < 0.2:  # a lost race: changes nothing
            answer, _ = ask(connection, "PUT", share.path, body, {**condition, **share.claim(), "If-Match": '"old"'})
            return expect(answer, 412)
        share.asked = share.state.but(body=body, etag=UNKNOWN)
        condition["If-Match"] = share.state.etag
        answer, _ = ask(connection, "PUT", share.path, body, {**condition, **share.claim()})
        expect(answer, 204)
        share.asked = share.asked.but(etag=answer.getheader("ETag"))

    def lock(self, connection, share):
        share.asked = share.state.but(token=UNKNOWN)
        answer, _ = ask(connection, "LOCK", share.path, LOCK_BODY, share.claim())
        expect(answer, 200)
        share.asked = share.asked.but(token=answer.getheader("Lock-Token").strip("<>"))

    def unlock(self, connection, share):
        share.asked = share.state.but(token=None)
        fields = {"Lock-Token": f"<{share.state.token}>", **share.claim()}
        expect(ask(connection, "UNLOCK", share.path, None, fields)[0], 204)

    def claim(self, connection, share):
        device = self.random.choice(share.devices)
        share.asked = share.state.but(receiver=device)
        expect(ask(connection, "POST", share.path, None, share.claim(device))[0], 200)

    def relinquish(self, connection, share):
        share.asked = share.state.but(receiver=None)
        mailbox = share.path.replace("/v1/", "/v1/m/").replace("/share.json", "")
        expect(ask(connection, "PATCH", mailbox, None, share.claim(share.state.receiver))[0], 200)

    def delete(self, connection, share):
        by_receiver = share.state.receiver and self.random.random() < 0.5
        end = ("completed" if by_receiver else "cancelled") if share.owner else None
        share.asked = State(end=end)
        condition = {"If": f"(<{share.state.token}>)"} if share.state.token else {}
        claim = share.claim(share.state.receiver if by_receiver else None)
        expect(ask(connection, "DELETE", share.path, None, {**condition, **claim})[0], 204)
        self.gone.append(share)


def ask(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer, answer.read().decode()


class Surprise(Exception):
    pass


def expect(answer, status):
    if answer.status != status:
        raise Surprise(f"expected {status}, got {answer.status}: this is no crash, the relay does something else")


def stored_state(connection, share):
    """What the relay has, seen by its sender; asking changes nothing."""
    answer, body = ask(connection, "GET", share.path, None, {"Accept": "application/json", **share.claim()})
    if answer.status == 404:
        return State(end=json.loads(body).get("state"))
    if answer.status != 200:
        return State(f"status {answer.status}")
    # A short-lived share is not what was sent: its expiration was for the relay. It is a document, or torn.
    if not share.is_changing():
        json.loads(body)
    _, xml = ask(connection, "PROPFIND", share.path, PROPFIND_BODY, {"Depth": "0", **share.claim()})
    token = re.search(r"<D:locktoken>\s*<D:href>([^<]*)</D:href>", xml)
    receivers = [
        device for device in share.devices if ask(connection, "GET", share.path, None, share.claim(device))[0].status == 200
    ]
    receiver = receivers[0] if len(receivers) < 2 and receivers else (receivers or None)
    return State(body, answer.getheader("ETag"), token.group(1) if token else None, receiver)


def verify(port, connections, checks):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for device in connections:
        checks.check(device.surprise is None, device.surprise)
        for share in device.shares:
            before = time.time()
            stored = stored_state(client, share)
            after = time.time()
            allowed = [state for state in (share.state, share.asked) if state]
            if share.expires is not None and after >= share.expires:
                allowed = [State()] if before >= share.expires else [*allowed, State()]
            good = any(state.allows(stored) for state in allowed)
            checks.check(good, f"a share that may be {' or '.join(map(str, allowed))} is {stored}")
            share.state = stored
            share.asked = None
            if stored.body is None and share.expires is not None:
                device.gone.append(share)
        device.shares = [share for share in device.shares if share.state.body is not None]
        for share in device.random.sample(device.gone, min(len(device.gone), 20)):
            checks.check(stored_state(client, share).body is None, "a share that was gone has come back")
    client.close()


def busy_until_killed(relay, connections, changes, delay):
    """Lets the connections work until so many changes were acknowledged, and a little longer, then kills."""
    done = threading.Semaphore(0)
    threads = [threading.Thread(target=device.run, args=(relay.port, done.release)) for device in connections]
    for thread in threads:
        thread.start()
    for _ in range(changes):
        if not done.acquire(timeout=PATIENCE):
            break
    time.sleep(delay)
    relay.signal(signal.SIGKILL)
    for thread in threads:
        thread.join()
    relay.wait()


def start_and_kill(program, settings, delay):
    """A restart that does not get far."""
    arguments = [program, "-D", "listen.port=0"]
    for setting in settings:
        arguments += ["-D", setting]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        pass
    process.kill()
    process.wait(PATIENCE)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--relay", required=True, help="the program tigress-relay")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    checks = Checks()
    connections = [Connection(chance.getrandbits(32)) for _ in range(CONNECTIONS)]
    with tempfile.TemporaryDirectory() as folder:
        settings = (f"store.url=sqlite:{Path(folder) / 'shares.db'}", "store.durability=full", "log.level=error",
                    "limits.rate=off", "cleanup.interval=1s")
        for _ in range(options.rounds):
            with RunningRelay(options.relay, *settings) as relay:
                busy_until_killed(relay, connections, chance.randrange(20, 600), chance.uniform(0, 0.01))
            if chance.random() < 0.3:
                start_and_kill(options.relay, settings, chance.uniform(0, 0.1))
            with RunningRelay(options.relay, *settings) as relay:
                verify(relay.port, connections, checks)
                relay.signal(signal.SIGKILL)
                relay.wait()
    sys.exit(checks.finish())


main()

#!/usr/bin/env python3
"""Kills a busy relay with SIGKILL, starts it again, and checks that it kept every change it had acknowledged.

    kill_nine.py --relay PROGRAM [--rounds N] [--seed N]

Several connections create, replace, lock, unlock and delete shares. A change whose answer came must be there
after the restart; one whose answer the kill cut off may have happened or not, but not by half.
"""

import argparse
import http.client
import json
import random
import re
import signal
import sys
import tempfile
import threading
from pathlib import Path

from running_relay import PATIENCE, Checks, RunningRelay

CONNECTIONS = 8
LOCK_BODY = (
    '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
    "<D:locktype><D:write/></D:locktype></D:lockinfo>"
)
PROPFIND_BODY = '<D:propfind xmlns:D="DAV:"><D:prop><D:lockdiscovery/></D:prop></D:propfind>'


class Share:
    """What is known of one share. Its states are pairs of body and lock token; (None, None) is gone."""

    def __init__(self, path, body):
        self.path = path
        self.state = (body, None)
        self.asked = None  # the state an unanswered request would lead to; a lock's token is "?"


class Connection:
    """One device that is busy, with shares of its own."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.shares = []

    def run(self, port, acknowledged):
        """Until the relay is gone."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            while True:
                self.step(connection)
                acknowledged()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()

    def document(self):
        size = self.random.choice((0, 20, 400, 3000, 20000))
        members = {
            "payload": {"type": "AEAD_AES_128_GCM", "data": "AAAA" * (size // 4 + 1)},
            "mark": self.random.getrandbits(64),
        }
        return json.dumps(members)

    def step(self, connection):
        living = [share for share in self.shares if share.state[0] is not None]
        if len(living) < 3 or self.random.random() < 0.3:
            body = self.document()
            answer, _ = ask(connection, "POST", "/v1/", body)
            expect(answer, 201)
            path = re.sub("^https?://[^/]*", "", answer.getheader("Location"))
            self.shares.append(Share(path, body))
            return
        share = self.random.choice(living)
        body, token = share.state
        condition = {"If": f"(<{token}>)"} if token else {}
        action = self.random.choice(("PUT", "PUT", "LOCK", "UNLOCK", "DELETE"))
        if action == "PUT":
            share.asked = (self.document(), token)
            answer, _ = ask(connection, "PUT", share.path, share.asked[0], condition)
            expect(answer, 204)
        elif action == "DELETE":
            share.asked = (None, None)
            answer, _ = ask(connection, "DELETE", share.path, None, condition)
            expect(answer, 204)
        elif action == "LOCK" and not token:
            share.asked = (body, "?")
            answer, _ = ask(connection, "LOCK", share.path, LOCK_BODY)
            expect(answer, 200)
            share.asked = (body, answer.getheader("Lock-Token").strip("<>"))
        elif action == "UNLOCK" and token:
            share.asked = (body, None)
            answer, _ = ask(connection, "UNLOCK", share.path, None, {"Lock-Token": f"<{token}>"})
            expect(answer, 204)
        else:
            return
        share.state = share.asked
        share.asked = None


def ask(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer, answer.read().decode()


def expect(answer, status):
    if answer.status != status:
        sys.exit(f"expected {status}, got {answer.status}: this is no crash, the relay does something else")


def stored_state(connection, path):
    """What the relay has: a state as in Share."""
    answer, body = ask(connection, "GET", path, None, {"Accept": "application/json"})
    if answer.status == 404:
        return (None, None)
    if answer.status != 200:
        return (f"status {answer.status}", None)
    answer, xml = ask(connection, "PROPFIND", path, PROPFIND_BODY, {"Depth": "0"})
    if answer.status != 207:
        return (f"PROPFIND status {answer.status}", None)
    token = re.search(r"<D:locktoken>\s*<D:href>([^<]*)</D:href>", xml)
    return (body, token.group(1) if token else None)


def is_allowed(stored, share):
    if stored == share.state or stored == share.asked:
        return True
    # The token of a lock whose answer was cut off is not known.
    return bool(share.asked) and share.asked[1] == "?" and stored[0] == share.asked[0] and stored[1] is not None


def verify(port, connections, checks):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for device in connections:
        for share in device.shares:
            stored = stored_state(client, share.path)
            good = is_allowed(stored, share)
            checks.check(good, f"a share that was {summary(share.state)}"
                               f"{' (asked: ' + summary(share.asked) + ')' if share.asked else ''}"
                               f" is {summary(stored)}")
            share.state = stored
            share.asked = None
        device.shares = [share for share in device.shares if share.state[0] is not None]
    client.close()


def summary(state):
    body, token = state
    return "gone" if body is None else f"{len(body)} bytes ...{body[-24:]} {'locked' if token else 'open'}"


def busy_until_killed(relay, connections, changes):
    """Lets the connections work until so many changes were acknowledged, then kills."""
    done = threading.Semaphore(0)
    threads = [threading.Thread(target=device.run, args=(relay.port, done.release)) for device in connections]
    for thread in threads:
        thread.start()
    for _ in range(changes):
        if not done.acquire(timeout=PATIENCE):
            break
    relay.signal(signal.SIGKILL)
    for thread in threads:
        thread.join()
    relay.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--relay", required=True, help="the program tigress-relay")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    chance = random.Random(options.seed)
    checks = Checks()
    connections = [Connection(chance.getrandbits(32)) for _ in range(CONNECTIONS)]
    with tempfile.TemporaryDirectory() as folder:
        settings = (f"store.url=sqlite:{Path(folder) / 'shares.db'}", "store.durability=full", "log.level=error",
                    "limits.rate=off")
        for _ in range(options.rounds):
            with RunningRelay(options.relay, *settings) as relay:
                busy_until_killed(relay, connections, chance.randrange(20, 600))
            with RunningRelay(options.relay, *settings) as relay:
                verify(relay.port, connections, checks)
                relay.signal(signal.SIGKILL)
                relay.wait()
    sys.exit(checks.finish())


main()

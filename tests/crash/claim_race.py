#!/usr/bin/env python3
"""Kills a relay with SIGKILL while many devices race for the same shares, and checks after the restart that no
share has two receivers and that nobody who was told "you are it" was forgotten.

    claim_race.py --relay PROGRAM [--rounds N]
"""

import argparse
import http.client
import json
import re
import signal
import sys
import tempfile
import threading
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from running_relay import Checks, RunningRelay  # noqa: E402

DEVICES = 16
SHARES = 40
DOCUMENT = json.dumps({"payload": {"type": "AEAD_AES_256_GCM", "data": "AAAA"}})


def post(connection, path, claim, body=None):
    connection.request("POST", path, body, {"Mailbox-Device-Claim": claim})
    answer = connection.getresponse()
    answer.read()
    return answer


class Racer(threading.Thread):
    """One device that asks for every share in turn, until the relay is gone."""

    def __init__(self, port, paths, on_answer):
        super().__init__()
        self.port = port
        self.paths = paths
        self.on_answer = on_answer
        self.claim = str(uuid.uuid4())
        self.won = set()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            for path in self.paths:
                if post(connection, path, self.claim).status == 200:
                    self.won.add(path)
                self.on_answer()
        except (OSError, http.client.HTTPException):
            pass  # killed
        finally:
            connection.close()


def run_round(program, store, kill_after, checks):
    answers = threading.Semaphore(0)
    with RunningRelay(program, f"store.url=sqlite:{store}", "limits.rate=off") as relay:
        connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=30)
        owner = str(uuid.uuid4())
        paths = []
        for _ in range(SHARES):
            location = post(connection, "/v1/", owner, DOCUMENT).getheader("Location")
            paths.append(re.sub("^https?://[^/]*", "", location))
        racers = [Racer(relay.port, paths, answers.release) for _ in range(DEVICES)]
        for racer in racers:
            racer.start()
        for _ in range(kill_after):
            answers.acquire(timeout=30)
        relay.signal(signal.SIGKILL)
        relay.wait()
        for racer in racers:
            racer.join()

    with RunningRelay(program, f"store.url=sqlite:{store}", "limits.rate=off") as relay:
        connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=30)
        for path in paths:
            winners = [racer for racer in racers if path in racer.won]
            checks.check(len(winners) <= 1, "two devices were told that they are the receiver")
            # A winner asks first: it must still be let in. Then all may try, and one at the most succeeds.
            order = winners + [racer for racer in racers if racer not in winners]
            admitted = [racer for racer in order if post(connection, path, racer.claim).status == 200]
            checks.check(len(admitted) == 1, f"{len(admitted)} devices are let in after the restart")
            checks.check(not winners or admitted[:1] == winners, "the receiver was forgotten")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--relay", required=True)
    arguments.add_argument("--rounds", type=int, default=4)
    given = arguments.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.rounds):
            # Spread over the race: some shares are decided, one is being decided, some are untouched.
            kill_after = 1 + number * (DEVICES * SHARES // 2) // given.rounds
            run_round(given.relay, Path(folder) / f"{number}.db", kill_after, checks)
    return checks.finish()


sys.exit(main())

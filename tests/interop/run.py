#!/usr/bin/env python3
"""Drives stock WebDAV clients against a running relay.

  tests/interop/run.py --relay PATH [client...]    every client, or the named ones
  tests/interop/run.py --relay PATH --can-fail     proves that the tests notice when a method does nothing

tests/interop/install installs the clients. Everything stays on loopback and in temporary folders.
"""

import argparse
import contextlib
import pathlib
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True

import bench  # noqa: E402
import clients  # noqa: E402
from tap import Tap  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from running_relay import Certificate, RunningRelay, store_in  # noqa: E402


class Relays:
    """Relays by what a case asks for, each started when it is first needed."""

    def __init__(self, program, folder, stack, spoil=None):
        self._program = program
        self._folder = folder
        self._stack = stack
        self._spoil = spoil
        self._running = {}
        self._certificate = None

    def get(self, over, identifiers):
        key = (over, identifiers)
        if key not in self._running:
            folder = self._folder / f"relay-{len(self._running)}"
            if over == "TLS" and not self._certificate:
                self._certificate = Certificate(self._folder)
            certificate = self._certificate if over == "TLS" else None
            relay = RunningRelay(self._program, store_in(folder), "limits.rate=off",
                                 f"share.identifiers={identifiers}", certificate=certificate)
            self._stack.enter_context(relay)
            tap = None
            if over != "TLS":
                tap = Tap(relay.port, self._spoil)
                self._stack.callback(tap.close)
            self._running[key] = (relay, tap)
        return self._running[key]

    def died(self):
        return [relay for relay, _ in self._running.values() if not relay.is_running()]


class Run:
    """One pass over cases, against relays as `relays` starts them."""

    def __init__(self, program, spoil=None, quiet=False, relays=Relays):
        self._program = program
        self._relays = relays
        self._spoil = spoil
        self._quiet = quiet
        self.passed = self.failed = self.skipped = 0
        self.failures = []  # (client, sentence)
        self.methods = {}   # client -> methods it sent

    def say(self, *lines):
        if not self._quiet:
            print(*lines, sep="\n", flush=True)

    def all(self, cases, ways):
        with tempfile.TemporaryDirectory(prefix="tigress-interop-") as folder, contextlib.ExitStack() as stack:
            folder = pathlib.Path(folder)
            folder.chmod(0o711)  # davfs2 gives up root and must still reach its own folder
            relays = self._relays(self._program, folder, stack, self._spoil)
            for number, case in enumerate(cases):
                for over in case.over:
                    if over in ways:
                        self._one(case, over, relays, folder / f"case-{number}-{over.split()[0]}")
            for relay in relays.died():
                self.failed += 1
                self.say("FAIL a relay ended during the run", relay.log())
        return self.failed == 0

    def _one(self, case, over, relays, folder):
        sentence = f"{case.client} {case.sentence}, over {over}"
        folder.mkdir(mode=0o711)
        world = None
        try:
            relay, tap = relays.get(over, case.identifiers)
            world = bench.Bench(over, relay, tap, folder)
            case.run(world)
            self.passed += 1
            self.say(f"ok   {sentence}")
        except bench.Skip as reason:
            self.skipped += 1
            self.say(f"skip {sentence}: {reason}")
        except bench.Failed as failure:
            self._fail(case, world, sentence, str(failure))
        except Exception:  # a fault of the harness is no pass either
            self._fail(case, world, sentence, traceback.format_exc())
        if world:
            self.methods.setdefault(case.client, set()).update(request.method for request in world.seen())

    def _fail(self, case, world, sentence, why):
        self.failed += 1
        self.failures.append((case.client, sentence))
        self.say(f"FAIL {sentence}", *(f"     {line}" for line in why.splitlines()))
        for request in world.seen() if world else []:
            self.say(f"     sent: {request}")

    def summary(self):
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def prove_that_tests_can_fail(program, cases):
    """Each method a client sends is made to do nothing; some case of that client must then fail."""
    plain = ["plain HTTP"]
    honest = Run(program, quiet=True)
    if not honest.all(cases, plain):  # what fails anyway proves nothing
        print(*(f"FAIL {sentence}" for _, sentence in honest.failures), honest.summary(), sep="\n")
        return False
    passed = failed = 0
    for method in ("GET", "PUT", "DELETE", "LOCK", "UNLOCK", "PROPFIND"):
        users = {client for client, methods in honest.methods.items() if method in methods}
        spoilt = Run(program, spoil=method, quiet=True)
        spoilt.all([case for case in cases if case.client in users], plain)
        noticed = {client for client, _ in spoilt.failures}
        for client in sorted(users):
            passed += client in noticed
            failed += client not in noticed
            print(("ok   " if client in noticed else "FAIL ") +
                  f"the tests of {client} notice when {method} does nothing", flush=True)
    print(f"{passed} passed, {failed} failed")
    return failed == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--relay", required=True, type=pathlib.Path, help="the tigress-relay to test")
    parser.add_argument("--can-fail", action="store_true", help="prove that the tests can fail")
    parser.add_argument("client", nargs="*", help="which clients: " + ", ".join(clients.names()))
    arguments = parser.parse_args()
    unknown = set(arguments.client) - set(clients.names())
    if unknown:
        parser.error(f"no such client: {', '.join(sorted(unknown))}; there are {', '.join(clients.names())}")
    if not arguments.relay.is_file():
        parser.error(f"no relay at {arguments.relay}; build the target tigress-relay")
    clients.load(arguments.client)
    program = arguments.relay.resolve()
    if arguments.can_fail:
        return 0 if prove_that_tests_can_fail(program, bench.CASES) else 1
    run = Run(program)
    good = run.all(bench.CASES, ["plain HTTP", "TLS"])
    print(run.summary())
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

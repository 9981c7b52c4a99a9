#!/usr/bin/env python3
"""What tigress-relay answers when its machine fails it: a full disk, a disk that cannot be written, a database that
somebody holds or that is damaged, no descriptors, no memory, a clock that goes back. It never answers wrongly and
never dies; what can be read is read; and it goes on by itself when the fault is over.

    faults.py --relay PROGRAM [--sanitized]

Disks are mounted in a namespace of the script's own, so nothing of it is seen outside. Where that is not allowed,
and in a program with sanitizers, which has needs and a loader of its own, those parts are left out, and it says so.
"""

import argparse
import glob
import http.client
import json
import os
import random
import re
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from running_relay import PATIENCE, Checks, RunningRelay  # noqa: E402

LOCK_BODY = (
    '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
    "<D:locktype><D:write/></D:locktype></D:lockinfo>"
)
SILENCE = 30  # seconds without an answer: longer than a busy machine needs, shorter than timeout.idle, which closes
FAKE_TIME = sorted(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1"))


class Client:
    def __init__(self, relay, patience=PATIENCE):
        self.connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=patience)

    def ask(self, method, path, body=None, **headers):
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body, fields)
        answer = self.connection.getresponse()
        answer.text = answer.read().decode()
        return answer

    def create(self, body):
        """The path of a new share."""
        answer = self.ask("POST", "/v1/", body)
        return re.sub("^https?://[^/]*", "", answer.getheader("Location")) if answer.status == 201 else None

    def read(self, path):
        answer = self.ask("GET", path, Accept="application/json")
        return answer.text if answer.status == 200 else answer.status


def document(mark, size=100):
    return json.dumps({"payload": {"type": "AEAD_AES_128_GCM", "data": "A" * (size // 4 * 4)}, "mark": mark})


def settings_for(folder, *more):
    return (f"store.url=sqlite:{folder}/shares.db", "log.level=debug", "limits.rate=off", "limits.free-disk=0",
            "cleanup.interval=1s", *more)


def says_come_back(answer):
    return answer.getheader("Retry-After", "").isdigit()


def until(good):
    """Asks again and again whether a fault is over by now."""
    for _ in range(200):
        if good():
            return True
        threading.Event().wait(0.05)
    return False


class Disk:
    """A small file system in memory, mounted in the block."""

    def __init__(self, folder, size):
        self.folder = folder
        self.size = size

    def __enter__(self):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.size}", "tmpfs", self.folder], check=True)
        return Path(self.folder)

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.folder], check=True)


def full_disk(program, checks):
    with tempfile.TemporaryDirectory() as place, Disk(place, "6m") as folder:
        ballast = folder / "ballast"
        ballast.write_bytes(bytes(2 << 20))
        with RunningRelay(program, *settings_for(folder)) as relay:
            client = Client(relay)
            kept = {}
            for number in range(1000):
                body = document(number, 30000)
                answer = client.ask("POST", "/v1/", body)
                if answer.status != 201:
                    break
                kept[re.sub("^https?://[^/]*", "", answer.getheader("Location"))] = body
            checks.check(answer.status == 507, f"full disk: 507, got {answer.status} after {len(kept)} shares")
            checks.check("sufficient-disk-space" in answer.text, "rule 99: a full store says sufficient-disk-space")
            checks.check(says_come_back(answer), "full disk: 507 says when to come back")
            one = next(iter(kept))
            answer = client.ask("PUT", one, document("new", 60000))
            checks.check(answer.status == 507, f"full disk: no write, got {answer.status}")
            answer = client.ask("PUT", one, document("too much", 200000))
            checks.check(answer.status == 413, f"rule 99: one body that is too large is 413, got {answer.status}")
            checks.check(len(kept) > 20 and all(client.read(path) == body for path, body in kept.items()),
                         "full disk: all that was acknowledged is read")
            ballast.unlink()
            body = document("after")
            checks.check(until(lambda: client.ask("PUT", one, body).status == 204), "full disk: writes resume")
            kept[one] = body
            relay.process.kill()
            relay.wait()
        with RunningRelay(program, *settings_for(folder)) as relay:
            client = Client(relay)
            checks.check(all(client.read(path) == body for path, body in kept.items()),
                         "full disk: what was acknowledged is there after a kill")


def read_only_disk(program, checks):
    with tempfile.TemporaryDirectory() as place, Disk(place, "6m") as folder:
        with RunningRelay(program, *settings_for(folder)) as relay:
            path = Client(relay).create(document("kept"))
            relay.process.kill()
            relay.wait()
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        arguments = [word for setting in settings_for(folder, "listen.port=0") for word in ("-D", setting)]
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=PATIENCE)
        checks.check(done.returncode == 70, f"read-only disk: does not start, got {done.returncode}")
        checks.check(str(folder) in done.stderr and "written" in done.stderr,
                     f"read-only disk: says which, and that it must be written, got {done.stderr!r}")
        subprocess.run(["mount", "-o", "remount,rw", place], check=True)
        with RunningRelay(program, *settings_for(folder)) as relay:
            checks.check(Client(relay).read(path) == document("kept"), "read-only disk: nothing is lost by it")


def held_database(program, checks):
    with tempfile.TemporaryDirectory() as folder:
        with RunningRelay(program, *settings_for(folder)) as relay:
            client = Client(relay)
            body = document("before")
            path = client.create(body)
            other = sqlite3.connect(f"{folder}/shares.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            answers = []
            writer = threading.Thread(
                target=lambda: answers.append(Client(relay).ask("PUT", path, document("held"))))
            writer.start()
            checks.check(client.read(path) == body, "held database: reads go on")
            writer.join()
            checks.check(answers[0].status == 503 and says_come_back(answers[0]),
                         f"held database: a write is 503 with Retry-After, got {answers[0].status}")
            checks.check(client.read(path) == body, "held database: a write that failed has not happened")
            other.execute("ROLLBACK")
            other.close()
            checks.check(client.ask("PUT", path, document("after")).status == 204, "held database: writes resume")


def damaged(good, chance):
    """The database with one wound, as (what it is, bytes)."""
    page = int.from_bytes(good[16:18], "big")  # as the file's header says
    pages = len(good) // page
    yield "an empty header", bytes(100) + good[100:]
    yield "no page but the first", good[:page]
    for _ in range(2):
        cut = chance.randrange(1, len(good))
        yield f"cut off at {cut}", good[:cut]
    for _ in range(14):
        # Kinds of pages: 2 and 5 lead to others, 10 and 13 hold rows, everything else is a row's overflow.
        number = chance.randrange(pages)
        kind = good[number * page + (100 if number == 0 else 0)]
        wounded = bytearray(good)
        for _ in range(chance.choice((1, 1, 8, 64))):
            wounded[number * page + chance.randrange(page)] ^= 1 << chance.randrange(8)
        yield f"bits turned over in page {number}, of kind {kind}", bytes(wounded)
    for _ in range(2):
        number = chance.randrange(pages)
        yield f"page {number} is noise", good[:number * page] + chance.randbytes(page) + good[(number + 1) * page:]


def damaged_database(program, checks):
    chance = random.Random(20261121)
    with tempfile.TemporaryDirectory() as folder:
        with RunningRelay(program, *settings_for(folder)) as relay:
            client = Client(relay)
            kept = {}
            for number in range(40):
                body = document(number, chance.choice((40, 4000, 9000)))
                kept[client.create(body)] = body
            relay.process.terminate()
            relay.wait()
        good = Path(folder, "shares.db").read_bytes()
    outcomes = {"refused": 0, "started": 0, "errors": 0}
    wounds = [(what, bytes_, None) for what, bytes_ in damaged(good, chance)]
    wounds += [("a log of noise", good, chance.randbytes(20000)),
               ("a log that is cut off in its header", good, b"\x37\x7f\x06\x82" + chance.randbytes(12))]
    for what, database, log in wounds:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "shares.db").write_bytes(database)
            if log is not None:
                Path(folder, "shares.db-wal").write_bytes(log)
            try:
                relay = RunningRelay(program, *settings_for(folder))
            except RuntimeError as error:
                outcomes["refused"] += 1
                checks.check("store" in str(error) and "move it away" in str(error),
                             f"{what}: says what to do, got {error}")
                continue
            with relay:
                outcomes["started"] += 1
                client = Client(relay)
                for path, body in kept.items():
                    read = client.read(path)
                    outcomes["errors"] += read == 503
                    # A row that is not found any more is a share that is not there.
                    checks.check(read in (body, 503, 404), f"{what}: wrong bytes, or a strange answer")
                    if log is not None:
                        checks.check(read == body, f"{what}: is not looked at")
                answer = client.ask("POST", "/v1/", document("new"))
                checks.check(answer.status in (201, 503), f"{what}: a write is {answer.status}")
                checks.check(relay.process.poll() is None, f"{what}: ends the relay")
    print(f"damaged databases: {outcomes}")
    checks.check(outcomes["refused"] > 0 and outcomes["errors"] > 0, f"wounds of many kinds, got {outcomes}")


def no_descriptors(program, checks):
    with tempfile.TemporaryDirectory() as folder, RunningRelay(program, *settings_for(folder)) as relay:
        client = Client(relay)
        body = document("before")
        path = client.create(body)
        pid = relay.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        used = max(map(int, os.listdir(f"/proc/{pid}/fd")))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 4, limits[1]))
        others = [socket.create_connection(("127.0.0.1", relay.port), PATIENCE) for _ in range(40)]
        checks.check(until(lambda: len(os.listdir(f"/proc/{pid}/fd")) >= used), "no descriptors are left")
        for number in range(20):
            read = client.read(path)
            checks.check(read in (body, 503), f"no descriptors: a read is answered rightly, got {read!r}")
            put = document(number)
            answer = client.ask("PUT", path, put)
            checks.check(answer.status in (204, 503), f"no descriptors: a write is {answer.status}")
            body = put if answer.status == 204 else body
        for other in others:
            other.close()

        def is_served():
            try:
                return Client(relay).read(path) == body
            except ConnectionError:  # it came before the others were seen to be gone
                return False

        checks.check(until(is_served), "no descriptors: new connections are served again")
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        checks.check(client.read(path) == body, "no descriptors: nothing was lost")


def no_memory(program, checks):
    with tempfile.TemporaryDirectory() as folder, RunningRelay(program, *settings_for(folder)) as relay:
        pid = relay.process.pid
        first = Client(relay)
        path = first.create(document("before"))
        unlimited = resource.prlimit(pid, resource.RLIMIT_AS)
        size = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
        kept = {}
        ends = {}

        def work(number):
            chance = random.Random(number)
            for step in range(6):
                try:
                    client = Client(relay, patience=SILENCE)
                    body = document(f"{number}.{step}", chance.choice((100, 60000)))
                    answer = client.ask("POST", "/v1/", body)
                    ends[answer.status] = ends.get(answer.status, 0) + 1
                    if answer.status == 201:
                        kept[re.sub("^https?://[^/]*", "", answer.getheader("Location"))] = body
                    elif answer.status not in (503, 507):
                        ends["strange"] = answer.status
                except TimeoutError:
                    ends["silence"] = ends.get("silence", 0) + 1
                except (OSError, http.client.HTTPException):
                    ends["closed"] = ends.get("closed", 0) + 1

        for more in (0, 1 << 20, 4 << 20):
            resource.prlimit(pid, resource.RLIMIT_AS, (size + more, unlimited[1]))
            threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            resource.prlimit(pid, resource.RLIMIT_AS, unlimited)
        print(f"no memory: {ends}")
        checks.check("strange" not in ends, f"no memory: 201, 503 or the end of the connection, got {ends}")
        checks.check("silence" not in ends, f"no memory: every connection is answered or closed, got {ends}")
        checks.check(any(end != 201 for end in ends), f"no memory: somebody met it, got {ends}")
        checks.check(relay.process.poll() is None, "no memory: the relay lives")
        checks.check(until(lambda: Client(relay).read(path) == document("before")), "no memory: it goes on afterwards")
        client = Client(relay)
        checks.check(all(client.read(path) == body for path, body in kept.items()),
                     "no memory: all that was acknowledged is there")
        checks.check(client.create(document("after")), "no memory: writes go on afterwards")


def clock_set_back(program, checks):
    if not FAKE_TIME:
        print("left out: a clock that goes back needs the package faketime")
        return
    with tempfile.TemporaryDirectory() as folder:
        clock = Path(folder, "clock")
        clock.write_text("+0")
        environment = {
            **os.environ, "LD_PRELOAD": FAKE_TIME[0], "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
        }
        with RunningRelay(program, *settings_for(folder, "share.lifetime=60s"), environment=environment) as relay:
            client = Client(relay)
            gone = client.create(document("gone"))
            clock.write_text("+2h")
            checks.check(client.read(gone) == 404, "the clock goes forward: a share expires")
            checks.check(relay.wait_until_said("removed 1"), "the clock goes forward: the share is removed")
            body = document("kept")
            kept = client.create(body)
            token = client.ask("LOCK", kept, LOCK_BODY, Timeout="Second-30").getheader("Lock-Token")
            clock.write_text("+0")
            checks.check(client.read(gone) == 404, "the clock goes back: what was removed stays gone")
            answer = client.ask("GET", kept, Accept="application/json")
            checks.check(answer.text == body, "the clock goes back: what lives is read")
            checks.check(client.ask("PUT", kept, document("x")).status == 423, "the clock goes back: a lock holds")
            changed = client.ask("PUT", kept, document("y"), If=f"({token})", If_Match=answer.getheader("ETag"))
            checks.check(changed.status == 204 and changed.getheader("ETag") != answer.getheader("ETag"),
                         "the clock goes back: its holder writes, and no tag comes twice")
            waited = client.ask("GET", kept, If_None_Match=changed.getheader("ETag"), Prefer="wait=1",
                                Accept="application/json")
            checks.check(waited.status == 304, f"the clock goes back: a long poll ends, got {waited.status}")
            fresh = client.create(document("fresh"))
            checks.check(fresh and fresh not in (gone, kept), "the clock goes back: shares are made")
            clock.write_text("+24h")
            checks.check(client.read(fresh) == 404 and client.read(kept) == 404,
                         "the clock goes forward again: they expire")


PARTS = [held_database, damaged_database]
NEEDS_MOUNTS = [full_disk, read_only_disk]
# A sanitizer needs memory, and descriptors: UBSan looks at an object through a pipe, and without one calls it broken.
NEEDS_PLAIN_PROGRAM = [no_descriptors, no_memory, clock_set_back]


def enter_namespace():
    """Starts the script again where it may mount; gives False if that is not allowed, or was done."""
    if os.environ.get("TIGRESS_MOUNTS"):
        return False
    how = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--mount", "--user", "--map-root-user"]
    tried = shutil.which("unshare") and subprocess.run(
        [*how, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True).returncode == 0
    os.environ["TIGRESS_MOUNTS"] = "yes" if tried else "no"
    if tried:
        os.execvp("unshare", [*how, sys.executable, *sys.argv])
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--relay", required=True, help="the program tigress-relay")
    parser.add_argument("--sanitized", action="store_true", help="it was built with sanitizers")
    parser.add_argument("--only", help="one part, by its name")
    options = parser.parse_args()
    program = str(Path(options.relay).resolve())
    enter_namespace()
    parts = list(PARTS)
    if os.environ["TIGRESS_MOUNTS"] == "yes":
        parts += NEEDS_MOUNTS
    else:
        print("left out: disks, because mounting is not allowed here")
    if not options.sanitized:
        parts += NEEDS_PLAIN_PROGRAM
    else:
        print("left out: descriptors, memory and clock, because of the sanitizers")
    checks = Checks()
    for part in parts:
        if options.only in (None, part.__name__):
            part(program, checks)
    sys.exit(checks.finish())


main()

#!/usr/bin/env python3
"""What stands between a mistake in the relay and its machine: how the programs were linked, what the systemd unit
allows, which system calls the relay makes, and that it leaves no core file.

    hardening.py --relay PROGRAM --client PROGRAM [--sanitized]

A sanitized build makes system calls of its own and must be open to its leak checker: those two checks are left out.
"""

import argparse
import http.client
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "crash"))
from running_relay import Checks, RunningRelay  # noqa: E402

UNIT = ROOT / "config" / "tigress-relay.service"
DOCUMENT = b'{"payload":{"type":"AEAD_AES_128_GCM","data":"AAAA"}}'
LOCK = b'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>' \
       b'</D:lockinfo>'


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def check_programs(programs, checks):
    """Position-independent, with every relocation made and shut before main, no stack that can be run."""
    for program in programs:
        listing = output("readelf", "-hlWd", program)
        symbols = output("readelf", "-W", "--dyn-syms", program)
        rows = [
            ("is position-independent", re.search(r"Type:\s+DYN", listing)),
            ("has no relocation left to write", "GNU_RELRO" in listing and "BIND_NOW" in listing),
            ("has a stack that cannot be run", re.search(r"GNU_STACK(\s+0x\S+){5} RW ", listing)),
            ("guards its stack", "__stack_chk_fail" in symbols),
        ]
        for what, good in rows:
            checks.check(good, f"{pathlib.Path(program).name} {what}")


def check_unit(checks):
    """The unit's exposure, as systemd counts it from 0 (none) to 10."""
    said = output("systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT))
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    checks.check(level and float(level[1]) < 2.0, f"the unit's exposure is below 2.0, not {level and level[1]}")


def expand(names):
    """The system calls of systemd's sets."""
    calls = set()
    for name in names:
        if not name.startswith("@"):
            calls.add(name)
            continue
        lines = output("systemd-analyze", "syscall-filter", "--no-pager", name).splitlines()[1:]
        calls |= expand(line.strip() for line in lines if line.strip() and not line.strip().startswith("#"))
    return calls


def allowed_calls():
    allowed = set()
    for line in UNIT.read_text().splitlines():
        if not line.startswith("SystemCallFilter="):
            continue
        value = line.partition("=")[2]
        if value.startswith("~"):
            allowed -= expand(value[1:].split())
        else:
            allowed |= expand(value.split())
    return allowed


def ask(relay, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=60)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def live(relay):
    """A share's life, and the pages around it."""
    made = ask(relay, "POST", "/v1/", DOCUMENT)
    path = "/" + made.getheader("Location").split("/", 3)[3]
    lock = ask(relay, "LOCK", path, LOCK).getheader("Lock-Token")
    statuses = [made.status] + [ask(relay, method, where, body, headers).status for method, where, body, headers in [
        ("GET", path, None, {"Accept": "application/json"}),
        ("GET", path, None, {"Accept": "text/html"}),
        ("PROPFIND", path, None, {"Depth": "0"}),
        ("PUT", path, DOCUMENT, {"If": f"({lock})"}),
        ("DELETE", path, None, {"If": f"({lock})"}),
        ("GET", "/", None, {}),
    ]]
    return statuses


def check_calls(program, checks):
    """The relay does with what the unit leaves it, from start to stop, with a cleanup in between."""
    allowed = allowed_calls()
    if os.geteuid() == 0:
        allowed.add("fchown")  # SQLite, as root only, gives its files the owner of the database
    with tempfile.TemporaryDirectory() as folder:
        trace = pathlib.Path(folder) / "trace"
        # -D: the relay is our child, and strace watches from the side.
        wrapped = ["strace", "-D", "-f", "-qq", "--signal=none", "-o", str(trace), program]
        with RunningRelay(wrapped, f"store.url=sqlite:{folder}/shares.db", "cleanup.interval=1s") as relay:
            checks.check(live(relay) == [201, 200, 200, 207, 204, 204, 200], "a share lives under strace")
            ask(relay, "PUT", "/v1/new/share.json", DOCUMENT)  # a reservation for the cleanup
            relay.signal(signal.SIGTERM)
            checks.check(relay.wait() == 0, "the relay stops cleanly under strace")
        called = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.M))
    checks.check("epoll_wait" in called or "poll" in called, "strace saw the relay work")
    checks.check(called <= allowed, f"the unit allows every system call but {sorted(called - allowed)}")


def check_core(program, checks):
    """A relay that dies leaves nothing of its memory behind, whatever its surroundings would allow."""
    unlimited = resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_CORE, (unlimited, unlimited))
    with tempfile.TemporaryDirectory() as folder:
        with RunningRelay(program, f"store.url=sqlite:{folder}/shares.db") as relay:
            limits = pathlib.Path(f"/proc/{relay.process.pid}/limits").read_text()
            checks.check(re.search(r"Max core file size +0 +0 ", limits), "the relay allows itself no core file")
            os.kill(relay.process.pid, signal.SIGSEGV)
            _, status = os.waitpid(relay.process.pid, 0)
            relay.process.returncode = -signal.SIGSEGV
            checks.check(os.WIFSIGNALED(status) and not os.WCOREDUMP(status), "no core is dumped")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--relay", required=True)
    arguments.add_argument("--client", required=True)
    arguments.add_argument("--sanitized", action="store_true")
    given = arguments.parse_args()
    checks = Checks()
    check_unit(checks)
    if not given.sanitized:
        check_programs([given.relay, given.client], checks)
        check_calls(given.relay, checks)
        check_core(given.relay, checks)
    return checks.finish()


sys.exit(main())

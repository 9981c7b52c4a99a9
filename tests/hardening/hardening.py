#!/usr/bin/env python3
"""What stands between a mistake in the relay and its machine: how the programs were linked, what the systemd unit
allows, which system calls the relay makes, that it leaves no core file, and that root's rights are given up.

    hardening.py --relay PROGRAM --client PROGRAM [--sanitized] [--pushes]

A sanitized build makes system calls of its own and must be open to its leak checker: those two checks are left out.
With --pushes the relay is one that was built to send them, and sends some of every type.
Only root can give root's rights up: for anybody else that check says that it is left out.
"""

import argparse
import contextlib
import http.client
import os
import pathlib
import pwd
import re
import resource
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tests"), str(ROOT / "tests" / "push")]
from push import Phone, Services  # noqa: E402
from running_relay import PATIENCE, Certificate, Checks, RunningRelay  # noqa: E402

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


def push(services, relay):
    """Pushes of every type; what came."""
    came = []
    for kind, tokens in services.tokens.items():
        path, promised = Phone(relay).create(kind, tokens["sender"])
        if promised:
            Phone(relay).ask("POST", path)
        came.append(services.push()[:2])  # a webhook's is its challenge
    return came


def check_calls(program, checks, pushes):
    """The relay does with what the unit leaves it, from start to stop, with a cleanup in between."""
    allowed = allowed_calls()
    if os.geteuid() == 0:
        allowed.add("fchown")  # SQLite, as root only, gives its files the owner of the database
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        settings = []
        if pushes:
            services = stack.enter_context(contextlib.closing(Services(folder)))
            settings = ["push.allow-loopback=on", *services.settings()]
        trace = pathlib.Path(folder) / "trace"
        # -D: the relay is our child, and strace watches from the side.
        wrapped = ["strace", "-D", "-f", "-qq", "--signal=none", "-o", str(trace), program]
        with RunningRelay(wrapped, f"store.url=sqlite:{folder}/shares.db", "cleanup.interval=1s", *settings) as relay:
            if pushes:
                services.expect(relay)
                checks.check(push(services, relay) == [(kind, "sender") for kind in services.tokens],
                             "pushes of every type are sent under strace")
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
            checks.check(not relay.die(signal.SIGSEGV), "no core is dumped")
            checks.check(relay.process.returncode < 0, "it died of a signal")  # Poco makes SIGABRT of it


def run(program, *definitions, command=(), user=None):
    """Exit code and stderr of a relay that should end by itself."""
    words = [word for definition in definitions for word in ("-D", definition)]
    done = subprocess.run([program, "-D", "listen.port=0", *words, *command], capture_output=True, text=True,
                          timeout=PATIENCE, user=user, group=user, extra_groups=None if user is None else [])
    return done.returncode, done.stderr


def identities(pid):
    """Of each thread: users, groups, capabilities, and whether it may gain rights."""
    seen = []
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        values = dict(line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
        seen.append({name: values[name].split() for name in ("Uid", "Gid", "Groups", "CapPrm", "CapEff", "CapAmb",
                                                             "NoNewPrivs")})
    return seen


def check_user(program, sanitized, pushes, checks):
    """Started by root, the relay becomes another user once it has what only root may open, and stays so."""
    if os.geteuid() != 0:
        print("left out: only root can become another user")
        return
    nobody = pwd.getpwnam("nobody")
    user, group = str(nobody.pw_uid), str(nobody.pw_gid)
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        place.chmod(0o755)
        home = place / "home"
        home.mkdir(mode=0o700)
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
        certificate = Certificate(place)
        certificate.key.chmod(0o600)
        store = f"store.url=sqlite:{home}/shares.db"
        settings = [store, "run.user=nobody", f"create.tokens={home}/tokens"]
        if pushes:
            settings += ["push.types=webpush", f"push.vapid-key={home}/vapid.pem"]

        with RunningRelay(program, *settings, "admin.port=0", certificate=certificate) as relay:
            pid = relay.process.pid
            # A handshake and a change: the threads that do them are there.
            connection = http.client.HTTPSConnection("localhost", relay.port, context=certificate.client_context(),
                                                     timeout=PATIENCE)
            connection.request("POST", "/v1/", DOCUMENT)
            answer = connection.getresponse()
            answer.read()
            checks.check(answer.status == 201, f"run.user: a share is made, got {answer.status}")
            threads = identities(pid)
            checks.check(len(threads) > 3, f"run.user: the threads are seen, {len(threads)}")
            for seen in threads:
                checks.check(seen["Uid"] == [user] * 4 and seen["Gid"] == [group] * 4,
                             f"run.user: a thread is nobody's, got {seen}")
                checks.check(set(seen["Groups"]) <= {group}, f"run.user: no group of root's is left, got {seen['Groups']}")
                checks.check(all(int(seen[name][0], 16) == 0 for name in ("CapPrm", "CapEff", "CapAmb")),
                             f"run.user: no capability is left, got {seen}")
                checks.check(seen["NoNewPrivs"] == ["1"], "run.user: no program it starts gains rights")
            if not sanitized:
                # What a process that may be dumped has there is its own; what is shut is root's.
                owner = os.stat(f"/proc/{pid}/environ").st_uid
                checks.check(owner == 0, f"run.user: its memory is still shut, got owner {owner}")
            limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
            checks.check(re.search(r"Max core file size +0 +0 ", limits), "run.user: still no core file")
            checks.check(all(path.stat().st_uid == nobody.pw_uid for path in home.iterdir()),
                         "run.user: the store's files are nobody's, and the key of pushes")
            checks.check((home / "vapid.pem").exists() == pushes, "run.user: that key is made")
            checks.check(relay.wait_until_said("SIGHUP will not be able"), "run.user: it says that the key is root's")
            relay.signal(signal.SIGHUP)
            checks.check(relay.wait_until_said("kept the certificates as they are"), "SIGHUP: a key of root's is not read")
            os.chown(certificate.key, 0, nobody.pw_gid)
            certificate.key.chmod(0o640)
            relay.signal(signal.SIGHUP)
            checks.check(relay.wait_until_said("read the certificates again"), "SIGHUP: a key for its group is read")
            relay.signal(signal.SIGTERM)
            checks.check(relay.wait() == 0, "run.user: exit 0")

        for command in (["--check-store"], ["token", "add"]):
            code, error = run(program, *settings, command=command)
            checks.check(code == 0, f"run.user: {command} works, got {code} {error!r}")
        checks.check((home / "tokens").stat().st_uid == nobody.pw_uid, "run.user: a token's file is nobody's")
        with RunningRelay(program, *settings, "create.policy=token") as relay:  # the store and the tokens are its own
            checks.check(not any("running as root" in line for line in relay.said), "run.user: no warning")
        with RunningRelay(program, "store.url=memory:") as relay:
            checks.check(relay.wait_until_said("running as root"), "root without run.user is warned")
            relay.signal(signal.SIGTERM)
            relay.wait()
            relay.drain()
            checks.check(sum("running as root" in line for line in relay.said) == 1, "and once only")

        # settings, who starts it, exit code, words
        rows = [
            (["run.user=no-such-user"], None, 70, ["no-such-user", "no such user"]),
            (["run.user=root"], None, 70, ["root", "a user of its own"]),
            (["run.user=daemon"], nobody.pw_uid, 70, ["daemon", "only root"]),
            (["run.user=a b"], None, 78, ["run.user", "name of a user"]),
            (["run.user=nobody", f"store.url=sqlite:{place}/shares.db"], None, 70, ["shares.db", "may be written"]),
        ]
        for definitions, starter, code, words in rows:
            got, error = run(program, "store.url=memory:", *definitions, user=starter)
            checks.check(got == code, f"{definitions}: exit {code}, got {got} {error!r}")
            for word in words:
                checks.check(word in error, f"{definitions}: {word!r} on stderr, got {error!r}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--relay", required=True)
    arguments.add_argument("--client", required=True)
    arguments.add_argument("--sanitized", action="store_true")
    arguments.add_argument("--pushes", action="store_true")
    given = arguments.parse_args()
    checks = Checks()
    check_unit(checks)
    check_user(given.relay, given.sanitized, given.pushes, checks)
    if not given.sanitized:
        check_programs([given.relay, given.client], checks)
        check_calls(given.relay, checks, given.pushes)
        check_core(given.relay, checks)
    return checks.finish()


sys.exit(main())

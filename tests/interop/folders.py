#!/usr/bin/env python3
"""Shares through stock WebDAV servers with our command line, and holds the table of docs/servers.md against it.

  tests/interop/folders.py --tigress PATH [server...]   every flow on every server, or on the named ones
  tests/interop/folders.py --tigress PATH --write       and writes the table

scripts/install-packages servers and tests/interop/install install the servers. Everything stays on loopback and in
temporary folders.
"""

import argparse
import contextlib
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True

import dav_servers  # noqa: E402
from dav_servers import Account  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from running_relay import Certificate  # noqa: E402

KEY = ROOT / "tests" / "vectors" / "car_key_creation_request.json"
DOCUMENT = ROOT / "docs" / "servers.md"
BEGIN = "<!-- table: written by tests/interop/folders.py --write -->\n"
END = "<!-- end of the table -->"
PATIENCE = 60


class Failed(AssertionError):
    """What a flow found wrong."""


def expect(holds, what):
    if not holds:
        raise Failed(what)


class Row:
    """A server as it is configured for one row of the table."""

    def __init__(self, name, package, start, account=None, tls=False, usable=True, folder="shares", remark="", **more):
        self.name = name
        self.package = package
        self.start = start
        self.account = account
        self.tls = tls
        self.usable = usable
        self.folder = folder
        self.remark = remark
        self.more = more

    def version(self):
        """What the package is of, as far as rows are worth telling apart by it."""
        if self.package == "npm":
            version = json.loads((dav_servers.NPM / "node_modules/webdav-server/package.json").read_text())["version"]
        else:
            version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", self.package], check=True,
                                     capture_output=True, text=True).stdout
        return re.match(r"(?:\d+:)?(\d+\.\d+)", version)[1]


ROWS = [
    Row("Apache mod_dav", "apache2", dav_servers.start_apache, Account("digest"),
        remark="young ETags are weak, so changes rest on its locks"),
    Row("Apache mod_dav, TLS", "apache2", dav_servers.start_apache, Account("basic"), tls=True),
    Row("nginx dav-ext", "nginx", dav_servers.start_nginx, Account("basic"),
        remark="versions of one second and one length have one ETag"),
    Row("nginx dav-ext, TLS", "nginx", dav_servers.start_nginx, Account("bearer", "", "eyJhbGciOi.t0k3n"), tls=True),
    Row("nginx dav-ext without locks", "nginx", dav_servers.start_nginx, locks=False,
        remark="devices that write in the same moment overwrite each other"),
    Row("lighttpd mod_webdav", "lighttpd", dav_servers.start_lighttpd, Account("digest")),
    Row("rclone serve webdav", "rclone", dav_servers.start_rclone, Account("basic"),
        remark="shows no lock tokens, so shares are not made final"),
    Row("npm webdav-server", "npm", dav_servers.start_webdav_server, Account("digest"),
        remark="`If` without a name ends it; locks are ours to keep"),
    Row("Radicale", "radicale", dav_servers.start_radicale, usable=False, folder="anna",
        remark="takes calendars and address books only"),
]


class World:
    """One running server, and the command line with a home of its own."""

    def __init__(self, tigress, row, server, folder, certificate, keeps_time):
        self.tigress = tigress
        self.keeps_time = keeps_time  # and cannot be told another one
        self.row = row
        self.server = server
        self.folder = folder
        self.certificate = certificate
        scheme = "https" if row.tls else "http"
        self.authority = f"{'localhost' if row.tls else '127.0.0.1'}:{server.port}"
        self.origin = f"{scheme}://{self.authority}"
        self.url = f"dav+{self.origin}/{row.folder}/"
        self.shares = server.root / row.folder if server.root else None
        self.environment = {"HOME": str(folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "dumb"}

    def credentials(self, account):
        """A file with them."""
        path = self.folder / "credentials"
        path.unlink(missing_ok=True)
        kind = f"token {account.password}" if account.scheme == "bearer" else f"password {account.user} {account.password}"
        path.touch(mode=0o600)
        path.write_text(f"{self.origin} {kind}\n")
        return path

    def options(self, account="own"):
        account = self.row.account if account == "own" else account
        options = ["--credentials", str(self.credentials(account))] if account else []
        return options + (["--ca-file", str(self.certificate.file)] if self.row.tls else [])

    def run(self, *words, text="", status=0, account="own", before=()):
        command = [*before, str(self.tigress), *map(str, words), *self.options(account)]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=PATIENCE, check=False,
                              env=self.environment, cwd=self.folder)
        if done.returncode != status:
            raise Failed(f"tigress {words[0]} exited with {done.returncode}, not {status}: {done.stdout}{done.stderr}")
        return done

    def start(self, *words):
        return subprocess.Popen([str(self.tigress), *map(str, words), *self.options()], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment, cwd=self.folder)

    def send(self, *more, before=()):
        return self.run("send", KEY, "--relay", self.url, *more, before=before)

    def curl(self, method, path, data=None):
        """A request of somebody else, who has an account as well; gives the body of the answer."""
        account = self.row.account
        words = ["curl", "-sS", "--fail", "-X", method, f"{self.origin}/{self.row.folder}/{path}"]
        if account and account.scheme == "bearer":
            words += ["-H", f"Authorization: Bearer {account.password}"]
        elif account:
            words += ["--anyauth", "-u", f"{account.user}:{account.password}"]
        if self.row.tls:
            words += ["--cacert", str(self.certificate.file)]
        if data:
            words += ["--data-binary", data, "-H", "Content-Type: text/plain"]
        return subprocess.run(words, check=True, capture_output=True, text=True, timeout=PATIENCE).stdout

    def expect_nothing_left(self):
        if self.shares:
            left = sorted(str(path.relative_to(self.shares)) for path in self.shares.rglob("*") if ".DAV" not in path.parts)
            expect(left == [], f"this is left on the server: {left}")


def next_line(process):
    """A line of a process, waited for; empty at its end."""
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        expect(ready, f"no line came within {PATIENCE} seconds")
        part = os.read(process.stdout.fileno(), 1)
        if not part:
            break
        line += part
    return line.decode().strip()


def say(process, line):
    process.stdin.write(line.encode() + b"\n")
    process.stdin.flush()


def message(number):
    return json.dumps({"format": "test", "content": {"number": number}}, separators=(",", ":"))


def examine(world):
    done = world.run("doctor", world.url, "--json", status=0 if world.row.usable else 8)
    report = json.loads(done.stdout)
    expect(report["usable"] == world.row.usable, f"the doctor says: {report}")
    world.expect_nothing_left()
    text = world.run("doctor", world.url, status=0 if world.row.usable else 8).stdout
    expect(len(text.splitlines()) == len(report["checks"]), "one line for each check")
    return {check["check"]: check["holds"] for check in report["checks"]}


def send_and_receive(world):
    sent = world.send("--vertical", "car")
    expect("keeps nobody out" in sent.stderr, f"what such a server does not do is not said: {sent.stderr}")
    link = sent.stdout.strip()
    expect(re.fullmatch(re.escape(f"{world.origin}/{world.row.folder}/") +
                        r"[0-9a-f-]{14}4[0-9a-f-]{21}/share\.json\?v=c#[A-Za-z0-9]{43}", link), f"the link is {link}")
    shown = json.loads(world.run("show", "-", "--json", text=link).stdout)
    expect(shown["title"] == "Shared car key", f"the preview is {shown}")
    expect(world.run("status", "-", text=link).stdout == "open\n", "the share is open")
    expect(world.run("receive", "-", "--keep", text=link).stdout == world.run("receive", "-", text=link).stdout,
           "reading changes nothing")
    world.expect_nothing_left()
    world.run("receive", "-", text=link, status=3)
    quiet = world.send("--open")
    expect("keeps nobody out" not in quiet.stderr, "who says --open knows")
    taken = world.run("receive", "-", text=quiet.stdout)
    expect(json.loads(taken.stdout) == json.loads(KEY.read_text()), "what was received is what was sent")
    expect("warning" not in taken.stderr, f"the receiver could not remove it: {taken.stderr}")


def exchange(world):
    owner = world.start("exchange", "--relay", world.url, "--open", "--state", "owner.json")
    say(owner, message(1))
    link = next_line(owner)
    friend = world.start("exchange", link)
    try:
        expect(next_line(friend) == message(1), "the first message")
        for number in range(2, 6, 2):
            say(friend, message(number))
            expect(next_line(owner) == message(number), f"message {number}")
            say(owner, f"[{message(number + 1)},{message(number + 101)}]")
            expect(next_line(friend) == message(number + 1), f"message {number + 1}")
            expect(next_line(friend) == message(number + 101), f"message {number + 101}")
        # The owner's machine dies while it waits, and goes on.
        owner.kill()
        owner.wait()
        owner = world.start("exchange", "--state", "owner.json")
        say(friend, message(9))
        expect(next_line(owner) == message(9), "the message after the crash")
        owner.stdin.close()
        for process in (owner, friend):
            if process is friend:
                friend.stdin.close()
            status = process.wait(PATIENCE)
            expect(status == 0, f"it ended with {status}: {process.stderr.read().decode()}")
    finally:
        for process in (owner, friend):
            process.kill()
            process.wait()
    (world.folder / "owner.json").unlink()
    world.expect_nothing_left()


def cancel(world):
    link = world.send("--open").stdout
    world.run("cancel", "-", text=link)
    world.expect_nothing_left()
    world.run("receive", "-", text=link, status=3)
    world.run("cancel", "-", text=link, status=3)
    world.send("--open", "--state", "sender.json")
    world.run("cancel", "--state", "sender.json")
    (world.folder / "sender.json").unlink()
    world.expect_nothing_left()


def sweep(world):
    other = "11111111-2222-4333-8444-555555555555/"  # what is not ours
    strangers = {other + "thesis.txt": "years of work", "share.json": KEY.read_text().strip()}
    world.curl("MKCOL", other)
    for path, text in strangers.items():
        world.curl("PUT", path, text)
    living = world.send("--open").stdout
    count = {"shares": 1, "expired": 0, "removed": 0}
    if not world.row.tls and not world.keeps_time:  # three days ago its certificate was none
        expired = world.send("--open", "--expires", "1h", before=["faketime", "-f", "-3d"]).stdout
        count = {"shares": 2, "expired": 1, "removed": 0}
        world.run("receive", "-", text=expired, status=3)
    for options, removed in ((["--dry-run"], 0), ([], count["expired"])):
        report = json.loads(world.run("sweep", world.url, "--json", *options).stdout)
        expect(report == {**count, "removed": removed, "failed": 0, "strangers": len(strangers)}, f"the sweep says {report}")
    world.run("receive", "-", text=living)
    for path, text in strangers.items():
        expect(world.curl("GET", path) == text, "what is not ours stays")
        world.curl("DELETE", path)
    world.curl("DELETE", other)
    world.expect_nothing_left()


def credentials(world):
    account = world.row.account
    if not account:
        return
    refused = world.run("send", KEY, "--relay", world.url, status=8, account=None)
    expect("the server wants a user name and password, or a token" in refused.stderr, refused.stderr)
    wrong = world.run("send", KEY, "--relay", world.url, status=8, account=Account(account.scheme, account.user or "x", "wr0ng"))
    expect("does not take the credentials" in wrong.stderr, wrong.stderr)
    expect("wr0ng" not in wrong.stderr + wrong.stdout, "the password is repeated")
    # Those of another server are not for this one.
    world.environment["TIGRESS_CREDENTIALS"] = f"https://elsewhere.example password {account.user or 'x'} {account.password}"
    world.run("send", KEY, "--relay", world.url, status=8, account=None)
    kind = f"token {account.password}" if account.scheme == "bearer" else f"password {account.user} {account.password}"
    world.environment["TIGRESS_CREDENTIALS"] = f"{world.origin} {kind}"
    link = world.run("send", KEY, "--relay", world.url, "--open", account=None).stdout
    world.run("receive", "-", text=link, account=None)
    del world.environment["TIGRESS_CREDENTIALS"]
    if account.scheme != "bearer":
        ask_at_a_terminal(world, account)
    world.expect_nothing_left()


def ask_at_a_terminal(world, account):
    """A person types the password, which is not shown; the name stands in the URL."""
    url = world.url.replace("://", f"://{account.user}@")
    command = [str(world.tigress), "send", str(KEY), "--relay", url, "--open", "-o", "link", *world.options(None)]
    pid, terminal = pty.fork()
    if pid == 0:
        signal.alarm(PATIENCE)
        os.chdir(world.folder)
        os.execve(command[0], command, world.environment)
    shown = b""
    typed = False
    with contextlib.suppress(OSError):  # how a terminal says that the other side is gone
        while data := os.read(terminal, 4096):
            shown += data
            if not typed and f"Password of {account.user} for {world.authority}".encode() in shown:
                os.write(terminal, account.password.encode() + b"\n")
                typed = True
    os.close(terminal)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    expect(typed and status == 0, f"it showed {shown.decode()} and ended with {status}")
    expect(account.password.encode() not in shown, "the password was shown")
    world.run("receive", "-", text=(world.folder / "link").read_text())


def refuse(world):
    """A server that cannot hold shares says why, and keeps nothing."""
    done = world.run("send", KEY, "--relay", world.url, "--open", status=8)
    expect("the server" in done.stderr, f"no clear reason: {done.stderr}")
    expect(done.stdout == "", "a link was given")


FLOWS = {"send, receive": send_and_receive, "exchange": exchange, "cancel": cancel, "sweep": sweep,
         "credentials": credentials}
# Column: the checks of the doctor behind it.
COLUMNS = {"LOCK": ["lock", "lock-held"], "token shown": ["lock-token"], "If-Match": ["if-match"],
           "If-None-Match": ["if-none-match"]}


def play(row, tigress, certificate, folder, keeps_time):
    """Runs all flows on one server; gives its row of the table, and what failed."""
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "server").mkdir()
    server = row.start(folder / "server", certificate if row.tls else None, row.account, **row.more)
    failures = []
    try:
        home = folder / "home"
        home.mkdir()
        world = World(tigress, row, server, home, certificate, keeps_time)
        if world.shares:
            world.shares.mkdir()
            world.shares.chmod(0o777)
        found = {}
        flows = {"doctor": lambda w: found.update(examine(w)), **(FLOWS if row.usable else {"send is refused": refuse})}
        for name, flow in flows.items():
            try:
                flow(world)
                print(f"ok   {row.name}: {name}", flush=True)
            except Failed as failure:
                failures.append(name)
                print(f"FAIL {row.name}: {name}", *(f"     {line}" for line in str(failure).splitlines()), sep="\n", flush=True)
            except Exception:  # a fault of the harness is no pass either
                failures.append(name)
                print(f"FAIL {row.name}: {name}", traceback.format_exc(), sep="\n", flush=True)
    finally:
        server.stop()
    return cells(row, found, failures), failures


def cells(row, found, failures):
    scheme = "none"
    if row.account:
        scheme = {"basic": "Basic", "bearer": "Bearer"}.get(row.account.scheme, "Digest")
    works = [("no" if name in failures or not row.usable else "yes") for name in FLOWS if name != "credentials"]
    does = []
    for checks in COLUMNS.values():
        holds = [found.get(check) for check in checks]
        does.append("–" if holds[0] is None else "yes" if all(holds) else "no")
    return [row.name, row.version(), *works, scheme, *does, row.remark]


def table(rows):
    head = ["server", "version", *(name for name in FLOWS if name != "credentials"), "credentials", *COLUMNS, "remark"]
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines).replace("|  |", "| |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tigress", required=True, type=pathlib.Path, help="the command line to test")
    parser.add_argument("--write", action="store_true", help="write the table into docs/servers.md")
    parser.add_argument("--sanitized", action="store_true", help="it has sanitizers, which go before faketime")
    parser.add_argument("server", nargs="*", help="which servers, by the beginning of their names")
    arguments = parser.parse_args()
    chosen = [row for row in ROWS if not arguments.server or row.name.startswith(tuple(arguments.server))]
    if not chosen:
        parser.error("no such server; there are " + ", ".join(row.name for row in ROWS))
    for program in ("faketime", "curl", "openssl"):
        if not shutil.which(program):
            parser.error(f"{program} is not installed; run scripts/install-packages test")
    lines, failed, passed = [], 0, 0
    with tempfile.TemporaryDirectory(prefix="tigress-folders-") as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        certificate = Certificate(folder)
        for number, row in enumerate(chosen):
            line, failures = play(row, arguments.tigress.resolve(), certificate, folder / str(number), arguments.sanitized)
            lines.append(line)
            failed += len(failures)
            passed += 1 + (len(FLOWS) if row.usable else 1) - len(failures)
    if len(chosen) == len(ROWS) and not failed:
        text = DOCUMENT.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        _, _, after = rest.partition(END)
        wanted = before + BEGIN + table(lines) + END + after
        if arguments.write:
            DOCUMENT.write_text(wanted, encoding="utf-8")
        elif wanted != text:
            failed += 1
            print("FAIL docs/servers.md: its table is not what was seen; run this with --write\n" + table(lines))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Plays the transcripts of this folder: what a person would type, and what must come back.

    run_transcripts.py --tigress PROGRAM --relay PROGRAM TRANSCRIPT...

Each transcript gets a fresh relay (TLS, its own certificate, its own store, a free port) and an empty
working directory. Its lines:

    # a remark
    $ command            runs in a shell; what follows is what it must print, line by line:
    a line of stdout
    ! a line of stderr   if there is any such line, stderr must be these; otherwise it may be anything
    ? 3                  the exit status; 0 if there is no such line

    name$ command        starts a process that goes on, under a name
    name> text           gives it a line on stdin
    name< text           the next line on its stdout
    name.                ends its stdin
    name? 0              waits for it to end with that status and nothing more on stdout
    name!                kills it

    relay key=value      one more setting of the relay; $WORK is the working directory

    stub 429 Header: value, …   starts a relay that gives every request this answer; its address is {stub}
    mute                 starts a relay that passes every request on to the transcript's relay, but gives no
                         answer to the first; its address is {mute}
    muted                waits until that first request was carried out; where its answer says the new share
                         is (its path), becomes {muted}

In all of them {name} stands for a text the transcript got to know: where it first stands in something
expected, it takes whatever is there, up to the text that follows it; later it must be the same, and in
commands it is put in. {*} is any text. `@file.json` as a whole text is a file of tests/vectors/ as one
line of compact JSON.

Commands find `tigress` in the path, and in the environment RELAY (the relay's address), CA (its
certificate, also known to `node`), VECTORS and TESTS (folders of this project).
"""

import argparse
import http.client
import http.server
import json
import os
import queue
import re
import select
import shlex
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

TESTS = Path(__file__).resolve().parent.parent
VECTORS = TESTS / "vectors"
sys.path.insert(0, str(TESTS))
from running_relay import PATIENCE, Certificate, RunningRelay, store_in  # noqa: E402


class Mismatch(Exception):
    """What the transcript says and what happened differ."""


class LineReader:
    """Lines of a pipe, each waited for no longer than PATIENCE."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.buffer = b""

    def next(self):
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.pipe], [], [], PATIENCE)
            if not ready:
                raise Mismatch(f"no line came within {PATIENCE} seconds")
            part = os.read(self.pipe.fileno(), 65536)
            if not part:
                rest, self.buffer = self.buffer, b""
                return rest.decode() or None
            self.buffer += part
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode()


class Names:
    """The texts a transcript got to know, by name."""

    def __init__(self, known):
        self.known = dict(known)

    def fill(self, text):
        """`text` with every known name replaced."""
        return re.sub(r"\{(\w+)\}", lambda found: self.known.get(found[1], found[0]), text)

    def match(self, expected, actual):
        """Compares, and learns the names that are new."""
        expected = self.fill(compact(expected))
        pattern = ""
        fresh = []
        for literal, name in re.findall(r"((?:(?!\{(?:\w+|\*)\}).)+)|\{(\w+|\*)\}", expected, re.DOTALL):
            if literal:
                pattern += re.escape(literal)
            elif name == "*":
                pattern += ".*"
            elif name in fresh:
                pattern += f"(?P={name})"
            else:
                fresh.append(name)
                pattern += f"(?P<{name}>.+?)"
        found = actual is not None and re.fullmatch(pattern, actual, re.DOTALL)
        if not found:
            raise Mismatch(f"expected: {expected}\n     got: {actual}")
        self.known.update(found.groupdict())


def compact(text):
    if not text.startswith("@"):
        return text
    content = json.loads((VECTORS / text[1:]).read_text(encoding="utf-8"))
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def start_stub(certificate, status, headers):
    """A server over TLS that answers everything in the same way."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PROPFIND = do_LOCK = answer

        def log_message(self, *_):
            pass

    return start_server(certificate, Handler)


def start_server(certificate, handler):
    """Serves over TLS until the program ends; gives the address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.file, certificate.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"https://127.0.0.1:{server.server_address[1]}"


class MuteRelay:
    """A server over TLS before the relay: the first request is carried out, but its answer is kept back."""

    def __init__(self, certificate, address):
        self.location = queue.Queue()
        context = certificate.client_context()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                upstream = http.client.HTTPSConnection(urlsplit(address).netloc, timeout=PATIENCE, context=context)
                headers = {name: value for name, value in self.headers.items() if name != "Host"}
                upstream.request(self.command, self.path, body, headers)
                answer = upstream.getresponse()
                content = answer.read()
                if outer.first.acquire(blocking=False):
                    outer.location.put(answer.getheader("Location", ""))
                    outer.stopped.wait()
                    self.close_connection = True
                    return
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name != "Connection":
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = do_PROPFIND = do_LOCK = pass_on

            def log_message(self, *_):
                pass

        self.first = threading.Semaphore(1)
        self.stopped = threading.Event()
        self.address = start_server(certificate, Handler)

    def wait(self):
        try:
            return self.location.get(timeout=PATIENCE)
        except queue.Empty:
            raise Mismatch(f"no request came within {PATIENCE} seconds") from None


class Player:
    def __init__(self, tigress, work, relay):
        self.work = work
        self.certificate = relay.certificate
        self.names = Names({"relay": relay.address})
        self.processes = {}
        self.mute = None
        self.environment = {
            **os.environ,
            "PATH": f"{Path(tigress).resolve().parent}:{os.environ['PATH']}",
            "HOME": str(work),
            "RELAY": relay.address,
            "CA": str(relay.certificate.file),
            "NODE_EXTRA_CA_CERTS": str(relay.certificate.file),
            "VECTORS": str(VECTORS),
            "TESTS": str(TESTS),
            "LC_ALL": "C.UTF-8",
        }

    def play(self, lines):
        """Plays all lines. A Mismatch tells the line it happened at."""
        number = 0
        while number < len(lines):
            line = lines[number]
            try:
                if line.startswith("$ "):
                    number = self.run(lines, number)
                    continue
                self.step(line)
            except Mismatch as mismatch:
                raise Mismatch(f"line {number + 1}: {line}\n{mismatch}") from None
            number += 1

    def run(self, lines, number):
        """A command with its output; gives the number of the line after it."""
        command = lines[number][2:]
        output, errors, status = [], [], 0
        number += 1
        while number < len(lines) and not is_step(lines[number]):
            line = lines[number]
            if line.startswith("! "):
                errors.append(line[2:])
            elif line.startswith("? "):
                status = int(line[2:])
            else:
                output.append(line)
            number += 1
        while output and not output[-1]:
            output.pop()
        try:
            done = subprocess.run(["bash", "-c", self.names.fill(command)], cwd=self.work, env=self.environment,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise Mismatch(f"it did not end within {PATIENCE} seconds") from None
        said = f"{done.stdout.decode()}{done.stderr.decode()}"
        if done.returncode != status:
            raise Mismatch(f"expected exit status {status}, got {done.returncode}\n{said}")
        self.compare(output, done.stdout.decode().splitlines())
        if errors:
            self.compare(errors, done.stderr.decode().splitlines())
        return number

    def compare(self, expected, actual):
        for index, line in enumerate(expected):
            self.names.match(line, actual[index] if index < len(actual) else None)
        if len(actual) > len(expected):
            raise Mismatch(f"not expected: {actual[len(expected)]}")

    def step(self, line):
        if not line or line.startswith(("#", "relay ")):
            return
        if line.startswith("stub "):
            status, _, rest = line[5:].partition(" ")
            headers = [field.strip().split(": ", 1) for field in rest.split(",") if field.strip()]
            self.names.known["stub"] = start_stub(self.certificate, int(status), headers)
            return
        if line == "mute":
            self.mute = MuteRelay(self.certificate, self.environment["RELAY"])
            self.names.known["mute"] = self.mute.address
            return
        if line == "muted":
            self.names.known["muted"] = urlsplit(self.mute.wait()).path
            return
        found = re.fullmatch(r"(\w+)([$<>.?!])(?: (.*))?", line)
        if not found:
            raise Mismatch("this is no line of a transcript")
        name, action, text = found[1], found[2], found[3] or ""
        if action == "$":
            self.start(name, self.names.fill(text))
            return
        process, reader = self.processes[name]
        if action == ">":
            process.stdin.write(self.names.fill(compact(text)).encode() + b"\n")
            process.stdin.flush()
        elif action == "<":
            self.names.match(text, reader.next())
        elif action == ".":
            process.stdin.close()
        elif action == "!":
            process.kill()
            process.wait()
        elif action == "?":
            self.end(process, reader, int(text))

    def start(self, name, command):
        process = subprocess.Popen(shlex.split(self.expand(command)), cwd=self.work, env=self.environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.processes[name] = (process, LineReader(process.stdout))

    def expand(self, command):
        return re.sub(r"\$(\w+)", lambda found: self.environment.get(found[1], ""), command)

    @staticmethod
    def end(process, reader, status):
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Mismatch(f"it did not end within {PATIENCE} seconds") from None
        if process.returncode != status:
            raise Mismatch(f"expected exit status {status}, got {process.returncode}\n"
                           f"{process.stderr.read().decode()}")
        rest = reader.next()
        if rest is not None:
            raise Mismatch(f"not expected: {rest}")

    def stop(self):
        for process, _ in self.processes.values():
            process.kill()
            process.wait()
        if self.mute:
            self.mute.stopped.set()


def is_step(line):
    return line.startswith(("$ ", "#", "relay ", "stub ")) or line in ("mute", "muted") or re.match(r"\w+[$<>.?!]( |$)", line) is not None


def play(transcript, tigress, relay_program):
    lines = Path(transcript).read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as work:
        more = [line[len("relay "):].replace("$WORK", work) for line in lines if line.startswith("relay ")]
        with RunningRelay(relay_program, store_in(folder), *more, certificate=Certificate(folder)) as relay:
            player = Player(tigress, Path(work), relay)
            try:
                player.play(lines)
            except Mismatch as mismatch:
                raise Mismatch(f"{transcript}, {mismatch}\nthe relay's log:\n{relay.log()}") from None
            finally:
                relay.signal(signal.SIGTERM)
                player.stop()
                status = relay.wait()
        if status != 0:
            raise Mismatch(f"{transcript}: the relay ended with status {status}\n{relay.log()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tigress", required=True)
    parser.add_argument("--relay", required=True)
    parser.add_argument("transcripts", nargs="+")
    arguments = parser.parse_args()
    failed = 0
    for transcript in arguments.transcripts:
        try:
            play(transcript, arguments.tigress, arguments.relay)
            print(f"passed: {transcript}")
        except (Mismatch, RuntimeError) as mismatch:  # or a relay that did not start
            print(f"FAILED: {mismatch}", file=sys.stderr)
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""What every client's test works with: cases, a relay, shares, and ways to run a program."""

import base64
import http.client
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import urllib.parse

CASES = []
FOLDER = pathlib.Path(__file__).parent


class Failed(AssertionError):
    """What a case found wrong."""


class Skip(Exception):
    """Why this machine cannot run a case at all. For mounting only: a client that can be installed is no reason."""


class Case:
    def __init__(self, client, sentence, over, identifiers, run):
        self.client = client
        self.sentence = sentence
        self.over = over
        self.identifiers = identifiers
        self.run = run


def case(client, sentence, over=("plain HTTP", "TLS"), identifiers="server"):
    """Registers a test: `client` does what `sentence` says, once over each of `over`."""

    def register(function):
        CASES.append(Case(client, sentence, over, identifiers, function))
        return function

    return register


def document(text):
    """A share document that differs by `text`."""
    data = base64.b64encode(b"\0" * 12 + text.encode() + b"\0" * 16).decode()
    return json.dumps({"payload": {"type": "AEAD_AES_256_GCM", "data": data},
                       "displayInformation": {"title": text}}).encode()


FIRST = document("the first message")
SECOND = document("the second message, which is longer")


def expect(holds, what):
    if not holds:
        raise Failed(what)


def expect_equal(actual, expected, what):
    if actual != expected:
        raise Failed(f"{what}: expected {expected!r}, got {actual!r}")


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # http.client's, which finds a name in any case
        self.body = body


class Share:
    def __init__(self, bench, path):
        self.path = path
        self.collection_path = path.rsplit("/", 1)[0] + "/"
        self.url = bench.origin + path
        self.collection = bench.origin + self.collection_path


class Bench:
    """One case's world: an own folder (the client's HOME and working directory) and a relay others use too."""

    def __init__(self, over, relay, tap, folder):
        self.over = over
        self.relay = relay
        self.tap = tap
        self.folder = pathlib.Path(folder)
        self.certificate = relay.certificate
        self.tls = relay.certificate is not None
        self.origin = f"http://127.0.0.1:{tap.port}" if tap else relay.origin
        if tap:
            tap.forget()

    def ask(self, method, target, headers=None, body=None):
        """One request to the relay itself, past any tap: how a case looks at what a client did."""
        if self.tls:
            context = self.certificate.client_context()
            connection = http.client.HTTPSConnection("localhost", self.relay.port, timeout=30, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.relay.port, timeout=30)
        try:
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def share(self, body=FIRST):
        """A new share with that document."""
        answer = self.ask("POST", "/v1/", body=body)
        expect_equal(answer.status, 201, "a share could not be made")
        return Share(self, urllib.parse.urlsplit(answer.headers["Location"]).path)

    def empty_share(self):
        """A share whose document is yet to come: the target of a redirect."""
        answer = self.ask("PUT", "/v1/new/share.json", body=FIRST)
        expect_equal(answer.status, 307, "a share could not be reserved")
        return Share(self, urllib.parse.urlsplit(answer.headers["Location"]).path)

    def expect_stored(self, share, body):
        answer = self.ask("GET", share.path)
        expect_equal((answer.status, answer.body), (200, body), "what the share holds now")

    def expect_gone(self, share):
        expect_equal(self.ask("GET", share.path).status, 404, "GET of the deleted share")

    def tokens(self, share):
        """The tokens of the locks on the document."""
        answer = self.ask("PROPFIND", share.path, {"Depth": "0"})
        return re.findall(rb"<D:locktoken><D:href>([^<]*)", answer.body)

    def expect_locked(self, share):
        """Others cannot write; returns the token."""
        answer = self.ask("PUT", share.path, body=document("an intruder"))
        expect_equal(answer.status, 423, "PUT by somebody else while the client holds its lock")
        return self.tokens(share)[0].decode()

    def expect_unlocked(self, share):
        expect_equal(self.tokens(share), [], "locks on the document")

    def seen(self, method=None):
        """What the client sent, over plain HTTP; nothing under TLS."""
        return [request for request in self.tap.requests() if method in (None, request.method)] if self.tap else []

    def expect_sent(self, method, holds, what):
        """A quirk this file claims of a client is on the wire."""
        if self.tap:
            expect(any(holds(request) for request in self.seen(method)), f"{what}; sent: {self.seen(method)}")

    def file(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return str(path)

    def environment(self, **more):
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        kept["PATH"] = kept.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
        return {**kept, "HOME": str(self.folder), "TERM": "dumb", "LC_ALL": "C.UTF-8", **more}

    def run(self, *command, text="", environment=None, succeed=True):
        """Runs a client to its end and returns what it printed (both streams)."""
        environment = self.environment(**(environment or {}))
        program = shutil.which(command[0], path=environment["PATH"])
        if program is None:
            raise Failed(f"{command[0]} is not installed; run tests/interop/install")
        # A group of its own, so that nothing a client starts outlives its time.
        process = subprocess.Popen([program, *command[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, env=environment, cwd=self.folder, start_new_session=True)
        try:
            output = process.communicate(text.encode(), timeout=60)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise Failed(f"{command[0]} did not end within a minute") from None
        if succeed and process.returncode != 0:
            raise Failed(f"{command[0]} exited with {process.returncode}: {output.strip()}")
        if not succeed and process.returncode == 0:
            raise Failed(f"{command[0]} should have failed, but printed: {output.strip()}")
        return output

    def talk(self, command, steps, environment=None):
        """Runs a client on a terminal: each step waits for a prompt, then types a line. Returns all that was shown."""
        environment = self.environment(**(environment or {}))
        if shutil.which(command[0], path=environment["PATH"]) is None:
            raise Failed(f"{command[0]} is not installed; run tests/interop/install")
        pid, terminal = pty.fork()
        if pid == 0:
            signal.alarm(60)  # stays set in the client: it cannot hang for longer
            os.chdir(self.folder)
            os.execvpe(command[0], command, environment)
        shown = b""
        start = 0
        for prompt, line in [*steps, (None, None)]:
            while prompt is None or prompt.encode() not in shown[start:]:
                try:
                    data = os.read(terminal, 4096)
                except OSError:  # how a terminal says that the other side is gone
                    data = b""
                if not data:
                    break
                shown += data
            if prompt is None or not data:
                break
            start = len(shown)
            os.write(terminal, line.encode() + b"\n")
        os.close(terminal)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        text = shown.decode(errors="replace").replace("\r", "")
        expect_equal(status, 0, f"exit status of {command[0]}, which showed {text}")
        return text


class Wire:
    """One kept-alive connection that sends what a client would, header for header, in that order."""

    def __init__(self, world, user_agent):
        self._user_agent = user_agent
        if world.tls:
            context = world.certificate.client_context()
            self._connection = http.client.HTTPSConnection("localhost", world.relay.port, timeout=30, context=context)
        else:
            self._connection = http.client.HTTPConnection("127.0.0.1", world.tap.port, timeout=30)
        self._connection.connect()
        self._connection.auto_open = 0  # a relay that hangs up must be noticed

    def send(self, method, target, headers=(), body=None, chunked=False):
        connection = self._connection
        connection.putrequest(method, target, skip_accept_encoding=True)
        connection.putheader("User-Agent", self._user_agent)
        for name, value in headers:
            connection.putheader(name, value)
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        elif body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        if chunked:
            half = len(body) // 2
            for part in (body[:half], body[half:]):
                if part:
                    connection.send(b"%x\r\n%s\r\n" % (len(part), part))
            connection.send(b"0\r\n\r\n")
        elif body:
            connection.send(body)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())

    def expect(self, status, method, target, headers=(), body=None, chunked=False):
        """Sends and demands a status; the answer's body is in the message if it is another one."""
        answer = self.send(method, target, headers, body, chunked)
        if answer.status != status:
            raise Failed(f"{method} {target}: expected {status}, got {answer.status} {answer.body!r}")
        return answer

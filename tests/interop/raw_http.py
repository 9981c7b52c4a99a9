"""HTTP over a raw socket: requests exactly as they are given, as a stock client library would put them right."""

import socket
import xml.etree.ElementTree as ElementTree

PATIENCE = 10  # seconds for an answer; only a relay that hangs makes us wait so long


class Answer:
    def __init__(self, version, status, fields, body):
        self.version = version
        self.status = status
        self.fields = fields
        self.body = body

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    def xml(self):
        return ElementTree.fromstring(self.body)


class Closed(Exception):
    """The relay closed the connection where an answer was awaited."""


class Connection:
    """One connection: bytes out, answers in."""

    def __init__(self, port):
        self.host = "127.0.0.1:%d" % port
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.settimeout(PATIENCE)
        self.buffered = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Closed()
        self.buffered += data

    def _line(self):
        while b"\r\n" not in self.buffered:
            self._more()
        line, self.buffered = self.buffered.split(b"\r\n", 1)
        return line.decode("latin-1")

    def _bytes(self, size):
        while len(self.buffered) < size:
            self._more()
        data, self.buffered = self.buffered[:size], self.buffered[size:]
        return data

    def read(self, head=False):
        """The next answer; `head` if it answers a HEAD."""
        version, status, _ = (self._line() + " ").split(" ", 2)
        fields = []
        while True:
            line = self._line()
            if not line:
                break
            name, value = line.split(":", 1)
            fields.append((name, value.strip()))
        answer = Answer(version, int(status), fields, b"")
        if answer.all("Transfer-Encoding"):
            raise AssertionError("no answer of the relay is chunked")
        if head or answer.status < 200 or answer.status in (204, 304):
            return answer
        if len(answer.all("Content-Length")) != 1:
            raise AssertionError("an answer has one Content-Length, got %r" % answer.all("Content-Length"))
        answer.body = self._bytes(int(answer.get("Content-Length")))
        return answer

    def ask(self, method, target, headers=None, body=None):
        self.send(render(self.host, method, target, headers, body))
        return self.read(head=method == "HEAD")

    def is_closed(self):
        """Whether the relay ends the connection without another byte."""
        try:
            self._more()
        except Closed:
            return True
        return False


def render(host, method, target, headers=None, body=None):
    """The bytes of a request. A list as body goes out in chunks."""
    lines = ["%s %s HTTP/1.1" % (method, target), "Host: " + host]
    lines += ["%s: %s" % field for field in (headers or {}).items()]
    data = b""
    if isinstance(body, list):
        lines.append("Transfer-Encoding: chunked")
        for part in body:
            part = part.encode() if isinstance(part, str) else part
            data += b"%x\r\n%s\r\n" % (len(part), part)
        data += b"0\r\n\r\n"
    elif body is not None:
        data = body.encode() if isinstance(body, str) else body
        lines.append("Content-Length: %d" % len(data))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + data

"""A wire between a client and a relay that keeps what the client sent, and can cheat on purpose."""

import re
import socket
import threading

# Not only at the beginning of a line: a request may follow the last byte of a body.
REQUEST_LINE = re.compile(rb"(?<![A-Z])([A-Z]{3,9}) (\S+) HTTP/(1\.[01])\r\n")


class SeenRequest:
    """The head of one request as it was sent."""

    def __init__(self, method, target, version, head):
        self.method = method
        self.target = target
        self.version = version
        # Every line as it was sent: its name's spelling, its place, its repetitions.
        self.fields = [(name, value.strip()) for name, colon, value in
                       (line.partition(":") for line in head.split("\r\n")) if colon]
        self.headers = {name.lower(): value for name, value in self.fields}

    def __repr__(self):
        return f"{self.method} {self.target} {self.headers}"


class Tap:
    """Passes bytes both ways, unchanged. With `spoil`, a method name, requests of that method reach the relay
    as OPTIONS, which answers 200 and does nothing: tests that look at what happened must notice."""

    def __init__(self, port, spoil=None):
        self._target = port
        self._spoil = re.compile(rb"(?<![A-Z])%s(?= \S+ HTTP/1)" % spoil.encode()) if spoil else None
        self._streams = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def requests(self):
        """All requests since the last `forget`, each connection's in its order."""
        with self._lock:
            streams = [bytes(stream) for stream in self._streams]
        seen = []
        for stream in streams:
            for match in REQUEST_LINE.finditer(stream):
                end = stream.find(b"\r\n\r\n", match.start())
                head = stream[match.end():end if end >= 0 else len(stream)].decode("latin-1")
                seen.append(SeenRequest(match[1].decode(), match[2].decode("latin-1"), match[3].decode(), head))
        return seen

    def forget(self):
        with self._lock:
            self._streams = []

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            relay = socket.create_connection(("127.0.0.1", self._target))
            stream = bytearray()
            with self._lock:
                self._streams.append(stream)
            threading.Thread(target=self._pump, args=(client, relay, stream), daemon=True).start()
            threading.Thread(target=self._pump, args=(relay, client, None), daemon=True).start()

    def _pump(self, source, sink, stream):
        try:
            while data := source.recv(65536):
                if stream is not None:
                    with self._lock:
                        stream += data
                    if self._spoil:
                        data = self._spoil.sub(b"OPTIONS", data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

"""litmus 0.13, the server test suite of neon's author, with `share.identifiers = any`.

litmus wants a folder of free names that hold free bytes. A relay's share has one name and holds a JSON document, so
a bridge stands between: it renames litmus' files to documents of shares of their own and wraps the bytes litmus
uploads into share documents. Methods, statuses, locks, tokens and conditions pass through it as they are.

CANNOT_APPLY lists every case that does not pass behind the bridge, with the reason. A case that is not listed must
pass and a listed one must not, so the list cannot grow stale. Over TLS, cadaver covers neon.
"""

import base64
import http.client
import http.server
import json
import re
import socket
import threading
import uuid

from bench import FIRST, case, expect, expect_equal

# litmus' path below its base -> what it is here. Files litmus puts side by side are shares of their own.
COLLECTIONS = ["litmus/", "litmus/coll/", "litmus/lockcoll/", "litmus/frag/", "litmus/mkcolbody"]
DOCUMENTS = ["litmus/res", "litmus/lockme", "litmus/notlocked", "litmus/unmapped_url", "litmus/prop", "litmus/404me",
             "litmus/expect100"]
MEMBERS = {"litmus/lockcoll/lockme.txt": "litmus/lockcoll/"}

NO_DEAD_PROPERTIES = ("RFC 4918 section 9.2: PROPPATCH answers per property and may refuse each; all of a share's are "
                      "protected (section 16, DAV:cannot-modify-protected-property)")
NO_COPY = "RFC 9110 section 9.1: all methods but GET and HEAD are optional; a capability URL has no copies: 405 with Allow"
ONE_NAME = "RFC 4918 section 9.7.1: a server may refuse a name with 403; a share's collection has one member, share.json"

NO_NESTING = ("collections do not nest, so no URL below a missing parent is one of ours; a PUT without its parent is 409 "
              "by RFC 4918 section 9.7.1, but put_no_parent of litmus 0.13 sends MKCOL")

# suite and case -> why it cannot pass; every run of a case that litmus runs more than once
CANNOT_APPLY = {
    "basic put_get_utf8_segment": ONE_NAME,
    "locks owner_modify": NO_DEAD_PROPERTIES + "; its PUT under the lock comes first and works",
    "locks copy": NO_COPY,
    "props propset": NO_DEAD_PROPERTIES,
    "props propget": NO_DEAD_PROPERTIES,
    "props propmove": NO_COPY,
    "props propdeletes": NO_DEAD_PROPERTIES,
    "props propreplace": NO_DEAD_PROPERTIES,
    "props propnullns": NO_DEAD_PROPERTIES,
    "props prophighunicode": NO_DEAD_PROPERTIES,
    "props propremoveset": NO_DEAD_PROPERTIES,
    "props propsetremove": NO_DEAD_PROPERTIES,
    "props propvalnspace": NO_DEAD_PROPERTIES,
    "props propmanyns": NO_DEAD_PROPERTIES,
}

# warnings that litmus may print in a case that passes
KNOWN_WARNINGS = {
    "basic put_no_parent": (["MKCOL with missing intermediate gave 404"], NO_NESTING),
    "basic mkcol_no_parent": (["MKCOL with missing intermediate gave 404"], NO_NESTING),
    "locks notowner_modify": (["MOVE failed with 405", "COPY failed with 405"], NO_COPY),
}

# How many cases of each suite pass here: a suite that stops in the middle fails nothing, but is short.
PASSING = {"basic": 15, "http": 4, "locks": 37, "props": 11}


class Bridge:
    """A proxy that renames and wraps, nothing else."""

    def __init__(self, port):
        self._port = port
        self._names = {}
        for name in COLLECTIONS:
            self._names["/" + name] = f"/v1/{uuid.uuid4()}/"
        for name in DOCUMENTS:
            self._names["/" + name] = f"/v1/{uuid.uuid4()}/share.json"
        for member, folder in MEMBERS.items():
            self._names["/" + member] = self._names["/" + folder] + "share.json"
        # Longest first, so that no name is taken for the beginning of another.
        self._there = {name.encode(): path.encode()
                       for name, path in sorted(self._names.items(), key=lambda pair: -len(pair[0]))}
        self._back = {path: name for name, path in sorted(self._there.items(), key=lambda pair: -len(pair[1]))}
        for name in DOCUMENTS:  # the folder a lone document needs
            expect_equal(self.ask("MKCOL", self._names["/" + name].removesuffix("share.json"), {}, None)[0], 201, "MKCOL")
        bridge = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # an answer goes out in one piece

            def log_message(self, *_):
                pass

            def handle_expect_100(self):
                return bridge.pass_interim(self)

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except ConnectionError:  # litmus hangs up when it has seen enough
                    self.close_connection = True

            def __getattr__(self, name):
                if name.startswith("do_"):
                    return self.forward
                raise AttributeError(name)

            def forward(self):
                bridge.forward(self)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def ask(self, method, target, headers, body):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def renamed(self, text, table):
        return self.rename(text.encode("latin-1"), table).decode("latin-1")

    def rename(self, text, table):
        for old, new in table.items():
            text = re.sub(re.escape(old) + rb"(?![\w.-])", new, text)  # the whole path, not its beginning
        return text

    def pass_interim(self, request):
        """Whether the relay wants the body: its own 100 is passed on. Asked on a connection of its own, because the
        body that follows is wrapped and so has another length than the one announced."""
        head = (f"{request.command} {self.renamed(request.path, self._there)} HTTP/1.1\r\nHost: relay\r\n"
                f"Content-Length: {request.headers['Content-Length']}\r\nExpect: 100-continue\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self._port), timeout=30) as relay:
            relay.sendall(head.encode())
            status = relay.makefile("rb").readline().split()[1]
        if status == b"100":
            request.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.wfile.flush()
            return True
        request.send_error(int(status))
        return False

    def forward(self, request):
        length = request.headers.get("Content-Length")
        body = request.rfile.read(int(length)) if length else None
        if body and request.command == "PUT" and not body.startswith(b"{"):
            body = json.dumps({"payload": {"type": "AEAD_AES_256_GCM", "data": base64.b64encode(body).decode()}}).encode()
        elif body:
            body = self.rename(body, self._there)
        dropped = ("content-length", "connection", "te", "keep-alive", "expect")
        headers = {name: self.renamed(value, self._there)
                   for name, value in request.headers.items() if name.lower() not in dropped}
        target = self.renamed(request.path, self._there)
        status, answer, content = self.ask(request.command, target, headers, body)
        if answer.get("Content-Type") == "application/json" and request.command == "GET":
            content = base64.b64decode(json.loads(content)["payload"]["data"])
        else:
            content = self.rename(content, self._back)
        request.send_response_only(status)
        for name, value in answer.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                request.send_header(name, self.renamed(value, self._back))
        if status != 204:
            request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(content)


# " 9. name..... WARNING: why\n    .... pass (with 1 warning)", rewritten in place by carriage returns
LINE = re.compile(r"^ *\d+\. (\w+)\.* +(pass|FAIL|SKIPPED)?(.*)$")
PASSED = re.compile(r"^ *\.+ pass")


def read(output):
    """litmus' output as (case, result, warnings), in order."""
    cases = []
    for line in output.replace("\r", "\n").splitlines():
        head = LINE.match(line)
        if head and (not cases or cases[-1][1] or cases[-1][0] != head[1]):
            cases.append([head[1], None, []])
        if not cases:
            continue
        if head and head[2]:
            cases[-1][1] = head[2]
        elif PASSED.match(line):
            cases[-1][1] = "pass"
        if "WARNING: " in line:
            cases[-1][2].append(line.split("WARNING: ", 1)[1])
    return [(name, result, warnings) for name, result, warnings in cases]


def run(world, suite):
    bridge = Bridge(world.tap.port)
    try:
        output = world.run("litmus", "-k", f"http://127.0.0.1:{bridge.port}/", environment={"TESTS": suite})
    finally:
        bridge.close()
    cases = read(output)
    wrong = []
    for name, result, warnings in cases:
        reason = CANNOT_APPLY.get(f"{suite} {name}")
        if (result == "pass") == bool(reason):
            wrong.append(f"{name}: {result}" + (f", though it cannot apply ({reason})" if reason else ""))
        known = KNOWN_WARNINGS.get(f"{suite} {name}", ([], ""))[0]
        wrong += [f"{name}: {warning}" for warning in warnings if not any(words in warning for words in known)]
    listed = {key.split()[1] for key in CANNOT_APPLY if key.split()[0] == suite}
    wrong += [f"{name}: was not run" for name in sorted(listed - {name for name, _, _ in cases})]
    passed = sum(result == "pass" for _, result, _ in cases)
    if passed != PASSING[suite]:
        wrong.append(f"{passed} cases passed, not {PASSING[suite]}")
    expect(not wrong, "\n".join([*wrong, "litmus printed:", *output.replace("\r", "\n").splitlines()]))


PLAIN = ("plain HTTP",)


@case("litmus", "passes basic but for a second name", over=PLAIN, identifiers="any")
def basic(world):
    run(world, "basic")


@case("litmus", "passes http", over=PLAIN, identifiers="any")
def http_suite(world):
    run(world, "http")


@case("litmus", "passes locks but for COPY and dead properties", over=PLAIN, identifiers="any")
def locks(world):
    run(world, "locks")


@case("litmus", "passes the part of props that sets nothing", over=PLAIN, identifiers="any")
def props(world):
    run(world, "props")


@case("litmus", "has no case of copymove that applies: COPY and MOVE are refused with Allow", over=PLAIN)
def copymove(world):
    share = world.share()
    for method in ("COPY", "MOVE"):
        answer = world.ask(method, share.path, {"Destination": share.collection + "copy.json"})
        expect_equal(answer.status, 405, method)
        expect(method not in answer.headers["Allow"], f"Allow: {answer.headers['Allow']}")
    world.expect_stored(share, FIRST)

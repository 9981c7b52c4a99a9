#!/usr/bin/env python3
"""How tigress-relay starts, refuses to start, reads its certificates again, and stops: exit codes, words, and what is
in flight.

    start_and_stop.py --relay PROGRAM
"""

import argparse
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from running_relay import PATIENCE, Certificate, Checks, RunningRelay  # noqa: E402

SETTINGS = Path(__file__).resolve().parents[2] / "config" / "relay.properties"
DOCUMENT = b'{"payload":{"type":"AEAD_AES_128_GCM","data":"AAAA"}}'


class Client:
    """Bytes to the relay and back, as they are."""

    def __init__(self, relay, tls=None):
        self.socket = socket.create_connection(("127.0.0.1", relay.port), PATIENCE)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")

    def send(self, head, body=b""):
        self.socket.sendall(head.replace("\n", "\r\n").encode() + b"\r\n" + body)

    def receive_head(self):
        received = b""
        while not received.endswith(b"\r\n\r\n"):
            byte = self.socket.recv(1)
            if not byte:
                break
            received += byte
        return received.decode()

    def receive_all(self):
        received = b""
        try:
            while part := self.socket.recv(4096):
                received += part
        except ConnectionResetError:
            pass
        return received.decode()


def run(program, *arguments, folder=None):
    """Exit code, stdout and stderr of a relay that should end by itself."""
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=PATIENCE, cwd=folder)
    return done.returncode, done.stdout, done.stderr


def check_refusals(program, checks):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        bad_value = place / "bad_value.properties"
        bad_value.write_text("# first\nlisten.port = 1\nshare.lifetime = soon\n")
        unknown = place / "unknown.properties"
        unknown.write_text("\nlisten.prot = 1\n")
        no_setting = place / "no_setting.properties"
        no_setting.write_text("nonsense\n")
        other = place / "other.db"
        with sqlite3.connect(other) as database:
            database.execute("CREATE TABLE bookmark (url TEXT)")
        database.close()
        letter = place / "letter.txt"
        letter.write_text("Dear reader")

        # arguments, exit code, words on stderr
        rows = [
            (["--config", str(bad_value)], 78, [f"{bad_value}:3", "share.lifetime", "soon", "30s"]),
            (["--config", str(unknown)], 78, [f"{unknown}:2", "listen.prot"]),
            (["--config", str(no_setting)], 78, [f"{no_setting}:1", "key = value"]),
            (["--config", str(place / "missing")], 78, ["missing"]),
            (["--config", str(bad_value), "--check-config"], 78, [f"{bad_value}:3"]),
            (["--check-config", "-D", "store.durability=maybe"], 78, ["-D", "store.durability", "full or os"]),
            (["-D", "nonsense"], 78, ["key=value"]),
            (["-D", "listen.address=0.0.0.0"], 78, ["plain HTTP", "tls.certificate"]),
            (["-D", "tls.certificate=x"], 78, ["tls.key"]),
            (["--nonsense"], 78, ["nonsense"]),
            (["--daemon"], 78, ["--daemon"]),
            (["start"], 64, ["start", "--help"]),
            (["-D", "listen.port=0", "-D", f"store.url=sqlite:{place / 'no' / 'x.db'}"], 70, ["no/x.db", "folder"]),
            (["-D", "listen.port=0", "-D", f"store.url=sqlite:{other}"], 70, ["another program", "store.url"]),
            (["-D", "listen.port=0", "-D", f"store.url=sqlite:{letter}"], 70, ["letter.txt", "store.url"]),
            (["-D", "listen.port=0", "-D", "store.url=memory:", "-D", f"tls.certificate={letter}", "-D",
              f"tls.key={letter}"], 70, ["letter.txt"]),
        ]
        for arguments, code, words in rows:
            got, out, error = run(program, *arguments, folder=folder)
            name = " ".join(arguments).replace(folder, "")
            checks.check(got == code, f"{name}: exit {code}, got {got}")
            checks.check(out == "", f"{name}: nothing on stdout, got {out!r}")
            for word in words:
                checks.check(word in error, f"{name}: {word!r} on stderr, got {error!r}")


def check_answers_without_serving(program, checks):
    with tempfile.TemporaryDirectory() as folder:
        for arguments in (["--check-config"], ["--config", str(SETTINGS), "--check-config"]):
            code, out, error = run(program, *arguments, folder=folder)
            checks.check((code, error) == (0, ""), f"{arguments}: exit 0 in silence, got {code} {error!r}")
            checks.check("good" in out, f"{arguments}: says so")
        checks.check(not list(Path(folder).iterdir()), "--check-config makes no files")
        code, out, _ = run(program, "--version")
        checks.check(code == 0 and out.startswith("tigress-relay "), f"--version, got {code} {out!r}")
        code, out, _ = run(program, "--help")
        for option in ("--config", "--define", "--check-config", "--check-store", "--version", "--help"):
            checks.check(code == 0 and option in out, f"--help names {option}")
        checks.check("--daemon" not in out, "--help names no option that is not there")


def check_store(program, checks):
    """--check-store says of a store what is true of it, and of one in use that it is in use."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shares.db"
        store = ["-D", f"store.url=sqlite:{path}"]
        with RunningRelay(program, store[1]) as relay:
            client = Client(relay)
            head = f"POST /v1/ HTTP/1.1\nHost: h\nContent-Length: {len(DOCUMENT)}\n"
            client.send(head, DOCUMENT)
            checks.check(" 201 " in client.receive_head(), "a share is stored")
            for arguments in (["--check-store", *store], ["-D", "listen.port=0", *store]):
                code, _, error = run(program, *arguments)
                checks.check(code == 70 and "in use" in error, f"a second relay on a store: {code} {error!r}")
            relay.signal(signal.SIGKILL)
            relay.wait()
        code, out, error = run(program, "--check-store", *store)
        checks.check((code, out) == (0, "the store is good\n"), f"after a kill, too, got {code} {out!r} {error!r}")
        with RunningRelay(program, store[1]) as relay:
            relay.signal(signal.SIGTERM)
            relay.wait()
        bytes_of_it = bytearray(path.read_bytes())
        bytes_of_it[-4096:] = b"\xa5" * 4096
        path.write_bytes(bytes_of_it)
        code, out, error = run(program, "--check-store", *store)
        checks.check(code == 70 and "damaged" in error, f"a damaged store: exit 70, got {code} {out!r} {error!r}")


def check_stats(program, checks):
    """`stats` prints the figures of a relay that runs, and its exit code says why if it cannot."""
    def check(code, words, *arguments):
        got, out, error = run(program, *arguments, "stats")
        name = f"stats {' '.join(arguments)}"
        checks.check(got == code, f"{name}: exit {code}, got {got} {error!r}")
        checks.check((out if code == 0 else error).count(words) > 0, f"{name}: {words!r}, got {out!r} {error!r}")
        checks.check((error if code == 0 else out) == "", f"{name}: nothing on the other stream, got {out!r} {error!r}")

    check(78, "set admin.port")
    check(78, "set admin.port", "-D", "admin.port=0")
    check(78, "admin.port", "-D", "admin.port=many")
    with RunningRelay(program, "store.url=memory:", "admin.port=0") as relay:
        client = Client(relay)
        client.send("GET / HTTP/1.1\nHost: h\n")
        client.receive_head()
        check(0, "shares stored", "-D", f"admin.port={relay.admin_port}")
        check(69, "answered 404", "-D", f"admin.port={relay.port}")
        code, _, error = run(program, "-D", f"admin.port={relay.admin_port}", "stats", "more")
        checks.check(code == 64 and "stats" in error, f"stats with a word too many: exit 64, got {code} {error!r}")
    with socket.socket() as nobody:  # has the port, and does not listen
        nobody.bind(("127.0.0.1", 0))
        check(69, "is it running?", "-D", f"admin.port={nobody.getsockname()[1]}")
    with socket.create_server(("127.0.0.1", 0)) as other:
        def talk():
            connection, _ = other.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"220 mail.example ESMTP\r\n")

        talker = threading.Thread(target=talk)
        talker.start()
        check(69, "is it running?", "-D", f"admin.port={other.getsockname()[1]}")
        talker.join()


def check_port_taken(program, checks):
    with RunningRelay(program, "store.url=memory:") as first:
        code, _, error = run(program, "-D", f"listen.port={first.port}", "-D", "store.url=memory:")
        checks.check(code == 70, f"a port that is taken: exit 70, got {code}")
        checks.check("in use" in error, f"a port that is taken: says so, got {error!r}")


def check_signals(program, checks):
    for number in (signal.SIGTERM, signal.SIGINT):
        name = signal.Signals(number).name
        with tempfile.TemporaryDirectory() as folder:
            with RunningRelay(program, f"store.url=sqlite:{folder}/shares.db") as relay:
                idle = Client(relay)
                idle.send("GET / HTTP/1.1\nHost: h\n")
                checks.check(" 200 " in idle.receive_head(), "a relay that is ready answers")
                relay.signal(number)
                checks.check(relay.wait() == 0, f"{name}: exit 0")
                idle.receive_all()  # the rest of the page, then the end
            files = sorted(path.name for path in Path(folder).iterdir())
            checks.check(files == ["shares.db"], f"{name}: the store is closed, got {files}")


def check_in_flight(program, checks):
    with tempfile.TemporaryDirectory() as folder:
        store = f"store.url=sqlite:{folder}/shares.db"
        with RunningRelay(program, store) as relay:
            client = Client(relay)
            head = f"PUT /v1/share.json HTTP/1.1\nHost: h\nContent-Length: {len(DOCUMENT)}\nConnection: keep-alive\n"
            client.send(head, DOCUMENT)
            location = [line for line in client.receive_head().split("\r\n") if line.startswith("Location: ")][0]
            path = "/v1/" + location.split("/v1/")[1]
            put = head.replace("/v1/share.json", path)
            client.send(put + "Expect: 100-continue\n")
            checks.check(" 100 " in client.receive_head(), "a request is in flight")
            relay.signal(signal.SIGTERM)
            checks.check(relay.wait_until_said("stopping"), "SIGTERM: the relay says that it stops")
            client.socket.sendall(DOCUMENT)
            answer = client.receive_all()
            checks.check(answer.startswith("HTTP/1.1 201 "), f"SIGTERM: what is in flight is answered, got {answer!r}")
            checks.check(relay.wait() == 0, "SIGTERM: exit 0")
        with RunningRelay(program, store) as relay:
            client = Client(relay)
            client.send(f"GET {path} HTTP/1.1\nHost: h\nConnection: close\n")
            checks.check(client.receive_all().endswith(DOCUMENT.decode()), "SIGTERM: what was answered is kept")


def check_drain_time(program, checks):
    with RunningRelay(program, "store.url=memory:", "timeout.drain=0s") as relay:
        client = Client(relay)
        client.send("POST /v1/ HTTP/1.1\nHost: h\nContent-Length: 10\nExpect: 100-continue\n")
        checks.check(" 100 " in client.receive_head(), "a request is in flight")
        relay.signal(signal.SIGTERM)
        checks.check(relay.wait() == 0, "a request that does not end: exit 0 when timeout.drain is over")
        checks.check(client.receive_all() == "", "a request that does not end is cut off")


def check_certificates(program, checks):
    """SIGHUP: new handshakes get the new certificate, what is open stays, and a broken file changes nothing."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("old", "new"):
            Path(folder, name).mkdir()
        old, new = Certificate(Path(folder, "old")), Certificate(Path(folder, "new"))
        used = Path(folder, "used.pem"), Path(folder, "used-key.pem")

        def put(certificate):
            for name, file in zip(used, (certificate.file, certificate.key)):
                name.write_bytes(file.read_bytes())

        def given(relay):
            """The certificate of a new handshake."""
            anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
            received = ssl.DER_cert_to_PEM_cert(Client(relay, anybody).socket.getpeercert(True))
            return next((made for made in (old, new) if made.file.read_text() == received), None)

        def is_served(client):
            client.send("HEAD / HTTP/1.1\nHost: h\n")
            return " 200 " in client.receive_head()

        put(old)
        with RunningRelay(program, "store.url=memory:", f"tls.certificate={used[0]}", f"tls.key={used[1]}") as relay:
            client = Client(relay, old.client_context())
            checks.check(is_served(client) and given(relay) is old, "TLS: the certificate is the one of the file")
            put(new)
            checks.check(given(relay) is old, "SIGHUP: the files are not looked at before")
            relay.signal(signal.SIGHUP)
            checks.check(relay.wait_until_said("read the certificates again"), "SIGHUP: the relay says that it has read them")
            checks.check(given(relay) is new, "SIGHUP: new handshakes get the new certificate")
            checks.check(is_served(client), "SIGHUP: a connection that was open lives on")
            checks.check(is_served(Client(relay, new.client_context())), "SIGHUP: new connections are served")
            used[0].write_text("no certificate")
            relay.signal(signal.SIGHUP)
            checks.check(relay.wait_until_said("kept the certificates as they are"), "a broken certificate: the relay says so")
            checks.check(any(used[0].name in line for line in relay.said), "a broken certificate: it says which file")
            checks.check(given(relay) is new, "a broken certificate: new handshakes get the one before")
            checks.check(is_served(client), "a broken certificate: a connection that was open lives on")
            put(old)
            relay.said.clear()
            relay.signal(signal.SIGHUP)
            relay.wait_until_said("read the certificates again")
            checks.check(given(relay) is old, "a certificate that was mended is taken")
            relay.signal(signal.SIGTERM)
            checks.check(relay.wait() == 0, "SIGTERM after SIGHUP: exit 0")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--relay", required=True, help="the program tigress-relay")
    program = str(Path(parser.parse_args().relay).resolve())
    checks = Checks()
    for part in (check_refusals, check_answers_without_serving, check_store, check_stats, check_port_taken, check_signals,
                 check_in_flight, check_drain_time, check_certificates):
        part(program, checks)
    sys.exit(checks.finish())


main()

#!/usr/bin/env python3
"""The samples of config/proxy, each before a relay: the proxies of Debian run them with other ports and files.

    proxies.py --relay PROGRAM --tigress PROGRAM [PROXY...]

Through each goes a claimed transfer, a long poll, the methods of WebDAV, stock clients, and requests of several
networks, whose budgets must stay apart whatever they claim to be.
"""

import argparse
import contextlib
import functools
import http.client
import os
import pathlib
import pwd
import re
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests"))
import bench  # noqa: E402
import clients  # noqa: E402
from dav_servers import free_port, program, spawn  # noqa: E402
from run import Run  # noqa: E402
from running_relay import PATIENCE, Certificate, Checks, RunningRelay, store_in  # noqa: E402

SAMPLES = ROOT / "config" / "proxy"
KEY = ROOT / "tests" / "vectors" / "car_key_creation_request.json"
LARGE = b'{"payload": {"type": "AEAD_AES_256_GCM", "data": "' + b"A" * 65_000 + b'"}}'
# Those whose ways differ: a redirect, prompts and XML, many requests at once, locks.
CLIENTS = ["curl", "cadaver", "rclone", "webdavclient"]
LOCK = b'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>' \
       b'</D:lockinfo>'


def sample(name, replacements):
    """The sample with what differs on this machine; each word of it must be there."""
    text = (SAMPLES / name).read_text()
    for word, replacement in replacements.items():
        if word not in text:
            raise RuntimeError(f"config/proxy/{name} has no {word}")
        text = text.replace(word, str(replacement))
    return text


def certificate_paths(certificate):
    return {"/etc/ssl/relay.example/fullchain.pem": certificate.file, "/etc/ssl/relay.example/privkey.pem": certificate.key}


def start_nginx(folder, port, relay, certificate):
    text = sample("nginx.conf", {**certificate_paths(certificate), "listen 443": f"listen 127.0.0.1:{port}",
                                 "relay.example;": "localhost;", "127.0.0.1:8443": f"127.0.0.1:{relay.port}",
                                 "/var/log/nginx/tigress-relay.log": folder / "error.log"})
    (folder / "site.conf").write_text(text)
    user = f"user {pwd.getpwuid(os.getuid()).pw_name};" if os.getuid() == 0 else ""
    paths = " ".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "main.conf").write_text(f"{user} daemon off; pid {folder}/pid; events {{}}\n"
                                      f"http {{ {paths} include {folder}/site.conf; }}\n")
    return spawn([program("nginx"), "-c", folder / "main.conf", "-e", folder / "start.log"], port, folder)


def start_apache(folder, port, relay, certificate):
    text = sample("apache.conf", {**certificate_paths(certificate), "*:443": f"127.0.0.1:{port}",
                                  "ServerName relay.example": "ServerName localhost",
                                  "127.0.0.1:8443": f"127.0.0.1:{relay.port}"})
    (folder / "site.conf").write_text(text)
    modules = ["mpm_event", "authz_core", *re.search(r"a2enmod (.*?) &&", text)[1].split()]
    user = "User www-data\nGroup www-data\n" if os.getuid() == 0 else ""
    (folder / "main.conf").write_text("".join(
        f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in modules) + user +
        f"ServerRoot {folder}\nServerName localhost\nPidFile {folder}/pid\nDefaultRuntimeDir {folder}\n"
        f"ErrorLog {folder}/error.log\nListen 127.0.0.1:{port}\nInclude {folder}/site.conf\n")
    return spawn([program("apache2"), "-DFOREGROUND", "-f", folder / "main.conf"], port, folder)


def start_haproxy(folder, port, relay, certificate):
    both = folder / "both.pem"
    both.write_text(certificate.file.read_text() + certificate.key.read_text())
    text = sample("haproxy.cfg", {"bind :443": f"bind 127.0.0.1:{port}", "/etc/ssl/relay.example/chain-and-key.pem": both,
                                  "127.0.0.1:8443": f"127.0.0.1:{relay.port}"})
    (folder / "haproxy.cfg").write_text(text)
    return spawn([program("haproxy"), "-db", "-f", folder / "haproxy.cfg"], port, folder)


PROXIES = {"nginx": start_nginx, "apache": start_apache, "haproxy": start_haproxy}


class ProxiedRelay:
    """A relay as its clients meet it: behind a proxy that ends TLS."""

    def __init__(self, proxy, relay_program, folder, certificate, settings):
        folder.mkdir()
        self.certificate = certificate
        self.port = free_port()
        self.origin = f"https://localhost:{self.port}"
        with contextlib.ExitStack() as stack:
            self._relay = stack.enter_context(RunningRelay(
                relay_program, store_in(folder / "relay"), f"public.origin={self.origin}", "tls.behind-proxy=127.0.0.1/32",
                "admin.port=0", *settings))
            stack.callback(PROXIES[proxy](folder, self.port, self._relay, certificate).stop)
            self._ending = stack.pop_all()
        self.log = self._relay.log
        self.is_running = self._relay.is_running

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self._ending.__exit__(*failure)

    def ask(self, method, target, body=None, headers=None, source="127.0.0.1"):
        """One request, from an address of the loopback."""
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=PATIENCE, source_address=(source, 0),
                                                 context=self.certificate.client_context())
        try:
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            return bench.Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()


    def wait_for_a_long_poll(self):
        """Until the relay, not only the proxy, holds one."""
        for _ in range(100_000):
            connection = http.client.HTTPConnection("127.0.0.1", self._relay.admin_port, timeout=PATIENCE)
            connection.request("GET", "/metrics")
            held = re.search(rb"(?m)^tigress_long_polls (\d+)", connection.getresponse().read())
            connection.close()
            if int(held[1]) > 0:
                return
        raise RuntimeError("no long poll reached the relay")


class ProxiedRelays:
    """For the stock clients' cases: what Relays is to relays that stand alone."""

    def __init__(self, proxy, relay_program, folder, stack, _):
        self._start = functools.partial(ProxiedRelay, proxy, relay_program)
        self._folder = folder
        self._stack = stack
        self._running = {}
        self._certificate = Certificate(folder)
        folder.chmod(0o755)

    def get(self, _, identifiers):
        if identifiers not in self._running:
            settings = [f"share.identifiers={identifiers}", "limits.rate=off"]
            self._running[identifiers] = self._stack.enter_context(
                self._start(self._folder / f"relay-{identifiers}", self._certificate, settings))
        return self._running[identifiers], None

    def died(self):
        return [relay for relay in self._running.values() if not relay.is_running()]


def make(relay, **more):
    answer = relay.ask("POST", "/v1/", bench.FIRST, **more)
    return answer.status, (answer.headers.get("Location") or "").removeprefix(relay.origin)


def check_transfer(relay, tigress, folder, checks):
    trust = ["--ca-file", str(relay.certificate.file)]
    sent = subprocess.run([tigress, "send", KEY, "--relay", relay.origin, "--title", "A key", *trust], capture_output=True,
                          text=True, timeout=PATIENCE)
    checks.check(sent.returncode == 0 and sent.stdout.startswith(relay.origin), f"a key is sent: {sent.stdout}{sent.stderr}")
    card = relay.ask("GET", sent.stdout.strip().partition("#")[0].removeprefix(relay.origin), headers={"Accept": "text/html"})
    checks.check(card.status == 200 and b"A key" in card.body, "a messenger sees the card")
    for status in (0, 3):
        received = subprocess.run([tigress, "receive", "-", "-o", folder / f"received-{status}", *trust], input=sent.stdout,
                                  capture_output=True, text=True, timeout=PATIENCE)
        checks.check(received.returncode == status, f"it is received once: {received.returncode} {received.stderr}")


def check_methods(relay, checks):
    """All of WebDAV's that the relay has get through, with their headers, bodies and answers."""
    status, path = make(relay)
    checks.check(status == 201 and path.startswith("/v1/"), "a link begins with the public origin")
    lock = relay.ask("LOCK", path, LOCK, {"Timeout": "Second-600"})
    condition = {"If": f"({lock.headers['Lock-Token']})"}
    rows = [
        ("LOCK", lock.status, 200),
        ("PUT against a lock", relay.ask("PUT", path, bench.SECOND).status, 423),
        ("PUT with If", relay.ask("PUT", path, bench.SECOND, condition).status, 204),
        ("PROPFIND", relay.ask("PROPFIND", path, None, {"Depth": "0"}).status, 207),
        ("PROPPATCH, MKCOL: as the relay refuses them", relay.ask("MKCOL", path, None).status, 405),
        ("UNLOCK", relay.ask("UNLOCK", path, None, {"Lock-Token": lock.headers["Lock-Token"]}).status, 204),
        ("OPTIONS", relay.ask("OPTIONS", path).headers.get("DAV", "").split(",")[0], "1"),
        ("a PUT of the largest share", relay.ask("PUT", path, LARGE).status, 204),
        ("a larger one is the relay's to refuse", relay.ask("PUT", path, b"x" * 100_000).status, 413),
        ("GET if it changed", relay.ask("GET", path, None, {"If-None-Match": relay.ask("GET", path).headers["ETag"]}).status, 304),
        ("DELETE", relay.ask("DELETE", path).status, 204),
        ("GET of what is gone", relay.ask("GET", path).status, 404),
    ]
    for what, found, wanted in rows:
        checks.check(found == wanted, f"{what}: {found}, not {wanted}")


def check_long_poll(relay, checks):
    """It is held, and answered by the change; one without a change ends by its own time."""
    _, path = make(relay)
    tag = relay.ask("GET", path).headers["ETag"]
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(
        relay.ask("GET", path, None, {"If-None-Match": tag, "Prefer": f"wait={PATIENCE // 2}"})))
    waiting.start()
    relay.wait_for_a_long_poll()
    relay.ask("PUT", path, bench.SECOND)
    waiting.join(PATIENCE)
    checks.check([(answer.status, answer.body) for answer in answers] == [(200, bench.SECOND)], "a long poll is answered by a change")
    tag = relay.ask("GET", path).headers["ETag"]
    checks.check(relay.ask("GET", path, None, {"If-None-Match": tag, "Prefer": "wait=1"}).status == 304, "or ends unchanged")
    longest = int(re.search(r"(?m)^limits.wait = (\d+)s", (ROOT / "config/relay.properties").read_text())[1])
    for file in sorted(SAMPLES.iterdir()):
        found = [int(number) for number in re.findall(r"(?:proxy_read_timeout|timeout client|timeout server|timeout=) ?(\d+)s?",
                                                      file.read_text())]
        checks.check(found and min(found) > longest, f"{file.name} waits longer than limits.wait, {found}")


def check_networks(relay, checks):
    """Budgets are those of the clients' networks: three shares an hour for each, here."""

    def makes(source, **fields):
        return relay.ask("POST", "/v1/", bench.FIRST, {key.replace("_", "-"): value for key, value in fields.items()}, source).status

    checks.check([makes("127.0.1.1") for _ in range(4)] == [201, 201, 201, 429], "a network has its budget")
    checks.check(makes("127.0.1.9") == 429, "whichever of its addresses")
    checks.check([makes("127.0.2.1") for _ in range(2)] == [201, 201], "another network has its own")
    checks.check(makes("127.0.1.1", X_Forwarded_For="198.51.100.7") == 429, "a client cannot name another address")
    checks.check(makes("127.0.1.1", Forwarded="for=198.51.100.7") == 429, "nor in the other field")
    checks.check([makes("127.0.3.1", X_Forwarded_For="127.0.1.1") for _ in range(4)] == [201, 201, 201, 429],
                 "and what it writes there is not charged to others")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--relay", required=True, type=pathlib.Path)
    parser.add_argument("--tigress", required=True, type=pathlib.Path)
    parser.add_argument("proxy", nargs="*", help="which: " + ", ".join(PROXIES))
    given = parser.parse_args()
    if set(given.proxy) - set(PROXIES):
        parser.error(f"there are {', '.join(PROXIES)}")
    checks = Checks()
    clients.load(CLIENTS)
    for proxy in given.proxy or PROXIES:
        with tempfile.TemporaryDirectory(prefix="tigress-proxies-") as name, contextlib.ExitStack() as stack:
            folder = pathlib.Path(name)
            folder.chmod(0o755)
            certificate = Certificate(folder)
            start = functools.partial(ProxiedRelay, proxy, given.relay)
            before = checks.failed
            relay = stack.enter_context(start(folder / "open", certificate, ["limits.rate=off"]))
            check_transfer(relay, given.tigress, folder, checks)
            check_methods(relay, checks)
            check_long_poll(relay, checks)
            check_networks(stack.enter_context(start(folder / "limited", certificate, ["limits.creates=3/1h"])), checks)
            run = Run(given.relay, relays=functools.partial(ProxiedRelays, proxy))
            checks.check(run.all(bench.CASES, ["TLS"]), f"stock clients: {run.summary()}")
            print(f"{proxy}: {'good' if checks.failed == before else 'FAILED'}, {run.summary()} of stock clients", flush=True)
    return checks.finish()


sys.exit(main())

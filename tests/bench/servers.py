"""The servers that tests/bench/compare compares: each on a free loopback port, with its files in one folder."""

import pathlib
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(TESTS), str(TESTS / "interop")]
from dav_servers import Server, start_apache, start_lighttpd, start_nginx, start_rclone  # noqa: E402
from running_relay import RunningRelay, store_in  # noqa: E402


def start_relay(binaries, folder, certificate, **settings):
    chosen = {"limits.rate": "off", "share.identifiers": "any", "log.level": "error", "limits.connections": "4096",
              "limits.requests-per-connection": "1000000000",
              **{key.replace("_", "."): value for key, value in settings.items()}}
    relay = RunningRelay(binaries / "tigress-relay", store_in(folder), *(f"{key}={value}" for key, value in chosen.items()),
                         certificate=certificate)
    return Server(relay.process.pid, relay.port, relay.stop)


def start_floor(binaries, folder, certificate):
    if certificate:
        return None
    process = subprocess.Popen([str(binaries / "bench-floor")], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)

    def stop():
        process.kill()
        process.stdout.close()
        process.wait()

    return Server(process.pid, int(process.stdout.readline()), stop)


# Name, how it is started, and what it is asked: a plain file server knows no POST and has no pages.
RELAY_OS = "relay, durability os"
RELAY_FULL = "relay, durability full"
FLOOR = "bare floor"
NGINX = "nginx dav-ext"
DAV_WORKLOADS = {"transfer", "get", "put", "missing"}
SERVERS = {
    RELAY_OS: (lambda *a: start_relay(*a, store_durability="os"), DAV_WORKLOADS | {"page", "create"}),
    RELAY_FULL: (lambda *a: start_relay(*a, store_durability="full"), DAV_WORKLOADS | {"create"}),
    FLOOR: (start_floor, {"transfer", "get", "create"}),
    NGINX: (lambda _, *a: start_nginx(*a), DAV_WORKLOADS),
    "rclone": (lambda _, *a: start_rclone(*a), DAV_WORKLOADS),
    "lighttpd": (lambda _, *a: start_lighttpd(*a), DAV_WORKLOADS),
    "Apache": (lambda _, *a: start_apache(*a), DAV_WORKLOADS),
}

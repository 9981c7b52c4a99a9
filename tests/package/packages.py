#!/usr/bin/env python3
"""The Debian packages on clean systems: installed, used, removed, purged.

    packages.py [--packages FOLDER] [--cache FOLDER]

Two systems of nothing but what Debian calls essential, and apt, each in a network of its own with a cable between
them. An operator and two users do there what the packages' README.Debian say, line by line: a relay with TLS on one,
a key sent from it, and received on the other. Needs root, the mirror of this machine's apt, and mmdebstrap; ends
with 77 (skipped) and says why where one of them lacks. --cache keeps the clean system for the next time.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from clean_system import System, base_system, must, one, run, skip, two_networks  # noqa: E402
from running_relay import Checks  # noqa: E402

PATIENCE = 120
RELAY_ADDRESS, PHONE_ADDRESS = "10.213.7.1", "10.213.7.2"
ORIGIN = "https://relay.example:8443"


def check_relay_package(relay, checks):
    """A user, a conffile and a unit, as Debian wants them."""
    checks.check("/etc/tigress-relay/relay.properties" in relay.must("dpkg-query", "-W", "-f", "${Conffiles}", "tigress-relay"),
                 "the settings are a conffile")
    user = relay.must("getent", "passwd", "tigress-relay").strip().split(":")
    checks.check(user[6] == "/usr/sbin/nologin" and 0 < int(user[2]) < 1000, "the relay has a system user without a login")
    checks.check(relay.must("stat", "-c", "%U %G %a", "/var/lib/tigress-relay").strip() == "tigress-relay tigress-relay 700",
                 "its folder is its own")
    checks.check(relay.must("systemctl", "is-enabled", "tigress-relay").strip() == "enabled", "the unit is enabled")
    verified = relay.run("systemd-analyze", "verify", "/lib/systemd/system/tigress-relay.service")
    checks.check(verified.returncode == 0 and "tigress-relay" not in verified.stderr,
                 f"systemd takes the unit: {verified.stderr}")
    checks.check("--config /etc/tigress-relay/relay.properties" in
                 (relay.folder / "lib/systemd/system/tigress-relay.service").read_text(), "the unit reads the settings in /etc")


def told(system, package, checks):
    """What the package's README.Debian tells its reader to do: the indented lines, in order."""
    text = (system.folder / "usr/share/doc" / package / "README.Debian").read_text()
    lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    checks.check(len(lines) > 3, f"{package}'s README.Debian tells what to do")
    return lines


def make_certificate(system):
    """A new one of relay.example, where an operator has it before README.Debian is read; gives the certificate."""
    with tempfile.TemporaryDirectory() as folder:
        here = pathlib.Path(folder)
        must("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=relay.example", "-addext", "subjectAltName=DNS:relay.example", "-keyout", here / "privkey.pem",
             "-out", here / "fullchain.pem")
        for file in here.iterdir():
            shutil.copy(file, system.folder / "root")
        return (here / "fullchain.pem").read_text()


def trust(system, certificate):
    (system.folder / "usr/local/share/ca-certificates/relay.crt").write_text(certificate)
    system.must("update-ca-certificates", "--fresh")


def set_in_place(path, key, value):
    """What an editor does with a line of the settings."""
    text, count = re.subn(rf"(?m)^{re.escape(key)} =.*$", f"{key} = {value}", path.read_text())
    if count != 1:
        raise RuntimeError(f"{path.name} has {count} lines of {key}")
    path.write_text(text)


class Unit:
    """What systemd does with the relay's unit, where there is no systemd: the same commands, user and rights."""

    def __init__(self, system):
        self._system = system
        self._text = (system.folder / "lib/systemd/system/tigress-relay.service").read_text()
        user = self._value("User")
        self._as_user = ["setpriv", f"--reuid={user}", f"--regid={self._value('Group')}", "--clear-groups", "--no-new-privs",
                         "--inh-caps=-all", "--bounding-set=-all"]
        self.process = None

    def _value(self, key):
        return re.search(rf"^{key}=(.*)$", self._text, re.M)[1]

    def restart(self):
        self.stop()
        self._system.must(*self._as_user, *shlex.split(self._value("ExecStartPre")))
        self.process = subprocess.Popen(self._system.chroot(*self._as_user, *shlex.split(self._value("ExecStart"))),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if "listening on" not in line:
            self.process.kill()
            raise RuntimeError(f"the relay did not start: {line}{self.process.stderr.read()}")

    def reload(self):
        """The commands above replace themselves, so the process we know is the relay."""
        self._system.must("env", f"MAINPID={self.process.pid}", *self._as_user, *shlex.split(self._value("ExecReload")))

    def stop(self):
        """Its exit status."""
        if not self.process:
            return None
        process, self.process = self.process, None
        process.terminate()
        status = process.wait(PATIENCE)
        process.stdout.close()
        process.stderr.close()
        return status


def operate(system, unit, lines):
    """An operator's lines of README.Debian, up to and with the one that speaks of the unit."""
    while lines:
        line = lines.pop(0)
        setting = re.match(r"([a-z.-]+) = (.+)$", line)
        if line.startswith("# systemctl "):
            {"# systemctl restart tigress-relay": unit.restart, "# systemctl reload tigress-relay": unit.reload}[line]()
            return
        if line.startswith("# "):
            system.shell(line[2:])
        elif setting:
            set_in_place(system.folder / "etc/tigress-relay/relay.properties", *setting.groups())
        else:
            raise RuntimeError(f"README.Debian has a line that is no command and no setting: {line}")


def served_certificate(system):
    """What a client is shown that asks from this system's network."""
    said = must("ip", "netns", "exec", system.network, "openssl", "s_client", "-connect", f"{RELAY_ADDRESS}:8443", "-servername",
                "relay.example", stdin=subprocess.DEVNULL)
    return re.search(r"-----BEGIN.*?END CERTIFICATE-----\n", said, re.S)[0]


def transfer(sender, receiver, checks):
    """What the command line's README.Debian says, on two systems: a key goes over by TLS, once."""
    lines = [line[2:] for line in told(sender, "tigress", checks) if line.startswith("$ ")]
    at_sender, at_receiver = lines[:2], lines[2:]
    for line in at_sender:
        sender.shell(line)
    link = (sender.folder / "root/link.txt").read_text()
    checks.check(re.match(re.escape(ORIGIN) + r"/v1/[0-9a-f-]{36}/share\.json(\?v=\w)?#\S{43}$", link), "the link is printed")
    (receiver.folder / "root/link.txt").write_text(link)
    said = "".join(receiver.shell(line) for line in at_receiver)
    checks.check("A key" in said, f"the preview is shown, not {said}")
    sent, received = (json.loads((system.folder / "root" / name).read_text())
                      for system, name in [(sender, "key.json"), (receiver, "received.json")])
    checks.check(sent == received and sent, "what was sent is received")
    again = receiver.run("tigress", "receive", link.strip())
    checks.check(again.returncode == 3 and not again.stdout, f"and only once: {again.returncode} {again.stderr}")
    for system in (sender, receiver):
        for name in ("key.json", "link.txt", "received.json"):
            (system.folder / "root" / name).unlink(missing_ok=True)


def operate_and_use(relay, phone, checks):
    """From a new package to a transfer, a renewed certificate and a relay that stops."""
    certificate = make_certificate(relay)
    for system in (relay, phone):
        trust(system, certificate)
        with (system.folder / "etc/hosts").open("a") as hosts:
            hosts.write(f"{RELAY_ADDRESS} relay.example\n")
    lines = told(relay, "tigress-relay", checks)
    unit = Unit(relay)
    try:
        operate(relay, unit, lines)
        checks.check(relay.must("stat", "-c", "%U:%G %a", "/etc/tigress-relay/key.pem").strip() == "root:tigress-relay 640",
                     "the key is readable to the relay only")
        transfer(relay, phone, checks)
        checks.check(served_certificate(phone) == certificate, "the certificate is served")
        renewed = make_certificate(relay)
        for line in told(relay, "tigress-relay", checks):
            if "install " in line:
                relay.shell(line[2:])
        operate(relay, unit, lines)  # "systemctl reload"
        for _ in range(1000):  # a signal has no answer, so what it does is asked for
            if served_certificate(phone) == renewed:
                break
        checks.check(served_certificate(phone) == renewed, "the renewed certificate is served after a reload")
        token = next(line for line in lines if "token add" in line)
        checks.check(relay.shell(token[2:]).startswith("tigress_"), "a token is made as it says")
        set_in_place(relay.folder / "etc/tigress-relay/relay.properties", "create.policy", "token")
        checks.check(unit.stop() == 0, "the relay stops cleanly")
        unit.restart()
        checks.check(unit.stop() == 0, "and starts with the token's file")
    finally:
        unit.stop()
    for name in ("relay.db", "tokens"):
        owner = relay.must("stat", "-c", "%U %a", f"/var/lib/tigress-relay/{name}").strip()
        checks.check(owner == "tigress-relay 600", f"{name} is the relay's alone, not {owner}")


def check_removal(relay, phone, before, checks):
    """Removed, the relay leaves its settings and its data; purged, nothing is left of any package."""
    relay.must("apt-get", "remove", "-y", "-qq", "tigress-relay")
    for path, stays in [("etc/tigress-relay/relay.properties", True), ("var/lib/tigress-relay/relay.db", True),
                        ("usr/bin/tigress-relay", False)]:
        checks.check((relay.folder / path).exists() == stays, f"removal {'keeps' if stays else 'takes'} /{path}")
    for name in ("certificate.pem", "key.pem"):
        (relay.folder / "etc/tigress-relay" / name).unlink()  # the operator's own
    relay.must("apt-get", "purge", "-y", "-qq", "tigress-relay", "tigress", "libtigress1")
    phone.must("apt-get", "purge", "-y", "-qq", "tigress", "libtigress1", "libtigress-dev")
    for system in (relay, phone):
        known = system.run("dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Package}\n", "*tigress*").stdout.splitlines()
        checks.check(not [line for line in known if not line.startswith("un")], f"dpkg has forgotten them, not {known}")
        left = sorted(line for line in system.files() - before[system] if "tigress" in line)
        checks.check(not left, f"purging leaves {left}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", type=pathlib.Path, help="made by scripts/package; else it is called")
    parser.add_argument("--cache", type=pathlib.Path, help="where the clean system is kept")
    given = parser.parse_args()
    if os.geteuid() != 0:
        skip("only root can set up a clean system")
    for program in ("mmdebstrap", "ip"):
        if not shutil.which(program):
            skip(f"there is no {program}: tests/package/install")
    checks = Checks()
    with contextlib.ExitStack() as stack:
        work = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/var/tmp")))
        cache = given.cache or work
        cache.mkdir(parents=True, exist_ok=True)
        networks = stack.enter_context(two_networks([RELAY_ADDRESS, PHONE_ADDRESS]))
        archive = base_system(cache)
        if not given.packages:
            given.packages = work / "packages"
            must(ROOT / "scripts" / "package", given.packages)
        relay, phone = (System(stack, work / name, archive, cache, network)
                        for name, network in zip(("relay", "phone"), networks))
        before = {system: system.files() for system in (relay, phone)}
        client = [one(given.packages, "tigress"), one(given.packages, "libtigress1")]
        relay.install([one(given.packages, "tigress-relay")])
        check_relay_package(relay, checks)
        checks.check(relay.run("dpkg-query", "-W", "libtigress1").returncode != 0, "the relay needs no client")
        relay.install(client)
        phone.install([*client, one(given.packages, "libtigress-dev")])
        operate_and_use(relay, phone, checks)
        check_removal(relay, phone, before, checks)
    return checks.finish()


sys.exit(main())

#!/usr/bin/env python3
"""`cmake --install` to a prefix: what is put where, and that it works from there.

    prefix.py --build FOLDER

The library there is for tests/library.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from running_relay import Certificate, Checks, RunningRelay  # noqa: E402

KEY = ROOT / "tests" / "vectors" / "car_key_creation_request.json"
SETTINGS = "etc/tigress-relay/relay.properties"
UNIT = "lib/systemd/system/tigress-relay.service"


def run(*command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)


def install(build, prefix, root="", component=None):
    done = run("cmake", "--install", build, "--prefix", prefix, *(["--component", component] if component else []),
               env={**os.environ, "DESTDIR": str(root)})
    if done.returncode != 0:
        raise RuntimeError(f"cmake --install ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def settings_of(path):
    return dict(line.split(" =", 1) for line in path.read_text().splitlines() if line and not line.startswith("#"))


def check_files(prefix, checks):
    for name in ["bin/tigress-relay", "bin/tigress", SETTINGS, UNIT, "lib/sysusers.d/tigress-relay.conf"]:
        checks.check((prefix / name).is_file(), f"{name} is installed")
    for word in re.findall(r"/\S+", (prefix / UNIT).read_text().replace("file://", "")):
        if "tigress-relay" in word and not word.startswith("/run/"):
            checks.check(word.startswith(str(prefix)), f"the unit names {word}, outside of the prefix")
    printed, installed = settings_of(ROOT / "config/relay.properties"), settings_of(prefix / SETTINGS)
    changed = {key: value.strip() for key, value in installed.items() if printed.get(key) != value}
    state = f"{prefix}/var/lib/tigress-relay"
    checks.check(changed == {"store.url": f"sqlite:{state}/relay.db", "create.tokens": f"{state}/tokens",
                             "push.vapid-key": f"{state}/vapid.pem"} and printed.keys() == installed.keys(),
                 f"the settings are the printed ones but for what is kept, not {changed}")


def check_use(prefix, folder, checks):
    """A transfer by the installed programs with the installed settings."""
    certificate = Certificate(folder)
    (prefix / "var/lib/tigress-relay").mkdir(parents=True)
    relay = [str(prefix / "bin/tigress-relay"), "--config", str(prefix / SETTINGS)]
    checks.check(run(*relay, "--check-config").returncode == 0, "the relay takes its installed settings")
    with RunningRelay(relay, certificate=certificate) as running:
        tigress = [prefix / "bin/tigress"]
        trusted = ["--ca-file", certificate.file]
        sent = run(*tigress, "send", KEY, "--relay", f"https://localhost:{running.port}", *trusted)
        checks.check(sent.returncode == 0, f"a key is sent: {sent.stderr}")
        received = run(*tigress, "receive", "-", "-o", folder / "received.json", *trusted, input=sent.stdout)
        checks.check(received.returncode == 0 and (folder / "received.json").exists(), f"a key is received: {received.stderr}")
    checks.check((prefix / "var/lib/tigress-relay/relay.db").exists(), "the store is within the prefix")
    loaded = run("ldd", prefix / "bin/tigress").stdout
    checks.check(f"{prefix}/" in next(line for line in loaded.splitlines() if "libtigress" in line),
                 "the command line loads the library beside it")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    given = parser.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prefix = folder / "prefix"
        install(given.build, prefix)
        check_files(prefix, checks)
        check_use(prefix, folder, checks)

        with (prefix / SETTINGS).open("a") as file:
            file.write("# an operator's line\n")
        install(given.build, prefix, component="relay")
        checks.check("an operator's line" in (prefix / SETTINGS).read_text(), "settings that are there stay")

        root = folder / "root"
        install(given.build, "/usr", root, "relay")
        for path in ("usr/bin/tigress-relay", SETTINGS, UNIT, "usr/lib/sysusers.d/tigress-relay.conf"):
            checks.check((root / path).is_file(), f"for the prefix /usr there is /{path}")
        checks.check(" = sqlite:/var/lib/tigress-relay/relay.db\n" in (root / SETTINGS).read_text(),
                     "and the store is in /var")
    return checks.finish()


sys.exit(main())

#!/usr/bin/env python3
"""config/Containerfile, carried out by buildah on images of a clean system, and the relay of its image used.

    container.py [--packages FOLDER] [--cache FOLDER]

With --packages, these stand for what the Containerfile's first stage makes, which takes as long as a build. The images
that it begins with come from mmdebstrap under their names, for a registry is no part of a test. Needs root, the mirror
of this machine's apt, and buildah; ends with 77 (skipped) and says why where one of them lacks.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from clean_system import base_system, must, run, skip  # noqa: E402
from running_relay import Certificate, Checks  # noqa: E402

PATIENCE = 60
IMAGES = ["docker.io/library/debian:12", "docker.io/library/debian:12-slim"]


class Buildah:
    """Buildah with a storage of its own; what it runs shares the network of this machine."""

    def __init__(self, folder):
        self.command = ["buildah", "--root", folder / "storage", "--runroot", folder / "run", "--storage-driver", "vfs"]

    def __call__(self, *words):
        return must(*self.command, *words).strip()


def make_images(buildah, archive):
    container = buildah("from", "scratch")
    buildah("add", "--quiet", container, archive, "/")
    buildah("commit", "--quiet", "--rm", container, IMAGES[0])
    buildah("tag", *IMAGES)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", type=pathlib.Path, help="made by scripts/package; else the Containerfile makes them")
    parser.add_argument("--cache", type=pathlib.Path, help="where the clean system is kept")
    given = parser.parse_args()
    if os.geteuid() != 0:
        skip("only root can set up a clean system")
    for program in ("mmdebstrap", "buildah"):
        if not shutil.which(program):
            skip(f"there is no {program}: tests/package/install")
    checks = Checks()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = pathlib.Path(name)
        cache = given.cache or folder
        cache.mkdir(parents=True, exist_ok=True)
        buildah = Buildah(folder)
        make_images(buildah, base_system(cache))
        made = []
        if given.packages:
            (folder / "made").mkdir()
            shutil.copytree(given.packages, folder / "made" / "packages")
            made = ["--build-context", f"build={folder / 'made'}"]
        buildah("build", "--pull-never", "--isolation", "chroot", *made, "--file", ROOT / "config/Containerfile", "--tag",
                "tigress-relay", ROOT)
        check_image(buildah, folder, checks)
    return checks.finish()


def check_image(buildah, folder, checks):
    container = buildah("from", "--pull-never", "tigress-relay")
    image = json.loads(buildah("inspect", container))["OCIv1"]["config"]
    checks.check(image["User"] == "tigress-relay" and list(image["Volumes"]) == ["/var/lib/tigress-relay"]
                 and list(image["ExposedPorts"]) == ["8443/tcp"], f"the image says how it is run: {image}")
    tls = folder / "tls"
    tls.mkdir()
    certificate = Certificate(tls)
    number = int(buildah("run", "--isolation", "chroot", container, "--", "id", "-u"))
    for file in (tls, certificate.file, certificate.key):
        os.chown(file, number, number)
    relay = [*buildah.command, "run", "--isolation", "chroot", "-v", f"{tls}:/tls:ro", container, "--", *image["Entrypoint"]]
    open_to_all = run(*relay)
    checks.check(open_to_all.returncode != 0 and "tls.certificate" in open_to_all.stderr,
                 f"without TLS it does not open its port: {open_to_all.stderr}")
    words = ["-D", "listen.address=127.0.0.1", "-D", "listen.port=0", "-D", f"tls.certificate=/tls/{certificate.file.name}",
             "-D", f"tls.key=/tls/{certificate.key.name}"]
    process = subprocess.Popen([str(word) for word in [*relay, *words]], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               text=True)
    try:
        line = process.stdout.readline()
        port = re.search(r":(\d+)$", line.strip())
        checks.check(port, f"the relay of the image starts: {line}")
        if port:
            document = folder / "share.json"
            document.write_text('{"payload": {"type": "AEAD_AES_128_GCM", "data": "AAAA"}}')
            share = run("curl", "-sS", "--cacert", certificate.file, "-L", "-T", document, "-w", "%{http_code}",
                        f"https://localhost:{port[1]}/v1/new/share.json")
            checks.check(share.stdout.endswith("201"), f"and keeps a share: {share.stdout} {share.stderr}")
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()
    buildah("rm", container)


sys.exit(main())

#!/usr/bin/env python3
"""Does what docs/tutorial.md says, with the programs of a build and an installed library.

    tutorial.py --build FOLDER [--sanitized]

The blocks marked `sh` are pasted into one shell, in order. In a sanitized build the program is left out.
"""

import argparse
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 120
PORT = "8443"  # in the text


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def blocks(text):
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def installed(build, prefix):
    """Where the programs are found, and by pkg-config the library."""
    for component in ("library", "development"):
        subprocess.run(["cmake", "--install", build, "--prefix", prefix, "--component", component], check=True,
                       capture_output=True)
    libraries = next(prefix.rglob("libtigress.so")).parent
    return {**os.environ, "PATH": f"{build.resolve() / 'bin'}:{os.environ['PATH']}",
            "PKG_CONFIG_PATH": str(next(prefix.rglob("tigress.pc")).parent), "LD_LIBRARY_PATH": str(libraries),
            "NO_COLOR": "1"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--sanitized", action="store_true")
    options = parser.parse_args()
    tutorial = blocks((ROOT / "docs" / "tutorial.md").read_text())
    if len(tutorial) < 4:
        sys.exit("the tutorial has lost its blocks")
    if options.sanitized:
        tutorial = [block for block in tutorial if "wallet.cpp" not in block]
    with tempfile.TemporaryDirectory(prefix="tigress-tutorial-") as name:
        work = pathlib.Path(name)
        environment = installed(options.build, work / "prefix")
        flags = subprocess.run(["pkg-config", f"--define-variable=prefix={work / 'prefix'}", "--cflags", "--libs", "tigress"],
                               env=environment, check=True, capture_output=True, text=True).stdout.strip()
        script = "\n".join(["set -eu", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT", *tutorial])
        # The prefix of this installation was chosen after the build, which pkg-config does not know.
        script = script.replace(PORT, free_port()).replace("$(pkg-config --cflags --libs tigress)", flags)
        here = work / "here"
        here.mkdir()
        done = subprocess.run(["bash", "-c", script], cwd=here, env=environment, capture_output=True, text=True,
                              timeout=PATIENCE)
        log = (here / "relay.log").read_text() if (here / "relay.log").exists() else ""
        if done.returncode != 0:
            sys.exit(f"it ended with {done.returncode}:\n{done.stdout}{done.stderr}{log}")
        if json.loads((here / "received.json").read_text()) != json.loads((here / "car_key.json").read_text()):
            sys.exit("what was received is not what was sent")
        said = done.stdout
        expected = ["waiting"] if options.sanitized else ['received {"format":"digitalwallet.carkey.ccc"', 'answered {"format"', "waiting"]
        for words in expected:
            if words not in said:
                sys.exit(f"\"{words}\" is not in what was said:\n{said}{done.stderr}")
    print(f"{len(tutorial)} blocks passed")


main()

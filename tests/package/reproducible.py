#!/usr/bin/env python3
"""Two builds of this source, in different folders, at different times and by other hands, give the same packages.

    reproducible.py [--packages FOLDER]

With --packages, one build is compared with what scripts/package has put there.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from running_relay import Checks  # noqa: E402


def packages_of(folder, umask, **surroundings):
    """The packages of a copy of the source that was put into `folder`."""
    folder.mkdir(parents=True)
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                           capture_output=True, check=True).stdout
    pack = subprocess.Popen(["tar", "-c", "--null", "-T", "-"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    unpack = subprocess.Popen(["tar", "-xm", "-C", str(folder)], stdin=pack.stdout)
    pack.stdin.write(names)
    pack.stdin.close()
    if pack.wait() or unpack.wait():
        sys.exit("the source could not be copied")
    made = folder / "made"
    # A cache would bring back what the other folder's build has left.
    environment = {**os.environ, "CCACHE_DISABLE": "1", **surroundings}
    environment.pop("SOURCE_DATE_EPOCH", None)
    done = subprocess.run([folder / "scripts" / "package", made], env=environment, umask=umask, capture_output=True,
                          text=True)
    if done.returncode != 0:
        sys.exit(f"scripts/package ended with {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return {path.name: path.read_bytes() for path in sorted(made.iterdir())}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", type=pathlib.Path, help="made by scripts/package; else it is called for them, too")
    given = parser.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        if given.packages:
            one = {path.name: path.read_bytes() for path in given.packages.iterdir()}
        else:
            one = packages_of(pathlib.Path(name) / "one", 0o022, TZ="UTC", LC_ALL="C.UTF-8")
        other = packages_of(pathlib.Path(name) / "an" / "other", 0o027, TZ="Pacific/Chatham", LC_ALL="C")
    checks.check(len(one) == 5 and one.keys() == other.keys(), f"four packages and what is in them, not {sorted(one)}")
    for name in one:
        checks.check(one[name] == other.get(name), f"{name} is the same in both builds")
    return checks.finish()


sys.exit(main())

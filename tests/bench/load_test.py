"""The benchmark measures what it says: every workload is answered as it must be, and a wrong answer ends a run.

Usage: load_test.py --binaries DIR
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

from servers import RELAY_OS, SERVERS, start_floor, start_relay
from running_relay import Certificate

COUNT = 40


def run(binaries, port, *options):
    return subprocess.run([str(binaries / "bench-load"), "--port", str(port), "--connections", "4", "--count", str(COUNT),
                           *options], capture_output=True, text=True, timeout=120)


def complaint(binaries, port, *options):
    """What is wrong with a run of so many units, or nothing."""
    result = run(binaries, port, *options)
    if result.returncode != 0:
        return result.stderr
    measured = json.loads(result.stdout)
    return None if measured["units"] == measured["units_in_all"] == COUNT else f"expected {COUNT} units: {measured}"


def checks(binaries, folder):
    certificate = Certificate(folder)
    for name, tls in (("plain", None), ("tls", certificate)):
        relay = start_relay(binaries, folder / name, tls)
        try:
            for workload in sorted(SERVERS[RELAY_OS][1]):
                for more in ([], ["--fresh"]):
                    options = ["--workload", workload, *more, *(["--tls"] if tls else [])]
                    yield f"{name}: {' '.join(options)}", complaint(binaries, relay.port, *options)
        finally:
            relay.stop()
    floor = start_floor(binaries, folder, None)
    try:
        for workload in ("transfer", "get"):
            yield f"floor: {workload}", complaint(binaries, floor.port, "--workload", workload)
        refused = run(binaries, floor.port, "--workload", "missing")
        good = refused.returncode != 0 and "expected 404, got 200" in refused.stderr
        yield "a wrong status ends the run", None if good else refused.stdout + refused.stderr
    finally:
        floor.stop()
    relay = start_relay(binaries, folder / "server", None, share_identifiers="server")
    try:
        refused = run(binaries, relay.port, "--workload", "transfer")
        yield "a server that refuses ends the run", None if "MKCOL: expected 201" in refused.stderr else refused.stdout
    finally:
        relay.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True, type=pathlib.Path)
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for sentence, wrong in checks(options.binaries, pathlib.Path(folder)):
            print(("ok      " if not wrong else "FAILED  ") + sentence + (f"\n{wrong}" if wrong else ""))
            failed += bool(wrong)
    return 1 if failed else 0


sys.exit(main())

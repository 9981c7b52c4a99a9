#!/usr/bin/env python3
"""The examples, as programs of others: built out of the tree against an installed libtigress, and run.

    examples.py --build FOLDER | --prefix FOLDER --relay PROGRAM --cc COMPILER --cxx COMPILER [--sanitized]

Of a build, what was built within the tree is run, too; in a sanitized build that is all. --prefix: where libtigress
is installed already.
"""

import argparse
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from running_relay import Certificate, Checks, RunningRelay, store_in  # noqa: E402

EXAMPLES = ROOT / "client" / "examples"
MESSAGE = {"format": "digitalwallet.test", "content": {"number": 1}}
PATIENCE = 60


def must(*command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def install(build, prefix):
    for component in ("library", "development"):
        must("cmake", "--install", build, "--prefix", prefix, "--component", component)


def by_cmake(folder, prefix, given, *options):
    """With find_package(Tigress)."""
    must("cmake", "-S", folder / "examples", "-B", folder / "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
         f"-DCMAKE_C_COMPILER={given.cc}", f"-DCMAKE_CXX_COMPILER={given.cxx}", *options)
    must("cmake", "--build", folder / "build")
    return folder / "build"


def by_pkg_config(folder, prefix, given):
    """With a compiler and pkg-config alone."""
    found = next(prefix.rglob("tigress.pc")).parent
    # The installation was told its prefix afterwards.
    environment = {**os.environ, "PKG_CONFIG_PATH": str(found)}
    flags = shlex.split(must("pkg-config", f"--define-variable=prefix={prefix}", "--cflags", "--libs",
                             "tigress", env=environment))
    library = next(prefix.rglob("libtigress.so")).parent
    out = folder / "pkg-config"
    out.mkdir()
    for source in sorted(EXAMPLES.iterdir()):
        compiler = {".c": [given.cc, "-std=c11"], ".cpp": [given.cxx, "-std=c++17"]}.get(source.suffix)
        if compiler:
            must(*compiler, "-Wall", "-Wextra", "-Werror", folder / "examples" / source.name, *flags, f"-Wl,-rpath,{library}",
                 "-pthread", "-o", out / ("example_" + source.name.replace(".", "_")))
    return out


def links(program):
    return "libtigress.so" in must("readelf", "-d", program)


def hand_over(programs, sender, receiver, relay, certificate, folder, checks):
    """A key goes from one example to another, whatever language each is written in."""
    what = f"{programs.name}: {sender} to {receiver}"
    key = folder / "key.json"
    key.write_text(json.dumps(MESSAGE))
    given = key.read_text() if sender.endswith("_c") else str(key)
    with subprocess.Popen([programs / sender, relay.origin, given, certificate.file], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        link = process.stdout.readline().strip()
        received = subprocess.run([programs / receiver, link, certificate.file], capture_output=True, text=True,
                                  timeout=PATIENCE)
        said, complained = process.communicate(timeout=PATIENCE)
    checks.check(received.returncode == 0 and json.loads(received.stdout) == MESSAGE,
                 f"{what}: {received.stdout}{received.stderr}")
    checks.check(process.returncode == 0 and not complained, f"{what}: the sender ends well, not: {complained}")
    if sender.endswith("_cpp"):
        checks.check(said.strip() == "completed", f"{what}: the sender is told how it ended")
    again = subprocess.run([programs / receiver, link, certificate.file], capture_output=True, text=True,
                           timeout=PATIENCE)
    checks.check(again.returncode == 1 and again.stderr.strip() and not again.stdout, f"{what}: and only once")


def run_all(programs, relay, certificate, folder, checks):
    for sender in ("send_key_cpp", "send_key_c"):
        for receiver in ("receive_key_cpp", "receive_key_c"):
            hand_over(programs, f"example_{sender}", f"example_{receiver}", relay, certificate, folder, checks)
    for receiver in ("receive_key_cpp", "receive_key_c"):
        cut = subprocess.run([programs / f"example_{receiver}", relay.origin + "/v1/"], capture_output=True, text=True)
        checks.check(cut.returncode in (1, 2) and cut.stderr.strip(), f"{programs.name}: {receiver} says what is wrong")
    interrupted(programs, relay, certificate, folder, checks)


def interrupted(programs, relay, certificate, folder, checks):
    """Ctrl-C ends a program of the library by its Cancellation, not by the signal."""
    with subprocess.Popen([programs / "example_send_key_cpp", relay.origin, folder / "key.json", certificate.file],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=PATIENCE)
    checks.check(process.returncode == 1 and "broke it off" in complained, f"{programs.name}: Ctrl-C ends the wait")


def main():
    arguments = argparse.ArgumentParser()
    source = arguments.add_mutually_exclusive_group(required=True)
    source.add_argument("--build", type=pathlib.Path)
    source.add_argument("--prefix", type=pathlib.Path)
    for name in ("--relay", "--cc", "--cxx"):
        arguments.add_argument(name, required=True)
    arguments.add_argument("--sanitized", action="store_true")
    given = arguments.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        programs = [given.build / "bin"] if given.build else []
        if not given.sanitized:
            prefix = given.prefix
            if not prefix:
                prefix = folder / "prefix"
                install(given.build, prefix)
            for way in ("shared", "static", "by-hand"):
                shutil.copytree(EXAMPLES, folder / way / "examples")
            programs += [by_cmake(folder / "shared", prefix, given),
                         by_cmake(folder / "static", prefix, given, "-DTIGRESS_STATIC=ON"),
                         by_pkg_config(folder / "by-hand", prefix, given)]
            checks.check([links(program / "example_send_key_c") for program in programs[-3:]] == [True, False, True],
                         "each way links the library that was asked for")
        certificate = Certificate(folder)
        with RunningRelay(given.relay, store_in(folder / "relay"), "limits.rate=off", certificate=certificate) as relay:
            for program in programs:
                run_all(program, relay, certificate, folder, checks)
    return checks.finish()


sys.exit(main())

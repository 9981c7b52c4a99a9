#!/usr/bin/env python3
"""libtigress as others find it after an installation: what its headers need, what its shared library shows.

    installed.py --build FOLDER --cc COMPILER --cxx COMPILER
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from running_relay import Checks  # noqa: E402

# Where a public header may take from, beside its own folder: the packages of the compiler and of libc.
BASE = re.compile(r"(libc6-dev|linux-libc-dev|libstdc\+\+-\d+-dev|libgcc-\d+-dev|libclang-common-\d+-dev)(:.*)?$")
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror", "-pedantic-errors"]
LIBRARIES = re.compile(r"Poco|nlohmann|pugi|ssl_st|ssl_ctx|evp_|x509|sqlite", re.I)


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def install(build, prefix, *components):
    for component in components:
        output("cmake", "--install", build, "--prefix", str(prefix), "--component", component)


def packages_of(files):
    """Whose files these are, as dpkg knows: it may list under /lib what lies under /usr/lib."""
    names = sorted({str(pathlib.Path(name).resolve()) for name in files})
    found = subprocess.run(["dpkg", "-S", *names, *(name.removeprefix("/usr") for name in names)],
                           capture_output=True, text=True).stdout
    owners = dict(reversed(line.rsplit(": ", 1)) for line in found.splitlines())
    return {name: owners.get(name) or owners.get(name.removeprefix("/usr")) or "no package" for name in names}


def check_headers(prefix, compilers, checks):
    """Each alone, first of all: it brings what it needs, and nothing of another library."""
    include = prefix / "include"
    headers = sorted(include.rglob("*.h"))
    checks.check(len(headers) > 20, f"the headers are installed, not only {len(headers)}")
    needed = set()
    for header in headers:
        name = header.relative_to(include).as_posix()
        languages = [("c++", "-std=c++17")]
        if name in ("tigress.h", "tigress/api.h", "tigress/version.h"):
            languages.append(("c", "-std=c11"))
        for language, standard in languages:
            listing = prefix / "needs.d"
            command = [compilers[language], "-x", language, standard, *STRICT, "-fvisibility=hidden", "-I",
                       str(include), "-fsyntax-only", "-MD", "-MF", str(listing), "-MT", "it", "-"]
            done = subprocess.run(command, input=f"#include <{name}>\ntypedef int something;\n", text=True, capture_output=True)
            checks.check(done.returncode == 0, f"{name} compiles alone as {standard}:\n{done.stderr}")
            if done.returncode == 0:
                needed |= set(listing.read_text().replace("\\\n", " ").split()[1:]) - {"-"}
    theirs = [name for name in needed if name.startswith("/") and not name.startswith(str(include))]
    checks.check(len(theirs) > 50, "the compiler tells what the headers take")
    for file, owner in packages_of(theirs).items():
        checks.check(all(BASE.match(one) for one in owner.split(", ")), f"a public header takes {file} of {owner}")


def check_symbols(prefix, checks):
    """Of the shared library nothing is seen but what bears our name, and no type of another library."""
    libraries = list(prefix.rglob("libtigress.so"))
    checks.check(len(libraries) == 1, "the shared library is installed once")
    library = libraries[0]
    symbols = [line.split(" ", 2)[2] for line in output("nm", "-D", "-C", "--defined-only", str(library)).splitlines()]
    symbols = [re.sub(r"@@?TIGRESS_1$", "", symbol) for symbol in symbols]
    ours = re.compile(r"((typeinfo|typeinfo name|vtable) for )?tigress::|tigress_\w+$|TIGRESS_1$")
    for symbol in symbols:
        # A template's symbol begins with what it returns.
        plain = re.sub(r"\[abi:cxx11\]", "", symbol)
        checks.check(ours.match(plain), f"the library shows {symbol}")
        checks.check(not LIBRARIES.search(symbol), f"the library shows another's type: {symbol}")
    checks.check(any(symbol.startswith("tigress::client::Session::receive(") for symbol in symbols),
                 "the library shows its sessions")
    header = prefix / "include" / "tigress.h"
    if header.exists():
        declared = set(re.findall(r"^TIGRESS_API [^;]*?\b(tigress_\w+)\(", header.read_text(), re.M))
        shown = {symbol for symbol in symbols if symbol.startswith("tigress_")}
        checks.check(len(declared) > 20 and declared == shown,
                     f"the library shows the C functions of tigress.h: {sorted(declared ^ shown)}")
    version = re.search(r'TIGRESS_VERSION "([\d.]+)"', (prefix / "include" / "tigress" / "version.h").read_text())[1]
    said = output("readelf", "-d", str(library))
    checks.check(f"[libtigress.so.{version.split('.')[0]}]" in said, "the library's name has its major version")
    checks.check(library.resolve().name == f"libtigress.so.{version}", "the library's file has its version")
    checks.check("RPATH" not in said and "RUNPATH" not in said, "the library knows no folder of the build")


def main():
    arguments = argparse.ArgumentParser()
    for name in ("--build", "--cc", "--cxx"):
        arguments.add_argument(name, required=True)
    given = arguments.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        prefix = pathlib.Path(folder) / "prefix"
        install(given.build, prefix, "library", "development")
        check_headers(prefix, {"c": given.cc, "c++": given.cxx}, checks)
        check_symbols(prefix, checks)
    return checks.finish()


sys.exit(main())

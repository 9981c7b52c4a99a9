"""The rules of the house, each an error: which room knows which, which file owns which library.

Usage: lint.py SOURCE_DIR BUILD_DIR
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1])
BUILD = pathlib.Path(sys.argv[2])

# room -> rooms whose headers it may include (ARCHITECTURE.md has the same table in words)
MAY_KNOW = {
    "common/include/tigress": {"common/include/tigress"},
    "common": {"common"},
    "server/share": {"common", "server/share"},
    "server/dav": {"common", "server/share", "server/dav"},
    "server/mailbox": {"common", "server/share", "server/mailbox"},
    "server/preview": {"common", "server/share", "server/preview"},
    "server/store": {"common", "server/share", "server/store"},
    "server/notify": {"common", "server/share", "server/notify"},
    "server/front": {"common", "server/front"},
    "server/admission": {"common", "server/share", "server/admission"},
    "server/metrics": {"common", "server/metrics"},
    "server": {"common", "server", "server/share", "server/dav", "server/mailbox", "server/preview", "server/store",
               "server/notify", "server/front", "server/admission", "server/metrics"},
    "client/include/tigress": {"common/include/tigress", "client/include/tigress"},
    "client/include": {"common/include/tigress"},
    "client/src": {"common", "client/include", "client/include/tigress", "client/src"},
    "client/cli": {"common", "client/include/tigress", "client/cli"},
    "client/examples": {"client/include", "client/include/tigress", "common/include/tigress"},
}

# library header prefix -> files or rooms that may include it
OWNERS = {
    "nlohmann/": ["common/json.cpp"],
    "pugixml": ["common/dav_xml.cpp"],
    "sqlite3": ["server/store/sqlite_connection.cpp"],
    "xxhash": ["server/store/sqlite_store.cpp"],
    "qrencode": ["client/cli/qr_code.cpp"],
    "png.h": ["client/cli/qr_code.cpp"],
    "curl/": ["server/notify/curl_http_client.cpp"],
    "openssl/": ["server/digest.cpp", "server/front/tls.cpp", "server/admission/x509.cpp",
                 "server/notify/crypto.cpp", "client/src/"],
    "Poco/": ["server/front/", "server/settings.cpp", "server/main.cpp", "server/relay_application.h",
              "server/relay_application.cpp", "server/stats_command.cpp", "client/src/http_transport.cpp"],
}

# The protocol core computes; it never looks at the world.
PURE = ["share", "dav", "mailbox", "preview", "admission", "metrics"]
NOT_PURE = {"x509.cpp.o"}  # certificates and signatures are OpenSSL's
WORLD = re.compile(r"system_clock::now|steady_clock::now|tigress::system(Now|Random)|clock_gettime|getentropy|"
                   r"pthread_create|std::thread|\bsocket\b|\bopen64?\b|fopen|basic_[io]?fstream|Poco::|EVP_|SSL_|sqlite3_")

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def sources():
    for top in ("common", "server", "client"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".h", ".cpp", ".c"):
                yield path


def room_of(name):
    return max((room for room in MAY_KNOW if name.startswith(room + "/")), key=len, default=None)


def included_room(header):
    if header.startswith("tigress/"):  # two folders, installed as one
        ours = (ROOT / "client" / "include" / header).exists()
        return "client/include/tigress" if ours else "common/include/tigress"
    if header == "tigress.h":
        return "client/include"
    return room_of(header)


def check_rooms():
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        room = room_of(name)
        if room is None:
            yield f"{name} stands in no room"
            continue
        for quote, header in INCLUDE.findall(path.read_text()):
            other = included_room(header)
            public = other == "common/include/tigress" and "common" in MAY_KNOW[room]
            if other and other not in MAY_KNOW[room] and not public:
                yield f"{name} includes {header}: {room} may not know {other}"
            if quote == '"' and not other:
                yield f'{name} includes "{header}", which is no header of ours by its full path'


def check_libraries():
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        for _, header in INCLUDE.findall(path.read_text()):
            for prefix, owners in OWNERS.items():
                if header.startswith(prefix) and not any(name.startswith(owner) for owner in owners):
                    yield f"{name} includes {header}, which belongs to {', '.join(owners)}"


def check_symbols():
    for room in PURE:
        library = BUILD / "server" / room / f"librelay_{room}.a"
        output = subprocess.run(["nm", "-C", "--undefined-only", str(library)], capture_output=True, text=True,
                                check=True).stdout
        member = ""
        for line in output.splitlines():
            symbol = line.strip()
            if symbol.endswith(".o:"):
                member = symbol[:-1]
            if member in NOT_PURE:
                continue
            if WORLD.search(symbol) and "__tsan" not in symbol and "__asan" not in symbol:
                yield f"server/{room} needs {symbol}"


def check_namespaces():
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        room = room_of(name)
        if room in (None, "client/include", "client/examples") or path.name in ("main.cpp", "api.h"):
            continue
        last = room.split("/")[-1]
        wanted = {"common": "tigress", "common/include/tigress": "tigress", "server": "tigress::relay", "client/include/tigress": "tigress::client",
                  "client/src": "tigress::client"}.get(room, f"tigress::{last}")
        if f"namespace {wanted} {{" not in path.read_text():
            yield f"{name} is not in namespace {wanted}"


def check_map():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for room in MAY_KNOW:
        if f"`{room}/`" not in text:
            yield f"ARCHITECTURE.md does not map {room}/"
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    for top in sorted({name.split("/")[0] for name in tracked if "/" in name}):
        if f"`{top}/`" not in text:
            yield f"ARCHITECTURE.md does not map {top}/"
    for name in re.findall(r"`([A-Za-z_./-]+\.(?:h|cpp|py|md|json|properties|html|tsv))`", text):
        if not (ROOT / name).exists():
            yield f"ARCHITECTURE.md names {name}, which is not there"


def check_threats():
    """The threat model names tests in its last column: titles of Catch2's, or names of CMake's."""
    files = [path for path in (ROOT / "tests").rglob("*") if path.suffix in (".cpp", ".h", ".txt")]
    text = "\n".join(path.read_text(errors="replace") for path in files if "node_modules" not in path.parts)
    text = re.sub(r'"\s*\n\s*"', "", text)  # a title on two lines
    scripts = {f"{folder}/{path.name.removesuffix('.py').removesuffix('_test.mjs')}"
               for folder in ("crash", "interop", "browser") for path in (ROOT / "tests" / folder).iterdir()}
    for row in re.findall(r"^\|.*\|$", (ROOT / "docs" / "threat-model.md").read_text(), re.M):
        for name in re.findall(r"`([^`]+)`", row.split("|")[-2]):
            if f'"{name}"' not in text and f"NAME {name} " not in text and name not in scripts:
                yield f"docs/threat-model.md names the test {name!r}, which is not there"


def check_format():
    files = [str(path) for top in ("common", "server", "client", "tests") for path in sorted((ROOT / top).rglob("*"))
             if path.suffix in (".h", ".cpp", ".c") and "node_modules" not in path.parts]
    result = subprocess.run(["clang-format", "--dry-run", "-Werror", *files], capture_output=True, text=True)
    for line in result.stderr.splitlines():
        if "error:" in line:
            yield line.replace(str(ROOT) + "/", "")


def check_manners():
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text()
        if re.search(r"\bstd::regex\b", text):
            yield f"{name} uses std::regex, which attackers can stall"
        if re.search(r"\b(TODO|FIXME|XXX)\b", text):
            yield f"{name} holds a note to ourselves; open an issue or do it"
        if path.suffix == ".h" and not text.startswith("#pragma once"):
            yield f"{name} does not begin with #pragma once"


CHECKS = {
    "a room includes only rooms it may know": check_rooms,
    "a library is known to the files that own it": check_libraries,
    "the protocol core reads no clock, opens no file or socket, starts no thread": check_symbols,
    "folder and namespace have one name": check_namespaces,
    "ARCHITECTURE.md maps the tree": check_map,
    "the threat model's tests are there": check_threats,
    "sources are formatted": check_format,
    "sources keep to the manners of the house": check_manners,
}


def main():
    failed = 0
    for sentence, check in CHECKS.items():
        findings = list(check())
        print(("ok      " if not findings else "FAILED  ") + sentence)
        for finding in findings:
            print("          " + finding)
        failed += bool(findings)
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())

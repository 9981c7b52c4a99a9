#!/usr/bin/env python3
"""Records what programs send to read a share: rows for tests/vectors/user_agents.tsv.

    record_requests.py --relay PATH [WORD...]     all programs, or those with a WORD in their name

Each program is given the URL of a share on a relay, with a wire in between that keeps what it sent. A program that is
not installed is said to be missing; tests/interop/install and this give all of them:

    apt-get install aria2 chromium elinks firefox-esr golang-go httpie links lynx openjdk-17-jdk-headless php-cli \\
        php-guzzlehttp-guzzle python3-aiohttp python3-httpx ruby ruby-faraday w3m

The column of the face says what is answered today; whoever adds a row decides whether that is right. Everything stays
on loopback.
"""

import argparse
import contextlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import bench  # noqa: E402
import clients  # noqa: E402
from tap import Tap  # noqa: E402

sys.path.insert(0, str(bench.FOLDER.parent))
from running_relay import RunningRelay, store_in  # noqa: E402

NPM = bench.FOLDER / "npm"
# Name, command, and how to learn its version: a command, or the name of an npm package. {url} is the share.
PYTHON = ["/usr/bin/python3", "-c"]  # the one that sees Debian's packages
NODE = ["node", str(NPM / "fetch.mjs")]
READER = ["node", str(NPM / "read_preview.mjs")]
PROGRAMS = [
    ("Chromium", ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=profile", "--dump-dom",
                  "{url}"], ["chromium", "--version"]),
    ("Chromium, img and fetch", ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=profile",
                                 "--virtual-time-budget=5000", "--dump-dom", "{page}"], ["chromium", "--version"]),
    ("Firefox", ["firefox-esr", "--headless", "--profile", ".", "--screenshot", "shot.png", "{url}"],
     ["firefox-esr", "--version"]),
    ("Lynx", ["lynx", "-dump", "{url}"], ["lynx", "-version"]),
    ("Lynx, head", ["lynx", "-head", "-dump", "{url}"], ["lynx", "-version"]),
    ("w3m", ["w3m", "-dump", "{url}"], ["w3m", "-version"]),
    ("w3m, head", ["w3m", "-dump_head", "{url}"], ["w3m", "-version"]),
    ("ELinks", ["elinks", "-dump", "{url}"], ["elinks", "-version"]),
    ("Links", ["links", "-dump", "{url}"], ["links", "-version"]),
    ("curl", ["curl", "-sS", "{url}"], ["curl", "--version"]),
    ("curl -I", ["curl", "-sSI", "{url}"], ["curl", "--version"]),
    ("curl --json", ["curl", "-sS", "-G", "--json", "", "{url}"], ["curl", "--version"]),
    ("curl -r", ["curl", "-sS", "-r", "0-32768", "{url}"], ["curl", "--version"]),
    ("wget", ["wget", "-qO-", "{url}"], ["wget", "--version"]),
    ("wget --spider", ["wget", "-q", "--spider", "{url}"], ["wget", "--version"]),
    ("aria2", ["aria2c", "-q", "-o", "share", "{url}"], ["aria2c", "--version"]),
    ("HTTPie", ["http", "--ignore-stdin", "GET", "{url}"], ["http", "--version"]),
    ("HTTPie, HEAD", ["http", "--ignore-stdin", "HEAD", "{url}"], ["http", "--version"]),
    ("HTTPie --json", ["http", "--ignore-stdin", "--json", "GET", "{url}"], ["http", "--version"]),
    ("HTTPie -a", ["http", "--ignore-stdin", "-a", "tiger:tiger", "GET", "{url}"], ["http", "--version"]),
    ("Python urllib", [*PYTHON, "import urllib.request as r; r.urlopen('{url}').read()"], ["/usr/bin/python3", "--version"]),
    ("Python http.client", [*PYTHON, "import http.client as c, urllib.parse as p; u = p.urlsplit('{url}');"
                            "h = c.HTTPConnection(u.netloc); h.request('GET', u.path); h.getresponse().read()"],
     ["/usr/bin/python3", "--version"]),
    ("requests", [*PYTHON, "import requests; requests.get('{url}')"],
     [*PYTHON, "import requests; print(requests.__version__)"]),
    ("requests, head", [*PYTHON, "import requests; requests.head('{url}')"],
     [*PYTHON, "import requests; print(requests.__version__)"]),
    ("aiohttp", [*PYTHON, "import aiohttp, asyncio\n"
                 "async def get():\n  async with aiohttp.ClientSession() as s:\n"
                 "    async with s.get('{url}') as a: await a.text()\nasyncio.run(get())"],
     [*PYTHON, "import aiohttp; print(aiohttp.__version__)"]),
    ("HTTPX", [*PYTHON, "import httpx; httpx.get('{url}')"], [*PYTHON, "import httpx; print(httpx.__version__)"]),
    ("Node fetch", [*NODE, "fetch", "{url}"], ["node", "--version"]),
    ("Node http", [*NODE, "http", "{url}"], ["node", "--version"]),
    ("undici", [*NODE, "undici", "{url}"], "undici"),
    ("axios", [*NODE, "axios", "{url}"], "axios"),
    ("got", [*NODE, "got", "{url}"], "got"),
    ("got, as JSON", [*NODE, "got as JSON", "{url}"], "got"),
    ("node-fetch", [*NODE, "node-fetch", "{url}"], "node-fetch"),
    ("open-graph-scraper", [*READER, "open-graph-scraper", "{url}"], "open-graph-scraper"),
    ("unfurl.js", [*READER, "unfurl.js", "{url}"], "unfurl.js"),
    ("url-metadata", [*READER, "url-metadata", "{url}"], "url-metadata"),
    ("Go net/http", ["go", "run", "{go}", "{url}"], ["go", "version"]),
    ("Java HttpClient", ["java", "{java}", "client", "{url}"], ["java", "--version"]),
    ("Java URLConnection", ["java", "{java}", "connection", "{url}"], ["java", "--version"]),
    ("Ruby net/http", ["ruby", "-rnet/http", "-e", "Net::HTTP.get(URI('{url}'))"], ["ruby", "--version"]),
    ("Ruby open-uri", ["ruby", "-ropen-uri", "-e", "URI.open('{url}').read"], ["ruby", "--version"]),
    ("Faraday", ["ruby", "-rfaraday", "-e", "Faraday.get('{url}')"],
     ["ruby", "-rfaraday", "-e", "puts Faraday::VERSION"]),
    ("PHP streams", ["php", "-r", "file_get_contents('{url}');"], ["php", "--version"]),
    ("Guzzle", ["php", "-r", "require 'GuzzleHttp/autoload.php'; (new GuzzleHttp\\Client())->get('{url}');"],
     ["dpkg-query", "-W", "-f", "${Version}", "php-guzzlehttp-guzzle"]),
    ("LWP", ["lwp-request", "-m", "GET", "{url}"], ["perl", "-MLWP", "-e", "print LWP->VERSION"]),
    ("LWP, HEAD", ["lwp-request", "-m", "HEAD", "{url}"], ["perl", "-MLWP", "-e", "print LWP->VERSION"]),
    ("HTTP::Tiny", ["perl", "-MHTTP::Tiny", "-e", "HTTP::Tiny->new->get('{url}')"],
     ["perl", "-MHTTP::Tiny", "-e", "print HTTP::Tiny->VERSION"]),
    ("rclone, copyurl", ["rclone", "copyurl", "{url}", "share"], ["rclone", "version"]),
    ("tigress, status", ["{tigress}", "status", "{url}"], ["{tigress}", "--version"]),
]

# The clients of this folder, whose cases say how to drive them.
DAV_CLIENTS = {
    "cadaver": ["cadaver", "--version"],
    "davfs2": ["mount.davfs", "--version"],
    "easywebdav": ["dpkg-query", "-W", "-f", "${Version}", "python3-easywebdav"],
    "gvfs": ["dpkg-query", "-W", "-f", "${Version}", "gvfs-backends"],
    "hdav": ["dpkg-query", "-W", "-f", "${Version}", "hdav"],
    "http_dav": ["dpkg-query", "-W", "-f", "${Version}", "libhttp-dav-perl"],
    "litmus": ["dpkg-query", "-W", "-f", "${Version}", "litmus"],
    "nd": ["dpkg-query", "-W", "-f", "${Version}", "nd"],
    "npm_webdav": "webdav",
    "rclone": ["rclone", "version"],
    "webdavclient": ["dpkg-query", "-W", "-f", "${Version}", "python3-webdavclient"],
}

FILES = {
    "page": ("page.html", '<!doctype html><img src="{url}"><script>fetch("{url}").catch(() => 0)</script>'),
    "go": ("get.go", 'package main\nimport ("net/http"; "os")\nfunc main() { http.Get(os.Args[1]) }\n'),
    "java": ("Get.java", """
import java.net.*;
import java.net.http.*;
class Get {
  public static void main(String[] words) throws Exception {
    URI uri = URI.create(words[1]);
    if (words[0].equals("connection")) { uri.toURL().openStream().readAllBytes(); return; }
    HttpClient.newHttpClient().send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }
}
"""),
}

# What belongs to a connection, a place or a moment and not to who asks.
NOT_KEPT = {"host", "connection", "keep-alive", "content-length", "traceparent"}


def version_of(asked):
    if isinstance(asked, str):
        lock = (NPM / "package-lock.json").read_text()
        return re.search(r'"node_modules/%s": \{\s*"version": "([^"]+)"' % re.escape(asked), lock)[1]
    said = subprocess.run(asked, capture_output=True, text=True, timeout=60)
    found = re.search(r"\d+(\.\d+)+", said.stdout + said.stderr)
    return found[0] if found else "unknown"


def row(name, sent, version, face):
    agent = sent.headers.get("user-agent") or "-"
    accepts = [value for field, value in sent.fields if field.lower() == "accept"]
    others = [f"{field}: {value}" for field, value in sent.fields
              if field.lower() not in NOT_KEPT | {"user-agent", "accept"}]
    return "\t".join((name, sent.method, agent, " || ".join(accepts) or "-", " | ".join(others) or "-", face,
                      f"recorded {version}"))


def face_of(world, sent):
    """What the relay answers to that request now."""
    answer = world.ask(sent.method, sent.target, dict(field for field in sent.fields if field[0].lower() != "host"))
    return "page" if answer.headers.get("Content-Type", "").startswith("text/html") else "json"


def reads(name, version, world, share):
    """A row for each GET and HEAD of the share that was sent."""
    rows = []
    for sent in world.seen():
        path = sent.target.split("?")[0]
        if sent.method in ("GET", "HEAD") and path.startswith(share.collection_path.rstrip("/")):
            rows.append(row(name, sent, version, face_of(world, sent)))
    return rows


def record_program(name, command, version, world, tigress):
    share = world.share()
    places = {"url": share.url, "tigress": str(tigress)}
    for place, (file, text) in FILES.items():
        places[place] = world.file(file, text.replace("{url}", share.url).encode())

    def filled(words):
        return words if isinstance(words, str) else [
            re.sub(r"\{(%s)\}" % "|".join(places), lambda found: places[found[1]], word) for word in words]

    command = filled(command)
    if shutil.which(command[0], path=world.environment()["PATH"]) is None:
        print(f"# {name}: not installed", flush=True)
        return []
    with contextlib.suppress(bench.Failed):  # not every program likes what it gets; what it sent counts
        world.run(*command)
    return reads(name, f"{re.split(',| -', name)[0]} {version_of(filled(version))}", world, share)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--relay", required=True, type=pathlib.Path, help="the tigress-relay to answer")
    parser.add_argument("word", nargs="*", help="only programs with this in their name")
    arguments = parser.parse_args()

    def wanted(name):
        return not arguments.word or any(word.lower() in name.lower() for word in arguments.word)

    program = arguments.relay.resolve()
    with tempfile.TemporaryDirectory(prefix="tigress-record-") as folder, contextlib.ExitStack() as stack:
        folder = pathlib.Path(folder)
        folder.chmod(0o711)  # davfs2 gives up root and must still reach its own folder
        worlds = {}
        for identifiers in ("server", "any"):
            relay = stack.enter_context(
                RunningRelay(program, store_in(folder / f"relay-{identifiers}"), "limits.rate=off",
                             f"share.identifiers={identifiers}"))
            tap = Tap(relay.port)
            stack.callback(tap.close)
            worlds[identifiers] = (relay, tap)

        def world_for(name, identifiers="server"):
            place = folder / re.sub(r"\W+", "-", name)
            place.mkdir(mode=0o711)
            return bench.Bench("plain HTTP", *worlds[identifiers], place)

        known = set()

        def say(rows):
            """Prints those that are new."""
            for line in rows:
                if line not in known:
                    known.add(line)
                    print(line, flush=True)

        for name, command, version in PROGRAMS:
            if not wanted(name):
                continue
            say(record_program(name, command, version, world_for(name), program.parent / "tigress"))
        chosen = [name for name in DAV_CLIENTS if wanted(name)]
        if chosen:
            clients.load(chosen)
        for number, case in enumerate(bench.CASES):
            if "plain HTTP" not in case.over:
                continue
            world = world_for(f"{case.client}-{number}", case.identifiers)
            world.collection_path = "/v1/"  # whatever share the case makes
            with contextlib.suppress(bench.Failed, bench.Skip):
                case.run(world)
            say(reads(case.client, f"{case.client} {version_of(DAV_CLIENTS[case.client])}", world, world))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What stands in the Debian packages: their files, what lintian says of them, their bill of materials, and a library
that programs can be built with.

    contents.py --packages FOLDER
"""

import argparse
import hashlib
import json
import pathlib
import re
import sys
import tempfile

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from clean_system import must, one, run  # noqa: E402
from running_relay import Checks  # noqa: E402

# What a package must bring, and whoever needs it; {lib}: where this architecture has its libraries.
CONTENTS = {
    "tigress-relay": ["/usr/bin/tigress-relay", "/lib/systemd/system/tigress-relay.service", "/etc/tigress-relay/relay.properties",
                      "/usr/lib/sysusers.d/tigress-relay.conf", "/usr/share/doc/tigress-relay/README.Debian",
                      "/usr/share/doc/tigress-relay/operating.md", "/usr/share/doc/tigress-relay/proxy/nginx.conf",
                      "/usr/share/man/man8/tigress-relay.8.gz", "/usr/share/man/man5/tigress-relay.properties.5.gz"],
    "tigress": ["/usr/bin/tigress", "/usr/share/doc/tigress/README.Debian", "/usr/share/man/man1/tigress.1.gz",
                "/usr/share/bash-completion/completions/tigress", "/usr/share/zsh/vendor-completions/_tigress",
                "/usr/share/fish/vendor_completions.d/tigress.fish"],
    "libtigress1": ["/usr/lib/{lib}/libtigress.so.1"],
    "libtigress-dev": ["/usr/lib/{lib}/libtigress.so", "/usr/lib/{lib}/libtigress.a", "/usr/include/tigress.h",
                       "/usr/include/tigress/session.h", "/usr/include/tigress/version.h",
                       "/usr/lib/{lib}/cmake/Tigress/TigressConfig.cmake", "/usr/lib/{lib}/pkgconfig/tigress.pc",
                       "/usr/share/doc/libtigress-dev/tutorial.md", "/usr/share/doc/libtigress-dev/examples/send_key.cpp"],
}


def check_contents(packages, checks):
    library = must("dpkg-architecture", "-qDEB_HOST_MULTIARCH").strip()
    for name, paths in CONTENTS.items():
        listing = {line.split(None, 5)[5].partition(" -> ")[0][1:]: line.split()[:2]
                   for line in must("dpkg-deb", "-c", one(packages, name)).splitlines()}
        documents = [f"/usr/share/doc/{name}/{file}" for file in ("copyright", "changelog.Debian.gz")]
        for path in (path.format(lib=library) for path in paths + documents):
            checks.check(path in listing, f"{name} brings {path}")
        for path, (mode, owner) in listing.items():
            shut = mode[0] == "l" or (mode[5] != "w" and mode[8] != "w")
            checks.check("/share/man/" not in path or path.endswith(("/", ".gz")), f"{path} is compressed")
            checks.check(owner == "root/root" and shut, f"{path} is root's alone to write: {mode} {owner}")


# What lintian warns of and may, for these reasons.
ACCEPTED = {
    "bogus-mail-host": "the project has no address yet",
    "bogus-mail-host-in-debian-changelog": "the project has no address yet",
    "initial-upload-closes-no-bugs": "nothing is uploaded to Debian",
    "maintscript-calls-ldconfig": "CPack writes these scripts; the trigger is there, too",
    "no-manual-page": "that of tigress-relay is in section 8",
}


def check_lintian(packages, checks):
    """Nothing else that lintian warns of."""
    said = run("lintian", "--no-cfg", "--allow-root", "--fail-on", "none", "--display-level", ">=info",
               *sorted(packages.glob("*.deb"))).stdout.splitlines()
    checks.check(any(line.startswith("I: ") for line in said), "lintian has looked")
    for line in said:
        tag = re.match(r"[EW]: \S+: (\S+)", line)
        checks.check(not tag or tag[1] in ACCEPTED, f"lintian: {line}")


def check_bill(packages, checks):
    """The bill of materials is one, and names the packages and all they depend on."""
    schemas = pathlib.Path(__file__).parent / "node_modules/@cyclonedx/cyclonedx-library/res/schema"
    # They name each other by file, below the address of the one they stand in.
    named = {f"http://cyclonedx.org/schema/{path.name}": json.loads(path.read_text()) for path in schemas.glob("*.schema.json")}
    bill = json.loads((packages / "tigress.cdx.json").read_text())
    schema = named[f"http://cyclonedx.org/schema/bom-{bill['specVersion']}.SNAPSHOT.schema.json"]
    judge = jsonschema.Draft7Validator(schema, resolver=jsonschema.RefResolver.from_schema(schema, store=named))
    for fault in judge.iter_errors(bill):
        checks.check(False, f"the bill of materials, at {fault.json_path}: {fault.message[:200]}")
    checks.check(list(judge.iter_errors({**bill, "version": "one"})), "the judge finds a fault that was made")
    names = {component["bom-ref"]: component["name"] for component in bill["components"]}
    needs = {names[row["ref"]]: {names[one] for one in row["dependsOn"]} for row in bill["dependencies"] if "dependsOn" in row}
    for package in sorted(packages.glob("*.deb")):
        name, version, depends = must("dpkg-deb", "-W", "--showformat=${Package}\t${Version}\t${Depends}", package).split("\t")
        component = next(one for one in bill["components"] if one["name"] == name)
        digest = hashlib.sha256(package.read_bytes()).hexdigest()
        checks.check(component["version"] == version and component["hashes"] == [{"alg": "SHA-256", "content": digest}],
                     f"the bill has {name}, this one")
        libraries = {re.match(r"\S+", word)[0] for word in depends.split(", ") if re.match(r"lib(?!.*-dev)", word)}
        checks.check(libraries <= needs[name], f"the bill has what {name} loads, but {sorted(libraries - needs[name])}")


def check_library(packages, checks):
    """Programs are built with what the library's packages bring, and run with it."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("tigress-relay", "libtigress1", "libtigress-dev"):
            must("dpkg-deb", "-x", one(packages, name), folder)
        done = run(sys.executable, ROOT / "tests/library/examples.py", "--prefix", f"{folder}/usr", "--relay",
                   f"{folder}/usr/bin/tigress-relay", "--cc", "gcc", "--cxx", "g++")
        checks.check(done.returncode == 0, f"examples are built and run with libtigress-dev: {done.stdout}{done.stderr}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", type=pathlib.Path, required=True, help="made by scripts/package")
    given = parser.parse_args()
    checks = Checks()
    for check in (check_contents, check_lintian, check_bill, check_library):
        check(given.packages, checks)
    return checks.finish()


sys.exit(main())

#!/usr/bin/env python3
"""The man pages say what the programs do: every command, option, variable, setting and exit status, and no other.

    manual.py --tigress PROGRAM --relay PROGRAM --build FOLDER

The command line's own table is `tigress --help --json`. The pages must also please mandoc and man, and be installed
where man looks for them, beside the completions.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from running_relay import Checks  # noqa: E402

# Where a page lies, in the sources or as it was built.
PAGES = {"tigress.1": ROOT / "docs/man/tigress.1", "tigress-relay.8": ROOT / "docs/man/tigress-relay.8"}
INSTALLED = {
    "client": ["share/man/man1/tigress.1", "share/bash-completion/completions/tigress",
               "share/zsh/vendor-completions/_tigress", "share/fish/vendor_completions.d/tigress.fish"],
    "relay": ["share/man/man8/tigress-relay.8", "share/man/man5/tigress-relay.properties.5"],
}


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def section(page, title):
    return re.search(rf"^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)", page, re.M | re.S)[1]


def names(text):
    """The options in a text of mdoc, with all their dashes."""
    return ["-" + name for name in re.findall(r"\bFl (-?[\w-]+)", text)]


def operands(words):
    """`Op Ar FILE | Cm -` as the help has it: [FILE|-]."""
    plain = re.sub(r"\b(Ar|Cm) ", "", words)
    return re.sub(r"Op (.*)", r"[\1]", plain).replace(" | ", "|")


def check_commands(page, table, checks):
    items = re.findall(r"^\.It Cm (\w+) ?(.*?)\n(.*?)(?=^\.It |^\.El)", section(page, "COMMANDS"), re.M | re.S)
    described = {name: (operands(words), names(text.partition("\nOptions:\n")[2])) for name, words, text in items}
    wanted = {row["name"]: (row["operands"], row["options"]) for row in table["commands"]}
    checks.check(list(described) == list(wanted), "tigress.1 has the commands of the table, in its order")
    for name, row in wanted.items():
        checks.check(described.get(name) == row, f"tigress.1 has operands and options of {name}: {row}, not {described.get(name)}")
    synopsis = re.findall(r"^\.Nm\n\.Cm (\w+)$", section(page, "SYNOPSIS"), re.M)
    checks.check(synopsis == list(wanted), "the synopsis has all commands")


def check_options(page, table, checks):
    items = re.findall(r"^\.It Fl (-?[\w-]+)(?: Ar (\S+))?$", section(page, "OPTIONS"), re.M)
    described = [("-" + name, value) for name, value in items]
    wanted = [(row["name"], row["value"]) for row in table["options"]]
    checks.check(described == wanted, f"tigress.1 has the options of the table: {set(described) ^ set(wanted)}")
    strangers = set(names(page)) - {row["name"] for row in table["options"]}
    checks.check(not strangers, f"tigress.1 names options that are not there: {strangers}")
    variables = [row["variable"] for row in table["options"] if row["variable"]]
    described = re.findall(r"^\.It Ev (\w+)$", section(page, "ENVIRONMENT"), re.M)
    checks.check(described[: len(variables)] == variables and "TIGRESS_" not in "".join(described[len(variables):]), f"tigress.1 has the variables {variables}, not {described}")
    settings = [row["name"][2:] for row in table["options"] if row["setting"]]
    described = re.findall(r"^\.It Cm ([\w-]+)$", section(page, "CONFIGURATION"), re.M)
    checks.check(described == settings, f"tigress.1 has the settings {settings}, not {described}")


def check_statuses(page, table, checks):
    described = re.findall(r"^\.It (\d)\n(.*)\.$", section(page, "EXIT STATUS"), re.M)
    wanted = [(str(row["status"]), row["meaning"][0].upper() + row["meaning"][1:]) for row in table["exitStatuses"]]
    checks.check(described == wanted, f"tigress.1 has the exit statuses {wanted}, not {described}")
    codes = re.search(r"or says more:\n((?:\.Cm \w+ [,.]\n)+)", page)
    described = re.findall(r"Cm (\w+)", codes[1]) if codes else []
    checks.check(described == table["errorCodes"], f"tigress.1 has the codes {table['errorCodes']}, not {described}")


def check_relay(program, checks):
    page = PAGES["tigress-relay.8"].read_text()
    known = set(re.findall(r"--[\w-]+", output(program, "--help").partition("\n\n")[0])) | set(
        re.findall(r"(?<![\w-])--[a-z-]+", output(program, "--help")))
    items = "\n".join(re.findall(r"^\.It (Fl .*)$", page, re.M))
    described = {name for name in names(items) if name.startswith("--")}
    checks.check(described == known, f"tigress-relay.8 has the options {known}, not {described}")


def check_settings(page, checks):
    lines = (ROOT / "config/relay.properties").read_text().splitlines()
    settings = [line for line in lines if line and not line.startswith("#")]
    described = re.findall(r'^\.It Li "(.*)"$', page, re.M)
    checks.check(described == settings, f"tigress-relay.properties.5 has all settings: {set(described) ^ set(settings)}")
    sentences = sum(f"\n{line[2:]}\n" in page for line in lines if line.startswith("# "))
    checks.check(sentences >= len(settings), "tigress-relay.properties.5 says what each of them means")


def check_form(path, checks):
    said = subprocess.run(["mandoc", "-T", "lint", path], capture_output=True, text=True).stdout
    # Whether the others are installed is another question; the sentences of the settings are as they are.
    odd = [line for line in said.splitlines() if not re.search("referenced manual not found|longer than 80 bytes|new sentence", line)]
    checks.check(not odd, f"mandoc has nothing to say: {odd}")
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", path], capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})
    checks.check(done.returncode == 0 and not done.stderr, f"man shows {path}: {done.stderr}")


def check_installed(build, checks):
    with tempfile.TemporaryDirectory() as folder:
        for component, files in INSTALLED.items():
            output("cmake", "--install", build, "--prefix", folder, "--component", component)
            for file in files:
                checks.check((pathlib.Path(folder) / file).is_file(), f"{component} installs {file}")


def main():
    arguments = argparse.ArgumentParser()
    for name in ("--tigress", "--relay", "--build"):
        arguments.add_argument(name, required=True)
    given = arguments.parse_args()
    PAGES["tigress-relay.properties.5"] = pathlib.Path(given.build) / "server/tigress-relay.properties.5"
    checks = Checks()
    table = json.loads(output(given.tigress, "--help", "--json"))
    page = PAGES["tigress.1"].read_text()
    check_commands(page, table, checks)
    check_options(page, table, checks)
    check_statuses(page, table, checks)
    check_relay(given.relay, checks)
    check_settings(PAGES["tigress-relay.properties.5"].read_text(), checks)
    for path in PAGES.values():
        check_form(str(path), checks)
    check_installed(given.build, checks)
    return checks.finish()


sys.exit(main())

#!/usr/bin/env python3
"""What bash, zsh and fish complete by the scripts of `tigress completion`: each shell runs and is asked.

    completion.py --tigress PROGRAM

What they should offer is what stands in the table of the command line, `tigress --help --json`.
"""

import argparse
import json
import os
import pathlib
import pty
import select
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from running_relay import PATIENCE, Checks  # noqa: E402


def output(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


class Bash:
    """The function that `complete` registers, with the words as readline gives them."""

    def __init__(self, folder, script):
        self.folder, self.script = folder, script

    def ask(self, line):
        words = line.replace("=", " = ").split() + ([""] if line.endswith((" ", "=")) else [])
        if words[-2:] == ["=", ""]:
            words.pop()
        ask = (f"source {shlex.quote(str(self.script))}\ncomplete -p tigress >/dev/null || exit 9\n"
               f"COMP_WORDS=({' '.join(map(shlex.quote, words))})\nCOMP_CWORD={len(words) - 1}\n_tigress\n"
               'printf "%s\\n" "${COMPREPLY[@]}"')
        return output("bash", "--norc", "-c", ask, cwd=self.folder).split()


class Fish:
    def __init__(self, folder, script):
        self.folder, self.script = folder, script

    def ask(self, line):
        said = output("fish", "--no-config", "-c", f"source {self.script}; complete -C {shlex.quote(line)}", cwd=self.folder,
                      env={**os.environ, "HOME": str(self.folder)})
        return [row.split("\t")[0] for row in said.splitlines()]


class Zsh:
    """A shell on a terminal, whose compadd tells what it is given instead of showing it."""

    CONFIGURATION = """
PROMPT= ; unsetopt beep
autoload -Uz compinit && compinit -u -D
source {script}
compadd() {{
  if [[ ${{@[1,(i)(-|--)]}} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
  local -a hits
  builtin compadd -A hits "$@"
  (( $#hits )) && print -rl -- $hits >> {answer}
}}
tell() {{ zle complete-word; print END >> {answer} }}
zle -N tell; bindkey '^I' tell; bindkey '^U' kill-whole-line
print END >> {answer}
"""

    def __init__(self, folder, script):
        self.answer = folder / ".answer"
        self.answer.touch()
        (folder / ".zshrc").write_text(self.CONFIGURATION.format(script=script, answer=self.answer))
        self.terminal, its = pty.openpty()
        self.shell = subprocess.Popen(["zsh", "-i"], cwd=folder, stdin=its, stdout=its, stderr=its, start_new_session=True,
                                      env={**os.environ, "ZDOTDIR": str(folder), "HOME": str(folder), "TERM": "xterm"})
        os.close(its)
        self.listen()

    def listen(self):
        """What was told, up to END. Reads the terminal away, which would fill up."""
        until = time.monotonic() + PATIENCE
        shown = b""
        while time.monotonic() < until:
            said = self.answer.read_text()
            if said.endswith("END\n"):
                self.answer.write_text("")
                return said.split()[:-1]
            if select.select([self.terminal], [], [], 0.02)[0]:
                shown += os.read(self.terminal, 65536)
        raise SystemExit(f"zsh did not answer: {shown.decode(errors='replace')}")

    def ask(self, line):
        os.write(self.terminal, b"\x15" + line.encode() + b"\t")
        return self.listen()

    def close(self):
        self.shell.kill()
        self.shell.wait()
        os.close(self.terminal)


def rows(table):
    """Lines, and what is to be offered for them."""
    options = {row["name"]: row for row in table["options"]}
    yield "tigress ", [row["name"] for row in table["commands"]]
    yield "tigress rec", ["receive"]
    yield "tigress -", ["--help", "--version"]
    for command in table["commands"]:
        name = command["name"]
        yield f"tigress {name} -", [*command["options"], "--help"]
        if command["operandWords"]:
            yield f"tigress {name} ", command["operandWords"]
        else:
            yield f"tigress {name} key", ["key.json"] if "FILE" in command["operands"] else []
    for name, row in options.items():
        command = next((one["name"] for one in table["commands"] if name in one["options"]), None)
        if row["value"] and command:
            if row["words"]:
                yield f"tigress {command} {name} ", row["words"]
            else:
                yield f"tigress {command} {name} key", ["key.json"] if row["value"] == "FILE" else []
    yield "tigress send --vertical=ho", ["home", "hotel"]
    yield "tigress send --title x --stat", ["--state"]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tigress", required=True)
    program = str(pathlib.Path(arguments.parse_args().tigress).resolve())
    table = json.loads(output(program, "--help", "--json"))
    checks = Checks()
    with tempfile.TemporaryDirectory() as path:
        folder = pathlib.Path(path)
        (folder / "key.json").touch()
        for shell in (Bash, Zsh, Fish):
            name = shell.__name__.lower()
            script = folder / f".{name}"
            script.write_text(output(program, "completion", name))
            asked = shell(folder, script)
            for line, wanted in rows(table):
                # zsh and fish may put the option before its value, and a sign behind it.
                offered = sorted({word.removeprefix("--vertical=").rstrip("=") for word in asked.ask(line)})
                checks.check(offered == sorted(wanted), f"{name} completes {line!r} by {sorted(wanted)}, not {offered}")
            if shell is Zsh:
                asked.close()
    return checks.finish()


sys.exit(main())

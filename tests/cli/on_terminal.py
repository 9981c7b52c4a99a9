#!/usr/bin/env python3
"""Runs a command whose stderr is a terminal, and interrupts it (Ctrl-C) once it shows a text.

    on_terminal.py TEXT COMMAND...

Prints `shown: ` with the whole line that had the text, then each line that is left on the terminal at the end, then
`ended: ` with the exit status or the name of the signal.
"""

import os
import pty
import re
import select
import signal
import subprocess
import sys

PATIENCE = 60


def main():
    text, command = sys.argv[1], sys.argv[2:]
    terminal, its = pty.openpty()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=its, env={**os.environ, "TERM": "xterm"},
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    os.close(its)
    screen, shown = "", None
    while True:
        ready, _, _ = select.select([terminal], [], [], PATIENCE)
        try:
            part = os.read(terminal, 65536) if ready else b""
        except OSError:  # how the end of a terminal is told
            part = b""
        if not part:
            break
        screen += part.decode()
        if shown is None:
            lines = [line for line in re.split(r"[\r\n]", screen) if text in line and line.endswith("\x1b[K")]
            if lines:
                shown = re.sub(r"\x1b\[K", "", lines[-1])
                process.send_signal(signal.SIGINT)
    status = process.wait(PATIENCE)
    print(f"shown: {shown}")
    for line in screen.split("\n"):
        left = re.sub(r"^.*\x1b\[K", "", line.rstrip("\r"), flags=re.DOTALL)
        if left:
            print(left)
    print("ended:", signal.Signals(-status).name if status < 0 else status)


main()

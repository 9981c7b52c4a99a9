#!/usr/bin/env python3
"""Runs a command whose stderr is a terminal, and interrupts it (Ctrl-C) once it shows a text.

    on_terminal.py TEXT COMMAND...
    on_terminal.py --answer WORDS TEXT COMMAND...     types an answer instead, where TEXT asks for one; ^C is the key

Prints `shown: ` with the whole line that had the text, then each line that is left on the terminal at the end, then
`ended: ` with the exit status or the name of the signal.
"""

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios

PATIENCE = 60


def main():
    words = sys.argv[1:]
    answer = words[1] if words[0] == "--answer" else None
    text, *command = words if answer is None else words[2:]
    terminal, its = pty.openpty()

    def prepare():
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.setsid()
        fcntl.ioctl(its, termios.TIOCSCTTY, 0)  # what /dev/tty is

    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=its, env={**os.environ, "TERM": "xterm"},
                               preexec_fn=prepare)
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
            end = "\x1b[K" if answer is None else text
            lines = [line for line in re.split(r"[\r\n]", screen) if text in line and line.endswith(end)]
            if lines:
                shown = re.sub(r"\x1b\[K", "", lines[-1])
                if answer is None:
                    os.killpg(process.pid, signal.SIGINT)
                else:
                    os.write(terminal, b"\x03" if answer == "^C" else answer.encode() + b"\n")
    status = process.wait(PATIENCE)
    if not termios.tcgetattr(terminal)[3] & termios.ECHO:
        print("the terminal does not show what is typed")
    print(f"shown: {shown}")
    for line in screen.split("\n"):
        left = re.sub(r"^.*\x1b\[K", "", line.rstrip("\r"), flags=re.DOTALL)
        if left:
            print(left)
    print("ended:", signal.Signals(-status).name if status < 0 else status)


main()

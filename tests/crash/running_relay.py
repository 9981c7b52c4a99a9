"""A tigress-relay as a process, for the scripts of this folder."""

import os
import subprocess
import threading

PATIENCE = 60  # seconds until a program that says nothing has failed


class RunningRelay:
    """Starts the program on a free port of the loopback and knows when it is ready. Ends with the block.

    `program` may also be a list: another program, its arguments, and the relay it is to run.
    """

    def __init__(self, program, *definitions, environment=None, working_directory=None):
        arguments = [*([program] if isinstance(program, str) else program), "-D", "listen.port=0"]
        for definition in definitions:
            arguments += ["-D", definition]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env=environment, cwd=working_directory)
        self.said = []  # lines of stderr
        self._heard = threading.Condition()
        self._listener = listener = threading.Thread(target=self._listen, daemon=True)
        listener.start()
        guard = threading.Timer(PATIENCE, self.process.kill)
        guard.start()
        line = self.process.stdout.readline()
        guard.cancel()
        if not line.startswith("tigress-relay listening on http"):
            self.process.kill()
            listener.join(PATIENCE)
            raise RuntimeError(f"the relay did not start: {line!r} {self.said}")
        self.port = int(line.rstrip().rsplit(":", 1)[1])
        self.printed = line  # on stdout
        self.admin_port = None
        if "admin.port=0" in definitions:
            line = self.process.stdout.readline()
            self.printed += line
            self.admin_port = int(line.rstrip().rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        died = self.process.poll()
        if died is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        if failure and died:
            self._listener.join(PATIENCE)
            print(f"the relay ended with {died}, and said:", *self.said[-60:], sep="\n  ", flush=True)

    def _listen(self):
        for line in self.process.stderr:
            with self._heard:
                self.said.append(line.rstrip())
                self._heard.notify_all()

    def wait_until_said(self, words):
        with self._heard:
            return self._heard.wait_for(lambda: any(words in line for line in self.said), PATIENCE)

    def drain(self):
        """Reads what an ended relay still said."""
        self.printed += self.process.stdout.read()
        self._listener.join(PATIENCE)

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """The exit code."""
        return self.process.wait(PATIENCE)

    def die(self, number):
        """Ends it by that signal; gives whether it left a core."""
        self.process.send_signal(number)
        _, status = os.waitpid(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return os.WIFSIGNALED(status) and os.WCOREDUMP(status)


class Checks:
    """Counts, and tells of what failed."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}", flush=True)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0

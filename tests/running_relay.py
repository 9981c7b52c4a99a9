"""A tigress-relay as a process, for every script here that needs one; its certificate, and what counts the checks."""

import os
import pathlib
import signal
import ssl
import subprocess
import threading

PATIENCE = 60  # seconds until a program that says nothing has failed


class Certificate:
    """A self-signed certificate for localhost and 127.0.0.1, in `folder`."""

    def __init__(self, folder):
        self.file = pathlib.Path(folder) / "certificate.pem"
        self.key = pathlib.Path(folder) / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", str(self.key), "-out", str(self.file)],
            check=True, capture_output=True)
        self.file.chmod(0o644)  # a client that gives up root reads it too

    def settings(self):
        """What a relay needs to show it."""
        return f"tls.certificate={self.file}", f"tls.key={self.key}"

    def client_context(self):
        """What a Python client needs to trust it."""
        return ssl.create_default_context(cafile=str(self.file))


def store_in(folder):
    """The setting for a store of its own in `folder`, which is made if it is not there."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return f"store.url=sqlite:{folder / 'shares.db'}"


class RunningRelay:
    """Starts the program on a free port of the loopback and knows when it is ready. Killed at the end of the block.

    `definitions` are settings as the command line takes them. Without a certificate it speaks plain HTTP. `program`
    may also be a list: another program, its arguments, and the relay it is to run.
    """

    def __init__(self, program, *definitions, certificate=None, environment=None, working_directory=None):
        self.certificate = certificate
        command = program if isinstance(program, (list, tuple)) else [program]
        arguments = [*map(str, command), "-D", "listen.port=0"]
        for definition in (*definitions, *(certificate.settings() if certificate else ())):
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
        self.printed = line  # on stdout
        self.address = line.split()[-1]  # as it tells it
        self.port = int(self.address.rsplit(":", 1)[1])
        # By name under TLS: some clients do not look at addresses in a certificate.
        self.origin = f"https://localhost:{self.port}" if self.address.startswith("https:") else self.address
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

    def is_running(self):
        return self.process.poll() is None

    def log(self):
        """What it wrote to stderr so far."""
        with self._heard:
            return "\n".join(self.said)

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

    def stop(self):
        """Ends it as a service is ended, and gives the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

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

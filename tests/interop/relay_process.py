"""Starts tigress-relay for a test: a free port on loopback, a store of its own, plain or TLS."""

import pathlib
import ssl
import subprocess


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

    def client_context(self):
        """What a Python client needs to trust it."""
        return ssl.create_default_context(cafile=str(self.file))


class RelayProcess:
    """A running relay; stopped at the end of its `with` block.

    `settings` are further ones, such as {"share.identifiers": "any"}. Without a certificate it speaks plain HTTP.
    """

    def __init__(self, program, folder, certificate=None, settings=None):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        chosen = {"listen.port": "0", "store.url": f"sqlite:{folder / 'shares.db'}", "limits.rate": "off"}
        if certificate:
            chosen.update({"tls.certificate": str(certificate.file), "tls.key": str(certificate.key)})
        chosen.update(settings or {})
        command = [str(program)]
        for key, value in chosen.items():
            command += ["-D", f"{key}={value}"]
        self.certificate = certificate
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL)
        line = self._process.stdout.readline().decode()  # the relay listens once it has printed it
        if " listening on " not in line:
            self.stop()
            raise RuntimeError(f"the relay did not start: {line}{self.log()}")
        self.port = int(line.strip().rsplit(":", 1)[1])
        # By name under TLS: some clients do not look at addresses in a certificate.
        self.origin = f"https://localhost:{self.port}" if certificate else f"http://127.0.0.1:{self.port}"

    def log(self):
        """What it wrote to stderr so far."""
        return self._log.read_text(errors="replace")

    @property
    def pid(self):
        return self._process.pid

    def is_running(self):
        return self._process.poll() is None

    def stop(self):
        """Ends the relay and returns its exit status."""
        self._process.terminate()
        self._process.stdout.close()
        return self._process.wait(timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

"""A device whose maker vouches for its keys, for the scripts of this folder: packed attestations (W3C Web
Authentication section 8.2) in the native form, made with the openssl program and no code of ours."""

import base64
import hashlib
import struct
import subprocess
from pathlib import Path


def openssl(*arguments, given=None):
    return subprocess.run(["openssl", *arguments], input=given, check=True, capture_output=True).stdout


def head(major, value):
    """The beginning of an item in CBOR (RFC 8949 section 3)."""
    if value < 24:
        return bytes([major << 5 | value])
    if value < 256:
        return bytes([major << 5 | 24, value])
    return struct.pack(">BH", major << 5 | 25, value)


def encode(value):
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encode, value))
    return head(5, len(value)) + b"".join(encode(key) + encode(item) for key, item in value.items())


class AttestingDevice:
    """Its maker's root is `root`, a PEM file in `folder`."""

    def __init__(self, folder, relying_party):
        place = Path(folder)
        self.root = place / "root.pem"
        self.relying_party = relying_party
        root_key, self.key, request, extensions = (place / name for name in (
            "root-key.pem", "device-key.pem", "request.pem", "extensions"))
        fresh = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        openssl("req", "-x509", *fresh, "-keyout", root_key, "-out", self.root, "-days", "2", "-subj", "/CN=A maker")
        openssl("req", *fresh, "-keyout", self.key, "-out", request,
                "-subj", "/C=XX/O=A maker/OU=Authenticator Attestation/CN=A device")
        extensions.write_text("basicConstraints=critical,CA:FALSE\n")
        self.certificate = openssl("x509", "-req", "-in", request, "-CA", self.root, "-CAkey", root_key, "-days", "2",
                                   "-extfile", extensions, "-outform", "DER")
        self.point = openssl("ec", "-in", self.key, "-pubout", "-outform", "DER")[-64:]

    def attest(self, method, host, target, claim, request_id, body, credential=b"credential"):
        """A value of Mailbox-Device-Attestation for that request."""
        parts = b"".join(struct.pack(">I", len(part)) + part
                         for part in (text.encode() for text in (method, host, target, claim, request_id, "")))
        digest = hashlib.sha256(b"tigress-attestation-v1\0" + parts + hashlib.sha256(body).digest()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=")
        public_key = encode({1: 2, 3: -7, -1: 1, -2: self.point[:32], -3: self.point[32:]})
        data = (hashlib.sha256(self.relying_party.encode()).digest() + b"\x41" + bytes(4) + bytes(16)
                + struct.pack(">H", len(credential)) + credential + public_key)
        signature = openssl("dgst", "-sha256", "-sign", self.key, given=data + hashlib.sha256(challenge).digest())
        attestation = encode({"fmt": "packed", "attStmt": {"alg": -7, "sig": signature, "x5c": [self.certificate]},
                              "authData": data})
        return "native ." + base64.urlsafe_b64encode(attestation).rstrip(b"=").decode()

#!/usr/bin/env python3
"""A device of the plain draft: one call of the mailbox dialect, under a claim of its own.

    draft_wallet.py DEVICE create TEXT         prints the mailbox's URL
    draft_wallet.py DEVICE read URL            prints the payload's text
    draft_wallet.py DEVICE update URL TEXT
    draft_wallet.py DEVICE relinquish URL
    draft_wallet.py DEVICE delete URL

DEVICE is a file with the device's claim, made when it is not there. The status of a refusal is printed and
the exit status is 1. It seals nothing: what is tested is who may do what. RELAY and CA are of the
environment.
"""

import base64
import json
import os
import pathlib
import ssl
import sys
import urllib.error
import urllib.request
import uuid


def ask(device, method, url, body=None):
    file = pathlib.Path(device)
    if not file.exists():
        file.write_text(str(uuid.uuid4()), encoding="ascii")
    headers = {"Mailbox-Device-Claim": file.read_text(encoding="ascii"), "Mailbox-Request-ID": str(uuid.uuid4())}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=os.environ["CA"])) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as refusal:
        print(refusal.code)
        sys.exit(1)


def payload(text):
    return {"type": "AEAD_AES_128_GCM", "data": base64.b64encode(text.encode()).decode()}


def main():
    device, call, *operands = sys.argv[1:]
    if call == "create":
        body = {
            "payload": payload(operands[0]),
            "displayInformation": {"title": "Shared key"},
            "mailboxConfiguration": {"accessRights": "RWD"},
        }
        print(ask(device, "POST", os.environ["RELAY"] + "/v1/m", body)["urlLink"])
    elif call == "read":
        print(base64.b64decode(ask(device, "POST", operands[0])["payload"]["data"]).decode())
    elif call == "update":
        ask(device, "PUT", operands[0], {"payload": payload(operands[1])})
    elif call == "relinquish":
        ask(device, "PATCH", operands[0])
    elif call == "delete":
        ask(device, "DELETE", operands[0])
    else:
        sys.exit(__doc__)


main()

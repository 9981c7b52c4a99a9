#!/usr/bin/python3
"""What /metrics says, read by Prometheus' own Python library (Debian's python3-prometheus-client) and held against
what was done to the relay and against the table of docs/operating.md.

    metrics.py --relay PROGRAM
"""

import argparse
import http.client
import re
import sys
import urllib.request
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from running_relay import PATIENCE, Checks, RunningRelay  # noqa: E402

DOCUMENT = '{"payload":{"type":"AEAD_AES_128_GCM","data":"AAAA"}}'


def documented():
    """name -> (type, labels), as operators are told."""
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(tigress_\w+)` \| (\w+) \|([^|]*)\|", text, re.M)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def read(relay):
    """name -> family, as Prometheus sees them."""
    answer = urllib.request.urlopen(f"http://127.0.0.1:{relay.admin_port}/metrics", timeout=PATIENCE)
    assert answer.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8", answer.getheader("Content-Type")
    families = list(text_string_to_metric_families(answer.read().decode("utf-8")))
    assert len({family.name for family in families}) == len(families), "a family stands twice"
    # The library takes the end off a counter's name, as OpenMetrics has it.
    return {family.name + ("_total" if family.type == "counter" else ""): family for family in families}


def value(families, name, **labels):
    """The sum of the samples of that name that have those labels."""
    family = families[re.sub("_(bucket|sum|count)$", "", name)]
    return sum(sample.value for sample in family.samples
               if sample.name == name and all(sample.labels.get(key) == text for key, text in labels.items()))


def traffic(connection):
    """Answers of several methods and statuses; gives how often which."""
    seen = {}

    def ask(method, path, body=None, **headers):
        connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
        answer = connection.getresponse()
        answer.read()
        key = (method if method != "STRANGE" else "other", str(answer.status))
        seen[key] = seen.get(key, 0) + 1
        return answer

    path = "/" + ask("POST", "/v1/", DOCUMENT).getheader("Location").split("/", 3)[3]
    for _ in range(3):
        ask("GET", path, Accept="application/json")
    ask("HEAD", path)
    ask("PUT", path, DOCUMENT)
    ask("PUT", path, "no JSON")
    ask("GET", "/v1/nothing/share.json", Accept="application/json")
    ask("STRANGE", path)
    claimed = "/" + ask("POST", "/v1/", DOCUMENT, Mailbox_Device_Claim="570506ed-38f0-4d45-8494-548c83abc00c").getheader(
        "Location").split("/", 3)[3]
    ask("POST", claimed, Mailbox_Device_Claim="570506ed-38f0-4d45-8494-548c83abc00d")
    ask("POST", claimed, Mailbox_Device_Claim="570506ed-38f0-4d45-8494-548c83abc00e")
    return seen


def check_histogram(family, checks):
    """By hand: the library does not look whether buckets add up."""
    for method in {sample.labels["method"] for sample in family.samples}:
        samples = [sample for sample in family.samples if sample.labels["method"] == method]
        buckets = [(float(sample.labels["le"]), sample.value) for sample in samples if sample.name.endswith("_bucket")]
        count = [sample.value for sample in samples if sample.name.endswith("_count")]
        total = [sample.value for sample in samples if sample.name.endswith("_sum")]
        checks.check(buckets == sorted(buckets) and [below for _, below in buckets] == sorted(below for _, below in buckets),
                     f"{method}: the buckets hold each other, got {buckets}")
        checks.check(buckets and buckets[-1][0] == float("inf") and [buckets[-1][1]] == count,
                     f"{method}: the last bucket holds all, got {buckets[-1:]} of {count}")
        checks.check(len(total) == 1 and total[0] >= 0, f"{method}: a sum, got {total}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--relay", required=True, help="the program tigress-relay")
    program = parser.parse_args().relay
    checks = Checks()
    with RunningRelay(program, "store.url=memory:", "admin.port=0") as relay:
        fresh = read(relay)
        connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=PATIENCE)
        done = traffic(connection)
        families = read(relay)

        told = documented()
        checks.check(told.keys() == families.keys(), f"docs/operating.md tells of each, differs in {told.keys() ^ families.keys()}")
        for name, family in families.items():
            kind, labels = told.get(name, ("", set()))
            found = {label for sample in family.samples for label in sample.labels} - {"le"}
            checks.check(family.type == kind, f"{name} is a {kind}, got {family.type}")
            checks.check(found == labels, f"{name} has the labels {labels}, got {found}")
            checks.check(family.documentation.endswith("."), f"{name} says what it is, got {family.documentation!r}")
            if family.type == "histogram":
                check_histogram(family, checks)

        for (method, code), times in done.items():
            got = value(families, "tigress_requests_total", method=method, code=code)
            checks.check(got == times, f"{times} answers to {method} with {code}, got {got}")
            timed = value(families, "tigress_request_duration_seconds_count", method=method)
            all_of_it = sum(number for (one, _), number in done.items() if one == method)
            checks.check(timed == all_of_it, f"{all_of_it} requests {method} were timed, got {timed}")
        checks.check(value(families, "tigress_requests_total") == sum(done.values()), "and no others")
        checks.check(value(fresh, "tigress_requests_total") == 0, "a fresh relay has answered nothing")
        for name, expected in (("tigress_claims_won_total", 1), ("tigress_claims_refused_total", 1), ("tigress_shares", 2),
                               ("tigress_connections", 1), ("tigress_build_info", 1)):
            checks.check(value(families, name) == expected, f"{name} is {expected}, got {value(families, name)}")
    return checks.finish()


sys.exit(main())

"""One file per client, each registering its cases with bench.case."""

import importlib
import pathlib


def names():
    return sorted(path.stem for path in pathlib.Path(__file__).parent.glob("[a-z]*.py"))


def load(wanted):
    for name in wanted or names():
        importlib.import_module(f"clients.{name}")

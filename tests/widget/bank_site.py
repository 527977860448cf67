"""The sample page of a bank with the widget, and the app that the widget is of."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

from tests.support.app import running_app
from tests.support.ports import free_port

SAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bank-page" / "server.py"


@dataclass(frozen=True)
class Sites:
    """Where the bank's site, a stranger's site and Anya are."""

    bank: str
    stranger: str
    anya: str


def sample() -> ModuleType:
    """The sample's one file, which lies in a folder that no import can name."""
    spec = importlib.util.spec_from_file_location("sample_bank", SAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def served(server: ThreadingHTTPServer) -> Iterator[None]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def bank_sites(folder: Path, more: Mapping[str, str] | None = None) -> Iterator[Sites]:
    """The sample bank's site, the same on an address that is not listed, and the app, with `more` settings."""
    ports = free_port(), free_port(), free_port()
    bank, stranger, anya = (f"http://127.0.0.1:{port}" for port in ports)
    keys = folder / "keys.json"
    keys.write_text(json.dumps({bank: {"jwks_uri": f"{bank}/.well-known/jwks.json"}}))
    settings = {"ULTRACORE_WIDGET_HOSTS": bank, "ULTRACORE_WIDGET_KEYS_FILE": str(keys), **(more or {})}
    module = sample()
    with served(module.server_of(ports[0], anya)), served(module.server_of(ports[1], anya)):
        with running_app(folder, settings, port=ports[2]):
            yield Sites(bank, stranger, anya)

"""Which sites may show the widget, and how their keys are had."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.widget.signing import Signer
from ultracore.errors import OperatorError
from ultracore.keysets import PublishedKeys
from ultracore.widget import read_hosts

BANK = "https://www.bank.example"


@pytest.mark.parametrize(
    "origin",
    ["http://www.bank.example", "https://", "https://bank.example/", "https://bank.example/x", "*", "https://*.bank",
     "bank.example", "https://a b", "https://bank.example; sandbox", "javascript://x", "https://u:p@bank.example/x"],
)  # fmt: skip
def test_what_is_no_safe_origin_is_no_host(origin: str) -> None:
    with pytest.raises(OperatorError) as refused:
        read_hosts((origin,), None, demo=False)
    assert refused.value.code == "settings.widget"


def test_a_demo_may_be_on_this_machine_without_tls() -> None:
    assert read_hosts(("http://127.0.0.1:9001", "http://localhost:9001"), None, demo=True).signing == {}
    with pytest.raises(OperatorError):
        read_hosts(("http://127.0.0.1:9001",), None, demo=False)
    with pytest.raises(OperatorError):
        read_hosts(("http://10.0.0.1:9001",), None, demo=True)


@pytest.mark.parametrize(
    "entry",
    [[], {}, {"jwks": {"keys": []}, "jwks_uri": "https://x"}, {"jwks_uri": "http://10.0.0.1/k", "tenant": "t"},
     {"jwks_uri": "file:///etc/passwd", "tenant": "t"}, {"jwks_uri": "https://u:p@x/k", "tenant": "t"},
     {"jwks_uri": "https://x/k"}, {"jwks_uri": "https://x/k", "tenant": ""}, {"jwks": {"keys": 1}, "tenant": "t"},
     {"jwks": {"keys": [{"kty": "oct", "k": "eA"}]}, "tenant": "t"}, 
     {"jwks_uri": "https://x", "tenant": "t", "x": 1},
     {"jwks": {"keys": [{"kty": "EC", "crv": "P-384"}]}, "tenant": "t"}],
)  # fmt: skip
def test_a_file_of_keys_that_cannot_be_meant_stops_the_start(tmp_path: Path, entry: object) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({BANK: entry}))
    with pytest.raises(OperatorError):
        read_hosts((BANK,), tmp_path / "keys.json", demo=False)


def test_keys_of_a_host_that_is_not_listed_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({BANK: {"jwks": {"keys": []}, "tenant": "tenant_1"}}))
    with pytest.raises(OperatorError, match=r"www\.bank\.example"):
        read_hosts(("https://other.example",), tmp_path / "keys.json", demo=False)


@dataclass
class KeyServer:
    """A host's key set over HTTP, as the test wants it to answer."""

    address: str = ""
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: int = 0


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    state = KeyServer()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked += 1
            self.send_response(state.status)
            for name, value in {"Content-Length": str(len(state.body)), **state.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    state.address = f"http://127.0.0.1:{server.server_address[1]}/keys"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield state
    server.shutdown()
    server.server_close()


class HandClock:
    """Moves when the test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def published(*signers: Signer, **more: Any) -> bytes:
    return json.dumps({"keys": [one.jwk() for one in signers], **more}).encode()


async def test_keys_are_fetched_once_in_ten_minutes_and_once_a_minute_for_an_unknown_id(
    key_server: KeyServer,
) -> None:
    clock, old, new = HandClock(), Signer(key_id="old"), Signer(key_id="new")
    keys, key_server.body = PublishedKeys(key_server.address, clock), published(old)
    assert [await keys.find("old") is not None for _ in range(5)] == [True] * 5
    assert key_server.asked == 1
    key_server.body = published(old, new)
    assert [await keys.find("new") for _ in range(5)] == [None] * 5, "anybody can make ids up"
    clock.now += 61
    assert await keys.find("new") is not None and key_server.asked == 2, "a rotated key is found"
    clock.now += 599
    key_server.body = published(new)
    assert await keys.find("old") is not None
    clock.now += 2
    assert await keys.find("old") is None, "a key that was taken back is gone after ten minutes"


async def test_a_key_set_that_cannot_be_had_leaves_the_last_one_for_its_ten_minutes(key_server: KeyServer) -> None:
    clock, known = HandClock(), Signer(key_id="known")
    keys, key_server.body = PublishedKeys(key_server.address, clock), published(known)
    assert await keys.find("known") is not None
    key_server.status = 500
    clock.now += 120
    assert await keys.find("other") is None and await keys.find("known") is not None
    clock.now += 481
    assert await keys.find("known") is None


@pytest.mark.parametrize(
    "wrong",
    [{"status": 302, "headers": {"Location": "/keys"}}, {"status": 404}, {"body": b"{"}, {"body": b"[]"},
     {"body": b'{"keys": []}'}, {"body": b" " * 66_000}, {"body": b'{"keys": [7, {"kty": "oct", "k": "eA"}]}'}],
)  # fmt: skip
async def test_an_answer_that_is_no_key_set_brings_no_key(key_server: KeyServer, wrong: dict[str, Any]) -> None:
    key_server.body = published(Signer(key_id="k1"))
    for name, value in wrong.items():
        setattr(key_server, name, value)
    assert await PublishedKeys(key_server.address).find("k1") is None
    assert key_server.asked == 1, "a redirect is not followed"


async def test_a_published_key_for_another_use_is_passed_over(key_server: KeyServer) -> None:
    good = Signer(key_id="good")
    wrong: list[dict[str, Any]] = [
        {**Signer(key_id="enc").jwk(), "use": "enc"},
        {"kty": "oct", "k": "eA", "kid": "s"},
    ]
    key_server.body = json.dumps({"keys": [*wrong, good.jwk()]}).encode()
    keys = PublishedKeys(key_server.address)
    assert await keys.find("good") is not None
    assert await keys.find("enc") is None and await keys.find("s") is None

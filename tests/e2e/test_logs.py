"""The log of a whole app: JSON lines by setting, sign-ins and refusals in them, nobody's words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.app import RunningApp, running_app

CANARY = "Canary-typed-into-the-wrong-field"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[RunningApp]:
    with running_app(tmp_path, {"ULTRACORE_LOG_FORMAT": "json"}) as running:
        yield running


def lines(app: RunningApp) -> list[dict[str, str]]:
    """The log without what was printed for whoever started the app."""
    return [json.loads(line) for line in app.process.output().splitlines() if line.startswith("{")]


def test_sign_ins_and_refusals_are_json_lines_under_one_reference_a_request(app: RunningApp) -> None:
    with httpx.Client(base_url=app.url) as client:
        client.post("/login", data={"username": "customer1", "password": CANARY})
        client.post("/login", data={"username": CANARY, "password": "x"})
        client.post("/login", data={"username": "customer1", "password": "demo"}).raise_for_status()
        client.post("/project/action", json={"sessionId": "none"})
        client.post("/logout").raise_for_status()
    found = [line for line in lines(app) if line["logger"].startswith("ultracore.chat")]
    told = [(line["message"], line.get("user")) for line in found]
    assert ("sign-in refused", "customer1") in told and ("sign-in refused", None) in told
    assert ("signed in", "customer1") in told and ("signed out", "customer1") in told
    assert "/project/action refused: input.action" in [line["message"] for line in found]
    assert all(line["turn"] != "-" for line in found)
    assert len({line["turn"] for line in found}) == 5
    assert CANARY not in app.process.output()

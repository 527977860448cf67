"""Recorded conversations, made once: by the demo model, and by one that follows a script."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ai.screen import Desk, principal
from tests.support.scripted_model import ScriptedModel, call, fail, say
from tests.support.shared_run import SharedRun
from ultracore.cli.main import main
from ultracore.container import open_app
from ultracore.settings import Settings

REASON = "Trial of a model, ticket 4711"
HANDED = {"agent": "Lending", "reason": "a loan"}

Run = Callable[..., tuple[int, str, str]]
"""Runs `ultracore audit whatif` with these arguments: exit code, standard output, standard error."""


@pytest.fixture(scope="session")
def recorded(seeded_data: Path, shared_run: SharedRun) -> tuple[Path, dict[str, str]]:
    """A data directory, closed, and conversations in it by name."""
    folder = shared_run.once("whatif", lambda path: _record(seeded_data, path))
    return folder / "data", json.loads((folder / "ids.json").read_text())


def _record(seeded: Path, folder: Path) -> None:
    shutil.copytree(seeded, folder / "data")
    settings = Settings(data_dir=folder / "data", redis_call_seconds=5)
    ids = asyncio.run(_by_demo_model(settings))
    with ScriptedModel() as model:
        scripted = settings.model_copy(update={"openai_base_url": model.base_url})
        ids |= asyncio.run(_by_script(scripted, model))
    (folder / "ids.json").write_text(json.dumps(ids))


async def _by_demo_model(settings: Settings) -> dict[str, str]:
    async with open_app(settings, look_seconds=0) as app:
        idle = ScriptedModel()
        payment = await Desk.sign_in(app, idle, principal())
        await payment.say("transfer 50 dollars to City Power")
        await payment.press(approve=True)
        await payment.say("What is my balance?")
        card = await Desk.sign_in(app, idle, principal())
        await card.say("hello")
        await card.say("My card was stolen, freeze it")
        other = await Desk.sign_in(app, idle, principal("customer2", "cust_2"))
        await other.say("What is my balance?")
    return {"payment": payment.conversation_id, "card": card.conversation_id, "other": other.conversation_id}


async def _by_script(settings: Settings, model: ScriptedModel) -> dict[str, str]:
    async with open_app(settings, look_seconds=0) as app:
        desk = await Desk.sign_in(app, model, principal())
        model.expect(call("hand_over", HANDED), call("get_loan_details", {}), say("One loan."))
        await desk.say("What is my balance?")
        model.expect(fail(400))
        await desk.say("What is my loan balance?")
    return {"handed": desk.conversation_id}


@pytest.fixture
def data(recorded: tuple[Path, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the recorded conversations, which the command line works on."""
    path = tmp_path / "data"
    shutil.copytree(recorded[0], path)
    monkeypatch.setenv("ULTRACORE_DATA_DIR", str(path))
    return path


@pytest.fixture
def ids(recorded: tuple[Path, dict[str, str]]) -> dict[str, str]:
    """The conversations' ids by name."""
    return recorded[1]


@pytest.fixture
def run(data: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str, reason: str = REASON) -> tuple[int, str, str]:
        code = main(["audit", "whatif", *arguments, *(["--reason", reason] if reason else [])])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


@pytest.fixture
def other_model() -> Iterator[ScriptedModel]:
    """Another model, over HTTP."""
    with ScriptedModel() as model:
        yield model

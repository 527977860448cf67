"""Sixty everyday messages of somebody who had not read the rules: answered rightly or declined, none wrong."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.ai.screen import principal
from tests.support.bank_talk import BankTalk
from ultracore.ai.agents import Receptionist
from ultracore.ai.care import find_wish
from ultracore.ai.routing import Router
from ultracore.container import Core

FILE = Path(__file__).parents[1] / "data" / "everyday.toml"


@dataclass(frozen=True, kw_only=True)
class Written:
    """A message, what first became of it, and what becomes of it now."""

    text: str
    first: str
    now: str
    tool: str = ""
    words: str = ""


WRITTEN = [Written(**one) for one in tomllib.loads(FILE.read_text(encoding="utf-8"))["message"]]


async def test_of_sixty_everyday_messages_forty_eight_are_answered_rightly_and_none_wrongly(opened: Core) -> None:
    receptionist = Receptionist(Router.load())
    wrong = []
    for one in WRITTEN:
        # A wish for a person is met before any agent.
        if find_wish(one.text) is not None:
            continue
        talk = BankTalk(opened, principal(), receptionist)
        answer = await talk.say(one.text)
        tool = talk.calls[-1][0] if talk.calls else ""
        if tool != one.tool or one.words not in answer or talk.withheld:
            wrong.append(f"{one.text}: {tool or 'no tool'}, {answer[:160]!r}, {talk.withheld}")
    assert wrong == []
    assert len(WRITTEN) == 60
    assert sum(one.now == "right" for one in WRITTEN) >= 48

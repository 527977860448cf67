"""People who talk while the record is measured: whole turns, written as a conversation writes them."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ultracore.audit import AuditTrail, ConversationRecord
from ultracore.audit.vocabulary import AssistantMessage, ToolDecided, ToolExecuted, ToolRequested, UserMessage
from ultracore.principal import Connection, Principal, Role

T = TypeVar("T")

TOOL = "list_transactions"
EVENTS_A_TURN = 5
# Of a real browser's length, because address and user agent are sealed with every event.
BROWSER = Connection(
    "203.0.113.7",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
)
WORDS = (
    "please tell me what I have paid to City Power since June and whether the rent of 480.00 went out on "
    "2026-11-20 from my everyday account because I do not see it on the list that you have shown me"
).split()


@dataclass(frozen=True, slots=True)
class Turn:
    """The words, calls and results of one turn; made before a clock starts."""

    question: str
    arguments: dict[str, Any]
    result: dict[str, Any]
    answer: str


def turns(count: int, seed: int) -> list[Turn]:
    """Questions of 40 characters, two rows of a tool's result, answers of 120: about 1.4 KB an event, sealed."""
    chance = random.Random(seed)
    return [_turn(chance) for _ in range(count)]


def _turn(chance: random.Random) -> Turn:
    rows = [
        {"date": f"2026-11-{day:02}", "text": _text(chance, 18), "amount": f"-{chance.randrange(10**5) / 100:.2f}"}
        for day in (chance.randrange(1, 15), chance.randrange(15, 29))
    ]
    arguments = {"account_id": f"acc_{chance.randrange(100)}", "since": "2026-06-01", "limit": 20}
    return Turn(_text(chance, 40), arguments, {"rows": rows}, _text(chance, 120))


def _text(chance: random.Random, length: int) -> str:
    return " ".join(chance.choices(WORDS, k=length))[:length]


class Talker:
    """One person in one conversation. `seconds` gathers how long each append was waited for."""

    def __init__(self, trail: AuditTrail, number: int, said: Sequence[Turn]) -> None:
        person = Principal(
            tenant_id="tenant_1",
            user_id=f"customer{number}",
            login_id=f"login-{number}",
            roles=frozenset({Role.CUSTOMER}),
            customer_id=f"cust_{number}",
        )
        self._record = ConversationRecord(trail, person, f"5d0c1f6e-2b1a-4c58-9a3e-{number:012}", BROWSER)
        self._said = said
        self.seconds: list[float] = []

    async def talk(self) -> None:
        """All turns, one after another."""
        for number, said in enumerate(self._said):
            record = self._record.turn(f"turn-{number}", "7F3A-91C2")
            asked = said.arguments
            await self._timed(record.write(UserMessage(said.question)))
            await self._timed(record.write(ToolRequested(TOOL, asked, agent="Accounts", call_id=f"call_{number}")))
            intent = await self._timed(record.write(ToolDecided(TOOL, asked, result="allowed")))
            done = record.write(
                ToolExecuted(TOOL, asked, outcome="success", result=said.result, intent=intent.event_id)
            )
            await self._timed(done)
            await self._timed(record.write(AssistantMessage(said.answer, agent="Accounts")))

    async def _timed(self, append: Awaitable[T]) -> T:
        began = time.perf_counter()
        result = await append
        self.seconds.append(time.perf_counter() - began)
        return result

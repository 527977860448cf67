"""A tool call is parsed once and masked once on its way from the model to the record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from ultracore.ai.agents import TurnProgress, TurnRequest, TurnRunner
from ultracore.ai.model import Message, ModelToolCall, ModelTurn, TextDelta, ToolSchema, Usage
from ultracore.ai.recording import TurnLog
from ultracore.ai.screen import SilentView
from ultracore.ai.tools import CallContext, CallReader, ParsedCall, ToolOutcome
from ultracore.ai.tools.parsed_calls import masked_arguments, parsed_json
from ultracore.audit import ConversationRecord
from ultracore.container import Core
from ultracore.principal import Connection, Principal, Role

BALANCE = '{"account_id": "acc_1", "include_pending": true}'
TRANSFER = (
    '{"transaction_type": "transfer", "amount": 5.5, "from_account_id": "acc_1", "to_account_id": "City Power",'
    ' "description": "card 4539148803436467"}'
)


@dataclass(slots=True)
class Counted:
    """A reader's two steps, counted."""

    parsed: list[str] = field(default_factory=list)
    masked: list[object] = field(default_factory=list)

    def reader(self) -> CallReader:
        return CallReader(self._parse, self._mask)

    def _parse(self, text: str) -> object:
        self.parsed.append(text)
        return parsed_json(text)

    def _mask(self, value: object) -> object:
        self.masked.append(value)
        return masked_arguments(value)


@dataclass(slots=True)
class OneCall:
    """A model that asks for one tool and then answers."""

    tool: str
    arguments: str
    model: str = "one-call"
    asked: int = 0

    async def stream_turn(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema] = ()
    ) -> AsyncIterator[TextDelta | ModelTurn]:
        self.asked += 1
        if self.asked == 1:
            call = ModelToolCall("call_1", self.tool, self.arguments)
            yield ModelTurn("", (call,), "tool_calls", Usage())
        else:
            yield TextDelta("Done.")
            yield ModelTurn("Done.", (), "stop", Usage())


@dataclass(frozen=True, slots=True)
class Registered:
    """The real registry, for one turn."""

    opened: Core
    agent: str

    async def call(self, call: ParsedCall) -> ToolOutcome:
        who = Principal(
            tenant_id="tenant_1",
            user_id="customer1",
            login_id=uuid4().hex,
            roles=frozenset({Role.CUSTOMER}),
            customer_id="cust_1",
        )
        conversation = str(uuid4())
        record = ConversationRecord(self.opened.trail, who, conversation).turn(str(uuid4()), "0000-0000")

        async def principal() -> Principal:
            return who

        context = CallContext(
            principal=principal,
            agent=self.agent,
            conversation_id=conversation,
            log=TurnLog(record),
            connection=Connection(),
        )
        return await self.opened.registry.call(call, context)

    async def refuse(self, call: ParsedCall, code: str) -> ToolOutcome:
        raise AssertionError(f"{call.name} is one call too many ({code})")


async def turn(opened: Core, agent: str, tool: str, arguments: str, reader: CallReader) -> TurnProgress:
    progress = TurnProgress()
    request = TurnRequest(system="", history=(), text="please", tools=())
    runner = TurnRunner(OneCall(tool, arguments), reader)
    await runner.run(request, Registered(opened, agent), SilentView(), progress)
    return progress


@pytest.mark.parametrize(
    ("agent", "tool", "arguments", "status"),
    [
        ("Accounts", "get_account_balance", BALANCE, "done"),
        ("Payments", "execute_transaction", TRANSFER, "waiting"),
    ],
)
async def test_a_call_is_parsed_and_masked_once(
    opened: Core, agent: str, tool: str, arguments: str, status: str
) -> None:
    counted = Counted()
    progress = await turn(opened, agent, tool, arguments, counted.reader())
    assert [outcome.status for _, outcome in progress.outcomes] == [status]
    assert (counted.parsed, len(counted.masked)) == ([arguments], 1)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ('{"a": 1, "b": 5.50, "c": true}', {"a": 1, "b": Decimal("5.50"), "c": True}),
        ('{"a": [{"b": -3}]}', {"a": [{"b": -3}]}),
        ('{"a": 1e999999999}', {"a": "1e999999999"}),
        ('{"a": 4539148803436467, "b": 7}', {"a": "[card ending 6467]", "b": "7"}),
        ('{"password": 123456}', {"password": "[password]"}),
    ],
)
def test_arguments_are_values_without_secrets(text: str, values: dict[str, Any]) -> None:
    assert CallReader().read(ModelToolCall("call_1", "x", text)).arguments() == values


@pytest.mark.parametrize(
    "text", ["[1]", "1", '{"a": 1, "a": 2}', '{"a": "\\ud800"}', '{"a": ' + "9" * 5_000 + "}"]
)
def test_what_is_no_object_is_recorded_as_the_text_that_it_is(text: str) -> None:
    call = CallReader().read(ModelToolCall("call_1", "x", text))
    assert call.values is None
    assert call.recorded == text[:4_096]

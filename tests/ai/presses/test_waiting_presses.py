"""Who is acting is read again inside the turn: what waits for its turn keeps no authority from before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.ai.presses.test_two_persons import TRANSFER, at_desk, confirmed, decide, waiting
from tests.ai.screen import Desk
from tests.banking.support import change_rows
from tests.support.scripted_model import call
from ultracore.cache.stores import TurnLock
from ultracore.principal import Role


class AtTheDoor:
    """Turn locks that let something happen once, after somebody has come to wait and before their turn begins."""

    def __init__(self, locks: TurnLock, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._locks = locks
        self._meanwhile: Callable[[], Awaitable[object]] | None = meanwhile

    @asynccontextmanager
    async def hold(self, conversation_id: str, wait: float = 60.0) -> AsyncIterator[Any]:
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        async with self._locks.hold(conversation_id, wait) as lease:
            yield lease


def while_waiting(desk: Desk, meanwhile: Callable[[], Awaitable[object]]) -> None:
    """Have it happen during the next wait for a turn."""
    service: Any = desk.app.desk
    locks = AtTheDoor(service._queue._locks, meanwhile)
    service._decisions._presses._locks = service._queue._locks = locks


async def revoke(who: Desk) -> None:
    await who.app.logins.revoke(who.who.login_id)


async def change_role(who: Desk, role: Role) -> None:
    """The same login with another role, in the ledger and in its session."""
    await change_rows(
        who.app.bank.database,
        f"UPDATE user_roles SET role = '{role}' WHERE user_id = '{who.who.user_id}'",  # noqa: S608 - words of ours
    )
    await revoke(who)
    await who.app.logins.create(replace(who.who, roles=frozenset({role}), customer_id=None))


@pytest.mark.parametrize("approve", [True, False])
async def test_a_login_revoked_while_its_press_waits_decides_nothing(desk: Desk, approve: bool) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER))
    await desk.say("transfer 50 dollars to City Power")
    while_waiting(desk, lambda: revoke(desk))
    screen = await desk.press(approve=approve)
    assert screen.closed == []
    assert "sign in again" in screen.shown
    assert await desk.balance() == "2500.00"
    assert await desk.denials() == ["session.ended"]
    assert "approval_given" not in await desk.types()
    assert "approval_declined" not in await desk.types()


async def test_roles_that_changed_while_a_press_waits_are_the_ones_that_count(desk: Desk) -> None:
    desk.model.expect(call("execute_transaction", TRANSFER))
    await desk.say("transfer 50 dollars to City Power")
    while_waiting(desk, lambda: change_role(desk, Role.AUDITOR))
    screen = await desk.press(approve=True)
    assert [state for state, _ in screen.closed] == ["not_done"]
    assert await desk.balance() == "2500.00"
    assert await desk.denials() == ["access.tool_not_allowed"]


@pytest.mark.parametrize("approve", [True, False])
async def test_a_checker_revoked_while_their_press_waits_decides_nothing(desk: Desk, approve: bool) -> None:
    teller = await confirmed(desk)
    supervisor = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
    (request,) = await waiting(supervisor)
    while_waiting(desk, lambda: revoke(supervisor))
    screen = await decide(supervisor, request.card.approval_id, approve=approve)
    assert screen.closed == []
    assert "sign in again" in screen.shown
    assert await desk.balance() == "2500.00"
    assert await teller.denials() == ["session.ended"]
    colleague = await at_desk(desk, "supervisor3", Role.SUPERVISOR)
    assert [one.proposal_id for one in await waiting(colleague)] == [request.proposal_id]


async def test_a_checker_who_lost_the_role_while_their_press_waits_decides_nothing(desk: Desk) -> None:
    teller = await confirmed(desk)
    supervisor = await at_desk(desk, "supervisor1", Role.SUPERVISOR)
    (request,) = await waiting(supervisor)
    while_waiting(desk, lambda: change_role(supervisor, Role.TELLER))
    screen = await decide(supervisor, request.card.approval_id)
    assert screen.closed == []
    assert await desk.balance() == "2500.00"
    assert await teller.denials() == ["role.not_served"]


async def test_a_login_revoked_while_its_message_waits_is_not_answered(desk: Desk) -> None:
    while_waiting(desk, lambda: revoke(desk))
    screen = await desk.say("What's my balance?")
    assert screen.answers == []
    assert "sign in again" in screen.shown
    assert await desk.types() == ["session_started", "user_message", "turn_failed", "assistant_message"]


async def test_a_login_revoked_while_its_choice_waits_is_not_answered(desk: Desk) -> None:
    asked = await desk.say("help me with my account and loan")
    assert asked.choices
    while_waiting(desk, lambda: revoke(desk))
    screen = await desk.choose(asked.choices[0])
    assert screen.answers == []
    assert "sign in again" in screen.shown
    assert "turn_failed" in await desk.types()


async def test_roles_that_changed_while_a_choice_waits_are_the_ones_that_count(desk: Desk) -> None:
    asked = await desk.say("help me with my account and loan")
    assert asked.choices
    while_waiting(desk, lambda: change_role(desk, Role.ADMINISTRATOR))
    screen = await desk.choose(asked.choices[0])
    assert screen.answers == []

"""The access report over what staff really do: one read is one access, and what their desk refuses is one too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.ai.screen import Desk, staff
from tests.support.scripted_model import call, say
from ultracore.audit import ComplianceReporter
from ultracore.principal import Role

BALANCE = call("get_account_balance", {"account_id": "acc_1"})


async def summary(desk: Desk) -> dict[str, Any]:
    """The accesses of `tenant_1` today."""
    now = datetime.now(UTC)
    period = now - timedelta(hours=1), now + timedelta(hours=1)
    report = await ComplianceReporter(desk.app.trail).generate_access_report("tenant_1", *period)
    found: dict[str, Any] = report["summary"]
    return found


async def signed_in(desk: Desk, user: str, role: Role) -> Desk:
    return await Desk.sign_in(desk.app, desk.model, staff(user, role))


async def test_one_read_by_staff_is_one_access(desk: Desk) -> None:
    teller = await signed_in(desk, "teller1", Role.TELLER)
    desk.model.expect(BALANCE, say("There you are."))
    await teller.say("What's the balance of cust_1?")
    assert await summary(desk) == {
        "total_access_attempts": 1,
        "granted": 1,
        "denied": 0,
        "by_user": {"teller1": 1},
        "by_resource": {"customer:cust_1": 1},
    }


async def test_two_reads_of_a_turn_are_two_accesses(desk: Desk) -> None:
    teller = await signed_in(desk, "teller1", Role.TELLER)
    desk.model.expect(BALANCE, call("get_customer_360", {}), say("There you are."))
    await teller.say("What's the balance of cust_1?")
    assert (await summary(desk))["by_resource"] == {"customer:cust_1": 2}


async def test_naming_a_customer_without_a_question_is_an_access(desk: Desk) -> None:
    teller = await signed_in(desk, "teller1", Role.TELLER)
    await teller.say("cust_1")
    await teller.say("cust_2")
    assert (await summary(desk))["by_resource"] == {"customer:cust_1": 1, "customer:cust_2": 1}


async def test_what_a_desk_refuses_is_an_access_that_was_denied(desk: Desk) -> None:
    teller = await signed_in(desk, "teller1", Role.TELLER)
    await teller.say("/replay")
    await teller.say("balance of cust_9")
    finance = await signed_in(desk, "finance1", Role.FINANCE)
    await finance.say("balance of cust_1")
    found = await summary(desk)
    assert (found["granted"], found["denied"]) == (0, 3)
    assert found["by_user"] == {"teller1": 2, "finance1": 1}
    assert found["by_resource"] == {
        "rule:access.record_not_allowed": 1,
        "rule:customer.not_found": 1,
        "rule:access.no_customer": 1,
    }


async def test_looking_at_a_conversation_is_an_access(desk: Desk) -> None:
    desk.model.expect(say("Good morning."))
    await desk.say("What's my balance?")
    supervisor = await signed_in(desk, "supervisor1", Role.SUPERVISOR)
    await supervisor.say(f"/replay {desk.conversation_id}")
    await supervisor.say("A complaint of today")
    found = await summary(desk)
    assert found["by_resource"] == {f"conversation:{desk.conversation_id}": 1}
    assert found["by_user"] == {"supervisor1": 1}

"""Cases of staff: opened with a reason, carried by what is read under them, told to the customer or not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.ai.screen import Desk, principal
from tests.ai.staff.test_staff import staff
from tests.banking.support import change_rows
from tests.support.scripted_model import ScriptedModel, call, say
from ultracore.audit import AuditEventType, EventFilter
from ultracore.audit.reports import Viewings
from ultracore.banking.access import DEFAULT_POLICY
from ultracore.banking.store.tables import staff_cases
from ultracore.container import App, open_app
from ultracore.principal import Role
from ultracore.settings import Settings

BALANCE = "What's the balance of cust_1?"


def policy(folder: Path, **wanted: str) -> Path:
    text = DEFAULT_POLICY.read_text()
    for name, how in wanted.items():
        text = text.replace(f'{name} = "optional"', f'{name} = "{how}"')
    path = folder / "policy.toml"
    path.write_text(text)
    return path


@pytest.fixture
def wanted() -> dict[str, str]:
    return {"cases": "required"}


@pytest.fixture
async def app(
    settings: Settings, scripted_model: ScriptedModel, tmp_path: Path, wanted: dict[str, str]
) -> AsyncIterator[App]:
    changes = {"openai_base_url": scripted_model.base_url, "policy_file": policy(tmp_path, **wanted)}
    async with open_app(settings.model_copy(update=changes)) as found:
        yield found


@pytest.fixture
async def teller(app: App, scripted_model: ScriptedModel) -> Desk:
    return await Desk.sign_in(app, scripted_model, staff(Role.TELLER))


async def looks(desk: Desk) -> list[tuple[str | None, bool]]:
    """Each look at a customer: with what, and whether it carries a case."""
    found = [event for event in await desk.record() if event.event_type.value == "data_accessed"]
    return [(event.action, "case" in (event.metadata or {})) for event in found]


async def reasons(desk: Desk) -> set[str | None]:
    """What `cust_1` is told of why staff looked at their data."""
    store = await desk.app.trail.store()
    return {one.reason for one in await Viewings(store).of_customer("tenant_1", "cust_1")}


async def test_without_a_case_nothing_of_a_customer_is_read(teller: Desk) -> None:
    screen = await teller.say(BALANCE)
    assert "/case cust_1 request" in screen.shown and "nothing was looked up" in screen.shown
    assert "Alex" not in screen.shown
    assert await looks(teller) == []


async def test_what_is_read_under_a_case_carries_it_and_its_customer_is_told_why(teller: Desk) -> None:
    await teller.say("/case cust_1 request T-1042")
    teller.model.expect(call("get_account_balance", {"account_id": "acc_1"}), say("There you are."))
    assert (await teller.say(BALANCE)).ended("get_account_balance") == ["done"]
    assert await looks(teller) == [("name_customer", True), ("get_account_balance", True)]
    assert await reasons(teller) == {"to answer a question or request of yours"}
    screen = await teller.say("close case")
    assert "is closed" in screen.shown
    assert "/case cust_1 request" in (await teller.say(BALANCE)).shown


async def test_who_opens_a_case_works_for_its_customer(teller: Desk) -> None:
    assert "Alex Morgan" in (await teller.say("/case cust_1 request")).shown
    teller.model.expect(call("get_account_balance", {"account_id": "acc_1"}), say("There you are."))
    assert (await teller.say("What is the balance?")).ended("get_account_balance") == ["done"]


async def test_a_proposal_under_a_case_carries_it(teller: Desk) -> None:
    await teller.say("/case cust_1 payment")
    payment = {"transaction_type": "transfer", "amount": "10.00", "from_account_id": "acc_1"}
    teller.model.expect(call("execute_transaction", {**payment, "to_account_id": "City Power"}))
    assert len((await teller.say("pay 10 to City Power for cust_1")).cards) == 1
    (asked,) = [one for one in await teller.record() if one.event_type.value == "approval_requested"]
    assert (asked.metadata or {})["case"].startswith("case_")


@pytest.mark.parametrize("reason", ["fraud", "aml"])
async def test_a_confidential_reason_and_a_ticket_are_never_told(teller: Desk, reason: str) -> None:
    assert "told nothing of it" in (await teller.say(f"/case cust_1 {reason} T-1042")).shown
    await teller.say("cust_1")
    assert await reasons(teller) == {None}
    store = await teller.app.trail.store()
    told = await Viewings(store).of_customer("tenant_1", "cust_1")
    assert "T-1042" not in str(told) and reason not in str(told)


async def test_a_case_ends_after_thirty_idle_minutes(teller: Desk) -> None:
    await teller.say("/case cust_1 complaint")
    idle = update(staff_cases).values(used_at=datetime.now(UTC) - timedelta(minutes=31))
    await change_rows(teller.app.bank.database, idle)
    assert "/case cust_1 request" in (await teller.say(BALANCE)).shown
    async with teller.app.bank.database.read() as connection:
        (ended,) = (await connection.execute(select(staff_cases.c.ended_at))).scalars()
    assert ended is not None


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("/case cust_1", "The reasons are"),
        ("/case cust_1 curiosity", "The reasons are"),
        ("/case request", "The reasons are"),
        ("/case cust_9 request", "can't find that customer"),
        ("/case cust_1 request <script>", "letters, digits"),
        ("close case", "You have no open case"),
    ],
)
async def test_what_is_no_case_is_refused_with_a_sentence(teller: Desk, typed: str, told: str) -> None:
    assert told in (await teller.say(typed)).shown
    async with teller.app.bank.database.read() as connection:
        assert (await connection.execute(select(staff_cases))).all() == []


async def test_a_case_counts_for_its_person_and_customer_alone(
    app: App, scripted_model: ScriptedModel, teller: Desk
) -> None:
    await teller.say("/case cust_1 request")
    await teller.say("What's the balance of cust_2?")
    assert "/case cust_1 request" in (await teller.say("yes")).shown
    lender = await Desk.sign_in(app, scripted_model, staff(Role.LENDER))
    assert "nothing was looked up" in (await lender.say("What is the credit risk of cust_1?")).shown
    for role in (Role.FINANCE, Role.ADMINISTRATOR):
        nobody = await Desk.sign_in(app, scripted_model, staff(role))
        assert "needs no case" in (await nobody.say("/case cust_1 request")).shown


@pytest.mark.parametrize("wanted", [{"ticket": "required"}])
async def test_a_case_is_optional_as_shipped_and_a_ticket_may_be_wanted(teller: Desk) -> None:
    assert "wants a ticket number" in (await teller.say("/case cust_1 request")).shown
    await teller.say("cust_1")
    assert await looks(teller) == [("name_customer", False)]


@pytest.mark.parametrize(("reason", "told"), [("complaint", "to look into a complaint"), ("aml", None)])
async def test_a_replay_under_a_case_asks_for_no_reason_carries_it_and_a_confidential_one_is_not_told(
    app: App, scripted_model: ScriptedModel, reason: str, told: str | None
) -> None:
    customer = await Desk.sign_in(app, scripted_model, principal())
    scripted_model.expect(say("Hello."))
    await customer.say("What's my balance?")
    supervisor = await Desk.sign_in(app, scripted_model, staff(Role.SUPERVISOR))
    await supervisor.say(f"/replay {customer.conversation_id}")
    assert "nothing was looked up" in (await supervisor.say("A look at the whole")).shown
    await supervisor.say(f"/case cust_1 {reason}")
    assert "What's my balance?" in (await supervisor.say(f"/replay {customer.conversation_id}")).shown
    viewed = EventFilter(types=frozenset({AuditEventType.CONVERSATION_VIEWED}))
    (event,) = await (await app.trail.store()).select(viewed)
    assert (event.metadata or {})["case"].startswith("case_")
    assert await reasons(supervisor) == {told}

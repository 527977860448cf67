"""`/replay find`: supervisors search their tenant's conversations, and each search is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.ai.screen import Desk, principal, staff
from tests.ai.staff.test_staff import guards
from tests.audit.people import eventually
from tests.support.scripted_model import ScriptedModel, call, say
from ultracore.ai.staff.record_search import read_query
from ultracore.audit import AuditEvent, AuditEventType, EventFilter
from ultracore.container import App, open_app
from ultracore.errors import IndexUnavailable, InvalidInput
from ultracore.principal import Role
from ultracore.settings import Settings


@pytest.fixture
async def app(settings: Settings, scripted_model: ScriptedModel) -> AsyncIterator[App]:
    scripted = settings.model_copy(update={"openai_base_url": scripted_model.base_url})
    async with open_app(scripted) as found:
        yield found


async def a_talk(app: App, model: ScriptedModel, user: str, customer: str, words: str) -> Desk:
    desk = await Desk.sign_in(app, model, principal(user, customer))
    model.expect(call("get_account_balance", {"account_id": "acc_9"}), say("I cannot show that."))
    await desk.say(words)
    return desk


@pytest.fixture
async def talks(app: App, scripted_model: ScriptedModel) -> list[str]:
    """The ids of two conversations that the index has: one about an umbrella, one about a boat."""
    umbrella = await a_talk(
        app, scripted_model, "customer1", "cust_1", "What is my card balance for the umbrella?"
    )
    boat = await a_talk(app, scripted_model, "customer2", "cust_2", "What is my card balance for the boat?")
    await eventually(lambda: caught_up(app))
    return [umbrella.conversation_id, boat.conversation_id]


async def caught_up(app: App) -> bool:
    try:
        return (await app.index.lag()).events == 0
    except IndexUnavailable:
        return False


async def supervisor(app: App, model: ScriptedModel, *, tenant: str = "tenant_1") -> Desk:
    # A login is of one tenant: with another than the ledger's its session has ended.
    login = "supervisor1" if tenant == "tenant_1" else "supervisor2"
    return await Desk.sign_in(app, model, staff(login, Role.SUPERVISOR, tenant=tenant))


async def searches(app: App) -> list[AuditEvent]:
    store = await app.trail.store()
    found = await store.select(EventFilter(types=frozenset({AuditEventType.DATA_ACCESSED})))
    return [event for event in found if event.action == "search"]


@pytest.mark.parametrize(
    ("asked", "which"),
    [
        ("umbrella", [0]),
        ("UMBRELLA balance", [0]),
        ("customer:cust_2", [1]),
        ("user:customer2 boat", [1]),
        ("tool:get_account_balance decision:denied", [1, 0]),
        ("agent:accounts since:2020-01-01", [1, 0]),
        ("decision:denied until:2020-01-01", []),
        ("umbrella boat", []),
        ("severity:critical", []),
    ],
)
async def test_a_supervisor_finds_conversations(
    app: App, scripted_model: ScriptedModel, talks: list[str], asked: str, which: list[int]
) -> None:
    desk = await supervisor(app, scripted_model)
    screen = await desk.say(f"/replay find {asked}")
    assert screen.choices == [f"/replay {talks[place]}" for place in which]
    assert ("No conversation fits" in screen.shown) is (which == [])


async def test_people_in_need_are_found_by_what_they_were_told(app: App, scripted_model: ScriptedModel) -> None:
    customer = await Desk.sign_in(app, scripted_model, principal())
    await customer.say("I want to kill myself")
    await eventually(lambda: caught_up(app))
    desk = await supervisor(app, scripted_model)
    assert (await desk.say("/replay find care:self_harm")).choices == [f"/replay {customer.conversation_id}"]
    assert (await desk.say("/replay find care:abuse")).choices == []


async def test_a_search_is_on_the_record_sealed_and_before_its_list(
    app: App, scripted_model: ScriptedModel, talks: list[str]
) -> None:
    desk = await supervisor(app, scripted_model)
    await desk.say("/replay find umbrella")
    await desk.say("/replay find customer:cust_2")
    words, customer = await searches(app)
    assert (words.user_id, words.resource_type) == ("supervisor1", "conversation_index")
    assert (words.metadata or {})["search"] == {"words": "umbrella"}
    assert (customer.resource_type, customer.resource_id) == ("customer", "cust_2")
    store = await app.trail.store()
    stored = await store.read(lambda reader: [row.body for row in reader.of_stream(words.stream_id or "")])
    assert not any(b"umbrella" in body for body in stored)


async def test_another_tenants_supervisor_finds_nothing(
    app: App, scripted_model: ScriptedModel, talks: list[str]
) -> None:
    desk = await supervisor(app, scripted_model, tenant="tenant_2")
    for asked in ("umbrella", "customer:cust_1", "tool:get_account_balance", "tenant_1 umbrella"):
        assert (await desk.say(f"/replay find {asked}")).choices == []


async def test_whoever_may_not_read_the_record_may_not_search_it(
    app: App, scripted_model: ScriptedModel, talks: list[str]
) -> None:
    for who in (principal(), staff("teller1", Role.TELLER), staff("admin1", Role.ADMINISTRATOR)):
        desk = await Desk.sign_in(app, scripted_model, who)
        screen = await desk.say("/replay find umbrella")
        assert screen.choices == [] and await guards(desk) == ["access.record_not_allowed"]
    assert await searches(app) == []


async def test_without_the_index_the_list_of_the_record_is_shown_and_says_so(
    app: App, scripted_model: ScriptedModel, talks: list[str]
) -> None:
    await app.index.stop()
    desk = await supervisor(app, scripted_model)
    screen = await desk.say("/replay find umbrella")
    assert "not available right now" in screen.shown
    assert screen.choices == [f"/replay {one}" for one in reversed(talks)]
    screen = await desk.say("/replay find customer:cust_1")
    assert "conversations of cust_1" in screen.shown and screen.choices == [f"/replay {talks[0]}"]
    assert len(await searches(app)) == 2


async def test_a_search_says_how_far_behind_it_is(
    app: App, scripted_model: ScriptedModel, talks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer = app.index._consumer
    assert consumer is not None
    monkeypatch.setattr(consumer, "step", _never)
    await eventually(lambda: behind(app))
    desk = await supervisor(app, scripted_model)
    assert "behind the record" in (await desk.say("/replay find umbrella")).shown


async def _never() -> None:
    await asyncio.sleep(0.01)


async def behind(app: App) -> bool:
    await app.trail.log_login("tenant_1", "teller1", success=True)
    return (await app.index.lag()).events > 0


@pytest.mark.parametrize(
    "asked",
    ["", "decision:perhaps", "severity:loud", "since:yesterday", "care:all", "until:2026-13-01", "x" * 301],
)
async def test_a_search_that_cannot_be_read_is_answered_with_how_to_ask(
    app: App, scripted_model: ScriptedModel, asked: str
) -> None:
    desk = await supervisor(app, scripted_model)
    assert "/replay find" in (await desk.say(f"/replay find {asked}")).shown
    assert await guards(desk) == ["replay.search_unclear"]


def test_days_are_days_in_sydney() -> None:
    query = read_query("since:2026-11-23 until:2026-11-23")
    assert query.since is not None and query.until is not None
    assert (query.since.utcoffset(), (query.until - query.since).days) == (query.until.utcoffset(), 1)
    with pytest.raises(InvalidInput):
        read_query("until:9999-12-31")

"""What administrators and operators do with logins, who may, and what is on the record of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.identity.house import ADMIN, BROWSER, OPERATOR, PASSWORD, House
from ultracore.errors import AuditUnavailable
from ultracore.identity import Actor, IdentityRefused, NewLogin, Term
from ultracore.principal import Role

CLERK = NewLogin(login="clerk7", tenant_id="tenant_1", roles=frozenset({Role.TELLER}), name="Clara Clerk")
STRANGER = Actor(name="boss9", tenant_id="tenant_2")


async def test_a_login_is_added_and_signs_in_after_its_link_was_used(each_house: House) -> None:
    house = each_house
    change = await house.demo.add(ADMIN, CLERK)
    assert await house.bank.users.authenticate("clerk7", "") is None
    listed = await house.demo.book.page("tenant_1", "CLARA")
    assert [(one.login, one.state) for one in listed] == [("clerk7", "invited")]
    await house.credentials.set_by_link(change.token or "", PASSWORD, BROWSER)
    person = await house.bank.users.authenticate("clerk7", PASSWORD)
    assert person is not None and person.roles == {Role.TELLER} and person.tenant_id == "tenant_1"
    assert await house.events() == [
        "data_modified user.add success clerk7",
        "role_assigned user.role.give success clerk7",
        "password_reset password.used success clerk7",
    ]


@pytest.mark.parametrize(
    ("login", "code"),
    [
        ("admin1", "identity.taken"),
        ("adminl", "identity.look_alike"),
        ("custorner1", "identity.look_alike"),
        ("Clerk7", "identity.name"),
        ("clеrk7", "identity.name"),  # noqa: RUF001 - the Cyrillic letter is the point
        ("x", "identity.name"),
        ("c" * 10_000, "identity.name"),
        ("a b c", "identity.name"),
    ],
)
async def test_a_name_that_misleads_is_refused(house: House, login: str, code: str) -> None:
    with pytest.raises(IdentityRefused) as refusal:
        await house.demo.add(ADMIN, replace(CLERK, login=login))
    assert refusal.value.code == code
    assert await house.events() == []


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (replace(CLERK, tenant_id="tenant_9"), "identity.tenant"),
        (replace(CLERK, tenant_id="tenant_2"), "identity.tenant"),
        (replace(CLERK, roles=frozenset()), "identity.roles"),
        (replace(CLERK, roles=frozenset({Role.CUSTOMER})), "identity.roles"),
        (replace(CLERK, roles=frozenset({Role.VISITOR})), "identity.roles"),
        (replace(CLERK, roles=frozenset({Role.VISITOR}), customer_id="cust_1"), "identity.roles"),
        (replace(CLERK, customer_id="cust_1"), "identity.roles"),
        (replace(CLERK, roles=frozenset({Role.CUSTOMER}), customer_id="cust_9"), "identity.customer"),
        (replace(CLERK, name="x" * 10_000), "identity.display_name"),
        (replace(CLERK, name="a\u202eb"), "identity.display_name"),
    ],
)
async def test_a_login_that_cannot_be_is_refused(house: House, wish: NewLogin, code: str) -> None:
    with pytest.raises(IdentityRefused) as refusal:
        await house.demo.add(ADMIN, wish)
    assert refusal.value.code == code


async def test_disabling_ends_the_sessions_that_other_processes_know(each_house: House) -> None:
    house = each_house
    await house.add("clerk7", Role.TELLER)
    person = await house.bank.users.authenticate("clerk7", PASSWORD)
    assert person is not None
    session, there = person.principal("login-1"), house.standings()
    assert await there.of(session) == session
    await house.demo.disable(ADMIN, "clerk7")
    assert await there.of(session) is None
    await house.demo.enable(ADMIN, "clerk7")
    # A copy of Redis from before would bring the session back; the login has moved on.
    assert await there.of(session) is None and await house.standings().of(session) is None
    again = await house.bank.users.authenticate("clerk7", PASSWORD)
    assert again is not None and await there.of(again.principal("login-2")) is not None


async def test_a_role_that_is_taken_away_is_gone_from_open_sessions(house: House) -> None:
    await house.add("clerk7", Role.TELLER, Role.LENDER)
    person = await house.bank.users.authenticate("clerk7", PASSWORD)
    assert person is not None
    session = person.principal("login-1")
    await house.demo.take_role(ADMIN, "clerk7", Role.LENDER)
    found = await house.standings().of(session)
    assert found is not None and found.roles == {Role.TELLER} and found.login_id == "login-1"
    await house.demo.take_role(ADMIN, "clerk7", Role.TELLER)
    assert await house.standings().of(session) is None
    assert (await house.events())[-1] == "role_revoked user.role.take success clerk7"


async def test_a_role_counts_within_its_term_only(house: House) -> None:
    await house.add("clerk7", Role.TELLER)
    begins = house.clock() + timedelta(days=1)
    term = Term(since=begins, until=begins + timedelta(days=1))
    await house.demo.give_role(ADMIN, "clerk7", Role.LENDER, term)
    assert await house.roles("clerk7") == {Role.TELLER}
    house.clock.advance(86_400)
    assert await house.roles("clerk7") == {Role.TELLER, Role.LENDER}
    house.clock.advance(86_400)
    assert await house.roles("clerk7") == {Role.TELLER}
    with pytest.raises(IdentityRefused, match="over"):
        await house.demo.give_role(ADMIN, "clerk7", Role.LENDER, term)


async def test_a_privileged_role_takes_a_second_administrator(each_house: House) -> None:
    house = each_house
    boss = await house.second_administrator()
    await house.add("clerk7", Role.TELLER)
    change = await house.demo.give_role(ADMIN, "clerk7", Role.SUPERVISOR)
    assert await house.roles("clerk7") == {Role.TELLER}
    (wish,) = await house.demo.waiting("tenant_1")
    assert (wish,) == change.waiting
    with pytest.raises(IdentityRefused, match="same person"):
        await house.demo.confirm(ADMIN, wish.request_id)
    await house.demo.confirm(boss, wish.request_id)
    assert await house.roles("clerk7") == {Role.TELLER, Role.SUPERVISOR}
    with pytest.raises(IdentityRefused, match="waits"):
        await house.demo.confirm(boss, wish.request_id)
    assert (await house.events())[-3:] == [
        "role_assigned user.role.give requested clerk7",
        "permission_denied user.change denied clerk7",
        "role_assigned user.role.give success clerk7",
    ]


async def test_nobody_confirms_what_is_about_themselves_or_for_another_bank(house: House) -> None:
    boss = await house.second_administrator()
    await house.demo.give_role(ADMIN, "boss2", Role.SUPERVISOR)
    (wish,) = await house.demo.waiting("tenant_1")
    for other in (boss, STRANGER):
        with pytest.raises(IdentityRefused):
            await house.demo.confirm(other, wish.request_id)
    assert await house.roles("boss2") == {Role.ADMINISTRATOR}


async def test_a_wish_ends_by_a_no_or_by_time(house: House) -> None:
    boss = await house.second_administrator()
    await house.add("clerk7", Role.TELLER)
    for role in (Role.SUPERVISOR, Role.AUDITOR):
        await house.demo.give_role(ADMIN, "clerk7", role)
    first, second = await house.demo.waiting("tenant_1")
    await house.demo.decline(boss, first.request_id)
    assert (await house.events())[-1] == "role_assigned user.role.give declined clerk7"
    house.clock.advance(86_400)
    with pytest.raises(IdentityRefused, match="waits"):
        await house.demo.confirm(boss, second.request_id)
    assert await house.roles("clerk7") == {Role.TELLER}


async def test_in_production_the_command_line_only_asks_for_what_takes_two_persons(house: House) -> None:
    asked = await house.production.add(OPERATOR, replace(CLERK, roles=frozenset({Role.ADMINISTRATOR})))
    assert [one.role for one in asked.waiting] == [Role.ADMINISTRATOR]
    assert await house.roles("clerk7") == set()
    reset = await house.production.reset(OPERATOR, "customer1")
    assert reset.token is None and [one.act for one in reset.waiting] == ["reset"]
    linked = await house.production.link_customer(OPERATOR, "customer1", "cust_2")
    assert [one.act for one in linked.waiting] == ["link"]
    boss = await house.second_administrator()
    assert (await house.demo.confirm(boss, reset.waiting[0].request_id)).token is not None
    await house.demo.confirm(boss, linked.waiting[0].request_id)
    person = await house.bank.users.get("customer1")
    assert person is not None and person.customer_id == "cust_2"


async def test_an_administrator_of_another_bank_changes_nothing_and_is_on_the_record(house: House) -> None:
    for act in (house.demo.disable, house.demo.reset, house.demo.revoke, house.demo.enable):
        with pytest.raises(IdentityRefused, match="no such login"):
            await act(STRANGER, "teller1")
    with pytest.raises(IdentityRefused, match="no such login"):
        await house.demo.give_role(STRANGER, "teller1", Role.LENDER)
    assert await house.events() == ["permission_denied user.change denied teller1"] * 5


async def test_the_last_administrator_stays(each_house: House) -> None:
    house = each_house
    for act in (
        house.demo.disable(OPERATOR, "admin1"),
        house.demo.take_role(OPERATOR, "admin1", Role.ADMINISTRATOR),
    ):
        with pytest.raises(IdentityRefused, match="last administrator"):
            await act
    assert await house.roles("admin1") == {Role.ADMINISTRATOR}
    assert (await house.events())[-1] == "role_revoked user.role.take failure admin1"


async def test_of_two_administrators_who_close_each_other_one_stays(each_house: House) -> None:
    house = each_house
    boss = await house.second_administrator()
    done = await asyncio.gather(
        house.demo.disable(ADMIN, "boss2"), house.demo.disable(boss, "admin1"), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done) == ["Granted", "IdentityRefused"]
    assert len([name for name in ("admin1", "boss2") if await house.roles(name)]) == 1


async def test_an_administrator_cannot_close_their_own_login(house: House) -> None:
    await house.second_administrator()
    with pytest.raises(IdentityRefused, match="own login"):
        await house.demo.disable(ADMIN, "admin1")


async def test_without_the_record_nothing_is_changed(house: House) -> None:
    await (await house.trail.store()).close()
    with pytest.raises(AuditUnavailable):
        await house.demo.disable(OPERATOR, "teller1")
    assert await house.roles("teller1") == {Role.TELLER}

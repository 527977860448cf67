"""Passwords: set by a link that works once, changed by somebody who knows the old one, never a common one."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from tests.banking.ledgers import in_file, raw
from tests.identity.house import ADMIN, BROWSER, OPERATOR, PASSWORD, House
from ultracore.errors import SignInRefused
from ultracore.identity import Granted, IdentityRefused, LinkInvalid


async def a_link(house: House, login: str = "teller1") -> str:
    change: Granted = await house.demo.reset(OPERATOR, login)
    assert change.token is not None
    return change.token


async def test_a_link_works_once_and_looking_consumes_nothing(each_house: House) -> None:
    house, token = each_house, await a_link(each_house)
    for _ in range(3):
        assert (await house.credentials.owner(token)).login == "teller1"
    await house.credentials.set_by_link(token, PASSWORD, BROWSER)
    with pytest.raises(LinkInvalid):
        await house.credentials.set_by_link(token, PASSWORD + "!", BROWSER)
    assert await house.bank.users.authenticate("teller1", PASSWORD) is not None
    assert await house.bank.users.authenticate("teller1", "demo") is None


async def test_of_two_who_use_a_link_at_once_one_sets_the_password(each_house: House) -> None:
    token = await a_link(each_house)
    tries = [each_house.credentials.set_by_link(token, f"{PASSWORD} {n}", BROWSER) for n in range(3)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["LinkInvalid", "LinkInvalid", "LoginView"]


async def test_a_link_ends_after_half_an_hour_by_another_one_and_by_closing(house: House) -> None:
    first = await a_link(house)
    second = await a_link(house)
    third = await a_link(house, "lender1")
    await house.demo.disable(ADMIN, "lender1")
    for token in (first, third, "", "x" * 10_000, "\ud800"):
        with pytest.raises(LinkInvalid):
            await house.credentials.owner(token)
    house.clock.advance(30 * 60)
    with pytest.raises(LinkInvalid):
        await house.credentials.set_by_link(second, PASSWORD, BROWSER)


async def test_the_database_holds_no_link_that_works(house: House, ledger_file: Path) -> None:
    token = await a_link(house)
    with raw(in_file(ledger_file)) as connection:
        rows = [row[0] for row in connection.execute("SELECT digest FROM one_time_links")]
    assert rows == [hashlib.sha256(token.encode()).hexdigest()] and token not in rows


async def test_a_reset_ends_the_sessions_from_before(house: House) -> None:
    person = await house.bank.users.get("teller1")
    assert person is not None
    session = person.principal("login-1")
    await a_link(house)
    assert await house.standings().of(session) is None


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "fourteen chars",
        "demo" * 5,
        "123456789987654321",
        "a" * 20,
        "x" * 2_000,
        "qwerty123456789",
        "\ud800" * 20,
    ],
)
async def test_a_password_that_is_guessed_first_is_refused_and_the_link_stays_good(
    house: House, password: str
) -> None:
    token = await a_link(house)
    with pytest.raises(IdentityRefused):
        await house.credentials.set_by_link(token, password, BROWSER)
    await house.credentials.set_by_link(token, PASSWORD, BROWSER)


async def test_changing_ones_password_wants_the_old_one(house: House) -> None:
    person = await house.bank.users.get("teller1")
    assert person is not None
    session = person.principal("login-1")
    with pytest.raises(SignInRefused, match="wrong"):
        await house.credentials.change(session, "wrong", PASSWORD, BROWSER)
    await house.credentials.change(session, "demo", PASSWORD, BROWSER)
    assert await house.bank.users.authenticate("teller1", PASSWORD) is not None
    assert await house.standings().of(session) is None
    assert await house.events() == ["password_changed password.change success teller1"]

"""The set-up code: in a file for one person, for half an hour and five tries, while there is no administrator."""

from __future__ import annotations

import asyncio
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tests.banking.ledgers import in_file, raw
from tests.identity.house import BROWSER, PASSWORD, House
from ultracore.identity import FirstAdministrator, IdentityRefused, SetUp
from ultracore.principal import Role

WISH = SetUp(
    code="", tenant_id="bank_7", tenant_name="A new bank", login="first", name="Fay First", password=PASSWORD
)


@pytest.fixture
def first(house: House, ledger_file: Path, tmp_path: Path) -> FirstAdministrator:
    """Of a bank whose only administrator is closed."""
    with raw(in_file(ledger_file)) as connection:
        connection.execute("UPDATE users SET status = 'disabled' WHERE user_id = 'admin1'")
    return FirstAdministrator(house.bank.database, house.trail, tmp_path / "set-up.code", clock=house.clock)


async def offered(first: FirstAdministrator) -> SetUp:
    file = await first.offer()
    assert file is not None and stat.S_IMODE(file.stat().st_mode) == 0o600
    return replace(WISH, code=file.read_text().strip())


async def test_the_code_makes_an_administrator_once(house: House, first: FirstAdministrator) -> None:
    wish = await offered(first)
    others = [replace(wish, login=f"first{number}") for number in "abc"]
    done = await asyncio.gather(*(first.take(one, BROWSER) for one in others), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["IdentityRefused", "IdentityRefused", "NoneType"]
    made = [one.login for one in await house.demo.book.page("bank_7")]
    assert len(made) == 1 and await house.roles(made[0]) == {Role.ADMINISTRATOR}
    assert await house.bank.users.authenticate(made[0], PASSWORD) is not None
    assert not await first.is_wanted() and await first.offer() is None
    events = [event for event in await house.events("bank_7") if event.endswith(made[0])]
    assert events == [
        f"data_modified user.add success {made[0]}",
        f"role_assigned user.role.give success {made[0]}",
    ]


async def test_the_code_ends_by_five_tries_by_time_and_by_a_newer_one(
    house: House, first: FirstAdministrator
) -> None:
    wish = await offered(first)
    newer = await offered(first)
    for _ in range(4):
        with pytest.raises(IdentityRefused, match="code"):
            await first.take(wish, BROWSER)
    with pytest.raises(IdentityRefused) as short:
        await first.take(replace(newer, password="short"), BROWSER)
    assert short.value.code == "password.short"
    with pytest.raises(IdentityRefused, match="code"):
        await first.take(newer, BROWSER)
    late = await offered(first)
    house.clock.advance(30 * 60)
    with pytest.raises(IdentityRefused, match="code"):
        await first.take(late, BROWSER)
    assert await first.is_wanted()
    assert (await house.events("none"))[-1] == "login_failed login failure None"


async def test_where_there_is_an_administrator_there_is_no_code(house: House, tmp_path: Path) -> None:
    first = FirstAdministrator(house.bank.database, house.trail, tmp_path / "set-up.code", clock=house.clock)
    assert await first.offer() is None and not (tmp_path / "set-up.code").exists()
    with pytest.raises(IdentityRefused, match="code"):
        await first.take(WISH, BROWSER)

"""What codes have brought, in SQL: a code is used once, a session goes on, and ends for good."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.banking.support import told
from ultracore.banking.store import Database
from ultracore.banking.store.tables import widget_codes
from ultracore.keysets import GivenKeys
from ultracore.widget import LaunchRefused, WidgetSessions
from ultracore.widget.codes import LaunchCode, SignOutNotice
from ultracore.widget.hosts import WidgetHost

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
HOST = WidgetHost("https://www.bank.example", "tenant_1", GivenKeys(()))
OTHER = WidgetHost("https://other.example", "tenant_1", GivenKeys(()))


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def code(code_id: str, session: str | None = "s1", user: str = "customer1", host: WidgetHost = HOST) -> LaunchCode:
    ends = NOW + timedelta(seconds=60)
    return LaunchCode(host=host, user_id=user, code_id=code_id, session=session, ends_at=ends)


@pytest.fixture
def sessions(database: Database) -> WidgetSessions:
    return WidgetSessions(database, digest, lambda: NOW)


async def test_of_ten_that_use_a_code_at_once_one_succeeds(sessions: WidgetSessions) -> None:
    tries = (told(partial(sessions.spend, code("c1", None), None, f"login-{number}")) for number in range(10))
    done = await asyncio.gather(*tries, return_exceptions=True)
    refused = [one for one in done if isinstance(one, LaunchRefused)]
    assert len(refused) == 9 and {one.code for one in refused} == {"launch.used"}
    assert (await sessions.spend(code("c1", None, host=OTHER), None, "x")).login_id == "x", (
        "ids are each host's own"
    )


async def test_a_session_goes_on_in_one_login_and_others_have_their_own(sessions: WidgetSessions) -> None:
    assert await sessions.login_of(code("a")) is None
    assert (await sessions.spend(code("a"), None, "login-1")).login_id == "login-1"
    assert await sessions.login_of(code("b")) == "login-1"
    assert (await sessions.spend(code("b"), "login-1", "login-1")).since == NOW
    # A tab that had seen nothing was slower than the one that began it.
    assert (await sessions.spend(code("c"), None, "login-2")).login_id == "login-1"
    for other in (code("d", "s2"), code("e", user="customer2"), code("f", host=OTHER)):
        assert await sessions.login_of(other) is None


async def test_no_code_of_an_ended_session_brings_anything(sessions: WidgetSessions) -> None:
    await sessions.spend(code("a"), None, "login-1")
    assert await sessions.end(SignOutNotice(HOST, "customer1", "s1")) == "login-1"
    assert await sessions.has_ended(code("b"))
    with pytest.raises(LaunchRefused) as refused:
        await sessions.spend(code("b"), "login-1", "login-2")
    assert refused.value.code == "launch.ended"
    # Of a session that was never seen here too: a code of it may be on its way.
    assert await sessions.end(SignOutNotice(HOST, "customer1", "never")) is None
    with pytest.raises(LaunchRefused):
        await sessions.spend(code("c", "never"), None, "login-3")
    assert not await sessions.has_ended(code("d", "s1", "customer2"))


async def test_what_is_long_over_is_forgotten(database: Database) -> None:
    later = [NOW]
    sessions = WidgetSessions(database, digest, lambda: later[0])
    await sessions.spend(code("a"), None, "login-1")
    later[0] = NOW + timedelta(minutes=12)
    await sessions.spend(code("b", None), None, "x")
    async with database.read() as connection:
        count = (await connection.execute(select(func.count()).select_from(widget_codes))).scalar_one()
    assert count == 1 and await sessions.login_of(code("c")) == "login-1"

"""The page that asks for a link by mail: the same for a login and for a name that no login has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from tests.admin.test_set_up_page import ORIGIN, over
from tests.banking.ledgers import in_file, raw
from tests.identity.house import House
from ultracore.admin import AdminParts
from ultracore.admin.wishes import OF_A_NAME, OF_A_NETWORK, LinkWishes
from ultracore.audit.defaults import master_key
from ultracore.cache import RateLimiter, RedisClient
from ultracore.cache.server.service import EmbeddedRedis
from ultracore.cache.stores import LoginSessions, LoginThrottle
from ultracore.identity import IdentityServices
from ultracore.settings import Settings

FROM_US = {"Origin": ORIGIN}


@pytest.fixture
async def parts(house: House, tmp_path: Path) -> AsyncIterator[AdminParts]:
    master = master_key(Settings(data_dir=tmp_path))
    identity = IdentityServices.over(
        house.bank, house.trail, tmp_path, master, operators_alone=False, sends_mail=True, clock=house.clock
    )
    assert identity.mail_queue is not None
    async with EmbeddedRedis(tmp_path) as redis:
        client = RedisClient(redis.endpoint, call_seconds=10.0)
        wishes = LinkWishes(identity.mail_queue, RateLimiter(client), master.digest)
        sessions, throttle = cast(LoginSessions, None), cast(LoginThrottle, None)
        yield AdminParts(
            identity=identity, logins=sessions, throttle=throttle, public_address=ORIGIN, wishes=wishes
        )
        await client.aclose()


def waiting(ledger_file: Path) -> list[str]:
    with raw(in_file(ledger_file)) as connection:
        return [row[0] for row in connection.execute("SELECT user_id FROM mail_queue ORDER BY user_id")]


async def test_a_login_and_a_made_up_name_get_the_same_answer_and_the_same_limit(
    parts: AdminParts, ledger_file: Path
) -> None:
    async with over(parts) as browser:
        assert "Send me a link" in (await browser.get("/forgot-password")).text
        for _ in range(OF_A_NAME):
            known, unknown = [
                await browser.post("/forgot-password", data={"login": name}, headers=FROM_US)
                for name in ("customer1", "nobody-here")
            ]
            assert known.status_code == unknown.status_code == 200 and known.text == unknown.text
        for name in ("customer1", "nobody-here"):
            limited = await browser.post("/forgot-password", data={"login": name}, headers=FROM_US)
            assert limited.status_code == 429 and "asked for too often" in limited.text
    assert waiting(ledger_file) == ["customer1"] * OF_A_NAME + ["nobody-here"] * OF_A_NAME


async def test_a_network_asks_a_few_times_an_hour_whatever_the_names(parts: AdminParts) -> None:
    async with over(parts) as browser:
        answers = [
            await browser.post("/forgot-password", data={"login": f"name{n}"}, headers=FROM_US)
            for n in range(OF_A_NETWORK + 1)
        ]
    assert [one.status_code for one in answers] == [200] * OF_A_NETWORK + [429]


async def test_what_is_no_name_is_answered_alike_and_not_kept(parts: AdminParts, ledger_file: Path) -> None:
    async with over(parts) as browser:
        odd = await browser.post("/forgot-password", data={"login": "my pass word!"}, headers=FROM_US)
        known = await browser.post("/forgot-password", data={"login": "customer1"}, headers=FROM_US)
        empty = await browser.post("/forgot-password", data={"login": " "}, headers=FROM_US)
        long = await browser.post("/forgot-password", data={"login": "x" * 10_000}, headers=FROM_US)
        foreign = await browser.post(
            "/forgot-password", data={"login": "customer1"}, headers={"Origin": "http://evil.example"}
        )
    assert odd.text == known.text and foreign.status_code == 403
    assert empty.status_code == long.status_code == 400
    assert waiting(ledger_file) == ["", "customer1"]


async def test_without_a_mail_server_there_is_no_such_page(parts: AdminParts) -> None:
    sessions, throttle = cast(LoginSessions, None), cast(LoginThrottle, None)
    without = AdminParts(identity=parts.identity, logins=sessions, throttle=throttle, public_address=ORIGIN)
    async with over(without) as browser:
        assert (await browser.get("/forgot-password")).status_code == 404
        sent = await browser.post("/forgot-password", data={"login": "customer1"}, headers=FROM_US)
    assert sent.status_code == 404

"""Guesses from a whole /24 at one login: its owner comes in at once on a known device, elsewhere in a minute."""

from __future__ import annotations

import asyncio
import random
import re
import tempfile
from pathlib import Path

import httpx

from tests.support.app import RunningApp, running_app

FULL_RUNS = 10_000
OWNER = "customer1"
AT_ONCE = 50


async def knock(client: httpx.AsyncClient, password: str, address: str, user: str = OWNER) -> httpx.Response:
    """One sign-in, as a listed proxy hands it on for a browser at `address`."""
    form = {"username": user, "password": password}
    return await client.post("/login", data=form, headers={"X-Forwarded-For": address})


def run(runs: int, seed: int) -> str:
    """The proof: `runs` is the number of guesses."""
    with tempfile.TemporaryDirectory(prefix="ultracore-sign-in-") as name:
        with running_app(Path(name), {"ULTRACORE_TRUSTED_PROXIES": "127.0.0.0/8"}) as app:
            waited = asyncio.run(attack(app, runs, seed))
            checked = failures(app)
    assert checked < runs / 2 + 30, f"{checked} of {runs} guesses were checked"
    return f"{runs} guesses, {checked} checked; known device: at once; new device: after {waited:.0f} s"


def failures(app: RunningApp) -> int:
    """How many guesses were checked: each leaves its event."""
    rows = app.command("audit", "export", "--all", "--tenant", "tenant_1").splitlines()
    return sum('"event_type":"login_failed"' in row for row in rows)


async def attack(app: RunningApp, guesses: int, seed: int) -> float:
    """Guess, sign the owner in on both devices; the seconds that the new one had to wait."""
    chance = random.Random(seed)  # noqa: S311 - seeded on purpose
    async with (
        httpx.AsyncClient(base_url=app.url, timeout=30) as known,
        httpx.AsyncClient(base_url=app.url, timeout=60) as enemy,
        httpx.AsyncClient(base_url=app.url, timeout=30) as new,
    ):
        assert (await knock(known, "demo", "192.0.2.1")).status_code == 200
        limit = asyncio.Semaphore(AT_ONCE)

        async def guess(number: int) -> int:
            async with limit:
                address = f"198.51.100.{chance.randrange(256)}"
                return (await knock(enemy, f"wrong {number}", address)).status_code

        codes = await asyncio.gather(*(guess(number) for number in range(guesses)))
        assert set(codes) <= {401, 429}
        assert (await knock(known, "demo", "192.0.2.1")).status_code == 200
        # A known device is let in by a count of its own, which forgives the others nothing.
        return await come_in(new)


async def come_in(client: httpx.AsyncClient) -> float:
    """Sign in as the sentence says; the seconds that it took. A minute at most."""
    began = asyncio.get_running_loop().time()
    while (answer := await knock(client, "demo", "203.0.113.9")).status_code == 429:
        told = re.search(r"(\d+) seconds?", answer.json()["detail"])
        assert told, answer.text
        assert int(told.group(1)) <= 60
        await asyncio.sleep(int(told.group(1)))
    assert answer.status_code == 200, answer.text
    waited = asyncio.get_running_loop().time() - began
    assert waited <= 61
    return waited

"""The helpers that keep wall time out of assertions fail where they should."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.deadlines import gives_up, growth


async def test_what_waits_for_ever_is_a_failure() -> None:
    with pytest.raises(AssertionError, match="still waited after"):
        async with gives_up(within=0.05):
            await asyncio.Event().wait()


async def test_what_gives_up_by_itself_keeps_its_own_error() -> None:
    with pytest.raises(TimeoutError):
        async with gives_up(within=30), asyncio.timeout(0.01):
            await asyncio.Event().wait()


def test_quadratic_work_is_told_from_linear_work() -> None:
    def linear(size: int) -> int:
        return sum(range(size * 200))

    def quadratic(size: int) -> int:
        return sum(range(size * size))

    assert growth(quadratic, 500, 2000) > 10 > growth(linear, 500, 2000)

"""Prices, trades and the chosen target of the demo portfolio, and the cards of the other demo customers.

Prices follow a random walk from a fixed seed, bent so that it meets the prices of the purchases and today's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.demo.history import DAYS
from ultracore.banking.demo.world import HOLDINGS, DemoHolding
from ultracore.banking.store.tables import cards, investment_profiles, prices, securities, trades

_SEED: Final = 20_261_124
_ASSET_CLASSES: Final = {"AUEQ": "australian_shares", "GLEQ": "global_shares", "AUBD": "fixed_interest"}
_A_YEAR_AGO_CENTS: Final = {"AUEQ": 93_40, "GLEQ": 107_15, "AUBD": 51_30}
_DAILY_MOVE: Final = {"AUEQ": 0.006, "GLEQ": 0.007, "AUBD": 0.002}
_MORE_CARDS: Final = (("card_2", "acc_3", "4406"), ("card_3", "acc_5", "8830"), ("card_4", "acc_5", "8848"))

Row = Mapping[str, Any]


async def seed_wealth_and_security(connection: AsyncConnection, moment: datetime) -> None:
    """Write the rows in the seeding's transaction, once people, accounts and holdings are there."""
    today = moment.date()
    first = today - timedelta(days=DAYS)
    for table, rows in (
        (securities, [_security(holding) for holding in HOLDINGS]),
        (prices, [row for holding in HOLDINGS for row in _prices(holding, first)]),
        (trades, [row for holding in HOLDINGS for row in _trades(holding, first)]),
        (cards, [_card(*card, moment) for card in _MORE_CARDS]),
    ):
        await connection.execute(insert(table), rows)
    chosen = {"customer_id": "cust_1", "profile": "balanced", "chosen_on": today - timedelta(days=420)}
    await connection.execute(insert(investment_profiles), [chosen])


def _security(holding: DemoHolding) -> Row:
    return {"symbol": holding.symbol, "name": holding.name, "asset_class": _ASSET_CLASSES[holding.symbol]}


def _trades(holding: DemoHolding, first: date) -> Iterator[Row]:
    for number, (day, units, cents) in enumerate(holding.buys, start=1):
        yield {
            "trade_id": f"trd_{holding.symbol.lower()}_{number}",
            "account_id": "acc_6",
            "symbol": holding.symbol,
            "day": first + timedelta(days=day),
            "units": units,
            "price_minor": cents,
        }


def _prices(holding: DemoHolding, first: date) -> Iterator[Row]:
    """Closing prices of the working days, and of the days of purchases."""
    anchors = {0: _A_YEAR_AGO_CENTS[holding.symbol], DAYS: holding.price_cents}
    anchors |= {day: cents for day, _, cents in holding.buys}
    for day, cents in _walk(anchors, _DAILY_MOVE[holding.symbol], f"{_SEED}:{holding.symbol}"):
        at = first + timedelta(days=day)
        if day in anchors or at.weekday() < 5:
            yield {"symbol": holding.symbol, "day": at, "price_minor": cents}


def _walk(anchors: Mapping[int, int], move: float, seed: str) -> Iterator[tuple[int, int]]:
    """A price for every day between the first and the last anchor, equal to the anchors if there is one."""
    random = Random(seed)  # noqa: S311 - a plausible history, not a secret
    for (begun, start), (ended, end) in pairwise(sorted(anchors.items())):
        length = ended - begun
        steps = [0.0]
        for _ in range(length):
            steps.append(steps[-1] + random.gauss(0, move))
        for day in range(length):
            share = day / length
            # The walk is bent to end at zero, so that it meets the next price that is given.
            bent = steps[day] - share * steps[length]
            yield begun + day, round(start * math.exp(share * math.log(end / start) + bent))
    yield max(anchors), anchors[max(anchors)]


def _card(card_id: str, account_id: str, digits: str, moment: datetime) -> Row:
    return {
        "card_id": card_id,
        "account_id": account_id,
        "last_digits": digits,
        "status": "active",
        "expires_on": (moment + timedelta(days=600)).date().replace(day=1),
    }

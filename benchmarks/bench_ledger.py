"""The ledger beside bare drivers that send the same statements: 20 writers on PostgreSQL, and reads on both.

A writer prepares, opens, claims and settles transfers between two accounts of one customer, one after another.
Each has a customer of its own, and its first transfers do not count. The statements of one such round are recorded
with their parameters and sent again, by as many tasks over bare asyncpg, to a fresh copy of the same database: the
same transactions and isolation. Reads are a balance, a customer 360 of 90 days and a trial balance, over a journal
of `LINES` lines; bare is `sqlite3` or asyncpg that fetches every row of the same statements, and makes nothing of
them. PostgreSQL is measured if its programs are installed.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.ratio import Ratio
from benchmarks.support.statements import Transaction, become, recorded
from tests.support.postgres import PostgresServer, PostgresUnavailable
from ultracore.banking import Bank, sqlite_url
from ultracore.banking.demo import seed_demo_world
from ultracore.banking.store.tables import accounts, customers, entries, postings
from ultracore.principal import Principal, Role

WRITERS = 20
FIRST, TRANSFERS = 2, 10
ROUNDS = 3
READS = 5
LINES = 10_000
THROUGHPUT, P50_TIMES, READ_TIMES = 0.5, 2.0, 1.5
CPU_TIMES = 6.0
"""Ours, so that growth is seen on a machine whose other work changes times."""
WHO = ("tenant_1", "cust_3")

Call = Callable[[], Awaitable[object]]


async def run() -> list[Ratio]:
    """Every figure, ours and bare in turns."""
    with tempfile.TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder) / "ledger.db")
        await _prepare(url)
        found = await _reads("SQLite", url, partial(_of_file, Path(folder) / "ledger.db"))
    try:
        server = PostgresServer()
    except PostgresUnavailable:
        return found
    try:
        server.start()
        seeded = server.make_database()
        await _prepare(seeded)
        return [
            *await _writes(server, seeded),
            *found,
            *await _reads("PostgreSQL", seeded, partial(_of_server, seeded)),
        ]
    finally:
        server.close()


async def _prepare(url: str) -> None:
    bank = await Bank.open(url)
    try:
        await seed_demo_world(bank.database, "demo", datetime.now(UTC) - timedelta(days=1))
        # The transaction for setting up, which is given more time.
        async with bank.database.setup() as connection:
            await _fill(connection)
    finally:
        await bank.close()


async def _fill(connection: AsyncConnection) -> None:
    """The writers' customers with money, and a journal of 90 days of the demo's third customer."""
    now = datetime.now(UTC)
    for number in range(WRITERS):
        who = {"customer_id": f"cust_w{number}", "tenant_id": "tenant_1", "name": f"Writer {number}"}
        known = {"kind": "person", "since": now.date(), "kyc_status": "verified", "risk_rating": "low"}
        await connection.execute(insert(customers).values(**who, **known))
        for kind, digit in (("everyday", 1), ("savings", 2)):
            account = {"account_id": f"acc_w{number}_{digit}", "kind": kind, "name": kind, "currency": "AUD"}
            place = {"status": "active", "bsb": "733999", "number": f"9{digit}{number:06}"}
            ids = {"tenant_id": "tenant_1", "customer_id": f"cust_w{number}"}
            await connection.execute(insert(accounts).values(**account, **place, **ids))
    moves = [(now - timedelta(days=91), "acc_3", f"acc_w{number}_1", 1) for number in range(WRITERS)]
    step = timedelta(days=90) / (LINES // 2)
    moves += [
        (now - step * number, *(("acc_5", "acc_3") if number % 2 else ("acc_3", "acc_5")), 1_000)
        for number in range(LINES // 2, 0, -1)
    ]
    rich = "UPDATE balances SET balance_minor = balance_minor + 100000000 WHERE account_id LIKE 'acc_w%'"
    await connection.execute(text(rich))
    for start in range(0, len(moves), 500):
        part = list(enumerate(moves[start : start + 500], start))
        await connection.execute(insert(entries), [_entry(number, move[0]) for number, move in part])
        await connection.execute(
            insert(postings), [line for number, move in part for line in _lines(number, *move)]
        )
        names = [f"ent_bench_{number}" for number, _ in part]
        await connection.execute(update(entries).where(entries.c.entry_id.in_(names)).values(posted=1))


def _entry(number: int, at: datetime) -> dict[str, Any]:
    return {
        "entry_id": f"ent_bench_{number}",
        "sequence": 10_000_000 + number,
        "tenant_id": "tenant_1",
        "kind": "transfer",
        "description": "A purchase",
        "posted_at": at,
        "intent_event_id": f"seed:bench:{number}",
        "idempotency_key": f"bench:{number}",
        "receipt_number": f"R-BENCH-{number}",
    }


def _lines(number: int, _at: datetime, source: str, into: str, cents: int) -> list[dict[str, Any]]:
    return [
        {
            "entry_id": f"ent_bench_{number}",
            "line": line,
            "account_id": account,
            "amount_minor": minor,
            "currency": "AUD",
        }
        for line, account, minor in ((0, source, -cents), (1, into, cents))
    ]


async def _writes(server: PostgresServer, seeded: str) -> list[Ratio]:
    name = seeded.rpartition("/")[2]
    with recorded() as sent:
        await _ours(server, name)
    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(await _ours(server, name))
        bare.append(await _bare(server, name, sent))
    fastest, bare_fastest = (max(one.rate for one in found) for found in (ours, bare))
    middle, bare_middle = (min(one.median for one in found) for found in (ours, bare))
    worked, bare_worked = (min(one.worked for one in found) for found in (ours, bare))
    what = f"{WRITERS} writers, PostgreSQL"
    return [
        Ratio(what, "asyncpg, same statements", fastest, bare_fastest, "transfers/s", THROUGHPUT, "at_least"),
        Ratio(f"{what}, p50", "asyncpg", middle, bare_middle, "ms", P50_TIMES, "at_most"),
        Ratio(
            "a transfer's processor time in the client", "asyncpg", worked, bare_worked, "ms", CPU_TIMES, "at_most"
        ),
    ]


async def _ours(server: PostgresServer, template: str) -> _Figures:
    url = server.make_database(template)
    bank = await Bank.open(url)
    try:
        return await _timed([partial(_transfer, bank, number) for number in range(WRITERS)])
    finally:
        await bank.close()
        server.drop_database(url)


async def _transfer(bank: Bank, writer: int, number: int) -> None:
    become(f"writer {writer}")
    who = Principal(
        tenant_id="tenant_1",
        user_id=f"w{writer}",
        login_id="login",
        roles=frozenset({Role.CUSTOMER}),
        customer_id=f"cust_w{writer}",
    )
    source, into = f"acc_w{writer}_1", f"acc_w{writer}_2"
    terms = await bank.ledger.prepare_transfer("tenant_1", f"cust_w{writer}", source, into, "1.00")
    conversation = f"{writer}-{number}"
    proposal = await bank.proposals.open(
        terms,
        principal=who,
        conversation_id=conversation,
        turn_id="turn",
        reference="ref",
        tool="execute_transaction",
        arguments={},
        arguments_digest="digest",
        seconds=120,
    )
    await bank.proposals.claim(proposal.proposal_id, "login", conversation)
    await bank.proposals.settle(proposal.proposal_id, f"evt-{conversation}")


async def _bare(server: PostgresServer, template: str, sent: dict[str, list[Transaction]]) -> _Figures:
    url = server.make_database(template)
    links = [await asyncpg.connect(url) for _ in range(WRITERS)]
    try:
        return await _timed(
            [partial(_send_transfer, link, sent[f"writer {number}"]) for number, link in enumerate(links)]
        )
    finally:
        for link in links:
            await link.close()
        server.drop_database(url)


async def _send_transfer(link: Any, sent: Sequence[Transaction], number: int) -> None:
    each = len(sent) // TRANSFERS
    for transaction in sent[number * each : (number + 1) * each]:
        await _send(link, transaction)


async def _send(link: Any, transaction: Transaction) -> None:
    how = {"isolation": "repeatable_read", "readonly": True} if transaction.reads else {}
    async with link.transaction(**how):
        for one in transaction.statements:
            for parameters in one.parameters:
                await link.fetch(one.sql, *parameters)


@dataclass(frozen=True, slots=True)
class _Figures:
    """Transfers a second; the median time of one and its CPU in our process, in milliseconds."""

    rate: float
    median: float
    worked: float


async def _timed(writers: Sequence[Callable[[int], Awaitable[None]]]) -> _Figures:
    took: list[float] = []

    async def begin(transfer: Callable[[int], Awaitable[None]]) -> None:
        for number in range(FIRST):
            await transfer(number)

    async def write(transfer: Callable[[int], Awaitable[None]]) -> None:
        for number in range(FIRST, TRANSFERS):
            began = time.perf_counter()
            await transfer(number)
            took.append((time.perf_counter() - began) * 1000)

    await asyncio.gather(*map(begin, writers))
    began, worked = time.perf_counter(), time.process_time()
    await asyncio.gather(*map(write, writers))
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    return _Figures(len(took) / seconds, statistics.median(took), worked / len(took) * 1000)


async def _reads(name: str, url: str, open_bare: Callable[[], Awaitable[Any]]) -> list[Ratio]:
    found = []
    bank, bare = await Bank.open(url), await open_bare()
    try:
        for what, call in (
            ("balance", partial(bank.accounts.get, *WHO, "acc_5")),
            ("customer 360, 90 days", partial(_customer_360, bank)),
            ("trial balance", partial(bank.trial_balance.at, "tenant_1")),
        ):
            with recorded() as sent:
                await call()
            (transactions,) = sent.values()
            ours, theirs = await _both(call, partial(bare.send, transactions))
            line = f"{what}, {LINES:,} lines, {name}"
            found.append(Ratio(line, "the same statements, bare", ours, theirs, "ms", READ_TIMES, "at_most"))
        return found
    finally:
        await bare.close()
        await bank.close()


async def _customer_360(bank: Bank) -> None:
    now = datetime.now(UTC)
    await bank.customers.get(*WHO)
    await bank.accounts.of_customer(*WHO)
    await bank.payees.of_customer(*WHO)
    await bank.accounts.transactions(*WHO, None, since=now - timedelta(days=90), until=now, limit=50)
    await bank.risk.profile(*WHO)


class _BareFile:
    """Bare `sqlite3`, in the event loop's thread."""

    def __init__(self, path: Path) -> None:
        self._link = sqlite3.connect(path, isolation_level=None)

    async def send(self, transactions: Sequence[Transaction]) -> None:
        for transaction in transactions:
            self._link.execute("BEGIN")
            for one in transaction.statements:
                for parameters in one.parameters:
                    self._link.execute(one.sql, parameters).fetchall()
            self._link.execute("ROLLBACK")

    async def close(self) -> None:
        self._link.close()


class _BareServer:
    """Bare asyncpg over one connection."""

    def __init__(self, link: Any) -> None:
        self._link = link

    async def send(self, transactions: Sequence[Transaction]) -> None:
        for transaction in transactions:
            await _send(self._link, transaction)

    async def close(self) -> None:
        await self._link.close()


async def _of_file(path: Path) -> _BareFile:
    return _BareFile(path)


async def _of_server(url: str) -> _BareServer:
    return _BareServer(await asyncpg.connect(url))


async def _both(ours: Call, bare: Call) -> tuple[float, float]:
    """The best of `ROUNDS` in turns, in milliseconds a call."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for found, call in zip(times, (ours, bare), strict=True):
            await call()
            began = time.perf_counter()
            for _ in range(READS):
                await call()
            found.append((time.perf_counter() - began) / READS * 1000)
    # The best and not the median: a shared machine only ever adds to a time.
    return min(times[0]), min(times[1])

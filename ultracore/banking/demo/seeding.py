"""Puts the demo world into the store: once, in one transaction of the first process that comes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.access import hash_password, verify_password
from ultracore.banking.demo import world
from ultracore.banking.demo.accounts_payments import seed_accounts_and_payments
from ultracore.banking.demo.history import Movement, year_until
from ultracore.banking.demo.lending import seed_lending
from ultracore.banking.demo.wealth_security import seed_wealth_and_security
from ultracore.banking.demo.world import internal_account_id
from ultracore.banking.identifiers import letters_of, receipt_number
from ultracore.banking.payees import fold_name
from ultracore.banking.store import Database, align_numbers
from ultracore.banking.store.tables import core as schema
from ultracore.banking.store.tables import user_roles
from ultracore.banking.values import AccountKind, PayeeKind

_WORLD: Final = "demo"
_PURPOSE_OF_PAYEE: Final = {PayeeKind.BILLER: "billers", PayeeKind.EXTERNAL: "clearing"}
# Prime and coprime with 20^10: consecutive entries get receipt numbers that do not look alike, and never the same.
_SPREAD: Final = 6_700_417_000_003
_TENANT_OF: Final = {customer.customer_id: customer.tenant_id for customer in world.CUSTOMERS}
# Earlier than any clock, also one that a test has set back.
_ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)
_this_world: Final = select(schema.worlds.c.name).where(schema.worlds.c.name == _WORLD)

Rows = Sequence[Mapping[str, Any]]


async def seed_demo_world(database: Database, password: str, now: datetime | None = None) -> bool:
    """Write the demo world with a year of history that ends at `now`. True if this call wrote it.

    Idempotent, also between processes: if the world is there already, nothing changes. Raises
    `LedgerUnavailable`.
    """
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    if await is_demo_world(database):
        return False
    # Before the transaction: hashing takes a moment, and other processes would wait for the lock.
    hashes = await _hashes(password)
    movements = year_until(moment.date())
    async with database.setup() as connection:
        # Looked at again inside: another process may have been first while this one hashed.
        if (await connection.execute(_this_world)).first() is not None:
            return False
        await _people(connection, moment, hashes)
        await seed_accounts_and_payments(connection)
        await seed_lending(connection, moment)
        await seed_wealth_and_security(connection, moment)
        await _journal(connection, movements)
        await connection.execute(insert(schema.worlds).values(name=_WORLD, seeded_at=moment))
    return True


async def is_demo_world(database: Database) -> bool:
    """True if the demo world, and with it logins of one known password, is in this ledger."""
    async with database.read() as connection:
        return (await connection.execute(_this_world)).first() is not None


async def _hashes(password: str) -> dict[str, str]:
    """One salted hash a login, on both cores: hashing releases the interpreter lock."""
    made = await asyncio.gather(*(asyncio.to_thread(hash_password, password) for _ in world.LOGINS))
    return {login.user_id: hashed for login, hashed in zip(world.LOGINS, made, strict=True)}


async def renew_demo_passwords(database: Database, password: str) -> None:
    """Make this the password of every demo login, if it is not yet: the setting may have changed since.

    For the start of the app alone: a command that runs beside it may have been given other settings.
    """
    demo = schema.users.c.origin == _WORLD
    async with database.read() as connection:
        stored = (await connection.execute(select(schema.users.c.password_hash).where(demo).limit(1))).scalar()
    if stored is None or await asyncio.to_thread(verify_password, stored, password):
        return
    hashes = await _hashes(password)
    change = (
        update(schema.users)
        .where(schema.users.c.user_id == bindparam("login"))
        .values(password_hash=bindparam("hashed"))
    )
    rows = [{"login": key, "hashed": value} for key, value in sorted(hashes.items())]

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(change, rows)

    await database.write(work)


async def _people(connection: AsyncConnection, moment: datetime, hashes: Mapping[str, str]) -> None:
    for table, rows in (
        (schema.tenants, [{"tenant_id": key, "name": name} for key, name in world.TENANTS.items()]),
        (schema.customers, _customers()),
        (schema.users, _users(hashes)),
        (user_roles, _roles()),
        (schema.accounts, [*_internal_accounts(), *_accounts()]),
        (schema.payees, _payees(moment)),
        (schema.loans, _loans(moment)),
        (schema.holdings, _holdings()),
        (schema.cards, _cards(moment)),
    ):
        await connection.execute(insert(table), rows)


def _customers() -> Rows:
    return [
        {
            "customer_id": customer.customer_id,
            "tenant_id": customer.tenant_id,
            "name": customer.name,
            "kind": customer.kind,
            "since": customer.since,
            "kyc_status": "verified",
            "risk_rating": "low" if customer.kind == "person" else "medium",
        }
        for customer in world.CUSTOMERS
    ]


def _users(hashes: Mapping[str, str]) -> Rows:
    return [
        {
            "user_id": login.user_id,
            "tenant_id": login.tenant_id,
            "customer_id": login.customer_id,
            "display_name": login.display_name,
            "password_hash": hashes[login.user_id],
            "status": "active",
            "origin": _WORLD,
        }
        for login in world.LOGINS
    ]


def _roles() -> Rows:
    return [
        {"user_id": login.user_id, "role": login.role.value, "valid_from": _ALWAYS, "given_by": _WORLD}
        for login in world.LOGINS
    ]


def _account(**fields: Any) -> Mapping[str, Any]:
    return {
        "currency": "AUD",
        "status": "active",
        "bsb": world.BSB,
        "purpose": None,
        "customer_id": None,
        **fields,
    }


def _internal_accounts() -> Rows:
    places = [(tenant_id, purpose) for tenant_id in world.TENANTS for purpose in world.PURPOSES]
    return [
        _account(
            account_id=internal_account_id(tenant_id, purpose),
            tenant_id=tenant_id,
            kind=AccountKind.INTERNAL.value,
            purpose=purpose,
            name=world.PURPOSES[purpose],
            number=f"9000{position:04d}",
        )
        for position, (tenant_id, purpose) in enumerate(places, start=1)
    ]


def _accounts() -> Rows:
    return [
        _account(
            account_id=account.account_id,
            tenant_id=_TENANT_OF[account.customer_id],
            customer_id=account.customer_id,
            kind=account.kind.value,
            name=account.name,
            number=account.number,
        )
        for account in world.ACCOUNTS
    ]


def _payees(moment: datetime) -> Rows:
    rows = []
    for payee in world.PAYEES:
        tenant_id = _TENANT_OF[payee.customer_id]
        own = _PURPOSE_OF_PAYEE.get(payee.kind)
        rows.append(
            {
                "payee_id": payee.payee_id,
                "tenant_id": tenant_id,
                "customer_id": payee.customer_id,
                "name": payee.name,
                "folded_name": fold_name(payee.name),
                "kind": payee.kind.value,
                "account_id": internal_account_id(tenant_id, own) if own else payee.account_id,
                "bsb": payee.bsb,
                "number": payee.number,
                "version": 1,
                "status": "active",
                # A year ago, so that no saved payee of the demo counts as new.
                "created_at": moment - timedelta(days=365),
            }
        )
    return rows


def _loans(moment: datetime) -> Rows:
    return [
        {
            "account_id": "acc_4",
            "principal_minor": world.LOAN_PRINCIPAL_CENTS,
            "annual_rate_basis_points": world.LOAN_RATE_BASIS_POINTS,
            "term_months": world.LOAN_TERM_MONTHS,
            "instalment_minor": world.LOAN_INSTALMENT_CENTS,
            "started_on": (moment - timedelta(days=791)).date(),
        }
    ]


def _holdings() -> Rows:
    return [
        {
            "account_id": "acc_6",
            "symbol": holding.symbol,
            "name": holding.name,
            "units": holding.earlier_units + sum(units for _, units, _ in holding.buys),
            "cost_minor": holding.earlier_cost_cents + sum(units * cents for _, units, cents in holding.buys),
            "last_price_minor": holding.price_cents,
        }
        for holding in world.HOLDINGS
    ]


def _cards(moment: datetime) -> Rows:
    return [
        {
            "card_id": "card_1",
            "account_id": "acc_1",
            "last_digits": "7719",
            "status": "active",
            "expires_on": (moment + timedelta(days=800)).date().replace(day=1),
        }
    ]


async def _journal(connection: AsyncConnection, movements: Sequence[Movement]) -> None:
    numbered = list(enumerate(movements, start=1))
    await connection.execute(insert(schema.entries), [_entry(number, item) for number, item in numbered])
    await connection.execute(
        insert(schema.postings), [line for number, item in numbered for line in _lines(number, item)]
    )
    # Posted last, as in the ledger: a trigger checks that an entry's postings add up to nothing.
    post = update(schema.entries).where(schema.entries.c.entry_id == bindparam("posting_of")).values(posted=1)
    await connection.execute(post, [{"posting_of": _entry_id(number)} for number, _ in numbered])
    await align_numbers(connection)


def _entry_id(number: int) -> str:
    return f"ent_{letters_of(number)}"


def _entry(number: int, movement: Movement) -> Mapping[str, Any]:
    intent = f"seed:{_WORLD}:{number}"
    return {
        "entry_id": _entry_id(number),
        "sequence": number,
        "tenant_id": movement.tenant_id,
        "kind": movement.kind,
        "description": movement.description,
        "posted_at": movement.at,
        "intent_event_id": intent,
        "idempotency_key": intent,
        "receipt_number": receipt_number(letters_of(number * _SPREAD % 20**10)),
        "source_account_id": movement.source,
        "payee_id": movement.payee_id,
    }


def _lines(number: int, movement: Movement) -> Rows:
    sides = ((movement.source, -movement.cents), (movement.target, movement.cents))
    return [
        {
            "entry_id": _entry_id(number),
            "line": line,
            "account_id": account_id,
            "amount_minor": cents,
            "currency": "AUD",
        }
        for line, (account_id, cents) in enumerate(sides)
    ]

"""One customer's data in the ledger's database, for the copy that they may ask for.

Each table says how its rows belong to a customer, and each column is either given or withheld for a stated reason;
a test compares both lists with the schema, so that a new table or column is not forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.audit import wire_time
from ultracore.banking.money import Money
from ultracore.banking.store import Database
from ultracore.banking.store.tables import accounts_payments as paying
from ultracore.banking.store.tables import core as schema
from ultracore.banking.store.tables import identity, mail_addresses, passkeys, provider_accounts
from ultracore.banking.store.tables import lending as lending
from ultracore.banking.store.tables import wealth_security as wealth

Record = dict[str, Any]
Belongs = Callable[[str, str], ColumnElement[bool]]

_ENABLING: Final = (
    "password_hash approval_hash seal arguments_digest idempotency_key login_id checker_login_id digest "
    "sealed_secret last_counter tries_left failed locked_until credential_id public_key sign_count"
)
_INTERNAL: Final = (
    "tenant_id recorded folded_name origin policy_version turn_id shape epoch given_by made_by decided_by"
)
_OTHER_PEOPLES: Final = "destination_account_id"
WITHHELD: Final[Mapping[str, str]] = {
    **dict.fromkeys(_ENABLING.split(), "it would help somebody to act in the customer's name"),
    **dict.fromkeys(_INTERNAL.split(), "it says nothing about the customer"),
    **dict.fromkeys(_OTHER_PEOPLES.split(), "it is the bank's name for somebody else's account"),
    "payees.account_id": "it is the bank's name for somebody else's account",
}
"""Columns that are not in the copy, by name or by table and name, with the reason."""

NOT_ABOUT_CUSTOMERS: Final[Mapping[str, str]] = {
    "tenants": "about the bank",
    "interest_rates": "about the bank",
    "securities": "about the market",
    "prices": "about the market",
    "worlds": "about the installation",
    "checker_buttons": "one-time ids of buttons",
    "access_marks": "keyed digests of login names, kept for an hour",
    "widget_codes": "keyed digests of launch codes, kept for minutes",
    "widget_sessions": "keyed digests of a host's login sessions, kept for a day",
    "provider_sessions": "keyed digests of a provider's sessions, kept for a day",
    "mail_queue": "letters that wait for a day at most, to addresses that are in the copy",
    "passkey_challenges": "random numbers that a passkey is to sign, kept for two minutes",
    "provider_marks": "keyed digests of what a provider said once, kept for a day",
    "step_up_proofs": "that a code was given for a proposal, whose row is in the copy",
    "incident_work": "the work of the bank's own people: who looks after a report, which is in the copy",
    "incident_links": "the work of the bank's own people: which reports belong together",
    "staff_ties": "the work of the bank's own people: for whom one of them decides nothing",
    "staff_cases": "the work of the bank's own people: why one of them looked, which the list of looks tells",
    "desk_cases": "the work of the bank's own people: which conversation one of them looks at, without its words",
    "desk_hits": "the work of the bank's own people: ids of events, which the record tells",
    "desk_claims": "the work of the bank's own people: who talks in a conversation, which the record tells",
    "desk_parts": "the work of the bank's own people: who has talked in a conversation, which the record tells",
    "desk_progress": "about the installation",
    "desk_searches": "the work of the bank's own people: filters, without words and names",
    "alerts": "the work of the bank's own people: which rule found which event, which the record tells",
}
"""Tables that hold nothing of a customer, with the reason."""

_OTHER_PEOPLES_TERMS: Final = ("destination_account_id", "tenant_id")


def _mine(table: Table) -> Belongs:
    return lambda tenant, customer: and_(table.c.customer_id == customer, table.c.tenant_id == tenant)


def _accounts_of(tenant: str, customer: str) -> Select[Any]:
    return select(schema.accounts.c.account_id).where(_mine(schema.accounts)(tenant, customer))


def _on_account(column: ColumnElement[str]) -> Belongs:
    return lambda tenant, customer: column.in_(_accounts_of(tenant, customer))


def _of_logins(column: ColumnElement[str]) -> Belongs:
    return lambda tenant, customer: column.in_(
        select(schema.users.c.user_id).where(_mine(schema.users)(tenant, customer))
    )


def _of_payees(tenant: str, customer: str) -> ColumnElement[bool]:
    saved = select(schema.payees.c.payee_id).where(_mine(schema.payees)(tenant, customer))
    return paying.cooling_off.c.payee_id.in_(saved)


def _profile_of(tenant: str, customer: str) -> ColumnElement[bool]:
    known = select(schema.customers.c.customer_id).where(_mine(schema.customers)(tenant, customer))
    return wealth.investment_profiles.c.customer_id.in_(known)


def _loan_repaid(tenant: str, customer: str) -> ColumnElement[bool]:
    own, table = _accounts_of(tenant, customer), paying.repayment_accounts
    return or_(table.c.loan_account_id.in_(own), table.c.paid_from_account_id.in_(own))


def _told(tenant: str, customer: str) -> ColumnElement[bool]:
    """Final decisions: the customer was not told what waits for a second person, or was given back."""
    return and_(_mine(lending.loan_decisions)(tenant, customer), lending.loan_decisions.c.state == "final")


SECTIONS: Final[Mapping[str, tuple[Table, Belongs]]] = {
    "customer": (schema.customers, _mine(schema.customers)),
    "logins": (schema.users, _mine(schema.users)),
    "accounts": (schema.accounts, _mine(schema.accounts)),
    "balances": (schema.balances, _on_account(schema.balances.c.account_id)),
    "payees": (schema.payees, _mine(schema.payees)),
    "cooling_off": (paying.cooling_off, _of_payees),
    "requests": (schema.proposals, _mine(schema.proposals)),
    "holds": (schema.holds, _on_account(schema.holds.c.account_id)),
    "loans": (schema.loans, _on_account(schema.loans.c.account_id)),
    "repayment_accounts": (paying.repayment_accounts, _loan_repaid),
    "loan_applications": (lending.loan_applications, _mine(lending.loan_applications)),
    "loan_decisions": (lending.loan_decisions, _told),
    "holdings": (schema.holdings, _on_account(schema.holdings.c.account_id)),
    "trades": (wealth.trades, _on_account(wealth.trades.c.account_id)),
    "investment_profiles": (wealth.investment_profiles, _profile_of),
    "cards": (schema.cards, _on_account(schema.cards.c.account_id)),
    "incidents": (wealth.incidents, _mine(wealth.incidents)),
    "surroundings": (wealth.surroundings, _of_logins(wealth.surroundings.c.user_id)),
    "login_roles": (identity.user_roles, _of_logins(identity.user_roles.c.user_id)),
    "login_links": (identity.one_time_links, _of_logins(identity.one_time_links.c.user_id)),
    "login_requests": (identity.identity_requests, _of_logins(identity.identity_requests.c.user_id)),
    "second_factors": (identity.second_factors, _of_logins(identity.second_factors.c.user_id)),
    "passkeys": (passkeys, _of_logins(passkeys.c.user_id)),
    "provider_accounts": (provider_accounts, _of_logins(provider_accounts.c.user_id)),
    "mail_addresses": (mail_addresses, _of_logins(mail_addresses.c.user_id)),
    "recovery_codes": (identity.recovery_codes, _of_logins(identity.recovery_codes.c.user_id)),
}
"""The copy's sections: a table each, and which of its rows are the customer's."""


IN_TRANSACTIONS: Final = ("entries", "postings")
"""The tables behind the section `transactions`: of an entry only the customer's own side, in the words for them.
The rest of it, such as the payer's balance, is another person's."""


async def data_of_customer(database: Database, tenant_id: str, customer_id: str) -> dict[str, list[Record]]:
    """Each section with its rows as JSON-able values, all as of one moment; amounts of money are strings.

    A customer of another tenant has nothing. Raises `LedgerUnavailable`.
    """
    # One transaction for all sections, so that balances and transactions agree.
    async with database.read() as connection:
        sections = {
            name: await _rows(connection, table, belongs(tenant_id, customer_id))
            for name, (table, belongs) in SECTIONS.items()
        }
        return {**sections, "transactions": await _transactions(connection, tenant_id, customer_id)}


def given_columns(table: Table) -> list[str]:
    """The columns of a table that the copy has."""
    names = [column.name for column in table.columns]
    return [name for name in names if name not in WITHHELD and f"{table.name}.{name}" not in WITHHELD]


async def _rows(connection: AsyncConnection, table: Table, condition: ColumnElement[bool]) -> list[Record]:
    names = given_columns(table)
    query = select(*(table.c[name] for name in names)).where(condition).order_by(*table.primary_key.columns)
    return [dict(_members(table, row._mapping)) for row in (await connection.execute(query)).all()]


async def _transactions(connection: AsyncConnection, tenant_id: str, customer_id: str) -> list[Record]:
    """Newest first."""
    entries, postings = schema.entries.c, schema.postings.c
    words = func.coalesce(postings.narrative, entries.description).label("description")
    query = (
        select(
            entries.posted_at,
            postings.account_id,
            postings.amount_minor,
            postings.currency,
            words,
            entries.kind,
            entries.receipt_number,
        )
        .join_from(schema.postings, schema.entries, postings.entry_id == entries.entry_id)
        .where(postings.account_id.in_(_accounts_of(tenant_id, customer_id)))
        .order_by(entries.sequence.desc())
    )
    return [dict(_members(schema.postings, row._mapping)) for row in (await connection.execute(query)).all()]


def _members(table: Table, row: Mapping[Any, Any]) -> Iterable[tuple[str, Any]]:
    currency = row.get("currency") or "AUD"
    for name, value in row.items():
        if name.endswith("_minor"):
            yield name.removesuffix("_minor"), None if value is None else str(Money.from_minor(value, currency))
        elif table is schema.proposals and name in ("terms", "arguments", "result"):
            # Terms name the receiver's account by the bank's own id, which is the receiver's and not the
            # customer's.
            yield name, _without_others(value)
        else:
            yield name, _plain(value)


def _without_others(text: str | None) -> Any:
    if text is None:
        return None
    value = json.loads(text)
    if not isinstance(value, dict):
        return value
    return {name: item for name, item in value.items() if name not in _OTHER_PEOPLES_TERMS}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return wire_time(value)
    return value.isoformat() if isinstance(value, date) else value

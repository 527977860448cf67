"""The fraud check on transfers: documented rules over the customer's own journal, and the risk profile.

The answer can only refuse or ask for more. The weights are in `RULES`, each with its reason; a transfer's score is
the sum of the rules that speak, at most 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.customers import CustomersService
from ultracore.banking.database import Database
from ultracore.banking.identifiers import Clock, utc_now
from ultracore.banking.interfaces import FraudDecision, FraudFactor, RiskProfile, TransferTerms
from ultracore.banking.money import AUD, Money
from ultracore.banking.schema import accounts, entries, postings
from ultracore.principal import Connection, Principal

RULES: Final = {
    factor.name: factor
    for factor in (
        FraudFactor(
            name="first_payment",
            weight=Decimal("0.20"),
            reason="The customer has never paid this account before; most payment fraud goes to a new one.",
        ),
        FraudFactor(
            name="new_payee",
            weight=Decimal("0.20"),
            reason="The payee was saved less than a day ago, as somebody does who has taken over a login.",
        ),
        FraudFactor(
            name="unusual_amount",
            weight=Decimal("0.25"),
            reason="Over 1,000 and over three times the largest payment of the last 90 days.",
        ),
        FraudFactor(
            name="empties_account",
            weight=Decimal("0.15"),
            reason="Over 1,000 and over nine tenths of what is in the account.",
        ),
        FraudFactor(
            name="many_payments",
            weight=Decimal("0.25"),
            reason="Over 30 payments in the last hour; people who pay their bills in one go stay below that.",
        ),
    )
}
"""The whole weight table. Two or three rules together ask for a review; nearly all of them block."""

REVIEW_FROM: Final = Decimal("0.50")
BLOCK_FROM: Final = Decimal("0.80")

_NOTABLE: Final = Decimal(1000)
_TIMES_THE_LARGEST: Final = 3
_EMPTYING_SHARE: Final = Decimal("0.9")
_PAYMENTS_AN_HOUR: Final = 30


@dataclass(frozen=True, slots=True)
class _History:
    """What the journal says about the customer's outgoing payments."""

    largest: Decimal
    paid_before: bool
    last_hour: int


class RiskService:
    """Reads the journal, writes nothing. Every method raises `LedgerUnavailable`."""

    def __init__(self, database: Database, customers: CustomersService, clock: Clock = utc_now) -> None:
        self._database = database
        self._customers = customers
        self._clock = clock

    async def score_transfer(
        self, terms: TransferTerms, principal: Principal, connection: Connection
    ) -> FraudDecision:
        """Score prepared terms. A transfer between own accounts scores zero: nobody else gets the money.

        `principal` and `connection` are who asks and from where; the rules of this version do not weigh them.
        """
        now = self._clock()
        if terms.payee is None:
            return FraudDecision(score=Decimal("0.00"), decision="allow", factors=())
        async with self._database.read() as session:
            history = await _history(session, terms, now)
        names = _names(terms, history, now)
        score = min(Decimal("1.00"), sum((RULES[name].weight for name in names), Decimal("0.00")))
        return FraudDecision(score=score, decision=_decision(score), factors=tuple(RULES[name] for name in names))

    async def profile(self, tenant_id: str, customer_id: str) -> RiskProfile:
        """The customer's rating and recent turnover. Raises `ToolRefused` (`customer.not_found`)."""
        customer = await self._customers.get(tenant_id, customer_id)
        now = self._clock()
        month = and_(entries.c.posted_at >= now - timedelta(days=30), postings.c.currency == AUD)
        outgoing, incoming = postings.c.amount_minor < 0, postings.c.amount_minor > 0
        total = func.coalesce(func.sum(postings.c.amount_minor), 0)
        async with self._database.read() as session:
            out = (await session.execute(_of_customer(total, customer_id).where(month, outgoing))).scalar_one()
            into = (await session.execute(_of_customer(total, customer_id).where(month, incoming))).scalar_one()
            largest = await _largest(session, customer_id, now)
        return RiskProfile(
            rating=customer.risk_rating,
            kyc_status=customer.kyc_status,
            customer_since=customer.since,
            outgoing_30_days=Money.from_minor(-out),
            incoming_30_days=Money.from_minor(into),
            largest_outgoing_90_days=Money.from_minor(largest),
        )


def _decision(score: Decimal) -> Literal["allow", "review", "block"]:
    if score >= BLOCK_FROM:
        return "block"
    return "review" if score >= REVIEW_FROM else "allow"


def _names(terms: TransferTerms, history: _History, now: datetime) -> list[str]:
    amount = terms.amount.amount
    notable = amount > _NOTABLE
    in_account = amount + terms.balance_after.amount
    speaks = {
        "first_payment": not history.paid_before,
        "new_payee": terms.payee is not None and terms.payee.created_at > now - timedelta(days=1),
        "unusual_amount": notable and amount > _TIMES_THE_LARGEST * history.largest,
        "empties_account": notable and amount > _EMPTYING_SHARE * in_account,
        "many_payments": history.last_hour > _PAYMENTS_AN_HOUR,
    }
    return [name for name, spoke in speaks.items() if spoke]


def _of_customer(what: Any, customer_id: str) -> Select[Any]:
    """Over the posted lines of the customer's accounts other than loans."""
    return (
        select(what)
        .select_from(postings)
        .join(accounts, accounts.c.account_id == postings.c.account_id)
        .join(entries, and_(entries.c.entry_id == postings.c.entry_id, entries.c.posted == 1))
        .where(accounts.c.customer_id == customer_id, accounts.c.kind != "loan")
    )


async def _largest(session: AsyncConnection, customer_id: str, now: datetime) -> int:
    """The largest outgoing amount of the last 90 days, in smallest units."""
    query = _of_customer(func.coalesce(func.min(postings.c.amount_minor), 0), customer_id).where(
        entries.c.posted_at >= now - timedelta(days=90), postings.c.amount_minor < 0
    )
    return -int((await session.execute(query)).scalar_one())


async def _history(session: AsyncConnection, terms: TransferTerms, now: datetime) -> _History:
    payee_id = terms.payee.payee_id if terms.payee else None
    paid = select(entries.c.entry_id).where(entries.c.payee_id == payee_id, entries.c.posted == 1).limit(1)
    recent = _of_customer(func.count(), terms.customer_id).where(
        entries.c.posted_at >= now - timedelta(hours=1), postings.c.amount_minor < 0
    )
    largest = Money.from_minor(await _largest(session, terms.customer_id, now), terms.amount.currency)
    return _History(
        largest=largest.amount,
        paid_before=(await session.execute(paid)).first() is not None,
        last_hour=(await session.execute(recent)).scalar_one(),
    )

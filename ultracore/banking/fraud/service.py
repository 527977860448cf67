"""The fraud check that comes before every transfer, and the risk profile. The rules are in `rules.py`."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import and_

from ultracore.banking.access import SurroundingsService
from ultracore.banking.customers import CustomersService
from ultracore.banking.days import day_of, end_of
from ultracore.banking.derived import DerivedKind, DerivedResults
from ultracore.banking.fraud.history import Moment, history, largest_payment, lines_of_customer, paid_before
from ultracore.banking.fraud.rules import BLOCK_FROM, NOTHING_TO_SAY, REVIEW_FROM, RULES, Facts, decide
from ultracore.banking.identifiers import Clock, utc_now
from ultracore.banking.money import AUD, Money
from ultracore.banking.store import Database, total
from ultracore.banking.store.tables import entries, postings
from ultracore.banking.values import FraudDecision, RiskProfile, TransferTerms
from ultracore.principal import Connection, Principal

__all__ = ["BLOCK_FROM", "REVIEW_FROM", "RULES", "RiskService"]

_PROFILE: Final = DerivedKind("risk_profile", RiskProfile)


class RiskService:
    """Reads the journal; notes only what a login is used from. Every method raises `LedgerUnavailable`."""

    def __init__(
        self,
        database: Database,
        customers: CustomersService,
        surroundings: SurroundingsService,
        derived: DerivedResults,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._customers = customers
        self._surroundings = surroundings
        self._derived = derived
        self._clock = clock

    async def score_transfer(
        self, terms: TransferTerms, principal: Principal, connection: Connection
    ) -> FraudDecision:
        """Score prepared terms. A transfer between own accounts scores zero: the customer keeps the money.

        The browser and the network of `connection` are weighed against what `principal`'s login was used from
        before, and remembered, so that they are familiar a day later.
        """
        if terms.payee is None:
            return NOTHING_TO_SAY
        now = self._clock()
        unfamiliar = await self._surroundings.compare(principal.user_id, connection)
        await self._surroundings.remember(principal.user_id, connection)
        moment = Moment(customer_id=terms.customer_id, at=now, currency=terms.amount.currency)
        async with self._database.read() as session:
            before = await history(session, moment)
            known = await paid_before(session, terms.payee.payee_id, moment)
        facts = Facts(
            at=now,
            amount=terms.amount.amount,
            largest=before.largest,
            last_hour=before.last_hour,
            # What the card was reckoned from, so that card and score speak of the same balance.
            in_account=(terms.price.total + terms.balance_after).amount,
            paid_before=known,
            payee_saved_at=terms.payee.created_at,
            new_device=unfamiliar.new_device,
            new_place=unfamiliar.new_place,
        )
        return decide(facts)

    async def profile(self, tenant_id: str, customer_id: str) -> RiskProfile:
        """The customer's rating and recent turnover, in whole days of the bank; a derived result.

        Raises `ToolRefused` (`customer.not_found`).
        """
        return await self._derived.of(
            _PROFILE, tenant_id, customer_id, lambda: self._profile(tenant_id, customer_id)
        )

    async def _profile(self, tenant_id: str, customer_id: str) -> RiskProfile:
        customer = await self._customers.get(tenant_id, customer_id)
        # Today's whole day is counted, so that the same journal gives the same profile all day long.
        now = end_of(day_of(self._clock()))
        month = and_(entries.c.posted_at >= now - timedelta(days=30), postings.c.currency == AUD)
        outgoing, incoming = postings.c.amount_minor < 0, postings.c.amount_minor > 0
        lines = lines_of_customer(total(postings.c.amount_minor), customer_id).where(month)
        async with self._database.read() as session:
            out = (await session.execute(lines.where(outgoing))).scalar_one()
            into = (await session.execute(lines.where(incoming))).scalar_one()
            largest = await largest_payment(session, Moment(customer_id=customer_id, at=now, currency=AUD))
        return RiskProfile(
            rating=customer.risk_rating,
            kyc_status=customer.kyc_status,
            customer_since=customer.since,
            outgoing_30_days=Money.from_minor(-out),
            incoming_30_days=Money.from_minor(into),
            largest_outgoing_90_days=Money.from_minor(largest),
        )

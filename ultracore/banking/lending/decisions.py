"""Decisions on loan applications, by people of the bank.

    submitted ──a lender, up to the limit──────────────────────────▶ approved | declined
        └──a lender, above it──▶ waiting ──another person agrees──▶ approved | declined
                                    └──another person does not──▶ submitted

Each arrow is one conditional update: of two who decide at once, the second raises `ApplicationChanged`.
The store itself refuses a second person who is the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, Select, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.identifiers import Clock, new_id
from ultracore.banking.lending.applications import application_of
from ultracore.banking.lending.reasons import Outcome
from ultracore.banking.lending.values import LoanApplication
from ultracore.banking.money import Money
from ultracore.banking.store import Database, to_change
from ultracore.banking.store.tables import customers, loan_applications, loan_decisions, staff_ties
from ultracore.errors import InvalidInput

ALONE: Final = "lender_alone"
"""The limit of the policy up to which one lender decides alone."""

Shown = Literal["open", "waiting", "decided"]

_application = loan_applications.c
_decision = loan_decisions.c
_stands = and_(_decision.application_id == _application.application_id, _decision.state.in_(("waiting", "final")))


class ApplicationChanged(InvalidInput):
    """The application is not any more what the person saw when they decided."""

    default_code = "loan.changed"
    default_sentence = (
        "Somebody else has decided here meanwhile, and your decision was not taken. Here it is as it stands now."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanDecision:
    """A decision. `state` is `waiting` for a second person, or `final`."""

    decision_id: str
    outcome: Outcome
    reasons: tuple[str, ...]
    letter: str
    state: Literal["waiting", "final"]
    two_persons: bool
    made_by: str
    made_at: datetime
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationFile:
    """An application with its owner and its decision. `made_by` is the login that applied."""

    application: LoanApplication
    tenant_id: str
    customer_id: str
    made_by: str
    met_rules: bool
    decision: LoanDecision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanVerdict:
    """What a lender decides; `letter` is what the customer reads."""

    by: str
    outcome: Outcome
    reasons: tuple[str, ...]
    letter: str


class LoanDecisions:
    """The applications of each tenant as its lenders see them. Every method raises `LedgerUnavailable`."""

    def __init__(self, database: Database, limits: Mapping[str, str], clock: Clock) -> None:
        self._database = database
        self._limits = limits
        self._clock = clock

    def wants_two(self, amount: Money) -> bool:
        """True if an application for so much is decided by two persons."""
        # Without a limit in the policy all are: a forgotten line must ask for more and not for less.
        return amount > Money.parse(self._limits.get(ALONE, "0"), amount.currency)

    async def files(self, tenant_id: str, shown: Shown, *, limit: int, offset: int = 0) -> list[ApplicationFile]:
        """The tenant's applications: those that are open, the oldest first; or the decided, the newest first."""
        order = _application.decided_at.desc() if shown == "decided" else _application.submitted_at
        query = _files(tenant_id).where(_shown(shown)).order_by(order, _application.application_id)
        async with self._database.read() as connection:
            return [_file(row) for row in await connection.execute(query.limit(limit).offset(offset))]

    async def count(self, tenant_id: str, shown: Shown) -> int:
        """How many there are."""
        query = select(func.count()).select_from(loan_applications.outerjoin(loan_decisions, _stands))
        async with self._database.read() as connection:
            found = await connection.execute(query.where(_application.tenant_id == tenant_id, _shown(shown)))
            return found.scalar_one()

    async def get(self, tenant_id: str, reference: str) -> ApplicationFile | None:
        """One application of this tenant."""
        async with self._database.read() as connection:
            return await _one(connection, tenant_id, reference)

    async def decide(self, file: ApplicationFile, verdict: LoanVerdict, intent: str) -> ApplicationFile:
        """Decide an open application, or above the limit propose it to a second person.

        `intent` is the event of the decision, which is on the record before it is made.
        Raises `ApplicationChanged` if it is not open any more or waits already, and `InvalidInput`
        (`loan.not_verified`) for an approval while the customer's identity is not verified.
        """
        now, two = self._clock(), self.wants_two(file.application.amount)
        values = {
            "decision_id": new_id("dec"),
            "application_id": file.application.application_id,
            "tenant_id": file.tenant_id,
            "customer_id": file.customer_id,
            "outcome": verdict.outcome,
            "reasons": " ".join(verdict.reasons),
            "letter": verdict.letter,
            "state": "waiting" if two else "final",
            "two_persons": int(two),
            "made_by": verdict.by,
            "made_at": now,
            "decided_by": None if two else verdict.by,
            "decided_at": None if two else now,
            "intent_event_id": intent,
        }

        async def work(connection: AsyncConnection) -> ApplicationFile:
            await _require_open(connection, file)
            await _require_verified(connection, file, verdict.outcome)
            if not two:
                await _end(connection, file, verdict.outcome, verdict.by, now)
            await connection.execute(insert(loan_decisions).values(**values))
            return await _again(connection, file)

        return await self._database.write(work)

    async def agree(self, file: ApplicationFile, by: str) -> ApplicationFile:
        """A second person makes the decision that waits final. Raises as `decide`."""
        return await self._second(file, by, "final")

    async def give_back(self, file: ApplicationFile, by: str) -> ApplicationFile:
        """A second person does not: the application is open again. Raises `ApplicationChanged`."""
        return await self._second(file, by, "returned")

    async def _second(self, file: ApplicationFile, by: str, state: str) -> ApplicationFile:
        seen, now = file.decision, self._clock()
        if seen is None or seen.state != "waiting" or seen.made_by == by:
            raise ApplicationChanged("no decision waits for this person")
        as_seen = _decision.decision_id == seen.decision_id, _decision.state == "waiting", _decision.made_by != by
        change = update(loan_decisions).where(*as_seen).values(state=state, decided_by=by, decided_at=now)

        async def work(connection: AsyncConnection) -> ApplicationFile:
            if not (await connection.execute(change)).rowcount:
                raise ApplicationChanged("the decision does not wait any more")
            if state == "final":
                await _require_verified(connection, file, seen.outcome)
                await _end(connection, file, seen.outcome, by, now)
            return await _again(connection, file)

        return await self._database.write(work)

    async def declare_tie(self, tenant_id: str, user_id: str, customer_id: str) -> None:
        """A member of staff says that they, or a relative of theirs, are this customer. Idempotent."""
        values = {"tenant_id": tenant_id, "user_id": user_id, "customer_id": customer_id}

        async def work(connection: AsyncConnection) -> None:
            if not await _tied(connection, tenant_id, user_id, customer_id):
                await connection.execute(insert(staff_ties).values(**values, declared_at=self._clock()))

        await self._database.write(work)

    async def is_tied(self, tenant_id: str, user_id: str, customer_id: str) -> bool:
        """Whether they have said so."""
        async with self._database.read() as connection:
            return await _tied(connection, tenant_id, user_id, customer_id)


async def _require_open(connection: AsyncConnection, file: ApplicationFile) -> None:
    this = _application.application_id == file.application.application_id
    # Locked: two who begin at once would both find that nobody has decided.
    status = await connection.execute(to_change(select(_application.status).where(this)))
    waits = select(_decision.decision_id).where(
        _decision.application_id == file.application.application_id, _decision.state == "waiting"
    )
    if status.scalar_one() != "submitted" or (await connection.execute(waits)).first() is not None:
        raise ApplicationChanged("the application is not open any more")


async def _require_verified(connection: AsyncConnection, file: ApplicationFile, outcome: Outcome) -> None:
    who = customers.c.customer_id == file.customer_id
    kyc = (await connection.execute(select(customers.c.kyc_status).where(who))).scalar_one()
    if outcome == "approved" and kyc != "verified":
        raise InvalidInput(
            "the identity is not verified",
            code="loan.not_verified",
            sentence="The customer's identity is not verified, so nothing can be approved. Nothing was changed.",
        )


async def _end(
    connection: AsyncConnection, file: ApplicationFile, outcome: Outcome, by: str, now: datetime
) -> None:
    as_seen = (
        _application.application_id == file.application.application_id,
        _application.tenant_id == file.tenant_id,
        _application.status == "submitted",
    )
    change = update(loan_applications).where(*as_seen).values(status=outcome, decided_by=by, decided_at=now)
    if not (await connection.execute(change)).rowcount:
        raise ApplicationChanged("the application is not open any more")


async def _again(connection: AsyncConnection, file: ApplicationFile) -> ApplicationFile:
    found = await _one(connection, file.tenant_id, file.application.reference)
    assert found is not None  # noqa: S101 - applications are not deleted
    return found


async def _one(connection: AsyncConnection, tenant_id: str, reference: str) -> ApplicationFile | None:
    query = _files(tenant_id).where(_application.reference == reference)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _file(row)


async def _tied(connection: AsyncConnection, tenant_id: str, user_id: str, customer_id: str) -> bool:
    tie = staff_ties.c
    this = tie.tenant_id == tenant_id, tie.user_id == user_id, tie.customer_id == customer_id
    return (await connection.execute(select(tie.user_id).where(*this))).first() is not None


def _shown(shown: Shown) -> ColumnElement[bool]:
    if shown == "decided":
        return _application.status.in_(("approved", "declined"))
    waits = _decision.state == "waiting"
    return and_(_application.status == "submitted", waits if shown == "waiting" else _decision.state.is_(None))


def _files(tenant_id: str) -> Select[Any]:
    own = [column.label(f"decision_{column.name}") for column in _decision]
    joined = loan_applications.outerjoin(loan_decisions, _stands)
    return select(loan_applications, *own).select_from(joined).where(_application.tenant_id == tenant_id)


def _file(row: Row[Any]) -> ApplicationFile:
    return ApplicationFile(
        application=application_of(row),
        tenant_id=row.tenant_id,
        customer_id=row.customer_id,
        made_by=row.user_id,
        met_rules=bool(row.met_rules),
        decision=None if row.decision_decision_id is None else _decision_of(row),
    )


def _decision_of(row: Row[Any]) -> LoanDecision:
    return LoanDecision(
        decision_id=row.decision_decision_id,
        outcome=row.decision_outcome,
        reasons=tuple(row.decision_reasons.split()),
        letter=row.decision_letter,
        state=row.decision_state,
        two_persons=bool(row.decision_two_persons),
        made_by=row.decision_made_by,
        made_at=row.decision_made_at,
        decided_by=row.decision_decided_by,
        decided_at=row.decision_decided_at,
    )

"""Payments by a login that has just changed hands, perhaps: its password was reset, or its second factor is new.

A reset link and a fresh factor are what somebody gets who has taken a login over. For a day its owner has time to
notice: after a reset the login pays other people nothing, after an enrolment only a little. Transfers between a
customer's own accounts go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.days import moment_text, span_text
from ultracore.banking.identifiers import Clock
from ultracore.banking.ledger.day_limits import Payment
from ultracore.banking.money import AUD, Money
from ultracore.banking.store import Database, total
from ultracore.banking.store.tables import holds, passkeys, proposals, second_factors, users
from ultracore.errors import ToolRefused
from ultracore.wording import money_text

LASTS: Final = timedelta(hours=24)
AFTER_ENROLMENT: Final = "1000.00"
"""The most that a login with a new factor pays to other people in that time, in the account's currency."""
RESET, NEW_FACTOR = "login.reset", "login.new_factor"
_WHY: Final = {
    RESET: (
        "The password of this login was reset with a link",
        "if it was somebody else who did. If you did not ask for it, please call the bank.",
    ),
    NEW_FACTOR: (
        "The second factor of this login is new",
        "if somebody else has set it up. If you did not do that, please call the bank.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What a login may pay to other people until `ends_at`, in all, and why: `login.reset`, `login.new_factor`."""

    code: str
    began_at: datetime
    limit: str

    @property
    def ends_at(self) -> datetime:
        """From then on the usual limits apply."""
        return self.began_at + LASTS

    def told(self, currency: str, now: datetime, left: Money | None = None) -> str:
        """Limit, time left and reason, as a person reads it."""
        why, notice = _WHY[self.code]
        limit = Money.parse(self.limit, currency)
        rest = "" if left is None else f", of which {money_text(left.amount, left.currency)} is left"
        return (
            f"{why}: until {moment_text(self.ends_at)} (in {span_text(self.ends_at - now)}) it can pay other"
            f" people at most {money_text(limit.amount, limit.currency)} in all{rest}. The bank waits with more so"
            f" that you have time to notice {notice} Transfers between your own accounts go on."
        )


class LoginHolds:
    """Asks for one login. `new_factors` if a second factor proves something before effects, so that a new one
    counts. Methods raise `LedgerUnavailable`.
    """

    def __init__(self, database: Database, clock: Clock, *, new_factors: bool) -> None:
        self._database = database
        self._clock = clock
        self._new_factors = new_factors

    async def objection(self, user_id: str, payment: Payment) -> ToolRefused | None:
        """Why this login has to wait with the payment (`login.reset`, `login.new_factor`); None if it need not."""
        async with self._database.read() as connection:
            return await objection(connection, user_id, payment, self._clock(), new_factors=self._new_factors)

    async def notice(self, user_id: str) -> str | None:
        """What its owner should be told, while something is held; None if nothing is."""
        now = self._clock()
        async with self._database.read() as connection:
            found = await _hold(connection, user_id, now, new_factors=self._new_factors)
        return None if found is None else found.told(AUD, now)


async def objection(
    connection: AsyncConnection, user_id: str, payment: Payment, now: datetime, *, new_factors: bool
) -> ToolRefused | None:
    """As `LoginHolds.objection`, in the caller's transaction. What is claimed and not settled counts as paid."""
    found = None
    if payment.payee_id is not None:
        found = await _hold(connection, user_id, now, new_factors=new_factors)
    if found is None:
        return None
    asked = payment.price.total
    limit = Money.parse(found.limit, asked.currency)
    paid = await _paid(connection, user_id, payment, found.began_at) if limit.minor else 0
    left = Money.from_minor(max(0, limit.minor - paid), limit.currency)
    if asked <= left:
        return None
    message = found.told(asked.currency, now, left)
    facts = {
        "limit": str(limit),
        "left": str(left),
        "asked": str(asked),
        "currency": limit.currency,
        "ends_at": found.ends_at.isoformat(),
        "time_left": span_text(found.ends_at - now),
    }
    return ToolRefused(message, code=found.code, sentence=message, facts=facts)


async def _hold(connection: AsyncConnection, user_id: str, now: datetime, *, new_factors: bool) -> Hold | None:
    latest = select(func.max(passkeys.c.made_at)).where(passkeys.c.user_id == user_id).scalar_subquery()
    query = (
        select(users.c.password_reset_at, second_factors.c.confirmed_at, latest.label("passkey_at"))
        .outerjoin(second_factors, second_factors.c.user_id == users.c.user_id)
        .where(users.c.user_id == user_id)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    # The stricter one first: a reset login may have a new factor too.
    if row.password_reset_at is not None and row.password_reset_at + LASTS > now:
        return Hold(code=RESET, began_at=row.password_reset_at, limit="0.00")
    began_at = max((one for one in (row.confirmed_at, row.passkey_at) if one is not None), default=None)
    if new_factors and began_at is not None and began_at + LASTS > now:
        return Hold(code=NEW_FACTOR, began_at=began_at, limit=AFTER_ENROLMENT)
    return None


async def _paid(connection: AsyncConnection, user_id: str, payment: Payment, since: datetime) -> int:
    """The sum of what this login has paid to others since, fees included, in smallest units."""
    since_then = and_(holds.c.status == "captured", holds.c.ended_at >= since)
    query = (
        select(total(holds.c.amount_minor))
        .join(proposals, proposals.c.proposal_id == holds.c.proposal_id)
        .where(proposals.c.user_id == user_id, proposals.c.payee_id.is_not(None))
        .where(proposals.c.currency == payment.price.total.currency)
        .where(proposals.c.proposal_id.is_distinct_from(payment.beside))
        .where(or_(holds.c.status == "active", since_then))
    )
    return int((await connection.execute(query)).scalar_one())

"""The facts of a payment, as one answer."""

from __future__ import annotations

from ultracore.banking.identifiers import Clock, utc_now
from ultracore.banking.outlook.payment_facts import Line, history_of, until_pay
from ultracore.banking.outlook.service import OutlookService
from ultracore.banking.store import Database
from ultracore.banking.values import AccountKind, TransferTerms


class PaymentFactsService:
    """Reads the journal, writes nothing. Raises `LedgerUnavailable`."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock
        self._outlook = OutlookService(database, clock)

    async def of(self, terms: TransferTerms) -> tuple[Line, ...]:
        """Lines for the card: label and value. A business pays all day, so its pay days are not looked for."""
        async with self._database.read() as connection:
            lines = await history_of(connection, terms, self._clock())
        if terms.payee is not None and terms.source.kind is AccountKind.EVERYDAY:
            found = await self._outlook.afford(terms.tenant_id, terms.customer_id, terms.amount)
            lines += until_pay(found, terms)
        return tuple(lines)

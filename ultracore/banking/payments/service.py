"""How a payment would travel, what it would cost and when it would arrive. Quotes only; nothing moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.days import add_business_days, day_of, sending_day
from ultracore.banking.identifiers import Clock, utc_now
from ultracore.banking.ledger import account_not_active, payee_not_active
from ultracore.banking.money import AUD, Money, decimals_of
from ultracore.banking.payees import cooling_off as payees_cooling_off
from ultracore.banking.payees import resolve
from ultracore.banking.payments.table import Country, RouteName, RouteTable, route_to
from ultracore.banking.store import Database, account_of
from ultracore.banking.store.tables import accounts
from ultracore.banking.values import AccountStatus, Destination, PayeeStatus, PaymentPrice
from ultracore.wording import destination_text


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentWish:
    """A payment that is thought of. `amount` is in `currency`; `country` is a code or a name, None for here."""

    destination: str
    amount: Decimal
    currency: str = AUD
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentQuote:
    """A payment as it would be. `price` leaves the account in AUD; `receives` arrives.

    `rate` is units of the foreign currency for AUD 1, of `rate_date`; both None within Australia. `at_once` says
    that nothing stands between; otherwise it arrives by the end of `arrives_on`. `limited_until` is set if the
    payee is too new for this amount. `payable_here` is False if only the quote is to be had from us.
    """

    route: RouteName
    label: str
    destination_name: str
    destination_text: str
    destination_last_digits: str | None
    country: str | None
    receives: Money
    price: PaymentPrice
    rate: Decimal | None
    rate_date: date | None
    at_once: bool
    arrives_on: date
    limited_until: datetime | None
    payable_here: bool

    @property
    def fee(self) -> Money:
        """The bank's fee for it."""
        return self.price.fee

    @property
    def cost(self) -> Money:
        """The sum that leaves the account, the fee included."""
        return self.price.total


class RoutesService:
    """Quotes from the rates table. Raises `LedgerUnavailable` if the ledger does not answer."""

    def __init__(self, database: Database, table: RouteTable, clock: Clock = utc_now) -> None:
        self._database = database
        self._table = table
        self._clock = clock

    async def quote(self, tenant_id: str, customer_id: str, wish: PaymentWish) -> PaymentQuote:
        """The route of a wish, with fee, rate and arrival.

        Abroad if the country or the currency is not Australia's; then the destination is only a name. Raises
        `ToolRefused`: `amount.*` `currency.unknown` `route.country_unknown` `payee.not_saved` `payee.not_active`
        `account.not_active`.
        """
        country = self._table.country(wish.country) if wish.country else None
        abroad = (country is not None and country.code != "AU") or wish.currency.upper() != AUD
        if abroad:
            return self._abroad(wish, country)
        # Only now, since an amount for abroad is in another currency with other decimals.
        amount = Money(wish.amount).require_positive()
        now = self._clock()
        async with self._database.read() as connection:
            target = await resolve(connection, tenant_id, customer_id, wish.destination)
            await _check_active(connection, target)
            payee_id = target.payee.payee_id if target.payee else None
            limited = payee_id and await payees_cooling_off.room(connection, payee_id, now)
        price = self._table.price(target, amount)
        # Told with the quote, so that a customer does not learn of the cooling-off only from a refused card.
        opens = limited.ends_at if limited and price.total > limited.left else None
        return self._domestic(target, price, now, opens)

    def _domestic(
        self, target: Destination, price: PaymentPrice, now: datetime, opens: datetime | None
    ) -> PaymentQuote:
        name = route_to(target)
        route = self._table.routes[name]
        # Counted from the day of sending, which after 6 pm is not today.
        arrives = add_business_days(sending_day(now), route.days) if route.days else day_of(now)
        return PaymentQuote(
            route=name,
            label=route.label,
            destination_name=target.name,
            destination_text=target.text,
            destination_last_digits=target.last_digits,
            country=None,
            receives=price.amount,
            price=price,
            rate=None,
            rate_date=None,
            at_once=route.days == 0,
            arrives_on=arrives,
            limited_until=opens,
            payable_here=True,
        )

    def _abroad(self, wish: PaymentWish, country: Country | None) -> PaymentQuote:
        route = self._table.routes["abroad"]
        currency = self._target_currency(wish, country)
        country = country if country is not None and country.code != "AU" else self._table.home_of(currency)
        rate = self._table.rate(currency)
        wanted = Money(wish.amount, wish.currency.upper()).require_positive()
        receives, leaves = _exchanged(wanted, currency, rate)
        fee = country.fee if country and country.fee else route.fee
        days = country.days if country and country.days else route.days
        return PaymentQuote(
            route="abroad",
            label=route.label,
            destination_name=wish.destination,
            destination_text=destination_text(wish.destination, "abroad", None),
            destination_last_digits=None,
            country=country.name if country else None,
            receives=receives,
            price=PaymentPrice(leaves, fee),
            rate=rate,
            rate_date=self._table.rate_date,
            at_once=False,
            arrives_on=add_business_days(sending_day(self._clock()), days),
            limited_until=None,
            # Money abroad is sent at a branch, so the quote must not end in a card.
            payable_here=False,
        )

    def _target_currency(self, wish: PaymentWish, country: Country | None) -> str:
        """The currency that arrives: the one that was named, else the country's own."""
        if wish.currency.upper() != AUD:
            return wish.currency.upper()
        return country.currency if country else AUD


def _exchanged(wanted: Money, currency: str, rate: Decimal) -> tuple[Money, Money]:
    """The amounts that arrive and that leave in AUD, rounded in the bank's favour by less than a smallest unit."""
    if wanted.currency == AUD:
        unit = Decimal(1).scaleb(-decimals_of(currency))
        return Money((wanted.amount * rate).quantize(unit, ROUND_DOWN), currency), wanted
    return wanted, Money((wanted.amount / rate).quantize(Decimal("0.01"), ROUND_UP))


async def _check_active(connection: AsyncConnection, target: Destination) -> None:
    if target.payee is not None and target.payee.status is not PayeeStatus.ACTIVE:
        raise payee_not_active(target)
    query = select(accounts).where(accounts.c.account_id == target.account_id)
    account = account_of((await connection.execute(query)).one())
    if account.status is not AccountStatus.ACTIVE:
        raise payee_not_active(target) if target.payee else account_not_active(account)

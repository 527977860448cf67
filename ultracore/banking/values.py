"""The values that the bank's services take and give. Frozen; times are aware UTC; money is `Money`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Literal, NotRequired, TypedDict, cast

from ultracore.banking.money import Money
from ultracore.languages import Language
from ultracore.principal import Principal, Role
from ultracore.wording import destination_text

__all__ = [
    "TRANSFER",
    "AccessDecision",
    "Account",
    "AccountKind",
    "AccountStatus",
    "ActionRecord",
    "Balance",
    "Card",
    "Customer",
    "Destination",
    "EntryReceipt",
    "FraudDecision",
    "FraudFactor",
    "Holding",
    "Loan",
    "Money",
    "Payee",
    "PayeeKind",
    "PayeeStatus",
    "PaymentPrice",
    "Proposal",
    "ProposalStatus",
    "RiskProfile",
    "TermsRecord",
    "Transaction",
    "TransferTerms",
    "UserRecord",
    "last_digits",
]


TRANSFER: Final = "transfer"
"""The kind of proposals that the ledger itself carries out."""


def last_digits(number: str) -> str:
    """The last four digits of an account number, which is all of it that is ever shown."""
    return "".join(character for character in number if character.isdigit())[-4:]


class AccountKind(StrEnum):
    """The kinds of accounts. `internal` accounts are the bank's own and belong to no customer."""

    EVERYDAY = "everyday"
    SAVINGS = "savings"
    BUSINESS = "business"
    LOAN = "loan"
    PORTFOLIO_SETTLEMENT = "portfolio-settlement"
    INTERNAL = "internal"


class AccountStatus(StrEnum):
    """Only an active account gives or takes money."""

    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"


class PayeeKind(StrEnum):
    """`internal`: an account at this bank; `external`: at another bank; `biller`: a company that sends bills."""

    BILLER = "biller"
    INTERNAL = "internal"
    EXTERNAL = "external"


class PayeeStatus(StrEnum):
    """Only an active payee can be paid; a removed one looks as if it was never saved."""

    ACTIVE = "active"
    COOLING_OFF = "cooling_off"
    REMOVED = "removed"


class ProposalStatus(StrEnum):
    """Life: `open` → `claimed` → `done` or `failed`; `open` → `declined`, `expired` or `void`.

    Of two persons: `open` → `waiting` (the maker has confirmed) → `claimed`, or an end as from `open`.
    """

    OPEN = "open"
    WAITING = "waiting"
    CLAIMED = "claimed"
    DONE = "done"
    DECLINED = "declined"
    EXPIRED = "expired"
    VOID = "void"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A person or company that banks here."""

    customer_id: str
    tenant_id: str
    name: str
    kind: Literal["person", "business"]
    since: date
    kyc_status: str
    risk_rating: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRecord:
    """A login as stored, without its password hash. `customer_id` is set for customers only.

    `epoch` counts how often all its sessions were ended; `has_second_factor` is True once a factor is enrolled.
    """

    user_id: str
    tenant_id: str
    display_name: str
    roles: frozenset[Role]
    customer_id: str | None
    epoch: int = 0
    has_second_factor: bool = False

    def principal(self, login_id: str) -> Principal:
        """This person in a login session that begins now."""
        return Principal(
            tenant_id=self.tenant_id,
            user_id=self.user_id,
            login_id=login_id,
            roles=self.roles,
            customer_id=self.customer_id,
            display_name=self.display_name,
            epoch=self.epoch,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account of the ledger. `number` is the bare account number, `bsb` the branch, both digits only."""

    account_id: str
    tenant_id: str
    customer_id: str | None
    kind: AccountKind
    name: str
    currency: str
    status: AccountStatus
    bsb: str
    number: str

    @property
    def last_digits(self) -> str:
        """The last four digits of the number."""
        return last_digits(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """`balance` is the sum of the postings; `available` is that less active holds, and zero for a loan."""

    account: Account
    balance: Money
    available: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """A person or company that a customer saved. `account_id` is the ledger's account that is credited.

    `version` rises with every change; a proposal names the version that it was made for.
    """

    payee_id: str
    tenant_id: str
    customer_id: str
    name: str
    kind: PayeeKind
    account_id: str
    bsb: str
    number: str
    version: int
    status: PayeeStatus
    created_at: datetime

    @property
    def last_digits(self) -> str:
        """The last four digits of the payee's account number (a biller: of the biller code)."""
        return last_digits(self.number)

    @property
    def text(self) -> str:
        """How it is named to a person."""
        return destination_text(self.name, self.kind, self.last_digits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The target of a transfer: an own account (`payee` is None) or a saved payee's."""

    account_id: str
    name: str
    last_digits: str
    payee: Payee | None

    @property
    def text(self) -> str:
        """How it is named to a person."""
        return self.payee.text if self.payee else destination_text(self.name, None, self.last_digits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One line of an account's history. `amount` is signed: negative is money that left the account."""

    entry_id: str
    account_id: str
    amount: Money
    description: str
    kind: str
    posted_at: datetime
    balance_after: Money


class TermsRecord(TypedDict):
    """`TransferTerms` as JSON, as a proposal keeps it and a card shows it. Money is a string.

    `facts` are labels and values for the card; terms that were stored before there were any lack them.
    `language` is that of the card, without it English.
    Terms that were stored before payments had a fee lack `fee`; `PaymentPrice.of` reads them as free of charge.
    """

    tenant_id: str
    customer_id: str
    source_account_id: str
    source_name: str
    source_last_digits: str
    destination_account_id: str
    destination_name: str
    destination_last_digits: str
    payee_id: str | None
    payee_kind: str | None
    payee_version: int | None
    amount: str
    fee: NotRequired[str]
    currency: str
    description: str
    balance_after: str
    facts: NotRequired[list[list[str]]]
    language: NotRequired[Language]


class ActionRecord(TypedDict):
    """`ActionTerms` (see `actions.py`) as JSON, as a proposal keeps it and a card shows it."""

    tenant_id: str
    customer_id: str
    title: str
    lines: list[list[str]]
    payload: dict[str, Any]
    sentence: str
    language: NotRequired[Language]


@dataclass(frozen=True, slots=True)
class PaymentPrice:
    """The price of a payment to its source account: the amount and the bank's fee, in one currency."""

    amount: Money
    fee: Money

    @property
    def total(self) -> Money:
        """The one sum behind quote, card, limit, hold, balance after and journal."""
        return self.amount + self.fee

    @classmethod
    def of(cls, terms: TermsRecord) -> PaymentPrice:
        """The price that a proposal was shown with."""
        currency = terms["currency"]
        return cls(Money.parse(terms["amount"], currency), Money.parse(terms.get("fee", "0"), currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferTerms:
    """A transfer with everything resolved: what the person sees on the card is what will happen.

    `balance_after` is the source's balance (not what is available) once amount and fee have left. `facts` are what
    the ledger knows besides that a person should see: label and value.
    """

    tenant_id: str
    customer_id: str
    source: Account
    destination_account_id: str
    payee: Payee | None
    destination_name: str
    destination_last_digits: str
    price: PaymentPrice
    description: str
    balance_after: Money
    facts: tuple[tuple[str, str], ...] = ()
    language: Language = "en"

    @property
    def amount(self) -> Money:
        """The amount that the destination gets."""
        return self.price.amount

    def to_json(self) -> TermsRecord:
        """The form that is stored, audited and drawn on the card."""
        terms = TermsRecord(
            tenant_id=self.tenant_id,
            customer_id=self.customer_id,
            source_account_id=self.source.account_id,
            source_name=self.source.name,
            source_last_digits=self.source.last_digits,
            destination_account_id=self.destination_account_id,
            destination_name=self.destination_name,
            destination_last_digits=self.destination_last_digits,
            payee_id=self.payee.payee_id if self.payee else None,
            payee_kind=self.payee.kind.value if self.payee else None,
            payee_version=self.payee.version if self.payee else None,
            amount=str(self.amount),
            fee=str(self.price.fee),
            currency=self.amount.currency,
            description=self.description,
            balance_after=str(self.balance_after),
            facts=[[label, value] for label, value in self.facts],
        )
        return terms if self.language == "en" else {**terms, "language": self.language}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A sealed tool's call that waits for, or got, a person's decision.

    `approval_id` is the secret behind the button. It is set on what `proposals.open` returns and None everywhere
    else: the store keeps its SHA-256 only. `kind` is `transfer` or an action's; `terms` are of that kind.
    `two_persons`: `user_id` is the maker, a member of staff, and `checker_user_id` decided as the second.
    """

    proposal_id: str
    approval_id: str | None
    kind: str
    tenant_id: str
    customer_id: str
    user_id: str
    login_id: str
    conversation_id: str
    turn_id: str
    reference: str
    tool: str
    arguments: Mapping[str, Any]
    arguments_digest: str
    terms: TermsRecord | ActionRecord
    policy_version: str
    payee_id: str | None
    payee_version: int | None
    status: ProposalStatus
    reason: str | None
    created_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None
    claimed_at: datetime | None
    ended_at: datetime | None
    two_persons: bool
    checker_user_id: str | None
    checker_login_id: str | None
    intent_event_id: str | None
    entry_id: str | None

    @property
    def language(self) -> Language:
        """The language that the card is shown in."""
        return self.terms.get("language", "en")

    @property
    def transfer(self) -> TermsRecord:
        """The terms of a transfer. Raises `TypeError` for an action."""
        if self.kind != TRANSFER:
            raise TypeError(f"proposal {self.proposal_id} is not a transfer")
        return cast(TermsRecord, self.terms)

    @property
    def action(self) -> ActionRecord:
        """The terms of an action. Raises `TypeError` for a transfer."""
        if self.kind == TRANSFER:
            raise TypeError(f"proposal {self.proposal_id} is a transfer")
        return cast(ActionRecord, self.terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReceipt:
    """A customer's receipt of a transfer in the journal. `balance_after` is the source account's."""

    entry_id: str
    receipt_number: str
    posted_at: datetime
    balance_after: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDecision:
    """The policy's answer. `reason` is a stable code, `[a-z0-9_.]+`; `access.allowed` if allowed.

    `limit` is the most that one transfer may take, if that is what it exceeds.
    """

    allowed: bool
    reason: str
    limit: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FraudFactor:
    """One rule that spoke: its stable name, its weight and the reason in words."""

    name: str
    weight: Decimal
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FraudDecision:
    """`score` is from 0 to 1. `review` may go on with a person's approval; `block` may not."""

    score: Decimal
    decision: Literal["allow", "review", "block"]
    factors: tuple[FraudFactor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskProfile:
    """A customer's risk, from real rows. Sums are over the customer's accounts."""

    rating: str
    kyc_status: str
    customer_since: date
    outgoing_30_days: Money
    incoming_30_days: Money
    largest_outgoing_90_days: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """The terms of a loan account. `annual_rate` is a fraction: 0.0895 is 8.95 % a year."""

    account_id: str
    principal: Money
    annual_rate: Decimal
    term_months: int
    instalment: Money
    started_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Units of one security, bought through the settlement account `account_id`. `cost` is the sum paid."""

    account_id: str
    symbol: str
    name: str
    units: int
    cost: Money
    last_price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A debit card. The full number is never stored."""

    card_id: str
    account_id: str
    last_digits: str
    status: Literal["active", "frozen", "cancelled"]
    expires_on: date

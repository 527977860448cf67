"""The second access question, after the policy: is this login behaving like its owner?

The policy (`policy.py`) decides what a role may do at all. This adds up what is unusual at the moment and can only
ask for more or refuse; it widens nothing. What protects a customer is never restricted.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from ultracore.banking.access.marks import MarksService, RecentMarks
from ultracore.banking.access.surroundings import Familiarity, SurroundingsService
from ultracore.banking.safety import IncidentsService
from ultracore.banking.values import AccessDecision
from ultracore.principal import Connection, Principal

Restriction = Literal["allow", "step_up", "deny"]


@dataclass(frozen=True, slots=True)
class AccessFactor:
    """One rule that spoke: its stable name, its weight and the reason in words."""

    name: str
    weight: Decimal
    reason: str


RULES: Final = {
    factor.name: factor
    for factor in (
        AccessFactor(
            "often_denied",
            Decimal("0.50"),
            "Five refused requests for what is not theirs in 15 minutes: nobody does that by mistake.",
        ),
        AccessFactor(
            "very_often_denied",
            Decimal("0.50"),
            "Fifteen such requests in an hour: somebody is trying doors.",
        ),
        AccessFactor(
            "failed_sign_ins",
            Decimal("0.30"),
            "Three failed sign-ins in an hour; alone that is a forgotten password.",
        ),
        AccessFactor(
            "many_failed_sign_ins",
            Decimal("0.30"),
            "Ten failed sign-ins in an hour: a password is being guessed.",
        ),
        AccessFactor(
            "new_device",
            Decimal("0.15"),
            "The login was first used with this browser in the last day; alone that means little.",
        ),
        AccessFactor(
            "new_place",
            Decimal("0.10"),
            "The login was first used from this network in the last day; people travel.",
        ),
        AccessFactor(
            "unusual_hour",
            Decimal("0.10"),
            "The login has a history, and was never used in these four hours of the day.",
        ),
        AccessFactor(
            "incident_open",
            Decimal("0.30"),
            "The customer has reported a security incident in the last week that is not closed.",
        ),
    )
}
"""The whole weight table. New surroundings alone (0.35) restrict nothing; with failed sign-ins or an open incident
they ask for more."""

STEP_UP_FROM: Final = Decimal("0.50")
DENY_FROM: Final = Decimal("0.90")

PROTECTIVE: Final = frozenset({"freeze_card", "report_incident", "check_message", "list_unusual_activity"})
"""Tools that are never restricted: a thief gains nothing by them, and an owner needs them when things look odd."""

_OFTEN: Final = 5
_VERY_OFTEN: Final = 15
_SOME_FAILED: Final = 3
_MANY_FAILED: Final = 10
_AUTHORITY_CODES: Final = ("access.", "account.not_found", "customer.not_found", "card.not_found")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveDecision(AccessDecision):
    """`allowed` is False for `deny` alone; `step_up` wants a second proof of who it is before an effect.

    Reasons: `access.allowed`, `access.step_up`, `access.restricted`.
    """

    action: Restriction
    score: Decimal
    factors: tuple[AccessFactor, ...]


class AdaptiveAccessService:
    """Asked before every effect, after the policy. Every method raises `LedgerUnavailable`."""

    def __init__(
        self, surroundings: SurroundingsService, marks: MarksService, incidents: IncidentsService
    ) -> None:
        self._surroundings = surroundings
        self._marks = marks
        self._incidents = incidents

    async def check(
        self, principal: Principal, action: str, connection: Connection | None, *, customer_id: str | None = None
    ) -> AdaptiveDecision:
        """Decide whether this login may do `action` (a tool's name) from here and now.

        `customer_id` is whom it is about, without it the principal's own. `connection` is None if it is not known,
        as for a question about another person; then device, place and hour are not weighed. What is weighed is
        remembered, so that it is familiar a day later.
        """
        # Before anything is read: a stolen login's owner must be able to freeze the card at once.
        if action in PROTECTIVE:
            return decide([])
        marks = await self._marks.recent(principal.user_id)
        # Unknown surroundings weigh nothing: a member of staff who asks about a customer sits elsewhere by nature.
        unfamiliar = Familiarity(new_device=False, new_place=False, unusual_hour=False)
        if connection is not None:
            unfamiliar = await self._surroundings.compare(principal.user_id, connection)
            await self._surroundings.remember(principal.user_id, connection)
        # A report casts doubt on the customer's own login, not on the staff who look after them.
        customer = None if principal.is_staff else customer_id or principal.customer_id
        reported = customer is not None and await self._incidents.is_open(principal.tenant_id, customer)
        return decide(_names(marks, unfamiliar, reported=reported))

    async def note_denied(self, principal: Principal, code: str) -> None:
        """Remember a refusal. Only refusals of another customer's things count: a mistyped amount is no attack."""
        if counts_against(code):
            await self._marks.note(principal.user_id, "denied")


def counts_against(code: str) -> bool:
    """True for a refusal of another customer's things, or of what the policy keeps from this role."""
    return code.startswith(_AUTHORITY_CODES) or code.endswith(".mismatch")


def decide(names: list[str]) -> AdaptiveDecision:
    """The decision that follows from the rules of these names."""
    factors = tuple(RULES[name] for name in names)
    # `Decimal`, because 0.3 + 0.3 + 0.3 as floats is a little less than the 0.9 that denies.
    score = min(Decimal("1.00"), sum((factor.weight for factor in factors), Decimal("0.00")))
    action: Restriction = "deny" if score >= DENY_FROM else "step_up" if score >= STEP_UP_FROM else "allow"
    reason = {"allow": "access.allowed", "step_up": "access.step_up", "deny": "access.restricted"}[action]
    return AdaptiveDecision(allowed=action != "deny", reason=reason, action=action, score=score, factors=factors)


def _names(marks: RecentMarks, unfamiliar: Familiarity, *, reported: bool) -> list[str]:
    speaks = {
        "often_denied": marks.denied_shortly >= _OFTEN,
        "very_often_denied": marks.denied >= _VERY_OFTEN,
        "failed_sign_ins": marks.failed_sign_ins >= _SOME_FAILED,
        "many_failed_sign_ins": marks.failed_sign_ins >= _MANY_FAILED,
        "new_device": unfamiliar.new_device,
        "new_place": unfamiliar.new_place,
        "unusual_hour": unfamiliar.unusual_hour,
        "incident_open": reported,
    }
    return [name for name, spoke in speaks.items() if spoke]

"""Somebody says that they are being scammed: what protects them happens at once, and can be undone."""

from __future__ import annotations

from typing import TypedDict

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.security.report_incident import Words
from ultracore.ai.tools.toolset.summaries import message_summary
from ultracore.errors import ToolRefused
from ultracore.principal import Role

REASON = "customer.protected"


class FrozenCard(TypedDict):
    """A card that was frozen now."""

    last_digits: str
    status: str


class RecordedReport(TypedDict):
    """The report and its number."""

    reference: str
    status: str


class ProtectionResult(TypedDict):
    """What was done. `report` is None if no more reports fit into a day; the cards are frozen all the same."""

    cards: list[FrozenCard]
    voided_requests: int
    report: RecordedReport | None
    phone: str
    what_next: list[str]
    message: str


@tool(
    tool_class=ToolClass.PROTECTIVE,
    agents=("Security",),
    roles=(Role.CUSTOMER,),
    title="Protected the accounts",
    working="Protecting the accounts…",
    summary=message_summary,
    subject="Protection from a scam",
)
async def protect_customer(
    context: ToolContext, tenant_id: TenantId, customer_id: CustomerId, what_happened: Words
) -> ProtectionResult:
    """Freeze all cards, withdraw open requests and record a report. Use it at once when the customer says they
    are being scammed. For a question or somebody else's case use offer_protection."""
    bank, security = context.bank, context.bank.security
    # The cards first: a thief uses them within minutes, and what follows may refuse.
    frozen = await security.cards.freeze_all(tenant_id, customer_id)
    voided = await bank.proposals.void_open(customer_id=customer_id, reason=REASON)
    reference = await _report(context, tenant_id, customer_id, what_happened)
    return ProtectionResult(
        cards=[FrozenCard(last_digits=card.last_digits, status=card.status) for card in frozen],
        voided_requests=len(voided),
        report=None if reference is None else RecordedReport(reference=reference, status="open"),
        phone=security.support_phone,
        what_next=_what_next(security.support_phone, reference),
        message=_message([card.last_digits for card in frozen], len(voided), reference),
    )


async def _report(context: ToolContext, tenant_id: str, customer_id: str, words: str) -> str | None:
    try:
        incidents = context.bank.security.incidents
        return (await incidents.report(tenant_id, customer_id, context.principal.user_id, words)).reference
    except ToolRefused as error:
        if error.code != "incident.too_many":
            raise
        return None


def _message(frozen: list[str], voided: int, reference: str | None) -> str:
    cards = (
        f"Your cards ending {' and '.join(frozen)} are frozen now." if frozen else "No card was left to freeze."
    )
    requests = " Cards that waited for your button count no longer." if voided else ""
    report = f" The report is recorded under {reference}." if reference else ""
    return f"{cards}{requests}{report}"


def _what_next(phone: str, reference: str | None) -> list[str]:
    number = f" and give the number {reference}" if reference else ""
    return [
        f"Call {phone} now{number}: only a person can try to get money back.",
        "Hang up on whoever is calling, and close any program that lets them see your screen.",
        "Tell nobody a code or a password, us included.",
        "To undo this, ask me to unfreeze your card, or to withdraw the report.",
    ]

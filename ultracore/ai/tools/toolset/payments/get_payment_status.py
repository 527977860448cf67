"""What became of the newest requests: paid with its receipt, declined, expired, or still being checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypedDict

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.banking import EntryReceipt, Proposal, ProposalStatus, Receipt
from ultracore.principal import Role
from ultracore.wording import inert_text, money_text, when_text

LOOKED_BACK: Final = timedelta(days=30)
_MOST: Final = 5
_STATES: Final = {
    ProposalStatus.OPEN: "is waiting for its button",
    ProposalStatus.WAITING: "is waiting for a second person",
    ProposalStatus.CLAIMED: "is still being checked; please do not repeat it",
    ProposalStatus.DONE: "went through",
    ProposalStatus.DECLINED: "was declined; nothing was changed",
    ProposalStatus.EXPIRED: "expired before its button was pressed; nothing was changed",
    ProposalStatus.VOID: "was withdrawn; nothing was changed",
    ProposalStatus.FAILED: "was not made; nothing was changed",
}


class RequestStatus(TypedDict):
    """One request. `receipt` is set if money moved."""

    what: str
    to: str | None
    amount: str | None
    status: str
    asked_at: str
    receipt: str | None
    sentence: str


class StatusResult(TypedDict):
    """The newest first."""

    requests: list[RequestStatus]
    message: str


def _summary(result: Mapping[str, Any]) -> Summary:
    rows = [(one["asked_at"], one["what"], one["status"], one["receipt"] or "") for one in result["requests"]]
    return Summary(result["message"], (("Asked", "What", "State", "Receipt"), *rows) if rows else ())


@tool(
    tool_class=ToolClass.READ,
    agents=("Payments",),
    roles=(Role.CUSTOMER,),
    title="Looked up what became of it",
    working="Looking up what became of it…",
    summary=_summary,
    subject="What became of a payment",
)
async def get_payment_status(context: ToolContext, tenant_id: TenantId, customer_id: CustomerId) -> StatusResult:
    """Read what became of the customer's newest payments and other requests made here, with receipts. Use it for
    "did it go through". For payments made elsewhere use search_transactions."""
    since = datetime.now(UTC) - LOOKED_BACK
    found = await context.bank.proposals.recent(tenant_id, customer_id, since, _MOST)
    requests = [_status(proposal, receipt) for proposal, receipt in found]
    return StatusResult(
        requests=requests, message=requests[0]["sentence"] if requests else "Nothing was asked for here lately."
    )


def _status(proposal: Proposal, receipt: Receipt | None) -> RequestStatus:
    state, when = _STATES[proposal.status], when_text(proposal.created_at)
    number = receipt.receipt_number if isinstance(receipt, EntryReceipt) else None
    if proposal.kind != "transfer":
        what = inert_text(str(proposal.action["title"]))
        return RequestStatus(
            what=what,
            to=None,
            amount=None,
            status=proposal.status.value,
            asked_at=when,
            receipt=None,
            sentence=f"“{what}”, asked for at {when}, {'is done' if receipt else state}.",
        )
    terms = proposal.transfer
    to, amount = inert_text(terms["destination_name"]), money_text(terms["amount"], terms["currency"])
    shown = f" Receipt {number}." if number else ""
    return RequestStatus(
        what=f"{amount} to {to}",
        to=to,
        amount=terms["amount"],
        status=proposal.status.value,
        asked_at=when,
        receipt=number,
        sentence=f"{amount} to {to}, asked for at {when}, {state}.{shown}",
    )

"""The places of documents that a customer can take away: statements, receipts, conversations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypedDict

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.banking import EntryReceipt
from ultracore.principal import Role

DOCUMENTS_PATH: Final = "/documents"
_RECEIPTS_OF: Final = timedelta(days=30)
_MOST: Final = 5


class DocumentLink(TypedDict):
    """What can be downloaded, and its path on the page that the customer is on."""

    label: str
    path: str


class DocumentsResult(TypedDict):
    """The links; the customer sees them beside this result."""

    customer_id: str
    links: list[DocumentLink]
    message: str


def _documents_summary(result: Mapping[str, Any]) -> Summary:
    return Summary(result["message"], links=tuple((one["label"], one["path"]) for one in result["links"]))


@tool(
    tool_class=ToolClass.READ,
    agents=("Accounts", "Payments", "Security"),
    roles=(Role.CUSTOMER,),
    title="Put the documents together",
    working="Putting the documents together…",
    summary=_documents_summary,
)
async def get_documents(context: ToolContext, tenant_id: TenantId, customer_id: CustomerId) -> DocumentsResult:
    """Give the customer the links to files: statements of an account (PDF, CSV, OFX), receipts of payments that
    were made here (PDF), conversations such as this one (PDF, text). Use it when they want one of these as a file.
    Not to show a statement (get_statement), and not for all that is held about them (get_data_download)."""
    since = datetime.now(UTC) - _RECEIPTS_OF
    found = await context.bank.proposals.recent(tenant_id, customer_id, since, _MOST)
    paid = [receipt for _, receipt in found if isinstance(receipt, EntryReceipt)]
    links = [
        DocumentLink(label="Account statements (PDF, CSV, OFX)", path=f"{DOCUMENTS_PATH}#statements"),
        DocumentLink(label="Conversations (PDF, text)", path=f"{DOCUMENTS_PATH}#conversations"),
    ]
    if paid:
        number = paid[0].receipt_number
        label = f"Latest receipt, {number} (PDF)"
        links.append(DocumentLink(label=label, path=f"{DOCUMENTS_PATH}/receipts/{number}.pdf"))
    return DocumentsResult(
        customer_id=customer_id,
        links=links,
        message="Statements, receipts and conversations can be downloaded on the page Documents. It opens while "
        "you are signed in, and each download goes on the record.",
    )
